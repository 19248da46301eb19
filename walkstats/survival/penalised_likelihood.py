"""What if the partial likelihood has no maximum, or few events bias it? Firth's penalty.

Arrays only. The log-likelihood l(b) is maximised with half the log determinant of its information
I(b) added (Jeffreys' prior); the maximum is finite whatever the data (Heinze and Schemper 2001,
https://doi.org/10.1111/j.0006-341X.2001.00114.x).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics.newton import Maximum, inverse_information, maximise
from walkstats.survival.partial_likelihood import Evaluation
from walkstats.survival.risk_set_sums import (
    SortedCovariates,
    linear_predictor,
    sum_risk_sets,
    sum_steps,
)

Floats = NDArray[np.float64]

# Newton's steps that are tried.
SWINGS = 25
# The search ends where the score is this small, per square root of the information.
TIGHT = 1e-9
# Nearer than this, in standard errors, it has arrived where rounding stops it.
ARRIVED = 1e-6
# Height of coefficients whose information has no inverse: below any that a search accepts.
NOWHERE = -1e100


def evaluate_penalised(beta: Floats, model: SortedCovariates) -> Evaluation:
    """Evaluate the penalised log-likelihood, with Efron's or Breslow's ties.

    Parameters
    ----------
    beta : (k,)
    model : SortedCovariates
        k columns, centred and scaled.

    Returns
    -------
    Evaluation
        Penalised log-likelihood; its score (k,); the information (k, k) of the likelihood alone,
        whose inverse is the covariance and which serves Newton's steps. Minus infinity where
        the information has no inverse.

    Notes
    -----
    The derivative of the penalty along b_r is half the trace of I^-1 times the sum, over the steps
    of all event times, of the third central moments of the covariates at risk with x_r.
    """
    k = len(model.columns)
    sums = sum_risk_sets(linear_predictor(beta, model), _with_products(model))
    steps = sum_steps(sums, model)
    log_likelihood = model.event_mass @ sums.predictor - model.weight @ sums.log_sum - steps.log
    mass, moments = _step_moments(sums.mean, sums.event_mean, sums.share, model)
    mean = moments[:k]
    second = moments[k : k + k * k].reshape(k, k, -1) - mean[:, None] * mean
    information = second @ mass
    sign, log_determinant = np.linalg.slogdet(information)
    if sign <= 0 or not np.isfinite(log_determinant):
        return Evaluation(-np.inf, np.full(k, np.nan), information)
    third = _third_central(mean, second, moments[k + k * k :].reshape(k, k, k, -1)) @ mass
    inverse = np.linalg.inv(information)
    score = model.columns @ model.event_mass - mean @ mass
    score = score + 0.5 * np.einsum("ij,ijr->r", inverse, third)
    return Evaluation(float(log_likelihood + 0.5 * log_determinant), score, information)


def maximise_penalised(evaluate: Callable[[Floats], Evaluation], start: Floats) -> Maximum:
    """Maximise a penalised log-likelihood.

    The information is not quite its curvature: with few events Newton's steps by it may swing to
    and fro for ever. The curvature is then learnt on the way (BFGS).

    Parameters
    ----------
    evaluate : callable
        Coefficients (k,) -> penalised log-likelihood, score (k,), information (k, k).
    start : (k,)

    Returns
    -------
    Maximum
    """
    from scipy.optimize import minimize

    first = maximise(evaluate, start, max_iterations=SWINGS)
    # Far out nothing may be left of the information: no curvature to learn from.
    if not start.size or not np.all(np.diag(first.information) > 0):
        return first
    start = first.values
    try:
        unit = np.linalg.cholesky(inverse_information(first.information))
    except np.linalg.LinAlgError:
        return first
    if float(np.abs(unit.T @ first.score).max()) <= TIGHT:
        return first

    def downhill(u: Floats) -> tuple[float, Floats]:
        found = evaluate(start + unit @ u)
        if not np.isfinite(found.log_likelihood):
            return -NOWHERE, np.zeros_like(u)
        return -found.log_likelihood, -(unit.T @ found.score)

    search = minimize(downhill, np.zeros_like(start), jac=True, options={"gtol": TIGHT})
    values = start + unit @ search.x
    found = evaluate(values)
    arrived = float(np.abs(unit.T @ found.score).max()) <= ARRIVED
    state = "converged" if arrived else "not converged"
    return Maximum(
        values, found.log_likelihood, found.score, found.information, state,
        int(search.nit), np.zeros_like(values),
    )  # fmt: skip


def _with_products(model: SortedCovariates) -> SortedCovariates:
    """The covariates x with their products in pairs and in threes: (k + k^2 + k^3, n) columns."""
    x = model.columns
    k, n = x.shape
    pairs = (x[:, None] * x).reshape(k * k, n)
    threes = (x[:, None] * pairs).reshape(k**3, n)
    return replace(model, columns=np.vstack([x, pairs, threes]))


def _step_moments(
    mean: Floats, event_mean: Floats, share: Floats, model: SortedCovariates
) -> tuple[Floats, Floats]:
    """Mass (z,) and raw moments (j, z) of the covariates at risk in each step of each event time.

    In the l-th of Efron's d steps the events of the time count for 1 - l/d of their risk.
    """
    untied = np.setdiff1d(np.arange(model.weight.size), model.tied)
    layout = model.layout
    at = model.tied[layout.step_tie]
    left = 1.0 - layout.fraction * share[layout.step_tie]
    stepped = (mean[:, at] - layout.fraction * event_mean[:, layout.step_tie]) / left
    each = model.weight[at] / model.count[at]
    return (
        np.concatenate([model.weight[untied], each]),
        np.concatenate([mean[:, untied], stepped], axis=1),
    )


def _third_central(mean: Floats, second: Floats, third: Floats) -> Floats:
    """Third central moments (k, k, k, z) from the mean, the central second and the raw third."""
    crossed = (
        second[:, :, None] * mean + second[:, None] * mean[:, None] + second * mean[:, None, None]
    )
    return third - crossed - mean[:, None, None] * mean[:, None] * mean
