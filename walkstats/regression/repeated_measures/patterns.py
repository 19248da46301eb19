"""Who was seen at which visits? People of one pattern share one covariance.

The likelihood needs of the data only the sums over the people of a pattern of products of two
visits' rows, and they are taken once.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.errors import FitError

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

# Sums that are held at once: 400 megabytes.
MOST_SUMS = 50_000_000


@dataclass(frozen=True, eq=False)
class Patterns:
    """Sums of products by pattern of visits.

    Attributes
    ----------
    seen : (P, T) bool array
        The visits of each pattern.
    people : (P,) array
        How many have it.
    group : (P,) array
        Group of each pattern: groups have covariances of their own.
    groups : int
    first, second : (s,) arrays
        The s = T (T + 1) / 2 pairs of visits, each with itself too; first <= second.
    products : (P, s, c) array
        For a pair (a, b) the sum over the people of z_a z_b' + z_b z_a', for (a, a) of z_a z_a',
        where z is a row of the k columns and the outcome: the c entries on and above the diagonal.
    upper : tuple of two (c,) arrays
        Their rows and columns.
    columns : int
        k.
    rows : int
        Outcomes in all.
    """

    seen: NDArray[np.bool_]
    people: Floats
    group: Codes
    groups: int
    first: Codes
    second: Codes
    products: Floats
    upper: tuple[Codes, Codes]
    columns: int
    rows: int

    def whole(self, sums: Floats) -> Floats:
        """Symmetric matrices (..., k + 1, k + 1) from their entries on and above the diagonal."""
        out = np.empty((*sums.shape[:-1], self.columns + 1, self.columns + 1))
        row, column = self.upper
        out[..., row, column] = sums
        out[..., column, row] = sums
        return out


def sum_patterns(
    columns: Floats, outcome: Floats, person: Codes, visit: Codes, group: Codes, visits: int
) -> Patterns:
    """Sum products by pattern.

    Parameters
    ----------
    columns : (n, k) array
    outcome : (n,) array
    person, visit : (n,) integer codes
        Nobody has two rows of one visit.
    group : (N,) integer codes
        Of each person.
    visits : int

    Returns
    -------
    Patterns

    Raises
    ------
    FitError
        For more visits, patterns and columns than can be held.
    """
    people, wide = group.size, columns.shape[1] + 1
    each = np.zeros((people, visits, wide))
    each[person, visit, :-1] = columns
    each[person, visit, -1] = outcome
    seen = np.zeros((people, visits), dtype=bool)
    seen[person, visit] = True
    kinds, of, counts = np.unique(
        np.column_stack([group, seen]), axis=0, return_inverse=True, return_counts=True
    )
    order = np.argsort(of.ravel(), kind="stable")
    each = each[order].reshape(people, visits * wide)
    first, second = np.triu_indices(visits)
    upper = np.triu_indices(wide)
    _refuse_diaries(visits, len(kinds), len(first) * len(upper[0]))
    products = np.empty((len(kinds), len(first), len(upper[0])))
    apart = first != second
    starts = np.append(0, np.cumsum(counts))
    for p, (low, high) in enumerate(itertools.pairwise(starts)):
        rows = each[low:high]
        square = (rows.T @ rows).reshape(visits, wide, visits, wide)
        pairs = square[first, :, second, :]
        pairs[apart] += pairs[apart].transpose(0, 2, 1)
        products[p] = pairs[:, upper[0], upper[1]]
    return Patterns(
        seen=kinds[:, 1:].astype(bool),
        people=counts.astype(float),
        group=kinds[:, 0].astype(np.intp),
        groups=int(group.max()) + 1,
        first=first,
        second=second,
        products=products,
        upper=upper,
        columns=wide - 1,
        rows=len(outcome),
    )


def _refuse_diaries(visits: int, patterns: int, each: int) -> None:
    if patterns * each > MOST_SUMS:
        raise FitError(
            f"{visits} visits, missed in {patterns} ways, are too many for a covariance of visits. "
            "linear_mixed is for many occasions, or take fewer visits."
        )
