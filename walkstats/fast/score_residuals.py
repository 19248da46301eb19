"""Score residuals of Cox's model in compiled loops, as in ``survival.partial_likelihood``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from walkstats.fast.partial_likelihood import add_events, arrays, step_sums
from walkstats.fast.segments import (
    TOO_LARGE,
    cut_segments,
    end_of_time,
    fill_risks,
    keeps_digits,
    largest_part,
    sum_at_risk,
    sum_segments,
)

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def score_residuals(beta: Floats, model: Any) -> Floats | None:
    """Score residuals (k, n) in sorted order; None where digits would be lost."""
    found, exact = _score_residuals(np.array(beta, dtype=np.float64), *arrays(model))
    return found if exact else None


@njit(cache=True, nogil=True)
def _score_residuals(
    beta: Floats,
    columns: Floats,
    offset: Floats,
    mass: Floats,
    event_mass: Floats,
    bounds: Indices,
    first: Indices,
    stratum_bounds: Indices,
    n_event: Floats,
    tied: Indices,
    efron: bool,
) -> tuple[Floats, bool]:
    k, m = columns.shape[0], tied.size
    least = 2 if efron else m + mass.size
    eta, risk = np.empty(mass.size), np.empty(mass.size)
    _, exact = fill_risks(beta, columns, offset, mass, eta, risk)
    if not exact:
        return np.empty((0, 0)), False
    begins, time = cut_segments(bounds, first, event_mass)
    sums = sum_segments(risk, columns, begins)
    total = sum_at_risk(sums, begins, time, first, stratum_bounds, m)
    if not keeps_digits(total, tied, first):
        return total, False
    # Column 0: hazard; then hazard x mean covariate. The same for what ties take out.
    moved = np.zeros((m + 1, 1 + k))
    taken = np.zeros((m, 1 + k))
    means = np.zeros((m, k))
    events = np.zeros(1 + k)
    stratum, s = 0, 0
    for j in range(m):
        d, here, s = tied[j], s, end_of_time(time, j, s)
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
            add_events(sums, event_mass, begins, here, s, events)
            each /= d
            whole, square, spared, cross, both, _ = step_sums(d, events[0] * inverse)
        moved[j + 1, 0] += each * whole * inverse
        taken[j, 0] = each * spared * inverse
        for a in range(1, k + 1):
            mean = total[j, a] * inverse
            event_mean = events[a] * inverse if d >= least else 0.0
            means[j, a - 1] = (mean * whole - event_mean * spared) * (each / n_event[j])
            moved[j + 1, a] += each * inverse * (mean * square - event_mean * cross)
            taken[j, a] = each * inverse * (mean * cross - event_mean * both)
    return _residuals_of_rows(
        (columns, mass, risk, sums), event_mass, begins, time, first, stratum_bounds,
        moved, taken, means,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _residuals_of_rows(
    rows: Any,
    event_mass: Floats,
    begins: Indices,
    time: Indices,
    first: Indices,
    stratum_bounds: Indices,
    moved: Floats,
    taken: Floats,
    means: Floats,
) -> tuple[Floats, bool]:
    columns, mass, risk, sums = rows
    residuals = np.empty(columns.shape)
    relative = np.empty(mass.size)
    for i in range(mass.size):
        relative[i] = risk[i] / mass[i] if mass[i] > 0.0 else 0.0
    stratum, largest = 0, 0.0
    for s in range(time.size):
        j, begin, end = time[s], max(begins[s], 0), begins[s + 1]
        while j >= stratum_bounds[stratum + 1]:
            stratum += 1
        begun = 0  # nothing has been added up yet
        if first.size > 0 and first[begin] > stratum_bounds[stratum]:
            begun = first[begin]
            largest = max(largest, largest_part(sums[s, 0], risk[begin:end], moved[begun, 0]))
        happened = event_mass[begin] > 0.0
        hazard = moved[j + 1, 0] - moved[begun, 0] - (taken[j, 0] if happened else 0.0)
        for a in range(columns.shape[0]):
            mean = moved[j + 1, 1 + a] - moved[begun, 1 + a]
            _fill(
                residuals[a, begin:end], columns[a, begin:end], relative[begin:end],
                hazard, mean - taken[j, 1 + a] if happened else mean,
                1.0 if happened else 0.0, means[j, a],
            )  # fmt: skip
    # Rows without weight: neither hazard nor mean is theirs.
    for i in range(mass.size):
        if mass[i] == 0.0:
            for a in range(columns.shape[0]):
                residuals[a, i] = 0.0
    return residuals, largest <= TOO_LARGE


@njit(cache=True, nogil=True)
def _fill(
    residuals: Floats,
    column: Floats,
    relative: Floats,
    hazard: float,
    mean: float,
    happened: float,
    expected: float,
) -> None:
    """Residuals of a segment, from hazard and hazard x mean covariate while it was at risk."""
    for i in range(column.size):
        own = relative[i] * (mean - column[i] * hazard)
        residuals[i] = own + happened * (column[i] - expected)
