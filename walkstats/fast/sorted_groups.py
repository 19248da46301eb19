"""What one resample says of each group, in compiled loops, as in ``resampling.sorted_groups``.

One resample after another, without the interpreter's lock, so that threads share the work.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

CLOSE, ARRIVED = 1e-12, 1e-7
ITERATIONS, HALVINGS, LONGEST = 60, 40, 10.0
HALF = 0.5
SAME_SHARE = float(np.sqrt(np.finfo(float).eps))


def compare_resamples(copies: NDArray[np.int64], model: Any) -> tuple[NDArray[Any], ...]:
    """Log ratios, medians, restricted means, survival, ends, and whether the search arrived."""
    r, g = copies.shape[0], model.groups
    found = (
        np.empty((r, g)),
        np.empty((r, g)),
        np.empty((r, g)),
        np.empty((r, g, model.at.size)),
        np.empty((r, g)),
        np.empty(r, dtype=np.bool_),
    )
    _compare(
        copies, model.group, model.last, model.first, model.event, model.stratum_bounds,
        model.times, model.place, model.first_place, model.start, model.tau,
        np.searchsorted(model.times, model.at, side="right"), model.warm, found,
    )  # fmt: skip
    return found


@njit(cache=True, nogil=True)
def _compare(
    copies: Any, group: Indices, last: Indices, first: Indices, event: Any, bounds: Indices,
    times: Floats, place: Indices, first_place: Indices, start: float, tau: float,
    at_place: Indices, warm: Floats, found: Any,
) -> None:  # fmt: skip
    log_ratio, median, mean, survival, ends, arrived = found
    g, m, q = warm.size, place.size, times.size
    pooled = bounds.size > 2
    ended, happened, at_risk = np.empty((g, m)), np.empty((g, m)), np.empty((g, m))
    by_time, events, exposed = ended, happened, at_risk
    if pooled:
        by_time, events, exposed = np.empty((g, q)), np.empty((g, q)), np.empty((g, q))
    whole = np.empty(2, dtype=np.intp)
    whole[0], whole[1] = 0, q
    for r in range(copies.shape[0]):
        _count(copies[r], group, last, first, event, ended, happened)
        _expose(copies[r], group, first, last, first, bounds, ended, at_risk)
        arrived[r] = _log_ratios(at_risk, happened, warm, log_ratio[r])
        if pooled:
            _pool(ended, happened, place, by_time, events)
            _expose(copies[r], group, first, last, first_place, whole, by_time, exposed)
        _read(by_time, events, exposed, times, start, tau, at_place, median[r], mean[r],
              survival[r], ends[r])  # fmt: skip


# Arrays are copied by loops: an assignment of one array to another takes seconds to compile.

# --- counts -------------------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def _count(
    copies: Any, group: Indices, last: Indices, first: Indices, event: Any, ended: Floats,
    happened: Floats,
) -> None:  # fmt: skip
    ended[:] = 0.0
    happened[:] = 0.0
    # No branch on copies or events, which no processor can foretell.
    for i in range(copies.size):
        here = copies[i] * (first.size == 0 or first[i] <= last[i])
        ended[group[i], last[i]] += here
        happened[group[i], last[i]] += here * event[i]


@njit(cache=True, nogil=True)
def _pool(ended: Floats, happened: Floats, place: Indices, by_time: Floats, events: Floats) -> None:
    """Counts by pair of stratum and time as counts by time."""
    by_time[:] = 0.0
    events[:] = 0.0
    for a in range(ended.shape[0]):
        for j in range(place.size):
            by_time[a, place[j]] += ended[a, j]
            events[a, place[j]] += happened[a, j]


@njit(cache=True, nogil=True)
def _expose(
    copies: Any, group: Indices, first: Indices, last: Indices, enters: Indices, bounds: Indices,
    ended: Floats, at_risk: Floats,
) -> None:  # fmt: skip
    """Who is at risk at each index, running backwards within each stratum."""
    for a in range(ended.shape[0]):
        for j in range(ended.shape[1]):
            at_risk[a, j] = ended[a, j]
    for i in range(first.size):
        if first[i] <= last[i] and enters[i] > 0:
            at_risk[group[i], enters[i] - 1] -= copies[i]
    for s in range(bounds.size - 1):
        end = bounds[s + 1]
        for a in range(ended.shape[0]):
            if end > bounds[s]:
                # What enters at the next index enters another stratum.
                at_risk[a, end - 1] = ended[a, end - 1]
            for j in range(end - 2, bounds[s] - 1, -1):
                at_risk[a, j] += at_risk[a, j + 1]


# --- hazard ratios ------------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def _log_ratios(at_risk: Floats, happened: Floats, warm: Floats, out: Floats) -> bool:
    g, m = happened.shape
    n, d, tied = np.empty((m, g)), np.empty((m, g)), np.empty(m)
    reaches = np.zeros((g, g), dtype=np.bool_)
    for a in range(g):
        reaches[a, a] = True
    kept = _list_events(at_risk, happened, n, d, tied, reaches)
    base = _first_comparable(reaches)
    kept = _keep_comparable(n, d, tied, kept, base)
    for a in range(g):
        out[a] = warm[a] - warm[base[a]]
    arrived = _climb(n[:kept], d[:kept], tied[:kept], base, out)
    for a in range(g):
        above, below = reaches[a, 0], reaches[0, a]
        if not (above and below):
            out[a] = np.inf if above else (-np.inf if below else np.nan)
    return arrived


@njit(cache=True, nogil=True)
def _list_events(
    at_risk: Floats, happened: Floats, n: Floats, d: Floats, tied: Floats, reaches: Any
) -> int:
    """Lay pairs with events out one after another; which group had one beside which other?"""
    g, m = happened.shape
    kept = 0
    for j in range(m):
        tied[kept] = 0.0
        for a in range(g):
            tied[kept] += happened[a, j]
        if tied[kept] == 0.0:
            continue
        for a in range(g):
            n[kept, a], d[kept, a] = at_risk[a, j], happened[a, j]
            for b in range(g):
                reaches[a, b] |= happened[a, j] > 0.0 and at_risk[b, j] > 0.0
        kept += 1
    return kept


@njit(cache=True, nogil=True)
def _first_comparable(reaches: Any) -> Indices:
    """Join what reaches by others, and find the first group to which each has a finite ratio."""
    g = reaches.shape[0]
    for over in range(g):
        for a in range(g):
            for b in range(g):
                reaches[a, b] |= reaches[a, over] and reaches[over, b]
    base = np.empty(g, dtype=np.intp)
    for a in range(g):
        b = 0
        while not (reaches[a, b] and reaches[b, a]):
            b += 1
        base[a] = b
    return base


@njit(cache=True, nogil=True)
def _keep_comparable(n: Floats, d: Floats, tied: Floats, kept: int, base: Indices) -> int:
    """Leave groups beyond comparison out, and pairs with a single group; returns what is left."""
    k = 0
    for e in range(kept):
        own = 0
        while d[e, own] == 0.0:
            own += 1
        several = 0
        for a in range(base.size):
            n[k, a] = n[e, a] if base[a] == base[own] else 0.0
            d[k, a] = d[e, a]
            several += n[k, a] > 0.0
        tied[k] = tied[e]
        k += several > 1
    return k


@njit(cache=True, nogil=True)
def _evaluate(
    values: Floats, n: Floats, d: Floats, tied: Floats, events: Floats, base: Indices,
    score: Floats, information: Floats,
) -> float:  # fmt: skip
    """Log-likelihood, score (g,) and lower triangle of the information (g, g)."""
    g = values.size
    if g == 2:
        found = _evaluate_two(values[1], n, d, tied, events[1])
        score[1], information[1, 1] = found[1], found[2]
        return found[0]
    risk = np.exp(values)
    exposed, leaving, part = np.empty(g), np.empty(g), np.zeros(g)
    value, product = 0.0, 1.0
    information[:] = 0.0
    for a in range(g):
        score[a] = events[a]
        value += events[a] * values[a]
    for e in range(tied.size):
        whole, tie = 0.0, 0.0
        for a in range(g):
            exposed[a], leaving[a] = risk[a] * n[e, a], risk[a] * d[e, a]
            whole += exposed[a]
            tie += leaving[a]
        for step in range(int(tied[e])):
            share = step / tied[e] if step > 0 else 0.0
            total = whole - share * tie
            product *= total
            if not 1e-250 < product < 1e250:
                value -= np.log(product)
                product = 1.0
            inverse = 1.0 / total
            for a in range(g):
                if base[a] == a:
                    continue
                part[a] = (exposed[a] - share * leaving[a]) * inverse
                score[a] -= part[a]
                information[a, a] += part[a]
                for b in range(a + 1):
                    information[a, b] -= part[a] * part[b]
    return value - np.log(product)


@njit(cache=True, nogil=True)
def _evaluate_two(
    value: float, n: Floats, d: Floats, tied: Floats, events: float
) -> tuple[float, float, float]:
    """The same for two groups, in plain numbers: three times as fast."""
    risk = np.exp(value)
    logs, product = 0.0, 1.0
    score, information = events, 0.0
    for e in range(tied.size):
        exposed, leaving = risk * n[e, 1], risk * d[e, 1]
        whole, tie = n[e, 0] + exposed, d[e, 0] + leaving
        fraction = 1.0 / tied[e]
        for step in range(int(tied[e])):
            share = step * fraction
            total = whole - share * tie
            part = (exposed - share * leaving) / total
            score -= part
            information += part - part * part
            product *= total
            if not 1e-250 < product < 1e250:
                logs += np.log(product)
                product = 1.0
    return events * value - logs - np.log(product), score, information


@njit(cache=True, nogil=True)
def _climb(n: Floats, d: Floats, tied: Floats, base: Indices, values: Floats) -> bool:
    """Newton's method with step-halving; values (g,) are moved to the maximum."""
    g = values.size
    if tied.size == 0:
        return True
    events, score, information = _sum_events(d), np.empty(g), np.empty((g, g))
    step, there, factor = np.zeros(g), np.empty(g), np.empty((g, g))
    here, decrement, halvings = -np.inf, np.inf, 0
    for _ in range(ITERATIONS + HALVINGS):
        for a in range(g):
            there[a] = values[a] + step[a]
        height = _evaluate(there, n, d, tied, events, base, score, information)
        if not height >= here - 1e-12 * (abs(here) + 1.0):
            halvings += 1
            if halvings == HALVINGS:
                break
            _halve(step)
            continue
        for a in range(g):
            values[a] = there[a]
        here, halvings = height, 0
        decrement = _newton_step(score, information, base, factor, step)
        if decrement <= CLOSE:
            for a in range(g):
                values[a] += step[a]
            return True
    return decrement <= ARRIVED


