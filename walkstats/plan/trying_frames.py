"""Can the frames of a plan be made of this trial, and do they have the columns asked for?"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator
from typing import Any

import pandas as pd

from walkstats.errors import DataError, Problem, WalkstatsError
from walkstats.formulas import variables_in
from walkstats.plan.agreeing import listed
from walkstats.plan.making_frames import Workshop, maker
from walkstats.plan.methods import METHODS
from walkstats.plan.specification import Analysis, AnalysisPlan
from walkstats.trial import Trial

NAMING = (
    "by",
    "strata",
    "cluster",
    "subject",
    "visit",
    "exposure",
    "entry",
    "weights",
    "modifier",
    "modifiers",
    "post_hoc",
    "received",
    "columns",
    "using",
    "adjust",
)
"""Arguments that name columns of the frame, one or several."""


def problems_of_frames(
    plan: AnalysisPlan, trial: Trial, *, known: Collection[str] = ()
) -> Iterator[Problem]:
    """Make every frame of a plan and look in it for the columns that its analysis names.

    Parameters
    ----------
    plan : AnalysisPlan
    trial : Trial
        A masked one will do.
    known : collection of str
        Names of analyses in which something was found already; they are left out.

    Yields
    ------
    Problem
        An error where the plan asks for what is not there; a warning where the trial has recorded
        too little, so that the analysis will be logged as not run.
    """
    shop = Workshop(trial, plan)
    for one in plan.analyses:
        where = f"analysis {one.name!r}"
        if one.frame is None or one.name in known:
            continue
        try:
            frame = shop.frame(one.frame, one.set)
            arguments = shop.arguments(one)
        except WalkstatsError as error:
            yield from _too_little(error, where)
        except (ValueError, TypeError) as error:
            yield Problem(f"{where}: {str(error).removesuffix('.')}", "correct it", table="plan")
        else:
            people = {str(name) for name in trial.participants.columns}
            for problem, todo in _lacking(one, frame, arguments, people):
                yield Problem(f"{where}: {problem}", todo, table="plan")


def _too_little(error: WalkstatsError, where: str) -> Iterator[Problem]:
    findings = error.findings if isinstance(error, DataError) else [Problem(str(error), "")]
    for one in findings:
        todo = f"{one.what_to_do}; " if one.what_to_do else ""
        yield Problem(
            f"{where}: {one.problem.removesuffix('.')}",
            f"{todo}otherwise the analysis will be logged as not run",
            table="plan",
            severity="warning",
        )


def _lacking(
    one: Analysis, frame: pd.DataFrame, arguments: dict[str, Any], people: set[str]
) -> Iterator[tuple[str, str]]:
    """Columns that the formula and the arguments of an analysis name and the frame lacks."""
    assert one.frame is not None
    named: list[Any] = []
    formula = arguments.get("formula")
    if isinstance(formula, str) and formula.strip():
        try:
            named += variables_in(formula)
        except ValueError as error:
            yield str(error).removesuffix("."), "correct it"
    for name in NAMING:
        value = arguments.get(name) if name not in METHODS[one.method].frames else None
        named += [value] if isinstance(value, str) else value if isinstance(value, list) else []
    others = [value for value in arguments.values() if isinstance(value, pd.DataFrame)]
    columns = list(dict.fromkeys(str(name) for each in (frame, *others) for name in each.columns))
    carries = "baseline" in inspect.signature(maker(one.frame.derive)).parameters
    for name in dict.fromkeys(named):
        if isinstance(name, str) and name.isidentifier() and name not in columns:
            todo = (
                f"carry it along: baseline = [{name!r}] among the arguments of the frame"
                if carries and name in people
                else listed(name, columns)
            )
            yield f"its frame, {one.frame.derive}, has no column {name!r}", todo
