"""Fieller's set, against the test that it inverts."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.relations import costly_relation
from walkstats.numerics.ratio_limits import ratio_set

Z = 1.959963984540054


def holds(found, ratio):
    inside = found.low <= ratio <= found.high
    return {"interval": inside, "outside": not inside, "all": True}[found.kind]


@costly_relation
@given(st.integers(0, 2**32 - 1))
def test_it_holds_the_ratios_that_a_test_does_not_reject(seed):
    rng = np.random.default_rng(seed)
    top, bottom = rng.normal(size=2) * [3, 2]
    sds, r = rng.random(2) + 0.05, rng.uniform(-0.95, 0.95)
    shared = r * sds[0] * sds[1]
    found = ratio_set(top, bottom, tuple(sds**2), shared, Z)
    for ratio in np.tan(np.linspace(-1.56, 1.56, 60)):
        variance = sds[0] ** 2 - 2 * ratio * shared + ratio**2 * sds[1] ** 2
        statistic = (top - ratio * bottom) ** 2 / variance
        if abs(statistic - Z**2) > 1e-6:
            assert holds(found, ratio) == (statistic < Z**2)


def test_the_three_shapes():
    assert ratio_set(10.0, 2.0, (1.0, 0.04), 0.0, 2.0).kind == "interval"
    assert ratio_set(10.0, 0.1, (1.0, 0.04), 0.0, 2.0).kind == "outside"
    assert ratio_set(0.5, 0.1, (1.0, 0.04), 0.0, 2.0).kind == "all"


def test_a_denominator_just_at_the_limit_leaves_one_end_open():
    found = ratio_set(10.0, 2.0, (1.0, 1.0), 0.0, 2.0)
    assert (found.kind, found.low, found.high) == ("interval", 2.4, np.inf)
    other = ratio_set(-10.0, 2.0, (1.0, 1.0), 0.0, 2.0)
    assert (other.low, other.high) == (-np.inf, -2.4)


def test_certain_numbers_have_a_certain_ratio():
    found = ratio_set(6.0, 2.0, (0.0, 0.0), 0.0, Z)
    assert (found.low, found.high) == (3.0, 3.0)
