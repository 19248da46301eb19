# Incidences of outcomes that compete, their comparison and regression, from R.
#
#   Rscript 08_competing.R        writes 08_competing.json beside itself, from data/*.csv
#
# Aalen-Johansen estimates and Cox fits are survival's; Gray's test, its variances and the Fine-Gray fits are
# cmprsk's; limits of the incidence turned round are etm's. Every fit is iterated far beyond its default
# stopping rule.

this_file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
if (length(this_file)) setwd(dirname(normalizePath(this_file)))
source("recording.R")
suppressPackageStartupMessages({
  library(cmprsk)
  library(etm)
  library(geepack)
})

tight <- coxph.control(eps = 1e-12, iter.max = 60, toler.chol = 1e-13)
upper95 <- qnorm(0.975)
named <- function(x, labels = names(x)) setNames(as.list(unname(c(x))), labels)

# Months to progression (pcm), death without it, or the end of follow-up.
mgus2 <- csv("mgus2")
mgus2$months <- with(mgus2, ifelse(pstat == 1, ptime, futime))
mgus2$code <- with(mgus2, ifelse(pstat == 1, 1, 2 * death))
mgus2$end <- factor(mgus2$code, 0:2, c("censor", "pcm", "death"))
# Days to death from melanoma, death from something else, or the end of follow-up.
melanoma <- csv("melanoma")
melanoma$code <- c(1, 0, 2)[melanoma$status]
melanoma$end <- factor(melanoma$code, 0:2, c("censor", "melanoma", "other"))
melanoma$row <- seq_len(nrow(melanoma))

# ---- incidences --------------------------------------------------------------------------------------------
# Each state's share, error and limits at chosen times, curve by curve.
shares_at <- function(fit, times) {
  shown <- summary(fit, times = times, extend = TRUE)
  rows <- seq_along(shown$time)
  curves <- if (is.null(shown$strata)) list(all = rows) else split(rows, squeeze(shown$strata))
  lapply(curves, function(i) {
    of_state <- function(k) {
      list(prob = vec(shown$pstate[i, k]), se = vec(shown$std.err[i, k]), lower = vec(shown$lower[i, k]),
           upper = vec(shown$upper[i, k]))
    }
    c(list(time = vec(shown$time[i])), setNames(lapply(seq_along(fit$states), of_state), fit$states))
  })
}

for (form in c("log", "log-log", "plain")) {
  fit <- survfit(Surv(months, end) ~ sex, data = mgus2, conf.type = form)
  entry(paste0("cr.mgus2.aj.", sub("-", "", form)), "mgus2", shares_at(fit, c(12, 60, 120, 180, 240, 360)),
        notes = "(s0): with neither. Errors by the infinitesimal jackknife; limits transform the share itself.")
}
for (form in c("log", "log-log")) {
  fit <- survfit(Surv(time, end) ~ 1, data = melanoma, conf.type = form)
  entry(paste0("cr.melanoma.aj.", sub("-", "", form)), "melanoma",
        shares_at(fit, c(365, 1000, 1825, 2500, 3650, 5000)))
}
whole <- summary(survfit(Surv(time, end) ~ ulcer, data = melanoma))
entry("cr.melanoma.aj.full", "melanoma",
      lapply(split(seq_along(whole$time), whole$strata), function(i) {
        list(time = vec(whole$time[i]), n_risk = vec(whole$n.risk[i, 1]),
             cif_melanoma = vec(whole$pstate[i, 2]), se_melanoma = vec(whole$std.err[i, 2]),
             cif_other = vec(whole$pstate[i, 3]), se_other = vec(whole$std.err[i, 3]))
      }), notes = "At every time of an event.")

marks <- c(365, 1000, 1825, 2500, 3650)
jackknife <- summary(survfit(Surv(time, end) ~ 1, data = melanoma), times = marks)
gray <- timepoints(with(melanoma, cuminc(time, code, cencode = 0)), marks)
matrix_form <- etmCIF(Surv(time, code != 0) ~ 1, data = melanoma, etype = code, failcode = 1)[[1]]
turned <- summary(matrix_form, ci.fun = "cloglog")[["0 1"]]
plain_limits <- summary(matrix_form, ci.fun = "linear")[["0 1"]]
at <- findInterval(marks, turned$time)
entry("cr.melanoma.variance_estimators", "melanoma",
      list(times = vec(marks), cif = vec(jackknife$pstate[, 2]), se_survfit_ij = vec(jackknife$std.err[, 2]),
           se_cuminc_aalen = vec(sqrt(gray$var[1, ])), se_etm_greenwood = vec(sqrt(turned$var[at])),
           etm_cloglog_lower = vec(turned$lower[at]), etm_cloglog_upper = vec(turned$upper[at]),
           etm_linear_lower = vec(plain_limits$lower[at]), etm_linear_upper = vec(plain_limits$upper[at])),
      notes = "One estimate, three variances: the first and the third are the same without weights.")

