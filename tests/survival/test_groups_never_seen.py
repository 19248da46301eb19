"""Groups of which nobody is at risk, or every row is left out: named, and never given a number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from walkstats.errors import DataError

WAITING = "arm = waiting: nobody is at risk at any time."


@pytest.fixture(name="frame")
def trial_with_an_arm_without_follow_up() -> pd.DataFrame:
    """Ten in each of three arms; whoever waits leaves on the day of entry."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "participant_id": np.arange(30),
            "arm": pd.Categorical(np.repeat(["waiting", "control", "walking"], 10)),
            "days": rng.integers(1, 9, 30).astype(float),
            "event": rng.integers(0, 2, 30),
            "entry": 0.0,
        }
    )
    frame.loc[:9, "entry"] = frame.loc[:9, "days"]
    frame.loc[:9, "event"] = 0
    return frame


def test_curves_and_comparisons_at_a_day(frame: pd.DataFrame) -> None:
    curve = ws.survival.kaplan_meier(frame, "arm", entry="entry")
    assert curve.groups == ("control", "walking")
    assert WAITING in curve.notes
    for extend in (False, True):
        found = ws.survival.compare_at(frame, "arm", at=5, entry="entry", extend=extend)
        assert np.isnan(found.by_group.estimate("waiting").estimate)
        assert np.isfinite(found.by_group.estimate("walking").estimate)
        assert WAITING in found.notes
    assert ws.survival.log_rank(frame, "arm", entry="entry").df == 1
    spells = frame.rename(columns={"days": "stop_days", "entry": "start_days"})
    for extend in (False, True):
        counts = ws.survival.compare_mean_counts(spells, "arm", at=5, extend=extend)
        assert np.isnan(counts.by_group.estimate("waiting").estimate)


def test_areas_are_refused(frame: pd.DataFrame) -> None:
    outcomes = frame.assign(outcome=np.where(frame["event"] == 1, "recurrence", "censored"))
    for extend in (False, True):
        with pytest.raises(DataError, match="nobody of arm = waiting is at risk"):
            ws.survival.restricted_means(frame, "arm", tau=5, entry="entry", extend=extend)
        with pytest.raises(DataError, match="nobody of arm = waiting is at risk"):
            ws.survival.times_lost(outcomes, "arm", tau=5, entry="entry", extend=extend)


def test_rows_that_count_nothing_do_not_lengthen_follow_up(frame: pd.DataFrame) -> None:
    own = frame.iloc[10:].reset_index(drop=True).assign(copies=1)
    longer = own.iloc[:2].assign(participant_id=["a", "b"], days=50.0, event=0, copies=0)
    both = pd.concat([own, longer], ignore_index=True)
    for role in ("frequencies", "weights"):
        kept = ws.survival.kaplan_meier(own, "arm", **{role: "copies"})
        found = ws.survival.kaplan_meier(both, "arm", **{role: "copies"})
        assert found.last == kept.last
        assert found.at(30)["estimate"].isna().all()


def test_a_group_whose_rows_are_all_left_out_is_named(frame: pd.DataFrame) -> None:
    frame.loc[:9, "days"] = np.nan
    note = "arm = waiting: all its rows are left out."
    assert note in ws.survival.kaplan_meier(frame, "arm").notes
    assert note in ws.survival.log_rank(frame, "arm").notes
    assert note in ws.survival.restricted_means(frame, "arm", tau=2).notes


def test_nobody_at_risk_at_all(frame: pd.DataFrame) -> None:
    alone = frame.iloc[:10].assign(outcome=["recurrence"] * 2 + ["censored"] * 8)
    curve = ws.survival.kaplan_meier(alone, "arm", entry="entry")
    assert curve.at([0, 5]).empty
    assert curve.quantile(0.5).terms == ()
    found = ws.survival.cumulative_incidence(alone, "arm", entry="entry")
    assert found.frame.empty
    assert found.at(5).empty
