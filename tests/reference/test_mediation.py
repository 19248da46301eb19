"""Mediation in the framing data, against R's regressions and the formulas written out there."""

import functools

import numpy as np
import pandas as pd
import pytest

from tests.reference.goldens import agree, data, entry, topic, uncovered
from walkstats.causal import mediate

ADJUST = ("age", "educ", "gender", "income")
# A published run of simulations has an error of its own: 3.29 times the width of its interval over
# 3.92 and the root of its 100 draws.
SIMULATED = 3.29 / 3.92 / np.sqrt(100)


@functools.cache
def framing() -> pd.DataFrame:
    frame = data("framing.csv").rename(columns={"treat": "arm"})
    frame["high"] = (frame["emo"] >= 8).astype(int)
    frame["emo3"] = pd.cut(frame["emo"], [0, 5, 8, 99], labels=["low", "middle", "high"])
    return frame


def found(outcome, mediator, **more):
    given = {"covariates": ADJUST, "interval": "delta", "replicates": 100, "seed": 1} | more
    return mediate(framing(), outcome=outcome, mediator=mediator, **given)


NAMES = {
    "total": "total",
    "direct": "natural direct",
    "indirect": "natural indirect",
    "direct_second": "natural direct, mediator as in 1",
    "indirect_first": "natural indirect in 0",
}


def agree_on_effects(gold, answer, names=NAMES):
    for key, term in names.items():
        agree(gold, key, answer.effects.estimate(term).estimate)


def proportion(answer):
    """The share as it would be, also where it is not given."""
    total, _, indirect = answer.effects.values[:3]
    return indirect / total


def test_two_linear_models_with_interaction():
    gold = entry("mediation", "mediation.linear")
    answer = found("immigr", "emo")
    agree_on_effects(gold, answer)
    agree(gold, "controlled", answer.effects.values[5])
    for key in ("indirect", "direct", "indirect_first", "direct_second"):
        agree(gold, f"se_{key}", answer.effects.estimate(NAMES[key]).std_error)
    agree(gold, "paths", answer.paths.values)
    agree(gold, "rho", answer.robustness.values)


def test_correlation_of_errors_after_imai_keele_and_yamamoto():
    gold = entry("mediation", "mediation.rho")
    answer = found("immigr", "emo", interaction=False, rhos=[-0.6, -0.3, 0.0, 0.3, 0.6])
    agree_on_effects(gold, answer, {"total": "total", "indirect": "natural indirect"})
    curve = answer.sensitivity.to_frame()
    agree(gold, "curve", curve.loc[curve["group"] == "natural indirect", "estimate"])
    agree(gold, "zero", answer.robustness.values)


@pytest.mark.parametrize(
    ("identifier", "mediator", "more"),
    [
        ("probit", "emo", {"outcome_model": "probit"}),
        ("logistic", "emo", {}),
        ("yes_no", "high", {}),
        ("at_means", "high", {"standardise": "means"}),
    ],
)
def test_yes_and_no(identifier, mediator, more):
    gold = entry("mediation", f"mediation.{identifier}")
    answer = found("cong_mesg", mediator, **more)
    agree_on_effects(gold, answer)
    agree(gold, "proportion", proportion(answer))
    if identifier == "logistic":
        agree(gold, "controlled", answer.effects.values[5])
        ratios = found("cong_mesg", mediator, measure="risk ratio").effects
        for key, term in (("direct", "natural direct"), ("indirect", "natural indirect")):
            agree(gold, f"risk_ratio_{key}", ratios.estimate(term, ratio=True).estimate)
            e_value = answer.robustness.estimate(f"E-value of the {term} effect")
            agree(gold, f"e_{key}", e_value.estimate)
        odds = found("cong_mesg", mediator, measure="odds ratio").effects
        agree(gold, "odds_ratio_indirect", odds.estimate("natural indirect", ratio=True).estimate)


def test_ordered_levels():
    gold = entry("mediation", "mediation.ordered")
    answer = found("immigr", "emo3")
    agree_on_effects(gold, answer)
    agree(gold, "proportion", proportion(answer))


def test_a_published_run_of_simulations():
    """The framing example as statsmodels' tests print it for R's algorithm: probit, 100 draws."""
    answer = found("cong_mesg", "emo", outcome_model="probit", interaction=False)
    for term, estimate, low, high in (
        ("natural indirect in 0", 0.085106, 0.029938, 0.141525),
        ("natural indirect", 0.085674, 0.031089, 0.147762),
        ("natural direct", 0.016938, -0.129157, 0.121945),
        ("natural direct, mediator as in 1", 0.017506, -0.139649, 0.130030),
        ("total", 0.102612, -0.036749, 0.227213),
    ):
        one = answer.effects.estimate(term)
        assert abs(one.estimate - estimate) < SIMULATED * (high - low)


def test_every_number_was_compared():
    for identifier in topic("mediation"):
        assert not uncovered("mediation", identifier), identifier
