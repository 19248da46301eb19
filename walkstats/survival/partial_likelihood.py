"""How likely is the order of the events, given the covariates? Cox's partial likelihood.

Value, score and information, score residuals and hazard increments, with Breslow's or Efron's
approximation for tied events; the discrete likelihood is in ``exact_ties``.

Notation, at one event time: r = weight x exp(linear predictor); S0, S1 the sums of r and r x over
the risk set, E0, E1 over its d tied events, whose weights sum to D. Efron's l-th step
(l = 0 ... d - 1) takes the share f = l / d of the events out: its denominator is S0 - f E0 and
each step weighs D / d. Breslow's takes none out. No second moment of a risk set is ever formed:
summed over steps, it is ``X' diag(r * cumulative hazard) X``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics import engine
from walkstats.survival import exact_ties
from walkstats.survival.risk_set_sums import (
    SortedCovariates,
    Steps,
    Sums,
    linear_predictor,
    over_time,
    sort_covariates,
    sum_risk_sets,
    sum_steps,
)
from walkstats.survival.risk_sets import RiskSets

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


# Rows that a sum of products takes at a time.
PIECE = 4096


class Evaluation(NamedTuple):
    """Log-likelihood, score (k,) and information (k, k) at one value of the coefficients."""

    log_likelihood: float
    score: Floats
    information: Floats


def evaluate(
    beta: Floats,
    X: Floats,
    risk_sets: RiskSets,
    offset: Floats | None = None,
    ties: str = "efron",
) -> Evaluation:
    """Evaluate the log partial likelihood with its first two derivatives.

    Parameters
    ----------
    beta : (k,)
    X : (n, k)
        Covariates, rows in the order given to `sort_risk_sets`. Centre columns far from zero.
    risk_sets : RiskSets
    offset : (n,), optional
    ties : {"efron", "breslow", "exact"}

    Returns
    -------
    Evaluation
        log_likelihood; score (k,); information (k, k), minus the second derivative.
    """
    return evaluate_sorted(np.asarray(beta, float), sort_covariates(X, risk_sets, offset, ties))


def evaluate_sorted(beta: Floats, model: SortedCovariates) -> Evaluation:
    """Evaluate as `evaluate` does, on covariates that are sorted already."""
    if model.ties == "exact":
        return Evaluation(*exact_ties.evaluate(linear_predictor(beta, model), model))
    fast = engine.kernel("cox_evaluate", model.mass.size)
    found = None if fast is None else fast(beta, model)
    return evaluate_arrays(beta, model) if found is None else Evaluation(*found)


def evaluate_arrays(beta: Floats, model: SortedCovariates) -> Evaluation:
    """The numpy form of `evaluate_sorted` for Efron's and Breslow's ties."""
    sums, steps = _summed(beta, model)
    expected = over_time(steps.hazard[np.newaxis], steps.taken[np.newaxis], sums, model)[0]
    expected *= model.mass
    log_likelihood = model.event_mass @ sums.predictor - model.weight @ sums.log_sum - steps.log
    score = model.columns @ (model.event_mass - expected)
    return Evaluation(
        float(log_likelihood), score, _information(expected, sums, steps, model, None)
    )


def _summed(beta: Floats, model: SortedCovariates) -> tuple[Sums, Steps]:
    """Sums over risk sets and over the steps of each event time."""
    sums = sum_risk_sets(linear_predictor(beta, model), model)
    return sums, sum_steps(sums, model)


def _information(
    expected: Floats, sums: Sums, steps: Steps, model: SortedCovariates, by: Floats | None
) -> Floats:
    """Second moments over rows, less products of means over steps (a square completed)."""
    moved = _moved_means(sums, steps, model)
    square = steps.square if by is None else steps.square * by
    information = second_moment(model.columns, expected) - (moved * square) @ moved.T
    if model.tied.size:
        rest = steps.both - steps.cross**2 / steps.square[model.tied]
        rest = rest if by is None else rest * by[model.tied]
        information -= (sums.event_mean * rest) @ sums.event_mean.T
    return information


def second_moment(columns: Floats, weights: Floats) -> Floats:
    """Columns (k, n) x weights x columns': (k, k), in pieces that stay in the cache."""
    if weights.size <= 2 * PIECE:
        return (columns * weights) @ columns.T
    total = np.zeros((len(columns), len(columns)))
    for begin in range(0, weights.size, PIECE):
        piece = columns[:, begin : begin + PIECE]
        total += (piece * weights[begin : begin + PIECE]) @ piece.T
    return total


