"""What is common to several tables of two risks? Mantel and Haenszel's estimates and test.

Counts are arrays over strata (s,): ``x1`` of ``n1`` in the group, ``x0`` of ``n0`` in the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics.limits import chi2_p

Floats = NDArray[np.float64]

ROUNDING = 1e-12  # of sums of counts


@dataclass(frozen=True)
class Pooled:
    """A common measure and its standard error, of the logarithm where it is a ratio."""

    estimate: float
    std_error: float


@dataclass(frozen=True)
class StratifiedTest:
    """A chi-squared test over strata."""

    statistic: float
    df: float
    p_value: float


def pooled_difference(
    x1: Floats, n1: Floats, x0: Floats, n0: Floats, variance: str = "sato"
) -> Pooled:
    """Difference of risks, strata weighted by n1 n0 / n (Mantel and Haenszel).

    A variance of 0 (risks of 0 and 1 alone) is no knowledge without error: it is missing.

    References
    ----------
    Sato T. Biometrics 1989;45:1323-1324; Greenland S, Robins JM. Biometrics 1985;41:55-68.
    doi:10.2307/2530643
    """
    n = n1 + n0
    weight = float(np.sum(n1 * n0 / n))
    difference = float(np.sum((x1 * n0 - x0 * n1) / n)) / weight
    if variance == "greenland-robins":
        within = x1 * (n1 - x1) * n0**3 + x0 * (n0 - x0) * n1**3
        return Pooled(difference, _root(float(np.sum(within / (n1 * n0 * n**2)))) / weight)
    p = np.sum((n1**2 * x0 - n0**2 * x1 + n1 * n0 * (n0 - n1) / 2.0) / n**2)
    q = np.sum((x1 * (n0 - x0) + (n1 - x1) * x0) / (2.0 * n))
    return Pooled(difference, _root(float(difference * p + q)) / weight)


def _root(variance: float) -> float:
    return float(np.sqrt(variance)) if variance > ROUNDING else np.nan


def pooled_ratio(x1: Floats, n1: Floats, x0: Floats, n0: Floats) -> Pooled:
    """Ratio of risks; variance of its logarithm by Greenland and Robins."""
    n = n1 + n0
    above, below = np.sum(x1 * n0 / n), np.sum(x0 * n1 / n)
    spread = np.sum((n1 * n0 * (x1 + x0) - x1 * x0 * n) / n**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Pooled(float(above / below), float(np.sqrt(spread / (above * below))))


def pooled_odds_ratio(x1: Floats, n1: Floats, x0: Floats, n0: Floats) -> Pooled:
    """Odds ratio; variance of its logarithm by Robins, Breslow and Greenland.

    References
    ----------
    Robins J, Breslow N, Greenland S. Biometrics 1986;42:311-323. doi:10.2307/2531052
    """
    n = n1 + n0
    b, d = n1 - x1, n0 - x0
    concordant, discordant = x1 * d / n, b * x0 / n
    p, q = (x1 + d) / n, (b + x0) / n
    above, below = np.sum(concordant), np.sum(discordant)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = (
            np.sum(p * concordant) / (2.0 * above**2)
            + np.sum(p * discordant + q * concordant) / (2.0 * above * below)
            + np.sum(q * discordant) / (2.0 * below**2)
        )
        return Pooled(float(above / below), float(np.sqrt(spread)))


def mantel_haenszel_test(
    x1: Floats, n1: Floats, x0: Floats, n0: Floats, *, corrected: bool = False
) -> StratifiedTest:
    """Cochran, Mantel and Haenszel's test that the risks are equal in every stratum."""
    n, events = n1 + n0, x1 + x0
    gap = abs(float(np.sum(x1 - n1 * events / n)))
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = float(np.nansum(n1 * n0 * events * (n - events) / (n**2 * (n - 1.0))))
    if not spread > 0:
        return StratifiedTest(np.nan, 1.0, np.nan)
    statistic = (gap - (min(0.5, gap) if corrected else 0.0)) ** 2 / spread
    return StratifiedTest(statistic, 1.0, float(chi2_p(statistic, 1.0)))


def breslow_day(
    x1: Floats, n1: Floats, x0: Floats, n0: Floats, odds: float, *, tarone: bool
) -> StratifiedTest:
    """Test that the odds ratio is the same in all strata, with or without Tarone's correction.

    References
    ----------
    Tarone RE. Biometrika 1985;72:91-95. doi:10.1093/biomet/72.1.91
    """
    told = (x1 + x0 > 0) & (x1 + x0 < n1 + n0)
    x1, n1, x0, n0 = x1[told], n1[told], x0[told], n0[told]
    if told.sum() < 2 or not (np.isfinite(odds) and odds > 0):
        return StratifiedTest(np.nan, max(float(told.sum()) - 1.0, 0.0), np.nan)
    expected = _expected(x1, n1, x0, n0, odds)
    events = x1 + x0
    cells = (expected, n1 - expected, events - expected, n0 - events + expected)
    variance = 1.0 / sum(1.0 / cell for cell in cells)
    statistic = float(np.sum((x1 - expected) ** 2 / variance))
    if tarone:
        statistic -= float(np.sum(x1 - expected) ** 2 / np.sum(variance))
    df = float(told.sum()) - 1.0
    return StratifiedTest(statistic, df, float(chi2_p(statistic, df)))


def _expected(x1: Floats, n1: Floats, x0: Floats, n0: Floats, odds: float) -> Floats:
    """Events in the group at given margins and odds ratio (s,): the root that a table can have."""
    events = x1 + x0
    if abs(odds - 1.0) < 1e-12:
        return n1 * events / (n1 + n0)
    a = odds - 1.0
    b = -(odds * (n1 + events) + n0 - events)
    c = odds * n1 * events
    root = np.sqrt(np.maximum(b * b - 4.0 * a * c, 0.0))
    found: Floats = 2.0 * c / (-b + root)
    return found
