"""Is the value of a clause of trial.toml of the kind that the clause asks for?"""

from __future__ import annotations

import codecs
import datetime as dt
import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from walkstats.reading.cells.dates_in_text import check_date_format
from walkstats.schema import DTYPES


class UnfitError(ValueError):
    """A value of another kind; the message says which kind is needed."""


def as_text(value: Any) -> str:
    """A text in quotes."""
    if not isinstance(value, str):
        raise UnfitError("needs a text in quotes")
    return value


def as_scalar(value: Any) -> str:
    """A text, a number or true or false, as the text that a file would hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | dt.date) and not isinstance(value, dt.datetime):
        return value.isoformat() if isinstance(value, dt.date) else repr(value)
    return as_text(value)


def as_texts(value: Any) -> tuple[str, ...]:
    """A list of texts, or one."""
    listed = value if isinstance(value, list) else [value]
    try:
        texts = tuple(as_scalar(one) for one in listed)
    except UnfitError:
        raise UnfitError('needs a list of texts, as in ["a", "b"]') from None
    twice = sorted(one for one, times in Counter(texts).items() if times > 1)
    if twice:
        raise UnfitError(f"names {', '.join(map(repr, twice))} twice")
    return texts


def as_integer(value: Any) -> int:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise UnfitError("needs a whole number")
    return value


def as_number(value: Any) -> float:
    """A finite number."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value):
        raise UnfitError("needs a number")
    return float(value)


def as_flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise UnfitError("needs true or false, without quotes")
    return value


def as_conditions(value: Any) -> dict[str, tuple[str, ...]]:
    """Columns with the values that they may have."""
    if not isinstance(value, Mapping) or not value:
        raise UnfitError(
            'needs columns and values, as in { status = "1" } or { status = ["1", "2"] }'
        )
    return {name: as_texts(one) for name, one in value.items()}


def as_codes(value: Any) -> dict[str, str]:
    """The team's codes with their meaning."""
    try:
        return {str(code): as_scalar(meaning) for code, meaning in value.items()}
    except (AttributeError, UnfitError):
        raise UnfitError(
            'needs codes and meanings, as in { 1 = "walking", 2 = "control" }'
        ) from None


def as_carry(value: Any) -> bool | tuple[str, ...]:
    """True, false, or the columns to be carried."""
    return value if isinstance(value, bool) else as_texts(value)


def as_encoding(value: Any) -> str:
    """A text encoding that Python knows."""
    try:
        "a".encode(codecs.lookup(as_text(value)).name)
    except (LookupError, ValueError):
        raise UnfitError('names no text encoding; use for example "utf-8", "cp1252"') from None
    return value


def as_character(value: Any) -> str:
    """One character."""
    if len(as_text(value)) != 1 or value in '"\r\n\0':
        raise UnfitError('needs one character, as in ";" or "\\t"')
    return value


def as_sign(value: Any) -> str:
    """What comments begin with."""
    if not as_text(value).strip() or any(one in value for one in "\"'\r\n\0"):
        raise UnfitError('needs what comments begin with, as in "#"')
    return value


def as_line(value: Any) -> int:
    """A line of a file, from 1."""
    if as_integer(value) < 1:
        raise UnfitError("needs a line of the file, the first being 1")
    return int(value)


def as_dates(value: Any) -> tuple[dt.date, dt.date]:
    """Two days, the earlier first."""
    try:
        first, last = (dt.date.fromisoformat(as_scalar(one)) for one in value)
    except (TypeError, ValueError):
        raise UnfitError('needs two days, as in ["2019-09-01", "2024-12-31"]') from None
    if first > last:
        raise UnfitError("needs the earlier day first")
    return first, last


def as_day(value: Any) -> dt.date:
    """One day."""
    try:
        return dt.date.fromisoformat(as_scalar(value))
    except (UnfitError, ValueError):
        raise UnfitError('needs a day, as in "2024-11-30"') from None


