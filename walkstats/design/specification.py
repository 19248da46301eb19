"""What is a design? The facts and effects from which a trial is simulated, each with its limits.

Every field says its unit and limits in its metadata: the reader of design files, the checks and the
null design read them there. Pairs are (reference arm, walking arm).
"""

# ruff: noqa: RUF009 - _field and its kin only wrap dataclasses.field
from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from walkstats.design.consistency import findings, sections
from walkstats.errors import DataError

Pair = tuple[float, float]


def _field(low: float | None = None, high: float | None = None, unit: str = "", **more: Any) -> Any:
    return dataclasses.field(metadata={"low": low, "high": high, "unit": unit, **more})


def _share() -> Any:
    return _field(0.0, 1.0, "share")


def _spread() -> Any:
    return _field(0.0, 10.0)


def _effect(
    null: float, low: float | None = None, high: float | None = None, unit: str = ""
) -> Any:
    return _field(low, high, unit, null=null)


def _arms(low: float | None = None, high: float | None = None, unit: str = "") -> Any:
    """A pair of which the null design takes the reference arm's value for both."""
    return _field(low, high, unit, by_arm=True)


@dataclass(frozen=True)
class Enrolment:
    """How many are randomised, when, and for how long they are followed.

    ``longest_days`` bounds follow-up, which otherwise ends on ``follow_up_ends`` for everybody.
    """

    participants: tuple[int, int] = _field(2, 1_000_000, "participants")
    first_on: date = _field()
    last_on: date = _field()
    follow_up_ends: date = _field()
    longest_days: int = _field(30, 20_000, "days")
    blocks: tuple[int, ...] = _field(2, 100, "participants")


@dataclass(frozen=True)
class People:
    """Who takes part. ``women`` of ``of`` are women, whatever the chance."""

    women: int = _field(0)
    of: int = _field(1)
    age_mean: float = _field(18, 100, "years")
    age_sd: float = _field(0.1, 40, "years")
    age_lowest: int = _field(0, 120, "years")
    age_highest: int = _field(0, 120, "years")
    bmi_median: float = _field(10, 60, "kg/m2")
    bmi_log_sd: float = _spread()
    previous_median: float = _field(1, 1000, "episodes")
    previous_log_sd: float = _spread()
    previous_most: int = _field(1, 100_000, "episodes")
    referred_share: float = _share()
    session_attended_share: float = _share()
    sessions: int = _field(0, 100, "sessions")


@dataclass(frozen=True)
class CheckIns:
    """How people are observed: a check-in a month, some missed, some people lost.

    ``never_share`` answer none. ``often_missing_share`` miss each with ``miss_share_often``, the
    others with ``miss_share``. ``lost_a_month`` stop for good each month, ``died_a_year`` die.
    """

    every_days: float = _field(1, 1000, "days")
    answered_within_days: int = _field(0, 60, "days")
    never_share: float = _share()
    often_missing_share: float = _share()
    miss_share_often: float = _share()
    miss_share: float = _share()
    lost_a_month: float = _share()
    died_a_year: float = _share()


@dataclass(frozen=True)
class Recurrence:
    """How pain comes back.

    A person is free of recurrences for ever with chance ``never_share``; otherwise recurrences
    come at a rate of the person's own: ``rate_per_100_days`` for the median person of the
    reference arm, times a log-normal frailty, lower for those who walk more and higher after more
    previous episodes. Walking multiplies it by ``rate_ratio_early`` for ``early_days`` days and
    by ``rate_ratio_late`` then. A recurrence limits activities, and care is sought, with odds of
    the person's own times an odds ratio for walking. Pain lasts for whole days (Weibull), then
    ``pain_free_days`` days without.
    """

    never_share: float = _share()
    rate_per_100_days: float = _field(0.001, 50, "recurrences/100 days")
    rate_log_sd: float = _spread()
    rate_on_previous: float = _field(-5, 5, "log rate per log unit of previous episodes")
    rate_on_walking: float = _field(-5, 5, "log rate per SD of the walking trait")
    shortest_mean_gap_days: float = _field(0.5, 365, "days")
    early_days: float = _field(0, 20_000, "days")
    rate_ratio_early: float = _effect(1.0, 0.01, 100)
    rate_ratio_late: float = _effect(1.0, 0.01, 100)
    limiting_odds: float = _field(1e-6, 1e6)
    limiting_log_sd: float = _spread()
    limiting_on_rate: float = _field(-5, 5)
    limiting_odds_ratio: float = _effect(1.0, 0.01, 100)
    limiting_later_share: float = _share()
    care_odds_limiting: float = _field(0, 1e6)
    care_odds_mild: float = _field(0, 1e6)
    care_log_sd: float = _spread()
    care_odds_ratio: float = _effect(1.0, 0.01, 100)
    pain_free_days: int = _field(1, 365, "days")
    duration_median_days: float = _field(0.1, 365, "days")
    duration_shape: float = _field(0.1, 10)
    duration_factor_limiting: float = _field(0.1, 10)
    duration_ratio: float = _effect(1.0, 0.01, 100)
    worst_pain_limiting: float = _field(0, 10, "0-10")
    worst_pain_mild: float = _field(0, 10, "0-10")
    worst_pain_sd_between: float = _spread()
    worst_pain_sd_within: float = _spread()
    worst_pain_difference: float = _effect(0.0, -10, 10, "0-10")


