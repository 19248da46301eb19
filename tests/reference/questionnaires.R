# Scores of questionnaires: sums, means and percentages of items, some of them missing or reversed; utilities.
#
#   Rscript questionnaires.R        writes questionnaires.json beside itself, from data/questionnaire_answers.csv
#
# The answers are made up: drawn here once, and kept. psych::scoreItems turns reversed items and gives the mean of
# the items answered; times their number it is the prorated sum. Whoever lacks too many is then set to missing.
# What it does not offer (percentages, doubling, unanswered as no, value sets) is base R.

this_file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
if (length(this_file)) setwd(dirname(normalizePath(this_file)))
source("recording.R")
suppressPackageStartupMessages(library(psych))

kept <- "data/questionnaire_answers.csv"
sizes <- list(rmdq = c(24, 0, 1), odi = c(10, 0, 5), dass = c(21, 0, 3), fabq = c(16, 0, 6), pseq = c(10, 0, 6),
              peg = c(3, 0, 10), worry = c(6, 1, 5))
if (!file.exists(kept)) {
  set.seed(20261122)
  n <- 24
  drawn <- lapply(names(sizes), function(name) {
    s <- sizes[[name]]
    m <- matrix(sample(s[2]:s[3], n * s[1], replace = TRUE), n)
    m[matrix(runif(n * s[1]) < rep(c(0, 0.06, 0.2), length.out = n), n)] <- NA
    m[n, ] <- NA
    colnames(m) <- paste0(name, "_", seq_len(s[1]))
    m
  })
  profile <- matrix(sample(1:5, 5 * n, replace = TRUE), n,
                    dimnames = list(NULL, c("mobility", "self_care", "usual_activities", "pain_discomfort",
                                            "anxiety_depression")))
  profile[1, ] <- 1; profile[2, ] <- 5; profile[3, 4] <- NA
  write.csv(data.frame(participant_id = sprintf("P%02d", 1:n), month = rep(c(0, 3, 12), length.out = n), drawn, profile),
            kept, row.names = FALSE, na = "")
}
answers <- csv("questionnaire_answers")
items <- function(name, which = seq_len(sizes[[name]][1])) answers[paste0(name, "_", which)]
lacking <- function(m) rowSums(is.na(m))
missing_above <- function(score, m, most) {
  score[lacking(m) > most | lacking(m) == ncol(m)] <- NA
  vec(score)
}
# psych: keys name the items, a minus turns one; the range of the codes is given so that it need not guess
prorated <- function(name, which, most, turned = integer()) {
  m <- items(name, which)
  signs <- ifelse(which %in% turned, "-", "")
  found <- scoreItems(list(total = paste0(signs, names(m))), m, totals = FALSE, missing = TRUE, impute = "none",
                      min = sizes[[name]][2], max = sizes[[name]][3])
  missing_above(ncol(m) * as.vector(found$scores), m, most)
}

entry("questionnaires.rmdq", "questionnaire_answers",
      list(as_no = missing_above(rowSums(items("rmdq"), na.rm = TRUE), items("rmdq"), 23),
           prorated = prorated("rmdq", 1:24, 6), complete = vec(rowSums(items("rmdq"))),
           answered = vec(24 - lacking(items("rmdq")))))
odi <- items("odi")
entry("questionnaires.odi", "questionnaire_answers",
      list(percent = missing_above(rowSums(odi, na.rm = TRUE) / (5 * rowSums(!is.na(odi))) * 100, odi, 2),
           any = missing_above(rowSums(odi, na.rm = TRUE) / (5 * rowSums(!is.na(odi))) * 100, odi, 9)))
scales <- list(dass_depression = c(3, 5, 10, 13, 16, 17, 21), dass_anxiety = c(2, 4, 7, 9, 15, 19, 20),
               dass_stress = c(1, 6, 8, 11, 12, 14, 18))
entry("questionnaires.dass21", "questionnaire_answers",
      lapply(scales, function(own) vec(2 * prorated("dass", own, 1))))
entry("questionnaires.fabq", "questionnaire_answers",
      list(fabq_work = vec(rowSums(items("fabq", c(6, 7, 9, 10, 11, 12, 15)))),
           fabq_activity = vec(rowSums(items("fabq", 2:5)))))
entry("questionnaires.pseq", "questionnaire_answers",
      list(complete = vec(rowSums(items("pseq"))), prorated = prorated("pseq", 1:10, 1)))
entry("questionnaires.peg", "questionnaire_answers", list(peg = vec(rowMeans(items("peg")))))
entry("questionnaires.worry", "questionnaire_answers", list(worry = prorated("worry", 1:6, 2, turned = c(2, 5))),
      notes = "Made up: six items from 1 to 5, of which 2 and 5 run the other way; two may be missing.")

# Devlin and others (2018), table 2: what each level from 2 to 5 takes from full health.
england <- rbind(mobility = c(0.058, 0.076, 0.207, 0.274), self_care = c(0.050, 0.080, 0.164, 0.203),
                 usual_activities = c(0.050, 0.063, 0.162, 0.184), pain_discomfort = c(0.063, 0.084, 0.276, 0.335),
                 anxiety_depression = c(0.078, 0.104, 0.285, 0.289))
worth <- 1 - rowSums(sapply(rownames(england), function(d) c(0, england[d, ])[answers[[d]]]))
entry("questionnaires.eq5d", "questionnaire_answers",
      list(utility = vec(worth), decrements = lapply(split(england, rownames(england))[rownames(england)], vec)),
      notes = "The England value set, doi 10.1002/hec.3564; it is used by tests and does not come with walkstats.")
write_topic("questionnaires", "Scores of questionnaires", "psych")
