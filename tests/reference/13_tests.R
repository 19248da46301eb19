# Comparisons of groups, equivalence, exact and stratified tests: the numbers that test_13_tests.py expects.
# Run in this folder: Rscript 13_tests.R

source("recording.R")
suppressPackageStartupMessages({
  library(metafor)
  library(exactRankTests)
  library(coin)
})

# ---- laying R objects out ----------------------------------------------------------------------------------

t_values <- function(h) list(
  estimate = vec(h$estimate), stat = unname(h$statistic), df = vec(h$parameter), p = h$p.value,
  conf = vec(h$conf.int), stderr = h$stderr
)
test_values <- function(h) {
  known <- function(x) if (is.null(x)) NULL else vec(x)
  out <- list(stat = known(h$statistic), df = known(h$parameter), p = h$p.value)
  if (!is.null(h$estimate)) out$estimate <- vec(h$estimate)
  if (!is.null(h$conf.int)) out$conf <- vec(h$conf.int)
  out
}
quietly <- suppressWarnings
z95 <- qnorm(0.975)

# ---- weight gained by girls with anorexia: three treatments (1 CBT, 2 control, 3 family therapy) -----------

girls <- transform(csv("anorexia"), gain = Postwt - Prewt)
by_treatment <- split(girls$gain, girls$Treat)
cbt <- by_treatment[["1"]]
control <- by_treatment[["2"]]
family <- by_treatment[["3"]]

pooled_sd <- function(a, b) {
  sqrt(((length(a) - 1) * var(a) + (length(b) - 1) * var(b)) / (length(a) + length(b) - 2))
}
standardised <- escalc("SMD", m1i = mean(family), sd1i = sd(family), n1i = length(family),
                       m2i = mean(control), sd2i = sd(control), n2i = length(control))
entry("test.anorexia.t", "anorexia", list(
  welch = t_values(t.test(family, control)),
  pooled = t_values(t.test(family, control, var.equal = TRUE)),
  welch90 = t_values(t.test(family, control, conf.level = 0.9)),
  welch_less = t_values(t.test(family, control, alternative = "less", mu = 10)),
  var_test = test_values(var.test(family, control)),
  one_sample = t_values(t.test(family)),
  smd = list(g = standardised$yi[1], v = standardised$vi[1],
             cohen_d = (mean(family) - mean(control)) / pooled_sd(family, control))
), notes = "family therapy (3) v. control (2)")

# ---- pairs: hours of sleep with two drugs, wear of two soles -----------------------------------------------

sleepers <- csv("sleep")
drug1 <- sleepers$extra[sleepers$group == 1]
drug2 <- sleepers$extra[sleepers$group == 2]
boys <- csv("shoes")
exact_pairs <- wilcox.exact(boys$A, boys$B, paired = TRUE)
entry("test.paired", c("sleep", "shoes"), list(
  sleep_paired = t_values(t.test(drug1, drug2, paired = TRUE)),
  sleep_welch = t_values(t.test(drug1, drug2)),
  shoes_paired = t_values(t.test(boys$A, boys$B, paired = TRUE)),
  shoes_wilcoxon_exact_ties = list(V = unname(exact_pairs$statistic), p = exact_pairs$p.value),
  shoes_wilcoxon_normal = test_values(quietly(wilcox.test(boys$A, boys$B, paired = TRUE))),
  pearson = test_values(cor.test(boys$A, boys$B)),
  spearman_asym = test_values(quietly(cor.test(boys$A, boys$B, method = "spearman")))
))

# ---- equivalence -------------------------------------------------------------------------------------------

# Two one-sided t tests of a difference from t.test, at 0.05 each.
two_one_sided <- function(test, low, high) {
  difference <- if (length(test$estimate) == 2) -diff(unname(test$estimate)) else unname(test$estimate)
  se <- test$stderr
  df <- unname(test$parameter)
  t <- c((difference - low) / se, (difference - high) / se)
  p <- c(pt(t[1], df, lower.tail = FALSE), pt(t[2], df))
  ends <- difference + c(-1, 1) * qt(0.95, df) * se
  list(estimate = difference, se = se, df = df, t_lower = t[1], p_lower = p[1], t_upper = t[2], p_upper = p[2],
       p_tost = max(p), ci90_lower = ends[1], ci90_upper = ends[2], equivalent = max(p) < 0.05)
}
welch <- t.test(family, cbt)
entry("test.tost.anorexia", "anorexia", list(
  welch = two_one_sided(welch, -7, 7),
  pooled = two_one_sided(t.test(family, cbt, var.equal = TRUE), -7, 7),
  welch_margin3 = two_one_sided(welch, -3, 3),
  asymmetric = two_one_sided(welch, -2, 9)
), notes = "family therapy (3) less CBT (1)", rtol = 1e-9)
entry("test.tost.paired_sleep", "sleep", two_one_sided(t.test(drug1, drug2, paired = TRUE), -2.5, 2.5), rtol = 1e-9)

