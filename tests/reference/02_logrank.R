# The log-rank family: observed, expected, covariance and chi-square.
#
#   Rscript 02_logrank.R        writes 02_logrank.json beside itself, from data/*.csv
#
# survival::survdiff gives the G-rho tests. Other weights, late entry and the trend test are written out in
# `score` below, which gives the same numbers as survdiff where both apply (stopifnot at the end).

this_file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
if (length(this_file)) setwd(dirname(normalizePath(this_file)))
source("recording.R")

lung <- csv("lung")
veteran <- csv("veteran")
tail_chisq <- function(x, df) pchisq(x, df, lower.tail = FALSE)

# ---- survdiff --------------------------------------------------------------------------------------------
over_strata <- function(x) if (is.matrix(x)) rowSums(x) else x
survdiff_numbers <- function(test) {
  expected <- over_strata(test$exp)
  df <- sum(expected > 0) - 1
  out <- list(n = vec(test$n), obs = vec(over_strata(test$obs)), exp = vec(expected), var = by_row(test$var),
              chisq = test$chisq, df = df, p = tail_chisq(test$chisq, df))
  if (is.matrix(test$obs)) {
    out$obs_by_stratum <- by_row(test$obs)
    out$exp_by_stratum <- by_row(test$exp)
  }
  out
}
test <- function(id, data, formula, frame, rho = 0, notes = NULL) {
  entry(id, data, survdiff_numbers(survdiff(formula, data = frame, rho = rho)), notes = notes)
}

test("lr.lung.sex", "lung", Surv(time, status == 2) ~ sex, lung,
     notes = "var: covariance of observed minus expected, hypergeometric.")
test("lr.lung.sex.rho1", "lung", Surv(time, status == 2) ~ sex, lung, rho = 1,
     notes = "Weight S(t-), the pooled curve just before t; observed and expected are weighted sums.")
test("lr.lung.sex.rho_half", "lung", Surv(time, status == 2) ~ sex, lung, rho = 0.5)
test("lr.lung.strat_ecog", "lung", Surv(time, status == 2) ~ sex + strata(ph_ecog), lung,
     notes = "One row without ph_ecog is left out; one stratum has a single patient.")
test("lr.lung.strat_inst", "lung", Surv(time, status == 2) ~ sex + strata(inst), lung,
     notes = "18 centres; one row without a centre is left out.")
test("lr.lung.ecog_k4", "lung", Surv(time, status == 2) ~ ph_ecog, lung,
     notes = "Four groups, one of them a single patient.")
test("lr.veteran.celltype_k4", "veteran", Surv(time, status) ~ celltype, veteran)
test("lr.veteran.celltype_k4.rho1", "veteran", Surv(time, status) ~ celltype, veteran, rho = 1)
test("lr.veteran.trt_strat_celltype", "veteran", Surv(time, status) ~ trt + strata(celltype), veteran)
test("lr.veteran.trt_strat_celltype.rho1", "veteran", Surv(time, status) ~ trt + strata(celltype), veteran,
     rho = 1, notes = "The weights are computed within each stratum.")
test("lr.veteran.trt_celltype_k8", "veteran", Surv(time, status) ~ trt + celltype, veteran,
     notes = "Every combination of treatment and cell type is a group.")
test("lr.ovarian.rx", "ovarian", Surv(futime, fustat) ~ rx, csv("ovarian"))
test("lr.aml.x", "aml", Surv(time, status) ~ x, csv("aml"))
test("lr.rats.rx_strat_litter", "rats", Surv(time, status) ~ rx + strata(litter), csv("rats"),
     notes = "100 strata of three rats.")
test("lr.bladder.first_recurrence", "bladder2", Surv(stop, event) ~ rx, subset(csv("bladder2"), enum == 1))
bladder <- subset(csv("bladder1"), enum == 1 & stop > 0)
entry("lr.bladder1.first_recurrence_k3", "bladder1",
      c(survdiff_numbers(survdiff(Surv(stop, status == 1) ~ treatment, data = bladder)),
        list(strat_number = survdiff_numbers(
          survdiff(Surv(stop, status == 1) ~ treatment + strata(number >= 3), data = bladder)))),
      notes = "Three arms; patients without follow-up are excluded. Second: by fewer or at least 3 tumours.")

# ---- any weight, late entry ------------------------------------------------------------------------------

