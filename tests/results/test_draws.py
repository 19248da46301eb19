"""Do draws give the intervals that their definition gives, infinite and missing draws included?"""

import pickle

import numpy as np
import pytest

from walkstats.numerics import bootstrap_limits as limits
from walkstats.results import Draws


def draws_of(values, *, observed=0.0, name="x", **more) -> Draws:
    column = np.asarray(values, dtype=float)[:, np.newaxis]
    return Draws(names=(name,), values=column, observed=np.array([observed]), seed=1, **more)


def test_percentile_limits_are_order_statistics():
    """With 999 draws those of rank 25 and 975: nothing lies between."""
    draws = draws_of(np.random.default_rng(1).permutation(999) + 1.0)
    found = draws.estimate("x")
    assert (found.conf_low, found.conf_high) == (25.0, 975.0)
    assert (draws.estimate("x", 0.9).conf_low, draws.estimate("x", 0.9).conf_high) == (50.0, 950.0)


def test_an_infinite_draw_is_the_largest_and_is_never_dropped():
    values = np.append(np.arange(1.0, 980.0), np.full(20, np.inf))  # 20 of 999: below 2.5 %
    found = draws_of(values).estimate("x")
    assert (found.conf_low, found.conf_high) == (25.0, 975.0)
    values[953:] = np.inf  # 46 of 999: beyond 2.5 %
    found = draws_of(values).estimate("x")
    assert (found.conf_low, found.conf_high) == (25.0, np.inf)
    assert np.isnan(found.std_error)
    assert "infinite in 46 of 999" in " ".join(found.notes)
    normal = draws_of(values).estimate("x", kind="normal")
    assert np.isnan([normal.conf_low, normal.conf_high]).all()


def test_between_a_number_and_infinity_the_limit_further_out_is_taken():
    half = np.append(np.arange(1.0, 11.0), np.full(10, np.inf))
    found = draws_of(half).estimate("x", 1 - 2 * 10.5 / 21 + 0.001)  # ranks around 10 and 11
    assert (found.conf_low, found.conf_high) == (10.0, np.inf)


def test_a_draw_that_may_be_anything_counts_on_both_sides():
    values = np.append(np.arange(1.0, 990.0), np.full(10, np.nan))
    told = draws_of(values, undetermined=("x",)).estimate("x")
    assert (told.conf_low, told.conf_high) == (15.0, 975.0)
    left_out = draws_of(values).estimate("x")
    assert left_out.conf_low == pytest.approx(24.75, abs=0.01)
    assert "left out" in " ".join(left_out.notes)
    assert np.isnan(told.std_error)


def test_limits_at_the_ends_of_the_draws_are_said():
    found = draws_of(np.arange(20.0)).estimate("x")
    assert (found.conf_low, found.conf_high) == (0.0, 19.0)
    assert "smallest or largest of 20 draws" in " ".join(found.notes)


def test_bca_without_bias_and_skewness_is_the_percentile():
    values = np.arange(-499.0, 500.0)
    plain = draws_of(values, jackknife=np.array([[-1.0], [1.0]]), cell=np.array([0, 0]))
    bca, percentile = plain.estimate("x", kind="bca"), plain.estimate("x")
    assert bca.conf_low == pytest.approx(percentile.conf_low, abs=1e-9)
    assert bca.conf_high == pytest.approx(percentile.conf_high, abs=1e-9)


def test_draws_equal_to_the_estimate_count_half():
    """Counted as above it, 60 % of draws at the estimate would pass for a large bias."""
    values = np.repeat([-1.0, 0.0, 1.0], [20, 60, 20])
    assert limits.bias_correction(0.0, values) == 0.0
    assert limits.bias_correction(0.0, np.array([1.0, 2.0])) == -np.inf


def test_bca_says_why_it_is_missing():
    jackknife, cell = np.array([[0.0], [1.0]]), np.array([0, 0])
    above = draws_of([1.0, 2.0, 3.0], jackknife=jackknife, cell=cell).estimate("x", kind="bca")
    assert "one side" in " ".join(above.notes)
    infinite = draws_of([-1.0, 1.0], jackknife=np.array([[0.0], [np.inf]]), cell=cell)
    assert "no finite value" in " ".join(infinite.estimate("x", kind="bca").notes)


def test_acceleration_of_several_arms_is_that_of_their_sizes():
    """Equation 5.26 of Davison and Hinkley, written out."""
    rng = np.random.default_rng(4)
    cell = np.repeat([0, 1], [12, 30])
    values = rng.exponential(size=42)
    above = below = 0.0
    for arm, n in ((0, 12), (1, 30)):
        own = values[cell == arm]
        influence = (n - 1) * (own.mean() - own)
        above += np.sum(influence**3) / n**3
        below += np.sum(influence**2) / n**2
    assert limits.acceleration(values, cell) == pytest.approx(above / (6 * below**1.5), rel=1e-12)
    assert limits.acceleration(np.ones(5), np.zeros(5, dtype=int)) == 0.0


def test_ratios_have_errors_and_normal_limits_on_the_log():
    logs = np.random.default_rng(5).normal(0.2, 0.5, 500)
    ratio = draws_of(np.exp(logs), observed=np.exp(0.2), ratios=("x",))
    plain = draws_of(logs, observed=0.2)
    found, twin = ratio.estimate("x", kind="normal"), plain.estimate("x", kind="normal")
    assert np.log([found.conf_low, found.conf_high]) == pytest.approx(
        [twin.conf_low, twin.conf_high]
    )
    assert found.std_error == pytest.approx(np.std(logs, ddof=1))
    assert found.scale == "ratio"


def test_names_may_be_short_where_that_is_enough():
    values = np.arange(6.0).reshape(2, 3)
    draws = Draws(
        names=("ratio[b]", "median[a]", "median[b]"), values=values, observed=values[0], seed=1
    )
    assert draws.estimate("ratio").term == "ratio[b]"
    assert draws.draws("median[b]").tolist() == [2.0, 5.0]
    with pytest.raises(ValueError, match="Several names begin with 'median'"):
        draws.estimate("median")
    with pytest.raises(ValueError, match="No name 'mean'"):
        draws.estimate("mean")
    with pytest.raises(ValueError, match="kind must be one of"):
        draws.estimate("ratio", kind="exact")
    with pytest.raises(ValueError, match="level"):
        draws.estimate("ratio", 95)


def test_draws_are_read_only_and_can_be_pickled():
    draws = draws_of([1.0, 2.0], failed={"it failed": 1}, measures={"x": "a number"})
    again = pickle.loads(pickle.dumps(draws))
    for one in (draws, again):
        with pytest.raises(ValueError, match="read-only"):
            one.values[0, 0] = 3.0
    assert again.to_frame().equals(draws.to_frame())
    assert "x" in str(draws)
