"""Cox's partial likelihood in compiled loops, as in ``survival``.

The arguments are those of the numpy forms; what they mean and where the formulas come from is told
in ``walkstats.survival.partial_likelihood`` and ``risk_set_sums``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from walkstats.fast.segments import (
    LOOSE,
    PIECE,
    TOO_LARGE,
    cut_segments,
    end_of_time,
    fill_risks,
    keeps_digits,
    largest_part,
    sum_at_risk,
    sum_products,
    sum_segments,
)

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def evaluate(beta: Floats, model: Any) -> tuple[float, Floats, Floats] | None:
    """Log-likelihood, score and information; None where digits would be lost."""
    value, score, information, exact = _evaluate(np.array(beta, dtype=np.float64), *arrays(model))
    return (value, score, information) if exact else None


def arrays(model: Any) -> tuple[Any, ...]:
    """What the compiled loops read of the sorted covariates."""
    sets = model.risk_sets
    return (
        model.columns,
        np.empty(0) if model.offset is None else model.offset,
        model.mass,
        model.event_mass,
        sets.bounds,
        np.empty(0, dtype=np.intp) if model.first is None else model.first,
        sets.stratum_bounds,
        sets.n_event,
        sets.tied,
        model.ties == "efron",
    )


@njit(cache=True, nogil=True)
def _evaluate(
    beta: Floats,
    columns: Floats,
    offset: Floats,
    mass: Floats,
    event_mass: Floats,
    bounds: Indices,
    first: Indices,
    stratum_bounds: Indices,
    n_event: Floats,
    tied: Indices,
    efron: bool,
) -> tuple[float, Floats, Floats, bool]:
    rows = columns, offset, mass, event_mass, first
    times = stratum_bounds, n_event, tied
    return evaluate_segments(
        beta, rows, times, efron, cut_segments(bounds, first, event_mass), np.empty((2, mass.size))
    )


@njit(cache=True, nogil=True)
def evaluate_segments(
    beta: Floats, rows: Any, times: Any, efron: bool, segments: Any, room: Floats
) -> tuple[float, Floats, Floats, bool]:
    """Evaluate where segments are cut already, in (2, n) numbers of room."""
    columns, offset, mass, event_mass, first = rows
    stratum_bounds, _, tied = times
    begins, time = segments
    k, m = columns.shape[0], tied.size
    score, information = np.zeros(k), np.zeros((k, k))
    eta, risk = room[0], room[1]
    shift, exact = fill_risks(beta, columns, offset, mass, eta, risk)
    if not exact:
        return 0.0, score, information, False
    sums = sum_segments(risk, columns, begins)
    total = sum_at_risk(sums, begins, time, first, stratum_bounds, m)
    if not keeps_digits(total, tied, first):
        return 0.0, score, information, False
    least = 2 if efron else m + mass.size
    log, largest = _expect(
        sums, total, shift, risk, event_mass, first, times, segments, least, information
    )
    add_moments(columns, event_mass, risk, score, information)
    return sum_products(event_mass, eta) + log, score, information, largest <= TOO_LARGE


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _add_means(means: Floats, weight: Floats, used: int, information: Floats) -> None:
    """Add means' diag(weight) means to the lower triangle, and clear the first ones used."""
    moved = np.empty(used)
    for a in range(information.shape[0]):
        for i in range(used):
            moved[i] = weight[i] * means[a, i]
        for b in range(a + 1):
            information[a, b] += sum_products(moved, means[b, :used])
    for a in range(information.shape[0]):
        for i in range(used):
            means[a, i] = 0.0


