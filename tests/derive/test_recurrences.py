"""Recurrent events and intervals, on participants whose story can be told in a line."""

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.derive.tiny_trials import Person, Report, make_trial
from walkstats.errors import DataError

C, M, W = "completed", "missed", "withdrawn"
ALL = (C,) * 5


def spells(frame, who="p1"):
    rows = frame[frame["participant_id"] == who]
    columns = ["episode", "start_days", "stop_days", "event"]
    return [tuple(row) for row in rows[columns].itertuples(index=False)]


def recurrences(*people, **options):
    options = {"kind": "any", "at_risk": "out_of_episode", **options}
    return ws.derive.recurrences(make_trial(list(people)), **options)


TWICE = Person(ALL, (Report(8, 12), Report(30, 30)))


def test_days_in_an_episode_after_its_first_are_not_at_risk():
    assert spells(recurrences(TWICE)) == [
        (1, 0, 8, True),
        (2, 12, 30, True),
        (3, 30, 50, False),
    ]
    assert spells(recurrences(TWICE, at_risk="recovered")) == [
        (1, 0, 8, True),
        (2, 19, 30, True),
        (3, 37, 50, False),
    ]
    assert spells(recurrences(TWICE, at_risk="under_observation")) == [
        (1, 0, 8, True),
        (2, 8, 30, True),
        (3, 30, 50, False),
    ]


def test_at_risk_has_no_default():
    with pytest.raises(TypeError, match="at_risk"):
        ws.derive.recurrences(make_trial([TWICE]), kind="any")
    with pytest.raises(ValueError, match="at_risk must be one of 'out_of_episode'"):
        recurrences(TWICE, at_risk="always")


def test_pain_that_is_back_before_enough_free_days_is_the_same_episode():
    # Pain-free from day 13 to day 18: six days, one too few.
    close = Person(ALL, (Report(8, 12), Report(19, 20)))
    assert spells(recurrences(close)) == [(1, 0, 8, True), (2, 20, 50, False)]
    apart = Person(ALL, (Report(8, 12), Report(20, 20)))
    assert [row[3] for row in spells(recurrences(apart))] == [True, True, False]
    assert len(spells(recurrences(apart, gap_days=30))) == 2
    notes = recurrences(close).attrs["notes"]
    assert "1 recurrence(s) began within 7 pain-free days of an earlier one" in " ".join(notes)


def test_limiting_counts_from_its_first_day_and_the_milder_days_before_are_at_risk():
    later = Person(ALL, (Report(8, 14, limiting=11), Report(30, 33)))
    assert spells(recurrences(later, kind="activity_limiting")) == [
        (1, 0, 11, True),
        (2, 14, 50, False),
    ]
    # Milder pain and a limiting recurrence within seven days are one episode.
    worse = Person(ALL, (Report(8, 10), Report(14, 16, limiting=14)))
    assert spells(recurrences(worse, kind="activity_limiting"))[0] == (1, 0, 14, True)


def test_the_last_observed_day_is_there_also_for_who_ends_in_pain():
    in_pain, quiet = Person(ALL, (Report(45, None),)), Person((C, C, M, M, M), (Report(60, 61),))
    frame = recurrences(in_pain, quiet, Person((M,) * 5))
    assert spells(frame) == [(1, 0, 45, True)]
    assert spells(frame, "p3") == [(1, 0, 0, False)]
    until = frame.drop_duplicates("participant_id")["observed_until_days"]
    assert until.tolist() == [50, 20, 0]
    assert frame["ended_by"].tolist() == ["recurrence", "stopped answering", "no follow-up"]
    assert "1 participant(s) without time at risk" in " ".join(frame.attrs["notes"])


def test_what_happens_after_a_gap_is_a_choice():
    gap = Person((C, M, C, C, C), (Report(5, 6), Report(15, 25), Report(33, 33)))
    assert spells(recurrences(gap)) == [(1, 0, 5, True), (2, 6, 10, False)]
    assert spells(recurrences(gap, after_gap="carry")) == [
        (1, 0, 5, True),
        (2, 6, 15, True),
        (3, 25, 33, True),
        (4, 33, 50, False),
    ]
    # What began in the gap is no event, but its days are not at risk after the gap either.
    resumed = recurrences(gap, after_gap="resume")
    assert spells(resumed) == [
        (1, 0, 5, True),
        (2, 6, 10, False),
        (2, 25, 33, True),
        (3, 33, 50, False),
    ]
    assert resumed["ended_by"].tolist() == [
        "recurrence",
        "gap in check-ins",
        "recurrence",
        "end of follow-up",
    ]
    assert "1 episode(s) began on days that were not observed" in " ".join(resumed.attrs["notes"])
    with pytest.raises(ValueError, match="after_gap must be one of"):
        recurrences(gap, after_gap="ignore")


