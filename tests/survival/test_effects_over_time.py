"""Effects that change over time: against plain Cox models of each period, a loop, and relations.

Tolerances: FITTED where two searches, each iterated until its likelihood stands still, must meet;
EXACT for the same arithmetic in another order.
"""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.relations import examples
from walkstats import derive, survival
from walkstats.errors import DataError, FitError
from walkstats.survival import changing_effect, cox, cut_rows

FITTED = {"rtol": 1e-6, "atol": 1e-7}
EXACT = {"rtol": 1e-10, "atol": 1e-12}
seeds = st.integers(0, 100_000)
# Each example fits up to ten models; the relations of the Cox model itself have their 200.
some = examples(10, 40)


def trial(seed: int, n: int = 60) -> pd.DataFrame:
    """Two arms, a covariate, sites as clusters, whole days 1 to 30 (so ties), some censored."""
    rng = np.random.default_rng(seed)
    arm = np.repeat(["control", "walking"], n // 2)
    days = np.ceil(rng.exponential(np.where(arm == "walking", 14.0, 9.0))).clip(1, 30)
    return pd.DataFrame(
        {
            "participant_id": [f"p{k}" for k in range(n)],
            "days": days,
            "event": (rng.random(n) < 0.8) & (days < 30),
            "arm": arm,
            "age": rng.normal(50, 10, n),
            "site": rng.integers(0, 12, n),
        }
    )


def by_arm(frame: pd.DataFrame, **options: Any) -> survival.ChangingEffect:
    return changing_effect(frame, "arm + age", "arm", **{"cuts": [4, 10], **options})


# ---- against other models -----------------------------------------------------------------------


@some
@given(seeds)
def test_alone_each_period_is_a_cox_model_of_its_own(seed: int) -> None:
    frame = trial(seed)
    found = changing_effect(frame, "arm", "arm", cuts=[6])
    early = frame.assign(
        event=frame["event"] & (frame["days"] <= 6), days=frame["days"].clip(upper=6)
    )
    late = frame[frame["days"] > 6].assign(since=6.0)
    parts = cox(early, "arm"), cox(late, "arm", entry="since")
    for k, part in enumerate(parts):
        np.testing.assert_allclose(found.effects.values[k], part.values[0], **FITTED)
        np.testing.assert_allclose(found.effects.std_errors[k], part.std_errors[0], **FITTED)
    together = sum(part.log_likelihood for part in parts)
    np.testing.assert_allclose(found.fit.log_likelihood, together, **EXACT)
    # Periods have no data in common here, so their effects are independent.
    first, second = found.effects.values
    variance = np.trace(found.effects.covariance)
    np.testing.assert_allclose(
        found.tests["wald"].statistic, (first - second) ** 2 / variance, **FITTED
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_likelihood_with_log_time_in_a_loop(seed: int) -> None:
    frame = trial(seed)
    found = by_arm(frame, by="log", cuts=None, ties="breslow", at=[5])
    walking = (frame["arm"] == "walking").to_numpy(dtype=float)
    b = dict(zip(found.fit.terms, found.fit.values, strict=True))
    log_likelihood = 0.0
    for i in np.flatnonzero(frame["event"]):
        day = frame["days"][i]
        effect = b["arm[walking]"] + b["arm[walking]:log(days)"] * np.log(day)
        eta = effect * walking + b["age"] * frame["age"].to_numpy()
        log_likelihood += eta[i] - np.log(np.exp(eta[frame["days"] >= day]).sum())
    np.testing.assert_allclose(found.fit.log_likelihood, log_likelihood, **EXACT)
    at_five = b["arm[walking]"] + b["arm[walking]:log(days)"] * np.log(5)
    ratio = found.effects.estimate("arm[walking] at 5", ratio=True)
    np.testing.assert_allclose(ratio.estimate, np.exp(at_five), **EXACT)
    assert ratio.conf_low < ratio.estimate < ratio.conf_high


def test_an_effect_that_repeats_itself_does_not_change() -> None:
    first = trial(4)
    end = float(first["days"].max())
    again = first.assign(
        since=end, days=first["days"] + end, participant_id="again " + first["participant_id"]
    )
    found = changing_effect(
        pd.concat([first.assign(since=0.0), again]), "arm", "arm", cuts=[end], entry="since"
    )
    assert found.effects.values[0] == pytest.approx(found.effects.values[1], abs=1e-9)
    np.testing.assert_allclose(found.effects.values[0], found.constant.values[0], **FITTED)
    for test in found.tests.values():
        assert test.statistic == pytest.approx(0.0, abs=1e-9)
        assert test.p_value == pytest.approx(1.0)


# ---- relations ----------------------------------------------------------------------------------


@some
@given(seeds)
def test_cutting_changes_nothing(seed: int) -> None:
    """Cuts beyond the events, rows cut beforehand: coefficient and SE stay, clustered ones too."""
    frame = trial(seed)
    plain, clustered = by_arm(frame), by_arm(frame, cluster="site")
    beyond = by_arm(frame, cuts=[0.5, 4, 10, 400])
    cut = derive.split_at(frame, [3, 10, 17])
    same_effects(beyond, plain)
    assert "No event lies before or after the cut(s) at 0.5, 400: not used." in beyond.notes
    same_effects(by_arm(cut, cluster="site"), clustered)
    same_effects(by_arm(cut, robust=False), plain)


@some
@given(seeds, st.sampled_from([1 / 365.25, 24.0]))
def test_units_order_and_reference(seed: int, scale: float) -> None:
    frame = trial(seed)
    found = by_arm(frame, by="log", cuts=None, at=[4, 10])
    scaled = by_arm(
        frame.assign(days=frame["days"] * scale), by="log", cuts=None, at=[4 * scale, 10 * scale]
    )
    np.testing.assert_allclose(scaled.effects.values, found.effects.values, **FITTED)
    np.testing.assert_allclose(scaled.effects.std_errors, found.effects.std_errors, **FITTED)
    swapped = frame.assign(arm=pd.Categorical(frame["arm"], ["walking", "control"]))
    periods, turned = by_arm(frame), by_arm(swapped.sample(frac=1.0, random_state=seed))
    np.testing.assert_allclose(turned.effects.values, -periods.effects.values, **FITTED)
    np.testing.assert_allclose(turned.effects.std_errors, periods.effects.std_errors, **FITTED)


def same_effects(one: survival.ChangingEffect, other: survival.ChangingEffect) -> None:
    np.testing.assert_allclose(one.effects.values, other.effects.values, **FITTED)
    np.testing.assert_allclose(one.effects.std_errors, other.effects.std_errors, **FITTED)
    statistics = [each.tests["wald"].statistic for each in (one, other)]
    np.testing.assert_allclose(*statistics, rtol=1e-5, atol=1e-7)


def test_the_times_shown_are_quartiles_of_all_copies() -> None:
    frame = trial(7).drop(columns="participant_id").assign(copies=lambda f: 1 + 4 * (f["days"] > 8))
    double = frame.loc[frame.index.repeat(frame["copies"])]
    found, twice = (
        changing_effect(one, "arm", "arm", by="log", **options)
        for one, options in ((frame, {"frequencies": "copies"}), (double, {}))
    )
    assert found.effects.terms == twice.effects.terms


def test_copies_and_years() -> None:
    frame = trial(7).drop(columns="participant_id").assign(copies=2)
    double = pd.concat([frame, frame])
    found, twice = by_arm(frame, frequencies="copies"), by_arm(double)
    same_effects(found, twice)
    assert found.notes[-1] == twice.notes[-1]
    # Ties survive a change of unit, and cuts fall where they fell.
    years = frame.assign(days=frame["days"] / 365.25)
    same_effects(by_arm(years, cuts=[4 / 365.25, 10 / 365.25]), by_arm(frame))


# ---- what is handed over ------------------------------------------------------------------------


def test_what_is_said_and_handed_over() -> None:
    found = by_arm(trial(1))
    assert found.fit.terms == (
        "arm[walking]:period[up to 4]",
        "arm[walking]:period[4 to 10]",
        "arm[walking]:period[after 10]",
        "age",
    )
    assert found.method.endswith("The effect of arm changes by period (cut at 4, 10).")
    assert found.counts == found.constant.counts
    assert not any("taken as independent" in note for note in found.notes)
    assert found.to_frame()["std_error_of"].eq("log hazard ratio").all()
    assert str(pickle.loads(pickle.dumps(found))) == str(found)
    log = by_arm(trial(1), by="log", cuts=None)
    assert len(log.effects.terms) == 3
    assert log.effects.notes[-1].startswith("Ratios are given at the quartiles")
    assert log.fit.design.columns_of["arm:log(days)"] == slice(1, 2)


def test_new_people_have_the_effect_of_each_period() -> None:
    found = by_arm(trial(2))
    spells = pd.DataFrame(
        {
            "who": "new",
            "arm": "walking",
            "age": 50.0,
            "period": ["up to 4", "4 to 10", "after 10"],
            "start_days": [0.0, 4.0, 10.0],
            "stop_days": [4.0, 10.0, 25.0],
        }
    )
    curve = survival.predict_survival(
        found.fit, spells, subject="who", entry="start_days", time="stop_days"
    )
    base = survival.baseline_hazard(found.fit).frame
    effect = found.fit.values[np.searchsorted([4, 10], base["days"], side="left")]
    age = found.fit.values[3]
    steps = np.diff(base["estimate"], prepend=0.0) * np.exp(effect + 50 * age)
    until = base["days"].to_numpy() <= 25
    expected = np.exp(-np.cumsum(steps[until]))
    np.testing.assert_allclose(curve.frame["estimate"], expected, rtol=1e-8)


def test_an_event_at_time_zero_counts_in_the_first_period() -> None:
    frame = trial(3)
    frame.loc[0, ["days", "event"]] = 0.0, True
    assert by_arm(frame).counts.events == by_arm(frame).constant.counts.events
    assert np.isfinite(by_arm(frame).effects.values).all()
    with pytest.raises(ValueError, match="not finite at every time of an event"):
        by_arm(frame, by="log", cuts=None)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cuts": None}, "Periods need cuts"),
        ({"at": [3]}, "at= is for an effect"),
        ({"by": "log"}, 'cuts= is for by="period"'),
        ({"by": "year", "cuts": None}, "by must be one of"),
        ({"cuts": [40]}, "No cut lies between the first and the last event"),
        ({"by": "log", "cuts": None, "at": [0]}, "not finite at every time of at="),
        ({"by": lambda t: 1.0, "cuts": None}, "one number for each time"),
    ],
)
def test_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        by_arm(trial(1), **options)


