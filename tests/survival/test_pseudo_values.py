"""Pseudo-values against refits without each row, and what they add up to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from tests.relations import examples
from tests.survival.small_trials import tied_trials
from walkstats.survival import pseudo_values


@examples(20, 100)  # each example refits once a row
@given(tied_trials, st.sampled_from(["survival", "restricted mean"]))
def test_refits_without_each_row(frame: pd.DataFrame, quantity: str) -> None:
    at = min(6.0, frame["days"].max())

    def refit(rows: pd.DataFrame) -> float:
        if quantity == "survival":
            return ws.survival.kaplan_meier(rows, extend=True).at(at)["estimate"].item()
        return ws.survival.restricted_means(rows, tau=at, extend=True).by_group.values[0]

    ours = ws.survival.pseudo_observations(frame, at=at, quantity=quantity)[at]
    n, whole = len(frame), refit(frame)
    without = [refit(frame.drop(index=k)) for k in frame.index]
    np.testing.assert_allclose(ours, n * whole - (n - 1) * np.array(without), atol=1e-9)


@given(tied_trials)
def test_linear_values_average_to_the_estimate(frame: pd.DataFrame) -> None:
    at = frame["days"].max()
    means = ws.survival.restricted_means(frame, tau=at).by_group.values
    linear = ws.survival.pseudo_observations(frame, at=at, method="infinitesimal jackknife")
    np.testing.assert_allclose(linear[at].mean(), means[0], rtol=1e-9)


def test_blocks_do_not_change_the_values(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"days": rng.integers(1, 60, 90), "event": rng.random(90) < 0.6})
    whole = ws.survival.pseudo_observations(frame, at=40)
    monkeypatch.setattr(pseudo_values, "CELLS_AT_ONCE", 100)
    pd.testing.assert_frame_equal(whole, ws.survival.pseudo_observations(frame, at=40))


def test_index_and_missing_rows_are_kept() -> None:
    frame = pd.DataFrame({"days": [3, np.nan, 9], "event": [1, 1, 0]}, index=["x", "y", "z"])
    values = ws.survival.pseudo_observations(frame, at=[2, 5], quantity="survival")
    assert values.index.tolist() == ["x", "y", "z"]
    assert values.columns.tolist() == [2.0, 5.0]
    assert values.isna().sum().tolist() == [1, 1]


def test_within_groups() -> None:
    frame = pd.DataFrame({"days": [1, 2, 3, 4, 5, 6], "event": 1, "site": list("aaabbb")})
    both = ws.survival.pseudo_observations(frame, "site", at=3)
    alone = ws.survival.pseudo_observations(frame[frame["site"] == "b"], at=3)
    np.testing.assert_allclose(both.loc[3:], alone)


def test_refusals() -> None:
    frame = pd.DataFrame({"days": [3, 5], "event": [1, 0]})
    with pytest.raises(ValueError, match="beyond the follow-up"):
        ws.survival.pseudo_observations(frame, at=9)
    with pytest.raises(ValueError, match="quantity must be one of"):
        ws.survival.pseudo_observations(frame, at=4, quantity="mean")
