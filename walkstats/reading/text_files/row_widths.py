"""Which rows have more or fewer cells than the header, and what may have made them so?"""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np

from walkstats.errors import Problem
from walkstats.reading.text_files.dialects import SEPARATORS

WHOLE_PART = re.compile(r"\s*[+-]?\d+", re.ASCII)
DECIMALS = re.compile(r"\d+\s*", re.ASCII)


def width_problems(
    rows: list[list[str]],
    lines: np.ndarray,
    wrong: np.ndarray,
    header: list[str],
    file: str,
    delimiter: str,
) -> list[Problem]:
    """Name the rows whose number of cells is not that of the header.

    Parameters
    ----------
    rows : list of list of str
        Without the header.
    lines : numpy.ndarray
        Line of the file on which each starts, shape (n,).
    wrong : numpy.ndarray
        bool, shape (n,).
    header : list of str
    file, delimiter : str

    Returns
    -------
    list of Problem
        One, or none.
    """
    where = np.flatnonzero(wrong).tolist()
    if not where:
        return []
    width = len(header)
    told = "; ".join(
        f"row {lines[k]} has {len(rows[k])} cells, header has {width}" for k in where[:5]
    )
    more = f" ({len(where)} rows in all)" if len(where) > 5 else ""
    ragged = [rows[k] for k in where]
    hint = (
        _hint_on_places(ragged, where, len(rows), width, delimiter)
        or _hint_on_cells(ragged, width, delimiter)
        or "put text that holds the separator in quotes; fill or delete the cells in question"
    )
    if len(where) == len(rows) and [row[0] for row in rows] == _numbered(len(rows)):
        hint += (
            "; where each row begins with its number, which has no name in the header, write it "
            "again without (in R: row.names = FALSE)"
        )
    return [Problem(told + more, hint, table=file, row=int(lines[where[0]]), count=len(where))]


def _hint_on_places(
    ragged: list[list[str]], where: list[int], n: int, width: int, delimiter: str
) -> str:
    """What the place of the rows tells: all of them, or those after the table."""
    sign = SEPARATORS.get(delimiter, repr(delimiter)).removesuffix("s")
    if all(len(row) == width + 1 and not row[-1].strip() for row in ragged):
        return f"these rows have one cell more, an empty one: delete the {sign} at the end of them"
    if width == 1 and len(where) > n / 2:
        return (
            "if the first line is a title, set header_line for this table in trial.toml to the "
            'line with the names of the columns; if it is a comment, set comment = "#"'
        )
    last = n > len(where) and where == list(range(n - len(where), n))
    if last and all(sum(bool(cell.strip()) for cell in row) <= 1 for row in ragged):
        return "these lines after the table are no part of it: delete them"
    return ""


def _hint_on_cells(ragged: list[list[str]], width: int, delimiter: str) -> str:
    """What the cells themselves tell."""
    if delimiter == "," and all(len(row) > width and _decimal_comma(row) for row in ragged):
        return (
            "if numbers in them have decimal commas, a comma cannot separate the cells as well: "
            "write decimal points, or save the table with semicolons and set "
            'delimiter = ";" and decimal = "," for it in trial.toml'
        )
    if any(cell.endswith("\\") for row in ragged for cell in row):
        return (
            "where a backslash stands before each quote in the text, set escape = "
            '"\\\\" for this table in trial.toml'
        )
    return ""


def _numbered(n: int) -> list[str]:
    return [str(k) for k in range(1, n + 1)]


def _decimal_comma(row: list[str]) -> bool:
    """Whether two cells beside each other could be one number with a comma in it."""
    return any(
        WHOLE_PART.fullmatch(left) and DECIMALS.fullmatch(right) for left, right in pairwise(row)
    )