@njit(cache=True, nogil=True)
def _halve(step: Floats) -> None:
    for a in range(step.size):
        step[a] *= 0.5


@njit(cache=True, nogil=True)
def _sum_events(d: Floats) -> Floats:
    events = np.zeros(d.shape[1])
    for e in range(d.shape[0]):
        for a in range(d.shape[1]):
            events[a] += d[e, a]
    return events


@njit(cache=True, nogil=True)
def _newton_step(
    score: Floats, information: Floats, base: Indices, factor: Floats, step: Floats
) -> float:
    """Solve information x step = score by Cholesky's factors; returns the decrement.

    The first group of those compared stays at 0; no step is longer than LONGEST.
    """
    g = score.size
    _factorise(information, base, factor)
    for a in range(g):
        total = 0.0 if base[a] == a else score[a]
        for c in range(a):
            total -= factor[a, c] * step[c]
        step[a] = total / factor[a, a]
    for a in range(g - 1, -1, -1):
        total = step[a]
        for c in range(a + 1, g):
            total -= factor[c, a] * step[c]
        step[a] = total / factor[a, a]
    decrement, largest = 0.0, LONGEST
    for a in range(g):
        decrement += step[a] * score[a] if base[a] != a else 0.0
        largest = max(largest, abs(step[a]))
    for a in range(g):
        step[a] *= LONGEST / largest
    return decrement


