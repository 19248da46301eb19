"""Where models must coincide, and what predictions must add up to.

Closed forms agree to 1e-8: both sides are computed to rounding, and Newton's method stops far
closer than that.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad

from tests.reference import goldens
from walkstats import survival
from walkstats.errors import DataError
from walkstats.regression import ols
from walkstats.results import Counts
from walkstats.survival.accelerated.fits import tests_of_covariates as covariate_tests

CLOSED = {"rtol": 1e-8, "atol": 1e-10}
DEAD = {"time": "time", "event": "status", "event_value": 2}
STATUS = {"time": "time", "event": "status"}
HOME = {"time": "age", "event": "death", "entry": "ageentry"}
NEW = pd.DataFrame({"age": [50, 70], "sex": [1, 2]}, index=["man", "woman"])


@pytest.fixture(scope="module")
def lung():
    return goldens.data("lung.csv")


def fits(lung):
    """One of each model."""
    for name in ("weibull", "log-normal", "log-logistic"):
        yield survival.parametric(lung, "age + sex", family=name, **DEAD)
    yield survival.flexible_parametric(lung, "age + sex", varying="sex", **DEAD)
    yield survival.piecewise_exponential(lung, "age + sex", cuts=[100, 300], **DEAD)


def test_exponential_with_late_entry_is_events_over_time_at_risk():
    home = goldens.data("channing.csv").query("age > ageentry")
    fit = survival.parametric(home, "1", family="exponential", **HOME)
    rate = home["death"].sum() / (home["age"] - home["ageentry"]).sum()
    assert np.isclose(fit.values[0], -np.log(rate), **CLOSED)
    assert np.isclose(fit.std_errors[0], 1.0 / np.sqrt(home["death"].sum()), **CLOSED)


def test_one_period_is_the_exponential_model(lung):
    rates = survival.piecewise_exponential(lung, "age + sex", **DEAD)
    ratios = survival.hazard_ratios(
        survival.parametric(lung, "age + sex", family="exponential", **DEAD)
    )
    assert ratios.terms == rates.terms
    assert np.allclose(ratios.values, rates.values, **CLOSED)
    assert np.allclose(ratios.covariance, rates.covariance, **CLOSED)


def test_periods_without_covariates_have_crude_rates(lung):
    fit = survival.piecewise_exponential(lung, "1", cuts=[100, 300], **DEAD)
    assert np.allclose(np.exp(fit.values), fit.rates["rate"], **CLOSED)
    assert np.allclose(fit.std_errors, 1.0 / np.sqrt(fit.rates["events"]), **CLOSED)


def test_without_censoring_the_log_normal_model_is_least_squares(lung):
    dead = lung[lung["status"] == 2].assign(log_time=lambda d: np.log(d["time"]))
    fit = survival.parametric(dead, "age + sex", family="log-normal", **DEAD)
    line = ols(dead, "log_time ~ age + sex", se="classical")
    assert np.allclose(fit.values[:3], line.values, **CLOSED)
    n, lost = len(dead), line.freedom.value
    assert np.allclose(fit.std_errors[:3], line.std_errors * np.sqrt(lost / n), **CLOSED)
    assert np.isclose(fit.std_errors[3], np.sqrt(0.5 / n), **CLOSED)


def test_one_degree_of_freedom_is_the_weibull_model(lung):
    line = survival.flexible_parametric(lung, "age + sex", df=1, **DEAD)
    weibull = survival.parametric(lung, "age + sex", family="weibull", **DEAD)
    ratios = survival.hazard_ratios(weibull)
    assert np.allclose(line.values[:2], ratios.values[:2], **CLOSED)
    assert np.allclose(line.covariance[:2, :2], ratios.covariance[:2, :2], **CLOSED)
    assert np.isclose(np.log(line.values[3]), ratios.values[3], **CLOSED)
    assert np.isclose(line.log_likelihood, weibull.log_likelihood, **CLOSED)
    assert np.isclose(line.aic, weibull.aic, **CLOSED)
    for quantity in ("survival", "hazard", "cumulative hazard"):
        a, b = (
            survival.predict_parametric(fit, NEW, times=[50, 500], quantity=quantity).frame
            for fit in (line, weibull)
        )
        pd.testing.assert_frame_equal(a, b, rtol=1e-7)
    quantiles = [survival.predict_quantiles(fit, NEW, p=[0.2, 0.5]) for fit in (line, weibull)]
    assert np.allclose(quantiles[0].to_frame().iloc[:, 1:3], quantiles[1].to_frame().iloc[:, 1:3])


def test_three_degrees_of_freedom_are_near_the_cox_model(lung):
    flexible = survival.flexible_parametric(lung, "age + sex", df=3, **DEAD)
    cox = survival.cox(lung, "age + sex", **DEAD)
    assert np.all(np.abs(flexible.values[:2] - cox.values) < 0.1 * cox.std_errors)


def test_short_intervals_are_exact_times(lung):
    width = 1e-5
    event = lung["status"] == 2
    low = lung["time"] * np.where(event, np.exp(-width / 2), 1.0)
    high = np.where(event, lung["time"] * np.exp(width / 2), np.inf)
    near = lung.assign(low=low, high=high)
    for name in ("weibull", "log-normal", "log-logistic"):
        exact = survival.parametric(lung, "age + sex", family=name, **DEAD)
        short = survival.parametric(near, "age + sex", family=name, low="low", high="high")
        assert np.allclose(short.values, exact.values, rtol=1e-5)
        lost = event.sum() * np.log(width) + np.log(lung["time"][event]).sum()
        assert np.isclose(short.log_likelihood, exact.log_likelihood + lost, rtol=1e-7)


def test_predictions_fit_together(lung):
    """Quantiles invert survival, hazards are the slope of what they add up to, limits enclose."""
    for fit in fits(lung):
        median = survival.predict_quantiles(fit, NEW)
        for name in NEW.index:
            at = median.estimate(name)
            assert at.conf_low < at.estimate < at.conf_high
            curve = survival.predict_parametric(fit, NEW.loc[[name]], times=at.estimate)
            assert np.isclose(curve.frame["estimate"].item(), 0.5, **CLOSED)
            assert curve.frame["conf_low"].item() < 0.5 < curve.frame["conf_high"].item()

        def hazard(t, fit=fit):
            one = NEW.head(1)
            return survival.predict_parametric(fit, one, times=t, quantity="hazard").frame[
                "estimate"
            ].item()  # fmt: skip

        grown = survival.predict_parametric(
            fit, NEW.head(1), times=[120, 150], quantity="cumulative hazard"
        ).frame["estimate"]
        assert np.isclose(quad(hazard, 120, 150, limit=10)[0], np.diff(grown).item(), rtol=1e-7)


def test_time_zero_and_beyond_the_data(lung):
    for fit in fits(lung):
        curve = survival.predict_parametric(fit, NEW, times=[0, 2000])
        start = curve.frame[curve.frame["time"] == 0]
        assert (start[["estimate", "conf_low", "conf_high"]] == 1.0).all().all()
        assert (start["std_error"] == 0.0).all()
        assert "Beyond 1022" in curve.notes[-1]
    with pytest.raises(ValueError, match="at least 0"):
        survival.predict_parametric(fit, NEW, times=-1)


def test_hazard_ratio_over_time_of_a_weibull_model_is_flat(lung):
    fit = survival.parametric(lung, "age + sex", family="weibull", **DEAD)
    woman = pd.DataFrame({"age": [50], "sex": [2]}, index=["woman"])
    ratio = survival.hazard_ratio_over_time(fit, woman, reference=NEW.head(1), times=[10, 100, 900])
    constant = survival.hazard_ratios(fit).estimate("sex", ratio=True)
    for column in ("estimate", "conf_low", "conf_high"):
        assert np.allclose(ratio.frame[column], getattr(constant, column), **CLOSED)
    normal = survival.parametric(lung, "age + sex", family="log-normal", **DEAD)
    moves = survival.hazard_ratio_over_time(normal, woman, reference=NEW.head(1), times=[10, 900])
    assert np.ptp(moves.frame["estimate"]) > 0.1


def test_scales_by_stratum_in_predictions():
    veteran = goldens.data("veteran.csv")
    fit = survival.parametric(veteran, "karno", family="weibull", strata="celltype", **STATUS)
    new = pd.DataFrame({"karno": [60, 60], "celltype": [1, 4]})
    median = survival.predict_quantiles(fit, new)
    z = np.log(np.log(2.0))
    location = fit.values[0] + 60 * fit.values[1]
    scales = np.array([fit.scale["1"], fit.scale["4"]])
    assert np.allclose(np.log(median.values), location + z * scales)
    with pytest.raises(DataError, match="no stratum"):
        survival.predict_quantiles(fit, new.assign(celltype=9))


def test_rows_that_nobody_looked_at_are_told_and_change_nothing():
    frame = pd.DataFrame({"low": [0.0, 30, 60, 30, 90], "high": [30, 60, np.inf, 90, np.inf]})
    more = pd.concat([frame, pd.DataFrame({"low": [0.0], "high": [np.inf]})])
    known, all_of_them = (
        survival.parametric(one, "1", family="weibull", low="low", high="high")
        for one in (frame, more)
    )
    np.testing.assert_allclose(all_of_them.values, known.values, rtol=1e-9)
    assert not any("nothing about the event" in note for note in known.notes)
    assert any(note.startswith("1 row says nothing") for note in all_of_them.notes)


def test_cox_snell_residuals_are_the_cumulative_hazard_at_the_end():
    home = goldens.data("channing.csv").query("age > ageentry")
    fit = survival.parametric(home, "gender", family="weibull", **HOME)
    residuals = survival.parametric_residuals(fit, "cox_snell")["cox_snell"]
    shape, rate = 1.0 / fit.scale["all"], np.exp(-fit.values[0] / fit.scale["all"])
    risk = rate * np.exp(-fit.values[1] * home["gender"] / fit.scale["all"])
    grown = risk * (home["age"] ** shape - home["ageentry"].astype(float) ** shape)
    assert np.allclose(residuals, grown, rtol=1e-8)
    assert np.isclose(residuals.sum(), home["death"].sum(), rtol=1e-8)


def test_splines_of_intervals_do_not_depend_on_the_unit():
    """Months, days or years; on a scale of days some libraries fail."""
    looks = goldens.data("bcdeter.csv").assign(high=lambda d: d["upper"].fillna(np.inf))
    fits_ = []
    for factor in (1.0, 30.4375, 1 / 12):
        frame = looks.assign(low=looks["lower"] * factor, high=looks["high"] * factor)
        fits_.append(survival.flexible_parametric(frame, "treat", df=2, low="low", high="high"))
    for fit in fits_[1:]:
        assert np.allclose(fit.values[0], fits_[0].values[0], rtol=1e-7)
        assert np.allclose(fit.std_errors[0], fits_[0].std_errors[0], rtol=1e-7)


@pytest.mark.slow
def test_coverage_with_late_entry():
    """95 % intervals of a Weibull time ratio; the wrong variant takes everybody from time 0."""
    replicates, truth = 400, 0.5
    rng = np.random.default_rng(20240711)
    right = wrong = 0
    for _ in range(replicates):
        arm = rng.integers(0, 2, 600)
        time = np.exp(3.0 + truth * arm) * rng.weibull(1.5, 600)
        # Later recruits of one arm are seen only if still free of the event.
        entry = rng.uniform(0.0, 25.0, 600) * np.where(arm == 1, 1.5, 0.3)
        seen = time > entry
        end = np.minimum(time, entry + rng.uniform(5.0, 60.0, 600))
        frame = pd.DataFrame({"arm": arm, "days": end, "event": end == time, "entry": entry})[seen]
        for late in (True, False):
            fit = survival.parametric(
                frame, "arm", family="weibull", entry="entry" if late else None
            )
            found = fit.estimate("arm")
            covered = found.conf_low <= truth <= found.conf_high
            right, wrong = right + (late and covered), wrong + (not late and covered)
    margin = 3.29 * np.sqrt(0.95 * 0.05 / replicates)
    assert abs(right / replicates - 0.95) <= margin
    assert abs(wrong / replicates - 0.95) > margin


def test_a_singular_robust_variance_has_no_wald_test() -> None:
    """Few rows that differ give one direction for two coefficients."""
    tests = covariate_tests(np.array([1.0, 2.0]), np.ones((2, 2)), 1.5, "", Counts(4, 4, 4), "")
    assert np.isnan(tests["wald"].statistic)
    assert np.isnan(tests["wald"].p_value)
    assert tests["likelihood_ratio"].statistic == 3.0
