"""Cox fits against R's coxph: coefficients, variances, likelihoods and tests (03_cox.R).

Tolerances are those of the entries (1e-7 to 1e-8 relative): both sides are at the maximum, so only
rounding is left. Sex among the rats (1e-6) is nearly at infinity, where the likelihood is flat.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.reference import goldens
from tests.reference.goldens import agree, entry

TOPIC = "03_cox"

LUNG = {"time": "time", "event": "status", "event_value": 2}
MONTHS = {**LUNG, "time": "month"}
OVARIAN = {"time": "futime", "event": "fustat"}
STATUS = {"time": "time", "event": "status"}
HEART = {"time": "stop", "event": "event", "entry": "start", "subject": None}
CHANNING = {"time": "age", "event": "death", "entry": "ageentry"}


def lung() -> pd.DataFrame:
    """The lung data with the columns that R's calls make."""
    frame = goldens.data("lung.csv")
    frame["month"] = np.ceil(frame["time"] / 30.4375)
    frame["w"] = np.where(frame["age"] > 65, 1.5, 0.75)
    frame["a"] = (frame["age"] - 60) / 10
    frame["much"] = (frame["wt_loss"] > 10).astype(float).where(frame["wt_loss"].notna())
    return frame


def veteran() -> pd.DataFrame:
    frame = goldens.data("veteran.csv")
    return frame.assign(t2=(frame["trt"] == 2).astype(int), o=-0.03 * frame["karno"])


def gold(identifier: str) -> dict[str, Any]:
    return entry(TOPIC, f"cox.{identifier}")


def same_fit(one: dict[str, Any], fit: ws.results.CoxFit, path: str = "") -> None:
    """Hold everything that R's summary of a fit shows against the fit."""
    stem = f"{path}/" if path else ""
    values = goldens.value(one, path) if path else one["values"]
    naive = np.sqrt(np.diag(fit.naive_covariance))
    table, ratios = fit.to_frame(), fit.to_frame(ratio=True)
    events, k = fit.counts.events, len(fit.terms)
    tests = fit.tests
    numbers = {
        "n": fit.counts.used,
        "nevent": events,
        "coef": table["estimate"],
        "hr": ratios["estimate"],
        "se": naive,
        "z": table["statistic"],
        "p": table["p_value"],
        "hr_lower95": ratios["conf_low"],
        "hr_upper95": ratios["conf_high"],
        "loglik_null": fit.log_likelihood_null,
        "loglik": fit.log_likelihood,
        "lr_test": shown(tests["likelihood_ratio"]),
        "score_test": shown(tests["score"]),
        "wald_test": shown(tests["wald"]),
        "aic": 2 * k - 2 * fit.log_likelihood,
        "bic": k * np.log(events) - 2 * fit.log_likelihood,
        "vcov": fit.covariance,
        **agreement(fit, values),
    }
    if "robust_se" in values:
        numbers["robust_se"] = table["std_error"]
        numbers["vcov_naive"] = fit.naive_covariance
        numbers["robust_score_test"] = shown(tests["robust_score"])
    assert fit.state == "converged"
    for key, number in numbers.items():
        agree(one, f"{stem}{key}", number)


def shown(test: ws.results.HypothesisTest) -> list[float]:
    return [test.statistic, test.df, test.p_value]


def agreement(fit: ws.results.CoxFit, values: dict[str, Any]) -> dict[str, float]:
    """Concordance of the fit, where the entry has it."""
    if "concordance" not in values:
        return {}
    found = ws.survival.concordance(fit).estimate("concordance")
    return {"concordance": found.estimate, "concordance_se": found.std_error}


