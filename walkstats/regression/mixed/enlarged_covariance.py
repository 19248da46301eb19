"""How much less sure are coefficients because variances are estimated? Kenward and Roger's answer.

The covariance of the outcome is linear in the variances and covariances; with V itself as one of
the directions (instead of the identity, in the same space) nothing is needed but Z'V^-1 X and
Z'V^-1 Z by person.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics.contrast_freedom import KenwardRoger
from walkstats.regression.mixed.likelihood import Shape
from walkstats.regression.mixed.person_effects import Reaches
from walkstats.regression.mixed.person_sums import Sums

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True)
class _Directions:
    """Products of the derivatives V_a of the covariance, a = 1, ..., m.

    Attributes
    ----------
    once : (m, k, k) array
        X'V^-1 V_a V^-1 X.
    twice : (m, m, k, k) array
        X'V^-1 V_a V^-1 V_b V^-1 X.
    traces : (m + 1, m) array
        tr(V^-1 V_a V^-1 V_b), and in the last row tr(V^-1 V_a).
    """

    once: Floats
    twice: Floats
    traces: Floats


def enlarge(
    sums: Sums, shape: Shape, found: Reaches, information: Floats, scale: float, back: Floats
) -> tuple[Floats, KenwardRoger]:
    """The enlarged covariance of the coefficients, and the pieces of its degrees of freedom.

    Parameters
    ----------
    sums : Sums
    shape : Shape
    found : Reaches
    information : (k, k) array
        X'V^-1 X of the standardised columns.
    scale : float
        Residual variance.
    back : (k, k) array
        From standardised to the coefficients of the formula.

    Returns
    -------
    covariance : (k, k) array
    pieces : KenwardRoger

    Notes
    -----
    Kenward and Roger (1997), with the expected information of the variances. The second derivatives
    of V are 0 in this parametrisation.
    """
    ways = _with_all(_directions(sums, shape, found, len(information)), information, sums.rows)
    fixed = np.asarray(np.linalg.inv(information), dtype=float)
    half = ways.once @ fixed
    expected = 0.5 * (
        ways.traces
        - 2.0 * np.einsum("ij,abji->ab", fixed, ways.twice)
        + np.einsum("aij,bji->ab", half, half)
    )
    uncertainty = np.linalg.pinv(expected, hermitian=True)
    less = np.einsum("aij,bjk->abik", half, ways.once)
    added = np.einsum("ab,abij->ij", uncertainty, ways.twice - less)
    slopes: Floats = fixed @ ways.once @ fixed
    enlarged: Floats = fixed + 2.0 * fixed @ added @ fixed

    def turned(inner: Floats) -> Floats:
        return np.asarray(scale * (back @ inner @ back.T))

    pieces = KenwardRoger(turned(fixed), turned(slopes), uncertainty)
    covariance = turned(enlarged)
    return (covariance + covariance.T) / 2.0, pieces


def _with_all(inner: _Directions, information: Floats, rows: int) -> _Directions:
    """The same with V itself as the last direction."""
    m, k = len(inner.once), len(information)
    once = np.concatenate([inner.once, information[None]])
    twice = np.empty((m + 1, m + 1, k, k))
    twice[:m, :m] = inner.twice
    twice[m, :] = twice[:, m] = once
    traces = np.empty((m + 1, m + 1))
    traces[:m, :m] = inner.traces[:m, :m]
    traces[m, :m] = traces[:m, m] = inner.traces[m, :m]
    traces[m, m] = rows
    return _Directions(once, twice, traces)


def _units(shape: Shape) -> Floats:
    """Derivatives of D by its own elements (m, q, q)."""
    rows, columns = shape.cells
    out = np.zeros((len(rows), shape.random, shape.random))
    places = np.arange(len(rows))
    out[places, rows, columns] = 1.0
    out[places, columns, rows] = 1.0
    return out


def _directions(sums: Sums, shape: Shape, found: Reaches, k: int) -> _Directions:
    """Directions of the elements of D, and of the outer variance."""
    units = _units(shape)
    along, seen = found.products[:, :, :k], found.squares
    if found.ones is not None and sums.outer is not None:
        return _with_outer(sums, found, units, along, seen)
    turned = np.einsum("aij,pjk->apik", units, along)
    once = np.einsum("pik,apil->akl", along, turned)
    twice = np.einsum("apik,pij,bpjl->abkl", turned, seen, turned, optimize=True)
    flat = np.einsum("pij,ajk->apik", seen, units)
    traces = np.einsum("apij,bpji->ab", flat, flat)
    return _Directions(once, twice, np.vstack([traces, np.einsum("apii->a", flat)]))


def _with_outer(
    sums: Sums, found: Reaches, units: Floats, along: Floats, seen: Floats
) -> _Directions:
    """The same where people share a group: Z_i'V^-1 Z_j = [i = j] B_i - share a_i a_j'."""
    assert sums.outer is not None
    assert found.ones is not None
    k, m, group = along.shape[2], len(units), sums.outer
    size, reach = found.ones[:, -1], found.ones[:, :k]
    grown = 1.0 + found.outer * size
    share = found.outer / grown
    mine = found.products[:, :, -1]
    along = along - (share[group, None] * mine)[:, :, None] * reach[group][:, None, :]
    turned = np.einsum("aij,pjk->apik", units, along)
    groups = len(size)

    def by_group(values: Floats) -> Floats:
        out = np.zeros((groups, *values.shape[1:]))
        np.add.at(out, group, values)
        return out

    # a_i'E_a Z_i'V^-1 X and a_i'E_a a_i, summed over the people of a group.
    across = by_group(np.einsum("pi,apik->pak", mine, turned))
    own = by_group(np.einsum("pi,aij,pj->pa", mine, units, mine))
    flat = np.einsum("pij,ajk->apik", seen, units)
    bent = by_group(np.einsum("pi,aij,pjl,blm,pm->pab", mine, units, seen, units, mine))
    n = m + 1
    once, twice = np.empty((n, k, k)), np.empty((n, n, k, k))
    traces = np.empty((n + 1, n))
    once[:m] = np.einsum("pik,apil->akl", along, turned)
    twice[:m, :m] = np.einsum("apik,pij,bpjl->abkl", turned, seen, turned, optimize=True)
    twice[:m, :m] -= np.einsum("g,gak,gbl->abkl", share, across, across)
    traces[:m, :m] = np.einsum("apij,bpji->ab", flat, flat)
    traces[:m, :m] -= 2.0 * np.einsum("g,gab->ab", share, bent)
    traces[:m, :m] += np.einsum("g,ga,gb->ab", share**2, own, own)
    traces[n, :m] = np.einsum("apii->a", flat) - share @ own
    # The group's own direction is the product of its ones.
    ones, level = reach / grown[:, None], size / grown
    once[m] = ones.T @ ones
    twice[m, m] = (ones * level[:, None]).T @ ones
    side = np.einsum("gk,g,gal->akl", ones, 1.0 / grown, across)
    twice[m, :m], twice[:m, m] = side, side.transpose(0, 2, 1)
    traces[m, m] = float(level @ level)
    traces[m, :m] = traces[:m, m] = np.einsum("g,ga->a", 1.0 / grown**2, own)
    traces[n, m] = float(level.sum())
    return _Directions(once, twice, traces)
