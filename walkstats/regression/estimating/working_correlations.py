"""How are the rows of one person taken to be correlated, and how strongly are they?

Arrays only. A structure estimates its parameters from products of standardised residuals, and
whitens columns: with R the correlation of a person's rows and R = L L', it gives L^-1 times these
rows. Rows are sorted by person and visit.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.errors import FitError

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

# Values of a correlation among which the least sum of squares is looked for.
GRID = 801
# Multiples of the smallest distance this close to a whole number are one: rounding.
WHOLE = 1e-9
# A correlation matrix with a smaller eigenvalue is none.
DEFINITE = 1e-8


@dataclass(frozen=True, eq=False)
class Panel:
    """Whose rows they are, and at which visit.

    Attributes
    ----------
    people : (n,) codes, ascending
    sizes : (n,) rows of the person of each row
    position : (n,) code of the visit; 0 where none are named
    time : (n,) the visit as a number, ascending within a person; nan where none are named
    visits : int
        Distinct visits.
    weights : (n,)
        Of the rows; that of a pair is the product of its rows'.
    """

    people: Codes
    sizes: Codes
    position: Codes
    time: Floats
    visits: int
    weights: Floats

    @property
    def largest(self) -> int:
        """Rows of the person with most of them."""
        return int(self.sizes.max(initial=0))

    @functools.cached_property
    def pairs(self) -> tuple[Codes, Codes]:
        """Earlier and later row of every pair of rows of one person, neighbours first."""
        first, second = [], []
        rows = np.arange(self.people.size)
        for lag in range(1, self.largest):
            same = rows[:-lag][self.people[:-lag] == self.people[lag:]]
            first.append(same)
            second.append(same + lag)
        none = rows[:0]
        return np.concatenate([none, *first]), np.concatenate([none, *second])

    @functools.cached_property
    def least(self) -> float:
        """The smallest distance between two visits of one person."""
        first, second = self.pairs
        return float((self.time[second] - self.time[first]).min(initial=np.inf))

    @functools.cached_property
    def gaps(self) -> Floats:
        """Distances of all pairs in multiples of the smallest."""
        first, second = self.pairs
        multiples = (self.time[second] - self.time[first]) / self.least
        whole = np.round(multiples)
        return np.where(np.abs(multiples - whole) < WHOLE * whole, whole, multiples)

    def sums(self, columns: Floats) -> Floats:
        """Sums (n, c) of columns over the rows of each row's person."""
        totals = np.column_stack([np.bincount(self.people, column) for column in columns.T])
        return np.asarray(totals[self.people], dtype=np.float64)


@dataclass(frozen=True)
class Structure:
    """A structure of the correlation within a person.

    Attributes
    ----------
    name, described : str
    needs_visits : bool
    estimate : callable
        Panel, residuals r (n,) with mean square 1 -> parameters.
    whiten : callable
        Panel, parameters, columns (n, c) -> (n, c).
    """

    name: str
    described: str
    needs_visits: bool
    estimate: Callable[[Panel, Floats], Floats]
    whiten: Callable[[Panel, Floats, Floats], Floats]


def _none(panel: Panel, r: Floats) -> Floats:
    return np.empty(0)


def _unchanged(panel: Panel, alpha: Floats, columns: Floats) -> Floats:
    return columns


def _mean_product(panel: Panel, r: Floats) -> Floats:
    """Mean product over all pairs of rows of one person."""
    columns = np.column_stack([panel.weights, panel.weights * r])
    # Twice the sum over pairs is the square of the sum, less the sum of squares.
    pairs, products = np.sum(panel.sums(columns) * columns - columns**2, axis=0)
    return np.array([products / pairs]) if panel.largest > 1 else np.zeros(1)


def _whiten_alike(panel: Panel, alpha: Floats, columns: Floats) -> Floats:
    """The symmetric root of the inverse: rows less a share of their person's mean."""
    share, sizes = float(alpha[0]), panel.sizes[:, None]
    if not share < 1.0 - DEFINITE or not 1.0 + (panel.largest - 1) * share > DEFINITE:
        raise FitError(_said_of_no_matrix(f"an exchangeable correlation of {share:.3g}"))
    pulled = 1.0 - np.sqrt((1.0 - share) / (1.0 + (sizes - 1) * share))
    return np.asarray((columns - pulled * panel.sums(columns) / sizes) / np.sqrt(1.0 - share))


