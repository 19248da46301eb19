"""Which ratios of two estimates do the data allow? Fieller's set, which need not be an interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class RatioSet:
    """Values of a ratio that a test does not reject.

    Attributes
    ----------
    kind : {"interval", "outside", "all"}
        Between the limits; below the lower or above the upper one; every value. The last two occur
        where the denominator does not differ from 0 at this level.
    low, high : float
        Infinite and missing where there are none.
    """

    kind: str
    low: float
    high: float


def ratio_set(
    numerator: float,
    denominator: float,
    variances: tuple[float, float],
    covariance: float,
    quantile: float,
) -> RatioSet:
    """Fieller's confidence set of a ratio of two normal estimates.

    Parameters
    ----------
    numerator, denominator : float
    variances : tuple of float
        Of the numerator and of the denominator.
    covariance : float
    quantile : float
        Of the reference distribution, e.g. 1.96.

    Returns
    -------
    RatioSet
        Ratios R with (numerator - R denominator)^2 <= quantile^2 var(numerator - R denominator).

    References
    ----------
    Fieller EC (1954). Some problems in interval estimation. *J R Stat Soc B* 16:175-185.
    https://doi.org/10.1111/j.2517-6161.1954.tb00159.x

    Examples
    --------
    >>> ratio_set(10.0, 2.0, (1.0, 0.04), 0.0, 2.0)
    RatioSet(kind='interval', low=3.75, high=6.666666666666667)
    >>> ratio_set(10.0, 0.1, (1.0, 0.04), 0.0, 2.0).kind
    'outside'
    """
    square = quantile**2
    a = denominator**2 - square * variances[1]
    b = numerator * denominator - square * covariance
    c = numerator**2 - square * variances[0]
    inside = b**2 - a * c
    if a == 0.0 and b == 0.0:
        return RatioSet("all" if c <= 0 else "interval", np.nan, np.nan)
    if a == 0.0:
        end = c / (2.0 * b)
        return RatioSet("interval", end if b > 0 else -np.inf, np.inf if b > 0 else end)
    if inside <= 0.0 and a < 0.0:
        return RatioSet("all", -np.inf, np.inf)
    root = float(np.sqrt(max(inside, 0.0)))
    # The root of larger size first: the other then loses no digits.
    first = (b + (root if b >= 0 else -root)) / a
    second = c / (a * first) if first != 0.0 else 0.0
    low, high = min(first, second), max(first, second)
    return RatioSet("interval" if a > 0.0 else "outside", low, high)
