"""How a search ended, in words, and what is refused."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from walkstats import survival
from walkstats.errors import DataError, FitError

FAMILIES = ["exponential", "weibull", "log-normal", "log-logistic", "gaussian", "logistic"]


def trial(**columns):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "participant_id": [f"p{k}" for k in range(40)],
            "arm": np.repeat(["usual", "walking"], 20),
            "days": np.round(rng.exponential(50, 40) + 1, 1),
            "event": rng.random(40) < 0.7,
            "age": rng.normal(50, 10, 40),
        }
    )
    return frame.assign(**columns)


def one_arm_without_events(arm):
    frame = trial()
    return frame.assign(event=frame["event"] & (frame["arm"] != arm))


@pytest.mark.parametrize("family", FAMILIES)
def test_arm_without_events_is_infinite_with_a_profile_interval(family):
    fit = survival.parametric(one_arm_without_events("walking"), "arm + age", family=family)
    assert fit.state == "infinite"
    arm = fit.estimate("arm[walking]")
    assert arm.estimate == np.inf
    assert np.isnan(arm.std_error)
    assert arm.conf_high == np.inf
    assert np.isfinite(arm.conf_low)
    assert "no finite estimate" in " ".join(fit.notes)
    # The others are those of the arm that has events, which alone says anything about them.
    alone = survival.parametric(
        one_arm_without_events("walking").query("arm == 'usual'"), "age", family=family
    )
    keep = [k for k, term in enumerate(fit.terms) if term != "arm[walking]"]
    assert np.allclose(fit.values[keep], alone.values, rtol=1e-6, atol=1e-7)
    assert np.allclose(fit.std_errors[keep], alone.std_errors, rtol=1e-5)
    assert np.isclose(fit.log_likelihood, alone.log_likelihood, rtol=1e-9)


def test_profile_limit_is_where_the_likelihood_has_dropped():
    frame = one_arm_without_events("walking")
    fit = survival.parametric(frame, "arm", family="weibull")
    frame["held"] = fit.limits[1, 0] * (frame["arm"] == "walking")
    held = survival.parametric(frame, "1", family="weibull", offset="held")
    assert np.isclose(2.0 * (fit.log_likelihood - held.log_likelihood), 1.959964**2, rtol=1e-5)


def test_reference_arm_without_events():
    fit = survival.parametric(one_arm_without_events("usual"), "arm", family="log-logistic")
    assert fit.values[:2].tolist() == [np.inf, -np.inf]
    assert np.isinf(fit.limits[1, 0])
    ratios = survival.flexible_parametric(one_arm_without_events("walking"), "arm", df=2)
    assert ratios.state == "infinite"
    assert ratios.estimate("arm[walking]", ratio=True).estimate == 0.0
    rates = survival.piecewise_exponential(one_arm_without_events("walking"), "arm", cuts=40)
    assert rates.values[0] == -np.inf
    for wild in (fit, ratios, rates):
        with pytest.raises(FitError, match="no finite estimate"):
            survival.predict_parametric(wild, trial())


def test_hazard_ratio_of_an_infinite_time_ratio():
    ratios = survival.hazard_ratios(
        survival.parametric(one_arm_without_events("walking"), "arm + age", family="weibull")
    )
    assert ratios.values[0] == -np.inf
    assert np.isnan(ratios.std_errors[0])
    assert np.isfinite(ratios.std_errors[1:]).all()


@pytest.mark.parametrize("family", FAMILIES[1:])
def test_everybody_at_one_time_or_in_one_interval(family):
    with pytest.raises(FitError, match="no bound"):
        survival.parametric(trial(days=6.0, event=1), "arm", family=family)
    together = trial().assign(low_days=5.0, high_days=10.0).drop(columns="days")
    fit = survival.parametric(together, "arm", family=family)
    assert fit.state == "boundary"
    assert fit.values[-1] == -np.inf
    assert "shrinks to 0" in " ".join(fit.notes)
    assert np.isclose(fit.log_likelihood, 0.0, atol=1e-8)


def test_times_that_tell_nothing():
    looks = pd.DataFrame(
        {
            "low_days": [0, 0, 0, 0, 20, 30, 40, 50.0],
            "high_days": [41, 42, 43, 45, np.inf, np.inf, np.inf, np.inf],
        }
    )
    late = looks.assign(high_days=[11, 12, 13, 15, np.inf, np.inf, np.inf, np.inf])
    assert survival.parametric(looks, "1", family="weibull").state == "converged"
    fit = survival.parametric(late, "1", family="weibull")
    assert fit.state == "infinite"
    assert fit.scale["all"] == np.inf


def test_rows_without_follow_up_say_nothing():
    frame = trial()
    nobody = frame.head(2).assign(days=0.0, event=False, participant_id=["a", "b"])
    with_zero = pd.concat([frame, nobody])
    for model, options in (
        (survival.parametric, {"family": "log-normal"}),
        (survival.flexible_parametric, {"df": 2}),
        (survival.piecewise_exponential, {"cuts": 30}),
    ):
        fit, same = model(frame, "arm", **options), model(with_zero, "arm", **options)
        assert np.allclose(fit.values, same.values, rtol=1e-8, atol=1e-10)
        assert np.allclose(fit.std_errors, same.std_errors, rtol=1e-8)
        assert same.counts.used == 42
        assert "not at risk" in " ".join(same.notes)


def test_nearly_collinear_covariates_are_named():
    noise = np.random.default_rng(0).normal(size=40)
    fit = survival.parametric(
        trial(other=lambda d: d["age"] + 1e-6 * noise), "age + other", family="weibull"
    )
    assert fit.state == "converged"
    assert "nearly collinear" in fit.notes[-1]
    assert "There is one event only" in " ".join(
        survival.parametric(trial(event=np.arange(40) == 3), "1", family="weibull").notes
    )


def of(model, frame, formula="arm", **options):
    return lambda: getattr(survival, model)(frame, formula, **options)


WEIBULL = {"family": "weibull"}
LOOKS = {"low": "low", "high": "high", **WEIBULL}


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (of("parametric", trial(), family="lognormal"), ValueError, "Did you mean 'log-normal'"),
        (of("parametric", trial(), scale=-1, **WEIBULL), ValueError, "above 0"),
        (of("parametric", trial(), family="exponential", scale=2), ValueError, "fixed at 1"),
        (of("parametric", trial(), strata="arm", scale=1, **WEIBULL), ValueError, "own"),
        (of("parametric", trial(), low="low", **WEIBULL), ValueError, "come together"),
        (of("parametric", trial(), cluster="arm", robust=False, **WEIBULL), ValueError, "robust"),
        (of("parametric", trial(), "arm + days", **WEIBULL), ValueError, "covariate as well"),
        (of("parametric", trial(), "days ~ arm", **WEIBULL), ValueError, "left side"),
        (of("parametric", trial(), level=95, **WEIBULL), ValueError, "0.95"),
        (of("parametric", trial(event=0), **WEIBULL), FitError, "No events"),
        (of("parametric", trial(age=1.0), "age", **WEIBULL), FitError, "constant"),
        (of("parametric", trial(b=lambda d: 2 * d["age"]), "age + b", **WEIBULL), FitError, "coll"),
        (of("parametric", trial(days=0.0), **WEIBULL), DataError, "time 0"),
        (of("parametric", trial(days=np.inf), **WEIBULL), DataError, "infinite"),
        (of("parametric", trial(days=-1.0), **WEIBULL), DataError, "negative"),
        (of("parametric", trial(event=2), **WEIBULL), DataError, "event_value"),
        (of("parametric", trial(participant_id="one"), **WEIBULL), DataError, "repeats"),
        (of("parametric", trial(low=9, high=5.0), **LOOKS), DataError, "lies after"),
        (of("parametric", trial(low=1, high=np.nan), **LOOKS), DataError, "infinite in none"),
        (of("parametric", trial(low=1, high="x"), **LOOKS), DataError, "no numbers"),
        (of("parametric", trial(low=np.inf, high=np.inf), **LOOKS), DataError, "low end"),
        (of("parametric", trial(low=0.0, high=5.0), **LOOKS), FitError, "lower end"),
        (of("parametric", trial(low=1, high=5.0), time="days", **LOOKS), ValueError, "not both"),
        (of("flexible_parametric", trial(), df=6), ValueError, "from 1 to 5"),
        (of("flexible_parametric", trial(), df=True), ValueError, "from 1 to 5"),
        (of("flexible_parametric", trial(), varying="age"), ValueError, "varying"),
        (of("flexible_parametric", trial(days=6.0), df=3), DataError, "too few"),
        (of("flexible_parametric", trial(days=6.0, event=1), df=1), FitError, "tell"),
        (of("flexible_parametric", trial(event=1).iloc[17:23], df=5), FitError, "tell"),
        (of("piecewise_exponential", trial(), cuts=[5, 5]), ValueError, "increase"),
        (of("piecewise_exponential", trial(), cuts=1e4), DataError, "nobody is at risk"),
        (of("piecewise_exponential", trial(days=0.0)), DataError, "at risk"),
    ],
)
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_refusals_after_the_fit():
    fit = survival.parametric(trial(), "arm", family="log-normal")
    with pytest.raises(ValueError, match="not proportional"):
        survival.hazard_ratios(fit)
    with pytest.raises(ValueError, match="each stratum"):
        survival.hazard_ratios(survival.parametric(trial(), "age", strata="arm", **WEIBULL))
    with pytest.raises(ValueError, match="must come from"):
        survival.predict_parametric(survival.cox(trial(), "arm"), trial())
    with pytest.raises(DataError, match="yoga"):
        survival.predict_parametric(fit, pd.DataFrame({"arm": ["yoga"]}))
    with pytest.raises(DataError, match="lack"):
        survival.predict_quantiles(fit, pd.DataFrame({"age": [1]}))
    with pytest.raises(ValueError, match="between 0 and 1"):
        survival.predict_quantiles(fit, trial(), p=1.5)
    with pytest.raises(ValueError, match="one row"):
        survival.hazard_ratio_over_time(fit, trial(), reference=trial())
    with pytest.raises(ValueError, match="kind"):
        survival.parametric_residuals(fit, "pearson")
    looks = trial(low=lambda d: d["days"], high=lambda d: d["days"] + 9)
    with pytest.raises(ValueError, match="no time"):
        survival.parametric_residuals(survival.parametric(looks, "arm", **LOOKS), "martingale")


def test_intervals_are_found_by_their_names_and_missing_ends_are_counted():
    looks = pd.DataFrame(
        {"low_days": [0, 30, 60, 90, 30, 5.0], "high_days": [30, 60, np.inf, np.inf, 60, np.nan]}
    )
    looks.attrs["source"] = "synthetic: typed in"
    fit = survival.parametric(looks, "1", family="weibull")
    assert fit.counts.left_out == {"high_days missing": 1}
    assert fit.counts.events == 3
    assert fit.source == "synthetic: typed in"
    assert "1 left-censored, 2 interval-censored" in fit.method
    with pytest.raises(ValueError, match="Say which"):
        survival.parametric(looks.assign(days=1.0, event=1), "1", family="weibull")


def test_inputs_are_not_changed_and_results_can_be_pickled():
    frame = trial()
    before = frame.copy()
    fit = survival.flexible_parametric(frame, "arm", df=2)
    pd.testing.assert_frame_equal(frame, before)
    again = pickle.loads(pickle.dumps(fit))
    assert np.array_equal(again.values, fit.values)
    assert not fit.covariance.flags.writeable
    assert "29 events" in str(fit) or "events among 40" in str(fit)
