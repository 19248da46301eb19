"""How many degrees of freedom has a contrast whose variance rests on estimated variances?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.results.frozen import Frozen

Floats = NDArray[np.float64]

# Directions of a joint test with less than this share of the largest variance are none.
FLAT = 1e-12
# Degrees of freedom that differ by less, relatively, are the same.
ALIKE = 1e-8


@dataclass(frozen=True, eq=False)
class Satterthwaite(Frozen):
    """Satterthwaite's: those of the chi-squared whose variance the estimated variance has.

    They do not depend on which parameters describe the variances.

    Attributes
    ----------
    covariance : (k, k) array
        Of the coefficients.
    slopes : (q, k, k) array
        Its derivatives by the parameters of the variances.
    uncertainty : (q, q) array
        Covariance of the estimates of these.

    References
    ----------
    Fai AH-T, Cornelius PL (1996). Approximate F-tests of multiple degree of freedom hypotheses in
    generalized least squares analyses of unbalanced split-plot experiments. *J Stat Comput Simul*
    54:363-378. https://doi.org/10.1080/00949659608811740
    """

    covariance: Floats
    slopes: Floats
    uncertainty: Floats

    def of(self, weights: Floats) -> float:
        """Degrees of freedom of ``weights @ coefficients``; missing where it has no variance."""
        weights = np.asarray(weights, dtype=float)
        variance = float(weights @ self.covariance @ weights)
        slope = self.slopes @ weights @ weights
        moved = float(slope @ self.uncertainty @ slope)
        if not variance > 0 or not moved > 0:
            return np.nan
        return 2.0 * variance**2 / moved

    def joint(self, contrasts: Floats) -> tuple[float, float]:
        """Denominator degrees of freedom of a joint test, and the factor 1 of its F.

        Independent directions have degrees of freedom of their own; F gets those with which its
        mean is that of the sum of their squared t statistics.
        """
        _, turned = self._directions(contrasts)
        each = np.array([self.of(row) for row in turned])
        if each.size == 0 or np.isnan(each).any():
            return np.nan, 1.0
        if np.ptp(each) <= ALIKE * float(each.max()):
            return float(each.mean()), 1.0
        if np.any(each <= 2.0):
            return 2.0, 1.0
        mean = float(np.sum(each / (each - 2.0)))
        return 2.0 * mean / (mean - each.size), 1.0

    def _directions(self, contrasts: Floats) -> tuple[Floats, Floats]:
        """Variances (r,) of independent combinations of the contrasts (r, k), the flat ones out."""
        roots, vectors = np.linalg.eigh(contrasts @ self.covariance @ contrasts.T)
        wanted = roots > FLAT * max(float(roots[-1]), 0.0)
        return roots[wanted], vectors.T[wanted] @ contrasts


@dataclass(frozen=True, eq=False)
class KenwardRoger(Satterthwaite):
    """Kenward and Roger's: of one contrast Satterthwaite's, of several with a factor of F.

    ``covariance`` is that of the coefficients before it is enlarged.

    References
    ----------
    Kenward MG, Roger JH (1997). Small sample inference for fixed effects from restricted maximum
    likelihood. *Biometrics* 53:983-997. https://doi.org/10.2307/2533558
    """

    def joint(self, contrasts: Floats) -> tuple[float, float]:
        """Denominator degrees of freedom of a joint test, and the factor of its F."""
        variances, turned = self._directions(contrasts)
        if variances.size == 0:
            return np.nan, 1.0
        unit = turned / np.sqrt(variances)[:, None]
        slopes = unit @ self.slopes @ unit.T
        traces = np.einsum("iaa->i", slopes)
        first = float(traces @ self.uncertainty @ traces)
        second = float(np.einsum("ij,iab,jba->", self.uncertainty, slopes, slopes))
        if not second > 0:
            return np.nan, 1.0
        return (
            (2.0 / second, 1.0) if variances.size == 1 else _scaled(variances.size, first, second)
        )


def _scaled(size: int, first: float, second: float) -> tuple[float, float]:
    """Match mean and variance of F; page 987 of Kenward and Roger."""
    slope = (first + 6.0 * second) / (2.0 * size)
    g = ((size + 1.0) * first - (size + 4.0) * second) / ((size + 2.0) * second)
    below = 3.0 * size + 2.0 * (1.0 - g)
    c1, c2, c3 = g / below, (size - g) / below, (size + 2.0 - g) / below
    mean = 1.0 / (1.0 - second / size)
    variance = 2.0 / size * (1.0 + c1 * slope)
    variance /= (1.0 - c2 * slope) ** 2 * (1.0 - c3 * slope)
    ratio = variance / (2.0 * mean**2)
    df = 4.0 + (size + 2.0) / (size * ratio - 1.0)
    return df, df / (mean * (df - 2.0))
