"""Estimates, contrasts and Wald tests, against formulas written out here."""

import pickle

import numpy as np
import pytest
from scipy import stats

from walkstats.results import Counts, Estimates, Fit, Freedom

# Closed forms on doubles: a few ulp.
CLOSED = 1e-12


def two(**options):
    values = np.array([-0.3285, 0.1])
    covariance = np.array([[0.0079, 0.001], [0.001, 0.04]])
    return Estimates(terms=("arm[walking]", "age"), values=values, covariance=covariance, **options)


def test_estimate_is_walds_on_the_scale_of_the_model():
    one = two().estimate("arm[walking]")
    se = np.sqrt(0.0079)
    assert one.std_error == pytest.approx(se, rel=CLOSED)
    assert one.p_value == pytest.approx(2 * stats.norm.sf(0.3285 / se), rel=CLOSED)
    assert (one.conf_low, one.conf_high) == pytest.approx(
        (-0.3285 - 1.959963984540054 * se, -0.3285 + 1.959963984540054 * se), rel=CLOSED
    )


def test_ratio_is_the_exponential_with_the_log_scale_standard_error():
    plain, ratio = two(link="log").estimate("age"), two(link="log").estimate("age", ratio=True)
    assert ratio.estimate == pytest.approx(np.exp(plain.estimate), rel=CLOSED)
    assert ratio.conf_high == pytest.approx(np.exp(plain.conf_high), rel=CLOSED)
    assert ratio.std_error == plain.std_error
    assert (ratio.null, ratio.scale, ratio.p_value) == (1.0, "ratio", plain.p_value)


def test_adjusted_p_values_are_those_of_the_terms_alone():
    """A contrast of the terms is another question, which they do not answer."""
    adjusted = two(p_values=np.array([0.02, 1.0]))
    assert adjusted.to_frame()["p_value"].tolist() == [0.02, 1.0]
    plain = two()
    assert adjusted.estimate("age").statistic == plain.estimate("age").statistic
    assert adjusted.contrast([1, 1]).p_value == plain.contrast([1, 1]).p_value


def test_ratio_is_refused_without_a_log_scale():
    with pytest.raises(ValueError, match="log or logit"):
        two().estimate("age", ratio=True)


def test_contrast_by_names_or_by_numbers():
    estimates = two()
    named = estimates.contrast({"arm[walking]": 1, "age": -1})
    numbered = estimates.contrast([1.0, -1.0])
    assert named.estimate == numbered.estimate == pytest.approx(-0.4285, rel=CLOSED)
    assert named.std_error == pytest.approx(np.sqrt(0.0079 + 0.04 - 2 * 0.001), rel=CLOSED)
    with pytest.raises(ValueError, match="No term 'bmi'"):
        estimates.contrast({"bmi": 1})
    with pytest.raises(ValueError, match="2 numbers"):
        estimates.contrast([1.0])


def test_joint_test_is_the_quadratic_form():
    estimates = two()
    values, covariance = estimates.values, estimates.covariance
    statistic = values @ np.linalg.solve(covariance, values)
    test = estimates.test(["arm[walking]", "age"])
    assert test.statistic == pytest.approx(statistic, rel=1e-10)
    assert (test.df, test.distribution) == (2, "chi2")
    assert test.p_value == pytest.approx(stats.chi2.sf(statistic, 2), rel=1e-10)


def test_finite_degrees_of_freedom_give_t_and_f():
    estimates = two(freedom=Freedom("residual", 12.0))
    one = estimates.estimate("age")
    assert one.p_value == pytest.approx(2 * stats.t.sf(0.5, 12), rel=1e-11)
    assert one.conf_high == pytest.approx(0.1 + stats.t.ppf(0.975, 12) * 0.2, rel=1e-11)
    joint = estimates.test(["arm[walking]", "age"])
    assert joint.distribution == "F"
    assert joint.p_value == pytest.approx(stats.f.sf(joint.statistic, 2, 12), rel=1e-10)


