# Reference numbers for Cox regression, from R's survival package.
#
#   Rscript 03_cox.R        writes 03_cox.json beside itself, from data/*.csv
#
# Every fit is iterated far beyond survival's default stopping rule, so that the numbers are those of
# the maximum. Rows are kept in the order of the csv file. In the JSON null stands for "not defined".

this_file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
if (length(this_file)) setwd(dirname(normalizePath(this_file)))
source("recording.R")

tight <- coxph.control(eps = 1e-12, iter.max = 60, toler.chol = 1e-13)
upper95 <- qnorm(0.975)
complete <- function(name, ...) na.omit(csv(name)[, c(...)])
by_name <- function(x, labels = names(x)) setNames(as.list(unname(c(x))), labels)
by_column <- function(frame) lapply(as.list(frame), vec)

# ---- what is recorded of each kind of object -------------------------------------------------
chi_square <- function(statistic, df) {
  list(stat = as.vector(statistic), df = df, p = as.vector(pchisq(statistic, df, lower.tail = FALSE)))
}

# Model-based errors in `se`; with a sandwich also `robust_se`, on which z, p and limits then rest.
fit_numbers <- function(fit) {
  beta <- coef(fit)
  terms <- names(beta)
  robust <- !is.null(fit$naive.var)
  model_se <- sqrt(diag(as.matrix(if (robust) fit$naive.var else fit$var)))
  se <- sqrt(diag(as.matrix(fit$var)))
  z <- beta / se
  df <- length(beta)
  agreement <- summary(fit)$concordance
  numbers <- list(
    n = fit$n, nevent = fit$nevent,
    coef = by_name(beta, terms), hr = by_name(exp(beta), terms), se = by_name(model_se, terms),
    z = by_name(z, terms), p = by_name(2 * pnorm(abs(z), lower.tail = FALSE), terms),
    hr_lower95 = by_name(exp(beta - upper95 * se), terms),
    hr_upper95 = by_name(exp(beta + upper95 * se), terms),
    loglik_null = fit$loglik[1], loglik = fit$loglik[2],
    lr_test = chi_square(2 * (fit$loglik[2] - fit$loglik[1]), df),
    score_test = chi_square(fit$score, df), wald_test = chi_square(fit$wald.test, df),
    aic = AIC(fit), bic = BIC(fit),
    concordance = agreement[[1]], concordance_se = agreement[[2]]
  )
  if (robust) {
    numbers$robust_se <- by_name(se, terms)
    numbers$robust_score_test <- chi_square(fit$rscore, df)
  }
  numbers$vcov <- by_row(fit$var)
  if (robust) numbers$vcov_naive <- by_row(fit$naive.var)
  numbers
}

concordance_numbers <- function(result) {
  count <- result$count
  list(
    concordance = by_name(result$concordance, "C"), se = vec(sqrt(result$var)), n = result$n,
    count = if (is.matrix(count)) by_name(by_row(count), rownames(count)) else by_name(count)
  )
}

test_table <- function(zph) {
  table <- zph$table
  columns <- list(chisq = table[, "chisq"], df = table[, "df"], p = table[, "p"])
  lapply(columns, by_name, labels = rownames(table))
}

# ---- how ties are handled --------------------------------------------------------------------
for (ties in c("efron", "breslow", "exact")) {
  entry(paste0("cox.lung.", ties), "lung", {
    fit_numbers(coxph(Surv(time, status == 2) ~ age + sex + ph_ecog, csv("lung"), ties = ties, control = tight))
  }, rtol = 1e-7, notes = "227 of 228 rows: ph_ecog is missing once.")
  entry(paste0("cox.lung_months.heavy_ties.", ties), "lung", {
    lung <- transform(csv("lung"), month = ceiling(time / 30.4375))
    fit_numbers(coxph(Surv(month, status == 2) ~ age + sex + ph_ecog, lung, ties = ties, control = tight))
  }, rtol = 1e-7, notes = "month = days / 30.4375 rounded up, which ties most deaths.")
}
entry("cox.ovarian.exact", "ovarian", {
  fit_numbers(coxph(Surv(futime, fustat) ~ age + rx, csv("ovarian"), ties = "exact", control = tight))
})
entry("cox.ovarian.efron", "ovarian", {
  fit_numbers(coxph(Surv(futime, fustat) ~ age + rx + resid_ds + ecog_ps, csv("ovarian"), control = tight))
})
entry("cox.aml.binary.exact", "aml", {
  fit_numbers(coxph(Surv(time, status) ~ factor(x), csv("aml"), ties = "exact", control = tight))
})

