"""The largest of several statistics: special cases with an answer of their own, and brute force.

EXACT: up to two dimensions the integral is taken to rounding. LATTICE: beyond, tails err by some
1e-5 and quantiles with them. DRAWN: 3.29 Monte Carlo standard errors.
"""

import numpy as np
import pytest
from scipy import special, stats

from walkstats.numerics import limits
from walkstats.numerics.joint_limits import joint_p, joint_quantile

EXACT = 1e-9
LATTICE = 1e-4


def pairs(sizes):
    """Correlation of all differences between means of groups of these sizes."""
    k = len(sizes)
    rows = np.array([np.eye(k)[b] - np.eye(k)[a] for a in range(k) for b in range(a + 1, k)])
    covariance = rows @ np.diag(1.0 / np.asarray(sizes, dtype=float)) @ rows.T
    spread = np.sqrt(np.diag(covariance))
    return covariance / np.outer(spread, spread)


@pytest.mark.parametrize("df", [5.0, 40.0, np.inf])
def test_one_statistic_is_students(df):
    one = np.ones((1, 1))
    assert joint_quantile(one, df, 0.95) == pytest.approx(limits.t_quantile(0.95, df), rel=EXACT)
    assert joint_p([2.1], one, df)[0] == pytest.approx(limits.t_p(2.1, df), rel=EXACT)
    # The same statistic twice, and its negative, are one.
    twice = np.array([[1.0, 1.0, -1.0], [1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]])
    assert joint_p([2.1] * 3, twice, df)[0] == pytest.approx(limits.t_p(2.1, df), rel=EXACT)


def test_independent_statistics_multiply():
    apart = np.eye(2)
    expected = 1 - (1 - limits.normal_p(2.0)) ** 2
    assert joint_p([2.0, 2.0], apart, np.inf)[0] == pytest.approx(expected, rel=EXACT)
    expected = 1 - (1 - limits.normal_p(2.0)) ** 4
    assert joint_p([2.0] * 4, np.eye(4), np.inf)[0] == pytest.approx(expected, abs=LATTICE)


@pytest.mark.parametrize(("k", "room"), [(3, 1e-7), (4, LATTICE), (5, LATTICE)])
def test_pairs_of_equal_groups_are_tukeys(k, room):
    tukey = stats.studentized_range(k, 20)
    p = joint_p(np.full(k * (k - 1) // 2, 2.4), pairs([7] * k), 20.0)
    np.testing.assert_allclose(p, tukey.sf(2.4 * np.sqrt(2)), atol=room)


@pytest.mark.parametrize(
    ("groups", "df", "published"), [(2, 10, 2.57), (3, 15, 2.61), (4, 30, 2.58), (5, 60, 2.58)]
)
def test_comparisons_with_a_control_are_dunnetts(groups, df, published):
    """Two-sided, 5 %: table 2 of Dunnett (1964), to its two decimals."""
    correlation = np.full((groups, groups), 0.5) + 0.5 * np.eye(groups)
    assert joint_quantile(correlation, float(df), 0.95) == pytest.approx(published, abs=0.0051)


def test_three_pairs_by_another_integral():
    """P(all |difference| <= c) of three normal means, by integration over two of them."""
    sizes, c = np.array([4.0, 9.0, 25.0]), 2.2
    error = 1 / np.sqrt(sizes)
    reach = {(a, b): c * np.hypot(error[a], error[b]) for a in range(3) for b in range(a)}
    grid = np.linspace(-6, 6, 701)
    first, second = error[0] * grid[:, None], error[1] * grid[None, :]
    low = np.maximum(first - reach[2, 0], second - reach[2, 1]) / error[2]
    high = np.minimum(first + reach[2, 0], second + reach[2, 1]) / error[2]
    within = np.maximum(special.ndtr(high) - special.ndtr(low), 0.0)
    density = np.exp(-(grid**2) / 2) / np.sqrt(2 * np.pi)
    # The edge of the first pair cuts cells of the grid: each counts by its share inside.
    step = error[1] * (grid[1] - grid[0])
    share = np.clip((reach[1, 0] - np.abs(first - second)) / step + 0.5, 0.0, 1.0)
    inside = density @ (within * share) @ density * (grid[1] - grid[0]) ** 2
    ours = joint_p([c, c, c], pairs(sizes), np.inf)[0]
    assert ours == pytest.approx(1 - inside, abs=1e-5)


def test_it_lies_between_one_and_bonferroni():
    rng = np.random.default_rng(5)
    for m, df in ((2, 6.3), (4, 17.0), (6, np.inf)):
        square = rng.normal(size=(m, m + 1))
        covariance = square @ square.T
        spread = np.sqrt(np.diag(covariance))
        correlation = covariance / np.outer(spread, spread)
        quantile = joint_quantile(correlation, df, 0.95)
        assert limits.t_quantile(0.95, df) < quantile < limits.t_quantile(1 - 0.05 / m, df)
        assert joint_p([quantile] * m, correlation, df)[0] == pytest.approx(0.05, abs=1e-8)
        order = rng.permutation(m)
        turned = joint_quantile(correlation[np.ix_(order, order)], df, 0.95)
        assert turned == pytest.approx(quantile, rel=LATTICE)


@pytest.mark.parametrize("sizes", [(3, 5, 20), (4, 4, 9, 30)])
def test_limits_hold_all_at_once(sizes):
    """Unequal groups: 0.95 of draws stay within; of those within t alone, fewer do."""
    rng = np.random.default_rng(20240627)
    df, correlation = sum(sizes) - len(sizes), pairs(sizes)
    draws = rng.normal(size=(40_000, len(sizes))) / np.sqrt(sizes)
    rows = [(a, b) for a in range(len(sizes)) for b in range(a + 1, len(sizes))]
    spread = [np.sqrt(1 / sizes[a] + 1 / sizes[b]) for a, b in rows]
    ratio = np.column_stack([draws[:, b] - draws[:, a] for a, b in rows]) / spread
    largest = np.abs(ratio).max(axis=1) / np.sqrt(rng.chisquare(df, 40_000) / df)
    room = 3.29 * np.sqrt(0.05 * 0.95 / 40_000)
    beyond = np.mean(largest > joint_quantile(correlation, float(df), 0.95))
    assert abs(beyond - 0.05) < room
    assert np.mean(largest > limits.t_quantile(0.95, df)) > 0.05 + room
    # Tukey and Kramer's are too wide here.
    kramer = stats.studentized_range(len(sizes), df).ppf(0.95) / np.sqrt(2)
    assert joint_quantile(correlation, float(df), 0.95) < kramer


def test_what_is_unknown_stays_out():
    correlation = np.array([[1.0, np.nan, 0.3], [np.nan, np.nan, np.nan], [0.3, np.nan, 1.0]])
    p = joint_p([2.0, np.nan, 1.0], correlation, [12.0, 12.0, 12.0])
    two = joint_p([2.0, 1.0], np.array([[1.0, 0.3], [0.3, 1.0]]), 12.0)
    np.testing.assert_array_equal(p[[0, 2]], two)
    assert np.isnan(p[1])
    assert np.isnan(joint_p([np.nan], np.full((1, 1), np.nan), 5.0)).all()
    assert np.isnan(joint_quantile(np.full((1, 1), np.nan), 5.0, 0.95))
    assert np.isnan(joint_quantile(np.eye(2), np.nan, 0.95))
    assert joint_p([np.inf, 0.0], np.eye(2), 9.0).tolist()[1] == pytest.approx(1.0)
