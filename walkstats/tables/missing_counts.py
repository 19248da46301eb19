"""How many values are missing, or were imputed, in each group? One row per item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from walkstats.tables.cells import Cell
from walkstats.tables.description import Column, Row, Table


def holds_missing(result: Any) -> bool:
    """Whether a result counts what is missing (``by_item``), or what was imputed."""
    pattern = hasattr(result, "by_item") and hasattr(result, "patterns")
    return pattern or (hasattr(result, "imputed") and hasattr(result, "trace"))


def missing_table(result: Any, labels: Mapping[str, str]) -> Table:
    """Values missing of those expected (imputed of all), a column per group; patterns follow.

    Parameters
    ----------
    result : MissingPattern or Imputations
    labels : mapping of str to str
        Group, column or visit -> what to call it.

    Returns
    -------
    Table
    """
    pattern = hasattr(result, "patterns")
    part, whole = ("missing", "expected") if pattern else ("imputed", "values")
    counts = result.to_frame()
    groups = [str(group) for group in dict.fromkeys(counts["group"])]
    items = _items(result, counts)
    rows = [
        Row(labels.get(item, item), tuple(_share(own[part], own[whole]) for own in each))
        for item, each in _by_item(counts, items, groups).items()
    ]
    if pattern:
        shown, of = result.patterns, result.patterns[groups].sum()
        rows.append(Row(f"Patterns (x known, . missing; in the order {', '.join(result.items)})"))
        rows += [
            Row(str(one["pattern"]), tuple(_share(one[g], of[g]) for g in groups), indent=1)
            for one in shown.to_dict("records")
        ]
    return Table(
        title="",
        stub="",
        columns=tuple(Column(labels.get(group, group)) for group in groups),
        rows=tuple(rows),
        notes=tuple(note for note in (result.method, *result.notes) if note),
        source=result.source,
    )


def _items(result: Any, counts: pd.DataFrame) -> list[str]:
    """A column, or a column at a visit, in words; one of each row."""
    columns = [str(name) for name in counts["column"]]
    if "visit" not in counts:
        return columns
    items = list(result.items) * (len(columns) // len(result.items))
    return [
        item if item.startswith(f"{name} ") else f"{name}, {item}"
        for name, item in zip(columns, items, strict=True)
    ]


def _by_item(
    counts: pd.DataFrame, items: list[str], groups: list[str]
) -> dict[str, list[dict[str, Any]]]:
    """Counts of each item in the order of the groups."""
    found: dict[str, dict[str, Any]] = {}
    for item, one in zip(items, counts.to_dict("records"), strict=True):
        found.setdefault(item, {})[str(one["group"])] = one
    return {item: [own[group] for group in groups] for item, own in found.items()}


def _share(part: float, whole: float) -> Cell:
    return Cell("share_of", (float(part), float(whole)))
