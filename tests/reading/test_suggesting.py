"""Does a draft of trial.toml read a messy folder as it stands, and ask where it cannot know?"""

import csv
import io
import re
import tempfile
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import walkstats as ws
from tests.reading.test_formats import FILES
from tests.reading.trial_on_disk import FILES as TABLES_ON_DISK
from tests.reading.trial_on_disk import TrialOnDisk
from walkstats.cli import main
from walkstats.errors import DataError
from walkstats.reading.declared.manifest import read_manifest
from walkstats.reading.declared.toml_text import parse_toml
from walkstats.reading.suggesting.columns_meant import columns_of
from walkstats.reading.suggesting.drafts import suggest_trial, write_draft
from walkstats.reading.suggesting.measures_meant import scores_in_columns
from walkstats.reading.text_tables import TextTable

BASELINE = """\
Export of the trial database;;;;;;;
Record ID;Group;Rand Date;Age;BMI;Referral;Date of birth;pain_0;pain_3;pain_12
001;Usual care;13/01/2024;54,5;24,1;GP;1970-01-01;6;4;NA
002;Walking;02/02/2024;61;-99;self;1963-02-03;5;2;1
003;walking;28/02/2024;47,25;31;GP;1977-11-30;7,5;;3
"""
FLARES = """\
subject\tonset_date\tresolved_on\tlimiting\tsought_care
1\t2024-03-01\t2024-03-09\tY\tN
2\t2024-05-06\t\tN\tN
"""
MINUTES = """\
pid,wk,hours_walked,source
001,1,1.5,paper diary
002,1,2,Fitbit
"""
CALLS = """\
pid,visit,covers_from,covers_to,status
001,1,0,30,done
001,2,30,61,not answered
"""
MESSY = {
    "Baseline export.csv": BASELINE.encode("cp1252"),
    "pain flares.tsv": FLARES.replace("\n1\t", "\n001\t").replace("\n2\t", "\n002\t").encode(),
    "walking.csv": MINUTES.encode("utf-16"),
    "monthly_calls.csv": CALLS.encode(),
    "notes.md": b"# not a table",
    "codes.csv": b"code,meaning\n1,yes\n2,no\n",
}


@pytest.fixture(scope="module")
def messy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("suggesting") / "Walking trial"
    folder.mkdir()
    for name, data in MESSY.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def read(messy):
    write_draft(messy)
    trial = ws.read_trial(messy)
    (messy / "trial.toml").unlink()
    return trial


def folder_of(path, **files):
    path.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (path / f"{name}.csv").write_text(text, encoding="utf-8")
    return path


def questions(folder):
    write_draft(folder, folder / "trial.toml")
    with pytest.raises(DataError) as caught:
        ws.read_trial(folder)
    (folder / "trial.toml").unlink()
    found = [one.problem for one in caught.value.findings]
    return "\n".join(one for one in found if "is not answered yet" in one)


def test_a_messy_folder_is_read_by_its_draft_without_an_edit(read):
    people = read.participants
    assert read.arms == ("Usual care", "Walking")
    assert people["participant_id"].tolist() == ["001", "002", "003"]
    assert people["arm"].tolist() == ["Usual care", "Walking", "Walking"]
    assert people["randomised_on"].dt.strftime("%Y-%m-%d").tolist()[0] == "2024-01-13"
    assert people["age_years"].tolist() == [54.5, 61, 47.25]
    assert people["bmi_kg_m2"].isna().tolist() == [False, True, False]
    assert "Referral" in people
    assert "Date of birth" not in people


def test_its_other_tables_are_read_too(read):
    assert read.recurrences["onset_days"].tolist() == [48, 94]
    assert read.recurrences["activity_limiting"].tolist() == [True, False]
    assert read.walking["walking_minutes"].tolist() == [90, 120]
    assert read.walking["measured_by"].tolist() == ["diary", "device"]
    assert read.check_ins["state"].tolist() == ["completed", "missed"]
    scores = read.outcomes.sort_values(["participant_id", "month"])
    assert scores["measure"].unique().tolist() == ["pain_nrs"]
    assert scores["value"].tolist()[:2] == [6, 4]
    assert scores["month"].tolist() == [0, 3, 12] * 3


