"""What does one resample say of each group? Hazard ratios, medians, means and survival, in numpy.

Rows are sorted once. A resample is a number of copies of each row, so that all it needs are counts
of who is at risk and who has the event, by group and time. Cox's likelihood of group indicators
depends on these counts alone: no covariate is looked at. Efron's tie counts are sums of copies.

This form works on many replicates at once; ``walkstats.fast.sorted_groups`` is its compiled twin.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from walkstats.results import Frozen
from walkstats.survival.risk_sets import RiskSets

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Booleans = NDArray[np.bool_]
Copies = NDArray[np.int64]

# The decrement is the squared distance to the maximum in standard errors. From CLOSE on one more
# step ends within 1e-12 of them; where rounding stops the climb before, ARRIVED is near enough.
CLOSE, ARRIVED = 1e-12, 1e-7
ITERATIONS, HALVINGS, LONGEST = 60, 40, 10.0
# Shares closer than this to one half are one half, as in ``results.curves``.
HALF = 0.5
SAME_SHARE = float(np.sqrt(np.finfo(float).eps))


@dataclass(frozen=True, eq=False)
class SortedGroups(Frozen):
    """n rows in g groups, m pairs of stratum and time, q times.

    Attributes
    ----------
    group, last : (n,) group; pair at which a row stops
    first : (n,) first pair at which a row is at risk; empty where that is its stratum's first
    event : (n,) bool
    stratum_bounds : (s + 1,) pairs of each stratum
    times : (q,) all times
    place : (m,) position of each pair among them
    first_place : (n,) first of the times at which a row is at risk; empty as ``first``
    groups : g
    start, tau : float, of the restricted means
    at : (a,) times at which survival is read
    warm : (g,) log hazard ratios from which Newton's method starts
    """

    group: Indices
    last: Indices
    first: Indices
    event: Booleans
    stratum_bounds: Indices
    times: Floats
    place: Indices
    first_place: Indices
    groups: int
    start: float
    tau: float
    at: Floats
    warm: Floats


class Compared(NamedTuple):
    """What r resamples say of g groups."""

    log_ratio: Floats  # (r, g) against group 0; infinite or nan where the likelihood says so
    median: Floats  # (r, g) infinite where it is not reached
    mean: Floats  # (r, g) restricted; a curve that ends early is carried on
    survival: Floats  # (r, g, a)
    ends: Floats  # (r, g) last time seen; infinite where the curve has reached 0
    arrived: Booleans  # (r,) whether Newton's method did


def sort_groups(
    sets: RiskSets,
    group: Indices,
    groups: int,
    *,
    start: float,
    tau: float,
    at: Floats,
) -> SortedGroups:
    """Prepare rows for any number of resamples."""
    times, place = np.unique(sets.times, return_inverse=True)
    none = np.empty(0, dtype=np.intp)
    first, first_place = none, none
    if sets.first is not None and sets.start is not None:
        first = sets.first
        first_place = np.minimum(
            np.searchsorted(times, sets.start, side="right"), place[sets.last] + 1
        )
    return SortedGroups(
        group=group,
        last=sets.last,
        first=first,
        event=sets.event,
        stratum_bounds=sets.stratum_bounds,
        times=times,
        place=place.reshape(-1).astype(np.intp),
        first_place=first_place.astype(np.intp),
        groups=groups,
        start=start,
        tau=tau,
        at=at,
        warm=np.zeros(groups),
    )


def compare_resamples(copies: Copies, model: SortedGroups) -> Compared:
    """Compare the groups in each resample.

    Parameters
    ----------
    copies : (r, n)
        How often each row occurs in each resample.
    model : SortedGroups

    Returns
    -------
    Compared
    """
    m, q = model.place.size, model.times.size
    if model.first.size:
        copies = copies * (model.first <= model.last)
    ended = _tally(copies, model.group * m + model.last, model.groups, m)
    happened = _tally(copies * model.event, model.group * m + model.last, model.groups, m)
    at_risk = _at_risk(ended, copies, model.first, model.stratum_bounds, model)
    log_ratio, arrived = _log_ratios(at_risk, happened, model.warm)
    if model.stratum_bounds.size > 2:
        ended, happened = _pool(ended, model.place, q), _pool(happened, model.place, q)
        at_risk = _at_risk(ended, copies, model.first_place, np.array([0, q]), model)
    return Compared(log_ratio, *_read_curves(at_risk, happened, ended, model), arrived)


# --- counts -------------------------------------------------------------------------------------


def _tally(copies: Copies, key: Indices, groups: int, width: int) -> Copies:
    """Sum copies (r, n) by key of group and index: (r, g, width)."""
    order = np.argsort(key, kind="stable")
    present, begins = np.unique(key[order], return_index=True)
    tally = np.zeros((copies.shape[0], groups * width), dtype=np.int64)
    tally[:, present] = np.add.reduceat(copies[:, order], begins, axis=1)
    return tally.reshape(-1, groups, width)


def _pool(by_pair: Copies, place: Indices, q: int) -> Copies:
    """Counts by pair (r, g, m) as counts by time (r, g, q)."""
    order = np.argsort(place, kind="stable")
    begins = np.flatnonzero(np.diff(place[order], prepend=-1))
    return np.add.reduceat(by_pair[:, :, order], begins, axis=2)


def _at_risk(
    ended: Copies, copies: Copies, first: Indices, bounds: Indices, model: SortedGroups
) -> Copies:
    """Who is at risk at each index (r, g, width), stratum by stratum."""
    change = ended
    width = ended.shape[2]
    if first.size:
        entered = _tally(copies, model.group * (width + 1) + first, model.groups, width + 1)
        change = ended - entered[:, :, 1:]
    at_risk = np.empty_like(ended)
    for begin, end in pairwise(bounds):
        piece = change[:, :, begin:end].copy()
        if first.size and end > begin:
            # What enters at the next index enters another stratum.
            piece[:, :, -1] = ended[:, :, end - 1]
        at_risk[:, :, begin:end] = np.cumsum(piece[:, :, ::-1], axis=2)[:, :, ::-1]
    return at_risk


# --- hazard ratios ------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Ties:
    """e pairs with events over all resamples, z Efron steps at them.

    own : (p,) resamples that have any; begins (p,) their first step
    resample, step_at : (e,) and (z,) resample of a pair, pair of a step
    at_risk, happened : (g, e)
    share : (z,) of the events taken out
    events : (g, r) by group
    """

    own: Indices
    begins: Indices
    resample: Indices
    step_at: Indices
    at_risk: Floats
    happened: Floats
    share: Floats
    events: Floats


def _log_ratios(at_risk: Copies, happened: Copies, warm: Floats) -> tuple[Floats, Booleans]:
    """Log hazard ratios against group 0 (r, g), and whether the search arrived (r,)."""
    r, g, _ = happened.shape
    resample, pair = np.nonzero(happened.sum(axis=1))
    n, d = at_risk[resample, :, pair].T, happened[resample, :, pair].T
    reaches = _reaches(n, d, resample, r)
    mutual = reaches & reaches.transpose(0, 2, 1)
    base = np.argmax(mutual, axis=2)
    # Who is beyond comparison with those of the events weighs nothing beside them, or is not there.
    own = base[resample, np.argmax(d > 0, axis=0)]
    n = np.where(own == base[resample].T, n, 0)
    told = (n > 0).sum(axis=0) > 1
    ties = _as_ties(n[:, told], d[:, told], resample[told], r)
    warm = np.broadcast_to(warm, (r, g))
    values, arrived = _climb(ties, warm - np.take_along_axis(warm, base, axis=1), base)
    above, below = reaches[:, :, 0], reaches[:, 0, :]
    values = np.where(above & ~below, np.inf, np.where(below & ~above, -np.inf, values))
    return np.where(above | below, values, np.nan), arrived


def _reaches(n: Copies, d: Copies, resample: Indices, r: int) -> Booleans:
    """(r, g, g) whether one group had events while another was at risk, directly or by others.

    Two groups that reach each other have a finite ratio; where only one reaches, it is infinite
    (Ford's condition for comparisons in pairs).
    """
    g = n.shape[0]
    reaches = np.zeros((r, g, g), dtype=bool)
    for a in range(g):
        for b in range(g):
            seen = np.bincount(resample, (d[a] > 0) & (n[b] > 0), r)
            reaches[:, a, b] = (seen > 0) | (a == b)
    for over in range(g):
        reaches |= reaches[:, :, over, np.newaxis] & reaches[:, np.newaxis, over, :]
    return reaches


def _as_ties(n: Copies, d: Copies, resample: Indices, r: int) -> _Ties:
    tied = d.sum(axis=0)
    step_at = np.repeat(np.arange(tied.size), tied)
    within = np.arange(step_at.size) - np.repeat(np.cumsum(tied) - tied, tied)
    own, begins = np.unique(resample[step_at], return_index=True)
    events = np.stack([np.bincount(resample, one, r).astype(float) for one in d])
    return _Ties(
        own, begins, resample, step_at, n.astype(float), d.astype(float),
        within / tied[step_at], events,
    )  # fmt: skip


def _evaluate(values: Floats, ties: _Ties) -> tuple[Floats, Floats, Floats]:
    """Log-likelihood (r,), score (r, g) and information (r, g, g) of each resample."""
    r, g = values.shape
    risk = np.exp(values).T[:, ties.resample]
    left = (risk * ties.at_risk)[:, ties.step_at]
    left -= ties.share * (risk * ties.happened)[:, ties.step_at]
    total = left[0].copy()
    for one in left[1:]:
        total += one
    left /= total
    value, score = np.zeros(r), np.zeros((r, g))
    information = np.zeros((r, g, g))
    value[ties.own] = -np.add.reduceat(np.log(total), ties.begins)
    for a in range(g):
        value += np.where(ties.events[a] > 0, ties.events[a] * values[:, a], 0.0)
        expected = np.add.reduceat(left[a], ties.begins)
        score[:, a] = ties.events[a]
        score[ties.own, a] -= expected
        information[ties.own, a, a] += expected
        for b in range(a + 1):
            both = np.add.reduceat(left[a] * left[b], ties.begins)
            information[ties.own, a, b] -= both
            if b < a:
                information[ties.own, b, a] -= both
    return value, score, information


def _climb(ties: _Ties, start: Floats, base: Indices) -> tuple[Floats, Booleans]:
    """Newton's method with step-halving for all resamples at once; each stops for itself."""
    values, active = start.copy(), np.ones(len(start), dtype=bool)
    arrived = active.copy()
    if not ties.step_at.size:
        return values, arrived
    here = _evaluate(values, ties)
    for _ in range(ITERATIONS):
        step, decrement = _newton_steps(here[1], here[2], base)
        last = active & (decrement <= CLOSE)
        values[last] += step[last]
        active &= ~last
        if not active.any():
            return values, arrived
        step[~active] = 0.0
        waiting = active.copy()
        for _ in range(HALVINGS):
            there = _evaluate(values + step, ties)
            slack = 1e-12 * (np.abs(here[0]) + 1.0)
            higher = waiting & (there[0] >= here[0] - slack)
            values[higher] += step[higher]
            for mine, theirs in zip(here, there, strict=True):
                mine[higher] = theirs[higher]
            waiting &= ~higher
            if not waiting.any():
                break
            step[waiting] *= 0.5
            step[~waiting] = 0.0
        arrived[waiting] = decrement[waiting] <= ARRIVED
        active &= ~waiting
    arrived[active] = False
    return values, arrived


def _newton_steps(score: Floats, information: Floats, base: Indices) -> tuple[Floats, Floats]:
    """Steps (r, g) and decrements (r,); the first group of those compared stays at 0."""
    g = score.shape[1]
    fixed = base == np.arange(g)
    score = np.where(fixed, 0.0, score)
    information = np.where(fixed[:, :, np.newaxis] | fixed[:, np.newaxis], 0.0, information)
    information[:, np.arange(g), np.arange(g)] += np.where(fixed, 1.0, 1e-300)
    step = np.linalg.solve(information, score[:, :, np.newaxis])[:, :, 0]
    decrement = (step * score).sum(axis=1)
    largest = np.abs(step).max(axis=1, initial=LONGEST)
    return step * (LONGEST / largest)[:, np.newaxis], decrement


# --- curves -------------------------------------------------------------------------------------


def _read_curves(
    at_risk: Copies, happened: Copies, ended: Copies, model: SortedGroups
) -> tuple[Floats, Floats, Floats, Floats]:
    """Medians (r, g), restricted means (r, g), survival (r, g, a) and ends (r, g)."""
    some = at_risk > 0
    share = np.where(some, (at_risk - happened) / np.maximum(at_risk, 1), 1.0)
    survival = np.cumprod(share, axis=2, dtype=np.float64)
    last = model.times.size - 1 - np.argmax(ended[:, :, ::-1] > 0, axis=2)
    ends = np.where(survival[:, :, -1] > 0, model.times[last], np.inf)
    before = np.concatenate([np.ones((*survival.shape[:2], 1)), survival], axis=2)
    clipped = np.clip(model.times, model.start, model.tau)
    width = np.diff(clipped, prepend=model.start, append=model.tau)
    mean = np.zeros(ends.shape)
    for j in range(width.size):  # one after another, as the twin adds them up
        mean += before[:, :, j] * width[j]
    read = before[:, :, np.searchsorted(model.times, model.at, side="right")]
    return _medians(survival, happened, last, model.times), mean, read, ends


def _medians(survival: Floats, happened: Copies, last: Indices, times: Floats) -> Floats:
    """First time with half the events, the middle of a flat step at exactly half (as R does)."""
    risen = np.where(happened > 0, 1.0 - survival, -1.0)
    reached = risen >= HALF - SAME_SHARE
    passed = risen > HALF + SAME_SHARE
    first, second = np.argmax(reached, axis=2), np.argmax(passed, axis=2)
    flat = np.where(passed.any(axis=2), times[second], times[last])
    at = times[first]
    exact = np.abs(np.take_along_axis(risen, first[:, :, np.newaxis], 2)[:, :, 0] - HALF)
    median = np.where(exact <= SAME_SHARE, (at + flat) / 2.0, at)
    return np.where(reached.any(axis=2), median, np.inf)