# ---- factors, interactions, offsets, strata --------------------------------------------------
entry("cox.veteran.factor", "veteran", {
  veteran <- csv("veteran")
  full <- coxph(Surv(time, status) ~ trt + factor(celltype) + karno + diagtime + age + factor(prior), veteran,
                control = tight)
  without <- coxph(Surv(time, status) ~ trt + karno + diagtime + age + factor(prior), veteran, control = tight)
  empty <- coxph(Surv(time, status) ~ 1, veteran)
  cells <- grepl("celltype", names(coef(full)))
  wald <- drop(coef(full)[cells] %*% solve(vcov(full)[cells, cells], coef(full)[cells]))
  ratio <- 2 * (full$loglik[2] - without$loglik[2])
  joint <- function(statistic) setNames(chi_square(statistic, sum(cells)), c("chisq", "df", "p"))
  c(fit_numbers(full), list(celltype_wald = joint(wald), celltype_lrt = joint(ratio), null_model_loglik = empty$loglik))
}, notes = "Reference celltype 1. Joint tests of the three celltype terms: Wald, and likelihood ratio by leaving them out.")
entry("cox.veteran.interaction", "veteran", {
  veteran <- transform(csv("veteran"), t2 = as.integer(trt == 2))
  fit <- coxph(Surv(time, status) ~ t2 * karno + age, veteran, control = tight)
  ratio_at <- function(karno) {
    weights <- c(t2 = 1, karno = 0, age = 0, "t2:karno" = karno)[names(coef(fit))]
    log_ratio <- sum(weights * coef(fit))
    se <- sqrt(drop(weights %*% vcov(fit) %*% weights))
    list(karno = karno, loghr = log_ratio, se = se, hr = exp(log_ratio),
         lower95 = exp(log_ratio - upper95 * se), upper95 = exp(log_ratio + upper95 * se))
  }
  c(fit_numbers(fit), list(hr_by_karno = list(k40 = ratio_at(40), k60 = ratio_at(60), k80 = ratio_at(80))))
})
entry("cox.veteran.offset", "veteran", {
  fit_numbers(coxph(Surv(time, status) ~ trt + age + offset(-0.03 * karno), csv("veteran"), control = tight))
}, notes = "The null log-likelihood keeps the offset.")
entry("cox.veteran.strata", "veteran", {
  fit_numbers(coxph(Surv(time, status) ~ trt + karno + age + strata(celltype), csv("veteran"), control = tight))
}, notes = "Concordance counts pairs within a stratum.")
entry("cox.veteran.strata2", "veteran", {
  fit_numbers(coxph(Surv(time, status) ~ karno + strata(celltype, prior), csv("veteran"), ties = "breslow",
                    control = tight))
}, notes = "One stratum for each combination of celltype and prior.")
entry("cox.veteran.strata_by_covariate", "veteran", {
  fit_numbers(coxph(Surv(time, status) ~ karno:strata(celltype) + strata(celltype), csv("veteran"), control = tight))
}, notes = "A slope of karno in each stratum.")
entry("cox.lung.quadratic", "lung", {
  lung <- transform(csv("lung"), a = (age - 60) / 10)
  fit_numbers(coxph(Surv(time, status == 2) ~ a + I(a^2) + sex + I(wt_loss > 10), lung, control = tight))
}, notes = "14 rows lack wt_loss.")