# H0: the effect is at least the margin, more being worse; normal, one-sided 0.025.
not_worse <- function(effect, se, margin) {
  z <- (effect - margin) / se
  reach <- effect + z95 * se
  list(est = effect, se = se, margin = margin, z = z, p = pnorm(z), upper_1sided = reach, noninferior = reach < margin)
}
entry("test.noninferiority.hr_and_mean", character(), list(
  log_hr = not_worse(log(0.92), 0.11, log(1.25)),
  log_hr_fail = not_worse(log(1.10), 0.10, log(1.25)),
  rd = not_worse(0.012, 0.02, 0.05)
), rtol = 1e-10)

# ---- ranks -------------------------------------------------------------------------------------------------

ranks <- quietly(wilcox.test(family, control, conf.int = TRUE))
three <- oneway.test(gain ~ factor(Treat), data = girls)
entry("test.wilcoxon.anorexia", "anorexia", list(
  W = unname(ranks$statistic), p_normal_corrected = ranks$p.value,
  p_normal_uncorrected = quietly(wilcox.test(family, control, correct = FALSE))$p.value,
  p_exact_with_ties = wilcox.exact(family, control)$p.value,
  mann_whitney_prob = unname(ranks$statistic) / (length(family) * length(control)),
  kruskal = test_values(kruskal.test(gain ~ factor(Treat), data = girls)),
  welch_anova = list(F = unname(three$statistic), df = vec(three$parameter), p = three$p.value),
  hodges_lehmann_all_pairs_median = median(outer(family, control, "-")),
  pairwise_holm = by_row(quietly(pairwise.wilcox.test(girls$gain, girls$Treat, p.adjust.method = "holm"))$p.value)
))

# Limits of the normal approximation: R searches them to 1e-4.
limits_of <- function(h) list(estimate = unname(h$estimate), conf = vec(h$conf.int), p = h$p.value)
entry("groups.wilcoxon.normal_limits", c("anorexia", "shoes"), list(
  anorexia = list(conf = vec(ranks$conf.int)),
  anorexia90 = list(conf = vec(quietly(wilcox.test(family, control, conf.int = TRUE, conf.level = 0.9))$conf.int)),
  shoes = limits_of(quietly(wilcox.test(boys$A, boys$B, paired = TRUE, conf.int = TRUE)))[c("estimate", "conf")]
), notes = "found to 1e-4 by uniroot", atol = 2e-4, rtol = 0)
rounded <- round(girls$gain, 9)
by_pairs <- quietly(pairwise.wilcox.test(rounded, girls$Treat, p.adjust.method = "holm"))
entry("groups.wilcoxon.rounded_ranks", c("shoes", "anorexia"), list(
  shoes = quietly(wilcox.test(boys$A, boys$B, paired = TRUE, digits.rank = 9))$p.value,
  kruskal = test_values(kruskal.test(rounded, girls$Treat)),
  pairwise_holm = by_row(by_pairs$p.value)
), notes = "values that tie but for rounding tie")

one <- c(1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30)
two <- c(0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.061, 3.14, 1.28)
signed <- wilcox.test(one, two, paired = TRUE, exact = TRUE, conf.int = TRUE, alternative = "greater")
entry("test.wilcoxon.no_ties", character(), list(
  ranksum = test_values(wilcox.test(one, two, exact = TRUE, conf.int = TRUE)),
  signedrank_greater = list(V = unname(signed$statistic), p = signed$p.value,
                            pseudomedian = unname(signed$estimate), lower = signed$conf.int[1])
))

# ---- two risks ---------------------------------------------------------------------------------------------

visit4 <- subset(csv("respiratory"), visit == 4)
good <- function(rows) c(sum(rows$outcome), nrow(rows))
active <- good(visit4[visit4$treat == 1, ])
placebo <- good(visit4[visit4$treat == 2, ])
table2 <- function(x1, n1, x0, n0) matrix(c(x1, n1 - x1, x0, n0 - x0), 2, byrow = TRUE)
ward <- table2(active[1], active[2], placebo[1], placebo[2])

