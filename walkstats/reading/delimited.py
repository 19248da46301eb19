"""What does a CSV file say, cell by cell, with nothing guessed?

Python's csv module cuts the text into cells in its strict mode; this module adds what it does not
look at: the encoding, the number of cells in each row, the line on which an unclosed quote opened,
NUL bytes, and a separator other than the one declared.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from itertools import pairwise

import numpy as np
import pandas as pd

from walkstats.errors import DataError, Problem
from walkstats.reading.text_tables import FileFormat, TextTable, unreadable

SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "vertical bars"}
UNICODE_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
BROKEN_TEXT = {
    "control characters U+0080 to U+009F": re.compile("[\x80-\x9f]"),
    "replacement characters (U+FFFD)": re.compile("\ufffd"),
    "letters like 'Ã©' or 'â€™' (UTF-8 read as another encoding)": re.compile(
        "[\u00c2\u00c3][\u00a0-\u00bf]|\u00e2\u20ac"
    ),
}
"""Signs of text that was read in a wrong encoding before it came here."""

LINE_END = re.compile("\r\n|\r|\n")
WHOLE_PART = re.compile(r"\s*[+-]?\d+", re.ASCII)
DECIMALS = re.compile(r"\d+\s*", re.ASCII)


def read_delimited(data: bytes, file: str, declared: FileFormat) -> TextTable:
    """Cut a delimited file into cells.

    Parameters
    ----------
    data : bytes
        The whole file.
    file : str
        Its name, for messages.
    declared : FileFormat
        Encoding and delimiter.

    Returns
    -------
    TextTable
        Rows whose number of cells differs from the header's are left out, and are errors.

    Raises
    ------
    DataError
        When there is no telling where cells begin and end.
    """
    delimiter = declared.delimiter or ("\t" if file.lower().endswith(".tsv") else ",")
    text = _decoded(data, file, declared.encoding, delimiter)
    rows, lines = _cells(text, file, delimiter)
    header, rows, lines = _header(rows, lines, file, delimiter)
    problems = [*_broken_text(text, file), *_long_cells(rows, lines, delimiter, file)]
    empty = np.array([not any(row) for row in rows], dtype=bool)
    widths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    wrong = (widths != len(header)) & ~empty
    problems += _width_problems(rows, lines, wrong, len(header), file)
    keep = ~(empty | wrong)
    if not keep.all():
        rows, lines = [rows[k] for k in np.flatnonzero(keep)], lines[keep]
    frame = _frame(rows, header, lines)
    problems += _unnamed_columns(frame, file)
    notes = [f"{int(empty.sum())} empty lines passed over"] if empty.any() else []
    named = np.array([bool(name.strip()) for name in frame.columns], dtype=bool)
    if not named.all():
        notes.append(f"{int((~named).sum())} columns without name and values passed over")
        frame = frame.loc[:, named]
    return TextTable(file, frame, tuple(problems), tuple(notes))


def _decoded(data: bytes, file: str, encoding: str, delimiter: str) -> str:
    utf8 = codecs.lookup(encoding).name == "utf-8"
    if utf8:
        for mark, name in UNICODE_MARKS.items():
            if data.startswith(mark):
                raise unreadable(
                    f"{file} is written in {name}, not in {encoding}",
                    f'save it as UTF-8, or set encoding = "{name}" for this table in trial.toml',
                    file=file,
                )
        data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as reason:
        raise _undecodable(data, file, encoding, delimiter, reason) from None
    except UnicodeError:
        raise unreadable(
            f"{file} is not written in {encoding}",
            "set the table's encoding in trial.toml to the one it was written in",
            file=file,
        ) from None
    if "\0" in text:
        at = text.index("\0")
        raise unreadable(
            f"{file} has a NUL character at offset {at}, line {_line_at(text, at)}"
            f" ({text.count(chr(0))} in all)",
            "the file is damaged or is not text: export the table again",
            file=file,
            row=_line_at(text, at),
        )
    return text.removeprefix("\ufeff")


def _undecodable(
    data: bytes, file: str, encoding: str, delimiter: str, reason: UnicodeDecodeError
) -> DataError:
    at = reason.start
    before = re.split(rb"\r\n|\r|\n", data[:at])
    rest = re.split(rb"[\r\n]", data[at:], maxsplit=1)[0]
    around = _as_windows(before[-1])[-20:] + _as_windows(rest)[:20]
    column = _column_at(_as_windows(before[0]), _as_windows(before[-1]), delimiter)
    named = f", column {column}" if column and len(before) > 1 else ""
    return unreadable(
        f"{file} is not {encoding}: byte 0x{data[at]:02x} at offset {at}, line {len(before)}"
        f"{named}; read as cp1252 (Windows) or latin-1 the place would say {around!r}",
        'if that is right, set encoding = "cp1252" (or "latin-1") for this table in trial.toml',
        file=file,
        row=len(before),
    )


def _as_windows(piece: bytes) -> str:
    return piece.decode("cp1252", "replace")


def _column_at(header: str, begun: str, delimiter: str) -> str:
    """The name of the column in which a line stops; none where quotes may hold separators."""
    names = header.split(delimiter)
    place = begun.count(delimiter)
    return names[place].strip() if '"' not in header + begun and place < len(names) else ""


def _line_at(text: str, offset: int) -> int:
    return len(LINE_END.findall(text[:offset])) + 1


def _cells(text: str, file: str, delimiter: str) -> tuple[list[list[str]], np.ndarray]:
    """The rows, and the line on which each starts."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    ends = [0]
    try:
        if '"' in text:  # a row may go over several lines
            for row in reader:
                rows.append(row)
                ends.append(reader.line_num)
        else:
            rows += reader
            ends += range(1, len(rows) + 1)
    except csv.Error:
        line = max(ends[-1], len(rows)) + 1
        raise _quote_problem(text, file, delimiter, line) from None
    return rows, np.array(ends[:-1], dtype=np.int64) + 1


