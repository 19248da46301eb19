"""Arms at each visit and over all of them; the baseline held equal; means before any model."""

import numpy as np
import pandas as pd
import pytest

from tests.regression.repeated_measures.written_out import visited
from walkstats.errors import DataError
from walkstats.regression import (
    baseline_as_visit,
    mmrm,
    ols,
    visit_differences,
    visit_means,
)

FORMULA = "pain ~ arm * factor(month) + age"


def fitted(formula=FORMULA, frame=None, **options):
    return mmrm(visited() if frame is None else frame, formula, visit="month", **options)


def test_differences_are_combinations_of_coefficients():
    fit = fitted()
    found = visit_differences(fit)
    assert found.differences.terms == (
        "walking - control, month 3", "walking - control, month 6", "walking - control, month 9",
    )  # fmt: skip
    own = fit.contrast({"arm[walking]": 1.0, "arm[walking]:month[9]": 1.0})
    theirs = found.differences.estimate("walking - control, month 9")
    for name in ("estimate", "std_error", "df", "p_value", "conf_low"):
        assert getattr(theirs, name) == pytest.approx(getattr(own, name), rel=1e-10)
    overall = found.overall.estimate("walking - control").estimate
    assert overall == pytest.approx(found.differences.values.mean())
    late = visit_differences(fit, visits=[6, 9]).overall.estimate("walking - control")
    assert late.estimate == pytest.approx(found.differences.values[1:].mean())


def test_covariates_of_the_means():
    frame = visited(people=15)
    frame["sex"] = np.where(frame["participant_id"].str[-1].isin(["1", "2", "3"]), "m", "f")
    fit = fitted(FORMULA + " + sex", frame)
    age = frame.drop_duplicates("participant_id")["age"].mean()
    equal = visit_differences(fit)
    by_hand = fit.design.matrix(
        pd.DataFrame({"arm": "control", "month": 3, "age": age, "sex": ["f", "m"]})
    ).mean(axis=0)
    assert equal.means.values[0] == pytest.approx(by_hand @ fit.values)
    observed = visit_differences(fit, weights="observed")
    people = frame.drop_duplicates("participant_id").assign(arm="control", month=3)
    by_hand = fit.design.matrix(people).mean(axis=0)
    assert observed.means.values[0] == pytest.approx(by_hand @ fit.values)
    np.testing.assert_allclose(observed.differences.values, equal.differences.values)
    held = visit_differences(fit, at={"age": 40, "sex": "m"})
    assert "covariates at age 40, sex m" in held.method
    row = fit.design.matrix(pd.DataFrame({"arm": ["control"], "month": 3, "age": 40, "sex": "m"}))
    assert held.means.values[0] == pytest.approx(float(row[0] @ fit.values))


def test_several_arms_are_compared_with_the_first():
    frame = visited(people=18)
    person = frame["participant_id"].str[1:].astype(int)
    frame["arm"] = pd.Categorical.from_codes(person % 3, ["usual", "walking", "strength"])
    found = visit_differences(fitted("pain ~ arm * factor(month)", frame))
    assert found.overall.terms == ("walking - usual", "strength - usual")
    assert found.any_difference().df == 6
    table = found.to_frame()
    assert table["quantity"].value_counts().to_dict() == {
        "mean": 9, "difference": 6, "difference over visits": 2,
    }  # fmt: skip


def test_the_curve_of_means():
    found = visit_differences(fitted())
    curve = found.curve()
    assert curve.groups == ("control", "walking")
    rows = curve.at([3, 9])
    assert rows["estimate"].iloc[0] == pytest.approx(found.means.values[0])
    assert rows["n"].iloc[0] == (visited().dropna().query("arm == 'control'")["month"] == 3).sum()
    assert curve.quantity == "adjusted mean of pain"


def test_arguments_in_words():
    fit = fitted()
    with pytest.raises(ValueError, match="'sex' is not in the formula"):
        visit_differences(fit, "sex")
    with pytest.raises(ValueError, match="visits must be one of '3', '6', '9'"):
        visit_differences(fit, visits=[12])
    with pytest.raises(ValueError, match="no covariate of the formula"):
        visit_differences(fit, at={"month": 3})
    with pytest.raises(ValueError, match="weights must be one of"):
        visit_differences(fit, weights="some")
    with pytest.raises(ValueError, match="needs a fit from mmrm, got LinearFit"):
        visit_differences(ols(visited(), "pain ~ arm", se="CR2"))
    frame = visited().assign(time=lambda f: f["month"] / 3)
    other = mmrm(frame, "pain ~ arm * factor(time)", visit="month")
    with pytest.raises(ValueError, match="time is the same for everybody at a visit"):
        visit_differences(other)


# --- the baseline as an outcome --------------------------------------------------------------


def with_baseline(**options):
    frame = visited(people=20, **options)
    people = frame.drop_duplicates("participant_id")["participant_id"]
    rng = np.random.default_rng(5)
    start = dict(zip(people, rng.normal(5, 1, len(people)), strict=True))
    return frame.assign(
        pain_baseline=lambda f: f["participant_id"].map(start),
        pain=lambda f: f["pain"] + 0.7 * f["pain_baseline"],
    )


