"""Quantiles, p-values and interval forms, against scipy.stats and the definitions."""

import numpy as np
import pytest
from scipy import stats

from walkstats.numerics import limits

# scipy.special and scipy.stats share code but not all of it: a few ulp of the tail.
TAIL = 1e-11


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99, 0.9999])
@pytest.mark.parametrize("df", [1, 2.5, 11, 300, np.inf])
def test_quantiles(level, df):
    assert limits.normal_quantile(level) == pytest.approx(stats.norm.ppf(0.5 + level / 2), rel=TAIL)
    expected = stats.t.ppf(0.5 + level / 2, df)
    assert limits.t_quantile(level, df) == pytest.approx(expected, rel=1e-9)


def test_p_values_far_in_the_tail_are_not_zero():
    for z in (0.0, 1.0, 5.0, 9.0, 30.0):
        assert limits.normal_p(z) == pytest.approx(2 * stats.norm.sf(z), rel=TAIL)
        assert limits.normal_p(-z) == limits.normal_p(z)
        assert limits.t_p(z, 7) == pytest.approx(2 * stats.t.sf(z, 7), rel=TAIL)
        assert limits.chi2_p(z**2, 3) == pytest.approx(stats.chi2.sf(z**2, 3), rel=TAIL)
        assert limits.f_p(z, 2, 9) == pytest.approx(stats.f.sf(z, 2, 9), rel=TAIL)
    assert limits.normal_p(30.0) > 0
    assert 1 - stats.norm.cdf(30.0) == 0  # what the tail taken as 1 - cdf would say


def test_no_degrees_of_freedom_give_no_p_value():
    assert np.isnan(limits.t_p(2.0, 0))
    assert np.isnan(limits.t_quantile(0.95, np.nan))
    assert np.isnan(limits.chi2_p(2.0, 0))


def test_an_infinite_denominator_is_the_chi_squared_case():
    assert limits.f_p(3.0, 2, np.inf) == pytest.approx(stats.chi2.sf(6.0, 2), rel=TAIL)


@pytest.mark.parametrize("form", list(limits.INTERVAL_FORMS))
def test_an_interval_is_symmetric_on_its_scale(form):
    scale = {
        "plain": lambda p: p,
        "log": np.log,
        "log-log": lambda p: np.log(-np.log(p)),
        "logit": lambda p: np.log(p / (1 - p)),
        "arcsin": lambda p: np.arcsin(np.sqrt(p)),
    }[form]
    p, se = np.array([0.3, 0.5, 0.7]), np.array([0.02, 0.05, 0.04])
    low, high = limits.probability_limits(p, se, form, 0.95)
    middle = (scale(low) + scale(high)) / 2
    assert middle == pytest.approx(scale(p), rel=1e-12)
    # The half width is z times the standard error carried over by the slope of the scale.
    step = 1e-6
    slope = (scale(p + step) - scale(p - step)) / (2 * step)
    half = np.abs(scale(high) - scale(low)) / 2
    assert half == pytest.approx(1.959963984540054 * se * np.abs(slope), rel=1e-6)


@pytest.mark.parametrize("form", list(limits.INTERVAL_FORMS))
def test_the_ends_of_the_scale(form):
    low, high = limits.probability_limits([1.0, 0.0], [0.0, np.nan], form, 0.95)
    # Only these two scales can place a probability of 1; R says the same.
    certain = 1.0 if form in ("plain", "log") else np.nan
    np.testing.assert_equal([low[0], high[0]], [certain, certain])
    assert np.isnan([low[1], high[1]]).all()
    low, high = limits.probability_limits([0.99], [0.2], form, 0.95)
    assert 0.0 <= low[0] <= 0.99 <= high[0] <= 1.0
