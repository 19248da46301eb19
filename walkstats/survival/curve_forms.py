"""Which estimators and limits can a curve have? Choices as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.survival.product_limit import Steps, cumulative_hazard, product_limit
from walkstats.survival.risk_tables import RiskTable

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimator:
    """A way to estimate survival: what a methods section calls it, and the steps."""

    described: str
    steps: Callable[[RiskTable], Steps]
    from_hazard: bool


def _exponential(table: RiskTable, *, untied: bool) -> Steps:
    hazard = cumulative_hazard(table, untied=untied)
    return Steps(np.exp(-hazard.value), hazard.variance)


ESTIMATORS = {
    "product-limit": Estimator("Kaplan-Meier estimate", product_limit, False),
    "nelson-aalen": Estimator(
        "Survival as exp(-H), H the Nelson-Aalen estimate",
        lambda table: _exponential(table, untied=False),
        True,
    ),
    "fleming-harrington": Estimator(
        "Survival as exp(-H), H the Fleming-Harrington estimate",
        lambda table: _exponential(table, untied=True),
        True,
    ),
}


@dataclass(frozen=True)
class LowerLimit:
    """Error of the lower limit relative to the standard error."""

    described: str
    factor: Callable[[RiskTable, Steps], Floats]


def _same(table: RiskTable, steps: Steps) -> Floats:
    return np.ones(table.shape)


def _peto(table: RiskTable, steps: Steps) -> Floats:
    """From the root of (1 - S) / n on the log scale, whatever the standard error."""
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.sqrt((1.0 - steps.value) / table.n_risk / steps.variance)
    return np.where(steps.value < 1.0, factor, 1.0)


def _modified(table: RiskTable, steps: Steps) -> Floats:
    """From the number at risk at the last event time, the first time counting as one."""
    stops = (table.n_event + table.n_censor) > 0
    begins = np.argmax(stops, axis=1)[:, None] == np.arange(table.shape[1])
    mark = np.where((table.n_event > 0) | begins, np.arange(table.shape[1]), 0)
    lagged = np.take_along_axis(table.n_risk, np.maximum.accumulate(mark, axis=1), axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sqrt(lagged / table.n_risk)


LOWER_LIMITS = {
    "usual": LowerLimit("", _same),
    "peto": LowerLimit(", Peto's lower limit", _peto),
    "modified": LowerLimit(", modified lower limit", _modified),
}

TIED = {"together": "", "one by one": ", tied events one by one,"}


def log_limits(value: Floats, error: Floats, z: float) -> tuple[Floats, Floats]:
    """Limits of a cumulative hazard that are symmetric on the log scale; missing at 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        half = z * error / value
    return value * np.exp(-half), value * np.exp(half)


def _hazard_plain(value: Floats, error: Floats, z: float) -> tuple[Floats, Floats]:
    return np.maximum(value - z * error, 0.0), value + z * error


HAZARD_LIMITS = {"log": log_limits, "plain": _hazard_plain}
