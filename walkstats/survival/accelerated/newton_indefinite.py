"""How does Newton's method climb where a log-likelihood is not concave everywhere?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics.newton import Maximum, maximise

Floats = NDArray[np.float64]

# Below this share of the largest, curvature counts as none.
FLAT = 1e-10


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A log-likelihood, its score (p,), and its information (p, p), at some values."""

    value: float
    score: Floats
    information: Floats


def climb(
    evaluate: Callable[[Floats], Evaluation],
    start: Floats,
    *,
    unbounded: Callable[[Floats], bool] | None = None,
    longest: float = 5.0,
    max_iterations: int = 100,
) -> Maximum:
    """Maximise a log-likelihood that is concave around its maximum only.

    Parameters
    ----------
    evaluate : callable
        Values (p,) -> Evaluation.
    start : (p,)
    unbounded : callable, optional
        As for `walkstats.numerics.newton.maximise`.
    longest : float
        No parameter moves further in one step.
    max_iterations : int

    Returns
    -------
    Maximum
        With the information as it is at the last values. Where it is not positive definite there
        the state is "not converged".

    Notes
    -----
    Where the information has negative directions their sign is turned, so that each step goes up;
    close to a maximum nothing is turned and steps are Newton's.
    """
    seen: dict[bytes, Evaluation] = {}

    def turned(values: Floats) -> tuple[float, Floats, Floats]:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            here = evaluate(values)
        seen[values.tobytes()] = here
        if not (np.isfinite(here.value) and np.all(np.isfinite(here.information))):
            return -np.inf, here.score, np.eye(values.size)
        return here.value, here.score, _upwards(here.information)

    found = maximise(
        turned, start, unbounded=unbounded, longest=longest, max_iterations=max_iterations
    )
    last = seen[found.values.tobytes()]
    state = found.state
    if state == "converged" and not _definite(last.information):
        state = "not converged"
    return replace(found, information=last.information, state=state)


def _scaled(information: Floats) -> tuple[Floats, Floats]:
    scale = np.sqrt(np.abs(np.diag(information)))
    scale[scale == 0.0] = 1.0
    return information / np.outer(scale, scale), scale


def _definite(information: Floats) -> bool:
    scaled, _ = _scaled(information)
    return bool(information.size == 0 or np.linalg.eigvalsh(scaled)[0] > FLAT)


def _upwards(information: Floats) -> Floats:
    """The information itself, or with its negative directions turned."""
    scaled, scale = _scaled(information)
    try:
        np.linalg.cholesky(scaled)
        return information
    except np.linalg.LinAlgError:
        roots, vectors = np.linalg.eigh(scaled)
    lifted = (vectors * np.maximum(np.abs(roots), FLAT * np.abs(roots).max())) @ vectors.T
    with np.errstate(over="ignore"):  # a step into such a direction is refused by its height
        return lifted * np.outer(scale, scale)
