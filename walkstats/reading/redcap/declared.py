"""What do the clauses under [redcap] say, and what do they mean for each table?

Where an event says which month or check-in it is, the tables take it from the event's name; a
table that names no file is read from the export. All becomes clauses that any file could have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from walkstats.reading.declared.clauses import EVENT_CLAUSES, REDCAP_CLAUSES, Clause
from walkstats.reading.declared.declarations import (
    DeclaredColumn,
    DeclaredTable,
    RedcapEvent,
    RedcapProject,
)

Values = Callable[[Mapping[str, Any], Iterable[Clause], tuple[str, ...]], dict[str, Any]]
"""Found clauses, known clauses, where they stand -> their values."""

Report = Callable[[tuple[str, ...], str, str], None]
"""Where it stands in trial.toml, what is wrong, what to do."""

EVENT = "redcap_event_name"
REPEATED = "redcap_repeat_instrument"
INSTANCE = "redcap_repeat_instance"

FACTS: dict[str, Callable[[RedcapEvent], float | None]] = {
    "month": lambda event: event.month,
    "check_in": lambda event: event.check_in,
}
"""Column that an event's name can tell -> what it tells."""

ANSWERED = {"0": "missed", "1": "completed", "2": "completed"}
"""State of a form (incomplete, unverified, complete) -> state of a check-in."""


def project_of(
    found: Mapping[str, Any], values: Values, report: Report, line: int | None
) -> RedcapProject:
    """Read the clauses under ``[redcap]``.

    Parameters
    ----------
    found : mapping
        As TOML gives them.
    values : callable
        Reads clauses by their kinds and reports those that are not known.
    report : callable
        Takes what is wrong.
    line : int or None
        Of trial.toml.

    Returns
    -------
    RedcapProject
    """
    read = values(found, REDCAP_CLAUSES, ("redcap",))
    events = {}
    for name, one in read.pop("events", {}).items():
        path = ("redcap", "events", name)
        if not isinstance(one, Mapping):
            report(path, f"the event {name} needs its facts in braces", "write { month = 3 }")
            continue
        facts = values(one, EVENT_CLAUSES, path)
        events[name] = RedcapEvent(**facts)
        if ("covers" in facts or "due_days" in facts) and "check_in" not in facts:
            report(path, f"{name} has days of a check-in, and no number", "add check_in = 1")
        if "check_in" in facts and "covers" not in facts:
            report(
                path,
                f"{name} does not say which days its check-in asks about",
                "add them, as in covers = [0, 30]: without them nothing was observed",
            )
    return RedcapProject(**read, events=events, line=line)


def from_export(found: Mapping[str, Any], project: RedcapProject | None) -> bool:
    """Whether the clauses of a table mean a REDCap export."""
    if "event" in found or "instrument" in found:
        return True
    if project is None:
        return False
    if project.export is None:
        return project.dictionary is not None and "from" in found
    return bool(found.get("from", project.export) == project.export)


def expand(part: DeclaredTable, project: RedcapProject, report: Report) -> DeclaredTable:
    """Fill in what the project says of a table that is read from its export.

    Parameters
    ----------
    part : DeclaredTable
    project : RedcapProject
    report : callable

    Returns
    -------
    DeclaredTable
    """
    file = part.file or project.export
    missing = tuple(dict.fromkeys([*part.missing, *project.missing]))
    part = replace(part, file=file, missing=missing)
    if part.format.delimiter is None and project.delimiter is not None:
        part = replace(part, format=replace(part.format, delimiter=project.delimiter))
    for name, fact in FACTS.items():
        part = _with_fact(part, project, name, fact, report)
    if part.table == "check_ins":
        part = _as_check_ins(part, project, report)
    return part


def _with_fact(
    part: DeclaredTable,
    project: RedcapProject,
    name: str,
    fact: Callable[[RedcapEvent], float | None],
    report: Report,
) -> DeclaredTable:
    """A column that the event tells, and only the events that tell it."""
    column = next((one for one in part.columns if one.target == name), None)
    told = {event: fact(one) for event, one in project.events.items()}
    known = {event: value for event, value in told.items() if value is not None}
    if column is None or column.declared or not known:
        return part
    silent = [event for event in part.event if event not in known]
    if silent:
        report(
            (part.table,),
            f"[{part.table}]: {name} is not declared, and the event {silent[0]} does not tell it",
            f"add it to [redcap.events], as in {silent[0]} = {{ {name} = 1 }}",
        )
        return part
    codes = {event: f"{value:.15g}" for event, value in known.items()}
    filled = replace(column, source=EVENT, declared=True, codes=codes)
    columns = tuple(filled if one is column else one for one in part.columns)
    return replace(part, columns=columns, event=part.event or tuple(known))


def _as_check_ins(part: DeclaredTable, project: RedcapProject, report: Report) -> DeclaredTable:
    """The state of the form is that of the check-in, and the events are the schedule."""
    state = next(one for one in part.columns if one.target == "state")
    if not state.declared and part.instrument:
        form = DeclaredColumn("state", f"{part.instrument}_complete", codes=ANSWERED)
        part = replace(part, columns=tuple(form if c is state else c for c in part.columns))
    due_until = part.due_until or project.exported_on
    if part.schedule:
        return replace(part, due_until=due_until)
    schedule: dict[int, tuple[float, float, float]] = {}
    for name, event in project.events.items():
        if event.check_in is None or event.covers is None or name not in (part.event or (name,)):
            continue
        due = event.covers[1] if event.due_days is None else event.due_days
        days = (*event.covers, due)
        if schedule.setdefault(event.check_in, days) != days:
            report(
                ("redcap", "events", name),
                f"{name} gives check-in {event.check_in} other days than another event does",
                "give check-ins that differ between arms numbers of their own",
            )
    return replace(part, schedule=schedule, due_until=due_until)