# ---- sandwich variances and weights ----------------------------------------------------------
entry("cox.lung.robust", "lung", {
  fit_numbers(coxph(Surv(time, status == 2) ~ age + sex + ph_ecog, csv("lung"), robust = TRUE, control = tight))
}, notes = "Lin and Wei's sandwich, also in the Wald test; robust_score_test is fit$rscore.")
entry("cox.rats.cluster", "rats", {
  fit_numbers(coxph(Surv(time, status) ~ rx, csv("rats"), cluster = litter, control = tight))
}, notes = "Summed by litter.")
entry("cox.rats.cluster.breslow", "rats", {
  fit_numbers(coxph(Surv(time, status) ~ rx + factor(sex), csv("rats"), cluster = litter, ties = "breslow",
                    control = tight))
}, rtol = 1e-6, notes = "All but two tumours are in females (sex 1), which puts the coefficient of sex far out.")
entry("cox.lung.cluster_strata", "lung", {
  lung <- subset(csv("lung"), !is.na(inst))
  fit_numbers(coxph(Surv(time, status == 2) ~ age + ph_ecog + strata(sex), lung, cluster = inst, control = tight))
})
weigh <- function(frame) transform(frame, w = ifelse(age > 65, 1.5, 0.75))
for (robust in c(FALSE, TRUE)) {
  entry(if (robust) "cox.lung.weights_robust" else "cox.lung.weights_model", "lung", {
    fit_numbers(coxph(Surv(time, status == 2) ~ sex + ph_ecog, weigh(csv("lung")), weights = w, robust = robust,
                      control = tight))
  }, notes = "Case weights: 1.5 above age 65, otherwise 0.75.")
}
entry("cox.lung.weights_breslow_robust", "lung", {
  lung <- transform(weigh(csv("lung")), month = ceiling(time / 30.4375))
  fit_numbers(coxph(Surv(month, status == 2) ~ sex + ph_ecog, lung, weights = w, robust = TRUE, ties = "breslow",
                    control = tight))
})
entry("cox.aml.weights_integer", "aml", {
  aml <- csv("aml")
  aml$copies <- 1 + seq_len(nrow(aml)) %% 3
  copied <- aml[rep(seq_len(nrow(aml)), aml$copies), ]
  list(
    weighted = fit_numbers(coxph(Surv(time, status) ~ x, aml, weights = copies, ties = "breslow", control = tight)),
    replicated = fit_numbers(coxph(Surv(time, status) ~ x, copied, ties = "breslow", control = tight))
  )
}, notes = "Weights 2, 3, 1, 2, 3, 1, ... by row; under Breslow they equal copies of the row, under Efron not.")

# ---- (start, stop] ---------------------------------------------------------------------------
entry("cox.heart.counting", "heart", {
  fit_numbers(coxph(Surv(start, stop, event) ~ age + year + surgery + transplant, csv("heart"), id = id,
                    control = tight))
})
entry("cox.heart.interaction", "heart", {
  fit_numbers(coxph(Surv(start, stop, event) ~ (age + surgery) * transplant, csv("heart"), ties = "breslow",
                    control = tight))
})
entry("cox.heart.robust_id", "heart", {
  fit_numbers(coxph(Surv(start, stop, event) ~ age + surgery + transplant, csv("heart"), id = id, cluster = id,
                    control = tight))
})
entry("cox.channing.left_truncated", "channing", {
  residents <- subset(csv("channing"), age > ageentry)
  each <- lapply(c(efron = "efron", breslow = "breslow"), function(ties) {
    fit_numbers(coxph(Surv(ageentry, age, death) ~ gender, residents, ties = ties, control = tight))
  })
  each
}, notes = "Time scale age; rows with age > ageentry.")
entry("cox.veteran.tt", "veteran", {
  fit <- coxph(Surv(time, status) ~ trt + karno + tt(karno), csv("veteran"), ties = "breslow", control = tight,
               tt = function(x, t, ...) x * log(t + 20))
  list(coef = by_name(coef(fit)), se = by_name(sqrt(diag(vcov(fit))), names(coef(fit))),
       loglik = vec(fit$loglik), n = fit$n, nevent = fit$nevent)
}, rtol = 1e-7, notes = "tt(karno) is karno * log(t + 20) at each event time t.")