def as_period(value: Any) -> tuple[float, float]:
    """First and last day of a period."""
    try:
        begin, end = map(as_number, value)
    except (TypeError, ValueError):
        raise UnfitError("needs two days from randomisation, as in [0, 30]") from None
    if not 0 <= begin < end:
        raise UnfitError("needs the earlier day first, and none before day 0")
    return begin, end


def as_schedule(value: Any) -> dict[int, tuple[float, float, float]]:
    """Check-ins with the period that each asks about, and when it is due."""
    given = as_table(value)
    schedule = {}
    for number, days in given.items():
        if not number.isdecimal() or not isinstance(days, list) or len(days) not in (2, 3):
            raise UnfitError("needs check-ins and their days, as in { 1 = [0, 30], 2 = [30, 60] }")
        begin, end = as_period(days[:2])
        schedule[int(number)] = (begin, end, as_number(days[-1]))
    return schedule


def as_numbers(value: Any) -> tuple[float, float]:
    """Two numbers, the lower first."""
    try:
        low, high = (as_number(one) for one in value)
    except (TypeError, ValueError):
        raise UnfitError("needs two numbers, as in [18, 80]") from None
    if low > high:
        raise UnfitError("needs the lower number first")
    return low, high


def as_date_format(value: Any) -> str:
    """A date format that can be read without guessing."""
    wrong = check_date_format(as_text(value))
    if wrong:
        raise UnfitError(f"{value!r}: {wrong}")
    return value


def as_timezone(value: Any) -> str:
    """A time zone that this computer knows."""
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(as_text(value))
    except (OSError, ValueError, KeyError):
        raise UnfitError(f"{value!r} is no time zone known here; one is Europe/London") from None
    return value


def as_windows(value: Any) -> dict[float, tuple[float, float]]:
    """Visits with their windows, in months."""
    try:
        windows = {
            float(month): (as_number(begin), as_number(end))
            for month, (begin, end) in value.items()
        }
    except (AttributeError, TypeError, ValueError):
        raise UnfitError("needs months and windows, as in { 3 = [2, 4], 12 = [11, 14] }") from None
    for month, (begin, end) in windows.items():
        if not begin <= month <= end:
            raise UnfitError(f"has a window for month {month:g} that does not hold it")
    return windows


def as_table(value: Any) -> dict[str, Any]:
    """A table of TOML."""
    if not isinstance(value, Mapping):
        raise UnfitError("needs a table, in braces or under a heading in brackets")
    return dict(value)


def _one_of(*words: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value not in words or not isinstance(value, str):
            raise UnfitError(f"needs one of {', '.join(repr(word) for word in words)}")
        return value

    return check


KINDS: dict[str, Callable[[Any], Any]] = {
    "text": as_text,
    "scalar": as_scalar,
    "texts": as_texts,
    "integer": as_integer,
    "number": as_number,
    "flag": as_flag,
    "conditions": as_conditions,
    "codes": as_codes,
    "carry": as_carry,
    "encoding": as_encoding,
    "character": as_character,
    "dates": as_dates,
    "numbers": as_numbers,
    "date format": as_date_format,
    "timezone": as_timezone,
    "windows": as_windows,
    "day": as_day,
    "period": as_period,
    "schedule": as_schedule,
    "redcap": as_table,
    "cdisc": as_table,
    "events": as_table,
    "measures": as_table,
    "wide": as_table,
    "score": as_table,
    "minutes": as_table,
    "columns": as_table,
    "first or last": _one_of("first", "last"),
    "overlapping": _one_of("error", "merge", "first"),
    "point or comma": _one_of(".", ","),
    "thousands": _one_of(".", ",", " ", "'"),
    "quote": _one_of('"', "'"),
    "backslash": _one_of("\\"),
    "sign": as_sign,
    "line": as_line,
    "dialect": _one_of("declared", "recognise"),
    "lower or higher": _one_of("lower", "higher"),
    "kind": _one_of(*(kind for kind in DTYPES if kind != "id")),
}
