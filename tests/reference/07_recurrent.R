# Recurrent events: the numbers that test_07_recurrent.py expects.
#
#   Rscript 07_recurrent.R        writes 07_recurrent.json beside itself, from data/*.csv
#
# Cox models, frailties and mean counts come from survival, negative binomial models from MASS, robust errors
# of rates from sandwich. What none of them offers is written out below: the Ghosh-Lin mean count with its
# jackknife, the weights of Wei, Lin and Weissfeld, the joint information of a negative binomial model.

this_file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
if (length(this_file)) setwd(dirname(normalizePath(this_file)))
source("recording.R")
suppressPackageStartupMessages({library(MASS); library(sandwich)})

tight <- coxph.control(eps = 1e-12, iter.max = 60, toler.chol = 1e-13)
z95 <- qnorm(0.975)
by_name <- function(x, labels = names(x)) setNames(as.list(unname(c(x))), labels)
test_of <- function(statistic, df) {
  list(stat = as.vector(statistic), df = df, p = as.vector(pchisq(statistic, df, lower.tail = FALSE)))
}

# ---- Andersen-Gill, Prentice-Williams-Peterson, Wei-Lin-Weissfeld ----------------------------------------

# All of these fits are clustered: `se` is model-based, `robust_se` the sandwich, on which z, p and limits rest.
clustered_fit <- function(fit) {
  b <- coef(fit)
  labels <- names(b)
  se <- sqrt(diag(fit$var))
  agreement <- summary(fit)$concordance
  list(n = fit$n, nevent = fit$nevent, coef = by_name(b), hr = by_name(exp(b)),
       se = by_name(sqrt(diag(fit$naive.var)), labels), z = by_name(b / se),
       p = by_name(2 * pnorm(-abs(b / se))), hr_lower95 = by_name(exp(b - z95 * se)),
       hr_upper95 = by_name(exp(b + z95 * se)), loglik_null = fit$loglik[1], loglik = fit$loglik[2],
       lr_test = test_of(2 * diff(fit$loglik), length(b)), score_test = test_of(fit$score, length(b)),
       wald_test = test_of(fit$wald.test, length(b)), aic = AIC(fit), bic = BIC(fit),
       concordance = agreement[[1]], concordance_se = agreement[[2]], robust_se = by_name(se, labels),
       robust_score_test = test_of(fit$rscore, length(b)), vcov = by_row(fit$var),
       vcov_naive = by_row(fit$naive.var))
}
clustered <- function(formula, data, ties = "efron") {
  clustered_fit(coxph(formula, data, cluster = id, ties = ties, control = tight))
}
bladder2 <- csv("bladder2")
bladder1 <- subset(csv("bladder1"), stop > start)
bladder1$rec <- as.integer(bladder1$status == 1)
bladder1$stratum <- pmin(bladder1$enum, 5)
bladder1$prior <- pmin(bladder1$enum - 1, 3)

for (ties in c("efron", "breslow")) {
  entry(paste0("rec.bladder2.ag.", ties), "bladder2",
        clustered(Surv(start, stop, event) ~ rx + size + number, bladder2, ties), rtol = 1e-7)
  entry(paste0("rec.bladder2.pwp_tt.", ties), "bladder2",
        clustered(Surv(start, stop, event) ~ rx + size + number + strata(enum), bladder2, ties),
        rtol = 1e-7, notes = "Time since the beginning.")
  entry(paste0("rec.bladder2.pwp_gt.", ties), "bladder2",
        clustered(Surv(stop - start, event) ~ rx + size + number + strata(enum), bladder2, ties),
        rtol = 1e-7, notes = "Time since the last event.")
}
entry("rec.bladder2.pwp_tt.stratum_specific", "bladder2",
      clustered(Surv(start, stop, event) ~ rx:strata(enum) + size + number + strata(enum), bladder2),
      rtol = 1e-7, notes = "A coefficient of rx for each event number.")
entry("rec.bladder.wlw.common", "bladder",
      clustered(Surv(stop, event) ~ rx + size + number + strata(enum), csv("bladder")), rtol = 1e-7)

