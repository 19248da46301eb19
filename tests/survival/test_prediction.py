"""Baseline hazards and predicted curves, by hand, where they must collapse, and by relations.

By hand: from the definition, with derivatives by the coefficients taken by differences. Without
effects they are Kaplan-Meier and Nelson-Aalen.

Tolerances: EXACT for the same sums in another order; REFIT where two fits must agree; SLOPE where
a derivative is a difference quotient (step 1e-5, second-order).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.survival.cox_by_hand import at_risk, dies, rows_of, steps_of
from walkstats import survival
from walkstats.errors import DataError, FitError
from walkstats.results import CoxFit

EXACT = {"rtol": 1e-10, "atol": 1e-12}
REFIT = {"rtol": 1e-6, "atol": 1e-8}
SLOPE = {"rtol": 1e-6, "atol": 1e-9}
NEW = pd.DataFrame({"age": [-0.5, 1.0], "arm": [1, 0]}, index=["first", "second"])


def random_frame(seed: int, n: int = 40, spells: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 4, n) if spells else np.zeros(n, int)
    return pd.DataFrame(
        {
            "start": start,
            "stop": start + rng.integers(1, 9, n),
            "event": rng.random(n) < 0.7,
            "age": rng.normal(size=n),
            "arm": rng.integers(0, 2, n),
            "stratum": rng.integers(0, 2, n),
            "weight": rng.uniform(0.5, 2.0, n),
        }
    )


def fit_of(frame: pd.DataFrame, formula: str = "age + arm", **options: Any) -> CoxFit:
    return survival.cox(frame, formula, time="stop", **options)


def rows_at_risk(frame: pd.DataFrame, spells: bool) -> pd.DataFrame:
    return frame if spells else frame.drop(columns="start")


# ---- by hand ------------------------------------------------------------------------------------


def hazard_by_hand(
    frame: pd.DataFrame, ties: str, beta: np.ndarray, covariates: Any, stratum: int, until: float
) -> tuple[float, float]:
    """Cumulative hazard along ``covariates(time)`` and its variance for known coefficients."""
    total = known = 0.0
    for step in steps_of(rows_of(frame, ["age", "arm"], beta), ties):
        if step.stratum == stratum and step.time <= until and covariates(step.time) is not None:
            risk = float(np.exp(np.dot(covariates(step.time), beta)))
            total += risk * float(step.hazard)
            known += risk**2 * float(step.hazard / step.denominator)
    return total, known


def error_by_hand(
    frame: pd.DataFrame, fit: CoxFit, covariates: Any, stratum: int, until: float
) -> tuple[float, float]:
    """Hazard and standard error, the slope in each coefficient being a difference quotient."""
    total, known = hazard_by_hand(frame, fit.ties, fit.values, covariates, stratum, until)
    slope = np.empty(len(fit.values))
    for k in range(len(slope)):
        up, down = (fit.values + h * (np.arange(len(slope)) == k) for h in (1e-5, -1e-5))
        slope[k] = (
            hazard_by_hand(frame, fit.ties, up, covariates, stratum, until)[0]
            - hazard_by_hand(frame, fit.ties, down, covariates, stratum, until)[0]
        ) / 2e-5
    return total, float(np.sqrt(known + slope @ fit.covariance @ slope))


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("spells", [False, True])
@pytest.mark.parametrize("seed", range(2))
def test_curves_by_hand(seed: int, spells: bool, ties: str) -> None:
    frame = random_frame(seed, spells=spells)
    options = {"entry": "start"} if spells else {}
    fit = fit_of(frame, ties=ties, strata="stratum", weights="weight", robust=False, **options)
    new = NEW.assign(stratum=[1, 0])
    curve = survival.predict_survival(fit, new, interval="plain")
    rows = rows_at_risk(frame, spells)
    for day in (2, 5, 8):
        found = curve.at(day).set_index("group")
        for name, x in new.iterrows():
            hazard, error = error_by_hand(
                rows, fit, lambda _, x=x: x[["age", "arm"]].to_numpy(float), x["stratum"], day
            )
            np.testing.assert_allclose(found.loc[name, "estimate"], np.exp(-hazard), **EXACT)
            np.testing.assert_allclose(
                found.loc[name, "std_error"], error * np.exp(-hazard), **SLOPE
            )
        baseline = survival.baseline_hazard(fit).at(day).set_index("group")
        for stratum in (0, 1):
            hazard, error = error_by_hand(rows, fit, lambda _: [0.0, 0.0], stratum, day)
            np.testing.assert_allclose(baseline.loc[str(stratum), "estimate"], hazard, **EXACT)
            np.testing.assert_allclose(baseline.loc[str(stratum), "std_error"], error, **SLOPE)


@pytest.mark.parametrize("seed", range(3))
def test_path_by_hand(seed: int) -> None:
    """Covariates and stratum that change, follow-up that begins late."""
    frame = random_frame(seed, spells=True).drop(columns="weight")
    fit = fit_of(frame, entry="start", strata="stratum")
    path = pd.DataFrame(
        {"who": "one", "start": [1, 3, 5], "stop": [3, 5, 9], "age": [0.0, 1.0, 1.0],
         "arm": [0, 0, 1], "stratum": [0, 0, 0]}
    )  # fmt: skip
    curve = survival.predict_survival(fit, path, subject="who", interval="plain")

    def covariates(time: float) -> np.ndarray | None:
        own = path[(path["start"] < time) & (time <= path["stop"])]
        return None if own.empty else own.iloc[0][["age", "arm"]].to_numpy(float)

    for day in (2, 4, 6, 8):
        hazard, error = error_by_hand(frame, fit, covariates, 0, day)
        found = curve.at(day).iloc[0]
        np.testing.assert_allclose(found["estimate"], np.exp(-hazard), **EXACT)
        np.testing.assert_allclose(found["std_error"], error * np.exp(-hazard), **SLOPE)
    np.testing.assert_array_equal(curve.frame["stop"] > 1, True)


@pytest.mark.parametrize("spells", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_product_limit_factors_solve_their_equation(seed: int, spells: bool) -> None:
    """At each event time the sum over events of w r / (1 - z^r) is the risk of those at risk."""
    frame = random_frame(seed, 25, spells)
    fit = fit_of(frame, weights="weight", **({"entry": "start"} if spells else {}))
    zero = pd.DataFrame({"age": [0.0], "arm": [0]})
    curve = survival.predict_survival(fit, zero, form="product-limit", interval="plain").frame
    factor = curve["estimate"].to_numpy() / np.append(1.0, curve["estimate"].to_numpy()[:-1])
    rows = rows_of(rows_at_risk(frame, spells).drop(columns="stratum"), ["age", "arm"], fit.values)
    for time, z in zip(curve["stop"], factor, strict=True):
        dead = [r for r in rows if dies(r, time, 0)]
        here = sum(r.weight * r.risk for r in rows if at_risk(r, time, 0))
        if not dead:
            assert np.isnan(z) or z == 1.0
        elif z > 0:
            left = sum(r.weight * r.risk / (1.0 - z**r.risk) for r in dead)
            np.testing.assert_allclose(left, here, rtol=1e-8)
        else:
            np.testing.assert_allclose(sum(r.weight * r.risk for r in dead), here, rtol=1e-10)


# ---- what it must collapse to -------------------------------------------------------------------


def without_effect(fit: CoxFit) -> CoxFit:
    return replace(fit, values=np.zeros_like(fit.values), covariance=np.zeros_like(fit.covariance))


@pytest.mark.parametrize("spells", [False, True])
def test_without_effects_it_is_kaplan_meier_and_nelson_aalen(spells: bool) -> None:
    """Product-limit form: Kaplan-Meier. Breslow: Nelson-Aalen. Efron: Fleming-Harrington."""
    frame = random_frame(5, spells=spells)
    options = {"entry": "start"} if spells else {}
    fits = {
        ties: without_effect(fit_of(frame, ties=ties, **options)) for ties in ("efron", "breslow")
    }
    kaplan_meier = survival.kaplan_meier(frame, time="stop", **options).frame
    product = survival.predict_survival(fits["breslow"], NEW.iloc[:1], form="product-limit").frame
    np.testing.assert_allclose(product["estimate"], kaplan_meier["estimate"], rtol=1e-9, atol=1e-12)
    known = kaplan_meier["estimate"] > 0
    np.testing.assert_allclose(
        product.loc[known, "std_error"], kaplan_meier.loc[known, "std_error"], rtol=1e-9
    )
    for ties, tied in (("breslow", "together"), ("efron", "one by one")):
        nelson = survival.nelson_aalen(frame, time="stop", tied=tied, **options).frame
        hazard = survival.baseline_hazard(fits[ties]).frame
        for column in ("estimate", "std_error", "n_risk", "n_event"):
            np.testing.assert_allclose(hazard[column], nelson[column], **EXACT)


def test_curve_of_the_average_person() -> None:
    frame = random_frame(6)
    fit = fit_of(frame)
    mean = pd.DataFrame([dict(zip(fit.terms, fit.centre, strict=True))])
    hazard = survival.baseline_hazard(fit, centred=True).frame
    curve = survival.predict_survival(fit, mean).frame
    np.testing.assert_allclose(np.exp(-hazard["estimate"]), curve["estimate"], **EXACT)
    np.testing.assert_allclose(hazard["std_error"], curve["std_error"] / curve["estimate"], **EXACT)
    ratio = hazard["conf_high"] / hazard["estimate"]
    np.testing.assert_allclose(ratio, hazard["estimate"] / hazard["conf_low"], **EXACT)


# ---- relations ----------------------------------------------------------------------------------


@given(
    seed=st.integers(0, 10**6),
    spells=st.booleans(),
    days=st.sampled_from([1 / 365.25, 7.0, 1e6]),
    shift=st.sampled_from([0.0, 1e4]),
    scale=st.sampled_from([-2.0, 1e3]),
)
def test_order_and_units_change_nothing(
    seed: int, spells: bool, days: float, shift: float, scale: float
) -> None:
    """Relations 1 to 4, in the fit and in the new rows."""
    frame = random_frame(seed, spells=spells)
    options = {"strata": "stratum", **({"entry": "start"} if spells else {})}
    other = frame.sample(frac=1.0, random_state=seed).assign(
        start=lambda d: d["start"] * days,
        stop=lambda d: d["stop"] * days,
        age=lambda d: shift + scale * d["age"],
    )
    one = survival.predict_survival(fit_of(frame, **options), NEW)
    two = survival.predict_survival(
        fit_of(other, **options), NEW.assign(age=lambda d: shift + scale * d["age"])[["arm", "age"]]
    )
    assert one.groups == two.groups == ("first, 0", "first, 1", "second, 0", "second, 1")
    np.testing.assert_allclose(two.frame["stop"], one.frame["stop"] * days, rtol=1e-12)
    columns = ["estimate", "std_error", "conf_low", "conf_high"]
    np.testing.assert_allclose(two.frame[columns], one.frame[columns], rtol=1e-5, atol=1e-7)


@given(seed=st.integers(0, 10**6), efron=st.booleans())
def test_splitting_changes_nothing(seed: int, efron: bool) -> None:
    """Relation 7."""
    frame = random_frame(seed, 25, spells=True).assign(participant_id=range(25))
    pieces = frame.loc[frame.index.repeat(frame["stop"] - frame["start"])]
    begin = pieces["start"] + pieces.groupby("participant_id").cumcount()
    pieces = pieces.assign(
        event=pieces["event"] & (begin + 1 == pieces["stop"]), start=begin, stop=begin + 1
    )
    options = {"entry": "start", "ties": "efron" if efron else "breslow", "robust": False}
    one, two = (
        survival.predict_survival(fit_of(d, **options), NEW.iloc[:1]).frame.set_index("stop")
        for d in (frame, pieces)
    )
    columns = ["estimate", "std_error", "n_risk", "n_event"]
    np.testing.assert_allclose(two.loc[one.index, columns], one[columns], **REFIT)


@pytest.mark.parametrize("seed", range(5))
def test_splitting_the_path_changes_nothing(seed: int) -> None:
    """Somebody who stays the same, told in twelve spells."""
    fit = fit_of(random_frame(seed, spells=True), entry="start")
    spells = pd.concat([NEW.assign(who=NEW.index, start=k, stop=k + 1) for k in range(12)])
    whole = survival.predict_survival(fit, NEW)
    told = survival.predict_survival(fit, spells, subject="who")
    pd.testing.assert_frame_equal(told.frame, whole.frame, rtol=1e-10)


# ---- reading the answer -------------------------------------------------------------------------


def test_beyond_follow_up_is_missing_unless_asked_for() -> None:
    frame = random_frame(2)
    frame.loc[frame["stratum"] == 1, "stop"] = frame.loc[frame["stratum"] == 1, "stop"].clip(
        upper=4
    )
    fit = fit_of(frame, strata="stratum")
    new = NEW.iloc[:1]
    rows = survival.predict_survival(fit, new, times=[4, 5]).frame.set_index(["group", "stop"])
    assert np.isnan(rows.loc[("1", 5), "estimate"])
    assert not np.isnan(rows.loc[("0", 5), "estimate"])
    carried = survival.predict_survival(fit, new, times=[4, 5], extend=True).frame
    carried = carried.set_index(["group", "stop"])["estimate"]
    assert carried["1", 5] == carried["1", 4] == rows.loc[("1", 4), "estimate"]
    ends = pd.DataFrame({"who": 1, "start": [0], "stop": [3], "age": 0.0, "arm": 1, "stratum": 0})
    spell = survival.predict_survival(fit, ends, subject="who", entry="start")
    assert np.isnan(spell.at(4).loc[0, "estimate"])


def test_chosen_times_are_a_line_and_all_times_are_steps() -> None:
    fit = fit_of(random_frame(3))
    whole = survival.predict_survival(fit, NEW)
    some = survival.predict_survival(fit, NEW, times=[6, 2])
    assert (whole.shape, some.shape) == ("step", "line")
    pd.testing.assert_frame_equal(some.frame, whole.at([6, 2]))
    assert whole.at(0)["estimate"].tolist() == [1.0, 1.0]
    median = whole.quantile(0.5).values[0]
    first = whole.frame[whole.frame["group"] == "first"].set_index("stop")["estimate"]
    assert first[median] <= 0.5
    assert "Efron increments" in whole.method
    assert whole.counts.used == 40


def test_rows_are_named_by_their_index() -> None:
    fit = fit_of(random_frame(3))
    assert survival.predict_survival(fit, NEW).groups == ("first", "second")
    twice = pd.concat([NEW.iloc[:1], NEW.iloc[:1]])
    assert survival.predict_survival(fit, twice).groups == ("0", "1")


def test_strata_of_the_new_rows() -> None:
    """Their own where they say it (whatever the type), every stratum where they do not."""
    frame = random_frame(4).assign(clinic=lambda d: np.where(d["stratum"] == 1, "north", "south"))
    fit = fit_of(frame, strata=["stratum", "clinic"])
    every = survival.predict_survival(fit, NEW.iloc[:1])
    assert every.groups == ("0, south", "1, north")
    typed = NEW.iloc[:1].assign(stratum=1.0, clinic=pd.Categorical(["north"]))
    own = survival.predict_survival(fit, typed)
    assert own.groups == ("first",)
    expected = every.frame.loc[every.frame["group"] == "1, north", "estimate"]
    np.testing.assert_array_equal(own.frame["estimate"], expected)
    with pytest.raises(DataError, match="no stratum 1, south in the model"):
        survival.predict_survival(fit, typed.assign(clinic="south"))
    with pytest.raises(ValueError, match="No column 'clinic'"):
        survival.predict_survival(fit, typed.drop(columns="clinic"))


def test_offset_counts() -> None:
    frame = random_frame(5).assign(known=lambda d: 0.4 * d["age"])
    fit = fit_of(frame, "arm", offset="known")
    new = pd.DataFrame({"arm": [0, 0], "known": [0.0, 1.0]}, index=["none", "some"])
    rows = survival.predict_survival(fit, new).at(4).set_index("group")["estimate"]
    assert rows["some"] == pytest.approx(rows["none"] ** np.e, rel=1e-10)
    with pytest.raises(ValueError, match="'known' for the offset"):
        survival.predict_survival(fit, new.drop(columns="known"))


# ---- what is refused ----------------------------------------------------------------------------


def test_new_rows_that_cannot_be_read() -> None:
    """Cases M13 and M15: unknown levels name the known ones; missing columns are named."""
    frame = random_frame(3).assign(arm=lambda d: np.where(d["arm"] == 1, "walking", "control"))
    fit = fit_of(frame)
    new = pd.DataFrame({"arm": ["walking"], "age": [0.0]})
    assert survival.predict_survival(fit, new[["age", "arm"]]).at(3)["estimate"].notna().all()
    with pytest.raises(DataError, match=r"(?s)yoga.*control.*walking"):
        survival.predict_survival(fit, new.assign(arm="yoga"))
    with pytest.raises(DataError, match="lack the column"):
        survival.predict_survival(fit, new.drop(columns="age"))
    with pytest.raises(DataError, match="missing values"):
        survival.predict_survival(fit, new.assign(age=np.nan))
    with pytest.raises(DataError, match="no rows"):
        survival.predict_survival(fit, new.iloc[:0])
    with pytest.raises(ValueError, match="must be a pandas DataFrame"):
        survival.predict_survival(fit, {"age": 0.0})  # type: ignore[arg-type]


def test_choices_that_do_not_exist() -> None:
    fit = fit_of(random_frame(3))
    with pytest.raises(ValueError, match="interval must be one of"):
        survival.predict_survival(fit, NEW, interval="loglog")
    with pytest.raises(ValueError, match="form must be one of"):
        survival.predict_survival(fit, NEW, form="kaplan-meier")
    with pytest.raises(ValueError, match="level"):
        survival.predict_survival(fit, NEW, level=95)
    with pytest.raises(ValueError, match="must be a Cox fit"):
        survival.baseline_hazard(NEW)  # type: ignore[arg-type]


def test_spells_that_do_not_follow_each_other() -> None:
    fit = fit_of(random_frame(3, spells=True), entry="start", strata="stratum")
    path = pd.DataFrame(
        {"who": "one", "start": [0, 3], "stop": [3, 6], "age": 0.0, "arm": 1, "stratum": 0}
    )
    whole = survival.predict_survival(fit, path.iloc[::-1], subject="who")
    assert whole.groups == ("one",)
    for starts in ([0, 4], [0, 2], [0, 6]):
        with pytest.raises(DataError, match="overlap, leave a gap or have no length"):
            survival.predict_survival(fit, path.assign(start=starts), subject="who")
    with pytest.raises(DataError, match="do not say their stratum"):
        survival.predict_survival(fit, path.drop(columns="stratum"), subject="who")
    with pytest.raises(DataError, match="start is missing"):
        survival.predict_survival(fit, path.assign(start=[0, np.nan]), subject="who")
    short = path.iloc[:1].assign(start=0.2, stop=0.4)
    with pytest.raises(DataError, match="followed to a time within these spells"):
        survival.predict_survival(fit, short, subject="who")
    with pytest.raises(ValueError, match="No column 'person'"):
        survival.predict_survival(fit, path, subject="person")


def test_infinite_coefficients_predict_nothing() -> None:
    frame = pd.DataFrame({"days": range(1, 9), "event": 4 * [1] + 4 * [0], "x": 4 * [1] + 4 * [0]})
    fit = survival.cox(frame, "x")
    with pytest.raises(FitError, match="coefficient of x is not finite"):
        survival.baseline_hazard(fit)
    with pytest.raises(FitError, match="coefficient of x is not finite"):
        survival.predict_survival(fit, pd.DataFrame({"x": [0]}))


def test_labels_that_repeat_are_said() -> None:
    frame = pd.DataFrame({"days": [5, 8, 8, 12, 15], "event": [1, 1, 0, 1, 0],
                          "age": [40, 50, 35, 60, 45]})  # fmt: skip
    fit = survival.cox(frame, "age")
    twice = pd.DataFrame({"age": [40, 60]}, index=["p", "p"])
    curve = survival.predict_survival(fit, twice)
    assert curve.groups == ("0", "1")
    assert any("curves are named by position" in note for note in curve.notes)
    unique = survival.predict_survival(fit, twice.set_axis(["p", "q"]))
    assert unique.notes == fit.notes


def test_options_that_would_be_ignored_are_refused() -> None:
    frame = pd.DataFrame({"days": [5, 8, 8, 12, 15], "event": [1, 1, 0, 1, 0]})
    fit = survival.cox(frame.assign(age=[40, 50, 35, 60, 45]), "age")
    new = pd.DataFrame({"age": [40], "from": [0], "to": [9]})
    for ignored in ({"entry": "from"}, {"time": "to"}):
        with pytest.raises(ValueError, match="give subject= too"):
            survival.predict_survival(fit, new, **ignored)
    with pytest.raises(ValueError, match="extend must be True or False"):
        survival.predict_survival(fit, new, extend="no")
    for kind in ("expected", "survival"):
        with pytest.raises(ValueError, match="has no reference"):
            survival.predict_risk(fit, kind=kind, reference="zero")
