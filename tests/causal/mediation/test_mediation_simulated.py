"""Natural indirect effects of simulated trials, whose truth is known.

In each cell something affects mediator and outcome. The interval that adjusts for it has to keep to
95 %, and the one that does not has to be found out on the same trials.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from tests.replicates import keeps
from walkstats.causal import mediate, mediate_from_landmark

COVERAGE = 0.95


def trial(rng, n):
    arm = np.arange(n) % 2
    mood = rng.normal(size=n)
    minutes = 100 + 30 * arm + 15 * mood + rng.normal(0, 30, n)
    return arm, mood, minutes, pd.DataFrame({"arm": arm, "mood": mood, "minutes": minutes})


def holds(found, truth, term="natural indirect"):
    one = found.effects.estimate(term)
    return one.conf_low <= truth <= one.conf_high


@pytest.mark.slow
def test_coverage_of_two_linear_models():
    """Percentile bootstrap, arm and mediator interacting; indirect 30 (-0.02 + 0.01)."""

    def replicate(rng):
        arm, mood, minutes, frame = trial(rng, 160)
        frame["pain"] = (
            5 - 0.3 * arm - 0.02 * minutes + 0.01 * arm * minutes - mood + rng.normal(size=160)
        )
        asked = {"outcome": "pain", "mediator": "minutes", "replicates": 250}
        asked["seed"] = int(rng.integers(2**31))
        right = mediate(frame, covariates="mood", **asked)
        return holds(right, -0.3), holds(mediate(frame, **asked), -0.3)

    keeps(replicate, COVERAGE)


@pytest.mark.slow
def test_coverage_of_an_outcome_of_yes_and_no():
    """Delta method, probit: the truth by averaging over mediator and mood in closed form."""
    slope, through_mood, spread = -0.02, -0.8, 30.0

    def mean(own, other):
        centre = 2 - 0.2 * own + slope * (100 + 30 * other)
        by_mood = through_mood + slope * 15
        return norm.cdf(centre / np.sqrt(1 + (slope * spread) ** 2 + by_mood**2))

    truth = mean(1, 1) - mean(1, 0)

    def replicate(rng):
        arm, mood, minutes, frame = trial(rng, 240)
        latent = 2 - 0.2 * arm + slope * minutes + through_mood * mood + rng.normal(size=240)
        frame["worse"] = (latent > 0).astype(int)
        asked = {"outcome": "worse", "mediator": "minutes", "outcome_model": "probit"}
        asked |= {"interval": "delta", "seed": 1, "interaction": False}
        right = mediate(frame, covariates="mood", **asked)
        return holds(right, truth), holds(mediate(frame, **asked), truth)

    keeps(replicate, COVERAGE)


@pytest.mark.slow
def test_coverage_from_a_landmark():
    """Risk linear in arm and mediator by construction, with censoring that depends on the arm.

    The wrong variant takes the event as seen for those censored without it.
    """
    through, n = -0.002, 300

    def replicate(rng):
        arm = np.arange(n) % 2
        minutes = rng.uniform(60, 120, n) + 40 * arm
        risk = 0.75 - 0.05 * arm + through * minutes
        # Half of the risk by day 200 falls evenly on days 31 to 200.
        comes = rng.random(n) < risk
        time = np.where(comes, rng.uniform(31, 200, n), 400.0)
        end = np.where(arm == 1, rng.uniform(60, 500, n), rng.uniform(150, 500, n))
        frame = pd.DataFrame(
            {"arm": arm, "minutes": minutes, "days": np.minimum(time, end), "event": time <= end}
        )
        truth = 40 * through - 0.05
        asked = {"mediator": "minutes", "interval": "delta", "seed": 1, "interaction": False}
        right = mediate_from_landmark(frame, landmark=30, at=200, **asked)
        naive = frame.assign(seen=frame["event"].astype(int))
        wrong = mediate(naive, outcome="seen", outcome_model="linear", **asked)
        return holds(right, truth, "total"), holds(wrong, truth, "total")

    keeps(replicate, COVERAGE)
