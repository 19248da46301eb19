"""Which column of a file is which column of the dictionary, and what do its cells need?"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from walkstats.reading.assembled.headers import plain
from walkstats.reading.cells.dates_in_text import ISO, looks_like, to_date
from walkstats.reading.cells.numbers_in_text import (
    SIGNS_FOR_MISSING,
    WORDS_FOR_MISSING,
    RefusedError,
    to_number,
)
from walkstats.reading.cells.refusals import TRUTH
from walkstats.reading.suggesting.other_names import (
    COLUMNS,
    DAY_NAMES,
    MISSING_CODES,
    PERSON,
    TRUTHS,
    UNITS,
    WORDS,
)
from walkstats.reading.text_tables import TextTable
from walkstats.schema import TABLES, Column

DATE_FORMS = (
    (ISO,),
    ("%d/%m/%Y", "%m/%d/%Y"),
    ("%d-%m-%Y", "%m-%d-%Y"),
    ("%d.%m.%Y", "%m.%d.%Y"),
    ("%Y/%m/%d",),
    ("%Y.%m.%d",),
    ("%Y%m%d",),
    ("%d %b %Y",),
    ("%d-%b-%Y",),
    ("%d %B %Y",),
    ("%b %d, %Y",),
    ("%B %d, %Y",),
)
"""Ways of writing dates; those of one line can be taken for one another."""

SPAN = (dt.date(1900, 1, 1), dt.date(2100, 12, 31))
NEAR = 0.8
LISTED = 8
"""Values named in a question."""

Value = str | float | bool | None | tuple[str, ...] | Mapping[str, object]


@dataclass(frozen=True)
class Meant:
    """A column of the dictionary in a file.

    Attributes
    ----------
    target, source : str
    same : bool
        Whether the file calls it as the dictionary does, but for case and spaces.
    clauses : dict
        Further clauses of the column; a value that begins with "?" is a question.
    why : tuple of str
        Comments.
    """

    target: str
    source: str
    same: bool
    clauses: dict[str, Value] = field(default_factory=dict)
    why: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of one file, taken for one table.

    Attributes
    ----------
    meant : mapping of str to Meant
        By column of the dictionary.
    near : mapping of str to str
        Column of the dictionary -> one of the file whose name is similar.
    left : tuple of str
        Columns of the file that are none of these.
    """

    meant: Mapping[str, Meant]
    near: Mapping[str, str]
    left: tuple[str, ...]


def columns_of(table: str, text: TextTable) -> Columns:
    """Match the columns of a file with those of a table.

    Parameters
    ----------
    table : str
    text : TextTable

    Returns
    -------
    Columns
    """
    free = [str(name) for name in text.frame.columns]
    dictionary = {column.name: column for column in TABLES[table].columns}
    if table == "walking":
        dictionary["day"] = Column("day", "days", "day of a daily record", "days")
    named: dict[str, tuple[str, bool]] = {}
    for target in dictionary:
        found = [one for one in free if plain(one) == target]
        if len(found) == 1:
            named[target] = (found[0], True)
            free.remove(found[0])
    for target in dictionary:
        others = [target, *_other_names(table, target)] if target not in named else []
        found = [one for other in others for one in free if letters(one) == letters(other)]
        if found and not (target == "day" and "week" in named):
            named[target] = (found[0], False)
            free.remove(found[0])
    meant = {
        target: _meant(table, dictionary[target], source, same, text)
        for target, (source, same) in named.items()
    }
    near = {}
    for target in dictionary:
        alike = difflib.get_close_matches(target, [plain(one) for one in free], 1, NEAR)
        if target not in named and alike:
            near[target] = next(one for one in free if plain(one) == alike[0])
    return Columns(meant, near, tuple(free))


def letters(name: str) -> str:
    """A name without case, spaces and signs.

    Examples
    --------
    >>> letters("Age (years)"), letters("SubjectID"), letters("Participant No.")
    ('ageyears', 'subjectid', 'participantno')
    """
    return re.sub(r"[\W_]+", "", name.casefold())


def _other_names(table: str, target: str) -> Iterable[str]:
    if target == "participant_id":
        return PERSON
    return DAY_NAMES if target == "day" else COLUMNS[table].get(target, ())


def cells_of(text: TextTable, source: str, missing: Iterable[str] = ()) -> list[str]:
    """The distinct cells of a column that hold something, in their order."""
    empty = {"", *missing}
    cells = dict.fromkeys(cell for cell in text.frame[source] if cell is not None)
    return [cell for cell in cells if cell.strip() not in empty]


