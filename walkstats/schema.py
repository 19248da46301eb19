"""What may a trial's tables hold? The one dictionary of tables, columns, types, units and values.

Reading converts by it, checking tests against it, simulating and writing follow it, and the docs
print it. Columns that it does not name are carried along as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pandas as pd


@dataclass(frozen=True)
class Column:
    """One column of the dictionary.

    Attributes
    ----------
    name : str
    kind : {"id", "text", "category", "integer", "number", "days", "date", "boolean"}
        "days" is a number of days from randomisation; "date" stays a calendar date.
    described : str
    unit : str
        Empty where there is none.
    required : bool
        Whether a table that exists must have it. Required columns may not be empty in any row.
    allowed : tuple of str
        The only values, where they are a closed list.
    low, high : float or None
        Values outside are errors.
    unlikely_above : float or None
        Values above are warnings.
    later : bool
        Whether it is known only after randomisation, so that it describes nobody at day 0.
    """

    name: str
    kind: str
    described: str
    unit: str = ""
    required: bool = False
    allowed: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    unlikely_above: float | None = None
    later: bool = False


@dataclass(frozen=True)
class Table:
    """One table of the dictionary.

    Attributes
    ----------
    name : str
    row : str
        What one row is.
    columns : tuple of Column
    key : tuple of str
        Columns that together identify a row; empty where rows may repeat.
    """

    name: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    def column(self, name: str) -> Column | None:
        """The column of that name, if the dictionary has it."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True)
class Measure:
    """An outcome measure with a scale of its own.

    Attributes
    ----------
    name : str
        As the column ``measure`` of outcomes spells it.
    described : str
    low, high : float or None
        Limits of the scale.
    better : {"lower", "higher"}
    unit : str
    """

    name: str
    described: str
    low: float | None
    high: float | None
    better: str
    unit: str = ""


_ID = Column("participant_id", "id", "participant", required=True)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "participants",
            "randomised participant",
            (
                _ID,
                Column("arm", "category", "arm to which randomised", required=True),
                Column("randomised_on", "date", "date of randomisation"),
                Column("planned_end_days", "days", "planned end of follow-up", "days", low=0),
                Column(
                    "withdrawn_days",
                    "days",
                    "withdrawal or loss to follow-up",
                    "days",
                    low=0,
                    later=True,
                ),
                Column("withdrawal_reason", "text", "why follow-up ended early", later=True),
                Column("age_years", "number", "age at randomisation", "years", low=0, high=120),
                Column("sex", "category", "sex"),
                Column("bmi_kg_m2", "number", "body mass index", "kg/m2", low=8, high=100),
                Column("previous_episodes", "integer", "previous episodes of low back pain", low=0),
                Column("sessions_attended", "integer", "sessions attended", low=0, later=True),
            ),
            key=("participant_id",),
        ),
        Table(
            "check_ins",
            "participant and scheduled check-in",
            (
                _ID,
                Column("check_in", "integer", "number of the check-in", required=True, low=0),
                Column("due_days", "days", "when it was due", "days", low=0),
                Column("answered_days", "days", "when it was answered", "days", low=0),
                Column(
                    "covers_from_days",
                    "days",
                    "start of the period (from, to] it asks about, itself not in it: a check-in "
                    "that asks about days 1-30 covers from 0 to 30; periods at most one day apart "
                    "count as joined",
                    "days",
                    low=0,
                ),
                Column(
                    "covers_to_days",
                    "days",
                    "last day of the period (from, to] it asks about",
                    "days",
                    low=0,
                ),
                Column(
                    "state",
                    "category",
                    "whether it was answered",
                    required=True,
                    allowed=("completed", "missed", "withdrawn"),
                ),
            ),
            key=("participant_id", "check_in"),
        ),
        Table(
            "recurrences",
            "reported recurrence",
            (
                _ID,
                Column(
                    "onset_days",
                    "days",
                    "first day of pain",
                    "days",
                    required=True,
                    low=0,
                    later=True,
                ),
                Column("resolved_days", "days", "last day of pain", "days", low=0, later=True),
                Column(
                    "activity_limiting",
                    "boolean",
                    "whether it limited daily activities",
                    later=True,
                ),
                Column(
                    "activity_limiting_days",
                    "days",
                    "first day on which it limited activities; the onset where not given",
                    "days",
                    low=0,
                ),
                Column("care_seeking", "boolean", "whether care was sought", later=True),
                Column(
                    "care_seeking_days",
                    "days",
                    "first day on which care was sought; the onset where not given",
                    "days",
                    low=0,
                ),
                Column(
                    "worst_pain_nrs", "number", "worst pain", "0-10", low=0, high=10, later=True
                ),
                Column(
                    "average_pain_nrs", "number", "average pain", "0-10", low=0, high=10, later=True
                ),
                Column(
                    "interference",
                    "number",
                    "interference with activities",
                    "0-4",
                    low=0,
                    high=4,
                    later=True,
                ),
            ),
        ),
        Table(
            "walking",
            "participant and week",
            (
                _ID,
                Column("week", "integer", "week from randomisation, the first is 1", required=True),
                Column(
                    "walking_minutes",
                    "number",
                    "time walked in the week",
                    "minutes/week",
                    low=0,
                    high=7 * 16 * 60,  # every waking hour; beyond it, steps are taken for minutes
                    unlikely_above=3000,
                    later=True,
                ),
                Column("steps", "number", "steps in the week", "steps/week", low=0, later=True),
                Column(
                    "prescribed_minutes",
                    "number",
                    "walking prescribed for the week",
                    "minutes/week",
                    low=0,
                    high=7 * 1440,
                    later=True,
                ),
                Column(
                    "measured_by", "category", "how it was measured", allowed=("diary", "device")
                ),
            ),
            key=("participant_id", "week", "measured_by"),
        ),
        Table(
            "outcomes",
            "participant, month and measure",
            (
                _ID,
                Column("month", "number", "month from randomisation; 0 is baseline", required=True),
                Column("measure", "category", "outcome measure", required=True),
                Column("value", "number", "value; empty when not answered"),
            ),
            key=("participant_id", "month", "measure"),
        ),
        Table(
            "costs",
            "item of resource use",
            (
                _ID,
                Column("month", "number", "month from randomisation", low=0),
                Column("category", "category", "kind of cost", required=True),
                Column("item", "text", "item"),
                Column("quantity", "number", "how many", low=0),
                Column("unit_cost", "number", "cost of one, in the trial's currency", low=0),
            ),
        ),
        Table(
            "adverse_events",
            "adverse event",
            (
                _ID,
                Column("onset_days", "days", "start", "days", low=0),
                Column("event", "text", "what happened", required=True),
                Column("body_region", "category", "part of the body"),
                Column("serious", "boolean", "whether it was serious"),
                Column("related", "boolean", "whether it was related to the intervention"),
            ),
        ),
        Table(
            "screening",
            "stage and reason",
            (
                Column(
                    "stage",
                    "category",
                    "stage of recruitment",
                    required=True,
                    allowed=("screened", "excluded", "randomised"),
                ),
                Column("reason", "text", "why; empty for the total of a stage"),
                Column("n", "integer", "how many people", required=True, low=0),
            ),
            key=("stage", "reason"),
        ),
    )
}

