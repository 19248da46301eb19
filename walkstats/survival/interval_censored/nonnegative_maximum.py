"""Where is a concave log-likelihood largest when nothing may be negative? Newton's method.

Each step maximises the quadratic approximation under the bounds; places without mass leave the free
set at exactly zero and come back when the slope there turns positive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Keeps directions without curvature from running off; too small to move what has some.
RIDGE = 1e-10
# Below this share of the largest, a slope or a value is rounding.
ROUNDING = 1e-13
# A first guess: what slopes down more than this is on its way to zero.
STEEP = 0.01
HALVINGS = 50
MOST_STEPS = 100


@dataclass(frozen=True, eq=False)
class BoundedMaximum:
    """Where the search ended.

    Attributes
    ----------
    values : (m,)
        At least zero, many exactly so.
    log_likelihood : float
    slope : (m,)
    information : (m, m)
        Minus the second derivatives.
    gap : float
        How far the conditions of a maximum (Karush, Kuhn, Tucker) are from being met: the largest
        slope, or the largest departure from zero of a slope where the value is positive.
    """

    values: Floats
    log_likelihood: float
    slope: Floats
    information: Floats
    gap: float


def maximise_nonnegative(
    evaluate: Callable[[Floats], tuple[float, Floats, Floats]], start: Floats, *, tight: float
) -> BoundedMaximum:
    """Maximise a concave function of values that may not be negative.

    Parameters
    ----------
    evaluate : callable
        Values (m,) -> log-likelihood, slope (m,), information (m, m).
    start : (m,)
        With a finite log-likelihood.
    tight : float
        The gap at which to stop. The search goes on until then, or until it no longer climbs.

    Returns
    -------
    BoundedMaximum
    """
    values = np.array(start, dtype=np.float64)
    here = evaluate(values)
    best = _ended(values, here)
    for _ in range(MOST_STEPS):
        if best.gap <= tight or values.size == 0:
            break
        aim = _best_under_bounds(here[2], here[1], values)
        there = _climb(evaluate, values, aim, here)
        if there is None:
            break
        values, here = there
        reached = _ended(values, here)
        if reached.gap > 0.5 * best.gap and reached.gap < 1e3 * tight:
            best = min(best, reached, key=lambda one: one.gap)
            break
        best = reached
    return best


def _ended(values: Floats, here: tuple[float, Floats, Floats]) -> BoundedMaximum:
    value, slope, information = here
    off = np.where(values > 0, np.abs(slope), slope)
    return BoundedMaximum(values, value, slope, information, float(off.max(initial=0.0)))


def _climb(
    evaluate: Callable[[Floats], tuple[float, Floats, Floats]],
    values: Floats,
    aim: Floats,
    here: tuple[float, Floats, Floats],
) -> tuple[Floats, tuple[float, Floats, Floats]] | None:
    """Go to the aim, or the largest half of a half of the way that does not lead down."""
    slack = 1e-13 * (abs(here[0]) + 1.0)
    for halving in range(HALVINGS):
        share = 0.5**halving
        point = aim if halving == 0 else values + share * (aim - values)
        there = evaluate(point)
        if np.isfinite(there[0]) and there[0] >= here[0] - slack:
            return point, there
    return None


def _best_under_bounds(information: Floats, slope: Floats, values: Floats) -> Floats:
    """Maximise the quadratic approximation at the values, by exchanging bound and free ones.

    All that contradict their side change it at once; where that stops helping, one by one (Judice
    and Pires 1994, https://doi.org/10.1016/0305-0548(94)90106-6).
    """
    scale = np.sqrt(np.maximum(np.diag(information), 0.0))
    scale[scale == 0.0] = 1.0
    matrix = information / np.outer(scale, scale)
    matrix[np.diag_indices_from(matrix)] += RIDGE
    target = slope / scale + matrix @ (values * scale)
    free = (slope > -STEEP) & ((values > 0) | (slope > 0))
    fewest, patience = values.size + 1, 3
    found = np.zeros_like(target)
    for _ in range(20 * values.size + 20):
        found = np.zeros_like(target)
        found[free] = np.linalg.solve(matrix[np.ix_(free, free)], target[free])
        rest = target - matrix @ found
        small = ROUNDING * max(float(np.abs(target).max()), 1e-300)
        wrong = np.flatnonzero((free & (found < 0.0)) | (~free & (rest > small)))
        if wrong.size == 0:
            break
        if wrong.size < fewest:
            fewest, patience = wrong.size, 3
        elif patience > 0:
            patience -= 1
        else:
            wrong = wrong[-1:]
        free[wrong] = ~free[wrong]
    return np.maximum(found, 0.0) / scale
