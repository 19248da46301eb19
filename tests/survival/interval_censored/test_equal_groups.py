"""The log-rank test for interval-censored data: its collapse, a published value, relations.

For right-censored data statistic and covariance are the log-rank test's: 1e-8 relative, since the
null distribution comes from a search.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from tests.relations import examples
from tests.survival.interval_censored.drawn_intervals import (
    changed,
    ends,
    frame_of,
    interval_trials,
)
from tests.survival.small_trials import tied_trials
from walkstats.errors import DataError, FitError
from walkstats.survival.interval_censored.discrete_hazards import score_groups
from walkstats.survival.interval_censored.places_of_mass import places_of_mass

SEARCHED = 1e-8

# Time to breast retraction [months], radiotherapy alone and with chemotherapy: Finkelstein DM,
# Wolfe RA, Biometrics 1985;41:933-945, https://doi.org/10.2307/2530965. 0 as upper end: not seen.
ALONE = """
45 0 6 10 0 7 46 0 46 0 7 16 17 0 7 14 37 44 0 8 4 11 15 0 11 15 22 0 46 0 46 0 25 37 46 0 26 40
46 0 27 34 36 44 46 0 36 48 37 0 40 0 17 25 46 0 11 18 38 0 5 12 37 0 0 5 18 0 24 0 36 0 5 11 19
35 17 25 24 0 32 0 33 0 19 26 37 0 34 0 36 0
"""
WITH = """
8 12 0 22 24 31 17 27 17 23 24 30 16 24 13 0 11 13 16 20 18 25 17 26 32 0 23 0 44 48 14 17 0 5 5
8 12 20 11 0 33 40 31 0 13 39 19 32 34 0 13 0 16 24 35 0 15 22 11 17 22 32 10 35 30 34 13 0 10
17 8 21 4 9 11 0 14 19 4 8 34 0 30 36 18 24 16 60 35 39 21 0 11 20 48 0
"""


def retraction() -> pd.DataFrame:
    parts = [np.array(text.split(), dtype=float).reshape(-1, 2) for text in (ALONE, WITH)]
    ends = np.concatenate(parts)
    return pd.DataFrame(
        {
            "low_days": ends[:, 0],
            "high_days": np.where(ends[:, 1] == 0, np.inf, ends[:, 1]),
            "chemotherapy": np.repeat(["no", "yes"], [len(part) for part in parts]),
        }
    )


def test_published_value() -> None:
    """Fay MP, Shaw PA, J Stat Softw 2010;36(2), section 4: Z = -2.6684, p = 0.007622."""
    frame = retraction()
    assert len(frame) == 94
    test = ws.survival.interval_log_rank(frame, "chemotherapy", variance="permutation")
    assert round(np.sqrt(test.statistic), 4) == 2.6684
    assert round(test.p_value, 6) == 0.007622
    assert test.parts["groups"]["events"].tolist() == [21, 35]


@examples(30, 100)
@given(tied_trials)
def test_right_censored_rows_give_the_log_rank_test(frame: pd.DataFrame) -> None:
    if not frame["event"].any():
        return
    frame["low_days"] = frame["days"]
    frame["high_days"] = np.where(frame["event"] == 1, frame["days"], np.inf)
    ours = ws.survival.interval_log_rank(frame, "arm", strata="site")
    theirs = ws.survival.log_rank(frame, "arm", strata="site")
    np.testing.assert_allclose(ours.parts["score"], theirs.parts["score"], atol=SEARCHED)
    np.testing.assert_allclose(ours.parts["covariance"], theirs.parts["covariance"], atol=SEARCHED)
    np.testing.assert_allclose(ours.statistic, theirs.statistic, rtol=1e-6, atol=1e-9)
    assert ours.df == theirs.df


@given(interval_trials, st.integers(0, 99), st.sampled_from([0.25, 365.25]))
def test_order_units_and_arms(frame: pd.DataFrame, seed: int, factor: float) -> None:
    low, high = ends(frame)
    group, weight = frame["arm"].cat.codes.to_numpy().astype(int), np.ones(len(frame))
    order = np.random.default_rng(seed).permutation(len(frame))
    one = score_groups(places_of_mass(low, high), weight, group, 2)
    moved = places_of_mass(factor * low[order], factor * high[order])
    other = score_groups(moved, weight, 1 - group[order], 2)
    np.testing.assert_allclose(one.score, other.score[::-1], atol=SEARCHED)
    np.testing.assert_allclose(one.information, other.information[::-1, ::-1], atol=1e-7)
    np.testing.assert_allclose(one.score.sum(), 0, atol=SEARCHED)
    assert np.linalg.eigvalsh(one.information)[0] > -1e-7


def test_missing_rows_and_copies() -> None:
    frame = frame_of(np.random.default_rng(5).bytes(60))
    one = ws.survival.interval_log_rank(frame, "arm", strata="site")
    other = changed(frame, 3, 365.25).assign(copies=1)
    found = ws.survival.interval_log_rank(other, "arm", strata="site", frequencies="copies")
    np.testing.assert_allclose(one.statistic, found.statistic, rtol=1e-7)
    assert found.counts is not None
    assert found.counts.left_out == {"low_days missing": 1}
    assert "stratified by site" in found.method


def test_three_groups_and_the_permutation_of_one_of_them() -> None:
    frame = retraction()
    frame["third"] = np.arange(94) % 3
    test = ws.survival.interval_log_rank(frame, "third")
    assert test.df == 2
    assert test.parts["covariance"].shape == (3, 3)
    dealt = ws.survival.interval_log_rank(frame, "third", variance="permutation")
    # By dealing 2,000 times.
    rng = np.random.default_rng(1)
    one = [
        ws.survival.interval_log_rank(frame.assign(own=np.arange(94) == k), "own")
        for k in range(94)
    ]
    rows = np.array([found.parts["score"][1] for found in one])
    sums = [np.bincount(rng.permutation(frame["third"]), rows, 3) for _ in range(2000)]
    np.testing.assert_allclose(
        np.cov(np.array(sums).T), dealt.parts["covariance"], rtol=0.15, atol=0.8
    )


def test_refusals_in_words() -> None:
    frame = retraction()
    with pytest.raises(DataError, match="comparison needs 2 groups"):
        ws.survival.interval_log_rank(frame[frame["chemotherapy"] == "no"], "chemotherapy")
    with pytest.raises(FitError, match="all are right-censored"):
        ws.survival.interval_log_rank(frame.assign(high_days=np.inf), "chemotherapy")
    with pytest.raises(ValueError, match="variance must be one of"):
        ws.survival.interval_log_rank(frame, "chemotherapy", variance="exact")
    with pytest.raises(ValueError, match="entry= is not offered"):
        ws.survival.interval_log_rank(frame, "chemotherapy", entry="low_days")


def test_groups_that_cannot_be_told_apart() -> None:
    frame = pd.DataFrame({"low_days": [0, 0], "high_days": [30.0, np.inf], "arm": ["a", "b"]})
    test = ws.survival.interval_log_rank(frame, "arm")
    assert np.isnan(test.p_value)
    assert any("cannot be told apart" in note for note in test.notes)


def test_no_copies_are_no_rows() -> None:
    frame = pd.DataFrame(
        {
            "arm": list("abbbbcb"),
            "low_days": [2.0, 3, 1, 2, 0, 2, 2],
            "high_days": [4.0, np.inf, 1, np.inf, 1, 3, np.inf],
            "copies": [1, 0, 2, 2, 2, 1, 0],
        }
    )
    found = ws.survival.interval_log_rank(frame, "arm", frequencies="copies")
    present = frame[frame["copies"] > 0]
    own = ws.survival.interval_log_rank(present, "arm", frequencies="copies")
    assert found.statistic == pytest.approx(own.statistic, rel=SEARCHED)
    assert found.df == own.df