marks <- c(365, 1825, 3650)
alone <- summary(survfit(Surv(time, code == 1) ~ 1, data = melanoma), times = marks)
both <- summary(survfit(Surv(time, end) ~ 1, data = melanoma), times = marks)
entry("cr.melanoma.naive_km", "melanoma",
      list(times = vec(marks), one_minus_km = vec(1 - alone$surv), cif = vec(both$pstate[, 2])),
      notes = "Censoring other deaths overstates the incidence.")

by_sex <- survfit(Surv(months, end) ~ sex, data = mgus2)
lost <- function(tau) {
  table <- summary(by_sex, rmean = tau)$table
  setNames(by_row(unname(table[, c("n", "nevent", "rmean")])), squeeze(rownames(table)))
}
entry("cr.mgus2.rmtl", "mgus2",
      list(columns = vec(c("n", "nevent", "rmean")), tau120 = lost(120), tau240 = lost(240)),
      notes = "Mean months in each state up to tau.")

# ---- Gray's test -------------------------------------------------------------------------------------------
tests_of <- function(object) {
  table <- object$Tests
  setNames(lapply(seq_len(nrow(table)), function(i) named(table[i, ])), paste0("cause", rownames(table)))
}
gray_numbers <- function(object, times) {
  read <- timepoints(object, times)
  rows <- function(m) setNames(by_row(unname(m)), sub(" ", "_cause", rownames(m)))
  list(times = vec(times), curves = rows(read$est), var = rows(read$var), tests = tests_of(object))
}
entry("cr.mgus2.gray.sex", "mgus2",
      gray_numbers(with(mgus2, cuminc(months, code, sex, cencode = 0)), c(60, 120, 240)),
      notes = "Curves and variances are named group_causeK.")
weighted <- function(rho) tests_of(with(mgus2, cuminc(months, code, sex, cencode = 0, rho = rho)))
entry("cr.mgus2.gray.rho1", "mgus2", list(rho1 = weighted(1), rho_minus1 = weighted(-1)))
third <- cut(mgus2$age, c(0, 65, 75, 120), labels = FALSE)
entry("cr.mgus2.gray.age_k3_strat_sex", "mgus2",
      list(k3 = gray_numbers(with(mgus2, cuminc(months, code, third, cencode = 0)), c(60, 120)),
           k3_strat_sex = tests_of(with(mgus2, cuminc(months, code, third, strata = sex, cencode = 0)))),
      notes = "Up to 65, up to 75, and older; then within sexes.")
entry("cr.melanoma.gray", "melanoma", with(melanoma, list(
  ulcer = gray_numbers(cuminc(time, code, ulcer, cencode = 0), c(1000, 2000, 3000)),
  sex = tests_of(cuminc(time, code, sex, cencode = 0)),
  ulcer_strat_sex = tests_of(cuminc(time, code, ulcer, strata = sex, cencode = 0))
)))

# ---- Fine and Gray -----------------------------------------------------------------------------------------
subdistribution <- function(...) crr(..., cencode = 0, gtol = 1e-12, maxiter = 50)
crr_numbers <- function(fit) {
  se <- sqrt(diag(fit$var))
  labels <- names(fit$coef)
  list(n = fit$n, coef = named(fit$coef), se = named(se, labels), z = named(fit$coef / se, labels),
       p = named(2 * pnorm(abs(fit$coef / se), lower.tail = FALSE), labels), vcov = by_row(fit$var),
       loglik_null = fit$loglik.null, loglik = fit$loglik)
}
covariates <- as.matrix(melanoma[, c("sex", "age", "thickness", "ulcer")])
fit <- with(melanoma, subdistribution(time, code, covariates, failcode = 1))
people <- rbind(c(0, 50, 2, 0), c(1, 60, 5, 1))
predicted <- predict(fit, people)
marks <- c(365, 1000, 1825, 3000)
at <- findInterval(marks, predicted[, 1])
entry("cr.melanoma.finegray.crr", "melanoma",
      c(crr_numbers(fit), list(newdata = by_row(people), times = vec(marks), cif1 = vec(predicted[at, 2]),
                               cif2 = vec(predicted[at, 3]))),
      rtol = 1e-6, notes = "Errors hold the estimation of censoring. Columns of newdata as of the coefficients.")
