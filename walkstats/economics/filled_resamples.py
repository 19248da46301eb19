"""What might be missing in a resample of people? Chained equations with nearest donors, in numpy.

Each resample starts from a completed data set and goes through its columns with gaps for a few
rounds. A column is regressed on all others among the people drawn who have it; a gap takes the
value of one of the people whose predictions are nearest. The regression is that of the resample
and varies with it, so that its coefficients are not drawn once more.

``walkstats.fast.filled_resamples`` is the compiled twin.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Booleans = NDArray[np.bool_]

# Added to the sum of squares of every predictor, per person drawn; predictors have SD 1.
RIDGE = 1e-5
# Predictions closer than this are one, whichever engine has added up; a power of 2.
GRAIN = 2.0**-30


def fill_resamples(
    complete: Floats,
    gaps: Booleans,
    fixed: Floats,
    turns: Indices,
    drawn: Indices,
    begin: Indices,
    chance: Floats,
    bounds: Indices,
    rounds: int,
    donors: int,
    weights: Floats,
) -> Floats:
    """Fill the gaps of each resample once.

    Parameters
    ----------
    complete : (m, n, p)
        Completed data sets of n people, columns centred and scaled.
    gaps : (n, p) bool
        What was missing.
    fixed : (n, q)
        Columns that are known of everybody, centred and scaled.
    turns : (t,)
        Columns with gaps, in the order in which they are filled.
    drawn : (r, u)
        People in each of r resamples.
    begin : (r,)
        Data set from which each resample starts.
    chance, bounds : (c,), (r + 1,)
        Random numbers in [0, 1); resample k takes those from bounds[k] on, ``rounds`` for each of
        its gaps.
    rounds, donors : int
    weights : (p, t)
        Of the linear combinations of the columns that are wanted.

    Returns
    -------
    (r, u, t) array
        The combinations of each person drawn.
    """
    out = np.empty((*drawn.shape, weights.shape[1]))
    for k, who in enumerate(drawn):
        table = np.column_stack([np.ones(who.size), complete[begin[k]][who], fixed[who]])
        _fill(table, gaps[who], turns, chance[bounds[k] : bounds[k + 1]], rounds, donors)
        out[k] = table[:, 1 : 1 + weights.shape[0]] @ weights
    return out


def _fill(
    table: Floats, gaps: Booleans, turns: Indices, chance: Floats, rounds: int, donors: int
) -> None:
    """Fill the gaps in place; column j of ``gaps`` is column 1 + j of the table."""
    at = 0
    for _ in range(rounds):
        for j in turns:
            wanted = np.flatnonzero(gaps[:, j])
            known = np.flatnonzero(~gaps[:, j])
            share = chance[at : at + wanted.size]
            at += wanted.size
            if wanted.size and known.size:
                about = _predicted(table, known, j)
                donor = _near(about[known], about[wanted], share, donors)
                table[wanted, 1 + j] = table[known[donor], 1 + j]


def _predicted(table: Floats, known: Indices, j: int) -> Floats:
    """Predictions (u,) of a column from all others, to the grain."""
    others = np.delete(table, 1 + j, axis=1)
    rows = others[known]
    gram = rows.T @ rows
    diagonal = np.arange(1, len(gram))
    gram[diagonal, diagonal] += RIDGE * known.size
    slope = np.linalg.solve(gram, rows.T @ table[known, 1 + j])
    return np.round(others @ slope / GRAIN) * GRAIN


def _near(about: Floats, wanted: Floats, share: Floats, donors: int) -> Indices:
    """One of the donors nearest to each prediction wanted, by its random number."""
    order = np.argsort(about, kind="stable")
    ranked = about[order]
    size = ranked.size
    high = np.searchsorted(ranked, wanted)
    low = high - 1
    steps = (share * min(donors, size)).astype(np.intp)
    chosen = np.empty(wanted.size, dtype=np.intp)
    for step in range(int(steps.max()) + 1):
        below = np.where(low >= 0, wanted - ranked[np.maximum(low, 0)], np.inf)
        above = np.where(high < size, ranked[np.minimum(high, size - 1)] - wanted, np.inf)
        down = below <= above
        here = steps == step
        chosen[here] = np.where(down, low, high)[here]
        low, high = low - down, high + ~down
    return order[chosen]
