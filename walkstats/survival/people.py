"""Which rows belong to one person or cluster, and what does that ask of the standard errors?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_flag
from walkstats._variables import codes_of
from walkstats.errors import DataError
from walkstats.survival.clusters import read_clusters, said_of_clusters
from walkstats.survival.observations import Observations
from walkstats.survival.risk_sets import merge_times

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Booleans = NDArray[np.bool_]

PERSON = "participant_id"


@dataclass(frozen=True, eq=False)
class People:
    """Persons and clusters of n rows, and what follows from them.

    Attributes
    ----------
    start : (n,) array or None
    stop : (n,) array
        Times; tied where they differ by rounding, once a person has several rows.
    person, cluster : (n,) codes or None
    robust : bool
        Whether standard errors are to come from the rows' influence.
    goes_on : (n,) bool array or None
        Rows that end without an event and are carried on by another row of the same person.
    notes : tuple of str
    """

    start: Floats | None
    stop: Floats
    person: Indices | None
    cluster: Indices | None
    robust: bool
    goes_on: Booleans | None
    notes: tuple[str, ...]


def read_people(
    frame: pd.DataFrame,
    used: Indices,
    seen: Observations,
    group: Indices,
    *,
    subject: str | None,
    cluster: str | None,
    robust: bool | None,
) -> People:
    """Read persons and clusters of the rows used, and check that the rows of a person fit together.

    Raises
    ------
    ValueError
        For columns that are not there, a ``robust`` that is no flag, and ``cluster=`` with
        ``robust=False``.
    DataError
        For people with several rows and no entry time; spells of one person that overlap; a person
        or cluster that is missing.
    FitError
        For a single cluster.
    """
    check_flag(robust, "robust", optional=True)
    if cluster is not None and robust is False:
        raise ValueError("cluster= asks for robust standard errors; leave robust=False out.")
    person = None
    if subject is not None and (subject != PERSON or PERSON in frame.columns):
        person = codes_of(frame, subject, used, "the subject")
    clusters, few = None, []
    if cluster is not None:
        clusters = read_clusters(frame, cluster, used)
        few = said_of_clusters(clusters)
    start, stop, goes_on, recurrent = seen.start, seen.stop, None, False
    if person is not None and person.max(initial=0) + 1 < person.size:
        if start is not None:
            times = merge_times(stop, start)
            start, stop = np.asarray(times.start), times.stop
            spells = spells_of(person, start, stop)
            if spells.overlapping.size:
                ids = frame[subject].iloc[used].to_numpy()
                raise overlapping_rows(str(subject), spells.overlapping, ids, used)
            goes_on = spells.carried_on(group) & ~seen.event
            recurrent = bool(np.bincount(person[seen.event]).max(initial=0) > 1)
        elif cluster is None:
            raise several_rows(str(subject), person, frame[subject].iloc[used].to_numpy(), used)
    wanted, why = _robust(robust, seen.weights, clusters, recurrent)
    if wanted and clusters is None and goes_on is not None:
        clusters = person
    return People(
        start=start,
        stop=stop,
        person=person,
        cluster=clusters,
        robust=wanted,
        goes_on=goes_on,
        notes=(*why, *few, *_said_of_time_zero(stop, start, seen.event, seen.frequencies)),
    )


def _robust(
    asked: bool | None, weights: Floats | None, clusters: Indices | None, recurrent: bool
) -> tuple[bool, list[str]]:
    """Whether errors are robust, and a note where nobody asked for it."""
    if asked is not None or clusters is not None:
        return bool(asked) or clusters is not None, []
    if weights is not None and np.any(weights % 1):
        return True, ["Robust standard errors, since weights are fractional."]
    if recurrent:
        return True, ["Robust standard errors, since people have several events."]
    return False, []


def several_rows(name: str, person: Indices, ids: NDArray[Any], used: Indices) -> DataError:
    """What is said where people have several rows that no entry time puts in order.

    Parameters
    ----------
    name : str
        The column that names people.
    person, ids, used : (n,)
        Of the rows used: codes, values of the column, and positions in the frame.
    """
    repeated = np.flatnonzero(np.bincount(person)[person] > 1)
    listed = list(pd.unique(pd.Series(ids[repeated])))
    return DataError.of(
        f"{name} repeats: one row per participant is needed ({len(listed)} have several rows)",
        column=name,
        row=int(used[repeated[0]]),
        ids=listed,
        count=len(listed),
        what_to_do="keep each participant's first event, name the entry time with entry=, say "
        "cluster= where several rows of one are meant, or subject=None where the rows are "
        "different people",
    )


def overlapping_rows(
    name: str, rows: Indices, ids: NDArray[Any], used: Indices, *, meant: str = ""
) -> DataError:
    """What is said where rows of one person overlap; ``meant`` is the way out, where there is one.

    Parameters
    ----------
    name : str
        The column that names people.
    rows : (m,)
        Which of the rows used overlap the one before.
    ids, used : (n,)
        Of the rows used: values of the column, and positions in the frame.
    """
    listed = list(pd.unique(pd.Series(ids[rows])))
    return DataError.of(
        f"rows of the same {name} overlap in time",
        column=name,
        row=int(used[rows].min()),
        ids=listed,
        count=len(listed),
        what_to_do=f"let each row start where the one before stops{meant}",
    )


@dataclass(frozen=True, eq=False)
class Spells:
    """n rows by person and time (n - 1): each but the last, the row after it, if one person's."""

    here: Indices
    following: Indices
    same: Booleans
    gap: Floats

    @property
    def overlapping(self) -> Indices:
        """Rows that begin before the row ahead of them has ended, in order."""
        return np.sort(self.following[self.same & (self.gap < 0)])

    def carried_on(self, group: Indices) -> Booleans:
        """(n,) rows that another row follows without a gap in the same group."""
        on = np.zeros(self.here.size + 1, dtype=bool)
        alike = group[self.here] == group[self.following]
        on[self.here] = self.same & (self.gap == 0) & alike
        return on


def spells_of(person: Indices, start: Floats, stop: Floats, rows: Indices | None = None) -> Spells:
    """Put the rows (or those named) in order by person and time."""
    chosen = np.arange(stop.size) if rows is None else rows
    order = chosen[np.lexsort((stop[chosen], start[chosen], person[chosen]))]
    here, following = order[:-1], order[1:]
    gap = start[following] - stop[here]
    return Spells(here, following, person[here] == person[following], gap)


def _said_of_time_zero(
    stop: Floats, start: Floats | None, event: Booleans, copies: Floats | None
) -> list[str]:
    at_zero = (stop == 0) if start is None else (stop <= start)
    if not at_zero.any():
        return []
    size = np.ones(stop.size) if copies is None else copies
    number, with_event = round(size[at_zero].sum()), round(size[at_zero & event].sum())
    word = "row has" if number == 1 else "rows have"
    if start is not None:
        verb = "is" if number == 1 else "are"
        return [f"{number} {word} no follow-up and {verb} at risk at no time."]
    ending = f", {with_event} of them the event" if with_event else ""
    return [f"{number} {word} time 0{ending}: counted, at risk at time 0 only."]
