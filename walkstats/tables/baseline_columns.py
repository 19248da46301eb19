"""Which columns of a frame are characteristics, and what do they hold?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_column
from walkstats._labels import described
from walkstats._variables import as_numbers, is_factor
from walkstats.errors import DataError

MOST_LEVELS = 30
# Columns of participants that say what happened later, or when, and are no characteristic.
NOT_BASELINE = (
    "randomised_on",
    "planned_end_days",
    "withdrawn_days",
    "withdrawal_reason",
    "sessions_attended",
)


@dataclass(frozen=True)
class Variable:
    """A column ready to be summarised: numbers, or codes of levels with -1 for missing."""

    name: str
    label: str
    numbers: NDArray[np.float64] | None
    codes: NDArray[np.int64] | None
    levels: tuple[str, ...]
    by_median: bool = False


def choose(
    frame: pd.DataFrame, by: str | None, columns: Sequence[str] | None
) -> tuple[list[str], tuple[str, ...]]:
    """Columns to show, and a note for each that cannot be shown.

    Raises
    ------
    DataError
        For a column asked for that holds dates or too many texts.
    """
    if columns is not None:
        named = [str(name) for name in as_names(columns, "columns")]
        for name in named:
            check_column(frame, name, "a characteristic")
            if reason := _unfit(frame[name]):
                raise DataError.of(
                    f"{name} {reason}", column=name, what_to_do="group its values, or leave it out"
                )
        return named, ()
    kept, notes = [], []
    for name in frame.columns:
        if name == by or name == "participant_id" or name in NOT_BASELINE:
            continue
        if reason := _unfit(frame[name]):
            notes.append(f"Not shown: {name} ({reason}).")
        else:
            kept.append(str(name))
    return kept, tuple(notes)


def characteristic(
    series: pd.Series, labels: Mapping[str, str] | None, by_median: bool, as_category: bool
) -> Variable:
    """The column as numbers or as coded levels, whichever it holds."""
    name = str(series.name)
    # Everything in this table is at baseline, so its labels need not say it.
    label = (labels or {}).get(name) or described(name.removesuffix("_baseline"))
    yes_or_no = pd.api.types.is_bool_dtype(series.dtype)
    if not (as_category or yes_or_no or is_factor(series)):
        numbers = as_numbers(series, name)
        known = numbers[~np.isnan(numbers)]
        # An indicator is a share, not a quantity.
        if by_median or not len(known) or not np.isin(known, (0.0, 1.0)).all():
            return Variable(name, label, numbers, None, (), by_median)
        yes_or_no = True
    if by_median:
        raise ValueError(f"{name} holds categories, so it has no median.")
    if yes_or_no and not as_category:
        flags = as_numbers(series.astype("Float64"), name)
        codes = np.where(np.isnan(flags), -1, np.nan_to_num(flags)).astype(np.int64)
        return Variable(name, label, None, codes, ("no", "yes"))
    codes, levels = coded(series)
    return Variable(name, label, None, codes, levels)


def coded(series: pd.Series) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Codes and levels; every category of a Categorical is kept, also one that nobody has."""
    if not isinstance(series.dtype, pd.CategoricalDtype):
        whole = series
        if pd.api.types.is_float_dtype(series.dtype):
            known = series.dropna()
            whole = series.astype("Int64") if (known % 1 == 0).all() else series
        series = whole.astype("category")
    return (
        series.cat.codes.to_numpy().astype(np.int64),
        tuple(str(level) for level in series.cat.categories),
    )


def _unfit(series: pd.Series) -> str:
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        return "holds dates"
    if pd.api.types.is_numeric_dtype(series.dtype):
        return ""
    levels = series.nunique()
    return f"holds {levels} different texts" if levels > MOST_LEVELS else ""