def test_nothing_after_the_day_asked_for_counts():
    frame = recurrences(TWICE, observed_until_days=20)
    assert spells(frame) == [(1, 0, 8, True), (2, 12, 20, False)]
    assert frame["ended_by"].tolist()[-1] == "end of the period analysed"
    assert set(frame["observed_until_days"]) == {20}
    with pytest.raises(ValueError, match="observed_until_days"):
        recurrences(TWICE, observed_until_days=0)


def test_an_episode_without_a_known_end():
    # Told with the last day of others: it goes on. Followed by another: it has ended by then.
    others = Person(ALL, (Report(3, 4),))
    going_on = Person(ALL, (Report(8, None),))
    followed = Person(ALL, (Report(8, None, limiting=10), Report(30, 31)))
    frame = recurrences(going_on, followed, others)
    assert spells(frame) == [(1, 0, 8, True)]
    assert spells(frame, "p2")[1] == (2, 10, 30, True)
    # In a trial that has no last days at all an episode is its days known.
    assert spells(recurrences(going_on)) == [(1, 0, 8, True), (2, 8, 50, False)]


def test_a_recurrence_on_the_day_of_randomisation_is_the_first_event_without_time_at_risk():
    frame = recurrences(Person(ALL, (Report(0, 2),)))
    assert spells(frame) == [(1, 0, 0, True), (2, 2, 50, False)]
    first = ws.derive.first_recurrence(make_trial([Person(ALL, (Report(0, 2),))]), kind="any")
    assert first[["days", "event"]].iloc[0].tolist() == [0, True]


def test_the_frame_says_how_it_was_made():
    frame = recurrences(TWICE, at_risk="under_observation", baseline=["planned_end_days"])
    assert list(frame.columns) == [
        "participant_id", "arm", "episode", "start_days", "stop_days", "event", "ended_by",
        "observed_until_days", "site", "planned_end_days",
    ]  # fmt: skip
    assert frame.attrs["at_risk"] == "under_observation"
    assert "before 7 pain-free days" in frame.attrs["method"]
    assert "(under_observation)" in frame.attrs["method"]
    assert list(frame["arm"].cat.categories) == ["control", "walking"]
    assert frame["event"].dtype == bool


@pytest.mark.parametrize("gap", [-1, np.nan, np.inf, "seven", None, True])
def test_pain_free_days_must_be_a_number(gap):
    with pytest.raises(ValueError, match="gap_days must be a number of days"):
        recurrences(TWICE, gap_days=gap)


def test_what_is_not_recorded_is_refused_and_unknown_is_counted():
    made = make_trial([TWICE])
    made.recurrences["care_seeking"] = pd.NA
    with pytest.raises(DataError, match="does not record"):
        ws.derive.recurrences(made, kind="care_seeking", at_risk="under_observation")
    made.recurrences.loc[0, "activity_limiting"] = pd.NA
    frame = ws.derive.recurrences(made, kind="activity_limiting", at_risk="under_observation")
    assert "do not say whether they were an activity-limiting" in " ".join(frame.attrs["notes"])
    made.recurrences.loc[0, "participant_id"] = "p9"
    with pytest.raises(DataError, match=r"not among the participants \(ids p9\)"):
        ws.derive.recurrences(made, kind="any", at_risk="under_observation")


@pytest.mark.parametrize(
    ("column", "day", "words"),
    [
        ("onset_days", -2.0, "begin before randomisation"),
        ("onset_days", np.inf, "begin before randomisation"),
        ("onset_days", np.nan, "begin before randomisation"),
        ("resolved_days", 5.0, "the last day of pain lies before the first"),
        ("resolved_days", np.inf, "the last day of pain lies before the first"),
        (
            "activity_limiting_days",
            5.0,
            "the first day of activity-limiting recurrence lies before",
        ),
    ],
)
def test_days_that_cannot_be_are_refused_with_whose_they_are(column, day, words):
    made = make_trial([Person(ALL), Person(ALL, (Report(8, 12, limiting=9),))])
    made.recurrences.loc[0, column] = day
    with pytest.raises(DataError, match=words) as refused:
        ws.derive.recurrences(made, kind="activity_limiting", at_risk="out_of_episode")
    assert refused.value.problems["ids"].tolist() == ["p2"]
    assert refused.value.problems["column"].tolist() == [column]


def test_no_frame_changes_the_trial():
    made = make_trial([TWICE, Person((C, M, C, C, C), (Report(5, None),))])
    before = {
        name: made.table(name).copy() for name in ("participants", "check_ins", "recurrences")
    }
    ws.derive.recurrences(made, kind="any", at_risk="out_of_episode", after_gap="resume")
    ws.derive.recurrence_intervals(made, kind="any")
    ws.derive.competing_events(made, kind="any")
    ws.derive.days_in_pain(made, kind="any")
    ws.derive.recovery(made, kind="any")
    ws.derive.walking_spans(made, kind="any", lag_days=0)
    ws.derive.check_in_completeness(made)
    for name, table in before.items():
        pd.testing.assert_frame_equal(made.table(name), table)


