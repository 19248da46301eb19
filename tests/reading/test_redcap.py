"""Does an export of REDCap become the trial that it holds, and is what is wrong with it said?

`files/redcap/longitudinal` and `repeating` were exported by REDCap itself (made-up records that the
authors of REDCapR publish); `walk` was written by `write_walk.py` in the same format. The values
below are read off the exports, or off the script, by eye.
"""

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import walkstats as ws
from walkstats.errors import DataError, Problem
from walkstats.questionnaires import read_questionnaire
from walkstats.questionnaires.scored import how_to_score
from walkstats.reading.assembled.scored_parts import PartScore
from walkstats.reading.declared.declarations import DeclaredColumn, DeclaredTable
from walkstats.reading.declared.manifest import read_manifest
from walkstats.reading.declared.toml_text import parse_toml
from walkstats.reading.redcap.columns import with_any_of
from walkstats.reading.redcap.declared import EVENT, REPEATED
from walkstats.reading.redcap.dictionary import Dictionary, Field, read_choices, read_dictionary
from walkstats.reading.redcap.labels import event_name, names_of, with_codes, with_names
from walkstats.reading.redcap.project import better_said
from walkstats.reading.redcap.records import rows_of_nothing
from walkstats.reading.redcap.rows import select
from walkstats.reading.redcap.values import fields_unknown
from walkstats.reading.text_tables import FileFormat, TextTable

FILES = Path(__file__).parent / "files" / "redcap"
EXPORT = "WALK_DATA_2024-07-15.csv"
DICTIONARY = "WALK_DataDictionary_2024-07-15.csv"
LABELS = FILES / "walk_labels.csv"
TABLES = ("participants", "check_ins", "recurrences", "walking", "outcomes", "adverse_events")


@pytest.fixture(scope="module")
def walk():
    return ws.read_trial(FILES / "walk")


@pytest.fixture(scope="module")
def longitudinal():
    return ws.read_trial(FILES / "longitudinal")


def findings_about(folder: Path, *changes: tuple[str, str, str]) -> list[str]:
    """The findings about a copy of walk in which texts were replaced, file by file."""
    shutil.copytree(FILES / "walk", folder, dirs_exist_ok=True)
    for name, old, new in changes:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text, old
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    return [
        " | ".join([one.severity, str(one.column), one.ids, one.problem, one.what_to_do])
        for one in ws.check_trial(folder).itertuples()
    ]


@pytest.fixture
def spoilt(tmp_path):
    return lambda *changes: findings_about(tmp_path / "walk", *changes)


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    """The findings about an export with several things wrong in it."""
    left = "1005,end_of_study_arm_1,,,,"
    twice = "1005,month_3_arm_1" + "," * 30 + "2024-03-01,2,2\n"
    events = '"left_on", event = ["end_of_study_arm_1", "month_3_arm_1"]'
    return findings_about(
        tmp_path_factory.mktemp("damaged") / "walk",
        (EXPORT, "2024-03-18,2024-03-22", "2024-03-18,2024-03-12"),
        (EXPORT, "_arm_1,,,2,2024-01-10,47,2,", "_arm_1,,,2,2024-01-10,17,7,"),
        (EXPORT, ",2024-02-20,66,", ",2023-02-20,66,"),
        (EXPORT, left, twice + left),
        (EXPORT, "1010,check_in_3_arm_1", "1010,check_in_4_arm_1"),
        ("trial.toml", '"left_on", event = "end_of_study_arm_1"', events),
    )


def said(findings: list[str], *words: str) -> bool:
    return any(all(word in one for word in words) for one in findings)


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple]:
    return list(frame[list(columns)].itertuples(index=False, name=None))


# ---- what REDCap exported ------------------------------------------------------------------------


