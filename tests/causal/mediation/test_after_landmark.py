"""Mediation of an event from a day on: special cases, a slow twin, and what is refused."""

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from walkstats.causal import mediate_from_landmark
from walkstats.errors import DataError

SAME = {"rtol": 1e-8, "atol": 1e-9}
# Pseudo-values by differences of a step of 1e-6.
BY_DIFFERENCES = {"rtol": 1e-5, "atol": 1e-6}


def made(n=120, seed=5):
    rng = np.random.default_rng(seed)
    arm = np.arange(n) % 2
    minutes = 90 + 40 * arm + rng.normal(0, 30, n)
    time = rng.exponential(500 / np.exp(-0.3 * arm - 0.005 * (minutes - 100)), n)
    end = rng.uniform(200, 500, n)
    return pd.DataFrame(
        {
            "participant_id": np.arange(n),
            "arm": np.where(arm == 1, "walking", "control"),
            "days": np.ceil(np.minimum(time, end)),
            "event": time <= end,
            "minutes": minutes,
        }
    )


def quick(frame, **more):
    asked = {"landmark": 30, "at": 190, "mediator": "minutes", "seed": 1, "interval": "delta"}
    return mediate_from_landmark(frame, **(asked | more))


def free_then(days, event, weights, until):
    """Weighted Kaplan-Meier survival, plainly."""
    survival = 1.0
    for t in np.unique(days[event & (days <= until)]):
        survival *= 1 - weights[event & (days == t)].sum() / weights[days >= t].sum()
    return survival


def test_without_covariates_the_total_is_the_difference_of_the_curves():
    frame = made()
    found = quick(frame)
    later = ws.derive.landmark(frame, at=30)
    expected = ws.survival.compare_at(later, "arm", at=160).risk_difference
    np.testing.assert_allclose(found.effects.values[0], expected.values[0], **SAME)
    means = quick(frame, at=None, tau=190).effects.values[0]
    expected = ws.survival.restricted_means(later, "arm", tau=160).difference
    np.testing.assert_allclose(means, expected.values[0], **SAME)
    again = quick(later)
    np.testing.assert_allclose(again.effects.values, found.effects.values, **SAME)


def test_pseudo_values_one_by_one():
    frame = made(50)
    later = frame[frame["days"] > 30].reset_index(drop=True)
    days, event = later["days"].to_numpy() - 30, later["event"].to_numpy()
    arm = (later["arm"] == "walking").to_numpy()
    risk = np.empty(len(later))
    for k in range(len(later)):
        own = arm == arm[k]
        weights = np.ones(own.sum())
        at = free_then(days[own], event[own], weights, 160)
        place = np.flatnonzero(own).tolist().index(k)
        weights[place] += 1e-6
        slope = (free_then(days[own], event[own], weights, 160) - at) / 1e-6
        risk[k] = 1 - (at + own.sum() * slope)
    m, a = later["minutes"].to_numpy(), arm.astype(float)
    b = np.linalg.lstsq(np.column_stack([np.ones(len(a)), a]), m, rcond=None)[0]
    t = np.linalg.lstsq(np.column_stack([np.ones(len(a)), a, m, a * m]), risk, rcond=None)[0]
    effects = quick(frame).effects.values
    np.testing.assert_allclose(effects[2], b[1] * (t[2] + t[3]), **BY_DIFFERENCES)
    np.testing.assert_allclose(effects[1], t[1] + t[3] * b[0], **BY_DIFFERENCES)


def test_a_covariate_that_has_to_do_with_nothing_changes_little():
    """Differences in risk are collapsible: only chance correlation moves them."""
    frame = made(2000)
    frame["coin"] = np.random.default_rng(2).integers(0, 2, 2000)
    without, with_it = quick(frame).effects, quick(frame, covariates="coin").effects
    apart = np.abs(without.values - with_it.values)
    assert np.all(apart < 0.1 * without.std_errors)


def test_who_is_compared_and_what_is_said():
    frame = made()
    found = quick(frame)
    gone = int((frame["days"] <= 30).sum())
    assert found.counts.left_out == {"event or end of follow-up by day 30": gone}
    assert found.counts.used == len(frame) - gone
    assert found.notes[0].startswith("NOT RANDOMISED")
    assert "still free of the event on day 30" in found.assumptions[0]
    assert not any("complete cases" in one for one in found.assumptions)
    assert any("immortal time" in note for note in found.notes)
    measured = frame[["participant_id", "minutes"]].assign(month=1)
    dated = quick(frame.drop(columns="minutes"), measured=measured, mediator_at=1)
    np.testing.assert_allclose(dated.effects.values, found.effects.values, **SAME)
    assert not any("immortal time" in note for note in dated.notes)


def test_a_mediator_from_after_the_landmark_is_refused():
    frame = made()
    measured = frame[["participant_id", "minutes"]].assign(month=3)
    with pytest.raises(ValueError, match=r"day 91\) is measured after the landmark, day 30"):
        quick(frame, measured=measured, mediator_at=3)
    assert quick(frame, measured=measured, mediator_at=3, landmark=91).counts.used > 0
    weeks = measured.rename(columns={"month": "day"})
    assert quick(frame, measured=weeks, mediator_at=3, visit="day").counts.used > 0


@pytest.mark.parametrize(
    ("more", "error", "words"),
    [
        ({"at": 20}, ValueError, "must lie after the landmark"),
        ({"tau": 100}, ValueError, "Give one of"),
        ({"at": None}, ValueError, "Give one of"),
        ({"landmark": 9000, "at": 9001}, DataError, "nobody is at risk"),
        ({"at": 900}, ValueError, "beyond the follow-up"),
        ({"mediator_at": 3}, ValueError, "measured="),
        ({"measured": made()}, ValueError, "mediator_at="),
        ({"landmark": 0}, ValueError, "landmark must be above 0"),
    ],
)
def test_refusals(more, error, words):
    with pytest.raises(error, match=words):
        quick(made(), **more)


def test_frames_of_another_landmark_and_repeated_rows():
    later = ws.derive.landmark(made(), at=60)
    with pytest.raises(ValueError, match="another landmark"):
        quick(later)
    with pytest.raises(DataError, match="one row per participant"):
        quick(pd.concat([made(), made()]))
