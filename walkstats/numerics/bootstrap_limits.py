"""What interval do bootstrap draws give? Percentile, BCa and normal limits of one number.

A draw may be infinite: it then lies beyond all others. What counts as missing is told by the
caller; here a draw is a number or an infinity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from walkstats.numerics.limits import normal_quantile

Floats = NDArray[np.float64]

# A rank this close to a whole number is that number: (1 - 0.95) / 2 * 1000 is not quite 25.
WHOLE = 1e-9


@dataclass(frozen=True)
class Limits:
    """Lower and upper limit, and whether either is the smallest or largest draw there is."""

    low: float
    high: float
    extreme: bool = False


def percentile_limits(low_draws: Floats, high_draws: Floats, level: float) -> Limits:
    """Limits that leave the same share of draws outside on either side.

    Parameters
    ----------
    low_draws, high_draws : (m,)
        Sorted draws from which the lower and the upper limit are read; the same array unless some
        draw may be any value, and so counts below for the one and above for the other.
    level : float

    Returns
    -------
    Limits
    """
    tail = (1.0 - level) / 2.0
    return _limits(low_draws, high_draws, tail, 1.0 - tail)


def percentile_columns(draws: Floats, level: float) -> Floats:
    """Percentile limits (k, 2) of each column of draws (m, k) that are all known."""
    found = [percentile_limits(one, one, level) for one in np.sort(draws, axis=0).T]
    return np.array([(one.low, one.high) for one in found])


def bca_limits(
    low_draws: Floats, high_draws: Floats, level: float, bias: float, acceleration: float
) -> Limits:
    """Percentile limits moved for bias and acceleration (Efron 1987); nan without either."""
    if not (np.isfinite(bias) and np.isfinite(acceleration)):
        return Limits(np.nan, np.nan)
    z = normal_quantile(level)
    moved = [bias + sign * z for sign in (-1.0, 1.0)]
    shrunk = [1.0 - acceleration * value for value in moved]
    if min(shrunk) <= 0.0:
        return Limits(np.nan, np.nan)
    tails = [float(special.ndtr(bias + m / s)) for m, s in zip(moved, shrunk, strict=True)]
    return _limits(low_draws, high_draws, tails[0], tails[1])


def normal_limits(observed: float, draws: Floats, level: float) -> Limits:
    """Estimate less its bootstrap bias, give or take z bootstrap standard errors, as R's boot."""
    if draws.size < 2 or not (np.isfinite(observed) and np.all(np.isfinite(draws))):
        return Limits(np.nan, np.nan)
    half = normal_quantile(level) * float(np.std(draws, ddof=1))
    middle = 2.0 * observed - float(draws.mean())
    return Limits(middle - half, middle + half)


def bias_correction(observed: float, draws: Floats) -> float:
    """z of the share of draws below the estimate; those equal to it count half.

    R's boot counts draws strictly below. With monthly times many draws of a median equal the
    estimate, and all of them would pass as above it.
    """
    if draws.size == 0 or np.isnan(observed):
        return np.nan
    share = (np.sum(draws < observed) + 0.5 * np.sum(draws == observed)) / draws.size
    return float(special.ndtri(share))


def acceleration(jackknife: Floats, cell: NDArray[np.intp]) -> float:
    """Skewness of the influence of single participants, from leaving each out.

    Parameters
    ----------
    jackknife : (u,)
        The statistic without each participant.
    cell : (u,)
        Codes of the cell within which each was drawn.

    Returns
    -------
    float
        nan where a value is not finite; 0 where leaving anybody out changes nothing.

    References
    ----------
    Davison AC, Hinkley DV. Bootstrap Methods and their Application. Cambridge 1997, section 5.4
    (eq. 5.26 for several samples). https://doi.org/10.1017/CBO9780511802843
    """
    if not np.all(np.isfinite(jackknife)):
        return np.nan
    size = np.bincount(cell).astype(float)
    mean = np.bincount(cell, jackknife) / size
    influence = (mean[cell] - jackknife) * ((size - 1.0) / size)[cell]
    # What leaves no trace but rounding has no direction either.
    scale = np.abs(influence).max(initial=0.0)
    if scale <= 1e-13 * np.abs(jackknife).max(initial=0.0):
        return 0.0
    influence = influence / scale
    return float(np.sum(influence**3) / (6.0 * np.sum(influence**2) ** 1.5))


def _limits(low_draws: Floats, high_draws: Floats, below: float, above: float) -> Limits:
    if low_draws.size == 0:
        return Limits(np.nan, np.nan)
    low, first = _order_statistic(low_draws, below)
    high, last = _order_statistic(high_draws, above)
    return Limits(low, high, first or last)


def _order_statistic(draws: Floats, share: float) -> tuple[float, bool]:
    """The draw of rank (m + 1) x share, between two of them by normal quantiles (as R's boot).

    Also whether that is the smallest or largest draw of all, or would lie beyond it.
    """
    m = draws.size
    rank = (m + 1) * share
    if abs(rank - round(rank)) < WHOLE * m:
        rank = float(round(rank))
    k = int(rank)
    extreme = not 1 < rank < m
    if k < 1 or k >= m:
        return float(draws[0] if k < 1 else draws[-1]), extreme
    low, high = float(draws[k - 1]), float(draws[k])
    if k == rank or low == high:
        return low, extreme
    if not (np.isfinite(low) and np.isfinite(high)):
        # Between a number and an infinity there is no number: the limit further out is taken.
        return (low if share < 0.5 else high), extreme
    ends = special.ndtri(np.array([k, k + 1]) / (m + 1))
    part = (special.ndtri(share) - ends[0]) / (ends[1] - ends[0])
    return low + float(part) * (high - low), extreme
