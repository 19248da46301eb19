# Marginal means, their contrasts and adjustments: the numbers that test_09_marginal.py expects.
# Run in this folder: Rscript 09_marginal.R

source("recording.R")
suppressPackageStartupMessages({
  library(emmeans)
  library(mvtnorm)
})
options(contrasts = c("contr.treatment", "contr.poly"))

means_of <- function(grid, ...) lapply(as.list(as.data.frame(summary(grid, infer = TRUE, ...))), vec)

# ---- birth weight: factors averaged over, equally or as they come ------------------------------------------

births <- csv("birthwt")
for (name in c("race", "smoke", "ht")) births[[name]] <- factor(births[[name]])
weights <- lm(bwt ~ race + smoke + ht + lwt, data = births)
entry("reg.birthwt.lsmeans_weights", "birthwt", list(
  equal = means_of(emmeans(weights, "smoke")),
  proportional = means_of(emmeans(weights, "smoke", weights = "proportional")),
  race_equal = means_of(emmeans(weights, "race")),
  race_proportional = means_of(emmeans(weights, "race", weights = "proportional"))
), "means at the mean lwt")

low <- glm(low ~ race + smoke + lwt, binomial, births, control = glm.control(epsilon = 1e-14, maxit = 100))
smokers <- emmeans(low, "smoke")
odds <- pairs(emmeans(low, "race"), reverse = TRUE, type = "response")
entry("reg.birthwt.logistic_emmeans", "birthwt", list(
  coef = as.list(coef(low)), vcov = by_row(vcov(low)),
  link = means_of(smokers), response = means_of(smokers, type = "response"), or = means_of(odds, adjust = "none")
), "coef and vcov: for a fit made by hand", rtol = 1e-7)

# ---- more: rates, cells, and the largest of several ---------------------------------------------------------

# Three factors that interact: means within levels of another, and shares of combinations that occur.
tangled <- lm(bwt ~ race * smoke + ht * smoke + lwt, data = births)
within <- emmeans(tangled, ~ race | smoke)
entry("reg.more.means_within", "birthwt", list(
  equal = means_of(within), proportional = means_of(emmeans(tangled, ~ race | smoke, weights = "proportional")),
  pairs = means_of(pairs(within, reverse = TRUE), adjust = "none"),
  lighter = means_of(emmeans(tangled, ~ race, at = list(lwt = 100, ht = "0")))
))

# Weights are of the regression; means of numbers and shares of levels count rows.
heavier <- lm(bwt ~ race * smoke + lwt, births, weights = ftv + 1)
entry("reg.more.weighted_means", "birthwt", list(
  equal = means_of(emmeans(heavier, "smoke")),
  proportional = means_of(emmeans(heavier, "smoke", weights = "proportional"))
), "weights 1 + ftv")

# Recurrences of epilepsy: rates and their ratios.
seizures <- transform(csv("epil"), trt = factor(trt))
counts <- glm(y ~ trt + log(base), poisson, seizures, control = glm.control(epsilon = 1e-14, maxit = 100))
entry("reg.more.rates", "epil", list(
  rate = means_of(emmeans(counts, "trt", type = "response")),
  ratio = means_of(pairs(emmeans(counts, "trt"), reverse = TRUE, type = "response"), adjust = "none")
), rtol = 1e-7)

# The largest of several statistics. mvtnorm goes to 1e-7 for three groups, and to 1e-6 beyond.
largest <- function(model, factor, method, digits) {
  contrasts <- contrast(emmeans(model, factor), method)
  correlation <- cov2cor(vcov(contrasts))
  shown <- as.data.frame(summary(contrasts, infer = TRUE, adjust = "none"))
  algorithm <- GenzBretz(maxpts = 1e6, abseps = 10^-digits)
  set.seed(20240624)
  beyond <- function(t) {
    reach <- rep(abs(t), nrow(shown))
    1 - as.numeric(pmvt(-reach, reach, df = df.residual(model), corr = correlation, algorithm = algorithm))
  }
  list(contrast = vec(shown$contrast), estimate = vec(shown$estimate), p = vec(sapply(shown$t.ratio, beyond)))
}
girls <- transform(csv("anorexia"), Treat = factor(Treat))
three <- lm(Postwt ~ Prewt + Treat, data = girls)
births$visits <- factor(pmin(births$ftv, 3))
four <- lm(bwt ~ visits + lwt, data = births)
entry("reg.more.largest", c("anorexia", "birthwt"), list(
  three_pairs = largest(three, "Treat", "revpairwise", 8), three_control = largest(three, "Treat", "trt.vs.ctrl", 8),
  four_pairs = largest(four, "visits", "revpairwise", 6), four_control = largest(four, "visits", "trt.vs.ctrl", 6)
), "p by mvtnorm::pmvt, which integrates by chance for more than two",
rtol = 1e-6, atol = 1e-7)

# Lines through the points of a figure.
at <- seq(90, 240, by = 15)
local <- function(span) {
  fit <- loess(bwt ~ lwt, births, span = span, degree = 1, control = loess.control(surface = "direct"))
  vec(predict(fit, data.frame(lwt = at)))
}
entry("reg.more.local_lines", "birthwt", list(at = vec(at), two_thirds = local(2 / 3), narrow = local(0.3)), rtol = 1e-9)

write_topic("09_marginal", "Marginal means and their contrasts, local lines", c("emmeans", "mvtnorm"))
