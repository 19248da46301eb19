# Parametric models of survival times.
#
#   Rscript 05_parametric.R        writes 05_parametric.json beside itself, from data/*.csv
#
# Everything is survreg's, with its stopping rule tightened so that the numbers are the maximum; the piecewise
# exponential model and the rates are glm's.

this_file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
if (length(this_file)) setwd(dirname(normalizePath(this_file)))
source("recording.R")
tight <- survreg.control(rel.tolerance = 1e-13, maxiter = 300)
tight_glm <- list(epsilon = 1e-14, maxit = 200)
# survreg looks for the weights and clusters named in its call in the data.
model <- function(...) eval(substitute(survreg(..., control = tight)), parent.frame())

named <- function(x) as.list(x)
errors <- function(covariance) vec(sqrt(diag(as.matrix(covariance))))
shown <- function(fit) {
  table <- summary(fit)$table
  robust <- !is.null(fit$naive.var)
  out <- list(n = length(fit$linear.predictors), coef = named(coef(fit)),
              scale = if (length(fit$scale) > 1) named(fit$scale) else unname(fit$scale),
              table_names = vec(rownames(table)), estimate = vec(table[, 1]),
              se = errors(if (robust) fit$naive.var else fit$var), vcov = by_row(fit$var),
              loglik_null = fit$loglik[1], loglik = fit$loglik[2], df = sum(fit$df), aic = AIC(fit),
              lr_chisq = 2 * (fit$loglik[2] - fit$loglik[1]))
  if (robust) out$robust_se <- errors(fit$var)
  out
}
columns <- function(frame) lapply(as.list(frame), vec)
add <- function(id, data, values, notes = NULL, rtol = 1e-6) entry(id, data, values, notes = notes, rtol = rtol)

lung <- csv("lung")
lung$dead <- lung$status == 2
veteran <- csv("veteran")

# ---- families --------------------------------------------------------------------------------------------
people <- data.frame(age = c(50, 70), sex = c(1, 2), ph_ecog = c(0, 2))
shares <- c(0.1, 0.5, 0.9)
for (family in c("weibull", "exponential", "lognormal", "loglogistic", "rayleigh", "gaussian", "logistic")) {
  fit <- model(Surv(time, dead) ~ age + sex + ph_ecog, data = lung, dist = family)
  at <- predict(fit, people, type = "quantile", p = shares, se.fit = TRUE)
  add(paste0("aft.lung.", family), "lung",
      c(shown(fit), list(newdata = columns(people), quantile_p = vec(shares), quantile = by_row(at$fit),
                         quantile_se = by_row(at$se.fit), lp = vec(predict(fit, people, type = "lp")))),
      notes = "Quantiles: a row per person, a column per share; standard errors are those of the times.")
}
four <- c("weibull", "exponential", "lognormal", "loglogistic")
alone <- lapply(setNames(four, four), function(family) {
  shown(survreg(Surv(time, dead) ~ 1, data = lung, dist = family, control = tight))
})
add("aft.lung.intercept_only", "lung", alone)

fit <- model(Surv(time, dead) ~ age + sex, data = lung)
hazard_ratio <- function(name) {
  place <- match(name, names(coef(fit)))
  last <- nrow(fit$var)
  log_ratio <- -coef(fit)[[place]] / fit$scale
  slope <- c(-1 / fit$scale, -log_ratio)
  se <- sqrt(drop(slope %*% fit$var[c(place, last), c(place, last)] %*% slope))
  list(loghr = log_ratio, se = se, hr = exp(log_ratio), lower95 = exp(log_ratio - qnorm(0.975) * se),
       upper95 = exp(log_ratio + qnorm(0.975) * se), time_ratio = exp(coef(fit)[[place]]))
}
add("aft.lung.weibull_ph", "lung",
    list(shape = 1 / fit$scale, shape_se = sqrt(fit$var[4, 4]) / fit$scale, lambda = exp(-coef(fit)[[1]] / fit$scale),
         age = hazard_ratio("age"), sex = hazard_ratio("sex")),
    notes = "Delta method; baseline survival is exp(-lambda t^shape).")

