"""How do records of single days become weeks from randomisation?

A week is known when enough of its days are (all seven unless trial.toml says otherwise), and holds
the sum, scaled to seven days; the load report counts the weeks that were scaled. A week with fewer
is missing, never 0 and never part of a sum.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from walkstats.errors import IDS_SHOWN, Problem
from walkstats.reading.assembled.parts import Note
from walkstats.reading.assembled.starts import starts_of
from walkstats.reading.declared.declarations import DeclaredTable
from walkstats.reading.declared.manifest import DAILY

ADDED = ("walking_minutes", "steps", "prescribed_minutes")


@dataclass(frozen=True, eq=False)
class Weekly:
    """Walking by week.

    Attributes
    ----------
    frame : pandas.DataFrame
        The table walking, by participant and week.
    lines : numpy.ndarray
        Line of the first day of each week, shape (n,).
    problems : tuple of Problem
    notes : tuple of Note
    """

    frame: pd.DataFrame
    lines: np.ndarray
    problems: tuple[Problem, ...]
    notes: tuple[Note, ...]


def weeks_of_days(
    frame: pd.DataFrame, lines: np.ndarray, declared: DeclaredTable, people: pd.DataFrame | None
) -> Weekly:
    """Add days up to weeks.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant and day: the columns of walking, and ``day`` [days from
        randomisation].
    lines : numpy.ndarray
        Line of each row, shape (n,).
    declared : DeclaredTable
        With days_needed and timezone.
    people : pandas.DataFrame or None
        Participants, for the calendar date of a day.

    Returns
    -------
    Weekly
    """
    day = frame[DAILY.name].to_numpy(dtype=float)
    problems = [
        *_repeated(frame, lines),
        *_too_long(frame, day, lines, _minutes_in(frame, day, declared, people)),
    ]
    usable = np.isfinite(day) & frame["participant_id"].notna().to_numpy()
    frame = frame[usable].assign(week=np.floor(day[usable] / 7).astype(np.int64) + 1)
    by = ["participant_id", "week", "measured_by"]
    groups = frame.groupby(by, sort=False, dropna=False)
    weekly = groups[[]].first() if len(frame) else groups.first()[[]]
    needed = max(declared.days_needed, 1)
    for name in ADDED:
        known = groups[name].count()
        total = groups[name].sum()
        enough = known >= needed
        weekly[name] = (total * 7 / known.where(enough)).astype(float)
    starts = pd.Series(lines[usable]).groupby(groups.ngroup().to_numpy()).min()
    out = weekly.reset_index()
    out["week"] = out["week"].astype("Int64")
    order = ["participant_id", "week", *ADDED, "measured_by"]
    partly = int(out["walking_minutes"].isna().sum())
    notes = [("walking", "", "converted", len(frame), f"days to {len(out)} weeks")]
    if partly:
        why = f"weeks with fewer than {declared.days_needed} known days are missing"
        notes.append(("walking", "walking_minutes", "converted", partly, why))
    scaled = int((groups["walking_minutes"].count().between(needed, 6)).sum())
    if scaled:
        why = f"weeks with {needed} to 6 known days are their sum times 7 over the known days"
        notes.append(("walking", "walking_minutes", "converted", scaled, why))
    return Weekly(out[order], starts.to_numpy(), tuple(problems), tuple(notes))


def _minutes_in(
    frame: pd.DataFrame, day: np.ndarray, declared: DeclaredTable, people: pd.DataFrame | None
) -> np.ndarray:
    """Minutes of each calendar day: 1440, or 1380 and 1500 where the clocks change."""
    minutes = np.full(len(day), 1440.0)
    if declared.timezone is None or people is None:
        return minutes
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(declared.timezone)
    start = starts_of(frame, people)
    whole = np.isfinite(day) & ~np.isnat(start)
    dates = start[whole].astype("datetime64[D]") + np.floor(day[whole]).astype("timedelta64[D]")
    distinct, place = np.unique(dates, return_inverse=True)
    lengths = np.array([_length(one, zone) for one in distinct.tolist()])
    if len(distinct):
        minutes[whole] = lengths[place]
    return minutes


def _length(day: dt.date, zone: dt.tzinfo) -> float:
    begin = dt.datetime.combine(day, dt.time(), zone)
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone)
    return (end.astimezone(dt.UTC) - begin.astimezone(dt.UTC)).total_seconds() / 60


def _too_long(
    frame: pd.DataFrame, day: np.ndarray, lines: np.ndarray, limit: np.ndarray
) -> list[Problem]:
    minutes = frame["walking_minutes"].to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        wrong = np.flatnonzero((minutes > limit) | (minutes < 0))
    if not len(wrong):
        return []
    told = ", ".join(f"{minutes[k]:g} on day {day[k]:g} (row {lines[k]})" for k in wrong[:5])
    return [
        Problem(
            f"more minutes than the day has (1440), or fewer than 0: {told}",
            "are these steps? correct them, or leave the day empty",
            table="walking",
            column="walking_minutes",
            row=int(lines[wrong[0]]),
            ids=tuple(dict.fromkeys(frame["participant_id"].iloc[wrong].dropna()))[:IDS_SHOWN],
            count=len(wrong),
        )
    ]


def _repeated(frame: pd.DataFrame, lines: np.ndarray) -> list[Problem]:
    day = pd.Series(np.floor(frame[DAILY.name].to_numpy(dtype=float)))
    keys = pd.DataFrame({"id": frame["participant_id"], "day": day, "by": frame["measured_by"]})
    again = np.flatnonzero(keys.duplicated().to_numpy() & day.notna().to_numpy())
    if not len(again):
        return []
    return [
        Problem(
            f"a day of a participant stands more than once, first again in row {lines[again[0]]}",
            "keep one row of each day",
            table="walking",
            column=DAILY.name,
            row=int(lines[again[0]]),
            ids=tuple(dict.fromkeys(frame["participant_id"].iloc[again].dropna()))[:IDS_SHOWN],
            count=len(again),
        )
    ]
