"""The log-rank family against direct loops, Cox's robust score test, a book, and at its edges.

Loops and kernels run the same sums in another order: 1e-9 relative. Books: the digits they print.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from tests.reference import goldens
from tests.relations import costly_relation
from tests.survival.small_trials import tied_trials, untied_trials
from tests.survival.test_curves import FREIREICH, freireich
from walkstats.errors import DataError

SAME_SUMS = 1e-9


def slow_log_rank(
    frame: pd.DataFrame, rho: float, gamma: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Observed, expected and variance of walking: one 2 by 2 table a time, stratum by stratum."""
    observed = expected = variance = 0.0
    for _, stratum in frame.groupby("site"):
        walking = (stratum["arm"] == "walking").to_numpy()
        days, event = stratum["days"].to_numpy(), stratum["event"].to_numpy()
        before = 1.0
        for t in sorted(set(days[event == 1])):
            at_risk, events = days >= t, (days == t) & (event == 1)
            n, d, n1 = at_risk.sum(), events.sum(), (at_risk & walking).sum()
            w = before**rho * (1 - before) ** gamma
            observed += w * (events & walking).sum()
            expected += w * d * n1 / n
            if n > 1:
                variance += w**2 * d * (n1 / n) * (1 - n1 / n) * (n - d) / (n - 1)
            before *= 1 - d / n
    return observed, expected, variance


@given(tied_trials, st.sampled_from([(0, 0), (1, 0), (0, 1), (0.5, 2)]))
def test_slow_twin(frame: pd.DataFrame, weights: tuple[float, float]) -> None:
    rho, gamma = weights
    test = ws.survival.log_rank(frame, "arm", strata="site", rho=rho, gamma=gamma)
    observed, expected, variance = slow_log_rank(frame, rho, gamma)
    walking = test.parts["groups"].set_index("group").loc["walking"]
    np.testing.assert_allclose(walking["observed"], observed, rtol=SAME_SUMS, atol=1e-12)
    np.testing.assert_allclose(walking["expected"], expected, rtol=SAME_SUMS, atol=1e-12)
    np.testing.assert_allclose(test.parts["covariance"][1, 1], variance, rtol=SAME_SUMS, atol=1e-12)
    if variance > 1e-9:
        statistic = (observed - expected) ** 2 / variance
        np.testing.assert_allclose(test.statistic, statistic, rtol=1e-7, atol=1e-12)


def slow_influences(frame: pd.DataFrame) -> np.ndarray:
    """Each person's part in the weighted score of walking, one event time after another."""
    parts = np.zeros(len(frame))
    for _, stratum in frame.reset_index(drop=True).groupby("site"):
        walking = (stratum["arm"] == "walking").to_numpy().astype(float)
        days, event, w = (stratum[name].to_numpy() for name in ("days", "event", "w"))
        for t in sorted(set(days[event == 1])):
            at_risk, events = days >= t, (days == t) & (event == 1)
            share = (w * at_risk * walking).sum() / (w * at_risk).sum()
            hazard = (w * events).sum() / (w * at_risk).sum()
            parts[stratum.index] += w * (walking - share) * (events - at_risk * hazard)
    return parts


@given(tied_trials, st.booleans())
def test_slow_twin_of_the_robust_variance(frame: pd.DataFrame, clustered: bool) -> None:
    frame["w"] = 0.5 + np.arange(len(frame)) % 3
    frame["pair"] = np.arange(len(frame)) // 2
    cluster = {"cluster": "pair"} if clustered else {}
    test = ws.survival.log_rank(frame, "arm", weights="w", strata="site", **cluster)
    parts = slow_influences(frame)
    sums = np.bincount(frame["pair"], parts) if clustered else parts
    np.testing.assert_allclose(test.parts["score"][1], parts.sum(), rtol=SAME_SUMS, atol=1e-12)
    variance = test.parts["covariance"][1, 1]
    if np.isnan(variance):
        assert clustered
        assert any("belongs to one cluster of pair" in note for note in test.notes)
        return
    np.testing.assert_allclose(variance, (sums**2).sum(), rtol=SAME_SUMS, atol=1e-12)
    assert "robust variance" in test.method


