"""How many degrees of freedom has a contrast? Satterthwaite's, from how sure the variances are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.regression.mixed.expansions import split
from walkstats.regression.mixed.likelihood import Height
from walkstats.results.frozen import Frozen

Floats = NDArray[np.float64]

# A direction in which the deviance is flatter than this, relative to the steepest, is one in which
# a variance at its boundary cannot move: it adds no uncertainty.
FLAT = 1e-9
# Degrees of freedom that differ by less are the same.
SAME = 1e-8


@dataclass(frozen=True, eq=False)
class ContrastFreedom(Frozen):
    """Degrees of freedom of contrasts of the coefficients.

    Attributes
    ----------
    covariance : (k, k) array
    slopes : (m + 1, k, k) array
        Its derivatives by the parameters of the variances and log s^2.
    uncertainty : (m + 1, m + 1) array
        Covariance of the estimates of those parameters.
    """

    covariance: Floats
    slopes: Floats
    uncertainty: Floats

    def of(self, weights: Floats) -> float:
        """Degrees of freedom of ``weights @ values``."""
        weights = np.asarray(weights, dtype=float)
        variance = float(weights @ self.covariance @ weights)
        slope = self.slopes @ weights @ weights
        moved = float(slope @ self.uncertainty @ slope)
        if not variance > 0 or not moved > 0:
            return np.nan
        return 2.0 * variance**2 / moved

    def joint(self, contrasts: Floats) -> tuple[float, float]:
        """Denominator degrees of freedom of a joint test, and the factor of its F statistic."""
        block = contrasts @ self.covariance @ contrasts.T
        _, vectors = np.linalg.eigh(block)
        each = np.array([self.of(one) for one in vectors.T @ contrasts])
        if np.ptp(each) < SAME * each.max():
            return float(each.mean()), 1.0
        if np.any(each <= 2.0):
            return 2.0, 1.0
        expected = float(np.sum(each / (each - 2.0)))
        return 2.0 * expected / (expected - len(each)), 1.0


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


def freedom_of(at: Height, parameters: int, back: Floats, spread: float) -> ContrastFreedom:
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
    ContrastFreedom
    """
    m = parameters
    inverse = np.linalg.inv(at.information[0])
    inner = np.empty((m + 1, *inverse.shape))
    inner[:m] = -inverse @ at.information[1 : 1 + m] @ inverse
    inner[m] = inverse
    slopes = spread**2 * at.variance * (back @ inner @ back.T)
    covariance = (slopes[m] + slopes[m].T) / 2.0
    return ContrastFreedom(covariance, slopes, uncertainty_of(at, m))
