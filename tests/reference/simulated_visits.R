# How often does a model of repeated measures reject at 5 % where the arms do not differ, with 8 people per arm?
#
#   Rscript simulated_visits.R [replicates]     prints rates, writes the first 400 decisions
#
# test_simulated_visits.py in tests/regression/repeated_measures makes the very same data (R's uniform numbers of
# a seed, through the normal quantile) and holds the rates, and the decisions one by one.
#
# 16 people, 4 visits, correlations 0.7^lag, standard deviations 1 to 1.6. From visit 2 on somebody who is still
# there drops out with probability 1 - 0.8^(1/3), so that 20 % have left by the last visit. Mean by arm and visit;
# unstructured covariance; restricted likelihood; the arms at the last visit.

suppressPackageStartupMessages(library(nlme))

given <- commandArgs(trailingOnly = TRUE)
replicates <- if (length(given)) as.integer(given[1]) else 4000L
per_arm <- 8
visits <- 4
people <- 2 * per_arm
spread <- seq(1, 1.6, length.out = visits)
truth <- outer(spread, spread) * 0.7^abs(outer(1:visits, 1:visits, "-"))
root <- t(chol(truth))
stays <- 0.8^(1 / 3)

simulate <- function(seed) {
  set.seed(seed, kind = "Mersenne-Twister")
  y <- t(root %*% matrix(qnorm(runif(people * visits)), visits))
  leaves <- matrix(runif(people * (visits - 1)), visits - 1) > stays
  left <- rbind(FALSE, apply(leaves, 2, cumsum) > 0)
  rows <- which(!left)
  person <- rep(seq_len(people), each = visits)[rows]
  visit <- rep(seq_len(visits), people)[rows]
  data.frame(person, visit, arm = as.numeric(person > per_arm), y = t(y)[rows])
}

# People of one arm who were seen at visits 1 to m: how many, the sum of their outcomes and of the products.
sums_of <- function(data) {
  last <- tapply(data$visit, data$person, max)
  who <- as.integer(names(last))
  found <- list()
  for (m in sort(unique(last))) for (arm in 0:1) {
    here <- who[last == m & (who > per_arm) == arm]
    if (!length(here)) next
    y <- matrix(data$y[data$person %in% here], m)
    found[[length(found) + 1]] <- list(m = m, n = length(here), at = arm * visits + seq_len(m),
                                       y = rowSums(y), squares = tcrossprod(y))
  }
  found
}

# Minus twice the restricted log-likelihood (without its constant) of log-Cholesky parameters, with its gradient.
pieces <- function(theta, sums) {
  lower <- matrix(0, visits, visits)
  lower[lower.tri(lower, TRUE)] <- theta
  diag(lower) <- exp(diag(lower))
  sigma <- tcrossprod(lower)
  a <- matrix(0, 2 * visits, 2 * visits)
  b <- numeric(2 * visits)
  value <- 0
  inverses <- vector("list", visits)
  for (s in sums) {
    if (is.null(inverses[[s$m]])) {
      root <- chol(sigma[1:s$m, 1:s$m, drop = FALSE])
      inverses[[s$m]] <- list(w = chol2inv(root), log = 2 * sum(log(diag(root))))
    }
    i <- inverses[[s$m]]
    a[s$at, s$at] <- a[s$at, s$at] + s$n * i$w
    b[s$at] <- b[s$at] + i$w %*% s$y
    value <- value + sum(s$squares * i$w) + s$n * i$log
  }
  root <- chol(a)
  c <- chol2inv(root)
  beta <- drop(c %*% b)
  pull <- matrix(0, visits, visits)
  for (s in sums) {
    mean <- beta[s$at]
    spread <- s$squares - outer(s$y, mean) - outer(mean, s$y) + s$n * (outer(mean, mean) + c[s$at, s$at])
    w <- inverses[[s$m]]$w
    seen <- seq_len(s$m)
    pull[seen, seen] <- pull[seen, seen] + s$n * w - w %*% spread %*% w
  }
  g <- 2 * pull %*% lower
  diag(g) <- diag(g) * diag(lower)
  list(deviance = value - sum(b * beta) + 2 * sum(log(diag(root))), gradient = g[lower.tri(g, TRUE)], c = c, beta = beta)
}

