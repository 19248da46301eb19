"""How does a results section say an analysis that has no words of its own? Effects, one by one."""

from __future__ import annotations

from typing import Any

import pandas as pd

from walkstats import tables
from walkstats._labels import capitalised
from walkstats.plan import Analysis, PlanResults
from walkstats.report.document import Block, Paragraph, TableBlock
from walkstats.report.effects import Effect, effects_of
from walkstats.results import Curve, Estimate, Estimates, Fit, HypothesisTest


def effects_said(analysis: Analysis, results: PlanResults) -> list[Block]:
    """A sentence for each difference or ratio of the arms in a result.

    Parameters
    ----------
    analysis : Analysis
    results : PlanResults

    Returns
    -------
    list of blocks
        Paragraphs of role "result"; none for a result without such numbers.
    """
    reference = results.trial.arms[0]
    return [
        Paragraph(f"{effect_said(analysis, effect)}, {effect.arm} against {reference}.", "result")
        for effect in effects_of(analysis, results)
    ]


def effect_said(analysis: Analysis, effect: Effect) -> str:
    """One effect with interval and p-value, under the title of its analysis."""
    when = f", {effect.when}" if effect.when else ""
    measure = effect.estimate.measure or "difference"
    # "Difference at each visit: disability" is said with the visit, so of disability alone.
    name = analysis.title.partition(": ")[2] if effect.when else ""
    said = tables.sentence(effect.estimate, label=measure)
    return f"{capitalised(name or analysis.title)}{when}: {said}"


def plainly(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    """Sentences and a table of a result of any shape.

    Parameters
    ----------
    analysis : Analysis
    result : result
    results : PlanResults

    Returns
    -------
    list of blocks
        The effects of the arm in sentences, or what the result is as one; then its table.
    """
    said = effects_said(analysis, results) or _said(analysis, result)
    return [*said, TableBlock(analysis.name, table_of_any(analysis, result))]


def _said(analysis: Analysis, result: Any) -> list[Block]:
    """A sentence of a result without effects of the arm, where one is known."""
    single = isinstance(result, Estimates) and len(result.terms) == 1
    if isinstance(result, HypothesisTest):
        return [Paragraph(f"{tables.sentence(result, label=analysis.title)}.", "result")]
    if isinstance(result, Estimate) or (single and not isinstance(result, Fit)):
        return [Paragraph(f"{tables.sentence(result, label=f'{analysis.title}:')}.", "result")]
    if isinstance(getattr(result, "conclusion", None), str):
        return [Paragraph(f"{analysis.title}: {tables.sentence(result)}.", "result")]
    return []


def table_of_any(analysis: Analysis, result: Any) -> tables.Table:
    """The table of a result; of one that knows no layout its frame, with method and notes."""
    if isinstance(result, Curve) and result.shape == "line":
        return _of_frame(analysis, result)
    try:
        labels = {result.term: analysis.title} if isinstance(result, Estimate) else None
        return tables.table_of(result, title=analysis.title, labels=labels)
    except (ValueError, TypeError):
        return _of_frame(analysis, result)


def _of_frame(analysis: Analysis, result: Any) -> tables.Table:
    frame = result if isinstance(result, pd.DataFrame) else result.to_frame()
    shown = frame.dropna(axis=1, how="all")
    notes = [str(getattr(result, "method", "")), *map(str, getattr(result, "notes", ()))]
    shown.attrs["notes"] = tuple(note for note in notes if note)
    shown.attrs["source"] = str(getattr(result, "source", frame.attrs.get("source", "")))
    return tables.table_of(shown, title=analysis.title, labels=HEADS)


HEADS = {
    "term": "Term",
    "group": "Group",
    "measure": "Measure",
    "quantity": "Quantity",
    "column": "Column",
    "estimate": "Estimate",
    "std_error": "Standard error",
    "statistic": "Statistic",
    "df": "Degrees of freedom",
    "p_value": "p",
    "conf_low": "Lower limit",
    "conf_high": "Upper limit",
    "n": "n",
    "visit": "Visit",
    "values": "Values",
    "missing": "Missing",
    "imputed": "Imputed",
    "percent": "%",
    "test": "Test",
}


def assumed(result: Any) -> list[Block]:
    """What must hold for a result to mean what it says, where it tells."""
    told = [str(one) for one in getattr(result, "assumptions", ())]
    return [Paragraph(f"What is assumed: {' '.join(map(_stopped, told))}", "small")] if told else []


def _stopped(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
