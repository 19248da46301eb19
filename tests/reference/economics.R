# Costs beside effects: regressions, draws on resamples that anybody can draw again, and what is read off them.
#
#   Rscript economics.R        writes economics.json beside itself, from data/economics.csv
#
# The data are made up: the script draws them where the file is not there, and keeps it where it is.
# The resamples come from Lehmer's generator, as in bootstrap.R.

this_file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
if (length(this_file)) setwd(dirname(normalizePath(this_file)))
source("recording.R")
suppressPackageStartupMessages({
  library(boot)
  library(systemfit)
})

SEED <- 20250110
REPLICATES <- 399
HORIZON <- 365
THRESHOLDS <- c(0, 5000, 28000, 50000)
AT <- 28000

path <- file.path("data", "economics.csv")
if (!file.exists(path)) {
  set.seed(20250109)
  n <- 90
  walks <- rep(0:1, c(46, 44))
  age <- round(rnorm(n, 54, 12))
  illness <- rnorm(n)
  before <- round(pmin(0.80 - 0.08 * illness + rnorm(n, 0, 0.05), 1), 3)
  cost <- round(exp(5.6 + 0.5 * illness + 0.01 * (age - 54) + rnorm(n, 0, 0.8)) * (runif(n) > 0.15) + 480 * walks, 2)
  qaly <- round(pmin(0.25 * before + 0.60 - 0.05 * illness + 0.035 * walks + rnorm(n, 0, 0.04), 1), 4)
  hits <- rexp(n, ifelse(walks == 1, 0.0017, 0.0026) * exp(0.3 * illness))
  leaves <- ifelse(runif(n) < 0.25, runif(n, 20, 900), 1096)
  write.csv(data.frame(id = sprintf("E%02d", seq_len(n)), arm = ifelse(walks == 1, "walking", "control"), age = age,
                       utility_0 = before, cost = cost, qaly = qaly, days = ceiling(pmin(hits, leaves)),
                       event = as.integer(hits <= leaves)), path, row.names = FALSE, quote = FALSE)
}
people <- csv("economics")
arms <- split(seq_len(nrow(people)), people$arm)

# ---- regressions -----------------------------------------------------------------------------------------

plain_fit <- lm(cbind(cost, qaly) ~ arm, data = people)
shared <- lm(cbind(cost, qaly) ~ arm + age + utility_0, data = people)
increments_of <- function(fit) coef(fit)["armwalking", ]
as_said <- function(fit) {
  chosen <- grep("armwalking", rownames(vcov(fit)))
  list(increments = vec(increments_of(fit)), covariance = by_row(unname(vcov(fit)[chosen, chosen])))
}
unrelated <- function(d) {
  systemfit(list(cost = cost ~ arm + age, qaly = qaly ~ arm + utility_0), method = "SUR", data = d)
}
sur <- unrelated(people)
terms <- c("cost_armwalking", "qaly_armwalking")
entry("econ.regressions", "economics",
      list(means = as_said(plain_fit), shared = as_said(shared),
           unrelated = list(increments = vec(coef(sur)[terms]), covariance = by_row(unname(vcov(sur)[terms, terms])))),
      notes = "lm of both outcomes; systemfit, SUR in one step, residual covariance over sqrt((n - k1)(n - k2)).")

risk_at <- function(d) {
  s <- summary(survfit(Surv(days, event) ~ arm, data = d), times = HORIZON, extend = TRUE)
  list(risk = 1 - s$surv, std_error = s$std.err)
}
risks <- risk_at(people)
entry("econ.risks", "economics", list(risk = vec(risks$risk), std_error = vec(risks$std_error)),
      notes = "survfit by arm at day 365, Greenwood's standard errors.")

# ---- draws -----------------------------------------------------------------------------------------------

state <- SEED
lehmer <- function(n) {
  drawn <- numeric(n)
  for (i in seq_len(n)) {
    state <<- (16807 * state) %% 2147483647
    drawn[i] <- floor(state / 2147483647 * n)
  }
  drawn
}
resamples <- lapply(seq_len(REPLICATES), function(r) {
  unlist(lapply(arms, function(rows) rows[lehmer(length(rows)) + 1]), use.names = FALSE)
})
draws <- t(sapply(resamples, function(rows) {
  d <- people[rows, ]
  of <- function(x) unname(diff(tapply(x, d$arm, mean)))
  c(cost = of(d$cost), qaly = of(d$qaly), prevented = -diff(risk_at(d)$risk))
}))
shown <- 30
adjusted <- t(sapply(resamples[seq_len(shown)], function(rows) coef(unrelated(people[rows, ]))[terms]))
entry("econ.draws", "economics",
      list(draws = lapply(as.data.frame(draws[seq_len(shown), ]), vec),
           adjusted = list(cost = vec(adjusted[, 1]), qaly = vec(adjusted[, 2]))),
      notes = "Differences of means and of survfit's risks, and systemfit's SUR, on the resampled rows.")

percentiles <- function(x, level = 0.95) {
  m <- boot:::perc.ci(x, level)
  vec(m[1, (ncol(m) - 1):ncol(m)])
}
worth <- function(threshold) threshold * draws[, "qaly"] - draws[, "cost"]
observed <- increments_of(plain_fit)
net <- AT * observed[["qaly"]] - observed[["cost"]]
v <- var(draws[, c("cost", "qaly")])
# Fieller's limits where a test of cost - R qaly = 0 just rejects.
z <- function(ratio) {
  (observed[["cost"]] - ratio * observed[["qaly"]]) /
    sqrt(v[1, 1] - 2 * ratio * v[1, 2] + ratio^2 * v[2, 2])
}
ratio <- observed[["cost"]] / observed[["qaly"]]
ends <- c(uniroot(function(x) z(x) - qnorm(0.975), c(ratio - 1e6, ratio), tol = 1e-9)$root,
          uniroot(function(x) z(x) + qnorm(0.975), c(ratio, ratio + 1e6), tol = 1e-9)$root)
entry("econ.read_off", "economics",
      list(cost = percentiles(draws[, "cost"]), qaly = percentiles(draws[, "qaly"]),
           prevented = percentiles(draws[, "prevented"]), cost_90 = percentiles(draws[, "cost"], 0.9),
           covariance = by_row(unname(v)),
           quadrants = list(north_east = mean(draws[, "qaly"] >= 0 & draws[, "cost"] >= 0),
                            south_east = mean(draws[, "qaly"] >= 0 & draws[, "cost"] < 0),
                            south_west = mean(draws[, "qaly"] < 0 & draws[, "cost"] < 0),
                            north_west = mean(draws[, "qaly"] < 0 & draws[, "cost"] >= 0)),
           net_benefit = list(estimate = net, std_error = sd(worth(AT)), percentile = percentiles(worth(AT)),
                              normal = vec(net + c(-1, 1) * qnorm(0.975) * sd(worth(AT)))),
           acceptability = vec(sapply(THRESHOLDS, function(k) mean(worth(k) > 0))),
           perfect_information = vec(sapply(THRESHOLDS, function(k) {
             mean(pmax(worth(k), 0)) - max(mean(worth(k)), 0)
           })),
           ratio = ratio, fieller = vec(ends)),
      notes = "Percentiles by boot's perc.ci; Fieller's limits by uniroot, so to 1e-7.")
write_topic("economics", "Costs beside effects", c("survival", "boot", "systemfit"))
