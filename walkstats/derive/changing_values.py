"""How does follow-up fall into spells over which nothing changes? For any frame of any study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_column, check_flag, check_frame, check_times
from walkstats.derive.span_columns import check_event, numbers_of, span_columns
from walkstats.errors import DataError
from walkstats.numerics.cutting import Pieces, cut_each, cut_everywhere, in_force, merged

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PLACES = ("early", "late", "gap", "within", "boundary", "leading", "trailing", "tied", "unknown")


def split_at(
    frame: pd.DataFrame,
    cuts: Sequence[float],
    *,
    time: str | None = None,
    entry: str | None = None,
    event: str | None = "event",
    censored: object = None,
    period: str = "period",
    start: str = "start",
) -> pd.DataFrame:
    """Follow-up cut at the same times for everybody.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant or spell.
    cuts : sequence of float
        Times at which rows are cut, in the unit of the frame [days].
    time, entry : str, optional
        Columns of the time and of late entry. By default ``days``, or ``start_days`` and
        ``stop_days``.
    event : str, optional
        Column that says how the row ended: it stays with the last piece. None: there is none.
    censored : object, optional
        What the other pieces hold there; by default False or 0.
    period : str
        Name of the new column of periods: 1 up to the first cut, 2 up to the second, ...
    start : str
        Name of the new column of starts where ``time`` is named and ``entry`` is not.

    Returns
    -------
    pandas.DataFrame
        One row per piece, in the order of the rows and of time. A frame with ``days`` has
        ``start_days`` and ``stop_days`` instead. A row that ends at a cut is not cut there.

    Raises
    ------
    ValueError
        For columns that are not there, or an event without a value for "nothing happened".
    DataError
        For times that are no numbers, and rows that stop before they start.

    Notes
    -----
    At risk when start < t <= stop, so a piece (0, 90] holds an event at 90. Splitting changes
    neither coefficients nor standard errors of a Cox model, whether model-based or clustered; where
    a participant has several rows, ``cox`` clusters by participant by default. A product of
    ``period`` and a covariate lets its effect change at the cuts. Times that differ by less than
    1e-9 of their range are one time.

    References
    ----------
    Therneau TM, Grambsch PM. Modeling Survival Data: Extending the Cox Model. Springer 2000,
    section 3.7. doi:10.1007/978-1-4757-3294-8

    Examples
    --------
    >>> frame = pd.DataFrame({"participant_id": ["a", "b"], "days": [40, 100], "event": [1, 1]})
    >>> split_at(frame, [90])[["start_days", "stop_days", "event", "period"]].to_numpy().tolist()
    [[0.0, 40.0, 1.0, 1.0], [0.0, 90.0, 0.0, 1.0], [90.0, 100.0, 1.0, 2.0]]
    """
    columns = span_columns(frame, time, entry, start)
    check_event(frame, event, censored)
    if period in frame:
        raise ValueError(f"The frame has a column {period!r} already: period='...' names another.")
    wanted = np.unique(check_times(cuts, "cuts"))
    (begin, end, at), _ = merged(columns.start, columns.stop, wanted)
    pieces = cut_everywhere(begin, end, np.unique(at))
    out = columns.laid_out(frame, pieces, event, censored)
    out[period] = np.searchsorted(np.unique(at), pieces.start, side="right") + 1
    return out


def time_varying(
    frame: pd.DataFrame,
    changes: pd.DataFrame,
    *,
    at: str,
    columns: str | Sequence[str] | None = None,
    initial: Mapping[str, object] | None = None,
    keep_missing: bool = False,
    subject: str = "participant_id",
    time: str | None = None,
    entry: str | None = None,
    event: str | None = "event",
    censored: object = None,
    start: str = "start",
) -> pd.DataFrame:
    """Follow-up cut where values change, each piece with the values in force.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant or spell.
    changes : pandas.DataFrame
        One row per participant and time: the values in force from then on.
    at : str
        Column of ``changes``: since when, in the unit of the frame [days].
    columns : str or sequence of str, optional
        Columns of ``changes`` to take; all but ``subject`` and ``at`` by default.
    initial : mapping of str to object, optional
        Column -> its value before the first change. By default the value of the frame's own column
        of that name, otherwise missing.
    keep_missing : bool
        Whether a missing value in ``changes`` makes the value missing from then on. By default the
        value before it stays in force.
    subject : str
        Column of the participant in both frames.
    time, entry, event, censored, start
        As in ``split_at``.

    Returns
    -------
    pandas.DataFrame
        One row per piece, in the order of the rows and of time. ``attrs["changes"]`` counts for
        each column where its changes fell: early (before the participant's first row), late, gap,
        within a row, boundary (of two rows), leading (start of the first row), trailing (end of the
        last row), tied (another at the same time), unknown (of nobody in the frame).

    Raises
    ------
    ValueError
        For columns that are not there.
    DataError
        For times that are missing or no numbers, and rows that stop before they start.

    Notes
    -----
    A value measured at t is in force on (t, next]: never before it was known. One from before the
    first row is in force from its start; one at the end of follow-up or later is not used. Of two
    values at the same time the last in the order of ``changes`` counts.

    Knowing later what somebody became, and using it from the start, gives them the time until then
    as a gift (immortal time): that is what this function avoids.

    References
    ----------
    Therneau TM, Grambsch PM. Modeling Survival Data: Extending the Cox Model. Springer 2000,
    section 3.7. doi:10.1007/978-1-4757-3294-8

    Examples
    --------
    >>> frame = pd.DataFrame({"participant_id": ["a"], "days": [100], "event": [1]})
    >>> changes = pd.DataFrame({"participant_id": "a", "day": [0, 30], "minutes": [60, 150]})
    >>> made = time_varying(frame, changes, at="day")
    >>> made[["start_days", "stop_days", "event", "minutes"]].to_numpy().tolist()
    [[0.0, 30.0, 0.0, 60.0], [30.0, 100.0, 1.0, 150.0]]
    """
    spans = span_columns(frame, time, entry, start)
    check_event(frame, event, censored)
    check_flag(keep_missing, "keep_missing")
    taken = _taken(changes, columns, subject, at)
    who = _Whose.read(frame, changes, subject, numbers_of(changes, at, "the changes"), at)
    (begin, end, since), moved = merged(spans.start, spans.stop, who.times)
    used = {name: who.known & (keep_missing | changes[name].notna().to_numpy()) for name in taken}
    anything = np.logical_or.reduce([*used.values(), np.zeros(len(changes), dtype=bool)])
    pieces = cut_each(who.rows, begin, end, who.changes[anything], since[anything])
    out = spans.laid_out(frame, pieces, event, censored)
    counts = {}
    for name in taken:
        here = np.flatnonzero(used[name])
        found = in_force(who.rows[pieces.row], pieces.start, who.changes[here], since[here])
        out[name] = _filled(frame, changes[name].iloc[here], found, pieces, name, initial or {})
        counts[name] = _placed(who, begin, end, here, since[here])
        counts[name]["unknown"] = int((~who.known).sum())
    return _noted(out, counts, moved)


def add_events(
    frame: pd.DataFrame,
    events: pd.DataFrame,
    *,
    at: str,
    name: str = "event",
    subject: str = "participant_id",
    time: str | None = None,
    entry: str | None = None,
    event: str | None = None,
    censored: object = None,
    start: str = "start",
) -> pd.DataFrame:
    """Follow-up cut at events that may come again and again.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant or spell.
    events : pandas.DataFrame
        One row per event.
    at : str
        Column of ``events``: when, in the unit of the frame [days].
    name : str
        What the events are called.
    subject : str
        Column of the participant in both frames.
    time, entry, event, censored, start
        As in ``split_at``; ``event`` is another event that the frame has already, which stays with
        the last piece of its row.

    Returns
    -------
    pandas.DataFrame
        One row per piece, in the order of the rows and of time, with the columns ``<name>`` (bool:
        the piece ends in the event), ``<name>_number`` (which one it is, 0 for none) and
        ``<name>_before`` (how many there had been when the piece began). ``attrs["changes"]``
        counts where they fell, as in ``time_varying``.

    Raises
    ------
    ValueError
        For columns that are not there, or are there already.
    DataError
        For times that are missing or no numbers, and rows that stop before they start.

    Notes
    -----
    An event at t ends the piece (start, t]. Events outside the rows are none, but those before a
    piece count in ``<name>_before``. Several at the same time are one.

    Examples
    --------
    >>> frame = pd.DataFrame({"participant_id": ["a"], "days": [100]})
    >>> made = add_events(frame, pd.DataFrame({"participant_id": "a", "day": [30, 80]}), at="day")
    >>> made[["start_days", "stop_days", "event", "event_before"]].to_numpy().tolist()
    [[0.0, 30.0, True, 0], [30.0, 80.0, True, 1], [80.0, 100.0, False, 2]]
    """
    spans = span_columns(frame, time, entry, start)
    check_event(frame, event, censored)
    new = (name, f"{name}_number", f"{name}_before")
    there = [column for column in new if column in frame]
    if there:
        raise ValueError(f"The frame has {', '.join(there)} already: name='...' gives another.")
    who = _Whose.read(frame, events, subject, numbers_of(events, at, "the events"), at)
    (begin, end, when), moved = merged(spans.start, spans.stop, who.times)
    here = np.flatnonzero(who.known)
    pieces = cut_each(who.rows, begin, end, who.changes[here], when[here])
    out = spans.laid_out(frame, pieces, event, censored)
    whose, times = _distinct(who.changes[here], when[here])
    person = who.rows[pieces.row]
    rank = np.arange(len(times)) - np.searchsorted(whose, whose, side="left")
    latest = in_force(person, pieces.stop, whose, times)
    earlier = in_force(person, pieces.start, whose, times)
    reached = np.append(rank + 1, 0)
    ends = (latest >= 0) & (np.append(times, np.nan)[latest] == pieces.stop)
    out[new[0]] = ends & (pieces.start < pieces.stop)
    out[new[1]] = np.where(out[new[0]], reached[latest], 0)
    out[new[2]] = reached[earlier]
    counts = _placed(who, begin, end, here, when[here])
    return _noted(out, {name: {**counts, "unknown": int((~who.known).sum())}}, moved)


@dataclass(frozen=True, eq=False)
class _Whose:
    """Codes of the people of a frame's rows and of its changes; ``known``: somebody there."""

    rows: Ints
    changes: Ints
    times: Floats
    known: NDArray[np.bool_]

    @classmethod
    def read(
        cls, frame: pd.DataFrame, changes: pd.DataFrame, subject: str, times: Floats, at: str
    ) -> _Whose:
        own = check_column(frame, subject, "the participant").to_numpy(dtype=object)
        theirs = check_column(changes, subject, "the participant").to_numpy(dtype=object)
        everybody, _ = pd.factorize(np.concatenate([own, theirs]))
        rows, codes = np.split(everybody.astype(np.int64), [len(own)])
        if np.any(rows < 0):
            raise DataError.of(
                f"{subject} is missing",
                column=subject,
                row=int(np.argmin(rows)),
                count=int((rows < 0).sum()),
                what_to_do="fill in who these rows belong to",
            )
        known = np.isin(codes, rows)
        undated = int((known & np.isnan(times)).sum())
        if undated:
            raise DataError.of(
                f"{at} is missing in {undated} row(s)",
                column=at,
                row=int(np.flatnonzero(np.isnan(times))[0]),
                count=undated,
                what_to_do="leave out changes of unknown time, or give their time",
            )
        return cls(rows, codes, times, known)


def _taken(
    changes: pd.DataFrame, columns: str | Sequence[str] | None, subject: str, at: str
) -> list[str]:
    check_frame(changes, "changes")
    check_column(changes, subject, "the participant")
    check_column(changes, at, "the changes")
    if columns is None:
        return [name for name in changes.columns if name not in (subject, at)]
    names = [str(name) for name in as_names(columns, "columns")]
    for name in names:
        check_column(changes, name, "columns")
    return names


def _filled(
    frame: pd.DataFrame,
    values: pd.Series,
    found: Ints,
    pieces: Pieces,
    name: str,
    initial: Mapping[str, object],
) -> pd.Series:
    """The value in force in each piece: the change found, or what was there before any."""
    taken = values.reset_index(drop=True).reindex(found).reset_index(drop=True)
    none = found < 0
    if not none.any() or (name not in initial and name not in frame):
        return taken
    if name in initial:
        before = pd.Series([initial[name]] * int(none.sum()), index=np.flatnonzero(none))
    else:
        before = frame[name].iloc[pieces.row[none]].set_axis(np.flatnonzero(none))
    parts = [before, taken[~none]]
    return pd.concat([part for part in parts if len(part)]).sort_index()


def _placed(who: _Whose, begin: Floats, end: Floats, here: Ints, since: Floats) -> dict[str, int]:
    """Where changes fell among the rows of their participant."""
    order = np.lexsort((begin, who.rows))
    order = order[begin[order] < end[order]]
    rows, starts, stops = who.rows[order], begin[order], end[order]
    person = who.changes[here]
    has = np.isin(person, rows)
    person, since = person[has], since[has]
    begun = in_force(person, since, rows, starts)
    at_start = (begun >= 0) & (starts[begun] == since) if len(starts) else begun >= 0
    stop = np.where(begun >= 0, np.append(stops, np.nan)[begun], np.nan)
    earlier = np.maximum(begun - 1, 0)
    joined = at_start & (begun > 0) & (rows[earlier] == person) & (stops[earlier] == since)
    final = np.append(rows[1:] != rows[:-1], True)[begun]
    words = np.select(
        [
            pd.DataFrame({"who": person, "when": since}).duplicated().to_numpy(),
            begun < 0,
            joined,
            at_start,
            since < stop,
            since == stop,
            final,
        ],
        ["tied", "early", "boundary", "leading", "within", "trailing", "late"],
        "gap",
    )
    found = dict(zip(*np.unique(words, return_counts=True), strict=True))
    return {place: int(found.get(place, 0)) for place in PLACES}


def _distinct(whose: Ints, times: Floats) -> tuple[Ints, Floats]:
    """People and times, ordered and each once."""
    order = np.lexsort((times, whose))
    whose, times = whose[order], times[order]
    new = np.ones(len(whose), dtype=bool)
    new[1:] = (whose[1:] != whose[:-1]) | (times[1:] != times[:-1])
    return whose[new], times[new]


def _noted(out: pd.DataFrame, counts: dict[str, dict[str, int]], moved: int) -> pd.DataFrame:
    notes = [*out.attrs.get("notes", ())]
    for name, places in counts.items():
        outside = {
            word: places[word] for word in ("late", "gap", "tied", "unknown") if places[word]
        }
        if outside:
            said = ", ".join(f"{n} {word}" for word, n in outside.items())
            notes.append(f"Changes of {name} that no row could take as they are: {said}.")
    if moved:
        notes.append(f"{moved} time(s) that differ by rounding only were made equal.")
    out.attrs = {**out.attrs, "notes": tuple(notes), "changes": counts}
    return out
