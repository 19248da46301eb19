"""Which coefficients solve the estimating equations of people who are measured again and again?

Arrays only, in the coordinates of the orthonormal columns Q of a factored design. Coefficients and
correlation are improved in turn (Liang and Zeger 1986, https://doi.org/10.1093/biomet/73.1.13)
until neither moves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.errors import FitError
from walkstats.numerics.least_squares import Factor
from walkstats.regression.estimating.mean_families import Family
from walkstats.regression.estimating.working_correlations import Panel, Structure

Floats = NDArray[np.float64]

# The search ends where the next step is this small, squared and in standard errors, and the
# correlation moves no more than this.
TIGHT = 1e-22
SETTLED = 1e-11
MOST_TURNS = 200
# A mean squared residual this small beside the outcome is rounding.
EXACT = 1e-24


@dataclass(frozen=True, eq=False)
class Equations:
    """What stays the same while coefficients and correlation move.

    Attributes
    ----------
    q : (n, k) orthonormal columns, sorted by person and visit
    y, offset : (n,)
    panel : Panel
    family : Family
    structure : Structure
    """

    q: Floats
    y: Floats
    offset: Floats
    panel: Panel
    family: Family
    structure: Structure

    def standardised(self, g: Floats) -> tuple[Floats, Floats, Floats]:
        """Slopes over standard deviations (n, k), residuals over them (n,), and means (n,)."""
        mean, slope, variance = self.family.mean(self.q @ g + self.offset)
        spread = np.sqrt(variance)
        return (slope / spread)[:, None] * self.q, (self.y - mean) / spread, mean


@dataclass(frozen=True, eq=False)
class Solution:
    """The solution.

    Attributes
    ----------
    g : (k,) coefficients of Q
    alpha : parameters of the correlation
    scale : float
        (Weighted) mean square of the standardised residuals.
    fitted : (n,) means
    design : (n, k) slopes, whitened
    residuals : (n,) residuals, whitened
    state : {"converged", "not converged"}
    turns : int
    """

    g: Floats
    alpha: Floats
    scale: float
    fitted: Floats
    design: Floats
    residuals: Floats
    state: str
    turns: int


def solve_equations(equations: Equations, start: Floats) -> Solution:
    """Solve for coefficients, scale and correlation together.

    Parameters
    ----------
    equations : Equations
    start : (k,)
        Coefficients of Q under independence.

    Returns
    -------
    Solution

    Raises
    ------
    FitError
        Where the correlations estimated make no correlation matrix, and where nothing is left to
        estimate them from.
    """
    g, before, state = start, np.empty(0), "not converged"
    panel, structure = equations.panel, equations.structure
    weights = panel.weights
    root = np.sqrt(weights)[:, None]
    turns = 0
    while True:
        turns += 1
        slopes, r, fitted = equations.standardised(g)
        scale = float(np.average(r**2, weights=weights))
        if scale <= EXACT * float(np.mean(equations.y**2)):
            raise FitError(
                "The outcome is fitted exactly: no residual is left that says how sure this is."
            )
        alpha = structure.estimate(panel, r / np.sqrt(scale))
        both = structure.whiten(panel, alpha, root * np.column_stack([slopes, r]))
        design, residuals = both[:, :-1], both[:, -1]
        step = np.linalg.lstsq(design, residuals, rcond=None)[0]
        moved = float(np.sum((design @ step) ** 2)) / scale
        still = alpha.size == 0 or (
            alpha.size == before.size and float(np.abs(alpha - before).max()) <= SETTLED
        )
        if moved <= TIGHT and still:
            state = "converged"
            break
        if turns >= MOST_TURNS or not np.all(np.isfinite(step)):
            break
        g, before = g + step, alpha
    return Solution(g, alpha, scale, fitted, design, residuals, state, turns)


def last_step(solution: Solution, back: Floats) -> Factor:
    """The least-squares problem of the last step, factored, for coefficients of the covariates."""
    q, r = np.linalg.qr(solution.design)
    outward = back @ np.linalg.inv(r)
    return Factor(solution.design, None, q, outward, q.shape[1], np.nan, (), ())
