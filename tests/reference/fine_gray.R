# The Fine-Gray model with late entry, clusters and strata, from survival's finegray() and coxph().
#
#   Rscript fine_gray.R        writes fine_gray.json beside itself, from data/*.csv
#
# Two people in three of the melanoma data are taken to come under observation late, by a rule; the rest at 0.

this_file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
if (length(this_file)) setwd(dirname(normalizePath(this_file)))
source("recording.R")

tight <- coxph.control(eps = 1e-11, iter.max = 60, toler.chol = 1e-13)
melanoma <- csv("melanoma")
melanoma$end <- factor(c(1, 0, 2)[melanoma$status], 0:2, c("censor", "melanoma", "other"))
melanoma$row <- seq_len(nrow(melanoma))
melanoma$entry <- with(melanoma, ifelse(row %% 3 == 0, 0, (row * 37) %% 101 / 101 * 0.6 * time))
melanoma$cluster <- melanoma$row %% 23

fit_numbers <- function(fit) {
  se <- sqrt(diag(fit$var))
  list(coef = as.list(coef(fit)), robust_se = setNames(as.list(se), names(coef(fit))), vcov = by_row(fit$var),
       loglik_null = fit$loglik[1], loglik = fit$loglik[2])
}
columns <- c("entry", "time", "end", "sex", "age", "ulcer", "row", "cluster")
late <- finegray(Surv(entry, time, end) ~ ., data = melanoma[, columns], etype = "melanoma", id = row)
entry("fg.melanoma.late_entry", "melanoma",
      fit_numbers(coxph(Surv(fgstart, fgstop, fgstatus) ~ sex + age + ulcer, data = late, weights = fgwt,
                        cluster = row, ties = "breslow", control = tight)),
      rtol = 1e-6, notes = "Censoring and late entry both weigh; the weights count as known.")
long <- finegray(Surv(time, end) ~ ., data = melanoma[, columns], etype = "melanoma")
entry("fg.melanoma.clusters", "melanoma",
      fit_numbers(coxph(Surv(fgstart, fgstop, fgstatus) ~ sex + age + ulcer, data = long, weights = fgwt,
                        cluster = cluster, ties = "breslow", control = tight)),
      rtol = 1e-6, notes = "23 clusters: the row number modulo 23.")
entry("fg.melanoma.strata", "melanoma",
      fit_numbers(coxph(Surv(fgstart, fgstop, fgstatus) ~ sex + age + strata(ulcer), data = long, weights = fgwt,
                        cluster = row, ties = "breslow", control = tight)),
      rtol = 1e-6, notes = "A baseline for each kind of tumour; one estimate of censoring.")
write_topic("fine_gray", "The Fine-Gray model with late entry, clusters and strata")
