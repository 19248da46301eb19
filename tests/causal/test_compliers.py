"""Complier effects: what collapses, what changes nothing, what is said and what is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.relations import examples
from walkstats.causal import complier_effect
from walkstats.errors import DataError, FitError
from walkstats.survival import compare_at, restricted_means

# The same sums in another order.
CLOSE = {"rtol": 1e-9, "atol": 1e-11}


def trial(seed=1, n=80):
    rng = np.random.default_rng(seed)
    second = np.arange(n) % 2 == 1
    keen = rng.normal(size=n)
    minutes = 5.0 * np.round(
        np.maximum(0, 80 + 25 * keen + 40 * second + 10 * rng.normal(size=n)) / 5
    )
    time = np.ceil(rng.exponential(150 + minutes))
    ends = np.ceil(rng.uniform(200, 400, n))
    return pd.DataFrame(
        {
            "participant_id": np.arange(n),
            "arm": pd.Categorical(np.where(second, "walking", "control"), ["control", "walking"]),
            "minutes": minutes,
            "age": np.round(50 + 10 * rng.normal(size=n)),
            "pain": 5 - 0.02 * minutes + keen + rng.normal(size=n),
            "days": np.minimum(time, ends),
            "event": time <= ends,
        }
    )


def numbers(found):
    one = found.effect.estimate(found.effect.terms[0])
    return [one.estimate, one.std_error, one.conf_low, one.conf_high, one.p_value]


ASKED = ({"outcome": "pain"}, {"at": 180}, {"tau": 180})


@pytest.mark.parametrize("asked", ASKED)
def test_perfect_compliance_is_the_comparison_of_the_arms(asked):
    frame = trial()
    frame["walks"] = frame["arm"] == "walking"
    found = complier_effect(frame, received="walks", se="HC0", **asked)
    whole = found.intention_to_treat.estimate("arm[walking]")
    one = found.effect.estimate("compliers")
    assert (one.estimate, one.conf_low) == pytest.approx((whole.estimate, whole.conf_low))
    assert found.compliers.values[0] == pytest.approx(1.0)
    if asked == {"at": 180}:
        other = compare_at(frame, "arm", at=180, robust=True).risk_difference
    elif asked == {"tau": 180}:
        other = restricted_means(frame, "arm", tau=180, robust=True).difference
    else:
        return
    np.testing.assert_allclose(whole.estimate, other.values[0], **CLOSE)
    np.testing.assert_allclose(whole.std_error, other.std_errors[0], **CLOSE)


@pytest.mark.parametrize("asked", ASKED)
def test_p_value_is_that_of_the_arms_as_randomised(asked):
    found = complier_effect(trial(), received="minutes", cut=90, **asked)
    whole = found.intention_to_treat.estimate("arm[walking]")
    one = found.effect.estimate("compliers")
    assert one.p_value == pytest.approx(whole.p_value)
    assert (one.conf_low <= 0 <= one.conf_high) == (one.p_value >= 0.05)


# Five relations in one, on three outcomes each.
@examples(8, 200)
@given(seed=st.integers(0, 10_000), asked=st.sampled_from(ASKED))
def test_what_changes_nothing(seed, asked):
    frame = trial(seed, 40)
    try:
        there = numbers(
            complier_effect(frame, received="minutes", per=60, covariates="age", **asked)
        )
    except (FitError, ValueError):
        return
    shuffled = frame.sample(frac=1, random_state=seed)
    renamed = frame.assign(
        participant_id=frame["participant_id"].astype(str) + "x",
        age=(3 * frame["age"] - 7),
        event=frame["event"].astype("boolean"),
        minutes=frame["minutes"].astype("Int64"),
        arm=frame["arm"].cat.add_categories("nobody"),
    )
    with_gap = pd.concat([frame, frame.iloc[[0]].assign(participant_id=-1, minutes=np.nan)])
    for other in (shuffled, renamed, with_gap):
        found = complier_effect(other, received="minutes", per=60, covariates="age", **asked)
        np.testing.assert_allclose(numbers(found), there, rtol=1e-7, atol=1e-9)
    assert found.counts.left_out == {"minutes missing": 1}
    swapped = frame.assign(arm=frame["arm"].cat.reorder_categories(["walking", "control"]))
    back = numbers(complier_effect(swapped, received="minutes", per=60, covariates="age", **asked))
    np.testing.assert_allclose(back, there, rtol=1e-7, atol=1e-9)  # both signs flip


def test_a_dose_is_counted_in_units():
    frame = trial()
    one = complier_effect(frame, received="minutes", outcome="pain")
    sixty = complier_effect(frame, received="minutes", outcome="pain", per=60)
    assert sixty.effect.terms == ("per 60 minutes",)
    np.testing.assert_allclose(sixty.effect.values, 60 * one.effect.values)
    np.testing.assert_allclose(sixty.compliers.values, one.compliers.values)
    means = frame.groupby("arm", observed=True)["minutes"].mean()
    np.testing.assert_allclose(sixty.received.values, means.to_numpy())


def test_the_effect_by_the_cut():
    frame = trial()
    found = complier_effect(frame, received="minutes", outcome="pain", cut=90, cuts=(60, 90, 120))
    assert found.by_cut.terms[1] == "minutes of 90 or more"
    assert found.by_cut.values[1] == pytest.approx(found.effect.values[0])
    table = found.cuts
    shares = (
        frame.assign(walks=frame["minutes"] >= 120).groupby("arm", observed=True)["walks"].mean()
    )
    assert table.loc[2, "received_walking"] == pytest.approx(shares["walking"])
    assert table.loc[2, "compliers"] == pytest.approx(shares["walking"] - shares["control"])
    assert {"cut", "f", "estimate", "conf_low", "conf_high", "p_value"} <= set(table)


def test_a_cut_that_all_or_none_reach_tells_nothing():
    found = complier_effect(trial(), received="minutes", at=180, cut=90, cuts=(0, 90, 1000))
    assert found.cuts["f"].tolist()[::2] == [0, 0]
    assert found.cuts["estimate"].isna().tolist() == [True, False, True]
    assert np.isinf(found.cuts.loc[[0, 2], ["conf_low", "conf_high"]]).all(axis=None)
    assert found.cuts["p_value"].nunique() == 1


def test_assumptions_and_notes_are_said():
    found = complier_effect(trial(), received="minutes", at=180, cut=90)
    words = " ".join(found.assumptions)
    for one in (
        "Randomisation",
        "Exclusion",
        "Monotonicity",
        "Order",
        "No interference",
        "censoring",
    ):
        assert one in words
        assert one in str(found)
    assert "In control too people received it" in " ".join(found.notes)
    assert "instrument" in found.method
    assert "Anderson and Rubin" in found.method
    assert found.effect.measure == "risk difference at 180 in compliers"


def test_a_weak_instrument_and_an_unbounded_interval_are_said():
    frame = trial(5)
    rng = np.random.default_rng(9)
    frame["walks"] = rng.random(len(frame)) < 0.5
    found = complier_effect(frame, received="walks", outcome="pain")
    assert found.first_stage.statistic < 10
    said = " ".join(found.notes)
    assert "A weak instrument" in said
    assert found.interval in ("outside", "everything")
    assert "unbounded" in said
    one = found.effect.estimate("compliers")
    assert np.isinf([one.conf_low, one.conf_high]).all()
    assert np.isfinite(found.wald.estimate("compliers").conf_low)


def test_an_impossible_effect_is_said():
    frame = pd.DataFrame({
        "arm": ["a"] * 20 + ["b"] * 20, "walks": [0] * 20 + [1] * 2 + [0] * 18,
        "days": [100] * 18 + [400] * 2 + [100] * 2 + [400] * 18, "event": True,
    })  # fmt: skip
    found = complier_effect(frame, received="walks", at=365)
    assert found.effect.values[0] == pytest.approx(-8.0)
    assert "No such effect can lie beyond 1" in " ".join(found.notes)


def test_rows_left_out_are_counted_by_arm():
    frame = trial()
    frame.loc[[1, 3, 4], "minutes"] = np.nan
    frame.loc[6, "pain"] = np.nan
    found = complier_effect(frame, received="minutes", outcome="pain")
    assert found.counts.left_out == {"minutes missing": 3, "pain missing": 1}
    assert "Rows left out by arm: control 2, walking 2." in found.notes


@pytest.mark.parametrize(
    ("change", "asked", "error", "words"),
    [
        ({}, {}, ValueError, "Give one of"),
        ({}, {"outcome": "pain", "at": 3}, ValueError, "got outcome, at"),
        ({}, {"outcome": "pain", "received": "feet"}, ValueError, "No column 'feet'"),
        ({}, {"outcome": "pain", "se": "HC3"}, ValueError, "se must be one of"),
        ({}, {"outcome": "arm"}, DataError, "outcome arm is not a number"),
        ({"walks": 1}, {"outcome": "pain", "received": "walks"}, FitError, "does not differ"),
        ({"arm": "walking"}, {"outcome": "pain"}, DataError, "1 level"),
        ({"participant_id": 1}, {"outcome": "pain"}, DataError, "one row per participant"),
        ({"minutes": "many"}, {"outcome": "pain"}, DataError, "no numbers"),
        ({}, {"at": 5000}, ValueError, "beyond the follow-up"),
        ({}, {"outcome": "pain", "cut": "many"}, ValueError, "cut must be a number"),
        ({}, {"outcome": "pain", "cut": [60, 90]}, ValueError, "several belong into cuts="),
        ({"c": 1}, {"outcome": "pain", "cluster": "c"}, FitError, "one cluster of c"),
        (
            {"twice": lambda f: 2 * f["age"]},
            {"outcome": "pain", "covariates": ["age", "twice"]},
            FitError,
            "cannot tell these covariates apart",
        ),
        ({"event": "yes"}, {"at": 180}, DataError, "say which value is the event"),
        ({"pain": np.inf}, {"outcome": "pain"}, DataError, "infinite"),
        ({}, {"outcome": "pain", "covariates": ["age", "pain2"]}, DataError, None),
    ],
)
def test_what_is_refused(change, asked, error, words):
    frame = trial().assign(**change)
    if words is None:
        error, words, asked = ValueError, "pain2", asked
    with pytest.raises(error, match=words):
        complier_effect(frame, **{"received": "minutes", **asked})


@pytest.mark.parametrize(
    ("change", "asked", "words"),
    [
        ({"event": False}, {"at": 180}, "control and walking: the outcome does not vary"),
        ({"pain": 3.0}, {"outcome": "pain"}, "control and walking: the outcome does not vary"),
        ({"c": lambda f: f["arm"]}, {"outcome": "pain", "cluster": "c"}, "belongs to one cluster"),
    ],
)
def test_no_variance_is_no_certainty(change, asked, words):
    found = complier_effect(trial().assign(**change), received="minutes", cut=90, **asked)
    assert words in " ".join(found.notes)
    for estimates in (found.effect, found.wald, found.intention_to_treat):
        one = estimates.estimate(estimates.terms[0])
        assert np.isnan([one.std_error, one.p_value, one.conf_low, one.conf_high]).all()
    if "cluster" in asked:
        assert np.isnan(found.compliers.std_errors).all()
        assert np.isnan(found.first_stage.p_value)
        assert "weak" not in " ".join(found.notes)
    else:
        assert found.compliers.std_errors[0] > 0.01


def test_events_are_counted():
    frame = trial()
    found = complier_effect(frame, received="minutes", cut=90, at=180)
    assert found.counts.events == int(frame["event"].sum())


def test_too_few_rows():
    with pytest.raises(FitError, match="cannot be estimated from 3 rows"):
        complier_effect(trial().iloc[:3], received="minutes", outcome="pain", covariates="age")


def test_cuts_of_yes_and_no_are_refused():
    frame = trial().assign(walks=lambda f: f["minutes"] > 90)
    with pytest.raises(ValueError, match="0 and 1 already"):
        complier_effect(frame, received="walks", outcome="pain", cuts=(1, 2))
