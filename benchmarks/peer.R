# Evaluates "TIMES<tab>EXPRESSION" from standard input and answers with the CPU seconds it took.
suppressPackageStartupMessages(library(survival))
lines <- file("stdin", open = "r")
while (length(line <- readLines(lines, n = 1)) > 0) {
  parts <- strsplit(line, "\t", fixed = TRUE)[[1]]
  if (length(parts) < 2) break
  times <- as.integer(parts[1])
  work <- parse(text = parts[2])
  began <- proc.time()
  for (i in seq_len(times)) for (one in work) eval(one, globalenv())
  took <- proc.time() - began
  cat(sum(took[c("user.self", "sys.self")]), "\n")
  flush(stdout())
}
