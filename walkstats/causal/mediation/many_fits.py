"""What are the coefficients of thousands of resamples, each row counted so often? All at once.

A resample is a number of copies of each row, so that cross-products of all resamples are one matrix
product: copies (r, n) times the products of columns of each row (n, k * k).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

# Smallest eigenvalue, of columns of unit length, below which a resample determines no coefficients.
SINGULAR = 1e-10
ITERATIONS = 30
# A step is halved so often at most, where the likelihood would fall by more than rounding.
HALVINGS = 12
LEVEL = 1e-13
# A Newton step smaller than this, in units of standardised columns, ends the search.
CONVERGED = 1e-10
# A coefficient of a standardised column beyond which a likelihood has no maximum.
FAR = 40.0
TINY = 1e-300


@dataclass(frozen=True, eq=False)
class Fits:
    """Coefficients of r data sets.

    Attributes
    ----------
    coefficients : (r, k)
        nan where a data set determines none. Of a cumulative model the thresholds come first.
    spread : (r,)
        Residual standard deviation of a linear model, otherwise nan.
    covariance : (k, k) or None
        Model-based, of the first data set, where it was asked for.
    """

    coefficients: Floats
    spread: Floats
    covariance: Floats | None = None


def linear_fits(x: Floats, y: Floats, copies: Floats, covariance: bool = False) -> Fits:
    """Least squares.

    Parameters
    ----------
    x : (n, k)
    y : (n,)
    copies : (r, n)
        How often each row counts.
    covariance : bool
        Also the classical covariance of the first data set.

    Returns
    -------
    Fits

    Examples
    --------
    >>> x = np.column_stack([np.ones(3), [0.0, 1.0, 2.0]])
    >>> linear_fits(x, np.array([1.0, 3.0, 5.0]), np.ones((1, 3))).coefficients.round(9).tolist()
    [[1.0, 2.0]]
    """
    k = x.shape[1]
    square = _products(copies, x, x)
    side = copies @ (x * y[:, None])
    found = _solved(square, side)
    total = copies @ (y * y)
    squares = np.maximum(total - np.einsum("rk,rk->r", found, side), 0.0)
    freedom = copies.sum(axis=1) - k
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(np.where(freedom > 0, squares / freedom, np.nan))
    own = spread[0] ** 2 * np.linalg.inv(square[0]) if covariance else None
    return Fits(found, spread, own)


def cumulative_fits(
    x: Floats,
    level: Indices,
    levels: int,
    copies: Floats,
    link: str,
    start: Floats | None = None,
    covariance: bool = False,
) -> Fits:
    """Cumulative models: P(level <= j) = F(threshold j - x b); with two levels a binary model.

    Parameters
    ----------
    x : (n, k)
        Without a constant.
    level : (n,) codes 0 ... levels - 1
    levels : int
    copies : (r, n)
    link : {"logistic", "probit"}
        F.
    start : (levels - 1 + k,), optional
        Where the search begins.
    covariance : bool
        Also the inverse information of the first data set.

    Returns
    -------
    Fits
        Coefficients: thresholds, then b. nan where the search did not end.
    """
    rows = _Cumulative.of(x, level, levels, link)
    size = rows.upper.shape[1]
    found = np.tile(_beginning(level, levels, size, link) if start is None else start,
                    (len(copies), 1))  # fmt: skip
    active = np.arange(len(copies))
    information = np.full((size, size), np.nan)
    for _ in range(ITERATIONS):
        slope, curvature = rows.derivatives(found[active], copies[active])
        if active.size and active[0] == 0:
            information = curvature[0]
        step = _solved(curvature, slope)
        found[active] = rows.risen(found[active], step, copies[active])
        with np.errstate(invalid="ignore"):
            moving = np.abs(step).max(axis=1) > CONVERGED
            lost = np.isnan(step).any(axis=1) | (np.abs(found[active]).max(axis=1) > FAR)
        found[active[lost]] = np.nan
        active = active[moving & ~lost]
        if not active.size:
            break
    found[active] = np.nan
    own = None
    if covariance:
        solvable = not np.isnan(found[0]).any()
        own = np.linalg.inv(information) if solvable else np.full((size, size), np.nan)
    return Fits(found, np.full(len(copies), np.nan), own)


@dataclass(frozen=True, eq=False)
class _Cumulative:
    """Rows whose level lies between two linear arguments, ``upper @ b`` and ``lower @ b``."""

    upper: Floats
    lower: Floats
    top: NDArray[np.bool_]
    bottom: NDArray[np.bool_]
    link: str

    @classmethod
    def of(cls, x: Floats, level: Indices, levels: int, link: str) -> _Cumulative:
        ends = np.eye(levels - 1)
        upper = np.vstack([ends, np.zeros(levels - 1)])[level]
        lower = np.vstack([np.zeros(levels - 1), ends])[level]
        top, bottom = level == levels - 1, level == 0
        return cls(
            np.hstack([upper, np.where(top[:, None], 0.0, -x)]),
            np.hstack([lower, np.where(bottom[:, None], 0.0, -x)]),
            top,
            bottom,
            link,
        )

    def ends(self, at: Floats) -> tuple[Floats, Floats]:
        """Linear arguments (r, n) between which each row lies."""
        low = np.where(self.bottom, -np.inf, at @ self.lower.T)
        return low, np.where(self.top, np.inf, at @ self.upper.T)

    def likelihood(self, at: Floats, copies: Floats) -> Floats:
        """Log-likelihood (r,)."""
        low, high = self.ends(at)
        logs = np.log(np.maximum(_between(low, high, self.link), TINY))
        return np.asarray(np.einsum("rn,rn->r", copies, logs))

    def risen(self, at: Floats, step: Floats, copies: Floats) -> Floats:
        """Coefficients a step on, halved where the likelihood would fall."""
        before = self.likelihood(at, copies)
        share = np.ones(len(at))
        for _ in range(HALVINGS):
            after = self.likelihood(at + share[:, None] * step, copies)
            with np.errstate(invalid="ignore"):
                fallen = after < before - LEVEL * np.abs(before)
            if not fallen.any():
                break
            share[fallen] /= 2.0
        return np.asarray(at + share[:, None] * step)

    def derivatives(self, at: Floats, copies: Floats) -> tuple[Floats, Floats]:
        """Slope (r, k) of the log-likelihood, and its curvature (r, k, k) with the sign changed."""
        low, high = self.ends(at)
        _, f_high, g_high = shape(high, self.link)
        _, f_low, g_low = shape(low, self.link)
        chance = np.maximum(_between(low, high, self.link), TINY)
        up, down = f_high / chance, f_low / chance
        slope = (copies * up) @ self.upper - (copies * down) @ self.lower
        both = _products(copies * up * down, self.upper, self.lower)
        curvature = (
            _products(copies * (up**2 - g_high / chance), self.upper, self.upper)
            + _products(copies * (down**2 + g_low / chance), self.lower, self.lower)
            - both
            - both.transpose(0, 2, 1)
        )
        return slope, curvature


def rising_rows(x: Floats, level: Indices, levels: int) -> Floats:
    """Rows (m, k) whose products with a direction are positive where the likelihood gains."""
    rows = _Cumulative.of(x, level, levels, "logistic")
    return np.vstack([rows.upper[~rows.top], -rows.lower[~rows.bottom]])


def shape(value: Floats, link: str) -> tuple[Floats, Floats, Floats]:
    """F, its density and the density's slope."""
    if link == "probit":
        density = np.exp(-0.5 * value**2) / np.sqrt(2 * np.pi)
        return special.ndtr(value), density, np.where(density > 0, -value, 0.0) * density
    below = special.expit(value)
    density = below * special.expit(-value)
    return below, density, density * (1.0 - 2.0 * below)


