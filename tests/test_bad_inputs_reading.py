"""Does every case of bad input to reading get what it must: an error, a warning, or a report?

``bad_inputs.json`` lists the cases. Those of reading are made here, each in one function; the words
are those without which the finding would not help.
"""

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

import walkstats as ws
from tests.reading.trial_on_disk import FACTS, FILES, TrialOnDisk

CASES = {
    case["id"]: case
    for case in json.loads(Path(__file__).with_name("bad_inputs.json").read_text(encoding="utf-8"))
}


@dataclass
class Spoilt:
    """How a case is made, and what must be said of it."""

    make: Callable[[TrialOnDisk], None]
    words: tuple[str, ...]
    table: str = ""


SPOILT: dict[str, Spoilt] = {}


def case(name: str, *words: str, table: str = "participants"):
    def add(make: Callable[[TrialOnDisk], None]) -> Callable[[TrialOnDisk], None]:
        SPOILT[name] = Spoilt(make, words, table)
        return make

    return add


def people(folder: TrialOnDisk, old: str, new: str) -> None:
    folder.change("participants.csv", old, new)


@case("F01", "participants.csv", "outcomes.csv", "not in the folder", "found there", table="")
def _(folder):
    folder.toml('[outcomes]\nfrom = "outcomes.csv"')
    (folder.path / "participants.csv").unlink()
    (folder.path / "outcomes.csv").unlink()


@case("F03", "participants.csv is empty (0 bytes)")
def _(folder):
    folder.write("participants.csv", b"")


@case("F05", "not utf-8", "offset 206", "line 4", "Orléans", "cp1252")
def _(folder):
    people(folder, "moved away", "Orléans")
    text = (folder.path / "participants.csv").read_text(encoding="utf-8")
    folder.write("participants.csv", text.encode("latin-1"))


@case("F07", "")
def _(folder):
    folder.write("participants.csv", b"\xef\xbb\xbf" + FILES["participants.csv"].encode())


@case("F09", "control characters U+0080 to U+009F", "encoding")
def _(folder):
    people(folder, "moved away", "moved \x96 away")


@case("F11", "separated by tabs", "not by commas", 'delimiter = "\\t"')
def _(folder):
    folder.write("participants.csv", FILES["participants.csv"].replace(",", "\t"))


@case("F13", "row 2 has 9 cells, header has 8", "comma at the end")
def _(folder):
    head, *rows = FILES["participants.csv"].splitlines()
    folder.write("participants.csv", "\n".join([head, *(row + "," for row in rows)]))


@case("F15", "row 3 has 9 cells, header has 8")
def _(folder):
    people(folder, "61,no", "61,no,9")


@case("F17", "quote that opens on line 4", "never closed")
def _(folder):
    people(folder, "moved away", '"moved away')


@case("F19", "NUL character", "offset 208", "line 4")
def _(folder):
    people(folder, "moved away", "moved\x00away")


@case("F21", "renamed", "' Participant_ID '")
def _(folder):
    people(folder, "participant_id,arm", '" Participant_ID ","Arm "')


@case("F23", "'Total'", "without any digit among ids with digits", "totals")
def _(folder):
    text = FILES["participants.csv"].replace("P", "")
    folder.write("participants.csv", text + "Total,control,,,,,329,yes\n")
    for name in FILES:
        if name != "participants.csv":
            folder.write(name, FILES[name].replace("P", ""))


@case("F25", "3 date formats", "2024-01-12", "10/01/2024", "Feb 1 2024", "row 2", "row 4")
def _(folder):
    people(folder, "2024-01-10", "10/01/2024")
    people(folder, "2024-02-01", "Feb 1 2024")


@case("F27", "two-digit year", "01/01/68", "four digits")
def _(folder):
    people(folder, "2024-01-10", "01/01/68")


@case("F29", "2524-01-10", "0024-02-01", "outside 2023-01-01 to 2025-12-31")
def _(folder):
    folder.toml('dates_between = ["2023-01-01", "2025-12-31"]')
    people(folder, "2024-01-10", "2524-01-10")
    people(folder, "2024-02-01", "0024-02-01")


@case("F31", "")
def _(folder):
    for name, text in FILES.items():
        folder.write(name, text.replace("P", "1E0"))


@case("F33", "")
def _(folder):
    folder.toml(facts=facts_with('arms = ["NA", "None"]'))
    text = FILES["participants.csv"].replace("control", "NA").replace("walking", "None")
    folder.write("participants.csv", text.replace("moved away", "null"))


@case("F35", "'.' read as missing", "age_years")
def _(folder):
    folder.toml('[participants]\nmissing = ["", "."]')
    people(folder, "54.5", ".")


