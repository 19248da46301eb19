"""What do several visits of a group look like, mean and covariance, when some are missing?

Draws from the posterior of a multivariate normal regression, by data augmentation: missing visits
are drawn given the known ones and the parameters, parameters given the completed visits, in turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Generator = np.random.Generator


@dataclass(frozen=True)
class VisitLaw:
    """Mean and covariance of T visits.

    Attributes
    ----------
    coefficients : (q, T) array
        Mean of the visits: covariates (n, q) @ coefficients.
    covariance : (T, T) array
    """

    coefficients: Floats
    covariance: Floats


@dataclass(frozen=True)
class Pattern:
    """People with the same visits known."""

    rows: NDArray[np.intp]
    known: NDArray[np.intp]
    gaps: NDArray[np.intp]


def patterns_of(values: Floats) -> list[Pattern]:
    """Rows of values (n, T) by which of them are missing."""
    lacking = np.isnan(values)
    found, which = np.unique(lacking, axis=0, return_inverse=True)
    which = np.asarray(which).ravel()
    return [
        Pattern(np.flatnonzero(which == k), np.flatnonzero(~row), np.flatnonzero(row))
        for k, row in enumerate(found)
    ]


def conditional(
    law: VisitLaw, known: NDArray[np.intp], gaps: NDArray[np.intp]
) -> tuple[Floats, Floats]:
    """Regression (known, gaps) of missing on known visits, and the root of what is left over."""
    v = law.covariance
    slope = np.asarray(
        np.linalg.solve(v[np.ix_(known, known)], v[np.ix_(known, gaps)]), dtype=float
    )
    left = v[np.ix_(gaps, gaps)] - v[np.ix_(gaps, known)] @ slope
    root = np.asarray(np.linalg.cholesky((left + left.T) / 2), dtype=float)
    return slope, root


def posterior_laws(
    generator: Generator,
    values: Floats,
    covariates: Floats,
    *,
    draws: int,
    burn_in: int,
    between: int,
) -> list[VisitLaw]:
    """Draw laws of the visits from their posterior under a flat prior on the covariance's root.

    Parameters
    ----------
    generator : numpy.random.Generator
    values : (n, T) array
        nan where missing.
    covariates : (n, q) array
        The first column is 1.
    draws, burn_in, between : int
        Laws wanted, rounds before the first and from one to the next.

    Returns
    -------
    list of VisitLaw

    Notes
    -----
    The prior is proportional to |covariance| ** (-(T + 1) / 2), as in section 5.4 of Schafer JL
    (1997), *Analysis of Incomplete Multivariate Data*.
    """
    patterns = patterns_of(values)
    current = np.where(np.isnan(values), _column_means(values), values)
    gram_root = np.linalg.cholesky(np.linalg.inv(covariates.T @ covariates))
    law = _draw_law(generator, current, covariates, gram_root)
    out: list[VisitLaw] = []
    for round_ in range(burn_in + 1 + (draws - 1) * between):
        _fill(generator, current, covariates @ law.coefficients, law, patterns)
        law = _draw_law(generator, current, covariates, gram_root)
        if round_ >= burn_in and (round_ - burn_in) % between == 0:
            out.append(law)
    return out


def _column_means(values: Floats) -> Floats:
    return np.asarray(np.nanmean(values, axis=0))


def _fill(
    generator: Generator, current: Floats, mean: Floats, law: VisitLaw, patterns: Sequence[Pattern]
) -> None:
    """Draw the missing visits given the known ones, in place."""
    for one in patterns:
        if not one.gaps.size:
            continue
        slope, root = conditional(law, one.known, one.gaps)
        known = np.ix_(one.rows, one.known)
        noise = generator.standard_normal((one.rows.size, one.gaps.size)) @ root.T
        expected = mean[np.ix_(one.rows, one.gaps)] + (current[known] - mean[known]) @ slope
        current[np.ix_(one.rows, one.gaps)] = expected + noise


def _draw_law(
    generator: Generator, values: Floats, covariates: Floats, gram_root: Floats
) -> VisitLaw:
    """Covariance from an inverse Wishart, coefficients from a matrix normal about least squares."""
    n, q = covariates.shape
    visits = values.shape[1]
    estimate = gram_root @ (gram_root.T @ (covariates.T @ values))
    residual = values - covariates @ estimate
    scatter = residual.T @ residual
    root = np.linalg.cholesky(scatter)
    # Bartlett: a lower triangle of normals with roots of chi-squares on its diagonal.
    triangle = np.tril(generator.standard_normal((visits, visits)), -1)
    triangle[np.diag_indices(visits)] = np.sqrt(generator.chisquare(n - q - np.arange(visits)))
    spread = solve_triangular(triangle, root.T, lower=True).T
    noise = generator.standard_normal((q, visits))
    return VisitLaw(estimate + gram_root @ noise @ spread.T, spread @ spread.T)
