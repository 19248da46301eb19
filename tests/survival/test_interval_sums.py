"""Sums over intervals without differences, against masks."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from walkstats.survival.interval_sums import sum_over_intervals, sum_over_members


def intervals(seed):
    rng = np.random.default_rng(seed)
    size, n = int(rng.integers(1, 40)), int(rng.integers(1, 30))
    first = rng.integers(0, size, n)
    last = np.minimum(first + rng.integers(-1, size, n), size - 1)  # some hold nothing
    inside = (first[:, None] <= np.arange(size)) & (np.arange(size) <= last[:, None])
    return rng, size, first, last, inside


@given(st.integers(0, 2**32 - 1))
def test_both_directions_are_those_of_the_masks(seed):
    rng, size, first, last, inside = intervals(seed)
    values, increments = rng.random((2, first.size)), rng.random((2, size))
    assert np.allclose(sum_over_members(values, first, last, size), values @ inside)
    assert np.allclose(sum_over_intervals(increments, first, last), increments @ inside.T)


def test_what_was_large_leaves_no_trace():
    """1e30 is at risk at index 0 only; a running sum would keep 0 of the 1 that stays."""
    first, last = np.array([0, 0]), np.array([0, 2])
    found = sum_over_members(np.array([[1e30, 1.0]]), first, last, 3)
    assert found.tolist() == [[1e30, 1.0, 1.0]]
    increments = np.array([[1e30, 1.0, 1.0]])
    assert sum_over_intervals(increments, np.array([1]), np.array([2])).tolist() == [[2.0]]
