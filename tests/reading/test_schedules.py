"""Are check-ins that were due and have no row there, and in the right state?"""

import datetime as dt

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

import walkstats as ws
from tests.reading.trial_on_disk import FACTS, TABLES, TrialOnDisk
from walkstats.reading.assembled.schedules import keep_schedule
from walkstats.schema import empty_table

SCHEDULE = {1: (0.0, 30.0, 30.0), 2: (30.0, 60.0, 63.0), 3: (60.0, 90.0, 90.0)}
PEOPLE = pd.DataFrame(
    {
        "participant_id": ["a", "b", "c"],
        "randomised_on": pd.to_datetime(["2024-01-01", "2024-01-01", None]),
        "planned_end_days": [90.0, 60.0, np.nan],
        "withdrawn_days": [np.nan, 61.0, np.nan],
    }
)


def check_ins(*rows):
    columns = ["participant_id", "check_in", "state"]
    frame = pd.DataFrame(rows, columns=columns) if rows else empty_table("check_ins")[columns]
    empty = empty_table("check_ins")
    return frame.reindex(columns=list(empty.columns)).astype(dict(empty.dtypes))


def kept(frame, until=None, people=PEOPLE):
    return keep_schedule(frame, np.arange(2, 2 + len(frame)), people, SCHEDULE, until)


def test_every_check_in_that_was_due_has_a_row():
    done = kept(check_ins(("b", 1, "completed"), ("a", 2, None)))
    rows = done.frame[["participant_id", "check_in", "state"]].to_numpy().tolist()
    assert rows == [
        ["a", 1, "missed"],
        ["a", 2, "missed"],  # a row without a state
        ["a", 3, "missed"],
        ["b", 1, "completed"],
        ["b", 2, "withdrawn"],  # due on day 63, left on day 61; the third lies after the end
        ["c", 1, "missed"],
        ["c", 2, "missed"],
        ["c", 3, "missed"],
    ]
    assert done.frame["due_days"].tolist() == [30, 63, 90, 30, 63, 30, 63, 90]
    assert done.frame["covers_to_days"].tolist() == [30, 60, 90, 30, 60, 30, 60, 90]
    assert done.origin.tolist() == [-1, 1, -1, 0, -1, -1, -1, -1]
    assert done.following(np.array([7, 8]), 0).tolist() == [0, 8, 0, 7, 0, 0, 0, 0]


def test_what_was_due_later_is_not_missed_yet():
    done = kept(check_ins(), dt.date(2024, 3, 4))  # day 63
    assert done.frame.groupby("participant_id")["check_in"].max().to_dict() == {
        "a": 2,
        "b": 2,
        "c": 3,
    }
    assert "all are taken as having been due" in done.problems[0].problem
    assert done.problems[0].ids == ("c",)


def test_a_check_in_that_is_not_in_the_schedule():
    done = kept(check_ins(("a", 7, "completed")))
    assert "does not have: 7" in done.problems[0].problem
    assert (done.problems[0].ids, done.problems[0].row) == (("a",), 2)


def test_nobody_is_nobody():
    done = kept(check_ins(("a", 1, "completed")), people=PEOPLE[:0])
    assert done.frame["state"].tolist() == ["completed"]


@settings(max_examples=10)
@given(st.sets(st.tuples(st.sampled_from("abc"), st.integers(1, 3)), max_size=9))
def test_what_was_answered_stays_and_nothing_is_ever_added_as_answered(answered):
    frame = check_ins(*((who, k, "completed") for who, k in sorted(answered)))
    done = kept(frame).frame
    completed = done[done["state"] == "completed"]
    assert set(zip(completed["participant_id"], completed["check_in"], strict=True)) == answered
    assert not done.duplicated(["participant_id", "check_in"]).any()
    due = {("a", 1), ("a", 2), ("a", 3), ("b", 1), ("b", 2), ("c", 1), ("c", 2), ("c", 3)}
    assert set(zip(done["participant_id"], done["check_in"], strict=True)) == due | answered


def test_a_trial_from_elsewhere_declares_its_schedule(tmp_path):
    folder = TrialOnDisk.at(tmp_path / "trial")
    folder.write("check_ins.csv", "participant_id,check_in\nP1,1\nP1,2\nP3,1\n")
    schedule = """
[check_ins]
schedule = { 1 = [0, 90], 2 = [90, 180] }
due_until = "2024-07-01"
columns.state = { value = "completed" }
"""
    folder.write("trial.toml", FACTS + TABLES + schedule)
    trial = ws.read_trial(folder.path)
    states = trial.check_ins.groupby("participant_id")["state"].apply(list).to_dict()
    assert states["P1"] == ["completed", "completed"]
    assert states["P3"] == ["completed"]  # the second was due on 30 July
    assert states["P2"] == ["missed"]
    detail = trial.load_report["detail"]
    assert detail.str.contains("check-ins that were due and have no row").any()
