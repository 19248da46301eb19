"""What stands in the sheets of an OpenDocument spreadsheet (.ods), which LibreOffice writes?

All sheets stand in one XML document (OpenDocument 1.3, part 3, section 9). It keeps dates as ISO
text and numbers in full beside what is shown, so that no number format has to be understood.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from walkstats.reading.cells.numbers_in_text import number_in_words
from walkstats.reading.cells.serial_dates import CURRENCY, PERCENT
from walkstats.reading.places.archives import Archive, locked
from walkstats.reading.spreadsheets.safe_xml import no_xml, read_xml
from walkstats.reading.spreadsheets.sheet_cells import MOST_COLUMNS, MOST_RANGES, MOST_ROWS, Cells
from walkstats.reading.spreadsheets.workbook_parts import (
    CONTENT,
    MANIFEST_XML,
    MOST_OF_A_PART,
    MOST_TEXTS,
    Sheet,
    too_many,
)

CELLS = ("table-cell", "covered-table-cell")
BESIDE = ("annotation", "shapes", "frame", "custom-shape")
"""Elements whose text is not that of the cell."""

DAY = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?)?", re.ASCII)
CLOCK = re.compile(r"PT(\d+)H(\d+)M(\d+)(?:[.,](\d+))?S", re.ASCII)
LONGEST = 32_767
"""Characters that a cell may hold."""


def document_sheets(archive: Archive) -> tuple[Sheet, ...]:
    """The sheets of an OpenDocument spreadsheet.

    Parameters
    ----------
    archive : Archive

    Returns
    -------
    tuple of Sheet

    Raises
    ------
    DataError
        When it is damaged, locked or not safe to read.
    """
    parts = archive.members.get(MANIFEST_XML)
    small = parts is not None and parts.file_size <= MOST_OF_A_PART
    if small and b"encryption-data" in archive.read(MANIFEST_XML):
        raise locked(archive.file)
    names = _Names()
    read_xml(archive.pieces(CONTENT), names, archive.file)
    return tuple(Sheet(name, CONTENT, style in names.hidden) for name, style in names.found)


def read_document_cells(archive: Archive, sheet: Sheet) -> Cells:
    """Read the cells of a sheet.

    Parameters
    ----------
    archive : Archive
    sheet : Sheet

    Returns
    -------
    Cells

    Raises
    ------
    DataError
        When it is damaged or not safe to read.
    """
    reader = _TableReader(archive.file, sheet.name)
    read_xml(archive.pieces(CONTENT), reader, archive.file)
    return reader.cells


def _named(attributes: Mapping[str, str]) -> dict[str, str]:
    """Attributes without their prefixes; the first of a name counts."""
    named: dict[str, str] = {}
    for name, value in attributes.items():
        named.setdefault(name.rpartition(":")[2], value)
    return named


class _Names:
    """Listens for the names of sheets, and for the styles of hidden ones."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self.hidden: set[str] = set()
        self.style = ""
        self.depth = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "table":
            if self.depth == 0 and len(self.found) < MOST_RANGES:
                named = _named(attributes)
                self.found.append((named.get("name", ""), named.get("style-name", "")))
            self.depth += 1
        elif name == "style":
            self.style = _named(attributes).get("name", "")
        elif name == "table-properties" and _named(attributes).get("display") == "false":
            self.hidden.add(self.style)

    def end(self, name: str) -> None:
        self.depth -= name == "table"

    def text(self, piece: str) -> None: ...


