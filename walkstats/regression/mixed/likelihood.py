"""How likely are the data at given variances, and in which direction more so?

The outcome of a person is y = X b + Z u + e with u ~ N(0, s^2 D), e ~ N(0, s^2 I), D = L L'; an
outer group adds a shared g ~ N(0, s^2 t^2). Parameters are the entries of L and t; b and s^2 are
profiled out. With S = Z'Z, P = (I + S D)^-1 and K = D P the inverse of I + Z D Z' is I - Z K Z',
its determinant |I + S D|: nothing larger than q x q is solved, for any number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics import engine
from walkstats.regression.mixed.expansions import (
    logarithm,
    pairs,
    product,
    reciprocal,
    split,
)
from walkstats.regression.mixed.person_sums import Sums

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

# A person's Z'Z this near to singular says nothing of the random effects.
ONLY = 1e-6
# From so many random effects on compiled loops gain four times; with fewer numpy is as fast.
WIDE = 3
# Eigenvalues of D, standardised, between which to begin.
LEAST, LARGEST = 1e-2, 1e4


@dataclass(frozen=True)
class Shape:
    """Which parameters there are.

    Attributes
    ----------
    random : int
        Random effects of a person, q.
    correlated : bool
        Whether L is lower triangular, or diagonal.
    outer : bool
        Whether there is an outer group.
    """

    random: int
    correlated: bool
    outer: bool

    @cached_property
    def cells(self) -> tuple[Codes, Codes]:
        """Rows and columns of L that the parameters fill."""
        if not self.correlated:
            diagonal = np.arange(self.random)
            return diagonal, diagonal
        return np.tril_indices(self.random)

    @cached_property
    def units(self) -> Floats:
        """Derivatives of L by the parameters (m, q, q)."""
        rows, columns = self.cells
        out = np.zeros((self.parameters, self.random, self.random))
        out[np.arange(len(rows)), rows, columns] = 1.0
        return out

    @property
    def parameters(self) -> int:
        """Parameters, without the residual variance."""
        return len(self.cells[0]) + self.outer

    def triangle(self, theta: Floats) -> Floats:
        """L (q, q)."""
        out = np.zeros((self.random, self.random))
        out[self.cells] = theta[: len(self.cells[0])]
        return out

    def covariance(self, theta: Floats) -> Floats:
        """Expansion of D (J, q, q); exact, since D is quadratic in the parameters."""
        m, units = self.parameters, self.units
        lower = self.triangle(theta)
        j, k = pairs(m)
        slope = units @ lower.T
        bend = units[j] @ units[k].transpose(0, 2, 1)
        return np.concatenate(
            [
                (lower @ lower.T)[None],
                slope + slope.transpose(0, 2, 1),
                bend + bend.transpose(0, 2, 1),
            ]
        )


@dataclass(frozen=True)
class Height:
    """The deviance and what it is made of, as expansions in the parameters.

    Attributes
    ----------
    deviance : float
        -2 log-likelihood with b and s^2 at their best, up to a constant of the data.
    gradient, hessian : (m,), (m, m) arrays
    coefficients : (k,) array
        In standardised columns, about least squares.
    variance : float
        s^2, relative to the squared spread.
    information : (J, k, k) array
        Expansion of X'V^-1 X.
    squares : (J,) array
        Expansion of the weighted residual sum of squares.
    determinants : (J,) array
        Expansion of log|V| (REML: and of log|X'V^-1 X|).
    free : int
        Rows, less coefficients under REML.
    """

    deviance: float
    gradient: Floats
    hessian: Floats
    coefficients: Floats
    variance: float
    information: Floats
    squares: Floats
    determinants: Floats
    free: int


def begin(sums: Sums, shape: Shape) -> Floats:
    """Parameters to start from, by moments of each person's own least squares (m,).

    Parameters
    ----------
    sums : Sums
    shape : Shape

    Returns
    -------
    (m,) array
        Not 0 anywhere: from there no slope leads away.
    """
    q, k = shape.random, sums.fixed
    lengths = np.sqrt(np.einsum("pii->pi", sums.squares))
    told = np.all(lengths > 0, axis=1)
    told[told] = _determinants(sums.squares[told], lengths[told]) > ONLY
    root = 0.3 * np.eye(q)
    free = sums.rows - q * int(told.sum())
    if told.sum() > q and free > 0:
        one = np.eye(q)[:, :, None]
        inverse = _inverted(sums.squares[told].transpose(1, 2, 0) - one)[0].transpose(2, 0, 1)
        pulled = sums.products[told][:, :, k]
        own = np.einsum("pij,pj->pi", inverse, pulled)
        residual = max(float(sums.total[k, k]) - float(np.sum(own * pulled)), 0.0) / free
        if residual > 0:
            root = _root(own.T @ own / (len(own) * residual) - inverse.mean(axis=0))
    if not shape.correlated:
        root = np.diag(np.sqrt(np.sum(root**2, axis=1)))
    return np.append(root[shape.cells], [0.3] * shape.outer)


def _determinants(squares: Floats, lengths: Floats) -> Floats:
    """Determinants (P,) of matrices scaled to a diagonal of 1."""
    scaled = squares / (lengths[:, :, None] * lengths[:, None])
    if scaled.shape[1] == 1:
        return np.ones(len(scaled))
    if scaled.shape[1] == 2:
        return np.asarray(1.0 - scaled[:, 0, 1] ** 2)
    return np.linalg.det(scaled)


def _root(covariance: Floats) -> Floats:
    """Lower triangular root of a covariance, with no direction in which there is nothing."""
    values, vectors = np.linalg.eigh(covariance)
    raised = np.clip(values, LEAST, LARGEST)
    return np.linalg.cholesky((vectors * raised) @ vectors.T)


def height(sums: Sums, shape: Shape, theta: Floats, reml: bool) -> Height:
    """The deviance at some parameters, with its first and second derivatives.

    Parameters
    ----------
    sums : Sums
    shape : Shape
    theta : (m,) array
        Entries of L, then t.
    reml : bool

    Returns
    -------
    Height
    """
    m, k = shape.parameters, sums.fixed
    products, determinants = products_of(sums, shape, theta)
    information, across = products[:, :k, :k], products[:, :k, k]
    inverse = np.linalg.inv(information[0])
    inverse = (inverse + inverse.T) / 2.0
    coefficients = inverse @ across[0]
    aim = np.append(-coefficients, 1.0)
    along = products @ aim
    j, i = pairs(m)
    squares = along @ aim
    pull = along[1 : 1 + m, :k]
    turned = pull @ inverse
    squares[1 + m :] -= 2.0 * np.einsum("ab,ab->a", turned[j], pull[i])
    if reml:
        determinants = determinants + _log_determinant(information, inverse, m)
    free = sums.rows - k if reml else sums.rows
    return _profiled(coefficients, information, squares, determinants, free, m)


def _profiled(
    coefficients: Floats,
    information: Floats,
    squares: Floats,
    determinants: Floats,
    free: int,
    m: int,
) -> Height:
    r, r_slope, r_bend = split(squares, m)
    d, d_slope, d_bend = split(determinants, m)
    variance = float(r) / free
    deviance = free * (1.0 + np.log(2.0 * np.pi * variance)) + float(d)
    relative = r_slope / r
    gradient = free * relative + d_slope
    hessian = free * (r_bend / r - np.outer(relative, relative)) + d_bend
    return Height(
        float(deviance), gradient, hessian, coefficients, variance, information, squares,
        determinants, free,
    )  # fmt: skip


def _log_determinant(information: Floats, inverse: Floats, m: int) -> Floats:
    """Expansion of log|X'V^-1 X|."""
    j, i = pairs(m)
    turned = inverse @ information[1:]
    out = np.empty(len(information))
    out[0] = np.linalg.slogdet(information[0])[1]
    out[1:] = np.trace(turned, axis1=1, axis2=2)
    out[1 + m :] -= np.einsum("aij,aji->a", turned[:m][j], turned[:m][i])
    return out


def products_of(sums: Sums, shape: Shape, theta: Floats) -> tuple[Floats, Floats]:
    """Expansions of W'V^-1 W (J, k + 1, k + 1) and of log|V| (J,)."""
    m, w = shape.parameters, sums.total.shape[0]
    covariance = shape.covariance(theta)
    terms = person_terms
    if sums.random >= WIDE:
        size = len(sums.patterns) * len(covariance)
        terms = engine.kernel("mixed_person_terms", size) or person_terms
    taken, determinants = terms(sums.patterns, sums.people, covariance, *pairs(m))
    size = len(taken)
    left, right = triangle_of(w)
    packed = taken.reshape(size, -1) @ sums.spanned.reshape(-1, len(left))
    products = np.empty((size, w, w))
    products[:, left, right] = -packed
    products[:, right, left] = -packed
    products[0] += sums.total
    if sums.starts is None:
        return products, determinants
    return _with_outer(sums, shape, theta, products, determinants, taken)


def _with_outer(
    sums: Sums, shape: Shape, theta: Floats, products: Floats, determinants: Floats, taken: Floats
) -> tuple[Floats, Floats]:
    """Take the shared effect of outer groups into account: one more column, the group's ones."""
    m, w = shape.parameters, sums.total.shape[0]
    assert sums.starts is not None
    reach = outer_expansion(sums, taken)
    ones, rest = reach[:, :, w - 1], reach[:, :, : w - 1]
    size = np.zeros(len(reach))
    size[0], size[m], size[-1] = theta[-1] ** 2, 2.0 * theta[-1], 2.0
    grown = product(size[:, None], ones, m)
    grown[0] += 1.0
    share = product(size[:, None], reciprocal(grown, m), m)
    outer = product(rest, rest, m, lambda a, b: a[..., :, None] * b[..., None, :])
    less = product(share[..., None, None], outer, m).sum(axis=1)
    logs = logarithm(grown, m).sum(axis=1)
    return products[:, : w - 1, : w - 1] - less, determinants + logs


@cache
def triangle_of(size: int) -> tuple[Codes, Codes]:
    """Rows and columns of the upper triangle."""
    return np.triu_indices(size)


def outer_expansion(sums: Sums, taken: Floats) -> Floats:
    """Expansion of 1'V^-1 W by outer group (J, G, w), before the group's own effect."""
    w = sums.total.shape[0]
    last = np.flatnonzero(triangle_of(w)[1] == w - 1)
    assert sums.outer_products is not None
    assert sums.starts is not None
    by_pattern = np.einsum("jus,usw->juw", taken, sums.spanned[:, :, last])
    reach = -np.add.reduceat(by_pattern, sums.starts, axis=1)
    reach[0] += sums.outer_products
    return np.asarray(reach)


def person_terms(
    patterns: Floats, people: Floats, covariance: Floats, first: Codes, second: Codes
) -> tuple[Floats, Floats]:
    """Expansions of K by pattern, packed (J, U, q (q + 1) / 2), and of the sum of log|I + S D|.

    Parameters
    ----------
    patterns : (U, q, q) array
        S.
    people : (U,) array
    covariance : (J, q, q) array
        Expansion of D.
    first, second : integer arrays
        ``pairs`` of the parameters.

    Returns
    -------
    tuple of arrays
    """
    m = len(covariance) - 1 - len(first)
    s = np.ascontiguousarray(patterns.transpose(1, 2, 0))
    d = covariance[..., None]
    inverse, logs = _inverted(_times(s, d[0]))
    b = _times(inverse, s)
    turned = _times(b, d[1 : 1 + m])
    half = _times(d[1 + second], turned[first])
    middle = np.empty((len(d) - 1, *s.shape))
    middle[:m] = d[1 : 1 + m]
    middle[m:] = d[1 + m :] - half - half.swapaxes(1, 2)
    full = np.concatenate([_times(d[0], inverse)[None], _between(inverse, middle)])
    rows, columns = triangle_of(patterns.shape[1])
    determinants = np.empty(len(d))
    determinants[0] = people @ logs
    determinants[1 : 1 + m] = np.einsum("jiiu->ju", turned) @ people
    traces = np.einsum("aiku,akiu->au", turned[first], turned[second])
    own = np.einsum("iku,aki->au", b, covariance[1 + m :])
    determinants[1 + m :] = (own - traces) @ people
    return full[:, rows, columns].transpose(0, 2, 1), determinants


def _between(inverse: Floats, middle: Floats) -> Floats:
    """P'MP."""
    return _times(inverse.swapaxes(0, 1), _times(middle, inverse))


def _times(a: Floats, b: Floats) -> Floats:
    """Products of small matrices (..., q, q, U), where U may be 1."""
    out = a[..., :, :1, :] * b[..., :1, :, :]
    for k in range(1, a.shape[-2]):
        out = out + a[..., :, k : k + 1, :] * b[..., k : k + 1, :, :]
    return np.asarray(out)


def _inverted(a: Floats) -> tuple[Floats, Floats]:
    """(I + a)^-1 (q, q, U), and log|I + a| (U,)."""
    q = a.shape[0]
    if q == 1:
        grown = 1.0 + a
        return 1.0 / grown, np.log(grown[0, 0])
    if q == 2:
        determinant = (1.0 + a[0, 0]) * (1.0 + a[1, 1]) - a[0, 1] * a[1, 0]
        out = np.array([[1.0 + a[1, 1], -a[0, 1]], [-a[1, 0], 1.0 + a[0, 0]]]) / determinant
        return out, np.log(determinant)
    full = a.transpose(2, 0, 1) + np.eye(q)
    logs: Floats = np.linalg.slogdet(full)[1]
    return np.asarray(np.linalg.inv(full).transpose(1, 2, 0)), logs
