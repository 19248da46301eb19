"""Places of mass and the mass on them, against a search over all of them and plain EM.

EM comes near the maximum from below, and its own conditions say by how much at most. The conditions
of a maximum hold to 1e-9, as promised.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from tests.survival.interval_censored.drawn_intervals import ends, interval_trials, small_trials
from walkstats.survival.interval_censored.mass import estimate_mass, survival_errors
from walkstats.survival.interval_censored.places_of_mass import (
    places_of_mass,
    sum_over_pairs,
    sum_over_runs,
)

PROMISED = 1e-9
SAME_SUMS = 1e-12
# Masses are found to 1e-13 per row; another order of rows adds them up in another order.
SAME_MAXIMUM = 1e-8


def slow_places(low: np.ndarray, high: np.ndarray) -> list[tuple[float, float]]:
    """Innermost intersections: of all pairs of a left and a right end, those that hold no other."""
    exact = low == high
    # An open left end lies a little behind its day, an exact one on it.
    left = np.where(exact, low, low + 0.25)
    found = []
    for a, day in sorted(set(zip(left, low, strict=True))):
        for b in sorted(set(high)):
            inside = b >= a and not np.any((left > a) & (left <= b))
            if inside and not np.any((high >= a) & (high < b)):
                found.append((day, b))
    return sorted(set(found))


def slow_allowed(
    places: list[tuple[float, float]], low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    def allows(i: int, q: float, p: float) -> bool:
        if low[i] == high[i] or q == p:
            return (q == p == low[i] == high[i]) or (q == p and low[i] < q <= high[i])
        return low[i] <= q and p <= high[i]

    return np.array([[allows(i, q, p) for q, p in places] for i in range(len(low))], dtype=float)


@given(small_trials)
def test_slow_twin(frame: pd.DataFrame) -> None:
    low, high = ends(frame)
    places = places_of_mass(low, high)
    slow = slow_places(low, high)
    assert list(zip(places.low, places.high, strict=True)) == slow
    allowed = slow_allowed(slow, low, high)
    runs = np.arange(places.number)
    ours = (places.first[:, None] <= runs) & (runs <= places.last[:, None])
    np.testing.assert_array_equal(ours, allowed)
    found = estimate_mass(places, np.ones(len(low)))
    mass = np.full(len(slow), 1 / len(slow))
    for _ in range(100):
        mass = mass * np.mean(allowed / (allowed @ mass)[:, None], axis=0)
    em = np.sum(np.log(allowed @ mass))
    assert em <= found.log_likelihood + 1e-9
    # After 100 steps it lies below the maximum by at most log(1 + gap) for each row.
    below = np.log(np.max(np.mean(allowed / (allowed @ mass)[:, None], axis=0))) * len(low)
    assert found.log_likelihood <= em + below + 1e-9
    conditions = np.mean(allowed / (allowed @ found.mass)[:, None], axis=0) - 1
    assert conditions.max() < PROMISED
    assert np.abs(conditions[found.mass > 0]).max() < PROMISED
    assert found.gap < PROMISED
    np.testing.assert_allclose(found.mass.sum(), 1, rtol=SAME_SUMS)
    assert np.all(np.diff(found.survival) <= 0)


@given(interval_trials, st.integers(0, 99), st.sampled_from([0.25, 7.0, 365.25]))
def test_order_units_and_copies(frame: pd.DataFrame, seed: int, factor: float) -> None:
    low, high = ends(frame)
    order = np.random.default_rng(seed).permutation(len(low))
    places, moved = (
        places_of_mass(low, high),
        places_of_mass(factor * low[order], factor * high[order]),
    )
    np.testing.assert_allclose(places.low * factor, moved.low)
    np.testing.assert_allclose(places.high * factor, moved.high)
    one, other = (estimate_mass(where, np.ones(len(low))) for where in (places, moved))
    np.testing.assert_allclose(one.mass, other.mass, atol=SAME_MAXIMUM)
    np.testing.assert_allclose(one.log_likelihood, other.log_likelihood, rtol=1e-10, atol=1e-10)
    twice = estimate_mass(places, np.full(len(low), 2.0))
    np.testing.assert_allclose(one.mass, twice.mass, atol=SAME_MAXIMUM)
    np.testing.assert_allclose(
        survival_errors(one), survival_errors(twice) * np.sqrt(2), rtol=1e-5, atol=SAME_MAXIMUM
    )


def test_sums_over_runs_and_pairs() -> None:
    rng = np.random.default_rng(7)
    first = rng.integers(0, 6, 40)
    last = np.minimum(first + rng.integers(0, 4, 40), 6)
    values = rng.normal(size=40)
    inside = (first[:, None] <= np.arange(7)) & (np.arange(7) <= last[:, None])
    np.testing.assert_allclose(sum_over_runs(values, first, last, 7), values @ inside, atol=1e-12)
    pairs = (inside * values[:, None]).T @ inside
    np.testing.assert_allclose(sum_over_pairs(values, first, last, 7), pairs, atol=1e-12)


def test_errors_are_those_of_the_likelihood() -> None:
    """Against second differences of the log-likelihood in the masses before the last."""
    low = np.array([0, 0, 1, 1, 2, 2, 3, 3, 0, 2, 1, 3.0])
    high = np.array([1, 2, 2, 3, 3, 4, 4, np.inf, 3, 4, np.inf, np.inf])
    places = places_of_mass(low, high)
    found = estimate_mass(places, np.ones(12))
    held = np.flatnonzero(found.mass > 0)
    runs = np.arange(places.number)
    allowed = ((places.first[:, None] <= runs) & (runs <= places.last[:, None]))[:, held]
    free = found.mass[held][:-1]

    def log_likelihood(p: np.ndarray) -> float:
        return float(np.sum(np.log(allowed @ np.append(p, 1 - p.sum()))))

    k, h = len(free), 1e-4
    hessian = np.empty((k, k))
    for i in range(k):
        for j in range(k):
            a, b = np.eye(k)[i] * h, np.eye(k)[j] * h
            hessian[i, j] = (
                log_likelihood(free + a + b)
                - log_likelihood(free + a - b)
                - log_likelihood(free - a + b)
                + log_likelihood(free - a - b)
            ) / (4 * h * h)
    covariance = np.linalg.inv(-hessian)
    slow = [np.sqrt(covariance[:m, :m].sum()) for m in range(1, k + 1)]
    # Second differences have six digits.
    np.testing.assert_allclose(survival_errors(found)[held[:-1]], slow, rtol=1e-5)


def test_times_that_differ_by_rounding_are_one() -> None:
    third = np.array([0.1 + 0.2, 0.3])
    places = places_of_mass(np.zeros(2), third)
    assert places.merged == 1
    assert places.number == 1
