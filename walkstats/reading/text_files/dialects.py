"""Which sign stands between the cells of this text, as the file says itself or as its rows show?

What a file says of itself (``sep=;`` on its first line, an ending ``.tsv``) is taken and noted.
What only its rows show is taken where trial.toml asks for it (``dialect = "recognise"``), with the
evidence in a note; where the rows allow two readings, or none, the file is refused.

The separator is the only one of comma, semicolon, tab and vertical bar that stands in the header
outside quotes, provided that by it all rows have the same number of cells. Quotes are double; they
are single where every name of a column stands in single ones.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import replace

from walkstats.errors import DataError
from walkstats.reading.text_tables import FileFormat, unreadable

SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "vertical bars"}
SEP_LINE = re.compile('(?:sep=([^"\r\n])|"sep=([^"\r\n])")[ \t]*(?:\r\n|\r|\n|\\Z)', re.IGNORECASE)


def called(sign: str) -> str:
    """A separator in words."""
    return SEPARATORS.get(sign, repr(sign))


def as_clause(sign: str) -> str:
    """The clause of trial.toml for a separator."""
    return 'delimiter = "\\t"' if sign == "\t" else f'delimiter = "{sign}"'


def own_words(text: str, file: str, declared: FileFormat) -> tuple[str, FileFormat, list[str]]:
    """What the file says of its separator.

    Parameters
    ----------
    text : str
    file : str
    declared : FileFormat

    Returns
    -------
    tuple
        The text with an empty line in place of ``sep=;``, the format with the separator, and notes.

    Raises
    ------
    DataError
        When trial.toml declares another.
    """
    found = SEP_LINE.match(text)
    if found:
        sign = found[1] or found[2]
        if declared.delimiter not in (None, sign):
            raise unreadable(
                f"{file} says on its first line that cells are separated by {called(sign)}, and "
                f"trial.toml declares {called(str(declared.delimiter))}",
                "leave delimiter out for this table, or delete the first line of the file",
                file=file,
                row=1,
            )
        note = f"separated by {called(sign)}: line 1 of {file} says sep={sign}"
        return "\n" + text[found.end() :], replace(declared, delimiter=sign), [note]
    if declared.delimiter is None and file.lower().endswith((".tsv", ".tsv.gz", ".tsv.zip")):
        note = f"separated by tabs: the ending of {file} says so"
        return text, replace(declared, delimiter="\t"), [note]
    return text, declared, []


def recognise_cells(text: str, file: str, declared: FileFormat) -> tuple[FileFormat, list[str]]:
    """Find the separator and the quotes that trial.toml does not declare.

    Parameters
    ----------
    text : str
    file : str
    declared : FileFormat

    Returns
    -------
    tuple
        The format with both, and notes with the evidence.

    Raises
    ------
    DataError
        When no separator, or more than one, can be meant.
    """
    lines = [line for line in re.split("\r\n|\r|\n", text) if line.strip()]
    header = next((one for one in lines if not _is_comment(one, declared)), "")
    quote = declared.quote
    there = [sign for sign in SEPARATORS if sign in _outside_quotes(header, quote)]
    if declared.delimiter is not None:
        there = [declared.delimiter]
    if len(there) > 1:
        raise _undecided(file, "its header has " + " and ".join(called(one) for one in there))
    notes = []
    sign = there[0] if there else ","
    names = [one.strip() for one in header.split(sign)]
    if all(len(one) > 1 and one[0] == one[-1] == "'" for one in names):
        quote = "'"
        notes.append("single quotes around cells: every name of a column stands in them")
    if declared.delimiter is not None:
        return replace(declared, quote=quote), notes
    if not there:
        other = [one for one in SEPARATORS if any(one in line for line in lines)]
        if other:
            told = " and ".join(called(one) for one in other)
            raise _undecided(file, f"its header has one cell, and other rows hold {told}")
        note = f"{file} has one column: none of the known separators is in it"
        return replace(declared, delimiter=",", quote=quote), [note]
    found = replace(declared, delimiter=sign, quote=quote)
    widths = _widths(text, found)
    if widths is None:
        raise _undecided(file, f"by {called(sign)} its quotes do not close", sign)
    if len(widths) > 1:
        told = ", ".join(f"{n} rows have {w}" for w, n in widths.most_common(4))
        raise _undecided(
            file, f"by {called(sign)} rows differ in their number of cells: {told}", sign
        )
    if not widths:  # only empty lines: the reader says so
        return found, notes
    ((cells, rows),) = widths.items()
    return found, [f"separated by {called(sign)}: {rows} of {rows} rows have {cells} cells", *notes]


def _is_comment(line: str, declared: FileFormat) -> bool:
    return bool(declared.comment) and line.startswith(declared.comment)


def _outside_quotes(line: str, quote: str) -> str:
    mark = re.escape(quote)
    return re.sub(f"{mark}[^{mark}]*{mark}", "", line)


def _widths(text: str, found: FileFormat) -> Counter[int] | None:
    """Number of cells -> rows; None where quotes do not close."""
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=str(found.delimiter),
        quotechar=found.quote,
        escapechar=found.escape or None,
        strict=True,
    )
    try:
        rows = [row for row in reader if any(row)]
    except csv.Error:
        return None
    return Counter(len(row) for row in rows if not _is_comment(row[0], found))


def _undecided(file: str, why: str, sign: str = "") -> DataError:
    lines = "" if not sign else "; header_line = 3 if the table begins below a title; "
    return unreadable(
        f"the separator of {file} cannot be recognised: {why}",
        f"declare it for this table in trial.toml, as in {as_clause(sign or ';')}{lines}"
        + ("then the rows that do not fit are named" if sign else ""),
        file=file,
    )
