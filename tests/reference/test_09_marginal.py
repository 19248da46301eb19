"""Marginal means, their contrasts and local lines against R (09_marginal.R).

Tolerances are those of the entries, but for p-values of the largest of several statistics: R
integrates by chance for more than two of them (BY_CHANCE), and for four groups the lattice of ours
errs by some 1e-5 (LATTICE).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.reference import goldens
from tests.reference.goldens import agree, data, entry, topic
from walkstats.numerics.local_lines import local_line
from walkstats.regression import MarginalMeans, logistic, marginal_means, ols, rate_regression
from walkstats.results import Estimates, Fit

TOPIC = "09_marginal"
BY_CHANCE = 1e-6
LATTICE = 3e-5

SHOWN = {"SE": "std_error", "df": "df", "t.ratio": "statistic", "p.value": "p_value"}
LIMITS = {"lower.CL": "conf_low", "upper.CL": "conf_high"}
NORMAL = {"SE": "std_error", "df": "df", "z.ratio": "statistic", "p.value": "p_value"}
ASYMPTOTIC = {"asymp.LCL": "conf_low", "asymp.UCL": "conf_high"}
LABELS = {
    "reg.birthwt.lsmeans_weights": ("equal.smoke", "proportional.smoke", "race_equal.race",
                                    "race_proportional.race"),
    "reg.birthwt.logistic_emmeans": ("link.smoke", "response.smoke", "or.contrast"),
    "reg.more.means_within": ("equal.race", "equal.smoke", "proportional.race",
                              "proportional.smoke", "pairs.contrast", "pairs.smoke",
                              "lighter.race"),
    "reg.more.weighted_means": ("equal.smoke", "proportional.smoke"),
    "reg.more.rates": ("rate.trt", "ratio.contrast"),
    "reg.more.largest": ("three_pairs.contrast", "three_control.contrast", "four_pairs.contrast",
                         "four_control.contrast"),
}  # fmt: skip


def same(one: dict[str, Any], stem: str, table: pd.DataFrame, columns: dict[str, str]) -> None:
    for key, column in columns.items():
        agree(one, f"{stem}/{key}", table[column])


def means(found: MarginalMeans) -> pd.DataFrame:
    """With R's test of each mean against 0."""
    assert found.means is not None
    return replace(found.means, null=0.0).to_frame()


def contrasts(found: MarginalMeans) -> Estimates:
    assert found.contrasts is not None
    return found.contrasts


def births() -> pd.DataFrame:
    frame = data("birthwt.csv")
    return frame.assign(visits=frame["ftv"].clip(upper=3))


def test_weights() -> None:
    one = entry(TOPIC, "reg.birthwt.lsmeans_weights")
    fit = ols(births(), "bwt ~ factor(race) + factor(smoke) + factor(ht) + lwt", se="classical")
    columns = {"emmean": "estimate", **SHOWN, **LIMITS}
    for key, factor, weights in (
        ("equal", "smoke", "equal"),
        ("proportional", "smoke", "proportional"),
        ("race_equal", "race", "equal"),
        ("race_proportional", "race", "proportional"),
    ):
        found = marginal_means(fit, factor, weights=weights)
        same(one, key, means(found), columns)


def by_hand(one: dict[str, Any], fit: Fit) -> Fit:
    """R's coefficients and covariance in a fit of nothing else."""
    return Fit(
        terms=fit.terms,
        values=np.array(list(one["values"]["coef"].values())),
        covariance=np.array(one["values"]["vcov"]),
        link="logit",
        measure="odds ratio",
        design=fit.design,
        aside=("intercept",),
    )


@pytest.mark.parametrize("own", [True, False], ids=["logistic", "a fit by hand"])
def test_risks_and_odds(own: bool) -> None:
    one = entry(TOPIC, "reg.birthwt.logistic_emmeans")
    fit: Fit = logistic(births(), "low ~ factor(race) + factor(smoke) + lwt", se="model")
    agree(one, "coef", fit.values)
    agree(one, "vcov", fit.covariance)
    fit = fit if own else by_hand(one, fit)
    smokers = marginal_means(fit, "smoke")
    columns = {"emmean": "estimate", **NORMAL, **ASYMPTOTIC}
    same(one, "link", means(smokers), columns)
    risks = smokers.to_frame(response=True).assign(**means(smokers)[["statistic", "p_value"]])
    same(one, "response", risks, {"prob": "estimate", **NORMAL, **ASYMPTOTIC})
    agree(one, "response/null", [0.5, 0.5])  # of log odds 0
    ratios = contrasts(marginal_means(fit, "race", contrast="pairwise")).to_frame(ratio=True)
    ratios["std_error"] *= ratios["estimate"]  # R gives that of the ratio
    same(one, "or", ratios, {"odds.ratio": "estimate", **NORMAL, **ASYMPTOTIC})
    agree(one, "or/null", [1.0, 1.0, 1.0])


