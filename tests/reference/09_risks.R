# Odds ratios, risk ratios and risk differences: the numbers that test_09_risks.py expects.
# Run in this folder: Rscript 09_risks.R

source("recording.R")
suppressPackageStartupMessages({
  library(sandwich)
  library(clubSandwich)
  library(brglm2)
  library(MASS)
})
tight <- list(epsilon = 1e-14, maxit = 200)

# ---- laying R objects out ----------------------------------------------------------------------------------

named <- function(x, labels = names(x)) setNames(as.list(unname(as.vector(x))), labels)
errors_of <- function(v) sqrt(diag(v))

described <- function(model) {
  shown <- summary(model)
  rows <- rownames(shown$coefficients)
  column <- function(j) named(shown$coefficients[, j], rows)
  list(n = nobs(model), coef = column(1), se = column(2), z = column(3), p = column(4), vcov = by_row(vcov(model)),
       dispersion = shown$dispersion, deviance = deviance(model), null_deviance = model$null.deviance,
       df_resid = df.residual(model), loglik = c(logLik(model)), aic = AIC(model),
       pearson_chisq = sum(residuals(model, "pearson")^2))
}

with_covariance <- function(b, v) {
  z <- b / errors_of(v)
  list(se = named(errors_of(v), names(b)), stat = named(z, names(b)), p = named(2 * pnorm(-abs(z)), names(b)),
       vcov = by_row(v))
}
first10 <- function(x) vec(x[1:10])

# ---- birth weight ------------------------------------------------------------------------------------------

births <- csv("birthwt")
odds <- glm(low ~ age + lwt + factor(race) + smoke + ht + ui, binomial, births, control = tight)
b <- coef(odds)
wald <- function(side) named(exp(b + side * qnorm(0.975) * errors_of(vcov(odds))), names(b))
profile_limits <- confint(odds)
fewer <- update(odds, . ~ . - factor(race))
lost <- anova(fewer, odds, test = "Chisq")
new <- data.frame(age = c(20, 30), lwt = c(110, 140), race = c(1, 2), smoke = c(1, 0), ht = 0, ui = c(0, 1))
link <- predict(odds, new, type = "link", se.fit = TRUE)
entry("reg.birthwt.logistic", "birthwt", c(described(odds), list(
  or = named(exp(b), names(b)), wald_lower95 = wald(-1), wald_upper95 = wald(1),
  profile_lower95 = named(profile_limits[, 1], names(b)), profile_upper95 = named(profile_limits[, 2], names(b)),
  HC0 = with_covariance(b, vcovHC(odds, "HC0")),
  lrt_race = list(chisq = lost$Deviance[2], df = 2, p = lost$`Pr(>Chi)`[2]),
  newdata = lapply(as.list(new), vec), link = vec(link$fit), link_se = vec(link$se.fit), prob = vec(plogis(link$fit)),
  auc = concordance(odds)$concordance[[1]],
  deviance_resid_first10 = first10(resid(odds, "deviance")), pearson_resid_first10 = first10(resid(odds, "pearson"))
)), "profile limits are interpolated by R, to about 1e-4", rtol = 1e-7)

entry("reg.birthwt.probit_cloglog", "birthwt", list(
  probit = described(glm(low ~ smoke + lwt, binomial("probit"), births, control = tight)),
  cloglog = described(glm(low ~ smoke + lwt, binomial("cloglog"), births, control = tight))
), "errors by the expected information", rtol = 1e-6)

modified <- glm(low ~ smoke + age + factor(race) + ht, poisson, births, control = tight)
m <- coef(modified)
robust <- errors_of(vcovHC(modified, "HC0"))
entry("reg.birthwt.modified_poisson", "birthwt", list(
  coef = named(m), model_se = named(errors_of(vcov(modified))), HC0_se = named(robust, names(m)),
  sandwich_n_over_n_minus_k_se = named(errors_of(sandwich(modified, adjust = TRUE))), rr = named(exp(m)),
  rr_lower95 = named(exp(m - qnorm(0.975) * robust), names(m)),
  rr_upper95 = named(exp(m + qnorm(0.975) * robust), names(m)),
  HC1_se = named(errors_of(vcovHC(modified, "HC1"))), deviance = deviance(modified)
))

log_binomial <- glm(low ~ smoke + ht, binomial("log"), births, start = c(-1.3, 0.3, 0.3), control = tight)
identity_link <- glm(low ~ smoke + ht, binomial("identity"), births, start = c(0.25, 0.1, 0.1), control = tight)
line <- lm(low ~ smoke + ht, births)
entry("reg.birthwt.log_binomial_and_rd", "birthwt", list(
  log_binomial = described(log_binomial), identity_binomial = described(identity_link),
  linear_HC0 = with_covariance(coef(line), vcovHC(line, "HC0")), linear_coef = named(coef(line))
), rtol = 1e-6)