# The distribution of the sum of the first cells over tables with these margins, and the odds ratios that agree
# with the observed one. fisher.test and mantelhaen.test(exact = TRUE) stop their search at about 1e-4.
conditional <- function(tables, level = 0.95) {
  support <- 0
  chance <- 1
  for (m in tables) {
    events <- sum(m[, 1])
    k <- max(0, events - sum(m[2, ])):min(sum(m[1, ]), events)
    p <- dhyper(k, sum(m[1, ]), sum(m[2, ]), events)
    chance <- as.vector(rowsum(c(outer(chance, p)), c(outer(seq_along(chance), seq_along(p), "+"))))
    support <- seq(support[1] + k[1], length.out = length(chance))
  }
  x <- sum(sapply(tables, function(m) m[1, 1]))
  tilted <- function(theta) {
    logs <- log(chance) + (support - x) * theta
    p <- exp(logs - max(logs))
    p / sum(p)
  }
  root <- function(f) exp(uniroot(f, c(-20, 20), tol = 1e-15, maxiter = 10000)$root)
  tail <- (1 - level) / 2
  list(estimate = root(function(t) sum(support * tilted(t)) - x),
       low = root(function(t) sum(tilted(t)[support >= x]) - tail),
       high = root(function(t) sum(tilted(t)[support <= x]) - tail))
}
fisher <- fisher.test(ward)
odds <- conditional(list(ward))
stopifnot(abs(odds$estimate - fisher$estimate) < 1e-4, abs(odds$high - fisher$conf.int[2]) < 1e-3)
risks <- c(active[1] / active[2], placebo[1] / placebo[2])
difference <- risks[1] - risks[2]
se_difference <- sqrt(sum(risks * (1 - risks) / c(active[2], placebo[2])))
ratio <- risks[1] / risks[2]
se_ratio <- sqrt(1 / active[1] - 1 / active[2] + 1 / placebo[1] - 1 / placebo[2])
cross <- ward[1, 1] * ward[2, 2] / (ward[1, 2] * ward[2, 1])
se_cross <- sqrt(sum(1 / ward))
expected <- outer(rowSums(ward), colSums(ward)) / sum(ward)
log_limits <- function(x, se) list(est = x, se_log = se, lower95 = x * exp(-z95 * se), upper95 = x * exp(z95 * se))
ends <- difference + c(-1, 1) * z95 * se_difference
entry("test.2x2.respiratory", "respiratory", list(
  table = by_row(ward),
  fisher = list(p = fisher$p.value, or_conditional_mle = odds$estimate, lower95 = odds$low, upper95 = odds$high,
                p_greater = fisher.test(ward, alternative = "greater")$p.value,
                p_less = fisher.test(ward, alternative = "less")$p.value),
  chisq = test_values(chisq.test(ward, correct = FALSE)), chisq_yates = test_values(chisq.test(ward)),
  prop_test_rd = test_values(prop.test(c(active[1], placebo[1]), c(active[2], placebo[2]), correct = FALSE)),
  g_test = 2 * sum(ward * log(ward / expected)),
  rr = log_limits(ratio, se_ratio), or = log_limits(cross, se_cross),
  rd_wald = list(est = difference, se = se_difference, lower95 = ends[1], upper95 = ends[2]),
  nnt = list(est = 1 / difference, lower = 1 / ends[2], upper = 1 / ends[1])
), notes = "active (row 1) v. placebo; conditional odds ratio and limits solved to 1e-15 here, to 1e-4 by fisher.test")

# Score limits of one risk, and Newcombe's combination of two.
score_limits <- function(x, n, level = 0.95) unname(quietly(prop.test(x, n, correct = FALSE, conf.level = level))$conf.int)
single <- function(x, n) {
  share <- (x + z95^2 / 2) / (n + z95^2)
  half <- z95 * sqrt(share * (1 - share) / (n + z95^2))
  p <- x / n
  list(x = x, n = n, wilson = vec(score_limits(x, n)), clopper_pearson = vec(binom.test(x, n)$conf.int),
       wald = vec(p + c(-1, 1) * z95 * sqrt(p * (1 - p) / n)), agresti_coull = vec(share + c(-1, 1) * half),
       jeffreys = vec(c(if (x > 0) qbeta(0.025, x + 0.5, n - x + 0.5) else 0,
                        if (x < n) qbeta(0.975, x + 0.5, n - x + 0.5) else 1)),
       wilson_cc = vec(quietly(prop.test(x, n, correct = TRUE))$conf.int))
}
entry("test.ci.single_proportion", character(), list(
  cases = list(single(15, 148), single(0, 20), single(20, 20), single(1, 29), single(81, 263))
), rtol = 1e-9)

