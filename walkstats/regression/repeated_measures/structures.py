"""In which form may the outcomes of one person vary and hang together over the visits?

An unstructured covariance is S = T D T', where T has ones on its diagonal and D holds variances of
each visit beside those before it, as logs: T and D can be told apart, and S may come near to being
singular without either being in the way of the other. All other forms are S = D R D, where D holds
standard deviations, as logs, and R is a matrix of correlations. Any values may be tried: where S is
no covariance its Cholesky factor fails, and the likelihood falls to nothing before that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

# What is left of a visit's variance beside the other visits, at the start of the search.
LEAST_LEFT = 0.05


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
        Whether each visit has a variance of its own.
    at : callable
        Values (q,), T -> Covariance.
    start : callable
        Variances (T,), correlation (T, T) of full rank -> values (q,) near them.
    linear : callable or None
        T -> (q, T, T) matrices of which the covariance is a linear combination, where it is one.
    ordered : bool
        Whether the order of the visits matters.
    """

    name: str
    described: str
    heterogeneous: bool
    at: Callable[[Floats, int], Covariance]
    start: Callable[[Floats, Floats], Floats]
    linear: Callable[[int], Floats] | None = None
    ordered: bool = False

    def parameters(self, visits: int) -> int:
        """How many parameters there are."""
        return self.start(np.ones(visits), np.eye(visits)).size


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

    Examples
    --------
    >>> found = STRUCTURES["ar1"].at(start_values(STRUCTURES["ar1"], np.eye(3) + 1.0), 3)
    >>> found.matrix.round(9).tolist()
    [[2.0, 1.0, 0.5], [1.0, 2.0, 1.0], [0.5, 1.0, 2.0]]
    """
    variances = np.diag(covariance)
    correlation = covariance / np.sqrt(np.multiply.outer(variances, variances))
    return structure.start(variances, _made_positive(correlation))


def _made_positive(correlation: Floats) -> Floats:
    """Shrink correlations of pairs of visits until together they are ones of all visits."""
    low = float(np.linalg.eigvalsh(correlation)[0])
    if low >= LEAST_LEFT:
        return correlation
    keep = (1.0 - LEAST_LEFT) / (1.0 - low)
    return keep * correlation + (1.0 - keep) * np.eye(len(correlation))


# --- unstructured -------------------------------------------------------------------------


def _unstructured(values: Floats, visits: int) -> Covariance:
    """S = T D T', its parameters half the logs of D and then T below its diagonal."""
    rows, columns, same = _triangle(visits)
    sizes = np.exp(2.0 * values[:visits])
    lower = np.eye(visits)
    lower[rows, columns] = values[visits:]
    scaled = lower * sizes
    by_size = 2.0 * scaled.T[:, :, None] * lower.T[:, None, :]
    half = np.zeros((len(rows), visits, visits))
    half[np.arange(len(rows)), rows, :] = scaled.T[columns]

    def second(weights: Floats) -> Floats:
        out = np.zeros((len(values), len(values)))
        turned = weights @ scaled
        each = np.arange(visits)
        out[each, each] = 4.0 * np.sum(lower * turned, axis=0)
        below = visits + np.arange(len(rows))
        out[columns, below] = out[below, columns] = 4.0 * turned[rows, columns]
        out[visits:, visits:] = same * sizes[columns] * weights[rows[:, None], rows]
        return out

    first = np.concatenate([by_size, half + half.transpose(0, 2, 1)])
    return Covariance(scaled @ lower.T, first, second)


def _start_unstructured(variances: Floats, correlation: Floats) -> Floats:
    deviations = np.sqrt(variances)
    lower = np.linalg.cholesky(correlation) * deviations[:, None]
    left = np.diag(lower)
    below = (lower / left)[np.tril_indices(len(left), -1)]
    return np.concatenate([np.log(left), below])


@cache
def _triangle(visits: int) -> tuple[Codes, Codes, Floats]:
    """Rows and columns below the diagonal, and 2 where two of them are in one column."""
    rows, columns = np.tril_indices(visits, -1)
    return rows, columns, np.where(columns[:, None] == columns, 2.0, 0.0)


# --- standard deviations and correlations ----------------------------------------------------


@dataclass(frozen=True)
class Correlation:
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


