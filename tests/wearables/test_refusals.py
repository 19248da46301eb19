"""What minutes cannot say is refused in words, and what is unknown stays missing and is counted."""

import datetime as dt
import itertools
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pytest

import walkstats as ws
from walkstats.wearables import ZeroRuns, weekly_minutes_at_cadence
from walkstats.wearables.clocks import EPOCH, ahead_of_utc, clock_of
from walkstats.wearables.files import Portion, portions

FILES = Path(__file__).parent / "files"
PEOPLE = pd.DataFrame({"participant_id": ["1", "2"], "randomised_on": [dt.date(2024, 5, 1)] * 2})
ASKED = {"wear": "recorded", "timezone": "Europe/London", "clock": "utc"}


def minutes(**changed):
    time = pd.date_range("2024-05-01", periods=30, freq="min")
    frame = pd.DataFrame({"participant_id": "1", "time": time, "steps": 50.0})
    for name, value in changed.items():
        frame[name] = frame[name].astype(object) if isinstance(value, str) else frame[name]
        frame.loc[3, name] = value
    return frame


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (minutes(steps=-1), "1 minutes have fewer than 0 or more than 1000"),
        (minutes(steps=9000), "1 minutes have fewer than 0 or more than 1000"),
        (minutes(time=pd.NaT), "1 timestamps are missing"),
        (minutes(time=pd.Timestamp("1899-12-30")), "1 timestamps are missing"),
        (minutes(participant_id="3"), "no participants .ids 3"),
        (pd.concat([minutes(), minutes()]), "30 minutes stand more than once"),
        (minutes().assign(steps="a"), "steps must be numbers"),
        (minutes().drop(columns="steps"), "there is no column 'steps'"),
        (minutes().assign(time=3), "times must be timestamps"),
    ],
)
def test_what_cannot_be_is_refused(frame, words):
    with pytest.raises(ws.DataError, match=words):
        weekly_minutes_at_cadence(pl.from_pandas(frame), PEOPLE, **ASKED)


def test_minutes_of_an_hour_that_the_clock_skipped_are_refused():
    frame = minutes()
    frame["time"] += pd.Timestamp("2024-03-31 01:10") - frame["time"][0]
    asked = {**ASKED, "clock": "local"}
    with pytest.raises(ws.DataError, match="30 minutes lie in the hour that Europe/London skips"):
        weekly_minutes_at_cadence(frame, PEOPLE, **asked)


def test_repeated_minutes_of_a_cadence_are_found_in_short_records():
    frame = minutes().assign(steps=120).iloc[[0, 1, 2, 3, 9, 9, 20]]
    with pytest.raises(ws.DataError, match="1 minutes stand more than once"):
        weekly_minutes_at_cadence(frame, PEOPLE, **ASKED)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"clock": None}, "the times carry no zone"),
        ({"clock": "device"}, "clock must be"),
        ({"timezone": "Nowhere/Land"}, "timezone must be"),
        ({"wear": ""}, "wear must be"),
        ({"cadence": 0}, "cadence"),
        ({"valid_days": 8}, "valid_days is at most 7"),
        ({"scale": "none"}, "scale must be"),
        ({"epoch_seconds": 7}, "epoch_seconds must be"),
        ({"layout": "garmin"}, "layout must be"),
    ],
)
def test_arguments_are_checked(changed, words):
    with pytest.raises(ValueError, match=words):
        weekly_minutes_at_cadence(minutes(), PEOPLE, **{**ASKED, **changed})
    with pytest.raises(ValueError, match="epochs must be"):
        weekly_minutes_at_cadence([3], PEOPLE, **ASKED)


def test_weeks_with_few_days_are_missing_and_counted():
    time = pd.date_range("2024-04-30", periods=20 * 1440, freq="min", tz="Europe/London")
    frame = pd.DataFrame({"participant_id": "1", "time": time, "steps": 0})
    frame.loc[time.hour == 9, "steps"] = 101
    days = (frame["time"].dt.tz_localize(None) - pd.Timestamp("2024-05-01")).dt.days
    frame = frame[~days.isin([1, 8, 9, 10, 11])]  # 6 known days, 3, and 5
    got = weekly_minutes_at_cadence(frame, PEOPLE, wear="recorded", timezone="Europe/London")
    assert got["walking_minutes"].fillna(-1).tolist() == [420.0, -1, 420.0]
    assert got["valid_days"].tolist() == [6, 3, 5]
    counts = got.attrs["counts"]
    assert counts["weeks with too few known days"] == 1
    assert counts["weeks scaled to 7 days"] == 2
    assert counts["days before randomisation"] == 1
    assert counts["participants without a minute"] == 1
    assert any("fewer than 4 known days are missing" in note for note in got.attrs["notes"])
    as_are = weekly_minutes_at_cadence(
        frame, PEOPLE, wear="recorded", timezone="Europe/London", scale="known days"
    )
    assert as_are["walking_minutes"].fillna(-1).tolist() == [360.0, -1, 300.0]
    assert as_are["peak_cadence"].equals(got["peak_cadence"])
    assert as_are.attrs["counts"]["weeks not scaled to 7 days"] == 2
    assert "those of its known days, not scaled to 7" in as_are.attrs["method"]


