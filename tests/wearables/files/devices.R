# Rscript devices.R: files of step counters as their makers' programs lay them out, with numbers that follow from the
# number k of the epoch. No program of a maker is at hand here: the layouts are theirs, the files are R's.
set.seed(1)

# An .agd file by RSQLite, whose numbers are stored as real ones: 150 epochs of 60 s, steps k, axis1 2 k.
library(RSQLite)
k <- 0:149
ticks <- bit64::as.integer64("638655846000000000") + bit64::as.integer64(k) * bit64::as.integer64("600000000")
unlink("rsqlite_60s.agd")
base <- dbConnect(SQLite(), "rsqlite_60s.agd")
dbWriteTable(base, "data", data.frame(dataTimestamp = ticks, axis1 = 2 * k, axis2 = 0, axis3 = 0, steps = as.numeric(k)))
dbWriteTable(base, "settings", data.frame(settingID = 1:2, settingName = c("epochlength", "subjectname"),
                                          settingValue = c("60", "walker 2")))
dbDisconnect(base)

# Epoch CSV files with the header of ten lines: with and without date and time in each row.
head_of <- function(form, date, epoch) c(
  paste("------------ Data Table File Created By ActiGraph GT3X+ ActiLife v6.13.3 Firmware v2.5.0 date format", form,
        "Filter Normal -----------"),
  "Serial Number: SYNTHETIC", "Start Time 22:59:00", paste("Start Date", date), paste("Epoch Period (hh:mm:ss)", epoch),
  "Download Time 10:00:00", "Download Date 1/1/2025", "Current Memory Address: 0",
  "Current Battery Voltage: 4.21     Mode = 13", "--------------------------------------------------")
write_epochs <- function(file, head, frame) {
  writeLines(head, file, sep = "\r\n")
  suppressWarnings(write.table(frame, file, append = TRUE, sep = ",", quote = FALSE, row.names = FALSE, eol = "\r\n"))
}
k <- 0:179
when <- as.POSIXct("2024-12-09 22:59:00", tz = "UTC") + 60 * k
write_epochs("dated.csv", head_of("d/M/yyyy", "9/12/2024", "00:01:00"),
             data.frame(Date = format(when, "%d/%m/%Y"), Time = format(when, "%H:%M:%S"), Axis1 = 3 * k, Axis2 = 0, Axis3 = 0,
                        Steps = k %% 7))
k <- 0:239
write_epochs("undated.csv", head_of("M/d/yyyy", "12/9/2024", "00:00:30"), data.frame(axis1 = k, axis2 = 0, axis3 = 0, steps = k %% 5))

# minuteStepsNarrow as Fitabase exports it: local times, those of the hour that comes twice standing twice.
local <- format(as.POSIXct("2016-11-06 05:30:00", tz = "UTC") + 60 * (0:149), "%m/%d/%Y %I:%M:%S %p", tz = "America/New_York")
write.table(data.frame(Id = 1503960366, ActivityMinute = sub("^0", "", local), Steps = rep(c(0, 120), c(50, 100))),
            "minuteStepsNarrow.csv", sep = ",", quote = FALSE, row.names = FALSE)
