"""Standardised differences: the special cases into which they collapse, and slow twins."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from walkstats.numerics.summaries import (
    count_codes,
    standardised_mean_difference,
    standardised_share_difference,
    summarise_numbers,
)

TIGHT = 1e-12  # closed form; only rounding differs

numbers = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30)
counts = st.lists(st.integers(1, 50), min_size=2, max_size=5)


@given(numbers)
def test_summary_by_the_standard_library(values):
    summary = summarise_numbers([*values, math.nan])
    assert (summary.known, summary.missing) == (len(values), 1)
    assert summary.mean == pytest.approx(statistics.fmean(values), rel=TIGHT, abs=1e-9)
    assert summary.sd == pytest.approx(statistics.stdev(values), rel=1e-9, abs=1e-9)
    q1, median, q3 = statistics.quantiles(values, n=4, method="inclusive")
    assert (summary.q1, summary.median, summary.q3) == pytest.approx((q1, median, q3), abs=1e-9)


@given(st.integers(1, 99), st.integers(1, 99))
def test_two_categories_collapse_to_the_simple_formula(first, second):
    p, q = first / 100, second / 100
    simple = abs(q - p) / math.sqrt((p * (1 - p) + q * (1 - q)) / 2)
    found = standardised_share_difference([first, 100 - first], [second, 100 - second])
    assert found == pytest.approx(simple, rel=1e-9, abs=TIGHT)


@given(counts, st.data())
def test_any_category_may_be_left_out_and_groups_may_be_swapped(first, data):
    second = data.draw(st.lists(st.integers(1, 50), min_size=len(first), max_size=len(first)))
    found = standardised_share_difference(first, second)
    turned = standardised_share_difference(second[::-1], first[::-1])
    assert found == pytest.approx(turned, rel=1e-7, abs=1e-9)


def test_a_category_that_nobody_has_changes_nothing():
    assert standardised_share_difference([5, 0, 3], [2, 0, 9]) == pytest.approx(
        standardised_share_difference([5, 3], [2, 9]), rel=TIGHT
    )


def test_nothing_to_compare_is_missing():
    assert math.isnan(standardised_share_difference([0, 0], [1, 2]))
    assert math.isnan(standardised_share_difference([4, 0], [0, 4]))
    one, other = summarise_numbers([1.0]), summarise_numbers([2.0, 3.0])
    assert math.isnan(standardised_mean_difference(one, other))
    assert standardised_mean_difference(*[summarise_numbers([2.0, 2.0])] * 2) == 0.0


def test_codes_are_counted_and_negative_ones_are_missing():
    counted, missing = count_codes(np.array([0, 2, 2, -1]), 4)
    assert counted.tolist() == [1, 0, 2, 0]
    assert missing == 1