def test_baseline_rows():
    frame = with_baseline()
    long = baseline_as_visit(frame, "pain", visit="month")
    assert len(long) == len(frame) + 20
    assert long.query("month == 0")["pain"].equals(long.query("month == 0")["pain_baseline"])
    ordered = frame.assign(month=pd.Categorical(frame["month"].map("m{}".format)))
    other = baseline_as_visit(ordered, "pain", visit="month", at="before")
    assert list(other["month"].cat.categories) == ["before", "m3", "m6", "m9"]
    with pytest.raises(ValueError, match="has a visit 3 already"):
        baseline_as_visit(frame, "pain", visit="month", at=3)
    frame.loc[1, "pain_baseline"] = 0.0
    with pytest.raises(DataError, match=r"changes within 1 participant.*p00"):
        baseline_as_visit(frame, "pain", visit="month")


def test_arms_are_equal_at_baseline():
    long = baseline_as_visit(with_baseline(), "pain", visit="month")
    fit = fitted("pain ~ arm * factor(month)", long, baseline=0)
    assert fit.terms == (
        "intercept", "month[3]", "month[6]", "month[9]",
        "arm[walking]:month[3]", "arm[walking]:month[6]", "arm[walking]:month[9]",
    )  # fmt: skip
    found = visit_differences(fit)
    assert found.means.values[0] == found.means.values[4]
    np.testing.assert_allclose(
        found.differences.values, [fit.estimate(term).estimate for term in fit.terms[4:]]
    )
    assert found.overall.estimate("walking - control").estimate == pytest.approx(
        found.differences.values.mean()
    )
    assert "arms held equal at baseline (month 0)" in fit.method
    new = pd.DataFrame({"arm": ["walking", "walking"], "month": [0, 3]})
    np.testing.assert_array_equal(
        fit.design.matrix(new), [[1, 0, 0, 0, 0, 0, 0], [1, 1, 0, 0, 1, 0, 0]]
    )


def test_the_constraint_written_as_columns():
    """The same model with a column for each later visit."""
    long = baseline_as_visit(with_baseline(), "pain", visit="month")
    fit = fitted("pain ~ arm * factor(month)", long, baseline=0)
    for month in (3, 6, 9):
        long[f"w{month}"] = ((long["arm"] == "walking") & (long["month"] == month)).astype(float)
    plain = fitted("pain ~ factor(month) + w3 + w6 + w9", long)
    np.testing.assert_allclose(fit.values, plain.values, rtol=1e-7)
    np.testing.assert_allclose(fit.std_errors, plain.std_errors, rtol=1e-7)
    assert fit.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-10)


@pytest.mark.parametrize("formula", [
    "pain ~ arm * factor(month, reference=9)", "pain ~ factor(month) + factor(month):arm",
])  # fmt: skip
def test_the_constraint_in_other_codings(formula):
    long = baseline_as_visit(with_baseline(), "pain", visit="month")
    one = visit_differences(fitted("pain ~ arm * factor(month)", long, baseline=0))
    two = visit_differences(fitted(formula, long, baseline=0))
    np.testing.assert_allclose(one.differences.values, two.differences.values, rtol=1e-6)
    np.testing.assert_allclose(one.means.values, two.means.values, rtol=1e-7)


def test_arms_as_categories_and_numbers():
    long = baseline_as_visit(with_baseline(), "pain", visit="month")
    text = fitted("pain ~ arm * factor(month)", long, baseline=0)
    category = long.assign(arm=pd.Categorical(long["arm"], ["control", "walking"]))
    number = long.assign(arm=(long["arm"] == "walking").astype(int))
    for frame in (category, number):
        other = fitted("pain ~ arm * factor(month)", frame, baseline=0)
        np.testing.assert_allclose(other.values, text.values, rtol=1e-7)


def test_complete_data_with_equal_arms_resemble_the_covariate():
    """With everybody seen, both ways of using a baseline estimate nearly the same difference."""
    frame = with_baseline(missed=0.0)
    long = baseline_as_visit(frame, "pain", visit="month")
    held = visit_differences(fitted("pain ~ arm * factor(month)", long, baseline=0))
    adjusted = fitted("pain ~ arm * factor(month) + pain_baseline * factor(month)", frame)
    np.testing.assert_allclose(
        held.differences.values, visit_differences(adjusted).differences.values, rtol=1e-3
    )


# --- means before any model ------------------------------------------------------------------


def test_means_of_those_who_answered():
    frame = visited()
    frame.attrs["source"] = "synthetic: a test"
    curve = visit_means(frame, "pain", visit="month")
    expected = frame.groupby(["arm", "month"])["pain"].agg(["mean", "count", "sem"]).reset_index()
    np.testing.assert_allclose(curve.frame["estimate"], expected["mean"])
    np.testing.assert_allclose(curve.frame["std_error"], expected["sem"])
    np.testing.assert_array_equal(curve.frame["n"], expected["count"])
    assert curve.source == "synthetic: a test"
    assert curve.counts.left_out == {"pain missing": int(frame["pain"].isna().sum())}
    one = frame[(frame["month"] == 3) | (frame["participant_id"] == "p00")]
    alone = visit_means(one, "pain", visit="month", by=None).frame
    assert alone["n"].tolist()[1:] == [1, 1]
    assert alone["conf_low"].isna().tolist() == [False, True, True]


def test_means_of_what_is_no_outcome():
    frame = visited()
    with pytest.raises(DataError, match="the outcome arm is not a number"):
        visit_means(frame, "arm", visit="month", by=None)
    with pytest.raises(DataError, match="missing in all 42 rows"):
        visit_means(frame.assign(pain=np.nan), "pain", visit="month")
    with pytest.raises(DataError, match="two rows of one visit"):
        visit_means(pd.concat([frame, frame]), "pain", visit="month")
