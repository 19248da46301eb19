"""What does a CSV file say, cell by cell, with nothing guessed?

Python's csv module cuts the text into cells in its strict mode; this module adds what it does not
look at: the number of cells in each row, the line on which an unclosed quote opened, quotes and
separators other than those declared, comments, and a title above the header.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from itertools import islice

import numpy as np
import pandas as pd

from walkstats.errors import DataError, Problem
from walkstats.reading.places.limits import (
    PIECE,
    refuse_large,
    refuse_long_lines,
    refuse_long_text,
    refuse_wide,
)
from walkstats.reading.text_files.dialects import (
    SEPARATORS,
    as_clause,
    called,
    own_words,
    recognise_cells,
)
from walkstats.reading.text_files.number_signs import Signs, recognise_signs
from walkstats.reading.text_files.row_widths import width_problems
from walkstats.reading.text_files.text_encodings import LINE_END, broken_text, decode, line_at
from walkstats.reading.text_tables import FileFormat, TextTable, unreadable

BACKSLASHES = (
    '; where a backslash stands before each quote in the text, set escape = "\\\\" for this table'
    " in trial.toml"
)
SINGLE_QUOTED = re.compile(r"\s*'.+'\s*")


def read_delimited(data: bytes, file: str, declared: FileFormat) -> TextTable:
    """Cut a delimited file into cells.

    Parameters
    ----------
    data : bytes
        The whole file.
    file : str
        Its name, for messages.
    declared : FileFormat
        Encoding, delimiter, quotes, comments, the line of the header, or that these be recognised.

    Returns
    -------
    TextTable
        Rows whose number of cells differs from the header's are left out, and are errors.

    Raises
    ------
    DataError
        When there is no telling where cells begin and end.
    """
    refuse_long_text(len(data), file)
    text, said = decode(data, file, declared)
    text, form, separated = own_words(text, file, declared)
    text, above = _from_header_line(text, file, form)
    notes = [*said, *separated, *above]
    if form.recognise:
        form, recognised = recognise_cells(text, file, form)
        notes += recognised
    chosen = form.delimiter is not None
    form = form if chosen else replace(form, delimiter=",")
    rows, lines = _cells(text, file, form)
    rows, lines = _without_comments(rows, lines, text, form, notes)
    header, rows, lines = _header(rows, lines, file, form, chosen=chosen)
    problems = [*broken_text(text, file), *_long_cells(rows, lines, str(form.delimiter), file)]
    empty = np.array([not any(row) for row in rows], dtype=bool)
    widths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    wrong = (widths != len(header)) & ~empty
    problems += width_problems(rows, lines, wrong, header, file, str(form.delimiter))
    keep = ~(empty | wrong)
    if not keep.all():
        rows, lines = [rows[k] for k in np.flatnonzero(keep)], lines[keep]
    frame = _frame(rows, header, lines)
    problems += _unnamed_columns(frame, file)
    notes += [f"{int(empty.sum())} empty lines passed over"] if empty.any() else []
    named = np.array([bool(name.strip()) for name in frame.columns], dtype=bool)
    if not named.all():
        notes.append(f"{int((~named).sum())} columns without name and values passed over")
        frame = frame.loc[:, named]
    signs = recognise_signs(frame, file) if form.recognise and not form.decimal else Signs()
    return TextTable(
        file,
        frame,
        tuple(problems),
        (*notes, *signs.notes),
        decimal=signs.decimal,
        thousands=signs.thousands,
        undecided=signs.undecided,
    )


def _from_header_line(text: str, file: str, form: FileFormat) -> tuple[str, list[str]]:
    """The text with empty lines in place of those above the declared header."""
    wanted = form.header_line
    if wanted is None or wanted == 1:
        return text, []
    ends = [one.end() for one in LINE_END.finditer(text)]
    if wanted < 1 or wanted > len(ends) + 1:
        raise unreadable(
            f"{file} has {len(ends) + 1} lines, and header_line is {wanted}",
            "correct header_line for this table in trial.toml",
            file=file,
        )
    note = f"lines 1 to {wanted - 1} passed over: the header is declared to be on line {wanted}"
    return "\n" * (wanted - 1) + text[ends[wanted - 2] :], [note]


def _cells(text: str, file: str, form: FileFormat) -> tuple[list[list[str]], np.ndarray]:
    """The rows, and the line on which each starts."""
    if form.escape:
        _refuse_other_escapes(text, file, form)
    reader = csv.reader(
        _as_lines(text),
        delimiter=str(form.delimiter),
        quotechar=form.quote,
        escapechar=form.escape or None,
        strict=True,
    )
    rows: list[list[str]] = []
    ends = [0]
    refuse_long_lines(text, file)
    try:
        if form.quote in text:  # a row may go over several lines
            for row in reader:
                rows.append(row)
                ends.append(reader.line_num)
                if len(rows) % PIECE == 0:
                    refuse_large(rows, file)
        else:
            while piece := list(islice(reader, PIECE)):
                rows += piece
                refuse_large(rows, file)
            ends += range(1, len(rows) + 1)
    except csv.Error:
        line = ends[-1] + 1 if form.quote in text else reader.line_num
        raise _quote_problem(text, file, form, line) from None
    return rows, np.array(ends[:-1], dtype=np.int64) + 1


def _as_lines(text: str) -> io.TextIOWrapper:
    """The lines of a text; a StringIO would take four bytes for each of its signs."""
    data = io.BytesIO(text.encode("utf-8", "surrogatepass"))
    return io.TextIOWrapper(data, "utf-8", "surrogatepass", newline="")


def _refuse_other_escapes(text: str, file: str, form: FileFormat) -> None:
    """The declared sign stands before quotes within quoted cells, and no quote outside them.

    Elsewhere its meaning differs by program, and with a quote in a bare cell a text that ends in
    the sign could pass for one that goes on.
    """
    sign, quote, apart = map(re.escape, (form.escape, form.quote, str(form.delimiter)))
    cell = re.compile(
        f"(?:{quote}(?:[^{quote}{sign}]|{sign}{quote}|{quote}{quote})*{quote}"
        f"|[^{quote}{sign}{apart}\r\n]*)(?:{apart}|[\r\n]+|\\Z)"
    )
    at = 0
    while at < len(text):
        found = cell.match(text, at)
        if found is None:
            line = line_at(text, at)
            raise unreadable(
                f"{file} has a cell on line {line} in which {form.escape!r} or a quote may mean "
                f"two things: {LINE_END.split(text[at : at + 40])[0]}",
                "write the file with quotes in text doubled, and leave escape out",
                file=file,
                row=line,
            )
        at = found.end()


def _without_comments(
    rows: list[list[str]], lines: np.ndarray, text: str, form: FileFormat, notes: list[str]
) -> tuple[list[list[str]], np.ndarray]:
    if not form.comment:
        return rows, lines
    raw = LINE_END.split(text)
    kept = [k for k, line in enumerate(lines) if not raw[line - 1].startswith(form.comment)]
    if len(kept) < len(rows):
        notes.append(f"{len(rows) - len(kept)} lines that begin with {form.comment} passed over")
    return [rows[k] for k in kept], lines[kept]


def _quote_problem(text: str, file: str, form: FileFormat, line: int) -> DataError:
    """Walk through the text once more to find where the offending quote opened."""
    opened = _open_quote(text, str(form.delimiter), form.quote)
    if opened is None:
        limit = csv.field_size_limit()
        return unreadable(
            f"{file} has a cell of more than {limit} characters in the row at line {line}",
            "shorten it, or leave that column out",
            file=file,
            row=line,
        )
    offset, closed = opened
    start = line_at(text, offset)
    ends = "is closed before its cell ends" if closed else "is never closed"
    escaped = "\\" + form.quote in text and not form.escape
    return unreadable(
        f"{file} has a quote that opens on line {start} and {ends}: "
        f"{LINE_END.split(text[offset : offset + 30])[0]}",
        f"close it, or write a quote that belongs to the text twice ({form.quote * 2})"
        + (BACKSLASHES if escaped else ""),
        file=file,
        row=start,
    )


def _open_quote(text: str, delimiter: str, quote: str) -> tuple[int, bool] | None:
    """Offset of the quote that is not closed properly, and whether it was closed at all."""
    mark = re.escape(quote)
    quoted = re.compile(f"{mark}[^{mark}]*(?:{mark}{mark}[^{mark}]*)*{mark}")
    ends = {delimiter, "\r", "\n", ""}
    at = text.find(quote)
    while at >= 0:
        if text[at - 1 : at] in ends:  # elsewhere in a cell it is a sign as any other
            match = quoted.match(text, at)
            if match is None:
                return at, False
            if text[match.end() : match.end() + 1] not in ends:
                return at, True
            at = match.end() - 1
        at = text.find(quote, at + 1)
    return None


def _header(
    rows: list[list[str]], lines: np.ndarray, file: str, form: FileFormat, *, chosen: bool
) -> tuple[list[str], list[list[str]], np.ndarray]:
    first = next((k for k, row in enumerate(rows) if any(cell.strip() for cell in row)), None)
    if first is None:
        raise unreadable(f"{file} holds only empty lines", "export the table again", file=file)
    header = rows[first]
    refuse_wide(len(header), file)
    line = int(lines[first])
    _refuse_other_signs(header, line, file, form, chosen=chosen)
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


def _refuse_other_signs(
    header: list[str], line: int, file: str, form: FileFormat, *, chosen: bool
) -> None:
    """A header that is better cut by another separator, or that stands in other quotes."""
    delimiter = str(form.delimiter)
    joined = delimiter.join(header)
    own = 0 if chosen and len(header) == 1 else joined.count(delimiter)
    for other, name in SEPARATORS.items():
        better = joined.count(other) > own and not (chosen and len(header) > 1)
        if other != delimiter and better:
            was = called(delimiter)
            raise unreadable(
                f"{file} is separated by {name}, not by {was}",
                f"save it with {was}, or set {as_clause(other)} for this table in trial.toml; "
                'dialect = "recognise" lets its rows say so',
                file=file,
                row=line,
            )
    if form.quote == '"' and all(SINGLE_QUOTED.fullmatch(name) for name in header):
        raise unreadable(
            f"{file} has the names of its columns in single quotes: {', '.join(header[:4])}",
            'set quote = "\'" for this table in trial.toml',
            file=file,
            row=line,
        )


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
