"""Few people and few events: tests that keep their level, estimates without bias.

Seeds are fixed; bounds are 3.29 Monte Carlo standard errors.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special

from tests.replicates import STAGES, keeps
from walkstats.regression import gee, logistic


@pytest.mark.slow
def test_corrected_equations_of_ten_people_keep_their_level() -> None:
    """Three and seven people: Kauermann and Carroll's errors with t hold 0.05, the plain do not."""
    arm = np.repeat(np.arange(10) < 3, 8).astype(int)
    frame = pd.DataFrame({"participant_id": np.repeat(np.arange(10), 8), "arm": arm})

    def replicate(rng: np.random.Generator) -> tuple[bool, bool]:
        own = np.repeat(rng.normal(0, 0.7, 10), 8)
        given = frame.assign(well=rng.uniform(size=80) < special.expit(own))
        plain = gee(given, "well ~ arm", family="binomial")
        mended = gee(given, "well ~ arm", family="binomial", corrections="kauermann-carroll")
        return mended.estimate("arm").p_value < 0.05, plain.estimate("arm").p_value < 0.05

    keeps(replicate, 0.05)


@pytest.mark.slow
def test_firths_penalty_takes_the_bias_away() -> None:
    """Forty people, log odds 1 per SD: maximum likelihood overshoots, Firth's does not."""
    for times, seed in STAGES:
        rng = np.random.default_rng(seed)
        found = np.empty((times, 2))
        for k in range(times):
            x = rng.normal(size=40)
            frame = pd.DataFrame({"x": x, "y": rng.uniform(size=40) < special.expit(x - 1.0)})
            for j, penalty in enumerate((None, "firth")):
                found[k, j] = logistic(frame, "y ~ x", penalty=penalty, interval="wald").values[1]
        found = found[np.isfinite(found).all(axis=1)]
        assert len(found) > 0.99 * times
        error = found.std(axis=0) / np.sqrt(len(found))
        gap = found.mean(axis=0) - 1.0
        assert gap[0] > 3.29 * error[0]
        if abs(gap[1]) <= 3.29 * error[1]:
            return
    pytest.fail(f"Firth's estimates are off by {gap[1]:.3f}")
