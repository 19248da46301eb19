"""Was the plan kept, where is each of its items, and who is in each analysis?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from walkstats import tables
from walkstats._digits import count
from walkstats._labels import capitalised
from walkstats.plan import Analysis, PlanResults
from walkstats.plan.specification import Outcome
from walkstats.report.document import Paragraph, TableBlock
from walkstats.report.effects import counted
from walkstats.report.placing import Piece, Place, said_where
from walkstats.report.wording import listed
from walkstats.tables import Table

RULES = {
    "holm": "Holm",
    "hochberg": "Hochberg",
    "bonferroni": "Bonferroni",
    "fixed-sequence": "fixed sequence",
}


def outcomes_defined(results: PlanResults) -> list[Piece]:
    """Each outcome of the plan: role, measure, time points, summary, missing data."""
    outcomes = results.plan.outcomes
    if not outcomes:
        return []
    rows = [
        (
            one.title,
            one.role,
            one.estimand.variable if one.estimand else one.measure,
            listed(list(one.time_points)),
            one.estimand.summary if one.estimand else "",
            one.missing,
            one.own_choice,
        )
        for one in outcomes
    ]
    heads = [
        "Outcome",
        "Role",
        "What is measured",
        "When",
        "What is compared",
        "Missing data",
        "Chosen for this plan",
    ]
    frame = pd.DataFrame(rows, columns=heads)
    shown = frame[[name for name in heads if (frame[name] != "").any()]]
    table = tables.table_of(shown, title="Outcomes as the plan defines them")
    return [Piece("outcomes_defined", TableBlock("outcomes_defined", table))]


def undefined(results: PlanResults) -> str:
    """What the plan does not say of its outcomes; empty where it says all."""
    told = []
    for one in results.plan.outcomes:
        if one.role not in ("primary", "secondary"):
            continue
        absent = [
            word
            for word, known in (
                ("what is measured", one.measure or one.estimand),
                ("when", one.time_points),
                ("what is compared", one.estimand),
            )
            if not known
        ]
        if absent:
            told.append(f"{one.title}: {listed(absent)} not said")
    return "; ".join(told)


def plan_items(results: PlanResults, places: Sequence[Place]) -> list[Piece]:
    """Each analysis of the plan, and where in the report it is.

    Parameters
    ----------
    results : PlanResults
    places : sequence of Place
        Of what was composed before.

    Returns
    -------
    list of Piece
    """
    not_run = dict(zip(results.not_run["item"], results.not_run["happened"], strict=True))
    rows = []
    for one in results.plan.analyses:
        where = said_where(place for place in places if place.owner == one.name)
        if one.name in not_run:
            where = f"Not run: {not_run[one.name]}"
        elif not where:
            where = "numbers.csv" if _has_numbers(one, results) else "taken by another analysis"
        outcome = results.plan.outcome(one.outcome)
        rows.append(
            (
                one.title,
                outcome.title if outcome else "",
                one.status,
                "pre-specified" if one.prespecified else "post hoc",
                where,
            )
        )
    heads = ["Analysis", "Outcome", "Status", "Planned", "Where it is"]
    table = tables.table_of(
        pd.DataFrame(rows, columns=heads), title="Every analysis of the plan and its place"
    )
    return [Piece("plan_items", TableBlock("plan_items", table))]


def _has_numbers(one: Analysis, results: PlanResults) -> bool:
    numbers = results._own("numbers")
    return "analysis" in numbers and bool((numbers["analysis"] == one.name).any())


def who_analysed(results: PlanResults) -> list[Piece]:
    """Who is in each analysis: its set, participants by arm, rows left out and why."""
    rows = [
        row
        for one in results.plan.analyses
        if one.name in results.results and (row := _who(one, results)) is not None
    ]
    pieces = _set_sizes(results)
    if not rows:
        return pieces
    heads = ["Analysis", "Set", *results.trial.arms, "In all", "Left out"]
    table = tables.table_of(
        pd.DataFrame(rows, columns=heads),
        title="Who is in each analysis, in the arm to which they were randomised",
    )
    return [*pieces, Piece("who_analysed", TableBlock("who_analysed", table))]


def _set_sizes(results: PlanResults) -> list[Piece]:
    sets = results._own("sets")
    if not len(sets):
        return []
    rows = []
    for name, own in sets.groupby("set", sort=False):
        numbers = dict(zip(own["arm"], own["participants"], strict=True))
        rows.append((name, own["title"].iloc[0], *(numbers[arm] for arm in results.trial.arms)))
    frame = pd.DataFrame(rows, columns=["Set", "Who is in it", *results.trial.arms])
    table = tables.table_of(frame, title="Analysis sets, participants by arm")
    return [Piece("who_analysed", TableBlock("analysis_sets", table))]


def _who(one: Analysis, results: PlanResults) -> tuple[object, ...] | None:
    counts = getattr(results.results[one.name], "counts", None)
    if counts is None:
        return None
    arms = counted(one, results)
    by_arm = [None if arms is None else arms[arm].analysed for arm in results.trial.arms]
    total = counts.participants
    if arms is None or sum(known for known in by_arm if known is not None) != total:
        by_arm = [None] * len(results.trial.arms)  # the frame alone does not tell
    chosen = results.plan.sets.get(one.set)
    left = "; ".join(f"{count(rows)} rows: {why}" for why, rows in counts.left_out.items())
    who = chosen.title if chosen is not None else "everybody randomised"
    return one.title, who, *map(_shown, by_arm), _shown(total), left


def _shown(number: int | None) -> str:
    return "" if number is None else count(number)


def multiplicity(results: PlanResults) -> list[Piece]:
    """The family of main analyses with their p-values, as they are and adjusted; none without."""
    rule = results.plan.multiplicity
    numbers = results._own("numbers")
    if rule.method == "none" or not rule.family or "p_adjusted" not in numbers:
        return []
    rows = []
    titles = {one.name: one.title for one in results.plan.analyses}
    for name in rule.family:
        own = numbers[(numbers["analysis"] == name) & numbers["p_adjusted"].notna()]
        p, adjusted = own[["p_value", "p_adjusted"]].iloc[0] if len(own) else (None, None)
        kept = "" if adjusted is None else "yes" if adjusted <= results.plan.alpha else "no"
        rows.append((titles[name], p, adjusted, kept or "not run: counts as p = 1"))
    frame = pd.DataFrame(rows, columns=["analysis", "p_value", "p_adjusted", "kept"])
    alpha = f"{results.plan.alpha:g}"
    heads = {
        "analysis": "Analysis",
        "p_value": "p",
        "p_adjusted": f"p, adjusted ({RULES.get(rule.method, rule.method)})",
        "kept": f"At most {alpha} after adjustment",
    }
    table = tables.table_of(_as_p(frame), title="Main analyses taken together", labels=heads)
    note = Paragraph(rule.note) if rule.note else None
    pieces = [Piece("multiplicity", note)] if note is not None else []
    return [*pieces, Piece("multiplicity", TableBlock("multiplicity", table))]


def _as_p(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(
        p_value=pd.to_numeric(frame["p_value"]), p_adjusted=pd.to_numeric(frame["p_adjusted"])
    )


def deviations(results: PlanResults) -> list[Piece]:
    """The deviation log, or that there is nothing in it and against what that was seen."""
    log = results._own("deviations")
    if not len(log):
        against = (
            "Nothing was changed, added or left out against the registered plan, and every "
            "analysis could be run."
            if results.registered is not None
            else "Every analysis of the plan could be run. No earlier version of the plan was "
            "given to compare it with."
        )
        return [Piece("deviations", Paragraph(against))]
    shown = pd.DataFrame(
        {
            "Item": [_named(str(item), results) for item in log["item"]],
            "Kind": log["kind"],
            "Planned": log["planned"],
            "What happened": log["happened"],
            "When decided": ["pre-specified" if own else "post hoc" for own in log["prespecified"]],
            "Reason": log["reason"],
        }
    )
    table = tables.table_of(shown, title="What was not done as planned, and what was not planned")
    return [Piece("deviations", TableBlock("deviations", _noted(table, results)))]


def _named(item: str, results: PlanResults) -> str:
    """An item of the log under its title, where the plan that was run or registered has one."""
    for plan in (results.plan, results.registered):
        if plan is not None:
            titles = {one.id: one.title for one in plan.outcomes}
            titles |= {one.name: one.title for one in plan.analyses}
            if item in titles:
                return f"{titles[item]} ({item})"
    return item


def uncompared(results: PlanResults) -> str:
    """What the deviation log cannot tell; empty where a registered plan was given."""
    return "" if results.registered is not None else "no earlier plan was given to compare with"


def _noted(table: Table, results: PlanResults) -> Table:
    if results.registered is not None:
        return table
    return table.noted("No earlier version of the plan was given to compare this one with.")


def own_choices(outcomes: Iterable[Outcome]) -> list[str]:
    """What in each outcome was chosen for this plan, as sentences."""
    return [f"{capitalised(one.title)}: {one.own_choice}" for one in outcomes if one.own_choice]
