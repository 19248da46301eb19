"""Is this argument one that can be used? One sentence each, before any computing."""

from __future__ import annotations

import difflib
import operator
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd


def check_frame(frame: object, name: str = "frame") -> pd.DataFrame:
    """The frame itself, when it is a pandas frame with rows and distinct column names."""
    if not isinstance(frame, pd.DataFrame):
        raise ValueError(f"{name} must be a pandas DataFrame, got {type(frame).__name__}.")
    if not frame.columns.is_unique:
        twice = sorted({str(c) for c in frame.columns[frame.columns.duplicated()]})
        raise ValueError(f"{name} has columns of the same name: {', '.join(twice)}. Rename them.")
    return frame


def check_column(frame: pd.DataFrame, name: object, role: str) -> pd.Series:
    """The column ``name`` of the frame, or a sentence that lists what is there."""
    if isinstance(name, (np.ndarray, pd.Series, pd.Index, list)):
        raise ValueError(
            f"No column is named for {role}: got {len(name)} values, and the frame has "
            f"{len(frame)} rows. Put them into the frame and give the name of their column."
        )
    if name not in frame.columns:
        known = [str(column) for column in frame.columns]
        near = difflib.get_close_matches(str(name), known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"No column {name!r} for {role}.{hint} The frame has: {', '.join(known) or 'none'}."
        )
    return frame[name]


def check_formula(formula: object) -> str:
    """A text that is not empty; what it may say is another question."""
    if isinstance(formula, str) and formula.strip():
        return formula
    short = formula is None or isinstance(formula, (str, int, float))
    got = repr(formula) if short else type(formula).__name__
    if isinstance(formula, (list, tuple)) and all(isinstance(name, str) for name in formula):
        got = f"{formula!r}: write {' + '.join(formula)!r}" if formula else repr(formula)
    raise ValueError(f"A formula is a text such as 'arm + age'; got {got}.")


def check_level(level: float) -> float:
    """A confidence level between 0 and 1."""
    if isinstance(level, bool) or not isinstance(level, (int, float, np.floating, np.integer)):
        raise ValueError(f"level must be a number between 0 and 1, got {level!r}.")
    if not 0.0 < float(level) < 1.0:
        hint = f" Write {level / 100:g} for {level:g} %." if 1 < level < 100 else ""
        raise ValueError(f"level must lie between 0 and 1, got {level!r}.{hint}")
    return float(level)


def check_choice(value: object, allowed: Iterable[str], name: str) -> str:
    """A word out of those allowed."""
    words = list(allowed)
    if not isinstance(value, str) or value not in words:
        plain = {"".join(filter(str.isalnum, str(w))).casefold(): w for w in words}
        meant = plain.get("".join(filter(str.isalnum, str(value))).casefold())
        hint = "" if meant is None or not isinstance(value, str) else f" Did you mean {meant!r}?"
        raise ValueError(
            f"{name} must be one of {', '.join(repr(w) for w in words)}; got {value!r}.{hint}"
        )
    return value


def check_flag(value: object, name: str, *, optional: bool = False) -> None:
    """True or False (or None, where the choice may be left open); a word would count as True."""
    if not (isinstance(value, (bool, np.bool_)) or (optional and value is None)):
        raise ValueError(f"{name} must be True or False, got {value!r}.")


def check_seed(seed: object) -> int:
    """A whole number of at least 0: chance enters only by a seed that is written down."""
    try:
        number = operator.index(seed)  # type: ignore[arg-type]
    except TypeError:
        raise ValueError(f"seed must be a whole number, got {seed!r}.") from None
    if isinstance(seed, bool) or number < 0:
        raise ValueError(f"seed must be a whole number of at least 0, got {seed!r}.")
    return number


def check_whole(value: object, name: str, least: int) -> int:
    """A whole number of at least ``least``."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or int(value) < least:  # type: ignore[call-overload]
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}.")
    return int(value)  # type: ignore[call-overload]


def check_positive(value: float, name: str, unit: str = "") -> float:
    """A finite number above 0."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a number above 0, got {value!r}.") from None
    if not (np.isfinite(number) and number > 0):
        raise ValueError(f"{name} must be above 0{f' [{unit}]' if unit else ''}, got {value!r}.")
    return number


def check_times(at: object, name: str = "at") -> np.ndarray:
    """Finite numbers, as a one-dimensional array in the order given."""
    try:
        times = np.atleast_1d(np.asarray(at, dtype=float))
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a number or a list of numbers, got {at!r}.") from None
    if times.ndim != 1 or times.size == 0 or not np.all(np.isfinite(times)):
        raise ValueError(f"{name} must be one or more finite numbers, got {at!r}.")
    return times


def as_names(value: object, name: str) -> tuple[object, ...]:
    """None, one name or a sequence of names, as a tuple of names."""
    if value is None:
        return ()
    if isinstance(value, (str, int)):
        return (value,)
    if isinstance(value, Sequence):
        return tuple(value)
    raise ValueError(f"{name} must be a column name or a list of column names, got {value!r}.")
