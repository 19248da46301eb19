"""What do people answer about disability, pain and quality of life?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.design.chance import Stream
from walkstats.design.diaries import DAYS_A_MONTH, Diaries, weeks_before
from walkstats.design.episodes import Episodes
from walkstats.design.observation import Coverage
from walkstats.design.people import Population
from walkstats.design.specification import Design

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MEASURES = ("rmdq", "pain_nrs", "eq5d_utility")
LOWEST_UTILITY = -0.301  # of a value set; which one is not published
MONTHS_IN_YEAR = 12
DAYS_IN_MIND = 28  # "in recurrence": pain limited activities in the four weeks before the visit


@dataclass(frozen=True)
class Answers:
    """Questionnaires of n people in m months, the first of which is the baseline.

    ``months`` (m,); ``values`` (3, n, m) in the order of MEASURES, missing where not answered.
    """

    months: Ints
    values: Floats


def answer(
    design: Design,
    seed: int,
    people: Population,
    coverage: Coverage,
    episodes: Episodes,
    diaries: Diaries,
) -> Answers:
    """Draw the questionnaires of everybody; they come with the check-in of their month."""
    plan = design.questionnaires
    months = np.array([0, *plan.months])
    draws = Stream(seed, "questionnaires")
    noise = draws.normal(3, people.size, len(months))
    later = months > 0
    skipped = (draws.uniform(3, people.size, len(months)) < plan.item_missing_share) & later
    sore = _recently_limited(episodes, people.size, months)
    trait, walks = people.severity[:, None], people.walking[:, None]
    rmdq = (
        np.where(later, plan.rmdq_later, plan.rmdq_baseline)
        + plan.rmdq_sd_between * trait
        + plan.rmdq_sd_within * noise[0]
        + plan.rmdq_in_recurrence * sore
        + plan.rmdq_difference * (walks & later)
    )
    pain = (
        np.where(later, plan.pain_later, plan.pain_baseline)
        + plan.pain_sd_between * trait
        + plan.pain_sd_within * noise[1]
        + plan.pain_in_recurrence * sore
        - _fall_by_walking(design, diaries, months)
    )
    rmdq = np.clip(np.round(rmdq), 0.0, 24.0)
    pain = np.clip(np.round(pain), 0.0, 10.0)
    loss = plan.utility_per_rmdq * rmdq + plan.utility_per_pain * pain
    utility = plan.utility_best - loss + plan.utility_sd * _lasting(noise[2], design)
    values = np.stack([rmdq, pain, np.clip(utility, LOWEST_UTILITY, 1.0)])
    values[skipped] = np.nan
    values[:, ~_answered(coverage, months, people.size)] = np.nan
    values[2] = np.round(_with_gain(design, values[2], people, coverage, months), 3)
    return Answers(months, values)


def _lasting(noise: Floats, design: Design) -> Floats:
    """(n, m) deviations that go on from visit to visit, with variance 1."""
    kept = design.questionnaires.utility_correlation
    lasting = noise.copy()
    for k in range(1, noise.shape[1]):
        lasting[:, k] = kept * lasting[:, k - 1] + np.sqrt(1.0 - kept**2) * noise[:, k]
    return lasting


def _with_gain(
    design: Design, utility: Floats, people: Population, coverage: Coverage, months: Ints
) -> Floats:
    """(n, m) utilities of which those who walk lack less, so that their gain is the planned one.

    The gain is the difference in the area under the utilities of the first year, each visit
    adjusted for utility at baseline; who died has none left.
    """
    year = months[months <= MONTHS_IN_YEAR]
    if len(year) < 2 or not people.walking.any() or people.walking.all():
        return utility
    weights = np.zeros(len(year))
    np.add.at(weights, np.arange(len(year) - 1), np.diff(year) / 24.0)
    np.add.at(weights, np.arange(1, len(year)), np.diff(year) / 24.0)
    dead = coverage.dead_by(np.round(months * DAYS_A_MONTH))
    lacks = np.where(people.walking[:, None] & (months > 0) & ~dead, 1.0 - utility, 0.0)
    area, by_lack = 0.0, 0.0
    for k in range(1, len(year)):
        now = np.where(dead[:, k], 0.0, utility[:, k])
        area += weights[k] * adjusted_for_baseline(now + lacks[:, k], utility[:, 0], people.walking)
        missing = np.where(np.isnan(now), np.nan, lacks[:, k])
        by_lack += weights[k] * adjusted_for_baseline(missing, utility[:, 0], people.walking)
    if not by_lack > 0.0:
        return utility
    factor = max((area - design.questionnaires.qalys_gained) / by_lack, 0.0)
    return np.maximum(utility + (1.0 - factor) * lacks, LOWEST_UTILITY)


def adjusted_for_baseline(value: Floats, before: Floats, walking: Bools) -> float:
    """Difference of the arms at a visit, adjusted for baseline, by least squares."""
    known = ~np.isnan(value) & ~np.isnan(before)
    x = np.column_stack([np.ones(known.sum()), walking[known], before[known]])
    return float(np.linalg.lstsq(x, value[known], rcond=None)[0][1])


def _fall_by_walking(design: Design, diaries: Diaries, months: Ints) -> Floats:
    """(n, m) how much lower pain is for the minutes that were walked before the visit."""
    plan = design.questionnaires
    fall = np.zeros((len(diaries.minutes), len(months)))
    for k, month in enumerate(months):
        weeks = weeks_before(month, 4)
        weeks = weeks[weeks < diaries.minutes.shape[1]]
        if len(weeks):
            walked = diaries.minutes[:, weeks].mean(axis=1)
            fall[:, k] = plan.pain_fall_by_walking * -np.expm1(-walked / plan.pain_walking_scale)
    return fall


def _recently_limited(episodes: Episodes, n: int, months: Ints) -> Bools:
    sore = np.zeros((n, len(months)), dtype=bool)
    limits = episodes.limiting_from > 0
    person, start = episodes.person[limits], episodes.limiting_from[limits]
    end = np.maximum(episodes.resolved[limits], start)
    for k, month in enumerate(months):
        day = round(month * DAYS_A_MONTH)
        sore[person[(start <= day) & (end > day - DAYS_IN_MIND)], k] = True
    return sore


def _answered(coverage: Coverage, months: Ints, n: int) -> Bools:
    answered = np.ones((n, len(months)), dtype=bool)
    for k, month in enumerate(months):
        if month > 0:
            day = round(month * DAYS_A_MONTH)
            answered[:, k] = coverage.covers(np.arange(n), np.full(n, day))
    return answered
