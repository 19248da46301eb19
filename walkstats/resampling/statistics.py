"""What did somebody's statistic say of a frame? Numbers with names, or why there are none.

The statistic is any function of a frame. What it raises in a replicate is counted and told; on the
data themselves it is an error, in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.errors import FitError
from walkstats.results import Estimate, Estimates

Floats = NDArray[np.float64]
Statistic = Callable[[pd.DataFrame], Any]

SHORTENED = 80
ONLY = "statistic"


@dataclass(frozen=True, eq=False)
class Said:
    """Numbers by name, or the reason why there are none."""

    names: tuple[str, ...]
    values: Floats
    reason: str = ""


def check_statistic(statistic: object) -> Statistic:
    """A function of a frame."""
    if not callable(statistic):
        raise ValueError(
            f"statistic must be a function of a frame, got {type(statistic).__name__}."
        )
    return statistic


def named(answer: object) -> Said:
    """A number, a mapping, a Series, a sequence or a result, as numbers by name."""
    if isinstance(answer, Estimate):
        return Said((answer.term,), np.array([answer.estimate], dtype=float))
    if isinstance(answer, Estimates):
        return Said(answer.terms, np.array(answer.values, dtype=float))
    if isinstance(answer, pd.Series):
        answer = {str(name): value for name, value in answer.items()}
    if isinstance(answer, Mapping):
        values = np.array([float(value) for value in answer.values()])
        return Said(tuple(str(name) for name in answer), values)
    array = np.asarray(answer, dtype=float)
    if array.ndim == 0:
        return Said((ONLY,), array.reshape(1))
    if array.ndim == 1 and isinstance(answer, (Sequence, np.ndarray)):
        return Said(tuple(f"{ONLY}[{k}]" for k in range(1, array.size + 1)), array)
    raise TypeError(
        f"a statistic is a number, a mapping of names to numbers or a list, not {type(answer)}"
    )


def observe_statistic(statistic: Statistic, frame: pd.DataFrame) -> Said:
    """The statistic of the data themselves; without it there is nothing to resample."""
    try:
        said = named(statistic(frame))
    except Exception as error:
        raise FitError(
            f"The statistic fails on the data themselves: {_reason(error)}. Try it on the frame "
            "alone before resampling."
        ) from error
    if not said.names:
        raise FitError("The statistic gives no number on the data themselves.")
    missing = [name for name, value in zip(said.names, said.values, strict=True) if value != value]
    if missing:
        raise FitError(
            f"The statistic is missing (nan) on the data themselves: {', '.join(missing)}."
        )
    return said


def ask(statistic: Statistic, frame: pd.DataFrame, names: tuple[str, ...]) -> Said:
    """The statistic of a resample, under the names of the data's own; nan where it fails."""
    nothing = np.full(len(names), np.nan)
    try:
        said = named(statistic(frame))
    except Exception as error:
        return Said(names, nothing, _reason(error))
    if set(said.names) != set(names):
        return Said(names, nothing, "it gave other names than on the data")
    place = {name: k for k, name in enumerate(said.names)}
    values = said.values[[place[name] for name in names]]
    missing = [name for name, value in zip(names, values, strict=True) if value != value]
    return Said(names, values, f"{', '.join(missing)} is nan" if missing else "")


def _reason(error: Exception) -> str:
    first = (str(error).splitlines() or [""])[0]
    text = f"{type(error).__name__}: {first}" if first else type(error).__name__
    return text if len(text) <= SHORTENED else f"{text[:SHORTENED]}..."