@case("F37", "'85%'", "percent sign", "age_years")
def _(folder):
    people(folder, "54.5", "85%")


@case("F39", "")
def _(folder):
    zipped(folder, {"export.csv": FILES["participants.csv"]})


@case("F41", "duplicate key participants.from", "lines 9 and 10", table="trial.toml")
def _(folder):
    folder.toml('[participants]\nfrom = "a.csv"\nfrom = "b.csv"', tables="")


@case("P01", "P2 in rows 3, 4", "more than once")
def _(folder):
    people(folder, "P3", "P2")


@case("P03", "")
def _(folder):
    for name, text in FILES.items():
        folder.write(name, text.replace("P", ""))
    table = pd.read_csv(io.StringIO(FILES["walking.csv"].replace("P", "")))
    assert table["participant_id"].dtype == "int64"
    table.to_parquet(folder.path / "walking.parquet")
    (folder.path / "walking.csv").unlink()


@case("P05", "'Walking'", "'walking '", "nearest is 'walking'")
def _(folder):
    people(folder, "P2,walking", "P2,Walking")
    people(folder, "P4,walking", "P4,walking ")


@case("P07", "arm is missing in 2 of 6 rows", "P1", "P6")
def _(folder):
    people(folder, "P1,control", "P1,")
    people(folder, "P6,control", "P6,")


@case("P09", "comparison needs 2 arms, found 1 (walking, n=3)")
def _(folder):
    rows = [one for one in FILES["participants.csv"].splitlines() if ",control," not in one]
    folder.write("participants.csv", "\n".join(rows))
    folder.write("recurrences.csv", FILES["recurrences.csv"].replace("P1", "P5"))
    folder.write("outcomes.csv", FILES["outcomes.csv"].replace("P1", "P5"))
    folder.write("costs.csv", FILES["costs.csv"].replace("P1", "P5"))
    folder.change("walking.csv", "P3", "P5")


@case("P11", "below 0", "randomised 2024-06-01", "onset 2024-03-01", "P1", table="recurrences")
def _(folder):
    people(folder, "2024-01-10", "2024-06-01")
    folder.write("recurrences.csv", "participant_id,onset_days\nP1,2024-03-01\n")


@case("P13", "withdrawn_days below 0", "randomised 2024-02-01", "withdrawn 2024-01-02", "P3")
def _(folder):
    folder.toml('[participants.columns.withdrawn_days]\ndates = "%d/%m/%Y"')
    people(folder, "365,100,", "365,02/01/2024,")


@case("P15", "age_years is missing for 1 of 6", "control 1, walking 0", "5 can be used", "P1")
def _(folder):
    people(folder, "54.5", "")


@case("E01", "onset_days below 0", "P1", "onset 2024-01-08", table="recurrences")
def _(folder):
    folder.change("recurrences.csv", "P1,30", "P1,-2")


@case("E03", "day of randomisation", "P1", table="recurrences")
def _(folder):
    folder.change("recurrences.csv", "P1,30", "P1,0")


@case("E05", "infinite", "use censoring at last contact", table="recurrences")
def _(folder):
    folder.change("recurrences.csv", "P1,30", "P1,inf")


@case("E07", "must be 0/1", "found {1, 2}", "codes", table="recurrences")
def _(folder):
    text = FILES["recurrences.csv"].replace("40,1", "40,2").replace("95,0", "95,1")
    folder.write("recurrences.csv", text.replace("210,1", "210,2").replace("18,0", "18,1"))


@case("E09", "converted", "'Yes' read as true", table="recurrences")
def _(folder):
    text = FILES["recurrences.csv"].replace("40,1", "40,Yes").replace("95,0", "95,No")
    folder.write("recurrences.csv", text)


@case("E11", "not in participants", "'P99'", table="recurrences")
def _(folder):
    folder.change("recurrences.csv", "P4,15", "P99,15")


@case("E13", "P1 days 30 to 40 and days 35 to 50", '"merge"', '"first"', table="recurrences")
def _(folder):
    folder.change("recurrences.csv", "P1,90,95", "P1,35,50")


@case("E23", "none of the 4 rows", "activity_limiting = 9", "'0', '1'", table="recurrences")
def _(folder):
    folder.toml('[recurrences]\nwhere = { activity_limiting = "9" }')


@case("W01", "walking_minutes below 0", "P2", "row 2", table="walking")
def _(folder):
    folder.change("walking.csv", "P2,1,90", "P2,1,-90")


@case("W03", "above 3000", "3200", table="walking")
def _(folder):
    folder.change("walking.csv", "P2,1,90", "P2,1,3200")


