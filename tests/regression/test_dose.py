"""Dose and response: contrasts by hand for fits of several kinds, and bands by simulation."""

import functools
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from walkstats._splines import rcs_basis
from walkstats.numerics import limits
from walkstats.regression import DoseResponse, dose_response, ols
from walkstats.regression.bands import band_quantile, path_length
from walkstats.results import Curve

# The same contrast by two roads.
SAME = 1e-9


def visits(seed=1, people=60, times=3):
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), times)
    minutes = rng.gamma(2, 60, people * times).round()
    return pd.DataFrame(
        {
            "participant_id": person,
            "arm": pd.Categorical(np.where(person % 2, "walking", "control")),
            "walking_minutes": minutes,
            "age": np.repeat(rng.normal(50, 12, people), times),
            "pain": 5
            - 1.5 * (1 - np.exp(-minutes / 80))
            + np.repeat(rng.normal(size=people), times)
            + rng.normal(size=people * times),
        }
    )


FORMULA = "pain ~ rcs(walking_minutes, 4) + arm + age"


def test_contrasts_by_hand():
    fit = ols(visits(), FORMULA)
    doses = [30.0, 60.0, 150.0, 240.0]
    curve = dose_response(fit, "walking_minutes", reference=60, at=doses)
    basis = rcs_basis(np.array(doses), fit.design.knots["rcs(walking_minutes, 4)"])
    shown = curve.to_frame()
    for row, columns in zip(shown.itertuples(), basis - basis[1], strict=True):
        weights = np.concatenate([[0.0], columns, [0.0, 0.0]])
        if not columns.any():
            assert (row.estimate, row.std_error, row.conf_low, row.conf_high) == (0, 0, 0, 0)
            continue
        one = fit.contrast(weights)
        by_hand = (one.estimate, one.std_error, one.conf_low, one.conf_high)
        assert row[3:] == pytest.approx(by_hand, rel=SAME)
    assert list(shown["walking_minutes"]) == doses
    assert curve.reference == 60
    assert curve.quantity == "difference in pain"
    assert "walking_minutes = 60" in curve.method


def test_it_is_a_curve():
    fit = ols(visits(), FORMULA)
    curve = dose_response(fit, "walking_minutes", reference=100)
    assert isinstance(curve, Curve)
    assert isinstance(curve, DoseResponse)
    assert curve.shape == "line"
    assert len(curve.frame) == 102
    assert curve.at([100.0])["estimate"].tolist() == [0.0]
    again = pickle.loads(pickle.dumps(curve))
    pd.testing.assert_frame_equal(again.frame, curve.frame)
    low, high = fit.design.ranges["walking_minutes"]
    assert (curve.frame["walking_minutes"].min(), curve.frame["walking_minutes"].max()) == (
        low,
        high,
    )


def test_straight_line():
    """A linear term: slope times the distance, and nothing to bend."""
    fit = ols(visits(), "pain ~ walking_minutes + arm")
    curve = dose_response(fit, "walking_minutes", reference=60, at=[0.0, 60, 120, 180])
    slope = fit.estimate("walking_minutes")
    shown = curve.to_frame().iloc[2]
    assert shown["estimate"] == pytest.approx(60 * slope.estimate, rel=SAME)
    assert shown["conf_low"] == pytest.approx(60 * slope.conf_low, rel=SAME)
    assert curve.nonlinear is None
    assert curve.overall.statistic == pytest.approx(slope.statistic**2, rel=SAME)
    assert curve.overall.p_value == pytest.approx(slope.p_value, rel=SAME)


def test_polynomial_and_splines_agree_on_a_parabola():
    """Without error every basis that holds the parabola finds it."""
    frame = visits()
    frame["pain"] = 5 + 1e-4 * (frame["walking_minutes"] - 100) ** 2
    at = [50.0, 100, 200]
    for right in ("walking_minutes + power(walking_minutes, 2)", "bs(walking_minutes, 5)"):
        fit = ols(frame, f"pain ~ {right}", se="classical")
        curve = dose_response(fit, "walking_minutes", reference=100, at=at)
        np.testing.assert_allclose(curve.frame["estimate"], [0.25, 0, 1], atol=1e-9)


