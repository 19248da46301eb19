"""Marginal means beside averages made row by row, for fits of several kinds.

SAME: the same sums by two roads. REFERENCE-free relations: swapping levels, other references of
the other factors, other orders of rows.
"""

import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import walkstats as ws
from walkstats.numerics.adjusted_p import adjusted_p
from walkstats.numerics.limits import t_quantile
from walkstats.regression import marginal_means, ols, rate_regression
from walkstats.results import Fit, Freedom

SAME = 1e-9
ARMS = ["control", "walking", "strengthening"]


def trial(seed=1, n=90):
    rng = np.random.default_rng(seed)
    arm = rng.integers(0, 3, n)
    return pd.DataFrame(
        {
            "participant_id": np.arange(n),
            "arm": pd.Categorical(np.array(ARMS)[arm], ARMS),
            "sex": np.where(rng.random(n) < 0.3, "male", "female"),
            "site": rng.integers(1, 4, n),
            "baseline": rng.normal(5, 1, n),
            "pain": rng.normal(5 - 0.4 * arm, 1, n),
            "recurrences": rng.poisson(2, n),
            "days": rng.exponential(200, n).round() + 1,
            "event": rng.random(n) < 0.7,
        }
    )


FORMULA = "pain ~ arm * sex + factor(site) + rcs(baseline, 3)"


def by_hand(fit, frame, weights, **held):
    """Average of rows of the design matrix, one row for each combination that is weighed."""
    sites = frame["site"].unique() if "site" not in held else [held["site"]]
    sexes = ["female", "male"] if "sex" not in held else [held["sex"]]
    rows, share = [], []
    for sex in sexes:
        for site in sites:
            rows.append({"baseline": frame["baseline"].mean(), "site": site, "sex": sex, **held})
            count = np.sum((frame["sex"] == sex) & (frame["site"] == site))
            share.append(1.0 if weights == "equal" else count)
    return np.average(fit.design.matrix(pd.DataFrame(rows)), axis=0, weights=share)


@pytest.mark.parametrize("weights", ["equal", "proportional"])
def test_rows_averaged_by_hand(weights):
    frame = trial()
    fit = ols(frame, FORMULA)
    answer = marginal_means(fit, "arm", contrast="pairwise", weights=weights)
    rows = [by_hand(fit, frame, weights, arm=arm) for arm in ARMS]
    for term, row in zip(answer.means.terms, rows, strict=True):
        one, other = answer.means.estimate(term), fit.contrast(row)
        assert (one.estimate, one.std_error, one.df, one.conf_low) == pytest.approx(
            (other.estimate, other.std_error, other.df, other.conf_low), rel=SAME
        )
        assert np.isnan(one.p_value)  # no null value makes sense
    for name, a, b in (
        ("walking - control", 1, 0),
        ("strengthening - control", 2, 0),
        ("strengthening - walking", 2, 1),
    ):
        one, other = answer.contrasts.estimate(name), fit.contrast(rows[a] - rows[b])
        assert (one.estimate, one.p_value) == pytest.approx(
            (other.estimate, other.p_value), rel=1e-8
        )
    assert answer.means.measure == "mean pain"
    assert answer.contrasts.measure == "difference in pain"
    assert "arm interacts with sex" in " ".join(answer.notes)
    assert f"at baseline {frame['baseline'].mean():.4g}" in answer.method


