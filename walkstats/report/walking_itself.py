"""How is it shown what walking itself does: compliers, weights, mediation, hidden confounding?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from walkstats import figures, tables
from walkstats._digits import fixed
from walkstats._labels import capitalised, percent_level
from walkstats.plan import Analysis, PlanResults
from walkstats.report.document import Block, FigureBlock, Paragraph, TableBlock
from walkstats.report.saying import assumed, table_of_any
from walkstats.report.wording import for_readers, lower
from walkstats.results import Estimates

RECEIVED = "difference between the arms in what was received"


def _complier(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    """The effect in compliers, how many they are, its sensitivity to the cut, what is assumed."""
    effect = _first(result.effect)
    share = _first(result.compliers)
    said = [
        f"{analysis.title}: {lower(tables.sentence(effect))}.",
        f"{capitalised(tables.sentence(share, label=RECEIVED))}; "
        f"{lower(tables.sentence(result.first_stage, label='strength of the instrument'))}.",
    ]
    blocks: list[Block] = [Paragraph(text, "result") for text in said]
    if result.by_cut is not None and len(result.by_cut.terms) > 1:
        cuts = {for_readers(term): result.by_cut.estimate(term) for term in result.by_cut.terms}
        # Where the arms hardly differ the interval has no ends, and would hide the others.
        rows = {
            name: one for name, one in cuts.items() if np.isfinite(one.conf_low + one.conf_high)
        }
    else:
        rows = {}
    if len(rows) > 1:
        figure = figures.plot_forest(rows, xlabel=capitalised(effect.measure or "effect"))
        caption = f"{analysis.title}, by the cut from which walking counts as received"
        blocks.append(FigureBlock(analysis.name, figure, caption))
    return [*blocks, TableBlock(analysis.name, table_of_any(analysis, result)), *assumed(result)]


def _first(estimates: Estimates) -> Any:
    term = estimates.terms[0]
    return estimates.estimate(term, ratio=estimates.has_ratio(term))


def _weights(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    table = table_of_any(analysis, result)
    said = f"{analysis.title}: {_effective(result.effective)}."
    return [Paragraph(said), TableBlock(analysis.name, table), *assumed(result)]


def _effective(estimates: Estimates) -> str:
    each = [f"{estimates.estimate(term).estimate:.0f} ({term})" for term in estimates.terms]
    return f"effective sample size {', '.join(each)}"


def _balance(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    caption = f"{analysis.title}. Standardised differences, without weights and with them"
    return [
        FigureBlock(analysis.name, figures.plot_balance(result), caption),
        TableBlock(analysis.name, table_of_any(analysis, result), folded=True),
    ]


def _per_protocol(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    """The weighted effect with its bootstrap interval, beside those without weights and of all."""
    rows = {}
    for term in result.effect.terms:
        ratio = result.effect.has_ratio(term)
        name = next((one for one in result.draws.names if one == term), result.draws.names[0])
        rows["Followed the protocol, weighted"] = result.draws.estimate(name)
        for label, part in (
            ("Followed the protocol, without weights", result.unweighted),
            ("Everybody, as randomised", result.as_randomised),
        ):
            if term in part.terms:
                rows[label] = part.estimate(term, ratio=ratio)
    weighted = rows["Followed the protocol, weighted"]
    said = (
        f"{analysis.title}: {lower(tables.sentence(weighted))}, by bootstrap. "
        "Those who follow a protocol are not a random part of an arm: the weights make them alike "
        "only in what was measured."
    )
    caption = f"Balance of covariates between the arms: {lower(analysis.title)}"
    return [
        Paragraph(said, "result"),
        TableBlock(analysis.name, _rows(rows, analysis, result)),
        FigureBlock(f"{analysis.name}_balance", figures.plot_balance(result.balance), caption),
        *assumed(result),
    ]


def _rows(rows: dict[str, Any], analysis: Analysis, result: Any) -> tables.Table:
    table = tables.table_of(rows, title=analysis.title)
    return tables.Table(
        table.title, table.stub, table.columns, table.rows, (result.method, *result.notes),
        result.source,
    )  # fmt: skip


def _mediation(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    """Natural effects, the share that runs through the mediator, and what would undo it."""
    parts = [
        lower(tables.sentence(result.effects, term, label=f"{term} effect"))
        for term in ("total", "natural direct", "natural indirect")
        if term in result.effects.terms
    ]
    said = f"{analysis.title}: {'; '.join(parts)}."
    if np.isfinite(result.proportion.estimate):
        share = result.proportion
        percent = percent_level(share.level)
        said += (
            f" Share that runs through it: {100 * share.estimate:.0f}% ({percent}% CI "
            f"{100 * share.conf_low:.0f}% to {100 * share.conf_high:.0f}%)."
        )
    caution = (
        "The mediator was not randomised: its effect on the outcome is that of walking only if "
        "nothing unmeasured moves both."
    )
    return [
        Paragraph(caution, "caution"),
        Paragraph(said, "result"),
        FigureBlock(
            analysis.name, figures.plot_mediation(result), f"{analysis.title}. Natural effects"
        ),
        TableBlock(analysis.name, table_of_any(analysis, result)),
        *_hidden(analysis, result),
        FigureBlock(
            f"{analysis.name}_sensitivity",
            figures.plot_mediation_sensitivity(result),
            f"{analysis.title}. Natural effects under unmeasured confounding",
        ),
        *assumed(result),
    ]


def _hidden(analysis: Analysis, result: Any) -> list[Block]:
    """How strong unmeasured confounding would have to be."""
    rows = {
        term: result.robustness.estimate(term).estimate
        for term in result.robustness.terms
        if np.isfinite(result.robustness.estimate(term).estimate)
    }
    if not rows:
        return []
    told = ", ".join(f"{term}: {fixed(value, 2)}" for term, value in rows.items())
    measure = result.robustness.measure
    about = f" ({measure})" if measure else ""
    return [
        Paragraph(f"Sensitivity to unmeasured confounding{about}. {capitalised(told)}.", "result")
    ]


def _e_value(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    limit = (
        "the interval has no such limit"
        if not np.isfinite(result.limit)
        else f"{fixed(result.limit, 2)} for the limit of the interval"
    )
    said = (
        f"{analysis.title}: an unmeasured confounder would have to be associated with arm and "
        f"outcome by a risk ratio of {fixed(result.point, 2)} each to explain the estimate; "
        f"{limit}."
    )
    table = table_of_any(analysis, result)
    return [Paragraph(said, "result"), TableBlock(analysis.name, table), *assumed(result)]


ITSELF: dict[str, Callable[[Analysis, Any, PlanResults], list[Block]]] = {
    "causal.complier_effect": _complier,
    "causal.treatment_weights": _weights,
    "causal.per_protocol": _per_protocol,
    "causal.balance": _balance,
    "causal.e_value": _e_value,
    "causal.mediate": _mediation,
    "causal.mediate_from_landmark": _mediation,
}
"""How the effects of walking itself are shown."""
