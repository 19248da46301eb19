"""Which table stands in a sheet of a workbook, and can it be read without guessing?

The names of the columns stand in one row, one row of the sheet is one row of the table, and no cell
is merged with another. What Excel shows otherwise than it keeps is told: percentages, filters,
formulas, dates.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import numpy as np
import pandas as pd

from walkstats.errors import DataError, Problem
from walkstats.reading.assembled.headers import find_header
from walkstats.reading.cells.serial_dates import CURRENCY, PERCENT, ZEROS
from walkstats.reading.places.archives import open_archive
from walkstats.reading.spreadsheets.open_document import document_sheets, read_document_cells
from walkstats.reading.spreadsheets.sheet_cells import (
    LONG,
    Cells,
    address,
    addresses,
    letters,
    read_cells,
)
from walkstats.reading.spreadsheets.workbook_parts import (
    CONTENT,
    Sheet,
    Workbook,
    excel_workbook,
    is_open_document,
    is_workbook,
    no_workbook,
)
from walkstats.reading.text_tables import FileFormat, TextTable, unreadable

MANIFEST_SHEETS = ("trial.toml", "trial")
"""A sheet of such a name holds the lines of trial.toml in its first column."""

MOST_LINES = 10_000
LOOKED_AT = 20
"""Rows in which it is looked whether the first is a title; the names are the widest of them."""

SHOWN_OTHERWISE = {
    PERCENT: "shown as percentages: 85 % is read as 0.85",
    CURRENCY: "shown with a currency; the number alone is read",
    ZEROS: "numbers shown with leading zeros, which are read without them",
    LONG: "numbers of more than 15 digits, of which a spreadsheet keeps only 15",
}
"""What is told of cells of a column."""


def read_workbook(data: bytes, file: str, declared: FileFormat) -> TextTable:
    """Read one sheet of a workbook as text.

    Parameters
    ----------
    data : bytes
        The whole workbook.
    file : str
        Its name, for messages.
    declared : FileFormat
        With the name of the sheet; without one there must be only one.

    Returns
    -------
    TextTable
        An empty cell is None. Rows are numbered as Excel numbers them.

    Raises
    ------
    DataError
        When it is damaged, not safe to read, or has no such sheet.
    """
    book = open_workbook(data, file)
    return read_sheet(book, chosen_sheet(book, declared.sheet, ""), declared)


def open_workbook(data: bytes, file: str) -> Workbook:
    """Read which sheets a workbook has.

    Parameters
    ----------
    data : bytes
        The whole workbook, of Excel or OpenDocument.
    file : str
        Its name, for messages.

    Returns
    -------
    Workbook

    Raises
    ------
    DataError
        When it is none, damaged, locked, or not safe to unpack.
    """
    archive = open_archive(data, file)
    if not is_workbook(archive):
        raise unreadable(
            f"{file} is no workbook: a zip archive that holds other files",
            "name the archive of a table as trial.toml does, with one file in it",
            file=file,
        )
    if not is_open_document(archive):
        return excel_workbook(archive)
    if CONTENT not in archive.members:
        raise no_workbook(file)
    return Workbook(file, archive, document_sheets(archive))


def _cells(book: Workbook, sheet: Sheet) -> Cells:
    if book.since is None:
        return read_document_cells(book.archive, sheet)
    return read_cells(book, sheet)


def sheets_of_tables(book: Workbook) -> tuple[Sheet, ...]:
    """The sheets of a workbook without that which holds trial.toml."""
    return tuple(one for one in book.sheets if not _is_manifest(one))


def sheet_called(book: Workbook, name: str) -> Sheet | None:
    """The sheet of this name, or the only one that differs from it in case and spaces alone."""
    found = find_header(name, [one.name for one in book.sheets])
    return next(one for one in book.sheets if one.name == found[0]) if len(found) == 1 else None


def chosen_sheet(book: Workbook, name: str | None, table: str) -> Sheet:
    """The sheet of a table: the one declared, the one called like it, or the only one.

    Parameters
    ----------
    book : Workbook
    name : str or None
        As trial.toml declares it.
    table : str

    Returns
    -------
    Sheet

    Raises
    ------
    DataError
        When there is no telling; it lists the sheets.
    """
    sheets = sheets_of_tables(book)
    found = sheet_called(book, name or table) if name or table else None
    if found is not None:
        return found
    if name is None and len(sheets) == 1:
        return sheets[0]
    raise no_sheet(book, name, table)


def no_sheet(book: Workbook, name: str | None, table: str) -> DataError:
    """The error for a sheet that is not there; it lists those that are."""
    names = [one.name for one in book.sheets]
    near = difflib.get_close_matches(name or table, names, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    wanted = f"no sheet {(name or table)!r}" if name or table else "more than one sheet"
    return unreadable(
        f"{book.file} has {wanted}; its sheets are: {', '.join(map(repr, names))}",
        f"{hint}say in trial.toml which one is meant, as in sheet = {_quoted(near or names)}",
        file=book.file,
    )


def _quoted(names: list[str]) -> str:
    return '"' + next(iter(names), "Sheet1").replace('"', "") + '"'


def manifest_of(book: Workbook) -> tuple[bytes, str] | None:
    """The trial.toml that stands in a sheet of a workbook, a line in each row of column A.

    Parameters
    ----------
    book : Workbook

    Returns
    -------
    tuple or None
        The lines, and where they stand in words; None when no sheet is called ``trial.toml`` or
        ``trial``.

    Raises
    ------
    DataError
        When the sheet cannot be read.
    """
    sheet = next((one for one in book.sheets if _is_manifest(one)), None)
    if sheet is None:
        return None
    rows = _cells(book, sheet).rows
    last = max(rows, default=0)
    if last > MOST_LINES:
        raise unreadable(
            f"sheet {sheet.name!r} of {book.file} has {last} rows, too many for a trial.toml",
            f"keep the lines of trial.toml alone, in column A (limit {MOST_LINES})",
            file=book.file,
        )
    lines = "\n".join(rows.get(k, {}).get(1, "") for k in range(1, last + 1))
    return lines.encode(), f"sheet {sheet.name!r} of {book.file}"


def _is_manifest(sheet: Sheet) -> bool:
    return sheet.name.strip().casefold() in MANIFEST_SHEETS


def read_sheet(book: Workbook, sheet: Sheet, declared: FileFormat) -> TextTable:
    """Read a sheet as text.

    Parameters
    ----------
    book : Workbook
    sheet : Sheet
    declared : FileFormat
        With the row that holds the names of the columns, where it is not the first.

    Returns
    -------
    TextTable

    Raises
    ------
    DataError
        When there is no telling which row holds the names, or two columns have the same.
    """
    cells = _cells(book, sheet)
    file = f"{book.file} ({sheet.name})"
    filled = {row: one for row, one in cells.rows.items() if any(t.strip() for t in one.values())}
    if not filled:
        raise unreadable(
            f"{file} is an empty sheet", "name the sheet that holds the table", file=file
        )
    head = _head(filled, declared, file)
    names = {column: name for column, name in filled[head].items() if name.strip()}
    _refuse_twice(names, file, head)
    below = [row for row in filled if row > head]
    problems = [
        *_unnamed(filled, below, names, file, head),
        *_merged(cells, names, head, max(filled), file),
        *_uncomputed(cells, file),
        *_odd(cells, file),
    ]
    frame = pd.DataFrame(
        {name: _column(filled, below, column) for column, name in sorted(names.items())},
        index=pd.Index(np.array(below, dtype=np.int64), name="line"),
        columns=pd.Index([names[column] for column in sorted(names)], dtype=object),
    )
    return TextTable(file, frame, tuple(problems), tuple(_notes(cells, sheet, head, below, names)))


def _column(rows: dict[int, dict[int, str]], which: list[int], column: int) -> np.ndarray:
    cells = np.empty(len(which), dtype=object)
    cells[:] = [rows[row].get(column) for row in which]
    return cells


def _head(rows: dict[int, dict[int, str]], declared: FileFormat, file: str) -> int:
    """The row declared, or the first that is not empty unless it looks like a title."""
    if declared.header_line is not None:
        if declared.header_line not in rows:
            raise unreadable(
                f"{file} has nothing in row {declared.header_line}, the declared header_line",
                "name the row that holds the names of the columns, as Excel numbers it",
                file=file,
            )
        return declared.header_line
    numbers = sorted(rows)[:LOOKED_AT]
    first = numbers[0]
    width = len(rows[first])
    widest = max(numbers, key=lambda row: len(rows[row]))
    if width == 1 < len(rows[widest]):
        title = next(iter(rows[first].values()))[:40]
        raise unreadable(
            f"{file} begins with one cell alone ({title!r} in row {first}), which seems to be a "
            "title and not the names of the columns",
            f"delete what stands above the names, or say in which row they stand, as in "
            f"header_line = {widest}",
            file=file,
            row=first,
        )
    return first


def _refuse_twice(names: dict[int, str], file: str, head: int) -> None:
    places: dict[str, list[str]] = {}
    for column, name in sorted(names.items()):
        places.setdefault(name, []).append(letters(column))
    twice = {name: at for name, at in places.items() if len(at) > 1}
    if twice:
        told = "; ".join(f"{name!r} in columns {', '.join(at)}" for name, at in twice.items())
        raise unreadable(
            f"{file} has several columns of the same name: {told}",
            "rename or delete all but one",
            file=file,
            row=head,
        )


def _unnamed(
    rows: dict[int, dict[int, str]], below: list[int], names: dict[int, str], file: str, head: int
) -> list[Problem]:
    """Values in columns that row of names leaves empty."""
    found: dict[int, list[tuple[int, int]]] = {}
    for row in below:
        for column, text in rows[row].items():
            if column not in names and text.strip():
                found.setdefault(column, []).append((row, column))
    return [
        Problem(
            f"column {letters(column)} has values ({addresses(places)}) but no name in row {head}",
            "name it or delete it; if the names stand in another row, say header_line = (that row)",
            table=file,
            row=places[0][0],
            count=len(places),
        )
        for column, places in sorted(found.items())
    ]


def _merged(cells: Cells, names: dict[int, str], head: int, last: int, file: str) -> list[Problem]:
    """Merged cells among the names or the values; those above or beside do no harm."""
    right = max(names)
    among = [one for one in cells.merged if one[2] >= head and one[0] <= last and one[1] <= right]
    problems = []
    for what, which in (
        ("names of the columns", [one for one in among if one[0] <= head]),
        ("values", [one for one in among if one[0] > head]),
    ):
        if which:
            told = ", ".join(f"{address(*one[:2])}:{address(*one[2:])}" for one in which[:5])
            more = f" and {len(which) - 5} other ranges" if len(which) > 5 else ""
            problems.append(
                Problem(
                    f"cells are merged among the {what}: {told}{more}; Excel keeps only one "
                    "value of them",
                    "unmerge them and fill every cell: one name for each column in one row, and "
                    "one value in each cell below",
                    table=file,
                    row=which[0][0],
                    count=len(which),
                )
            )
    return problems


def _uncomputed(cells: Cells, file: str) -> list[Problem]:
    if not cells.uncomputed:
        return []
    return [
        Problem(
            f"formulas without a stored value: {addresses(cells.uncomputed)}; formulas are not "
            "computed here",
            "open the workbook in Excel or LibreOffice, save it, and read it again",
            table=file,
            row=cells.uncomputed[0][0],
            count=len(cells.uncomputed),
        )
    ]


def _odd(cells: Cells, file: str) -> list[Problem]:
    return [
        Problem(
            f"{addresses(places)}: {problem}",
            what_to_do,
            table=file,
            row=places[0][0],
            count=len(places),
        )
        for (problem, what_to_do), places in cells.odd.items()
    ]


def _notes(
    cells: Cells, sheet: Sheet, head: int, below: list[int], names: dict[int, str]
) -> Iterable[str]:
    """What Excel shows otherwise than it is read."""
    if head > 1:
        yield f"names of the columns read from row {head}; rows above it are passed over"
    empty = (below[-1] - head - len(below)) if below else 0
    if empty:
        yield f"empty rows passed over: {empty}"
    if sheet.hidden:
        yield "the sheet is hidden"
    hidden = len(cells.hidden_rows.intersection(below))
    if hidden:
        why = " by a filter" if cells.filtered else ""
        yield f"rows hidden{why} were read like all others: {hidden}"
    columns = [
        letters(k)
        for k in sorted(names)
        if any(first <= k <= last for first, last in cells.hidden_columns)
    ]
    if columns:
        yield f"hidden columns were read like all others: {', '.join(columns)}"
    if cells.formulas:
        yield f"formulas not computed, the values stored with them were read: {cells.formulas}"
    for (column, kind), n in sorted(cells.shown.items()):
        if column in names:
            yield f"cells of column {letters(column)} {SHOWN_OTHERWISE[kind]}: {n}"