def share(value: Floats, link: str) -> Floats:
    """F alone."""
    return np.asarray(special.ndtr(value) if link == "probit" else special.expit(value))


def _between(low: Floats, high: Floats, link: str) -> Floats:
    """F(high) - F(low), taken on the side where it loses no digits."""
    mirrored = low > 0
    a = np.where(mirrored, -high, low)
    b = np.where(mirrored, -low, high)
    return share(b, link) - share(a, link)


def _beginning(level: Indices, levels: int, size: int, link: str) -> Floats:
    """Thresholds of the shares as they are, and no effects."""
    shares = np.cumsum(np.bincount(level, minlength=levels))[:-1] / level.size
    back = special.ndtri if link == "probit" else special.logit
    return np.concatenate([back(shares), np.zeros(size - levels + 1)])


def _products(weights: Floats, left: Floats, right: Floats) -> Floats:
    """Weighted cross-products (r, k, j) of two sets of columns."""
    n, k = left.shape
    j = right.shape[1]
    each = (left[:, :, None] * right[:, None, :]).reshape(n, k * j)
    return (weights @ each).reshape(len(weights), k, j)


def _solved(square: Floats, side: Floats) -> Floats:
    """Solutions (r, k) of r systems; nan where columns cannot be told apart."""
    size = np.sqrt(np.einsum("rkk->rk", np.abs(square)))
    good = np.all(np.isfinite(square), axis=(1, 2)) & np.all(size > 0, axis=1)
    found = np.full(side.shape, np.nan)
    if good.any():
        scaled = square[good] / size[good, :, None] / size[good, None, :]
        least = np.linalg.eigvalsh(scaled)[:, 0]
        keep = np.flatnonzero(good)[least > SINGULAR]
        alone = scaled[least > SINGULAR]
        answer = np.linalg.solve(alone, (side[keep] / size[keep])[:, :, None])[:, :, 0]
        found[keep] = answer / size[keep]
    return found
