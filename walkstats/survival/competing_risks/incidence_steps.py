"""How do the incidences of several causes rise, and how sure is each step? Kernels.

Arrays (g, q) run over g groups and q times, as in `walkstats.survival.risk_tables.RiskTable`. With
h(u) the share of those at risk that have the cause at u and k(u) the share that have another,
F(t) is the sum of S(u-) h(u). A small change of h(u) and k(u) moves F(t) by

    dF(t) = a dh(u) + b dk(u),    a = S(u-) + b,    b = (F(u) - F(t)) / (1 - h(u) - k(u)),

so a and b are linear in F(t), and every variance is a quadratic in F(t) whose coefficients are
running sums over u.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.survival.product_limit import product_limit
from walkstats.survival.risk_tables import RiskTable

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Slopes:
    """Parts of a = own - F(t) still and b = other - F(t) still at each time, for one cause.

    Attributes
    ----------
    events : (g, q) events of the cause
    value : (g, q) F after each time
    h, k : (g, q) shares at risk with the cause, with another
    n_risk : (g, q) 1 where nobody is at risk
    before : (g, q) S(u-)
    own, other, still : (g, q)
    """

    events: Floats
    value: Floats
    h: Floats
    k: Floats
    n_risk: Floats
    before: Floats
    own: Floats
    other: Floats
    still: Floats


@dataclass(frozen=True, eq=False)
class IncidenceSteps:
    """Incidences of c causes after each time.

    Attributes
    ----------
    value, variance : (c, g, q)
    events : (c, g, q) events of each cause
    survival : (g, q) share with no event
    """

    value: Floats
    variance: Floats
    events: Floats
    survival: Floats


def incidence_steps(
    table: RiskTable, cause: Indices, causes: int, variance: Callable[[Slopes], Floats] | None
) -> IncidenceSteps:
    """Aalen-Johansen estimate of each cause.

    Parameters
    ----------
    table : RiskTable
        Its event is any cause.
    cause : (n,) position of the cause of each row
    causes : int
    variance : callable
        One of ``VARIANCES``, or None for none.
    """
    slopes = [slopes_of(table, cause, one) for one in range(causes)]
    shape = (causes, *table.shape)
    unknown = np.full(table.shape, np.nan)
    return IncidenceSteps(
        value=np.reshape([one.value for one in slopes], shape),
        variance=np.reshape(
            [unknown if variance is None else variance(one) for one in slopes], shape
        ),
        events=np.reshape([one.events for one in slopes], shape),
        survival=product_limit(table).value,
    )


def slopes_of(table: RiskTable, cause: Indices, one: int) -> Slopes:
    """Steps of one cause and how they answer to the hazards."""
    survival = product_limit(table).value
    before = np.hstack([np.ones((len(survival), 1)), survival[:, :-1]])
    n_risk = table.n_risk + (table.n_risk == 0)
    events = _count(table, table.event & (cause == one))
    h = events / n_risk
    k = np.maximum(table.n_event - events, 0.0) / n_risk
    value = np.cumsum(before * h, axis=1)
    kept = np.where(table.all_end, 0.0, 1.0 - h - k)
    still = np.divide(1.0, kept, out=np.zeros(kept.shape), where=kept > 0)
    other = value * still
    return Slopes(events, value, h, k, n_risk, before, before + other, other, still)


def _count(table: RiskTable, rows: NDArray[np.bool_]) -> Floats:
    groups, q = table.shape
    key = table.group[rows] * q + table.last[rows]
    counted = np.bincount(key, table.mass[rows], groups * q)
    return counted.astype(np.float64).reshape(groups, q)


def greenwood(at: Slopes) -> Floats:
    """Variance (g, q) of multinomial increments: [a^2 h + b^2 k - (a h + b k)^2] / n.

    Without weights and late entry it equals the infinitesimal jackknife.
    """
    mean = at.own * at.h + at.other * at.k
    total = at.still * (at.h + at.k)
    constant = at.own**2 * at.h + at.other**2 * at.k - mean**2
    linear = at.still * mean - mean * total
    square = at.still * total - total**2
    return _quadratic(at, constant, linear, square, 1.0 / at.n_risk)


def aalen(at: Slopes) -> Floats:
    """Gray's delta-method variance (g, q): causes apart, each with its own factor for ties."""
    fewer = np.maximum(at.n_risk - 1.0, 1.0)
    h = at.h * (1.0 - np.maximum(at.h * at.n_risk - 1.0, 0.0) / fewer)
    k = at.k * (1.0 - np.maximum(at.k * at.n_risk - 1.0, 0.0) / fewer)
    constant = at.own**2 * h + at.other**2 * k
    linear = at.still * (at.own * h + at.other * k)
    return _quadratic(at, constant, linear, at.still**2 * (h + k), 1.0 / at.n_risk)


