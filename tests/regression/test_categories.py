"""Categories of a dose, their trend, lines that bend at a knot, and where that knot lies.

SAME: the same numbers by two roads (restricted least squares is generalised least squares on the
unrestricted coefficients).
"""

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from walkstats.errors import DataError
from walkstats.regression import (
    dose_categories,
    dose_response,
    dose_trend,
    logistic,
    ols,
    profile_knots,
)
from walkstats.results import Fit

SAME = 1e-8


def weeks(seed=2, n=150):
    rng = np.random.default_rng(seed)
    minutes = rng.gamma(1.6, 50, n).round()
    frame = pd.DataFrame(
        {
            "participant_id": np.arange(n),
            "arm": np.where(rng.random(n) < 0.5, "control", "walking"),
            "minutes": minutes,
            "pain": 5 - 0.02 * np.minimum(minutes, 80) + rng.normal(size=n),
            "flare": rng.random(n) < 0.5 - 0.002 * np.minimum(minutes, 150),
            "days": rng.exponential(100 + minutes).round() + 1,
            "event": rng.random(n) < 0.8,
        }
    )
    return frame.assign(walked=dose_categories(frame["minutes"]))


def test_edges():
    made = dose_categories(
        pd.Series([0, 29, 30, 74, 75, 129, 130, 999, None], index=range(9, 0, -1))
    )
    assert made.index.tolist() == list(range(9, 0, -1))
    assert made.cat.categories.tolist() == ["0-29", "30-74", "75-129", "130+"]
    assert made.cat.codes.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, -1]
    parts = dose_categories([29.5, 29.999, 30.0])
    assert parts.tolist() == ["0 to <30", "0 to <30", "30 to <75"]
    assert dose_categories([0, 1, 5], edges=(0, 1, 2)).tolist() == ["0", "1", "2+"]


def test_doses_that_do_not_fit():
    with pytest.raises(DataError, match="minutes is below the first edge, 0, in 2 row"):
        dose_categories(pd.Series([-5, 3, -1], name="minutes"))
    with pytest.raises(DataError, match="infinite"):
        dose_categories([1.0, np.inf])
    with pytest.raises(DataError, match="numbers as text"):
        dose_categories(pd.Series(["5", "12"], name="minutes"))
    with pytest.raises(DataError, match="minutes holds words"):
        dose_categories(pd.Series(["few", "many"], name="minutes"))
    for edges in ((0,), (0, 30, 30), "ab", (0, np.nan)):
        with pytest.raises(ValueError, match="edges"):
            dose_categories([1, 2], edges)


def test_trend_is_that_of_the_medians():
    """With classical errors: the coefficient of the medians in place of their categories."""
    frame = weeks()
    frame.loc[[3, 8], "arm"] = None
    fit = ols(frame, "pain ~ walked + arm", se="classical")
    trend = dose_trend(fit, "walked", frame, dose="minutes", per=30)
    used = frame.dropna(subset="arm")
    medians = used.groupby("walked", observed=True)["minutes"].median()
    np.testing.assert_array_equal(trend.categories["dose"], medians)
    assert trend.categories["n"].sum() == 148
    again = ols(used.assign(middle=used["walked"].map(medians).astype(float)),
                "pain ~ middle + arm", se="classical")  # fmt: skip
    slope = trend.slope.estimate("minutes (per 30)")
    by_medians = again.estimate("middle")
    assert slope.estimate == pytest.approx(30 * by_medians.estimate, rel=SAME)
    larger = fit.sigma / again.sigma
    assert slope.std_error == pytest.approx(30 * by_medians.std_error * larger, rel=SAME)
    # What the categories explain beside the line, in an F test.
    squares = again.sigma**2 * again.df_residual - fit.sigma**2 * fit.df_residual
    assert trend.departure.statistic == pytest.approx(squares / 2 / fit.sigma**2, rel=SAME)
    assert trend.departure.df == 2
    assert trend.categories["estimate"].tolist()[0] == 0.0
    assert trend.compared.terms == ("30-74", "75-129", "130+")
    assert "130+" in ws.tables.table_of(trend).to_csv()
    assert trend.categories["estimate"][2] == fit.estimate("walked[75-129]").estimate


