"""Are there clusters enough for a variance between them?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from walkstats.errors import FitError

Indices = NDArray[np.intp]

# Below this number a robust variance is known to be too small.
FEW_CLUSTERS = 20


def number_of(clusters: Indices) -> int:
    """How many clusters the codes (n,) name."""
    return int(clusters.max(initial=-1)) + 1


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
    found = int(clusters.max(initial=-1)) + 1
    return found if found < clusters.size else None


def said_of_clusters(clusters: Indices) -> list[str]:
    """A note where the clusters are few."""
    if number_of(clusters) >= FEW_CLUSTERS:
        return []
    return ["The robust variance rests on few clusters and may be too small."]
