"""Which day is 45000? Spreadsheets count days, from 1900 or from 1904.

Excel takes 1900 for a leap year: day 60 is 29 February 1900, a day that never was. Days 1 to 59
are therefore counted from the day before that from which later ones are.
"""

from __future__ import annotations

import datetime as dt
import re

from walkstats.reading.cells.numbers_in_text import RefusedError

DATE_SYSTEMS = {"excel": 1900, "excel-1904": 1904}
"""Word for a column of day numbers in trial.toml -> year from which they are counted."""

FIRST_DAYS = {1900: dt.date(1899, 12, 30), 1904: dt.date(1904, 1, 1)}
NO_DAY = 60
LAST_DAYS = {1900: 2_958_465, 1904: 2_957_003}
"""31 December 9999, in each system."""

MILLISECONDS = 86_400_000
TIME_ONLY = "time"
ELAPSED = "elapsed"
DATE = "date"
PERCENT = "percent"
CURRENCY = "currency"
ZEROS = "leading zeros"

BUILT_IN = {
    **dict.fromkeys((9, 10), PERCENT),
    **dict.fromkeys((5, 6, 7, 8, 37, 38, 39, 40, 41, 42, 43, 44), ""),
    **dict.fromkeys((*range(14, 18), 22, *range(27, 37), *range(50, 59)), DATE),
    **dict.fromkeys((18, 19, 20, 21, 45, 47), TIME_ONLY),
    46: ELAPSED,
}
"""Number formats that a workbook uses without writing them down -> what they show."""

SET_ASIDE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
"""What a number format says that is not about the number: text, colours, languages."""

MONEY = re.compile(r"\[\$[^\]\-]|[$€£¥]|\"\s*(?:kr|CHF|AUD|USD|EUR|GBP)\s*\"")


def shown_as(code: str) -> str:
    """What a number format makes of a number.

    Parameters
    ----------
    code : str
        Such as ``"yyyy-mm-dd"``.

    Returns
    -------
    str
        "date" (with or without a time), "time", "elapsed" (hours beyond 24), "percent",
        "currency", "leading zeros", or "" for a plain number.

    Examples
    --------
    >>> shown_as('dd/mm/yyyy;@'), shown_as('0.00" days"'), shown_as("[h]:mm"), shown_as("0000")
    ('date', '', 'elapsed', 'leading zeros')
    """
    first = code.split(";")[0]
    plain = SET_ASIDE.sub("", first).lower()
    if plain.strip() in ("general", "", "@"):
        return CURRENCY if MONEY.search(first) else ""
    if re.search(r"\[(?:h+|m+|s+)\]", plain):
        return ELAPSED
    with_time = re.search("[hs]", plain)
    if re.search("[yd]", plain) or (re.search("m", plain) and not with_time):
        return DATE
    if with_time:
        return TIME_ONLY
    if "%" in plain:
        return PERCENT
    if MONEY.search(first):
        return CURRENCY
    return ZEROS if re.fullmatch(r"0{2,}(?:\.0+)?", plain.strip()) else ""


def day_of_serial(number: float, since: int) -> dt.date:
    """The day that a spreadsheet means by a number; a time of day is left aside.

    Parameters
    ----------
    number : float
        [days]
    since : {1900, 1904}

    Returns
    -------
    datetime.date

    Raises
    ------
    RefusedError
        When no calendar has such a day.

    Examples
    --------
    >>> day_of_serial(45301, 1900), day_of_serial(59, 1900), day_of_serial(0, 1904)
    (datetime.date(2024, 1, 10), datetime.date(1900, 2, 28), datetime.date(1904, 1, 1))
    """
    whole = int(number // 1)
    if since == 1900 and whole == NO_DAY:
        raise RefusedError("day 60 of Excel, 29 February 1900, a day that never was", "correct it")
    if not (1 if since == 1900 else 0) <= whole <= LAST_DAYS[since]:
        raise RefusedError(f"no day number of a spreadsheet that counts from {since}", "correct it")
    early = since == 1900 and whole < NO_DAY
    return FIRST_DAYS[since] + dt.timedelta(days=whole + early)


def serial_in_words(number: float, since: int, shown: str) -> str:
    """A number that is shown as a date or a time, as ISO text.

    Parameters
    ----------
    number : float
        [days]
    since : {1900, 1904}
    shown : {"date", "time", "elapsed"}

    Returns
    -------
    str
        Times of day are rounded to the millisecond: a spreadsheet keeps them as parts of a day.
        Midnight is a date alone.

    Raises
    ------
    RefusedError
        When no calendar has such a day.

    Examples
    --------
    >>> serial_in_words(45301.75, 1900, "date"), serial_in_words(1.5, 1900, "elapsed")
    ('2024-01-10T18:00:00', '36:00:00')
    """
    total = round(number * MILLISECONDS)
    days, rest = divmod(total, MILLISECONDS)
    if shown == ELAPSED and number >= 0:
        return _clock(total)
    if shown == TIME_ONLY and days == 0:
        return _clock(rest)
    day = day_of_serial(days, since).isoformat()
    return f"{day}T{_clock(rest)}" if rest else day


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02d}:{minute:02d}:{second:02d}" + (f".{rest:03d}" if rest else "")
