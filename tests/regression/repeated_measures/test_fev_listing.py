"""The example of SAS's listings: forced expiratory volume, 197 people, four visits.

Printed numbers of PROC MIXED (June 2022) for FEV1 ~ RACE + SEX + ARMCD * AVISIT, unstructured,
REML, as the R package mmrm keeps them. SAS prints four or five digits and stops a little before the
maximum: estimates lie within 3e-4, standard errors within 2e-4, degrees of freedom, which it
rounds, within 0.6.
"""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import pytest

from tests.reference.goldens import data
from walkstats.regression import mmrm, visit_differences

ESTIMATES, ERRORS, FREEDOM = 3e-4, 2e-4, 0.6
# -2 log restricted likelihood at the maximum, to all digits.
DEVIANCE = 3386.449871162

COEFFICIENTS = {
    "intercept": (30.7774, 0.8865, 219),
    "ARMCD[TRT]": (3.7745, 1.0741, 146),
    "AVISIT[VIS2]": (4.8396, 0.8016, 144),
    "AVISIT[VIS3]": (10.3422, 0.8227, 156),
    "AVISIT[VIS4]": (15.0537, 1.3129, 138),
    "ARMCD[TRT]:AVISIT[VIS2]": (-0.04231, 1.1292, 139),
    "ARMCD[TRT]:AVISIT[VIS3]": (-0.6939, 1.1876, 158),
    "ARMCD[TRT]:AVISIT[VIS4]": (0.624, 1.851, 130),
    "RACE[Black or African American]": (1.5305, 0.6244, 169),
    "RACE[White]": (5.6436, 0.6656, 157),
    "SEX[Female]": (0.3262, 0.5319, 166),
}
MEANS = {
    "PBO": [(33.3318, 0.7554, 148), (38.1715, 0.6117, 147), (43.674, 0.4617, 130),
            (48.3855, 1.1886, 134)],
    "TRT": [(37.1063, 0.7626, 143), (41.9037, 0.6023, 144), (46.7546, 0.5086, 130),
            (52.7841, 1.1877, 133)],
}  # fmt: skip
DIFFERENCES = [
    (3.7745, 1.0741, 146, 1.6517, 5.8974),
    (3.7322, 0.8588, 145, 2.0348, 5.4296),
    (3.0806, 0.6896, 131, 1.7164, 4.4448),
    (4.3985, 1.6805, 133, 1.0746, 7.7225),
]
COVARIANCE = np.array(
    [[40.5509, 14.3982, 4.9744, 13.3731], [14.3982, 26.5692, 2.7851, 7.479],
     [4.9744, 2.7851, 14.897, 0.9017], [13.3731, 7.479, 0.9017, 95.5528]]
)  # fmt: skip


def lungs():
    frame = data("fev_data.csv")
    return frame.assign(SEX=pd.Categorical(frame["SEX"], ["Male", "Female"]))


@functools.cache
def listed():
    return mmrm(lungs(), "FEV1 ~ RACE + SEX + ARMCD * AVISIT", subject="USUBJID", visit="AVISIT")


def near(ours, theirs):
    assert ours.estimate == pytest.approx(theirs[0], abs=ESTIMATES)
    assert ours.std_error == pytest.approx(theirs[1], abs=ERRORS)
    assert ours.df == pytest.approx(theirs[2], abs=FREEDOM)


def test_at_the_maximum():
    fit = listed()
    assert -2.0 * fit.log_likelihood == pytest.approx(DEVIANCE, abs=1e-6)
    assert fit.state == "converged"
    assert fit.scaled_gradient < 1e-6
    assert (fit.counts.used, fit.counts.participants) == (537, 197)


@pytest.mark.parametrize("term", COEFFICIENTS)
def test_coefficients(term):
    near(listed().estimate(term), COEFFICIENTS[term])


def test_covariance_of_the_visits():
    # SAS's own stopping point moves these in the third digit after the point.
    np.testing.assert_allclose(listed().covariance_by_group["all"], COVARIANCE, atol=6e-3)


def test_means_and_differences():
    found = visit_differences(listed(), "ARMCD")
    for arm, rows in MEANS.items():
        for visit, row in enumerate(rows, 1):
            near(found.means.estimate(f"{arm}, AVISIT VIS{visit}"), row)
    for visit, row in enumerate(DIFFERENCES, 1):
        ours = found.differences.estimate(f"TRT - PBO, AVISIT VIS{visit}")
        near(ours, row)
        assert ours.conf_low == pytest.approx(row[3], abs=6e-4)
        assert ours.conf_high == pytest.approx(row[4], abs=6e-4)


def test_kenward_roger():
    """SAS: standard error 0.66124382270307, 160.733266403768 degrees of freedom."""
    fit = mmrm(lungs(), "FEV1 ~ ARMCD", subject="USUBJID", visit="AVISIT", df="kenward-roger")
    ours = fit.estimate("ARMCD[TRT]")
    assert ours.std_error == pytest.approx(0.66124382270307, abs=ERRORS)
    assert ours.df == pytest.approx(160.733266403768, abs=FREEDOM)
