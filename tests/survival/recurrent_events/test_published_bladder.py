"""The bladder tumour trial as it was published: thiotepa against placebo, 86 patients.

Printed digits, so half a unit of the last one. The patient without follow-up counts nowhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.reference import goldens

COLUMNS = {"cluster": "id", "time": "stop", "entry": "start", "ties": "breslow"}
THREE, FIVE = 5.01e-4, 5.01e-6
FORMULA = "rx + number + size"


def first_four() -> pd.DataFrame:
    """Up to the fourth recurrence, follow-up ending there."""
    return goldens.data("bladder2.csv")


def followed_on() -> pd.DataFrame:
    """The first four recurrences, follow-up to its end: as SAS lays the data out."""
    frame = goldens.data("bladder1.csv")
    frame = frame[frame["treatment"].isin([1, 3])].sort_values(["id", "start", "stop"])
    rows = []
    for patient, spells in frame.groupby("id"):
        times = spells.loc[spells["status"] == 1, "stop"].tolist()[:4]
        ends = [*times, spells["stop"].max()]
        starts = [0, *times]
        known = spells.iloc[0]
        rows += [
            (
                patient,
                int(known["treatment"] == 3),
                known["number"],
                known["size"],
                a,
                b,
                int(k < len(times)),
            )
            for k, (a, b) in enumerate(zip(starts, ends, strict=True))
            if b > a
        ]
    return pd.DataFrame(rows, columns=["id", "rx", "number", "size", "start", "stop", "event"])


def test_wei_lin_and_weissfeld() -> None:
    """Wei, Lin and Weissfeld, J Am Stat Assoc 1989;84:1065-1073: effects of treatment."""
    found = ws.survival.wei_lin_weissfeld(first_four(), FORMULA, **COLUMNS)
    effects = [found.specific.estimate(f"rx:event[{k}]").estimate for k in range(1, 5)]
    np.testing.assert_allclose(effects, [-0.518, -0.619, -0.700, -0.651], rtol=0, atol=THREE)
    combined = found.average.estimate("rx")
    assert combined.estimate == pytest.approx(-0.549, abs=THREE)
    assert combined.std_error == pytest.approx(0.285, abs=THREE)


def test_errors_and_weights_of_the_marginal_effects() -> None:
    """SAS/STAT User's Guide, PHREG, "Analysis of Recurrent Events Data": TEST with AVERAGE."""
    found = ws.survival.wei_lin_weissfeld(first_four(), FORMULA, **COLUMNS)
    errors = [found.specific.estimate(f"rx:event[{k}]").std_error for k in range(1, 5)]
    np.testing.assert_allclose(errors, [0.30750, 0.36391, 0.41516, 0.48971], rtol=0, atol=FIVE)
    weights = found.weights.set_index(["term", "event"])["weight"]["rx"]
    np.testing.assert_allclose(weights, [0.67684, 0.25723, -0.07547, 0.14140], rtol=0, atol=FIVE)


def test_andersen_and_gill() -> None:
    """The same example of SAS: intensity model, and proportional means with its robust error."""
    fit = ws.survival.andersen_gill(followed_on(), FORMULA, **COLUMNS)
    np.testing.assert_allclose(fit.values, [-0.40710, 0.16065, -0.04009], rtol=0, atol=FIVE)
    naive = np.sqrt(np.diag(fit.naive_covariance))
    np.testing.assert_allclose(naive, [0.20007, 0.04801, 0.07026], rtol=0, atol=FIVE)
    np.testing.assert_allclose(fit.std_errors, [0.24183, 0.05689, 0.07222], rtol=0, atol=FIVE)


@pytest.mark.parametrize(
    ("timescale", "effects", "errors"),
    [
        ("total", [-0.45967, 0.11700, -0.04059], [0.40642, 0.67183, 0.79251]),
        ("gap", [-0.25911, 0.22105, -0.19498], [0.40511, 0.54909, 0.64184]),
    ],
)
def test_prentice_williams_and_peterson(
    timescale: str, effects: list[float], errors: list[float]
) -> None:
    """The same example of SAS: every covariate by event number, second to fourth."""
    fit = ws.survival.prentice_williams_peterson(
        first_four(), FORMULA, timescale=timescale, specific=("rx", "number", "size"), **COLUMNS
    )
    at = [fit.terms.index(f"rx:event[{k}]") for k in (2, 3, 4)]
    naive = np.sqrt(np.diag(fit.naive_covariance))
    np.testing.assert_allclose(fit.values[at], effects, rtol=0, atol=FIVE)
    np.testing.assert_allclose(naive[at], errors, rtol=0, atol=FIVE)


# Common and event-specific ratios of rx as printed alike for PROC PHREG and for R: PSI AIMS, CAMIS,
# "R vs SAS Recurrent Events", https://psiaims.github.io/CAMIS/Comp/r-sas_recurrent_events.html.
# TWICE: ratios were rounded to four digits and then to three (0.5225 became 0.523).
TWICE = 5.51e-4
COMMON = {
    "andersen_gill": (0.631, 0.258, 0.0747, 0.381, 1.047),
    "total": (0.716, 0.197, 0.0898, 0.487, 1.053),
    "gap": (0.764, 0.208, 0.1952, 0.508, 1.148),
    "wei_lin_weissfeld": (0.560, 0.303, 0.0560, 0.309, 1.015),
}
SPECIFIC = {
    "total": ([0.664, 0.660, 0.867, 1.111], [0.287, 0.424, 0.405, 0.470]),
    "gap": ([0.646, 0.740, 1.015, 1.062], [0.284, 0.389, 0.498, 0.540]),
    "wei_lin_weissfeld": ([0.620, 0.523, 0.488, 0.570], [0.283, 0.368, 0.421, 0.496]),
}


def fitted(model: str, **options: Any) -> Any:
    if model == "andersen_gill":
        return ws.survival.andersen_gill(first_four(), FORMULA, **COLUMNS)
    if model == "wei_lin_weissfeld":
        return ws.survival.wei_lin_weissfeld(first_four(), FORMULA, **options, **COLUMNS)
    return ws.survival.prentice_williams_peterson(
        first_four(), FORMULA, timescale=model, up_to=4, **options, **COLUMNS
    )


@pytest.mark.parametrize("model", list(COMMON))
def test_common_ratios_of_two_programs(model: str) -> None:
    found = fitted(model)
    one = getattr(found, "common", found).estimate("rx", ratio=True)
    shown = [one.estimate, one.std_error, one.conf_low, one.conf_high]
    ratio, error, p_value, low, high = COMMON[model]
    np.testing.assert_allclose(shown, [ratio, error, low, high], rtol=0, atol=TWICE)
    assert one.p_value == pytest.approx(p_value, abs=5.01e-5)


@pytest.mark.parametrize("model", list(SPECIFIC))
def test_ratios_by_event_of_two_programs(model: str) -> None:
    """Of rx alone; number and size have one coefficient for all events."""
    found = fitted(model, specific="rx")
    found = getattr(found, "specific", found)
    ones = [found.estimate(f"rx:event[{k}]", ratio=True) for k in range(1, 5)]
    ratios, errors = SPECIFIC[model]
    np.testing.assert_allclose([one.estimate for one in ones], ratios, rtol=0, atol=TWICE)
    np.testing.assert_allclose([one.std_error for one in ones], errors, rtol=0, atol=THREE)
