"""Rows of a matrix in an order, as columns, in one pass, as in ``survival.risk_set_sums``."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def ordered_columns(X: Floats, order: Indices) -> Floats:
    """Rows of X (n, k) in an order, transposed: (k, n)."""
    columns = np.empty((X.shape[1], order.size))
    _ordered_columns(X, order, columns)
    return columns


@njit(cache=True, nogil=True)
def _ordered_columns(X: Floats, order: Indices, columns: Floats) -> None:
    for i in range(order.size):
        row = order[i]
        for a in range(X.shape[1]):
            columns[a, i] = X[row, a]
