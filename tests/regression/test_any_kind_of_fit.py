"""Marginal means and dose curves need a fit's terms and covariance only: every kind of fit.

SAME: contrasts of the design matrix by hand.
"""

import functools

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from walkstats.regression import (
    dose_response,
    gee,
    linear_mixed,
    logistic,
    marginal_means,
    mmrm,
    ordinal,
    rate_regression,
    relative_risk,
    risk_difference,
)

SAME = 1e-8
RIGHT = "rcs(minutes, 3) + arm * factor(month)"


@functools.cache
def weeks():
    rng = np.random.default_rng(3)
    n = 40
    person = np.repeat(np.arange(n), 3)
    minutes = rng.gamma(2, 40, 3 * n).round()
    frame = pd.DataFrame(
        {
            "participant_id": person,
            "month": np.tile([3, 6, 12], n),
            "arm": pd.Categorical(np.where(person % 2, "walking", "control")),
            "minutes": minutes,
            "pain": 5 - minutes / 100 + rng.normal(size=n)[person] + rng.normal(size=3 * n),
            "flare": rng.random(3 * n) < 0.6 - minutes / 800,
            "recurrences": rng.poisson(2, 3 * n),
            "days": rng.exponential(100, 3 * n).round() + 1,
            "event": rng.random(3 * n) < 0.7,
        }
    )
    levels = np.array(["none", "some", "much"])[np.digitize(frame["pain"], [3.5, 5])]
    frame["level"] = pd.Categorical(levels, ["none", "some", "much"], ordered=True)
    return frame


PERSON = {"subject": "participant_id"}
KINDS = {
    "linear_mixed": lambda f: linear_mixed(f, f"pain ~ {RIGHT}", **PERSON),
    "mmrm": lambda f: mmrm(f, f"pain ~ {RIGHT}", visit="month", **PERSON),
    "gee": lambda f: gee(f, f"pain ~ {RIGHT}", family="gaussian", **PERSON),
    "logistic": lambda f: logistic(f, f"flare ~ {RIGHT}"),
    "relative_risk": lambda f: relative_risk(f, f"flare ~ {RIGHT}"),
    "risk_difference": lambda f: risk_difference(f, f"flare ~ {RIGHT}"),
    "rate_regression": lambda f: rate_regression(f, f"recurrences ~ {RIGHT}", exposure="days"),
    "ordinal": lambda f: ordinal(f, f"level ~ {RIGHT}"),
    "cox": lambda f: ws.survival.cox(f, RIGHT, cluster="participant_id"),
}


@functools.cache
def fitted(kind):
    return KINDS[kind](weeks().copy())


def weights_of(fit, row):
    """A row of the design as weights of all coefficients, by name."""
    full = np.zeros(len(fit.terms))
    for name, value in zip(fit.design.names, row, strict=True):
        full[fit.terms.index(name)] = value
    return full


@pytest.mark.parametrize("kind", KINDS)
def test_contrasts_of_arms_within_visits(kind):
    fit = fitted(kind)
    options = {"by": "month", "contrast": "reference"}
    found = marginal_means(fit, "arm", **options)
    minutes = weeks()["minutes"].mean()
    grid = pd.DataFrame({"arm": ["control", "walking"], "month": 6, "minutes": minutes})
    rows = fit.design.matrix(grid)
    sign = "-" if fit.link == "identity" else "/"
    ours = found.contrasts.estimate(f"walking {sign} control, month[6]")
    by_hand = fit.contrast(weights_of(fit, rows[1] - rows[0]))
    assert (ours.estimate, ours.std_error, ours.df, ours.p_value) == pytest.approx(
        (by_hand.estimate, by_hand.std_error, by_hand.df, by_hand.p_value), rel=SAME
    )
    assert (found.means is None) == (kind in ("ordinal", "cox"))
    if found.means is not None:
        mean = found.means.estimate("arm[walking], month[6]")
        by_hand = fit.contrast(weights_of(fit, rows[1]))
        assert (mean.estimate, mean.conf_low) == pytest.approx(
            (by_hand.estimate, by_hand.conf_low), rel=SAME
        )
        shown = found.to_frame(response=True).query("kind == 'mean'")["estimate"]
        link = {"identity": lambda x: x, "log": np.exp, "logit": lambda x: 1 / (1 + np.exp(-x))}
        np.testing.assert_allclose(shown, link[fit.link](found.means.values), rtol=SAME)
    adjusted = marginal_means(fit, "arm", adjust="simultaneous", **options).contrasts
    assert (adjusted.to_frame()["p_value"] >= found.contrasts.to_frame()["p_value"]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_curves_of_the_dose(kind):
    fit = fitted(kind)
    curve = dose_response(fit, "minutes", reference=60, at=[20.0, 60, 150])
    grid = pd.DataFrame({"arm": "control", "month": 3, "minutes": [60.0, 150.0]})
    rows = fit.design.matrix(grid)
    by_hand = fit.contrast(weights_of(fit, rows[1] - rows[0]), ratio=fit.link != "identity")
    row = curve.frame.iloc[2]
    assert (row["estimate"], row["conf_low"], row["conf_high"]) == pytest.approx(
        (by_hand.estimate, by_hand.conf_low, by_hand.conf_high), rel=SAME
    )
    assert curve.ratio == (fit.link != "identity")
    assert curve.frame["estimate"][1] == (1.0 if curve.ratio else 0.0)
    assert curve.quantity == fit.measure
    bent = fit.test(["rcs(minutes, 3)[2]"])
    assert curve.nonlinear.p_value == pytest.approx(bent.p_value, rel=1e-5)
    band = dose_response(fit, "minutes", reference=60, at=[20.0, 60, 150], simultaneous=True)
    away = [0, 2]
    assert (band.frame["conf_high"] > curve.frame["conf_high"])[away].all()
