"""How are times to an event shown: curves, risks, hazard ratios, mean times?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from walkstats import figures, tables
from walkstats._digits import count, fixed
from walkstats.plan import Analysis, PlanResults
from walkstats.plan.vocabulary import ROLES
from walkstats.report.document import Block, FigureBlock, Paragraph, TableBlock
from walkstats.report.effects import counted
from walkstats.report.reconciling import followed_said
from walkstats.report.wording import arm_said, event_of, listed, lower, plain_term, rows_of
from walkstats.results import CoxFit, Curve, Incidence


def _follow_up(analysis: Analysis, result: Curve, results: PlanResults) -> list[Block]:
    return [Paragraph(f"{analysis.title}, {_medians(result)}.", "result")]


def _medians(result: Curve) -> str:
    return lower(tables.sentence(result, unit="days"))


def _curve(analysis: Analysis, result: Curve, results: PlanResults) -> list[Block]:
    frame = results.frames[analysis.name]
    derived = analysis.frame.derive if analysis.frame is not None else ""
    left, awaited = (
        ("Not yet recovered", analysis.title)
        if derived == "recovery"
        else (f"Without {event_of(analysis)}", f"Time to {event_of(analysis)}")
    )
    figure = figures.plot_survival(result, ylabel=left)
    caption = f"{analysis.title}. {result.method}"
    at = _times(analysis, results)
    notes = [str(note) for note in frame.attrs.get("notes", ()) if "do not say whether" in note]
    followed = "" if derived == "recovery" else followed_said(frame, results.trial.arms)
    return [
        Paragraph(f"{awaited}, {_medians(result)}.", "result"),
        *(Paragraph(text) for text in (followed, *notes) if text),
        FigureBlock(analysis.name, figure, caption),
        TableBlock(analysis.name, tables.table_of(result, at=at, title=analysis.title)),
    ]


def _incidence(analysis: Analysis, result: Incidence, results: PlanResults) -> list[Block]:
    died = results.frames[analysis.name].query("outcome == 'death'")["arm"].value_counts(sort=False)
    people = "1 participant" if died.sum() == 1 else f"{died.sum()} participants"
    words = (
        f"{people} died with no {event_of(analysis).removeprefix('any ')} before it "
        f"({', '.join(f'{arm} {number}' for arm, number in died.items())}). The other analyses of "
        "this section end follow-up at a death, as if a recurrence could still come; here death is "
        "an outcome of its own."
    )
    caption = f"{analysis.title}. {result.method}"
    at = _times(analysis, results)
    return [
        Paragraph(words),
        FigureBlock(analysis.name, figures.plot_incidence(result), caption),
        TableBlock(analysis.name, tables.table_of(result, at=at, title=analysis.title)),
    ]


def _times(analysis: Analysis, results: PlanResults) -> Sequence[float]:
    """Times at which the same section compares the arms."""
    for one in results.plan.analyses:
        if one.section == analysis.section and "at" in one.arguments:
            return list(one.arguments["at"])
    return []


def _cox(analysis: Analysis, result: CoxFit, results: PlanResults) -> list[Block]:
    """Sentences for the fit; the table of all Cox fits of the section stands with the first."""
    numbers = _numbers(analysis, results)
    blocks: list[Block] = [
        Paragraph(
            f"{numbers}{arm_said(result, term)} ({analysis.title}; {analysis.status} analysis).",
            "result",
        )
        for term in result.terms
        if term.startswith("arm[") and ":" not in term
    ]
    together = {
        one.title.partition(":")[0]: results.results[one.name]
        for one in results.plan.analyses
        if one.section == analysis.section
        and one.method == analysis.method
        and one.name in results.results
    }
    if next(iter(together)) == analysis.title.partition(":")[0]:
        table = tables.fit_table(together if len(together) > 1 else result)
        table = table.titled(f"Cox regression: {event_of(analysis)}")
        frame = results.frames.get(analysis.name)
        if frame is not None and followed_said(frame, results.trial.arms):
            table = replace(table, rows=tuple(map(_with_unfollowed, table.rows)))
        blocks.append(TableBlock(analysis.name, table))
    return blocks


def _numbers(analysis: Analysis, results: PlanResults) -> str:
    """Participants with the event of those analysed, by arm, before what a main analysis says."""
    counts = counted(analysis, results) if analysis.status in ROLES else None
    if counts is None:
        return ""
    told = [
        f"{count(own.events)} of {count(own.analysed)} ({arm})"
        for arm, own in reversed(list(counts.items()))
        if own.events is not None
    ]
    recovering = analysis.frame is not None and analysis.frame.derive == "recovery"
    who = "Participants who recovered" if recovering else "Participants with the event"
    return f"{who}: {listed(told)}. " if told else ""


def _with_unfollowed(row: tables.Row) -> tables.Row:
    """Participants of a fit are more than those of the flow diagram, which counts the followed."""
    label = "Participants, those without follow-up among them"
    return replace(row, label=label) if row.label == "Participants" else row


def _means(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    reference = results.trial.arms[0]
    parts = (result.by_group, result.difference, result.ratio)
    title = f"{analysis.title}, to day {result.tau:g}"
    table = tables.table_of(rows_of(parts, reference), title=title)
    said = [
        Paragraph(
            f"{tables.sentence(result.difference, term, unit='days')}, "
            f"{plain_term(term, reference)}, to day {result.tau:g} ({event_of(analysis)}).",
            "result",
        )
        for term in result.difference.terms
    ]
    return [*said, TableBlock(analysis.name, table)]


def _risks(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    reference = results.trial.arms[0]
    table = tables.table_of(
        rows_of((result.by_group, result.risk_difference), reference),
        title=f"{analysis.title}, share without it and difference in risk",
    )
    table = replace(table, notes=tuple(n for n in table.notes if not n.startswith(NEEDED)))
    percent = f"{100 * result.by_group.level:g}%"
    title = f"{NEEDED} with {percent} interval: {event_of(analysis)}"
    needed = tables.table_of(_needed(result.number_needed, reference), title=title)
    said = [
        Paragraph(f"{_risk_said(analysis, result, term, reference)}.", "result")
        for term in result.risk_difference.terms
        if term.endswith(f" at {result.at[-1]:g}") or " at " not in term
    ]
    return [*said, TableBlock(analysis.name, table), TableBlock(f"{analysis.name}_needed", needed)]


def _risk_said(analysis: Analysis, result: Any, term: str, reference: str) -> str:
    """The risks of an arm and of the reference at the last time, and their difference."""
    day = f"{result.at[-1]:g}"
    end = f" at {day}" if term.endswith(f" at {day}") else ""
    arm = plain_term(term.removesuffix(end))
    risks = [
        f"{fixed(100 * (1 - result.by_group.estimate(f'{group}{end}').estimate), 1)}% ({group})"
        for group in (arm, reference)
    ]
    difference = lower(tables.sentence(result.risk_difference, term))
    return f"Risk of {event_of(analysis)} by day {day}: {listed(risks)}; {difference}"


NEEDED = "Number needed to treat"


def _needed(frame: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Numbers needed in words: an interval that holds no difference passes through infinity."""
    rows = []
    for one in frame.to_dict("records"):
        side = str(one["direction"])
        if pd.isna(one["estimate"]):
            number, interval = "not known", ""
        elif np.isinf(one["benefit_high"]) and np.isinf(one["harm_high"]):
            number = f"{fixed(one['estimate'], 1)} to {side}"
            benefit, harm = one["benefit_low"], one["harm_low"]
            interval = f"{fixed(benefit, 1)} to benefit, over infinity, to {fixed(harm, 1)} to harm"
        elif pd.isna(one.get(f"{side}_low")):  # no difference at all, or no standard error
            number = "infinite" if side == "none" else f"{fixed(one['estimate'], 1)} to {side}"
            interval = ""
        else:
            number = f"{fixed(one['estimate'], 1)} to {side}"
            low, high = (fixed(one[f"{side}_{end}"], 1) for end in ("low", "high"))
            interval = f"{low} to {high}"
        rows.append((plain_term(one["term"], reference), number, interval))
    return pd.DataFrame(rows, columns=["Group", "Number needed", "Interval"])


def _proportionality(analysis: Analysis, result: Any, results: PlanResults) -> list[Block]:
    frame = result.to_frame()
    frame.attrs["notes"] = (result.method,)
    heads = {"term": "Term", "statistic": "χ²", "df": "Degrees of freedom", "p_value": "p"}
    table = tables.table_of(frame, title=analysis.title, labels=heads)
    return [TableBlock(analysis.name, table)]


EVENTS: dict[str, Callable[[Analysis, Any, PlanResults], list[Block]]] = {
    "survival.follow_up": _follow_up,
    "survival.kaplan_meier": _curve,
    "survival.cumulative_incidence": _incidence,
    "survival.cox": _cox,
    "survival.restricted_means": _means,
    "survival.compare_at": _risks,
    "survival.check_proportional_hazards": _proportionality,
}
"""How methods for the time to an event are shown."""
