"""Over which days was each participant under observation without a break?"""

from __future__ import annotations

import numpy as np
import pandas as pd

JOINED_DAYS = 1.0
"""Periods at most this far apart are joined, and one that begins by then begins at randomisation:
written as whole calendar days ("1 to 30", "31 to 61") they lie a day apart and leave no gap [days].
"""


def joined_periods(completed: pd.DataFrame) -> pd.DataFrame:
    """Unbroken spans of observation, from the periods that completed check-ins cover.

    Parameters
    ----------
    completed : pandas.DataFrame
        One row per completed check-in: participant_id, covers_from_days, covers_to_days [days].

    Returns
    -------
    pandas.DataFrame
        One row per span, by participant and in order of time: participant_id, from_days, to_days.

    Examples
    --------
    >>> asked = pd.DataFrame({"participant_id": "a", "covers_from_days": [1, 31, 90]})
    >>> asked["covers_to_days"] = [30, 61, 120]
    >>> joined_periods(asked)[["from_days", "to_days"]].to_numpy().tolist()
    [[0.0, 61.0], [90.0, 120.0]]
    """
    rows = completed.sort_values(["participant_id", "covers_from_days"], kind="stable")
    codes, ids = pd.factorize(rows["participant_id"].to_numpy(dtype=object))
    begin = rows["covers_from_days"].to_numpy(dtype=float)
    end = rows["covers_to_days"].to_numpy(dtype=float)
    reach = pd.Series(end).groupby(codes).cummax().to_numpy()
    first = np.diff(codes, prepend=-1) != 0
    before = np.where(first, 0.0, np.append(0.0, reach[:-1]))
    apart = begin > before + JOINED_DAYS
    opens = np.flatnonzero(first | apart)
    closes = np.append(opens[1:], len(codes))[: len(opens)] - 1
    return pd.DataFrame(
        {
            "participant_id": ids[codes[opens]],
            "from_days": np.where(apart[opens], begin[opens], 0.0),
            "to_days": reach[closes],
        }
    )