def test_robust_errors_and_ratios():
    frame = weeks()
    plain = ols(frame, "pain ~ walked", se="classical")
    robust = ols(frame, "pain ~ walked", se="HC3")
    one, other = (dose_trend(fit, "walked", frame, dose="minutes") for fit in (plain, robust))
    assert one.slope.values[0] == pytest.approx(other.slope.values[0], rel=SAME)
    assert one.slope.std_errors[0] != pytest.approx(other.slope.std_errors[0], rel=1e-3)
    cox = ws.survival.cox(frame, "walked + arm")
    risks = logistic(frame, "flare ~ walked")
    for fit in (cox, risks):
        trend = dose_trend(fit, "walked", frame, dose="minutes", per=30)
        assert trend.ratio
        assert trend.slope.estimate("minutes (per 30)", ratio=True).measure == fit.measure
        shown = fit.estimate("walked[130+]", ratio=True)
        assert trend.categories["conf_high"][3] == pytest.approx(shown.conf_high, rel=SAME)
        assert trend.categories["estimate"][0] == 1.0
        assert trend.departure.distribution == (
            "chi2" if fit is cox else trend.departure.distribution
        )


def test_another_reference_and_few_people():
    frame = weeks()
    fit = ols(frame, "pain ~ factor(walked, reference='75-129')")
    trend = dose_trend(fit, "walked", frame, dose="minutes")
    assert trend.reference == "75-129"
    assert trend.categories["category"].tolist() == ["0-29", "30-74", "75-129", "130+"]
    assert trend.categories["estimate"][2] == 0.0
    first = dose_trend(ols(frame, "pain ~ walked"), "walked", frame, dose="minutes")
    assert trend.departure.p_value == pytest.approx(first.departure.p_value, rel=1e-6)
    few = frame.iloc[:30]
    trend = dose_trend(ols(few, "pain ~ walked", se="classical"), "walked", few, dose="minutes")
    least = trend.categories.sort_values("n").iloc[0]
    assert f"{least['category']} holds {least['n']} rows only." in trend.notes


def test_a_reference_without_events_leaves_a_trend_missing():
    # Without a warning: the fit's notes say which coefficients are infinite.
    frame = weeks()
    frame["event"] &= frame["walked"] != "0-29"
    fit = ws.survival.cox(frame, "walked", time="days", event="event")
    assert fit.state == "infinite"
    trend = dose_trend(fit, "walked", frame, dose="minutes")
    assert np.isnan(trend.slope.values).all()
    assert np.isnan(trend.departure.p_value)


def test_trends_that_cannot_be():
    frame = weeks()
    fit = ols(frame, "pain ~ walked * arm + minutes", se="classical")
    for factor, dose, said in (
        ("walked", "minutes", "interacts with others"),
        ("minutes", "minutes", "No factor 'minutes'.*Factors there: walked, arm"),
    ):
        with pytest.raises(ValueError, match=said):
            dose_trend(fit, factor, frame, dose=dose)
    fit = ols(frame, "pain ~ walked")
    with pytest.raises(ValueError, match="arm holds levels"):
        dose_trend(fit, "walked", frame, dose="arm")
    with pytest.raises(ValueError, match="No column 'steps'"):
        dose_trend(fit, "walked", frame, dose="steps")
    with pytest.raises(DataError, match=r"no row of walked 130\+ has a known minutes"):
        dose_trend(fit, "walked", frame[frame["minutes"] < 130], dose="minutes")
    with pytest.raises(DataError, match="same median"):
        dose_trend(fit, "walked", frame.assign(minutes=1.0), dose="minutes")
    two = frame.assign(walked=dose_categories(frame["minutes"], (0, 75)))
    assert dose_trend(ols(two, "pain ~ walked"), "walked", two, dose="minutes").departure is None


# --- lines that bend ---------------------------------------------------------------------------


def test_a_bent_line_and_its_test():
    frame = weeks().assign(
        after=lambda f: (f["minutes"] - 75).clip(lower=0),
        held=lambda f: f["minutes"].clip(upper=75),
    )
    bent = ols(frame, "pain ~ piecewise(minutes, 75) + arm")
    by_hand = ols(frame, "pain ~ minutes + after + arm")
    np.testing.assert_allclose(bent.values, by_hand.values, rtol=SAME)
    curve = dose_response(bent, "minutes", reference=30, at=[30.0, 75, 150])
    slope, change = bent.values[1:3]
    np.testing.assert_allclose(
        curve.frame["estimate"], [0, 45 * slope, 120 * slope + 75 * change], rtol=SAME
    )
    test = bent.test(["piecewise(minutes, 75)[2]"])
    assert curve.nonlinear.p_value == pytest.approx(test.p_value, rel=1e-6)
    for transform, column in (("above", "after"), ("below", "held")):
        fit = ols(frame, f"pain ~ {transform}(minutes, 75)")
        assert fit.values[1] == pytest.approx(ols(frame, f"pain ~ {column}").values[1], rel=SAME)
        assert dose_response(fit, "minutes", reference=75).nonlinear is None
    several = ols(frame, "pain ~ piecewise(minutes, [30, 75, 130])")
    assert len(several.terms) == 5
    np.testing.assert_array_equal(
        several.design.matrix(pd.DataFrame({"minutes": [100.0]})), [[1, 100, 70, 25, 0]]
    )


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("piecewise(minutes)", "needs one or more increasing knots"),
        ("piecewise(minutes, [75, 30])", "needs one or more increasing knots"),
        ("piecewise(minutes, 'b')", "needs one or more increasing knots"),
        ("above(minutes, [30, 75])", "needs a knot"),
        ("below(minutes, 5000)", "between the smallest and the largest value"),
    ],
)
def test_knots_that_cannot_be(call, said):
    with pytest.raises(ValueError, match=said):
        ols(weeks(), f"pain ~ {call}")


