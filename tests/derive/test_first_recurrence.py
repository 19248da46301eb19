"""Time to the first recurrence, on participants whose story can be told in a line."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from walkstats.errors import DataError
from walkstats.schema import empty_table

COMPLETED, MISSED, WITHDRAWN = "completed", "missed", "withdrawn"


def trial(check_ins, recurrences=(), people=None):
    """A trial of participants p1, p2, ... from (states of monthly check-ins) and recurrences."""
    ids = [f"p{k}" for k in range(1, len(check_ins) + 1)]
    participants = empty_table("participants").drop(columns=["randomised_on"])
    participants = participants.reindex(range(len(ids)))
    participants["participant_id"] = ids
    participants["arm"] = (["control", "walking"] * len(ids))[: len(ids)]
    participants["planned_end_days"] = 30.0 * max(len(states) for states in check_ins)
    for column, values in (people or {}).items():
        participants[column] = values
    rows = [
        (one, k, 30.0 * k, 30.0 * (k - 1), 30.0 * k, state)
        for one, states in zip(ids, check_ins, strict=True)
        for k, state in enumerate(states, 1)
    ]
    names = [
        "participant_id",
        "check_in",
        "due_days",
        "covers_from_days",
        "covers_to_days",
        "state",
    ]
    asked = pd.DataFrame(rows, columns=names)
    table = empty_table("recurrences").reindex(range(len(recurrences)))
    for k, one in enumerate(recurrences):
        for column, value in one.items():
            table.loc[k, column] = value
    return ws.Trial(
        name="small",
        source="made up for a test",
        arms=("control", "walking"),
        participants=participants,
        check_ins=asked,
        recurrences=table,
    )


def episode(who, onset, **more):
    return {"participant_id": who, "onset_days": float(onset), **more}


def one(events, who="p1"):
    return events.set_index("participant_id").loc[who, ["days", "event", "ended_by"]].tolist()


def test_the_first_of_several_recurrences_is_the_event():
    made = trial([[COMPLETED] * 3], [episode("p1", 70), episode("p1", 12)])
    assert one(ws.derive.first_recurrence(made, kind="any")) == [12.0, True, "recurrence"]


def test_without_an_event_follow_up_ends_at_the_last_covered_day():
    made = trial([[COMPLETED] * 3, [COMPLETED, COMPLETED, MISSED], [MISSED] * 3])
    events = ws.derive.first_recurrence(made, kind="any")
    assert one(events, "p1") == [90.0, False, "end of follow-up"]
    # Never the planned end of somebody who stopped answering.
    assert one(events, "p2") == [60.0, False, "stopped answering"]
    assert one(events, "p3") == [0.0, False, "no follow-up"]
    assert "1 participant(s) without follow-up" in " ".join(events.attrs["notes"])


def test_who_answered_to_the_last_day_asked_about_did_not_stop_answering():
    # follow-up is planned to day 92, the last check-in asks about days up to 90
    people = {"planned_end_days": 92.0}
    made = trial([[COMPLETED] * 3, [COMPLETED, COMPLETED, MISSED]], people=people)
    events = ws.derive.first_recurrence(made, kind="any")
    assert one(events, "p1") == [90.0, False, "end of follow-up"]
    assert one(events, "p2") == [60.0, False, "stopped answering"]
    # planned long after it: nobody knows whether more check-ins were asked
    made = trial([[COMPLETED] * 3], people={"planned_end_days": 200.0})
    events = ws.derive.first_recurrence(made, kind="any")
    assert one(events) == [90.0, False, "stopped answering"]


def test_a_gap_ends_observation_unless_it_is_to_be_carried():
    states = [COMPLETED, MISSED, COMPLETED]
    late = [episode("p1", 75)]
    censored = ws.derive.first_recurrence(trial([states], late), kind="any")
    assert one(censored) == [30.0, False, "gap in check-ins"]
    assert "1 participant(s) reported their first recurrence of any kind only beyond" in " ".join(
        censored.attrs["notes"]
    )
    carried = ws.derive.first_recurrence(trial([states], late), kind="any", after_gap="carry")
    assert one(carried) == [75.0, True, "recurrence"]


def test_a_check_in_that_also_covers_a_missed_one_leaves_no_gap():
    made = trial([[COMPLETED, MISSED, COMPLETED]])
    made.check_ins.loc[2, "covers_from_days"] = 30.0
    events = ws.derive.first_recurrence(made, kind="any")
    assert one(events) == [90.0, False, "end of follow-up"]


def test_the_order_of_rows_changes_nothing():
    made = trial(
        [[COMPLETED, MISSED, COMPLETED], [COMPLETED] * 3, [COMPLETED, COMPLETED, WITHDRAWN]],
        [episode("p2", 50), episode("p3", 20), episode("p2", 40)],
        {"withdrawn_days": [np.nan, np.nan, 65.0], "withdrawal_reason": [None, None, "moved"]},
    )
    expected = ws.derive.first_recurrence(made, kind="any")
    shuffled = ws.Trial(
        name="small",
        source="made up for a test",
        arms=made.arms,
        participants=made.participants,
        check_ins=made.check_ins.sample(frac=1, random_state=3),
        recurrences=made.recurrences.sample(frac=1, random_state=4),
    )
    again = ws.derive.first_recurrence(shuffled, kind="any")
    pd.testing.assert_frame_equal(expected, again)
    assert one(expected, "p3") == [20.0, True, "recurrence"]


def test_withdrawal_is_named_with_its_reason():
    made = trial(
        [[COMPLETED, COMPLETED, WITHDRAWN]],
        people={"withdrawn_days": [62.0], "withdrawal_reason": ["moved away"]},
    )
    events = ws.derive.first_recurrence(made, kind="any")
    assert one(events) == [60.0, False, "withdrawn: moved away"]


def test_limiting_counts_from_the_day_it_limits_also_inside_a_milder_episode():
    made = trial(
        [[COMPLETED] * 3, [COMPLETED] * 3],
        [
            episode("p1", 10, activity_limiting=True, activity_limiting_days=14.0),
            episode("p2", 10, activity_limiting=False),
            episode("p2", 40, activity_limiting=True),
        ],
    )
    limiting = ws.derive.first_recurrence(made, kind="activity_limiting")
    assert [one(limiting, "p1")[0], one(limiting, "p2")[0]] == [14.0, 40.0]
    anything = ws.derive.first_recurrence(made, kind="any")
    assert [one(anything, "p1")[0], one(anything, "p2")[0]] == [10.0, 10.0]


def test_a_kind_that_is_not_recorded_is_an_error_not_no_events():
    made = trial([[COMPLETED] * 3], [episode("p1", 10)])
    with pytest.raises(DataError, match="does not record"):
        ws.derive.first_recurrence(made, kind="care_seeking")
    with pytest.raises(ValueError, match="kind must be one of"):
        ws.derive.first_recurrence(made, kind="severe")


def test_without_check_ins_follow_up_ends_at_withdrawal_or_plan():
    made = trial(
        [[COMPLETED]] * 3,
        [episode("p3", 200)],
        {"withdrawn_days": [100.0, np.nan, np.nan], "planned_end_days": [300.0, 300.0, 0.0]},
    )
    bare = ws.Trial("small", "made up", made.arms, made.participants, recurrences=made.recurrences)
    events = ws.derive.first_recurrence(bare, kind="any")
    assert one(events, "p1") == [100.0, False, "withdrawn"]
    assert one(events, "p2") == [300.0, False, "end of follow-up"]
    assert one(events, "p3") == [0.0, False, "no follow-up"]


def test_shape_of_the_frame():
    made = trial([[COMPLETED] * 2] * 4, people={"age_years": [50.0, 51, 52, 53]})
    made = ws.Trial(
        "small", "made up", made.arms, made.participants.assign(site="x"), made.check_ins,
        strata=("site",),
    )  # fmt: skip
    events = ws.derive.first_recurrence(made, kind="any", baseline=["age_years"])
    assert list(events.columns) == [
        "participant_id", "arm", "days", "event", "ended_by", "site", "age_years",
    ]  # fmt: skip
    assert list(events["arm"].cat.categories) == ["control", "walking"]
    assert events.attrs["source"] == "made up"
    with pytest.raises(ValueError, match="No baseline column 'weight'"):
        ws.derive.first_recurrence(made, kind="any", baseline=["weight"])


def test_everybody_is_there_once_and_reconciles_with_the_flow():
    made = trial([[COMPLETED] * 2, [MISSED] * 2, [COMPLETED, MISSED]], [episode("p1", 3)])
    events = ws.derive.first_recurrence(made, kind="any")
    flow = ws.derive.participant_flow(made)
    analysed = flow[(flow["stage"] == "analysed")].set_index("arm")["n"]
    followed = events[events["days"] > 0].groupby("arm", observed=False).size()
    assert analysed.to_dict() == followed.to_dict()
    assert flow.loc[flow["stage"] == "randomised", "n"].tolist() == [len(events)]


def test_a_recurrence_of_nobody_is_refused():
    made = trial([[COMPLETED] * 2], [episode("p1", 3), episode("p9", 4)])
    with pytest.raises(DataError, match=r"not among the participants \(ids p9\)"):
        ws.derive.first_recurrence(made, kind="any")


def test_periods_of_whole_calendar_days_leave_no_gap():
    made = trial([[COMPLETED] * 3])
    made.check_ins["covers_from_days"] = [1.0, 31.0, 61.0]
    assert one(ws.derive.first_recurrence(made, kind="any")) == [90.0, False, "end of follow-up"]
    made.check_ins["covers_from_days"] = [0.0, 32.0, 62.0]
    assert one(ws.derive.first_recurrence(made, kind="any")) == [30.0, False, "gap in check-ins"]


def test_who_missed_the_first_check_in_but_answered_later_is_named_so():
    made = trial([[MISSED, COMPLETED, COMPLETED]])
    assert one(ws.derive.first_recurrence(made, kind="any"))[2] == "first check-in missed"


def test_unknown_is_not_no_in_silence():
    made = trial(
        [[COMPLETED] * 3, [COMPLETED] * 3],
        [episode("p1", 10), episode("p2", 20, activity_limiting=True)],
    )
    events = ws.derive.first_recurrence(made, kind="activity_limiting")
    assert "1 recurrence(s) do not say" in " ".join(events.attrs["notes"])


def test_endings_add_up_to_the_participants():
    made = trial([[COMPLETED] * 2, [MISSED] * 2, [COMPLETED, MISSED]], [episode("p1", 3)])
    ends = ws.derive.follow_up_endings(made, kind="any")
    assert ends.drop(columns="ended_by").to_numpy().sum() == 3
    assert set(ends["ended_by"]) == {"recurrence", "no follow-up", "stopped answering"}


def test_check_ins_near_to_whole_months_are_called_by_them():
    monthly = ws.derive.check_in_completeness(trial([[COMPLETED] * 12, [COMPLETED] * 12]))
    assert monthly["month"].dropna().tolist() == [*range(1, 13)] * 2
    made = trial([[COMPLETED] * 3])
    fortnights = made.check_ins.assign(due_days=[14.0, 28.0, 42.0])
    made = dataclasses.replace(made, check_ins=fortnights)
    assert ws.derive.check_in_completeness(made)["month"].dropna().tolist() == [0.5, 0.9, 1.4]
