"""Linear mixed models against lme4, lmerTest, pbkrtest and nlme (10_mixed.R).

Tolerances are those of the entries: 1e-5 relative, where lme4's derivative-free search stops; 2e-4
for its profile limits, which it reads off splines.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.reference import goldens
from tests.reference.goldens import agree, data, entry, topic
from walkstats.regression import (
    LinearMixedFit,
    compare_mixed,
    linear_mixed,
    variance_components,
)
from walkstats.results import Estimates

TOPIC = "10_mixed"
# Of a mean that is 0 by design only rounding is left; lme4's search leaves 1e-7 of a slope.
ROUNDING = 1e-8
ASIDE = {
    "lmm.sleepstudy.profile": {"random_intercept.names": "labels", "random_slope.names": "labels"}
}


def gold(identifier: str) -> dict[str, Any]:
    return entry(TOPIC, f"lmm.{identifier}")


def sleepers() -> pd.DataFrame:
    return data("sleepstudy.csv")


def children() -> pd.DataFrame:
    return data("orthodont.csv").assign(t=lambda f: f["age"] - 11, female=lambda f: f["Sex"] - 1)


def sleep_fit(**options: Any) -> LinearMixedFit:
    return linear_mixed(sleepers(), "Reaction ~ Days", subject="Subject", **options)


def same_fit(one: dict[str, Any], fit: LinearMixedFit, stem: str = "") -> None:
    agree(one, f"{stem}n", fit.counts.used)
    agree(one, f"{stem}fixef", fit.values)
    agree(one, f"{stem}se", fit.std_errors)
    agree(one, f"{stem}vcov", fit.covariance, atol=ROUNDING)
    variances, deviations = components(fit)
    agree(one, f"{stem}varcomp.vcov", variances, atol=ROUNDING)
    agree(one, f"{stem}varcomp.sdcor", deviations, atol=ROUNDING)
    agree(one, f"{stem}sigma", fit.sigma)
    agree(one, f"{stem}loglik", fit.log_likelihood)
    agree(one, f"{stem}criterion", fit.deviance)
    agree(one, f"{stem}aic", fit.aic)
    agree(one, f"{stem}bic", fit.bic)


def components(fit: LinearMixedFit) -> tuple[list[float], list[float]]:
    """As lme4 lists them: variances, then covariances or correlations, groups, residual."""
    full = fit.covariance_by_group["all"]
    variances, deviations = list(np.diag(full)), list(np.sqrt(np.diag(full)))
    if fit.correlated and len(full) == 2:
        variances.append(full[0, 1])
        deviations.append(fit.variance.estimate(fit.variance.terms[2]).estimate)
    if fit.nested is not None:
        variances.append(fit.covariance_by_group[fit.nested][0, 0])
        deviations.append(np.sqrt(variances[-1]))
    return [*variances, fit.sigma**2], [*deviations, fit.sigma]


def same_tests(one: dict[str, Any], fit: LinearMixedFit, stem: str = "") -> None:
    table = fit.to_frame()
    agree(one, f"{stem}df_satterthwaite", table["df"])
    agree(one, f"{stem}t", table["statistic"])
    # A p-value of 1e-27 moves by t² times the relative error of t.
    agree(one, f"{stem}p_satterthwaite", table["p_value"])


def same_enlarged(
    one: dict[str, Any], fit: LinearMixedFit, stem: str = "", order: list[int] | None = None
) -> None:
    table = fit.to_frame().iloc[order or list(range(len(fit.terms)))]
    agree(one, f"{stem}kr_se", table["std_error"])
    agree(one, f"{stem}kr_df", table["df"])
    agree(one, f"{stem}kr_p", table["p_value"])


@pytest.mark.parametrize("kind", ["REML", "ML"])
def test_random_intercept(kind: str) -> None:
    one, fit = gold(f"sleepstudy.random_intercept.{kind}"), sleep_fit(reml=kind == "REML")
    same_fit(one, fit)
    agree(one, "blup", fit.random_effects["intercept"])
    assert list(map(str, fit.random_effects["Subject"])) == list(one["values"]["blup"])
    shares = fit.variance.values
    agree(one, "icc", shares[0] / shares.sum())
    if kind == "REML":
        same_tests(one, fit)
        same_enlarged(one, sleep_fit(df="kenward-roger"))
    assert fit.scaled_gradient < 1e-6


@pytest.mark.parametrize("kind", ["REML", "ML"])
def test_random_slope(kind: str) -> None:
    one = gold(f"sleepstudy.random_slope.{kind}")
    fit = sleep_fit(random="Days", reml=kind == "REML")
    same_fit(one, fit)
    agree(one, "blup_intercept", fit.random_effects["intercept"])
    agree(one, "blup_slope", fit.random_effects["Days"])
    agree(one, "subjects", fit.random_effects["Subject"])
    agree(one, "fitted_first10", fit.fitted_person[:10])
    if kind == "REML":
        same_tests(one, fit)
        same_enlarged(one, sleep_fit(random="Days", df="kenward-roger"))


def test_uncorrelated_slope() -> None:
    one = gold("sleepstudy.uncorrelated_slope")
    same_fit(one, sleep_fit(random="Days", correlated=False))


def test_the_slope_is_needed() -> None:
    one = gold("sleepstudy.uncorrelated_slope")
    test = compare_mixed(sleep_fit(reml=False), sleep_fit(random="Days", reml=False))
    agree(one, "lrt_slope_ML", [test.statistic, test.df, test.parts["p_plain"]])


@pytest.mark.parametrize(("stem", "random"), [("random_intercept", "1"), ("random_slope", "Days")])
def test_profile_limits(stem: str, random: str) -> None:
    one = gold("sleepstudy.profile")
    found = variance_components(sleep_fit(random=random, reml=False))
    # lme4 goes along the lower triangle: intercept, correlation, slope, residual.
    order = [0, 1] if random == "1" else [0, 2, 1, 3]
    bounds = on_lme4_scale(found)[order]
    agree(one, f"{stem}.lower", bounds[:, 0])
    agree(one, f"{stem}.upper", bounds[:, 1])


@pytest.mark.parametrize("kind", ["REML", "ML"])
def test_wald_limits(kind: str) -> None:
    one, fit = gold("sleepstudy.wald_limits"), sleep_fit(random="Days", reml=kind == "REML")
    bounds = on_lme4_scale(fit.variance)
    agree(one, f"{kind}.lower", bounds[:, 0])
    agree(one, f"{kind}.upper", bounds[:, 1])


def on_lme4_scale(found: Estimates) -> np.ndarray:
    """Limits of standard deviations and correlations."""
    correlation = np.array([term.startswith("correlation") for term in found.terms])
    bounds = np.array(found.limits)
    return np.where(correlation[:, None], bounds, np.sqrt(np.abs(bounds)))


def test_gaps() -> None:
    one = gold("sleepstudy.gaps")
    frame = sleepers()[np.arange(1, 181) % 7 != 0]
    options = {"subject": "Subject", "random": "Days"}
    fit = linear_mixed(frame, "Reaction ~ Days", **options)
    same_fit(one, fit)
    same_tests(one, fit)
    same_enlarged(one, linear_mixed(frame, "Reaction ~ Days", df="kenward-roger", **options))


@pytest.mark.parametrize(("stem", "random"), [("random_intercept", "1"), ("random_slope", "t")])
def test_growth(stem: str, random: str) -> None:
    one = gold("orthodont.growth")
    options = {"subject": "id", "random": random}
    fit = linear_mixed(children(), "distance ~ t * female", **options)
    same_fit(one, fit, f"{stem}.")
    same_tests(one, fit, f"{stem}.")
    enlarged = linear_mixed(children(), "distance ~ t * female", df="kenward-roger", **options)
    same_enlarged(one, enlarged, f"{stem}.")


def test_compound_symmetry() -> None:
    one = gold("orthodont.lme_ar1")
    fit = linear_mixed(children(), "distance ~ t * female", subject="id")
    agree(one, "cs.beta", fit.values)
    agree(one, "cs.se", fit.std_errors)
    agree(one, "cs.sigma2", fit.variance.values.sum())
    agree(one, "cs.rho", fit.variance.values[0] / fit.variance.values.sum())
    agree(one, "cs.loglik_REML", fit.log_likelihood)


def test_children_within_clinics() -> None:
    one = gold("orthodont.nested")
    frame = children().assign(clinic=lambda f: f["id"] % 5, size=lambda f: f["id"] % 3)
    frame["distance"] += 2 * np.sin(frame["clinic"])
    formula, options = "distance ~ t * female + factor(size)", {"subject": "id", "nested": "clinic"}
    fit = linear_mixed(frame, formula, **options)
    enlarged = linear_mixed(frame, formula, df="kenward-roger", **options)
    order = ["intercept", "t", "female", "size[1]", "size[2]", "t:female"]
    places = [fit.terms.index(name) for name in order]
    agree(one, "n", fit.counts.used)
    agree(one, "fixef", fit.values[places])
    agree(one, "se", fit.std_errors[places])
    agree(one, "vcov", fit.covariance[np.ix_(places, places)], atol=ROUNDING)
    variances, deviations = components(fit)
    agree(one, "varcomp.vcov", variances)
    agree(one, "varcomp.sdcor", deviations)
    agree(one, "sigma", fit.sigma)
    for key, ours in {
        "loglik": fit.log_likelihood,
        "criterion": fit.deviance,
        "aic": fit.aic,
        "bic": fit.bic,
    }.items():
        agree(one, key, ours)
    table = fit.to_frame().iloc[places]
    agree(one, "df_satterthwaite", table["df"])
    agree(one, "t", table["statistic"])
    agree(one, "p_satterthwaite", table["p_value"])
    agree(one, "clinics", fit.group_effects.sort_values("clinic")["intercept"])
    agree(one, "children", fit.random_effects.sort_values("id")["intercept"])
    joint = fit.test(["factor(size)"])
    agree(one, "size", [joint.statistic, joint.df, joint.df_denominator, joint.p_value])
    same_enlarged(one, enlarged, order=places)
    joint = enlarged.test(["factor(size)"])
    agree(one, "size_kr", [joint.statistic, joint.df, joint.df_denominator, joint.p_value])


def test_a_variance_of_zero() -> None:
    one, frame = gold("sleepstudy.boundary"), sleepers()
    mean = frame.groupby("Subject")["Reaction"].transform("mean")
    frame["y"] = frame["Reaction"] - mean + 10 * np.cos(frame["Days"] + frame["Subject"])
    fit = linear_mixed(frame, "y ~ Days", subject="Subject")
    same_fit(one, fit)
    same_tests(one, fit)
    assert fit.state == "boundary"
    assert any("variance[intercept] is 0" in note for note in fit.notes)


def test_every_number_has_been_compared() -> None:
    for identifier in topic(TOPIC):
        assert goldens.uncovered(TOPIC, identifier, ASIDE.get(identifier)) == []
