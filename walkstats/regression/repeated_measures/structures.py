"""In which form may the outcomes of one person vary and hang together over the visits?

Every structure writes the covariance of the visits as S = D R D, where D holds exp() of the first
parameters (one, or one for each visit) and R is a matrix of the others. Any values of the
parameters may be tried: where S is no covariance its Cholesky factor fails, and the likelihood
falls to nothing before that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# What is left of a visit's variance beside the other visits, at the start of the search.
LEAST_LEFT = 0.05


@dataclass(frozen=True)
class Middle:
    """The matrix R of a structure, at some values.

    Attributes
    ----------
    matrix : (T, T) array
    first : (r, T, T) array
        Its derivatives.
    second : callable
        Weights (T, T) -> (r, r) array: the sum over entries of weight times second derivative.
    """

    matrix: Floats
    first: Floats
    second: Callable[[Floats], Floats]


@dataclass(frozen=True)
class Structure:
    """A form of the covariance of T visits.

    Attributes
    ----------
    name : str
        As the argument ``covariance`` takes it.
    described : str
        As a methods section says it.
    heterogeneous : bool
        Whether each visit has a standard deviation of its own.
    middle : callable
        Values (r,), T -> Middle.
    start : callable
        Correlation (T, T), of full rank -> values (r,).
    linear : callable or None
        T -> (q, T, T) matrices of which the covariance is a linear combination, where it is one.
    ordered : bool
        Whether the order of the visits matters.
    """

    name: str
    described: str
    heterogeneous: bool
    middle: Callable[[Floats, int], Middle]
    start: Callable[[Floats], Floats]
    linear: Callable[[int], Floats] | None = None
    ordered: bool = False

    def scales(self, visits: int) -> int:
        """How many parameters of scale there are: one, or one for each visit."""
        return visits if self.heterogeneous else 1

    def parameters(self, visits: int) -> int:
        """How many parameters there are."""
        return self.scales(visits) + self.start(np.eye(visits)).size


@dataclass(frozen=True)
class Covariance:
    """The covariance of T visits, at some values of its q parameters.

    Attributes
    ----------
    matrix : (T, T) array
    first : (q, T, T) array
        Derivatives with respect to the parameters.
    second : callable
        Weights (T, T), symmetric -> (q, q) array: the sum over entries of weight times second
        derivative.
    """

    matrix: Floats
    first: Floats
    second: Callable[[Floats], Floats]


def covariance_at(structure: Structure, values: Floats, visits: int) -> Covariance:
    """The covariance of a structure, with its derivatives.

    Parameters
    ----------
    structure : Structure
    values : (q,) array
        Logs of the scales, then the values of R.
    visits : int

    Returns
    -------
    Covariance

    Examples
    --------
    >>> found = covariance_at(STRUCTURES["ar1"], np.array([0.0, 0.5]), 3)
    >>> found.matrix.tolist()
    [[1.0, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 1.0]]
    """
    scales = structure.scales(visits)
    middle = structure.middle(values[scales:], visits)
    size = np.exp(np.broadcast_to(values[:scales], (visits,)))
    spread = np.multiply.outer(size, size)
    matrix = spread * middle.matrix
    by_scale = np.zeros((visits, visits, visits))
    each = np.arange(visits)
    by_scale[each, each, :] += matrix
    by_scale[each, :, each] += matrix
    if scales == 1:
        by_scale = by_scale.sum(axis=0)[None]
    first = np.concatenate([by_scale, spread * middle.first])

    def second(weights: Floats) -> Floats:
        out = np.empty((len(values), len(values)))
        own = weights * matrix
        both = 2.0 * own + 2.0 * np.diag(own.sum(axis=1))
        across = 2.0 * np.einsum("ab,kab->ak", weights * spread, middle.first)
        if scales == 1:
            both, across = both.sum()[None, None], across.sum(axis=0)[None]
        out[:scales, :scales] = both
        out[:scales, scales:] = across
        out[scales:, :scales] = across.T
        out[scales:, scales:] = middle.second(weights * spread)
        return out

    return Covariance(matrix, first, second)


def start_values(structure: Structure, covariance: Floats) -> Floats:
    """Values of a structure's parameters near a covariance, for the search to start from.

    Parameters
    ----------
    structure : Structure
    covariance : (T, T) array
        Positive on its diagonal; need not be a covariance otherwise.

    Returns
    -------
    (q,) array
    """
    variances = np.diag(covariance)
    correlation = _made_positive(covariance / np.sqrt(np.multiply.outer(variances, variances)))
    if structure.name == "unstructured":
        lower = np.linalg.cholesky(correlation)
        left = np.diag(lower)
        values = (lower / left[:, None])[np.tril_indices(len(left), -1)]
        return np.concatenate([0.5 * np.log(variances) + np.log(left), values])
    logs = 0.5 * np.log(variances) if structure.heterogeneous else 0.5 * np.log([variances.mean()])
    return np.concatenate([logs, structure.start(correlation)])


def _made_positive(correlation: Floats) -> Floats:
    """Shrink correlations of pairs of visits until together they are ones of all visits."""
    low = float(np.linalg.eigvalsh(correlation)[0])
    if low >= LEAST_LEFT:
        return correlation
    keep = (1.0 - LEAST_LEFT) / (1.0 - low)
    return keep * correlation + (1.0 - keep) * np.eye(len(correlation))


# --- the forms of R -----------------------------------------------------------------------


def _flat(weights: Floats) -> Floats:
    return np.zeros((1, 1))


def _unstructured(values: Floats, visits: int) -> Middle:
    """R = L L', where L has ones on its diagonal: with D the Cholesky factor of S."""
    rows, columns = np.tril_indices(visits, -1)
    lower = np.eye(visits)
    lower[rows, columns] = values
    each = np.arange(len(values))
    half = np.zeros((len(values), visits, visits))
    half[each, rows, :] = lower.T[columns]

    def second(weights: Floats) -> Floats:
        same = columns[:, None] == columns[None, :]
        return 2.0 * same * weights[np.ix_(rows, rows)]

    return Middle(lower @ lower.T, half + half.transpose(0, 2, 1), second)