def test_a_longitudinal_project_with_two_arms(longitudinal):
    people = longitudinal.participants
    assert rows(people, "participant_id", "arm", "sex", "race") == [
        ("100", "arm 1", "Male", "White"),
        ("220", "arm 1", "Female", "Asian"),
        ("304", "arm 2", "Female", "White"),
    ]
    assert people["randomised_on"].dt.strftime("%Y-%m-%d").unique().tolist() == ["2015-04-02"]
    assert people["mondays"].tolist() == [True, True, True]
    reasons = people["withdrawal_reason"].tolist()
    assert reasons == ["Did not wish to continue in study"] * 2 + [None]
    asked = ("participant_id", "month", "value")
    assert rows(longitudinal.outcomes, *asked) == [
        ("100", 1, 2),
        ("100", 2, 1),
        ("220", 1, 1),
        ("220", 2, 2),
        ("304", 1, 1),
        ("304", 2, 0),
    ]


def test_fields_that_identify_people_are_named_and_never_carried_along(longitudinal):
    report = longitudinal.load_report
    told = report.loc[report["action"] == "warning", "detail"]
    names = "identifiers: first_name, last_name, telephone_1, email, dob ->"
    assert told.str.contains(names, regex=False).sum() == 1
    assert not {"first_name", "last_name", "dob"} & set(longitudinal.participants)


def test_a_repeating_instrument():
    trial = ws.read_trial(FILES / "repeating")
    assert rows(trial.participants, "participant_id", "arm") == [("1", "Female"), ("2", "Male")]
    asked = ("participant_id", "month", "value")
    assert rows(trial.outcomes, *asked) == [
        ("1", 1, 110),
        ("1", 2, 111),
        ("1", 3, 112),
        ("2", 1, 114),
    ]


# ---- a whole project -----------------------------------------------------------------------------


def test_choices_become_words_and_events_become_months(walk):
    people = walk.participants.set_index("participant_id")
    assert people.loc[["1001", "1002"], "arm"].tolist() == ["walking", "usual care"]
    assert people.loc["1007", "sex"] == "other"
    assert people["referred"].sum() == 6
    gone = people.loc[["1005", "1007"], ["withdrawn_days", "withdrawal_reason"]]
    assert gone.to_numpy().tolist() == [[50, "no time"], [75, "moved away"]]
    assert people["withdrawn_days"].notna().sum() == 2
    pain = walk.outcomes[walk.outcomes["measure"] == "pain_nrs"]
    assert rows(pain[pain["participant_id"] == "1001"], "month", "value") == [(0, 5), (3, 2)]
    later = walk.outcomes[walk.outcomes["month"] == 3]
    assert sorted(later["participant_id"].unique()) == ["1001", "1002", "1003", "1006", "1008"]
    assert later.loc[later["participant_id"] == "1002", "value"].isna().tolist() == [False, True]


def test_repeats_become_rows_and_checkboxes_one_truth(walk):
    known = ("participant_id", "onset_days", "resolved_days", "activity_limiting", "care_seeking")
    assert rows(walk.recurrences, *known) == [
        ("1001", 20, 26, True, True),
        ("1001", 70, 74, False, False),
        ("1002", 12, 15, False, True),
        ("1008", 41, 50, True, True),
    ]
    assert walk.recurrences["worst_pain_nrs"].tolist() == [6, 3, 4, 8]
    walked = rows(walk.walking, "participant_id", "week", "walking_minutes")
    assert walked == [("1001", 1, 90), ("1001", 2, 120.5), ("1001", 3, 130), ("1003", 1, 60.5)]
    harms = rows(walk.adverse_events, "participant_id", "onset_days", "serious", "related")
    assert harms == [("1003", 9, False, True), ("1010", 33, True, False)]


