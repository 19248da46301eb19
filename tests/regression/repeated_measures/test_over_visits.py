"""The model over visits: what it says, whom it uses, and what must not change its numbers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.regression.repeated_measures.written_out import visited
from walkstats.regression import mmrm, visit_differences

FORMULA = "pain ~ arm * factor(month) + age"

# Searches that start elsewhere end at the same maximum to the square root of rounding.
SAME = 1e-7


def same(one, other, rtol=SAME):
    np.testing.assert_allclose(one.values, other.values, rtol=rtol, atol=1e-9)
    np.testing.assert_allclose(one.std_errors, other.std_errors, rtol=rtol)
    df = [fit.to_frame()["df"] for fit in (one, other)]
    np.testing.assert_allclose(df[0], df[1], rtol=1e-5)


def test_what_it_says():
    fit = mmrm(visited(), FORMULA, visit="month", by="arm")
    assert fit.method == (
        "Linear model for repeated measures (MMRM) of pain on arm, factor(month), age, "
        "arm:factor(month); unstructured covariance of the 3 visits (month), by arm; "
        "restricted maximum likelihood; t with Satterthwaite degrees of freedom."
    )
    assert fit.variance.terms[0] == "control: variance[3]"
    simple = mmrm(visited(), FORMULA, visit="month", covariance="ar1", reml=False, df="normal")
    assert "maximum likelihood; Wald intervals." in simple.method
    assert simple.variance.terms == ("variance", "correlation")


def test_who_is_used():
    frame = visited()
    frame.loc[frame["participant_id"].isin(["p05", "p06"]), "pain"] = np.nan
    frame.loc[(frame["participant_id"] == "p07") & (frame["month"] > 3), "pain"] = np.nan
    frame.loc[frame["participant_id"] == "p07", "pain"] = frame["pain"].fillna(4.0)
    frame.loc[(frame["participant_id"] == "p07") & (frame["month"] > 3), "pain"] = np.nan
    fit = mmrm(frame, FORMULA, visit="month")
    assert fit.counts.participants == 12
    assert sum(fit.counts.left_out.values()) == frame["pain"].isna().sum()
    assert any(
        note.startswith("2 participants have no visit with an outcome")
        and note.endswith("control 1, walking 1.")
        for note in fit.notes
    )
    assert "p07" in set(fit.subjects)
    # A single visit tells of the means.
    without = mmrm(frame[frame["participant_id"] != "p07"], FORMULA, visit="month")
    assert not np.allclose(fit.values, without.values, rtol=1e-6)


def test_numbers_by_visit():
    frame = visited()
    fit = mmrm(frame, FORMULA, visit="month")
    found = fit.people_by_visit("arm").pivot(index="group", columns="month", values="n")
    expected = frame.dropna().groupby(["arm", "month"]).size().unstack()
    np.testing.assert_array_equal(found.to_numpy(), expected.to_numpy())
    assert fit.people_by_visit()["n"].sum() == fit.counts.used
    with pytest.raises(ValueError, match="No column 'clinic'"):
        fit.people_by_visit("clinic")


def test_visits_in_words_and_categories():
    frame = visited()
    words = frame["month"].map({3: "third", 6: "fourth", 9: "fifth"})
    order = pd.Categorical(words, ["third", "fourth", "fifth"])
    formula = "pain ~ arm * month + age"
    fit = mmrm(frame.assign(month=order), formula, visit="month", covariance="ar1")
    assert fit.visits == ("third", "fourth", "fifth")
    same(fit, mmrm(frame, FORMULA, visit="month", covariance="ar1"))
    sorted_ = mmrm(frame.assign(month=words), formula, visit="month")
    assert any("Visits in the order fifth, fourth, third" in note for note in sorted_.notes)


def test_notes_on_the_time_between_visits():
    frame = visited()
    uneven = frame.assign(month=frame["month"].map({3: 1, 6: 3, 9: 12}))
    fit = mmrm(uneven, FORMULA, visit="month", covariance="ar1")
    assert any("not the time between them" in note for note in fit.notes)
    assert not any("time between" in note for note in mmrm(frame, FORMULA, visit="month").notes)
    fit = mmrm(frame, "pain ~ arm", visit="month")
    assert any("does not hold month" in note for note in fit.notes)


def test_a_straight_line_over_time():
    fit = mmrm(visited(), "pain ~ arm * month", visit="month")
    found = visit_differences(fit)
    steps = np.diff(found.differences.values)
    assert steps[0] == pytest.approx(steps[1])
    assert steps[0] == pytest.approx(3 * fit.estimate("arm[walking]:month").estimate)


def test_variances_have_limits_of_their_own_scales():
    fit = mmrm(visited(people=30), FORMULA, visit="month")
    table = fit.variance.to_frame().set_index("term")
    assert (table["conf_low"] < table["estimate"]).all()
    assert (table["conf_high"] > table["estimate"]).all()
    variances = table[table.index.str.startswith("variance")]
    np.testing.assert_allclose(
        variances["estimate"] ** 2, variances["conf_low"] * variances["conf_high"]
    )
    np.testing.assert_allclose(variances["estimate"], np.diag(fit.covariance_by_group["all"]))
    assert table["p_value"].isna().all()


@pytest.mark.parametrize("people", [4, 5])
def test_too_few_people_for_the_covariance(people):
    fit = mmrm(
        visited(people=people, visits=4, missed=0.0), "pain ~ arm * factor(month)", visit="month"
    )
    assert fit.state == "boundary"
    assert any(f"too few people ({people}) were seen at all 4" in note for note in fit.notes)
    table = fit.to_frame()
    assert table[["df", "p_value", "conf_low", "conf_high"]].isna().all(axis=None)


def test_a_visit_that_repeats_another():
    frame = visited()
    wide = frame.pivot(index="participant_id", columns="month", values="pain")
    copied = frame["pain"].where(frame["month"] != 9, frame["participant_id"].map(wide[6]))
    fit = mmrm(frame.assign(pain=copied), FORMULA, visit="month")
    assert fit.state == "boundary"
    simpler = mmrm(frame.assign(pain=copied), FORMULA, visit="month", covariance="toeplitz")
    assert simpler.state == "converged"


# --- what must not change anything -----------------------------------------------------------


@settings(max_examples=6)
@given(st.integers(0, 10_000), st.sampled_from(["unstructured", "ar1"]))
def test_row_order_ids_units_and_types(seed, covariance):
    frame = visited(seed % 50, people=16)
    fit = mmrm(frame, FORMULA, visit="month", covariance=covariance)
    rng = np.random.default_rng(seed)
    turned = frame.sample(frac=1.0, random_state=seed).reset_index(drop=True)
    turned["participant_id"] = turned["participant_id"].map(
        dict(zip(frame["participant_id"].unique(), rng.permutation(16), strict=True))
    )
    turned = turned.astype({"age": "Int64", "arm": "category"})
    same(mmrm(turned, FORMULA, visit="month", covariance=covariance), fit)


@settings(max_examples=5)
@given(st.integers(0, 49), st.floats(-8, 8), st.floats(-50, 50))
def test_units_of_outcome_and_covariate(seed, power, shift):
    frame, scale = visited(seed, people=16), 10.0**power
    fit = mmrm(frame, FORMULA, visit="month")
    other = mmrm(
        frame.assign(pain=frame["pain"] * scale, age=frame["age"] / 10 + shift),
        FORMULA, visit="month",
    )  # fmt: skip
    for term in ("arm[walking]", "arm[walking]:month[9]"):
        one, two = fit.estimate(term), other.estimate(term)
        assert two.estimate / scale == pytest.approx(one.estimate, rel=1e-6, abs=1e-9)
        assert two.std_error / scale == pytest.approx(one.std_error, rel=1e-6)
        assert two.df == pytest.approx(one.df, rel=1e-5)


def test_swapped_arms_turn_the_sign():
    frame = visited()
    swapped = frame.assign(arm=pd.Categorical(frame["arm"], ["walking", "control"]))
    one = visit_differences(mmrm(frame, FORMULA, visit="month"))
    two = visit_differences(mmrm(swapped, FORMULA, visit="month"))
    np.testing.assert_allclose(one.differences.values, -two.differences.values, rtol=1e-7)
    assert one.overall.estimate("walking - control").df == pytest.approx(
        two.overall.estimate("control - walking").df, rel=1e-6
    )


def test_a_row_without_an_outcome_is_counted():
    frame = visited()
    more = pd.concat([frame, frame.iloc[[0]].assign(month=12, pain=np.nan)], ignore_index=True)
    one, two = (mmrm(one, FORMULA, visit="month") for one in (frame, more))
    np.testing.assert_array_equal(one.values, two.values)
    assert sum(two.counts.left_out.values()) == sum(one.counts.left_out.values()) + 1


def test_arrow_and_nullable_columns():
    frame = visited()
    arrow = frame.convert_dtypes(dtype_backend="pyarrow")
    same(mmrm(arrow, FORMULA, visit="month"), mmrm(frame, FORMULA, visit="month"), rtol=1e-12)


def test_the_frame_is_not_changed():
    frame = visited()
    before = frame.copy()
    mmrm(frame, FORMULA, visit="month", baseline=3, by="arm")
    pd.testing.assert_frame_equal(frame, before)
