"""Do two frames speak of the same people, arms and days? Matched one to one, or refused by name."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_frame, check_positive
from walkstats._variables import levels_of, missing
from walkstats.errors import DataError

Indices = NDArray[np.intp]

SUBJECT = "participant_id"
SIDES = ("costs", "effects")


def match_people(
    costs: pd.DataFrame, effects: pd.DataFrame, by: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both frames with one row per participant, in the order of the first."""
    frames = []
    for frame, name in zip((costs, effects), SIDES, strict=True):
        check_frame(frame, name)
        ids = check_column(frame, SUBJECT, f"the participants of {name}")
        gap = missing(ids)
        if gap.any():
            raise DataError.of(
                f"{SUBJECT} is missing in {int(gap.sum())} row(s) of {name}",
                column=SUBJECT,
                row=int(np.flatnonzero(gap)[0]),
                count=int(gap.sum()),
                what_to_do="say whose rows they are",
            )
        keyed = frame.set_axis(ids.astype(str).to_numpy(), axis=0)
        twice = list(dict.fromkeys(keyed.index[keyed.index.duplicated()]))
        if twice:
            raise DataError.of(
                f"{len(twice)} participant(s) have several rows in {name}",
                column=SUBJECT,
                ids=twice,
                what_to_do="give one row per participant",
            )
        frames.append(keyed)
    first, second = frames
    if len(first) == 0:
        raise DataError.of("costs has no rows", what_to_do="check the filters")
    for here, there, has, lacks in ((first, second, *SIDES), (second, first, *SIDES[::-1])):
        alone = [one for one in here.index if one not in there.index]
        if alone:
            raise DataError.of(
                f"{len(alone)} participant(s) are in {has} and not in {lacks}",
                column=SUBJECT,
                ids=alone,
                what_to_do=f"give each a row in {lacks}, with missing values where nothing is "
                "known: they are then counted and imputed",
            )
    second = second.loc[first.index]
    check_column(first, by, "the arms")
    if by in second.columns:
        moved = first.index[(first[by].astype(str) != second[by].astype(str)).to_numpy()]
        if len(moved):
            raise DataError.of(
                f"{len(moved)} participant(s) have another {by} in effects than in costs",
                column=by,
                ids=list(moved),
                what_to_do="take both frames from the same trial",
            )
    return first, second


def one_horizon(
    costs: pd.DataFrame, effects: pd.DataFrame, given: float | None, is_event: bool
) -> float:
    """The one horizon of costs and effects [days]."""
    told = {
        name: float(frame.attrs["horizon_days"])
        for name, frame in zip(SIDES, (costs, effects), strict=True)
        if frame.attrs.get("horizon_days") is not None
    }
    if given is not None:
        told["horizon_days"] = check_positive(given, "horizon_days", "days")
    if len(set(told.values())) > 1:
        said = ", ".join(f"{name} {value:g}" for name, value in told.items())
        raise ValueError(f"Costs and effects need one horizon [days]; they have: {said}.")
    if told:
        return next(iter(told.values()))
    if is_event:
        raise ValueError(
            "Up to which day do events count? costs does not say it: horizon_days=365."
        )
    return float("nan")


def two_arms(costs: pd.DataFrame, by: str) -> tuple[Indices, tuple[str, str]]:
    """Code of each participant's arm, 0 for the reference, and the two labels."""
    series = costs[by]
    gap = missing(series)
    if gap.any():
        raise DataError.of(
            f"{by} is missing for {int(gap.sum())} participant(s)",
            column=by,
            ids=list(costs.index[gap]),
            what_to_do="say in which arm they were randomised",
        )
    levels, _ = levels_of(series)
    if len(levels) != 2:
        raise DataError.of(
            f"{by} has {len(levels)} level(s): {', '.join(levels)}",
            column=by,
            what_to_do="compare two arms at a time",
        )
    arm = (series.astype(str) == levels[1]).to_numpy().astype(np.intp)
    for code, label in enumerate(levels):
        if int((arm == code).sum()) < 2:
            raise DataError.of(
                f"{by} = {label} has a single participant",
                column=by,
                what_to_do="compare arms with at least two",
            )
    return arm, (levels[0], levels[1])
