"""Which coefficients minimise the weighted sum of squares, and can the data tell them apart?

Columns are centred (where the design has a constant column), scaled to unit length and factored by
QR with pivoting. Nothing is inverted that the data do not determine: columns that depend on others
are named in the factor, and `solve` is for full rank only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

Floats = NDArray[np.float64]

# A column of unit length of which less than this is left beside the others is a combination of
# them. R's lm says 1e-7, but on columns that are not centred; NIST's Filip polynomial needs 1e-10.
DEPENDENT = 1e-11
# Rounding of the data themselves, relative to the length of a column before it was centred.
ROUNDING = 16 * np.finfo(float).eps
# Above this condition number the solution is refined; below, plain QR has its digits.
ILL_CONDITIONED = 1e3
REFINEMENTS = 2


@dataclass(frozen=True)
class Factor:
    """A design matrix of n rows and k columns, factored.

    Attributes
    ----------
    matrix : (n, k) array
        X as given.
    root_weights : (n,) array or None
        Square roots of the weights; None when all are 1.
    q : (n, k) array
        Orthonormal columns that span those of ``sqrt(W) X``.
    back : (k, k) array
        ``sqrt(W) X back = q``: coefficients are ``back @ (q' sqrt(W) y)``, and ``back @ back'`` is
        the inverse of X'WX. Filled with nan below full rank.
    rank : int
    condition : float
        Ratio of the largest to the smallest singular value of the centred and scaled columns;
        infinite below full rank.
    dependent : tuple of tuple of int
        For each column that depends on earlier ones: its position, then theirs.
    nearly : tuple of int
        At full rank, the columns that share the direction that the data determine worst.
    """

    matrix: Floats
    root_weights: Floats | None
    q: Floats
    back: Floats
    rank: int
    condition: float
    dependent: tuple[tuple[int, ...], ...]
    nearly: tuple[int, ...]


@dataclass(frozen=True)
class Solution:
    """The least-squares solution.

    Attributes
    ----------
    coefficients : (k,) array
    fitted, residuals : (n,) arrays
        On the scale of the outcome, not weighted.
    rss : float
        Weighted residual sum of squares.
    """

    coefficients: Floats
    fitted: Floats
    residuals: Floats
    rss: float


def factor(matrix: Floats, weights: Floats | None = None) -> Factor:
    """Factor a design matrix, and find out which columns depend on others.

    Parameters
    ----------
    matrix : (n, k) array
        Finite numbers.
    weights : (n,) array, optional
        Positive; inverse variances up to a constant.

    Returns
    -------
    Factor

    Notes
    -----
    A constant column, when there is one, is taken out of the others first, so that neither rank nor
    condition number depend on where a covariate has its zero or on its unit.

    References
    ----------
    .. [1] Björck Å (1996). *Numerical Methods for Least Squares Problems*, sections 2.4 and 2.9.
       https://doi.org/10.1137/1.9781611971484

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(5.0)
    >>> factor(np.column_stack([np.ones(5), x, 2 * x + 1])).dependent
    ((2, 1),)
    """
    root = None if weights is None else np.sqrt(np.asarray(weights, dtype=float))
    constant = _constant_column(matrix)
    columns, means = _centred(matrix, weights, constant)
    if root is not None:
        columns = columns * root[:, None]
    lengths, noise = _lengths(columns, matrix, root)
    first, triangle = np.linalg.qr(columns / lengths)
    second, r, order = linalg.qr(triangle, pivoting=True)
    tolerance = max(DEPENDENT, noise)
    rank = int(np.sum(np.abs(np.diag(r)) > tolerance))
    k = matrix.shape[1]
    if rank < k:
        dependent = _dependencies(triangle, tolerance, constant)
        return Factor(
            matrix, root, first, np.full((k, k), np.nan), rank, np.inf, dependent, nearly=()
        )
    back = np.empty((k, k))
    back[order] = linalg.solve_triangular(r, np.eye(k))
    condition, nearly = _condition(r, order)
    back /= lengths[:, None]
    if constant is not None:
        back[constant] -= means @ back
    return Factor(matrix, root, first @ second, back, rank, condition, (), nearly)


def solve(design: Factor, y: Floats) -> Solution:
    """Solve the least-squares problem of a factored design of full rank.

    Parameters
    ----------
    design : Factor
        Of full rank.
    y : (n,) array
        The outcome.

    Returns
    -------
    Solution

    Notes
    -----
    The solution of an ill-conditioned design is refined on the augmented system [1]_, with
    residuals in extended precision where the machine has it.

    References
    ----------
    .. [1] Björck Å (1967). Iterative refinement of linear least squares solutions I. *BIT*
       7:257-278. https://doi.org/10.1007/BF01939321

    Examples
    --------
    >>> import numpy as np
    >>> line = factor(np.column_stack([np.ones(3), [0.0, 1.0, 2.0]]))
    >>> solve(line, np.array([1.0, 3.0, 5.0])).coefficients.round(12).tolist()
    [1.0, 2.0]
    """
    if design.rank < design.matrix.shape[1]:
        raise ValueError("solve needs a design of full rank.")
    target = y if design.root_weights is None else y * design.root_weights
    if design.condition > ILL_CONDITIONED:
        exact = _refined(design, target)
        fitted = np.asarray(design.matrix.astype(np.longdouble) @ exact, dtype=float)
        coefficients = np.asarray(exact, dtype=float)
    else:
        coefficients = design.back @ (design.q.T @ target)
        fitted = design.matrix @ coefficients
    residuals = y - fitted
    weighted = residuals if design.root_weights is None else residuals * design.root_weights
    return Solution(coefficients, fitted, residuals, float(weighted @ weighted))


def leverages(design: Factor) -> Floats:
    """Diagonal of the hat matrix.

    Parameters
    ----------
    design : Factor
        Of full rank.

    Returns
    -------
    (n,) array
        Between 0 and 1; they add up to the number of coefficients.

    Examples
    --------
    >>> import numpy as np
    >>> leverages(factor(np.ones((4, 1)))).tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    return np.asarray(np.minimum(np.einsum("ij,ij->i", design.q, design.q), 1.0))


def _constant_column(matrix: Floats) -> int | None:
    """Position of the first column that is one and the same number, not 0."""
    if len(matrix) == 0:
        return None
    same = (np.ptp(matrix, axis=0) == 0) & (matrix[0] != 0)
    found = np.flatnonzero(same)
    return int(found[0]) if len(found) else None


def _centred(matrix: Floats, weights: Floats | None, constant: int | None) -> tuple[Floats, Floats]:
    """Columns about their (weighted) means, and the means as multiples of the constant column."""
    if constant is None:
        return matrix.copy(), np.zeros(matrix.shape[1])
    # The mean of the differences from the first row keeps the digits of a covariate far from 0.
    shifted = matrix - matrix[0]
    means = np.average(shifted, axis=0, weights=weights)
    columns = shifted - means
    columns[:, constant] = matrix[:, constant]
    means = (means + matrix[0]) / matrix[0, constant]
    means[constant] = 0.0
    return columns, means


def _lengths(columns: Floats, matrix: Floats, root: Floats | None) -> tuple[Floats, float]:
    """Lengths of the columns (1 for a column that is nothing but rounding), and their noise."""
    largest = np.abs(columns).max(axis=0, initial=0.0)
    safe = np.where(largest > 0, largest, 1.0)
    lengths = safe * np.sqrt(np.einsum("ij,ij->j", columns / safe, columns / safe))
    raw = np.abs(matrix) if root is None else np.abs(matrix) * root[:, None]
    before = raw.max(axis=0, initial=0.0) * np.sqrt(len(matrix))
    empty = lengths <= ROUNDING * before
    columns[:, empty] = 0.0
    lengths[empty] = 1.0
    return lengths, float(np.max(ROUNDING * before / lengths, where=~empty, initial=0.0))


def _dependencies(
    triangle: Floats, tolerance: float, constant: int | None
) -> tuple[tuple[int, ...], ...]:
    """Columns that are combinations of earlier ones, in the order of the design."""
    kept: list[int] = [] if constant is None else [constant]
    found: list[tuple[int, ...]] = []
    for j in range(triangle.shape[1]):
        if j == constant:
            continue
        weights = np.linalg.lstsq(triangle[:, kept], triangle[:, j], rcond=None)[0]
        left = triangle[:, j] - triangle[:, kept] @ weights
        if np.linalg.norm(left) > tolerance:
            kept.append(j)
            continue
        large = np.abs(weights) > 1e-6 * np.abs(weights).max(initial=0.0)
        others = [k for k, used in zip(kept, large, strict=True) if used and k != constant]
        found.append((j, *others))
    return tuple(found)


def _condition(r: Floats, order: NDArray[np.intp]) -> tuple[float, tuple[int, ...]]:
    """Condition number, and the columns in the direction of the smallest singular value."""
    _, singular, directions = np.linalg.svd(r)
    worst = np.abs(directions[-1])
    nearly = sorted(int(j) for j in order[worst > 0.2 * worst.max()])
    return float(singular[0] / singular[-1]), tuple(nearly)


def _refined(design: Factor, target: Floats) -> NDArray[np.longdouble]:
    """Solve, then improve on the augmented system r + Xb = y, X'r = 0."""
    wide = design.matrix.astype(np.longdouble)
    if design.root_weights is not None:
        wide = wide * design.root_weights[:, None]
    exact = target.astype(np.longdouble)
    coefficients = (design.back @ (design.q.T @ target)).astype(np.longdouble)
    residuals = exact - wide @ coefficients
    for _ in range(REFINEMENTS):
        missed = np.asarray(exact - residuals - wide @ coefficients, dtype=float)
        slope = np.asarray(residuals @ wide, dtype=float)
        step = design.q.T @ missed + design.back.T @ slope
        coefficients = coefficients + design.back @ step
        residuals = residuals + (missed - design.q @ step)
    return np.asarray(coefficients)