newcombe <- function(x1, n1, x0, n0, level = 0.95) {
  own <- score_limits(x1, n1, level)
  other <- score_limits(x0, n0, level)
  p <- c(x1 / n1, x0 / n0)
  p[1] - p[2] + c(-sqrt((p[1] - own[1])^2 + (other[2] - p[2])^2), sqrt((own[2] - p[1])^2 + (p[2] - other[1])^2))
}

# Risks that differ by d and are likeliest: the derivative of the log-likelihood along p0 is zero.
restricted <- function(x1, n1, x0, n0, d) {
  slope <- function(p) (x1 / (p + d) - (n1 - x1) / (1 - p - d)) + (x0 / p - (n0 - x0) / (1 - p))
  low <- max(0, -d)
  high <- min(1, 1 - d)
  edge <- (high - low) * 1e-14
  inside <- c(low + edge, high - edge)
  p <- if (slope(inside[1]) <= 0) low else if (slope(inside[2]) >= 0) high else {
    uniroot(slope, inside, tol = 1e-16, maxiter = 5000)$root
  }
  c(p + d, p)
}
z_at <- function(x1, n1, x0, n0, d, factor = 1) {
  p <- restricted(x1, n1, x0, n0, d)
  (x1 / n1 - x0 / n0 - d) / sqrt(factor * (p[1] * (1 - p[1]) / n1 + p[2] * (1 - p[2]) / n0))
}
turning <- function(f, low, high) uniroot(f, c(low, high), tol = 1e-15, maxiter = 5000)$root
score_difference <- function(x1, n1, x0, n0, factor = 1) {
  d <- x1 / n1 - x0 / n0
  f <- function(shift) z_at(x1, n1, x0, n0, shift, factor)
  c(turning(function(s) f(s) - z95, -1 + 1e-9, min(d, 1 - 1e-9) - 1e-9),
    if (d >= 1) 1 else turning(function(s) f(s) + z95, d + 1e-9, 1 - 1e-9))
}
two_risks <- function(x1, n1, x0, n0) {
  p <- c(x1 / n1, x0 / n0)
  list(x1 = x1, n1 = n1, x2 = x0, n2 = n0, rd = p[1] - p[2], newcombe = vec(newcombe(x1, n1, x0, n0)),
       newcombe90 = vec(newcombe(x1, n1, x0, n0, 0.9)),
       miettinen_nurminen = vec(score_difference(x1, n1, x0, n0, (n1 + n0) / (n1 + n0 - 1))),
       mee = vec(score_difference(x1, n1, x0, n0)),
       wald = vec(p[1] - p[2] + c(-1, 1) * z95 * sqrt(sum(p * (1 - p) / c(n1, n0)))))
}
entry("test.ci.rd_newcombe_mn", "respiratory", list(
  respiratory = two_risks(active[1], active[2], placebo[1], placebo[2]), newcombe_a = two_risks(56, 70, 48, 80),
  newcombe_b = two_risks(9, 10, 3, 10), newcombe_h = two_risks(10, 10, 0, 20), small = two_risks(3, 25, 8, 24)
), notes = "Newcombe 1998: a 0.0524-0.3339, b 0.1705-0.8090", rtol = 1e-7)

# Ratio of risks: the score statistic with the risks that are likeliest at a given ratio.
ratio_z <- function(x1, n1, x0, n0, r, factor) {
  slope <- function(p) x1 / p - (n1 - x1) * r / (1 - r * p) + x0 / p - (n0 - x0) / (1 - p)
  top <- min(1, 1 / r)
  p <- uniroot(slope, c(top * 1e-12, top * (1 - 1e-13)), tol = 1e-16, maxiter = 5000)$root
  (x1 / n1 - r * x0 / n0) / sqrt(factor * (r * p * (1 - r * p) / n1 + r^2 * p * (1 - p) / n0))
}
score_ratio <- function(x1, n1, x0, n0, factor = 1) {
  centre <- log(x1 * n0 / (x0 * n1))
  f <- function(t) ratio_z(x1, n1, x0, n0, exp(t), factor)
  exp(c(turning(function(t) f(t) - z95, centre - 8, centre), turning(function(t) f(t) + z95, centre, centre + 8)))
}
two_ratios <- function(x1, n1, x0, n0) {
  rr <- x1 * n0 / (x0 * n1)
  list(x1 = x1, n1 = n1, x2 = x0, n2 = n0, rr = rr, koopman = vec(score_ratio(x1, n1, x0, n0)),
       miettinen_nurminen = vec(score_ratio(x1, n1, x0, n0, (n1 + n0) / (n1 + n0 - 1))),
       log_wald = vec(rr * exp(c(-1, 1) * z95 * sqrt(1 / x1 - 1 / n1 + 1 / x0 - 1 / n0))))
}
entry("test.ci.rr_score", character(), list(
  koopman_example = two_ratios(36, 40, 16, 80), a = two_ratios(15, 50, 24, 48)
), notes = "Koopman 1984: 2.94-7.15", rtol = 1e-7)

