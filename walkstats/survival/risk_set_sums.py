"""What does each risk set add up to? The sums that Cox's likelihood and its residuals share.

Covariates are brought into the order of the risk sets once; every sum over risk sets is then a
running sum backwards in time, and every sum over the times at which a row is at risk one forwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics import engine
from walkstats.survival.interval_sums import sum_over_intervals, sum_over_members
from walkstats.survival.risk_sets import RiskSets

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

# exp() of a linear predictor that spans more than this underflows; sums are then scaled apart
# for each risk set, which is slower and never needed by ordinary data.
WIDEST = 600.0
# Where what has left a running sum was this many times larger than what stays, digits are lost;
# the sum is then taken without differences.
TOO_LARGE = 1e5


@dataclass(frozen=True, eq=False)
class SortedCovariates:
    """Covariates in the order of the risk sets, with what does not depend on coefficients.

    Rows n run in the order ``risk_sets.order``; there are m times, of which e have events and t
    have events that Efron's method takes one after another (t = 0 for Breslow).

    Attributes
    ----------
    risk_sets : RiskSets
    ties : {"efron", "breslow", "exact"}
    columns : (k, n) covariates
    offset : (n,) or None
    mass : (n,) weight of a row, 0 where it is never at risk
    event_mass : (n,) the same where the row has an event, else 0
    whole : bool, whether all mass is positive
    first : (n,) index of the first time at risk, or None where that is the start of the stratum
    event_times : (e,) time indices with an event
    weight, count : (e,) total weight D and number d of the events
    tied : (t,) positions among the event times
    """

    risk_sets: RiskSets
    ties: str
    columns: Floats
    offset: Floats | None
    mass: Floats
    event_mass: Floats
    whole: bool
    first: Indices | None
    event_times: Indices
    weight: Floats
    count: Floats
    tied: Indices

    @cached_property
    def layout(self) -> Layout:
        """Where sums over rows and over steps begin; compiled loops have no need of it."""
        return _lay_out(self)

    @cached_property
    def intervals(self) -> tuple[Indices, Indices]:
        """First and last time index of each row (n,), in sorted order."""
        sets = self.risk_sets
        first = sets.from_index[sets.order] if self.first is None else self.first
        return first, sets.last[sets.order]


@dataclass(frozen=True, eq=False)
class Layout:
    """Rows in s segments (a time; the events of a tied time apart), z steps at the t ties.

    Attributes
    ----------
    begins, sizes : (s,) first row of each segment; its rows
    time : (s,) the time index of each segment
    of_time, of_event : (m,), (e,) first segment of each time, of each event time
    tied : (t,) segments of the tied events
    step_tie, fraction : (z,) which of the t a step belongs to; the share f of events taken out
    steps : (t,) where each tie begins among the steps
    """

    begins: Indices
    sizes: Indices
    time: Indices
    of_time: Indices
    of_event: Indices
    tied: Indices
    step_tie: Indices
    fraction: Floats
    steps: Indices

    @property
    def tied_rows(self) -> Indices:
        """Rows with an event at a tied time, tie by tie."""
        sizes = self.sizes[self.tied]
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return np.repeat(self.begins[self.tied], sizes) + within


def sort_covariates(
    X: Floats, risk_sets: RiskSets, offset: Floats | None = None, ties: str = "efron"
) -> SortedCovariates:
    """Bring covariates (n, k) into the order of the risk sets, once for many evaluations."""
    order = risk_sets.order
    mass, event = risk_sets.mass[order], risk_sets.event[order]
    first = None
    if risk_sets.first is not None:
        first = risk_sets.first[order]
        mass = np.where(first <= risk_sets.last[order], mass, 0.0)
    event_times = np.flatnonzero(risk_sets.tied)
    count = risk_sets.tied[event_times]
    return SortedCovariates(
        risk_sets=risk_sets,
        ties=ties,
        columns=_in_order(np.asarray(X, np.float64), order),
        offset=None if offset is None else np.asarray(offset, np.float64)[order],
        mass=mass,
        event_mass=mass * event,
        whole=bool(mass.min() > 0),
        first=first,
        event_times=event_times,
        weight=risk_sets.n_event[event_times],
        count=count.astype(np.float64),
        tied=np.flatnonzero(count > 1) if ties == "efron" else np.empty(0, dtype=np.intp),
    )


def _in_order(X: Floats, order: Indices) -> Floats:
    """Rows of X (n, k) in an order, transposed: (k, n)."""
    fast = engine.kernel("ordered_columns", order.size)
    return ordered_columns(X, order) if fast is None else fast(X, order)


def ordered_columns(X: Floats, order: Indices) -> Floats:
    """The numpy form of `_in_order`."""
    return X.T.take(order, axis=1)


def _lay_out(model: SortedCovariates) -> Layout:
    sets, tied = model.risk_sets, model.event_times[model.tied]
    bounds, n = sets.bounds, sets.n_rows
    begins_segment = np.zeros(n + 1, dtype=bool)
    begins_segment[bounds] = True
    if tied.size:
        event = sets.event[sets.order]
        n_events = np.add.reduceat(event, bounds[:-1], dtype=np.intp)[tied]
        begins_segment[bounds[tied] + n_events] = True
    begins = np.flatnonzero(begins_segment)
    of_time = (np.cumsum(begins_segment) - 1)[bounds[:-1]]
    time = np.zeros(begins.size - 1, dtype=np.intp)
    time[of_time[1:]] = 1
    counts = sets.tied[tied]
    steps = np.cumsum(counts) - counts
    step_tie = np.repeat(np.arange(tied.size), counts)
    return Layout(
        begins=begins[:-1],
        sizes=np.diff(begins),
        time=np.cumsum(time),
        of_time=of_time,
        of_event=of_time[model.event_times],
        tied=of_time[tied],
        step_tie=step_tie,
        fraction=(np.arange(step_tie.size) - steps[step_tie]) / counts[step_tie],
        steps=steps,
    )


class Sums(NamedTuple):
    """Per event time (e) or tied event time (t), after the linear predictor eta (n,)."""

    predictor: Floats  # (n,) eta
    log_sum: Floats  # (e,) log S0
    mean: Floats  # (k, e) S1 / S0
    share: Floats  # (t,) E0 / S0
    event_mean: Floats  # (k, t) E1 / S0
    relative: Floats | None  # (n,) exp(eta - shift); None where each risk set has its own shift
    shift: float


def linear_predictor(beta: Floats, model: SortedCovariates) -> Floats:
    """Linear predictor (n,) in sorted order, offset included."""
    eta = beta @ model.columns
    return eta if model.offset is None else eta + model.offset


def sum_risk_sets(eta: Floats, model: SortedCovariates) -> Sums:
    """Sum hazards and covariates over the risk set and the tied events of each event time."""
    counted = eta if model.whole else eta[model.mass > 0]
    shift = float(counted.max())
    if shift - float(counted.min()) > WIDEST:
        return _sum_risk_sets_apart(eta, model)
    relative = np.exp(eta - shift if model.whole else np.minimum(eta - shift, 0.0))
    risk = np.empty((1 + len(model.columns), eta.size))
    np.multiply(relative, model.mass, out=risk[0])
    np.multiply(model.columns, risk[0], out=risk[1:])
    total, at_ties = _backwards(risk, model)
    at_ties /= total[0, model.tied]
    return Sums(
        predictor=eta,
        log_sum=np.log(total[0]) + shift,
        mean=total[1:] / total[0],
        share=at_ties[0],
        event_mean=at_ties[1:],
        relative=relative,
        shift=shift,
    )


def _backwards(values: Floats, model: SortedCovariates) -> tuple[Floats, Floats]:
    """Sum values (j, n) over the risk set of each event time (j, e), over tied events (j, t)."""
    sets = model.risk_sets
    m = sets.n_times
    layout = model.layout
    by_segment = np.add.reduceat(values, layout.begins, axis=1)
    at_ties = by_segment.take(layout.tied, axis=1)
    if model.first is None and sets.n_strata == 1:
        running = np.cumsum(by_segment[:, ::-1], axis=1)[:, ::-1]
        return running.take(layout.of_event, axis=1), at_ties
    change = by_segment
    if model.tied.size:
        change = np.add.reduceat(by_segment, layout.of_time, axis=1)
    if model.first is not None:
        for row, summed in zip(values, change, strict=True):
            summed -= np.bincount(model.first, row, m + 1)[1:]
    else:
        begins = np.unique(sets.stratum_bounds[:-1])
        begins = begins[begins < m]
        change[:, begins[1:] - 1] -= np.add.reduceat(change, begins, axis=1)[:, 1:]
    running = np.cumsum(change[:, ::-1], axis=1)
    largest = np.maximum.accumulate(running[0])[::-1].take(model.event_times)
    running = running[:, ::-1].take(model.event_times, axis=1)
    if np.any(largest > TOO_LARGE * running[0]):
        running = sum_over_members(values, *model.intervals, m).take(model.event_times, axis=1)
    return running, at_ties


class Steps(NamedTuple):
    """Sums over the steps of each event time, in units of S0: u = S0 / (S0 - f E0).

    D / d times the sums of u and u^2 over all event times (e,): hazard, square; of f u, f u^2 and
    f^2 u^2 over tied ones (t,): taken, cross, both; and of -log u over all: log.
    """

    hazard: Floats
    square: Floats
    taken: Floats
    cross: Floats
    both: Floats
    log: float


def sum_steps(sums: Sums, model: SortedCovariates) -> Steps:
    """Sum what the steps of tied events take out, time by time."""
    hazard = model.weight
    if not model.tied.size:
        none = hazard[:0]
        return Steps(hazard, hazard, none, none, none, 0.0)
    layout, share, count = model.layout, sums.share, model.count[model.tied]
    each = model.weight[model.tied] / count
    left = 1.0 - layout.fraction * share[layout.step_tie]
    part = layout.fraction / left
    # As u = 1 + f u E0/S0, two sums over the steps give all five.
    taken = np.add.reduceat(part, layout.steps)
    part *= part
    both = np.add.reduceat(part, layout.steps)
    np.log(left, out=left)
    cross = taken + share * both
    whole = count + share * taken
    hazard, square = hazard.copy(), hazard.copy()
    hazard[model.tied] = each * whole
    square[model.tied] = each * (whole + share * cross)
    log = float(each @ np.add.reduceat(left, layout.steps))
    return Steps(hazard, square, each * taken, each * cross, each * both, log)


def over_time(increments: Floats, spared: Floats, sums: Sums, model: SortedCovariates) -> Floats:
    """Sum exp(eta - log S0) times increments (j, e) over each row's times at risk: (j, n).

    Rows with an event at a tied time are spared (j, t) there.
    """
    if sums.relative is None:
        return _over_time_apart(increments, spared, sums, model)
    sets = model.risk_sets
    scale = np.exp(sums.shift - sums.log_sum)
    steps = np.zeros((len(increments), sets.n_times))
    steps[:, model.event_times] = increments * scale
    total = np.cumsum(steps, axis=1)
    by_segment = total
    if model.tied.size:
        by_segment = total.take(model.layout.time, axis=1)
        by_segment[:, model.layout.tied] -= spared * scale[model.tied]
    rows = np.repeat(by_segment, model.layout.sizes, axis=1)
    if model.first is None and sets.n_strata == 1:
        rows *= sums.relative
        return rows
    first, last = model.intervals
    before = np.where(first > 0, total.take(first - 1, axis=1), 0.0)
    if np.any(before[0] * sums.relative * model.mass > TOO_LARGE):
        rows = sum_over_intervals(steps, first, last)
        if model.tied.size:
            sizes = model.layout.sizes[model.layout.tied]
            rows[:, model.layout.tied_rows] -= np.repeat(spared * scale[model.tied], sizes, axis=1)
    else:
        rows -= before
    rows *= sums.relative
    return rows


# Linear predictors that span more than exp() can: each risk set scaled by its own largest term.


def _members(model: SortedCovariates) -> list[Indices]:
    """Rows of the risk set of each event time, in sorted order."""
    sets = model.risk_sets
    ends = sets.bounds[sets.stratum_bounds[1:]][sets.stratum_of_time]
    members = []
    for j in model.event_times:
        rows = np.arange(sets.bounds[j], ends[j])
        keep = model.mass[rows] > 0
        if model.first is not None:
            keep &= model.first[rows] <= j
        members.append(rows[keep])
    return members


def _own_risk(sums: Sums, model: SortedCovariates) -> Floats:
    """exp(eta - log S0) of each tied event row at its own time, tie by tie."""
    sizes = model.layout.sizes[model.layout.tied]
    rows = model.layout.tied_rows
    relative = sums.predictor[rows] - np.repeat(sums.log_sum[model.tied], sizes)
    return np.exp(np.where(model.mass[rows] > 0, relative, -np.inf))


def _sum_risk_sets_apart(eta: Floats, model: SortedCovariates) -> Sums:
    log_sum = np.empty(model.event_times.size)
    mean = np.empty((len(model.columns), model.event_times.size))
    for j, rows in enumerate(_members(model)):
        top = eta[rows].max()
        risk = model.mass[rows] * np.exp(eta[rows] - top)
        log_sum[j] = np.log(risk.sum()) + top
        mean[:, j] = model.columns[:, rows] @ (risk / risk.sum())
    share = np.zeros(model.tied.size)
    event_mean = np.zeros((len(model.columns), model.tied.size))
    sums = Sums(eta, log_sum, mean, share, event_mean, None, 0.0)
    if not model.tied.size:
        return sums
    rows = model.layout.tied_rows
    sizes = model.layout.sizes[model.layout.tied]
    part = model.mass[rows] * _own_risk(sums, model)
    begins = np.cumsum(sizes) - sizes
    moved = np.add.reduceat(model.columns[:, rows] * part, begins, axis=1)
    return sums._replace(share=np.add.reduceat(part, begins), event_mean=moved)


def _over_time_apart(
    increments: Floats, spared: Floats, sums: Sums, model: SortedCovariates
) -> Floats:
    total = np.zeros((len(increments), model.mass.size))
    for j, rows in enumerate(_members(model)):
        relative = np.exp(sums.predictor[rows] - sums.log_sum[j])
        total[:, rows] += increments[:, j : j + 1] * relative
    if model.tied.size:
        sizes = model.layout.sizes[model.layout.tied]
        own = _own_risk(sums, model)
        total[:, model.layout.tied_rows] -= own * np.repeat(spared, sizes, axis=1)
    return total
