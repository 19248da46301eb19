"""What stands in the cells of a sheet, in words that lose nothing?

One pass over the XML of the sheet. Numbers become the shortest text that reads back as the same
number, dates and times ISO text, as the number format of the cell shows them. Formulas are never
computed: what the workbook stored beside them counts.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from walkstats.reading.cells.numbers_in_text import RefusedError, number_in_words
from walkstats.reading.cells.serial_dates import DATE, ELAPSED, TIME_ONLY, serial_in_words
from walkstats.reading.spreadsheets.safe_xml import no_xml, read_xml
from walkstats.reading.spreadsheets.workbook_parts import (
    MOST_TEXTS,
    TRUE,
    Sheet,
    Workbook,
    too_many,
    unescaped,
)

ADDRESS = re.compile(r"([A-Z]{1,3})([0-9]{1,7})", re.ASCII)
MOST_COLUMNS = 16_384
MOST_ROWS = 1_048_576
EXACT_DIGITS = 1e15
"""Numbers from here on have lost digits: a cell keeps fifteen."""

TIMES = (DATE, TIME_ONLY, ELAPSED)
LONG = "more than 15 digits"
MOST_RANGES = 20_000
"""Merged ranges, hidden columns and formulas without a value beyond these are not listed."""

ADDRESSES_SHOWN = 5


@dataclass(eq=False)
class Cells:
    """The cells of a sheet, and what is to be said about them.

    Attributes
    ----------
    rows : dict of int to dict of int to str
        Row -> column -> text; both counted from 1. Cells that only have a format are left out.
    merged : list of tuple of int
        First row, first column, last row, last column.
    hidden_rows : set of int
    hidden_columns : list of tuple of int
        First and last.
    filtered : bool
    formulas : int
        Cells with a formula and a stored value.
    uncomputed : list of tuple of int
        Row and column of those without.
    shown : Counter
        (column, "percent" ...) -> cells.
    odd : dict of tuple to list
        (what is wrong, what to do) -> rows and columns.
    """

    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    filtered: bool = False
    formulas: int = 0
    uncomputed: list[tuple[int, int]] = field(default_factory=list)
    shown: Counter[tuple[int, str]] = field(default_factory=Counter)
    odd: dict[tuple[str, str], list[tuple[int, int]]] = field(default_factory=dict)


def read_cells(book: Workbook, sheet: Sheet) -> Cells:
    """Read the cells of a sheet of an Excel workbook.

    Parameters
    ----------
    book : Workbook
    sheet : Sheet

    Returns
    -------
    Cells

    Raises
    ------
    DataError
        When the sheet is damaged or not safe to read.
    """
    reader = _SheetReader(book)
    read_xml(book.archive.pieces(sheet.member), reader, book.file)
    return reader.cells


def letters(column: int) -> str:
    """The letters of a column, counted from 1.

    Examples
    --------
    >>> letters(1), letters(28), letters(16384)
    ('A', 'AB', 'XFD')
    """
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def address(row: int, column: int) -> str:
    """A cell as Excel names it.

    Examples
    --------
    >>> address(12, 3)
    'C12'
    """
    return f"{letters(column)}{row}"


def addresses(places: list[tuple[int, int]]) -> str:
    """Some cells, and how many others there are."""
    listed = ", ".join(address(*one) for one in places[:ADDRESSES_SHOWN])
    others = len(places) - ADDRESSES_SHOWN
    return listed if others <= 0 else f"{listed} and {others} others"


def place_of(text: str) -> tuple[int, int] | None:
    """Row and column of an address; None for what is none."""
    found = ADDRESS.fullmatch(text.replace("$", ""))
    if found is None:
        return None
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    row = int(found[2])
    return (row, column) if 1 <= row <= MOST_ROWS and column <= MOST_COLUMNS else None


class _SheetReader:
    """Listens to the XML of one sheet."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self.since = book.since or 1900
        self.cells = Cells()
        self.count = 0
        self.depth = 0
        self.row = 0
        self.column = 0
        self.cell: Mapping[str, str] = {}
        self.formula = False
        self.stored = False
        self.listening = False
        self.spoken = False
        self.pieces: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self.depth += 1
        if name == "c":
            self._open_cell(attributes)
        elif name == "v":
            self.stored = self.listening = True
        elif name == "t" and self.cell.get("t") == "inlineStr":
            self.stored = True
            self.listening = not self.spoken
        elif name == "rPh":
            self.spoken = True
        elif name == "f":
            self.formula = True
        elif name == "row":
            self._open_row(attributes)
        else:
            self._around(name, attributes)

    def _around(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "mergeCell":
            ends = [place_of(one) for one in attributes.get("ref", "").split(":")]
            enough = len(self.cells.merged) >= MOST_RANGES
            if len(ends) == 2 and ends[0] and ends[1] and not enough:
                self.cells.merged.append((*ends[0], *ends[1]))
        elif name == "col" and attributes.get("hidden", "0") in TRUE:
            first, last = (self._whole(attributes.get(one, "")) for one in ("min", "max"))
            if len(self.cells.hidden_columns) < MOST_RANGES:
                self.cells.hidden_columns.append((first, last))
        elif name == "autoFilter" and self.depth == 2:
            self.cells.filtered = True

    def end(self, name: str) -> None:
        self.depth -= 1
        if name in ("v", "t"):
            self.listening = False
        elif name == "rPh":  # how a text is spoken is not part of it
            self.spoken = False
        elif name == "c":
            self._close_cell()

    def text(self, piece: str) -> None:
        if self.listening:
            self.pieces.append(piece)

    def _whole(self, text: str) -> int:
        if not text.isdecimal() or len(text) > 7:
            raise no_xml(self.book.file)
        return int(text)

    def _open_row(self, attributes: Mapping[str, str]) -> None:
        row = self._whole(attributes["r"]) if "r" in attributes else self.row + 1
        if not self.row < row <= MOST_ROWS:
            raise no_xml(self.book.file)
        self.row = row
        self.column = 0
        if attributes.get("hidden", "0") in TRUE:
            self.cells.hidden_rows.add(row)

    def _open_cell(self, attributes: Mapping[str, str]) -> None:
        place = (self.row, self.column + 1)
        if "r" in attributes:
            found = place_of(attributes["r"])
            if found is None or found[0] != self.row:
                raise no_xml(self.book.file)
            place = found
        self.column = place[1]
        self.cell = attributes
        self.formula = self.stored = False
        self.pieces = []

    def _close_cell(self) -> None:
        if not self.stored and not self.formula:
            return
        self.count += 1
        if self.count > MOST_TEXTS:
            raise too_many(self.book.file)
        text = "".join(self.pieces)
        if not self.stored or not (text or self.cell.get("t", "n") != "n"):
            if self.formula and len(self.cells.uncomputed) < MOST_RANGES:
                self.cells.uncomputed.append((self.row, self.column))
            return
        self.cells.formulas += self.formula
        self.cells.rows.setdefault(self.row, {})[self.column] = self._words(text)

    def _words(self, text: str) -> str:
        kind = self.cell.get("t", "n")
        if kind == "s":
            return self._shared(text)
        if kind == "b":
            return "true" if text in TRUE else "false"
        if kind in ("inlineStr", "str", "e"):
            return unescaped(text)
        if kind == "d":
            return text.removesuffix("T00:00:00").removesuffix("T00:00:00.000")
        return self._number(text)

    def _shared(self, text: str) -> str:
        try:
            return self.book.texts[self._whole(text)]
        except IndexError:
            raise no_xml(self.book.file) from None

    def _number(self, text: str) -> str:
        try:
            number = float(text)
        except ValueError:
            raise no_xml(self.book.file) from None
        if not math.isfinite(number) or "_" in text:
            raise no_xml(self.book.file)
        style = self._whole(self.cell.get("s", "0"))
        shown = self.book.shown[style] if style < len(self.book.shown) else ""
        if shown in TIMES:
            try:
                return serial_in_words(number, self.since, shown)
            except RefusedError as why:
                self._say(f"shown as a date, and {why.reason}", why.remedy)
                return number_in_words(number)
        if shown:
            self.cells.shown[(self.column, shown)] += 1
        if abs(number) >= EXACT_DIGITS and number.is_integer():
            self.cells.shown[(self.column, LONG)] += 1
        return number_in_words(number)

    def _say(self, problem: str, what_to_do: str) -> None:
        self.cells.odd.setdefault((problem, what_to_do), []).append((self.row, self.column))
