"""Which coefficients fit best, how surely, and are some of them infinite?

Covariates are centred and scaled before the search, so that neither unit nor origin matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.errors import FitError
from walkstats.numerics.limits import normal_quantile
from walkstats.numerics.newton import inverse_information
from walkstats.numerics.sandwich import outer_sum, sandwich
from walkstats.survival.interval_censored.baseline_steps import Stratum
from walkstats.survival.interval_censored.profile import (
    FAR,
    ProfileMaximum,
    held_at,
    maximise_profile,
)

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Unit = tuple[Floats | None, Floats | None, Indices | None]

# A column that keeps less than this share of its spread beside the others is collinear.
COLLINEAR = 1e-9
# A scaled covariate with less information than this has none.
SILENT = 1e-9
# Share of the largest component of a rise without end that counts as part of it.
TAKES_PART = 1e-3
# A variance this many times that at no effect is what is left of information at infinity.
UNTOLD = 1e5
# The profile likelihood is followed up to this many standard deviations of the covariate.
FARTHEST_LIMIT = 64.0


@dataclass(frozen=True, eq=False)
class Coefficients:
    """k coefficients on the scale of the covariates as given.

    Attributes
    ----------
    values : (k,)
        Infinite where the likelihood rises for ever.
    covariance, naive_covariance : (k, k)
    limits : (k, 2) or None
    log_likelihood, log_likelihood_null : float
    score_test : float
    state : {"converged", "infinite", "not converged"}
    steps : tuple of arrays
        Of the baseline hazard at covariates of zero, by stratum.
    gap : float
    notes : tuple of str
    """

    values: Floats
    covariance: Floats
    naive_covariance: Floats
    limits: Floats | None
    log_likelihood: float
    log_likelihood_null: float
    score_test: float
    state: str
    steps: tuple[Floats, ...]
    gap: float
    notes: tuple[str, ...]


def coefficients(
    matrix: Floats,
    strata: Sequence[Stratum],
    *,
    level: float,
    names: Sequence[str],
    within: Indices,
    unit: Unit | None,
) -> Coefficients:
    """Maximise the likelihood over coefficients and baselines.

    Parameters
    ----------
    matrix : (n, k)
    strata : sequence of Stratum
    level : float
        Of the profile-likelihood interval of an infinite coefficient.
    names : sequence of str
        What the columns are called.
    within : (n,) codes of the stratum
    unit : (weights, frequencies, cluster) or None
        Units of the robust variance; None for the observed information.

    Returns
    -------
    Coefficients

    Raises
    ------
    FitError
        For columns that are constant within strata, or linear combinations of others.
    """
    used = np.concatenate([one.rows for one in strata])
    centre = matrix[used].mean(axis=0)
    scale = matrix[used].std(axis=0)
    _refuse_inestimable(matrix[used], within[used], names)
    scaled = (matrix - centre) / scale
    found = maximise_profile(scaled, strata)
    _refuse_unseen(np.diag(found.null.information), names)
    if found.found.state == "infinite":
        return _at_infinity(found, scaled, strata, centre, scale, level, names)
    b, naive = found.found.values / scale, found.covariance / np.outer(scale, scale)
    covariance = naive
    if unit is not None:
        weights, copies, cluster = unit
        rows = found.best.rows * scale
        rows = rows if weights is None else rows * weights[:, np.newaxis]
        covariance = sandwich(naive, outer_sum(rows, cluster, copies))
    return Coefficients(
        values=b,
        covariance=covariance,
        naive_covariance=naive,
        limits=None,
        log_likelihood=found.best.value,
        log_likelihood_null=found.null.value,
        score_test=found.score_test,
        state=found.found.state,
        steps=tuple(one * np.exp(-centre @ b) for one in found.best.steps),
        gap=found.best.gap,
        notes=(),
    )


def _refuse_inestimable(matrix: Floats, within: Indices, names: Sequence[str]) -> None:
    codes = np.unique(within, return_inverse=True)[1]
    sizes = np.bincount(codes)[:, np.newaxis]
    means = np.stack([np.bincount(codes, column) for column in matrix.T], axis=1) / sizes
    apart = matrix - means[codes]
    spread = np.sqrt(np.mean(apart**2, axis=0))
    flat = spread <= 1e-12 * np.maximum(np.abs(matrix).max(axis=0), 1e-300)
    if flat.any():
        listed = _listed(names, np.flatnonzero(flat))
        inside = " within every stratum" if codes.max() > 0 else ""
        raise FitError(
            f"{listed}: constant{inside} in the {len(matrix)} rows used, so no effect can be "
            "estimated. Leave out what does not vary."
        )
    diagonal = np.abs(np.diag(np.linalg.qr(apart / spread, mode="r"))) / np.sqrt(len(matrix))
    loose = np.flatnonzero(diagonal <= COLLINEAR)
    if loose.size or len(matrix) < matrix.shape[1]:
        listed = _listed(names, loose)
        raise FitError(
            f"{listed}: collinear in the {len(matrix)} rows used: a linear combination of the "
            "others. Leave one of them out."
        )


def _listed(names: Sequence[str], positions: Indices) -> str:
    return " and ".join(names[int(k)] for k in positions)


def _refuse_unseen(information: Floats, names: Sequence[str]) -> None:
    silent = np.flatnonzero(information <= SILENT)
    if silent.size:
        listed = _listed(names, silent)
        raise FitError(
            f"{listed}: the rows that differ in this say nothing about the event (nobody "
            "looked, or no stratum with events holds them), so no effect can be estimated. "
            "Leave it out."
        )


def _at_infinity(
    found: ProfileMaximum,
    scaled: Floats,
    strata: Sequence[Stratum],
    centre: Floats,
    scale: Floats,
    level: float,
    names: Sequence[str],
) -> Coefficients:
    """Hold what runs off far out, and maximise the rest."""
    step = found.found.step
    away = np.abs(step) > TAKES_PART * np.abs(step).max()
    held = np.where(away, found.found.values + step * FAR / np.ptp(scaled @ step), 0.0)
    rest = maximise_profile(scaled[:, ~away], strata, scaled @ held)
    values = np.where(away, np.copysign(np.inf, step), 0.0)
    values[~away] = rest.found.values / scale[~away]
    covariance = np.full((step.size, step.size), np.nan)
    inside = np.outer(scale[~away], scale[~away])
    covariance[np.ix_(~away, ~away)] = rest.covariance / inside
    untold = _untold(found, rest, away)
    values[untold] = np.nan
    covariance[untold, :] = covariance[:, untold] = np.nan
    limits = np.full((step.size, 2), np.nan)
    alone = int(np.flatnonzero(away)[0])
    if away.sum() == 1:
        drop = rest.best.value - normal_quantile(level) ** 2 / 2.0
        bound = _finite_limit(alone, float(np.sign(step[alone])), scaled, strata, drop)
        bound /= scale[alone]
        limits[alone] = (bound, np.inf) if step[alone] > 0 else (-np.inf, bound)
    return Coefficients(
        values=values,
        covariance=covariance,
        naive_covariance=covariance,
        limits=limits if away.sum() == 1 else None,
        log_likelihood=rest.best.value,
        log_likelihood_null=found.null.value,
        score_test=found.score_test,
        state="infinite",
        steps=tuple(np.full_like(one, np.nan) for one in rest.best.steps),
        gap=rest.best.gap,
        notes=(
            _said(names, np.flatnonzero(away), step, limits[alone], level),
            *(
                f"{names[k]} cannot be estimated: given the infinite ones, nothing tells it."
                for k in untold
            ),
        ),
    )


def _untold(found: ProfileMaximum, rest: ProfileMaximum, away: NDArray[np.bool_]) -> Indices:
    """Columns of which nothing is known once those that run off are held far out."""
    try:
        usual = np.diag(inverse_information(found.null.information))[~away]
    except np.linalg.LinAlgError:  # nothing to compare with
        return np.empty(0, dtype=np.intp)
    known = np.diag(rest.covariance) < UNTOLD * usual
    return np.flatnonzero(~away)[~known]


def _said(names: Sequence[str], away: Indices, step: Floats, limits: Floats, level: float) -> str:
    if away.size > 1:
        listed = _listed(names, away)
        return (
            f"The likelihood rises for ever along a combination of {listed}: their coefficients "
            "are infinite together and have no interval. The likelihood-ratio and the score test "
            "hold."
        )
    rising = bool(step[away[0]] > 0)
    bound = limits[0] if rising else limits[1]
    text = (
        f"The hazard ratio of {names[away[0]]} is {'infinite' if rising else 'zero'}: the further "
        "out, the higher the likelihood. The likelihood-ratio and the score test hold"
    )
    if np.isfinite(bound):
        text += (
            f"; by the profile likelihood the ratio lies {'above' if rising else 'below'} "
            f"{np.exp(bound):.3g} ({100 * level:g} % interval)"
        )
    return f"{text}. The baseline hazard at covariates of zero is not given."


def _finite_limit(
    k: int, sign: float, scaled: Floats, strata: Sequence[Stratum], drop: float
) -> float:
    """Where the profile log-likelihood of column k falls to ``drop``; infinite if it never does."""
    from scipy.optimize import brentq

    def above(at: float) -> float:
        return held_at(at, k, scaled, strata) - drop

    towards = sign if above(0.0) < 0.0 else -sign
    near, far = 0.0, towards
    while (above(far) < 0.0) == (towards == sign):
        near, far = far, 2.0 * far
        if abs(far) > FARTHEST_LIMIT:
            return -sign * np.inf
    return float(brentq(above, near, far, xtol=1e-9, rtol=1e-9))
