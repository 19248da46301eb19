"""How wide must a band be to hold the whole curve at once?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from walkstats.numerics import limits

Floats = NDArray[np.float64]


def path_length(contrasts: Floats, covariance: Floats) -> float:
    """Length of the path of the standardised contrast on the unit sphere.

    Parameters
    ----------
    contrasts : (c, m) array
        Consecutive contrasts along the curve.
    covariance : (m, m) array

    Returns
    -------
    float
        A contrast and its negative are the same point; a contrast of nothing is left out.

    Examples
    --------
    >>> import numpy as np
    >>> turn = np.linspace(0, np.pi / 2, 200)
    >>> round(path_length(np.column_stack([np.cos(turn), np.sin(turn)]), np.eye(2)), 4)
    1.5708
    """
    roots, vectors = np.linalg.eigh(covariance)
    points = contrasts @ vectors * np.sqrt(np.maximum(roots, 0.0))
    length = np.linalg.norm(points, axis=1)
    points = points[length > 0] / length[length > 0, None]
    chord = np.minimum(
        np.linalg.norm(np.diff(points, axis=0), axis=1),
        np.linalg.norm(points[1:] + points[:-1], axis=1),
    )
    return float(np.sum(2.0 * np.arcsin(np.minimum(chord / 2.0, 1.0))))


def band_quantile(length: float, rank: int, df: float, level: float) -> float:
    """Critical value of a simultaneous band: Naiman's bound, or Scheffé's where it is smaller.

    Parameters
    ----------
    length : float
        Of the path on the unit sphere.
    rank : int
        Dimension of the space of contrasts.
    df : float
        Degrees of freedom of the standard errors; infinite for known ones.
    level : float

    Returns
    -------
    float
        Between the pointwise quantile (a straight line) and Scheffé's.

    References
    ----------
    .. [1] Naiman DQ (1986). *Ann Stat* 14:896-906. https://doi.org/10.1214/aos/1176350040

    Examples
    --------
    >>> round(band_quantile(0.0, 1, float("inf"), 0.95), 4)
    1.96
    """

    def excess(c: float) -> float:
        tail = np.exp(-(c**2) / 2) if np.isinf(df) else (1 + c**2 / df) ** (-df / 2)
        return float(length / np.pi * tail + limits.t_p(c, df)) - (1 - level)

    if np.isinf(df):
        scheffe = float(np.sqrt(special.chdtri(rank, 1 - level)))
    else:
        scheffe = float(np.sqrt(rank * special.fdtri(rank, df, level)))
    low, high = float(limits.t_quantile(level, df)), scheffe
    if not high > low or excess(high) > 0:
        return max(low, high)
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return high
