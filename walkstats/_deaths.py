"""Who died, as far as the reasons for the end of follow-up say so?"""

from __future__ import annotations

import re

import pandas as pd

DEATH = re.compile(
    r"\s*(?:(?:the )?(?:participant |patient )?(?:has )?(?:died|dead|deceased)\b"
    r"|death\b(?! (?:of|in) (?!(?:the )?(?:participant|patient)\b)))",
    re.IGNORECASE,
)
"""How a reason for withdrawal begins when it is the participant's own death: "died", "death from
...", "patient died of cancer"; not "death of spouse", "death in the family"."""


def died(people: pd.DataFrame) -> pd.Series:
    """Whether follow-up ended with the participant's death.

    Parameters
    ----------
    people : pandas.DataFrame
        Participants; read are withdrawn_days and withdrawal_reason.

    Returns
    -------
    pandas.Series
        bool, of the index of ``people``.

    Examples
    --------
    >>> reasons = ["death from stroke", "Patient died", "death of a relative", None]
    >>> died(pd.DataFrame({"withdrawn_days": 90.0, "withdrawal_reason": reasons})).tolist()
    [True, True, False, False]
    """
    said = [
        isinstance(why, str) and DEATH.match(why) is not None for why in people["withdrawal_reason"]
    ]
    return pd.Series(said, index=people.index, dtype=bool) & people["withdrawn_days"].notna()
