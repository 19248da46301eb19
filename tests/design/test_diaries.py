"""Do diaries have the fixed means, and do weeks lie where visits look for them?"""

from dataclasses import replace

import numpy as np
import pytest

from tests.design.designs import like
from walkstats import derive
from walkstats.design import simulate_trial
from walkstats.design.diaries import mean_week, walk, weeks_before
from walkstats.design.episodes import recur
from walkstats.design.observation import observe_people
from walkstats.design.people import recruit

# Minutes are multiples of five after scaling, which moves a mean of 300 people by less than this
ROUNDING = 0.5


def drawn(design, seed):
    people = recruit(design, seed)
    coverage = observe_people(design, seed, people)
    happened = recur(design, seed, people)
    return people, coverage, happened, walk(design, seed, people, coverage, happened)


@pytest.mark.parametrize("seed", range(3))
def test_mean_weeks_before_months_3_and_12_are_fixed(seed):
    people, _, _, diaries = drawn(like(), seed)
    for month, goals in ((3, (113, 164)), (12, (159, 160))):
        means = mean_week(diaries.minutes, diaries.known, weeks_before(month, 4))
        for arm, goal in enumerate(goals):
            assert abs(np.nanmean(means[people.walking == bool(arm)]) - goal) < ROUNDING


def test_mean_week_slow_twin():
    minutes = np.array([[10.0, 20.0, 30.0, 40.0], [5.0, 5.0, 5.0, 5.0], [1.0, 2.0, 3.0, 4.0]])
    known = np.array([[1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 1]], dtype=bool)
    expected = []
    for person, has in zip(minutes.tolist(), known.tolist(), strict=True):
        there = [m for m, k in zip(person, has, strict=True) if k]
        expected.append(sum(there) / len(there) if len(there) >= 2 else np.nan)
    np.testing.assert_array_equal(mean_week(minutes, known, np.arange(4)), expected)


def test_weeks_are_those_that_derive_takes():
    trial = simulate_trial(like(), seed=2)
    _, _, _, diaries = drawn(like(), 2)
    frame = derive.visits(trial, measures="rmdq", walking_weeks=4)
    for month in (3, 6, 9, 12):
        ours = mean_week(diaries.minutes, diaries.known, weeks_before(month, 4))
        theirs = frame.loc[frame["month"] == month, "walking_minutes"].to_numpy()
        np.testing.assert_allclose(theirs, ours, rtol=1e-12)


def test_nothing_is_known_after_the_last_check_in():
    _, coverage, _, diaries = drawn(like(), 1)
    weeks = 7 * np.arange(1, diaries.minutes.shape[1] + 1)
    assert not (diaries.known & (weeks[None, :] > coverage.last_day()[:, None])).any()
    assert not (diaries.steps[~diaries.known] >= 0).any()


def test_less_is_walked_in_a_week_that_pain_limits():
    design = like()
    halved = replace(design, walking=replace(design.walking, factor_in_limiting_week=0.0))
    _, _, happened, diaries = drawn(halved, 1)
    first = happened.limiting_from > 0
    week = (happened.limiting_from[first] - 1) // 7
    inside = week < diaries.minutes.shape[1]
    assert (diaries.minutes[happened.person[first][inside], week[inside]] == 0).all()
    assert diaries.minutes.mean() > 0


@pytest.mark.parametrize("weeks", [0, 5, 20])
def test_fewer_weeks_of_diaries(weeks):
    design = like().sized(20, 20)
    trial = simulate_trial(replace(design, walking=replace(design.walking, weeks=weeks)), seed=1)
    assert trial.walking["week"].max() == weeks if weeks else len(trial.walking) == 0
