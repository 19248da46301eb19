"""Are there clusters enough for a variance between them?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._clusters import number_of
from walkstats._variables import codes_of
from walkstats.errors import FitError

Indices = NDArray[np.intp]
Booleans = NDArray[np.bool_]

# Below this number a robust variance is known to be too small.
FEW_CLUSTERS = 20


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


def said_of_clusters(clusters: Indices) -> list[str]:
    """A note where the clusters are few."""
    if number_of(clusters) >= FEW_CLUSTERS:
        return []
    return ["The robust variance rests on few clusters and may be too small."]
