"""How many degrees of freedom has a contrast? Satterthwaite's, from how sure the variances are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics.contrast_freedom import Satterthwaite
from walkstats.regression.mixed.expansions import split
from walkstats.regression.mixed.likelihood import Height

Floats = NDArray[np.float64]

# A direction in which the deviance is flatter than this, relative to the steepest, is one in which
# a variance at its boundary cannot move: it adds no uncertainty.
FLAT = 1e-9


def uncertainty_of(at: Height, parameters: int) -> Floats:
    """Covariance of the parameters and of log s^2: twice the inverse Hessian of the deviance."""
    m = parameters
    _, slope, bend = split(at.squares, m)
    _, _, d_bend = split(at.determinants, m)
    hessian = np.empty((m + 1, m + 1))
    hessian[:m, :m] = d_bend + bend / at.variance
    hessian[:m, m] = hessian[m, :m] = -slope / at.variance
    hessian[m, m] = at.free
    roots, vectors = np.linalg.eigh(hessian)
    inverse = np.where(roots > FLAT * roots[-1], 1.0 / np.maximum(roots, FLAT * roots[-1]), 0.0)
    return np.asarray(2.0 * (vectors * inverse) @ vectors.T)


def freedom_of(at: Height, parameters: int, back: Floats, spread: float) -> Satterthwaite:
    """Pieces of Satterthwaite's degrees of freedom at the estimates.

    Parameters
    ----------
    at : Height
    parameters : int
        Of the variances, without the residual one.
    back : (k, k) array
        From standardised to the coefficients of the formula.
    spread : float

    Returns
    -------
    Satterthwaite
        Its parameters are those of the variances and log s^2.
    """
    m = parameters
    inverse = np.linalg.inv(at.information[0])
    inner = np.empty((m + 1, *inverse.shape))
    inner[:m] = -inverse @ at.information[1 : 1 + m] @ inverse
    inner[m] = inverse
    slopes = spread**2 * at.variance * (back @ inner @ back.T)
    covariance = (slopes[m] + slopes[m].T) / 2.0
    return Satterthwaite(covariance, slopes, uncertainty_of(at, m))
