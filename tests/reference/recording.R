# What the scripts of this folder share: reading a data set, laying an R object out as named lists, and
# writing entries. Nothing is estimated here.

suppressPackageStartupMessages({
  library(survival)
  library(jsonlite)
})
options(digits = 15, stringsAsFactors = FALSE)

csv <- function(name) read.csv(file.path("data", paste0(name, ".csv")))
vec <- function(x) I(as.vector(unname(x)))
by_row <- function(m) lapply(seq_len(nrow(m)), function(i) vec(m[i, ]))
squeeze <- function(x) gsub(" ", "", x, fixed = TRUE)

entries <- list()

# `values` may hold vectors (I() keeps them arrays), nested lists and scalars. The JSON has null where R has
# NA or NaN and the words "Inf" and "-Inf" where it has infinities.
entry <- function(id, data, values, notes = NULL, rtol = 1e-8, atol = 1e-10) {
  one <- list(id = id, data = I(paste0(data, ".csv", recycle0 = TRUE)), rtol = rtol, atol = atol,
              values = plain(values))
  if (!is.null(notes)) one$notes <- notes
  entries[[length(entries) + 1]] <<- one
  message(id)
}

plain <- function(x) {
  if (is.list(x)) return(lapply(x, plain))
  if (!is.numeric(x)) return(x)
  keep_array <- inherits(x, "AsIs")
  x <- as.vector(unclass(x))
  x[is.nan(x)] <- NA
  if (any(is.infinite(x))) x <- lapply(x, function(v) if (!is.na(v) && is.infinite(v)) as.character(v) else v)
  if (keep_array) I(x) else x
}

# `under` is "entries" for numbers that are compared one by one, and another word where R drew at random.
write_topic <- function(topic, title, packages = "survival", under = "entries") {
  document <- list(
    topic = topic, title = title, script = paste0(topic, ".R"), r_version = R.version.string,
    packages = sapply(packages, function(p) as.character(packageVersion(p)), simplify = FALSE)
  )
  document[[under]] <- entries
  writeLines(toJSON(document, auto_unbox = TRUE, digits = NA, na = "null", null = "null", pretty = TRUE),
             paste0(topic, ".json"))
}

# ---- survfit objects -------------------------------------------------------------------------------------

# The curve at every time of the fit, or read at chosen times (then carried on flat past the end of
# follow-up, and n_event, n_censor count since the time before). Standard errors: std_err of the survival
# probability, std_chaz of the cumulative hazard.
steps <- function(fit, at = NULL) {
  s <- if (is.null(at)) summary(fit, censored = TRUE) else summary(fit, times = at, extend = TRUE)
  columns <- c(time = "time", n_risk = "n.risk", n_event = "n.event", n_censor = "n.censor", surv = "surv",
               std_err = "std.err", lower = "lower", upper = "upper", cumhaz = "cumhaz", std_chaz = "std.chaz")
  table <- lapply(columns, function(name) s[[name]])
  rows <- seq_along(s$time)
  if (is.null(s$strata)) return(lapply(table, vec))
  groups <- split(rows, droplevels(s$strata))
  names(groups) <- squeeze(names(groups))
  lapply(groups, function(i) lapply(table, function(column) vec(column[i])))
}

quantiles <- function(fit, probs = c(0.25, 0.5, 0.75)) {
  q <- quantile(fit, probs = probs, conf.int = TRUE)
  part <- function(m) if (is.matrix(m)) setNames(by_row(m), squeeze(rownames(m))) else vec(m)
  list(probs = vec(probs), quantile = part(q$quantile), lower = part(q$lower), upper = part(q$upper))
}

# What print(survfit) shows for each curve: records, events, restricted mean, median and its limits.
headline <- function(fit) {
  shown <- summary(fit)$table
  if (!is.matrix(shown)) return(as.list(shown))
  setNames(lapply(seq_len(nrow(shown)), function(i) as.list(shown[i, ])), squeeze(rownames(shown)))
}
