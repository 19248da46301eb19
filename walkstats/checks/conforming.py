"""Has a trial in memory the dictionary's columns and dtypes, or can it have them without loss?"""

from __future__ import annotations

import datetime as dt
import numbers
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from walkstats.checks.material import Material
from walkstats.errors import IDS_SHOWN, Problem
from walkstats.schema import DTYPES, MEASURES, TABLES
from walkstats.trial import Trial

WHOLE = 2**53
"""Whole numbers above this are not exact as floats."""


class _LossError(ValueError):
    """A value that has no place in the kind; the message names it."""


def material_of(trial: Trial) -> tuple[Material, list[Problem]]:
    """What the checks look at, from a trial in memory.

    Parameters
    ----------
    trial : Trial

    Returns
    -------
    tuple
        The material, and the columns that are missing or of a wrong kind.
    """
    problems: list[Problem] = []
    tables = {}
    refused: dict[tuple[str, str], np.ndarray] = {}
    for name in TABLES:
        tables[name] = _conformed_table(name, trial.table(name), problems, refused)
    incomplete = {p.table for p in problems if p.column == "participant_id"}
    return (
        Material(
            tables,
            tuple(trial.arms),
            tuple(trial.strata),
            refused=refused,
            incomplete=frozenset(incomplete),
            visit_windows=trial.visit_windows,
            measures={**MEASURES, **trial.measures},
        ),
        problems,
    )


def kind_of(dtype: Any) -> str:
    """The kind of a column beyond the dictionary, by its dtype; "" when it has none.

    Examples
    --------
    >>> kind_of(np.dtype("float32"))
    'number'
    """
    if pd.api.types.is_bool_dtype(dtype):
        return "boolean"
    if pd.api.types.is_integer_dtype(dtype):
        return "integer"
    if pd.api.types.is_float_dtype(dtype):
        return "number"
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return "date"
    texts = isinstance(dtype, pd.CategoricalDtype | pd.StringDtype) or dtype.kind == "O"
    return "text" if texts else ""


def _conformed_table(
    name: str,
    frame: pd.DataFrame,
    problems: list[Problem],
    refused: dict[tuple[str, str], np.ndarray],
) -> pd.DataFrame:
    columns: dict[Any, Any] = {}
    frame = frame.reset_index(drop=True)
    if not frame.columns.is_unique:
        problems.append(Problem("two columns have the same name", "rename one of them", table=name))
        frame = frame.loc[:, ~frame.columns.duplicated()]
    for column in TABLES[name].columns:
        if column.name not in frame:
            if column.required and len(frame):
                problems.append(_absent(name, column.name, frame))
                refused[(name, column.name)] = np.ones(len(frame), dtype=bool)
            columns[column.name] = pd.Series(None, index=frame.index, dtype=DTYPES[column.kind])
            continue
        values, bad = _conformed(frame[column.name], column.kind)
        columns[column.name] = values
        if bad.any():
            problems.append(_wrong(name, column.name, column.kind, frame, bad))
            refused[(name, column.name)] = bad
    order = [*frame.columns, *(name for name in columns if name not in frame.columns)]
    return pd.DataFrame({c: columns.get(c, frame.get(c)) for c in order}, index=frame.index)


def conform_beyond(frame: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """A column beyond the dictionary in the dtype of its kind, and which values do not fit."""
    kind = kind_of(frame.dtype)
    if not kind:
        return frame, np.ones(len(frame), dtype=bool)
    return _conformed(frame, kind)


def _conformed(values: pd.Series, kind: str) -> tuple[pd.Series, np.ndarray]:
    """The column in the dtype of its kind; which values could not be brought there."""
    fine = np.zeros(len(values), dtype=bool)
    if values.dtype == DTYPES[kind] and values.dtype != object and kind != "date":
        return values, fine
    texts = DTYPES[kind] == "object" and values.dtype == object
    if texts and pd.api.types.infer_dtype(values, skipna=True) in ("string", "empty"):
        return values, fine
    convert = _CONVERT[kind]
    out: list[Any] = []
    for k, value in enumerate(values.astype(object)):
        if value is None or value is pd.NaT or value is pd.NA or value != value:
            out.append(None)
            continue
        try:
            out.append(convert(value))
        except _LossError:
            out.append(None)
            fine[k] = True
    if kind == "date":
        days = pd.to_datetime(pd.Series(out, dtype=object, index=values.index))
        return days.astype("datetime64[ns]"), fine
    return pd.Series(out, index=values.index, dtype=DTYPES[kind]), fine


def _to_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        raise _LossError
    number = float(value)
    if isinstance(value, numbers.Integral) or (number.is_integer() and abs(number) < WHOLE):
        return str(int(number) if not isinstance(value, numbers.Integral) else int(value))
    return repr(number)


def _to_float(value: Any) -> float:
    if isinstance(value, bool | np.bool_ | str) or not isinstance(value, numbers.Real):
        raise _LossError
    if isinstance(value, numbers.Integral) and int(float(value)) != int(value):
        raise _LossError
    return float(value)


def _to_int(value: Any) -> int:
    if isinstance(value, bool | np.bool_):
        raise _LossError
    if not isinstance(value, numbers.Integral):
        value = _to_float(value)
        if not value.is_integer():
            raise _LossError
    if not -(2**63) <= int(value) < 2**63:
        raise _LossError
    return int(value)


def _to_bool(value: Any) -> bool:
    if isinstance(value, str) or value not in (0, 1):
        raise _LossError
    return bool(value)


def _to_day(value: Any) -> dt.date:
    stamp = isinstance(value, dt.datetime)
    if stamp and (value.tzinfo is not None or value.time() != dt.time()):
        raise _LossError
    if not isinstance(value, dt.date) or not 1678 <= value.year <= 2261:
        raise _LossError
    return pd.Timestamp(value.year, value.month, value.day)


_CONVERT: dict[str, Callable[[Any], Any]] = {
    "id": _to_text,
    "text": _to_text,
    "category": _to_text,
    "number": _to_float,
    "days": _to_float,
    "integer": _to_int,
    "boolean": _to_bool,
    "date": _to_day,
}

NEEDED = {
    "id": "text",
    "text": "text",
    "category": "text",
    "number": "numbers",
    "days": "numbers of days",
    "integer": "whole numbers",
    "boolean": "true and false",
    "date": "days without time and time zone",
}


def _absent(table: str, column: str, frame: pd.DataFrame) -> Problem:
    return Problem(
        f"there is no column {column}; there are: {', '.join(map(str, frame.columns))}",
        "add it, or rename the one that is meant",
        table=table,
        column=column,
    )


def _wrong(table: str, column: str, kind: str, frame: pd.DataFrame, bad: np.ndarray) -> Problem:
    found = frame[column][bad].astype(object)
    shown = ", ".join(dict.fromkeys(repr(str(one))[:40] for one in found[:20]))
    values = sorted({str(one) for one in frame[column].dropna().astype(object)})
    if kind == "boolean":
        what = f"{column} must be 0/1, true/false; found {{{', '.join(values[:8])}}}"
    else:
        what = f"{column} needs {NEEDED[kind]}; found {shown}"
    ids = frame["participant_id"][bad].dropna().tolist() if "participant_id" in frame else []
    return Problem(
        what,
        f"make it {NEEDED[kind]} before building the Trial",
        table=table,
        column=column,
        row=int(np.flatnonzero(bad)[0]) + 1,
        ids=tuple(dict.fromkeys(str(one) for one in ids))[:IDS_SHOWN],
        count=int(bad.sum()),
    )