def _start_unstructured(correlation: Floats) -> Floats:
    return correlation[np.tril_indices(len(correlation), -1)]


def _all_alike(values: Floats, visits: int) -> Middle:
    apart = 1.0 - np.eye(visits)
    return Middle(np.eye(visits) + values[0] * apart, apart[None], _flat)


def _start_all_alike(correlation: Floats) -> Floats:
    rows = np.tril_indices(len(correlation), -1)
    # Below this correlation that many visits cannot all be with one another.
    return np.array([max(float(correlation[rows].mean()), -0.9 / max(len(correlation) - 1, 1))])


def _fading(values: Floats, visits: int) -> Middle:
    rho = float(values[0])
    lags = _lags(visits)
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.where(lags >= 1, lags * rho ** np.maximum(lags - 1, 0), 0.0)
        second = np.where(lags >= 2, lags * (lags - 1) * rho ** np.maximum(lags - 2, 0), 0.0)
    matrix = np.asarray(rho**lags, dtype=float)
    return Middle(matrix, first[None], lambda weights: np.array([[np.sum(weights * second)]]))


def _start_fading(correlation: Floats) -> Floats:
    return np.array([float(np.diag(correlation, 1).mean()) if len(correlation) > 1 else 0.0])


def _by_lag(values: Floats, visits: int) -> Middle:
    lags = _lags(visits)
    first = (lags[None] == np.arange(1, visits)[:, None, None]).astype(float)
    matrix = np.eye(visits) + np.tensordot(values, first, axes=1)
    return Middle(matrix, first, lambda weights: np.zeros((len(values), len(values))))


def _start_by_lag(correlation: Floats) -> Floats:
    visits = len(correlation)
    found = np.array([float(np.diag(correlation, lag).mean()) for lag in range(1, visits)])
    low = float(np.linalg.eigvalsh(_by_lag(found, visits).matrix)[0])
    return found if low >= LEAST_LEFT else found * (1.0 - LEAST_LEFT) / (1.0 - low)


def _lags(visits: int) -> NDArray[np.intp]:
    each = np.arange(visits)
    return np.abs(np.subtract.outer(each, each))


# --- covariances that are linear in their parameters -----------------------------------------


def _entries(visits: int) -> Floats:
    rows, columns = np.tril_indices(visits)
    found = np.zeros((len(rows), visits, visits))
    each = np.arange(len(rows))
    found[each, rows, columns] = found[each, columns, rows] = 1.0
    return found


def _one_and_rest(visits: int) -> Floats:
    return np.stack([np.eye(visits), 1.0 - np.eye(visits)])


def _one_per_lag(visits: int) -> Floats:
    return (_lags(visits)[None] == np.arange(visits)[:, None, None]).astype(float)


STRUCTURES = {
    one.name: one
    for one in (
        Structure(
            "unstructured",
            "an unstructured covariance of the visits",
            True,
            _unstructured,
            _start_unstructured,
            _entries,
        ),
        Structure(
            "compound-symmetry",
            "compound symmetry (one variance, one correlation of all pairs of visits)",
            False,
            _all_alike,
            _start_all_alike,
            _one_and_rest,
        ),
        Structure(
            "heterogeneous-compound-symmetry",
            "heterogeneous compound symmetry (a variance for each visit, one correlation)",
            True,
            _all_alike,
            _start_all_alike,
        ),
        Structure(
            "ar1",
            "first-order autoregression (one variance, correlations rho to the power of the lag)",
            False,
            _fading,
            _start_fading,
            ordered=True,
        ),
        Structure(
            "heterogeneous-ar1",
            "heterogeneous first-order autoregression (a variance for each visit, correlations "
            "rho to the power of the lag)",
            True,
            _fading,
            _start_fading,
            ordered=True,
        ),
        Structure(
            "toeplitz",
            "a Toeplitz covariance (one variance, one correlation for each lag)",
            False,
            _by_lag,
            _start_by_lag,
            _one_per_lag,
            ordered=True,
        ),
        Structure(
            "heterogeneous-toeplitz",
            "a heterogeneous Toeplitz covariance (a variance for each visit, one correlation for "
            "each lag)",
            True,
            _by_lag,
            _start_by_lag,
            ordered=True,
        ),
    )
}
