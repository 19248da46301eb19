"""Do intervals of net benefits hold the truth as often as they say? Simulated trials."""

import functools

import numpy as np
import pandas as pd
import pytest

from walkstats.economics import cost_effectiveness, net_benefit

pytestmark = pytest.mark.slow

REPLICATES = 400
THRESHOLD = 20_000.0
# Cells of simulations by R: log-normal costs, 75 per arm; Rubin's rules with 20 imputations.
PERCENTILE, NORMAL, RUBIN = 0.943, 0.955, 0.952
SIZE, GAIN, DEARER = 75, 0.04, 300.0
# Of the logarithm of costs: mean, and a spread that makes the mean twice the median.
LOG_MEAN, LOG_SD = 6.5, 1.2


def bound(share):
    """Monte Carlo error of a share, 3.29 standard errors."""
    return 3.29 * np.sqrt(share * (1 - share) / REPLICATES)


def trial(rng, together=-0.7):
    """Costs that are log-normal and QALYs that fall with them, in two arms."""
    z = rng.normal(size=(2 * SIZE, 2))
    arm = np.repeat(["control", "walking"], SIZE)
    walks = arm == "walking"
    cost = np.exp(LOG_MEAN + LOG_SD * z[:, 0]) + DEARER * walks
    qaly = 0.75 + GAIN * walks + 0.12 * (together * z[:, 0] + np.sqrt(1 - together**2) * z[:, 1])
    return pd.DataFrame(
        {"participant_id": np.arange(2 * SIZE), "arm": arm, "cost": cost, "qaly": qaly}
    )


@functools.cache
def held(truth=THRESHOLD * GAIN - DEARER):
    """How often each interval holds the net benefit: percentile, normal, without covariance."""
    rng = np.random.default_rng(20250301)
    counts = np.zeros(3)
    for number in range(REPLICATES):
        frame = trial(rng)
        found = cost_effectiveness(frame, frame, effect="qaly", replicates=1_000, seed=number)
        for k, kind in enumerate(("percentile", "normal")):
            one = net_benefit(found, THRESHOLD, kind=kind)
            counts[k] += one.conf_low <= truth <= one.conf_high
        v = found.increments.covariance
        apart = 1.96 * np.sqrt(THRESHOLD**2 * v[1, 1] + v[0, 0])
        counts[2] += abs(one.estimate - truth) <= apart
    return counts / REPLICATES


@pytest.mark.parametrize(("place", "reference"), [(0, PERCENTILE), (1, NORMAL)])
def test_net_benefit_of_skewed_costs(place, reference):
    assert abs(held()[place] - reference) < bound(reference)


def test_costs_and_effects_taken_as_unrelated_are_found_out():
    assert abs(held()[2] - NORMAL) > bound(NORMAL)


def with_gaps(rng):
    """The costs of the second half are missing in the ill of one arm and the well of the other."""
    n = 2 * SIZE
    arm = np.repeat(["control", "walking"], SIZE)
    walks = arm == "walking"
    illness = rng.normal(size=n)
    frame = pd.DataFrame({"participant_id": np.arange(n), "arm": arm})
    frame["qaly"] = 0.7 - 0.08 * illness + 0.05 * rng.normal(size=n) + 0.02 * walks
    frame["first"], frame["second"] = (
        np.exp(5.5 + 0.5 * illness + 0.6 * rng.normal(size=n)) + 50 * walks for _ in range(2)
    )
    worse = (0.7 - frame["qaly"]) / 0.1 * np.where(walks, 1.0, -1.0)
    frame.loc[rng.random(n) < 1 / (1 + np.exp(0.9 - worse)), "second"] = np.nan
    frame["cost"] = frame["first"] + frame["second"]
    costs = frame.drop(columns="qaly")
    costs.attrs = {"total": "cost", "parts": {"first": 1.0, "second": 1.0}}
    return costs, frame[["participant_id", "arm", "qaly"]]


@functools.cache
def held_with_gaps(truth=THRESHOLD * 0.02 - 100.0):
    """How often: resamples imputed once, Rubin's rules, complete cases."""
    rng = np.random.default_rng(20250302)
    counts = np.zeros(3)
    for number in range(REPLICATES):
        found = cost_effectiveness(
            *with_gaps(rng), effect="qaly", replicates=300, imputations=6, seed=number
        )
        one = net_benefit(found, THRESHOLD)
        counts[0] += one.conf_low <= truth <= one.conf_high
        for k, fit in ((1, found.regressions), (2, found.complete_cases)):
            worth = fit.contrast(np.array([-1.0, THRESHOLD]))
            counts[k] += worth.conf_low <= truth <= worth.conf_high
    return counts / REPLICATES


def test_resamples_imputed_once_hold_the_truth_and_not_too_often():
    share = held_with_gaps()[0]
    assert 0.95 - bound(0.95) < share < 0.995


def test_rubins_rules_hold_it_too():
    assert abs(held_with_gaps()[1] - RUBIN) < bound(RUBIN)


def test_complete_cases_are_found_out():
    assert held_with_gaps()[2] < 0.95 - bound(0.95)