def test_fitabase_exports_count_both_passes_of_an_hour():
    people = pd.DataFrame({"participant_id": ["1503960366"], "randomised_on": ["2016-11-06"]})
    got = weekly_minutes_at_cadence(
        FILES / "minuteStepsNarrow.csv", people, layout="fitabase", wear="recorded",
        timezone="America/New_York", valid_minutes=150, valid_days=1,
    )  # fmt: skip
    # 0:30 to 1:59, and again 1:00 to 1:59; the last 100 of these 150 minutes had 120 steps.
    assert got[["walking_minutes", "bout_minutes", "steps"]].to_numpy().tolist() == [
        [700.0, 700.0, 84000.0]
    ]


def test_short_epochs_are_added_up():
    time = pd.date_range("2024-05-01", periods=40, freq="15s")
    frame = pd.DataFrame({"participant_id": "1", "time": time, "steps": np.int8(27)})
    asked = {**ASKED, "valid_minutes": 10, "valid_days": 1}
    got = weekly_minutes_at_cadence(frame, PEOPLE, epoch_seconds=15, **asked)
    assert got[["walking_minutes", "bout_minutes", "steps"]].to_numpy().tolist() == [[70, 70, 7560]]
    with pytest.raises(ws.DataError, match="stand more than once"):
        weekly_minutes_at_cadence(frame, PEOPLE, epoch_seconds=30, **asked)
    # Of the first minute an epoch lacks; an epoch of the second has no number.
    holed = frame.astype({"steps": float}).drop(index=1)
    holed.loc[5, "steps"] = np.nan
    got = weekly_minutes_at_cadence(
        holed, PEOPLE, epoch_seconds=15, **{**asked, "valid_minutes": 8}, bout=8
    )
    assert got[["walking_minutes", "wear_minutes"]].to_numpy().tolist() == [[56, 8]]
    assert got.attrs["counts"]["minutes without a number"] == 2


def test_short_epochs_of_the_hour_that_comes_twice_need_utc():
    people = pd.DataFrame({"participant_id": ["1"], "randomised_on": ["2024-10-27"]})
    time = pd.date_range("2024-10-27", periods=240 * 2, freq="30s", tz="UTC")
    frame = pd.DataFrame({"participant_id": "1", "time": time, "steps": 55})
    asked = {"wear": "recorded", "timezone": "Europe/London", "epoch_seconds": 30}
    asked |= {"valid_minutes": 100, "valid_days": 1}
    got = weekly_minutes_at_cadence(frame, people, **asked)
    assert got["walking_minutes"].tolist() == [240 * 7]
    local = frame.assign(time=frame["time"].dt.tz_convert("Europe/London").dt.tz_localize(None))
    with pytest.raises(ws.DataError, match="120 epochs of less than a minute lie in the hour"):
        weekly_minutes_at_cadence(local, people, clock="local", **asked)


@pytest.mark.parametrize("zone", ["Europe/London", "Australia/Lord_Howe", "Asia/Kolkata"])
def test_changes_of_clocks_are_those_of_every_hour(zone):
    first = (dt.date(2023, 12, 20) - EPOCH.date()).days * 1440
    clock = clock_of(zone, local=False, first=first, last=first + 400 * 1440)
    for minute in range(first, first + 400 * 1440, 30):
        ahead, changes = clock.day_terms()
        ahead += sum(by for since, by in changes if minute >= since)
        assert ahead == ahead_of_utc(ZoneInfo(zone), minute)


@pytest.mark.parametrize("order", ["by person", "mixed"])
def test_portions_part_the_persons(order, tmp_path):
    people = np.repeat([f"p{k}" for k in range(9)], 200)
    people = people if order == "by person" else np.random.default_rng(1).permutation(people)
    frame = pl.DataFrame({"who": people})
    frame.write_parquet(tmp_path / "a.parquet", row_group_size=100)
    parts = portions([tmp_path / "a.parquet"], "who", rows=400)
    assert parts[0].above is None
    assert parts[-1].upto is None
    assert len(parts) in (4, 5, 6)
    assert all(one.upto == other.above for one, other in itertools.pairwise(parts))
    assert portions([tmp_path / "a.parquet"], "who", rows=10**6) == [Portion()]


def test_weeks_come_into_a_trial():
    trial = ws.load_sample("bladder")
    ids = trial.participants["participant_id"].tolist()[20:]
    weekly = pd.DataFrame({"participant_id": ids[:2], "week": 1, "walking_minutes": [90.0, np.nan]})
    weekly = weekly.assign(steps=[30000.0, np.nan])
    weekly.attrs["method"] = "by the minute"
    got = ws.wearables.to_walking(trial, weekly)
    weeks = ws.derive.weekly_minutes(got, measured_by="device")
    assert weeks["walking_minutes"].notna().sum() == 1
    assert "by the minute" in got.load_report["detail"].iloc[-1]
    for wrong, words in (
        (weekly.assign(participant_id="nobody"), "no participants"),
        (weekly.assign(participant_id=ids[0]), "stands twice"),
    ):
        with pytest.raises(ws.DataError, match=words):
            ws.wearables.to_walking(trial, wrong)
    with pytest.raises(ws.DataError, match="already has weeks"):
        ws.wearables.to_walking(got, weekly)


def test_rules_say_what_they_are():
    assert "90 minutes of zero" in str(ZeroRuns(90, 2, None, 30))
    with pytest.raises(ValueError, match="minutes"):
        ZeroRuns(0)
