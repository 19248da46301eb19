# Linear regression, its robust standard errors, and splines: the numbers that test_09_regression.py expects.
# Run in this folder: Rscript 09_regression.R

source("recording.R")
suppressPackageStartupMessages({
  library(sandwich)
  library(lmtest)
  library(clubSandwich)
  library(car)
  library(Hmisc)
  library(rms)
  library(splines)
  library(emmeans)
})
options(contrasts = c("contr.treatment", "contr.poly"))

# ---- laying R objects out ----------------------------------------------------------------------------------

named <- function(x, labels = names(x)) setNames(as.list(unname(as.vector(x))), labels)
table_columns <- function(x) lapply(as.list(as.data.frame(x)), vec)
standard_errors <- function(v) sqrt(diag(v))

described <- function(model) {
  shown <- summary(model)
  rows <- rownames(shown$coefficients)
  column <- function(j) named(shown$coefficients[, j], rows)
  limits <- confint(model)
  f <- shown$fstatistic
  list(
    n = nobs(model), coef = column(1), se = column(2), t = column(3), p = column(4),
    lower95 = named(limits[, 1], rows), upper95 = named(limits[, 2], rows),
    sigma = shown$sigma, df_resid = df.residual(model), r2 = shown$r.squared, adj_r2 = shown$adj.r.squared,
    f = list(stat = f[[1]], df1 = f[[2]], df2 = f[[3]], p = pf(f[[1]], f[[2]], f[[3]], lower.tail = FALSE)),
    loglik = c(logLik(model)), aic = AIC(model), bic = BIC(model)
  )
}

# Estimates with another covariance; `df` is Inf for a normal reference.
with_covariance <- function(model, v, df) {
  b <- coef(model)
  ratio <- b / standard_errors(v)
  tail <- if (is.infinite(df)) pnorm(-abs(ratio)) else pt(-abs(ratio), df)
  list(se = named(standard_errors(v), names(b)), stat = named(ratio, names(b)), p = named(2 * tail, names(b)),
       vcov = by_row(v))
}

means_of <- function(grid, ...) table_columns(summary(grid, infer = TRUE, ...))

# ---- birth weight: one row per mother ------------------------------------------------------------------------

births <- csv("birthwt")
full <- lm(bwt ~ age + lwt + factor(race) + smoke + ht + ui, data = births)
first10 <- function(x) vec(x[1:10])
entry("reg.birthwt.ols", "birthwt", c(described(full), list(
  vcov = by_row(vcov(full)), fitted_first10 = first10(fitted(full)), resid_first10 = first10(resid(full)),
  leverage_first10 = first10(hatvalues(full)), rstudent_first10 = first10(rstudent(full)),
  cooks_first10 = first10(cooks.distance(full))
)), rtol = 1e-9)

without_race <- update(full, . ~ . - factor(race))
for (kind in paste0("HC", 0:4)) {
  v <- vcovHC(full, type = kind)
  race <- waldtest(full, without_race, vcov = v)
  entry(paste0("reg.birthwt.", kind), "birthwt", c(
    with_covariance(full, v, df.residual(full)),
    list(wald_race = list(df = race$Df[2], F = race$F[2], p = race[["Pr(>F)"]][2]))
  ), "t with the residual degrees of freedom; df of wald_race has the sign of lmtest", rtol = 1e-9)
}

typed <- Anova(full, type = 2)
in_order <- anova(full)
variances <- bptest(full)
form <- resettest(full, power = 2:3)
entry("reg.birthwt.joint_tests", "birthwt", list(
  type2 = list(terms = vec(rownames(typed)), ss = vec(typed[["Sum Sq"]]), df = vec(typed[["Df"]]),
               F = vec(typed[["F value"]]), p = vec(typed[["Pr(>F)"]])),
  sequential = list(ss = vec(in_order[["Sum Sq"]]), F = vec(in_order[["F value"]]), p = vec(in_order[["Pr(>F)"]])),
  breusch_pagan = list(stat = variances$statistic[[1]], df = variances$parameter[[1]], p = variances$p.value[[1]]),
  reset = list(F = form$statistic[[1]], p = form$p.value[[1]]),
  vif = by_row(car::vif(full))
), "vif has the columns GVIF, df, GVIF^(1/(2 df))")

weighted <- lm(bwt ~ smoke + lwt, data = births, weights = 1 + ftv)
entry("reg.birthwt.wls", "birthwt", c(described(weighted), list(
  HC0 = with_covariance(weighted, vcovHC(weighted, "HC0"), Inf),
  HC3 = with_covariance(weighted, vcovHC(weighted, "HC3"), Inf)
)), "weights 1 + ftv; HC0 and HC3 with a normal reference", rtol = 1e-9)