LISTS: dict[str, Table] = {
    "randomisation": Table(
        "randomisation",
        "entry of the randomisation list, in the order in which they are to be used",
        (
            Column("sequence", "integer", "number in the list of its stratum", required=True),
            Column("arm", "category", "arm that the entry says", required=True),
            Column("participant_id", "id", "who got it; empty where it was not used"),
            Column("block", "text", "which block of its stratum it belongs to"),
            Column("block_size", "integer", "how many entries its block is to have", low=1),
            Column("randomised_on", "date", "when it was used"),
        ),
    )
}
"""Lists that a folder may hold for checks: they are no tables of the trial."""

MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("rmdq", "Roland-Morris Disability Questionnaire", 0, 24, "lower", "0-24"),
        Measure("pain_nrs", "average pain in the last week", 0, 10, "lower", "0-10"),
        Measure("eq5d_utility", "EQ-5D-5L utility", -1, 1, "higher"),
        Measure("eq5d_vas", "EQ-5D visual analogue scale", 0, 100, "higher", "0-100"),
        Measure("dass_depression", "DASS-21 depression", 0, 42, "lower", "0-42"),
        Measure("dass_anxiety", "DASS-21 anxiety", 0, 42, "lower", "0-42"),
        Measure("dass_stress", "DASS-21 stress", 0, 42, "lower", "0-42"),
        Measure("steps_per_day", "steps a day by device", 0, None, "higher", "steps/day"),
    )
}

DTYPES: dict[str, str] = {
    "id": "object",
    "text": "object",
    "category": "object",
    "integer": "Int64",
    "number": "float64",
    "days": "float64",
    "date": "datetime64[ns]",
    "boolean": "boolean",
}


def table_of(name: str) -> Table:
    """What the dictionary says of a table, or of a list that is only checked against.

    Parameters
    ----------
    name : str
        A key of ``TABLES`` or of ``LISTS``.

    Returns
    -------
    Table

    Examples
    --------
    >>> table_of("randomisation").column("block").kind
    'text'
    """
    return TABLES[name] if name in TABLES else LISTS[name]


def recorded_later(name: str) -> bool:
    """Whether the dictionary records a column, or a measure at visits, only after randomisation.

    Parameters
    ----------
    name : str

    Returns
    -------
    bool

    Examples
    --------
    >>> recorded_later("sessions_attended"), recorded_later("pain_nrs"), recorded_later("age_years")
    (True, True, False)
    >>> recorded_later("pain_nrs_baseline"), recorded_later("pain_nrs_change")
    (False, True)
    """
    return name.removesuffix("_change") in MEASURES or name in _later_columns()


@cache
def _later_columns() -> frozenset[str]:
    tables = TABLES.values()
    return frozenset(column.name for table in tables for column in table.columns if column.later)


def empty_table(name: str) -> pd.DataFrame:
    """A table of the dictionary without rows.

    Parameters
    ----------
    name : str
        A key of ``TABLES``, or of ``LISTS``.

    Returns
    -------
    pandas.DataFrame
        All columns of the dictionary, with their types.

    Raises
    ------
    ValueError
        For an unknown table.

    Examples
    --------
    >>> empty_table("screening").dtypes["n"]
    Int64Dtype()
    """
    if name not in TABLES and name not in LISTS:
        raise ValueError(f"No table {name!r}. The tables are: {', '.join(TABLES)}.")
    return _empty(name).copy()


@cache
def _empty(name: str) -> pd.DataFrame:
    return pd.DataFrame({c.name: pd.Series(dtype=DTYPES[c.kind]) for c in table_of(name).columns})
