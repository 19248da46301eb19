"""How is it shown who came, who walked, and how much of what was prescribed?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from walkstats import figures, tables
from walkstats._labels import capitalised
from walkstats.plan import Analysis
from walkstats.report.document import Block, FigureBlock, Paragraph, TableBlock
from walkstats.report.wording import listed
from walkstats.tables.cells import EMPTY, Cell
from walkstats.tables.description import Column, Row

CONTROLS_WALK = (
    "Participants of every arm walk, whatever was prescribed: what an arm received is a matter of "
    "degree."
)
ITEMS = {
    "sessions_attended": "Sessions attended",
    "weeks_known": "Weeks with a diary",
    "walking_minutes": "Minutes walked in the mean week",
    "prescribed_minutes": "Minutes prescribed in the mean week",
    "share_of_prescribed": "Minutes walked of those prescribed, share",
    "share_at_goal": "Weeks at the goal, share",
    "adhered": "Adhered",
}


def adherence_by_arm(analysis: Analysis, frame: pd.DataFrame) -> list[Block]:
    """What each arm walked and attended: a sentence and a table."""
    walked = frame[(frame["item"] == "walking_minutes") & frame["mean"].notna()]
    each = listed([
        f"{mean:.0f} ({arm})" for arm, mean in zip(walked["arm"], walked["mean"], strict=True)
    ])  # fmt: skip
    said = f"Minutes walked in the mean week: {each}. {CONTROLS_WALK}" if each else CONTROLS_WALK
    return [
        Paragraph(said, "result"),
        TableBlock(analysis.name, _table(frame).titled(analysis.title)),
    ]


def adherence_by_week(analysis: Analysis, frame: pd.DataFrame) -> list[Block]:
    """The minutes walked in each week, beside those prescribed."""
    figure = figures.plot_adherence(frame)
    caption = f"{analysis.title}. Medians by week with quartiles, and what was prescribed"
    return [FigureBlock(analysis.name, figure, caption)]


def _table(frame: pd.DataFrame) -> tables.Table:
    """Items in rows; for each arm how many are known, means and medians."""
    arms = list(dict.fromkeys(frame["arm"].astype(str)))
    cells = {(str(one["arm"]), str(one["item"])): one for one in frame.to_dict("records")}
    rows = []
    for item in dict.fromkeys(frame["item"].astype(str)):
        row: list[Cell] = []
        for arm in arms:
            row += _cells(cells.get((arm, item)), item)
        if any(cell.kind != "empty" for cell in row):
            rows.append(Row(ITEMS.get(item, capitalised(item.replace("_", " "))), tuple(row)))
    heads = ("Known", "Mean (SD), or n (%)", "Median (quartiles)")
    return tables.Table(
        title="",
        stub="",
        columns=tuple(Column(head, over=arm) for arm in arms for head in heads),
        rows=tuple(rows),
        notes=(*(str(note) for note in frame.attrs.get("notes", ())),),
        source=str(frame.attrs.get("source", "")),
    )


def _cells(one: Mapping[Any, Any] | None, item: str) -> list[Cell]:
    if one is None or not one["known"] or math.isnan(float(one["mean"])):
        return [EMPTY, EMPTY, EMPTY]
    known = Cell("share_of", (float(one["known"]), float(one["of"])))
    if item == "adhered":
        number = round(float(one["mean"]) * float(one["known"]))
        return [known, Cell("share", (float(number), float(one["known"]))), EMPTY]
    decimals = 2 if item.startswith("share") else 1
    middle = tuple(float(one[name]) for name in ("median", "lower_quartile", "upper_quartile"))
    return [
        known,
        Cell("mean_sd", (float(one["mean"]), float(one["std_dev"])), decimals),
        Cell("median_iqr", middle, decimals),
    ]
