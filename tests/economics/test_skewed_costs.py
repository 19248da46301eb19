"""How much more does an arm cost? Means, models in closed form, and what cannot be modelled."""

import numpy as np
import pandas as pd
import pytest

from walkstats import economics, regression
from walkstats.errors import DataError, FitError

# Newton's method stops at a distance that shows in no digit; sums of products follow.
EXACT = 1e-10


@pytest.fixture(scope="module")
def skewed():
    rng = np.random.default_rng(20)
    n = 240
    arm = np.repeat(["control", "walking"], n // 2)
    age = rng.normal(54, 12, n).round()
    some = rng.random(n) < 0.5 + 0.004 * (age - 54)
    cost = np.where(some, rng.gamma(0.8, 500, n) * np.exp(0.02 * (age - 54)), 0).round(2)
    return pd.DataFrame({"participant_id": [f"p{k}" for k in range(n)], "arm": arm, "age": age,
                         "cost": np.where(some & (cost == 0), 1.0, cost)})  # fmt: skip


@pytest.mark.parametrize("family", ["gamma", "two-part"])
def test_without_covariates_it_is_the_difference_of_means(skewed, family):
    frame = skewed if family == "two-part" else skewed[skewed["cost"] > 0]
    found = economics.compare_costs(frame, cost="cost", family=family)
    by_arm = frame.groupby("arm")["cost"]
    np.testing.assert_allclose(found.means.values, by_arm.mean(), rtol=EXACT)
    spread = by_arm.apply(lambda y: ((y - y.mean()) ** 2).sum() / len(y) ** 2)
    np.testing.assert_allclose(found.means.std_errors**2, spread, rtol=EXACT)
    plain = regression.ols(frame, "cost ~ arm", se="HC0").estimate("arm[walking]")
    assert found.difference.values[0] == pytest.approx(plain.estimate, rel=EXACT)
    assert found.difference.std_errors[0] == pytest.approx(plain.std_error, rel=EXACT)
    assert found.ratio.values[0] == pytest.approx(np.log(np.divide(*by_arm.mean()[::-1])))


def test_coefficients_solve_their_equations(skewed):
    """A binary covariate in each arm: the models are saturated and means of cells weigh by size."""
    frame = skewed.assign(older=(skewed["age"] > 54).astype(float))
    found = economics.compare_costs(frame, cost="cost", adjust="older")
    share = frame["older"].value_counts(normalize=True)
    cells = frame.groupby(["arm", "older"])["cost"].mean()
    for k, arm in enumerate(("control", "walking")):
        expected = sum(share[older] * cells[arm, older] for older in share.index)
        assert found.means.values[k] == pytest.approx(expected, rel=EXACT)


def test_standard_errors_are_those_of_leaving_people_out(skewed):
    """The influence of each person on the difference, by the jackknife."""
    found = economics.compare_costs(skewed, cost="cost", adjust="age")
    left = [
        economics.compare_costs(skewed.drop(index=k), cost="cost", adjust="age").difference.values
        for k in range(0, len(skewed), 4)
    ]
    every_fourth = np.concatenate(left) - found.difference.values[0]
    jackknife = np.sqrt(4 * np.sum(every_fourth**2))
    # a jackknife of a quarter of the people
    assert found.difference.std_errors[0] == pytest.approx(jackknife, rel=0.15)


def test_where_everybody_costs_something_the_first_part_is_one(skewed):
    frame = skewed.assign(
        cost=skewed["cost"].where(skewed["arm"] == "control", skewed["cost"] + 50)
    )
    found = economics.compare_costs(frame, cost="cost", adjust="age")
    gamma = economics.compare_costs(frame[frame["cost"] > 0], cost="cost", adjust="age")
    assert np.isfinite(found.means.values).all()
    assert found.means.values[1] != gamma.means.values[1]  # other people to stand for
    assert (found.means.std_errors > 0).all()


def test_c03_zero_costs_in_a_gamma_model_are_refused(skewed):
    with pytest.raises(DataError, match=r"cannot take costs of 0.*cost nothing.*two-part") as told:
        economics.compare_costs(skewed, cost="cost", family="gamma")
    assert told.value.findings[0].count == int((skewed["cost"] == 0).sum())
    assert told.value.findings[0].ids[0].startswith("p")
    assert economics.compare_costs(skewed, cost="cost").family == "two-part"


def test_c01_negative_costs_are_refused_by_id(skewed):
    frame = skewed.assign(cost=skewed["cost"].mask(skewed.index == 7, -500.0))
    with pytest.raises(DataError, match=r"negative costs.*p7.*refund"):
        economics.compare_costs(frame, cost="cost")


def test_missing_costs_are_left_out_and_counted(skewed):
    frame = skewed.assign(cost=skewed["cost"].mask(skewed.index < 10))
    found = economics.compare_costs(frame, cost="cost")
    assert found.counts.used == 230
    assert found.counts.left_out == {"cost missing": 10}


def test_what_cannot_be_told_apart_is_said(skewed):
    split = skewed.assign(told=(skewed["cost"] > 0).astype(float))
    with pytest.raises(FitError, match="tell without exception who cost anything"):
        economics.compare_costs(split, cost="cost", adjust="told")
    with pytest.raises(FitError, match="cannot be told apart"):
        economics.compare_costs(
            skewed.assign(twice=2 * skewed["age"]), cost="cost", adjust=["age", "twice"]
        )
    with pytest.raises(DataError, match="nobody in walking cost anything"):
        economics.compare_costs(
            skewed.assign(cost=skewed["cost"].where(skewed["arm"] == "control", 0)), cost="cost"
        )
    with pytest.raises(ValueError, match="cost= names the column"):
        economics.compare_costs(skewed)
    with pytest.raises(DataError, match="comparison needs 2 arms, found 1"):
        economics.compare_costs(skewed.query("arm == 'control'"), cost="cost")


def test_units_of_money_and_covariates_change_nothing_else(skewed):
    one = economics.compare_costs(skewed, cost="cost", adjust="age")
    other = skewed.assign(cost=skewed["cost"] * 100, age=3 * skewed["age"] - 7)
    other = economics.compare_costs(other.sample(frac=1, random_state=3), cost="cost", adjust="age")
    np.testing.assert_allclose(other.difference.values, 100 * one.difference.values, rtol=1e-8)
    np.testing.assert_allclose(other.ratio.values, one.ratio.values, rtol=1e-8)
    np.testing.assert_allclose(other.ratio.std_errors, one.ratio.std_errors, rtol=1e-7)


def test_the_frame_has_a_row_per_measure_and_term(skewed):
    frame = economics.compare_costs(skewed, cost="cost").to_frame()
    assert frame["measure"].tolist() == ["mean", "mean", "difference", "ratio"]
    assert frame["term"].tolist() == ["control", "walking", "arm[walking]", "arm[walking]"]
    assert frame["estimate"].iloc[3] > 0
