"""Linear regression as a user meets it: what must not matter, what is refused, what is said."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from walkstats.errors import DataError, FitError
from walkstats.regression import ols
from walkstats.tables import fit_table

# Two roads to the same number on well-conditioned data.
SAME = 1e-9


def visits(seed=1, people=40, times=3):
    """Made-up visits: pain falls with walking and differs between people."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), times)
    walking = rng.gamma(2, 60, people * times).round()
    frame = pd.DataFrame(
        {
            "participant_id": [f"P{p:03d}" for p in person],
            "arm": pd.Categorical(
                np.where(person % 2, "walking", "control"), ["control", "walking"]
            ),
            "month": np.tile(np.arange(times), people),
            "walking_minutes": walking,
            "age": np.repeat(rng.normal(50, 12, people).round(1), times),
        }
    )
    level = np.repeat(rng.normal(size=people), times)
    frame["pain"] = 5 - 0.006 * walking - 0.5 * (person % 2) + level + rng.normal(size=len(frame))
    return frame


def one_each(seed=1, n=60):
    return visits(seed, people=n, times=1)


FORMULA = "pain ~ arm + walking_minutes + age"


def same(one, other, rtol=SAME, atol=1e-11):
    np.testing.assert_allclose(other.values, one.values, rtol=rtol, atol=atol)
    np.testing.assert_allclose(other.covariance, one.covariance, rtol=rtol, atol=atol)


# --- what is chosen -------------------------------------------------------------------------


def test_independent_rows_have_hc3():
    fit = ols(one_each(), FORMULA)
    assert fit.se == "HC3"
    assert fit.freedom.rule == "residual"
    assert fit.estimate("age").df == 56
    assert "HC3" in fit.method
    assert "60 rows less 4" in fit.method


def test_people_who_repeat_are_clusters():
    frame = visits()
    fit = ols(frame, FORMULA)
    same(fit, ols(frame, FORMULA, se="CR2", cluster="participant_id"), rtol=0)
    assert fit.se == "CR2"
    assert "40 clusters of participant_id" in fit.method
    assert fit.counts.participants == 40
    assert fit.counts.used == 120
    assert 20 < fit.estimate("arm[walking]").df < 39


def test_rows_taken_as_independent_on_purpose_are_noted():
    fit = ols(visits(), FORMULA, se="HC3")
    assert any("40 participants have more than one row" in note for note in fit.notes)


def test_clusters_of_another_kind():
    frame = visits().assign(clinic=lambda f: f["participant_id"].str[-1])
    fit = ols(frame, FORMULA, cluster="clinic")
    assert "10 clusters of clinic" in fit.method
    assert fit.counts.participants == 40
    small = ols(frame, FORMULA, cluster="clinic", se="CR1")
    assert any("too small with 10 clusters" in note for note in small.notes)
    assert small.estimate("age").df == 9


def test_sandwich_by_hand():
    """HC0 of the slope of one covariate: sum of (x - mean)² e² over (sum of (x - mean)²)²."""
    frame = one_each()
    fit = ols(frame, "pain ~ age", se="HC0")
    x = frame["age"] - frame["age"].mean()
    slope = (x @ frame["pain"]) / (x @ x)
    left = frame["pain"] - frame["pain"].mean() - slope * x
    assert fit.estimate("age").estimate == pytest.approx(slope, rel=1e-12)
    by_hand = np.sqrt(np.sum(x**2 * left**2)) / (x @ x)
    assert fit.estimate("age").std_error == pytest.approx(by_hand, rel=1e-12)


# --- what must not matter ---------------------------------------------------------------------


@given(st.integers(0, 10**6), st.booleans())
def test_row_order(seed, repeated):
    frame = visits(seed % 50) if repeated else one_each(seed % 50)
    shuffled = frame.sample(frac=1, random_state=seed)
    one, other = ols(frame, FORMULA), ols(shuffled, FORMULA)
    same(one, other)
    assert other.estimate("age").df == pytest.approx(one.estimate("age").df, rel=1e-9)
    back = pd.Series(other.residuals, other.index).loc[frame.index]
    np.testing.assert_allclose(back, one.residuals, atol=1e-11)


@given(st.integers(0, 50), st.floats(-1e4, 1e4), st.floats(0.01, 100), st.booleans())
def test_zero_and_unit_of_a_covariate(seed, shift, unit, repeated):
    frame = visits(seed) if repeated else one_each(seed)
    other = frame.assign(age=shift + unit * frame["age"])
    one, moved = ols(frame, FORMULA), ols(other, FORMULA)
    for term in ("arm[walking]", "walking_minutes"):
        mine, theirs = one.estimate(term), moved.estimate(term)
        assert theirs.estimate == pytest.approx(mine.estimate, rel=1e-8, abs=1e-10)
        assert theirs.std_error == pytest.approx(mine.std_error, rel=1e-8)
    mine, theirs = one.estimate("age"), moved.estimate("age")
    assert theirs.estimate * unit == pytest.approx(mine.estimate, rel=1e-7, abs=1e-9)
    assert theirs.p_value == pytest.approx(mine.p_value, rel=1e-6)


