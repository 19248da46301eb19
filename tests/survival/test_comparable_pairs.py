"""Counting pairs in n log n steps against two loops over rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from walkstats.errors import FitError
from walkstats.survival.comparable_pairs import count_pairs
from walkstats.survival.risk_sets import RiskSets, sort_risk_sets

# Sums of the same products in another order.
EXACT = {"rtol": 1e-11, "atol": 1e-12}


def random_rows(seed: int, n: int, spells: bool) -> dict[str, np.ndarray | None]:
    rng = np.random.default_rng(seed)
    return {
        "start": rng.integers(0, 8, n).astype(float) if spells else None,
        "stop": rng.integers(1, 14, n).astype(float),
        "event": rng.random(n) < 0.6,
        "strata": np.unique(rng.integers(0, 3, n), return_inverse=True)[1],
        "weights": rng.uniform(0.2, 3.0, n),
        "marker": rng.integers(0, 6, n).astype(float),
    }


def two_loops(
    sets: RiskSets, marker: np.ndarray, v: np.ndarray, mass: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs by row (n, 3) and, weighted, in all (5,): the definition, pair by pair."""
    n, last, first = sets.n_rows, sets.last, sets.from_index
    stratum = np.zeros(n) if sets.strata is None else sets.strata
    by_row, total = np.zeros((n, 3)), np.zeros(5)
    for i in range(n):
        if not sets.event[i] or first[i] > last[i]:
            continue
        for j in range(n):
            if i == j or stratum[i] != stratum[j] or first[j] > last[j]:
                continue
            tied = marker[i] == marker[j]
            if last[j] == last[i] and sets.event[j]:
                total[4 if tied else 3] += mass[i] * mass[j] * v[last[i]] / 2.0
                continue
            later = last[j] > last[i] or last[j] == last[i]
            if later and first[j] <= last[i]:
                kind = 2 if tied else (0 if marker[j] < marker[i] else 1)
                by_row[i, kind] += mass[j] * v[last[i]]
                by_row[j, kind] += mass[i] * v[last[i]]
                total[kind] += mass[i] * mass[j] * v[last[i]]
    return by_row, total


@given(seed=st.integers(0, 10**6), n=st.integers(2, 30), spells=st.booleans())
def test_pairs_one_by_one(seed: int, n: int, spells: bool) -> None:
    rows = random_rows(seed, n, spells)
    marker = rows.pop("marker")
    sets = sort_risk_sets(**rows)
    v = np.random.default_rng(seed).uniform(0.0, 2.0, sets.n_times).round(1)
    by_row, total = two_loops(sets, marker, v, sets.mass)
    if total[:3].sum() == 0:
        with pytest.raises(FitError, match="No two people can be compared"):
            count_pairs(sets, marker, v)
        return
    found = count_pairs(sets, marker, v)
    np.testing.assert_allclose(found.by_row, by_row, **EXACT)
    np.testing.assert_allclose(found.by_stratum.sum(axis=0), total, **EXACT)
    value = (total[0] + total[2] / 2.0) / total[:3].sum()
    np.testing.assert_allclose(found.value, value, **EXACT)


@given(seed=st.integers(0, 10**6), spells=st.booleans())
def test_influence_is_the_derivative_by_the_weight(seed: int, spells: bool) -> None:
    """Adding a little weight to one row moves the concordance by its influence."""
    rows = random_rows(seed, 20, spells)
    marker, weights = rows.pop("marker"), rows["weights"]
    v = np.ones(20 * 14)
    sets = sort_risk_sets(**rows)
    found = count_pairs(sets, marker, v[: sets.n_times])
    row = seed % 20
    moved = []
    for step in (1e-6, -1e-6):
        heavier = weights + step * (np.arange(20) == row)
        again = sort_risk_sets(**{**rows, "weights": heavier})
        moved.append(count_pairs(again, marker, v[: again.n_times]).value)
    slope = (moved[0] - moved[1]) / 2e-6
    np.testing.assert_allclose(found.influence[row], weights[row] * slope, rtol=1e-4, atol=1e-8)


@given(seed=st.integers(0, 10**6), spells=st.booleans())
def test_frequencies_are_copies(seed: int, spells: bool) -> None:
    """Relation 8: pairs between copies of a row included (events of one time and one marker)."""
    rows = random_rows(seed, 15, spells)
    marker = rows.pop("marker")
    copies = np.random.default_rng(seed).integers(0, 4, 15)
    copies[:2] = 1
    again = {
        name: None if column is None else np.repeat(column, copies) for name, column in rows.items()
    }
    one = sort_risk_sets(**rows, frequencies=copies)
    two = sort_risk_sets(**again)
    try:
        longhand = count_pairs(two, np.repeat(marker, copies), np.ones(two.n_times))
    except FitError:
        return
    found = count_pairs(one, marker, np.ones(one.n_times))
    np.testing.assert_allclose(found.value, longhand.value, **EXACT)
    total = longhand.by_stratum.sum(axis=0)
    np.testing.assert_allclose(found.by_stratum.sum(axis=0), total, rtol=1e-10, atol=1e-10)
    squared = (copies * found.influence**2).sum()
    np.testing.assert_allclose(squared, (longhand.influence**2).sum(), **EXACT)


def test_markers_that_differ_by_rounding_are_tied() -> None:
    sets = sort_risk_sets(None, [1.0, 2.0, 3.0], [True, False, False])
    found = count_pairs(sets, np.array([0.1 + 0.2, 0.3, 1.0]), np.ones(3))
    np.testing.assert_array_equal(found.by_stratum, [[0.0, 1.0, 1.0, 0.0, 0.0]])


def test_many_rows_are_counted_exactly() -> None:
    """100,000 rows whose marker is their time: every pair discordant, none lost or met twice."""
    n = 100_000
    time = np.random.default_rng(1).permutation(n).astype(float)
    sets = sort_risk_sets(None, time, np.ones(n, bool))
    found = count_pairs(sets, time, np.ones(n))
    np.testing.assert_array_equal(found.by_stratum, [[0.0, n * (n - 1) / 2, 0.0, 0.0, 0.0]])
