"""What other engines do without a word, curves and tests of groups must not do.

Each case was reproduced in lifelines 0.30, statsmodels 0.15 or R's survival 3.5; here it is
refused, counted, or computed as meant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from walkstats.errors import DataError


def trial() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    days = rng.integers(1, 400, 60)
    return pd.DataFrame({"days": days, "event": rng.integers(0, 2, 60), "arm": list("ab") * 30})


CALLS: dict[str, Callable[..., Any]] = {
    "kaplan_meier": ws.survival.kaplan_meier,
    "nelson_aalen": ws.survival.nelson_aalen,
    "follow_up": ws.survival.follow_up,
    "log_rank": ws.survival.log_rank,
    "restricted_means": lambda *a, **k: ws.survival.restricted_means(*a, tau=100, **k),
    "compare_at": lambda *a, **k: ws.survival.compare_at(*a, at=100, **k),
}
everywhere = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())


@everywhere
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: f.assign(event=f["event"].astype(str)), "must be 0/1 or boolean"),
        (lambda f: f.assign(event=f["event"] + 1), "event_value=2"),
        (lambda f: f.assign(event=np.where(f["event"], "yes", "no")), "event_value='yes'"),
        (lambda f: f.assign(days=f["days"] - 50), "negative"),
        (lambda f: f.assign(days=np.where(f.index == 3, np.inf, f["days"])), "infinite"),
        (lambda f: f.assign(days=pd.to_timedelta(f["days"], unit="D")), "dates or durations"),
        (lambda f: f.assign(days=f["days"].astype(str)), "text|no numbers"),
        (lambda f: f.head(0), "0 rows"),
    ],
    ids=["text 0/1", "coded 1/2", "yes/no", "negative", "infinite", "timedelta", "text", "empty"],
)  # fmt: skip
def test_events_and_times_that_others_take_as_they_come(
    call: Callable[..., Any], spoil: Callable[[pd.DataFrame], pd.DataFrame], said: str
) -> None:
    with pytest.raises(DataError, match=said):
        call(spoil(trial()), "arm")


@everywhere
def test_missing_entry_times(call: Callable[..., Any]) -> None:
    frame = trial().assign(entry=0.0)
    frame.loc[4, "entry"] = np.nan
    with pytest.raises(DataError, match="entry time is missing"):
        call(frame, "arm", entry="entry")


@everywhere
def test_missing_values_are_counted(call: Callable[..., Any]) -> None:
    frame = trial().astype({"event": float, "days": float})
    frame.loc[0, "event"], frame.loc[1, "days"], frame.loc[2, "arm"] = np.nan, np.nan, None
    counts = call(frame, "arm").counts
    assert counts.left_out == {"days missing": 1, "event missing": 1, "arm missing": 1}
    assert counts.used == 57


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
@everywhere
def test_weights_that_are_no_weights(call: Callable[..., Any], bad: float) -> None:
    frame = trial().assign(w=1.0)
    frame.loc[5, "w"] = bad
    with pytest.raises(DataError):
        call(frame, "arm", weights="w")


def test_p_value_of_a_large_statistic_is_not_zero() -> None:
    """1 - cdf is 0 from z = 8.3 on."""
    frame = pd.DataFrame({"days": range(1, 401), "event": 1, "arm": ["a"] * 200 + ["b"] * 200})
    test = ws.survival.log_rank(frame, "arm")
    assert test.statistic > 8.3**2
    assert 0 < test.p_value < 1e-16


def test_index_of_the_frame_pairs_nothing() -> None:
    frame = trial()
    other = frame.set_index(pd.Index(range(60, 0, -1)))
    twice = frame.set_index(pd.Index([0] * 60))
    statistics = {ws.survival.log_rank(f, "arm").statistic for f in (frame, other, twice)}
    assert len(statistics) == 1


def test_times_in_small_units_keep_their_order() -> None:
    """R's timefix merges all times of a small unit into one."""
    frame = trial().assign(days=lambda f: f["days"] * 1e-9)
    assert len(ws.survival.kaplan_meier(frame).frame) == trial()["days"].nunique()


def test_columns_with_the_same_name_are_refused() -> None:
    frame = trial()
    frame.columns = ["days", "event", "event"]
    with pytest.raises(ValueError, match="same name"):
        ws.survival.kaplan_meier(frame)


def test_dates_turned_into_years_report_their_merges() -> None:
    begin = 17_000 + 37 * np.arange(60)
    days = trial()["days"] % 20 + 1
    curve = ws.survival.kaplan_meier(trial().assign(days=(begin + days) / 365.25 - begin / 365.25))
    assert len(curve.frame) == days.nunique()
    assert any("tied with a neighbour" in note for note in curve.notes)
