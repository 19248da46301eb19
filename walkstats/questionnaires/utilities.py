"""What is a profile of the EQ-5D-5L worth, by the value set that the team supplies?

No value set comes with walkstats: each belongs to those who made it, and which one a trial uses is
a decision of its protocol.
"""

from __future__ import annotations

import csv
import io
import itertools
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.errors import DataError, Problem

Floats = NDArray[np.float64]

DIMENSIONS = ("mobility", "self_care", "usual_activities", "pain_discomfort", "anxiety_depression")
LEVELS = (1, 2, 3, 4, 5)
FULL_HEALTH, ANY_PROBLEM = "full_health", "any_problem"
LONGEST_FILE = 1_000_000  # bytes; 3125 rows have about 50,000
MOST_TOLD = 20  # problems of a file that has nothing but problems
LOWEST = -2.0
"""Far below every published value set; what lies below is no utility."""

FORMAT = (
    "a value set has columns profile and utility with all 3125 profiles, or dimension, level and "
    f"decrement with levels 2 to 5 of {', '.join(DIMENSIONS)} (and, where the set has them, rows "
    f"{ANY_PROBLEM} and {FULL_HEALTH} without a level)"
)


@dataclass(frozen=True, eq=False)
class ValueSet:
    """Utilities of all profiles.

    Attributes
    ----------
    name : str
        As a methods section names it.
    utilities : (5, 5, 5, 5, 5) array
        By the levels of the dimensions, less 1.
    notes : tuple of str
        What a reader should know of it.
    """

    name: str
    utilities: Floats
    notes: tuple[str, ...] = ()

    def of(self, levels: Floats) -> Floats:
        """Utilities of profiles.

        Parameters
        ----------
        levels : (n, 5) array
            1 to 5; nan where not answered.

        Returns
        -------
        numpy.ndarray
            (n,), nan where a dimension is missing.
        """
        known = ~np.isnan(levels).any(axis=1)
        out = np.full(len(levels), np.nan)
        out[known] = self.utilities[tuple((levels[known].astype(np.int64) - 1).T)]
        return out

    @property
    def lowest(self) -> float:
        """The lowest utility of a profile."""
        return float(self.utilities.min())

    @property
    def highest(self) -> float:
        """The utility of full health."""
        return float(self.utilities[0, 0, 0, 0, 0])


def read_value_set(
    which: str | os.PathLike[str] | Mapping[Any, Any] | pd.DataFrame | ValueSet,
    *,
    name: str | None = None,
) -> ValueSet:
    """Read the utilities of EQ-5D-5L profiles, and check that they can be a value set.

    Parameters
    ----------
    which : str, path-like, mapping or pandas.DataFrame
        A CSV file or frame with columns profile and utility, one row per profile, or with columns
        dimension, level and decrement: what a level takes from full health. A mapping is profile
        -> utility, or dimension -> {level: decrement}.
    name : str, optional
        As a methods section names it; the file's name by default.

    Returns
    -------
    ValueSet

    Raises
    ------
    DataError
        For profiles or levels that lack, stand twice or have no number, for utilities above 1, and
        for a set in which full health is not the best.
    ValueError
        For a file that cannot be read.

    Notes
    -----
    The utility of a profile by main effects is

        u = full_health - any_problem [not 11111] - sum over dimensions of decrement(level)

    with ``full_health`` 1 and ``any_problem`` 0 unless the set says otherwise. A set with further
    terms is given as its 3125 utilities.

    Examples
    --------
    Made up, to show the form:

    >>> losses = {d: {2: 0.05, 3: 0.1, 4: 0.2, 5: 0.3} for d in DIMENSIONS}
    >>> made_up = read_value_set(losses, name="made up")
    >>> made_up.of(np.array([[1, 1, 1, 1, 1], [2, 1, 1, 1, 5]])).round(3).tolist()
    [1.0, 0.65]
    """
    if isinstance(which, ValueSet):
        return which
    if isinstance(which, pd.DataFrame):
        if not which.columns.is_unique:
            raise DataError.of("several columns have the same name", what_to_do=FORMAT)
        rows = which.astype(object).where(which.notna(), "").to_dict("records")
        return value_set_of(rows, name or "of the team")
    if isinstance(which, Mapping):
        return value_set_of(_rows_of(which), name or "of the team")
    try:
        path = Path(which)
        if path.exists() and not path.is_file():
            raise OSError("it is no file")
        if path.stat().st_size > LONGEST_FILE:
            raise OSError("it is too long")
        data = path.read_bytes()
    except (OSError, ValueError, TypeError) as reason:
        said = getattr(reason, "strerror", None) or reason
        raise ValueError(f"No value set can be read from {which!r} ({said}).") from None
    return value_set_from(data, path.name, name or path.stem)


