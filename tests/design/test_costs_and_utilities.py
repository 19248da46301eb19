"""Are mean costs and the gain in quality of life those of the design, whatever the seed?"""

from dataclasses import replace

import numpy as np
import pytest

from tests.design.designs import like
from walkstats.design import simulate_trial
from walkstats.design.diaries import walk
from walkstats.design.episodes import recur, seen
from walkstats.design.observation import observe_people
from walkstats.design.people import attended_sessions, recruit
from walkstats.design.resources import HOUR_ABSENT, ITEMS, SESSION, known_quarters, quarters, use
from walkstats.design.visits import MEASURES, adjusted_for_baseline, answer

# Hours are whole, utilities have three decimals
HOUR, DIGIT = 0.5, 2e-5
WEIGHTS = [0.125, 0.25, 0.25, 0.25, 0.125]


def drawn(design, seed):
    people = recruit(design, seed)
    coverage = observe_people(design, seed, people)
    happened = recur(design, seed, people)
    diaries = walk(design, seed, people, coverage, happened)
    answers = answer(design, seed, people, coverage, happened, diaries)
    return people, coverage, answers, use(design, seed, people, coverage, seen(happened, coverage))


def mean_costs(design, people, coverage, used):
    """Mean cost by arm among those whose period is known, in plain loops."""
    price = [getattr(design.resources, name) for _, _, name in ITEMS]
    known, ends = known_quarters(design, people, coverage), quarters(design).tolist()
    sums = {}
    for who, month, item, quantity in zip(
        used.person, used.month, used.item, used.quantity, strict=True
    ):
        period = "session" if item == SESSION else min(q for q in ends if month <= q)
        key = (int(who), period)
        sums[key] = sums.get(key, 0.0) + price[item] * float(quantity)
    means = []
    for arm in (False, True):
        members = np.flatnonzero(people.walking == arm).tolist()
        total = sum(sums.get((who, "session"), 0.0) for who in members) / len(members)
        for k, end in enumerate(ends):
            those = [who for who in members if known[who, k]]
            total += sum(sums.get((who, end), 0.0) for who in those) / len(those)
        means.append(total)
    return means


@pytest.mark.parametrize("seed", range(2))
def test_mean_costs_and_the_gain_are_fixed(seed):
    design = like()
    people, coverage, answers, used = drawn(design, seed)
    control, walking = mean_costs(design, people, coverage, used)
    evenly = (np.arange(10_000) + 0.5) / 10_000
    sessions = design.resources.session * attended_sessions(design, evenly).mean()
    assert control == pytest.approx(design.resources.cost_besides_sessions[0], abs=HOUR)
    assert walking - sessions == pytest.approx(design.resources.cost_besides_sessions[1], abs=HOUR)
    utility = answers.values[MEASURES.index("eq5d_utility")].copy()
    utility[coverage.dead_by(np.round(answers.months * 365.25 / 12))] = 0.0
    gain = sum(
        weight * adjusted_for_baseline(utility[:, k], utility[:, 0], people.walking)
        for k, weight in enumerate(WEIGHTS)
        if k
    )
    assert gain == pytest.approx(design.questionnaires.qalys_gained, abs=DIGIT)


def test_without_effect_the_arms_cost_the_same_besides_sessions_and_nobody_gains():
    design = like().without_effect()
    assert design.resources.cost_besides_sessions == (640.0, 640.0)
    assert design.questionnaires.qalys_gained == 0.0
    people, coverage, _, used = drawn(design, 3)
    control, walking = mean_costs(design, people, coverage, used)
    assert walking - control == pytest.approx(
        design.resources.session * attended_sessions(design, np.linspace(0.00005, 0.99995, 10_000))
        .mean(), abs=2 * HOUR
    )  # fmt: skip


def test_other_answers_are_drawn_as_before():
    """Utilities and absences have nothing to do with what else is answered or used."""
    design = like()
    other = replace(
        design,
        questionnaires=replace(design.questionnaires, utility_sd=0.02, qalys_gained=0.1),
        resources=replace(design.resources, cost_besides_sessions=(900.0, 100.0)),
    )
    one, two = drawn(design, 1), drawn(other, 1)
    np.testing.assert_array_equal(one[2].values[:2], two[2].values[:2])
    same = [used.item != HOUR_ABSENT for used in (one[3], two[3])]
    np.testing.assert_array_equal(one[3].quantity[same[0]], two[3].quantity[same[1]])


def test_sessions_are_attended_before_people_leave():
    trial = simulate_trial(like(), seed=5)
    sessions = trial.costs[trial.costs["category"] == "intervention"]
    left = sessions["participant_id"].map(trial.people["withdrawn_days"])
    assert not (sessions["month"] - 1 > left / 30.4375).any()
    total = sessions.groupby("participant_id")["quantity"].sum()
    attended = trial.people["sessions_attended"].dropna()
    assert total.reindex(attended.index, fill_value=0).equals(attended.astype(float))


def test_small_trials_and_those_in_which_nobody_works_are_drawn_too():
    design = like().sized(6, 6)
    idle = replace(design, resources=replace(design.resources, employed_share=0.0))
    trial = simulate_trial(idle, seed=1)
    assert "absence" not in set(trial.costs["category"])
    assert simulate_trial(like().sized(2, 2), seed=1).outcomes["value"].notna().any()
