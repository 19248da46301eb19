"""How many minutes a week do people walk, and what do their diaries say?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.design.chance import Stream
from walkstats.design.episodes import Episodes
from walkstats.design.observation import Coverage
from walkstats.design.people import Population
from walkstats.design.specification import Design

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DAYS_A_MONTH = 30.4375
TO_THE_NEAREST = 5.0  # people write down multiples of five minutes


@dataclass(frozen=True)
class Diaries:
    """Walking of n people in w weeks.

    ``minutes`` (n, w) as walked, ``known`` (n, w) whether a diary says so, ``steps`` (n, w) a
    week, -1 where no pedometer was worn, ``prescribed`` (w,) for the walking arm.
    """

    minutes: Floats
    known: Bools
    steps: Floats
    prescribed: Floats


def walk(
    design: Design, seed: int, people: Population, coverage: Coverage, episodes: Episodes
) -> Diaries:
    """Draw the weeks of everybody, scaled within arm to the fixed means at months 3 and 12.

    A person walks a log-normal multiple of the arm's mean, less in a week in which pain limits
    activities. Diaries are missing at random and after the last check-in answered.
    """
    plan = design.walking
    draws = Stream(seed, "walking")
    noise = draws.normal(people.size, plan.weeks)
    unanswered, stray = draws.uniform(2, people.size, plan.weeks)
    weeks = np.arange(1, plan.weeks + 1)
    profile = np.where(
        people.walking[:, None],
        np.interp(weeks, plan.profile_weeks, plan.mean_minutes_walking)[None, :],
        np.interp(weeks, plan.profile_weeks, plan.mean_minutes_reference)[None, :],
    )
    spread = plan.log_sd_between * people.walker[:, None] + plan.log_sd_within * noise
    # a log-normal multiple has mean 1 when its logarithm has mean -variance/2
    spread -= (plan.log_sd_between**2 + plan.log_sd_within**2) / 2.0
    limited = _limited_weeks(episodes, people.size, plan.weeks)
    minutes = profile * np.exp(spread) * np.where(limited, plan.factor_in_limiting_week, 1.0)
    known = (unanswered >= plan.diary_missing_share) & (
        7 * weeks[None, :] <= coverage.last_day()[:, None]
    )
    minutes = _fixed(design, minutes, known, people.walking)
    minutes = TO_THE_NEAREST * np.round(minutes / TO_THE_NEAREST)
    steps = 10.0 * np.round((minutes * plan.steps_per_minute + _other(design, stray)) / 10.0)
    worn = people.walking[:, None] & (weeks <= plan.pedometer_weeks)[None, :] & known
    return Diaries(minutes, known, np.where(worn, steps, -1.0), _prescribed(design, weeks))


def weeks_before(month: float, number: int) -> Ints:
    """Index of the last whole weeks that end by the day of that month's visit."""
    last = int(month * DAYS_A_MONTH // 7)
    return np.arange(max(last - number, 0), last)


def mean_week(minutes: Floats, known: Bools, weeks: Ints) -> Floats:
    """(n,) mean of the known weeks; missing when fewer than half are known."""
    count = known[:, weeks].sum(axis=1)
    total = np.where(known[:, weeks], minutes[:, weeks], 0.0).sum(axis=1)
    return np.where(2 * count >= len(weeks), total / np.maximum(count, 1), np.nan)


def _fixed(design: Design, minutes: Floats, known: Bools, walking: Bools) -> Floats:
    """Scale each arm so that the mean weeks before months 3 and 12 have the fixed means.

    Between the two the factor changes along a straight line; before and after it is constant.
    """
    plan = design.walking
    every = np.arange(1, plan.weeks + 1)
    scaled = minutes.copy()
    for arm in (False, True):
        centres, factors = [], []
        for month, goals in ((3, plan.fixed_month_3), (12, plan.fixed_month_12)):
            weeks = weeks_before(month, plan.fixed_weeks)
            if len(weeks) and weeks[-1] < plan.weeks:
                means = mean_week(minutes, known, weeks)[walking == arm]
                centres.append([weeks[0] + 1.0, weeks[-1] + 1.0])
                # without a single diary there is nothing to scale
                seen = means[~np.isnan(means)]
                factors.append([goals[int(arm)] / seen.mean() if seen.sum() > 0 else 1.0] * 2)
        if centres:
            factor = np.interp(every, np.concatenate(centres), np.concatenate(factors))
            scaled[walking == arm] *= factor
    return scaled


def _limited_weeks(episodes: Episodes, n: int, weeks: int) -> Bools:
    """(n, weeks) whether pain limited activities on a day of that week."""
    limited = np.zeros((n, weeks + 1), dtype=bool)
    limits = episodes.limiting_from > 0
    person = episodes.person[limits]
    first = (episodes.limiting_from[limits] - 1) // 7
    last = (np.maximum(episodes.resolved, episodes.limiting_from)[limits] - 1) // 7
    for shift in range(weeks):
        inside = first + shift <= last
        if not inside.any():
            break
        limited[person[inside], np.minimum(first[inside] + shift, weeks)] = True
    return limited[:, :weeks]


def _other(design: Design, chance: Floats) -> Floats:
    """Steps of the week that belong to no walk."""
    return design.walking.other_steps * (0.6 + 0.8 * chance)


def _prescribed(design: Design, weeks: Ints) -> Floats:
    plan = design.walking
    rising = np.interp(weeks, [1.0, plan.goal_week], [plan.prescribed_first, plan.prescribed_goal])
    return TO_THE_NEAREST * np.round(rising / TO_THE_NEAREST)
