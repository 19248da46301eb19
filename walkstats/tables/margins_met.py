"""Which differences stay within their margins? One row per outcome."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from walkstats._labels import capitalised, percent_level
from walkstats.results import Estimate
from walkstats.tables.cells import EMPTY, Cell, words
from walkstats.tables.description import Column, Row, Table


def holds_margins(result: Any) -> bool:
    """Whether a result is a test against margins, with its sentence, or a mapping of such tests."""
    if isinstance(result, Mapping):
        return bool(result) and all(holds_margins(one) for one in result.values())
    known = all(hasattr(result, name) for name in ("low", "high", "shown", "conclusion"))
    return known and isinstance(getattr(result, "estimate", None), Estimate)


def margins_table(result: Any, labels: Mapping[str, str]) -> Table:
    """Differences with their intervals, the margins and whether they are met; sentences below.

    Parameters
    ----------
    result : MarginTest, or mapping of str to MarginTest
    labels : mapping of str to str
        Term or outcome -> what to call it.

    Returns
    -------
    Table
    """
    named = dict(result) if isinstance(result, Mapping) else {result.estimate.term: result}
    rows, notes = [], []
    levels = {percent_level(test.estimate.level) for test in named.values()}
    for name, test in named.items():
        one = test.estimate
        label = labels.get(name, name)
        shown = Cell(
            "ratio" if one.scale == "ratio" else "estimate",
            (one.estimate, one.conf_low, one.conf_high),
        )
        p = EMPTY if math.isnan(test.p_value) else Cell("p", (test.p_value,))
        rows.append(Row(label, (shown, words(_margins(test)), p, words(_verdict(test)))))
        notes.append(f"{label}: {test.conclusion}" if len(named) > 1 else test.conclusion)
    first = next(iter(named.values()))
    measures = {test.estimate.measure for test in named.values()}
    head = capitalised(measures.pop()) if len(measures) == 1 and first.estimate.measure else ""
    level = f"{levels.pop()}% " if len(levels) == 1 else ""
    said = [note for test in named.values() for note in (test.method, *test.notes)]
    return Table(
        title="",
        stub="",
        columns=tuple(
            Column(name) for name in (f"{head or 'Estimate'} ({level}CI)", "Margin", "p", "Shown")
        ),
        rows=tuple(rows),
        notes=tuple(dict.fromkeys([*notes, *(note for note in said if note)])),
        source=next((test.source for test in named.values() if test.source), ""),
    )


def _margins(test: Any) -> str:
    low, high = (f"{bound:g}" for bound in (test.low, test.high))
    if math.isinf(test.high):
        return f"above {low}"
    if math.isinf(test.low) or (test.low == 0.0 and test.estimate.scale == "ratio"):
        return f"below {high}"
    return f"from {low} to {high}"


def _verdict(test: Any) -> str:
    return "yes" if test.shown else "no"