class _TableReader:
    """Listens to the XML of one sheet."""

    def __init__(self, file: str, name: str) -> None:
        self.file = file
        self.name = name
        self.cells = Cells()
        self.count = 0
        self.depth = 0
        self.wanted = False
        self.row = 0
        self.rows = 1
        self.column = 0
        self.of_row: dict[int, str] = {}
        self.cell: dict[str, str] = {}
        self.beside = 0
        self.paragraphs = 0
        self.listening = 0
        self.pieces: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "table":
            self.wanted = self.wanted or (
                self.depth == 0 and _named(attributes).get("name", "") == self.name
            )
            self.depth += 1
        elif not self.wanted or self.depth != 1:
            return
        elif name in BESIDE:
            self.beside += 1
        elif name in CELLS:
            self._open_cell(_named(attributes))
        elif name == "table-row":
            self._open_row(_named(attributes))
        elif name == "table-column":
            self._column(_named(attributes))
        elif not self.beside:
            self._within(name, attributes)

    def _within(self, name: str, attributes: Mapping[str, str]) -> None:
        """Text is kept in paragraphs, with elements for what XML would run together."""
        if name == "p":
            if self.paragraphs:
                self.pieces.append("\n")
            self.paragraphs += 1
            self.listening += 1
        elif name == "s":
            self.pieces.append(" " * self._times(_named(attributes).get("c", "1"), LONGEST))
        elif name in ("tab", "line-break"):
            self.pieces.append("\t" if name == "tab" else "\n")

    def end(self, name: str) -> None:
        if name == "table":
            self.depth -= 1
            self.wanted = self.wanted and self.depth > 0
        elif not self.wanted or self.depth != 1:
            return
        elif name in BESIDE:
            self.beside -= 1
        elif name in CELLS:
            self._close_cell()
        elif name == "table-row":
            self._close_row()
        elif name == "p" and not self.beside:
            self.listening -= 1

    def text(self, piece: str) -> None:
        if self.listening and self.wanted and not self.beside:
            self.pieces.append(piece)

    def _times(self, text: str, most: int) -> int:
        """How often something is repeated; not more than there is room for."""
        if not (text.isascii() and text.isdecimal()):
            raise no_xml(self.file)
        return min(int(text[:10]), most)

    def _column(self, named: dict[str, str]) -> None:
        first = self.column + 1
        self.column += self._times(named.get("number-columns-repeated", "1"), MOST_COLUMNS)
        hidden = named.get("visibility", "visible") != "visible"
        if hidden and len(self.cells.hidden_columns) < MOST_RANGES:
            self.cells.hidden_columns.append((first, self.column))

    def _open_row(self, named: dict[str, str]) -> None:
        self.rows = self._times(named.get("number-rows-repeated", "1"), MOST_ROWS)
        self.column = 0
        self.of_row = {}
        shown = named.get("visibility", "visible")
        if shown != "visible" and self.rows < MOST_ROWS // 2:
            self.cells.hidden_rows.update(range(self.row + 1, self.row + 1 + self.rows))
            self.cells.filtered |= shown == "filter"

    def _close_row(self) -> None:
        if self.of_row:
            self.count += self.rows * len(self.of_row)
            if self.count > MOST_TEXTS:
                raise too_many(self.file)
            for row in range(self.row + 1, self.row + 1 + self.rows):
                self.cells.rows[row] = self.of_row  # the same for all that are repeated
        self.row += self.rows

    def _open_cell(self, named: dict[str, str]) -> None:
        self.cell = named
        self.pieces = []
        self.paragraphs = 0
        across, down = (
            self._times(named.get(f"number-{kind}-spanned", "1"), most)
            for kind, most in (("columns", MOST_COLUMNS), ("rows", MOST_ROWS))
        )
        if (across > 1 or down > 1) and len(self.cells.merged) < MOST_RANGES:
            row, column = self.row + 1, self.column + 1
            self.cells.merged.append((row, column, row + down - 1, column + across - 1))

    def _close_cell(self) -> None:
        first = self.column + 1
        self.column += self._times(self.cell.get("number-columns-repeated", "1"), MOST_COLUMNS)
        words = self._words()
        formula = "formula" in self.cell
        if words is None:
            if formula and len(self.cells.uncomputed) < MOST_RANGES:
                self.cells.uncomputed.append((self.row + 1, first))
            return
        self.cells.formulas += formula
        for column in range(first, self.column + 1):
            self.of_row[column] = words
            kind = {"percentage": PERCENT, "currency": CURRENCY}.get(
                self.cell.get("value-type", "")
            )
            if kind:
                self.cells.shown[(column, kind)] += 1

    def _words(self) -> str | None:
        kind = self.cell.get("value-type", "")
        written = "".join(self.pieces)
        if kind in ("float", "percentage", "currency"):
            return self._number(self.cell.get("value", ""))
        if kind == "date":
            return self._fitting(DAY, self.cell.get("date-value", ""))[0].removesuffix("T00:00:00")
        if kind == "time":
            found = self._fitting(CLOCK, self.cell.get("time-value", ""))
            part = (found[4] or "").rstrip("0")
            return f"{found[1]:0>2}:{found[2]:0>2}:{found[3]:0>2}" + (f".{part}" if part else "")
        if kind == "boolean":
            return "true" if self.cell.get("boolean-value") == "true" else "false"
        return written if self.paragraphs or kind == "string" else None

    def _number(self, text: str) -> str:
        try:
            number = float(text)
        except ValueError:
            raise no_xml(self.file) from None
        if not math.isfinite(number) or "_" in text:
            raise no_xml(self.file)
        return number_in_words(number)

    def _fitting(self, pattern: re.Pattern[str], text: str) -> re.Match[str]:
        found = pattern.fullmatch(text)
        if found is None:
            raise no_xml(self.file)
        return found
