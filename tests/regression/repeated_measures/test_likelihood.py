"""The likelihood of repeated measures: beside one written out, and its derivatives."""

import numpy as np
import pytest

from tests.regression.repeated_measures.written_out import (
    likelihood,
    restricted_likelihood,
    visited,
    whole_covariance,
)
from walkstats.regression import mmrm
from walkstats.regression.repeated_measures.likelihood import profile
from walkstats.regression.repeated_measures.patterns import sum_patterns
from walkstats.regression.repeated_measures.structures import (
    STRUCTURES,
    start_values,
)

# Differences of second order with steps of 1e-5 lose half of the digits.
DIFFERENCES = 1e-6
# Sums taken in another order.
ROUNDING = 1e-9

FORMULA = "pain ~ arm * factor(month) + age"


def arrays(frame, formula=FORMULA):
    fit = mmrm(frame, formula, visit="month")
    person = np.unique(fit.subjects, return_inverse=True)[1]
    return fit, person


def problem(groups=1, seed=3):
    fit, person = arrays(visited(seed))
    group = np.arange(person.max() + 1) % groups
    x, left = np.linalg.qr(fit.matrix)[0], fit.outcome - fit.fitted
    return sum_patterns(x, left, person, fit.visit_codes, group, 3)


@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("reml", [True, False])
def test_derivatives(name, reml):
    structure, patterns = STRUCTURES[name], problem(groups=2)
    rng = np.random.default_rng(1)
    start = start_values(structure, np.array([[1.0, 0.5, 0.3], [0.5, 1.4, 0.6], [0.3, 0.6, 1.9]]))
    values = np.concatenate([start, start]) + 0.05 * rng.normal(size=2 * len(start))
    here = profile(values, structure, patterns, reml)
    for j, step in enumerate(1e-5 * np.eye(len(values))):
        up, down = (profile(values + s, structure, patterns, reml) for s in (step, -step))
        np.testing.assert_allclose(
            (up.deviance - down.deviance) / 2e-5, here.gradient[j], rtol=DIFFERENCES, atol=1e-6
        )
        np.testing.assert_allclose(
            (up.gradient - down.gradient) / 2e-5, here.hessian[j], rtol=DIFFERENCES, atol=1e-5
        )


@pytest.mark.parametrize("covariance", ["unstructured", "ar1", "heterogeneous-toeplitz"])
@pytest.mark.parametrize("reml", [True, False])
def test_beside_the_density_of_error_contrasts(covariance, reml):
    fit = mmrm(visited(), FORMULA, visit="month", covariance=covariance, reml=reml)
    person = np.unique(fit.subjects, return_inverse=True)[1]
    plain = restricted_likelihood if reml else likelihood
    sigma = fit.covariance_by_group["all"]

    def at(matrix):
        return plain(fit.outcome, fit.matrix, whole_covariance(matrix, person, fit.visit_codes))

    assert fit.log_likelihood == pytest.approx(at(sigma), rel=ROUNDING)
    assert fit.state == "converged"
    assert fit.scaled_gradient < 1e-6
    if covariance == "unstructured":
        rng = np.random.default_rng(2)
        for _ in range(10):
            turn = np.eye(3) + 0.02 * rng.normal(size=(3, 3))
            assert at(turn @ sigma @ turn.T) < fit.log_likelihood


def test_a_covariance_for_each_arm():
    frame = visited(people=20)
    fit = mmrm(frame, FORMULA, visit="month", by="arm")
    assert list(fit.covariance_by_group) == ["control", "walking"]
    assert fit.parameters == 12
    person = np.unique(fit.subjects, return_inverse=True)[1]
    arm = frame["arm"].to_numpy()[fit.kept]
    v = np.zeros((len(arm), len(arm)))
    for name, sigma in fit.covariance_by_group.items():
        of = np.flatnonzero(arm == name)
        v[np.ix_(of, of)] = whole_covariance(sigma, person[of], fit.visit_codes[of])
    expected = restricted_likelihood(fit.outcome, fit.matrix, v)
    assert fit.log_likelihood == pytest.approx(expected, rel=ROUNDING)


def test_arms_with_nothing_in_common_are_two_models():
    """Means and covariance by arm: each arm alone gives the same."""
    frame = visited(people=20)
    both = mmrm(frame, "pain ~ arm * factor(month)", visit="month", by="arm")
    alone = {
        arm: mmrm(frame[frame["arm"] == arm], "pain ~ factor(month)", visit="month")
        for arm in ("control", "walking")
    }
    assert both.log_likelihood == pytest.approx(
        sum(fit.log_likelihood for fit in alone.values()), rel=ROUNDING
    )
    for arm, fit in alone.items():
        np.testing.assert_allclose(
            both.covariance_by_group[arm], fit.covariance_by_group["all"], rtol=1e-7
        )
    df = both.freedom.of(np.eye(6)[both.terms.index("intercept")])
    assert df == pytest.approx(alone["control"].to_frame()["df"].iloc[0], rel=1e-7)


@pytest.mark.parametrize("name", STRUCTURES)
def test_second_derivatives_of_covariances(name):
    structure = STRUCTURES[name]
    values = start_values(structure, np.array([[1.0, 0.5, 0.3], [0.5, 1.4, 0.6], [0.3, 0.6, 1.9]]))
    weights = np.array([[1.0, 0.3, -0.2], [0.3, -0.5, 0.7], [-0.2, 0.7, 0.4]])
    here = structure.at(values, 3)
    for j, step in enumerate(1e-5 * np.eye(len(values))):
        up, down = (structure.at(values + s, 3) for s in (step, -step))
        np.testing.assert_allclose((up.matrix - down.matrix) / 2e-5, here.first[j], atol=1e-8)
        slopes = np.sum(weights * (up.first - down.first), axis=(1, 2)) / 2e-5
        np.testing.assert_allclose(slopes, here.second(weights)[j], atol=1e-8)


def test_structures_are_special_cases_of_one_another():
    fits = {name: mmrm(visited(), FORMULA, visit="month", covariance=name) for name in STRUCTURES}
    likelihoods = {name: fit.log_likelihood for name, fit in fits.items()}
    for larger, smaller in [
        ("unstructured", "heterogeneous-toeplitz"), ("heterogeneous-toeplitz", "toeplitz"),
        ("heterogeneous-toeplitz", "heterogeneous-ar1"), ("toeplitz", "ar1"),
        ("heterogeneous-compound-symmetry", "compound-symmetry"),
        ("unstructured", "heterogeneous-compound-symmetry"), ("toeplitz", "compound-symmetry"),
    ]:  # fmt: skip
        assert likelihoods[larger] >= likelihoods[smaller] - 1e-9, (larger, smaller)
    assert fits["unstructured"].aic == pytest.approx(-2 * likelihoods["unstructured"] + 12)
    people = fits["ar1"].counts.participants
    assert fits["ar1"].bic == pytest.approx(-2 * likelihoods["ar1"] + 2 * np.log(people))