FITS: dict[str, tuple[Any, str, dict[str, Any]]] = {
    **{
        f"lung.{ties}": (lung, "age + sex + ph_ecog", {"ties": ties, **LUNG})
        for ties in ("efron", "breslow", "exact")
    },
    **{
        f"lung_months.heavy_ties.{ties}": (lung, "age + sex + ph_ecog", {"ties": ties, **MONTHS})
        for ties in ("efron", "breslow", "exact")
    },
    "ovarian.exact": ("ovarian.csv", "age + rx", {"ties": "exact", **OVARIAN}),
    "ovarian.efron": ("ovarian.csv", "age + rx + resid_ds + ecog_ps", OVARIAN),
    "aml.binary.exact": ("aml.csv", "factor(x)", {"ties": "exact", **STATUS}),
    "veteran.factor": (
        veteran,
        "trt + factor(celltype) + karno + diagtime + age + factor(prior)",
        STATUS,
    ),
    "veteran.interaction": (veteran, "t2 * karno + age", STATUS),
    "veteran.offset": (veteran, "trt + age", {"offset": "o", **STATUS}),
    "veteran.strata": (veteran, "trt + karno + age", {"strata": "celltype", **STATUS}),
    "veteran.strata2": (
        veteran,
        "karno",
        {"strata": ["celltype", "prior"], "ties": "breslow", **STATUS},
    ),
    "veteran.strata_by_covariate": (
        veteran,
        "karno:factor(celltype)",
        {"strata": "celltype", **STATUS},
    ),
    "lung.quadratic": (lung, "a + power(a, 2) + sex + much", LUNG),
    "lung.robust": (lung, "age + sex + ph_ecog", {"robust": True, **LUNG}),
    "rats.cluster": ("rats.csv", "rx", {"cluster": "litter", **STATUS}),
    "rats.cluster.breslow": (
        "rats.csv",
        "rx + factor(sex)",
        {"cluster": "litter", "ties": "breslow", **STATUS},
    ),
    "lung.cluster_strata": (
        lambda: lung().dropna(subset=["inst"]),
        "age + ph_ecog",
        {"cluster": "inst", "strata": "sex", **LUNG},
    ),
    "lung.weights_model": (lung, "sex + ph_ecog", {"weights": "w", "robust": False, **LUNG}),
    "lung.weights_robust": (lung, "sex + ph_ecog", {"weights": "w", **LUNG}),
    "lung.weights_breslow_robust": (
        lung,
        "sex + ph_ecog",
        {"weights": "w", "ties": "breslow", **MONTHS},
    ),
    "heart.counting": ("heart.csv", "age + year + surgery + transplant", HEART),
    "heart.interaction": (
        "heart.csv",
        "(age + surgery) * transplant",
        {"ties": "breslow", **HEART},
    ),
    "heart.robust_id": ("heart.csv", "age + surgery + transplant", {**HEART, "subject": "id"}),
}


@pytest.mark.parametrize("identifier", FITS)
def test_fit(identifier: str) -> None:
    data, formula, options = FITS[identifier]
    frame = goldens.data(data) if isinstance(data, str) else data()
    same_fit(gold(identifier), ws.survival.cox(frame, formula, **options))


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_late_entry(ties: str) -> None:
    frame = goldens.data("channing.csv")
    frame = frame[frame["age"] > frame["ageentry"]]
    fit = ws.survival.cox(frame, "gender", ties=ties, subject=None, **CHANNING)
    same_fit(gold("channing.left_truncated"), fit, ties)


def test_breslow_weights_are_copies() -> None:
    one, frame = gold("aml.weights_integer"), goldens.data("aml.csv")
    frame["w"] = 1 + np.arange(1, len(frame) + 1) % 3
    weighted = ws.survival.cox(frame, "x", weights="w", ties="breslow", **STATUS)
    copies = ws.survival.cox(frame, "x", frequencies="w", ties="breslow", **STATUS)
    repeated = frame.loc[frame.index.repeat(frame["w"])]
    same_fit(one, copies, "replicated")
    same_fit(one, ws.survival.cox(repeated, "x", ties="breslow", **STATUS), "replicated")
    same_fit(one, weighted, "weighted")


def test_joint_tests_of_a_factor() -> None:
    one = gold("veteran.factor")
    formula = "trt + factor(celltype) + karno + diagtime + age + factor(prior)"
    fit = ws.survival.cox(veteran(), formula, **STATUS)
    without = ws.survival.cox(veteran(), formula.replace("factor(celltype) + ", ""), **STATUS)
    agree(one, "celltype_wald", shown(fit.test("factor(celltype)")))
    ratio = 2 * (fit.log_likelihood - without.log_likelihood)
    p = float(ws.numerics.limits.chi2_p(ratio, 3))
    agree(one, "celltype_lrt", [ratio, 3, p])
    agree(one, "null_model_loglik", fit.log_likelihood_null)


