"""Who takes part, when, and in which arm?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from walkstats.design.chance import Stream, shuffled
from walkstats.design.specification import Design
from walkstats.errors import DataError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MOST_ATTEMPTS = 2000


@dataclass(frozen=True)
class Population:
    """The people of a trial in the order of their enrolment; every array has shape (n,).

    ``enrolled`` are days from the first randomisation, ``planned_end`` days from their own.
    ``walking`` says who is in the walking arm. ``walker`` and ``severity`` are traits that nobody
    observes, in standard deviations.
    """

    enrolled: Ints
    planned_end: Ints
    walking: Bools
    stratum: Ints
    referred: Bools
    woman: Bools
    age: Ints
    bmi: Floats
    previous: Ints
    sessions: Ints
    walker: Floats
    severity: Floats

    @property
    def size(self) -> int:
        """Number of people."""
        return len(self.walking)


def recruit(design: Design, seed: int) -> Population:
    """Draw the people of a trial and allocate them.

    What is published as a count or a mean is set by construction: sex and age are a fixed set in
    random order, so that the number of women, and the mean, spread and range of age, are the same
    for every seed. The first and the last are randomised on the first and the last day of
    enrolment.
    """
    n = sum(design.enrolment.participants)
    draws = Stream(seed, "people")
    uniform = draws.uniform(7, n)
    traits = draws.normal(2, n)
    previous = _previous_episodes(design, n)[shuffled(uniform[0])]
    referred = uniform[1] < design.people.referred_share
    stratum = 2 * (previous > 2) + referred
    walking = allocate(design, stratum, seed)
    enrolled = _days_of_enrolment(design, uniform[2])
    last_day = (design.enrolment.follow_up_ends - design.enrolment.first_on).days
    bmi = design.people.bmi_median * np.exp(design.people.bmi_log_sd * ndtri(uniform[3]))
    return Population(
        enrolled=enrolled,
        planned_end=_planned_end(design, last_day - enrolled),
        walking=walking,
        stratum=stratum,
        referred=referred,
        woman=shuffled(uniform[4]) < round(n * design.people.women / design.people.of),
        age=_ages(design, n)[shuffled(uniform[5])],
        bmi=np.round(np.clip(bmi, 15.0, 60.0), 1),
        previous=previous,
        sessions=_sessions(design, uniform[6], walking),
        walker=traits[0],
        severity=traits[1],
    )


def allocate(design: Design, stratum: Ints, seed: int) -> Bools:
    """Permuted blocks of random size within strata, with exactly the design's numbers per arm.

    Last blocks are left incomplete in each stratum, so that the arms differ by a few. Whole
    sequences are therefore drawn one after the other, each from a stream of its own, and the
    first that gives the planned numbers is taken: the sequence is a random one among those that
    give them.
    """
    wanted = design.enrolment.participants[1]
    for attempt in range(MOST_ATTEMPTS):
        walking = _blocks(design, stratum, Stream(seed, "allocation", attempt))
        if walking.sum() == wanted:
            return walking
    raise DataError.of(
        f"in {MOST_ATTEMPTS} allocation sequences none gave {design.enrolment.participants}",
        what_to_do="Ask for numbers per arm that differ less.",
    )


def _blocks(design: Design, stratum: Ints, draws: Stream) -> Bools:
    sizes = np.array(design.enrolment.blocks)
    walking = np.zeros(len(stratum), dtype=bool)
    for label in range(4):
        members = np.flatnonzero(stratum == label)
        # as many blocks as the smallest size could need; what is not used is dropped
        number = len(members) // int(sizes.min()) + 1
        size = sizes[(draws.uniform(number) * len(sizes)).astype(int)]
        block = np.repeat(np.arange(number), size)
        place = np.arange(len(block)) - np.repeat(np.cumsum(size) - size, size)
        within = np.lexsort((draws.uniform(len(block)), block))
        half = place < np.repeat(size // 2, size)
        walking[members] = half[within][: len(members)]
    return walking


def _days_of_enrolment(design: Design, uniform: Floats) -> Ints:
    span = (design.enrolment.last_on - design.enrolment.first_on).days
    days = np.sort((uniform * (span + 1)).astype(np.int64))
    days[0], days[-1] = 0, span
    return days


def _planned_end(design: Design, left: Ints) -> Ints:
    """The day of the last check-in that falls within follow-up, so that months are whole."""
    every = design.check_ins.every_days
    months = np.floor((np.minimum(design.enrolment.longest_days, left) + 0.5) / every)
    return np.round(months * every).astype(np.int64)


def _ages(design: Design, n: int) -> Ints:
    """Whole years with the planned mean, spread and range: quantiles of a truncated normal."""
    people = design.people
    centre, spread = people.age_mean, people.age_sd
    at = (np.arange(n) + 0.5) / n
    for _ in range(20):
        # truncation narrows the spread, and leaning limits move the mean: correct for both
        low = ndtr((people.age_lowest - 0.5 - centre) / spread)
        high = ndtr((people.age_highest + 0.5 - centre) / spread)
        ages = centre + spread * ndtri(low + at * (high - low))
        centre += people.age_mean - ages.mean()
        spread *= people.age_sd / max(float(ages.std()), 1e-9)
    whole = np.clip(np.round(ages), people.age_lowest, people.age_highest).astype(np.int64)
    whole[0], whole[-1] = people.age_lowest, people.age_highest
    return whole


def _previous_episodes(design: Design, n: int) -> Ints:
    people = design.people
    at = (np.arange(n) + 0.5) / n
    episodes = people.previous_median * np.exp(people.previous_log_sd * ndtri(at))
    return np.clip(np.round(episodes), 1, people.previous_most).astype(np.int64)


def _sessions(design: Design, uniform: Floats, walking: Bools) -> Ints:
    """Sessions attended in the walking arm, -1 in the reference arm, which was offered none."""
    return np.where(walking, attended_sessions(design, uniform), -1).astype(np.int64)


def attended_sessions(design: Design, uniform: Floats) -> Floats:
    """Sessions that somebody who is offered them attends, from a number in (0, 1)."""
    people = design.people
    # most attend nearly all: the share of a person's own is Beta(4, 1) about the mean share
    share = uniform ** (1.0 / 4.0) * people.session_attended_share / 0.8
    return np.minimum(np.round(people.sessions * share), people.sessions)
