"""Tests of assumptions, tests of terms, and influence, beside refits."""

import numpy as np
import pandas as pd
import pytest

from walkstats.errors import FitError
from walkstats.regression import (
    breusch_pagan,
    influence,
    ols,
    reset_test,
    term_tests,
    variance_inflation,
)

# Refits on other rows or columns give the same numbers up to rounding.
SAME = 1e-8


def trial(seed=1, n=60):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "participant_id": np.arange(n),
            "arm": np.where(np.arange(n) % 2, "walking", "control"),
            "clinic": rng.choice(["A", "B", "C"], n),
            "age": rng.normal(50, 10, n),
            "weight": rng.uniform(0.5, 2, n),
        },
        index=[f"row {k}" for k in range(n)],
    )
    frame["pain"] = 5 + 0.03 * frame["age"] - (frame["arm"] == "walking") + rng.normal(size=n)
    return frame


FORMULA = "pain ~ arm * clinic + age"


def test_drop_of_the_residual_squares():
    """Type II by hand: two fits for each term, sigma² of the whole model."""
    frame = trial()
    whole = ols(frame, FORMULA, se="classical")
    table = term_tests(whole).to_frame().set_index("term")
    smaller = {
        "arm": ("pain ~ clinic + age", "pain ~ arm + clinic + age"),
        "clinic": ("pain ~ arm + age", "pain ~ arm + clinic + age"),
        "arm:clinic": ("pain ~ arm + clinic + age", FORMULA),
        "age": ("pain ~ arm * clinic", FORMULA),
    }
    for term, (without, beside) in smaller.items():
        rss = [np.sum(ols(frame, f, se="classical").residuals ** 2) for f in (without, beside)]
        assert table.loc[term, "sum_of_squares"] == pytest.approx(rss[0] - rss[1], rel=SAME)
        by_hand = (rss[0] - rss[1]) / table.loc[term, "df"] / whole.sigma**2
        assert table.loc[term, "statistic"] == pytest.approx(by_hand, rel=SAME)


@pytest.mark.parametrize("weights", [None, "weight"])
def test_sequential_squares_add_up(weights):
    fit = ols(trial(), FORMULA, se="classical", weights=weights)
    table = term_tests(fit, kind="I").to_frame()
    explained = fit.sigma**2 * fit.df_residual * fit.r_squared / (1 - fit.r_squared)
    assert table["sum_of_squares"].sum() == pytest.approx(explained, rel=SAME)


def test_robust_tests_are_wald_tests():
    fit = ols(trial(), "pain ~ arm + clinic + age")
    table = term_tests(fit).to_frame().set_index("term")
    for term in ("arm", "clinic", "age"):
        test = fit.test(term)
        assert table.loc[term, "statistic"] == pytest.approx(test.statistic, rel=SAME)
        assert table.loc[term, "p_value"] == pytest.approx(test.p_value, rel=SAME)
    assert table["sum_of_squares"].isna().all()


def test_robust_type_two_leaves_the_interaction_out():
    frame = trial()
    table = term_tests(ols(frame, FORMULA)).to_frame().set_index("term")
    other = ols(frame, "pain ~ arm + clinic + age").test("arm")
    assert table.loc["arm", "statistic"] == pytest.approx(other.statistic, rel=SAME)


def test_type_three():
    fit = ols(trial(), "pain ~ arm + clinic + age", se="classical")
    pd.testing.assert_frame_equal(
        term_tests(fit, kind="III").to_frame(), term_tests(fit, kind="II").to_frame()
    )
    with pytest.raises(ValueError, match="arm beside arm:clinic would depend on the reference"):
        term_tests(ols(trial(), FORMULA, se="classical"), kind="III")
    with pytest.raises(ValueError, match="need se='classical'"):
        term_tests(ols(trial(), FORMULA), kind="I")
    with pytest.raises(ValueError, match="kind must be one of"):
        term_tests(fit, kind="IV")


@pytest.mark.parametrize("weights", [None, "weight"])
def test_influence_beside_refits(weights):
    frame = trial()
    formula = "pain ~ arm + age"
    fit = ols(frame, formula, se="classical", weights=weights)
    table = influence(fit)
    root = np.ones(len(frame)) if weights is None else np.sqrt(frame[weights].to_numpy())
    for k in (0, 17, 59):
        rest = ols(frame.drop(frame.index[k]), formula, se="classical", weights=weights)
        row = fit.design.matrix(frame.iloc[[k]])[0]
        deleted = frame["pain"].iloc[k] - row @ rest.values
        spread = np.sqrt(rest.sigma**2 / root[k] ** 2 + row @ rest.naive_covariance @ row)
        assert table["studentised"].iloc[k] == pytest.approx(deleted / spread, rel=SAME)
        moved = (fit.values - rest.values) @ np.linalg.solve(
            fit.naive_covariance, fit.values - rest.values
        )
        assert table["cooks_distance"].iloc[k] == pytest.approx(moved / 3, rel=1e-7)
    assert list(table.index) == list(frame.index)
    assert table["leverage"].sum() == pytest.approx(3, rel=1e-12)


def test_influence_is_missing_where_a_row_is_alone():
    frame = trial().assign(clinic=lambda f: ["Z"] + ["A"] * (len(f) - 1))
    table = influence(ols(frame, "pain ~ clinic"))
    assert np.isnan(table["studentised"].iloc[0])
    assert table["studentised"].iloc[1:].notna().all()


def test_unequal_variance_is_found():
    frame = trial(n=300)
    noise = np.random.default_rng(3).normal(size=300)
    even = ols(frame.assign(pain=noise), "pain ~ age + arm")
    uneven = ols(frame.assign(pain=noise * np.exp((frame["age"] - 50) / 10)), "pain ~ age + arm")
    assert breusch_pagan(even).p_value > 0.01
    assert breusch_pagan(uneven).p_value < 1e-3
    assert breusch_pagan(even).df == 2


def test_a_bent_line_is_found():
    frame = trial(n=200).assign(pain=lambda f: (f["age"] - 50) ** 2 / 50 + f["pain"])
    fit = ols(frame, "pain ~ age")
    assert reset_test(fit).p_value < 1e-6
    assert reset_test(fit, powers=[2]).df == 1
    with pytest.raises(ValueError, match="at least 2"):
        reset_test(fit, powers=[1, 2])
    with pytest.raises(FitError, match="combinations"):
        reset_test(ols(frame, "pain ~ arm"))


def test_reset_does_not_depend_on_the_unit():
    frame = trial(n=80)
    one = reset_test(ols(frame, "pain ~ age + arm"))
    other = reset_test(ols(frame.assign(pain=1e6 * frame["pain"] + 1e8), "pain ~ age + arm"))
    assert other.statistic == pytest.approx(one.statistic, rel=1e-6)


def test_variance_inflation_by_regression():
    """1 / (1 - R²) of each covariate on the others."""
    frame = trial().assign(height=lambda f: f["age"] + np.arange(60) % 7)
    table = variance_inflation(ols(frame, "pain ~ age + height + weight")).set_index("term")
    for name, others in (("age", "height + weight"), ("weight", "age + height")):
        r_squared = ols(frame, f"{name} ~ {others}").r_squared
        assert table.loc[name, "gvif"] == pytest.approx(1 / (1 - r_squared), rel=SAME)
        assert table.loc[name, "gvif_root"] == pytest.approx(table.loc[name, "gvif"] ** 0.5)
    with pytest.raises(ValueError, match="at least two terms"):
        variance_inflation(ols(frame, "pain ~ age"))