# Derivatives of each number of f, one column per parameter: differences of fourth order.
slopes <- function(f, at, by = 1e-3) {
  matrix(sapply(seq_along(at), function(i) {
    e <- replace(numeric(length(at)), i, by)
    (8 * (f(at + e) - f(at - e)) - (f(at + 2 * e) - f(at - 2 * e))) / (12 * by)
  }), ncol = length(at))
}

search <- function(sums) {
  failed <- function(error) NULL
  at <- function(theta) tryCatch(pieces(theta, sums), error = failed)
  deviance <- function(theta) if (is.null(p <- at(theta))) 1e10 else p$deviance
  gradient <- function(theta) if (is.null(p <- at(theta))) numeric(length(theta)) else p$gradient
  start <- diag(log(spread))[lower.tri(root, TRUE)]
  optim(start, deviance, gradient, method = "BFGS", control = list(maxit = 500, reltol = 1e-12))
}

# p-values of t with Satterthwaite's degrees of freedom and of z; NA where the likelihood has no maximum.
decide <- function(seed) {
  data <- simulate(seed)
  if (min(table(factor(data$visit, 1:visits), data$arm)) < 1 || sum(data$visit == visits) < visits + 2) return(c(NA, NA))
  sums <- sums_of(data)
  theta <- search(sums)$par
  for (step in 1:6) {
    bent <- slopes(function(x) pieces(x, sums)$gradient, theta)
    move <- tryCatch(solve(bent, pieces(theta, sums)$gradient), error = function(e) rep(NA, length(theta)))
    if (anyNA(move) || max(abs(move)) > 2) return(c(NA, NA))
    theta <- theta - move
    if (max(abs(move)) < 1e-8) break
  }
  if (theta[length(theta)] < -8) return(c(NA, NA))
  l <- c(rep(0, visits - 1), -1, rep(0, visits - 1), 1)
  of <- function(theta) drop(l %*% pieces(theta, sums)$c %*% l)
  here <- pieces(theta, sums)
  variance <- of(theta)
  g <- slopes(of, theta)
  df <- 2 * variance^2 / drop(g %*% (2 * solve(slopes(function(x) pieces(x, sums)$gradient, theta))) %*% t(g))
  t <- drop(l %*% here$beta) / sqrt(variance)
  c(2 * pt(-abs(t), df), 2 * pnorm(-abs(t)))
}

# The likelihood is nlme's.
data <- simulate(1)
fit <- gls(y ~ factor(visit) * arm, data, correlation = corSymm(form = ~ visit | person),
           weights = varIdent(form = ~ 1 | factor(visit)),
           control = glsControl(msTol = 1e-12, tolerance = 1e-10, msMaxIter = 500))
end <- search(sums_of(data))
free <- nrow(data) - 2 * visits
cat("difference from nlme::gls", -0.5 * (end$value + free * log(2 * pi)) - c(logLik(fit)), "\n")

found <- sapply(seq_len(replicates), function(seed) tryCatch(decide(seed), error = function(e) c(NA, NA)))
rejects <- found < 0.05
rates <- rowMeans(rejects, na.rm = TRUE)
cat("Satterthwaite", rates[1], "z", rates[2], "of", replicates, "without maximum", sum(is.na(found[1, ])), "\n")
cat(R.version.string, "nlme", as.character(packageVersion("nlme")), "\n")
shown <- seq_len(min(400, replicates))
document <- list(
  script = "simulated_visits.R", r_version = R.version.string, replicates = replicates,
  satterthwaite = rates[1], z = rates[2], without_maximum = I(which(is.na(found[1, ]))),
  first_p_values = I(signif(found[1, shown], 8)), rejected = I(which(rejects[1, ])), rejected_z = I(which(rejects[2, ]))
)
writeLines(jsonlite::toJSON(document, auto_unbox = TRUE, digits = NA, na = "null"), "simulated_visits.json")
