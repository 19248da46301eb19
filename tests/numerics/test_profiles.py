"""Profiles of parabolas, whose limits are Wald's, and of heights without a limit."""

from __future__ import annotations

import numpy as np
import pytest

from walkstats.numerics.profiles import Profile, limit_pair, limit_towards, signed_root

INFORMATION = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.2], [0.5, -0.2, 2.0]])
TOP = np.array([1.0, -2.0, 0.3])


def parabola(g: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    away = g - TOP
    return -0.5 * float(away @ INFORMATION @ away), -INFORMATION @ away, INFORMATION


@pytest.mark.parametrize("row", [[1.0, 0, 0], [0.3, -2.0, 1.0]])
def test_limits_of_a_parabola_are_walds(row: list[float]) -> None:
    weights = np.array(row)
    error = np.sqrt(weights @ np.linalg.inv(INFORMATION) @ weights)
    profile = Profile(parabola, weights, TOP)
    found = limit_pair(profile, float(weights @ TOP), float(error), 0.0, 0.95)
    expected = weights @ TOP + np.array([-1, 1]) * 1.959963984540054 * error
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    root = signed_root(profile, float(weights @ TOP), 0.0)
    assert root == pytest.approx(weights @ TOP / error, rel=1e-8)


def test_several_coefficients_held_at_once() -> None:
    held = Profile(parabola, np.eye(3)[:2], TOP)
    lost = -2 * held.at(np.zeros(2))
    block = np.linalg.inv(INFORMATION)[:2, :2]
    assert lost == pytest.approx(TOP[:2] @ np.linalg.solve(block, TOP[:2]), rel=1e-9)
    every = Profile(parabola, np.eye(3), TOP)
    assert every.at(TOP) == pytest.approx(0.0)


def test_a_height_without_an_end_has_one_limit() -> None:
    """-exp(-g): 2 exp(-g) is the chi-squared quantile at the one limit."""

    def rising(g: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        fall = np.exp(-g[0])
        return -float(fall), np.array([fall]), np.array([[fall]])

    low, high = limit_towards(Profile(rising, np.eye(1), np.zeros(1)), 1.0, 1.0, 0.0, 0.95)
    assert low == pytest.approx(-np.log(3.841458820694124 / 2), rel=1e-8)
    assert high == np.inf

    def flat(g: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        return 0.0, np.zeros(1), np.eye(1)

    assert limit_pair(Profile(flat, np.eye(1), np.zeros(1)), 0.0, 1.0, 0.0, 0.95) == (
        -np.inf,
        np.inf,
    )


def test_of_two_hills_the_higher_is_taken() -> None:
    """Given the first coordinate, the second has a low hill at -2 and a high one at 2."""

    def hills(g: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        parts = np.array([0.5, 2.0]) * np.exp(-0.5 * (g[1] - np.array([-2.0, 2.0])) ** 2)
        pull = parts @ (np.array([-2.0, 2.0]) - g[1])
        return float(parts.sum() - g[0] ** 2), np.array([-2 * g[0], pull]), np.eye(2)

    row = np.array([1.0, 0.0])
    for hilly, expected in ((True, 2.0), (False, 0.5)):
        profile = Profile(hills, row, np.array([0.0, 2.1]), hilly=hilly)
        profile.last = -profile.first  # where an earlier search has ended
        assert profile.at(0.0) == pytest.approx(expected, abs=0.01)
