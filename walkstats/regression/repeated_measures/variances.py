"""How much do people vary at each visit, and how do their visits hang together?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics import limits
from walkstats.regression.repeated_measures.structures import Structure
from walkstats.results import Estimates

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Quantity:
    """A variance (row = column) or a correlation of two visits."""

    name: str
    row: int
    column: int


def variance_estimates(
    structure: Structure,
    covariances: Floats,
    first: tuple[Floats, ...],
    uncertainty: Floats,
    visits: tuple[str, ...],
    groups: tuple[str, ...],
    level: float,
) -> Estimates:
    """Variances and correlations with Wald limits on the scales of logs and of Fisher's z.

    Parameters
    ----------
    structure : Structure
    covariances : (G, T, T) array
    first : tuple of (q, T, T) arrays
        Derivatives of each group's covariance by its parameters.
    uncertainty : (G q, G q) array
        Covariance of the parameters; missing where there is none.
    visits, groups : tuple of str
    level : float

    Returns
    -------
    Estimates
        Without p-values.
    """
    names, values, slopes, kinds = [], [], [], []
    for g, (group, matrix, changes) in enumerate(zip(groups, covariances, first, strict=True)):
        own = len(changes)
        for one in _quantities(structure, visits, "" if len(groups) == 1 else f"{group}: "):
            value, slope = _value(one, matrix, changes)
            placed = np.zeros(own * len(groups))
            placed[g * own : (g + 1) * own] = slope
            names.append(one.name)
            values.append(value)
            slopes.append(placed)
            kinds.append(one.row != one.column)
    turned = np.array(slopes)
    covariance = turned @ uncertainty @ turned.T
    bounds = _bounds(np.array(values), covariance, np.array(kinds), level)
    return Estimates(
        terms=tuple(names),
        values=np.array(values),
        covariance=covariance,
        level=level,
        limits=bounds,
        null=None,
        method="Wald limits of the logarithms of variances and of Fisher's z of correlations.",
    )


def _quantities(structure: Structure, visits: tuple[str, ...], prefix: str) -> list[_Quantity]:
    """What tells a structure: one number for all visits where it says that they are equal."""
    count = len(visits)
    found = [_Quantity(f"{prefix}variance", 0, 0)]
    if structure.heterogeneous:
        found = [_Quantity(f"{prefix}variance[{v}]", j, j) for j, v in enumerate(visits)]
    if structure.name == "unstructured":
        return found + [
            _Quantity(f"{prefix}correlation[{visits[j]}, {visits[k]}]", j, k)
            for j in range(count)
            for k in range(j + 1, count)
        ]
    if "toeplitz" in structure.name:
        lags = range(1, count)
        return found + [_Quantity(f"{prefix}correlation[lag {lag}]", 0, lag) for lag in lags]
    return [*found, _Quantity(f"{prefix}correlation", 0, 1)]


def _value(one: _Quantity, matrix: Floats, changes: Floats) -> tuple[float, Floats]:
    j, k = one.row, one.column
    if j == k:
        return float(matrix[j, j]), changes[:, j, j]
    root = float(np.sqrt(matrix[j, j] * matrix[k, k]))
    value = float(matrix[j, k]) / root
    own = changes[:, j, j] / matrix[j, j] + changes[:, k, k] / matrix[k, k]
    return value, changes[:, j, k] / root - 0.5 * value * own


def _bounds(values: Floats, covariance: Floats, kinds: NDArray[np.bool_], level: float) -> Floats:
    half = limits.normal_quantile(level) * np.sqrt(np.maximum(np.diag(covariance), 0.0))
    bounds = np.empty((len(values), 2))
    for place, (value, reach, correlation) in enumerate(zip(values, half, kinds, strict=True)):
        ends = np.array([-reach, reach])
        if correlation:
            bounds[place] = np.tanh(np.arctanh(value) + ends / (1.0 - value**2))
        else:
            bounds[place] = value * np.exp(ends / value)
    return bounds
