# Natural direct and indirect effects in the framing data, from R's lm, glm and polr and the formulas
# written out: closed forms with their gradients by hand, numerical integration where there is none.
# Run in this folder: Rscript mediation.R

source("recording.R")
suppressPackageStartupMessages(library(MASS))
d <- csv("framing")
d$educ <- factor(d$educ)
d$gender <- factor(d$gender)
d$high <- as.numeric(d$emo >= 8)
d$emo3 <- factor(cut(d$emo, c(0, 5, 8, 99), labels = c("low", "middle", "high")), ordered = TRUE)
adjust <- "age + educ + gender + income"
tight <- glm.control(epsilon = 1e-14, maxit = 100)
frm <- function(...) as.formula(paste(..., "+", adjust))
both <- function(a) transform(d, treat = a)
add <- function(id, values, rtol = 1e-8, notes = NULL, atol = 1e-10)
  entry(id, "framing", lapply(values, function(v) if (length(v) > 1) vec(v) else unname(v)), notes, rtol, atol)
four <- function(m) list(total = m[4] - m[1], direct = m[3] - m[1], indirect = m[4] - m[3],
  direct_second = m[4] - m[2], indirect_first = m[2] - m[1], proportion = (m[4] - m[3]) / (m[4] - m[1]))

# 1 two linear models with interaction: closed form, and the gradient by hand
med <- lm(frm("emo ~ treat"), d)
out <- lm(frm("immigr ~ treat * emo"), d)
b <- coef(med); t <- coef(out); vb <- vcov(med); vt <- vcov(out)
x <- colMeans(model.matrix(med)); x["treat"] <- 0
m0 <- sum(b * x)
closed <- function(a, which) switch(which,
  indirect = b["treat"] * (t["emo"] + t["treat:emo"] * a),
  direct = t["treat"] + t["treat:emo"] * (m0 + a * b["treat"]))
gradient <- function(a, which) {
  gb <- 0 * b; gt <- 0 * t
  if (which == "indirect") {
    gb["treat"] <- t["emo"] + t["treat:emo"] * a
    gt["emo"] <- b["treat"]; gt["treat:emo"] <- a * b["treat"]
  } else {
    gb <- t["treat:emo"] * x; gb["treat"] <- a * t["treat:emo"]
    gt["treat"] <- 1; gt["treat:emo"] <- m0 + a * b["treat"]
  }
  sqrt(sum(gb * (vb %*% gb)) + sum(gt * (vt %*% gt)))
}
sh <- sqrt(sum(resid(out)^2) / sum(resid(med)^2))
k <- (t["emo"] + t["treat:emo"]) / sh
at <- mean(d$emo)
add("mediation.linear", list(
  indirect = unname(closed(1, "indirect")), direct = unname(closed(0, "direct")),
  indirect_first = unname(closed(0, "indirect")), direct_second = unname(closed(1, "direct")),
  total = unname(closed(1, "indirect") + closed(0, "direct")),
  controlled = unname(t["treat"] + t["treat:emo"] * at),
  se_indirect = gradient(1, "indirect"), se_direct = gradient(0, "direct"),
  se_indirect_first = gradient(0, "indirect"), se_direct_second = gradient(1, "direct"),
  paths = unname(c(b["treat"], t["emo"], t["emo"] + t["treat:emo"])),
  rho = unname(k / sqrt(1 + k^2))), 1e-8,
  "standard errors by the delta method, covariates taken as fixed")

# 2 without interaction: Imai, Keele and Yamamoto 2010, theorem 4, from the reduced forms
out <- lm(frm("immigr ~ treat + emo"), d)
reduced <- lm(frm("immigr ~ treat"), d)
n <- nrow(d); p <- length(coef(med))
s1 <- sqrt(sum(resid(reduced)^2) / (n - p)); s2 <- sqrt(sum(resid(med)^2) / (n - p))
r12 <- sum(resid(reduced) * resid(med)) / sqrt(sum(resid(reduced)^2) * sum(resid(med)^2))
rhos <- c(-0.6, -0.3, 0, 0.3, 0.6)
acme <- coef(med)["treat"] * s1 / s2 * (r12 - rhos * sqrt((1 - r12^2) / (1 - rhos^2)))
add("mediation.rho", list(indirect = unname(acme[3]),
  total = unname(coef(reduced)["treat"]), zero = r12,
  curve = unname(acme)), 1e-8,
  "zero is the partial correlation of mediator and outcome, given arm and covariates")

