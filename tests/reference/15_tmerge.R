# Follow-up cut into spells: values that change, events that come again, periods.
#
#   Rscript 15_tmerge.R      writes 15_tmerge.json beside itself, from data/*.csv
#
# Spells come from tmerge() and survSplit() of the survival package; fits are iterated far beyond its default
# stopping rule. In the JSON null stands for "missing".

this_file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
if (length(this_file)) setwd(dirname(normalizePath(this_file)))
source("recording.R")

tight <- coxph.control(eps = 1e-12, iter.max = 60, toler.chol = 1e-13)
named <- function(x) setNames(as.list(unname(c(x))), names(x))
columns <- function(frame, names = colnames(frame)) lapply(as.list(frame[, names]), vec)
tested <- function(statistic, df) {
  list(stat = as.vector(statistic), df = df, p = as.vector(pchisq(statistic, df, lower.tail = FALSE)))
}

fitted_numbers <- function(fit, covariance = TRUE) {
  beta <- coef(fit)
  se <- setNames(sqrt(diag(as.matrix(vcov(fit)))), names(beta))
  shown <- summary(fit)
  numbers <- list(
    n = fit$n, nevent = fit$nevent, coef = named(beta), hr = named(exp(beta)), se = named(se),
    z = named(beta / se), p = named(2 * pnorm(-abs(beta / se))),
    hr_lower95 = named(exp(beta - qnorm(0.975) * se)), hr_upper95 = named(exp(beta + qnorm(0.975) * se)),
    loglik_null = fit$loglik[1], loglik = fit$loglik[2],
    lr_test = tested(2 * diff(fit$loglik), length(beta)), score_test = tested(fit$score, length(beta)),
    wald_test = tested(fit$wald.test, length(beta)), aic = AIC(fit), bic = BIC(fit),
    concordance = shown$concordance[[1]], concordance_se = shown$concordance[[2]]
  )
  if (covariance) numbers$vcov <- by_row(vcov(fit))
  numbers
}

# ---- Stanford heart data, from one row per patient ---------------------------------------------------------
# Follow-up of 0 days becomes half a day; a transplant on the last day is put half a day before it.
jasa <- csv("jasa")
jasa$id <- seq_len(nrow(jasa))
jasa$until <- pmax(jasa$futime, 0.5)
jasa$received <- ifelse(jasa$wait_time >= jasa$until, jasa$until - 0.5, jasa$wait_time)
spells <- tmerge(jasa[, c("id", "age", "surgery")], jasa, id = id, death = event(until, fustat),
                 transplant = tdc(received))
fell <- attr(spells, "tcount")
entry("tv.jasa.tmerge_rows", "jasa",
      c(list(n_rows = nrow(spells), n_subjects = length(unique(spells$id))),
        columns(spells, c("id", "tstart", "tstop", "death", "transplant")),
        list(tcount = lapply(setNames(rownames(fell), rownames(fell)), function(name) vec(fell[name, ])),
             tcount_columns = colnames(fell))),
      notes = "tcount: how many fell early, late, in a gap, within, on a boundary, leading, trailing, tied, of nobody.")

entry("tv.jasa.cox", "jasa", list(
  main = fitted_numbers(coxph(Surv(tstart, tstop, death) ~ age + surgery + transplant, spells, control = tight)),
  interaction = fitted_numbers(coxph(Surv(tstart, tstop, death) ~ I((age - 48) / 10) * transplant + surgery, spells,
                                     ties = "breslow", control = tight)),
  naive_ever_transplanted = fitted_numbers(coxph(Surv(until, fustat) ~ age + surgery + transplant, jasa,
                                                 control = tight))
), rtol = 1e-7, notes = "naive_ever_transplanted uses from day 0 who was ever transplanted: immortal time.")

heart <- csv("heart")
by_transplant <- function(x) vec(tapply(x, heart$transplant, sum))
days <- by_transplant(heart$stop - heart$start)
deaths <- by_transplant(heart$event)
entry("tv.heart.person_time", "heart",
      list(transplant = vec(sort(unique(heart$transplant))), events = deaths, person_days = days,
           rate_per_100_days = vec(100 * deaths / days)))

