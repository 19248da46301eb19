"""Can the recurrences and check-ins have happened as they are told?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from walkstats._periods import joined_periods
from walkstats.checks.material import Material
from walkstats.checks.rules import Rows, Rule, counted
from walkstats.errors import IDS_SHOWN

FIRST_DAYS = ("activity_limiting_days", "care_seeking_days")


def overlapping(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Which recurrences begin inside an earlier one of the same participant, and inside which.

    Parameters
    ----------
    frame : pandas.DataFrame
        recurrences.

    Returns
    -------
    tuple of numpy.ndarray
        bool, shape (n,); and for each row the position of the earlier one, -1 for none.

    Notes
    -----
    Two that begin on the same day overlap. One that begins on the last day of another does not.
    Where the last day is not known an episode is its first day.
    """
    codes, _ = pd.factorize(frame["participant_id"])
    onset = frame["onset_days"].to_numpy(dtype=float)
    end = frame["resolved_days"].to_numpy(dtype=float)
    end = np.where(np.isnan(end), onset, end)
    order = np.lexsort((-end, onset, codes))
    order = order[~np.isnan(onset[order]) & (codes[order] >= 0)]
    found = np.zeros(len(frame), dtype=bool)
    inside = np.full(len(frame), -1, dtype=np.int64)
    if not len(order):
        return found, inside
    group = codes[order]
    reach = pd.Series(end[order]).groupby(group).cummax().to_numpy()
    record = end[order] >= reach
    holder = np.maximum.accumulate(np.where(record, np.arange(len(order)), 0))
    again = np.append(False, group[1:] == group[:-1])
    before = np.append(-np.inf, reach[:-1])
    same_day = np.append(False, onset[order][1:] == onset[order][:-1])
    overlaps = again & ((onset[order] < before) | same_day)
    found[order] = overlaps
    earlier = order[np.append(0, holder[:-1])]
    inside[order] = np.where(overlaps, earlier, -1)
    return found, inside


def _overlaps(material: Material) -> np.ndarray:
    return overlapping(material.tables["recurrences"])[0]


def _told_overlaps(material: Material, rows: np.ndarray) -> str:
    frame = material.tables["recurrences"]
    earlier = overlapping(frame)[1]
    told = []
    for k in rows[:IDS_SHOWN]:
        who = frame["participant_id"].iloc[k]
        told.append(f"{who} {_interval(frame, int(earlier[k]))} and {_interval(frame, int(k))}")
    return "; ".join(told)


def _interval(frame: pd.DataFrame, position: int) -> str:
    begin = frame["onset_days"].iloc[position]
    end = frame["resolved_days"].iloc[position]
    return f"days {begin:g} to {'?' if pd.isna(end) else format(end, 'g')}"


def _resolved_before_onset(material: Material) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        resolved = material.numbers("recurrences", "resolved_days")
        return resolved < material.numbers("recurrences", "onset_days")


def _told_intervals(material: Material, rows: np.ndarray) -> str:
    frame = material.tables["recurrences"]
    return "; ".join(
        f"{frame['participant_id'].iloc[k]} {_interval(frame, int(k))}" for k in rows[:IDS_SHOWN]
    )


def _onset_on_day_zero(material: Material) -> np.ndarray:
    return material.numbers("recurrences", "onset_days") == 0


def _flag_outside(material: Material) -> np.ndarray:
    """A first limiting or care-seeking day that does not lie within its episode."""
    onset = material.numbers("recurrences", "onset_days")
    end = material.numbers("recurrences", "resolved_days")
    outside = np.zeros(len(onset), dtype=bool)
    with np.errstate(invalid="ignore"):
        for name in FIRST_DAYS:
            day = material.numbers("recurrences", name)
            outside |= (day < onset) | (day > end)
    return outside


def _flag_contradicts(material: Material) -> np.ndarray:
    frame = material.tables["recurrences"]
    rows = np.zeros(len(frame), dtype=bool)
    for name in FIRST_DAYS:
        flag = frame[name.removesuffix("_days")]
        denied = (~flag.fillna(True)).to_numpy(dtype=bool)
        rows |= denied & frame[name].notna().to_numpy()
    return rows


def _partly_unknown(column: str) -> Rows:
    """Rows without a yes or no, where the trial records the column for others."""

    def broken(material: Material) -> np.ndarray:
        missing = material.missing("recurrences", column)
        return missing & (not material.tables["recurrences"][column].isna().all())

    return broken


def _told_of_all(material: Material, rows: np.ndarray) -> str:
    return f"{len(rows)} of {counted(len(material.tables['recurrences']), 'recurrence')}"


def _onset_after(end: str) -> Rows:
    def broken(material: Material) -> np.ndarray:
        last = material.of_participants("recurrences", end).to_numpy(dtype=float)
        with np.errstate(invalid="ignore"):
            return material.numbers("recurrences", "onset_days") > last

    return broken


def _covers_beyond(end: str) -> Rows:
    """Completed check-ins that cover days after a day of their participant."""

    def broken(material: Material) -> np.ndarray:
        last = material.of_participants("check_ins", end).to_numpy(dtype=float)
        done = (material.tables["check_ins"]["state"] == "completed").to_numpy(dtype=bool)
        with np.errstate(invalid="ignore"):
            return done & (material.numbers("check_ins", "covers_to_days") > last)

    return broken


