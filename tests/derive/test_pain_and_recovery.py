"""Days in pain, recovery, and how many check-ins were answered."""

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.derive.tiny_trials import Person, Report, make_trial
from walkstats.errors import DataError
from walkstats.numerics.share_limits import wilson_limits

C, M, W = "completed", "missed", "withdrawn"
ALL = (C,) * 5


def pain(*people, **options):
    frame = ws.derive.days_in_pain(make_trial(list(people)), **{"kind": "any", **options})
    return frame[["days_in_pain", "episodes", "observed_days"]].to_numpy().tolist()


def test_first_and_last_day_of_an_episode_count():
    assert pain(Person(ALL, (Report(8, 12), Report(30, 30)))) == [[6, 2, 50]]


def test_pain_free_days_within_an_episode_count_unless_none_are_to():
    person = Person(ALL, (Report(8, 10), Report(14, 15)))
    assert pain(person) == [[8, 1, 50]]
    assert pain(person, gap_days=0) == [[5, 2, 50]]


def test_only_days_observed_and_within_the_time_asked_for():
    assert pain(Person((C, C, M, M, M), (Report(18, 30),))) == [[3, 1, 20]]
    assert pain(Person(ALL, (Report(18, 30),)), days=20) == [[3, 1, 20]]
    assert pain(Person((M,) * 5, (Report(18, 30),))) == [[0, 0, 0]]
    assert pain(Person(ALL, (Report(45, None), Report(3, 3)))) == [[7, 2, 50]]
    with pytest.raises(ValueError, match="days must be above 0"):
        pain(Person(ALL), days=0)


def test_limiting_days_begin_when_it_limits():
    person = Person(ALL, (Report(8, 14, limiting=11),))
    assert pain(person, kind="activity_limiting") == [[4, 1, 50]]


def recovery(*people, told=None, **options):
    trial = make_trial(list(people))
    for column, values in (told or {}).items():
        trial.recurrences[column] = values
    return ws.derive.recovery(trial, **{"kind": "any", **options})


def test_recovery_is_the_first_episode_among_those_who_recurred():
    frame = recovery(
        Person(ALL, (Report(30, 31), Report(8, 12))), Person(ALL), Person(ALL, (Report(45, None),))
    )
    columns = ["participant_id", "onset_days", "days", "event", "ended_by"]
    assert frame[columns].to_numpy().tolist() == [
        ["p1", 8, 5, True, "recovered"],
        ["p3", 45, 6, False, "end of follow-up"],
    ]
    assert "not a comparison of randomised groups" in frame.attrs["notes"][0]


def test_recovery_told_only_after_a_gap_counts_where_gaps_are_ignored():
    person = Person((C, M, C, C, C), (Report(8, 15),))
    assert recovery(person)[["days", "event"]].iloc[0].tolist() == [3, False]
    carried = recovery(person, after_gap="carry")
    assert carried[["days", "event"]].iloc[0].tolist() == [8, True]


def test_severity_is_that_of_the_reports_of_the_episode():
    told = {
        "worst_pain_nrs": [4.0, 7.0, 9.0],
        "average_pain_nrs": [2.0, 4.0, 8.0],
        "interference": [1.0, 3.0, 4.0],
    }
    frame = recovery(Person(ALL, (Report(8, 10), Report(13, 14), Report(40, 41))), told=told)
    severity = frame[["worst_pain_nrs", "average_pain_nrs", "interference"]]
    assert severity.to_numpy().tolist() == [[7, 3, 3]]
    assert frame["days"].tolist() == [7]
    untold = recovery(Person(ALL, (Report(8, 10),)))
    assert np.isnan(untold["worst_pain_nrs"].iloc[0])


def test_recovery_of_limiting_recurrences_begins_when_they_limit():
    frame = recovery(Person(ALL, (Report(8, 14, limiting=11),)), kind="activity_limiting")
    assert frame[["onset_days", "days"]].iloc[0].tolist() == [11, 4]


def test_an_episode_whose_last_day_is_not_known_is_no_recovery_on_its_first():
    frame = recovery(
        Person(ALL, (Report(8, None), Report(30, 31))),
        Person(ALL, (Report(8, None, limiting=9), Report(12, 14))),
        Person(ALL, (Report(8, 12), Report(10, None, limiting=12))),
        Person(ALL, (Report(8, 12), Report(10, None, limiting=13), Report(40, 41))),
    )
    assert frame[["days", "event", "ended_by"]].to_numpy().tolist() == [
        [1, False, "last day of pain not known"],
        [7, True, "recovered"],
        [43, False, "end of follow-up"],
        [6, False, "last day of pain not known"],
    ]
    assert "2 first episode(s) over by the next one" in frame.attrs["notes"][-1]


def test_recovery_needs_last_days_of_pain():
    with pytest.raises(DataError, match="no last days of pain"):
        ws.derive.recovery(ws.load_sample("bladder"), kind="any")


