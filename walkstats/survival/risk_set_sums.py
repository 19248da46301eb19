"""What does each risk set add up to? The sums that Cox's likelihood and its residuals share.

Covariates are brought into the order of the risk sets once; every sum over risk sets is then a
running sum backwards in time, and every sum over the times at which a row is at risk one forwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from walkstats.survival.risk_sets import RiskSets

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

# exp() of a linear predictor that spans more than this underflows; sums are then scaled apart
# for each risk set, which is slower and never needed by ordinary data.
WIDEST = 600.0


@dataclass(frozen=True, eq=False)
class SortedCovariates:
    """Covariates in the order of the risk sets, with all that does not depend on coefficients.

    Rows n run in the order ``risk_sets.order``; e event times, of which t have tied events when
    ties are Efron's (t = 0 for Breslow); q event rows at those t times; z steps at them.

    Attributes
    ----------
    risk_sets : RiskSets
    ties : {"efron", "breslow", "exact"}
    columns : (k, n) covariates
    offset : (n,) or None
    mass, event_mass : (n,) weight of a row; the same where it has an event, else 0
    seen : (n,) bool, whether a row counts at all (positive weight, some time at risk)
    first : (n,) index of the first time at risk, or None where that is the start of the stratum
    event_times : (e,) time indices with an event
    weight, count : (e,) D and d
    tied : (t,) positions among the event times
    tied_rows, row_tie : (q,) rows with an event at a tied time; which of the t it is
    row_bounds : (t,) where each tie begins in tied_rows
    step_tie, fraction : (z,) which of the t a step belongs to; its share f
    step_bounds : (t,) where each tie begins among the steps
    """

    risk_sets: RiskSets
    ties: str
    columns: Floats
    offset: Floats | None
    mass: Floats
    event_mass: Floats
    seen: NDArray[np.bool_]
    first: Indices | None
    event_times: Indices
    weight: Floats
    count: Floats
    tied: Indices
    tied_rows: Indices
    row_tie: Indices
    row_bounds: Indices
    step_tie: Indices
    fraction: Floats
    step_bounds: Indices


def sort_covariates(
    X: Floats, risk_sets: RiskSets, offset: Floats | None = None, ties: str = "efron"
) -> SortedCovariates:
    """Bring covariates (n, k) into the order of the risk sets, once for many evaluations."""
    order = risk_sets.order
    mass = risk_sets.mass[order]
    first = None if risk_sets.first is None else risk_sets.first[order]
    last = risk_sets.last[order]
    seen = mass > 0 if first is None else (mass > 0) & (first <= last)
    happened = risk_sets.event[order] & seen
    event_times = np.flatnonzero(risk_sets.tied)
    count = risk_sets.tied[event_times]
    tied = np.flatnonzero(count > 1) if ties == "efron" else np.empty(0, dtype=np.intp)
    at_tie = np.full(risk_sets.n_times, -1)
    at_tie[event_times[tied]] = np.arange(tied.size)
    tied_rows = np.flatnonzero(happened & (at_tie[last] >= 0)) if tied.size else tied
    row_tie = at_tie[last[tied_rows]]
    steps = count[tied]
    step_bounds = np.cumsum(steps) - steps
    step_tie = np.repeat(np.arange(tied.size), steps)
    within = np.arange(step_tie.size) - step_bounds[step_tie]
    return SortedCovariates(
        risk_sets=risk_sets,
        ties=ties,
        columns=np.ascontiguousarray(X.T[:, order], dtype=np.float64),
        offset=None if offset is None else np.asarray(offset, float)[order],
        mass=mass,
        event_mass=np.where(happened, mass, 0.0),
        seen=seen,
        first=first,
        event_times=event_times,
        weight=risk_sets.n_event[event_times],
        count=count.astype(np.float64),
        tied=tied,
        tied_rows=tied_rows,
        row_tie=row_tie,
        row_bounds=np.flatnonzero(np.diff(row_tie, prepend=-1)),
        step_tie=step_tie,
        fraction=within / steps[step_tie],
        step_bounds=step_bounds,
    )


class Sums(NamedTuple):
    """Per event time (e) or tied event time (t), after the linear predictor eta (n,)."""

    predictor: Floats  # (n,) eta
    log_sum: Floats  # (e,) log S0
    mean: Floats  # (k, e) S1 / S0
    share: Floats  # (t,) E0 / S0
    event_mean: Floats  # (k, t) E1 / S0
    shift: float | None  # what exp() was shifted by; None where each risk set has its own


def linear_predictor(beta: Floats, model: SortedCovariates) -> Floats:
    """Linear predictor (n,) in sorted order, offset included."""
    eta = beta @ model.columns
    return eta if model.offset is None else eta + model.offset


def sum_risk_sets(eta: Floats, model: SortedCovariates) -> Sums:
    """Sum hazards and covariates over the risk set and the tied events of each event time."""
    counted = eta if model.seen.all() else eta[model.seen]
    shift = float(counted.max()) if counted.size else 0.0
    if counted.size and shift - float(counted.min()) > WIDEST:
        return _sum_risk_sets_apart(eta, model)
    risk = np.empty((1 + len(model.columns), eta.size))
    with np.errstate(over="ignore", invalid="ignore"):
        risk[0] = np.where(model.seen, model.mass * np.exp(eta - shift), 0.0)
    np.multiply(model.columns, risk[0], out=risk[1:])
    sums = _backwards(risk, model)[:, model.event_times]
    share = event_mean = risk[:, :0]
    if model.tied.size:
        tied = np.add.reduceat(risk[:, model.tied_rows], model.row_bounds, axis=1)
        tied /= sums[0, model.tied]
        share, event_mean = tied[:1], tied[1:]
    else:
        event_mean = event_mean[1:]
    return Sums(eta, np.log(sums[0]) + shift, sums[1:] / sums[0], share.ravel(), event_mean, shift)


def _backwards(values: Floats, model: SortedCovariates) -> Floats:
    """Sum values (j, n) over the risk set of each time: (j, m). As `RiskSets.at_risk`."""
    sets = model.risk_sets
    m = sets.n_times
    change = np.add.reduceat(values, sets.bounds[:-1], axis=1)
    if model.first is not None:
        for row, summed in zip(values, change, strict=True):
            summed -= np.bincount(model.first, row, m + 1)[1:]
    elif sets.n_strata > 1:
        begins = np.unique(sets.stratum_bounds[:-1])
        begins = begins[begins < m]
        change[:, begins[1:] - 1] -= np.add.reduceat(change, begins, axis=1)[:, 1:]
    return np.cumsum(change[:, ::-1], axis=1)[:, ::-1]


class Steps(NamedTuple):
    """Sums over the steps of each event time, in units of S0: u = S0 / (S0 - f E0).

    D / d times the sums of u, f u and u^2 over all event times (e,): hazard, taken, square; of
    f u^2 and f^2 u^2 over tied ones (t,): cross, both; and of -log u: log.
    """

    hazard: Floats
    taken: Floats
    square: Floats
    cross: Floats
    both: Floats
    log: float


def sum_steps(sums: Sums, model: SortedCovariates) -> Steps:
    """Sum what the steps of tied events take out, time by time."""
    hazard = model.weight
    if not model.tied.size:
        return Steps(hazard, np.zeros_like(hazard), hazard, hazard[:0], hazard[:0], 0.0)
    fraction, at = model.fraction, model.step_bounds
    each = model.weight[model.tied] / model.count[model.tied]
    left = 1.0 - fraction * sums.share[model.step_tie]
    u = 1.0 / left
    taken = fraction * u
    stacked = np.stack([u, taken, u * u, u * taken, taken * taken])
    summed = np.add.reduceat(stacked, at, axis=1) * each
    spread = np.zeros((3, hazard.size))
    spread[0] = spread[2] = hazard
    spread[:, model.tied] = summed[:3]
    log = float(each[model.step_tie] @ np.log(left))
    return Steps(spread[0], spread[1], spread[2], summed[3], summed[4], log)


def over_time(increments: Floats, sums: Sums, model: SortedCovariates) -> Floats:
    """Sum exp(eta - log S0) times increments (j, e) over each row's times at risk: (j, n)."""
    if sums.shift is None:
        return _over_time_apart(increments, sums, model)
    sets = model.risk_sets
    total = np.zeros((len(increments), sets.n_times + 1))
    total[:, model.event_times + 1] = increments * np.exp(sums.shift - sums.log_sum)
    total = np.cumsum(total, axis=1)
    rows = np.repeat(total[:, 1:], np.diff(sets.bounds), axis=1)
    if model.first is not None:
        rows -= total[:, model.first]
    elif sets.n_strata > 1:
        sizes = np.diff(sets.bounds[sets.stratum_bounds])
        rows -= np.repeat(total[:, sets.stratum_bounds[:-1]], sizes, axis=1)
    return rows * np.exp(np.minimum(sums.predictor - sums.shift, WIDEST))


