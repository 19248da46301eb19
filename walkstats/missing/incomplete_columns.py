"""What does a frame with gaps look like to a kernel? Numbers, codes, and which are missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._variables import as_numbers, is_factor, missing
from walkstats.errors import DataError

Floats = NDArray[np.float64]

# A column of text with more levels is a name or a remark, not something to predict with.
MOST_LEVELS = 12


@dataclass(frozen=True)
class IncompleteColumn:
    """One column as numbers.

    Attributes
    ----------
    name : str
    kind : {"number", "binary", "ordered", "levels"}
    values : (n,) array
        Numbers, or codes of ``levels``; nan where missing.
    levels : tuple or None
        The values behind the codes.
    """

    name: str
    kind: str
    values: Floats
    levels: tuple[Any, ...] | None = None

    @property
    def gaps(self) -> NDArray[np.bool_]:
        """Where it is missing."""
        return np.isnan(self.values)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of which it is one; numbers that are all 0 or 1 are binary as well."""
        known = self.values[~self.gaps]
        zero_one = self.kind == "number" and bool(np.isin(known, (0.0, 1.0)).all())
        return (self.kind, "binary") if zero_one else (self.kind,)

    def rows(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> IncompleteColumn:
        """The same column of some rows."""
        return IncompleteColumn(self.name, self.kind, self.values[which], self.levels)

    def predictors(self, values: Floats) -> Floats:
        """Columns (n, k) by which it predicts others: itself, or an indicator per further level."""
        if self.kind in ("number", "binary"):
            return values[:, None]
        assert self.levels is not None
        return (values[:, None] == np.arange(1, len(self.levels))).astype(float)


def read_column(series: pd.Series, name: str) -> IncompleteColumn:
    """Read a column.

    Raises
    ------
    DataError
        For dates, numbers kept as text, infinite values, columns without any known value, and text
        of so many levels that nothing can be learnt from it.
    """
    gaps = missing(series)
    if gaps.all():
        raise DataError.of(
            f"{name} has no known value",
            column=name,
            what_to_do="leave it out; nothing says what its values could be",
        )
    if pd.api.types.is_bool_dtype(series.dtype) or _all_bool(series[~gaps]):
        return IncompleteColumn(name, "binary", as_numbers(series, name), (False, True))
    if not is_factor(series):
        return IncompleteColumn(name, "number", as_numbers(series, name))
    levels, codes, ordered = _codes(series, gaps)
    if len(levels) > MOST_LEVELS:
        raise DataError.of(
            f"{name} has {len(levels)} levels",
            column=name,
            what_to_do=f"leave it out, or join levels until there are at most {MOST_LEVELS}",
        )
    kind = "binary" if len(levels) == 2 else "ordered" if ordered else "levels"
    return IncompleteColumn(name, kind, codes, levels)


def _all_bool(known: pd.Series) -> bool:
    return known.dtype == object and all(isinstance(v, (bool, np.bool_)) for v in known)


def _codes(series: pd.Series, gaps: NDArray[np.bool_]) -> tuple[tuple[Any, ...], Floats, bool]:
    """Levels that occur, codes of them with nan where missing, and whether they are in order."""
    found = pd.Categorical(series).remove_unused_categories()
    codes = np.where(gaps, np.nan, np.asarray(found.codes, dtype=float))
    return tuple(found.categories), codes, bool(found.ordered)