@given(st.integers(0, 50), st.floats(-100, 100), st.floats(0.01, 100))
def test_zero_and_unit_of_the_outcome(seed, shift, unit):
    frame = visits(seed)
    one = ols(frame, FORMULA)
    moved = ols(frame.assign(pain=shift + unit * frame["pain"]), FORMULA)
    np.testing.assert_allclose(
        moved.values[1:], unit * one.values[1:], rtol=1e-7, atol=1e-10 * unit
    )
    np.testing.assert_allclose(moved.std_errors, unit * one.std_errors, rtol=1e-7)


@given(st.integers(0, 50), st.sampled_from(["pain", "age", "arm", "walking_minutes"]))
def test_a_missing_value_is_left_out_and_counted(seed, column):
    frame = visits(seed)
    wider = frame.iloc[[*range(30), 7, *range(30, 120)]].reset_index(drop=True)
    wider.loc[30, column] = np.nan
    fit = ols(wider, FORMULA)
    same(ols(frame, FORMULA), fit)
    assert dict(fit.counts.left_out) == {f"{column} missing": 1}
    assert (fit.counts.rows, fit.counts.used) == (121, 120)
    assert 30 not in fit.kept


def test_swapped_arms_flip_the_sign():
    frame = visits()
    turned = frame.assign(arm=frame["arm"].cat.reorder_categories(["walking", "control"]))
    one = ols(frame, FORMULA).estimate("arm[walking]")
    other = ols(turned, FORMULA).estimate("arm[control]")
    assert other.estimate == pytest.approx(-one.estimate, rel=1e-11)
    assert (other.std_error, other.df) == pytest.approx((one.std_error, one.df), rel=1e-10)
    assert (other.conf_low, other.conf_high) == pytest.approx((-one.conf_high, -one.conf_low))


def test_names_of_participants():
    frame = visits()
    renamed = frame.assign(participant_id=frame["participant_id"].map(hash))
    same(ols(frame, FORMULA), ols(renamed, FORMULA), rtol=0)


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f.astype({"walking_minutes": "Int64", "pain": "Float64", "age": "Float64"}),
        lambda f: f.astype({"age": "float32"}).astype({"age": "float64"}).assign(age=f["age"]),
        lambda f: f.convert_dtypes(dtype_backend="pyarrow").assign(arm=f["arm"]),
        lambda f: f.assign(arm=f["arm"].cat.add_categories(["unused"])),
        lambda f: f.assign(arm=f["arm"].astype(str)),
        lambda f: f.assign(participant_id=f["participant_id"].astype("category")),
        lambda f: f.set_index(pd.Index(np.repeat("same", len(f)))),
        lambda f: f[f.columns[::-1]],
    ],
)
def test_types_and_index(change):
    frame = visits()
    same(ols(frame, FORMULA), ols(change(frame), FORMULA), rtol=1e-12)


def test_a_boolean_is_a_number():
    frame = visits().assign(treated=lambda f: f["arm"] == "walking")
    one, other = ols(frame, "pain ~ arm"), ols(frame, "pain ~ treated")
    same(one, other, rtol=1e-12)
    assert ols(frame, "treated ~ age").outcome.max() == 1.0


def test_weights_are_inverse_variances():
    """Doubling all weights changes nothing; the weighted mean is the intercept."""
    frame = one_each().assign(weight=lambda f: 1 + f.index % 3)
    one = ols(frame, FORMULA, weights="weight")
    same(one, ols(frame.assign(weight=2 * frame["weight"]), FORMULA, weights="weight"))
    mean = ols(frame, "pain ~ 1", weights="weight")
    assert mean.values[0] == pytest.approx(np.average(frame["pain"], weights=frame["weight"]))
    same(ols(frame, FORMULA), ols(frame.assign(weight=3.0), FORMULA, weights="weight"))


def test_frame_is_not_touched():
    frame = visits()
    before = frame.copy(deep=True)
    ols(frame, "pain ~ rcs(walking_minutes, 4) + arm")
    pd.testing.assert_frame_equal(frame, before)


# --- what is said and what is refused ----------------------------------------------------------


def test_result_is_frozen_and_can_be_pickled():
    frame = visits()
    frame.attrs["source"] = "synthetic: made for a test"
    fit = ols(frame, FORMULA)
    again = pickle.loads(pickle.dumps(fit))
    pd.testing.assert_frame_equal(again.to_frame(), fit.to_frame())
    assert not fit.residuals.flags.writeable
    assert fit.source == "synthetic: made for a test"
    assert fit.measure == "difference in pain"
    np.testing.assert_allclose(fit.fitted + fit.residuals, fit.outcome)
    assert "40 participants in 120 rows" in str(fit)


def test_collinear_covariates_are_named():
    frame = visits().assign(hours=lambda f: f["walking_minutes"] / 60)
    with pytest.raises(FitError, match="hours is a combination of walking_minutes"):
        ols(frame, FORMULA + " + hours")
    with pytest.raises(FitError, match="same is constant"):
        ols(frame.assign(same=3), FORMULA + " + same")


