"""What do the analyses of a plan give on this trial?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import walkstats.derive as derive
from walkstats._arguments import check_seed
from walkstats.errors import DataError, WalkstatsError
from walkstats.evidence import beside_published, published
from walkstats.plan.methods import METHODS, run_method
from walkstats.plan.numbers import numbers_of
from walkstats.plan.specification import Analysis, Frame, Plan
from walkstats.results import Curve, Estimate, Frozen
from walkstats.trial import Trial

DEVIATION_COLUMNS = ("analysis", "planned", "happened")


@dataclass(frozen=True, eq=False)
class PlanResults(Frozen):
    """What a plan gave on a trial.

    Attributes
    ----------
    numbers : pandas.DataFrame
        One row per number: analysis, section, status, part, term, estimate, std_error, statistic,
        df, p_value, conf_low, conf_high, scale, std_error_of, state.
    results : mapping of str to result
        Name of the analysis -> its result, or its frame where the analysis is descriptive.
    deviations : pandas.DataFrame
        One row per analysis that could not be run as planned: analysis, planned, happened.
    plan : Plan
    seed : int
    trial : Trial
    frames : mapping of str to pandas.DataFrame
        Name of the analysis -> the frame that it took.
    beside : pandas.DataFrame or None
        Ours beside the published, where the plan names a published record.
    """

    numbers: pd.DataFrame
    results: Mapping[str, Any]
    deviations: pd.DataFrame
    plan: Plan
    seed: int
    trial: Trial
    frames: Mapping[str, pd.DataFrame]
    beside: pd.DataFrame | None = None

    @property
    def primary_not_run(self) -> pd.DataFrame:
        """The rows of ``deviations`` that are primary analyses."""
        primary = [one.name for one in self.plan.analyses if one.status == "primary"]
        return self.deviations[self.deviations["analysis"].isin(primary)]


def run_plan(trial: Trial, plan: Plan, *, seed: int, progress: bool = False) -> PlanResults:
    """Run all analyses of a plan on a trial.

    Parameters
    ----------
    trial : Trial
    plan : Plan
    seed : int
        For analyses that draw random numbers; recorded with the results.
    progress : bool
        Show a progress bar on standard error.

    Returns
    -------
    PlanResults

    Raises
    ------
    ValueError
        For a seed that is no whole number of at least 0.

    Notes
    -----
    An analysis that cannot be run, because its model cannot be fitted or because the plan asks for
    what the trial does not have, is a row of ``deviations``; the others go on.

    Examples
    --------
    >>> import walkstats as ws
    >>> trial = ws.load_sample("bladder")
    >>> done = run_plan(trial, ws.plan.default_plan(trial), seed=1)
    >>> len(done.deviations)
    0
    """
    check_seed(seed)
    results: dict[str, Any] = {}
    frames: dict[str, pd.DataFrame] = {}
    made: dict[str, pd.DataFrame] = {}
    deviations = []
    for one in _shown(plan.analyses, progress):
        try:
            subject = _subject(one, trial, results, made, frames)
            arguments = _arguments(one, trial, made)
            results[one.name] = run_method(
                one.method, subject, arguments, level=plan.level, seed=seed
            )
        except (WalkstatsError, ValueError, TypeError) as error:
            deviations.append((one.name, one.title, str(error)))
    return PlanResults(
        numbers=_numbers(plan, results),
        results=results,
        deviations=pd.DataFrame(deviations, columns=list(DEVIATION_COLUMNS)),
        plan=plan,
        seed=seed,
        trial=trial,
        frames=frames,
        beside=_beside(plan, results),
    )


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


def _subject(
    one: Analysis,
    trial: Trial,
    results: Mapping[str, Any],
    made: dict[str, pd.DataFrame],
    frames: dict[str, pd.DataFrame],
) -> Any:
    """The frame or the earlier result that an analysis takes; frames are made once."""
    if one.frame is None:
        if one.of not in results:
            raise DataError.of(f"needs the result of {one.of}, which could not be had")
        return results[one.of]
    frames[one.name] = _made(one.frame, trial, made)
    return frames[one.name]


def _arguments(one: Analysis, trial: Trial, made: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """The arguments of an analysis, frames among them made."""
    named = METHODS[one.method].frames
    return {
        key: _made(Frame(**value), trial, made) if key in named else value
        for key, value in one.arguments.items()
    }


def _made(spec: Frame, trial: Trial, made: dict[str, pd.DataFrame]) -> pd.DataFrame:
    if spec.key not in made:
        made[spec.key] = _frame(spec, trial)
    return made[spec.key]


def _frame(spec: Frame, trial: Trial) -> pd.DataFrame:
    frame = getattr(derive, spec.derive)(trial, **spec.arguments)
    attrs = frame.attrs
    for column, value in spec.where.items():
        if column not in frame:
            raise ValueError(f"{spec.derive} has no column {column!r}")
        frame = frame[frame[column] == value]
    frame = frame.reset_index(drop=True)
    frame.attrs = attrs
    return frame


def _numbers(plan: Plan, results: Mapping[str, Any]) -> pd.DataFrame:
    parts = []
    for one in plan.analyses:
        if one.name in results:
            rows = numbers_of(results[one.name])
            rows.insert(0, "analysis", one.name)
            rows.insert(1, "section", one.section)
            rows.insert(2, "status", one.status)
            parts.append(rows)
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame()
    columns = list(dict.fromkeys(column for part in parts for column in part.columns))
    # Columns in which a part has nothing must not decide the type of the whole.
    known = [part.dropna(axis=1, how="all") for part in parts]
    return pd.concat(known, ignore_index=True).reindex(columns=columns)


def _beside(plan: Plan, results: Mapping[str, Any]) -> pd.DataFrame | None:
    if not plan.published:
        return None
    ours = {}
    for leaf, where in plan.published.items():
        if where["analysis"] in results:
            try:
                found = _found(results[where["analysis"]], where)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise DataError.of(
                    f"the place of the published figure {leaf!r} is not in the results: {error}",
                    table="plan",
                    what_to_do="name a term, a contrast, a quantile or a column that is there",
                ) from None
            if found is not None:
                ours[leaf] = found
    return beside_published(ours, published(plan.record))


def _found(result: Any, where: Mapping[str, Any]) -> Estimate | float | None:
    """Our number: a term, a contrast, a quantile of a curve, a count, or a cell of a frame."""
    if "count" in where:
        return float(getattr(result.counts, where["count"]))
    if "column" in where:
        chosen = np.ones(len(result), dtype=bool)
        for column, value in where["where"].items():
            chosen &= (result[column] == value).to_numpy()
        return float(result.loc[chosen, where["column"]].iloc[0]) if chosen.any() else None
    if "quantile" in where and isinstance(result, Curve):
        result = result.quantile(where["quantile"])
    if "contrast" in where:
        return result.contrast(where["contrast"])
    if where["term"] not in result.terms:
        return None
    return result.estimate(where["term"], ratio=where.get("ratio", False))
