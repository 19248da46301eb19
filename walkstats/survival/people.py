"""Which rows belong to one person or cluster, and what does that ask of the standard errors?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column
from walkstats.errors import DataError
from walkstats.survival.clusters import check_clusters, said_of_clusters
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
        For columns that are not there, and ``cluster=`` with ``robust=False``.
    DataError
        For people with several rows and no entry time; spells of one person that overlap; a person
        or cluster that is missing.
    FitError
        For a single cluster.
    """
    if cluster is not None and robust is False:
        raise ValueError("cluster= asks for robust standard errors; leave robust=False out.")
    person = None
    if subject is not None and (subject != PERSON or PERSON in frame.columns):
        person = _codes(frame, subject, used, "the subject")
    clusters, few = None, []
    if cluster is not None:
        clusters = _codes(frame, cluster, used, "the cluster")
        check_clusters(clusters, str(cluster))
        few = said_of_clusters(clusters)
    start, stop, goes_on, recurrent = seen.start, seen.stop, None, False
    if person is not None and person.max(initial=0) + 1 < person.size:
        if start is not None:
            times = merge_times(stop, start)
            start, stop = times.start, times.stop
            spells = _spells(person, times.start, stop)
            spells.check(frame, used, str(subject))
            goes_on = spells.carried_on(group) & ~seen.event
            recurrent = bool(np.bincount(person[seen.event]).max(initial=0) > 1)
        elif cluster is None:
            raise _several_rows(frame, used, str(subject), person)
    wanted, why = _robust(robust, seen.weights, clusters, recurrent)
    if wanted and clusters is None and start is not None:
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


def _codes(frame: pd.DataFrame, name: str, used: Indices, role: str) -> Indices:
    codes, _ = pd.factorize(check_column(frame, name, role).iloc[used])
    missing = np.flatnonzero(codes < 0)
    if missing.size:
        raise DataError.of(
            f"{name} is missing in {missing.size} row{'' if missing.size == 1 else 's'}",
            column=name,
            row=int(used[missing[0]]),
            count=int(missing.size),
            what_to_do="fill in who these rows belong to, or leave them out on purpose",
        )
    return codes.astype(np.intp)


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


def _several_rows(frame: pd.DataFrame, used: Indices, subject: str, person: Indices) -> DataError:
    repeated = np.bincount(person)[person] > 1
    ids = pd.unique(frame[subject].iloc[used[repeated]])
    return DataError.of(
        f"{subject} repeats: one row per participant is needed ({len(ids)} have several rows)",
        column=subject,
        row=int(used[repeated][0]),
        ids=list(ids),
        count=len(ids),
        what_to_do="keep each participant's first event, name the entry time with entry=, or say "
        "subject=None where the rows are different people",
    )


@dataclass(frozen=True, eq=False)
class _Spells:
    """Rows by person and time (n - 1): each but the last, the row after it, if one person's."""

    here: Indices
    following: Indices
    same: Booleans
    gap: Floats

    def check(self, frame: pd.DataFrame, used: Indices, subject: str) -> None:
        """Refuse spells of one person that overlap."""
        overlap = self.following[self.same & (self.gap < 0)]
        if overlap.size:
            ids = pd.unique(frame[subject].iloc[used[overlap]])
            raise DataError.of(
                f"spells of the same {subject} overlap",
                row=int(used[overlap].min()),
                ids=list(ids),
                count=len(ids),
                what_to_do="let each spell start where the one before stops",
            )

    def carried_on(self, group: Indices) -> Booleans:
        """(n,) rows that another row follows without a gap in the same group."""
        on = np.zeros(self.here.size + 1, dtype=bool)
        alike = group[self.here] == group[self.following]
        on[self.here] = self.same & (self.gap == 0) & alike
        return on


def _spells(person: Indices, start: Floats | None, stop: Floats) -> _Spells:
    begins = np.zeros(stop.size) if start is None else start
    order = np.lexsort((stop, begins, person))
    here, following = order[:-1], order[1:]
    gap = begins[following] - stop[here]
    return _Spells(here, following, person[here] == person[following], gap)


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
