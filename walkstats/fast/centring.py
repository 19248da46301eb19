"""Columns centred, with their spread, in compiled loops, as in ``survival.partial_maximum``."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from walkstats.fast.partial_likelihood import add_moments
from walkstats.fast.segments import ends, sum_products

Floats = NDArray[np.float64]


@njit(cache=True, nogil=True)
def centre_columns(columns: Floats, weight: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Centre columns (k, n) in place: smallest, largest, mean (k,) and second moment (k, k)."""
    k = columns.shape[0]
    low, high, centre = np.empty(k), np.empty(k), np.empty(k)
    score, moment = np.zeros(k), np.zeros((k, k))
    total = sum_products(weight, np.ones(weight.size))
    for a in range(k):
        own = columns[a]
        low[a], high[a] = ends(own, weight)
        mean = sum_products(own, weight) / total
        for i in range(own.size):
            own[i] -= mean
        centre[a] = mean
    add_moments(columns, weight, weight, score, moment)
    for a in range(k):
        for b in range(k):
            moment[a, b] /= total
    return low, high, centre, moment
