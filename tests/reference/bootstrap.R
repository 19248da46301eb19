# Bootstrap of two arms on resamples that anybody can draw again, and boot's intervals from them.
#
#   Rscript bootstrap.R        writes bootstrap.json beside itself, from data/*.csv
#
# The resamples come from Lehmer's generator s <- 16807 s mod (2^31 - 1), exact in double precision: within each
# arm, in the order of the file, row floor(s / (2^31 - 1) * n) of the arm's n (counted from 0) is taken.

this_file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
if (length(this_file)) setwd(dirname(normalizePath(this_file)))
source("recording.R")
suppressPackageStartupMessages(library(boot))

SEED <- 20240601
REPLICATES <- 399
TAU <- 200
DAY <- 100
tight <- coxph.control(eps = 1e-12, iter.max = 60, toler.chol = 1e-14)
veteran <- csv("veteran")
arms <- split(seq_len(nrow(veteran)), veteran$trt)

state <- SEED
lehmer <- function(n) {
  drawn <- numeric(n)
  for (i in seq_len(n)) {
    state <<- (16807 * state) %% 2147483647
    drawn[i] <- floor(state / 2147483647 * n)
  }
  drawn
}
resample <- function() unlist(lapply(arms, function(rows) rows[lehmer(length(rows)) + 1]), use.names = FALSE)

compared <- function(d) {
  fit <- coxph(Surv(time, status) ~ trt, data = d, control = tight)
  curve <- survfit(Surv(time, status) ~ trt, data = d)
  mean_to <- function(rows) {
    s <- survfit(Surv(time, status) ~ 1, data = d[rows, ])
    t <- c(0, s$time[s$time < TAU], TAU)
    sum(diff(t) * c(1, s$surv[s$time < TAU]))
  }
  medians <- unname(quantile(curve, 0.5)$quantile[, 1])
  means <- c(mean_to(d$trt == 1), mean_to(d$trt == 2))
  c(log_hazard_ratio = unname(coef(fit)), median_1 = medians[1], median_2 = medians[2], mean_1 = means[1],
    mean_2 = means[2], survival_1 = summary(curve, times = DAY)$surv[1],
    survival_2 = summary(curve, times = DAY)$surv[2])
}
wanted <- function(x) {
  x <- rbind(x)
  cbind(log_hazard_ratio = x[, "log_hazard_ratio"], median_difference = x[, "median_2"] - x[, "median_1"],
        restricted_mean_1 = x[, "mean_1"], restricted_mean_difference = x[, "mean_2"] - x[, "mean_1"],
        survival_difference = x[, "survival_2"] - x[, "survival_1"])
}

observed <- compared(veteran)
draws <- t(sapply(seq_len(REPLICATES), function(r) compared(veteran[resample(), ])))
left_out <- t(sapply(seq_len(nrow(veteran)), function(i) compared(veteran[-i, ])))
shown <- 40
entry("boot.veteran.draws", "veteran",
      list(observed = as.list(observed),
           draws = lapply(as.data.frame(draws[seq_len(shown), ]), vec),
           jackknife = lapply(as.data.frame(left_out[seq_len(shown), ]), vec)),
      notes = "coxph (Efron) and survfit on the resampled rows; means to 200 days, survival at 100.")

t0 <- wanted(observed)
t <- wanted(draws)
without <- wanted(left_out)
size <- ave(rep(1, nrow(veteran)), veteran$trt, FUN = sum)
intervals <- function(level) {
  lapply(setNames(nm = colnames(t)), function(name) {
    values <- t[, name]
    ends <- function(m) vec(m[1, (ncol(m) - 1):ncol(m)])
    said <- list(percentile = ends(boot:::perc.ci(values, level)),
                 normal = ends(norm.ci(NULL, level, 1, t0 = t0[, name], t = values)))
    # Influence by leaving one out, scaled by the size of the arm (Davison and Hinkley 1997, eq. 5.26).
    mean_of_arm <- ave(without[, name], veteran$trt)
    influence <- (mean_of_arm - without[, name]) * (size - 1) / size
    said$acceleration <- sum(influence^3) / (6 * sum(influence^2)^1.5)
    # Strictly below in boot's bias correction; the same as ours only where no draw equals the estimate.
    if (!any(values == t0[, name])) {
      said$bca <- ends(boot:::bca.ci(NULL, level, 1, t0 = t0[, name], t = values, L = influence))
    }
    said$std_error <- sd(values)
    said
  })
}
entry("boot.veteran.intervals", "veteran",
      list(at_95 = intervals(0.95), at_90 = intervals(0.9), at_99 = suppressWarnings(intervals(0.99))),
      notes = "Of 399 resamples within arms: boot's perc, norm and bca; 99 % limits lie between the last draws.")
write_topic("bootstrap", "The bootstrap", c("survival", "boot"))