def test_a_check_in_that_nobody_answered_is_missed_and_never_a_negative_one(walk):
    states = walk.check_ins.groupby("participant_id")["state"].apply(list).to_dict()
    answered = ["completed"] * 3
    assert states == {
        "1001": answered,
        "1002": ["completed", "missed", "completed"],  # begun, not completed
        "1003": answered,
        "1004": ["missed"] * 3,  # no row at all
        "1005": ["completed", "withdrawn", "withdrawn"],  # left on day 50
        "1006": answered,
        "1007": ["completed", "completed", "withdrawn"],
        "1008": answered,
        "1009": ["missed", "completed", "completed"],
        "1010": answered,
        "1011": answered,
    }  # of 1012 none was due by the day of the export
    first = ws.derive.first_recurrence(walk, kind="any").set_index("participant_id")
    followed = first.loc[["1002", "1004", "1005", "1009", "1006"], ["days", "event"]]
    assert followed.to_numpy(dtype=float).tolist() == [[12, 1], [0, 0], [30, 0], [0, 0], [90, 0]]


def test_it_is_written_and_read_back(walk, tmp_path):
    ws.write_trial(walk, tmp_path / "written")
    assert ws.read_trial(tmp_path / "written").equals(walk)


def test_findings_say_where_in_redcap_they_stand(damaged):
    assert said(damaged, "error", "1001", "[in REDCap: record 1001, reports_arm_1, recurrence 2]")


def test_events_that_no_table_is_read_from_though_their_like_are(damaged):
    assert said(damaged, "warning | redcap_event_name | 1010", "from check_in_4_arm_1, though")


def test_several_values_of_one_record_in_other_events(damaged):
    assert said(damaged, "withdrawn_days | 1005", "left_on has several values")


# ---- labels --------------------------------------------------------------------------------------


def labelled(tmp_path, *changes: tuple[str, str]) -> Path:
    folder = tmp_path / "labelled"
    shutil.copytree(FILES / "walk", folder)
    text = LABELS.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / EXPORT).write_text(text, encoding="utf-8")
    return folder


def test_an_export_of_labels_is_recognised_said_and_read_as_the_same_trial(walk, tmp_path):
    folder = labelled(tmp_path)
    trial = ws.read_trial(folder)
    for name in TABLES:
        pd.testing.assert_frame_equal(trial.table(name), walk.table(name))
    told = trial.load_report.loc[trial.load_report["action"] == "warning", "detail"]
    assert told.str.contains("headed by the labels of its fields").sum() == 1
    raw, words = (
        list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        for path in (FILES / "walk" / EXPORT, LABELS)
    )
    differ = sum(
        one != other and name not in ("redcap_event_name", "redcap_repeat_instrument")
        for row, worded in zip(raw[1:], words[1:], strict=True)
        for name, one, other in zip(raw[0], row, worded, strict=True)
    )
    assert told.str.contains(f"is an export of labels: {differ} cells hold").sum() == 1


SEX = Field("sex", "f", "radio", choices={"1": "female", "2": "male", "3": "male"})
KNOWN = Dictionary(
    "fields.csv", (Field("id", "f", "text", "Number"), SEX, Field("age", "f", "text"))
)


def with_cells(*cells: str, worded: bool = False, known: Dictionary = KNOWN) -> list[str]:
    """What is said of an export with these cells under sex."""
    ids = [str(k) for k in range(1, len(cells) + 1)]
    text = TextTable("data.csv", pd.DataFrame({"id": ids, "sex": cells}))
    found = with_codes(text, known, worded).problems
    return [f"{one.severity} | {one.column} | {one.ids} | {one.problem}" for one in found]


def test_codes_and_labels_mixed_are_refused():
    assert said(with_cells("1", "female"), "error", "labels in 1 cells", "and codes in 1:")
    assert with_cells("1", "2", "9") == []


def test_a_label_that_two_choices_share_is_refused():
    (warning, error) = with_cells("female", "male")
    assert "is an export of labels: 2 cells" in warning
    assert said([error], "error | sex | ('2',)", "'male' is 2 and 3")


def test_labels_that_are_codes_of_other_choices_are_refused():
    turned = replace(SEX, choices={"1": "2", "2": "1"})
    known = replace(KNOWN, fields=(KNOWN.fields[0], turned))
    assert said(with_cells("1", "2", worded=True, known=known), "error | sex", "cannot be told")
    assert with_cells("1", "2", known=known) == []  # headed by names, so raw data


