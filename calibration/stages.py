"""What are the figures of a simulated trial, stage by stage, cheapest first?

Names are those of the published figures that they stand for.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from calibration.arrays import FirstEvents, first_events, hazard_ratio, medians, recovery
from calibration.worth import worth
from walkstats.design.diaries import walk
from walkstats.design.episodes import Episodes, recur, seen
from walkstats.design.observation import Coverage, observe_people
from walkstats.design.people import Population, recruit
from walkstats.design.resources import use
from walkstats.design.specification import Design
from walkstats.design.visits import MEASURES, answer

PRIMARY = "primary_outcome_activity_limiting_recurrence"
OTHER = "secondary_time_to_event"
EPISODE = "secondary_analysis_duration_severity"
CONTINUOUS = "secondary_continuous"
RMDQ = f"{CONTINUOUS}.rmdq_mean_difference"
WEEK_1 = "baseline.walking_min_per_week_median_intervention_start"
WEEK_12 = f"{CONTINUOUS}.programme_walking_min_per_week_first_12_weeks"

Floats = NDArray[np.float64]


def stages(design: Design, seed: int) -> Iterator[dict[str, float]]:
    """Figures of one simulated trial; each step draws no more than it needs."""
    people = recruit(design, seed)
    coverage = observe_people(design, seed, people)
    happened = recur(design, seed, people)
    reported = seen(happened, coverage)
    yield _limiting(reported, coverage, people)
    yield from _any(reported, coverage, people)
    care, _ = first_events(reported, coverage, people.walking, "care_seeking")
    ratio = hazard_ratio(care)
    yield {
        f"{OTHER}.care_seeking_hr": ratio,
        f"{OTHER}.care_seeking_reduction_percent": 100.0 * (1.0 - ratio),
    }
    diaries = walk(design, seed, people, coverage, happened)
    answers = answer(design, seed, people, coverage, happened, diaries)
    yield {RMDQ: adjusted_difference(answers.values[MEASURES.index("rmdq")], people.walking)}
    yield {
        name: float(
            np.median(diaries.minutes[people.walking & diaries.known[:, week - 1], week - 1])
        )
        for name, week in ((WEEK_1, 1), (WEEK_12, 12))
        if week <= design.walking.weeks
    }
    yield worth(design, people, coverage, answers, use(design, seed, people, coverage, reported))


def adjusted_difference(values: Floats, walking: NDArray[np.bool_]) -> float:
    """Mean difference over the later months, adjusted for baseline, by least squares."""
    later = values[:, 1:]
    months = later.shape[1]
    before, arm = np.repeat(values[:, 0], months), np.repeat(walking.astype(float), months)
    y = later.ravel()
    known = ~np.isnan(y) & ~np.isnan(before)
    x = np.column_stack([np.ones(known.sum()), arm[known], before[known]])
    return float(np.linalg.lstsq(x, y[known], rcond=None)[0][1])


def _limiting(reported: Episodes, coverage: Coverage, people: Population) -> dict[str, float]:
    events, _ = first_events(reported, coverage, people.walking, "activity_limiting")
    control, walking = medians(events)
    return {
        f"{PRIMARY}.hr": hazard_ratio(events),
        f"{PRIMARY}.median_days_intervention": walking,
        f"{PRIMARY}.median_days_control": control,
        f"{PRIMARY}.derived.implied_events_total": float(events.event.sum()),
    }


def _any(reported: Episodes, coverage: Coverage, people: Population) -> Iterator[dict[str, float]]:
    events, index = first_events(reported, coverage, people.walking, "any")
    control, walking = medians(events)
    yield {
        f"{OTHER}.any_recurrence_hr": hazard_ratio(events),
        f"{OTHER}.any_recurrence_median_days.intervention": walking,
        f"{OTHER}.any_recurrence_median_days.control": control,
        f"{OTHER}.any_recurrence_first_events_total": float(events.event.sum()),
        f"{EPISODE}.n_first_recurrences": float(events.event.sum()),
    }
    has = index >= 0
    worst, walks = reported.worst[index[has]], people.walking[has]
    ended: FirstEvents = recovery(reported, coverage, people.walking, index)
    control, walking = medians(ended)
    yield {
        f"{EPISODE}.hr_recovery": hazard_ratio(ended),
        f"{EPISODE}.median_days_to_recovery_intervention": walking,
        f"{EPISODE}.median_days_to_recovery_control": control,
        f"{EPISODE}.worst_pain_difference": float(worst[walks].mean() - worst[~walks].mean()),
    }
