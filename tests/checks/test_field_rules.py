"""Do the rules that know the field tell what is odd, and nothing of what is not?

The tables are made in memory, a few rows each; the planted errors of a whole trial are asked for in
test_planted_errors.
"""

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.reading.trial_on_disk import TrialOnDisk
from walkstats.checks import material_of
from walkstats.checks.days_of_randomisation import longest_order
from walkstats.checks.habits import rounding_notes, weekend_notes
from walkstats.checks.same_people import written_alike
from walkstats.schema import empty_table

N = 60


def people(**columns):
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            "participant_id": [f"P{k:03d}" for k in range(1, N + 1)],
            "arm": ["control", "walking"] * (N // 2),
            "randomised_on": pd.bdate_range("2021-02-01", periods=N),
            "planned_end_days": 365.0,
            "age_years": rng.integers(20, 80, N).astype(float),
            "sex": ["female", "male", "female"] * (N // 3),
            "bmi_kg_m2": np.round(rng.normal(27, 4, N), 1),
        }
    )
    return frame.assign(**columns)


def table(name, *rows, **columns):
    frame = pd.DataFrame(list(rows) or columns)
    known = {c: t for c, t in empty_table(name).dtypes.items() if c in frame}
    return frame.astype(known)


def trial(participants=None, **tables):
    participants = people() if participants is None else participants
    return ws.Trial("Made", "synthetic: a test", ("control", "walking"), participants, **tables)


def told(made, words):
    found = ws.check_trial(made)
    return found[found["problem"].str.contains(words, regex=False)]


def changed(column, row, value):
    values = people()[column].astype(object) if column in people() else pd.Series([None] * N)
    values.iloc[row] = value
    return values


def test_people_as_they_are_have_no_findings():
    assert ws.check_trial(trial()).empty


@pytest.mark.parametrize(
    ("columns", "words", "ids"),
    [
        ({"age_years": changed("age_years", 3, 12.0)}, "age outside 18 to 100", "P004"),
        ({"bmi_kg_m2": changed("bmi_kg_m2", 2, 70.0)}, "outside 13 to 60", "P003"),
        ({"weight_kg": changed("weight_kg", 2, 400)}, "weight_kg outside 30 to 250", "P003"),
        ({"Height CM": changed("h", 5, "1.76")}, "height_cm outside 120 to 220", "P006"),
        ({"pregnant": changed("pregnant", 1, "Yes")}, "men who are pregnant", "P002"),
        ({"birth_date": changed("b", 0, "1890-05-05")}, "age and birth disagree", "P001"),
        ({"participant_id": changed("participant_id", 8, "p-10")}, "differ only in", "p-10, P010"),
    ],
    ids=["child", "bmi", "weight", "metres", "pregnant", "born", "alike"],
)
def test_one_person_is_told(columns, words, ids):
    (found,) = told(trial(people(**columns)), words).itertuples()
    assert found.ids == ids
    assert found.what_to_do


@pytest.mark.parametrize("shift", [0, -0.4, -0.99])
def test_age_may_be_rounded_down_or_to_the_nearest(shift):
    start = people()["randomised_on"]
    born = start - pd.to_timedelta(np.round(365.25 * 50.2), unit="D")
    age = np.full(N, 50.2 + shift)
    assert told(trial(people(age_years=age, birth_date=born)), "birth disagree").empty
    years = people(age_years=age, year_of_birth=start.dt.year - 50)
    assert told(trial(years), "birth disagree").empty


def test_index_of_body_mass_is_held_against_weight_and_height():
    height = np.full(N, 170.0)
    weight = people()["bmi_kg_m2"] * 1.7**2
    assert ws.check_trial(trial(people(weight_kg=weight, height_cm=height))).empty
    weight.iloc[7] *= 2.2046 / 2
    (found,) = told(trial(people(weight_kg=weight, height_cm=height)), "disagree").itertuples()
    assert found.ids == "P008"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("W001", "w1", True),
        ("A-0012", "A12", True),
        ("WO12", "W012", True),
        ("12l", "121", True),
        ("1-11", "11-1", False),
        ("W10", "W1", False),
        ("W100", "W10", False),
        ("site2-7", "site27", False),
    ],
)
def test_ids_that_a_hand_mistakes(one, other, same):
    assert (written_alike(one) == written_alike(other)) == same


