"""Files of ActiGraphs, written by other programs, hold the minutes that their scripts say."""

import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from walkstats import wearables

FILES = Path(__file__).parent / "files"
LONDON = "Europe/London"


def minute(text):
    return pd.Timestamp(text, tz="UTC")


def test_sqlite_wrote_epochs_of_15_seconds():
    got = wearables.read_agd(FILES / "walks_15s.agd", timezone=LONDON)
    k = np.arange(480)
    steps = np.where((k // 4 >= 10) & (k // 4 <= 29), 7 + k % 20, 0).reshape(120, 4).sum(axis=1)
    assert got["steps"].tolist() == steps.tolist()
    assert got["counts"].tolist() == (10 * steps).tolist()
    assert got["participant_id"].unique().tolist() == ["walker 1"]
    # It was set up at 0:10 of winter time and went on while the clocks of London went forward.
    assert got["time"].iloc[0] == minute("2024-03-31 00:10")
    assert got["time"].iloc[-1] == minute("2024-03-31 02:09")


def test_rsqlite_wrote_whole_numbers_as_real_ones():
    got = wearables.read_agd([FILES / "rsqlite_60s.agd"], timezone=LONDON, participants=["a"])
    assert got["steps"].tolist() == list(range(150))
    assert got["counts"].tolist() == [2 * k for k in range(150)]
    assert got["participant_id"].unique().tolist() == ["a"]
    assert got["time"].iloc[0] == minute("2024-10-26 23:10")  # 0:10 of summer time
    assert got["time"].diff().dropna().unique().tolist() == [pd.Timedelta(minutes=1)]


def test_the_header_says_how_dates_are_written():
    dated = wearables.read_actigraph_csv(FILES / "dated.csv", timezone=LONDON)
    assert dated["counts"].tolist() == [3 * k for k in range(180)]
    assert dated["steps"].tolist() == [k % 7 for k in range(180)]
    undated = wearables.read_actigraph_csv(FILES / "undated.csv", timezone="America/New_York")
    assert undated["counts"].tolist() == [4 * k + 1 for k in range(120)]
    assert undated["steps"].sum() == sum(k % 5 for k in range(240))
    # The ninth of December 2024 in both, once day first, once month first.
    assert dated["time"].iloc[0] == minute("2024-12-09 22:59")
    assert undated["time"].iloc[0] == minute("2024-12-10 03:59")


def test_minutes_of_a_device_become_weeks():
    minutes = wearables.read_agd(FILES / "walks_15s.agd", timezone=LONDON)
    people = pd.DataFrame({"participant_id": ["walker 1"], "randomised_on": ["2024-03-31"]})
    weeks = wearables.weekly_minutes_at_cadence(
        minutes,
        people,
        wear="recorded",
        timezone=LONDON,
        cadence=66,
        valid_minutes=120,
        valid_days=1,
    )  # 4 epochs of 7 to 26 steps: 34, 50, 66, 82 or 98 in a minute
    assert weeks["walking_minutes"].tolist() == [12 * 7]
    assert weeks["bout_minutes"].tolist() == [0]
    assert weeks["peak_cadence"].tolist() == [1320 / 30]


def broken(folder, what):
    """A copy of the file of RSQLite with one thing changed."""
    path = folder / "broken.agd"
    path.write_bytes((FILES / "rsqlite_60s.agd").read_bytes())
    base = sqlite3.connect(path)
    base.execute(what)
    base.commit()
    base.close()
    return path


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("DROP TABLE settings", "is no .agd file"),
        ("ALTER TABLE data RENAME COLUMN steps TO lux", "has no column steps"),
        ("UPDATE data SET axis1 = 'many' WHERE steps = 3", "no whole numbers"),
        ("UPDATE data SET axis1 = NULL WHERE steps = 3", "no whole numbers"),
        (
            "UPDATE settings SET settingValue = '7' WHERE settingName = 'epochlength'",
            "of 7 seconds",
        ),
        ("UPDATE data SET dataTimestamp = 638655846000000000", "go back in time"),
        ("UPDATE data SET dataTimestamp = 4 WHERE steps = 3", "starts in the year 1 "),
        ("DELETE FROM data", "has no epochs"),
    ],
)
def test_foreign_databases_are_refused(what, words, tmp_path):
    with pytest.raises(ws.DataError, match=words):
        wearables.read_agd(broken(tmp_path, what), timezone=LONDON)


def test_damaged_files_are_refused(tmp_path):
    whole = (FILES / "walks_15s.agd").read_bytes()
    for name, data in {
        "cut.agd": whole[:9000],
        "overwritten.agd": whole[:4096] + b"\xff" * 20000 + whole[24096:],
        "text.agd": b"Id,Steps\n1,2\n",
        "empty.agd": b"",
    }.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ws.DataError, match=name):
            wearables.read_agd(tmp_path / name, timezone=LONDON)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("date format d/M/yyyy", "", "how its dates are written"),
        ("ActiGraph", "Somebody", "no header of ActiGraph"),
        ("Start Date 9/12/2024", "Start Date 31/31/2024", "no date as its header"),
        ("00:01:00", "00:00:00", "of 0 seconds"),
        ("Steps", "Lux", "no columns axis1"),
        (",0,0,6\r\n", ",0,0,six\r\n", "line 18"),
    ],
)
def test_other_texts_are_refused(old, new, words, tmp_path):
    text = (FILES / "dated.csv").read_bytes().decode()
    (tmp_path / "other.csv").write_bytes(text.replace(old, new, 1).encode())
    with pytest.raises(ws.DataError, match=words):
        wearables.read_actigraph_csv(tmp_path / "other.csv", timezone=LONDON)


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="timezone must be"):
        wearables.read_agd(FILES / "walks_15s.agd", timezone="London")
    with pytest.raises(ValueError, match="participants must be 1"):
        wearables.read_agd(FILES / "walks_15s.agd", timezone=LONDON, participants=["a", "b"])
