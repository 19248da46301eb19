# Linear mixed models: the numbers that test_10_mixed.py expects.
# Run in this folder: Rscript 10_mixed.R

source("recording.R")
suppressPackageStartupMessages({
  library(lme4)
  library(nlme)
  library(lmerTest)
})

# Searched until nothing moves, so that the numbers are those of the maximum.
patient <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-11, maxfun = 1e6), calc.derivs = FALSE)
patient_gls <- glsControl(msMaxIter = 500, msTol = 1e-14, tolerance = 1e-12, maxIter = 500)

named <- function(x, labels = names(x)) setNames(as.list(unname(as.vector(x))), labels)

described <- function(model) {
  components <- as.data.frame(VarCorr(model))
  covariance <- as.matrix(vcov(model))
  list(
    n = nobs(model), fixef = named(fixef(model)), se = named(sqrt(diag(covariance)), names(fixef(model))),
    vcov = by_row(covariance),
    varcomp = list(vcov = vec(components$vcov), sdcor = vec(components$sdcor)),
    sigma = sigma(model), loglik = as.numeric(logLik(model)),
    criterion = if (isREML(model)) REMLcrit(model) else deviance(model), aic = AIC(model), bic = BIC(model)
  )
}

satterthwaite <- function(model) {
  table <- coef(summary(model, ddf = "Satterthwaite"))
  list(df_satterthwaite = named(table[, "df"], rownames(table)), t = named(table[, "t value"], rownames(table)),
       p_satterthwaite = named(table[, 5], rownames(table)))
}

kenward_roger <- function(model) {
  table <- coef(summary(model, ddf = "Kenward-Roger"))
  list(kr_se = named(table[, 2], rownames(table)), kr_df = named(table[, "df"], rownames(table)),
       kr_p = named(table[, 5], rownames(table)))
}

fit <- function(formula, data, reml = TRUE) lmer(formula, data = data, REML = reml, control = patient)

# ---- sleep deprivation ---------------------------------------------------------------------------------------

sleepers <- csv("sleepstudy")
for (reml in c(TRUE, FALSE)) {
  kind <- if (reml) "REML" else "ML"
  level <- fit(Reaction ~ Days + (1 | Subject), sleepers, reml)
  people <- ranef(level)$Subject
  share <- as.data.frame(VarCorr(level))$vcov
  entry(paste0("lmm.sleepstudy.random_intercept.", kind), "sleepstudy",
        c(described(level), list(blup = named(people[, 1], rownames(people)), icc = share[1] / sum(share)),
          if (reml) c(satterthwaite(level), kenward_roger(level))), rtol = 1e-5)
  slope <- fit(Reaction ~ Days + (Days | Subject), sleepers, reml)
  people <- ranef(slope)$Subject
  entry(paste0("lmm.sleepstudy.random_slope.", kind), "sleepstudy",
        c(described(slope), list(blup_intercept = vec(people[, 1]), blup_slope = vec(people[, 2]),
                                 subjects = vec(as.integer(rownames(people))),
                                 fitted_first10 = vec(fitted(slope)[1:10])),
          if (reml) c(satterthwaite(slope), kenward_roger(slope))), rtol = 1e-5)
}

apart <- fit(Reaction ~ Days + (1 | Subject) + (0 + Days | Subject), sleepers)
compared <- anova(level, slope)
entry("lmm.sleepstudy.uncorrelated_slope", "sleepstudy",
      c(described(apart), list(lrt_slope_ML = list(chisq = compared$Chisq[2], df = compared$Df[2],
                                                   p = compared[2, "Pr(>Chisq)"]))),
      "lrt_slope_ML: p of a plain chi-squared reference", rtol = 1e-5)

# Every seventh row left out, so that nobody's days are those of another.
gappy <- sleepers[seq_len(nrow(sleepers)) %% 7 != 0, ]
uneven <- fit(Reaction ~ Days + (Days | Subject), gappy)
entry("lmm.sleepstudy.gaps", "sleepstudy", c(described(uneven), satterthwaite(uneven), kenward_roger(uneven)), rtol = 1e-5)

# ---- limits of variances ---------------------------------------------------------------------------------------

profile_limits <- function(model) {
  found <- confint(profile(model, signames = FALSE, which = "theta_"), level = 0.95)
  list(names = vec(rownames(found)), lower = vec(found[, 1]), upper = vec(found[, 2]))
}
entry("lmm.sleepstudy.profile", "sleepstudy",
      list(random_intercept = profile_limits(level), random_slope = profile_limits(slope)),
      "profile likelihood of the ML fits: standard deviations and correlations; interpolated by splines, hence the tolerance",
      rtol = 2e-4)

