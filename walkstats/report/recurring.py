"""How are check-ins, their dating of events, all recurrences, and recovery shown?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd

from walkstats import figures, tables
from walkstats._digits import count, fixed
from walkstats.plan import Analysis, PlanResults
from walkstats.report.document import Block, FigureBlock, Paragraph, TableBlock
from walkstats.report.wording import arm_said, plain_term, rows_of
from walkstats.results import Curve, Draws

# Of a long follow-up these months stand in the table; the figure has all of them.
MONTHS_SHOWN = (1, 3, 6, 9, 12, 18, 24, 30, 36)
MOST_MONTHS = 12
COX = "survival.cox"
DATED = "survival.ascertainment_sensitivity"


def cautions(analysis: Analysis, results: PlanResults) -> list[Block]:
    """What must be read before a section whose groups are no randomised ones; once, at its head."""
    alike = [
        one
        for one in results.plan.analyses
        if one.section == analysis.section and one.name in results.results
    ]
    frame = analysis.frame
    if frame is None or frame.derive != "recovery" or alike[0] is not analysis:
        return []
    return [Paragraph(str(results.frames[analysis.name].attrs["notes"][0]), "caution")]


def check_ins(analysis: Analysis, result: pd.DataFrame) -> list[Block]:
    """Check-ins completed: a sentence, a figure of all months, a table of some."""
    whole = result[result["check_in"].isna()]
    each = ", ".join(
        f"{fixed(percent, 1)} % ({count(completed)} of {count(expected)}) in the {arm} arm"
        for arm, percent, completed, expected in whole[
            ["arm", "percent", "completed", "expected"]
        ].to_numpy()
    )
    known = sorted(result["month"].dropna().unique())
    few = [month for month in known if month in MONTHS_SHOWN]
    months = few if len(known) > MOST_MONTHS and few else known
    table = tables.check_in_table(result, months=months, title=analysis.title)
    return [
        Paragraph(f"Of the check-ins due were completed: {each}.", "result"),
        FigureBlock(analysis.name, figures.plot_check_in_completeness(result), analysis.title),
        TableBlock(analysis.name, table, folded=True),
    ]


def _mean_count(analysis: Analysis, result: Curve, results: PlanResults) -> list[Block]:
    figure = figures.plot_mean_count(result)
    return [FigureBlock(analysis.name, figure, f"{analysis.title}. {result.method}")]


def _counts_compared(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    reference = results.trial.arms[0]
    day = f"to day {float(result.at[0]):g}"
    blocks: list[Block] = []
    for term in result.difference.terms:
        means = {
            group: fixed(result.by_group.estimate(group).estimate, 2)
            for group in (plain_term(term), reference)
        }
        listed = " and ".join(f"{mean} ({group})" for group, mean in means.items())
        words = tables.sentence(result.ratio, term)
        blocks.append(Paragraph(f"{analysis.title}, {day}: {listed}. {words}.", "result"))
    rows = rows_of((result.by_group, result.difference, result.ratio), reference)
    table = tables.table_of(rows, title=f"{analysis.title}, {day}")
    return [*blocks, TableBlock(analysis.name, table)]


def _effects(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    """The effects of the arm in sentences, and the table of the fit."""
    blocks = _effects_said(analysis, result)
    table = tables.fit_table(result)
    return [*blocks, TableBlock(analysis.name, table.titled(analysis.title))]


def _effects_said(analysis: Analysis, result: Any) -> list[Block]:
    return [
        Paragraph(
            f"{arm_said(result, term)} ({analysis.title}; {analysis.status} analysis).", "result"
        )
        for term in result.terms
        if term.startswith("arm[") and ":" not in term
    ]


def _interval_cox(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    """The sentence alone where the table of all datings, which has this fit, stands below."""
    for one in results.plan.analyses:
        if one.section == analysis.section and one.method == DATED and one.name in results.results:
            return _effects_said(analysis, result)
    return _effects(analysis, result, results)


def _dated(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    """Hazard ratios by how events are dated, among all those of the section."""
    widths = ", ".join(
        f"{one.width_median:g} days ({one.group})" for one in result.widths.itertuples()
    )
    words = (
        "The first recurrence is known to lie between two check-ins. The median width of that "
        f"interval is {widths}."
    )
    fits = {DATINGS.get(name, name): fit for name, fit in result.fits.items()}
    terms = [term for term in result.interval.terms if term.startswith("arm[") and ":" not in term]
    shown = {
        f"{name}: {plain_term(term, results.trial.arms[0])}": fit.estimate(term, ratio=True)
        for name, fit in fits.items()
        for term in terms
    }
    table = tables.table_of(shown, title=analysis.title)
    table = replace(table, notes=(result.method, *result.notes))
    return [Paragraph(words), TableBlock(analysis.name, table)]


DATINGS = {
    "Right point": "Dated on the check-in (right point)",
    "Mid point": "Dated halfway (mid point)",
    "Interval": "Not dated (interval-censored)",
    "Recalled day": "Dated on the day recalled",
}


def _bootstrap(analysis: Analysis, result: Draws, results: PlanResults) -> list[Block]:
    """Percentile intervals of everything that was drawn."""
    reference = results.trial.arms[0]
    rows = {}
    for name in result.names:
        measure, _, group = name.partition("[")
        against = measure.endswith(("_ratio", "_difference"))
        label = measure.replace("_", " ").capitalize()
        term = plain_term(f"arm[{group}", reference if against else "")
        rows[f"{label}: {term}"] = result.estimate(name)
    table = tables.table_of(rows, title=f"{analysis.title}, percentile intervals")
    return [TableBlock(analysis.name, table)]


RECURRING: dict[str, Callable[[Analysis, Any, PlanResults], list[Block]]] = {
    "survival.mean_cumulative_count": _mean_count,
    "survival.compare_mean_counts": _counts_compared,
    "survival.andersen_gill": _effects,
    "survival.prentice_williams_peterson": _effects,
    "survival.cause_specific_cox": _effects,
    "survival.fine_gray": _effects,
    "survival.interval_cox": _interval_cox,
    DATED: _dated,
    "resampling.bootstrap_comparison": _bootstrap,
    "regression.rate_regression": _effects,
}
