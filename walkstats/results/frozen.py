"""What does every answer carry? Read-only contents, method, notes, counts and source."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

# Of a longer table, a curve for example, so many rows of the head and the tail are printed.
MOST_ROWS, PRINTED_OF_MORE = 60, 20


def _locked(value: Any) -> Any:
    """Arrays read-only, mappings as read-only views of a copy; everything else as it is."""
    if isinstance(value, np.ndarray):
        array = value.copy() if value.flags.writeable else value
        array.setflags(write=False)
        return array
    if isinstance(value, (dict, MappingProxyType)):
        return MappingProxyType({key: _locked(item) for key, item in value.items()})
    return value


class _Lent:
    """A frame of a result: whoever reads it gets a copy, so that nobody alters the result's own."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        if owner is None:
            raise AttributeError(self.name)  # what dataclasses take for a field without default
        value = owner.__dict__[self.name]
        return value.copy() if isinstance(value, pd.DataFrame) else value

    def __set__(self, owner: Any, value: Any) -> None:
        owner.__dict__[self.name] = value


def _keep(owner: Any, name: str, value: Any) -> None:
    """Hold a value so that nothing alters it."""
    if isinstance(value, pd.DataFrame):
        if not isinstance(inspect.getattr_static(owner, name, None), _Lent):
            setattr(type(owner), name, _Lent(name))
        value = value.copy()
    owner.__dict__[name] = _locked(value)


def _unlocked(value: Any) -> Any:
    """What pickle can take: read-only views of mappings cannot be pickled."""
    if isinstance(value, MappingProxyType):
        return {key: _unlocked(item) for key, item in value.items()}
    return value


class Frozen:
    """Arrays and mappings of a frozen dataclass are read-only, also after pickling.

    A field that holds a frame gives a copy each time it is read; code that reads one often takes it
    from ``_own`` and leaves it as it is.
    """

    def __post_init__(self) -> None:
        for name, value in list(self.__dict__.items()):
            _keep(self, name, value)

    def _own(self, name: str) -> Any:
        """A frame itself, not a copy: to be read only."""
        return self.__dict__[name]

    def __getstate__(self) -> dict[str, Any]:
        return {name: _unlocked(value) for name, value in self.__dict__.items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            _keep(self, name, value)


@dataclass(frozen=True)
class Counts(Frozen):
    """What went into a result and what was left out.

    Attributes
    ----------
    rows, used : int
        Rows of the frame, and rows analysed.
    participants : int
        Distinct participants among the rows used (rows, where no subject is named).
    events : int or None
    left_out : mapping of str to int
        Reason -> rows.
    clusters : int or None
        Distinct clusters, where no subject is named and rows share one: the rows are then not
        called participants, since several may be one person's.
    events_left_out : int
        Events among the rows left out, where they are known.
    """

    rows: int
    used: int
    participants: int
    events: int | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    clusters: int | None = None
    events_left_out: int = 0

    def __str__(self) -> str:
        text = "" if self.events is None else f"{_count(self.events, 'event')} among "
        if self.clusters is not None:
            text += f"{_count(self.used, 'row')} in {_count(self.clusters, 'cluster')}"
        else:
            text += _count(self.participants, "participant")
        if self.clusters is None and self.used != self.participants:
            text += f" in {_count(self.used, 'row')}"
        for reason, rows in self.left_out.items():
            text += f"; {_count(rows, 'row')} left out: {reason}"
        if self.events_left_out:
            text += f"; {_count(self.events_left_out, 'event')} among the rows left out"
        return text


@dataclass(frozen=True, eq=False, kw_only=True)
class Result(Frozen):
    """What every result carries.

    Attributes
    ----------
    method : str
        As a methods section says it.
    notes : tuple of str
        What the reader must know and what did not stop the analysis.
    counts : Counts or None
    source : str
        Where the data come from; begins with "synthetic" when they are.
    """

    method: str = ""
    notes: tuple[str, ...] = ()
    counts: Counts | None = None
    source: str = ""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        # A dataclass would otherwise write one that spells out every array.
        if "__repr__" not in cls.__dict__:
            cls.__repr__ = Result.__repr__  # type: ignore[method-assign]

    def __repr__(self) -> str:
        return str(self)

    def to_frame(self) -> pd.DataFrame:
        """The numbers as a frame."""
        raise TypeError(f"{type(self).__name__} does not say how it is laid out as a frame")

    def _remarks(self) -> list[str]:
        lines = [self.method] if self.method else []
        if self.counts is not None:
            lines.append(str(self.counts))
        lines += list(self.notes)
        if self.source:
            lines.append(f"Source: {self.source}")
        return lines

    def __str__(self) -> str:
        frame = self.to_frame()
        table = frame.to_string(index=False, na_rep="", max_rows=_printed(frame))
        return "\n".join([table, *_rows_in_all(frame), *self._remarks()])

    def _repr_html_(self) -> str:
        frame = self.to_frame()
        table = frame.to_html(index=False, border=0, na_rep="", max_rows=_printed(frame))
        lines = [*_rows_in_all(frame), *self._remarks()]
        remarks = "".join(f"<p>{escape(line)}</p>" for line in lines)
        return f"<div>{table}{remarks}</div>"


def _printed(frame: pd.DataFrame) -> int | None:
    return PRINTED_OF_MORE if len(frame) > MOST_ROWS else None


def _rows_in_all(frame: pd.DataFrame) -> list[str]:
    """What is said below a table of which only the head and the tail are printed."""
    said = f"{len(frame):,} rows in all, of which to_frame() leaves out none."
    return [] if _printed(frame) is None else [said]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