def value_set_from(data: bytes, file: str, name: str) -> ValueSet:
    """Read a value set from the bytes of a CSV file.

    Parameters
    ----------
    data : bytes
    file, name : str

    Returns
    -------
    ValueSet

    Raises
    ------
    DataError
        As ``read_value_set``.
    """
    try:
        if len(data) > LONGEST_FILE:
            raise csv.Error(f"it has {len(data)} bytes")
        text = data.decode("utf-8-sig")
        lines = text.splitlines()
        delimiter = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
        rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True))
    except (UnicodeDecodeError, csv.Error) as reason:
        raise DataError.of(
            f"{file} is no table in UTF-8 ({reason})", what_to_do=FORMAT, table=file
        ) from None
    return value_set_of(rows, name, file)


def value_set_of(rows: Iterable[Mapping[Any, Any]], name: str, file: str = "") -> ValueSet:
    """Build a value set from rows.

    Parameters
    ----------
    rows : iterable of mapping
    name, file : str

    Returns
    -------
    ValueSet

    Raises
    ------
    DataError
        As ``read_value_set``.
    """
    tidy = [{str(k).strip().lower(): v for k, v in row.items()} for row in rows]
    header = set(tidy[0]) if tidy else set()
    wrong: list[str] = []
    if {"profile", "utility"} <= header:
        found = _by_profile(tidy, wrong)
    elif {"dimension", "level", "decrement"} <= header:
        found = _by_decrement(tidy, wrong)
    else:
        found, wrong = (
            None,
            [f"the value set has the columns {', '.join(sorted(header)) or 'none'}"],
        )
    if found is not None and not wrong:
        wrong += _impossible(found)
    if wrong or found is None:
        raise DataError([Problem(one, FORMAT, table=file or "value set") for one in wrong])
    return ValueSet(name, found, _worth_knowing(found))