pair <- data.frame(age = 60, sex = 1:2)
days <- c(100, 365, 730)
survival_at <- function(family) {
  fit <- survreg(Surv(time, dead) ~ age + sex, data = lung, dist = family, control = tight)
  by_row(t(sapply(predict(fit, pair, type = "lp"), function(location) {
    1 - psurvreg(days, location, fit$scale, family)
  })))
}
add("aft.lung.survival_at_t", "lung",
    c(list(newdata = columns(pair), times = vec(days)),
      lapply(setNames(c("weibull", "lognormal", "loglogistic", "exponential"),
                      c("weibull", "lognormal", "loglogistic", "exponential")), survival_at)))

# ---- scales, clusters, weights ---------------------------------------------------------------------------
add("aft.veteran.strata_scale", "veteran",
    shown(model(Surv(time, status) ~ karno + trt + strata(celltype), data = veteran)))
half <- model(Surv(time, status) ~ karno + trt, data = veteran, scale = 0.5)
one <- model(Surv(time, status) ~ karno + trt, data = veteran, scale = 1)
exponential <- model(Surv(time, status) ~ karno + trt, data = veteran, dist = "exponential")
add("aft.veteran.fixed_scale", "veteran",
    list(half = shown(half), one_equals_exponential = one$loglik[2] - exponential$loglik[2]))
add("aft.rats.cluster", "rats",
    shown(model(Surv(time, status) ~ rx, data = csv("rats"), dist = "weibull", cluster = litter)),
    notes = "robust_se and vcov: the sandwich grouped by litter.")
lung$w <- ifelse(lung$age > 65, 1.5, 0.75)
add("aft.lung.weights", "lung",
    list(model = shown(model(Surv(time, dead) ~ sex, data = lung, weights = w, dist = "loglogistic")),
         robust = shown(model(Surv(time, dead) ~ sex, data = lung, weights = w, dist = "loglogistic", robust = TRUE))))
# survreg leaves case weights out of its robust variance. The same weights as copies (6 and 3 for 1.5 and 0.75)
# that are clustered by the row they were made from have them in it.
copies <- lung[rep(seq_len(nrow(lung)), 4 * lung$w), ]
copies$row <- rep(seq_len(nrow(lung)), 4 * lung$w)
fit <- model(Surv(time, dead) ~ sex, data = copies, dist = "loglogistic", cluster = row)
add("aft.lung.weights_as_copies", "lung", list(estimate = vec(summary(fit)$table[, 1]), robust_vcov = by_row(fit$var)))

# ---- left and interval censoring -------------------------------------------------------------------------
fit <- model(Surv(durable, durable > 0, type = "left") ~ age + quant, data = csv("tobin"), dist = "gaussian")
add("aft.tobin.tobit", "tobin",
    c(shown(fit), list(fitted = vec(predict(fit, type = "response")), deviance_resid = vec(residuals(fit, "deviance")))),
    notes = "13 of 20 values are left-censored at 0.")

motor <- csv("imotor")
motor$x <- 1000 / (273.2 + motor$temp)
fit <- model(Surv(time, status) ~ x, data = motor, dist = "lognormal", subset = temp > 150)
warm <- data.frame(x = 1000 / (273.2 + c(130, 170)))
early <- c(0.01, 0.1, 0.5)
q <- predict(fit, warm, type = "quantile", p = early, se.fit = TRUE)
u <- predict(fit, warm, type = "uquantile", p = early, se.fit = TRUE)
z <- qnorm(0.975)
add("aft.imotor", "imotor",
    list(lognormal_over150 = shown(fit), weibull_all = shown(model(Surv(time, status) ~ x, data = motor, dist = "weibull")),
         q = by_row(q$fit), q_se = by_row(q$se.fit), log_q = by_row(u$fit), log_q_se = by_row(u$se.fit),
         lower95 = by_row(exp(u$fit - z * u$se.fit)), upper95 = by_row(exp(u$fit + z * u$se.fit))),
    notes = "Insulation of motors, extrapolated to 130 degrees; limits are symmetric on the log scale.")

