"""How do the results of a plan become a report?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from walkstats._digits import written_in
from walkstats.plan import Analysis, PlanResults
from walkstats.report.beside_published import beside_published
from walkstats.report.check_lists.cheers import CHEERS
from walkstats.report.check_lists.consort import CONSORT
from walkstats.report.check_lists.filling import blocks_of
from walkstats.report.check_lists.plan_content import PLAN_CONTENT
from walkstats.report.check_lists.sought import Seen
from walkstats.report.document import Block, FigureBlock, Paragraph, Report
from walkstats.report.economic_facts import economic_facts
from walkstats.report.main_results import Line, lacking, main_lines
from walkstats.report.methods_told import methods
from walkstats.report.placing import Part, Piece, owned, placed
from walkstats.report.plan_kept import (
    deviations,
    multiplicity,
    outcomes_defined,
    plan_items,
    uncompared,
    undefined,
    who_analysed,
)
from walkstats.report.provenance import provenance
from walkstats.report.reconciling import said_once
from walkstats.report.robustness import how_robust
from walkstats.report.showing import show
from walkstats.report.summarising import dates, summary
from walkstats.report.targets import with_targets
from walkstats.report.wording import derived, for_readers

MASKED = (
    "The arms were permuted to try the plan: the participants of each arm are not those who were "
    "in it, and no number of this report says anything about them."
)


def compose(results: PlanResults, *, style: str = "plain") -> Report:
    """Compose the report of plan results.

    The summary with the main results; the sections of the plan in its order; what is beside them
    in published records; methods; how the plan was kept; and the check-lists of what a report of a
    trial has to say, each item with its place.

    Parameters
    ----------
    results : PlanResults
    style : {"plain", "nejm", "lancet", "jama", "bmj"}
        In whose habits numbers are written in text, tables and figures.

    Returns
    -------
    Report

    Raises
    ------
    ValueError
        For an unknown style.

    Examples
    --------
    >>> import walkstats as ws
    >>> trial = ws.load_sample("bladder")
    >>> done = ws.plan.run_plan(trial, ws.plan.default_plan(trial), seed=1)
    >>> [section.title for section in compose(done).sections][:2]
    ['Summary', 'Participants']
    """
    with written_in(style):
        parts = _parts(results)
    masked = "Masked: " if results.trial.is_masked else ""  # at the foot of every Word page too
    return Report(
        title=f"{masked}{results.plan.title}",
        source=results.trial.source,
        synthetic=results.trial.synthetic,
        sections=with_targets((part.section() for part in parts), results),
        numbers=results.numbers,
        provenance=provenance(results),
        style=style,
        results=results,
    )


def _parts(results: PlanResults) -> list[Part]:
    """Sections with the owner of each block; later ones say where earlier ones stand."""
    lines = main_lines(results)
    warned = (Piece("masked", Paragraph(MASKED, "caution")),) if results.trial.is_masked else ()
    parts = [Part("Summary", (*warned, *summary(results, lines)))]
    parts += [
        Part(title, tuple(_section(title, results)))
        for title in dict.fromkeys(one.section for one in results.plan.analyses)
    ]
    together = [
        Part("Main analyses taken together", tuple(multiplicity(results))),
        Part("Beside the published trial", tuple(owned("beside", beside_published(results)))),
        Part("Methods", tuple(methods(results))),
    ]
    parts = [part for part in (*parts, *together) if part.pieces]
    kept = (*outcomes_defined(results), *plan_items(results, placed(parts)))
    parts += [
        Part("The plan and where it is", kept),
        Part("Who is in each analysis", tuple(who_analysed(results))),
        Part("Deviations from the plan", tuple(deviations(results))),
    ]
    parts = [part for part in parts if part.pieces]
    return [*parts, *_check_lists(results, lines, parts)]


def _seen(results: PlanResults, lines: Sequence[Line], parts: Sequence[Part]) -> Seen:
    """What check-lists are held against: what was composed, and what it lacks."""
    lacks = {
        "main_results": lacking(results, lines),
        "outcomes_defined": undefined(results),
        "deviations": uncompared(results),
    }
    return Seen(results, placed(parts), economic_facts(results), lacks)


def _check_lists(results: PlanResults, lines: Sequence[Line], parts: Sequence[Part]) -> list[Part]:
    """Check-lists at the end; that of economic evaluations where there is one."""
    seen = _seen(results, lines, parts)
    asked = [CONSORT, *([CHEERS] if seen.economics else []), PLAN_CONTENT]
    return [
        Part(f"Check-list: {one.name}", tuple(owned(f"{one.key}_check_list", blocks_of(one, seen))))
        for one in asked
    ]


def _section(title: str, results: PlanResults) -> list[Piece]:
    """Blocks of the analyses of a section, then how robust the outcomes of it are."""
    missing = results.primary_not_run.set_index("item")["happened"]
    pieces: list[Piece] = []
    for one in results.plan.analyses:
        if one.section != title:
            continue
        if one.name in missing:
            said = f"The primary analysis could not be run: {missing[one.name]} ({one.title}.)"
            pieces.append(Piece(one.name, Paragraph(said, "caution", one.name)))
        else:
            pieces += owned(one.name, (_whose(block, one) for block in show(one, results)))
        if derived(one) == "participant_flow":
            pieces += owned("dates", dates(results))
    for outcome in results.plan.outcomes:
        if outcome.heading == title:
            pieces += owned(f"robust_{outcome.id}", how_robust(outcome, results))
    pieces = _cautioned_once(pieces)
    blocks = said_once(_in_words(piece.block, results) for piece in pieces)
    return [Piece(piece.owner, block) for piece, block in zip(pieces, blocks, strict=True)]


def _cautioned_once(pieces: Sequence[Piece]) -> list[Piece]:
    """A caution stands before the first analysis of a section that needs it."""
    told: set[str] = set()
    kept = []
    for piece in pieces:
        block = piece.block
        if isinstance(block, Paragraph) and block.role == "caution":
            if block.text in told:
                continue
            told.add(block.text)
        kept.append(piece)
    return kept


def _whose(block: Block, one: Analysis) -> Block:
    """A block that knows its analysis."""
    return block if block.analysis else replace(block, analysis=one.name)


def _in_words(block: Block, results: PlanResults) -> Block:
    if isinstance(block, Paragraph):
        return replace(block, text=for_readers(block.text, results.trial.strata))
    if isinstance(block, FigureBlock):
        return replace(block, caption=for_readers(block.caption, results.trial.strata))
    strata = results.trial.strata
    notes = tuple(for_readers(note, strata) for note in block.table.notes)
    rows = tuple(replace(row, label=for_readers(row.label, strata)) for row in block.table.rows)
    return replace(block, table=replace(block.table, notes=notes, rows=rows))
