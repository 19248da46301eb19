# Effects that change over time, the smooth curve through Schoenfeld residuals, and landmarks.
#
#   Rscript changing_effects.R      writes changing_effects.json beside itself, from data/*.csv
#
# Rows are cut with survSplit() and tt() of the survival package; fits are iterated far beyond its default stopping
# rule. The smooth curves are those that plot.cox.zph draws, taken from the record of its drawing, beside the same
# regression by hand. Landmark frames are subsets written out.

this_file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
if (length(this_file)) setwd(dirname(normalizePath(this_file)))
source("recording.R")
suppressPackageStartupMessages(library(splines))

tight <- coxph.control(eps = 1e-12, iter.max = 60, toler.chol = 1e-13)
numbers <- function(fit) {
  list(coef = vec(coef(fit)), vcov = by_row(vcov(fit)), loglik = vec(fit$loglik), n_rows = fit$n, n_event = fit$nevent)
}
joint <- function(fit, contrasts) {
  apart <- contrasts %*% coef(fit)
  drop(t(apart) %*% solve(contrasts %*% vcov(fit) %*% t(contrasts)) %*% apart)
}
equal <- function(fit, places) {
  picked <- matrix(0, length(places) - 1, length(coef(fit)))
  picked[, places[1]] <- -1
  for (k in seq_along(places)[-1]) picked[k - 1, places[k]] <- 1
  joint(fit, picked)
}

# ---- by period ----------------------------------------------------------------------------------------------
veteran <- csv("veteran")
veteran$celltype <- factor(veteran$celltype)
cut_veteran <- survSplit(Surv(time, status) ~ ., veteran, cut = c(60, 150), episode = "part", start = "from")
for (k in 1:3) for (level in levels(veteran$celltype)[-1]) {
  cut_veteran[[paste0("cell", level, "_", k)]] <- (cut_veteran$celltype == level) * (cut_veteran$part == k)
}
by_cell <- coxph(Surv(from, time, status) ~ karno + cell2_1 + cell3_1 + cell4_1 + cell2_2 + cell3_2 + cell4_2 +
                   cell2_3 + cell3_3 + cell4_3, cut_veteran, control = tight)
one_cell <- coxph(Surv(time, status) ~ karno + celltype, veteran, control = tight)
difference <- matrix(0, 6, 10)
for (k in 1:6) { difference[k, 4 + k] <- 1; difference[k, 2 + (k - 1) %% 3] <- -1 }
entry("changing.veteran.cells_by_period", "veteran",
      c(numbers(by_cell), list(wald = joint(by_cell, difference),
                               likelihood_ratio = 2 * (by_cell$loglik[2] - one_cell$loglik[2]))),
      rtol = 1e-7, notes = "Order of coefficients: karno, then the three cell types in each period, cut at 60 and 150.")

lung <- csv("lung")
lung <- lung[complete.cases(lung[, c("time", "status", "sex", "age", "inst", "ph_ecog")]), ]
lung$died <- as.integer(lung$status == 2)
lung$w <- 0.5 + (seq_len(nrow(lung)) %% 4) / 4
cut_lung <- survSplit(Surv(time, died) ~ ., lung, cut = c(150, 300, 450), episode = "part", start = "from")
for (k in 1:4) cut_lung[[paste0("sex", k)]] <- cut_lung$sex * (cut_lung$part == k)
periods <- ~ age + sex1 + sex2 + sex3 + sex4
clustered <- coxph(update(periods, Surv(from, time, died) ~ . + cluster(inst)), cut_lung, control = tight)
entry("changing.lung.clustered", "lung", c(numbers(clustered), list(wald = equal(clustered, 2:5))), rtol = 1e-7)
weighted <- coxph(update(periods, Surv(from, time, died) ~ . + strata(ph_ecog) + cluster(inst)), cut_lung,
                  weights = w, control = tight)
entry("changing.lung.weighted_strata", "lung", c(numbers(weighted), list(wald = equal(weighted, 2:5))), rtol = 1e-7)
rowwise <- survSplit(Surv(time, died) ~ ., transform(lung, row = seq_len(nrow(lung))), cut = 300, episode = "part",
                     start = "from")
rowwise$sex1 <- rowwise$sex * (rowwise$part == 1)
rowwise$sex2 <- rowwise$sex * (rowwise$part == 2)
robust <- coxph(Surv(from, time, died) ~ age + sex1 + sex2 + cluster(row), rowwise, weights = w, control = tight)
entry("changing.lung.robust_rows", "lung", c(numbers(robust), list(wald = equal(robust, 2:3))), rtol = 1e-7)

# ---- with log time ------------------------------------------------------------------------------------------
by_log <- coxph(Surv(time, status) ~ trt + karno + tt(karno), veteran, tt = function(x, t, ...) x * log(t),
                control = tight)
