"""How far may a difference or a ratio of two risks reach?

Counts are arrays: ``x1`` of ``n1`` in the group, ``x0`` of ``n0`` in the one it is compared with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from walkstats.numerics.limits import normal_quantile
from walkstats.numerics.share_limits import wilson_limits

# Limits found by halving are settled to this; the inside of an interval is approached no closer.
SETTLED = 1e-15
EDGE = 1e-12


@dataclass(frozen=True)
class RiskInterval:
    """A kind of interval: what a methods section calls it, and its two limits.

    ``limits(x1, n1, x0, n0, level)`` gives (low, high) on the scale of the measure.
    """

    described: str
    limits: Callable[[float, float, float, float, float], tuple[float, float]]


def restricted_risks(
    x1: float, n1: float, x0: float, n0: float, difference: float
) -> tuple[float, float]:
    """Likeliest risks (p1, p0) that differ by a given amount (Farrington and Manning).

    References
    ----------
    Farrington CP, Manning G. Stat Med 1990;9:1447-1454. doi:10.1002/sim.4780091208 (appendix)
    """
    theta, p1, p0, s = n0 / n1, x1 / n1, x0 / n0, difference
    a = 1.0 + theta
    b = -(1.0 + theta + p1 + theta * p0 + s * (theta + 2.0))
    c = s * s + s * (2.0 * p1 + theta + 1.0) + p1 + theta * p0
    d = -p1 * s * (1.0 + s)
    shift = b / (3.0 * a)
    v = shift**3 - b * c / (6.0 * a * a) + d / (2.0 * a)
    u = np.copysign(np.sqrt(max(shift**2 - c / (3.0 * a), 0.0)), v)
    angle = np.pi / 3.0 if u == 0 else (np.pi + np.arccos(np.clip(v / u**3, -1.0, 1.0))) / 3.0
    first = float(2.0 * u * np.cos(angle) - shift)
    return min(max(first, 0.0), 1.0), min(max(first - s, 0.0), 1.0)


def score_z(
    x1: float, n1: float, x0: float, n0: float, difference: float, *, corrected: bool = False
) -> float:
    """Score statistic of a given difference; ``corrected`` has the factor N / (N - 1)."""
    r1, r0 = restricted_risks(x1, n1, x0, n0, difference)
    variance = r1 * (1.0 - r1) / n1 + r0 * (1.0 - r0) / n0
    if corrected:
        variance *= (n1 + n0) / (n1 + n0 - 1.0)
    gap = x1 / n1 - x0 / n0 - difference
    if variance <= 0:
        return 0.0 if abs(gap) < EDGE else float(np.copysign(np.inf, gap))
    return float(gap / np.sqrt(variance))


def newcombe(x1: float, n1: float, x0: float, n0: float, level: float) -> tuple[float, float]:
    """Limits of a difference from Wilson's limits of the two risks (his method 10)."""
    (low1, low0), (high1, high0) = wilson_limits([x1, x0], [n1, n0], level)
    p1, p0 = x1 / n1, x0 / n0
    below = np.hypot(p1 - low1, high0 - p0)
    above = np.hypot(high1 - p1, p0 - low0)
    return float(p1 - p0 - below), float(p1 - p0 + above)


def wald_difference(
    x1: float, n1: float, x0: float, n0: float, level: float
) -> tuple[float, float]:
    """Limits from the standard error of the difference; too narrow for small or extreme risks."""
    p1, p0 = x1 / n1, x0 / n0
    half = normal_quantile(level) * np.sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
    return float(p1 - p0 - half), float(p1 - p0 + half)


def _score_difference(corrected: bool) -> Callable[..., tuple[float, float]]:
    def limits(x1: float, n1: float, x0: float, n0: float, level: float) -> tuple[float, float]:
        z, d = normal_quantile(level), x1 / n1 - x0 / n0

        def beyond(shift: float) -> float:
            return score_z(x1, n1, x0, n0, shift, corrected=corrected)

        return (
            turning_point(lambda s: beyond(s) - z, -1.0, d),
            turning_point(lambda s: beyond(s) + z, d, 1.0),
        )

    return limits


