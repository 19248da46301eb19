"""Is the permutation p-value that of all exchanges, and never too small?"""

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from tests.resampling.resampled import trial
from walkstats import resampling, survival
from walkstats.errors import DataError, FitError

PAIN = pd.DataFrame(
    {"arm": 5 * ["control"] + 5 * ["walking"], "pain": [5, 6, 4, 7, 6, 3, 2, 4, 3, 1]}
)


def difference(frame) -> float:
    walking, pain = frame["arm"].to_numpy() == "walking", frame["pain"].to_numpy()
    return pain[walking].mean() - pain[~walking].mean()


def exact_p(frame) -> float:
    """Over all 252 ways to choose five of ten."""
    pain, own = frame["pain"].to_numpy(), abs(difference(frame))
    far = 0
    for chosen in itertools.combinations(range(10), 5):
        walking = np.isin(np.arange(10), chosen)
        far += abs(pain[walking].mean() - pain[~walking].mean()) >= own - 1e-9
    return far / math.comb(10, 5)


def test_the_p_value_is_that_of_all_exchanges():
    m, p = 2_000, exact_p(PAIN)
    test = resampling.permutation_test(PAIN, difference, "arm", replicates=m, seed=1)
    assert test.p_value == pytest.approx(p, abs=3.29 * math.sqrt(p * (1 - p) / m) + 1 / m)
    assert test.statistic == pytest.approx(-3.0)
    assert test.p_value == (test.parts["at_least_as_far"] + 1) / (m + 1)


def test_groups_are_exchanged_within_strata_and_by_whole_participants():
    frame = trial(n=60, strata=3)
    frame = pd.concat([frame, frame.iloc[:20]], ignore_index=True)  # second rows of 20 people
    sizes = frame.groupby(["site", "arm"], observed=True)["participant_id"].nunique()
    seen = set()

    def look(exchanged):
        assert exchanged.groupby("participant_id")["arm"].nunique().max() == 1
        now = exchanged.groupby(["site", "arm"], observed=True)["participant_id"].nunique()
        pd.testing.assert_series_equal(now, sizes)
        assert exchanged["arm"].dtype == frame["arm"].dtype
        assert exchanged.drop(columns="arm").equals(frame.drop(columns="arm"))
        seen.add(tuple(exchanged["arm"]))
        return 1.0

    test = resampling.permutation_test(frame, look, "arm", strata="site", replicates=40, seed=2)
    assert not test.parts["failed"]
    assert len(seen) > 35
    assert test.p_value == 1.0


def test_a_log_hazard_ratio_is_tested_as_the_log_rank_test_does():
    frame = trial(seed=12, n=120)
    test = resampling.permutation_test(
        frame, lambda f: survival.cox(f, "arm").values[0], "arm", replicates=199, seed=3
    )
    log_rank = survival.log_rank(frame, "arm")
    assert test.p_value == pytest.approx(log_rank.p_value, abs=0.12)
    assert test.name == "permutation test"
    assert "199 random exchanges of arm" in test.method


def test_distances_are_measured_from_the_null():
    options = {"replicates": 300, "seed": 5}
    plain = resampling.permutation_test(PAIN, difference, "arm", **options)
    shifted = resampling.permutation_test(
        PAIN, lambda f: 10 + difference(f), "arm", null=10, **options
    )
    assert shifted.p_value == plain.p_value


def test_failed_exchanges_count_against():
    def moody(frame):
        if frame["arm"].iloc[0] == "walking":
            raise ArithmeticError("not so")
        return difference(frame)

    test = resampling.permutation_test(PAIN, moody, "arm", replicates=200, seed=1)
    failed = test.parts["failed"]
    assert 60 < failed < 140
    assert test.p_value >= (failed + 1) / 201
    assert "ArithmeticError: not so" in " ".join(test.notes)


def test_what_cannot_be_tested_is_refused():
    options = {"replicates": 5, "seed": 1}
    with pytest.raises(DataError, match="comparison needs 2 groups"):
        resampling.permutation_test(PAIN.iloc[:5], len, "arm", **options)
    with pytest.raises(ValueError, match="by must name one column"):
        resampling.permutation_test(PAIN, len, ["arm", "pain"], **options)
    with pytest.raises(ValueError, match="must give one number, got 2"):
        resampling.permutation_test(PAIN, lambda f: [1, 2], "arm", **options)
    with pytest.raises(FitError, match="fails on the data themselves"):
        resampling.permutation_test(PAIN, lambda f: f["x"].mean(), "arm", **options)
    with pytest.raises(ValueError, match="seed"):
        resampling.permutation_test(PAIN, difference, "arm", replicates=5, seed=-1)
    twice = PAIN.assign(participant_id=[1, 2, 3, 4, 5] * 2)
    with pytest.raises(DataError, match="rows in several groups of arm"):
        resampling.permutation_test(twice, difference, "arm", **options)


def test_rows_without_a_group_are_left_out_and_counted():
    gap = PAIN.assign(arm=PAIN["arm"].where(PAIN.index != 2))
    test = resampling.permutation_test(gap, difference, "arm", replicates=20, seed=1)
    assert test.counts.left_out == {"arm missing": 1}
    assert test.counts.rows == 10
