"""Odds, risks and counts against R (09_risks.R).

Tolerances are those of the entries; a looser one stands beside its reason.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from tests.reference import goldens
from tests.reference.goldens import agree, data, entry, topic
from walkstats.regression import (
    logistic,
    predict_risks,
    rate_regression,
    relative_risk,
    risk_difference,
    standardised_risks,
)

TOPIC = "09_risks"
FULL = "low ~ age + lwt + factor(race) + smoke + ht + ui"
ASIDE = {
    "reg.birthwt.logistic": {"newdata": "what was asked", "dispersion": "1 by definition"},
    "reg.birthwt.probit_cloglog": dict.fromkeys(
        ("probit.dispersion", "cloglog.dispersion"), "1 by definition"
    ),
    "reg.birthwt.log_binomial_and_rd": dict.fromkeys(
        ("log_binomial.dispersion", "identity_binomial.dispersion"), "1 by definition"
    ),
    "reg.birthwt.modified_poisson": {"model_se": "errors of counts, which events are not"},
    "risks.respiratory.clustered_odds": dict.fromkeys(
        ("CR0.df", "CR1.df"), "the reference there is t with clusters less one"
    ),
    "reg.epil.poisson_first_period": {"dispersion": "1 by definition"},
}


def gold(identifier: str) -> dict[str, Any]:
    return entry(TOPIC, identifier)


def births() -> pd.DataFrame:
    return data("birthwt.csv")


def same_model(one: dict[str, Any], stem: str, fit: Any) -> None:
    """Everything that R's summary of a glm says."""
    z = fit.values / fit.std_errors
    for key, ours in {
        "n": fit.counts.used,
        "coef": fit.values,
        "se": fit.std_errors,
        "z": z,
        "p": 2 * stats.norm.sf(np.abs(z)),
        "vcov": fit.covariance,
        "deviance": fit.deviance,
        "null_deviance": fit.null_deviance,
        "df_resid": fit.df_residual,
        "loglik": fit.log_likelihood,
        "aic": fit.aic,
        "pearson_chisq": fit.pearson,
    }.items():
        agree(one, f"{stem}{key}", ours)


def same_robust(one: dict[str, Any], stem: str, fit: Any, scale: float = 1.0) -> None:
    """Errors, z and p under a covariance, times what the kind does not have."""
    errors = fit.std_errors * np.sqrt(scale)
    z = fit.values / errors
    agree(one, f"{stem}/se", errors)
    agree(one, f"{stem}/stat", z)
    agree(one, f"{stem}/p", 2 * stats.norm.sf(np.abs(z)))
    agree(one, f"{stem}/vcov", fit.covariance * scale)


def test_logistic() -> None:
    one = gold("reg.birthwt.logistic")
    fit = logistic(births(), FULL)
    same_model(one, "", fit)
    table = fit.to_frame()
    agree(one, "or", np.exp(fit.values))
    agree(one, "wald_lower95", np.exp(table["conf_low"]))
    agree(one, "wald_upper95", np.exp(table["conf_high"]))
    profile = logistic(births(), FULL, interval="profile")
    # R interpolates its profile: its limits are off by up to 1.2e-4.
    agree(one, "profile_lower95", profile.limits[:, 0], atol=5e-4)
    agree(one, "profile_upper95", profile.limits[:, 1], atol=5e-4)
    same_robust(one, "HC0", logistic(births(), FULL, se="HC0"))
    fewer = logistic(births(), FULL.replace(" + factor(race)", ""))
    ratio = 2 * (fit.log_likelihood - fewer.log_likelihood)
    agree(one, "lrt_race.chisq", ratio)
    agree(one, "lrt_race.df", len(fit.terms) - len(fewer.terms))
    agree(one, "lrt_race.p", stats.chi2.sf(ratio, 2))
    found = predict_risks(fit, pd.DataFrame(one["values"]["newdata"]))
    agree(one, "link", found["linear_predictor"])
    agree(one, "link_se", found["std_error"])
    agree(one, "prob", found["risk"])
    agree(one, "auc", fit.concordance)
    agree(one, "deviance_resid_first10", fit.residuals("deviance")[:10])
    agree(one, "pearson_resid_first10", fit.residuals("pearson")[:10])


def test_probit_and_cloglog() -> None:
    one = gold("reg.birthwt.probit_cloglog")
    for link in ("probit", "cloglog"):
        same_model(one, f"{link}.", logistic(births(), "low ~ smoke + lwt", link=link))


def test_modified_poisson() -> None:
    one = gold("reg.birthwt.modified_poisson")
    formula = "low ~ smoke + age + factor(race) + ht"
    fit = relative_risk(births(), formula)
    agree(one, "coef", fit.values)
    agree(one, "HC0_se", fit.std_errors)
    agree(one, "rr", np.exp(fit.values))
    table = fit.to_frame()
    agree(one, "rr_lower95", np.exp(table["conf_low"]))
    agree(one, "rr_upper95", np.exp(table["conf_high"]))
    agree(one, "deviance", fit.deviance)
    first = relative_risk(births(), formula, se="HC1")
    agree(one, "HC1_se", first.std_errors)
    agree(one, "sandwich_n_over_n_minus_k_se", first.std_errors)


