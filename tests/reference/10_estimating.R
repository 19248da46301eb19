# Generalised estimating equations: the numbers that test_10_estimating.py expects.
# Run in this folder: Rscript 10_estimating.R

source("recording.R")
suppressPackageStartupMessages({
  library(geepack)
  library(gee)
})
tight <- geese.control(epsilon = 1e-11, maxit = 200, scale.fix = FALSE)
named <- function(x, labels = names(x)) setNames(as.list(unname(as.vector(x))), labels)

described <- function(model) {
  inner <- model$geese
  names_ <- names(coef(model))
  list(n = nrow(model$data), n_clusters = length(inner$clusz), coef = named(coef(model)),
       robust_se = named(sqrt(diag(inner$vbeta)), names_), naive_se = named(sqrt(diag(inner$vbeta.naiv)), names_),
       scale = unname(inner$gamma), alpha = vec(inner$alpha), vcov = by_row(inner$vbeta))
}

patients <- csv("respiratory")
patients$active <- as.integer(patients$treat == 1)
patients <- patients[order(patients$pid, patients$visit), ]
structures <- list(
  independence = list("independence"), exchangeable = list("exchangeable"), ar1 = list("AR-M", Mv = 1),
  unstructured = list("unstructured")
)
for (name in names(structures)) {
  model <- geeglm(outcome ~ active + factor(center) + age + baseline + I(sex - 1), id = pid, data = patients,
                  family = binomial, corstr = name, control = tight)
  asked <- structures[[name]]
  arguments <- list(formula = outcome ~ active + factor(center) + age + baseline + I(sex - 1), id = patients$pid,
                    data = patients, family = binomial, corstr = asked[[1]], tol = 1e-11, maxiter = 200, silent = TRUE)
  if (!is.null(asked$Mv)) arguments$Mv <- asked$Mv
  invisible(capture.output(other <- suppressMessages(do.call(gee::gee, arguments))))
  entry(paste0("gee.respiratory.logit.", name), "respiratory", c(described(model), list(gee_package = list(
    coef = named(coef(other)), robust_se = vec(sqrt(diag(other$robust.variance))),
    working_corr = by_row(other$working.correlation), scale = other$scale
  ))), "geepack; beside it gee, which divides by n - k, and takes neighbours only for AR(1)", rtol = 1e-5)
}
jackknifed <- geeglm(outcome ~ active + age + baseline, id = pid, data = patients, family = binomial,
                     corstr = "exchangeable", control = tight, std.err = "jack")
entry("gee.respiratory.logit.jackknife_se", "respiratory", list(
  coef = named(coef(jackknifed)), robust_se = vec(sqrt(diag(jackknifed$geese$vbeta))),
  approx_jackknife_se = vec(sqrt(diag(jackknifed$geese$vbeta.ajs)))
), rtol = 1e-5)

seizures <- csv("epil")
seizures$weeks <- 2
for (name in c("independence", "exchangeable", "ar1")) {
  model <- geeglm(y ~ trt + log(base) + age + V4 + offset(log(weeks)), id = subject, data = seizures, family = poisson,
                  corstr = name, control = tight)
  entry(paste0("gee.epil.poisson.", name), "epil", described(model), "offset log(2 weeks)", rtol = 1e-5)
}

children <- csv("orthodont")
children <- children[order(children$id, children$age), ]
grown <- function(name) described(geeglm(distance ~ I(age - 11) * I(Sex - 1), id = id, data = children, corstr = name,
                                         control = tight))
entry("gee.orthodont.gaussian", "orthodont", lapply(setNames(nm = c("independence", "exchangeable", "ar1")), grown),
      rtol = 1e-5)

# Visits that were missed: every fifth row is left out, and waves say how far the others lie apart.
gaps <- patients[seq_len(nrow(patients)) %% 5 != 0, ]
missed <- function(name) described(geeglm(outcome ~ active + age + baseline, id = pid, waves = visit, data = gaps,
                                          family = binomial, corstr = name, control = tight))
entry("estimating.missed_visits", "respiratory", lapply(setNames(nm = c("exchangeable", "ar1")), missed),
      "rows 5, 10, 15, ... of the rows sorted by patient and visit are left out; with unstructured geepack crashes", rtol = 1e-5)

# Weights that follow no pattern within patients or between them.
patients$weight <- 0.5 + ((7 * (seq_len(nrow(patients)) - 1)) %% 13) / 8
weighted <- function(name) suppressWarnings(described(geeglm(
  outcome ~ active + age + baseline, id = pid, data = patients, family = binomial, weights = weight, corstr = name,
  control = tight
)))
entry("estimating.weighted", "respiratory",
      lapply(setNames(nm = c("independence", "exchangeable", "ar1", "unstructured")), weighted),
      "weights 0.5 + (7 i mod 13) / 8 in row i = 0, 1, ... of the rows sorted by patient and visit", rtol = 1e-5)

write_topic("10_estimating", "Generalised estimating equations", c("geepack", "gee"))
