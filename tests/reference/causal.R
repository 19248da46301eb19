# Complier effects (AER's ivreg with sandwich errors, and survfit's influences for a risk and a restricted
# mean), inverse probability weights (glm), balance, and what weights do to a mean, a curve and a hazard ratio.
# The data are drawn here: a made-up trial of 160 people, half of them asked to walk.
# Run in this folder: Rscript causal.R

source("recording.R")
suppressPackageStartupMessages({
  library(AER)
  library(sandwich)
})

# ---- the trial ---------------------------------------------------------------------------------------------

if (!file.exists("data/causal_trial.csv")) {
  set.seed(20221)
  n <- 160
  arm <- rep(c("control", "walking"), each = n / 2)
  age <- round(rnorm(n, 54, 11))
  sex <- sample(c("female", "male"), n, TRUE, c(0.7, 0.3))
  clinic <- sample(1:20, n, TRUE)
  keen <- rnorm(n)
  minutes <- 5 * round(pmax(0, 90 + 35 * keen + 30 * (arm == "walking") - 0.6 * (age - 54) + rnorm(n, 0, 25)) / 5)
  adhered <- as.integer(runif(n) < plogis(0.9 + 0.8 * keen - 0.03 * (age - 54)))
  pain <- round(5 - 0.01 * minutes - 0.4 * keen + 0.02 * (age - 54) + rnorm(n), 1)
  time <- ceiling(rexp(n, exp(-5.6 - 0.004 * (minutes - 100) - 0.3 * keen)))
  censored <- ceiling(runif(n, 200, 500))
  made <- data.frame(id = 1:n, arm, age, sex, clinic, minutes, adhered, pain, days = pmin(time, censored),
                     event = as.integer(time <= censored))
  write.csv(made, "data/causal_trial.csv", row.names = FALSE, quote = FALSE)
}
d <- csv("causal_trial")
d$z <- as.numeric(d$arm == "walking")
d$walks <- as.numeric(d$minutes >= 100)
n <- nrow(d)

# ---- means -------------------------------------------------------------------------------------------------

# Effects at which the arm makes no difference to outcome less b times received, by the robust test of lm.
not_rejected <- function(received, covariates, level = 0.95) {
  test <- function(b) {
    d$left <- d$pain - b * d[[received]]
    fit <- lm(reformulate(c("z", covariates), "left"), d)
    coef(fit)["z"]^2 / vcovHC(fit, "HC1")["z", "z"] - qt((1 + level) / 2, fit$df.residual)^2
  }
  middle <- coef(two_stage(received, covariates))[[received]]
  step <- 1e-3 + abs(middle)
  low <- uniroot(test, c(middle - 20 * step, middle), tol = 1e-14)$root
  high <- uniroot(test, c(middle, middle + 20 * step), tol = 1e-14)$root
  c(low, high)
}

two_stage <- function(received, covariates) {
  right <- paste(c(received, covariates), collapse = " + ")
  instruments <- paste(c("z", covariates), collapse = " + ")
  ivreg(as.formula(paste("pain ~", right, "|", instruments)), data = d)
}

mean_effect <- function(received, covariates) {
  fit <- two_stage(received, covariates)
  first <- lm(reformulate(c("z", covariates), received), d)
  whole <- lm(reformulate(c("z", covariates), "pain"), d)
  error <- function(v) sqrt(v[received, received])
  hc1 <- error(vcovHC(fit, "HC1"))
  t <- qt(0.975, fit$df.residual)
  b <- coef(fit)[[received]]
  list(
    estimate = b, df = fit$df.residual,
    se_hc1 = hc1, se_hc0 = error(vcovHC(fit, "HC0")), se_classical = error(vcov(fit)),
    se_clustered = error(vcovCL(fit, d$clinic, type = "HC1", cadjust = TRUE)),
    wald = vec(c(b - t * hc1, b + t * hc1)), anderson_rubin = vec(not_rejected(received, covariates)),
    as_randomised = coef(whole)[["z"]], as_randomised_se = sqrt(vcovHC(whole, "HC1")["z", "z"]),
    first_stage = coef(first)[["z"]], first_stage_f = coef(first)[["z"]]^2 / vcovHC(first, "HC1")["z", "z"],
    p_value = 2 * pt(-abs(coef(whole)[["z"]]) / sqrt(vcovHC(whole, "HC1")["z", "z"]), fit$df.residual)
  )
}
# The root of a test is found to R's own tolerance.
entry("complier.walks", "causal_trial", mean_effect("walks", NULL), rtol = 1e-8)
entry("complier.walks.adjusted", "causal_trial", mean_effect("walks", c("age", "sex")), rtol = 1e-8)
entry("complier.minutes.adjusted", "causal_trial", mean_effect("minutes", c("age", "sex")), rtol = 1e-8)

# ---- risks and restricted means ----------------------------------------------------------------------------