@pytest.mark.parametrize("cluster", [None, "inst"])
def test_robust_score_test_of_cox(cluster: str | None) -> None:
    """With case weights and clusters the test is Cox's robust score test with Breslow ties."""
    lung = goldens.data("lung.csv").dropna(subset=["inst"])
    lung["w"] = np.where(lung["age"] > 65, 1.5, 0.75)
    columns = {"time": "time", "event": "status", "event_value": 2, "weights": "w"}
    test = ws.survival.log_rank(lung, "sex", strata="ph_ecog", cluster=cluster, **columns)
    fit = ws.survival.cox(
        lung, "sex", strata="ph_ecog", ties="breslow", cluster=cluster, robust=True, **columns
    )
    np.testing.assert_allclose(test.statistic, fit.tests["robust_score"].statistic, rtol=1e-8)


def test_book_statistic() -> None:
    """Leukaemia in remission: Kleinbaum and Klein (2012), chapter 2, print 16.793."""
    test = ws.survival.log_rank(freireich(), "arm", **FREIREICH)
    assert test.statistic == pytest.approx(16.793, abs=5e-4)
    assert test.parts["groups"]["observed"].tolist() == [21, 9]
    np.testing.assert_allclose(test.parts["groups"]["expected"], [10.75, 19.25], atol=5e-3)


@costly_relation
@given(untied_trials)
def test_three_copies_as_strata_hold_three_times_the_information(frame: pd.DataFrame) -> None:
    one = ws.survival.log_rank(frame, "arm")
    copies = [
        frame.assign(days=frame["days"] * (k + 1), copy=k, participant_id=None) for k in range(3)
    ]
    three = ws.survival.log_rank(pd.concat(copies), "arm", strata="copy", subject=None)
    np.testing.assert_allclose(three.statistic, 3 * one.statistic, rtol=SAME_SUMS, atol=1e-12)


def test_all_events_at_one_time() -> None:
    frame = pd.DataFrame({"days": [6] * 6, "event": 1, "arm": list("aaabbb")})
    test = ws.survival.log_rank(frame, "arm")
    assert np.isnan(test.statistic)
    assert np.isnan(test.p_value)
    assert "All events happen at one time: variance zero, the test is not defined." in test.notes
    assert "hazard_ratios" not in test.parts


def test_no_events() -> None:
    frame = pd.DataFrame({"days": [1, 2, 3, 4], "event": 0, "arm": list("aabb")})
    test = ws.survival.log_rank(frame, "arm")
    assert np.isnan(test.p_value)
    assert "No events: nothing to test." in test.notes


def test_one_group_is_refused() -> None:
    frame = pd.DataFrame({"days": range(1, 101), "event": 1, "arm": "walk"})
    with pytest.raises(DataError, match=r"comparison needs 2 groups, found 1 \(walk, n=100\)"):
        ws.survival.log_rank(frame, "arm")


def test_missing_group_adds_no_degree_of_freedom() -> None:
    frame = pd.DataFrame(
        {"days": range(1, 9), "event": 1, "arm": ["a", "b", "a", "b", "a", "b", "a", None]}
    )
    test = ws.survival.log_rank(frame, "arm")
    assert test.df == 1
    assert test.counts is not None
    assert test.counts.left_out == {"arm missing": 1}


def test_group_that_leaves_before_any_event() -> None:
    frame = pd.DataFrame(
        {
            "days": [1, 1, 5, 6, 7, 8],
            "event": [0, 0, 1, 1, 1, 1],
            "arm": ["c", "c", "a", "b", "a", "b"],
        }
    )
    test = ws.survival.log_rank(frame, "arm")
    two = ws.survival.log_rank(frame[frame["arm"] != "c"], "arm")
    assert test.df == 1
    assert test.statistic == pytest.approx(two.statistic)
    assert any("never at risk at an event: c" in note for note in test.notes)


