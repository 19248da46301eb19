"""Who is still free of the event on a given day, and what happens from there? Landmark analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_positive, check_times
from walkstats._variables import missing
from walkstats.derive.span_columns import check_event, no_event, span_columns
from walkstats.errors import DataError
from walkstats.numerics.cutting import merged

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Booleans = NDArray[np.bool_]

# Why somebody is not at risk and observed at a landmark, in the order in which it is asked.
REASONS = (
    "had the event by then",
    "not followed beyond it",
    "came under observation later",
    "not observed just then",
    "no time known",
)


def landmark(
    events: pd.DataFrame,
    *,
    at: float | Sequence[float],
    horizon: float | None = None,
    time: str | None = None,
    entry: str | None = None,
    event: str = "event",
    censored: object = None,
    subject: str = "participant_id",
) -> pd.DataFrame:
    """Take those still at risk on a day, with time counted from there.

    Parameters
    ----------
    events : pandas.DataFrame
        One row per participant, or per (start, stop] spell of one.
    at : float or sequence of float
        The landmarks, in the unit of the frame [days].
    horizon : float, optional
        Follow everybody for so long after the landmark at most [days].
    time, entry : str, optional
        Columns of the time and of late entry. By default ``days``, or ``start_days`` and
        ``stop_days``.
    event : str
        Column that says how the row ended.
    censored : object, optional
        Its value where nothing happened; by default False or 0.
    subject : str
        Column of the participant, where the frame has it.

    Returns
    -------
    pandas.DataFrame
        One row per landmark and participant at risk there: the columns of the frame as they stood
        at the landmark, ``landmark``, the time from there (``days``, or the column named) and how
        that ended. ``ended_by``, where there is one, says "horizon" for those cut there.
        ``attrs["left_out"]`` counts by landmark who is not in it and why; ``attrs["notes"]`` says
        it in words.

    Raises
    ------
    ValueError
        For columns that are not there, a column ``landmark`` that is, or an event without a value
        for "nothing happened".
    DataError
        For times that are no numbers, rows of one participant that overlap, and a landmark at
        which nobody is at risk.

    Notes
    -----
    At risk at landmark L are those under observation then (start <= L < stop) whose event is
    still to come; an event or the end of follow-up on day L itself comes too early. Covariates are
    those in force just after L, so a value measured on day L counts and none measured later. Time
    runs to the next event, or to the end of the spells that follow on without a gap.

    Whoever became something during follow-up (attended, walked enough) had to stay free of the
    event until then. Groups formed by the whole of follow-up and compared from day 0 give one of
    them that time as a gift; formed by what was known at L and compared from L, they do not. The
    answer is for those who got as far as L; if that depends on the arm, the groups are no longer
    randomised.

    Several landmarks are stacked. The model then has a baseline for each, and people come again:
    ``cox(frame, "arm", strata="landmark", cluster="participant_id")``.

    References
    ----------
    Anderson JR, Cain KC, Gelber RD. Analysis of survival by tumor response. J Clin Oncol
    1983;1:710-719. https://doi.org/10.1200/JCO.1983.1.11.710

    van Houwelingen HC. Dynamic prediction by landmarking in event history analysis. Scand J Stat
    2007;34:70-85. https://doi.org/10.1111/j.1467-9469.2006.00529.x

    Examples
    --------
    >>> frame = pd.DataFrame({"participant_id": list("abcd"), "days": [20, 90, 100, 400],
    ...                       "event": [1, 0, 1, 0]})
    >>> made = landmark(frame, at=90, horizon=180)
    >>> made[["participant_id", "landmark", "days", "event"]].to_numpy().tolist()
    [['c', 90, 10.0, 1], ['d', 90, 180.0, 0]]
    >>> made.attrs["notes"]
    ('At 90: 2 of 4 at risk; left out: 1 had the event by then, 1 not followed beyond it.',)
    """
    columns = span_columns(events, time, entry, "start")
    check_event(events, event, censored)
    if "landmark" in events:
        raise ValueError("The frame has a column 'landmark' already: rename it.")
    _refuse_unknown(events, event)
    limit = None if horizon is None else check_positive(horizon, "horizon")
    landmarks = np.unique(check_times(at, "at"))
    nothing = no_event(events, event, censored)
    happened = (events[event] != nothing).to_numpy(dtype=bool)
    (begin, end, whens), _ = merged(columns.start, columns.stop, landmarks)
    follow_up = _follow_up(_people(events, subject), begin, end, happened)
    name = "days" if columns.stop_name == "stop_days" else columns.stop_name
    parts, left_out, notes = [], {}, []
    for day, when in zip(landmarks.tolist(), whens.tolist(), strict=True):
        rows = follow_up.at_risk(when)
        _refuse_overlap(events, follow_up.person[rows], subject)
        reasons = follow_up.reasons(when, rows)
        left_out[day], said = reasons, _said(day, rows.size, reasons)
        if not rows.size:
            raise DataError.of(
                f"nobody is at risk. {said}", what_to_do="choose an earlier landmark"
            )
        notes.append(said)
        part = _rows_from(events, follow_up, rows, day, event)
        parts.append(_cut(part, follow_up.end[rows] - when, limit, event, nothing))
    out = pd.concat(parts, ignore_index=True)
    out = _placed(out, columns.replaced, list(events.columns), name)
    out.attrs = {**events.attrs, "left_out": left_out}
    out.attrs["notes"] = (*events.attrs.get("notes", ()), *notes)
    out.attrs["method"] = f"{events.attrs.get('method', '')} {_method(landmarks, limit)}".strip()
    return out


@dataclass(frozen=True, eq=False)
class _FollowUp:
    """Rows of people in spells that follow on each other; all arrays (n,), in the frame's order.

    ``end`` is when the run of spells ends to which a row belongs, ``last`` the row that ends it.
    """

    person: Ints
    start: Floats
    stop: Floats
    happened: Booleans
    end: Floats
    last: Ints

    def at_risk(self, day: float) -> Ints:
        """Rows in force just after a day."""
        return np.flatnonzero((self.start <= day) & (day < self.stop)).astype(np.int64)

    def reasons(self, day: float, rows: Ints) -> dict[str, int]:
        """How many people have none of these rows, by the first reason that holds."""
        size = int(self.person.max()) + 1
        known = ~np.isnan(self.stop)

        def anybody(which: Booleans) -> Booleans:
            return np.bincount(self.person[which], minlength=size) > 0

        left = np.ones(size, dtype=bool)
        left[self.person[rows]] = False
        holds = (
            anybody(self.happened & (self.stop <= day)),
            anybody(known) & ~anybody(self.stop > day),
            anybody(known) & ~anybody(self.start <= day),
            anybody(known),
            np.ones(size, dtype=bool),
        )
        counts = {}
        for reason, whom in zip(REASONS, holds, strict=True):
            counts[reason] = int(np.sum(left & whom))
            left &= ~whom
        return {reason: number for reason, number in counts.items() if number}


def _follow_up(person: Ints, begin: Floats, end: Floats, happened: Booleans) -> _FollowUp:
    order = np.lexsort((end, begin, person))
    who, low, high = person[order], begin[order], end[order]
    goes_on = (who[1:] == who[:-1]) & (low[1:] == high[:-1]) & ~happened[order][:-1]
    run = np.cumsum(np.append(0, ~goes_on)) if len(order) else np.empty(0, dtype=np.int64)
    ends = np.flatnonzero(np.append(~goes_on, True))
    last = np.empty(len(order), dtype=np.int64)
    last[order] = order[ends][run]
    return _FollowUp(person, begin, end, happened, end[last], last)


def _people(frame: pd.DataFrame, subject: str) -> Ints:
    """A code for each row's participant; each row one of its own where the frame names none."""
    if subject not in frame:
        if subject != "participant_id":
            check_column(frame, subject, "the participant")
        return np.arange(len(frame), dtype=np.int64)
    if missing(frame[subject]).any():
        raise DataError.of(
            f"{subject} is missing",
            column=str(subject),
            count=int(missing(frame[subject]).sum()),
            what_to_do="fill in who these rows belong to",
        )
    return pd.factorize(frame[subject])[0].astype(np.int64)


