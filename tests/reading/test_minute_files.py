"""A trial.toml names a file of minutes, and the trial has its weeks."""

import os

import numpy as np
import pandas as pd
import pytest

import walkstats as ws

pytest.importorskip("narwhals")

TOML = """
name = "Steps"
source = "synthetic: minutes made up for a test"
arms = ["control", "walking"]

[participants]

[[walking]]
from = "diary.csv"
columns = { walking_minutes = "minutes", measured_by = { value = "diary" } }

[[walking]]
from = "device.FORM"
minutes = { wear = "recorded", timezone = "Europe/London", clock = "utc", valid_days = 2 }
"""


@pytest.fixture
def folder(tmp_path):
    people = "participant_id,arm,randomised_on\n1,control,2024-05-01\n2,walking,2024-05-02\n"
    (tmp_path / "participants.csv").write_text(people)
    (tmp_path / "diary.csv").write_text("participant_id,week,minutes\n1,1,75\n")
    time = pd.date_range("2024-05-02", periods=3 * 1440, freq="min")
    steps = np.where(time.hour == 12, 115, 0).astype(np.int16)
    minutes = pd.DataFrame({"participant_id": 2, "time": time, "steps": steps})
    minutes.to_parquet(tmp_path / "device.parquet")
    minutes.iloc[:1900].to_csv(tmp_path / "device.csv", index=False, sep=";")
    return tmp_path


def declare(folder, form, **changed):
    toml = TOML.replace("FORM", form)
    for old, new in changed.items():
        toml = toml.replace(f"{old} = ", f"{new} = ")
    (folder / "trial.toml").write_text(toml)
    (folder / ("device.csv" if form == "parquet" else "device.parquet")).unlink(missing_ok=True)
    return folder


def test_minutes_become_weeks_of_walking(folder):
    trial = ws.read_trial(declare(folder, "parquet"))
    walked = ["participant_id", "week", "walking_minutes", "steps", "measured_by"]
    assert trial.walking[walked].fillna(-1).to_numpy().tolist() == [
        ["1", 1, 75.0, -1, "diary"],
        ["2", 1, 420.0, 420 * 115.0, "device"],
    ]
    told = " ".join(trial.load_report["detail"])
    assert "1 week(s) with 2 to 6 known days are scaled to 7" in told
    assert "at least 100 steps" in told
    assert len(trial.inputs["device.parquet"]) == 64


def test_weeks_with_few_days_are_missing(folder):
    trial = ws.read_trial(declare(folder, "csv"))
    assert trial.walking["walking_minutes"].isna().tolist() == [False, True]


def test_what_is_wrong_with_minutes_is_told(folder):
    with pytest.raises(ws.DataError, match=r"'zone' is not known -> did you mean timezone"):
        ws.read_trial(declare(folder, "parquet", timezone="zone"))
    toml = (declare(folder, "parquet") / "trial.toml").read_text()
    (folder / "trial.toml").write_text(toml + 'delimiter = ";"\n')
    with pytest.raises(ws.DataError, match="delimiter is not used beside minutes -> leave it out"):
        ws.read_trial(folder)
    (folder / "trial.toml").write_text(toml.replace('clock = "utc", ', ""))
    with pytest.raises(ws.DataError, match="the times carry no zone"):
        ws.read_trial(folder)
    (folder / "trial.toml").write_text(toml.replace('"recorded"', '"worn"'))
    with pytest.raises(ws.DataError, match=r"device.parquet: there is no column 'worn'"):
        ws.read_trial(folder)


@pytest.mark.parametrize("kind", ["pipe", "sparse", "folder"])
def test_a_file_of_minutes_that_never_ends_is_not_opened(folder, kind):
    declare(folder, "parquet")
    file = folder / "device.parquet"
    file.unlink()
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    else:
        with file.open("wb") as opened:
            opened.truncate(50 * 10**9)
    words = {"pipe": "is a pipe", "folder": "is a folder", "sparse": "has 50000000000 bytes"}
    with pytest.raises(ws.DataError, match=words[kind]):
        ws.read_trial(folder)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_name_of_minutes_is_no_pattern(folder, form):
    """Polars would read device[12].csv as the files device1.csv and device2.csv."""
    declare(folder, form)
    (folder / f"device.{form}").rename(folder / f"device[12].{form}")
    (folder / f"device1.{form}").write_bytes(b"another file")
    toml = (folder / "trial.toml").read_text()
    (folder / "trial.toml").write_text(toml.replace(f"device.{form}", f"device[12].{form}"))
    trial = ws.read_trial(folder)
    assert (trial.walking["measured_by"] == "device").sum() == 1