def test_the_draft_gives_its_reasons(messy):
    draft = suggest_trial(messy)
    for line in (
        'arms = ["Usual care", "Walking"]   # likely: Usual care is named as',
        "header_line = 2",
        'delimiter = ";"',
        'decimal = ","',
        'dates = "%d/%m/%Y" }   # likely: ',
        "# codes.csv is no table that is known by its columns: code, meaning",
        "left out, since they may say who somebody is: Date of birth",
        '{ from = "hours_walked", unit = "hours" }',
        "# strata = [",
    ):
        assert line in draft
    assert "encoding = " not in draft  # UTF-8, or said by a mark
    assert re.search(r"missing = .*-99.*taken as missing", draft)
    assert read_manifest(parse_toml(draft.encode(), "trial.toml"))[1] == []


def test_tables_with_the_dictionarys_names_are_found_without_a_question(tmp_path):
    TrialOnDisk.at(tmp_path / "trial")
    draft = suggest_trial(tmp_path / "trial")
    declared, problems = read_manifest(parse_toml(draft.encode(), "trial.toml"))
    assert problems == []
    assert declared.arms == ("control", "walking")
    files = {one.table: one.file for one in declared.tables if one.file}
    assert files == {name.removesuffix(".csv"): name for name in TABLES_ON_DISK}
    assert draft.count("# likely") == 1  # the arms


def test_what_only_the_team_knows_is_asked(tmp_path):
    folder = folder_of(
        tmp_path,
        people="id,trt,rand_date\n1,1,01/02/2024\n2,2,03/04/2024\n",
        flares="id,onset,limited\n1,3,1\n2,9,2\n",
        scores="id,month,measure,score\n1,early,mood,3\n2,late,mood,4\n",
    )
    asked = questions(folder)
    assert "what are the arms called, the reference first: 1, 2" in asked
    assert "which arm is each of 1, 2" in asked
    assert "is '01/02/2024' of rand_date %d/%m/%Y or %m/%d/%Y" in asked
    assert "which of 1, 2 is true and which is false" in asked
    assert "which month is each of early, late" in asked
    assert "is a lower or a higher mood better" in asked


@pytest.mark.parametrize("column", ["minutes", "pain_3"])
def test_numbers_that_can_be_read_in_two_ways_are_asked_about(tmp_path, column):
    folder = folder_of(
        tmp_path,
        people="id,arm\n1,control\n2,walking\n",
        walking=f"id;week;{column}\n1;1;1.090\n2;1;1.200\n",
    )
    assert f"which sign is the decimal one: '1.090' ({column}, row 2)" in questions(folder)


def test_the_reference_is_asked_for_where_no_name_says_it(tmp_path):
    folder = folder_of(tmp_path, people="id,group\n1,Walking\n2,Pilates\n")
    assert "which is the reference? Write a list that begins with it: Walking" in questions(folder)


def test_without_participants_they_are_asked_for(tmp_path):
    folder = folder_of(tmp_path, diary="id,week,minutes\n1,1,30\n")
    assert "which file has one row per participant: diary.csv" in questions(folder)


def test_participants_in_several_rows_become_one_each(tmp_path):
    folder = folder_of(tmp_path, all="id,arm,pain_0\n1,control,2\n1,control,2\n2,walk,3\n")
    assert 'one_row_per = "id"' in suggest_trial(folder)


def test_days_become_weeks_and_words_become_months(tmp_path):
    folder = folder_of(
        tmp_path,
        participants="id,arm,randomised_on\n1,control,2024-01-01\n2,walk,2024-01-02\n",
        device="id,date,minutes\n1,2024-01-02,30\n2,2024-01-03,40\n",
        proms="id,visit,scale,score\n1,Baseline,Roland Morris,3\n2,3 months,ODI,40\n",
    )
    write_draft(folder)
    trial = ws.read_trial(folder)
    assert trial.outcomes[["month", "measure"]].to_numpy().tolist() == [[0, "rmdq"], [3, "odi"]]
    assert trial.walking["week"].tolist() == [1, 1]


def test_a_workbook_and_an_archive_are_drafted_too(tmp_path, messy):
    draft = suggest_trial(FILES / "trial_openxlsx.xlsx")
    assert 'sheet = "Participants"' in draft
    archive = tmp_path / "trial.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for name, data in MESSY.items():
            packed.writestr(f"export/{name}", data)
    lines = [line for line in suggest_trial(messy).splitlines() if "from =" in line]
    assert [line for line in suggest_trial(archive).splitlines() if "from =" in line] == lines
    with pytest.raises(DataError, match="nothing is written into the archive"):
        write_draft(archive)
    assert write_draft(archive, tmp_path / "draft.toml").exists()