def _refuse_unknown(frame: pd.DataFrame, event: str) -> None:
    gaps = missing(frame[event])
    if gaps.any():
        raise DataError.of(
            f"{event} is missing",
            column=str(event),
            row=int(np.flatnonzero(gaps)[0]),
            count=int(gaps.sum()),
            what_to_do="say how these rows ended, or leave them out",
        )


def _refuse_overlap(frame: pd.DataFrame, people: Ints, subject: str) -> None:
    found, number = np.unique(people, return_counts=True)
    if np.any(number > 1):
        ids = [] if subject not in frame else list(pd.unique(frame[subject])[found[number > 1]])
        raise DataError.of(
            "rows of one participant overlap in time",
            column=str(subject),
            ids=ids,
            count=int(np.sum(number > 1)),
            what_to_do="give spells that follow each other",
        )


def _said(day: float, used: int, reasons: Mapping[str, int]) -> str:
    everybody = used + sum(reasons.values())
    listed = ", ".join(f"{number} {reason}" for reason, number in reasons.items())
    return f"At {day:g}: {used} of {everybody} at risk" + (
        f"; left out: {listed}." if listed else "."
    )


def _method(landmarks: Floats, limit: float | None) -> str:
    days = ", ".join(f"{day:g}" for day in landmarks)
    until = "" if limit is None else f", for {limit:g} at most"
    return f"Those still at risk at {days}, with time from there{until}."


def _rows_from(
    frame: pd.DataFrame, follow_up: _FollowUp, rows: Ints, day: float, event: str
) -> pd.DataFrame:
    """The rows in force at the landmark, with how their follow-up ended."""
    part = frame.iloc[rows].reset_index(drop=True)
    ends = frame.iloc[follow_up.last[rows]].reset_index(drop=True)
    for name in (event, "ended_by"):
        if name in part:
            part[name] = ends[name]
    part["landmark"] = int(day) if day.is_integer() else day
    return part


def _cut(
    part: pd.DataFrame, days: Floats, limit: float | None, event: str, nothing: Any
) -> pd.DataFrame:
    """Time from the landmark, to the horizon at most."""
    part["_from_there"] = days if limit is None else np.minimum(days, limit)
    if limit is not None:
        beyond = days > limit
        part.loc[beyond, event] = nothing
        if "ended_by" in part and beyond.any():
            part["ended_by"] = part["ended_by"].astype(object).mask(beyond, "horizon")
    return part


def _placed(
    out: pd.DataFrame, replaced: tuple[str, ...], names: list[Any], name: str
) -> pd.DataFrame:
    """Landmark and time from there where the columns of time stood."""
    place = min(names.index(one) for one in replaced)
    days, since = out.pop("_from_there"), out.pop("landmark")
    out = out.drop(columns=list(replaced))
    out.insert(place, "landmark", since)
    out.insert(place + 1, name, days)
    return out
