"""Weights: saturated models in closed form, what weights repair, and what is said."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.relations import examples
from walkstats.causal import balance, treatment_weights
from walkstats.causal.weighting import effective_size
from walkstats.errors import DataError, FitError
from walkstats.survival import kaplan_meier

# Newton's method stops within this.
FITTED = 1e-9


def people(seed=4, n=400):
    rng = np.random.default_rng(seed)
    old = rng.random(n) < 0.4
    arm = np.where(np.arange(n) % 2 == 1, "walking", "control")
    chance = np.where(old, 0.4, 0.8) - 0.15 * (arm == "control")
    return pd.DataFrame(
        {
            "participant_id": np.arange(n),
            "arm": arm,
            "old": old,
            "adhered": rng.random(n) < chance,
            "age": np.round(50 + 15 * old + 5 * rng.normal(size=n)),
        }
    )


def shares(frame, *by):
    return frame.groupby(list(by))["adhered"].transform("mean")


def test_a_saturated_model_gives_the_shares_of_the_cells():
    frame = people()
    made = treatment_weights(frame, "adhered ~ old", within="arm", stabilised=False)
    cell = shares(frame, "arm", "old")
    expected = np.where(frame["adhered"], 1 / cell, 0.0)
    np.testing.assert_allclose(made.frame["weight"], expected, rtol=FITTED)
    # Those kept stand for everybody of their cell.
    counted = made.frame.groupby(["arm", "old"])["weight"].sum()
    np.testing.assert_allclose(counted, frame.groupby(["arm", "old"]).size(), rtol=FITTED)
    stable = treatment_weights(frame, "adhered ~ old", within="arm")
    np.testing.assert_allclose(stable.frame["weight"], expected * shares(frame, "arm"), rtol=FITTED)


def test_each_kind_in_closed_form():
    frame = people()
    p, q = shares(frame, "old"), frame["adhered"].mean()
    a = frame["adhered"].to_numpy()
    for kind, stabilised, with_event, without in (
        ("average", False, 1 / p, 1 / (1 - p)),
        ("average", True, q / p, (1 - q) / (1 - p)),
        ("treated", True, 1.0, p / (1 - p)),
        ("overlap", True, 1 - p, p),
    ):
        made = treatment_weights(frame, "adhered ~ old", kind=kind, stabilised=stabilised)
        expected = np.where(a, with_event, without)
        np.testing.assert_allclose(made.frame["weight"], expected, rtol=FITTED)


def test_a_numerator_leaves_only_what_it_lacks():
    frame = people()
    made = treatment_weights(frame, "adhered ~ old + arm + old:arm", numerator="arm")
    expected = np.where(frame["adhered"], shares(frame, "arm") / shares(frame, "arm", "old"), 0)
    np.testing.assert_allclose(made.frame["weight"], expected, rtol=FITTED)
    assert "stabilised by its probability given arm" in made.method


def test_periods_multiply():
    frame = people(n=60)
    weeks = pd.concat([frame.assign(week=k, adhered=True) for k in (2, 1, 3)])
    rng = np.random.default_rng(1)
    weeks["adhered"] = rng.random(len(weeks)) < 0.7
    made = treatment_weights(weeks, "adhered ~ old", order="week", stabilised=False)
    once = treatment_weights(weeks, "adhered ~ old", stabilised=False)
    single = once.frame["weight"].to_numpy()
    for who, rows in weeks.reset_index(drop=True).groupby("participant_id"):
        order = rows["week"].sort_values().index.to_numpy()
        expected = np.cumprod(single[order])
        found = made.frame["weight"].to_numpy()[order]
        np.testing.assert_allclose(found, expected, err_msg=str(who))
    assert "multiplied along week" in made.method


def test_truncation_moves_to_quantiles_and_is_said():
    frame = people()
    frame.loc[frame.index[:5], "age"] = 110
    made = treatment_weights(frame, "adhered ~ age + old", truncate=(0.1, 0.9))
    whole = treatment_weights(frame, "adhered ~ age + old")
    w = whole.frame["weight"].to_numpy()
    low, high = np.quantile(w[w > 0], [0.1, 0.9])
    np.testing.assert_allclose(
        made.frame["weight"], np.where(w > 0, np.clip(w, low, high), 0), rtol=FITTED
    )
    assert made.truncated == np.sum((w > 0) & ((w < low) | (w > high)))
    assert "truncated at their 10 and 90 % quantiles" in made.method
    assert f"{made.truncated} weight(s) were moved" in " ".join(made.notes)


def test_controls_of_whom_nothing_was_asked_count_one():
    frame = people()
    frame["adhered"] = frame["adhered"].astype("boolean").mask(frame["arm"] == "control")
    made = treatment_weights(frame, "adhered ~ old", within="arm", all_follow="control")
    assert (made.frame.loc[frame["arm"] == "control", "weight"] == 1).all()
    assert list(made.models) == ["walking"]
    assert "control: 200 of 200 kept (all that count, no model)" in " ".join(made.notes)


def test_rows_without_a_covariate_have_no_weight():
    frame = people()
    frame["age"] = frame["age"].astype(float)
    frame.loc[[399, 7], "age"] = np.nan
    made = treatment_weights(frame, "adhered ~ age", within="arm")
    assert made.frame["weight"].isna().to_numpy().nonzero()[0].tolist() == [7, 399]
    assert made.counts.left_out == {"covariate or event missing": 2}
    assert len(made.kept) == int((made.frame["weight"] > 0).sum())


def test_positivity_is_said():
    frame = people()
    frame["adhered"] &= ~frame["old"] | (frame.index % 40 == 0)
    made = treatment_weights(frame, "adhered ~ old")
    assert "positivity" in " ".join(made.notes)
    assert made.summary.loc[0, "lowest_probability"] < 0.05


def test_effective_size():
    assert effective_size(np.ones(7)) == 7
    assert effective_size(np.array([1.0, 3.0])) == pytest.approx(16 / 10)
    assert effective_size(np.zeros(2)) == 0


def test_assumptions_are_said():
    made = treatment_weights(people(), "adhered ~ old", within="arm")
    for word in ("No unmeasured confounding", "not randomised", "Positivity", "Order"):
        assert word in " ".join(made.assumptions)
        assert word in str(made)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"kind": "best"}, "kind must be one of"),
        ({"truncate": (0.9, 0.1)}, "two quantiles"),
        ({"all_follow": "control"}, "Give within="),
        ({"within": "arm", "all_follow": "nobody"}, "which is no group"),
        ({"within": "place"}, "No column 'place'"),
        ({"numerator": "arm", "stabilised": False}, "for stabilised weights"),
    ],
)
def test_what_is_refused(asked, words):
    with pytest.raises(ValueError, match=words):
        treatment_weights(people(), "adhered ~ old", **asked)
    with pytest.raises(ValueError, match="A formula is a text"):
        treatment_weights(people(), ["adhered"])


def test_a_column_of_the_name_and_an_arm_without_anybody_are_refused():
    frame = people()
    with pytest.raises(ValueError, match="a column 'weight' already"):
        treatment_weights(frame.assign(weight=1), "adhered ~ old")
    frame["adhered"] &= frame["arm"] == "walking"
    with pytest.raises(DataError, match="no row of arm = control has adhered"):
        treatment_weights(frame, "adhered ~ old", within="arm")


# ---- balance -------------------------------------------------------------------------------------


def test_weights_of_a_saturated_model_balance_exactly():
    frame = people()
    made = treatment_weights(frame, "adhered ~ old", kind="average", stabilised=False)
    found = balance(made.frame, "weight", ["old", "age"], by="adhered").frame.set_index(
        ["term", "sample"]
    )
    assert abs(found.loc[("old", "with weights"), "difference"]) < FITTED
    assert abs(found.loc[("old", "without weights"), "difference"]) > 0.3
    assert ("old", "all rows") not in found.index


def test_levels_ratios_and_gaps():
    frame = people().assign(place=lambda f: np.array(["a", "b", "c"])[f.index % 3])
    frame["age"] = frame["age"].astype(float)
    frame.loc[0, "age"] = np.nan
    found = balance(frame, None, ["place", "age", "old"])
    assert found.frame["term"].tolist() == ["place[a]", "place[b]", "place[c]", "age", "old"]
    assert found.frame["variance_ratio"].isna().tolist() == [True, True, True, False, True]
    assert found.notes == ("age: missing in 1 row(s), which are left out of it.",)
    assert found.worst("without weights") == found.frame["difference"].abs().max()
    assert found.effective["effective"].tolist() == [200, 200]


def test_a_constant_and_a_negative_weight():
    frame = people().assign(one=1.0, weight=1.0)
    assert balance(frame, "weight", "one").frame["difference"].tolist() == [0.0, 0.0]
    with pytest.raises(DataError, match="negative in 400"):
        balance(frame.assign(weight=-1.0), "weight", "age")


# ---- what changes nothing ------------------------------------------------------------------------


@examples(5, 200)
@given(seed=st.integers(0, 10_000))
def test_order_units_types_and_gaps_change_no_weight(seed):
    frame = people(seed, 60).assign(age=lambda f: f["age"] + f.index % 7)
    try:
        there = treatment_weights(frame, "adhered ~ age", within="arm").frame
    except (DataError, FitError):
        return
    by_person = there.set_index("participant_id")["weight"]
    others = (
        frame.sample(frac=1, random_state=seed),
        frame.assign(age=12 * frame["age"] - 3, adhered=frame["adhered"].astype("Int64")),
        frame.assign(arm=pd.Categorical(frame["arm"], ["walking", "control", "nobody"])),
        frame.assign(adhered=frame["adhered"].astype("boolean"), old=None),
    )
    for other in others:
        made = treatment_weights(other, "adhered ~ age", within="arm").frame
        again = made.set_index("participant_id")["weight"].reindex(by_person.index)
        np.testing.assert_allclose(again, by_person, rtol=1e-7)
    gap = pd.concat([frame, frame.iloc[[0]].assign(participant_id=-1, age=np.nan)])
    made = treatment_weights(gap, "adhered ~ age", within="arm")
    np.testing.assert_allclose(made.frame["weight"].iloc[:-1], by_person, rtol=1e-7)
    assert made.counts.left_out == {"covariate or event missing": 1}
    flipped = there.assign(arm=there["arm"].map({"control": "z", "walking": "a"}))
    one = balance(there, "weight", "age").frame["difference"]
    two = balance(flipped, "weight", "age").frame["difference"]
    np.testing.assert_allclose(two, -one, rtol=1e-9, atol=1e-12)


def test_weights_by_period_undo_censoring_that_depends_on_what_is_known():
    """With a model of every cell the weighted curve is the mean of the curves of old and young.

    A person has a row for each period begun; ``stayed`` says whether it was seen to its end.
    """
    rng = np.random.default_rng(6)
    lines = []
    for who in range(600):
        old = bool(rng.random() < 0.4)
        for period in range(1, 5):
            stayed = bool(rng.random() > (0.35 if old else 0.05))
            event = stayed and bool(rng.random() < (0.3 if old else 0.1))
            lines.append((who, old, period, stayed, event))
            if event or not stayed:
                break
    names = ["participant_id", "old", "period", "stayed", "event"]
    rows = pd.DataFrame(lines, columns=names)
    rows["start_days"], rows["stop_days"] = rows["period"] - 1, rows["period"]
    made = treatment_weights(
        rows, "stayed ~ old + factor(period) + old:factor(period)", order="period",
        stabilised=False,
    )  # fmt: skip
    weighted = kaplan_meier(made.kept, weights="weight").at([1, 2, 3, 4])["estimate"]
    seen = rows[rows["stayed"]]
    by_age = kaplan_meier(seen, "old").at([1, 2, 3, 4])
    curves = {group: own["estimate"].to_numpy() for group, own in by_age.groupby("group")}
    share = rows.groupby("participant_id")["old"].first().mean()
    expected = share * curves["True"] + (1 - share) * curves["False"]
    np.testing.assert_allclose(weighted, expected, rtol=1e-8)
    plain = kaplan_meier(seen).at([1, 2, 3, 4])["estimate"]
    assert plain.iloc[-1] - expected[-1] > 0.03
