"""Parametric models against R's survreg and glm (05_parametric.R).

Tolerances are those of the entries: 1e-6 relative for survreg, stopped at 1e-13 of the
log-likelihood, and 1e-7 for glm; ours agree far closer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.reference import goldens
from tests.reference.goldens import agree, entry, topic

TOPIC = "05_parametric"
FAMILIES = {"lognormal": "log-normal", "loglogistic": "log-logistic"}
DEAD = {"time": "time", "event": "status", "event_value": 2}
STATUS = {"time": "time", "event": "status"}


def gold(identifier: str) -> dict[str, Any]:
    return entry(TOPIC, f"aft.{identifier}")


def family(name: str) -> str:
    return FAMILIES.get(name, name)


def same_fit(one: dict[str, Any], fit: ws.survival.ParametricFit, under: str = "") -> None:
    """Everything that R's survreg shows of a fit."""
    k = 1 + fit.rows.read.matrix.shape[1]
    naive = np.sqrt(np.diag(fit.naive_covariance))
    found = {
        "n": fit.counts.used,
        "coef": fit.values[:k],
        "scale": list(fit.scale.values()),
        "estimate": fit.values,
        "se": naive,
        "vcov": fit.covariance,
        "loglik_null": fit.log_likelihood_null,
        "loglik": fit.log_likelihood,
        "df": fit.values.size,
        "aic": fit.aic,
        "lr_chisq": 2.0 * (fit.log_likelihood - fit.log_likelihood_null),
    }
    theirs = one["values"][under.rstrip("/")] if under else one["values"]
    if "robust_se" in theirs:
        found["robust_se"] = fit.std_errors
    for key, ours in found.items():
        agree(one, f"{under}{key}", ours)
    assert fit.state == "converged"


def quantiles(fit: Any, new: pd.DataFrame, p: list[float]) -> tuple[Any, Any, Any]:
    """Quantiles, their standard errors and limits, a row per person."""
    found = ws.survival.predict_quantiles(fit, new, p=p)
    shape = (len(new), len(p))
    assert found.limits is not None
    return (
        found.values.reshape(shape),
        found.std_errors.reshape(shape),
        found.limits.reshape(*shape, 2),
    )


@pytest.mark.parametrize(
    "name",
    ["weibull", "exponential", "lognormal", "loglogistic", "rayleigh", "gaussian", "logistic"],
)
def test_families(name):
    one = gold(f"lung.{name}")
    fit = ws.survival.parametric(
        goldens.data("lung.csv"), "age + sex + ph_ecog", family=family(name), **DEAD
    )
    same_fit(one, fit)
    new = pd.DataFrame({key: goldens.value(one, f"newdata.{key}") for key in ("sex", "age")})
    new["ph_ecog"] = goldens.value(one, "newdata.ph_ecog")
    at, error, _ = quantiles(fit, new, goldens.value(one, "quantile_p"))
    agree(one, "quantile", at)
    agree(one, "quantile_se", error)
    agree(one, "lp", fit.design.matrix(new) @ fit.values[:4])


def test_intercept_alone():
    one = gold("lung.intercept_only")
    for name in one["values"]:
        fit = ws.survival.parametric(goldens.data("lung.csv"), "1", family=family(name), **DEAD)
        same_fit(one, fit, f"{name}/")


def test_weibull_as_proportional_hazards():
    one = gold("lung.weibull_ph")
    fit = ws.survival.parametric(goldens.data("lung.csv"), "age + sex", family="weibull", **DEAD)
    ratios = ws.survival.hazard_ratios(fit)
    shape = ratios.estimate("log(shape)", ratio=True)
    agree(one, "shape", shape.estimate)
    agree(one, "shape_se", shape.estimate * shape.std_error)
    agree(one, "lambda", ratios.estimate("log(rate)", ratio=True).estimate)
    for term in ("age", "sex"):
        found = ratios.estimate(term, ratio=True)
        agree(one, f"{term}.loghr", ratios.estimate(term).estimate)
        agree(one, f"{term}.se", found.std_error)
        agree(one, f"{term}.hr", found.estimate)
        agree(one, f"{term}.lower95", found.conf_low)
        agree(one, f"{term}.upper95", found.conf_high)
        agree(one, f"{term}.time_ratio", fit.estimate(term, ratio=True).estimate)


def test_survival_of_new_people():
    one = gold("lung.survival_at_t")
    new = pd.DataFrame(one["values"]["newdata"])
    times = one["values"]["times"]
    for name in ("weibull", "lognormal", "loglogistic", "exponential"):
        fit = ws.survival.parametric(
            goldens.data("lung.csv"), "age + sex", family=family(name), **DEAD
        )
        curve = ws.survival.predict_parametric(fit, new, times=times)
        agree(one, name, curve.frame["estimate"].to_numpy().reshape(2, 3))


