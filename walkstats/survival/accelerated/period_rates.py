"""Where is the likelihood of a piecewise exponential model largest? Arrays only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics.newton import Maximum
from walkstats.survival.accelerated.centred_columns import Columns, centred
from walkstats.survival.accelerated.ends import inverse, others, share_of_terms, weak_directions
from walkstats.survival.accelerated.newton_indefinite import Evaluation, climb

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

# A term that makes less than this share of a move without end stays where it is.
STILL = 1e-3


@dataclass(frozen=True, eq=False)
class Periods:
    """n rows in m periods.

    Attributes
    ----------
    spent, happened : (n, m)
        Time at risk and events.
    offset, weight : (n,)
    """

    spent: Floats
    happened: Floats
    offset: Floats
    weight: Floats


@dataclass(frozen=True, eq=False)
class PeriodRates:
    """The maximum over k coefficients and m log rates.

    Attributes
    ----------
    values : (k + m,)
        -inf for the log rate of a period without events.
    covariance : (k + m, k + m)
        nan where a value is infinite.
    log_likelihood : float
    state : {"converged", "infinite", "not converged"}
    scores : (n, k + m)
    columns : Columns
    """

    values: Floats
    covariance: Floats
    log_likelihood: float
    state: str
    scores: Floats
    columns: Columns


def period_rates(X: Floats, periods: Periods, names: tuple[str, ...]) -> PeriodRates:
    """Maximise the likelihood.

    Parameters
    ----------
    X : (n, k)
    periods : Periods
    names : tuple of str, length k
        For messages.

    Returns
    -------
    PeriodRates

    Raises
    ------
    FitError
        For covariates that are constant or collinear.
    """
    weight, k = periods.weight, X.shape[1]
    columns = centred(X, weight * (periods.spent.sum(axis=1) > 0), names)
    number = weight @ periods.happened
    seen = number > 0
    some = Periods(periods.spent[:, seen], periods.happened[:, seen], periods.offset, weight)
    at_risk = weight @ (some.spent * np.exp(periods.offset)[:, np.newaxis])
    start = np.append(np.zeros(k), np.log(number[seen] / at_risk))
    found = climb(lambda at: _evaluate(at, columns.rows, some), start)
    turn = _back(columns, int(seen.sum()))
    values, covariance, state = _ended(found, turn, columns, float(number.sum()))
    placed, size = np.append(np.ones(k, dtype=bool), seen), k + seen.size
    all_values, all_covariance = np.full(size, -np.inf), np.full((size, size), np.nan)
    all_values[placed] = values
    all_covariance[np.ix_(placed, placed)] = covariance
    scores = np.zeros((len(X), size))
    scores[:, placed] = _scores(found.values, columns.rows, some) @ np.linalg.inv(turn)
    return PeriodRates(
        values=all_values,
        covariance=all_covariance,
        log_likelihood=found.log_likelihood,
        state=state,
        scores=scores,
        columns=columns,
    )


def _expected(values: Floats, X: Floats, periods: Periods) -> tuple[Floats, Floats]:
    """Linear predictors (n,) and expected events (n, m)."""
    k = X.shape[1]
    eta = X @ values[:k] + periods.offset
    return eta, np.exp(eta[:, np.newaxis] + values[k:]) * periods.spent


def _scores(values: Floats, X: Floats, periods: Periods) -> Floats:
    left = periods.happened - _expected(values, X, periods)[1]
    return np.column_stack([X * left.sum(axis=1)[:, np.newaxis], left])


def _evaluate(values: Floats, X: Floats, periods: Periods) -> Evaluation:
    weight, happened = periods.weight, periods.happened
    eta, expected = _expected(values, X, periods)
    events, total = happened.sum(axis=1), expected.sum(axis=1)
    value = float(weight @ (events * eta + happened @ values[X.shape[1] :] - total))
    mixed = (X.T * weight) @ expected
    information = np.block(
        [[(X.T * (weight * total)) @ X, mixed], [mixed.T, np.diag(weight @ expected)]]
    )
    return Evaluation(value, weight @ _scores(values, X, periods), information)


def _back(columns: Columns, periods: int) -> Floats:
    """From the coordinates of the search to those of the data."""
    k = columns.centre.size
    turn = np.eye(k + periods)
    turn[:k, :k] = columns.basis
    turn[k:, :k] = -(columns.centre @ columns.basis)[np.newaxis, :]
    return turn


def _ended(
    found: Maximum, turn: Floats, columns: Columns, events: float
) -> tuple[Floats, Floats, str]:
    """Values, covariance and state, with infinite values where the likelihood is flat."""
    weak = weak_directions(found.information, events)
    values, state = turn @ found.values, found.state
    covariance = turn @ inverse(found.information, others(weak)) @ turn.T
    if not weak.size:
        return values, covariance, state
    spread = np.concatenate([columns.scale, np.ones(values.size - columns.scale.size)])
    apart = np.max([share_of_terms(one, spread) for one in (turn @ weak).T], axis=0) > STILL
    along = turn @ (weak @ (weak.T @ found.step))
    covariance = np.where(apart | apart[:, np.newaxis], np.nan, covariance)
    if not np.any(along):
        return values, covariance, "not converged"
    far = apart & (share_of_terms(along, spread) > STILL)
    return np.where(far, np.copysign(np.inf, along), values), covariance, "infinite"