not_lower <- function(x1, n1, x0, n0, margin) {
  z <- z_at(x1, n1, x0, n0, -margin)
  p <- c(x1 / n1, x0 / n0)
  list(x1 = x1, n1 = n1, x2 = x0, n2 = n0, margin = margin, restricted_p = vec(restricted(x1, n1, x0, n0, -margin)),
       z_farrington_manning = z, p = pnorm(z, lower.tail = FALSE),
       z_miettinen_nurminen = z_at(x1, n1, x0, n0, -margin, (n1 + n0) / (n1 + n0 - 1)),
       z_wald = (p[1] - p[2] + margin) / sqrt(sum(p * (1 - p) / c(n1, n0))))
}
entry("test.ni.proportions_fm", character(), list(
  a = not_lower(83, 100, 69, 88, 0.10), b = not_lower(60, 80, 66, 82, 0.12), zero_margin = not_lower(30, 50, 22, 50, 0)
))

# ---- pairs, ordered groups, larger tables ------------------------------------------------------------------

pairs <- table(visit4$baseline, visit4$outcome)
homes <- csv("housing")
homes3 <- xtabs(Freq ~ Infl + Sat, homes)
answers <- matrix(c(8, 3, 1, 2, 5, 4, 1, 2, 7), 3)
lines <- lbl_test(as.table(homes3))
entry("test.mcnemar_trend_rxc", c("respiratory", "housing"), list(
  mcnemar = test_values(mcnemar.test(pairs, correct = FALSE)), mcnemar_corrected = test_values(mcnemar.test(pairs)),
  mcnemar_exact_p = binom.test(pairs[1, 2], pairs[1, 2] + pairs[2, 1])$p.value, table = by_row(pairs),
  housing_chisq = test_values(chisq.test(homes3)), housing_table = by_row(homes3),
  cochran_armitage = test_values(prop.trend.test(homes3[, 3], rowSums(homes3))),
  linear_by_linear = list(z = unname(statistic(lines)), p = as.numeric(pvalue(lines))),
  fisher_3x3 = list(table = by_row(answers), p = fisher.test(answers)$p.value)
))

# ---- strata ------------------------------------------------------------------------------------------------

# Mantel and Haenszel's measures by metafor; the variance of Greenland and Robins of the difference written out.
pooled <- function(x1, n1, x0, n0) {
  by <- function(measure) rma.mh(measure = measure, ai = x1, n1i = n1, ci = x0, n2i = n0, correct = FALSE)
  shown <- function(fit) {
    est <- exp(c(fit$beta))
    list(est = est, se_log = fit$se, lower95 = exp(c(fit$beta) - z95 * fit$se), upper95 = exp(c(fit$beta) + z95 * fit$se))
  }
  rd <- by("RD")
  n <- n1 + n0
  within <- sum((x1 * (n1 - x1) * n0^3 + x0 * (n0 - x0) * n1^3) / (n1 * n0 * n^2)) / sum(n1 * n0 / n)^2
  list(rr = shown(by("RR")),
       rd = list(est = c(rd$beta), se_greenland_robins = sqrt(within), se_sato = rd$se,
                 lower95_sato = c(rd$beta) - z95 * rd$se, upper95_sato = c(rd$beta) + z95 * rd$se),
       or = shown(by("OR")))
}
admitted <- xtabs(Freq ~ Gender + Admit + Dept, csv("ucbadmissions"))
men <- admitted[1, , ]
women <- admitted[2, , ]
departments <- rma.mh(measure = "OR", ai = men[1, ], bi = men[2, ], ci = women[1, ], di = women[2, ], correct = FALSE)
exact_mh <- mantelhaen.test(admitted, exact = TRUE)
common <- conditional(lapply(1:6, function(k) rbind(men[, k], women[, k])))
stopifnot(abs(common$estimate - exact_mh$estimate) < 1e-4)
entry("test.mh.ucb", "ucbadmissions", c(
  pooled(men[1, ], colSums(men), women[1, ], colSums(women)),
  list(cmh = test_values(mantelhaen.test(admitted, correct = FALSE)), cmh_corrected = test_values(mantelhaen.test(admitted)),
       cmh_exact = list(p = exact_mh$p.value, or = common$estimate, conf = vec(c(common$low, common$high))),
       breslow_day = list(stat = departments$BD, p = departments$BDp),
       tarone = list(stat = departments$TA, p = departments$TAp))
), notes = "men v. women in 6 departments; the conditional odds ratio solved to 1e-15 here, to 1e-4 by mantelhaen.test")

