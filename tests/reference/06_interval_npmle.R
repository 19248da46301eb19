# Topic 06: the nonparametric estimate from interval-censored data, its log-rank test and proportional hazards.
#   Rscript 06_interval_npmle.R        writes 06_interval_npmle.json
# Debian has no package for the regression and the test, so they are written out below; npsurv estimates the
# curve by another algorithm, glm fits the proportional hazards on a common grid of visits, and isotonic
# regression solves current status exactly.

this_file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
if (length(this_file)) setwd(dirname(normalizePath(this_file)))
source("recording.R")
suppressPackageStartupMessages(library(npsurv))

# ---- the estimate ------------------------------------------------------------------------------------------

# (left, right] of each row, an exact time where both are equal. Every row is written on a doubled integer
# scale: time number r is 2r, the open gap after it 2r + 1. Places of mass: a left end next to a right end.
npmle <- function(left, right, w = rep(1, length(left))) {
  exact <- left == right
  times <- sort(unique(c(left, right[is.finite(right)])))
  from <- 2 * match(left, times) + !exact
  to <- ifelse(is.finite(right), 2 * match(right, times), 2 * length(times) + 1)
  ends <- sort(unique(to))
  opens <- sapply(ends, function(e) max(from[from <= e]))
  ends <- ends[!duplicated(opens)]
  opens <- unique(opens)
  allowed <- outer(from, opens, "<=") & outer(to, ends, ">=")
  total <- sum(w)
  p <- rep(1 / length(ends), length(ends))
  update <- function(p) p * colSums(w * allowed / drop(allowed %*% p)) / total
  for (i in 1:100000) {
    following <- update(p)
    still <- max(abs(following - p)) > 1e-13
    p <- following
    if (!still) break
  }
  # Newton's method on the places that keep mass, the last of them being one less the others.
  slope <- function(p) colSums(w * allowed / drop(allowed %*% p)) / total - 1
  repeat {
    held <- which(p > 1e-7)
    q <- p[held] / sum(p[held])
    if (length(held) == 1) break
    on <- allowed[, held, drop = FALSE] * 1
    for (i in 1:50) {
      d <- on / drop(on %*% q)
      contrast <- d[, -length(q), drop = FALSE] - d[, length(q)]
      information <- crossprod(contrast * sqrt(w))
      step <- drop(solve(information, colSums(w * contrast)))
      q <- q + c(step, -sum(step))
      if (max(abs(step)) < 1e-15) break
    }
    if (all(q > 0)) break
    p[held[q <= 0]] <- 0
  }
  p <- replace(numeric(length(ends)), held, q)
  list(left = times[opens %/% 2], right = c(times, Inf)[ends %/% 2 + (ends == 2 * length(times) + 1)], p = p,
       allowed = allowed, w = w, loglik = sum(w * log(drop(allowed %*% p))), gap = max(slope(p)))
}

shown <- function(f) {
  k <- f$p > 0
  list(left = vec(f$left[k]), right = vec(f$right[k]), mass = vec(f$p[k]),
       surv_after = vec(pmax(0, 1 - cumsum(f$p[k]))), loglik = f$loglik, n_support = sum(k), n_candidate = length(k))
}

# survfit of survival, which stops early: kept to show by how much.
early <- function(frame) {
  s <- survfit(Surv(ifelse(lower == 0, NA, lower), upper, type = "interval2") ~ 1, data = frame)
  list(time = vec(s$time), surv = vec(s$surv))
}

deterioration <- csv("bcdeter")
open_end <- function(x) ifelse(is.na(x), Inf, x)
note <- "Mass on (left, right], an exact time where both are equal; conditions of the maximum met to 1e-12."
for (g in 1:2) {
  one <- subset(deterioration, treat == g)
  f <- npmle(one$lower, open_end(one$upper))
  stopifnot(f$gap < 1e-12)
  o <- shown(f)
  at <- function(p) {
    k <- which(o$surv_after <= 1 - p + 1e-12)[1]
    vec(c(o$left[k], o$right[k]))
  }
  entry(paste0("turnbull.bcdeter.treat", g), "bcdeter",
        c(o, list(quantile_intervals = list(q25 = at(0.25), q50 = at(0.5), q75 = at(0.75)), survfit = early(one))),
        rtol = 1e-6, notes = note)
}
f <- npmle(deterioration$lower, open_end(deterioration$upper))
stopifnot(f$gap < 1e-12)
entry("turnbull.bcdeter.pooled", "bcdeter", shown(f), rtol = 1e-6, notes = note)

