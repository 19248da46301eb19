"""Do bootstrap intervals hold the truth as often as they say? Simulations with a known one.

The nominal 0.95 is the reference, with one point below it for the percentile interval, which at
100 per arm is known to be a little short. Each cell holds a wrong variant.
"""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.replicates import keeps, rates_keep
from walkstats import resampling

pytestmark = pytest.mark.slow

LOW, HIGH = 0.94, 0.95
DRAWS = 399


@pytest.fixture(autouse=True)
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    monkeypatch.setenv("WALKSTATS_ENGINE", "numba")


def arms(rng: np.random.Generator, size: int, last: float) -> pd.DataFrame:
    """Two arms with one hazard, mean 12 months; censored evenly between months 6 and last."""
    happens, leaves = (
        np.ceil(rng.exponential(12, 2 * size)),
        np.ceil(rng.uniform(6, last, 2 * size)),
    )
    return pd.DataFrame(
        {
            "days": np.minimum(happens, leaves),
            "event": happens <= leaves,
            "arm": np.repeat(["control", "walking"], size),
            "twice": 2,  # makes the wrong variants: everybody drawn as two people
        }
    )


TRUTH = {"hazard_ratio": 1.0, "restricted_mean_difference": 0.0}
KINDS = ("percentile", "bca", "normal")


@functools.cache
def covering(times: int, seed: int) -> dict[tuple[str, str], tuple[float, float]]:
    """Number and kind of interval -> how often it holds the truth, and how often the wrong one.

    All intervals are read from the same resamples of the same trials.
    """
    rng = np.random.default_rng(seed)
    held: dict[tuple[str, str], list[list[bool]]] = {(n, k): [] for n in TRUTH for k in KINDS}
    for _ in range(times):
        frame, own = arms(rng, 100, 36), int(rng.integers(2**31))
        both = [
            resampling.bootstrap_comparison(
                frame, "arm", replicates=DRAWS, tau=12, seed=own, extend=True, **options
            )
            for options in ({}, {"frequencies": "twice"})
        ]
        for name, kind in held:
            found = [draws.estimate(name, kind=kind) for draws in both]
            held[name, kind].append([one.conf_low <= TRUTH[name] <= one.conf_high for one in found])
    return {cell: tuple(np.mean(decisions, axis=0)) for cell, decisions in held.items()}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", TRUTH)
def test_intervals_of_a_comparison(name: str, kind: str) -> None:
    rates_keep(lambda times, seed: covering(times, seed)[name, kind], LOW, HIGH)


def test_a_median_that_is_often_not_reached() -> None:
    """Wrong: the resamples in which it was not reached are dropped."""
    truth = 9.0  # the first whole month with more than half of the events: 1 - exp(-9 / 12) = 0.53

    def replicate(rng: np.random.Generator) -> tuple[bool, bool]:
        frame, seed = arms(rng, 40, 10), int(rng.integers(2**31))
        draws = resampling.bootstrap_comparison(
            frame, "arm", replicates=DRAWS, tau=6, seed=seed, extend=True, jackknife=False
        )
        values = np.where(np.isinf(draws.values), np.nan, draws.values)
        decisions = []
        for one in (draws, replace(draws, values=values, undetermined=())):
            found = one.estimate("median[control]")
            decisions.append(bool(found.conf_low <= truth <= found.conf_high))
        return decisions[0], decisions[1]

    # Whole months make the interval longer than its level.
    keeps(replicate, 0.94, 0.985)


def test_a_permutation_test_of_equal_arms() -> None:
    """Exactly 0.05 with 99 exchanges; wrong: the two rows of a person are exchanged apart."""

    def difference(frame: pd.DataFrame) -> float:
        walking, pain = frame["arm"].to_numpy() == "walking", frame["pain"].to_numpy()
        return float(pain[walking].mean() - pain[~walking].mean())

    def replicate(rng: np.random.Generator) -> tuple[bool, bool]:
        person = np.repeat(np.arange(40), 2)
        frame = pd.DataFrame(
            {
                "participant_id": person,
                "arm": np.where(person % 2, "walking", "control"),
                "pain": rng.normal(size=40)[person] + 0.3 * rng.normal(size=80),
            }
        )
        seed = int(rng.integers(2**31))
        options = {"replicates": 99, "seed": seed}
        whole = resampling.permutation_test(frame, difference, "arm", **options)
        torn = resampling.permutation_test(frame, difference, "arm", subject=None, **options)
        return whole.p_value <= 0.05, torn.p_value <= 0.05

    keeps(replicate, 0.05)
