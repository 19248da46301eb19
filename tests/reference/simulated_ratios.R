# How often does R's 95 % Wald interval of a hazard ratio hold the true one? The references of the
# simulated hazard ratios in tests/survival/test_simulated_ratios.py.
#
#   Rscript tests/reference/simulated_ratios.R [replicates]
#
# Two arms, exponential times with means of 12 and 12 / 0.72 months, censored evenly between months
# 6 and 36; "monthly" rounds both up to the month in which they are told. Efron's ties.

suppressPackageStartupMessages(library(survival))

given <- commandArgs(trailingOnly = TRUE)
replicates <- if (length(given)) as.integer(given[1]) else 10000L
truth <- log(0.72)

holds <- function(size, monthly) {
  walking <- rep(0:1, each = size)
  happens <- rexp(2 * size, exp(truth * walking) / 12)
  leaves <- runif(2 * size, 6, 36)
  if (monthly) {
    happens <- ceiling(happens)
    leaves <- ceiling(leaves)
  }
  fit <- coxph(Surv(pmin(happens, leaves), happens <= leaves) ~ walking, ties = "efron")
  abs(coef(fit) - truth) <= qnorm(0.975) * sqrt(vcov(fit)[1, 1])
}

set.seed(20240303)
for (size in c(30, 100)) {
  for (monthly in c(FALSE, TRUE)) {
    share <- mean(replicate(replicates, holds(size, monthly)))
    cat(sprintf("%3d per arm, %-10s  %.4f  (Monte Carlo standard error %.4f)\n",
                size, if (monthly) "monthly" else "continuous", share,
                sqrt(share * (1 - share) / replicates)))
  }
}
cat(R.version.string, "survival", as.character(packageVersion("survival")), "\n")
