"""Who is in an analysis set of a plan?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.errors import DataError
from walkstats.plan.specification import AnalysisPlan, AnalysisSet
from walkstats.trial import Trial

Booleans = NDArray[np.bool_]


def trial_of(trial: Trial, chosen: AnalysisSet | None) -> Trial:
    """The trial with the participants of an analysis set only.

    Parameters
    ----------
    trial : Trial
    chosen : AnalysisSet or None
        None for everybody randomised.

    Returns
    -------
    Trial

    Raises
    ------
    DataError
        For unknown columns, values that cannot be compared, and sets that leave out a whole arm.
    """
    if chosen is None or not chosen.where:
        return trial
    inside = members(trial, chosen)
    people = trial.participants
    empty = [arm for arm in trial.arms if not (inside & (people["arm"] == arm).to_numpy()).any()]
    if empty:
        raise DataError.of(
            f"analysis set {chosen.name!r} has nobody of arm {', '.join(empty)}",
            table="plan",
            what_to_do="change its conditions",
        )
    return trial.only(people["participant_id"][inside], note=f"analysis set: {chosen.title}")


def members(trial: Trial, chosen: AnalysisSet) -> Booleans:
    """Whether each participant (n,) is in a set; who has no value of a condition is not."""
    inside = np.ones(len(trial.participants), dtype=bool)
    for column, condition in chosen.where.items():
        if column not in trial.participants:
            raise DataError.of(
                f"analysis set {chosen.name!r}: participants have no column {column!r}",
                table="plan",
                what_to_do=f"there are {', '.join(map(str, trial.participants.columns))}",
            )
        try:
            inside &= _meet(trial.participants[column], condition)
        except TypeError:
            raise DataError.of(
                f"analysis set {chosen.name!r}: {column} cannot be compared with "
                f"{dict(condition) if isinstance(condition, Mapping) else condition!r}",
                table="plan",
                what_to_do="give a value of the kind that the column has; a date is written as "
                '"2020-03-11"',
            ) from None
    return inside


def _meet(column: pd.Series, condition: Any) -> Booleans:
    """Whether each value meets a condition; a missing one meets none."""
    if not isinstance(condition, Mapping):
        allowed = condition if isinstance(condition, (list, tuple)) else [condition]
        kept = column.isin([_of_kind(column, one) for one in allowed])
        return kept.to_numpy(dtype=bool)
    known = column.notna()
    met = known.to_numpy(dtype=bool).copy()
    for name, bound in condition.items():
        held = BOUNDS[name](column[known], _of_kind(column, bound))
        met[np.flatnonzero(known)] &= np.asarray(held, dtype=bool)
    return met


def _of_kind(column: pd.Series, value: Any) -> Any:
    """A bound as the column holds its values: dates are written as text in a plan."""
    if not pd.api.types.is_datetime64_any_dtype(column):
        return value
    if not isinstance(value, (str, date)):
        raise TypeError  # a number would be nanoseconds since 1970
    try:
        return pd.Timestamp(value)
    except ValueError:
        raise TypeError from None


BOUNDS = {
    "at_least": lambda values, bound: values >= bound,
    "from": lambda values, bound: values >= bound,
    "at_most": lambda values, bound: values <= bound,
    "before": lambda values, bound: values < bound,
}


def set_sizes(trial: Trial, plan: AnalysisPlan) -> pd.DataFrame:
    """How many participants of each arm each set of a plan holds.

    Returns
    -------
    pandas.DataFrame
        One row per set and arm: set, title, arm, participants, randomised.
    """
    arms = trial.participants["arm"]
    rows = []
    for name, chosen in plan.sets.items():
        inside = members(trial, chosen)
        for arm in trial.arms:
            here = (arms == arm).to_numpy()
            rows.append((name, chosen.title, arm, int((inside & here).sum()), int(here.sum())))
    return pd.DataFrame(rows, columns=["set", "title", "arm", "participants", "randomised"])