@njit(cache=True, nogil=True)
def _expect(
    sums: Floats,
    total: Floats,
    shift: float,
    risk: Floats,
    event_mass: Floats,
    first: Indices,
    times: Any,
    segments: Any,
    least: int,
    information: Floats,
) -> tuple[float, float]:
    """Turn the risk of each row into its expected events; take the means off the information.

    Returned are the part of the log-likelihood that risk sets have, and the largest hazard of a row
    before it came under risk, whose difference to the later hazard is taken.
    """
    stratum_bounds, n_event, tied = times
    begins, time = segments
    k, m = information.shape[0], tied.size
    hazard, events = np.zeros(m + 1), np.empty(1 + k)
    # Means wait here until there are enough of them for a sum of products.
    means, weight, used = np.zeros((k, PIECE)), np.zeros(PIECE), 0
    value, largest = 0.0, 0.0
    stratum, s = 0, 0
    for j in range(m):
        while j >= stratum_bounds[stratum + 1]:
            stratum += 1
        d, here, s = tied[j], s, end_of_time(time, j, s)
        taken = 0.0
        origin = stratum_bounds[stratum]
        hazard[j + 1] = hazard[j] if j > origin else 0.0
        if d > 0:
            inverse = 1.0 / total[j, 0]
            each, whole, square = n_event[j], 1.0, 1.0
            value += each * (np.log(inverse) - shift)
            if d >= least:
                add_events(sums, event_mass, begins, here, s, events)
                each /= d
                whole, square, spared, cross, both, log = step_sums(d, events[0] * inverse)
                value += each * log
                taken = each * spared * inverse
                # Not inverse squared, which may be too large a number.
                for a in range(k):
                    means[a, used] = events[1 + a] * inverse
                    means[a, used + 1] = -means[a, used] * (cross / square)
                weight[used] = each * (cross * cross / square - both)
                used += 1
            hazard[j + 1] += each * whole * inverse
            for a in range(k):
                means[a, used] += total[j, 1 + a] * inverse
            weight[used] = -each * square
            used += 1
            if used > PIECE - 2:
                _add_means(means, weight, used, information)
                used = 0
        spent = hazard[j + 1], taken
        part = _spend(spent, hazard, sums, risk, event_mass, first, begins, here, s, origin)
        largest = max(largest, part)
    _add_means(means, weight, used, information)
    return value, largest


@njit(cache=True, nogil=True)
def _spend(
    spent: tuple[float, float],
    hazard: Floats,
    sums: Floats,
    risk: Floats,
    event_mass: Floats,
    first: Indices,
    begins: Indices,
    here: int,
    end: int,
    origin: int,
) -> float:
    """Multiply the risks of the segments of a time by the hazard while they were at risk."""
    largest = 0.0
    for s in range(here, end):
        begin, limit = max(begins[s], 0), begins[s + 1]
        own = spent[0] - (spent[1] if event_mass[begin] > 0.0 else 0.0)
        if first.size > 0 and first[begin] > origin:
            begun = hazard[first[begin]]
            own -= begun
            largest = max(largest, largest_part(sums[s, 0], risk[begin:limit], begun))
        for i in range(begin, limit):
            risk[i] *= own
    return largest


@njit(cache=True, nogil=True)
def add_events(
    sums: Floats, event_mass: Floats, begins: Indices, here: int, end: int, events: Floats
) -> None:
    """Sum the segments of one time that have the event."""
    # By a loop: an assignment to a whole array takes long to compile.
    for a in range(events.size):
        events[a] = 0.0
    for s in range(here, end):
        if event_mass[begins[s]] > 0.0:
            for a in range(events.size):
                events[a] += sums[s, a]


@njit(cache=True, nogil=True)
def step_sums(d: int, share: float) -> tuple[float, float, float, float, float, float]:
    """Sums over Efron's steps of u, u^2, f u, f u^2, f^2 u^2, and of log u (see ``Steps``)."""
    taken = 0.0
    both = 0.0
    log = 0.0
    product = 1.0
    inverse = 1.0 / d
    for step in range(1, d):
        left = d - step * share
        part = step / left
        taken += part
        both += part * part
        product *= left * inverse
        if product < 1e-280:
            log -= np.log(product)
            product = 1.0
    cross = taken + share * both
    whole = d + share * taken
    return whole, whole + share * cross, taken, cross, both, log - np.log(product)


@njit(cache=True, nogil=True, fastmath=LOOSE)
def add_moments(
    columns: Floats, event_mass: Floats, expected: Floats, score: Floats, information: Floats
) -> None:
    """Add X' (events - expected) to the score and X' diag(expected) X to the information."""
    k, n = columns.shape
    weight = np.empty(PIECE)
    # Slices that start at 0 let the compiler add several terms at once.
    for begin in range(0, n, PIECE):
        end = min(begin + PIECE, n)
        happened, hazard = event_mass[begin:end], expected[begin:end]
        for a in range(k):
            left = columns[a, begin:end]
            moved = 0.0
            for i in range(left.size):
                moved += left[i] * (happened[i] - hazard[i])
                weight[i] = hazard[i] * left[i]
            score[a] += moved
            for b in range(a + 1):
                information[a, b] += sum_products(weight[: end - begin], columns[b, begin:end])
    for a in range(k):
        for b in range(a):
            information[b, a] = information[a, b]
