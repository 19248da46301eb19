# Standardised risks of death by sex in the lung data, riskRegression's ate.
# Run from tests/reference: Rscript standardised.R > standardised.json
suppressMessages({library(survival); library(riskRegression); library(jsonlite)})
lung <- read.csv("data/lung.csv")
lung <- lung[!is.na(lung$ph_ecog), ]
lung$sex <- factor(lung$sex)
lung$dead <- as.numeric(lung$status == 2)
fit <- coxph(Surv(time, dead) ~ sex + age + ph_ecog, lung, x = TRUE, y = TRUE,
             control = coxph.control(eps = 1e-12, toler.chol = 1e-13, iter.max = 100))
found <- ate(fit, data = lung, treatment = "sex", times = c(180, 365), se = TRUE, verbose = FALSE,
             product.limit = FALSE)
risk <- found$meanRisk[order(found$meanRisk$time, found$meanRisk$treatment), ]
change <- found$diffRisk[order(found$diffRisk$time), ]
cat(toJSON(list(r = R.version.string, riskRegression = as.character(packageVersion("riskRegression")),
  risk = risk$estimate, risk_se = risk$se, difference = change$estimate,
  difference_se = change$se), digits = 12, auto_unbox = TRUE, pretty = TRUE), "\n")
