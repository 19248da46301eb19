"""Do recurrences obey the truth of the design?"""

from dataclasses import replace

import numpy as np
import pytest

from calibration.arrays import first_events, hazard_ratio, survival
from tests.design.designs import like, plain
from walkstats.design.episodes import LIMITS_FROM, recur, seen
from walkstats.design.observation import observe_people
from walkstats.design.people import recruit

# A Monte Carlo bound: 3.29 standard errors, one false alarm in a thousand
ERRORS = 3.29


def drawn(design, seed):
    people = recruit(design, seed)
    coverage = observe_people(design, seed, people)
    happened = recur(design, seed, people)
    return people, coverage, happened, seen(happened, coverage)


@pytest.fixture(scope="module")
def trial():
    return drawn(like(), 4)


def test_days_are_whole_and_recurrences_lie_apart(trial):
    people, _, happened, _ = trial
    assert happened.onset.min() >= 1
    assert (happened.resolved >= happened.onset).all()
    same = np.diff(happened.person) == 0
    free = happened.onset[1:] - happened.resolved[:-1] - 1
    assert free[same].min() >= like().recurrence.pain_free_days
    assert (happened.onset <= people.planned_end[happened.person]).all()


def test_flags_agree_with_days_and_pain(trial):
    *_, happened, reported = trial
    for episodes in (happened, reported):
        limits, cares = episodes.limiting_from >= 0, episodes.care_from >= 0
        assert ((episodes.interference >= LIMITS_FROM) == limits).all()
        assert (episodes.limiting_from[limits] >= episodes.onset[limits]).all()
        assert (episodes.care_from[cares] >= episodes.onset[cares]).all()
        assert (episodes.worst.min(), episodes.worst.max()) == (2, 10)
        assert (episodes.average <= episodes.worst).all()
    assert (happened.limiting_from <= happened.resolved)[happened.limiting_from >= 0].all()
    assert (happened.care_from <= happened.resolved)[happened.care_from >= 0].all()


def test_only_what_check_ins_cover_is_seen(trial):
    _, coverage, happened, reported = trial
    assert coverage.covers(reported.person, reported.onset).all()
    hidden = len(happened.person) - len(reported.person)
    assert hidden == (~coverage.covers(happened.person, happened.onset)).sum() > 0
    last = coverage.last_day()[reported.person]
    assert (reported.resolved <= last).all()
    assert (reported.resolved < 0).any()


def test_without_frailty_the_first_onset_is_exponential():
    design = plain(20_000, rate_per_100_days=1.0)
    people, coverage, _, reported = drawn(design, 1)
    events, _ = first_events(reported, coverage, people.walking, "any")
    curve = survival(events.days, events.event)
    for day in (10, 50, 100, 300):
        truth = np.exp(-0.01 * day)
        error = np.sqrt(truth * (1 - truth) / people.size)
        assert abs(curve[day] - truth) < ERRORS * error


def test_without_frailty_the_hazard_ratio_is_the_rate_ratio_of_each_period():
    design = plain(20_000, rate_per_100_days=1.0, rate_ratio_early=0.8, rate_ratio_late=0.5)
    people, coverage, _, reported = drawn(design, 2)
    events, _ = first_events(reported, coverage, people.walking, "any")
    early = int(design.recurrence.early_days)
    before = replace(
        events, days=np.minimum(events.days, early), event=events.event & (events.days <= early)
    )
    after = events.days > early
    later = type(events)(events.days[after] - early, events.event[after], events.walking[after])
    for part, truth in ((before, 0.8), (later, 0.5)):
        error = 2.0 / np.sqrt(part.event.sum())
        assert abs(np.log(hazard_ratio(part) / truth)) < ERRORS * error


def test_frailty_pulls_the_hazard_ratio_towards_one():
    alike = {"rate_ratio_early": 0.5, "rate_ratio_late": 0.5}
    ratios = []
    for spread in (0.0, 1.2):
        people, coverage, _, reported = drawn(plain(20_000, rate_log_sd=spread, **alike), 3)
        events, _ = first_events(reported, coverage, people.walking, "any")
        ratios.append(hazard_ratio(events))
    assert ratios[0] < 0.52 < 0.6 < ratios[1] < 1.0


def test_share_that_never_recurs():
    design = plain(10_000, never_share=0.3, rate_per_100_days=5.0)
    people, coverage, _, reported = drawn(design, 4)
    events, _ = first_events(reported, coverage, people.walking, "any")
    error = np.sqrt(0.3 * 0.7 / people.size)
    assert abs((1 - events.event.mean()) - 0.3) < ERRORS * error


def test_limits_and_care_have_their_odds():
    design = plain(
        5_000, limiting_odds=1.5, care_odds_limiting=1.0, care_odds_mild=0.25, care_odds_ratio=1.0
    )
    _, _, happened, _ = drawn(design, 5)
    limits, cares = happened.limiting_from >= 0, happened.care_from >= 0
    for share, truth in (
        (limits.mean(), 0.6),
        (cares[limits].mean(), 0.5),
        (cares[~limits].mean(), 0.2),
    ):
        assert abs(share - truth) < ERRORS * np.sqrt(truth * (1 - truth) / limits.sum() * 2)


def test_pain_lasts_for_weibull_days():
    design = plain(
        5_000,
        duration_median_days=5.0,
        duration_shape=1.0,
        duration_factor_limiting=1.0,
        duration_ratio=1.0,
    )
    _, _, happened, _ = drawn(design, 6)
    days = happened.resolved - happened.onset + 1
    # whole days round up, so the share beyond day d is that of the exponential
    for day in (1, 5, 10):
        truth = 2.0 ** (-day / 5.0)
        assert abs((days > day).mean() - truth) < ERRORS * np.sqrt(truth * (1 - truth) / len(days))


def test_a_persons_draws_do_not_depend_on_the_effects_of_the_other_arm():
    design = like()
    with_effect, without = drawn(design, 7), drawn(design.without_effect(), 7)
    control = ~with_effect[0].walking
    for happened, other in ((with_effect[2], without[2]),):
        mine, theirs = control[happened.person], control[other.person]
        assert happened.onset[mine].tolist() == other.onset[theirs].tolist()
        assert happened.worst[mine].tolist() == other.worst[theirs].tolist()
