"""The cases of bad input that a mixed model can meet: what each gets, in words."""

import numpy as np
import pandas as pd
import pytest

from tests.regression.test_linear_mixed import FORMULA, visits
from walkstats.errors import DataError, FitError
from walkstats.regression import linear_mixed, predict_mixed, variance_components
from walkstats.regression.mixed import valleys


def problem_of(frame, formula=FORMULA, **options):
    with pytest.raises(DataError) as caught:
        linear_mixed(frame, formula, **options)
    return caught.value.problems.iloc[0]


def test_m01_m03_collinear():
    frame = visits()
    with pytest.raises(FitError, match="dup is a combination of week"):
        linear_mixed(frame.assign(dup=2 * frame["week"] + 1), FORMULA + " + dup")
    with pytest.raises(FitError, match="site is constant"):
        linear_mixed(frame.assign(site=1), FORMULA + " + site")
    noise = 1e-6 * np.random.default_rng(0).normal(size=len(frame))
    near = frame.assign(x2=frame["week"] + noise)
    fit = linear_mixed(near, FORMULA + " + x2")
    assert any("condition number" in note and "week, x2" in note for note in fit.notes)
    with pytest.raises(FitError, match="In random=, twice is constant or a combination"):
        linear_mixed(frame.assign(twice=2 * frame["week"]), FORMULA, random="week + twice")


def test_m07_nothing_left():
    assert "0 rows are left" in problem_of(visits().assign(pain=np.nan))["problem"]
    assert "0 rows are left" in problem_of(visits().assign(participant_id=None))["problem"]


def test_m09_infinite():
    frame = visits()
    frame.loc[5, "minutes"] = np.inf
    assert problem_of(frame)["column"] == "minutes"
    frame = visits()
    frame.loc[5, "pain"] = -np.inf
    assert problem_of(frame)["column"] == "pain"


def test_m13_m15_new_data():
    fit = linear_mixed(visits(), FORMULA)
    new = visits().iloc[:2]
    with pytest.raises(DataError, match="yoga"):
        predict_mixed(fit, new.assign(arm="yoga"))
    with pytest.raises(DataError, match="lack the column"):
        predict_mixed(fit, new.drop(columns="minutes"))
    turned = predict_mixed(fit, new[new.columns[::-1]])
    pd.testing.assert_frame_equal(turned, predict_mixed(fit, new))


def test_m17_m45_missing_groups_outcomes_and_covariates_are_counted():
    frame = visits()
    frame.loc[[0, 1], "participant_id"] = None
    frame.loc[[1, 2], "clinic"] = None
    frame.loc[[3, 4], "pain"] = np.nan
    frame.loc[4, "arm"] = None
    frame.loc[5, "week"] = np.nan
    fit = linear_mixed(frame, FORMULA, random="week", nested="clinic")
    assert dict(fit.counts.left_out) == {
        "participant_id missing": 2,
        "clinic missing": 1,
        "week missing": 1,
        "pain missing": 1,
        "pain and arm missing": 1,
    }
    assert fit.counts.rows == len(frame)
    assert fit.counts.used == len(frame) - 6 == len(fit.fitted_person)
    np.testing.assert_array_equal(fit.kept[:2], [6, 7])
    lost = frame.drop(index=fit.kept)["arm"].value_counts()
    said = [note for note in fit.notes if "left out by arm" in note]
    assert said == [f"Rows left out by arm: control {lost['control']}, walking {lost['walking']}."]


def test_m25_m27_names_and_arrow():
    frame = visits()
    named = frame.rename(columns={"minutes": "minutes walked", "participant_id": "naïve id"})
    fit = linear_mixed(named, "pain ~ arm * week + `minutes walked`", subject="naïve id")
    plain = linear_mixed(frame, FORMULA)
    np.testing.assert_allclose(fit.values, plain.values)
    arrow = frame.convert_dtypes(dtype_backend="pyarrow")
    np.testing.assert_allclose(linear_mixed(arrow, FORMULA).values, plain.values)
    with pytest.raises(ValueError, match="columns of the same name: pain"):
        linear_mixed(pd.concat([frame, frame[["pain"]]], axis=1), FORMULA)