# Logs of standard deviations and Fisher's z of the correlation, by the delta method from the covariance of the
# variance parameters (relative Cholesky factor and sigma) that lmerTest computes.
on_their_scales <- function(parameters) {
  lower <- matrix(c(parameters[1:2], 0, parameters[3]), 2)
  covariance <- parameters[4]^2 * lower %*% t(lower)
  c(0.5 * log(diag(covariance)), atanh(cov2cor(covariance)[1, 2]), log(parameters[4]))
}
wald_limits <- function(model) {
  parameters <- c(getME(model, "theta"), sigma(model))
  slope <- numDeriv::jacobian(on_their_scales, parameters)
  half <- qnorm(0.975) * sqrt(diag(slope %*% model@vcov_varpar %*% t(slope)))
  centre <- on_their_scales(parameters)
  back <- function(x) vec(c(exp(x[1:2]), tanh(x[3]), exp(x[4])))
  list(lower = back(centre - half), upper = back(centre + half))
}
entry("lmm.sleepstudy.wald_limits", "sleepstudy", list(
  REML = wald_limits(fit(Reaction ~ Days + (Days | Subject), sleepers)), ML = wald_limits(slope)
), "standard deviations of intercept and slope, their correlation, residual standard deviation", rtol = 1e-5)

# ---- growth ----------------------------------------------------------------------------------------------------

children <- transform(csv("orthodont"), t = age - 11, female = Sex - 1)
entry("lmm.orthodont.growth", "orthodont", list(
  random_intercept = with(list(m = fit(distance ~ t * female + (1 | id), children)), c(described(m), satterthwaite(m), kenward_roger(m))),
  random_slope = with(list(m = fit(distance ~ t * female + (t | id), children)), c(described(m), satterthwaite(m), kenward_roger(m)))
), rtol = 1e-5)

alike <- gls(distance ~ t * female, data = children, correlation = corCompSymm(form = ~ 1 | id), method = "REML",
             control = patient_gls)
entry("lmm.orthodont.lme_ar1", "orthodont", list(cs = list(
  beta = named(coef(alike)), se = vec(sqrt(diag(vcov(alike)))), sigma2 = alike$sigma^2,
  rho = as.numeric(coef(alike$modelStruct$corStruct, unconstrained = FALSE)), loglik_REML = as.numeric(logLik(alike))
)), "compound symmetry alone: autocorrelated errors are not part of this model", rtol = 1e-5)

# ---- people within groups, and a joint test ----------------------------------------------------------------------

# Five groups that nature did not make: the arithmetic is the same.
grouped <- transform(children, clinic = id %% 5, size = factor(id %% 3))
# Differences in reading that do vary between groups.
spread <- transform(grouped, distance = distance + 2 * sin(clinic))
apart_groups <- fit(distance ~ t * female + size + (1 | id) + (1 | clinic), spread)
two <- rbind(c(0, 0, 0, 1, 0, 0), c(0, 0, 0, 0, 1, 0))
table_of <- function(test) list(F = test[["F value"]], df = test$NumDF, ddf = test$DenDF, p = test[["Pr(>F)"]])
entry("lmm.orthodont.nested", "orthodont", c(
  described(apart_groups), satterthwaite(apart_groups), kenward_roger(apart_groups),
  list(clinics = vec(ranef(apart_groups)$clinic[, 1]), children = vec(ranef(apart_groups)$id[, 1]),
       size = table_of(contestMD(apart_groups, two)),
       size_kr = table_of(contestMD(apart_groups, two, ddf = "Kenward-Roger")))
), "clinic is id modulo 5, size the factor id modulo 3, distance + 2 sin(clinic)", rtol = 1e-5)

# ---- a variance of zero ------------------------------------------------------------------------------------------

flat <- transform(sleepers, y = ave(Reaction, Subject, FUN = function(v) v - mean(v)) + 10 * cos(as.integer(Days) + Subject))
at_zero <- suppressMessages(fit(y ~ Days + (1 | Subject), flat))
entry("lmm.sleepstudy.boundary", "sleepstudy", c(described(at_zero), satterthwaite(at_zero)),
      "outcome: Reaction about each person's mean + 10 cos(Days + Subject)", rtol = 1e-5)

write_topic("10_mixed", "Linear mixed models", c("lme4", "nlme", "lmerTest", "pbkrtest", "numDeriv"))
