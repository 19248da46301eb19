"""Is a value outside its range quoted as it stands in the file?"""

import pytest

from tests.reading.trial_on_disk import TrialOnDisk

HOURS = """
[walking]
missing = ["", "-99"]
columns.walking_minutes = { unit = "hours" }
"""


@pytest.fixture
def folder(tmp_path):
    made = TrialOnDisk.at(tmp_path)
    made.toml(HOURS)
    return made


def found_in(folder, cell):
    folder.change("walking.csv", "P2,1,90,", f"P2,1,{cell},")
    return folder.check().query("column == 'walking_minutes' and severity == 'error'").iloc[0]


def test_a_negative_value_is_quoted_in_the_unit_of_the_file(folder):
    assert "'-3.5' in the file, here -210 (row 2)" in found_in(folder, "-3.5")["problem"]


def test_a_code_for_missing_that_is_formatted_otherwise_is_named(folder):
    one = found_in(folder, "-99.0")
    assert "'-99.0' in the file" in one["problem"]
    assert "'-99.0' is the code for missing '-99' written otherwise" in one["what_to_do"]


def test_without_a_unit_the_value_is_told_once(folder):
    folder.toml()
    assert "in the file" not in found_in(folder, "-3.5")["problem"]


def test_a_score_that_is_a_code_for_missing_formatted_otherwise(folder):
    folder.toml('[outcomes]\nmissing = ["", "-99"]')
    folder.change("outcomes.csv", "P1,0,rmdq,12", "P1,0,rmdq,-99.0")
    (problem,) = folder.check().query("severity == 'error'")["problem"]
    assert "('-99.0': the code for missing '-99' written otherwise?)" in problem