# ---- clusters: children measured four times, patients seen four times -------------------------------------------

children <- csv("orthodont")
growth <- lm(distance ~ I(age - 11) * I(Sex - 1), data = children)
by_child <- function(type, adjust = TRUE) {
  with_covariance(growth, vcovCL(growth, cluster = children$id, type = type, cadjust = adjust), 26)
}
reduced <- coef_test(growth, vcov = vcovCR(growth, cluster = children$id, type = "CR2"), test = "Satterthwaite")
entry("reg.orthodont.cluster", "orthodont", list(
  coef = named(coef(growth)), n_clusters = 27,
  CL_HC0_noadj = by_child("HC0", FALSE), CL_HC0 = by_child("HC0"), CL_HC1 = by_child("HC1"),
  CL_HC2 = by_child("HC2"), CL_HC3 = by_child("HC3"),
  CR2_se = vec(reduced$SE), CR2_satterthwaite_df = vec(reduced$df_Satt), CR2_p = vec(reduced$p_Satt),
  CR3_se = vec(standard_errors(vcovCR(growth, cluster = children$id, type = "CR3")))
), "CL_HC0 multiplies by G / (G - 1), CL_HC1 also by (n - 1) / (n - k); t with 26 degrees of freedom")

seizures <- csv("epil")
rates <- lm(log(y + 1) ~ trt + log(base) + V4, data = seizures)
by_patient <- function(type) with_covariance(rates, vcovCL(rates, cluster = seizures$subject, type = type), Inf)
entry("reg.epil.cluster_subject", "epil", list(
  coef = named(coef(rates)), n_clusters = 59, CL_HC1 = by_patient("HC1"), CL_HC2 = by_patient("HC2"),
  CL_HC3 = by_patient("HC3"), heteroskedastic_HC3 = with_covariance(rates, vcovHC(rates, "HC3"), Inf)
), "normal reference")

# ---- splines -----------------------------------------------------------------------------------------------------

lungs <- csv("lung")
first8 <- function(basis) by_row(matrix(as.numeric(basis), nrow(basis))[1:8, , drop = FALSE])
restricted <- function(k) {
  basis <- rcspline.eval(lungs$age, nk = k, inclx = TRUE)
  list(knots = vec(attr(basis, "knots")), basis_first8 = first8(basis))
}
numbers <- setNames(lapply(3:7, restricted), paste0("nk", 3:7))
plain_terms <- rcspline.eval(lungs$age, nk = 4, inclx = TRUE, norm = 0)
entry("reg.rcs.knots_and_basis", "lung", c(
  list(x_first8 = vec(lungs$age[1:8])), numbers,
  list(norm0_nk4_first4 = by_row(matrix(as.numeric(plain_terms), ncol = 3)[1:4, ]))
), "norm0 is not divided by the squared distance of the outer knots", rtol = 1e-9)

ranges <- datadist(births)
options(datadist = "ranges")
spline_fit <- rms::ols(bwt ~ rcs(lwt, 4) + smoke, data = births)
tests <- anova(spline_fit)
f_test <- function(row) list(F = tests[row, "F"], df = tests[row, "d.f."], p = tests[row, "P"])
doses <- data.frame(lwt = c(90, 110, 130, 150, 180, 220), smoke = 0)
at_doses <- predict(spline_fit, doses, se.fit = TRUE)
entry("reg.birthwt.rcs_ols", "birthwt", list(
  knots = vec(spline_fit$Design$parms$lwt), coef = named(coef(spline_fit)),
  se = vec(standard_errors(vcov(spline_fit))), newdata = table_columns(doses),
  fitted = vec(at_doses$linear.predictors), fitted_se = vec(at_doses$se.fit),
  nonlinear = f_test(2), overall_lwt = f_test(1)
))

knots <- attr(rcspline.eval(lungs$age, nk = 4), "knots")
basis_at <- function(age) matrix(as.numeric(rcspline.eval(age, knots = knots, inclx = TRUE)), ncol = 3)
tight <- coxph.control(eps = 1e-12, iter.max = 60, toler.chol = 1e-13)
lungs$spline <- basis_at(lungs$age)
hazards <- coxph(Surv(time, status == 2) ~ spline + sex, data = lungs, control = tight)
ages <- seq(45, 75, by = 5)
differences <- sweep(basis_at(ages), 2, basis_at(c(60, 60))[1, ])
bent <- coef(hazards)[2:3]
wald <- sum(bent * solve(vcov(hazards)[2:3, 2:3], bent))
entry("reg.lung.rcs_cox", "lung", list(
  knots = vec(knots), coef = vec(coef(hazards)), se = vec(standard_errors(vcov(hazards))),
  loglik = hazards$loglik[2],
  nonlinear_wald = list(chisq = wald, df = 2, p = pchisq(wald, 2, lower.tail = FALSE)),
  age = vec(ages), loghr_v_60 = vec(differences %*% coef(hazards)[1:3]),
  se_loghr = vec(sqrt(rowSums((differences %*% vcov(hazards)[1:3, 1:3]) * differences)))
), rtol = 1e-7)