def test_clustered_modified_poisson() -> None:
    one = gold("reg.respiratory.modified_poisson_cluster")
    frame = data("respiratory.csv").assign(active=lambda f: (f["treat"] == 1).astype(int))
    formula = "outcome ~ active + baseline + age + factor(center)"
    fits = {kind: relative_risk(frame, formula, cluster="pid", se=kind) for kind in ("CR0", "CR1")}
    agree(one, "coef", fits["CR0"].values)
    same_robust(one, "CL_HC0_noadj", fits["CR0"])
    same_robust(one, "CL_HC0", fits["CR1"])
    n, k = fits["CR1"].matrix.shape
    same_robust(one, "CL_HC1", fits["CR1"], (n - 1) / (n - k))  # the factor of linear models


def test_clustered_odds() -> None:
    one = gold("risks.respiratory.clustered_odds")
    frame = data("respiratory.csv").assign(active=lambda f: (f["treat"] == 1).astype(int))
    for kind in ("CR0", "CR1", "CR2", "CR3"):
        fit = logistic(frame, "outcome ~ active + baseline + age", cluster="pid", se=kind)
        agree(one, f"{kind}.se", fit.std_errors)
        if kind in ("CR2", "CR3"):
            agree(one, f"{kind}.df", fit.to_frame()["df"])


def test_leverage() -> None:
    one = gold("risks.respiratory.leverage")
    frame = data("respiratory.csv").assign(active=lambda f: (f["treat"] == 1).astype(int))
    once, formula = frame[frame["visit"] == 1], "outcome ~ active + baseline + age"
    for kind in ("HC1", "HC2", "HC3"):
        for link in ("logit", "probit", "cloglog"):
            agree(one, f"{link}.{kind}", logistic(once, formula, link=link, se=kind).std_errors)
        agree(one, f"poisson.{kind}", relative_risk(once, formula, se=kind).std_errors)


def test_log_binomial_and_differences() -> None:
    one = gold("reg.birthwt.log_binomial_and_rd")
    formula = "low ~ smoke + ht"
    same_model(one, "log_binomial.", relative_risk(births(), formula, model="log-binomial"))
    same_model(one, "identity_binomial.", risk_difference(births(), formula, model="binomial"))
    line = risk_difference(births(), formula, se="HC0")
    agree(one, "linear_coef", line.values)
    same_robust(one, "linear_HC0", line)


def test_standardisation() -> None:
    one = gold("reg.birthwt.standardisation")
    formula = "low ~ smoke + age + lwt + factor(race)"
    found = standardised_risks(logistic(births(), formula), births(), "smoke", sampled=False)
    agree(one, "risk0", found.by_group.values[0])
    agree(one, "risk1", found.by_group.values[1])
    agree(one, "risk0_se", found.by_group.std_errors[0])
    agree(one, "risk1_se", found.by_group.std_errors[1])
    agree(one, "rd", found.risk_difference.values)
    agree(one, "rd_se", found.risk_difference.std_errors)
    agree(one, "rr", np.exp(found.risk_ratio.values))
    agree(one, "log_rr_se", found.risk_ratio.std_errors)
    agree(one, "or_marginal", np.exp(found.odds_ratio.values))
    robust = standardised_risks(
        logistic(births(), formula, se="HC0"), births(), "smoke", sampled=False
    )
    agree(one, "rd_se_HC0", robust.risk_difference.std_errors)
    low, high = found.by_group.limits[1]
    half = 1.959963984540054 * found.by_group.std_errors[1]
    risk = found.by_group.values[1]
    centre, width = special.logit(risk), half / (risk * (1 - risk))
    np.testing.assert_allclose([low, high], special.expit([centre - width, centre + width]))


def test_counts_of_the_first_period() -> None:
    one = gold("reg.epil.poisson_first_period")
    frame = data("epil.csv").query("period == 1")
    formula = "y ~ trt + log(base) + age"
    fit = rate_regression(frame, formula, se="model")
    same_model(one, "", fit)
    quasi = rate_regression(frame, formula, se="quasi")
    agree(one, "quasi_dispersion", quasi.dispersion)
    agree(one, "quasi_se", quasi.std_errors)
    for kind in ("HC0", "HC3"):
        same_robust(one, kind, rate_regression(frame, formula, se=kind))


def test_firth() -> None:
    one = gold("risks.firth")
    for name, frame, formula in (
        ("endometrial", data("endometrial.csv"), "HG ~ NV + PI + EH"),
        ("births", births(), FULL),
    ):
        fit = logistic(frame, formula, penalty="firth", interval="wald")
        agree(one, f"{name}.coef", fit.values)
        agree(one, f"{name}.se", fit.std_errors)


def test_all_entries_are_compared() -> None:
    tally = goldens.TALLIES[TOPIC]
    if not tally.entries:
        pytest.skip("runs after the comparisons of this file")
    left = {name: goldens.uncovered(TOPIC, name, ASIDE.get(name)) for name in topic(TOPIC)}
    assert {name: keys for name, keys in left.items() if keys} == {}