def test_somebody_randomised_twice_is_told_where_chance_is_no_reason():
    twice = people()
    for column in ("age_years", "bmi_kg_m2", "sex"):
        twice.loc[40, column] = twice.loc[3, column]
    assert told(trial(twice), "known at baseline").empty  # three columns are no proof
    month = dict.fromkeys(twice["participant_id"], 0.0)
    rng = np.random.default_rng(3)
    rows = [
        {"participant_id": who, "month": 0.0, "measure": measure, "value": float(value)}
        for measure in ("rmdq", "eq5d_vas")
        for who, value in zip(month, rng.integers(0, 24, N), strict=True)
    ]
    outcomes = table("outcomes", *rows)
    assert told(trial(twice, outcomes=outcomes), "known at baseline").empty
    for measure in ("rmdq", "eq5d_vas"):
        at = outcomes.index[outcomes["measure"] == measure]
        outcomes.loc[at[40], "value"] = outcomes.loc[at[3], "value"]
    (found,) = told(trial(twice, outcomes=outcomes), "known at baseline").itertuples()
    assert found.ids == "P004, P041"


def test_preference_for_end_digits_is_told_once_with_shares():
    rounded = people(age_years=np.tile([45.0, 50, 55, 60, 52, 70], N // 6))
    (found,) = told(trial(rounded), "end digits of age_years").itertuples()
    assert "83% of 60 numbers end in 0 or 5, 20% by chance" in found.problem
    assert told(trial(), "end digits").empty


def walking(minutes, weeks=None, who=None):
    minutes = np.asarray(minutes, dtype=float)
    n = minutes.shape[1]
    return table(
        "walking",
        participant_id=np.repeat(who or [f"P{k:03d}" for k in range(1, len(minutes) + 1)], n),
        week=np.tile(np.arange(1, n + 1) if weeks is None else weeks, len(minutes)),
        walking_minutes=minutes.ravel(),
        measured_by="diary",
    )


def minutes_of(n=20, weeks=16):
    return np.random.default_rng(1).integers(60, 240, (n, weeks)).astype(float)


def test_diaries_as_they_are_have_no_findings():
    assert ws.check_trial(trial(walking=walking(minutes_of()))).empty


def test_a_single_week_in_hours_is_told_and_a_short_one_is_not():
    minutes = minutes_of()
    minutes[4, 3] = 2.25
    minutes[5, 3] = 5.0
    (found,) = told(trial(walking=walking(minutes)), "hours among").itertuples()
    assert (found.ids, found.count) == ("P005", 1)
    assert "(135 when multiplied by 60)" in found.problem


def test_all_who_wrote_hours_are_told_where_half_did():
    minutes = minutes_of()
    minutes[::2] = np.round(minutes[::2] / 60, 1)
    (found,) = told(trial(walking=walking(minutes)), "hours among").itertuples()
    assert f"{minutes[::2].size} weeks of 10 participants" in found.problem


def test_weeks_from_0_are_told_apart_from_weeks_before_randomisation():
    weeks = np.arange(16)
    assert len(told(trial(walking=walking(minutes_of(), weeks)), "numbered from 0")) == 1
    assert told(trial(walking=walking(minutes_of(), weeks)), "before week 1").empty
    assert told(trial(walking=walking(minutes_of(), weeks - 1)), "numbered from 0").empty
    assert len(told(trial(walking=walking(minutes_of(), weeks - 1)), "before week 1")) == 1


def test_constant_and_copied_diaries_are_told():
    minutes = minutes_of()
    minutes[2, 1:14] = 150
    minutes[9] = minutes[8]
    made = trial(walking=walking(minutes))
    (constant,) = told(made, "twelve weeks").itertuples()
    assert constant.ids == "P003"
    assert "150 minutes in 13 weeks up to week 14" in constant.problem
    (copied,) = told(made, "same minutes of walking").itertuples()
    assert copied.ids == "P009, P010"


def test_rounding_of_minutes_is_a_note_and_so_are_weekends():
    made = trial(walking=walking(np.round(minutes_of(), -1)))
    assert "end digits" not in " ".join(ws.check_trial(made)["problem"])
    material, _ = material_of(made)
    assert rounding_notes(material) == (
        "walking: walking_minutes is rounded: 100% of 320 numbers end in 0 or 5, 20% by chance.",
    )
    assert weekend_notes(material) == ()
    dates = people()["randomised_on"]
    dates.iloc[-1] += pd.Timedelta(days=(5 - dates.iloc[-1].dayofweek) % 7)
    material, _ = material_of(trial(people(randomised_on=dates)))
    assert "P060" in weekend_notes(material)[0]


def check_ins(n=N, late=None):
    number = np.tile(np.arange(1, 13), n)
    late = np.random.default_rng(6).integers(0, 6, (n, 12)) if late is None else late
    return table(
        "check_ins",
        participant_id=np.repeat(people()["participant_id"].to_numpy()[:n], 12),
        check_in=number,
        due_days=30.0 * number,
        answered_days=30.0 * number + late.ravel(),
        covers_from_days=30.0 * (number - 1),
        covers_to_days=30.0 * number,
        state="completed",
    )


def test_check_ins_as_they_are_have_no_findings():
    assert ws.check_trial(trial(check_ins=check_ins())).empty


def test_answers_copied_from_another_are_told_unless_all_answer_alike():
    late = np.random.default_rng(6).integers(0, 6, (N, 12))
    late[20] = late[10]
    (found,) = told(trial(check_ins=check_ins(late=late)), "answered all check-ins").itertuples()
    assert found.ids == "P011, P021"
    assert told(trial(check_ins=check_ins(late=0 * late)), "answered all check-ins").empty


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"answered_days": 200.0}, "a month after they were due"),
        ({"answered_days": None}, "without the day on which"),
        ({"covers_from_days": 0.0, "covers_to_days": 95.0}, "three times as long"),
        ({"due_days": 500.0}, "due more than a month after the planned end"),
    ],
)
def test_one_check_in_is_told(values, words):
    asked = check_ins()
    for column, value in values.items():
        asked.loc[2, column] = value
    assert told(trial(check_ins=asked), words)["ids"].tolist() == ["P001"]