bladder <- csv("bladder")
for (k in 1:4) bladder[[paste0("rx", k)]] <- bladder$rx * (bladder$enum == k)
marginal <- coxph(Surv(stop, event) ~ rx1 + rx2 + rx3 + rx4 + strata(enum), bladder, cluster = id,
                  ties = "breslow", control = tight)
combined <- local({
  b <- coef(marginal)
  V <- vcov(marginal)
  inverse <- solve(V)
  weights <- rowSums(inverse) / sum(inverse)
  se <- 1 / sqrt(sum(inverse))
  against <- cbind(1, -diag(3))
  gap <- against %*% b
  list(optimal_weights = vec(weights), average_effect = sum(weights * b), average_se = se,
       average_z = sum(weights * b) / se, global_wald = drop(b %*% inverse %*% b),
       equality_wald = drop(t(gap) %*% solve(against %*% V %*% t(against), gap)), equality_df = 3)
})
entry("rec.bladder.wlw.specific", "bladder", c(clustered_fit(marginal), combined), rtol = 1e-7)
entry("rec.bladder1.ag_3arm", "bladder1",
      clustered(Surv(start, stop, rec) ~ factor(treatment) + number + size, bladder1), rtol = 1e-7,
      notes = "Every recurrence, three arms; rows without follow-up left out.")
entry("rec.bladder1.pwp_gt_capped5", "bladder1",
      clustered(Surv(stop - start, rec) ~ factor(treatment) + number + strata(stratum), bladder1),
      rtol = 1e-7, notes = "From the fifth event on one stratum.")
entry("rec.bladder1.ag_time_varying_history", "bladder1",
      clustered(Surv(start, stop, rec) ~ factor(treatment) + prior, bladder1), rtol = 1e-7,
      notes = "prior: earlier recurrences, at most 3.")

# ---- frailties -------------------------------------------------------------------------------------------

# With eps = 1e-11, tight enough for a plain Cox model, a penalised fit stops at 1e-6 of its coefficients.
strict <- coxph.control(eps = 1e-15, iter.max = 200, outer.max = 200, toler.chol = 1e-16)
penalised <- function(formula, data, ties = "breslow") coxph(formula, data, ties = ties, control = strict)
integrated <- function(fit) fit$history[[1]]$c.loglik
rats <- subset(csv("rats"), sex == 1)

# The variance at which the integrated likelihood is highest, found without R's own outer search.
highest <- function(fit_at, from, to) optimize(function(v) integrated(fit_at(v)), c(from, to), maximum = TRUE, tol = 1e-10)

rats_at <- function(v) penalised(Surv(time, status) ~ rx + frailty(litter, distribution = "gamma", theta = v), rats)
searched <- penalised(Surv(time, status) ~ rx + frailty(litter, distribution = "gamma", eps = 1e-11), rats)
best <- highest(rats_at, 0.05, 2)
entry("rec.rats.frailty_gamma", "rats",
      list(coef = by_name(coef(searched)), se = vec(sqrt(searched$var[1, 1])), se2 = vec(sqrt(searched$var2[1, 1])),
           theta = best$maximum, loglik_integrated = best$objective, theta_em = searched$history[[1]]$theta,
           loglik_partial = searched$loglik[2], loglik_null = searched$loglik[1], df = sum(searched$df),
           frail_log = vec(searched$frail)),
      rtol = 1e-4, notes = "Female rats, frailty by litter. R's search for the variance stops early: 1e-4.")
