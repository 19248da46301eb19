"""What are the cells of one column, once the dictionary and trial.toml have said what they mean?

Each distinct cell is converted once. What cannot be converted is refused by name, and stays
missing in the column while all other findings are gathered.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from walkstats.reading.cells.codes_of_files import FileCodes, in_words
from walkstats.reading.cells.dates_in_text import ISO, is_iso_date, to_date
from walkstats.reading.cells.numbers_in_text import (
    RefusedError,
    refuse_error_value,
    to_integer,
    to_number,
)
from walkstats.reading.cells.refusals import TRUTH, NoTruthError, Refusal, Seen, group_refusals
from walkstats.schema import DTYPES

PLAIN = ("integer", "number", "days")
NO_DAY = np.iinfo(np.int64).min
EPOCH = dt.date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Meaning:
    """How the cells of one column are to be understood.

    Attributes
    ----------
    kind : str
        A kind of ``walkstats.schema.Column``.
    missing : tuple of str
        Cells that mean missing.
    codes : mapping of str to str
    file_codes : FileCodes or None
        What the file itself says, where trial.toml declares no codes.
    decimal : {".", ","}
    thousands : {"", ".", ",", " ", "'"}
    times, over : float
        Numbers are multiplied by the first and divided by the second.
    dates : str or None
        Declared format of dates.
    between : tuple of datetime.date
        First and last day that a date may name.
    """

    kind: str
    missing: tuple[str, ...]
    codes: Mapping[str, str] = field(default_factory=dict)
    decimal: str = "."
    times: float = 1
    over: float = 1
    dates: str | None = None
    between: tuple[dt.date, dt.date] = (dt.date(1900, 1, 1), dt.date(2100, 12, 31))
    file_codes: FileCodes | None = None
    thousands: str = ""


@dataclass(frozen=True, eq=False)
class Converted:
    """One column.

    Attributes
    ----------
    values : array
        Of the dtype of its kind, shape (n,). Dates in a column of days are still dates.
    refused : numpy.ndarray
        bool, shape (n,).
    refusals : tuple of Refusal
    done : mapping of str to int
        What was done -> cells.
    is_date : bool
        Whether ``values`` are dates, which only for kind "days" asks for more.
    """

    values: Any
    refused: np.ndarray
    refusals: tuple[Refusal, ...] = ()
    done: Mapping[str, int] = field(default_factory=dict)
    is_date: bool = False


def convert(cells: np.ndarray, lines: np.ndarray, meaning: Meaning) -> Converted:
    """Convert one column of text.

    Parameters
    ----------
    cells : numpy.ndarray
        ``str`` or None, shape (n,).
    lines : numpy.ndarray
        Line of the file on which each row starts, shape (n,).
    meaning : Meaning

    Returns
    -------
    Converted
    """
    place, distinct = pd.factorize(cells, use_na_sentinel=True)
    counts = np.bincount(place[place >= 0], minlength=len(distinct))
    empty = np.array([_is_missing(cell, meaning.missing) for cell in distinct], dtype=bool)
    done = _coded_missing(distinct, empty, counts)
    texts = [None if gone else cell for cell, gone in zip(distinct, empty, strict=True)]
    refused: dict[int, RefusedError] = {}
    if meaning.codes:
        texts = _decoded(texts, meaning.codes, refused)
        done["cells by their codes"] = int(counts[~empty].sum())
    elif meaning.file_codes is not None:
        worded = in_words(texts, counts.tolist(), meaning.kind, meaning.file_codes)
        texts, done = worded.texts, {**done, **worded.done}
        refused.update(worded.refused)
    is_date = meaning.kind == "date" or _names_dates(meaning, texts)
    parse = _parser(meaning, is_date)
    values = _parsed(texts, parse, refused)
    column = _column(values, place, "date" if is_date else meaning.kind)
    seen = Seen(distinct, empty, place, lines)
    bad = np.zeros(len(distinct) + 1, dtype=bool)
    bad[list(refused)] = True
    done |= _changes(meaning, int(counts[~empty & ~bad[:-1]].sum()), is_date)
    if meaning.kind == "boolean" and not meaning.codes:
        done |= _words_of_truth(distinct, values, counts)
    return Converted(
        column, bad[place], group_refusals(refused, seen, meaning.dates), done, is_date
    )


def _changes(meaning: Meaning, cells: int, is_date: bool) -> dict[str, int]:
    """What was done to all cells that hold something."""
    if is_date:
        aim = "days from randomisation" if meaning.kind == "days" else "dates"
        return {f"dates ({meaning.dates or ISO}) to {aim}": cells}
    if (meaning.times, meaning.over) != (1, 1):
        return {f"times {meaning.times:g}, over {meaning.over:g}": cells}
    if meaning.decimal == "," and meaning.kind in ("number", "days"):
        return {"decimal commas" + _between_thousands(meaning): cells}
    if meaning.thousands and meaning.kind in PLAIN:
        return {f"text to {meaning.kind}" + _between_thousands(meaning): cells}
    return {"text to " + meaning.kind: cells} if meaning.kind in PLAIN else {}


def _between_thousands(meaning: Meaning) -> str:
    return f", {meaning.thousands!r} between thousands" if meaning.thousands else ""


def _words_of_truth(distinct: np.ndarray, values: list[Any], counts: np.ndarray) -> dict[str, int]:
    """What was read as true and what as false."""
    return {
        f"{cell!r} read as {'true' if value else 'false'}": int(count)
        for cell, value, count in zip(distinct, values, counts, strict=True)
        if value is not None and cell not in ("true", "false")
    }


def _is_missing(cell: str, missing: tuple[str, ...]) -> bool:
    return cell in missing or cell.strip() in missing


def _coded_missing(distinct: np.ndarray, empty: np.ndarray, counts: np.ndarray) -> dict[str, int]:
    """Cells with something in them that were read as missing."""
    return {
        f"{cell!r} read as missing": int(count)
        for cell, gone, count in zip(distinct, empty, counts, strict=True)
        if gone and cell.strip()
    }


def _decoded(
    texts: list[str | None], codes: Mapping[str, str], refused: dict[int, RefusedError]
) -> list[str | None]:
    known = ", ".join(f"{code} = {meaning}" for code, meaning in codes.items())
    out: list[str | None] = []
    for k, text in enumerate(texts):
        if text is None or text in codes or text.strip() in codes:
            out.append(None if text is None else codes.get(text, codes.get(text.strip())))
        else:
            refused[k] = RefusedError(
                f"not among the declared codes ({known})", "correct it or declare the code"
            )
            out.append(None)
    return out


def _names_dates(meaning: Meaning, texts: list[str | None]) -> bool:
    """A column of days holds dates where it says so, or where all of it are ISO dates."""
    if meaning.kind != "days":
        return False
    given = [text for text in texts if text is not None]
    return meaning.dates is not None or (bool(given) and all(is_iso_date(one) for one in given))


def _parser(meaning: Meaning, is_date: bool) -> Callable[[str], Any]:
    if is_date:
        first, last = meaning.between
        return partial(_ordinal, declared=meaning.dates or ISO, first=first, last=last)
    scaled = (meaning.times, meaning.over) != (1, 1)
    signs = {"decimal": meaning.decimal, "thousands": meaning.thousands}
    parsers: dict[str, Callable[[str], Any]] = {
        "integer": partial(to_integer, **signs),
        "number": partial(to_number, **signs),
        "days": partial(to_number, **signs),
        "boolean": _truth,
    }
    parse = parsers.get(meaning.kind, str)
    if not scaled:
        return parse
    if meaning.kind == "integer":
        return partial(_scaled_integer, meaning=meaning)
    return partial(_scaled, meaning=meaning)


def _scaled(text: str, meaning: Meaning) -> float:
    number = to_number(text, meaning.decimal, meaning.thousands)
    return number * meaning.times / meaning.over


def _scaled_integer(text: str, meaning: Meaning) -> int:
    value = _scaled(text, meaning)
    if not value.is_integer():
        raise RefusedError(
            "not a whole number in the dictionary's unit", "correct it or the factor"
        )
    return int(value)


def _ordinal(text: str, declared: str, first: dt.date, last: dt.date) -> int:
    return to_date(text, declared, first, last).toordinal() - EPOCH


def _truth(text: str) -> bool:
    word = text.strip().casefold()
    if word not in TRUTH:
        raise NoTruthError("neither true nor false", "")
    return TRUTH[word]


def _parsed(
    texts: list[str | None], parse: Callable[[str], Any], refused: dict[int, RefusedError]
) -> list[Any]:
    values: list[Any] = []
    for k, text in enumerate(texts):
        value = None
        if text is not None:
            try:
                refuse_error_value(text)
                value = parse(text)
            except RefusedError as reason:
                refused[k] = reason
        values.append(value)
    return values


def _column(values: list[Any], place: np.ndarray, kind: str) -> Any:
    """Spread the distinct values over the rows, in the dtype of the kind; -1 is missing."""
    if kind == "date":
        days = np.array([NO_DAY if v is None else v for v in values] + [NO_DAY], dtype=np.int64)
        return days.view("datetime64[D]")[place].astype("datetime64[ns]")
    if kind in ("number", "days"):
        numbers = np.array([np.nan if v is None else v for v in values] + [np.nan], dtype=float)
        return numbers[place]
    if kind in ("integer", "boolean"):
        distinct: Any = pd.Series([*values, None], dtype=DTYPES[kind]).array
        return distinct.take(np.where(place < 0, len(values), place))
    texts = np.empty(len(values) + 1, dtype=object)
    texts[:-1] = values
    return texts[place]