def test_scales_by_stratum_and_fixed():
    veteran = goldens.data("veteran.csv")
    by_cell = ws.survival.parametric(
        veteran, "karno + trt", family="weibull", strata="celltype", **STATUS
    )
    same_fit(gold("veteran.strata_scale"), by_cell)
    one = gold("veteran.fixed_scale")
    half = ws.survival.parametric(veteran, "karno + trt", family="weibull", scale=0.5, **STATUS)
    same_fit(one, half, "half/")
    whole = ws.survival.parametric(veteran, "karno + trt", family="weibull", scale=1.0, **STATUS)
    exponential = ws.survival.parametric(veteran, "karno + trt", family="exponential", **STATUS)
    agree(one, "one_equals_exponential", whole.log_likelihood - exponential.log_likelihood)


def test_clusters_and_weights():
    rats = ws.survival.parametric(
        goldens.data("rats.csv"), "rx", family="weibull", cluster="litter", **STATUS
    )
    same_fit(gold("rats.cluster"), rats)
    lung = goldens.data("lung.csv")
    lung["w"] = np.where(lung["age"] > 65, 1.5, 0.75)
    weighted = {"family": "log-logistic", "weights": "w", **DEAD}
    one = gold("lung.weights")
    fit = ws.survival.parametric(
        lung, "sex", family="log-logistic", weights="w", robust=False, **DEAD
    )
    same_fit(one, fit, "model/")
    # R leaves the weights out of its sandwich: it is the cross product of unweighted dfbetas.
    moves = ws.survival.parametric_residuals(fit, "dfbeta").to_numpy()
    same_fit(one, replace(fit, covariance=moves.T @ moves), "robust/")
    copies = gold("lung.weights_as_copies")
    fit = ws.survival.parametric(
        lung, "sex", family="log-logistic", weights="w", robust=True, **DEAD
    )
    agree(copies, "estimate", fit.values)
    agree(copies, "robust_vcov", fit.covariance)
    by_default = ws.survival.parametric(lung, "sex", **weighted)
    assert np.array_equal(by_default.covariance, fit.covariance)


def test_left_censored_values():
    one = gold("tobin.tobit")
    tobin = goldens.data("tobin.csv")
    tobin["low"] = np.where(tobin["durable"] > 0, tobin["durable"], -np.inf)
    fit = ws.survival.parametric(tobin, "age + quant", family="gaussian", low="low", high="durable")
    same_fit(one, fit)
    agree(one, "fitted", fit.design.matrix(tobin) @ fit.values[:3])
    agree(one, "deviance_resid", ws.survival.parametric_residuals(fit)["deviance"])
    assert "13 left-censored" in fit.method


def test_quantiles_beyond_the_data():
    one = gold("imotor")
    motor = goldens.data("imotor.csv").assign(x=lambda d: 1000 / (273.2 + d["temp"]))
    fit = ws.survival.parametric(motor[motor["temp"] > 150], "x", family="log-normal", **STATUS)
    same_fit(one, fit, "lognormal_over150/")
    same_fit(one, ws.survival.parametric(motor, "x", family="weibull", **STATUS), "weibull_all/")
    new = pd.DataFrame({"x": 1000 / (273.2 + np.array([130.0, 170.0]))})
    at, error, limits = quantiles(fit, new, [0.01, 0.1, 0.5])
    agree(one, "q", at)
    agree(one, "q_se", error)
    agree(one, "log_q", np.log(at))
    agree(one, "log_q_se", error / at)
    agree(one, "lower95", limits[..., 0])
    agree(one, "upper95", limits[..., 1])


@pytest.mark.parametrize("name", ["weibull", "exponential", "lognormal", "loglogistic"])
def test_interval_censored(name):
    one = gold(f"bcdeter.interval2.{name}")
    looks = goldens.data("bcdeter.csv").assign(
        trt=lambda d: (d["treat"] == 2).astype(int), high=lambda d: d["upper"].fillna(np.inf)
    )
    fit = ws.survival.parametric(looks, "trt", family=family(name), low="lower", high="high")
    same_fit(one, fit)
    at, error, _ = quantiles(fit, pd.DataFrame({"trt": [0, 1]}), [0.25, 0.5, 0.75])
    agree(one, "quantile", at)
    agree(one, "quantile_se", error)


def test_all_kinds_of_censoring_together():
    one = gold("lung.mixed_censoring")
    lung = goldens.data("lung.csv")
    row, dead = np.arange(1, len(lung) + 1) % 4, (lung["status"] == 2).to_numpy()
    time = lung["time"].to_numpy(dtype=float)
    low = np.select([~dead | (row == 1), row == 0], [time, np.nan], np.maximum(time - 60, 1))
    high = np.select([~dead, row <= 1], [np.nan, time], time + 30)
    agree(one, "L", low)
    agree(one, "R", high)
    frame = lung.assign(low=np.nan_to_num(low), high=np.where(np.isnan(high), np.inf, high))
    for name in ("weibull", "loglogistic"):
        fit = ws.survival.parametric(
            frame, "age + sex", family=family(name), low="low", high="high"
        )
        same_fit(one, fit, f"{name}/")
    agree(one, "n_exact", int(np.sum(fit.rows.seen == 1)))
    agree(one, "n_left", int(np.sum(fit.rows.seen == 2)))
    agree(one, "n_right", int(np.sum(fit.rows.seen == 0)))