entry("rec.rats.frailty_gamma.fixed_theta", "rats", {
  at <- function(v) {
    fit <- rats_at(v)
    list(theta = v, coef = unname(coef(fit)), se = sqrt(fit$var[1, 1]), se2 = sqrt(fit$var2[1, 1]),
         loglik_partial = fit$loglik[2], loglik_integrated = integrated(fit), df = vec(fit$df),
         frail_log = vec(fit$frail))
  }
  list(theta_0.25 = at(0.25), theta_0.5 = at(0.5), theta_1 = at(1))
}, rtol = 1e-7)
entry("rec.rats.frailty_gaussian", "rats", {
  shown <- function(fit, v) {
    list(theta = v, coef = unname(coef(fit)), se = sqrt(fit$var[1, 1]), loglik_partial = fit$loglik[2], df = vec(fit$df))
  }
  at <- function(v) {
    shown(penalised(Surv(time, status) ~ rx + frailty(litter, distribution = "gaussian", theta = v), rats, "efron"), v)
  }
  fit <- penalised(Surv(time, status) ~ rx + frailty(litter, distribution = "gaussian", eps = 1e-10), rats, "efron")
  list(reml = shown(fit, fit$history[[1]]$theta), fixed_0.4 = at(0.4), fixed_0.2 = at(0.2))
}, rtol = 1e-4)
entry("rec.bladder2.frailty_gamma", "bladder2", {
  at <- function(v) {
    penalised(Surv(start, stop, event) ~ rx + size + number + frailty(id, distribution = "gamma", theta = v), bladder2)
  }
  fit <- penalised(Surv(start, stop, event) ~ rx + size + number + frailty(id, distribution = "gamma", eps = 1e-11), bladder2)
  best <- highest(at, 0.1, 4)
  list(coef = by_name(coef(fit)), se = vec(sqrt(diag(fit$var))), se2 = vec(sqrt(diag(fit$var2))),
       theta = best$maximum, loglik_integrated = best$objective, loglik_partial = fit$loglik[2], df = sum(fit$df))
}, rtol = 1e-4)
entry("rec.bladder2.frailty_gamma_gap", "bladder2", {
  at <- function(v) {
    fit <- penalised(Surv(stop - start, event) ~ rx + number + frailty(id, distribution = "gamma", theta = v), bladder2, "efron")
    list(theta = v, coef = by_name(coef(fit)), se = vec(sqrt(diag(fit$var))), loglik_partial = fit$loglik[2],
         loglik_integrated = integrated(fit))
  }
  list(theta_1 = at(1), theta_0.5 = at(0.5))
}, rtol = 1e-7)

# ---- mean counts -----------------------------------------------------------------------------------------

entry("rec.bladder2.mcf", "bladder2", {
  arm <- function(r) {
    s <- summary(survfit(Surv(start, stop, event) ~ 1, subset(bladder2, rx == r), id = id, robust = TRUE))
    list(time = vec(s$time), n_risk = vec(s$n.risk), n_event = vec(s$n.event), mcf = vec(s$cumhaz),
         robust_se = vec(s$std.chaz))
  }
  list(rx1 = arm(1), rx2 = arm(2))
})
months <- c(6, 12, 24, 36, 48)
entry("rec.bladder1.mcf_grid", "bladder1", {
  read_at <- function(robust) {
    s <- summary(survfit(Surv(start, stop, rec) ~ treatment, bladder1, id = id, robust = robust), times = months)
    groups <- split(seq_along(s$time), s$strata)
    list(count = lapply(groups, function(i) s$cumhaz[i]), se = lapply(groups, function(i) s$std.chaz[i]))
  }
  found <- read_at(TRUE)
  limit <- function(sign) Map(function(m, s) vec(m * exp(sign * z95 * s / m)), found$count, found$se)
  list(times = vec(months), mcf = lapply(found$count, vec), robust_se = lapply(found$se, vec),
       poisson_se = lapply(read_at(FALSE)$se, vec), lower95_log = limit(-1), upper95_log = limit(1),
       thiotepa_minus_placebo = vec(found$count[[3]] - found$count[[1]]),
       diff_se = vec(sqrt(found$se[[3]]^2 + found$se[[1]]^2)))
}, notes = "1 placebo, 2 pyridoxine, 3 thiotepa.")

