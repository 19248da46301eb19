"""Do the layouts that teams have come out as the dictionary's tables?"""

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.reading.trial_on_disk import FACTS, FILES, TABLES, TrialOnDisk

PERIODS = """\
id,group,start,stop,status,site
1,walking,0,30,1,north
1,walking,30,90,1,north
1,walking,90,200,0,north
2,control,0,50,2,south
3,control,0,20,1,south
3,control,20,70,3,south
4,walking,0,365,0,north
"""
ONE_FILE = """
[participants]
from = "periods.csv"
one_row_per = "id"
keep = "last"

[participants.columns]
participant_id = "id"
arm = "group"
planned_end_days = { from = "stop" }
withdrawn_days = { from = "stop", where = { status = ["2", "3"] } }

[participants.columns.withdrawal_reason]
from = "status"
where = { status = ["2", "3"] }
codes = { 2 = "moved", 3 = "death" }
"""
EVENTS = """
[[recurrences]]
from = "periods.csv"
where = { status = 1 }
carry = ["site"]
[recurrences.columns]
participant_id = "id"
onset_days = "stop"
activity_limiting = { value = false }
"""


@pytest.fixture
def folder(tmp_path):
    return TrialOnDisk.at(tmp_path / "trial")


@pytest.fixture
def bare(tmp_path):
    (tmp_path / "bare").mkdir()
    return TrialOnDisk(tmp_path / "bare")


def facts(*lines):
    return FACTS.replace('strata = ["referral"]', "") + "\n".join(lines)


def problems(folder):
    found = folder.check()
    return [f"{row.severity} {row.table}: {row.problem}" for row in found.itertuples()]


def actions(trial, action):
    report = trial.load_report
    return report[report["action"] == action].drop(columns="action").to_numpy().tolist()


def test_one_file_feeds_two_tables(bare):
    bare.write("periods.csv", PERIODS)
    bare.toml(facts=facts(), tables=ONE_FILE + EVENTS)
    trial = bare.read()
    people = trial.people
    assert people["planned_end_days"].to_dict() == {"1": 200, "2": 50, "3": 70, "4": 365}
    assert people["withdrawn_days"].dropna().to_dict() == {"2": 50, "3": 70}
    assert people["withdrawal_reason"].dropna().to_dict() == {"2": "moved", "3": "death"}
    assert people["site"].tolist() == ["north", "south", "south", "north"]
    assert trial.recurrences["onset_days"].tolist() == [30, 90, 20]
    assert trial.recurrences["site"].tolist() == ["north", "north", "south"]
    assert trial.recurrences["activity_limiting"].tolist() == [False] * 3
    assert ["participants", "", 3, "rows: one row per id, the last"] in actions(trial, "left out")
    assert ["recurrences", "", 4, "rows without status = 1"] in actions(trial, "left out")
    assert [row[1] for row in actions(trial, "not read") if row[0] == "participants"] == ["start"]


def test_a_table_in_two_parts_from_two_files(bare):
    bare.write("periods.csv", PERIODS)
    bare.write("calls.csv", "id;first;last;limited\n4;2,5;4,5;2\n2;1;3;1\n")
    bare.toml(
        facts=facts(),
        tables=ONE_FILE
        + EVENTS
        + """
[[recurrences]]
from = "calls.csv"
delimiter = ";"
decimal = ","
[recurrences.columns]
participant_id = "id"
onset_days = "first"
resolved_days = "last"
activity_limiting = { from = "limited", codes = { 1 = false, 2 = true } }
""",
    )
    rows = bare.read().recurrences
    assert rows["participant_id"].tolist() == ["1", "1", "3", "4", "2"]
    assert rows["onset_days"].tolist() == [30, 90, 20, 2.5, 1]
    assert rows["activity_limiting"].tolist() == [False, False, False, True, False]
    assert rows["site"].isna().tolist() == [False] * 3 + [True] * 2
    assert rows["onset_days"].dtype == "float64"
    assert rows["activity_limiting"].dtype == "boolean"
    bare.change("calls.csv", "4;2,5", "4;9,5")
    assert "the last day of pain lies before the first" in " ".join(problems(bare))
    assert bare.check()["row"].tolist() == [2]