def own_risk(sums: Sums, model: SortedCovariates) -> Floats:
    """exp(eta - log S0) of each tied event row at its own time: (q,)."""
    return np.exp(sums.predictor[model.tied_rows] - sums.log_sum[model.tied[model.row_tie]])


# Linear predictors that span more than exp() can: each risk set scaled by its own largest term.


def _members(model: SortedCovariates) -> list[Indices]:
    """Rows of the risk set of each event time, in sorted order."""
    sets = model.risk_sets
    ends = sets.bounds[sets.stratum_bounds[1:]][sets.stratum_of_time]
    members = []
    for j in model.event_times:
        rows = np.arange(sets.bounds[j], ends[j])
        keep = (
            model.seen[rows]
            if model.first is None
            else (model.seen[rows] & (model.first[rows] <= j))
        )
        members.append(rows[keep])
    return members


def _sum_risk_sets_apart(eta: Floats, model: SortedCovariates) -> Sums:
    log_sum = np.empty(model.event_times.size)
    mean = np.empty((len(model.columns), model.event_times.size))
    for j, rows in enumerate(_members(model)):
        top = eta[rows].max()
        risk = model.mass[rows] * np.exp(eta[rows] - top)
        log_sum[j] = np.log(risk.sum()) + top
        mean[:, j] = model.columns[:, rows] @ (risk / risk.sum())
    sums = Sums(eta, log_sum, mean, mean[:0, :0].ravel(), mean[:, :0], None)
    if not model.tied.size:
        return sums
    part = model.mass[model.tied_rows] * own_risk(sums, model)
    share = np.add.reduceat(part, model.row_bounds)
    moved = np.add.reduceat(model.columns[:, model.tied_rows] * part, model.row_bounds, axis=1)
    return sums._replace(share=share, event_mean=moved)


def _over_time_apart(increments: Floats, sums: Sums, model: SortedCovariates) -> Floats:
    total = np.zeros((len(increments), model.mass.size))
    for j, rows in enumerate(_members(model)):
        relative = np.exp(sums.predictor[rows] - sums.log_sum[j])
        total[:, rows] += increments[:, j : j + 1] * relative
    return total
