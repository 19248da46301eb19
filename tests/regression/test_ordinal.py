"""Ordered levels against a likelihood written otherwise, special cases, and relations.

Tolerances: 1e-9 for what is the same in exact arithmetic; 1e-4 for second derivatives taken
numerically.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from walkstats.errors import DataError, FitError
from walkstats.regression import (
    check_proportional_odds,
    logistic,
    ordinal,
    predict_levels,
)

FORMULA = "pain ~ arm + age"
LEVELS = ["none", "mild", "moderate", "severe"]
some = settings(max_examples=10)
F = {
    "logit": lambda x: 1 / (1 + np.exp(-x)),
    "probit": stats.norm.cdf,
    "cloglog": lambda x: 1 - np.exp(-np.exp(x)),
}


def people(seed: int = 2, size: int = 80) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    arm, age = rng.integers(0, 2, size), rng.normal(50, 10, size)
    behind = -0.8 * arm + 0.03 * (age - 50) + rng.logistic(size=size)
    return pd.DataFrame(
        {
            "arm": pd.Categorical.from_codes(arm, ["control", "walking"]),
            "age": age,
            "clinic": rng.integers(0, 9, size),
            "w": rng.uniform(0.5, 2.0, size),
            "pain": pd.Categorical.from_codes(
                np.searchsorted([-1.0, 0.2, 1.4], behind), LEVELS, ordered=True
            ),
        }
    )


def height_of(fit, nonparallel: bool = False):
    """The log-likelihood, written otherwise; with coefficients that differ by threshold."""
    J, k, y = len(fit.levels), fit.matrix.shape[1], fit.outcome
    weights = np.ones(len(y)) if fit.weights is None else fit.weights

    def height(at: np.ndarray) -> float:
        cuts = at[k : k + J - 1]
        slopes = [at[:k]] * (J - 1)
        if nonparallel:
            extra = at[k + J - 1 :].reshape(J - 2, k)
            slopes = [at[:k], *(at[:k] + extra)]
        below = [np.zeros(len(y))]
        below += [F[fit.family](c - fit.matrix @ b) for c, b in zip(cuts, slopes, strict=True)]
        below += [np.ones(len(y))]
        shares = np.diff(np.column_stack(below), axis=1)
        return float(weights @ np.log(shares[np.arange(len(y)), y]))

    return height


def derivatives(height, at: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    n = len(at)
    unit = np.eye(n) * step
    slope = np.array([(height(at + u) - height(at - u)) for u in unit]) / (2 * step)
    bend = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            bend[i, j] = (
                height(at + unit[i] + unit[j]) - height(at + unit[i] - unit[j])
                - height(at - unit[i] + unit[j]) + height(at - unit[i] - unit[j])
            ) / (4 * step[i] * step[j])  # fmt: skip
    return slope, bend


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_maximum_and_errors_by_the_likelihood(link: str) -> None:
    fit = ordinal(people(), FORMULA, link=link, weights="w", se="model")
    height = height_of(fit)
    assert height(fit.values) == pytest.approx(fit.log_likelihood, rel=1e-11)
    step = np.full(5, 1e-4)
    step[1] = 1e-5
    slope, bend = derivatives(height, fit.values, step)
    np.testing.assert_allclose(slope, 0.0, atol=1e-3)
    np.testing.assert_allclose(np.linalg.inv(-bend), fit.covariance, rtol=1e-3, atol=1e-6)
    robust = ordinal(people(), FORMULA, link=link, weights="w")
    assert robust.se == "HC0"
    each = np.empty((80, 5))
    for j in range(5):
        up, down = fit.values.copy(), fit.values.copy()
        up[j] += step[j]
        down[j] -= step[j]
        each[:, j] = (row_heights(fit, up) - row_heights(fit, down)) / (2 * step[j])
    expected = fit.covariance @ (each.T @ each) @ fit.covariance
    np.testing.assert_allclose(robust.covariance, expected, rtol=1e-4, atol=1e-8)


def row_heights(fit, at: np.ndarray) -> np.ndarray:
    k, y = fit.matrix.shape[1], fit.outcome
    below = np.column_stack(
        [
            np.zeros(len(y)),
            *(F[fit.family](c - fit.matrix @ at[:k]) for c in at[k:]),
            np.ones(len(y)),
        ]
    )
    return fit.weights * np.log(np.diff(below, axis=1)[np.arange(len(y)), y])


def test_two_levels_are_a_logistic_regression() -> None:
    frame = people().assign(high=lambda f: f["pain"] >= "moderate")
    two, odds = ordinal(frame, "high ~ arm + age"), logistic(frame, "high ~ arm + age")
    np.testing.assert_allclose(two.coefficients, odds.values[1:], rtol=1e-9)
    np.testing.assert_allclose(two.thresholds, -odds.values[:1], rtol=1e-9)
    np.testing.assert_allclose(two.std_errors[:2], odds.std_errors[1:], rtol=1e-8)
    assert two.levels == ("False", "True")
    with pytest.raises(ValueError, match="one threshold"):
        check_proportional_odds(two)
    with pytest.raises(ValueError, match="BinaryFit is no fit of ordinal"):
        check_proportional_odds(odds)


def test_levels_turned_round() -> None:
    frame = people()
    turned = frame.assign(pain=frame["pain"].cat.reorder_categories(LEVELS[::-1], ordered=True))
    for link in ("logit", "probit"):
        fit, other = ordinal(frame, FORMULA, link=link), ordinal(turned, FORMULA, link=link)
        np.testing.assert_allclose(other.coefficients, -fit.coefficients, rtol=1e-9)
        np.testing.assert_allclose(other.thresholds, -fit.thresholds[::-1], rtol=1e-8)


def test_the_score_is_wilcoxons_rank_sum() -> None:
    from walkstats.regression.ranks.cumulative_links import CUMULATIVE_LINKS
    from walkstats.regression.ranks.cumulative_maximum import cumulative_model, start_of

    frame = people()
    fit = ordinal(frame, "pain ~ arm")
    link, ones = CUMULATIVE_LINKS["logit"], np.ones(len(frame))
    start = start_of(fit.outcome, ones, link, 1)
    _, slope, _ = cumulative_model(fit.outcome, fit.matrix, ones, link).evaluate(start)
    arm = fit.matrix[:, 0] == 1
    ranks = stats.rankdata(fit.outcome)[arm].sum() - arm.sum() * (len(frame) + 1) / 2
    assert slope[-1] * len(frame) / 2 == pytest.approx(ranks, rel=1e-9)


def test_proportional_odds_by_the_larger_likelihood() -> None:
    fit = ordinal(people(), FORMULA)
    found = check_proportional_odds(fit)
    height = height_of(fit, nonparallel=True)
    at = np.append(fit.values, np.zeros(4))
    step = np.tile([1e-4, 1e-5], 5)[[0, 1, 0, 0, 0, 0, 1, 0, 1]]
    slope, bend = derivatives(height, at, step)
    score = slope @ np.linalg.solve(-bend, slope)
    assert found.overall.statistic == pytest.approx(score, rel=1e-3)
    assert found.overall.df == 4
    assert found.by_term["term"].tolist() == ["arm", "age"]
    first = logistic(people().assign(up=lambda f: f["pain"] > "none"), "up ~ arm + age")
    np.testing.assert_allclose(found.by_cut["estimate"][:2], first.values[1:], rtol=1e-8)
    np.testing.assert_allclose(found.by_cut["std_error"][:2], first.std_errors[1:], rtol=1e-8)


def test_an_effect_that_changes_is_told() -> None:
    table = pd.DataFrame(
        {"arm": list("aaabbb"), "pain": [0, 1, 2] * 2, "n": [50, 50, 50, 20, 110, 20]}
    )
    found = check_proportional_odds(ordinal(table, "pain ~ arm", frequencies="n"))
    row = found.by_term.iloc[0]
    # A saturated model has the likelihood of the table.
    counts = table["n"].to_numpy().reshape(2, 3)
    full = float(np.sum(counts * np.log(counts / counts.sum(axis=1, keepdims=True))))
    small = ordinal(table, "pain ~ arm", frequencies="n").log_likelihood
    assert row["statistic"] == pytest.approx(2 * (full - small), rel=1e-8)
    assert row["p_value"] < 1e-6
    assert row["p_score"] < 1e-6


def test_predicted_levels() -> None:
    frame = people()
    fit = ordinal(frame, FORMULA)
    new = pd.DataFrame({"age": [40.0, np.nan], "arm": "walking"}, index=["x", "y"])
    found = predict_levels(fit, new)
    assert found["row"].tolist() == ["x"] * 4 + ["y"] * 4
    assert found["level"].tolist() == LEVELS * 2
    known, gap = found[found["row"] == "x"], found[found["row"] == "y"]
    assert known["probability"].sum() == pytest.approx(1.0)
    assert gap["probability"].isna().all()
    row = fit.design.matrix(new)[0]

    def share(at: np.ndarray) -> float:
        return float(F["logit"](at[2] - row @ at[:2]))

    slope, _ = derivatives(share, fit.values, np.full(5, 1e-6))
    assert known["std_error"].iloc[0] == pytest.approx(
        np.sqrt(slope @ fit.covariance @ slope), rel=1e-5
    )


@some
@given(st.integers(0, 10**6), st.sampled_from(["model", "HC0", "CR1"]))
def test_relations(seed: int, se: str) -> None:
    frame = people(seed)
    options = {"se": se, "cluster": "clinic" if se == "CR1" else None}
    fit = ordinal(frame, FORMULA, **options)
    known = {"rtol": 1e-6, "atol": 1e-9}
    again = ordinal(frame.sample(frac=1, random_state=seed), FORMULA, **options)
    np.testing.assert_allclose(again.values, fit.values, **known)
    np.testing.assert_allclose(again.covariance, fit.covariance, **known)
    far = ordinal(frame.assign(age=1e4 + 365 * frame["age"]), FORMULA, **options)
    np.testing.assert_allclose(365 * far.values[1], fit.values[1], **known)
    swapped = frame.assign(arm=frame["arm"].cat.reorder_categories(["walking", "control"]))
    other = ordinal(swapped, FORMULA, **options)
    np.testing.assert_allclose(other.values[0], -fit.values[0], **known)
    np.testing.assert_allclose(other.std_errors[0], fit.std_errors[0], **known)
    numbers = frame.assign(pain=frame["pain"].cat.codes)
    np.testing.assert_array_equal(ordinal(numbers, FORMULA, **options).values, fit.values)


def test_frequencies_are_copies_and_levels_may_be_written_otherwise() -> None:
    frame = people(size=50)
    copies = np.arange(50) % 3 + 1
    counted = ordinal(frame.assign(n=copies), FORMULA, frequencies="n", se="HC0")
    copied = ordinal(frame.loc[np.repeat(frame.index, copies)], FORMULA, se="HC0")
    np.testing.assert_array_equal(counted.covariance, copied.covariance)
    assert counted.counts.used == copies.sum()
    expected = ordinal(frame, FORMULA)
    text = frame["pain"].astype(str)
    for written in (text, text.astype("string"), text.astype("category")):
        found = ordinal(frame.assign(pain=written), FORMULA, order=LEVELS)
        np.testing.assert_array_equal(found.values, expected.values)
    for kind in ("Int64", "int64[pyarrow]", float):
        found = ordinal(frame.assign(pain=frame["pain"].cat.codes.astype(kind)), FORMULA)
        np.testing.assert_array_equal(found.values, expected.values)
        assert found.levels == ("0", "1", "2", "3")


def test_levels_without_rows_are_left_out() -> None:
    frame = people()
    frame = frame.assign(pain=frame["pain"].cat.set_categories([*LEVELS, "unbearable"]))
    fit = ordinal(frame, FORMULA)
    np.testing.assert_array_equal(fit.values, ordinal(people(), FORMULA).values)
    assert "No row has pain unbearable" in " ".join(fit.notes)
    assert fit.terms[2:] == ("none|mild", "mild|moderate", "moderate|severe")
    assert "none < mild < moderate < severe" in fit.method


def test_m05_levels_set_apart() -> None:
    """Everybody in the walking arm is free of pain; the others tell the rest."""
    frame = people()
    frame.loc[frame["arm"] == "walking", "pain"] = "none"
    fit = ordinal(frame, FORMULA)
    assert (fit.state, fit.values[0]) == ("infinite", -np.inf)
    assert np.isnan(fit.std_errors[0])
    assert "arm[walking]: no finite value" in " ".join(fit.notes)
    alone = ordinal(frame[frame["arm"] == "control"], "pain ~ age")
    np.testing.assert_allclose(fit.values[1:], alone.values, rtol=1e-8)
    np.testing.assert_allclose(fit.std_errors[1:], alone.std_errors, rtol=1e-8)
    assert fit.log_likelihood == pytest.approx(alone.log_likelihood)
    with pytest.raises(FitError, match="cannot be compared"):
        check_proportional_odds(fit)
    with pytest.raises(FitError, match="infinite"):
        predict_levels(fit, frame)
    with pytest.raises(FitError, match="no robust variance"):
        ordinal(frame, FORMULA, se="HC0")
    line = pd.DataFrame({"x": range(9), "y": [0, 0, 0, 1, 1, 1, 2, 2, 2]})
    both = ordinal(line, "y ~ x")
    assert both.state == "infinite"
    np.testing.assert_array_equal(both.values, np.inf)


def test_the_same_people_and_clinics_again() -> None:
    frame = people().assign(participant_id=lambda f: f.index // 2)
    fit = ordinal(frame, FORMULA)
    assert (fit.se, fit.freedom.value) == ("CR1", 39)
    assert "40 clusters of participant_id" in fit.method
    plain = ordinal(frame, FORMULA, se="model")
    assert "40 participants have several rows" in " ".join(plain.notes)
    alone = people().assign(
        clinic=lambda f: np.where(f["arm"] == "walking", 99, f["clinic"]),
    )
    single = ordinal(alone, FORMULA, cluster="clinic")
    assert np.isnan(single.std_errors[0])
    assert np.isfinite(single.std_errors[1])
    assert "belongs to one cluster" in " ".join(single.notes)
    few = ordinal(people(), FORMULA, cluster="clinic")
    assert "too small with 9 clusters" in " ".join(few.notes)


@pytest.mark.parametrize(
    ("change", "options", "error", "said"),
    [
        ({"pain": lambda f: f["pain"].astype(str)}, {}, DataError, "the order of the levels"),
        (
            {"pain": lambda f: f["pain"].astype(str)},
            {"order": LEVELS[:3]},
            DataError,
            "holds 'severe', which order= does not list",
        ),
        ({}, {"order": "none"}, ValueError, "order must list each level"),
        ({}, {"order": ["none", "none"]}, ValueError, "order must list each level"),
        ({"pain": lambda f: f["age"]}, {}, DataError, "80 distinct numbers"),
        ({"pain": 1}, {}, FitError, "All 80 rows have pain 1"),
        ({"pain": np.inf}, {}, DataError, "infinite"),
        ({"pain": np.nan}, {}, DataError, "0 rows are left"),
        ({"age": 1.0}, {}, FitError, "age is constant"),
        ({"age": np.inf}, {}, DataError, "infinite"),
        ({"clinic": 1}, {"cluster": "clinic"}, FitError, "one cluster of clinic"),
        ({"w": -1}, {"weights": "w"}, DataError, "negative"),
        ({}, {"link": "log"}, ValueError, "link must be one of"),
        ({}, {"se": "HC3"}, ValueError, "se must be one of"),
        ({}, {"se": "HC0", "cluster": "clinic"}, ValueError, "takes rows as independent"),
        ({}, {"se": "CR1"}, ValueError, "needs the column of clusters"),
        ({}, {"formula": "pain ~ 1"}, ValueError, "has no covariate"),
        ({}, {"formula": "log(age) ~ arm"}, ValueError, "must be a column"),
        ({}, {"level": 95}, ValueError, "between 0 and 1"),
    ],
)
def test_what_cannot_be(change: dict, options: dict, error: type, said: str) -> None:
    options = {"formula": FORMULA, **options}
    formula = options.pop("formula")
    with pytest.raises(error, match=re.escape(said)):
        ordinal(people().assign(**change), formula, **options)
