"""For which people does a marginal mean stand? The grid of levels and values that it averages."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_times
from walkstats.formulas import Terms

Floats = NDArray[np.float64]

WEIGHTS = {
    "equal": "averaged equally over the levels of {}",
    "proportional": "averaged over the levels of {} in proportion to the rows that have them",
}
MOST_ROWS = 100_000


@dataclass(frozen=True)
class Grid:
    """The cells whose means are wanted, and how each is made.

    Attributes
    ----------
    cells : pandas.DataFrame
        One row per cell, one column for each of the factors asked for; the first varies fastest.
    rows : (cells, p) array
        Rows of the design matrix, averaged.
    averaged : tuple of str
        Factors averaged over.
    held : mapping of str to value
        Numbers and levels at which everybody is held.
    unseen : int
        Combinations averaged over that occur in no row.
    """

    cells: pd.DataFrame
    rows: Floats
    averaged: tuple[str, ...]
    held: Mapping[str, Any]
    unseen: int


def reference_grid(terms: Terms, asked: Sequence[str], at: Mapping[str, Any], weights: str) -> Grid:
    """Lay out the cells, and average the rows of the design matrix within each.

    Parameters
    ----------
    terms : Terms
    asked : sequence of str
        Columns whose levels (of numbers the values in `at`) are told apart.
    at : mapping of str to value or values
        Where numbers are held, and levels to stay with.
    weights : {"equal", "proportional"}

    Returns
    -------
    Grid

    Raises
    ------
    ValueError
        For columns and levels that the fit does not have, numbers without values, too large a grid.
    """
    known = {str(column): column for column in terms.columns}
    for name in (*asked, *at):
        if name not in known:
            raise ValueError(
                f"No covariate {name!r} in {terms.formula!r}. There are: {', '.join(known)}."
            )
    levels = {str(v.column): v.levels for v in terms.variables.values() if v.levels is not None}
    values = {name: _values(name, levels.get(name), at, terms) for name in known}
    wanted = {name: values[name] for name in asked}
    for name in asked:
        if len(wanted[name]) == 1 and name not in levels and name not in at:
            raise ValueError(
                f"{name} is a number in this fit: say at which values, at={{{name!r}: [...]}}."
            )
    others = {name: own for name, own in values.items() if name not in asked}
    several = [name for name in others if len(others[name]) > 1]
    for name in several:
        if name not in levels:
            raise ValueError(
                f"{name} has {len(others[name])} values in at; only factor and by may have several."
            )
    combinations, shares, unseen = _combinations(terms, others, weights)
    # The first of the columns asked for varies fastest.
    cells = [cell[::-1] for cell in itertools.product(*reversed(list(wanted.values())))]
    if len(cells) * len(combinations) > MOST_ROWS:
        raise ValueError(
            f"Averaging over {', '.join(several)} takes {MOST_ROWS} rows and more. Hold some of "
            "them at a level, at={...}, or take weights='proportional'."
        )
    rows = [(*cell, *other) for cell in cells for other in combinations]
    names = [*wanted, *others]
    frame = pd.DataFrame(rows, columns=[known[name] for name in names])
    matrix = terms.matrix(frame).reshape(len(cells), len(combinations), -1)
    return Grid(
        cells=pd.DataFrame(cells, columns=list(wanted)),
        rows=np.einsum("cgp,g->cp", matrix, shares),
        averaged=tuple(several),
        held={name: own[0] for name, own in others.items() if name not in several},
        unseen=unseen,
    )


def _values(
    name: str, levels: tuple[str, ...] | None, at: Mapping[str, Any], terms: Terms
) -> list[Any]:
    """Levels or values of a covariate: those given, else all levels, or the mean."""
    if levels is None:
        if name in at:
            return list(check_times(at[name], f"at[{name!r}]"))
        column = next(c for c in terms.columns if str(c) == name)
        return [terms.means[column]]
    if name not in at:
        return list(levels)
    given = [at[name]] if np.ndim(at[name]) == 0 else list(at[name])
    for level in given:
        if str(level) not in levels:
            raise ValueError(
                f"{level!r} is not a level of {name}. The levels are: {', '.join(levels)}."
            )
    return [str(level) for level in given]


def _combinations(
    terms: Terms, others: Mapping[str, list[Any]], weights: str
) -> tuple[list[tuple[Any, ...]], Floats, int]:
    """Combinations of the covariates not asked for, their shares, and how many occur in no row."""
    factors = [str(v.column) for v in terms.variables.values() if v.levels is not None]
    place = {name: k for k, name in enumerate(factors) if name in others}
    rows: dict[tuple[str, ...], int] = {}
    # A design that was widened after its fit has more factors, at the end, than its cells know.
    last = max(place.values(), default=-1)
    counted = {cell: n for cell, n in terms.cells.items() if len(cell) > last}
    for cell, count in counted.items():
        key = tuple(cell[k] for k in place.values())
        if all(level in others[name] for name, level in zip(place, key, strict=True)):
            rows[key] = rows.get(key, 0) + count
    every = itertools.product(*(others[name] for name in place))
    keys = list(rows) if weights == "proportional" else list(itertools.islice(every, MOST_ROWS + 1))
    if not keys:
        raise ValueError(f"No row has these levels of {', '.join(place)}: nothing to weigh by.")
    counts = np.array([rows.get(key, 0) for key in keys], dtype=float)
    shares = counts / counts.sum() if weights == "proportional" else np.full(len(keys), 1.0)
    found = [dict(zip(place, key, strict=True)) for key in keys]
    full = [tuple(one.get(name, own[0]) for name, own in others.items()) for one in found]
    return full, shares / shares.sum(), int(np.sum(counts == 0)) if rows else 0
