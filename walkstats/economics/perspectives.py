"""Whose costs count? Kinds of cost, and which of them each point of view counts."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from walkstats.errors import DataError, Problem

NO_CATEGORY = "(no category)"


@dataclass(frozen=True)
class Category:
    """A kind of cost.

    Attributes
    ----------
    name, meaning : str
    asked : bool
        Whether participants are asked about it. What the provider records is known of everybody,
        whether they answered or not.
    """

    name: str
    meaning: str
    asked: bool = True


@dataclass(frozen=True)
class Perspective:
    """A point of view: whose costs count.

    Attributes
    ----------
    name, title : str
    counts : tuple of str
        Names of categories.
    """

    name: str
    title: str
    counts: tuple[str, ...]


CATEGORIES = {
    one.name: one
    for one in (
        Category("intervention", "delivering the programme", asked=False),
        Category("health care", "visits, tests and treatment outside hospital"),
        Category("hospital", "stays in hospital and operations"),
        Category("medicines", "medicines, prescribed or bought"),
        Category("social care", "help at home and residential care that somebody pays for"),
        Category("out of pocket", "what participants pay themselves and is in no other category"),
        Category("travel", "travel to care and to sessions"),
        Category("informal care", "unpaid help by family and friends"),
        Category("absence", "paid work not done for being absent"),
        Category("presenteeism", "paid work not done while being at work"),
        Category("unpaid work", "unpaid work not done"),
    )
}
_CARE = ("health care", "hospital", "medicines")

PERSPECTIVES = {
    one.name: one
    for one in (
        Perspective("societal", "society: everything, whoever pays", tuple(CATEGORIES)),
        Perspective("health care", "the health-care system", ("intervention", *_CARE)),
        Perspective(
            "health and social care",
            "health and social services",
            ("intervention", *_CARE, "social care"),
        ),
        Perspective("payer", "the payer of the programme", ("intervention",)),
        Perspective("employer", "the employer", ("absence", "presenteeism")),
    )
}


def chosen_perspective(perspective: str | Sequence[str] | Perspective) -> Perspective:
    """The perspective named, or one that counts the categories listed.

    Raises
    ------
    ValueError
        For a name or a category that is not known.

    Examples
    --------
    >>> chosen_perspective("payer").counts
    ('intervention',)
    >>> chosen_perspective(["medicines", "hospital"]).name
    'medicines and hospital'
    """
    if isinstance(perspective, Perspective):
        _check_counts(perspective.counts)
        return perspective
    if isinstance(perspective, str):
        if perspective in PERSPECTIVES:
            return PERSPECTIVES[perspective]
        near = difflib.get_close_matches(perspective.casefold(), PERSPECTIVES, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"perspective must be one of {', '.join(map(repr, PERSPECTIVES))}, or a list of "
            f"categories; got {perspective!r}.{hint}"
        )
    try:
        counts = tuple(perspective)
    except TypeError:
        raise ValueError(
            f"perspective must be a name or a list of categories, got {perspective!r}."
        ) from None
    _check_counts(counts)
    return Perspective(" and ".join(counts), "chosen categories", counts)


def _check_counts(counts: tuple[str, ...]) -> None:
    unknown = [one for one in counts if one not in CATEGORIES]
    if unknown or not counts:
        raise ValueError(
            f"A perspective counts categories among {', '.join(map(repr, CATEGORIES))}; "
            f"got {', '.join(map(repr, unknown)) or 'none'}."
        )


def named_categories(costs: pd.DataFrame, categories: Mapping[str, str] | None) -> np.ndarray:
    """The category of each row, by the names that perspectives know.

    Parameters
    ----------
    costs : pandas.DataFrame
    categories : mapping of str to str, optional
        The trial's own name of a category -> one of ``CATEGORIES``.

    Raises
    ------
    ValueError
        When a category is mapped to one that is not known, or that the trial does not have.
    DataError
        With every category that no perspective knows.
    """
    own = costs["category"].to_numpy(dtype=object)
    found = pd.unique(own)
    if categories is not None and not isinstance(categories, Mapping):
        raise ValueError(
            "categories must be a mapping of the trial's name to one that perspectives know, got "
            f"{categories!r}."
        )
    mapped = dict(categories or {})
    for name, meant in mapped.items():
        if meant not in CATEGORIES:
            raise ValueError(
                f"categories maps {name!r} to {meant!r}, which is none of "
                f"{', '.join(map(repr, CATEGORIES))}."
            )
        if name not in found:
            listed = ", ".join(repr(one) for one in found) or "none"
            raise ValueError(f"categories names {name!r}; the trial has {listed}.")
    problems = [
        _unknown(costs, name) for name in found if name not in mapped and name not in CATEGORIES
    ]
    if problems:
        raise DataError(problems)
    return np.array([mapped.get(name, name) for name in own], dtype=object)


def _unknown(costs: pd.DataFrame, name: object) -> Problem:
    unnamed = not isinstance(name, str)
    rows = costs["category"].isna() if unnamed else costs["category"] == name
    near = difflib.get_close_matches(str(name).casefold(), CATEGORIES, n=1)
    hint = near[0] if near else next(iter(CATEGORIES))
    if unnamed:
        what, mend = "rows without a category", "enter the category of each row"
    else:
        what = f"no perspective knows the category {name!r}"
        mend = (
            f"say which it is, e.g. categories={{{name!r}: {hint!r}}}; known are "
            f"{', '.join(map(repr, CATEGORIES))}"
        )
    ids = tuple(dict.fromkeys(str(one) for one in costs.loc[rows, "participant_id"]))
    return Problem(what, mend, "costs", "category", int(np.argmax(rows)), ids[:5], int(rows.sum()))