def test_nearly_collinear_covariates_are_noted():
    noise = np.random.default_rng(1).normal(size=120)
    frame = visits().assign(again=lambda f: f["age"] + 1e-6 * noise)
    fit = ols(frame, FORMULA + " + again")
    assert fit.condition > 1e6
    [note] = [note for note in fit.notes if "collinear" in note]
    assert "age, again" in note
    assert "condition number" in note


def test_splines_are_not_called_collinear():
    frame = visits(people=200)
    for k in (3, 4, 5, 6, 7):
        fit = ols(frame, f"pain ~ rcs(walking_minutes, {k}) * arm + age")
        assert not any("collinear" in note for note in fit.notes)


def test_a_lonely_level_has_no_standard_error():
    frame = one_each().assign(clinic=lambda f: np.where(f.index == 5, "B", "A"))
    fit = ols(frame, "pain ~ clinic + age")
    assert np.isnan(fit.estimate("clinic[B]").p_value)
    assert np.isfinite(fit.estimate("age").p_value)
    assert any("1 row is fitted exactly" in note for note in fit.notes)


def test_an_exact_fit_is_noted():
    frame = one_each().assign(pain=lambda f: 2 + 3 * f["age"])
    assert any("fitted exactly" in note for note in ols(frame, "pain ~ age").notes)


@pytest.mark.parametrize(
    ("change", "options", "error", "said"),
    [
        ({}, {"se": "HC9"}, ValueError, "se must be one of"),
        ({}, {"se": "HC3", "cluster": "arm"}, ValueError, "takes rows as independent"),
        ({}, {"cluster": "clinic"}, ValueError, "No column 'clinic' for clusters"),
        ({}, {"subject": "patient"}, ValueError, "No column 'patient'"),
        ({}, {"weights": "w"}, ValueError, "No column 'w' for weights"),
        ({}, {"level": 95}, ValueError, "level must lie between 0 and 1"),
        ({"w": -1.0}, {"weights": "w"}, DataError, "w is negative in 120 row"),
        ({"w": 0.0}, {"weights": "w"}, DataError, "0 rows are left"),
        ({"c": [None] * 3 + ["a", "b", "c"] * 39}, {"cluster": "c"}, DataError, "missing in 3 of"),
        ({"c": "a"}, {"cluster": "c"}, FitError, "one cluster of c"),
        ({"pain": "bad"}, {}, DataError, "outcome pain is not a number"),
        ({"pain": np.inf}, {}, DataError, "pain is infinite in 120"),
        ({"age": np.nan}, {}, DataError, "0 rows are left of 120"),
    ],
)
def test_refusals(change, options, error, said):
    with pytest.raises(error, match=said):
        ols(visits().assign(**change), FORMULA, **options)


def test_problems_of_a_missing_cluster_are_counted():
    frame = visits()
    frame.loc[frame.index[4:7], "participant_id"] = None
    with pytest.raises(DataError) as caught:
        ols(frame, FORMULA)
    assert caught.value.problems.loc[0, "count"] == 3
    assert caught.value.problems.loc[0, "column"] == "participant_id"


def test_more_refusals():
    frame = one_each()
    with pytest.raises(ValueError, match="needs an outcome"):
        ols(frame, "arm + age")
    with pytest.raises(FitError, match="cannot be estimated from 4 rows"):
        ols(frame.head(4), FORMULA)
    with pytest.raises(ValueError, match="needs the column of clusters"):
        ols(frame.drop(columns="participant_id"), FORMULA, se="CR2")
    with pytest.raises(DataError, match="0 rows are left"):
        ols(frame.head(0), FORMULA)


def test_the_intercept_is_no_difference():
    frame = pd.DataFrame({"y": [1.0, 2.0, 4.0, 3.0, 5.0], "x": [0.0, 1.0, 2.0, 3.0, 4.0]})
    fit = ols(frame, "y ~ x")
    assert fit.aside == ("intercept",)
    assert fit.estimate("intercept").measure == ""
    assert "Not shown: intercept." in fit_table(fit).notes


def test_rows_left_out_are_told_by_arm():
    frame = pd.DataFrame(
        {
            "arm": pd.Categorical(["control", "walking"] * 10, ["control", "walking"]),
            "age": [np.nan, 40.0, np.nan, 41.0, 42.0, np.nan, *range(50, 64)],
            "pain": np.arange(20.0) % 7,
        }
    )
    assert "Rows left out by arm: control 2, walking 1." in ols(frame, "pain ~ arm + age").notes


def test_a_person_in_two_arms_is_told():
    frame = pd.DataFrame({"participant_id": list("aabbccdd"), "arm": list("xxyyxxyy")})
    frame["pain"] = np.arange(8.0) ** 2
    assert not [note for note in ols(frame, "pain ~ arm").notes if "several arms" in note]
    frame.loc[1, "arm"] = "y"
    assert "1 participant(s) have rows in several arms." in ols(frame, "pain ~ arm").notes