def test_hazard_ratio_at_values_of_a_modifier() -> None:
    one = gold("veteran.interaction")
    fit = ws.survival.cox(veteran(), "t2 * karno + age", **STATUS)
    for karno in (40, 60, 80):
        weights = {"t2": 1.0, "t2:karno": float(karno)}
        plain, ratio = fit.contrast(weights), fit.contrast(weights, ratio=True)
        limits = [ratio.estimate, ratio.conf_low, ratio.conf_high]
        agree(one, f"hr_by_karno/k{karno}", [karno, plain.estimate, plain.std_error, *limits])


def test_coefficient_that_changes_with_time() -> None:
    """R's tt(): rows split at every event time, with karno log(t + 20) at its end."""
    one, frame = gold("veteran.tt"), veteran()
    frame["id"] = np.arange(len(frame))
    cuts = np.unique(frame.loc[frame["status"] == 1, "time"])
    pieces = frame.merge(pd.DataFrame({"stop": cuts, "start": np.r_[0, cuts[:-1]]}), how="cross")
    pieces = pieces[pieces["start"] < pieces["time"]]
    pieces["status"] = pieces["status"] * (pieces["time"] <= pieces["stop"])
    pieces["changing"] = pieces["karno"] * np.log(pieces["stop"] + 20)
    pieces["stop"] = np.minimum(pieces["stop"], pieces["time"])
    fit = ws.survival.cox(
        pieces,
        "trt + karno + changing",
        time="stop",
        entry="start",
        event="status",
        subject="id",
        robust=False,
        ties="breslow",
    )
    agree(one, "coef", fit.values)
    agree(one, "se", fit.std_errors)
    agree(one, "loglik", [fit.log_likelihood_null, fit.log_likelihood])
    agree(one, "n", fit.counts.participants)
    agree(one, "nevent", fit.counts.events)


def test_models_in_sequence() -> None:
    one = gold("anova.lung")
    columns = ["sex", "age", "ph_ecog", "wt_loss"]
    frame = lung().dropna(subset=columns)

    def fitted(names: list[str]) -> ws.results.CoxFit:
        return ws.survival.cox(frame, " + ".join(names), **LUNG)

    def aic(names: list[str]) -> float:
        return 2 * len(names) - 2 * fitted(names).log_likelihood

    fits = [fitted(columns[: k + 1]) for k in range(4)]
    likelihoods = [fits[0].log_likelihood_null, *(fit.log_likelihood for fit in fits)]
    ratios = 2 * np.diff(likelihoods)
    agree(one, "loglik", likelihoods)
    agree(one, "chisq", [np.nan, *ratios])
    agree(one, "df", [np.nan, 1, 1, 1, 1])
    agree(one, "p", [np.nan, *ws.numerics.limits.chi2_p(ratios, 1)])
    agree(one, "aic", aic(columns))
    agree(one, "bic", 4 * np.log(fits[-1].counts.events) - 2 * likelihoods[-1])
    without = [aic([name for name in columns if name != out]) for out in columns]
    agree(one, "drop1_aic", [aic(columns), *without])
    agree(one, "step_aic", aic(["sex", "ph_ecog"]))


def test_coefficient_at_infinity() -> None:
    one = gold("separation.monotone")
    frame = pd.DataFrame({"days": range(1, 9), "event": 4 * [1] + 4 * [0], "x": 4 * [1] + 4 * [0]})
    fit = ws.survival.cox(frame, "x")
    agree(one, "loglik_null", fit.log_likelihood_null)
    agree(one, "loglik_limit", fit.log_likelihood)
    agree(one, "score", fit.tests["score"].statistic)
    assert fit.state == "infinite"
    assert fit.values[0] == np.inf
    assert np.isnan(fit.std_errors[0])


ASIDE = {
    "cox.anova.lung": {
        "terms": "names of the models in sequence",
        "step_formula": "a text; its AIC is compared",
    },
}


def test_every_number_of_the_fits_is_compared() -> None:
    """Runs last, by its place in the file; entries of the other file are its own concern."""
    identifiers = [f"cox.{name}" for name in FITS]
    identifiers += [f"cox.{name}" for name in ("channing.left_truncated", "aml.weights_integer")]
    identifiers += ["cox.veteran.tt", "cox.anova.lung", "cox.separation.monotone"]
    left = {i: goldens.uncovered(TOPIC, i, ASIDE.get(i)) for i in identifiers}
    assert not {i: keys for i, keys in left.items() if keys}
