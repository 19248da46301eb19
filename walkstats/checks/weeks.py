"""Can the weeks of walking be right, and which of them are not known?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from walkstats.checks.material import Material
from walkstats.checks.rules import Rows, Rule, counted
from walkstats.errors import IDS_SHOWN

DAYS = 7
FEWEST_WEEKS = 20
FEW_MINUTES = 10.0
"""When half of the weeks with walking have less than this, the numbers are rather hours."""

MOST_HOURS = 20.0
"""So many hours of walking in a week are not exceeded [hours]."""

MOST_MINUTES = 7 * 16 * 60.0
"""Above it the dictionary refuses a week [minutes]."""

FEWEST_BESIDE, FEWEST_OF_ONE = 12, 6
"""Weeks of all, and of one person, from which it can be known what is usual."""

MUCH = 10.0
"""A week is looked at when it has so many times the minutes of the person's median week."""


def _after(end: str) -> Rows:
    """Minutes in a week that begins on or after a day of its participant."""

    def broken(material: Material) -> np.ndarray:
        last = material.of_participants("walking", end).to_numpy(dtype=float)
        begins = DAYS * (material.numbers("walking", "week") - 1)
        with np.errstate(invalid="ignore"):
            return (begins >= last) & ~np.isnan(material.numbers("walking", "walking_minutes"))

    return broken


def _numbered_from_zero(material: Material) -> np.ndarray:
    """Every week 0, where most participants have one and nobody has an earlier one."""
    week = material.numbers("walking", "week")
    ids = material.tables["walking"]["participant_id"]
    zero = week == 0
    with_zero = ids[zero].nunique()
    from_zero = with_zero > 0.5 * ids.nunique() and np.nanmin(week, initial=0.0) == 0
    return zero & bool(from_zero)


def _before_week_one(material: Material) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return (material.numbers("walking", "week") < 1) & ~material.once(_numbered_from_zero)


def _by_person(material: Material) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Minutes; the participant of each row, -1 for none; and the median week of each row's."""
    minutes = material.numbers("walking", "walking_minutes")
    codes = pd.factorize(material.tables["walking"]["participant_id"])[0]
    walked = pd.Series(np.where(minutes > 0, minutes, np.nan))
    medians = walked.groupby(codes).median()
    return minutes, codes, medians.reindex(codes).to_numpy(dtype=float)


def _fractional(minutes: np.ndarray) -> np.ndarray:
    known = np.isfinite(minutes)
    whole = np.where(known, minutes, 0.0)
    return known & (np.abs(whole - np.round(whole)) > 1e-9)


def _hours_of_some(material: Material) -> np.ndarray:
    """Weeks in hours beside weeks in minutes: all of a person's, or single ones.

    A person's weeks are hours where none has above 20, a quarter of them are no whole numbers, and
    the other people walk ten times as much. A single week is hours where it is no whole number,
    while nearly all of the person's are, and times 60 it is a usual week of theirs.
    """
    none = np.zeros(len(material.tables["walking"]), dtype=bool)
    if len(none) < FEWEST_BESIDE:
        return none
    minutes, codes, median = material.once(_by_person)
    walked = (minutes > 0) & (codes >= 0)
    if not walked.any() or material.once(_rather_hours).any():
        return none
    odd = _fractional(minutes) & walked
    by = pd.DataFrame({"who": codes, "most": np.where(walked, minutes, np.nan), "odd": odd})
    groups = by[walked].groupby("who")
    person = groups.agg(most=("most", "max"), odd=("odd", "mean"), n=("odd", "size"))
    all_hours = (person["most"] <= MOST_HOURS) & (person["odd"] >= 0.25) & (person["n"] >= 3)
    others = minutes[walked & ~np.isin(codes, person.index[all_hours])]
    all_hours &= 10 * groups["most"].median() <= (np.median(others) if len(others) else 0)
    whole = walked & np.isin(codes, person.index[all_hours])
    share = person["odd"].reindex(codes).to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        alike = (60 * minutes >= median / 2) & (60 * minutes <= 2 * median)
        single = odd & (minutes <= MOST_HOURS) & (share < 0.25) & alike
    return whole | single


def _told_hours(material: Material, rows: np.ndarray) -> str:
    frame = material.tables["walking"].iloc[rows]
    minutes, codes, _ = material.once(_by_person)
    others = np.setdiff1d(np.flatnonzero(minutes > 0), rows)
    found = np.median(minutes[rows])
    usual = np.median(minutes[others]) if len(others) else np.nan
    shown = ", ".join(
        f"{who} week {week}: {value:g}"
        for who, week, value in zip(
            frame["participant_id"][:IDS_SHOWN],
            frame["week"][:IDS_SHOWN],
            frame["walking_minutes"][:IDS_SHOWN],
            strict=True,
        )
    )
    return (
        f"{counted(len(rows), 'week')} of {counted(len(set(codes[rows])), 'participant')}, median "
        f"{found:.3g} ({60 * found:.3g} when multiplied by 60) beside {usual:.3g} ({shown})"
    )


def _much_more(material: Material) -> np.ndarray:
    """A week with ten times the person's own median, of people with six weeks or more."""
    if len(material.tables["walking"]) < FEWEST_OF_ONE:
        return np.zeros(len(material.tables["walking"]), dtype=bool)
    minutes, codes, median = material.once(_by_person)
    known = pd.Series(minutes > 0).groupby(codes).transform("sum").to_numpy()
    with np.errstate(invalid="ignore"):
        likely = (minutes > 60) & (minutes <= MOST_MINUTES)
        return (minutes > MUCH * median) & likely & (known >= FEWEST_OF_ONE) & (codes >= 0)


def _told_much(material: Material, rows: np.ndarray) -> str:
    minutes, _, median = material.once(_by_person)
    frame = material.tables["walking"]
    return "; ".join(
        f"{frame['participant_id'].iloc[k]} week {frame['week'].iloc[k]}: {minutes[k]:g}, median "
        f"{median[k]:g}"
        for k in rows[:IDS_SHOWN]
    )


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
        topic="units",
        looks_for="hours in the column of minutes, in the whole file",
    ),
    Rule(
        "walking",
        "walking_minutes",
        "warning",
        "hours among the minutes: {told}",
        "multiply them by 60 in the file, if that is what happened; they are kept as they are",
        _hours_of_some,
        _told_hours,
        topic="units",
    ),
    Rule(
        "walking",
        "walking_minutes",
        "warning",
        "weeks with ten times the minutes of the participant's median week: {told}",
        "are several weeks added up, or a digit too many? they are kept as they are",
        _much_more,
        _told_much,
        topic="plausibility",
    ),
    Rule(
        "walking",
        "week",
        "warning",
        "weeks are numbered from 0: most participants have a week 0, and nobody an earlier one",
        "add 1 to every week in the file: week 1 holds days 0 to 6, and week 0 lies before "
        "randomisation",
        _numbered_from_zero,
        topic="time",
    ),
    Rule(
        "walking",
        "week",
        "warning",
        "weeks recorded after withdrawal",
        "they are kept in the table and out of analyses, which say how many",
        _after("withdrawn_days"),
        topic="time",
    ),
    Rule(
        "walking",
        "week",
        "warning",
        "weeks recorded after the planned end of follow-up",
        "they are kept in the table and out of analyses, which say how many",
        _after("planned_end_days"),
        topic="time",
    ),
    Rule(
        "walking",
        "week",
        "warning",
        "weeks before week 1: they lie before randomisation",
        "nothing, if that is so: analyses begin with week 1, which holds days 0 to 6",
        _before_week_one,
        topic="time",
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
        topic="completeness",
    ),
)
