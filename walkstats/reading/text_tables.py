"""What does a file of any format become before anything is converted? A frame of text.

A cell is a ``str``, or ``None`` where the format itself says that nothing is there (Parquet). The
index holds the line of the file on which the row starts, so that every later finding can name it.
What a format knows of its columns (what they are called in words, what their codes stand for)
comes along, and is used where trial.toml says nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from walkstats.errors import DataError, Problem

HEADER_AGAIN = "the header stands again among the rows"


@dataclass(frozen=True, eq=False)
class TextTable:
    """One file, as text.

    Attributes
    ----------
    file : str
        Name of the file in the trial folder.
    frame : pandas.DataFrame
        One row per row of the file; every cell ``str`` or ``None``; index ``line``.
    problems : tuple of Problem
        What was found on the way.
    notes : tuple of str
        What was done on the way (decompressed, empty lines passed over ...).
    labels : mapping of str to str
        Column -> what it is called in words, where the file or its dictionary says so.
    codes : mapping of str to mapping of str to str
        Column -> cell -> what it stands for, likewise.
    decimal, thousands : str
        Signs in numbers that were recognised; empty: as trial.toml declares.
    undecided : mapping of str to Problem
        Columns whose numbers could be read in two ways; errors where they are read as numbers.
    """

    file: str
    frame: pd.DataFrame
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = field(default=())
    labels: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    decimal: str = ""
    thousands: str = ""
    undecided: Mapping[str, Problem] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # pandas 3 makes strings of a type of its own, in which None becomes a number that is none.
        if not all(map(pd.api.types.is_object_dtype, self.frame.dtypes)):
            plain = {n: c.to_numpy(dtype=object, copy=True) for n, c in self.frame.items()}
            for cells in plain.values():
                cells[pd.isna(cells)] = None
            frame = pd.DataFrame(plain, self.frame.index, self.frame.columns, dtype=object)
            object.__setattr__(self, "frame", frame)

    @property
    def complete(self) -> bool:
        """Whether no row was left out because of an error; a header is none."""
        return not any(
            one.severity == "error" and not one.problem.startswith(HEADER_AGAIN)
            for one in self.problems
        )


@dataclass(frozen=True)
class FileFormat:
    """How a file is to be read, as trial.toml declares it.

    Attributes
    ----------
    encoding : str or None
        Name of the text encoding; None for that of the mark at the start of the file, or UTF-8.
    delimiter : str or None
        One character; None for a comma (a tab in files called ``.tsv``).
    quote : str
        The character around cells that hold separators.
    escape : str
        The character before a quote that belongs to the text; empty: quotes are written twice.
    comment : str
        Lines that begin with it are passed over; empty: none.
    header_line : int or None
        On which line of the file the names of the columns stand; None for the first with text.
    decimal : str or None
        The decimal sign, where it is declared.
    recognise : bool or None
        Whether what is not declared is recognised by the rules of ``dialects``; None where the
        table does not say.
    sheet : str or None
        Of a workbook; None for the only one, or the one called like the table.
    """

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    quote: str = '"'
    escape: str = ""
    comment: str = ""
    header_line: int | None = None
    decimal: str | None = None
    recognise: bool | None = None


def without_headers(text: TextTable) -> TextTable:
    """The table without rows that say the header again, which are an error.

    Parameters
    ----------
    text : TextTable

    Returns
    -------
    TextTable
        The same, where there are none.
    """
    frame = text.frame
    if not frame.shape[1]:
        return text
    again = (frame.iloc[:, 0] == frame.columns[0]).to_numpy(dtype=bool)
    names = [str(name).strip() for name in frame.columns]
    for place in again.nonzero()[0]:
        again[place] = [str(cell).strip() for cell in frame.iloc[place]] == names
    if not again.any():
        return text
    lines = frame.index[again]
    problem = Problem(
        f"{HEADER_AGAIN} of {text.file}: row{'s' if len(lines) > 1 else ''} "
        f"{', '.join(map(str, lines[:5]))}",
        "delete it; were files put one below the other? then look for people who are in both",
        row=int(lines[0]),
        count=len(lines),
    )
    return replace(text, frame=frame[~again], problems=(*text.problems, problem))


def unreadable(problem: str, what_to_do: str, *, file: str, row: int | None = None) -> DataError:
    """The error for a file that cannot be read at all."""
    return DataError.of(problem, what_to_do=what_to_do, table=file, row=row)
