"""Do the periods that check-ins ask about follow each other, and do they cover anyone at all?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from walkstats._periods import JOINED_DAYS, joined_periods
from walkstats.checks.material import Material
from walkstats.checks.rules import Rule, counted

MOST_WITH_GAPS = 0.2
"""Share of the participants with check-ins above which gaps look like a way of writing periods."""

WITHOUT_FOLLOW_UP = "participants without follow-up"
"""How the finding about them begins, which trials without check-ins of their own say otherwise."""


def checkable(material: Material) -> bool:
    """Whether check-ins and participants were read without loss, so that rows can be counted."""
    broken = {"participants", "check_ins"} & material.incomplete
    cells = [
        ("participants", "participant_id"),
        ("check_ins", "participant_id"),
        ("check_ins", "state"),
        ("check_ins", "check_in"),
        ("check_ins", "covers_from_days"),
        ("check_ins", "covers_to_days"),
    ]
    refused = any(material.refused[one].any() for one in cells if one in material.refused)
    return bool(len(material.tables["check_ins"])) and not broken and not refused


def _periods(material: Material) -> pd.DataFrame:
    """Check-ins in their order, with the end of what the completed ones before them covered."""
    asked = material.tables["check_ins"]
    asked = asked[asked["participant_id"].notna()]
    asked = asked.sort_values(["participant_id", "check_in"], kind="stable")
    done = (asked["state"] == "completed") & asked["covers_to_days"].notna()
    who = asked["participant_id"]
    end = asked["covers_to_days"].where(done, 0.0)
    before = end.groupby(who).cummax().groupby(who).shift(fill_value=0.0)
    after_missed = (~done).groupby(who).shift(fill_value=False)
    return asked.assign(done=done, before=before, after_missed=after_missed)


def with_gaps(material: Material) -> np.ndarray:
    """Participants with a gap between two periods where no check-in was missed."""
    people = material.tables["participants"]["participant_id"]
    none = np.zeros(len(people), dtype=bool)
    if not checkable(material):
        return none
    periods = _periods(material)
    gap = periods["covers_from_days"] - periods["before"] > JOINED_DAYS
    with_gap = periods.loc[gap & periods["done"] & ~periods["after_missed"], "participant_id"]
    return people.isin(with_gap).to_numpy(dtype=bool)


def _leave_gaps(material: Material) -> np.ndarray:
    """The same, where so many have one that it looks like a way of writing periods."""
    rows = with_gaps(material)
    people = material.tables["participants"]["participant_id"]
    asked = people.isin(material.tables["check_ins"]["participant_id"]).sum()
    return rows & bool(rows.sum() > MOST_WITH_GAPS * asked)


def _told_gaps(material: Material, rows: np.ndarray) -> str:
    asked = material.tables["check_ins"]["participant_id"].nunique()
    return f"{len(rows)} of {counted(asked, 'participant')}"


def _cover_nothing(material: Material) -> np.ndarray:
    """No completed check-in covers the time from randomisation on; told for day 0 elsewhere."""
    people = material.tables["participants"]
    if not checkable(material):
        return np.zeros(len(people), dtype=bool)
    asked = material.tables["check_ins"]
    done = asked[(asked["state"] == "completed") & asked["participant_id"].notna()]
    spans = joined_periods(done.dropna(subset=["covers_from_days", "covers_to_days"]))
    covers = (spans["from_days"] <= 0) & (spans["to_days"] > 0)
    covered = people["participant_id"].isin(spans.loc[covers, "participant_id"])
    ends = [material.numbers("participants", c) for c in ("planned_end_days", "withdrawn_days")]
    known = people["participant_id"].notna()
    return (known & ~covered).to_numpy(dtype=bool) & (np.fmin(*ends) != 0)


PERIOD_RULES = (
    Rule(
        "participants",
        "participant_id",
        "warning",
        "the periods of check-ins leave gaps for {told}: they lie more than a day apart with no "
        "missed check-in between them, or the first begins after day 1; follow-up ends there",
        "a period is (from, to]: a check-in that asks about days 1-30 covers from 0 to 30, the "
        "next from 30; enter missed check-ins as rows with state missed",
        _leave_gaps,
        _told_gaps,
        topic="time",
        looks_for="periods of check-ins that are written so that they leave gaps",
    ),
    Rule(
        "participants",
        "participant_id",
        "warning",
        f"{WITHOUT_FOLLOW_UP} (no completed check-in covers the time from "
        "randomisation on) are accepted and counted, not at risk",
        "nothing, if that is so; otherwise correct covers_from_days and covers_to_days",
        _cover_nothing,
        topic="time",
        looks_for="participants without a completed check-in from randomisation on",
    ),
)