fit <- with(melanoma, subdistribution(time, code, cbind(age = age, sex = sex), failcode = 2))
entry("cr.melanoma.finegray.other_cause", "melanoma", crr_numbers(fit), rtol = 1e-6)

chi_square <- function(statistic, df) {
  list(stat = as.vector(statistic), df = df, p = as.vector(pchisq(statistic, df, lower.tail = FALSE)))
}
cox_numbers <- function(fit) {
  beta <- coef(fit)
  robust <- !is.null(fit$naive.var)
  se <- sqrt(diag(fit$var))
  z <- beta / se
  df <- length(beta)
  by_term <- function(x) named(x, names(beta))
  out <- list(
    n = fit$n, nevent = fit$nevent, coef = by_term(beta), hr = by_term(exp(beta)),
    se = by_term(sqrt(diag(if (robust) fit$naive.var else fit$var))), z = by_term(z),
    p = by_term(2 * pnorm(abs(z), lower.tail = FALSE)), hr_lower95 = by_term(exp(beta - upper95 * se)),
    hr_upper95 = by_term(exp(beta + upper95 * se)), loglik_null = fit$loglik[1], loglik = fit$loglik[2],
    lr_test = chi_square(2 * diff(fit$loglik), df), score_test = chi_square(fit$score, df),
    wald_test = chi_square(fit$wald.test, df), aic = AIC(fit), bic = BIC(fit),
    concordance = summary(fit)$concordance[[1]], concordance_se = summary(fit)$concordance[[2]]
  )
  if (robust) {
    out$robust_se <- by_term(se)
    out$robust_score_test <- chi_square(fit$rscore, df)
  }
  out$vcov <- by_row(fit$var)
  if (robust) out$vcov_naive <- by_row(fit$naive.var)
  out
}
columns <- c("time", "end", "sex", "age", "ulcer", "row")
long <- finegray(Surv(time, end) ~ ., data = melanoma[, columns], etype = "melanoma")
weighted_cox <- function(ties) {
  coxph(Surv(fgstart, fgstop, fgstatus) ~ sex + age + ulcer, data = long, weights = fgwt, cluster = row,
        ties = ties, control = tight)
}
entry("cr.melanoma.finegray.coxph_weights", "melanoma",
      list(n_rows = nrow(long), weight_sum = sum(long$fgwt), efron = cox_numbers(weighted_cox("efron")),
           breslow = cox_numbers(weighted_cox("breslow"))),
      rtol = 1e-6, notes = "The weights count as known. n: weighted rows.")

known <- na.omit(mgus2[, c("months", "code", "sex", "age", "mspike")])
of_cause <- function(cause) {
  with(known, subdistribution(months, code, cbind(male = sex - 1, age = age / 10, mspike = mspike),
                              failcode = cause))
}
entry("cr.mgus2.finegray.crr", "mgus2",
      list(n = nrow(known), pcm = crr_numbers(of_cause(1)), death = crr_numbers(of_cause(2))),
      rtol = 1e-6, notes = "Months, with many ties; age in decades, male: sex 2.")
age10 <- cbind(age = mgus2$age / 10)
apart <- with(mgus2, subdistribution(months, code, age10, failcode = 1, cengroup = sex))
changing <- with(mgus2, subdistribution(months, code, cov1 = age10, cov2 = age10,
                                        tf = function(t) log(t + 1), failcode = 1))
entry("cr.mgus2.finegray.cengroup_and_tf", "mgus2",
      list(cengroup_sex = crr_numbers(apart),
           age_by_logtime = list(coef = vec(changing$coef), se = vec(sqrt(diag(changing$var))),
                                 loglik = changing$loglik)),
      rtol = 1e-6, notes = "Censoring estimated within sexes; then age and age x log(t + 1).")

# ---- hazards of single causes ------------------------------------------------------------------------------
single <- function(formula, data, ...) coxph(formula, data = data, control = tight, model = TRUE, ...)
entry("cr.melanoma.cause_specific", "melanoma", list(
  melanoma = cox_numbers(single(Surv(time, code == 1) ~ sex + age + thickness + ulcer, melanoma)),
  other = cox_numbers(single(Surv(time, code == 2) ~ sex + age + thickness + ulcer, melanoma))
), rtol = 1e-7)

