"""What is reported from after withdrawal or the planned end is left out of every frame, aloud."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.derive.tiny_trials import HORIZON, Person, Report, make_trial
from walkstats.derive.observed import followed

C = "completed"
ALL = (C,) * 5
# Recurs on day 33, and is followed through check-ins that cover days 1 to 50.
LATE = Report(33, 35, limiting=33, care=34)
EARLY = Report(12, None)


TWO = (Person(ALL, (LATE,)), Person(ALL, (EARLY, LATE)))


def ended(column, day, people=TWO):
    made = make_trial(list(people))
    changed = made.participants.assign(**{column: float(day)})
    return dataclasses.replace(made, participants=changed)


def words(frame):
    return " ".join(frame.attrs["notes"])


LEFT_OUT = "2 recurrence(s) began after withdrawal or the planned end of follow-up"
ENDS = pytest.mark.parametrize("column", ["withdrawn_days", "planned_end_days"])


@ENDS
def test_every_frame_of_recurrences_ends_there_and_counts_what_it_leaves_out(column):
    trial = ended(column, 32)
    ended_by = "withdrawn" if column == "withdrawn_days" else "end of follow-up"
    first = ws.derive.first_recurrence(trial, kind="any")
    assert first["days"].tolist() == [32.0, 12.0]
    assert first["event"].tolist() == [False, True]
    assert first["ended_by"].tolist() == [ended_by, "recurrence"]
    again = ws.derive.recurrences(trial, kind="any", at_risk="under_observation")
    assert again["stop_days"].tolist() == [32.0, 12.0, 32.0]
    assert again["event"].tolist() == [False, True, False]
    resumed = ws.derive.recurrences(
        trial, kind="any", at_risk="under_observation", after_gap="resume"
    )
    assert resumed["stop_days"].max() == 32.0
    between = ws.derive.recurrence_intervals(trial, kind="any")
    assert between[["low_days", "high_days"]].to_numpy().tolist() == [[32.0, np.inf], [10.0, 20.0]]
    came = ws.derive.competing_events(trial, kind="any")
    assert came["outcome"].tolist() == ["censored", "recurrence"]
    spans = ws.derive.walking_spans(trial, kind="any", lag_days=0)
    assert spans["stop_days"].max() == 32.0
    assert spans["event"].sum() == 1
    for frame in (first, again, resumed, between, came, spans):
        # The check-in that covers days 31 to 40 is cut, the one after it lies beyond.
        assert LEFT_OUT in words(frame)
        assert "4 completed check-in(s) cover days after withdrawal" in words(frame)


@ENDS
def test_an_episode_of_unknown_length_goes_on_to_the_end_though_another_is_told_after(column):
    people = [Person(ALL, (Report(5, 6), LATE)), Person(ALL, (EARLY, LATE))]
    pain = ws.derive.days_in_pain(ended(column, 32, people), kind="any", days=HORIZON)
    assert pain[["days_in_pain", "episodes", "observed_days"]].to_numpy().tolist() == [
        [2.0, 1.0, 32.0],
        [21.0, 1.0, 32.0],
    ]
    assert LEFT_OUT in words(pain)
    told = ws.derive.recovery(ended(column, 34, [Person(ALL, (LATE,))]), kind="any")
    assert told[["onset_days", "days", "event"]].to_numpy().tolist() == [[33.0, 2.0, False]]
    endings = ws.derive.follow_up_endings(ended(column, 32), kind="any")
    assert set(endings["ended_by"]) == {
        "recurrence",
        "withdrawn" if column == "withdrawn_days" else "end of follow-up",
    }
    assert LEFT_OUT in words(endings)


def test_the_last_day_itself_still_counts():
    assert ws.derive.first_recurrence(ended("withdrawn_days", 33), kind="any")["event"].all()


def test_a_check_in_after_withdrawal_makes_no_gap_and_withdrawal_on_day_0_no_follow_up():
    person = Person((C, C, "missed", C, C), (LATE,), withdrawn=20.0, reason="moved")
    first = ws.derive.first_recurrence(make_trial([person]), kind="any")
    assert first[["days", "event", "ended_by"]].to_numpy().tolist() == [
        [20.0, False, "withdrawn: moved"]
    ]
    flow = ws.derive.participant_flow(ended("withdrawn_days", 0))
    assert flow.loc[flow["stage"] == "analysed", "n"].tolist() == [0, 0]


def test_a_withdrawal_after_the_planned_end_is_not_why_follow_up_ended():
    made = ended("withdrawn_days", HORIZON + 9.0, [Person(ALL)])
    assert ws.derive.first_recurrence(made, kind="any")["ended_by"].tolist() == ["end of follow-up"]


def test_a_competing_event_after_withdrawal_does_not_count():
    person = Person((C, C, "withdrawn", "withdrawn", "withdrawn"), withdrawn=20.0, reason="moved")
    made = make_trial([person])
    made.participants["surgery_days"] = 25.0
    frame = ws.derive.competing_events(made, kind="any", competing="surgery")
    assert frame["outcome"].tolist() == ["censored"]
    assert "1 competing event(s) came after observation had ended" in words(frame)


def with_outcomes(**day):
    made = ended("withdrawn_days", 100)
    made = dataclasses.replace(
        made, participants=made.participants.assign(planned_end_days=[400.0, 80.0])
    )
    rows = [(who, month, 5.0) for who in ("p1", "p2") for month in (0.0, 3.0, 6.0)]
    outcomes = pd.DataFrame(rows, columns=["participant_id", "month", "value"])
    outcomes = outcomes.assign(measure="pain_nrs", **day)
    walking = pd.DataFrame({"participant_id": "p2", "week": [11, 12, 13], "walking_minutes": 9.0})
    return dataclasses.replace(made, outcomes=outcomes, walking=walking)


def test_visits_leave_out_values_from_after_the_end_and_say_how_many():
    frame = ws.derive.visits(with_outcomes(), measures="pain_nrs")
    # Month 3 is day 91: up to half a month early it may have come before day 80.
    assert frame["pain_nrs"].notna().tolist() == [True, False, True, False]
    assert "2 value(s) from after withdrawal or the planned end" in words(frame)
    known = [0.0, 92.0, 101.0, 0.0, 81.0, 90.0]
    frame = ws.derive.visits(with_outcomes(assessed_days=known), measures="pain_nrs")
    assert frame["pain_nrs"].notna().tolist() == [True, False, False, False]
    weeks = ws.derive.weekly_minutes(with_outcomes())
    # Week 12 begins on day 77, week 13 on day 84.
    assert weeks.loc[weeks["participant_id"] == "p2", "walking_minutes"].notna().tolist()[-2:] == [
        True,
        False,
    ]


def test_the_findings_name_what_analyses_leave_out():
    made = with_outcomes()
    made.participants["withdrawn_days"] = [20.0, np.nan]
    found = ws.check_trial(made)
    told = {(row.table, row.problem): row.count for row in found.itertuples(index=False)}
    for table, problem, count in [
        ("recurrences", "recurrences after withdrawal", 1),
        ("check_ins", "completed check-ins cover days after withdrawal", 3),
        ("outcomes", "values from visits after withdrawal", 2),
        ("outcomes", "values from visits after the planned end of follow-up", 1),
        ("walking", "weeks recorded after the planned end of follow-up", 1),
    ]:
        assert told[table, problem] == count
    early = ws.check_trial(ended("planned_end_days", 32))
    told = {(row.table, row.problem): row.count for row in early.itertuples(index=False)}
    assert told["recurrences", "recurrences after the planned end of follow-up"] == 2
    assert (
        told["check_ins", "completed check-ins cover days after the planned end of follow-up"] == 4
    )


def test_the_samples_hold_nothing_from_after_the_end():
    for name in ("walkback-like", "bladder"):
        trial = ws.load_sample(name)
        same, notes = followed(trial)
        assert same is trial
        assert notes == ()
        problems = " ".join(ws.check_trial(trial)["problem"])
        assert "after withdrawal" not in problems
        assert "planned end" not in problems


def test_findings_name_no_function_that_is_not_there():
    from walkstats.checks.weeks import WEEK_RULES

    said = " ".join(f"{rule.problem} {rule.what_to_do}" for rule in WEEK_RULES)
    assert "weekly_minutes" in said
    assert hasattr(ws.derive, "weekly_minutes")
    assert "adherence" not in said or hasattr(ws.derive, "adherence")
