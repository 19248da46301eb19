"""Which baseline hazard goes best with given coefficients? Its steps in one stratum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.survival.interval_censored.mass import estimate_mass
from walkstats.survival.interval_censored.nonnegative_maximum import maximise_nonnegative
from walkstats.survival.interval_censored.places_of_mass import (
    Indices,
    Places,
    sum_over_pairs,
    sum_over_runs,
)

Floats = NDArray[np.float64]

# exp() of more overflows.
HIGHEST = 700.0
# Slopes per unit of weight at which the steps have arrived.
TIGHT = 1e-13
# Further from the maximum than this Newton's steps are too short or too long.
FAR_OFF = 0.3
EM_STEPS = 20
# Share of the weight that a run is given where all its steps have vanished.
LIFT, VANISHED = 1e-6, 1e-100


@dataclass(frozen=True, eq=False)
class Stratum:
    """The rows of a stratum and the places that they allow.

    Attributes
    ----------
    places : Places
    rows : (n,)
        Their positions among all rows.
    weight : (n,)
    bounded : (n,) bool array
        Whether a row excludes the last place. The hazard of that place is infinite, since nothing
        speaks against it.
    start : (m - 1,)
        Steps of the cumulative hazard that go with coefficients of zero.
    """

    places: Places
    rows: Indices
    weight: Floats
    bounded: NDArray[np.bool_]
    start: Floats


def stratum_of(places: Places, rows: Indices, weight: Floats) -> Stratum:
    """Prepare the rows of a stratum; the start is Turnbull's estimate."""
    survival = np.concatenate([[1.0], estimate_mass(places, weight).survival[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = -np.diff(np.log(survival))
    # Where the curve reaches 0 before the last place a long step takes its part.
    steps = np.where(
        np.isfinite(steps), np.maximum(steps, 0.0), np.where(survival[1:] > 0, 0.0, 5.0)
    )
    bounded = places.last < places.number - 1
    return Stratum(places, rows, weight, bounded, steps)


@dataclass(frozen=True, eq=False)
class Derivatives:
    """Log-likelihood of the rows at steps d and linear predictors eta, with its derivatives.

    Attributes
    ----------
    value : float
    slope : (m - 1,)
        By d.
    information : (m - 1, m - 1)
        By d and d, the sign turned.
    score : (n,)
        By eta, per unit of weight.
    curvature : (n,)
        By eta twice, the sign turned, per unit of weight.
    before, within : (n,)
        By eta and by the step of a place before the row's first, and within its run: minus the
        second derivatives, per unit of weight.
    slope_before, slope_within : (n,)
        By such steps alone: the first derivatives.
    passed : (m - 1,)
        Weight times exp(eta) of the rows known to have passed a place.
    """

    value: float
    slope: Floats
    information: Floats
    score: Floats
    curvature: Floats
    before: Floats
    within: Floats
    slope_before: Floats
    slope_within: Floats
    passed: Floats

    def gap(self, steps: Floats) -> float:
        """Largest departure from the conditions of a maximum, as a share of those who passed."""
        if not np.isfinite(self.value):
            return np.inf
        share = self.slope / self.passed
        return float(np.where(steps > 0, np.abs(share), share).max(initial=0.0))


def derivatives(steps: Floats, eta: Floats, stratum: Stratum) -> Derivatives:
    """Differentiate sum w log(exp(-u) - exp(-u - v)).

    u is the cumulative hazard before the row's run of places, times exp(eta); v that within it,
    infinite where the run holds the last place.
    """
    first, last, rows = stratum.places.first, stratum.places.last, stratum.bounded
    number, weight = steps.size, stratum.weight
    risk = np.exp(np.minimum(eta, HIGHEST))
    total = np.concatenate([[0.0], np.cumsum(steps)])
    u = risk * total[first]
    v = risk[rows] * _within(steps, total, first[rows], last[rows])
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        odds = 1.0 / np.expm1(np.minimum(v, HIGHEST))
        value = float(weight[rows] @ np.log(-np.expm1(-v)) - weight @ u)
        if not np.isfinite(value):
            none, empty = np.zeros(0), np.zeros(number)
            square = np.zeros((number, number))
            return Derivatives(-np.inf, empty, square, none, none, none, none, none, none, empty)
    bend = odds * (1.0 + odds)
    score, curvature = -u, u.copy()
    score[rows] += v * odds
    curvature[rows] += v * (v * bend - odds)
    within, slope_within = np.zeros(u.size), np.zeros(u.size)
    within[rows] = risk[rows] * (v * bend - odds)
    slope_within[rows] = risk[rows] * odds
    run = first[rows], last[rows], number
    passed = _sum_before(weight * risk, first, number)
    slope = sum_over_runs(weight[rows] * slope_within[rows], *run) - passed
    pairs = sum_over_pairs(weight[rows] * risk[rows] ** 2 * bend, *run)
    return Derivatives(
        value, slope, pairs, score, curvature, risk, within, -risk, slope_within, passed
    )


def best_steps(eta: Floats, stratum: Stratum, start: Floats) -> Floats:
    """Maximise the log-likelihood of the stratum over the steps (m - 1,) of its baseline hazard."""
    total = float(stratum.weight.sum())
    risk = np.exp(np.minimum(eta, HIGHEST))
    passed = _sum_before(stratum.weight * risk, stratum.places.first, start.size)
    # A step times this is the share of the weight that it expects to have its event there.
    unit = total / passed

    def evaluate(share: Floats) -> tuple[float, Floats, Floats]:
        here = derivatives(share * unit, eta, stratum)
        information = here.information * np.outer(unit, unit) / total
        return here.value / total, here.slope * unit / total, information

    begin = start
    if derivatives(start, eta, stratum).gap(start) > FAR_OFF:
        begin = _nearer(start, risk, passed, stratum)
    return maximise_nonnegative(evaluate, begin / unit, tight=TIGHT).values * unit


def _nearer(steps: Floats, risk: Floats, passed: Floats, stratum: Stratum) -> Floats:
    """Take steps of expectation and maximisation, which cross orders of magnitude at once.

    A row with its event in a run is given the expected number of a Poisson process, at least one.
    """
    rows, number = stratum.bounded, steps.size
    first, last = stratum.places.first[rows], stratum.places.last[rows]
    mass = stratum.weight[rows] * risk[rows]
    down = passed + sum_over_runs(mass, first, last, number)
    lift = LIFT * float(stratum.weight.sum()) / passed
    for _ in range(EM_STEPS):
        total = np.concatenate([[0.0], np.cumsum(steps)])
        within = _within(steps, total, first, last)
        if within.min(initial=1.0) < VANISHED:
            # Far from here rounding can take a run all its steps: its row would be impossible.
            lost = sum_over_runs((within < VANISHED).astype(float), first, last, number)
            steps = np.where(lost > 0, np.fmax(steps, lift), steps)
            total = np.concatenate([[0.0], np.cumsum(steps)])
            within = _within(steps, total, first, last)
        v = risk[rows] * within
        steps = steps * sum_over_runs(mass / -np.expm1(-v), first, last, number) / down
    return steps


def over_places(before: Floats, within: Floats, stratum: Stratum) -> Floats:
    """Add up by place what rows (n, k) say of the steps before and within their runs (m - 1, k)."""
    number, rows = stratum.places.number - 1, stratum.bounded
    weight = stratum.weight[:, np.newaxis]
    first, last = stratum.places.first, stratum.places.last
    inside = sum_over_runs((weight * within)[rows], first[rows], last[rows], number)
    return inside + _sum_before(weight * before, first, number)


def along_rows(direction: Floats, here: Derivatives, stratum: Stratum) -> Floats:
    """Derivative of each row's log-likelihood (n, k) along directions (m - 1, k) of the steps."""
    first, rows = stratum.places.first, stratum.bounded
    total = np.concatenate([np.zeros((1, direction.shape[1])), np.cumsum(direction, axis=0)])
    found = here.slope_before[:, np.newaxis] * total[first]
    last = stratum.places.last[rows]
    inside = total[last + 1] - total[first[rows]]
    found[rows] += here.slope_within[rows, np.newaxis] * inside
    return found


def _within(steps: Floats, total: Floats, first: Indices, last: Indices) -> Floats:
    inside = total[last + 1] - total[first]
    single = first == last
    inside[single] = steps[first[single]]
    return inside


def _sum_before(values: Floats, first: Indices, number: int) -> Floats:
    """Add each row's value to the places before its first."""
    sums = np.zeros((number + 1, *values.shape[1:]))
    np.add.at(sums, first, values)
    return np.cumsum(sums[::-1], axis=0)[::-1][1:]
