"""Is what walking logs and exported files do to data told in words that help?

The cases of ``bad_inputs.json`` have odd numbers; these stand between them.
"""

import pytest

from tests.reading.trial_on_disk import FILES, TrialOnDisk

PEOPLE = FILES["participants.csv"]
HEADER = PEOPLE.splitlines()[0]

HOURS = "participant_id,week,walking_minutes,measured_by\n" + "".join(
    f"P{person},{week},{minutes},diary\n"
    for person, first in ((1, 100), (2, 120), (3, 1.5), (4, 110))
    for week, minutes in enumerate([first, first * 1.5, first, first * 1.5], 1)
)
FROM_ZERO = FILES["walking.csv"]
for week in (1, 2, 3):
    FROM_ZERO = FROM_ZERO.replace(f",{week},", f",{week - 1},", 1 if week > 1 else 3)

# name -> file, what is there, what is put in its place, table of the finding, its words
CHANGED = {
    "more than a week has": ("walking", "120.5", "10081", "outside 0 to 6720", "1440 minutes"),
    "a week twice": ("walking", "P2,3,", "P2,2,", "P2 2 diary in rows 3, 4", "keep one"),
    "a week before randomisation": ("walking", "P4,1,", "P4,-1,", "before week 1", "week 1"),
    "a decimal comma": ("walking", "120.5", '"120,5"', "a comma inside", "decimal"),
    "a unit in the cell": ("walking", "120.5", "120 min", "something behind it", "unit"),
    "a row that is short": ("participants", ",70,no", ",70", "row 6 has 7 cells", "quotes"),
    "two columns of a name": ("participants", "withdrawal_reason", "arm", "same name", "rename"),
    "a column without name": ("participants", "withdrawal_reason", "", "no name", "name it"),
    "day or month first": ("participants", "2024-02-01", "03/04/2024", "MM/DD/YYYY", "YYYY-MM-DD"),
    "a day of a spreadsheet": ("participants", "2024-02-01", "45323", "of a spreadsheet", "format"),
    "a thousands sign": ("costs", "85.5", '"1,085.50"', "between thousands", "without it"),
    "a code for missing": ("participants", "54.5", "-99", "below 0", "code for missing"),
    "pounds": ("costs", "85.5", "£85.50", "a currency beside", "one currency"),
    "dollars in words": ("costs", ",42", ",AUD 42", "a currency beside", "one currency"),
    "dollars behind": ("costs", ",42", ",42 USD", "a currency beside", "one currency"),
    "no participant": ("participants", "P6,", ",", "participant_id is missing in 1", "enter it"),
    "29 February": ("participants", "2024-03-01", "2023-02-29", "no calendar", "correct"),
}


@pytest.fixture
def folder(tmp_path):
    return TrialOnDisk.at(tmp_path / "trial")


@pytest.mark.parametrize("name", CHANGED)
def test_a_cell_that_is_wrong(folder, name):
    table, old, new, said, advice = CHANGED[name]
    folder.change(f"{table}.csv", old, new)
    found = folder.check()
    found = found[(found["table"] == table) & found["problem"].str.contains(said, regex=False)]
    assert len(found) == 1, folder.check().to_string()
    assert advice in found["what_to_do"].item()
    assert found["row"].notna().item()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("participants.csv", f"{HEADER}\n", "there are no participants"),
        ("participants.csv", PEOPLE.replace(",", ";"), "separated by semicolons"),
        ("participants.csv", PEOPLE.encode("utf-16-le"), "looks like utf-16-le"),
        ("participants.csv", f"{PEOPLE}{HEADER}\n", "stands again among the rows"),
        ("walking.csv", HOURS, "hours among the minutes: 4 weeks of 1 participant"),
        ("walking.csv", FROM_ZERO, "numbered from 0"),
    ],
    ids=["header only", "semicolons", "UTF-16", "header again", "hours", "from 0"],
)
def test_a_file_that_is_wrong(folder, name, content, said):
    folder.write(name, content)
    found = folder.check()
    assert found["problem"].str.contains(said, regex=False).sum() == 1, found.to_string()
    assert found["what_to_do"].str.len().gt(0).all()


def test_a_header_among_the_rows_hides_nothing_else(folder):
    folder.write("participants.csv", f"{PEOPLE}{HEADER}\n")
    folder.change("costs.csv", "P1,", "P77,")
    found = folder.check()
    assert found["row"].tolist() == [8, 2]
    assert "P77" in found["ids"].tolist()


def test_a_time_of_day_is_refused_with_words_about_the_place(folder):
    folder.toml(
        '[walking]\ndaily = true\n[walking.columns]\nday = { from = "w", dates = "%Y-%m-%d" }'
    )
    folder.write("walking.csv", "participant_id,w,walking_minutes\nP1,2024-01-11T23:30+11:00,30\n")
    (found,) = folder.check().itertuples()
    assert "a time of day" in found.problem
    assert "where the person was" in found.what_to_do


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (PEOPLE.encode("utf-16"), 6),
        (PEOPLE.replace("\n", "\r"), 6),
        (PEOPLE.replace("moved away", '"moved\naway"'), 6),
        (PEOPLE + ",,,,,,,\n", 6),
    ],
    ids=["UTF-16 with its mark", "CR", "a line break in quotes", "an empty row"],
)
def test_files_that_are_read(folder, content, rows):
    folder.write("participants.csv", content)
    assert len(folder.read().participants) == rows


def test_leading_zeros_are_kept_and_their_loss_is_told(folder):
    for name, text in FILES.items():
        folder.write(name, text.replace("P", "00"))
    assert folder.read().participants["participant_id"].iloc[0] == "001"
    folder.write("costs.csv", FILES["costs.csv"].replace("P", ""))
    (found,) = folder.check().itertuples()
    assert "'1' is '001'?" in found.what_to_do


def test_diary_and_device_may_hold_the_same_week(folder):
    folder.change("walking.csv", "P2,3,130,,120,diary", "P2,2,130,,120,device")
    assert folder.check().empty


def test_a_clause_that_is_not_known_is_an_error(folder):
    folder.toml('age = "18"')
    (found,) = folder.check().itertuples()
    assert "'age' is not known" in found.problem
    assert "did you mean ages?" in found.what_to_do
