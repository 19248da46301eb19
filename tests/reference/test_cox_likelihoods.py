"""Firth's penalty and profile intervals against R's own optimisers (cox_likelihoods.R)."""

import numpy as np
import pandas as pd
import pytest

from tests.reference.goldens import agree, data, entry
from walkstats.survival import cox, profile_intervals

TOPIC = "cox_likelihoods"
ENTRIES = [
    "profile.lung_months.efron",
    "firth.lung_months.efron",
    "firth.lung_months.breslow",
    "firth.ovarian_monotone.efron",
]
FORMULAS = {
    "lung_months": ("age + sex + ph_ecog", "months", "status", 2),
    "ovarian_monotone": ("early + rx", "futime", "fustat", None),
}


def frame_of(name: str) -> pd.DataFrame:
    if name == "lung_months":
        lung = data("lung.csv").dropna(subset=["ph_ecog"])
        return lung.assign(months=np.ceil(lung["time"] / 30.4))
    ovarian = data("ovarian.csv")
    early = (ovarian["fustat"] == 1) | (ovarian["futime"] < 600)
    return ovarian.assign(early=early.astype(float))


@pytest.mark.parametrize("identifier", ENTRIES)
def test_maxima_limits_and_tests_are_those_of_r(identifier: str) -> None:
    gold, name = entry(TOPIC, identifier), identifier.split(".")[1]
    formula, time, event, value = FORMULAS[name]
    fit = cox(
        frame_of(name),
        formula,
        time=time,
        event=event,
        event_value=value,
        ties=gold["ties"],
        penalty="firth" if gold["firth"] else None,
    )
    agree(gold, "estimate", fit.values)
    agree(gold, "std_error", fit.std_errors)
    agree(gold, "log_likelihood", fit.log_likelihood)
    agree(gold, "null", fit.log_likelihood_null)
    profiled = profile_intervals(fit)
    assert profiled.limits is not None
    assert profiled.statistics is not None
    agree(gold, "conf_low", profiled.limits[:, 0])
    agree(gold, "conf_high", profiled.limits[:, 1])
    agree(gold, "without", fit.log_likelihood - profiled.statistics**2 / 2)
    if gold["firth"]:
        np.testing.assert_array_equal(fit.limits, profiled.limits)
        np.testing.assert_array_equal(fit.statistics, profiled.statistics)
