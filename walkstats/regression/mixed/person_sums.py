"""What of all these rows does the likelihood need? Sums of products by person, made once.

With them no later step looks at a row again: the cost of a model of daily answers is that of one
pass over the rows. People with the same random design share their sums of squares, so that they are
one pattern, and a criterion costs as much as there are patterns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from walkstats.numerics.least_squares import Factor, factor

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

# Up to here columns are made orthogonal by QR; above, by their products, where these are harmless.
SMALL = 2_000
HARMLESS = 1e6  # squared condition number of the centred and scaled columns
# A pattern that this many people share on average is summed by a product of matrices.
MANY = 8


@dataclass(frozen=True)
class Standardised:
    """Outcome and covariates as orthonormal columns: y = X start + spread e, X back = Q.

    Attributes
    ----------
    columns : (n, k + 1) array
        ``columns @ mix`` are Q and e.
    mix : (k + 1, k + 1) array
    back : (k, k) array
    start : (k,) array
        Least squares.
    spread : float
        Length of the residuals of least squares.
    log_volume : float
        Logarithm of |det back|.
    condition : float
        Condition number of the centred and scaled covariates.
    nearly : tuple of int
        The columns that share the direction that the data determine worst.
    """

    columns: Floats
    mix: Floats
    back: Floats
    start: Floats
    spread: float
    log_volume: float
    condition: float
    nearly: tuple[int, ...]


@dataclass(frozen=True)
class Sums:
    """Sums of products of standardised random (Z) and fixed columns with the outcome (W).

    Attributes
    ----------
    rows : int
    squares : (P, q, q) array
        Z'Z by person.
    products : (P, q, w) array
        Z'W by person; the last column is that of the outcome, or with outer groups that of ones.
    total : (w, w) array
        W'W.
    outer : (P,) codes or None
        Outer group of each person, ascending.
    outer_products : (G, w) array or None
        Sums of W by outer group.
    turn : (q, q) array
        Z is the random design times this.
    patterns : (U, q, q) array
        The distinct Z'Z (within an outer group, where there are such).
    people : (U,) array
        How many people have each.
    spanned : (U, q (q + 1) / 2, w (w + 1) / 2) array
        Sums over the people of a pattern of products of products, packed.
    starts : (G,) positions or None
        First pattern of each outer group.
    """

    rows: int
    squares: Floats
    products: Floats
    total: Floats
    outer: Codes | None
    outer_products: Floats | None
    turn: Floats
    patterns: Floats
    people: Floats
    spanned: Floats
    starts: Codes | None

    @property
    def fixed(self) -> int:
        """Columns of the fixed part."""
        return self.total.shape[0] - 1 - (self.outer is not None)

    @property
    def random(self) -> int:
        """Columns of the random part."""
        return int(self.squares.shape[1])


def standardise(matrix: Floats, outcome: Floats) -> Standardised | Factor:
    """Make the columns orthonormal; a ``Factor`` below full rank is handed back as it is."""
    if len(outcome) > SMALL:
        found = _by_products(matrix, outcome)
        if found is not None:
            return found
    design = factor(matrix)
    if design.dependent:
        return design
    # Twice, so that the residuals are orthogonal to the last digit.
    first = design.q.T @ outcome
    residuals = outcome - design.q @ first
    again = design.q.T @ residuals
    residuals = residuals - design.q @ again
    spread = float(np.linalg.norm(residuals))
    columns = np.column_stack([design.q, residuals / (spread or 1.0)])
    volume = float(np.linalg.slogdet(design.back)[1])
    start = design.back @ (first + again)
    return Standardised(
        columns, np.eye(columns.shape[1]), design.back, start, spread, volume,
        design.condition, design.nearly,
    )  # fmt: skip


def _by_products(matrix: Floats, outcome: Floats) -> Standardised | None:
    """The same from products of centred columns; None where rounding would show."""
    n, k = matrix.shape
    ends = np.flatnonzero((matrix[0] == matrix[-1]) & (matrix[0] == matrix[n // 2]))
    constant = [j for j in ends if np.all(matrix[:, j] == matrix[0, j])]
    if len(constant) != 1 or matrix[0, constant[0]] == 0:
        return None
    columns = np.empty((k + 1, n)).T  # one column after the other, as the sums take them
    columns[:, :k] = matrix
    columns[:, k] = outcome
    means = columns.T @ np.full(n, 1.0 / n)
    means[constant] = 0.0
    columns -= means
    gram = columns.T @ columns
    lengths = np.sqrt(np.diag(gram))
    if np.any(lengths == 0.0):
        return None
    scaled = gram / np.outer(lengths, lengths)
    # The outcome is one of the columns: where it is all but fitted, rounding would show too.
    roots, all_roots = np.linalg.eigvalsh(scaled[:k, :k]), np.linalg.eigvalsh(scaled)
    if all_roots[0] * HARMLESS < all_roots[-1]:
        return None
    upper = linalg.cholesky(scaled)
    mix = linalg.solve_triangular(upper, np.eye(k + 1)) / lengths[:, None]
    back = mix[:k, :k].copy()
    spread = float(upper[k, k] * lengths[k])
    # Residuals as combinations of the columns: spread * mix[:, k] has 1 for the outcome.
    start = -spread * mix[:k, k]
    here = constant[0]
    volume = float(np.linalg.slogdet(back)[1])
    unit = matrix[0, here]
    start[here] += (means[k] - means[:k] @ start) / unit
    back[here] -= means[:k] @ back / unit
    condition = float(np.sqrt(roots[-1] / roots[0]))
    return Standardised(columns, mix, back, start, spread, volume, condition, ())


def sum_by_person(
    fixed: Standardised, random: Floats, people: Codes, outer: Codes | None, correlated: bool
) -> Sums:
    """Sum products by person.

    Parameters
    ----------
    fixed : Standardised
    random : (n, q) array
        Random design.
    people : (n,) integer codes
    outer : (n,) integer codes or None
    correlated : bool
        Whether random effects may correlate, so that their columns may be mixed.

    Returns
    -------
    Sums
    """
    columns, mix = fixed.columns, fixed.mix
    if outer is not None:
        columns = np.column_stack([columns, np.ones(len(people))])
        mix = linalg.block_diag(mix, 1.0)
    order, starts, group = _in_order(people, outer)
    if order is not None:
        columns, random = columns[order], random[order]
    random, shift = _centred(random, correlated)
    squares, products = _squared(random, starts), _reduced(random, columns, starts)
    total = mix.T @ (columns.T @ columns) @ mix
    turn = _turn(squares.mean(axis=0), correlated)
    squares, products = mixed(squares, turn, turn), mixed(products, turn, mix)
    turn = shift @ turn
    outer_products = None
    if group is not None:
        first = starts[_first_of(group)]
        outer_products = np.add.reduceat(columns, first, axis=0) @ mix
    return Sums(
        len(people), squares, products, total, group, outer_products, turn,
        *patterns_of(squares, products, group),
    )  # fmt: skip


def _in_order(people: Codes, outer: Codes | None) -> tuple[Codes | None, Codes, Codes | None]:
    """Order of the rows by outer group and person, the first row of each, and their group."""
    order: Codes | None = None
    if outer is not None:
        order = np.lexsort((people, outer))
    elif np.any(people[1:] < people[:-1]):
        order = np.argsort(people, kind="stable")
    sorted_ = people if order is None else people[order]
    starts = _first_of(sorted_)
    return order, starts, None if outer is None or order is None else outer[order][starts]


def _centred(random: Floats, correlated: bool) -> tuple[Floats, Floats]:
    """Random columns about their means, where an intercept can take these up, and how."""
    shift = np.eye(random.shape[1])
    if not correlated or random.shape[1] == 1 or not np.all(random[:, 0] == 1.0):
        return random, shift
    means = np.full(len(random), 1.0 / len(random)) @ random
    means[0] = 0.0
    shift[0] -= means
    return random - means, shift


def mixed(products: Floats, left: Floats, right: Floats) -> Floats:
    """left' M right for many matrices M (P, a, b)."""
    people, a, b = products.shape
    wide = np.einsum("ij,kl->ikjl", left, right).reshape(a * b, -1)
    return (products.reshape(people, a * b) @ wide).reshape(people, left.shape[1], -1)


