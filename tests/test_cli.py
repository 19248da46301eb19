"""The command line: what it writes, says and returns, run as a user would."""

import json
import subprocess
import sys

import pandas as pd
import pytest

import walkstats as ws
from tests.report.small_reports import PLAN
from walkstats.cli import main
from walkstats.reading.samples import sample_folder


def call(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "walkstats", *map(str, arguments)], capture_output=True, text=True
    )


@pytest.fixture
def damaged(tmp_path):
    """A copy of the bladder trial with an arm that is none and an event before time 0."""
    folder = tmp_path / "trial"
    assert main(["sample", "bladder", str(folder)]) == 0
    file = folder / "bladder1.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    cells = lines[1].split(",")
    cells[1] = "9"
    lines[1] = ",".join(cells)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_check_of_good_data_returns_0(capsys):
    assert main(["check", str(sample_folder("bladder"))]) == 0
    assert "0 error(s)" in capsys.readouterr().out


def test_check_of_bad_data_lists_them_and_returns_1(damaged, tmp_path, capsys):
    page = tmp_path / "found.html"
    before = {p: p.read_bytes() for p in damaged.iterdir()}
    assert main(["check", str(damaged), "--html", str(page)]) == 1
    said = capsys.readouterr().out
    assert "participants: 1 error, 1 warning" in said
    assert "    error: '9'" in said
    assert '<td class="error">error</td>' in page.read_text(encoding="utf-8")
    assert {p: p.read_bytes() for p in damaged.iterdir()} == before


def test_report_on_bad_data_is_a_list_and_leaves_nothing(damaged, tmp_path):
    out = tmp_path / "report"
    done = call("report", damaged, "--out", out)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "participants" in done.stderr
    assert not out.exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["trial"]


def test_report_writes_where_it_says(tmp_path, capsys, monkeypatch):
    # The report of the whole default plan is asked for in the tests of the report.
    monkeypatch.setattr("walkstats.plan.default_plan", lambda trial: PLAN)
    stale = tmp_path / "deep" / "report" / "tables" / "stale.csv"
    stale.parent.mkdir(parents=True)
    stale.write_text("old")
    folder, out = str(sample_folder("bladder")), str(tmp_path / "deep" / "report")
    assert main(["report", folder, "--out", out, "--seed", "3"]) == 0
    done = capsys.readouterr()
    file = tmp_path / "deep" / "report" / "report.html"
    assert str(file) in done.out
    assert file.exists()
    assert json.loads((file.parent / "provenance.json").read_text())["seed"] == 3
    # What is done is said on standard error only, and without a bar where it is no terminal.
    assert "composing" in done.err
    assert "\r" not in done.err
    assert "left where they were: tables/stale.csv\n" in done.err
    assert stale.exists()
    assert done.out.count("\n") == 1


def test_report_takes_a_plan(tmp_path, capsys):
    trial = ws.load_sample("bladder")
    plan = ws.plan.default_plan(trial)
    ws.plan.write_plan(
        ws.plan.AnalysisPlan("Mine", descriptions=plan.analyses[:2]), tmp_path / "plan.toml"
    )
    arguments = ["report", str(sample_folder("bladder")), "--out", str(tmp_path / "r"), "--quiet"]
    assert main([*arguments, "--plan", str(tmp_path / "plan.toml")]) == 0
    assert "<h1>Mine</h1>" in (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert main([*arguments, "--plan", str(tmp_path / "absent.toml")]) == 1
    assert f"there is no plan {tmp_path / 'absent.toml'}" in capsys.readouterr().err


def test_report_is_not_written_into_the_trial(capsys):
    folder = str(sample_folder("bladder"))
    for inside in (folder, f"{folder}/report", f"{folder}/../{folder.rpartition('/')[2]}"):
        assert main(["report", folder, "--out", inside]) == 1
    assert "into the trial" in capsys.readouterr().err


def test_an_unwritable_path_is_refused_before_reading(tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    assert (
        main(["report", str(tmp_path / "no such trial"), "--out", str(tmp_path / "file" / "r")])
        == 1
    )
    said = capsys.readouterr().err
    assert "file" in said
    assert "reading" not in said


def test_a_folder_that_is_not_there_is_a_sentence():
    done = call("report", "no-such-folder", "--out", "out", "--quiet")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "no-such-folder" in done.stderr


def test_sample_is_copied_and_reads_the_same(tmp_path, capsys):
    assert main(["sample", "walkback-like", str(tmp_path / "copy")]) == 0
    assert ws.read_trial(tmp_path / "copy").equals(ws.load_sample("walkback-like"))
    assert main(["sample", "walkback-like", str(tmp_path / "copy")]) == 1
    assert "not empty" in capsys.readouterr().err


def test_simulate_writes_the_trial_that_python_gives(tmp_path):
    design = sample_folder("walkback-like") / "design.toml"
    assert main(["simulate", str(design), "--seed", "5", "--out", str(tmp_path / "new")]) == 0
    expected = ws.design.simulate_trial(ws.design.read_design(design), seed=5)
    made = ws.read_trial(tmp_path / "new")
    pd.testing.assert_frame_equal(made.participants, expected.participants)
    assert made.equals(expected)
    assert made.synthetic


def test_version_and_unknown_words(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert ws.__version__ in capsys.readouterr().out
    with pytest.raises(SystemExit) as stopped:
        main(["dance"])
    assert stopped.value.code == 2


def test_check_says_how_often_and_names_no_empty_place(damaged, tmp_path, capsys):
    main(["check", str(damaged)])
    said = capsys.readouterr().out
    assert "in column arm, row 2; 1\n" in said
    assert " times)" in said
    main(["check", str(tmp_path / "none")])
    said = capsys.readouterr().out
    assert said.startswith("the folder: 1 error, no warnings\n")
    assert "    error: there is no folder" in said
    assert " at " not in said