# ---- concordance -----------------------------------------------------------------------------
entry("cox.concordance.lung", "lung", {
  fit <- coxph(Surv(time, status == 2) ~ age + sex + ph_ecog, csv("lung"), control = tight)
  age_alone <- concordance(Surv(time, status == 2) ~ age, csv("lung"), reverse = TRUE)
  list(
    default = concordance_numbers(concordance(fit)),
    S = concordance_numbers(concordance(fit, timewt = "S")),
    nG2 = concordance_numbers(concordance(fit, timewt = "n/G2")),
    I = concordance_numbers(concordance(fit, timewt = "I")),
    ymax365 = concordance_numbers(concordance(fit, ymax = 365)),
    marker_age = concordance_numbers(age_alone)
  )
}, notes = "timewt n is Harrell's C, n/G2 Uno's with G(t-) and no truncation; errors by infinitesimal jackknife.")
entry("cox.concordance.veteran_strata", "veteran", {
  fit <- coxph(Surv(time, status) ~ trt + karno + strata(celltype), csv("veteran"), control = tight)
  concordance_numbers(concordance(fit))
}, notes = "Counts by stratum.")
entry("cox.concordance.compare_two_models", "lung", {
  lung <- complete("lung", "time", "status", "age", "sex", "ph_ecog")
  small <- coxph(Surv(time, status == 2) ~ age + sex, lung, control = tight)
  large <- coxph(Surv(time, status == 2) ~ age + sex + ph_ecog, lung, control = tight)
  both <- concordance(small, large)
  difference <- both$concordance[[2]] - both$concordance[[1]]
  se <- sqrt(both$var[1, 1] + both$var[2, 2] - 2 * both$var[1, 2])
  list(concordance = vec(both$concordance), var = by_row(both$var), diff = difference, se = se, z = difference / se)
})