def _squared(random: Floats, starts: Codes) -> Floats:
    """Z'Z by person."""
    out = np.empty((len(starts), random.shape[1], random.shape[1]))
    for j, one in enumerate(random.T):
        for k, other in enumerate(random.T[: j + 1]):
            out[:, j, k] = out[:, k, j] = np.add.reduceat(one * other, starts)
    return out


def _reduced(left: Floats, right: Floats, starts: Codes) -> Floats:
    """left'right by person: (P, columns of left, columns of right)."""
    out = np.empty((len(starts), left.shape[1], right.shape[1]))
    for j, one in enumerate(left.T):
        for k, other in enumerate(right.T):
            out[:, j, k] = np.add.reduceat(one * other, starts)
    return out


def _turn(mean: Floats, correlated: bool) -> Floats:
    """Lower triangular T such that T' (mean Z'Z) T is the identity (its diagonal, at least)."""
    scale = 1.0 / np.sqrt(np.diag(mean))
    if not correlated:
        return np.diag(scale)
    flipped = (mean * np.outer(scale, scale))[::-1, ::-1]
    lower = np.linalg.cholesky(flipped)
    upper = lower[::-1, ::-1]
    return scale[:, None] * np.linalg.inv(upper).T


def patterns_of(
    squares: Floats, products: Floats, outer: Codes | None
) -> tuple[Floats, Floats, Floats, Codes | None]:
    """Distinct Z'Z, how many people have each, their packed products, and where groups begin."""
    people = len(products)
    which = _alike(squares, outer)
    if which is None:
        first = None if outer is None else _first_of(outer)
        return squares, np.ones(people), _packed(products), first
    order = np.argsort(which, kind="stable")
    first = _first_of(which[order])
    counts = np.diff(np.append(first, people)).astype(float)
    if len(first) * MANY > people:
        spanned = np.add.reduceat(_packed(products)[order], first, axis=0)
    else:
        spanned = _spanned(products[order], first)
    starts = None if outer is None else _first_of(outer[order][first])
    return squares[order][first], counts, spanned, starts


