"""Until which day was each participant observed, and why did it end there?"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from walkstats._deaths import died
from walkstats._follow_up import EARLY_DAYS, asked_until, follow_up_ends
from walkstats._periods import joined_periods
from walkstats.derive.whose import places
from walkstats.trial import Trial

GAP_RULES = {
    "censor": "censored at the last observed day before the first unobserved gap",
    "carry": "observed until the last completed check-in, gaps between them ignored",
}
NO_FOLLOW_UP = "no follow-up"
FIRST_MISSED = "first check-in missed"


def last_days(trial: Trial) -> np.ndarray:
    """Last day of follow-up of each participant: withdrawal or planned end; inf without either."""
    people = trial.participants
    ends = [people[name].to_numpy(dtype=float) for name in ("withdrawn_days", "planned_end_days")]
    return follow_up_ends(*ends)


def followed(trial: Trial) -> tuple[Trial, tuple[str, ...]]:
    """The trial without what was reported from days after follow-up had ended, and a note of it.

    Recurrences that begin after withdrawal or the planned end are left out, and what completed
    check-ins cover ends there. Every frame of recurrences is made from the trial that this returns.

    Parameters
    ----------
    trial : Trial

    Returns
    -------
    tuple
        Trial, the same one where nothing is left out; and notes that count what is.
    """
    end = last_days(trial)
    pain, asked = trial.recurrences, trial.check_ins
    onset = pain["onset_days"].to_numpy(dtype=float)
    late = (onset > end[places(trial, pain, "recurrences")]) & np.isfinite(onset)
    own = end[places(trial, asked, "check_ins")]
    done = (asked["state"] == "completed").to_numpy(dtype=bool)
    covers = asked["covers_to_days"].to_numpy(dtype=float)
    beyond = done & (covers > own)
    if not (late.any() or beyond.any()):
        return trial, ()
    kept = ~(beyond & (asked["covers_from_days"].to_numpy(dtype=float) >= own))
    cut = asked.assign(covers_to_days=np.where(beyond, own, covers))[kept]
    words = "after withdrawal or the planned end of follow-up"
    said = [
        (int(late.sum()), f"recurrence(s) began {words}; they are left out."),
        (int(beyond.sum()), f"completed check-in(s) cover days {words}; those days are left out."),
    ]
    notes = tuple(f"{n} {what}" for n, what in said if n)
    return dataclasses.replace(trial, recurrences=pain[~late], check_ins=cut), notes


def observed_until(trial: Trial, after_gap: str) -> pd.DataFrame:
    """Last day under observation of each participant.

    With check-ins it is the end of what the completed ones cover, and withdrawal or the planned end
    at the latest. Without any check-ins in the trial it is the withdrawal or the planned end of
    follow-up, whichever comes first.

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
        until, gap = _administrative(trial), pd.Series(False, index=people.index)
    else:
        within, _ = followed(trial)
        until, gap = _covered(within.check_ins, people.index, after_gap)
    asked = asked_until(trial.check_ins["covers_to_days"].to_numpy(dtype=float))
    return pd.DataFrame(
        {"observed_until_days": until, "ended_by": _reasons(people, until, gap, asked)},
        index=people.index,
    )


def _administrative(trial: Trial) -> pd.Series:
    ends = last_days(trial)
    return pd.Series(np.where(np.isinf(ends), 0.0, ends), index=trial.people.index)


def _covered(
    check_ins: pd.DataFrame, people: pd.Index, after_gap: str
) -> tuple[pd.Series, pd.Series]:
    """End of the coverage by completed check-ins, and whether some lie beyond a gap."""
    spans = joined_periods(check_ins[check_ins["state"] == "completed"])
    beyond = (spans["from_days"] > 0) & (after_gap == "censor")
    until = spans["to_days"].where(~beyond, 0.0).groupby(spans["participant_id"]).max()
    gap = beyond.groupby(spans["participant_id"]).any()
    return until.reindex(people, fill_value=0.0), gap.reindex(people, fill_value=False)


def _reasons(people: pd.DataFrame, until: pd.Series, gap: pd.Series, asked: float) -> pd.Series:
    """Why observation ended, in words."""
    planned = people["planned_end_days"]
    withdrawn = people["withdrawn_days"].notna() & ~(people["withdrawn_days"] > planned)
    why = people["withdrawal_reason"]
    words = np.where(why.isna(), "withdrawn", "withdrawn: " + why.astype(str))
    words = np.where(
        died(people), np.where(why == "died", "died", "died: " + why.astype(str)), words
    )
    # who answered to the last day that anybody was asked about did not stop answering
    last = planned.where((planned <= asked) | (planned >= asked + EARLY_DAYS), asked)
    early = planned.notna() & (until < last)
    reasons = np.select(
        [(until <= 0) & gap, until <= 0, gap, withdrawn, early],
        [FIRST_MISSED, NO_FOLLOW_UP, "gap in check-ins", words, "stopped answering"],
        default="end of follow-up",
    )
    return pd.Series(reasons, index=people.index, dtype=object)
