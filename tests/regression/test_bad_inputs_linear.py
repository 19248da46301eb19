"""The cases of bad input that a linear regression can meet: what each gets, in words."""

import numpy as np
import pandas as pd
import pytest

from tests.regression.test_linear import FORMULA, one_each, visits
from walkstats.errors import DataError, FitError
from walkstats.regression import (
    dose_categories,
    marginal_means,
    ols,
    partial_residuals,
    term_tests,
)


def problem_of(frame, formula=FORMULA, **options):
    with pytest.raises(DataError) as caught:
        ols(frame, formula, **options)
    return caught.value.problems.iloc[0]


def test_m01_a_covariate_twice():
    with pytest.raises(FitError, match="dup is a combination of age"):
        ols(one_each().assign(dup=lambda f: f["age"]), FORMULA + " + dup")


def test_m02_a_constant_covariate():
    with pytest.raises(FitError, match="site is constant"):
        ols(one_each().assign(site=1), FORMULA + " + site")


def test_m03_a_covariate_nearly_twice():
    noise = 1e-6 * np.random.default_rng(0).normal(size=60)
    fit = ols(one_each().assign(x2=lambda f: f["age"] + noise), FORMULA + " + x2")
    assert any("condition number" in n and "age, x2" in n for n in fit.notes)


def test_m07_nothing_left():
    assert "0 rows are left" in problem_of(one_each().head(0))["problem"]
    frame = one_each().assign(age=np.nan)
    assert "60 age missing" in problem_of(frame)["problem"]


def test_m08_m17_missing_covariates_are_counted():
    frame = one_each()
    frame.loc[[3, 8], "age"] = np.nan
    frame.loc[[8, 9, 11], "arm"] = None
    fit = ols(frame, FORMULA)
    left_out = dict(fit.counts.left_out)
    assert sum(left_out.values()) == 4
    assert left_out == {"age missing": 1, "arm missing": 2, "arm and age missing": 1}


def test_m09_an_infinite_covariate():
    frame = one_each()
    frame.loc[5, "age"] = np.inf
    found = problem_of(frame)
    assert (found["column"], found["row"]) == ("age", 5)


def test_m11_a_missing_cluster():
    frame = visits()
    frame.loc[frame.index[:2], "participant_id"] = None
    assert problem_of(frame)["count"] == 2


def test_m13_m15_new_data():
    fit = ols(one_each(), FORMULA)
    new = pd.DataFrame({"age": [40.0], "arm": ["yoga"], "walking_minutes": [30.0]})
    with pytest.raises(DataError, match=r"yoga.*known levels: control, walking"):
        fit.design.matrix(new)
    with pytest.raises(DataError, match=r"lack the column.*age"):
        fit.design.matrix(new.drop(columns="age"))
    known = new.assign(arm="walking")
    turned = known[known.columns[::-1]]
    np.testing.assert_array_equal(fit.design.matrix(turned), fit.design.matrix(known))


def test_m19_m21_weights():
    frame = one_each().assign(w=0.5)
    assert ols(frame, FORMULA, weights="w").se == "HC3"
    frame.loc[7, "w"] = -1.0
    found = problem_of(frame, weights="w")
    assert (found["column"], found["row"], found["count"]) == ("w", 7, 1)
    frame.loc[7, "w"] = np.nan
    assert dict(ols(frame, FORMULA, weights="w").counts.left_out) == {"w missing": 1}


def test_m25_names_of_columns():
    frame = one_each().rename(columns={"age": "âge", "walking_minutes": "minutes walked"})
    fit = ols(frame, "pain ~ arm + âge + `minutes walked`")
    np.testing.assert_allclose(
        fit.values, ols(one_each(), "pain ~ arm + age + walking_minutes").values
    )
    twice = pd.concat([one_each(), one_each()[["age"]]], axis=1)
    with pytest.raises(ValueError, match="columns of the same name: age"):
        ols(twice, FORMULA)


def test_m27_arrow():
    frame = visits().convert_dtypes(dtype_backend="pyarrow")
    np.testing.assert_allclose(ols(frame, FORMULA).values, ols(visits(), FORMULA).values)


def test_m29_numbers_as_text():
    found = problem_of(one_each().assign(age=lambda f: f["age"].astype(str)))
    assert "numbers as text" in found["problem"]
    found = problem_of(one_each().assign(pain=lambda f: f["pain"].astype(str)))
    assert found["column"] == "pain"


def test_m37_level_as_95():
    with pytest.raises(ValueError, match=r"Write 0\.95 for 95 %"):
        ols(one_each(), FORMULA, level=95)


def test_m43_type_three_with_interactions():
    fit = ols(one_each(), "pain ~ arm * age", se="classical")
    with pytest.raises(ValueError, match="depend on the reference level"):
        term_tests(fit, kind="III")


def test_o09_a_missing_baseline():
    """Analysis of covariance needs it: rows are left out, and counted by arm."""
    frame = one_each().assign(baseline=5.0 + np.arange(60) % 3)
    frame.loc[frame.index[:5], "baseline"] = np.nan
    fit = ols(frame, "pain ~ arm + baseline")
    assert dict(fit.counts.left_out) == {"baseline missing": 5}
    lost = frame.iloc[:5]["arm"].value_counts(sort=False)
    each = ", ".join(f"{arm} {n}" for arm, n in lost.items() if n)
    assert f"Rows left out by arm: {each}." in fit.notes
    assert f"Rows left out by arm: {each}." in marginal_means(fit, "arm").notes


def test_m13_m15_grids_of_unknown_levels():
    fit = ols(one_each(), "pain ~ arm + age")
    with pytest.raises(ValueError, match=r"'yoga' is not a level of arm"):
        marginal_means(fit, "arm", at={"arm": ["yoga"]})
    with pytest.raises(DataError, match="lack the column"):
        ols(one_each(), "pain ~ arm + age").design.matrix(one_each()[["arm"]])
    other = one_each().drop(columns="age")
    with pytest.raises((ValueError, DataError), match=r"age|frame that the model"):
        partial_residuals(fit, "age", other)


def test_m29_doses_as_text():
    with pytest.raises(DataError, match="the dose holds words"):
        dose_categories(["30", "75 min"])
