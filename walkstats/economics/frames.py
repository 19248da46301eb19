"""Who is in an analysis of costs and effects? Everybody who was randomised, one row each."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from walkstats._arguments import as_names, check_column
from walkstats._time_zero import immortal_time
from walkstats.trial import Trial


def people_frame(trial: Trial, baseline: Sequence[str]) -> pd.DataFrame:
    """One row per randomised participant: participant_id, arm, the strata, further columns.

    Raises
    ------
    ValueError
        For a column that participants do not have.

    Notes
    -----
    ``attrs["notes"]`` says of columns that are recorded only after randomisation that they are.
    """
    people = trial.participants.reset_index(drop=True)
    frame = people[["participant_id"]].copy()
    frame["arm"] = pd.Categorical(people["arm"].to_numpy(), categories=list(trial.arms))
    for name in (*trial.strata, *(str(one) for one in as_names(baseline, "baseline"))):
        frame[name] = check_column(people, name, "a baseline column")
    frame.attrs["notes"] = immortal_time(list(frame.columns), spells=False)
    return frame


def missing_by_arm(frame: pd.DataFrame, total: str, arms: Sequence[str]) -> tuple[str, ...]:
    """A note on how many totals are missing, by arm; none where all are known."""
    lost = frame[total].isna()
    if not lost.any():
        return ()
    told = [
        f"{arm} {int(lost[frame['arm'] == arm].sum())} of {int((frame['arm'] == arm).sum())}"
        for arm in arms
    ]
    share = 100.0 * float(lost.mean())
    return (
        f"{total} is missing for {int(lost.sum())} of {len(frame)} participants ({share:.1f} %: "
        f"{', '.join(told)}); missing is not 0.",
    )
