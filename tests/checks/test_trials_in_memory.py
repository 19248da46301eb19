"""Is a trial in memory checked as a folder is, whatever its columns hold?"""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from tests.reading.trial_on_disk import TrialOnDisk
from tests.relations import examples
from walkstats.schema import TABLES, Measure, empty_table


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    return TrialOnDisk.at(tmp_path_factory.mktemp("data") / "trial").read()


def changed(trial, table, **columns):
    return dataclasses.replace(trial, **{table: trial.table(table).assign(**columns)})


def told(trial):
    found = ws.check_trial(trial)
    return [
        f"{one.severity} {one.table}.{one.column} row {one.row}: {one.problem} ({one.ids})"
        for one in found.itertuples()
    ]


def test_a_good_trial_has_an_empty_frame_of_findings(trial):
    found = ws.check_trial(trial)
    assert found.empty
    assert list(found.columns) == [
        "severity",
        "table",
        "row",
        "column",
        "ids",
        "count",
        "problem",
        "what_to_do",
        "topic",
        "file",
    ]


def test_rows_are_counted_from_one(trial):
    (found,) = told(changed(trial, "participants", age_years=[50, 60, -1, 50, 50, 50]))
    assert "row 3" in found
    assert "age_years outside" in found or "age_years below 0" in found


@pytest.mark.parametrize(
    ("table", "columns", "words"),
    [
        ("participants", {"age_years": ["old"] * 6}, ("needs numbers", "'old'")),
        ("participants", {"randomised_on": ["5 May"] * 6}, ("needs days", "'5 May'")),
        ("participants", {"previous_episodes": [1.5] * 6}, ("whole numbers",)),
        ("participants", {"participant_id": ["P1"] * 6}, ("more than once", "P1 in rows 1, 2")),
        ("participants", {"arm": [1, 2] * 3}, ("must be one of 'control', 'walking'", "'1'")),
        ("recurrences", {"care_seeking": [1, 2, 1, 1]}, ("must be 0/1", "{1, 2}")),
        ("recurrences", {"onset_days": [np.inf, 1, 1, 1]}, ("infinite",)),
        ("recurrences", {"onset_days": [np.nan, 1, 1, 1]}, ("onset_days is missing in 1 of 4",)),
        ("outcomes", {"participant_id": [1, 2, 3, 4, 5]}, ("not in participants", "'1'")),
        ("outcomes", {"measure": [None, "rmdq", "rmdq", "rmdq", "rmdq"]}, ("measure is missing",)),
        ("walking", {"measured_by": ["app"] * 5}, ("'diary', 'device'", "'app'")),
    ],
)
def test_what_the_dictionary_refuses(trial, table, columns, words):
    found = told(changed(trial, table, **columns))
    assert any(all(word in one for word in words) and one.startswith("error") for one in found), (
        found
    )


def test_required_columns_that_are_not_there(trial):
    people = trial.participants.drop(columns="arm")
    found = told(dataclasses.replace(trial, participants=people))
    assert any("arm is missing in 6 of 6" in one for one in found)


def test_ids_in_numbers_are_the_ids_in_text(trial):
    people = trial.participants.assign(participant_id=[1, 2, 3, 4, 5, 6])
    tables = {
        name: trial.table(name).assign(
            participant_id=trial.table(name)["participant_id"].str[1:].astype(float)
        )
        for name in ("recurrences", "walking", "outcomes", "costs")
    }
    assert told(dataclasses.replace(trial, participants=people, **tables)) == []


def check_ins(*rows):
    names = [column.name for column in TABLES["check_ins"].columns]
    frame = pd.DataFrame(rows, columns=names)
    return frame.astype(empty_table("check_ins").dtypes.to_dict())