joint <- coxph(Surv(time, end) ~ age + ulcer, data = melanoma, id = row, ties = "breslow", control = tight)
people <- data.frame(age = c(50, 70), ulcer = c(0, 1))
marks <- c(1000, 1825, 3000)
surfaces <- survfit(joint, newdata = people)
by_matrix <- t(sapply(findInterval(marks, surfaces$time), function(i) surfaces$pstate[i, , 2]))
times <- sort(unique(melanoma$time))
fits <- lapply(1:2, function(cause) {
  single(as.formula(paste("Surv(time, code ==", cause, ") ~ age + ulcer")), melanoma, ties = "breslow")
})
increments <- function(fit, person) {
  base <- basehaz(fit, centered = FALSE)
  risen <- c(0, base$hazard)[findInterval(times, base$time) + 1]
  diff(c(0, risen)) * exp(sum(coef(fit) * unlist(person)))
}
risks <- function(stays) {
  sapply(seq_len(nrow(people)), function(r) {
    h <- sapply(fits, increments, people[r, ])
    before <- c(1, cumprod(stays(rowSums(h))))[seq_along(times)]
    cumsum(before * h[, 1])[findInterval(marks, times)]
  })
}
entry("cr.melanoma.absolute_risk_from_csc", "melanoma",
      list(coef = named(coef(joint)), times = vec(marks),
           survfit_multistate_cif_melanoma = by_row(by_matrix),
           exp_form = by_row(risks(function(h) exp(-h))), product_form = by_row(risks(function(h) 1 - h))),
      rtol = 1e-6, notes = "Rows are times; columns: aged 50 without, aged 70 with an ulcer.")
entry("cr.mgus2.cause_specific", "mgus2", list(
  pcm = cox_numbers(single(Surv(months, code == 1) ~ sex + age + mspike, mgus2)),
  death = cox_numbers(single(Surv(months, code == 2) ~ sex + age + mspike, mgus2))
), rtol = 1e-7)

# ---- pseudo-values and states ------------------------------------------------------------------------------
incidence_120 <- function(frame) {
  summary(survfit(Surv(months, end) ~ 1, data = frame), times = 120, extend = TRUE)$pstate[1, 2]
}
n <- nrow(mgus2)
mgus2$pseudo <- n * incidence_120(mgus2) - (n - 1) * sapply(1:n, function(i) incidence_120(mgus2[-i, ]))
mgus2$row <- seq_len(n)
mgus2$male <- mgus2$sex - 1
fit <- geese(pseudo ~ male + I((age - 70) / 10), id = row, data = mgus2, mean.link = "cloglog",
             corstr = "independence", scale.fix = TRUE, control = geese.control(epsilon = 1e-11, maxit = 200))
entry("cr.mgus2.pseudo_cif", "mgus2",
      list(pseudo_first50 = vec(mgus2$pseudo[1:50]), cif120 = incidence_120(mgus2), coef = named(fit$beta),
           robust_se = named(sqrt(diag(fit$vbeta)), names(fit$beta))),
      rtol = 1e-5, notes = "Leaving one out, at 120 months; complementary log-log link, sandwich.")

same_day <- with(csv("mgus2"), pstat == 1 & ptime == futime)
people <- csv("mgus2")
people$progressed <- people$ptime - 0.1 * same_day
spells <- tmerge(people[, c("id", "sex", "age")], people, id = id, death = event(futime, death),
                 pcm = event(progressed, pstat))
spells$state <- factor(with(spells, ifelse(death == 1, 2, pcm)), 0:2, c("censor", "pcm", "death"))
fit <- survfit(Surv(tstart, tstop, state) ~ 1, data = spells, id = id)
shown <- summary(fit, times = c(24, 60, 120, 240))
entry("cr.mgus2.illness_death", "mgus2",
      list(n_rows = nrow(spells), transitions = by_row(unclass(fit$transitions)),
           from = vec(rownames(fit$transitions)), to = vec(colnames(fit$transitions)),
           states = vec(fit$states), times = vec(shown$time), prob = by_row(shown$pstate),
           se = by_row(shown$std.err), lower = by_row(shown$lower), upper = by_row(shown$upper)),
      notes = "Progression on the day of death lies 0.1 months before it. Columns are states.")

write_topic("08_competing", "Competing risks", c("survival", "cmprsk", "etm", "geepack"))
