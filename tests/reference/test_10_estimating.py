"""Generalised estimating equations against R's geepack and gee (10_estimating.R).

Tolerances are those of the entries.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.reference import goldens
from tests.reference.goldens import agree, data, entry, topic
from walkstats.regression import gee

TOPIC = "10_estimating"
ASIDE = {
    "gee.respiratory.logit.ar1": {
        "gee_package": "its AR(1) takes neighbours only; geepack and walkstats all pairs"
    }
}


def patients() -> pd.DataFrame:
    return data("respiratory.csv").assign(
        active=lambda f: (f["treat"] == 1).astype(int), woman=lambda f: f["sex"] - 1
    )


def same_fit(one: dict[str, Any], stem: str, fit: Any) -> None:
    for key, ours in {
        "n": fit.counts.used,
        "n_clusters": fit.counts.participants,
        "coef": fit.values,
        "robust_se": fit.std_errors,
        "naive_se": np.sqrt(np.diag(fit.naive_covariance)),
        "scale": fit.scale,
        "alpha": list(fit.alpha.values()),
        "vcov": fit.covariance,
    }.items():
        agree(one, f"{stem}{key}", ours)


@pytest.mark.parametrize("correlation", ["independence", "exchangeable", "ar1", "unstructured"])
def test_respiratory(correlation: str) -> None:
    one = entry(TOPIC, f"gee.respiratory.logit.{correlation}")
    fit = gee(
        patients(), "outcome ~ active + factor(center) + age + baseline + woman",
        family="binomial", subject="pid", visit="visit", correlation=correlation,
    )  # fmt: skip
    same_fit(one, "", fit)
    if correlation == "ar1":
        return
    agree(one, "gee_package/coef", fit.values)
    agree(one, "gee_package/robust_se", fit.std_errors)
    # gee divides by n - k, and the products of all pairs of rows by pairs - k.
    n, k = fit.matrix.shape
    agree(one, "gee_package/scale", fit.scale * n / (n - k))
    matrix = np.eye(4)
    if correlation == "exchangeable":
        pairs = 111 * 6
        matrix += fit.alpha["any two rows"] * pairs / (pairs - k) * (n - k) / n * (1 - np.eye(4))
    if correlation == "unstructured":
        matrix[np.triu_indices(4, 1)] = list(fit.alpha.values())
        matrix = np.triu(matrix) + np.triu(matrix, 1).T
    agree(one, "gee_package/working_corr", matrix)


@pytest.mark.parametrize("correlation", ["independence", "exchangeable", "ar1"])
def test_seizures(correlation: str) -> None:
    one = entry(TOPIC, f"gee.epil.poisson.{correlation}")
    fit = gee(
        data("epil.csv").assign(weeks=2), "y ~ trt + log(base) + age + V4", family="poisson",
        subject="subject", visit="period", correlation=correlation, exposure="weeks",
    )  # fmt: skip
    same_fit(one, "", fit)


@pytest.mark.parametrize("correlation", ["independence", "exchangeable", "ar1"])
def test_growth(correlation: str) -> None:
    one = entry(TOPIC, "gee.orthodont.gaussian")
    children = data("orthodont.csv").assign(
        years=lambda f: f["age"] - 11, girl=lambda f: f["Sex"] - 1
    )
    fit = gee(
        children, "distance ~ years * girl", family="gaussian", subject="id", visit="age",
        correlation=correlation,
    )  # fmt: skip
    same_fit(one, f"{correlation}.", fit)


def test_jackknife() -> None:
    one = entry(TOPIC, "gee.respiratory.logit.jackknife_se")
    options = {"family": "binomial", "subject": "pid", "correlation": "exchangeable"}
    plain = gee(patients(), "outcome ~ active + age + baseline", **options)
    agree(one, "coef", plain.values)
    agree(one, "robust_se", plain.std_errors)
    left_out = gee(
        patients(), "outcome ~ active + age + baseline", corrections="jackknife", **options
    )
    agree(one, "approx_jackknife_se", left_out.std_errors)


@pytest.mark.parametrize("correlation", ["exchangeable", "ar1"])
def test_visits_that_were_missed(correlation: str) -> None:
    one = entry(TOPIC, "estimating.missed_visits")
    frame = patients().sort_values(["pid", "visit"])
    frame = frame[np.arange(1, len(frame) + 1) % 5 != 0]
    fit = gee(
        frame.sample(frac=1, random_state=1), "outcome ~ active + age + baseline",
        family="binomial", subject="pid", visit="visit", correlation=correlation,
    )  # fmt: skip
    same_fit(one, f"{correlation}.", fit)


@pytest.mark.parametrize("correlation", ["independence", "exchangeable", "ar1", "unstructured"])
def test_weights(correlation: str) -> None:
    one = entry(TOPIC, "estimating.weighted")
    frame = patients().sort_values(["pid", "visit"])
    frame = frame.assign(weight=0.5 + 7 * np.arange(len(frame)) % 13 / 8)
    fit = gee(
        frame.sample(frac=1, random_state=2), "outcome ~ active + age + baseline",
        family="binomial", subject="pid", visit="visit", correlation=correlation,
        weights="weight",
    )  # fmt: skip
    same_fit(one, f"{correlation}.", fit)


def test_all_entries_are_compared() -> None:
    tally = goldens.TALLIES[TOPIC]
    if not tally.entries:
        pytest.skip("runs after the comparisons of this file")
    left = {name: goldens.uncovered(TOPIC, name, ASIDE.get(name)) for name in topic(TOPIC)}
    assert {name: keys for name, keys in left.items() if keys} == {}
