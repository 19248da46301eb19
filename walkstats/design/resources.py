"""What is used, and what does it cost?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.design.chance import Stream, poisson
from walkstats.design.diaries import DAYS_A_MONTH
from walkstats.design.episodes import Episodes
from walkstats.design.observation import Coverage
from walkstats.design.people import Population, attended_sessions
from walkstats.design.specification import Design

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# category and item; the unit cost is the design's field of the third name
ITEMS = (
    ("intervention", "session with a physiotherapist", "session"),
    ("health care", "physiotherapy visit", "physiotherapy"),
    ("health care", "general practice visit", "general_practice"),
    ("health care", "imaging", "imaging"),
    ("medicines", "course of medicines", "medicines"),
    ("absence", "hour absent from work", "hour_absent"),
)
SESSION, HOUR_ABSENT = 0, 5
SESSION_MONTHS = (1, 1, 2, 2, 3, 6)
LAST_MONTH = 12
JOINED_DAYS = 1.0  # what is a day short of a period still covers it


@dataclass(frozen=True)
class Use:
    """Items used, each (k,), ordered by person, month and item; ``item`` is an index into ITEMS."""

    person: Ints
    month: Ints
    item: Ints
    quantity: Ints


def use(
    design: Design, seed: int, people: Population, coverage: Coverage, episodes: Episodes
) -> Use:
    """Draw what is used in the first year: sessions of the programme, and care for recurrences.

    Hours absent from work are scaled within arm, so that the mean cost besides sessions is the
    design's.
    """
    plan = design.resources
    draws = Stream(seed, "resources")
    works = draws.uniform(people.size) < plan.employed_share
    month = np.maximum(np.ceil(episodes.onset / DAYS_A_MONTH).astype(np.int64), 1)
    chance = draws.uniform(6, len(month))
    cares, limits = episodes.care_from > 0, episodes.limiting_from > 0
    visits = np.where(cares, 1 + poisson(chance[0], plan.visits_mean - 1.0), 0)
    to_physiotherapist = chance[1] < 0.6
    absent = limits & works[episodes.person] & (chance[5] < plan.absent_share)
    hours = (-np.log(chance[2])) ** (1.0 / plan.hours_absent_shape)
    quantities = (
        np.where(to_physiotherapist, visits, 0),
        np.where(to_physiotherapist, 0, visits),
        cares & (chance[3] < plan.imaging_share),
        (cares | limits) & (chance[4] < plan.medicines_share),
    )
    rows = [_sessions(people, coverage)]
    for item, quantity in enumerate(quantities, start=1):
        rows.append(_rows(episodes.person, month, item, np.asarray(quantity, dtype=np.int64)))
    known = known_quarters(design, people, coverage)
    wanted = np.where(absent & (month <= LAST_MONTH), hours, 0.0)
    whole = _fixed(design, people, known, episodes.person, month, wanted, rows[1:])
    rows.append(_rows(episodes.person, month, HOUR_ABSENT, whole))
    table = np.concatenate(rows, axis=1).astype(np.int64)
    return Use(*table[:, np.lexsort(table[[2, 1, 0]])])


def quarters(design: Design) -> Ints:
    """(q,) the months with which the periods of the first year end: those of the visits."""
    inside = [month for month in design.questionnaires.months if month < LAST_MONTH]
    return np.array([*inside, LAST_MONTH])


def known_quarters(design: Design, people: Population, coverage: Coverage) -> Bools:
    """(n, q) whether check-ins cover every day of a period, up to a death."""
    ends = quarters(design)
    last = ends * DAYS_A_MONTH
    first = np.concatenate(([0.0], last[:-1]))
    died = coverage.died()[:, None]
    until = np.where(died >= 0, np.minimum(last, died), last)
    known = np.broadcast_to(until <= coverage.due[-1:] + JOINED_DAYS, until.shape).copy()
    begins = np.concatenate(([0], coverage.due[:-1]))
    for j, (begin, due) in enumerate(zip(begins, coverage.due, strict=True)):
        needed = (due > first + JOINED_DAYS) & (begin < until - JOINED_DAYS)
        known &= ~needed | coverage.completed[:, [j]]
    return known | ((died >= 0) & (died <= first))


def _rows(person: Ints, month: Ints, item: int, quantity: Ints) -> Ints:
    """Person, month, item and quantity of what was used in the first year."""
    used = (quantity > 0) & (month <= LAST_MONTH)
    kind = np.full(int(used.sum()), item)
    return np.stack([person[used], month[used], kind, quantity[used]])


def _fixed(
    design: Design,
    people: Population,
    known: Bools,
    person: Ints,
    month: Ints,
    hours: Floats,
    others: list[Ints],
) -> Ints:
    """Whole hours absent, such that the arm's mean cost is the planned one.

    The mean is that of those whose period is known, added up over the periods. Sessions cost what
    they cost in very many people: where more are attended by chance, fewer hours are absent.
    """
    plan = design.resources
    price = np.array([getattr(plan, name) for _, _, name in ITEMS], dtype=float)
    ends = quarters(design)
    share = np.zeros(known.shape)
    for arm in (0, 1):
        members = people.walking == bool(arm)
        count = np.maximum(known[members].sum(axis=0), 1)
        share[members] = known[members] / count
    cost = np.zeros(2)
    for who, when, item, quantity in others:
        weight = share[who, np.searchsorted(ends, when)]
        np.add.at(cost, people.walking[who].astype(int), weight * price[item] * quantity)
    weight = share[person, np.searchsorted(ends, np.minimum(month, LAST_MONTH))]
    weight = weight * price[HOUR_ABSENT]
    whole = np.zeros(len(hours), dtype=np.int64)
    for arm in (0, 1):
        mine = people.walking[person] == bool(arm)
        left = plan.cost_besides_sessions[arm] - cost[arm]
        if arm:
            left -= plan.session * _more_sessions(design, people)
        whole[mine] = _scaled(hours[mine], weight[mine], left)
    return whole


def _more_sessions(design: Design, people: Population) -> float:
    """Sessions attended per person, less those that very many people would attend."""
    attended = people.sessions[people.walking]
    if not len(attended):
        return 0.0
    evenly = (np.arange(10_000) + 0.5) / 10_000
    return float(attended.mean() - attended_sessions(design, evenly).mean())


def _scaled(hours: Floats, weight: Floats, goal: float) -> Ints:
    """Hours times one number, in whole hours whose weighted sum comes near to the goal."""
    size = float(weight @ hours)
    if size <= 0.0 or goal <= 0.0:
        return np.zeros(len(hours), dtype=np.int64)
    low, high = 0.0, 2.0 * goal / size + 1.0 / hours[weight * hours > 0].min()
    for _ in range(60):
        middle = (low + high) / 2.0
        if weight @ np.round(middle * hours) < goal:
            low = middle
        else:
            high = middle
    return np.round(high * hours).astype(np.int64)


def _sessions(people: Population, coverage: Coverage) -> Ints:
    """One row per person and month in which sessions were attended; they are attended in order.

    Who left or died attended the sessions by then.
    """
    attended = np.maximum(people.sessions, 0)
    person = np.repeat(np.arange(people.size), attended)
    number = np.arange(len(person)) - np.repeat(np.cumsum(attended) - attended, attended)
    month = np.array(SESSION_MONTHS)[np.minimum(number, len(SESSION_MONTHS) - 1)]
    left = coverage.withdrawn[person]
    month = np.where(
        left >= 0, np.minimum(month, np.ceil(np.maximum(left, 1) / DAYS_A_MONTH)), month
    )
    pairs, count = np.unique(np.stack([person, month.astype(np.int64)]), axis=1, return_counts=True)
    return np.stack([pairs[0], pairs[1], np.full(len(count), SESSION), count])
