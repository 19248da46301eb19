"""Where is the likelihood of an accelerated failure time model largest? Arrays only.

The index of a row is z = (y - x'b) / scale with y the time or its logarithm. Within the search y
and the covariates are centred and scaled; what comes out is on the scale of the data.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from walkstats.errors import FitError
from walkstats.numerics.newton import Maximum
from walkstats.survival.accelerated.centred_columns import Columns, centred
from walkstats.survival.accelerated.contributions import (
    EXACT,
    INTERVAL,
    LEFT,
    RIGHT,
    contributions,
    late_entry,
)
from walkstats.survival.accelerated.ends import (
    inverse,
    others,
    share_of_terms,
    weak_directions,
)
from walkstats.survival.accelerated.families import Distribution
from walkstats.survival.accelerated.newton_indefinite import Evaluation, climb

Floats = NDArray[np.float64]
Codes = NDArray[np.integer]
Booleans = NDArray[np.bool_]

# The search ends where a scale is this far (in logarithms) from the spread of the times.
FARTHEST = 16.0
WIDEST = 8.0
# A row moved by less than this share of the largest move is not moved.
STILL = 1e-3


@dataclass(frozen=True, eq=False)
class Times:
    """Times of n rows on the scale of the model, offsets subtracted.

    Attributes
    ----------
    family : Distribution
    seen : (n,)
    y, upper : (n,)
        As `TimedRows.time` and ``upper``; anything where there is no upper end.
    entry : (n,) or None
        -inf where there is none.
    weight : (n,)
    followed : (n,) bool
    stratum : (n,) codes 0, 1, ...
        Rows with the same code share a scale.
    log_scale : float or None
        Where it is fixed.
    """

    family: Distribution
    seen: NDArray[np.int8]
    y: Floats
    upper: Floats
    entry: Floats | None
    weight: Floats
    followed: Booleans
    stratum: Codes
    log_scale: float | None

    @property
    def scales(self) -> int:
        """Number of scales estimated."""
        return 0 if self.log_scale is not None else int(self.stratum.max()) + 1


@dataclass(frozen=True, eq=False)
class LocationScale:
    """The maximum, for k covariates and s scales estimated.

    Attributes
    ----------
    values : (1 + k + s,)
        Intercept, coefficients, log scales; infinite where the likelihood rises for ever.
    covariance : (1 + k + s, 1 + k + s)
        Inverse of the observed information; nan where a value is infinite.
    log_likelihood, log_likelihood_null : float
        Of the density of y; null: with the intercept and the scales alone.
    state : {"converged", "boundary", "infinite", "not converged"}
    rows : (n, 1 + k + s)
        Score of each row for one copy of weight 1.
    columns : Columns
    """

    values: Floats
    covariance: Floats
    log_likelihood: float
    log_likelihood_null: float
    state: str
    rows: Floats
    columns: Columns


@dataclass(frozen=True, eq=False)
class RowDerivatives:
    """Log-likelihood of rows, derivatives by location and log scale: (n,), (n, 2), (n, 3)."""

    value: Floats
    first: Floats
    second: Floats


def location_scale(X: Floats, times: Times, names: tuple[str, ...]) -> LocationScale:
    """Maximise the likelihood.

    Parameters
    ----------
    X : (n, k)
        Covariates without intercept.
    times : Times
    names : tuple of str, length k
        For messages.

    Returns
    -------
    LocationScale

    Raises
    ------
    FitError
        For covariates that are constant or collinear, and where the likelihood has no bound.
    """
    columns = centred(X, times.weight * times.followed, names)
    scaled, middle, spread = _standardised(times)
    start = np.zeros(1 + scaled.scales)
    null = climb(lambda at: _evaluate(at, np.ones((X.shape[0], 1)), scaled), start)
    design = np.column_stack([np.ones(X.shape[0]), columns.rows])
    k = X.shape[1]
    begin = np.concatenate([null.values[:1], np.zeros(k), null.values[1:]])
    found = null if k == 0 else climb(lambda at: _evaluate(at, design, scaled), begin)
    turn, shift = _back(columns, middle, spread, scaled.scales)
    fitted = _packed(found, turn, shift, design, scaled, columns)
    exact = float(np.sum(times.weight[times.seen == EXACT])) * np.log(spread)
    return replace(
        fitted,
        log_likelihood=fitted.log_likelihood - exact,
        log_likelihood_null=null.log_likelihood - exact,
    )


def row_derivatives(location: Floats, log_scale: Floats, times: Times) -> RowDerivatives:
    """What each row adds, for one copy of weight 1, and its derivatives.

    Parameters
    ----------
    location, log_scale : (n,)
    times : Times

    Returns
    -------
    RowDerivatives
    """
    scale = np.exp(log_scale)
    a = (times.y - location) / scale
    b = np.where(times.seen == INTERVAL, (times.upper - location) / scale, 0.0)
    added = contributions(times.family, times.seen, a, b)
    exact = (times.seen == EXACT).astype(float)
    value = added.value - exact * log_scale
    first, second = _chain(added.first, added.second, a, b, scale)
    first[:, 1] -= exact
    if times.entry is not None:
        late = np.flatnonzero(np.isfinite(times.entry))
        e = (times.entry[late] - location[late]) / scale[late]
        above, slope, bend = late_entry(times.family, e)
        nil = np.zeros_like(slope)
        one, two = _chain(
            np.column_stack([slope, nil]), np.column_stack([bend, nil, nil]), e, nil, scale[late]
        )
        value[late] -= above
        first[late] -= one
        second[late] -= two
    return RowDerivatives(value, first, second)


def _chain(
    first: Floats, second: Floats, a: Floats, b: Floats, scale: Floats
) -> tuple[Floats, Floats]:
    """From derivatives by the indices a and b to those by location and log scale."""
    by_a, by_b = first.T
    aa, ab, bb = second.T
    location = -(by_a + by_b) / scale
    log_scale = -(a * by_a + b * by_b)
    both = (a * aa + (a + b) * ab + b * bb + by_a + by_b) / scale
    twice = a * a * aa + 2.0 * a * b * ab + b * b * bb - log_scale
    return (
        np.column_stack([location, log_scale]),
        np.column_stack([(aa + 2.0 * ab + bb) / scale**2, both, twice]),
    )


def _log_scales(values: Floats, times: Times) -> Floats:
    if times.log_scale is not None:
        return np.full(times.y.size, times.log_scale)
    return np.asarray(values[-times.scales :])[times.stratum]


def _scores(derivatives: RowDerivatives, design: Floats, times: Times) -> Floats:
    """Scores of rows (n, p) by all parameters."""
    parts = [derivatives.first[:, :1] * design]
    if times.scales:
        own = np.zeros((times.y.size, times.scales))
        own[np.arange(times.y.size), times.stratum] = derivatives.first[:, 1]
        parts.append(own)
    return np.column_stack(parts)


def _evaluate(values: Floats, design: Floats, times: Times) -> Evaluation:
    k, s = design.shape[1], times.scales
    nothing = np.zeros(k + s)
    if s and np.any(np.abs(values[k:]) > FARTHEST):
        return Evaluation(-np.inf, nothing, np.eye(k + s))
    found = row_derivatives(design @ values[:k], _log_scales(values, times), times)
    weight = times.weight
    information = np.zeros((k + s, k + s))
    information[:k, :k] = -(design.T * (weight * found.second[:, 0])) @ design
    if s:
        for j in range(s):
            mine = weight * (times.stratum == j)
            information[:k, k + j] = information[k + j, :k] = -(mine * found.second[:, 1]) @ design
            information[k + j, k + j] = -float(mine @ found.second[:, 2])
    score = np.concatenate(
        [
            (weight * found.first[:, 0]) @ design,
            np.bincount(times.stratum, weight * found.first[:, 1], max(s, 1))[:s],
        ]
    )
    return Evaluation(float(weight @ found.value), score, information)


def _standardised(times: Times) -> tuple[Times, float, float]:
    """Times with mean 0 and spread 1, and what was taken away and divided by."""
    share = times.weight * times.followed
    share = share / share.sum()
    middle = float(share @ times.y)
    spread = float(np.sqrt(share @ (times.y - middle) ** 2))
    if spread <= 1e-12 * max(abs(middle), 1e-300):
        within = times.upper[times.seen == INTERVAL]
        spread = float(np.ptp(within)) if within.size > 1 and np.ptp(within) > 0 else 1.0
    fixed = None if times.log_scale is None else times.log_scale - np.log(spread)
    entry = None if times.entry is None else (times.entry - middle) / spread
    scaled = replace(
        times,
        y=(times.y - middle) / spread,
        upper=(times.upper - middle) / spread,
        entry=entry,
        log_scale=fixed,
    )
    return scaled, middle, spread


def _back(columns: Columns, middle: float, spread: float, scales: int) -> tuple[Floats, Floats]:
    """Matrix and shift from the values of the search to those of the data."""
    k = columns.centre.size
    turn = np.zeros((1 + k + scales, 1 + k + scales))
    turn[0, 0] = spread
    turn[1 : 1 + k, 1 : 1 + k] = spread * columns.basis
    turn[0, 1 : 1 + k] = -spread * (columns.centre @ columns.basis)
    turn[1 + k :, 1 + k :] = np.eye(scales)
    shift = np.zeros(1 + k + scales)
    shift[0], shift[1 + k :] = middle, np.log(spread)
    return turn, shift


# --- how the search ended -------------------------------------------------------------------------


def _packed(
    found: Maximum,
    turn: Floats,
    shift: Floats,
    design: Floats,
    times: Times,
    columns: Columns,
) -> LocationScale:
    k = design.shape[1]
    log_scales = _log_scales(found.values, times)
    _refuse_unbounded(log_scales, times)
    derivatives = row_derivatives(design @ found.values[:k], log_scales, times)
    rows = _scores(derivatives, design, times)
    size = np.concatenate([np.full(k, np.exp(-log_scales.mean())), np.ones(times.scales)])
    weak = weak_directions(found.information / np.outer(size, size), float(times.weight.sum()))
    values, state, apart = turn @ found.values + shift, found.state, np.zeros(turn.shape[0], bool)
    # A scale that has grown beyond all times: they do not tell events from censorings.
    if np.any(found.values[k:] > WIDEST):
        endless = np.concatenate([np.zeros(k), np.full(times.scales, np.inf)])
        state, apart = "infinite", np.ones(turn.shape[0], bool)
        values = np.where(np.isfinite(endless), values, endless)
    elif weak.size:
        end = _without_end(weak, size, found, turn, design, times, columns)
        state, apart = end.state, end.apart
        values = np.where(np.isfinite(end.values), values, end.values)
    covariance = turn @ inverse(found.information, others(weak) / size[:, np.newaxis]) @ turn.T
    covariance = np.where(apart | apart[:, np.newaxis], np.nan, covariance)
    return LocationScale(
        values=values,
        covariance=covariance,
        log_likelihood=found.log_likelihood,
        log_likelihood_null=np.nan,
        state=state,
        rows=rows @ np.linalg.inv(turn),
        columns=columns,
    )


def _refuse_unbounded(log_scales: Floats, times: Times) -> None:
    """A density has no bound where it describes its events exactly: the scale shrinks to 0."""
    exact = (times.seen == EXACT) & (times.weight > 0)
    if times.scales and np.any(log_scales[exact] < 1.0 - FARTHEST):
        raise FitError(
            "The model describes every event time exactly, so that its scale shrinks to 0 and the "
            "likelihood has no bound. Leave terms out, fix scale=, or say between which times the "
            "events happened, with low= and high=."
        )


@dataclass(frozen=True, eq=False)
class _End:
    """State; infinite values (p,), others 0; which values have no estimate of their variance."""

    state: str
    values: Floats
    apart: Booleans


def _without_end(
    weak: Floats,
    size: Floats,
    found: Maximum,
    turn: Floats,
    design: Floats,
    times: Times,
    columns: Columns,
) -> _End:
    """Where the likelihood is flat: which values run off, and which way."""
    k = design.shape[1]
    spread = np.concatenate([[1.0], columns.scale, np.ones(times.scales)])
    moved = turn @ (weak / size[:, np.newaxis])
    apart = np.max([share_of_terms(one, spread) for one in moved.T], axis=0) > STILL
    step = weak @ (weak.T @ (found.step * size)) / size
    if not np.any(step):
        step = weak[:, 0] / size
    if np.any(apart[k:]):
        outwards = np.copysign(np.inf, found.values[k:])
        values = np.concatenate([np.zeros(k), np.where(apart[k:], outwards, 0.0)])
        return _End("boundary" if np.all(values <= 0.0) else "infinite", values, apart)
    sign = _rising_sign(design @ step[:k], times)
    if sign == 0.0:
        return _End("not converged", np.zeros_like(step), apart)
    along = turn @ step
    far = apart & (share_of_terms(along, spread) > STILL)
    return _End("infinite", np.where(far, np.copysign(np.inf, sign * along), 0.0), apart)


def _rising_sign(move: Floats, times: Times) -> float:
    """1 or -1 where the likelihood rises for ever along a move of the locations; 0 where not."""
    told = (times.weight > 0) & times.followed
    move = np.where(told, move, 0.0)
    largest = float(np.abs(move).max())
    held = np.isin(times.seen, (EXACT, INTERVAL))
    if np.any(np.abs(move[held]) > STILL * largest):
        return 0.0
    for sign in (1.0, -1.0):
        up, down = sign * move[times.seen == RIGHT], sign * move[times.seen == LEFT]
        if np.all(up >= -STILL * largest) and np.all(down <= STILL * largest):
            return sign
    return 0.0
