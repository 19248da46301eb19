"""What do the arms differ by, in the data and in any resample of them? Arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.economics.events_prevented import influence_on_risk, risk_by_horizon
from walkstats.economics.joint_regression import joint_regression
from walkstats.economics.paired_outcomes import Paired
from walkstats.numerics.least_squares import factor
from walkstats.numerics.replicates import Streams
from walkstats.resampling.drawing import Units
from walkstats.results import Frozen

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Booleans = NDArray[np.bool_]

# A resample starts from one of the completed data sets, where the chains have settled already.
ROUNDS = 3
# Smallest eigenvalue, of columns of unit length, of covariates that say the same.
ALIKE = 1e-10
# Random numbers of a seed: who is drawn, which donor gives.
WHO, DONOR = 0, 1


@dataclass(frozen=True)
class Differences:
    """Means of two arms and their differences in r samples.

    Attributes
    ----------
    means : (r, 4) cost of the first and second arm, effect of the first and second arm
    increments : (r, 2) cost and effect: second arm less first, of risks first less second
    fewer : in how many samples some covariates could not be told apart, and were left out
    """

    means: Floats
    increments: Floats
    fewer: int = 0


@dataclass(frozen=True, eq=False)
class Layout(Frozen):
    """What of n people and p + q columns goes where.

    Attributes
    ----------
    arm : (n,)
    wanted : (p, t) combinations of parts: cost, effect, then parts adjusted for
    cost_adjust, effect_adjust : positions among the t combinations, then the q fixed columns
    """

    arm: Indices
    wanted: Floats
    cost_adjust: Indices
    effect_adjust: Indices


def lay_out(paired: Paired) -> Layout:
    """Which combinations of the parts are needed of each person."""
    p = len(paired.part_names)
    both = np.unique(np.concatenate([paired.cost_adjust, paired.effect_adjust]))
    own = both[both < p]
    wanted = np.column_stack([paired.cost_weights, paired.effect_weights, np.eye(p)[:, own]])
    place = {int(j): 2 + k for k, j in enumerate(own)}
    place |= {int(j): wanted.shape[1] + int(j) - p for j in both[both >= p]}

    def places(adjust: Indices) -> Indices:
        return np.array([place[int(j)] for j in adjust], dtype=np.intp)

    return Layout(paired.arm, wanted, places(paired.cost_adjust), places(paired.effect_adjust))


def compare_samples(
    layout: Layout, arm: Indices, totals: Floats, fixed: Floats, risks: Floats | None
) -> Differences:
    """Means and differences of r samples.

    Parameters
    ----------
    layout : Layout
    arm : (u,) of the people in each sample, the same in all
    totals : (r, u, t) their combinations of parts
    fixed : (r, u, q) or (u, q)
    risks : (r, 2) of the event in each arm, or None where the effect is a mean
    """
    first, second = arm == 0, arm == 1
    cost, effect = totals[..., 0], totals[..., 1]
    pairs = [[value[:, who].mean(axis=1) for who in (first, second)] for value in (cost, effect)]
    means = np.column_stack([*pairs[0], *pairs[1]])
    increments = means[:, 1::2] - means[:, ::2]
    if risks is not None:
        means[:, 2:] = risks
        increments[:, 1] = risks[:, 0] - risks[:, 1]
    if layout.cost_adjust.size or layout.effect_adjust.size:
        x1, x2 = _designs(layout, arm, totals, fixed)
        if risks is None:
            increments, fewer = _of_the_arm(x1, cost, x2, effect)
        else:
            # Risks have no regression, so that costs have no residuals to go with: least squares.
            found, fewer = _of_the_arm(x1, cost, x1, cost)
            increments[:, 0] = found[:, 0]
        return Differences(means, increments, fewer)
    return Differences(means, increments)


def _of_the_arm(x1: Floats, y1: Floats, x2: Floats, y2: Floats) -> tuple[Floats, int]:
    """Coefficients (r, 2) of the arm; in how many samples without some of the covariates.

    A resample may hold nobody of a rare level. There the columns that say nothing new are left out,
    as any regression does; the arm is the second column, and stays.
    """
    poor = _undetermined(x1)
    if x1 is not x2:
        poor |= _undetermined(x2)
    out = np.empty((len(y1), 2))
    rich = ~poor
    if rich.any():
        a = x1 if rich.all() else x1[rich]
        found = joint_regression(a, y1[rich], a if x1 is x2 else x2[rich], y2[rich])
        out[rich] = np.column_stack([found.first[:, 1], found.second[:, 1]])
    for k in np.flatnonzero(poor):
        a = _independent(x1[k])
        one = joint_regression(a, y1[k], a if x1 is x2 else _independent(x2[k]), y2[k])
        out[k] = one.first[1], one.second[1]
    return out, int(poor.sum())


def _undetermined(x: Floats) -> Booleans:
    """Of which samples (r,) the columns of (r, u, k) cannot be told apart."""
    gram = x.swapaxes(-1, -2) @ x
    size = np.sqrt(np.einsum("rkk->rk", gram))
    poor = (size <= 0.0).any(axis=1)
    size = np.where(size > 0.0, size, 1.0)
    least = np.linalg.eigvalsh(gram / size[:, :, None] / size[:, None, :])[:, 0]
    return np.asarray(poor | (least <= ALIKE))


def _independent(x: Floats) -> Floats:
    """Columns of (u, k) that do not follow from those before them."""
    dependent = {own for own, *_ in factor(x).dependent}
    return x[:, [j for j in range(x.shape[1]) if j not in dependent]]


def with_covariance(
    paired: Paired, layout: Layout, totals: Floats
) -> tuple[Differences, Floats, float]:
    """Differences of one sample, their covariance (2, 2), and degrees of freedom.

    Parameters
    ----------
    totals : (n, t)
    """
    risks = None if paired.follow_up is None else _risks(paired, np.ones((1, paired.arm.size), int))
    found = compare_samples(layout, paired.arm, totals[None], paired.fixed, risks)
    if found.fewer:
        raise np.linalg.LinAlgError
    x1, x2 = _designs(layout, paired.arm, totals[None], paired.fixed)
    if paired.follow_up is None:
        joint = joint_regression(x1, totals[None, :, 0], x2, totals[None, :, 1])
        at = [1, x1.shape[-1] + 1]
        freedom = totals.shape[0] - max(x1.shape[-1], x2.shape[-1])
        return found, joint.covariance[0][np.ix_(at, at)], float(freedom)
    moved = np.zeros(paired.arm.size)
    for code, sign in ((0, 1.0), (1, -1.0)):
        moved += sign * influence_on_risk(paired.follow_up, paired.arm == code)
    x, y = x1[0], totals[:, 0]
    slope = np.linalg.solve(x.T @ x, x.T @ y)
    own = np.linalg.solve(x.T @ x, x.T)[1] * (y - x @ slope)
    own *= np.sqrt(len(y) / (len(y) - x.shape[1]))
    both = np.column_stack([own, moved])
    return found, both.T @ both, np.inf


def _designs(layout: Layout, arm: Indices, totals: Floats, fixed: Floats) -> tuple[Floats, Floats]:
    """Regressors (r, u, k) of either side; the same object where they are the same."""
    r, u = totals.shape[:2]
    every = np.concatenate([totals, np.broadcast_to(fixed, (r, u, fixed.shape[-1]))], axis=2)
    base = np.broadcast_to(np.column_stack([np.ones(u), arm]), (r, u, 2))

    def design(places: Indices) -> Floats:
        columns = every[..., places]
        # About their means: nothing of the arms' difference changes, and digits are kept.
        return np.concatenate([base, columns - columns.mean(axis=1, keepdims=True)], axis=2)

    x1 = design(layout.cost_adjust)
    same = np.array_equal(layout.cost_adjust, layout.effect_adjust)
    return x1, x1 if same else design(layout.effect_adjust)


def _risks(paired: Paired, copies: NDArray[np.int64]) -> Floats:
    """Risk of the event in each arm: (r, 2)."""
    assert paired.follow_up is not None
    return np.column_stack(
        [risk_by_horizon(copies * (paired.arm == code), paired.follow_up) for code in (0, 1)]
    )


@dataclass(frozen=True, eq=False)
class Resampling(Frozen):
    """Resamples within arms, each imputed once; it can be sent to another process.

    Attributes
    ----------
    paired : Paired
    layout : Layout
    units : Units
        Each participant a unit, within arms.
    completed : (m, n, p)
        Completed data sets from which resamples start; one where nothing is missing.
    seed, donors : int
    kernel : callable
        ``fill_resamples`` of either engine.
    """

    paired: Paired
    layout: Layout
    units: Units
    completed: Floats
    seed: int
    donors: int
    kernel: Callable[..., Floats]

    def resamples(self, numbers: range) -> Differences:
        """The comparison in some resamples."""
        drawn = self.units.draw(Streams(self.seed, WHO), numbers)
        arm = self.paired.arm[drawn[0]]
        totals = np.empty((*drawn.shape, self.layout.wanted.shape[1]))
        for code in (0, 1):
            totals[:, arm == code] = self._totals(numbers, drawn[:, arm == code], code)
        risks = None
        if self.paired.follow_up is not None:
            risks = _risks(self.paired, self.units.copies(drawn))
        return compare_samples(self.layout, arm, totals, self.paired.fixed[drawn], risks)

    def _totals(self, numbers: range, drawn: Indices, code: int) -> Floats:
        """Combinations (r, u, t) of the people drawn of one arm, imputed anew in each resample."""
        gaps = self.paired.gaps
        here = self.paired.arm == code
        turns = _turns(gaps[here])
        if not turns.size:
            return np.asarray((self.completed[0] @ self.layout.wanted)[drawn])
        values = self.completed[:, here]
        centre, scale = _unit_of(values[0])
        fixed = self.paired.fixed[here]
        middle, spread = _unit_of(fixed)
        within = np.cumsum(here) - 1
        chance, bounds = self._chance(numbers, gaps, drawn, code)
        # In one layout, so that the compiled twin is compiled once.
        arguments = (
            np.ascontiguousarray((values - centre) / scale),
            gaps[here],
            (fixed - middle) / spread,
            turns,
            np.ascontiguousarray(within[drawn]),
            np.array(numbers) % len(values),
            chance,
            bounds,
            ROUNDS,
            self.donors,
            self.layout.wanted * scale[:, None],
        )
        return np.asarray(self.kernel(*arguments) + centre @ self.layout.wanted)

    def _chance(
        self, numbers: range, gaps: Booleans, drawn: Indices, code: int
    ) -> tuple[Floats, Indices]:
        """Random numbers for the gaps of each resample, from a stream of its own."""
        streams = Streams(self.seed, DONOR + code)
        sizes = ROUNDS * gaps.sum(axis=1)[drawn].sum(axis=1)
        bounds = np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp)
        chance = np.empty(bounds[-1])
        for k, number in enumerate(numbers):
            streams.at(number).random(out=chance[bounds[k] : bounds[k + 1]])
        return chance, bounds


def _turns(gaps: Booleans) -> Indices:
    """Columns with gaps, those with the fewest first."""
    number = gaps.sum(axis=0)
    order = np.argsort(number, kind="stable")
    return order[number[order] > 0].astype(np.intp)


def _unit_of(values: Floats) -> tuple[Floats, Floats]:
    """Mean and spread of each column; 1 for one that does not vary."""
    spread = values.std(axis=0)
    return values.mean(axis=0), np.where(spread > 0, spread, 1.0)
