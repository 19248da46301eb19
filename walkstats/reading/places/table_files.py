"""Which file, or which sheet of a workbook, holds trial.toml and each of the tables?"""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from walkstats.errors import DataError, Problem
from walkstats.reading.assembled.headers import plain
from walkstats.reading.assembled.parts import Note
from walkstats.reading.declared.declarations import Declared, DeclaredTable
from walkstats.reading.declared.manifest import MANIFEST
from walkstats.reading.declared.toml_text import TomlText, parse_toml
from walkstats.reading.formats import FORMATS
from walkstats.reading.places.archives import leads_out
from walkstats.reading.places.compressed import OTHER_PROGRAMS, FileBytes
from walkstats.reading.places.opened import Place, content_of
from walkstats.reading.spreadsheets.workbook_parts import Workbook
from walkstats.reading.spreadsheets.workbooks import (
    MANIFEST_SHEETS,
    chosen_sheet,
    manifest_of,
    no_sheet,
    open_workbook,
    sheet_called,
)
from walkstats.reading.text_tables import FileFormat, TextTable
from walkstats.schema import TABLES

ENDINGS = (".csv", ".parquet", ".tsv", ".csv.gz", ".csv.zip", ".zip")
"""Endings that a table's own file may have, beside those of the other formats; two are an error."""

WORKBOOKS = (".xlsx", ".xlsm", ".ods")
NOT_DATA = (".txt", ".json", ".zip")
"""Endings of files that often lie beside the data, and of which nothing is said."""

UNREAD_TOLD = 20
"""Files that no table is read from: so many are named one by one."""
MOST_OF_A_MANIFEST = 2**20
"""A trial.toml that is larger is none [bytes]."""

CURLY = "\u201c\u201d\u201e"
MEANT = 0.8
"""So alike the name of a sheet is to that of a table that it may be meant."""

Source = tuple[DeclaredTable, str]
"""A part of a table, with its sheet where it has one, and its file."""


@dataclass(frozen=True, eq=False)
class Found:
    """The place of a trial, what was read of it so far, and what was found.

    Attributes
    ----------
    place : Place
    texts : dict
        (file, how it is written) -> its text; None where it could not be read.
    books : dict
        File -> workbook; None where it could not be opened.
    problems : list of Problem
    notes : list of Note
    incomplete : set of str
        Tables of which rows may be lacking.
    inputs : dict
        File on disk -> SHA-256.
    """

    place: Place
    texts: dict[tuple[str, FileFormat], TextTable | None] = field(default_factory=dict)
    books: dict[str, Workbook | None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    incomplete: set[str] = field(default_factory=set)
    inputs: dict[str, str] = field(default_factory=dict)

    def content(self, file: str, table: str) -> FileBytes:
        """What a file holds; its checksum and what was unpacked are kept."""
        content = content_of(self.place, file)
        self.inputs.update([self.place.on_disk(file, content.sha256)])
        if content.note:
            self.notes.append((table, "", "unpacked", 1, content.note))
        return content

    def book(self, file: str, table: str) -> Workbook | None:
        """A workbook, opened once; None, and a finding, where it cannot be."""
        if file not in self.books:
            try:
                self.books[file] = open_workbook(self.content(file, table).data, file)
            except DataError as error:
                self.books[file] = None
                self.problems.extend([replace(one, table=table) for one in error.findings])
        return self.books[file]


def find_manifest(found: Found) -> TomlText:
    """Read trial.toml, from its file or from a sheet of the only workbook.

    Parameters
    ----------
    found : Found

    Returns
    -------
    TomlText

    Raises
    ------
    DataError
        When there is none, or it is not TOML.
    """
    place = found.place
    of_sheet = place.is_workbook or not place.has(MANIFEST)
    file = _only_workbook(found) if of_sheet else None
    if file is not None:
        book = open_workbook(found.content(file, MANIFEST).data, file)
        found.books[file] = book
        lines = manifest_of(book)
        if lines is not None:
            return _parsed(*lines)
    if not place.has(MANIFEST):
        raise _no_manifest(found, file)
    data = place.packed(MANIFEST)
    if len(data) > MOST_OF_A_MANIFEST:
        raise DataError.of(
            f"{MANIFEST} has {len(data)} bytes (limit {MOST_OF_A_MANIFEST})",
            what_to_do="keep the data in files of their own",
            table=MANIFEST,
        )
    found.inputs.update([place.on_disk(MANIFEST, hashlib.sha256(data).hexdigest())])
    return parse_toml(data, MANIFEST)


def _parsed(lines: bytes, sheet: str) -> TomlText:
    try:
        return parse_toml(lines, sheet)
    except DataError:
        for row, line in enumerate(lines.decode().split("\n"), 1):
            if any(mark in line for mark in CURLY):
                raise DataError.of(
                    f"curly quotes in {line[:60]!r}: a spreadsheet puts them for straight ones",
                    what_to_do='write straight quotes (") and switch the correction off',
                    table=sheet,
                    row=row,
                ) from None
        raise


def _no_manifest(found: Found, workbook: str | None) -> DataError:
    there = _listed(found.place.names)
    if workbook is not None:
        names = " or ".join(MANIFEST_SHEETS)
        there += f"; no sheet of {workbook} is called {names}"
    return DataError.of(
        f"there is no {MANIFEST} in {found.place.described}; found there: {there}",
        what_to_do="write one: name, source, arms, and how the tables' columns are called; "
        "walkstats new drafts it from the files",
        table=MANIFEST,
    )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:20]) + (" ..." if len(names) > 20 else "") if names else "nothing"


