"""How are costs, effects and what they are worth together shown?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from walkstats import figures, tables
from walkstats._digits import count, fixed
from walkstats._labels import capitalised, percent_level
from walkstats.plan import Analysis, PlanResults
from walkstats.report.document import Block, FigureBlock, Paragraph, TableBlock
from walkstats.report.economic_facts import EVALUATION
from walkstats.report.saying import plainly, table_of_any
from walkstats.report.wording import lower
from walkstats.results import Curve


def _evaluation(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    """Means, increments and what they mean in sentences; the plane; the table."""
    figure = figures.plot_cost_effectiveness_plane(
        result, thresholds=_thresholds(analysis, results)
    )
    drawn = f"{result.draws.replicates:,}"
    caption = f"{analysis.title}. {drawn} bootstrap samples of costs and effects"
    return [
        *(Paragraph(text, "result") for text in evaluation_said(analysis, result)),
        FigureBlock(analysis.name, figure, caption),
        TableBlock(analysis.name, _beyond(analysis, table_of_any(analysis, result), results)),
    ]


def evaluation_said(analysis: Analysis, result: Any) -> list[str]:
    """An economic evaluation as sentences: costs, effects, and their ratio or what holds instead.

    Parameters
    ----------
    analysis : Analysis
    result : CostEffectiveness

    Returns
    -------
    list of str
    """
    arm = result.arms[1]
    of = f" ({result.perspective} perspective)" if result.perspective else ""
    priced = f" at {result.price_year} prices" if result.price_year else ""
    unit = f"{result.currency} " if result.currency else ""
    cost, effect = result.increments.terms
    money = _with_interval(result.increments.estimate(cost), 0)
    gained = _with_interval(result.increments.estimate(effect), 3)
    against = f"{arm} less {result.arms[0]}"
    gain = "prevented" if effect.startswith("prevented") else "difference"
    said = [
        f"{analysis.title}{of}: mean cost {unit}{_means(result, result.cost, 0)}, "
        f"{_adjusted(analysis, 'costs', result.cost)}difference {unit}{money}{priced} ({against}); "
        f"{_effect_named(result)} {_means(result, None, 3)}, "
        f"{_adjusted(analysis, 'effects', result.effect)}{gain} {gained}."
    ]
    ratio = result.icer
    if np.isfinite(ratio.estimate):
        percent = percent_level(ratio.level)
        limits = _fieller(result, percent)
        said.append(
            f"Cost of one more {_one(result.unit)}: {unit}{fixed(ratio.estimate, 0)}{limits}."
        )
    if result.quadrant == "north-east" and len(said) > 1:
        return said
    verdict = capitalised(result.verdict)
    return [*said, verdict if verdict.endswith(".") else f"{verdict}."]


def _adjusted(analysis: Analysis, side: str, column: str) -> str:
    """Whether a difference is adjusted, which the means beside it are not."""
    given = analysis.arguments.get("adjust", ())
    adjusts = {side, column} & set(given) if isinstance(given, Mapping) else given
    return "adjusted " if adjusts else ""


def _fieller(result: Any, percent: str) -> str:
    """The interval of the ratio; where an end of it is no ratio, what it is instead."""
    low, high = result.icer.conf_low, result.icer.conf_high
    if np.isfinite(low) and np.isfinite(high):
        return f" ({percent}% CI by Fieller {fixed(low, 0)} to {fixed(high, 0)})"
    if np.isfinite(high):
        end = "dominant" if result.quadrant == "north-east" else "dominated"
        return f" ({percent}% CI by Fieller from {result.arms[1]} {end} to {fixed(high, 0)})"
    return " (the effect does not differ enough from 0 for an interval by Fieller)"


def _effect_named(result: Any) -> str:
    """What the means of the effect are means of."""
    if result.increments.terms[1].startswith("prevented"):
        event = result.unit.removesuffix(" prevented")
        day = f" by day {result.horizon_days:g}" if np.isfinite(result.horizon_days) else ""
        return f"risk of {event}{day}"
    return "mean QALYs" if result.effect == "qaly" else f"mean {result.effect.replace('_', ' ')}"


def _one(unit: str) -> str:
    return unit[:-1] if unit.endswith("s") and not unit.endswith("ss") else unit


def _means(result: Any, name: str | None, decimals: int) -> str:
    """Means of the arms, of the cost or of the effect, in their order."""
    cost = f"{result.cost}["
    terms = [term for term in result.means.terms if term.startswith(cost) == (name is not None)]
    values = [
        f"{fixed(result.means.estimate(term).estimate, decimals)} "
        f"({term.partition('[')[2].rstrip(']')})"
        for term in terms
    ]
    return " and ".join(reversed(values))


def _with_interval(one: Any, decimals: int) -> str:
    percent = percent_level(one.level)
    low, high = fixed(one.conf_low, decimals), fixed(one.conf_high, decimals)
    return f"{fixed(one.estimate, decimals)} ({percent}% CI {low} to {high})"


def _thresholds(analysis: Analysis, results: PlanResults) -> list[float]:
    """Thresholds at which the plan asks for the net benefit of this evaluation."""
    return [
        float(one.arguments["threshold"])
        for one in results.plan.analyses
        if one.of == analysis.name
        and one.method == "economics.net_benefit"
        and isinstance(one.arguments.get("threshold"), (int, float))
    ]


def _net_benefit(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    """The net benefit in a sentence; of its method what the evaluation has not said already."""
    *said, table = plainly(analysis, result, results)
    assert isinstance(table, TableBlock)
    return [*said, replace(table, table=_beyond(analysis, table.table, results))]


def _beyond(analysis: Analysis, table: tables.Table, results: PlanResults) -> tables.Table:
    """A table whose notes leave out what stands under the evaluation that it comes from."""
    before = results.results.get(analysis.of) or _main(analysis, results)
    told = str(getattr(before, "method", ""))
    known = {*getattr(before, "notes", ()), f"{getattr(before, 'counts', '')}."}
    kept = [note.removeprefix(told).strip() for note in table.notes if note not in known]
    return replace(table, notes=tuple(note for note in kept if note))


def _main(analysis: Analysis, results: PlanResults) -> Any:
    """The main evaluation of the outcome of an analysis, which is shown before it."""
    for one in results.plan.analyses:
        same = one.outcome == analysis.outcome and one.name != analysis.name
        if same and one.method == EVALUATION and one.status == "economic":
            return results.results.get(one.name)
    return None


def _acceptable(analysis: Analysis, result: Curve, results: PlanResults) -> list[Block]:
    """The probability at the thresholds of the net benefit, and the curve."""
    before = next((one for one in results.plan.analyses if one.name == analysis.of), analysis)
    thresholds = _thresholds(before, results)
    figure = figures.plot_acceptability(result, thresholds=thresholds)
    probability = analysis.method.endswith("acceptability_curve")
    said = []
    for threshold in thresholds:
        found = result.at(threshold)["estimate"]
        if probability and len(found):
            value = float(found.iloc[0])
            said.append(
                f"{analysis.title}: {fixed(value, 2)} at a threshold of {count(threshold)}, as the "
                "share of bootstrap samples with a net benefit above 0."
            )
    return [
        *(Paragraph(text, "result") for text in said),
        FigureBlock(analysis.name, figure, f"{analysis.title}, over thresholds"),
        TableBlock(
            analysis.name,
            _beyond(analysis, table_of_any(analysis, result), results),
            folded=True,
        ),
    ]


def _tornado(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    figure = figures.plot_tornado(result)
    first = result.table.iloc[0]
    said = (
        f"{analysis.title}: the net benefit moves most with {lower(str(first['assumption']))}, "
        f"from {fixed(min(first['low'], first['high']), 0)} to "
        f"{fixed(max(first['low'], first['high']), 0)} {result.currency}."
    )
    table = tables.table_of(result, title=analysis.title, labels={result.base.term: "as planned"})
    return [
        Paragraph(said, "result"),
        FigureBlock(analysis.name, figure, analysis.title),
        TableBlock(analysis.name, _beyond(analysis, table, results)),
    ]


VALUE: dict[str, Callable[[Analysis, Any, PlanResults], list[Block]]] = {
    "economics.cost_effectiveness": _evaluation,
    "economics.compare_costs": plainly,
    "economics.net_benefit": _net_benefit,
    "economics.acceptability_curve": _acceptable,
    "economics.expected_value_of_perfect_information": _acceptable,
    "economics.one_way": _tornado,
    "economics.scenarios": _net_benefit,
}
"""How economic evaluations are shown."""
