"""How likely are yes and no when every person leans to one of them by an unknown amount?

The likelihood of a person is an integral over how they lean, taken by Gauss and Hermite's points,
centred and scaled for each person at the amount that fits best. One point is Laplace's
approximation. Arrays only; rows of a person stand together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

MODE_STEPS = 60
MODE_EXACT = 1e-11
LONGEST = 3.0  # standard deviations that a mode moves in one step


@dataclass(frozen=True)
class LeaningPeople:
    """Outcomes of n rows of m people.

    Attributes
    ----------
    outcome : (n,) array of 0 and 1
    matrix : (n, k) array
    person : (n,) codes, in ascending order
    starts : (m,) first row of each person
    """

    outcome: Floats
    matrix: Floats
    person: Integers
    starts: Integers


@dataclass(frozen=True)
class Leanings:
    """Where people lean at given parameters.

    Attributes
    ----------
    log_likelihood : float
    modes, spreads : (m,) arrays
        In standard deviations of the people: the amount that fits best, and its standard error.
    """

    log_likelihood: float
    modes: Floats
    spreads: Floats


def integrate(people: LeaningPeople, beta: Floats, sigma: float, points: int) -> Leanings:
    """The log-likelihood of coefficients and of the standard deviation between people."""
    eta = people.matrix @ beta
    modes, spreads = _modes(people, eta, sigma)
    x, w = special.roots_hermite(points)
    at = modes[:, None] + np.sqrt(2.0) * spreads[:, None] * x
    lines = eta[:, None] + sigma * at[people.person]
    each = people.outcome[:, None] * lines - np.logaddexp(0.0, lines)
    inside = np.add.reduceat(each, people.starts, axis=0) - at**2 / 2.0
    total = special.logsumexp(inside + x**2, b=w, axis=1)
    value = np.sum(total + np.log(spreads) - 0.5 * np.log(np.pi))
    return Leanings(float(value), modes, spreads)


def _modes(people: LeaningPeople, eta: Floats, sigma: float) -> tuple[Floats, Floats]:
    """Newton's method for all people at once; what is sought has one summit."""
    modes = np.zeros(len(people.starts))
    for _ in range(MODE_STEPS):
        risk = special.expit(eta + sigma * modes[people.person])
        slope = sigma * np.add.reduceat(people.outcome - risk, people.starts) - modes
        bend = sigma**2 * np.add.reduceat(risk * (1.0 - risk), people.starts) + 1.0
        step = np.clip(slope / bend, -LONGEST, LONGEST)
        modes = modes + step
        if np.abs(step).max() < MODE_EXACT:
            break
    risk = special.expit(eta + sigma * modes[people.person])
    bend = sigma**2 * np.add.reduceat(risk * (1.0 - risk), people.starts) + 1.0
    return modes, 1.0 / np.sqrt(bend)
