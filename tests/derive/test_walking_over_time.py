"""Walking as it was known: lags, missing weeks, and never a look ahead."""

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.derive.tiny_trials import Person, Report, make_trial

ALL = ("completed",) * 5


def trial_with(minutes, *people):
    """p1 walked these minutes in weeks 1, 2, ...; None where there is no diary."""
    trial = make_trial(list(people) or [Person(ALL)])
    told = [("p1", week, m, "diary") for week, m in enumerate(minutes, 1) if m is not None]
    columns = ["participant_id", "week", "walking_minutes", "measured_by"]
    walking = pd.DataFrame(told, columns=columns).astype({"week": "Int64"})
    return ws.Trial(
        trial.name, trial.source, trial.arms, trial.participants, trial.check_ins,
        trial.recurrences, walking, strata=trial.strata,
    )  # fmt: skip


def spans(trial, lag_days=0, **options):
    frame = ws.derive.walking_spans(trial, **{"kind": "any", "lag_days": lag_days, **options})
    rows = frame[frame["participant_id"] == "p1"]
    columns = ["start_days", "stop_days", "walking_minutes"]
    return [tuple(None if np.isnan(v) else v for v in row) for row in rows[columns].to_numpy()]


def test_a_week_is_in_force_after_it_is_over():
    assert spans(trial_with([60, 90, 90, 120])) == [
        (0, 7, None),
        (7, 14, 60),
        (14, 28, 90),
        (28, 35, 120),
        (35, 50, None),
    ]
    assert spans(trial_with([60, 90]), lag_days=3) == [
        (0, 10, None),
        (10, 17, 60),
        (17, 24, 90),
        (24, 50, None),
    ]


def test_a_week_without_a_diary_is_missing_and_not_carried_on():
    assert spans(trial_with([60, None, 0])) == [
        (0, 7, None),
        (7, 14, 60),
        (14, 21, None),
        (21, 28, 0),
        (28, 50, None),
    ]


def test_the_mean_of_some_weeks_needs_half_of_them():
    found = spans(trial_with([60, None, 90, None, None, None]), weeks=2)
    assert found == [
        (0, 7, None),
        (7, 21, 60),
        (21, 35, 90),
        (35, 50, None),
    ]
    assert spans(trial_with([60, 100]), weeks=2)[2] == (14, 21, 80)


def test_the_future_does_not_change_the_past():
    short = spans(trial_with([60, 90, 30]))
    longer = spans(trial_with([60, 90, 30, 500, 700]))
    assert [row for row in longer if row[1] <= 28] == [row for row in short if row[1] <= 28]


def test_the_event_ends_the_last_span_and_nothing_follows():
    trial = trial_with([60, 90, 120], Person(ALL, (Report(18, 25), Report(40, 41))), Person(ALL))
    frame = ws.derive.walking_spans(trial, kind="any", lag_days=0)
    own = frame[frame["participant_id"] == "p1"]
    assert own["stop_days"].tolist() == [7, 14, 18]
    assert own["event"].tolist() == [False, False, True]
    assert list(frame.columns) == [
        "participant_id", "arm", "start_days", "stop_days", "event", "walking_minutes", "site",
    ]  # fmt: skip
    first = ws.derive.first_recurrence(trial, kind="any")
    assert (frame["stop_days"] - frame["start_days"]).sum() == first["days"].sum()


def test_all_recurrences_can_be_followed():
    trial = trial_with([60, 90, 120, 30], Person(ALL, (Report(18, 25), Report(40, 41))))
    frame = ws.derive.walking_spans(trial, kind="any", lag_days=0, at_risk="out_of_episode")
    apart = ws.derive.recurrences(trial, kind="any", at_risk="out_of_episode")
    assert frame["event"].sum() == 2
    assert frame["episode"].tolist() == [1, 1, 1, 2, 2, 2, 3]
    assert (frame["stop_days"] - frame["start_days"]).sum() == (
        apart["stop_days"] - apart["start_days"]
    ).sum()
    assert "(out_of_episode)" in frame.attrs["method"]


@pytest.mark.parametrize("lag", [-1, np.nan, "week"])
def test_a_lag_that_looks_ahead_is_refused(lag):
    with pytest.raises(ValueError, match="lag_days must be a number of days of at least 0"):
        spans(trial_with([60]), lag_days=lag)


def test_choices_are_said_and_checked():
    trial = trial_with([60, 90])
    with pytest.raises(TypeError, match="lag_days"):
        ws.derive.walking_spans(trial, kind="any")
    with pytest.raises(ValueError, match="weeks must be"):
        spans(trial, weeks=0)
    with pytest.raises(ValueError, match="measured_by must be one of"):
        spans(trial, measured_by="memory")
    frame = ws.derive.walking_spans(trial, kind="any", lag_days=7)
    assert "in force from 7 days after its end" in frame.attrs["method"]
    assert "36 days at risk have no known minutes" in " ".join(frame.attrs["notes"])


def test_a_trial_without_diaries_has_missing_minutes():
    frame = ws.derive.walking_spans(ws.load_sample("bladder"), kind="any", lag_days=0)
    assert len(frame) == 118
    assert frame["walking_minutes"].isna().all()


def test_samples_reconcile():
    trial = ws.load_sample("walkback-like")
    first = ws.derive.first_recurrence(trial, kind="activity_limiting")
    frame = ws.derive.walking_spans(trial, kind="activity_limiting", lag_days=7)
    assert frame["event"].sum() == first["event"].sum()
    assert (frame["stop_days"] - frame["start_days"]).sum() == first["days"].sum()
    weekly = ws.derive.weekly_minutes(trial).set_index(["participant_id", "week"])
    known = frame[frame["walking_minutes"].notna()]
    for row in known.sample(40, random_state=1).itertuples():
        week = int((row.start_days - 7) // 7)
        assert weekly.loc[(row.participant_id, week), "walking_minutes"] == row.walking_minutes


def test_days_in_which_no_minutes_can_be_known_are_named_with_their_events():
    trial = trial_with([10, 90], Person(ALL, reports=(Report(11, 12),)))
    frame = ws.derive.walking_spans(trial, kind="any", lag_days=7, weeks=4)
    assert frame.attrs["minutes_unknown_until_days"] == 21
    said = frame.attrs["notes"][-1]
    assert "with 1 event(s) in them" in said
    assert "11 of the days and 1 of the events lie in the first 21 days" in said
