"""What becomes of recurrences of one participant that overlap, once the team has chosen a rule?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from walkstats.checks.episodes import FIRST_DAYS, overlapping

EARLIEST = ("onset_days", *FIRST_DAYS)
"""Columns of which a merged episode keeps the earliest; of other numbers it keeps the largest."""


def settle_overlaps(
    frame: pd.DataFrame, lines: np.ndarray, rule: str
) -> tuple[pd.DataFrame, np.ndarray, tuple[int, str]]:
    """Apply the declared rule.

    Parameters
    ----------
    frame : pandas.DataFrame
        recurrences.
    lines : numpy.ndarray
        Line of each row, shape (n,).
    rule : {"merge", "first"}
        "merge": an episode from the first onset to the last resolution, true where any is true,
        with the largest of the scores. "first": rows that begin inside an earlier one are left out.

    Returns
    -------
    tuple
        The rows that remain, in their order; their lines; how many went, and why.
    """
    inside, earlier = overlapping(frame)
    note = (int(inside.sum()), f"recurrences that overlap an earlier one: {rule}")
    if rule == "merge" and inside.any():
        frame = _merged(frame, inside, earlier)
    return frame[~inside].reset_index(drop=True), lines[~inside], note


def _merged(frame: pd.DataFrame, inside: np.ndarray, earlier: np.ndarray) -> pd.DataFrame:
    """Every row that stays holds what its chain of overlapping rows holds together."""
    first = np.where(inside, earlier, np.arange(len(frame)))
    while (first != first[first]).any():
        first = first[first]
    merged = frame.copy()
    open_end = frame["resolved_days"].isna().groupby(first).transform("any")
    for name in frame.columns:
        if pd.api.types.is_numeric_dtype(frame[name].dtype):
            groups = frame[name].groupby(first)
            best = groups.transform("min") if name in EARLIEST else groups.transform("max")
            merged[name] = best.astype(frame[name].dtype)
    merged["resolved_days"] = merged["resolved_days"].mask(open_end)
    return merged
