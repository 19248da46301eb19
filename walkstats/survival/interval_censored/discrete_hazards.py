"""How far does each group lie from hazards that are equal in all groups? Scores, information.

The null distribution is written by the hazards of its places: h_j = mass_j / mass from j on. Under
the alternative log(h / (1 - h)) of a group is shifted by the same amount everywhere; for
right-censored data the score of that shift is observed minus expected of the log-rank test.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.survival.interval_censored.mass import estimate_mass
from walkstats.survival.interval_censored.places_of_mass import (
    Places,
    sum_over_pairs,
    sum_over_runs,
    weighted_count,
)

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

# d events among n at risk have variance d (n - d) / (n - 1) with the numbers given, and
# d (n - d) / n by the information; with fewer than two at risk there is nothing to correct.
FEWEST_AT_RISK = 2.0
# Information below this share of what there is before the hazards are eliminated is rounding.
ROUNDING = 1e-11


@dataclass(frozen=True, eq=False)
class GroupScore:
    """Score and information of the shifts of g groups in one stratum.

    Attributes
    ----------
    rows : (n,)
        Score of each row: 1 less the cumulative null hazard at an exact event, minus the cumulative
        hazard at a censoring, the mean over the places allowed in between.
    score : (g,)
        Sum by group, weighted.
    information : (g, g)
        Observed, the null hazards eliminated.
    gap : float
    """

    rows: Floats
    score: Floats
    information: Floats
    gap: float


def score_groups(places: Places, weight: Floats, group: Indices, groups: int) -> GroupScore:
    """Score the groups against a common distribution.

    Parameters
    ----------
    places : Places
    weight : (n,)
    group : (n,) codes
    groups : int

    Returns
    -------
    GroupScore
    """
    found = estimate_mass(places, weight)
    held = np.flatnonzero(found.mass > 0)
    mass = found.mass[held]
    # Runs of positive places; the last of all has hazard 1 and no shift.
    first = np.searchsorted(held, places.first)
    last = np.searchsorted(held, places.last, side="right") - 1
    free = mass.size - 1
    hazard = mass[:free] / np.cumsum(mass[::-1])[::-1][:free]
    one = _Rows(hazard, first, last)
    rows = one.scores()
    score = weighted_count(group, weight * rows, groups)
    return GroupScore(rows, score, _efficient(one, weight, group, groups), found.gap)


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows of a stratum as runs of the places with positive mass, whose hazards are below 1."""

    hazard: Floats
    first: Indices
    last: Indices

    @property
    def bounded(self) -> NDArray[np.bool_]:
        """Whether a row excludes the last place, whose hazard is 1."""
        return self.last < self.hazard.size

    def odds(self) -> Floats:
        """Chance of passing a row's run unharmed over that of not doing so; 0 without a bound."""
        total = np.concatenate([[0.0], np.cumsum(np.log1p(-self.hazard))])
        rows = self.bounded
        found = np.zeros(self.first.size)
        passed = total[self.last[rows] + 1] - total[self.first[rows]]
        found[rows] = 1.0 / np.expm1(-passed)
        return found

    def scores(self) -> Floats:
        total = np.concatenate([[0.0], np.cumsum(self.hazard)])
        rows, odds = self.bounded, self.odds()
        found = -total[self.first]
        inside = total[self.last[rows] + 1] - total[self.first[rows]]
        found[rows] += odds[rows] * inside
        return found

    def information(self, weight: Floats) -> Floats:
        """Minus the second derivatives by the logits of the hazards, summed over rows."""
        number, rows, odds = self.hazard.size, self.bounded, self.odds()[self.bounded]
        run = (self.first[rows], self.last[rows], number)
        spread = self.hazard * (1.0 - self.hazard)
        pairs = sum_over_pairs(weight[rows] * odds * (1.0 + odds), *run)
        found = pairs * np.outer(self.hazard, self.hazard)
        begun = np.bincount(self.first, weight, number + 1)
        at_risk = np.cumsum(begun[::-1])[::-1][1:] - sum_over_runs(weight[rows] * odds, *run)
        found[np.diag_indices(number)] += at_risk * spread
        return found


def _efficient(one: _Rows, weight: Floats, group: Indices, groups: int) -> Floats:
    """Information (g, g) of the groups' shifts after the null hazards have been estimated.

    Every place carries the factor n / (n - 1) of the hypergeometric variance, n its number at risk
    as far as the data tell, so that for right-censored data the log-rank test's variance results.
    """
    number = one.hazard.size
    parts = np.stack([one.information(np.where(group == g, weight, 0.0)) for g in range(groups)])
    whole = parts.sum(axis=0)
    spread = one.hazard * (1.0 - one.hazard)
    at_risk = np.maximum(np.diag(whole) / spread, FEWEST_AT_RISK)
    factor = np.sqrt(at_risk / (at_risk - 1.0))
    parts = parts * np.outer(factor, factor)
    whole = whole * np.outer(factor, factor)
    if number == 0:
        return np.zeros((groups, groups))
    crossed = parts.sum(axis=2)
    scale = np.sqrt(np.diag(whole))
    inverse = np.linalg.pinv(whole / np.outer(scale, scale), rcond=1e-12, hermitian=True)
    lost = (crossed / scale) @ inverse @ (crossed / scale).T
    own = crossed.sum(axis=1)
    found = np.diag(own) - lost
    return np.where(np.abs(found) <= ROUNDING * np.sqrt(np.outer(own, own)), 0.0, found)


def permutation_covariance(rows: Floats, weight: Floats, group: Indices, groups: int) -> Floats:
    """Covariance (g, g) of the groups' scores when people are dealt to the groups anew."""
    total = float(weight.sum())
    share = np.bincount(group, weight, groups) / total
    centred = rows - float(weight @ rows) / total
    spread = total * (np.diag(share) - np.outer(share, share))
    return spread * float(weight @ centred**2) / (total - 1.0) if total > 1 else 0.0 * spread
