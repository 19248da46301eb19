"""Effects in subgroups: separate models, twins without interaction, what is said and refused.

Tolerances: 1e-6 between a model with an effect per level and models of single levels, both at their
maximum; 1e-9 where least squares are written out, and for the same data told in another way.
"""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from walkstats.causal import effect_curve, subgroup_effects
from walkstats.errors import DataError

MAXIMUM = 1e-6
SAME = 1e-9


def trial_frame(seed: int = 11, n: int = 160) -> pd.DataFrame:
    """People with a time, an event, a score, two modifiers and an age."""
    rng = np.random.default_rng(seed)
    arm = np.tile(["control", "walking"], n // 2)
    sex = rng.choice(["female", "male"], n)
    site = rng.choice(["north", "south", "west"], n)
    age = rng.normal(50, 12, n).round(1)
    rate = np.exp(-0.4 * (arm == "walking") - 0.5 * (arm == "walking") * (sex == "male"))
    time = rng.exponential(200 / rate).round(2) + 0.01
    return pd.DataFrame(
        {
            "participant_id": np.arange(n), "arm": arm, "sex": sex, "site": site,
            "age_years": age, "days": np.minimum(time, 365.0), "event": time <= 365.0,
            "score": (age / 10 + (arm == "walking") + rng.normal(0, 1, n)).round(3),
            "better": rng.random(n) < np.where(arm == "walking", 0.6, 0.4),
        }
    )  # fmt: skip


FRAME = trial_frame()


def test_a_stratified_modifier_gives_the_models_of_its_levels() -> None:
    found = subgroup_effects(FRAME, "arm", "site", at=180, options={"strata": "site"})
    for site, own in FRAME.groupby("site"):
        alone = ws.survival.cox(own, "arm").estimate("arm[walking]")
        ours = found.effects.estimate(f"arm[walking], site[{site}]")
        assert ours.estimate == pytest.approx(alone.estimate, rel=MAXIMUM)
        assert ours.std_error == pytest.approx(alone.std_error, rel=MAXIMUM)
        risks = ws.survival.compare_at(own, "arm", at=180).risk_difference
        assert found.absolute.estimate(f"arm[walking], site[{site}]").estimate == risks.values[0]


def test_least_squares_without_covariates_compare_means_in_each_level() -> None:
    found = subgroup_effects(FRAME, "score ~ arm", "site", model="ols")
    means = FRAME.groupby(["site", "arm"])["score"].mean().unstack()
    np.testing.assert_allclose(found.effects.values, means["walking"] - means["control"], rtol=SAME)
    value = found.groups.query("modifier == 'site'")["value"].to_numpy().reshape(3, 2)
    np.testing.assert_allclose(value, means.to_numpy(), rtol=SAME)
    assert found.absolute is None
    assert found.relative is None


@pytest.mark.parametrize(
    ("model", "formula", "more"),
    [
        ("cox", "arm", {"at": 180}),
        ("ols", "score ~ arm", {}),
        ("logistic", "better ~ arm", {}),
        ("relative_risk", "better ~ arm", {}),
        ("risk_difference", "better ~ arm", {}),
        ("restricted_means", "arm", {"tau": 300}),
    ],
)
def test_twins_who_differ_in_nothing_have_no_interaction(
    model: str, formula: str, more: dict
) -> None:
    twins = pd.concat(
        [FRAME.assign(twin="one"), FRAME.assign(twin="two", participant_id=FRAME.index + 1000)],
        ignore_index=True,
    )
    found = subgroup_effects(twins, formula, "twin", model=model, **more)
    np.testing.assert_allclose(found.effects.values, found.overall.values[0], atol=MAXIMUM)
    assert found.interaction_tests["twin"].statistic == pytest.approx(0.0, abs=1e-10)
    assert found.interaction_tests["twin"].p_value == pytest.approx(1.0, abs=1e-4)
    if found.other is not None:
        np.testing.assert_allclose(found.other.values, found.other.values[0], atol=SAME)
        assert found.other_tests["twin"].p_value == pytest.approx(1.0, abs=1e-4)


def test_repeated_measures_are_the_model_with_the_product() -> None:
    rng = np.random.default_rng(5)
    visits = pd.concat(
        [FRAME.assign(month=m, score=FRAME["score"] + rng.normal(0, 1, len(FRAME))) for m in (3, 6)]
    )
    visits = visits[rng.random(len(visits)) > 0.1]
    found = subgroup_effects(
        visits, "score ~ arm + factor(month)", "sex", model="mmrm", options={"visit": "month"}
    )
    fit = ws.regression.mmrm(visits, "score ~ arm * sex + factor(month)", visit="month")
    own = fit.contrast({"arm[walking]": 1.0, "arm[walking]:sex[male]": 1.0})
    ours = found.effects.estimate("arm[walking], sex[male]")
    for name in ("estimate", "std_error", "df", "conf_low", "conf_high"):
        assert getattr(ours, name) == pytest.approx(getattr(own, name), rel=MAXIMUM)
    test = fit.test("arm:sex")
    assert found.interaction_tests["sex"].statistic == pytest.approx(test.statistic, rel=MAXIMUM)
    assert found.interaction_tests["sex"].p_value == pytest.approx(test.p_value, rel=MAXIMUM)


def test_rows_in_another_order_and_swapped_arms() -> None:
    asked = {"modifiers": ["sex", "site"], "at": 180}
    found = subgroup_effects(FRAME, "arm + age_years", **asked)
    shuffled = subgroup_effects(FRAME.sample(frac=1, random_state=2), "arm + age_years", **asked)
    np.testing.assert_allclose(found.effects.values, shuffled.effects.values, rtol=1e-7)
    turned = FRAME.assign(arm=pd.Categorical(FRAME["arm"], ["walking", "control"]))
    swapped = subgroup_effects(turned, "arm + age_years", **asked)
    np.testing.assert_allclose(found.effects.values, -swapped.effects.values, rtol=1e-7)
    np.testing.assert_allclose(found.absolute.values, -swapped.absolute.values, rtol=1e-7)
    for name in ("sex", "site"):
        assert found.interaction_tests[name].p_value == pytest.approx(
            swapped.interaction_tests[name].p_value, rel=1e-6
        )


def test_no_level_has_a_p_value_and_what_was_not_planned_says_so() -> None:
    found = subgroup_effects(FRAME, "arm", "sex", post_hoc="site", at=180)
    for term in found.effects.terms:
        assert np.isnan(found.effects.estimate(term).p_value)
        assert np.isnan(found.absolute.estimate(term).p_value)
    assert not np.isnan(found.overall.estimate("arm[walking]").p_value)
    assert dict(found.status) == {"sex": "pre-specified", "site": "post hoc"}
    said = " ".join(found.notes)
    assert "Post hoc, chosen after the data were known: site." in said
    assert "2 modifiers are tested" in said
    assert "in 10 of 100 trials" in said
    assert "Only the arm was randomised." in said
    assert pickle.loads(pickle.dumps(found)).places == dict(found.places)
    with pytest.raises(ValueError, match=r"computed at level 0\.95"):
        found.effects.estimate(found.effects.terms[0], level=0.9)


def test_every_number_of_subgroups_is_a_number_of_the_plan() -> None:
    from walkstats.plan.numbers import numbers_of

    rows = numbers_of(subgroup_effects(FRAME, "arm", "site", at=180))
    tests = rows[rows["part"] == "interaction_tests"]
    assert tests["term"].tolist() == ["interaction of arm and site"]
    assert tests["df"].tolist() == [2.0]
    assert (rows["part"] == "effects").sum() == 3


def test_levels_that_say_nothing_are_left_out_and_said() -> None:
    frame = FRAME.assign(site=FRAME["site"].where(FRAME.index > 2, "island"))
    frame.loc[frame["site"] == "west", "event"] = False
    frame.loc[5, "site"] = None
    found = subgroup_effects(frame, "arm", "site", at=180)
    assert [place for place in found.places.values() if place[0]] == [
        ("site", "north"), ("site", "south"),
    ]  # fmt: skip
    said = " ".join(found.notes)
    assert "site = island has no effect to estimate (1 participant(s) of walking)" in said
    assert "site = west has no effect to estimate (no events)" in said
    assert "1 row(s) without site are left out of its model." in said
    assert found.groups.query("modifier == ''")["n"].sum() == len(frame)
    rare = FRAME.assign(event=FRAME["event"] & (FRAME.index % 9 == 0))
    assert "Fewer than 10 events in an arm" in " ".join(
        subgroup_effects(rare, "arm", "sex", at=180).notes
    )


def test_an_infinite_effect_stays_in_its_level() -> None:
    frame = FRAME.assign(
        event=FRAME["event"] & ~((FRAME["sex"] == "male") & (FRAME["arm"] == "walking"))
    )
    found = subgroup_effects(frame, "arm", "sex", at=180)
    assert found.effects.estimate("arm[walking], sex[male]").estimate == -np.inf
    assert np.isfinite(found.effects.estimate("arm[walking], sex[male]").conf_high)
    assert np.isfinite(found.effects.estimate("arm[walking], sex[female]").estimate)
    assert np.isnan(found.interaction_tests["sex"].p_value)
    assert "The model with sex ended as 'infinite'." in found.notes
    likely = subgroup_effects(frame, "arm", "sex", at=180, test="likelihood-ratio")
    assert likely.interaction_tests["sex"].p_value < 0.05


def test_three_arms_and_repeated_rows() -> None:
    frame = FRAME.assign(arm=np.array(["a", "b", "c"])[FRAME.index % 3])
    found = subgroup_effects(frame, "arm", "sex", at=180)
    assert found.effects.terms == (
        "arm[b], sex[female]", "arm[c], sex[female]", "arm[b], sex[male]", "arm[c], sex[male]",
    )  # fmt: skip
    assert found.interaction_tests["sex"].df == 2
    twice = pd.concat([FRAME.assign(month=3), FRAME.assign(month=6, score=FRAME["score"] + 0.1)])
    repeated = subgroup_effects(twice, "score ~ arm + factor(month)", "sex", model="ols")
    assert repeated.groups.query("modifier == ''")["n"].sum() == len(FRAME)
    assert subgroup_effects(twice, "better ~ arm", "sex", model="logistic").absolute is None


@pytest.mark.parametrize(
    ("formula", "modifiers", "more", "words"),
    [
        ("arm", "age_years", {}, "is a number with .* values.*effect_curve"),
        ("arm", "sessions_attended", {}, "is recorded after randomisation"),
        ("arm", "arm", {}, "has a part in the model already"),
        ("arm", [], {}, "Name the modifiers that were planned"),
        ("arm", ["sex"], {"post_hoc": "sex"}, "named twice"),
        ("sex", "site", {}, "has no term 'arm'"),
        ("arm * sex", "site", {}, "crosses arm with something already"),
        ("score ~ arm", "sex", {}, "its formula has no left side"),
        ("arm", "sex", {"model": "ols"}, "needs the outcome at the left"),
        ("arm", "sex", {"at": None}, "needs at=, a day"),
        ("arm", "sex", {"tau": 90}, "tau= is for another model"),
        ("arm + age_years", "sex", {"model": "restricted_means", "at": None, "tau": 9},
         "take no covariates"),
        ("score ~ arm", "sex", {"model": "ols", "at": None, "test": "likelihood-ratio"},
         "its test is Wald's"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(
    formula: str, modifiers: object, more: dict, words: str
) -> None:
    asked = {"at": 180, **more}
    if asked.get("model") == "ols" and "test" not in more:
        asked["at"] = None
    frame = FRAME.assign(sessions_attended=3)
    with pytest.raises(ValueError, match=words):
        subgroup_effects(frame, formula, modifiers, **asked)


def test_everybody_alike_is_no_subgroup() -> None:
    with pytest.raises(DataError, match="everybody has the same site"):
        subgroup_effects(FRAME.assign(site="north"), "arm", "site", at=180)
    few = FRAME.assign(site=np.where(FRAME.index == 0, "south", "north"))
    with pytest.raises(DataError, match="fewer than two levels of site"):
        subgroup_effects(few, "arm", "site", at=180)


def test_what_a_level_cannot_say_on_the_other_scale_is_said() -> None:
    short = FRAME.assign(
        days=np.where(FRAME["sex"] == "male", FRAME["days"].clip(upper=150), FRAME["days"])
    )
    short["event"] &= ~((FRAME["sex"] == "male") & (FRAME["days"] > 150))
    found = subgroup_effects(short, "arm", "sex", at=180)
    assert "sex = male: the risk difference is not known" in " ".join(found.notes)
    assert np.isnan(found.other_tests["sex"].p_value)
    early = FRAME.assign(event=FRAME["event"] & ~((FRAME["sex"] == "male") & (FRAME["days"] < 60)))
    none = subgroup_effects(early, "arm", "sex", at=50)
    assert "sex = male: the risk difference has no standard error" in " ".join(none.notes)
    with pytest.raises(ValueError, match="sex = male: "):
        subgroup_effects(short, "arm", "sex", model="restricted_means", tau=300)


@pytest.mark.parametrize("option", ["level", "ties_by", "by"])
def test_options_are_those_of_the_model(option: str) -> None:
    with pytest.raises(ValueError, match="which is no further argument of 'cox'"):
        subgroup_effects(FRAME, "arm", "sex", at=180, options={option: 1})


# ---- along a number ----------------------------------------------------------------------------


def test_the_line_is_that_of_the_model_with_the_product() -> None:
    found = effect_curve(FRAME, "score ~ arm", "age_years", model="ols", values=[30, 45, 60])
    fit = ws.regression.ols(FRAME, "score ~ arm * age_years")
    for value, ours in zip([30, 45, 60], found.curve.frame.to_dict("records"), strict=True):
        own = fit.contrast({"arm[walking]": 1.0, "arm[walking]:age_years": value})
        assert ours["estimate"] == pytest.approx(own.estimate, rel=SAME)
        assert ours["std_error"] == pytest.approx(own.std_error, rel=SAME)
        assert ours["conf_low"] == pytest.approx(own.conf_low, rel=SAME)
    assert found.interaction.p_value == pytest.approx(
        fit.estimate("arm[walking]:age_years").p_value, rel=SAME
    )
    assert found.slope.terms == ("arm[walking]:age_years",)
    assert found.absolute is None
    assert len(found.bands) == 0


def test_a_modifier_moved_and_scaled_gives_the_same_curve() -> None:
    days = FRAME.assign(age_days=365.25 * FRAME["age_years"] + 100)
    values = np.array([35.0, 50.0, 65.0])
    asked = {"at": 180, "form": "spline"}
    one = effect_curve(FRAME, "arm", "age_years", values=values, **asked)
    two = effect_curve(days, "arm", "age_days", values=365.25 * values + 100, **asked)
    np.testing.assert_allclose(
        one.curve.frame["estimate"], two.curve.frame["estimate"], rtol=MAXIMUM
    )
    assert one.interaction.p_value == pytest.approx(two.interaction.p_value, rel=MAXIMUM)
    assert one.nonlinear.df == 1


def test_bands_hold_everybody_once() -> None:
    found = effect_curve(FRAME, "better ~ arm", "age_years", model="logistic", bands=3)
    assert found.bands["n"].sum() == len(FRAME)
    assert (found.bands["high"].to_numpy()[:-1] < found.bands["low"].to_numpy()[1:]).all()
    inside = FRAME[FRAME["age_years"].between(*found.bands.loc[1, ["low", "high"]])]
    risks = inside.groupby("arm")["better"].mean()
    assert found.absolute.values[1] == pytest.approx(risks["walking"] - risks["control"], rel=SAME)
    ratio = effect_curve(FRAME, "better ~ arm", "age_years", model="risk_difference", post_hoc=True)
    assert ratio.relative is not None
    assert "Post hoc" in ratio.notes[0]


def test_bands_never_part_people_with_the_same_value() -> None:
    frame = FRAME.assign(count=np.maximum(FRAME.index % 10 - 4, 0) + 1 + 9 * (FRAME.index == 7))
    found = effect_curve(frame, "better ~ arm", "count", model="logistic", bands=4)
    assert found.bands["low"].tolist() == [1.0, 2.0, 5.0]
    assert found.bands["high"].tolist() == [1.0, 4.0, 13.0]
    assert any("3 of 4 bands, since many have the same count" in note for note in found.notes)


@pytest.mark.parametrize(
    ("modifier", "more", "error", "words"),
    [
        ("sex", {}, DataError, "sex is no number"),
        ("few", {}, ValueError, "has 3 values only"),
        ("age_years", {"form": "cubic"}, ValueError, "form must be one of"),
        ("age_years", {"bands": 1}, ValueError, "bands must be a whole number of at least 2"),
        ("sessions_attended", {}, ValueError, "recorded after randomisation"),
    ],
)
def test_what_is_no_number_has_no_curve(modifier: str, more: dict, error: type, words: str) -> None:
    frame = FRAME.assign(few=FRAME.index % 3, sessions_attended=FRAME.index)
    with pytest.raises(error, match=words):
        effect_curve(frame, "arm", modifier, at=180, **more)