def test_one_row_per_asks_which_row_where_rows_differ(bare):
    bare.write("periods.csv", PERIODS)
    bare.toml(facts=facts(), tables=ONE_FILE.replace('keep = "last"', ""))
    assert any("stop differs between the rows of the same id" in one for one in problems(bare))
    bare.toml(facts=facts(), tables=ONE_FILE)
    bare.change("periods.csv", "1,walking,30", "1,control,30")
    assert any("group differs between the rows" in one for one in problems(bare))


@pytest.mark.parametrize(
    ("clause", "words"),
    [
        ('where = { stat = "1" }', ("no column 'stat'", "stop")),
        ('where = { status = ["1", "7"] }', ("warning", "status = '7'", "'0', '1', '2', '3'")),
        ('one_row_per = "person"', ("no column 'person'",)),
        ('carry = ["town"]', ("no column 'town'",)),
    ],
)
def test_clauses_that_name_what_the_file_does_not_have(bare, clause, words):
    bare.write("periods.csv", PERIODS)
    events = EVENTS.replace('where = { status = 1 }\ncarry = ["site"]', clause)
    bare.toml(facts=facts(), tables=ONE_FILE + events)
    assert any(all(word in one for word in words) for one in problems(bare)), problems(bare)


def test_wide_scores_become_rows(folder):
    folder.write("outcomes.csv", "id,odi_0,odi_3,note\nP1,40,20,x\nP2,38,,y\nP9,1,2,z\n")
    folder.toml(
        "visit_windows = { 3 = [2, 4] }",
        'measures.odi = { low = 0, high = 100, better = "lower" }',
        tables="""
[participants.columns]
referral = { from = "referral", type = "boolean" }
[outcomes]
columns.participant_id = "id"
[outcomes.wide]
into = "value"
[outcomes.wide.columns]
odi_0 = { measure = "odi", month = 0 }
odi_3 = { measure = "odi", month = 3 }
""",
    )
    assert problems(folder) == ["error outcomes: 1 id not in participants: 'P9'"]
    assert folder.check()["count"].tolist() == [2]
    folder.change("outcomes.csv", "P9", "P3")
    rows = folder.read().outcomes
    assert list(rows.columns) == ["participant_id", "value", "month", "measure"]
    assert rows["month"].tolist() == [0, 0, 0, 3, 3, 3]
    assert rows["value"].fillna(-1).tolist() == [40, 38, 1, 20, -1, 2]
    assert [one[1] for one in actions(folder.read(), "not read")] == ["note"]
    folder.change("outcomes.csv", "P1,40", "P1,400")
    assert any("P1 month 0 odi 400 of 0 to 100" in one for one in problems(folder))


def test_daily_walking_becomes_weeks_of_known_days(folder):
    days = [("P1", k, 10) for k in range(14)] + [("P2", k, 20) for k in range(5)]
    rows = "".join(
        f"{who},{day},{minutes}\n" for who, day, minutes in days if (who, day) != ("P1", 9)
    )
    folder.write("walking.csv", "participant_id,day,walking_minutes\n" + rows)
    folder.toml("[walking]\ndaily = true")
    walking = folder.read().walking
    assert walking["week"].tolist() == [1, 2, 1]
    assert walking["walking_minutes"].tolist()[:1] == [70]
    assert walking["walking_minutes"].isna().tolist() == [False, True, True]
    folder.toml("[walking]\ndaily = true\ndays_needed = 5")
    trial = folder.read()
    assert trial.walking["walking_minutes"].tolist() == [70, 70, 140]
    told = trial.load_report.query("detail.str.contains('times 7 over the known days')")
    assert told["count"].tolist() == [2]