def test_check_ins_must_say_what_they_cover(trial):
    nothing = np.nan
    asked = check_ins(
        ("P1", 1, 30, 31, 0, 30, "completed"),
        ("P1", 2, 60, 61, nothing, nothing, "completed"),
        ("P2", 1, 30, 31, 30, 0, "completed"),
        ("P2", 2, 60, 61, 30, 60, "missed"),
        ("P2", 2, 90, nothing, 60, 90, "missed"),
        ("P3", 1, 90, nothing, 60, 90, "late"),
    )
    found = told(dataclasses.replace(trial, check_ins=asked))
    assert any("do not say which period" in one and "(P1)" in one for one in found)
    assert any("ends before it begins" in one and "(P2)" in one for one in found)
    assert any("have a day on which they were answered" in one for one in found)
    assert any(
        "check_in stands more than once" in one or "P2 2 in rows 4, 5" in one for one in found
    )
    assert any("'late'" in one for one in found)


def test_onsets_must_lie_in_what_was_asked_about(trial):
    asked = check_ins(("P1", 1, 30, 31, 0, 40, "completed"), ("P2", 1, 9, np.nan, 0, 300, "missed"))
    found = told(dataclasses.replace(trial, check_ins=asked))
    assert any(
        "no period that a completed check-in" in one and "P1 days 90" in one for one in found
    )
    assert all(one.startswith("warning") for one in found)


def test_an_onset_between_two_joined_periods_was_asked_about(trial):
    """What derive counts as observed, the checks count as asked about: one rule."""
    made = with_check_ins(trial, (1, 30, "completed"), (31, 60, "completed"))
    onsets = empty_table("recurrences").reindex(range(2)).assign(
        participant_id=["P1", "P2"], onset_days=[0.5, 30.5]
    )  # fmt: skip
    made = dataclasses.replace(made, recurrences=onsets)
    assert told(made) == []
    events = ws.derive.first_recurrence(made, kind="any").set_index("participant_id")
    assert events.loc[["P1", "P2"], "days"].tolist() == [0.5, 30.5]
    apart = dataclasses.replace(made, recurrences=onsets.assign(onset_days=[0.5, 61.0]))
    assert any("no period" in one and "P2 days 61" in one for one in told(apart))


def test_recurrences_that_contradict_themselves(trial):
    rows = trial.recurrences.assign(
        resolved_days=[20, 95, 210, 18],
        activity_limiting=pd.array([True, False, True, False], dtype="boolean"),
        activity_limiting_days=[30, 91, 250, np.nan],
    )
    found = told(dataclasses.replace(trial, recurrences=rows))
    assert any("last day of pain lies before the first: P1 days 30 to 20" in one for one in found)
    assert any("lies outside the episode" in one and "P2" in one for one in found)
    assert any("denied by the yes/no column (P1)" in one for one in found)


@pytest.mark.parametrize(
    ("days", "overlapping"),
    [
        ([(10, 20), (20, 30)], False),
        ([(10, 20), (19, 30)], True),
        ([(10, 20), (10, 12)], True),
        ([(10, None), (11, 12)], False),
        ([(10, None), (10, None)], True),
        ([(10, 100), (20, 30), (40, 50)], True),
        ([(20, 30), (10, 15)], False),
    ],
)
def test_when_recurrences_overlap(trial, days, overlapping):
    rows = pd.DataFrame(days, columns=["onset_days", "resolved_days"], dtype=float)
    rows.insert(0, "participant_id", "P1")
    found = told(dataclasses.replace(trial, recurrences=rows))
    assert bool(found) == overlapping, found
    if len(days) == 3:
        assert (
            "P1 days 10 to 100 and days 20 to 30; P1 days 10 to 100 and days 40 to 50" in found[0]
        )


def test_follow_up(trial):
    people = trial.participants.assign(
        planned_end_days=[0, 365, 365, 365, 365, 365],
        withdrawn_days=[np.nan, 400, 100, np.nan, 0, np.nan],
        withdrawal_reason=[None, None, "moved", "busy", None, None],
    )
    found = told(dataclasses.replace(trial, participants=people))
    assert any("without follow-up" in one and "(P1, P5)" in one for one in found)
    assert any("after the planned end" in one and "(P2)" in one for one in found)
    assert any("a reason for withdrawal and no day (P4)" in one for one in found)


