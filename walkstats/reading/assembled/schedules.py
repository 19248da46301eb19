"""Which check-ins were due without anybody having answered them?

An export often has no row for a check-in that was never answered. Taken as it is, such a check-in
would vanish; here it becomes one that was missed, or that came after the participant had withdrawn.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from walkstats.errors import IDS_SHOWN, Problem
from walkstats.reading.declared.declarations import Schedule

Note = tuple[str, str, str, int, str]
TABLE = "check_ins"
NO_LINE = 0
"""The line of a row that no file has."""

DAYS = ("covers_from_days", "covers_to_days", "due_days")
"""Columns that the schedule tells, in its order."""


@dataclass(frozen=True, eq=False)
class Scheduled:
    """Check-ins with those that were due and had no row.

    Attributes
    ----------
    frame : pandas.DataFrame
        By participant, in the order of participants, and check-in.
    origin : numpy.ndarray
        Row of the table as it was, -1 for a row that was added, shape (n,).
    problems : tuple of Problem
    notes : tuple of Note
    """

    frame: pd.DataFrame
    origin: np.ndarray
    problems: tuple[Problem, ...] = ()
    notes: tuple[Note, ...] = field(default=())

    def following(self, values: np.ndarray, added: object) -> np.ndarray:
        """An array with a value for each row as it was, in the order of the rows as they are."""
        if not len(values):
            return np.full(len(self.origin), added, dtype=values.dtype)
        taken = values[np.maximum(self.origin, 0)].copy()
        taken[self.origin < 0] = added
        return taken


def keep_schedule(
    frame: pd.DataFrame,
    lines: np.ndarray,
    people: pd.DataFrame | None,
    schedule: Schedule,
    due_until: dt.date | None,
) -> Scheduled:
    """Add the check-ins that were due and have no row, and settle the state of all.

    Parameters
    ----------
    frame : pandas.DataFrame
        check_ins.
    lines : numpy.ndarray
        Line of each row, shape (n,).
    people : pandas.DataFrame or None
        participants.
    schedule : Schedule
    due_until : datetime.date or None
        Check-ins due later are not added.

    Returns
    -------
    Scheduled
        A check-in without a row, or whose state is empty, is missed; it is withdrawn where the
        participant had withdrawn by the day on which it was due. One that begins at the planned
        end or later was never due.
    """
    problems = _beyond(frame, lines, schedule)
    if people is None or not len(people):
        days = _with_days(frame.copy(), schedule)
        return Scheduled(days, np.arange(len(frame)), tuple(problems))
    known = people[people["participant_id"].notna() & ~people["participant_id"].duplicated()]
    added, later = _added(frame, known, schedule, due_until)
    problems += later
    whole = pd.concat([frame, added], ignore_index=True) if len(added) else frame.copy()
    whole = whole.astype(dict(frame.dtypes))
    origin = np.append(np.arange(len(frame)), np.full(len(added), -1))
    whole = _with_days(whole, schedule)
    whole, told = _with_states(whole, known)
    order = _order(whole, known)
    notes = [(TABLE, "", "scheduled", len(added), "check-ins that were due and have no row")]
    notes += told
    settled = whole.iloc[order].reset_index(drop=True)
    return Scheduled(settled, origin[order], tuple(problems), tuple(n for n in notes if n[3]))


def _beyond(frame: pd.DataFrame, lines: np.ndarray, schedule: Schedule) -> list[Problem]:
    """Rows of check-ins that the schedule does not have."""
    number = frame["check_in"]
    strange = (number.notna() & ~number.isin(list(schedule))).to_numpy(dtype=bool)
    if not strange.any():
        return []
    ids = dict.fromkeys(str(one) for one in frame["participant_id"][strange] if one is not None)
    named = ", ".join(str(one) for one in sorted(set(number[strange]))[:8])
    return [
        Problem(
            f"check-ins that the schedule does not have: {named}",
            "add them to the schedule in trial.toml, or correct the numbers",
            table=TABLE,
            column="check_in",
            row=int(lines[np.flatnonzero(strange)[0]]),
            ids=tuple(ids)[:IDS_SHOWN],
            count=int(strange.sum()),
        )
    ]


def _added(
    frame: pd.DataFrame, known: pd.DataFrame, schedule: Schedule, due_until: dt.date | None
) -> tuple[pd.DataFrame, list[Problem]]:
    """The check-ins that were due and have no row."""
    numbers = np.array(sorted(schedule), dtype=np.int64)
    days = np.array([schedule[int(number)] for number in numbers]).reshape(-1, 3)
    who = np.repeat(np.arange(len(known)), len(numbers))
    which = np.tile(np.arange(len(numbers)), len(known))
    end = known["planned_end_days"].to_numpy(dtype=float)[who]
    due = ~(days[which, 0] >= end)
    problems = []
    if due_until is not None:
        start = known["randomised_on"].to_numpy(dtype="datetime64[ns]")[who]
        problems = _without_dates(known)
        last = np.datetime64(due_until.isoformat(), "ns")
        left = pd.Series(last - start).dt.total_seconds().to_numpy(dtype=float) / 86_400
        due &= ~(days[which, 2] > left)
    ids = known["participant_id"].to_numpy(dtype=object)[who]
    wanted = pd.DataFrame({"participant_id": ids, "check_in": numbers[which]})
    there = pd.MultiIndex.from_frame(frame[["participant_id", "check_in"]].dropna())
    due &= ~pd.MultiIndex.from_frame(wanted).isin(there)
    added = wanted[due].reset_index(drop=True)
    return added.reindex(columns=list(frame.columns)).astype(dict(frame.dtypes)), problems


def _without_dates(known: pd.DataFrame) -> list[Problem]:
    lacking = known.loc[known["randomised_on"].isna(), "participant_id"]
    if not len(lacking):
        return []
    return [
        Problem(
            "which check-ins were due by a certain date is not known without the date of "
            "randomisation; all are taken as having been due",
            "give randomised_on, or leave due_until (exported_on) out",
            table="participants",
            column="randomised_on",
            ids=tuple(map(str, lacking[:IDS_SHOWN])),
            count=len(lacking),
            severity="warning",
        )
    ]


def _with_days(whole: pd.DataFrame, schedule: Schedule) -> pd.DataFrame:
    """The days of the schedule, where a row has none."""
    for k, name in enumerate(DAYS):
        told = {number: days[k] for number, days in schedule.items()}
        days = whole["check_in"].map(told).astype(float)
        whole[name] = whole[name].where(whole[name].notna(), days)
    return whole


def _with_states(whole: pd.DataFrame, known: pd.DataFrame) -> tuple[pd.DataFrame, list[Note]]:
    """Missed where a row has no state; withdrawn where it was missed after withdrawal."""
    unsaid = whole["state"].isna().to_numpy(dtype=bool)
    missed = unsaid | (whole["state"] == "missed").to_numpy(dtype=bool)
    ids = pd.Index(known["participant_id"].to_numpy(), dtype=object)
    left = pd.Series(known["withdrawn_days"].to_numpy(dtype=float), index=ids)
    gone = whole["due_days"].to_numpy(dtype=float) > left.reindex(
        whole["participant_id"].to_numpy(dtype=object)
    ).to_numpy(dtype=float)
    state = whole["state"].to_numpy(dtype=object).copy()
    state[missed] = "missed"
    state[missed & gone] = "withdrawn"
    notes: list[Note] = [
        (TABLE, "state", "scheduled", int((missed & ~gone).sum()), "check-ins are missed"),
        (
            TABLE,
            "state",
            "scheduled",
            int((missed & gone).sum()),
            "check-ins without an answer were due after the participant had withdrawn",
        ),
    ]
    return whole.assign(state=state), notes


def _order(whole: pd.DataFrame, known: pd.DataFrame) -> np.ndarray:
    places: Mapping[object, int] = {one: k for k, one in enumerate(known["participant_id"])}
    who = whole["participant_id"].map(places).fillna(len(places)).to_numpy(dtype=np.int64)
    number = whole["check_in"].astype("Float64").to_numpy(dtype=float, na_value=np.inf)
    return np.lexsort((number, who))
