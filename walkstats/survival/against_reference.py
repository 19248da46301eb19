"""How far is each group from the first? Differences and ratios with their covariance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Contrasts:
    """k values with their covariance.

    Attributes
    ----------
    values : (k,)
    covariance : (k, k)
    """

    values: Floats
    covariance: Floats


def differences(values: Floats, covariance: Floats, blocks: int = 1) -> Contrasts:
    """Each value minus the first of its block.

    Parameters
    ----------
    values : (blocks * g,) array
        g groups, the reference first, in each block (a time, say).
    covariance : (blocks * g, blocks * g) array
    blocks : int

    Returns
    -------
    Contrasts
        ``blocks * (g - 1)`` values.
    """
    groups = values.size // blocks
    one = np.hstack([-np.ones((groups - 1, 1)), np.eye(groups - 1)])
    weights = one if blocks == 1 else np.kron(np.eye(blocks), one)
    # What is unknown spoils its own contrasts only: 0 times nan would spoil all of them.
    unknown = np.isnan(values)
    loose = unknown | np.isnan(np.diag(covariance))
    found = np.asarray(weights @ np.where(unknown, 0.0, values))
    found[np.abs(weights) @ unknown > 0] = np.nan
    spread = np.where(loose[:, None] | loose, 0.0, covariance)
    variance = np.asarray(weights @ spread @ weights.T)
    touched = np.abs(weights) @ loose > 0
    variance[touched[:, None] | touched] = np.nan
    return Contrasts(found, variance)


def transformed(values: Floats, slopes: Floats, covariance: Floats) -> Contrasts:
    """Values of a transformation with covariance by the delta method."""
    return Contrasts(values, slopes[:, None] * covariance * slopes[None, :])


def logarithms(values: Floats, covariance: Floats) -> Contrasts:
    """Logarithms of positive values; missing where a value is not positive."""
    positive = np.where(values > 0, values, np.nan)
    return transformed(np.log(positive), 1.0 / positive, covariance)


def contrast_terms(by: str, labels: Sequence[str]) -> tuple[str, ...]:
    """``arm[walking]`` for each group but the first."""
    return tuple(f"{by}[{label}]" for label in labels[1:])


def reference_said(by: str, labels: Sequence[str]) -> str:
    """What ``method`` says about the direction."""
    return f"Contrasts are with {by} = {labels[0]}."