def test_daily_walking_must_fit_into_its_days(folder):
    folder.write(
        "walking.csv", "participant_id,day,walking_minutes\nP1,0,10\nP1,0,20\nP1,1,2000\nP1,2,-1\n"
    )
    folder.toml("[walking]\ndaily = true")
    found = problems(folder)
    assert any("stands more than once" in one for one in found)
    assert any("2000 on day 1 (row 4), -1 on day 2 (row 5)" in one for one in found)


def test_dates_become_days_from_each_participants_randomisation(folder):
    folder.toml('[recurrences.columns.onset_days]\ndates = "%d/%m/%Y"')
    folder.write(
        "recurrences.csv",
        "participant_id,onset_days\nP1,11/01/2024\nP3,01/03/2024\nP6,02/03/2024\n",
    )
    assert folder.read().recurrences["onset_days"].tolist() == [1, 29, 0]
    folder.change("participants.csv", "2024-02-01", "")
    assert any("the date of randomisation is not known" in one for one in problems(folder))
    found = folder.check()
    assert found.loc[found["severity"] == "error", "ids"].tolist() == ["P3"]


def test_units_with_and_without_factor(folder):
    folder.toml(
        """[recurrences.columns]
onset_days = { unit = "hours" }
resolved_days = { unit = "months", factor = 30.4375 }
[walking.columns]
walking_minutes = { unit = "hours" }
steps = { from = "daily", unit = "steps/day" }"""
    )
    folder.change("walking.csv", "steps", "daily")
    folder.change("walking.csv", "P2,1,90,", "P2,1,90,7")
    folder.write("recurrences.csv", "participant_id,onset_days,resolved_days\nP1,36,2\n")
    folder.change("walking.csv", "P2,2,120.5", "P2,2,2.5")
    folder.change("walking.csv", "P2,1,90", "P2,1,1.5")
    folder.change("walking.csv", "P2,3,130", "P2,3,2")
    folder.change("walking.csv", "P3,1,60", "P3,1,1")
    folder.change("walking.csv", "P4,1,100", "P4,1,0")
    trial = folder.read()
    assert trial.recurrences["onset_days"].tolist() == [1.5]
    assert trial.recurrences["resolved_days"].tolist() == [60.875]
    assert trial.walking["walking_minutes"].tolist() == [90, 150, 120, 60, 0]
    assert trial.walking["steps"].tolist()[0] == 49


@pytest.mark.parametrize(
    ("rule", "episodes"),
    [
        ("merge", [(30, 60, 8), (90, 95, 3), (15, 18, 4)]),
        ("first", [(30, 40, 6), (90, 95, 3), (15, 18, 4)]),
    ],
)
def test_overlapping_recurrences_by_the_rule_chosen(folder, rule, episodes):
    folder.toml(f'[recurrences]\noverlapping = "{rule}"')
    folder.change("recurrences.csv", "P2,200,210,1,1,8", "P1,40,60,1,1,8")
    assert folder.check().empty
    folder.change("recurrences.csv", "P1,40,60", "P1,38,60")
    trial = folder.read()
    rows = trial.recurrences[["onset_days", "resolved_days", "worst_pain_nrs"]]
    assert [tuple(row) for row in rows.to_numpy().tolist()] == episodes
    told = f"recurrences that overlap an earlier one: {rule}"
    assert ["recurrences", "", 1, told] in actions(trial, "left out")


def test_a_merged_episode_without_an_end_has_none(folder):
    folder.toml('[recurrences]\noverlapping = "merge"')
    folder.change("recurrences.csv", "P2,200,210,1,1,8", "P1,38,,1,1,8")
    rows = folder.read().recurrences
    assert rows["resolved_days"].isna().tolist() == [True, False, False]
    assert rows["care_seeking"].tolist() == [True, False, False]


