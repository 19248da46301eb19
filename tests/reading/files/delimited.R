# Writes the delimited files whose names begin with r_. Run here: Rscript delimited.R
# The values are those of DELIMITED in tests/reading/test_formats.py.
people <- data.frame(
  id = c("001", "002", "003"),
  arm = c("control", "walking", "walking"),
  randomised_on = as.Date(c("2024-01-10", "2024-02-29", "2024-03-01")),
  age_years = c(54.5, 61, NA),
  cost = c(1234.5, 0.25, 1000000.125),
  town = c("Orl\u00e9ans", "K\u00f6ln", "Z\u00fcrich"),
  note = c("plain", "a; b, \"c\" d", "two\nlines")
)
# Semicolons and decimal commas, as in much of Europe, in the encoding of Windows.
write.csv2(people, "r_csv2.csv", row.names = FALSE, fileEncoding = "CP1252")
# UTF-16 without a mark: R writes none.
write.csv(people, "r_utf16le.csv", row.names = FALSE, na = "", fileEncoding = "UTF-16LE")
# Spaces, and backslashes before quotes: what write.table does by itself.
write.table(people, "r_table.txt", row.names = FALSE, fileEncoding = "UTF-8")
# Tabs, in the encoding of old Macs.
write.table(people, "r_mac.tsv", row.names = FALSE, sep = "\t", qmethod = "double",
            fileEncoding = "macintosh")
# Points between thousands and decimal commas, as people format numbers before they export them.
people$cost <- c("1.234,5", "0,25", "1.000.000,125")
write.table(people, "r_thousands.csv", row.names = FALSE, sep = ";", dec = ",", na = "", qmethod = "double",
            fileEncoding = "UTF-8")
