"""Cox's partial likelihood against its slow twin and against closed forms of small data."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.survival.slow_cox import random_rows, slow_evaluate
from walkstats.survival import risk_set_sums
from walkstats.survival.partial_likelihood import (
    evaluate,
    hazard_increments,
    information_over_time,
    score_residuals,
)
from walkstats.survival.risk_sets import sort_risk_sets

SEEDS = st.integers(0, 2**32 - 1)
TIES = st.sampled_from(["efron", "breslow"])
ROUNDING = 1e-10  # a dozen rows, numbers of order 1


def drawn(seed):
    rows = random_rows(seed)
    beta = np.random.default_rng(seed).normal(size=rows.X.shape[1])
    return rows, sort_risk_sets(*rows.arguments), beta


@given(SEEDS, TIES)
def test_value_score_and_information_are_those_of_the_loops(seed, ties):
    rows, sets, beta = drawn(seed)
    found = evaluate(beta, rows.X, sets, rows.offset, ties)
    value, score, information, *_ = slow_evaluate(beta, rows, ties)
    assert found.log_likelihood == pytest.approx(value, rel=ROUNDING, abs=ROUNDING)
    assert np.allclose(found.score, score, rtol=0, atol=ROUNDING)
    assert np.allclose(found.information, information, rtol=0, atol=ROUNDING)


@given(SEEDS, TIES)
def test_score_residuals_are_those_of_the_loops_and_sum_to_the_score(seed, ties):
    rows, sets, beta = drawn(seed)
    found = score_residuals(beta, rows.X, sets, rows.offset, ties)
    _, score, _, residuals, which = slow_evaluate(beta, rows, ties)
    assert np.allclose(found[which], residuals, rtol=0, atol=ROUNDING)
    assert np.allclose(sets.mass @ found, score, rtol=0, atol=ROUNDING)


@given(SEEDS, TIES)
def test_steps_of_the_hazard_add_up(seed, ties):
    rows, sets, beta = drawn(seed)
    found = hazard_increments(beta, rows.X, sets, rows.offset, ties)
    assert np.array_equal(found.index, np.flatnonzero(sets.tied))
    assert np.allclose(np.bincount(found.step_at, found.step_hazard), found.hazard)
    share = found.step_hazard * found.step_share
    assert np.allclose(np.bincount(found.step_at, share), found.taken, atol=ROUNDING)
    steps = sets.tied[found.index] if ties == "efron" else np.ones(len(found.index))
    assert np.array_equal(np.bincount(found.step_at), steps)
    # As many events are expected as happen.
    offset = 0.0 if rows.offset is None else rows.offset
    total = np.zeros(sets.n_times)
    total[found.index] = found.hazard
    expected = sets.over_time(total)
    lost = np.zeros(sets.n_times)
    lost[found.index] = found.taken
    seen = sets.event if sets.first is None else sets.event & (sets.first <= sets.last)
    expected = np.exp(rows.X @ beta + offset) * (expected - seen * lost[sets.last])
    assert sets.mass @ expected == pytest.approx(sets.n_event.sum(), rel=ROUNDING)


@given(SEEDS, TIES)
def test_mean_covariates_of_the_events_give_the_score(seed, ties):
    rows, sets, beta = drawn(seed)
    found = hazard_increments(beta, rows.X, sets, rows.offset, ties)
    seen = sets.event if sets.first is None else sets.event & (sets.first <= sets.last)
    events = sets.mass[seen] @ rows.X[seen]
    score = events - sets.n_event[found.index] @ found.event_mean
    assert np.allclose(score, slow_evaluate(beta, rows, ties)[1], rtol=0, atol=ROUNDING)


@given(SEEDS, TIES)
def test_information_splits_by_event_time(seed, ties):
    rows, sets, beta = drawn(seed)
    whole = evaluate(beta, rows.X, sets, rows.offset, ties).information
    ones = np.ones(np.count_nonzero(sets.tied))
    parts = [
        information_over_time(beta, rows.X, sets, one, rows.offset, ties)
        for one in np.eye(len(ones))
    ]
    assert np.allclose(sum(parts), whole, rtol=0, atol=ROUNDING)
    weights = np.random.default_rng(seed).normal(size=len(ones))
    weighted = information_over_time(beta, rows.X, sets, weights, rows.offset, ties)
    summed = sum(w * part for w, part in zip(weights, parts, strict=True))
    # Weights of both signs cancel over cumulative hazards that are as far apart as the risks are.
    eta = rows.X @ beta + (0.0 if rows.offset is None else rows.offset)
    rounding = max(ROUNDING, 16 * np.finfo(float).eps * np.exp(np.ptp(eta)))
    assert np.allclose(weighted, summed, rtol=0, atol=rounding)


@given(SEEDS, TIES)
def test_risk_sets_scaled_apart_give_the_same(seed, ties):
    rows, sets, beta = drawn(seed)
    usual = evaluate(beta, rows.X, sets, rows.offset, ties)
    residuals = score_residuals(beta, rows.X, sets, rows.offset, ties)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(risk_set_sums, "WIDEST", 0.0)
        apart = evaluate(beta, rows.X, sets, rows.offset, ties)
        residuals_apart = score_residuals(beta, rows.X, sets, rows.offset, ties)
    for one, other in zip(usual, apart, strict=True):
        assert np.allclose(one, other, rtol=0, atol=ROUNDING)
    assert np.allclose(residuals, residuals_apart, rtol=0, atol=ROUNDING)


def test_predictors_too_wide_for_exp():
    """One person of hazard e^3000 who has the event first, and one of e^-3000 who has it last."""
    X = np.array([[3000.0], [1.0], [0.0], [-3000.0]])
    sets = sort_risk_sets(None, [1, 2, 3, 4], [1, 1, 1, 1])
    found = evaluate(np.ones(1), X, sets)
    assert found.log_likelihood == pytest.approx(-np.log1p(np.exp(-1.0)), rel=1e-12)
    p = 1 / (1 + np.e)
    assert found.score[0] == pytest.approx(p, rel=1e-12)
    assert found.information[0, 0] == pytest.approx(p * (1 - p), rel=1e-9)


# Closed forms of the two small data sets of Therneau and Grambsch (2000), appendix E, derived anew
# with r = exp(beta): six people, x = 1 for three of them; ten spells with entry times.

SIX = {
    "stop": np.array([1.0, 1, 6, 6, 8, 9]),
    "event": np.array([1, 0, 1, 1, 0, 1], bool),
    "x": np.array([[1.0], [1], [1], [0], [0], [0]]),
}
TEN = {
    "start": np.array([1.0, 2, 5, 2, 1, 7, 3, 4, 8, 8]),
    "stop": np.array([2.0, 3, 6, 7, 8, 9, 9, 9, 14, 17]),
    "event": np.array([1, 1, 1, 1, 1, 1, 1, 0, 0, 0], bool),
    "x": np.array([[1.0], [0], [0], [1], [0], [1], [1], [1], [0], [0]]),
}


def closed_form(b, denominators, events):
    """Value, score, information of events * b - sum of log(a r + c) over pairs (a, c)."""
    r = np.exp(b)
    value = events * b - sum(np.log(a * r + c) for a, c in denominators)
    score = events - sum(a * r / (a * r + c) for a, c in denominators)
    return value, score, sum(a * c * r / (a * r + c) ** 2 for a, c in denominators)


SIX_SETS = {
    "breslow": ([(3, 3), (1, 3), (1, 3)], 2),
    "efron": ([(3, 3), (1, 3), (0.5, 2.5)], 2),
    "exact": ([(3, 3), (3, 3)], 2),
}
TEN_SETS = {
    "breslow": ([(1, 1), (1, 2), (3, 2), (3, 1), (3, 1), (3, 2), (3, 2)], 4),
    "efron": ([(1, 1), (1, 2), (3, 2), (3, 1), (3, 1), (3, 2), (2, 2)], 4),
}


@pytest.mark.parametrize("b", [-1.5, 0.0, 0.7, 3.0])
@pytest.mark.parametrize("ties", ["breslow", "efron", "exact"])
def test_six_people(ties, b):
    sets = sort_risk_sets(None, SIX["stop"], SIX["event"])
    found = evaluate(np.array([b]), SIX["x"], sets, None, ties)
    expected = closed_form(b, *SIX_SETS[ties])
    assert np.allclose(np.ravel([*map(np.ravel, found)]), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("b", [-1.5, 0.0, 0.7, 3.0])
@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_ten_spells(ties, b):
    sets = sort_risk_sets(TEN["start"], TEN["stop"], TEN["event"])
    found = evaluate(np.array([b]), TEN["x"], sets, None, ties)
    expected = closed_form(b, *TEN_SETS[ties])
    assert np.allclose(np.ravel([*map(np.ravel, found)]), expected, rtol=1e-12, atol=1e-13)


# The third: nine people with weights, x from 0 to 2, events of three weights tied at 2. Each risk
# set is a polynomial in r, power -> coefficient, beside the weight of the events it stands for.

NINE = {
    "stop": np.array([1.0, 1, 2, 2, 2, 2, 3, 4, 5]),
    "event": np.array([1, 0, 1, 1, 1, 0, 0, 1, 0], bool),
    "x": np.array([[2.0], [0], [1], [1], [0], [1], [0], [1], [0]]),
    "weights": np.array([1.0, 2, 3, 4, 3, 2, 1, 2, 1]),
}
FIRST, LAST = (1.0, {2: 1.0, 1: 11.0, 0: 7.0}), (2.0, {1: 2.0, 0: 1.0})
NINE_SETS = {
    "breslow": [FIRST, (10.0, {1: 11.0, 0: 5.0}), LAST],
    # The events, 7 r + 3, leave by thirds.
    "efron": [FIRST, *((10 / 3, {1: 11 - 7 * step / 3, 0: 5 - step}) for step in range(3)), LAST],
}


@pytest.mark.parametrize("b", [-1.5, 0.0, 0.7, 3.0])
@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_nine_weighted_people(ties, b):
    sets = sort_risk_sets(None, NINE["stop"], NINE["event"], weights=NINE["weights"])
    found = evaluate(np.array([b]), NINE["x"], sets, None, ties)
    value, score, information = 11 * b, 11.0, 0.0
    for weight, polynomial in NINE_SETS[ties]:
        total, first, second = (
            sum(c * k**power * np.exp(k * b) for k, c in polynomial.items()) for power in range(3)
        )
        value -= weight * np.log(total)
        score -= weight * first / total
        information += weight * (second / total - (first / total) ** 2)
    expected = [value, score, information]
    assert np.allclose(np.ravel([*map(np.ravel, found)]), expected, rtol=1e-12, atol=1e-12)


def test_hazards_of_six_people_at_zero():
    """At beta = 0 Breslow's steps are d / n, Efron's 1 / n + 1 / (n - 1)."""
    sets = sort_risk_sets(None, SIX["stop"], SIX["event"])
    found = {t: hazard_increments(np.zeros(1), SIX["x"], sets, None, t) for t in SIX_SETS}
    assert np.allclose(found["breslow"].hazard, [1 / 6, 2 / 4, 1])
    assert np.allclose(found["efron"].hazard, [1 / 6, 1 / 4 + 1 / 3, 1])
    assert np.allclose(found["efron"].variance, [1 / 36, 1 / 16 + 1 / 9, 1])
    assert np.allclose(found["exact"].hazard, found["breslow"].hazard)
    assert np.allclose(found["efron"].event_mean[:, 0], [1 / 2, (1 / 4 + 1 / 6) / 2, 0])