# ---- periods -----------------------------------------------------------------------------------------------
veteran <- csv("veteran")
veteran$id <- seq_len(nrow(veteran))
parts <- survSplit(Surv(time, status) ~ ., veteran, cut = c(90, 180), episode = "tgroup", start = "tstart")
steps <- coxph(Surv(tstart, time, status) ~ trt + prior + karno:strata(tgroup), parts, control = tight)
entry("tv.veteran.survsplit", "veteran", list(
  n_rows = nrow(parts), rows_per_group = vec(table(parts$tgroup)),
  events_per_group = vec(tapply(parts$status, parts$tgroup, sum)),
  first12 = columns(parts[1:12, ], c("id", "tstart", "time", "status", "tgroup")),
  coef = named(coef(steps)), se = vec(sqrt(diag(vcov(steps)))), loglik = vec(steps$loglik)
), rtol = 1e-7, notes = "The coefficient of karno in (0, 90], (90, 180] and beyond.")

often <- survSplit(Surv(time, status) ~ ., veteran, cut = 20 * (1:20), start = "tstart")
whole <- coxph(Surv(time, status) ~ trt + karno, veteran, control = tight)
cut_up <- coxph(Surv(tstart, time, status) ~ trt + karno, often, control = tight)
entry("tv.split_invariance", "veteran",
      list(rows_split = nrow(often), unsplit = fitted_numbers(whole, covariance = FALSE),
           split_coef = named(coef(cut_up)), split_loglik = cut_up$loglik[2]),
      notes = "Splitting rows changes nothing.")

# ---- progression as it came, among those with follow-up ----------------------------------------------------
mgus <- subset(csv("mgus2"), futime > 0)
mgus$seen <- ifelse(mgus$pstat == 1 & mgus$ptime == mgus$futime, mgus$ptime - 0.1, mgus$ptime)
progressed <- subset(mgus, pstat == 1 & seen > 0, c("id", "seen"))
lives <- tmerge(mgus[, c("id", "age", "sex", "hgb")], mgus, id = id, death = event(futime, death))
lives <- tmerge(lives, progressed, id = id, pcm = tdc(seen))
entry("tv.mgus2.tmerge", "mgus2", list(
  n_rows = nrow(lives), rows_pcm1 = sum(lives$pcm), deaths_by_pcm = vec(tapply(lives$death, lives$pcm, sum)),
  first20 = columns(lives[1:20, ], c("id", "tstart", "tstop", "death", "pcm")),
  cox = fitted_numbers(coxph(Surv(tstart, tstop, death) ~ age + sex + pcm, lives, control = tight))
), rtol = 1e-7, notes = "Progression in the month of death is put 0.1 month before it.")

# ---- every rule, on three people -----------------------------------------------------------------------------
people <- data.frame(id = 1:3, futime = c(10, 8, 6), st = c(1, 0, 1))
measured <- data.frame(id = c(1, 1, 1, 2, 2, 3, 3), day = c(0, 4, 10, 0, 9, -1, 3), x = c(5, 7, 9, 2, 4, 1, NA))
came <- data.frame(id = c(1, 1, 2), t = c(3, 6, 5))
rules <- tmerge(people, people, id = id, death = event(futime, st))
rules <- tmerge(rules, measured, id = id, x = tdc(day, x))
rules <- tmerge(rules, came, id = id, ep = event(t), nprev = cumtdc(t), enum = cumevent(t))
entry("tv.tmerge_semantics", character(), list(
  base = columns(people), lab = columns(measured), episodes = columns(came),
  result = columns(rules, c("id", "tstart", "tstop", "death", "x", "ep", "nprev", "enum"))
), notes = paste("A value holds on (measured, next]; one from before the start holds from the start, one from the end",
                 "on is not used, a missing one changes nothing; an event ends its interval."))

write_topic("15_tmerge", "Spells and time-varying covariates")
