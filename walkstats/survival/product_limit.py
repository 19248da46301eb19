"""What do the risk sets say about survival: steps, their errors, areas and each row's influence?

Kernels only, arrays in and arrays out; the public functions that use them are in ``curves``,
``comparisons``, ``restricted`` and ``pseudo_values``. Arrays (g, q) run over g groups and q times,
as in `walkstats.survival.risk_tables.RiskTable`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.survival.risk_tables import RiskTable

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

# With weights, those left are a difference of sums that rounding may take to zero or below; while
# somebody is left, the curve stays above 0.
SOMETHING_LEFT = float(np.finfo(float).eps)


@dataclass(frozen=True, eq=False)
class Steps:
    """A step function by group and its variance after each step.

    Attributes
    ----------
    value : (g, q) survival probability, or cumulative hazard
    variance : (g, q) of log survival, or of the cumulative hazard
    """

    value: Floats
    variance: Floats


@dataclass(frozen=True, eq=False)
class Areas:
    """Area under the curve of each of g groups, q times.

    Attributes
    ----------
    mean : (g,) area from the start to tau
    variance : (g,) by Greenwood's sum
    ahead : (g, q) area from each time to tau, 0 from tau on
    """

    mean: Floats
    variance: Floats
    ahead: Floats


def product_limit(table: RiskTable) -> Steps:
    """Kaplan-Meier survival and Greenwood's variance of its logarithm."""
    at_risk, left = _left(table)
    with np.errstate(divide="ignore"):
        term = np.asarray(table.n_event / (at_risk * left))
    return Steps(np.cumprod(left / at_risk, axis=1, dtype=np.float64), np.cumsum(term, axis=1))


def cumulative_hazard(table: RiskTable, *, untied: bool = False) -> Steps:
    """Nelson-Aalen cumulative hazard; ``untied`` lets tied events happen one after another.

    With ``untied`` (Fleming and Harrington 1984) d events among n at risk add
    1/n + 1/(n-1) + ... + 1/(n-d+1), each event carrying the mean weight of those tied.
    """
    if untied:
        jump, term = _one_after_another(table)
    else:
        jump = _ratio(table.n_event, table.n_risk)
        term = _ratio(jump, table.n_risk)
    return Steps(np.cumsum(jump, axis=1), np.cumsum(term, axis=1))


def _one_after_another(table: RiskTable) -> tuple[Floats, Floats]:
    tied = table.tied.ravel().astype(np.intp)
    index = np.repeat(np.arange(tied.size), tied)
    before = np.arange(index.size) - (np.cumsum(tied) - tied)[index]
    mean = table.n_event.ravel()[index] / tied[index]
    at_risk = table.n_risk.ravel()[index] - before * mean
    jump = np.bincount(index, mean / at_risk, tied.size).astype(np.float64)
    term = np.bincount(index, mean / at_risk**2, tied.size).astype(np.float64)
    return jump.reshape(table.shape), term.reshape(table.shape)


def areas(table: RiskTable, survival: Floats, start: float, tau: float) -> Areas:
    """Area under each curve from ``start`` to ``tau``; the last value is carried on to tau."""
    clipped = np.minimum(np.maximum(table.times, start), tau)
    width = np.append(clipped[1:], tau) - clipped
    ahead = np.cumsum((survival * width)[:, ::-1], axis=1)[:, ::-1]
    at_risk, left = _left(table)
    # Where nobody is left the curve is 0 from there on, and so is the area ahead.
    spread = ahead * ahead * table.n_event / (at_risk * (left + (left == 0)))
    return Areas(clipped[0] - start + ahead[:, 0], spread.sum(axis=1), ahead)


def influence(table: RiskTable, gradient: Floats) -> Floats:
    """Change of a functional of the curves for each unit of weight of each row.

    Parameters
    ----------
    table : RiskTable
    gradient : (g, q) or (g, q, k) array
        What the functional loses when log survival falls at each time: the survival probability
        at a later time, or the area still ahead.

    Returns
    -------
    (n,) or (n, k) array
        By the row's own group; other groups' curves do not move.
    """
    per_event, per_risk = _rates(table, _left(table)[1])
    own = table.event
    if gradient.ndim > 2:
        per_event, per_risk, own = per_event[..., None], per_risk[..., None], own[:, None]
    return table.over_time(gradient * per_risk) - own * table.at_end(gradient * per_event)


