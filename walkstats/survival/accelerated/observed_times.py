"""Which rows, times and covariates does a parametric model read, and how was each time seen?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column
from walkstats.errors import DataError, FitError
from walkstats.formulas import Terms, variables_in
from walkstats.survival.accelerated.contributions import EXACT, INTERVAL, LEFT, RIGHT
from walkstats.survival.cox_rows import CoxRows, read_cox_rows

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]
Booleans = NDArray[np.bool_]

# Ends that differ by less than this share of the range of times are one time (rounding).
SAME_TIME = 1e-9
# Columns of derived intervals, and the name under which "was seen at all" travels to the reader.
INTERVALS = ("low_days", "high_days")
SEEN = "whether the event was seen"


@dataclass(frozen=True, eq=False)
class TimedRows:
    """The n rows that a parametric model uses.

    Attributes
    ----------
    read : CoxRows
        Covariates (without intercept), weights, clusters, strata, counts and what was said.
    seen : (n,)
        RIGHT, EXACT, LEFT or INTERVAL.
    time : (n,)
        Time of the event or of censoring; the lower end of an interval, the upper one where only
        that is known.
    upper : (n,)
        Upper end of an interval; nan elsewhere.
    entry : (n,) or None
        Time from which the row was under observation; -inf where from the beginning.
    notes : tuple of str
    """

    read: CoxRows
    seen: Codes
    time: Floats
    upper: Floats
    entry: Floats | None
    notes: tuple[str, ...]

    @property
    def weight(self) -> Floats:
        """Case weight times number of copies (n,)."""
        weight = np.ones(self.time.size)
        for part in (self.read.weights, self.read.frequencies):
            weight = weight if part is None else weight * part
        return weight

    @property
    def followed(self) -> Booleans:
        """Rows (n,) that say something: followed for some time."""
        if self.entry is None:
            return np.ones(self.time.size, dtype=bool)
        return ~((self.seen == RIGHT) & (self.time <= self.entry))


def read_timed_rows(
    frame: pd.DataFrame,
    formula: str,
    *,
    low: str | None,
    high: str | None,
    positive: bool,
    reading: Mapping[str, Any],
    follow_up: Mapping[str, Any],
) -> TimedRows:
    """Read and check what a parametric model needs.

    Parameters
    ----------
    frame : pandas.DataFrame
    formula : str
    low, high : str or None
        Columns of the ends of intervals; both or none. None with ``low_days`` and ``high_days`` in
        the frame, and no other times, means these.
    positive : bool
        Whether times lie above 0 (their logarithm is modelled).
    reading : mapping
        strata, cluster, offset and subject, as for `walkstats.survival.cox`.
    follow_up : mapping
        time, event, event_value, entry, weights, frequencies.

    Returns
    -------
    TimedRows

    Raises
    ------
    ValueError, DataError, FitError
        In the words of `walkstats.survival.cox`; and for ends of intervals that contradict each
        other, one end that is missing, and events at time 0.
    """
    if low is None and high is None and _holds_intervals(frame, follow_up):
        low, high = INTERVALS
    if (low is None) != (high is None):
        raise ValueError("low= and high= come together: an event lies after low, not after high.")
    if low is not None and high is not None:
        rows = _read_intervals(frame, formula, low, high, positive, reading, follow_up)
    else:
        read = read_cox_rows(frame, formula, **reading, follow_up=follow_up)
        seen = np.where(read.event, EXACT, RIGHT).astype(np.int8)
        blank = np.full(read.stop.size, np.nan)
        rows = TimedRows(read, seen, read.stop.copy(), blank, read.start, read.notes)
    if positive:
        _refuse_events_at_zero(rows)
    rows = _with_entry(rows, positive)
    _refuse_no_events(rows)
    return rows


def with_intercept(design: Terms) -> Terms:
    """The same terms after a column of ones."""
    moved = {
        term: slice(where.start + 1, where.stop + 1) for term, where in design.columns_of.items()
    }
    return replace(
        design,
        names=("intercept", *design.names),
        columns_of={"intercept": slice(0, 1), **moved},
        intercept=True,
    )


def refuse_too_many(rows: TimedRows, design: Terms) -> None:
    """Refuse more coefficients than the events can tell apart."""
    coefficients, events = len(design.names), rows.read.counts.events or 0
    if coefficients >= max(events, 2):
        raise FitError(
            f"The formula has {coefficients} coefficients and the data {events} events: fewer "
            "coefficients than events are needed. Leave terms out, or merge their levels."
        )


# --- intervals ----------------------------------------------------------------------------------


def _holds_intervals(frame: pd.DataFrame, follow_up: Mapping[str, Any]) -> bool:
    if not isinstance(frame, pd.DataFrame) or follow_up["time"] is not None:
        return False
    if not set(INTERVALS) <= set(frame.columns):
        return False
    if "days" in frame.columns or {"start_days", "stop_days"} <= set(frame.columns):
        raise ValueError(
            "The frame has low_days and high_days, and other times as well. Say which are meant: "
            "low='low_days', high='high_days', or time=."
        )
    return True


def _read_intervals(
    frame: pd.DataFrame,
    formula: str,
    low: str,
    high: str,
    positive: bool,
    reading: Mapping[str, Any],
    follow_up: Mapping[str, Any],
) -> TimedRows:
    """Rows whose event lies in (low, high]; both ends equal: at that time."""
    if follow_up["time"] is not None or follow_up["event_value"] is not None:
        raise ValueError("Give either low= and high=, or time= and event=; not both.")
    lower, upper = _ends(frame, low, high, positive)
    if low in variables_in(formula):
        raise ValueError(f"{low!r} is the low end of these data and cannot be a covariate as well.")
    # Where the event was not seen the row ends at low: the columns a reader of events expects.
    last = np.where(np.isposinf(upper), lower, upper)  # nan stays nan
    known = frame.assign(**{str(high): last, SEEN: ~np.isposinf(upper)})
    known.attrs = dict(frame.attrs)
    columns = {**follow_up, "time": high, "event": SEEN}
    read = read_cox_rows(known, formula, **reading, follow_up=columns)
    read = _with_reasons(read, frame, low, high)
    return _sorted_out(read, lower[read.kept], upper[read.kept], low, high, positive)


def _ends(frame: pd.DataFrame, low: str, high: str, positive: bool) -> tuple[Floats, Floats]:
    """Both ends of every row, in order; nan where one is missing."""
    lower, upper = (_numbers(frame, name) for name in (low, high))
    absent = np.isnan(upper) & ~np.isnan(lower)
    never = absent & ~np.isposinf(upper).any()
    below = positive & np.isfinite(lower) & (lower < 0)
    findings = [
        (never, high, f"{high} is missing in {int(never.sum())} rows and infinite in none", "where "
         f"the event was not seen, write infinity: frame['{high}'].fillna(float('inf'))"),
        (lower > upper, high, f"{low} lies after {high}", "correct these rows"),
        (np.isposinf(lower), low, "the low end is infinite", "give the last time known to be free"),
        (np.isneginf(upper), high, "the high end is -inf", "give the first time with the event"),
        (below, low, "the time is negative: it would lie before randomisation", "write 0 where the "
         "event was there at the first look, and correct the others"),
    ]  # fmt: skip
    for bad, column, problem, mend in findings:
        rows = np.flatnonzero(bad)
        if rows.size:
            people = frame["participant_id"] if "participant_id" in frame.columns else None
            raise DataError.of(
                problem,
                column=column,
                row=int(rows[0]),
                ids=[] if people is None else [str(one) for one in people.iloc[rows]],
                count=int(rows.size),
                what_to_do=mend,
            )
    unknown = np.isnan(lower) | np.isnan(upper)
    return np.where(unknown, np.nan, lower), np.where(unknown, np.nan, upper)


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    """A column as numbers, infinite ones among them."""
    series = check_column(frame, name, "the ends of intervals")
    text = series.dtype == "object" and any(isinstance(value, str) for value in series)
    if text or not (pd.api.types.is_numeric_dtype(series.dtype) or series.dtype == "object"):
        raise DataError.of(f"{name} holds no numbers", column=name, what_to_do="give numbers")
    return series.to_numpy(dtype=float, na_value=np.nan)


def _with_reasons(read: CoxRows, frame: pd.DataFrame, low: str, high: str) -> CoxRows:
    """Rows without both ends, under the column that lacks one."""
    left_out = dict(read.counts.left_out)
    total = left_out.pop(f"{high} missing", 0)
    first = int(np.isnan(_numbers(frame, low)).sum()) if total else 0
    reasons = {f"{low} missing": first, f"{high} missing": total - first}
    told = {reason: n for reason, n in reasons.items() if n}
    return replace(read, counts=replace(read.counts, left_out={**told, **left_out}))


def _sorted_out(
    read: CoxRows, a: Floats, b: Floats, low: str, high: str, positive: bool
) -> TimedRows:
    finite = np.concatenate([a[np.isfinite(a)], b[np.isfinite(b)]])
    same = b - a <= SAME_TIME * np.ptp(finite) if finite.size else np.zeros(a.size, dtype=bool)
    open_below = np.isneginf(a) | (positive & (a <= 0.0))
    seen = np.select(
        [np.isposinf(b), open_below & (b > 0.0 if positive else ~same), same],
        [RIGHT, LEFT, EXACT],
        INTERVAL,
    ).astype(np.int8)
    time = np.where(seen == LEFT, b, a)
    upper = np.where(seen == INTERVAL, b, np.nan)
    said = f"Time lies between {low} and {high}."
    if read.start is not None:
        said = f"{said[:-1]}; at risk from {read.columns['entry']}."
    columns = {role: name for role, name in read.columns.items() if role not in ("time", "event")}
    read = replace(read, said=said, columns={**columns, "low": low, "high": high})
    # The reader of events took `high` for the time of an event, which it may not be.
    notes = [one for one in read.notes if not one.endswith(("at time 0.", "no follow-up."))]
    if silent := int(np.sum((seen == RIGHT) & open_below)):
        verb = "row says" if silent == 1 else "rows say"
        notes.append(f"{silent} {verb} nothing about the event: nobody looked after day 0.")
    return TimedRows(read, seen, time, upper, read.start, tuple(notes))


# --- what cannot be, and where follow-up begins ---------------------------------------------------


def _refuse_events_at_zero(rows: TimedRows) -> None:
    bad = np.flatnonzero((rows.seen == EXACT) & (rows.time <= 0.0))
    if bad.size:
        read = rows.read
        name = read.columns.get("time", read.columns.get("high", ""))
        raise DataError.of(
            f"{bad.size} event(s) at time 0, whose logarithm does not exist",
            column=name,
            row=int(read.kept[bad[0]]),
            ids=[] if read.subjects is None else list(read.subjects[bad]),
            count=int(bad.size),
            what_to_do="say between which times each happened, with low= and high=, or model "
            "these data with cox",
        )


def _with_entry(rows: TimedRows, positive: bool) -> TimedRows:
    """Let what was seen count from entry, and rows without follow-up count for nothing."""
    seen, time, upper = rows.seen.copy(), rows.time.copy(), rows.upper.copy()
    entry = np.full(time.size, -np.inf) if rows.entry is None else rows.entry.copy()
    if positive:
        entry[entry <= 0.0] = -np.inf
    late = np.isfinite(entry)
    # Known to be before b and seen from e on: it lies in (e, b].
    before = late & (seen == LEFT)
    upper[before], time[before], seen[before] = time[before], entry[before], INTERVAL
    raised = late & (seen == INTERVAL) & (time < entry)
    time[raised] = entry[raised]
    # No follow-up: at whatever time, entry and end are one, so that the row adds exactly nothing.
    nothing = (seen == RIGHT) & ((positive & (time <= 0.0)) | (time <= entry) | np.isneginf(time))
    known = time[~nothing & np.isfinite(time)]
    time[nothing] = entry[nothing] = known.min() if known.size else 1.0
    return replace(
        rows,
        seen=seen,
        time=time,
        upper=upper,
        entry=entry if np.any(np.isfinite(entry)) else None,
    )


def _refuse_no_events(rows: TimedRows) -> None:
    weight = rows.weight
    if not np.any((rows.seen != RIGHT) & (weight > 0)):
        people = rows.read.counts.participants
        raise FitError(f"No events among {people} participants: the model cannot be fitted.")
    if not np.any((rows.seen != LEFT) & (weight > 0) & rows.followed):
        raise FitError(
            "No time has a lower end: every event happened before it was first looked for, and "
            "the model cannot be fitted."
        )
