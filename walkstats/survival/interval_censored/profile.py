"""How likely are coefficients, each with the baseline hazards that go best with them?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from walkstats.numerics.newton import Maximum, inverse_information, maximise
from walkstats.numerics.quadratic_forms import quadratic_form
from walkstats.survival.interval_censored.baseline_steps import (
    Derivatives,
    Floats,
    Stratum,
    along_rows,
    best_steps,
    derivatives,
    over_places,
)

# No linear predictor moves further in a step: where the likelihood is all but straight.
LONGEST = 5.0
# Differences of the linear predictor at which a rise without end shows.
FAR = 15.0
# Linear predictors this far apart are beyond what any data can tell, and the search ends there.
BEYOND, WIDEST = 30.0, 60.0
# A Newton step that still changes hazard ratios by this factor (log) approaches nothing.
STILL_MOVING = 0.3
# A direction that keeps less than this share of the information at no effect has lost it all.
VANISHING = 1e-7


@dataclass(frozen=True, eq=False)
class Profiled:
    """The profile log-likelihood at coefficients b.

    Attributes
    ----------
    value : float
    score : (k,)
    information : (k, k)
        Of the coefficients given the steps that are positive: the observed information of all,
        the steps eliminated.
    rows : (n, k)
        Efficient scores, per unit of weight; they sum to the score.
    steps : tuple of (m_s - 1,) arrays
        Of the baseline hazard in each stratum.
    gap : float
    """

    value: float
    score: Floats
    information: Floats
    rows: Floats
    steps: tuple[Floats, ...]
    gap: float


@dataclass(frozen=True, eq=False)
class ProfileMaximum:
    """Coefficients of covariates that were centred and scaled, with what belongs to them.

    Attributes
    ----------
    found : Maximum
    null, best : Profiled
        At zero and at the maximum.
    covariance : (k, k)
    score_test : float
        Score statistic at zero.
    """

    found: Maximum
    null: Profiled
    best: Profiled
    covariance: Floats
    score_test: float


def profile(
    b: Floats,
    matrix: Floats,
    strata: Sequence[Stratum],
    starts: Sequence[Floats],
    offset: Floats | float = 0.0,
) -> Profiled:
    """Maximise over the baseline at given coefficients, and differentiate by them.

    Parameters
    ----------
    b : (k,)
    matrix : (n, k)
    strata : sequence of Stratum
    starts : sequence of (m_s - 1,) arrays
        Steps from which the search begins.
    offset : (n,) or 0

    Returns
    -------
    Profiled
    """
    eta = matrix @ b + offset
    k = b.size
    value, score, information = 0.0, np.zeros(k), np.zeros((k, k))
    rows, steps, gap = np.zeros((eta.size, k)), [], 0.0
    for stratum, start in zip(strata, starts, strict=True):
        best = best_steps(eta[stratum.rows], stratum, start)
        here = derivatives(best, eta[stratum.rows], stratum)
        if not np.isfinite(here.value):  # beyond what numbers can hold: no place to search from
            return Profiled(-np.inf, score, information, rows, tuple(starts), np.inf)
        x = matrix[stratum.rows]
        direction, eliminated = _eliminated(here, best, x, stratum)
        value += here.value
        weighted = stratum.weight[:, np.newaxis] * x
        score += weighted.T @ here.score
        information += (weighted * here.curvature[:, np.newaxis]).T @ x - eliminated
        rows[stratum.rows] = x * here.score[:, np.newaxis] - along_rows(direction, here, stratum)
        steps.append(best)
        gap = max(gap, here.gap(best))
    return Profiled(value, score, information, rows, tuple(steps), gap)


def _eliminated(
    here: Derivatives, steps: Floats, x: Floats, stratum: Stratum
) -> tuple[Floats, Floats]:
    """Direction (m - 1, k) in which the steps follow the coefficients, and the information lost."""
    crossed = over_places(x * here.before[:, np.newaxis], x * here.within[:, np.newaxis], stratum)
    held = np.flatnonzero(steps > 0)
    direction = np.zeros_like(crossed)
    if held.size:
        block = here.information[np.ix_(held, held)]
        scale = np.sqrt(np.diag(block))
        scaled = block / np.outer(scale, scale)
        # Steps that cannot be told apart share what they lose.
        inverse = np.linalg.pinv(scaled, rcond=1e-12, hermitian=True)
        direction[held] = (inverse @ (crossed[held] / scale[:, np.newaxis])) / scale[:, np.newaxis]
    return direction, crossed.T @ direction


def maximise_profile(
    matrix: Floats, strata: Sequence[Stratum], offset: Floats | float = 0.0
) -> ProfileMaximum:
    """Find the coefficients (of centred and scaled covariates) at which the likelihood is largest.

    Parameters
    ----------
    matrix : (n, k)
    strata : sequence of Stratum
    offset : (n,) or 0

    Returns
    -------
    ProfileMaximum
        The state is "infinite" where the likelihood still rises when the linear predictors along
        Newton's step lie 15 further apart, or where it has led them more than 30 apart.
    """
    here = np.zeros(matrix.shape[1])
    null = profile(here, matrix, strata, [one.start for one in strata], offset)
    trail = [(here, null)]

    def evaluate(b: Floats) -> tuple[float, Floats, Floats]:
        if np.ptp(matrix @ b) > WIDEST:
            return -np.inf, null.score, null.information
        there = profile(b, matrix, strata, trail[-1][1].steps, offset)
        trail.append((np.array(b), there))
        return there.value, there.score, there.information

    def unbounded(step: Floats) -> bool:
        b, at = trail[-1]
        return rises_for_ever(at, step, matrix, strata, matrix @ b + offset)

    found = maximise(
        evaluate,
        here,
        first=(null.value, null.score, null.information),
        unbounded=unbounded,
        longest=LONGEST,
    )
    if found.state != "infinite" and np.ptp(matrix @ found.values) > BEYOND:
        found = replace(found, state="infinite", step=found.values)
    b, best = trail[-1]
    if not np.array_equal(b, found.values):
        best = profile(found.values, matrix, strata, best.steps, offset)
    if found.state == "converged":
        step = _direction_without_end(found.values, null.information, best.information)
        found = found if step is None else replace(found, state="infinite", step=step)
    score_test = quadratic_form(null.score, null.information)[0]
    return ProfileMaximum(found, null, best, _covariance(best.information), score_test)


def _direction_without_end(values: Floats, null: Floats, best: Floats) -> Floats | None:
    """Direction (k,) in which all but nothing is left of the information at no effect, if any.

    Where a hazard that has run off makes events certain, the likelihood levels off long before
    linear predictors lie far apart, and the search ends there.
    """
    if not values.any():
        return None
    try:
        root = np.linalg.inv(np.linalg.cholesky(null))
    except np.linalg.LinAlgError:
        return None
    shares, vectors = np.linalg.eigh(root @ best @ root.T)
    if not shares[0] < VANISHING:
        return None
    step = root.T @ vectors[:, 0]
    return step if step @ null @ values >= 0 else -step


def rises_for_ever(
    here: Profiled, step: Floats, matrix: Floats, strata: Sequence[Stratum], at: Floats
) -> bool:
    """Whether the likelihood still rises far out along a step (k,) from linear predictors (n,)."""
    along = matrix @ step
    reach = float(np.ptp(along))
    if not STILL_MOVING <= reach < np.inf:
        return False
    far = profile(np.array([FAR / reach]), along[:, np.newaxis], strata, here.steps, at)
    # A rise without end still has the decrement before it, a maximum half of it.
    return far.value >= here.value + 0.75 * float(step @ here.score)


def _covariance(information: Floats) -> Floats:
    if information.size == 0:
        return information
    with np.errstate(all="ignore"):
        try:
            return inverse_information(information)
        except np.linalg.LinAlgError:
            return np.full_like(information, np.nan)


def held_at(
    value: float, k: int, matrix: Floats, strata: Sequence[Stratum], offset: Floats | float = 0.0
) -> float:
    """Profile log-likelihood of one coefficient, held at a value, all others maximised."""
    rest = np.delete(matrix, k, axis=1)
    held = offset + value * matrix[:, k]
    return maximise_profile(rest, strata, held).best.value
