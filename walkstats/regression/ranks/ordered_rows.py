"""Which level does each row have, and in which order are the levels?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from walkstats._arguments import check_column, check_frame
from walkstats._variables import missing
from walkstats.errors import DataError, FitError
from walkstats.formulas import variables_in
from walkstats.regression.risks.binary_rows import expanded
from walkstats.regression.rows import Rows, read_rows

# Distinct numbers above which an outcome is no set of levels.
MOST_LEVELS = 50


@dataclass(frozen=True)
class OrderedRows:
    """The rows of a frame with an outcome of ordered levels.

    Attributes
    ----------
    rows : Rows
        ``outcome`` is the code of the level, 0, 1, ...; rows with frequencies stand there that many
        times.
    levels : tuple of str
        Lowest first; those that some row has.
    """

    rows: Rows
    levels: tuple[str, ...]


def read_ordered(
    frame: pd.DataFrame,
    formula: str,
    *,
    order: Sequence[Any] | None,
    weights: str | None,
    frequencies: str | None,
    cluster: str | None,
    subject: str,
) -> OrderedRows:
    """Read a frame for a regression of ordered levels.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per unit of analysis.
    formula : str
        With the column of levels on the left.
    order : sequence or None
        All levels, lowest first; needed where the column does not know.
    weights, frequencies, cluster : str or None
        Columns.
    subject : str
        Column of the participant; may be absent when it is the default.

    Returns
    -------
    OrderedRows

    Raises
    ------
    ValueError
        For a formula or a column that cannot be used.
    DataError
        For an outcome whose order is not known.
    FitError
        Where all rows have one level.
    """
    check_frame(frame)
    name = variables_in(formula)[0] if "~" in formula else ""
    if not name or formula.partition("~")[0].strip().strip("`") != name:
        raise ValueError(
            f"The outcome of {formula!r} must be a column of ordered levels: 'severity ~ arm'."
        )
    series = check_column(frame, name, "the outcome")
    values = _ordered(series, name, order)
    coded = frame.copy(deep=False)
    codes, uniques = pd.factorize(series)
    place = [_position(one, values, name) for one in uniques]
    coded[name] = np.append(np.array(place, dtype=float), np.nan)[codes]
    coded, places = expanded(coded, frequencies, formula, subject)
    rows = read_rows(
        coded, formula, weights=weights, cluster=cluster, subject=subject, intercept=False
    )
    if rows.design.matrix.shape[1] == 0:
        raise ValueError(f"The formula {formula!r} has no covariate: there is nothing to compare.")
    used, at = np.unique(rows.outcome.astype(int), return_inverse=True)
    levels = tuple(_text(values[k]) for k in used)
    if len(levels) < 2:
        raise FitError(f"All {rows.outcome.size} rows have {name} {levels[0]}.")
    empty = [_text(values[k]) for k in range(len(values)) if k not in set(used)]
    notes = rows.design.notes
    if empty:
        notes = (*notes, f"No row has {name} {' or '.join(empty)}: left out of the levels.")
    kept = places[rows.kept]
    rows = replace(
        rows,
        outcome=at.astype(float),
        counts=replace(rows.counts, rows=len(frame)),
        design=replace(rows.design, notes=notes),
        kept=kept,
        index=frame.index[kept],
    )
    return OrderedRows(rows, levels)


def _ordered(series: pd.Series, name: str, order: Sequence[Any] | None) -> list[Any]:
    """All levels, lowest first."""
    known = series[~missing(series)]
    if order is not None:
        if isinstance(order, str) or len(set(order)) != len(list(order)):
            raise ValueError(f"order must list each level of {name} once, lowest first.")
        return list(order)
    if isinstance(series.dtype, pd.CategoricalDtype) and series.cat.ordered:
        return list(series.cat.categories)
    if pd.api.types.is_bool_dtype(series.dtype):
        return [False, True]
    if pd.api.types.is_numeric_dtype(series.dtype):
        return _numbers(known, name)
    found = [repr(one) for one in list(pd.unique(known))[:8]]
    raise DataError.of(
        f"the order of the levels of {name} is not known ({', '.join(found)})",
        column=name,
        what_to_do="give order=[...] with all levels, lowest first, or an ordered Categorical",
    )


def _numbers(known: pd.Series, name: str) -> list[Any]:
    values = np.sort(known.to_numpy(dtype=float)) if len(known) else np.empty(0)
    if np.isinf(values).any():
        raise DataError.of(f"{name} is infinite", column=name, what_to_do="correct these values")
    distinct = list(np.unique(values))
    if len(distinct) > MOST_LEVELS:
        raise DataError.of(
            f"{name} has {len(distinct)} distinct numbers, which are no levels",
            column=name,
            count=len(distinct),
            what_to_do=f"use ols, or cut {name} into at most {MOST_LEVELS} levels",
        )
    return distinct


def _position(value: Any, values: list[Any], name: str) -> int:
    for k, one in enumerate(values):
        if one == value and isinstance(one, str) == isinstance(value, str):
            return k
    raise DataError.of(
        f"{name} holds {value!r}, which order= does not list",
        column=name,
        what_to_do="list all levels, lowest first, spelt as in the column",
    )


def _text(value: Any) -> str:
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)
