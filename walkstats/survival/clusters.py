"""Are there clusters enough for a variance between them?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._variables import codes_of
from walkstats.errors import FitError

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Booleans = NDArray[np.bool_]

# Below this number a robust variance is known to be too small.
FEW_CLUSTERS = 20


def number_of(clusters: NDArray[np.integer[Any]]) -> int:
    """How many clusters the codes (n,) name."""
    return int(clusters.max(initial=-1)) + 1


def read_clusters(frame: pd.DataFrame, cluster: Any, used: Indices) -> Indices:
    """Codes (n,) of the clusters of the rows used, refusing gaps and a single cluster."""
    codes = codes_of(frame, cluster, used, "the cluster")
    check_clusters(codes, str(cluster))
    return codes


def check_clusters(clusters: Indices, by: str, coefficients: int = 0) -> None:
    """Refuse a single cluster, and fewer than a model's coefficients and one more.

    Parameters
    ----------
    clusters : (n,) codes
    by : str
        Name of the column.
    coefficients : int

    Raises
    ------
    FitError
        The sums over clusters of a fit add up to nothing, so that with too few of them the variance
        is zero along some direction, whatever the data.
    """
    found = number_of(clusters)
    if found <= 1:
        raise FitError(
            f"All rows belong to one cluster of {by}: between-cluster variation cannot be seen. "
            "Cluster by something that has several values, or leave cluster= out."
        )
    if found < coefficients + 1:
        raise FitError(
            f"{found} clusters of {by} cannot show the variance of {coefficients} coefficients: "
            f"at least {coefficients + 1} are needed. Leave terms out, or cluster by something "
            "that has more values."
        )


def clusters_shared(clusters: NDArray[np.integer[Any]]) -> int | None:
    """How many clusters there are where rows share one; None where each row has its own."""
    found = number_of(clusters)
    return found if found < clusters.size else None


def in_one_cluster(group: Indices, groups: int, clusters: Indices) -> Booleans:
    """Which groups (g,) have all their rows in one cluster: what varies between clusters is unseen.

    Summed within the cluster, the influence of such a group's rows on its own estimate is zero.
    """
    low, high = np.full(groups, number_of(clusters) + 1), np.full(groups, -1)
    np.minimum.at(low, group, clusters)
    np.maximum.at(high, group, clusters)
    return low == high


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


def said_of_clusters(clusters: Indices) -> list[str]:
    """A note where the clusters are few."""
    if number_of(clusters) >= FEW_CLUSTERS:
        return []
    return ["The robust variance rests on few clusters and may be too small."]
