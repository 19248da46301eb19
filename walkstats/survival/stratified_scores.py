"""What does each stratum add to the comparison of groups?"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from walkstats.survival.grouped_rows import GroupedRows
from walkstats.survival.log_rank_scores import (
    Score,
    Weighting,
    group_scores,
    information,
    row_scores,
)
from walkstats.survival.risk_sets import merge_times

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class StratumScore:
    """What one stratum adds: its label, the groups' events and their expectation.

    ``information`` (g, g) is Breslow's where the variance is robust, else the covariance.
    """

    label: str
    score: Score
    information: Floats


def score_by_stratum(rows: GroupedRows, weighting: Weighting) -> tuple[list[StratumScore], Floats]:
    """Observed and expected of each stratum, and the covariance (g, g) of their difference."""
    groups = len(rows.labels)
    found, total = [], np.zeros((groups, groups))
    influences = np.zeros((rows.stop.size, groups)) if rows.robust else None
    for label, chosen, part in _strata(rows):
        table = part.table()
        score = group_scores(table, weighting)
        known = information(table) if rows.robust else score.covariance
        found.append(StratumScore(label, score, known))
        total += score.covariance
        if influences is not None:
            influences[chosen] = row_scores(table, weighting)
    if influences is not None:
        total = rows.covariance(influences)
    return found, total


def _strata(rows: GroupedRows) -> list[tuple[str, Indices, GroupedRows]]:
    """Label, positions and rows of each stratum that has rows."""
    if len(rows.stratum_labels) == 1:
        return [(rows.stratum_labels[0], np.arange(rows.stop.size), rows)]
    # Ties are settled among all rows first, so that a stratum's own range does not matter.
    times = merge_times(rows.stop, rows.start)
    tied = replace(rows, stop=times.stop, start=times.start)
    order = np.argsort(rows.stratum, kind="stable")
    ends = np.searchsorted(rows.stratum[order], np.arange(len(rows.stratum_labels) + 1))
    chosen = [order[a:b] for a, b in itertools.pairwise(ends)]
    return [
        (label, positions, tied.only(positions))
        for label, positions in zip(rows.stratum_labels, chosen, strict=True)
        if positions.size
    ]


def total_score(parts: list[StratumScore]) -> Floats:
    """Observed minus expected of each group (g,), over the strata."""
    return np.sum([part.score.observed - part.score.expected for part in parts], axis=0)
