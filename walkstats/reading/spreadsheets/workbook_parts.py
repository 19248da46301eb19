"""Which sheets has a workbook, and what do all of them share: texts, number formats, dates?

An Excel workbook (.xlsx, .xlsm) is a zip archive of XML (ECMA-376). Read here is what a table
needs; macros, links, pictures and queries are never opened.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from walkstats.errors import DataError
from walkstats.reading.cells.serial_dates import BUILT_IN, shown_as
from walkstats.reading.places.archives import MOST_BYTES, Archive
from walkstats.reading.spreadsheets.safe_xml import read_xml
from walkstats.reading.text_tables import unreadable

TRUE = ("1", "true", "on")
MOST_TEXTS = 10_000_000
"""More texts or cells in a sheet than this are refused: they would fill the memory."""

MOST_OF_A_PART = 2**25
"""What lists the sheets or the formats and is larger is none [bytes]."""

CONTENTS = "[Content_Types].xml"
BINARY = "xl/workbook.bin"
"""What every workbook holds, and what those saved as .xlsb hold."""

CONTENT = "content.xml"
MANIFEST_XML = "META-INF/manifest.xml"
"""Where an OpenDocument spreadsheet keeps its sheets, and how its parts are packed."""

OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"

ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True)
class Sheet:
    """A sheet as the workbook lists it.

    Attributes
    ----------
    name : str
    member : str
        Where it lies in the archive.
    hidden : bool
    """

    name: str
    member: str
    hidden: bool


@dataclass(frozen=True, eq=False)
class Workbook:
    """What the sheets of a workbook share.

    Attributes
    ----------
    file : str
    archive : Archive
    sheets : tuple of Sheet
        Of cells; charts are none.
    texts : list of str
    shown : list of str
        By the number of a style: as ``serial_dates.shown_as`` calls what it shows.
    since : {1900, 1904} or None
        The year from which Excel counts its dates; None in an OpenDocument spreadsheet, which
        keeps them as text, and everything else with the cells.
    """

    file: str
    archive: Archive
    sheets: tuple[Sheet, ...]
    texts: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    since: int | None = None


def is_workbook(archive: Archive) -> bool:
    """Whether an archive is a workbook, of Excel or OpenDocument.

    Raises
    ------
    DataError
        When it is one of the binary kind, which is not read.
    """
    if BINARY in archive.members:
        raise unreadable(
            f"{archive.file} is a binary Excel workbook (.xlsb)",
            "save it as .xlsx",
            file=archive.file,
        )
    return CONTENTS in archive.members or is_open_document(archive)


def is_open_document(archive: Archive) -> bool:
    """Whether an archive is an OpenDocument spreadsheet: its first file says so."""
    kind = archive.members.get("mimetype")
    small = kind is not None and kind.file_size < 100
    return small and archive.read("mimetype").startswith(OPEN_DOCUMENT)


def excel_workbook(archive: Archive) -> Workbook:
    """Read what the sheets of an Excel workbook share.

    Parameters
    ----------
    archive : Archive

    Returns
    -------
    Workbook

    Raises
    ------
    DataError
        When it is none, damaged, locked, or not safe to unpack.
    """
    file = archive.file
    main = _related(archive, "", "officeDocument")
    if not main:
        raise no_workbook(file)
    path = main[0][1]
    book = _BookPart()
    read_xml(_part(archive, path), book, file)
    parts = dict(_related(archive, path, "worksheet"))
    sheets = tuple(
        Sheet(name, parts[key], hidden)
        for name, key, hidden in book.sheets
        if parts.get(key) in archive.members
    )
    if not sheets:
        raise no_workbook(file)
    strings = _Strings(file)
    for _, member in _related(archive, path, "sharedStrings"):
        read_xml(_part(archive, member, MOST_BYTES), strings, file)
    styles = _Styles()
    for _, member in _related(archive, path, "styles"):
        read_xml(_part(archive, member), styles, file)
    return Workbook(file, archive, sheets, strings.texts, styles.shown(), book.since)


def _part(archive: Archive, member: str, most: int = MOST_OF_A_PART) -> Iterator[bytes]:
    if member not in archive.members or archive.members[member].file_size > most:
        raise no_workbook(archive.file)
    return archive.pieces(member)


def _related(archive: Archive, source: str, kind: str) -> list[tuple[str, str]]:
    """The parts of a kind that a part names: its key for each, and where it lies."""
    folder, name = posixpath.split(source)
    listed = posixpath.join(folder, "_rels", f"{name}.rels")
    if listed not in archive.members:
        return []
    relations = _Relations(kind)
    read_xml(_part(archive, listed), relations, archive.file)
    return [
        (key, posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/"))
        for key, target in relations.found
    ]


def no_workbook(file: str) -> DataError:
    """The error for a workbook that lacks what every workbook has."""
    return unreadable(
        f"{file} is damaged: it has no sheets that can be read",
        "open it in Excel or LibreOffice and save it again",
        file=file,
    )


def unescaped(text: str) -> str:
    """A text with the characters that Excel writes as codes: _x000D_ is a carriage return.

    What is no character of text (NUL, halves of others) stays as it is written.

    Examples
    --------
    >>> unescaped("_x0041_b"), unescaped("a_x0000_b")
    ('Ab', 'a_x0000_b')
    """
    return ESCAPED.sub(_character, text) if "_x" in text else text


def _character(found: re.Match[str]) -> str:
    one = chr(int(found[1], 16))
    return one if one.isprintable() or one in "\t\n\r" else found[0]


def last_of(name: str, attributes: Mapping[str, str]) -> str:
    """An attribute, whatever its prefix."""
    return next((v for k, v in attributes.items() if k.rpartition(":")[2] == name), "")


@dataclass(eq=False)
class _Relations:
    """Of one kind: (key, target)."""

    kind: str
    found: list[tuple[str, str]] = field(default_factory=list)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        within = attributes.get("TargetMode", "Internal") != "External"
        if (
            name == "Relationship"
            and within
            and attributes.get("Type", "").endswith(f"/{self.kind}")
        ):
            self.found.append((attributes.get("Id", ""), attributes.get("Target", "")))

    def end(self, name: str) -> None: ...

    def text(self, piece: str) -> None: ...


@dataclass(eq=False)
class _BookPart:
    """The sheets (name, key, hidden), and from which year dates are counted."""

    sheets: list[tuple[str, str, bool]] = field(default_factory=list)
    since: int = 1900

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "sheet":
            hidden = attributes.get("state", "visible") != "visible"
            # r:id, not sheetId
            self.sheets.append((attributes.get("name", ""), last_of("id", attributes), hidden))
        elif name == "workbookPr" and attributes.get("date1904", "0") in TRUE:
            self.since = 1904

    def end(self, name: str) -> None: ...

    def text(self, piece: str) -> None: ...


@dataclass(eq=False)
class _Strings:
    """The texts that cells name by number; how they are to be spoken (rPh) is not part of them."""

    file: str
    texts: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    inside: bool = False
    spoken: bool = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "si":
            self.pieces = []
        elif name == "rPh":
            self.spoken = True
        elif name == "t":
            self.inside = not self.spoken

    def end(self, name: str) -> None:
        if name == "t":
            self.inside = False
        elif name == "rPh":
            self.spoken = False
        elif name == "si":
            self.texts.append(unescaped("".join(self.pieces)))
            if len(self.texts) > MOST_TEXTS:
                raise too_many(self.file)

    def text(self, piece: str) -> None:
        if self.inside:
            self.pieces.append(piece)


@dataclass(eq=False)
class _Styles:
    """The number formats of the styles that cells name by number."""

    codes: dict[str, str] = field(default_factory=dict)
    formats: list[str] = field(default_factory=list)
    of_cells: bool = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "numFmt" and not self.of_cells:
            self.codes.setdefault(attributes.get("numFmtId", ""), attributes.get("formatCode", ""))
        elif name == "cellXfs":
            self.of_cells = True
        elif name == "xf" and self.of_cells:
            self.formats.append(attributes.get("numFmtId", "0"))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self.of_cells = False

    def text(self, piece: str) -> None: ...

    def shown(self) -> list[str]:
        """What each style shows."""
        kinds = {key: shown_as(code) for key, code in self.codes.items()}
        return [
            kinds[key] if key in kinds else BUILT_IN.get(int(key) if key.isdecimal() else 0, "")
            for key in self.formats
        ]


def too_many(file: str) -> DataError:
    """The error for a sheet that would fill the memory."""
    return unreadable(
        f"{file} holds more than {MOST_TEXTS} cells in a sheet",
        "save the table as CSV or Parquet, or add records of minutes up first",
        file=file,
    )
