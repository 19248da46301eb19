"""How far can a coefficient without finite estimate be from infinity? Profile-likelihood limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from walkstats.errors import FitError
from walkstats.numerics.limits import normal_quantile
from walkstats.survival.accelerated.location_scale import LocationScale, Times, location_scale

Floats = NDArray[np.float64]

# Beyond this many spreads of the times the likelihood is too flat to give a limit.
FARTHEST = 64.0


def profile_limits(fitted: LocationScale, X: Floats, times: Times, level: float) -> Floats | None:
    """Limits (p, 2) of infinite coefficients of covariates; nan for all others.

    Parameters
    ----------
    fitted : LocationScale
    X : (n, k)
    times : Times
    level : float

    Returns
    -------
    (p, 2) array or None
        None where no coefficient is infinite. A limit is the value at which the log-likelihood,
        maximised over all others, lies half a chi-squared quantile below its supremum.
    """
    k = X.shape[1]
    infinite = 1 + np.flatnonzero(np.isinf(fitted.values[1 : 1 + k]))
    if fitted.state != "infinite" or infinite.size == 0:
        return None
    limits = np.full((fitted.values.size, 2), np.nan)
    drop = normal_quantile(level) ** 2 / 2.0
    spread = float(np.std(times.y[times.followed])) or 1.0
    for j in infinite:
        sign = float(np.sign(fitted.values[j]))
        unit = sign * spread / float(np.std(X[:, j - 1]))
        limit = _limit(X, times, int(j) - 1, unit, fitted.log_likelihood - drop)
        if limit is not None:
            limits[j] = (limit, np.inf) if sign > 0 else (-np.inf, limit)
    return limits


def _limit(X: Floats, times: Times, column: int, unit: float, level: float) -> float | None:
    """Where the profile log-likelihood of a column passes a level, on the way out by ``unit``."""
    from scipy.optimize import brentq

    rest = np.delete(X, column, axis=1)
    names = tuple(str(j) for j in range(rest.shape[1]))

    def above(at: float) -> float:
        held = X[:, column] * at * unit
        entry = None if times.entry is None else times.entry - held
        moved = replace(times, y=times.y - held, upper=times.upper - held, entry=entry)
        return location_scale(rest, moved, names).log_likelihood - level

    try:
        near, far = 0.0, 1.0 if above(0.0) < 0.0 else -1.0
        outwards = far > 0.0
        while (above(far) < 0.0) == outwards:
            near, far = far, 2.0 * far
            if abs(far) > FARTHEST:
                return None
        found = brentq(above, near, far, xtol=1e-10, rtol=1e-12)
    except FitError:
        return None
    return float(found) * unit
