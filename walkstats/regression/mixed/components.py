"""How much do people differ, and how alike are two measures of one person?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics import limits
from walkstats.regression.mixed.likelihood import Shape
from walkstats.results import Estimates
from walkstats.results.frozen import Frozen

Floats = NDArray[np.float64]

WIDEST = 700.0
# Limits of a variance this many times apart are a sign that its logarithm is no scale for it.
UNINFORMATIVE = 1e4


@dataclass(frozen=True, eq=False)
class Scale(Frozen):
    """From standardised parameters to variances.

    Attributes
    ----------
    theta : (m,) array
    variance : float
        s^2, relative to the squared spread.
    spread : float
    turn : (q, q) array
        Random design columns times this are the standardised ones.
    uncertainty : (m + 1, m + 1) array
        Covariance of theta and log s^2.
    """

    theta: Floats
    variance: float
    spread: float
    turn: Floats
    uncertainty: Floats

    @property
    def residual(self) -> float:
        """Residual variance."""
        return self.variance * self.spread**2

    def covariance(self, shape: Shape) -> Floats:
        """Covariance of the random effects and its derivatives (m + 2, q, q).

        First the covariance itself, then by each parameter and by log s^2.
        """
        m = shape.parameters
        inner = shape.covariance(self.theta)[: 1 + m]
        full = self.residual * (self.turn @ inner @ self.turn.T)
        return np.concatenate([full, full[:1]])

    def outer(self, shape: Shape) -> Floats:
        """Variance of the outer groups and its derivatives (m + 2,)."""
        out = np.zeros(shape.parameters + 2)
        if shape.outer:
            t = self.theta[-1]
            out[0] = out[-1] = t**2 * self.residual
            out[-2] = 2.0 * t * self.residual
        return out


@dataclass(frozen=True)
class Component:
    """A variance or correlation: its name, value, and derivatives by theta and log s^2."""

    name: str
    value: float
    slope: Floats
    correlation: bool = False


def components_of(
    scale: Scale, shape: Shape, names: tuple[str, ...], nested: str | None
) -> list[Component]:
    """Variances of the random effects, their correlations, the outer and the residual variance."""
    full = scale.covariance(shape)
    q, m = shape.random, shape.parameters
    found = [
        Component(f"variance[{name}]", float(full[0, j, j]), full[1:, j, j])
        for j, name in enumerate(names)
    ]
    if shape.correlated:
        for j in range(q):
            for k in range(j + 1, q):
                found.append(_correlation(full, j, k, f"correlation[{names[j]}, {names[k]}]"))
    if nested is not None:
        outer = scale.outer(shape)
        found.append(Component(f"variance[{nested}]", float(outer[0]), outer[1:]))
    residual = np.zeros(m + 1)
    residual[m] = scale.residual
    return [*found, Component("variance[residual]", scale.residual, residual)]


def _correlation(full: Floats, j: int, k: int, name: str) -> Component:
    one, other, both = full[:, j, j], full[:, k, k], full[:, j, k]
    if min(one[0], other[0]) <= 0.0:
        return Component(name, np.nan, np.full(len(full) - 1, np.nan), True)
    root = np.sqrt(one[0] * other[0])
    value = both[0] / root
    slope = both[1:] / root - 0.5 * value * (one[1:] / one[0] + other[1:] / other[0])
    return Component(name, float(np.clip(value, -1.0, 1.0)), slope, True)


def variance_estimates(
    found: list[Component], uncertainty: Floats, level: float, method: str
) -> Estimates:
    """Variances and correlations with Wald limits on the scales of their logs and Fisher's z.

    Parameters
    ----------
    found : list of Component
    uncertainty : (m + 1, m + 1) array
    level : float
    method : str

    Returns
    -------
    Estimates
        Without p-values. At its boundary a component has neither standard error nor limits.
    """
    values = np.array([one.value for one in found])
    slopes = np.array([one.slope for one in found])
    covariance = slopes @ uncertainty @ slopes.T
    edge = np.array([at_boundary(one) for one in found])
    covariance[edge] = np.nan
    covariance[:, edge] = np.nan
    z = limits.normal_quantile(level)
    bounds = np.full((len(found), 2), np.nan)
    for place, one in enumerate(found):
        if not edge[place]:
            half = z * np.sqrt(covariance[place, place])
            bounds[place] = _wald(one, half)
    return Estimates(
        terms=tuple(one.name for one in found),
        values=values,
        covariance=covariance,
        level=level,
        limits=bounds,
        null=None,
        method=f"{method} Wald limits of the logarithms of variances and of Fisher's z of "
        "correlations.",
        notes=_said_of_limits(
            [one.name for one, at in zip(found, edge, strict=True) if at],
            bounds[[not one.correlation for one in found]],
        ),
    )


def at_boundary(one: Component) -> bool:
    """Whether a component is where it cannot go on: a variance of 0, a correlation of 1."""
    if one.correlation:
        return not abs(one.value) < 1.0 - 1e-9
    return not one.value > 0.0


def _wald(one: Component, half: float) -> tuple[float, float]:
    if one.correlation:
        centre, half = np.arctanh(one.value), half / (1.0 - one.value**2)
        return float(np.tanh(centre - half)), float(np.tanh(centre + half))
    reach = half / one.value
    # Beyond that the limits are 0 and infinity in all but name.
    factor = float(np.exp(reach)) if reach < WIDEST else np.inf
    return one.value / factor, one.value * factor


def _said_of_limits(edge: list[str], bounds: Floats) -> tuple[str, ...]:
    notes = []
    if edge:
        notes.append(
            f"At the boundary, without Wald limits: {', '.join(edge)}. variance_components has "
            "limits from the profile likelihood."
        )
    if np.any(bounds[:, 1] > UNINFORMATIVE * bounds[:, 0]):
        notes.append(
            "Wald limits of a variance near 0 reach over many powers of ten: variance_components "
            "has limits from the profile likelihood."
        )
    return tuple(notes)
