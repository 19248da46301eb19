"""The likelihood of repeated measures in compiled loops, as in ``regression.repeated_measures``.

Arguments and answer are those of the numpy form; what they mean and where the formulas come from is
told in ``walkstats.regression.repeated_measures.likelihood``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

SINGULAR = 1e-10

# Arrays are copied and summed by loops: what numpy does in one line takes a second to compile.

# Sums may be taken in another order, so that the processor adds several terms at once.
LOOSE = {"reassoc", "contract", "nsz"}


def evaluate(
    covariances: Floats, first: Floats, patterns: Any, reml: bool
) -> tuple[Any, ...] | None:
    """f and what its derivatives are made of; None where a covariance is not positive definite."""
    found = _evaluate(
        np.ascontiguousarray(covariances),
        np.ascontiguousarray(first),
        patterns.seen,
        patterns.people,
        patterns.group,
        patterns.first,
        patterns.second,
        patterns.products,
        patterns.upper[0],
        patterns.upper[1],
        patterns.columns,
        bool(reml),
    )
    return found[1:] if found[0] else None


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _root(matrix: Floats, size: int, lower: Floats, least: float) -> bool:
    """Cholesky factor of the leading block of a symmetric matrix.

    None where less than a share `least` of a diagonal entry is left beside those before it.
    """
    for i in range(size):
        for j in range(i + 1):
            value = matrix[i, j]
            for c in range(j):
                value -= lower[i, c] * lower[j, c]
            if i > j:
                lower[i, j] = value / lower[j, j]
            elif not value > 0.0 or value < least * matrix[i, i]:
                return False
            else:
                lower[i, i] = np.sqrt(value)
    return True


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _inverse(matrix: Floats, size: int, out: Floats, least: float) -> tuple[bool, float]:
    """Inverse of the leading block of a symmetric matrix, and the log of its determinant."""
    lower = np.zeros((size, size))
    if not _root(matrix, size, lower, least):
        return False, 0.0
    log = 0.0
    back = np.zeros((size, size))
    for j in range(size):
        log += 2.0 * np.log(lower[j, j])
        back[j, j] = 1.0 / lower[j, j]
        for i in range(j + 1, size):
            value = 0.0
            for c in range(j, i):
                value -= lower[i, c] * back[c, j]
            back[i, j] = value / lower[i, i]
    for i in range(size):
        for j in range(i + 1):
            value = 0.0
            for c in range(i, size):
                value += back[c, i] * back[c, j]
            out[i, j] = value
            out[j, i] = value
    return True, log


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _product(left: Floats, right: Floats, out: Floats) -> None:
    for i in range(left.shape[0]):
        out[i, :] = 0.0
        for c in range(left.shape[1]):
            if left[i, c] != 0.0:
                for j in range(right.shape[1]):
                    out[i, j] += left[i, c] * right[c, j]


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _unpack(packed: Floats, row: Codes, column: Codes, out: Floats) -> None:
    for c in range(packed.size):
        out[row[c], column[c]] = packed[c]
        out[column[c], row[c]] = packed[c]


@njit(cache=True, nogil=True)
def _places(seen: NDArray[np.bool_], at: Codes) -> int:
    """List the visits that were seen, and count them."""
    size = 0
    for visit in range(seen.size):
        at[size] = visit
        size += seen[visit]
    return size


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _pattern_inverses(
    covariances: Floats, seen: NDArray[np.bool_], group: Codes, inverses: Floats, logs: Floats
) -> bool:
    visits = seen.shape[1]
    block = np.empty((visits, visits))
    turned = np.empty((visits, visits))
    at = np.empty(visits, dtype=np.intp)
    for p in range(seen.shape[0]):
        size = _places(seen[p], at)
        for i in range(size):
            for j in range(size):
                block[i, j] = covariances[group[p], at[i], at[j]]
        good, logs[p] = _inverse(block, size, turned, SINGULAR)
        if not good:
            return False
        for i in range(size):
            for j in range(size):
                inverses[p, at[i], at[j]] = turned[i, j]
    return True


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _add_weighed(
    weights: Floats, one: Codes, other: Codes, products: Floats, sign: float, out: Floats
) -> None:
    """Add the sums of a pattern, each pair of visits with its weight."""
    for s in range(one.size):
        weight = sign * weights[one[s], other[s]]
        if weight != 0.0:
            for c in range(out.size):
                out[c] += weight * products[s, c]


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _profiled(square: Floats, inverse: Floats, b: Floats) -> tuple[bool, float, float]:
    """Coefficients, the sum of squares that they leave, and log|X'WX|."""
    k = b.size
    good, log = _inverse(square, k, inverse, 0.0)
    if not good:
        return False, 0.0, 0.0
    left = square[k, k]
    for i in range(k):
        for j in range(k):
            b[i] += inverse[i, j] * square[j, k]
    for i in range(k):
        left -= b[i] * square[i, k]
    return True, left, log


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _middle(inverse: Floats, b: Floats, row: Codes, column: Codes, reml: bool) -> Floats:
    """What, summed with the products, gives r r' + X C X'; entries off the diagonal twice."""
    k = b.size
    out = np.ones(row.size)
    for c in range(row.size):
        i, j = row[c], column[c]
        if j < k:
            out[c] = b[i] * b[j] + (inverse[i, j] if reml else 0.0)
        elif i < k:
            out[c] = -b[i]
        if i != j:
            out[c] *= 2.0
    return out


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _evaluate(
    covariances: Floats,
    first: Floats,
    seen: NDArray[np.bool_],
    people: Floats,
    group: Codes,
    one: Codes,
    other: Codes,
    products: Floats,
    row: Codes,
    column: Codes,
    k: int,
    reml: bool,
) -> tuple[bool, float, Floats, Floats, Floats, Floats, Floats, Floats, Floats]:
    groups, own, visits = first.shape[0], first.shape[1], first.shape[2]
    inverses = np.zeros((people.size, visits, visits))
    logs = np.zeros(people.size)
    b, inverse = np.zeros(k), np.zeros((k, k))
    pull = np.zeros((groups, visits, visits))
    hessian = np.zeros((groups * own, groups * own))
    expected = np.zeros((groups * own, groups * own))
    change, slopes = np.zeros((groups * own, k, k)), np.zeros((groups * own, k))
    nothing = (False, 0.0, b, inverse, pull, hessian, expected, change, inverses)
    if not _pattern_inverses(covariances, seen, group, inverses, logs):
        return nothing
    sums = np.zeros(row.size)
    for p in range(people.size):
        _add_weighed(inverses[p], one, other, products[p], 1.0, sums)
    square = np.empty((k + 1, k + 1))
    _unpack(sums, row, column, square)
    good, deviance, log = _profiled(square, inverse, b)
    if not good:
        return nothing
    deviance += log if reml else 0.0
    for p in range(people.size):
        deviance += people[p] * logs[p]
    middle = _middle(inverse, b, row, column, reml)
    moved = np.zeros((groups * own, row.size))
    for p in range(people.size):
        at = group[p] * own
        turned = _pull(inverses[p], people[p], one, other, products[p], middle, pull[group[p]])
        left = np.empty((own, visits, visits))
        half = np.empty((visits, visits))
        for i in range(own):
            _product(inverses[p], first[group[p], i], left[i])
            _product(left[i], inverses[p], half)
            _add_weighed(half, one, other, products[p], -1.0, moved[at + i])
        _bend(first[group[p]], left, turned, people[p], at, hessian, expected)
    for i in range(groups * own):
        _unpack(moved[i], row, column, square)
        for j in range(k):
            slopes[i, j] = square[j, k]
            for c in range(k):
                change[i, j, c] = square[j, c]
                slopes[i, j] -= square[j, c] * b[c]
    _across(hessian, change, slopes, inverse, reml)
    return True, deviance, b, inverse, pull, hessian, expected, change, inverses


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _pull(
    inverse: Floats,
    people: float,
    one: Codes,
    other: Codes,
    products: Floats,
    middle: Floats,
    pull: Floats,
) -> Floats:
    """Add M of a pattern, n W - W U W with U = r r' + X C X', and return 2 W U W - n W."""
    spread, half, out = np.empty_like(pull), np.empty_like(pull), np.empty_like(pull)
    for s in range(one.size):
        value = 0.0
        for c in range(middle.size):
            value += products[s, c] * middle[c]
        if one[s] != other[s]:
            value *= 0.5
        spread[one[s], other[s]] = value
        spread[other[s], one[s]] = value
    _product(inverse, spread, half)
    _product(half, inverse, out)
    for i in range(out.shape[0]):
        for j in range(out.shape[0]):
            counted = people * inverse[i, j]
            pull[i, j] += counted - out[i, j]
            out[i, j] = 2.0 * out[i, j] - counted
    return out


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _bend(
    first: Floats,
    left: Floats,
    turned: Floats,
    people: float,
    at: int,
    hessian: Floats,
    expected: Floats,
) -> None:
    """Add tr(W dV_i B dV_j) and n tr(W dV_i W dV_j), where left is W dV_i."""
    own, visits = left.shape[0], left.shape[1]
    right = np.empty((own, visits, visits))
    for j in range(own):
        _product(turned, first[j], right[j])
    for i in range(own):
        for j in range(i, own):
            observed, plain = 0.0, 0.0
            for a in range(visits):
                for c in range(visits):
                    # Symmetric in i and j, as both orders stand in the second derivative.
                    observed += left[i, a, c] * right[j, c, a] + left[j, a, c] * right[i, c, a]
                    plain += left[i, a, c] * left[j, c, a]
            hessian[at + i, at + j] += 0.5 * observed
            expected[at + i, at + j] += people * plain
            if i != j:
                hessian[at + j, at + i] += 0.5 * observed
                expected[at + j, at + i] += people * plain


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _across(hessian: Floats, change: Floats, slopes: Floats, inverse: Floats, reml: bool) -> None:
    """Subtract what comes from the coefficients, which follow the covariance."""
    count, k = slopes.shape
    turned = np.empty((count, k, k))
    for i in range(count):
        _product(inverse, change[i], turned[i])
    for i in range(count):
        for j in range(i, count):
            value = 0.0
            for a in range(k):
                for c in range(k):
                    value += 2.0 * slopes[i, a] * inverse[a, c] * slopes[j, c]
                    if reml:
                        value += turned[i, a, c] * turned[j, c, a]
            hessian[i, j] -= value
            if i != j:
                hessian[j, i] -= value
