"""Landmarks by hand and by relation; and what happens to those who ignore them.

R's hand-made subsets are in tests/reference/test_changing_effects.py. EXACT for sums of days.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from tests.relations import examples
from tests.replicates import keeps
from walkstats.derive import landmark, split_at
from walkstats.errors import DataError

PEOPLE = pd.DataFrame(
    {
        "participant_id": list("abcdef"),
        "days": [20.0, 90.0, 90.0, 100.0, 400.0, 300.0],
        "event": [True, True, False, True, False, True],
        "ended_by": ["event", "event", "withdrawn", "event", "end", "event"],
        "age": [40, 41, 42, 43, 44, 45],
    }
)


def spells(*rows: tuple[str, float, float, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["participant_id", "start_days", "stop_days", "event"])
    return frame.assign(minutes=np.arange(len(frame)))


def test_who_is_at_risk_and_what_is_said() -> None:
    made = landmark(PEOPLE, at=90)
    assert list(made) == ["participant_id", "landmark", "days", "event", "ended_by", "age"]
    assert made["participant_id"].tolist() == list("def")
    assert made["days"].tolist() == [10.0, 310.0, 210.0]
    assert made["event"].tolist() == [True, False, True]
    # An event or a withdrawal on the day itself comes too early.
    assert made.attrs["left_out"] == {
        90.0: {"had the event by then": 2, "not followed beyond it": 1}
    }
    assert made.attrs["notes"] == (
        "At 90: 3 of 6 at risk; left out: 2 had the event by then, 1 not followed beyond it.",
    )


def test_a_horizon_cuts_what_lies_beyond_it() -> None:
    made = landmark(PEOPLE, at=90, horizon=210)
    assert made["days"].tolist() == [10.0, 210.0, 210.0]
    assert made["event"].tolist() == [True, False, True]
    assert made["ended_by"].tolist() == ["event", "horizon", "event"]
    assert PEOPLE["ended_by"].tolist()[4] == "end"
    said = "Those still at risk at 90, with time from there, for 210 at most."
    assert made.attrs["method"] == said


def test_values_in_force_at_the_landmark_and_the_end_of_the_last_spell() -> None:
    frame = spells(("a", 0, 30, 0), ("a", 30, 60, 0), ("a", 60, 100, 1), ("b", 40, 90, 0))
    made = landmark(frame, at=30)
    assert made[["participant_id", "days", "event", "minutes"]].to_numpy().tolist() == [
        ["a", 70.0, 1, 1]
    ]
    assert made.attrs["left_out"] == {30.0: {"came under observation later": 1}}
    several = landmark(frame, at=[40, 60])
    assert several["landmark"].tolist() == [40, 40, 60, 60]
    assert several["days"].tolist() == [60.0, 50.0, 40.0, 30.0]


def test_gaps_end_follow_up_and_an_event_ends_a_run() -> None:
    frame = spells(
        ("a", 0, 30, 0), ("a", 50, 90, 1), ("b", 0, 20, 1), ("b", 20, 80, 0), ("c", 0, 99, 0)
    )
    made = landmark(frame, at=10)
    assert made[["participant_id", "days", "event"]].to_numpy().tolist() == [
        ["a", 20.0, 0], ["b", 10.0, 1], ["c", 89.0, 0],
    ]  # fmt: skip
    later = landmark(frame, at=40)
    assert later["participant_id"].tolist() == ["b", "c"]
    assert later.attrs["left_out"] == {40.0: {"not observed just then": 1}}


def test_any_frame_and_outcomes_that_compete() -> None:
    frame = PEOPLE.rename(columns={"days": "months", "participant_id": "who"}).assign(
        outcome=["pain", "death", "none", "pain", "none", "death"]
    )
    made = landmark(
        frame, at=90, horizon=20, time="months", event="outcome", censored="none", subject="who"
    )
    assert made["months"].tolist() == [10.0, 20.0, 20.0]
    assert made["outcome"].tolist() == ["pain", "none", "none"]
    unnamed = PEOPLE.drop(columns="participant_id")
    assert len(landmark(unnamed, at=90)) == 3


@pytest.mark.parametrize(
    ("frame", "options", "said"),
    [
        (PEOPLE, {"at": 500}, "nobody is at risk"),
        (PEOPLE.assign(landmark=1), {"at": 5}, "already"),
        (PEOPLE, {"at": 5, "horizon": 0}, "horizon must be above 0"),
        (PEOPLE.assign(event=[1, 0, None, 1, 0, 1]), {"at": 5}, "event is missing"),
        (PEOPLE.assign(event="x"), {"at": 5}, "say which of its values"),
        (PEOPLE.assign(participant_id=None), {"at": 5}, "participant_id is missing"),
        (PEOPLE, {"at": 5, "subject": "who"}, "No column 'who'"),
        (PEOPLE.assign(participant_id="a"), {"at": 5}, "overlap in time"),
    ],
)
def test_refused(frame: pd.DataFrame, options: dict[str, Any], said: str) -> None:
    with pytest.raises((ValueError, DataError), match=said):
        landmark(frame, **options)


def test_a_time_that_is_missing_is_counted() -> None:
    frame = PEOPLE.assign(days=PEOPLE["days"].where(PEOPLE["participant_id"] != "f"))
    assert landmark(frame, at=30).attrs["left_out"] == {
        30.0: {"had the event by then": 1, "no time known": 1}
    }


@examples(40, 200)
@given(st.binary(min_size=6, max_size=30), st.integers(1, 8))
def test_relations(drawn: bytes, day: int) -> None:
    """Cut rows give the same; the order of rows does not matter; everybody is accounted for."""
    bits = np.frombuffer(drawn, dtype=np.uint8).astype(int)
    frame = pd.DataFrame(
        {"participant_id": np.arange(bits.size), "days": 1.0 + bits % 12, "event": bits // 16 % 2}
    )
    if not (frame["days"] > day).any():
        with pytest.raises(DataError, match="nobody is at risk"):
            landmark(frame, at=day)
        return
    made = landmark(frame, at=day, horizon=4)
    by_hand = frame[frame["days"] > day]
    assert made["days"].tolist() == (by_hand["days"] - day).clip(upper=4).tolist()
    assert made["event"].tolist() == (by_hand["event"] * (by_hand["days"] - day <= 4)).tolist()
    cut = landmark(split_at(frame, [2, 5, 7]), at=day, horizon=4)
    assert cut[list(made)].equals(made)
    turned = landmark(frame[::-1], at=day, horizon=4).sort_values("participant_id")
    assert turned.reset_index(drop=True).equals(made)
    assert len(made) + sum(made.attrs["left_out"][float(day)].values()) == len(frame)


def attending(rng: np.random.Generator, n: int = 400) -> pd.DataFrame:
    """People who come to a session on some day, if still free of pain, and to no avail."""
    days = rng.exponential(150.0, n)
    session = rng.exponential(60.0, n)
    return pd.DataFrame(
        {
            "participant_id": np.arange(n),
            "days": np.minimum(days, 365.0),
            "event": days < 365.0,
            "session": np.where(session < days, session, np.inf),
        }
    )


@pytest.mark.slow
@pytest.mark.parametrize("at", [[60], [30, 60, 90]])
def test_time_until_attending_is_no_gift(at: list[float]) -> None:
    """Intervals from landmarks hold the true ratio of 1; those from day 0 do not."""

    def replicate(rng: np.random.Generator) -> tuple[bool, bool]:
        frame = attending(rng)
        made = landmark(frame, at=at, horizon=180)
        known = made.assign(attended=(made["session"] <= made["landmark"]).astype(int))
        ever = frame.assign(attended=np.isfinite(frame["session"]).astype(int))
        return holds(known, strata="landmark", cluster="participant_id"), holds(ever)

    keeps(replicate, 0.95)


def holds(frame: pd.DataFrame, **options: Any) -> bool:
    fit = ws.survival.cox(frame, "attended", **options)
    ratio = fit.estimate("attended", ratio=True)
    return bool(ratio.conf_low <= 1.0 <= ratio.conf_high)
