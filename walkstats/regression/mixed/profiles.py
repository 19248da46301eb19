"""Within which limits may a variance be? Those at which the likelihood falls too low."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics import limits
from walkstats.regression.mixed.expansions import split
from walkstats.regression.mixed.likelihood import Shape, height
from walkstats.regression.mixed.mixed_fits import Pieces
from walkstats.regression.mixed.person_sums import Sums, patterns_of
from walkstats.regression.mixed.valleys import descend

Floats = NDArray[np.float64]

DOUBLINGS = 60
EXACT = 1e-10


@dataclass(frozen=True)
class Way:
    """How the free parameters make all of them where one component is held.

    Attributes
    ----------
    values : (m + 1,) array
        theta and log s^2.
    slope : (m + 1, f) array
        Their derivatives by the free parameters.
    bend : (m + 1, f, f) array
        Their second derivatives.
    """

    values: Floats
    slope: Floats
    bend: Floats


@dataclass(frozen=True)
class _Step:
    """A point of the deviance along a way."""

    deviance: float
    gradient: Floats
    hessian: Floats


@dataclass(frozen=True)
class Profile:
    """The deviance of one component, with all else at its best.

    Attributes
    ----------
    sums : Sums
        Turned so that holding the component is simple.
    shape : Shape
    reml : bool
    way : callable
        Value held, free parameters -> ``Way``.
    start : (f,) array
        Free parameters at the estimates.
    lowest : float
        Deviance there.
    """

    sums: Sums
    shape: Shape
    reml: bool
    way: Callable[[float, Floats], Way]
    start: Floats
    lowest: float

    def rise(self, held: float, start: Floats) -> tuple[float, Floats]:
        """How much the deviance rises, and the free parameters there."""

        def evaluate(free: Floats) -> _Step:
            way = self.way(held, free)
            value, gradient, hessian = self.full(way.values)
            return _Step(
                value,
                way.slope.T @ gradient,
                way.slope.T @ hessian @ way.slope + np.einsum("i,iab->ab", gradient, way.bend),
            )

        found = descend(evaluate, start)
        return found.at.deviance - self.lowest, found.values

    def full(self, values: Floats) -> tuple[float, Floats, Floats]:
        """The deviance with its derivatives by theta and log s^2, which is not profiled out."""
        m = self.shape.parameters
        at = height(self.sums, self.shape, values[:m], self.reml)
        shrunk = np.exp(-values[m])
        r, r_slope, r_bend = split(at.squares * shrunk, m)
        d, d_slope, d_bend = split(at.determinants, m)
        gradient = np.append(r_slope + d_slope, at.free - r)
        hessian = np.empty((m + 1, m + 1))
        hessian[:m, :m] = r_bend + d_bend
        hessian[:m, m] = hessian[m, :m] = -r_slope
        hessian[m, m] = r
        value = at.free * (np.log(2.0 * np.pi) + values[m]) + float(r) + float(d)
        return float(value), gradient, hessian


def profile_limits(profile: Profile, estimate: float, edges: tuple[float, float], level: float,
                   unit: float) -> tuple[float, float]:  # fmt: skip
    """The values at which the deviance has risen by the quantile of chi-squared.

    Parameters
    ----------
    profile : Profile
    estimate : float
    edges : tuple of float
        Between which the component must lie.
    level : float
    unit : float
        A first step.

    Returns
    -------
    low, high : float
        An edge where the deviance does not rise so far.
    """
    z = limits.normal_quantile(level)
    low = _crossing(profile, estimate, edges[0], z, -unit)
    return low, _crossing(profile, estimate, edges[1], z, unit)


def _crossing(profile: Profile, estimate: float, edge: float, z: float, step: float) -> float:
    from scipy.optimize import brentq

    at = {"free": profile.start}

    def short(held: float) -> float:
        rise, at["free"] = profile.rise(held, at["free"])
        return float(np.sqrt(max(rise, 0.0))) - z

    near, far = estimate, estimate
    for _ in range(DOUBLINGS):
        far = far + step
        if (far - edge) * step >= 0:
            far = edge
        if far == near:
            return edge
        if short(far) >= 0.0:
            return float(brentq(short, near, far, xtol=EXACT * abs(step), rtol=1e-10))
        if far == edge:
            return edge
        near, step = far, 2.0 * step
    return edge


def held_deviation(pieces: Pieces, reml: bool, place: int) -> Profile:
    """Hold a standard deviation: of random effect `place`, or of the outer group (-1).

    Parameters
    ----------
    pieces : Pieces
    reml : bool
    place : int

    Returns
    -------
    Profile
    """
    outer = place < 0
    sums, theta, scale = _first(pieces, [0 if outer else place])
    shape, m = pieces.shape, pieces.shape.parameters
    own = m - 1 if outer else 0
    unit = pieces.scale.spread * (1.0 if outer else scale)

    def way(held: float, free: Floats) -> Way:
        t = free[-1]
        value = held / unit * np.exp(-t / 2.0)
        values = np.insert(free, own, value)
        slope = np.insert(np.eye(m), own, 0.0, axis=0)
        slope[own, -1] = -value / 2.0
        bend = np.zeros((m + 1, m, m))
        bend[own, -1, -1] = value / 4.0
        return Way(values, slope, bend)

    full = np.append(theta, np.log(pieces.scale.variance))
    return _profile(sums, shape, reml, way, np.delete(full, own), full)


def held_correlation(pieces: Pieces, reml: bool, one: int, other: int) -> Profile:
    """Hold the correlation of two random effects.

    Parameters
    ----------
    pieces : Pieces
    reml : bool
    one, other : int

    Returns
    -------
    Profile
    """
    sums, theta, _ = _first(pieces, [one, other])
    m = pieces.shape.parameters
    full = np.append(theta, np.log(pieces.scale.variance))
    length = float(np.hypot(full[1], full[2]))
    start = np.concatenate([full[:1], [length], full[3:]])

    def way(held: float, free: Floats) -> Way:
        slope = np.zeros((m + 1, m))
        slope[0, 0] = 1.0
        slope[1, 1], slope[2, 1] = held, np.sqrt(max(1.0 - held**2, 0.0))
        slope[np.arange(3, m + 1), np.arange(2, m)] = 1.0
        return Way(slope @ free, slope, np.zeros((m + 1, m, m)))

    return _profile(sums, pieces.shape, reml, way, start, full)


def held_residual(pieces: Pieces, reml: bool) -> Profile:
    """Hold the residual standard deviation.

    Parameters
    ----------
    pieces : Pieces
    reml : bool

    Returns
    -------
    Profile
    """
    m, spread = pieces.shape.parameters, pieces.scale.spread
    slope = np.eye(m + 1)[:, :m]

    def way(held: float, free: Floats) -> Way:
        values = np.append(free, 2.0 * np.log(held / spread))
        return Way(values, slope, np.zeros((m + 1, m, m)))

    full = np.append(pieces.scale.theta, np.log(pieces.scale.variance))
    return _profile(pieces.sums, pieces.shape, reml, way, full[:m], full)


def _profile(
    sums: Sums, shape: Shape, reml: bool, way: Any, start: Floats, full: Floats
) -> Profile:
    begun = Profile(sums, shape, reml, way, start, 0.0)
    return replace(begun, lowest=begun.full(full)[0])


def _first(pieces: Pieces, places: list[int]) -> tuple[Sums, Floats, float]:
    """The same data with these random effects first and no columns mixed, and its parameters."""
    sums, shape = pieces.sums, pieces.shape
    q = shape.random
    order = [*places, *(j for j in range(q) if j not in places)]
    lengths = np.sqrt(np.diag(np.linalg.inv(sums.turn) .T @ sums.squares.mean(axis=0)
                              @ np.linalg.inv(sums.turn)))[order]  # fmt: skip
    wanted = np.eye(q)[:, order] / lengths
    change = np.linalg.solve(sums.turn, wanted)
    squares = change.T @ sums.squares @ change
    products = change.T @ sums.products
    again = patterns_of(squares, products, sums.outer)
    turned = replace(
        sums, squares=squares, products=products, turn=wanted, patterns=again[0], people=again[1],
        spanned=again[2], starts=again[3],
    )  # fmt: skip
    lower = np.linalg.solve(change, shape.triangle(pieces.scale.theta))
    inner = _triangle_of(lower)[shape.cells]
    theta = np.append(inner, pieces.scale.theta[len(inner) :])
    return turned, theta, float(1.0 / lengths[0])


def _triangle_of(root: Floats) -> Floats:
    """Lower triangular L, with a diagonal of at least 0, such that LL' = root root'."""
    _, upper = np.linalg.qr(root.T)
    lower = upper.T
    return np.asarray(lower * np.where(np.diag(lower) < 0, -1.0, 1.0))
