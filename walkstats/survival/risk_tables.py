"""How many are at risk, have the event and are censored at each time, group by group?

Curves and comparisons of groups need no order of rows, only these counts. Times tie as in
`walkstats.survival.risk_sets`; a row is at risk at t when ``start < t <= stop``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.survival.risk_sets import dense_ranks

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class RiskTable:
    """Counts at q times in g groups, and where each of n rows stands among the times.

    Attributes
    ----------
    times : (q,) distinct times of all rows, entry times too
    n_risk, n_event, n_censor : (g, q) sums of the rows' mass
    tied : (g, q) number of events, whatever their weight
    all_end : (g, q) bool, whether somebody is at risk and everybody at risk has the event
    group : (n,) codes
    first, last : (n,) first and last time index at which a row is at risk; first > last if never
    event : (n,) bool
    weights : (n,) case weights, or None
    frequencies : (n,) copies of a row, or None
    merged : number of distinct times that disappeared because they differed by rounding only
    """

    times: Floats
    n_risk: Floats
    n_event: Floats
    n_censor: Floats
    tied: Floats
    all_end: Booleans
    group: Indices
    first: Indices
    last: Indices
    event: Booleans
    weights: Floats | None
    frequencies: Floats | None
    merged: int

    @property
    def shape(self) -> tuple[int, int]:
        """Groups and times."""
        return self.n_risk.shape[0], self.n_risk.shape[1]

    @property
    def mass(self) -> Floats:
        """(n,) weights times frequencies."""
        mass = np.ones(self.last.size) if self.weights is None else self.weights
        return mass if self.frequencies is None else mass * self.frequencies

    def at_end(self, values: Floats) -> Floats:
        """(n,) or (n, k): values (g, q) or (g, q, k) at the last index of each row."""
        return values[self.group, self.last]

    def over_time(self, increments: Floats) -> Floats:
        """(n,) or (n, k): increments (g, q) or (g, q, k) summed while each row is at risk."""
        total = np.zeros((increments.shape[0], increments.shape[1] + 1, *increments.shape[2:]))
        np.cumsum(increments, axis=1, out=total[:, 1:])
        first = np.minimum(self.first, self.last + 1)
        return total[self.group, self.last + 1] - total[self.group, first]


def count_risk_table(
    stop: Floats,
    event: Booleans,
    group: Indices | None = None,
    groups: int = 1,
    *,
    start: Floats | None = None,
    weights: Floats | None = None,
    frequencies: Floats | None = None,
    goes_on: Booleans | None = None,
) -> RiskTable:
    """Count who is at risk, has the event and is censored at each time in each group.

    Parameters
    ----------
    stop, event : (n,) arrays
    group : (n,) codes 0, 1, ..., groups - 1, optional
    groups : int
    start : (n,) array, optional
    weights, frequencies : (n,) arrays, optional
        Case weights; copies of a row.
    goes_on : (n,) bool array, optional
        Rows without an event that another row of the same person carries on: no censorings.

    Returns
    -------
    RiskTable

    Examples
    --------
    >>> table = count_risk_table(np.array([9.0, 13, 13, 18]), np.array([True, True, False, True]))
    >>> table.times, table.n_risk[0], table.n_event[0], table.n_censor[0]
    (array([ 9., 13., 18.]), array([4., 3., 1.]), array([1., 1., 1.]), array([0., 1., 0.]))
    """
    ranks = dense_ranks(stop, start)
    q, last = ranks.distinct.size, ranks.stop
    group = np.zeros(last.size, dtype=np.intp) if group is None else group
    key, shape, mass = last + group * q, (groups, q), _mass(weights, frequencies)
    first, seen, happened = np.zeros(last.size, dtype=np.intp), None, event
    entering: Floats | float = 0.0
    if ranks.start is not None:
        first = ranks.start + 1
        seen = first <= last
        happened = event & seen
        entering = _sum_by(first + group * (q + 1), mass, seen, (groups, q + 1))[:, 1:]
    n_stop = _sum_by(key, mass, seen, shape)
    n_event = _sum_by(key, mass, happened, shape)
    censored = ~event if seen is None else ~event & seen
    if goes_on is not None:
        censored &= ~goes_on
    n_risk = _at_risk(n_stop, entering)
    tied, heads = n_event, n_risk
    if weights is not None:
        # Sums of fractional weights leave rounding behind where nobody is at risk; numbers do not.
        tied = _sum_by(key, frequencies, happened & (weights > 0), shape)
        heads = _heads(key, first + group * (q + 1), seen, weights, frequencies, shape)
        n_risk = np.where(heads > 0, np.maximum(n_risk, n_event), 0.0)
    return RiskTable(
        times=ranks.distinct,
        n_risk=n_risk,
        n_event=n_event,
        n_censor=_sum_by(key, mass, censored, shape),
        tied=tied,
        all_end=(heads > 0) & (tied == heads),
        group=group,
        first=first,
        last=last,
        event=happened,
        weights=weights,
        frequencies=frequencies,
        merged=ranks.merged,
    )


def _at_risk(ending: Floats, entering: Floats | float) -> Floats:
    """(g, q) at risk, from those whose last and from those whose first time each is."""
    return np.cumsum((ending - entering)[:, ::-1], axis=1)[:, ::-1]


def _heads(
    key: Indices,
    entry_key: Indices,
    seen: Booleans | None,
    weights: Floats,
    frequencies: Floats | None,
    shape: tuple[int, int],
) -> Floats:
    """(g, q) number at risk, whatever their weight."""
    counted = weights > 0
    if seen is None:
        return _at_risk(_sum_by(key, frequencies, counted, shape), 0.0)
    counted = counted & seen
    entering = _sum_by(entry_key, frequencies, counted, (shape[0], shape[1] + 1))[:, 1:]
    return _at_risk(_sum_by(key, frequencies, counted, shape), entering)


def _mass(weights: Floats | None, frequencies: Floats | None) -> Floats | None:
    if weights is None or frequencies is None:
        return weights if frequencies is None else frequencies
    return weights * frequencies


def _sum_by(
    key: Indices, mass: Floats | None, rows: Booleans | None, shape: tuple[int, int]
) -> Floats:
    """Mass of the chosen rows by key; their number where there is no mass."""
    if rows is not None:
        key, mass = key[rows], mass if mass is None else mass[rows]
    counted = np.bincount(key, mass, shape[0] * shape[1])
    return counted.astype(np.float64, copy=False).reshape(shape)
