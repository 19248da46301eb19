# Royston and Parmar's model of the log cumulative hazard, written out.
#
#   Rscript 05_flexible.R        writes 05_flexible.json beside itself, from data/*.csv
#
# No package of this R has the model. Here the natural spline is built from B-splines with their second derivative
# held at 0 at the boundary knots, a basis other than the truncated powers of the paper that spans the same curves:
# coefficients of covariates, log-likelihood and predictions do not depend on it. The maximum is optim's, followed by
# Newton steps with a Hessian differenced from the score. Survival beside it: survreg's Weibull model for df = 1.

this_file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
if (length(this_file)) setwd(dirname(normalizePath(this_file)))
source("recording.R")
suppressPackageStartupMessages(library(splines))

# Columns of a natural cubic spline with an intercept at x, or of its derivative; linear outside the knots.
natural <- function(x, knots, derivative = 0) {
  if (length(knots) == 2) return(cbind(rep(1 - derivative, length(x)), if (derivative) rep(1, length(x)) else x))
  if (length(x) == 0) return(matrix(0, 0, length(knots)))
  ends <- range(knots)
  all_knots <- c(rep(ends[1], 4), knots[-c(1, length(knots))], rep(ends[2], 4))
  columns <- function(at, order) splineDesign(all_knots, at, ord = 4, derivs = rep(order, length(at)))
  free <- qr.Q(qr(t(columns(ends, 2))), complete = TRUE)[, -(1:2)]
  inside <- pmin(pmax(x, ends[1]), ends[2])
  slope <- columns(inside, 1) %*% free
  if (derivative) return(slope)
  columns(inside, 0) %*% free + (x - inside) * slope
}

# frame: event at `time` (exact), in (time, upper] (interval, left where time is 0), or after `time` (right).
flexible <- function(frame, X, df, varying = NULL, seen, time, upper = NULL, entry = NULL) {
  if (is.null(upper)) upper <- rep(NA_real_, length(time))
  if (is.null(entry)) entry <- rep(0, length(time))
  middle <- ifelse(seen == "interval", (time + upper) / 2, time)
  told <- log(middle[seen %in% c("exact", "interval")])
  knots <- quantile(told, seq(0, 1, length.out = df + 1), names = FALSE)
  if (df == 1) knots <- range(told)
  design <- function(x, rows, derivative = 0) {
    base <- natural(x, knots, derivative)
    part <- if (derivative) 0 * X[rows, , drop = FALSE] else X[rows, , drop = FALSE]
    if (is.null(varying)) return(cbind(part, base))
    cbind(part, base, X[rows, varying] * (if (derivative) 1 else x))
  }
  exact <- which(seen == "exact"); right <- which(seen == "right"); left <- which(seen == "left")
  within <- which(seen == "interval"); late <- which(entry > 0)
  A <- list(exact = design(log(time[exact]), exact), rise = design(log(time[exact]), exact, 1),
            right = design(log(time[right]), right), left = design(log(time[left]), left),
            low = design(log(time[within]), within), high = design(log(upper[within]), within),
            late = design(log(entry[late]), late))
  H <- function(part, b) exp(drop(A[[part]] %*% b))
  fall <- function(b) {
    rise <- drop(A$rise %*% b)
    if (any(rise <= 0)) return(1e10)
    difference <- exp(-H("low", b)) - exp(-H("high", b))
    if (any(difference <= 0)) return(1e10)
    -(sum(drop(A$exact %*% b) - H("exact", b) + log(rise) - log(time[exact])) - sum(H("right", b)) +
        sum(log(-expm1(-H("left", b)))) + sum(log(difference)) + sum(H("late", b)))
  }
  gradient <- function(b) {
    rise <- drop(A$rise %*% b)
    low <- H("low", b); high <- H("high", b); left_hazard <- H("left", b)
    difference <- exp(-low) - exp(-high)
    -(colSums(A$exact * (1 - H("exact", b))) + colSums(A$rise / rise) - colSums(A$right * H("right", b)) +
        colSums(A$left * (left_hazard * exp(-left_hazard) / -expm1(-left_hazard))) +
        colSums((A$high * (high * exp(-high)) - A$low * (low * exp(-low))) / difference) +
        colSums(A$late * H("late", b)))
  }
  # Start from a constant hazard for df = 1, and from the line of df = 1 for the others, in this basis.
  k <- ncol(X)
  x <- log(c(time[time > 0], upper[within]))
  line <- c(-log(mean(exp(x))), 1)
  if (df > 1) line <- flexible(frame, X, 1, NULL, seen, time, upper, entry)$b[k + 1:2]
  b <- c(rep(0, k), qr.coef(qr(natural(x, knots)), line[1] + line[2] * x), if (!is.null(varying)) 0)
  b <- optim(b, fall, gradient, method = "BFGS", control = list(maxit = 5000, reltol = 1e-14))$par
  hessian <- function(b) {
    size <- 1e-5 * pmax(abs(b), 0.1)
    h <- sapply(seq_along(b), function(j) {
      step <- replace(0 * b, j, size[j])
      (8 * (gradient(b + step) - gradient(b - step)) - gradient(b + 2 * step) + gradient(b - 2 * step)) / (12 * size[j])
    })
    (h + t(h)) / 2
  }
  for (i in 1:30) {
    step <- solve(hessian(b), gradient(b))
    while (fall(b - step) > fall(b) + 1e-9) step <- step / 2
    b <- b - step
  }
  list(b = b, V = solve(hessian(b)), log_likelihood = -fall(b), knots = knots, left = sqrt(abs(drop(gradient(b) %*% solve(hessian(b), gradient(b))))),
       index = function(X_new, t, derivative = 0) {
         base <- natural(log(t), knots, derivative)
         part <- matrix(if (derivative) 0 else X_new, length(t), length(X_new), byrow = TRUE)
         if (is.null(varying)) cbind(part, base) else cbind(part, base, X_new[varying] * (if (derivative) 1 else log(t)))
       })
}

