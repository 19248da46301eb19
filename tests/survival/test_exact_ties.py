"""The discrete likelihood against the list of all sets of people."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.survival.slow_cox import random_rows, slow_evaluate
from walkstats.survival.partial_likelihood import evaluate
from walkstats.survival.risk_sets import sort_risk_sets

ROUNDING = 1e-10  # numbers of order 1 from at most a few hundred sets


@given(st.integers(0, 2**32 - 1))
def test_value_score_and_information_are_those_of_all_sets(seed):
    rows = random_rows(seed, largest=9)
    rows.weights = None
    beta = np.random.default_rng(seed).normal(size=rows.X.shape[1])
    sets = sort_risk_sets(*rows.arguments)
    found = evaluate(beta, rows.X, sets, rows.offset, "exact")
    value, score, information, *_ = slow_evaluate(beta, rows, "exact")
    assert found.log_likelihood == pytest.approx(value, rel=ROUNDING, abs=ROUNDING)
    assert np.allclose(found.score, score, rtol=0, atol=ROUNDING)
    assert np.allclose(found.information, information, rtol=0, atol=ROUNDING)


@given(st.integers(0, 2**32 - 1))
def test_without_ties_it_is_efron_and_breslow(seed):
    rows = random_rows(seed, plain=True)
    rows.stop = np.random.default_rng(seed).permutation(len(rows.stop)) + 1.0
    sets = sort_risk_sets(*rows.arguments)
    beta = np.ones(rows.X.shape[1])
    found = [evaluate(beta, rows.X, sets, None, ties) for ties in ("exact", "efron", "breslow")]
    for other in found[1:]:
        for one, same in zip(found[0], other, strict=True):
            assert np.allclose(one, same, rtol=1e-9, atol=ROUNDING)


def test_a_large_tie_does_not_overflow():
    """400 events among 1,000 people: the sum has 1,000! / (400! 600!) terms of about e^280."""
    n, d = 1000, 400
    sets = sort_risk_sets(None, np.where(np.arange(n) < d, 1.0, 2.0), np.arange(n) < d)
    X = np.full((n, 1), 0.7)
    found = evaluate(np.ones(1), X, sets, None, "exact")
    from scipy.special import gammaln

    sets_of_d = gammaln(n + 1) - gammaln(d + 1) - gammaln(n - d + 1)
    assert found.log_likelihood == pytest.approx(-sets_of_d, rel=1e-11)
    assert abs(found.score[0]) < 1e-8