natural <- ns(lungs$age, df = 3)
b_spline <- bs(lungs$age, df = 5)
performance <- lm(ph_karno ~ ns(age, df = 3), data = lungs)
at_ages <- predict(performance, data.frame(age = c(40, 55, 70, 80)), se.fit = TRUE)
entry("reg.ns_bs", "lung", list(
  x_first8 = vec(lungs$age[1:8]),
  ns3_knots = vec(attr(natural, "knots")), ns3_boundary = vec(attr(natural, "Boundary.knots")),
  ns3_first8 = first8(natural), bs5_knots = vec(attr(b_spline, "knots")), bs5_first8 = first8(b_spline),
  ns_custom_first8 = first8(ns(lungs$age, knots = c(55, 65), Boundary.knots = c(40, 80))),
  lm_coef = named(coef(performance)), lm_fit_at = vec(at_ages$fit), lm_fit_se = vec(at_ages$se.fit)
), "one row without ph_karno is left out of the regression", rtol = 1e-9)

# ---- analysis of covariance: three treatments of anorexia ----------------------------------------------------------

girls <- transform(csv("anorexia"), Treat = factor(Treat))
adjusted <- lm(Postwt ~ Prewt + Treat, data = girls)
means <- emmeans(adjusted, "Treat")
entry("reg.anorexia.ancova", "anorexia", list(
  model = described(adjusted), lsmeans = means_of(means), pairs_none = means_of(pairs(means), adjust = "none"),
  pairs_tukey = means_of(pairs(means), adjust = "tukey"),
  pairs_bonferroni = means_of(pairs(means), adjust = "bonferroni"),
  pairs_holm_p = vec(as.data.frame(summary(pairs(means), adjust = "holm"))$p.value),
  vs_control = means_of(contrast(means, "trt.vs.ctrl", ref = 2), adjust = "none"),
  anova_type2 = table_columns(Anova(adjusted)[1:2, ])
), "means at the mean Prewt", rtol = 1e-7)

apart <- lm(Postwt ~ Prewt * Treat, data = girls)
at_weights <- emmeans(apart, ~ Treat | Prewt, at = list(Prewt = c(78, 82, 86)))
interaction <- Anova(apart)[3, ]
entry("reg.anorexia.ancova_interaction", "anorexia", list(
  model = described(apart), lsmeans = means_of(at_weights), pairs = means_of(pairs(at_weights), adjust = "none"),
  slopes = means_of(emtrends(apart, "Treat", var = "Prewt")),
  interaction_F = list(ss = interaction[[1]], df = interaction[[2]], F = interaction[[3]], p = interaction[[4]])
), rtol = 1e-7)

robust_means <- emmeans(adjusted, "Treat", vcov. = vcovHC(adjusted, "HC3"))
entry("reg.anorexia.ancova_robust", "anorexia", list(
  lsmeans_HC3 = means_of(robust_means), pairs_HC3 = means_of(pairs(robust_means), adjust = "none")
), "HC3, t with the residual degrees of freedom")

# ---- more than the first set: what else the code has to get right ---------------------------------------------------

# Weighted, clustered: clubSandwich works on the rows times the root of their weight. Contrasts with their df too.
children$weight <- children$age - 6
heavier <- lm(distance ~ I(age - 11) * I(Sex - 1), data = children, weights = weight)
clustered <- function(model, groups, type = "CR2") {
  v <- vcovCR(model, cluster = groups, type = type)
  shown <- coef_test(model, vcov = v, test = "Satterthwaite")
  list(se = vec(shown$SE), df = vec(shown$df_Satt), p = vec(shown$p_Satt), vcov = by_row(as.matrix(v)))
}
combinations <- list(girl_at_14 = c(1, 3, 1, 3), slope_of_girls = c(0, 1, 0, 1), gap_at_8 = c(0, 0, 1, -3))
contrasts_of <- function(model, groups, rows) {
  shown <- linear_contrast(model, vcov = vcovCR(model, cluster = groups, type = "CR2"), contrasts = do.call(rbind, rows))
  list(estimate = vec(shown$Est), se = vec(shown$SE), df = vec(shown$df))
}
entry("reg.more.weighted_clusters", "orthodont", list(
  CR2 = clustered(heavier, children$id), CR3 = clustered(heavier, children$id, "CR3"),
  HC2 = with_covariance(heavier, vcovHC(heavier, "HC2"), 104), contrasts = contrasts_of(growth, children$id, combinations)
), "weights age - 6; contrasts of the unweighted model: girls at 14, slope of girls, girls less boys at 8")