def test_refused_terms() -> None:
    frame = trial(1)
    with pytest.raises(ValueError, match="They are: arm, age"):
        changing_effect(frame, "arm + age", "site", cuts=[4])
    with pytest.raises(ValueError, match="arm is part of arm:age"):
        changing_effect(frame, "arm * age", "arm", cuts=[4])
    found = changing_effect(frame, "arm * age", "arm:age", cuts=[4])
    assert found.tests["wald"].df == 1
    with pytest.raises(ValueError, match="rename it"):
        changing_effect(frame.rename(columns={"age": "period"}), "arm + period", "arm", cuts=[4])


def test_a_period_without_events_is_refused() -> None:
    frame = trial(1)
    frame.loc[frame["days"].between(5, 6), "event"] = False
    with pytest.raises(DataError, match="no event in the period 4 to 6"):
        by_arm(frame, cuts=[4, 6])


def test_a_period_in_which_one_arm_has_no_event() -> None:
    frame = trial(1)
    frame.loc[(frame["arm"] == "walking") & (frame["days"] <= 4), "event"] = False
    found = changing_effect(frame, "arm", "arm", cuts=[4])
    early = found.effects.estimate("arm[walking]:period[up to 4]", ratio=True)
    assert (found.fit.state, early.estimate, early.conf_low) == ("infinite", 0.0, 0.0)
    assert 0 < early.conf_high < 1
    assert np.isnan(found.tests["wald"].p_value)
    assert found.tests["likelihood_ratio"].p_value < 0.05


def test_a_period_in_which_one_arm_is_followed_no_longer() -> None:
    frame = trial(1)
    gone = (frame["arm"] == "walking") & (frame["days"] > 8)
    frame.loc[gone, "days"], frame.loc[gone, "event"] = 8.0, False
    with pytest.raises(FitError, match=r"arm\[walking\]:period\[after 10\] is constant"):
        changing_effect(frame, "arm", "arm", cuts=[10])


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cut_rows, "MOST_ROWS", 100)
    with pytest.raises(ValueError, match='use by="period"'):
        by_arm(trial(1), by="log", cuts=None)
