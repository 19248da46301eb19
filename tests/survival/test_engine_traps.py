"""What other engines do without a word, these functions must not do.

Each case was reproduced in lifelines 0.30, statsmodels 0.15 or R's survival 3.5; here it is
refused, counted, or computed as meant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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
    "cox": ws.survival.cox,
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


# --- models --------------------------------------------------------------------------------------


def spells() -> pd.DataFrame:
    """People with up to three spells, tied months, who have the event more than once."""
    rng = np.random.default_rng(5)
    person = np.repeat(np.arange(40), 3)
    stop = np.cumsum(rng.integers(1, 5, (40, 3)), axis=1)
    return pd.DataFrame(
        {
            "participant_id": person,
            "start_days": (stop - np.diff(stop, prepend=0, axis=1)).ravel(),
            "stop_days": stop.ravel(),
            "event": rng.random(120) < 0.5,
            "arm": np.where(person % 2, "walking", "control"),
            "age": np.repeat(rng.normal(50, 9, 40), 3),
            "order": np.tile([1, 2, 3], 40),
        }
    )


def test_who_enters_at_an_event_time_is_not_at_risk_there() -> None:
    frame = spells()
    late = frame.loc[frame["event"], "stop_days"].max()
    extra = frame.head(1).assign(participant_id=99, start_days=late, stop_days=late + 9, event=0)
    longer = pd.concat([frame, extra], ignore_index=True)
    for strata in (None, "order"):
        one = ws.survival.cox(frame, "arm + age", strata=strata)
        two = ws.survival.cox(longer, "arm + age", strata=strata)
        assert np.allclose(one.values, two.values, rtol=1e-12, atol=0)
        assert np.allclose(one.covariance, two.covariance, rtol=1e-12, atol=0)
    at_risk = ((frame["start_days"] < late) & (frame["stop_days"] >= late)).sum()
    for each in (frame, longer):
        assert ws.survival.kaplan_meier(each).at(late)["n_risk"].item() == at_risk


def test_strata_and_clusters_together_have_a_variance() -> None:
    fit = ws.survival.cox(spells(), "arm + age", strata="order")
    assert fit.counts.participants == 40
    assert np.isfinite(fit.covariance).all()
    assert not np.allclose(fit.covariance, fit.naive_covariance, rtol=0.01)


def test_missing_strata_and_clusters_are_not_lost_in_silence() -> None:
    frame = trial().assign(site=np.arange(60) % 25)
    gap = frame.assign(site=frame["site"].where(frame.index != 3))
    for call in (ws.survival.log_rank, ws.survival.cox):
        assert call(gap, "arm", strata="site").counts.left_out == {"site missing": 1}
        with pytest.raises(DataError, match="site is missing in 1 of the 60 rows"):
            call(gap, "arm", cluster="site")


def test_names_of_strata_hold_no_numbers_that_order_people() -> None:
    """A stratum is a label: renaming it changes nothing."""
    frame = trial().assign(site=np.arange(60) % 3)
    renamed = frame.assign(site=frame["site"].map({0: "c", 1: "a", 2: "b"}))
    found = [ws.survival.cox(f, "arm", strata="site") for f in (frame, renamed)]
    assert np.allclose(found[0].values, found[1].values, rtol=1e-12, atol=0)


def test_all_ones_are_all_events_and_say_so() -> None:
    """R takes a status of 1 and 2, in which everybody is censored (1), for all events."""
    frame = trial().assign(event=1)
    for call in (ws.survival.kaplan_meier, ws.survival.cox):
        assert str(call(frame, "arm").counts) == "60 events among 60 participants"
        with pytest.raises(DataError, match="no row has event = 2; found 1"):
            call(frame, "arm", event_value=2)


def test_dates_turned_into_years_move_no_coefficient() -> None:
    begin = 17_000 + 37 * np.arange(60)
    frame = trial().assign(days=lambda f: f["days"] % 20 + 1)
    years = frame.assign(days=(begin + frame["days"]) / 365.25 - begin / 365.25)
    one, two = ws.survival.cox(frame, "arm"), ws.survival.cox(years, "arm")
    assert np.array_equal(one.values, two.values)
    assert any("differed from another by rounding" in note for note in two.notes)


def test_those_failing_at_a_time_are_at_risk_there() -> None:
    frame = pd.DataFrame({"days": [1, 2, 2, 3], "event": [1, 1, 0, 1]})
    assert ws.survival.kaplan_meier(frame).frame["n_risk"].tolist() == [4, 3, 1]
    assert ws.survival.kaplan_meier(frame).at([2, 2.5])["n_risk"].tolist() == [3, 1]


def test_predicted_survival_uses_the_hazard_of_its_ties_and_entries() -> None:
    """A model without effect predicts Efron's hazard, at the time itself, of those at risk then."""
    frame = pd.DataFrame(
        {
            "entry": [0, 0, 0, 0, 1, 1],
            "days": [2, 2, 3, 3, 2, 3],
            "event": [1, 1, 1, 0, 0, 1],
            "x": [1, -1, 1, -1, 0, 0],
        }
    )
    options = {"time": "days", "entry": "entry"}
    for ties, first, second in (("efron", 1 / 6 + 1 / 5, 1 / 3 + 1 / 2), ("breslow", 1 / 3, 2 / 3)):
        fit = ws.survival.cox(frame, "x", ties=ties, **options)
        flat = replace(fit, values=np.zeros(1))
        hazard = ws.survival.baseline_hazard(flat).at([1.9, 2, 3])["estimate"]
        assert np.allclose(hazard, [0, first, first + second], rtol=1e-12)


def test_wald_p_values_of_large_statistics_are_not_zero() -> None:
    frame = pd.DataFrame({"days": range(1, 601), "x": np.repeat([1.0, 0.0], 300), "event": 1})
    frame.loc[[299, 300], "x"] = [0.0, 1.0]  # not quite apart
    frame = pd.concat([frame] * 20)
    fit = ws.survival.cox(frame, "x")
    assert fit.estimate("x").statistic > 8.3
    assert 0 < fit.estimate("x").p_value < 1e-16


def test_breslow_is_a_choice_and_not_the_default() -> None:
    frame = trial().assign(days=lambda f: np.ceil(f["days"] / 60))
    values = [ws.survival.cox(frame, "arm", **o).values[0] for o in ({}, {"ties": "efron"})]
    assert values[0] == values[1] != ws.survival.cox(frame, "arm", ties="breslow").values[0]
    assert "Efron" in ws.survival.cox(frame, "arm").method


def test_rows_given_twice_overlap() -> None:
    frame = spells()
    twice = pd.concat([frame, frame.tail(1)])
    for call in (ws.survival.cox, ws.survival.kaplan_meier):
        with pytest.raises(DataError, match="overlap"):
            call(twice, "arm")