one <- subset(deterioration, treat == 1)
twice <- 1 + seq_len(nrow(one)) %% 2
f <- npmle(one$lower, open_end(one$upper), twice)
stopifnot(f$gap < 1e-12)
entry("turnbull.bcdeter.weights", "bcdeter", c(list(weights = vec(twice)), shown(f)), rtol = 1e-6,
      notes = paste(note, "Weights 2, 1, 2, 1, ... in the order of the file."))

girls <- csv("menarche")
asked <- round(girls$Total)
yes <- round(girls$Menarche)
share <- isoreg(rep(yes / asked, asked))$yf[cumsum(asked)]
part <- function(k, p) ifelse(k > 0, k * log(p), 0)
entry("turnbull.menarche.current_status", "menarche",
      list(age = vec(girls$Age), n = vec(asked), yes = vec(yes), F = vec(share),
           loglik = sum(part(yes, share) + part(asked - yes, 1 - share))),
      rtol = 1e-9, notes = "Every girl is seen once: isotonic regression of the shares, each as often as girls were asked.")

sixty <- csv("lung")[1:60, ]
dead <- sixty$status == 2
known <- dead & seq_len(60) %% 3 == 0
L <- ifelse(dead & !known, pmax(sixty$time - 50, 0), sixty$time)
R <- ifelse(known, sixty$time, ifelse(dead, sixty$time + 20, Inf))
f <- npmle(L, R)
stopifnot(f$gap < 1e-12)
entry("turnbull.mixed_exact.lung", "lung",
      c(list(L = vec(L), R = vec(ifelse(is.finite(R), R, NA))), shown(f)), rtol = 1e-6,
      notes = paste(note, "The first 60 rows: every third row has its exact time where it is an event, the other",
                    "events lie between 50 days before and 20 days after."))

maintained <- subset(csv("aml"), x == 1)
f <- npmle(maintained$time, ifelse(maintained$status == 1, maintained$time, Inf))
km <- summary(survfit(Surv(time, status) ~ 1, data = maintained))
entry("turnbull.right_censored_is_km", "aml", c(shown(f), list(km_time = vec(km$time), km_surv = vec(km$surv))),
      rtol = 1e-9, notes = "Exact and right-censored times only: the Kaplan-Meier curve, the rest beyond 161.")

# ---- npsurv ------------------------------------------------------------------------------------------------

# Breast retraction after radiotherapy without (RT) and with (RCT) chemotherapy [months], Finkelstein and Wolfe
# (1985), as npsurv has it.
data(cancer, package = "npsurv")
both <- npsurv(as.matrix(cancer[, 1:2]), tol = 1e-12, maxit = 2000)$f
each <- function(g) {
  f <- npsurv(as.matrix(cancer[cancer$group == g, 1:2]), tol = 1e-12, maxit = 2000)
  list(left = vec(f$f$left), right = vec(f$f$right), mass = vec(f$f$p), loglik = f$ll)
}
entry("npsurv.cancer", character(), list(L = vec(cancer$L), R = vec(cancer$R), rct = vec(1 * (cancer$group == "RCT")),
      RT = each("RT"), RCT = each("RCT")), rtol = 1e-5, atol = 1e-6,
      notes = "By npsurv, which stops when the log-likelihood no longer rises: its masses have 5 digits.")

# ---- the log-rank test with Sun's scores -------------------------------------------------------------------

# Score of a row: the mean of 1 - H over the places allowed, H the cumulative null hazard there (-H at the last).
# Permutation variance: people dealt to the groups anew.
sun <- function(left, right, x) {
  f <- npmle(left, right)
  k <- f$p > 0
  p <- f$p[k]
  hazard <- p / rev(cumsum(rev(p)))
  at_place <- 1 - cumsum(hazard)
  rows <- drop((f$allowed[, k] * 1) %*% (p * at_place)) / drop((f$allowed[, k] * 1) %*% p)
  n <- length(x)
  score <- sum(rows[x == 1])
  variance <- var(rows) * sum((x - mean(x))^2)
  # Observed information of a shift b of the logits of the hazards, the hazards eliminated, differentiated
  # numerically: the places before the last have logits a + b x.
  free <- length(p) - 1
  loglik <- function(par) {
    total <- 0
    for (value in 0:1) {
      h <- c(plogis(par[1:free] + par[free + 1] * value), 1)
      mass <- h * cumprod(c(1, 1 - h[-length(h)]))
      total <- total + sum(log(drop((f$allowed[x == value, k] * 1) %*% mass)))
    }
    total
  }
  par <- c(qlogis(hazard[1:free]), 0)
  information <- -optimHess(par, loglik, control = list(ndeps = rep(1e-4, free + 1)))
  effective <- information[free + 1, free + 1] -
    information[free + 1, 1:free] %*% solve(information[1:free, 1:free], information[1:free, free + 1])
  list(scores = vec(rows), score = score, permutation_variance = variance, permutation_z = score / sqrt(variance),
       p = 2 * pnorm(-abs(score / sqrt(variance))), information = drop(effective))
}
entry("log_rank.cancer.sun", character(),
      c(list(L = vec(cancer$L), R = vec(cancer$R), rct = vec(1 * (cancer$group == "RCT"))),
        sun(cancer$L, cancer$R, 1 * (cancer$group == "RCT"))), rtol = 1e-6,
      notes = paste("information: observed, of a shift of the log odds of the hazard, differentiated numerically and",
                    "without the factor n / (n - 1)."))

