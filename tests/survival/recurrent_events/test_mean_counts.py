"""Mean counts against a slow twin, by hand, and where the truth is known.

Tolerances: 1e-12 between two ways to add the same terms; 3.29 standard errors for simulations.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import gamma

import walkstats as ws
from tests.reference import goldens
from tests.survival.recurrent_events.recurring import onsets, spells_of
from walkstats.errors import DataError
from walkstats.survival.recurrent_events import mean_count_kernels

BLADDER = {"subject": "id", "time": "stop", "entry": "start"}


def bladder1() -> pd.DataFrame:
    frame = goldens.data("bladder1.csv")
    return frame.assign(event=frame["status"] == 1, died=frame["status"] > 1)


def slowly(frame: pd.DataFrame, died: str | None, weights: np.ndarray) -> tuple[np.ndarray, ...]:
    """One group, one time after another, one person after another (Ghosh and Lin 2000)."""
    people = frame["id"].unique()
    ends = np.zeros(len(frame), dtype=bool) if died is None else frame[died].to_numpy()
    start, stop, event = (frame[name].to_numpy() for name in ("start", "stop", "event"))
    whose = [np.flatnonzero(frame["id"] == who) for who in people]
    mean, alive, parts = 0.0, 1.0, np.zeros((len(people), 3))
    times, found, error = np.unique(stop[stop > start]), [], []
    for time in times:
        risk = (start < time) & (time <= stop)
        happened, dead = risk & event & (stop == time), risk & ends & (stop == time)
        n, d, e = (float(weights[rows].sum()) for rows in (risk, happened, dead))
        mean += alive * d / n
        for k, rows in enumerate(whose):
            w = weights[rows]
            here, own, out = (float(w @ mark[rows]) for mark in (risk, happened, dead))
            terminal = (out - here * e / n) / n
            parts[k] += [alive * (own - here * d / n) / n, terminal, mean * terminal]
        alive *= 1.0 - e / n
        found.append(mean)
        error.append(np.sqrt(np.sum((parts[:, 0] - mean * parts[:, 1] + parts[:, 2]) ** 2)))
    return times, np.array(found), np.array(error)


@pytest.mark.parametrize("died", [None, "died"])
@pytest.mark.parametrize("weighted", [False, True])
def test_slow_twin(died: str | None, weighted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = bladder1().query("treatment == 1").reset_index(drop=True)
    weights = 0.5 + (frame["id"].to_numpy() % 4) / 3 if weighted else np.ones(len(frame))
    options = {"weights": "w"} if weighted else {}
    curve = ws.survival.mean_cumulative_count(
        frame.assign(w=weights), terminal=died, **options, **BLADDER
    )
    times, mean, error = slowly(frame, died, weights)
    at = np.isin(times, curve.frame["stop"])
    np.testing.assert_allclose(curve.frame["estimate"], mean[at], rtol=1e-12)
    np.testing.assert_allclose(curve.frame["std_error"], error[at], rtol=1e-11, atol=1e-14)
    # People in small blocks, as where there are many.
    monkeypatch.setattr(mean_count_kernels, "BLOCK", 300)
    again = ws.survival.mean_cumulative_count(
        frame.assign(w=weights), terminal=died, **options, **BLADDER
    )
    np.testing.assert_allclose(again.frame["std_error"], curve.frame["std_error"], rtol=1e-12)


def test_contrasts_are_those_of_the_curves() -> None:
    options = {"terminal": "status", "terminal_value": (2, 3), **BLADDER}
    found = ws.survival.compare_mean_counts(bladder1(), "treatment", at=[12, 36], **options)
    curve = ws.survival.mean_cumulative_count(bladder1(), "treatment", **options).at([12, 36])
    read = curve.set_index(["group", "stop"])
    for month in (12, 36):
        for arm in ("2", "3"):
            here, there = read.loc[(arm, month)], read.loc[("1", month)]
            gap = found.difference.estimate(f"treatment[{arm}] at {month}")
            assert gap.estimate == pytest.approx(here["estimate"] - there["estimate"])
            assert gap.std_error == pytest.approx(np.hypot(here["std_error"], there["std_error"]))
            ratio = found.ratio.estimate(f"treatment[{arm}] at {month}", ratio=True)
            assert ratio.estimate == pytest.approx(here["estimate"] / there["estimate"])
    # Times of one arm go together: the joint test is not the sum of two.
    terms = ["treatment[3] at 12", "treatment[3] at 36"]
    assert found.difference.test(terms).df == 2
    assert found.difference.covariance[0, 2] > 0


def test_beyond_follow_up_and_without_events() -> None:
    spells = pd.DataFrame(
        {
            "participant_id": [1, 1, 2, 3, 4],
            "arm": ["a", "a", "a", "b", "b"],
            "start_days": [0, 10, 0, 0, 0],
            "stop_days": [10, 50, 60, 40, 30],
            "event": [1, 0, 0, 0, 0],
        }
    )
    found = ws.survival.compare_mean_counts(spells, "arm", at=[20, 55])
    assert np.isnan(found.by_group.values[3])
    assert found.by_group.values[:3].tolist() == pytest.approx([0.5, 0.0, 0.5])
    assert np.isnan(found.difference.std_errors).all()
    notes = " ".join(found.notes)
    assert "arm = b: no recurrence by 20" in notes
    assert "arm = b is followed to 40: nothing is estimated at 55" in notes
    assert ws.survival.mean_cumulative_count(spells, "arm", extend=True).at(99)[
        "estimate"
    ].tolist() == pytest.approx([0.5, 0.0])


def test_death_is_seen() -> None:
    trial = ws.load_sample("bladder")
    spells = ws.derive.recurrences(trial, kind="any", at_risk="under_observation")
    unaware = ws.survival.mean_cumulative_count(spells, "arm")
    assert "28 participants are observed until they died; their death counts" in " ".join(
        unaware.notes
    )
    aware = ws.survival.mean_cumulative_count(
        spells, "arm", terminal="ended_by", terminal_value="died"
    )
    assert aware.frame["n_terminal"].sum() == 28
    both = [curve.at(1000)["estimate"] for curve in (aware, unaware)]
    assert np.all(both[0].dropna() < both[1].dropna())
    assert "Ghosh and Lin" in aware.method


def test_refusals() -> None:
    frame = bladder1()
    with pytest.raises(DataError, match="follow-up goes on after the terminal event"):
        ws.survival.mean_cumulative_count(frame, terminal="event", **BLADDER)
    with pytest.raises(DataError, match=r"no row has status = 7; found 0, 1, 3, 2|no row has"):
        ws.survival.mean_cumulative_count(frame, terminal="status", terminal_value=7, **BLADDER)
    with pytest.raises(DataError, match="must be 0/1 or boolean"):
        ws.survival.mean_cumulative_count(frame, terminal="status", **BLADDER)
    with pytest.raises(ValueError, match="needs the column"):
        ws.survival.mean_cumulative_count(frame, terminal_value=2, **BLADDER)


# --- equal hazards, episodes of 4 and of 20 days ------------------------------------------------

YEAR, HAZARD, PER_ARM = 365.0, 1 / 60, 500


def renewals(days: float) -> float:
    """Mean number of onsets in a year: the k-th comes after k waits and k - 1 episodes."""
    left = YEAR - np.arange(100) * days
    return float(sum(gamma.cdf(t, k, scale=1 / HAZARD) for k, t in enumerate(left, 1) if t > 0))


@pytest.fixture(scope="module")
def long_and_short() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(4)
    arm = np.repeat([0, 1], PER_ARM)
    days = np.where(arm == 0, 4.0, 20.0)
    times = onsets(rng, HAZARD, days, YEAR)
    return {
        "under_observation": spells_of(times, arm, YEAR, np.zeros(arm.size)),
        "out_of_episode": spells_of(times, arm, YEAR, days),
    }


def test_longer_episodes_leave_less_time_to_recur(long_and_short: dict[str, pd.DataFrame]) -> None:
    spells = long_and_short["under_observation"]
    found = ws.survival.compare_mean_counts(spells, "arm", at=YEAR)
    for label, days, published in (("control", 4, 5.72), ("walking", 20, 4.61)):
        mean = found.by_group.estimate(label)
        assert renewals(days) == pytest.approx(published, abs=0.02)
        assert abs(mean.estimate - renewals(days)) < 3.29 * mean.std_error
        assert abs(mean.estimate - published) < 3.29 * mean.std_error
    rate = ws.survival.andersen_gill(spells, "arm").estimate("arm[walking]")
    assert abs(rate.estimate - np.log(renewals(20) / renewals(4))) < 3.29 * rate.std_error
    # Taken for the intensity of an onset, which is the same in both arms, it would be wrong.
    assert rate.estimate < -3.29 * rate.std_error


def test_out_of_episode_the_intensities_are_equal(long_and_short: dict[str, pd.DataFrame]) -> None:
    spells = long_and_short["out_of_episode"]
    fit = ws.survival.andersen_gill(spells, "arm", at_risk="out_of_episode")
    intensity = fit.estimate("arm[walking]")
    assert abs(intensity.estimate) < 3.29 * intensity.std_error
    assert "ratios of the intensity of a new onset" in fit.method
    for at_risk in ("out_of_episode", "recovered"):
        with pytest.raises(ValueError, match="under observation at risk, also during an episode"):
            ws.survival.mean_cumulative_count(spells, "arm", at_risk=at_risk)