def test_residuals():
    one = gold("lung.residuals")
    fit = ws.survival.parametric(
        goldens.data("lung.csv").head(40), "age + sex", family="weibull", **DEAD
    )
    for kind in ("response", "deviance", "working", "dfbeta", "ldcase"):
        agree(one, kind, ws.survival.parametric_residuals(fit, kind).to_numpy())


def test_piecewise_exponential():
    one = gold("piecewise_exponential.veteran")
    veteran = goldens.data("veteran.csv")
    fit = ws.survival.piecewise_exponential(veteran, "trt + karno", cuts=[30, 100, 250], **STATUS)
    # R has the first period as intercept and the others against it.
    turn = np.zeros((6, 6))
    turn[0, 2] = turn[4, 0] = turn[5, 1] = 1.0
    turn[[1, 2, 3], [3, 4, 5]], turn[[1, 2, 3], 2] = 1.0, -1.0
    found = [fit.contrast(row) for row in turn]
    agree(one, "coef", [x.estimate for x in found])
    agree(one, "se", [x.std_error for x in found])
    agree(one, "z", [x.statistic for x in found])
    agree(one, "p", [x.p_value for x in found])
    agree(one, "vcov", turn @ fit.covariance @ turn.T)
    agree(one, "events", fit.rates["events"])
    agree(one, "exposure", fit.rates["person_time"])
    agree(one, "crude_rate", fit.rates["rate"])
    same_poisson(one, fit, veteran)


def same_poisson(one: dict[str, Any], fit: Any, veteran: pd.DataFrame) -> None:
    """What a Poisson regression on the split records says: its constant has their lengths."""
    low, high = fit.rates["low"].to_numpy(), fit.rates["high"].to_numpy()
    stop = veteran["time"].to_numpy(dtype=float)[:, np.newaxis]
    spent = np.clip(stop - low, 0.0, high - low)
    died = (veteran["status"].to_numpy() == 1)[:, np.newaxis] & (stop > low) & (stop <= high)
    records = spent > 0
    eta = fit.design.matrix(veteran) @ fit.values[:2]
    expected = (np.exp(eta[:, np.newaxis] + fit.values[2:]) * spent)[records]
    died = died[records]
    constant = float(np.log(spent[records][died]).sum())
    agree(one, "n", int(records.sum()))
    agree(one, "n_rows", int(records.sum()))
    agree(one, "df_resid", int(records.sum()) - 6)
    agree(one, "loglik", fit.log_likelihood + constant)
    agree(one, "aic", fit.aic - 2.0 * constant)
    agree(one, "pearson_chisq", float(np.sum((died - expected) ** 2 / expected)))
    lack = 2.0 * (np.sum(expected) - np.sum(died) - np.log(expected[died]).sum())
    agree(one, "deviance", float(lack))
    alone = ws.survival.piecewise_exponential(veteran, "1", **STATUS)
    # R leaves the offset in the null model and gives it one rate.
    expected = np.exp(alone.values[0]) * spent[records]
    agree(one, "null_deviance", float(-2.0 * np.log(expected[died]).sum()))


def test_exponential_rates():
    one = gold("exponential_rates")
    ovarian = goldens.data("ovarian.csv").assign(rx=lambda d: (d["rx"] == 2).astype(int))
    named = {"time": "futime", "event": "fustat"}
    times = ws.survival.parametric(ovarian, "rx", family="exponential", **named)
    agree(one, "survreg_coef", times.values)
    agree(one, "survreg_se", times.std_errors)
    rates = ws.survival.piecewise_exponential(ovarian, "rx", **named)
    agree(one, "glm_coef", rates.values[::-1])
    agree(one, "glm_se", rates.std_errors[::-1])
    arms = [
        ws.survival.piecewise_exponential(ovarian[ovarian["rx"] == arm], "1", **named).rates
        for arm in (0, 1)
    ]
    agree(one, "events", [arm["events"].item() for arm in arms])
    agree(one, "person_time", [arm["person_time"].item() for arm in arms])
    agree(one, "rate", [arm["rate"].item() for arm in arms])


def test_every_number_of_the_topic_was_compared():
    aside = {
        "table_names": "names",
        "newdata": "input",
        "quantile_p": "input",
        "times": "input",
        "dispersion": "1 by definition of a Poisson model",
    }
    tally = goldens.TALLIES[TOPIC]
    if len(tally.entries) < 20:
        pytest.skip("the other tests of this file were not run in this process")
    assert tally.entries == set(topic(TOPIC))
    for identifier in topic(TOPIC):
        left = goldens.uncovered(TOPIC, identifier)
        assert not [leaf for leaf in left if not set(leaf.split(".")) & set(aside)], identifier
