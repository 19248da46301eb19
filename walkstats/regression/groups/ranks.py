"""By how much are values of one group shifted, if only their order is trusted?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from walkstats.numerics.limits import normal_p, normal_quantile
from walkstats.regression.groups.pairwise import (
    Ordered,
    all_centres,
    all_differences,
    middle_of,
)

Floats = NDArray[np.float64]

# From this size of a group on the normal approximation is taken unless asked otherwise, as in R.
LARGE = 50
# Sums of ranks that differ by rounding are equal; probabilities compared as R's qwilcox does.
FUZZ = 1e-7
ROUNDING = 10.0 * float(np.finfo(float).eps)


@dataclass(frozen=True)
class RankTest:
    """A Wilcoxon test and the shift that agrees best with it.

    Attributes
    ----------
    statistic : float
        Pairs in which the group's value is the larger, ties as half (rank sum), or the sum of the
        ranks of positive differences (signed rank).
    of : float
        The largest value that the statistic can take.
    p_value, p_less, p_greater : float
    estimate, low, high : float
        Hodges and Lehmann's shift and its limits.
    exact, exact_limits : bool
    tied : bool
        Whether values tie.
    zeros : int
        Differences of zero, left out (signed rank).
    reached : float
        Confidence that the limits have at least, below the level where the groups are too small.
    """

    statistic: float
    of: float
    p_value: float
    p_less: float
    p_greater: float
    estimate: float
    low: float
    high: float
    exact: bool
    exact_limits: bool
    tied: bool
    zeros: int
    reached: float


def rank_sum(own: Floats, other: Floats, level: float, exact: bool | None) -> RankTest:
    """Wilcoxon's rank sum test of two groups (m,) and (n,), and the shift of the first.

    Notes
    -----
    Limits are the pairwise differences at which the test turns: exactly where no values tie, and
    by its normal approximation with continuity correction and the variance of ties within groups
    otherwise.
    """
    m, n = own.size, other.size
    ranks = _midranks(np.concatenate([own, other]))
    tied = np.unique(ranks).size < m + n
    statistic = float(ranks[:m].sum() - m * (m + 1) / 2.0)
    taken = _is_exact(exact, max(m, n) < LARGE and not tied)
    variance = m * n / 12.0 * (m + n + 1 - _tied(ranks) / ((m + n) * (m + n - 1)))
    if taken:
        chances, doubled = _sums_of_subset(ranks, m)
        tails = _tails(chances, doubled, 2.0 * (statistic + m * (m + 1) / 2.0))
    else:
        tails = _normal_tails(statistic - m * n / 2.0, variance)
    shifts = all_differences(own, other)
    by_rank = taken and not tied
    own_ties = m * n / 12.0 * (m + n + 1 - (_tied(own) + _tied(other)) / ((m + n) * (m + n - 1)))
    low, high, reached = (
        _exact_limits(shifts, _sums_of_subset(np.arange(1.0, m + n + 1), m)[0], level)
        if by_rank
        else _normal_limits(shifts, own_ties, level)
    )
    return RankTest(
        statistic, float(m * n), *tails, middle_of(shifts), low, high, taken, by_rank, tied,
        0, reached,
    )  # fmt: skip


def signed_rank(differences: Floats, level: float, exact: bool | None) -> RankTest:
    """Wilcoxon's signed rank test of differences (n,), zeros left out, and their centre."""
    known = differences[differences != 0]
    n, zeros = known.size, int(np.sum(differences == 0))
    if not n:
        nan = np.nan
        return RankTest(nan, 0.0, 1.0, 1.0, 1.0, 0.0, nan, nan, False, False, True, zeros, nan)
    ranks = _midranks(np.abs(known))
    tied = np.unique(ranks).size < n
    statistic = float(ranks[known > 0].sum())
    largest = n * (n + 1) / 2.0
    taken = _is_exact(exact, n < LARGE and not tied and not zeros)
    if taken:
        chances, doubled = _sums_of_any_subset(ranks)
        tails = _tails(chances, doubled, 2.0 * statistic)
    else:
        variance = n * (n + 1) * (2 * n + 1) / 24.0 - _tied(ranks) / 48.0
        tails = _normal_tails(statistic - largest / 2.0, variance)
    centres = all_centres(known)
    by_rank = taken and not tied
    own_ties = n * (n + 1) * (2 * n + 1) / 24.0 - _tied(known) / 48.0
    low, high, reached = (
        _exact_limits(centres, _sums_of_any_subset(np.arange(1.0, n + 1))[0], level)
        if by_rank
        else _normal_limits(centres, own_ties, level)
    )
    return RankTest(
        statistic, largest, *tails, middle_of(centres), low, high, taken, by_rank, tied,
        zeros, reached,
    )  # fmt: skip


