"""Does a coefficient change over time? The score of adding a covariate times a function of time.

Kernels of ``diagnostics``: a fit in, arrays out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walkstats._arguments import check_choice
from walkstats.results import CoxFit
from walkstats.survival.partial_likelihood import hazard_increments, information_over_time
from walkstats.survival.predicted_steps import centred
from walkstats.survival.risk_sets import RiskSets, sort_risk_sets

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def event_rows(sets: RiskSets) -> Indices:
    """Rows with an event while at risk, by stratum and time."""
    happened = sets.event & (sets.from_index <= sets.last) & (sets.mass > 0)
    return sets.order[happened[sets.order]]


def schoenfeld_residuals(fit: CoxFit) -> Floats:
    """Covariates of each of the d `event_rows` less those expected there: (d, k)."""
    sets, X = fit.risk_sets, centred(fit)
    steps = hazard_increments(fit.values, X, sets, fit.offset, fit.ties)
    rows = event_rows(sets)
    return X[rows] - steps.event_mean[np.searchsorted(steps.index, sets.last[rows])]


@dataclass(frozen=True, eq=False)
class AddedScore:
    """Score and information of the model with x g(t) added, where it has no effect.

    Attributes
    ----------
    residuals : (d, k) Schoenfeld residuals of the events
    score : (k,) of the added part; that of the covariates themselves is 0 at the estimate
    information : (2k, 2k) covariates first, then the added part
    """

    residuals: Floats
    score: Floats
    information: Floats


def score_of_change(fit: CoxFit, g: Floats) -> AddedScore:
    """Add x g(t); g (m,) at each time index, read at event times only."""
    sets, X = fit.risk_sets, centred(fit)
    times = np.flatnonzero(sets.tied)
    # The test does not depend on the origin of g; its arithmetic does.
    g = g - np.average(g[times], weights=sets.tied[times])
    rows, raw = event_rows(sets), schoenfeld_residuals(fit)
    score = (raw * (sets.mass[rows] * g[sets.last[rows]])[:, None]).sum(axis=0)
    plain, once, twice = (
        information_over_time(fit.values, X, sets, g[times] ** power, fit.offset, fit.ties)
        for power in (0, 1, 2)
    )
    return AddedScore(raw, score, np.block([[plain, once], [once, twice]]))


def score_statistic(added: AddedScore, columns: Indices) -> float:
    """Chi-squared statistic of adding these columns times g(t); nan where they are collinear."""
    k = added.score.size
    rows = np.concatenate([np.arange(k), k + columns])
    block = added.information[np.ix_(rows, rows)]
    score = np.concatenate([np.zeros(k), added.score[columns]])
    # As a correlation first: x and x g(t) may differ by orders of magnitude.
    scale = np.sqrt(np.diag(block))
    scale[scale == 0] = 1.0
    try:
        return float(
            np.linalg.solve(block / np.outer(scale, scale), score / scale) @ (score / scale)
        )
    except np.linalg.LinAlgError:
        return np.nan


@dataclass(frozen=True)
class TimeTransform:
    """A function of time, g (m,) at the time indices of the risk sets."""

    name: str
    described: str
    of: Callable[[RiskSets], Floats]


def transformed_times(sets: RiskSets, transform: Any) -> tuple[Floats, str]:
    """g (m,), known at event times at least, and how it is described."""
    events = sets.tied > 0
    if callable(transform):
        described = getattr(transform, "__name__", "")
        described = f"{described}(t)" if described.isidentifier() else "a function of time"
        values = np.full(sets.n_times, np.nan)
        given = np.asarray(transform(sets.times[events]), dtype=float)
        if given.shape != (int(events.sum()),):
            raise ValueError("transform must give one number for each time.")
        values[events] = given
    else:
        chosen = TRANSFORMS[check_choice(transform, TRANSFORMS, "transform")]
        described = chosen.described
        with np.errstate(divide="ignore", invalid="ignore"):
            values = chosen.of(sets)
    if not np.all(np.isfinite(values[events])):
        raise ValueError(f"The transform of time, {described}, is not finite at every event time.")
    return values, described


def _km(sets: RiskSets) -> Floats:
    """1 - S(t-), over all strata, weights left out."""
    pooled = sort_risk_sets(
        sets.start, sets.times[sets.last], sets.event, frequencies=sets.frequencies
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        factors = 1.0 - np.where(pooled.n_event > 0, pooled.n_event / pooled.n_risk, 0.0)
    before = np.append(1.0, np.cumprod(factors)[:-1])
    return 1.0 - before[np.searchsorted(pooled.times, sets.times)]


def _rank(sets: RiskSets) -> Floats:
    """Average rank of each time among the stop times of all rows."""
    copies = None if sets.frequencies is None else sets.frequencies
    distinct, place = np.unique(sets.times, return_inverse=True)
    count = np.bincount(place[sets.last], copies, distinct.size)
    below = np.cumsum(count) - count
    return (below + (count + 1.0) / 2.0)[place]


TRANSFORMS = {
    one.name: one
    for one in (
        TimeTransform("km", "1 - S(t-) of all rows together", _km),
        TimeTransform("rank", "the rank of t", _rank),
        TimeTransform("identity", "t", lambda sets: sets.times),
        TimeTransform("log", "log(t)", lambda sets: np.log(sets.times)),
    )
}


@dataclass(frozen=True, eq=False)
class ScaledResiduals:
    """Residuals in units of the coefficients.

    Attributes
    ----------
    values : (d, g) one row per event, one column per group
    coefficients : (g,)
    variances : (g,) of one residual, by the mean information of an event
    """

    values: Floats
    coefficients: Floats
    variances: Floats


def scaled_residuals(
    fit: CoxFit, added: AddedScore, groups: Mapping[str, Indices]
) -> ScaledResiduals:
    """Residuals (d, groups) in units of the coefficients, by the mean information of an event.

    A group of several columns counts as one covariate, its combination by the fit. What does not
    vary within a stratum has no residual there, nor do its events count in the mean information.
    """
    sets = fit.risk_sets
    stratum = _strata(sets)[event_rows(sets)]
    bounds = np.searchsorted(stratum, np.arange(sets.n_strata + 1))
    events = np.diff(bounds)
    used = _varies(fit, groups) * events[:, None]
    shared = np.minimum(used[:, :, None], used[:, None, :]).sum(axis=0)
    k = len(fit.terms)
    mean = added.information[:k, :k] / np.where(shared == 0, 1, shared)
    combine, centre = _combination(fit, groups)
    values, mean = added.residuals @ combine, combine.T @ mean @ combine
    firsts = [columns[0] for columns in groups.values()]
    out = np.full(values.shape, np.nan)
    for s in np.flatnonzero(events):
        known, rows = np.flatnonzero(used[s, firsts]), slice(bounds[s], bounds[s + 1])
        with suppress(np.linalg.LinAlgError):
            solved = np.linalg.solve(mean[np.ix_(known, known)], values[rows, known].T)
            out[rows, known] = solved.T + centre[known]
    variances = np.full(len(groups), np.nan)
    with suppress(np.linalg.LinAlgError):
        variances = np.diag(np.linalg.inv(mean)).copy()
    return ScaledResiduals(out, centre, variances)


def _strata(sets: RiskSets) -> Indices:
    return np.zeros(sets.n_rows, dtype=np.intp) if sets.strata is None else sets.strata


def _combination(fit: CoxFit, groups: Mapping[str, Indices]) -> tuple[Floats, Floats]:
    """Weights (k, groups) of the columns, and the coefficient (groups,) of each combination."""
    combine = np.zeros((len(fit.terms), len(groups)))
    centre = np.ones(len(groups))
    for j, columns in enumerate(groups.values()):
        if len(columns) == 1:
            combine[columns, j], centre[j] = 1.0, fit.values[columns[0]]
        else:
            combine[columns, j] = fit.values[columns]
    return combine, centre


def _varies(fit: CoxFit, groups: Mapping[str, Indices]) -> NDArray[np.bool_]:
    """(s, k) whether a column, or another of its group, varies within the stratum."""
    sets = fit.risk_sets
    begins = sets.bounds[sets.stratum_bounds[:-1]]
    sizes = np.diff(sets.bounds[sets.stratum_bounds])
    filled, X = np.flatnonzero(sizes), fit.matrix[sets.order]
    varies = np.zeros((sets.n_strata, X.shape[1]), dtype=bool)
    highest, lowest = (f.reduceat(X, begins[filled]) for f in (np.maximum, np.minimum))
    varies[filled] = highest > lowest
    for columns in groups.values():
        varies[:, columns] = np.any(varies[:, columns], axis=1, keepdims=True)
    return varies