shown <- function(fit, k, X_new, t) {
  at <- fit$index(X_new, t)
  slope <- fit$index(X_new, t, 1)
  index <- drop(at %*% fit$b)
  rise <- drop(slope %*% fit$b)
  se <- sqrt(rowSums((at %*% fit$V) * at))
  both <- at + slope / rise
  z <- qnorm(0.975)
  stopifnot(fit$left < 1e-9)  # distance to the maximum, in standard errors
  list(coef = vec(fit$b[seq_len(k)]), se = vec(sqrt(diag(fit$V))[seq_len(k)]), loglik = fit$log_likelihood,
       knots = vec(fit$knots), times = vec(t), survival = vec(exp(-exp(index))), survival_se = vec(exp(index - exp(index)) * se),
       lower95 = vec(exp(-exp(index + z * se))), upper95 = vec(exp(-exp(index - z * se))),
       hazard = vec(exp(index) * rise / t), hazard_se = vec(exp(index) * rise / t * sqrt(rowSums((both %*% fit$V) * both))))
}

lung <- csv("lung")
X <- cbind(age = lung$age, sex = lung$sex)
X_centred <- sweep(X, 2, c(60, 1))
seen <- ifelse(lung$status == 2, "exact", "right")
days <- c(100, 365, 730)
for (df in 1:5) {
  fit <- flexible(lung, X_centred, df, seen = seen, time = lung$time)
  values <- shown(fit, 2, c(0, 1), days)
  if (df == 1) {
    weibull <- survreg(Surv(time, status == 2) ~ age + sex, data = lung, control = survreg.control(rel.tolerance = 1e-13))
    values$survreg_loglik <- weibull$loglik[2]
    values$survreg_loghr <- vec(-coef(weibull)[-1] / weibull$scale)
  }
  entry(paste0("rp.lung.df", df), "lung", values, rtol = 1e-6,
        notes = "Age and sex; predictions for a woman (sex 2) of 60 years; standard errors on the scale shown.")
}

fit <- flexible(lung, X_centred, 3, varying = 2, seen = seen, time = lung$time)
ratio <- function(t) {
  d1 <- fit$index(c(0, 1), t); s1 <- fit$index(c(0, 1), t, 1); d0 <- fit$index(c(0, 0), t); s0 <- fit$index(c(0, 0), t, 1)
  g1 <- d1 + s1 / drop(s1 %*% fit$b); g0 <- d0 + s0 / drop(s0 %*% fit$b)
  value <- drop((d1 - d0) %*% fit$b) + log(drop(s1 %*% fit$b)) - log(drop(s0 %*% fit$b))
  list(times = vec(t), log_ratio = vec(value), se = vec(sqrt(rowSums(((g1 - g0) %*% fit$V) * (g1 - g0)))))
}
entry("rp.lung.varying", "lung", c(shown(fit, 0, c(0, 1), days)[c("loglik", "survival", "survival_se", "hazard")],
                                   hazard_ratio = list(ratio(days))), rtol = 1e-6,
      notes = "Effect of sex on the log cumulative hazard linear in log time; its hazard ratio at three times.")

home <- subset(csv("channing"), age > ageentry)
X <- cbind(gender = home$gender - 1)
fit <- flexible(home, X, 3, seen = ifelse(home$death == 1, "exact", "right"), time = home$age, entry = home$ageentry)
entry("rp.channing.entry", "channing", shown(fit, 1, 1, c(900, 1000, 1100)), rtol = 1e-6,
      notes = "Age in months, at risk from the age at entry; predictions for a woman, from birth.")
fit <- flexible(home, X, 1, seen = ifelse(home$death == 1, "exact", "right"), time = home$age, entry = home$ageentry)
entry("rp.channing.weibull_entry", "channing", shown(fit, 1, 1, c(900, 1000, 1100)), rtol = 1e-6,
      notes = "df = 1: a Weibull model with left truncation.")

looks <- csv("bcdeter")
X <- cbind(trt = as.integer(looks$treat == 2))
seen <- ifelse(is.na(looks$upper), "right", ifelse(looks$lower == 0, "left",
               ifelse(looks$lower == looks$upper, "exact", "interval")))
time <- ifelse(seen == "left", looks$upper, looks$lower)
fit <- flexible(looks, X, 2, seen = seen, time = time, upper = looks$upper)
entry("rp.bcdeter.df2", "bcdeter", shown(fit, 1, 1, c(12, 24, 36)), rtol = 1e-6,
      notes = "Interval-censored; knots at quantiles of the middles of closed intervals; predictions with chemotherapy.")

write_topic("05_flexible", "Flexible parametric models (written out)", c("survival", "splines"))
