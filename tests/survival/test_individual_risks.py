"""Risks of single rows: from their definition, against predicted curves, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.survival.cox_by_hand import rows_of, steps_of
from walkstats import survival
from walkstats.errors import DataError, FitError
from walkstats.results import CoxFit

# The same sums in another order; slopes are difference quotients of step 1e-5.
EXACT = {"rtol": 1e-10, "atol": 1e-12}
SLOPE = {"rtol": 1e-6, "atol": 1e-9}


def random_frame(seed: int, n: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 4, n)
    return pd.DataFrame(
        {
            "start": start,
            "stop": start + rng.integers(1, 9, n),
            "event": rng.random(n) < 0.7,
            "age": rng.normal(3.0, 1.0, n),
            "arm": rng.integers(0, 2, n),
            "clinic": rng.integers(0, 2, n),
            "weight": rng.uniform(0.5, 2.0, n),
        },
        index=[f"p{k}" for k in range(n)],
    )


def fit_of(frame: pd.DataFrame, formula: str = "age + arm", **options: Any) -> CoxFit:
    return survival.cox(frame, formula, time="stop", **options)


@pytest.mark.parametrize("reference", ["mean", "zero", "stratum"])
def test_relative_risks_by_definition(reference: str) -> None:
    frame = random_frame(1)
    fit = fit_of(frame, strata="clinic", weights="weight")
    X, w = frame[["age", "arm"]], frame["weight"]
    mean = X.mul(w, axis=0).sum() / w.sum()
    own = X.mul(w, axis=0).groupby(frame["clinic"]).transform("sum").div(
        w.groupby(frame["clinic"]).transform("sum"), axis=0
    )  # fmt: skip
    away = X - {"mean": mean, "zero": 0.0, "stratum": own}[reference]
    found = survival.predict_risk(fit, reference=reference)
    np.testing.assert_allclose(found["estimate"], away @ fit.values, **EXACT)
    error = np.sqrt(np.einsum("nj,jk,nk->n", away, fit.covariance, away))
    np.testing.assert_allclose(found["std_error"], error, **EXACT)
    ratio = survival.predict_risk(fit, kind="relative_risk", reference=reference)
    np.testing.assert_allclose(ratio["estimate"], np.exp(found["estimate"]), **EXACT)
    np.testing.assert_allclose(ratio["std_error"], error, **EXACT)
    again = survival.predict_risk(fit, frame.iloc[::-1], reference=reference)
    pd.testing.assert_frame_equal(again.iloc[::-1], found, rtol=1e-10)
    assert list(found.index) == list(frame.index)


def test_expected_events_sum_to_those_observed() -> None:
    frame = random_frame(2)
    fit = fit_of(frame, entry="start", strata="clinic")
    rows = survival.predict_risk(fit, kind="expected")
    assert rows["estimate"].sum() == pytest.approx(frame["event"].sum(), rel=1e-10)
    residual = survival.residuals(fit, "martingale")["martingale"]
    np.testing.assert_allclose(rows["estimate"], frame["event"] - residual, **EXACT)
    kept = survival.predict_risk(fit, kind="survival")
    np.testing.assert_allclose(kept["estimate"], np.exp(-rows["estimate"]), **EXACT)
    np.testing.assert_allclose(kept["std_error"], rows["std_error"] * kept["estimate"], **EXACT)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_expected_events_of_new_rows_by_hand(ties: str) -> None:
    """Over (entry, stop], with the slope in the coefficients taken by differences."""
    frame = random_frame(3).drop(columns="weight").rename(columns={"clinic": "stratum"})
    fit = fit_of(frame, entry="start", strata="stratum", ties=ties)
    new = pd.DataFrame(
        {"start": [0, 2, 3], "stop": [4, 3, 7], "age": [2.0, 3.0, 4.5], "arm": [0, 1, 1],
         "stratum": [0, 1, 1]}
    )  # fmt: skip
    found = survival.predict_risk(fit, new, kind="expected")

    def hazard(row: pd.Series, beta: np.ndarray) -> tuple[float, float]:
        risk = np.exp(row[["age", "arm"]].to_numpy(float) @ beta)
        steps = [
            s
            for s in steps_of(rows_of(frame, ["age", "arm"], beta), ties)
            if s.stratum == row["stratum"] and row["start"] < s.time <= row["stop"]
        ]
        return (
            risk * sum(float(s.hazard) for s in steps),
            risk**2 * sum(float(s.hazard / s.denominator) for s in steps),
        )

    for k, row in new.iterrows():
        total, known = hazard(row, fit.values)
        slope = np.array(
            [
                (hazard(row, fit.values + h)[0] - hazard(row, fit.values - h)[0]) / 2e-5
                for h in 1e-5 * np.eye(2)
            ]
        )
        error = np.sqrt(known + slope @ fit.covariance @ slope)
        np.testing.assert_allclose(found.loc[k, "estimate"], total, **EXACT)
        np.testing.assert_allclose(found.loc[k, "std_error"], error, **SLOPE)


def test_survival_of_new_rows_is_the_predicted_curve() -> None:
    frame = random_frame(4)
    fit = fit_of(frame)
    new = pd.DataFrame({"age": [2.0, 4.0], "arm": [0, 1], "stop": [3, 5]}, index=["a", "b"])
    rows = survival.predict_risk(fit, new, kind="survival")
    curve = survival.predict_survival(fit, new, interval="plain").at([3, 5])
    for name, day in (("a", 3), ("b", 5)):
        here = curve[(curve["group"] == name) & (curve["stop"] == day)].iloc[0]
        np.testing.assert_allclose(rows.loc[name], here[["estimate", "std_error"]].astype(float))
    late = survival.predict_risk(fit, new.assign(stop=[3, 500]), kind="expected")
    assert late["estimate"].isna().tolist() == [False, True]


def test_offset_counts_in_every_kind() -> None:
    frame = random_frame(5).assign(known=lambda d: 0.4 * d["age"])
    fit = fit_of(frame, "arm", offset="known")
    zero = survival.predict_risk(fit, reference="zero")["estimate"]
    np.testing.assert_allclose(zero, fit.values[0] * frame["arm"] + frame["known"], **EXACT)
    mean = survival.predict_risk(fit)["estimate"]
    assert mean.mean() == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(zero - mean, (zero - mean).iloc[0], **EXACT)
    total = survival.predict_risk(fit, kind="expected")["estimate"].sum()
    assert total == pytest.approx(frame["event"].sum(), rel=1e-10)


def test_refusals_in_words() -> None:
    frame = random_frame(6)
    fit = fit_of(frame, strata="clinic", entry="start")
    new = frame[["age", "arm"]]
    with pytest.raises(ValueError, match="kind must be one of"):
        survival.predict_risk(fit, kind="lp")
    with pytest.raises(ValueError, match="reference must be one of"):
        survival.predict_risk(fit, reference="sample")
    with pytest.raises(DataError, match="do not say their stratum"):
        survival.predict_risk(fit, new, reference="stratum")
    with pytest.raises(DataError, match="do not say their stratum"):
        survival.predict_risk(fit, new.assign(start=0, stop=3), kind="expected")
    with pytest.raises(ValueError, match="No column 'stop' for the time"):
        survival.predict_risk(fit, new.assign(clinic=0, start=0), kind="expected")
    with pytest.raises(ValueError, match="No column 'start' for the entry time"):
        survival.predict_risk(fit, new.assign(clinic=0, stop=3), kind="expected")
    assert len(survival.predict_risk(fit, new)) == len(new)
    infinite = pd.DataFrame({"days": range(1, 5), "event": [1, 1, 0, 0], "x": [1, 1, 0, 0]})
    with pytest.raises(FitError, match="coefficient of x is not finite"):
        survival.predict_risk(survival.cox(infinite, "x"))
