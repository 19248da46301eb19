# Logistic regression with a random intercept: the numbers that test_10_odds.py expects.
# Run in this folder: Rscript 10_odds.R

source("recording.R")
suppressPackageStartupMessages(library(lme4))

patients <- csv("respiratory")
patients$active <- as.integer(patients$treat == 1)
patients$a <- patients$age / 10
patients$centre <- factor(patients$center)
# tolPwrss: with its default, 1e-7, the modes of the people are found so loosely that Laplace's log-likelihood
# is 8e-4 too low, and the coefficients move by up to 6e-4 of themselves. 25 points are the same to 1e-5.
tight <- glmerControl(optimizer = "bobyqa", tolPwrss = 1e-14, optCtrl = list(rhoend = 1e-10, maxfun = 1e6))

fitted_with <- function(points) {
  model <- glmer(outcome ~ active + centre + a + baseline + (1 | pid), data = patients, family = binomial,
                 nAGQ = points, control = tight)
  b <- fixef(model)
  names(b) <- c("(Intercept)", "active", "factor(center)2", "a", "baseline")
  list(coef = as.list(b), se = vec(sqrt(diag(as.matrix(vcov(model))))),
       sd_pid = sqrt(as.data.frame(VarCorr(model))$vcov[1]), loglik = as.numeric(logLik(model)))
}
entry("glmm.respiratory.logit_random_intercept", "respiratory",
      list(laplace = fitted_with(1), agq25 = fitted_with(25)), rtol = 1e-4,
      notes = "age in tens of years; 1 point is Laplace's approximation, agq25 has 25 points")

write_topic("10_odds", "Logistic regression with a random intercept", "lme4")
