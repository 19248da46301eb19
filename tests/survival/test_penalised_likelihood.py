"""Firth's penalty: finite where the likelihood is not, and the same whichever way it is asked."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.relations import examples
from walkstats.survival import cox, profile_intervals
from walkstats.survival.partial_likelihood import Evaluation, evaluate
from walkstats.survival.penalised_likelihood import evaluate_penalised, maximise_penalised
from walkstats.survival.risk_set_sums import sort_covariates
from walkstats.survival.risk_sets import sort_risk_sets

# A central difference with step 1e-5 of a value near 50 keeps about eight digits.
DIFFERENCE = 1e-6
# The search ends where a step is 1e-6 of a standard error.
SEARCH = 1e-6


def trial(seed, n=24):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "arm": np.where(np.arange(n) % 2 == 0, "control", "walking"),
            "age": rng.normal(50, 8, n),
            "days": rng.integers(1, 8, n) * 30.0,
            "event": rng.random(n) < 0.6,
        }
    )
    return frame.assign(event=frame["event"] | (np.arange(n) == 0))


@given(seed=st.integers(0, 10_000), ties=st.sampled_from(["efron", "breslow"]))
def test_the_score_is_the_slope_of_the_penalised_likelihood(seed, ties):
    """The likelihood and its information from the other kernel, differences for the slope."""
    rng = np.random.default_rng(seed)
    n = 16
    X, stop = rng.normal(size=(n, 2)), rng.integers(1, 6, n).astype(float)
    event = rng.random(n) < 0.7
    event[:3] = True
    start = np.maximum(stop - rng.integers(1, 5, n), 0.0) if seed % 2 else None
    sets = sort_risk_sets(start, stop, event)
    beta = rng.normal(scale=0.5, size=2)

    def value(b):
        plain = evaluate(b, X, sets, None, ties)
        return plain.log_likelihood + 0.5 * np.linalg.slogdet(plain.information)[1]

    if np.linalg.cond(evaluate(beta, X, sets, None, ties).information) > 1e4:
        return
    found = evaluate_penalised(beta, sort_covariates(X, sets, None, ties))
    assert found.log_likelihood == pytest.approx(value(beta), rel=1e-10)
    steps = 1e-5 * np.eye(2)
    slope = [(value(beta + h) - value(beta - h)) / 2e-5 for h in steps]
    np.testing.assert_allclose(found.score, slope, rtol=DIFFERENCE, atol=1e-5)


@pytest.mark.parametrize(("treated", "control"), [(1, 1), (3, 5), (10, 2)])
def test_one_event_in_closed_form(treated, control):
    """With p the event's share of the risk, 1.5 log p + 0.5 log(1 - p) is largest at 3/4."""
    n = treated + control
    frame = pd.DataFrame({"x": np.arange(n) < treated, "days": 5.0, "event": np.arange(n) == 0})
    frame["days"] = np.where(frame["event"], 3.0, 5.0)
    fit = cox(frame.assign(x=frame["x"].astype(float)), "x", penalty="firth")
    assert fit.values[0] == pytest.approx(np.log(3 * control / treated), rel=SEARCH, abs=1e-9)
    largest = 1.5 * np.log(0.75) + 0.5 * np.log(0.25) - np.log(treated)
    assert fit.log_likelihood == pytest.approx(largest, rel=1e-12)
    assert fit.std_errors[0] == pytest.approx(1 / np.sqrt(0.75 * 0.25), rel=SEARCH)


def test_no_events_in_one_arm_gives_a_finite_ratio():
    frame = trial(3)
    frame["event"] &= frame["arm"] == "control"
    plain, firth = cox(frame, "arm"), cox(frame, "arm", penalty="firth")
    assert plain.state == "infinite"
    assert firth.state == "converged"
    assert -10 < firth.values[0] < 0
    assert firth.limits[0, 0] < firth.values[0] < firth.limits[0, 1]
    assert "Firth" in firth.method
    assert set(firth.tests) == {"likelihood_ratio", "wald"}
    assert profile_intervals(plain).limits[0, 1] == pytest.approx(plain.limits[0, 1], rel=1e-8)


@examples(10, 40)  # each is two searches with eight profile limits
@given(seed=st.integers(0, 500))
def test_scale_and_reference_change_nothing(seed):
    frame = trial(seed)
    moved = frame.assign(
        age=3 - 2 * frame["age"],
        arm=pd.Categorical(frame["arm"], ["walking", "control"]),
        days=frame["days"] / 365.25,
    )
    one = cox(frame.sample(frac=1, random_state=seed), "arm + age", penalty="firth")
    other = cox(moved, "arm + age", penalty="firth")
    np.testing.assert_allclose(other.values, one.values / [-1, -2], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(other.std_errors, one.std_errors / [1, 2], rtol=1e-4)


def test_the_profile_lies_below_its_edge_just_outside_the_limits():
    frame = trial(5, 40)
    fit = cox(frame, "arm + age")
    low, high = profile_intervals(fit, "arm", level=0.9).limits[0]
    walking = (frame["arm"] == "walking").astype(float)
    for limit in (low, high):
        held = cox(frame.assign(held=limit * walking), "age", offset="held")
        drop = 2 * (fit.log_likelihood - held.log_likelihood)
        assert drop == pytest.approx(2.705543454, rel=1e-7)
    assert profile_intervals(fit, ["age"]).terms == ("age",)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ties": "exact"}, "exact"),
        ({"robust": True}, "robust"),
        ({"weights": "age"}, "case weights"),
        ({"penalty": "ridge"}, "penalty"),
    ],
)
def test_what_cannot_be_combined_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        cox(trial(1), "arm", **({"penalty": "firth"} | options))


def test_a_robust_fit_has_no_profile():
    with pytest.raises(ValueError, match="robust"):
        profile_intervals(cox(trial(1), "arm", robust=True))
    with pytest.raises(ValueError, match="No term"):
        profile_intervals(cox(trial(1), "arm"), "sex")


def test_where_nothing_is_left_of_the_information_the_search_ends() -> None:
    """Far out a profile may come to an information that is rounding alone."""
    indefinite = np.array([[1.0, 2.0], [2.0, 1.0]])
    for information in (indefinite, np.zeros((2, 2))):
        plain = Evaluation(0.0, np.zeros(2), information)
        found = maximise_penalised(lambda _, plain=plain: plain, np.zeros(2))
        np.testing.assert_array_equal(found.values, 0.0)
