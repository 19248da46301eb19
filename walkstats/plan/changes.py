"""What differs between the plan that was registered and the one that was run?"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from walkstats.plan.as_toml import spelled
from walkstats.plan.specification import Analysis, AnalysisPlan, Outcome

DEVIATION_COLUMNS = ("item", "kind", "planned", "happened", "prespecified", "reason")
# Facts of the plan itself whose change is a deviation, and what they are called.
FACTS = ("alpha", "multiplicity", "strata", "covariates", "sets")
# What of an outcome or an analysis may change.
OF_OUTCOMES = ("title", "role", "measure", "time_points", "estimand", "missing")
OF_ANALYSES = ("method", "frame", "of", "arguments", "status", "set", "outcome")

Row = tuple[str, str, str, str, bool, str]


def changes(registered: AnalysisPlan, run: AnalysisPlan) -> list[Row]:
    """Rows of the deviation log for what was changed, added or left out.

    Parameters
    ----------
    registered : AnalysisPlan
        As it was before the data were seen.
    run : AnalysisPlan
        As it was run.

    Returns
    -------
    list of tuple
        item, kind ("changed", "added", "left out"), planned, happened, prespecified, reason.
    """
    rows = [*_facts(registered, run)]
    before = {one.id: one for one in registered.outcomes}
    after = {one.id: one for one in run.outcomes}
    rows += _compared(before, after, OF_OUTCOMES, "outcome")
    first = {one.name: one for one in registered.analyses}
    then = {one.name: one for one in run.analyses}
    return rows + list(_compared(first, then, OF_ANALYSES, "analysis"))


def _facts(registered: AnalysisPlan, run: AnalysisPlan) -> Iterator[Row]:
    for name in FACTS:
        before, after = getattr(registered, name), getattr(run, name)
        if _plain(before) != _plain(after):
            yield name, "changed", _said(before), _said(after), False, _why(run)


def _why(run: AnalysisPlan) -> str:
    """The last revision of the plan that was run."""
    return run.revisions[-1].what if run.revisions else ""


def _compared(
    before: Mapping[str, Outcome] | Mapping[str, Analysis],
    after: Mapping[str, Outcome] | Mapping[str, Analysis],
    names: tuple[str, ...],
    noun: str,
) -> Iterator[Row]:
    for key, one in after.items():
        reason = getattr(one, "reason", "") or getattr(one, "own_choice", "")
        if key not in before:
            yield key, "added", "", f"{noun}: {one.title}", False, reason
            continue
        for name in names:
            planned, done = getattr(before[key], name), getattr(one, name)
            if _plain(planned) != _plain(done):
                told = f"{name}: {_said(done)}"
                yield key, "changed", f"{name}: {_said(planned)}", told, False, reason
    for key, one in before.items():
        if key not in after:
            yield key, "left out", f"{noun}: {one.title}", "", True, ""


def _plain(value: Any) -> Any:
    """A value without its classes: what is compared and written."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = ((item.name, getattr(value, item.name)) for item in dataclasses.fields(value))
        return {name: _plain(one) for name, one in fields if one not in ("", (), None)}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def _said(value: Any) -> str:
    plain = _plain(value)
    return plain if isinstance(plain, str) else spelled(plain) if plain is not None else ""