def test_means_within_levels() -> None:
    one, frame = entry(TOPIC, "reg.more.means_within"), births()
    formula = "bwt ~ factor(race) * factor(smoke) + factor(ht) * factor(smoke) + lwt"
    fit = ols(frame, formula, se="classical")
    columns = {**SHOWN, **LIMITS}
    equal = marginal_means(fit, "race", by="smoke", contrast="pairwise")
    same(one, "equal", means(equal), {"emmean": "estimate", **columns})
    same(one, "pairs", contrasts(equal).to_frame(), {"estimate": "estimate", **columns})
    shares = marginal_means(fit, "race", by="smoke", weights="proportional")
    same(one, "proportional", means(shares), {"emmean": "estimate", **columns})
    lighter = marginal_means(fit, "race", at={"lwt": 100, "ht": 0})
    same(one, "lighter", means(lighter), {"emmean": "estimate", **columns})
    assert "race interacts with smoke" in " ".join(lighter.notes)
    assert "interacts" not in " ".join(equal.notes)


def test_weighted_rows() -> None:
    one, frame = entry(TOPIC, "reg.more.weighted_means"), births()
    frame["weight"] = 1 + frame["ftv"]
    formula = "bwt ~ factor(race) * factor(smoke) + lwt"
    fit = ols(frame, formula, weights="weight", se="classical")
    for weights in ("equal", "proportional"):
        found = means(marginal_means(fit, "smoke", weights=weights))
        same(one, weights, found, {"emmean": "estimate", **SHOWN, **LIMITS})


def test_rates() -> None:
    one = entry(TOPIC, "reg.more.rates")
    frame = data("epil.csv")
    fit = rate_regression(frame, "y ~ factor(trt) + log(base)", se="model")
    found = marginal_means(fit, "trt", contrast="pairwise")
    rates = found.to_frame(response=True).query("kind == 'mean'")
    rates = rates.assign(**means(found)[["statistic", "p_value"]])
    same(one, "rate", rates, {"rate": "estimate", **NORMAL, **ASYMPTOTIC})
    agree(one, "rate/null", [1.0, 1.0])
    ratios = contrasts(found).to_frame(ratio=True)
    ratios["std_error"] *= ratios["estimate"]
    same(one, "ratio", ratios, {"ratio": "estimate", **NORMAL, **ASYMPTOTIC})
    agree(one, "ratio/null", [1.0])


def test_largest_of_several() -> None:
    one = entry(TOPIC, "reg.more.largest")
    girls = data("anorexia.csv")
    three = ols(girls, "Postwt ~ Prewt + factor(Treat)", se="classical")
    four = ols(births(), "bwt ~ factor(visits) + lwt", se="classical")
    for fit, factor, key in ((three, "Treat", "three"), (four, "visits", "four")):
        for stem, contrast in (("pairs", "pairwise"), ("control", "reference")):
            found = marginal_means(fit, factor, contrast=contrast, adjust="simultaneous")
            table = contrasts(found).to_frame()
            agree(one, f"{key}_{stem}.estimate", table["estimate"])
            room = LATTICE if key == "four" else BY_CHANCE if stem == "pairs" else None
            agree(one, f"{key}_{stem}.p", table["p_value"], atol=room)


def test_local_lines() -> None:
    one, frame = entry(TOPIC, "reg.more.local_lines"), births()
    x, y = frame["lwt"].to_numpy(dtype=float), frame["bwt"].to_numpy(dtype=float)
    at = np.arange(90.0, 241.0, 15.0)
    agree(one, "at", at)
    agree(one, "two_thirds", local_line(x, y, at))
    agree(one, "narrow", local_line(x, y, at, span=0.3))


def test_all_entries_are_compared() -> None:
    tally = goldens.TALLIES[TOPIC]
    if not tally.entries:
        pytest.skip("runs after the comparisons of this file")
    aside = {name: dict.fromkeys(keys, "labels") for name, keys in LABELS.items()}
    left = {name: goldens.uncovered(TOPIC, name, aside.get(name)) for name in topic(TOPIC)}
    assert {name: keys for name, keys in left.items() if keys} == {}