centres <- sapply(1:2, function(k) {
  own <- visit4[visit4$center == k, ]
  c(good(own[own$treat == 1, ]), good(own[own$treat == 2, ]))
})
layers <- array(apply(centres, 2, function(v) c(v[1], v[3], v[2] - v[1], v[4] - v[3])), c(2, 2, 2))
entry("test.mh.respiratory_by_centre", "respiratory", c(
  list(strata = by_row(t(centres))), pooled(centres[1, ], centres[2, ], centres[3, ], centres[4, ]),
  list(cmh = test_values(mantelhaen.test(layers, correct = FALSE)))
))

by_type <- xtabs(Freq ~ Infl + Sat + Type, homes)
scored <- cmh_test(as.table(by_type), scores = list(Sat = 1:3))
linear <- cmh_test(as.table(by_type), scores = list(Sat = 1:3, Infl = 1:3))
entry("test.cmh.ixjxk", "housing", list(
  general_association = test_values(mantelhaen.test(by_type)),
  mean_scores_differ = list(chisq = unname(statistic(scored)), df = 2, p = as.numeric(pvalue(scored))),
  linear_by_linear = list(chisq = unname(statistic(linear))^2, p = as.numeric(pvalue(linear)))
), rtol = 1e-7)

# ---- rates -------------------------------------------------------------------------------------------------

bladder <- csv("bladder2")
events <- tapply(bladder$event, bladder$rx, sum)
months <- tapply(bladder$stop - bladder$start, bladder$rx, sum)
both <- poisson.test(events[2:1], months[2:1])
log_rate <- log(events[2] / months[2]) - log(events[1] / months[1])
se_rate <- sqrt(sum(1 / events))
none <- poisson.test(c(0, 7), c(40, 38))
against <- poisson.test(12, 100, r = 0.08)
entry("test.rates.exact", "bladder2", list(
  events = vec(events), time = vec(months), rate_ci_rx1 = vec(poisson.test(events[1], months[1])$conf.int),
  rate_ci_rx2 = vec(poisson.test(events[2], months[2])$conf.int),
  rr_exact = list(est = unname(both$estimate), p = both$p.value, lower95 = both$conf.int[1], upper95 = both$conf.int[2],
                  p_less = poisson.test(events[2:1], months[2:1], alternative = "less")$p.value),
  rr_wald = log_limits(unname(exp(log_rate)), se_rate),
  rate_difference = list(est = unname(events[2] / months[2] - events[1] / months[1]),
                         se = sqrt(sum(events / months^2))),
  zero_events = list(est = unname(none$estimate), p = none$p.value, conf = vec(none$conf.int)),
  one_rate_vs_ref = list(p = against$p.value, conf = vec(against$conf.int))
), notes = "rx 2 v. rx 1", rtol = 1e-7)

entry("test.binomial_exact", character(), list(
  two_sided = test_values(binom.test(13, 40, 0.5)), greater = test_values(binom.test(13, 40, 0.25, alternative = "greater")),
  extreme = test_values(binom.test(0, 15, 0.1))
))

# ---- several p-values --------------------------------------------------------------------------------------

several <- c(0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1)
for (how in c("holm", "hochberg", "hommel", "bonferroni", "BH", "BY")) {
  entry(paste0("test.p_adjust.", how), character(), list(
    p = vec(several), adjusted = vec(p.adjust(several, how)), with_ties = vec(p.adjust(c(0.02, 0.02, 0.5, 0.01), how))
  ), rtol = 1e-12)
}

write_topic("13_tests", "Comparisons of groups and equivalence", c("metafor", "exactRankTests", "coin"))
