"""Ordered levels against R's ordinal (09_ranks.R), at the tolerance of each entry."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.reference import goldens
from tests.reference.goldens import agree, data, entry, topic
from walkstats.regression import check_proportional_odds, ordinal, predict_levels

TOPIC = "09_ranks"
FORMULA = "Sat ~ factor(Infl) + factor(Type) + factor(Cont)"
LINKS = {"logistic": "logit", "probit": "probit", "cloglog": "cloglog"}


@pytest.mark.parametrize("name", LINKS)
def test_housing(name: str) -> None:
    one = entry(TOPIC, f"reg.housing.ordinal.{name}")
    fit = ordinal(data("housing.csv"), FORMULA, link=LINKS[name], frequencies="Freq")
    turned = [6, 7, 0, 1, 2, 3, 4, 5]  # R has the thresholds first
    agree(one, "coef", fit.coefficients)
    agree(one, "thresholds", fit.thresholds)
    agree(one, "se", fit.std_errors[turned])
    agree(one, "vcov", fit.covariance[np.ix_(turned, turned)])
    agree(one, "loglik", fit.log_likelihood)
    agree(one, "aic", fit.aic)
    people = pd.DataFrame({"Infl": [1, 3], "Type": [1, 4], "Cont": [1, 2]})
    agree(one, "prob", predict_levels(fit, people)["probability"])


def test_likelihood_ratios() -> None:
    one, each = (
        entry(TOPIC, "reg.housing.ordinal_lrt_and_po_test"),
        entry(TOPIC, "ranks.housing.each_term"),
    )
    frame = data("housing.csv")
    whole = ordinal(frame, FORMULA, frequencies="Freq")
    without = ordinal(frame, FORMULA.replace(" + factor(Type)", ""), frequencies="Freq")
    ratio = 2 * (whole.log_likelihood - without.log_likelihood)
    agree(one, "type_lrt", [ratio, 3, stats.chi2.sf(ratio, 3)])
    table = check_proportional_odds(whole).by_term
    agree(each, "chisq", table["statistic"])
    agree(each, "df", table["df"])
    agree(each, "p", table["p_value"])
    agree(one, "proportional_odds_of_Cont_lrt", table.loc[2, ["statistic", "df", "p_value"]])


def test_all_entries_are_compared() -> None:
    tally = goldens.TALLIES[TOPIC]
    if not tally.entries:
        pytest.skip("runs after the comparisons of this file")
    left = {name: goldens.uncovered(TOPIC, name) for name in topic(TOPIC)}
    assert {name: keys for name, keys in left.items() if keys} == {}
