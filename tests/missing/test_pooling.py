"""Rubin's rules: relations, refusals, and pooled fits used as fits."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from walkstats.errors import FitError
from walkstats.missing import pool, pool_tests
from walkstats.regression import logistic, marginal_means, ols
from walkstats.results import Estimates, Freedom, HypothesisTest
from walkstats.survival import cox

EXACT = 1e-12  # the same arithmetic in another order


def frames(count=4, rows=40, seed=3):
    rng = np.random.default_rng(seed)
    base = pd.DataFrame(
        {
            "participant_id": [f"p{k}" for k in range(rows)],
            "arm": ["control", "walking"] * (rows // 2),
            "days": np.ceil(rng.exponential(100, rows)),
            "event": rng.random(rows) < 0.7,
            "minutes": rng.gamma(4.0, 30.0, rows),
        }
    )
    return [base.assign(pain=3 + rng.normal(size=rows)) for _ in range(count)]


def test_rubins_rules_written_out():
    several = [ols(frame, "pain ~ arm") for frame in frames()]
    pooled = pool(several)
    q = np.array([fit.values for fit in several])
    u = np.array([fit.covariance for fit in several])
    total = u.sum(0) / 4 + 1.25 * sum(np.outer(d, d) for d in q - q.mean(0)) / 3
    np.testing.assert_allclose(pooled.values, q.mean(0), rtol=EXACT)
    np.testing.assert_allclose(pooled.covariance, total, rtol=1e-10)


def test_the_same_fit_twice_is_that_fit():
    fit = ols(frames(1)[0], "pain ~ arm", se="classical")
    pooled = pool([fit, fit]).estimate("arm[walking]")
    alone = fit.estimate("arm[walking]")
    assert (pooled.estimate, pooled.std_error) == pytest.approx((alone.estimate, alone.std_error))
    assert pooled.df == pytest.approx(39 / 41 * 38)  # never above the complete data's 38


def test_ratios_are_pooled_on_the_log_scale():
    # The covariate differs between the data sets.
    fits = [cox(frame, "arm + pain") for frame in frames()]
    pooled = pool(fits)
    assert pooled.estimate("arm[walking]", ratio=True).estimate == pytest.approx(
        np.exp(np.mean([fit.values[0] for fit in fits])), rel=EXACT
    )
    each = pool([fit.estimate("arm[walking]", ratio=True) for fit in fits])
    row = each.estimate("arm[walking]", ratio=True)
    assert row.estimate == pytest.approx(np.exp(pooled.values[0]), rel=EXACT)
    assert row.measure == "hazard ratio"


def test_a_contrast_has_its_own_degrees_of_freedom():
    pooled = pool([ols(frame, "pain ~ arm + minutes") for frame in frames()])
    rows = np.eye(3)
    sum_of_two = pooled.contrast(rows[1] + rows[2]).df
    assert sum_of_two not in (pooled.estimate("arm[walking]").df, pooled.estimate("minutes").df)


class _ByTerm:
    """Few degrees of freedom for the first term, many for the others."""

    def of(self, weights):
        return 3.0 if weights[0] else 400.0


def test_a_joint_test_asks_for_the_degrees_of_freedom_of_its_own_terms():
    fits = [ols(frame, "pain ~ arm + minutes", se="classical") for frame in frames()]
    few = [dataclasses.replace(f, freedom=Freedom("satterthwaite", 3.0, _ByTerm())) for f in fits]
    many = [dataclasses.replace(f, freedom=Freedom("residual", 400.0)) for f in fits]
    names = ["arm[walking]", "minutes"]
    assert pool(few).test(names).df_denominator == pool(many).test(names).df_denominator
    assert pool(few).test(["intercept", "minutes"]).df_denominator < 20


def test_new_data_can_be_read_off_a_pooled_fit():
    fits = [ols(frame, "pain ~ rcs(minutes, 3) + arm") for frame in frames()]
    pooled = pool(fits)
    rows = pooled.design.matrix(frames(1)[0].head(3)) @ pooled.values
    np.testing.assert_allclose(
        rows,
        np.mean([f.design.matrix(frames(1)[0].head(3)) @ f.values for f in fits], axis=0),
        rtol=1e-10,
    )
    assert pooled.test("rcs(minutes, 3)").df == 2


def test_knots_found_in_each_data_set_are_refused():
    fits = [ols(frame, "minutes ~ rcs(pain, 3)") for frame in frames()]
    with pytest.raises(ValueError, match=r"Fits 1 and 2 differ in the knots of rcs\(pain, 3\)"):
        pool(fits)


def test_refusals():
    fits = [ols(frame, "pain ~ arm") for frame in frames(2)]
    with pytest.raises(ValueError, match="at least 2 completed data sets, got 1"):
        pool(fits[:1])
    with pytest.raises(ValueError, match="Give a list"):
        pool(fits[0])
    with pytest.raises(ValueError, match="differ in terms: minutes"):
        pool([fits[0], ols(frames(1)[0], "pain ~ arm + minutes")])
    with pytest.raises(ValueError, match="df must be one of"):
        pool(fits, df="residual")
    with pytest.raises(ValueError, match="A float has no estimates"):
        pool([1.0, 2.0])
    broken = Estimates(("b",), np.array([1.0]), np.array([[np.nan]]))
    whole = Estimates(("b",), np.array([1.0]), np.array([[1.0]]))
    with pytest.raises(FitError, match="Fit 2 of 2 cannot be pooled: no number for b"):
        pool([whole, broken])


def test_pooled_tests_need_the_same_degrees_of_freedom():
    with pytest.raises(ValueError, match="nothing says them: give df="):
        pool_tests([3.0, 4.0])
    one = HypothesisTest("Log-rank", "No difference.", 4.0, 1.0, 0.0455)
    two = HypothesisTest("Log-rank", "No difference.", 5.0, 2.0, 0.0821)
    with pytest.raises(ValueError, match=r"got \[1.0, 2.0\]"):
        pool_tests([one, two])
    f_test = ols(frames(1)[0], "pain ~ arm").test("arm")
    with pytest.raises(ValueError, match="is no chi-squared test but F"):
        pool_tests([f_test, f_test])
    assert pool_tests([one, one]).p_value == pytest.approx(0.0455, abs=5e-5)


def test_the_source_says_how_many_imputations():
    marked = [frame.assign().set_axis(frame.columns, axis=1) for frame in frames(2)]
    for k, frame in enumerate(marked, start=1):
        frame.attrs["source"] = f"synthetic: made up; imputation {k} of 2: pain 3 of 40 values"
    pooled = pool([ols(frame, "pain ~ arm") for frame in marked])
    assert pooled.source == "synthetic: made up; 2 imputations: pain 3 of 40 values"
    assert "2 imputations by Rubin's rules" in pooled.method


@pytest.mark.parametrize(
    ("statistics", "df", "said"),
    [
        ([-1.0, 2.0], 1, "Test 1 has no chi-squared statistic of at least 0"),
        ([1.0, "a"], 1, "Test 2 has no chi-squared"),
        ([1.0, np.nan], 1, "Test 2 has no chi-squared"),
        ([1.0, 2.0], 0, "df must be above 0"),
    ],
)
def test_statistics_that_are_none(statistics, df, said):
    with pytest.raises(ValueError, match=said):
        pool_tests(statistics, df=df)


def test_what_pooled_fits_do_not_say_is_noted():
    one, two = frames(2)
    pooled = pool([ols(one, "pain ~ arm"), ols(two.head(30), "pain ~ arm")])
    assert any("differ in how many rows were analysed: 30 to 40" in note for note in pooled.notes)
    assert any(note.startswith("How many values were imputed") for note in pooled.notes)
    for frame in (one, two):
        frame.attrs["source"] = "made up; imputation 1 of 2: pain 3 of 40 values imputed"
    fits = [ols(frame, "pain ~ arm") for frame in (one, two)]
    assert pool(fits).notes == fits[0].notes


def test_fits_by_several_methods_are_noted():
    one, two = frames(2)
    pooled = pool([ols(one, "pain ~ arm"), ols(two, "pain ~ arm", se="classical")])
    assert any("not all analysed alike" in note for note in pooled.notes)


def test_what_differs_in_a_number_is_still_one_method():
    # Means are adjusted to the mean of a covariate, which differs between the data sets.
    fits = [ols(frame, "minutes ~ arm + pain") for frame in frames()]
    means = [marginal_means(fit, "arm", contrast="reference") for fit in fits]
    assert len({one.contrasts.method for one in means}) > 1
    pooled = pool([one.contrasts for one in means])
    assert pooled.method.startswith("Linear regression by least squares of minutes on arm, pain;")
    assert not any("not all analysed alike" in note for note in pooled.notes)
    # So are fits to a row more or less: the clause that counts rows is left out.
    fits[0] = ols(frames()[0].iloc[1:], "minutes ~ arm + pain", se="HC3")
    said = pool(fits).method
    assert "standard errors (HC3). Pooled over 4" in said
    with pytest.raises(ValueError, match=r"Give a part of each instead: .*\.contrasts"):
        pool(means)


def test_imputed_events_are_said_to_vary():
    fits = [logistic(frame.assign(hurts=frame["pain"] > 3), "hurts ~ arm") for frame in frames()]
    events = sorted(fit.counts.events for fit in fits)
    said = f"Events are imputed: {events[0]} to {events[-1]} in a data set"
    assert any(note.startswith(said) for note in pool(fits).notes)


def test_estimates_without_a_method():
    five = [Estimates(("b",), np.array([q]), np.array([[0.02]])) for q in (0.4, 0.5)]
    assert pool(five).method.startswith("Pooled over 2 imputations")