def test_columns_beyond_the_dictionary_are_carried_as_text_or_by_their_type(folder):
    folder.change("participants.csv", "referral\nP1", "referral,site,visits\nP1")
    text = (folder.path / "participants.csv").read_text()
    head, *rows = text.splitlines()
    folder.write("participants.csv", "\n".join([head, *(row + ",007,3" for row in rows)]))
    folder.toml('[participants.columns.visits]\ntype = "integer"')
    people = folder.read().participants
    assert people["site"].tolist() == ["007"] * 6
    assert people["visits"].dtype == "Int64"
    assert people["referral"].dtype == "boolean"


def test_every_file_is_read_once_and_named_with_its_hash(bare):
    bare.write("periods.csv", PERIODS)
    bare.toml(facts=facts(), tables=ONE_FILE + EVENTS)
    assert sorted(bare.read().inputs) == ["periods.csv", "trial.toml"]
    assert all(len(one) == 64 for one in bare.read().inputs.values())


def test_parquet_and_csv_give_the_same_trial(folder):
    from_csv = folder.read()
    for name in FILES:
        frame = pd.read_csv(folder.path / name)
        frame.to_parquet(folder.path / name.replace(".csv", ".parquet"))
        (folder.path / name).unlink()
    assert folder.read().equals(from_csv)


def test_parquet_dates_truth_categories_and_row_index(folder):
    frame = pd.read_csv(folder.path / "participants.csv")
    frame["arm"] = frame["arm"].astype("category")
    frame["randomised_on"] = pd.to_datetime(frame["randomised_on"])
    frame["referral"] = frame["referral"] == "yes"
    frame.index = pd.Index(range(10, 16))
    expected = folder.read()
    (folder.path / "participants.csv").unlink()
    frame.to_parquet(folder.path / "participants.parquet")
    assert folder.read().equals(expected)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ([[1], [2]], "list"),
        (pd.to_datetime(["2024-01-01 10:00", "2024-01-01 00:00"]), "a date"),
        ([b"a", b"b"], "binary"),
    ],
)
def test_parquet_columns_that_no_table_can_hold(folder, values, word):
    frame = pd.DataFrame({"participant_id": ["P1", "P2"], "onset_days": values})
    (folder.path / "recurrences.csv").unlink()
    frame.to_parquet(folder.path / "recurrences.parquet")
    assert any(word in one for one in problems(folder)), problems(folder)


def test_a_damaged_parquet_file(folder):
    folder.write("costs.csv", b"PAR1" + bytes(100) + b"PAR1")
    assert any("damaged Parquet" in one for one in problems(folder))


def test_files_that_are_not_where_they_should_be(folder):
    folder.toml('[costs]\nfrom = "../costs.csv"')
    assert any("outside the folder" in one for one in problems(folder))
    folder.toml('[costs]\nfrom = "/etc/passwd"')
    assert any("outside the folder" in one for one in problems(folder))
    folder.toml(f'[costs]\nfrom = "{"x" * 300}.csv"')
    assert any("not in the folder" in one for one in problems(folder))
    folder.toml()
    folder.write("costs.parquet", b"x")
    assert any(
        "several files may be costs: costs.csv, costs.parquet" in one for one in problems(folder)
    )
    (folder.path / "costs.parquet").unlink()
    folder.write("recurrance.csv", "x")
    assert any("warning" in one and "recurrance.csv" in one for one in problems(folder))


