"""How did follow-up for a first recurrence end?"""

from __future__ import annotations

import pandas as pd

from walkstats.derive.first_events import first_recurrence
from walkstats.trial import Trial


def follow_up_endings(trial: Trial, *, kind: str, after_gap: str = "censor") -> pd.DataFrame:
    """Participants by how their follow-up for a first recurrence ended, and by arm.

    Parameters
    ----------
    trial : Trial
    kind : {"any", "activity_limiting", "care_seeking"}
        As in ``first_recurrence``.
    after_gap : {"censor", "carry"}

    Returns
    -------
    pandas.DataFrame
        One row per ending, the most frequent first: ended_by, and one column [participants] per
        arm.

    Raises
    ------
    ValueError
        For an unknown kind or rule.
    DataError
        When the trial does not record this kind of recurrence.

    Examples
    --------
    >>> import walkstats as ws
    >>> frame = follow_up_endings(ws.load_sample("bladder"), kind="any")
    >>> frame.iloc[0].astype(str).tolist()
    ['recurrence', '29', '15', '18']
    """
    events = first_recurrence(trial, kind=kind, after_gap=after_gap)
    counts = pd.crosstab(events["ended_by"].to_numpy(), events["arm"].to_numpy())
    counts = counts.reindex(columns=list(trial.arms), fill_value=0)
    order = counts.sum(axis=1).sort_values(ascending=False, kind="stable").index
    frame = counts.loc[order].reset_index(names="ended_by")
    frame.columns = pd.Index(["ended_by", *trial.arms])
    frame.attrs = {
        "source": trial.source,
        "derived": f"{trial.name}: how follow-up ended",
        "notes": events.attrs["notes"],
    }
    return frame
