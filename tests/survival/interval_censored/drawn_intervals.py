"""Random small trials with interval-censored events for the relations."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import strategies as st

ARMS = ("control", "walking")


def frame_of(drawn: bytes) -> pd.DataFrame:
    """One participant for each byte: when last free, for how long unseen, arm and site."""
    bits = np.frombuffer(drawn, dtype=np.uint8).astype(np.int64)
    low = (bits & 7).astype(float)
    width = np.array([0.0, 1.0, 3.0, np.inf])[(bits >> 3) & 3]
    arm = (bits >> 5) & 1
    arm[:2] = [0, 1]
    # An exact event on day 0 would be before anybody is at risk.
    low = np.where((width == 0) & (low == 0), 1.0, low)
    return pd.DataFrame(
        {
            "participant_id": [f"p{k}" for k in range(len(bits))],
            "low_days": low,
            "high_days": low + width,
            "arm": pd.Categorical.from_codes(arm, list(ARMS)),
            "site": np.array(["north", "south"], dtype=object)[(bits >> 6) & 1],
            "x": ((bits * 37) % 11).astype(float),
        }
    )


small_trials = st.binary(min_size=4, max_size=14).map(frame_of)
interval_trials = st.binary(min_size=4, max_size=30).map(frame_of)
# Enough people that many have a finite hazard ratio.
larger_trials = st.binary(min_size=12, max_size=24).map(frame_of)


def ends(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper ends as arrays."""
    return frame["low_days"].to_numpy(), frame["high_days"].to_numpy()


def changed(frame: pd.DataFrame, seed: int, factor: float) -> pd.DataFrame:
    """The same trial: rows in another order, other units, one more person without an interval."""
    order = np.random.default_rng(seed).permutation(len(frame))
    other = frame.iloc[order].copy()
    other["low_days"] *= factor
    other["high_days"] *= factor
    unknown = other.iloc[[0]].assign(participant_id="new", low_days=np.nan)
    other = pd.concat([other, unknown])
    other.index = np.zeros(len(other), dtype=int)
    return other
