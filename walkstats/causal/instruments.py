"""What did receiving do, when chance moved only what was offered? Arrays in, arrays out.

One instrument (the arm), one thing received, the same covariates in both regressions: two-stage
least squares is then the ratio of two coefficients of the arm, that of the outcome and that of what
was received, and everything follows from their joint covariance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics.least_squares import Factor

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Moved:
    """By how much the arm moved the outcome and what was received.

    Attributes
    ----------
    values : (2,) array
        Coefficient of the arm: of the outcome, of what was received.
    covariance : (2, 2) array
    df : float
        Of the reference distribution of both.
    """

    values: Floats
    covariance: Floats
    df: float

    @property
    def effect(self) -> float:
        """The ratio: the effect of receiving; missing where the arm moves nothing."""
        return float(self.values[0] / self.values[1]) if self.values[1] else np.nan

    @property
    def std_error(self) -> float:
        """Of the ratio, by the delta method; that of two-stage least squares."""
        if not self.values[1]:
            return np.nan
        direction = np.array([1.0, -self.effect])
        return float(np.sqrt(direction @ self.covariance @ direction) / abs(self.values[1]))

    def in_units(self, per: float) -> Moved:
        """The same where what was received is counted in single units, not in so many of them."""
        scale = np.array([1.0, per])
        return Moved(self.values * scale, self.covariance * np.outer(scale, scale), self.df)

    @property
    def strength(self) -> float:
        """F statistic of the first stage."""
        return float(self.values[1] ** 2 / self.covariance[1, 1]) if self.values[1] else 0.0


@dataclass(frozen=True)
class NotRejected:
    """The effects that a test of the data does not reject.

    Attributes
    ----------
    low, high : float
        Between them where ``shape`` is "interval", at or beyond them where it is "outside";
        infinite where it is "everything".
    shape : {"interval", "outside", "everything"}
    """

    low: float
    high: float
    shape: str


def moved_by_arm(
    design: Factor,
    arm: int,
    outcome: Floats,
    received: Floats,
    se: str,
    cluster: Codes | None = None,
) -> Moved:
    """Regress the outcome and what was received on the arm and the covariates.

    Parameters
    ----------
    design : Factor
        Of full rank: constant, arm, covariates (n, k).
    arm : int
        Position of the arm among the columns.
    outcome, received : (n,) arrays
    se : {"HC1", "HC0", "classical"}
    cluster : (n,) codes, optional
        Scores are then summed within clusters (with Stata's factor, unless ``se`` is HC0).

    Returns
    -------
    Moved
    """
    both = np.column_stack([outcome, received])
    n, k = design.matrix.shape
    coefficients = design.back @ (design.q.T @ both)
    residuals = both - design.q @ (design.q.T @ both)
    # Each row's share in the coefficient of the arm, for one unit of its residual.
    share = design.q @ design.back[arm]
    if se == "classical":
        middle = residuals.T @ residuals / (n - k)
        return Moved(coefficients[arm], middle * float(share @ share), float(n - k))
    scores = residuals * share[:, None]
    factor, df = n / (n - k), float(n - k)
    if cluster is not None:
        scores = np.column_stack([np.bincount(cluster, column) for column in scores.T])
        groups = len(scores)
        factor, df = groups / (groups - 1) * (n - 1) / (n - k), float(groups - 1)
    return Moved(coefficients[arm], scores.T @ scores * (1.0 if se == "HC0" else factor), df)


def not_rejected(moved: Moved, quantile: float) -> NotRejected:
    """Effects b at which the outcome less b times what was received does not differ by arm.

    Anderson and Rubin's test inverted; for a ratio of two estimates, Fieller's theorem. Its level
    holds however little the arm moves what is received.
    """
    (y, d), v, q2 = moved.values, moved.covariance, quantile**2
    if np.isnan(v).any():
        return NotRejected(np.nan, np.nan, "interval")
    a = d * d - q2 * v[1, 1]
    half = y * d - q2 * v[0, 1]
    c = y * y - q2 * v[0, 0]
    within = half * half - a * c
    if a > 0:
        root = np.sqrt(max(within, 0.0))
        return NotRejected(float((half - root) / a), float((half + root) / a), "interval")
    if within <= 0 or a == 0:
        return NotRejected(-np.inf, np.inf, "everything")
    root = np.sqrt(within)
    ends = sorted([float((half - root) / a), float((half + root) / a)])
    return NotRejected(ends[0], ends[1], "outside")
