"""Small made-up trials of costs and utilities, with gaps or without."""

import numpy as np
import pandas as pd

# Months of the questionnaires, with the weights of the trapezoids in the area under a year.
QUARTERS = {0: 0.125, 3: 0.25, 6: 0.25, 9: 0.25, 12: 0.125}
HALVES = {0: 0.25, 6: 0.5, 12: 0.25}


def costs_and_qalys(n=60, seed=1, gaps=0.0, gain=0.05, dearer=0.0, months=QUARTERS):
    """Frames as total_costs and qalys make them: parts, and totals that are their sums."""
    rng = np.random.default_rng(seed)
    arm = np.where(rng.permutation(n) < n // 2, "control", "walking")
    walks = arm == "walking"
    illness = rng.normal(size=n)
    head = pd.DataFrame({"participant_id": [f"P{k:03d}" for k in range(n)], "arm": arm})
    costs, effects = head.copy(), head.copy()
    for month in list(months)[1:]:
        spent = np.exp(5 + 0.6 * illness + 0.8 * rng.normal(size=n)) * (rng.random(n) < 0.7)
        costs[f"cost_{month}"] = spent + dearer * walks
    for month in months:
        own = 0.75 - 0.08 * illness + 0.06 * rng.normal(size=n) + gain * walks * (month > 0)
        effects[f"utility_{month}"] = own.clip(-0.2, 1.0)
    lost = np.maximum.accumulate(rng.random((n, len(months) - 1)) < gaps, axis=1)
    for k, month in enumerate(list(months)[1:]):
        costs.loc[lost[:, k], f"cost_{month}"] = np.nan
        effects.loc[lost[:, k], f"utility_{month}"] = np.nan
    add_totals(costs, "cost", {f"cost_{month}": 1.0 for month in list(months)[1:]})
    add_totals(effects, "qaly", {f"utility_{m}": w for m, w in months.items()})
    costs.attrs |= {"currency": "AUD", "price_year": 2023, "perspective": "societal"}
    return costs, effects


def add_totals(frame, total, parts):
    """The total, missing where a part is, and what ``attrs`` say of it."""
    frame[total] = sum(frame[name] * weight for name, weight in parts.items())
    frame.attrs |= {"total": total, "parts": parts, "horizon_days": 365, "source": "synthetic: x"}


def first_events(costs, seed=3, earliest=400):
    """A frame of first events for the same people, everybody followed beyond the horizon."""
    rng = np.random.default_rng(seed)
    n = len(costs)
    walks = (costs["arm"] == "walking").to_numpy()
    onset = np.ceil(rng.exponential(np.where(walks, 700, 300)))
    leaves = rng.integers(earliest, 1000, n)
    frame = costs[["participant_id", "arm"]].copy()
    frame["days"] = np.minimum(onset, leaves)
    frame["event"] = onset <= leaves
    frame.attrs = {"derived": "a trial: time to first recurrence", "source": "synthetic: x"}
    return frame
