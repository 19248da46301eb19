"""How many minutes did each participant walk in each week?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from walkstats._arguments import check_choice
from walkstats.derive.observed import last_days
from walkstats.derive.whose import places
from walkstats.trial import Trial

SOURCES_OF_MINUTES = ("diary", "device")


def weekly_minutes(trial: Trial, *, measured_by: str = "diary") -> pd.DataFrame:
    """Minutes walked by each participant in each week, missing where not known.

    Parameters
    ----------
    trial : Trial
    measured_by : {"diary", "device"}
        Which record to take. Rows that do not say how they were measured are taken with either.

    Returns
    -------
    pandas.DataFrame
        One row per participant and week, from week 1 to the last week on record: participant_id,
        arm (Categorical), week, walking_minutes [minutes/week]. A week without a record is
        missing, never 0.

    Raises
    ------
    ValueError
        For an unknown record.

    Notes
    -----
    Week 1 holds days 0 to 6. Weeks that begin on or after the day of withdrawal or of the planned
    end of follow-up are set to missing and counted in ``attrs["notes"]``.

    Examples
    --------
    >>> import walkstats as ws
    >>> frame = ws.derive.weekly_minutes(ws.load_sample("bladder"))
    >>> len(frame)
    0
    """
    check_choice(measured_by, SOURCES_OF_MINUTES, "measured_by")
    people = trial.participants
    table, late = minutes_table(trial, measured_by)
    weeks = np.arange(1, table.shape[1] + 1)
    frame = pd.DataFrame(
        {
            "participant_id": np.repeat(people["participant_id"].to_numpy(), len(weeks)),
            "arm": pd.Categorical(
                np.repeat(people["arm"].to_numpy(), len(weeks)), categories=list(trial.arms)
            ),
            "week": np.tile(weeks, len(people)),
            "walking_minutes": table.ravel(),
        }
    )
    frame.attrs = {
        "source": trial.source,
        "derived": f"{trial.name}: minutes walked by week ({measured_by})",
        "notes": late_weeks(late),
    }
    return frame


def late_weeks(late: int) -> tuple[str, ...]:
    """What to say of weeks that ``minutes_table`` set aside."""
    words = "recorded after withdrawal or the planned end of follow-up are not used"
    return (f"{late} week(s) {words}.",) if late else ()


def minutes_table(trial: Trial, measured_by: str) -> tuple[np.ndarray, int]:
    """Minutes (participants, weeks), nan where not known; and the number of weeks set aside."""
    walking = trial.walking
    people = trial.participants
    kept = walking["measured_by"].isna() | (walking["measured_by"] == measured_by)
    rows = walking[kept.to_numpy(dtype=bool) & walking["week"].ge(1).to_numpy(dtype=bool)]
    week = rows["week"].to_numpy(dtype=np.int64)
    place = places(trial, rows, "walking")
    table = np.full((len(people), int(week.max(initial=0))), np.nan)
    table[place, week - 1] = rows["walking_minutes"].to_numpy(dtype=float)
    begins = 7.0 * np.arange(table.shape[1])
    gone = begins[None, :] >= last_days(trial)[:, None]
    late = int((gone & ~np.isnan(table)).sum())
    table[gone] = np.nan
    return table, late