# ---- baseline hazard and predicted curves ----------------------------------------------------
entry("cox.basehaz.ovarian", "ovarian", {
  ovarian <- csv("ovarian")
  efron <- coxph(Surv(futime, fustat) ~ age + rx, ovarian, control = tight)
  breslow <- coxph(Surv(futime, fustat) ~ age + rx, ovarian, ties = "breslow", control = tight)
  list(
    efron_uncentered = by_column(basehaz(efron, centered = FALSE)),
    efron_centered = by_column(basehaz(efron, centered = TRUE)),
    breslow_uncentered = by_column(basehaz(breslow, centered = FALSE)),
    means = by_name(efron$means)
  )
}, notes = "Centred: at the mean of each column, given in means.")
entry("cox.basehaz.lung_months", "lung", {
  lung <- transform(csv("lung"), month = ceiling(time / 30.4375))
  lapply(c(efron = "efron", breslow = "breslow"), function(ties) {
    fit <- coxph(Surv(month, status == 2) ~ age + sex, lung, ties = ties, control = tight)
    by_column(basehaz(fit, centered = FALSE))
  })
}, notes = "An Efron fit has Efron increments in its baseline.")
entry("cox.basehaz.veteran_strata", "veteran", {
  fit <- coxph(Surv(time, status) ~ trt + karno + strata(celltype), csv("veteran"), control = tight)
  baseline <- basehaz(fit, centered = FALSE)
  baseline$strata <- as.integer(sub("celltype=", "", baseline$strata))
  wanted <- c(baseline$time[1:3], 8, 30, 51, 100, 103, 216, 231)
  by_column(baseline[baseline$time %in% wanted, ])
})
for (scale in c("log", "log-log", "plain")) {
  entry(paste0("cox.survfit.lung.newdata.", sub("-", "", scale)), "lung", {
    fit <- coxph(Surv(time, status == 2) ~ age + sex + ph_ecog, csv("lung"), control = tight)
    new <- data.frame(age = c(50, 60, 70), sex = c(1, 2, 1), ph_ecog = c(0, 1, 2))
    curves <- survfit(fit, newdata = new, conf.type = scale)
    at <- summary(curves, times = c(50, 100, 200, 365, 500, 730))
    quartiles <- quantile(curves, c(0.25, 0.5, 0.75))
    c(list(newdata = by_column(new), time = vec(at$time)),
      lapply(list(surv = at$surv, std_err = at$std.err, lower = at$lower, upper = at$upper, cumhaz = at$cumhaz,
                  std_chaz = at$std.chaz, quantile = quartiles$quantile, q_lower = quartiles$lower,
                  q_upper = quartiles$upper), by_row))
  }, rtol = 1e-7, notes = paste("Rows are times, columns the rows of newdata; quantile rows are the rows of newdata,",
                                "columns 0.25, 0.5, 0.75. Errors include that of the coefficients."))
}
entry("cox.survfit.ovarian.breslow", "ovarian", {
  fit <- coxph(Surv(futime, fustat) ~ age + rx, csv("ovarian"), ties = "breslow", control = tight)
  new <- data.frame(age = 60, rx = 1:2)
  exponential <- summary(survfit(fit, newdata = new), censored = TRUE)
  product <- summary(survfit(fit, newdata = new, stype = 1), censored = TRUE)
  list(time = vec(exponential$time), surv = by_row(exponential$surv), std_err = by_row(exponential$std.err),
       lower = by_row(exponential$lower), upper = by_row(exponential$upper),
       stype1_surv = by_row(product$surv), stype1_std_err = by_row(product$std.err))
}, rtol = 1e-7, notes = "stype1 is Kalbfleisch and Prentice's product-limit curve.")
entry("cox.survfit.veteran_strata", "veteran", {
  fit <- coxph(Surv(time, status) ~ trt + karno + strata(celltype), csv("veteran"), control = tight)
  steps(survfit(fit, newdata = data.frame(trt = 1, karno = 60)), c(10, 30, 100, 200))
}, rtol = 1e-7)
entry("cox.survfit.heart.time_varying_path", "heart", {
  fit <- coxph(Surv(start, stop, event) ~ age + transplant, csv("heart"), control = tight)
  path <- data.frame(start = c(0, 50), stop = c(50, 1000), event = 0, age = -2, transplant = 0:1, person = 1)
  steps(survfit(fit, newdata = path, id = person), c(10, 30, 50, 100, 200, 365, 700))
}, rtol = 1e-7, notes = "One person (age - 48 = -2), transplanted on day 50.")
entry("cox.survfit.robust", "rats", {
  fit <- coxph(Surv(time, status) ~ rx, csv("rats"), cluster = litter, control = tight)
  at <- summary(survfit(fit, newdata = data.frame(rx = 0:1), se.fit = FALSE), times = c(60, 80, 100))
  list(time = vec(at$time), surv = by_row(at$surv))
}, notes = "Estimates only.")