def test_labels_over_columns_that_may_be_several_fields_are_refused():
    data = b"Number,Years of age,Complete?\n1,40,Complete\n"
    (found,) = with_names(data, "data.csv", FileFormat(), KNOWN).problems
    assert found.severity == "error"
    assert "1 of 3 may be several fields or none: 'Years of age'" in found.problem


def test_headers_are_found_by_their_order():
    columns = {"a": "Sure?", "a_complete": "Complete?", "b": "Sure?", "c": "Age"}
    assert names_of(["Sure?", "Complete?", "Sure?"], columns) == ["a", "a_complete", "b"]
    assert names_of(["<i>Sure?</i>", "Age"], columns) == [None, "c"]
    assert names_of(["Sure?", "Weight"], columns) == [None, None]


def test_names_of_events():
    assert event_name("Enrollment (Arm 1: Drug A)") == "enrollment_arm_1"


# ---- the dictionary and the export ---------------------------------------------------------------


def test_a_dictionary_from_the_api_and_codes_of_checkboxes():
    frame = pd.DataFrame(
        [
            ["id", "f", "text", "", ""],
            ["seen", "f", "checkbox", "Seen", "-1, Nobody | GP, Doctor"],
            ["sure", "f", "truefalse", "", ""],
        ],
        columns=[
            "field_name",
            "form_name",
            "field_type",
            "field_label",
            "select_choices_or_calculations",
        ],
    )
    read = read_dictionary(TextTable("d.csv", frame))
    assert [one for one in read.columns if one.startswith("seen")] == ["seen____1", "seen___gp"]
    assert read.codes_of("seen____1") == {"0": "Unchecked", "1": "Checked"}
    assert read.codes_of("sure") == {"1": "True", "0": "False"}
    assert read.codes_of("f_complete")["2"] == "Complete"
    assert read.codes_of("id") == {}
    assert read_choices("1, a, b | 2,") == {"1": "a, b", "2": "2"}


def test_a_field_twice_and_a_dictionary_without_fields():
    frame = pd.DataFrame({"field_name": ["a", "a"], "form_name": "f", "field_type": "text"})
    with pytest.raises(DataError, match="several fields of the same name: a"):
        read_dictionary(TextTable("d.csv", frame))
    with pytest.raises(DataError, match="names no field"):
        read_dictionary(TextTable("d.csv", frame[:0]))


def test_the_wrong_file_is_recognised(spoilt):
    toml = "trial.toml"
    found = spoilt((toml, f'export = "{EXPORT}"', f'export = "{DICTIONARY}"'))
    assert said(found, "error", "is a data dictionary, not a data export")
    found = spoilt(
        (toml, f'dictionary = "{DICTIONARY}"', f'dictionary = "{EXPORT}"'),
    )
    assert said(found, "error", "is no data dictionary of REDCap", "it looks like a data export")
    found = spoilt((toml, f'dictionary = "{DICTIONARY}"', 'dictionary = "none.csv"'))
    assert said(found, "error", "none.csv is not in")


def test_an_export_and_a_dictionary_that_do_not_agree():
    frame = pd.DataFrame(columns=["id", "age", "age_complete", "redcap_event_name", "wieght"])
    fields = (Field("id", "age", "text"), Field("age", "age", "text"))
    (found,) = fields_unknown(TextTable("data.csv", frame), Dictionary("d.csv", fields))
    assert (found.severity, found.count) == ("warning", 1)
    assert "1 of 5 columns" in found.problem
    assert found.problem.endswith(": wieght")
    other = (Field("record", "age", "text"), *fields[1:])
    (found,) = fields_unknown(TextTable("data.csv", frame), Dictionary("d.csv", other))
    assert found.severity == "error"
    assert "of the same project" in found.what_to_do


