# Harms of several kinds at once: exact tests, robust and negative binomial rate ratios, exact limits of few.
#
#   Rscript harms.R        writes harms.json beside itself, from data/*.csv
#
# Seizures of the epilepsy trial stand for harms: each two-week period is a kind, and periods with more than 15
# seizures are a kind with few participants.

this_file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
if (length(this_file)) setwd(dirname(normalizePath(this_file)))
source("recording.R")
suppressPackageStartupMessages({
  library(sandwich)
  library(MASS)
})

epil <- csv("epil")
epil$arm <- factor(epil$trt, 1:2, c("placebo", "progabide"))
tight <- glm.control(epsilon = 1e-14, maxit = 100)

people <- function(rows, count) {
  had <- tapply(count > 0, rows$arm, sum)
  test <- fisher.test(rbind(had, table(rows$arm) - had))
  list(participants = vec(had), events = vec(tapply(count, rows$arm, sum)), fisher = test$p.value)
}
limits <- function(estimate, se) estimate + c(-1, 1) * qnorm(0.975) * se

for (k in 1:4) {
  rows <- epil[epil$period == k, ]
  rows$days <- 14 - (rows$subject %% 3)
  fit <- glm(y ~ arm + offset(log(days)), poisson, rows, control = tight)
  v <- vcovHC(fit, "HC1")
  at <- cbind(c(1, 1), c(0, 1))
  logs <- as.vector(at %*% coef(fit))
  errors <- sqrt(diag(at %*% v %*% t(at)))
  nb <- glm.nb(y ~ arm + offset(log(days)), data = rows, control = glm.control(1e-12, 200))
  s <- summary(nb)$coefficients
  entry(paste0("harms.epil.period", k), "epil",
        c(people(rows, rows$y),
          list(rate = vec(exp(logs) * 100), rate_low = vec(exp(logs - qnorm(0.975) * errors) * 100),
               rate_high = vec(exp(logs + qnorm(0.975) * errors) * 100),
               log_ratio = unname(coef(fit)[2]), se = sqrt(v[2, 2]),
               low = limits(coef(fit)[2], sqrt(v[2, 2]))[1], high = limits(coef(fit)[2], sqrt(v[2, 2]))[2],
               nb_log_ratio = s[2, 1], nb_se = s[2, 2])),
        rtol = 1e-6, notes = "Rates per 100 days; 14 days less the number of the participant modulo 3.")
}

rows <- epil[epil$period == 4, ]
rows$days <- 14 - (rows$subject %% 3)
many <- as.integer(rows$y > 15)
x <- tapply(many, rows$arm, sum)
time <- tapply(rows$days, rows$arm, sum)
exact <- poisson.test(rev(as.vector(x)), rev(as.vector(time)))
own <- lapply(1:2, function(i) poisson.test(x[[i]], time[[i]])$conf.int * 100)
entry("harms.epil.many", "epil",
      c(people(rows, many),
        list(ratio = unname(exact$estimate), low = exact$conf.int[1], high = exact$conf.int[2], p = exact$p.value,
             rate_low = vec(sapply(own, `[`, 1)), rate_high = vec(sapply(own, `[`, 2)))),
      rtol = 1e-7, notes = "More than 15 seizures in the last period, with exact limits.")

published <- fisher.test(rbind(c(190, 183), c(350 - 190, 351 - 183)))
entry("harms.walkback.any", character(0), list(fisher = published$p.value),
      notes = "183 of 351 against 190 of 350, published with p = 0.60.")
write_topic("harms", "Harms of several kinds: exact tests, and rates with several events per person",
            c("sandwich", "MASS"))
