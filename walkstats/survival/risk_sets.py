"""Who is at risk at each distinct time, and who has the event there?

Sorted once: Kaplan-Meier, the log-rank family and Cox's partial likelihood all read the same
`RiskSets`. A row is at risk at t when ``start < t <= stop``, and an event at t comes before a
censoring at t.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

# Two times closer than this share of the time range are one time: dates turned into years
# differ by rounding only, and would otherwise lose their ties.
TIE_SHARE = 1e-9


def merge_times(stop: ArrayLike, start: ArrayLike | None = None) -> MergedTimes:
    """Give times that differ by rounding only one common value.

    Parameters
    ----------
    stop : array_like, shape (n,)
        Times of event or censoring, in any unit.
    start : array_like, shape (n,), optional
        Entry times in the same unit; they are merged together with `stop`.

    Returns
    -------
    MergedTimes
        `stop`, `start` with the smallest time of each group of neighbours, and `merged`, the
        number of distinct values that disappeared.

    Raises
    ------
    ValueError
        If there is no row, or a time is missing or infinite.

    Notes
    -----
    Neighbouring distinct times are one when they are no further apart than 1e-9 of the range,
    which runs from the first to the last time, and from zero where there is no `start`. The
    tolerance is relative, so days and years give the same ties; R's ``timefix`` uses an absolute
    1.5e-8, which merges everything when the unit is large enough.

    Examples
    --------
    >>> days = np.array([60, 61, 61]) / 365.25 + np.array([0, 0, 1e-16])
    >>> merge_times(days).merged
    1
    """
    ranks = dense_ranks(_times(stop), None if start is None else _times(start))
    entry = None if ranks.start is None else ranks.distinct[ranks.start]
    return MergedTimes(ranks.distinct[ranks.stop], entry, ranks.merged)


def sort_risk_sets(
    start: ArrayLike | None,
    stop: ArrayLike,
    event: ArrayLike,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    frequencies: ArrayLike | None = None,
) -> RiskSets:
    """Sort rows once into the risk sets that every survival method reads.

    Parameters
    ----------
    start : array_like, shape (n,), or None
        Entry times; None when everybody is at risk from the beginning.
    stop : array_like, shape (n,)
        Times of event or censoring. Ties within 1e-9 of the range are merged, see `merge_times`.
    event : array_like of bool, shape (n,)
        Whether the row ends with the event.
    strata : array_like of int, shape (n,), optional
        Codes 0, 1, ... of the stratum of each row.
    weights : array_like, shape (n,), optional
        Case weights.
    frequencies : array_like of int, shape (n,), optional
        Number of copies of each row; zero leaves a row out without a new sort.

    Returns
    -------
    RiskSets
        See its attributes for every shape.

    Raises
    ------
    ValueError
        If there is no row, or a time is missing or infinite.

    Notes
    -----
    Rows with ``stop <= start`` are kept in their place and are at risk at no time; they are
    counted neither as events nor as censorings.

    Examples
    --------
    >>> sets = sort_risk_sets(None, [9, 13, 13, 18], [True, True, False, True])
    >>> sets.times, sets.n_risk, sets.n_event
    (array([ 9., 13., 18.]), array([4., 3., 1.]), array([1., 1., 1.]))
    """
    ranks = dense_ranks(_times(stop), None if start is None else _times(start))
    happened = _locked(np.asarray(event, dtype=bool))
    codes = None if strata is None else _locked(np.asarray(strata, dtype=np.intp))
    q = ranks.distinct.size
    n_strata = 1 if codes is None else int(codes.max()) + 1
    key = ranks.stop if codes is None else codes * q + ranks.stop
    order = stable_order(2 * key + ~happened)
    keys, sizes, last = _present(key, order, n_strata * q)
    bounds = np.zeros(keys.size + 1, dtype=np.intp)
    np.cumsum(sizes, out=bounds[1:])
    stratum_bounds = np.searchsorted(keys, np.arange(n_strata + 1) * q)
    first = None
    if ranks.start is not None:
        entry_key = ranks.start if codes is None else codes * q + ranks.start
        first = np.minimum(_count_up_to(keys, entry_key, n_strata * q), last + 1)
    unfilled = RiskSets(
        times=_locked(ranks.distinct[keys % q]),
        stratum_bounds=_locked(stratum_bounds),
        order=_locked(order),
        bounds=_locked(bounds),
        last=_locked(last),
        first=None if first is None else _locked(first),
        event=happened,
        strata=codes,
        weights=None if weights is None else _locked(np.asarray(weights, dtype=np.float64)),
        frequencies=None,
        mass=np.empty(0),
        n_risk=np.empty(0),
        n_event=np.empty(0),
        n_censor=np.empty(0),
        tied=np.empty(0, dtype=np.int64),
        merged=ranks.merged,
        start=None if ranks.start is None else _locked(ranks.distinct[ranks.start]),
    )
    return unfilled.with_frequencies(frequencies)


@dataclass(frozen=True)
class MergedTimes:
    """Times after merging, and how many distinct values disappeared."""

    stop: Floats
    start: Floats | None
    merged: int


@dataclass(frozen=True, eq=False)
class RiskSets:
    """Rows sorted by stratum and time, n rows, m distinct (stratum, stop time) pairs, s strata.

    Everything called a time index counts the m pairs, stratum by stratum, each in ascending
    order of time; so a row belongs to indices of its own stratum only.

    Attributes
    ----------
    times : (m,) the distinct stop times, censoring times too
    stratum_bounds : (s + 1,) time indices ``stratum_bounds[g]:stratum_bounds[g + 1]`` are stratum g
    order : (n,) rows by stratum, time, events first, else as they came
    bounds : (m + 1,) ``order[bounds[j]:bounds[j + 1]]`` are the rows that stop at index j
    last : (n,) time index at which a row stops; rows in the order given, as below
    first : (n,) first time index at which a row is at risk, ``last + 1`` if never;
        None without entry times (then: the first of its stratum)
    event : (n,) bool
    strata : (n,) codes, or None for one stratum
    weights : (n,) case weights, or None
    frequencies : (n,) copies of a row, or None
    mass : (n,) weights times frequencies
    n_risk, n_event, n_censor : (m,) sums of mass
    tied : (m,) number of events: sum of frequencies of event rows whose weight is not zero
    merged : number of distinct times that disappeared because they differed by rounding only
    start : (n,) entry times after merging, or None
    """

    times: Floats
    stratum_bounds: Indices
    order: Indices
    bounds: Indices
    last: Indices
    first: Indices | None
    event: NDArray[np.bool_]
    strata: Indices | None
    weights: Floats | None
    frequencies: NDArray[np.int64] | None
    mass: Floats
    n_risk: Floats
    n_event: Floats
    n_censor: Floats
    tied: NDArray[np.int64]
    merged: int
    start: Floats | None = None

    @property
    def n_rows(self) -> int:
        """Rows, n."""
        return self.order.size

    @property
    def n_times(self) -> int:
        """Distinct times over all strata, m."""
        return self.times.size

    @property
    def n_strata(self) -> int:
        """Strata, s."""
        return self.stratum_bounds.size - 1

    @property
    def stratum_of_time(self) -> Indices:
        """(m,) stratum of each time index."""
        return np.repeat(np.arange(self.n_strata), np.diff(self.stratum_bounds))

    @property
    def from_index(self) -> Indices:
        """(n,) first time index at which a row is at risk, with or without entry times."""
        if self.first is not None:
            return self.first
        if self.strata is None:
            return np.zeros(self.n_rows, dtype=np.intp)
        return self.stratum_bounds[self.strata]

    def at_times(self, values: Floats) -> Floats:
        """Sum values (n,) or (n, k) over the rows that stop at each time: (m,) or (m, k)."""
        return _sum_by(self.last, values, self.n_times)

    def at_risk(self, values: Floats) -> Floats:
        """Sum values (n,) or (n, k) over the rows at risk at each time: (m,) or (m, k).

        The sum runs backwards in time; a row is taken out just before its first index, which
        also empties the set between two strata, so no sum is a difference of two long ones.
        """
        change = self.at_times(values)
        if self.first is not None or self.strata is not None:
            change = change - _sum_by(self.from_index, values, self.n_times + 1)[1:]
        return np.cumsum(change[::-1], axis=0)[::-1]

    def over_time(self, increments: Floats) -> Floats:
        """Sum increments (m,) or (m, k) over the times a row is at risk: (n,) or (n, k)."""
        total = np.zeros((self.n_times + 1, *increments.shape[1:]))
        np.cumsum(increments, axis=0, out=total[1:])
        upto = total[self.last + 1]
        if self.first is None and self.strata is None:
            return upto
        return upto - total[self.from_index]

    def with_frequencies(self, frequencies: ArrayLike | None) -> RiskSets:
        """Count anew, without sorting, with other numbers of copies (a bootstrap replicate)."""
        copies = None if frequencies is None else _locked(np.asarray(frequencies, dtype=np.int64))
        mass = np.ones(self.n_rows) if self.weights is None else self.weights
        mass = mass if copies is None else mass * copies
        counted = self.weights is None and copies is None
        n_censor, n_event = self._endings(None if counted else mass)
        tied = n_event
        if not counted:
            tied = self._endings(np.where(mass > 0, 1 if copies is None else copies, 0))[1]
        return replace(
            self,
            frequencies=copies,
            mass=_locked(mass),
            n_risk=_locked(self.at_risk(mass)),
            n_event=_locked(n_event),
            n_censor=_locked(n_censor),
            tied=_locked(tied.astype(np.int64)),
        )

    def _endings(self, number: NDArray[Any] | None) -> Floats:
        """Sum a number (n,) over the rows that end at each time, without and with event: (2, m)."""
        ends = 2 * self.last + self.event
        if self.first is not None:
            seen = self.first <= self.last
            ends, number = ends[seen], None if number is None else number[seen]
        summed = np.bincount(ends, number, 2 * self.n_times)
        return np.ascontiguousarray(summed.reshape(-1, 2).T, dtype=np.float64)


def stable_order(keys: NDArray[np.integer]) -> Indices:
    """Sort non-negative integers stably, sixteen bits at a time (a radix sort, linear in n)."""
    digit = 1 << 16
    top = int(keys.max()) if keys.size else 0
    order = np.argsort((keys % digit if top >= digit else keys).astype(np.uint16), kind="stable")
    while top >= digit:
        keys, top = keys // digit, top // digit
        order = order[np.argsort((keys % digit).astype(np.uint16)[order], kind="stable")]
    return order


@dataclass(frozen=True)
class Ranks:
    """Dense ranks (n,) into the distinct times (q,) of start and stop pooled."""

    distinct: Floats
    stop: Indices
    start: Indices | None
    merged: int


def dense_ranks(stop: Floats, start: Floats | None) -> Ranks:
    """Rank times from 0, ties merged as in `merge_times`."""
    pooled = stop if start is None else np.concatenate([stop, start])
    if pooled.size == 0:
        raise ValueError("There is no row to sort.")
    low, high = float(pooled.min()), float(pooled.max())
    span = high - (min(low, 0.0) if start is None else low)
    if not math.isfinite(span):
        raise ValueError("Times must be finite numbers.")
    if high - low <= 4 * pooled.size + 4096:
        above = pooled - low
        whole = above.astype(np.int64)
        if (whole == above).all():
            return _split(*_rank_by_table(whole, low, int(high - low)), 0, stop.size, start)
    order = np.argsort(pooled, kind="stable")
    gaps = np.diff(pooled[order])
    new = np.concatenate([[True], gaps > TIE_SHARE * span])
    ranks = np.empty(pooled.size, dtype=np.intp)
    ranks[order] = np.cumsum(new) - 1
    merged = int(np.count_nonzero(gaps)) + 1 - int(np.count_nonzero(new))
    return _split(pooled[order][new], ranks, merged, stop.size, start)


def _rank_by_table(whole: NDArray[np.int64], low: float, largest: int) -> tuple[Floats, Indices]:
    """Rank whole numbers from zero without sorting: mark, count, look up."""
    seen = np.zeros(largest + 1, dtype=bool)
    seen[whole] = True
    ranks = np.cumsum(seen, dtype=np.intp) - 1
    return np.flatnonzero(seen).astype(np.float64) + low, ranks[whole]


def _split(distinct: Floats, ranks: Indices, merged: int, n: int, start: Floats | None) -> Ranks:
    return Ranks(distinct, ranks[:n], None if start is None else ranks[n:], merged)


def _present(key: Indices, order: Indices, limit: int) -> tuple[Indices, Indices, Indices]:
    """Distinct keys (all below limit) in order, how many rows have each, and which each row has."""
    if limit <= 8 * key.size + 65536:
        sizes = np.bincount(key, minlength=limit)
        keys = np.flatnonzero(sizes)
        last = key if keys.size == limit else (np.cumsum(sizes > 0) - 1)[key]
        return keys, sizes[keys], last
    in_order = key[order]
    begins = np.flatnonzero(np.diff(in_order, prepend=-1))
    sizes = np.diff(begins, append=key.size)
    last = np.empty(key.size, dtype=np.intp)
    last[order] = np.repeat(np.arange(begins.size), sizes)
    return in_order[begins], sizes, last


def _count_up_to(keys: Indices, values: Indices, limit: int) -> Indices:
    """Count the sorted distinct keys (all below limit) that are <= each value."""
    if limit > 8 * values.size + 65536:
        return np.searchsorted(keys, values, side="right")
    seen = np.zeros(limit, dtype=bool)
    seen[keys] = True
    return np.cumsum(seen)[values]


def _sum_by(index: Indices, values: Floats, size: int) -> Floats:
    if values.ndim == 1:
        return np.bincount(index, values, size).astype(np.float64, copy=False)
    sums = [np.bincount(index, column, size) for column in values.T]
    return np.column_stack(sums) if sums else np.zeros((size, 0))


def _times(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _locked(array: NDArray[Any]) -> NDArray[Any]:
    """Return a read-only view; the caller's own array stays writable."""
    view = array.view()
    view.flags.writeable = False
    return view
