# What mice imputes: mean and variance over very many imputations of estimates from completed data. Chance
# enters, so a test compares within Monte Carlo error. Gaps are made by rule in complete data.
# Run in this folder: Rscript imputation.R

source("recording.R")
suppressPackageStartupMessages(library(mice))

m <- 4000
b <- csv("birthwt")[c("low", "age", "lwt", "smoke", "bwt")]

many <- function(d, method, statistics, rounds, seed) {
  made <- mice(d, m = m, method = method, maxit = rounds, seed = seed, printFlag = FALSE)
  values <- sapply(seq_len(m), function(k) statistics(complete(made, k)))
  list(imputations = m, mean = vec(rowMeans(values)), variance = vec(apply(values, 1, var)))
}

one <- b[c("age", "lwt", "bwt")]
one$bwt[one$age %% 4 == 0] <- NA
statistics <- function(x) c(mean(x$bwt), coef(lm(bwt ~ lwt, x))[["lwt"]])
entry("imputation.birthwt.normal", "birthwt", many(one, "norm", statistics, 1, 11),
      notes = "bwt missing where age is a multiple of 4; mean of bwt and slope of bwt on lwt")
entry("imputation.birthwt.pmm", "birthwt", many(one, "pmm", statistics, 1, 12), notes = "the same, 5 donors")

two <- b[c("age", "lwt", "smoke")]
two$smoke <- factor(two$smoke)
two$smoke[two$age %% 4 == 0] <- NA
two$lwt[two$age %% 5 == 1] <- NA
both <- function(x) c(mean(x$smoke == "1"), mean(x$lwt), mean(x$lwt[x$smoke == "1"]))
entry("imputation.birthwt.chained", "birthwt",
      many(two, c(age = "", lwt = "norm", smoke = "logreg"), both, 10, 13),
      notes = paste("smoke missing where age is a multiple of 4, lwt where it is 1 above one of 5;",
                    "share of smokers, mean of lwt, its mean among smokers"))

write_topic("imputation", "Imputation by chained equations", "mice", under = "draws")
