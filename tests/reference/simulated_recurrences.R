# How often does an Andersen-Gill model reject at 5 % where the arms do not differ but people do?
#
#   Rscript simulated_recurrences.R        prints two rates; test_simulated_rates.py holds them
#
# 50 people per arm, followed for 12 months; each has a rate of recurrences of 2.5 a year times a gamma frailty of
# mean and variance 1, and recurs at most once a month. Standard errors clustered by person, and model-based.

suppressPackageStartupMessages(library(survival))
set.seed(20240301)
decide <- function() {
  person <- rep(1:100, each = 12)
  month <- rep(1:12, 100)
  hazard <- rgamma(100, shape = 1) * 2.5 / 12
  event <- runif(1200) < 1 - exp(-hazard[person])
  data <- data.frame(person, start = month - 1, stop = month, event, walking = (person > 50) + 0)
  fit <- coxph(Surv(start, stop, event) ~ walking, data, cluster = person)
  abs(coef(fit)) / sqrt(c(fit$var, fit$naive.var)) > qnorm(0.975)
}
found <- replicate(10000, decide())
cat("clustered", mean(found[1, ]), "model-based", mean(found[2, ]), "\n")
