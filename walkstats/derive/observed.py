"""Until which day was each participant observed, and why did it end there?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from walkstats._periods import joined_periods
from walkstats.derive.deaths import died
from walkstats.trial import Trial

GAP_RULES = {
    "censor": "censored at the last observed day before the first unobserved gap",
    "carry": "observed until the last completed check-in, gaps between them ignored",
}
NO_FOLLOW_UP = "no follow-up"
FIRST_MISSED = "first check-in missed"


def observed_until(trial: Trial, after_gap: str) -> pd.DataFrame:
    """Last day under observation of each participant.

    With check-ins it is the end of what the completed ones cover. Without any check-ins in the
    trial it is the withdrawal or the planned end of follow-up, whichever comes first.

    Periods are joined as ``walkstats._periods`` says.

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
    spans = joined_periods(check_ins[check_ins["state"] == "completed"])
    beyond = (spans["from_days"] > 0) & (after_gap == "censor")
    until = spans["to_days"].where(~beyond, 0.0).groupby(spans["participant_id"]).max()
    gap = beyond.groupby(spans["participant_id"]).any()
    return until.reindex(people, fill_value=0.0), gap.reindex(people, fill_value=False)


def _reasons(people: pd.DataFrame, until: pd.Series, gap: pd.Series) -> pd.Series:
    """Why observation ended, in words."""
    withdrawn = people["withdrawn_days"].notna()
    planned = people["planned_end_days"]
    why = people["withdrawal_reason"]
    words = np.where(why.isna(), "withdrawn", "withdrawn: " + why.astype(str))
    words = np.where(
        died(people), np.where(why == "died", "died", "died: " + why.astype(str)), words
    )
    early = planned.notna() & (until < planned)
    reasons = np.select(
        [(until <= 0) & gap, until <= 0, gap, withdrawn, early],
        [FIRST_MISSED, NO_FOLLOW_UP, "gap in check-ins", words, "stopped answering"],
        default="end of follow-up",
    )
    return pd.Series(reasons, index=people.index, dtype=object)
