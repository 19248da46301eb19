"""Directions of endless rise: cases that can be seen by eye, and angles tried out."""

from __future__ import annotations

import numpy as np
import pytest

from walkstats.numerics.separation import Rise, may_rise, rising_direction, undetermined

NONE = np.empty((0, 2))


@pytest.mark.parametrize("seed", range(12))
def test_a_direction_is_found_where_some_angle_rises(seed: int) -> None:
    rng = np.random.default_rng(seed)
    gains = rng.normal(size=(rng.integers(2, 5), 2))
    angles = np.linspace(0, 2 * np.pi, 20_001)
    along = gains @ np.vstack([np.cos(angles), np.sin(angles)])
    there = bool(np.any(along.min(axis=0) >= 0))
    found = rising_direction(Rise(gains, NONE))
    assert (found is not None) == there
    if found is not None:
        assert np.all(gains @ found >= 1 - 1e-7)  # in general position all gain


def test_rows_that_only_stay_are_told_from_rows_that_gain() -> None:
    gains = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
    found = rising_direction(Rise(gains, NONE))
    assert found is not None
    np.testing.assert_allclose(gains @ found > 0.5, [False, False, True])
    assert rising_direction(Rise(gains, np.array([[0.0, 1.0]]))) is None
    assert may_rise(np.array([0.0, 2.0]), Rise(gains, NONE))
    assert not may_rise(np.array([0.1, 2.0]), Rise(gains, NONE))
    assert not may_rise(np.zeros(2), Rise(gains, NONE))


def test_what_the_other_rows_determine() -> None:
    left = undetermined(np.array([[1.0, 1.0]]), np.array([1.0, -1.0]), np.eye(2))
    np.testing.assert_array_equal(left.signs, [1.0, -1.0])
    np.testing.assert_allclose(np.abs(left.basis.ravel()), np.sqrt(0.5))
    turned = np.array([[1.0, 1.0], [1.0, 0.0]])
    part = undetermined(np.array([[1.0, 1.0]]), np.array([1.0, -1.0]), turned)
    np.testing.assert_array_equal(part.infinite, [False, True])
    # Along every direction the first rises; the second may go either way.
    gains = np.array([[1.0, 0.2], [1.0, -0.2]])
    open_ = undetermined(NONE, np.array([2.0, 1.0]), np.eye(2), Rise(gains, NONE))
    np.testing.assert_array_equal(open_.signs, [1.0, np.nan])
