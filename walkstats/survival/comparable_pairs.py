"""Which pairs of people can be compared, and does the marker order them as their events did?

Counting is divide and conquer over the rows sorted by time: O(n log n), all of it in arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.errors import FitError
from walkstats.survival.risk_sets import RiskSets, stable_order

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Booleans = NDArray[np.bool_]

# Markers closer than this share of their range are tied: the linear predictors of two equal rows
# may differ by rounding.
SAME_MARKER = 1e-12


@dataclass(frozen=True, eq=False)
class PairCounts:
    """Comparable pairs of n rows in s strata.

    Attributes
    ----------
    by_stratum : (s, 5) pairs concordant, discordant, tied in the marker; pairs of events at one
    time
        with different, and with the same marker
    by_row : (n, 3) the first three of them that a copy of the row is in, its own weight left out
    value : concordance, (c + t / 2) / (c + d + t)
    influence : (n,) infinitesimal-jackknife influence of a copy of the row, its weight included
    """

    by_stratum: Floats
    by_row: Floats
    value: float
    influence: Floats


def count_pairs(sets: RiskSets, marker: Floats, v: Floats) -> PairCounts:
    """Count pairs; marker (n,), higher riskier; v (m,) weight of a pair by time of its event."""
    rows = _Rows.of(sets, marker, v)
    cases, points = rows.cases, rows.points
    events_first = 2 * sets.last + ~sets.event
    of_case, of_point = _later(rows, 2 * sets.last[cases], events_first[points])
    if sets.first is not None:
        # Who enters at or after the event is not yet at risk at it.
        not_yet = _later(rows, sets.last[cases], sets.first[points])
        of_case, of_point = of_case - not_yet[0], of_point - not_yet[1]
    by_row = np.zeros((sets.n_rows, 3))
    by_row[cases] += of_case * rows.v[:, None]
    by_row[points] += of_point
    weighted = of_case * (rows.v * sets.mass[cases])[:, None]
    comparable = [np.bincount(rows.stratum[cases], column, sets.n_strata) for column in weighted.T]
    by_stratum = np.column_stack([*comparable, *_tied_in_time(sets, rows)])
    concordant, discordant, tied = by_stratum[:, :3].sum(axis=0)
    total = concordant + discordant + tied
    if not total > 0:
        raise FitError("No two people can be compared: nobody is at risk beyond an event.")
    somers = (concordant - discordant) / total
    own = 1.0 if sets.weights is None else sets.weights
    moved = by_row[:, 0] - by_row[:, 1] - somers * by_row.sum(axis=1)
    return PairCounts(by_stratum, by_row, (somers + 1.0) / 2.0, own * moved / (2.0 * total))


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows with a counted event, rows ever at risk; and of all rows stratum, marker rank, mass."""

    cases: Indices
    points: Indices
    v: Floats
    stratum: Indices
    rank: Indices
    mass: Floats

    @classmethod
    def of(cls, sets: RiskSets, marker: Floats, v: Floats) -> _Rows:
        seen = sets.from_index <= sets.last
        cases = np.flatnonzero(seen & sets.event & (v[sets.last] > 0))
        stratum = np.zeros(sets.n_rows, dtype=np.intp) if sets.strata is None else sets.strata
        each = v[sets.last[cases]]
        return cls(cases, np.flatnonzero(seen), each, stratum, _ranks(marker), sets.mass)


def _ranks(marker: Floats) -> Indices:
    """Dense ranks (n,); markers that differ by rounding only share one."""
    order = np.argsort(marker, kind="stable")
    gaps = np.diff(marker[order], prepend=marker[order[:1]])
    ranks = np.empty(marker.size, dtype=np.intp)
    ranks[order] = np.cumsum(gaps > SAME_MARKER * (marker[order[-1]] - marker[order[0]]))
    return ranks


def _later(rows: _Rows, case_key: Indices, point_key: Indices) -> tuple[Floats, Floats]:
    """Sum over the pairs of an event and a row of the same stratum with a larger key.

    Returns for each event the mass of the rows with a lower, higher, equal marker (cases, 3), and
    for each row the mass times v of the events with a higher, lower, equal marker (points, 3).

    Events and rows stand in one sequence by key. Exactly one node of the binary tree over it has
    the event in its left half and the row in its right half, so each pair is met once.
    """
    is_case = np.arange(case_key.size + point_key.size) < case_key.size
    size = is_case.size
    # Rows stand before the events of the same key: only larger keys are to the right of an event.
    place = np.empty(size, dtype=np.intp)
    place[stable_order(2 * np.concatenate([case_key, point_key]) + is_case)] = np.arange(size)
    who = np.concatenate([rows.cases, rows.points])
    mass = rows.mass[who] * np.append(rows.v, np.ones(point_key.size))
    stratum, rank = rows.stratum[who], rows.rank[who]
    by_marker = stable_order(stratum * (int(rows.rank.max()) + 1) + rank)
    sums = np.zeros((size, 3))
    for level in range(max(size - 1, 0).bit_length()):
        node = place >> (level + 1)
        order = by_marker[stable_order(node[by_marker])]
        right = (place[order] >> level & 1).astype(bool)
        case = is_case[order]
        unit = _changes(node[order]) | _changes(stratum[order])
        tie = unit | _changes(rank[order])
        below, equal, above = _around(np.where(right & ~case, mass[order], 0.0), unit, tie)
        left_cases = case & ~right
        sums[order[left_cases]] += np.column_stack([below, above, equal])[left_cases]
        below, equal, above = _around(np.where(left_cases, mass[order], 0.0), unit, tie)
        right_points = right & ~case
        sums[order[right_points]] += np.column_stack([above, below, equal])[right_points]
    return sums[: case_key.size], sums[case_key.size :]


def _changes(codes: Indices) -> Booleans:
    return np.diff(codes, prepend=-1) != 0


def _around(mass: Floats, unit: Booleans, tie: Booleans) -> tuple[Floats, Floats, Floats]:
    """Mass below, at and above the marker of each item in its unit; items by unit and marker."""
    total = np.append(0.0, np.cumsum(mass))
    unit_begin, unit_end = _ends(total, unit)
    tie_begin, tie_end = _ends(total, tie)
    return tie_begin - unit_begin, tie_end - tie_begin, unit_end - tie_end


def _ends(total: Floats, new: Booleans) -> tuple[Floats, Floats]:
    begin = np.flatnonzero(new)
    end = np.append(begin[1:], new.size)
    return np.repeat(total[begin], end - begin), np.repeat(total[end], end - begin)


def _tied_in_time(sets: RiskSets, rows: _Rows) -> tuple[Floats, Floats]:
    """By stratum (s,): pairs of events at one time with different, and with the same marker."""
    cases = rows.cases
    copies = np.ones(cases.size) if sets.frequencies is None else sets.frequencies[cases]
    own = np.ones(cases.size) if sets.weights is None else sets.weights[cases]
    pairs = []
    for key in (sets.last[cases], sets.last[cases] * (int(rows.rank.max()) + 1) + rows.rank[cases]):
        _, one, group = np.unique(key, return_index=True, return_inverse=True)
        squared = np.bincount(group, sets.mass[cases], one.size) ** 2
        here = (squared - np.bincount(group, copies * own**2, one.size)) / 2.0
        pairs.append(np.bincount(rows.stratum[cases][one], here * rows.v[one], sets.n_strata))
    same_time, same_both = (one.astype(np.float64) for one in pairs)
    return same_time - same_both, same_both
