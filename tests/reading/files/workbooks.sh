#!/bin/sh
# Makes the workbooks of this folder: LibreOffice 7.4.7.2 first, then R.
#   sh workbooks.sh        (in this folder)
set -e
soffice --headless --convert-to xlsx trial_libreoffice.fods
soffice --headless --convert-to ods trial_libreoffice.fods
Rscript workbooks.R