# One row per event time: size of the risk set, events, and the curves that weights are made of.
event_table <- function(stop, event, start = rep(-Inf, length(stop))) {
  u <- sort(unique(stop[event == 1]))
  n <- sapply(u, function(t) sum(start < t & t <= stop))
  d <- sapply(u, function(t) sum(stop == t & event == 1))
  km <- cumprod(1 - d / n)
  data.frame(u, n, d, before = c(1, km[-length(km)]), peto = cumprod(1 - d / (n + 1)))
}
weight_rules <- list(
  LR = function(e) rep(1, nrow(e)), Gehan = function(e) e$n, TaroneWare = function(e) sqrt(e$n),
  PetoPeto = function(e) e$peto, modPetoPeto = function(e) e$peto * e$n / (e$n + 1),
  FH11 = function(e) e$before * (1 - e$before), FH01 = function(e) 1 - e$before,
  FH10 = function(e) e$before, FH0505 = function(e) sqrt(e$before * (1 - e$before))
)
score <- function(stop, event, group, rule = "LR", start = rep(-Inf, length(stop))) {
  e <- event_table(stop, event, start)
  w <- weight_rules[[rule]](e)
  levels <- sort(unique(group))
  at_risk <- sapply(levels, function(g) sapply(e$u, function(t) sum(group == g & start < t & t <= stop)))
  events <- sapply(levels, function(g) sapply(e$u, function(t) sum(group == g & stop == t & event == 1)))
  share <- at_risk / e$n
  spread <- ifelse(e$n > 1, w^2 * e$d * (e$n - e$d) / (e$n - 1), 0)
  V <- diag(colSums(spread * share)) - t(share) %*% (spread * share)
  observed <- colSums(w * events)
  expected <- colSums(w * e$d * share)
  U <- observed - expected
  free <- seq_along(levels)[-length(levels)]
  chisq <- sum(U[free] * solve(V[free, free], U[free]))
  list(U = U, V = V, observed = observed, expected = expected, chisq = chisq, df = length(free))
}
score_numbers <- function(s) {
  list(U = vec(s$U), V = by_row(s$V), obs_w = vec(s$observed), exp_w = vec(s$expected), chisq = s$chisq,
       df = s$df, p = tail_chisq(s$chisq, s$df))
}

by_treatment <- function(rule) score_numbers(score(veteran$time, veteran$status, veteran$trt, rule))
by_cell <- function(rule) score_numbers(score(veteran$time, veteran$status, veteran$celltype, rule))
entry("lr.wlr.veteran.trt", "veteran", sapply(names(weight_rules), by_treatment, simplify = FALSE),
      rtol = 1e-9, notes = "FHpq: S(t-)^p (1 - S(t-))^q. PetoPeto: product of 1 - d / (n + 1) up to t.")
entry("lr.wlr.veteran.celltype_k4", "veteran", sapply(names(weight_rules)[1:6], by_cell, simplify = FALSE))

veteran$band <- as.integer(cut(veteran$karno, c(0, 40, 70, 100)))
bands <- score(veteran$time, veteran$status, veteran$band)
marks <- 1:3
U <- sum(marks * bands$U)
V <- sum(marks * (bands$V %*% marks))
entry("lr.trend.veteran.karno3", "veteran",
      list(overall = score_numbers(bands), scores = vec(marks), U = U, V = V, z = U / sqrt(V),
           chisq = U^2 / V, p = tail_chisq(U^2 / V, 1)),
      notes = "Trend over karno up to 40, up to 70, above, with scores 1, 2, 3.")

channing <- subset(csv("channing"), age > ageentry)
late <- score(channing$age, channing$death, channing$gender, start = channing$ageentry)
entry("lr.left_truncated.channing", "channing", score_numbers(late),
      notes = "Late entry: at risk when entry < t <= age. survdiff cannot do it.")

# ---- relations to Cox, pairs, hazard ratios --------------------------------------------------------------
by_sex <- survdiff(Surv(time, status == 2) ~ sex, data = lung)
cox_score <- function(ties) coxph(Surv(time, status == 2) ~ sex, data = lung, ties = ties)$score
entry("lr.exact_score_identity.lung", "lung",
      list(survdiff = by_sex$chisq, score_exact = cox_score("exact"), score_efron = cox_score("efron"),
           score_breslow = cox_score("breslow")),
      notes = "With ties only the exact likelihood has the log-rank statistic as its score test.")

pairs <- combn(4, 2)
pair_p <- apply(pairs, 2, function(two) {
  tail_chisq(survdiff(Surv(time, status) ~ celltype, data = subset(veteran, celltype %in% two))$chisq, 1)
})
for (how in c("BH", "bonferroni", "holm", "none")) {
  table <- matrix(NA_real_, 4, 4)
  table[t(pairs[2:1, ])] <- p.adjust(pair_p, how)
  entry(paste0("lr.pairwise.veteran.celltype.", how), "veteran",
        list(rows = vec(as.character(2:4)), cols = vec(as.character(1:3)), p = by_row(table[-1, -4])),
        notes = "Row against column.")
}

U <- by_sex$obs[1] - by_sex$exp[1]
V <- by_sex$var[1, 1]
relative <- by_sex$obs / by_sex$exp
entry("lr.ratio_oe.lung", "lung",
      list(hr_pike = relative[1] / relative[2], peto_loghr = U / V, peto_hr = exp(U / V), peto_se = sqrt(1 / V),
           peto_lower95 = exp(U / V - qnorm(0.975) * sqrt(1 / V)),
           peto_upper95 = exp(U / V + qnorm(0.975) * sqrt(1 / V))),
      notes = "Men against women: ratio of observed / expected, and the one-step estimate of Peto.")

# ---- the function above against survdiff -----------------------------------------------------------------
same <- function(a, b) stopifnot(abs(a - b) < 1e-10)
same(score(veteran$time, veteran$status, veteran$trt)$chisq,
     survdiff(Surv(time, status) ~ trt, data = veteran)$chisq)
same(score(veteran$time, veteran$status, veteran$celltype, "FH10")$chisq,
     survdiff(Surv(time, status) ~ celltype, data = veteran, rho = 1)$chisq)
same(late$chisq, coxph(Surv(ageentry, age, death) ~ gender, data = channing, ties = "exact")$score)

write_topic("02_logrank", "The log-rank family")
