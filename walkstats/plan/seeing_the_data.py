"""Does a plan fit the trial that it is to be run on? Every mismatch a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pandas as pd

from walkstats.derive.first_events import KINDS
from walkstats.errors import DataError, Problem, problems_frame
from walkstats.plan.agreeing import listed
from walkstats.plan.methods import METHODS
from walkstats.plan.sets_of_people import trial_of
from walkstats.plan.specification import Analysis, AnalysisPlan, Frame
from walkstats.plan.trying_frames import problems_of_frames
from walkstats.schema import MEASURES
from walkstats.trial import Trial

_ANALYSIS = re.compile(r"^analysis '([^']+)'")


def check_plan(plan: AnalysisPlan, trial: Trial) -> pd.DataFrame:
    """Check whether a plan fits a trial, before anything is run: its frames are made, no more.

    Parameters
    ----------
    plan : AnalysisPlan
    trial : Trial
        A masked one will do.

    Returns
    -------
    pandas.DataFrame
        One row per finding: severity, table, row, column, ids, count, problem, what_to_do. An error
        means that the plan speaks of what no such trial has; a warning that the trial has recorded
        nothing of it, so that the analysis will be a deviation.

    Examples
    --------
    >>> import walkstats as ws
    >>> trial = ws.load_sample("bladder")
    >>> len(check_plan(ws.plan.default_plan(trial), trial))
    0
    """
    found = problems_with(plan, trial)
    wrong = {name for one in found for name in _ANALYSIS.findall(one.problem)}
    return problems_frame([*found, *problems_of_frames(plan, trial, known=wrong)])


def problems_with(plan: AnalysisPlan, trial: Trial) -> list[Problem]:
    """What is wrong with a plan for a trial, as far as it shows before any frame is made."""
    found = [*_columns(plan, trial), *_sets(plan, trial)]
    for one in plan.analyses:
        for frame in _frames(one):
            found += _frame(one, frame, trial)
    return [*found, *_another_record(plan, trial)]


def _problem(problem: str, what_to_do: str, severity: str = "error") -> Problem:
    return Problem(problem, what_to_do, table="plan", severity=severity)


def _columns(plan: AnalysisPlan, trial: Trial) -> Iterator[Problem]:
    """Strata and covariates must be columns of participants, or of the baseline of a measure."""
    known = [str(name) for name in trial.participants.columns]
    measured = {f"{name}_baseline" for name in trial.outcomes["measure"].dropna().unique()}
    for label, names in (("strata", plan.strata), ("covariates", plan.covariates)):
        for name in names:
            if name not in known and name not in measured:
                yield _problem(
                    f"{label}: participants have no column {name!r}", listed(name, known)
                )


def _sets(plan: AnalysisPlan, trial: Trial) -> Iterator[Problem]:
    for chosen in plan.sets.values():
        try:
            trial_of(trial, chosen)
        except DataError as error:
            yield from error.findings


def _frames(one: Analysis) -> Iterator[Frame]:
    if one.frame is not None:
        yield one.frame
    for name in METHODS[one.method].frames:
        if name in one.arguments:
            yield Frame(**one.arguments[name])
    for name in METHODS[one.method].many:
        for each in one.arguments.get(name, {}).values():
            yield Frame(**each)


def _frame(one: Analysis, frame: Frame, trial: Trial) -> Iterator[Problem]:
    where = f"analysis {one.name!r}"
    kind = frame.arguments.get("kind")
    if kind is not None and kind not in KINDS and frame.derive in OF_RECURRENCES:
        yield _problem(f"{where}: no kind of recurrence {kind!r}", listed(kind, KINDS))
    people = [str(name) for name in trial.participants.columns]
    if frame.until and frame.until not in people:
        yield _problem(
            f"{where}: until {frame.until!r} is no column of participants",
            listed(frame.until, people),
        )
    yield from _measures(where, _texts(frame.arguments.get("measures")), trial)
    month = frame.where.get("month")
    months = sorted(float(value) for value in trial.outcomes["month"].dropna().unique())
    if frame.derive == "visits" and month is not None and len(months) and month not in months:
        yield _problem(
            f"{where}: nothing was asked at month {month:g}",
            f"months with answers are {', '.join(f'{value:g}' for value in months)}",
            "warning",
        )


OF_RECURRENCES = (
    "first_recurrence",
    "recurrences",
    "recurrence_intervals",
    "competing_events",
    "walking_spans",
    "recovery",
    "days_in_pain",
    "follow_up_endings",
)


def _texts(value: object) -> Iterable[str]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(str(one) for one in value)  # type: ignore[attr-defined]


def _measures(where: str, names: Iterable[str], trial: Trial) -> Iterator[Problem]:
    asked = {str(name) for name in trial.outcomes["measure"].dropna().unique()}
    for name in names:
        if name in asked:
            continue
        if name in MEASURES or name in trial.measures:
            yield _problem(
                f"{where}: the trial has no answers to {name!r}",
                "the analysis will be logged as not run",
                "warning",
            )
        else:
            yield _problem(
                f"{where}: no measure {name!r}", listed(name, sorted(asked) or list(MEASURES))
            )


def _another_record(plan: AnalysisPlan, trial: Trial) -> Iterator[Problem]:
    """The published record of the plan must be that of the trial."""
    if plan.record and trial.published and plan.record != trial.published:
        yield _problem(
            f"the plan sets its results beside {plan.record!r}, the trial names "
            f"{trial.published!r}",
            "change record in the plan or published in trial.toml",
            "warning",
        )
