"""How far may a share reach? Limits that stay within 0 and 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
