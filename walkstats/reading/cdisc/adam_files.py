"""Where are the data sets of an ADaM folder, and what do their columns hold?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from walkstats.errors import IDS_SHOWN, DataError, Problem
from walkstats.reading.assembled.parts import Note
from walkstats.reading.cells.dates_in_text import ISO, to_date
from walkstats.reading.cells.numbers_in_text import RefusedError, to_number
from walkstats.reading.formats import FORMATS, read_text
from walkstats.reading.places.table_files import Found as Files
from walkstats.reading.text_tables import FileFormat, TextTable

NEEDED, OPTIONAL = ("ADSL", "ADTTE"), ("ADAE",)


@dataclass(frozen=True, eq=False)
class Found:
    """What was found and done on the way, by table of the dictionary."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def wrong(
        self,
        problem: str,
        what_to_do: str,
        table: str,
        column: str = "",
        ids: Iterable[object] = (),
    ) -> None:
        """Note an error; ids beyond five are counted."""
        listed = [str(one) for one in ids]
        shown = tuple(dict.fromkeys(listed))[:IDS_SHOWN]
        count = max(len(listed), 1)
        self.problems.append(
            Problem(problem, what_to_do, table=table, column=column, ids=shown, count=count)
        )

    def stop(self) -> None:
        """Raise what is wrong, if anything is."""
        if any(one.severity == "error" for one in self.problems):
            raise DataError(self.problems)


@dataclass(frozen=True, eq=False)
class AdamTable:
    """One data set.

    Attributes
    ----------
    name : str
        As ADSL.
    text : TextTable
        Columns in capitals.
    """

    name: str
    text: TextTable

    def __contains__(self, column: str) -> bool:
        return column in self.text.frame

    def __len__(self) -> int:
        return len(self.text.frame)

    @property
    def columns(self) -> list[str]:
        """Names of the variables."""
        return [str(name) for name in self.text.frame.columns]

    def texts(self, column: str) -> np.ndarray:
        """Cells without outer blanks; empty ones are None. All None where there is no column."""
        out = np.full(len(self), None, dtype=object)
        if column in self:
            cells = self.text.frame[column].to_numpy(dtype=object)
            out[:] = [(cell or "").strip() or None for cell in cells]
        return out

    def numbers(self, column: str, found: Found) -> np.ndarray:
        """Cells as numbers; empty ones are nan, and what is no number is a problem."""
        return self._each(column, found, to_number, np.nan, "holds no numbers", "correct it")

    def dates(self, column: str, found: Found) -> np.ndarray:
        """Cells as days (datetime64); empty ones are NaT, and what is no date is a problem."""

        def day(cell: str) -> np.datetime64:
            first, last = pd.Timestamp.min.date(), pd.Timestamp.max.date()
            return np.datetime64(to_date(cell.split("T")[0], ISO, first, last), "D")

        says = "export dates with their SAS format, or as YYYY-MM-DD"
        none = np.datetime64("NaT", "D")
        return self._each(column, found, day, none, "holds no dates", says).astype("datetime64[D]")

    def _each(
        self,
        column: str,
        found: Found,
        read: Callable[[str], object],
        none: object,
        problem: str,
        what_to_do: str,
    ) -> np.ndarray:
        values, bad = [], []
        ids = self.texts("USUBJID")
        for k, cell in enumerate(self.texts(column)):
            value = none
            if cell is not None:
                try:
                    value = read(cell)
                except RefusedError:
                    bad.append(k)
            values.append(value)
        if bad:
            shown = ", ".join(repr(self.texts(column)[k]) for k in bad[:3])
            found.wrong(
                f"{column} {problem}: {shown}", what_to_do, self.name, column, ids[bad].tolist()
            )
        return np.array(values)

    def rows(self, keep: np.ndarray) -> AdamTable:
        """Some of the rows (bool, shape (n,))."""
        text = TextTable(self.text.file, self.text.frame[keep], (), (), self.text.labels)
        return AdamTable(self.name, text)


def open_adam(place: Files, encoding: str | None) -> dict[str, AdamTable]:
    """Read the data sets of a place.

    Parameters
    ----------
    place : walkstats.reading.places.table_files.Found
        With adsl, adtte and perhaps adae, in any format of tables.
    encoding : str or None
        Of their texts.

    Returns
    -------
    dict of str to AdamTable
        By name: ADSL, ADTTE and, if there, ADAE.

    Raises
    ------
    DataError
        When one is missing or cannot be read, or has no USUBJID.
    """
    there = place.place.names
    tables = {}
    for name in (*NEEDED, *OPTIONAL):
        files = [file for file in there if file.lower() in set(_files(name))]
        if len(files) > 1 or (not files and name in NEEDED):
            listed = ", ".join(files or there[:20]) or "nothing"
            raise DataError.of(
                f"{'several files may be' if files else 'there is no'} {name} in "
                f"{place.place.described}; found: {listed}",
                what_to_do=f"put one there, best as {name.lower()}.xpt",
                table=name,
            )
        if files:
            data = place.content(files[0], "").data
            tables[name] = _table(data, files[0], name, encoding)
    return tables


def data_set_files(place: Files) -> list[str]:
    """The files of a place that are called like data sets of ADaM."""
    own = {file for name in (*NEEDED, *OPTIONAL) for file in _files(name)}
    return [file for file in place.place.names if file.lower() in own]


def _files(name: str) -> Iterator[str]:
    for one in FORMATS:
        for ending in one.endings:
            yield from (name.lower() + ending + packed for packed in ("", ".gz", ".zip"))


def _table(data: bytes, file: str, name: str, encoding: str | None) -> AdamTable:
    text = read_text(data, file, FileFormat(encoding=encoding))
    if not text.complete:
        raise DataError(text.problems)
    upper = [str(column).strip().upper() for column in text.frame.columns]
    labels = {column.strip().upper(): label for column, label in text.labels.items()}
    twice = sorted({column for column in upper if upper.count(column) > 1})
    if twice or "USUBJID" not in upper:
        told = f"several columns {', '.join(twice)}" if twice else "no column USUBJID"
        raise DataError.of(
            f"{file} has {told}; its columns are: {', '.join(upper[:30])}",
            what_to_do=f"export {name} as the ADaM standard has it",
            table=name,
        )
    frame = text.frame.set_axis(pd.Index(upper, dtype=object), axis=1)
    return AdamTable(name, TextTable(file, frame, (), text.notes, labels))