def test_recovery_of_the_sample_is_near_the_published():
    trial = ws.load_sample("walkback-like")
    frame = ws.derive.recovery(trial, kind="any")
    first = ws.derive.first_recurrence(trial, kind="any")
    assert len(frame) == first["event"].sum()
    medians = ws.survival.kaplan_meier(frame, "arm").quantile(0.5)
    assert medians.estimate("control").estimate == 4
    assert medians.estimate("walking").estimate == 3
    published = ws.evidence.published("walkback").set_index("name")
    name = "secondary_analysis_duration_severity.hr_recovery"
    low, high = published.loc[name, ["conf_low", "conf_high"]]
    ratio = ws.survival.cox(frame, "arm").estimate("arm[walking]", ratio=True)
    assert low < ratio.estimate < high


# ---- check-ins -----------------------------------------------------------------------------------


def test_check_ins_are_counted_by_arm_and_month():
    made = make_trial([Person((C, M, W)), Person(ALL[:3]), Person((C, C, M)), Person((M, C, C))])
    frame = ws.derive.check_in_completeness(made)
    columns = ["arm", "check_in", "month", "expected", "completed", "missed", "withdrawn"]
    assert frame[columns].head(2).to_numpy().tolist() == [
        ["control", 1, 0.3, 2, 2, 0, 0],
        ["control", 2, 0.7, 2, 1, 1, 0],
    ]
    overall = frame[frame["check_in"].isna()]
    assert overall[columns[3:]].to_numpy().tolist() == [[6, 3, 2, 1], [6, 5, 1, 0]]
    assert (frame["completed"] + frame["missed"] + frame["withdrawn"] == frame["expected"]).all()
    low, high = wilson_limits(2, 2, 0.95)
    first = frame.iloc[0]
    assert (first["percent"], first["conf_high"]) == (100, 100 * high)
    assert first["conf_low"] == pytest.approx(100 * low)


def test_all_check_ins_of_a_person_alike_count_as_one_each():
    made = make_trial([Person(ALL), Person((M,) * 5)] * 6)
    frame = ws.derive.check_in_completeness(made)
    overall = frame[frame["check_in"].isna()]
    low, _ = wilson_limits(6, 6, 0.95)
    assert overall["conf_low"].iloc[0] == pytest.approx(100 * low)
    # Half of the people always, half never: as precise as the people, not as the check-ins.
    mixed = make_trial([Person(ALL), Person(ALL), Person((M,) * 5), Person((M,) * 5)] * 5)
    overall = ws.derive.check_in_completeness(mixed).query("check_in.isna()")
    low, high = wilson_limits(4.5, 9, 0.95)
    assert overall[["conf_low", "conf_high"]].iloc[0].tolist() == pytest.approx(
        [100 * float(low), 100 * float(high)]
    )


def test_wilson_limits_solve_their_equation():
    low, high = wilson_limits([3.0, 0.0, 8.0, 0.0], [10.0, 5.0, 8.0, 0.0], 0.9)
    z2 = 1.6448536269514722**2
    for limit, k in ((low[0], 3), (high[0], 3), (high[1], 0), (low[2], 8)):
        n = {3: 10, 0: 5, 8: 8}[k]
        assert (k / n - limit) ** 2 == pytest.approx(z2 * limit * (1 - limit) / n)
    assert (low[1], high[2]) == (0, 1)
    assert np.isnan([low[3], high[3]]).all()


def test_check_ins_that_are_not_there_are_refused():
    with pytest.raises(DataError, match="the trial has no check-ins"):
        ws.derive.check_in_completeness(ws.load_sample("bladder"))


def test_check_ins_as_a_table_and_figure():
    made = make_trial([Person((C, M, W)), Person(ALL[:3])] * 3)
    frame = ws.derive.check_in_completeness(made)
    table = ws.tables.check_in_table(frame, labels={"walking": "Walking"})
    assert [row.label for row in table.rows] == [
        "Month 0.3",
        "Month 0.7",
        "Month 1",
        "All check-ins",
    ]
    assert [column.over for column in table.columns] == ["control"] * 5 + ["Walking"] * 5
    assert table.rows[-1].cells[0].values == (9.0,)
    with pytest.raises(ValueError, match="No check-in was due in month 9"):
        ws.tables.check_in_table(frame, months=[9])
    with pytest.raises(ValueError, match="The frame lacks check_in"):
        ws.tables.check_in_table(pd.DataFrame({"arm": []}))
    figure = ws.figures.plot_check_in_completeness(frame)
    control, walking = figure.axes[0].lines[:2]
    assert control.get_ydata().tolist() == [100, 0, 0]
    assert walking.get_ydata().tolist() == [100, 100, 100]
    with pytest.raises(ValueError, match="this one lacks"):
        ws.figures.plot_check_in_completeness(pd.DataFrame({"arm": []}))
