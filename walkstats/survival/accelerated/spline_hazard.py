"""Where is the likelihood of Royston and Parmar's model largest? Arrays only.

The index of a row is the log cumulative hazard at its time: linear in all parameters, as is its
slope in log time. The same kernel serves every model with such an index.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from walkstats.errors import FitError
from walkstats.numerics.newton import Maximum
from walkstats.survival.accelerated.contributions import (
    EXACT,
    INTERVAL,
    contributions,
    late_entry,
)
from walkstats.survival.accelerated.ends import inverse, others, share_of_terms, weak_directions
from walkstats.survival.accelerated.families import EXTREME
from walkstats.survival.accelerated.newton_indefinite import Evaluation, climb

# A cumulative hazard with a higher power of time than this is a jump.
STEEPEST = 1e6
# Columns of the index whose smallest singular value is below this share of the largest are alike.
ALIKE = 1e-14

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class LinearIndex:
    """Rows whose index is linear in p parameters.

    Attributes
    ----------
    seen : (n,)
    at : (n, p)
        Design of the index at the time (or at the lower end).
    upper : (n, p)
        At the upper end; zero where there is none.
    slope : (n, p)
        Design of the derivative of the index by log time, at events.
    entry : (m, p)
        At entry, for the rows that enter late.
    late : (m,) positions of those rows
    weight : (n,)
    offset : (n,)
        Added to the index at every time.
    """

    seen: NDArray[np.int8]
    at: Floats
    upper: Floats
    slope: Floats
    entry: Floats
    late: NDArray[np.intp]
    weight: Floats
    offset: Floats

    def indices(self, values: Floats) -> tuple[Floats, Floats, Floats]:
        """Index at the time (n,), at the upper end (n,), and at late entry (m,)."""
        return (
            self.at @ values + self.offset,
            self.upper @ values + self.offset,
            self.entry @ values + self.offset[self.late],
        )


@dataclass(frozen=True, eq=False)
class SplineHazard:
    """The maximum.

    Attributes
    ----------
    values : (p,)
    covariance : (p, p)
    log_likelihood : float
        Of the density of the logarithm of the time.
    state : {"converged", "infinite", "not converged"}
    rows : (n, p)
        Score of each row for one copy of weight 1.
    """

    values: Floats
    covariance: Floats
    log_likelihood: float
    state: str
    rows: Floats


def spline_columns(log_time: ArrayLike, knots: Floats) -> tuple[Floats, Floats]:
    """Columns of a natural cubic spline, and their derivatives.

    Parameters
    ----------
    log_time : (n,)
    knots : (df + 1,)
        Increasing; the first and the last are the boundary knots.

    Returns
    -------
    columns, slopes : (n, df + 1)
        1, x, and for each interior knot k the term (x - k)+^3 - r (x - k1)+^3 - (1 - r) (x - kn)+^3
        with r = (kn - k) / (kn - k1): linear outside the boundary knots.
    """
    x = np.asarray(log_time, dtype=float)
    first, last = knots[0], knots[-1]
    columns = [np.ones_like(x), x]
    slopes = [np.zeros_like(x), np.ones_like(x)]
    for knot in knots[1:-1]:
        share = (last - knot) / (last - first)
        above = [np.maximum(x - at, 0.0) for at in (knot, first, last)]
        factors = (1.0, -share, share - 1.0)
        columns.append(sum(f * u**3 for f, u in zip(factors, above, strict=True)))
        slopes.append(sum(3.0 * f * u**2 for f, u in zip(factors, above, strict=True)))
    return np.column_stack(columns), np.column_stack(slopes)


def spline_hazard(rows: LinearIndex, start: Floats) -> SplineHazard:
    """Maximise the likelihood.

    Parameters
    ----------
    rows : LinearIndex
    start : (p,)
        Parameters whose index rises at all events.

    Returns
    -------
    SplineHazard

    Raises
    ------
    FitError
        For fewer different times than parameters, and a likelihood without bound.
    """
    turn = _uncorrelated(rows)
    inside = _turned(rows, turn)
    begin = np.asarray(np.linalg.solve(turn, start), dtype=np.float64)
    found = climb(lambda at: _evaluate(at, inside), begin)
    _refuse_unbounded(inside.slope @ found.values, rows)
    scores = _row_scores(found.values, inside)[1]
    weak = weak_directions(found.information, float(rows.weight.sum()))
    values, state = turn @ found.values, found.state
    apart = np.zeros(values.size, dtype=bool)
    if weak.size:
        values, state, apart = _without_end(weak, found, turn, values, rows)
    covariance = turn @ inverse(found.information, others(weak)) @ turn.T
    covariance = np.where(apart | apart[:, np.newaxis], np.nan, covariance)
    back = np.linalg.inv(turn)
    return SplineHazard(values, covariance, found.log_likelihood, state, scores @ back)


def _refuse_unbounded(slope: Floats, rows: LinearIndex) -> None:
    """A density has no bound where it describes its events exactly: the slope grows for ever."""
    exact = (rows.seen == EXACT) & (rows.weight > 0)
    if np.any(slope[exact] > STEEPEST):
        raise FitError(
            "The model describes every event time exactly, so that the likelihood has no bound. "
            "Leave terms out, or say between which times the events happened, with low= and high=."
        )


def _uncorrelated(rows: LinearIndex) -> Floats:
    """(p, p): the design times it has columns of size 1 without correlation."""
    share = np.sqrt(rows.weight / rows.weight.sum())[:, np.newaxis]
    triangle: Floats = np.asarray(np.linalg.qr(rows.at * share, mode="r"))
    p = triangle.shape[1]
    size = np.linalg.svd(triangle, compute_uv=False)
    if size.size < p or size[-1] <= ALIKE * size[0]:
        raise FitError(
            f"The {int(np.sum(rows.weight > 0))} times cannot tell {p} parameters apart. Take a "
            "smaller df, leave terms out, or say between which times the events happened, with "
            "low= and high=."
        )
    return np.asarray(np.linalg.inv(triangle), dtype=np.float64)


def _turned(rows: LinearIndex, turn: Floats) -> LinearIndex:
    return replace(
        rows,
        at=rows.at @ turn,
        upper=rows.upper @ turn,
        slope=rows.slope @ turn,
        entry=rows.entry @ turn,
    )


def _row_scores(values: Floats, rows: LinearIndex) -> tuple[Floats, Floats]:
    """Log-likelihood (n,) and score (n, p) of each row, for one copy of weight 1."""
    at, upper, entry = rows.indices(values)
    added = contributions(EXTREME, rows.seen, at, upper)
    value = added.value.copy()
    score = added.first[:, :1] * rows.at
    within = rows.seen == INTERVAL
    score[within] += added.first[within, 1:] * rows.upper[within]
    exact = rows.seen == EXACT
    slope = rows.slope[exact] @ values
    value[exact] += np.log(slope) if np.all(slope > 0.0) else -np.inf
    score[exact] += rows.slope[exact] / slope[:, np.newaxis]
    above, first, _ = late_entry(EXTREME, entry)
    value[rows.late] -= above
    score[rows.late] -= first[:, np.newaxis] * rows.entry
    return value, score


def _evaluate(values: Floats, rows: LinearIndex) -> Evaluation:
    value, score = _row_scores(values, rows)
    at, upper, entry = rows.indices(values)
    added = contributions(EXTREME, rows.seen, at, upper)
    weight, p = rows.weight, values.size
    information = -(rows.at.T * (weight * added.second[:, 0])) @ rows.at
    within = rows.seen == INTERVAL
    if within.any():
        low, high, w = rows.at[within], rows.upper[within], weight[within]
        mixed = (low.T * (w * added.second[within, 1])) @ high
        information -= mixed + mixed.T
        information -= (high.T * (w * added.second[within, 2])) @ high
    exact = rows.seen == EXACT
    rise = rows.slope[exact] / (rows.slope[exact] @ values)[:, np.newaxis]
    information += (rise.T * weight[exact]) @ rise
    bend = late_entry(EXTREME, entry)[2]
    information += (rows.entry.T * (weight[rows.late] * bend)) @ rows.entry
    return Evaluation(float(weight @ value), weight @ score, information.reshape(p, p))


def _without_end(
    weak: Floats, found: Maximum, turn: Floats, values: Floats, rows: LinearIndex
) -> tuple[Floats, str, Booleans]:
    """Values that run off where the likelihood is flat."""
    size = np.sqrt(np.average(rows.at**2, axis=0, weights=rows.weight))
    moved = turn @ weak
    apart = np.max([share_of_terms(one, size) for one in moved.T], axis=0) > 1e-3
    along = turn @ (weak @ (weak.T @ found.step))
    index = rows.at @ along
    exact = (rows.seen == EXACT) & (rows.weight > 0)
    if not np.any(along) or np.abs(index[exact]).max() > 1e-3 * np.abs(index).max():
        return values, "not converged", apart
    far = apart & (share_of_terms(along, size) > 1e-3)
    return np.where(far, np.copysign(np.inf, along), values), "infinite", apart