def find_files(found: Found, declared: Declared) -> list[Source]:
    """The file of every part of a table; all that are missing are reported at once.

    Parameters
    ----------
    found : Found
        Findings are added to it.
    declared : Declared

    Returns
    -------
    list of Source
    """
    files = []
    absent = []
    for part in declared.tables:
        file, wrong = _declared_file(found, part) if part.file else _own_file(found, part)
        if wrong is not None:
            found.problems.append(wrong)
        elif file is not None:
            sheet = _with_sheet(found, part, file)
            files += [] if sheet is None else [(sheet, file)]
        elif part.table == "participants" or part.line is not None:
            absent.append((part.table, part.file or f"{part.table}.csv"))
        if file is None and (wrong is not None or part.file):
            found.incomplete.add(part.table)
    if absent:
        found.problems.extend(_absent(found, absent))
        found.incomplete.update(table for table, _ in absent)
    return files


def _declared_file(found: Found, part: DeclaredTable) -> tuple[str | None, Problem | None]:
    """The file that trial.toml names, or the same packed."""
    name = str(part.file)
    if leads_out(name):
        return None, Problem(
            f"{name!r} lies outside {found.place.described}",
            "copy the file into it",
            table=part.table,
            row=part.line,
            file=MANIFEST,
        )
    if found.place.has(name):
        return name, None
    for packed in (f"{name}.gz", f"{name}.zip", str(PurePosixPath(name).with_suffix(".zip"))):
        if found.place.has(packed):
            found.notes.append((part.table, "", "read", 1, f"{packed} in the place of {name}"))
            return packed, None
    return None, None


def _own_file(found: Found, part: DeclaredTable) -> tuple[str | None, Problem | None]:
    """The file that is called like its table, else the sheet; two of them are an error."""
    endings = dict.fromkeys((*ENDINGS, *_data_endings()))
    there = found.place.names
    own = [part.table + ending for ending in endings if part.table + ending in there]
    if not own:
        return _own_sheet(found, part), None
    if len(own) == 1:
        return own[0], None
    return None, Problem(
        f"several files may be {part.table}: {', '.join(own)}",
        f'say which one under [{part.table}]: from = "{own[0]}"',
        table=part.table,
        count=len(own),
    )


def _own_sheet(found: Found, part: DeclaredTable) -> str | None:
    """The only workbook, where it has a sheet for the table."""
    file = _only_workbook(found)
    book = None if file is None else found.book(file, part.table)
    if book is None:
        return None
    return file if part.format.sheet or sheet_called(book, part.table) else None


def _only_workbook(found: Found) -> str | None:
    """The workbook that is the only file with data; then its sheets are the tables."""
    data = [name for name in found.place.names if name.lower().endswith(_data_endings())]
    return data[0] if len(data) == 1 and data[0].lower().endswith(WORKBOOKS) else None


