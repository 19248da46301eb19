"""How surely are effects known that come from two models? Resamples, draws, or the delta method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.causal.mediation.many_fits import (
    cumulative_fits,
    linear_fits,
    rising_rows,
)
from walkstats.causal.mediation.mean_outcomes import Parameters, mean_outcomes
from walkstats.causal.mediation.mediation_rows import MediationRows
from walkstats.errors import FitError
from walkstats.numerics import replicates as numbered
from walkstats.numerics.replicates import Streams
from walkstats.numerics.separation import Rise, rising_direction
from walkstats.resampling.drawing import as_units

Floats = NDArray[np.float64]

# Means of outcomes and parameters of r data sets -> numbers (r, k).
Numbers = Callable[[Floats, Parameters], Floats]
AT_ONCE = 250
# Step of the differences that stand for derivatives; parameters are those of standardised columns.
STEP = 1e-5


@dataclass(frozen=True, eq=False)
class Fitted:
    """Both models on the data themselves.

    Attributes
    ----------
    at : Parameters
        With r = 1.
    covariance : (p, p)
        Of all parameters: those of the mediator, its spread, those of the outcome.
    """

    at: Parameters
    covariance: Floats


def fit_both(rows: MediationRows) -> Fitted:
    """Fit both models to the data.

    Raises
    ------
    FitError
        Where one has no maximum.
    """
    ones = np.ones((1, len(rows.arm)))
    at, of_mediator, of_outcome = _fit(rows, ones, None, covariance=True)
    for found, whose, matrix, level, levels in (
        (at.mediator, "mediator", rows.of_mediator, rows.level, rows.models.levels),
        (at.outcome, "outcome", rows.of_outcome, rows.outcome.astype(np.intp), 2),
    ):
        if np.isnan(found).any():
            raise FitError(_said_of_failure(whose, matrix, level, levels))
    q, p = at.mediator.shape[1], at.outcome.shape[1]
    whole = np.zeros((q + 1 + p, q + 1 + p))
    whole[:q, :q] = of_mediator
    whole[q + 1 :, q + 1 :] = of_outcome
    if rows.models.levels == 0:
        whole[q, q] = at.spread[0] ** 2 / (2.0 * (len(rows.arm) - q))
    return Fitted(at, whole)


def _said_of_failure(
    whose: str, matrix: Floats, level: NDArray[np.intp] | None, levels: int
) -> str:
    why = "the search found no maximum"
    if level is not None:
        rows = rising_rows(matrix, level, levels)
        if rising_direction(Rise(rows, np.empty((0, rows.shape[1])))) is not None:
            why = "some combination of what it depends on sets its levels apart"
    return f"The model of the {whose} cannot be fitted: {why}. Use fewer covariates."


def _fit(
    rows: MediationRows, copies: Floats, start: Parameters | None, covariance: bool = False
) -> tuple[Parameters, Floats | None, Floats | None]:
    """Both models on r resamples, and the covariances of the first."""
    models = rows.models
    if rows.level is not None:
        own = None if start is None else start.mediator[0]
        link = "probit" if models.mediator == "probit" else "logistic"
        first = cumulative_fits(
            rows.of_mediator, rows.level, models.levels, copies, link, own, covariance
        )
    else:
        first = linear_fits(rows.of_mediator, rows.mediator[:, 0], copies, covariance)
    if models.outcome == "linear":
        second = linear_fits(rows.of_outcome, rows.outcome, copies, covariance)
        found, of_second = second.coefficients, second.covariance
    else:
        flip = np.ones(rows.of_outcome.shape[1] + 1)
        flip[0] = -1.0  # a threshold is a constant with the sign changed
        own = None if start is None else start.outcome[0] * flip
        level = rows.outcome.astype(np.intp)
        second = cumulative_fits(rows.of_outcome, level, 2, copies, models.outcome, own, covariance)
        found = second.coefficients * flip
        of_second = None if second.covariance is None else second.covariance * np.outer(flip, flip)
    at = Parameters(first.coefficients, first.spread, found, second.spread)
    return at, first.covariance, of_second


def on_the_data(
    rows: MediationRows, fitted: Fitted, controlled: Floats, numbers: Numbers
) -> Floats:
    """The numbers (k,) themselves."""
    weights = np.full((1, len(rows.arm)), 1.0 / len(rows.arm))
    return numbers(_means(rows, fitted.at, weights, controlled), fitted.at)[0]


def _means(rows: MediationRows, at: Parameters, weights: Floats, controlled: Floats) -> Floats:
    return mean_outcomes(rows.models, at, rows.covariates, weights, controlled)


@dataclass(frozen=True, eq=False)
class Resampled:
    """Numbers of resampled people: (m, k) draws, and (u, k) without each person."""

    draws: Floats
    jackknife: Floats | None = None
    cell: NDArray[np.intp] | None = None


def resampled(
    rows: MediationRows,
    fitted: Fitted,
    controlled: Floats,
    numbers: Numbers,
    *,
    replicates: int,
    seed: int,
) -> Resampled:
    """Bootstrap: draw people within their cells, fit both models to each resample."""
    units = as_units(None, rows.cell)
    streams = Streams(seed)

    def of(copies: Floats) -> Floats:
        at, _, _ = _fit(rows, copies, fitted.at)
        share = copies / copies.sum(axis=1, keepdims=True)
        return numbers(_means(rows, at, share, controlled), at)

    def draw(numbers_of: range) -> Floats:
        return of(units.copies(units.draw(streams, numbers_of)).astype(float))

    def without(numbers_of: range) -> Floats:
        return of(units.copies_without(numbers_of).astype(float))

    draws = np.concatenate(numbered.run(draw, replicates, workers=1, longest=AT_ONCE))
    left = np.concatenate(numbered.run(without, units.n_units, workers=1, longest=AT_ONCE))
    return Resampled(draws, left, units.cell)


def drawn_parameters(
    rows: MediationRows,
    fitted: Fitted,
    controlled: Floats,
    numbers: Numbers,
    *,
    replicates: int,
    seed: int,
) -> Resampled:
    """Monte Carlo: draw the parameters from their normal distribution."""
    centre = _packed(fitted.at)[0]
    values, vectors = np.linalg.eigh(fitted.covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    streams = Streams(seed, purpose=1)
    chance = np.array([streams.at(k).standard_normal(centre.size) for k in range(replicates)])
    at = _unpacked(centre + chance @ root.T, fitted.at)
    weights = np.full((1, len(rows.arm)), 1.0 / len(rows.arm))
    return Resampled(numbers(_means(rows, at, weights, controlled), at))


def by_delta(rows: MediationRows, fitted: Fitted, controlled: Floats, numbers: Numbers) -> Floats:
    """Covariance (k, k) of the numbers from that of the parameters."""
    centre = _packed(fitted.at)[0]
    steps = STEP * np.eye(centre.size)
    at = _unpacked(np.concatenate([centre + steps, centre - steps]), fitted.at)
    weights = np.full((1, len(rows.arm)), 1.0 / len(rows.arm))
    found = numbers(_means(rows, at, weights, controlled), at)
    slopes = (found[: centre.size] - found[centre.size :]) / (2.0 * STEP)
    return np.asarray(slopes.T @ fitted.covariance @ slopes)


def _packed(at: Parameters) -> Floats:
    """Parameters (r, p) side by side; a spread that there is not counts as 1."""
    spread = np.where(np.isnan(at.spread), 1.0, at.spread)
    return np.column_stack([at.mediator, spread, at.outcome])


def _unpacked(packed: Floats, like: Parameters) -> Parameters:
    q = like.mediator.shape[1]
    residual = np.full(len(packed), like.residual[0])
    return Parameters(packed[:, :q], packed[:, q], packed[:, q + 1 :], residual)