def _quote_problem(text: str, file: str, delimiter: str, line: int) -> DataError:
    """Walk through the text once more to find where the offending quote opened."""
    opened = _open_quote(text, delimiter)
    if opened is None:
        limit = csv.field_size_limit()
        return unreadable(
            f"{file} has a cell of more than {limit} characters in the row at line {line}",
            "shorten it, or leave that column out",
            file=file,
            row=line,
        )
    offset, closed = opened
    start = _line_at(text, offset)
    ends = "is closed before its cell ends" if closed else "is never closed"
    return unreadable(
        f"{file} has a quote that opens on line {start} and {ends}: "
        f"{LINE_END.split(text[offset : offset + 30])[0]}",
        'close it, or write a quote that belongs to the text twice ("")',
        file=file,
        row=start,
    )


def _open_quote(text: str, delimiter: str) -> tuple[int, bool] | None:
    """Offset of the quote that is not closed properly, and whether it was closed at all."""
    quoted = re.compile('"[^"]*(?:""[^"]*)*"')
    ends = {delimiter, "\r", "\n", ""}
    at = 0
    while at < len(text):
        if text[at] == '"':
            match = quoted.match(text, at)
            if match is None:
                return at, False
            if text[match.end() : match.end() + 1] not in ends:
                return at, True
            at = match.end()
        while at < len(text) and text[at] not in ends:
            at += 1
        at += 1
    return None


def _header(
    rows: list[list[str]], lines: np.ndarray, file: str, delimiter: str
) -> tuple[list[str], list[list[str]], np.ndarray]:
    first = next((k for k, row in enumerate(rows) if any(cell.strip() for cell in row)), None)
    if first is None:
        raise unreadable(f"{file} holds only empty lines", "export the table again", file=file)
    header = rows[first]
    line = int(lines[first])
    joined = delimiter.join(header)
    for other, name in SEPARATORS.items():
        if other != delimiter and joined.count(other) > joined.count(delimiter):
            was = SEPARATORS.get(delimiter, repr(delimiter))
            raise unreadable(
                f"{file} is separated by {name}, not by {was}",
                f"save it with {was}, or set delimiter = "
                f'"{other if other != chr(9) else chr(92) + "t"}" for this table in trial.toml',
                file=file,
                row=line,
            )
    places: dict[str, list[int]] = {}
    for k, name in enumerate(header, 1):
        places.setdefault(name, []).append(k)
    twice = {name: at for name, at in places.items() if len(at) > 1 and name.strip()}
    if twice:
        told = "; ".join(f"{name!r} in columns {at}" for name, at in twice.items())
        raise unreadable(
            f"{file} has several columns of the same name: {told}",
            "rename or delete all but one",
            file=file,
            row=line,
        )
    return header, rows[first + 1 :], lines[first + 1 :]


