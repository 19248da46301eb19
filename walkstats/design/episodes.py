"""When does pain come back, for how long, how badly?"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri

from walkstats.design.chance import Stream
from walkstats.design.observation import Coverage
from walkstats.design.people import Population
from walkstats.design.specification import Design, Recurrence

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LIMITS_FROM = 2  # interference "somewhat" on 0-4


@dataclass(frozen=True)
class Propensity:
    """What each person's recurrences obey; every array has shape (n,)."""

    rate: Floats
    ratio_early: Floats
    ratio_late: Floats
    limiting: Floats
    care: Floats
    care_mild: Floats
    duration: Floats
    pain: Floats
    worst_change: Floats


@dataclass(frozen=True)
class Episodes:
    """Recurrences, each array of shape (m,), ordered by person and onset.

    ``person`` is an index; ``onset`` and ``resolved`` the first and the last day of pain;
    ``limiting_from`` and ``care_from`` the first day that limited activities or saw care sought,
    -1 where none did.
    """

    person: Ints
    onset: Ints
    resolved: Ints
    limiting_from: Ints
    care_from: Ints
    worst: Ints
    average: Ints
    interference: Ints

    def where(self, keep: Bools) -> Episodes:
        """The episodes kept."""
        return Episodes(*(getattr(self, item.name)[keep] for item in fields(self)))


def recur(design: Design, seed: int, people: Population) -> Episodes:
    """Draw every recurrence of every person, seen or not, up to the planned end of follow-up.

    Draws are taken for everybody in each round, so that a person's recurrences depend on the
    effects of the design but not on what happens to others.
    """
    truth = design.recurrence
    draws = Stream(seed, "recurrences")
    own = _propensities(truth, people, draws)
    clock = np.zeros(people.size)
    active = np.flatnonzero(own.rate > 0)
    rounds = []
    while len(active):
        chance = draws.uniform(8, people.size)[:, active]
        onset = _next_onset(truth, own, active, clock[active], chance[0])
        inside = onset <= people.planned_end[active]
        active, onset, chance = active[inside], onset[inside], chance[:, inside]
        episode = _episode(truth, own, active, onset, chance)
        rounds.append(episode)
        clock[active] = episode.resolved + truth.pain_free_days
    return _ordered(rounds)


def seen(episodes: Episodes, coverage: Coverage) -> Episodes:
    """What check-ins report: recurrences that begin in a covered period.

    Limits on activities and care are reported where their first day is covered too; the last day of
    pain is -1 where it comes after the last covered day.
    """
    kept = episodes.where(coverage.covers(episodes.person, episodes.onset))
    last = coverage.last_day()[kept.person]
    limits = (kept.limiting_from > 0) & coverage.covers(kept.person, kept.limiting_from)
    cared = (kept.care_from > 0) & coverage.covers(kept.person, kept.care_from)
    return Episodes(
        person=kept.person,
        onset=kept.onset,
        resolved=np.where(kept.resolved <= last, kept.resolved, -1),
        limiting_from=np.where(limits, kept.limiting_from, -1),
        care_from=np.where(cared, kept.care_from, -1),
        worst=kept.worst,
        average=kept.average,
        interference=np.where(limits, kept.interference, np.minimum(kept.interference, 1)),
    )


def _propensities(truth: Recurrence, people: Population, draws: Stream) -> Propensity:
    n, walks = people.size, people.walking
    free, frailty, limited, cares, pain = draws.uniform(5, n)
    frail = truth.rate_log_sd * ndtri(frailty)
    # centred at the median of previous episodes, whatever it is
    previous = np.log(people.previous) - np.median(np.log(people.previous))
    log_rate = (
        np.log(truth.rate_per_100_days / 100.0)
        + frail
        + truth.rate_on_previous * previous
        + truth.rate_on_walking * people.walker
    )
    rate = np.minimum(np.exp(log_rate), 1.0 / truth.shortest_mean_gap_days)
    limiting = (
        np.log(truth.limiting_odds)
        + truth.limiting_log_sd * ndtri(limited)
        + truth.limiting_on_rate * (log_rate - np.log(truth.rate_per_100_days / 100.0))
        + np.log(truth.limiting_odds_ratio) * walks
    )
    caring = truth.care_log_sd * ndtri(cares) + np.log(truth.care_odds_ratio) * walks
    with np.errstate(divide="ignore"):
        care, mild = np.log(truth.care_odds_limiting), np.log(truth.care_odds_mild)
    return Propensity(
        rate=np.where(free < truth.never_share, 0.0, rate),
        ratio_early=np.where(walks, truth.rate_ratio_early, 1.0),
        ratio_late=np.where(walks, truth.rate_ratio_late, 1.0),
        limiting=expit(limiting),
        care=expit(care + caring),
        care_mild=expit(mild + caring),
        duration=truth.duration_median_days * np.where(walks, truth.duration_ratio, 1.0),
        pain=truth.worst_pain_sd_between * (0.5 * people.severity + np.sqrt(0.75) * ndtri(pain)),
        worst_change=np.where(walks, truth.worst_pain_difference, 0.0),
    )


