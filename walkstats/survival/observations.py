"""Who was observed from when to when, and how did it end? The one reader of time and event columns.

Every survival function reads its frame here, so that times, events, entry, weights and missing
values mean the same everywhere, and what is refused is refused in the same words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_frame
from walkstats._event_values import events_of, holds_text, wanted_values
from walkstats._known_rows import check_any_left, known_rows
from walkstats._variables import as_numbers
from walkstats.errors import DataError
from walkstats.results import Counts, Frozen
from walkstats.survival.clusters import clusters_shared

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Observations(Frozen):
    """The rows of a frame that can be used, as arrays.

    Attributes
    ----------
    start : (n,) array or None
        At risk when start < t <= stop; None when everybody is at risk from time 0.
    stop : (n,) array
    event : (n,) bool array
    weights, frequencies : (n,) array or None
        Case weights; copies of a row.
    kept : (rows,) bool array
        Which rows of the frame they are.
    rows : int
    left_out : dict of str to int
    time : str
        Name of the time column (of stop).
    said : str
        What ``method`` says about the columns read.
    source : str
        ``attrs["source"]`` of the frame.
    notes : tuple of str
        How the event column was read, where ``event_value`` leaves several other values.
    """

    start: Floats | None
    stop: Floats
    event: Booleans
    weights: Floats | None
    frequencies: Floats | None
    kept: Booleans
    rows: int
    left_out: dict[str, int]
    time: str
    said: str
    source: str
    notes: tuple[str, ...] = ()

    def counts(
        self, subject: NDArray[Any] | None = None, cluster: NDArray[np.integer[Any]] | None = None
    ) -> Counts:
        """Counts of these observations; participants are the distinct subjects.

        Where no subject is named and rows share a cluster, clusters are counted as well, since
        several rows may then be one person's.
        """
        copies = self.frequencies
        used = len(self.stop) if copies is None else round(float(copies.sum()))
        events = int(self.event.sum()) if copies is None else round(float(copies[self.event].sum()))
        people = used if subject is None else len(pd.unique(pd.Series(subject)))
        shared = None if subject is not None or cluster is None else clusters_shared(cluster)
        return Counts(self.rows, used, people, events, dict(self.left_out), shared)


def observe(
    frame: pd.DataFrame,
    *,
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    groups: Iterable[Any] = (),
    keep: Booleans | None = None,
    negative: bool = False,
) -> Observations:
    """Read follow-up from a frame.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant or per spell of follow-up.
    time : str, optional
        Column of follow-up time. By default ``days``, or ``start_days`` and ``stop_days``.
    event : str
        Column that says whether the row ended in the event: bool or 0 and 1.
    event_value : object or sequence, optional
        The value of ``event`` that means the event (or several), where it is coded otherwise.
    entry : str, optional
        Column of the time at which a row comes under observation.
    weights, frequencies : str, optional
        Columns of case weights, and of copies of a row.
    groups : iterable of column names
        Further columns in which a missing value leaves a row out, counted.
    keep : (rows,) bool array, optional
        Rows to consider.
    negative : bool
        Whether times may be negative (a scale such as calendar time).

    Returns
    -------
    Observations

    Raises
    ------
    ValueError
        For columns that are not there or contradict each other.
    DataError
        For times, events, entries or weights that cannot be analysed, all findings at once.
    """
    check_frame(frame)
    start_name, stop_name, said = _time_columns(frame, time, entry)
    check_column(frame, event, "the event")
    kept, left_out = known_rows(frame, [stop_name, event, *groups], "grouping", keep)
    check_any_left(kept, left_out)
    stop = _times(frame, stop_name, kept)
    start = None if start_name is None else _entries(frame, start_name, kept)
    ending = frame[event].loc[kept] if not kept.all() else frame[event]
    happened, notes = events_of(ending, str(event), event_value)
    case_weights = weights_of(frame, weights, kept, "weights")
    copies = frequencies_of(frame, frequencies, kept)
    _check_order(frame, start, stop, kept, start_name, stop_name, negative)
    return Observations(
        start=start,
        stop=stop,
        event=happened,
        weights=case_weights,
        frequencies=copies,
        kept=kept,
        rows=len(frame),
        left_out=left_out,
        time=str(stop_name),
        said=said,
        source=str(frame.attrs.get("source", "")),
        notes=notes,
    )


def _time_columns(frame: pd.DataFrame, time: str | None, entry: str | None) -> tuple[Any, Any, str]:
    if time is not None:
        check_column(frame, time, "the time")
        if entry is not None:
            check_column(frame, entry, "the entry time")
            return entry, time, f"Time is {time}; at risk from {entry}."
        return None, time, f"Time is {time}."
    single = "days" in frame.columns
    spells = "start_days" in frame.columns and "stop_days" in frame.columns
    if single and spells:
        raise ValueError(
            "The frame has both days and start_days/stop_days. Say which is meant: time='days', or "
            "time='stop_days' with entry='start_days'."
        )
    if spells:
        if entry is not None:
            raise ValueError(
                "entry= with start_days/stop_days: name the time too, time='stop_days'."
            )
        return "start_days", "stop_days", "Time runs from start_days to stop_days."
    if not single:
        raise ValueError(
            "No column 'days', nor 'start_days' and 'stop_days'. Name the time: time='...'. "
            f"The frame has: {', '.join(str(c) for c in frame.columns)}."
        )
    if entry is not None:
        check_column(frame, entry, "the entry time")
        return entry, "days", f"Time is days; at risk from {entry}."
    return None, "days", "Time is days."


def _people(frame: pd.DataFrame, rows: NDArray[np.intp]) -> list[str]:
    if "participant_id" in frame.columns:
        return [str(i) for i in frame["participant_id"].iloc[rows]]
    return []


def _refuse(
    frame: pd.DataFrame, kept: Booleans, bad: Booleans, column: Any, problem: str, mend: str
) -> None:
    """Raise for the rows (of those kept) that are bad, naming the first and up to five people."""
    if bad.any():
        rows = np.flatnonzero(kept)[bad]
        raise DataError.of(
            problem,
            column=str(column),
            row=int(rows[0]),
            ids=_people(frame, rows),
            count=len(rows),
            what_to_do=mend,
        )


def plain_times(frame: pd.DataFrame, name: Any, kept: Booleans) -> Floats:
    """The times of the rows kept as plain numbers; dates, durations and text are refused."""
    series = frame[name]
    dtype = series.dtype
    if pd.api.types.is_datetime64_any_dtype(dtype) or pd.api.types.is_timedelta64_dtype(dtype):
        raise DataError.of(
            f"{name} holds dates or durations of pandas, whose unit cannot be known",
            column=str(name),
            what_to_do="give durations as numbers, e.g. (date - origin).dt.days",
        )
    if pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_complex_dtype(dtype):
        found = "true and false" if pd.api.types.is_bool_dtype(dtype) else "complex numbers"
        raise DataError.of(
            f"{name} holds {found}, no times", column=str(name), what_to_do="name the time column"
        )
    known = series.loc[kept] if not kept.all() else series
    if holds_text(known):
        texts = [value for value in known if isinstance(value, str)]
        raise DataError.of(
            f"{name} holds text{f', such as {texts[0]!r}' if texts else ''}",
            column=str(name),
            what_to_do="convert the column to numbers, and dates to days from randomisation",
        )
    if not (pd.api.types.is_numeric_dtype(dtype) or dtype == "object"):
        raise DataError.of(f"{name} holds no numbers", column=str(name), what_to_do="give numbers")
    return known.to_numpy(dtype=float, na_value=np.nan)


def _times(frame: pd.DataFrame, name: Any, kept: Booleans) -> Floats:
    times = plain_times(frame, name, kept)
    _refuse(
        frame,
        kept,
        np.isinf(times),
        name,
        "the time is infinite",
        "use censoring at the last contact",
    )
    return times


def _entries(frame: pd.DataFrame, name: Any, kept: Booleans) -> Floats:
    entries = plain_times(frame, name, kept)
    _refuse(
        frame,
        kept,
        np.isnan(entries),
        name,
        "the entry time is missing",
        "give the time at which follow-up began (0 where it began at randomisation)",
    )
    _refuse(frame, kept, np.isinf(entries), name, "the entry time is infinite", "give a number")
    return entries


def ended_in_event(
    frame: pd.DataFrame, name: str, value: object, rows: NDArray[np.intp]
) -> Booleans:
    """Which rows at these positions, such as those left out, end in the event."""
    return (
        frame[name]
        .iloc[rows]
        .isin([1] if value is None else wanted_values(value))
        .to_numpy(dtype=bool)
    )


def weights_of(frame: pd.DataFrame, name: str | None, kept: Booleans, role: str) -> Floats | None:
    """Case weights of the rows kept: known, not negative, not all zero."""
    if name is None:
        return None
    series = check_column(frame, name, role)
    values = as_numbers(series, str(name))[kept]
    bad = ~(values >= 0)
    _refuse(frame, kept, bad, name, f"{role} are missing or negative", "give numbers of at least 0")
    if not np.any(values > 0):
        raise DataError.of(f"all {role} are 0", column=str(name))
    return values


def frequencies_of(frame: pd.DataFrame, name: str | None, kept: Booleans) -> Floats | None:
    """Copies of the rows kept: whole numbers."""
    values = weights_of(frame, name, kept, "frequencies")
    if values is not None:
        bad = values != np.round(values)
        _refuse(
            frame,
            kept,
            bad,
            name,
            "frequencies are not whole",
            "frequencies count copies of a row; use weights= for case weights",
        )
    return values


def _check_order(
    frame: pd.DataFrame,
    start: Floats | None,
    stop: Floats,
    kept: Booleans,
    start_name: Any,
    stop_name: Any,
    negative: bool,
) -> None:
    if not negative:
        name, earliest = (stop_name, stop) if start is None else (start_name, start)
        _refuse(
            frame,
            kept,
            earliest < 0,
            name,
            "the time is negative: it would lie before randomisation",
            "correct these rows",
        )
    if start is not None:
        _refuse(
            frame,
            kept,
            stop < start,
            stop_name,
            f"{stop_name} lies before {start_name}",
            "correct these rows",
        )
