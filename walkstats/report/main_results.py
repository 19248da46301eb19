"""What did each primary and secondary outcome show? How many, in which arm, by how much."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from walkstats import _digits
from walkstats._labels import capitalised, percent_level
from walkstats.plan import Analysis, PlanResults
from walkstats.plan.specification import Outcome
from walkstats.plan.vocabulary import ROLES
from walkstats.report.effects import (
    ArmCounts,
    Effect,
    counted,
    effects_of,
    first_of,
    is_event,
    response_of,
    root_frame,
    time_of,
)
from walkstats.report.wording import derived, listed, lower
from walkstats.tables import Table
from walkstats.tables.cells import EMPTY, Cell, words
from walkstats.tables.description import Column, Row

REPORTED = ("primary", "secondary", "economic")
"""Roles of the outcomes that stand in the table of main results."""


@dataclass(frozen=True, eq=False)
class Line:
    """One outcome at one time point.

    Attributes
    ----------
    outcome : Outcome
    analysis : Analysis
        The main one.
    when : str
    binary : bool
        Whether it is an event that happens or not.
    alone : bool
        Whether the outcome has no other measure than this.
    arms : mapping of arm to ArmCounts, or None
    relative, absolute : Effect or None
    p_adjusted : float
        Missing outside the family of the plan.
    """

    outcome: Outcome
    analysis: Analysis
    when: str
    binary: bool
    alone: bool
    arms: dict[str, ArmCounts] | None
    relative: Effect | None
    absolute: Effect | None
    p_adjusted: float

    @property
    def main(self) -> Effect:
        """The effect that the main analysis gives."""
        own = [e for e in (self.relative, self.absolute) if e and e.analysis == self.analysis.name]
        chosen = own[0] if own else self.relative or self.absolute
        assert chosen is not None
        return chosen


def main_lines(results: PlanResults) -> list[Line]:
    """One line for each outcome and time point that has an effect of the arm.

    Parameters
    ----------
    results : PlanResults

    Returns
    -------
    list of Line
        Outcomes in the order of the plan, those with a role of ``REPORTED``.
    """
    return [
        line
        for outcome in results.plan.outcomes
        if outcome.role in REPORTED
        for arm in results.trial.arms[1:]
        for line in _of_outcome(outcome, arm, results)
    ]


def _of_outcome(outcome: Outcome, arm: str, results: PlanResults) -> list[Line]:
    groups: dict[tuple[str, str], list[Analysis]] = {}
    for one in outcome.analyses:
        if one.name in results.results and one.status in (*ROLES, "supplementary"):
            groups.setdefault(_measured(one, results), []).append(one)
    lines: list[Line] = []
    measured = [key for key, own in groups.items() if _has_main(own, outcome, results)]
    for analyses in groups.values():
        found = [
            (one, effect)
            for one in analyses
            for effect in effects_of(one, results)
            if effect.arm == arm
        ]
        main = [pair for pair in found if pair[0].status == outcome.role]
        if main:
            lines += _lines(outcome, main, found, results)
    return [replace(line, alone=len(measured) < 2) for line in lines]


def _has_main(analyses: Sequence[Analysis], outcome: Outcome, results: PlanResults) -> bool:
    """Whether a main analysis of these compares the arms."""
    return any(one.status == outcome.role and effects_of(one, results) for one in analyses)


def _measured(one: Analysis, results: PlanResults) -> tuple[str, str]:
    """What an analysis measures: its frame and the column that it is about."""
    first = first_of(one, results)
    frame = root_frame(one, results)
    response = "" if frame is None else response_of(first, frame)
    return derived(first), response


def _lines(
    outcome: Outcome,
    main: Sequence[tuple[Analysis, Effect]],
    found: Sequence[tuple[Analysis, Effect]],
    results: PlanResults,
) -> list[Line]:
    if _is_event(main[0][0], results):
        return [_of_event(outcome, main, found, results)]
    # Later analyses of the same measure at the same time say it again in another way.
    lines: dict[str, Line] = {}
    for one, effect in main:
        when = effect.when or time_of(first_of(one, results))
        before = lines.get(when)
        if before is None:
            lines[when] = _line(outcome, one, [effect], results, when=when)
        elif before.analysis is one:
            kept = [e for e in (before.relative, before.absolute) if e is not None]
            lines[when] = _line(outcome, one, [*kept, effect], results, when=when)
    return list(lines.values())


def _is_event(one: Analysis, results: PlanResults) -> bool:
    frame = root_frame(one, results)
    return frame is not None and is_event(first_of(one, results), frame)


def _of_event(
    outcome: Outcome,
    main: Sequence[tuple[Analysis, Effect]],
    found: Sequence[tuple[Analysis, Effect]],
    results: PlanResults,
) -> Line:
    """The first ratio, and the last difference in risk, else the first difference."""
    one, first = main[0]
    ratios = [effect for _, effect in found if effect.relative]
    differences = [effect for _, effect in found if not effect.relative]
    risks = [effect for effect in differences if effect.part == "risk_difference"]
    chosen = [first if first.relative else ratios[0]] if ratios else []
    chosen += [first] if not first.relative else (risks[-1:] or differences[:1])
    when = next((e.when for e in chosen if e.analysis == one.name), "")
    return _line(outcome, one, chosen, results, when=when, binary=_happens_once(one, results))


def _happens_once(one: Analysis, results: PlanResults) -> bool:
    """Whether a participant has the event or not; recurrent events are counts."""
    frame = root_frame(one, results)
    return frame is not None and "event" in frame and "start_days" not in frame


def _line(
    outcome: Outcome,
    one: Analysis,
    effects: Sequence[Effect],
    results: PlanResults,
    *,
    when: str,
    binary: bool = False,
) -> Line:
    arms = _checked(counted(one, results, when), one, results)
    return Line(
        outcome=outcome,
        analysis=one,
        when=when,
        binary=binary,
        alone=True,
        arms=None if arms is None else dict(arms),
        relative=next((e for e in effects if e.relative), None),
        absolute=next((e for e in effects if not e.relative), None),
        p_adjusted=adjusted_p_of(one.name, results),
    )


def _checked(
    arms: Mapping[str, ArmCounts] | None, one: Analysis, results: PlanResults
) -> Mapping[str, ArmCounts] | None:
    """Numbers by arm only where they add up to the participants that the result counts."""
    counts = getattr(results.results[one.name], "counts", None)
    if arms is None or counts is None or counts.clusters is not None:
        return arms
    if sum(arm.analysed for arm in arms.values()) == counts.participants:
        return arms
    return None


def adjusted_p_of(name: str, results: PlanResults) -> float:
    """The adjusted p-value of an analysis of the plan's family; missing for all others.

    Parameters
    ----------
    name : str
    results : PlanResults

    Returns
    -------
    float
    """
    numbers = results.numbers
    if "p_adjusted" not in numbers:
        return math.nan
    own = numbers.loc[numbers["analysis"] == name, "p_adjusted"].dropna()
    return float(own.iloc[0]) if len(own) else math.nan


def main_table(lines: Sequence[Line], results: PlanResults) -> Table:
    """The main results as a table: numbers by arm, relative and absolute effect.

    Parameters
    ----------
    lines : sequence of Line
        At least one.
    results : PlanResults

    Returns
    -------
    Table
    """
    arms = results.trial.arms
    family = any(not math.isnan(line.p_adjusted) for line in lines)
    columns = [
        Column(head, over=arm) for arm in arms for head in ("Analysed (with data)", "Result")
    ]
    percent = percent_level(results.plan.level)
    columns += [
        Column(f"Relative effect ({percent}% CI)"),
        Column(f"Absolute effect ({percent}% CI)"),
        Column("p"),
    ]
    columns += [Column("p, adjusted")] * family
    rows: list[Row] = []
    for role in REPORTED:
        own = [line for line in lines if line.outcome.role == role]
        if own:
            several = len({line.outcome.id for line in own}) > 1
            rows.append(Row(f"{capitalised(role)} outcome{'s' * several}"))
            rows += [_row(line, arms, family) for line in own]
    return Table(
        title="Main results by outcome",
        stub="Outcome",
        columns=tuple(columns),
        rows=tuple(rows),
        notes=_notes(lines, results),
        source=results.trial.source,
    )


def name_of(line: Line) -> str:
    """What a line is about; of an outcome with several measures the analysis says it."""
    return line.outcome.title if line.alone else line.analysis.title


def _row(line: Line, arms: Sequence[str], family: bool) -> Row:
    cells: list[Cell] = []
    for arm in arms:
        cells += _arm_cells(None if line.arms is None else line.arms.get(arm))
    cells += [_effect(line.relative), _effect(line.absolute)]
    p = line.main.estimate.p_value
    cells.append(EMPTY if math.isnan(p) else Cell("p", (p,)))
    if family:
        cells.append(EMPTY if math.isnan(line.p_adjusted) else Cell("p", (line.p_adjusted,)))
    name = name_of(line)
    label = f"{name}, {line.when}" if line.when and line.when not in name else name
    if len(arms) > 2:
        label = f"{label} ({line.main.arm})"
    return Row(label, tuple(cells), indent=1)


def _arm_cells(counts: ArmCounts | None) -> list[Cell]:
    if counts is None:
        return [EMPTY, EMPTY]
    result = EMPTY
    if counts.events is not None:
        result = Cell("share", (float(counts.events), float(counts.analysed)))
        if counts.events > counts.analysed:
            result = words(f"{counts.events:,} events")
    elif counts.values is not None:
        result = Cell("mean_sd", counts.values, _digits.decimals_for(counts.values[1]))
    return [
        Cell("of_which", (float(counts.analysed), float(counts.with_data))),
        result,
    ]


def _effect(effect: Effect | None) -> Cell:
    if effect is None:
        return EMPTY
    one = effect.estimate
    kind = "ratio" if effect.relative else "estimate"
    return Cell(kind, (one.estimate, one.conf_low, one.conf_high))


def _notes(lines: Sequence[Line], results: PlanResults) -> tuple[str, ...]:
    """What the columns hold, and what each effect is."""
    said: dict[str, list[str]] = {}
    for line in lines:
        for effect in (line.relative, line.absolute):
            if effect is not None:
                when = f" at {effect.when}" if effect.when and effect.when != line.when else ""
                measure = effect.estimate.measure or "difference"
                if not measure.startswith("difference in"):
                    said.setdefault(f"{measure}{when}", []).append(lower(name_of(line)))
    measured = "; ".join(
        f"{measure} ({listed(list(dict.fromkeys(titles)))})" for measure, titles in said.items()
    )
    reference = results.trial.arms[0]
    others = "other absolute effects are differences in means"
    told = "; ".join(one for one in (measured, others) if one)
    return (
        "Analysed: participants in the main analysis. With data: those of them who were followed "
        "or who answered at the time point. Result: participants with the event, of those "
        "analysed; or mean (SD) of those with data.",
        f"Effects are against {reference}: {told}.",
        "p: of the main analysis of each outcome, not of a supplementary effect beside it.",
    )


def lacking(results: PlanResults, lines: Sequence[Line]) -> str:
    """What the table lacks of what a reader needs; empty where it lacks nothing.

    Parameters
    ----------
    results : PlanResults
    lines : sequence of Line

    Returns
    -------
    str
        Primary and secondary outcomes without a row, events without a relative or an absolute
        effect, rows without numbers by arm.
    """
    told = []
    for outcome in results.plan.outcomes:
        if outcome.role not in REPORTED[:2]:
            continue
        own = [line for line in lines if line.outcome.id == outcome.id]
        if not own:
            told.append(f"no effect of the arm: {outcome.title}")
        events = [line for line in own if line.binary]
        if any(line.relative is None for line in events):
            told.append(f"no relative effect: {outcome.title}")
        if any(line.absolute is None for line in events):
            told.append(f"no absolute effect: {outcome.title}")
        if any(line.arms is None for line in own):
            told.append(f"no numbers by arm: {outcome.title}")
    return "; ".join(told)
