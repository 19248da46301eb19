# What a baseline table is made of: means, standard deviations, quartiles, counts and standardised
# differences. The differences are written out from their definitions with MASS::ginv.
# Run in this folder: Rscript summaries.R

source("recording.R")
suppressPackageStartupMessages(library(MASS))

numbers_by_group <- function(x, group) {
  by_one <- function(v) {
    q <- quantile(v, c(0.25, 0.5, 0.75), na.rm = TRUE, names = FALSE, type = 7)
    list(known = sum(!is.na(v)), missing = sum(is.na(v)), mean = mean(v, na.rm = TRUE),
         sd = sd(v, na.rm = TRUE), q1 = q[1], median = q[2], q3 = q[3],
         low = min(v, na.rm = TRUE), high = max(v, na.rm = TRUE))
  }
  sides <- split(x, group)
  m <- sapply(sides, mean, na.rm = TRUE)
  v <- sapply(sides, var, na.rm = TRUE)
  list(groups = lapply(sides, by_one), smd = unname((m[2] - m[1]) / sqrt((v[1] + v[2]) / 2)))
}

shares_by_group <- function(x, group) {
  counts <- table(group, x)
  p <- prop.table(counts, 1)[, -1, drop = FALSE]
  spread <- function(q) if (length(q) == 1) matrix(q * (1 - q)) else diag(q) - outer(q, q)
  pooled <- (spread(p[1, ]) + spread(p[2, ])) / 2
  d <- p[2, ] - p[1, ]
  list(counts = by_row(counts), smd = sqrt(drop(t(d) %*% ginv(pooled) %*% d)))
}

b <- csv("birthwt")
entry("summaries.birthwt.age.smoke", "birthwt", numbers_by_group(b$age, b$smoke), rtol = 1e-12)
entry("summaries.birthwt.lwt.ht", "birthwt", numbers_by_group(b$lwt, b$ht), rtol = 1e-12)
entry("summaries.birthwt.ht.smoke", "birthwt", shares_by_group(b$ht, b$smoke), rtol = 1e-12)
entry("summaries.birthwt.race.smoke", "birthwt", shares_by_group(b$race, b$smoke), rtol = 1e-10)

l <- csv("lung")
entry("summaries.lung.wt_loss.sex", "lung", numbers_by_group(l$wt_loss, l$sex), rtol = 1e-12,
      notes = "with missing values")
entry("summaries.lung.ph_ecog.sex", "lung", shares_by_group(l$ph_ecog, l$sex), rtol = 1e-10,
      notes = "with a missing value; ph_ecog 3 occurs in one sex only")

write_topic("summaries", "Summaries of baseline tables", "MASS")
