"""Do missed check-ins move a hazard ratio? Simulations with a known truth.

Hazard 0.13 a month in the control arm, twelve monthly check-ins, each missed with a chance of its
arm's. In the limit of many people right points with Efron's ties solve an equation in the
chances of the visits, written out here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq

import walkstats as ws
from tests.replicates import STAGES, keeps

MONTHS, HAZARD, TRUE = 12, 0.13, 0.72


def trial(
    rng: np.random.Generator, size: int, missed: tuple[float, float], ratio: float
) -> pd.DataFrame:
    """Control and walking arm; a share of the check-ins missed in each."""
    arm = np.repeat([0, 1], size)
    day = rng.exponential(1 / (HAZARD * np.where(arm == 1, ratio, 1.0)))
    visit = np.arange(1.0, MONTHS + 1)
    came = rng.random((2 * size, MONTHS)) >= np.array(missed)[arm][:, None]
    after = visit >= day[:, None]
    return pd.DataFrame(
        {
            "low_days": np.where(came & ~after, visit, 0.0).max(axis=1),
            "high_days": np.where(came & after, visit, np.inf).min(axis=1),
            "arm": pd.Categorical.from_codes(arm, ["control", "walking"]),
        }
    )


def dated(frame: pd.DataFrame) -> pd.DataFrame:
    """Right points: the event on the first day known to have it."""
    seen = np.isfinite(frame["high_days"])
    return frame.assign(event=seen, days=np.where(seen, frame["high_days"], frame["low_days"]))


def chances(hazard: float, missed: float) -> tuple[np.ndarray, np.ndarray]:
    """Chance of the event being found at each visit, and of being at risk there."""
    free = np.exp(-hazard * np.arange(MONTHS + 1))
    happens, found, censored = free[:-1] - free[1:], np.zeros(MONTHS + 1), np.zeros(MONTHS + 1)
    for month in range(1, MONTHS + 2):
        own = happens[month - 1] if month <= MONTHS else free[-1]
        for visit in range(month, MONTHS + 1):
            found[visit] += own * missed ** (visit - month) * (1 - missed)
        never = own * missed ** (MONTHS - month + 1)
        for last in range(month):
            censored[last] += never * missed ** (month - 1 - last) * (1 - missed if last else 1)
    at_risk = np.cumsum((found + censored)[::-1])[::-1]
    return found[1:], at_risk[1:]


def limit_of_right_points(missed: tuple[float, float], ratio: float) -> float:
    """Hazard ratio to which Efron's estimate tends."""
    control, walking = chances(HAZARD, missed[0]), chances(HAZARD * ratio, missed[1])
    share = (np.arange(400) + 0.5) / 400

    def score(b: float) -> float:
        left, right = (
            at_risk[:, None] - share * found[:, None] for found, at_risk in (control, walking)
        )
        weight = np.exp(b) * right / (left + np.exp(b) * right)
        return float(np.sum(walking[0] - (control[0] + walking[0]) * weight.mean(axis=1)))

    return float(np.exp(brentq(score, -2, 2)))


def test_the_limit_of_right_points() -> None:
    assert round(limit_of_right_points((0.3, 0.1), TRUE), 3) == 0.742
    assert round(limit_of_right_points((0.1, 0.1), TRUE), 3) == 0.720
    frame = trial(np.random.default_rng(1), 20_000, (0.3, 0.1), TRUE)
    ratio = ws.survival.cox(dated(frame), "arm").estimate("arm[walking]", ratio=True)
    assert abs(np.log(ratio.estimate / 0.742)) < 3.29 * ratio.std_error


