"""How do weeks of a device come into a trial's table walking?"""

from __future__ import annotations

import dataclasses

import pandas as pd

from walkstats._arguments import check_frame
from walkstats.errors import DataError
from walkstats.trial import Trial

DEVICE = "device"
TAKEN = ("participant_id", "week", "walking_minutes", "steps", "measured_by")
NOTED = ("table", "column", "action", "count", "detail")


def to_walking(trial: Trial, weekly: pd.DataFrame) -> Trial:
    """A trial with weeks of a device in its table walking.

    Parameters
    ----------
    trial : Trial
    weekly : pandas.DataFrame
        One row per participant and week: participant_id, week, walking_minutes [minutes/week],
        steps [steps/week], as ``weekly_minutes_at_cadence`` makes it. Other columns are carried.

    Returns
    -------
    Trial
        With the rows added, measured by "device", and a line in the load report. Weeks that are
        missing stay missing.

    Raises
    ------
    DataError
        For people who are no participants, and where the trial already has weeks of a device.
    ValueError
        For something that is no such frame.

    Examples
    --------
    >>> import pandas as pd
    >>> import walkstats as ws
    >>> trial = ws.load_sample("bladder")
    >>> who = trial.participants["participant_id"][:1].tolist()
    >>> weekly = pd.DataFrame(
    ...     {"participant_id": who, "week": [1], "walking_minutes": [130.0], "steps": [41000.0]}
    ... )
    >>> with_device = ws.wearables.to_walking(trial, weekly)
    >>> with_device.walking[["week", "walking_minutes", "measured_by"]].to_numpy().tolist()
    [[1, 130.0, 'device']]
    """
    if not isinstance(trial, Trial):
        raise ValueError(f"trial must be a Trial, got {type(trial).__name__}.")
    check_frame(weekly, "weekly")
    absent = [name for name in TAKEN[:4] if name not in weekly]
    if absent:
        raise ValueError(
            f"weekly has no column {', '.join(absent)}; weekly_minutes_at_cadence makes it."
        )
    _check_rows(trial, weekly)
    rows = weekly.assign(measured_by=DEVICE)
    rows["participant_id"] = rows["participant_id"].astype(str)
    rows["week"] = rows["week"].astype("Int64")
    for name in ("walking_minutes", "steps"):
        rows[name] = rows[name].astype(float)
    rows.attrs = {}
    old = trial.walking
    walking = pd.concat([old, rows], ignore_index=True) if len(old) else rows
    walking = walking.reindex(columns=[*old.columns, *(c for c in rows if c not in old)])
    known = int(rows["walking_minutes"].notna().sum())
    said = weekly.attrs.get("method", "")
    detail = f"{known} week(s) of a device known, {len(rows) - known} missing" + (
        said and f": {said}"
    )
    note = pd.DataFrame(
        [("walking", "walking_minutes", "derived", len(rows), detail)], columns=NOTED
    )
    report = (
        note
        if not len(trial.load_report)
        else pd.concat([trial.load_report, note], ignore_index=True)
    )
    return dataclasses.replace(trial, walking=walking, load_report=report)


def _check_rows(trial: Trial, weekly: pd.DataFrame) -> None:
    ids = weekly["participant_id"].astype(str)
    strangers = ~ids.isin(trial.participants["participant_id"])
    again = weekly.assign(participant_id=ids).duplicated(["participant_id", "week"])
    there = (trial.walking["measured_by"] == DEVICE).fillna(False)
    for bad, problem, what_to_do in (
        (strangers, "weeks of people who are no participants", "correct the ids"),
        (again, "a week of a participant stands twice", "keep one row of each week"),
    ):
        if bad.any():
            raise DataError.of(
                problem,
                table="walking",
                column="participant_id",
                ids=list(dict.fromkeys(ids[bad])),
                count=int(bad.sum()),
                what_to_do=what_to_do,
            )
    if there.any():
        raise DataError.of(
            "the trial already has weeks of a device",
            table="walking",
            column="measured_by",
            count=int(there.sum()),
            what_to_do="leave these out of its walking first",
        )
