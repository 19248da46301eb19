# Pooling of completed data sets by Rubin's rules, with mice; joint tests D1 with mitml, D2 written out.
# Run in this folder: Rscript 12_mi_pooling.R

source("recording.R")
suppressPackageStartupMessages({
  library(mice)
  library(mitml)
})

# ---- one number ------------------------------------------------------------------------------------------

one_number <- function(estimates, variances, n = Inf, k = 1) {
  p <- pool.scalar(estimates, variances, n = n, k = k)
  m <- length(estimates)
  se <- sqrt(p$t)
  half <- qt(0.975, p$df) * se
  list(m = m, n = if (is.finite(n)) n else NULL, k = k, Q = vec(estimates), U = vec(variances),
       qbar = p$qbar, ubar = p$ubar, b = p$b, t = p$t, se = se, df = p$df, r = p$r,
       lambda = (1 + 1 / m) * p$b / p$t, fmi = p$fmi, lower95 = p$qbar - half, upper95 = p$qbar + half,
       p = 2 * pt(-abs(p$qbar / se), p$df))
}

made <- list(
  a5 = list(c(0.42, 0.47, 0.39, 0.51, 0.44), c(0.021, 0.019, 0.022, 0.020, 0.0215)),
  b10 = list(c(-0.31, -0.28, -0.35, -0.22, -0.40, -0.30, -0.33, -0.27, -0.29, -0.36),
             c(0.0081, 0.0079, 0.0085, 0.0090, 0.0077, 0.0083, 0.0080, 0.0082, 0.0084, 0.0078)),
  c3 = list(c(12.1, 15.8, 9.4), c(4.2, 3.9, 4.8)),
  d2 = list(c(1.0, 1.2), c(0.25, 0.30)),
  e20 = list(0.5 + 0.03 * sin(1:20), 0.04 + 0.002 * cos(1:20))
)
for (name in names(made)) {
  q <- made[[name]][[1]]
  u <- made[[name]][[2]]
  id <- paste0("mi.scalar.", name, ".")
  entry(paste0(id, "rubin1987_df"), character(), one_number(q, u), rtol = 1e-10)
  entry(paste0(id, "n40k3"), character(), one_number(q, u, 40, 3), rtol = 1e-10)
  entry(paste0(id, "n200k6"), character(), one_number(q, u, 200, 6), rtol = 1e-10)
}
entry("mi.scalar.no_between_variance", character(), one_number(rep(0.3, 4), rep(0.01, 4), 50, 2), rtol = 2e-4,
      notes = "mice takes a share of 1e-4 as missing where nothing is: df 46.1130; the limit is 46.1176")

# ---- five completed data sets ----------------------------------------------------------------------------

d <- csv("nhanes2_imp5")
each <- split(d, d$imp)

pooled <- function(fits) {
  p <- pool(as.mira(fits))
  s <- summary(p, conf.int = TRUE)
  parts <- lapply(p$pooled[c("ubar", "b", "t", "dfcom", "riv", "lambda", "fmi")], vec)
  c(list(terms = vec(as.character(s$term)), estimate = vec(s$estimate), se = vec(s$std.error),
         statistic = vec(s$statistic), df = vec(s$df), p = vec(s$p.value),
         lower95 = vec(s[["2.5 %"]]), upper95 = vec(s[["97.5 %"]])), parts)
}

linear <- lapply(each, function(x) lm(chl ~ bmi + factor(age), data = x))
entry("mi.nhanes2.lm", "nhanes2_imp5",
      c(list(per_imputation_coef = lapply(unname(linear), function(f) vec(coef(f))),
             per_imputation_var = lapply(unname(linear), function(f) vec(diag(vcov(f))))), pooled(linear)))

tight <- glm.control(epsilon = 1e-14, maxit = 100)
binary <- lapply(each, function(x) glm(I(hyp == 2) ~ bmi + chl, family = binomial, data = x, control = tight))
entry("mi.nhanes2.logistic", "nhanes2_imp5",
      pooled(binary)[c("terms", "estimate", "se", "df", "p", "lower95", "upper95", "fmi", "lambda", "dfcom")],
      rtol = 1e-6, notes = "mice takes the residual degrees of freedom, 22, as the complete data's")

r <- sapply(each, function(x) cor(x$bmi, x$chl))
z <- one_number(atanh(r), rep(1 / 22, 5), 25, 2)
entry("mi.nhanes2.correlation_fisher_z", "nhanes2_imp5",
      list(r = vec(r), qbar_z = z$qbar, se_z = z$se, df = z$df, r_pooled = tanh(z$qbar), lower95 = tanh(z$lower95),
           upper95 = tanh(z$upper95)), rtol = 1e-9)

# ---- joint tests of the two terms of age -----------------------------------------------------------------

age <- 3:4
wald <- sapply(linear, function(f) drop(coef(f)[age] %*% solve(vcov(f)[age, age]) %*% coef(f)[age]))
restricted <- lapply(each, function(x) lm(chl ~ bmi, data = x))
large <- testModels(as.mitml.result(linear), as.mitml.result(restricted), method = "D1")$test
small <- testModels(as.mitml.result(linear), as.mitml.result(restricted), method = "D1", df.com = 21)$test
k <- 2
m <- 5
spread <- (1 + 1 / m) * var(sqrt(wald))
d2 <- (mean(wald) / k - (m + 1) / (m - 1) * spread) / (1 + spread)
v2 <- k^(-3 / m) * (m - 1) * (1 + 1 / spread)^2
entry("mi.multiparameter_wald_D1", "nhanes2_imp5",
      list(D1 = large[1], D1_df1 = large[2], D1_df2 = large[3], D1_p = large[4], r1 = large[5],
           wald_chisq = vec(wald), D2 = d2, D2_df2 = v2, D2_p = pf(d2, k, v2, lower.tail = FALSE)))
entry("mi.multiparameter_wald_D1.reiter", "nhanes2_imp5",
      list(D1 = small[1], D1_df1 = small[2], D1_df2 = small[3], D1_p = small[4]),
      notes = "degrees of freedom of Reiter (2007) with 21 for the complete data")

write_topic("12_mi_pooling", "Multiple-imputation pooling (Rubin's rules)", c("mice", "mitml"))