looks <- csv("bcdeter")
looks$from <- replace(looks$lower, looks$lower == 0, NA)
looks$trt <- as.integer(looks$treat == 2)
quarters <- c(0.25, 0.5, 0.75)
for (family in four) {
  fit <- model(Surv(from, upper, type = "interval2") ~ trt, data = looks, dist = family)
  at <- predict(fit, data.frame(trt = 0:1), type = "quantile", p = quarters, se.fit = TRUE)
  add(paste0("aft.bcdeter.interval2.", family), "bcdeter",
      c(shown(fit), list(quantile = by_row(at$fit), quantile_se = by_row(at$se.fit))),
      notes = "Events in (lower, upper]; rows of the quantiles: radiotherapy alone, with chemotherapy.")
}

# Deaths of the lung data, by row in turn: before the time, at it, and in an interval around it, twice.
turn <- seq_len(nrow(lung)) %% 4
from <- ifelse(!lung$dead | turn == 1, lung$time, ifelse(turn == 0, NA, pmax(lung$time - 60, 1)))
to <- ifelse(!lung$dead, NA, ifelse(turn <= 1, lung$time, lung$time + 30))
mixed <- data.frame(lung, from, to)
fit_mixed <- function(family) {
  shown(survreg(Surv(from, to, type = "interval2") ~ age + sex, data = mixed, dist = family, control = tight))
}
add("aft.lung.mixed_censoring", "lung",
    list(L = vec(from), R = vec(to), n_exact = sum(from == to, na.rm = TRUE), n_left = sum(is.na(from)),
         n_right = sum(is.na(to)), weibull = fit_mixed("weibull"), loglogistic = fit_mixed("loglogistic")),
    notes = "L missing: left-censored at R; R missing: right-censored at L.")

# ---- residuals -------------------------------------------------------------------------------------------
fit <- model(Surv(time, dead) ~ age + sex, data = lung[1:40, ])
kinds <- c("response", "deviance", "working", "dfbeta", "ldcase")
add("aft.lung.residuals", "lung",
    lapply(setNames(kinds, kinds), function(kind) {
      r <- residuals(fit, kind)
      if (is.matrix(r)) by_row(r) else vec(r)
    }), notes = "The first 40 rows, Weibull.")

# ---- rates -----------------------------------------------------------------------------------------------
veteran$id <- seq_len(nrow(veteran))
split <- survSplit(Surv(time, status) ~ ., data = veteran, cut = c(30, 100, 250), episode = "iv", start = "from")
split$y <- split$time - split$from
fit <- glm(status ~ factor(iv) + trt + karno + offset(log(y)), family = poisson, data = split, control = tight_glm)
table <- summary(fit)$coefficients
events <- tapply(split$status, split$iv, sum)
exposure <- tapply(split$y, split$iv, sum)
add("aft.piecewise_exponential.veteran", "veteran",
    list(n = nobs(fit), coef = named(coef(fit)), se = named(table[, 2]), z = named(table[, 3]), p = named(table[, 4]),
         vcov = by_row(vcov(fit)), dispersion = 1, deviance = fit$deviance, null_deviance = fit$null.deviance,
         df_resid = fit$df.residual, loglik = as.numeric(logLik(fit)), aic = fit$aic,
         pearson_chisq = sum(residuals(fit, "pearson")^2), n_rows = nrow(split), events = vec(events),
         exposure = vec(exposure), crude_rate = vec(events / exposure)),
    notes = "Poisson regression on follow-up split at 30, 100 and 250 days.", rtol = 1e-7)

ovarian <- csv("ovarian")
deaths <- tapply(ovarian$fustat, ovarian$rx, sum)
followed <- tapply(ovarian$futime, ovarian$rx, sum)
times <- model(Surv(futime, fustat) ~ factor(rx), data = ovarian, dist = "exponential")
counts <- glm(fustat ~ factor(rx) + offset(log(futime)), family = poisson, data = ovarian, control = tight_glm)
add("aft.exponential_rates", "ovarian",
    list(events = vec(deaths), person_time = vec(followed), rate = vec(deaths / followed),
         survreg_coef = named(coef(times)), survreg_se = errors(vcov(times)), glm_coef = named(coef(counts)),
         glm_se = errors(vcov(counts))),
    notes = "Exponential coefficients are minus the Poisson ones.", rtol = 1e-7)

write_topic("05_parametric", "Parametric survival models", "survival")