def test_check_ins_that_are_not_there_are_counted_and_named():
    asked = check_ins().drop(index=[3, 11, 24]).reset_index(drop=True)
    (found,) = told(trial(check_ins=asked), "are not in the table").itertuples()
    assert "3 check-ins of 2 participants (P001 4, 12; P003 1)" in found.problem
    gone = check_ins(N - 1)
    (found,) = told(trial(check_ins=gone), "without any check-in").itertuples()
    assert found.ids == "P060"


def test_answers_after_withdrawal_are_told():
    left = people(withdrawn_days=np.r_[100.0, np.full(N - 1, np.nan)])
    found = told(trial(left, check_ins=check_ins()), "after withdrawal or death")
    assert found["count"].tolist() == [9]


def recurrences(**columns):
    rows = {
        "participant_id": ["P001", "P002"],
        "onset_days": [40.0, 100.0],
        "resolved_days": [44.0, 103.0],
        "activity_limiting": [True, False],
        "care_seeking": [False, False],
    }
    return pd.DataFrame({**rows, **columns})


def test_onsets_lie_in_the_period_of_the_check_in_that_reported_them():
    right = trial(check_ins=check_ins(), recurrences=recurrences(check_in=["2", "4"]))
    assert ws.check_trial(right).empty
    wrong = trial(check_ins=check_ins(), recurrences=recurrences(check_in=["2", "6"]))
    (found,) = told(wrong, "of the check-in that reported").itertuples()
    assert found.ids == "P002"
    assert "P002 day 100, check-in 6 asks about (150, 180]" in found.problem


def test_days_that_have_not_come_are_told():
    dates = people()["randomised_on"]
    dates.iloc[1] = pd.Timestamp.today().normalize() - pd.Timedelta(days=50)
    made = trial(people(randomised_on=dates), recurrences=recurrences())
    assert told(made, "recurrences on days that have not come")["ids"].tolist() == ["P002"]
    dates.iloc[1] += pd.Timedelta(days=60)
    later = trial(people(randomised_on=dates))
    assert told(later, "randomised on a day")["ids"].tolist() == ["P002"]


def test_harms_entered_twice_and_costs_in_two_currencies():
    harm = {"participant_id": "P001", "onset_days": 5.0, "event": "fall"}
    made = trial(adverse_events=table("adverse_events", harm, harm, {**harm, "onset_days": 6.0}))
    assert told(made, "same participant, day and words")["count"].tolist() == [1]
    cost = {"participant_id": "P001", "category": "care", "quantity": 1.0, "unit_cost": 9.0}
    costs = table("costs", *[{**cost, "currency": c} for c in ("AUD", "AUD", "GBP")])
    (found,) = told(trial(costs=costs), "several currencies").itertuples()
    assert "AUD in 2 rows, GBP in 1 row" in found.problem


