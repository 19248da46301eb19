"""How are harms shown, and whether some gain more than others?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from walkstats import figures, tables
from walkstats._digits import count
from walkstats._labels import capitalised, in_sentence
from walkstats.plan import Analysis, PlanResults
from walkstats.report.document import Block, FigureBlock, Paragraph, TableBlock
from walkstats.report.saying import table_of_any
from walkstats.report.wording import listed, lower
from walkstats.results import Estimates

CAUTION = (
    "Effects in subgroups are less certain than the effect in everybody, and with several of them "
    "some will differ by chance. Read the test of interaction, not whether one interval leaves out "
    "no difference."
)


def _harms(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    """Participants and events of the whole in sentences; all kinds in figure and table."""
    figure = figures.plot_harms(result)
    caption = f"{analysis.title}. Participants with each kind of event, and the difference in risk"
    return [
        *_harm_sentences(result),
        FigureBlock(analysis.name, figure, caption),
        TableBlock(analysis.name, table_of_any(analysis, result)),
    ]


def _harm_sentences(result: Any) -> list[Block]:
    groups = result.groups
    kind = result.kinds[0]
    own = groups[groups["kind"] == kind]
    people = listed([
        f"{count(n)} of {count(of)} participants ({group})"
        for n, of, group in own[["participants", "n", "group"]].itertuples(index=False)
    ][::-1])  # fmt: skip
    blocks: list[Block] = []
    for term in result.difference.terms:
        if term.startswith(f"{kind}: "):
            difference = tables.sentence(result.difference.estimate(term), label="risk difference")
            said = f"Adverse events, {kind}: {people}; {lower(difference)}"
            if result.rate_ratio is not None and term in result.rate_ratio.terms:
                ratio = result.rate_ratio.estimate(term, ratio=True)
                said += f"; {lower(tables.sentence(ratio, label='rate ratio'))}"
            blocks.append(Paragraph(f"{said}.", "result"))
    return blocks


def _subgroups(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    """Each test of interaction in a sentence, forest and table; what to beware of first."""
    said = [
        f"{in_sentence(name)} {tables.sentence(test, label='interaction')}"
        for name, test in result.interaction_tests.items()
    ]
    status = ", ".join(sorted(set(result.status.values())))
    overall = _overall(result.overall)
    figure = figures.plot_subgroups(result)
    caption = f"{analysis.title}. Effects in subgroups ({status}), with tests of interaction"
    return [
        Paragraph(CAUTION, "caution"),
        Paragraph(f"{analysis.title}. {overall}{capitalised('; '.join(said))}.", "result"),
        FigureBlock(analysis.name, figure, caption),
        TableBlock(analysis.name, table_of_any(analysis, result)),
    ]


def _overall(overall: Estimates) -> str:
    terms = [term for term in overall.terms if term not in overall.aside]
    if len(terms) != 1:
        return ""
    return f"In everybody: {lower(tables.sentence(overall, terms[0]))}. "


def _curve(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    """The effect along a number: the test of interaction, the curve, its values at three points."""
    test = tables.sentence(result.interaction, label="test that it is the same at all values")
    said = f"{analysis.title}. {_overall(result.overall)}{capitalised(test)}"
    if result.nonlinear is not None:
        said += f"; {lower(tables.sentence(result.nonlinear, label='departure from a line'))}"
    figure = figures.plot_effect_curve(result)
    caption = f"{analysis.title}. Effect along {in_sentence(result.modifier)}, {result.status}"
    return [
        Paragraph(CAUTION, "caution"),
        Paragraph(f"{said}.", "result"),
        FigureBlock(analysis.name, figure, caption),
        TableBlock(analysis.name, table_of_any(analysis, result)),
    ]


HARMS: dict[str, Callable[[Analysis, Any, PlanResults], list[Block]]] = {
    "regression.compare_harms": _harms,
    "causal.subgroup_effects": _subgroups,
    "causal.effect_curve": _curve,
}
"""How harms and subgroups are shown."""
