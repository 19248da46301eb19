"""What does each table estimate? The estimand of its outcome, and how its analyses stand to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from walkstats.plan import Analysis, Outcome, PlanResults
from walkstats.report.document import Block, Section, TableBlock, Target
from walkstats.report.printed_numbers import NumberIndex

# What ICH E9(R1) calls an analysis that is not the main one.
BESIDE = {
    "sensitivity": "Sensitivity analysis: the same estimand under other assumptions",
    "supplementary": "Supplementary analysis: beside the estimand, to understand the result",
    "subgroup": "Subgroup analysis",
    "descriptive": "Description: estimates nothing beyond these participants",
}


def standing(one: Analysis, outcome: Outcome | None) -> str:
    """How an analysis stands to its outcome, and whether it was planned.

    Examples
    --------
    >>> from walkstats.plan import Frame
    >>> one = Analysis("a", "A", "S", "frame", Frame("baseline"), status="sensitivity")
    >>> standing(one, None)
    'Sensitivity analysis: the same estimand under other assumptions'
    """
    words = BESIDE.get(one.status)
    if words is None:
        of = f" of the {outcome.role} outcome {outcome.title}" if outcome is not None else ""
        words = f"Main analysis{of}"
    if one.prespecified:
        return words
    return f"{words}. Post hoc" + (f": {one.reason}" if one.reason else "")


def attributes_of(outcome: Outcome | None) -> tuple[tuple[str, str], ...]:
    """The five attributes of an estimand, named as ICH E9(R1) names them; none without one."""
    if outcome is None or outcome.estimand is None:
        return ()
    estimand = outcome.estimand
    events = [
        f"{one.event}: {one.strategy} strategy" + (f", {one.handling}" if one.handling else "")
        for one in estimand.intercurrent
    ]
    return (
        ("Population", estimand.population),
        ("Treatment conditions", estimand.treatment),
        ("Variable", estimand.variable),
        ("Intercurrent events", "; ".join(events) or "none are foreseen"),
        ("Population-level summary", estimand.summary),
    )


def with_targets(sections: Iterable[Section], results: PlanResults) -> tuple[Section, ...]:
    """Sections whose tables say what they estimate, in full under the main one of each outcome.

    Parameters
    ----------
    sections : iterable of Section
    results : PlanResults

    Returns
    -------
    tuple of Section
    """
    whole = tuple(sections)
    shown = _shown(whole, results)
    hosts: dict[str, int] = {}
    for place in sorted(shown, key=lambda place: shown[place].rank):
        hosts.setdefault(shown[place].outcome.id, place)

    def of(block: Block) -> Block:
        found = shown.get(id(block))
        if found is None or not isinstance(block, TableBlock):
            return block
        outcome = found.outcome
        attributes = attributes_of(outcome) if hosts[outcome.id] == id(block) else ()
        target = Target(outcome.title, _stands(found.analyses, outcome), attributes)
        return replace(block, target=target)

    return tuple(replace(one, blocks=tuple(map(of, one.blocks))) for one in whole)


@dataclass(frozen=True)
class _Shown:
    """What a table shows of an outcome; the lower its rank, the sooner its estimand stands here."""

    outcome: Outcome
    analyses: list[Analysis]
    rank: tuple[bool, bool, int]


def _shown(sections: Sequence[Section], results: PlanResults) -> dict[int, _Shown]:
    """The tables, by identity, that show analyses of an outcome: open main ones rank first."""
    planned = {one.name: one for one in results.plan.analyses}
    index = NumberIndex(results._own("numbers"))
    found: dict[int, _Shown] = {}
    for block in (block for one in sections for block in one.blocks):
        own = planned.get(block.analysis)
        if not isinstance(block, TableBlock) or own is None or own.status == "descriptive":
            continue
        outcome = results.plan.outcome(own.outcome)
        if outcome is None:
            continue
        ids = (one for row in index.in_table(block.table, own.name) for cell in row for one in cell)
        names = dict.fromkeys([own.name, *(index.analysis[one] for one in ids)])
        analyses = [planned[name] for name in names if planned[name].outcome == outcome.id]
        main = any(one.status == outcome.role for one in analyses)
        found[id(block)] = _Shown(outcome, analyses, (block.folded, not main, len(found)))
    return found


def _stands(analyses: list[Analysis], outcome: Outcome) -> tuple[str, ...]:
    """One sentence for each standing, with the analyses it holds for where there are several."""
    by_words: dict[str, list[str]] = {}
    for one in analyses:
        by_words.setdefault(standing(one, outcome), []).append(one.title)
    if len(by_words) == 1:
        return (f"{next(iter(by_words))}.",)
    return tuple(f"{words} ({'; '.join(titles)})." for words, titles in by_words.items())
