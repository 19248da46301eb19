"""Per-protocol effects: the kernel of the replicates against the public methods."""

import numpy as np
import pandas as pd
import pytest

from tests.causal.test_compliers import trial
from walkstats.causal import complier_effect, per_protocol
from walkstats.causal.weighted_arms import chance_of, hazard_ratio
from walkstats.derive import landmark
from walkstats.errors import DataError, FitError
from walkstats.regression import logistic
from walkstats.resampling import bootstrap
from walkstats.survival import compare_at, cox, restricted_means

# Two searches that stop by themselves.
SEARCHED = {"rtol": 1e-7, "atol": 1e-9}
FORMULA = "adhered ~ age"


@pytest.fixture(scope="module")
def frame():
    made = trial(2, 120)
    rng = np.random.default_rng(8)
    made["adhered"] = rng.random(120) < 1 / (1 + np.exp(0.1 * (made["age"] - 58)))
    return made


KINDS = ({"outcome": "pain"}, {"at": 180}, {"tau": 180}, {})


@pytest.mark.parametrize("asked", KINDS)
def test_kernel_of_the_replicates_is_the_method(frame, asked):
    found = per_protocol(frame, FORMULA, replicates=30, seed=3, **asked)
    one = found.effect.estimate("arm[walking]", ratio=not asked)
    np.testing.assert_allclose(found.draws.observed, one.estimate, **SEARCHED)
    drawn = found.draws.estimate("arm[walking]")
    assert drawn.conf_low < one.estimate < drawn.conf_high
    assert drawn.scale == ("identity" if asked else "ratio")
    order = [note for note in found.notes if "immortal time" in note]
    assert len(order) == (0 if "outcome" in asked else 1)
    again = per_protocol(frame, FORMULA, replicates=30, seed=3, **asked)
    np.testing.assert_array_equal(again.draws.values, found.draws.values)


@pytest.mark.parametrize("asked", KINDS[1:])
def test_a_resample_is_the_method_on_copies(frame, asked):
    """The first replicate, by hand: rows repeated, weights anew, the public method."""
    found = per_protocol(frame, FORMULA, all_follow="control", replicates=1, seed=5, **asked)
    seen = []
    rows = pd.DataFrame({"row": np.arange(len(frame)), "arm": frame["arm"] == "walking"})

    def remember(drawn):
        seen.append(drawn["row"].to_numpy())
        return 0.0

    bootstrap(rows, remember, replicates=1, seed=5, subject=None, by="arm", jackknife=False)
    drawn = frame.iloc[seen[-1]].reset_index(drop=True).assign(participant_id=range(len(frame)))
    walking = drawn[drawn["arm"] == "walking"]
    fit = logistic(walking, FORMULA)
    weight = pd.Series(1.0, index=drawn.index)
    weight[walking.index] = walking["adhered"] * walking["adhered"].mean() / fit.fitted
    kept = drawn.assign(weight=weight)[weight > 0]
    if "at" in asked:
        by_hand = compare_at(kept, "arm", at=180, weights="weight").risk_difference.values[0]
    elif "tau" in asked:
        by_hand = restricted_means(kept, "arm", tau=180, weights="weight").difference.values[0]
    else:
        by_hand = np.exp(cox(kept, "arm", weights="weight").values[0])
    np.testing.assert_allclose(found.draws.values[0, 0], by_hand, **SEARCHED)


@pytest.mark.parametrize("codes", [(0, 1), (10, 20), (1.5, 2.0), (False, True)])
@pytest.mark.parametrize("asked", KINDS[:2])
def test_codes_of_the_arms_do_not_matter(frame, codes, asked):
    there = per_protocol(frame, FORMULA, replicates=2, seed=1, **asked)
    coded = frame.assign(arm=np.where(frame["arm"] == "walking", codes[1], codes[0]))
    found = per_protocol(coded, FORMULA, replicates=2, seed=1, **asked)
    np.testing.assert_allclose(found.effect.values, there.effect.values)
    np.testing.assert_allclose(found.draws.values, there.draws.values)
    assert found.draws.names == found.effect.terms
    whole = complier_effect(coded, received="minutes", **asked)
    expected = complier_effect(frame, received="minutes", **asked)
    for part in ("effect", "intention_to_treat", "compliers"):
        np.testing.assert_allclose(getattr(whole, part).values, getattr(expected, part).values)


