"""How likely are the outcomes under a covariance of the visits, and which way does that grow?

The coefficients are profiled out: for a covariance V of all outcomes they are those of generalised
least squares, b = (X'WX)^-1 X'Wy with W = V^-1. What is made small is

    f = log|V| + (y - Xb)'W(y - Xb) + log|X'WX|,

the last term for restricted likelihood only. With dV for the derivative of V by a parameter, and
C = (X'WX)^-1, the derivative of f is tr(dV M), where M = W - W (r r' + X C X') W; so all
derivatives of f need no more than M and, for the second ones, W and products of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics.engine import kernel
from walkstats.regression.repeated_measures.patterns import Patterns
from walkstats.regression.repeated_measures.structures import Structure

Floats = NDArray[np.float64]

# A covariance of which less than this share of a visit's variance is left beside the other
# visits is singular: the search is not to go on towards it.
SINGULAR = 1e-10


@dataclass(frozen=True, eq=False)
class Profile:
    """The likelihood at some values of the q parameters of covariance.

    Attributes
    ----------
    deviance : float
        f, minus twice the (restricted) log-likelihood without its constant.
    coefficients : (k,) array
    inverse : (k, k) array
        C.
    gradient : (q,) array
        Of f.
    hessian : (q, q) array
        Of f.
    expected : (q, q) array
        What the part of the Hessian that comes from V alone is expected to be; positive definite.
    change : (q, k, k) array
        Derivatives of X'WX.
    covariances : (G, T, T) array
    first : tuple of (q_g, T, T) array
        Derivatives of each group's covariance by its own parameters.
    inverses : (P, T, T) array
        W of each pattern, 0 where nobody was seen.
    """

    deviance: float
    coefficients: Floats
    inverse: Floats
    gradient: Floats
    hessian: Floats
    expected: Floats
    change: Floats
    covariances: Floats
    first: tuple[Floats, ...]
    inverses: Floats


def profile(values: Floats, structure: Structure, patterns: Patterns, reml: bool) -> Profile | None:
    """The likelihood and its derivatives.

    Parameters
    ----------
    values : (q,) array
        Parameters of each group in turn.
    structure : Structure
    patterns : Patterns
    reml : bool

    Returns
    -------
    Profile or None
        None where the values give no covariance, or a singular one.
    """
    visits = patterns.seen.shape[1]
    parts = np.split(values, patterns.groups)
    with np.errstate(over="ignore", invalid="ignore"):
        at = [structure.at(part, visits) for part in parts]
    covariances = np.stack([one.matrix for one in at])
    first = np.stack([one.first for one in at])
    if not (np.isfinite(covariances).all() and np.isfinite(first).all()):
        return None
    work = kernel("mmrm_evaluate", patterns.rows) or evaluate
    found = work(covariances, first, patterns, reml)
    if found is None:
        return None
    deviance, coefficients, inverse, pull, hessian, expected, change, inverses = found
    gradient = (pull[:, None] * first).sum(axis=(2, 3)).ravel()
    own = first.shape[1]
    for g, one in enumerate(at):
        place = slice(g * own, (g + 1) * own)
        hessian[place, place] += one.second(pull[g])
    return Profile(
        deviance,
        coefficients,
        inverse,
        gradient,
        hessian,
        expected,
        change,
        covariances,
        tuple(first),
        inverses,
    )


def evaluate(
    covariances: Floats, first: Floats, patterns: Patterns, reml: bool
) -> tuple[float, Floats, Floats, Floats, Floats, Floats, Floats, Floats] | None:
    """f and what its derivatives are made of.

    Parameters
    ----------
    covariances : (G, T, T) array
    first : (G, q, T, T) array
        Directions in which each group's covariance changes.
    patterns : Patterns
    reml : bool

    Returns
    -------
    tuple or None
        f; b (k,); C (k, k); the sum of M over the people of each group (G, T, T); the Hessian of f
        for covariances that are linear in the parameters, and its expectation with b known
        (G q, G q); the derivatives of X'WX (G q, k, k); W of each pattern (P, T, T). None where a
        covariance is not positive definite.
    """
    inverted = _inverses(covariances, patterns)
    if inverted is None:
        return None
    inverses, logs = inverted
    k = patterns.columns
    flat = patterns.products.reshape(-1, patterns.products.shape[2])
    sums = patterns.whole(_pairs(inverses, patterns).ravel() @ flat)
    try:
        root = np.linalg.inv(np.linalg.cholesky(sums[:k, :k]))
    except np.linalg.LinAlgError:
        return None
    inverse = root.T @ root
    b = inverse @ sums[:k, k]
    squares = float(sums[k, k] - b @ sums[:k, k])
    deviance = float(patterns.people @ logs) + squares
    middle = np.empty((k + 1, k + 1))
    middle[:k, :k] = np.outer(b, b)
    middle[:k, k] = middle[k, :k] = -b
    middle[k, k] = 1.0
    if reml:
        deviance -= 2.0 * float(np.sum(np.log(np.diag(root))))
        middle[:k, :k] += inverse
    row, column = patterns.upper
    twice = np.where(row == column, 1.0, 2.0) * middle[row, column]
    spread = _square((flat @ twice).reshape(len(inverses), -1), patterns)
    seen = inverses @ spread @ inverses
    counted = patterns.people[:, None, None] * inverses
    pull = np.zeros_like(covariances)
    np.add.at(pull, patterns.group, counted - seen)
    change, slopes = _changes(inverses, first, patterns, b)
    hessian, expected = _curvature(inverses, counted, 2.0 * seen - counted, first, patterns.group)
    turned = (change @ root.T).transpose(0, 2, 1) @ root.T
    across = slopes @ root.T
    hessian -= 2.0 * across @ across.T
    if reml:
        lain = turned.reshape(len(turned), -1)
        hessian -= lain @ lain.T
    return deviance, b, inverse, pull, hessian, expected, change, inverses


def _inverses(covariances: Floats, patterns: Patterns) -> tuple[Floats, Floats] | None:
    """W of each pattern (P, T, T), 0 where nobody was seen, and log|V| of one person (P,)."""
    both = patterns.seen[:, :, None] & patterns.seen[:, None, :]
    visits = np.arange(patterns.seen.shape[1])
    each = np.where(both, covariances[patterns.group], 0.0)
    each[:, visits, visits] += ~patterns.seen
    try:
        lower = np.linalg.cholesky(each)
    except np.linalg.LinAlgError:
        return None
    left = lower[:, visits, visits] ** 2
    if np.any(left < SINGULAR * each[:, visits, visits]):
        return None
    back = np.linalg.inv(lower)
    inverses = np.where(both, back.transpose(0, 2, 1) @ back, 0.0)
    return inverses, np.log(left).sum(axis=1)


def _pairs(matrices: Floats, patterns: Patterns) -> Floats:
    return matrices[..., patterns.first, patterns.second]


def _square(pairs: Floats, patterns: Patterns) -> Floats:
    """Symmetric matrices from sums of both products of a pair."""
    visits = patterns.seen.shape[1]
    apart = patterns.first != patterns.second
    out = np.empty((len(pairs), visits, visits))
    shared = np.where(apart, 0.5 * pairs, pairs)
    out[:, patterns.first, patterns.second] = shared
    out[:, patterns.second, patterns.first] = shared
    return out


def _changes(
    inverses: Floats, first: Floats, patterns: Patterns, b: Floats
) -> tuple[Floats, Floats]:
    """Derivatives of X'WX (G q, k, k) and of X'W with the residuals held (G q, k)."""
    k, own = patterns.columns, first.shape[1]
    sums = np.zeros((patterns.groups, own, patterns.products.shape[2]))
    for g in range(patterns.groups):
        of = patterns.group == g
        turned = inverses[of][None] @ first[g][:, None] @ inverses[of][None]
        lain = _pairs(turned, patterns).reshape(own, -1)
        sums[g] = lain @ patterns.products[of].reshape(lain.shape[1], -1)
    moved = -patterns.whole(sums.reshape(patterns.groups * own, -1))
    return moved[:, :k, :k], moved[:, :k, k] - moved[:, :k, :k] @ b


def _curvature(
    inverses: Floats, counted: Floats, turned: Floats, first: Floats, group: NDArray[np.intp]
) -> tuple[Floats, Floats]:
    """Sums of tr(dV_i W dV_j B) over patterns, for B `turned` and for n W: both (G q, G q)."""
    groups, own, visits, _ = first.shape
    size = visits * visits
    found = np.zeros((2, groups * own, groups * own))
    for g in range(groups):
        of = group == g
        lain = first[g].reshape(own, size)
        plain = inverses[of].reshape(-1, size)
        place = slice(g * own, (g + 1) * own)
        for into, other in zip(found, (turned, counted), strict=True):
            # Entry [(a, b), (c, d)] is the sum of W[b, c] B[d, a].
            quad = (plain.T @ other[of].reshape(-1, size)).reshape((visits,) * 4)
            block = lain @ quad.transpose(3, 0, 1, 2).reshape(size, size) @ lain.T
            into[place, place] = (block + block.T) / 2.0
    return found[0], found[1]