def _moved_means(sums: Sums, steps: Steps, model: SortedCovariates) -> Floats:
    """Mean covariate over the steps of each time, weighted by hazard squared: (k, e)."""
    if not model.tied.size:
        return sums.mean
    moved = sums.mean.copy()
    moved[:, model.tied] -= sums.event_mean * (steps.cross / steps.square[model.tied])
    return moved


def information_over_time(
    beta: Floats,
    X: Floats,
    risk_sets: RiskSets,
    by: Floats,
    offset: Floats | None = None,
    ties: str = "efron",
) -> Floats:
    """Sum the information of the event times, each times a number of its own.

    Parameters
    ----------
    beta, X, risk_sets, offset
        As in `evaluate`.
    by : (e,)
        One number for each event time (``np.flatnonzero(risk_sets.tied)``).
    ties : {"efron", "breslow"}

    Returns
    -------
    (k, k) array
        With ``by`` all one, the information of `evaluate`.
    """
    model = sort_covariates(X, risk_sets, offset, ties)
    sums, steps = _summed(np.asarray(beta, float), model)
    by = np.asarray(by, float)
    hazard, taken = steps.hazard * by, steps.taken * by[model.tied]
    expected = model.mass * over_time(hazard[np.newaxis], taken[np.newaxis], sums, model)[0]
    return _information(expected, sums, steps, model, by)


def score_residuals(
    beta: Floats,
    X: Floats,
    risk_sets: RiskSets,
    offset: Floats | None = None,
    ties: str = "efron",
) -> Floats:
    """Split the score into one contribution for each row.

    Parameters
    ----------
    beta, X, risk_sets, offset
        As in `evaluate`.
    ties : {"efron", "breslow"}

    Returns
    -------
    (n, k) array
        Rows in the order given to `sort_risk_sets`, unweighted: times ``risk_sets.mass`` they sum
        to the score. A row with an event at a tied time has the average over Efron's steps, and
        in each step the share of hazard that is left to it. Rows without weight have zeros.

    References
    ----------
    Therneau TM, Grambsch PM. Modeling Survival Data. Springer 2000, section 7.2.
    https://doi.org/10.1007/978-1-4757-3294-8
    """
    model = sort_covariates(X, risk_sets, offset, ties)
    residuals = np.empty_like(model.columns.T)
    residuals[risk_sets.order] = score_residuals_sorted(np.asarray(beta, float), model).T
    return residuals


def score_residuals_sorted(beta: Floats, model: SortedCovariates) -> Floats:
    """Score residuals (k, n) in sorted order, as `score_residuals`."""
    fast = engine.kernel("cox_score_residuals", model.mass.size)
    found = None if fast is None else fast(beta, model)
    return score_residual_arrays(beta, model) if found is None else found


def score_residual_arrays(beta: Floats, model: SortedCovariates) -> Floats:
    """The numpy form of `score_residuals_sorted`."""
    sums, steps = _summed(beta, model)
    moved, moved_taken = _mean_hazards(sums, steps, model)
    summed = over_time(
        np.vstack([steps.hazard, moved]), np.vstack([steps.taken, moved_taken]), sums, model
    )
    residuals = summed[1:] - model.columns * summed[0]
    events = np.flatnonzero(model.event_mass)
    at = np.full(model.risk_sets.n_times, -1)
    at[model.event_times] = np.arange(model.event_times.size)
    own = at[model.risk_sets.last[model.risk_sets.order[events]]]
    residuals[:, events] += model.columns[:, events] - _event_means(sums, steps, model)[:, own]
    if not model.whole:
        residuals[:, model.mass == 0] = 0.0
    return residuals


