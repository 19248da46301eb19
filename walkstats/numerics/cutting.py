"""Where do spells of time fall apart, and which value is in force in each piece? Arrays only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Booleans = NDArray[np.bool_]

SAME_TIME = 1e-9
"""Times that differ by at most this share of their range are one time."""


@dataclass(frozen=True)
class Pieces:
    """Pieces of n spells, spell by spell and in order of time; arrays of shape (m,).

    ``row`` is the place of the spell, (``start``, ``stop``] the piece, ``last`` whether the spell
    ends with it.
    """

    row: Ints
    start: Floats
    stop: Floats
    last: Booleans


def merged(*times: Floats) -> tuple[list[Floats], int]:
    """The same times, those that differ by rounding made equal; and how many were moved.

    A group of neighbours takes its smallest time. Missing and infinite times stay as they are.
    """
    pooled = np.concatenate(times)
    finite = np.isfinite(pooled)
    distinct, place = np.unique(pooled[finite], return_inverse=True)
    if distinct.size < 2:
        return list(times), 0
    apart = np.diff(distinct) > SAME_TIME * (distinct[-1] - distinct[0])
    heads = np.flatnonzero(np.append(True, apart))
    group = np.cumsum(np.append(0, apart))
    out = pooled.copy()
    out[finite] = distinct[heads][group][place]
    ends = np.cumsum([len(one) for one in times])
    return np.split(out, ends[:-1]), int(distinct.size - heads.size)


def cut_everywhere(start: Floats, stop: Floats, cuts: Floats) -> Pieces:
    """Cut every spell at the same times, which are ascending and distinct."""
    first = np.searchsorted(cuts, start, side="right")
    count = np.maximum(np.searchsorted(cuts, stop, side="left") - first, 0)
    count[~(start < stop)] = 0
    row = np.repeat(np.arange(len(start)), count)
    before = np.cumsum(count) - count
    return _pieces(start, stop, row, cuts[np.arange(len(row)) + np.repeat(first - before, count)])


def cut_each(person: Ints, start: Floats, stop: Floats, whose: Ints, cuts: Floats) -> Pieces:
    """Cut the spells of each person at the person's own times."""
    order = np.argsort(whose, kind="stable")
    row, cut = pairs_of(person, whose[order])
    times = cuts[order][cut]
    inside = (start[row] < times) & (times < stop[row])
    return _pieces(start, stop, row[inside], times[inside])


def _pieces(start: Floats, stop: Floats, row: Ints, cuts: Floats) -> Pieces:
    """Pieces of the spells, given cuts strictly inside those in ``row``; cuts may repeat."""
    rows = np.concatenate([np.arange(len(start)), row])
    begins = np.concatenate([start, cuts])
    order = np.lexsort((begins, rows))
    rows, begins = rows[order], begins[order]
    again = np.append(False, (rows[1:] == rows[:-1]) & (begins[1:] == begins[:-1]))
    rows, begins = rows[~again], begins[~again]
    last = np.append(rows[1:] != rows[:-1], True)[: len(rows)]
    ends = np.where(last, stop[rows], np.append(begins[1:], np.nan)[: len(rows)])
    return Pieces(rows, begins, ends, last)


def in_force(person: Ints, time: Floats, whose: Ints, since: Floats) -> Ints:
    """Place of the person's last change at or before each time; -1 where there is none.

    Of several changes at the same time the last in the order given counts.
    """
    asked = np.concatenate([np.zeros(len(since), dtype=bool), np.ones(len(time), dtype=bool)])
    who = np.concatenate([whose, person])
    when = np.concatenate([since, time])
    order = np.lexsort((asked, when, who))
    latest = np.maximum.accumulate(np.where(asked[order], -1, np.arange(len(order))))
    found = np.full(len(order), -1, dtype=np.int64)
    known = (latest >= 0) & (who[order][latest] == who[order])
    found[order[known]] = order[latest[known]]
    return found[len(since) :]


def pairs_of(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Places of all pairs of the same person; ``right`` is in ascending order."""
    first = np.searchsorted(right, left, side="left")
    count = np.searchsorted(right, left, side="right") - first
    row = np.repeat(np.arange(len(left)), count)
    before = np.cumsum(count) - count
    return row, np.arange(len(row)) + np.repeat(first - before, count)
