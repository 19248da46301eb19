"""Firth's penalty and profile intervals against R's own optimisers (cox_likelihoods.R)."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from walkstats.survival import cox, profile_intervals

HERE = Path(__file__).parent
ENTRIES = json.loads((HERE / "cox_likelihoods.json").read_text())["entries"]
FORMULAS = {
    "lung by month": ("age + sex + ph_ecog", "months", "status", 2),
    "ovarian, monotone": ("early + rx", "futime", "fustat", None),
}
# R's maxima come from numerical derivatives of a log-likelihood near 700: eight digits.
MAXIMUM = {"rtol": 2e-7, "atol": 1e-8}
# Its limits come from uniroot with a tolerance of 1e-9 on such a profile.
LIMIT = {"rtol": 2e-6, "atol": 1e-7}


def frame_of(name):
    if name.startswith("lung"):
        lung = pd.read_csv(HERE / "data" / "lung.csv").dropna(subset=["ph_ecog"])
        return lung.assign(months=np.ceil(lung["time"] / 30.4))
    ovarian = pd.read_csv(HERE / "data" / "ovarian.csv")
    early = (ovarian["fustat"] == 1) | (ovarian["futime"] < 600)
    return ovarian.assign(early=early.astype(float))


@pytest.mark.parametrize("gold", ENTRIES, ids=lambda e: f"{e['name']} {e['ties']} {e['firth']}")
def test_maxima_limits_and_tests_are_those_of_r(gold):
    formula, time, event, value = FORMULAS[gold["name"]]
    fit = cox(
        frame_of(gold["name"]),
        formula,
        time=time,
        event=event,
        event_value=value,
        ties=gold["ties"],
        penalty="firth" if gold["firth"] else None,
    )
    np.testing.assert_allclose(fit.values, gold["estimate"], **MAXIMUM)
    np.testing.assert_allclose(fit.std_errors, gold["std_error"], **MAXIMUM)
    assert fit.log_likelihood == pytest.approx(gold["log_likelihood"], rel=1e-11)
    assert fit.log_likelihood_null == pytest.approx(gold["null"], rel=1e-11)
    profiled = profile_intervals(fit)
    limits = np.column_stack([gold["conf_low"], gold["conf_high"]])
    np.testing.assert_allclose(profiled.limits, limits, **LIMIT)
    ratio = 2 * (gold["log_likelihood"] - np.array(gold["without"]))
    np.testing.assert_allclose(profiled.statistics**2, ratio, rtol=1e-7)
    if gold["firth"]:
        np.testing.assert_array_equal(fit.limits, profiled.limits)
        np.testing.assert_array_equal(fit.statistics, profiled.statistics)