# ---- residuals -------------------------------------------------------------------------------
entry("cox.resid.ovarian", "ovarian", {
  ovarian <- csv("ovarian")
  fit <- coxph(Surv(futime, fustat) ~ age + rx, ovarian, control = tight)
  of <- function(type) residuals(fit, type = type)
  list(
    martingale = vec(of("martingale")), deviance = vec(of("deviance")),
    score = by_row(of("score")), dfbeta = by_row(of("dfbeta")), dfbetas = by_row(of("dfbetas")),
    schoenfeld = by_row(of("schoenfeld")), scaledsch = by_row(of("scaledsch")),
    event_times = vec(sort(ovarian$futime[ovarian$fustat == 1])), cox_snell = vec(ovarian$fustat - of("martingale"))
  )
}, rtol = 1e-7, notes = "By row of the file, Schoenfeld's by event time. Scaled: events * schoenfeld %*% vcov + coef.")
for (ties in c("efron", "breslow")) {
  entry(paste0("cox.resid.lung_months.", ties), "lung", {
    lung <- transform(complete("lung", "time", "status", "age", "sex", "ph_ecog"), month = ceiling(time / 30.4375))
    fit <- coxph(Surv(month, status == 2) ~ age + sex + ph_ecog, lung, ties = ties, control = tight)
    score <- residuals(fit, "score")
    dfbeta <- residuals(fit, "dfbeta")
    list(
      martingale = vec(residuals(fit, "martingale")), deviance_sumsq = sum(residuals(fit, "deviance")^2),
      score_first40 = by_row(score[1:40, ]), dfbeta_first40 = by_row(dfbeta[1:40, ]),
      schoenfeld_first40 = by_row(residuals(fit, "schoenfeld")[1:40, ]), score_colsums = vec(colSums(score)),
      score_crossprod = by_row(crossprod(score)), dfbeta_crossprod = by_row(crossprod(dfbeta))
    )
  }, rtol = 1e-7, notes = paste("Complete rows only, numbered anew. score_colsums is zero up to rounding;",
                                "dfbeta_crossprod is the robust variance."))
}
entry("cox.resid.heart", "heart", {
  heart <- csv("heart")
  fit <- coxph(Surv(start, stop, event) ~ age + surgery + transplant, heart, control = tight)
  by_person <- function(type) residuals(fit, type, collapse = heart$id)
  list(
    martingale_rows = vec(residuals(fit, "martingale")), martingale_by_id = vec(by_person("martingale")),
    deviance_by_id = vec(by_person("deviance")), dfbeta_by_id_crossprod = by_row(crossprod(by_person("dfbeta"))),
    schoenfeld_first20 = by_row(residuals(fit, "schoenfeld")[1:20, ])
  )
}, rtol = 1e-7, notes = "by_id: summed over the rows of a person, in order of id.")
entry("cox.resid.weighted", "lung", {
  lung <- weigh(complete("lung", "time", "status", "age", "sex"))
  fit <- coxph(Surv(time, status == 2) ~ age + sex, lung, weights = w, control = tight)
  list(
    martingale_first50 = vec(residuals(fit, "martingale")[1:50]),
    dfbeta_weighted_crossprod = by_row(crossprod(residuals(fit, "dfbeta", weighted = TRUE))),
    dfbeta_unweighted_first20 = by_row(residuals(fit, "dfbeta", weighted = FALSE)[1:20, ])
  )
}, rtol = 1e-7)
entry("cox.resid.strata", "veteran", {
  fit <- coxph(Surv(time, status) ~ trt + karno + strata(celltype), csv("veteran"), control = tight)
  list(
    martingale = vec(residuals(fit, "martingale")),
    schoenfeld_first30 = by_row(residuals(fit, "schoenfeld")[1:30, ]),
    dfbeta_crossprod = by_row(crossprod(residuals(fit, "dfbeta")))
  )
}, rtol = 1e-7, notes = "Schoenfeld rows are sorted by stratum, then time.")

