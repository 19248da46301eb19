"""Are the samples found in a checkout and in an installed package, and are they what they say?"""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from walkstats.cli import SAMPLES
from walkstats.reading import samples

ROOT = Path(__file__).parents[2]
DAYS = 30.4375


@pytest.fixture(scope="module")
def bladder():
    return ws.load_sample("bladder")


@pytest.fixture(scope="module")
def original():
    return pd.read_csv(ROOT / "data" / "sample" / "bladder" / "bladder1.csv")


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_have_no_errors(name):
    findings = ws.check_trial(samples.sample_folder(name))
    assert not (findings["severity"] == "error").any()


def test_the_command_line_offers_all_samples():
    there = {one.parent.name for one in (ROOT / "data" / "sample").glob("*/trial.toml")}
    assert set(SAMPLES) == there


def test_an_unknown_name_lists_those_that_there_are():
    with pytest.raises(ValueError, match="'bladder', 'redcap-like', 'walkback-like'"):
        ws.load_sample("bladder2")


@pytest.mark.parametrize("name", ["../sample/bladder", "bladder/..", "", "."])
def test_a_name_is_no_path(name):
    with pytest.raises(ValueError, match="No sample"):
        ws.load_sample(name)


def test_an_installed_package_has_them_inside(tmp_path, monkeypatch):
    package = tmp_path / "site-packages" / "walkstats"
    shutil.copytree(ROOT / "data" / "sample", package / "data" / "sample")
    monkeypatch.setattr(samples, "files", lambda name: tmp_path / "site-packages" / name)
    assert samples.sample_folder("bladder") == package / "data" / "sample" / "bladder"
    assert len(ws.load_sample("bladder").participants) == 118


def test_data_beside_an_installed_package_are_not_ours(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "data" / "sample", tmp_path / "data" / "sample")
    (tmp_path / "walkstats").mkdir()
    monkeypatch.setattr(samples, "files", lambda name: tmp_path / name)
    with pytest.raises(ValueError, match="none was installed"):
        ws.load_sample("bladder")
    (tmp_path / "pyproject.toml").write_text("")
    assert samples.sample_folder("bladder").is_dir()


def test_a_checkout_has_them_beside(monkeypatch):
    assert samples.sample_folder("bladder") == ROOT / "data" / "sample" / "bladder"


def test_bladder_has_the_arms_and_the_people_of_the_original(bladder, original):
    people = bladder.people
    first = original.drop_duplicates("id").set_index("id")
    labels = {1: "placebo", 2: "pyridoxine", 3: "thiotepa"}
    assert people.index.tolist() == first.index.astype(str).tolist()
    assert people["arm"].tolist() == first["treatment"].map(labels).tolist()
    assert people["number"].tolist() == first["number"].tolist()
    assert people["size"].tolist() == first["size"].tolist()


def test_bladder_has_the_recurrences_of_the_original(bladder, original):
    rows = original[original["status"] == 1]
    assert bladder.recurrences["participant_id"].tolist() == rows["id"].astype(str).tolist()
    assert np.array_equal(bladder.recurrences["onset_days"], rows["stop"] * DAYS)
    assert bladder.recurrences["activity_limiting"].isna().all()


def test_bladder_follow_up_ends_where_the_original_does(bladder, original):
    last = original.drop_duplicates("id", keep="last")
    people = bladder.participants
    assert np.array_equal(people["planned_end_days"], last["stop"] * DAYS)
    died = last["status"].isin([2, 3]).to_numpy()
    assert np.array_equal(people["withdrawn_days"].notna(), died)
    reasons = people.loc[died, "withdrawal_reason"].value_counts().to_dict()
    assert reasons == {"death from another or unknown cause": 27, "death from bladder disease": 2}


def test_bladder_keeps_two_people_without_follow_up(bladder):
    found = ws.check_trial(bladder)
    assert found[["severity", "ids", "count"]].to_numpy().tolist() == [["warning", "1, 49", 2]]
    events = ws.derive.first_recurrence(bladder, kind="any")
    events.index = events.pop("participant_id").to_numpy()
    assert events.loc[["1", "49"], "days"].tolist() == [0, 0]
    assert (events["ended_by"] == "no follow-up").sum() == 2


def test_bladder_first_recurrences_are_those_of_the_original(bladder, original):
    events = ws.derive.first_recurrence(bladder, kind="any")
    events.index = events.pop("participant_id").to_numpy()
    first = original[original["enum"] == 1].set_index("id")
    assert np.array_equal(events["days"], first["stop"] * DAYS)
    assert np.array_equal(events["event"], first["status"] == 1)


def test_bladder_says_where_it_comes_from(bladder):
    assert "survival 3.5-3" in bladder.source
    assert "LGPL" in bladder.licence
    assert not bladder.synthetic
    page = (ROOT / "data" / "sample" / "bladder" / "README.md").read_text(encoding="utf-8")
    for word in ("Byar", "Wei", "LGPL (>= 2)", "30.4375", "ids 1 and 49"):
        assert word in page


def test_the_synthetic_sample_says_so():
    assert ws.load_sample("walkback-like").synthetic
