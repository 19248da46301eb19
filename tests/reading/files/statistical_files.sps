* Writes made-up people with GNU PSPP, as SPSS system files.
* Run in this folder: pspp --syntax-encoding=UTF-8 statistical_files.sps.
SET LOCALE='windows-1252'.
DATA LIST LIST (';') /id (A8) arm (F1.0) randon (SDATE10) seen (DATETIME20) age (F8.2) nrs (F3.0) kind (A4) site (A300).
BEGIN DATA
P01;2;2024/01/10;10-JAN-2024 08:30:00;54.5;0;A;Orléans
P02;1;2024/02/29;29-FEB-2024 00:00:00;61;10;ZZZ;Zürich, Süd
P03;2;2023/12/31;;;-9;B;
P04;1;1959/12/31;31-DEC-1999 23:59:59;47.1;-5;A;words
P05;;2024/03/01;;.1;7;A;more words
END DATA.
RENAME VARIABLES (site=a_long_name_of_a_clinic).
VARIABLE LABELS id 'Participant' arm 'Allocated arm' nrs 'Worst pain (0-10)' a_long_name_of_a_clinic 'Clinic: où'.
VALUE LABELS arm 1 'walking' 2 'control' /nrs 0 'no pain' 10 'worst pain' -9 'refused' /kind 'A' 'première' 'B' 'second' 'ZZZ' 'unknown'.
MISSING VALUES nrs (-9, -8 THRU -1) /kind ('ZZZ').
SAVE OUTFILE='pspp.sav'.
SAVE OUTFILE='pspp_plain.sav' /UNCOMPRESSED.
SAVE OUTFILE='pspp.zsav' /ZCOMPRESSED.
