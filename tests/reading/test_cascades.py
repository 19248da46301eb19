"""Is the cause told once, without what follows from it?"""

import pytest

from tests.reading.trial_on_disk import TrialOnDisk

DATED = """\
participant_id,onset_days,resolved_days,activity_limiting
P1,2024-02-10,2024-02-12,1
P2,2024-03-01,2024-03-02,0
P4,2024-03-01,2024-03-02,0
"""
WIDE = """
[outcomes]
from = "wide.csv"
columns.participant_id = "{id}"
wide = {{ into = "value", columns = {{ pain_0 = {{ measure = "pain_nrs", month = 0 }}, \
pain_3 = {{ measure = "pain_nrs", month = 3 }} }} }}
"""


@pytest.fixture
def folder(tmp_path):
    made = TrialOnDisk.at(tmp_path)
    made.write("recurrences.csv", DATED)
    (tmp_path / "outcomes.csv").unlink()
    return made


def told(folder):
    found = folder.check()
    return found.loc[found["severity"] == "error", "problem"].tolist()


def test_a_file_in_another_encoding_is_told_alone_with_its_place(folder):
    folder.change("participants.csv", "moved away", "moved to Köln; twice")
    data = (folder.path / "participants.csv").read_text(encoding="utf-8")
    folder.write("participants.csv", data.encode("latin-1"))
    (found,) = told(folder)
    assert "moved to Köln; twice" in found
    assert "column withdrawal_reason" in found
    assert "line 4" in found


def test_a_missing_file_is_told_alone(folder):
    (folder.path / "participants.csv").unlink()
    (found,) = told(folder)
    assert "participants.csv is not in the folder" in found


def test_a_wrong_id_column_of_participants_is_told_alone(folder):
    folder.change("participants.csv", "participant_id,", "Pat-Nr,")
    folder.toml('[participants.columns]\nparticipant_id = "Pat_Nr2"', tables="")
    (found,) = told(folder)
    assert "no column 'Pat_Nr2'" in found
    (hint,) = folder.check().query("severity == 'error'")["what_to_do"]
    assert "did you mean 'Pat-Nr'?" in hint


@pytest.mark.parametrize("file", ["recurrences.csv", "walking.csv", "costs.csv"])
def test_a_wrong_id_column_of_another_table_is_told_alone(folder, file):
    folder.change(file, "participant_id,", "who,")
    assert len(told(folder)) == 1
    assert len(folder.check()) == 1


def test_an_orphan_id_is_told_alone(folder):
    folder.change("recurrences.csv", "P4,", "P44,")
    (found,) = told(folder)
    assert "1 id not in participants: 'P44'" in found


def test_a_refused_date_of_randomisation_is_told_alone(folder):
    folder.change("participants.csv", "2024-01-10", "2024-13-10")
    (found,) = told(folder)
    assert "2024-13-10" in found


def test_a_participant_without_a_date_is_told_at_the_days_that_need_it(folder):
    folder.change("participants.csv", "2024-01-10", "")
    found = told(folder)
    assert len(found) == 2
    assert all("the date of randomisation is not known" in one for one in found)


def test_wide_columns_do_not_repeat_the_finding(folder):
    folder.write("wide.csv", "participant_id,pain_0,pain_3\nP1,4,3\nP2,5,2\n")
    folder.toml(WIDE.format(id="pid"))
    (found,) = told(folder)
    assert "no column 'pid'" in found
    folder.toml(WIDE.format(id="participant_id"))
    assert told(folder) == []


def test_no_arms_leave_no_empty_brackets_and_no_id_is_none(folder):
    folder.toml(facts='name = "x"\nsource = "x"\n')
    folder.change(
        "participants.csv", "P2,walking,2024-01-12,365,,,61", ",walking,2024-01-12,365,,,"
    )
    found = folder.check()
    assert not found["problem"].str.contains("()", regex=False).any()
    assert not found["ids"].str.contains("None").any()
