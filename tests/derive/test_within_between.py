"""A column split into persons and weeks: by a loop, with gaps, and in any order of the rows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import walkstats as ws
from walkstats.derive import within_between
from walkstats.errors import DataError


def weeks(seed=0, people=4, times=6):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "participant_id": np.repeat([f"p{k}" for k in range(people)], times),
            "week": np.tile(np.arange(1, times + 1), people),
            "walking_minutes": rng.gamma(2, 50, people * times).round(),
        }
    )
    frame.loc[rng.uniform(size=len(frame)) < 0.2, "walking_minutes"] = np.nan
    return frame[rng.uniform(size=len(frame)) > 0.2].reset_index(drop=True)


def by_hand(frame, lags):
    """Row by row."""
    out = []
    for _, row in frame.iterrows():
        mine = frame[frame["participant_id"] == row["participant_id"]]
        mean = mine["walking_minutes"].mean()
        told = [mean, row["walking_minutes"] - mean]
        for lag in lags:
            before = mine.loc[mine["week"] == row["week"] - lag, "walking_minutes"]
            told.append(before.iloc[0] - mean if len(before) else np.nan)
        out.append(told)
    return np.array(out)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=6)
def test_by_hand_and_in_any_order(seed):
    frame = weeks(seed)
    found = within_between(frame, "walking_minutes", lags=2)
    np.testing.assert_allclose(found.iloc[:, 3:], by_hand(frame, [1, 2]), atol=1e-9)
    mixed = frame.sample(frac=1.0, random_state=seed)
    again = within_between(mixed, "walking_minutes", lags=2).sort_index()
    pd.testing.assert_frame_equal(again, found)
    one = within_between(frame, "walking_minutes", lags=[2])
    assert list(one.columns[3:]) == [
        "walking_minutes_between",
        "walking_minutes_within",
        "walking_minutes_within_lag2",
    ]
    np.testing.assert_array_equal(one.iloc[:, -1], found.iloc[:, -1])


def test_parts_add_up_and_deviations_to_nothing():
    frame = weeks()
    found = within_between(frame, "walking_minutes")
    total = found["walking_minutes_between"] + found["walking_minutes_within"]
    np.testing.assert_allclose(total, frame["walking_minutes"])
    sums = found.groupby("participant_id")["walking_minutes_within"].sum()
    np.testing.assert_allclose(sums, 0.0, atol=1e-9)


def test_the_frame_stays_as_it_was_and_its_source_goes_along():
    frame = weeks()
    frame.attrs = {"source": "a trial", "notes": ("before.",)}
    columns, values = list(frame.columns), frame.copy()
    found = within_between(frame, "walking_minutes", lags=1)
    pd.testing.assert_frame_equal(frame, values)
    assert list(frame.columns) == columns
    assert found.attrs["source"] == "a trial"
    assert found.attrs["notes"][0] == "before."
    missing = int(frame["walking_minutes"].isna().sum())
    assert (
        f"walking_minutes is missing in {missing} of {len(frame)} rows" in found.attrs["notes"][1]
    )


def test_a_lag_is_the_visit_before():
    frame = pd.DataFrame(
        {"participant_id": [1, 1, 1, 2, 2], "month": [1, 3, 12, 12, 1], "pain": [5, 4, 3, 2, 6.0]}
    )
    found = within_between(frame, "pain", lags=1)
    assert found["pain_within_lag1"].fillna(99).tolist() == [99, 1.0, 0.0, 99, 99]
    assert "(1, 3, 12): a lag is the time before" in found.attrs["notes"][-1]
    ordered = pd.Categorical(["a", "b", "c", "c", "a"], categories=["a", "b", "c"])
    named = within_between(frame.assign(when=ordered), "pain", lags=1, order="when")
    assert named["pain_within_lag1"].fillna(99).tolist() == [99, 1.0, 0.0, 99, 99]


def test_what_is_said():
    frame = weeks().assign(
        participant_id=lambda f: f["participant_id"].where(f.index != 0), age=50.0
    )
    notes = within_between(frame, "age").attrs["notes"]
    assert "participant_id is missing in 1 row(s): they have no mean." in notes
    assert "age does not change within any participant: all deviations are 0." in notes
    frame.loc[frame["participant_id"] == "p1", "walking_minutes"] = np.nan
    notes = within_between(frame, "walking_minutes").attrs["notes"]
    assert "1 participant(s) have no walking_minutes at all." in notes


def test_what_is_refused():
    frame = weeks()
    with pytest.raises(ValueError, match="No column 'minutes'"):
        within_between(frame, "minutes")
    with pytest.raises(ValueError, match="whole numbers"):
        within_between(frame, "walking_minutes", lags=-1)
    with pytest.raises(ValueError, match="whole numbers"):
        within_between(frame, "walking_minutes", lags=1.5)
    with pytest.raises(ValueError, match="already"):
        within_between(within_between(frame, "walking_minutes"), "walking_minutes")
    with pytest.raises(ValueError, match="order= names the column"):
        within_between(frame.rename(columns={"week": "wave"}), "walking_minutes", lags=1)
    with pytest.raises(DataError, match="not a number"):
        within_between(frame, "participant_id")
    with pytest.raises(DataError, match="infinite"):
        within_between(frame.assign(walking_minutes=np.inf), "walking_minutes")
    twice = pd.concat([frame, frame.iloc[[3]]])
    with pytest.raises(DataError, match="second of a participant_id at the same week"):
        within_between(twice, "walking_minutes", lags=1)


def test_weeks_of_the_sample():
    trial = ws.load_sample("walkback-like")
    found = within_between(ws.derive.weekly_minutes(trial), "walking_minutes", lags=1)
    known = found["walking_minutes"].notna()
    assert found["walking_minutes_within"].notna().equals(known)
    assert found["walking_minutes_within_lag1"].notna().sum() < known.sum()


def test_levels_of_time_that_never_occur_and_times_that_are_text():
    frame = pd.DataFrame(
        {"participant_id": ["a"] * 3, "week": [1, 2, 4], "minutes": [1.0, 2.0, 6.0]}
    )
    plain = within_between(frame, "minutes", lags=1)
    levels = pd.Categorical(frame["week"], categories=[1, 2, 3, 4], ordered=True)
    other = within_between(frame.assign(week=levels), "minutes", lags=1)
    np.testing.assert_array_equal(other["minutes_within_lag1"], plain["minutes_within_lag1"])
    # Words are taken in the order in which a reader counts: w10 comes after w2.
    text = within_between(frame.assign(week=["w2", "w10", "w1"]), "minutes", lags=1)
    lag = text["minutes_within_lag1"].tolist()
    assert lag[:2] == [text["minutes_within"][2], text["minutes_within"][0]]
    said = "week is text, taken in the order w1, w2, w10; make it a Categorical for another."
    assert said in text.attrs["notes"]
    words = pd.Categorical(["w2", "w10", "w1"], categories=["w2", "w10", "w1"])
    assert within_between(frame.assign(week=words), "minutes", lags=1).attrs["notes"] == ()
