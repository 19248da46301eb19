"""Who with another outcome still counts, how much, and how sure is that weight? Kernels.

Somebody whose follow-up ended at s in another outcome stays at risk in the subdistribution and
counts at t > s with w(t) = G(t-) / G(s-), G the share that is not censored. With late entry
w(t) = G(t-) H(t-) / (G(s-) H(s-)), H the share that has come under observation (Geskus). At a tied
time those with an outcome still count as at risk of being censored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Booleans = NDArray[np.bool_]

# A weight whose logarithm lies below this is none: the censoring curve has reached 0.
NOTHING = -30.0
# What rounding leaves of people who only go on in another row.
SOMEBODY = 1e-12
# Log of the share that stays where all leave: far below NOTHING.
ALL_LEFT = -1e3


@dataclass(frozen=True, eq=False)
class Leaving:
    """Product-limit estimate over q times of one group's censoring and late entry.

    Attributes
    ----------
    times : (q,)
    censored, entering : (q,) their mass at each time
    at_risk, waiting : (q,) mass at risk of being censored; under observation after each time
    log_share : (q + 1,) log of G H just before each time, last: after all of them
    """

    times: Floats
    censored: Floats
    entering: Floats
    at_risk: Floats
    waiting: Floats
    log_share: Floats


def leaving_times(
    start: Floats | None,
    stop: Floats,
    outcome: Booleans,
    goes_on: Booleans | None,
    mass: Floats,
) -> Leaving:
    """Estimate censoring and entry of n rows; ``outcome`` says whether a row ends in any."""
    times = np.unique(stop if start is None else np.concatenate([start, stop]))
    q = times.size
    last = np.searchsorted(times, stop)
    ends = ~outcome if goes_on is None else ~outcome & ~goes_on
    if start is None:
        stopping = _sum_at(last, mass, q)
        entering = np.zeros(q)
        at_risk = np.cumsum(stopping[::-1])[::-1]
        waiting = at_risk - stopping
    else:
        seen = start < stop
        first = np.searchsorted(times, start)
        entering = _sum_at(first[seen], mass[seen], q)
        stopping = _sum_at(last[seen], mass[seen], q)
        waiting = np.cumsum(entering) - np.cumsum(stopping)
        at_risk = waiting - entering + stopping
        ends = ends & seen
        if goes_on is not None:
            # The next spell of somebody who is observed already is no entry.
            entering = entering - _sum_at(last[goes_on], mass[goes_on], q)
    censored = _sum_at(last[ends], mass[ends], q)
    with np.errstate(divide="ignore", invalid="ignore"):
        staying = np.where(censored > 0, np.log1p(-np.minimum(censored / at_risk, 1.0)), 0.0)
        # Finite, so that shares after everybody seen so far has left can still be compared.
        staying = np.maximum(staying, ALL_LEFT)
        coming = np.where(
            (entering > SOMEBODY) & (waiting > entering), np.log1p(-entering / waiting), 0.0
        )
    log_share = np.append(0.0, np.cumsum(staying - coming))
    return Leaving(times, censored, np.maximum(entering, 0.0), at_risk, waiting, log_share)


def _sum_at(index: Indices, mass: Floats, size: int) -> Floats:
    return np.bincount(index, mass, size).astype(np.float64)


@dataclass(frozen=True, eq=False)
class WeightedRows:
    """z rows that say who is at risk in the subdistribution, from when to when.

    Attributes
    ----------
    row : (z,) the row each comes from
    start, stop : (z,)
    event : (z,) bool
    weight : (z,)
    since : (z,) time of the other outcome in rows that come after it, else nan
    """

    row: Indices
    start: Floats
    stop: Floats
    event: Booleans
    weight: Floats
    since: Floats


def weighted_rows(
    start: Floats,
    stop: Floats,
    event: Booleans,
    other: Booleans,
    group: Indices,
    leaving: list[Leaving],
    *,
    apart: bool,
) -> WeightedRows:
    """Let rows with another outcome go on, with weights, over the event times after it.

    Parameters
    ----------
    start, stop, event, other : (n,)
    group : (n,) position in ``leaving``
    leaving : list of Leaving
    apart : bool
        Whether event times at which somebody is censored, too, get rows of their own; the
        influence of the weights needs them.

    Returns
    -------
    WeightedRows
        A row for each value of the weight at event times; event times at which the weight is still
        1 lengthen the row itself.
    """
    times = np.unique(stop[event])
    whole = stop.copy()
    pieces: list[_Piece] = []
    for g, curve in enumerate(leaving):
        log_share = curve.log_share[np.searchsorted(curve.times, times, side="left")]
        alone = curve.log_share[np.searchsorted(curve.times, times, side="right")] != log_share
        alone &= apart
        # Event times with the same share before them are one piece.
        begins = np.flatnonzero(np.append(True, log_share[1:] != log_share[:-1]) | alone)
        ends = np.append(begins[1:], times.size) - 1
        rows = np.flatnonzero(other & (group == g))
        mine = curve.log_share[np.searchsorted(curve.times, stop[rows], side="left")]
        after = np.searchsorted(times, stop[rows], side="right")
        first = np.searchsorted(begins, after, side="right") - 1
        for row, own, k in zip(rows[after < times.size], mine[after < times.size],
                               first[after < times.size], strict=True):  # fmt: skip
            log_weight, upto = log_share[begins[k:]] - own, times[ends[k:]]
            if log_weight[0] == 0.0 and not alone[begins[k]]:
                whole[row] = upto[0]
                log_weight, upto = log_weight[1:], upto[1:]
            keep = log_weight > NOTHING
            begin = np.append(whole[row], upto[:-1])
            pieces.append(_Piece(int(row), begin[keep], upto[keep], log_weight[keep]))
    return _gathered(start, stop, whole, event, pieces)


@dataclass(frozen=True, eq=False)
class _Piece:
    """What one row becomes after its other outcome."""

    row: int
    start: Floats
    stop: Floats
    log_weight: Floats


def _gathered(
    start: Floats, stop: Floats, whole: Floats, event: Booleans, pieces: list[_Piece]
) -> WeightedRows:
    n = whole.size
    sizes = np.array([one.stop.size for one in pieces], dtype=np.intp)
    after = np.repeat(np.array([one.row for one in pieces], dtype=np.intp), sizes)
    return WeightedRows(
        row=np.append(np.arange(n), after),
        start=np.concatenate([start, *(one.start for one in pieces)]),
        stop=np.concatenate([whole, *(one.stop for one in pieces)]),
        event=np.append(event, np.zeros(after.size, dtype=bool)),
        weight=np.exp(np.concatenate([np.zeros(n), *(one.log_weight for one in pieces)])),
        since=np.append(np.full(n, np.nan), stop[after]),
    )


def split_at(rows: WeightedRows, times: Floats) -> WeightedRows:
    """Cut rows at each of the sorted times that they contain."""
    first = np.searchsorted(times, rows.start, side="right")
    last = np.searchsorted(times, rows.stop, side="left")
    sizes = np.maximum(last - first, 0) + 1
    of = np.repeat(np.arange(sizes.size), sizes)
    within = np.arange(of.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    cut = np.append(times, np.inf)
    begin = np.where(within == 0, rows.start[of], cut[np.maximum(first[of] + within - 1, 0)])
    final = within == sizes[of] - 1
    end = np.where(final, rows.stop[of], cut[np.minimum(first[of] + within, times.size)])
    return WeightedRows(
        row=rows.row[of],
        start=begin,
        stop=end,
        event=rows.event[of] & final,
        weight=rows.weight[of],
        since=rows.since[of],
    )


def weight_influence(
    rows: WeightedRows,
    residuals: Floats,
    start: Floats | None,
    stop: Floats,
    outcome: Booleans,
    goes_on: Booleans | None,
    group: Indices,
    leaving: list[Leaving],
) -> Floats:
    """What each of the n rows adds to the score (n, k) because the weights are estimated from it.

    As in R's ``crr``, a censoring at the time of an outcome counts as before it in the influence,
    though as after it in the weights; without such ties there is no difference.

    Parameters
    ----------
    rows : WeightedRows
        Made with ``apart``.
    residuals : (z, k)
        Weighted score residuals, the change of the score for a unit of log weight.
    start, stop, outcome, goes_on, group, leaving
        As given to `leaving_times` and `weighted_rows`.
    """
    found = np.zeros((stop.size, residuals.shape[1]))
    for g, curve in enumerate(leaving):
        z = np.flatnonzero(~np.isnan(rows.since) & (group[rows.row] == g))
        mine = np.flatnonzero(group == g)
        last = np.searchsorted(curve.times, stop[mine])
        # Censoring at u moves the weights at s < u <= t of others who ended at s.
        moved = _moved(curve, rows.since[z], rows.stop[z], residuals[z], "right")
        per_censored = _per(moved, curve.at_risk)
        total = _totals(per_censored * _per(curve.censored, curve.at_risk)[:, None])
        ends = ~outcome[mine] if goes_on is None else ~outcome[mine] & ~goes_on[mine]
        upto = total[last + 1]
        if start is not None:
            first = np.searchsorted(curve.times, start[mine])
            ends &= first < last
            upto = upto - total[np.minimum(first + 1, last + 1)]
            moved = _moved(curve, rows.since[z], rows.stop[z], residuals[z], "left")
            found[mine] += _entry_part(moved, curve, first, last, goes_on, mine)
        found[mine] += upto - ends[:, None] * per_censored[last]
    return found


def _moved(
    curve: Leaving, since: Floats, until: Floats, residuals: Floats, side: Literal["left", "right"]
) -> Floats:
    """Sum of residuals (q, k) whose weight a change at each time moves; see above for the side."""
    change = np.zeros((curve.times.size + 1, residuals.shape[1]))
    np.add.at(change, np.searchsorted(curve.times, since, side=side), residuals)
    np.add.at(change, np.searchsorted(curve.times, until, side=side), -residuals)
    return np.cumsum(change, axis=0)[:-1]


def _entry_part(
    moved: Floats,
    curve: Leaving,
    first: Indices,
    last: Indices,
    goes_on: Booleans | None,
    mine: Indices,
) -> Floats:
    """The same for the share that has come under observation, of the opposite sign."""
    per_entry = _per(moved, curve.waiting)
    per_entry[curve.waiting <= curve.entering] = 0.0
    total = _totals(per_entry * _per(curve.entering, curve.waiting)[:, None])
    seen = first < last
    part = per_entry[first] - (total[last] - total[np.minimum(first, last)])
    if goes_on is not None:
        part = part - goes_on[mine][:, None] * per_entry[last]
    return np.where(seen[:, None], part, 0.0)


def _per(values: Floats, by: Floats) -> Floats:
    by = by if values.ndim == 1 else by[:, None]
    by = np.broadcast_to(by, values.shape)
    return np.divide(values, by, out=np.zeros(values.shape), where=by > 0)


def _totals(increments: Floats) -> Floats:
    return np.vstack([np.zeros((1, increments.shape[1])), np.cumsum(increments, axis=0)])