def test_value_labels_are_left_to_the_file(tmp_path):
    (tmp_path / "people.sav").write_bytes((FILES / "trial.sav").read_bytes())
    draft = suggest_trial(tmp_path)
    assert "the file says what its codes stand for" in draft
    assert 'arms = ["control", "walking"]' in draft


def test_nothing_is_overwritten(tmp_path, capsys):
    folder = folder_of(tmp_path, people="id,group\n1,control\n2,walking\n")
    assert main(["new", str(folder)]) == 0
    said = capsys.readouterr().out
    assert str(folder / "trial.toml") in said
    assert f"walkstats check {folder}" in said
    before = (folder / "trial.toml").read_bytes()
    assert main(["new", str(folder)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert (folder / "trial.toml").read_bytes() == before
    assert main(["new", str(folder), "--out", str(tmp_path / "other.toml")]) == 0


def test_places_without_tables_are_refused(tmp_path):
    with pytest.raises(DataError, match="there is no table"):
        suggest_trial(tmp_path)
    with pytest.raises(DataError, match="no folder"):
        suggest_trial(tmp_path / "absent")
    with pytest.raises(ValueError, match="by its path"):
        suggest_trial(3)


@pytest.mark.parametrize("name", ["line\nbreak", 'quote"', "hash # = [x]", "\x07bell", "é\u2028"])
def test_names_of_columns_cannot_break_the_draft(tmp_path, name):
    frame = pd.DataFrame({"id": ["1", "2"], "arm": ["control", "b"], name: ["x", "y"]})
    frame.to_csv(tmp_path / "people.csv", index=False)
    draft = suggest_trial(tmp_path)
    declared, problems = read_manifest(parse_toml(draft.encode(), "trial.toml"))
    assert problems == []
    assert declared.arms == ("control", "b")


def test_an_unreadable_file_is_named_with_its_reason(tmp_path):
    folder = folder_of(tmp_path, people="id,arm\n1,control\n2,b\n", odd='a;b,c\n1;"2,3\n')
    assert "# odd.csv could not be read: the separator of odd.csv cannot" in suggest_trial(folder)


def test_a_file_is_no_table_for_one_common_name_alone(tmp_path):
    folder = folder_of(
        tmp_path, people="id,arm\n1,control\n2,b\n", sites="id,type\n1,urban\n2,rural\n"
    )
    assert "# sites.csv is no table that is known by its columns: id, type" in suggest_trial(folder)


def test_items_of_a_questionnaire_are_no_months():
    names = [f"rmdq_{k}" for k in range(1, 25)]
    text = TextTable("t", pd.DataFrame([["1"] * 24], columns=names))
    assert scores_in_columns(text) == []
    text = TextTable("t", pd.DataFrame([["1"] * 3], columns=["rmdq_bl", "rmdq_m3", "m12_rmdq"]))
    assert [one.month for one in scores_in_columns(text)] == [0, 3, 12]


def test_names_are_known_whatever_their_case_and_signs():
    names = ["Participant No.", "Treatment Group", "RandDate", "Age (years)", "BMI (kg/m2)"]
    text = TextTable("t", pd.DataFrame([["1", "a", "2024-01-05", "50", "24"]], columns=names))
    found = columns_of("participants", text).meant
    assert list(found) == ["participant_id", "arm", "randomised_on", "age_years", "bmi_kg_m2"]
    names = ["RMDQ (baseline)", "Pain NRS 3 months", "PainNRS_12"]
    text = TextTable("t", pd.DataFrame([["1"] * 3], columns=names))
    assert [(one.measure, one.month) for one in scores_in_columns(text)] == [
        ("rmdq", 0),
        ("pain_nrs", 3),
        ("pain_nrs", 12),
    ]


def test_a_draft_beside_a_workbook_reads_it(tmp_path):
    book = tmp_path / "walking.ods"
    book.write_bytes((FILES / "trial_libreoffice.ods").read_bytes())
    assert main(["new", str(book)]) == 0
    assert ws.read_trial(book).arms == ("control", "walking")


def test_similar_names_are_offered_and_not_taken():
    text = TextTable("t", pd.DataFrame([["1", "a", "2"]], columns=["id", "arm", "age_yers"]))
    found = columns_of("participants", text)
    assert found.near == {"age_years": "age_yers"}
    assert "age_years" not in found.meant


HEADERS = st.sampled_from(
    [
        "id",
        "pid",
        "arm",
        "group",
        "Age",
        "rand_date",
        "month",
        "measure",
        "score",
        "pain_0",
        "rmdq_m3",
        "onset",
        "limited",
        "week",
        "minutes",
        "date",
        "ä\t",
        '"',
        "x\ny",
        "",
        "?",
        "status",
        "visit",
    ]
)
CELLS = st.sampled_from(
    [
        "",
        "1",
        "2",
        "control",
        "Walking",
        "NA",
        "-99",
        "3,5",
        "1,234",
        "2024-01-05",
        "05/01/2024",
        "x;y",
        '"',
        "?",
        "\x00",
        "'",
        "#",
        "é",
        "yes",
        "Y",
        "completed",
        "baseline",
        "3\xa0months",
    ]
)


@settings(max_examples=10)  # each writes a folder
@given(
    st.lists(HEADERS, min_size=1, max_size=6),
    st.lists(st.lists(CELLS, min_size=6, max_size=6), max_size=4),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "cp1252", "utf-16"]),
)
def test_any_table_gives_a_draft_that_can_be_read(header, rows, delimiter, encoding):
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows([header, *(row[: len(header)] for row in rows)])
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "people.csv").write_bytes(out.getvalue().encode(encoding, "replace"))
        draft = suggest_trial(folder)
        _, problems = read_manifest(parse_toml(draft.encode(), "trial.toml"))
        allowed = ("is not answered yet", "comparison needs 2 arms")
        assert all(any(word in one.problem for word in allowed) for one in problems), problems
        Path(folder, "trial.toml").write_text(draft, encoding="utf-8")
        ws.check_trial(folder)


