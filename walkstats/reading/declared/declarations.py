"""What does a trial.toml say, once it is read? One shape for each of its tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from walkstats.reading.text_tables import FileFormat
from walkstats.schema import Measure

Conditions = Mapping[str, tuple[str, ...]]
"""Column of the team's file -> the values that a row may have there."""

DEFAULT_MISSING = ("",)
DEFAULT_DATES = (dt.date(1900, 1, 1), dt.date(2100, 12, 31))


@dataclass(frozen=True)
class DeclaredColumn:
    """How one column of the dictionary, or one beyond it, is read from the team's file.

    Attributes
    ----------
    target : str
        Its name in the trial.
    source : str
        Its name in the file.
    declared : bool
        Whether trial.toml says so; otherwise a column of that name is taken if there is one.
    value : str or None
        Constant, instead of a column.
    codes : mapping of str to str or None
        None: those that the file itself tells, if any; empty: none at all.
    missing : tuple of str or None
        None: as the table says.
    unit : str
    factor : float or None
    dates : str or None
    where : Conditions
    kind : str or None
        The declared type of a column beyond the dictionary.
    any_of : tuple of str
        Columns of the file of which one must be true; empty where it has one source.
    event : tuple of str
        Events of a REDCap export from whose rows it is taken; empty: from the table's own row.
    line : int or None
        Of trial.toml.
    """

    target: str
    source: str
    declared: bool = True
    value: str | None = None
    codes: Mapping[str, str] | None = None
    missing: tuple[str, ...] | None = None
    unit: str = ""
    factor: float | None = None
    dates: str | None = None
    where: Conditions = field(default_factory=dict)
    kind: str | None = None
    any_of: tuple[str, ...] = ()
    event: tuple[str, ...] = ()
    line: int | None = None


Schedule = Mapping[int, tuple[float, float, float]]
"""Check-in -> the days (from, to] that it asks about, and the day on which it is due."""


@dataclass(frozen=True)
class RedcapEvent:
    """What an event of a REDCap project is to the trial.

    Attributes
    ----------
    month : float or None
        [months]
    check_in : int or None
    covers : tuple of float or None
        From, to [days].
    due_days : float or None
        [days]
    """

    month: float | None = None
    check_in: int | None = None
    covers: tuple[float, float] | None = None
    due_days: float | None = None


@dataclass(frozen=True)
class RedcapProject:
    """The clauses under ``[redcap]``.

    Attributes
    ----------
    export, dictionary : str or None
        Files.
    missing : tuple of str
    delimiter : str or None
        None: as the table says, or a comma.
    exported_on : datetime.date or None
    events : mapping of str to RedcapEvent
        Unique event name -> when it is.
    line : int or None
        Of trial.toml.
    """

    export: str | None = None
    dictionary: str | None = None
    missing: tuple[str, ...] = ()
    delimiter: str | None = None
    exported_on: dt.date | None = None
    events: Mapping[str, RedcapEvent] = field(default_factory=dict)
    line: int | None = None


@dataclass(frozen=True)
class CdiscTables:
    """The clauses under ``[cdisc]``.

    Attributes
    ----------
    paramcd : mapping of str to str
        PARAMCD -> kind of recurrence.
    day_zero : str
    unit_days : float or None
        [days]
    related : tuple of str or None
    carry : bool or tuple of str
    encoding : str or None
    line : int or None
        Of trial.toml.
    """

    paramcd: Mapping[str, str]
    day_zero: str = "RANDDT"
    unit_days: float | None = None
    related: tuple[str, ...] | None = None
    carry: bool | tuple[str, ...] = True
    encoding: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class DeclaredTable:
    """How one table, or one part of it, is read from one file.

    Attributes
    ----------
    table : str
    file : str or None
        None: the table's own name with .csv or .parquet.
    columns : tuple of DeclaredColumn
    where : Conditions
    one_row_per : str or None
    keep : {"first", "last"} or None
    carry : bool or tuple of str
    missing : tuple of str
    format : FileFormat
    decimal : {".", ","}
    thousands : {"", ".", ",", " ", "'"}
    overlapping : {"merge", "first"} or None
    daily : bool
    days_needed : int
    timezone : str or None
    guarded : bool
        Whether an apostrophe stands before text that a spreadsheet would run.
    minutes : mapping or None
        The values of ``minutes_declared.MINUTES_CLAUSES``.
    score : mapping, PartScore or None
        The values of ``SCORE_CLAUSES``; once the questionnaire is found, what it makes.
    event : tuple of str
        Events of a REDCap export whose rows count; empty for all.
    instrument : str or None
        Instrument of a REDCap export whose rows count.
    schedule : Schedule
        Check-ins that were due.
    due_until : datetime.date or None
        Check-ins due later are not missed yet.
    line : int or None
        Of trial.toml.
    """

    table: str
    file: str | None = None
    columns: tuple[DeclaredColumn, ...] = ()
    where: Conditions = field(default_factory=dict)
    one_row_per: str | None = None
    keep: str | None = None
    carry: bool | tuple[str, ...] = True
    missing: tuple[str, ...] = DEFAULT_MISSING
    format: FileFormat = field(default_factory=FileFormat)
    decimal: str = "."
    thousands: str = ""
    overlapping: str | None = None
    daily: bool = False
    days_needed: int = 7
    timezone: str | None = None
    guarded: bool = False
    minutes: Mapping[str, object] | None = None
    score: object = None
    event: tuple[str, ...] = ()
    instrument: str | None = None
    schedule: Schedule = field(default_factory=dict)
    due_until: dt.date | None = None
    line: int | None = None


@dataclass(frozen=True)
class Declared:
    """A whole trial.toml.

    Attributes
    ----------
    name, source, licence, currency, published : str
    arms, strata : tuple of str
    price_year : int or None
    dates_between : tuple of datetime.date
        First and last day.
    ages : tuple of float or None
        Youngest and oldest [years].
    visit_windows : mapping of float to tuple of float
        Month -> from, to [months].
    measures : mapping of str to Measure
    redcap : RedcapProject or None
    cdisc : CdiscTables or None
    tables : tuple of DeclaredTable
        Parts of a table stand in the order in which they are put together.
    """

    name: str = ""
    source: str = ""
    licence: str = ""
    arms: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()
    currency: str = ""
    published: str = ""
    price_year: int | None = None
    dates_between: tuple[dt.date, dt.date] = DEFAULT_DATES
    ages: tuple[float, float] | None = None
    visit_windows: Mapping[float, tuple[float, float]] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    redcap: RedcapProject | None = None
    cdisc: CdiscTables | None = None
    tables: tuple[DeclaredTable, ...] = ()