def test_values_that_the_dictionary_does_not_foresee(damaged):
    limits = "outside the limits of its validation (18 to 90): '17'"
    assert said(damaged, "warning | age | 1002", limits)
    assert said(damaged, "warning | sex | 1002", "not among its choices (1 = female", "'7'")
    assert said(damaged, "warning | rand_date | 1008", "2024-01-01 to any", "'2023-02-20'")
    assert not said(damaged, "warning | pain")  # -99 is a missing data code


# ---- names in trial.toml -------------------------------------------------------------------------


def test_columns_and_instruments_that_are_misspelt(spoilt):
    toml = "trial.toml"
    found = spoilt(
        (toml, 'resolved_days = "ended"', 'resolved_days = "endde"'),
        (toml, '"age"', '"initials"'),
        (toml, 'activity_limiting = "limited"', 'activity_limiting = "care"'),
        (toml, '"care___2"', '"care___3"'),
        (toml, 'instrument = "diary"', 'instrument = "dairy"'),
        (toml, "month_3_arm_1 = {", "month_3_arm_2 = {"),
        (toml, '"end_of_study_arm_1" }', '"end_of_stuy_arm_1" }'),
    )
    assert said(found, "error | resolved_days", "did you mean 'ended', a field of the data")
    assert said(found, "error | age_years", "initials is in the data dictionary, but not in the")
    assert said(found, "error | activity_limiting", "care___1 (General practitioner), care___2")
    assert said(found, "error | care_seeking", "there is no column 'care___3'")
    assert said(found, "error | redcap_repeat_instrument", "'dairy'", "did you mean 'diary'?")
    assert said(found, "warning", "'month_3_arm_2'", "did you mean 'month_3_arm_1'?")
    assert said(found, "error", "did you mean 'end_of_study_arm_1'?")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("check_in = 2, ", "check_in = 2.5, ", "check_in needs a whole number"),
        ("check_in = 2, ", "", "has days of a check-in, and no number"),
        ("check_in = 2, ", "chek_in = 2, ", "did you mean check_in?"),
        ("check_in = 2, covers = [30, 60]", "check_in = 2", "which days its check-in asks"),
        ("check_in = 2, ", "check_in = 1, ", "gives check-in 1 other days"),
        ("covers = [0, 30]", "covers = [30, 0]", "earlier day first"),
        ('"2024-07-15"', '"15/07/2024"', "exported_on needs a day"),
        ("exported_on", "exportd_on", "did you mean exported_on?"),
        ("month_3_arm_1 = { month = 3 }", "month_3_arm_1 = 3", "needs its facts in braces"),
    ],
)
def test_clauses_that_are_misspelt(old, new, words):
    text = (FILES / "walk" / "trial.toml").read_text(encoding="utf-8").replace(old, new)
    _, problems = read_manifest(parse_toml(text.encode(), "trial.toml"))
    told = [f"{one.problem} {one.what_to_do}" for one in problems]
    assert any(words in one for one in told), told


def test_an_event_that_does_not_tell_what_a_table_needs():
    text = (FILES / "walk" / "trial.toml").read_text(encoding="utf-8")
    text = text.replace("[outcomes.wide]", '[outcomes]\nevent = "reports_arm_1"\n[outcomes.wide]')
    _, problems = read_manifest(parse_toml(text.encode(), "trial.toml"))
    assert "the event reports_arm_1 does not tell it" in problems[0].problem


# ---- the rows of a table -------------------------------------------------------------------------

ID = DeclaredColumn("participant_id", "id", declared=True)


def selected(columns: dict[str, list[str]], part: DeclaredTable, known=KNOWN, **more):
    """What a table takes of an export, and what is said of it."""
    chosen = select(TextTable("data.csv", pd.DataFrame(columns)), part, known, True, **more)
    told = [
        f"{one.severity} | {one.ids} | {one.problem} {one.what_to_do}" for one in chosen.problems
    ]
    return chosen, told


def test_an_export_without_events():
    _, told = selected({"id": ["1"]}, DeclaredTable("participants", columns=(ID,), event=("a",)))
    assert said(told, "error", "no column redcap_event_name")


