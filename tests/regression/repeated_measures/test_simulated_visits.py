"""With 8 people per arm and drop-out, does a true hypothesis keep its 5 %?

tests/reference/simulated_visits.R asks R the same of the very same 4,000 trials: its uniform
numbers are made here anew. Where the likelihood has a maximum, p-values agree one by one; R
rejects in 6.1 % with Satterthwaite's degrees of freedom and in 8.6 % with the normal distribution.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import special

from walkstats.numerics import engine, limits
from walkstats.regression.repeated_measures.patterns import sum_patterns
from walkstats.regression.repeated_measures.search import find_covariance
from walkstats.regression.repeated_measures.small_samples import satterthwaite
from walkstats.regression.repeated_measures.structures import STRUCTURES

PER_ARM, VISITS = 8, 4
LAGS = np.abs(np.subtract.outer(np.arange(VISITS), np.arange(VISITS)))
SPREAD = np.linspace(1.0, 1.6, VISITS)
ROOT = np.linalg.cholesky(np.outer(SPREAD, SPREAD) * 0.7**LAGS)
STAYS = 0.8 ** (1 / 3)
STORED = Path(__file__).parents[2] / "reference" / "simulated_visits.json"

# R stores eight digits, of derivatives by differences of fourth order.
P_VALUES = 2e-6
# A decision may turn where a p-value lies this close to 5 %.
CLOSE = 1e-5
BOUND = 3.29


@functools.cache
def congruences():
    """The 624 words of R's seeding, as multiples of the seed plus constants."""
    steps = [(1, 0)]
    for _ in range(50 + 625):
        times, plus = steps[-1]
        steps.append((69069 * times % 2**32, (69069 * plus + 1) % 2**32))
    return tuple(np.array(one, dtype=np.uint64) for one in zip(*steps[52:], strict=True))


def r_uniform(seed: int, n: int) -> np.ndarray:
    """What ``set.seed(seed); runif(n)`` gives in R: Mersenne Twister with R's seeding."""
    times, plus = congruences()
    key = ((times * np.uint64(seed) + plus) % np.uint64(2**32)).astype(np.uint32)
    twister = np.random.MT19937()
    twister.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": 624}}
    return twister.random_raw(n) * 2.3283064365386963e-10


@functools.cache
def stored():
    return json.loads(STORED.read_text(encoding="utf-8"))


def simulate(seed, per_arm):
    """Person, visit and outcome of a trial in which 20 % have left by the last visit."""
    people = 2 * per_arm
    numbers = r_uniform(seed, people * VISITS + people * (VISITS - 1))
    normal = special.ndtri(numbers[: people * VISITS]).reshape(people, VISITS)
    outcomes = normal @ ROOT.T
    leaves = numbers[people * VISITS :].reshape(people, VISITS - 1) > STAYS
    seen = np.column_stack([np.ones(people, dtype=bool), ~np.cumsum(leaves, axis=1).astype(bool)])
    person, visit = np.nonzero(seen)
    return person, visit, outcomes[seen]


def p_values(seed, per_arm=PER_ARM):
    """Of the arms at the last visit: with Satterthwaite's degrees of freedom, and of z."""
    person, visit, y = simulate(seed, per_arm)
    cell = (person >= per_arm) * VISITS + visit
    counts = np.bincount(cell, minlength=2 * VISITS)
    if counts.min() < 1 or counts[VISITS - 1] + counts[-1] < VISITS + 2:
        return np.nan, np.nan
    columns = np.eye(2 * VISITS)[cell] / np.sqrt(counts)
    left = y - columns @ (columns.T @ y)
    group = np.zeros(2 * per_arm, dtype=np.intp)
    patterns = sum_patterns(columns, left, person, visit, group, VISITS)
    wide = np.full((2 * per_arm, VISITS), np.nan)
    wide[person, visit] = left
    found = find_covariance(STRUCTURES["unstructured"], patterns, wide, group, True)
    if found.state != "converged":
        return np.nan, np.nan
    weights = np.zeros(2 * VISITS)
    weights[[VISITS - 1, -1]] = -1.0, 1.0
    back = np.diag(1.0 / np.sqrt(counts))
    means = columns.T @ y / np.sqrt(counts) + back @ found.profile.coefficients
    pieces = satterthwaite(found.profile, back)
    t = weights @ means / np.sqrt(weights @ pieces.covariance @ weights)
    return float(limits.t_p(t, pieces.of(weights))), float(limits.normal_p(t))


@pytest.fixture(scope="module")
def compiled():
    """The compiled likelihood, where it is installed."""
    with pytest.MonkeyPatch.context() as patch:
        if engine._installed():
            patch.setenv(engine.VARIABLE, "numba")
        yield


