"""In which rows did the event happen? Yes and no, 0 and 1, or the values that mean it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._spellings import alike
from walkstats.errors import DataError

Booleans = NDArray[np.bool_]

SHOWN = 8  # values of a column listed in a note or finding


def events_of(
    series: pd.Series, name: str, value: object = None
) -> tuple[Booleans, tuple[str, ...]]:
    """Which rows of a column without gaps have the event, and notes on how values were taken.

    Parameters
    ----------
    series : pandas.Series
        Boolean or 0/1; anything else needs ``value``.
    name : str
        What the column is called in messages.
    value : object, optional
        The value that means the event, or several.

    Raises
    ------
    DataError
        For other values than 0 and 1 where none is named, and for a value that no row has.
    """
    if value is not None:
        return _events_named(series, name, value)
    if pd.api.types.is_bool_dtype(series.dtype):
        return series.to_numpy(dtype=bool), ()
    try:
        if pd.api.types.is_complex_dtype(series.dtype):
            raise TypeError("complex")
        numbers = series.to_numpy(dtype=float)
        texts = holds_text(series)
    except (TypeError, ValueError):
        texts = True
    if texts or not np.all((numbers == 0) | (numbers == 1)):
        found = [_plain(one) for one in pd.unique(series)][:SHOWN]
        listed = ", ".join(repr(one) for one in sorted(found, key=str))
        raise DataError.of(
            f"{name} must be 0/1 or boolean; found {{{listed}}}",
            column=name,
            what_to_do=f"say which value is the event: {_choices(sorted(found, key=str))}",
        )
    return numbers == 1, ()


def _choices(found: list[Any]) -> str:
    """Ways to name the event; of two words none may be taken for a recommendation."""
    shown = found if len(found) == 2 and all(isinstance(one, str) for one in found) else found[-1:]
    return " or ".join(f"event_value={one!r}" for one in shown)


def wanted_values(value: object) -> list[Any]:
    """The values that mean the event, given as one or as several."""
    if isinstance(value, (list, tuple, set, frozenset, np.ndarray, pd.Index, pd.Series)):
        return list(value)
    return [value]


def _events_named(series: pd.Series, name: str, value: object) -> tuple[Booleans, tuple[str, ...]]:
    """Rows with a value that means the event; what the others were is said where it may mislead."""
    wanted = wanted_values(value)
    codes, uniques = pd.factorize(series)
    found = list(uniques)
    meant = np.array([any(_equal(one, each) for each in wanted) for one in found], dtype=bool)
    absent = [each for each in wanted if not any(_equal(one, each) for one in found)]
    if not meant.any():
        listed = ", ".join(repr(_plain(one)) for one in found[:SHOWN])
        raise DataError.of(
            f"no row has {name} = {' or '.join(map(repr, wanted))}; found {listed}",
            column=name,
            what_to_do="give values found as event_value=",
        )
    notes = alike(found, name)
    if absent:
        notes = (f"No row has {name} = {' or '.join(map(repr, absent))}.", *notes)
    others = np.flatnonzero(~meant)
    if others.size > 1:
        sizes = np.bincount(codes, minlength=len(found))
        each = ", ".join(f"{_plain(found[k])!r} ({sizes[k]})" for k in others[:SHOWN])
        more = f" and {others.size - SHOWN} more values" if others.size > SHOWN else ""
        events = " or ".join(repr(_plain(found[k])) for k in np.flatnonzero(meant))
        notes = (f"The event is {name} = {events}; taken as no event: {each}{more}.", *notes)
    return meant[codes], notes


def _equal(one: object, value: object) -> bool:
    return bool(one == value) and isinstance(one, str) == isinstance(value, str)


def _plain(value: object) -> object:
    value = value.item() if isinstance(value, np.generic) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def holds_text(series: pd.Series) -> bool:
    """Whether some value is text, in whatever way this version of pandas stores text."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = pd.Series(series.dtype.categories)
    if pd.api.types.is_numeric_dtype(series.dtype):
        return False
    if series.dtype == "object":
        return any(isinstance(value, str) for value in series)
    return bool(pd.api.types.is_string_dtype(series.dtype)) and len(series) > 0
