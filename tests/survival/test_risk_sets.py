"""Risk sets, sorted once, against masks drawn anew for every time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.survival.slow_cox import random_rows
from walkstats.survival.risk_sets import merge_times, sort_risk_sets, stable_order

SEEDS = st.integers(0, 2**32 - 1)
ROUNDING = 1e-12  # sums of a dozen numbers below 10


def masks(sets, rows):
    """(m, n) who is at risk at each time index, and whose row stops there."""
    filled = rows.copied()[0] if rows.frequencies is None else None
    start = np.full(len(rows.stop), -np.inf) if rows.start is None else rows.start
    strata = np.zeros(len(rows.stop), int) if rows.strata is None else rows.strata
    assert filled is None or len(filled.stop) == len(rows.stop)
    t, own = sets.times[:, None], sets.stratum_of_time[:, None] == strata
    return own & (start < t) & (t <= rows.stop), own & (rows.stop == t)


@given(SEEDS)
def test_counts_and_sums_are_those_of_the_masks(seed):
    rows = random_rows(seed)
    sets = sort_risk_sets(*rows.arguments)
    at_risk, stops = masks(sets, rows)
    copies = np.ones(len(rows.stop)) if rows.frequencies is None else rows.frequencies
    mass = copies if rows.weights is None else copies * rows.weights
    ends = stops & at_risk
    assert np.allclose(sets.n_risk, at_risk @ mass, atol=ROUNDING)
    assert np.allclose(sets.n_event, ends @ (mass * rows.event), atol=ROUNDING)
    assert np.allclose(sets.n_censor, ends @ (mass * ~rows.event), atol=ROUNDING)
    assert np.array_equal(sets.tied, ends @ (copies * rows.event))
    assert np.allclose(sets.at_risk(rows.X), at_risk @ rows.X, atol=ROUNDING)
    assert np.allclose(sets.at_times(rows.X[:, 0]), stops @ rows.X[:, 0], atol=ROUNDING)
    steps = np.random.default_rng(seed).random((sets.n_times, 2))
    assert np.allclose(sets.over_time(steps), at_risk.T @ steps, atol=ROUNDING)


@given(SEEDS)
def test_rows_stand_by_stratum_and_time_events_first(seed):
    rows = random_rows(seed)
    sets = sort_risk_sets(*rows.arguments)
    strata = np.zeros(len(rows.stop), int) if rows.strata is None else rows.strata
    expected = sorted(
        range(len(rows.stop)), key=lambda i: (strata[i], rows.stop[i], not rows.event[i])
    )
    assert sets.order.tolist() == expected
    assert np.array_equal(sets.times[sets.last], rows.stop)
    for j in range(sets.n_times):
        assert set(sets.order[sets.bounds[j] : sets.bounds[j + 1]]) == set(
            np.flatnonzero(sets.last == j)
        )
    for g in range(sets.n_strata):
        times = sets.times[sets.stratum_bounds[g] : sets.stratum_bounds[g + 1]]
        assert np.array_equal(times, np.unique(rows.stop[strata == g]))


@given(SEEDS)
def test_other_copies_need_no_new_sort(seed):
    rows = random_rows(seed)
    copies = np.random.default_rng(seed).integers(0, 3, len(rows.stop))
    again = sort_risk_sets(*rows.arguments).with_frequencies(copies)
    afresh = sort_risk_sets(*rows.arguments[:-1], copies)
    for name in ("n_risk", "n_event", "n_censor", "tied", "mass", "order", "last"):
        assert np.array_equal(getattr(again, name), getattr(afresh, name)), name


def test_ties_by_rounding_are_merged_whatever_the_unit():
    days = np.array([60, 61, 61, 200, 1000, 1000.5])
    moved = np.array([0, 0, 1e-12, 0, -1e-11, 0])
    for unit in (1.0, 1 / 365.25, 1e-9, 1e12):
        found = merge_times((days + moved) * unit)
        assert found.merged == 1
        assert found.stop[1] == found.stop[2]
        assert np.allclose(found.stop, days * unit, rtol=1e-12)


def test_distinct_times_on_a_small_scale_stay_distinct():
    times = np.arange(1, 601) * 1e-9  # R's timefix makes these one time
    assert merge_times(times).merged == 0
    assert sort_risk_sets(None, times, np.ones(600, bool)).n_times == 600


def test_entry_and_exit_are_merged_together():
    found = merge_times([0.3, 1.0], start=[0.0, 0.1 + 0.2])
    assert found.merged == 1
    assert found.stop[0] == found.start[1]


def test_whole_times_from_anywhere_keep_their_values():
    sets = sort_risk_sets(None, [1e6 + 3, 1e6 + 1, 1e6 + 3], [1, 1, 0])
    assert sets.times.tolist() == [1e6 + 1, 1e6 + 3]
    assert sets.n_risk.tolist() == [3, 2]
    assert sort_risk_sets(None, [-1.5, -0.5], [1, 1]).times.tolist() == [-1.5, -0.5]


def test_a_row_without_follow_up_is_at_risk_at_no_time():
    sets = sort_risk_sets([0, 5, 2], [5, 5, 4], [False, True, True])
    assert sets.n_risk.tolist() == [2, 1]
    assert sets.n_event.tolist() == [1, 0]
    assert sets.n_censor.tolist() == [0, 1]


def test_many_strata_and_times_take_the_sorting_way():
    rng = np.random.default_rng(0)
    strata, stop = rng.permutation(3000), rng.random(3000)
    sets = sort_risk_sets(stop - 0.1, stop, np.ones(3000, bool), strata)
    assert sets.n_strata == sets.n_times == 3000
    assert np.array_equal(sets.n_risk, np.ones(3000))


def test_what_is_given_stays_writable_and_what_is_made_does_not():
    event = np.array([True, False])
    sets = sort_risk_sets(None, [1, 2], event)
    event[0] = False
    with pytest.raises(ValueError, match="read-only"):
        sets.times[0] = 0


@pytest.mark.parametrize("stop", [[], [1, np.nan], [1, np.inf]])
def test_times_must_be_finite(stop):
    with pytest.raises(ValueError, match=r"no row|finite"):
        sort_risk_sets(None, stop, np.ones(len(stop), bool))


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=40))
def test_radix_order_is_a_stable_sort(keys):
    keys = np.array(keys)
    assert np.array_equal(stable_order(keys), np.argsort(keys, kind="stable"))