@dataclass(frozen=True, eq=False)
class HazardIncrements:
    """Hazard at each of the e event times, for a row with linear predictor 0.

    Attributes
    ----------
    index : (e,) time indices of the event times, into ``risk_sets.times``
    hazard : (e,) increment of the cumulative hazard: the sum of its steps
    variance : (e,) the same sum of step hazards divided by step denominators
    mean : (e, k) sum over steps of step hazard x mean covariate of the step
    event_mean : (e, k) average over steps of the mean covariate (Schoenfeld's expectation)
    taken : (e,) sum over steps of share taken out x step hazard: what a row with an event at
        this time is spared of `hazard`
    taken_mean : (e, k) the same for `mean`
    step_at, step_share, step_hazard : (z,) the steps one by one: which event time, the share f of
        its events taken out, the hazard. Breslow's ties have one step at each event time.
    """

    index: Indices
    hazard: Floats
    variance: Floats
    mean: Floats
    event_mean: Floats
    taken: Floats
    taken_mean: Floats
    step_at: Indices
    step_share: Floats
    step_hazard: Floats


def hazard_increments(
    beta: Floats,
    X: Floats,
    risk_sets: RiskSets,
    offset: Floats | None = None,
    ties: str = "efron",
) -> HazardIncrements:
    """Estimate the baseline hazard at each event time.

    Parameters
    ----------
    beta, X, risk_sets, offset
        As in `evaluate`; the baseline is that of a row of zeros in `X`, so of the centre when `X`
        is centred.
    ties : {"efron", "breslow", "exact"}
        With "exact" the hazard is Breslow's, as in R.

    Returns
    -------
    HazardIncrements
    """
    model = sort_covariates(X, risk_sets, offset, "breslow" if ties == "exact" else ties)
    sums, steps = _summed(np.asarray(beta, float), model)
    scale = np.exp(-sums.log_sum)
    moved, moved_taken = _mean_hazards(sums, steps, model)
    at = np.concatenate(
        [np.setdiff1d(np.arange(scale.size), model.tied), model.tied[model.layout.step_tie]]
    )
    share = np.zeros(at.size)
    left = np.ones(at.size)
    if model.tied.size:
        share[-model.layout.step_tie.size :] = model.layout.fraction
        left[-model.layout.step_tie.size :] -= (
            model.layout.fraction * sums.share[model.layout.step_tie]
        )
    in_time = np.argsort(at, kind="stable")
    each = model.weight / model.count if model.ties == "efron" else model.weight
    return HazardIncrements(
        index=model.event_times,
        hazard=steps.hazard * scale,
        variance=steps.square * scale**2,
        mean=(moved * scale).T,
        event_mean=_event_means(sums, steps, model).T,
        taken=_spread(steps.taken, model) * scale,
        taken_mean=(_spread(moved_taken, model) * scale).T,
        step_at=at[in_time],
        step_share=share[in_time],
        step_hazard=(each[at] * scale[at] / left)[in_time],
    )


def _mean_hazards(sums: Sums, steps: Steps, model: SortedCovariates) -> tuple[Floats, Floats]:
    """Sums over steps of mean covariate x hazard (k, e), and of what ties take out (k, t)."""
    moved = _moved_means(sums, steps, model) * steps.square
    return moved, sums.mean[:, model.tied] * steps.cross - sums.event_mean * steps.both


def _spread(at_ties: Floats, model: SortedCovariates) -> Floats:
    """Values (..., t) of the tied times among all event times (..., e), else 0."""
    spread = np.zeros((*at_ties.shape[:-1], model.event_times.size))
    spread[..., model.tied] = at_ties
    return spread


def _event_means(sums: Sums, steps: Steps, model: SortedCovariates) -> Floats:
    """Mean covariate that an event is expected to have, averaged over steps: (k, e)."""
    means = sums.mean * (steps.hazard / model.weight)
    if model.tied.size:
        means[:, model.tied] -= sums.event_mean * (steps.taken / model.weight[model.tied])
    return means