def ratios(missed: tuple[float, float], times: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Log hazard ratios of the interval model and of right points, over replicates."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(times):
        frame = trial(rng, 350, missed, TRUE)
        found.append(
            (ws.survival.interval_cox(frame, "arm").values[0],
             ws.survival.cox(dated(frame), "arm").values[0])
        )  # fmt: skip
    both = np.array(found)
    return both[:, 0], both[:, 1]


def near(values: np.ndarray, truth: float) -> bool:
    return bool(abs(values.mean() - np.log(truth)) < 3.29 * values.std() / np.sqrt(values.size))


@pytest.mark.slow
def test_missed_check_ins_move_right_points_and_not_the_interval_model() -> None:
    for stage, (times, seed) in enumerate(STAGES):
        interval, right = ratios((0.3, 0.1), times, seed)
        if stage == 0:
            assert not near(right, TRUE), "right points pass"
        if near(interval, TRUE) and near(right, 0.742):
            return
    raise AssertionError(f"{np.exp(interval.mean())} and {np.exp(right.mean())}")


@pytest.mark.slow
def test_equal_schedules_agree() -> None:
    for times, seed in STAGES:
        interval, right = ratios((0.1, 0.1), times, seed)
        if near(interval, TRUE) and near(right, limit_of_right_points((0.1, 0.1), TRUE)):
            assert abs(np.mean(interval - right)) < 0.005
            return
    raise AssertionError(f"{np.exp(interval.mean())} and {np.exp(right.mean())}")


@pytest.mark.slow
@pytest.mark.parametrize("missed", [(0.3, 0.1), (0.1, 0.1)])
def test_interval_of_the_hazard_ratio(missed: tuple[float, float]) -> None:
    def replicate(rng: np.random.Generator) -> tuple[bool, bool]:
        frame = trial(rng, 60, missed, TRUE).assign(twice=2)
        one = ws.survival.interval_cox(frame, "arm").estimate("arm[walking]", ratio=True)
        # Wrong: everybody counted as two people.
        two = ws.survival.interval_cox(frame, "arm", frequencies="twice")
        other = two.estimate("arm[walking]", ratio=True)
        return one.conf_low <= TRUE <= one.conf_high, other.conf_low <= TRUE <= other.conf_high

    keeps(replicate, 0.95)


@pytest.mark.slow
def test_interval_of_the_hazard_ratio_where_everybody_has_days_of_their_own() -> None:
    """No two people are seen on the same days, so that the baseline has a step for few people."""

    def replicate(rng: np.random.Generator) -> tuple[bool, bool]:
        arm = np.repeat([0, 1], 60)
        day = rng.exponential(200 / np.where(arm == 1, TRUE, 1.0))
        visit = np.cumsum(rng.uniform(20, 40, (120, 12)), axis=1)
        frame = pd.DataFrame(
            {
                "low_days": np.where(visit < day[:, None], visit, 0.0).max(axis=1),
                "high_days": np.where(visit >= day[:, None], visit, np.inf).min(axis=1),
                "arm": pd.Categorical.from_codes(arm, ["control", "walking"]),
                "twice": 2,
            }
        )
        covers = []
        for options in ({}, {"frequencies": "twice"}):
            fit = ws.survival.interval_cox(frame, "arm", **options)
            one = fit.estimate("arm[walking]", ratio=True)
            covers.append(one.conf_low <= TRUE <= one.conf_high)
        return covers[0], covers[1]

    keeps(replicate, 0.95)


@pytest.mark.slow
def test_log_rank_of_equal_arms_that_miss_differently() -> None:
    def replicate(rng: np.random.Generator) -> tuple[bool, bool]:
        frame = trial(rng, 400, (0.5, 0.05), 1.0)
        right: dict[str, Any] = {"events": dated(frame), "by": "arm"}
        return (
            ws.survival.interval_log_rank(frame, "arm").p_value < 0.05,
            ws.survival.log_rank(**right).p_value < 0.05,
        )

    keeps(replicate, 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("day", [3.0, 9.0])
def test_interval_of_the_curve_at_a_visit(day: float) -> None:
    truth = float(np.exp(-HAZARD * day))

    def replicate(rng: np.random.Generator) -> tuple[bool, bool]:
        frame = trial(rng, 100, (0.2, 0.2), 1.0).assign(twice=2)
        # Wrong: everybody counted as two people.
        curves = [ws.survival.turnbull(frame, frequencies=name) for name in (None, "twice")]
        at = [curve.at(day).iloc[0] for curve in curves]
        covers = [one["conf_low"] <= truth <= one["conf_high"] for one in at]
        return bool(covers[0]), bool(covers[1])

    keeps(replicate, 0.95)
