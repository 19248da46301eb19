"""No column that nobody declared, such as a surname, is described in a report."""

import dataclasses

import pandas as pd
import pytest

import walkstats as ws
from tests.reading.trial_on_disk import TrialOnDisk
from walkstats.cli import main
from walkstats.plan import AnalysisPlan, default_plan, run_plan
from walkstats.reading.carried import carried_along
from walkstats.report import compose


def table_1(trial):
    plan = default_plan(trial)
    few = tuple(one for one in plan.analyses if one.name == "baseline")
    report = compose(run_plan(trial, AnalysisPlan("Small", descriptions=few), seed=1))
    return next(block.table for block in report.tables() if block.name == "baseline").to_html()


@pytest.fixture
def named(tmp_path):
    folder = TrialOnDisk.at(tmp_path / "trial")
    lines = (folder.path / "participants.csv").read_text(encoding="utf-8").splitlines()
    ends = [",Name,site", *(f",Surname{k},{'AB'[k % 2]}" for k in range(len(lines) - 1))]
    text = "\n".join(line + end for line, end in zip(lines, ends, strict=True))
    folder.write("participants.csv", text + "\n")
    folder.change("trial.toml", "[participants.columns]", '[participants.columns]\nsite = "site"')
    return folder


def test_undeclared_columns_are_named_and_not_described(named, capsys):
    trial = named.read()
    shown = table_1(trial)
    assert "Surname" not in shown
    assert "not declared in trial.toml: Name." in shown
    assert "Site, n (%)" in shown
    assert main(["check", str(named.path)]) in (0, 1)
    said = capsys.readouterr().out
    assert "note: participants: carried along" in said
    assert "Name." in said
    assert "site" not in said


def test_they_stay_undeclared_when_the_trial_is_written(named, tmp_path):
    ws.write_trial(named.read(), tmp_path / "written")
    again = ws.read_trial(tmp_path / "written")
    assert carried_along(again, "participants") == ("Name",)
    assert again.equals(named.read())


def test_text_of_a_trial_in_memory_is_not_described():
    trial = ws.load_sample("bladder")
    people = trial.participants.assign(Name=[f"Somebody {k % 3}" for k in range(118)])
    built = dataclasses.replace(
        trial, participants=people, inputs={}, load_report=trial.load_report.iloc[:0]
    )
    assert isinstance(built.participants, pd.DataFrame)
    assert "Somebody" not in table_1(built)
    assert "number" in table_1(built).lower()
