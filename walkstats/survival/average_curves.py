"""What is the average of many predicted survival curves, and how sure is it?

Kernels of ``standardising``: arrays in, arrays out. A curve of group g is the mean over n people of
S_i = exp(-r_i H(t)), with r_i the relative risk and H the baseline of the person's stratum. Its
derivative by an increment of H at or before t is -a(t), a = mean of S_i r_i over the people of
that stratum (over n); by the coefficients it is minus the mean of S_i r_i (x_i H - M), where M
cumulates the mean covariate of those at risk.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.survival.against_reference import Contrasts
from walkstats.survival.predicted_steps import Baseline

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

# Numbers in one block of people x times.
BLOCK = 2_000_000


@dataclass(frozen=True, eq=False)
class Population:
    """People as if all were in one group: x (n, k) from the centre, risk (n,), stratum (n,)."""

    x: Floats
    risk: Floats
    stratum: Indices


@dataclass(frozen=True, eq=False)
class AverageCurves:
    """Average curves of g groups at q times (all event times of s strata).

    Attributes
    ----------
    times : (q,)
    survival, variance : (g, q)
    by_hazard : (g, q, s) minus the derivative by each stratum's baseline
    by_coefficient : (g, q, k)
    known : (q, s) variance of each baseline for known coefficients
    covariance : (k, k) of the coefficients
    groups : list of Population
    hazard : (q, s) cumulative baseline hazards
    sampled : bool
    ends : (s,) last time of each stratum
    """

    times: Floats
    survival: Floats
    variance: Floats
    by_hazard: Floats
    by_coefficient: Floats
    known: Floats
    covariance: Floats
    groups: list[Population]
    hazard: Floats
    sampled: bool
    ends: Floats


def average_curves(
    base: Baseline, covariance: Floats, groups: list[Population], sampled: bool
) -> AverageCurves:
    """Average the curves of people group by group.

    Parameters
    ----------
    base : Baseline
    covariance : (k, k)
    groups : list of Population
        The same n people in each.
    sampled : bool
        Whether the variance holds that of a mean over a sample of people.

    Returns
    -------
    AverageCurves
    """
    sets = base.sets
    times = np.unique(sets.times[base.hazard > 0])
    hazard, known, mean = _on_grid(base, times)
    size, k = groups[0].x.shape
    survival = np.empty((len(groups), times.size))
    by_hazard = np.zeros((len(groups), times.size, sets.n_strata))
    by_coefficient = np.empty((len(groups), times.size, k))
    spread = np.zeros((len(groups), times.size))
    step = max(BLOCK // size, 1)
    for g, people in enumerate(groups):
        for begin in range(0, times.size, step):
            at = slice(begin, begin + step)
            alive, found, slope = _means(people, hazard[at], mean[at])
            survival[g, at] = alive.mean(axis=1)
            by_hazard[g, at], by_coefficient[g, at] = found, slope
            spread[g, at] = alive.var(axis=1, ddof=1) / size if sampled and size > 1 else 0.0
    variance = (
        np.einsum("gqs,qs->gq", by_hazard**2, known)
        + np.einsum("gqj,jl,gql->gq", by_coefficient, covariance, by_coefficient)
        + spread
    )
    ends = sets.times[sets.stratum_bounds[1:] - 1]
    return AverageCurves(
        times, survival, variance, by_hazard, by_coefficient, known, covariance, groups, hazard,
        sampled, ends,
    )  # fmt: skip


def _on_grid(base: Baseline, times: Floats) -> tuple[Floats, Floats, Floats]:
    """Cumulative hazard (q, s), its variance (q, s) and mean (q, s, k) at all event times."""
    sets = base.sets
    shape = (times.size, sets.n_strata)
    hazard, known = np.zeros(shape), np.zeros(shape)
    mean = np.zeros((*shape, base.mean.shape[1]))
    for s in range(sets.n_strata):
        own = slice(sets.stratum_bounds[s], sets.stratum_bounds[s + 1])
        upto = np.searchsorted(sets.times[own], times, side="right")
        for into, increments in ((hazard, base.hazard), (known, base.variance), (mean, base.mean)):
            total = np.cumsum(increments[own], axis=0)
            into[:, s] = np.concatenate([np.zeros_like(total[:1]), total])[upto]
    return hazard, known, mean


def _means(people: Population, hazard: Floats, mean: Floats) -> tuple[Floats, Floats, Floats]:
    """Survival (q, n) of each person, and the two derivatives at q times."""
    own = hazard[:, people.stratum]
    alive = np.exp(-own * people.risk)
    weight = alive * people.risk / people.risk.size
    found = np.zeros(hazard.shape)
    slope = -(weight * own) @ people.x
    for s in range(hazard.shape[1]):
        found[:, s] = weight[:, people.stratum == s].sum(axis=1)
        slope += found[:, s, None] * mean[:, s]
    return alive, found, slope


def survival_at(found: AverageCurves, times: Floats) -> Contrasts:
    """Survival (t * g,), time by time, with its covariance."""
    index = np.searchsorted(found.times, times, side="right") - 1
    before, place = index < 0, np.maximum(index, 0)
    values = np.where(before, 1.0, found.survival[:, place])
    hazards = np.where(before[:, None], 0.0, found.by_hazard[:, place])
    slopes = np.where(before[:, None], 0.0, found.by_coefficient[:, place])
    known = np.where(before[:, None], 0.0, found.known[place])
    earlier = np.minimum(known[:, None], known[None, :])
    covariance = np.einsum("gts,hus,tus->tguh", hazards, hazards, earlier)
    covariance += np.einsum("gtj,jl,hul->tguh", slopes, found.covariance, slopes)
    if found.sampled:
        own = np.where(before[:, None], 0.0, found.hazard[place])
        alive = [np.exp(-own[:, p.stratum] * p.risk) for p in found.groups]
        covariance += _between_people(np.stack(alive, axis=1), (times.size, len(alive)))
    size = values.size
    return Contrasts(values.T.ravel(), covariance.reshape(size, size))


def _between_people(each: Floats, shape: tuple[int, ...]) -> Floats:
    """Covariance of means over people of values (..., n), by the leading axes twice."""
    flat = each.reshape(-1, each.shape[-1])
    if flat.shape[1] < 2:
        return np.zeros((*shape, *shape))
    return (np.atleast_2d(np.cov(flat)) / flat.shape[1]).reshape(*shape, *shape)


def mean_times(found: AverageCurves, tau: float) -> Contrasts:
    """Areas (g,) under the curves from 0 to tau, with their covariance."""
    inside = found.times < tau
    edges = np.concatenate([[0.0], found.times[inside], [tau]])
    width = np.diff(edges)
    curve = np.hstack([np.ones((len(found.groups), 1)), found.survival[:, inside]])
    ahead = found.by_hazard[:, inside] * width[1:, None]
    ahead = np.cumsum(ahead[:, ::-1], axis=1)[:, ::-1]
    known = np.diff(found.known[inside], axis=0, prepend=0.0)
    slopes = np.einsum("gqj,q->gj", found.by_coefficient[:, inside], width[1:])
    covariance = np.einsum("gqs,hqs,qs->gh", ahead, ahead, known)
    covariance += slopes @ found.covariance @ slopes.T
    if found.sampled:
        area = [
            np.exp(-found.hazard[inside][:, p.stratum] * p.risk).T @ width[1:] for p in found.groups
        ]
        covariance += _between_people(np.stack(area), (len(area),))
    return Contrasts(curve @ width, covariance)
