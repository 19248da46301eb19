# Meta-analysis of effects and their variances: metafor with tight stopping rules.
# Run in this folder: Rscript 11_meta.R

source("recording.R")
suppressPackageStartupMessages(library(metafor))

strict <- list(threshold = 1e-10, maxiter = 5000, tol = 1e-12)

pooled <- function(fit) {
  found <- predict(fit)
  list(k = fit$k, coef = list(intrcpt = fit$beta[1]), se = vec(fit$se), stat = vec(fit$zval), p = vec(fit$pval),
       ci_lb = vec(fit$ci.lb), ci_ub = vec(fit$ci.ub), df = if (fit$test == "z") NA else fit$ddf[1],
       tau2 = fit$tau2, I2 = fit$I2, H2 = fit$H2, Q = fit$QE, Q_df = fit$k - fit$p, Q_p = fit$QEp,
       pi_lb = if (fit$method == "EE") NA else found$pi.lb, pi_ub = if (fit$method == "EE") NA else found$pi.ub)
}

trials <- csv("dat_bcg")
effects <- function(measure) {
  escalc(measure, ai = tpos, bi = tneg, ci = cpos, di = cneg, data = trials)
}
given <- sapply(c("RR", "OR", "RD"), effects, simplify = FALSE)
entry("meta.bcg.effects", "dat_bcg", lapply(given, function(one) list(yi = vec(one$yi), vi = vec(one$vi))),
      rtol = 1e-10)
risk <- given$RR

for (method in c("EE", "DL", "REML", "ML", "PM", "HE", "SJ", "HS", "EB")) {
  wald <- rma(yi, vi, data = risk, method = method, control = strict)
  values <- list(wald = pooled(wald), weights_percent = vec(weights(wald)))
  if (method != "EE") {
    student <- rma(yi, vi, data = risk, method = method, test = "knha", control = strict)
    # The default stops 1e-4 from the root.
    profile <- confint(wald, control = list(tol = 1e-14))$random
    values <- c(values, list(knha = pooled(student), blup = vec(blup(wald)$pred),
                             tau2_ci = list(lower = profile[1, 2], upper = profile[1, 3])))
  }
  entry(paste0("meta.bcg.RR.", method), "dat_bcg", values, rtol = 1e-6)
}
entry("meta.bcg.knha_adhoc", "dat_bcg",
      list(adhoc = pooled(rma(yi, vi, data = risk, method = "REML", test = "adhoc", control = strict))), rtol = 1e-6)

for (measure in c("OR", "RD")) {
  one <- given[[measure]]
  entry(paste0("meta.bcg.", measure), "dat_bcg",
        list(EE = pooled(rma(yi, vi, data = one, method = "EE")),
             DL = pooled(rma(yi, vi, data = one, method = "DL")),
             REML_knha = pooled(rma(yi, vi, data = one, method = "REML", test = "knha", control = strict)),
             PM = pooled(rma(yi, vi, data = one, method = "PM", control = strict))), rtol = 1e-6)
}

y <- c(-0.4, 0.1, -0.25)
v <- c(0.04, 0.09, 0.02)
entry("meta.small_k", character(), list(
  k3_REML = pooled(rma(y, v, method = "REML", control = strict)),
  k3_knha = pooled(rma(y, v, method = "DL", test = "knha")),
  k2_DL = pooled(rma(y[1:2], v[1:2], method = "DL")),
  k2_knha = pooled(rma(y[1:2], v[1:2], method = "DL", test = "knha"))
), notes = "Q is below its degrees of freedom; Fisher scoring stops at 4e-11 in the place of 0",
  rtol = 1e-6, atol = 1e-6)

write_topic("11_meta", "Meta-analysis", "metafor")