# 3 binary outcome, probit, normal mediator: closed, averaged over people
out <- glm(frm("cong_mesg ~ treat * emo"), binomial("probit"), d, control = tight)
s <- summary(med)$sigma; g <- coef(out)
mean_probit <- function(a, other) {
  m <- predict(med, both(other))
  slope <- g["emo"] + a * g["treat:emo"]
  eta <- predict(out, transform(both(a), emo = m))
  mean(pnorm(eta / sqrt(1 + (slope * s)^2)))
}
cells <- c(mean_probit(0, 0), mean_probit(0, 1), mean_probit(1, 0), mean_probit(1, 1))
add("mediation.probit", four(cells), 1e-7,
  "glm stops by the deviance, and Fisher scoring of a probit comes to its end slowly", atol = 5e-9)

# 4 binary outcome, logistic: numerical integration person by person
out <- glm(frm("cong_mesg ~ treat * emo"), binomial, d, control = tight)
mean_logit <- function(a, other) {
  m <- predict(med, both(other)); g <- coef(out)
  base <- predict(out, transform(both(a), emo = 0)); slope <- g["emo"] + a * g["treat:emo"]
  mean(vapply(seq_along(m), function(i) integrate(function(z)
    plogis(base[i] + slope * (m[i] + s * z)) * dnorm(z), -12, 12, rel.tol = 1e-11,
    subdivisions = 500)$value, 0))
}
cells <- c(mean_logit(0, 0), mean_logit(0, 1), mean_logit(1, 0), mean_logit(1, 1))
rr <- cells[4] / cells[3]; rd <- cells[3] / cells[1]
ev <- function(r) { r <- max(r, 1 / r); r + sqrt(r * (r - 1)) }
at_mean <- function(a) mean(predict(out, transform(both(a), emo = at), type = "response"))
add("mediation.logistic", c(four(cells), list(risk_ratio_direct = rd, risk_ratio_indirect = rr,
  odds_ratio_indirect = (cells[4] / (1 - cells[4])) / (cells[3] / (1 - cells[3])),
  controlled = at_mean(1) - at_mean(0), e_direct = ev(rd), e_indirect = ev(rr))), 1e-7)

# 5 mediator of yes and no, both models logistic
med2 <- glm(frm("high ~ treat"), binomial, d, control = tight)
out <- glm(frm("cong_mesg ~ treat * high"), binomial, d, control = tight)
mean_yes <- function(a, other) {
  q <- predict(med2, both(other), type = "response")
  one <- predict(out, transform(both(a), high = 1), type = "response")
  none <- predict(out, transform(both(a), high = 0), type = "response")
  mean(q * one + (1 - q) * none)
}
cells <- c(mean_yes(0, 0), mean_yes(0, 1), mean_yes(1, 0), mean_yes(1, 1))
add("mediation.yes_no", four(cells), 1e-7)

# 6 mediator of ordered levels (proportional odds), linear outcome
med3 <- polr(frm("emo3 ~ treat"), d, method = "logistic",
             control = list(reltol = 1e-15, maxit = 1000))
d$emo3f <- factor(d$emo3, ordered = FALSE)
out <- lm(frm("immigr ~ treat * emo3f"), d)
mean_level <- function(a, other) {
  q <- predict(med3, both(other), type = "probs")
  y <- sapply(levels(d$emo3f), function(l)
    predict(out, transform(both(a), emo3f = factor(l, levels(d$emo3f)))))
  mean(rowSums(q * y))
}
cells <- c(mean_level(0, 0), mean_level(0, 1), mean_level(1, 0), mean_level(1, 1))
add("mediation.ordered", four(cells), 2e-5, "polr stops by the change of its deviance")

# 7 the same at the means of the covariates (two logistic models; textbook form)
num <- model.matrix(as.formula(paste("~", adjust)), d)[, -1]
centre <- colMeans(num)
dd <- data.frame(cong_mesg = d$cong_mesg, high = d$high, treat = d$treat, num)
f2 <- paste(colnames(dd)[-(1:3)], collapse = " + ")
med4 <- glm(as.formula(paste("high ~ treat +", f2)), binomial, dd, control = tight)
out4 <- glm(as.formula(paste("cong_mesg ~ treat * high +", f2)), binomial, dd, control = tight)
point <- function(a, h) data.frame(treat = a, high = h, t(centre))
cell <- function(a, other) {
  q <- predict(med4, point(other, 0), type = "response")
  unname(q * predict(out4, point(a, 1), type = "response") +
    (1 - q) * predict(out4, point(a, 0), type = "response"))
}
cells <- c(cell(0, 0), cell(0, 1), cell(1, 0), cell(1, 1))
add("mediation.at_means", four(cells), 1e-7)

write_topic("mediation", "Mediation", c("stats", "MASS"))
