"""What is left of the p-values of several main analyses when they are taken together?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from walkstats.numerics.adjusted_p import adjusted_p
from walkstats.plan.specification import Multiplicity


def with_adjusted_p(numbers: pd.DataFrame, rule: Multiplicity) -> pd.DataFrame:
    """Numbers with ``p_adjusted`` for the analyses of the family; missing for all others.

    Parameters
    ----------
    numbers : pandas.DataFrame
        With analysis, term, p_value.
    rule : Multiplicity

    Returns
    -------
    pandas.DataFrame

    Notes
    -----
    Each analysis enters with its first p-value of a term that compares the arms, or with its first
    one. In a fixed sequence an adjusted p-value is the largest of the p-values up to it: a test
    counts only while all before it were significant. A family of which an analysis could not be
    run keeps its size: the missing p-value counts as 1.
    """
    numbers = numbers.assign(p_adjusted=np.nan)
    if rule.method == "none" or not len(numbers):
        return numbers
    rows = [_tested(numbers, name) for name in rule.family]
    p = np.array([1.0 if row is None else numbers.loc[row, "p_value"] for row in rows])
    whole = (
        np.maximum.accumulate(p) if rule.method == "fixed-sequence" else adjusted_p(p, rule.method)
    )
    for row, value in zip(rows, whole, strict=True):
        if row is not None:
            numbers.loc[row, "p_adjusted"] = value
    return numbers


def _tested(numbers: pd.DataFrame, analysis: str) -> int | None:
    """The row by which an analysis of the family is tested."""
    own = numbers[(numbers["analysis"] == analysis) & numbers["p_value"].notna()]
    arms = own[own["term"].astype(str).str.startswith("arm[")]
    chosen = arms if len(arms) else own
    return int(chosen.index[0]) if len(chosen) else None