def kruskal_wallis(groups: list[Floats]) -> tuple[float, int]:
    """Statistic and degrees of freedom of Kruskal and Wallis's test, corrected for ties."""
    sizes = np.array([one.size for one in groups])
    ranks = _midranks(np.concatenate(groups))
    n = ranks.size
    sums = np.add.reduceat(ranks, np.concatenate([[0], np.cumsum(sizes)[:-1]]))
    raw = 12.0 / (n * (n + 1)) * float(np.sum(sums**2 / sizes)) - 3.0 * (n + 1)
    return raw / (1.0 - _tied(ranks) / (n**3 - n)), sizes.size - 1


def _is_exact(asked: bool | None, suits: bool) -> bool:
    return suits if asked is None else bool(asked)


def _midranks(values: Floats) -> Floats:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2.0)[place].astype(np.float64)


def _tied(ranks: Floats) -> float:
    """Sum of t^3 - t over the sets of t equal ranks or values."""
    _, counts = np.unique(ranks, return_counts=True)
    return float(np.sum(counts.astype(float) ** 3 - counts))


def _sums_of_subset(ranks: Floats, size: int) -> tuple[Floats, Floats]:
    """Chances of the sums of ``size`` of the ranks, all choices alike, and the doubled sums."""
    doubled = np.rint(2.0 * ranks).astype(int)
    whole = int(np.gcd.reduce(doubled))
    steps = doubled // whole
    most = int(np.sort(steps)[-size:].sum())
    ways = np.zeros((size + 1, most + 1))
    ways[0, 0] = 1.0
    for step in steps:
        ways[1:, step:] += ways[:-1, : most + 1 - step].copy()
    found = ways[size]
    return found / found.sum(), whole * np.arange(most + 1.0)


def _sums_of_any_subset(ranks: Floats) -> tuple[Floats, Floats]:
    """Chances of the sums of ranks whose signs are positive, all signs alike."""
    doubled = np.rint(2.0 * ranks).astype(int)
    whole = int(np.gcd.reduce(doubled))
    ways = np.array([1.0])
    for step in doubled // whole:
        longer = np.zeros(ways.size + step)
        longer[: ways.size] += 0.5 * ways
        longer[step:] += 0.5 * ways
        ways = longer
    return ways, whole * np.arange(float(ways.size))


def _tails(chances: Floats, sums: Floats, observed: float) -> tuple[float, float, float]:
    """Two-sided p: of sums at least as far from their mean; and of those below and above."""
    mean = float(chances @ sums)
    far = np.abs(sums - mean) >= abs(observed - mean) - FUZZ
    less, greater = sums <= observed + FUZZ, sums >= observed - FUZZ
    two, low, high = (min(1.0, float(chances[which].sum())) for which in (far, less, greater))
    return two, low, high


def _normal_tails(centred: float, variance: float) -> tuple[float, float, float]:
    """p-values of a centred statistic by its normal approximation, moved by a half."""
    if not variance > 0:
        return 1.0, 1.0, 1.0
    spread = np.sqrt(variance)
    two = float(normal_p((centred - 0.5 * np.sign(centred)) / spread))
    return (
        two,
        float(special.ndtr((centred + 0.5) / spread)),
        float(special.ndtr(-(centred - 0.5) / spread)),
    )


def _exact_limits(shifts: Ordered, chances: Floats, level: float) -> tuple[float, float, float]:
    """Order statistics of the shifts (sorted) beyond which the exact test rejects."""
    tail = (1.0 - level) / 2.0
    first = int(np.flatnonzero(chances > 0)[0])
    below = np.cumsum(chances[first : first + shifts.size + 1])
    place = max(int(np.searchsorted(below, tail - ROUNDING)), 1)
    reached = 1.0 - 2.0 * float(below[place - 1])
    return shifts.at(place - 1), shifts.at(shifts.size - place), reached


def _normal_limits(shifts: Ordered, variance: float, level: float) -> tuple[float, float, float]:
    """The shifts (sorted) at which the normal approximation turns from rejecting."""
    reach = normal_quantile(level) * np.sqrt(max(variance, 0.0))
    place = int(np.ceil(shifts.size / 2.0 - 0.5 - reach))
    place = min(max(place, 1), shifts.size)
    return shifts.at(place - 1), shifts.at(shifts.size - place), level
