"""Cox's partial likelihood in compiled loops, as in ``survival``.

The arguments are those of the numpy forms; what they mean and where the formulas come from is told
in ``walkstats.survival.partial_likelihood`` and ``risk_set_sums``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

# exp() of a linear predictor that spans more than this underflows; numpy's form copes with it.
WIDEST = 600.0
# Where what left a running sum was this many times larger than what stays, digits are lost;
# numpy's form then adds up in another way.
TOO_LARGE = 1e5

# Rows taken at a time so that they stay in the cache; fewer are not worth a view of an array.
PIECE = 512
SHORT = 8

# Plain sums may be taken in another order, so that the processor adds several terms at once. Never
# where numbers of e^600 and e^-600 meet: a product taken in another order overflows.
LOOSE = {"reassoc", "contract", "nsz"}


def evaluate(beta: Floats, model: Any) -> tuple[float, Floats, Floats] | None:
    """Log-likelihood, score and information; None where digits would be lost."""
    prepared = prepare(beta, model)
    if prepared is None:
        return None
    eta, relative, shift = prepared
    value, score, information, exact = _evaluate(relative, shift, *arrays(model))
    # Not numpy's product, for which threads may start that take longer than the sum itself.
    return (value + _sum_products(model.event_mass, eta), score, information) if exact else None


def prepare(beta: Floats, model: Any) -> tuple[Floats, Floats, float] | None:
    """Linear predictor, exp() of it less its largest, that; None where exp() would underflow."""
    eta = beta @ model.columns
    if model.offset is not None:
        eta = eta + model.offset
    counted = eta if model.whole else eta[model.mass > 0]
    shift = float(counted.max())
    if shift - float(counted.min()) > WIDEST:
        return None
    relative = eta - shift
    if not model.whole:
        np.minimum(relative, 0.0, out=relative)
    return eta, np.exp(relative, out=relative), shift


def arrays(model: Any) -> tuple[Any, ...]:
    """What the compiled loops read of the sorted covariates."""
    sets = model.risk_sets
    return (
        model.columns,
        model.mass,
        model.event_mass,
        sets.bounds,
        np.empty(0, dtype=np.intp) if model.first is None else model.first,
        sets.stratum_bounds,
        sets.n_event,
        sets.tied,
        model.ties == "efron",
    )


# --- sums over risk sets, time by time ----------------------------------------------------------


@njit(cache=True, nogil=True, fastmath=LOOSE)
def sum_times(
    relative: Floats,
    columns: Floats,
    mass: Floats,
    event_mass: Floats,
    bounds: Indices,
    tied: Indices,
    least: int,
) -> tuple[Floats, Floats]:
    """Sum mass x relative x (1, covariates) over the rows of each time: (m, 1 + k).

    The second sum is that over the events, where there are at least so many; events come first.
    """
    k, n = columns.shape
    m = bounds.size - 1
    sums = np.zeros((m, 1 + k))
    events = np.zeros((m, 1 + k))
    risk = np.empty(n)
    for i in range(n):
        risk[i] = mass[i] * relative[i]
    for j in range(m):
        # At least 0, as the compiler is told: a negative index would count from the end.
        begin, end = max(bounds[j], 0), bounds[j + 1]
        after = begin
        if tied[j] >= least:
            after = end
            while after > begin and event_mass[after - 1] == 0.0:
                after -= 1
        for i in range(begin, after):
            events[j, 0] += risk[i]
        sums[j, 0] = events[j, 0]
        for i in range(after, end):
            sums[j, 0] += risk[i]
        for a in range(k):
            moved = 0.0
            for i in range(begin, after):
                moved += risk[i] * columns[a, i]
            events[j, 1 + a] = moved
            for i in range(after, end):
                moved += risk[i] * columns[a, i]
            sums[j, 1 + a] = moved
    return sums, events


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _sum_products(left: Floats, right: Floats) -> float:
    # Arrays that start at 0 let the compiler add several terms at once.
    total = 0.0
    for i in range(left.size):
        total += left[i] * right[i]
    return total


@njit(cache=True, nogil=True)
def sum_at_risk(
    sums: Floats,
    relative: Floats,
    columns: Floats,
    mass: Floats,
    first: Indices,
    stratum_bounds: Indices,
) -> None:
    """Turn sums over the rows of each time into those over its risk set, backwards in time."""
    m, k = sums.shape[0], columns.shape[0]
    end: Any = np.intp(0)  # what is called with a plain 0 is compiled for it, and once more
    while end < first.size:
        begin, end = end, end_of_run(first, end, first.size)
        j = first[begin] - 1
        if j >= 0 and end - begin <= SHORT:
            for i in range(begin, end):
                risk = mass[i] * relative[i]
                sums[j, 0] -= risk
                for a in range(k):
                    sums[j, 1 + a] -= risk * columns[a, i]
        elif j >= 0:
            _take_out(relative, columns, mass, begin, end, sums[j])
    within = first.size == 0  # else entries empty the set between two strata
    stratum = stratum_bounds.size - 2
    for j in range(m - 2, -1, -1):
        while j < stratum_bounds[stratum]:
            stratum -= 1
        if within and j + 1 == stratum_bounds[stratum + 1]:
            continue
        for a in range(1 + k):
            sums[j, a] += sums[j + 1, a]


@njit(cache=True, nogil=True)
def end_of_run(first: Indices, begin: int, limit: int) -> int:
    """Where the rows end, from one on, that have come under risk at the same time."""
    end = begin + 1
    while end < limit and first[end] == first[begin]:
        end += 1
    return end


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _take_out(
    relative: Floats, columns: Floats, mass: Floats, begin: int, end: int, total: Floats
) -> None:
    risk = np.empty(end - begin)
    for i in range(risk.size):
        risk[i] = mass[begin + i] * relative[begin + i]
        total[0] -= risk[i]
    for a in range(columns.shape[0]):
        total[1 + a] -= _sum_products(risk, columns[a, begin:end])


@njit(cache=True, nogil=True)
def keeps_digits(total: Floats, tied: Indices, first: Indices) -> bool:
    """Whether no event's risk set is the small remainder of a large running sum."""
    largest = 0.0
    if first.size > 0:
        for j in range(tied.size - 1, -1, -1):
            largest = max(largest, total[j, 0])
            if tied[j] > 0 and largest > TOO_LARGE * total[j, 0]:
                return False
    return True