def at_knots(frame, **options):
    return lambda knot: ols(frame, f"pain ~ piecewise(minutes, {knot})", **options)


def test_profile_of_a_knot():
    frame = weeks(n=200)
    found = profile_knots(at_knots(frame), np.arange(20, 161, 10.0))
    heights = {k: at_knots(frame)(k).log_likelihood for k in found.profile["knot"]}
    assert found.best == max(heights, key=heights.get)
    assert found.fit.log_likelihood == max(heights.values())
    assert found.low < found.best < found.high
    inside = found.profile.query("drop <= 3.841458820694124")["knot"]
    # Up to where the drop, linear between the knots, crosses the quantile.
    assert inside.min() - 10 < found.low <= inside.min()
    assert inside.max() <= found.high < inside.max() + 10
    assert any("take that knot as known" in note for note in found.notes)
    wide = profile_knots(at_knots(frame), [found.best - 1, found.best, found.best + 1])
    assert (wide.low, wide.high) == (-np.inf, np.inf)
    assert any("beyond the knots tried" in note for note in wide.notes)
    narrow = profile_knots(at_knots(frame), found.profile["knot"], level=0.5)
    assert found.low < narrow.low < narrow.high < found.high


@pytest.mark.slow
def test_limits_of_a_knot_cover_it():
    """Of 800 rows 0.95 of the profile limits hold the knot; those of half the quantile do not."""
    doses = weeks(n=800)["minutes"].to_numpy()
    mean = 5 - 0.02 * np.minimum(doses, 80.0)
    knots = np.arange(20.0, 161.0, 4.0)
    sides = [np.column_stack([doses**0, doses, np.maximum(doses - knot, 0)]) for knot in knots]
    bases = np.stack([np.linalg.qr(matrix)[0].T for matrix in sides])
    for replicates, seed in ((400, 20240625), (4000, 20240626)):
        rng = np.random.default_rng(seed)
        held = np.zeros(2)
        for _ in range(replicates):
            pain = mean + rng.normal(size=800)
            left = pain @ pain - np.sum((bases @ pain) ** 2, axis=1)
            height = dict(zip(knots, -400 * np.log(left), strict=True))

            def fit_at(knot, height=height):
                return Fit((), np.empty(0), np.empty((0, 0)), log_likelihood=height[knot])

            for k, level in enumerate((0.95, 0.834)):  # 3.84 and half of it
                found = profile_knots(fit_at, knots, level=level)
                held[k] += found.low <= 80 <= found.high
        right, wrong = held / replicates
        room = 3.29 * np.sqrt(0.95 * 0.05 / replicates)
        assert wrong < 0.95 - room
        if abs(right - 0.95) <= room:
            return
    pytest.fail(f"{right} of the limits hold the knot")


def test_profiles_that_cannot_be():
    frame = weeks().assign(clinic=lambda f: f.index % 20)
    clustered = profile_knots(at_knots(frame, cluster="clinic"), [40, 60, 80])
    assert np.isnan([clustered.low, clustered.high]).all()
    assert any("Rows are clustered" in note for note in clustered.notes)
    with pytest.raises(ValueError, match="three knots or more"):
        profile_knots(at_knots(frame), [40, 60])
    with pytest.raises(ValueError, match="a function of the knot"):
        profile_knots(75, [40, 60, 80])
    with pytest.raises(ValueError, match="must return a fitted model, got float"):
        profile_knots(lambda knot: knot, [40, 60, 80])
    with pytest.raises(ValueError, match="use different rows"):
        profile_knots(lambda knot: at_knots(frame[frame["minutes"] < 3 * knot])(knot), [40, 60, 80])

    def restricted(knot):
        return ws.regression.linear_mixed(
            frame, f"pain ~ piecewise(minutes, {knot})", subject="clinic"
        )

    with pytest.raises(ValueError, match="reml=False"):
        profile_knots(restricted, [40, 60, 80])
