"""How do several tests of the same hypothesis stand below each other, under what they are of?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from walkstats._labels import capitalised
from walkstats.results import HypothesisTest
from walkstats.tables.cells import EMPTY, Cell
from walkstats.tables.description import Column, Row, Table


def holds_tests(result: Any) -> bool:
    """Whether a result is a mapping of tests with the counts that they are of."""
    tests, counts = (getattr(result, name, None) for name in ("tests", "table"))
    if not isinstance(tests, Mapping) or not isinstance(counts, pd.DataFrame):
        return False
    return bool(tests) and all(isinstance(one, HypothesisTest) for one in tests.values())


def tests_table(result: Any, labels: Mapping[str, str]) -> Table:
    """Counts with their row totals, then one row per test.

    Parameters
    ----------
    result : Association
        Or anything else with ``table`` and ``tests``.
    labels : mapping of str to str
        Level or test -> what to call it.

    Returns
    -------
    Table
    """
    counts = result.table
    first, *levels = counts.columns
    heads = [labels.get(str(level), str(level)) for level in levels]
    rows = [
        Row(
            labels.get(str(one[first]), str(one[first])),
            (*(Cell("share", (one[level], _total(one, levels))) for level in levels), EMPTY, EMPTY),
        )
        for one in counts.to_dict("records")
    ]
    beside = (EMPTY,) * len(levels)
    for name, test in result.tests.items():
        shown = math.isfinite(test.statistic)
        statistic = Cell("number", (test.statistic,), 2) if shown else EMPTY
        p = Cell("p", (test.p_value,))
        rows.append(Row(labels.get(name, _called(test)), (*beside, statistic, p)))
    said = [result.method, *result.notes, *([] if result.counts is None else [f"{result.counts}."])]
    return Table(
        title="",
        stub=labels.get(str(first), str(first)),
        columns=(*(Column(head) for head in heads), Column("Statistic"), Column("p")),
        rows=tuple(rows),
        notes=tuple(note for note in said if note),
        source=result.source,
    )


def _total(one: Mapping[Any, Any], levels: list[Any]) -> float:
    return float(sum(one[level] for level in levels))


def _called(test: HypothesisTest) -> str:
    if not math.isfinite(test.df):
        return capitalised(test.name)
    degrees = f"{test.df:g} degree{'' if test.df == 1 else 's'} of freedom"
    return f"{capitalised(test.name)}, {degrees}"
