"""What does a file of any format become before anything is converted? A frame of text.

A cell is a ``str``, or ``None`` where the format itself says that nothing is there (Parquet). The
index holds the line of the file on which the row starts, so that every later finding can name it.
What a format knows of its columns (what they are called in words, what their codes stand for)
comes along, and is used where trial.toml says nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from walkstats.errors import DataError, Problem


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
    """

    file: str
    frame: pd.DataFrame
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = field(default=())
    labels: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether no row was left out because of an error."""
        return not any(one.severity == "error" for one in self.problems)


@dataclass(frozen=True)
class FileFormat:
    """How a file is to be read, as trial.toml declares it.

    Attributes
    ----------
    encoding : str
        Name of the text encoding.
    delimiter : str or None
        One character; None for a comma (a tab in files called ``.tsv``).
    sheet : str or None
        Of a workbook; None for the only one, or the one called like the table.
    """

    encoding: str = "utf-8"
    delimiter: str | None = None
    sheet: str | None = None


def unreadable(problem: str, what_to_do: str, *, file: str, row: int | None = None) -> DataError:
    """The error for a file that cannot be read at all."""
    return DataError.of(problem, what_to_do=what_to_do, table=file, row=row)
