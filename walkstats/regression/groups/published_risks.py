"""How many of how many does a paper print?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from walkstats._arguments import check_column, check_frame
from walkstats._variables import levels_of
from walkstats.errors import DataError
from walkstats.regression.groups.published_means import group_order, numbers_of, refuse_rows
from walkstats.regression.groups.risk_counts import RiskCounts


def read_counts(
    frame: pd.DataFrame, by: str, events: str, n: str, strata: str | None
) -> tuple[RiskCounts, tuple[str, ...]]:
    """Read one row per group, or per group and stratum."""
    check_frame(frame, "counts")
    happened = numbers_of(frame, events, "the events")
    people = numbers_of(frame, n, "the numbers of people")
    for values, name in ((happened, events), (people, n)):
        refuse_rows(
            (values < 0) | (values != np.round(values)), frame, name, "is no whole number from 0 on"
        )
    refuse_rows(happened > people, frame, events, f"is above {n}")
    if strata is None:
        refuse_rows(people == 0, frame, n, "is 0")
        levels, order, notes = group_order(frame, by)
        return RiskCounts(by, levels, happened[order][None, :], people[order][None, :]), notes
    return _stratified(frame, by, strata, happened, people)


def read_pairs(table: pd.DataFrame) -> tuple[np.ndarray, tuple[str, str]]:
    """A table (2, 2) of pairs without and with the event, and what its sides are called."""
    check_frame(table, "pairs")
    if table.shape != (2, 2):
        raise ValueError(
            f"pairs must have 2 rows and 2 columns (no and yes each), got {table.shape[0]} and "
            f"{table.shape[1]}."
        )
    cells = np.column_stack([numbers_of(table, name, "the counts") for name in table.columns])
    for k, name in enumerate(table.columns):
        values = cells[:, k]
        refuse_rows(
            (values < 0) | (values != np.round(values)), table, name, "is no whole number from 0 on"
        )
    if not cells.sum():
        raise DataError.of("the table of pairs is empty", what_to_do="give counts of pairs")
    return cells, (str(table.index.name or "before"), str(table.columns.name or "after"))


def _stratified(
    frame: pd.DataFrame, by: str, strata: str, happened: np.ndarray, people: np.ndarray
) -> tuple[RiskCounts, tuple[str, ...]]:
    groups, inside = check_column(frame, by, "the groups"), check_column(frame, strata, "strata")
    twice = frame.duplicated([by, strata])
    if twice.any() or groups.isna().any() or inside.isna().any():
        raise DataError.of(
            f"{by} and {strata} must name each group of each stratum once",
            column=str(by),
            row=int(np.flatnonzero(twice)[0]) if twice.any() else None,
            what_to_do="give one row per group and stratum",
        )
    levels, note = _in_order(groups)
    if len(levels) < 2:
        raise DataError.of(f"comparison needs 2 groups, found {len(levels)}", column=str(by))
    names, _ = _in_order(inside)
    row = {name: k for k, name in enumerate(names)}
    column = {name: k for k, name in enumerate(levels)}
    events, sizes = (np.zeros((len(names), len(levels))) for _ in range(2))
    for where, who, x, n in zip(
        inside.astype(str), groups.astype(str), happened, people, strict=True
    ):
        events[row[where], column[who]] = x
        sizes[row[where], column[who]] = n
    nobody = [name for name, n in zip(levels, sizes.sum(axis=0), strict=True) if n == 0]
    if nobody:
        raise DataError.of(
            f"{by} = {nobody[0]} has nobody in any stratum",
            column=str(by),
            count=len(nobody),
            what_to_do="leave the group out",
        )
    counts = RiskCounts(str(by), levels, events, sizes, names, str(strata))
    return counts, (note,) if note else ()


def _in_order(series: pd.Series) -> tuple[tuple[str, ...], str]:
    """Categories in their order; otherwise values as they come."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        return levels_of(series)
    levels = tuple(dict.fromkeys(series.astype(str)))
    return levels, f"Reference of {series.name}: {levels[0]} (the first row)."