def jackknife_variance(
    table: RiskTable, cluster: Indices | None = None, *, hazard: bool = False
) -> Floats:
    """Infinitesimal-jackknife variance after each step.

    Parameters
    ----------
    table : RiskTable
    cluster : (n,) codes, or None for rows that are independent
    hazard : bool
        Of the cumulative hazard instead of log survival.

    Returns
    -------
    (g, q) array

    Notes
    -----
    The influence of a cluster at index j is P + Q_j W, with W its weight at risk, Q the running sum
    of d / (n (n - d)) (of d / n**2 for the hazard) and P what rows that entered or ended have left
    behind. P and W change only where a row of the cluster enters or ends, so the sum of squares
    over clusters is followed by its increments there: n log n work instead of clusters times times.
    """
    groups, q = table.shape
    per_event, per_risk = _rates(table, table.n_risk if hazard else _left(table)[1])
    total = np.cumsum(per_risk, axis=1)
    rows = np.flatnonzero(table.first <= table.last)
    group, first, last = table.group[rows], table.first[rows], table.last[rows]
    size = _row_weights(table)[rows] if cluster is None else table.mass[rows]
    held_first = -size * (total - per_risk)[group, first]
    held_last = size * (total[group, last] - table.event[rows] * per_event[group, last])
    index = np.concatenate([group * q + first, group * q + last])
    who = rows if cluster is None else cluster[rows] * groups + group
    who = np.concatenate([who, who])
    order = np.lexsort((index, who))
    index, who = index[order], who[order]
    held, held_before = _running(np.concatenate([held_first, held_last])[order], who)
    at_risk, at_risk_before = _running(np.concatenate([size, -size])[order], who)
    copies = _copies(table, cluster, rows)[order]

    def summed(increment: Floats) -> Floats:
        by_index = np.bincount(index, copies * increment, groups * q)
        return np.cumsum(by_index.reshape(groups, q), axis=1)

    constant = summed(held**2 - held_before**2)
    linear = summed(held * at_risk - held_before * at_risk_before)
    square = summed(at_risk**2 - at_risk_before**2)
    return np.maximum(constant + total * (2.0 * linear + total * square), 0.0)


def clustered_covariance(
    influences: Floats,
    *,
    weights: Floats | None,
    frequencies: Floats | None,
    cluster: Indices | None,
) -> Floats:
    """Covariance (k, k) of functionals from the influence (n, k) of rows, summed in clusters.

    Copies of a row are so many people where rows are independent, one cluster's where they are not.
    """
    copies = 1.0 if frequencies is None else frequencies[:, None]
    scaled = influences if weights is None else influences * weights[:, None]
    if cluster is None:
        return np.asarray((scaled * copies).T @ scaled, dtype=np.float64)
    sums = np.column_stack([np.bincount(cluster, column) for column in (scaled * copies).T])
    return np.asarray(sums.T @ sums, dtype=np.float64)


def _left(table: RiskTable) -> tuple[Floats, Floats]:
    """(g, q) at risk, and those of them without the event; one each where nobody is at risk."""
    at_risk = table.n_risk + (table.n_risk == 0)
    left = at_risk - table.n_event
    if table.weights is not None:
        left = np.where(table.all_end, 0.0, np.maximum(left, SOMETHING_LEFT * at_risk))
    return at_risk, left


def _ratio(above: Floats, below: Floats) -> Floats:
    """above / below, 0 where below is 0."""
    return np.divide(above, below, out=np.zeros(below.shape), where=below > 0)


def _rates(table: RiskTable, base: Floats) -> tuple[Floats, Floats]:
    """Influence for an event and for being at risk (g, q); none where the curve falls to 0."""
    per_event = _ratio(np.ones(base.shape), base)
    return per_event, per_event * _ratio(table.n_event, table.n_risk)


def _row_weights(table: RiskTable) -> Floats:
    return np.ones(table.last.size) if table.weights is None else table.weights


def _copies(table: RiskTable, cluster: Indices | None, rows: Indices) -> Floats:
    """(2 r,) how often a change counts: copies of independent rows are so many people."""
    if cluster is not None or table.frequencies is None:
        return np.ones(2 * rows.size)
    return np.tile(table.frequencies[rows], 2)


def _running(change: Floats, who: Indices) -> tuple[Floats, Floats]:
    """Running sums within runs of equal ``who``, after and before each change."""
    total = np.cumsum(change)
    begins = np.flatnonzero(np.diff(who, prepend=-1))
    offset = np.append(0.0, total)[begins]
    after = total - np.repeat(offset, np.diff(begins, append=who.size))
    before = np.append(0.0, after[:-1])
    before[begins] = 0.0
    return after, before