def test_strata_that_keep_groups_apart() -> None:
    frame = pd.DataFrame(
        {
            "days": range(1, 13),
            "event": 1,
            "arm": list("ababab") + list("cdcdcd"),
            "site": [1] * 6 + [2] * 6,
        }
    )
    test = ws.survival.log_rank(frame, "arm", strata="site")
    assert test.df == 2
    assert any("some groups are never at risk together" in note for note in test.notes)


def test_trend_needs_a_score_for_each_group() -> None:
    frame = pd.DataFrame({"days": range(1, 10), "event": 1, "dose": [1, 2, 3] * 3})
    with pytest.raises(ValueError, match="3 numbers"):
        ws.survival.log_rank(frame, "dose", scores=[1, 2])
    with pytest.raises(ValueError, match="name each group once"):
        ws.survival.log_rank(frame, "dose", scores={"1": 1, "2": 2})
    with pytest.raises(ValueError, match="not all the same"):
        ws.survival.log_rank(frame, "dose", scores=[1, 1, 1])
    shifted = [
        ws.survival.log_rank(frame, "dose", scores=s).statistic for s in ([1, 2, 3], [0, 10, 20])
    ]
    assert shifted[0] == pytest.approx(shifted[1])


def test_weights_are_given_once() -> None:
    with pytest.raises(ValueError, match="not both"):
        ws.survival.log_rank(freireich(), "arm", rho=1, weighting="gehan", **FREIREICH)
    with pytest.raises(ValueError, match="at least 0"):
        ws.survival.log_rank(freireich(), "arm", rho=-1, **FREIREICH)
    with pytest.raises(ValueError, match="by must name"):
        ws.survival.log_rank(freireich(), None, **FREIREICH)


def test_events_coded_one_and_two_are_refused() -> None:
    frame = freireich().assign(relapse=lambda f: f["relapse"] + 1)
    with pytest.raises(DataError, match="event_value"):
        ws.survival.log_rank(frame, "arm", **FREIREICH)
    coded = ws.survival.log_rank(frame, "arm", event_value=2, **FREIREICH)
    assert coded.statistic == pytest.approx(16.793, abs=5e-4)


def test_pair_without_events_is_missing() -> None:
    frame = pd.DataFrame(
        {"days": range(1, 13), "event": [1, 0, 0] * 4, "arm": list("abcabcabcabc")}
    )
    pairs = ws.survival.log_rank_pairs(frame, "arm").set_index(["group", "reference"])
    assert np.isnan(pairs.loc[("c", "b"), "p_adjusted"])
    assert pairs["p_adjusted"].notna().sum() == 2


@given(untied_trials)
def test_one_step_ratio_of_doubled_rows(frame: pd.DataFrame) -> None:
    """Every row twice, clustered by person: nothing new is known, so nothing may change."""
    frame = frame.assign(copy_of=np.arange(len(frame)))
    single = ws.survival.log_rank(frame, "arm", robust=True).parts
    twice = pd.concat([frame, frame], ignore_index=True)
    doubled = ws.survival.log_rank(twice, "arm", cluster="copy_of", subject=None).parts
    plain = ws.survival.log_rank(frame, "arm").parts
    if any("hazard_ratios" not in parts for parts in (single, plain, doubled)):
        return  # no events, or an arm of one person
    values = single["hazard_ratios"].values
    np.testing.assert_allclose(values, plain["hazard_ratios"].values, rtol=SAME_SUMS, atol=1e-12)
    np.testing.assert_allclose(doubled["hazard_ratios"].values, values, rtol=SAME_SUMS, atol=1e-12)
    np.testing.assert_allclose(
        doubled["hazard_ratios"].covariance, single["hazard_ratios"].covariance, rtol=1e-7
    )