def test_these_are_the_numbers_of_r():
    # set.seed(1); runif(3)
    np.testing.assert_allclose(r_uniform(1, 3), [0.2655087, 0.3721239, 0.5728534], atol=5e-8)


def test_the_first_trials_have_the_p_values_of_r():
    theirs = np.array(stored()["first_p_values"][:20], dtype=float)
    ours = np.array([p_values(seed)[0] for seed in range(1, 21)])
    np.testing.assert_allclose(ours, theirs, rtol=P_VALUES)


def drop_out_by_what_was_seen(rng, people=200):
    """No difference, but who leaves after visit 1 had high values in one arm, low in the other."""
    arm = np.arange(people) % 2
    y = rng.normal(size=(people, 3)) @ ROOT[:3, :3].T
    chance = special.expit(-1.0 + 1.2 * np.where(arm == 1, 1.0, -1.0) * y[:, 0])
    stays = rng.random(people) > chance
    seen = np.column_stack([np.ones(people, dtype=bool), stays, stays])
    return y, seen, arm


def last_visit(y, seen, arm):
    """Difference at the last visit, its standard error and degrees of freedom."""
    person, visit = np.nonzero(seen)
    cell = arm[person] * 3 + visit
    counts = np.bincount(cell, minlength=6)
    columns = np.eye(6)[cell] / np.sqrt(counts)
    outcome = y[seen]
    left = outcome - columns @ (columns.T @ outcome)
    group = np.zeros(len(arm), dtype=np.intp)
    patterns = sum_patterns(columns, left, person, visit, group, 3)
    wide = np.where(seen, 0.0, np.nan)
    wide[person, visit] = left
    found = find_covariance(STRUCTURES["unstructured"], patterns, wide, group, True)
    weights, back = np.array([0, 0, -1.0, 0, 0, 1.0]), np.diag(1.0 / np.sqrt(counts))
    means = columns.T @ outcome / np.sqrt(counts) + back @ found.profile.coefficients
    pieces = satterthwaite(found.profile, back)
    return weights @ means, np.sqrt(weights @ pieces.covariance @ weights), pieces.of(weights)


@pytest.mark.slow
def test_missing_at_random(compiled):
    """Means of those who stay differ by a third of a standard deviation; the model's do not."""
    rng = np.random.default_rng(20240629)
    found, plain = [], []
    for _ in range(400):
        y, seen, arm = drop_out_by_what_was_seen(rng)
        found.append(last_visit(y, seen, arm))
        last = seen[:, 2]
        plain.append(y[last & (arm == 1), 2].mean() - y[last & (arm == 0), 2].mean())
    estimate, error, df = np.array(found).T
    monte_carlo = BOUND / np.sqrt(len(found))
    assert abs(estimate.mean()) < monte_carlo * estimate.std()
    assert abs(np.mean(plain)) > 0.3
    covered = np.abs(estimate) < limits.t_quantile(0.95, df) * error
    assert abs(covered.mean() - 0.95) < monte_carlo * np.sqrt(0.95 * 0.05)


@pytest.mark.slow
def test_rejections_beside_r(compiled):
    one = stored()
    found = np.array([p_values(seed) for seed in range(1, one["replicates"] + 1)])
    without = np.array(one["without_maximum"]) - 1
    both = ~np.isnan(found[:, 0])
    both[without] = False
    rejects = found < 0.05
    for column, name in enumerate(("rejected", "rejected_z")):
        theirs = np.zeros(len(found), dtype=bool)
        theirs[np.array(one[name]) - 1] = True
        near = np.abs(found[:, column] - 0.05) < CLOSE
        assert not np.any((rejects[:, column] != theirs) & both & ~near)
    usable = rejects[~np.isnan(found[:, 0])]
    n = len(usable)
    assert n > 0.99 * len(found)
    rate = usable[:, 0].mean()
    reference = one["satterthwaite"]
    assert abs(rate - reference) < BOUND * np.sqrt(reference * (1 - reference) / n)
    # z is the wrong variant: on the same trials it rejects more often.
    more = usable[:, 1].astype(float) - usable[:, 0]
    assert more.mean() > BOUND * more.std() / np.sqrt(n)


@pytest.mark.slow
def test_rejections_with_15_per_arm(compiled):
    """R: 0.052 with Satterthwaite's degrees of freedom, 0.065 with z."""
    found = np.array([p_values(seed, 15) for seed in range(10_001, 14_001)])
    rejects = found[~np.isnan(found[:, 0])] < 0.05
    n = len(rejects)
    assert n > 0.999 * len(found)
    assert abs(rejects[:, 0].mean() - 0.052) < BOUND * np.sqrt(0.052 * 0.948 / n)
    more = rejects[:, 1].astype(float) - rejects[:, 0]
    assert more.mean() > BOUND * more.std() / np.sqrt(n)
