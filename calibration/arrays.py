"""What are the results of a simulated trial, from its arrays? A fast twin of derive and survival.

Selecting one seed out of thousands, and the results of 200,000 people, need no frames. What is
computed here is computed again with ``walkstats.derive``, ``walkstats.survival`` and
``walkstats.regression`` on every trial that passes, and tests hold the two against each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.design.episodes import Episodes
from walkstats.design.observation import Coverage

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class FirstEvents:
    """Time to a first event, each (n,): whole days, whether it happened, walking arm or not."""

    days: Ints
    event: Bools
    walking: Bools


def first_events(
    episodes: Episodes, coverage: Coverage, walking: Bools, kind: str
) -> tuple[FirstEvents, Ints]:
    """First recurrence of a kind, censored on the last day before the first uncovered one.

    Also returns the index of the episode of each person's first event, -1 without one.
    """
    days = {
        "any": episodes.onset,
        "activity_limiting": episodes.limiting_from,
        "care_seeking": episodes.care_from,
    }[kind]
    gap = coverage.first_gap()
    # covered day by day up to the gap, so an onset on or before it was seen
    which = np.flatnonzero((days > 0) & (days <= gap[episodes.person]))
    which = which[np.lexsort((days[which], episodes.person[which]))]
    person, first = np.unique(episodes.person[which], return_index=True)
    index = np.full(len(walking), -1)
    index[person] = which[first]
    happened = index >= 0
    time = np.where(happened, days[np.maximum(index, 0)], gap)
    return FirstEvents(time, happened, walking), index


def recovery(episodes: Episodes, coverage: Coverage, walking: Bools, index: Ints) -> FirstEvents:
    """Days of pain of each person's first recurrence; censored where its end was not seen."""
    person = np.flatnonzero(index >= 0)
    first = index[person]
    ended = episodes.resolved[first] >= 0
    last = np.where(ended, episodes.resolved[first], coverage.last_day()[person])
    return FirstEvents(last - episodes.onset[first] + 1, ended, walking[person])


def hazard_ratio(events: FirstEvents) -> float:
    """Efron's hazard ratio of the walking arm, unadjusted, by Newton's method."""
    known = events.days > 0
    days, event, walking = events.days[known], events.event[known], events.walking[known]
    size = int(days.max()) + 1
    counts = [np.bincount(days[walking == arm], minlength=size) for arm in (False, True)]
    risk0, risk1 = (count[::-1].cumsum()[::-1] for count in counts)
    died0 = np.bincount(days[event & ~walking], minlength=size)
    died1 = np.bincount(days[event & walking], minlength=size)
    died = died0 + died1
    at = np.repeat(np.arange(size), died)
    # Efron: the k-th of d tied events leaves out k/d of those who have it
    share = (np.arange(len(at)) - np.repeat(np.cumsum(died) - died, died)) / died[at]
    left0 = risk0[at] - share * died0[at]
    left1 = risk1[at] - share * died1[at]
    log_ratio = 0.0
    for _ in range(25):
        chance = left1 * np.exp(log_ratio) / (left0 + left1 * np.exp(log_ratio))
        step = (died1.sum() - chance.sum()) / (chance * (1.0 - chance)).sum()
        log_ratio += step
        if abs(step) < 1e-12:
            break
    return float(np.exp(log_ratio))


def survival(days: Ints, event: Bools) -> Floats:
    """Kaplan-Meier on days 0, 1, 2, ...; people without follow-up (day 0) are not at risk."""
    days, event = days[days > 0], event[days > 0]
    size = int(days.max()) + 1
    died = np.bincount(days[event], minlength=size)
    at_risk = np.bincount(days, minlength=size)[::-1].cumsum()[::-1]
    return np.cumprod(1.0 - died / np.maximum(at_risk, 1))


def medians(events: FirstEvents) -> tuple[float, float]:
    """Medians of the reference and the walking arm; the midpoint of a flat step at one half."""
    found = []
    for arm in (False, True):
        curve = survival(events.days[events.walking == arm], events.event[events.walking == arm])
        below = np.flatnonzero(curve <= 0.5 + 1e-12)
        first = below[0] if len(below) else np.nan
        if len(below) and abs(curve[below[0]] - 0.5) < 1e-12:
            lower = np.flatnonzero(curve < 0.5 - 1e-12)
            first = (first + lower[0]) / 2.0 if len(lower) else first
        found.append(float(first))
    return found[0], found[1]
