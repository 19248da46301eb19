"""Do tests and intervals of groups keep their level? Simulations with a known truth.

The references are R's rates for the same sizes of trial (survdiff, quantile.survfit, the area of
survfit). Each cell also holds a wrong variant.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.replicates import keeps

pytestmark = pytest.mark.slow


def arms(rng: np.random.Generator, size: int, *, monthly: bool = False) -> pd.DataFrame:
    """Two arms with one hazard, mean 12 months; censored evenly between months 6 and 36."""
    happens, leaves = rng.exponential(12, 2 * size), rng.uniform(6, 36, 2 * size)
    if monthly:
        happens, leaves = np.ceil(happens), np.ceil(leaves)
    return pd.DataFrame(
        {
            "months": np.minimum(happens, leaves),
            "event": happens <= leaves,
            "arm": np.repeat(["control", "walking"], size),
            "twice": 2,  # makes the wrong variants: everybody counted as two people
        }
    )


@pytest.mark.parametrize(("monthly", "reference"), [(False, 0.0488), (True, 0.0435)])
def test_log_rank_of_equal_arms(monthly: bool, reference: float) -> None:
    def replicate(rng: np.random.Generator) -> tuple[bool, bool]:
        frame = arms(rng, 25, monthly=monthly)
        one = ws.survival.log_rank(frame, "arm", time="months")
        two = ws.survival.log_rank(frame, "arm", time="months", frequencies="twice")
        return one.p_value < 0.05, two.p_value < 0.05

    keeps(replicate, reference)


@pytest.mark.parametrize(
    ("interval", "reference"), [("log", 0.950), ("log-log", 0.9545), ("plain", 0.942)]
)
def test_interval_of_the_median(interval: str, reference: float) -> None:
    truth = 12 * np.log(2)

    def covers(frame: pd.DataFrame, **options: str) -> bool:
        curve = ws.survival.kaplan_meier(frame, time="months", interval=interval, **options)
        low, high = curve.quantile(0.5).limits[0]
        return bool(low <= truth and not high < truth)

    def replicate(rng: np.random.Generator) -> tuple[bool, bool]:
        frame = arms(rng, 25)
        return covers(frame), covers(frame, frequencies="twice")

    keeps(replicate, reference)


@pytest.mark.parametrize(("size", "reference"), [(30, 0.943), (100, 0.946)])
def test_interval_of_the_difference_in_restricted_means(size: int, reference: float) -> None:
    def replicate(rng: np.random.Generator) -> tuple[bool, bool]:
        frame = arms(rng, size)
        means = ws.survival.restricted_means(frame, "arm", tau=12, time="months", extend=True)
        gap = means.difference.estimate("arm[walking]")
        # Wrong: the variance of people's times and not that of their mean, as lifelines gives it.
        spread = np.sqrt(2 * np.minimum(frame["months"], 12).var())
        return gap.conf_low <= 0 <= gap.conf_high, abs(gap.estimate) <= 1.96 * spread

    keeps(replicate, reference)
