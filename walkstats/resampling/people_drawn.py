"""Which rows of a frame belong to whom, and what does a frame of people drawn look like?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_frame
from walkstats._known_rows import check_any_left, known_rows
from walkstats._variables import codes_of
from walkstats.resampling.drawing import Units, as_units, check_within
from walkstats.results import Counts
from walkstats.survival.grouped_rows import combined_groups
from walkstats.survival.people import PERSON

Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class People:
    """The rows that can be resampled, and whose they are.

    Attributes
    ----------
    frame : pandas.DataFrame
        The rows used.
    units : Units
    subject : column of ids, or None where rows are people
    within : tuple of columns within whose groups people are drawn
    counts : Counts
    """

    frame: pd.DataFrame
    units: Units
    subject: Any
    within: tuple[Any, ...]
    counts: Counts

    def resample(self, drawn: Indices) -> pd.DataFrame:
        """The rows of the units drawn (u,), copies of a person under ids of their own."""
        rows, of_draw = self.units.rows_drawn(drawn)
        taken = self.frame.iloc[rows].reset_index(drop=True)
        taken.attrs = dict(self.frame.attrs)
        if self.subject is not None:
            taken[self.subject] = self._new_ids(drawn)[of_draw]
        return taken

    def without(self, unit: int) -> pd.DataFrame:
        """The frame without one person."""
        out = self.units.row_of[self.units.bounds[unit] : self.units.bounds[unit + 1]]
        keep = np.ones(len(self.frame), dtype=bool)
        keep[out] = False
        taken = self.frame.loc[keep].reset_index(drop=True)
        taken.attrs = dict(self.frame.attrs)
        return taken

    def _new_ids(self, drawn: Indices) -> NDArray[Any]:
        """One id for each draw (u,): a person's own for the first copy, new ones for others."""
        ids = self.frame[self.subject].iloc[self.units.row_of[self.units.bounds[:-1]]].to_numpy()
        copy = _occurrence(drawn)
        again = copy > 0
        chosen = ids[drawn]
        if np.issubdtype(ids.dtype, np.number):
            chosen[again] = ids.max() + 1 + np.arange(again.sum())
            return chosen
        chosen = chosen.astype(object)
        mark = "#"
        while any(mark in str(one) for one in ids):
            mark += "#"
        chosen[again] = [
            f"{one}{mark}{k + 1}" for one, k in zip(chosen[again], copy[again], strict=True)
        ]
        return chosen


def read_people_drawn(
    frame: pd.DataFrame, *, subject: Any, by: Any, strata: Any, known: Any = None
) -> People:
    """Read whose rows are whose, and within which groups people are drawn.

    Rows without a group, or without what must be known besides, are left out and counted.

    Raises
    ------
    ValueError
        For something that is no frame, and columns that are not there.
    DataError
        For people with rows in several groups, missing ids, and nobody left.
    """
    check_frame(frame)
    names = (*as_names(by, "by"), *as_names(strata, "strata"))
    kept, left_out = known_rows(frame, (*as_names(known, "by"), *names), "grouping")
    check_any_left(kept, left_out)
    used = np.flatnonzero(kept)
    cell, _, _ = combined_groups(frame, names, used)
    chosen = frame if kept.all() else frame.loc[kept]
    person = None
    if subject is None or (subject == PERSON and PERSON not in frame.columns):
        subject = None
    else:
        person = codes_of(frame, subject, used, "the subject")
        within = " and ".join(str(name) for name in names)
        check_within(person, cell, chosen[subject].to_numpy(), str(subject), within)
    units = as_units(person, cell)
    counts = Counts(len(frame), used.size, units.n_units, None, left_out)
    return People(chosen.reset_index(drop=True), units, subject, names, counts)


def _occurrence(drawn: Indices) -> Indices:
    """How often each draw's unit was drawn before it: (u,)."""
    order = np.argsort(drawn, kind="stable")
    ranked = drawn[order]
    begins = np.flatnonzero(np.diff(ranked, prepend=-1))
    since = np.arange(drawn.size) - np.repeat(begins, np.diff(begins, append=drawn.size))
    found = np.empty_like(since)
    found[order] = since
    return found