def test_numbers_of_visits_are_not_taken_for_months(tmp_path):
    people = "patno,alloc,date_rand\n1,ctrl,13.01.2024\n2,walk,02.01.2024\n"
    scores = "patno,visit,measure,value\n1,1,pain_nrs,4\n1,2,pain_nrs,4\n"
    folder = folder_of(tmp_path, people=people, scores=scores)
    assert "are these visits or months? Which month is each of 1, 2" in questions(folder)
    folder_of(tmp_path, scores=scores.replace("1,2,pain", "1,12,pain"))
    draft = suggest_trial(folder)
    assert "visits or months" not in draft
    assert 'arms = ["ctrl", "walk"]' in draft


def test_dates_with_points_are_asked_about_where_day_and_month_may_be_exchanged(tmp_path):
    people = "patno,arm,date_rand\n1,control,01.02.2024\n2,walking,02.01.2024\n"
    assert "%d.%m.%Y or %m.%d.%Y" in questions(folder_of(tmp_path, people=people))


def test_a_title_above_the_names_of_a_sheet_is_passed_over(tmp_path):
    book = pytest.importorskip("openpyxl").Workbook()
    rows = [["Baseline of the trial"], ["red: ask the site"], [], ["ID", "Group", "Age"]]
    for row in [*rows, ["001", "Control", 50], ["002", "Walking", 61]]:
        book.active.append(row)
    book.active.merge_cells("A1:C1")
    book.save(tmp_path / "baseline.xlsx")
    draft = suggest_trial(tmp_path)
    assert "header_line = 4" in draft
    (tmp_path / "trial.toml").write_text(draft)
    assert ws.read_trial(tmp_path).participants["age_years"].tolist() == [50, 61]


def test_german_names_are_known(tmp_path):
    (tmp_path / "Teilnehmer.csv").write_bytes(
        "Pat-Nr;Gruppe;Randomisiert am;Alter;Geschlecht;BMI\n"
        "P1;Kontrolle;13.01.2024;50;m;24,5\nP2;Gehen;14.02.2024;61;w;k.A.\n".encode("cp1252")
    )
    (tmp_path / "Rückfälle.csv").write_bytes(
        "Pat-Nr;Beginn;Ende;Aktivität eingeschränkt\nP2;16.03.2024;20.03.2024;ja\n".encode()
    )
    (tmp_path / "trial.toml").write_text(suggest_trial(tmp_path))
    trial = ws.read_trial(tmp_path)
    assert trial.arms == ("Kontrolle", "Gehen")
    assert trial.participants["bmi_kg_m2"].isna().tolist() == [False, True]
    assert trial.recurrences[["onset_days", "resolved_days"]].to_numpy().tolist() == [[31, 35]]
    assert trial.recurrences["activity_limiting"].tolist() == [True]


