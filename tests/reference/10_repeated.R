# Models of repeated measures: the numbers that test_10_repeated.py expects.
# Run in this folder: Rscript 10_repeated.R
#
# R has no model with Satterthwaite's degrees of freedom for an unstructured covariance among the packages of
# this file, so the restricted likelihood is written out here and maximised by Newton's method with numerical
# derivatives; nlme::gls (likelihood, coefficients, standard errors) and lme4 with lmerTest and pbkrtest (compound
# symmetry, which is a random intercept) check it as it goes.

source("recording.R")
suppressPackageStartupMessages({
  library(nlme)
  library(emmeans)
})

# ---- a restricted likelihood, in the plainest way -------------------------------------------------------------

forms <- list(
  # the lower triangle of a Cholesky factor, its diagonal as logs
  unstructured = function(theta, m) {
    l <- matrix(0, m, m)
    l[lower.tri(l, TRUE)] <- theta
    diag(l) <- exp(diag(l))
    l %*% t(l)
  },
  compound = function(theta, m) {
    rho <- (m * plogis(theta[2]) - 1) / (m - 1)
    exp(theta[1]) * (rho + (1 - rho) * diag(m))
  },
  ar1 = function(theta, m) exp(theta[1]) * tanh(theta[2])^abs(outer(1:m, 1:m, "-"))
)

# Sums over people of X'WX, X'Wy, y'Wy and log|V|, and what follows from them.
at_covariance <- function(s, y, x, id, visit) {
  a <- 0
  b <- 0
  square <- 0
  logs <- 0
  for (i in split(seq_along(y), id)) {
    v <- s[visit[i], visit[i], drop = FALSE]
    wx <- solve(v, x[i, , drop = FALSE])
    a <- a + t(x[i, , drop = FALSE]) %*% wx
    b <- b + drop(t(wx) %*% y[i])
    square <- square + drop(y[i] %*% solve(v, y[i]))
    logs <- logs + as.numeric(determinant(v)$modulus)
  }
  c <- solve(a)
  list(c = c, beta = drop(c %*% b), logs = logs, square = square - drop(b %*% c %*% b), a = as.numeric(determinant(a)$modulus))
}

# Differences of fourth order for the gradient, Richardson's for the Hessian.
gradient <- function(f, at) numDeriv::grad(f, at)
hessian <- function(f, at) numDeriv::hessian(f, at)

repeated <- function(formula, data, id, visit, form = "unstructured", reml = TRUE) {
  x <- model.matrix(formula, data)
  y <- model.response(model.frame(formula, data))
  m <- max(visit)
  p <- ncol(x)
  covariance <- function(theta) forms[[form]](theta, m)
  parts <- function(theta) at_covariance(covariance(theta), y, x, id, visit)
  deviance <- function(theta) {
    z <- tryCatch(parts(theta), error = function(e) NULL)
    if (is.null(z) || !is.finite(z$logs)) return(1e10)
    z$logs + z$square + (length(y) - reml * p) * log(2 * pi) + reml * z$a
  }
  spread <- log(mean(lm.fit(x, y)$residuals^2))
  theta <- switch(form, unstructured = diag(spread / 2, m)[lower.tri(diag(m), TRUE)], c(spread, 0.4))
  theta <- optim(theta, deviance, method = "BFGS", control = list(maxit = 1000, reltol = 1e-13))$par
  for (step in 1:20) {
    move <- solve(hessian(deviance, theta), gradient(deviance, theta))
    if (deviance(theta - move) > deviance(theta) + 1e-9) break
    theta <- theta - move
    if (max(abs(move)) < 1e-9) break
  }
  z <- parts(theta)
  list(beta = setNames(z$beta, colnames(x)), vcov = z$c, sigma = covariance(theta), loglik = -deviance(theta) / 2,
       spread = 2 * solve(hessian(deviance, theta)), theta = theta, c_at = function(t) parts(t)$c)
}

# Estimate, standard error, Satterthwaite's degrees of freedom, t and limits of combinations (rows of l).
combined <- function(fit, l) {
  one <- function(w) {
    estimate <- sum(w * fit$beta)
    variance <- drop(w %*% fit$vcov %*% w)
    slope <- gradient(function(t) drop(w %*% fit$c_at(t) %*% w), fit$theta)
    df <- 2 * variance^2 / drop(slope %*% fit$spread %*% slope)
    t <- estimate / sqrt(variance)
    half <- qt(0.975, df) * sqrt(variance)
    c(estimate = estimate, se = sqrt(variance), df = df, t = t, p = 2 * pt(-abs(t), df),
      lower95 = estimate - half, upper95 = estimate + half)
  }
  found <- apply(rbind(l), 1, one)
  setNames(lapply(rownames(found), function(name) vec(found[name, ])), rownames(found))
}