@njit(cache=True, nogil=True)
def _factorise(information: Floats, base: Indices, factor: Floats) -> None:
    """Cholesky's factor (g, g) from the lower triangle, the identity for groups that stay."""
    for a in range(information.shape[0]):
        for b in range(a + 1):
            if base[a] == a or base[b] == b:
                factor[a, b] = 1.0 if a == b else 0.0
                continue
            total = information[a, b]
            for c in range(b):
                total -= factor[a, c] * factor[b, c]
            factor[a, b] = np.sqrt(max(total, 1e-300)) if a == b else total / factor[b, b]


# --- curves -------------------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def _read(
    ended: Floats, happened: Floats, at_risk: Floats, times: Floats, start: float, tau: float,
    at_place: Indices, median: Floats, mean: Floats, survival: Floats, ends: Floats,
) -> None:  # fmt: skip
    """Read median, restricted mean, survival and end off the curve of each group."""
    g, q = happened.shape
    curve = np.empty(q + 1)
    for a in range(g):
        curve[0] = 1.0
        end, begun, area = times[0], start, 0.0
        half, passed, exact = np.inf, np.inf, False
        for j in range(q):
            curve[j + 1] = curve[j]
            if ended[a, j] > 0.0:
                end = times[j]
            clipped = min(max(times[j], start), tau)
            area += curve[j] * (clipped - begun)
            begun = clipped
            if happened[a, j] == 0.0:
                continue
            curve[j + 1] = curve[j] * ((at_risk[a, j] - happened[a, j]) / at_risk[a, j])
            risen = 1.0 - curve[j + 1]
            if half == np.inf and risen >= HALF - SAME_SHARE:
                half = times[j]
                exact = abs(risen - HALF) <= SAME_SHARE
            if passed == np.inf and risen > HALF + SAME_SHARE:
                passed = times[j]
        mean[a] = area + curve[q] * (tau - begun)
        median[a] = half
        if exact:
            median[a] = (half + (passed if passed < np.inf else end)) / 2.0
        ends[a] = end if curve[q] > 0.0 else np.inf
        for k in range(at_place.size):
            survival[a, k] = curve[at_place[k]]