averaged <- glm(low ~ smoke + age + lwt + factor(race), binomial, births, control = tight)
x1 <- x0 <- model.matrix(averaged)
x1[, "smoke"] <- 1
x0[, "smoke"] <- 0
p1 <- drop(plogis(x1 %*% coef(averaged)))
p0 <- drop(plogis(x0 %*% coef(averaged)))
g1 <- colMeans(p1 * (1 - p1) * x1)
g0 <- colMeans(p0 * (1 - p0) * x0)
spread <- function(g, v = vcov(averaged)) sqrt(drop(g %*% v %*% g))
entry("reg.birthwt.standardisation", "birthwt", list(
  risk1 = mean(p1), risk0 = mean(p0), rd = mean(p1) - mean(p0), rd_se = spread(g1 - g0),
  rd_se_HC0 = spread(g1 - g0, vcovHC(averaged, "HC0")), rr = mean(p1) / mean(p0),
  log_rr_se = spread(g1 / mean(p1) - g0 / mean(p0)),
  or_marginal = mean(p1) / (1 - mean(p1)) / (mean(p0) / (1 - mean(p0))), risk1_se = spread(g1), risk0_se = spread(g0)
), "the study's covariates taken as given", rtol = 1e-7)

# ---- patients who come four times --------------------------------------------------------------------------

patients <- csv("respiratory")
patients$active <- as.integer(patients$treat == 1)
good <- glm(outcome ~ active + baseline + age + factor(center), poisson, patients, control = tight)
clustered <- function(...) with_covariance(coef(good), vcovCL(good, patients$pid, ...))
entry("reg.respiratory.modified_poisson_cluster", "respiratory", list(
  coef = named(coef(good)), CL_HC0_noadj = clustered(type = "HC0", cadjust = FALSE), CL_HC0 = clustered(type = "HC0"),
  CL_HC1 = clustered(type = "HC1")
))

# clubSandwich takes the last step of glm as a weighted linear regression.
visits <- glm(outcome ~ active + baseline + age, binomial, patients, control = tight)
kinds <- setNames(nm = c("CR0", "CR1", "CR2", "CR3"))
entry("risks.respiratory.clustered_odds", "respiratory", lapply(kinds, function(kind) {
  v <- vcovCR(visits, patients$pid, kind)
  list(se = vec(errors_of(v)), df = vec(coef_test(visits, v, test = "Satterthwaite")$df_Satt))
}), rtol = 1e-7)
once <- subset(patients, visit == 1)
entry("risks.respiratory.leverage", "respiratory", lapply(
  list(logit = binomial, probit = binomial("probit"), cloglog = binomial("cloglog"), poisson = poisson),
  function(family) {
    model <- glm(outcome ~ active + baseline + age, family, once, control = tight)
    lapply(setNames(nm = c("HC1", "HC2", "HC3")), function(kind) vec(errors_of(vcovHC(model, kind))))
  }
), "first visit", rtol = 1e-6)

# ---- seizures of the first period --------------------------------------------------------------------------

seizures <- subset(csv("epil"), period == 1)
counts <- glm(y ~ trt + log(base) + age, poisson, seizures, control = tight)
quasi <- update(counts, family = quasipoisson)
entry("reg.epil.poisson_first_period", "epil", c(described(counts), list(
  quasi_dispersion = summary(quasi)$dispersion, quasi_se = named(errors_of(vcov(quasi))),
  HC0 = with_covariance(coef(counts), vcovHC(counts, "HC0")), HC3 = with_covariance(coef(counts), vcovHC(counts, "HC3"))
)))

# ---- Firth's penalty ---------------------------------------------------------------------------------------

mean_bias_reduced <- function(formula, data) {
  model <- glm(formula, binomial, data, method = "brglmFit", type = "AS_mean", epsilon = 1e-13, maxit = 1000)
  list(coef = vec(coef(model)), se = vec(errors_of(vcov(model))))
}
entry("risks.firth", c("endometrial", "birthwt"), list(
  endometrial = mean_bias_reduced(HG ~ NV + PI + EH, csv("endometrial")),
  births = mean_bias_reduced(low ~ age + lwt + factor(race) + smoke + ht + ui, births)
), "brglm2, mean bias reduction; estimates of logistic regression by Firth's penalised likelihood", rtol = 1e-7)

write_topic("09_risks", "Odds, risks and counts", c("sandwich", "clubSandwich", "brglm2", "MASS", "survival"))
