"""What each person adds to the likelihood of a mixed model, in compiled loops.

Arguments and answer are those of the numpy form; what they mean and where the formulas come from is
told in ``walkstats.regression.mixed.likelihood``.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


def person_terms(
    patterns: Floats, people: Floats, covariance: Floats, first: Codes, second: Codes
) -> tuple[Floats, Floats]:
    """Expansions of K by pattern, packed, and of the sum of log|I + S D|."""
    q = patterns.shape[1]
    taken = np.empty((len(covariance), len(patterns), q * (q + 1) // 2))
    determinants = np.zeros(len(covariance))
    _person_terms(
        np.ascontiguousarray(patterns), people, np.ascontiguousarray(covariance), first, second,
        taken, determinants,
    )  # fmt: skip
    return taken, determinants


@njit(cache=True, nogil=True, error_model="numpy")
def _times(a: Floats, b: Floats, out: Floats) -> None:
    q = a.shape[0]
    for i in range(q):
        for j in range(q):
            value = 0.0
            for k in range(q):
                value += a[i, k] * b[k, j]
            out[i, j] = value


@njit(cache=True, nogil=True, error_model="numpy")
def _exchange(matrix: Floats, other: Floats, c: int) -> None:
    """Bring the largest entry of a column to the diagonal, by an exchange of rows in both."""
    q = matrix.shape[0]
    pivot = c
    for i in range(c + 1, q):
        if abs(matrix[i, c]) > abs(matrix[pivot, c]):
            pivot = i
    if pivot != c:
        for j in range(q):
            matrix[c, j], matrix[pivot, j] = matrix[pivot, j], matrix[c, j]
            other[c, j], other[pivot, j] = other[pivot, j], other[c, j]


@njit(cache=True, nogil=True, error_model="numpy")
def _inverted(matrix: Floats, out: Floats) -> float:
    """Invert in place of `out`; the log of the determinant. Spoils the matrix."""
    q = matrix.shape[0]
    for i in range(q):
        for j in range(q):
            out[i, j] = 1.0 if i == j else 0.0
    logs = 0.0
    for c in range(q):
        _exchange(matrix, out, c)
        size = matrix[c, c]
        logs += np.log(abs(size))
        for j in range(q):
            matrix[c, j] /= size
            out[c, j] /= size
        for i in range(q):
            if i != c:
                share = matrix[i, c]
                for j in range(q):
                    matrix[i, j] -= share * matrix[c, j]
                    out[i, j] -= share * out[c, j]
    return logs


@njit(cache=True, nogil=True, error_model="numpy")
def _between(inverse: Floats, middle: Floats, work: Floats, packed: Floats) -> None:
    """P'MP, packed."""
    q = inverse.shape[0]
    _times(middle, inverse, work)
    place = 0
    for i in range(q):
        for j in range(i, q):
            value = 0.0
            for k in range(q):
                value += inverse[k, i] * work[k, j]
            packed[place] = value
            place += 1


@njit(cache=True, nogil=True, error_model="numpy")
def _person_terms(
    patterns: Floats,
    people: Floats,
    covariance: Floats,
    first: Codes,
    second: Codes,
    taken: Floats,
    determinants: Floats,
) -> None:
    size, q, _ = patterns.shape
    m = len(covariance) - 1 - len(first)
    grown, inverse, seen = np.empty((q, q)), np.empty((q, q)), np.empty((q, q))
    work, middle = np.empty((q, q)), np.empty((q, q))
    turned = np.empty((m, q, q))
    for u in range(size):
        count = people[u]
        _times(patterns[u], covariance[0], grown)
        for i in range(q):
            grown[i, i] += 1.0
        determinants[0] += count * _inverted(grown, inverse)
        _times(inverse, patterns[u], seen)
        _times(covariance[0], inverse, work)
        place = 0
        for i in range(q):
            for j in range(i, q):
                taken[0, u, place] = work[i, j]
                place += 1
        for j in range(m):
            _times(seen, covariance[1 + j], turned[j])
            for i in range(q):
                determinants[1 + j] += count * turned[j, i, i]
            _between(inverse, covariance[1 + j], work, taken[1 + j, u])
        for p in range(len(first)):
            one, other, bend = first[p], second[p], covariance[1 + m + p]
            _times(covariance[1 + other], turned[one], work)
            trace = 0.0
            for i in range(q):
                for k in range(q):
                    trace += seen[i, k] * bend[k, i] - turned[one, i, k] * turned[other, k, i]
                    middle[i, k] = bend[i, k] - work[i, k] - work[k, i]
            determinants[1 + m + p] += count * trace
            _between(inverse, middle, work, taken[1 + m + p, u])
