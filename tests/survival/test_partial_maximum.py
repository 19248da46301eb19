"""The maximum of the partial likelihood: closed forms, hostile scales, and none at all."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import linprog

from tests.survival.slow_cox import event_times, random_rows, slow_evaluate, slow_maximum
from tests.survival.test_partial_likelihood import SIX, TEN, TEN_SETS, closed_form
from walkstats.survival.partial_likelihood import evaluate
from walkstats.survival.partial_maximum import maximum
from walkstats.survival.profile_likelihood import profile_limits, separating_alone
from walkstats.survival.risk_sets import sort_risk_sets
from walkstats.survival.robust_variance import robust_covariance, robust_score_test

CLOSED = 1e-10  # roots of polynomials; the search ends 1e-10 standard errors away at most
ROUNDING = 1e-7  # of two Newton searches on a dozen rows, relative to a standard error


def fit(data, ties="efron", **options):
    sets = sort_risk_sets(data.get("start"), data["stop"], data["event"])
    return maximum(data["x"], sets, None, ties)


def test_six_people_in_closed_form():
    """r = exp(beta): Breslow r^2 - 3 r - 6 = 0, Efron r^3 - 23 r - 30 = 0 (appendix E.1)."""
    breslow, efron = fit(SIX, "breslow"), fit(SIX, "efron")
    r = (3 + np.sqrt(33)) / 2
    assert breslow.values[0] == pytest.approx(np.log(r), rel=CLOSED)
    information = r / (r + 1) ** 2 + 6 * r / (r + 3) ** 2
    assert breslow.covariance[0, 0] == pytest.approx(1 / information, rel=CLOSED)
    assert breslow.log_likelihood == pytest.approx(
        2 * np.log(r) - np.log(3 * r + 3) - 2 * np.log(r + 3), rel=CLOSED
    )
    roots = np.roots([1, 0, -23, -30])
    assert efron.values[0] == pytest.approx(np.log(roots.real.max()), rel=CLOSED)
    assert efron.score_test == pytest.approx(
        (2 - 1 / 2 - 1 / 4 - 1 / 6) ** 2 * 144 / 83, rel=CLOSED
    )


def test_six_people_have_no_finite_discrete_estimate():
    """The value is 2 beta - 2 log(3 r + 3): it rises for ever, to -2 log 3."""
    found = fit(SIX, "exact")
    assert found.state == "infinite"
    assert found.values[0] == np.inf
    assert found.log_likelihood == pytest.approx(-2 * np.log(3), rel=1e-9)


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_ten_spells_are_fitted_where_the_closed_score_is_zero(ties):
    found = fit(TEN, ties)
    value, score, information = closed_form(found.values[0], *TEN_SETS[ties])
    assert abs(score) / np.sqrt(information) < CLOSED
    assert found.log_likelihood == pytest.approx(value, rel=CLOSED)
    assert found.covariance[0, 0] == pytest.approx(1 / information, rel=CLOSED)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["efron", "breslow"]))
def test_maximum_and_robust_variance_are_those_of_the_loops(seed, ties):
    rows = random_rows(seed, largest=25)
    found = maximum(rows.X, sort_risk_sets(*rows.arguments), rows.offset, ties)
    assume(found.state == "converged" and not found.problem)
    slow = slow_maximum(rows, ties)
    value, _, information, residuals, which = slow_evaluate(slow, rows, ties)
    assume(np.linalg.cond(information) < 1e6)
    covariance = np.linalg.inv(information)
    scale = np.sqrt(np.diag(covariance))
    assert np.allclose(found.values / scale, slow / scale, rtol=0, atol=ROUNDING)
    assert found.log_likelihood == pytest.approx(value, rel=1e-9, abs=1e-9)
    between = np.outer(scale, scale)
    assert np.allclose(found.covariance / between, covariance / between, rtol=0, atol=ROUNDING)
    weights = np.ones(len(which)) if rows.weights is None else rows.weights[which]
    scores = residuals * weights[:, None]
    cluster = np.random.default_rng(seed).integers(0, 4, len(rows.stop))
    sums = [scores[cluster[which] == g].sum(axis=0) for g in range(4)]
    for codes, units in ((None, scores), (cluster, np.array(sums))):
        expected = covariance @ (units.T @ units) @ covariance
        robust = robust_covariance(found, codes)
        assert np.allclose(robust / between, expected / between, rtol=1e-6, atol=ROUNDING)


@given(st.integers(0, 2**32 - 1))
def test_robust_score_test_is_that_of_the_loops(seed):
    rows = random_rows(seed, largest=25)
    found = maximum(rows.X, sort_risk_sets(*rows.arguments), rows.offset)
    assume(not found.problem)
    _, score, _, residuals, which = slow_evaluate(np.zeros(rows.X.shape[1]), rows, "efron")
    weights = np.ones(len(which)) if rows.weights is None else rows.weights[which]
    scores = residuals * weights[:, None]
    meat = scores.T @ scores
    assume(np.linalg.cond(meat) < 1e6)
    expected = score @ np.linalg.solve(meat, score)
    assert robust_score_test(found) == pytest.approx(expected, rel=1e-8)


# --- scales -------------------------------------------------------------------------------------


def trial(seed=0, n=200):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    stop = np.ceil(60 * rng.exponential(size=n) * np.exp(-0.5 * x))
    return x, stop, rng.random(n) < 0.7


def test_a_covariate_far_from_zero_loses_only_its_own_digits():
    x, stop, event = trial()
    sets = sort_risk_sets(None, stop, event)
    # 1e12 + x is rounded to 1.2e-4 when it is written down; the fit must not lose more.
    rounded = (1e12 + x) - 1e12
    near, far = maximum(rounded[:, None], sets), maximum((1e12 + x)[:, None], sets)
    assert far.state == "converged"
    assert far.values[0] == pytest.approx(near.values[0], rel=1e-9)
    assert far.covariance[0, 0] == pytest.approx(near.covariance[0, 0], rel=1e-9)


@pytest.mark.parametrize("last", [False, True])
def test_one_outlying_value_is_no_overflow(last):
    x, stop, event = trial()
    x[np.argmax(stop) if last else np.argmin(stop)] = 1e4
    found = maximum(x[:, None], sort_risk_sets(None, stop, event))
    assert found.state == "converged"
    sets = sort_risk_sets(None, stop, event)
    at = evaluate(found.values, x[:, None] - found.centre, sets)
    assert abs(at.score[0]) * np.sqrt(found.covariance[0, 0]) < 1e-8


def test_an_outlier_that_has_the_event_first_leaves_the_others_alone():
    """Its hazard may be e^3000 times that of the others: it goes first, they decide."""
    x, stop, event = trial()
    first = np.argmin(stop)
    stop[first], event[first], x[first] = 0.5, True, 1e4
    others = np.arange(len(x)) != first
    found = maximum(x[:, None], sort_risk_sets(None, stop, event))
    apart = maximum(x[others, None], sort_risk_sets(None, stop[others], event[others]))
    assert found.state == "converged"
    assert found.values[0] == pytest.approx(apart.values[0], rel=1e-9)


def test_nearly_collinear_columns_are_told_and_fitted():
    x, stop, event = trial()
    noise = np.random.default_rng(5).normal(size=len(x))
    sets = sort_risk_sets(None, stop, event)
    near = maximum(np.column_stack([x, x + 1e-6 * noise]), sets)
    plain = maximum(np.column_stack([x, noise]), sets)
    assert near.involved == (0, 1)
    assert near.condition > 1e5
    # b1 x + b2 (x + c noise) is (b1 + b2) x + c b2 noise: the same model.
    assert near.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-12)
    assert near.values.sum() == pytest.approx(plain.values[0], rel=1e-6)
    assert near.values[1] * 1e-6 == pytest.approx(plain.values[1], rel=1e-6)


@pytest.mark.parametrize(
    ("columns", "problem", "which"),
    [
        (lambda x, z: [x, 2 * x - 3], "collinear", (0, 1)),
        (lambda x, z: [x, z, x - z], "collinear", (0, 1, 2)),
        (lambda x, z: [x, np.full_like(x, 0.1)], "constant", (1,)),
        (lambda x, z: [x, np.full_like(x, 1e12)], "constant", (1,)),
    ],
)
def test_columns_without_an_effect_of_their_own_are_named(columns, problem, which):
    x, stop, event = trial()
    z = np.random.default_rng(6).normal(size=len(x))
    found = maximum(np.column_stack(columns(x, z)), sort_risk_sets(None, stop, event))
    assert found.problem == problem
    assert found.columns == which


def test_columns_that_do_not_vary_in_any_risk_set_are_named():
    x, stop, event = trial()
    strata = np.arange(len(x)) % 3
    sets = sort_risk_sets(None, stop, event, strata)
    found = maximum(np.column_stack([x, strata == 1]), sets)
    assert found.problem == "unvarying"
    assert found.columns == (1,)


# --- at infinity --------------------------------------------------------------------------------


def test_a_group_without_events_is_left_out_of_the_rest():
    rng = np.random.default_rng(7)
    n = 150
    group, age, stop = rng.integers(0, 3, n), rng.normal(size=n), rng.exponential(size=n)
    event = (rng.random(n) < 0.6) & (group != 2)
    X = np.column_stack([group == 1, group == 2, age]).astype(float)
    for start in (None, np.zeros(n)):
        found = maximum(X, sort_risk_sets(start, stop, event))
        seen = group != 2
        kept = maximum(X[seen][:, [0, 2]], sort_risk_sets(None, stop[seen], event[seen]))
        assert found.state == "infinite"
        assert found.values[1] == -np.inf
        assert np.allclose(found.values[[0, 2]], kept.values, rtol=1e-7)
        assert found.log_likelihood == pytest.approx(kept.log_likelihood, rel=1e-9)
        finite = np.ix_([0, 2], [0, 2])
        assert np.allclose(found.covariance[finite], kept.covariance, rtol=1e-6)
        assert np.isnan(found.covariance[1]).all()
        assert np.isnan(robust_covariance(found)[1]).all()


def can_rise_for_ever(rows, ties):
    """Whether some direction puts every event at least as high as all others at risk: by a linear
    programme, which knows nothing of likelihoods."""
    copied, _ = rows.copied()
    gaps = []
    for at_risk, events in event_times(copied):
        others = at_risk & ~events if ties == "exact" else at_risk
        gaps += [copied.X[i] - copied.X[others] for i in np.flatnonzero(events)]
    apart = np.concatenate(gaps)
    bounded = np.vstack([apart, -apart])
    limits = np.concatenate([np.ones(len(apart)), np.zeros(len(apart))])
    best = linprog(-apart.sum(axis=0), A_ub=bounded, b_ub=limits, bounds=(None, None))
    return best.status == 3 or -best.fun > 1e-6


@given(st.integers(0, 2**32 - 1), st.sampled_from(["efron", "breslow", "exact"]), st.booleans())
def test_any_small_data_get_an_answer_and_infinite_means_infinite(seed, ties, coarse):
    """Few people, up to five covariates, continuous or 0/1, one of them outlying now and then."""
    rows = random_rows(seed, largest=12)
    rng = np.random.default_rng(seed)
    shape = len(rows.stop), int(rng.integers(1, 6))
    rows.X = rng.integers(0, 2, shape).astype(float) if coarse else rng.normal(size=shape)
    if seed % 4 == 0:
        rows.X[rng.integers(shape[0]), 0] *= 1e3
    rows.weights = None if ties == "exact" else rows.weights
    found = maximum(rows.X, sort_risk_sets(*rows.arguments), rows.offset, ties)
    if found.problem:
        return
    assert found.state in ("converged", "infinite")
    assert found.log_likelihood >= found.log_likelihood_null - 1e-9
    assert (found.state == "infinite") == can_rise_for_ever(rows, ties)
    assert np.isinf(found.values).any() == (found.state == "infinite")


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_profile_limit_is_where_the_likelihood_has_fallen(sign):
    """Four of eight have x = 1 and the first four events: value(b) = -sum log(1 + 4 / (k r))."""
    x = sign * np.array([1.0, 1, 1, 1, 0, 0, 0, 0])[:, None]
    found = maximum(x, sort_risk_sets(None, np.arange(1.0, 9), np.arange(8) < 4))
    assert found.state == "infinite"
    assert found.values[0] == sign * np.inf
    finite = profile_limits(found, 0.95)[0, 0 if sign > 0 else 1]
    at = evaluate(np.array([finite]), x, sort_risk_sets(None, np.arange(1.0, 9), np.arange(8) < 4))
    assert 2 * (found.log_likelihood - at.log_likelihood) == pytest.approx(3.841458821, rel=1e-6)
    assert found.log_likelihood == pytest.approx(-np.log(24), rel=1e-9)


def test_two_groups_without_events_are_both_infinite():
    rng = np.random.default_rng(8)
    n = 120
    group, stop = rng.integers(0, 4, n), rng.exponential(size=n)
    event = (rng.random(n) < 0.7) & (group < 2)
    X = (group[:, None] == [1, 2, 3]).astype(float)
    found = maximum(X, sort_risk_sets(None, stop, event))
    seen = group < 2
    kept = maximum(X[seen][:, :1], sort_risk_sets(None, stop[seen], event[seen]))
    assert found.values[1:].tolist() == [-np.inf, -np.inf]
    assert found.values[0] == pytest.approx(kept.values[0], rel=1e-7)
    assert found.covariance[0, 0] == pytest.approx(kept.covariance[0, 0], rel=1e-6)


def test_what_nothing_is_left_to_tell_is_missing():
    """x orders all events; among the rest z varies in no risk set that still counts."""
    x, z = np.array([3.0, 2, 1, 0]), np.array([0.0, 1, 0, 1])
    found = maximum(np.column_stack([x, z]), sort_risk_sets(None, [1, 2, 3, 4], np.ones(4, bool)))
    assert found.state == "infinite"
    assert found.values[0] == np.inf
    assert not np.isfinite(found.values[1])
    assert np.isnan(found.covariance).all()
    assert found.log_likelihood == pytest.approx(0.0, abs=1e-9)


def test_a_strong_effect_is_not_infinite():
    """One event of twenty in the group at low risk: large, but there."""
    rng = np.random.default_rng(9)
    n = 200
    x, stop = rng.integers(0, 2, n), rng.exponential(size=n)
    event = (rng.random(n) < 0.8) & (x == 0)
    event[np.flatnonzero(x == 1)[0]] = True
    found = maximum(x[:, None].astype(float), sort_risk_sets(None, stop, event))
    assert found.state == "converged"
    assert found.values[0] < -2


def test_no_covariates():
    found = maximum(
        np.empty((6, 0)), sort_risk_sets(None, SIX["stop"], SIX["event"]), None, "breslow"
    )
    assert found.log_likelihood == pytest.approx(-np.log(6) - 2 * np.log(4), rel=CLOSED)


def test_a_combination_that_separates_has_no_limits_of_its_parts():
    """x + z orders the events, x and z alone do not."""
    x, z = np.array([3.0, 0, 3, 0, 1, 0]), np.array([2.0, 4, 0, 2, 0, 0])
    X = np.column_stack([x, z])
    found = maximum(X, sort_risk_sets(None, np.arange(1.0, 7), np.ones(6, bool)))
    assert found.values.tolist() == [np.inf, np.inf]
    assert separating_alone(found) == ()
    assert np.isnan(profile_limits(found, 0.95)).all()


def test_no_warning_where_one_event_is_separated_in_many_ways():
    """Warnings are errors here; what is infinite only with others gives no limit."""
    X = np.array(
        [
            [1.328737, -0.420491, 1],
            [-1.969593, -0.200325, 0],
            [2.003624, -0.741053, 0],
            [-0.001098, 1.281829, 1],
            [-0.526769, 0.045077, 0],
            [0.513156, 0.122199, 1],
        ]
    )
    risk_sets = sort_risk_sets(None, np.array([6.0, 3, 3, 8, 4, 7]), np.arange(6) == 2)
    for columns in ([0, 1, 2], [0, 2], [0], [1]):
        found = maximum(X[:, columns], risk_sets, ties="exact")
        assert found.state == "infinite"
        limits = profile_limits(found, 0.95)
        assert len(columns) < 3 or not np.isfinite(limits).any()
