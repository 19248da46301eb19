"""Could the recurrences and harms have been reported as they were, when they were?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from walkstats.checks.material import Material
from walkstats.checks.rules import Rows, Rule, Told
from walkstats.errors import IDS_SHOWN

REPORTED_AT = ("check_in", "check_in_number", "reported_at_check_in")
"""Columns of recurrences beyond the dictionary that may say which check-in reported each."""


def _periods(material: Material) -> pd.DataFrame:
    """Period, answer and state of every check-in, of which the period is known.

    A check-in that was not answered asks about the days since the one before it was due.
    """
    frame = material.tables["check_ins"]
    who = frame["participant_id"]
    number = pd.Series(material.numbers("check_ins", "check_in"), index=frame.index)
    ordered = frame.assign(number=number)[who.notna() & number.notna()]
    ordered = ordered.sort_values(["participant_id", "number"], kind="stable")
    due = ordered["covers_to_days"].fillna(ordered["due_days"])
    before = due.groupby(ordered["participant_id"]).shift(fill_value=0.0)
    begin = ordered["covers_from_days"].fillna(before)
    kept = pd.DataFrame(
        {
            "participant_id": ordered["participant_id"],
            "number": ordered["number"],
            "begin": begin,
            "end": due,
            "answered": ordered["answered_days"],
            "state": ordered["state"],
        }
    )
    return kept[begin.notna() & due.notna()]


def _onsets(material: Material) -> pd.DataFrame:
    frame = material.tables["recurrences"]
    rows = pd.DataFrame({"row": np.arange(len(frame)), "onset": frame["onset_days"].to_numpy()})
    rows["participant_id"] = frame["participant_id"].to_numpy()
    return rows[rows["onset"].notna() & rows["participant_id"].notna()]


def _checkable(material: Material) -> bool:
    return len(material.tables["check_ins"]) > 0 and "check_ins" not in material.incomplete


def _within(material: Material) -> pd.DataFrame:
    """Every onset beside the check-in that asks about it; none where several do."""
    pairs = _onsets(material).merge(_periods(material), on="participant_id")
    inside = (pairs["onset"] > pairs["begin"]) & (pairs["onset"] <= pairs["end"])
    return pairs[inside].drop_duplicates("row", keep=False)


def _marked(material: Material, rows: pd.Series) -> np.ndarray:
    found = np.zeros(len(material.tables["recurrences"]), dtype=bool)
    found[rows.to_numpy(dtype=np.int64)] = True
    return found


def _while_missed(material: Material) -> np.ndarray:
    if not _checkable(material):
        return np.zeros(len(material.tables["recurrences"]), dtype=bool)
    pairs = material.once(_within)
    return _marked(material, pairs.loc[pairs["state"] == "missed", "row"])


def _before_it_began(material: Material) -> np.ndarray:
    if not _checkable(material):
        return np.zeros(len(material.tables["recurrences"]), dtype=bool)
    pairs = material.once(_within)
    early = (pairs["state"] == "completed") & (pairs["answered"] < pairs["onset"])
    return _marked(material, pairs.loc[early, "row"])


def _told_onsets(material: Material, rows: np.ndarray) -> str:
    frame = material.tables["recurrences"].iloc[rows[:IDS_SHOWN]]
    told = [
        f"{who} day {day:g}"
        for who, day in zip(frame["participant_id"], frame["onset_days"], strict=True)
    ]
    return "; ".join(told) + (" ..." if len(rows) > IDS_SHOWN else "")


def _reported(material: Material) -> pd.DataFrame:
    """Every onset beside the check-in that reported it, where recurrences say which did."""
    asked = material.carried_numbers("recurrences", REPORTED_AT)
    onsets = _onsets(material)
    onsets["number"] = asked[onsets["row"]]
    return onsets.merge(_periods(material), on=["participant_id", "number"])


def _outside_its_check_in(material: Material) -> np.ndarray:
    said = material.carried("recurrences", REPORTED_AT) is not None
    if not said or not _checkable(material):
        return np.zeros(len(material.tables["recurrences"]), dtype=bool)
    pairs = _reported(material)
    outside = (pairs["onset"] <= pairs["begin"]) & (pairs["begin"] > 0) | (
        pairs["onset"] > pairs["end"]
    )
    return _marked(material, pairs.loc[outside, "row"])


def _told_outside(material: Material, rows: np.ndarray) -> str:
    pairs = _reported(material).set_index("row")
    told = []
    for k in rows[:IDS_SHOWN]:
        one = pairs.loc[k] if isinstance(pairs.loc[k], pd.Series) else pairs.loc[k].iloc[0]
        told.append(
            f"{one['participant_id']} day {one['onset']:g}, check-in {one['number']:g} asks about "
            f"({one['begin']:g}, {one['end']:g}]"
        )
    return "; ".join(told)


def _mean_above_worst(material: Material) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        average = material.numbers("recurrences", "average_pain_nrs")
        return average > material.numbers("recurrences", "worst_pain_nrs")


def _told_pain(material: Material, rows: np.ndarray) -> str:
    frame = material.tables["recurrences"].iloc[rows[:IDS_SHOWN]]
    return "; ".join(
        f"{one['participant_id']} day {one['onset_days']:g}: average {one['average_pain_nrs']:g}, "
        f"worst {one['worst_pain_nrs']:g}"
        for one in frame.to_dict("records")
    )


def _to_come(table: str, column: str) -> Rows:
    """Days that, counted from the date of randomisation, have not come yet."""

    def broken(material: Material) -> np.ndarray:
        start = material.of_participants(table, "randomised_on").to_numpy(dtype="datetime64[D]")
        day = material.numbers(table, column)
        known = ~np.isnat(start) & (np.abs(day) < 100_000)
        whole = np.where(known, np.floor(np.where(known, day, 0)), 0).astype("timedelta64[D]")
        return known & (start + whole > np.datetime64("today", "D"))

    return broken


def _told_dates(table: str, column: str) -> Told:
    def told(material: Material, rows: np.ndarray) -> str:
        frame = material.tables[table]
        said = []
        for k in rows[:IDS_SHOWN]:
            who = frame["participant_id"].iloc[k]
            said.append(f"{who} {material.date(who, float(frame[column].iloc[k]))}")
        return ", ".join(said)

    return told


def _harm_twice(material: Material) -> np.ndarray:
    frame = material.tables["adverse_events"]
    keys = ["participant_id", "onset_days", "event"]
    return frame.duplicated(keys).to_numpy(dtype=bool) & frame[keys].notna().all(axis=1).to_numpy()


def _harm_after(end: str) -> Rows:
    def broken(material: Material) -> np.ndarray:
        last = material.of_participants("adverse_events", end).to_numpy(dtype=float)
        with np.errstate(invalid="ignore"):
            return material.numbers("adverse_events", "onset_days") > last

    return broken


_LEFT_OUT = "they are kept in the table and out of analyses, which say how many"

REPORTED_RULES = (
    Rule(
        "recurrences",
        "onset_days",
        "warning",
        "onsets in the period of a check-in that was missed: {told}",
        "was the check-in answered after all? a missed one observes nothing, and the recurrence is "
        "in no analysis that ends where observation ends",
        _while_missed,
        _told_onsets,
        topic="time",
    ),
    Rule(
        "recurrences",
        "onset_days",
        "warning",
        "recurrences that began after the check-in that asks about them was answered: {told}",
        "correct the onset or the day of the answer",
        _before_it_began,
        _told_onsets,
        topic="time",
    ),
    Rule(
        "recurrences",
        "onset_days",
        "warning",
        "onsets outside the period of the check-in that reported them: {told}",
        "correct the onset, the check-in or its period",
        _outside_its_check_in,
        _told_outside,
        topic="time",
        looks_for="onsets outside the period of the check-in that reported them, where recurrences "
        "has a column check_in",
    ),
    Rule(
        "recurrences",
        "average_pain_nrs",
        "warning",
        "average pain above the worst pain: {told}",
        "correct one of the two",
        _mean_above_worst,
        _told_pain,
    ),
    *(
        Rule(
            table,
            column,
            "warning",
            f"{what} on days that have not come yet: {{told}}",
            "correct the day, or the date of randomisation",
            _to_come(table, column),
            _told_dates(table, column),
            topic="time",
        )
        for table, column, what in (
            ("check_ins", "answered_days", "answers"),
            ("recurrences", "onset_days", "recurrences"),
            ("adverse_events", "onset_days", "adverse events"),
        )
    ),
    Rule(
        "adverse_events",
        "event",
        "warning",
        "adverse events of the same participant, day and words again",
        "delete the row if it was entered twice",
        _harm_twice,
        topic="copies",
    ),
    Rule(
        "adverse_events",
        "onset_days",
        "warning",
        "adverse events after withdrawal",
        _LEFT_OUT,
        _harm_after("withdrawn_days"),
        topic="time",
    ),
    Rule(
        "adverse_events",
        "onset_days",
        "warning",
        "adverse events after the planned end of follow-up",
        _LEFT_OUT,
        _harm_after("planned_end_days"),
        topic="time",
    ),
)
