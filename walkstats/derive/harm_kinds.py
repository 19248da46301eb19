"""Which adverse events belong to each kind? Kinds are named in words, and cross with ``&``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.errors import DataError

Booleans = NDArray[np.bool_]

FLAGS = ("serious", "related")
UNKNOWN = " or not recorded"
NOT_KINDS = ("participant_id", "onset_days")


@dataclass(frozen=True)
class Kind:
    """A kind of adverse event.

    Attributes
    ----------
    label : str
    chosen : (n,) bool array
        Which events are of it.
    """

    label: str
    chosen: Booleans


def kinds_of(events: pd.DataFrame, asked: str | Sequence[str] | None) -> tuple[Kind, ...]:
    """The kinds asked for, or those that a trial has recorded.

    Parameters
    ----------
    events : pandas.DataFrame
        One row per event.
    asked : str, sequence of str or None
        As for ``harm_counts``.

    Returns
    -------
    tuple of Kind

    Raises
    ------
    ValueError
        For words that name no column of the events, and a flag that is nowhere recorded.
    """
    if asked is None:
        known = [name for name in FLAGS if name in events and events[name].notna().any()]
        regions = ["body region"] * bool(
            "body_region" in events and events["body_region"].notna().any()
        )
        asked = ["any", *known, *regions]
    wanted = [asked] if isinstance(asked, str) or not np.iterable(asked) else list(asked)
    if not wanted:
        raise ValueError("kinds must name at least one kind of adverse event, 'any' for example.")
    found: dict[str, Kind] = {}
    for words in wanted:
        for kind in _crossed(events, str(words)):
            found.setdefault(kind.label, kind)
    return tuple(found.values())


def _crossed(events: pd.DataFrame, words: str) -> list[Kind]:
    """Each combination of the parts of one text."""
    crossed = [Kind("", np.ones(len(events), dtype=bool))]
    for part in words.split("&"):
        own = _of_part(events, part.strip())
        crossed = [
            Kind(f"{one.label} & {two.label}" if one.label else two.label, one.chosen & two.chosen)
            for one in crossed
            for two in own
        ]
    return crossed


def _of_part(events: pd.DataFrame, part: str) -> list[Kind]:
    if part == "any":
        return [Kind("any", np.ones(len(events), dtype=bool))]
    name, _, value = (text.strip() for text in part.partition(":"))
    flag = name.removesuffix(UNKNOWN)
    columns = {str(c).replace("_", " "): c for c in events.columns if c not in NOT_KINDS}
    column = columns.get(flag.replace("_", " "))
    if column is None:
        known = ", ".join(repr(one) for one in ("any", *columns))
        raise ValueError(f"No kind of adverse event {part!r}. Kinds are made of: {known}.")
    if _is_flag(events[column], str(column)):
        return [_of_flag(events[column], flag, with_unknown=name != flag)]
    texts = events[column].astype(object)
    values = [value] if value else sorted(str(one) for one in texts.dropna().unique())
    said = texts.map(str, na_action="ignore")
    return [Kind(f"{name.replace('_', ' ')}: {one}", _where(said == one)) for one in values]


def _is_flag(column: pd.Series, name: str) -> bool:
    return name in FLAGS or pd.api.types.is_bool_dtype(column)


def _of_flag(column: pd.Series, flag: str, *, with_unknown: bool) -> Kind:
    if len(column) and column.isna().all():
        raise ValueError(f"The trial does not record of any adverse event whether it was {flag}.")
    try:
        yes = _where(column.astype("boolean").fillna(False))
    except (TypeError, ValueError):
        found = ", ".join(repr(one) for one in pd.unique(column.dropna())[:5])
        raise DataError.of(
            f"{flag} must be yes or no (bool, or 0 and 1); found {found}",
            table="adverse_events",
            column=str(column.name),
            what_to_do="say in trial.toml which value means yes, or make it True and False",
        ) from None
    if with_unknown:
        return Kind(f"{flag}{UNKNOWN}", yes | _where(column.isna()))
    return Kind(flag, yes)


def _where(column: pd.Series) -> Booleans:
    return np.asarray(column.fillna(False), dtype=bool)


def said_of_kinds(events: pd.DataFrame, kinds: Sequence[Kind]) -> tuple[str, ...]:
    """Notes on events of unknown kind, and on kinds of which there is no event."""
    notes = []
    for flag in FLAGS:
        gaps = int(events[flag].isna().sum()) if flag in events else 0
        if gaps and gaps < len(events):
            notes.append(
                f"Of {gaps} adverse event(s) it is not recorded whether they were {flag}; they do "
                f"not count as {flag}. '{flag}{UNKNOWN}' is the kind that has them."
            )
    region = "body_region"
    gaps = int(events[region].isna().sum()) if region in events else 0
    if gaps and gaps < len(events):
        notes.append(f"{gaps} adverse event(s) have no body region; they stand under none.")
    none = [kind.label for kind in kinds if not kind.chosen.any()]
    if none:
        notes.append(f"No adverse event on record is: {'; '.join(none)}.")
    return tuple(notes)
