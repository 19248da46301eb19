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
    >>> followed_said(frame, ["a", "b"])[:58]
    'Of the 3 participants randomised, 2 (a 1, b 1) were follow'
    """
    none = (events["days"] <= 0) & ~events["event"]
    if not none.any():
        return ""
    here = events.loc[~none, "arm"]
    each = ", ".join(f"{arm} {count(int((here == arm).sum()))}" for arm in arms)
    others = count(int(none.sum()))
    return (
        f"Of the {count(len(events))} participants randomised, {count(len(here))} ({each}) were "
        "followed from day 0 on, as in the flow diagram. The tables count the other "
        f"{others}, who have no follow-up, among the participants and at risk on day 0; they add "
        "nothing to any estimate."
    )
