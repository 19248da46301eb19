"""The 500 patients of a textbook, by their published means and standard deviations.

Glick HA, Doshi JA, Sonnad SS, Polsky D. *Economic Evaluation in Clinical Trials*. Oxford 2007. The
summary is printed in the documentation of R's package CEACT 0.5.0 (data ``trial_cea``); its
intervals have Welch's degrees of freedom, about 458, where ours are 498 of equal variances.
"""

import numpy as np
import pandas as pd
import pytest

from walkstats.economics import cost_effectiveness

EACH = 250
COST = {"control": (3015.0, 1582.802), "treatment": (3040.0, 1168.737)}
RATIO = 588.802
QALY = {"control": (0.573, 0.217), "treatment": (0.573 + 25.0 / RATIO, 0.205)}


def with_moments(rng, mean, sd):
    values = rng.exponential(size=EACH)  # skewed as costs are, and never below 0
    return mean + sd * (values - values.mean()) / values.std(ddof=1)


@pytest.fixture(scope="module")
def found():
    rng = np.random.default_rng(1)
    arms = ("control", "treatment")
    frame = pd.DataFrame(
        {
            "participant_id": range(2 * EACH),
            "arm": np.repeat(arms, EACH),
            "cost": np.concatenate([with_moments(rng, *COST[arm]) for arm in arms]),
            "qaly": np.concatenate([with_moments(rng, *QALY[arm]) for arm in arms]),
        }
    )
    return cost_effectiveness(frame, frame, effect="qaly", replicates=2_000, seed=1)


def test_increments_and_their_intervals(found):
    cost, qaly = (found.regressions.estimate(term) for term in found.regressions.terms)
    assert cost.estimate == pytest.approx(25.0)
    assert [cost.conf_low, cost.conf_high] == pytest.approx([-219.54, 269.54], abs=0.1)
    assert cost.p_value == pytest.approx(0.8409, abs=1e-4)
    assert [qaly.conf_low, qaly.conf_high] == pytest.approx([0.005, 0.080], abs=6e-4)
    # the standard deviations of QALYs are printed with three decimals
    assert qaly.p_value == pytest.approx(0.0251, abs=5e-4)


def test_the_ratio(found):
    """Means of QALYs are printed with three decimals, so that their difference is the ratio's."""
    assert found.means.values[2:] == pytest.approx([0.573, 0.615], abs=5.1e-4)
    assert found.icer.estimate == pytest.approx(RATIO, abs=5e-4)
    assert found.quadrant == "north-east"


def test_bootstrap_intervals_come_near(found):
    """Of means that are about normal: within Monte Carlo error of percentiles of 2,000 draws."""
    cost = found.increments.estimate("cost_difference[treatment]")
    assert [cost.conf_low, cost.conf_high] == pytest.approx([-219.54, 269.54], abs=3.29 * 7.4)
