# Ordered levels: the numbers that test_09_ranks.py expects.
# Run in this folder: Rscript 09_ranks.R

source("recording.R")
suppressPackageStartupMessages(library(ordinal))
tight <- clm.control(gradTol = 1e-12, maxIter = 200)
named <- function(x, labels = names(x)) setNames(as.list(unname(as.vector(x))), labels)

housing <- csv("housing")
housing$Sat <- ordered(housing$Sat)
people <- data.frame(Infl = c(1, 3), Type = c(1, 4), Cont = c(1, 2))
links <- c(logistic = "logit", probit = "probit", cloglog = "cloglog")
for (name in names(links)) {
  model <- clm(Sat ~ factor(Infl) + factor(Type) + factor(Cont), data = housing, weights = Freq, link = links[[name]],
               control = tight)
  entry(paste0("reg.housing.ordinal.", name), "housing", list(
    coef = named(model$beta), thresholds = named(model$alpha), se = named(sqrt(diag(vcov(model)))),
    vcov = by_row(vcov(model)), loglik = c(logLik(model)), aic = AIC(model),
    prob = by_row(predict(model, people, type = "prob")$fit)
  ), "thresholds first, then coefficients; people (1, 1, 1) and (3, 4, 2)", rtol = 1e-6)
}

for (v in c("Infl", "Type", "Cont")) housing[[v]] <- factor(housing[[v]])
whole <- clm(Sat ~ Infl + Type + Cont, data = housing, weights = Freq, control = tight)
without <- clm(Sat ~ Infl + Cont, data = housing, weights = Freq, control = tight)
free <- clm(Sat ~ Infl + Type, nominal = ~Cont, data = housing, weights = Freq, control = tight)
ratio <- function(large, small) {
  twice <- 2 * (c(logLik(large)) - c(logLik(small)))
  df <- attr(logLik(large), "df") - attr(logLik(small), "df")
  list(chisq = twice, df = df, p = pchisq(twice, df, lower.tail = FALSE))
}
entry("reg.housing.ordinal_lrt_and_po_test", "housing", list(
  type_lrt = ratio(whole, without), proportional_odds_of_Cont_lrt = ratio(free, whole)
), rtol = 1e-6)
by_itself <- lapply(c("Infl", "Type", "Cont"), function(term) {
  others <- setdiff(c("Infl", "Type", "Cont"), term)
  ratio(clm(reformulate(others, "Sat"), nominal = reformulate(term), data = housing, weights = Freq, control = tight),
        whole)
})
column <- function(name) vec(sapply(by_itself, `[[`, name))
entry("ranks.housing.each_term", "housing", list(chisq = column("chisq"), df = column("df"), p = column("p")),
      "influence, type, contact: each with coefficients that differ between thresholds", rtol = 1e-6)

write_topic("09_ranks", "Ordered levels", c("ordinal"))