def test_strata(trial):
    assert any(
        "'town' is no column" in one for one in told(dataclasses.replace(trial, strata=("town",)))
    )
    gap = changed(trial, "participants", referral=pd.array([None, 1, 0, 1, 0, 1], dtype="boolean"))
    assert any("warning" in one and "referral is missing for 1 of 6" in one for one in told(gap))


def test_screening_must_add_up(trial):
    rows = pd.DataFrame(
        {
            "stage": ["screened", "excluded", "excluded", "randomised"],
            "reason": [None, "pain", "age", None],
            "n": pd.array([20, 8, 6, 7], dtype="Int64"),
        }
    )
    found = told(dataclasses.replace(trial, screening=rows))
    assert any("7 randomised, and participants has 6 rows" in one for one in found)
    assert not any("20 screened" in one for one in found)
    rows["n"] = pd.array([21, 8, 6, 6], dtype="Int64")
    (found,) = told(dataclasses.replace(trial, screening=rows))
    assert "21 screened less 14 excluded is 7" in found


def test_weeks(trial):
    rows = trial.walking.assign(week=pd.array([1, 2, 5, 0, 1], dtype="Int64"))
    found = told(dataclasses.replace(trial, walking=rows))
    assert any("1 gap of 1 participant" in one and "(P2)" in one for one in found)
    assert any("before week 1" in one and "(P3)" in one for one in found)
    twice = pd.concat([trial.walking, trial.walking.iloc[:1]], ignore_index=True)
    assert any(
        "P2 1 diary in rows 1, 6" in one for one in told(dataclasses.replace(trial, walking=twice))
    )


def test_hours_read_as_minutes_are_told_and_few_weeks_are_not(trial):
    weeks = pd.array(range(1, 31), dtype="Int64")
    rows = pd.DataFrame({"participant_id": "P2", "week": weeks, "walking_minutes": 2.25})
    rows = rows.reindex(columns=trial.walking.columns).astype(trial.walking.dtypes.to_dict())
    found = told(dataclasses.replace(trial, walking=rows))
    assert any("at most 2.25 minutes were walked in the whole week" in one for one in found)
    for fine in (rows.iloc[:9], rows.assign(walking_minutes=60.0)):
        assert not any("at most" in one for one in told(dataclasses.replace(trial, walking=fine)))


def test_labels_that_differ_in_case_or_spaces_are_told(trial):
    found = told(changed(trial, "participants", sex=["f", "F ", "m", "m", "f", None]))
    (one,) = [one for one in found if "differ only" in one]
    assert "participants.sex" in one
    assert "'f' and 'F '" in one


def test_measures_and_windows_of_the_trial_itself_are_known(trial):
    odd = changed(trial, "outcomes", measure="odi", value=[50.0, 60, 70, 80, 101])
    assert any("does not know 'odi'" in one for one in told(odd))
    known = dataclasses.replace(
        odd,
        measures={"odi": Measure("odi", "Oswestry", 0, 100, "lower")},
        visit_windows={3.0: (2.0, 4.0)},
    )
    found = told(known)
    assert any("P2 month 3 odi 101 of 0 to 100" in one for one in found)
    assert any("month 12 is no visit of this trial" in one for one in found)


STRANGE = ("P1", "", "x", "walking", 0, 1, -1, 2.5, True, 10**30, b"x", (), 3 + 1j)
NOTHING = (float("nan"), float("inf"), pd.NaT, pd.NA, None)
TIMES = (pd.Timestamp("2024-01-05"), pd.Timestamp("2024-01-05 10:00", tz="UTC"))
VALUES = st.sampled_from([*STRANGE, *NOTHING, *TIMES])