def _scaled(
    values: Floats,
    visits: int,
    *,
    correlated: Callable[[Floats, int], Correlation],
    heterogeneous: bool,
) -> Covariance:
    """S = D R D, its parameters the logs of D and then those of R."""
    scales = visits if heterogeneous else 1
    inner = correlated(values[scales:], visits)
    size = np.exp(values[:scales]) * np.ones(visits)
    spread = size[:, None] * size
    matrix = spread * inner.matrix
    by_scale = np.zeros((visits, visits, visits))
    each = np.arange(visits)
    by_scale[each, each, :] += matrix
    by_scale[each, :, each] += matrix
    if not heterogeneous:
        by_scale = by_scale.sum(axis=0)[None]

    def second(weights: Floats) -> Floats:
        out = np.empty((len(values), len(values)))
        own = weights * matrix
        both = 2.0 * own + 2.0 * np.diag(own.sum(axis=1))
        across = 2.0 * (weights * spread * inner.first).sum(axis=2).T
        if not heterogeneous:
            both, across = both.sum()[None, None], across.sum(axis=0)[None]
        out[:scales, :scales] = both
        out[:scales, scales:] = across
        out[scales:, :scales] = across.T
        out[scales:, scales:] = inner.second(weights * spread)
        return out

    return Covariance(matrix, np.concatenate([by_scale, spread * inner.first]), second)


def _start_scaled(
    variances: Floats,
    correlation: Floats,
    *,
    start: Callable[[Floats], Floats],
    heterogeneous: bool,
) -> Floats:
    logs = 0.5 * np.log(variances if heterogeneous else [variances.mean()])
    return np.concatenate([logs, start(correlation)])


def _flat(weights: Floats) -> Floats:
    return np.zeros((1, 1))


def _all_alike(values: Floats, visits: int) -> Correlation:
    apart = 1.0 - np.eye(visits)
    return Correlation(np.eye(visits) + values[0] * apart, apart[None], _flat)


def _start_all_alike(correlation: Floats) -> Floats:
    rows = np.tril_indices(len(correlation), -1)
    # Below this correlation that many visits cannot all be with one another.
    return np.array([max(float(correlation[rows].mean()), -0.9 / max(len(correlation) - 1, 1))])


def _fading(values: Floats, visits: int) -> Correlation:
    rho = float(values[0])
    lags = _lags(visits)
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.where(lags >= 1, lags * rho ** np.maximum(lags - 1, 0), 0.0)
        second = np.where(lags >= 2, lags * (lags - 1) * rho ** np.maximum(lags - 2, 0), 0.0)
    matrix = np.asarray(rho**lags, dtype=float)
    return Correlation(matrix, first[None], lambda weights: np.array([[np.sum(weights * second)]]))


def _start_fading(correlation: Floats) -> Floats:
    return np.array([float(np.diag(correlation, 1).mean()) if len(correlation) > 1 else 0.0])


def _by_lag(values: Floats, visits: int) -> Correlation:
    lags = _lags(visits)
    first = (lags[None] == np.arange(1, visits)[:, None, None]).astype(float)
    matrix = np.eye(visits) + np.tensordot(values, first, axes=1)
    return Correlation(matrix, first, lambda weights: np.zeros((len(values), len(values))))


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


def _both(
    name: str,
    described: str,
    several: str,
    correlated: Callable[[Floats, int], Correlation],
    start: Callable[[Floats], Floats],
    linear: Callable[[int], Floats] | None,
    ordered: bool,
) -> list[Structure]:
    """A structure with one variance, and the same with a variance for each visit."""
    return [
        Structure(
            f"heterogeneous-{name}" if each else name,
            f"heterogeneous {described} (a variance for each visit, {several})"
            if each
            else f"{described} (one variance, {several})",
            each,
            partial(_scaled, correlated=correlated, heterogeneous=each),
            partial(_start_scaled, start=start, heterogeneous=each),
            None if each else linear,
            ordered,
        )
        for each in (False, True)
    ]


STRUCTURES = {
    one.name: one
    for one in (
        Structure(
            "unstructured",
            "unstructured covariance",
            True,
            _unstructured,
            _start_unstructured,
            _entries,
        ),
        *_both(
            "compound-symmetry", "compound symmetry", "one correlation of all pairs of visits",
            _all_alike, _start_all_alike, _one_and_rest, False,
        ),
        *_both(
            "ar1", "first-order autoregression", "correlations rho to the power of the lag",
            _fading, _start_fading, None, True,
        ),
        *_both(
            "toeplitz", "Toeplitz covariance", "one correlation for each lag",
            _by_lag, _start_by_lag, _one_per_lag, True,
        ),
    )
}  # fmt: skip