def log_ratio(x1: float, n1: float, x0: float, n0: float, level: float) -> tuple[float, float]:
    """Katz's limits of a ratio of risks, from the standard error of its logarithm."""
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.log(np.divide(x1 * n0, x0 * n1)) if x1 + x0 > 0 else np.nan
        half = normal_quantile(level) * np.sqrt(
            1 / np.float64(x1) - 1 / n1 + 1 / np.float64(x0) - 1 / n0
        )
        return _around(centre, half)


def woolf(x1: float, n1: float, x0: float, n0: float, level: float) -> tuple[float, float]:
    """Woolf's limits of an odds ratio, from the standard error of its logarithm."""
    cells = np.array([x1, n1 - x1, x0, n0 - x0], dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.log(cells[0] * cells[3]) - np.log(cells[1] * cells[2])
        return _around(centre, normal_quantile(level) * np.sqrt(np.sum(1.0 / cells)))


def _around(centre: float, half: float) -> tuple[float, float]:
    """exp(centre -/+ half); from 0 to infinity where the standard error is infinite."""
    if np.isnan(centre) or half == 0:  # everybody has the event: no spread is no certainty
        return np.nan, np.nan
    if np.isinf(half):
        return 0.0, np.inf
    return float(np.exp(centre - half)), float(np.exp(centre + half))


def _score_ratio(corrected: bool) -> Callable[..., tuple[float, float]]:
    def limits(x1: float, n1: float, x0: float, n0: float, level: float) -> tuple[float, float]:
        if x1 + x0 == 0:
            return np.nan, np.nan
        z = normal_quantile(level)
        factor = (n1 + n0) / (n1 + n0 - 1.0) if corrected else 1.0

        def beyond(log_ratio: float) -> float:
            return _ratio_z(x1, n1, x0, n0, float(np.exp(log_ratio)), factor)

        with np.errstate(divide="ignore"):
            centre = float(np.log(x1 / n1) - np.log(x0 / n0))
        inside = min(max(centre, -MOST_LOG), MOST_LOG)
        low = 0.0 if x1 == 0 else np.exp(turning_point(lambda t: beyond(t) - z, -MOST_LOG, inside))
        high = (
            np.inf if x0 == 0 else np.exp(turning_point(lambda t: beyond(t) + z, inside, MOST_LOG))
        )
        return float(low), float(high)

    return limits


MOST_LOG = 50.0  # of the logarithm of a ratio; limits beyond are 0 and infinity to a reader


def _ratio_z(x1: float, n1: float, x0: float, n0: float, ratio: float, factor: float) -> float:
    """Score statistic of a given ratio (Koopman; Miettinen and Nurminen with their factor)."""
    a = (n1 + n0) * ratio
    b = -(n1 * ratio + x1 + n0 + x0 * ratio)
    c = x1 + x0
    r0 = min(2.0 * c / (-b + np.sqrt(max(b * b - 4.0 * a * c, 0.0))), 1.0, 1.0 / ratio)
    r1 = ratio * r0
    variance = factor * (r1 * (1.0 - r1) / n1 + ratio**2 * r0 * (1.0 - r0) / n0)
    gap = x1 / n1 - ratio * x0 / n0
    if variance <= 0:
        return 0.0 if abs(gap) < 1e3 * EDGE else float(np.copysign(np.inf, gap))
    return float(gap / np.sqrt(variance))


def turning_point(falls: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function passes 0 between two ends; the end it does not reach."""
    from scipy.optimize import brentq

    first, last = low + EDGE, high - EDGE
    if not first < last:
        return low if falls(high) < 0 else high
    above, below = falls(first), falls(last)
    if not above > 0:
        return low
    if not below < 0:
        return high

    def bounded(shift: float) -> float:
        return float(np.clip(falls(shift), -1e6, 1e6))

    return float(brentq(bounded, first, last, xtol=SETTLED, rtol=1e-14))


DIFFERENCES = {
    "newcombe": RiskInterval("Newcombe's hybrid score limits", newcombe),
    "miettinen-nurminen": RiskInterval(
        "Miettinen and Nurminen's score limits", _score_difference(True)
    ),
    "mee": RiskInterval("Mee's score limits", _score_difference(False)),
    "wald": RiskInterval("Wald limits", wald_difference),
}
RATIOS = {
    "log": RiskInterval("Katz's log limits", log_ratio),
    "score": RiskInterval("Koopman's score limits", _score_ratio(False)),
    "miettinen-nurminen": RiskInterval("Miettinen and Nurminen's score limits", _score_ratio(True)),
}