# Ghosh and Lin (2000): survival of death times the rate among those alive, summed; people who die have no
# further recurrences. The error sums squares of what each person adds.
mean_count_with_death <- function(data, at) {
  people <- unique(data$id)
  who <- match(data$id, people)
  when <- sort(unique(data$stop[data$status > 0]))
  alive <- 1
  mean <- 0
  added <- ends <- ends_at_mean <- numeric(length(people))
  path <- sapply(when, function(t) {
    count <- function(rows) tabulate(who[rows], length(people))
    here <- count(data$start < t & data$stop >= t)
    events <- count(data$stop == t & data$status == 1)
    deaths <- count(data$stop == t & data$status > 1)
    n <- sum(here)
    mean <<- mean + alive * sum(events) / n
    added <<- added + alive * (events - here * sum(events) / n) / n
    end <- (deaths - here * sum(deaths) / n) / n
    ends <<- ends + end
    ends_at_mean <<- ends_at_mean + mean * end
    alive <<- alive * (1 - sum(deaths) / n)
    c(mean, sqrt(sum((added + ends_at_mean - mean * ends)^2)))
  })
  path[, findInterval(at, when)]
}
entry("rec.bladder1.ghosh_lin", "bladder1", {
  arm <- function(a) {
    data <- subset(bladder1, treatment == a)
    found <- mean_count_with_death(data, months)
    people <- unique(data$id)
    without <- sapply(people, function(i) mean_count_with_death(subset(data, id != i), months)[1, ])
    jackknife <- sqrt((length(people) - 1) / length(people) * rowSums((without - rowMeans(without))^2))
    list(deaths = sum(data$status > 1), events = sum(data$status == 1), mu = vec(found[1, ]), se = vec(found[2, ]),
         jackknife_se = vec(jackknife))
  }
  list(times = vec(months), placebo = arm(1), pyridoxine = arm(2), thiotepa = arm(3))
}, notes = "Status 2 and 3, death, is terminal.")

# ---- counts and rates ------------------------------------------------------------------------------------

people <- do.call(rbind, lapply(split(csv("bladder1"), csv("bladder1")$id), function(x) {
  data.frame(id = x$id[1], treatment = x$treatment[1], number = x$number[1], size = x$size[1],
             count = sum(x$status == 1), fu = max(x$stop))
}))
people <- subset(people, fu > 0)
entry("rec.bladder1.rates", "bladder1", {
  total <- function(x) tapply(x, people$treatment, sum)
  events <- total(people$count)
  months <- total(people$fu)
  exact <- sapply(1:3, function(k) poisson.test(events[k], months[k])$conf.int)
  two <- poisson.test(events[c(3, 1)], months[c(3, 1)])
  list(patients = vec(tapply(people$id, people$treatment, length)), events = vec(events), person_months = vec(months),
       rate = vec(events / months), exact_lower = vec(exact[1, ]), exact_upper = vec(exact[2, ]),
       thiotepa_v_placebo = list(rate_ratio = unname(two$estimate), lower95 = two$conf.int[1],
                                 upper95 = two$conf.int[2], p = two$p.value))
})