@njit(cache=True, nogil=True)
def step_sums(d: int, share: float) -> tuple[float, float, float, float, float, float]:
    """Sums over Efron's steps of u, u^2, f u, f u^2, f^2 u^2, and of log u (see ``Steps``)."""
    taken = 0.0
    both = 0.0
    log = 0.0
    product = 1.0
    inverse = 1.0 / d
    for step in range(1, d):
        left = d - step * share
        part = step / left
        taken += part
        both += part * part
        product *= left * inverse
        if product < 1e-280:
            log -= np.log(product)
            product = 1.0
    cross = taken + share * both
    whole = d + share * taken
    return whole, whole + share * cross, taken, cross, both, log - np.log(product)


# --- log-likelihood, score, information ---------------------------------------------------------


@njit(cache=True, nogil=True)
def _evaluate(
    relative: Floats,
    shift: float,
    columns: Floats,
    mass: Floats,
    event_mass: Floats,
    bounds: Indices,
    first: Indices,
    stratum_bounds: Indices,
    n_event: Floats,
    tied: Indices,
    efron: bool,
) -> tuple[float, Floats, Floats, bool]:
    k, m = columns.shape[0], bounds.size - 1
    least = 2 if efron else m + columns.shape[1]
    total, events = sum_times(relative, columns, mass, event_mass, bounds, tied, least)
    sum_at_risk(total, relative, columns, mass, first, stratum_bounds)
    information = np.zeros((k, k))
    if not keeps_digits(total, tied, first):
        return 0.0, np.zeros(k), information, False
    hazard = np.zeros(m + 1)
    taken = np.zeros(m)
    value = 0.0
    for j in range(m):
        d = tied[j]
        if d == 0:
            continue
        inverse = 1.0 / total[j, 0]
        each, whole, square, spared, cross, both = n_event[j], 1.0, 1.0, 0.0, 0.0, 0.0
        value += each * (np.log(inverse) - shift)
        if d >= least:
            each /= d
            whole, square, spared, cross, both, log = step_sums(d, events[j, 0] * inverse)
            value += each * log
            taken[j] = each * spared * inverse
            _add_rest(events[j], inverse, each * (both - cross * cross / square), information)
            for a in range(1, k + 1):
                total[j, a] -= events[j, a] * (cross / square)
        hazard[j + 1] = each * whole * inverse
        for a in range(1, k + 1):
            total[j, a] *= inverse
            for b in range(1, a + 1):
                information[a - 1, b - 1] -= each * square * total[j, a] * total[j, b]
    score = np.zeros(k)
    expected = np.empty(columns.shape[1])
    exact = _expect(
        relative, mass, event_mass, bounds, first, stratum_bounds, hazard, taken, expected
    )
    _add_moments(columns, event_mass, expected, score, information)
    return value, score, information, exact


@njit(cache=True, nogil=True)
def _add_rest(events: Floats, inverse: float, rest: float, information: Floats) -> None:
    for a in range(information.shape[0]):
        for b in range(a + 1):
            # Not inverse squared, which may be too large a number.
            information[a, b] -= rest * (inverse * events[1 + a]) * (inverse * events[1 + b])


@njit(cache=True, nogil=True)
def _expect(
    relative: Floats,
    mass: Floats,
    event_mass: Floats,
    bounds: Indices,
    first: Indices,
    stratum_bounds: Indices,
    hazard: Floats,
    taken: Floats,
    expected: Floats,
) -> bool:
    """Expected events of each row (n,), weighted; False where a difference loses its digits."""
    m = bounds.size - 1
    stratum = 0
    largest = 0.0
    for j in range(m):
        while j >= stratum_bounds[stratum + 1]:
            stratum += 1
        begin = stratum_bounds[stratum]
        if j > begin:
            hazard[j + 1] += hazard[j]
        for i in range(max(bounds[j], 0), bounds[j + 1]):
            risk = mass[i] * relative[i]
            begun = 0.0
            if first.size > 0 and first[i] > begin:
                begun = hazard[first[i]]
                largest = max(largest, risk * begun)
            expected[i] = risk * (hazard[j + 1] - begun) - event_mass[i] * relative[i] * taken[j]
    return largest <= TOO_LARGE


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _add_moments(
    columns: Floats, event_mass: Floats, expected: Floats, score: Floats, information: Floats
) -> None:
    """Add X' (events - expected) to the score and X' diag(expected) X to the information."""
    k, n = columns.shape
    weight = np.empty(PIECE)
    # Slices that start at 0 let the compiler add several terms at once.
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
    for a in range(k):
        for b in range(a):
            information[b, a] = information[a, b]
