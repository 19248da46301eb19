"""How far do two measurements agree, and which weeks does each of them know?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from walkstats._labels import capitalised, percent_level
from walkstats.tables.cells import EMPTY, Cell
from walkstats.tables.description import Column, Row, Table

NEEDED = ("frame", "points", "first", "second", "coverage")
ROWS = (
    ("pairs", "Pairs", "count"),
    ("participants", "Participants", "count"),
    (("bias", "conf_low", "conf_high"), "Bias", "estimate"),
    (("lower", "lower_low", "lower_high"), "Lower limit of agreement", "estimate"),
    (("upper", "upper_low", "upper_high"), "Upper limit of agreement", "estimate"),
    ("sd_between", "Standard deviation between participants", "number"),
    ("sd_within", "Standard deviation within participants", "number"),
    ("slope", "Slope of the difference on the size", "number"),
    ("slope_p", "p for the slope", "p"),
)
WEEKS = {
    "both": "by both",
    "diary only": "by the diary only",
    "device only": "by the device only",
    "neither": "by neither",
}


def agreement_table(
    result: Any,
    weeks: pd.DataFrame | None = None,
    *,
    labels: Mapping[str, str] | None = None,
    title: str = "Agreement of two measurements",
) -> Table:
    """Show bias and limits of agreement by group, and which weeks each record knows.

    Parameters
    ----------
    result : Agreement
        From ``regression.agreement``.
    weeks : pandas.DataFrame, optional
        From ``derive.reconcile_walking``: adds the share of weeks that diary and device know.
    labels : mapping of str to str, optional
        Group -> what to call it.
    title : str

    Returns
    -------
    Table

    Raises
    ------
    ValueError
        For something else than these.

    Examples
    --------
    >>> import walkstats as ws
    >>> pairs = pd.DataFrame({"diary": [70, 80, 150, 90.0], "device": [60, 60, 120, 80.0]})
    >>> table = agreement_table(ws.regression.agreement(pairs, "diary", "device"))
    >>> [row.label for row in table.rows][:3]
    ['Pairs', 'Participants', 'Bias (95% CI)']
    """
    if not holds_agreement(result):
        raise ValueError(f"agreement_table needs an Agreement, got {type(result).__name__}.")
    names = labels or {}
    groups: list[dict[str, Any]] = result.frame.to_dict("records")
    level = percent_level(result.level)
    rows = [] if weeks is None else _known(weeks, [str(one["group"]) for one in groups])
    for keys, label, kind in ROWS:
        cells = tuple(_cell(one, keys, kind) for one in groups)
        if any(cell != EMPTY for cell in cells):
            rows.append(Row(f"{label} ({level}% CI)" if kind == "estimate" else label, cells))
    return Table(
        title=title,
        stub="",
        columns=tuple(
            Column(names.get(str(one["group"]), capitalised(str(one["group"])))) for one in groups
        ),
        rows=tuple(rows),
        notes=(
            result.method,
            *result.notes,
            *(() if weeks is None else weeks.attrs.get("notes", ())),
        ),
        source=result.source,
    )


def holds_agreement(result: Any) -> bool:
    """Whether a result is an agreement of two measurements."""
    return all(hasattr(result, name) for name in NEEDED)


def _cell(one: Mapping[str, Any], keys: str | tuple[str, ...], kind: str) -> Cell:
    names = (keys,) if isinstance(keys, str) else keys
    values = tuple(float(one[name]) for name in names)
    return EMPTY if math.isnan(values[0]) else Cell(kind, values)


def _known(weeks: pd.DataFrame, groups: list[str]) -> list[Row]:
    """Weeks by the records that know them; a group that is no arm has those of all arms."""
    counted = getattr(weeks, "attrs", {}).get("known")
    if not isinstance(counted, Mapping):
        raise ValueError("weeks must be the frame of derive.reconcile_walking.")
    arms = {str(arm): dict(one) for arm, one in counted.items()}
    every = {name: sum(one[name] for one in arms.values()) for name in WEEKS}
    columns = [arms.get(group, every) for group in groups]
    rows = [Row("Weeks of participants known")]
    for name, label in WEEKS.items():
        shares = (Cell("share_of", (one[name], sum(one.values()))) for one in columns)
        rows.append(Row(label, tuple(shares), indent=1))
    return rows
