"""Whose spells of follow-up are these, in what order, and how many events came before?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_column
from walkstats._variables import without_blanks
from walkstats.errors import DataError
from walkstats.survival.observations import observe
from walkstats.survival.risk_sets import merge_times

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Booleans = NDArray[np.bool_]

# Whether days in an episode count as at risk: how the frame was made, and what follows.
AT_RISK = {
    "under_observation": "Days in an episode count as at risk (under observation).",
    "out_of_episode": "Days in an episode do not count as at risk (out of episode).",
    "recovered": "Days in an episode, and the pain-free days that end it, do not count as at risk "
    "(recovered).",
}


@dataclass(frozen=True, eq=False)
class Spells:
    """The n spells of a frame that can be used, person by person.

    Attributes
    ----------
    kept : (n,) positions in the frame
    person : (n,) codes
    people : int
    start, stop : (n,) times, merged where they differ by rounding
    event : (n,) bool
    before : (n,) events of the person before the spell
    order : (n,) spells by person and time
    at_risk : str
        A key of `AT_RISK`, or "" where nobody says and the spells leave gaps.
    interrupted : int
        People whose spells leave gaps.
    time : str
        Name of the column of stop.
    events_said : tuple of str
        Notes on how the event column was read.
    """

    kept: Indices
    person: Indices
    people: int
    start: Floats
    stop: Floats
    event: Booleans
    before: Indices
    order: Indices
    at_risk: str
    interrupted: int
    time: str
    events_said: tuple[str, ...] = ()

    def said(self) -> str:
        """What ``method`` says about who is at risk."""
        return AT_RISK.get(self.at_risk, "")

    def notes(self) -> list[str]:
        """What a reader must know about who is at risk."""
        if self.at_risk:
            return []
        return [
            f"The spells of {self.interrupted} participants leave gaps in which they count as not "
            "at risk, and the frame does not say why (at_risk=)."
        ]

    def lasts(self) -> Indices:
        """(people,) the last spell of each person."""
        ends = np.flatnonzero(np.diff(self.person[self.order], append=-1))
        return self.order[ends]

    def firsts(self) -> Indices:
        """(people,) the first spell of each person."""
        begins = np.flatnonzero(np.diff(self.person[self.order], prepend=-1))
        return self.order[begins]


def read_spells(
    frame: pd.DataFrame,
    subject: str,
    *,
    at_risk: str | None,
    follow_up: Mapping[str, Any],
) -> Spells:
    """Read spells of follow-up and check that those of a person follow each other.

    Parameters
    ----------
    frame : pandas.DataFrame
    subject : str
    at_risk : {"under_observation", "out_of_episode", "recovered"} or None
        Whether days in an episode count as at risk; None takes what the frame says of itself.
    follow_up : mapping
        time, event, event_value, entry (and weights, frequencies) as in `cox`.

    Returns
    -------
    Spells

    Raises
    ------
    ValueError
        For unknown columns and words.
    DataError
        For a person with several rows and no entry time, for spells that overlap, and for a person
        that is missing.
    """
    check_column(frame, subject, "the person, named by subject= or cluster=")
    seen = observe(frame, **follow_up)
    kept = np.flatnonzero(seen.kept)
    person = _codes(frame, subject, kept)
    start = np.zeros(seen.stop.size) if seen.start is None else seen.start
    if seen.start is None and person.max() + 1 < person.size:
        _refuse_repeats(frame, subject, kept, person)
    times = merge_times(seen.stop, start)
    assert times.start is not None
    order = np.lexsort((times.stop, times.start, person))
    gap = _gaps(times.start, times.stop, person, order)
    here, following = order[:-1][gap < 0], order[1:][gap < 0]
    _refuse_overlaps(frame, subject, kept, (seen.stop, start), here, following)
    interrupted = np.unique(person[order[1:][gap > 0]]).size
    return Spells(
        kept=kept,
        person=person,
        people=int(person.max()) + 1,
        start=times.start,
        stop=times.stop,
        event=seen.event,
        before=_events_before(seen.event, person, order),
        order=order,
        at_risk=_at_risk(frame, at_risk, interrupted),
        interrupted=interrupted,
        time=seen.time,
        events_said=seen.notes,
    )


def _codes(frame: pd.DataFrame, subject: str, kept: Indices) -> Indices:
    codes = without_blanks(*pd.factorize(frame[subject].iloc[kept]))
    missing = np.flatnonzero(codes < 0)
    if missing.size:
        raise DataError.of(
            f"{subject} is missing in {missing.size} row{'' if missing.size == 1 else 's'}",
            column=subject,
            row=int(kept[missing[0]]),
            count=int(missing.size),
            what_to_do="say whose these rows are, or leave them out on purpose",
        )
    return codes.astype(np.intp)


def _refuse_repeats(frame: pd.DataFrame, subject: str, kept: Indices, person: Indices) -> None:
    rows = kept[np.bincount(person)[person] > 1]
    ids = list(pd.unique(frame[subject].iloc[rows]))
    raise DataError.of(
        f"{subject} repeats and no column says when each spell begins",
        column=subject,
        row=int(rows[0]),
        ids=ids,
        count=len(ids),
        what_to_do="give start_days and stop_days, or name them: time= and entry=",
    )


def _gaps(start: Floats, stop: Floats, person: Indices, order: Indices) -> Floats:
    """(n - 1,) time between a spell and the one before of the same person; 0 between persons."""
    here, following = order[:-1], order[1:]
    gap = start[following] - stop[here]
    return np.where(person[here] == person[following], gap, 0.0)


def _refuse_overlaps(
    frame: pd.DataFrame,
    subject: str,
    kept: Indices,
    times: tuple[Floats, Floats],
    here: Indices,
    following: Indices,
) -> None:
    """Refuse spells that begin before the one before has ended."""
    if not following.size:
        return
    stop, start = times
    ids = list(pd.unique(frame[subject].iloc[kept[following]]))
    both = " and ".join(f"({start[k]:g}, {stop[k]:g}]" for k in (here[0], following[0]))
    raise DataError.of(
        f"spells of the same {subject} overlap in time, the first pair: {both}",
        row=int(kept[following].min()),
        ids=ids,
        count=len(ids),
        what_to_do="let each spell start where the one before stops, or later; where cluster= "
        "holds several people, name the person with subject=",
    )


def _events_before(event: Booleans, person: Indices, order: Indices) -> Indices:
    counted: Indices = np.cumsum(event[order]) - event[order]
    begins = np.flatnonzero(np.diff(person[order], prepend=-1))
    sizes = np.diff(begins, append=order.size)
    before = np.empty(order.size, dtype=np.intp)
    before[order] = counted - np.repeat(counted[begins], sizes)
    return before


def _at_risk(frame: pd.DataFrame, asked: str | None, interrupted: int) -> str:
    """What is said, what the frame says, or what spells without a gap show."""
    if asked is not None:
        return check_choice(asked, AT_RISK, "at_risk")
    said = str(frame.attrs.get("at_risk", ""))
    if said in AT_RISK:
        return said
    return "" if interrupted else "under_observation"
