"""Which tables lie in this place, and how is each file written?"""

from __future__ import annotations

from dataclasses import dataclass, replace

from walkstats.errors import DataError
from walkstats.reading.declared.manifest import MANIFEST
from walkstats.reading.formats import DELIMITED, FORMATS, format_of, read_text
from walkstats.reading.places.table_files import WORKBOOKS, Found
from walkstats.reading.spreadsheets.workbooks import read_sheet, sheets_of_tables
from walkstats.reading.text_files.delimited import read_delimited
from walkstats.reading.text_files.dialects import own_words, recognise_cells
from walkstats.reading.text_files.text_encodings import LINE_END, decode
from walkstats.reading.text_tables import FileFormat, TextTable

PACKED = (".gz", ".zip")
POINTED = r"\s*-?\d+\.\d+\s*"
TITLE_LINES = 10
"""So far down the header is looked for where it is not the first line."""


@dataclass(frozen=True, eq=False)
class TableFound:
    """One table of a place.

    Attributes
    ----------
    file : str
    sheet : str
        Of a workbook; empty for other files.
    text : TextTable or None
        None when it could not be read.
    clauses : dict
        Clause of trial.toml -> its value, for what the reader would not do by itself.
    evidence : tuple of str
        How that was recognised.
    problem : str
        Why it could not be read.
    """

    file: str
    sheet: str = ""
    text: TextTable | None = None
    clauses: dict[str, str | int] | None = None
    evidence: tuple[str, ...] = ()
    problem: str = ""

    @property
    def called(self) -> str:
        """The sheet where there is one, or the file."""
        return self.sheet or self.file


def tables_in(found: Found) -> list[TableFound]:
    """Every file and every sheet that may be a table.

    Parameters
    ----------
    found : Found
        A place; it keeps what was opened.

    Returns
    -------
    list of TableFound
    """
    tables: list[TableFound] = []
    for name in found.place.names:
        if name != MANIFEST and _may_be_a_table(name):
            try:
                tables += _tables_of(found, name)
            except DataError as error:
                first = error.findings[0]
                told = (
                    f"{first.problem} -> {first.what_to_do}" if first.what_to_do else first.problem
                )
                tables.append(TableFound(name, problem=told))
    return tables


def _may_be_a_table(name: str) -> bool:
    plain = name.lower()
    for ending in PACKED:
        plain = plain.removesuffix(ending)
    return plain.endswith(tuple(end for one in FORMATS for end in one.endings)) or (
        name.lower().endswith(PACKED) and "." not in plain
    )


def _tables_of(found: Found, name: str) -> list[TableFound]:
    if name.lower().endswith(WORKBOOKS):
        book = found.book(name, "")
        if book is None:
            raise DataError(found.problems[-1:])
        return [_of_sheet(book, one, name) for one in sheets_of_tables(book)]
    data = found.content(name, "").data
    if format_of(data, name) is not DELIMITED:
        return [TableFound(name, text=read_text(data, name, FileFormat()), clauses={})]
    return [_delimited(data, name)]


def _of_sheet(book: object, sheet: object, name: str) -> TableFound:
    called = str(sheet.name)  # type: ignore[attr-defined]
    try:
        text = read_sheet(book, sheet, FileFormat(sheet=called))  # type: ignore[arg-type]
    except DataError as error:
        below = _sheet_below_a_title(book, sheet, called)
        if below is None:
            return TableFound(name, called, problem=error.findings[0].problem)
        line, text = below
        return TableFound(name, called, text, {"sheet": called, "header_line": line}, text.notes)
    return TableFound(name, called, text, {"sheet": called})


def _sheet_below_a_title(book: object, sheet: object, called: str) -> tuple[int, TextTable] | None:
    """The first row of several names below which a sheet can be read; None where there is none."""
    for line in range(2, TITLE_LINES + 1):
        lower = FileFormat(sheet=called, header_line=line)
        try:
            text = read_sheet(book, sheet, lower)  # type: ignore[arg-type]
        except DataError:
            continue
        if text.frame.shape[1] > 1 and len(text.frame):
            return line, text
    return None


def _delimited(data: bytes, name: str) -> TableFound:
    """A text file, by what it says itself and what its rows show."""
    asked = FileFormat(recognise=True)
    text, _ = decode(data, name, asked)
    begun = next((line for line in LINE_END.split(text) if line.strip()), "")
    if begun.startswith("#"):
        asked = replace(asked, comment="#")
    try:
        read = read_delimited(data, name, asked)
    except DataError:
        mostly = _by_most_numbers(data, name, asked)
        asked, read = mostly or _below_a_title(data, name, asked)
    return TableFound(name, "", read, _clauses(data, text, name, asked, read), read.notes)


def _by_most_numbers(
    data: bytes, name: str, asked: FileFormat
) -> tuple[FileFormat, TextTable] | None:
    """By the sign of most decimals, where one file has both; the check tells of the others."""
    points = replace(asked, decimal=".")
    try:
        cells = read_delimited(data, name, points).frame.stack()
    except DataError:
        return None
    commas = cells.str.fullmatch(r"\s*-?\d+,\d+\s*").sum() > cells.str.fullmatch(POINTED).sum()
    form = replace(asked, decimal=",") if commas else points
    return form, read_delimited(data, name, form)


def _below_a_title(data: bytes, name: str, asked: FileFormat) -> tuple[FileFormat, TextTable]:
    """The first line from which on rows agree; the refusal of the whole where none is."""
    for line in range(2, TITLE_LINES + 1):
        lower = replace(asked, header_line=line)
        try:
            read = read_delimited(data, name, lower)
        except DataError:
            continue
        if read.frame.shape[1] > 1 and len(read.frame):
            return lower, read
    return asked, read_delimited(data, name, asked)


def _clauses(
    data: bytes, text: str, name: str, asked: FileFormat, read: TextTable
) -> dict[str, str | int]:
    """What would have to be declared for the same reading without recognition."""
    clauses: dict[str, str | int] = {}
    if any(note.startswith("read as cp1252") for note in read.notes):
        clauses["encoding"] = "cp1252"
    if asked.comment:
        clauses["comment"] = asked.comment
    if asked.header_line is not None:
        clauses["header_line"] = asked.header_line
        text = "\n".join(LINE_END.split(text)[asked.header_line - 1 :])
    text, own, _ = own_words(text, name, asked)
    form, _ = recognise_cells(text, name, own)
    if own.delimiter is None and form.delimiter not in (None, ","):
        clauses["delimiter"] = str(form.delimiter)
    if form.quote != '"':
        clauses["quote"] = form.quote
    if asked.decimal == ",":
        clauses["decimal"] = ","
    elif read.thousands or read.decimal == ",":
        clauses["decimal"] = read.decimal or ("," if read.thousands == "." else ".")
    if read.thousands:
        clauses["thousands"] = read.thousands
    return clauses
