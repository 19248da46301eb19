"""A trial in which no recurrence is on record keeps its primary outcome, under the deviations."""

import shutil

import pytest

import walkstats as ws
from walkstats.errors import DataError
from walkstats.plan import default_plan, run_plan


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The bladder trial with a file of its own for each table."""
    made = tmp_path_factory.mktemp("trial") / "bladder"
    ws.write_trial(ws.load_sample("bladder"), made)
    return made


def copied(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "trial")


def test_a_table_without_rows_puts_the_primary_outcome_under_the_deviations(folder, tmp_path):
    here = copied(folder, tmp_path)
    header = (here / "recurrences.csv").read_text("utf-8").splitlines()[0]
    (here / "recurrences.csv").write_text(header + "\n", "utf-8")
    trial = ws.read_trial(here)
    assert trial.recorded("recurrences")
    planned = default_plan(trial)
    (primary,) = (one for one in planned.analyses if one.status == "primary")
    assert primary.name == "any_cox"
    done = run_plan(trial, planned, seed=1)
    said = done.deviations.set_index("item")["happened"]
    assert "event" in said["any_cox"]
    frame = ws.derive.first_recurrence(trial, kind="any")
    assert not frame["event"].any()
    assert "The table of recurrences has no rows" in " ".join(frame.attrs["notes"])
    # Written and read back it still has the table.
    ws.write_trial(trial, tmp_path / "again")
    assert ws.read_trial(tmp_path / "again").recorded("recurrences")


def test_a_trial_without_the_table_says_so_once(folder, tmp_path):
    here = copied(folder, tmp_path)
    (here / "recurrences.csv").unlink()
    manifest = (here / "trial.toml").read_text("utf-8")
    parts = [one for one in manifest.split("\n[") if not one.startswith("recurrences")]
    (here / "trial.toml").write_text("\n[".join(parts), "utf-8")
    trial = ws.read_trial(here)
    assert not trial.recorded("recurrences")
    done = run_plan(trial, default_plan(trial), seed=1)
    assert done.deviations["item"].tolist() == ["any_cox"]
    assert "the trial has no table of recurrences" in done.deviations["happened"].iloc[0]
    ws.report.write_report(ws.report.compose(done), tmp_path / "report")
    page = (tmp_path / "report" / "report.html").read_text("utf-8")
    assert "the trial has no table of recurrences" in page
    with pytest.raises(DataError, match="no table of recurrences"):
        ws.derive.recurrences(trial, kind="any", at_risk="under_observation")
