"""Measures by visit, weeks of walking and adverse events, against counts made by hand."""

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from walkstats.schema import empty_table


@pytest.fixture
def trial():
    people = pd.DataFrame(
        {
            "participant_id": ["a", "b"],
            "arm": ["control", "walking"],
            "withdrawn_days": [np.nan, 80.0],
        }
    )
    outcomes = pd.DataFrame(
        [("a", 0.0, 4.0), ("a", 3.0, 2.0), ("b", 0.0, 6.0), ("b", 3.0, np.nan), ("a", 6.0, 1.0)],
        columns=["participant_id", "month", "value"],
    ).assign(measure="pain_nrs")
    # a: weeks 1 to 13 but 12; b: weeks 1 to 13, of which 13 (days 84-90) lies after withdrawal.
    weeks = [("a", w, 100.0 + w) for w in range(1, 14) if w != 12]
    weeks += [("b", w, 50.0) for w in range(1, 14)]
    walking = pd.DataFrame(weeks, columns=["participant_id", "week", "walking_minutes"])
    walking = walking.assign(measured_by="diary")
    events = pd.DataFrame(
        {
            "participant_id": ["a", "a", "b"],
            "event": ["fall", "sprain", "sprain"],
            "body_region": ["trunk", "leg", "leg"],
            "serious": pd.array([False, True, None], dtype="boolean"),
        }
    )
    return ws.Trial(
        "small", "made up", ("control", "walking"), people,
        outcomes=outcomes, walking=walking, adverse_events=events,
        screening=pd.DataFrame(
            {"stage": ["screened", "excluded", "excluded"], "reason": [None, "age", "no pain"],
             "n": [10, 5, 3]}
        ),
    )  # fmt: skip


def test_each_participant_and_month_has_a_row_answered_or_not(trial):
    frame = ws.derive.visits(trial, measures="pain_nrs")
    assert frame[["participant_id", "month"]].to_numpy().tolist() == [
        ["a", 3.0], ["a", 6.0], ["b", 3.0], ["b", 6.0],
    ]  # fmt: skip
    assert frame["pain_nrs"].tolist()[:2] == [2.0, 1.0]
    assert frame["pain_nrs"].isna().tolist() == [False, False, True, True]
    assert frame["pain_nrs_baseline"].tolist() == [4.0, 4.0, 6.0, 6.0]
    assert frame["pain_nrs_change"].tolist()[:2] == [-2.0, -3.0]


def test_walking_is_the_mean_week_among_those_before_the_visit(trial):
    frame = ws.derive.visits(trial, measures="pain_nrs", walking_weeks=4)
    walked = frame.set_index(["participant_id", "month"])["walking_minutes"]
    # Month 3 is day 91.3: the last whole week is 13. Week 12 of a is not known.
    assert walked["a", 3.0] == pytest.approx((110 + 111 + 113) / 3)
    assert walked["b", 3.0] == 50.0
    # Weeks 23 to 26 are not known: fewer than half, so missing, never 0.
    assert np.isnan(walked["a", 6.0])
    few = ws.derive.visits(trial, measures="pain_nrs", walking_weeks=26)["walking_minutes"]
    assert few.isna().tolist() == [True, True, True, True]


def test_half_of_the_weeks_is_enough_and_less_is_not(trial):
    two = ws.derive.visits(trial, measures="pain_nrs", walking_weeks=2)
    assert two.loc[0, "walking_minutes"] == 113.0
    gone = trial.walking[~trial.walking["week"].isin([10, 11])]
    fewer = ws.Trial(
        "x", "y", trial.arms, trial.participants, outcomes=trial.outcomes, walking=gone
    )
    assert np.isnan(
        ws.derive.visits(fewer, measures="pain_nrs", walking_weeks=4).loc[0, "walking_minutes"]
    )


