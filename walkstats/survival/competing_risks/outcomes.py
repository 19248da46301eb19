"""Which outcome ended each row of follow-up? The one reader of outcome columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_frame
from walkstats._spellings import alike
from walkstats._variables import missing
from walkstats.errors import DataError
from walkstats.survival.grouped_rows import GroupedRows, read_grouped_rows

Indices = NDArray[np.intp]

CENSORED, UNKNOWN = -1, -2
SHOWN = 8


@dataclass(frozen=True, eq=False)
class Ends:
    """How the rows of a frame end.

    Attributes
    ----------
    frame : pandas.DataFrame
        As given, the outcome column being 1 where there is an outcome, 0 censored, else missing.
    code : (rows,) position among ``labels``, CENSORED or UNKNOWN
    labels : tuple of str
        The outcomes present, in the order of the categories, otherwise sorted.
    values : tuple
        The same as they stand in the column.
    """

    frame: pd.DataFrame
    code: Indices
    labels: tuple[str, ...]
    values: tuple[Any, ...]

    def place(self, of: object) -> int:
        """Position of the outcome asked for, given as its value or as its label."""
        for k, value in enumerate(self.values):
            if _same(value, of) or self.labels[k] == of:
                return k
        found = ", ".join(repr(_plain(value)) for value in self.values)
        raise ValueError(f"No row has the outcome {of!r}; of must be one of {found}.")


def read_ends(frame: pd.DataFrame, outcome: str, censored: object) -> Ends:
    """Tell outcomes from censorings.

    Parameters
    ----------
    frame : pandas.DataFrame
    outcome : str
        Column that says what ended the row.
    censored : object
        The value that means nothing did; None where no row is censored.

    Raises
    ------
    ValueError
        For a column that is not there.
    DataError
        Where no row has the value of censored rows, none has an outcome, or an outcome is the value
        of censored rows but for case and spaces.
    """
    series = check_column(check_frame(frame), outcome, "the outcome")
    gap = missing(series)
    values = _values(series[~gap])
    is_censored = [censored is not None and _same(one, censored) for one in values]
    absent = censored is not None and len(values) > 0 and not any(is_censored)
    if absent and not _among_categories(series, censored):
        raise _no_censored(series, outcome, censored, values)
    outcomes = [one for one, out in zip(values, is_censored, strict=True) if not out]
    _refuse_misspelt(series, outcome, censored, outcomes)
    if len(values) and not outcomes:
        raise DataError.of(
            f"no row has an outcome: {outcome} is always {censored!r}",
            column=str(outcome),
            what_to_do="check censored=, the value that means that nothing had happened",
        )
    code = np.full(len(frame), UNKNOWN, dtype=np.intp)
    code[~gap] = CENSORED
    known, column = np.flatnonzero(~gap), series[~gap].astype(object).to_numpy()
    for k, one in enumerate(outcomes):
        code[known[[_same(value, one) for value in column]]] = k
    marked = frame.copy(deep=False)
    marked[outcome] = np.where(code == UNKNOWN, np.nan, (code >= 0).astype(float))
    return Ends(marked, code, tuple(str(_plain(one)) for one in outcomes), tuple(outcomes))


@dataclass(frozen=True, eq=False)
class CauseRows:
    """n rows of follow-up with the outcome that ended each.

    Attributes
    ----------
    rows : GroupedRows
        Their event is any outcome.
    cause : (n,) position among ``causes``, or CENSORED
    causes : tuple of str, length c
    """

    rows: GroupedRows
    cause: Indices
    causes: tuple[str, ...]

    def only(self, chosen: NDArray[np.bool_] | Indices) -> CauseRows:
        """These rows with chosen ones among them."""
        return replace(self, rows=self.rows.only(chosen), cause=self.cause[chosen])

    @property
    def events_said(self) -> str:
        """How many had each outcome."""
        copies = self.rows.frequencies
        happened = self.cause >= 0
        counted = np.bincount(
            self.cause[happened],
            None if copies is None else copies[happened],
            len(self.causes),
        )
        pairs = zip(self.causes, counted, strict=True)
        return f"Outcomes: {', '.join(f'{name} {number:.0f}' for name, number in pairs)}."


def read_causes(
    frame: pd.DataFrame, by: Any, *, outcome: str, censored: object, **columns: Any
) -> tuple[CauseRows, Ends]:
    """Read rows and groups with their outcomes; ``columns`` are those of `read_grouped_rows`.

    Raises
    ------
    ValueError, DataError
        As `read_ends` and `read_grouped_rows`.
    """
    ends = read_ends(frame, outcome, censored)
    rows = read_grouped_rows(ends.frame, by, event=outcome, **columns)
    rows = replace(rows, notes=(*alike(ends.values, outcome), *rows.notes))
    return CauseRows(rows, ends.code[rows.kept], ends.labels), ends


def _values(known: pd.Series) -> list[Any]:
    """Distinct values in the order of categories, otherwise sorted."""
    if isinstance(known.dtype, pd.CategoricalDtype):
        present = set(known.cat.codes)
        return [one for k, one in enumerate(known.cat.categories) if k in present]
    found = list(pd.unique(known))
    try:
        return sorted(found)
    except TypeError:
        return sorted(found, key=str)


def _among_categories(series: pd.Series, value: object) -> bool:
    if not isinstance(series.dtype, pd.CategoricalDtype):
        return False
    return any(_same(one, value) for one in series.cat.categories)


def _no_censored(series: pd.Series, outcome: str, censored: object, values: list[Any]) -> DataError:
    found = ", ".join(repr(_plain(one)) for one in values[:SHOWN])
    more = ", ..." if len(values) > SHOWN else ""
    return DataError.of(
        f"no row has {outcome} = {censored!r}, which marks censored rows; found {found}{more}",
        column=str(outcome),
        what_to_do="say which value marks them, censored=..., or censored=None where follow-up "
        "always ended in an outcome",
    )


def _refuse_misspelt(
    series: pd.Series, outcome: str, censored: object, outcomes: list[Any]
) -> None:
    """'Censored' beside 'censored' would be an event that competes."""
    wrong = [one for one in outcomes if isinstance(censored, str) and alike((one, censored), "")]
    if wrong:
        rows = np.flatnonzero(series.isin(wrong).to_numpy(dtype=bool))
        raise DataError.of(
            f"{outcome} has {' and '.join(map(repr, wrong))} beside {censored!r}, which marks "
            "censored rows: as another outcome it would compete",
            column=str(outcome),
            row=int(rows[0]),
            count=rows.size,
            what_to_do=f"spell censored rows in one way, {censored!r}",
        )


def _same(one: object, value: object) -> bool:
    if isinstance(one, str) != isinstance(value, str):
        return False
    return bool(one == value)


def _plain(value: object) -> object:
    value = value.item() if isinstance(value, np.generic) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value
