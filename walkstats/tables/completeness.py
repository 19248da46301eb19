"""How many check-ins were answered, laid out by arm?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from walkstats._arguments import check_frame
from walkstats._labels import percent_level
from walkstats.tables.cells import EMPTY, Cell
from walkstats.tables.description import Column, Row, Table

NEEDED = ("arm", "check_in", "month", "expected", "completed", "missed", "withdrawn", "percent")
ALL = "All check-ins"


def check_in_table(
    frame: pd.DataFrame,
    *,
    months: Sequence[float] | None = None,
    labels: Mapping[str, str] | None = None,
    title: str = "Check-ins completed",
) -> Table:
    """Show how many check-ins were answered, by arm and month.

    Parameters
    ----------
    frame : pandas.DataFrame
        From ``derive.check_in_completeness``: one row per arm and check-in.
    months : sequence of float, optional
        Which months to show; all by default. The row of all check-ins is shown always.
    labels : mapping of str to str, optional
        Arm -> what to call it.
    title : str

    Returns
    -------
    Table
        Per arm: check-ins due, completed, the share completed with its interval, missed, and due
        after the participant had withdrawn.

    Raises
    ------
    ValueError
        For a frame of something else, or months that it does not have.

    Examples
    --------
    >>> import walkstats as ws
    >>> frame = ws.derive.check_in_completeness(ws.load_sample("walkback-like"))
    >>> table = ws.tables.check_in_table(frame, months=[12])
    >>> [cell.values[0] for cell in table.rows[0].cells[:2]]
    [350.0, 323.0]
    """
    check_frame(frame)
    lacking = [name for name in NEEDED if name not in frame]
    if lacking:
        raise ValueError(
            f"The frame lacks {', '.join(lacking)}; it must be one of derive.check_in_completeness."
        )
    kinds = frame["arm"].astype("category").cat.categories
    arms = [str(arm) for arm in kinds if (frame["arm"] == arm).any()]
    each = frame[frame["check_in"].notna()]
    shown = _months(each, months)
    rows = [_row(f"Month {month:g}", each[each["month"] == month], arms) for month in shown]
    rows.append(_row(ALL, frame[frame["check_in"].isna()], arms))
    level = percent_level(float(frame.attrs.get("level", 0.95)))
    heads = ("Due", "Completed", f"% ({level}% CI)", "Missed", "After withdrawal")
    names = labels or {}
    return Table(
        title=title,
        stub="",
        columns=tuple(Column(head, over=names.get(arm, arm)) for arm in arms for head in heads),
        rows=tuple(rows),
        notes=(*frame.attrs.get("notes", ()), "Intervals are Wilson's; that over all check-ins "
               "allows for those of one participant being alike."),
        source=str(frame.attrs.get("source", "")),
    )  # fmt: skip


def _months(each: pd.DataFrame, months: Sequence[float] | None) -> list[float]:
    known = sorted(each["month"].dropna().unique())
    if months is None:
        return known
    for month in months:
        if month not in known:
            listed = ", ".join(f"{one:g}" for one in known)
            raise ValueError(f"No check-in was due in month {month!r}. There are: {listed}.")
    return [float(month) for month in months]


def _row(label: str, here: pd.DataFrame, arms: Sequence[str]) -> Row:
    cells: list[Cell] = []
    for arm in arms:
        own = here[here["arm"] == arm]
        if not len(own):
            cells += [EMPTY] * 5
            continue
        one = own.iloc[0]
        cells += [
            Cell("count", (float(one["expected"]),)),
            Cell("count", (float(one["completed"]),)),
            Cell("estimate", (one["percent"], one["conf_low"], one["conf_high"]), 1),
            Cell("count", (float(one["missed"]),)),
            Cell("count", (float(one["withdrawn"]),)),
        ]
    return Row(label, tuple(cells))