def missing_in(
    cells: Iterable[str], low: float | None = None, high: float | None = None
) -> tuple[str, ...]:
    """The cells of a column of numbers or dates that mean missing.

    Parameters
    ----------
    cells : iterable of str
    low, high : float, optional
        Range of the column: numbers such as -99 mean missing only where they lie outside it.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> missing_in(["3", "NA", "-99", "99"], 0, 120)
    ('NA', '-99')
    """
    words = {*SIGNS_FOR_MISSING, *WORDS_FOR_MISSING}
    found = []
    for cell in (one.strip() for one in cells):
        below = low is not None and cell in MISSING_CODES and float(cell) < low
        above = high is not None and cell in MISSING_CODES and float(cell) > high
        if cell.casefold() in words or below or above:
            found.append(cell)
    return tuple(dict.fromkeys(found))


def _meant(table: str, column: Column, source: str, same: bool, text: TextTable) -> Meant:
    why = [] if same else [f"{source!r} is often used for it"]
    if source in text.labels:
        why.append(f"the file calls it {text.labels[source]!r}")
    clauses: dict[str, Value] = {}
    if text.codes.get(source) and column.kind in ("category", "text", "boolean"):
        why.append("the file says what its codes stand for")
        return Meant(column.name, source, same, clauses, tuple(why))
    missing: tuple[str, ...] = ()
    if column.kind not in ("id", "text") and column.name != "arm":
        missing = missing_in(cells_of(text, source), column.low, column.high)
    cells = cells_of(text, source, missing)
    if column.kind in ("date", "days"):
        clauses |= _dates(column, source, cells, why)
    elif column.kind == "boolean":
        clauses |= _truth(cells, why)
    elif column.allowed:
        clauses |= _listed(WORDS.get((table, column.name), {}), column.allowed, cells, why)
    unit = next((u for name, u in UNITS.items() if letters(name) == letters(source)), None)
    if unit:
        clauses["unit"] = unit
        why.append("in hours, by its name")
    if missing:
        clauses["missing"] = ("", *missing)
        why.append(f"{', '.join(missing)} taken as missing")
    return Meant(column.name, source, same, clauses, tuple(why))


def _dates(column: Column, source: str, cells: list[str], why: list[str]) -> dict[str, Value]:
    """The one way in which all dates of a column are written."""
    compact = bool(cells) and all(len(cell.strip()) == 8 for cell in cells)
    if column.kind == "days" and not compact and all(_is_number(cell) for cell in cells):
        return {}
    for forms in DATE_FORMS:
        fit = [form for form in forms if all(_is_date(cell, form) for cell in cells)]
        if fit == [ISO]:
            return {}
        if len(fit) == 1:
            why.append(f"dates such as {cells[0]!r}; all {len(cells)} are read in this way only")
            return {"dates": fit[0]}
        if fit:
            return {"dates": f"? is {cells[0]!r} of {source} {fit[0]} or {fit[1]}"}
    odd = next(cell for cell in cells if not _is_date(cell, ISO))
    if sum(_is_date(cell, ISO) for cell in cells) > len(cells) / 2:
        why.append(f"most are dates as 2024-01-31; correct the others, as {odd!r}")
        return {}
    return {"dates": f"? how are the dates of {source} written, as {odd!r} ({looks_like(odd)})"}


def _is_date(cell: str, form: str) -> bool:
    try:
        to_date(cell, form, *SPAN)
    except RefusedError:
        return False
    return True


def _is_number(cell: str) -> bool:
    for decimal in ".,":
        try:
            to_number(cell, decimal)
        except RefusedError:
            continue
        return True
    return False


def _truth(cells: list[str], why: list[str]) -> dict[str, Value]:
    words = {cell: cell.strip().casefold() for cell in cells}
    if all(word in TRUTH for word in words.values()):
        return {}
    known = {cell: (TRUTH | TRUTHS).get(word) for cell, word in words.items()}
    if None in known.values() or any(cell.strip().isdigit() for cell in cells):
        return {"codes": f"? which of {_some(cells)} is true and which is false"}
    why.append("by their usual meaning")
    return {"codes": known}


def _listed(
    words: Mapping[str, list[str]], allowed: tuple[str, ...], cells: list[str], why: list[str]
) -> dict[str, Value]:
    """Codes for the values of a closed list that are written otherwise."""
    if all(cell.strip() in allowed for cell in cells):
        return {}
    meanings = {word: value for value in allowed for word in (value, *words.get(value, ()))}
    codes = {cell.strip(): meanings.get(plain(cell)) for cell in cells}
    if None in codes.values():
        return {"codes": f"? which of {_some(cells)} is {', '.join(allowed)}"}
    why.append("by their usual meaning")
    return {"codes": codes}


def _some(cells: list[str]) -> str:
    return ", ".join(cell.strip() for cell in cells[:LISTED]) + (
        " ..." if len(cells) > LISTED else ""
    )
