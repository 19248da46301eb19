"""Do intervals of standardised survival and risk differences hold the true ones 95 % of the time?

The truth is an integral over the covariate. The reference is 0.95 exactly.
"""

import numpy as np
import pandas as pd
import pytest

from tests.replicates import keeps
from walkstats.survival import cox, standardised_survival

pytestmark = pytest.mark.slow

EFFECT, AGE, MOMENT = -0.5, 1.5, 1.0
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(60)


def true_survival(arm):
    hazard = np.exp(EFFECT * arm + AGE * NODES)
    return float(np.exp(-hazard * MOMENT) @ WEIGHTS / WEIGHTS.sum())


def people(rng, n=200):
    arm, age = np.arange(n) % 2, rng.normal(size=n)
    days = rng.exponential(np.exp(-EFFECT * arm - AGE * age))
    ends = rng.uniform(1.2, 3.0, n)
    return pd.DataFrame(
        {
            "arm": pd.Categorical.from_codes(arm, ["control", "walking"]),
            "age": age,
            "days": np.minimum(days, ends),
            "event": days <= ends,
        }
    )


def holds(estimates, term, truth):
    one = estimates.estimate(term)
    return one.conf_low <= truth <= one.conf_high


def test_the_survival_of_a_sample_holds_that_of_all():
    """Wrong: the people at hand taken for all there are."""

    def replicate(rng):
        frame = people(rng)
        fit = cox(frame, "arm + age")
        right, wrong = (
            standardised_survival(fit, frame, "arm", at=MOMENT, sampled=s).by_group
            for s in (True, False)
        )
        truth = true_survival(0)
        return holds(right, "control", truth), holds(wrong, "control", truth)

    keeps(replicate, 0.95)


def test_the_risk_difference_holds_the_true_one():
    """Wrong: everybody twice."""

    def replicate(rng):
        frame = people(rng)
        truth = true_survival(0) - true_survival(1)
        found = []
        for rows in (frame, pd.concat([frame, frame], ignore_index=True)):
            answer = standardised_survival(cox(rows, "arm + age"), rows, "arm", at=MOMENT)
            found.append(holds(answer.risk_difference, "arm[walking]", truth))
        return tuple(found)

    keeps(replicate, 0.95)
