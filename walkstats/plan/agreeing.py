"""Does a plan agree with itself? Every contradiction a sentence, before any data are seen."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from walkstats.errors import Problem
from walkstats.plan.methods import FRAMES, METHODS, Method
from walkstats.plan.vocabulary import (
    ADJUSTMENTS,
    CONDITIONS,
    ROLES,
    SAME_ESTIMAND,
    STATUSES,
    STRATEGIES,
)

if TYPE_CHECKING:
    from walkstats.plan.specification import (
        Analysis,
        AnalysisPlan,
        IntercurrentEvent,
        Outcome,
    )

FRAME_ENTRIES = {"derive", "arguments", "where", "until", "join", "landmark"}
MANY = 12
"""So many names can be read; of more only the nearest one is told."""


def problems_within(plan: AnalysisPlan) -> list[Problem]:
    """Find what is wrong with a plan, before any data are seen.

    Parameters
    ----------
    plan : AnalysisPlan

    Returns
    -------
    list of Problem
        One for each mistake; empty for a plan that agrees with itself.
    """
    found = [*_of_the_plan(plan), *_of_the_sets(plan), *_of_the_family(plan)]
    seen: set[str] = set()
    for one in plan.analyses:
        found += _of_an_analysis(one, plan, seen)
        seen.add(one.name)
    ids: set[str] = set()
    for outcome in plan.outcomes:
        if outcome.id in ids:
            found.append(_problem(f"outcome {outcome.id!r} stands twice", "give each its own id"))
        ids.add(outcome.id)
        found += _of_an_outcome(outcome)
    for leaf, ours in plan.published.items():
        found += _misplaced(leaf, ours, seen)
    return found


def _problem(problem: str, what_to_do: str = "correct the plan") -> Problem:
    return Problem(problem=problem, what_to_do=what_to_do, table="plan")


def listed(name: Any, known: Any) -> str:
    """The names allowed: the nearest one first where one is near, and then no long list of others.

    Examples
    --------
    >>> listed("secondry", ("primary", "secondary"))
    "did you mean 'secondary'? allowed are primary, secondary"
    >>> listed("late", ())
    'there is none to name'
    """
    names = [str(one) for one in known]
    near = get_close_matches(str(name), names, n=1)
    if near and len(names) > MANY:
        return f"did you mean {near[0]!r}?"
    meant = f"did you mean {near[0]!r}? " if near else ""
    return f"{meant}allowed are {', '.join(names)}" if names else "there is none to name"


def _of_the_plan(plan: AnalysisPlan) -> Iterator[Problem]:
    if not 0 < plan.alpha < 1:
        yield _problem(f"alpha must lie between 0 and 1, got {plan.alpha!r}", "0.05, for example")
    primary = [one.id for one in plan.outcomes if one.role == "primary"]
    if len(primary) > 1 and plan.multiplicity.method == "none" and not plan.multiplicity.note:
        yield _problem(
            f"there are {len(primary)} primary outcomes ({', '.join(primary)}) and no rule for "
            "their multiplicity",
            f"give multiplicity.method, one of {', '.join(ADJUSTMENTS[1:])}, or a "
            "multiplicity.note that says why none is needed",
        )


def _of_the_sets(plan: AnalysisPlan) -> Iterator[Problem]:
    for name, chosen in plan.sets.items():
        for column, condition in chosen.where.items():
            odd = [k for k in condition if k not in CONDITIONS] if _table(condition) else []
            for key in odd:
                yield _problem(
                    f"set {name!r}: no condition {key!r} on {column}", listed(key, CONDITIONS)
                )


def _table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _of_the_family(plan: AnalysisPlan) -> Iterator[Problem]:
    rule = plan.multiplicity
    names = [one.name for one in plan.analyses]
    if rule.method not in ADJUSTMENTS:
        yield _problem(f"multiplicity: no method {rule.method!r}", listed(rule.method, ADJUSTMENTS))
    elif rule.method != "none" and len(rule.family) < 2:
        yield _problem(
            f"multiplicity: {rule.method} needs the analyses that it adjusts",
            "name two or more analyses in multiplicity.family",
        )
    for name in rule.family:
        if name not in names:
            yield _problem(f"multiplicity: no analysis {name!r} in the plan", listed(name, names))


def _of_an_analysis(one: Analysis, plan: AnalysisPlan, seen: set[str]) -> Iterator[Problem]:
    where = f"analysis {one.name!r}"
    if not one.name.strip() or "." in one.name or "/" in one.name:
        yield _problem(
            f"{where}: no usable name", "give each a name of its own, without dots and slashes"
        )
    if one.name in seen:
        yield _problem(f"{where} stands twice", "give each analysis its own name")
    if one.method not in METHODS:
        yield _problem(f"{where}: no method {one.method!r}", listed(one.method, METHODS))
    inherited = [outcome.role for outcome in plan.outcomes if outcome.id == one.outcome]
    if one.status not in (*STATUSES, *inherited):  # a role that is none is told of its outcome
        yield _problem(f"{where}: status must be one of {', '.join(STATUSES)}")
    if one.set and one.set not in plan.sets:
        todo = listed(one.set, plan.sets) if plan.sets else f"say who is in it: [sets.{one.set}]"
        yield _problem(f"{where}: no analysis set {one.set!r}", todo)
    if not one.prespecified and not one.reason:
        yield _problem(f"{where} was added after the data were seen, without a reason", "say why")
    yield from _subject(one, seen, where)
    yield from _misnamed_frames(one, where)
    if one.method in METHODS and one.method != "frame":
        yield from _unknown_arguments(one, where)
    yield from _misnamed_steps(one, where)
    yield from _subgroups_as_planned(one, where)
    yield from _unannounced(one, plan, where)


def _subgroups_as_planned(one: Analysis, where: str) -> Iterator[Problem]:
    """Where an analysis says of itself that it was planned, and its modifiers say otherwise."""
    planned, late = one.arguments.get("modifiers"), one.arguments.get("post_hoc")
    if one.method == "causal.subgroup_effects" and planned and not one.prespecified:
        yield _problem(
            f"{where} is no pre-specified analysis, but gives its modifiers as planned",
            "name them in post_hoc, with modifiers = []",
        )
    elif one.method == "causal.effect_curve" and bool(late) == one.prespecified:
        yield _problem(
            f"{where}: post_hoc and prespecified say different things",
            f"give post_hoc = {str(not one.prespecified).lower()}",
        )


def _misnamed_steps(one: Analysis, where: str) -> Iterator[Problem]:
    """What is wrong with the analyses that a method is to make of every completed frame."""
    method = METHODS.get(one.method)
    if method is None or not method.calls:
        return
    steps = one.arguments.get(method.calls)
    if isinstance(steps, Mapping):
        steps = [steps]
    if not isinstance(steps, (list, tuple)) or not steps:
        yield _problem(
            f"{where}: {one.method} needs {method.calls}, the analysis of each completed frame",
            "give a table of method and arguments",
        )
        return
    for step in steps:
        name = step.get("method") if isinstance(step, Mapping) else step
        if name not in METHODS or not isinstance(step, Mapping):
            yield _problem(f"{where}: {method.calls} has no method {name!r}", listed(name, METHODS))
        elif set(step) - {"method", "arguments", "part"}:
            odd = ", ".join(sorted(set(step) - {"method", "arguments", "part"}))
            yield _problem(f"{where}: {method.calls} has unknown entries {odd}")


def _subject(one: Analysis, seen: set[str], where: str) -> Iterator[Problem]:
    """What an analysis is applied to."""
    frames = [one.frame, one.frame.joined] if one.frame is not None else []
    for frame in frames:
        if frame is not None and frame.derive not in FRAMES:
            yield _problem(f"{where}: no frame {frame.derive!r}", listed(frame.derive, FRAMES))
        if frame is not None and not frame.landmark >= 0:
            yield _problem(f"{where}: landmark must be a day after randomisation")
    if (one.frame is None) == (one.of == ""):
        yield _problem(f"{where} must take either a frame or an earlier result (of)")
    if one.of and one.of.partition(".")[0] not in seen:
        yield _problem(f"{where} takes the result of {one.of!r}, which does not stand before it")


def _unknown_arguments(one: Analysis, where: str) -> Iterator[Problem]:
    """Arguments that the method does not have; those that are set by the plan for all."""
    known = list(inspect.signature(METHODS[one.method].function).parameters)[1:]
    for name in one.arguments:
        if name not in known:
            yield _problem(f"{where}: {one.method} has no argument {name!r}", listed(name, known))
    for name in _needed(METHODS[one.method]):
        if name not in one.arguments:
            yield _problem(
                f"{where}: {one.method} needs the argument {name!r}",
                f"give it: arguments = {{ {name} = ... }}",
            )


def _needed(method: Method) -> list[str]:
    """Arguments without which a method cannot be called; not those that every run gives it."""
    asked = list(inspect.signature(method.function).parameters.values())[1:]
    given = {"level": method.level, "seed": method.seed, method.calls: True}
    return [
        one.name
        for one in asked
        if one.default is one.empty
        and one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
        and not given.get(one.name)
    ]


def _unannounced(one: Analysis, plan: AnalysisPlan, where: str) -> Iterator[Problem]:
    """Strata of a main analysis that the plan does not declare."""
    given = one.arguments.get("strata")
    names = [given] if isinstance(given, str) else list(given or [])
    for name in names:
        if plan.strata and name not in plan.strata and one.status in ROLES:
            yield _problem(
                f"{where} is stratified by {name!r}, which is not among the strata of the plan "
                f"({', '.join(plan.strata)})",
                "declare it in strata, or make this a sensitivity analysis",
            )


def _misnamed_frames(one: Analysis, where: str) -> Iterator[Problem]:
    """What is wrong with the frames among the arguments of an analysis."""
    method = METHODS.get(one.method)
    for name in method.frames if method else ():
        if name in one.arguments and not _is_frame(one.arguments[name]):
            yield _no_frame(one.arguments[name], where)
    for name in method.many if method else ():
        several = one.arguments.get(name, {})
        if not isinstance(several, Mapping):
            yield _problem(f"{where}: {name} must be a table of names, each with a frame")
            continue
        for each in several.values():
            if not _is_frame(each):
                yield _no_frame(each, where)


def _is_frame(given: object) -> bool:
    return (
        isinstance(given, Mapping) and given.get("derive") in FRAMES and set(given) <= FRAME_ENTRIES
    )


def _no_frame(given: object, where: str) -> Problem:
    if not isinstance(given, Mapping) or "derive" not in given:
        return _problem(
            f"{where}: a frame must be a table of derive, arguments and where",
            'write { derive = "..." }',
        )
    derive = given["derive"]
    if derive not in FRAMES:
        return _problem(f"{where}: no frame {derive!r}", listed(derive, FRAMES))
    odd = sorted(str(key) for key in set(given) - FRAME_ENTRIES)
    return _problem(
        f"{where}: the frame {derive} has unknown entries {', '.join(odd)}",
        listed(odd[0], sorted(FRAME_ENTRIES)),
    )


def _of_an_outcome(outcome: Outcome) -> Iterator[Problem]:
    where = f"outcome {outcome.id!r}"
    if outcome.role not in ROLES:
        yield _problem(f"{where}: no role {outcome.role!r}", listed(outcome.role, ROLES))
        return
    main = [one for one in outcome.analyses if one.status == outcome.role]
    if not main and outcome.role != "safety":
        yield _problem(
            f"{where} has no main analysis",
            f"leave out the status of one, or call it {outcome.role}",
        )
    if outcome.role == "primary" and len(main) > 1:
        yield _problem(
            f"{where} has {len(main)} primary analyses ({', '.join(one.name for one in main)})",
            "only one can be primary; call the others supplementary or sensitivity",
        )
    if outcome.estimand is not None:
        yield from _of_an_estimand(outcome, main, where)


def _of_an_estimand(outcome: Outcome, main: list[Analysis], where: str) -> Iterator[Problem]:
    estimand = outcome.estimand
    assert estimand is not None
    for name in ("population", "treatment", "variable", "summary"):
        if not getattr(estimand, name).strip():
            yield _problem(f"{where}: its estimand does not say its {name}", "say it in words")
    for event in estimand.intercurrent:
        if event.strategy not in STRATEGIES:
            yield _problem(
                f"{where}, {event.event}: no strategy {event.strategy!r}",
                listed(event.strategy, STRATEGIES),
            )
        elif _lacking(event, main):
            yield _problem(
                f"{where}, {event.event}: the strategy is {event.strategy!r}, but no main analysis "
                f"{WORDS[event.strategy]}",
                "change the strategy or the analysis",
            )
    for one in outcome.analyses:
        if one.status in SAME_ESTIMAND:
            yield from _cut_short(one, outcome, where)
    yield from _another_summary(outcome, main, where)


def _cut_short(one: Analysis, outcome: Outcome, where: str) -> Iterator[Problem]:
    """Follow-up that ends at an event which the estimand says to follow people through."""
    estimand, frame = outcome.estimand, one.frame
    if estimand is None or frame is None or not frame.until:
        return
    ends = [e for e in estimand.intercurrent if e.column in ("", frame.until)]
    named = [e for e in ends if e.column] or ends
    if named and all(e.strategy == "treatment policy" for e in named):
        events = " and ".join(e.event for e in named)
        yield _problem(
            f"{where} handles {events} by treatment policy, but analysis {one.name!r} ends "
            f"follow-up at {frame.until}: censoring there is another strategy",
            "leave out until, change the strategy, or call the analysis supplementary",
        )
    if not named:
        yield _problem(
            f"{where}: analysis {one.name!r} ends follow-up at {frame.until}, which is no "
            "intercurrent event of the estimand",
            "name the event with its strategy",
        )


def _lacking(event: IntercurrentEvent, main: list[Analysis]) -> bool:
    """Whether no main analysis does what a strategy needs, as far as a plan can show it."""
    needed = NEEDED.get(event.strategy)
    # Frames of events end at death by themselves; what else is hypothetical has a day of its own.
    if needed is None or (event.strategy == "hypothetical" and not event.column):
        return False
    return not any(needed(one) for one in main)


def _ends_early(one: Analysis) -> bool:
    return one.frame is not None and bool(one.frame.until)


# What a strategy needs of a main analysis, and how it is said that it lacks it.
NEEDED = {
    "while on treatment": _ends_early,
    "principal stratum": lambda one: one.method == "causal.complier_effect",
    "hypothetical": lambda one: _ends_early(one) or one.method.startswith(("missing.", "causal.")),
}
WORDS = {
    "while on treatment": "ends follow-up at it (until)",
    "principal stratum": "estimates the effect in compliers (causal.complier_effect)",
    "hypothetical": "ends follow-up at it (until) or fills in what would have been",
}


def _another_summary(outcome: Outcome, main: list[Analysis], where: str) -> Iterator[Problem]:
    """A main analysis whose measure of effect is not what the estimand compares."""
    assert outcome.estimand is not None
    said = outcome.estimand.summary.lower()
    for one in main:
        method = METHODS.get(one.method)
        words = method.summary if method else ()
        if words and said and not any(word in said for word in words):
            yield _problem(
                f"{where}: the estimand's summary is {outcome.estimand.summary!r}, but its main "
                f"analysis {one.name!r} ({one.method}) estimates a {words[0]}",
                "change the summary or the method",
            )


def _misplaced(leaf: str, ours: Mapping[str, Any], names: set[str]) -> Iterator[Problem]:
    """What is wrong with the place of a published figure."""
    if isinstance(ours, Mapping) and "remark" in ours and set(ours) <= {"remark", "label"}:
        return
    known = isinstance(ours, Mapping) and ours.get("analysis") in names
    if not known:
        yield _problem(f"published {leaf!r} names no analysis of the plan")
    elif not any(key in ours for key in ("term", "contrast", "column", "count", "part", "at")):
        yield _problem(f"published {leaf!r} needs a term, a contrast, a column or a count")
    elif "column" in ours and not isinstance(ours.get("where", {}), Mapping):
        yield _problem(f"published {leaf!r}: where must be a table of column = value")
