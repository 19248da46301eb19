"""Which columns of a frame say from when to when, and how each row ended?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_frame
from walkstats._variables import as_numbers
from walkstats.errors import DataError
from walkstats.numerics.cutting import Pieces

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SpanColumns:
    """Start and stop of each row of a frame, and what its columns are called.

    ``replaced`` are columns that ``start_name`` and ``stop_name`` stand for in a frame of pieces.
    """

    start: Floats
    stop: Floats
    start_name: str
    stop_name: str
    replaced: tuple[str, ...]

    def laid_out(
        self, frame: pd.DataFrame, pieces: Pieces, event: str | None, censored: object
    ) -> pd.DataFrame:
        """The frame with a row per piece; the event stays with the last piece of each row."""
        out = frame.iloc[pieces.row].reset_index(drop=True)
        place = min(list(out.columns).index(name) for name in self.replaced)
        out = out.drop(columns=list(self.replaced))
        out.insert(place, self.start_name, pieces.start)
        out.insert(place + 1, self.stop_name, pieces.stop)
        if event is not None:
            out.loc[~pieces.last, event] = no_event(frame, event, censored)
        out.attrs = dict(frame.attrs)
        return out


def span_columns(
    frame: pd.DataFrame, time: str | None, entry: str | None, start: str
) -> SpanColumns:
    """Read start and stop: ``days``, ``start_days`` and ``stop_days``, or the columns named.

    Raises
    ------
    ValueError
        For columns that are not there, or contradict each other.
    DataError
        For text, and rows that stop before they start.
    """
    check_frame(frame)
    both = "start_days" in frame and "stop_days" in frame
    if time is None and entry is None and both and "days" not in frame:
        entry, ends, start_name, stop_name = "start_days", "stop_days", "start_days", "stop_days"
    elif time is None and "days" in frame and not both:
        ends, start_name, stop_name = "days", entry or "start_days", "stop_days"
    elif time is not None:
        ends, start_name, stop_name = time, entry or start, time
    else:
        raise ValueError(
            "Say which columns hold the time: time='...', and entry='...' where rows begin late. "
            f"The frame has: {', '.join(str(c) for c in frame.columns)}."
        )
    if start_name != entry and start_name in frame:
        raise ValueError(f"The frame has a column {start_name!r} already: entry={start_name!r}?")
    stop = numbers_of(frame, ends, "the time")
    none = np.zeros(len(frame))
    first = none if entry is None else numbers_of(frame, entry, "the entry time")
    backwards = np.flatnonzero(stop < first)
    if backwards.size:
        raise DataError.of(
            f"{ends} lies before {entry or 'time 0'}",
            column=str(ends),
            row=int(backwards[0]),
            count=int(backwards.size),
            what_to_do="correct these rows",
        )
    replaced = tuple(name for name in (entry, ends) if name is not None)
    return SpanColumns(first, stop, start_name, stop_name, replaced)


def numbers_of(frame: pd.DataFrame, name: str, role: str) -> Floats:
    """A column of times as numbers; numbers kept as text are refused."""
    series = check_column(frame, name, role)
    plain = series.dtype == object and any(isinstance(one, str) for one in series)
    if plain or isinstance(series.dtype, pd.StringDtype):
        raise DataError.of(
            f"{name} holds text", column=str(name), what_to_do="convert the column to numbers"
        )
    return as_numbers(series, str(name))


def check_event(frame: pd.DataFrame, event: str | None, censored: object) -> None:
    """Refuse an event column for which no value means that nothing happened."""
    if event is not None:
        check_column(frame, event, "the event")
        no_event(frame, event, censored)


def no_event(frame: pd.DataFrame, event: str, censored: object) -> Any:
    """What the event column holds where a row goes on."""
    series = frame[event]
    if censored is not None:
        known = series.cat.categories if isinstance(series.dtype, pd.CategoricalDtype) else ()
        if len(known) and censored not in known:
            listed = ", ".join(map(repr, known))
            raise ValueError(f"censored must be one of {listed} ({event}); got {censored!r}.")
        return censored
    if pd.api.types.is_bool_dtype(series.dtype):
        return False
    if pd.api.types.is_numeric_dtype(series.dtype) and series.dropna().isin([0, 1]).all():
        return 0
    raise ValueError(
        f"{event} is not 0/1 or boolean: say which of its values means that nothing happened, "
        "censored='...'."
    )
