# Writes a small trial of made-up people with haven and foreign, as SPSS, Stata and SAS files.
# Run in this folder: Rscript statistical_files.R
# What haven itself reads from each file again is stored in statistical_files.json.
library(haven)
library(foreign)

people <- data.frame(
  id = c("P01", "P02", "P03", "P04"),
  arm = c(2, 1, 2, 1),
  randon = as.Date(c("2024-01-10", "2024-02-29", "2023-12-31", "1959-12-31")),
  seen = as.POSIXct(
    c("2024-01-10 08:30:00", "2024-02-29 00:00:00", NA, "1999-12-31 23:59:59"), tz = "UTC"
  ),
  age = c(54.5, 61, NA, 47.1),
  nrs = c(0, 10, -9, 7),
  site = c("Orléans", "Zürich, Süd", "", " two words"),
  stringsAsFactors = FALSE
)
labels <- c(
  id = "Participant", arm = "Allocated arm", randon = "Date of randomisation",
  seen = "First seen", age = "Age, in years", nrs = "Worst pain (0-10)", site = "Clinic"
)
plain <- people
plain$nrs[plain$nrs == -9] <- NA

labelled_people <- function(missing) {
  x <- people
  x$arm <- labelled(x$arm, c(walking = 1, control = 2))
  pain <- c("no pain" = 0, "worst pain" = 10)
  x$nrs <- switch(missing,
    spss = labelled_spss(x$nrs, c(pain, refused = -9), na_values = -9, na_range = c(-8, -1)),
    tagged = labelled(ifelse(x$nrs == -9, tagged_na("a"), x$nrs), c(pain, refused = tagged_na("a"))),
    sas = ifelse(x$nrs == -9, NA, x$nrs)
  )
  for (name in names(x)) attr(x[[name]], "label") <- labels[[name]]
  x
}

write_sav(labelled_people("spss"), "trial.sav")
write_sav(labelled_people("spss"), "trial_plain.sav", compress = "none")
write_sav(labelled_people("spss"), "trial.zsav", compress = "zsav")
for (version in c(8, 12, 13, 14, 15)) {
  x <- labelled_people("tagged")
  # the text of versions 8 to 13 has no declared encoding
  if (version < 14) x$site <- c("Orleans", "Zurich, Sud", "", " two words")
  write_dta(x, sprintf("trial_v%d.dta", version), version = version)
}
sas <- labelled_people("sas")
for (name in c("arm", "nrs")) sas[[name]] <- structure(as.numeric(sas[[name]]), label = labels[[name]])
write_xpt(sas, "trial_v5.xpt", version = 5, name = "PEOPLE", label = "Made-up people")
write_xpt(sas, "trial_v8.xpt", version = 8, name = "PEOPLE", label = "Made-up people")
suppressWarnings(write_sas(sas, "trial.sas7bdat"))

# foreign knows factors, not labels of numbers, and writes its own bytes
factors <- plain
factors$arm <- factor(factors$arm, 1:2, c("walking", "control"))
factors$site <- c("Orleans", "Zurich, Sud", "none", " two words")
factors$seen <- NULL
write.dta(factors, "foreign_v7.dta", version = 7, convert.factors = "labels")
write.dta(factors, "foreign_v10.dta", version = 10, convert.factors = "labels")

read_again <- list(
  sav = read_sav, zsav = read_sav, dta = read_dta, xpt = read_xpt, sas7bdat = read_sas
)
as_words <- function(x) {
  for (name in names(x)) {
    column <- x[[name]]
    if (inherits(column, "Date")) column <- format(column, "%Y-%m-%d")
    if (inherits(column, "POSIXct")) column <- format(column, "%Y-%m-%dT%H:%M:%S")
    column <- unclass(zap_labels(column))
    attributes(column) <- NULL
    x[[name]] <- column
  }
  as.list(x)
}
files <- c(
  Sys.glob("trial*.sav"), Sys.glob("pspp*.sav"), Sys.glob("*.zsav"), Sys.glob("*.dta"),
  Sys.glob("*.xpt"), Sys.glob("*.sas7bdat")
)
seen_by_haven <- lapply(setNames(files, files), function(file) {
  as_words(read_again[[tools::file_ext(file)]](file))
})
# haven and the library that walkstats uses share code; foreign reads by its own
numbers <- read.xport("trial_v5.xpt")
names(numbers) <- tolower(names(numbers))
seen_by_haven[["read by foreign"]] <- as.list(numbers[c("arm", "randon", "seen", "age", "nrs")])
write(
  jsonlite::toJSON(seen_by_haven, digits = NA, na = "null", pretty = TRUE, auto_unbox = FALSE),
  "statistical_files.json"
)

# written by SAS itself; it comes with haven (MIT licence)
iris_sas <- system.file("examples", "iris.sas7bdat", package = "haven")
packed <- gzfile("iris.sas7bdat.gz", "wb", compression = 9)
writeBin(readBin(iris_sas, "raw", file.size(iris_sas)), packed)
close(packed)
