"""In what shape are completed data sets handed over?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column
from walkstats._variables import levels_of
from walkstats.results import Result

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

SAME = 1e-9  # of the largest value: rounding of a difference


@dataclass(frozen=True, eq=False)
class Imputations(Result):
    """Several completed data sets.

    Attributes
    ----------
    original : pandas.DataFrame
        The frame with its gaps.
    imputed : mapping of column to (n,) bool array
        Rows of the frame whose value was imputed.
    values : mapping of column to (m, imputed) array
        What was imputed in each data set; codes of ``levels`` where the column has levels.
    levels : mapping of column to tuple
        Levels of the columns that are no numbers.
    methods : mapping of column to str
    trace : pandas.DataFrame
        One row per data set, iteration, group and column: imputation, iteration, group, column,
        mean, sd (of the values imputed, or of their codes).
    seed : int or None
    by : str
        Column whose groups were imputed apart; empty without.
    assumption : str
        What sets the values apart from those missing at random, as a phrase; empty without.
    """

    original: pd.DataFrame = field(default_factory=pd.DataFrame)
    imputed: Mapping[str, Booleans] = field(default_factory=dict)
    values: Mapping[str, Floats] = field(default_factory=dict)
    levels: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    methods: Mapping[str, str] = field(default_factory=dict)
    trace: pd.DataFrame = field(default_factory=pd.DataFrame)
    seed: int | None = None
    by: str = ""
    assumption: str = ""

    def __len__(self) -> int:
        return next((len(each) for each in self.values.values()), 0)

    @property
    def frames(self) -> tuple[pd.DataFrame, ...]:
        """The completed frames, made anew each time; ``source`` says that values are imputed."""
        said = self.said() if len(self) else ""
        return tuple(self._frame(k, said) for k in range(1, len(self) + 1))

    def frame(self, number: int) -> pd.DataFrame:
        """One completed frame; the first has number 1."""
        whole = isinstance(number, (int, np.integer)) and not isinstance(number, bool)
        if not whole or not 1 <= number <= len(self):
            raise ValueError(f"Data sets are numbered from 1 to {len(self)}; got {number!r}.")
        return self._frame(number, self.said())

    def _frame(self, number: int, said: str) -> pd.DataFrame:
        """One completed frame, with what was imputed said in its source."""
        made = self.original
        for column, rows in self.imputed.items():
            filled = self.values[column][number - 1]
            made[column] = filled_column(made[column], rows, filled, self.levels.get(column))
        _recompute_changes(made, self._own("original"), self.imputed)
        made.attrs = {
            **self.original.attrs,
            "source": f"{self.source}; imputation {number} of {len(self)}: {said}".lstrip("; "),
        }
        return made

    def said(self) -> str:
        """How many values were imputed, of which columns, where and on what terms, as a phrase."""
        parts = []
        table = self.to_frame()
        for column, rows in table.groupby("column", sort=False):
            total, of = int(rows["imputed"].sum()), int(rows["values"].sum())
            each = ", ".join(
                f"{group} {n}"
                for group, n in rows.groupby("group", sort=False, observed=True)["imputed"]
                .sum()
                .items()
            )
            several = rows["group"].nunique() > 1
            parts.append(f"{column} {total} of {of} values{f' ({each})' if several else ''}")
        terms = f" ({self.assumption})" if self.assumption else ""
        return "; ".join(parts) + " imputed" + terms

    def to_frame(self) -> pd.DataFrame:
        """One row per column and group: column, group, values, imputed, percent [%], method."""
        frame = self._own("original")
        groups = frame[self.by].astype(str) if self.by else pd.Series("all", index=frame.index)
        known = list(dict.fromkeys(groups))
        if self.by:  # arms in their order, whoever comes first in the frame
            order = levels_of(frame[self.by])[0]
            known.sort(key=lambda group: order.index(group) if group in order else len(order))
        rows = []
        for column, gaps in self.imputed.items():
            for group in known:
                inside = (groups == group).to_numpy()
                imputed, count = int(gaps[inside].sum()), int(inside.sum())
                rows.append((column, group, count, imputed, 100 * imputed / count))
        out = pd.DataFrame(rows, columns=["column", "group", "values", "imputed", "percent"])
        return out.assign(method=[self.methods.get(column, "") for column in out["column"]])

    def with_values(self, column: str, values: Floats, **said: Any) -> Imputations:
        """The same with other values of one column; ``said`` are fields such as ``notes``."""
        if column not in self.values:
            check_column(self._own("original"), column, "the imputed column")
            known = ", ".join(self.values)
            raise ValueError(f"Nothing of {column!r} was imputed. Imputed are: {known}.")
        return replace(self, values={**self.values, column: values}, **said)


def filled_column(
    series: pd.Series, rows: Booleans, values: Floats, levels: tuple[Any, ...] | None
) -> pd.Series:
    """A column with its gaps filled, of the same type where that can hold the values."""
    if levels is None:
        if pd.api.types.is_integer_dtype(series.dtype) and np.all(values == np.round(values)):
            out = series.copy()
            out.iloc[np.flatnonzero(rows)] = values.astype(np.int64)
            return out
        numbers = series.to_numpy(dtype=float, na_value=np.nan).copy()
        numbers[rows] = values
        return pd.Series(numbers, index=series.index, name=series.name)
    chosen = np.array(levels, dtype=object)[values.astype(np.intp)]
    out = series.astype(object)
    out.iloc[np.flatnonzero(rows)] = chosen
    return out.astype(series.dtype)


def is_change(frame: pd.DataFrame, name: Any) -> bool:
    """Whether a column is ``<m>_change``, ``<m>`` minus ``<m>_baseline`` wherever all are known."""
    stem = str(name).removesuffix("_change")
    parts = [name, stem, f"{stem}_baseline"]
    if stem == str(name) or not all(part in frame.columns for part in parts):
        return False
    if not all(pd.api.types.is_numeric_dtype(frame[part].dtype) for part in parts):
        return False
    change, after, before = (frame[p].to_numpy(dtype=float, na_value=np.nan) for p in parts)
    off = np.abs(change - (after - before))
    size = np.nanmax(np.abs([after, before]), initial=0.0)
    return bool(np.all(np.isnan(off) | (off <= SAME * size)))


def _recompute_changes(
    frame: pd.DataFrame, original: pd.DataFrame, imputed: Mapping[str, Booleans]
) -> None:
    """A change from baseline follows from what was imputed, where it did so before."""
    for change in original.columns:
        stem = str(change).removesuffix("_change")
        parts = [imputed[p] for p in (stem, f"{stem}_baseline") if p in imputed]
        if not parts or change in imputed or not is_change(original, change):
            continue
        rows = np.logical_or.reduce(parts)
        made = (frame[stem] - frame[f"{stem}_baseline"]).to_numpy(dtype=float, na_value=np.nan)
        frame[change] = filled_column(original[change], rows, made[rows], None)
