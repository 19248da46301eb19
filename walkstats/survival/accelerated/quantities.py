"""What can be read off the index of a model? Survival and hazards, with errors and limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.survival.accelerated.index import Index

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Quantity:
    """Something read off the index: estimate, standard error and limits, at (m,) points."""

    name: str
    described: str
    start: float
    read: Callable[[Index, Floats, float], tuple[Floats, Floats, Floats, Floats]]


def spread(gradient: Floats, covariance: Floats) -> Floats:
    """Standard errors (m,) of functions with these gradients (m, p)."""
    return np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", gradient, covariance, gradient), 0.0))


def _survival(index: Index, covariance: Floats, z: float) -> tuple[Floats, Floats, Floats, Floats]:
    own, half = index.distribution, spread(index.gradient, covariance)

    def at(value: Floats) -> Floats:
        return np.exp(own.log_survival(value))

    error = np.exp(own.log_density(index.value)) * half
    return at(index.value), error, at(index.value + z * half), at(index.value - z * half)


def _cumulative(
    index: Index, covariance: Floats, z: float
) -> tuple[Floats, Floats, Floats, Floats]:
    own, half = index.distribution, spread(index.gradient, covariance)

    def at(value: Floats) -> Floats:
        return -own.log_survival(value)

    error = np.exp(own.log_density(index.value) - own.log_survival(index.value)) * half
    return at(index.value), error, at(index.value - z * half), at(index.value + z * half)


def _hazard(index: Index, covariance: Floats, z: float) -> tuple[Floats, Floats, Floats, Floats]:
    value, gradient = index.log_hazard()
    half = spread(gradient, covariance)
    hazard = np.exp(value)
    return hazard, hazard * half, np.exp(value - z * half), np.exp(value + z * half)


QUANTITIES = {
    one.name: one
    for one in (
        Quantity("survival", "Survival", 1.0, _survival),
        Quantity("cumulative hazard", "Cumulative hazard", 0.0, _cumulative),
        Quantity("hazard", "Hazard", np.nan, _hazard),
    )
}