def test_within_levels_and_at_values():
    frame = trial()
    fit = ols(frame, FORMULA)
    within = marginal_means(fit, "arm", by="sex", contrast="reference")
    assert within.cells.to_dict("list") == {
        "arm": ARMS * 2,
        "sex": ["female"] * 3 + ["male"] * 3,
    }
    row = by_hand(fit, frame, "equal", arm="walking", sex="male")
    term = "arm[walking], sex[male]"
    assert within.means.estimate(term).estimate == pytest.approx(fit.contrast(row).estimate)
    assert within.contrasts.terms == (
        "walking - control, sex[female]",
        "strengthening - control, sex[female]",
        "walking - control, sex[male]",
        "strengthening - control, sex[male]",
    )
    assert "interacts" not in " ".join(within.notes)
    alone = marginal_means(fit, "arm", at={"sex": "male"}, contrast="reference")
    np.testing.assert_allclose(alone.contrasts.values, within.contrasts.values[2:], rtol=SAME)
    assert alone.held["sex"] == "male"
    moved = marginal_means(fit, "arm", by="baseline", at={"baseline": [4, 6.5]})
    row = by_hand(fit, frame.assign(baseline=6.5), "equal", arm="control")
    assert moved.means.estimate("arm[control], baseline[6.5]").estimate == pytest.approx(
        fit.contrast(row).estimate, rel=SAME
    )
    line = marginal_means(fit, "baseline", at={"baseline": [4, 5]}, contrast="pairwise")
    assert line.contrasts.terms == ("5 - 4",)


def test_adjustments():
    fit = ols(trial(), "pain ~ arm + baseline")
    plain = marginal_means(fit, "arm", contrast="pairwise")
    p = plain.contrasts.to_frame()["p_value"].to_numpy()
    wider = t_quantile(1 - 0.05 / 3, fit.df_residual)
    for adjust in ("holm", "bonferroni", "simultaneous"):
        found = marginal_means(fit, "arm", contrast="pairwise", adjust=adjust)
        table = found.contrasts.to_frame()
        reach = (table["conf_high"] - table["estimate"]) / table["std_error"]
        if adjust == "simultaneous":
            assert (table["p_value"] > p).all()
            assert (table["p_value"] < adjusted_p(p, "bonferroni")).all()
            assert (reach < wider).all()
            # The interval excludes 0 exactly where p is below 0.05.
            outside = (table["conf_low"] > 0) | (table["conf_high"] < 0)
            assert (outside == (table["p_value"] < 0.05)).all()
        else:
            np.testing.assert_allclose(table["p_value"], adjusted_p(p, adjust))
            np.testing.assert_allclose(reach, wider)
        assert "3 p-values and intervals adjusted" in found.method
        with pytest.raises(ValueError, match="computed at level"):
            found.contrasts.estimate("walking - control", level=0.9)
    assert "not adjusted for their number (3)" in plain.method
    single = marginal_means(
        fit, "arm", contrast={"x": {"walking": 1, "control": -1}}, adjust="holm"
    )
    assert single.contrasts.p_values is None