def test_nonlinearity_is_the_test_of_the_bent_terms():
    fit = ols(visits(), FORMULA, se="HC3")
    curve = dose_response(fit, "walking_minutes", reference=60)
    bent = fit.test(["rcs(walking_minutes, 4)[2]", "rcs(walking_minutes, 4)[3]"])
    assert curve.nonlinear.statistic == pytest.approx(bent.statistic, rel=1e-8)
    assert curve.nonlinear.df == 2
    whole = fit.test("rcs(walking_minutes, 4)")
    assert curve.overall.statistic == pytest.approx(whole.statistic, rel=1e-8)
    assert "straight line" in curve.nonlinear.null


@pytest.mark.parametrize(
    ("right", "bends"),
    [
        ("ns(walking_minutes, 3)", 2),
        ("bs(walking_minutes, 4)", 3),
        ("walking_minutes + power(walking_minutes, 2)", 1),
        ("walking_minutes + sqrt(walking_minutes)", 1),
        ("log1p(walking_minutes)", None),
    ],
)
def test_other_shapes(right, bends):
    curve = dose_response(ols(visits(), f"pain ~ {right}"), "walking_minutes", reference=60)
    if bends is None:
        assert curve.nonlinear is None
        assert any("no straight line" in note for note in curve.notes)
    else:
        assert curve.nonlinear.df == bends
    assert np.isfinite(curve.overall.p_value)


@functools.cache
def measured(seed):
    """One of a few studies and its curve, which the unit is to leave alone."""
    frame = visits(seed, people=40)
    fit = ols(frame, FORMULA)
    return frame, dose_response(fit, "walking_minutes", reference=60.0, at=[40.0, 90, 200])


@given(st.integers(0, 30), st.floats(0.01, 100), st.floats(-1000, 1000))
def test_the_unit_of_the_dose_changes_nothing(seed, unit, shift):
    frame, one = measured(seed)
    at, reference = [40.0, 90, 200], 60.0
    moved = frame.assign(walking_minutes=shift + unit * frame["walking_minutes"])
    other = dose_response(
        ols(moved, FORMULA),
        "walking_minutes",
        reference=shift + unit * reference,
        at=[shift + unit * dose for dose in at],
    )
    names = ["estimate", "std_error", "conf_low", "conf_high"]
    np.testing.assert_allclose(other.frame[names], one.frame[names], rtol=1e-5, atol=1e-8)
    assert other.nonlinear.p_value == pytest.approx(one.nonlinear.p_value, rel=1e-5)


def test_other_covariates_cancel():
    """The curve does not depend on where the others are held, also under a logarithm."""
    frame = visits().assign(age=lambda f: f["age"].clip(20))
    fit = ols(frame, "pain ~ rcs(walking_minutes, 3) + log(age) * arm")
    curve = dose_response(fit, "walking_minutes", reference=60, at=[100.0])
    new = pd.DataFrame({"walking_minutes": [60.0, 100.0], "age": 71.0, "arm": "walking"})
    difference = fit.contrast(np.diff(fit.design.matrix(new), axis=0)[0])
    assert curve.frame["estimate"][0] == pytest.approx(difference.estimate, rel=SAME)
    assert curve.frame["std_error"][0] == pytest.approx(difference.std_error, rel=SAME)


def test_modifiers_must_be_given():
    fit = ols(visits(), "pain ~ rcs(walking_minutes, 3) * arm + age")
    with pytest.raises(ValueError, match="differs with arm: say at which value"):
        dose_response(fit, "walking_minutes", reference=60)
    with pytest.raises(ValueError, match="age does not interact"):
        dose_response(fit, "walking_minutes", reference=60, given={"arm": "walking", "age": 3})
    with pytest.raises(ValueError, match="'yoga' is not a level of arm"):
        dose_response(fit, "walking_minutes", reference=60, given={"arm": "yoga"})
    curves = {
        arm: dose_response(fit, "walking_minutes", reference=60, at=[120.0], given={"arm": arm})
        for arm in ("control", "walking")
    }
    assert curves["walking"].groups == ("walking",)
    assert "arm walking" in curves["walking"].method
    for arm, curve in curves.items():
        new = pd.DataFrame({"walking_minutes": [60.0, 120.0], "age": 40.0, "arm": arm})
        one = fit.contrast(np.diff(fit.design.matrix(new), axis=0)[0])
        assert curve.frame["estimate"][0] == pytest.approx(one.estimate, rel=SAME)
        assert curve.frame["conf_low"][0] == pytest.approx(one.conf_low, rel=SAME)


