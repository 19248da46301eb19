"""How do two arms differ when rows count by a weight? Arrays in, one number out.

What replicates of a bootstrap compute: rows keep their order, and a resample is a number of copies
of each row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.causal.two_arms import FREE, HAZARD, MEAN, RISK
from walkstats.errors import FitError

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Indices = NDArray[np.intp]

# Newton's error is about the square of its last step.
ENOUGH = 1e-8
MOST_STEPS = 50
# A log odds this far out is on its way to infinity.
FAR = 30.0


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What is compared: n rows.

    Attributes
    ----------
    kind : {"mean", "risk", "restricted mean", "hazard"}
    second : (n,) bool, rows of the arm that is compared with the reference
    value : (n,) outcome, or time; missing where not known
    event : (n,) bool
    moment : day of the risk, or horizon
    times : (q,) distinct times
    place : (n,) of each row's time among them
    """

    kind: str
    second: Booleans
    value: Floats
    event: Booleans
    moment: float
    times: Floats
    place: Indices


@dataclass(frozen=True, eq=False)
class Followed:
    """Rows of one arm, whether they followed the protocol, and what that depends on.

    Attributes
    ----------
    rows : (m,) positions
    matrix : (m, k) covariates with a constant
    event : (m,) 0 and 1
    certain : whether everybody counts as following
    start : (k,) coefficients in the data themselves, where the search in a resample begins
    """

    rows: Indices
    matrix: Floats
    event: Floats
    certain: bool
    start: Floats | None = None


def outcomes_of(
    kind: str, second: Booleans, value: Floats, event: Booleans, moment: float
) -> Outcomes:
    """Rank the times once."""
    if kind == MEAN:
        nothing = np.empty(0)
        return Outcomes(kind, second, value, event, moment, nothing, nothing.astype(np.intp))
    times, place = np.unique(value, return_inverse=True)
    return Outcomes(kind, second, value, event, moment, times, place.reshape(-1).astype(np.intp))


def weights_in(
    groups: Sequence[Followed],
    copies: Floats,
    *,
    stabilised: bool,
    truncate: tuple[float, float] | None,
) -> Floats:
    """Weights (n,) of those kept, from models fitted to a resample; 0 for the others.

    Raises
    ------
    FitError
        Where nobody of a group is kept, or its covariates decide with certainty.
    """
    weights = np.zeros(len(copies))
    for group in groups:
        own = copies[group.rows]
        followed = float(own @ group.event)
        if followed == 0:
            raise FitError("nobody followed in one arm")
        if group.certain or followed == own.sum():
            weights[group.rows] = group.event
            continue
        probability = chance_of(group.matrix, group.event, own, group.start)[0]
        share = followed / own.sum() if stabilised else 1.0
        weights[group.rows] = group.event * share / probability
    positive = (weights > 0) & (copies > 0)
    if truncate is not None:
        spread = np.repeat(weights[positive], copies[positive].astype(np.intp))
        low, high = np.quantile(spread, truncate)
        weights = np.where(weights > 0, np.clip(weights, low, high), weights)
    return weights


def chance_of(
    matrix: Floats, event: Floats, copies: Floats, start: Floats | None = None
) -> tuple[Floats, Floats]:
    """Probabilities (m,) of a logistic regression by Newton's method, and its coefficients (k,).

    Raises
    ------
    FitError
        Where the likelihood rises for ever.
    """
    if start is None:
        start = np.zeros(matrix.shape[1])
        share = float(copies @ event / copies.sum())
        start[0] = np.log(share / (1.0 - share))
    values = start
    for _ in range(MOST_STEPS):
        chance = 1.0 / (1.0 + np.exp(-(matrix @ values)))
        held = copies * chance
        score = matrix.T @ (copies * event - held)
        information = (matrix * (held * (1.0 - chance))[:, None]).T @ matrix
        try:
            step = np.linalg.solve(information, score)
        except np.linalg.LinAlgError:
            break
        values = values + step
        if np.abs(matrix @ values).max() > FAR:
            break
        if np.abs(step).max() < ENOUGH:
            return np.asarray(1.0 / (1.0 + np.exp(-(matrix @ values)))), values
    raise FitError("the covariates decide with certainty who followed")


