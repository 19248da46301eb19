"""How likely is the order of the events, given the covariates? Cox's partial likelihood.

Value, score and information, score residuals and hazard increments, with Breslow's or Efron's
approximation for tied events; the discrete likelihood is in ``exact_ties``.

Notation, at one event time: r = weight x exp(linear predictor); S0, S1 the sums of r and r x over
the risk set, E0, E1 over its d tied events, whose weights sum to D. Efron's l-th step
(l = 0 ... d - 1) takes the share f = l / d of the events out: its denominator is S0 - f E0 and
each step weighs D / d. Breslow's takes none out. No second moment of a risk set is ever formed:
summed over steps, it is ``X' diag(r * cumulative hazard) X``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics import engine
from walkstats.survival import exact_ties
from walkstats.survival.risk_sets import RiskSets

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

# exp() of a linear predictor that spans more than this underflows; sums are then scaled apart
# for each risk set, which is slower and never needed by ordinary data.
WIDEST = 600.0


class Evaluation(NamedTuple):
    """Log-likelihood, score (k,) and information (k, k) at one value of the coefficients."""

    log_likelihood: float
    score: Floats
    information: Floats


def evaluate(
    beta: Floats,
    X: Floats,
    risk_sets: RiskSets,
    offset: Floats | None = None,
    ties: str = "efron",
) -> Evaluation:
    """Evaluate the log partial likelihood with its first two derivatives.

    Parameters
    ----------
    beta : (k,)
    X : (n, k)
        Covariates, rows in the order given to `sort_risk_sets`. Centre columns far from zero.
    risk_sets : RiskSets
    offset : (n,), optional
    ties : {"efron", "breslow", "exact"}

    Returns
    -------
    Evaluation
        log_likelihood; score (k,); information (k, k), minus the second derivative.
    """
    return evaluate_sorted(np.asarray(beta, float), sort_covariates(X, risk_sets, offset, ties))


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


def evaluate_sorted(beta: Floats, model: SortedCovariates) -> Evaluation:
    """Evaluate as `evaluate` does, on covariates that are sorted already."""
    if model.ties == "exact":
        return Evaluation(*exact_ties.evaluate(_predictor(beta, model), model))
    fast = engine.kernel("cox_evaluate", model.mass.size)
    return evaluate_arrays(beta, model) if fast is None else Evaluation(*fast(beta, model))


def evaluate_arrays(beta: Floats, model: SortedCovariates) -> Evaluation:
    """The numpy form of `evaluate_sorted` for Efron's and Breslow's ties."""
    sums = _sum_risk_sets(_predictor(beta, model), model)
    steps = _sum_steps(sums, model)
    expected = _expected(steps.hazard, steps.taken, sums, model)
    log_likelihood = model.event_mass @ sums.predictor - model.weight @ sums.log_sum - steps.log
    return Evaluation(
        float(log_likelihood),
        model.columns @ (model.event_mass - expected),
        _information(expected, sums, steps, model, None),
    )


def _expected(hazard: Floats, taken: Floats, sums: _Sums, model: SortedCovariates) -> Floats:
    """Expected number of events of each row (n,), weighted; what the steps take out taken off."""
    expected = model.mass * _over_time(hazard[np.newaxis], sums, model)[0]
    if model.tied.size:
        rows = model.tied_rows
        spared = taken[model.tied[model.row_tie]]
        expected[rows] -= model.mass[rows] * _own(sums, model) * spared
    return expected


def _information(
    expected: Floats, sums: _Sums, steps: _Steps, model: SortedCovariates, by: Floats | None
) -> Floats:
    mean, tied_mean = sums.mean, sums.event_mean
    square = steps.square if by is None else steps.square * by
    information = (model.columns * expected) @ model.columns.T - (mean * square) @ mean.T
    if model.tied.size:
        at = 1.0 if by is None else by[model.tied]
        cross = (mean[:, model.tied] * (steps.cross * at)) @ tied_mean.T
        information += cross + cross.T - (tied_mean * (steps.both * at)) @ tied_mean.T
    return information


def information_over_time(
    beta: Floats,
    X: Floats,
    risk_sets: RiskSets,
    by: Floats,
    offset: Floats | None = None,
    ties: str = "efron",
) -> Floats:
    """Sum the information of the event times, each times a number of its own.

    Parameters
    ----------
    beta, X, risk_sets, offset
        As in `evaluate`.
    by : (e,)
        One number for each event time (``np.flatnonzero(risk_sets.tied)``).
    ties : {"efron", "breslow"}

    Returns
    -------
    (k, k) array
        With ``by`` all one, the information of `evaluate`.
    """
    model = sort_covariates(X, risk_sets, offset, ties)
    sums = _sum_risk_sets(_predictor(np.asarray(beta, float), model), model)
    steps = _sum_steps(sums, model)
    expected = _expected(steps.hazard * by, steps.taken * by, sums, model)
    return _information(expected, sums, steps, model, np.asarray(by, float))


def score_residuals(
    beta: Floats,
    X: Floats,
    risk_sets: RiskSets,
    offset: Floats | None = None,
    ties: str = "efron",
) -> Floats:
    """Split the score into one contribution for each row.

    Parameters
    ----------
    beta, X, risk_sets, offset
        As in `evaluate`.
    ties : {"efron", "breslow"}

    Returns
    -------
    (n, k) array
        Rows in the order given to `sort_risk_sets`, unweighted: times ``risk_sets.mass`` they sum
        to the score. A row with an event at a tied time has the average over Efron's steps, and
        in each step the share of hazard that is left to it.

    References
    ----------
    Therneau TM, Grambsch PM. Modeling Survival Data. Springer 2000, section 7.2.
    https://doi.org/10.1007/978-1-4757-3294-8
    """
    model = sort_covariates(X, risk_sets, offset, ties)
    residuals = np.empty_like(model.columns.T)
    residuals[risk_sets.order] = score_residuals_sorted(np.asarray(beta, float), model).T
    return residuals


def score_residuals_sorted(beta: Floats, model: SortedCovariates) -> Floats:
    """Score residuals (k, n) in sorted order, as `score_residuals`."""
    fast = engine.kernel("cox_score_residuals", model.mass.size)
    return score_residual_arrays(beta, model) if fast is None else fast(beta, model)


def score_residual_arrays(beta: Floats, model: SortedCovariates) -> Floats:
    """The numpy form of `score_residuals_sorted`."""
    sums = _sum_risk_sets(_predictor(beta, model), model)
    steps = _sum_steps(sums, model)
    moved, moved_taken = _mean_hazards(sums, steps, model)
    stacked = np.vstack([steps.hazard, moved])
    summed = _over_time(stacked, sums, model)
    if model.tied.size:
        spared = np.vstack([steps.taken, moved_taken])[:, model.tied[model.row_tie]]
        summed[:, model.tied_rows] -= _own(sums, model) * spared
    residuals = summed[1:] - model.columns * summed[0]
    events = np.flatnonzero(model.event_mass)
    at = np.full(model.risk_sets.n_times, -1)
    at[model.event_times] = np.arange(model.event_times.size)
    own = at[model.risk_sets.last[model.risk_sets.order[events]]]
    residuals[:, events] += model.columns[:, events] - _event_means(sums, steps, model)[:, own]
    return residuals


@dataclass(frozen=True, eq=False)
class HazardIncrements:
    """Hazard at each of the e event times, for a row with linear predictor 0.

    Attributes
    ----------
    index : (e,) time indices of the event times, into ``risk_sets.times``
    hazard : (e,) increment of the cumulative hazard: the sum of its steps
    variance : (e,) the same sum of step hazards divided by step denominators
    mean : (e, k) sum over steps of step hazard x mean covariate of the step
    event_mean : (e, k) average over steps of the mean covariate (Schoenfeld's expectation)
    taken : (e,) sum over steps of share taken out x step hazard: what a row with an event at
        this time is spared of `hazard`
    taken_mean : (e, k) the same for `mean`
    step_at, step_share, step_hazard : (z,) the steps one by one: which event time, the share f of
        its events taken out, the hazard. Breslow's ties have one step at each event time.
    """

    index: Indices
    hazard: Floats
    variance: Floats
    mean: Floats
    event_mean: Floats
    taken: Floats
    taken_mean: Floats
    step_at: Indices
    step_share: Floats
    step_hazard: Floats


def hazard_increments(
    beta: Floats,
    X: Floats,
    risk_sets: RiskSets,
    offset: Floats | None = None,
    ties: str = "efron",
) -> HazardIncrements:
    """Estimate the baseline hazard at each event time.

    Parameters
    ----------
    beta, X, risk_sets, offset
        As in `evaluate`; the baseline is that of a row of zeros in `X`, so of the centre when `X`
        is centred.
    ties : {"efron", "breslow", "exact"}
        With "exact" the hazard is Breslow's, as in R.

    Returns
    -------
    HazardIncrements
    """
    model = sort_covariates(X, risk_sets, offset, "breslow" if ties == "exact" else ties)
    sums = _sum_risk_sets(_predictor(np.asarray(beta, float), model), model)
    steps = _sum_steps(sums, model)
    scale = np.exp(-sums.log_sum)
    moved, moved_taken = _mean_hazards(sums, steps, model)
    at = np.concatenate(
        [np.setdiff1d(np.arange(scale.size), model.tied), model.tied[model.step_tie]]
    )
    share = np.zeros(at.size)
    left = np.ones(at.size)
    if model.tied.size:
        share[-model.step_tie.size :] = model.fraction
        left[-model.step_tie.size :] -= model.fraction * sums.share[model.step_tie]
    in_time = np.argsort(at, kind="stable")
    each = model.weight / model.count if model.ties == "efron" else model.weight
    return HazardIncrements(
        index=model.event_times,
        hazard=steps.hazard * scale,
        variance=steps.square * scale**2,
        mean=(moved * scale).T,
        event_mean=_event_means(sums, steps, model).T,
        taken=steps.taken * scale,
        taken_mean=(moved_taken * scale).T,
        step_at=at[in_time],
        step_share=share[in_time],
        step_hazard=(each[at] * scale[at] / left)[in_time],
    )


def _mean_hazards(sums: _Sums, steps: _Steps, model: SortedCovariates) -> tuple[Floats, Floats]:
    """Sums over steps of mean covariate x hazard, whole and taken out: (k, e) each, times S0."""
    moved = sums.mean * steps.square
    taken = np.zeros_like(moved)
    if model.tied.size:
        mean, tied_mean = sums.mean[:, model.tied], sums.event_mean
        moved[:, model.tied] -= tied_mean * steps.cross
        taken[:, model.tied] = mean * steps.cross - tied_mean * steps.both
    return moved, taken


def _event_means(sums: _Sums, steps: _Steps, model: SortedCovariates) -> Floats:
    """Mean covariate that an event is expected to have, averaged over steps: (k, e)."""
    means = sums.mean * (steps.hazard / model.weight)
    if model.tied.size:
        means[:, model.tied] -= sums.event_mean * (steps.taken / model.weight)[model.tied]
    return means


class _Sums(NamedTuple):
    """Per event time (e) or tied event time (t), after the linear predictor eta (n,)."""

    predictor: Floats  # (n,) eta
    log_sum: Floats  # (e,) log S0
    mean: Floats  # (k, e) S1 / S0
    share: Floats  # (t,) E0 / S0
    event_mean: Floats  # (k, t) E1 / S0
    shift: float | None  # what exp() was shifted by; None where each risk set has its own


def _predictor(beta: Floats, model: SortedCovariates) -> Floats:
    eta = beta @ model.columns
    return eta if model.offset is None else eta + model.offset


def _sum_risk_sets(eta: Floats, model: SortedCovariates) -> _Sums:
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
    return _Sums(eta, np.log(sums[0]) + shift, sums[1:] / sums[0], share.ravel(), event_mean, shift)


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


class _Steps(NamedTuple):
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


def _sum_steps(sums: _Sums, model: SortedCovariates) -> _Steps:
    hazard = model.weight
    if not model.tied.size:
        return _Steps(hazard, np.zeros_like(hazard), hazard, hazard[:0], hazard[:0], 0.0)
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
    return _Steps(spread[0], spread[1], spread[2], summed[3], summed[4], log)


def _over_time(increments: Floats, sums: _Sums, model: SortedCovariates) -> Floats:
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


def _own(sums: _Sums, model: SortedCovariates) -> Floats:
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


def _sum_risk_sets_apart(eta: Floats, model: SortedCovariates) -> _Sums:
    log_sum = np.empty(model.event_times.size)
    mean = np.empty((len(model.columns), model.event_times.size))
    for j, rows in enumerate(_members(model)):
        top = eta[rows].max()
        risk = model.mass[rows] * np.exp(eta[rows] - top)
        log_sum[j] = np.log(risk.sum()) + top
        mean[:, j] = model.columns[:, rows] @ (risk / risk.sum())
    sums = _Sums(eta, log_sum, mean, mean[:0, :0].ravel(), mean[:, :0], None)
    if not model.tied.size:
        return sums
    part = model.mass[model.tied_rows] * _own(sums, model)
    share = np.add.reduceat(part, model.row_bounds)
    moved = np.add.reduceat(model.columns[:, model.tied_rows] * part, model.row_bounds, axis=1)
    return sums._replace(share=share, event_mean=moved)


def _over_time_apart(increments: Floats, sums: _Sums, model: SortedCovariates) -> Floats:
    total = np.zeros((len(increments), model.mass.size))
    for j, rows in enumerate(_members(model)):
        relative = np.exp(sums.predictor[rows] - sums.log_sum[j])
        total[:, rows] += increments[:, j : j + 1] * relative
    return total