VARIANCES = {"greenwood": greenwood, "aalen": aalen}


def _quadratic(at: Slopes, constant: Floats, linear: Floats, square: Floats, by: Floats) -> Floats:
    first, second, third = (np.cumsum(part * by, axis=1) for part in (constant, linear, square))
    return np.maximum(first - at.value * (2.0 * second - at.value * third), 0.0)


def incidence_influence(table: RiskTable, cause: Indices, one: int, gradient: Floats) -> Floats:
    """Change of a sum over times of gradient (g, q) x F for each unit of weight of a row: (n,).

    ``gradient`` weighs F after each time: 1 at one time for F there, widths for an area.
    """
    at = slopes_of(table, cause, one)
    # Summed over t >= u: total of gradient, and of gradient x F.
    whole = np.cumsum(gradient[:, ::-1], axis=1)[:, ::-1]
    moment = np.cumsum((gradient * at.value)[:, ::-1], axis=1)[:, ::-1]
    of_cause = at.own * whole - at.still * moment
    of_other = at.other * whole - at.still * moment
    per_risk = (of_cause * at.h + of_other * at.k) / at.n_risk
    happened = np.where(
        cause == one, table.at_end(of_cause / at.n_risk), table.at_end(of_other / at.n_risk)
    )
    return table.event * happened - table.over_time(per_risk)


def jackknife_incidence(
    table: RiskTable, cause: Indices, one: int, cluster: Indices | None
) -> Floats:
    """Infinitesimal-jackknife variance (g, q) of F after each step, summed within clusters.

    A cluster's influence is P + F(t) Q + W (p + F(t) r): P, Q what rows that entered or ended have
    left behind, W its weight at risk, p and r running sums of the group. P, Q and W change only
    where a row of the cluster enters or ends, so their squares and products are followed by
    increments there.
    """
    groups, q = table.shape
    at = slopes_of(table, cause, one)
    rates = np.stack([(at.own * at.h + at.other * at.k), -at.still * (at.h + at.k)]) / at.n_risk
    total = np.cumsum(rates, axis=2)
    rows = np.flatnonzero(table.first <= table.last)
    group, first, last = table.group[rows], table.first[rows], table.last[rows]
    apart = cluster is None
    weight = np.ones(table.last.size) if table.weights is None else table.weights
    size = (weight if apart else table.mass)[rows]
    own = np.where(cause[rows] == one, at.own[group, last], at.other[group, last])
    ended = table.event[rows] * np.stack([own, -at.still[group, last]]) / at.n_risk[group, last]
    entering = np.vstack([size * (total - rates)[:, group, first], size])
    leaving = np.vstack([size * (ended - total[:, group, last]), -size])
    index = np.concatenate([group * q + first, group * q + last])
    who = np.tile(rows if cluster is None else cluster[rows] * groups + group, 2)
    order = np.lexsort((index, who))
    held, before = _running(np.hstack([entering, leaving])[:, order], who[order])
    copies = np.ones(index.size)
    if apart and table.frequencies is not None:
        copies = np.tile(table.frequencies[rows], 2)[order]
    moment = np.empty((3, 3, groups, q))
    for i in range(3):
        for j in range(i + 1):
            change = copies * (held[i] * held[j] - before[i] * before[j])
            summed = np.bincount(index[order], change, groups * q).reshape(groups, q)
            moment[i, j] = moment[j, i] = np.cumsum(summed, axis=1)
    along = np.stack([np.ones(table.shape), at.value, -(total[0] + at.value * total[1])])
    return np.maximum(np.einsum("igq,ijgq,jgq->gq", along, moment, along), 0.0)


def _running(change: Floats, who: Indices) -> tuple[Floats, Floats]:
    """Running sums (j, z) within runs of equal ``who``, after and before each change."""
    total = np.cumsum(change, axis=1)
    begins = np.flatnonzero(np.diff(who, prepend=-1))
    offset = np.hstack([np.zeros((len(change), 1)), total])[:, begins]
    after = total - np.repeat(offset, np.diff(begins, append=who.size), axis=1)
    before = np.hstack([np.zeros((len(change), 1)), after[:, :-1]])
    before[:, begins] = 0.0
    return after, before
