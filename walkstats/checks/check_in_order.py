"""Do number, days and state of the check-ins tell one story, and is every one of them there?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from walkstats._periods import JOINED_DAYS
from walkstats.checks.material import Material
from walkstats.checks.periods import MOST_WITH_GAPS, checkable, with_gaps
from walkstats.checks.rules import Rows, Rule, Told, counted
from walkstats.errors import IDS_SHOWN

EARLY_DAYS = 7.0
"""An answer may come so long before the end of what is asked about [days]."""

LATE_DAYS = 31.0
"""So long after it was due, and after the planned end, an answer is expected at the latest."""

LONG = 3.0
"""A period is long when it has so many times the days of the usual one."""


def _ordered(material: Material, column: str) -> np.ndarray:
    """Check-ins whose day lies before that of an earlier number of the participant."""
    frame = material.tables["check_ins"]
    day = material.numbers("check_ins", column)
    number = material.numbers("check_ins", "check_in")
    codes = pd.factorize(frame["participant_id"])[0]
    order = np.lexsort((number, codes))
    order = order[(codes[order] >= 0) & ~np.isnan(day[order]) & ~np.isnan(number[order])]
    rows = np.zeros(len(frame), dtype=bool)
    reach = pd.Series(day[order]).groupby(codes[order]).cummax().to_numpy()
    rows[order] = day[order] < reach
    return rows


def _out_of_order(column: str) -> Rows:
    return lambda material: _ordered(material, column)


def _told_days(*columns: str) -> Told:
    """The number of each check-in and its days."""

    def told(material: Material, rows: np.ndarray) -> str:
        frame = material.tables["check_ins"].iloc[rows[:IDS_SHOWN]]
        shown = []
        for one in frame.to_dict("records"):
            days = ", ".join(
                f"{name.removesuffix('_days').replace('_', ' ')} {one[name]:g}"
                for name in columns
                if not pd.isna(one[name])
            )
            shown.append(f"{one['participant_id']} check-in {one['check_in']} ({days})")
        return "; ".join(shown) + (" ..." if len(rows) > IDS_SHOWN else "")

    return told


def _answered_early(material: Material) -> np.ndarray:
    answered = material.numbers("check_ins", "answered_days")
    due = material.numbers("check_ins", "due_days")
    until = material.numbers("check_ins", "covers_to_days")
    with np.errstate(invalid="ignore"):
        return (answered < due - EARLY_DAYS) | (answered < until - EARLY_DAYS)


def _answered_late(material: Material) -> np.ndarray:
    answered = material.numbers("check_ins", "answered_days")
    with np.errstate(invalid="ignore"):
        return answered > material.numbers("check_ins", "due_days") + LATE_DAYS


def _due_after_end(material: Material) -> np.ndarray:
    planned = material.of_participants("check_ins", "planned_end_days").to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        return material.numbers("check_ins", "due_days") > planned + LATE_DAYS


def _answered_after_withdrawal(material: Material) -> np.ndarray:
    end = material.of_participants("check_ins", "withdrawn_days").to_numpy(dtype=float)
    due = material.numbers("check_ins", "due_days")
    with np.errstate(invalid="ignore"):
        known = material.numbers("check_ins", "answered_days") > end + EARLY_DAYS
        return known & ~(due <= end)


def _state(material: Material, state: str) -> np.ndarray:
    return (material.tables["check_ins"]["state"] == state).to_numpy(dtype=bool)


def _completed_after_withdrawn(material: Material) -> np.ndarray:
    """The first completed check-in in the table of a higher number than one that was withdrawn."""
    frame = material.tables["check_ins"]
    number = pd.Series(material.numbers("check_ins", "check_in"), index=frame.index)
    gone = number.where(_state(material, "withdrawn"))
    first = gone.groupby(frame["participant_id"]).transform("min").to_numpy()
    with np.errstate(invalid="ignore"):
        again = _state(material, "completed") & (number.to_numpy() > first)
    told = frame["participant_id"].where(again).duplicated().to_numpy(dtype=bool)
    return again & ~told


def _withdrawn_without_day(material: Material) -> np.ndarray:
    """State withdrawn of somebody who did not withdraw, or before the day of it."""
    day = material.of_participants("check_ins", "withdrawn_days").to_numpy(dtype=float)
    due = material.numbers("check_ins", "due_days")
    known = material.tables["participants"]["withdrawn_days"].notna().any()
    ids = material.tables["check_ins"]["participant_id"]
    there = ids.isin(material.tables["participants"]["participant_id"]).to_numpy(dtype=bool)
    refused = material.refused.get(("participants", "withdrawn_days"))
    if refused is not None and refused.any():
        return np.zeros(len(due), dtype=bool)
    with np.errstate(invalid="ignore"):
        wrong = np.isnan(day) | (due < day - EARLY_DAYS)
    return _state(material, "withdrawn") & wrong & there & bool(known)


def _without_answer_day(material: Material) -> np.ndarray:
    """Completed ones without the day of the answer, where others have it."""
    missing = material.missing("check_ins", "answered_days")
    known = material.tables["check_ins"]["answered_days"].notna().any()
    return _state(material, "completed") & missing & bool(known)


def _about_no_days(material: Material) -> np.ndarray:
    """Missed ones of which neither the period nor the day on which they were due is known."""
    missing = np.ones(len(material.tables["check_ins"]), dtype=bool)
    for name in ("due_days", "covers_to_days"):
        missing &= material.missing("check_ins", name)
    return missing & ~_state(material, "completed")


def _steps(material: Material) -> tuple[np.ndarray, np.ndarray]:
    """Rows of completed check-ins, and by how many days each begins after the one before it.

    nan for the first of a participant, and where a check-in between was not answered.
    """
    frame = material.tables["check_ins"]
    codes = pd.factorize(frame["participant_id"])[0]
    number = material.numbers("check_ins", "check_in")
    begin = material.numbers("check_ins", "covers_from_days")
    end = material.numbers("check_ins", "covers_to_days")
    rows = np.flatnonzero(_state(material, "completed") & ~np.isnan(begin + end + number))
    rows = rows[codes[rows] >= 0]
    rows = rows[np.lexsort((number[rows], codes[rows]))]
    step = np.full(len(rows), np.nan)
    if len(rows) > 1:
        follows = (np.diff(codes[rows]) == 0) & (np.diff(number[rows]) == 1)
        step[1:] = np.where(follows, begin[rows][1:] - end[rows][:-1], np.nan)
    return rows, step


def _found(material: Material, rows: np.ndarray) -> np.ndarray:
    found = np.zeros(len(material.tables["check_ins"]), dtype=bool)
    found[rows] = True
    return found


def _asked_twice(material: Material) -> np.ndarray:
    rows, step = material.once(_steps)
    with np.errstate(invalid="ignore"):
        return _found(material, rows[step < -JOINED_DAYS])


def _single_gaps(material: Material) -> np.ndarray:
    """Gaps between check-ins that follow each other, unless that is how periods are written."""
    rows, step = material.once(_steps)
    gaps = with_gaps(material)
    if not checkable(material) or gaps.sum() > MOST_WITH_GAPS * len(gaps):
        return _found(material, rows[:0])
    with np.errstate(invalid="ignore"):
        return _found(material, rows[step > JOINED_DAYS])


def _long(material: Material) -> np.ndarray:
    begin = material.numbers("check_ins", "covers_from_days")
    days = material.numbers("check_ins", "covers_to_days") - begin
    known = days[np.isfinite(days) & (days > 0)]
    usual = np.median(known) if len(known) else np.inf
    with np.errstate(invalid="ignore"):
        return days > LONG * usual


def _lacking(material: Material) -> list[list[int]]:
    """The numbers of the check-ins of which each participant has no row."""
    people = material.tables["participants"]
    number = material.numbers("check_ins", "check_in")
    none: list[list[int]] = [[] for _ in range(len(people))]
    if not checkable(material):
        return none
    who = material.whose("check_ins")
    kept = (who >= 0) & (number >= 0) & (number < 10_000)
    who, number = who[kept], number[kept].astype(np.int64)
    if not len(number):
        return none
    there = np.zeros((len(people), int(number.max()) + 1), dtype=bool)
    there[who, number] = True
    due = pd.Series(material.numbers("check_ins", "due_days")[kept]).groupby(number).median()
    usual = due.reindex(range(there.shape[1])).to_numpy()
    ends = [material.numbers("participants", c) for c in ("planned_end_days", "withdrawn_days")]
    last = np.where(there, np.arange(there.shape[1]), 0).max(axis=1)
    with np.errstate(invalid="ignore"):
        asked: np.ndarray = np.fmin(*ends)[:, np.newaxis] >= usual[np.newaxis, :]
    asked |= np.arange(there.shape[1])[None, :] < last[:, None]
    asked &= np.outer(there.any(axis=1), there.any(axis=0))
    gone = asked & ~there
    for k in np.flatnonzero(gone.any(axis=1)):
        none[k] = np.flatnonzero(gone[k]).tolist()
    return none


def _not_there(material: Material) -> np.ndarray:
    return np.array([bool(one) for one in material.once(_lacking)], dtype=bool)


def _told_lacking(material: Material, rows: np.ndarray) -> str:
    lacking = material.once(_lacking)
    ids = material.tables["participants"]["participant_id"]
    total = sum(len(one) for one in lacking)
    shown = "; ".join(
        f"{ids.iloc[k]} {', '.join(map(str, lacking[k][:IDS_SHOWN]))}"
        + (" ..." if len(lacking[k]) > IDS_SHOWN else "")
        for k in rows[:IDS_SHOWN]
    )
    return f"{counted(total, 'check-in')} of {counted(len(rows), 'participant')} ({shown})"


def _without_any(material: Material) -> np.ndarray:
    people = material.tables["participants"]["participant_id"]
    none = np.zeros(len(people), dtype=bool)
    if not checkable(material):
        return none
    known = people.isin(material.tables["check_ins"]["participant_id"]).to_numpy(dtype=bool)
    return people.notna().to_numpy() & ~known


CHECK_IN_RULES = (
    Rule(
        "check_ins",
        "due_days",
        "warning",
        "check-ins out of order: due before one of a lower number: {told}",
        "correct the number or the day",
        _out_of_order("due_days"),
        _told_days("due_days"),
        topic="time",
    ),
    Rule(
        "check_ins",
        "answered_days",
        "warning",
        "check-ins out of order: answered before one of a lower number: {told}",
        "correct the number or the day",
        _out_of_order("answered_days"),
        _told_days("answered_days"),
        topic="time",
    ),
    Rule(
        "check_ins",
        "answered_days",
        "warning",
        "check-ins answered more than a week before they were due or before the end of the period "
        "they ask about: {told}",
        "correct the days: nobody can tell of days to come",
        _answered_early,
        _told_days("answered_days", "due_days", "covers_to_days"),
        topic="time",
    ),
    Rule(
        "check_ins",
        "answered_days",
        "warning",
        "check-ins answered more than a month after they were due: {told}",
        "correct the day if it is wrong; otherwise consider how well so much can be recalled",
        _answered_late,
        _told_days("answered_days", "due_days"),
        topic="time",
    ),
    Rule(
        "check_ins",
        "due_days",
        "warning",
        "check-ins due more than a month after the planned end of follow-up: {told}",
        "correct planned_end_days or the day",
        _due_after_end,
        _told_days("due_days"),
        topic="time",
    ),
    Rule(
        "check_ins",
        "answered_days",
        "warning",
        "check-ins answered after withdrawal or death: {told}",
        "correct the day of withdrawal or the answer: observation ends on the day of withdrawal",
        _answered_after_withdrawal,
        _told_days("answered_days"),
        topic="time",
    ),
    Rule(
        "check_ins",
        "state",
        "warning",
        "completed check-ins after one with the state withdrawn: {told}",
        "correct the state: who answers again had not withdrawn, and the one before was missed",
        _completed_after_withdrawn,
        _told_days("due_days"),
    ),
    Rule(
        "check_ins",
        "state",
        "warning",
        "state withdrawn without a withdrawal, or before its day: {told}",
        "enter withdrawn_days of the participant, or make the state missed",
        _withdrawn_without_day,
        _told_days("due_days"),
    ),
    Rule(
        "check_ins",
        "answered_days",
        "warning",
        "completed check-ins without the day on which they were answered: {told}",
        "enter it if it is known; the period that they cover counts",
        _without_answer_day,
        _told_days("due_days"),
        topic="completeness",
    ),
    Rule(
        "check_ins",
        "covers_to_days",
        "warning",
        "check-ins that were not answered, of which neither period nor due day is known: {told}",
        "enter due_days: a missed check-in is never a negative one, and nobody knows which days "
        "this one leaves open",
        _about_no_days,
        _told_days(),
        topic="completeness",
    ),
    Rule(
        "check_ins",
        "covers_from_days",
        "warning",
        "check-ins that ask about days of the one before again: {told}",
        "correct the periods: they are (from, to], each beginning where the one before ends",
        _asked_twice,
        _told_days("covers_from_days", "covers_to_days"),
        topic="time",
    ),
    Rule(
        "check_ins",
        "covers_from_days",
        "warning",
        "check-ins that leave out days after the one before: {told}",
        "correct the periods if the days were asked about: follow-up ends where nobody asked",
        _single_gaps,
        _told_days("covers_from_days", "covers_to_days"),
        topic="time",
    ),
    Rule(
        "check_ins",
        "covers_to_days",
        "warning",
        "check-ins that ask about a period three times as long as usual: {told}",
        "correct the days; if somebody answered for missed check-ins, their rows stay missed",
        _long,
        _told_days("covers_from_days", "covers_to_days"),
        topic="plausibility",
    ),
    Rule(
        "participants",
        "participant_id",
        "warning",
        "check-ins that were to take place and are not in the table: {told}",
        "enter them as rows with state missed, or as what they were: a check-in that is not there "
        "is never a negative one",
        _not_there,
        _told_lacking,
        topic="completeness",
    ),
    Rule(
        "participants",
        "participant_id",
        "warning",
        "participants without any check-in",
        "enter their check-ins, with state missed where nobody answered",
        _without_any,
        topic="completeness",
    ),
)
