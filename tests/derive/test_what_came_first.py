"""Competing events: what ends a follow-up, told by reasons and by days."""

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.derive.tiny_trials import Person, Report, make_trial

C, M, W = "completed", "missed", "withdrawn"
ALL = (C,) * 5


def ends(*people, **options):
    frame = ws.derive.competing_events(make_trial(list(people)), **{"kind": "any", **options})
    return [tuple(row) for row in frame[["days", "outcome"]].itertuples(index=False)]


def dead(states, day, *reports, reason="died"):
    return Person(states, reports, withdrawn=float(day), reason=reason)


def test_death_competes_and_other_withdrawals_are_censored():
    assert ends(
        dead((C, C, W, W, W), 24),
        dead((C, C, W, W, W), 24, Report(8, 9)),
        dead((C, C, W, W, W), 24, reason="surgery"),
        dead((C, C, W, W, W), 24, reason="pregnancy"),
        Person(ALL, (Report(8, 9),)),
        Person(ALL),
    ) == [
        (24, "death"),
        (8, "recurrence"),
        (20, "censored"),
        (20, "censored"),
        (8, "recurrence"),
        (50, "censored"),
    ]


def test_a_death_after_a_missed_check_in_was_not_under_observation():
    assert ends(dead((C, C, M, W, W), 34)) == [(20, "censored")]
    # On the day on which the check-in was due nothing had been missed yet.
    assert ends(dead((C, C, M, W, W), 30)) == [(30, "death")]
    made = make_trial([dead((C, C, M, W, W), 34)])
    notes = ws.derive.competing_events(made, kind="any").attrs["notes"]
    assert "1 competing event(s) came after observation had ended" in " ".join(notes)
    assert ends(dead((C, M, C, W, W), 34)) == [(10, "censored")]
    assert ends(dead((C, M, C, W, W), 34), after_gap="carry") == [(34, "death")]


def test_a_death_before_the_first_check_in_counts():
    assert ends(dead((W,) * 5, 4)) == [(4, "death")]


def test_other_events_compete_only_when_they_are_named():
    people = [dead((C, C, W, W, W), 24, reason="Surgery"), dead((C, W, W, W, W), 13)]
    assert ends(*people, competing=("death", "surgery")) == [(24, "surgery"), (13, "death")]
    assert ends(*people, competing="surgery") == [(24, "surgery"), (10, "censored")]
    assert ends(*people, competing={"left": ["surgery", "died"]}) == [(24, "left"), (13, "left")]
    with pytest.raises(
        ValueError, match=r"No withdrawal for the reason 'pregnancy'.*Surgery, died"
    ):
        ends(*people, competing="pregnancy")
    with pytest.raises(ValueError, match="may not be called 'recurrence'"):
        ends(*people, competing="recurrence")


def test_days_of_events_may_be_a_column():
    trial = make_trial([Person(ALL, (Report(30, 31),)), Person(ALL)])
    trial.participants["surgery_days"] = [12.0, np.nan]
    frame = ws.derive.competing_events(trial, kind="any", competing=["surgery", "death"])
    assert frame["days"].tolist() == [12, 50]
    assert frame["outcome"].tolist() == ["surgery", "censored"]
    assert list(frame["outcome"].cat.categories) == ["censored", "recurrence", "surgery", "death"]
    assert "No death is recorded." in frame.attrs["notes"]
    ignored = ws.derive.competing_events(trial, kind="any")
    assert ignored["outcome"].tolist() == ["recurrence", "censored"]
    assert "treatment policy" in ignored.attrs["method"]


def test_on_the_same_day_the_recurrence_comes_first():
    assert ends(dead((C, C, W, W, W), 20, Report(20, 20))) == [(20, "recurrence")]


def test_shape_and_the_path_to_incidences():
    trial = make_trial([dead((C, W, W, W, W), 13), Person(ALL), Person(ALL, (Report(3, 3),))])
    frame = ws.derive.competing_events(trial, kind="any", baseline=["planned_end_days"])
    assert list(frame.columns) == [
        "participant_id", "arm", "days", "outcome", "site", "planned_end_days",
    ]  # fmt: skip
    first = ws.derive.first_recurrence(trial, kind="any")
    pd.testing.assert_series_equal(frame["arm"], first["arm"])