def test_folders_that_are_none(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    for place, word in (
        ("file", "not a folder"),
        ("nowhere", "no folder"),
        ("empty", "trial.toml"),
    ):
        with pytest.raises(ws.DataError, match=word):
            ws.read_trial(tmp_path / place)
        assert len(ws.check_trial(tmp_path / place)) == 1
    with pytest.raises(ws.DataError):
        ws.read_trial("\0")


def test_a_trial_of_today_is_read_in_a_moment(folder):
    import time

    people = [f"P{k:04d},{'walking' if k % 2 else 'control'},365\n" for k in range(701)]
    folder.write("participants.csv", "participant_id,arm,planned_end_days\n" + "".join(people))
    rng = np.random.default_rng(1)
    minutes = rng.uniform(0, 400, (701, 150)).round(1)
    rows = [f"P{k:04d},{w + 1},{minutes[k, w]},diary\n" for k in range(701) for w in range(150)]
    folder.write("walking.csv", "participant_id,week,walking_minutes,measured_by\n" + "".join(rows))
    folder.toml(facts=facts(), tables="")
    for name in ("recurrences.csv", "outcomes.csv", "costs.csv"):
        (folder.path / name).unlink()
    start = time.perf_counter()
    trial = folder.read()
    taken = time.perf_counter() - start
    assert np.array_equal(trial.walking["walking_minutes"].to_numpy(), minutes.ravel())
    assert taken < 10  # 0.6 s on one idle core; a wide margin, since tests share theirs


def test_headers_that_end_with_a_space_are_found_and_shown_in_quotes(folder):
    folder.change("participants.csv", "age_years,", "age_years ,")
    assert folder.read().participants["age_years"].notna().all()
    folder.toml(tables=TABLES.replace("referral =", 'bmi_kg_m2 = "weight"\nreferral =', 1))
    assert any("withdrawal_reason, 'age_years ', referral" in one for one in problems(folder))


def test_findings_of_a_table_with_several_files_name_the_file(tmp_path):
    (tmp_path / "participants.csv").write_text("participant_id,arm\n1,control\n2,walking\n")
    (tmp_path / "a.csv").write_text("id,pain\n1,3\n2,4\n")
    (tmp_path / "b.csv").write_text("id,pain\n1,3\n2,x\n3,4\n")
    parts = [
        f'[[outcomes]]\nfrom = "{file}"\n[outcomes.columns]\nparticipant_id = "id"\n'
        f'value = "pain"\nmonth = {{ value = {month} }}\nmeasure = {{ value = "pain_nrs" }}\n'
        for file, month in (("a.csv", 0), ("b.csv", 3))
    ]
    head = 'name = "x"\nsource = "synthetic"\narms = ["control", "walking"]\n[participants]\n'
    (tmp_path / "trial.toml").write_text(head + "".join(parts))
    found = ws.check_trial(tmp_path)
    errors = found[found["severity"] == "error"]
    assert set(zip(errors["row"], errors["column"], errors["file"], strict=True)) == {
        (3, "value", "b.csv"),
        (4, "participant_id", "b.csv"),
    }
    with pytest.raises(ws.DataError, match=r"outcomes, b.csv, row 3, column value: 'x'"):
        ws.read_trial(tmp_path)
    (tmp_path / "trial.toml").write_text((head + "".join(parts)).replace('"pain"', '"pian"'))
    absent = ws.check_trial(tmp_path).query("column == 'value'")
    assert set(absent["file"]) == {"trial.toml"}


def test_dates_of_birth_lie_before_all_that_happened_in_the_trial(tmp_path):
    (tmp_path / "participants.csv").write_text(
        "participant_id,arm,Geburtsdatum,seen\n1,control,31.12.1960,01.02.2024\n"
        "2,walking,01.03.1971,02.02.2019\n"
    )
    (tmp_path / "trial.toml").write_text(
        'name = "x"\nsource = "synthetic"\narms = ["control", "walking"]\n'
        'dates_between = ["2023-01-01", "2024-12-31"]\n[participants.columns]\n'
        'born = { from = "Geburtsdatum", type = "date", dates = "%d.%m.%Y" }\n'
        'seen = { type = "date", dates = "%d.%m.%Y" }\n'
    )
    errors = ws.check_trial(tmp_path).query("severity == 'error'")
    assert errors[["column", "row"]].to_numpy().tolist() == [["seen", 3]]
