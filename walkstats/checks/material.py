"""What do the checks look at? The tables of a trial, and what is known to be wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from walkstats.schema import MEASURES, TABLES, Measure


@dataclass(frozen=True, eq=False)
class Material:
    """Tables to be checked.

    Attributes
    ----------
    tables : mapping of str to pandas.DataFrame
        Every table of the dictionary, with its columns and dtypes, index 0 to n - 1.
    arms : tuple of str
        The first is the reference.
    strata : tuple of str
        Columns of participants.
    lines : mapping of str to numpy.ndarray
        Table -> number of each row for messages: the line of its file, or its place from 1.
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
    """

    tables: Mapping[str, pd.DataFrame]
    arms: tuple[str, ...]
    strata: tuple[str, ...] = ()
    lines: Mapping[str, np.ndarray] = field(default_factory=dict)
    refused: Mapping[tuple[str, str], np.ndarray] = field(default_factory=dict)
    incomplete: frozenset[str] = frozenset()
    written: Mapping[tuple[str, str], np.ndarray] = field(default_factory=dict)
    missing_codes: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    visit_windows: Mapping[float, tuple[float, float]] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=lambda: MEASURES)

    def line(self, table: str, position: int) -> int:
        """The number by which a message names a row."""
        lines = self.lines.get(table)
        return position + 1 if lines is None else int(lines[position])

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

    def of_participants(self, table: str, column: str) -> pd.Series:
        """A column of participants for every row of another table; missing for unknown ids."""
        ids = self.tables[table]["participant_id"].to_numpy(dtype=object)
        return self._people_by_id[column].reindex(ids)

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


def tables_with_ids() -> tuple[str, ...]:
    """The tables that speak of participants, without participants itself."""
    return tuple(
        name
        for name, table in TABLES.items()
        if name != "participants" and table.column("participant_id") is not None
    )
