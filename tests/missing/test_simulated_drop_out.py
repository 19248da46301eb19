"""Does imputation by arm repair what drop-out spoils? Trials of a known truth.

Pain at baseline, month 6 and month 12 is normal; who drops out before month 12 depends on month 6,
with log odds +1.2 per SD in one arm and -1.2 in the other. The analysis is ANCOVA of month 12 on
the arm and the baseline, without month 6. The bounds are 0.95 +/- 3.29 Monte Carlo standard errors.
With 4,000 trials (seed 99) the pooled intervals covered in 0.949 of them, complete cases in 0.640.
"""

import numpy as np
import pandas as pd
import pytest

from walkstats.missing import impute, pool
from walkstats.results import Estimates, Freedom

REPLICATES = 400
SEED = 20_240
EACH = 100  # per arm
EFFECT = -0.4  # SD
ODDS = {"control": 1.2, "walking": -1.2}
# Correlations baseline-6, 6-12 and baseline-12.
CORRELATION = np.array([[1.0, 0.5, 0.5], [0.5, 1.0, 0.6], [0.5, 0.6, 1.0]])
BIAS = 0.241  # of complete cases, from 400,000 participants
BOUND = 3.29 * np.sqrt(0.95 * 0.05 / REPLICATES)


def trial(rng):
    values = rng.multivariate_normal(np.zeros(3), CORRELATION, 2 * EACH)
    arm = np.repeat([0.0, 1.0], EACH)
    frame = pd.DataFrame(values, columns=["baseline", "month6", "month12"])
    frame["arm"] = np.repeat(list(ODDS), EACH)
    frame["month12"] += EFFECT * arm
    slope = frame["arm"].map(ODDS)
    lost = rng.random(2 * EACH) < 1 / (1 + np.exp(-(slope * frame["month6"] - 0.8)))
    frame.loc[lost, "month12"] = np.nan
    return frame


def ancova(month12, baseline, arm):
    """Effect of the arm as an ``Estimates`` of one term."""
    x = np.column_stack([arm, baseline, np.ones(len(arm))])
    inverse = np.linalg.inv(x.T @ x)
    b = inverse @ (x.T @ month12)
    freedom = len(arm) - 3
    sigma2 = np.sum((month12 - x @ b) ** 2) / freedom
    variance = sigma2 * inverse[:1, :1]
    return Estimates(("arm",), b[:1], variance, Freedom("residual", float(freedom)))


def covers(estimate):
    return estimate.conf_low <= EFFECT <= estimate.conf_high


@pytest.mark.slow
def test_imputation_by_arm_covers_where_complete_cases_do_not():
    found, alone = [], []
    for k in range(REPLICATES):
        frame = trial(np.random.default_rng([SEED, k]))
        arm = (frame["arm"] == "walking").to_numpy(float)
        baseline = frame["baseline"].to_numpy()
        known = frame["month12"].notna().to_numpy()
        month12 = frame["month12"].to_numpy(copy=True)
        alone.append(ancova(month12[known], baseline[known], arm[known]).estimate("arm"))
        filled = impute(
            frame, columns="month12", methods={"month12": "normal"}, imputations=20, seed=k
        )
        fits = []
        for values in filled.values["month12"]:
            month12[~known] = values
            fits.append(ancova(month12, baseline, arm))
        found.append(pool(fits).estimate("arm"))
    bias = np.mean([one.estimate for one in found]) - EFFECT
    spread = np.std([one.estimate for one in found], ddof=1) / np.sqrt(REPLICATES)
    assert abs(bias) < 3.29 * spread
    assert abs(np.mean([covers(one) for one in found]) - 0.95) < BOUND
    # The wrong analysis of the same trials.
    off = np.array([one.estimate for one in alone]) - EFFECT
    assert abs(off.mean() - BIAS) < 3.29 * off.std(ddof=1) / np.sqrt(REPLICATES)
    assert np.mean([covers(one) for one in alone]) < 0.90