def test_a_table_that_does_not_say_which_rows_it_takes():
    cells = {"id": ["1", "1"], EVENT: ["base_arm_1", "end_arm_1"]}
    _, told = selected(cells, DeclaredTable("participants", columns=(ID,)))
    assert said(told, "error", "[participants] takes the rows of 2 events", 'event = "base_arm_1"')


CHECK_IN = {
    "id": ["1", "1", "2"],
    EVENT: ["month_1_arm_1", "reports_arm_1", "reports_arm_1"],
    "f_complete": ["2", "2", "0"],
}


def test_check_ins_without_a_schedule():
    _, told = selected(CHECK_IN, DeclaredTable("check_ins", columns=(ID,), instrument="f"))
    assert said(told, "warning", "which check-ins were due is not declared")


def test_a_check_in_that_was_answered_in_an_event_that_is_none():
    part = DeclaredTable("check_ins", columns=(ID,), instrument="f", event=("month_1_arm_1",))
    chosen, told = selected(CHECK_IN, replace(part, schedule={1: (0.0, 30.0, 30.0)}))
    assert len(chosen.text.frame) == 1
    (told,) = told
    assert said(
        [told], "warning | ('1',)", "f was filled in in reports_arm_1, which is no check-in"
    )


def test_the_record_need_not_be_the_first_column():
    cells = {EVENT: ["a", "a", "b"], "id": ["1", "2", "2"], "age": ["", "", "50"]}
    age = DeclaredColumn("age_years", "age", declared=True, event=("b",))
    chosen, told = selected(cells, DeclaredTable("participants", columns=(ID, age), event=("a",)))
    assert told == []
    assert chosen.text.frame["age [b]"].tolist() == ["", "50"]


def test_records_that_participants_leaves_out_are_in_no_table():
    """Somebody who was screened and not randomised has rows in other events too."""
    cells = {
        "id": ["1", "2", "1", "2", "3"],
        EVENT: ["a", "a", "b", "b", "b"],
        "age": ["50", "", "", "", ""],
        "f_complete": ["2"] * 5,
    }
    part = DeclaredTable("participants", columns=(ID,), event=("a",), where={"age": ("50",)})
    chosen, _ = selected(cells, part)
    assert (chosen.kept, chosen.left) == ({"1"}, {"2"})
    part = DeclaredTable("recurrences", columns=(ID,), event=("b",))
    chosen, _ = selected(cells, part, left_out=chosen.left)
    assert chosen.text.frame["id"].tolist() == ["1", "3"]  # that 3 is nobody is for the checks
    note = ("recurrences", "", "left out", 1, "rows of records that [participants] leaves out")
    assert note in chosen.notes


def test_a_column_may_wait_for_an_event_that_nobody_has_had():
    cells = {"id": ["1"], EVENT: ["a"], "age": [""]}
    age = DeclaredColumn("age_years", "age", declared=True, event=("b",))
    part = DeclaredTable("participants", columns=(ID, age), event=("a",))
    _, told = selected(cells, part)
    assert said(told, "error", "no row of data.csv has redcap_event_name = 'b'", "list b = {}")
    _, told = selected(cells, part, events=("a", "b"))
    assert said(told, "warning", "no row of data.csv has redcap_event_name = 'b'")
    assert len(told) == 1


def test_checkboxes_as_items_need_their_instrument():
    rm = Field("rm", "back", "checkbox", choices={str(k): "x" for k in range(1, 25)})
    names = tuple(f"rm___{k}" for k in range(1, 25))
    part = DeclaredTable(
        "outcomes",
        columns=(ID, DeclaredColumn("value", "rmdq (scored)")),
        event=("a", "b"),
        score=PartScore(how_to_score(read_questionnaire("rmdq")), names, "rmdq"),
    )
    cells = {"id": ["1", "1"], EVENT: ["a", "b"], "back_complete": ["2", ""]}
    cells |= {name: ["1", "0"] for name in names}
    known = replace(KNOWN, fields=(*KNOWN.fields, rm))
    _, told = selected(cells, part, known)
    assert said(told, "error", "rm is a field of checkboxes", 'add instrument = "back"')
    chosen, told = selected(cells, replace(part, instrument="back"), known)
    assert (len(chosen.text.frame), told) == (1, [])  # nobody saw it in b: no score of 0


