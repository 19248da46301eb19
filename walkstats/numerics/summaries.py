"""What does one column of a group look like? Means, quartiles, shares, standardised differences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class NumberSummary:
    """A numeric column in one group.

    Attributes
    ----------
    known, missing : int
        Values present and absent.
    mean, sd, median, q1, q3, low, high : float
        Of the values present; sd with divisor ``known - 1``; quartiles interpolate linearly
        (R's type 7).
    """

    known: int
    missing: int
    mean: float
    sd: float
    median: float
    q1: float
    q3: float
    low: float
    high: float


def summarise_numbers(values: ArrayLike) -> NumberSummary:
    """Summarise a numeric array; nan is missing, and infinite values count as they are.

    Examples
    --------
    >>> summary = summarise_numbers([1.0, 2.0, 3.0, 4.0, np.nan])
    >>> summary.known, summary.missing, summary.median, summary.q1
    (4, 1, 2.5, 1.75)
    """
    array = np.asarray(values, dtype=float)
    known = array[~np.isnan(array)]
    n = len(known)
    if n == 0:
        nothing = float("nan")
        return NumberSummary(0, len(array), *(nothing,) * 7)
    q1, median, q3 = np.quantile(known, (0.25, 0.5, 0.75))
    return NumberSummary(
        known=n,
        missing=len(array) - n,
        mean=float(known.mean()),
        sd=float(known.std(ddof=1)) if n > 1 else float("nan"),
        median=float(median),
        q1=float(q1),
        q3=float(q3),
        low=float(known.min()),
        high=float(known.max()),
    )


def count_codes(codes: ArrayLike, levels: int) -> tuple[NDArray[np.int64], int]:
    """How often each code 0..levels-1 occurs, and how often a negative code (missing) does."""
    array = np.asarray(codes, dtype=np.int64)
    return np.bincount(array[array >= 0], minlength=levels), int((array < 0).sum())


def standardised_mean_difference(first: NumberSummary, second: NumberSummary) -> float:
    """Difference of means (second minus first) over the root mean of the two variances.

    Missing where a group has fewer than two values; 0 where nothing varies and the means agree.

    References
    ----------
    Austin PC. Commun Stat Simul Comput 2009;38:1228-1234. doi:10.1080/03610910902859574
    """
    difference = second.mean - first.mean
    pooled = np.sqrt((first.sd**2 + second.sd**2) / 2.0)
    if pooled == 0.0:
        return 0.0 if difference == 0.0 else float("nan")
    return float(difference / pooled)


def standardised_share_difference(first: ArrayLike, second: ArrayLike) -> float:
    """Standardised difference of two distributions over the same categories.

    Parameters
    ----------
    first, second : (levels,) counts

    Returns
    -------
    float
        With two categories |p2 - p1| / sqrt((p1 (1 - p1) + p2 (1 - p2)) / 2), p the share of
        either; with more the Mahalanobis distance of the shares, which has no sign. Missing where a
        group is empty, or where the groups share no category.

    References
    ----------
    Yang D, Dalton JE. A unified approach to measuring the effect size between two groups.
    SAS Global Forum 2012, paper 335-2012.

    Examples
    --------
    >>> round(standardised_share_difference([50, 50], [30, 70]), 4)
    0.417
    """
    counts = [np.asarray(side, dtype=float) for side in (first, second)]
    if min(side.sum() for side in counts) == 0:
        return float("nan")
    # The last share follows from the others, so it is left out of the vector.
    shares = [(side / side.sum())[:-1] for side in counts]
    difference = shares[1] - shares[0]
    if not np.any(difference):
        return 0.0
    covariance = sum(np.diag(p) - np.outer(p, p) for p in shares) / 2.0
    solved, *_ = np.linalg.lstsq(covariance, difference, rcond=None)
    if not np.allclose(covariance @ solved, difference):
        return float("nan")
    return float(np.sqrt(difference @ solved))
