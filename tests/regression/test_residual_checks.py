"""Residuals as they are looked at: quantiles by scipy, lines by polynomials, contributions by hand.

SAME: the same numbers by another road.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import walkstats as ws
from walkstats._splines import rcs_basis
from walkstats.numerics.local_lines import local_line
from walkstats.regression import check_residuals, influence, ols, partial_residuals

SAME = 1e-9


def weeks(n=60, seed=4):
    rng = np.random.default_rng(seed)
    minutes = rng.gamma(2, 50, n).round()
    return pd.DataFrame(
        {
            "arm": np.where(rng.random(n) < 0.5, "control", "walking"),
            "minutes": minutes,
            "age": rng.normal(50, 9, n),
            "pain": 5 - minutes / 80 + rng.normal(size=n),
        },
        index=[f"P{k}" for k in range(n)],
    )


def test_ordered_residuals_and_their_limits():
    frame = weeks()
    fit = ols(frame, "pain ~ minutes + arm")
    check = check_residuals(fit)
    rows = check.to_frame()
    pd.testing.assert_frame_equal(rows[influence(fit).columns], influence(fit))
    t = stats.t(60 - 3 - 1)
    rank = rows["studentised"].rank()
    np.testing.assert_allclose(rows["expected"], t.ppf((rank - 0.5) / 60), rtol=SAME)
    beta = stats.beta(np.arange(1, 61), np.arange(60, 0, -1))
    np.testing.assert_allclose(check.envelope["low"], t.ppf(beta.ppf(0.025)), rtol=1e-7)
    np.testing.assert_allclose(check.envelope["high"], t.ppf(beta.ppf(0.975)), rtol=1e-7)
    np.testing.assert_allclose(rows["root_size"] ** 2, np.abs(rows["standardised"]), rtol=SAME)


def test_limits_of_ordered_residuals_cover():
    """Pointwise: each of 12 ordered deviates lies within its own limits in 95 %."""
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"pain": rng.normal(size=12)})
    band = check_residuals(ols(frame.assign(x=np.arange(12)), "pain ~ x")).envelope
    drawn = np.sort(stats.t(9).rvs(size=(4000, 12), random_state=rng), axis=1)
    inside = (drawn >= band["low"].to_numpy()) & (drawn <= band["high"].to_numpy())
    room = 3.29 * np.sqrt(0.05 * 0.95 / 4000)
    assert np.abs(inside.mean(axis=0) - 0.95).max() < room


def test_contours_are_cooks():
    fit = ols(weeks(), "pain ~ minutes + arm")
    table = check_residuals(fit).contours
    h, r = table["leverage"], table["standardised"]
    np.testing.assert_allclose(r**2 * h / ((1 - h) * 3), table["cooks_distance"], rtol=SAME)


def test_rows_without_residual_and_tiny_fits():
    frame = weeks(8).assign(alone=lambda f: f.index == "P3")
    check = check_residuals(ols(frame, "pain ~ minutes + alone"))
    assert np.isnan(check.rows.loc["P3", "expected"])
    assert len(check.envelope) == 7
    with pytest.raises(ValueError, match="of a LinearFit, got CoxFit"):
        check_residuals(ws.results.CoxFit((), np.empty(0), np.empty((0, 0))))
    constant = check_residuals(ols(frame, "pain ~ 1"))
    assert constant.trend["residual"].isna().all()


def test_local_lines_by_polynomials():
    rng = np.random.default_rng(3)
    x, y = rng.random(30), rng.normal(size=30)
    for at in (0.0, 0.4, 0.9):
        near = np.argsort(np.abs(x - at))[:20]
        away = np.abs(x - at)[near]
        root = (1 - (away / away.max()) ** 3) ** 1.5
        line = np.polyfit(x[near], y[near], 1, w=root)
        assert local_line(x, y, np.array([at]))[0] == pytest.approx(np.polyval(line, at), rel=1e-8)
    same = np.zeros(5)
    assert local_line(same, np.arange(5.0), np.zeros(1))[0] == 2.0
    two = local_line(np.array([0.0, 0, 0, 1]), np.array([1.0, 2, 3, 9]), np.array([0.0]), 0.5)
    assert two[0] == 2.0


def test_partial_residuals_by_hand():
    frame = weeks()
    frame.loc[["P2", "P7"], "age"] = np.nan
    fit = ols(frame, "pain ~ rcs(minutes, 3) + arm + age")
    found = partial_residuals(fit, "minutes", frame)
    used = frame.dropna()
    basis = rcs_basis(used["minutes"], fit.design.knots["rcs(minutes, 3)"])
    contribution = (basis - basis.mean(axis=0)) @ fit.values[1:3]
    np.testing.assert_allclose(found.points["component"], contribution, rtol=1e-7)
    assert found.points.index.tolist() == used.index.tolist()
    np.testing.assert_allclose(found.points["partial"], contribution + fit.residuals, rtol=1e-7)
    row = found.curve.frame.iloc[50]
    weights = np.zeros(5)
    at = rcs_basis([row["minutes"]], fit.design.knots["rcs(minutes, 3)"])[0]
    weights[1:3] = at - basis.mean(axis=0)
    one = fit.contrast(weights)
    assert (row["estimate"], row["conf_low"]) == pytest.approx((one.estimate, one.conf_low))
    # The line through the partial residuals of a straight term is that of the model.
    straight = ols(frame, "pain ~ minutes + arm + age")
    points = partial_residuals(straight, "minutes", frame).points
    slope = ols(points, "partial ~ minutes").values[1]
    assert slope == pytest.approx(straight.values[1], rel=1e-8)


def test_partial_residuals_by_arm():
    frame = weeks()
    fit = ols(frame, "pain ~ minutes * arm + age")
    found = partial_residuals(fit, "minutes", frame)
    assert set(found.curve.groups) == {"control", "walking"}
    for arm, slope in (("control", fit.values[1]), ("walking", fit.values[1] + fit.values[4])):
        line = found.curve.frame.query("group == @arm")
        ends = line.iloc[[0, -1]]
        ours = np.diff(ends["estimate"]) / np.diff(ends["minutes"])
        assert ours[0] == pytest.approx(slope, rel=1e-8)
        assert line["minutes"].max() == frame.loc[frame["arm"] == arm, "minutes"].max()
    assert found.points["group"].tolist() == frame["arm"].tolist()


def test_partial_residuals_of_a_few_have_the_colour_of_their_arm_and_no_local_line():
    frame = weeks()
    few = frame[(frame["arm"] == "control") | (frame.groupby("arm").cumcount() < 5)]
    few = few.sort_values("arm", ascending=False)
    found = partial_residuals(ols(few, "pain ~ minutes * arm"), "minutes", few)
    assert tuple(found.curve.groups) == ("control", "walking")  # not as the rows come
    known = found.trend.groupby("group")["partial"].count()
    assert known["walking"] == 0 < known["control"]


def test_partial_residuals_that_cannot_be():
    frame = weeks()
    fit = ols(frame, "pain ~ minutes * age + arm")
    for x, said in (
        ("minutes", "differs with age"),
        ("arm", "arm is a factor"),
        ("steps", "No covariate 'steps'"),
    ):
        with pytest.raises(ValueError, match=said):
            partial_residuals(fit, x, frame)
    for other in (frame.head(10), frame.assign(age=1.0)):
        with pytest.raises(ValueError, match="frame that the model was fitted to"):
            partial_residuals(fit, "minutes", other)
    with pytest.raises(ValueError, match="those of a LinearFit"):
        partial_residuals(ws.results.Fit((), np.empty(0), np.empty((0, 0))), "minutes", frame)
