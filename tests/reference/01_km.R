# Kaplan-Meier curves, their limits, quantiles and numbers at risk, from R's survival package.
#
#   Rscript 01_km.R        writes 01_km.json beside itself, from data/*.csv

this_file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
if (length(this_file)) setwd(dirname(normalizePath(this_file)))
source("recording.R")

aml <- csv("aml")
lung <- csv("lung")
ovarian <- csv("ovarian")
veteran <- csv("veteran")
heart <- csv("heart")
rats <- csv("rats")
# Four residents left on the day they came; they are never at risk.
channing <- subset(csv("channing"), age > ageentry)

# ---- forms of the interval -------------------------------------------------------------------------------
for (form in c("log", "log-log", "plain", "logit", "arcsin")) {
  fit <- survfit(Surv(time, status) ~ x, data = aml, conf.type = form)
  values <- list(curves = steps(fit), quantiles = quantiles(fit))
  if (form == "log") values$table <- headline(fit)
  entry(paste0("km.aml.group.", sub("-", "", form)), "aml", values,
        notes = if (form == "log") "x: 1 maintained, 2 not. Limits are null where the curve is 0." else
          if (form == "plain") "Limits are cut at 0 and 1.")
}

marks <- c(0, 50, 100, 200, 365, 500, 730, 1000)
forms <- data.frame(type = c(rep("log", 3), rep("log-log", 3), "plain"),
                    level = c(.90, .95, .99, .90, .95, .99, .95))
for (i in seq_len(nrow(forms))) {
  fit <- survfit(Surv(time, status == 2) ~ 1, data = lung, conf.type = forms$type[i],
                 conf.int = forms$level[i])
  entry(sprintf("km.lung.overall.%s.%d", sub("-", "", forms$type[i]), round(100 * forms$level[i])), "lung",
        list(grid = steps(fit, marks), quantiles = quantiles(fit, c(.1, .25, .5, .75, .9)),
             table = headline(fit)),
        notes = "At time 0 everybody is at risk and the curve is 1 without error.")
}
entry("km.lung.overall.full", "lung", steps(survfit(Surv(time, status == 2) ~ 1, data = lung)),
      notes = "All 186 distinct times.")

for (form in c("log", "log-log")) {
  fit <- survfit(Surv(time, status == 2) ~ sex, data = lung, conf.type = form)
  entry(paste0("km.lung.sex.", sub("-", "", form)), "lung",
        list(grid = steps(fit, seq(0, 1000, by = 100)), quantiles = quantiles(fit), table = headline(fit)),
        notes = if (form == "log") "Women are followed to day 965; day 1000 repeats the last value.")
}

# ---- quantiles -------------------------------------------------------------------------------------------
by_log <- survfit(Surv(futime, fustat) ~ rx, data = ovarian, conf.type = "log")
by_loglog <- survfit(Surv(futime, fustat) ~ rx, data = ovarian, conf.type = "log-log")
entry("km.ovarian.median_not_reached", "ovarian",
      list(log = quantiles(by_log), loglog = quantiles(by_loglog), curves = steps(by_log)),
      notes = "null: the curve or its limit never gets there.")

second <- survfit(Surv(time, status) ~ 1, data = subset(aml, x == 2), conf.type = "log-log")
toy <- survfit(Surv(1:4, rep(1, 4)) ~ 1)
entry("km.quantile.flat_at_half", "aml",
      list(aml2 = quantiles(second), toy = quantiles(toy), toy_surv = vec(toy$surv)),
      notes = "The toy curve (events at 1, 2, 3, 4) is flat at one half from 2 to 3: its median is 2.5.")

# ---- numbers at risk -------------------------------------------------------------------------------------
ticks <- seq(0, 1050, by = 150)
read <- steps(survfit(Surv(time, status == 2) ~ sex, data = lung), ticks)
entry("km.number_at_risk.lung.sex", "lung",
      list(times = vec(ticks), n_risk = lapply(read, `[[`, "n_risk"),
           cum_event = lapply(read, function(g) vec(cumsum(g$n_event))),
           cum_censor = lapply(read, function(g) vec(cumsum(g$n_censor)))),
      notes = "At risk at t: time >= t. Events and censorings: time <= t.")