constant <- coxph(Surv(time, status) ~ trt + karno, veteran, control = tight)
days <- c(30, 90, 365)
reading <- cbind(0, 1, log(days))
entry("changing.veteran.log", "veteran",
      c(numbers(by_log), list(likelihood_ratio = 2 * (by_log$loglik[2] - constant$loglik[2]),
                              at = vec(days), log_ratio = vec(reading %*% coef(by_log)),
                              se = vec(sqrt(diag(reading %*% vcov(by_log) %*% t(reading)))))), rtol = 1e-7)
in_strata <- coxph(Surv(time, status == 2) ~ age + tt(age) + strata(sex), csv("lung"),
                   tt = function(x, t, ...) x * log(t), control = tight)
entry("changing.lung.log_strata", "lung", numbers(in_strata), rtol = 1e-7)
late <- csv("channing")
late <- late[late$age > late$ageentry, ]
late$man <- as.integer(late$gender == 1)
times <- sort(unique(late$age[late$death == 1]))
cut_late <- survSplit(Surv(ageentry, age, death) ~ man, late, cut = times, start = "from", end = "to", event = "died")
cut_late$man_log <- cut_late$man * log(cut_late$to)
entry("changing.channing.log_entry", "channing",
      numbers(coxph(Surv(from, to, died) ~ man + man_log, cut_late, control = tight)), rtol = 1e-7)

# ---- the smooth curve through scaled Schoenfeld residuals -------------------------------------------------------
# Of what plot() draws, the calls with 40 points are the lines: the curve, then its upper and its lower edge.
drawn <- function(zph, var) {
  pdf(NULL)
  dev.control("enable")
  plot(zph, var = var)
  calls <- recordPlot()[[1]]
  dev.off()
  lines <- list()
  for (call in calls) {
    xy <- Filter(function(a) is.list(a) && !is.null(a$x) && !is.null(a$y) && length(a$x) == 40, as.list(call[[2]]))
    if (length(xy)) lines[[length(lines) + 1]] <- xy[[1]]
  }
  lines
}
smooth_of <- function(zph, var) {
  x <- unname(zph$x)
  seen <- !is.na(zph$y[, var])
  grid <- seq(min(x), max(x), length = 40)
  basis <- ns(c(grid, x), df = 4, intercept = TRUE)
  points <- basis[1:40, ]
  rows <- basis[-(1:40), ][seen, ]
  y <- zph$y[seen, var]
  inverse <- solve(crossprod(rows))
  line <- drop(points %*% inverse %*% crossprod(rows, y))
  se <- sqrt(zph$var[var, var] * rowSums((points %*% inverse) * points))
  official <- drawn(zph, var)
  stopifnot(length(official) == 3, all.equal(line, drop(official[[1]]$y)),
            all.equal(line + 2 * se, drop(official[[2]]$y)))
  list(transformed = vec(grid), line = vec(line), se = vec(se), upper_drawn = vec(official[[2]]$y),
       variance = zph$var[var, var])
}
fit <- coxph(Surv(time, status) ~ trt + karno + celltype, veteran, control = tight)
for (transform in c("km", "rank", "log", "identity")) {
  zph <- cox.zph(fit, transform = transform)
  entry(paste0("smooth.veteran.", transform), "veteran",
        setNames(lapply(1:3, function(k) smooth_of(zph, k)), c("trt", "karno", "celltype")))
}
zph <- cox.zph(coxph(Surv(time, status == 2) ~ age + ph_ecog + strata(sex), csv("lung"), control = tight), "km")
entry("smooth.lung.strata", "lung", setNames(lapply(1:2, function(k) smooth_of(zph, k)), c("age", "ph_ecog")))

# ---- landmarks ------------------------------------------------------------------------------------------------
# Stanford heart patients: who had a transplant by the landmark, compared from there.
jasa <- csv("jasa")
jasa$id <- seq_len(nrow(jasa))
from <- function(day, horizon = Inf) {
  here <- jasa[jasa$futime > day, ]
  left <- here$futime - day
  data.frame(id = here$id, landmark = day, days = pmin(left, horizon), died = here$fustat * (left <= horizon),
             age = here$age, grafted = as.integer(!is.na(here$wait_time) & here$wait_time <= day))
}
gone <- function(day) {
  early <- jasa$futime <= day
  list(died = sum(early & jasa$fustat == 1), left = sum(early & jasa$fustat == 0))
}
one <- from(30)
curve <- survfit(Surv(days, died) ~ grafted, one)
entry("landmark.jasa.one", "jasa",
      list(n = nrow(one), gone = gone(30), grafted = sum(one$grafted), days = vec(one$days), died = vec(one$died),
           cox = numbers(coxph(Surv(days, died) ~ grafted + age, one, control = tight)), km = steps(curve)))
several <- rbind(from(15, 365), from(30, 365), from(60, 365))
entry("landmark.jasa.stacked", "jasa",
      list(n = vec(table(several$landmark)), days = vec(several$days), died = vec(several$died),
           cox = numbers(coxph(Surv(days, died) ~ grafted + age + strata(landmark) + cluster(id), several,
                               control = tight))), rtol = 1e-7)

write_topic("changing_effects", "Effects that change, smooth coefficients, landmarks")
