"""How do tables become an Excel workbook: a sheet each, numbers as numbers, nothing that runs?

A cell that shows one number holds it, with the decimals shown. All other cells hold text, and are
stored as text: a spreadsheet shows "=1+1" and does not compute it.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from walkstats._arguments import check_choice
from walkstats._files import write_whole
from walkstats._labels import is_synthetic
from walkstats.errors import WalkstatsError
from walkstats.tables.archives import undated
from walkstats.tables.safe_text import for_word
from walkstats.tables.writers import joined_headings

if TYPE_CHECKING:
    from walkstats.tables.description import Table

LONGEST_SHEET_NAME = 31
LONGEST_CELL = 32_767
"""Characters that Excel allows in the name of a sheet, and in a cell."""

CONTENTS = "Contents"
TAKEN = {"history", CONTENTS.casefold()}
"""Names of sheets that Excel keeps for itself, or that mean something here."""

NO_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]+")
ONE_NUMBER = re.compile(r"[-\u2212]?\d{1,15}(?:\.(\d{1,10}))?", re.ASCII)
WIDEST = 60


def write_workbook(tables: Mapping[str, Table], path: str | os.PathLike[str]) -> Path:
    """Write tables into one Excel workbook, a sheet each.

    Parameters
    ----------
    tables : mapping of str to Table
        Name -> table. A name that Excel does not allow for a sheet is changed; where there are
        several tables the first sheet, Contents, says which sheet holds what.
    path : path
        Ending in .xlsx. Folders that do not exist are made.

    Returns
    -------
    pathlib.Path
        The file. A write that fails leaves no half-written file and the old one as it was.

    Raises
    ------
    ValueError
        When there is no table, or for another suffix.
    WalkstatsError
        When openpyxl is not installed.
    DataError
        When the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from walkstats.tables.cells import Cell
    >>> from walkstats.tables.description import Column, Row, Table
    >>> age = Row("Age, years", (Cell("mean_sd", (54.21, 11.3), 1),))
    >>> table = Table("Baseline", "", (Column("walking", n=351),), (age,))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_workbook({"Baseline": table}, f"{folder}/tables.xlsx").name
    'tables.xlsx'
    """
    target = Path(path)
    if not tables:
        raise ValueError("A workbook needs at least one table.")
    check_choice(target.suffix, (".xlsx",), "the suffix of path")
    try:
        content = workbook_file(tables)
    except ImportError:
        raise WalkstatsError(
            "A workbook needs openpyxl: install it with pip install 'walkstats[report]'."
        ) from None
    return write_whole(content, target)


def workbook_file(tables: Mapping[str, Table]) -> bytes:
    """Tables as an .xlsx file, after a sheet of contents where there are several.

    Parameters
    ----------
    tables : mapping of str to Table
        Name -> table; names become those of sheets.

    Raises
    ------
    ImportError
        When openpyxl is not installed.
    """
    import openpyxl

    book = openpyxl.Workbook(write_only=False)
    book.remove(book.active)
    names = sheet_names(tables)
    if len(tables) > 1:
        _contents(book.create_sheet(CONTENTS), tables, names)
    for name, table in tables.items():
        _sheet(book.create_sheet(names[name]), table)
    synthetic = any(is_synthetic(table.source) for table in tables.values())
    facts = book.properties
    facts.creator, facts.title = "", for_word(next(iter(tables.values())).title)[:255]
    facts.subject = "Synthetic data" if synthetic else ""
    made = io.BytesIO()
    book.save(made)
    return undated(made.getvalue())


def sheet_names(names: Iterable[str]) -> dict[str, str]:
    """A name for each sheet that Excel allows, distinct in any case of letters.

    Examples
    --------
    >>> sheet_names(["Walk/12m", "walk:12M", "a" * 40])["walk:12M"]
    'walk 12M (2)'
    """
    found: dict[str, str] = {}
    taken = set(TAKEN)
    for name in names:
        plain = NO_NAME.sub(" ", for_word(name)).strip(" '")[:LONGEST_SHEET_NAME].rstrip(" '")
        whole, number = plain or "Table", 1
        while whole.casefold() in taken:
            number += 1
            end = f" ({number})"
            whole = f"{plain[: LONGEST_SHEET_NAME - len(end)]}{end}"
        taken.add(whole.casefold())
        found[name] = whole
    return found


def _contents(sheet: Any, tables: Mapping[str, Table], names: Mapping[str, str]) -> None:
    """Which sheet holds what; so that no name that had to be cut is lost."""
    from openpyxl.worksheet.hyperlink import Hyperlink

    _write_row(sheet, 1, ["Sheet", "Name", "Title"], bold=True)
    for k, (name, table) in enumerate(tables.items(), 2):
        _write_row(sheet, k, [names[name], name, table.title])
        quoted = names[name].replace("'", "''")
        sheet.cell(k, 1).hyperlink = Hyperlink(ref=f"A{k}", location=f"'{quoted}'!A1")
    for letter, width in zip("ABC", (34, 34, 80), strict=True):
        sheet.column_dimensions[letter].width = width
    _fitted(sheet)


def _sheet(sheet: Any, table: Table) -> None:
    from openpyxl.styles import Alignment

    _write_row(sheet, 1, [table.title], bold=True)
    heads = [table.stub, *joined_headings(table)]
    words = (True, *table.prose)
    _write_row(sheet, 2, heads, words, bold=True)
    rows = list(zip(table.rows, table.texts(), strict=True))
    for place, (row, texts) in enumerate(rows, 3):
        cells = [row.label, *(texts if row.cells else ())]
        _write_row(sheet, place, cells, words, bold=not row.cells)
        sheet.cell(place, 1).alignment = Alignment(indent=row.indent, vertical="top")
    for place, note in enumerate(table.footnotes, len(rows) + 4):
        _write_row(sheet, place, [note])
    shown = [[row.label, *texts] for row, texts in rows]
    for k, head in enumerate(heads):
        width = max([len(head), *(len(cells[k]) for cells in shown)])
        sheet.column_dimensions[_letter(k + 1)].width = min(width + 3, WIDEST)
    sheet.freeze_panes = "B3"
    _fitted(sheet)


def _fitted(sheet: Any) -> None:
    """Printed across the page, no wider than it."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _write_row(
    sheet: Any, place: int, texts: list[str], words: tuple[bool, ...] = (), *, bold: bool = False
) -> None:
    """Cells of a row; those of columns of words start at the left, as do all where none is told."""
    from openpyxl.styles import Alignment, Font

    for k, text in enumerate(texts):
        cell = sheet.cell(place, k + 1)
        number = ONE_NUMBER.fullmatch(text)
        if number:
            cell.value = float(text.replace("\u2212", "-"))
            cell.number_format = "0." + "0" * len(number[1]) if number[1] else "0"
        elif text:
            # The type is set after the value: a text that begins with = would become a formula.
            cell.value = for_word(text)[:LONGEST_CELL]
            cell.data_type = "s"
            cell.quotePrefix = text[:1] in "=+-@"
        if words:
            side = "left" if words[k] else "right"
            cell.alignment = Alignment(horizontal=side, vertical="top", wrap_text=words[k])
        if bold:
            cell.font = Font(name="Calibri", size=11, bold=True)


def _letter(column: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(column))
