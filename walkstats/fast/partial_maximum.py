"""Newton's method on Cox's partial likelihood without a return to Python on the way.

The steps are those of ``numerics.newton``. Whatever is out of the ordinary is left to the numpy
form: digits that would be lost, an information that tells next to nothing along some direction,
steps so long that the likelihood may rise for ever.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from walkstats.fast.partial_likelihood import arrays, evaluate_segments
from walkstats.fast.segments import cut_segments
from walkstats.numerics.newton import ARRIVED, CLOSE, FLAT, HALVINGS, TIGHT, Maximum

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

# A pivot of the scaled information below this: numpy's form looks at its roots.
LEAST_PIVOT = 1e-8
MOST_ITERATIONS = 60
# How a search ended.
LEFT, CONVERGED, NOT_CONVERGED, RISEN = 0, 1, 2, 3


def climb(ground: Any, null: Any, far: float, longest: float) -> Maximum | None:
    """Maximise from zero; None where a question comes up that numpy's form has to answer."""
    reach = ground.basis * ground.reach[:, np.newaxis]
    value, score, information = null
    found = _climb(value, score, information, reach, far, longest, *arrays(ground.model))
    values, value, score, information, state, iterations, step = found
    if state == LEFT:
        return None
    said = "converged" if state == CONVERGED else "not converged"
    return Maximum(values, value, score, information, said, iterations, step)


@njit(cache=True, nogil=True)
def _climb(
    value: float,
    score: Floats,
    information: Floats,
    reach: Floats,
    far: float,
    longest: float,
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
) -> tuple[Floats, float, Floats, Floats, int, int, Floats]:
    data = (columns, offset, mass, event_mass, first), (stratum_bounds, n_event, tied), efron
    segments = cut_segments(bounds, first, event_mass)
    room = np.empty((2, mass.size))
    k = score.size
    values, step = np.zeros(k), np.empty(k)
    before, iterations, state = np.inf, 0, NOT_CONVERGED
    while True:
        if not _solve(information, score, step):
            state = LEFT
            break
        decrement = _along(step, score)
        if decrement <= FLAT and not _spread(reach, step) < far:
            state = LEFT
            break
        if decrement <= TIGHT or (decrement <= CLOSE and decrement >= 0.25 * before):
            state = CONVERGED
            break
        if iterations >= MOST_ITERATIONS or not np.isfinite(decrement):
            break
        size = _largest(step)
        part = 1.0
        if size > longest:
            part = min(1.0, max(longest, _largest(values)) / size)
        ended, value, score, information = _rise(
            values, step, part, (value, score, information), data, segments, room
        )
        if ended == NOT_CONVERGED and decrement <= ARRIVED:
            ended = CONVERGED
        if ended != RISEN:
            state = ended
            break
        before, iterations = decrement, iterations + 1
    return values, value, score, information, state, iterations, step


@njit(cache=True, nogil=True)
def _rise(
    values: Floats, step: Floats, part: float, here: Any, data: Any, segments: Any, room: Floats
) -> tuple[int, float, Floats, Floats]:
    """Take a part of a step, or the largest half of a half of it that does not go down."""
    value, score, information = here
    rows, times, efron = data
    slack = 1e-12 * (abs(value) + 1.0)
    there = np.empty(values.size)
    for _ in range(HALVINGS):
        for a in range(there.size):
            there[a] = values[a] + step[a] * part
        found, slope, curve, exact = evaluate_segments(there, rows, times, efron, segments, room)
        if not exact:
            return LEFT, value, score, information
        if np.isfinite(found) and found >= value - slack:
            for a in range(there.size):
                values[a] = there[a]
            return RISEN, found, slope, curve
        part *= 0.5
    return NOT_CONVERGED, value, score, information


@njit(cache=True, nogil=True)
def _solve(information: Floats, score: Floats, step: Floats) -> bool:
    """Solve information x step = score, scaled, by Cholesky's triangle; False where it is flat."""
    k = score.size
    triangle, scale = np.empty((k, k)), np.empty(k)
    if not _split(information, triangle, scale):
        return False
    for a in range(k):
        rest = score[a] / scale[a]
        for c in range(a):
            rest -= triangle[a, c] * step[c]
        step[a] = rest / triangle[a, a]
    for a in range(k - 1, -1, -1):
        rest = step[a]
        for c in range(a + 1, k):
            rest -= triangle[c, a] * step[c]
        step[a] = rest / triangle[a, a]
    for a in range(k):
        step[a] /= scale[a]
    return True


@njit(cache=True, nogil=True)
def _split(information: Floats, triangle: Floats, scale: Floats) -> bool:
    """Scale to unit diagonal and fill in Cholesky's triangle; False where that is flat."""
    for a in range(scale.size):
        scale[a] = np.sqrt(max(information[a, a], 0.0))
        if not scale[a] > 0.0:
            return False
        for b in range(a + 1):
            rest = information[a, b] / (scale[a] * scale[b])
            for c in range(b):
                rest -= triangle[a, c] * triangle[b, c]
            if b < a:
                triangle[a, b] = rest / triangle[b, b]
            elif rest > LEAST_PIVOT:
                triangle[a, a] = np.sqrt(rest)
            else:
                return False
    return True


@njit(cache=True, nogil=True)
def _along(left: Floats, right: Floats) -> float:
    total = 0.0
    for a in range(left.size):
        total += left[a] * right[a]
    return total


@njit(cache=True, nogil=True)
def _largest(values: Floats) -> float:
    largest = 0.0
    for a in range(values.size):
        largest = max(largest, abs(values[a]))
    return largest


@njit(cache=True, nogil=True)
def _spread(reach: Floats, step: Floats) -> float:
    """How far a step moves the predictors at most: `reach` (k, k) is basis x range of columns."""
    total = 0.0
    for a in range(reach.shape[0]):
        total += abs(_along(reach[a], step))
    return total
