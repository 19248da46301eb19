"""What do the checks look at? The tables of a trial, and what is known to be wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from walkstats.schema import MEASURES, TABLES, Measure


@dataclass(frozen=True, eq=False)
class Material:
    """Tables to be checked.

    Attributes
    ----------
    tables : mapping of str to pandas.DataFrame
        Every table of the dictionary, with its columns and dtypes, index 0 to n - 1; and the
        randomisation list, where there is one.
    arms : tuple of str
        The first is the reference.
    strata : tuple of str
        Columns of participants.
    lines : mapping of str to numpy.ndarray
        Table -> number of each row for messages: the line of its file, or its place from 1.
    files : mapping of str to numpy.ndarray
        Table -> file of each row, for tables that are put together from several.
    refused : mapping of (str, str) to numpy.ndarray
        (table, column) -> bool: cells that were already reported and stand as missing.
    incomplete : frozenset of str
        Tables of which rows are known to be lacking: what refers to them cannot be checked.
    written : mapping of (str, str) to numpy.ndarray
        (table, column) -> the cells of a file as they stand there, where numbers were read.
    missing_codes : mapping of (str, str) to tuple of str
        (table, column) -> cells that mean missing.
    visit_windows : mapping of float to tuple of float
        Month -> from, to [months].
    measures : mapping of str to Measure
        Known outcome measures.
    ages : tuple of float or None
        Youngest and oldest age that may take part [years]; None where that is not declared.
    made : dict
        What several rules need, by the function that makes it or the column that it is.
    """

    tables: Mapping[str, pd.DataFrame]
    arms: tuple[str, ...]
    strata: tuple[str, ...] = ()
    lines: Mapping[str, np.ndarray] = field(default_factory=dict)
    files: Mapping[str, np.ndarray] = field(default_factory=dict)
    refused: Mapping[tuple[str, str], np.ndarray] = field(default_factory=dict)
    incomplete: frozenset[str] = frozenset()
    written: Mapping[tuple[str, str], np.ndarray] = field(default_factory=dict)
    missing_codes: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    visit_windows: Mapping[float, tuple[float, float]] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=lambda: MEASURES)
    ages: tuple[float, float] | None = None
    made: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    def once(self, make: Callable[[Material], Any]) -> Any:
        """What a function makes of the tables; made when it is first asked for."""
        if make not in self.made:
            self.made[make] = make(self)
        return self.made[make]

    def line(self, table: str, position: int) -> int:
        """The number by which a message names a row."""
        lines = self.lines.get(table)
        return position + 1 if lines is None else int(lines[position])

    def file(self, table: str, position: int) -> str:
        """The file of a row, where the table has several; otherwise nothing."""
        files = self.files.get(table)
        return "" if files is None else str(files[position])

    def named(self, table: str, position: int) -> str:
        """A row as a sentence names it: its number, and its file where there are several."""
        file = self.file(table, position)
        return f"{self.line(table, position)}{f' of {file}' if file else ''}"

    def cell(self, table: str, column: str, position: int) -> str:
        """The cell of a file as it stands there; nothing where there is none."""
        cells = self.written.get((table, column))
        text = None if cells is None else cells[position]
        return text.strip() if isinstance(text, str) else ""

    def almost_missing(self, table: str, column: str, position: int) -> str:
        """The declared code for missing that a cell spells otherwise, as -99.0 for -99."""
        text = self.cell(table, column, position).replace(",", ".")
        for code in self.missing_codes.get((table, column), ()):
            try:
                if float(text) == float(code):
                    return code
            except ValueError:
                continue
        return ""

    def missing(self, table: str, column: str) -> np.ndarray:
        """Which cells are empty without having been reported, shape (n,)."""
        empty = self.tables[table][column].isna().to_numpy(dtype=bool)
        reported = self.refused.get((table, column))
        return empty if reported is None else empty & ~reported

    def numbers(self, table: str, column: str) -> np.ndarray:
        """A column as floats, missing as nan, shape (n,)."""
        return self.tables[table][column].to_numpy(dtype=float, na_value=np.nan)

    def carried(self, table: str, names: Sequence[str]) -> pd.Series | None:
        """The first of some columns beyond the dictionary that a table has, by any spelling."""
        plain = {
            str(one).strip().casefold().replace(" ", "_"): one for one in self.tables[table].columns
        }
        found = next((plain[name] for name in names if name in plain), None)
        return None if found is None else self.tables[table][found]

    def carried_numbers(self, table: str, names: Sequence[str]) -> np.ndarray:
        """The same as floats; nan where there is no number, and where there is no such column."""
        cells = self.carried(table, names)
        if cells is None:
            return np.full(len(self.tables[table]), np.nan)
        if pd.api.types.is_numeric_dtype(cells.dtype):
            return cells.to_numpy(dtype=float, na_value=np.nan)
        return np.array([_number(one) for one in cells.astype(object)], dtype=float)

    def whose(self, table: str) -> np.ndarray:
        """The place among participants of every row, the first of an id; -1 for unknown ids."""
        if table in self.made:
            return self.made[table]
        ids = self.tables["participants"]["participant_id"].to_numpy(dtype=object)
        first = np.flatnonzero(~pd.Series(ids, dtype=object).duplicated() & pd.notna(ids))
        known = pd.Index(ids[first], dtype=object)
        rows = self.tables[table]["participant_id"].to_numpy(dtype=object)
        place = known.get_indexer(pd.Index(rows, dtype=object))
        self.made[table] = np.where(place >= 0, np.append(first, -1)[place], -1)
        return self.made[table]

    def of_participants(self, table: str, column: str) -> pd.Series:
        """A column of participants for every row of another table; missing for unknown ids."""
        key = (table, column)
        if key not in self.made:
            ids = self.tables[table]["participant_id"].to_numpy(dtype=object)
            self.made[key] = self._people_by_id[column].reindex(ids)
        return self.made[key]

    @cached_property
    def _people_by_id(self) -> pd.DataFrame:
        """Participants with an id, by it; of several rows with one id the first."""
        people = self.tables["participants"]
        known = people[~people["participant_id"].duplicated() & people["participant_id"].notna()]
        return known.set_axis(pd.Index(known["participant_id"].to_numpy(), dtype=object))

    def arm_counts(self, participants: np.ndarray) -> str:
        """How many of these participants (bool, shape (n,)) are in each arm, in brackets."""
        arms = self.tables["participants"]["arm"]
        told = ", ".join(f"{arm} {int((arms[participants] == arm).sum())}" for arm in self.arms)
        return f" ({told})" if told else ""

    def date(self, participant: object, day: float) -> str:
        """The date of a day of a participant, or nothing where randomisation has no date."""
        people = self.tables["participants"]
        dates = people.loc[people["participant_id"] == participant, "randomised_on"]
        if len(dates) != 1 or dates.isna().any() or not abs(day) < 1e5:
            return ""
        return (dates.iloc[0] + pd.Timedelta(days=int(np.floor(day)))).date().isoformat()


def _number(cell: object) -> float:
    try:
        value = float(cell) if isinstance(cell, str | int | float | np.number) else np.nan
    except (ValueError, OverflowError):
        return np.nan
    return value if np.isfinite(value) else np.nan


def tables_with_ids() -> tuple[str, ...]:
    """The tables that speak of participants, without participants itself."""
    return tuple(
        name
        for name, table in TABLES.items()
        if name != "participants" and table.column("participant_id") is not None
    )
