# Writes ADaM data sets with haven from the veteran data of the package survival, with dates that are
# made up, and stores R's survival estimates of them; then reads the data sets that walkstats wrote
# into `written/` and stores what haven sees in them.
# Run in this folder: Rscript cdisc.R
library(haven)
library(survival)

n <- nrow(veteran)
label <- function(x, text, format = NULL) {
  attr(x, "label") <- text
  if (!is.null(format)) attr(x, "format.sas") <- format
  x
}
id <- sprintf("VET-%03d", seq_len(n))
arm <- c("Standard", "Test")[veteran$trt]
start <- as.Date("2020-01-01") + 3 * (seq_len(n) - 1)
adsl <- data.frame(
  STUDYID = label(rep("VETERAN", n + 2), "Study Identifier"),
  USUBJID = label(c(id, "VET-900", "VET-901"), "Unique Subject Identifier"),
  SITEID = label(c(rep(c("01", "02"), length.out = n), "01", "02"), "Study Site Identifier"),
  AGE = label(c(veteran$age, 50, 51), "Age"),
  AGEU = label(rep("YEARS", n + 2), "Age Units"),
  SEX = label(rep("M", n + 2), "Sex"),
  TRT01P = label(c(arm, "", ""), "Planned Treatment for Period 01"),
  TRT01PN = label(c(veteran$trt, NA, NA), "Planned Treatment for Period 01 (N)"),
  RANDDT = label(c(start, NA, NA), "Date of Randomization", "DATE9"),
  RANDFL = label(c(rep("Y", n), "N", "N"), "Randomized Population Flag"),
  STRAT1R = label(c(as.character(veteran$celltype), "", ""), "Stratum 1 Value Used for Randomization"),
  STRAT1D = label(c(rep("Cell type", n), "", ""), "Description of Stratum 1"),
  stringsAsFactors = FALSE
)
# the first day is day 1
event <- veteran$status == 1
adtte <- data.frame(
  STUDYID = label(rep("VETERAN", n), "Study Identifier"),
  USUBJID = label(id, "Unique Subject Identifier"),
  PARAMCD = label(rep("OS", n), "Parameter Code"),
  PARAM = label(rep("Overall Survival (days)", n), "Parameter"),
  AVAL = label(veteran$time, "Analysis Value"),
  STARTDT = label(start, "Time-to-Event Origin Date for Subject", "DATE9"),
  ADT = label(start + veteran$time - 1, "Analysis Date", "DATE9"),
  CNSR = label(ifelse(event, 0, ifelse(veteran$time > 100, 1, 2)), "Censor"),
  EVNTDESC = label(
    ifelse(event, "DEATH", ifelse(veteran$time > 100, "END OF STUDY", "LOST TO FOLLOW-UP")),
    "Event or Censoring Description"
  )
)
months <- adtte
months$PARAMCD <- label(rep("OSM", n), "Parameter Code")
months$PARAM <- label(rep("Overall Survival (months)", n), "Parameter")
months$AVAL <- label(round(veteran$time / 30.4375, 1), "Analysis Value")
adae <- data.frame(
  USUBJID = label(c("VET-001", "VET-002", "VET-002", "VET-003"), "Unique Subject Identifier"),
  AESEQ = label(c(1, 1, 2, 1), "Sequence Number"),
  AEDECOD = label(c("Fall", "Knee pain", "Fall", "Headache"), "Dictionary-Derived Term"),
  AEBODSYS = label(c("Injury", "Musculoskeletal", "Injury", "Nervous system"), "Body System"),
  AESER = label(c("N", "N", "Y", "N"), "Serious Event"),
  AEREL = label(c("POSSIBLE", "NOT RELATED", "NOT RELATED", ""), "Causality"),
  ASTDT = label(c(start[1], start[2] + 9, NA, start[3] - 4), "Analysis Start Date", "DATE9"),
  ASTDY = label(c(1, 10, 30, -4), "Analysis Start Relative Day"),
  TRTEMFL = label(c("Y", "Y", "Y", ""), "Treatment Emergent Analysis Flag")
)
dir.create("haven", showWarnings = FALSE)
write_xpt(adsl, "haven/adsl.xpt", version = 5, name = "ADSL")
write_xpt(rbind(adtte, months), "haven/adtte.xpt", version = 5, name = "ADTTE")
write_xpt(adae, "haven/adae.xpt", version = 5, name = "ADAE")

curve <- survfit(Surv(AVAL, CNSR == 0) ~ factor(veteran$trt), data = adtte)
fit <- coxph(Surv(AVAL, CNSR == 0) ~ factor(veteran$trt) + strata(veteran$celltype), data = adtte)
estimates <- list(
  group = rep(c("Standard", "Test"), curve$strata), time = curve$time, n_risk = curve$n.risk,
  n_event = curve$n.event, survival = curve$surv,
  cox = list(coef = unname(coef(fit)), se = sqrt(vcov(fit)[1, 1])),
  R = R.version.string, survival_package = as.character(packageVersion("survival"))
)
write(jsonlite::toJSON(estimates, digits = NA, pretty = TRUE, auto_unbox = TRUE), "estimates.json")

if (dir.exists("written")) {
  seen <- lapply(c(adsl = "adsl", adtte = "adtte", adae = "adae"), function(name) {
    x <- read_xpt(file.path("written", paste0(name, ".xpt")))
    columns <- lapply(x, function(column) {
      if (inherits(column, "Date")) column <- format(column, "%Y-%m-%d")
      attributes(column) <- NULL
      column
    })
    list(
      label = attr(x, "label"), labels = lapply(x, attr, "label"),
      formats = Filter(Negate(is.null), lapply(x, attr, "format.sas")), columns = columns
    )
  })
  write(
    jsonlite::toJSON(seen, digits = NA, na = "null", pretty = TRUE, auto_unbox = TRUE),
    "written_as_haven_reads.json"
  )
}