# ---- other estimators and errors -------------------------------------------------------------------------
variants <- list(km_na = c(1, 1), km_fh = c(1, 2), exp_na = c(2, 1), exp_fh = c(2, 2))
entry("km.stype_ctype.veteran", "veteran",
      lapply(variants, function(v) steps(survfit(Surv(time, status) ~ trt, data = veteran, stype = v[1],
                                                 ctype = v[2]), c(10, 30, 60, 100, 200, 400))),
      notes = "km_: product limit, exp_: exp(-H). _na: Nelson-Aalen H, _fh: with Fleming-Harrington ties.")
entry("km.tsiatis.ovarian", "ovarian",
      steps(survfit(Surv(futime, fustat) ~ 1, data = ovarian, error = "tsiatis", conf.type = "log-log")),
      notes = "survival 3.5 takes error = 'tsiatis' without a word and without effect: this is Greenwood.")
entry("km.conf_lower.ovarian", "ovarian",
      sapply(c("peto", "modified"), function(how)
        steps(survfit(Surv(futime, fustat) ~ 1, data = ovarian, conf.lower = how)), simplify = FALSE))

# ---- late entry ------------------------------------------------------------------------------------------
fit <- survfit(Surv(ageentry, age, death) ~ gender, data = channing, conf.type = "log-log")
entry("km.left_truncation.channing", "channing",
      list(n = nrow(channing), grid = steps(fit, c(760, 780, 800, 850, 900, 950, 1000, 1050, 1100)),
           quantiles = quantiles(fit)),
      notes = "At risk when entry < t <= age. The first men make a tiny risk set and the curve falls to 0.")
men <- subset(channing, gender == 1)
entry("km.left_truncation.channing.full_male", "channing",
      steps(survfit(Surv(ageentry, age, death) ~ 1, data = men)),
      notes = "At 781 months the only man at risk dies: the curve stays 0 and has no error afterwards.")
entry("km.left_truncation.channing.male_from_840", "channing",
      steps(survfit(Surv(ageentry, age, death) ~ 1, data = men, start.time = 840)),
      notes = "Given survival to 840 months.")
fit <- survfit(Surv(ageentry, age, death) ~ gender, data = channing, start.time = 840)
entry("km.left_truncation.start_time", "channing",
      list(grid = steps(fit, seq(840, 1080, by = 60)), quantiles = quantiles(fit)),
      notes = "Given survival to 840 months (70 years).")

# ---- several rows for a person ---------------------------------------------------------------------------
visits <- c(10, 30, 60, 100, 200, 365, 730)
entry("km.time_dependent_group.heart", "heart",
      list(grid = steps(survfit(Surv(start, stop, event) ~ transplant, data = heart), visits)),
      notes = "Groups by a status that changes with time; every row stands for itself.")
entry("km.heart.with_id", "heart",
      sapply(c(model = FALSE, robust = TRUE), function(sandwich)
        steps(survfit(Surv(start, stop, event) ~ 1, data = heart, id = id, robust = sandwich), visits),
        simplify = FALSE),
      notes = "103 people in 172 rows. A row that goes on in the next one of the same person is no censoring.")

# ---- weights and clusters --------------------------------------------------------------------------------
w <- 1 + seq_len(nrow(aml)) %% 3
copies <- aml[rep(seq_len(nrow(aml)), w), ]
entry("km.weights.integer", "aml",
      list(weights = vec(w),
           weighted = steps(survfit(Surv(time, status) ~ x, data = aml, weights = w, robust = FALSE)),
           replicated = steps(survfit(Surv(time, status) ~ x, data = copies))),
      notes = "Row i counts 1 + (i mod 3) times.")
