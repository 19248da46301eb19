# Writes the workbooks of this folder that R wrote, and what readxl reads from them.
#   Rscript workbooks.R        (in this folder; R 4.2.2, openxlsx 4.2.5.2, readxl 1.4.2, jsonlite)
library(openxlsx)

people <- data.frame(
  participant_id = c("001", "002", "003", "004"),
  arm = c("control", "walking", "walking", "control"),
  randomised_on = as.Date(c("2024-01-10", "2024-02-29", "2023-12-31", "1999-12-31")),
  planned_end_days = 365,
  age_years = c(54.1, 61, 1 / 3, 100 / 7),
  referral = c(TRUE, FALSE, FALSE, TRUE),
  adherence = c(0.85, 1, 0.125, 0),
  site = c(7, 12, 7, 3),
  seen_at = as.POSIXct(
    c("2024-01-10 09:30:00", "2024-02-29 23:59:59", "2023-12-31 00:00:00", "2000-01-01 12:00:01"),
    tz = "UTC"
  ),
  stringsAsFactors = FALSE
)
walking <- data.frame(
  participant_id = rep(c("001", "002"), each = 3),
  week = rep(1:3, 2),
  walking_minutes = c(90, 120.5, NA, 0, 0.1 + 0.2, 150),
  measured_by = "diary"
)

# A whole trial: sheets are tables, one is hidden, one holds trial.toml, cells have formats.
trial <- createWorkbook(creator = "workbooks.R")
addWorksheet(trial, "trial")
lines <- c(
  'name = "From a workbook"',
  'source = "synthetic: written by R"',
  'arms = ["control", "walking"]',
  'dates_between = ["1990-01-01", "2024-12-31"]',
  '[participants]',
  'carry = true',
  '[participants.columns.referral]',
  'type = "boolean"'
)
writeData(trial, "trial", lines, colNames = FALSE)
addWorksheet(trial, "Participants")
writeData(trial, "Participants", people, withFilter = TRUE)
percent <- createStyle(numFmt = "0%")
padded <- createStyle(numFmt = "000")
addStyle(trial, "Participants", percent, rows = 2:5, cols = 7, stack = TRUE)
addStyle(trial, "Participants", padded, rows = 2:5, cols = 8, stack = TRUE)
# Rows and columns that only have a colour.
addStyle(trial, "Participants", createStyle(fgFill = "#FFFF00"), rows = 6:40, cols = 1:12, gridExpand = TRUE)
setColWidths(trial, "Participants", cols = 8, widths = 10, hidden = TRUE)
addWorksheet(trial, "walking", visible = FALSE)
writeData(trial, "walking", walking)
addWorksheet(trial, "Codebook")
writeData(trial, "Codebook", data.frame(column = "adherence", means = "share of the sessions"))
saveWorkbook(trial, "trial_openxlsx.xlsx", overwrite = TRUE)

# The same people where dates are counted from 1904, as Excel for the Mac did until 2011.
mac <- createWorkbook(creator = "workbooks.R")
mac$workbook$workbookPr <- '<workbookPr date1904="1"/>'
addWorksheet(mac, "participants")
writeData(mac, "participants", people)
saveWorkbook(mac, "dates_1904.xlsx", overwrite = TRUE)

# What is refused: a title above the names, merged names, merged values, formulas never computed.
spoilt <- createWorkbook(creator = "workbooks.R")
addWorksheet(spoilt, "titled")
writeData(spoilt, "titled", "Baseline data, export of May")
writeData(spoilt, "titled", people, startRow = 4)
addWorksheet(spoilt, "merged names")
writeData(spoilt, "merged names", people)
mergeCells(spoilt, "merged names", cols = 5:7, rows = 1)
addWorksheet(spoilt, "merged values")
writeData(spoilt, "merged values", people)
mergeCells(spoilt, "merged values", cols = 2, rows = 3:4)
addWorksheet(spoilt, "formulas")
writeData(spoilt, "formulas", people[, 1:4])
writeFormula(spoilt, "formulas", c("D2+1", "D3+1"), startCol = 5, startRow = 2)
writeData(spoilt, "formulas", "last_day", startCol = 5, startRow = 1)
addWorksheet(spoilt, "serial")
writeData(spoilt, "serial", transform(people, randomised_on = c(45301, 45351, 45291, 36525)))
saveWorkbook(spoilt, "spoilt_openxlsx.xlsx", overwrite = TRUE)

# Two workbooks that Excel for Mac wrote and that come with readxl (MIT licence).
file.copy(readxl::readxl_example("deaths.xlsx"), "excel_deaths.xlsx", overwrite = TRUE)
file.copy(readxl::readxl_example("type-me.xlsx"), "excel_type_me.xlsx", overwrite = TRUE)

as_read <- function(file, sheet, ...) {
  frame <- suppressMessages(readxl::read_excel(file, sheet = sheet, ...))
  lapply(as.list(frame), function(column) {
    if (inherits(column, "POSIXct")) format(column, "%Y-%m-%dT%H:%M:%S", tz = "UTC") else column
  })
}
read <- list(
  "trial_openxlsx.xlsx/Participants" = as_read("trial_openxlsx.xlsx", "Participants"),
  "trial_openxlsx.xlsx/walking" = as_read("trial_openxlsx.xlsx", "walking"),
  "dates_1904.xlsx/participants" = as_read("dates_1904.xlsx", "participants"),
  "spoilt_openxlsx.xlsx/titled" = as_read("spoilt_openxlsx.xlsx", "titled", skip = 3),
  "excel_deaths.xlsx/arts" = as_read("excel_deaths.xlsx", "arts", range = "A5:F15"),
  "excel_deaths.xlsx/other" = as_read("excel_deaths.xlsx", "other", range = "A5:F15"),
  "excel_type_me.xlsx/date_coercion" =
    as_read("excel_type_me.xlsx", "date_coercion", col_types = c("date", "text")),
  "excel_type_me.xlsx/numeric_coercion" =
    as_read("excel_type_me.xlsx", "numeric_coercion", col_types = c("numeric", "text")),
  "trial_libreoffice.xlsx/participants" = as_read("trial_libreoffice.xlsx", "participants"),
  "trial_libreoffice.xlsx/Walking by week" = as_read("trial_libreoffice.xlsx", "Walking by week")
)
jsonlite::write_json(
  read, "workbooks_readxl.json", digits = NA, na = "null", auto_unbox = FALSE, pretty = TRUE
)