def test_m29_text():
    text = visits().assign(minutes=lambda f: f["minutes"].astype(str))
    assert "numbers as text" in problem_of(text)["problem"]
    assert problem_of(visits().assign(pain=lambda f: f["pain"].astype(str)))["column"] == "pain"
    assert problem_of(visits().assign(pain=lambda f: f["arm"]))["column"] == "pain"


def test_m37_and_other_arguments():
    frame = visits()
    with pytest.raises(ValueError, match=r"Write 0\.95 for 95 %"):
        linear_mixed(frame, FORMULA, level=95)
    with pytest.raises(ValueError, match="No column 'person' for the participant"):
        linear_mixed(frame, FORMULA, subject="person")
    with pytest.raises(ValueError, match="Did you mean 'satterthwaite'"):
        linear_mixed(frame, FORMULA, df="Satterthwaite")
    with pytest.raises(ValueError, match="reml must be True or False"):
        linear_mixed(frame, FORMULA, reml="ML")
    with pytest.raises(ValueError, match="needs an outcome"):
        linear_mixed(frame, "arm + week")
    with pytest.raises(ValueError, match="A formula is a text"):
        linear_mixed(frame, FORMULA, random=1)
    with pytest.raises(ValueError, match="No column 'weeks'"):
        linear_mixed(frame, FORMULA, random="weeks")


def test_data_that_cannot_tell():
    frame = visits()
    with pytest.raises(
        FitError, match=r"No participant_id has more than 1 row.* use ols for one row each"
    ):
        linear_mixed(frame.drop_duplicates("participant_id"), "pain ~ arm")
    few = frame.groupby("participant_id").head(2)
    with pytest.raises(FitError, match=r"some need at least 3; random='1' needs 2"):
        linear_mixed(few, FORMULA, random="week")
    with pytest.raises(FitError, match="All rows belong to one value of participant_id"):
        linear_mixed(frame[frame["participant_id"] == "p01"], "pain ~ week")
    constant = frame.assign(pain=frame["participant_id"].str[1:].astype(int))
    with pytest.raises(FitError, match="the same in all rows of a person"):
        linear_mixed(constant, "pain ~ week")
    with pytest.raises(FitError, match="fitted exactly"):
        linear_mixed(frame.assign(pain=frame["week"] * 2 + 1), "pain ~ week")
    many = pd.concat([frame] * 40, ignore_index=True)
    with pytest.raises(FitError, match="fitted exactly"):
        linear_mixed(many.assign(pain=many["week"] * 2 + 1), "pain ~ week")
    with pytest.raises(FitError, match="dup is a combination of week"):
        linear_mixed(many.assign(dup=2 * many["week"]), FORMULA + " + dup")
    with pytest.raises(FitError, match="cannot be estimated from"):
        linear_mixed(frame[frame["week"] < 2].iloc[:5], FORMULA)
    with pytest.raises(FitError, match="there is one only"):
        linear_mixed(frame.assign(clinic="c"), FORMULA, nested="clinic")
    moved = frame.assign(clinic=np.where(frame["week"] > 2, "c9", frame["clinic"]))
    found = problem_of(moved, nested="clinic")
    assert "are in more than one clinic" in found["problem"]


def test_what_is_said():
    frame = visits()
    alone = linear_mixed(frame, "pain ~ arm", random="week")
    assert any("week: random, but not in the formula" in note for note in alone.notes)
    between = frame.assign(age=pd.factorize(frame["participant_id"])[0] % 7 * 10.0)
    noted = linear_mixed(between, FORMULA + " + age", random="age").notes
    assert any("age does not change within people" in note for note in noted)
    once = pd.concat([frame, frame.iloc[[0]].assign(participant_id="once")])
    assert any("1 of 25 participants have one row" in n for n in linear_mixed(once, FORMULA).notes)


def test_a_search_that_does_not_arrive_says_so(monkeypatch):
    monkeypatch.setattr(valleys, "STEPS", 1)
    fit = linear_mixed(visits(), FORMULA, random="week", nested="clinic")
    assert fit.state == "not converged"
    assert "do not use these numbers" in " ".join(fit.notes)
    with pytest.raises(FitError, match="did not converge"):
        variance_components(fit)
