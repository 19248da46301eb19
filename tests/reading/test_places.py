"""Is a trial the same in a folder, an archive and a workbook, and is nothing else ever opened?"""

import io
import os
import shutil
import socket
import stat
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

import walkstats as ws
from tests.reading.trial_on_disk import FACTS, FILES, TABLES, TrialOnDisk
from tests.reading.workbook_by_hand import row, text, workbook
from walkstats.cli import main
from walkstats.reading.cells.conversion import Meaning, convert
from walkstats.reading.places import archives, compressed
from walkstats.reading.places.archives import open_archive
from walkstats.reading.places.opened import open_place

MANIFEST = FACTS + TABLES
WRITTEN = Path(__file__).parent / "files"


def archive(members, of=zipfile.ZIP_DEFLATED):
    """A zip archive; names may come twice, or with their ZipInfo."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", of) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return out.getvalue()


def sheet_of(lines):
    """Rows of XML of a sheet of texts."""
    return "".join(
        row(k, *(text(f"{chr(65 + j)}{k}", cell) for j, cell in enumerate(cells) if cell))
        for k, cells in enumerate(lines, 1)
    )


def sheets(manifest=MANIFEST, **names):
    """The small trial as sheets, under these names where they are given."""
    tables = {
        names.get(file.removesuffix(".csv"), file.removesuffix(".csv")): sheet_of(
            [line.split(",") for line in content.splitlines()]
        )
        for file, content in FILES.items()
    }
    if manifest is None:
        return tables
    lines = manifest.replace("&", "&amp;").splitlines()
    return {names.get("trial", "trial"): sheet_of([[line] for line in lines]), **tables}


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return TrialOnDisk.at(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def expected(original):
    return original.read()


def put(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    return tmp_path / name


def problems(place):
    found = ws.check_trial(place)
    return [f"{one.problem} -> {one.what_to_do}" for one in found.itertuples()]


def told_of(trial):
    return set(trial.load_report["detail"])


@pytest.mark.parametrize("within", ["", "trial of May/"])
def test_a_trial_in_an_archive(tmp_path, expected, within):
    members = [(within + name, content) for name, content in FILES.items()]
    members += [(within + "trial.toml", MANIFEST), (f"__MACOSX/{within}._trial.toml", "x")]
    place = put(tmp_path, "small.zip", archive(members))
    trial = ws.read_trial(place)
    assert trial.equals(expected)
    assert list(trial.inputs) == ["small.zip"]
    assert open_place(place).described.endswith("small.zip (trial of May/)" if within else ".zip")
    assert f"files of small.zip{', within ' if within else ''}{within}" in told_of(trial)
    assert within or main(["check", str(place)]) == 0


def test_names_as_macos_and_old_programs_pack_them(tmp_path):
    decomposed = "o\u0308.csv"  # accents beside their letters
    members = [(f"x\\{name}", text) for name, text in FILES.items() if name != "walking.csv"]
    members += [(f"x/{decomposed}", FILES["walking.csv"])]
    members += [("x/trial.toml", f'{FACTS}{TABLES}[walking]\nfrom = "\u00f6.csv"')]
    assert len(ws.read_trial(put(tmp_path, "small.zip", archive(members))).walking) == 5


def test_a_trial_in_a_workbook(tmp_path, expected):
    place = put(tmp_path, "small.xlsx", workbook(sheets(walking="Walking ", trial="Trial.toml")))
    trial = ws.read_trial(place)
    assert trial.equals(expected)
    assert list(trial.inputs) == ["small.xlsx"]
    assert "sheets of small.xlsx" in told_of(trial)


@pytest.mark.parametrize("beside", ["trial.toml", "small.toml"])
def test_the_trial_toml_of_a_workbook_may_lie_beside_it(tmp_path, expected, beside):
    place = put(tmp_path, "small.xlsx", workbook(sheets(None)))
    put(tmp_path, beside, MANIFEST.encode())
    put(tmp_path, "other.csv", b"not of this trial")
    assert ws.read_trial(place).equals(expected)


def test_the_only_workbook_of_a_folder_holds_the_tables(tmp_path, expected):
    put(tmp_path, "data.xlsx", workbook(sheets(None)))
    put(tmp_path, "~$data.xlsx", b"a lock")
    put(tmp_path, "trial.toml", MANIFEST.encode())
    assert ws.read_trial(tmp_path).equals(expected)
    packed = archive([(f"x/{name}", (tmp_path / name).read_bytes()) for name in ("data.xlsx",)])
    put(tmp_path, "again.zip", packed)
    assert "no sheet of data.xlsx is called" in problems(tmp_path / "again.zip")[0]


def test_one_table_from_a_workbook_beside_files(tmp_path, expected):
    folder = TrialOnDisk.at(tmp_path)
    (tmp_path / "walking.csv").unlink()
    rows = sheets(None, walking="By week")
    folder.write("data.xlsx", workbook({k: rows[k] for k in ("By week", "costs")}))
    folder.toml('[walking]\nfrom = "data.xlsx"\nsheet = "by week"')
    trial = folder.read()
    assert trial.equals(expected)
    told = trial.load_report
    assert "rows of data.xlsx (By week)" in set(told["detail"])
    assert "sheet 'costs' of data.xlsx" in set(told.loc[told["action"] == "not read", "detail"])
    folder.toml('[walking]\nfrom = "data.xlsx"')
    assert any("its sheets are: 'By week', 'costs'" in one for one in problems(tmp_path))
    folder.toml('[recurrences]\nsheet = "by week"')
    assert any("recurrences.csv is no workbook" in one for one in problems(tmp_path))


def test_what_is_wrong_with_sheets_is_told_at_once(tmp_path):
    place = put(tmp_path, "small.xlsx", workbook(sheets(participants="People", walking="Wallking")))
    told = problems(place)
    assert any("no sheet 'participants'; its sheets are: 'trial', 'People'" in one for one in told)
    assert any("'Wallking' of small.xlsx -> did you mean walking?" in one for one in told)
    spoilt = MANIFEST.replace('arms = ["control", "walking"]', "arms = [\u201ccontrol\u201d]")
    place = put(tmp_path, "curly.xlsx", workbook(sheets(spoilt)))
    assert "curly quotes" in problems(place)[0]
    (found,) = ws.check_trial(place).itertuples()
    assert (found.table, found.row) == ("sheet 'trial' of curly.xlsx", 3)
    place = put(tmp_path, "none.xlsx", workbook(sheets(None)))
    assert "no trial.toml in the workbook" in problems(place)[0]
    place = put(tmp_path, "long.xlsx", workbook({"trial": row(90_000, text("A90000", "x"))}))
    assert "90000 rows" in problems(place)[0]


def test_findings_in_a_workbook_name_its_rows(tmp_path):
    names = sheets()
    names["walking"] = names["walking"].replace("120.5", "-1")
    found = ws.check_trial(put(tmp_path, "small.xlsx", workbook(names)))
    assert found[["table", "row", "column"]].to_numpy().tolist() == [
        ["walking", 3, "walking_minutes"]
    ]


def test_a_failed_formula_is_refused_in_text_unless_it_is_declared_as_missing(tmp_path):
    names = sheets()
    names["participants"] = names["participants"].replace("moved away", "#N/A")
    told = problems(put(tmp_path, "small.xlsx", workbook(names)))
    assert any("error value of a spreadsheet" in one for one in told)
    names = sheets(MANIFEST.replace("\n[participants", '\nmissing = ["", "#N/A"]\n[participants'))
    names["participants"] = names["participants"].replace("moved away", "#N/A")
    trial = ws.read_trial(put(tmp_path, "small.xlsx", workbook(names)))
    assert trial.participants["withdrawal_reason"].isna().all()


def dates(cells, declared=None):
    """What becomes of cells of a column of dates."""
    lines = np.arange(2, 2 + len(cells))
    return convert(np.array(cells, dtype=object), lines, Meaning("date", ("",), dates=declared))


@pytest.mark.parametrize(("clause", "shift"), [("excel", 0), ("excel-1904", 1462)])
def test_day_numbers_are_read_where_they_are_declared(clause, shift):
    cells = [str(one - shift) for one in (45301, 45303, 45353)]
    read = dates([*cells, "", f"{cells[0]}.0"], clause)
    assert read.refusals == ()
    assert read.values.astype("datetime64[D]").astype(str).tolist() == [
        "2024-01-10",
        "2024-01-12",
        "2024-03-02",
        "NaT",
        "2024-01-10",
    ]
    (refusal,) = dates(cells).refusals
    assert "day number of a spreadsheet" in refusal.reason
    assert 'dates = "excel"' in refusal.what_to_do
    (refusal,) = dates([*cells, "2024-01-10"]).refusals
    assert "2 date formats in one column" in refusal.reason
    (refusal,) = dates([*cells, "10/01/2024"], clause).refusals
    assert "DD/MM/YYYY" in refusal.reason
    assert "29 February 1900" in dates(["60"], "excel").refusals[0].reason


def test_dates_of_a_spreadsheet_need_no_format(tmp_path):
    names = sheets(MANIFEST + 'randomised_on = { dates = "%d/%m/%Y" }')
    told = problems(put(tmp_path, "small.xlsx", workbook(names)))
    assert any("leave dates out" in one for one in told)


def test_a_workbook_written_by_r(tmp_path):
    trial = ws.read_trial(WRITTEN / "trial_openxlsx.xlsx")
    assert trial.name == "From a workbook"
    people = trial.participants
    assert people["participant_id"].tolist() == ["001", "002", "003", "004"]
    assert people["randomised_on"].dt.strftime("%Y-%m-%d").tolist() == [
        "2024-01-10",
        "2024-02-29",
        "2023-12-31",
        "1999-12-31",
    ]
    assert people["age_years"].tolist()[:2] == [54.1, 61]
    assert people["referral"].tolist() == [True, False, False, True]
    assert trial.walking["walking_minutes"].isna().tolist() == [False] * 2 + [True] + [False] * 3


LINK = zipfile.ZipInfo("walking.csv")
LINK.external_attr = (stat.S_IFLNK | 0o777) << 16


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([("../trial.toml", "x")], "leads out"),
        ([("a/../../b.csv", "x")], "leads out"),
        ([("/etc/trial.toml", "x")], "leads out"),
        ([("C:\\trial.toml", "x")], "leads out"),
        ([("a\\..\\..\\trial.toml", "x")], "leads out"),
        ([(LINK, "/etc/passwd")], "link to another file"),
        ([("a/b.csv", "x"), ("a\\b.csv", "y")], "two files called a/b.csv"),
        ([(f"{k}.csv", "") for k in range(2100)], "2100 files"),
        ([("a.csv", "x")], "no trial.toml in the archive"),
        ([], "no trial.toml in the archive"),
    ],
)
def test_archives_that_are_not_read(tmp_path, members, words):
    place = put(tmp_path, "small.zip", archive(members))
    assert words in problems(place)[0]
    with pytest.raises(ws.DataError, match="small"):
        ws.read_trial(place)
    assert os.listdir(tmp_path) == ["small.zip"]


def test_an_archive_with_a_password_or_damage(tmp_path):
    data = archive([("trial.toml", MANIFEST)])
    locked = bytearray(data)
    locked[6] |= 1
    locked[data.index(b"PK\x01\x02") + 8] |= 1
    assert "password" in problems(put(tmp_path, "a.zip", bytes(locked)))[0]
    assert "damaged" in problems(put(tmp_path, "a.zip", data[:60]))[0]
    spoilt = data[:45] + bytes(20) + data[65:]
    assert "damaged" in problems(put(tmp_path, "a.zip", spoilt))[0]
    strange = bytearray(data)
    strange[8] = strange[data.index(b"PK\x01\x02") + 10] = 99
    assert "damaged" in problems(put(tmp_path, "a.zip", bytes(strange)))[0]


def test_files_that_overlap_in_an_archive(tmp_path):
    data = archive([("a.csv", "x" * 99), ("b.csv", "y" * 99)], zipfile.ZIP_STORED)
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    spoilt = data[: second + 42] + bytes(4) + data[second + 46 :]
    assert "over the bytes of another" in problems(put(tmp_path, "a.zip", spoilt))[0]


def test_bombs_are_seen_in_the_table_of_contents(tmp_path):
    bomb = archive([("trial.toml", MANIFEST), ("walking.csv", bytes(20_000_000))])
    place = put(tmp_path, "bomb.zip", bomb)
    tracemalloc.start()
    assert any("unpacks to more than" in one for one in problems(place))
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()
    huge = bytearray(archive([("walking.csv", "x")]))
    at = huge.index(b"PK\x01\x02") + 24
    huge[at : at + 4] = (2**32 - 2).to_bytes(4, "little")
    assert "unpacks to 4294967294" in problems(put(tmp_path, "huge.zip", bytes(huge)))[0]


def test_an_archive_within_an_archive_is_unpacked_once(tmp_path):
    inner = archive([("walking.csv", FILES["walking.csv"])])
    members = [(name, text) for name, text in FILES.items() if name != "walking.csv"]
    members += [("trial.toml", MANIFEST), ("walking.zip", inner)]
    assert len(ws.read_trial(put(tmp_path, "a.zip", archive(members))).walking) == 5
    members[-1] = ("walking.zip", archive([("walking.zip", inner)]))
    assert any("no workbook" in x for x in problems(put(tmp_path, "b.zip", archive(members))))


@pytest.mark.parametrize("name", ["walking.csv", "trial.toml"])
def test_a_link_that_leads_out_of_the_folder_is_not_followed(original, tmp_path, name):
    home = tmp_path / "home"
    shutil.copytree(original.path, home)
    (home / name).rename(tmp_path / "elsewhere")
    (home / name).symlink_to(tmp_path / "elsewhere")
    assert any("leads out of the folder" in one for one in problems(home))
    (home / name).unlink()
    (home / name).symlink_to(home / name)
    assert problems(home)


def test_a_link_within_the_folder_is_followed(original, tmp_path, expected):
    home = tmp_path / "home"
    shutil.copytree(original.path, home)
    (home / "walking.csv").rename(home / "old.txt")
    (home / "walking.csv").symlink_to("old.txt")
    (tmp_path / "link").symlink_to(home)
    assert ws.read_trial(tmp_path / "link").equals(expected)


def test_what_is_no_file_is_not_opened(original, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(original.path, home)
    for name in ("walking.csv", "costs.csv", "outcomes.csv"):
        (home / name).unlink()
    os.mkfifo(home / "walking.csv")
    (home / "outcomes.csv").mkdir()
    listening = socket.socket(socket.AF_UNIX)
    at = os.getcwd()
    os.chdir(home)  # the path of a socket may not be long
    listening.bind("costs.csv")
    os.chdir(at)
    told = " ".join(problems(home))
    listening.close()
    assert "walking.csv cannot be opened (it is a pipe" in told
    assert "outcomes.csv cannot be opened (it is a folder" in told
    assert "costs.csv cannot be opened (it is a socket" in told
    assert "it is a pipe" in problems(home / "walking.csv")[0]
    assert "it is a device" in problems("/dev/zero")[0]


def test_a_file_too_large_for_memory_is_not_read(original, tmp_path, monkeypatch):
    home = tmp_path / "home"
    shutil.copytree(original.path, home)
    with (home / "walking.csv").open("wb") as file:
        file.truncate(2**40)  # takes no room on the disk
    told = problems(home)
    assert any("1099511627776 bytes" in one and "wearables" in one for one in told)
    monkeypatch.setattr(compressed, "MOST_BYTES", 100)
    assert any("limit 100" in one for one in problems(home))


def test_a_trial_toml_that_is_none(original, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(original.path, home)
    (home / "trial.toml").write_bytes(b"#" * (2**20 + 1))
    assert "limit 1048576" in problems(home)[0]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", b"x", "not a folder, a zip archive or a workbook"),
        ("a.xls", compressed.OLE_SIGN, "before 2007, or one locked"),
        ("a.zip", b"PK\x03\x04", "damaged"),
        ("empty", b"", "not a folder"),
    ],
)
def test_files_that_hold_no_trial(tmp_path, name, data, words):
    assert words in problems(put(tmp_path, name, data))[0]


def test_what_an_archive_gives_is_counted_as_it_comes(monkeypatch):
    monkeypatch.setattr(archives, "FREE_BYTES", 1000)
    made = open_archive(archive([("a.csv", bytes(2_000_000))]), "a.zip")
    with pytest.raises(ws.DataError, match="200 times"):
        made.read("a.csv")
