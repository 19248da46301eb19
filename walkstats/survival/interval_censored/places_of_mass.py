"""Where can the probability of the event lie, and which of these places does each row allow?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.survival.risk_sets import dense_ranks

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Places:
    """The m places (low, high] that can carry mass, in order; a point where low is high.

    Attributes
    ----------
    low, high : (m,)
        The last high is infinite where somebody was never seen with the event after all others.
    first, last : (n,)
        Row i allows the places first[i] to last[i], both included.
    merged : int
        Times that differed from another by rounding only.
    """

    low: Floats
    high: Floats
    first: Indices
    last: Indices
    merged: int

    @property
    def number(self) -> int:
        """How many places there are."""
        return self.low.size


def places_of_mass(low: Floats, high: Floats) -> Places:
    """Find the innermost intervals: a left end followed by a right end with nothing between.

    Parameters
    ----------
    low, high : (n,)
        The event happened in (low, high]; on the day itself where both are equal; high is infinite
        where it was not seen.

    Returns
    -------
    Places

    Notes
    -----
    The time axis is cut into atoms: with distinct times t1 < t2 < ..., the point t1, the gap
    between t1 and t2, the point t2 and so on. A row allows a run of atoms. Only where a run begins
    and the next thing to happen is that one ends can mass raise the likelihood [1]_.

    References
    ----------
    .. [1] Turnbull BW. J R Stat Soc B 1976;38:290-295.
       https://doi.org/10.1111/j.2517-6161.1976.tb01597.x
    """
    bounded = np.isfinite(high)
    ranks = dense_ranks(np.concatenate([low, high[bounded]]), None)
    begin, times = ranks.stop[: low.size], ranks.distinct
    ends_at = np.full(low.size, -1, dtype=np.intp)
    ends_at[bounded] = ranks.stop[low.size :]
    # Point r is atom 2r + 1, the gap after it atom 2r + 2; the last gap has no end.
    left = np.where(ends_at == begin, 2 * begin + 1, 2 * begin + 2)
    right = np.where(bounded, 2 * ends_at + 1, 2 * times.size)
    starts, stops = np.unique(left), np.unique(right)
    opened = starts[np.searchsorted(starts, stops, side="right") - 1]
    innermost = np.diff(opened, prepend=-1) > 0
    opened, closed = opened[innermost], stops[innermost]
    return Places(
        low=times[(opened - 1) // 2],
        high=np.append(times, np.inf)[closed // 2],
        first=np.searchsorted(opened, left),
        last=np.searchsorted(closed, right, side="right") - 1,
        merged=ranks.merged,
    )


def sum_over_runs(values: Floats, first: Indices, last: Indices, number: int) -> Floats:
    """Add each row's value to all places that it allows: (number,), or (number, k) of (n, k)."""
    steps = np.zeros((number + 1, *values.shape[1:]))
    np.add.at(steps, first, values)
    np.add.at(steps, last + 1, -values)
    return np.cumsum(steps, axis=0)[:number]


def sum_over_pairs(values: Floats, first: Indices, last: Indices, number: int) -> Floats:
    """Add each row's value to all pairs of places that it allows: (number, number)."""
    corner = weighted_count(first * number + last, values, number * number)
    # A pair j <= k is allowed where first <= j and last >= k.
    upper = np.cumsum(corner.reshape(number, number), axis=0)
    upper = np.cumsum(upper[:, ::-1], axis=1)[:, ::-1]
    upper = np.triu(upper)
    return upper + np.triu(upper, 1).T


def weighted_count(codes: Indices, values: Floats, number: int) -> Floats:
    """Sum the values (n,) of each code (number,)."""
    return np.asarray(np.bincount(codes, values, number), dtype=np.float64)