def test_overlapping_reports_are_one_episode():
    inside = Person(ALL, (Report(8, 30), Report(12, 14), Report(30, 35)))
    assert spells(recurrences(inside, gap_days=0)) == [(1, 0, 8, True), (2, 35, 50, False)]


def test_trials_without_recurrences_or_check_ins():
    assert spells(recurrences(Person(ALL))) == [(1, 0, 50, False)]
    bare = make_trial([TWICE, Person(ALL, withdrawn=20.0)], check_ins=False)
    frame = ws.derive.recurrences(bare, kind="any", at_risk="under_observation")
    assert spells(frame)[-1] == (3, 30, 50, False)
    assert spells(frame, "p2") == [(1, 0, 20, False)]


# ---- longer episodes, the same time between them ----------------------------------------------


def test_longer_episodes_leave_the_rate_out_of_episodes_and_lower_the_count():
    """Sixty days from the end of each episode to the next, in both arms, over a year."""

    def story(length):
        told, day = [], 60
        while day <= 365:
            told.append({"participant_id": f"e{length}", "onset_days": float(day),
                         "resolved_days": float(day + length)})  # fmt: skip
            day += length + 60
        return told

    people = pd.DataFrame(
        {"participant_id": ["e4", "e20"], "arm": ["walking", "control"], "planned_end_days": 365.0}
    )
    told = pd.DataFrame(story(4) + story(20))
    trial = ws.Trial("two", "made up", ("control", "walking"), people, recurrences=told)
    rates, counts = {}, {}
    for at_risk in ("out_of_episode", "under_observation"):
        frame = ws.derive.recurrences(trial, kind="any", at_risk=at_risk)
        spent = (frame["stop_days"] - frame["start_days"]).groupby(frame["participant_id"]).sum()
        counts[at_risk] = frame.groupby("participant_id")["event"].sum()
        rates[at_risk] = counts[at_risk] / spent
    assert counts["under_observation"].to_dict() == {"e4": 5, "e20": 4}
    # 5 times 60 days and the 45 after the last episode; 4 times 60 and 45.
    assert rates["out_of_episode"].to_dict() == {"e4": 5 / 345, "e20": 4 / 285}
    assert rates["under_observation"].to_dict() == {"e4": 5 / 365, "e20": 4 / 365}


# ---- intervals ---------------------------------------------------------------------------------


def interval(person, **options):
    frame = ws.derive.recurrence_intervals(make_trial([person]), **{"kind": "any", **options})
    return tuple(frame[["low_days", "high_days"]].iloc[0])


def test_the_interval_runs_from_the_last_negative_to_the_first_positive_check_in():
    assert interval(Person(ALL, (Report(24, 25),))) == (20, 30)
    assert interval(Person(ALL, (Report(30, 31),))) == (20, 30)
    assert interval(Person(ALL, (Report(4, 5),))) == (0, 10)
    assert interval(Person(ALL)) == (50, np.inf)
    assert interval(Person((M,) * 5)) == (0, np.inf)


def test_missed_check_ins_widen_it():
    assert interval(Person((C, M, C, C, C), (Report(24, 25),))) == (10, 30)
    assert interval(Person((C, M, M, C, C), (Report(12, 12),))) == (10, 40)
    assert interval(Person((M, C, C, C, C), (Report(14, 15),))) == (0, 20)
    assert interval(Person((C, M, C, C, C), (Report(44, 45),))) == (40, 50)
    assert interval(Person((C, M, C, C, C), (Report(24, 25),)), after_gap="censor") == (10, np.inf)
    # After the last answer nothing was seen.
    assert interval(Person((C, C, M, M, M), (Report(24, 25),))) == (20, np.inf)


def test_an_interval_is_that_of_the_kind_asked_for():
    person = Person(ALL, (Report(4, 5), Report(18, 25, limiting=22)))
    assert interval(person, kind="activity_limiting") == (20, 30)
    with pytest.raises(ValueError, match="after_gap must be one of 'widen', 'censor'"):
        interval(person, after_gap="carry")


def test_without_check_ins_days_are_exact_and_it_is_said():
    trial = make_trial([Person(ALL, (Report(24, 25),)), Person(ALL)], check_ins=False)
    frame = ws.derive.recurrence_intervals(trial, kind="any")
    assert frame[["low_days", "high_days"]].to_numpy().tolist() == [[24, 24], [50, np.inf]]
    assert "no check-ins: days are taken as exact" in " ".join(frame.attrs["notes"])
    assert list(frame.columns) == ["participant_id", "arm", "low_days", "high_days", "site"]
