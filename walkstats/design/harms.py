"""What goes wrong, for whom, and when?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.design.chance import Stream, chosen, poisson
from walkstats.design.observation import Coverage
from walkstats.design.people import Population
from walkstats.design.specification import Design

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

REGIONS = ("lower limb", "upper limb", "trunk", "general")
EVENTS = {
    "lower limb": ("knee pain", "ankle sprain", "foot pain", "calf strain", "hip pain"),
    "upper limb": ("shoulder pain", "wrist sprain", "elbow pain"),
    "trunk": ("neck pain", "mid-back pain", "rib pain"),
    "general": ("respiratory infection", "fall", "headache", "fatigue", "operation"),
}


@dataclass(frozen=True)
class Events:
    """Adverse events, each (k,), by person and onset; ``region`` and ``kind`` are indices."""

    person: Ints
    onset: Ints
    region: Ints
    kind: Ints
    serious: Bools
    related: Bools


def harm(design: Design, seed: int, people: Population, coverage: Coverage) -> Events:
    """Draw adverse events: who has one, and events of the lower limb, are fixed numbers.

    Both numbers are the design's, scaled to the size of the arm; who, when and how many events
    beyond the first is chance. Events fall on days that check-ins cover.
    """
    plan = design.harms
    draws = Stream(seed, "harms")
    who, more = draws.uniform(2, people.size)
    seen = coverage.last_day() > 0
    has = np.zeros(people.size, dtype=bool)
    for arm in (0, 1):
        members = (people.walking == bool(arm)) & seen
        size = int((people.walking == bool(arm)).sum())
        has |= chosen(who, members, round(size * plan.people[arm] / plan.of[arm]))
    another = poisson(more, -np.log1p(-plan.another_share))
    person = np.repeat(np.arange(people.size), np.where(has, 1 + another, 0))
    chance = draws.uniform(6, len(person))
    last = coverage.last_day()[person]
    onset = np.ceil(chance[0] * last).astype(np.int64)
    region = _regions(design, people, person, chance[1], chance[2])
    order = np.lexsort((onset, person))
    related = chance[5] < np.array(plan.related_share)[people.walking[person].astype(int)]
    return Events(
        person=person[order],
        onset=onset[order],
        region=region[order],
        kind=np.floor(chance[3] * 60).astype(np.int64)[order],
        serious=(chance[4] < plan.serious_share)[order],
        related=(related & (region == 0))[order],
    )


def _regions(
    design: Design, people: Population, person: Ints, order: Floats, other: Floats
) -> Ints:
    """Index into REGIONS: exactly the planned number of the lower limb, the others at random."""
    plan = design.harms
    region = 1 + np.floor(other * (len(REGIONS) - 1)).astype(np.int64)
    for arm in (0, 1):
        size = int((people.walking == bool(arm)).sum())
        wanted = round(size * plan.lower_limb[arm] / plan.of[arm])
        region[chosen(order, people.walking[person] == bool(arm), wanted)] = 0
    return region