def test_refusals():
    fit = ols(visits(), FORMULA)
    for options, said in (
        ({"x": "steps"}, "No covariate 'steps'"),
        ({"x": "arm"}, "arm is a factor"),
        ({"reference": 1e5}, "outside the observed range"),
        ({"reference": float("nan")}, "outside the observed range"),
        ({"reference": None}, "reference must be a number"),
        ({"at": ["much"]}, "at must be"),
        ({"level": 2}, "level must lie"),
    ):
        chosen = {"x": "walking_minutes", "reference": 60, **options}
        with pytest.raises(ValueError, match=said):
            dose_response(fit, chosen.pop("x"), **chosen)


def test_beyond_the_data_is_missing():
    fit = ols(visits(), FORMULA)
    high = fit.design.ranges["walking_minutes"][1]
    curve = dose_response(fit, "walking_minutes", reference=60, at=[-5, 60, high, high + 1])
    known = np.isfinite(curve.frame["estimate"])
    assert known.tolist() == [False, True, True, False]
    assert any("2 doses outside the observed range" in note for note in curve.notes)


def test_ratios_of_a_cox_model():
    rng = np.random.default_rng(4)
    n = 150
    minutes = rng.gamma(2, 60, n).round()
    days = rng.exponential(200 * np.exp(minutes / 300))
    frame = pd.DataFrame(
        {
            "participant_id": np.arange(n),
            "days": np.minimum(days, 365).round() + 1,
            "event": days < 365,
            "walking_minutes": minutes,
        }
    )
    fit = ws.survival.cox(frame, "rcs(walking_minutes, 3)")
    curve = dose_response(fit, "walking_minutes", reference=60, at=[60.0, 120.0])
    basis = rcs_basis(np.array([60.0, 120]), fit.design.knots["rcs(walking_minutes, 3)"])
    one = fit.contrast(basis[1] - basis[0], ratio=True)
    row = curve.frame.iloc[1]
    assert curve.ratio
    assert curve.start == 1.0
    assert row["estimate"] == pytest.approx(one.estimate, rel=SAME)
    assert row["std_error"] == pytest.approx(one.std_error, rel=SAME)
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((one.conf_low, one.conf_high))
    assert curve.nonlinear.distribution == "chi2"
    assert curve.frame["estimate"][0] == 1.0


@pytest.mark.parametrize("simultaneous", [False, True])
def test_only_the_reference_and_nothing_known(simultaneous):
    fit = ols(visits(), FORMULA)
    options = {"reference": 60, "simultaneous": simultaneous}
    curve = dose_response(fit, "walking_minutes", at=[60], **options)
    assert curve.frame.iloc[0, 2:].tolist() == [0, 0, 0, 0]
    nowhere = dose_response(fit, "walking_minutes", at=[-9, 1e6], **options)
    assert nowhere.frame["estimate"].isna().all()
    alone = visits().assign(dose=lambda f: (f.index == 7) * 3.0)
    unknown = dose_response(
        ols(alone, "pain ~ dose", se="HC3"), "dose", reference=0, at=[3], simultaneous=simultaneous
    )
    assert np.isfinite(unknown.frame["estimate"][0])
    assert np.isnan(unknown.frame["conf_low"][0])
    assert np.isnan(unknown.overall.p_value)


@pytest.mark.parametrize("simultaneous", [False, True])
def test_an_infinite_coefficient_of_another_level_does_no_harm(simultaneous):
    """Nobody of arm c has the event: its curve is unknown, and those of a and b are as without."""
    frame = pd.DataFrame({"minutes": np.arange(0, 200, 5.0), "arm": list("abcb") * 10})
    frame["flare"] = (frame["arm"] != "c") & (frame.index % 3 == 0)
    fit = ws.regression.logistic(frame, "flare ~ arm * minutes")
    others = ws.regression.logistic(frame[frame["arm"] != "c"], "flare ~ arm * minutes")
    options = {"reference": 60, "at": [10, 60, 150], "simultaneous": simultaneous}
    for arm in "ab":
        one, two = (
            dose_response(f, "minutes", given={"arm": arm}, **options) for f in (fit, others)
        )
        columns = ["estimate", "conf_low", "conf_high"]
        np.testing.assert_allclose(one.frame[columns], two.frame[columns], rtol=1e-4)
        assert one.overall.p_value == pytest.approx(two.overall.p_value, rel=1e-4, abs=1e-9)
    lost = dose_response(fit, "minutes", given={"arm": "c"}, **options)
    assert lost.frame["estimate"].isna().tolist() == [True, False, True]
    assert np.isnan(lost.overall.p_value)


