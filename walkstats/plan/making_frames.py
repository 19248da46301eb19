"""Which frame does an analysis take, and how is it made of the trial?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

import walkstats.derive as derive
from walkstats.errors import DataError
from walkstats.plan.methods import METHODS
from walkstats.plan.sets_of_people import trial_of
from walkstats.plan.specification import Analysis, AnalysisPlan, Frame
from walkstats.trial import Trial


@dataclass
class Workshop:
    """The trial and the sets of its people, with the frames made so far: each is made once."""

    trial: Trial
    plan: AnalysisPlan
    trials: dict[str, Trial] = field(default_factory=dict)
    made: dict[tuple[str, str], pd.DataFrame] = field(default_factory=dict)

    def frame(self, spec: Frame, chosen: str) -> pd.DataFrame:
        """The frame of a specification among the people of a set."""
        key = (chosen, spec.key)
        if key not in self.made:
            self.made[key] = frame_of(spec, self.among(chosen))
        return self.made[key]

    def among(self, chosen: str) -> Trial:
        """The trial with the people of a set only."""
        if chosen not in self.trials:
            self.trials[chosen] = trial_of(self.trial, self.plan.sets.get(chosen))
        return self.trials[chosen]

    def arguments(self, one: Analysis) -> dict[str, Any]:
        """The arguments of an analysis, frames among them made."""
        method = METHODS[one.method]
        made = dict(one.arguments)
        for key, value in one.arguments.items():
            if key in method.frames:
                made[key] = self.frame(Frame(**value), one.set)
            elif key in method.many:
                made[key] = {
                    name: self.frame(Frame(**each), one.set) for name, each in value.items()
                }
        return made


def frame_of(spec: Frame, trial: Trial) -> pd.DataFrame:
    """Make a frame of a trial as a plan asks for it.

    Raises
    ------
    DataError, ValueError
        When the trial does not have what it needs.
    """
    frame = maker(spec.derive)(trial, **spec.arguments)
    if spec.joined is not None:
        frame = _with_columns(frame, frame_of(spec.joined, trial), spec)
    attrs = frame.attrs
    for column, value in spec.where.items():
        if column not in frame:
            raise ValueError(f"{spec.derive} has no column {column!r}")
        frame = frame[frame[column] == value]
    frame = frame.reset_index(drop=True)
    frame.attrs = attrs
    frame = _ended_early(frame, spec.until, trial) if spec.until else frame
    return derive.landmark(frame, at=spec.landmark) if spec.landmark else frame


def _with_columns(frame: pd.DataFrame, other: pd.DataFrame, spec: Frame) -> pd.DataFrame:
    """A frame with the further columns of another that has one row per participant."""
    assert spec.joined is not None
    name = spec.joined.derive
    for each in (frame, other):
        if "participant_id" not in each:
            raise DataError.of(f"frame joined, {name}: no participant_id", table="plan")
    if other["participant_id"].duplicated().any():
        raise DataError.of(
            f"frame joined, {name}: several rows per participant",
            table="plan",
            what_to_do="join a frame with one row per participant",
        )
    new = [column for column in other if column not in frame]
    people = other.set_index("participant_id")[new]
    whole = frame.join(people, on="participant_id")
    whole.attrs = {
        **frame.attrs,
        "notes": (*frame.attrs.get("notes", ()), *other.attrs.get("notes", ())),
        "derived": f"{frame.attrs.get('derived', spec.derive)}; {other.attrs.get('derived', name)}",
    }
    return whole


def maker(name: str) -> Any:
    """The function that makes a frame."""
    part, _, function = name.rpartition(".")
    if part == "economics":
        import walkstats.economics as economics

        return getattr(economics, function)
    return getattr(derive, name)


def _ended_early(frame: pd.DataFrame, until: str, trial: Trial) -> pd.DataFrame:
    """First events with follow-up ended at a day of each participant, said in its notes."""
    if not {"participant_id", "days", "event"} <= set(frame.columns):
        raise DataError.of(f"until = {until!r} needs a frame of first events", table="plan")
    if until not in trial.participants:
        raise DataError.of(f"until: participants have no column {until!r}", table="plan")
    day = frame["participant_id"].map(trial.people[until]).to_numpy(dtype=float)
    cut = day < frame["days"].to_numpy(dtype=float)
    changed: dict[str, Any] = {
        "days": np.where(cut, day, frame["days"]),
        "event": frame["event"] & ~cut,
    }
    if "ended_by" in frame:
        changed["ended_by"] = frame["ended_by"].astype(object).where(~cut, until)
    ended = frame.assign(**changed)
    note = (
        f"Follow-up of {int(cut.sum())} participants was ended at {until}: what came after it is "
        "taken as not observed."
    )
    ended.attrs = {**frame.attrs, "notes": (*frame.attrs.get("notes", ()), note)}
    return ended