def test_if_all_follow_nothing_is_weighted(frame):
    found = per_protocol(
        frame, FORMULA, at=180, all_follow=("control", "walking"), replicates=2, seed=1
    )
    for one in (found.effect, found.unweighted):
        np.testing.assert_allclose(one.values, found.as_randomised.values)


def test_rows_without_outcome_help_to_estimate_the_weights(frame):
    gone = frame.assign(pain=frame["pain"].where(frame.index % 5 != 0))
    found = per_protocol(gone, FORMULA, outcome="pain", replicates=2, seed=1)
    assert found.weights.counts.used == len(frame)
    assert found.effect.counts.used < int((found.weights.frame["weight"] > 0).sum())
    np.testing.assert_allclose(found.draws.observed, found.effect.values, **SEARCHED)


def test_what_is_said(frame):
    found = per_protocol(frame, FORMULA, at=180, replicates=2, seed=1)
    assert "observational" in found.notes[0]
    assert "No unmeasured confounding" in str(found)
    assert "Per-protocol comparison of the Kaplan-Meier risk at 180" in found.method
    names = found.to_frame()["analysis"].tolist()
    assert names[0] == "as randomised"
    assert names[-1] == "followed, weighted: bootstrap"
    assert set(found.balance.frame["sample"]) == {"all rows", "without weights", "with weights"}


def test_rows_without_an_arm_are_counted(frame):
    gap = pd.concat([frame, frame.iloc[[0]].assign(participant_id=-1)], ignore_index=True)
    gap.loc[len(frame), "arm"] = None
    found = per_protocol(gap, FORMULA, at=180, replicates=2, seed=1)
    assert found.notes[-1] == "1 row(s) without arm are left out."
    there = per_protocol(frame, FORMULA, at=180, replicates=2, seed=1)
    np.testing.assert_allclose(found.effect.values, there.effect.values)


def test_what_is_refused(frame):
    with pytest.raises(ValueError, match="Give one of"):
        per_protocol(frame, FORMULA, at=3, tau=4, replicates=1, seed=1)
    with pytest.raises(ValueError, match="beyond the follow-up of those who followed"):
        per_protocol(frame, FORMULA, at=4000, replicates=1, seed=1)
    with pytest.raises(ValueError, match="names nothing that following depends on"):
        per_protocol(frame, "adhered ~ 1", at=180, replicates=1, seed=1)
    with pytest.raises(FitError, match="decide with certainty who followed"):
        per_protocol(frame.assign(adhered=frame["age"] > 50), FORMULA, at=180, replicates=1, seed=1)
    with pytest.raises(DataError, match="one row per participant"):
        per_protocol(frame.assign(participant_id=1), FORMULA, at=3, replicates=1, seed=1)


def test_a_separated_resample_is_no_number():
    event = np.repeat([0.0, 1.0], 5)
    matrix = np.column_stack([np.ones(10), np.arange(10.0)])
    with pytest.raises(FitError, match="with certainty"):
        chance_of(matrix, event, np.ones(10))
    none = np.zeros(3)
    with pytest.raises(FitError, match="0 or infinite"):
        hazard_ratio((np.array([3.0, 2, 1]), np.ones(3), np.ones(3)), (np.ones(3), none, none))


def test_from_a_landmark_the_arms_are_not_those_of_chance(frame):
    made = landmark(frame, at=30)
    found = per_protocol(made, FORMULA, all_follow="control", replicates=5, seed=3)
    assert any("still free of the event on day 30" in note for note in found.notes)
