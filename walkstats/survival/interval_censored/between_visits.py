"""Between which days did each person's event happen? The reader of frames of intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_frame
from walkstats._known_rows import check_any_left, known_rows
from walkstats._variables import missing
from walkstats.errors import DataError, Problem
from walkstats.results import Counts
from walkstats.survival.observations import frequencies_of, plain_times, weights_of

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Intervals:
    """n rows, each with the interval (low, high] in which its event happened.

    Attributes
    ----------
    low, high : (n,)
        Equal for an exact time; low 0 where the event was there at the first look, high infinite
        where it was not seen.
    weights, frequencies : (n,) or None
    kept : (rows,) bool array
        Which rows of the frame they are.
    left_out : dict of str to int
    notes : tuple of str
    said : str
        What ``method`` says about the columns read.
    source : str
    """

    low: Floats
    high: Floats
    weights: Floats | None
    frequencies: Floats | None
    kept: Booleans
    left_out: dict[str, int]
    notes: tuple[str, ...]
    said: str
    source: str

    def with_notes(self, notes: Iterable[str]) -> Intervals:
        """The same rows with more to say of them."""
        return replace(self, notes=(*self.notes, *notes))

    @property
    def weight(self) -> Floats:
        """What each row counts (n,): its case weight times its copies."""
        one = np.ones(self.low.size) if self.weights is None else self.weights
        return one if self.frequencies is None else one * self.frequencies

    @property
    def fractional(self) -> bool:
        """Whether some case weight is no whole number, so that rows are not copies."""
        return self.weights is not None and bool(np.any(self.weights % 1))

    @property
    def seen(self) -> Booleans:
        """Whether the event was seen by some day (n,)."""
        return np.isfinite(self.high)

    def only(self, among: Booleans) -> Intervals:
        """These rows with those chosen among them."""
        kept = self.kept.copy()
        kept[kept] = among
        return replace(
            self,
            low=self.low[among],
            high=self.high[among],
            weights=None if self.weights is None else self.weights[among],
            frequencies=None if self.frequencies is None else self.frequencies[among],
            kept=kept,
        )

    @property
    def copies(self) -> Floats:
        """How often each row counts as a row (n,)."""
        return np.ones(self.low.size) if self.frequencies is None else self.frequencies

    def counts(self, left_out: Mapping[str, int] | None = None) -> Counts:
        """Counts of these rows; every row is a participant."""
        used = round(float(self.copies.sum()))
        events = round(float(self.copies[self.seen].sum()))
        return Counts(self.kept.size, used, used, events, {**self.left_out, **(left_out or {})})

    def kinds_said(self) -> str:
        """How the events were seen, for ``method``."""
        exact = self.low == self.high
        kinds = {
            "interval-censored": self.seen & ~exact & (self.low > 0),
            "left-censored": self.seen & ~exact & (self.low == 0),
            "exact": exact,
            "right-censored": ~self.seen,
        }
        found = {name: round(float(self.copies[which].sum())) for name, which in kinds.items()}
        return ", ".join(f"{number} {name}" for name, number in found.items() if number)


def read_intervals(
    frame: pd.DataFrame,
    *,
    low: str,
    high: str,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    subject: str | None = "participant_id",
    groups: Iterable[Any] = (),
) -> Intervals:
    """Read the intervals of a frame, and refuse those that cannot be, all findings at once.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant.
    low, high : str
        Columns of the last day known to be free of the event and of the first day by which it had
        happened.
    entry : str, optional
        Not offered; refused in words.
    weights, frequencies : str, optional
    subject : str or None
    groups : iterable of column names
        Further columns in which a missing value leaves a row out, counted.

    Returns
    -------
    Intervals

    Raises
    ------
    ValueError
        For columns that are not there, and late entry.
    DataError
        For intervals that end before they begin, times that are negative or no numbers, and people
        with several rows.
    """
    check_frame(frame)
    if entry is not None:
        raise ValueError(
            "entry= is not offered for interval-censored data: the estimate given survival to "
            "entry need not exist. Count days from the entry, or analyse event times with "
            "kaplan_meier and cox, which take entry=."
        )
    check_column(frame, low, "the last day free of the event (low=)")
    check_column(frame, high, "the first day with the event (high=)")
    kept, left_out = _without_missing(frame, [low, high, *groups])
    _refuse_missing_for_unseen(frame, low, high, kept)
    begin, end = plain_times(frame, low, kept), plain_times(frame, high, kept)
    problems = [*_problems(frame, kept, begin, end, low, high), *_repeats(frame, kept, subject)]
    if problems:
        raise DataError(problems)
    case_weights = weights_of(frame, weights, kept, "weights")
    copies = frequencies_of(frame, frequencies, kept)
    unknown = int(np.sum((begin == 0) & np.isinf(end)))
    return Intervals(
        low=begin,
        high=end,
        weights=case_weights,
        frequencies=copies,
        kept=kept,
        left_out=left_out,
        notes=_notes(unknown),
        said=f"The event lies in ({low}, {high}], on the day itself where both are equal.",
        source=str(frame.attrs.get("source", "")),
    )


def axis_name(low: str, high: str) -> str:
    """What the time axis is called: days for low_days and high_days."""
    if low.startswith("low_") and high.startswith("high_") and low[4:] == high[5:]:
        return high[5:]
    return high


def _notes(unknown: int) -> tuple[str, ...]:
    if not unknown:
        return ()
    verb = "row says" if unknown == 1 else "rows say"
    return (f"{unknown} {verb} nothing about the event: nobody looked after day 0.",)


def _without_missing(frame: pd.DataFrame, names: Iterable[Any]) -> tuple[Booleans, dict[str, int]]:
    kept, left_out = known_rows(frame, names, "grouping")
    check_any_left(kept, left_out)
    return kept, left_out


def _refuse_missing_for_unseen(frame: pd.DataFrame, low: str, high: str, kept: Booleans) -> None:
    """Missing upper ends where none is infinite are how other software writes "not seen"."""
    absent = missing(frame[high]) & ~missing(frame[low])
    if absent.any() and np.isfinite(plain_times(frame, high, kept)).all():
        raise DataError.of(
            f"{high} is missing in {int(absent.sum())} rows and infinite in none",
            column=high,
            row=int(np.flatnonzero(absent)[0]),
            count=int(absent.sum()),
            what_to_do="where the event was not seen, write infinity: "
            f"frame['{high}'].fillna(float('inf')); leave unknown rows out on purpose",
        )


def _problems(
    frame: pd.DataFrame, kept: Booleans, begin: Floats, end: Floats, low: str, high: str
) -> list[Problem]:
    findings = (
        (begin < 0, low, f"{low} is negative: it would lie before randomisation", "write 0 where "
         "the event was there at the first look, and correct the others"),
        (np.isposinf(begin), low, f"{low} is infinite", "give the last day known to be free"),
        (end < 0, high, f"{high} is negative: it would lie before randomisation", "correct "
         "these rows"),
        ((begin > end) & (begin >= 0) & (end >= 0) & np.isfinite(begin), high,
         f"{low} lies after {high}", "the last day free of the event comes first"),
    )  # fmt: skip
    rows = np.flatnonzero(kept)
    return [
        Problem(
            problem,
            what_to_do=mend,
            column=str(column),
            row=int(rows[bad][0]),
            ids=_people(frame, rows[bad]),
            count=int(bad.sum()),
        )
        for bad, column, problem, mend in findings
        if bad.any()
    ]


def _people(frame: pd.DataFrame, rows: NDArray[np.intp]) -> tuple[str, ...]:
    if "participant_id" not in frame.columns:
        return ()
    return tuple(str(one) for one in frame["participant_id"].iloc[rows[:5]])


def _repeats(frame: pd.DataFrame, kept: Booleans, subject: str | None) -> list[Problem]:
    if subject is None or (subject == "participant_id" and subject not in frame.columns):
        return []
    people = check_column(frame, subject, "the subject").loc[kept]
    again = people.duplicated() & people.notna()
    if not again.any():
        return []
    found = people[again].unique()
    return [
        Problem(
            f"{subject} repeats: an interval analysis needs one row per participant",
            what_to_do="keep the interval of each participant's first event",
            column=str(subject),
            row=int(np.flatnonzero(kept)[again.to_numpy()][0]),
            ids=tuple(str(one) for one in found[:5]),
            count=len(found),
        )
    ]
