"""Can the weeks of walking be right, and which of them are not known?"""

from __future__ import annotations

import numpy as np

from walkstats.checks.material import Material
from walkstats.checks.rules import Rows, Rule, counted

DAYS = 7
FEWEST_WEEKS = 20
FEW_MINUTES = 10.0
"""When half of the weeks with walking have less than this, the numbers are rather hours."""


def _after(end: str) -> Rows:
    """Minutes in a week that begins on or after a day of its participant."""

    def broken(material: Material) -> np.ndarray:
        last = material.of_participants("walking", end).to_numpy(dtype=float)
        begins = DAYS * (material.numbers("walking", "week") - 1)
        with np.errstate(invalid="ignore"):
            return (begins >= last) & ~np.isnan(material.numbers("walking", "walking_minutes"))

    return broken


def _before_week_one(material: Material) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return material.numbers("walking", "week") < 1


def _beside_gaps(material: Material) -> np.ndarray:
    """The first known week after weeks that are not known, within participant and record."""
    frame = material.tables["walking"]
    known = frame[["participant_id", "week", "walking_minutes"]].notna().all(axis=1)
    rows = frame[known].reset_index()
    groups = rows.sort_values("week", kind="stable").groupby(
        ["participant_id", "measured_by"], sort=False, dropna=False
    )
    step = groups["week"].diff().astype(float).to_numpy()
    positions = rows.sort_values("week", kind="stable")["index"].to_numpy()
    found = np.zeros(len(frame), dtype=bool)
    with np.errstate(invalid="ignore"):
        found[positions[step > 1]] = True
    return found


def _told_gaps(material: Material, rows: np.ndarray) -> str:
    people = material.tables["walking"]["participant_id"].iloc[rows].nunique()
    return f"{counted(len(rows), 'gap')} of {counted(people, 'participant')}"


def _rather_hours(material: Material) -> np.ndarray:
    """Every week with walking, where half of them have hardly a minute a day."""
    minutes = material.numbers("walking", "walking_minutes")
    walked = np.isfinite(minutes) & (minutes > 0)
    few = walked.sum() >= FEWEST_WEEKS and float(np.median(minutes[walked])) < FEW_MINUTES
    return walked & few


def _told_median(material: Material, rows: np.ndarray) -> str:
    return f"{np.median(material.numbers('walking', 'walking_minutes')[rows]):.3g}"


WEEK_RULES = (
    Rule(
        "walking",
        "walking_minutes",
        "warning",
        "in half of the weeks with walking, at most {told} minutes were walked in the whole week",
        "look at the unit: if the file has hours, declare them, as in walking_minutes = { from = "
        '"hours", unit = "hours" }',
        _rather_hours,
        _told_median,
    ),
    Rule(
        "walking",
        "week",
        "warning",
        "weeks recorded after withdrawal",
        "they are kept in the table and out of analyses, which say how many",
        _after("withdrawn_days"),
    ),
    Rule(
        "walking",
        "week",
        "warning",
        "weeks recorded after the planned end of follow-up",
        "they are kept in the table and out of analyses, which say how many",
        _after("planned_end_days"),
    ),
    Rule(
        "walking",
        "week",
        "warning",
        "weeks before week 1: they lie before randomisation",
        "nothing, if that is so: analyses begin with week 1, which holds days 0 to 6",
        _before_week_one,
    ),
    Rule(
        "walking",
        "walking_minutes",
        "warning",
        "weeks without minutes between weeks with minutes: {told}",
        "enter them if they are known; they stay missing, also in weekly_minutes, and are never 0; "
        "the mean week before a visit needs half of its weeks",
        _beside_gaps,
        _told_gaps,
    ),
)
