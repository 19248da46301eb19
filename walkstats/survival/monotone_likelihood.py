"""Does the likelihood rise for ever, and along which direction?

It does along a direction when no one at risk ever lies above somebody who has the event (monotone
likelihood; Heinze and Schemper 2001, https://doi.org/10.1111/j.0006-341X.2001.00114.x). The
discrete likelihood compares the events of a time with the others at risk only.
"""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from walkstats.survival.risk_set_sums import SortedCovariates

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

# Share of the range along a direction by which somebody may lie above an event: rounding.
LEVEL = 1e-6
# A direction that moves the linear predictor by less says nothing.
FAR = 0.1
# Numbers in the matrix of a linear programme that is still worth solving.
LARGEST_PROGRAMME = 4_000_000


def ever_at_risk(model: SortedCovariates) -> NDArray[np.bool_]:
    """Whether there is an event while a row is at risk (n,), in sorted order."""
    sets = model.risk_sets
    if model.whole and sets.tied.all():
        return np.ones(sets.n_rows, dtype=bool)
    if model.first is None and sets.n_strata == 1:
        return np.arange(sets.n_rows) >= sets.bounds[model.event_times[0]]
    events = np.concatenate([[0], np.cumsum(sets.tied > 0)])
    upto = np.repeat(events[1:], np.diff(sets.bounds))
    before = events[sets.from_index[sets.order]] if model.first is None else events[model.first]
    return upto > before


def rises_for_ever(direction: Floats, model: SortedCovariates) -> bool:
    """Whether the likelihood rises for ever along a direction (k,) of the sorted covariates."""
    along = direction @ model.columns
    counted = (model.mass > 0) & ever_at_risk(model)
    reach = float(np.ptp(along[counted]))
    sets = model.risk_sets
    last = sets.last[sets.order]
    lowest = np.full(sets.n_times, np.inf)
    happened = model.event_mass > 0
    np.minimum.at(lowest, last[happened], along[happened])
    leaves = last - happened if model.ties == "exact" else last
    highest = _highest_at_risk(np.where(counted, along, -np.inf), leaves, model)
    at = model.event_times
    return FAR <= reach < np.inf and bool(np.all(highest[at] - lowest[at] <= LEVEL * reach))


def _highest_at_risk(values: Floats, last: Indices, model: SortedCovariates) -> Floats:
    """Largest value among the rows (n,) at risk up to their last index, at each time (m,)."""
    sets = model.risk_sets
    first = sets.from_index[sets.order] if model.first is None else model.first
    highest = np.full(sets.n_times, -np.inf)
    if model.first is None:
        stays = last >= first
        np.maximum.at(highest, last[stays], values[stays])
        for begin, end in zip(sets.stratum_bounds[:-1], sets.stratum_bounds[1:], strict=True):
            highest[begin:end] = np.maximum.accumulate(highest[begin:end][::-1])[::-1]
        return highest
    entering = np.argsort(first, kind="stable")
    heap: list[tuple[float, int]] = []
    begun = 0
    for j in range(sets.n_times):
        while begun < entering.size and first[entering[begun]] <= j:
            row = entering[begun]
            heapq.heappush(heap, (-values[row], int(last[row])))
            begun += 1
        while heap and heap[0][1] < j:
            heapq.heappop(heap)
        highest[j] = -heap[0][0] if heap else -np.inf
    return highest


def rising_direction(model: SortedCovariates) -> Floats | None:
    """Find a direction (k,) along which the likelihood rises for ever, by a linear programme.

    Returns
    -------
    ndarray or None
        None where there is none, or where the data are too large for the programme; one that
        raises every event which any such direction raises.
    """
    gaps = _gaps(model)
    if gaps is None:
        return None
    from scipy.optimize import linprog

    pairs, k = gaps.shape
    # Raise as many gaps as can be raised: maximise the sum of z with z <= 1, z <= gap, gap >= 0.
    kept = np.hstack([-gaps, np.zeros((pairs, pairs))])
    raised = np.hstack([-gaps, np.eye(pairs)])
    cost = np.concatenate([np.zeros(k), -np.ones(pairs)])
    found = linprog(
        cost,
        A_ub=np.vstack([kept, raised]),
        b_ub=np.zeros(2 * pairs),
        bounds=[(None, None)] * k + [(0.0, 1.0)] * pairs,
    )
    if found.status != 0 or -found.fun < 0.5:
        return None
    direction = found.x[:k]
    return direction / np.abs(direction).max()


def _gaps(model: SortedCovariates) -> Floats | None:
    """Distinct differences (pairs, k) between an event's covariates and those of the others."""
    sets = model.risk_sets
    last = sets.last[sets.order]
    first = sets.from_index[sets.order] if model.first is None else model.first
    counted = model.mass > 0
    gaps = []
    numbers = 0
    for j in model.event_times:
        at_risk = counted & (first <= j) & (last >= j)
        events = np.flatnonzero(at_risk & (last == j) & (model.event_mass > 0))
        others = np.flatnonzero(at_risk)
        if model.ties == "exact":
            others = np.setdiff1d(others, events)
        numbers += events.size * others.size * len(model.columns)
        if numbers > LARGEST_PROGRAMME:
            return None
        apart = model.columns[:, events, np.newaxis] - model.columns[:, np.newaxis, others]
        gaps.append(apart.reshape(len(model.columns), -1))
    distinct = np.unique(np.hstack(gaps).T, axis=0)
    distinct = distinct[np.any(distinct != 0.0, axis=1)]
    return distinct if 0 < len(distinct) ** 2 <= LARGEST_PROGRAMME else None
