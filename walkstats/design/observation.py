"""What is seen of each person? Monthly check-ins, some missed, until they stop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.design.chance import Stream
from walkstats.design.people import Population
from walkstats.design.specification import Design

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

REASONS = ("no longer interested", "too busy", "health reasons", "moved away")
LOST, DIED = "lost to follow-up", "died"


@dataclass(frozen=True)
class Coverage:
    """Check-ins of n people, of whom the one followed longest has k.

    ``due`` (k,) days; ``scheduled``, ``completed`` (n, k); ``answered`` (n, k) days;
    ``withdrawn`` (n,) days, -1 where nobody withdrew; ``reason`` (n,) an index into REASONS, LOST
    and DIED, -1 without. Check-in j asks about the days after check-in j-1 was due, up to its own
    due day.
    """

    due: Ints
    scheduled: Bools
    completed: Bools
    answered: Ints
    withdrawn: Ints
    reason: Ints

    def covers(self, person: Ints, day: Ints) -> Bools:
        """Whether a completed check-in asks about that day of that person."""
        which = np.searchsorted(self.due, day, side="left")
        inside = which < len(self.due)
        return inside & self.completed[person, np.minimum(which, len(self.due) - 1)]

    def last_day(self) -> Ints:
        """(n,) the last day that any completed check-in covers; 0 without one."""
        return np.where(self.completed, self.due, 0).max(axis=1)

    def died(self) -> Ints:
        """(n,) the day of death, -1 where nobody died within follow-up."""
        return np.where(self.reason == len(REASONS) + 1, self.withdrawn, -1)

    def dead_by(self, days: Floats) -> Bools:
        """(n, d) whether each person had died by each of the days."""
        died = self.died()[:, None]
        return (died >= 0) & (died <= days)

    def first_gap(self) -> Ints:
        """(n,) the last day before the first day that no check-in covers."""
        unbroken = np.logical_and.accumulate(self.completed, axis=1).sum(axis=1)
        return np.concatenate(([0], self.due))[unbroken]


def observe_people(design: Design, seed: int, people: Population) -> Coverage:
    """Draw which check-ins are answered, and who stops when and why."""
    plan = design.check_ins
    n = people.size
    number = int(people.planned_end.max() / plan.every_days)
    due = np.round(plan.every_days * np.arange(1, number + 1)).astype(np.int64)
    draws = Stream(seed, "check_ins")
    once = draws.uniform(6, n)
    missed, delay = draws.uniform(n, number), draws.uniform(n, number)
    scheduled = due[None, :] <= people.planned_end[:, None]
    often = once[0] < plan.often_missing_share
    miss_share = np.where(often, plan.miss_share_often, plan.miss_share)
    stops = np.where(once[1] < plan.never_share, 0.0, _exponential(once[2], plan.lost_a_month))
    dies = _exponential(once[3], plan.died_a_year / 12.0)
    until = np.floor(np.minimum(np.minimum(stops, dies), 1e6)).astype(np.int64)
    completed = scheduled & (missed >= miss_share[:, None])
    completed &= np.arange(number)[None, :] < until[:, None]
    answered = due + np.floor(delay**3 * (plan.answered_within_days + 1)).astype(np.int64)
    withdrawn, reason = _withdrawals(stops, dies, once[4:], due, plan.every_days, people)
    return Coverage(due, scheduled, completed, answered, withdrawn, reason)


def _exponential(uniform: Floats, rate: float) -> Floats:
    """Months until something that happens at a rate a month; infinite at rate 0."""
    with np.errstate(divide="ignore"):
        return -np.log(uniform) / np.float64(rate)


def _withdrawals(
    stops: Floats, dies: Floats, chance: Floats, due: Ints, every: float, people: Population
) -> tuple[Ints, Ints]:
    """Half of those who stop tell so; the others are given up after three silent months."""
    tells = chance[0] < 0.5
    months = np.where(tells, np.minimum(stops, 1e6), np.floor(np.minimum(stops, 1e6)) + 3.0)
    died = dies < months
    months = np.where(died, np.minimum(dies, 1e6), months)
    day = np.maximum(np.ceil(months * every), 1.0).astype(np.int64)
    reason = np.floor(chance[1] * len(REASONS)).astype(np.int64)
    reason = np.where(tells, reason, len(REASONS))
    reason = np.where(died, len(REASONS) + 1, reason)
    within = day <= people.planned_end
    return np.where(within, day, -1), np.where(within, reason, -1)
