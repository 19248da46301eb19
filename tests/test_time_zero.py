"""Immortal time: what was known only later must not be used from time 0 on without a word."""

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from walkstats._time_zero import immortal_time
from walkstats.schema import TABLES, recorded_later

SAID = "must enter as time-varying"


@pytest.fixture(scope="module")
def trial():
    return ws.load_sample("walkback-like")


@pytest.fixture(scope="module")
def events(trial):
    """First recurrences with what was known later: attendance, and minutes walked to week 26."""
    frame = ws.derive.first_recurrence(
        trial, kind="any", baseline=["sessions_attended", "bmi_kg_m2"]
    )
    weeks = ws.derive.weekly_minutes(trial)
    minutes = weeks[weeks["week"] <= 26].groupby("participant_id")["walking_minutes"].mean()
    frame["walking_minutes"] = frame["participant_id"].map(minutes)
    return frame


def late(result):
    return [note for note in result.notes if SAID in note]


def test_the_frame_says_so_when_it_is_asked_for_what_came_later(trial, events):
    assert any("sessions_attended is recorded" in note for note in events.attrs["notes"])
    plain = ws.derive.first_recurrence(trial, kind="any", baseline=["bmi_kg_m2"])
    assert not any(SAID in note for note in plain.attrs["notes"])
    asked = ws.derive.baseline(trial, columns=["withdrawal_reason", "age_years"])
    assert any("withdrawal_reason is recorded" in note for note in asked.attrs["notes"])
    assert ws.derive.baseline(trial).attrs["notes"] == ()


@pytest.mark.parametrize(
    "formula", ["sessions_attended", "arm + log(walking_minutes)", "rcs(walking_minutes, 3)"]
)
def test_a_covariate_measured_after_time_0_is_said_to_have_to_enter_as_time_varying(
    events, formula
):
    (note,) = late(ws.survival.cox(events[events["walking_minutes"] > 0], formula))
    assert "immortal time" in note


def test_groups_and_strata_too(events):
    walkers = events.assign(
        walking_minutes=np.where(events["walking_minutes"] > 150, "much", "little")
    )
    assert late(ws.survival.kaplan_meier(walkers, "walking_minutes"))
    assert late(ws.survival.log_rank(walkers, "walking_minutes"))
    assert late(ws.survival.cox(walkers, "arm", strata="walking_minutes"))


def test_known_at_baseline_or_entering_as_it_changes_nothing_is_said(events):
    assert not late(ws.survival.cox(events, "arm + bmi_kg_m2"))
    assert not late(ws.survival.kaplan_meier(events, "arm"))
    spells = pd.DataFrame(
        {
            "participant_id": ["a", "a", "b", "c", "d"],
            "start_days": [0, 30, 0, 0, 0],
            "stop_days": [30, 60, 50, 45, 70],
            "event": [0, 1, 1, 1, 0],
            "walking_minutes": [10.0, 90.0, 40.0, 60.0, 20.0],
        }
    )
    assert not late(ws.survival.cox(spells, "walking_minutes"))


def test_what_counts_as_later():
    assert not immortal_time(["arm", "age_years", "pain_nrs_baseline", "walker"], spells=False)
    people = {column.name: column.later for column in TABLES["participants"].columns}
    assert {name for name, later in people.items() if later} == {
        "withdrawn_days", "withdrawal_reason", "sessions_attended",
    }  # fmt: skip
    assert recorded_later("rmdq")
    assert recorded_later("rmdq_change")
    assert not recorded_later("rmdq_baseline")


def test_the_trap_itself():
    """Who began to walk on day 100 had to be free of the event until then."""
    rng = np.random.default_rng(27)
    days = rng.exponential(120.0, 400)
    starter = (days > 100.0) & (rng.random(400) < 0.5)
    first = pd.DataFrame({"participant_id": range(400), "days": days, "event": True})
    wrong = ws.survival.cox(first.assign(walker=starter.astype(int)), "walker")
    assert wrong.estimate("walker", ratio=True).conf_high < 0.5
    spells = first.assign(start_days=0.0, stop_days=np.where(starter, 100.0, days), walker=0)
    spells["event"] = ~starter
    later = first[starter].assign(start_days=100.0, stop_days=days[starter], walker=1)
    right = ws.survival.cox(pd.concat([spells, later]).drop(columns="days"), "walker")
    one = right.estimate("walker", ratio=True)
    assert one.conf_low < 1.0 < one.conf_high