@case("W05", "1 gap of 1 participant", "never 0", table="walking")
def _(folder):
    folder.change("walking.csv", "P2,2,120.5", "P2,2,")


@case("W07", "8000", "1440", "steps", table="walking")
def _(folder):
    folder.change("walking.csv", "P2,1,90", "P2,1,8000")


@case("W09", "")
def _(folder):
    folder.toml('[walking]\ndaily = true\ntimezone = "Europe/London"')
    people(folder, "2024-01-12", "2024-10-21")
    rows = [f"P2,2024-10-{21 + k},{1500 if k == 6 else 60}" for k in range(7)]
    folder.write("walking.csv", "\n".join(["participant_id,day,walking_minutes", *rows]))
    assert folder.read().walking["walking_minutes"].tolist() == [6 * 60 + 1500]


@case("W11", "")
def _(folder):
    table = pd.read_csv(io.StringIO(FILES["walking.csv"]))
    table["walking_minutes"] = table["walking_minutes"].astype("int16")
    table["week"] = table["week"].astype("int8")
    table.to_parquet(folder.path / "walking.parquet")
    (folder.path / "walking.csv").unlink()


@case("W13", "after withdrawal", "P3", "out of analyses", table="walking")
def _(folder):
    folder.change("walking.csv", "P3,1,60", "P3,20,60")


@case("O01", "P1 month 3 rmdq 30 of 0 to 24", table="outcomes")
def _(folder):
    folder.change("outcomes.csv", "P1,3,rmdq,8", "P1,3,rmdq,30")


@case("O03", "P1 3 rmdq in rows 3, 4", "8, 6", table="outcomes")
def _(folder):
    folder.change("outcomes.csv", "P1,12,rmdq", "P1,3,rmdq")


@case("O05", "visit 12 at month 20, window 11 to 14", "P1", table="outcomes")
def _(folder):
    folder.toml(
        "visit_windows = { 3 = [2, 4], 12 = [11, 14] }",
        '[outcomes.columns.assessed_days]\nfrom = "day"\ntype = "days"',
    )
    folder.write(
        "outcomes.csv",
        "participant_id,month,measure,value,day\nP1,0,rmdq,12,0\nP1,3,rmdq,8,91\n"
        "P1,12,rmdq,6,608.75\n",
    )


@case("O07", "'back_function'", "higher is better or worse", "better", table="outcomes")
def _(folder):
    folder.change("outcomes.csv", "P1,12,rmdq", "P1,12,back_function")


@case("O09", "none at month 0", "rmdq (control 0, walking 1)", "P2", table="outcomes")
def _(folder):
    folder.change("outcomes.csv", "P2,0,rmdq,10", "P2,0,rmdq,")


@case("C01", "unit_cost below 0", "P1", "refunds", table="costs")
def _(folder):
    folder.change("costs.csv", "85.5", "-500")


@case("C05", "stay missing", "not 0", table="costs")
def _(folder):
    folder.change("costs.csv", "physiotherapist,2,", "physiotherapist,,")


@case("R09", "unpacks to more than", "limit")
def _(folder):
    zipped(folder, {"export.csv": "participant_id,arm\n" + "0" * 40_000_000})


def facts_with(arms: str) -> str:
    return "\n".join(arms if one.startswith("arms") else one for one in FACTS.splitlines())


