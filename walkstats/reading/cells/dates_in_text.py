"""Which day does this cell name, and does the whole column name its days in one way?

Only the declared format is read (``%Y-%m-%d`` where none is declared). Month names are English,
whatever the locale. Two-digit years are refused: 68 is 1968 or 2068. Day numbers of a spreadsheet
are read where they are declared, with the year from which they are counted.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

from walkstats.reading.cells.numbers_in_text import RefusedError
from walkstats.reading.cells.serial_dates import DATE_SYSTEMS, day_of_serial

ISO = "%Y-%m-%d"
DAY_NUMBER = "day number of a spreadsheet"
SERIAL = re.compile(r"\d{1,7}(?:\.0+)?", re.ASCII)
NO_SUCH_DAY = "a day that no calendar has"


class WrongFormError(RefusedError):
    """A date in another form than the declared one; ``reason`` is the form it seems to have."""


MONTHS = "january february march april may june july august september october november december"
NUMBER_OF_MONTH = {name[:k]: n for n, name in enumerate(MONTHS.split(), 1) for k in (3, len(name))}

PARTS = {
    "%Y": r"(?P<year>\d{4})",
    "%m": r"(?P<month>\d{1,2})",
    "%d": r"(?P<day>\d{1,2})",
    "%b": r"(?P<name>[A-Za-z]{3})",
    "%B": r"(?P<name>[A-Za-z]{3,9})",
    "%H": r"(?:[01]?\d|2[0-3])",
    "%M": r"[0-5]?\d",
    "%S": r"[0-5]?\d(?:\.\d+)?",
    "%%": "%",
}
MIDNIGHT = r"(?:[T ]00:00(?::00(?:\.0+)?)?)?"

LOOKS = (
    (re.compile(r"\d{4}-\d\d-\d\d"), "YYYY-MM-DD"),
    (re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"), "YYYY/M/D"),
    (re.compile(r"\d{1,2}/\d{1,2}/\d{4}"), "DD/MM/YYYY or MM/DD/YYYY"),
    (re.compile(r"\d{1,2}[-.]\d{1,2}[-.]\d{4}"), "DD.MM.YYYY"),
    (re.compile(r"\d{1,4}[-/. ](?:\d{1,2}|[A-Za-z]{3,9})[-/. ]\d{1,2}"), "two-digit year"),
    (re.compile(r"\d{8}"), "YYYYMMDD"),
    (re.compile(r"\d{5}(?:\.\d+)?"), DAY_NUMBER),
    (re.compile(r".*[A-Za-z]{3,9}.*\d{4}.*|\d{4}.*[A-Za-z]{3,9}.*"), "month in words"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ].*"), "date with a time of day"),
)


def check_date_format(declared: str) -> str | None:
    """What is wrong with a declared date format, as a sentence; None when nothing is.

    Parameters
    ----------
    declared : str
        Such as ``"%d/%m/%Y"``, or ``"excel"``.

    Returns
    -------
    str or None

    Examples
    --------
    >>> check_date_format("%d/%m/%y")
    'two-digit years (%y) cannot be told apart by century; export four digits (%Y)'
    """
    if declared in DATE_SYSTEMS:
        return None
    used = re.findall(r"%.?", declared)
    if "%y" in used:
        return "two-digit years (%y) cannot be told apart by century; export four digits (%Y)"
    unknown = [part for part in used if part not in PARTS]
    if unknown:
        return f"{', '.join(unknown)} is not known; use {' '.join(PARTS)}"
    months = sum(used.count(part) for part in ("%m", "%b", "%B"))
    if used.count("%Y") != 1 or months != 1 or used.count("%d") != 1:
        return "a date needs one year (%Y), one month (%m, %b or %B) and one day (%d)"
    return None


@lru_cache(maxsize=64)
def _pattern(declared: str) -> re.Pattern[str]:
    pieces = re.split(r"(%.)", declared)
    text = "".join(PARTS.get(piece) or re.escape(piece) for piece in pieces)
    return re.compile(text + (MIDNIGHT if "%H" not in declared else ""), re.ASCII)


def is_iso_date(cell: str) -> bool:
    """Whether the cell has the form of an ISO date."""
    return _pattern(ISO).fullmatch(cell.strip()) is not None


def to_date(cell: str, declared: str, first: dt.date, last: dt.date) -> dt.date:
    """The day that a cell names.

    Parameters
    ----------
    cell : str
    declared : str
        Format that ``check_date_format`` finds nothing wrong with.
    first, last : datetime.date
        Days outside are refused.

    Returns
    -------
    datetime.date

    Raises
    ------
    RefusedError
        With the reason and what to do.

    Examples
    --------
    >>> to_date("5/1/2024", "%d/%m/%Y", dt.date(1900, 1, 1), dt.date(2100, 12, 31))
    datetime.date(2024, 1, 5)
    """
    day = _serial(cell, declared) if declared in DATE_SYSTEMS else _written(cell, declared)
    if not first <= day <= last:
        raise RefusedError(
            f"outside {first.isoformat()} to {last.isoformat()}",
            "correct the year; trial.toml can state the study's own span, as in "
            'dates_between = ["2019-09-01", "2024-12-31"]',
        )
    return day


def _serial(cell: str, declared: str) -> dt.date:
    if SERIAL.fullmatch(cell.strip()) is None:
        raise WrongFormError(looks_like(cell), "")
    return day_of_serial(float(cell), DATE_SYSTEMS[declared])


def _written(cell: str, declared: str) -> dt.date:
    match = _pattern(declared).fullmatch(cell.strip())
    if match is None:
        raise WrongFormError(looks_like(cell), "")
    parts = match.groupdict()
    month = parts.get("month") or NUMBER_OF_MONTH.get(parts.get("name", "").lower())
    if month is None:
        raise RefusedError("a month that is not an English name", "write the month as a number")
    try:
        return dt.date(int(parts["year"]), int(month), int(parts["day"]))
    except ValueError:
        raise RefusedError(NO_SUCH_DAY, "correct it") from None


def looks_like(cell: str) -> str:
    """The form in which a cell seems to name a day."""
    text = cell.strip()
    for pattern, look in LOOKS:
        if pattern.fullmatch(text):
            return look
    return "no date"
