"""Under which covariance are the outcomes most likely, and did the search get there?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics.newton import maximise
from walkstats.regression.repeated_measures.likelihood import Profile, profile
from walkstats.regression.repeated_measures.patterns import Patterns
from walkstats.regression.repeated_measures.structures import Structure, start_values

Floats = NDArray[np.float64]

# Where a visit, or a combination of visits at variances of 1, varies less than this, the covariance
# is singular: the search has run into the edge. From NEAR_EDGE on it is on its way there, where it
# has not ended.
EDGE = 1e-6
NEAR_EDGE = 1e-3
# No parameter (a log of a scale, or near a correlation) moves further in one step.
LONGEST = 2.0
ITERATIONS = 50


@dataclass(frozen=True, eq=False)
class Found:
    """Where the search ended.

    Attributes
    ----------
    values : (q,) array
    profile : Profile
        The likelihood there.
    state : {"converged", "boundary", "not converged"}
    scaled_gradient : float
        The largest score times the standard error of its parameter.
    iterations : int
    """

    values: Floats
    profile: Profile
    state: str
    scaled_gradient: float
    iterations: int


def find_covariance(
    structure: Structure, patterns: Patterns, residuals: Floats, group: NDArray[np.intp], reml: bool
) -> Found:
    """Search for the covariance that makes the likelihood largest.

    Parameters
    ----------
    structure : Structure
    patterns : Patterns
    residuals : (N, T) array
        Of least squares, one row per person, missing where not seen; for the start.
    group : (N,) integer codes
    reml : bool

    Returns
    -------
    Found
    """
    begun = [
        start_values(structure, pairwise_covariance(residuals[group == g]))
        for g in range(patterns.groups)
    ]
    start = np.concatenate(begun)
    known: dict[bytes, Profile | None] = {}

    def at(values: Floats) -> Profile | None:
        key = values.tobytes()
        if key not in known:
            known.clear()
            known[key] = profile(values, structure, patterns, reml)
        return known[key]

    def evaluate(values: Floats) -> tuple[float, Floats, Floats]:
        here = at(values)
        if here is None:
            return -np.inf, np.zeros_like(values), np.eye(len(values))
        return -here.deviance / 2.0, -here.gradient / 2.0, _information(here)

    end = maximise(evaluate, start, longest=LONGEST, max_iterations=ITERATIONS)
    here = at(end.values)
    assert here is not None
    state = end.state
    if _least(here.covariances) < (EDGE if state == "converged" else NEAR_EDGE):
        state = "boundary"
    elif state == "converged" and not _positive(here.hessian):
        state = "not converged"
    return Found(end.values, here, state, _scaled(here), end.iterations)


def pairwise_covariance(residuals: Floats) -> Floats:
    """Mean products of two visits over the people seen at both (T, T); 0 where nobody was."""
    seen = ~np.isnan(residuals)
    filled = np.where(seen, residuals, 0.0)
    both = seen.T.astype(float) @ seen
    return (filled.T @ filled) / np.maximum(both, 1.0)


def _information(here: Profile) -> Floats:
    """The observed information, or where that has no maximum ahead, the expected one."""
    return (here.hessian if _positive(here.hessian) else here.expected) / 2.0


def _positive(matrix: Floats) -> bool:
    try:
        np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return False
    return True


def _least(covariances: Floats) -> float:
    """The least that a visit varies, or a combination of visits at variances of 1."""
    variances = np.einsum("gaa->ga", covariances)
    deviations = np.sqrt(variances)
    correlations = covariances / (deviations[:, :, None] * deviations[:, None, :])
    return float(min(variances.min(), np.linalg.eigvalsh(correlations).min()))


def _scaled(here: Profile) -> float:
    variances = np.diag(np.linalg.pinv(here.hessian / 2.0))
    return float(np.max(np.abs(here.gradient / 2.0) * np.sqrt(np.maximum(variances, 0.0))))
