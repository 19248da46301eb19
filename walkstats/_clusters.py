"""Which levels of a model lie in one cluster, so that no variation between clusters shows?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Booleans = NDArray[np.bool_]


def number_of(clusters: NDArray[np.integer[Any]]) -> int:
    """How many clusters the codes (n,) name."""
    return int(clusters.max(initial=-1)) + 1


def columns_in_one_cluster(
    matrix: Floats, columns_of: Mapping[str, slice], clusters: Indices
) -> Booleans:
    """Which columns (k,) of a model compare a level that lies wholly in one cluster.

    Parameters
    ----------
    matrix : (n, k)
    columns_of : mapping of term to its columns
        Where each column of a term has two values, they are its levels.
    clusters : (n,) codes
    """
    alone = np.zeros(matrix.shape[1], dtype=bool)
    for where in columns_of.values():
        block = matrix[:, where]
        low, high = block.min(axis=0), block.max(axis=0)
        if not np.all((block == low) | (block == high)):
            continue
        above = block > low
        alone[where] = [_together(clusters[level]) for level in above.T]
        # Every other level is compared with the reference.
        alone[where] |= _together(clusters[~above.any(axis=1)])
    return alone


def _together(clusters: Indices) -> bool:
    return bool(clusters.size and clusters.min() == clusters.max())


def said_of_single_clusters(names: tuple[str, ...], alone: Booleans) -> list[str]:
    """A note where a level lies in one cluster, so that its error is missing."""
    found = [names[k] for k in np.flatnonzero(alone)]
    if not found:
        return []
    listed = ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
    return [
        f"{listed}: a level that is compared belongs to one cluster. What varies between clusters "
        "cannot be seen in it: its robust standard error and tests are missing."
    ]
