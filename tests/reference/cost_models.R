# Mean costs by gamma regressions with log link, alone and behind a logistic regression of any cost, fitted in
# each arm apart and averaged over everybody.
#
#   Rscript cost_models.R        writes cost_models.json beside itself, from data/economics.csv
#
# Variances: the estimating functions of sandwich, put together with the spread of the predictions.

this_file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
if (length(this_file)) setwd(dirname(normalizePath(this_file)))
source("recording.R")
suppressPackageStartupMessages(library(sandwich))

people <- csv("economics")
people$any <- people$cost > 0
# Scoring steps shrink by a factor and the deviance is flat at its minimum: go on until nothing moves.
tight <- glm.control(epsilon = 1e-300, maxit = 200)
glm <- function(...) suppressWarnings(stats::glm(...))

# What each person adds to a coefficient: estimating function times bread, by sandwich.
influences <- function(fit, rows, n) {
  found <- matrix(0, n, length(coef(fit)))
  found[rows, ] <- estfun(fit) %*% bread(fit) / length(rows)
  found
}

by_arm <- function(people, arm, right) {
  n <- nrow(people)
  mine <- which(people$arm == arm)
  paid <- mine[people$cost[mine] > 0]
  x <- model.matrix(as.formula(paste("~", right)), people)
  how_much <- glm(as.formula(paste("cost ~", right)), family = Gamma("log"), data = people[paid, ], control = tight)
  mu <- exp(drop(x %*% coef(how_much)))
  p <- rep(1, n)
  if (length(paid) < length(mine)) {
    whether <- glm(as.formula(paste("any ~", right)), family = binomial, data = people[mine, ], control = tight)
    p <- plogis(drop(x %*% coef(whether)))
  }
  one <- (p * mu - mean(p * mu)) / n + influences(how_much, paid, n) %*% colMeans(x * p * mu)
  if (length(paid) < length(mine)) one <- one + influences(whether, mine, n) %*% colMeans(x * mu * p * (1 - p))
  list(mean = mean(p * mu), influence = drop(one))
}

compared <- function(people, right) {
  both <- lapply(c("control", "walking"), function(arm) by_arm(people, arm, right))
  m <- sapply(both, `[[`, "mean")
  i <- sapply(both, `[[`, "influence")
  v <- crossprod(i)
  list(means = vec(m), errors = vec(sqrt(diag(v))), difference = m[2] - m[1],
       error = sqrt(v[1, 1] + v[2, 2] - 2 * v[1, 2]), log_ratio = log(m[2] / m[1]),
       log_error = sqrt(sum((i[, 2] / m[2] - i[, 1] / m[1])^2)))
}

# The bread of the gamma model holds the dispersion twice, which cancels: estfun has it once on either side.
entry("costs.two_part.plain", "economics", compared(people, "1"))
entry("costs.two_part.adjusted", "economics", compared(people, "age + utility_0"))
entry("costs.gamma.adjusted", "economics", compared(people[people$any, ], "age + utility_0"),
      notes = "Among the people with costs.")
write_topic("cost_models", "Models of skewed costs", c("sandwich"))
