"""Odds within people: an integral taken another way, the boundary, relations and refusals."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate as quadrature
from scipy.stats import norm

from walkstats.errors import DataError, FitError
from walkstats.regression import logistic, logistic_mixed
from walkstats.regression.mixed.people_integrals import LeaningPeople, integrate

DIFFERENCED = 1e-5  # derivatives by central differences


def frame(people=40, sd=1.5, seed=7):
    rng = np.random.default_rng(seed)
    lean = np.repeat(rng.normal(0, sd, people), 4)
    ids = np.repeat([f"p{k}" for k in range(people)], 4)
    made = pd.DataFrame({"participant_id": ids, "month": [3, 6, 9, 12] * people})
    made["arm"] = np.repeat(np.where(np.arange(people) % 2, "walking", "control"), 4)
    line = lean - 0.8 * (made["arm"] == "walking") + 0.05 * made["month"]
    made["pain"] = (rng.random(len(made)) < 1 / (1 + np.exp(-line))).astype(int)
    return made


@pytest.fixture(scope="module")
def fit():
    return logistic_mixed(frame(), "pain ~ arm + month")


def test_the_integral_is_that_of_quad():
    rng = np.random.default_rng(1)
    person = np.repeat([0, 1, 2], [3, 1, 5])
    matrix = np.column_stack([np.ones(9), rng.normal(size=9)])
    outcome = (rng.random(9) < 0.6).astype(float)
    people = LeaningPeople(outcome, matrix, person, np.array([0, 3, 4]))
    beta, sigma = np.array([0.3, -0.7]), 1.8

    def of_one(u, k):
        mine = person == k
        risk = 1 / (1 + np.exp(-(matrix[mine] @ beta + sigma * u)))
        return np.prod(np.where(outcome[mine] == 1, risk, 1 - risk)) * norm.pdf(u)

    exact = sum(np.log(quadrature.quad(of_one, -9, 9, args=(k,))[0]) for k in range(3))
    assert integrate(people, beta, sigma, 60).log_likelihood == pytest.approx(exact, abs=1e-9)


def test_without_differences_between_people_it_is_logistic():
    alike = frame(sd=0.0).assign(pain=np.tile([0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1], 10))
    found = logistic_mixed(alike, "pain ~ arm + month")
    plain = logistic(alike, "pain ~ arm + month", se="model")
    assert found.state == "boundary"
    assert "estimated as 0" in found.notes[-1]
    np.testing.assert_allclose(found.values, plain.values, atol=1e-6)
    np.testing.assert_allclose(found.std_errors, plain.std_errors, rtol=DIFFERENCED)
    assert np.isnan(found.variance.limits).all()


def test_relations(fit):
    data = frame()
    mixed = data.sample(frac=1.0, random_state=2)
    other = logistic_mixed(mixed, "pain ~ arm + month")
    np.testing.assert_allclose(other.values, fit.values, atol=1e-6)
    moved = logistic_mixed(data.assign(month=10 * data["month"] - 3), "pain ~ arm + month")
    assert moved.estimate("month").estimate * 10 == pytest.approx(
        fit.estimate("month").estimate, abs=1e-6
    )
    assert moved.sd == pytest.approx(fit.sd, abs=1e-5)
    no = logistic_mixed(data.assign(pain=1 - data["pain"]), "pain ~ arm + month")
    np.testing.assert_allclose(no.values, -fit.values, atol=1e-6)
    text = data.assign(pain=data["pain"].map({1: "yes", 0: "no"}))
    same = logistic_mixed(text, "pain ~ arm + month", event_value="yes")
    np.testing.assert_allclose(same.values, fit.values, atol=1e-9)


def test_what_is_handed_over(fit):
    assert fit.estimate("arm[walking]", ratio=True).measure == "odds ratio within a person"
    effects = fit.random_effects
    assert effects["participant_id"].tolist() == [f"p{k}" for k in range(40)]
    share = frame().groupby("participant_id", sort=False)["pain"].mean().to_numpy()
    assert np.corrcoef(effects["intercept"], share)[0, 1] > 0.9
    low, high = fit.variance.limits[0]
    assert low < fit.variance.values[0] < high
    assert fit.variance.values[0] == pytest.approx(fit.sd**2)
    assert "random intercept by participant_id" in fit.method


def test_refusals():
    data = frame()
    with pytest.raises(FitError, match="Nobody has several rows"):
        logistic_mixed(data[data["month"] == 3], "pain ~ arm")
    with pytest.raises(ValueError, match="No column 'participant_id' for the person"):
        logistic_mixed(data.drop(columns="participant_id"), "pain ~ arm")
    with pytest.raises(FitError, match="No row has pain = 1"):
        logistic_mixed(data.assign(pain=0), "pain ~ arm")
    with pytest.raises(DataError):
        logistic_mixed(data.assign(pain=data["pain"] + 1), "pain ~ arm")
    with pytest.raises(FitError, match="separates the rows"):
        logistic_mixed(data.assign(wet=data["pain"]), "pain ~ wet")
    with pytest.raises(FitError, match="combination"):
        logistic_mixed(data.assign(twice=2 * data["month"]), "pain ~ month + twice")
    with pytest.raises(ValueError, match="points must be a whole number of at least 1"):
        logistic_mixed(data, "pain ~ arm", points=0)
