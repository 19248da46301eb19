"""How much do independent units scatter? Sums over clusters and the sandwich they fill."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.integer]


def cluster_sums(rows: Floats, cluster: Codes) -> Floats:
    """Add rows (n, k) up within clusters coded 0, 1, ...: (clusters, k)."""
    size = int(cluster.max()) + 1 if cluster.size else 0
    sums = [np.bincount(cluster, column, size) for column in rows.T]
    return np.column_stack(sums) if sums else np.zeros((size, 0))


def outer_sum(rows: Floats, cluster: Codes | None = None, copies: Floats | None = None) -> Floats:
    """Sum the outer products of score contributions over independent units.

    Parameters
    ----------
    rows : (n, k)
        Score contributions, case weights included.
    cluster : (n,), optional
        Codes of the cluster of each row; without, every row (every copy) is a unit.
    copies : (n,), optional
        Frequencies.

    Returns
    -------
    (k, k) array
    """
    if cluster is None:
        return rows.T @ rows if copies is None else (rows.T * copies) @ rows
    counted = rows if copies is None else rows * np.asarray(copies)[:, np.newaxis]
    sums = cluster_sums(counted, cluster)
    return sums.T @ sums


def sandwich(bread: Floats, meat: Floats) -> Floats:
    """Bread x meat x bread, symmetric to the last digit (k, k)."""
    product = bread @ meat @ bread
    return (product + product.T) / 2.0
