"""What is the effect on the other scale: a difference of risks beside a ratio, or a ratio?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.errors import DataError
from walkstats.regression.groups.risks import compare_risks
from walkstats.results import Estimates
from walkstats.survival.fixed_times import compare_at
from walkstats.survival.restricted import restricted_means

Floats = NDArray[np.float64]

# Options of a model that say how the outcome is read; the others are the model's own.
FOLLOW_UP = ("time", "event", "event_value", "entry", "weights", "frequencies", "subject")


@dataclass(frozen=True)
class OtherScale:
    """One level on the other scale.

    Attributes
    ----------
    effect : Estimates or None
        One term per arm but the first.
    values : (arms, 3) array
        Risk or mean of each arm with its limits.
    """

    effect: Estimates | None
    values: Floats


def risk_at(
    frame: pd.DataFrame, arm: str, arms: Sequence[str], at: float, level: float,
    options: Mapping[str, Any],
) -> OtherScale:  # fmt: skip
    """Difference of Kaplan-Meier risks at a day."""
    given = {name: options[name] for name in FOLLOW_UP if name in options}
    found = compare_at(frame, arm, at=at, level=level, **given)
    survival = found.by_group.to_frame()[["estimate", "conf_high", "conf_low"]]
    return OtherScale(found.risk_difference, 1.0 - survival.to_numpy(dtype=float))


def observed_risk(
    frame: pd.DataFrame, arm: str, outcome: str, level: float, options: Mapping[str, Any],
    *, ratio: bool,
) -> OtherScale:  # fmt: skip
    """Difference (or ratio) of the risks observed; none where people have several rows."""
    given = {name: options[name] for name in ("event_value", "subject") if name in options}
    try:
        found = compare_risks(frame, outcome, arm, level=level, **given)
    except DataError as error:
        if "repeats" not in str(error):
            raise
        return OtherScale(None, np.empty((0, 3)))
    values = found.by_group.to_frame()[["estimate", "conf_low", "conf_high"]]
    effect = found.ratio if ratio else found.difference
    return OtherScale(effect, values.to_numpy(dtype=float))


def observed_means(frame: pd.DataFrame, arm: str, arms: Sequence[str], outcome: str) -> Floats:
    """Mean of each arm (arms, 3), without limits: the model has those of the difference."""
    own = frame[arm].astype(object).map(str)
    values = [float(frame.loc[own == one, outcome].mean()) for one in arms]
    return np.column_stack([values, np.full(len(arms), np.nan), np.full(len(arms), np.nan)])


def restricted(
    frame: pd.DataFrame, arm: str, tau: float, level: float, options: Mapping[str, Any]
) -> tuple[Estimates, Estimates, Floats]:
    """Difference and ratio of restricted means, and the mean of each arm with its limits."""
    found = restricted_means(frame, arm, tau=tau, level=level, **dict(options))
    means = found.by_group.to_frame()[["estimate", "conf_low", "conf_high"]]
    return found.difference, found.ratio, means.to_numpy(dtype=float)