@dataclass(frozen=True)
class Walking:
    """How many minutes a week are walked, as diaries say, for ``weeks`` weeks.

    ``mean_minutes`` are the means of the arms in ``profile_weeks``, straight lines between. The
    means over the ``fixed_weeks`` weeks before month 3 and month 12 are ``fixed_month_3`` and
    ``fixed_month_12`` exactly but for rounding: diaries are scaled within arm to meet them.
    """

    weeks: int = _field(0, 520, "weeks")
    profile_weeks: tuple[float, ...] = _field(0, 520, "weeks")
    mean_minutes_reference: tuple[float, ...] = _field(0, 5000, "minutes/week")
    mean_minutes_walking: tuple[float, ...] = _field(0, 5000, "minutes/week")
    fixed_weeks: int = _field(1, 52, "weeks")
    fixed_month_3: Pair = _arms(0, 5000, "minutes/week")
    fixed_month_12: Pair = _arms(0, 5000, "minutes/week")
    log_sd_between: float = _spread()
    log_sd_within: float = _spread()
    factor_in_limiting_week: float = _field(0, 1)
    diary_missing_share: float = _share()
    steps_per_minute: float = _field(1, 300, "steps/minute")
    other_steps: float = _field(0, 500_000, "steps/week")
    pedometer_weeks: int = _field(0, 520, "weeks")
    prescribed_first: float = _field(0, 5000, "minutes/week")
    prescribed_goal: float = _field(0, 5000, "minutes/week")
    goal_week: int = _field(1, 520, "weeks")


@dataclass(frozen=True)
class Questionnaires:
    """Disability, pain and quality of life at baseline and ``months``.

    Pain falls with the minutes walked in the four weeks before, by at most ``pain_fall_by_walking``
    and by 63 % of it at ``pain_walking_scale``. Utility is ``utility_best`` less what disability
    and pain take, with deviations that go on from visit to visit (``utility_correlation``); what
    those who walk lack of full health is multiplied by one number, so that they gain
    ``qalys_gained`` in the first year, adjusted for utility at baseline, whatever the chance.
    """

    months: tuple[int, ...] = _field(1, 120, "months")
    rmdq_baseline: float = _field(0, 24, "0-24")
    rmdq_later: float = _field(0, 24, "0-24")
    rmdq_sd_between: float = _spread()
    rmdq_sd_within: float = _spread()
    rmdq_in_recurrence: float = _field(-24, 24, "0-24")
    rmdq_difference: float = _effect(0.0, -24, 24, "0-24")
    pain_baseline: float = _field(0, 10, "0-10")
    pain_later: float = _field(0, 10, "0-10")
    pain_sd_between: float = _spread()
    pain_sd_within: float = _spread()
    pain_in_recurrence: float = _field(-10, 10, "0-10")
    pain_fall_by_walking: float = _field(-10, 10, "0-10")
    pain_walking_scale: float = _field(1, 5000, "minutes/week")
    utility_best: float = _field(-1, 1)
    utility_per_rmdq: float = _field(0, 1)
    utility_per_pain: float = _field(0, 1)
    utility_sd: float = _spread()
    utility_correlation: float = _field(0, 1)
    qalys_gained: float = _effect(0.0, -1, 1, "years")
    item_missing_share: float = _share()