def zipped(folder: TrialOnDisk, members: dict[str, str]) -> None:
    (folder.path / "participants.csv").unlink()
    with zipfile.ZipFile(folder.path / "participants.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)


@pytest.fixture
def folder(tmp_path):
    return TrialOnDisk.at(tmp_path / "trial")


def told(findings: pd.DataFrame) -> list[str]:
    text = findings[["problem", "what_to_do", "ids", "column"]].astype(str)
    return [" | ".join(row) for row in text.itertuples(index=False)]


def test_the_folder_itself_has_no_findings(folder):
    assert folder.check().empty
    assert len(folder.read().participants) == 6


def test_every_case_of_a_folder_is_made():
    folders = {"file", "participant", "walking_log"}
    assert {name for name, case in CASES.items() if case["group"] in folders} < set(SPOILT)


@pytest.mark.parametrize("name", SPOILT)
def test_case(name, folder):
    SPOILT[name].make(folder)
    before = {p.name: p.read_bytes() for p in folder.path.iterdir()}
    findings = folder.check()
    {
        "error": assert_error,
        "warning": assert_warning,
        "normalise_and_report": assert_reported,
        "accept": assert_accepted,
    }[CASES[name]["expected"]["kind"]](folder, findings, SPOILT[name])
    assert {p.name: p.read_bytes() for p in folder.path.iterdir()} == before


def assert_error(folder, findings, spoilt):
    errors = findings[findings["severity"] == "error"]
    hits = [k for k, text in enumerate(told(errors)) if all(word in text for word in spoilt.words)]
    assert hits, told(findings)
    assert errors.iloc[hits[0]]["table"] == spoilt.table
    assert errors["what_to_do"].str.len().gt(0).all()
    with pytest.raises(ws.DataError) as caught:
        folder.read()
    assert len(caught.value.problems) == len(findings)
    assert caught.value.__cause__ is None


def assert_warning(folder, findings, spoilt):
    assert set(findings["severity"]) == {"warning"}, told(findings)
    assert any(all(word in text for word in spoilt.words) for text in told(findings))
    assert spoilt.table in set(findings["table"])
    report = folder.read().load_report
    assert (report["action"] == "warning").sum() == len(findings)


def assert_reported(folder, findings, spoilt):
    assert not (findings["severity"] == "error").any(), told(findings)
    report = folder.read().load_report
    lines = [" ".join(row) for row in report.astype(str).itertuples(index=False)]
    assert any(all(word in line for word in spoilt.words) for line in lines), lines


def assert_accepted(folder, findings, spoilt):
    assert not (findings["severity"] == "error").any(), told(findings)
    assert len(folder.read().participants) == 6


def test_f07_the_first_column_keeps_its_name(folder):
    SPOILT["F07"].make(folder)
    assert folder.read().participants.columns[0] == "participant_id"


def test_f21_headers_that_collide_are_an_error(folder):
    people(folder, "participant_id,arm,", '"Arm ",arm ,')
    found = folder.check()
    assert any("several columns" in text and "arm" in text for text in told(found))


def test_f31_ids_that_a_spreadsheet_may_have_changed_are_warned_of(folder):
    SPOILT["F31"].make(folder)
    assert folder.read().participants["participant_id"].tolist()[0] == "1E01"
    assert any("scientific notation" in text for text in told(folder.check()))


def test_f33_labels_stay_labels(folder):
    SPOILT["F33"].make(folder)
    trial = folder.read()
    assert trial.participants["arm"].tolist()[:2] == ["NA", "None"]
    assert trial.participants["withdrawal_reason"].tolist()[2] == "null"


def test_f35_a_sign_for_missing_that_is_not_declared_is_an_error(folder):
    people(folder, "54.5", ".")
    assert any("not declared" in text and "'.'" in text for text in told(folder.check()))


def test_f39_an_archive_with_several_files_lists_them(folder):
    zipped(folder, {"one.csv": "a", "two.csv": "b"})
    assert any("one.csv, two.csv" in text for text in told(folder.check()))


def test_f39_a_named_file_may_be_packed(folder):
    folder.toml('[participants]\nfrom = "participants.csv"')
    zipped(folder, {"participants.csv": FILES["participants.csv"]})
    trial = folder.read()
    assert len(trial.participants) == 6
    assert "participants.zip in the place of participants.csv" in set(trial.load_report["detail"])


def test_w09_a_day_of_24_hours_has_1440_minutes(folder):
    folder.toml('[walking]\ndaily = true\ntimezone = "Europe/London"\ndays_needed = 1')
    folder.write("walking.csv", "participant_id,day,walking_minutes\nP2,2024-10-26,1500\n")
    assert any("1440" in text for text in told(folder.check()))


def test_w11_small_integers_are_promoted(folder):
    SPOILT["W11"].make(folder)
    walking = folder.read().walking
    assert walking["walking_minutes"].dtype == "float64"
    assert walking["week"].dtype == "Int64"


def test_r01_an_unwritable_folder_is_told_before_anything_is_written(folder, tmp_path):
    with pytest.raises(ws.DataError, match="cannot be written"):
        ws.write_trial(folder.read(), "/proc/nope/deeper")
    blocked = tmp_path / "a file"
    blocked.write_text("kept")
    with pytest.raises(ws.DataError, match="not an empty folder"):
        ws.write_trial(folder.read(), blocked)
    assert blocked.read_text() == "kept"


def test_r09_a_gzip_bomb_is_refused_too(folder):
    (folder.path / "participants.csv").unlink()
    folder.write("participants.csv.gz", gzip.compress(b"0" * 40_000_000))
    assert any("unpacks to more than" in text for text in told(folder.check()))


def test_everything_wrong_comes_in_one_error(folder):
    for name in ("E01", "W01", "O01", "C01", "P07", "F37"):
        SPOILT[name].make(folder)
    with pytest.raises(ws.DataError) as caught:
        folder.read()
    assert set(caught.value.problems["table"]) == {
        "participants",
        "recurrences",
        "walking",
        "outcomes",
        "costs",
    }
    assert str(caught.value).count("->") == len(caught.value.problems)