nb_control <- glm.control(epsilon = 1e-14, maxit = 200)
# Second derivatives of the log-likelihood in the coefficients and theta, at a fit of glm.nb.
joint_se <- function(fit) {
  X <- model.matrix(fit)
  y <- fit$y
  mu <- fitted(fit)
  theta <- fit$theta
  bb <- crossprod(X, X * (theta * mu * (theta + y) / (theta + mu)^2))
  bt <- -crossprod(X, mu * (y - mu) / (theta + mu)^2)
  tt <- -sum(trigamma(theta + y) - trigamma(theta) + 1 / theta - 2 / (theta + mu) + (theta + y) / (theta + mu)^2)
  sqrt(diag(solve(rbind(cbind(bb, bt), c(bt, tt)))))[seq_len(ncol(X))]
}
# HC0 and HC1 of sandwich, with the weights at the final means: vcovHC reads those of the step before, which
# are 2e-8 away.
with_sandwich <- function(fit, type) {
  b <- coef(fit)
  X <- model.matrix(fit)
  mu <- fitted(fit)
  theta <- if (is.null(fit$theta)) Inf else fit$theta
  bread <- solve(crossprod(X, X * (mu / (1 + mu / theta))))
  V <- bread %*% crossprod(X * ((fit$y - mu) / (1 + mu / theta))) %*% bread
  if (type == "HC1") V <- V * nrow(X) / (nrow(X) - ncol(X))
  stopifnot(max(abs(V / vcovHC(fit, type) - 1)) < 1e-4)
  se <- sqrt(diag(V))
  list(se = by_name(se), stat = by_name(b / se), p = by_name(2 * pnorm(-abs(b / se))), vcov = by_row(V))
}
on_the_rate <- count ~ factor(treatment) + number + offset(log(fu))
poisson_fit <- glm(on_the_rate, poisson, people, control = list(epsilon = 1e-14, maxit = 200))
entry("rec.bladder1.negbin", "bladder1", {
  fit <- glm.nb(on_the_rate, people, control = nb_control)
  b <- coef(fit)
  se <- sqrt(diag(vcov(fit)))
  gain <- 2 * (as.numeric(logLik(fit)) - as.numeric(logLik(poisson_fit)))
  list(n = nobs(fit), coef = by_name(b), se_expected_info = by_name(se), theta = fit$theta, se_theta = fit$SE.theta,
       alpha = 1 / fit$theta, loglik = as.numeric(logLik(fit)), aic = AIC(fit), deviance = fit$deviance,
       rate_ratio = by_name(exp(b)), rr_lower95 = by_name(exp(b - z95 * se)), rr_upper95 = by_name(exp(b + z95 * se)),
       se_joint_observed_info = by_name(joint_se(fit), names(b)), loglik_poisson = as.numeric(logLik(poisson_fit)),
       lr_vs_poisson = gain)
}, rtol = 1e-5, notes = "Variance mu + mu^2 / theta.")
entry("rec.bladder1.poisson_family", "bladder1", {
  quasi <- glm(on_the_rate, quasipoisson, people, control = list(epsilon = 1e-14, maxit = 200))
  b <- coef(poisson_fit)
  se <- sqrt(diag(vcov(poisson_fit)))
  list(poisson = list(n = nobs(poisson_fit), coef = by_name(b), se = by_name(se), z = by_name(b / se),
                      p = by_name(2 * pnorm(-abs(b / se))), vcov = by_row(vcov(poisson_fit)), dispersion = 1,
                      deviance = deviance(poisson_fit), null_deviance = poisson_fit$null.deviance,
                      df_resid = df.residual(poisson_fit), loglik = as.numeric(logLik(poisson_fit)),
                      aic = AIC(poisson_fit), pearson_chisq = sum(residuals(poisson_fit, "pearson")^2)),
       quasi_dispersion = summary(quasi)$dispersion, quasi_se = by_name(sqrt(diag(vcov(quasi)))),
       robust_HC0 = with_sandwich(poisson_fit, "HC0"), robust_HC1 = with_sandwich(poisson_fit, "HC1"))
}, rtol = 1e-7)

seizures <- do.call(rbind, lapply(split(csv("epil"), csv("epil")$subject), function(x) {
  data.frame(trt = x$trt[1], base = x$base[1], age = x$age[1], y = sum(x$y), weeks = 8)
}))
entry("rec.epil.negbin", "epil", {
  treated <- transform(seizures, trt = trt - 1)
  fit <- glm.nb(y ~ trt + log(base) + age + offset(log(weeks)), treated, control = nb_control)
  less <- glm.nb(y ~ log(base) + age + offset(log(weeks)), treated, control = nb_control)
  list(n = nobs(fit), coef = by_name(coef(fit)), se_expected_info = by_name(sqrt(diag(vcov(fit)))),
       se_joint_observed_info = by_name(joint_se(fit), names(coef(fit))), theta = fit$theta, se_theta = fit$SE.theta,
       loglik = as.numeric(logLik(fit)), lrt_trt = 2 * (as.numeric(logLik(fit)) - as.numeric(logLik(less))),
       robust_HC0_glm = with_sandwich(fit, "HC0"))
}, rtol = 1e-5, notes = "Seizures in 8 weeks.")
entry("rec.epil.negbin_intercept_only_by_arm", "epil", {
  arm <- function(a) {
    fit <- glm.nb(y ~ 1, subset(seizures, trt == a), control = nb_control)
    list(n = nobs(fit), log_mean = unname(coef(fit)), theta = fit$theta, se_theta = fit$SE.theta,
         loglik = as.numeric(logLik(fit)))
  }
  list(placebo = arm(1), progabide = arm(2))
}, rtol = 1e-6)

write_topic("07_recurrent", "Recurrent events", c("survival", "MASS", "sandwich"))
