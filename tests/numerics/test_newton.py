"""Newton's method: where it ends, and whether it says so."""

import numpy as np
import pytest

from walkstats.numerics.newton import inverse_information, maximise, newton_step


def logistic(X, y):
    """Log-likelihood of a logistic model, concave and without closed form."""

    def evaluate(beta):
        eta = X @ beta
        p = 1 / (1 + np.exp(-np.clip(eta, -500, 500)))
        value = y @ eta - np.logaddexp(0, eta).sum()
        return value, X.T @ (y - p), (X.T * (p * (1 - p))) @ X

    return evaluate


def data(seed=0, n=60):
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(n), rng.normal(size=n), rng.integers(0, 2, n)])
    return X, (rng.random(n) < 0.4).astype(float)


def test_the_score_is_zero_at_the_maximum_and_information_belongs_to_it():
    evaluate = logistic(*data())
    found = maximise(evaluate, np.zeros(3))
    assert found.state == "converged"
    assert np.abs(found.score).max() < 1e-10
    assert np.array_equal(found.information, evaluate(found.values)[2])
    assert found.log_likelihood == evaluate(found.values)[0]


@pytest.mark.parametrize("start", [[8.0, -8.0, 8.0], [-20.0, 5.0, 0.0], [0.1, 0.1, 0.1]])
def test_a_bad_start_leads_to_the_same_place(start):
    evaluate = logistic(*data())
    best = maximise(evaluate, np.zeros(3))
    found = maximise(evaluate, np.array(start))
    assert found.state == "converged"
    assert np.allclose(found.values, best.values, rtol=0, atol=1e-10)


def test_overshooting_is_halved():
    """log cosh: from 2 the full Newton step flies off to ever larger values."""

    def evaluate(b):
        x = float(b[0])
        return -np.log(np.cosh(x)), -np.tanh(b), np.array([[1 / np.cosh(x) ** 2]])

    found = maximise(evaluate, np.array([2.0]))
    assert found.state == "converged"
    assert abs(found.values[0]) < 1e-10


def test_separated_data_are_infinite_when_the_caller_knows_the_direction():
    X = np.array([[1.0], [2.0], [-1.0], [-2.0]])
    evaluate = logistic(X, np.array([1.0, 1, 0, 0]))
    found = maximise(evaluate, np.zeros(1), unbounded=lambda step: step[0] > 0.1)
    assert found.state == "infinite"
    assert found.step[0] > 0


def test_steps_that_run_out_are_said():
    found = maximise(logistic(*data()), np.zeros(3), max_iterations=1)
    assert found.state == "not converged"
    assert found.iterations == 1


def test_a_value_known_already_is_not_computed_again():
    calls = []
    evaluate = logistic(*data())

    def counting(beta):
        calls.append(beta)
        return evaluate(beta)

    start = np.zeros(3)
    maximise(counting, start, first=evaluate(start))
    assert not any(np.array_equal(at, start) for at in calls)


def test_directions_without_information_stay_put():
    information = np.diag([4.0, 0.0])
    assert np.allclose(newton_step(information, np.array([2.0, 0.0])), [0.5, 0.0])
    nothing = np.full((2, 2), np.nan)
    assert np.isnan(newton_step(nothing, np.zeros(2))).all()


def test_inverse_survives_scales_far_apart():
    information = np.array([[1e-14, 3e-8], [3e-8, 1.0]])
    inverse = inverse_information(information)
    assert np.allclose(inverse @ information, np.eye(2), atol=1e-7)
    assert np.array_equal(inverse, inverse.T)


def test_no_coefficient_at_all():
    found = maximise(lambda beta: (-3.0, beta, np.zeros((0, 0))), np.zeros(0))
    assert found.state == "converged"
    assert found.log_likelihood == -3.0
