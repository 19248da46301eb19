"""Score residuals of Cox's model in compiled loops, as in ``survival.partial_likelihood``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from walkstats.fast.partial_likelihood import (
    TOO_LARGE,
    arrays,
    end_of_run,
    keeps_digits,
    prepare,
    step_sums,
    sum_at_risk,
    sum_times,
)

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def score_residuals(beta: Floats, model: Any) -> Floats | None:
    """Score residuals (k, n) in sorted order; None where digits would be lost."""
    prepared = prepare(beta, model)
    if prepared is None:
        return None
    found, exact = _score_residuals(prepared[1], *arrays(model))
    return found if exact else None


@njit(cache=True, nogil=True)
def _score_residuals(
    relative: Floats,
    columns: Floats,
    mass: Floats,
    event_mass: Floats,
    bounds: Indices,
    first: Indices,
    stratum_bounds: Indices,
    n_event: Floats,
    tied: Indices,
    efron: bool,
) -> tuple[Floats, bool]:
    k, m = columns.shape[0], bounds.size - 1
    least = 2 if efron else m + columns.shape[1]
    total, events = sum_times(relative, columns, mass, event_mass, bounds, tied, least)
    sum_at_risk(total, relative, columns, mass, first, stratum_bounds)
    if not keeps_digits(total, tied, first):
        return total, False
    # Column 0: hazard; then hazard x mean covariate. The same for what ties take out.
    moved = np.zeros((m + 1, 1 + k))
    taken = np.zeros((m, 1 + k))
    means = np.zeros((m, k))
    stratum = 0
    for j in range(m):
        d = tied[j]
        while j >= stratum_bounds[stratum + 1]:
            stratum += 1
        if j > stratum_bounds[stratum]:
            # By a loop: an assignment of one array to another takes seconds to compile.
            for a in range(1 + k):
                moved[j + 1, a] = moved[j, a]
        if d == 0:
            continue
        inverse = 1.0 / total[j, 0]
        each, whole, square, spared, cross, both = n_event[j], 1.0, 1.0, 0.0, 0.0, 0.0
        if d >= least:
            each /= d
            whole, square, spared, cross, both, _ = step_sums(d, events[j, 0] * inverse)
        moved[j + 1, 0] += each * whole * inverse
        taken[j, 0] = each * spared * inverse
        for a in range(1, k + 1):
            mean = total[j, a] * inverse
            event_mean = events[j, a] * inverse if d >= least else 0.0
            means[j, a - 1] = (mean * whole - event_mean * spared) * (each / n_event[j])
            moved[j + 1, a] += each * inverse * (mean * square - event_mean * cross)
            taken[j, a] = each * inverse * (mean * cross - event_mean * both)
    return _residuals_of_rows(
        relative, columns, mass, event_mass, bounds, first, stratum_bounds, moved, taken, means
    )


@njit(cache=True, nogil=True)
def _residuals_of_rows(
    relative: Floats,
    columns: Floats,
    mass: Floats,
    event_mass: Floats,
    bounds: Indices,
    first: Indices,
    stratum_bounds: Indices,
    moved: Floats,
    taken: Floats,
    means: Floats,
) -> tuple[Floats, bool]:
    residuals = np.zeros(columns.shape)
    stratum = 0
    largest = 0.0
    spent = np.empty(moved.shape[1])
    for j in range(bounds.size - 1):
        while j >= stratum_bounds[stratum + 1]:
            stratum += 1
        end = bounds[j]
        while end < bounds[j + 1]:
            begin, end, begun = end, bounds[j + 1], 0  # 0: nothing has been added up yet
            if first.size > 0:
                end = end_of_run(first, begin, end)
                begun = first[begin] if first[begin] > stratum_bounds[stratum] else 0
            for a in range(spent.size):
                spent[a] = moved[j + 1, a] - moved[begun, a]
            for i in range(max(begin, 0), end):
                largest = max(largest, mass[i] * relative[i] * moved[begun, 0])
            for a in range(columns.shape[0]):
                _fill(
                    residuals[a, begin:end],
                    columns[a, begin:end],
                    relative[begin:end],
                    mass[begin:end],
                    event_mass[begin:end],
                    (spent[0], spent[1 + a]),
                    (taken[j, 0], taken[j, 1 + a], means[j, a]),
                )
    return residuals, largest <= TOO_LARGE


@njit(cache=True, nogil=True)
def _fill(
    residuals: Floats,
    column: Floats,
    relative: Floats,
    mass: Floats,
    event_mass: Floats,
    spent: tuple[float, float],
    at_event: tuple[float, float, float],
) -> None:
    """Residuals of rows that were at risk together, from hazard and hazard x mean covariate."""
    hazard, mean = spent
    spared, spared_mean, expected = at_event
    for i in range(column.size):
        x = column[i]
        own = relative[i] * (mean - x * hazard)
        happened = x - expected - relative[i] * (spared_mean - x * spared)
        own += happened if event_mass[i] > 0.0 else 0.0
        residuals[i] = own if mass[i] > 0.0 else 0.0