def difference(outcomes: Outcomes, weights: Floats) -> float:
    """The second arm less the first; of hazards their ratio."""
    if outcomes.kind == MEAN:
        known = ~np.isnan(outcomes.value) & (weights > 0)
        sides = [known & ~outcomes.second, known & outcomes.second]
        means = [np.average(outcomes.value[side], weights=weights[side]) for side in sides]
        return float(means[1] - means[0])
    tables = [_table(outcomes, np.where(side, weights, 0.0), side & (weights > 0))
              for side in (~outcomes.second, outcomes.second)]  # fmt: skip
    if outcomes.kind == HAZARD:
        return hazard_ratio(*tables)
    free = [_free(outcomes, *table[:2]) for table in tables]
    return float(free[0] - free[1] if outcomes.kind == RISK else free[1] - free[0])


def _table(outcomes: Outcomes, weights: Floats, rows: Booleans) -> tuple[Floats, Floats, Floats]:
    """At each time (q,): at risk, events, and events counted once each (for ties)."""
    q = len(outcomes.times)
    leaving = np.bincount(outcomes.place, weights, q).astype(np.float64)
    at_risk = np.cumsum(leaving[::-1])[::-1]
    happened = np.bincount(outcomes.place, weights * outcomes.event, q).astype(np.float64)
    tied = np.bincount(outcomes.place[rows & outcomes.event], minlength=q).astype(np.float64)
    return at_risk, happened, tied


def _free(outcomes: Outcomes, at_risk: Floats, happened: Floats) -> float:
    """Share free of the event at the moment, or the mean time free up to it."""
    share = np.divide(happened, at_risk, out=np.zeros(len(at_risk)), where=at_risk > 0)
    survival = np.cumprod(np.maximum(1.0 - share, 0.0))
    upto = int(np.searchsorted(outcomes.times, outcomes.moment, side="right"))
    if outcomes.kind == FREE:
        heights = np.concatenate([[1.0], survival[:upto]])
        ends = np.concatenate([[0.0], outcomes.times[:upto], [outcomes.moment]])
        return float(heights @ np.diff(ends))
    return float(survival[upto - 1]) if upto else 1.0


def hazard_ratio(
    first: tuple[Floats, Floats, Floats], second: tuple[Floats, Floats, Floats]
) -> float:
    """Hazard ratio of two arms by Cox's model, Efron's ties with their mean weight.

    Parameters
    ----------
    first, second : tuples of (q,) arrays
        At risk, events (both weighted), and tied events.

    Raises
    ------
    FitError
        Where one arm has no event while the other is at risk: the ratio is 0 or infinite.
    """
    tied = first[2] + second[2]
    use = tied > 0
    number = tied[use].astype(np.intp)
    before = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
    turn = before / np.repeat(number, number)
    spread = np.repeat(np.flatnonzero(use), number)
    zero = first[0][spread] - turn * first[1][spread]
    one = second[0][spread] - turn * second[1][spread]
    weight = (first[1] + second[1])[spread] / np.repeat(number, number)
    events = float(second[1].sum())
    value = 0.0
    for _ in range(MOST_STEPS):
        risen = one * np.exp(value)
        share = risen / (zero + risen)
        score = events - float(weight @ share)
        information = float(weight @ (share * (1.0 - share)))
        if not information > 0:
            break
        step = float(np.clip(score / information, -2.0, 2.0))
        value += step
        if abs(value) > FAR:
            break
        if abs(step) < ENOUGH:
            return float(np.exp(value))
    raise FitError("the hazard ratio is 0 or infinite")
