"""Which row of the numbers does each printed number come from?"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from walkstats import _digits
from walkstats._digits import NumberStyle, style_of
from walkstats.plan.vocabulary import ROLES
from walkstats.tables import Table
from walkstats.tables.cells import Cell

Ids = tuple[tuple[tuple[str, ...], ...], ...]
"""For each row of a table, for each cell, the ids of the numbers in it."""

WITH_LIMITS = {"estimate", "ratio", "time"}
ALONE = ("estimate", "statistic", "std_error", "df")


@dataclass(frozen=True)
class Found:
    """A number in a text: where it stands, and its id."""

    start: int
    end: int
    id: str


class NumberIndex:
    """The rows of ``numbers`` by the values that a table may print.

    Values are compared bit for bit: a cell holds the very number of the result, so nothing is
    taken for something else that rounds alike.
    """

    def __init__(self, numbers: pd.DataFrame) -> None:
        self.with_limits: dict[tuple[float, ...], list[str]] = {}
        self.alone: dict[tuple[str, float], list[str]] = {}
        self.analysis: dict[str, str] = {}
        self.rows: dict[str, list[dict[Any, Any]]] = {}
        self.main: list[dict[Any, Any]] = []
        for row in numbers.to_dict("records") if "id" in numbers else []:
            name = str(row["id"])
            self.analysis[name] = str(row["analysis"])
            self.rows.setdefault(str(row["analysis"]), []).append(row)
            if row.get("status") in ROLES:
                self.main.append(row)
            key = _key(row["estimate"], row["conf_low"], row["conf_high"])
            if _known(row["estimate"]) and _known(row["conf_low"]):
                self.with_limits.setdefault(key, []).append(name)
            for column in ALONE:
                self._add("value", row.get(column), name)
            for column in ("p_value", "p_adjusted"):
                self._add("p", row.get(column), name)

    def _add(self, kind: str, value: Any, name: str) -> None:
        if _known(value):
            self.alone.setdefault((kind, float(value)), []).append(name)

    def in_table(self, table: Table, analysis: str) -> Ids:
        """The ids of what each cell prints; none for counts and words.

        Parameters
        ----------
        table : Table
        analysis : str
            Preferred where several analyses gave the same number.
        """
        found = []
        for row in table.rows:
            sure = [self._sure(cell, analysis) for cell in row.cells]
            names = {name for cell in sure for name in cell}
            near = {self.analysis[name] for name in names} | {analysis}
            found.append(
                tuple(
                    ids or self._likely(cell, names, near)
                    for cell, ids in zip(row.cells, sure, strict=True)
                )
            )
        return tuple(found)

    def _sure(self, cell: Cell, analysis: str) -> tuple[str, ...]:
        """An estimate with both limits is nobody else's."""
        if cell.kind not in WITH_LIMITS:
            return ()
        names = self.with_limits.get(_key(*(float(v) for v in cell.values)), [])
        own = [name for name in names if self.analysis[name] == analysis]
        return tuple((own or names)[:1])

    def _likely(self, cell: Cell, names: set[str], near: set[str]) -> tuple[str, ...]:
        """A single value, among the numbers of the same row first, then of the same analyses."""
        if cell.kind not in ("p", "number") or not cell.values:
            return ()
        kind = "p" if cell.kind == "p" else "value"
        there = self.alone.get((kind, float(cell.values[0])), [])
        same = [name for name in there if name in names]
        beside = [name for name in there if self.analysis[name] in near]
        return tuple((same or beside)[:1])

    def in_text(self, text: str, analysis: str, style: str | NumberStyle = "plain") -> list[Found]:
        """Where in a sentence the estimates of an analysis stand, with their limits.

        A sentence of no analysis, such as those of a summary, is held against all main analyses.
        """
        marks = style_of(style)
        found: list[Found] = []
        for row in self.rows.get(analysis, []) if analysis else self.main:
            for pattern in _patterns(row, marks, text):
                match = pattern.search(text)
                if match and not any(one.start < match.end() and match.start() < one.end
                                     for one in found):  # fmt: skip
                    found.append(Found(match.start(), match.end(), str(row["id"])))
                    break
        return sorted(found, key=lambda one: one.start)


def _patterns(row: dict[Any, Any], style: NumberStyle, text: str) -> Iterator[re.Pattern[str]]:
    """How a text may write an estimate and its limits, of those ways whose limits are in it."""
    values = (row["estimate"], row["conf_low"], row["conf_high"])
    if not all(_known(value) for value in values):
        return
    for decimals in _decimals(str(row.get("scale")), values):
        number = _digits.fixed(values[0], decimals[0], style)
        limits = _digits.interval(values[1], values[2], (decimals[1], decimals[2]), style)
        if number in text and limits in text:
            near = rf"[^.;()]{{0,40}}[(;][^;()]{{0,40}}{re.escape(limits)}"
            yield re.compile(rf"(?<![\d.,·]){re.escape(number)}\b{near}")


def _decimals(scale: str, values: Sequence[float]) -> Iterator[tuple[int, ...]]:
    if scale == "ratio":
        yield tuple(_digits.ratio_decimals(value) for value in values)
    else:
        yield (_digits.decimals_for((values[2] - values[1]) / 2.0),) * 3
        yield (0,) * 3
        yield (1,) * 3


def _known(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def _key(*values: Any) -> tuple[float, ...]:
    """Values as a key; whatever is missing is the same."""
    return tuple(float(v) if _known(v) else math.inf for v in values)
