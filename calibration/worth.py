"""What do costs and quality of life of a simulated trial come to, on arrays?

The fast twin of ``calibration.measures``, which takes ``walkstats.economics`` and regression.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from walkstats.design.observation import Coverage
from walkstats.design.people import Population
from walkstats.design.resources import HOUR_ABSENT, ITEMS, SESSION, Use, known_quarters, quarters
from walkstats.design.specification import Design
from walkstats.design.visits import MEASURES, Answers, adjusted_for_baseline

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ECONOMIC = "economic"
THRESHOLD = 28_000.0
TRIAL = (350, 351)  # the probability is that of a trial of this size in which nothing is missing
YEAR = 5  # the visits of the first year, baseline among them
WEIGHTS = np.array([0.125, 0.25, 0.25, 0.25, 0.125])


def worth(
    design: Design, people: Population, coverage: Coverage, answers: Answers, used: Use
) -> dict[str, float]:
    """Cost per quality-adjusted life-year gained, and the probability that it is worth it."""
    sessions, periods = _costs(design, people, coverage, used)
    utilities = _utilities(coverage, answers)
    walks = people.walking
    extra = _difference(sessions, walks) + sum(_difference(one, walks) for one in periods.T)
    gained = sum(
        weight * adjusted_for_baseline(utilities[:, k], utilities[:, 0], walks)
        for k, weight in enumerate(WEIGHTS)
        if k
    )
    benefit = THRESHOLD * (utilities @ WEIGHTS) - sessions - periods.sum(axis=1)
    return figures(extra, gained, residual_sd(benefit, utilities[:, 0], walks))


def figures(extra: float, gained: float, spread: float) -> dict[str, float]:
    """The published figures, from differences and the residual spread of the net benefit."""
    from scipy.special import ndtr

    error = spread * np.sqrt(1.0 / TRIAL[0] + 1.0 / TRIAL[1])
    return {
        f"{ECONOMIC}.icer_per_qaly": extra / gained,
        f"{ECONOMIC}.prob_ce": float(ndtr((THRESHOLD * gained - extra) / error)),
    }


def residual_sd(y: Floats, before: Floats, walking: Bools) -> float:
    """Spread of y about a regression on arm and baseline, among the complete."""
    known = ~np.isnan(y)
    x = np.column_stack([np.ones(known.sum()), walking[known], before[known]])
    left = y[known] - x @ np.linalg.lstsq(x, y[known], rcond=None)[0]
    return float(np.sqrt(left @ left / (len(left) - 3)))


def absences(people: Population, used: Use) -> float:
    """Hours absent per person who walks, for each hour per person who does not."""
    mine = used.item == HOUR_ABSENT
    hours = np.bincount(people.walking[used.person[mine]], used.quantity[mine], minlength=2)
    return float((hours[1] / people.walking.sum()) / (hours[0] / (~people.walking).sum()))


def _difference(values: Floats, walking: Bools) -> float:
    return float(np.nanmean(values[walking]) - np.nanmean(values[~walking]))


def _costs(
    design: Design, people: Population, coverage: Coverage, used: Use
) -> tuple[Floats, Floats]:
    """(n,) of sessions and (n, q) of the rest by period, missing where it is not known."""
    price = np.array([getattr(design.resources, name) for _, _, name in ITEMS], dtype=float)
    amount = price[used.item] * used.quantity
    mine = used.item == SESSION
    sessions = np.bincount(used.person[mine], amount[mine], minlength=people.size)
    ends = quarters(design)
    periods = np.zeros((people.size, len(ends)))
    place = np.searchsorted(ends, used.month)
    np.add.at(periods, (used.person[~mine], place[~mine]), amount[~mine])
    return sessions, np.where(known_quarters(design, people, coverage), periods, np.nan)


def _utilities(coverage: Coverage, answers: Answers) -> Floats:
    """(n, 5) utilities of the first year, 0 after death."""
    utilities = answers.values[MEASURES.index("eq5d_utility")][:, :YEAR]
    days = answers.months[:YEAR] * 365.25 / 12
    return np.where(coverage.dead_by(days), 0.0, utilities)