w <- ifelse(lung$age > 65, 1.5, 0.75)
sampled <- lapply(list(model = FALSE, robust = TRUE), function(sandwich)
  survfit(Surv(time, status == 2) ~ sex, data = lung, weights = w, robust = sandwich))
entry("km.weights.noninteger", "lung",
      c(lapply(sampled, steps, at = c(50, 100, 200, 365, 500, 730)),
        list(quantiles_robust = quantiles(sampled$robust))),
      notes = "Weight 1.5 above 65 years, 0.75 otherwise. robust: infinitesimal jackknife.")
entry("km.cluster.rats", "rats",
      steps(survfit(Surv(time, status) ~ rx, data = rats, cluster = litter), seq(40, 100, by = 10)[-2]),
      notes = "Infinitesimal jackknife, summed within litters.")
entry("km.robust_vs_greenwood.aml", "aml",
      lapply(list(greenwood = FALSE, robust = TRUE), function(sandwich)
        steps(survfit(Surv(time, status) ~ x, data = aml, robust = sandwich))),
      notes = "Without weights the infinitesimal jackknife of the curve is Greenwood's formula.")

# ---- edges -----------------------------------------------------------------------------------------------
mgus <- csv("mgus2")
mgus[1:5, "futime"] <- 0
mgus[1:5, "death"] <- c(1, 1, 0, 0, 0)
fit <- survfit(Surv(futime, death) ~ sex, data = mgus)
entry("km.zero_time.mgus2", "mgus2",
      list(at0 = steps(fit, c(0, 1, 12, 60, 120, 240)), quantiles = quantiles(fit)),
      notes = "The first five rows are given time 0, two of them with a death: S(0) is below 1.")

two_curves <- survfit(Surv(time, status == 2) ~ sex, data = lung)
compare <- function(day) {
  s <- summary(two_curves, times = day)
  p <- s$surv
  v <- s$std.err^2
  # Differences on three scales, men minus women, by the delta method.
  scales <- list(plain = c(p[1] - p[2], sum(v)),
                 log = c(log(p[1]) - log(p[2]), sum(v / p^2)),
                 cloglog = c(log(-log(p[1])) - log(-log(p[2])), sum(v / (p * log(p))^2)))
  z <- lapply(scales, function(one) one[1] / sqrt(one[2]))
  gap <- p[1] - p[2]
  half <- qnorm(0.975) * sqrt(sum(v))
  list(time = day, surv = vec(p), se = vec(s$std.err), diff = gap, se_diff = sqrt(sum(v)),
       lower95 = gap - half, upper95 = gap + half, z = z, chisq = lapply(z, function(x) x^2),
       p = lapply(z, function(x) 2 * pnorm(-abs(x))))
}
entry("km.difference_at_t.lung", "lung",
      list(t180 = compare(180), t365 = compare(365), t730 = compare(730)),
      notes = "Two curves at one time (Klein and others 2007), men minus women, written out from the fit.")

nobody <- survfit(Surv(5:7, c(0, 0, 0)) ~ 1)
once <- survfit(Surv(4, 1) ~ 1)
entry("km.all_censored_and_single", character(),
      list(all_censored = steps(nobody), all_censored_quantiles = quantiles(nobody),
           one_event = steps(once), one_event_quantiles = quantiles(once)),
      notes = "Times 5, 6, 7 without an event, and a single event at 4.")
tied <- data.frame(t = c(2, 2, 2, 5, 5, 5, 8, 8), d = c(1, 0, 1, 1, 0, 0, 1, 0))
entry("km.ties_event_before_censor", character(),
      steps(survfit(Surv(t, d) ~ 1, data = tied, conf.type = "log-log")),
      notes = "Times 2, 2, 2, 5, 5, 5, 8, 8 with status 1, 0, 1, 1, 0, 0, 1, 0: events come first.")

write_topic("01_km", "Kaplan-Meier curves")
