"""Where is a deviance smallest, and did the search get there? Newton with curvature made positive.

A deviance is not convex far from its minimum, and flat where a variance is 0: curvatures enter by
their size, so that a step always goes down, and a direction without any slope stays put.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# The decrement, gradient' |Hessian|^-1 gradient, is what a step may still gain (twice over), in
# units of the deviance: below TIGHT estimates are good to 9 digits of a standard error.
TIGHT = 1e-18
CLOSE = 1e-9
FLATTEST = 1e-9
LONGEST = 2.0
RIDGE = 1e-6
HALVINGS = 30
# A deviance is the same at L and -L: a step that only leads to the other side is no progress.
PART = 1e-4
STEPS = 100


@dataclass(frozen=True)
class Valley:
    """Where the search ended.

    Attributes
    ----------
    values : (m,) array
    at : object
        What ``evaluate`` gave there; has deviance, gradient, hessian.
    decrement : float
        The scaled gradient, squared.
    converged : bool
    steps : int
    """

    values: Floats
    at: Any
    decrement: float
    converged: bool
    steps: int


def descend(evaluate: Callable[[Floats], Any], start: Floats) -> Valley:
    """Search the minimum of a deviance from a starting point.

    Parameters
    ----------
    evaluate : callable
        Parameters (m,) -> an object with deviance, gradient (m,), hessian (m, m).
    start : (m,) array

    Returns
    -------
    Valley
    """
    values = np.array(start, dtype=float)
    here = evaluate(values)
    before, steps = np.inf, 0
    while True:
        step, decrement = _downhill(here.gradient, here.hessian)
        if decrement <= TIGHT or (decrement <= CLOSE and decrement >= 0.25 * before):
            aside = _off_the_ridge(here.hessian)
            if aside is None or steps >= STEPS:
                return Valley(values, here, decrement, True, steps)
            values = values + aside
            here, before, steps = evaluate(values), np.inf, steps + 1
            continue
        if steps >= STEPS or not np.isfinite(decrement):
            return Valley(values, here, decrement, False, steps)
        size, room = float(np.linalg.norm(step)), LONGEST * (1.0 + float(np.linalg.norm(values)))
        there = _lower(evaluate, values, step * min(1.0, room / size), here)
        if there is None:
            return Valley(values, here, decrement, decrement <= CLOSE, steps)
        values, here = there
        before, steps = decrement, steps + 1


def _downhill(gradient: Floats, hessian: Floats) -> tuple[Floats, float]:
    """Newton's step with curvatures by their size, and what it may gain."""
    if not (np.all(np.isfinite(gradient)) and np.all(np.isfinite(hessian))):
        return np.zeros_like(gradient), np.nan
    if not len(gradient):
        return gradient, 0.0
    roots, vectors = np.linalg.eigh(hessian)
    sizes = np.maximum(np.abs(roots), FLATTEST * max(1.0, float(np.abs(roots).max())))
    slopes = vectors.T @ gradient
    return -vectors @ (slopes / sizes), float(slopes @ (slopes / sizes))


def _off_the_ridge(hessian: Floats) -> Floats | None:
    """A short way along which the deviance falls to both sides, where there is one."""
    if not len(hessian):
        return None
    roots, vectors = np.linalg.eigh(hessian)
    if roots[0] >= -RIDGE * max(1.0, float(roots[-1])):
        return None
    return np.asarray(0.1 * vectors[:, 0])


def _lower(
    evaluate: Callable[[Floats], Any], values: Floats, step: Floats, here: Any
) -> tuple[Floats, Any] | None:
    """The first half of a half of the step that goes down as its slope promises, in small part."""
    slack = 1e-13 * (abs(here.deviance) + 1.0)
    promise = PART * float(here.gradient @ step)
    for halving in range(HALVINGS):
        share = 0.5**halving
        there = values + step * share
        found = evaluate(there)
        if (
            np.isfinite(found.deviance)
            and found.deviance <= here.deviance + share * promise + slack
        ):
            return there, found
    return None
