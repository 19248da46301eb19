"""Logistic regression with a random intercept against lme4 (10_odds.R).

Both sides stop an optimiser and difference a likelihood: the entry's 1e-4. With lme4's default
``tolPwrss`` Laplace's approximation stops early: its log-likelihood is -217.60222, at a maximum of
-217.60138 that lme4 itself finds with a smaller one, which 10_odds.R asks for.
"""

import numpy as np
import pytest

from tests.reference.goldens import agree, data, entry, topic, uncovered
from walkstats.regression import logistic_mixed

TOPIC, ONLY = "10_odds", "glmm.respiratory.logit_random_intercept"
TERMS = {
    "(Intercept)": "intercept",
    "active": "active",
    "factor(center)2": "center[2]",
    "a": "a",
    "baseline": "baseline",
}


@pytest.mark.parametrize(("key", "points"), [("laplace", 1), ("agq25", 25)])
def test_against_lme4(key, points):
    frame = data("respiratory.csv")
    frame = frame.assign(active=(frame["treat"] == 1).astype(int), a=frame["age"] / 10)
    fit = logistic_mixed(
        frame, "outcome ~ active + factor(center) + a + baseline", subject="pid", points=points
    )
    gold = entry(TOPIC, ONLY)
    for theirs, ours in TERMS.items():
        agree(gold, f"{key}/coef/{theirs}", fit.estimate(ours).estimate)
    errors = [fit.estimate(ours).std_error for ours in TERMS.values()]
    agree(gold, f"{key}/se", errors)
    agree(gold, f"{key}/sd_pid", fit.sd)
    agree(gold, f"{key}/loglik", fit.log_likelihood)
    assert fit.state == "converged"
    assert np.isfinite(fit.variance.limits).all()


def test_every_number_is_compared():
    assert set(topic(TOPIC)) == {ONLY}
    assert not uncovered(TOPIC, ONLY)