# ---- tests of proportional hazards -----------------------------------------------------------
for (transform_by in c("km", "rank", "identity", "log")) {
  entry(paste0("cox.zph.veteran.", transform_by), "veteran", {
    fit <- coxph(Surv(time, status) ~ trt + factor(celltype) + karno + age, csv("veteran"), control = tight)
    by_term <- cox.zph(fit, transform = transform_by)
    by_coefficient <- cox.zph(fit, transform = transform_by, terms = FALSE)
    list(by_term = test_table(by_term), by_coefficient = test_table(by_coefficient),
         g_first10 = vec(by_term$x[1:10]), y_first5 = by_row(by_term$y[1:5, ]))
  }, rtol = 1e-7, notes = "The score test of survival 3.0 and later. g: transformed event times; km is 1 - S(t-).")
  entry(paste0("cox.zph.lung.", transform_by), "lung", {
    fit <- coxph(Surv(time, status == 2) ~ age + sex + ph_ecog, csv("lung"), control = tight)
    test_table(cox.zph(fit, transform = transform_by))
  }, rtol = 1e-7)
}
entry("cox.zph.veteran.strata", "veteran", {
  fit <- coxph(Surv(time, status) ~ trt + karno + age + strata(celltype), csv("veteran"), control = tight)
  list(km = test_table(cox.zph(fit, "km")), rank = test_table(cox.zph(fit, "rank")))
}, rtol = 1e-7)
entry("cox.zph.heart", "heart", {
  fit <- coxph(Surv(start, stop, event) ~ age + surgery + transplant, csv("heart"), control = tight)
  lapply(c(km = "km", log = "log", identity = "identity"), function(g) test_table(cox.zph(fit, g)))
}, rtol = 1e-7)
entry("cox.zph.breslow_custom", "lung", {
  lung <- transform(csv("lung"), month = ceiling(time / 30.4375))
  fit <- coxph(Surv(month, status == 2) ~ age + sex, lung, ties = "breslow", control = tight)
  list(sqrt = test_table(cox.zph(fit, transform = sqrt)), km = test_table(cox.zph(fit, "km")))
}, rtol = 1e-7)

# ---- predictions for single rows; comparison of models ---------------------------------------
entry("cox.predict.lung", "lung", {
  lung <- complete("lung", "time", "status", "age", "sex", "ph_ecog")
  fit <- coxph(Surv(time, status == 2) ~ age + sex + ph_ecog, lung, control = tight)
  first25 <- function(...) {
    predicted <- predict(fit, se.fit = TRUE, ...)
    list(fit = vec(predicted$fit[1:25]), se = vec(predicted$se.fit[1:25]))
  }
  list(
    lp_sample = first25(type = "lp"), lp_zero = first25(type = "lp", reference = "zero"), risk = first25(type = "risk"),
    expected = first25(type = "expected"), survival = first25(type = "survival"), means = by_name(fit$means)
  )
}, rtol = 1e-7, notes = "The first 25 complete rows. lp_sample is centred at the column means.")
entry("cox.predict.strata_reference", "veteran", {
  fit <- coxph(Surv(time, status) ~ trt + karno + strata(celltype), csv("veteran"), control = tight)
  rows <- c(1:5, 40:45, 80:85)
  list(lp_strata = vec(predict(fit, type = "lp")[rows]),
       lp_sample = vec(predict(fit, type = "lp", reference = "sample")[rows]), rows = vec(rows))
}, notes = "With strata R centres at the mean of the row's stratum unless told otherwise. rows count from 1.")
entry("cox.anova.lung", "lung", {
  lung <- complete("lung", "time", "status", "age", "sex", "ph_ecog", "wt_loss")
  fit <- coxph(Surv(time, status == 2) ~ sex + age + ph_ecog + wt_loss, lung, control = tight)
  sequence <- anova(fit)
  chosen <- step(fit, trace = 0)
  dropped <- drop1(fit)
  list(
    terms = vec(rownames(sequence)), loglik = vec(sequence$loglik), chisq = vec(sequence$Chisq),
    df = vec(sequence$Df), p = vec(sequence[["Pr(>|Chi|)"]]), aic = AIC(fit), bic = BIC(fit),
    step_formula = deparse(formula(chosen)), step_aic = AIC(chosen), drop1_aic = by_name(dropped$AIC, rownames(dropped))
  )
}, notes = "Likelihood-ratio tests of terms added in turn; bic takes the log of the number of events.")
entry("cox.separation.monotone", character(), {
  everybody <- data.frame(time = 1:8, status = rep(1:0, each = 4), x = rep(1:0, each = 4))
  fit <- suppressWarnings(coxph(Surv(time, status) ~ x, everybody))
  list(loglik_null = fit$loglik[1], loglik_limit = fit$loglik[2], score = fit$score)
}, rtol = 1e-4, notes = paste("Data: time 1..8; status and x are 1 in the first four rows, 0 in the others. The",
                              "coefficient is infinite; the limit of the log-likelihood and the score test are meant."))

write_topic("03_cox", "Cox regression")