named <- function(x) setNames(as.list(unname(x)), names(x))
errors <- function(fit) vec(sqrt(diag(fit$vcov)))
near <- function(what, difference, allowed) {
  message("  ", what, ": ", signif(difference, 3))
  stopifnot(difference < allowed)
}
tight <- glsControl(msMaxIter = 500, msTol = 1e-14, tolerance = 1e-12, maxIter = 500)
unstructured_gls <- function(formula, data, id, visit) {
  data$.id <- id
  data$.visit <- visit
  gls(formula, data, correlation = corSymm(form = ~ .visit | .id), weights = varIdent(form = ~ 1 | .visit), control = tight)
}
beside <- function(fit, other) {
  near("log-likelihood beside nlme", abs(fit$loglik - c(logLik(other))), 1e-7)
  near("coefficients beside nlme", max(abs(fit$beta - coef(other))), 1e-4)
  near("standard errors beside nlme, relative", max(abs(sqrt(diag(fit$vcov)) / sqrt(diag(vcov(other))) - 1)), 1e-4)
}

# ---- growth of jaws: complete ---------------------------------------------------------------------------------

jaws <- csv("orthodont")
jaws <- transform(jaws, female = Sex - 1, v = factor(age), visit = (age - 6) / 2)
full <- repeated(distance ~ v * female, jaws, jaws$id, jaws$visit)
beside(full, unstructured_gls(distance ~ v * female, jaws, jaws$id, jaws$visit))
likelihood <- repeated(distance ~ v * female, jaws, jaws$id, jaws$visit, reml = FALSE)
step <- rbind(0, diag(3))
difference <- cbind(matrix(0, 4, 4), 1, step)
mean_of <- rbind(cbind(1, step, 0, matrix(0, 4, 3)), cbind(1, step, 1, step))
by_visit <- combined(full, difference)
plain_t <- sapply(1:4, function(k) t.test(distance ~ female, jaws[jaws$visit == k, ], var.equal = TRUE)$statistic)
near("t beside the t test of each visit", max(abs(abs(by_visit$t) - abs(plain_t))), 1e-6)
near("degrees of freedom beside 25", max(abs(by_visit$df - 25)), 1e-4)
entry("mmrm.orthodont.unstructured", "orthodont", list(
  beta = named(full$beta), se = errors(full), Sigma = by_row(full$sigma), loglik_REML = full$loglik,
  loglik_ML = likelihood$loglik, female_minus_male_by_visit = by_visit,
  lsmeans_male_then_female = combined(full, mean_of)
), rtol = 1e-5)

straight <- function(form) {
  fit <- repeated(distance ~ I(age - 11) * female, jaws, jaws$id, jaws$visit, form)
  correlation <- if (form == "ar1") corAR1(form = ~ visit | id) else corCompSymm(form = ~ 1 | id)
  other <- gls(distance ~ I(age - 11) * female, jaws, correlation = correlation, control = tight)
  beside(fit, other)
  list(beta = named(fit$beta), se = errors(fit), sigma2 = fit$sigma[1, 1], rho = fit$sigma[1, 2] / fit$sigma[1, 1],
       loglik_REML = fit$loglik)
}
entry("lmm.orthodont.lme_ar1", "orthodont", list(ar1 = straight("ar1"), cs = straight("compound")), rtol = 1e-5)

as_factor <- transform(jaws, Sex = factor(Sex))
other <- gls(distance ~ v * Sex, as_factor, correlation = corSymm(form = ~ visit | id),
             weights = varIdent(form = ~ 1 | v), control = tight)
columns <- function(grid, ...) {
  table <- as.data.frame(summary(grid, infer = TRUE, ...))
  lapply(as.list(table), function(x) vec(if (is.numeric(x)) x else as.character(x)))
}
entry("mmrm.gls_emmeans", "orthodont", list(
  coef = named(coef(other)), se = vec(sqrt(diag(vcov(other)))), loglik = c(logLik(other)), sigma = other$sigma,
  emmeans_asymptotic = columns(emmeans(other, ~ Sex | v, mode = "asymptotic")),
  pairs_df_error = columns(pairs(emmeans(other, ~ Sex | v, mode = "df.error")))
), notes = "emmeans' df.error are rows less coefficients less parameters of covariance but one: 108 - 8 - 9 = 91.",
rtol = 1e-4)

# ---- children after a disaster: visits missed -----------------------------------------------------------------

everybody <- csv("fdd")
seen <- transform(subset(everybody, !is.na(yp)), control = trt - 1, v = factor(visit))
fit <- repeated(yp ~ v * control, seen, seen$id, seen$visit)
beside(fit, unstructured_gls(yp ~ v * control, seen, seen$id, seen$visit))
apart <- cbind(matrix(0, 3, 3), 1, rbind(0, diag(2)))
entry("mmrm.fdd.unstructured", "fdd", list(
  n_obs = nrow(seen), n_subjects = length(unique(seen$id)), n_by_visit = vec(table(seen$visit)),
  beta = named(fit$beta), se = errors(fit), vcov = by_row(fit$vcov), Sigma = by_row(fit$sigma), loglik_REML = fit$loglik,
  control_minus_EMDR_by_visit = combined(fit, apart)
), rtol = 1e-4)
entry("mmrm.fdd.satterthwaite_invariance", "fdd", combined(fit, rbind(apart, colMeans(apart))),
      notes = "At visits 1, 2, 3 and averaged over them.", rtol = 1e-4)

