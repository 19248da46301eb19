"""How far may the largest of several statistics reach by chance? Max-t critical values, p-values.

With r the rank of their correlation, m statistics are R times the projections of m unit vectors on
a direction u: u is uniform on the sphere of r dimensions, R independent of it, and R² / r has the F
distribution. So the tail of the largest is the mean over u of a tail of F. In two dimensions (three
groups) the mean is an integral over an angle and taken to rounding; beyond, it is taken over a
fixed lattice of directions, so that no seed is needed and the same numbers always come out.

References
----------
.. [1] Somerville PN (1998). Numerical computation of multivariate normal and multivariate-t
   probabilities over convex regions. *J Comput Graph Stat* 7:529-544.
   https://doi.org/10.1080/10618600.1998.10474793
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from walkstats.numerics import limits

Floats = NDArray[np.float64]

# Nodes of each smooth piece of the angle, and directions of the lattice, of which neighbours are
# taken together: a tail of 0.05 errs by less than 1e-13 and by some 1e-5.
NODES = 48
DIRECTIONS = 2**17
TOGETHER = 64
# Directions of a correlation flatter than this share of the largest are rounding.
FLAT = 1e-10


def joint_p(statistics: ArrayLike, correlation: Floats, df: ArrayLike) -> Floats:
    """P-values of statistics by the distribution of the largest of them.

    Parameters
    ----------
    statistics : (m,) array
        Estimates over their standard errors; missing ones are left out of the family.
    correlation : (m, m) array
        Of the estimates.
    df : (m,) array or float
        Degrees of freedom. Where they differ each p-value takes its own for all.

    Returns
    -------
    (m,) array

    Examples
    --------
    Dunnett's (1964) table: two treatments and a control of the same size, 20 df, 2.38.

    >>> half = np.array([[1.0, 0.5], [0.5, 1.0]])
    >>> joint_p([2.38, 1.0], half, 20.0).round(3).tolist()
    [0.05, 0.514]
    """
    size = np.abs(np.asarray(statistics, dtype=float))
    freedom = np.broadcast_to(np.asarray(df, dtype=float), size.shape)
    known = np.isfinite(size) & np.isfinite(np.diag(correlation)) & (freedom > 0)
    out = np.full(size.shape, np.nan)
    if not known.any():
        return out
    reach, weight, rank = _directions(correlation[np.ix_(known, known)])
    tails = [
        _tail(c, reach, weight, rank, own)
        for c, own in zip(size[known], freedom[known], strict=True)
    ]
    # The joint tail holds the single one; a lattice could fall short of it by its error.
    out[known] = np.maximum(tails, limits.t_p(size[known], freedom[known]))
    return out


def joint_quantile(correlation: Floats, df: float, level: float) -> float:
    """Critical value that all statistics stay within with probability ``level``.

    Parameters
    ----------
    correlation : (m, m) array
        Of the estimates; those without variance (nan) are left out.
    df : float
    level : float

    Returns
    -------
    float
        Between the t quantile and Bonferroni's.

    Examples
    --------
    >>> round(joint_quantile(np.array([[1.0, 0.5], [0.5, 1.0]]), 20.0, 0.95), 2)
    2.38
    """
    known = np.isfinite(np.diag(correlation))
    if not known.any() or not df > 0:
        return np.nan
    reach, weight, rank = _directions(correlation[np.ix_(known, known)])
    low = float(limits.t_quantile(level, df))
    if rank == 1:
        return low
    high = float(limits.t_quantile(1.0 - (1.0 - level) / known.sum(), df))
    for _ in range(60):
        middle = (low + high) / 2.0
        above = _tail(middle, reach, weight, rank, df) > 1.0 - level
        low, high = (middle, high) if above else (low, middle)
        if high - low < 1e-10 * high:
            break
    return (low + high) / 2.0


def _tail(c: float, reach: Floats, weight: Floats, rank: int, df: float) -> float:
    """Probability that the largest statistic is beyond c."""
    with np.errstate(divide="ignore"):
        square = (c / reach) ** 2
    if np.isinf(df):
        return float(weight @ special.chdtrc(rank, square))
    return float(weight @ special.fdtrc(rank, df, square / rank))


def _directions(correlation: Floats) -> tuple[Floats, Floats, int]:
    """The largest projection for each direction, the weight of the direction, and the rank."""
    roots, vectors = np.linalg.eigh((correlation + correlation.T) / 2.0)
    kept = roots > FLAT * roots[-1]
    points = vectors[:, kept] * np.sqrt(roots[kept])
    points /= np.linalg.norm(points, axis=1)[:, None]
    rank = int(kept.sum())
    if rank == 1:
        return np.ones(1), np.ones(1), 1
    if rank == 2:
        return *_around(points), 2
    sphere = _sphere(rank)
    reach = np.zeros(len(sphere))
    for point in points:
        np.maximum(reach, np.abs(sphere @ point), out=reach)
    reach = np.sort(reach).reshape(-1, TOGETHER).mean(axis=1)
    return reach, np.full(len(reach), 1.0 / len(reach)), rank


def _around(points: Floats) -> tuple[Floats, Floats]:
    """Of an angle: each point is the nearest one up to the middle between it and the next."""
    angles = np.unique(np.mod(np.arctan2(points[:, 1], points[:, 0]), np.pi))
    gaps = np.diff(angles, append=angles[0] + np.pi) / 2.0
    nodes, weight = np.polynomial.legendre.leggauss(NODES)
    # From a point to the middle and back are the same distances, so that each gap counts twice.
    away = gaps[:, None] * (nodes + 1.0) / 2.0
    share = gaps[:, None] * weight / np.pi
    return np.cos(away).ravel(), share.ravel()


@functools.lru_cache(maxsize=4)
def _sphere(rank: int) -> Floats:
    """Directions (n, rank), spread evenly by the lattice of the roots of primes (Richtmyer's)."""
    primes = [p for p in range(2, 1000) if all(p % q for q in range(2, int(p**0.5) + 1))]
    steps = np.arange(1, DIRECTIONS + 1)[:, None]
    if rank == 3:
        # On the globe equal steps of height are equal areas.
        turn, height = np.mod(steps * np.sqrt(primes[:2]), 1.0).T
        flat = np.sqrt(4.0 * height * (1.0 - height))
        turn = 2.0 * np.pi * turn
        return np.column_stack([flat * np.cos(turn), flat * np.sin(turn), 2.0 * height - 1.0])
    normals = special.ndtri(np.mod(steps * np.sqrt(primes[:rank]), 1.0))
    return np.asarray(normals / np.linalg.norm(normals, axis=1)[:, None])
