"""The cases of bad input that a regression of an event can meet: what each gets, in words."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tests.regression.test_risks import FORMULA, people, set_apart
from walkstats.errors import DataError, FitError
from walkstats.regression import logistic, relative_risk, risk_difference

EVERY = [logistic, relative_risk, risk_difference]


@pytest.mark.parametrize("fitted", EVERY)
@pytest.mark.parametrize("codes", [{1: 1, 0: 2}, {1: "yes", 0: "no"}, {1: 1.0, 0: 0.5}])
def test_o11_the_event_is_never_guessed(fitted, codes: dict) -> None:
    frame = people()
    coded = frame.assign(better=frame["better"].map(codes))
    with pytest.raises(DataError, match=r"better must be 0/1 or boolean.*event_value="):
        fitted(coded, FORMULA)
    fit = fitted(coded, FORMULA, event_value=codes[1])
    np.testing.assert_array_equal(fit.values, fitted(frame, FORMULA).values)
    assert f"better = {codes[1]!r}" in fit.method
    assert f"{int(frame['better'].sum())} events among 90 participants" in str(fit)


def test_m05_quasi_separation() -> None:
    fit = logistic(set_apart(), FORMULA)
    assert fit.state == "infinite"
    assert "(separation)" in str(fit)
    assert np.isnan(fit.estimate("arm[walking]").std_error)


@pytest.mark.parametrize("fitted", EVERY)
@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        ({"better": 0}, FitError, "No row has better = 1"),
        ({"better": 1}, FitError, "All 90 rows have better = 1"),
        ({"better": np.nan}, DataError, "0 rows are left of 90 (90 better missing)"),
        ({"better": np.inf}, DataError, "better must be 0/1"),
        ({"better": "1"}, DataError, "better must be 0/1"),
        ({"age": np.inf}, DataError, "age is infinite"),
        ({"age": 40.0}, FitError, "age is constant"),
        ({"age": "young"}, DataError, "comparison needs 2 levels of age"),
    ],
)
def test_columns_that_cannot_be(fitted, spoil: dict, error: type, said: str) -> None:
    with pytest.raises(error, match=re.escape(said)):
        fitted(people().assign(**spoil), FORMULA)


def test_m01_m03_covariates_twice() -> None:
    frame = people()
    with pytest.raises(FitError, match="dup is a combination of age"):
        logistic(frame.assign(dup=frame["age"]), FORMULA + " + dup")
    noise = 1e-6 * np.random.default_rng(0).normal(size=len(frame))
    fit = logistic(frame.assign(x2=frame["age"] + noise), FORMULA + " + x2")
    assert any("condition number" in note and "age, x2" in note for note in fit.notes)


def test_m07_m17_what_is_missing_is_counted() -> None:
    frame = people()
    with pytest.raises(DataError, match="0 rows are left"):
        logistic(frame.head(0), FORMULA)
    frame = frame.astype({"better": float})
    frame.loc[[1, 2], "better"] = np.nan
    frame.loc[3, "arm"] = None
    fit = logistic(frame, FORMULA)
    assert dict(fit.counts.left_out) == {"better missing": 2, "arm missing": 1}
    assert any("Rows left out by arm" in note for note in fit.notes)
    assert fit.counts.events_left_out == frame.loc[3, "better"]
    assert not {1, 2, 3} & set(fit.kept)


def test_m11_a_missing_cluster() -> None:
    frame = people().assign(clinic=lambda f: f["clinic"].where(f.index > 1))
    with pytest.raises(DataError, match="clinic is missing in 2"):
        logistic(frame, FORMULA, cluster="clinic")
    with pytest.raises(FitError, match="one cluster of clinic"):
        logistic(people().assign(clinic=1), FORMULA, cluster="clinic")


def test_m19_m21_weights() -> None:
    frame = people()
    with pytest.raises(DataError, match="w is negative in 90"):
        logistic(frame.assign(w=-1.0), FORMULA, weights="w")
    with pytest.raises(DataError, match="w is no whole number from 0 on"):
        logistic(frame, FORMULA, frequencies="w")
    halves = logistic(frame.assign(w=0.5), FORMULA, weights="w")
    assert halves.se == "HC0"
    assert "weighted by w; robust" in halves.method
    np.testing.assert_allclose(halves.std_errors, logistic(frame, FORMULA, se="HC0").std_errors)


def test_the_same_people_again() -> None:
    frame = people().assign(participant_id=lambda f: f.index // 2)
    assert logistic(frame, FORMULA).se == "CR2"
    taken = logistic(frame, FORMULA, se="model")
    assert "45 participants have several rows" in " ".join(taken.notes)
    single = frame.assign(clinic=np.where(frame["arm"] == "walking", 99, frame["clinic"]))
    alone = logistic(single, FORMULA, cluster="clinic")
    assert np.isnan(alone.estimate("arm[walking]").std_error)
    assert np.isfinite(alone.estimate("age").std_error)
    assert "rests on one cluster of clinic alone" in " ".join(alone.notes)
    few = logistic(frame, FORMULA, se="CR1", cluster="clinic")
    assert "too small with 12 clusters" in " ".join(few.notes)
    assert few.freedom.value == 11


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"level": 95}, "Write 0.95 for 95 %"),
        ({"link": "log"}, "link must be one of"),
        ({"penalty": "ridge"}, "penalty must be one of"),
        ({"penalty": "firth", "link": "probit"}, "is for link='logit'"),
        ({"interval": "exact"}, "interval must be one of"),
        ({"interval": "profile", "se": "HC0"}, "knows nothing of robust errors"),
        ({"se": "HC4"}, "se must be one of"),
        ({"se": "HC0", "cluster": "clinic"}, "takes rows as independent"),
        ({"se": "CR0"}, "needs the column of clusters"),
        ({"cluster": "town"}, "No column 'town'"),
        ({"event_value": "yes"}, "no row has better = 'yes'"),
    ],
)
def test_options_that_do_not_fit(options: dict, said: str) -> None:
    with pytest.raises((ValueError, DataError), match=re.escape(said)):
        logistic(people(), FORMULA, **options)


def test_outcomes_that_are_no_column() -> None:
    for formula in ("log(age) ~ arm", "arm + age"):
        with pytest.raises(ValueError, match="must be a column"):
            logistic(people(), formula)
    with pytest.raises(ValueError, match=r"No column 'bettr' for the outcome\. Did you mean"):
        logistic(people(), "bettr ~ arm")
    with pytest.raises(ValueError, match="those of counts"):
        relative_risk(people(), FORMULA, se="model")
    with pytest.raises(ValueError, match="takes the variances of events as equal"):
        risk_difference(people(), FORMULA, se="model")
