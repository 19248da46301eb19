"""Does the test of interaction keep its level, and do effects in levels keep theirs?

Trials of 240 people in whom walking lowers the hazard by the same factor in everybody, or changes
a mean by 1 in women and by 2 in men; pain differs between the levels. Bounds are 3.29 Monte Carlo
standard errors. The wrong variants: to see a difference where one level is significant and the
other is not; and to read the effect in everybody as that in men.
"""

import numpy as np
import pandas as pd
import pytest

from tests.replicates import keeps
from walkstats.causal import effect_curve, subgroup_effects
from walkstats.survival import cox

SIZE = 240


def people(rng, share=0.5):
    return pd.DataFrame(
        {
            "arm": np.tile(["control", "walking"], SIZE // 2),
            "sex": np.where(rng.random(SIZE) < share, "male", "female"),
            "age_years": rng.normal(50, 10, SIZE),
        }
    )


def same_ratio(rng):
    """Rejections of a true hypothesis of no interaction, by the test and by eye."""
    frame = people(rng, 0.3)
    walks, male = frame["arm"] == "walking", frame["sex"] == "male"
    days = rng.exponential(250 / np.exp(-0.35 * walks + 0.4 * male))
    frame = frame.assign(days=np.minimum(days, 365), event=days <= 365)
    found = subgroup_effects(frame, "arm", "sex", at=200)
    alone = [cox(frame[own], "arm").to_frame()["p_value"][0] < 0.05 for own in (male, ~male)]
    return found.interaction_tests["sex"].p_value < 0.05, alone[0] != alone[1]


def different_means(rng):
    """Whether the interval of the effect in men holds the truth; that of everybody instead."""
    frame = people(rng)
    walks, male = frame["arm"] == "walking", frame["sex"] == "male"
    noise = rng.normal(size=SIZE) * np.where(male, 1.5, 0.8)
    frame["score"] = noise + 0.5 * male - walks * (1.0 + male)
    found = subgroup_effects(frame, "score ~ arm", "sex", model="ols")
    own = found.effects.estimate("arm[walking], sex[male]")
    whole = found.overall.estimate("arm[walking]")
    return own.conf_low <= -2 <= own.conf_high, whole.conf_low <= -2 <= whole.conf_high


def along_age(rng):
    """Whether the interval at 65 years holds the truth; that of everybody instead."""
    frame = people(rng)
    walks = frame["arm"] == "walking"
    effect = -1 - 0.05 * (frame["age_years"] - 50)
    frame["score"] = rng.normal(size=SIZE) + 0.02 * frame["age_years"] + walks * effect
    found = effect_curve(frame, "score ~ arm", "age_years", model="ols", values=[65])
    own = found.curve.frame.iloc[0]
    whole = found.overall.estimate("arm[walking]")
    truth = -1.75
    return own["conf_low"] <= truth <= own["conf_high"], whole.conf_low <= truth <= whole.conf_high


@pytest.mark.slow
@pytest.mark.parametrize(
    ("replicate", "reference"),
    [(same_ratio, 0.05), (different_means, 0.95), (along_age, 0.95)],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_rates_keep_to_their_reference(replicate, reference):
    keeps(replicate, reference)