def _uncovered(material: Material) -> np.ndarray:
    """Onsets that lie in no period that a completed check-in asked about."""
    frame = material.tables["recurrences"]
    asked = material.tables["check_ins"]
    done = asked[(asked["state"] == "completed") & asked["covers_to_days"].notna()]
    if not len(done) or not len(frame) or "check_ins" in material.incomplete:
        return np.zeros(len(frame), dtype=bool)
    rows = frame.reset_index()[["index", "participant_id", "onset_days"]].dropna()
    period = ["participant_id", "covers_from_days", "covers_to_days"]
    pairs = rows.merge(joined_periods(done[period].dropna()), on="participant_id")
    covered = pairs["onset_days"].between(pairs["from_days"], pairs["to_days"])
    seen = np.ones(len(frame), dtype=bool)
    seen[rows["index"]] = False
    seen[pairs.loc[covered, "index"].unique()] = True
    known = frame["participant_id"].isin(material.tables["participants"]["participant_id"])
    return ~seen & known.to_numpy(dtype=bool)


def _backwards(material: Material) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        ends = material.numbers("check_ins", "covers_to_days")
        return ends < material.numbers("check_ins", "covers_from_days")


def _without_period(material: Material) -> np.ndarray:
    frame = material.tables["check_ins"]
    done = (frame["state"] == "completed").to_numpy(dtype=bool)
    open_end = material.missing("check_ins", "covers_from_days")
    return done & (open_end | material.missing("check_ins", "covers_to_days"))


def _answered_though_missed(material: Material) -> np.ndarray:
    frame = material.tables["check_ins"]
    return ((frame["state"] == "missed") & frame["answered_days"].notna()).to_numpy(dtype=bool)


EPISODE_RULES = (
    Rule(
        "recurrences",
        "onset_days",
        "error",
        "recurrences that overlap an earlier one of the participant: {told}",
        "correct the days, or choose a rule in trial.toml under [recurrences]: overlapping = "
        '"merge" (one episode, first onset to last day) or "first" (leave the later out)',
        _overlaps,
        _told_overlaps,
        topic="consistency",
    ),
    Rule(
        "recurrences",
        "resolved_days",
        "error",
        "the last day of pain lies before the first: {told}",
        "correct one of the two",
        _resolved_before_onset,
        _told_intervals,
        topic="consistency",
    ),
    Rule(
        "recurrences",
        "onset_days",
        "warning",
        "recurrences on the day of randomisation: they are not after it, and survival methods do "
        "not count them",
        "check that they were not there before; correct the day if pain came back later",
        _onset_on_day_zero,
        topic="time",
    ),
    Rule(
        "recurrences",
        "onset_days",
        "error",
        "the first day of limited activities or of care lies outside the episode: {told}",
        "correct one of the days",
        _flag_outside,
        _told_intervals,
        topic="consistency",
    ),
    Rule(
        "recurrences",
        "onset_days",
        "error",
        "a first day of limited activities or of care is given, and denied by the yes/no column",
        "correct one of the two",
        _flag_contradicts,
        topic="consistency",
    ),
    Rule(
        "recurrences",
        "activity_limiting",
        "warning",
        "it is not known whether {told} limited daily activities",
        "enter it if it is known: they do not count as activity-limiting, and analyses say so",
        _partly_unknown("activity_limiting"),
        _told_of_all,
        topic="completeness",
        looks_for="recurrences of which it is not known whether they limited activities",
    ),
    Rule(
        "recurrences",
        "care_seeking",
        "warning",
        "it is not known whether care was sought for {told}",
        "enter it if it is known: they do not count as care-seeking, and analyses say so",
        _partly_unknown("care_seeking"),
        _told_of_all,
        topic="completeness",
        looks_for="recurrences of which it is not known whether care was sought",
    ),
    Rule(
        "recurrences",
        "onset_days",
        "warning",
        "recurrences after withdrawal",
        "they are kept in the table and out of analyses, which say how many",
        _onset_after("withdrawn_days"),
        topic="time",
    ),
    Rule(
        "recurrences",
        "onset_days",
        "warning",
        "recurrences after the planned end of follow-up",
        "they are kept in the table and out of analyses, which say how many",
        _onset_after("planned_end_days"),
        topic="time",
    ),
    Rule(
        "check_ins",
        "covers_to_days",
        "warning",
        "completed check-ins cover days after withdrawal",
        "correct the day of withdrawal or the state, if one is wrong: observation ends on that "
        "day, and analyses say how many reach beyond it",
        _covers_beyond("withdrawn_days"),
        topic="time",
    ),
    Rule(
        "check_ins",
        "covers_to_days",
        "warning",
        "completed check-ins cover days after the planned end of follow-up",
        "correct planned_end_days if it is too early: observation ends on that day, and analyses "
        "say how many reach beyond it",
        _covers_beyond("planned_end_days"),
        topic="time",
    ),
    Rule(
        "recurrences",
        "onset_days",
        "warning",
        "onsets in no period that a completed check-in asked about: {told}",
        "correct the onset or the period; analyses end where observation ends",
        _uncovered,
        _told_intervals,
        topic="time",
    ),
    Rule(
        "check_ins",
        "covers_to_days",
        "error",
        "the period that a check-in asks about ends before it begins",
        "correct one of the two",
        _backwards,
        topic="consistency",
    ),
    Rule(
        "check_ins",
        "covers_to_days",
        "error",
        "completed check-ins do not say which period they cover",
        "give covers_from_days and covers_to_days, or say it once for all in trial.toml: "
        "schedule = { 1 = [0, 30], 2 = [30, 60] }; without them nothing was observed",
        _without_period,
        topic="completeness",
    ),
    Rule(
        "check_ins",
        "state",
        "error",
        "missed check-ins have a day on which they were answered",
        "correct the state, or leave the day empty",
        _answered_though_missed,
        topic="consistency",
    ),
)