def _data_endings() -> tuple[str, ...]:
    """Of files that hold data, whether they can be read or not."""
    formats = [ending for one in FORMATS for ending in one.endings]
    known = dict.fromkeys((*formats, *OTHER_PROGRAMS))
    return tuple(ending for ending in known if ending not in NOT_DATA)


def _with_sheet(found: Found, part: DeclaredTable, file: str) -> DeclaredTable | None:
    """The part with the name of its sheet, where its file is a workbook; None after a finding."""
    if not file.lower().endswith(WORKBOOKS):
        if part.format.sheet and not file.lower().endswith((".zip", ".gz")):
            found.problems.append(
                Problem(
                    f"sheet is declared and {file} is no workbook",
                    "leave sheet out, or name the workbook",
                    table=part.table,
                    row=part.line,
                    file=MANIFEST,
                )
            )
        return part
    book = found.book(file, part.table)
    try:
        sheet = None if book is None else chosen_sheet(book, part.format.sheet, part.table)
    except DataError as error:
        sheet = None
        found.problems.extend(
            replace(one, table=part.table, row=part.line, file=MANIFEST) for one in error.findings
        )
    if sheet is None:
        found.incomplete.add(part.table)
        return None
    return replace(part, format=replace(part.format, sheet=sheet.name))


def _absent(found: Found, absent: list[tuple[str, str]]) -> list[Problem]:
    file = _only_workbook(found)
    book = None if file is None else found.books.get(file)
    if book is not None:
        return [
            replace(one, table=table)
            for table, _ in absent
            for one in no_sheet(book, None, table).findings
        ]
    names = list(dict.fromkeys(name for _, name in absent))
    return [
        Problem(
            f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} not in "
            f"{found.place.described}; found there: {_listed(found.place.names)}",
            f'put the file there, or name it in {MANIFEST}, as in [{absent[0][0]}] from = "..."',
            table=absent[0][0] if len(absent) == 1 else "",
            count=len(names),
        )
    ]


def tell_unread(found: Found, files: list[Source]) -> None:
    """Say which files and sheets no table is read from: most often a name is misspelt.

    Parameters
    ----------
    found : Found
        Findings and notes are added to it.
    files : list of Source
    """
    used = {file for _, file in files}
    endings = (*_data_endings(), ".txt.gz")
    unread = [
        name
        for name in found.place.names
        if name not in used and name not in found.books and name.lower().endswith(endings)
    ]
    what_to_do = (
        f"name it in {MANIFEST} if it belongs to the trial (the tables are {', '.join(TABLES)})"
    )
    for name in unread[:UNREAD_TOLD]:
        told = f"{name} is in {found.place.described}, and no table is read from it"
        found.problems.append(Problem(told, what_to_do, severity="warning"))
    if len(unread) > UNREAD_TOLD:
        more = len(unread) - UNREAD_TOLD
        told = f"no table is read from {more} more files in {found.place.described}"
        found.problems.append(Problem(told, what_to_do, count=more, severity="warning"))
    fed = {part.table for part, _ in files}
    for file, book in found.books.items():
        if book is not None:
            sheets = {part.format.sheet for part, name in files if name == file}
            _tell_unread_sheets(found, book, sheets, fed)


def _tell_unread_sheets(found: Found, book: Workbook, used: set[str | None], fed: set[str]) -> None:
    """A sheet called nearly like a table that nothing feeds is a finding, any other a note."""
    for sheet in book.sheets:
        if sheet.name in used or sheet.name.strip().casefold() in MANIFEST_SHEETS:
            continue
        near = difflib.get_close_matches(plain(sheet.name), TABLES, n=1, cutoff=MEANT)
        if near and near[0] not in fed:
            found.problems.append(
                Problem(
                    f"no table is read from sheet {sheet.name!r} of {book.file}",
                    f"did you mean {near[0]}? rename it, or name it in {MANIFEST}: "
                    f'[{near[0]}] sheet = "{sheet.name}"',
                    severity="warning",
                )
            )
        else:
            found.notes.append(("", "", "not read", 1, f"sheet {sheet.name!r} of {book.file}"))
