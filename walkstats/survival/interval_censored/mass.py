"""How much of the probability lies in each place, and how surely is that known?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.errors import FitError
from walkstats.survival.interval_censored.nonnegative_maximum import maximise_nonnegative
from walkstats.survival.interval_censored.places_of_mass import (
    Indices,
    Places,
    sum_over_pairs,
    sum_over_runs,
    weighted_count,
)

Floats = NDArray[np.float64]

# The gap promised, and the one asked of the search.
PROMISED = 1e-9
TIGHT = 1e-13
# Mass below this is on its way to zero.
DUST = 1e-13
# Steps of self-consistency before Newton's: more where many places have to lose their mass.
EM_STEPS, MANY, MORE_STEPS = 10, 400, 100
# Places whose matrix still fits into memory: 300 MB, a few times over.
MOST_PLACES = 6_000
# A root below this share of the largest: the masses are not unique there.
UNDETERMINED = 1e-9


@dataclass(frozen=True, eq=False)
class Mass:
    """The nonparametric maximum likelihood estimate on m places.

    Attributes
    ----------
    mass : (m,)
        Sums to 1; exactly zero where there is none.
    log_likelihood : float
    gap : float
        Largest departure from the conditions of a maximum, per unit of weight (0 at the maximum).
    first, last, weight : (c,)
        Distinct runs of places, and the weight of the rows that allow them.
    """

    mass: Floats
    log_likelihood: float
    gap: float
    first: Indices
    last: Indices
    weight: Floats

    @property
    def survival(self) -> Floats:
        """Share still free of the event after each place (m,)."""
        after = 1.0 - np.cumsum(self.mass)
        held = np.flatnonzero(self.mass > 0)
        after[held[-1] :] = 0.0
        return np.clip(after, 0.0, 1.0)


def estimate_mass(places: Places, weight: Floats) -> Mass:
    """Maximise the likelihood of rows that allow runs of places.

    Parameters
    ----------
    places : Places
    weight : (n,)
        Rows of weight 0 count for nothing; at least one must be positive.

    Returns
    -------
    Mass

    Raises
    ------
    FitError
        For more than 6,000 places: their matrix would fill the memory.

    Notes
    -----
    Maximises sum w log(sum of the masses allowed) - W (sum of all masses - 1), W the total weight;
    at its maximum over masses of at least zero they sum to 1. Some steps of Turnbull's
    self-consistency come first, then Newton's method under the bounds.
    """
    if places.number > MOST_PLACES:
        raise FitError(
            f"{places.number:,} places could carry mass: more than can be searched. Round the "
            "days, to whole ones say, so that people share them."
        )
    first, last, sums = _distinct_runs(places, weight)
    total, number = float(sums.sum()), places.number

    def evaluate(mass: Floats) -> tuple[float, Floats, Floats]:
        allowed = _allowed(mass, first, last)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = float(sums @ np.log(allowed)) - total * (float(mass.sum()) - 1.0)
            if not np.isfinite(value):
                return -np.inf, mass, np.zeros((0, 0))
            slope = sum_over_runs(sums / allowed, first, last, number) - total
            information = sum_over_pairs(sums / allowed**2, first, last, number)
        return value / total, slope / total, information / total

    start = np.full(number, 1.0 / number)
    for _ in range(EM_STEPS if number < MANY else MORE_STEPS):
        share = sums / total / _allowed(start, first, last)
        start = start * sum_over_runs(share, first, last, number)
    found = maximise_nonnegative(evaluate, np.maximum(start, 0.0), tight=TIGHT)
    mass = np.where(found.values < DUST, 0.0, found.values)
    mass = mass / mass.sum()
    value, slope, _ = evaluate(mass)
    off = np.where(mass > 0, np.abs(slope), slope)
    return Mass(mass, value * total, max(float(off.max()), 0.0), first, last, sums)


def _allowed(mass: Floats, first: Indices, last: Indices) -> Floats:
    before = np.concatenate([[0.0], np.cumsum(mass)])
    # Where few places are allowed their own sum has digits that a difference of sums loses.
    allowed = before[last + 1] - before[first]
    single = first == last
    allowed[single] = mass[first[single]]
    return allowed


def _distinct_runs(places: Places, weight: Floats) -> tuple[Indices, Indices, Floats]:
    counted = weight > 0
    key = places.first[counted] * places.number + places.last[counted]
    runs, of = np.unique(key, return_inverse=True)
    sums = weighted_count(of, weight[counted], runs.size)
    return runs // places.number, runs % places.number, sums


def survival_errors(found: Mass, squared: Floats | None = None) -> Floats:
    """Standard error of the survival after each place (m,).

    Parameters
    ----------
    found : Mass
    squared : (c,), optional
        Sum of the squared weights of each run: errors are then those of the rows' influence.

    Returns
    -------
    (m,) array
        nan where the survival is 0, and everywhere where the masses are not unique.

    Notes
    -----
    From the observed information of the masses that are positive, which sum to 1: with I the
    information, p the masses and W the weight, the covariance is I^-1 - p p' / W. For
    right-censored data it gives Greenwood's formula.
    """
    held = np.flatnonzero(found.mass > 0)
    number = found.mass.size
    allowed = _allowed(found.mass, found.first, found.last)
    pairs = sum_over_pairs(found.weight / allowed**2, found.first, found.last, number)
    information, p = pairs[np.ix_(held, held)], found.mass[held]
    scaled = information * np.outer(p, p)
    roots, vectors = np.linalg.eigh(scaled)
    if roots[0] <= UNDETERMINED * roots[-1]:
        return np.full(number, np.nan)
    covariance = (vectors / roots) @ vectors.T * np.outer(p, p)
    covariance -= np.outer(p, p) / found.weight.sum()
    if squared is not None:
        meat = sum_over_pairs(squared / allowed**2, found.first, found.last, number)
        covariance = covariance @ meat[np.ix_(held, held)] @ covariance
    summed = np.cumsum(np.cumsum(covariance, axis=0), axis=1)
    own = np.sqrt(np.maximum(np.diag(summed), 0.0))
    upto = np.searchsorted(held, np.arange(number), side="right")
    errors = np.concatenate([[0.0], own])[upto]
    return np.where(found.survival > 0, errors, np.nan)


def squared_weights(found: Mass, places: Places, weight: Floats) -> Floats:
    """Sum of the squared weights of the rows of each run (c,)."""
    counted = weight > 0
    key = places.first[counted] * places.number + places.last[counted]
    runs = found.first * places.number + found.last
    return weighted_count(np.searchsorted(runs, key), weight[counted] ** 2, runs.size)
