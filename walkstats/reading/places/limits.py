"""How much is read before a file is refused for its size?

Files of trials are far below these limits; a file that was made to fill the memory, or a damaged
one, is far above. Each refusal says what to do with a file that is honest.
"""

from __future__ import annotations

from collections.abc import Sequence

from walkstats.reading.text_tables import unreadable

MOST_TEXT = 2**28
"""Of a text file, unpacked [bytes]."""
LONGEST_LINE = 2**24
"""Of a text file [characters]."""
MOST_COLUMNS = 10_000
MOST_ROWS = 5_000_000
MOST_CELLS = 50_000_000
"""Of one table."""
PIECE = 100_000
"""Rows between two looks at the limits."""


def refuse_long_text(size: int, file: str) -> None:
    """Refuse a text file of more bytes than are read.

    Examples
    --------
    >>> refuse_long_text(10, "small.csv")
    """
    if size > MOST_TEXT:
        raise unreadable(
            f"{file} has {size} bytes of text (limit {MOST_TEXT})",
            "save the table as Parquet; minutes of a device are added up to weeks first",
            file=file,
        )


def refuse_long_lines(text: str, file: str) -> None:
    """Refuse a text with a line that is longer than any row of a table."""
    at = 0
    while len(text) - at > LONGEST_LINE:
        end = max(text.rfind(sign, at, at + LONGEST_LINE) for sign in "\r\n")
        if end < 0:
            raise unreadable(
                f"{file} has a line of more than {LONGEST_LINE} characters from offset {at} on",
                "check that the file is a table, and that its lines end",
                file=file,
            )
        at = end + 1


def refuse_wide(columns: int, file: str) -> None:
    """Refuse a table of more columns than are read."""
    if columns > MOST_COLUMNS:
        raise unreadable(
            f"{file} has {columns} columns (limit {MOST_COLUMNS})",
            "leave out the columns that the trial does not need; check that the file is a table",
            file=file,
        )


def refuse_large(rows: Sequence[Sequence[str]], file: str) -> None:
    """Refuse a table of more rows or cells than are read; the last rows tell how wide it is."""
    width = max(map(len, rows[-10:]), default=0)
    if len(rows) > MOST_ROWS or len(rows) * width > MOST_CELLS:
        raise unreadable(
            f"{file} has {len(rows)} rows or more, of up to {width} cells (limit {MOST_ROWS} rows "
            f"and {MOST_CELLS} cells)",
            "leave out what the trial does not need; minutes of a device are added up to weeks "
            "first",
            file=file,
        )
