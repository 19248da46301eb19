"""How large is the variance of the frailties, and could it be zero?

Arrays only. The gamma frailties integrate out in closed form, so their variance maximises a
likelihood; the variance of normal log frailties balances their spread (McGilchrist's REML).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from walkstats.errors import FitError
from walkstats.numerics.limits import normal_quantile
from walkstats.survival.recurrent_events.frailty_errors import covariances
from walkstats.survival.recurrent_events.frailty_likelihood import (
    FrailtyData,
    FrailtySolution,
    solve,
)

Floats = NDArray[np.float64]

# Between these variances the search goes on.
SMALLEST, START, LARGEST = 1e-6, 0.5, 1e4
# Where nothing speaks for a variance near zero, the search goes down no further.
SMALL = 0.02
# Relative precision of the variance, and of its limits.
CLOSE, LIMITS = 1e-11, 1e-7
# Variances whose ratio is less than this share a factored information.
NEAR = 1.5


@dataclass(frozen=True, eq=False)
class FrailtyVariance:
    """The variance found.

    Attributes
    ----------
    solution : FrailtySolution or None
        None where the variance is zero.
    state : {"converged", "boundary", "not converged"}
    low, high : float
        Profile-likelihood limits; nan where there is no likelihood.
    """

    solution: FrailtySolution | None
    state: str
    low: float = np.nan
    high: float = np.nan


def integrated_log_likelihood(found: FrailtySolution, events: Floats) -> float:
    """Log-likelihood of gamma frailties, integrated over them.

    Up to a constant that makes it the partial likelihood as the variance goes to zero: with nu one
    over the variance, the penalised partial likelihood plus, for each person with d events,
    d + nu log nu - (nu + d) log(nu + d) + log Gamma(nu + d) - log Gamma(nu).
    """
    nu = 1.0 / found.variance
    # nu log(nu) - (nu + d) log(nu + d), without the difference of two large numbers
    ratio = -nu * np.log1p(events / nu) - events * np.log(nu + events)
    own = events + ratio + special.gammaln(nu + events) - special.gammaln(nu)
    return found.here.log_likelihood - found.penalty.value + float(own.sum())


def _slope(found: FrailtySolution, events: Floats) -> float:
    """Slope of the integrated log-likelihood in the log variance.

    Coefficients and frailties maximise it at each variance, so only its direct part counts.
    """
    nu = 1.0 / found.variance
    direct = special.psi(nu + events) - special.psi(nu) - np.log1p(events / nu)
    return -nu * (float(found.w.sum()) + float(direct.sum()))


def gamma_variance(
    data: FrailtyData, b: Floats, residuals: Floats, null: float, level: float
) -> FrailtyVariance:
    """The variance of gamma frailties that maximises the integrated likelihood.

    Parameters
    ----------
    data : FrailtyData
    b : (k,)
        Coefficients without frailties.
    residuals : (G,)
        Events minus those expected, by person, without frailties.
    null : float
        Partial log-likelihood without frailties.
    level : float
        Of the profile-likelihood limits.

    Returns
    -------
    FrailtyVariance
    """
    follow = _Follower(data, "gamma", b)

    def slope(at: float) -> float:
        return _slope(follow(at), data.events)

    drop = normal_quantile(level) ** 2 / 2.0

    def above(at: float) -> float:
        return integrated_log_likelihood(follow(at), data.events) - (height - drop)

    # At zero the slope in the variance is half of this.
    rising = float(residuals @ residuals - data.events.sum()) > 0.0
    low, high = _around(slope, START, down=rising)
    if low is None:
        height = null
        return FrailtyVariance(None, "boundary", 0.0, _upper(above, _within(above, SMALL)))
    if high is None:
        return FrailtyVariance(follow(LARGEST), "not converged")
    best = follow(_root(slope, low, high))
    height = integrated_log_likelihood(best, data.events)
    lower = 0.0 if null >= height - drop else _lower(above, best.variance)
    return FrailtyVariance(best, _state(best), lower, _upper(above, best.variance))


def gaussian_variance(data: FrailtyData, b: Floats) -> FrailtyVariance:
    """The variance v of normal log frailties w with w'w = v (G - trace / v).

    The trace is that of the frailties' block of the inverse penalised information.
    """
    follow = _Follower(data, "gaussian", b)

    def balance(at: float) -> float:
        found = follow(at)
        trace = covariances(found, whole=False).trace
        return float(found.w @ found.w) / (found.w.size - trace / at) - at

    low, high = _around(balance, START, down=True)
    if low is None:
        return FrailtyVariance(None, "boundary")
    if high is None:
        return FrailtyVariance(follow(LARGEST), "not converged")
    best = follow(_root(balance, low, high))
    return FrailtyVariance(best, _state(best))


class _Follower:
    """Solutions at one variance after another, each started from the one before."""

    def __init__(self, data: FrailtyData, distribution: str, b: Floats) -> None:
        self._data, self._distribution = data, distribution
        self._b, self._w = b, np.zeros(data.groups)
        self._last: FrailtySolution | None = None

    def __call__(self, variance: float) -> FrailtySolution:
        last = self._last
        near = last is not None and 1 / NEAR < last.variance / variance < NEAR
        solver = last.solver if last is not None and near else None
        found = solve(self._data, self._distribution, variance, self._b, self._w, solver)
        if found.converged:
            self._b, self._w, self._last = found.b, found.w, found
        return found


def _state(found: FrailtySolution) -> str:
    return "converged" if found.converged else "not converged"


def _around(
    of: Callable[[float], float], start: float, *, down: bool
) -> tuple[float | None, float | None]:
    """Variances at which a function that falls is above, and below, zero.

    Parameters
    ----------
    of : callable
    start : float
    down : bool
        Whether it is above zero near a variance of zero, so that it pays to look there.
    """
    low, high = start, start
    if of(start) > 0.0:
        while high < LARGEST:
            low, high = high, 2.0 * high
            if of(high) < 0.0:
                return low, high
        return low, None
    least = SMALLEST if down else SMALL
    while low > least:
        low, high = 0.5 * low, low
        if of(low) > 0.0:
            return low, high
    return None, high


def _lower(above: Callable[[float], float], best: float) -> float:
    """Where a function that is positive at ``best`` comes to zero below it."""
    low, high = 0.7 * best, best
    while above(low) > 0.0 and low > SMALLEST:
        low, high = 0.7 * low, low
    return _root(above, low, high, LIMITS) if low > SMALLEST else 0.0


def _within(above: Callable[[float], float], start: float) -> float:
    """A variance at which a function that is positive near zero is positive.

    A few large groups tell small variances apart: ``start`` may lie beyond the limit already.
    """
    while above(start) < 0.0 and start > SMALLEST:
        start *= 0.5
    return start


def _upper(above: Callable[[float], float], best: float) -> float:
    """Where a function that is positive at ``best`` comes to zero above it."""
    low, high = best, 1.4 * best
    while above(high) > 0.0 and high < LARGEST:
        low, high = high, 1.4 * high
    return _root(above, low, high, LIMITS) if high < LARGEST else np.inf


def _root(of: Callable[[float], float], low: float, high: float, close: float = CLOSE) -> float:
    from scipy.optimize import brentq

    try:
        found = brentq(lambda at: of(float(np.exp(at))), np.log(low), np.log(high), xtol=close)
    except ValueError:  # between other starts the ends had signs of their own
        raise FitError(
            f"At a variance between {low:g} and {high:g} the likelihood of the frailties has more "
            "than one maximum (many tied events can bring that about), so that their variance is "
            "not known. Hold it with variance=, or take ties='breslow'."
        ) from None
    return float(np.exp(found))
