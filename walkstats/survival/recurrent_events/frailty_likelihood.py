"""What is the partial likelihood when every person has a frailty of his own?

Arrays only. The log frailties w (G,) stand in the linear predictor beside b'x and are held together
by a penalty. `evaluate` gives the partial likelihood, its slope and its information in (b, w);
`solve` the maximum of the penalised one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from walkstats.numerics.newton import ARRIVED, CLOSE, HALVINGS, TIGHT
from walkstats.survival.risk_sets import RiskSets

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

# Up to so many cells of people by event times Newton's step uses the whole information of the
# frailties; beyond, its diagonal, which takes less memory and more steps.
WHOLE = 20_000_000
# People by event times held at once where the whole does not fit.
BLOCK = 4_000_000
MOST_STEPS = 400
# A factored information serves further steps, and near-by variances, until the decrement falls by
# less than this factor.
STALE = 0.05
LONGEST = 3.0

Solver = Callable[[Floats], Floats]


@dataclass(frozen=True, eq=False)
class FrailtyData:
    """What stays the same while coefficients and frailties move.

    Attributes
    ----------
    X : (n, k) centred covariates
    group : (n,) codes of the person of each row
    groups : int, G
    events : (G,) events of each person
    sets : RiskSets, m times
    offset : (n,) or None
    efron : bool
    """

    X: Floats
    group: Indices
    groups: int
    events: Floats
    sets: RiskSets
    offset: Floats | None
    efron: bool


@dataclass(frozen=True, eq=False)
class Shared:
    """What risk sets take off the frailties' information, between people too: U M U'.

    U (G, 2q) holds each person's part of the sum at risk at the q event times, and of those with
    the event there; M (2q, 2q) is a matrix of four diagonals.

    Attributes
    ----------
    parts : (G, 2q)
    a, b, c : (q,)
        M is [[a, -b], [-b, c]].
    """

    parts: Floats
    a: Floats
    b: Floats
    c: Floats

    def weighted(self, right: Floats) -> Floats:
        """M times (2q, h)."""
        q = self.a.size
        a, b, c = (diagonal[:, None] for diagonal in (self.a, self.b, self.c))
        above, below = right[:q], right[q:]
        return np.vstack([a * above - b * below, c * below - b * above])


@dataclass(frozen=True, eq=False)
class FrailtyEvaluation:
    """The partial likelihood at (b, w), without the penalty.

    Attributes
    ----------
    log_likelihood : float
    score : (k,)
    frailty_score : (G,)
    information : (k, k)
    cross : (G, k)
    expected : (G,) events expected of each person
    diagonal : (G,) of the frailties' information
    shared : Shared or None
        With ``expected`` on the diagonal, less this, the information is whole.
    """

    log_likelihood: float
    score: Floats
    frailty_score: Floats
    information: Floats
    cross: Floats
    expected: Floats
    diagonal: Floats
    shared: Shared | None


@dataclass(frozen=True, eq=False)
class Penalty:
    """A penalty at w (G,): its value (to be taken off), slope and curvature, and w recentred."""

    w: Floats
    value: float
    first: Floats
    second: Floats


@dataclass(frozen=True, eq=False)
class FrailtySolution:
    """The maximum of the penalised partial likelihood at one variance.

    Attributes
    ----------
    variance : float
    b : (k,)
    w : (G,) log frailties
    here : FrailtyEvaluation
    penalty : Penalty
    converged : bool
    solver : callable
        Solves the frailties' block of a penalised information met on the way.
    """

    variance: float
    b: Floats
    w: Floats
    here: FrailtyEvaluation
    penalty: Penalty
    converged: bool
    solver: Solver


def gamma_penalty(w: Floats, variance: float) -> Penalty:
    """Frailties exp(w) of mean 1 with a gamma distribution: (sum(exp w) - sum(w)) / variance."""
    w = w - np.log(np.mean(np.exp(w)))
    # The sum of exp(w) is now G whatever w, and left out.
    return Penalty(w, -float(w.sum()) / variance, np.expm1(w) / variance, np.exp(w) / variance)


def gaussian_penalty(w: Floats, variance: float) -> Penalty:
    """Log frailties with a normal distribution of mean 0."""
    w = w - w.mean()
    constant = w.size * np.log(2.0 * np.pi * variance)
    value = 0.5 * (float(w @ w) / variance + constant)
    return Penalty(w, value, w / variance, np.full(w.size, 1.0 / variance))


PENALTIES = {"gamma": gamma_penalty, "gaussian": gaussian_penalty}


@dataclass(frozen=True, eq=False)
class _Tied:
    """Sums over tied events of weight x fraction^p / denominator^q, by time (m,): Ap, Bp, Cp."""

    a1: Floats
    b1: Floats
    a2: Floats
    b2: Floats
    c2: Floats
    log_sum: float


def _tied(data: FrailtyData, risk: Floats, own: Floats) -> _Tied:
    sets = data.sets
    tied = sets.tied
    index = np.repeat(np.arange(sets.n_times), tied)
    turn = np.arange(index.size) - np.repeat(np.cumsum(tied) - tied, tied)
    share = turn / tied[index] if data.efron else np.zeros(index.size)
    weight = sets.n_event[index] / tied[index]
    below = risk[index] - share * own[index]

    def by_time(values: Floats) -> Floats:
        return np.bincount(index, values, sets.n_times).astype(np.float64)

    one, two = weight / below, weight / below**2
    return _Tied(
        by_time(one),
        by_time(one * share),
        by_time(two),
        by_time(two * share),
        by_time(two * share**2),
        float(weight @ np.log(below)),
    )


def evaluate(b: Floats, w: Floats, data: FrailtyData) -> FrailtyEvaluation:
    """Partial likelihood, score and information in coefficients b (k,) and log frailties w (G,).

    Parameters
    ----------
    b, w : arrays
    data : FrailtyData

    Returns
    -------
    FrailtyEvaluation
    """
    sets, X = data.sets, data.X
    eta = X @ b + w[data.group]
    eta = eta if data.offset is None else eta + data.offset
    highest = float(eta.max())
    r = sets.mass * np.exp(eta - highest)
    happened = np.where(sets.event, sets.mass, 0.0)
    happened = happened if sets.first is None else happened * (sets.first <= sets.last)
    own = np.where(happened > 0, r, 0.0)
    t = _tied(data, sets.at_risk(r), sets.at_times(own))
    expected = r * sets.over_time(t.a1) - own * t.b1[sets.last]
    left = happened - expected
    first, first_own = sets.at_risk(r[:, None] * X), sets.at_times(own[:, None] * X)
    from_risk = t.a2[:, None] * first - t.b2[:, None] * first_own
    from_own = t.b2[:, None] * first - t.c2[:, None] * first_own
    cross, diagonal, shared = _by_person(data, r, own, expected, t, from_risk, from_own)
    return FrailtyEvaluation(
        log_likelihood=float(happened @ (eta - highest)) - t.log_sum,
        score=X.T @ left,
        frailty_score=_sums(data, left),
        information=(X.T * expected) @ X - first.T @ from_risk + first_own.T @ from_own,
        cross=cross,
        expected=_sums(data, expected),
        diagonal=diagonal,
        shared=shared,
    )


def _sums(data: FrailtyData, rows: Floats) -> Floats:
    return np.bincount(data.group, rows, data.groups).astype(np.float64)


def _by_person(
    data: FrailtyData,
    r: Floats,
    own: Floats,
    expected: Floats,
    t: _Tied,
    from_risk: Floats,
    from_own: Floats,
) -> tuple[Floats, Floats, Shared | None]:
    """The parts of the information that have a person in them."""
    at = np.flatnonzero(data.sets.tied)
    a2, b2, c2 = t.a2[at], t.b2[at], t.c2[at]
    diagonal = _sums(data, expected)
    cross = np.empty((data.groups, data.X.shape[1]))
    for k, column in enumerate(data.X.T):
        cross[:, k] = _sums(data, expected * column)
    shared = None
    for people, risk, tied in _blocks(data, r, own, at):
        diagonal[people] -= (risk**2) @ a2 - 2.0 * (risk * tied) @ b2 + (tied**2) @ c2
        cross[people] -= risk @ from_risk[at] - tied @ from_own[at]
        if risk.shape[0] == data.groups:
            shared = Shared(np.hstack([risk, tied]), a2, b2, c2)
    return cross, diagonal, shared


def _blocks(
    data: FrailtyData, r: Floats, own: Floats, at: Indices
) -> Iterator[tuple[slice, Floats, Floats]]:
    """People in blocks: their part (g, events) of the sum at risk, and of those with the event."""
    sets, q = data.sets, at.size
    begins, ends = np.searchsorted(at, sets.from_index), np.searchsorted(at, sets.last, "right")
    begins = np.minimum(begins, ends)
    size = data.groups if data.groups * q <= WHOLE else max(1, BLOCK // (q + 1))
    for low in range(0, data.groups, size):
        high = min(low + size, data.groups)
        rows = np.flatnonzero((data.group >= low) & (data.group < high))
        place = (data.group[rows] - low) * (q + 1)
        cells = (high - low) * (q + 1)
        change = np.bincount(place + begins[rows], r[rows], cells).astype(np.float64)
        change -= np.bincount(place + ends[rows], r[rows], cells)
        risk = np.cumsum(change.reshape(high - low, q + 1), axis=1)[:, :q]
        stops = place + np.maximum(ends[rows] - 1, 0)
        tied = np.bincount(stops, own[rows], cells).astype(np.float64)
        yield slice(low, high), risk, tied.reshape(high - low, q + 1)[:, :q]


def solve(
    data: FrailtyData,
    distribution: str,
    variance: float,
    b: Floats,
    w: Floats,
    solver: Solver | None = None,
) -> FrailtySolution:
    """Maximise the penalised partial likelihood at one variance of the frailties.

    Parameters
    ----------
    data : FrailtyData
    distribution : {"gamma", "gaussian"}
    variance : float
        Above 0.
    b, w : (k,), (G,)
        Where to start.
    solver : callable, optional
        Of a solution at a near-by variance.

    Returns
    -------
    FrailtySolution
    """
    penalise = PENALTIES[distribution]
    penalty = penalise(w, variance)
    here = evaluate(b, penalty.w, data)
    before, converged = np.inf, False
    for _ in range(MOST_STEPS):
        if solver is None or here.shared is None:
            solver = people_solver(here, penalty.second)
        slope = here.frailty_score - penalty.first
        step_b, step_w = _step(here, slope, solver)
        decrement = float(step_b @ here.score + step_w @ slope)
        slower = here.shared is not None and decrement >= 0.25 * before
        converged = decrement <= TIGHT or (decrement <= CLOSE and slower)
        if converged:
            break
        climbed = _climb(data, penalise, variance, (b, penalty, here), (step_b, step_w))
        if climbed is None:
            converged = decrement <= ARRIVED
            break
        b, penalty, here = climbed
        if decrement > STALE * before:
            solver = None
        before = decrement
    if solver is None:
        solver = people_solver(here, penalty.second)
    return FrailtySolution(variance, b, penalty.w, here, penalty, converged, solver)


def _climb(
    data: FrailtyData,
    penalise: Callable[[Floats, float], Penalty],
    variance: float,
    at: tuple[Floats, Penalty, FrailtyEvaluation],
    step: tuple[Floats, Floats],
) -> tuple[Floats, Penalty, FrailtyEvaluation] | None:
    """Take the step, or the largest half of a half of it that does not go down."""
    b, penalty, here = at
    height = here.log_likelihood - penalty.value
    slack = 1e-12 * (abs(height) + 1.0)
    # A first step may be far too long; no frailty changes by more than a factor of 20 at once.
    longest = max(1.0, float(np.abs(step[1]).max()) / LONGEST)
    for halving in range(HALVINGS):
        share = 0.5**halving / longest
        there = penalise(penalty.w + share * step[1], variance)
        found = evaluate(b + share * step[0], there.w, data)
        if found.log_likelihood - there.value >= height - slack:
            return b + share * step[0], there, found
    return None


def _step(here: FrailtyEvaluation, slope: Floats, solver: Solver) -> tuple[Floats, Floats]:
    """Newton's step in (b, w), the frailties eliminated first."""
    k = here.score.size
    solved = solver(np.column_stack([here.cross, slope]))
    schur = here.information - here.cross.T @ solved[:, :k]
    step_b = np.asarray(np.linalg.solve(schur, here.score - here.cross.T @ solved[:, k]))
    return step_b, np.asarray(solved[:, k] - solved[:, :k] @ step_b)


def people_solver(here: FrailtyEvaluation, second: Floats) -> Solver:
    """Solve the frailties' own block, penalty included, for columns (G, h)."""
    shared = here.shared
    if shared is None:
        alone = (here.diagonal + second)[:, None]
        return lambda right: right / alone
    diagonal = (here.expected + second)[:, None]
    parts = shared.parts
    if parts.shape[0] <= parts.shape[1]:
        block = linalg.lu_factor(np.diag(diagonal[:, 0]) - parts @ shared.weighted(parts.T))
        return lambda right: np.asarray(linalg.lu_solve(block, right))
    # Fewer event times than people: Woodbury's identity.
    scaled = parts / diagonal
    core = linalg.lu_factor(np.eye(parts.shape[1]) - shared.weighted(parts.T @ scaled))

    def by_times(right: Floats) -> Floats:
        inner = linalg.lu_solve(core, shared.weighted(scaled.T @ right))
        return np.asarray(right / diagonal + scaled @ inner)

    return by_times
