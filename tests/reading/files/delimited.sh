# Writes the delimited files whose names begin with calc_. Run here: sh delimited.sh
# LibreOffice opens sqlite.csv (of delimited.sql) and stores it as its dialog "Text CSV" would: the numbers are the
# codes of separator, quote, encoding, first line, formats, language, all quoted, as shown. Values: DELIMITED in test_formats.py.
IN='--infilter=Text - txt - csv (StarCalc):44,34,76,1,1/2/2/2/3/2/6/2/7/2,1033'
store() { # name, options
  mkdir -p stored && soffice --headless "$IN" --convert-to "csv:Text - txt - csv (StarCalc):$2" --outdir stored sqlite.csv
  mv stored/sqlite.csv "$1" && rmdir stored
}
store calc_semicolon.csv '59,34,76,1,,0,false,false'
store calc_utf16_tab.csv '9,34,65535,1,,0,false,false'
store calc_windows_quoted.csv '59,34,1,1,,0,true,false'
store calc_single.csv '124,39,76,1,,0,true,false'
