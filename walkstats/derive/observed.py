"""Until which day was each participant observed, and why did it end there?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from walkstats.trial import Trial

GAP_RULES = {
    "censor": "censored at the last observed day before the first unobserved gap",
    "carry": "observed until the last completed check-in, gaps between them ignored",
}
NO_FOLLOW_UP = "no follow-up"
FIRST_MISSED = "first check-in missed"
# Periods written as whole calendar days ("1 to 30", "31 to 61") lie a day apart and leave no gap.
JOINED_DAYS = 1.0


def observed_until(trial: Trial, after_gap: str) -> pd.DataFrame:
    """Last day under observation of each participant.

    With check-ins it is the end of what the completed ones cover. Without any check-ins in the
    trial it is the withdrawal or the planned end of follow-up, whichever comes first.

    Periods at most one day apart are joined, and one that begins by day 1 begins at randomisation.

    Parameters
    ----------
    trial : Trial
    after_gap : {"censor", "carry"}
        Whether observation ends at the first gap that no completed check-in covers.

    Returns
    -------
    pandas.DataFrame
        Index participant_id in the order of participants; observed_until_days [days], ended_by.
    """
    people = trial.people
    if len(trial.check_ins) == 0:
        until, gap = _administrative(people), pd.Series(False, index=people.index)
    else:
        until, gap = _covered(trial.check_ins, people.index, after_gap)
    return pd.DataFrame(
        {"observed_until_days": until, "ended_by": _reasons(people, until, gap)}, index=people.index
    )


def _administrative(people: pd.DataFrame) -> pd.Series:
    ends = people[["withdrawn_days", "planned_end_days"]].min(axis=1)
    return ends.fillna(0.0).astype(float)


def _covered(
    check_ins: pd.DataFrame, people: pd.Index, after_gap: str
) -> tuple[pd.Series, pd.Series]:
    """End of the coverage by completed check-ins, and whether some lie beyond a gap."""
    done = check_ins[check_ins["state"] == "completed"]
    done = done.sort_values(["participant_id", "covers_from_days"], kind="stable")
    codes, ids = pd.factorize(done["participant_id"].to_numpy(dtype=object))
    begin = done["covers_from_days"].to_numpy(dtype=float)
    end = done["covers_to_days"].to_numpy(dtype=float)
    reach = pd.Series(end).groupby(codes).cummax().to_numpy()
    first = np.diff(codes, prepend=-1) != 0
    before = np.where(first, 0.0, np.append(0.0, reach[:-1]))
    beyond = pd.Series(begin > before + JOINED_DAYS).groupby(codes).cummax().to_numpy()
    counted = ~beyond if after_gap == "censor" else np.ones(len(done), dtype=bool)
    until = pd.Series(np.where(counted, end, 0.0)).groupby(codes).max()
    until.index = pd.Index(ids, dtype=object)
    gap = pd.Series(beyond & (after_gap == "censor")).groupby(codes).any()
    gap.index = pd.Index(ids, dtype=object)
    return until.reindex(people, fill_value=0.0), gap.reindex(people, fill_value=False)


def _reasons(people: pd.DataFrame, until: pd.Series, gap: pd.Series) -> pd.Series:
    """Why observation ended, in words."""
    withdrawn = people["withdrawn_days"].notna()
    planned = people["planned_end_days"]
    why = people["withdrawal_reason"]
    words = np.where(why.isna(), "withdrawn", "withdrawn: " + why.astype(str))
    early = planned.notna() & (until < planned)
    reasons = np.select(
        [(until <= 0) & gap, until <= 0, gap, withdrawn, early],
        [FIRST_MISSED, NO_FOLLOW_UP, "gap in check-ins", words, "stopped answering"],
        default="end of follow-up",
    )
    return pd.Series(reasons, index=people.index, dtype=object)
