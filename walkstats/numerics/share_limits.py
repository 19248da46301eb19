"""How far may a share reach? Limits that stay within 0 and 1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from walkstats.numerics.limits import normal_quantile

Floats = NDArray[np.float64]


def wilson_limits(count: ArrayLike, of: ArrayLike, level: float) -> tuple[Floats, Floats]:
    """Wilson's confidence limits of a share: of those that its score test does not reject.

    Parameters
    ----------
    count, of : array_like of shape (k,)
        How many, of how many; neither needs to be whole. Of 0 there are no limits (nan).
    level : float

    Returns
    -------
    low, high : (k,) arrays

    References
    ----------
    Wilson EB. J Am Stat Assoc 1927;22:209-212. doi:10.1080/01621459.1927.10502953

    Examples
    --------
    >>> low, high = wilson_limits([81, 20], [263, 20], 0.95)
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.2553, 0.8389], [0.3662, 1.0])
    """
    part, whole = np.asarray(count, dtype=float), np.asarray(of, dtype=float)
    z2 = normal_quantile(level) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        share = part / whole
        centre = (part + z2 / 2.0) / (whole + z2)
        spread = share * (1.0 - share) / whole + z2 / (4.0 * whole**2)
        half = np.sqrt(z2 * spread) * whole / (whole + z2)
    low, high = centre - half, centre + half
    # At the ends the limit is the share itself, which rounding would miss.
    low = np.where(part == 0, 0.0, low)
    high = np.where(part == whole, 1.0, high)
    none = ~(whole > 0)
    return np.where(none, np.nan, low), np.where(none, np.nan, high)


def exact_limits(count: ArrayLike, of: ArrayLike, level: float) -> tuple[Floats, Floats]:
    """Clopper and Pearson's confidence limits of a share, from its two exact one-sided tests.

    Parameters
    ----------
    count, of : array_like of shape (k,)
    level : float

    Returns
    -------
    low, high : (k,) arrays

    References
    ----------
    Clopper CJ, Pearson ES. Biometrika 1934;26:404-413. doi:10.1093/biomet/26.4.404

    Examples
    --------
    >>> low, high = exact_limits([0, 13], [15, 40], 0.95)
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.0, 0.1857], [0.218, 0.4913])
    """
    part, whole = np.asarray(count, dtype=float), np.asarray(of, dtype=float)
    tail = (1.0 - level) / 2.0
    some, rest = np.maximum(part, 1e-300), np.maximum(whole - part, 1e-300)
    low = np.where(part > 0, special.betaincinv(some, rest + 1.0, tail), 0.0)
    high = np.where(whole > part, special.betaincinv(part + 1.0, rest, 1.0 - tail), 1.0)
    none = ~(whole > 0)
    return np.where(none, np.nan, low), np.where(none, np.nan, high)


def _jeffreys(count: ArrayLike, of: ArrayLike, level: float) -> tuple[Floats, Floats]:
    part, whole = np.asarray(count, dtype=float), np.asarray(of, dtype=float)
    tail = (1.0 - level) / 2.0
    low = np.where(part > 0, special.betaincinv(part + 0.5, whole - part + 0.5, tail), 0.0)
    high = np.where(
        part < whole, special.betaincinv(part + 0.5, whole - part + 0.5, 1.0 - tail), 1.0
    )
    return low, high


def _agresti_coull(count: ArrayLike, of: ArrayLike, level: float) -> tuple[Floats, Floats]:
    part, whole = np.asarray(count, dtype=float), np.asarray(of, dtype=float)
    z = normal_quantile(level)
    share = (part + z**2 / 2.0) / (whole + z**2)
    half = z * np.sqrt(share * (1.0 - share) / (whole + z**2))
    return share - half, share + half


def _wald(count: ArrayLike, of: ArrayLike, level: float) -> tuple[Floats, Floats]:
    part, whole = np.asarray(count, dtype=float), np.asarray(of, dtype=float)
    share = part / whole
    half = normal_quantile(level) * np.sqrt(share * (1.0 - share) / whole)
    return share - half, share + half


def _wilson_corrected(count: ArrayLike, of: ArrayLike, level: float) -> tuple[Floats, Floats]:
    """Wilson's limits of the share moved by half a person (Newcombe 1998, method 4)."""
    part, whole = np.asarray(count, dtype=float), np.asarray(of, dtype=float)
    z, share = normal_quantile(level), part / whole
    below, above = np.maximum(share - 0.5 / whole, 0.0), np.minimum(share + 0.5 / whole, 1.0)

    def limit(moved: Floats, sign: float) -> Floats:
        spread = np.sqrt(moved * (1.0 - moved) / whole + z**2 / (4.0 * whole**2))
        return (moved + z**2 / (2.0 * whole) + sign * z * spread) / (1.0 + z**2 / whole)

    low = np.where(part == 0, 0.0, limit(below, -1.0))
    return low, np.where(part == whole, 1.0, limit(above, 1.0))


@dataclass(frozen=True)
class ShareInterval:
    """A kind of interval for a share: what a methods section calls it, and its limits."""

    described: str
    limits: Callable[[ArrayLike, ArrayLike, float], tuple[Floats, Floats]]


SHARE_INTERVALS = {
    "wilson": ShareInterval("Wilson", wilson_limits),
    "exact": ShareInterval("exact (Clopper and Pearson)", exact_limits),
    "jeffreys": ShareInterval("Jeffreys", _jeffreys),
    "agresti-coull": ShareInterval("Agresti and Coull", _agresti_coull),
    "wilson-corrected": ShareInterval("Wilson, with continuity correction", _wilson_corrected),
    "wald": ShareInterval("Wald", _wald),
}
