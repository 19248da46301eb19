"""What follows a Cox fit against R's survival (03_cox.R).

Concordance, baseline hazards, predicted curves, residuals, the test of proportional hazards,
predictions of single rows, comparison of models, effects that change with time.

Tolerances are those of the entries: 1e-7 or 1e-8 relative, everything being closed form given a
coefficient that is iterated until it no longer moves.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.reference.goldens import agree, data, entry, uncovered, value
from walkstats import survival
from walkstats.numerics.limits import chi2_p
from walkstats.results import Curve

TOPIC = "03_cox"
LUNG = {"time": "time", "event": "status", "event_value": 2}
MONTHS = {**LUNG, "time": "month"}
OVARIAN = {"time": "futime", "event": "fustat"}
VETERAN = {"time": "time", "event": "status"}
HEART = {"time": "stop", "entry": "start", "event": "event"}
PAIRS = ["concordant", "discordant", "tied_marker", "tied_time", "tied_both"]


def gold(identifier: str) -> dict[str, Any]:
    return entry(TOPIC, f"cox.{identifier}")


def all_compared(one: dict[str, Any], aside: dict[str, str] | None = None) -> None:
    assert uncovered(TOPIC, one["id"], aside) == []


def lung() -> pd.DataFrame:
    """Lung cancer, with months rounded up (many ties) and the weights of the R script."""
    frame = data("lung.csv")
    return frame.assign(
        month=np.ceil(frame["time"] / 30.4375), w=np.where(frame["age"] > 65, 1.5, 0.75)
    )


def lung_fit(formula: str = "age + sex + ph_ecog", **options: Any) -> Any:
    return survival.cox(lung(), formula, **{**LUNG, **options})


def veteran_strata() -> Any:
    return survival.cox(data("veteran.csv"), "trt + karno", strata="celltype", **VETERAN)


# ---- concordance --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "options"),
    [
        ("default", {}),
        ("S", {"time_weight": "S"}),
        ("nG2", {"time_weight": "n/G2"}),
        ("I", {"time_weight": "I"}),
        ("ymax365", {"up_to": 365}),
    ],
)
def test_concordance_of_a_fit(key: str, options: dict[str, Any]) -> None:
    one = gold("concordance.lung")
    found = survival.concordance(lung_fit(), **options)
    agree(one, f"{key}/concordance", found.values)
    agree(one, f"{key}/se", found.std_errors)
    agree(one, f"{key}/count", found.pairs[PAIRS])
    agree(one, f"{key}/n", found.counts.used)


def test_concordance_of_a_marker() -> None:
    one = gold("concordance.lung")
    found = survival.concordance(lung(), "age", **LUNG)
    agree(one, "marker_age/concordance", found.values)
    agree(one, "marker_age/se", found.std_errors)
    agree(one, "marker_age/count", found.pairs[PAIRS])
    agree(one, "marker_age/n", found.counts.used)
    all_compared(one)


def test_concordance_within_strata() -> None:
    one = gold("concordance.veteran_strata")
    found = survival.concordance(veteran_strata())
    agree(one, "concordance", found.values)
    agree(one, "se", found.std_errors)
    agree(one, "count", found.pairs[PAIRS])
    agree(one, "n", found.counts.used)
    all_compared(one)


def test_concordance_of_two_models() -> None:
    one = gold("concordance.compare_two_models")
    known = lung().dropna(subset=["ph_ecog"])
    fits = {
        "small": survival.cox(known, "age + sex", **LUNG),
        "large": survival.cox(known, "age + sex + ph_ecog", **LUNG),
    }
    found = survival.concordance(fits)
    change = found.contrast({"large": 1, "small": -1})
    agree(one, "concordance", found.values)
    agree(one, "var", found.covariance)
    agree(one, "diff", change.estimate)
    agree(one, "se", change.std_error)
    agree(one, "z", change.estimate / change.std_error)
    all_compared(one)


# ---- baseline hazard ----------------------------------------------------------------------------


def test_baseline_hazard() -> None:
    one = gold("basehaz.ovarian")
    for key, ties, centred in (
        ("efron_uncentered", "efron", False),
        ("efron_centered", "efron", True),
        ("breslow_uncentered", "breslow", False),
    ):
        fit = survival.cox(data("ovarian.csv"), "age + rx", ties=ties, **OVARIAN)
        curve = survival.baseline_hazard(fit, centred=centred).frame
        agree(one, f"{key}/hazard", curve["estimate"])
        agree(one, f"{key}/time", curve["futime"])
    agree(one, "means", fit.centre)
    all_compared(one)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_baseline_hazard_under_heavy_ties(ties: str) -> None:
    one = gold("basehaz.lung_months")
    fit = survival.cox(lung(), "age + sex", ties=ties, **MONTHS)
    curve = survival.baseline_hazard(fit).frame
    agree(one, f"{ties}/hazard", curve["estimate"])
    agree(one, f"{ties}/time", curve["month"])
    if ties == "breslow":
        all_compared(one)


def test_baseline_hazard_by_stratum() -> None:
    one = gold("basehaz.veteran_strata")
    curve = survival.baseline_hazard(veteran_strata()).frame
    wanted = [*curve["time"].iloc[:3], 8, 30, 51, 100, 103, 216, 231]
    rows = curve[curve["time"].isin(wanted)]
    agree(one, "hazard", rows["estimate"])
    agree(one, "time", rows["time"])
    agree(one, "strata", rows["group"].astype(float))
    all_compared(one)


# ---- predicted curves ---------------------------------------------------------------------------


def by_time(rows: pd.DataFrame, column: str, people: int) -> np.ndarray:
    """Rows are times and columns people, as R lays its matrices out."""
    return rows[column].to_numpy().reshape(people, -1).T


def hazard_error(rows: pd.DataFrame) -> pd.DataFrame:
    """Cumulative hazard and its standard error, from a curve S = exp(-H)."""
    return rows.assign(
        cumhaz=-np.log(rows["estimate"]), std_chaz=rows["std_error"] / rows["estimate"]
    )


@pytest.mark.parametrize("interval", ["log", "log-log", "plain"])
def test_predicted_curves(interval: str) -> None:
    one = gold(f"survfit.lung.newdata.{interval.replace('-', '')}")
    new = pd.DataFrame({"age": [50, 60, 70], "sex": [1, 2, 1], "ph_ecog": [0, 1, 2]})
    days = [50, 100, 200, 365, 500, 730]
    curve = survival.predict_survival(lung_fit(), new, interval=interval)
    rows = hazard_error(curve.at(days))
    for column in new:
        agree(one, f"newdata/{column}", new[column])
    agree(one, "time", days)
    for key, column in SURVIVAL.items():
        agree(one, key, by_time(rows, column, 3))
    for key in ("cumhaz", "std_chaz"):
        agree(one, key, by_time(rows, key, 3))
    quartiles = curve.quantile([0.25, 0.5, 0.75])
    agree(one, "quantile", quartiles.values)
    agree(one, "q_lower", quartiles.limits[:, 0])
    agree(one, "q_upper", quartiles.limits[:, 1])
    all_compared(one)
    asked = survival.predict_survival(lung_fit(), new, interval=interval, times=days)
    pd.testing.assert_frame_equal(asked.frame, curve.at(days))


SURVIVAL = {"surv": "estimate", "std_err": "std_error", "lower": "conf_low", "upper": "conf_high"}


def test_predicted_curves_with_breslow_and_as_a_product() -> None:
    one = gold("survfit.ovarian.breslow")
    fit = survival.cox(data("ovarian.csv"), "age + rx", ties="breslow", **OVARIAN)
    new = pd.DataFrame({"age": 60, "rx": [1, 2]})
    curve = survival.predict_survival(fit, new, interval="log").frame
    agree(one, "time", curve["futime"].iloc[: len(curve) // 2])
    for key, column in SURVIVAL.items():
        agree(one, key, by_time(curve, column, 2))
    product = survival.predict_survival(fit, new, interval="log", form="product-limit").frame
    agree(one, "stype1_surv", by_time(product, "estimate", 2))
    agree(one, "stype1_std_err", by_time(product, "std_error", 2))
    all_compared(one)


def compare_steps(one: dict[str, Any], path: str, rows: pd.DataFrame) -> None:
    """Counts are since the time before, as R gives them."""
    rows = hazard_error(rows)
    agree(one, f"{path}time", rows["time"])
    agree(one, f"{path}n_risk", rows["n_risk"])
    for key in ("n_event", "n_censor"):
        agree(one, path + key, np.diff(rows[key], prepend=0))
    for key in ("cumhaz", "std_chaz"):
        agree(one, path + key, rows[key])
    for key, column in SURVIVAL.items():
        agree(one, path + key, rows[column])


def test_predicted_curves_in_every_stratum() -> None:
    one = gold("survfit.veteran_strata")
    new = pd.DataFrame({"trt": [1], "karno": [60]})
    curve = survival.predict_survival(veteran_strata(), new, interval="log", extend=True)
    rows = curve.at([10, 30, 100, 200])
    for group in curve.groups:
        compare_steps(one, f"celltype={group}/", rows[rows["group"] == group])
    all_compared(one)


def test_predicted_curve_of_somebody_who_changes() -> None:
    """R's error after the change takes the latest covariates as if they had held all along.

    Ours follows the path, and `tests/survival/test_prediction.py` holds it against derivatives.
    Here R's number is rebuilt from public curves: the hazard's own variance along the path, and
    the part of the coefficients from the curve of somebody who had the second covariates from the
    beginning.
    """
    one = gold("survfit.heart.time_varying_path")
    fit = survival.cox(data("heart.csv"), "age + transplant", **HEART)
    days = [10, 30, 50, 100, 200, 365, 700]
    spells = pd.DataFrame(
        {"start": [0, 50], "stop": [50, 1000], "age": -2, "transplant": [0, 1], "who": "one"}
    )
    curve = survival.predict_survival(fit, spells, subject="who", interval="log")
    rows = hazard_error(curve.at(days)).rename(columns={"stop": "time"})
    agree(one, "time", rows["time"])
    agree(one, "n_risk", rows["n_risk"])
    for key in ("n_event", "n_censor"):
        agree(one, key, np.diff(rows[key], prepend=0))
    agree(one, "surv", rows["estimate"])
    agree(one, "cumhaz", rows["cumhaz"])
    theirs = np.array(value(one, "std_chaz"))
    np.testing.assert_allclose(rows["std_chaz"].iloc[:3], theirs[:3], rtol=one["rtol"])

    std_chaz = _as_if_latest_had_held(fit, days)
    assert np.all(rows["std_chaz"].iloc[3:] < 0.95 * std_chaz[3:])
    surv = rows["estimate"].to_numpy()
    agree(one, "std_chaz", std_chaz)
    agree(one, "std_err", surv * std_chaz)
    agree(one, "lower", surv * np.exp(-1.959963984540054 * std_chaz))
    agree(one, "upper", np.minimum(surv * np.exp(1.959963984540054 * std_chaz), 1.0))
    all_compared(one)


def _as_if_latest_had_held(fit: Any, days: list[float]) -> np.ndarray:
    """sqrt(sum of exp(2 eta) dV0 along the path + d'Cd of the second covariates alone)."""
    constant = pd.DataFrame({"age": -2, "transplant": [0, 1]}, index=["before", "after"])
    curve = survival.predict_survival(fit, constant)
    known = survival.predict_survival(_certain(fit), constant)
    whole = _hazard_variance(curve, days)
    own = _hazard_variance(known, days)
    at_change = _hazard_variance(known, [50.0])
    later = np.array(days) > 50
    along = np.where(
        later, at_change["before"][0] + own["after"] - at_change["after"][0], own["before"]
    )
    part = np.where(later, whole["after"] - own["after"], whole["before"] - own["before"])
    return np.sqrt(along + part)


def _certain(fit: Any) -> Any:
    """The same model as if its coefficients were known."""
    from dataclasses import replace

    return replace(fit, covariance=np.zeros_like(fit.covariance))


def _hazard_variance(curve: Curve, days: list[float]) -> dict[str, np.ndarray]:
    rows = hazard_error(curve.at(days))
    return {
        group: rows.loc[rows["group"] == group, "std_chaz"].to_numpy() ** 2
        for group in curve.groups
    }


def test_predicted_curves_of_a_clustered_fit() -> None:
    one = gold("survfit.robust")
    fit = survival.cox(data("rats.csv"), "rx", cluster="litter", time="time", event="status")
    curve = survival.predict_survival(fit, pd.DataFrame({"rx": [0, 1]}))
    agree(one, "time", [60, 80, 100])
    agree(one, "surv", by_time(curve.at([60, 80, 100]), "estimate", 2))
    all_compared(one)


# ---- residuals ----------------------------------------------------------------------------------


def terms_of(frame: pd.DataFrame, fit: Any) -> np.ndarray:
    return frame[list(fit.terms)].to_numpy()


def crossproduct(frame: pd.DataFrame) -> np.ndarray:
    return frame.to_numpy().T @ frame.to_numpy()


def test_residuals_without_ties() -> None:
    one = gold("resid.ovarian")
    fit = survival.cox(data("ovarian.csv"), "age + rx", **OVARIAN)
    for kind in ("martingale", "deviance", "score", "dfbeta", "dfbetas", "cox_snell"):
        agree(one, kind, survival.residuals(fit, kind))
    schoenfeld = survival.residuals(fit, "schoenfeld")
    agree(one, "schoenfeld", terms_of(schoenfeld, fit))
    agree(one, "event_times", schoenfeld["time"])
    agree(one, "scaledsch", terms_of(survival.residuals(fit, "scaled_schoenfeld"), fit))
    all_compared(one)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_residuals_under_heavy_ties(ties: str) -> None:
    one = gold(f"resid.lung_months.{ties}")
    known = lung().dropna(subset=["ph_ecog"])
    fit = survival.cox(known, "age + sex + ph_ecog", ties=ties, **MONTHS)
    score, dfbeta = survival.residuals(fit, "score"), survival.residuals(fit, "dfbeta")
    agree(one, "martingale", survival.residuals(fit, "martingale"))
    agree(one, "deviance_sumsq", crossproduct(survival.residuals(fit, "deviance")))
    agree(one, "score_first40", score.iloc[:40])
    agree(one, "dfbeta_first40", dfbeta.iloc[:40])
    schoenfeld = survival.residuals(fit, "schoenfeld")
    agree(one, "schoenfeld_first40", terms_of(schoenfeld, fit)[:40])
    agree(one, "score_colsums", score.sum())
    agree(one, "score_crossprod", crossproduct(score))
    agree(one, "dfbeta_crossprod", crossproduct(dfbeta))
    all_compared(one)


def test_residuals_of_spells_and_people() -> None:
    one = gold("resid.heart")
    heart = data("heart.csv")
    fit = survival.cox(heart, "age + surgery + transplant", **HEART)
    agree(one, "martingale_rows", survival.residuals(fit, "martingale"))
    for kind in ("martingale", "deviance"):
        agree(one, f"{kind}_by_id", survival.residuals(fit, kind, collapse=heart["id"]))
    people = survival.residuals(fit, "dfbeta", collapse=heart["id"])
    agree(one, "dfbeta_by_id_crossprod", crossproduct(people))
    schoenfeld = survival.residuals(fit, "schoenfeld")
    agree(one, "schoenfeld_first20", terms_of(schoenfeld, fit)[:20])
    all_compared(one)


def test_residuals_with_weights() -> None:
    one = gold("resid.weighted")
    fit = lung_fit("age + sex", weights="w")
    agree(one, "martingale_first50", survival.residuals(fit, "martingale").iloc[:50])
    agree(one, "dfbeta_weighted_crossprod", crossproduct(survival.residuals(fit, "dfbeta")))
    plain = survival.residuals(fit, "dfbeta", weighted=False)
    agree(one, "dfbeta_unweighted_first20", plain.iloc[:20])
    all_compared(one)


def test_residuals_within_strata() -> None:
    one = gold("resid.strata")
    fit = veteran_strata()
    agree(one, "martingale", survival.residuals(fit, "martingale"))
    schoenfeld = survival.residuals(fit, "schoenfeld")
    agree(one, "schoenfeld_first30", terms_of(schoenfeld, fit)[:30])
    agree(one, "dfbeta_crossprod", crossproduct(survival.residuals(fit, "dfbeta")))
    all_compared(one)


# ---- proportional hazards -----------------------------------------------------------------------


def compare_tests(one: dict[str, Any], path: str, found: Any) -> None:
    table = found.to_frame()
    for key, column in (("chisq", "statistic"), ("df", "df"), ("p", "p_value")):
        agree(one, path + key, table[column])


@pytest.mark.parametrize("transform", ["km", "rank", "identity", "log"])
def test_proportional_hazards_with_a_factor(transform: str) -> None:
    one = gold(f"zph.veteran.{transform}")
    formula = "trt + factor(celltype) + karno + age"
    fit = survival.cox(data("veteran.csv"), formula, **VETERAN)
    found = survival.check_proportional_hazards(fit, transform=transform)
    compare_tests(one, "by_term/", found)
    each = survival.check_proportional_hazards(fit, transform=transform, by="coefficient")
    compare_tests(one, "by_coefficient/", each)
    agree(one, "g_first10", found.residuals["transformed"].iloc[:10])
    agree(one, "y_first5", found.residuals[list(found.by_term)].iloc[:5])
    all_compared(one)


@pytest.mark.parametrize("transform", ["km", "rank", "identity", "log"])
def test_proportional_hazards(transform: str) -> None:
    one = gold(f"zph.lung.{transform}")
    compare_tests(one, "", survival.check_proportional_hazards(lung_fit(), transform=transform))
    all_compared(one)


def test_proportional_hazards_within_strata() -> None:
    one = gold("zph.veteran.strata")
    fit = survival.cox(data("veteran.csv"), "trt + karno + age", strata="celltype", **VETERAN)
    for transform in ("km", "rank"):
        found = survival.check_proportional_hazards(fit, transform=transform)
        compare_tests(one, f"{transform}/", found)
    all_compared(one)


def test_proportional_hazards_of_spells() -> None:
    one = gold("zph.heart")
    fit = survival.cox(data("heart.csv"), "age + surgery + transplant", **HEART)
    for transform in ("km", "log", "identity"):
        found = survival.check_proportional_hazards(fit, transform=transform)
        compare_tests(one, f"{transform}/", found)
    all_compared(one)


def test_proportional_hazards_with_an_own_function_of_time() -> None:
    one = gold("zph.breslow_custom")
    fit = survival.cox(lung(), "age + sex", ties="breslow", **MONTHS)
    compare_tests(one, "sqrt/", survival.check_proportional_hazards(fit, transform=np.sqrt))
    compare_tests(one, "km/", survival.check_proportional_hazards(fit))
    all_compared(one)


# ---- single rows --------------------------------------------------------------------------------


def test_risk_of_single_rows() -> None:
    """R's error of a relative risk is that of its logarithm times the root of the risk; ours is the
    former, so it is multiplied here."""
    one = gold("predict.lung")
    known = lung().dropna(subset=["ph_ecog"])
    fit = survival.cox(known, "age + sex + ph_ecog", **LUNG)
    for key, options in (
        ("lp_sample", {}),
        ("lp_zero", {"reference": "zero"}),
        ("expected", {"kind": "expected"}),
        ("survival", {"kind": "survival"}),
    ):
        rows = survival.predict_risk(fit, **options).iloc[:25]
        agree(one, f"{key}/fit", rows["estimate"])
        agree(one, f"{key}/se", rows["std_error"])
    rows = survival.predict_risk(fit, kind="relative_risk").iloc[:25]
    agree(one, "risk/fit", rows["estimate"])
    agree(one, "risk/se", rows["std_error"] * np.sqrt(rows["estimate"]))
    agree(one, "means", fit.centre)
    all_compared(one)


def test_risk_relative_to_the_stratum() -> None:
    one = gold("predict.strata_reference")
    fit = veteran_strata()
    rows = np.array(value(one, "rows")) - 1
    strata = survival.predict_risk(fit, reference="stratum")["estimate"]
    agree(one, "lp_strata", strata.iloc[rows])
    agree(one, "lp_sample", survival.predict_risk(fit)["estimate"].iloc[rows])
    agree(one, "rows", rows + 1)
    all_compared(one)


# ---- comparison of models, effects that change --------------------------------------------------


def aic(fit: Any) -> float:
    return -2.0 * fit.log_likelihood + 2.0 * len(fit.terms)


def test_terms_added_in_turn_and_left_out_one_by_one() -> None:
    one = gold("anova.lung")
    terms = ["sex", "age", "ph_ecog", "wt_loss"]
    known = lung().dropna(subset=terms)
    fits = [survival.cox(known, " + ".join(terms[: k + 1]), **LUNG) for k in range(len(terms))]
    log_likelihood = [fits[0].log_likelihood_null, *(fit.log_likelihood for fit in fits)]
    chisq = np.append(np.nan, 2.0 * np.diff(log_likelihood))
    agree(one, "loglik", log_likelihood)
    agree(one, "chisq", chisq)
    agree(one, "df", [np.nan, 1, 1, 1, 1])
    agree(one, "p", chi2_p(chisq, 1.0))
    agree(one, "aic", aic(fits[-1]))
    events = fits[-1].counts.events
    agree(one, "bic", aic(fits[-1]) + (np.log(events) - 2.0) * len(terms))
    left_out = {"<none>": aic(fits[-1])}
    for term in terms:
        others = " + ".join(other for other in terms if other != term)
        left_out[term] = aic(survival.cox(known, others, **LUNG))
    agree(one, "drop1_aic", list(left_out.values()))
    assert list(left_out) == list(value(one, "drop1_aic"))
    assert value(one, "terms") == ["NULL", *terms]
    chosen, best = _backwards(known, terms)
    agree(one, "step_aic", best)
    assert value(one, "step_formula") == f"Surv(time, status == 2) ~ {' + '.join(chosen)}"
    words = {"terms": "words, compared as such", "step_formula": "words, compared as such"}
    all_compared(one, words)


def _backwards(frame: pd.DataFrame, terms: list[str]) -> tuple[list[str], float]:
    """Leave terms out as long as AIC falls."""
    best = aic(survival.cox(frame, " + ".join(terms), **LUNG))
    while True:
        tried = {}
        for term in terms:
            others = [other for other in terms if other != term]
            tried[term] = aic(survival.cox(frame, " + ".join(others), **LUNG))
        worst = min(tried, key=lambda term: tried[term])
        if tried[worst] >= best:
            return terms, best
        terms = [term for term in terms if term != worst]
        best = tried[worst]


def split_at(frame: pd.DataFrame, times: np.ndarray) -> pd.DataFrame:
    """One row per person and time at risk at which somebody has the event."""
    pieces = frame.loc[frame.index.repeat(len(times))].copy()
    pieces["stop"] = np.tile(times, len(frame))
    pieces["start"] = np.tile(np.append(0.0, times[:-1]), len(frame))
    pieces = pieces[pieces["start"] < pieces["time"]]
    pieces["ended"] = (pieces["status"] == 1) & (pieces["time"] == pieces["stop"])
    return pieces[pieces["stop"] <= pieces["time"]]


def test_effect_that_changes_with_time() -> None:
    """R's tt(): a row per person and event time, the product recomputed at each."""
    one = gold("veteran.tt")
    veteran = data("veteran.csv").assign(participant_id=lambda d: np.arange(len(d)))
    times = np.sort(veteran.loc[veteran["status"] == 1, "time"].unique()).astype(float)
    spells = split_at(veteran, times)
    spells["later"] = spells["karno"] * np.log(spells["stop"] + 20.0)
    fit = survival.cox(
        spells, "trt + karno + later", ties="breslow", time="stop", entry="start", event="ended",
        robust=False,
    )  # fmt: skip
    agree(one, "coef", fit.values)
    agree(one, "se", fit.std_errors)
    agree(one, "loglik", [fit.log_likelihood_null, fit.log_likelihood])
    agree(one, "n", fit.counts.participants)
    agree(one, "nevent", fit.counts.events)
    all_compared(one)