def _first_of(codes: Codes) -> Codes:
    """Where each run of a code begins."""
    return np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])


def _packed(products: Floats) -> Floats:
    """Products of products of each person, packed."""
    people, q, w = products.shape
    out = np.empty((people, q * (q + 1) // 2, w * (w + 1) // 2))
    left, right = np.triu_indices(w)
    for slot, (a, b) in enumerate(zip(*np.triu_indices(q), strict=True)):
        out[:, slot] = products[:, a, left] * products[:, b, right]
        if a != b:
            out[:, slot] += products[:, b, left] * products[:, a, right]
    return out


def _spanned(products: Floats, first: Codes) -> Floats:
    """The same summed over runs of people, by one product of matrices each."""
    people, q, w = products.shape
    flat = products.reshape(people, q * w)
    runs = zip(first, np.append(first[1:], people), strict=True)
    full = np.array([flat[low:high].T @ flat[low:high] for low, high in runs])
    full = full.reshape(len(first), q, w, q, w)
    left, right = np.triu_indices(w)
    out = np.empty((len(first), q * (q + 1) // 2, len(left)))
    for slot, (a, b) in enumerate(zip(*np.triu_indices(q), strict=True)):
        block = full[:, a, :, b]
        out[:, slot] = block[:, left, right]
        if a != b:
            out[:, slot] += block[:, right, left]
    return out


def _alike(squares: Floats, outer: Codes | None) -> Codes | None:
    """Code of each person's pattern, ascending with the outer group; None where all differ."""
    people, q, _ = squares.shape
    flat = squares.reshape(people, q * q)
    mixed = flat @ np.sqrt(np.arange(2.0, 2.0 + q * q))
    _, first, which = np.unique(mixed, return_index=True, return_inverse=True)
    if not np.array_equal(flat[first][which], flat):
        return None
    if outer is not None:
        which = np.unique(outer * np.intp(len(first)) + which, return_inverse=True)[1]
    return which if which.max(initial=0) + 1 < people else None
