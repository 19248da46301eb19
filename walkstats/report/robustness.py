"""Do other assumptions change the answer? The analyses of an outcome beside its main one."""

from __future__ import annotations

from collections.abc import Mapping

from walkstats import figures, tables
from walkstats._digits import fixed
from walkstats._labels import capitalised, percent_level
from walkstats.plan import Analysis, PlanResults
from walkstats.plan.specification import Outcome
from walkstats.report.document import Block, FigureBlock, Paragraph, TableBlock
from walkstats.report.effects import Effect, effects_of
from walkstats.report.recurring import DATINGS
from walkstats.report.wording import lower
from walkstats.results import Draws, Estimate

BESIDE = ("sensitivity", "supplementary")
# Fewer estimates than this are read in a table more easily than in a figure.
FEWEST_DRAWN = 3


def how_robust(outcome: Outcome, results: PlanResults) -> list[Block]:
    """Lay the sensitivity analyses of an outcome beside its main analysis.

    Parameters
    ----------
    outcome : Outcome
    results : PlanResults

    Returns
    -------
    list of blocks
        A sentence, a table and a forest for each arm and time point of the main effect; none where
        no other analysis estimates the same measure.
    """
    blocks: list[Block] = []
    for main, effect in _main_effects(outcome, results):
        rows = {_label(main, outcome): effect.estimate} | _others(main, effect, outcome, results)
        if len(rows) > 1:
            blocks += _blocks(outcome, effect, rows, results)
    return blocks


def _main_effects(outcome: Outcome, results: PlanResults) -> list[tuple[Analysis, Effect]]:
    """The effects of the first main analysis that has any: one for each arm and measure."""
    for one in outcome.analyses:
        if one.status == outcome.role and (found := effects_of(one, results)):
            first = found[0]
            alike = [e for e in found if e.part == first.part]
            last = {effect.arm: effect for effect in alike}  # of several times the last
            return [(one, effect) for effect in last.values()]
    return []


def _others(
    main: Analysis, effect: Effect, outcome: Outcome, results: PlanResults
) -> dict[str, Estimate]:
    """Effects of the other analyses on the same measure, arm and time."""
    rows: dict[str, Estimate] = {}
    for one in outcome.analyses:
        if one.name == main.name or one.status not in BESIDE:
            continue
        same = [
            other
            for other in _of_several(one, effect, results) or effects_of(one, results)
            if other.arm == effect.arm
            and other.relative == effect.relative
            and other.estimate.measure == effect.estimate.measure
            and other.when in ("", effect.when)
        ]
        if len({other.part for other in same}) < 2:
            same = same[-1:]  # of several times the last
        for other in same:
            rows[_with_part(_label(one, outcome), other.part, len(same))] = other.estimate
    return rows


def _with_part(label: str, part: str, parts: int) -> str:
    """What a row is called; a way of dating events says by itself what it is."""
    if part in DATINGS.values():
        return part
    return f"{label}: {part}" if parts > 1 else label


def _of_several(one: Analysis, like: Effect, results: PlanResults) -> list[Effect]:
    """Effects of a result that holds fits or draws by name: ways of dating events, a bootstrap."""
    result = results.results.get(one.name)
    if isinstance(result, Draws):
        return [
            Effect(one.name, "", like.arm, "", result.estimate(name))
            for name in result.names
            if name.endswith(f"[{like.arm}]")
        ]
    fits = getattr(result, "fits", None)
    if not isinstance(fits, Mapping):
        return []
    term = like.estimate.term
    return [
        Effect(
            one.name,
            DATINGS.get(name, lower(str(name))),
            like.arm,
            "",
            fit.estimate(term, ratio=like.relative),
        )
        for name, fit in fits.items()
        if term in getattr(fit, "terms", ())
    ]


def _label(one: Analysis, outcome: Outcome) -> str:
    """The title of an analysis without the name of its outcome, and whether it was planned."""
    head, _, tail = one.title.partition(": ")
    known = tail.lower() in (outcome.title.lower(), outcome.measure.lower())
    text = head if known else one.title
    return text if one.prespecified else f"{text} (post hoc)"


def _blocks(
    outcome: Outcome, effect: Effect, rows: Mapping[str, Estimate], results: PlanResults
) -> list[Block]:
    measure = capitalised(effect.estimate.measure or "difference")
    against = f", {effect.arm} against {results.trial.arms[0]}"
    when = f", {effect.when}" if effect.when else ""
    title = f"How robust is it? {outcome.title}{against}{when}"
    name = f"{outcome.id}_robust" + (f"_{effect.arm}" if len(results.trial.arms) > 2 else "")
    table = tables.table_of(dict(rows), title=title)
    first = next(iter(rows.values()))
    table = tables.Table(
        table.title, "Analysis", table.columns, table.rows,
        ("The first row is the main analysis.", *_sets_differ(outcome, results)), first.source,
    )  # fmt: skip
    if len(rows) < FEWEST_DRAWN:
        return [TableBlock(name, table)]
    figure = figures.plot_forest(dict(rows), xlabel=measure)
    percent = percent_level(first.level)
    caption = f"{measure} of {lower(outcome.title)} by analysis{against}, {percent}% intervals"
    return [
        Paragraph(f"{_range_said(rows, measure)}{against}{when}."),
        FigureBlock(f"{name}_forest", figure, caption),
        TableBlock(name, table),
    ]


def _range_said(rows: Mapping[str, Estimate], measure: str) -> str:
    values = [one.estimate for one in rows.values()]
    low, high = (fixed(value, 2) for value in (min(values), max(values)))
    if low == high:
        return f"{measure} {low} in each of {len(rows)} analyses"
    return f"{measure} from {low} to {high} over {len(rows)} analyses"


def _sets_differ(outcome: Outcome, results: PlanResults) -> list[str]:
    """Which of the analyses take fewer people than everybody."""
    fewer = [
        f"{_label(one, outcome)}: {results.plan.sets[one.set].title}"
        for one in outcome.analyses
        if one.set in results.plan.sets
        and results.plan.sets[one.set].where
        and one.name in results.results
        and one.status in BESIDE
    ]
    return [f"Who is in them: {'; '.join(fewer)}."] if fewer else []
