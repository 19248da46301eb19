"""How do the results of a plan become a report?"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from walkstats import tables
from walkstats.plan import Analysis, PlanResults
from walkstats.report.document import Block, Paragraph, Report, Section, TableBlock
from walkstats.report.provenance import provenance
from walkstats.report.reconciling import said_once
from walkstats.report.showing import show
from walkstats.report.wording import for_readers
from walkstats.results import Fit, Result


def compose(results: PlanResults) -> Report:
    """Compose the report of plan results: the sections of the plan, in its order.

    Parameters
    ----------
    results : PlanResults

    Returns
    -------
    Report

    Examples
    --------
    >>> import walkstats as ws
    >>> trial = ws.load_sample("bladder")
    >>> done = ws.plan.run_plan(trial, ws.plan.default_plan(trial), seed=1)
    >>> [section.title for section in compose(done).sections][0]
    'Participants'
    """
    sections = [
        Section(title, tuple(_section(title, results)))
        for title in dict.fromkeys(one.section for one in results.plan.analyses)
    ]
    if results.beside is not None:
        sections.append(_beside(results))
    sections.append(_methods(results))
    if len(results.deviations):
        sections.append(_deviations(results.deviations))
    return Report(
        title=results.plan.title,
        source=results.trial.source,
        synthetic=results.trial.synthetic,
        sections=tuple(section for section in sections if section.blocks),
        numbers=results.numbers,
        provenance=provenance(results),
    )


def _section(title: str, results: PlanResults) -> list[Block]:
    missing = results.primary_not_run.set_index("item")["happened"]
    blocks: list[Block] = []
    for one in results.plan.analyses:
        if one.section == title and one.name in missing:
            said = f"The primary analysis could not be run: {missing[one.name]} ({one.title}.)"
            blocks.append(Paragraph(said, "caution"))
        elif one.section == title:
            blocks += show(one, results)
    return said_once(_in_words(block, results) for block in blocks)


def _in_words(block: Block, results: PlanResults) -> Block:
    if not isinstance(block, TableBlock):
        return block
    notes = tuple(for_readers(note, results.trial.strata) for note in block.table.notes)
    return replace(block, table=replace(block.table, notes=notes))


def _beside(results: PlanResults) -> Section:
    frame = results.beside
    assert frame is not None
    rows = [_beside_row(one, results) for one in frame.to_dict("records")]
    shown = pd.DataFrame(rows, columns=["Figure", "Here", "Published", "Seen in", "Source"])
    blocks: list[Block] = []
    if results.trial.synthetic:
        blocks.append(
            Paragraph(
                "The data of this report are synthetic. They were constructed, and selected on "
                "their results, to resemble the published trial: that they agree with it shows "
                "nothing about walking, and their p-values validate nothing.",
                "caution",
            )
        )
    table = tables.table_of(shown, title="Estimates of this report beside the published ones")
    cited = frame[["source", "citation"]].drop_duplicates()
    table = table.noted(*(f"{key}: {text}" for key, text in cited.itertuples(index=False)))
    blocks.append(TableBlock("beside_published", table))
    return Section("Beside the published trial", tuple(blocks))


def _beside_row(one: Mapping[Hashable, Any], results: PlanResults) -> tuple[str, ...]:
    name = str(one["name"])
    place = results.plan.published.get(name, {})
    label = place.get("label", name.replace("_", " ").replace(".", ", "))
    if "term" in place and "quantile" not in place:
        # Several models of the report estimate the same ratio or difference: say which one it is.
        title = next(a.title for a in results.plan.analyses if a.name == place["analysis"])
        label = f"{label} (here: {title.partition(':')[0]})"
    remark = str(one["remark"])
    here = remark or _with_limits(one["ours"], one["ours_low"], one["ours_high"])
    there = _with_limits(one["published"], one["published_low"], one["published_high"])
    return label, here, there, str(one["where"]), str(one["source"])


def _with_limits(value: float, low: float, high: float) -> str:
    """A number with its limits where it has them; small ones with two decimals."""
    decimals = 0 if float(value).is_integer() or abs(value) >= 10 else 2
    text = f"{value:.{decimals}f}"
    if np.isnan(low) and np.isnan(high):
        return text
    ends = ["not reached" if np.isnan(end) else f"{end:.{decimals}f}" for end in (low, high)]
    return f"{text} ({ends[0]} to {ends[1]})"


def _methods(results: PlanResults) -> Section:
    """Each method as its results say it, once, with the analyses made by it; then each frame."""
    made: dict[str, list[str]] = {}
    for one in results.plan.analyses:
        result = results.results.get(one.name)
        if isinstance(result, Result) and result.method:
            made.setdefault(result.method, []).append(_told(one, result))
    lines = [f"{method} Used for: {'; '.join(told)}." for method, told in made.items()]
    frames = [_frame_said(frame) for frame in results.frames.values()]
    chosen = [one.note for one in results.plan.analyses]
    texts = dict.fromkeys(text for text in (*lines, *frames, *chosen) if text)
    said = [Paragraph(for_readers(text, results.trial.strata), "small") for text in texts]
    others = any(one.status not in ("primary", "descriptive") for one in results.plan.analyses)
    return Section("Methods", (*([Paragraph(MULTIPLICITY)] if others and said else []), *said))


MULTIPLICITY = (
    "No adjustment was made for multiple comparisons: only the primary analysis can confirm; "
    "intervals and p-values of secondary and sensitivity analyses are not confirmatory."
)


def _frame_said(frame: pd.DataFrame) -> str:
    """How a frame was made, and its notes; what both say once."""
    said = " ".join(frame.attrs.get("notes", ()))
    method = str(frame.attrs.get("method", ""))
    return said if method in said else f"{method} {said}".strip()


def _told(one: Analysis, result: Result) -> str:
    """An analysis with its counts, and how its fit ended."""
    state = result.state if isinstance(result, Fit) else ""
    facts = [str(result.counts or ""), state]
    told = "; ".join(fact for fact in facts if fact)
    return f"{one.title} ({told})" if told else one.title


def _deviations(deviations: pd.DataFrame) -> Section:
    table = tables.table_of(
        deviations, title="What was not done as planned, and what was not planned"
    )
    return Section("Deviations from the plan", (TableBlock("deviations", table),))
