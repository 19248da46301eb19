"""The same people as a folder of tables, as a REDCap export and as a workbook: the same trial."""

import io

import pandas as pd
import pytest

import walkstats as ws
from calibration import other_forms


@pytest.fixture(scope="module")
def people():
    return other_forms.people()


@pytest.fixture(scope="module")
def redcap():
    return ws.load_sample("redcap-like")


@pytest.fixture(scope="module")
def workbook():
    return ws.load_sample("workbook-like")


def same(one, other, columns, keys=("participant_id",)):
    """The same values in these columns, whatever the order of rows."""
    frames = [
        frame[list(columns)].sort_values(list(keys), kind="stable").reset_index(drop=True)
        for frame in (one, other)
    ]
    pd.testing.assert_frame_equal(*frames, check_dtype=True)


def test_the_committed_files_are_those_of_the_script():
    for name, content in other_forms.files().items():
        stored = (other_forms.HOME / name).read_bytes()
        if name.endswith(".parquet"):  # says by which version it was written
            pd.testing.assert_frame_equal(
                *(pd.read_parquet(io.BytesIO(x)) for x in (stored, content))
            )
        else:
            assert stored == content, name


def test_redcap_gives_the_same_people_check_ins_and_recurrences(people, redcap):
    same(redcap.participants, people.participants, people.participants.columns)
    keys = ["participant_id", "check_in"]
    # A missed check-in asked about days as well; walkstats knows them from the schedule.
    there = people.check_ins["state"] == "completed"
    assert (redcap.check_ins.sort_values(keys)["state"].to_numpy()
            == people.check_ins.sort_values(keys)["state"].to_numpy()).all()  # fmt: skip
    answered = redcap.check_ins["state"] == "completed"
    columns = [*keys, "due_days", "answered_days", "covers_from_days", "covers_to_days", "state"]
    same(redcap.check_ins[answered], people.check_ins[there], columns, keys)
    onset = ["participant_id", "onset_days"]
    same(redcap.recurrences, people.recurrences, people.recurrences.columns, onset)


def test_redcap_gives_the_same_outcomes(people, redcap):
    asked = people.outcomes["measure"].isin(other_forms.MEASURES.values())
    keys = ["participant_id", "measure", "month"]
    known = people.outcomes[asked & people.outcomes["value"].notna()]
    same(redcap.outcomes.dropna(subset=["value"]), known, [*keys, "value"], keys)


def test_the_workbook_gives_the_same_tables(people, workbook):
    for table, headings in other_forms.SHEETS.values():
        keys = list(headings)[:2]
        found = workbook.table(table)
        if table == "walking":
            found = found[found["measured_by"] == "diary"]
        same(found, people.table(table), headings, keys)


def test_the_minutes_beside_the_workbook_become_weeks_of_a_device(workbook):
    device = workbook.walking[workbook.walking["measured_by"] == "device"]
    assert len(device) == other_forms.WEARERS * other_forms.WEEKS
    # Of the first wearer's second week all but two days lie in a drawer.
    first = device[device["participant_id"] == device["participant_id"].iloc[0]]
    assert first["walking_minutes"].isna().tolist() == [False, True, False]
    assert device["walking_minutes"].notna().sum() == 11
    laid = ws.derive.reconcile_walking(workbook)
    known = laid[["diary", "device"]].dropna()
    # The made-up minutes have 0.8 of the diary's.
    assert 0.6 < (known["device"] / known["diary"]).median() < 1


@pytest.mark.parametrize("kind", ["any", "activity_limiting", "care_seeking"])
def test_first_recurrences_are_the_same_from_all_three(people, redcap, workbook, kind):
    columns = ["participant_id", "arm", "days", "event", "ended_by"]
    expected = ws.derive.first_recurrence(people, kind=kind)[columns]
    assert expected["event"].sum() > 10
    for other in (redcap, workbook):
        found = ws.derive.first_recurrence(other, kind=kind)[columns]
        pd.testing.assert_frame_equal(found, expected, check_names=False)


def test_both_say_that_they_are_synthetic(redcap, workbook):
    assert redcap.synthetic
    assert workbook.synthetic
