"""Is what is seen of people told alike by the arrays and by going through the days?"""

import numpy as np
import pytest

from tests.design.designs import like
from walkstats.design.observation import DIED, LOST, REASONS, observe_people
from walkstats.design.people import recruit


@pytest.fixture(scope="module")
def seen():
    people = recruit(like(), 5)
    return people, observe_people(like(), 5, people)


def days_covered(coverage, person):
    """Slow twin: every day that a completed check-in asks about."""
    days, before = set(), 0
    for due, done in zip(coverage.due, coverage.completed[person], strict=True):
        if done:
            days |= set(range(before + 1, due + 1))
        before = int(due)
    return days


def test_coverage_day_by_day(seen):
    people, coverage = seen
    last, gap = coverage.last_day(), coverage.first_gap()
    for person in range(0, people.size, 7):
        days = days_covered(coverage, person)
        assert last[person] == max(days, default=0)
        unbroken = next(d for d in range(1, 2000) if d not in days) - 1
        assert gap[person] == unbroken
        asked = np.arange(1, 1200, 13)
        told = coverage.covers(np.full(len(asked), person), asked)
        assert told.tolist() == [day in days for day in asked]


def test_answers_come_when_due_or_shortly_after_and_never_after_leaving(seen):
    people, coverage = seen
    done = coverage.completed
    late = (coverage.answered - coverage.due)[done]
    assert (late.min(), late.max()) == (0, 6)
    assert not (done & ~coverage.scheduled).any()
    assert (np.where(done, coverage.due, 0).max(axis=1) <= people.planned_end).all()
    left = coverage.withdrawn >= 0
    assert (coverage.last_day()[left] <= coverage.withdrawn[left]).all()
    assert ((coverage.reason >= 0) == left).all()
    known = [*REASONS, LOST, DIED]
    assert coverage.reason.max() < len(known)


def test_shares_are_those_of_the_design():
    design = like().sized(20_000, 20_000)
    people = recruit(design, 1)
    coverage = observe_people(design, 1, people)
    plan = design.check_ins
    # the first check-in is missed by those who answer none, by chance, or by being lost before it
    stay = (1 - plan.never_share) * np.exp(-plan.lost_a_month - plan.died_a_year / 12)
    missed = plan.often_missing_share * plan.miss_share_often
    missed += (1 - plan.often_missing_share) * plan.miss_share
    expected = stay * (1 - missed)
    observed = coverage.completed[:, 0].mean()
    error = np.sqrt(expected * (1 - expected) / people.size)
    assert abs(observed - expected) < 3.29 * error
