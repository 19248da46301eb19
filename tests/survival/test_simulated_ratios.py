"""Does the interval of a hazard ratio hold the true one as often as it says?

tests/reference/simulated_ratios.R asks R the same of the same kind of trial: 0.9475 and 0.9516
(continuous), 0.9534 and 0.9514 (monthly) in 10,000 replicates each, hence the range.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.replicates import keeps

pytestmark = pytest.mark.slow

TRUTH = np.log(0.72)


def arms(rng: np.random.Generator, size: int, *, monthly: bool) -> pd.DataFrame:
    """Means of 12 and 12 / 0.72 months; censored evenly between months 6 and 36."""
    walking = np.repeat([0, 1], size)
    happens = rng.exponential(12 / np.exp(TRUTH * walking))
    leaves = rng.uniform(6, 36, 2 * size)
    if monthly:
        happens, leaves = np.ceil(happens), np.ceil(leaves)
    return pd.DataFrame(
        {"months": np.minimum(happens, leaves), "event": happens <= leaves, "walking": walking}
    )


@pytest.mark.parametrize("monthly", [False, True], ids=["continuous", "monthly"])
@pytest.mark.parametrize("size", [30, 100])
def test_interval_of_the_hazard_ratio(size: int, monthly: bool) -> None:
    def holds(frame: pd.DataFrame) -> bool:
        fit = ws.survival.cox(frame, "walking", time="months")
        ratio = fit.estimate("walking", ratio=True)
        return bool(ratio.conf_low <= np.exp(TRUTH) <= ratio.conf_high)

    def replicate(rng: np.random.Generator) -> tuple[bool, bool]:
        frame = arms(rng, size, monthly=monthly)
        # Wrong: everybody twice, as rows of two kinds of recurrence stacked without a cluster.
        return holds(frame), holds(pd.concat([frame, frame], ignore_index=True))

    keeps(replicate, 0.947, 0.955)
