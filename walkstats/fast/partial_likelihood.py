"""Cox's partial likelihood and its score residuals in compiled loops, as in ``survival``.

The arguments are those of the numpy forms; what they mean and where the formulas come from is told
in ``walkstats.survival.partial_likelihood`` and ``risk_set_sums``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# exp() of a linear predictor that spans more than this underflows; numpy's form copes with it.
WIDEST = 600.0

# Rows up to which a plain loop is faster, and rows taken at a time so that they stay in the cache.
SHORT = 8
PIECE = 512

# Sums may be taken in another order, so that the processor adds several terms at once.
LOOSE = {"reassoc", "contract", "nsz"}


def evaluate(beta: Floats, model: Any) -> tuple[float, Floats, Floats] | None:
    """Log-likelihood, score and information; None where exp() would underflow."""
    prepared = _prepare(beta, model)
    if prepared is None:
        return None
    eta, relative, shift = prepared
    value, score, information = _evaluate(relative, *_arrays(model))
    value += float(model.event_mass @ eta) - shift * float(model.weight.sum())
    return value, score, information


def score_residuals(beta: Floats, model: Any) -> Floats | None:
    """Score residuals (k, n) in sorted order; None where exp() would underflow."""
    prepared = _prepare(beta, model)
    if prepared is None:
        return None
    return _score_residuals(prepared[1], *_arrays(model))


def _prepare(beta: Floats, model: Any) -> tuple[Floats, Floats, float] | None:
    eta = beta @ model.columns
    if model.offset is not None:
        eta = eta + model.offset
    counted = eta if model.whole else eta[model.mass > 0]
    shift = float(counted.max())
    if shift - float(counted.min()) > WIDEST:
        return None
    return eta, np.exp(np.minimum(eta - shift, WIDEST)), shift


def _arrays(model: Any) -> tuple[Any, ...]:
    sets = model.risk_sets
    first = np.empty(0, dtype=np.intp) if model.first is None else model.first
    return (
        model.columns,
        model.mass,
        model.event_mass,
        sets.bounds,
        first,
        sets.stratum_bounds,
        sets.n_event,
        sets.tied,
        model.ties == "efron",
    )


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _leaving(relative, columns, mass, first, m):
    """What leaves each risk set when the clock runs backwards past an entry: (m, 1 + k)."""
    k, n = columns.shape
    leaving = np.zeros((m, 1 + k))
    for i in range(n):
        j = first[i] - 1
        if j >= 0 and mass[i] > 0.0:
            risk = mass[i] * relative[i]
            leaving[j, 0] += risk
            for a in range(k):
                leaving[j, 1 + a] += risk * columns[a, i]
    return leaving


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _add_rows(begin, end, relative, columns, weight, total):
    """Add weight x relative x (1, covariates) of rows begin ... end - 1 to the total (1 + k,)."""
    k = columns.shape[0]
    # Slices that start at 0 let the compiler add several terms at once.
    share, mass = relative[begin:end], weight[begin:end]
    risk = 0.0
    for i in range(share.size):
        risk += mass[i] * share[i]
    total[0] += risk
    for a in range(k):
        column = columns[a, begin:end]
        moved = 0.0
        for i in range(share.size):
            moved += mass[i] * share[i] * column[i]
        total[1 + a] += moved


@njit(cache=True, nogil=True)
def _steps(d, share):
    """Sums over Efron's steps of u, u^2, f u, f u^2, f^2 u^2, and of log u (see ``Steps``)."""
    taken = 0.0
    both = 0.0
    log = 0.0
    product = 1.0
    for step in range(1, d):
        fraction = step / d
        left = 1.0 - fraction * share
        part = fraction / left
        taken += part
        both += part * part
        product *= left
        if product < 1e-280:
            log -= np.log(product)
            product = 1.0
    cross = taken + share * both
    whole = d + share * taken
    return whole, whole + share * cross, taken, cross, both, log - np.log(product)


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _evaluate(
    relative, columns, mass, event_mass, bounds, first, stratum_bounds, n_event, tied, efron
):
    k, n = columns.shape
    m = bounds.size - 1
    entry = first.size > 0
    leaving = _leaving(relative, columns, mass, first, m) if entry else np.zeros((0, 1 + k))
    hazard = np.zeros(m + 1)
    taken = np.zeros(m)
    information = np.zeros((k, k))
    value = 0.0
    product = 1.0
    total = np.zeros(1 + k)
    events = np.zeros(1 + k)
    moved = np.zeros(k)
    stratum = stratum_bounds.size - 2
    for j in range(m - 1, -1, -1):
        while j < stratum_bounds[stratum]:
            stratum -= 1
            if not entry:
                total[:] = 0.0
        if entry:
            for a in range(1 + k):
                total[a] -= leaving[j, a]
        if bounds[j + 1] - bounds[j] > SHORT:
            _add_rows(bounds[j], bounds[j + 1], relative, columns, mass, total)
        else:
            for i in range(bounds[j], bounds[j + 1]):
                risk = mass[i] * relative[i]
                total[0] += risk
                for a in range(k):
                    total[1 + a] += risk * columns[a, i]
        d = tied[j]
        if d == 0:
            continue
        weight = n_event[j]
        inverse = 1.0 / total[0]
        if weight == 1.0:
            product *= inverse
            if product < 1e-200 or product > 1e200:
                value += np.log(product)
                product = 1.0
        else:
            value += weight * np.log(inverse)
        if d == 1 or not efron:
            hazard[j + 1] = weight * inverse
            for a in range(k):
                moved[a] = total[1 + a] * inverse
                for b in range(a + 1):
                    information[a, b] -= weight * moved[a] * moved[b]
            continue
        events[:] = 0.0
        _add_rows(bounds[j], bounds[j + 1], relative, columns, event_mass, events)
        whole, square, spared, cross, both, log = _steps(d, events[0] * inverse)
        each = weight / d
        value += each * log
        hazard[j + 1] = each * whole * inverse
        taken[j] = each * spared * inverse
        rest = each * (both - cross * cross / square)
        for a in range(k):
            events[1 + a] *= inverse
            moved[a] = total[1 + a] * inverse - events[1 + a] * (cross / square)
            for b in range(a + 1):
                information[a, b] -= each * square * moved[a] * moved[b]
                information[a, b] -= rest * events[1 + a] * events[1 + b]
    value += np.log(product)
    score = np.zeros(k)
    expected = np.empty(n)
    _expect(relative, mass, event_mass, bounds, first, stratum_bounds, hazard, taken, expected)
    _add_moments(columns, event_mass, expected, score, information)
    for a in range(k):
        for b in range(a):
            information[b, a] = information[a, b]
    return value, score, information


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _expect(relative, mass, event_mass, bounds, first, stratum_bounds, hazard, taken, expected):
    """Expected events of each row (n,), weighted, from the hazard increments of the times."""
    m = bounds.size - 1
    entry = first.size > 0
    for j in range(m):
        hazard[j + 1] += hazard[j]
    stratum = 0
    for j in range(m):
        while j >= stratum_bounds[stratum + 1]:
            stratum += 1
        before = hazard[stratum_bounds[stratum]]
        upto = hazard[j + 1]
        if entry:
            for i in range(bounds[j], bounds[j + 1]):
                expected[i] = mass[i] * relative[i] * (upto - hazard[first[i]])
        else:
            for i in range(bounds[j], bounds[j + 1]):
                expected[i] = mass[i] * relative[i] * (upto - before)
        if taken[j] > 0.0:
            for i in range(bounds[j], bounds[j + 1]):
                expected[i] -= event_mass[i] * relative[i] * taken[j]


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _add_moments(columns, event_mass, expected, score, information):
    """Add X' (events - expected) to the score, X' diag(expected) X to the information."""
    k, n = columns.shape
    weight = np.empty(PIECE)
    for begin in range(0, n, PIECE):
        end = min(begin + PIECE, n)
        happened, hazard = event_mass[begin:end], expected[begin:end]
        for a in range(k):
            left = columns[a, begin:end]
            moved = 0.0
            for i in range(left.size):
                moved += left[i] * (happened[i] - hazard[i])
                weight[i] = hazard[i] * left[i]
            score[a] += moved
            for b in range(a + 1):
                right = columns[b, begin:end]
                moved = 0.0
                for i in range(right.size):
                    moved += weight[i] * right[i]
                information[a, b] += moved


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _score_residuals(
    relative, columns, mass, event_mass, bounds, first, stratum_bounds, n_event, tied, efron
):
    k, n = columns.shape
    m = bounds.size - 1
    entry = first.size > 0
    leaving = _leaving(relative, columns, mass, first, m) if entry else np.zeros((0, 1 + k))
    # Column 0: hazard; then hazard x mean covariate. The same for what ties take out.
    moved = np.zeros((m + 1, 1 + k))
    taken = np.zeros((m, 1 + k))
    means = np.zeros((m, k))
    total = np.zeros(1 + k)
    events = np.zeros(1 + k)
    stratum = stratum_bounds.size - 2
    for j in range(m - 1, -1, -1):
        while j < stratum_bounds[stratum]:
            stratum -= 1
            if not entry:
                total[:] = 0.0
        if entry:
            for a in range(1 + k):
                total[a] -= leaving[j, a]
        if bounds[j + 1] - bounds[j] > SHORT:
            _add_rows(bounds[j], bounds[j + 1], relative, columns, mass, total)
        else:
            for i in range(bounds[j], bounds[j + 1]):
                risk = mass[i] * relative[i]
                total[0] += risk
                for a in range(k):
                    total[1 + a] += risk * columns[a, i]
        d = tied[j]
        if d == 0:
            continue
        weight = n_event[j]
        inverse = 1.0 / total[0]
        if d == 1 or not efron:
            moved[j + 1, 0] = weight * inverse
            for a in range(k):
                means[j, a] = total[1 + a] * inverse
                moved[j + 1, 1 + a] = means[j, a] * weight * inverse
            continue
        events[:] = 0.0
        _add_rows(bounds[j], bounds[j + 1], relative, columns, event_mass, events)
        whole, square, spared, cross, both, _ = _steps(d, events[0] * inverse)
        each = weight / d * inverse
        moved[j + 1, 0] = each * whole
        taken[j, 0] = each * spared
        for a in range(k):
            mean = total[1 + a] * inverse
            event_mean = events[1 + a] * inverse
            means[j, a] = (mean * whole - event_mean * spared) / d
            moved[j + 1, 1 + a] = each * (mean * square - event_mean * cross)
            taken[j, 1 + a] = each * (mean * cross - event_mean * both)
    for j in range(m):
        for a in range(1 + k):
            moved[j + 1, a] += moved[j, a]
    return _residuals_of_rows(
        relative, columns, mass, event_mass, bounds, first, stratum_bounds, moved, taken, means
    )


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _residuals_of_rows(
    relative, columns, mass, event_mass, bounds, first, stratum_bounds, moved, taken, means
):
    k, n = columns.shape
    entry = first.size > 0
    residuals = np.zeros((k, n))
    stratum = 0
    for j in range(bounds.size - 1):
        while j >= stratum_bounds[stratum + 1]:
            stratum += 1
        for i in range(bounds[j], bounds[j + 1]):
            if mass[i] == 0.0:
                continue
            begin = first[i] if entry else stratum_bounds[stratum]
            happened = 1.0 if event_mass[i] > 0.0 else 0.0
            hazard = moved[j + 1, 0] - moved[begin, 0] - happened * taken[j, 0]
            for a in range(k):
                mean = moved[j + 1, 1 + a] - moved[begin, 1 + a] - happened * taken[j, 1 + a]
                x = columns[a, i]
                residuals[a, i] = happened * (x - means[j, a]) - relative[i] * (x * hazard - mean)
    return residuals
