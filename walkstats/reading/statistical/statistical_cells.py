"""What do numbers and dates of a statistical program say as text, without loss?

These programs store dates as numbers and tell by the format of a variable that it is one. A number
becomes its shortest text that reads back as the same number, a date an ISO date; values that the
file itself declares missing become missing, and are counted by value.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from walkstats.reading.cells.numbers_in_text import number_in_words

SECONDS_OF_A_DAY = 86_400
SPSS_ZERO = dt.datetime(1582, 10, 14)
SAS_ZERO = dt.datetime(1960, 1, 1)

SPSS_DATES = frozenset(
    ["DATE", "ADATE", "EDATE", "JDATE", "SDATE", "QYR", "MOYR", "WKYR", "DATETIME", "YMDHMS"]
)
SAS_DATES = frozenset(
    ["DATE", "DDMMYY", "MMDDYY", "YYMMDD", "JULIAN", "MONYY", "WEEKDATE", "WEEKDATX", "WORDDATE"]
    + ["WORDDATX", "E8601DA", "B8601DA", "IS8601DA", "NLDATE", "EURDFDD"]
    + [order + sign for order in ("DDMMYY", "MMDDYY", "YYMMDD") for sign in "BCDNPS"]
)
SAS_MOMENTS = frozenset(
    ["DATETIME", "DATEAMPM", "MDYAMPM", "E8601DT", "B8601DT", "IS8601DT", "NLDATM", "DTDATE"]
)
SAS_COUNTS = {
    "days from 1 January 1960": frozenset(
        ["DAY", "DOWNAME", "JULDAY", "MONNAME", "MONTH", "QTR", "QTRR", "WEEKDAY", "YEAR"]
        + ["WEEKU", "WEEKV", "WEEKW", "YYMON", "NENGO", "MINGUO"]
        + [part + sign for part in ("YYQ", "YYQR", "YYMM", "MMYY") for sign in ["", *"CDNPS"]]
    ),
    "seconds from 1 January 1960": frozenset(
        ["DTMONYY", "DTWKDATX", "DTYEAR", "DTYYQC"]
        + [order + kind for order in ("E8601", "B8601") for kind in ("DN", "DX", "DZ", "LX")]
    ),
    "seconds": frozenset(
        ["TIME", "TIMEAMPM", "TOD", "HHMM", "HOUR", "MMSS", "NLTIME", "IS8601TM"]
        + [order + kind for order in ("E8601", "B8601") for kind in ("TM", "TX", "TZ", "LZ")]
    ),
}
SPSS_TIMES = frozenset(["TIME", "DTIME", "MTIME"])
STATA_COUNTS = {
    "tC": "milliseconds with leap seconds",
    "tb": "business days",
    "tw": "weeks",
    "tm": "months",
    "tq": "quarters",
    "th": "half-years",
    "ty": "years",
}


@dataclass(frozen=True)
class Clock:
    """What a number that stands for a time counts.

    Attributes
    ----------
    zero : datetime.datetime
        What 0 is.
    seconds : float
        Of one unit.
    """

    zero: dt.datetime
    seconds: float


@dataclass(frozen=True, eq=False)
class Cells:
    """One column as text.

    Attributes
    ----------
    texts : numpy.ndarray
        ``str`` or None, shape (n,).
    missing : mapping of str to int
        Value that the file declares missing, as it spells it -> cells.
    beyond : int
        Dates outside the years 1 to 9999, left as their numbers.
    """

    texts: np.ndarray
    missing: Mapping[str, int] = field(default_factory=dict)
    beyond: int = 0


def spss_clock(written: str | None) -> Clock | None:
    """The clock of a print format of SPSS, as DATE11 or DATETIME20.

    Examples
    --------
    >>> spss_clock("SDATE10").seconds, spss_clock("F8.2")
    (1, None)
    """
    return Clock(SPSS_ZERO, 1) if _letters(written) in SPSS_DATES else None


def sas_clock(written: str | None) -> Clock | None:
    """The clock of a format of SAS, as DATE9. or E8601DT.

    Examples
    --------
    >>> sas_clock("YYMMDD10.").seconds, sas_clock("DATETIME20.").seconds, sas_clock("BEST12")
    (86400, 1, None)
    """
    name = _letters(written)
    if name in SAS_DATES:
        return Clock(SAS_ZERO, SECONDS_OF_A_DAY)
    return Clock(SAS_ZERO, 1) if name in SAS_MOMENTS else None


def stata_clock(written: str | None) -> Clock | None:
    """The clock of a display format of Stata, as %td or %tc.

    Examples
    --------
    >>> stata_clock("%tdD_m_Y").seconds, stata_clock("%-tc").seconds, stata_clock("%9.0g")
    (86400, 0.001, None)
    """
    name = (written or "").lstrip("%-")
    if name.startswith(("td", "d")):
        return Clock(SAS_ZERO, SECONDS_OF_A_DAY)
    return Clock(SAS_ZERO, 0.001) if name.startswith("tc") else None


def spss_count(written: str | None) -> str:
    """What a format of SPSS counts that is a time and neither a day nor a moment, or nothing.

    Examples
    --------
    >>> spss_count("TIME8"), spss_count("F8.2")
    ('seconds', '')
    """
    return "seconds" if _letters(written) in SPSS_TIMES else ""


def sas_count(written: str | None) -> str:
    """What a format of SAS counts of which it shows only a part, or a time of day; or nothing.

    Examples
    --------
    >>> sas_count("YYQ6."), sas_count("HHMM5."), sas_count("DATE9.")
    ('days from 1 January 1960', 'seconds', '')
    """
    name = _letters(written)
    return next((what for what, names in SAS_COUNTS.items() if name in names), "")


def stata_count(written: str | None) -> str:
    """What a format of Stata counts that is neither a day nor a moment; empty for all others.

    Examples
    --------
    >>> stata_count("%tm")
    'months'
    """
    return STATA_COUNTS.get((written or "").lstrip("%-")[:2], "")


def _letters(written: str | None) -> str:
    return re.sub(r"[\d.]*$", "", (written or "").strip().upper())


def in_text(
    values: Iterable[Any],
    clock: Clock | None,
    is_missing: Callable[[Any], bool] = lambda value: False,
) -> Cells:
    """Write the values of a column as text.

    Parameters
    ----------
    values : iterable
        Numbers, texts, or None for missing, length n. A text in a column of numbers is taken for
        what it is.
    clock : Clock or None
        Of a column of dates.
    is_missing : callable
        Whether the file declares a value missing.

    Returns
    -------
    Cells
    """
    known: dict[Any, str | None] = {}
    missing: dict[str, int] = {}
    texts: list[str | None] = []
    beyond = 0
    for value in values:
        if value is None or value != value:
            texts.append(None)
            continue
        if is_missing(value):
            spelled = value if isinstance(value, str) else number_in_words(float(value))
            missing[spelled] = missing.get(spelled, 0) + 1
            texts.append(None)
            continue
        key = (value, math.copysign(1, value)) if value == 0 else value
        if key not in known:
            known[key] = _text(value, clock)
        text = known[key]
        if text is None:
            beyond += 1
            text = number_in_words(float(value))
        texts.append(text)
    out = np.empty(len(texts), dtype=object)
    out[:] = texts
    return Cells(out, missing, beyond)


def _text(value: Any, clock: Clock | None) -> str | None:
    """None for a date that no calendar of ISO has."""
    if isinstance(value, str):
        return value
    number = float(value)
    if clock is None:
        return number_in_words(number)
    try:
        moment = clock.zero + dt.timedelta(seconds=number * clock.seconds)
    except (OverflowError, ValueError):
        return None
    return moment.date().isoformat() if moment.time() == dt.time() else moment.isoformat()