entry("reg.more.epil_CR2", "epil", list(
  CR2 = clustered(rates, seizures$subject), CR3 = clustered(rates, seizures$subject, "CR3")
))

# Joint tests with few clusters: Hotelling's T-squared with an approximate Wishart distribution.
hotelling <- function(model, groups, which, type = "CR2") {
  shown <- Wald_test(model, constrain_zero(which), vcov = type, cluster = groups, test = "HTZ")
  list(F = shown$Fstat, df = shown$df_num, df_denominator = shown$df_denom, p = shown$p_val)
}
entry("reg.more.joint_clusters", c("orthodont", "epil"), list(
  girl = hotelling(growth, children$id, 3:4), all = hotelling(growth, children$id, 2:4),
  weighted = hotelling(heavier, children$id, 3:4), epil = hotelling(rates, seizures$subject, 2:4),
  epil_CR3 = hotelling(rates, seizures$subject, 2:4, "CR3")
))

# Weights that follow no pattern within clusters or between them: the rows times the root of their weight. Given
# lm(weights = w), clubSandwich takes another root of the same adjustment for CR2, and errors of equal variance for the
# degrees of freedom; the standard errors of CR3 are the same either way.
children$w <- (1 + (7 * (seq_len(nrow(children)) - 1)) %% 13) / 10
seizures$w <- sqrt(seizures$age) * (1 + (5 * (seq_len(nrow(seizures)) - 1)) %% 11)
both_kinds <- function(model, groups) {
  rooted <- data.frame(y = sqrt(weights(model)) * model.response(model.frame(model)),
                       x = I(sqrt(weights(model)) * model.matrix(model)))
  white <- lm(y ~ 0 + x, data = rooted)
  as_given <- coef_test(model, vcov = vcovCR(model, cluster = groups, type = "CR3"), test = "naive-t")
  list(coef = vec(coef(model)), CR2 = clustered(white, groups), CR3 = clustered(white, groups, "CR3"),
       CR3_as_given = vec(as_given$SE), last_two = hotelling(white, groups, 3:4))
}
entry("reg.more.uneven_weights", c("orthodont", "epil"), list(
  growth = both_kinds(lm(distance ~ I(age - 11) * I(Sex - 1), data = children, weights = w), children$id),
  rates = both_kinds(lm(log(y + 1) ~ trt + log(base) + V4, data = seizures, weights = w), seizures$subject)
), "weights (1 + 7 i mod 13) / 10 in row i = 0, 1, ...; root of age times (1 + 5 i mod 11)")

# Every child with a level of its own: each cluster fits its own intercept exactly.
own_level <- lm(distance ~ factor(id) + I(age - 11) + I(age - 11):I(Sex - 1), data = children)
within <- coef_test(own_level, vcov = vcovCR(own_level, cluster = children$id, type = "CR2"), test = "Satterthwaite")
entry("reg.more.absorbed_clusters", "orthodont", list(
  se = vec(within$SE[28:29]), df = vec(within$df_Satt[28:29])
), "the slope of boys, and the difference of slopes")

# Heaps at an end of the range move the knots; below 100 values the outer knots are order statistics.
heaped <- list(low = pmax(0, seq(-60, 340)), both = pmin(pmax(0, seq(-60, 340)), 300), few = (1:40)^1.5)
entry("reg.more.knots", character(), lapply(heaped, function(x) {
  setNames(lapply(3:6, function(k) vec(rcspline.eval(x, nk = k, knots.only = TRUE))), paste0("nk", 3:6))
}), "low: the whole numbers -60 to 340, negative ones as 0; both: also at most 300; few: j^1.5, j to 40", rtol = 1e-12)

# Columns beyond the boundary knots: straight lines, or the outer polynomials.
beyond <- seq(-2, 12, by = 0.5)
inner <- c(3, 5.5, 6)
entry("reg.more.beyond_boundary", character(), list(
  ns = by_row(unclass(ns(beyond, knots = inner, Boundary.knots = c(0, 10)))),
  bs = by_row(suppressWarnings(unclass(bs(beyond, knots = inner, Boundary.knots = c(0, 10))))),
  bs_quadratic = by_row(unclass(bs(beyond, df = 6, degree = 2)))
), "x from -2 to 12 by 0.5; knots 3, 5.5, 6 and 0, 10", rtol = 1e-10)

write_topic("09_regression", "Linear regression, robust standard errors, splines",
            c("sandwich", "lmtest", "clubSandwich", "car", "Hmisc", "rms", "emmeans", "survival"))