def _frame(rows: list[list[str]], header: list[str], lines: np.ndarray) -> pd.DataFrame:
    cells = np.empty((len(rows), len(header)), dtype=object)
    if rows:
        cells[:] = rows
    return pd.DataFrame(
        cells, columns=pd.Index(header, dtype=object), index=pd.Index(lines, name="line")
    )


def _unnamed_columns(frame: pd.DataFrame, file: str) -> list[Problem]:
    """A column without a name is an error unless it holds nothing (a comma ends every row)."""
    filled = [
        k
        for k, name in enumerate(frame.columns)
        if not name.strip() and any(cell.strip() for cell in frame.iloc[:, k])
    ]
    return [
        Problem(
            f"column {k + 1} has values but no name in the header",
            "name it, or delete it (some programs write their row numbers like this)",
            table=file,
            row=1,
        )
        for k in filled
    ]


def _width_problems(
    rows: list[list[str]], lines: np.ndarray, wrong: np.ndarray, width: int, file: str
) -> list[Problem]:
    where = np.flatnonzero(wrong).tolist()
    if not where:
        return []
    told = "; ".join(
        f"row {lines[k]} has {len(rows[k])} cells, header has {width}" for k in where[:5]
    )
    more = f" ({len(where)} rows in all)" if len(where) > 5 else ""
    hint = _width_hint([rows[k] for k in where], width)
    return [Problem(told + more, hint, table=file, row=int(lines[where[0]]), count=len(where))]


def _width_hint(rows: list[list[str]], width: int) -> str:
    """What may have given these rows their number of cells."""
    if all(len(row) == width + 1 and not row[-1].strip() for row in rows):
        return "these rows have one cell more, an empty one: delete the comma at the end of them"
    if all(len(row) > width and _decimal_comma(row) for row in rows):
        return (
            "if numbers in them have decimal commas, a comma cannot separate the cells as well: "
            "write decimal points, or save the table with semicolons and set "
            'delimiter = ";" and decimal = "," for it in trial.toml'
        )
    return "put text that holds the separator in quotes; fill or delete the cells in question"


def _decimal_comma(row: list[str]) -> bool:
    """Whether two cells beside each other could be one number with a comma in it."""
    return any(
        WHOLE_PART.fullmatch(left) and DECIMALS.fullmatch(right) for left, right in pairwise(row)
    )


def _broken_text(text: str, file: str) -> list[Problem]:
    problems = []
    for what, pattern in BROKEN_TEXT.items():
        found = None if text.isascii() else pattern.search(text)
        if found:
            line = _line_at(text, found.start())
            shown = text[max(0, found.start() - 8) : found.end() + 8]
            problems.append(
                Problem(
                    f"{file} has {what}, first on line {line} near {LINE_END.sub(' ', shown)!r}",
                    "it was read or saved in a wrong encoding: set encoding for this table in "
                    "trial.toml, or export it again as UTF-8",
                    table=file,
                    row=line,
                    count=len(pattern.findall(text)),
                    severity="warning",
                )
            )
    return problems


def _long_cells(
    rows: list[list[str]], lines: np.ndarray, delimiter: str, file: str
) -> list[Problem]:
    """Two quotes left open can swallow the rows between them without breaking any rule of CSV."""
    if len(lines) < 2 or lines[-1] - lines[0] == len(lines) - 1:
        suspects = [len(rows) - 1] if rows else []
    else:
        suspects = [*np.flatnonzero(np.diff(lines) > 1).tolist(), len(rows) - 1]
    swallowed = [
        k
        for k in suspects
        if any(delimiter in "".join(LINE_END.split(cell)[1:]) for cell in rows[k])
    ]
    if not swallowed:
        return []
    first = int(lines[swallowed[0]])
    return [
        Problem(
            f"{file}: a quoted cell that starts on line {first} runs over several lines and holds "
            "separators: rows may have been swallowed by a quote left open",
            "look at that line; close the quote if it is one left open",
            table=file,
            row=first,
            count=len(swallowed),
            severity="warning",
        )
    ]
