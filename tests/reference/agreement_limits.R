# Two measurements of the same thing: limits of agreement with several pairs per person, and their intervals.
#
#   Rscript agreement_limits.R        writes agreement_limits.json beside itself, from data/*.csv
#
# Bland and Altman (1999, table 4) print the data, and (2007) the analysis of variance with its results. Intervals
# of the limits follow Zou (2013) from mean squares. The first three pairs of every person are a balanced set, for
# which a random intercept fitted by REML has the same variances.

this_file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
if (length(this_file)) setwd(dirname(normalizePath(this_file)))
source("recording.R")
suppressPackageStartupMessages(library(nlme))

cardiac <- csv("cardiac_output")
cardiac$who <- factor(cardiac$subject)

mover <- function(bias, error, parts, df, z, level) {
  variance <- sum(parts)
  tail <- (1 - level) / 2
  low <- variance - sqrt(sum((parts * (1 - df / qchisq(1 - tail, df)))^2))
  high <- variance + sqrt(sum((parts * (df / qchisq(tail, df) - 1))^2))
  sd <- sqrt(variance)
  mean <- qnorm(1 - tail) * error
  wide <- sqrt(mean^2 + z^2 * (sqrt(high) - sd)^2)
  near <- sqrt(mean^2 + z^2 * (sd - sqrt(max(low, 0)))^2)
  list(lower = bias - z * sd, lower_low = bias - z * sd - wide, lower_high = bias - z * sd + near,
       upper = bias + z * sd, upper_low = bias + z * sd - near, upper_high = bias + z * sd + wide)
}

nested <- function(d, who, z = qnorm(0.975), level = 0.95) {
  table <- anova(lm(d ~ who))
  m <- as.vector(base::table(who))
  n <- length(m); N <- sum(m)
  ms <- table[["Mean Sq"]]
  k <- (N^2 - sum(m^2)) / ((n - 1) * N)
  between <- (ms[1] - ms[2]) / k
  bias <- mean(d)
  error <- sqrt(between * sum(m^2) / N^2 + ms[2] / N)
  half <- qt(1 - (1 - level) / 2, n - 1) * error
  c(list(pairs = N, participants = n, bias = bias, std_error = error, conf_low = bias - half,
         conf_high = bias + half, sd_between = sqrt(between), sd_within = sqrt(ms[2]),
         sd = sqrt(between + ms[2])),
    mover(bias, error, c(ms[1] / k, (1 - 1 / k) * ms[2]), c(n - 1, N - n), z, level))
}

entry("agreement.cardiac.difference", "cardiac_output", nested(cardiac$rv - cardiac$ic, cardiac$who), rtol = 1e-10)

logs <- nested(log(cardiac$rv) - log(cardiac$ic), cardiac$who)
shown <- c("bias", "conf_low", "conf_high", "lower", "lower_low", "lower_high", "upper", "upper_low", "upper_high")
logs[shown] <- lapply(logs[shown], exp)
entry("agreement.cardiac.ratio", "cardiac_output", logs, rtol = 1e-10)

cardiac$visit <- ave(cardiac$subject, cardiac$subject, FUN = seq_along)
three <- cardiac[cardiac$visit <= 3, ]
three$d <- three$rv - three$ic
fit <- lme(d ~ 1, random = ~ 1 | who, data = three, control = lmeControl(tolerance = 1e-12, msTol = 1e-14))
parts <- as.numeric(VarCorr(fit)[, "StdDev"])
entry("agreement.cardiac.balanced", "cardiac_output",
      list(bias = as.numeric(fixef(fit)), std_error = sqrt(vcov(fit)[1, 1]), sd_between = parts[1],
           sd_within = parts[2]),
      rtol = 1e-5, notes = "nlme::lme by REML, of the first three pairs of each person; it prints its variances to fewer digits.")

once <- cardiac[cardiac$visit == 1, ]
d <- once$rv - once$ic
n <- length(d)
half <- qt(0.975, n - 1) * sd(d) / sqrt(n)
slope <- summary(lm(d ~ I((once$rv + once$ic) / 2)))$coefficients[2, ]
entry("agreement.cardiac.single", "cardiac_output",
      c(list(pairs = n, participants = n, bias = mean(d), std_error = sd(d) / sqrt(n), conf_low = mean(d) - half,
             conf_high = mean(d) + half, sd = sd(d), slope = slope[[1]]),
        mover(mean(d), sd(d) / sqrt(n), var(d), n - 1, qnorm(0.975), 0.95)),
      rtol = 1e-10)

entry("agreement.cardiac.published", "cardiac_output",
      list(ms_between = 4.2090856, ms_within = 0.170714026, divisor = 4.9818182, variance = 0.98133606,
           sd = 0.99062408, bias = 0.6021667, lower = -1.3394565, upper = 2.5437899),
      rtol = 5e-5, notes = "As Bland and Altman (2007) print them, with 1.96 for the normal quantile and rounded steps.")
write_topic("agreement_limits", "Limits of agreement with several pairs per person", "nlme")
