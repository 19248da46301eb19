# Firth's penalised Cox model and profile-likelihood intervals, from R's coxph alone.
#
# coxph with iter.max = 0 gives the log-likelihood and the information at any coefficients; half the
# log determinant of the information is Firth's penalty. Everything else is R's optimisers. Run from
# tests/reference: Rscript cox_likelihoods.R > cox_likelihoods.json
suppressMessages({library(survival); library(jsonlite)})

likelihood <- function(data, formula, ties, firth) function(beta) {
  # Steps of the optimisers that are too long for exp() count as unlikely.
  fit <- tryCatch(coxph(formula, data, ties = ties, init = beta, iter.max = 0),
    error = function(problem) NULL)
  if (is.null(fit)) return(-1e6)
  penalty <- if (firth) -0.5 * as.numeric(determinant(fit$var)$modulus) else 0
  fit$loglik[2] + penalty
}

largest <- function(value, start) {
  best <- start
  if (length(start) > 1) best <- optim(best, function(b) -value(b), control = list(maxit = 2000))$par
  for (again in 1:40) {
    slope <- numDeriv_grad(value, best); curve <- numDeriv_hess(value, best)
    step <- solve(curve, slope); best <- best - step
    if (max(abs(step)) < 1e-10) break
  }
  best
}
numDeriv_grad <- function(f, x, h = 1e-4) sapply(seq_along(x), function(i) {
  e <- replace(0 * x, i, h)
  (8 * (f(x + e) - f(x - e)) - (f(x + 2 * e) - f(x - 2 * e))) / (12 * h)
})
numDeriv_hess <- function(f, x, h = 1e-3) {
  k <- length(x)
  outer(1:k, 1:k, Vectorize(function(i, j) {
    a <- replace(0 * x, i, h); b <- replace(0 * x, j, h)
    (f(x + a + b) - f(x + a - b) - f(x - a + b) + f(x - a - b)) / (4 * h^2)
  }))
}

# How far R's own optimisers are to be trusted: maxima by numerical derivatives, limits by uniroot.
tolerances <- list(log_likelihood = 1e-11, null = 1e-11, conf_low = 2e-6, conf_high = 2e-6,
  without = 1e-11)

entry <- function(name, file, data, formula, ties, firth) {
  value <- likelihood(data, formula, ties, firth)
  k <- length(attr(terms(formula), "term.labels"))
  beta <- largest(value, rep(0, k))
  top <- value(beta)
  se <- sqrt(diag(coxph(formula, data, ties = ties, init = beta, iter.max = 0)$var))
  profile <- function(i, at) {
    if (k == 1) return(value(at))
    others <- function(rest) { b <- numeric(k); b[i] <- at; b[-i] <- rest; value(b) }
    others(largest(others, beta[-i]))
  }
  edge <- top - qchisq(0.95, 1) / 2
  limit <- function(i, side) {
    far <- beta[i] + side * se[i]
    while (profile(i, far) > edge) far <- far + side * se[i]
    uniroot(function(at) profile(i, at) - edge, sort(c(beta[i], far)), tol = 1e-9)$root
  }
  kind <- if (firth) "firth" else "profile"
  list(id = paste(kind, name, ties, sep = "."), data = I(file), ties = ties, firth = firth,
    rtol = 2e-7, atol = 1e-8, rtol_by_key = tolerances,
    values = list(estimate = beta, std_error = se, log_likelihood = top, null = value(rep(0, k)),
      conf_low = sapply(1:k, limit, side = -1), conf_high = sapply(1:k, limit, side = 1),
      without = sapply(1:k, profile, at = 0)))
}

lung <- read.csv("data/lung.csv")
lung <- lung[!is.na(lung$ph_ecog), ]
lung$months <- ceiling(lung$time / 30.4)
ovarian <- read.csv("data/ovarian.csv")
ovarian$early <- as.numeric(ovarian$fustat == 1 | ovarian$futime < 600)
by_month <- Surv(months, status == 2) ~ age + sex + ph_ecog
found <- list(
  entry("lung_months", "lung.csv", lung, by_month, "efron", FALSE),
  entry("lung_months", "lung.csv", lung, by_month, "efron", TRUE),
  entry("lung_months", "lung.csv", lung, by_month, "breslow", TRUE),
  entry("ovarian_monotone", "ovarian.csv", ovarian, Surv(futime, fustat) ~ early + rx, "efron", TRUE)
)
cat(toJSON(list(topic = "cox_likelihoods",
  title = "Firth's penalty and profile-likelihood intervals", script = "cox_likelihoods.R",
  r_version = R.version.string,
  packages = list(survival = as.character(packageVersion("survival"))), entries = found), digits = 12, auto_unbox = TRUE, pretty = TRUE), "\n")
