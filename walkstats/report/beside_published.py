"""How do the estimates of a report stand beside the published ones?"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from walkstats import tables
from walkstats._digits import fixed
from walkstats.plan import PlanResults
from walkstats.report.document import Block, Paragraph, TableBlock

SYNTHETIC = (
    "The data of this report are synthetic. They were constructed, and selected on their results, "
    "to resemble the published trial: that they agree with it shows nothing about walking, and "
    "their p-values validate nothing."
)
HEADS = ["Figure", "Here", "Published", "Seen in", "Source"]


def beside_published(results: PlanResults) -> list[Block]:
    """Each published figure with ours beside it, and those that cannot be checked, with the reason.

    Parameters
    ----------
    results : PlanResults

    Returns
    -------
    list of blocks
        Empty where the plan names no published record.
    """
    frame = results.beside
    if frame is None or not len(frame):
        return []
    blocks: list[Block] = [Paragraph(SYNTHETIC, "caution")] if results.trial.synthetic else []
    remark = frame["remark"] if "remark" in frame else pd.Series("", index=frame.index)
    beside, others = frame[remark == ""], frame[remark != ""]
    if len(beside):
        rows = [_beside(one, results) for one in beside.to_dict("records")]
        blocks.append(
            _table("beside_published", rows, "Estimates of this report beside the published ones",
                   beside)
        )  # fmt: skip
    if len(others):
        rows = [_alone(one, results) for one in others.to_dict("records")]
        title = "Published figures that have no estimate of this report beside them"
        blocks.append(_table("published_alone", rows, title, others))
    return blocks


def _table(name: str, rows: list[tuple[str, ...]], title: str, frame: pd.DataFrame) -> TableBlock:
    table = tables.table_of(pd.DataFrame(rows, columns=HEADS), title=title)
    cited = frame[["source", "citation"]].drop_duplicates()
    table = table.noted(*(f"{key}: {text}" for key, text in cited.itertuples(index=False)))
    return TableBlock(name, table)


def _beside(one: Mapping[Hashable, Any], results: PlanResults) -> tuple[str, ...]:
    timed = str(one.get("unit") or "") == "days"  # of a time a limit may lie beyond follow-up
    lacking = "not reached" if timed else "\N{EN DASH}"
    here = with_limits(one["ours"], one["ours_low"], one["ours_high"], lacking)
    return _label(one, results), here, *_published(one)


def _alone(one: Mapping[Hashable, Any], results: PlanResults) -> tuple[str, ...]:
    remark = str(one["remark"])
    return _label(one, results), f"{remark[:1].upper()}{remark[1:]}", *_published(one)


def _published(one: Mapping[Hashable, Any]) -> tuple[str, ...]:
    there = with_limits(one["published"], one["published_low"], one["published_high"])
    unit = str(one.get("unit") or "")
    return f"{there} {unit}".strip(), str(one["where"]), str(one["source"])


def _label(one: Mapping[Hashable, Any], results: PlanResults) -> str:
    """What the figure is called; where several models estimate it, also which one it is."""
    name = str(one["name"])
    place = results.plan.published.get(name)
    if place is None or "label" not in place:
        return name.replace(".", ": ", 1).replace(".", ", ").replace("_", " ").capitalize()
    label = str(place["label"])
    if "term" in place and "quantile" not in place:
        title = next(a.title for a in results.plan.analyses if a.name == place["analysis"])
        label = f"{label} (here: {title.partition(':')[0]})"
    return label


def with_limits(value: float, low: float, high: float, lacking: str = "\N{EN DASH}") -> str:
    """A number with its limits where it has them; small ones with two decimals."""
    decimals = 0 if float(value).is_integer() or abs(value) >= 10 else 2
    text = fixed(value, decimals)
    if np.isnan(low) and np.isnan(high):
        return text
    ends = [lacking if np.isnan(end) else fixed(end, decimals) for end in (low, high)]
    return f"{text} ({ends[0]} to {ends[1]})"