def test_a_term_of_several_columns_is_tested_by_its_name():
    from walkstats.formulas import build

    frame = _frame()
    design = build("dose + age", frame, intercept=False)
    fit = Fit(
        terms=design.terms.names,
        values=np.array([0.1, 0.2, 0.3]),
        covariance=np.diag([0.01, 0.02, 0.03]),
        design=design.terms,
    )
    assert fit.test("dose").df == 2
    assert fit.test("dose").parts["terms"] == ("dose[high]", "dose[low]")
    with pytest.raises(ValueError, match="No term 'walking'"):
        fit.test("walking")


def _frame():
    import pandas as pd

    return pd.DataFrame(
        {
            "dose": pd.Categorical(["none", "high", "low"] * 2, ["none", "high", "low"]),
            "age": [1.0, 2, 4, 7, 3, 5],
        }
    )


def test_own_limits_belong_to_their_level():
    estimates = two(limits=np.array([[-1.0, 0.0], [np.nan, np.nan]]))
    assert estimates.estimate("arm[walking]").conf_low == -1.0
    with pytest.raises(ValueError, match=r"level 0.95"):
        estimates.estimate("arm[walking]", level=0.9)
    assert estimates.estimate("age").conf_low == pytest.approx(0.1 - 1.959963984540054 * 0.2)


@pytest.mark.parametrize("level", [0, 1, 95, "0.95", True])
def test_level_is_refused_outside_0_1(level):
    with pytest.raises(ValueError, match="level must"):
        two().estimate("age", level=level)


def test_tails_are_not_lost_far_out():
    far = Estimates(terms=("x",), values=np.array([12.0]), covariance=np.array([[1.0]]))
    assert far.estimate("x").p_value == pytest.approx(2 * stats.norm.sf(12), rel=1e-10)


def test_results_are_read_only_and_survive_pickling():
    estimates = two(counts=Counts(3, 2, 2, 1, {"age missing": 1}))
    for one in (estimates, pickle.loads(pickle.dumps(estimates))):
        with pytest.raises(ValueError, match="read-only"):
            one.values[0] = 1.0
        with pytest.raises(AttributeError):
            one.level = 0.9
        with pytest.raises(TypeError):
            one.counts.left_out["x"] = 1
    assert str(pickle.loads(pickle.dumps(estimates))) == str(estimates)


def test_counts_say_what_went_in():
    counts = Counts(203, 200, 200, 84, {"age missing": 3})
    assert str(counts) == "84 events among 200 participants; 3 rows left out: age missing"


def test_the_notebook_page_escapes_what_data_say():
    shown = two(source="<script>")._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_beside_a_ratio_the_frame_says_that_the_standard_error_is_of_the_log():
    values, covariance = np.log([0.72]), np.array([[0.0081]])
    two = Estimates(("arm",), values, covariance, link="log", measure="hazard ratio")
    ratio = two.to_frame(ratio=True)
    assert ratio["std_error"].tolist() == [0.09]
    assert ratio["std_error_of"].tolist() == ["log hazard ratio"]
    assert "std_error_of" not in two.to_frame()
    assert two.estimate("arm", ratio=True).to_frame()["std_error_of"].tolist() == [
        "log hazard ratio"
    ]
    assert "std_error_of" not in two.estimate("arm").to_frame()
    bare = Estimates(("arm",), values, covariance, link="log")
    assert bare.to_frame(ratio=True)["std_error_of"].tolist() == ["log ratio"]


def test_what_is_no_effect_has_no_ratio():
    found = Estimates(
        terms=("intercept", "arm[walking]"),
        values=np.array([3.0, np.log(0.5)]),
        covariance=np.diag([0.04, 0.01]),
        link="log",
        measure="time ratio",
        aside=("intercept",),
    )
    with pytest.raises(ValueError, match="no effect"):
        found.estimate("intercept", ratio=True)
    frame = found.to_frame(ratio=True)
    np.testing.assert_allclose(frame["estimate"], [3.0, 0.5])
    assert frame["std_error_of"].tolist() == ["", "log time ratio"]
    assert found.estimate("intercept").measure == ""
    assert [found.has_ratio(term) for term in found.terms] == [False, True]
