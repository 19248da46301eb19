"""What may modify an effect, and which of its levels say something?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column
from walkstats._variables import _text, levels_of
from walkstats.errors import DataError
from walkstats.schema import recorded_later

Booleans = NDArray[np.bool_]

MOST_NUMBERS = 6  # distinct values of a number that may be levels
MOST_LEVELS = 12
FEWEST = 2  # participants of an arm without whom a level says nothing
FEW_EVENTS, FEW_PEOPLE = 10, 20  # below which a level is said to be small

PLANNED, POST_HOC = "pre-specified", "post hoc"


@dataclass(frozen=True)
class Modifier:
    """A modifier as it is read.

    Attributes
    ----------
    name : str
    levels : tuple of str
        Those with an effect, in order.
    dropped : tuple of (level, reason)
    status : {"pre-specified", "post hoc"}
    """

    name: str
    levels: tuple[str, ...]
    dropped: tuple[tuple[str, str], ...]
    status: str


def status_of(
    planned: Sequence[str], post_hoc: Sequence[str], taken: Iterable[str]
) -> dict[str, str]:
    """Modifier -> whether it was planned, checked.

    Raises
    ------
    ValueError
        Without modifiers, for one named twice, one that is the arm, the outcome or a time, and one
        known only after randomisation.
    """
    found = {name: PLANNED for name in planned} | {name: POST_HOC for name in post_hoc}
    if not found:
        raise ValueError("Name the modifiers that were planned, in modifiers=.")
    if len(found) < len(planned) + len(post_hoc):
        raise ValueError("A modifier is named twice; it was planned or it was not.")
    for name in found:
        if name in taken:
            raise ValueError(f"{name!r} has a part in the model already, and modifies no effect.")
        if recorded_later(name):
            raise ValueError(
                f"{name!r} is recorded after randomisation, so that the arm may have changed it: "
                "people with one value of it in either arm are not alike. Subgroups are made of "
                "what was known at randomisation."
            )
    return found


def levels_in(frame: pd.DataFrame, name: str) -> pd.Series:
    """The modifier as a Categorical of texts.

    Raises
    ------
    ValueError
        For a number with many values, and for very many levels.
    DataError
        Where everybody has the same value.
    """
    column = check_column(frame, name, "a modifier")
    distinct = int(column.nunique())
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if numeric and distinct > MOST_NUMBERS:
        raise ValueError(
            f"{name!r} is a number with {distinct} values. Cut in groups it would lose what it "
            "says, and the cut could be chosen: take causal.effect_curve, or groups that the plan "
            "names, as a column of their own."
        )
    if distinct > MOST_LEVELS:
        raise ValueError(f"{name!r} has {distinct} levels, too many for an effect in each.")
    levels, _ = levels_of(column)
    if len(levels) < 2:
        raise DataError.of(
            f"everybody has the same {name} ({', '.join(levels) or 'none is known'})",
            column=name,
            what_to_do="leave this modifier out",
        )
    said = str if isinstance(column.dtype, pd.CategoricalDtype) else _text
    texts = column.astype(object).map(said, na_action="ignore")
    return pd.Series(pd.Categorical(texts, categories=list(levels)), index=frame.index, name=name)


def read_modifier(
    name: str,
    status: str,
    column: pd.Series,
    arm: pd.Series,
    arms: Sequence[str],
    people: pd.Series,
    event: Booleans | None,
    binary: bool,
) -> Modifier:
    """Which levels have an effect: people in both arms, and events to compare.

    Parameters
    ----------
    name, status : str
    column, arm : pandas.Series
        Modifier and arm of each row.
    arms : sequence of str
    people : pandas.Series
        Participant of each row.
    event : (n,) bool array or None
    binary : bool
        Whether an event in everybody leaves nothing to compare either.

    Raises
    ------
    DataError
        Where fewer than two levels are left.
    """
    own = arm.astype(object).map(str).to_numpy()
    values = column.astype(object).to_numpy()
    keep, dropped = [], []
    for level in column.cat.categories:
        here = values == level
        each = [int(people[here & (own == one)].nunique()) for one in arms]
        if min(each) < FEWEST:
            poor = arms[int(np.argmin(each))]
            dropped.append((level, f"{min(each)} participant(s) of {poor}"))
        elif event is not None and not event[here].any():
            dropped.append((level, "no events"))
        elif event is not None and binary and event[here].all():
            dropped.append((level, "an event in everybody"))
        else:
            keep.append(str(level))
    if len(keep) < 2:
        raise DataError.of(
            f"fewer than two levels of {name} have participants of all arms and something to "
            f"compare ({'; '.join(f'{level}: {why}' for level, why in dropped)})",
            column=name,
            what_to_do="leave this modifier out",
        )
    return Modifier(name, tuple(keep), tuple(dropped), status)
