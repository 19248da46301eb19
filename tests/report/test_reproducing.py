"""What lies beside a report makes its numbers again, bit for bit on this machine."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.report.small_reports import PLAN, composed, done, made_up
from walkstats.errors import DataError
from walkstats.plan import Signature, plan_digest
from walkstats.reading.samples import sample_folder
from walkstats.report import compare_rerun, write_report
from walkstats.report.provenance import provenance
from walkstats.report.reproducing import ELSEWHERE


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    target = tmp_path_factory.mktemp("made") / "report"
    return write_report(composed(), target, formats=["md"]).parent / "reproduce"


def run(folder, trial):
    """The script as a reader calls it."""
    home = str(Path(ws.__file__).parents[1])
    return subprocess.run(
        [sys.executable, "rerun.py", str(trial)], cwd=folder, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": home, "WALKSTATS_ENGINE": "numpy"}, timeout=120,
        check=False,
    )  # fmt: skip


def test_the_script_gives_the_same_numbers_bit_for_bit(folder):
    said = run(folder, sample_folder("bladder"))
    assert said.returncode == 0, said.stderr
    assert re.match(r"\d+ numbers are the same bit for bit\.$", said.stdout.strip())


def test_numbers_are_kept_in_every_bit(folder):
    kept = pd.read_csv(folder / "numbers.csv", float_precision="round_trip")
    for column in ("estimate", "std_error", "conf_low", "p_value"):
        np.testing.assert_array_equal(kept[column], done().numbers[column])


def test_what_is_needed_is_there_and_names_no_place_of_this_machine(folder):
    assert {one.name for one in folder.iterdir()} == {
        "plan.toml", "inputs.sha256", "constraints.txt", "numbers.csv", "provenance.json",
        "rerun.py", "README.md",
    }  # fmt: skip
    assert ws.plan.read_plan(folder / "plan.toml") == PLAN
    text = "".join(one.read_text(encoding="utf-8") for one in folder.iterdir())
    for place in (str(Path.home()), str(folder.parent), str(Path(ws.__file__).parents[1])):
        assert len(place) < 3 or place not in text
    lines = (folder / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert f"numpy=={np.__version__}" in lines
    sums = dict(
        reversed(one.split()) for one in (folder / "inputs.sha256").read_text().splitlines()
    )
    assert sums == dict(done().trial.inputs)
    assert "--plan plan.toml --seed 7 " in (folder / "README.md").read_text(encoding="utf-8")


def test_a_masked_trial_and_a_registered_plan_are_run_as_they_were(tmp_path):
    trial = done().trial.masked(5)
    plan = replace(PLAN, descriptions=())
    results = ws.plan.run_plan(trial, plan, seed=7, registered=PLAN)
    out = write_report(ws.report.compose(results), tmp_path / "r", formats=["md"]).parent
    home = out / "reproduce"
    assert ws.plan.read_plan(home / "registered.toml") == PLAN
    command = (home / "README.md").read_text(encoding="utf-8")
    assert "--plan plan.toml --registered registered.toml --masked 5 --seed 7 " in command
    assert "read_trial(sys.argv[1]).masked(5)" in (home / "rerun.py").read_text(encoding="utf-8")
    said = (out / "report.md").read_text(encoding="utf-8")
    assert said.startswith(f"# Masked: {plan.title}")
    assert "The arms were permuted to try the plan" in said.partition("## Summary")[2][:200]


def moved(factor):
    numbers = done().numbers
    return replace(done(), numbers=numbers.assign(estimate=numbers["estimate"] * factor))


def test_the_last_bits_may_differ_elsewhere_and_nothing_more(folder):
    here = compare_rerun(done(), folder)
    assert here.bit_for_bit
    assert here.same
    assert here.largest == 0.0
    near = compare_rerun(moved(1 + 1e-12), folder)
    assert near.same
    assert not near.bit_for_bit
    assert 0 < near.largest < ELSEWHERE
    assert "the same to 1e-10" in str(near)
    assert "must be another machine" in str(near)
    far = compare_rerun(moved(1 + 1e-9), folder)
    assert not far.same
    assert "numbers differ: " in str(far)
    assert set(far.differing["column"]) == {"estimate"}


def test_another_seed_version_or_file_is_told(folder, tmp_path):
    facts = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    facts["versions"]["numpy"] = "1.0"
    facts["inputs"]["trial.toml"] = "0" * 64
    (tmp_path / "provenance.json").write_text(json.dumps(facts), encoding="utf-8")
    (tmp_path / "numbers.csv").write_bytes((folder / "numbers.csv").read_bytes())
    told = compare_rerun(done(), tmp_path)
    assert told.changed_inputs == ("trial.toml",)
    assert str(told).endswith(
        f"Not the versions of the report: numpy was 1.0, is {np.__version__}. "
        "Not the files of the report: trial.toml."
    )


def test_a_number_that_is_gone_or_new_is_a_difference(folder):
    numbers = done().numbers
    fewer = replace(done(), numbers=numbers.iloc[1:])
    assert not compare_rerun(fewer, folder).same
    added = pd.concat([numbers, numbers.iloc[:1].assign(id="new")])
    assert not compare_rerun(replace(done(), numbers=added), folder).same


def test_a_folder_of_no_report_is_refused(tmp_path):
    with pytest.raises(DataError, match="does not hold the numbers of a report"):
        compare_rerun(done(), tmp_path)


def test_r05_no_text_among_the_numbers_starts_a_formula(tmp_path):
    numbers = done().numbers
    evil = numbers.assign(term=['=HYPERLINK("x")', *numbers["term"].iloc[1:]])
    report = replace(composed(), numbers=evil)
    out = write_report(report, tmp_path / "r", formats=["md"]).parent
    for file in (out / "numbers.csv", out / "reproduce" / "numbers.csv"):
        frame = pd.read_csv(file)
        assert frame["term"].iloc[0].startswith("'=")
        assert pd.api.types.is_float_dtype(frame["estimate"])


def test_a_made_up_report_has_no_folder_to_run(tmp_path):
    out = write_report(made_up(), tmp_path / "r", formats=["md"]).parent
    assert not (out / "reproduce").exists()


def test_provenance_tells_the_plan_and_whether_it_is_signed():
    facts = provenance(done())["plan_facts"]
    assert facts["version"] == "1.0"
    assert not facts["signed"]
    assert re.fullmatch(r"[0-9a-f]{64}", facts["sha256"])
    signature = Signature("A. Statistician", "", "2026-01-31", plan_digest(PLAN))
    signed = replace(done(), plan=replace(PLAN, signatures=(signature,)), registered=PLAN)
    other = provenance(signed)["plan_facts"]
    assert other["signed"]
    assert other["sha256"] != facts["sha256"] == other["registered_sha256"]


def test_outside_a_checkout_no_commit_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert "commit" not in provenance(done())
    monkeypatch.setenv("PATH", "")
    assert "commit" not in provenance(done())


def test_r11_a_plan_in_yaml_is_refused_without_being_read_as_yaml(tmp_path):
    pairs = zip("abcdef", "bcdefg", strict=True)
    bomb = "a: &a [x, x]\n" + "".join(f"{c}: &{c} [*{b}, *{b}]\n" for b, c in pairs)
    for text in (bomb, "!!python/object/apply:os.system ['true']"):
        file = tmp_path / "plan.yaml"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match="cannot be read as TOML"):
            ws.plan.read_plan(file)
    sources = Path(ws.__file__).parent.rglob("*.py")
    assert not any(re.search(r"^\s*(import|from) yaml", one.read_text(encoding="utf-8"), re.M)
                   for one in sources)  # fmt: skip