@dataclass(frozen=True)
class Harms:
    """Adverse events: ``people`` of ``of`` in an arm have one; ``lower_limb`` are events."""

    people: tuple[int, int] = _arms(0)
    lower_limb: tuple[int, int] = _arms(0)
    of: tuple[int, int] = _arms(1)
    another_share: float = _field(0, 0.9, "share")
    serious_share: float = _share()
    related_share: Pair = _arms(0, 1, "share")


@dataclass(frozen=True)
class Resources:
    """What is used and what one costs, in the design's currency.

    ``cost_besides_sessions`` is what people cost in the first year, by arm, apart from sessions:
    hours absent from work are multiplied by one number in each arm to give it, whatever the chance
    (with sessions as they are attended on average, so that the arms' costs in all are fixed).
    ``hours_absent_shape`` says how uneven absences are (Weibull; 1 is exponential).
    """

    session: float = _field(0)
    physiotherapy: float = _field(0)
    general_practice: float = _field(0)
    imaging: float = _field(0)
    medicines: float = _field(0)
    hour_absent: float = _field(0)
    visits_mean: float = _field(0.1, 50, "visits")
    imaging_share: float = _share()
    medicines_share: float = _share()
    employed_share: float = _share()
    absent_share: float = _share()
    hours_absent_shape: float = _field(0.2, 10)
    cost_besides_sessions: Pair = _arms(0, 1_000_000, "currency/year")


@dataclass(frozen=True)
class Screening:
    """Who was screened and not randomised: reason and number, for ``of`` randomised."""

    of: int = _field(1)
    excluded: dict[str, int] = _field(0)


@dataclass(frozen=True)
class Design:
    """A trial as it is meant to be, and the truth that its people obey.

    Attributes
    ----------
    name, source : str
        The source begins with "synthetic".
    arms : tuple of str
        Reference arm, walking arm.
    published : str
        Name of the published record that the design resembles; empty for none.
    currency : str
    price_year : int
    enrolment, people, check_ins, recurrence, walking, questionnaires, harms, resources, screening
        The parts; each a frozen dataclass of ``walkstats.design.specification``.

    Examples
    --------
    Of another size, and without any effect of the arm:

    >>> from dataclasses import replace
    >>> from walkstats.design import read_design
    >>> design = read_design("walkback-like")
    >>> small = design.sized(100, 100).without_effect()
    >>> small.enrolment.participants, small.recurrence.rate_ratio_late
    ((100, 100), 1.0)

    With another effect:

    >>> halved = replace(small, recurrence=replace(small.recurrence, rate_ratio_late=0.5))
    >>> halved.recurrence.rate_ratio_late
    0.5
    """

    name: str
    source: str
    arms: tuple[str, ...]
    published: str
    currency: str
    price_year: int
    enrolment: Enrolment
    people: People
    check_ins: CheckIns
    recurrence: Recurrence
    walking: Walking
    questionnaires: Questionnaires
    harms: Harms
    resources: Resources
    screening: Screening

    def __post_init__(self) -> None:
        found = findings(self)
        if found:
            raise DataError(found)

    def sized(self, reference: int, walking: int) -> Self:
        """The same design with other numbers of participants.

        Parameters
        ----------
        reference, walking : int
            Participants to randomise to each arm [participants].

        Returns
        -------
        Design
        """
        enrolment = dataclasses.replace(self.enrolment, participants=(reference, walking))
        return dataclasses.replace(self, enrolment=enrolment)

    def without_effect(self) -> Self:
        """The same design in which both arms are as the reference arm: the null hypothesis.

        Returns
        -------
        Design
        """
        parts = {part: _without(getattr(self, part)) for part in sections(self)}
        walking = self.walking
        parts["walking"] = dataclasses.replace(
            parts["walking"], mean_minutes_walking=walking.mean_minutes_reference
        )
        return dataclasses.replace(self, **parts)


def _without(part: Any) -> Any:
    changed: dict[str, Any] = {}
    for item in dataclasses.fields(part):
        if "null" in item.metadata:
            changed[item.name] = item.metadata["null"]
        elif item.metadata.get("by_arm"):
            changed[item.name] = (getattr(part, item.name)[0],) * 2
    return dataclasses.replace(part, **changed)
