"""Are people and their allocation as the design says?"""

from dataclasses import replace

import numpy as np
import pytest

from tests.design.designs import like
from walkstats.design.people import recruit
from walkstats.errors import DataError


def could_be_permuted_blocks(sequence, sizes):
    """Whether the sequence splits into balanced blocks of those sizes, the last one cut short."""
    reachable = {0}
    for start in range(len(sequence)):
        if start not in reachable:
            continue
        for size in sizes:
            block = sequence[start : start + size]
            if len(block) == size and sum(block) * 2 == size:
                reachable.add(start + size)
            if len(block) < size and max(sum(block), len(block) - sum(block)) <= size // 2:
                return True
    return len(sequence) in reachable


@pytest.mark.parametrize("seed", range(5))
def test_exact_numbers_from_permuted_blocks_within_strata(seed):
    people = recruit(like(), seed)
    assert (people.size, people.walking.sum()) == (701, 351)
    for stratum in range(4):
        sequence = people.walking[people.stratum == stratum].astype(int).tolist()
        assert could_be_permuted_blocks(sequence, (4, 6, 8))


def test_the_check_of_blocks_would_find_a_sequence_that_is_none():
    assert not could_be_permuted_blocks([1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1], (4, 6, 8))


@pytest.mark.parametrize("seed", range(3))
def test_what_is_set_by_construction(seed):
    people = recruit(like(), seed)
    assert people.woman.sum() == 565
    assert (people.age.min(), people.age.max()) == (20, 82)
    assert abs(people.age.mean() - 54) < 0.05
    assert abs(people.age.std() - 12) < 0.05
    assert np.median(people.previous) == 33
    assert (people.enrolled[0], people.enrolled[-1]) == (0, 991)
    assert (np.diff(people.enrolled) >= 0).all()
    assert (people.planned_end.min(), people.planned_end.max()) == (365, 1096)
    assert ((people.sessions >= 0) == people.walking).all()


def test_arms_do_not_depend_on_the_people():
    # over many seeds half of the women, and half of those who walk more, are in each arm
    shares = []
    for seed in range(200):
        people = recruit(like(), seed)
        shares.append(
            [people.walking[people.woman].mean(), people.walking[people.walker > 0].mean()]
        )
    error = np.std(shares, axis=0) / np.sqrt(len(shares))
    assert (np.abs(np.mean(shares, axis=0) - 351 / 701) < 3.29 * error).all()


@pytest.mark.parametrize(("reference", "walking"), [(2, 2), (2, 3), (25, 25), (100, 98)])
def test_other_sizes(reference, walking):
    people = recruit(like().sized(reference, walking), 3)
    assert (people.size, people.walking.sum()) == (reference + walking, walking)


def test_numbers_that_blocks_cannot_give_are_refused():
    design = like()
    one_block = replace(design.enrolment, participants=(4, 0 + 8), blocks=(4,))
    with pytest.raises(DataError):
        recruit(replace(design, enrolment=one_block), 1)