def _nearest_power(panel: Panel, r: Floats) -> Floats:
    """The correlation whose powers are nearest to the products of all pairs, by least squares."""
    from scipy.optimize import brentq

    first, second = panel.pairs
    if not first.size:
        return np.zeros(1)
    gaps, which = np.unique(panel.gaps, return_inverse=True)
    weights = panel.weights[first] * panel.weights[second]
    many = np.bincount(which, weights)
    mean = np.bincount(which, weights * r[first] * r[second]) / many
    whole = bool(np.all(gaps == np.round(gaps)))
    grid = np.linspace(-0.9999 if whole else 0.0, 0.9999, GRID)
    squares = ((mean[:, None] - grid ** gaps[:, None]) ** 2 * many[:, None]).sum(axis=0)
    best = int(np.argmin(squares))

    def slope(at: float) -> float:
        return float(np.sum(many * gaps * at ** (gaps - 1.0) * (mean - at**gaps)))

    low, high = grid[max(best - 1, 0)], grid[min(best + 1, GRID - 1)]
    if slope(low) * slope(high) >= 0.0:
        return np.array([grid[best]])
    return np.array([brentq(slope, low, high, xtol=1e-15, rtol=1e-14)])


def _whiten_fading(panel: Panel, alpha: Floats, columns: Floats) -> Floats:
    """Each row less what its person's row before foretells."""
    rows = np.arange(1, panel.people.size)
    later = rows[panel.people[1:] == panel.people[:-1]]
    if not later.size:
        return columns
    power = (alpha[0] ** panel.gaps[: later.size])[:, None]
    if not np.all(np.abs(power) < 1.0 - DEFINITE):
        raise FitError(_said_of_no_matrix(f"a correlation of {alpha[0]:.3g} between neighbours"))
    out = columns.copy()
    out[later] = (columns[later] - power * columns[later - 1]) / np.sqrt(1.0 - power**2)
    return out


def _each_pair(panel: Panel, r: Floats) -> Floats:
    """Mean product of each pair of visits, over the people who have both."""
    first, second = panel.pairs
    where = panel.position[first] * panel.visits + panel.position[second]
    size, weights = panel.visits**2, panel.weights[first] * panel.weights[second]
    many = np.bincount(where, weights, minlength=size)
    total = np.bincount(where, weights * r[first] * r[second], minlength=size)
    upper = np.flatnonzero(np.triu(np.ones((panel.visits, panel.visits)), 1).ravel())
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((total / many)[upper])


def visit_matrix(alpha: Floats, visits: int) -> Floats:
    """The correlation matrix of all visits from that of each pair."""
    matrix = np.eye(visits)
    rows, columns = np.triu_indices(visits, 1)
    matrix[rows, columns] = matrix[columns, rows] = alpha
    return matrix


def _whiten_each(panel: Panel, alpha: Floats, columns: Floats) -> Floats:
    """By the triangular root of the matrix of each pattern of visits."""
    matrix = visit_matrix(alpha, panel.visits)
    starts = np.flatnonzero(np.diff(panel.people, prepend=-1))
    seen = np.zeros((len(starts), panel.visits), dtype=bool)
    seen[panel.people, panel.position] = True
    patterns, which = np.unique(seen, axis=0, return_inverse=True)
    out = np.empty_like(columns)
    for number, pattern in enumerate(patterns):
        part = matrix[np.ix_(pattern, pattern)]
        if not np.linalg.eigvalsh(part)[0] > DEFINITE:
            raise FitError(_said_of_no_matrix("the correlations of pairs of visits"))
        rows = starts[which.ravel() == number][:, None] + np.arange(int(pattern.sum()))
        out[rows] = np.linalg.solve(np.linalg.cholesky(part), columns[rows])
    return out


def _said_of_no_matrix(what: str) -> str:
    return (
        f"The working correlation is no correlation matrix ({what}): use one with fewer "
        "parameters, or correlation='independence'."
    )


STRUCTURES = {
    one.name: one
    for one in (
        Structure("independence", "independence", False, _none, _unchanged),
        Structure("exchangeable", "exchangeable", False, _mean_product, _whiten_alike),
        Structure("ar1", "first-order autoregressive", True, _nearest_power, _whiten_fading),
        Structure("unstructured", "unstructured", True, _each_pair, _whiten_each),
    )
}
