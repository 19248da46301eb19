"""Restricted means and pseudo-values against R's survival and geepack (04_rmst.R).

Tolerances are those of the entries: 1e-8 relative, since areas are closed form; 1e-6 where geepack
iterates.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import walkstats as ws
from tests.reference import goldens
from tests.reference.goldens import agree, entry, topic

TOPIC = "04_rmst"
LUNG = {"time": "time", "event": "status", "event_value": 2}
STATUS = {"time": "time", "event": "status"}


def gold(identifier: str) -> dict[str, Any]:
    return entry(TOPIC, f"rmst.{identifier}")


def same_contrast(one: dict[str, Any], found: ws.survival.RestrictedMeans, term: str) -> None:
    agree(one, "tau", found.tau)
    for arm, k in (("arm0", 0), ("arm1", 1)):
        agree(one, f"{arm}.rmst", found.by_group.values[k])
        agree(one, f"{arm}.se", found.by_group.std_errors[k])
        agree(one, f"{arm}.rmtl", found.time_lost.values[k])
    gap = found.difference.estimate(term)
    for key, ours in {
        "est": gap.estimate,
        "se": gap.std_error,
        "lower": gap.conf_low,
        "upper": gap.conf_high,
        "z": gap.statistic,
        "p": gap.p_value,
    }.items():
        agree(one, f"difference.{key}", ours)
    for name, estimates in (("rmst_ratio", found.ratio), ("rmtl_ratio", found.time_lost_ratio)):
        ratio = estimates.estimate(term, ratio=True)
        for key, ours in {
            "est": ratio.estimate,
            "se_log": ratio.std_error,
            "lower": ratio.conf_low,
            "upper": ratio.conf_high,
            "p": ratio.p_value,
        }.items():
            agree(one, f"{name}.{key}", ours)


@pytest.mark.parametrize("tau", [180, 365, 730, 900])
def test_two_groups(tau: int) -> None:
    one = gold(f"lung.sex.tau{tau}")
    found = ws.survival.restricted_means(goldens.data("lung.csv"), "sex", tau=tau, **LUNG)
    agree(one, "survival_rmean", found.by_group.values)
    agree(one, "survival_se", found.by_group.std_errors)
    same_contrast(one, found, "sex[2]")


@pytest.mark.parametrize(
    ("name", "tau", "level"), [("tau500", 500, 0.95), ("tau240.level90", 240, 0.9)]
)
def test_levels(name: str, tau: int, level: float) -> None:
    veteran = goldens.data("veteran.csv")
    found = ws.survival.restricted_means(veteran, "trt", tau=tau, level=level, **STATUS)
    same_contrast(gold(f"veteran.trt.{name}"), found, "trt[2]")


def same_means(one: dict[str, Any], stem: str, found: ws.survival.RestrictedMeans) -> None:
    agree(one, f"{stem}rmean", found.by_group.values)
    agree(one, f"{stem}se", found.by_group.std_errors)


def test_horizons_of_r() -> None:
    one, aml = gold("aml.table"), goldens.data("aml.csv")
    for name, tau in (("tau20", 20), ("tau45", 45), ("common", 161)):
        # The second curve ends at 45 in an event: it is 0 from there on, and 161 is no extension.
        same_means(one, f"{name}.", ws.survival.restricted_means(aml, "x", tau=tau, **STATUS))
    each = [
        ws.survival.restricted_means(aml[aml["x"] == x], tau=tau, **STATUS).by_group
        for x, tau in ((1, 161), (2, 45))
    ]
    agree(one, "individual.rmean", [means.values[0] for means in each])
    agree(one, "individual.se", [means.std_errors[0] for means in each])


def test_horizon_beyond_follow_up() -> None:
    one, lung = gold("lung.tau_beyond_followup"), goldens.data("lung.csv")
    with pytest.raises(ValueError, match="largest tau that can be used is 965"):
        ws.survival.restricted_means(lung, "sex", tau=1100, **LUNG)
    same_means(one, "", ws.survival.restricted_means(lung, "sex", tau=1100, extend=True, **LUNG))
    last = ws.survival.kaplan_meier(lung, "sex", **LUNG).last
    agree(one, "last_time", list(last.values()))


def test_horizon_at_an_event() -> None:
    one, ovarian = gold("tau_at_event_time"), goldens.data("ovarian.csv")
    for name, tau in (("at_event_638", 638), ("at_censor_1040", 1040), ("year", 365.25)):
        found = ws.survival.restricted_means(ovarian, "rx", tau=tau, time="futime", event="fustat")
        agree(one, f"{name}.tau", found.tau)
        same_means(one, f"{name}.", found)


def test_along_the_horizon() -> None:
    one, lung = gold("curve.lung"), goldens.data("lung.csv")
    horizons = one["values"]["tau"]
    found = [ws.survival.restricted_means(lung, "sex", tau=tau, **LUNG) for tau in horizons]
    agree(one, "tau", [means.tau for means in found])
    for k, name in enumerate(("male", "female")):
        agree(one, f"{name}.rmst", [means.by_group.values[k] for means in found])
        agree(one, f"{name}.se", [means.by_group.std_errors[k] for means in found])
        agree(one, f"{name}.rmtl", [means.time_lost.values[k] for means in found])


def test_late_entry() -> None:
    one, frame = gold("channing.left_truncated"), goldens.data("channing.csv")
    women = frame[(frame["age"] > frame["ageentry"]) & (frame["gender"] == 2)]
    means = ws.survival.restricted_means(
        women, tau=1100, start_time=800, time="age", event="death", entry="ageentry"
    )
    agree(one, "area_800_to_1100", means.by_group.values[0])
    agree(one, "rmean_from_R", 800 + means.by_group.values[0])  # R counts the time before as well
    agree(one, "se_from_R", means.by_group.std_errors[0])


def test_infinitesimal_jackknife() -> None:
    one, lung = gold("pseudo.ij.lung"), goldens.data("lung.csv")
    linear = {"method": "infinitesimal jackknife", **LUNG}
    means = ws.survival.pseudo_observations(lung, at=365, **linear)
    agree(one, "rmst365", means)
    agree(one, "mean_rmst", means.mean())
    shares = ws.survival.pseudo_observations(lung, at=[180, 365], quantity="survival", **linear)
    agree(one, "surv180_365_first30", shares.head(30))


def test_regression_on_pseudo_values_of_the_mean() -> None:
    one, lung = gold("pseudo.jackknife.lung"), goldens.data("lung.csv")
    lung["pseudo"] = ws.survival.pseudo_observations(lung, at=365, **LUNG)[365.0]
    agree(one, "pseudo", lung["pseudo"])
    fit = ws.regression.ols(lung, "pseudo ~ sex + age", se="HC0")
    terms = dict(zip(fit.terms, zip(fit.values, fit.std_errors, strict=True), strict=True))
    for theirs, ours in (("(Intercept)", fit.terms[0]), ("sex", "sex"), ("age", "age")):
        agree(one, f"coef/{theirs}", terms[ours][0])
        agree(one, f"robust_se/{theirs}", terms[ours][1])


def logit_estimating_equations(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean with logit(p) = x b, constant variance: x' p (1 - p) (y - p) = 0, and its sandwich."""
    b = np.zeros(x.shape[1])
    for _ in range(100):
        p = 1 / (1 + np.exp(-x @ b))
        slope = x * (p * (1 - p))[:, None]
        step = np.linalg.solve(slope.T @ slope, slope.T @ (y - p))
        b = b + step
        if np.abs(step).max() < 1e-13:
            break
    bread = np.linalg.inv(slope.T @ slope)
    meat = (slope * (y - p)[:, None]).T @ (slope * (y - p)[:, None])
    return b, np.sqrt(np.diag(bread @ meat @ bread))


def test_regression_on_pseudo_values_of_survival() -> None:
    one, veteran = gold("pseudo.surv_logit.veteran"), goldens.data("veteran.csv")
    values = ws.survival.pseudo_observations(veteran, at=100, quantity="survival", **STATUS)
    agree(one, "pseudo", values)
    agree(one, "S100", ws.survival.kaplan_meier(veteran, **STATUS).at(100)["estimate"])
    x = np.column_stack([np.ones(len(veteran)), veteran["trt"], veteran["karno"]])
    b, se = logit_estimating_equations(x, values[100.0].to_numpy())
    for k, name in enumerate(("(Intercept)", "trt", "karno")):
        agree(one, f"coef/{name}", b[k])
        agree(one, f"robust_se/{name}", se[k])


def test_all_entries_are_compared() -> None:
    tally = goldens.TALLIES[TOPIC]
    if not tally.entries:
        pytest.skip("runs after the comparisons of this file")
    left = {name: goldens.uncovered(TOPIC, name) for name in topic(TOPIC)}
    assert {name: keys for name, keys in left.items() if keys} == {}
