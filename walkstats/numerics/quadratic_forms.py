"""How far is a vector from zero, in units of its covariance?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def quadratic_form(vector: Floats, matrix: Floats, *, flat: float = 1e-12) -> tuple[float, int]:
    """vector' matrix^-1 vector, without the directions in which the matrix is flat.

    Parameters
    ----------
    vector : (k,)
    matrix : (k, k)
        A covariance; it is scaled to unit diagonal first, so that units do not matter.
    flat : float
        Directions whose root is at most this share of the largest do not count.

    Returns
    -------
    statistic : float
        nan where something is not finite.
    rank : int
        Directions counted; k where something is not finite.

    Examples
    --------
    >>> quadratic_form(np.array([2.0, 0.0]), np.diag([4.0, 0.0]))
    (1.0, 1)
    """
    if not np.all(np.isfinite(matrix)) or not np.all(np.isfinite(vector)):
        return np.nan, len(vector)
    scale = np.sqrt(np.clip(np.diag(matrix), 0.0, None))
    scale[scale == 0.0] = 1.0
    roots, vectors = np.linalg.eigh(matrix / np.outer(scale, scale))
    kept = roots > flat * roots.max(initial=0.0)
    along = vectors.T @ (vector / scale)
    return float(np.sum(along[kept] ** 2 / roots[kept])), int(kept.sum())
