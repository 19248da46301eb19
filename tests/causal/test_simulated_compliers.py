"""Do complier effects and weighted comparisons keep to a known truth, and are wrong ones found out?

Trials of 300 people: a fifth walk in either arm, three tenths in neither, half because of their
arm. Who walks anyway hurts less whatever they do, so that those who walked differ from those who
did not also where walking does nothing. The bounds are 0.95 +/- 3.29 Monte Carlo standard errors;
the wrong variant compares people as they walked, or those who followed without weights.
"""

import numpy as np
import pandas as pd
import pytest

from tests.replicates import keeps
from walkstats.causal import complier_effect, treatment_weights
from walkstats.regression import compare_means, ols
from walkstats.survival import compare_at, restricted_means

EACH = 150
ALWAYS, NEVER, COMPLIER = 0, 1, 2
SHARES = (0.2, 0.3, 0.5)
LEVEL = 0.95
FAR = 3.29  # Monte Carlo standard errors
DAY = 200
# Daily hazards by type, without and with walking.
HAZARD = {ALWAYS: (0.0020, 0.0015), NEVER: (0.0060, 0.0060), COMPLIER: (0.0045, 0.0025)}


def people(rng):
    kind = rng.choice(3, 2 * EACH, p=SHARES)
    second = np.arange(2 * EACH) % 2 == 1
    walks = (kind == ALWAYS) | ((kind == COMPLIER) & second)
    arm = pd.Categorical(np.where(second, "walking", "control"), ["control", "walking"])
    return kind, walks, pd.DataFrame({"arm": arm, "walks": walks})


def holds(one, truth):
    return one.conf_low <= truth <= one.conf_high


def pain(rng):
    """An effect of -1 in compliers, -0.3 in those who walk anyway."""
    kind, walks, frame = people(rng)
    level = np.array([4.0, 6.0, 5.0])[kind] + 2 * np.abs(rng.normal(size=len(kind))) ** 0.5
    frame["pain"] = level + walks * np.where(kind == COMPLIER, -1.0, -0.3)
    frame["pain"] += rng.normal(size=len(kind)) * np.where(walks, 1.5, 0.8)
    found = complier_effect(frame, received="walks", outcome="pain")
    as_treated = compare_means(frame, "pain", "walks").difference
    return holds(found.effect.estimate("compliers"), -1.0), holds(
        as_treated.estimate(as_treated.terms[0]), -1.0
    )


def times(rng):
    kind, walks, frame = people(rng)
    rates = np.array([HAZARD[k] for k in (ALWAYS, NEVER, COMPLIER)])
    time = rng.exponential(1 / rates[kind, walks.astype(int)])
    ends = rng.uniform(150, 500, len(kind))
    frame["days"], frame["event"] = np.minimum(time, ends), time <= ends
    return frame


def survives(walking, upto=DAY):
    return np.exp(-HAZARD[COMPLIER][walking] * upto)


def risk(rng):
    frame = times(rng)
    truth = survives(0) - survives(1)
    found = complier_effect(frame, received="walks", at=DAY)
    as_treated = compare_at(frame, "walks", at=DAY).risk_difference
    return holds(found.effect.estimate("compliers"), truth), holds(
        as_treated.estimate(as_treated.terms[0]), truth
    )


def free(rng):
    frame = times(rng)
    truth = np.subtract(*((1 - survives(w)) / HAZARD[COMPLIER][w] for w in (1, 0)))
    found = complier_effect(frame, received="walks", tau=DAY)
    as_treated = restricted_means(frame, "walks", tau=DAY).difference
    return holds(found.effect.estimate("compliers"), truth), holds(
        as_treated.estimate(as_treated.terms[0]), truth
    )


def hardly_moved(rng):
    """The arm moves the dose by a tenth of its spread; the interval by the error is the wrong one.

    Who walks more hurts less for other reasons, and 1 less for each unit walked.
    """
    n = 2 * EACH
    second = np.arange(n) % 2 == 1
    keen = rng.normal(size=n)
    frame = pd.DataFrame({"arm": second.astype(int), "minutes": keen + 0.1 * second})
    frame["pain"] = -frame["minutes"] - 2.0 * keen + 0.3 * rng.normal(size=n)
    found = complier_effect(frame, received="minutes", outcome="pain")
    (term,) = found.effect.terms
    return holds(found.effect.estimate(term), -1.0), holds(found.wald.estimate(term), -1.0)


@pytest.mark.slow
@pytest.mark.parametrize("cell", [pain, risk, free, hardly_moved])
def test_intervals_keep_their_level(cell):
    keeps(cell, LEVEL)


def gap(values):
    """Distance of the mean from -1, in Monte Carlo standard errors."""
    return abs(np.mean(values) + 1.0) / (np.std(values) / np.sqrt(len(values)))


@pytest.mark.slow
def test_weights_bring_back_those_who_stopped():
    """In the walking arm the old follow less and hurt more; everybody gains 1 by following.

    The mean of 400 weighted differences lies at -1, that without weights does not. Robust errors
    take the weights as known and are too long, so that coverage is at least its level.
    """
    rng = np.random.default_rng(20_260)
    weighted, plain, held = [], [], []
    for _ in range(400):
        age = rng.normal(size=2 * EACH)
        second = np.arange(2 * EACH) % 2 == 1
        follows = ~second | (rng.random(2 * EACH) < 1 / (1 + np.exp(age - 0.5)))
        frame = pd.DataFrame({"arm": second.astype(int), "age": age, "adhered": follows})
        frame["pain"] = 5 + 1.2 * age - second * follows + rng.normal(size=2 * EACH)
        made = treatment_weights(frame, "adhered ~ age", within="arm", all_follow="0")
        one = ols(made.kept, "pain ~ arm", se="HC0", weights="weight").estimate("arm")
        weighted.append(one.estimate)
        held.append(holds(one, -1.0))
        plain.append(ols(made.kept, "pain ~ arm").estimate("arm").estimate)
    assert gap(weighted) <= FAR
    assert gap(plain) > 3 * FAR
    assert np.mean(held) >= LEVEL - FAR * np.sqrt(LEVEL * (1 - LEVEL) / len(held))
