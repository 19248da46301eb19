"""What do the analyses of a plan give on this trial?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from walkstats._arguments import check_seed
from walkstats.errors import DataError, WalkstatsError
from walkstats.plan.beside import beside_plan
from walkstats.plan.changes import DEVIATION_COLUMNS, Row, changes
from walkstats.plan.compiling_ahead import NEEDED
from walkstats.plan.making_frames import Workshop
from walkstats.plan.methods import run_method
from walkstats.plan.numbers import numbers_of
from walkstats.plan.seeing_the_data import problems_with
from walkstats.plan.sets_of_people import set_sizes
from walkstats.plan.signing import signature_problems
from walkstats.plan.specification import Analysis, AnalysisPlan
from walkstats.plan.taken_together import with_adjusted_p
from walkstats.results import Frozen
from walkstats.trial import Trial


@dataclass(frozen=True, eq=False)
class PlanResults(Frozen):
    """What a plan gave on a trial.

    Attributes
    ----------
    numbers : pandas.DataFrame
        One row per number: id ("analysis/part/term"), outcome, role, analysis, section, status,
        prespecified, part, term, estimate, std_error, statistic, df, p_value, p_adjusted,
        conf_low, conf_high, scale, std_error_of, state.
    results : mapping of str to result
        Name of the analysis -> its result, or its frame where the analysis is descriptive.
    deviations : pandas.DataFrame
        One row per deviation: item, kind ("not run", "changed", "added", "left out", "post hoc"),
        planned, happened, prespecified, reason.
    plan : AnalysisPlan
    seed : int
    trial : Trial
    frames : mapping of str to pandas.DataFrame
        Name of the analysis -> the frame that it took.
    beside : pandas.DataFrame or None
        Ours beside the published, where the plan names a published record.
    sets : pandas.DataFrame
        Participants of each analysis set, by arm.
    registered : AnalysisPlan or None
        The plan against which changes were looked for.
    """

    numbers: pd.DataFrame
    results: Mapping[str, Any]
    deviations: pd.DataFrame
    plan: AnalysisPlan
    seed: int
    trial: Trial
    frames: Mapping[str, pd.DataFrame]
    beside: pd.DataFrame | None
    sets: pd.DataFrame
    registered: AnalysisPlan | None = None

    @property
    def not_run(self) -> pd.DataFrame:
        """The rows of ``deviations`` that are analyses which could not be run."""
        rows = self._own("deviations")
        return rows[rows["kind"] == "not run"]

    @property
    def primary_not_run(self) -> pd.DataFrame:
        """The rows of ``not_run`` that are primary analyses."""
        primary = [one.name for one in self.plan.analyses if one.status == "primary"]
        rows = self.not_run
        return rows[rows["item"].isin(primary)]


def run_plan(
    trial: Trial,
    plan: AnalysisPlan,
    *,
    seed: int,
    registered: AnalysisPlan | None = None,
    strict: bool = False,
    progress: bool = False,
) -> PlanResults:
    """Run all analyses of a plan on a trial.

    Parameters
    ----------
    trial : Trial
    plan : AnalysisPlan
    seed : int
        For analyses that draw random numbers; recorded with the results.
    registered : AnalysisPlan, optional
        The plan as it was before the data were seen; what differs from it is a deviation.
    strict : bool
        Refuse a plan that nobody signed as it stands (``sign_plan``); a masked trial may be run.
    progress : bool
        Show a progress bar on standard error.

    Returns
    -------
    PlanResults

    Raises
    ------
    ValueError
        For a seed that is no whole number of at least 0.
    DataError
        For a plan that speaks of what this trial does not have: columns, measures, conditions of
        sets. One finding for each. With `strict`, for a plan without a signature that fits it.

    Notes
    -----
    An analysis that cannot be run, because its model cannot be fitted or because the trial has too
    little for it, is a row of ``deviations``; the others go on. So is every analysis that was added
    after the data were seen, and every difference from the registered plan.

    Examples
    --------
    >>> import walkstats as ws
    >>> trial = ws.load_sample("bladder")
    >>> done = run_plan(trial, ws.plan.default_plan(trial), seed=1)
    >>> len(done.deviations)
    0
    """
    check_seed(seed)
    if strict and not trial.is_masked and (unsigned := signature_problems(plan)):
        raise DataError.of(
            unsigned[0],
            table="plan",
            what_to_do="sign it (walkstats plan sign), run it masked, or run it without strict",
        )
    errors = [one for one in problems_with(plan, trial) if one.severity == "error"]
    if errors:
        raise DataError(errors)
    shop = Workshop(trial, plan)
    results: dict[str, Any] = {}
    frames: dict[str, pd.DataFrame] = {}
    failed: list[Row] = []
    for one in _shown(costly_last(plan.analyses), progress):
        try:
            subject = _subject(one, shop, results, frames)
            arguments = shop.arguments(one)
            results[one.name] = run_method(
                one.method, subject, arguments, level=plan.level, seed=seed
            )
        except Exception as error:  # one analysis that fails must not take the others along
            failed.append((one.name, "not run", one.title, _why(error), one.prespecified, ""))
    return PlanResults(
        numbers=_numbers(plan, results),
        results=results,
        deviations=_deviations(plan, registered, failed),
        plan=plan,
        seed=seed,
        trial=trial,
        frames=frames,
        beside=beside_plan(plan, results),
        sets=set_sizes(trial, plan),
        registered=registered,
    )


def costly_last(analyses: tuple[Analysis, ...]) -> tuple[Analysis, ...]:
    """Analyses in the order in which they are run: what waits for compiled loops comes last.

    They stand in the results and the report as the plan has them, whatever the order of the run.
    """
    waiting: set[str] = set()
    for one in analyses:
        if one.method in NEEDED or one.of.partition(".")[0] in waiting:
            waiting.add(one.name)
    last = [one for one in analyses if one.name in waiting]
    return (*(one for one in analyses if one.name not in waiting), *last)


def _shown(analyses: tuple[Analysis, ...], progress: bool) -> Iterator[Analysis]:
    if not progress:
        yield from analyses
        return
    from tqdm import tqdm

    with tqdm(total=len(analyses), unit="analysis") as bar:
        for one in analyses:
            bar.set_description(one.name)
            yield one
            bar.update()


def _why(error: Exception) -> str:
    """What is told of an analysis that failed; an error that nobody foresaw is called one."""
    if isinstance(error, (WalkstatsError, ValueError, TypeError)):
        return str(error)
    return (
        f"the program failed on it ({type(error).__name__}: {error}): a fault of walkstats, or an "
        "argument of a kind that it does not check"
    )


def _subject(
    one: Analysis, shop: Workshop, results: Mapping[str, Any], frames: dict[str, pd.DataFrame]
) -> Any:
    """The frame or the earlier result that an analysis takes."""
    if one.frame is None:
        name, _, part = one.of.partition(".")
        if name not in results:
            raise DataError.of(f"needs the result of {name}, which could not be had")
        if part and not hasattr(results[name], part):
            raise DataError.of(f"the result of {name} has no part {part!r}")
        return getattr(results[name], part) if part else results[name]
    frames[one.name] = shop.frame(one.frame, one.set)
    return frames[one.name]


def _deviations(
    plan: AnalysisPlan, registered: AnalysisPlan | None, failed: list[Row]
) -> pd.DataFrame:
    """What was not done as it was planned, and what was not planned."""
    place = {one.name: k for k, one in enumerate(plan.analyses)}
    rows = sorted(failed, key=lambda row: place[row[0]])
    told = changes(registered, plan) if registered is not None else []
    added = {row[0] for row in told if row[1] == "added"}
    rows += told
    rows += [
        (one.name, "post hoc", "", one.title, False, one.reason)
        for one in plan.analyses
        if not one.prespecified and one.name not in added
    ]
    rows += [
        (f"plan, version {one.version}", "changed", "", one.what, False, "")
        for one in plan.revisions
        if one.after_unmasking
    ]
    return pd.DataFrame(rows, columns=list(DEVIATION_COLUMNS))


def _numbers(plan: AnalysisPlan, results: Mapping[str, Any]) -> pd.DataFrame:
    """All numbers of the results, each with an id of its own and its place in the plan."""
    parts = []
    for one in plan.analyses:
        if one.name not in results:
            continue
        rows = numbers_of(results[one.name])
        outcome = plan.outcome(one.outcome)
        facts: dict[str, Any] = {
            "id": _ids(one.name, rows),
            "outcome": one.outcome,
            "role": outcome.role if outcome else "",
            "analysis": one.name,
            "section": one.section,
            "status": one.status,
            "prespecified": one.prespecified,
        }
        for place, (name, value) in enumerate(facts.items()):
            rows.insert(place, name, value)
        parts.append(rows)
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame()
    columns = list(dict.fromkeys(column for part in parts for column in part.columns))
    # Columns in which a part has nothing must not decide the type of the whole.
    known = [part.dropna(axis=1, how="all") for part in parts]
    whole = pd.concat(known, ignore_index=True).reindex(columns=columns)
    return with_adjusted_p(whole, plan.multiplicity)


def _ids(name: str, rows: pd.DataFrame) -> list[str]:
    """Analysis, part and term; a number behind what stands twice."""
    seen: dict[str, int] = {}
    ids = []
    for part, term in zip(rows["part"], rows["term"], strict=True):
        said = "/".join(str(text) for text in (name, part, term) if str(text) not in ("", "nan"))
        seen[said] = seen.get(said, 0) + 1
        ids.append(said if seen[said] == 1 else f"{said}/{seen[said]}")
    return ids