def test_rows_of_no_event_or_instrument_and_records_entered_twice():
    def told(known: Dictionary | None = KNOWN, **columns: list[str]) -> list[str]:
        found = rows_of_nothing(TextTable("data.csv", pd.DataFrame(columns)), known)
        return [f"{one.severity} | {one.row} | {one.ids} | {one.problem}" for one in found]

    events = told(**{"id": ["1", "2"], EVENT: ["a", " "]})
    assert said(events, "error | 1 | ('2',)", "say no redcap_event_name")
    repeats = told(**{"id": ["1", "2", "3"], REPEATED: ["", "f", "g"]})
    assert said(repeats, "warning | 2 | ('3',)", "does not have: 'g'")
    twice = "error | 0 | ('7--1', '7--2')", "somebody would be several participants"
    assert said(told(None, id=["7--1", "7--2"]), *twice)
    assert said(told(None, id=["7", "7--1"]), "error | 1 | ('7--1',)")
    assert said(told(None, id=["7--1", "8--2"]), "warning | 0 | ('7--1', '8--2')")
    assert told(None, id=["1-2", "12-1", "a--3"]) == []


def test_a_checkbox_whose_codes_make_one_column():
    care = Field("care", "f", "checkbox", choices={"1.5": "GP", "1_5": "other"})
    part = DeclaredTable(
        "recurrences", columns=(DeclaredColumn("onset_days", "care", declared=True),)
    )
    problem = Problem("there is no column 'care'", "?", column="onset_days")
    (said_better,) = better_said([problem], part, replace(KNOWN, fields=(*KNOWN.fields, care)))
    assert "care___1_5 (GP), care___1_5 (other); name one" in said_better.what_to_do


# ---- forms of exports ----------------------------------------------------------------------------


def test_semicolons_and_a_condition_on_another_event(spoilt):
    toml = "trial.toml"
    found = spoilt(
        (EXPORT, ",", ";"),
        (EXPORT, "120;5", "120,5"),
        (EXPORT, "60;5", "60,5"),
        (toml, "[redcap]", '[redcap]\ndelimiter = ";"'),
        (toml, '"left_on", event', '"left_on", where = { left_why = "2" }, event'),
    )
    assert said(found, "reason for withdrawal and no day", "1007")
    assert not said(found, "error |")


def test_check_ins_by_a_repeating_event(tmp_path):
    (tmp_path / "data.csv").write_text(
        "id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,arm,c_complete\n"
        "1,base_arm_1,,,a,\n1,round_arm_1,,1,,2\n1,round_arm_1,,3,,2\n2,base_arm_1,,,b,\n"
    )
    (tmp_path / "trial.toml").write_text("""
name = "A"
source = "synthetic"
arms = ["a", "b"]
redcap.export = "data.csv"
[participants]
event = "base_arm_1"
columns.participant_id = "id"
columns.planned_end_days = { value = 90 }
[check_ins]
event = "round_arm_1"
schedule = { 1 = [0, 30], 2 = [30, 60], 3 = [60, 90] }
columns.participant_id = "id"
columns.check_in = "redcap_repeat_instance"
columns.state = { from = "c_complete", codes = { 2 = "completed", 0 = "missed" } }
""")
    trial = ws.read_trial(tmp_path)
    states = trial.check_ins.groupby("participant_id")["state"].apply(list).to_dict()
    assert states == {"1": ["completed", "missed", "completed"], "2": ["missed"] * 3}


