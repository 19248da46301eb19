"""What can a trial.toml declare? Every clause of the format, as data.

The manifest reader, the error messages and docs/trial-folder.md all follow these tables.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Clause:
    """One key of trial.toml.

    Attributes
    ----------
    name : str
    kind : str
        A key of ``walkstats.reading.declared.clause_values.KINDS``.
    described : str
    example : str
        A line of TOML.
    required : bool
    """

    name: str
    kind: str
    described: str
    example: str
    required: bool = False


TRIAL_CLAUSES = (
    Clause("name", "text", "name of the trial", 'name = "My walking trial"', required=True),
    Clause(
        "source",
        "text",
        "where the data come from; begins with synthetic when they were simulated",
        'source = "trial database, export of 2024-11-30"',
        required=True,
    ),
    Clause("licence", "text", "under which the data may be used", 'licence = "CC BY 4.0"'),
    Clause(
        "arms",
        "texts",
        "the arms, the reference first",
        'arms = ["control", "walking"]',
        required=True,
    ),
    Clause(
        "strata",
        "texts",
        "columns of participants by which randomisation was stratified",
        'strata = ["referral"]',
    ),
    Clause("ages", "numbers", "youngest and oldest age that may take part", "ages = [18, 80]"),
    Clause(
        "published",
        "text",
        "name of the published record to set beside the results",
        'published = "walkback"',
    ),
    Clause("currency", "text", "of all costs", 'currency = "AUD"'),
    Clause("price_year", "integer", "of all costs", "price_year = 2023"),
    Clause(
        "dates_between",
        "dates",
        "first and last day on which anything in the trial can have happened",
        'dates_between = ["2019-09-01", "2024-12-31"]',
    ),
    Clause("missing", "texts", "cells that mean missing, in all tables", 'missing = ["", "NA"]'),
    Clause(
        "dialect",
        "dialect",
        "whether what is not declared of text files (encoding, delimiter, quotes, signs in "
        "numbers) is recognised from their rows, with the evidence in the load report",
        'dialect = "recognise"',
    ),
    Clause(
        "visit_windows",
        "windows",
        "month of a visit -> from which month to which month it may take place",
        "visit_windows = { 3 = [2, 4], 12 = [11, 14] }",
    ),
    Clause(
        "measures",
        "measures",
        "outcome measures that the dictionary does not know",
        'measures.odi = { described = "Oswestry", low = 0, high = 100, better = "lower" }',
    ),
    Clause(
        "redcap",
        "redcap",
        "the REDCap project that the tables come from",
        'redcap = { export = "data.csv", dictionary = "data dictionary.csv" }',
    ),
    Clause(
        "cdisc",
        "cdisc",
        "the ADaM data sets adsl, adtte and perhaps adae that participants, check-ins, recurrences "
        "and adverse events come from",
        'cdisc = { paramcd = { TTALR = "activity_limiting" } }',
    ),
)

CDISC_CLAUSES = (
    Clause(
        "paramcd",
        "codes",
        "PARAMCD of ADTTE and the kind of recurrence that it is: any, activity_limiting or "
        "care_seeking",
        'paramcd = { TTREC = "any", TTALR = "activity_limiting" }',
        required=True,
    ),
    Clause("day_zero", "text", "variable of ADSL with the date of day 0", 'day_zero = "TRTSDT"'),
    Clause("unit_days", "number", "days in one unit of AVAL", "unit_days = 30.4375"),
    Clause(
        "related",
        "texts",
        "values of AEREL that mean related",
        'related = ["POSSIBLE", "PROBABLE"]',
    ),
    Clause(
        "carry", "carry", "whether other variables of ADSL come along, or which", "carry = false"
    ),
    Clause("encoding", "encoding", "of texts", 'encoding = "cp1252"'),
)

REDCAP_CLAUSES = (
    Clause(
        "export",
        "text",
        "the data export; tables that name no file are read from it. Without this clause every "
        "file that a table names is an export",
        'export = "WALK_DATA_2024-11-30.csv"',
    ),
    Clause(
        "dictionary",
        "text",
        "the data dictionary, whose choices say what the codes mean",
        'dictionary = "WALK_DataDictionary_2024-11-30.csv"',
    ),
    Clause("missing", "texts", "the project's missing data codes", 'missing = ["-99", "NASK"]'),
    Clause("delimiter", "character", "between the cells of the export", 'delimiter = ";"'),
    Clause(
        "exported_on",
        "day",
        "day of the export: a check-in due later is not missed yet",
        'exported_on = "2024-11-30"',
    ),
    Clause(
        "events",
        "events",
        "unique event name -> when it is",
        "events.month_3_arm_1 = { month = 3 }",
    ),
)

EVENT_CLAUSES = (
    Clause("month", "number", "month of its rows in outcomes and costs", "month = 3"),
    Clause("check_in", "integer", "number of the check-in", "check_in = 1"),
    Clause("covers", "period", "days (from, to] that the check-in asks about", "covers = [0, 30]"),
    Clause("due_days", "number", "when it was due; the end of covers otherwise", "due_days = 30"),
)

TABLE_CLAUSES = (
    Clause("from", "text", "the file, inside the folder", 'from = "Baseline export.csv"'),
    Clause(
        "sheet",
        "text",
        "of a workbook; left out for the sheet called like the table, or the only one",
        'sheet = "Baseline"',
    ),
    Clause("where", "conditions", "only rows with these values", 'where = { status = "1" }'),
    Clause(
        "one_row_per", "text", "take one row of each value of this column", 'one_row_per = "id"'
    ),
    Clause("keep", "first or last", "which row one_row_per takes", 'keep = "last"'),
    Clause(
        "carry",
        "carry",
        "whether columns that are not declared are carried along, or which",
        'carry = ["site"]',
    ),
    Clause("missing", "texts", "cells that mean missing, in this table", 'missing = ["", "."]'),
    Clause("encoding", "encoding", "of a text file", 'encoding = "cp1252"'),
    Clause("delimiter", "character", "between the cells of a text file", 'delimiter = ";"'),
    Clause("decimal", "point or comma", "decimal sign of a text file", 'decimal = ","'),
    Clause(
        "thousands",
        "thousands",
        "sign between thousands; a space stands for any, narrow or wide",
        'thousands = "."',
    ),
    Clause("quote", "quote", "around the cells of a text file", 'quote = "\'"'),
    Clause(
        "escape",
        "backslash",
        "before a quote that belongs to the text, where quotes are not doubled",
        'escape = "\\\\"',
    ),
    Clause("comment", "sign", "lines that begin with it are passed over", 'comment = "#"'),
    Clause(
        "header_line",
        "line",
        "line of the file with the names of the columns, below a title",
        "header_line = 4",
    ),
    Clause(
        "dialect",
        "dialect",
        "whether what is not declared of the file is recognised from its rows",
        'dialect = "recognise"',
    ),
    Clause(
        "overlapping",
        "overlapping",
        "what becomes of recurrences of a participant that overlap",
        'overlapping = "merge"',
    ),
    Clause("daily", "flag", "walking has a row per day, to be added up to weeks", "daily = true"),
    Clause("days_needed", "integer", "known days that make a daily week known", "days_needed = 7"),
    Clause(
        "timezone",
        "timezone",
        "of daily walking: which days have 23 or 25 hours",
        'timezone = "Europe/London"',
    ),
    Clause(
        "minutes",
        "minutes",
        "walking is the minutes of a step counter, to be added up to weeks at a cadence",
        'minutes = { wear = "choi", timezone = "Europe/London", clock = "utc" }',
    ),
    Clause(
        "score",
        "score",
        "outcomes are the scores of a questionnaire, whose items the file has",
        'score = { questionnaire = "rmdq", items = "rmdq_{}" }',
    ),
    Clause(
        "wide",
        "wide",
        "columns that are to become rows, and what is constant in each",
        'wide = { into = "value", columns = { pain_3 = { measure = "pain_nrs", month = 3 } } }',
    ),
    Clause(
        "event",
        "texts",
        "of a REDCap export: only rows of these events",
        'event = "baseline_arm_1"',
    ),
    Clause(
        "instrument",
        "text",
        "of a REDCap export: only rows that hold this instrument, each of its repeats",
        'instrument = "recurrence_report"',
    ),
    Clause(
        "schedule",
        "schedule",
        "check-ins that were due: number -> days (from, to] that it asks about, and a third number "
        "where it was due on another day than the last; one without a row is missed",
        "schedule = { 1 = [0, 30], 2 = [30, 60] }",
    ),
    Clause(
        "due_until",
        "day",
        "a check-in of the schedule that was due later is not missed yet",
        'due_until = "2024-11-30"',
    ),
    Clause(
        "guarded",
        "flag",
        "an apostrophe stands before text that a spreadsheet would run, and is no part of it",
        "guarded = true",
    ),
    Clause("columns", "columns", "how each column is read", 'columns = { arm = "trt" }'),
)

COLUMN_CLAUSES = (
    Clause("from", "text", "name of the column in the file", 'arm = { from = "trt" }'),
    Clause("value", "scalar", "the same value in every row", "month = { value = 3 }"),
    Clause(
        "codes",
        "codes",
        "what the team's codes mean; {} leaves the labels of an SPSS, Stata or SAS file aside",
        'arm = { from = "trt", codes = { 1 = "walking", 2 = "control" } }',
    ),
    Clause("missing", "texts", "cells that mean missing here", 'value = { missing = ["-9"] }'),
    Clause(
        "unit",
        "text",
        "of the numbers in the file, turned into the dictionary's",
        'onset_days = { unit = "hours" }',
    ),
    Clause(
        "factor",
        "number",
        "what one unit of the file is in units of the dictionary",
        'onset_days = { unit = "months", factor = 30.4375 }',
    ),
    Clause(
        "dates",
        "date format",
        'format of dates, or "excel" (on an old Mac "excel-1904") for the day numbers of a '
        "spreadsheet; in a column of days they become days from randomisation",
        'onset_days = { from = "onset", dates = "%d/%m/%Y" }',
    ),
    Clause(
        "where",
        "conditions",
        "only in rows with these values; missing in the others",
        'withdrawn_days = { from = "stop", where = { status = "2" } }',
    ),
    Clause(
        "any_of",
        "texts",
        "true where any of these columns is true, as a group of checkboxes",
        'care_seeking = { any_of = ["care___1", "care___2"] }',
    ),
    Clause(
        "event",
        "texts",
        "of a REDCap export: taken from the row of this event, whichever row the table takes",
        'withdrawn_days = { from = "last_day", event = "end_of_study_arm_1" }',
    ),
    Clause(
        "type",
        "kind",
        "of a column that the dictionary does not know",
        'tumours = { from = "number", type = "integer" }',
    ),
)

SCORE_CLAUSES = (
    Clause(
        "questionnaire",
        "text",
        "one that comes with walkstats, or the .toml file of one's own",
        'questionnaire = "rmdq"',
        required=True,
    ),
    Clause(
        "items",
        "texts",
        "columns of the items, {} for the number; of eq5d also one column of profiles",
        'items = "rmdq_{}"',
    ),
    Clause(
        "rule", "text", "what becomes of missing answers, where not the first", 'rule = "prorated"'
    ),
    Clause(
        "measures",
        "codes",
        "what the trial calls a measure of the questionnaire",
        'measures = { pain_nrs = "worst_pain" }',
    ),
    Clause("codes", "codes", "what the team's words stand for", "codes = { yes = 1, no = 0 }"),
    Clause("missing", "texts", "cells that mean no answer, too", 'missing = ["-9"]'),
    Clause(
        "value_set",
        "text",
        "file of the utilities of EQ-5D-5L profiles",
        'value_set = "value_set.csv"',
    ),
)

MEASURE_CLAUSES = (
    Clause("described", "text", "its full name", 'described = "Oswestry Disability Index"'),
    Clause("low", "number", "lowest value of the scale", "low = 0"),
    Clause("high", "number", "highest value of the scale", "high = 100"),
    Clause("better", "lower or higher", "which way is better", 'better = "lower"', required=True),
    Clause("unit", "text", "of its values", 'unit = "0-100"'),
)
