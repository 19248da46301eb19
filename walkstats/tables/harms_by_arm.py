"""How many people had an adverse event, and how many were there, laid out by arm?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from walkstats._arguments import check_choice
from walkstats._labels import capitalised, percent_level
from walkstats.results import Estimates
from walkstats.tables.cells import EMPTY, Cell
from walkstats.tables.description import Column, Row, Table

MEASURES = {
    "difference": "Risk difference, % points",
    "ratio": "Risk ratio",
    "rate_ratio": "Rate ratio",
}
COLUMNS = {"kind", "participants", "events"}
NEEDED = "A table of harms needs a HarmComparison (compare_harms) or the frame of adverse_events"


def holds_harms(result: Any) -> bool:
    """Whether a result compares harms of several kinds."""
    names = ("kinds", "groups", "difference", "rate_ratio", "levels", "by")
    return all(hasattr(result, name) for name in names)


def events_table(
    harms: Any,
    *,
    arm: str | None = None,
    measures: Sequence[str] = tuple(MEASURES),
    names: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    title: str = "Adverse events",
) -> Table:
    """Show participants with an event, and events, by kind and arm, with their comparison.

    Parameters
    ----------
    harms : HarmComparison or pandas.DataFrame
        From ``regression.compare_harms``; or from ``derive.adverse_events``, which compares
        nothing.
    arm : str, optional
        The arm that is compared with the first, where there are several; the last by default.
    measures : sequence of {"difference", "ratio", "rate_ratio"}
        Comparisons to show, beside the exact p-value.
    names : mapping of str to str, optional
        Arm -> what to call it.
    labels : mapping of str to str, optional
        Kind, or a heading such as "body region" -> what to call it.
    title : str

    Returns
    -------
    Table
        Per arm participants with an event (with their share of all randomised) and events; then
        the exact p-value, the risk difference in percentage points, the risk ratio, and the rate
        ratio where there are rates, with their intervals.

    Raises
    ------
    ValueError
        For something else.

    Examples
    --------
    >>> import walkstats as ws
    >>> table = events_table(ws.derive.adverse_events(ws.load_sample("walkback-like")))
    >>> [row.label for row in table.rows][:4]
    ['Any', 'Serious', 'Related', 'Body region']
    >>> table.texts()[0]
    ['190 (54.3%)', '278', '183 (52.1%)', '260']
    """
    if isinstance(harms, pd.DataFrame):
        return _of_frame(harms, dict(names or {}), dict(labels or {}), title)
    if not holds_harms(harms):
        raise ValueError(f"{NEEDED}, got {type(harms).__name__}.")
    levels = harms.levels
    other = levels[-1] if arm is None else check_choice(arm, levels[1:], "arm")
    terms = {kind: f"{kind}: {harms.by}[{other}]" for kind in harms.kinds}
    table = harms.groups.rename(columns={"group": "arm", "n": "randomised"})
    for one in measures:
        check_choice(one, MEASURES, "measures")
    shown = [one for one in measures if getattr(harms, one) is not None]
    cells = {
        kind: [*_counted(table, kind, levels), *_compared(harms, term, shown)]
        for kind, term in terms.items()
    }
    level = percent_level(harms.difference.level)
    heads = ["p", *(f"{MEASURES[one]} ({level}% CI)" for one in shown)]
    columns = [*_columns(table, levels, dict(names or {})), *(Column(one) for one in heads)]
    own = tuple(one for one in (harms.method, *harms.notes) if one)
    return Table(title, "", tuple(columns), _rows(cells, dict(labels or {})), own, harms.source)


def _of_frame(
    frame: pd.DataFrame, names: dict[str, str], labels: dict[str, str], title: str
) -> Table:
    if not {*COLUMNS, "arm", "randomised"} <= set(frame.columns):
        raise ValueError(f"{NEEDED}.")
    levels = tuple(dict.fromkeys(frame["arm"].astype(str)))
    kinds = dict.fromkeys(frame["kind"].astype(str))
    cells = {kind: _counted(frame, kind, levels) for kind in kinds}
    return Table(
        title, "", tuple(_columns(frame, levels, names)), _rows(cells, labels),
        tuple(frame.attrs.get("notes", ())), str(frame.attrs.get("source", "")),
    )  # fmt: skip


def _columns(table: pd.DataFrame, levels: Sequence[str], names: dict[str, str]) -> list[Column]:
    """Participants and events of each arm, under its name and size."""
    found = []
    for level in levels:
        sizes = table.loc[table["arm"] == level, "randomised"].unique()
        n = f" (n = {int(sizes[0])})" if len(sizes) == 1 else ""
        over = f"{names.get(level, level)}{n}"
        found += [Column("Participants", over=over), Column("Events", over=over)]
    return found


def _counted(table: pd.DataFrame, kind: str, levels: Sequence[str]) -> list[Cell]:
    cells: list[Cell] = []
    for level in levels:
        own = table[(table["kind"] == kind) & (table["arm"] == level)]
        if not len(own):
            cells += [EMPTY, EMPTY]
            continue
        one = own.iloc[0]
        cells += [
            Cell("share", (float(one["participants"]), float(one["randomised"]))),
            Cell("count", (float(one["events"]),)),
        ]
    return cells


def _compared(harms: Any, term: str, shown: Sequence[str]) -> list[Cell]:
    """Exact p-value, then each measure; a ratio that is not known stays empty."""
    cells = [Cell("p", (harms.tests[term].p_value,))]
    for name in shown:
        part: Estimates = getattr(harms, name)
        ratio = part.link != "identity"
        one = part.estimate(term, ratio=ratio)
        factor = 1.0 if ratio else 100.0
        ends = tuple(factor * value for value in (one.estimate, one.conf_low, one.conf_high))
        known = not math.isnan(one.estimate)
        cells.append(
            Cell("ratio" if ratio else "estimate", ends, None if ratio else 1) if known else EMPTY
        )
    return cells


def _rows(cells: Mapping[str, list[Cell]], labels: dict[str, str]) -> tuple[Row, ...]:
    """Kinds in their order; ``body region: trunk`` stands under a heading with its like."""
    rows: list[Row] = []
    before = ""
    for kind, own in cells.items():
        head, _, value = kind.rpartition(": ")
        if head and head != before:
            rows.append(Row(labels.get(head, capitalised(head))))
        before = head
        label = labels.get(kind, capitalised(value))
        rows.append(Row(label, tuple(own), int(bool(head))))
    return tuple(rows)
