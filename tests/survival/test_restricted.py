"""Restricted means against direct loops, leaving one out, and at their edges."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from tests.survival.small_trials import tied_trials


def slow_mean(days: np.ndarray, event: np.ndarray, tau: float) -> tuple[float, float]:
    """Area under the curve and its variance, box by box."""
    times, survival, boxes, terms = sorted(set(days[days <= tau])), 1.0, [], []
    edges = [0.0, *times, tau]
    heights = [1.0]
    for t in times:
        n, d = np.sum(days >= t), np.sum((days == t) & (event == 1))
        survival *= 1 - d / n
        heights.append(survival)
        terms.append(d / (n * (n - d)) if n > d else 0.0)
    boxes = [h * (b - a) for h, a, b in zip(heights, edges[:-1], edges[1:], strict=True)]
    variance = sum(sum(boxes[j + 1 :]) ** 2 * term for j, term in enumerate(terms))
    return sum(boxes), variance


@given(tied_trials, st.floats(0.25, 15))
def test_slow_twin(frame: pd.DataFrame, tau: float) -> None:
    means = ws.survival.restricted_means(frame, "arm", tau=tau, extend=True)
    for k, (_, rows) in enumerate(frame.groupby("arm", observed=True)):
        mean, variance = slow_mean(rows["days"].to_numpy(), rows["event"].to_numpy(), tau)
        np.testing.assert_allclose(means.by_group.values[k], mean, rtol=1e-12)
        # A variance of 0 is no certainty: it is not given.
        known = variance if variance > 0 else np.nan
        np.testing.assert_allclose(means.by_group.covariance[k, k], known, rtol=1e-9, atol=1e-15)


@given(tied_trials)
def test_the_jackknife_agrees_with_greenwood(frame: pd.DataFrame) -> None:
    plain, robust = (
        ws.survival.restricted_means(frame, "arm", tau=9, extend=True, robust=robust)
        for robust in (False, True)
    )
    np.testing.assert_allclose(
        plain.by_group.covariance, robust.by_group.covariance, rtol=1e-9, atol=1e-12
    )


def test_clusters_across_groups_covary() -> None:
    """Twins, one in each arm, with the same outcome: their difference has no variance."""
    days = np.array([3, 5, 8, 9, 12, 14.0])
    twins = pd.DataFrame(
        {
            "days": np.tile(days, 2),
            "event": 1,
            "arm": np.repeat(["control", "walking"], 6),
            "pair": np.tile(range(6), 2),
        }
    )
    means = ws.survival.restricted_means(twins, "arm", tau=10, cluster="pair")
    assert means.difference.estimate("arm[walking]").std_error == pytest.approx(0, abs=1e-7)
    assert means.by_group.std_errors[0] > 0.5


def test_the_error_is_that_of_the_mean_and_not_of_the_times() -> None:
    """lifelines' return_variance=True is Var(min(T, tau)), larger by about the number of people."""
    rng = np.random.default_rng(3)
    days = rng.exponential(10, 400)
    frame = pd.DataFrame({"days": days, "event": 1})
    error = ws.survival.restricted_means(frame, tau=20).by_group.std_errors[0]
    assert error == pytest.approx(np.minimum(days, 20).std() / 20, rel=1e-9)


def test_horizon_beyond_follow_up_names_the_largest() -> None:
    frame = pd.DataFrame(
        {"days": [10, 20, 30, 40], "event": [1, 0, 1, 0], "arm": ["a", "a", "b", "b"]}
    )
    with pytest.raises(ValueError, match=r"arm = a, which ends at 20 .* largest tau .* is 20"):
        ws.survival.restricted_means(frame, "arm", tau=30)
    extended = ws.survival.restricted_means(frame, "arm", tau=30, extend=True)
    assert extended.by_group.values.tolist() == [20, 30]
    assert "Follow-up ends before 30 in: a." in extended.notes


@pytest.mark.parametrize("tau", [0, -5, np.nan, np.inf, "a year", None])
def test_horizons_that_make_no_sense(tau: object) -> None:
    frame = pd.DataFrame({"days": [10, 20], "event": 1})
    with pytest.raises(ValueError, match="tau must be"):
        ws.survival.restricted_means(frame, tau=tau)


@pytest.mark.parametrize("options", [{}, {"robust": True}])
def test_an_arm_without_events_is_no_certainty(options: dict[str, bool]) -> None:
    days = [10, 20, 30, 40, 50, 12, 24, 40, 48, 50]
    event = [1, 1, 0, 1, 0, 0, 0, 0, 1, 0]
    frame = pd.DataFrame({"days": days, "event": event, "arm": ["a"] * 5 + ["b"] * 5})
    means = ws.survival.restricted_means(frame, "arm", tau=45, **options)
    own = means.by_group.estimate("b")
    assert own.estimate == 45
    lost, change = means.time_lost.estimate("b"), means.difference.estimate("arm[b]")
    ratio = means.ratio.estimate("arm[b]")
    assert change.estimate > 0
    for one in (own, lost, change, ratio, means.time_lost_ratio.estimate("arm[b]")):
        assert np.isnan([one.std_error, one.conf_low, one.conf_high]).all()
        assert np.isnan(one.p_value)
    assert np.isfinite(means.by_group.estimate("a").conf_low)
    assert "arm = b: no event before 45; its variance cannot be estimated." in means.notes
    said = ws.tables.sentence(means.difference, "arm[b]", unit="days")
    assert "no confidence interval can be given" in said
    later = ws.survival.restricted_means(frame, "arm", tau=50, **options)
    assert np.isfinite(later.difference.estimate("arm[b]").p_value)


@pytest.mark.parametrize("options", [{}, {"robust": True}])
def test_events_all_at_one_time_are_no_certainty_either(options: dict[str, bool]) -> None:
    frame = pd.DataFrame({"days": [7, 7, 7, 3, 7, 9], "event": 1, "arm": list("aaabbb")})
    means = ws.survival.restricted_means(frame, "arm", tau=8, **options)
    assert np.isnan(means.by_group.std_errors).tolist() == [True, False]
    assert "arm = a: all its events at one time; its variance cannot be estimated." in means.notes


def test_one_group_has_no_contrasts() -> None:
    means = ws.survival.restricted_means(pd.DataFrame({"days": [10, 20], "event": 1}), tau=15)
    assert means.by_group.terms == ("all",)
    assert means.difference.terms == ()
    assert set(means.to_frame()["measure"]) == {"restricted mean", "mean time lost"}


def test_nobody_loses_time() -> None:
    frame = pd.DataFrame({"days": [9] * 4, "event": 0, "arm": list("aabb")})
    means = ws.survival.restricted_means(frame, "arm", tau=9)
    assert means.difference.estimate("arm[b]").estimate == 0
    assert np.isnan(means.time_lost_ratio.estimate("arm[b]").estimate)


def test_time_lost_is_the_rest() -> None:
    frame = pd.DataFrame({"days": [2, 4, 6, 8], "event": 1, "arm": list("abab")})
    means = ws.survival.restricted_means(frame, "arm", tau=7)
    np.testing.assert_allclose(means.by_group.values + means.time_lost.values, 7)
    gap, lost = means.difference.estimate("arm[b]"), means.time_lost.contrast([-1, 1])
    assert gap.estimate == pytest.approx(-lost.estimate)
    assert "days" in means.method
    assert "Contrasts are with arm = a." in means.method