def test_degrees_of_freedom_follow_the_contrast():
    """Few clusters: each contrast has Satterthwaite's own, and its own critical value."""
    frame = trial(n=60).assign(clinic=np.arange(60) // 5)
    frame["arm"] = pd.Categorical(np.array(ARMS)[frame["clinic"] % 3], ARMS)
    fit = ols(frame, "pain ~ arm + baseline", cluster="clinic")
    found = marginal_means(fit, "arm", contrast="pairwise", adjust="simultaneous").contrasts
    table = found.to_frame()
    assert table["df"].nunique() == 3
    direct = fit.contrast({"arm[walking]": 1})
    assert table["df"][0] == pytest.approx(direct.df, rel=SAME)
    reach = (table["conf_high"] - table["estimate"]) / table["std_error"]
    assert (reach.rank() == table["df"].rank(ascending=False)).all()
    test = found.test(["walking - control", "strengthening - control"])
    assert test.p_value == pytest.approx(fit.test("arm").p_value, rel=1e-6)


def test_contrasts_as_given():
    fit = ols(trial(), "pain ~ arm + sex")
    either = {"walking": 0.5, "strengthening": 0.5, "control": -1}
    found = marginal_means(fit, "arm", contrast={"either kind": either}).contrasts
    by_terms = fit.contrast({"arm[walking]": 0.5, "arm[strengthening]": 0.5})
    one = found.estimate("either kind")
    assert (one.estimate, one.p_value) == pytest.approx((by_terms.estimate, by_terms.p_value))
    for contrast, said in (
        ({"x": {"walking": 1}}, "add up to 1, not to 0"),
        ({"x": {"yoga": 1}}, "a level in 'x' must be one of"),
        ({"x": {}}, "are all 0"),
        ({"x": 3}, "must map levels to weights"),
        ("each", "contrast must be one of"),
    ):
        with pytest.raises(ValueError, match=said):
            marginal_means(fit, "arm", contrast=contrast)


def test_ratios_of_a_cox_model_without_means():
    fit = ws.survival.cox(trial(), "arm + sex")
    found = marginal_means(fit, "arm", contrast="pairwise", adjust="holm")
    assert found.means is None
    assert "no intercept" in " ".join(found.notes)
    direct = fit.estimate("arm[walking]", ratio=True)
    shown = found.contrasts.estimate("walking / control", ratio=True)
    assert shown.estimate == pytest.approx(direct.estimate, rel=SAME)
    assert shown.measure == "hazard ratio"
    assert found.to_frame(response=True)["kind"].unique().tolist() == ["contrast"]
    with pytest.raises(ValueError, match="ask for a contrast"):
        marginal_means(fit, "arm")


def test_periods_of_an_effect_that_changes():
    """The periods are no column of the data: their effect is read from the fit all the same."""
    fit = ws.survival.changing_effect(trial(), "arm + sex", "arm", cuts=[60]).fit
    for weights in ("equal", "proportional"):
        found = marginal_means(fit, "arm", by="period", contrast="reference", weights=weights)
        np.testing.assert_allclose(found.contrasts.values[:2], fit.values[[0, 1]], rtol=SAME)
        assert found.contrasts.terms[0] == "walking / control, period[up to 60]"


def test_rates_stand_for_one_unit_of_exposure():
    frame = trial()
    fit = rate_regression(frame, "recurrences ~ arm", exposure="days")
    found = marginal_means(fit, "arm")
    rates = found.to_frame(response=True)
    crude = frame.groupby("arm", observed=True).apply(
        lambda f: f["recurrences"].sum() / f["days"].sum(), include_groups=False
    )
    np.testing.assert_allclose(rates["estimate"], crude, rtol=1e-8)
    np.testing.assert_allclose(rates["std_error"], crude * found.means.std_errors, rtol=1e-8)
    assert "Rates are per one unit of exposure (offset 0)." in found.notes
    assert found.means.measure == "rate"


def test_a_fit_with_more_than_its_design():
    """Thresholds or scales beside the coefficients; and infinite ones."""
    fit = ols(trial(), "pain ~ arm + sex", se="classical")
    k = len(fit.terms)
    larger = np.eye(k + 1)
    larger[1:, 1:] = fit.covariance
    wider = Fit(
        terms=("scale", *fit.terms),
        values=np.append(9.0, fit.values),
        covariance=larger,
        freedom=Freedom("residual", 86.0),
        design=fit.design,
    )
    one, other = (marginal_means(x, "arm", contrast="pairwise") for x in (fit, wider))
    np.testing.assert_allclose(one.contrasts.values, other.contrasts.values)
    np.testing.assert_allclose(one.means.covariance, other.means.covariance)
    values, covariance = fit.values.copy(), fit.covariance.copy()
    values[1], covariance[1], covariance[:, 1] = -np.inf, np.nan, np.nan
    lost = marginal_means(
        replace(fit, values=values, covariance=covariance), "arm", contrast="pairwise",
        adjust="simultaneous",
    )  # fmt: skip
    table = lost.contrasts.to_frame().set_index("term")
    assert table["p_value"].notna().to_dict() == {
        "walking - control": False,
        "strengthening - control": True,
        "strengthening - walking": False,
    }


def test_relations():
    """The order of rows and the references of other factors change nothing; swaps flip signs."""
    frame = trial()
    fit = ols(frame, FORMULA)
    options = {"contrast": "pairwise", "weights": "proportional", "adjust": "simultaneous"}
    one = marginal_means(fit, "arm", **options)
    turned = frame.sample(frac=1, random_state=3).assign(
        sex=lambda f: pd.Categorical(f["sex"], ["male", "female"])
    )
    other = marginal_means(ols(turned, FORMULA), "arm", **options)
    columns = ["estimate", "std_error", "p_value", "conf_low", "conf_high"]
    np.testing.assert_allclose(other.to_frame()[columns], one.to_frame()[columns], rtol=1e-7)
    swapped = frame.assign(arm=frame["arm"].cat.reorder_categories(ARMS[::-1]))
    back = marginal_means(ols(swapped, FORMULA), "arm", **options).contrasts
    assert back.estimate("control - walking").estimate == pytest.approx(
        -one.contrasts.estimate("walking - control").estimate, rel=1e-7
    )


@settings(max_examples=10)
@given(st.integers(0, 20), st.floats(-100, 100), st.floats(0.1, 100), st.booleans())
def test_unit_and_zero_of_a_covariate(seed, shift, unit, missing):
    """They change no mean, and neither does a row with a missing value, which is counted."""
    frame = trial(seed, n=40)
    moved = frame.assign(baseline=shift + unit * frame["baseline"])
    if missing:
        moved = pd.concat([moved, moved.head(1).assign(baseline=np.nan)], ignore_index=True)
    fits = [ols(f, "pain ~ arm * baseline + sex", se="HC3") for f in (frame, moved)]
    one, other = (marginal_means(fit, "arm", contrast="pairwise").to_frame() for fit in fits)
    columns = ["estimate", "std_error", "conf_low"]
    np.testing.assert_allclose(other[columns], one[columns], rtol=1e-6, atol=1e-8)
    assert sum(fits[1].counts.left_out.values()) == int(missing)


def test_it_is_a_result():
    answer = marginal_means(ols(trial(), FORMULA), "arm", contrast="reference")
    again = pickle.loads(pickle.dumps(answer))
    pd.testing.assert_frame_equal(again.to_frame(), answer.to_frame())
    assert "walking - control" in str(answer)
    with pytest.raises(ValueError, match="read-only"):
        answer.means.values[0] = 0.0


def test_refusals_and_notes():
    frame = trial()
    fit = ols(frame, FORMULA)
    for factor, options, said in (
        ("weather", {}, "No covariate 'weather'"),
        ("arm", {"by": "weather"}, "No covariate 'weather'"),
        ("arm", {"at": {"weather": 3}}, "No covariate 'weather'"),
        ("arm", {"at": {"sex": "other"}}, "'other' is not a level of sex"),
        ("baseline", {}, "say at which values"),
        ("arm", {"by": "baseline"}, "say at which values"),
        ("arm", {"at": {"baseline": [4, 5]}}, "only factor and by may have several"),
        ("arm", {"by": "arm"}, "same column twice"),
        ("arm", {"adjust": "holm"}, "are for contrasts"),
        ("arm", {"weights": "cells"}, "weights must be one of"),
        ("arm", {"contrast": "pairwise", "adjust": "tukey"}, "adjust must be one of"),
        ("arm", {"contrast": "reference", "reference": "yoga"}, "reference must be one of"),
        ("arm", {"contrast": "pairwise", "at": {"arm": ["walking"]}}, "needs two levels at least"),
        ("arm", {"level": 95}, "Write 0.95"),
        ("arm", {"at": "male"}, "at must map columns to values"),
    ):
        with pytest.raises(ValueError, match=said):
            marginal_means(fit, factor, **options)
    with pytest.raises(ValueError, match="needs a fitted model, got DataFrame"):
        marginal_means(frame, "arm")
    with pytest.raises(ValueError, match="does not keep its design"):
        marginal_means(replace(fit, design=None), "arm")
    odd = frame.assign(sex=np.where(frame["site"] == 1, "male", frame["sex"]))
    unseen = marginal_means(ols(odd, "pain ~ arm + sex + factor(site)"), "arm")
    assert "1 of the combinations of sex, site averaged over occur in no row" in " ".join(
        unseen.notes
    )
    assert marginal_means(fit, "arm", at={"baseline": 30}).notes[-1].startswith("Held outside")
