"""How is each analysis shown? By its method: sentences, tables, figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from walkstats import figures, tables
from walkstats._digits import p_phrase
from walkstats._labels import capitalised, described, in_sentence
from walkstats.plan import Analysis, PlanResults
from walkstats.reading.carried import carried_along
from walkstats.report.adherence_shown import adherence_by_arm, adherence_by_week
from walkstats.report.document import Block, FigureBlock, Paragraph, TableBlock
from walkstats.report.harms_and_subgroups import HARMS
from walkstats.report.main_results import adjusted_p_of
from walkstats.report.plan_kept import RULES
from walkstats.report.recurring import RECURRING, cautions, check_ins
from walkstats.report.saying import plainly
from walkstats.report.time_to_event import EVENTS
from walkstats.report.value_shown import VALUE
from walkstats.report.visits_and_gaps import VISITS
from walkstats.report.walking_itself import ITSELF
from walkstats.report.wording import arm_said, lower
from walkstats.results import Fit
from walkstats.schema import TABLES, recorded_later

# A frame with more rows is data, not a table for readers.
LONGEST_TABLE = 80


def show(analysis: Analysis, results: PlanResults) -> list[Block]:
    """Blocks of one analysis; none where its result stands in the block of another.

    Parameters
    ----------
    analysis : Analysis
    results : PlanResults

    Returns
    -------
    list of blocks
    """
    if analysis.name not in results.results:
        return []
    result = results.results[analysis.name]
    blocks = SHOWN.get(analysis.method, plainly)(analysis, result, results)
    blocks = _with_adjusted_p(blocks, analysis, results)
    blocks = [*cautions(analysis, results), *blocks] if blocks else blocks
    return [*blocks, Paragraph(analysis.note, "small")] if blocks and analysis.note else blocks


def _with_adjusted_p(blocks: list[Block], analysis: Analysis, results: PlanResults) -> list[Block]:
    """The adjusted p-value of an analysis of the family, after its first sentence."""
    p_value = adjusted_p_of(analysis.name, results)
    if math.isnan(p_value):
        return blocks
    rule = RULES.get(results.plan.multiplicity.method, results.plan.multiplicity.method)
    said = Paragraph(f"Taken together with the other main analyses: {p_phrase(p_value)} ({rule}).",
                     "result")  # fmt: skip
    first = next((k for k, one in enumerate(blocks) if isinstance(one, Paragraph)), -1)
    return [*blocks[: first + 1], said, *blocks[first + 1 :]]


def _frame(analysis: Analysis, result: pd.DataFrame, results: PlanResults) -> list[Block]:
    derived = analysis.frame.derive if analysis.frame is not None else ""
    if derived == "participant_flow":
        figure = figures.plot_flow(result)
        return [
            FigureBlock(analysis.name, figure, analysis.title),
            TableBlock(analysis.name, _flow_table(result, analysis.title), folded=True),
        ]
    if derived == "baseline":
        aside = carried_along(results.trial, "participants")
        if not _described(result, aside):
            return [Paragraph(" ".join([f"{analysis.title}: none recorded.", *_undeclared(aside)]))]
        table = tables.baseline_table(
            result,
            "arm",
            columns=_described(result, aside),
            labels=_own_labels(result),
            median=[c.name for c in TABLES["participants"].columns if c.kind == "integer"],
            overall=True,
        )
        table = table.noted(*_undeclared(aside)).titled(analysis.title)
        return [TableBlock(analysis.name, table)]
    if derived in DESCRIBED:
        return DESCRIBED[derived](analysis, result)
    if len(result) > LONGEST_TABLE:
        return []
    table = tables.table_of(_one_stub(result), title=analysis.title, labels=HEADS)
    again = derived == "adverse_events" and any(
        one.method == "regression.compare_harms" and one.name in results.results
        for one in results.plan.analyses
    )
    return [TableBlock(analysis.name, table, folded=again)]


def _one_stub(frame: pd.DataFrame) -> pd.DataFrame:
    """Kind and arm in the one column that names a row: words are no numbers to be aligned right."""
    if list(frame.columns[:2]) != ["kind", "arm"]:
        return frame
    shown = frame.drop(columns="arm")
    shown["kind"] = [
        f"{kind[:1].upper()}{kind[1:]}, {arm}"
        for kind, arm in zip(frame["kind"].astype(str), frame["arm"].astype(str), strict=True)
    ]
    shown.attrs = frame.attrs
    return shown


HEADS = {
    "stage": "Stage",
    "reason": "Reason",
    "n": "Participants",
    "kind": "Kind",
    "arm": "Arm",
    "participants": "Participants with an event",
    "randomised": "Participants randomised",
    "percent": "%",
    "ended_by": "Ended by",
    "events": "Events",
}


def _flow_table(flow: pd.DataFrame, title: str) -> tables.Table:
    shown = flow.copy()
    shown["arm"] = shown["arm"].replace("", "all")
    shown["reason"] = shown["reason"].replace("", "total")
    return tables.table_of(shown, title=title, labels=HEADS)


def _described(frame: pd.DataFrame, carried: Collection[str]) -> list[str]:
    """Columns of a baseline frame that describe people: not ids, dates or what came later.

    Nor columns that nobody declared: they may hold the names of the participants.
    """
    aside = {"participant_id", "arm", "randomised_on", "planned_end_days", *carried}
    return [
        str(name)
        for name in frame.columns
        if name not in aside
        and not recorded_later(str(name))
        and not pd.api.types.is_datetime64_any_dtype(frame[name])
        and frame[name].notna().any()
        and not _label_like(frame[name])
    ]


def _own_labels(frame: pd.DataFrame) -> dict[str, str]:
    """Columns that the dictionary does not describe, as the trial calls them, in words."""
    words = {str(name): str(name).replace("_", " ") for name in frame.columns}
    return {name: capitalised(said) for name, said in words.items() if described(name) == said}


def _undeclared(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    return [f"Not described, since they are not declared in trial.toml: {', '.join(names)}."]


def _label_like(column: pd.Series) -> bool:
    """A text column with nearly as many values as rows names something; it describes nobody."""
    text = pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)
    return text and column.nunique() > 20


def _regression(analysis: Analysis, result: Fit, results: PlanResults) -> list[Block]:
    blocks: list[Block] = [
        Paragraph(f"{arm_said(result, term, f'{analysis.title}: difference')}.", "result")
        for term in result.terms
        if term.startswith("arm[") and ":" not in term
    ]
    if result.design is not None and result.design.knots:
        # What the arms differ by at the same dose is no effect of the arm: the dose came after.
        blocks = []
    labels = None
    if weeks := _weeks(analysis):
        words = f"mean time walked in the {weeks} weeks before the visit"
        result = replace(result, measure=result.measure.replace("time walked in the week", words))
        labels = {"walking_minutes": capitalised(f"{words}, minutes/week")}
    table = tables.fit_table(result, labels=labels)
    return [*blocks, TableBlock(analysis.name, table.titled(analysis.title))]


def _dose(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    x = _dose_said(analysis, results)
    figure = figures.plot_dose_response(result, xlabel=capitalised(x))
    band = f"{100 * result.level:g} %" if hasattr(result, "level") else "95 %"
    caption = f"{analysis.title}. Line: {_model_said(analysis, results)}; band: pointwise {band} "
    tests = {
        f"Association with {x}": getattr(result, "overall", None),
        "Its departure from a straight line": getattr(result, "nonlinear", None),
    }
    said = [
        f"{tables.sentence(test, label=label)}."
        for label, test in tests.items()
        if test is not None
    ]
    return [
        FigureBlock(analysis.name, figure, f"{caption}intervals."),
        *(Paragraph(text) for text in said),
        Paragraph(
            "People were not randomised to minutes walked: those who hurt may walk less. This "
            "association may not be an effect of walking.",
            "caution",
        ),
    ]


def _dose_said(analysis: Analysis, results: PlanResults) -> str:
    """The dose with its unit; a mean of several weeks is no single week."""
    x = str(analysis.arguments.get("x", ""))
    weeks = _weeks(next((a for a in results.plan.analyses if a.name == analysis.of), analysis))
    if x == "walking_minutes" and weeks:
        return f"mean time walked in the {weeks} weeks before the visit (minutes/week)"
    return in_sentence(x)


def _weeks(analysis: Analysis) -> int | None:
    return None if analysis.frame is None else analysis.frame.arguments.get("walking_weeks")


def _model_said(analysis: Analysis, results: PlanResults) -> str:
    """The model behind a curve of doses, and what it is adjusted for."""
    fit = results.results[analysis.of]
    others = [
        lower(described(str(one.column)))
        for term, one in fit.design.variables.items()
        if term not in fit.design.knots
    ]
    others = list(dict.fromkeys(others))
    shape = "restricted cubic spline in a linear regression" if fit.design.knots else "regression"
    return f"{shape}, adjusted for {', '.join(others)}" if others else shape


# Frames that have a showing of their own.
DESCRIBED: dict[str, Callable[[Analysis, pd.DataFrame], list[Block]]] = {
    "check_in_completeness": check_ins,
    "adherence_by_arm": adherence_by_arm,
    "adherence_by_week": adherence_by_week,
}

SHOWN: dict[str, Callable[[Analysis, Any, PlanResults], list[Block]]] = {
    "frame": _frame,
    "regression.ols": _regression,
    "regression.dose_response": _dose,
    **EVENTS,
    **RECURRING,
    **VISITS,
    **HARMS,
    **VALUE,
    **ITSELF,
}
