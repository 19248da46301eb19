"""What must not change a model of recurrences, and where two of them are one.

Tolerances: the same sums in another order differ by rounding, 1e-9 at most after Newton's method;
where the same frame is read twice nothing may differ but the last bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from tests.reference import goldens
from tests.relations import costly_relation
from tests.survival.recurrent_events.recurring import people_of

SAME = {"rtol": 1e-9, "atol": 1e-9}
drawn = st.binary(min_size=15, max_size=36)


def told_otherwise(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The same trial: every spell cut at a random time, rows shuffled, people renamed."""
    n = len(frame)
    start, stop = (frame[name].to_numpy(dtype=float) for name in ("start_days", "stop_days"))
    cut = start + rng.uniform(0.1, 0.9, n) * (stop - start)
    row = rng.permutation(2 * n)
    later, place = row >= n, row % n
    other = frame.iloc[place].reset_index(drop=True)
    names = rng.permutation(1000)
    return other.assign(
        participant_id=names[pd.factorize(frame["participant_id"])[0]][place],
        start_days=np.where(later, cut[place], start[place]),
        stop_days=np.where(later, stop[place], cut[place]),
        event=frame["event"].to_numpy()[place] * later,
    )


def rate_and_mean(frame: pd.DataFrame) -> np.ndarray:
    fit = ws.survival.andersen_gill(frame, "arm")
    mean = ws.survival.mean_cumulative_count(frame, "arm").frame
    mean = mean[mean["n_event"] + mean["n_censor"] > 0]
    columns = [mean[name] for name in ("estimate", "std_error", "n_risk", "n_event", "n_censor")]
    return np.concatenate([fit.values, fit.std_errors, fit.naive_covariance[0], *columns])


@costly_relation
@given(drawn, st.integers(0, 10_000))
def test_the_same_trial_told_otherwise(people: bytes, seed: int) -> None:
    frame = people_of(people)
    other = told_otherwise(frame, np.random.default_rng(seed))
    np.testing.assert_allclose(rate_and_mean(other), rate_and_mean(frame), **SAME)


def bladder() -> pd.DataFrame:
    frame = goldens.data("bladder2.csv")
    names = {"id": "participant_id", "start": "start_days", "stop": "stop_days"}
    return frame.rename(columns=names).drop(columns="enum")


def numbers(fit: ws.results.Fit) -> np.ndarray:
    return np.concatenate([fit.values, fit.covariance.ravel()])


MODELS: dict[str, Any] = {
    "rate": lambda f, **k: numbers(ws.survival.andersen_gill(f, "rx + size", **k)),
    "total time": lambda f, **k: numbers(
        ws.survival.prentice_williams_peterson(f, "rx + size", **k)
    ),
    "gap time": lambda f, **k: numbers(
        ws.survival.prentice_williams_peterson(f, "rx + size", timescale="gap", **k)
    ),
    "each event": lambda f, **k: np.concatenate(
        [
            numbers(part)
            for found in [ws.survival.wei_lin_weissfeld(f, "rx + size", **k)]
            for part in (found.common, found.specific, found.average)
        ]
    ),
    "frailty": lambda f, **k: numbers(
        ws.survival.shared_frailty(f, "rx + size", variance=0.8, **k)
    ),
    "mean count": lambda f, **k: (
        ws.survival.mean_cumulative_count(f, "rx", **k)
        .at([5, 10, 30])[["estimate", "std_error", "conf_low"]]
        .to_numpy()
        .ravel()
    ),
}
each_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())


@each_model
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_bladder_tumours_told_otherwise(model: Any, seed: int) -> None:
    frame = bladder()
    other = told_otherwise(frame, np.random.default_rng(seed))
    np.testing.assert_allclose(model(other), model(frame), rtol=1e-8, atol=1e-10)


@each_model
def test_unit_of_time(model: Any) -> None:
    frame = bladder()
    years = frame.assign(start_days=frame["start_days"] / 12, stop_days=frame["stop_days"] / 12)
    at = model(frame)
    if at.size == 18:  # mean counts are read at given days
        np.testing.assert_allclose(
            ws.survival.mean_cumulative_count(years, "rx").frame["std_error"],
            ws.survival.mean_cumulative_count(frame, "rx").frame["std_error"],
            **SAME,
        )
    else:
        np.testing.assert_allclose(model(years), at, rtol=1e-8, atol=1e-10)


def test_arms_swapped() -> None:
    frame = bladder()
    swapped = frame.assign(rx=3 - frame["rx"])
    for name in ("rate", "total time", "gap time", "frailty"):
        here, there = MODELS[name](frame), MODELS[name](swapped)
        assert here[0] == pytest.approx(-there[0], rel=1e-8)
        assert here[2] == pytest.approx(there[2], rel=1e-8)


def test_one_event_each_is_a_cox_model() -> None:
    first = bladder().query("start_days == 0")
    spells = ws.survival.andersen_gill(first, "rx + size")
    plain = ws.survival.cox(first, "rx + size", robust=True)
    np.testing.assert_allclose(numbers(spells), numbers(plain), **SAME)
    ordered = ws.survival.prentice_williams_peterson(first, "rx + size")
    np.testing.assert_allclose(numbers(ordered), numbers(plain), **SAME)


def test_whole_people_copied_are_frequencies() -> None:
    frame = bladder()
    copies = frame.assign(n=1 + frame["participant_id"] % 3)
    rows = copies.index.repeat(copies["n"])
    long = copies.loc[rows]
    turn = long.groupby(level=0).cumcount().to_numpy()
    person = long["participant_id"].to_numpy()
    long = long.assign(participant_id=1000 * person + turn)
    ours = ws.survival.mean_cumulative_count(copies, "rx", frequencies="n")
    theirs = ws.survival.mean_cumulative_count(long, "rx")
    for name in ("estimate", "std_error", "n_risk", "n_event"):
        np.testing.assert_allclose(ours.frame[name], theirs.frame[name], **SAME)
    # One of several rows of the first person with a recurrence.
    copies.loc[copies["event"].idxmax(), "n"] += 1
    with pytest.raises(ws.errors.DataError, match="frequencies differ"):
        ws.survival.mean_cumulative_count(copies, "rx", frequencies="n")