def _next_onset(
    truth: Recurrence, own: Propensity, who: Ints, clock: Floats, chance: Floats
) -> Ints:
    """The day on which the cumulative hazard since the clock reaches an exponential draw."""
    hazard = -np.log(chance) / own.rate[who]
    early = np.maximum(truth.early_days - clock, 0.0) * own.ratio_early[who]
    in_early = clock + hazard / own.ratio_early[who]
    in_late = np.maximum(clock, truth.early_days) + (hazard - early) / own.ratio_late[who]
    # beyond a million days nothing is followed, and whole numbers stay exact
    return np.ceil(np.minimum(np.where(hazard < early, in_early, in_late), 1e6)).astype(np.int64)


def _episode(
    truth: Recurrence, own: Propensity, who: Ints, onset: Ints, chance: Floats
) -> Episodes:
    limits = chance[1] < own.limiting[who]
    length = own.duration[who] * np.where(limits, truth.duration_factor_limiting, 1.0)
    # Weibull with that median, in whole days of pain
    days = np.ceil(length * (-np.log(chance[2]) / np.log(2.0)) ** (1.0 / truth.duration_shape))
    days = np.clip(days, 1, 365).astype(np.int64)
    cares = chance[3] < np.where(limits, own.care[who], own.care_mild[who])
    # limits mostly begin with the pain, in the other recurrences on the second day
    later = (chance[4] < truth.limiting_later_share) & (days > 1)
    limiting_from = np.where(limits, onset + later, -1)
    care_from = np.where(cares, onset + np.floor(chance[5] * np.minimum(days, 4)).astype(int), -1)
    worst, average = _pain(truth, own.pain[who], own.worst_change[who], limits, chance[6])
    return Episodes(
        person=who.astype(np.int64),
        onset=onset,
        resolved=onset + days - 1,
        limiting_from=limiting_from,
        care_from=np.where(cares & limits, np.maximum(care_from, limiting_from), care_from),
        worst=worst,
        average=average,
        interference=_interference(limits, worst, chance[7]),
    )


def _pain(
    truth: Recurrence, own: Floats, change: Floats, limits: Bools, chance: Floats
) -> tuple[Ints, Ints]:
    """Worst pain, at least 2 by the definition of a recurrence; average pain, at most the worst.

    Walking moves the worst pain and leaves the average as it is.
    """
    middle = np.where(limits, truth.worst_pain_limiting, truth.worst_pain_mild) + own
    middle = middle + truth.worst_pain_sd_within * ndtri(chance)
    worst = np.clip(np.round(middle + change), 2, 10)
    average = np.clip(np.round(1.0 + 0.5 * middle), 1, worst)
    return worst.astype(np.int64), average.astype(np.int64)


def _interference(limits: Bools, worst: Ints, chance: Floats) -> Ints:
    """0-1 without limits, 2-4 with, higher with worse pain."""
    lower = (chance < 0.5).astype(np.int64)
    upper = LIMITS_FROM + (chance < 0.05 * worst) + (chance < 0.015 * worst)
    return np.where(limits, upper, lower).astype(np.int64)


def _ordered(rounds: list[Episodes]) -> Episodes:
    joined = [
        np.concatenate([getattr(one, item.name) for one in rounds] or [np.zeros(0, np.int64)])
        for item in fields(Episodes)
    ]
    order = np.lexsort((joined[1], joined[0]))
    return Episodes(*(column[order] for column in joined))