def test_the_longest_part_in_order():
    rng = np.random.default_rng(0)
    for _ in range(50):
        values = rng.integers(0, 6, 7)
        kept = longest_order(values)
        assert (np.diff(values[kept]) >= 0).all()
        parts = [values[[k for k in range(7) if m >> k & 1]] for m in range(128)]
        assert kept.sum() == max(len(part) for part in parts if (np.diff(part) >= 0).all())


@pytest.fixture
def folder(tmp_path):
    made = TrialOnDisk.at(tmp_path / "trial")
    made.toml(
        tables='[participants.columns]\narm = { from = "trt", codes = { A = "control", '
        'B = "walking" } }\nreferral = { from = "referral", type = "boolean" }\n'
        '[randomisation]\nfrom = "list.csv"\n[randomisation.columns]\narm = "dealt"\n'
    )
    text = (made.path / "participants.csv").read_text(encoding="utf-8")
    text = text.replace("control", "A").replace("walking", "B").replace(",arm,", ",trt,")
    made.write("participants.csv", text)
    made.write("list.csv", LIST)
    return made


LIST = """\
sequence,dealt,participant_id,referral,block,randomised_on
1,A,P1,1,1,2024-01-10
2,B,P4,yes,1,2024-02-05
1,B,P2,0,1,2024-01-12
2,A,P3,no,1,2024-02-01
3,B,P5,0,2,2024-03-01
4,A,P6,0,2,2024-03-02
5,A,,0,3,
"""


def test_a_list_is_read_with_the_codes_of_participants_and_has_no_findings(folder):
    assert folder.check().empty
    assert "list.csv" in folder.read().inputs


@pytest.mark.parametrize(
    ("old", "new", "words", "severity"),
    [
        ("1,A,P1", "1,B,P1", "arms differ from the randomisation list: P1 control", "error"),
        ("P4,yes", "P4,no", "strata differ from the randomisation list: referral: P4", "warning"),
        ("2024-02-01", "2024-02-03", "dates of randomisation differ from the list", "warning"),
        (
            "2024-03-02",
            "2024-01-01",
            "used out of their order: number 4 of referral False (P6)",
            "warning",
        ),
        ("P3,no", "P2,no", "several entries of the list: number 1 of referral False (P2)", "error"),
        ("3,B,P5", "2,B,P5", "numbers stand twice", "error"),
        ("2,A,P3", "2,A,", "passed over: number 2 of referral False", "warning"),
        ("2,B,P4,yes,1", "2,B,P4,yes,9", "block 1 from number 1: control 1, walking 0", "warning"),
        ("3,B,P5", "3,C,P5", "'C'", "error"),
        (
            "P6,0,2",
            "P77,0,2",
            "not among the participants: number 4 of referral False (P77)",
            "warning",
        ),
    ],
)
def test_what_differs_from_the_list_is_told(folder, old, new, words, severity):
    folder.change("list.csv", old, new)
    found = folder.check()
    found = found[found["problem"].str.contains(words, regex=False)]
    assert found["severity"].tolist() == [severity]


def test_a_block_that_is_dealt_unevenly_is_told_and_a_short_last_one_is_not(folder):
    folder.change("list.csv", "2,A,P3,no,1", "2,B,P3,no,1")
    (found,) = [one for one in folder.check().itertuples() if one.column == "block"]
    assert "block 1 from number 1: control 0, walking 2" in found.problem


def test_ages_outside_those_of_the_trial_are_errors(folder):
    text = (folder.path / "trial.toml").read_text(encoding="utf-8")
    folder.write("trial.toml", f"ages = [40, 65]\n{text}")
    (found,) = folder.check().itertuples()
    assert (found.severity, found.ids) == ("error", "P4, P5")


def test_age_that_changes_between_the_rows_of_a_person_is_told(tmp_path):
    made = TrialOnDisk.at(tmp_path / "trial")
    made.toml(
        '[participants]\none_row_per = "participant_id"\nkeep = "last"\n'
        '[participants.columns]\nreferral = { from = "referral", type = "boolean" }',
        tables="",
    )
    text = (made.path / "participants.csv").read_text(encoding="utf-8")
    made.write("participants.csv", f"{text}P6,control,2024-03-02,365,,,41,no\n")
    (found,) = made.check().itertuples()
    assert (found.severity, found.column, found.ids) == ("warning", "age_years", "P6")
