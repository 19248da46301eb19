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

from walkstats.numerics.limits import normal_quantile
from walkstats.survival.recurrent_events.frailty_likelihood import (
    FrailtyData,
    FrailtySolution,
    covariances,
    solve,
)

Floats = NDArray[np.float64]

# Between these variances the search goes on.
SMALLEST = 1e-6
LARGEST = 1e4
# Relative precision of the variance.
CLOSE = 1e-11


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

    rising = float(residuals @ residuals - data.events.sum()) > 0.0
    low = _first(slope, positive=True, points=(SMALLEST if rising else 0.05, 0.5, 2.0))
    drop = normal_quantile(level) ** 2 / 2.0

    def above(at: float) -> float:
        return integrated_log_likelihood(follow(at), data.events) - (height - drop)

    if low is None:
        height = null
        return FrailtyVariance(None, "boundary", 0.0, _crossing(above, 0.01))
    high = _beyond(slope, low)
    if high is None:
        return FrailtyVariance(follow(LARGEST), "not converged")
    best = follow(_root(slope, low, high))
    height = integrated_log_likelihood(best, data.events)
    lower = 0.0 if null >= height - drop else _root(above, SMALLEST, best.variance)
    return FrailtyVariance(best, _state(best), lower, _crossing(above, best.variance))


def gaussian_variance(data: FrailtyData, b: Floats) -> FrailtyVariance:
    """The variance v of normal log frailties w with w'w = v (G - trace / v).

    The trace is that of the frailties' block of the inverse penalised information.
    """
    follow = _Follower(data, "gaussian", b)

    def balance(at: float) -> float:
        found = follow(at)
        trace = covariances(found, whole=False).trace
        return float(found.w @ found.w) / (found.w.size - trace / at) - at

    low = _first(balance, positive=True, points=(0.5, 0.1, 0.02, 1e-3))
    if low is None:
        return FrailtyVariance(None, "boundary")
    high = _beyond(balance, low)
    if high is None:
        return FrailtyVariance(follow(LARGEST), "not converged")
    best = follow(_root(balance, low, high))
    return FrailtyVariance(best, _state(best))


class _Follower:
    """Solutions at one variance after another, each started from the one before."""

    def __init__(self, data: FrailtyData, distribution: str, b: Floats) -> None:
        self._data, self._distribution = data, distribution
        self._b, self._w = b, np.zeros(data.groups)

    def __call__(self, variance: float) -> FrailtySolution:
        found = solve(self._data, self._distribution, variance, self._b, self._w)
        if found.converged:
            self._b, self._w = found.b, found.w
        return found


def _state(found: FrailtySolution) -> str:
    return "converged" if found.converged else "not converged"


def _first(
    of: Callable[[float], float], *, positive: bool, points: tuple[float, ...]
) -> float | None:
    return next((at for at in points if (of(at) > 0.0) == positive), None)


def _beyond(of: Callable[[float], float], low: float) -> float | None:
    """A variance above ``low`` at which the function has fallen below zero."""
    at = max(2.0 * low, 0.5)
    while at <= LARGEST:
        if of(at) < 0.0:
            return at
        at *= 2.0
    return None


def _crossing(of: Callable[[float], float], low: float) -> float:
    """Where a function that is positive at ``low`` comes to zero above it; infinite if nowhere."""
    if of(low) < 0.0:
        return _root(of, SMALLEST, low) if of(SMALLEST) > 0.0 else low
    high = _beyond(of, low)
    return np.inf if high is None else _root(of, low, high)


def _root(of: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq

    found = brentq(lambda at: of(float(np.exp(at))), np.log(low), np.log(high), xtol=CLOSE)
    return float(np.exp(found))
