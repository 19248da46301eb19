"""What is used, and what does it cost?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.design.chance import Stream, poisson
from walkstats.design.episodes import Episodes
from walkstats.design.people import Population
from walkstats.design.specification import Design

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# category and item; the unit cost is the design's field of the third name
ITEMS = (
    ("intervention", "session with a physiotherapist", "session"),
    ("health care", "physiotherapy visit", "physiotherapy"),
    ("health care", "general practice visit", "general_practice"),
    ("health care", "imaging", "imaging"),
    ("medicines", "course of medicines", "medicines"),
    ("absence", "hour absent from work", "hour_absent"),
)
SESSION_MONTHS = (1, 1, 2, 2, 3, 6)
LAST_MONTH = 12


@dataclass(frozen=True)
class Use:
    """Items used, each (k,), ordered by person, month and item; ``item`` is an index into ITEMS."""

    person: Ints
    month: Ints
    item: Ints
    quantity: Ints


def use(design: Design, seed: int, people: Population, episodes: Episodes) -> Use:
    """Draw what is used in the first year: sessions of the programme, and care for recurrences.

    Costs are of a likely size and are not fitted to any published figure.
    """
    plan = design.resources
    draws = Stream(seed, "resources")
    works = draws.uniform(people.size) < plan.employed_share
    month = np.ceil(episodes.onset / 30.4375).astype(np.int64)
    chance = draws.uniform(6, len(month))
    cares, limits = episodes.care_from > 0, episodes.limiting_from > 0
    visits = np.where(cares, 1 + poisson(chance[0], plan.visits_mean - 1.0), 0)
    to_physiotherapist = chance[1] < 0.6
    hours = np.round(-np.log(chance[2]) * plan.hours_absent_mean).astype(np.int64)
    quantities = (
        np.where(to_physiotherapist, visits, 0),
        np.where(to_physiotherapist, 0, visits),
        cares & (chance[3] < plan.imaging_share),
        (cares | limits) & (chance[4] < plan.medicines_share),
        np.where(limits & works[episodes.person] & (chance[5] < 0.5), hours, 0),
    )
    rows = [_sessions(people)]
    for item, quantity in enumerate(quantities, start=1):
        used = (np.asarray(quantity) > 0) & (month <= LAST_MONTH)
        kind = np.full(int(used.sum()), item)
        rows.append(
            np.stack([episodes.person[used], month[used], kind, np.asarray(quantity)[used]])
        )
    table = np.concatenate(rows, axis=1).astype(np.int64)
    return Use(*table[:, np.lexsort(table[[2, 1, 0]])])


def _sessions(people: Population) -> Ints:
    """One row per person and month in which sessions were attended; they are attended in order."""
    attended = np.maximum(people.sessions, 0)
    person = np.repeat(np.arange(people.size), attended)
    number = np.arange(len(person)) - np.repeat(np.cumsum(attended) - attended, attended)
    month = np.array(SESSION_MONTHS)[np.minimum(number, len(SESSION_MONTHS) - 1)]
    pairs, count = np.unique(np.stack([person, month]), axis=1, return_counts=True)
    return np.stack([pairs[0], pairs[1], np.zeros(len(count), dtype=np.int64), count])
