"""How are outcomes over planned visits shown, and what missing answers mean for them?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from walkstats import figures, tables
from walkstats._digits import count, fixed
from walkstats._labels import capitalised, described, percent_level
from walkstats.plan import Analysis, PlanResults
from walkstats.report.document import Block, FigureBlock, Paragraph, TableBlock
from walkstats.report.saying import effects_said, plainly, table_of_any

# A trace of more columns than this is for whoever imputes, not for a reader of the report.
MOST_TRACES = 4


def _model(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    """The model itself, folded: its effects stand where its means are compared."""
    table = tables.fit_table(result).titled(analysis.title)
    compared = any(
        one.of == analysis.name and one.method == "regression.visit_differences"
        for one in results.plan.analyses
    )
    said = [] if compared else effects_said(analysis, results)
    return [*said, TableBlock(analysis.name, table, folded=compared)]


def _differences(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    """The arms at each visit: sentences, means over time, table."""
    curve = result.curve()
    figure = figures.plot_outcomes_over_time(curve, ylabel=_axis(result.outcome_name))
    percent = percent_level(result.means.level)
    caption = (
        f"{analysis.title}. Adjusted means with {percent}% intervals, and the participants with an "
        "answer."
    )
    any_difference = tables.sentence(result.any_difference(), label="Any difference between arms")
    return [
        *effects_said(analysis, results),
        Paragraph(f"{any_difference} (all visits together).", "result"),
        FigureBlock(analysis.name, figure, caption),
        TableBlock(analysis.name, tables.table_of(result, title=analysis.title)),
    ]


def _axis(name: str) -> str:
    return capitalised(described(name))


def _marginal(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    blocks = plainly(analysis, result, results)
    if result.means is None:
        return blocks
    figure = figures.plot_marginal_means(result)
    caption = f"{analysis.title}. Means others being equal, with intervals"
    return [*blocks[:-1], FigureBlock(analysis.name, figure, caption), blocks[-1]]


def _imputed(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    """What was filled in; the sentence says how much of it."""
    said = f"{analysis.title}: {count(len(result))} completed data sets; {result.said()}."
    return [Paragraph(said), TableBlock(analysis.name, table_of_any(analysis, result), folded=True)]


def _pattern(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    figure = figures.plot_missing_pattern(result)
    monotone = (
        "Nobody answered again after a gap."
        if result.monotone
        else "Some answered again after a gap."
    )
    return [
        Paragraph(f"{analysis.title}. {monotone}"),
        FigureBlock(analysis.name, figure, f"{analysis.title}: what is missing together"),
        TableBlock(analysis.name, tables.table_of(result, title=analysis.title)),
    ]


def _pooled(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    """The pooled effects, then what the missing values cost."""
    said = effects_said(analysis, results)
    table = tables.fit_table(result).titled(analysis.title)
    lost = result.information()
    arms = lost[lost["term"].astype(str).str.startswith("arm[")]
    if len(arms):
        share = ", ".join(f"{100 * value:.0f}%" for value in arms["fraction_missing"])
        table = table.noted(f"Information about the arms lost to missing values: {share}.")
    return [*said, TableBlock(analysis.name, table)]


def _tipping(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    """How far the missing values must differ before the conclusion changes."""
    frame = result.results
    ends = [f"{frame[one].min():g} to {frame[one].max():g}" for one in result.groups]
    tried = ", ".join(f"{end} ({one})" for end, one in zip(ends, result.groups, strict=True))
    tips = (
        f"the conclusion changes where the imputed values are moved by {fixed(result.tips_at, 1)}"
        if np.isfinite(result.tips_at)
        else "the conclusion does not change within the range tried"
    )
    said = Paragraph(f"{analysis.title}: {tips}. Tried: {tried}.", "result")
    blocks: list[Block] = [said]
    if len(result.groups) <= 2:
        figure = figures.plot_tipping_point(result)
        caption = f"{analysis.title}. The effect over what is assumed of the missing values"
        blocks.append(FigureBlock(analysis.name, figure, caption))
    return [*blocks, TableBlock(analysis.name, table_of_any(analysis, result))]


VISITS: dict[str, Callable[[Analysis, Any, PlanResults], list[Block]]] = {
    "regression.mmrm": _model,
    "regression.linear_mixed": _model,
    "regression.visit_differences": _differences,
    "regression.marginal_means": _marginal,
    "missing.missing_pattern": _pattern,
    "missing.impute": _imputed,
    "missing.impute_after_drop_out": _imputed,
    "missing.reference_based": _imputed,
    "missing.delta_adjust": _imputed,
    "missing.pool": _pooled,
    "missing.tipping_point": _tipping,
}
"""How methods for planned visits and for missing values are shown."""
