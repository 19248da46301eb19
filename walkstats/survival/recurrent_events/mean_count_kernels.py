"""How does the mean number of events grow, and what does each person add to it?

Arrays only. Where a terminal event (death) ends the recurrences, the mean number by t is the sum of
S(u-) dN(u) / Y(u) up to t, with S the survival of the terminal event; without one, S is 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.survival.risk_tables import RiskTable

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

# People by times held at once.
BLOCK = 4_000_000


@dataclass(frozen=True, eq=False)
class MeanCounts:
    """Mean counts in g groups at q times.

    Attributes
    ----------
    value : (g, q) mean number of events by each time
    survival : (g, q) share not yet ended by the terminal event just before each time
    event_rate, end_rate : (g, q) events, and terminal events, per head at risk
    weight : (g, q) one over the number at risk; 0 where nobody is
    """

    value: Floats
    survival: Floats
    event_rate: Floats
    end_rate: Floats
    weight: Floats


@dataclass(frozen=True, eq=False)
class Units:
    """Who the n rows belong to.

    Attributes
    ----------
    person : (n,) codes of the units that are independent of each other
    copies : (people,) how many a unit stands for
    mass : (n,) weight of a row within one copy of its unit
    ended : (n,) bool, whether a row ends in the terminal event
    """

    person: Indices
    copies: Floats
    mass: Floats
    ended: NDArray[np.bool_]


def mean_counts(table: RiskTable, n_end: Floats) -> MeanCounts:
    """Mean number of events by each time.

    Parameters
    ----------
    table : RiskTable
        Of the recurrences.
    n_end : (g, q)
        Terminal events; at a tied time the recurrences come first.

    Returns
    -------
    MeanCounts
    """
    weight = np.zeros(table.shape)
    np.divide(1.0, table.n_risk, out=weight, where=table.n_risk > 0)
    event_rate, end_rate = table.n_event * weight, n_end * weight
    after = np.cumprod(np.maximum(1.0 - end_rate, 0.0), axis=1)
    survival = np.hstack([np.ones((table.shape[0], 1)), after[:, :-1]])
    value = np.cumsum(survival * event_rate, axis=1)
    return MeanCounts(value, survival, event_rate, end_rate, weight)


def influences(table: RiskTable, found: MeanCounts, units: Units, at: Indices) -> Floats:
    """Change of the mean counts for each unit of weight of each person (people, g, len(at)).

    Parameters
    ----------
    table : RiskTable
    found : MeanCounts
    units : Units
    at : (h,) time indices

    Returns
    -------
    (people, g, h) array

    Notes
    -----
    With M the martingales of recurrences (R) and of the terminal event (D), person i adds at t the
    integral of S(u-) dM_R / Y, minus mu(t) times that of dM_D / Y, plus that of mu(u) dM_D / Y
    (Ghosh and Lin 2000).
    """
    out = np.zeros((units.copies.size, table.shape[0], at.size))
    for g, who, running, ends in _blocks(table, found, units):
        out[who, g] = running[:, at] - found.value[g, at] * ends[:, at]
    return out


def variances(table: RiskTable, found: MeanCounts, units: Units) -> Floats:
    """Sum over people of their squared influence at every time (g, q)."""
    out = np.zeros(table.shape)
    for g, who, running, ends in _blocks(table, found, units):
        out[g] += units.copies[who] @ (running - found.value[g] * ends) ** 2
    return out


def _blocks(
    table: RiskTable, found: MeanCounts, units: Units
) -> Iterator[tuple[int, Indices, Floats, Floats]]:
    """Group, people, and the two parts of their influence (people, q), some people at a time."""
    size = max(1, BLOCK // table.shape[1])
    for g in range(table.shape[0]):
        rows = np.flatnonzero((table.group == g) & (table.first <= table.last))
        who, code = np.unique(units.person[rows], return_inverse=True)
        for low in range(0, who.size, size):
            some = (code >= low) & (code < low + size)
            parts = _running(table, found, units, rows[some], code[some] - low, g)
            yield g, who[low : low + size], *parts


def _running(
    table: RiskTable,
    found: MeanCounts,
    units: Units,
    rows: Indices,
    code: Indices,
    g: int,
) -> tuple[Floats, Floats]:
    """(people, q) each: the parts of the influence that do not and that do multiply mu(t)."""
    people, q = int(code.max()) + 1, table.shape[1]
    mass = units.mass[rows]
    weight, rate, end = found.weight[g], found.event_rate[g], found.end_rate[g]
    mu, survival = found.value[g], found.survival[g]
    at_risk = _between(table.first[rows], table.last[rows], mass, code, people, q)
    events = _at(table.last[rows], mass * table.event[rows], code, people, q)
    ends = _at(table.last[rows], mass * units.ended[rows], code, people, q)
    recurrence = (events - at_risk * rate) * weight
    terminal = (ends - at_risk * end) * weight
    return (
        np.cumsum(survival * recurrence + mu * terminal, axis=1),
        np.cumsum(terminal, axis=1),
    )


def _at(index: Indices, mass: Floats, code: Indices, people: int, q: int) -> Floats:
    return np.bincount(code * q + index, mass, people * q).astype(np.float64).reshape(people, q)


def _between(
    first: Indices, last: Indices, mass: Floats, code: Indices, people: int, q: int
) -> Floats:
    wide = q + 1
    change = np.bincount(code * wide + first, mass, people * wide).astype(np.float64)
    change -= np.bincount(code * wide + last + 1, mass, people * wide)
    return np.cumsum(change.reshape(people, wide), axis=1)[:, :q]
