"""How much do the true effects of studies differ, beyond the chance within each?

Kernels: effects y (k,) and their variances v (k,) go in; the variance between studies, tau
squared, comes out.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def weighted_mean(y: Floats, v: Floats, tau2: float = 0.0) -> tuple[float, Floats]:
    """Mean of the effects and its weights, which are inverse to the whole variances."""
    weights = 1.0 / (v + tau2)
    return float(weights @ y / weights.sum()), weights


def spread(y: Floats, v: Floats, tau2: float = 0.0) -> float:
    """Weighted squared distances from the weighted mean: Cochran's Q where tau squared is 0."""
    mean, weights = weighted_mean(y, v, tau2)
    return float(weights @ (y - mean) ** 2)


def typical_variance(v: Floats) -> float:
    """The variance within a typical study, beside which I squared sets tau squared."""
    weights = 1.0 / v
    return float((v.size - 1) * weights.sum() / (weights.sum() ** 2 - weights @ weights))


def dersimonian_laird(y: Floats, v: Floats) -> float:
    """From the expectation of Cochran's Q."""
    weights = 1.0 / v
    reach = weights.sum() - weights @ weights / weights.sum()
    return float(max(0.0, (spread(y, v) - (y.size - 1)) / reach))


def hedges(y: Floats, v: Floats) -> float:
    """What the plain variance of the effects has beyond the mean variance within studies."""
    return max(0.0, float(np.var(y, ddof=1) - v.mean()))


def hunter_schmidt(y: Floats, v: Floats) -> float:
    """From Q without a degree of freedom taken off: too small in the mean."""
    return max(0.0, float((spread(y, v) - y.size) / (1.0 / v).sum()))


def sidik_jonkman(y: Floats, v: Floats) -> float:
    """From the plain variance of the effects, which weights them once: never below 0."""
    crude = float(np.var(y))
    return crude * spread(y, v, crude) / (y.size - 1) if crude > 0.0 else 0.0


def paule_mandel(y: Floats, v: Floats) -> float:
    """Where the generalised Q equals its degrees of freedom."""
    return where_spread_is(y, v, float(y.size - 1))


def where_spread_is(y: Floats, v: Floats, wanted: float) -> float:
    """The tau squared at which the generalised Q, which falls with it, has a value; 0 if none."""
    if spread(y, v) <= wanted:
        return 0.0
    return _root(lambda tau2: spread(y, v, tau2) - wanted, 0.0, _beyond(y, v, wanted))


def maximum_likelihood(y: Floats, v: Floats) -> float:
    """Where the likelihood is highest."""
    return _highest(y, v, restricted=False)


def restricted_likelihood(y: Floats, v: Floats) -> float:
    """Where the likelihood of contrasts free of the mean is highest."""
    return _highest(y, v, restricted=True)


def _highest(y: Floats, v: Floats, *, restricted: bool) -> float:
    """The highest of the maxima; the slope may change its sign more than once."""
    least = float(v.min()) * 1e-6
    grid = np.append(0.0, np.geomspace(least, _beyond(y, v, 1e-3), 200))

    def slope(tau2: float) -> float:
        mean, weights = weighted_mean(y, v, tau2)
        square = float(weights @ weights)
        kept = square / float(weights.sum()) if restricted else 0.0
        return float(weights**2 @ (y - mean) ** 2) - float(weights.sum()) + kept

    slopes = np.array([slope(tau2) for tau2 in grid])
    tops = [0.0] if slopes[0] <= 0.0 else []
    for left in np.flatnonzero((slopes[:-1] > 0.0) & (slopes[1:] <= 0.0)):
        tops.append(_root(slope, float(grid[left]), float(grid[left + 1])))
    return max(tops, key=lambda tau2: _log_likelihood(y, v, tau2, restricted))


def _log_likelihood(y: Floats, v: Floats, tau2: float, restricted: bool) -> float:
    _, weights = weighted_mean(y, v, tau2)
    value = float(np.log(weights).sum()) - spread(y, v, tau2)
    return value - (float(np.log(weights.sum())) if restricted else 0.0)


def _beyond(y: Floats, v: Floats, wanted: float) -> float:
    """A tau squared at which the generalised Q is below a value for certain."""
    return float(np.sum((y - y.mean()) ** 2)) / wanted + float(v.max())


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(function, low, high, xtol=1e-300, rtol=1e-14, maxiter=500))