def test_any_of_is_missing_where_nothing_is_known_and_keeps_what_is_no_truth():
    cells = {"a": ["1", "0", "", "0", "?", "?", None], "b": ["0", "No", "", "-9", "0", "yes", ""]}
    column = DeclaredColumn("care_seeking", "care_seeking", any_of=("a", "b"))
    part = DeclaredTable("recurrences", columns=(column,), missing=("", "-9"))
    text, part = with_any_of(TextTable("data.csv", pd.DataFrame(cells)), part)
    assert part.columns[0].source == "a or b"
    assert text.frame["a or b"].tolist() == ["yes", "no", "", "no", "?", "yes", ""]


def test_any_of_goes_with_truths_only():
    text = """
name = "A"
source = "B"
arms = ["a", "b"]
[recurrences.columns]
onset_days = { any_of = ["a"] }
care_seeking = { any_of = ["a"], from = "b" }
"""
    _, problems = read_manifest(parse_toml(text.encode(), "trial.toml"))
    assert "any_of does not go with a column of kind days" in problems[0].problem
    assert "has both from and any_of" in problems[1].problem


def test_items_of_a_questionnaire_are_scored_by_event(tmp_path):
    items = [f"rm{k}" for k in range(1, 25)]
    answers = {k: ",".join("1" if item < k else "0" for item in range(24)) for k in (10, 5)}
    (tmp_path / "data.csv").write_text(
        f"id,redcap_event_name,arm,{','.join(items)},rm_complete\n"
        f"1,base_arm_1,1,{answers[10]},2\n1,month_3_arm_1,,{answers[5]},2\n"
        f"2,base_arm_1,2,{answers[5]},2\n2,month_3_arm_1,,{',' * 23},0\n"
        f"3,base_arm_1,,{answers[5]},2\n3,month_3_arm_1,,{answers[5]},2\n"  # not randomised
    )
    (tmp_path / "fields.csv").write_text(
        "field_name,form_name,field_type,select_choices_or_calculations\n"
        'id,base,text,\narm,base,radio,"1, a | 2, b"\n'
        + "".join(f"{item},rm,yesno,\n" for item in items)
    )
    (tmp_path / "trial.toml").write_text("""
name = "A"
source = "synthetic"
arms = ["a", "b"]
[redcap]
export = "data.csv"
dictionary = "fields.csv"
events.base_arm_1 = { month = 0 }
events.month_3_arm_1 = { month = 3 }
[participants]
event = "base_arm_1"
where = { arm = ["1", "2"] }
columns.planned_end_days = { value = 90 }
[outcomes]
instrument = "rm"
score = { questionnaire = "rmdq", items = "rm{}" }
""")
    scored = rows(ws.read_trial(tmp_path).outcomes, "participant_id", "month", "value")
    assert scored == [("1", 0, 10), ("1", 3, 5), ("2", 0, 5)]


# ---- a draft -------------------------------------------------------------------------------------


def test_a_draft_for_an_export_and_its_dictionary():
    draft = ws.suggest_trial(FILES / "walk")
    read, problems = read_manifest(parse_toml(draft.encode(), "trial.toml"))
    assert problems == []
    assert read.arms == ("usual care", "walking")
    assert (read.redcap.export, read.redcap.dictionary) == (EXPORT, DICTIONARY)
    months = {name: one.month for name, one in read.redcap.events.items()}
    assert months == {"baseline_arm_1": 0, "month_3_arm_1": 3}
    people = {one.target: one.source for one in read.tables[0].columns if one.declared}
    assert people["arm"] == "allocation"
    assert people["randomised_on"] == "rand_date"
    assert "# check_in_2_arm_1 = { check_in = 2, covers = [0, 30] }" in draft
    assert '# instrument = "recurrence", repeats' in draft


def test_a_draft_asks_for_what_an_export_does_not_tell():
    draft = ws.suggest_trial(FILES / "longitudinal")
    assert 'arms = "? which arms are there' in draft
    assert 'event = ["enrollment_arm_1", "enrollment_arm_2"]' in draft
