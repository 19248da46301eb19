"""Where is a log-likelihood largest, and did the search get there? Newton's method, step-halving.

How it ended is part of the answer: "converged"; "infinite", when the likelihood keeps rising along
a direction that the caller recognises as unbounded; "not converged".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# The decrement, score' information^-1 score, is the squared distance to the maximum in standard
# errors. At TIGHT the next step could not be seen in the 10th digit; below CLOSE only rounding
# keeps it from falling further.
TIGHT = 1e-20
CLOSE = 1e-12
# From here on a long step may be no approach to a maximum but a rise without end.
FLAT = 1e-2
# Where rounding stops the climb this close, it has arrived.
ARRIVED = 1e-7
HALVINGS = 40


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where the search ended.

    Attributes
    ----------
    values : (k,)
    log_likelihood : float
    score : (k,)
    information : (k, k)
        All three at `values`.
    state : {"converged", "infinite", "not converged"}
    iterations : int
    step : (k,)
        The last Newton step; the direction of the infinite rise where there is one.
    """

    values: Floats
    log_likelihood: float
    score: Floats
    information: Floats
    state: str
    iterations: int
    step: Floats


def maximise(
    evaluate: Callable[[Floats], Any],
    start: Floats,
    *,
    first: Any = None,
    unbounded: Callable[[Floats], bool] | None = None,
    max_iterations: int = 60,
    tight: float = TIGHT,
    longest: float = np.inf,
) -> Maximum:
    """Maximise a concave log-likelihood.

    Parameters
    ----------
    evaluate : callable
        Coefficients (k,) -> log-likelihood, score (k,), information (k, k).
    start : (k,)
    first : tuple, optional
        ``evaluate(start)``, where it is known already.
    unbounded : callable, optional
        Whether the log-likelihood rises for ever along a direction (k,); asked only where it is
        flat and the steps stay long.
    max_iterations : int
    tight : float
        The decrement at which to stop.
    longest : float
        No coefficient moves further in one step, unless that at most doubles the largest. Where
        the log-likelihood is all but straight, Newton's step is beyond any halving.

    Returns
    -------
    Maximum

    Notes
    -----
    Converged means: the decrement score' information^-1 score is below 1e-20, or below 1e-12 and
    no longer falling for rounding. Score and information are those at the last estimate.
    """
    values = np.array(start, dtype=np.float64)
    here = evaluate(values) if first is None else first
    before, iterations, state, step = np.inf, 0, "not converged", np.zeros_like(values)
    while True:
        step = newton_step(here[2], here[1])
        decrement = float(step @ here[1])
        if decrement <= FLAT and unbounded is not None and unbounded(step):
            state = "infinite"
            break
        if decrement <= tight or (decrement <= CLOSE and decrement >= 0.25 * before):
            state = "converged"
            break
        if iterations >= max_iterations or not math.isfinite(decrement):
            break
        move, size = step, float(np.abs(step).max())
        if size > longest:
            move = step * min(1.0, max(longest, float(np.abs(values).max())) / size)
        there = _climb(evaluate, values, move, here[0])
        if there is None:
            state = "converged" if decrement <= ARRIVED else "not converged"
            break
        values, here = there
        before, iterations = decrement, iterations + 1
    return Maximum(values, float(here[0]), here[1], here[2], state, iterations, step)


def newton_step(information: Floats, score: Floats) -> Floats:
    """Solve information x step = score, scaled; directions without information stay put."""
    scale = np.sqrt(np.maximum(information.diagonal(), 0.0))
    scale[scale == 0.0] = 1.0
    scaled, slope = information / scale / scale[:, np.newaxis], score / scale
    try:
        step = np.linalg.solve(scaled, slope)
        if step @ slope >= 0.0:
            return step / scale
    except np.linalg.LinAlgError:
        pass
    if not np.all(np.isfinite(scaled)):
        return np.full_like(score, np.nan)
    roots, vectors = np.linalg.eigh(scaled)
    inverse = np.where(roots > 1e-13, 1.0 / np.maximum(roots, 1e-13), 0.0)
    # On a plain the scale is all but zero: a step that is not finite ends the search.
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        return vectors @ (inverse * (vectors.T @ slope)) / scale


def inverse_information(information: Floats) -> Floats:
    """Invert an information matrix, scaled to unit diagonal first: the covariance (k, k)."""
    scale = np.sqrt(information.diagonal())
    square = scale * scale[:, np.newaxis]
    inverse = np.linalg.inv(information / square) / square
    return (inverse + inverse.T) / 2.0


def _climb(
    evaluate: Callable[[Floats], Any], values: Floats, step: Floats, height: float
) -> tuple[Floats, Any] | None:
    """Take the step, or the largest half of a half of it that does not go down."""
    slack = 1e-12 * (abs(height) + 1.0)
    for halving in range(HALVINGS):
        there = values + step * 0.5**halving
        found = evaluate(there)
        if math.isfinite(found[0]) and found[0] >= height - slack:
            return there, found
    return None
