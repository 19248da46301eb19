"""How few people share what others may know of them: age, sex, site?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

KNOWN_TO_OTHERS = ("age_years", "sex", "site", "centre", "center", "clinic", "region", "country")
"""Columns that somebody who knows a participant would know too."""
FEW = 5
"""Groups of fewer people are told of."""


@dataclass(frozen=True)
class Sharing:
    """How many people share what others may know of them.

    Attributes
    ----------
    columns : tuple of str
    smallest : int
        People in the smallest group.
    in_few : int
        People in groups of fewer than ``FEW``.
    people : int
    """

    columns: tuple[str, ...]
    smallest: int
    in_few: int
    people: int

    def __str__(self) -> str:
        told = f"{', '.join(self.columns)}: the smallest group has {self.smallest}"
        if not self.in_few:
            return told
        return (
            f"{told}, and {self.in_few} of {self.people} people are in groups of fewer than {FEW}: "
            "coarsen or drop a column before the data leave the team"
        )


def sharing(people: pd.DataFrame, columns: tuple[str, ...]) -> Sharing | None:
    """How many people share their values of these columns; None where none has values.

    Parameters
    ----------
    people : pandas.DataFrame
        One row per participant.
    columns : tuple of str
        Numbers count by their whole part.

    Returns
    -------
    Sharing or None

    Examples
    --------
    >>> str(sharing(pd.DataFrame({"sex": ["f"] * 6 + ["m"] * 5}), ("sex", "site")))
    'sex: the smallest group has 5'
    """
    used = tuple(one for one in columns if one in people and people[one].notna().any())
    if not used or not len(people):
        return None
    values = {one: _whole(people[one]) for one in used}
    sizes = pd.DataFrame(values).groupby(list(used), dropna=False, sort=False).size()
    counts = sizes.to_numpy()
    counts = counts[counts > 0]
    return Sharing(used, int(counts.min()), int(counts[counts < FEW].sum()), len(people))


def rare_values(people: pd.DataFrame, most_values: int = 20) -> list[str]:
    """A sentence for each column of words of which some are those of very few people.

    Examples
    --------
    >>> rare_values(pd.DataFrame({"sex": ["f"] * 6 + ["x"]}))
    ['sex: 1 of 2 values is that of fewer than 5 people']
    """
    told = []
    for name in people.columns:
        if people[name].dtype != object or name == "participant_id":
            continue
        sizes = people[name].value_counts()
        rare = int((sizes < FEW).sum())
        if rare and len(sizes) <= most_values:
            verb = "is that" if rare == 1 else "are those"
            told.append(f"{name}: {rare} of {len(sizes)} values {verb} of fewer than {FEW} people")
    return told


def _whole(values: pd.Series) -> np.ndarray:
    if values.dtype.kind == "f":
        return np.floor(values.to_numpy(dtype=float))
    return values.astype(object).to_numpy()