def _rows_of(which: Mapping[Any, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for key, value in which.items():
        if isinstance(value, Mapping):
            rows += [{"dimension": key, "level": k, "decrement": d} for k, d in value.items()]
        elif key in (FULL_HEALTH, ANY_PROBLEM):
            rows.append({"dimension": key, "level": "", "decrement": value})
        else:
            rows.append({"profile": key, "utility": value})
    return rows


@cache
def _profiles() -> dict[str, tuple[int, ...]]:
    every = itertools.product(LEVELS, repeat=len(DIMENSIONS))
    return {"".join(map(str, one)): tuple(k - 1 for k in one) for one in every}


def _number(value: object) -> float:
    try:
        number = float(str(value).strip())
    except ValueError:
        return np.nan
    return number if np.isfinite(number) else np.nan


def _by_profile(rows: list[dict[str, Any]], wrong: list[str]) -> Floats:
    places = _profiles()
    found = np.full((5,) * 5, np.nan)
    seen: set[str] = set()
    for row in rows:
        profile = str(row.get("profile", "")).strip().removesuffix(".0")
        utility = _number(row.get("utility"))
        if profile not in places:
            wrong.append(f"{profile[:20]!r} is no profile of five levels from 1 to 5")
        elif profile in seen:
            wrong.append(f"the profile {profile} stands twice")
        elif np.isnan(utility):
            wrong.append(f"the utility of {profile} is no number: {str(row.get('utility'))[:20]!r}")
        else:
            found[places[profile]] = utility
        seen.add(profile)
        if len(wrong) > MOST_TOLD:
            break
    lacking = [one for one in places if one not in seen]
    if lacking and len(wrong) <= MOST_TOLD:
        wrong.append(f"{len(lacking)} of 3125 profiles lack, such as {', '.join(lacking[:3])}")
    return found


def _by_decrement(rows: list[dict[str, Any]], wrong: list[str]) -> Floats:
    losses: dict[tuple[str, int], float] = {}
    for row in rows:
        place = _place(row)
        loss = _number(row.get("decrement"))
        problem = _wrong_decrement(place, loss, losses)
        if problem:
            wrong.append(problem)
        losses[place] = loss
        if len(wrong) > MOST_TOLD:
            break
    for dimension in DIMENSIONS:
        losses.setdefault((dimension, 1), 0.0)
    lacking = [f"{d} {k}" for d in DIMENSIONS for k in LEVELS if (d, k) not in losses]
    if lacking and len(wrong) <= MOST_TOLD:
        wrong.append(f"there is no decrement for {', '.join(lacking)}")
    if wrong:
        return np.full((5,) * 5, np.nan)
    full, any_problem = losses.get((FULL_HEALTH, 0), 1.0), losses.get((ANY_PROBLEM, 0), 0.0)
    found = np.full((5,) * 5, full - any_problem)
    for axis, dimension in enumerate(DIMENSIONS):
        shape = [1] * 5
        shape[axis] = 5
        found = found - np.array([losses[dimension, k] for k in LEVELS]).reshape(shape)
    found[0, 0, 0, 0, 0] = full - sum(losses[d, 1] for d in DIMENSIONS)
    return found


def _place(row: Mapping[str, Any]) -> tuple[str, int]:
    """Dimension and level of a row; level 0 of what has none, or one that is no level."""
    dimension = str(row.get("dimension", "")).strip().lower()
    number = _number(row.get("level"))
    level = 0 if dimension in (FULL_HEALTH, ANY_PROBLEM) or number not in LEVELS else int(number)
    return dimension, level


def _wrong_decrement(
    place: tuple[str, int], loss: float, before: Mapping[tuple[str, int], float]
) -> str:
    dimension, level = place
    where = f"{dimension[:30]} {level}" if level else dimension[:30]
    if dimension not in (FULL_HEALTH, ANY_PROBLEM) and (dimension not in DIMENSIONS or not level):
        return f"{where!r} is no level of a dimension"
    if place in before:
        return f"{where} stands twice"
    if np.isnan(loss):
        return f"the decrement of {where} is no number"
    if loss < 0:
        return f"the decrement of {where} is {loss:g}: write what is subtracted, above 0"
    return ""


def _impossible(found: Floats) -> list[str]:
    best, top = found[0, 0, 0, 0, 0], found.max()
    wrong = []
    if top > 1.0 + 1e-9:
        wrong.append(f"the highest utility is {top:g}; full health is 1")
    if found.min() < LOWEST:
        wrong.append(f"the lowest utility is {found.min():g}, which is no utility")
    if top > best + 1e-12:
        wrong.append(
            f"11111 has {best:g}, and another profile has {top:g}: full health is the best"
        )
    return wrong


def _worth_knowing(found: Floats) -> tuple[str, ...]:
    better = sum(int((np.diff(found, axis=axis) > 1e-9).sum()) for axis in range(5))
    notes = [f"Utilities reach from {found.min():.3g} to {found[0, 0, 0, 0, 0]:.3g}."]
    if better:
        notes.append(
            f"In {better} pairs of profiles the one with a worse level in one dimension has the "
            "higher utility."
        )
    return tuple(notes)
