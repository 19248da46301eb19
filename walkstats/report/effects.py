"""Which numbers of a result say how the arms differ, and who are they about?"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from walkstats.plan import Analysis, PlanResults
from walkstats.results import Draws, Estimate, Estimates, Fit, Result

# Parts that repeat another part with its sign or scale turned, or that are no differences.
ASIDE = frozenset(
    {
        "by_group",
        "means",
        "survival_difference",
        "survival_ratio",
        "cumulative_hazard_ratio",
        "standardised",
        "variance",
    }
)
PERSON = "participant_id"
# Parts that are about no single time.
WHEN = {"overall": "all visits together"}


@dataclass(frozen=True, eq=False)
class Effect:
    """How an arm differs from the first one.

    Attributes
    ----------
    analysis : str
    part : str
        Of an answer with several parts; empty else.
    arm : str
    when : str
        "day 365", "month 6"; empty where it is about the whole follow-up.
    estimate : Estimate
    """

    analysis: str
    part: str
    arm: str
    when: str
    estimate: Estimate

    @property
    def relative(self) -> bool:
        """Whether it is a ratio."""
        return self.estimate.scale == "ratio"


def effects_of(analysis: Analysis, results: PlanResults) -> list[Effect]:
    """Differences and ratios of the arms in the result of an analysis.

    Parameters
    ----------
    analysis : Analysis
    results : PlanResults

    Returns
    -------
    list of Effect
        Empty for an analysis that was not run, and where arms are compared at the same dose or
        within levels of something else: that is no effect of the arm.
    """
    result = results.results.get(analysis.name)
    if not isinstance(result, Result) or isinstance(result, Draws):
        return []
    arms = results.trial.arms
    return [
        Effect(analysis.name, part, found[0], found[1] or WHEN.get(part, ""), estimate)
        for part, estimate in _estimates(result)
        if (found := arm_and_time(estimate.term, arms)) is not None
    ]


def _estimates(result: Any, part: str = "") -> Iterator[tuple[str, Estimate]]:
    if isinstance(result, Estimates):
        if isinstance(result, Fit) and not _about_the_arm(result):
            return
        for term in result.terms:
            if ":" not in term and term not in result.aside:
                yield part, result.estimate(term, ratio=result.has_ratio(term))
    elif isinstance(result, Estimate):
        yield part, result
    elif dataclasses.is_dataclass(result) and not part:
        for item in dataclasses.fields(result):
            value = getattr(result, item.name)
            if item.name not in ASIDE and isinstance(value, (Estimates, Estimate)):
                yield from _estimates(value, item.name)


def _about_the_arm(fit: Fit) -> bool:
    """No spline of a dose, which came after randomisation; no interaction with the arm."""
    if fit.design is not None and fit.design.knots:
        return False
    return not any("arm[" in term and ":" in term for term in fit.terms)


def arm_and_time(term: str, arms: Sequence[str]) -> tuple[str, str] | None:
    """The arm that a term sets against the first one, and when; None for another term.

    Examples
    --------
    >>> arm_and_time("arm[walking] at 365", ("control", "walking"))
    ('walking', 'day 365')
    >>> arm_and_time("walking - control, month 6", ("control", "walking"))
    ('walking', 'month 6')
    >>> arm_and_time("age", ("control", "walking")) is None
    True
    """
    head, _, day = term.partition(" at ")
    if head.startswith("arm[") and head.endswith("]"):
        arm = head[4:-1]
        return (arm, f"day {day}" if day else "") if arm in arms[1:] else None
    head, _, when = term.partition(", ")
    arm, _, reference = head.partition(" - ")
    if arm in arms[1:] and reference == arms[0]:
        return arm, when
    return None


def root_frame(analysis: Analysis, results: PlanResults) -> pd.DataFrame | None:
    """The frame that an analysis takes, itself or through the earlier result that it takes."""
    first = first_of(analysis, results)
    return results.frames.get(first.name)


def first_of(analysis: Analysis, results: PlanResults) -> Analysis:
    """The analysis with a frame from which an analysis that takes an earlier result comes."""
    known = {one.name: one for one in results.plan.analyses}
    while analysis.frame is None and analysis.of in known:
        analysis = known[analysis.of]
    return analysis


def time_of(analysis: Analysis) -> str:
    """The visit whose rows an analysis takes, where it takes those of one."""
    where = analysis.frame.where if analysis.frame is not None else {}
    known = [f"{name} {value:g}" for name, value in where.items() if name in VISITS]
    return ", ".join(known)


VISITS = ("month", "week", "check_in")


def response_of(analysis: Analysis, frame: pd.DataFrame) -> str:
    """The column that an analysis is about: left of its formula, or its outcome, or a total."""
    given = analysis.arguments
    left, tilde, _ = str(given.get("formula", "")).partition("~")
    name = left.strip() if tilde else str(given.get("outcome", frame.attrs.get("total", "")))
    if name in frame:
        return name
    inside = [word for word in re.findall(r"[A-Za-z_]\w*", name) if word in frame]
    return inside[0] if inside else ""


@dataclass(frozen=True)
class ArmCounts:
    """Who of an arm is in an analysis.

    Attributes
    ----------
    analysed, with_data : int
        Participants in the analysis; those with data at the time point.
    events : int or None
    values : tuple of float or None
        Mean and standard deviation of those with data.
    """

    analysed: int
    with_data: int
    events: int | None = None
    values: tuple[float, float] | None = None


def counted(
    analysis: Analysis, results: PlanResults, when: str = ""
) -> Mapping[str, ArmCounts] | None:
    """Count the participants of an analysis by arm, as its frame has them.

    Parameters
    ----------
    analysis : Analysis
    results : PlanResults
    when : str
        "month 6": of those with data only these are counted.

    Returns
    -------
    mapping of arm to ArmCounts, or None
        None where the frame has no arms or no participants.
    """
    first = first_of(analysis, results)
    frame = results.frames.get(first.name)
    if frame is None or not {"arm", PERSON} <= set(frame.columns):
        return None
    response = response_of(first, frame)
    arms = results.trial.arms
    if is_event(first, frame):
        return {arm: _of_events(frame[frame["arm"] == arm]) for arm in arms}
    if not response:
        return None
    imputed = first.method.startswith("missing.")
    used = frame if imputed else frame[_complete(first, frame)]
    return {arm: _of_values(used[used["arm"] == arm], response, when) for arm in arms}


def is_event(analysis: Analysis, frame: pd.DataFrame) -> bool:
    """Whether an analysis waits for events, and is not about a value of those who had one."""
    waits = "event" in frame or {"low_days", "high_days"} <= set(frame.columns)
    return waits and not response_of(analysis, frame)


def _complete(analysis: Analysis, frame: pd.DataFrame) -> pd.Series:
    """Rows that have all that an analysis names, and were observed for some time."""
    named = re.findall(r"[A-Za-z_]\w*", str(analysis.arguments.get("formula", "")))
    columns = [name for name in dict.fromkeys(named) if name in frame]
    columns = columns or [response_of(analysis, frame)]
    complete = frame[columns].notna().all(axis=1)
    exposure = analysis.arguments.get("exposure")
    return complete & (frame[exposure] > 0) if exposure in frame else complete


def _of_events(rows: pd.DataFrame) -> ArmCounts:
    """First events, spells or intervals; nobody followed is no data."""
    people = rows[PERSON].nunique()
    if "low_days" in rows:
        seen = (rows["low_days"] > 0) | (rows["high_days"] < float("inf"))
        return ArmCounts(people, int(rows.loc[seen, PERSON].nunique()))
    event = rows["event"].fillna(False).astype(bool)
    start = rows.get("start_days", 0.0)
    stop = rows["stop_days"] if "stop_days" in rows else rows["days"]
    followed = rows.loc[(stop > start) | event, PERSON].nunique()
    return ArmCounts(people, int(followed), int(event.sum()))


def _of_values(rows: pd.DataFrame, response: str, when: str) -> ArmCounts:
    known = rows[rows[response].notna()]
    people = rows[PERSON].nunique()
    unit, _, visit = when.partition(" ")
    if visit and unit in rows:
        known = known[known[unit].map(_spelled) == visit]
    numbers = pd.to_numeric(known[response], errors="coerce")
    values = (float(numbers.mean()), float(numbers.std())) if len(numbers) > 1 else None
    if known[PERSON].duplicated().any():
        values = None  # several visits of a person are no sample of people
    return ArmCounts(int(people), int(known[PERSON].nunique()), None, values)


def _spelled(value: Any) -> str:
    """A visit as terms spell it: 6, not 6.0."""
    return f"{value:g}" if isinstance(value, float) else str(value)
