"""Does this table write decimal commas, and signs between thousands, and which cells show it?

Only columns in which every cell looks like a number speak, or is a usual word for missing. ``3,5``,
``0,125`` and ``1.234,5`` show a decimal comma, ``3.5`` and ``1,234.5`` a decimal point,
``1.234.567`` and ``12 345`` thousands. ``1,234`` shows nothing: a column of numbers with such cells
must show by another of its cells which sign it is. A table has one decimal sign and one between
thousands; two are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from walkstats.errors import DataError, Problem
from walkstats.reading.cells.numbers_in_text import SIGNS_FOR_MISSING, WORDS_FOR_MISSING

NAMED = {",": "comma", ".": "point", " ": "space", "'": "apostrophe"}
BETWEEN = {",": ",", ".": r"\.", " ": "[ \u00a0\u2009\u202f]", "'": "['\u2019]"}
"""The sign between thousands, as trial.toml names it -> the characters that it stands for."""

SAY_NOTHING = {"", *SIGNS_FOR_MISSING, *WORDS_FOR_MISSING}
SHOWN = 5


@dataclass(frozen=True)
class Shape:
    """One way of writing a number.

    Attributes
    ----------
    pattern : re.Pattern
        Of the whole cell.
    decimal, thousands : str
        The signs that a cell of this shape shows; empty for none.
    either : str
        The sign that may be the one or the other.
    """

    pattern: re.Pattern[str]
    decimal: str = ""
    thousands: str = ""
    either: str = ""


def _shapes() -> tuple[Shape, ...]:
    """Every way, the doubtful before those that they could be."""

    def shape(pattern: str, decimal: str = "", thousands: str = "", either: str = "") -> Shape:
        return Shape(re.compile(f"[+-]?(?:{pattern})", re.ASCII), decimal, thousands, either)

    exponent = r"(?:[eE][+-]?\d+)?"
    shapes = [shape(rf"\d+{exponent}")]
    shapes += [shape(rf"[1-9]\d{{0,2}}{BETWEEN[one]}\d{{3}}", either=one) for one in ",."]
    shapes += [shape(rf"\d*{BETWEEN[one]}\d+{exponent}|\d+{BETWEEN[one]}", one) for one in ",."]
    for sign, pattern in BETWEEN.items():
        grouped = rf"[1-9]\d{{0,2}}(?:{pattern}\d{{3}})"
        shapes.append(shape(grouped + ("{2,}" if sign in ",." else "+"), thousands=sign))
        shapes += [shape(rf"{grouped}+{BETWEEN[one]}\d+", one, sign) for one in ",." if one != sign]
    return tuple(shapes)


SHAPES = _shapes()

Cell = tuple[str, int, str]
"""Column, line of the file, and what stands there."""


@dataclass(frozen=True)
class Signs:
    """The signs in numbers that a table was found to use.

    Attributes
    ----------
    decimal, thousands : str
        Empty where nothing shows one.
    notes : tuple of str
        The evidence.
    undecided : mapping of str to Problem
        Columns whose numbers can be read in two ways; errors where they are read as numbers.
    """

    decimal: str = ""
    thousands: str = ""
    notes: tuple[str, ...] = ()
    undecided: Mapping[str, Problem] = field(default_factory=dict)


def recognise_signs(frame: pd.DataFrame, file: str) -> Signs:
    """Find the decimal sign and the sign between thousands.

    Parameters
    ----------
    frame : pandas.DataFrame
        Text; index the lines of the file.
    file : str
        Its name, for messages.

    Returns
    -------
    Signs

    Raises
    ------
    DataError
        When cells contradict one another, with the first of each kind.
    """
    decimals: dict[str, list[Cell]] = {}
    thousands: dict[str, list[Cell]] = {}
    undecided: dict[str, Problem] = {}
    for name in frame.columns:
        found, whole = _shapes_in(frame[name])
        for shape, cells in found.items() if whole else ():
            decimals.setdefault(shape.decimal, []).extend(cells)
            thousands.setdefault(shape.thousands, []).extend(cells)
        doubtful = _undecided(found, file)
        if doubtful is not None:
            undecided[str(name)] = doubtful
    decimal = _only(decimals, "decimal sign", file)
    between = _only(thousands, "sign between thousands", file)
    if decimal and decimal == between:
        both = {"a decimal": decimals[decimal], "thousands": thousands[between]}
        raise _two_signs(both, f"meaning of the {NAMED[decimal]}", file)
    notes = []
    if decimal == ",":
        notes.append(f"decimal commas: {_evidence(decimals[decimal])}; none has a decimal point")
    if between:
        notes.append(f"{NAMED[between]}s between thousands: {_evidence(thousands[between])}")
    return Signs(decimal, between, tuple(notes), undecided)


def _only(shown: dict[str, list[Cell]], what: str, file: str) -> str:
    """The one sign that cells show; cells that show none are set aside."""
    shown.pop("", None)
    if len(shown) > 1:
        raise _two_signs(shown, what, file)
    return next(iter(shown), "")


def _shapes_in(column: pd.Series) -> tuple[dict[Shape, list[Cell]], bool]:
    """Shape -> the first row of each distinct cell, and whether all cells are numbers."""
    found: dict[Shape, list[Cell]] = {}
    whole = True
    distinct = column.dropna()
    distinct = distinct[~distinct.duplicated()]
    for line, cell in distinct.items():
        text = cell.strip()
        if text.casefold() in SAY_NOTHING:
            continue
        shape = next((one for one in SHAPES if one.pattern.fullmatch(text)), None)
        if shape is None:
            whole = False
        else:
            found.setdefault(shape, []).append((str(column.name), int(str(line)), text))
    return found, whole


def _undecided(found: Mapping[Shape, list[Cell]], file: str) -> Problem | None:
    """A column with cells like 1,234 and none that shows what their sign is."""
    for shape, cells in found.items():
        sign = shape.either
        if sign and not any(sign in (one.decimal, one.thousands) for one in found):
            other = "." if sign == "," else ","
            return Problem(
                f"is the {NAMED[sign]} a decimal sign or does it stand between thousands? "
                f"{_listed(cells)} can be either, and no other cell of the column shows which",
                f'say which for this table in trial.toml: decimal = "{sign}", or '
                f'decimal = "{other}" with thousands = "{sign}"',
                table=file,
                column=cells[0][0],
                row=cells[0][1],
                count=len(cells),
            )
    return None


def _two_signs(signs: Mapping[str, list[Cell]], what: str, file: str) -> DataError:
    told = "; ".join(f"{sign} as in {_listed(cells)}" for sign, cells in signs.items())
    return DataError.of(
        f"{file} shows more than one {what}: {told}",
        what_to_do="write all numbers in one way, or declare decimal (and thousands) for this "
        "table in trial.toml; what does not fit is then refused cell by cell",
        table=file,
        row=min(cells[0][1] for cells in signs.values()),
    )


def _listed(cells: list[Cell]) -> str:
    first = [f"{text!r} ({name}, row {line})" for name, line, text in cells[:SHOWN]]
    return ", ".join(first) + (f" and {len(cells) - SHOWN} more" if len(cells) > SHOWN else "")


def _evidence(cells: list[Cell]) -> str:
    name, line, text = cells[0]
    several = "s" if len(cells) > 1 else ""
    return f"{len(cells)} distinct cell{several} such as {text!r} ({name}, row {line})"
