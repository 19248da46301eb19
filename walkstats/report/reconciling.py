"""How do the participants of an analysis and those of the flow diagram reconcile?"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from walkstats._digits import count


def followed_said(events: pd.DataFrame, arms: Sequence[str]) -> str:
    """Say how many participants the flow diagram counts as followed, where it is not all of them.

    Parameters
    ----------
    events : pandas.DataFrame
        One row per participant: arm, days [days from randomisation], event.
    arms : sequence of str

    Returns
    -------
    str
        Empty where everybody was followed beyond day 0.

    Examples
    --------
    >>> frame = pd.DataFrame({"arm": ["a", "a", "b"], "days": [0.0, 9.0, 8.0], "event": False})
    >>> followed_said(frame, ["a", "b"])[:60]
    'All 3 participants randomised are in these analyses. 2 of th'
    """
    none = (events["days"] <= 0) & ~events["event"]
    if not none.any():
        return ""
    here = events.loc[~none, "arm"]
    each = ", ".join(f"{arm} {count(int((here == arm).sum()))}" for arm in arms)
    others = int(none.sum())
    who = "who has no follow-up, is at risk on day 0 only and adds" if others == 1 else (
        "who have no follow-up, are at risk on day 0 only and add")  # fmt: skip
    followed = count(len(here))
    return (
        f"All {count(len(events))} participants randomised are in these analyses. {followed} of "
        f"them ({each}) were followed from day 0 on, as the flow diagram counts them; the other "
        f"{count(others)}, {who} nothing to any estimate."
    )