before <- subset(everybody, visit == 1)
later <- subset(everybody, visit > 1)
later$base <- before$yp[match(later$id, before$id)]
later <- transform(subset(later, !is.na(yp) & !is.na(base)), control = trt - 1, v = factor(visit))
adjusted <- repeated(yp ~ v * control + base, later, later$id, later$visit - 1)
beside(adjusted, unstructured_gls(yp ~ v * control + base, later, later$id, later$visit - 1))
level <- mean(before$yp, na.rm = TRUE)
contrasts_later <- rbind(c(0, 0, 1, 0, 0), c(0, 0, 1, 0, 1))
means_later <- rbind(c(1, 0, 0, level, 0), c(1, 1, 0, level, 0), c(1, 0, 1, level, 0), c(1, 1, 1, level, 1))
entry("mmrm.fdd.baseline_adjusted", "fdd", list(
  n_obs = nrow(later), n_subjects = length(unique(later$id)), coef_names = vec(names(adjusted$beta)),
  baseline_mean_used = level, beta = named(adjusted$beta), se = errors(adjusted), Sigma = by_row(adjusted$sigma),
  loglik_REML = adjusted$loglik, contrast_C_minus_E_visit2_visit3 = combined(adjusted, contrasts_later),
  lsmeans_E2_E3_C2_C3 = combined(adjusted, means_later)
), rtol = 1e-4)

compound <- repeated(yp ~ v * control, seen, seen$id, seen$visit, "compound")
mixed <- lme4::lmer(yp ~ v * control + (1 | id), seen)
near("log-likelihood beside lme4", abs(compound$loglik - c(logLik(mixed))), 1e-7)
each <- combined(compound, diag(6))
larger <- pbkrtest::vcovAdj(mixed)
entry("mmrm.fdd.cs_satterthwaite", "fdd", list(
  beta = named(compound$beta), se = errors(compound), df_satterthwaite = each$df, sigma2_total = compound$sigma[1, 1],
  rho = compound$sigma[1, 2] / compound$sigma[1, 1], loglik_REML = compound$loglik,
  kr_se = vec(sqrt(diag(as.matrix(larger)))),
  kr_df = vec(sapply(1:6, function(j) pbkrtest::Lb_ddf(as.numeric(1:6 == j), vcov(mixed), larger)))
), notes = "kr_: pbkrtest, with the expected information.", rtol = 1e-4)

# Joint tests: lmerTest's, of the same model as a random intercept.
precise <- lme4::lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-11, maxfun = 1e6), calc.derivs = FALSE)
tested <- lmerTest::lmer(yp ~ v * control + (1 | id), seen, control = precise)
joint <- function(columns) {
  found <- lmerTest::contest(tested, diag(6)[columns, , drop = FALSE], joint = TRUE)
  larger <- pbkrtest::KRmodcomp(tested, diag(6)[columns, , drop = FALSE])$test["Ftest", ]
  list(columns = vec(columns), F = found[["F value"]], df = found[["NumDF"]], ddf = found[["DenDF"]], p = found[["Pr(>F)"]],
       kr_F = larger[["stat"]], kr_ddf = larger[["ddf"]], kr_scaling = larger[["F.scaling"]])
}
entry("mmrm.fdd.cs_joint", "fdd", list(interaction = joint(5:6), arm_at_any_visit = joint(4:6), visits = joint(2:3)),
      notes = "Columns count from 1: intercept, v2, v3, control, v2:control, v3:control. kr_: pbkrtest, with the expected information.", rtol = 1e-4)

# ---- breathing: the example of SAS's listings -----------------------------------------------------------------

air <- subset(read.csv("data/fev_data.csv", stringsAsFactors = TRUE), !is.na(FEV1))
air$SEX <- relevel(air$SEX, "Male")
listed <- unstructured_gls(FEV1 ~ RACE + SEX + ARMCD * AVISIT, air, air$USUBJID, air$VISITN)
entry("mmrm.fev.gls", "fev_data", list(
  coef = named(coef(listed)), se = vec(sqrt(diag(vcov(listed)))), minus2_reml = -2 * c(logLik(listed))
), notes = "nlme::gls; it stops near the maximum, within 5e-5 of it in the coefficients.", rtol = 1e-6, atol = 5e-5)

write_topic("10_repeated", "Repeated measures", c("nlme", "emmeans", "lme4", "lmerTest", "pbkrtest", "numDeriv"))