# --- the band ---------------------------------------------------------------------------------


def test_band_lies_between_pointwise_and_scheffe():
    fit = ols(visits(), FORMULA, se="classical")
    narrow = dose_response(fit, "walking_minutes", reference=60)
    wide = dose_response(fit, "walking_minutes", reference=60, simultaneous=True)
    away = narrow.frame["std_error"] > 0
    quantile = ((wide.frame["conf_high"] - wide.frame["estimate"]) / wide.frame["std_error"])[away]
    assert quantile.max() - quantile.min() < 1e-9
    assert limits.t_quantile(0.95, fit.df_residual) < quantile.iloc[0]
    from scipy import special

    assert quantile.iloc[0] <= np.sqrt(3 * special.fdtri(3, fit.df_residual, 0.95))
    assert "simultaneous limits" in wide.method
    line = ols(visits(), "pain ~ walking_minutes", se="classical")
    one = dose_response(line, "walking_minutes", reference=60, simultaneous=True)
    other = dose_response(line, "walking_minutes", reference=60)
    np.testing.assert_allclose(one.frame["conf_low"], other.frame["conf_low"], rtol=1e-6)


def test_band_of_a_circle_is_exact():
    """In two dimensions a half circle holds every direction: Naiman's bound is above Scheffé's."""
    turn = np.linspace(0, np.pi, 2001)
    circle = np.column_stack([np.cos(turn), np.sin(turn)])
    length = path_length(circle, np.eye(2))
    assert length == pytest.approx(np.pi, rel=1e-6)
    assert band_quantile(length, 2, np.inf, 0.95) == pytest.approx(np.sqrt(5.991464547), rel=1e-8)


@pytest.mark.parametrize("df", [12.0, np.inf])
def test_quantile_of_a_short_path(df):
    """A quarter circle: the share of (t-distributed) vectors that leave the band, by simulation."""
    turn = np.linspace(0, np.pi / 2, 400)
    path = np.column_stack([np.cos(turn), np.sin(turn)])
    critical = band_quantile(path_length(path, np.eye(2)), 2, df, 0.95)
    rng = np.random.default_rng(7)
    draws = rng.normal(size=(20000, 2))
    if np.isfinite(df):
        draws /= np.sqrt(rng.chisquare(df, size=(20000, 1)) / df)
    left = np.mean(np.abs(draws @ path.T).max(axis=1) > critical)
    room = 3.29 * np.sqrt(0.05 * 0.95 / 20000)
    assert 0.05 - 0.01 - room < left < 0.05 + room


@pytest.mark.slow
def test_bound_holds_for_a_spline():
    """Over repeated errors the whole curve leaves the band in at most 5 %, the points in more."""
    frame = visits(3, people=80, times=1)
    fit = ols(frame, FORMULA, se="classical")
    doses = np.linspace(5, 400, 120)
    doses = doses[doses < fit.design.ranges["walking_minutes"][1]]
    rng = np.random.default_rng(12)
    wide = narrow = 0
    replicates = 300
    for _ in range(replicates):
        noise = ols(frame.assign(pain=rng.normal(size=80)), FORMULA, se="classical")
        band = dose_response(noise, "walking_minutes", reference=60, at=doses, simultaneous=True)
        shown = band.frame
        wide += bool(np.any((shown["conf_low"] > 0) | (shown["conf_high"] < 0)))
        points = np.abs(shown["estimate"]) / shown["std_error"].replace(0, np.inf)
        narrow += bool(points.max() > limits.t_quantile(0.95, noise.df_residual))
    room = 3.29 * np.sqrt(0.05 * 0.95 / replicates)
    assert wide / replicates < 0.05 + room
    assert narrow / replicates > 0.05 + room