@examples(25, 100)
@given(st.sampled_from(sorted(TABLES)), st.data())
def test_any_values_in_any_column_give_findings_and_never_an_exception(table, data):
    names = [column.name for column in TABLES[table].columns]
    rows = data.draw(st.integers(1, 4))
    columns = {
        name: pd.Series(data.draw(st.lists(VALUES, min_size=rows, max_size=rows)), dtype=object)
        for name in data.draw(st.lists(st.sampled_from([*names, "beyond"]), unique=True))
    }
    people = pd.DataFrame({"participant_id": ["P1", "P2"], "arm": ["control", "walking"]})
    trial = ws.Trial("a", "b", ("control", "walking"), people)
    trial = dataclasses.replace(trial, **{table: pd.DataFrame(columns, index=range(rows))})
    found = ws.check_trial(trial)
    assert found["what_to_do"].str.len().gt(0).all()
    assert found["severity"].isin(["error", "warning"]).all()


@pytest.mark.parametrize("column", ["activity_limiting", "care_seeking"])
def test_flags_that_some_recurrences_lack_are_told(trial, column):
    flags = pd.array([True, None, False, None], dtype="boolean")
    (found,) = told(changed(trial, "recurrences", **{column: flags}))
    assert found.startswith(f"warning recurrences.{column} row 2")
    assert "2 of 4 recurrences" in found
    assert "(P1, P4)" in found


def test_a_flag_that_the_trial_never_records_is_not_told(trial):
    assert not told(changed(trial, "recurrences", care_seeking=pd.array([None] * 4, "boolean")))


def with_check_ins(trial, *rows):
    """Check-ins of participants P1 to P6 from (from, to, state), the same for everybody."""
    asked = pd.DataFrame(
        [
            {
                "participant_id": f"P{k}",
                "check_in": number,
                "covers_from_days": begin,
                "covers_to_days": end,
                "state": state,
            }
            for k in range(1, 7)
            for number, (begin, end, state) in enumerate(rows, 1)
        ]
    )
    return dataclasses.replace(trial, check_ins=asked, recurrences=empty_table("recurrences"))


@pytest.mark.parametrize("second", [(30, 60), (31, 60)])
def test_periods_at_most_a_day_apart_are_joined(trial, second):
    made = with_check_ins(trial, (1, 30, "completed"), (*second, "completed"))
    assert told(made) == []


@pytest.mark.parametrize(
    "rows",
    [
        [(2, 30, "completed")],
        [(0, 30, "completed"), (32, 60, "completed")],
    ],
)
def test_periods_that_leave_gaps_are_told(trial, rows):
    found = told(with_check_ins(trial, *rows))
    assert any("leave gaps for 6 of 6 participants" in one for one in found), found


def test_days_asked_about_twice_are_told(trial):
    made = with_check_ins(trial, (0, 30, "completed"), (20, 60, "completed"))
    (found,) = told(made)
    assert "of the one before again" in found


def test_a_gap_where_a_check_in_was_missed_is_none_of_the_periods(trial):
    rows = [(0, 30, "completed"), (None, None, "missed"), (60, 90, "completed")]
    (found,) = told(with_check_ins(trial, *rows))
    assert "neither period nor due day is known" in found


def test_gaps_of_few_participants_are_told_of_their_check_ins(trial):
    made = with_check_ins(trial, (0, 30, "completed"), (30, 60, "completed"))
    made.check_ins.loc[1, "covers_from_days"] = 40
    (found,) = told(made)
    assert "leave out days after the one before: P1 check-in 2" in found


def test_participants_whose_check_ins_cover_nothing_are_told(trial):
    made = with_check_ins(trial, (0, 30, "completed"))
    made.check_ins.loc[2, ["covers_from_days", "covers_to_days", "state"]] = [None, None, "missed"]
    found = told(dataclasses.replace(made, check_ins=made.check_ins.drop(index=4)))
    (about,) = [one for one in found if "no completed check-in covers" in one]
    assert "(P3, P5)" in about
    (without,) = [one for one in found if "without any check-in" in one]
    assert "(P5)" in without