def test_of_other_files_the_draft_says_what_may_read_them(tmp_path):
    (tmp_path / "participants.csv").write_text("id,group\n1,control\n2,walking\n")
    items = ";".join(f"rm{k}" for k in range(1, 25))
    (tmp_path / "rm.csv").write_text(f"code;{items}\n" + ";".join(["1"] * 25) + "\n")
    (tmp_path / "randomisation.csv").write_text("nr,block\n1,1\n")
    (tmp_path / "values.csv").write_text("profile,utility\n11111,1\n")
    minutes = "".join(f"1,2024-05-01 {k // 60 % 24:02d}:{k % 60:02d},0\n" for k in range(2100))
    (tmp_path / "device.csv").write_text("who,when,count\n" + minutes)
    draft = suggest_trial(tmp_path)
    assert "# It is written with delimiter = ';'." in draft
    assert 'items = "rm{}"' in draft
    assert "[randomisation] checks against it" in draft
    assert "value_set of a score names it" in draft
    assert draft.count("minutes of a device") == 1
    (tmp_path / "trial.toml").write_text(draft)
    assert len(ws.read_trial(tmp_path).participants) == 2


def test_a_draft_stands_where_a_few_cells_are_wrong(tmp_path):
    rows = [f"{k:02d};{'Control' if k % 2 else 'Walking'};24,{k}\n" for k in range(1, 21)]
    rows[4] = rows[4].replace("24,5", "24.5")
    text = "ID;Group;BMI\n" + "".join([*rows, rows[7]])
    (tmp_path / "people.csv").write_text(text)
    dealt = "".join(f"{k // 4};{k % 2};{k:02d}\n" for k in range(1, 21))
    (tmp_path / "randomisation list.csv").write_text("Block;Group;ID\n" + dealt)
    draft = suggest_trial(tmp_path)
    assert 'from = "people.csv"' in draft
    assert 'decimal = ","' in draft
    assert "one_row_per" not in draft
    (tmp_path / "trial.toml").write_text(draft)
    errors = ws.check_trial(tmp_path).query("severity == 'error'")
    assert set(zip(errors["column"], errors["row"], strict=True)) == {
        ("bmi_kg_m2", 6),
        ("participant_id", 9),
    }


def test_adam_data_sets_are_drafted_and_read(tmp_path):
    (tmp_path / "adsl.csv").write_text(
        "USUBJID,RANDFL,TRT01P,TRT01PN,RANDDT,STRAT1R,STRAT1D\n"
        "S1,Y,Walking,2,2024-01-01,Y,referral\nS2,Y,Usual care,1,2024-01-02,N,referral\n"
    )
    (tmp_path / "adtte.csv").write_text(
        "USUBJID,PARAMCD,PARAM,AVAL,CNSR\nS1,TTREC,Time to recurrence (days),30,0\n"
        "S2,TTREC,Time to recurrence (days),365,1\n"
    )
    draft = suggest_trial(tmp_path)
    assert '# strata = ["referral"]' in draft
    (tmp_path / "trial.toml").write_text(draft)
    with pytest.raises(ws.DataError, match="which is Time to recurrence"):
        ws.read_trial(tmp_path)
    answered = re.sub(r'"\? which is Time[^"]*"', '"any"', draft)
    (tmp_path / "trial.toml").write_text(answered)
    trial = ws.read_trial(tmp_path)
    assert trial.arms == ("Usual care", "Walking")
    assert trial.recurrences["onset_days"].tolist() == [30]


def test_dates_of_a_workbook_that_a_few_were_typed_beside_are_told():
    days = [f"2024-01-{k:02d}" for k in range(1, 20)]
    frame = pd.DataFrame({"id": range(20), "rand date": [*days, "21/01/2024"]}).astype(str)
    meant = columns_of("participants", TextTable("people.xlsx", frame)).meant["randomised_on"]
    assert meant.clauses == {}
    assert "correct the others, as '21/01/2024'" in meant.why[1]
