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
    own_risk,
    sort_covariates,
    sum_risk_sets,
    sum_steps,
)
from walkstats.survival.risk_sets import RiskSets

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


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
    return evaluate_arrays(beta, model) if fast is None else Evaluation(*fast(beta, model))


def evaluate_arrays(beta: Floats, model: SortedCovariates) -> Evaluation:
    """The numpy form of `evaluate_sorted` for Efron's and Breslow's ties."""
    sums = sum_risk_sets(linear_predictor(beta, model), model)
    steps = sum_steps(sums, model)
    expected = _expected(steps.hazard, steps.taken, sums, model)
    log_likelihood = model.event_mass @ sums.predictor - model.weight @ sums.log_sum - steps.log
    return Evaluation(
        float(log_likelihood),
        model.columns @ (model.event_mass - expected),
        _information(expected, sums, steps, model, None),
    )


def _expected(hazard: Floats, taken: Floats, sums: Sums, model: SortedCovariates) -> Floats:
    """Expected number of events of each row (n,), weighted; what the steps take out taken off."""
    expected = model.mass * over_time(hazard[np.newaxis], sums, model)[0]
    if model.tied.size:
        rows = model.tied_rows
        spared = taken[model.tied[model.row_tie]]
        expected[rows] -= model.mass[rows] * own_risk(sums, model) * spared
    return expected


def _information(
    expected: Floats, sums: Sums, steps: Steps, model: SortedCovariates, by: Floats | None
) -> Floats:
    mean, tied_mean = sums.mean, sums.event_mean
    square = steps.square if by is None else steps.square * by
    information = (model.columns * expected) @ model.columns.T - (mean * square) @ mean.T
    if model.tied.size:
        at = 1.0 if by is None else by[model.tied]
        cross = (mean[:, model.tied] * (steps.cross * at)) @ tied_mean.T
        information += cross + cross.T - (tied_mean * (steps.both * at)) @ tied_mean.T
    return information


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
    sums = sum_risk_sets(linear_predictor(np.asarray(beta, float), model), model)
    steps = sum_steps(sums, model)
    expected = _expected(steps.hazard * by, steps.taken * by, sums, model)
    return _information(expected, sums, steps, model, np.asarray(by, float))


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
        in each step the share of hazard that is left to it.

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
    return score_residual_arrays(beta, model) if fast is None else fast(beta, model)


def score_residual_arrays(beta: Floats, model: SortedCovariates) -> Floats:
    """The numpy form of `score_residuals_sorted`."""
    sums = sum_risk_sets(linear_predictor(beta, model), model)
    steps = sum_steps(sums, model)
    moved, moved_taken = _mean_hazards(sums, steps, model)
    stacked = np.vstack([steps.hazard, moved])
    summed = over_time(stacked, sums, model)
    if model.tied.size:
        spared = np.vstack([steps.taken, moved_taken])[:, model.tied[model.row_tie]]
        summed[:, model.tied_rows] -= own_risk(sums, model) * spared
    residuals = summed[1:] - model.columns * summed[0]
    events = np.flatnonzero(model.event_mass)
    at = np.full(model.risk_sets.n_times, -1)
    at[model.event_times] = np.arange(model.event_times.size)
    own = at[model.risk_sets.last[model.risk_sets.order[events]]]
    residuals[:, events] += model.columns[:, events] - _event_means(sums, steps, model)[:, own]
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
    sums = sum_risk_sets(linear_predictor(np.asarray(beta, float), model), model)
    steps = sum_steps(sums, model)
    scale = np.exp(-sums.log_sum)
    moved, moved_taken = _mean_hazards(sums, steps, model)
    at = np.concatenate(
        [np.setdiff1d(np.arange(scale.size), model.tied), model.tied[model.step_tie]]
    )
    share = np.zeros(at.size)
    left = np.ones(at.size)
    if model.tied.size:
        share[-model.step_tie.size :] = model.fraction
        left[-model.step_tie.size :] -= model.fraction * sums.share[model.step_tie]
    in_time = np.argsort(at, kind="stable")
    each = model.weight / model.count if model.ties == "efron" else model.weight
    return HazardIncrements(
        index=model.event_times,
        hazard=steps.hazard * scale,
        variance=steps.square * scale**2,
        mean=(moved * scale).T,
        event_mean=_event_means(sums, steps, model).T,
        taken=steps.taken * scale,
        taken_mean=(moved_taken * scale).T,
        step_at=at[in_time],
        step_share=share[in_time],
        step_hazard=(each[at] * scale[at] / left)[in_time],
    )


def _mean_hazards(sums: Sums, steps: Steps, model: SortedCovariates) -> tuple[Floats, Floats]:
    """Sums over steps of mean covariate x hazard, whole and taken out: (k, e) each, times S0."""
    moved = sums.mean * steps.square
    taken = np.zeros_like(moved)
    if model.tied.size:
        mean, tied_mean = sums.mean[:, model.tied], sums.event_mean
        moved[:, model.tied] -= tied_mean * steps.cross
        taken[:, model.tied] = mean * steps.cross - tied_mean * steps.both
    return moved, taken


def _event_means(sums: Sums, steps: Steps, model: SortedCovariates) -> Floats:
    """Mean covariate that an event is expected to have, averaged over steps: (k, e)."""
    means = sums.mean * (steps.hazard / model.weight)
    if model.tied.size:
        means[:, model.tied] -= sums.event_mean * (steps.taken / model.weight)[model.tied]
    return means