# Influence of each row on survival at `at`, and on the area to it, in its own arm.
by_arm <- function(arm, at) {
  rows <- which(d$arm == arm)
  fit <- survfit(Surv(days, event) ~ 1, d[rows, ], influence = 1, robust = TRUE, id = id)
  k <- findInterval(at, fit$time)
  own <- fit$influence.surv
  width <- diff(c(0, fit$time[fit$time < at], at))
  heights <- function(s) sum(width * c(1, s[fit$time < at]))
  area <- apply(own, 1, function(i) sum(width * c(0, i[fit$time < at])))
  list(rows = rows, surv = fit$surv[k], own = own[, k], area = heights(fit$surv), own_area = area)
}
time_effect <- function(at, quantity) {
  sides <- lapply(c("control", "walking"), by_arm, at = at)
  influence <- matrix(0, n, 2)
  value <- c(0, 0)
  for (k in 1:2) {
    sign <- c(-1, 1)[k]
    one <- sides[[k]]
    turn <- if (quantity == "risk") -1 else 1
    y <- if (quantity == "risk") 1 - one$surv else one$area
    own <- if (quantity == "risk") one$own else one$own_area
    p <- mean(d$walks[one$rows])
    value <- value + sign * c(y, p)
    influence[one$rows, 1] <- sign * turn * own
    influence[one$rows, 2] <- sign * (d$walks[one$rows] - p) / length(one$rows)
  }
  v <- crossprod(influence)
  b <- value[1] / value[2]
  list(as_randomised = value[1], as_randomised_se = sqrt(v[1, 1]), compliers = value[2], estimate = b,
       se_hc0 = drop(sqrt(c(1, -b) %*% v %*% c(1, -b))) / abs(value[2]))
}
entry("complier.risk", "causal_trial", time_effect(180, "risk"))
entry("complier.restricted", "causal_trial", time_effect(180, "mean"))

# ---- weights, balance, and what they do ---------------------------------------------------------------------

p <- q <- rep(NA, n)
for (one in c("control", "walking")) {
  rows <- d$arm == one
  fit <- glm(adhered ~ age + sex + minutes, binomial, d[rows, ], control = glm.control(1e-14, 100))
  p[rows] <- fitted(fit)
  q[rows] <- mean(d$adhered[rows])
}
kept <- d$adhered == 1
w <- ifelse(kept, q / p, 0)
limits <- quantile(w[kept], c(0.05, 0.95), names = FALSE)
held <- ifelse(kept, pmin(pmax(w, limits[1]), limits[2]), 0)
average <- ifelse(kept, q / p, (1 - q) / (1 - p))
entry("weights", "causal_trial", list(
  probability = vec(p), weight = vec(w), truncated = vec(held), average = vec(average),
  treated = vec(ifelse(kept, 1, p / (1 - p))), overlap = vec(ifelse(kept, 1 - p, p)),
  effective = vec(tapply(w, d$arm, function(x) sum(x)^2 / sum(x^2)))
))

weighted <- function(x, w) {
  m <- sum(w * x) / sum(w)
  c(m, sum(w * (x - m)^2) * sum(w) / (sum(w)^2 - sum(w^2)))
}
compare <- function(x, w, binary = FALSE) {
  side <- function(k, w) weighted(x[d$z == k], w[d$z == k])
  before <- lapply(0:1, side, w = rep(1, n))
  now <- lapply(0:1, side, w = w)
  spread <- if (binary) sapply(before, function(m) m[1] * (1 - m[1])) else sapply(before, `[`, 2)
  list(difference = (now[[2]][1] - now[[1]][1]) / sqrt(mean(spread)),
       ratio = if (binary) NA else now[[2]][2] / now[[1]][2])
}
entry("balance", "causal_trial", list(
  age = list(all = compare(d$age, rep(1, n)), without = compare(d$age, as.numeric(kept)), with = compare(d$age, w)),
  male = list(all = compare(as.numeric(d$sex == "male"), rep(1, n), TRUE),
              without = compare(as.numeric(d$sex == "male"), as.numeric(kept), TRUE),
              with = compare(as.numeric(d$sex == "male"), w, TRUE))
))

k <- d[kept, ]
k$w <- w[kept]
linear <- lm(pain ~ z, k, weights = w)
hazard <- coxph(Surv(days, event) ~ z, k, weights = w, robust = TRUE,
                control = coxph.control(eps = 1e-12, toler.chol = 1e-13, iter.max = 50))
curves <- survfit(Surv(days, event) ~ arm, k, weights = w, robust = TRUE)
at <- summary(curves, times = 180)
rm <- summary(curves, rmean = 180)$table[, "rmean"]
entry("weighted", "causal_trial", list(
  mean = coef(linear)[["z"]], mean_se = sqrt(vcovHC(linear, "HC0")["z", "z"]),
  log_hazard_ratio = coef(hazard)[["z"]], log_hazard_ratio_se = sqrt(vcov(hazard)[1, 1]),
  risk = at$surv[1] - at$surv[2], risk_se = sqrt(sum(at$std.err^2)),
  restricted = unname(rm[2] - rm[1])
))

write_topic("causal", "Complier effects and inverse probability weights", c("AER", "sandwich", "survival"))
