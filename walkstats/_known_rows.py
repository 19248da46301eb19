"""Which rows have all that an analysis needs, and why are the others left out?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column
from walkstats._variables import missing
from walkstats.errors import DataError

Booleans = NDArray[np.bool_]


def known_rows(
    frame: pd.DataFrame, columns: Iterable[Any], noun: str, kept: Booleans | None = None
) -> tuple[Booleans, dict[str, int]]:
    """Rows (n,) in which no column is missing, and the others counted by the first gap.

    Parameters
    ----------
    frame : pandas.DataFrame
    columns : iterable
    noun : str
        What a column is for, in the sentence that says it is not there.
    kept : (n,) array, optional
        Rows that are looked at; all by default. Left as it is.

    Raises
    ------
    ValueError
        For columns that are not there.
    """
    known = np.ones(len(frame), dtype=bool) if kept is None else np.array(kept, dtype=bool)
    left_out: dict[str, int] = {}
    for name in dict.fromkeys(columns):
        gap = missing(check_column(frame, name, noun)) & known
        if gap.any():
            left_out[f"{name} missing"] = int(gap.sum())
            known &= ~gap
    return known, left_out


def check_any_left(kept: Booleans, left_out: Mapping[str, int]) -> None:
    """Refuse an analysis of no rows, with the reasons.

    Raises
    ------
    DataError
        Where no row (n,) is kept.
    """
    if kept.any():
        return
    reasons = "; ".join(f"{n} {reason}" for reason, n in left_out.items())
    raise DataError.of(
        f"0 rows are left of {len(kept)}{f' ({reasons})' if reasons else ''}",
        what_to_do="check the filters and the columns named",
    )