def test_weeks_without_a_record_are_missing_and_those_after_withdrawal_set_aside(trial):
    frame = ws.derive.weekly_minutes(trial)
    assert len(frame) == 2 * 13
    walked = frame.set_index(["participant_id", "week"])["walking_minutes"]
    assert np.isnan(walked["a", 12])
    assert walked["b", 12] == 50.0
    assert np.isnan(walked["b", 13])
    assert frame.attrs["notes"] == (
        "1 week(s) recorded after withdrawal or the planned end of follow-up are not used.",
    )


def test_small_integers_do_not_overflow(trial):
    small = trial.walking.astype({"walking_minutes": "int16"}).assign(
        walking_minutes=np.int16(9000)
    )
    made = ws.Trial(
        "x", "y", trial.arms, trial.participants, outcomes=trial.outcomes, walking=small
    )
    frame = ws.derive.visits(made, measures="pain_nrs", walking_weeks=4)
    assert frame.loc[0, "walking_minutes"] == 9000.0


def test_diary_and_device_are_not_mixed(trial):
    both = pd.concat(
        [trial.walking, trial.walking.assign(measured_by="device", walking_minutes=1.0)]
    )
    made = ws.Trial("x", "y", trial.arms, trial.participants, walking=both)
    assert ws.derive.weekly_minutes(made, measured_by="device")["walking_minutes"].max() == 1.0
    assert ws.derive.weekly_minutes(made)["walking_minutes"].max() == 113.0
    with pytest.raises(ValueError, match="measured_by must be one of"):
        ws.derive.weekly_minutes(made, measured_by="watch")


def test_unknown_measures_and_windows_are_refused(trial):
    with pytest.raises(ValueError, match="No measure 'odi'"):
        ws.derive.visits(trial, measures="odi")
    with pytest.raises(ValueError, match="at least 1"):
        ws.derive.visits(trial, measures="pain_nrs", walking_weeks=0)


def test_adverse_events_count_people_and_events(trial):
    frame = ws.derive.adverse_events(trial).set_index(["kind", "arm"])
    assert frame.loc[("any", "control"), ["participants", "randomised", "events"]].tolist() == [
        1,
        1,
        2,
    ]
    assert frame.loc[("serious", "walking"), "participants"] == 0
    assert frame.loc[("body region: leg", "walking"), "events"] == 1


def test_flow_adds_up(trial):
    flow = ws.derive.participant_flow(trial)
    box = flow.set_index(["stage", "arm", "reason"])["n"]
    assert box["screened", "", ""] == 10
    assert box["excluded", "", ""] == 8
    assert box["excluded", "", "age"] + box["excluded", "", "no pain"] == 8
    assert box["screened", "", ""] == box["excluded", "", ""] + box["randomised", "", ""]
    assert box["withdrawn", "walking", "reason not given"] == 1


def test_the_index_of_the_tables_changes_nothing(trial):
    moved = ws.Trial(
        "small", "made up", trial.arms, trial.participants.set_index(pd.Index([7, 3])),
        outcomes=trial.outcomes.set_index(pd.Index([9, 8, 1, 1, 0])), walking=trial.walking,
    )  # fmt: skip
    pd.testing.assert_frame_equal(
        ws.derive.visits(moved, measures="pain_nrs", walking_weeks=4),
        ws.derive.visits(trial, measures="pain_nrs", walking_weeks=4),
    )


def test_baseline_carries_measures_at_month_0(trial):
    frame = ws.derive.baseline(trial)
    assert frame["pain_nrs_baseline"].tolist() == [4.0, 6.0]
    assert (
        ws.derive.baseline(trial, columns=["pain_nrs"]).columns.tolist()[-1] == "pain_nrs_baseline"
    )


def test_an_empty_trial_gives_empty_frames():
    made = ws.Trial("x", "y", ("a", "b"), empty_table("participants"))
    assert len(ws.derive.first_recurrence(made, kind="any")) == 0
    assert len(ws.derive.weekly_minutes(made)) == 0
    assert len(ws.derive.adverse_events(made)) == 0
