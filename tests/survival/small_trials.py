"""Random small trials for the relations, and everything that is estimated from one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from walkstats.survival.curves import survival_steps
from walkstats.survival.fixed_times import survival_at
from walkstats.survival.grouped_rows import read_grouped_rows
from walkstats.survival.log_rank_scores import fleming_harrington, group_statistic
from walkstats.survival.product_limit import cumulative_hazard
from walkstats.survival.restricted import mean_times
from walkstats.survival.stratified_scores import score_by_stratum

ARMS = ("control", "walking")


def frame_of(people: bytes, days: np.ndarray | None = None) -> pd.DataFrame:
    """One participant for each byte: day 1 to 12, event, arm and site are its bits."""
    bits = np.frombuffer(people, dtype=np.uint8).astype(np.int64)
    arm = (bits >> 5) & 1
    arm[:2] = [0, 1]
    return pd.DataFrame(
        {
            "participant_id": [f"p{k}" for k in range(len(bits))],
            "days": (1.0 + (bits & 15) % 12) if days is None else days,
            "event": (bits >> 4) & 1,
            "arm": pd.Categorical.from_codes(arm, list(ARMS)),
            "site": np.array(["north", "south"], dtype=object)[(bits >> 6) & 1],
        }
    )


# One draw makes a whole trial: lists of tuples take longer to draw than the trial to analyse.
people = st.binary(min_size=4, max_size=30)
# Whole days make ties, between events and between events and censorings.
tied_trials = people.map(frame_of)
untied_trials = st.builds(
    lambda drawn, seed: frame_of(
        drawn, np.random.default_rng(seed).permutation(len(drawn)).astype(float) + 1
    ),
    people,
    st.integers(0, 10_000),
)


def everything(
    frame: pd.DataFrame, *, tau: float = 10.0, at: float = 6.0, **options: Any
) -> dict[str, np.ndarray]:
    """What the public functions pack: curves, test, fixed time and restricted means by arm.

    The frame is read once for all of them, as each function reads it; 200 examples of every
    relation would take minutes otherwise.
    """
    rows = read_grouped_rows(frame, "arm", strata="site", **options)
    table = rows.table()
    steps = survival_steps(rows, table)
    hazard = cumulative_hazard(table)
    group, index = np.nonzero(table.n_event > 0)
    parts, covariance = score_by_stratum(rows, fleming_harrington(0.5, 0.0))
    score = sum(part.score.observed - part.score.expected for part in parts)
    fixed = survival_at(table, np.array([at]), rows)
    means = mean_times(table, steps, 0.0, tau, rows)
    columns = (steps.value, steps.variance, hazard.value, hazard.variance)
    counts = (table.n_risk, table.n_event)
    return {
        "curve": np.array([column[group, index] for column in (*columns, *counts)]),
        "censored": np.array([table.n_censor.sum()]),
        "test": np.array(group_statistic(score, covariance), dtype=float),
        "score": np.asarray(score),
        "covariance": covariance,
        "fixed": np.append(fixed.values, fixed.covariance),
        "means": means.values,
        "errors": np.sqrt(means.covariance.ravel()),
    }


def same(
    left: dict[str, np.ndarray], right: dict[str, np.ndarray], *, rtol: float = 1e-9,
    atol: float = 1e-11, aside: tuple[str, ...] = (),
) -> None:  # fmt: skip
    """Assert that two sets of results agree, missing values included."""
    for name in left:
        if name not in aside:
            np.testing.assert_allclose(
                left[name], right[name], rtol=rtol, atol=atol, equal_nan=True, err_msg=name
            )
