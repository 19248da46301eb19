"""Random small trials with two outcomes, and what is estimated from one."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import strategies as st

OUTCOMES = ("censored", "recurrence", "surgery")


def frame_of(people: bytes, days: np.ndarray | None = None) -> pd.DataFrame:
    """One participant for each byte: day 1 to 12, outcome, arm and site are its bits."""
    bits = np.frombuffer(people, dtype=np.uint8).astype(np.int64)
    arm = (bits >> 6) & 1
    arm[:2] = [0, 1]
    code = np.array([0, 1, 1, 2])[(bits >> 4) & 3]
    code[0] = 1
    return pd.DataFrame(
        {
            "participant_id": [f"p{k}" for k in range(len(bits))],
            "days": (1.0 + (bits & 15) % 12) if days is None else days,
            "outcome": pd.Categorical.from_codes(code, list(OUTCOMES)),
            "arm": pd.Categorical.from_codes(arm, ["control", "walking"]),
            "site": np.array(["north", "south"], dtype=object)[(bits >> 7) & 1],
            "age": 40.0 + (bits * 7) % 23,
        }
    )


people = st.binary(min_size=4, max_size=30)
# Whole days make ties, between outcomes and between outcomes and censorings.
tied_trials = people.map(frame_of)


def random_trial(seed: int, n: int = 120, *, ties: bool = True) -> pd.DataFrame:
    """A trial large enough for regressions, with censoring and a second outcome."""
    rng = np.random.default_rng(seed)
    arm = rng.integers(0, 2, n)
    own, other = rng.exponential(30 * np.exp(-0.5 * arm)), rng.exponential(60, n)
    end = rng.uniform(5, 90, n)
    days = np.minimum(np.minimum(own, other), end)
    code = np.where(days == own, 1, np.where(days == other, 2, 0))
    days = np.ceil(days) if ties else days
    return pd.DataFrame(
        {
            "participant_id": [f"p{k}" for k in range(n)],
            "days": days,
            "outcome": pd.Categorical.from_codes(code, list(OUTCOMES)),
            "arm": pd.Categorical.from_codes(arm, ["control", "walking"]),
            "site": np.array(["north", "south"], dtype=object)[rng.integers(0, 2, n)],
            "age": rng.normal(50, 10, n).round(1),
        }
    )