# ---- proportional hazards ----------------------------------------------------------------------------------

# Five visits, nobody misses one: a binomial model with complementary log-log link and a term per visit.
last_seen <- cut(csv("veteran")$time, c(-1, 30, 60, 120, 240, 360, Inf), labels = FALSE)
grid <- transform(csv("veteran"), visit = last_seen)
long <- do.call(rbind, lapply(seq_len(nrow(grid)), function(i) {
  g <- grid[i, ]
  data.frame(visit = seq_len(min(g$visit, 5)), trt = g$trt, karno = g$karno,
             event = as.numeric(seq_len(min(g$visit, 5)) == g$visit))
}))
fit <- glm(event ~ 0 + factor(visit) + trt + karno, family = binomial("cloglog"), data = long,
           control = list(epsilon = 1e-15, maxit = 200))
# glm's scoring ends at 8 digits of the coefficients. A few of Newton's steps with the observed information (the
# link is not the canonical one) follow it.
X <- model.matrix(fit)
b <- coef(fit)
for (i in 1:5) {
  lambda <- exp(drop(X %*% b))
  odds <- exp(-lambda) / (1 - exp(-lambda))
  slope <- ifelse(long$event == 1, lambda * odds, -lambda)
  bend <- ifelse(long$event == 1, lambda * odds * (1 - lambda - lambda * odds), -lambda)
  information <- -crossprod(X, bend * X)
  b <- b + drop(solve(information, crossprod(X, slope)))
}
se <- sqrt(diag(solve(information)))
entry("interval_cox.veteran.grid", "veteran",
      list(visits = vec(c(30, 60, 120, 240, 360)), coef = as.list(b[6:7]), se = as.list(se[6:7]),
           loglik = as.numeric(logLik(fit)), hazard = vec(exp(b[1:5]))), rtol = 1e-8,
      notes = "Days 30, 60, 120, 240, 360; later times are right-censored at 360. glm with a term per visit, then Newton; observed information.")

# The breast data: the likelihood written out on the places of the null estimate and those beside them, its
# maximum found by optim over the logs of the steps; steps that go to zero are set there.
proportional <- function(left, right, x) {
  f <- npmle(left, right)
  m <- length(f$p)
  inside <- function(step, b) {
    H <- c(0, cumsum(step))
    first <- max.col(f$allowed, ties.method = "first")
    last <- max.col(f$allowed, ties.method = "last")
    risk <- exp(b * x)
    high <- ifelse(last == m, 0, exp(-H[pmin(last + 1, m)] * risk))
    max(sum(log(pmax(exp(-H[first] * risk) - high, 0))), -1e6)
  }
  # Profile of b: steps by a long sequence of bounded searches.
  best <- rep(0.05, m - 1)
  profile <- function(b) {
    for (i in 1:60) {
      o <- optim(best, function(s) -inside(s, b), method = "L-BFGS-B", lower = 0,
                 control = list(maxit = 5000, factr = 1e-2, pgtol = 0, parscale = rep(0.05, m - 1)))
      moved <- max(abs(o$par - best))
      best <<- o$par
      if (moved < 1e-9) break
    }
    -o$value
  }
  top <- optimize(profile, c(0, 2), maximum = TRUE, tol = 1e-7)
  list(coef = top$maximum, loglik = top$objective, loglik_null = profile(0), loglik_at_1 = profile(1))
}
entry("interval_cox.cancer", character(),
      c(list(L = vec(cancer$L), R = vec(cancer$R), rct = vec(1 * (cancer$group == "RCT"))),
        proportional(cancer$L, cancer$R, 1 * (cancer$group == "RCT"))), rtol = 1e-6, atol = 1e-5,
      notes = "L-BFGS-B over the steps of the baseline within a search over b: the log-likelihood has 7 digits, b has 4.")

write_topic("06_interval_npmle", "Interval-censored data", c("survival", "npsurv"))
