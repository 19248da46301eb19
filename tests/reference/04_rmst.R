# Restricted mean survival time and pseudo-values.
#
#   Rscript 04_rmst.R        writes 04_rmst.json beside itself, from data/*.csv
#
# The area under the curve and its variance come from summary.survfit(rmean =); differences and ratios are
# the delta method on these (as the survRM2 package does). Regressions on pseudo-values are geepack's.

this_file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
if (length(this_file)) setwd(dirname(normalizePath(this_file)))
source("recording.R")
suppressPackageStartupMessages(library(geepack))

lung <- csv("lung")
lung$dead <- lung$status == 2
veteran <- csv("veteran")
by_sex <- survfit(Surv(time, dead) ~ sex, data = lung)

# Area up to tau and its standard error, one row per curve.
areas <- function(fit, tau) {
  shown <- summary(fit, rmean = tau)$table
  if (!is.matrix(shown)) shown <- t(shown)
  data.frame(mean = unname(shown[, "rmean"]), se = unname(shown[, "se(rmean)"]))
}

# Second curve against the first.
contrast <- function(fit, tau, level = 0.95) {
  a <- areas(fit, tau)
  z <- qnorm((1 + level) / 2)
  arm <- function(i) list(rmst = a$mean[i], se = a$se[i], rmtl = tau - a$mean[i])
  gap <- a$mean[2] - a$mean[1]
  gap_se <- sqrt(sum(a$se^2))
  ratio <- function(x) {
    log_ratio <- log(x[2] / x[1])
    se <- sqrt(sum((a$se / x)^2))
    list(est = exp(log_ratio), se_log = se, lower = exp(log_ratio - z * se), upper = exp(log_ratio + z * se),
         p = 2 * pnorm(-abs(log_ratio / se)))
  }
  list(tau = tau, arm1 = arm(2), arm0 = arm(1),
       difference = list(est = gap, se = gap_se, lower = gap - z * gap_se, upper = gap + z * gap_se,
                         z = gap / gap_se, p = 2 * pnorm(-abs(gap / gap_se))),
       rmst_ratio = ratio(a$mean), rmtl_ratio = ratio(tau - a$mean))
}

for (tau in c(180, 365, 730, 900)) {
  both <- areas(by_sex, tau)
  entry(paste0("rmst.lung.sex.tau", tau), "lung",
        c(list(survival_rmean = vec(both$mean), survival_se = vec(both$se)), contrast(by_sex, tau)),
        notes = "arm1: women, arm0: men; survival_*: men, women.")
}
by_treatment <- survfit(Surv(time, status) ~ trt, data = veteran)
entry("rmst.veteran.trt.tau500", "veteran", contrast(by_treatment, 500), notes = "Test against standard.")
entry("rmst.veteran.trt.tau240.level90", "veteran", contrast(by_treatment, 240, level = 0.90),
      notes = "90 % limits.")

pair <- function(fit, tau) {
  a <- areas(fit, tau)
  list(rmean = vec(a$mean), se = vec(a$se))
}
by_x <- survfit(Surv(time, status) ~ x, data = csv("aml"))
entry("rmst.aml.table", "aml",
      list(tau20 = pair(by_x, 20), tau45 = pair(by_x, 45), common = pair(by_x, "common"),
           individual = pair(by_x, "individual")),
      notes = "common: to 161, where the second curve has long been 0. individual: to 161 and to 45.")
entry("rmst.lung.tau_beyond_followup", "lung",
      c(list(last_time = vec(tapply(lung$time, lung$sex, max))), pair(by_sex, 1100)),
      notes = "To 1100, past all follow-up: the last value of each curve is carried on.")
by_rx <- survfit(Surv(futime, fustat) ~ rx, data = csv("ovarian"))
named <- function(tau) c(list(tau = tau), pair(by_rx, tau))
entry("rmst.tau_at_event_time", "ovarian",
      list(at_event_638 = named(638), at_censor_1040 = named(1040), year = named(365.25)),
      notes = "An event at tau does not change the area up to tau.")

grid <- seq(50, 950, by = 100)
along <- lapply(grid, function(tau) areas(by_sex, tau))
one_arm <- function(i) {
  mean <- sapply(along, function(a) a$mean[i])
  list(rmst = vec(mean), se = vec(sapply(along, function(a) a$se[i])), rmtl = vec(grid - mean))
}
entry("rmst.curve.lung", "lung", list(tau = vec(grid), male = one_arm(1), female = one_arm(2)))

women <- subset(csv("channing"), age > ageentry & gender == 2)
fit <- survfit(Surv(ageentry, age, death) ~ 1, data = women, start.time = 800)
from_800 <- areas(fit, 1100)
entry("rmst.channing.left_truncated", "channing",
      list(rmean_from_R = from_800$mean, se_from_R = from_800$se, area_800_to_1100 = from_800$mean - 800),
      notes = "Late entry, given survival to 800 months. R's mean counts the 800 months before as well.")

# ---- pseudo-values ---------------------------------------------------------------------------------------
overall <- survfit(Surv(time, dead) ~ 1, data = lung)
smooth <- pseudo(overall, times = 365, type = "rmst")
shares <- pseudo(overall, times = c(180, 365), type = "survival")
entry("rmst.pseudo.ij.lung", "lung",
      list(rmst365 = vec(smooth), surv180_365_first30 = by_row(shares[1:30, ]), mean_rmst = mean(smooth)),
      notes = "From the infinitesimal jackknife, not by leaving one out.")

leave_one_out <- function(frame, statistic) {
  n <- nrow(frame)
  n * statistic(frame) - (n - 1) * sapply(seq_len(n), function(i) statistic(frame[-i, ]))
}
year_mean <- function(frame) areas(survfit(Surv(time, dead) ~ 1, data = frame), 365)$mean
lung$pseudo <- leave_one_out(lung, year_mean)
lung$row <- seq_len(nrow(lung))
fit <- geeglm(pseudo ~ sex + age, id = row, data = lung, corstr = "independence")
entry("rmst.pseudo.jackknife.lung", "lung",
      list(pseudo = vec(lung$pseudo), coef = as.list(coef(fit)),
           robust_se = setNames(as.list(sqrt(diag(fit$geese$vbeta))), names(coef(fit)))),
      notes = "Restricted mean to 365, leaving one out; then least squares with the sandwich (HC0).")

alive_100 <- function(frame) {
  summary(survfit(Surv(time, status) ~ 1, data = frame), times = 100, extend = TRUE)$surv
}
veteran$pseudo <- leave_one_out(veteran, alive_100)
veteran$row <- seq_len(nrow(veteran))
fit <- geese(pseudo ~ trt + karno, id = row, data = veteran, corstr = "independence", mean.link = "logit",
             scale.fix = TRUE, control = geese.control(epsilon = 1e-10, maxit = 100))
entry("rmst.pseudo.surv_logit.veteran", "veteran",
      list(S100 = alive_100(veteran), pseudo = vec(veteran$pseudo), coef = as.list(fit$beta),
           robust_se = setNames(as.list(sqrt(diag(fit$vbeta))), names(fit$beta))),
      rtol = 1e-6, notes = "Survival to day 100, leaving one out; logit link, sandwich.")

write_topic("04_rmst", "Restricted means and pseudo-values", c("survival", "geepack"))
