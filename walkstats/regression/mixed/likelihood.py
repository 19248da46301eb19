"""How likely are the data at given variances, and in which direction more so?

The outcome of a person is y = X b + Z u + e with u ~ N(0, s^2 D), e ~ N(0, s^2 I), D = L L'; an
outer group adds a shared g ~ N(0, s^2 t^2). Parameters are the entries of L and t; b and s^2 are
profiled out. With S = Z'Z, P = (I + S D)^-1 and K = D P the inverse of I + Z D Z' is I - Z K Z',
its determinant |I + S D|: nothing larger than q x q is solved, for any number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics import engine
from walkstats.regression.mixed.expansions import (
    length,
    logarithm,
    pairs,
    product,
    reciprocal,
    split,
)
from walkstats.regression.mixed.person_sums import Sums

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


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

    @property
    def cells(self) -> tuple[Codes, Codes]:
        """Rows and columns of L that the parameters fill."""
        if not self.correlated:
            diagonal = np.arange(self.random)
            return diagonal, diagonal
        return np.tril_indices(self.random)

    @property
    def parameters(self) -> int:
        """Parameters, without the residual variance."""
        return len(self.cells[0]) + self.outer

    def start(self) -> Floats:
        """Random effects as large as the residuals make an estimate of them uncertain."""
        rows, columns = self.cells
        inner = (rows == columns).astype(float)
        return np.append(inner, 0.1) if self.outer else inner

    def triangle(self, theta: Floats) -> Floats:
        """L (q, q)."""
        out = np.zeros((self.random, self.random))
        out[self.cells] = theta[: len(self.cells[0])]
        return out

    def covariance(self, theta: Floats) -> Floats:
        """Expansion of D (J, q, q); exact, since D is quadratic in the parameters."""
        rows, columns = self.cells
        q, m = self.random, self.parameters
        inner = len(rows)
        lower = np.zeros((1 + m, q, q))
        lower[0] = self.triangle(theta)
        lower[1 + np.arange(inner), rows, columns] = 1.0
        out = np.empty((length(m), q, q))
        out[0] = lower[0] @ lower[0].T
        half = lower[1:] @ lower[0].T
        out[1 : 1 + m] = half + half.transpose(0, 2, 1)
        j, k = pairs(m)
        half = lower[1 + j] @ lower[1 + k].transpose(0, 2, 1)
        out[1 + m :] = half + half.transpose(0, 2, 1)
        return out


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
    m, q, w = shape.parameters, sums.random, sums.total.shape[0]
    covariance = shape.covariance(theta)
    twin = engine.kernel("mixed_person_terms", sums.rows if len(sums.patterns) > q else 0)
    inner = (twin or person_terms)(sums.patterns, sums.people, covariance, *pairs(m))
    taken, determinants = inner
    size = len(taken)
    left, right = np.triu_indices(w)
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


def outer_expansion(sums: Sums, taken: Floats) -> Floats:
    """Expansion of 1'V^-1 W by outer group (J, G, w), before the group's own effect."""
    w = sums.total.shape[0]
    last = np.flatnonzero(np.triu_indices(w)[1] == w - 1)
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
    q = patterns.shape[1]
    m = len(covariance) - 1 - len(first)
    s = np.ascontiguousarray(patterns.transpose(1, 2, 0))
    d = covariance[..., None]
    inverse, logs = _inverted(_times(s, d[0]))
    b = _times(inverse, s)
    determinants = np.empty(len(covariance))
    determinants[0] = people @ logs
    rows, columns = np.triu_indices(q)
    taken = np.empty((len(covariance), len(people), len(rows)))
    flipped = inverse.transpose(1, 0, 2)
    turned = [_times(b, d[1 + j]) for j in range(m)]  # B dD

    def keep(place: int, middle: Floats) -> None:
        full = _times(flipped, _times(middle, inverse))
        taken[place] = full[rows, columns].T

    taken[0] = _times(d[0], inverse)[rows, columns].T
    for j in range(m):
        determinants[1 + j] = np.einsum("iiu,u->", turned[j], people)
        keep(1 + j, d[1 + j])
    for place, (j, i) in enumerate(zip(first, second, strict=True), 1 + m):
        trace = np.einsum("iku,kiu,u->", turned[j], turned[i], people)
        determinants[place] = np.einsum("iku,ki,u->", b, covariance[place], people) - trace
        half = _times(d[1 + i], turned[j])
        keep(place, d[place] - half - half.transpose(1, 0, 2))
    return taken, determinants


def _times(a: Floats, b: Floats) -> Floats:
    """Products of small matrices (q, q, U), where U may be 1."""
    out = a[:, :1] * b[None, 0]
    for k in range(1, a.shape[1]):
        out = out + a[:, k : k + 1] * b[None, k]
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
