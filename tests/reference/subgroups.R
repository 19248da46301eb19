# Effects in subgroups: interaction in Cox, logistic, linear and Poisson models, and in restricted means.
#
#   Rscript subgroups.R        writes subgroups.json beside itself, from data/*.csv

this_file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
if (length(this_file)) setwd(dirname(normalizePath(this_file)))
source("recording.R")
suppressPackageStartupMessages({
  library(sandwich)
})

tight <- coxph.control(eps = 1e-11, iter.max = 60, toler.chol = 1e-13)
z <- qnorm(0.975)

# Effect in each level: the arm's coefficient plus the product of that level; the first level has no product.
by_level <- function(b, v, arm, products) {
  rows <- rbind(0, diag(length(products)))
  at <- matrix(0, nrow(rows), length(b), dimnames = list(NULL, names(b)))
  at[, arm] <- 1
  at[, products] <- rows
  list(effect = vec(at %*% b), se = vec(sqrt(diag(at %*% v %*% t(at)))))
}
wald <- function(b, v, products) drop(b[products] %*% solve(v[products, products]) %*% b[products])
risk_gap <- function(data, at) {
  fit <- summary(survfit(Surv(time, status) ~ arm, data), times = at)
  c(fit$surv[1] - fit$surv[2], sqrt(sum(fit$std.err^2)))
}
gaps <- function(data, level, at) {
  found <- sapply(split(data, level), risk_gap, at = at)
  w <- 1 / found[2, ]^2
  list(difference = vec(found[1, ]), se = vec(found[2, ]),
       q = sum(w * (found[1, ] - sum(w * found[1, ]) / sum(w))^2))
}

veteran <- csv("veteran")
veteran$arm <- factor(veteran$trt)
veteran$celltype <- factor(veteran$celltype, sort(unique(veteran$celltype)))
products <- paste0("arm2:celltype", levels(veteran$celltype)[-1])
full <- coxph(Surv(time, status) ~ arm * celltype + karno, veteran, control = tight)
none <- coxph(Surv(time, status) ~ arm + celltype + karno, veteran, control = tight)
entry("subgroups.veteran.cox", "veteran",
      c(by_level(coef(full), vcov(full), "arm2", products),
        list(wald = wald(coef(full), vcov(full), products), lr = 2 * (full$loglik[2] - none$loglik[2]),
             lr_p = anova(none, full)[["Pr(>|Chi|)"]][2]),
        setNames(gaps(veteran, veteran$celltype, 90), c("gap", "gap_se", "q"))),
      rtol = 1e-7, notes = "Karnofsky score as a covariate; risks at 90 days.")

veteran$both <- as.numeric(veteran$arm == "2") * veteran$prior / 10
strata <- coxph(Surv(time, status) ~ arm + both + strata(prior), veteran, control = tight)
entry("subgroups.veteran.strata", "veteran",
      list(effect = vec(c(coef(strata)[[1]], sum(coef(strata)))),
           se = vec(c(sqrt(vcov(strata)[1, 1]), sqrt(sum(vcov(strata))))), wald = coef(strata)[[2]]^2 / vcov(strata)[2, 2]),
      rtol = 1e-7, notes = "The modifier is a stratum: no coefficient of its own.")

linear <- coxph(Surv(time, status) ~ arm * age, veteran, control = tight)
ages <- c(45, 60, 68)
at <- cbind(1, 0, ages)
entry("subgroups.veteran.age", "veteran",
      list(effect = vec(at %*% coef(linear)), se = vec(sqrt(diag(at %*% vcov(linear) %*% t(at)))),
           wald = coef(linear)[[3]]^2 / vcov(linear)[3, 3], slope = coef(linear)[[3]]),
      rtol = 1e-7, notes = "A straight line in age, read at 45, 60 and 68 years.")
knots <- quantile(veteran$age, c(0.1, 0.5, 0.9))
bend <- function(x) {
  d <- function(j) pmax(x - knots[[j]], 0)^3
  s <- d(1) - d(2) * (knots[[3]] - knots[[1]]) / (knots[[3]] - knots[[2]]) +
    d(3) * (knots[[2]] - knots[[1]]) / (knots[[3]] - knots[[2]])
  s / (knots[[3]] - knots[[1]])^2
}
veteran$bent <- bend(veteran$age)
curved <- coxph(Surv(time, status) ~ arm * (age + bent), veteran, control = tight)
at <- cbind(1, 0, 0, ages, bend(ages))
crossed <- c("arm2:age", "arm2:bent")
entry("subgroups.veteran.age_spline", "veteran",
      list(effect = vec(at %*% coef(curved)), se = vec(sqrt(diag(at %*% vcov(curved) %*% t(at)))),
           wald = wald(coef(curved), vcov(curved), crossed),
           bent = coef(curved)[["arm2:bent"]]^2 / vcov(curved)["arm2:bent", "arm2:bent"]),
      rtol = 1e-6, notes = "A restricted cubic spline with knots at the 10th, 50th and 90th percentile.")

mean_to <- function(data, tau) {
  shown <- summary(survfit(Surv(time, status) ~ arm, data), rmean = tau)$table
  c(shown[2, "rmean"] - shown[1, "rmean"], sqrt(sum(shown[, "se(rmean)"]^2)))
}
found <- sapply(split(veteran, veteran$prior), mean_to, tau = 180)
entry("subgroups.veteran.restricted", "veteran",
      list(difference = vec(found[1, ]), se = vec(found[2, ]),
           q = (found[1, 1] - found[1, 2])^2 / sum(found[2, ]^2)),
      rtol = 1e-7, notes = "Restricted means to 180 days, by prior therapy.")

birth <- csv("birthwt")
birth$race <- factor(birth$race)
birth$smoke <- factor(birth$smoke)
products <- c("smoke1:race2", "smoke1:race3")
bent <- glm.control(epsilon = 1e-14, maxit = 100)
full <- glm(low ~ smoke * race + age, binomial, birth, control = bent)
none <- update(full, . ~ . - smoke:race)
gap <- sapply(split(birth, birth$race), function(d) diff(tapply(d$low, d$smoke, mean)))
entry("subgroups.birthwt.logistic", "birthwt",
      c(by_level(coef(full), vcov(full), "smoke1", products),
        list(wald = wald(coef(full), vcov(full), products), lr = anova(none, full, test = "LRT")$Deviance[2],
             gap = vec(gap))),
      rtol = 1e-6, notes = "Low birth weight and smoking by race, adjusted for age.")
full <- lm(bwt ~ smoke * race + age, birth)
v <- vcovHC(full, "HC3")
entry("subgroups.birthwt.means", "birthwt",
      c(by_level(coef(full), v, "smoke1", products),
        list(f = wald(coef(full), v, products) / 2, df = full$df.residual,
             model_f = anova(update(full, . ~ . - smoke:race), full)$F[2])),
      rtol = 1e-8, notes = "Birth weight, errors HC3; also the F test with model errors.")
full <- glm(low ~ smoke * race, poisson, birth, control = bent)
v <- vcovHC(full, "HC1")
entry("subgroups.birthwt.risk_ratio", "birthwt",
      c(by_level(coef(full), v, "smoke1", products), list(wald = wald(coef(full), v, products))),
      rtol = 1e-6, notes = "Risk ratios by Poisson regression with errors HC1.")
write_topic("subgroups", "Effects in subgroups, by interaction", c("survival", "sandwich"))
