"""Rows that enter and leave risk sets together: sums over them, in compiled loops.

A segment is a run of sorted rows that stop at one time, have come under risk at one time, and all
have the event or none has. What Cox's likelihood and its residuals ask of a row, but for its own
hazard and covariates, is the same all over a segment.
"""

from __future__ import annotations

import math

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
LANES = 64
SHORT = 8

# Plain sums may be taken in another order, so that the processor adds several terms at once. Never
# where numbers of e^600 and e^-600 meet: a product taken in another order overflows.
LOOSE = {"reassoc", "contract", "nsz"}

# The logarithm of 2 in two parts, the first with so few digits that its multiples are exact, and
# the number to which a double is added to round it: the last bits of the sum are the integer.
LOG_2, LOG_2_REST = 6.93147180369123816490e-01, 1.90821492927058770002e-10
PER_LOG_2 = 1.0 / math.log(2.0)
ROUNDER = 1.5 * 2.0**52


@njit(cache=True, nogil=True)
def cut_segments(bounds: Indices, first: Indices, event_mass: Floats) -> tuple[Indices, Indices]:
    """First row of each segment, and the end of the last (s + 1,); the time of each (s,)."""
    begins = np.empty(event_mass.size + 1, dtype=np.intp)
    time = np.empty(event_mass.size, dtype=np.intp)
    size = 0
    for j in range(bounds.size - 1):
        for i in range(bounds[j], bounds[j + 1]):
            new = i == bounds[j] or (event_mass[i] > 0.0) != (event_mass[i - 1] > 0.0)
            if new or (first.size > 0 and first[i] != first[i - 1]):
                begins[size] = i
                time[size] = j
                size += 1
    begins[size] = event_mass.size
    return begins[: size + 1].copy(), time[:size].copy()


@njit(cache=True, nogil=True)
def end_of_time(time: Indices, j: int, begin: int) -> int:
    """Where the segments of one time end that begin here."""
    end = begin
    while end < time.size and time[end] == j:
        end += 1
    return end


# --- hazards of rows ----------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def fill_risks(
    beta: Floats, columns: Floats, offset: Floats, mass: Floats, eta: Floats, risk: Floats
) -> tuple[float, bool]:
    """Fill in the linear predictor, and mass x exp() of it less its largest, which is returned.

    False where exp() would underflow, or the predictor is not finite.
    """
    n = mass.size
    power = np.empty(PIECE)
    bits = power.view(np.int64)
    for begin in range(0, n, PIECE):
        own = eta[begin : begin + PIECE]
        for i in range(own.size):
            own[i] = offset[begin + i] if offset.size > 0 else 0.0
        for a in range(beta.size):
            _add_multiple(beta[a], columns[a, begin : begin + PIECE], own)
    low, high = ends(eta, mass)
    if not high - low <= WIDEST:
        return high, False
    for begin in range(0, n, PIECE):
        own = risk[begin : begin + PIECE]
        _exponentials(eta[begin : begin + PIECE], high, power, bits, own)
        for i in range(own.size):
            own[i] = mass[begin + i] * own[i] if mass[begin + i] > 0.0 else 0.0
    return high, True


@njit(cache=True, nogil=True, fastmath={"contract"})
def _add_multiple(factor: float, column: Floats, to: Floats) -> None:
    for i in range(to.size):
        to[i] += factor * column[i]


@njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def ends(eta: Floats, mass: Floats) -> tuple[float, float]:
    """Smallest and largest predictor of the rows with a mass."""
    # Several at a time, each with its own smallest and largest.
    low, high = np.full(LANES, np.inf), np.full(LANES, -np.inf)
    for begin in range(0, eta.size, LANES):
        own, weight = eta[begin : begin + LANES], mass[begin : begin + LANES]
        for i in range(own.size):
            counts = weight[i] > 0.0
            low[i] = own[i] if counts and own[i] < low[i] else low[i]
            high[i] = own[i] if counts and own[i] > high[i] else high[i]
    least, most = np.inf, -np.inf
    for i in range(LANES):
        least, most = min(least, low[i]), max(most, high[i])
    return least, most


@njit(cache=True, nogil=True, fastmath={"contract"})
def _exponentials(
    eta: Floats, shift: float, power: Floats, bits: NDArray[np.int64], found: Floats
) -> None:
    """exp(eta - shift), at most 1, to the last digit but one; `bits` are those of `power`.

    The library's function takes one number at a time here, this one as many as the processor can:
    exp(x) = 2^w exp(r), the rest r below log(2) / 2, with the first terms of the series.
    """
    for i in range(eta.size):
        power[i] = min(eta[i] - shift, 0.0) * PER_LOG_2 + ROUNDER
    for i in range(eta.size):
        whole = power[i] - ROUNDER
        r = (min(eta[i] - shift, 0.0) - whole * LOG_2) - whole * LOG_2_REST
        p = 1.0 / 6227020800.0
        p = p * r + 1.0 / 479001600.0
        p = p * r + 1.0 / 39916800.0
        p = p * r + 1.0 / 3628800.0
        p = p * r + 1.0 / 362880.0
        p = p * r + 1.0 / 40320.0
        p = p * r + 1.0 / 5040.0
        p = p * r + 1.0 / 720.0
        p = p * r + 1.0 / 120.0
        p = p * r + 1.0 / 24.0
        p = p * r + 1.0 / 6.0
        p = p * r + 0.5
        p = p * r + 1.0
        found[i] = p * r + 1.0
    for i in range(eta.size):
        bits[i] = (bits[i] + 1023) << 52
    for i in range(eta.size):
        found[i] *= power[i]


# --- sums over segments and risk sets -----------------------------------------------------------


@njit(cache=True, nogil=True)
def sum_segments(risk: Floats, columns: Floats, begins: Indices) -> Floats:
    """Sum risk x (1, covariates) over each segment: (s, 1 + k)."""
    k = columns.shape[0]
    sums = np.zeros((begins.size - 1, 1 + k))
    for s in range(begins.size - 1):
        # At least 0, as the compiler is told: a negative index would count from the end.
        begin, end = max(begins[s], 0), begins[s + 1]
        if end - begin > SHORT:
            own = risk[begin:end]
            sums[s, 0] = _sum(own)
            for a in range(k):
                sums[s, 1 + a] = sum_products(own, columns[a, begin:end])
            continue
        for i in range(begin, end):
            sums[s, 0] += risk[i]
            for a in range(k):
                sums[s, 1 + a] += risk[i] * columns[a, i]
    return sums


@njit(cache=True, nogil=True, fastmath=LOOSE)
def _sum(values: Floats) -> float:
    # Arrays that start at 0 let the compiler add several terms at once.
    total = 0.0
    for i in range(values.size):
        total += values[i]
    return total


@njit(cache=True, nogil=True, fastmath=LOOSE)
def sum_products(left: Floats, right: Floats) -> float:
    """Not numpy's product, for which threads may start that take longer than the sum itself."""
    total = 0.0
    for i in range(left.size):
        total += left[i] * right[i]
    return total


@njit(cache=True, nogil=True)
def sum_at_risk(
    sums: Floats, begins: Indices, time: Indices, first: Indices, stratum_bounds: Indices, m: int
) -> Floats:
    """Sum over the segments at risk at each time (m, 1 + k), backwards in time."""
    total = np.zeros((m, sums.shape[1]))
    stratum = 0
    for s in range(time.size):
        while time[s] >= stratum_bounds[stratum + 1]:
            stratum += 1
        for a in range(sums.shape[1]):
            total[time[s], a] += sums[s, a]
        if first.size > 0 and first[begins[s]] > stratum_bounds[stratum]:
            for a in range(sums.shape[1]):
                total[first[begins[s]] - 1, a] -= sums[s, a]
    stratum = stratum_bounds.size - 2
    for j in range(m - 2, -1, -1):
        while j < stratum_bounds[stratum]:
            stratum -= 1
        if j + 1 != stratum_bounds[stratum + 1]:
            for a in range(sums.shape[1]):
                total[j, a] += total[j + 1, a]
    return total


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
def largest_part(total: float, risk: Floats, begun: float) -> float:
    """Largest risk of a segment x the hazard before it began, or what is larger but harmless."""
    bound = total * begun
    if bound <= TOO_LARGE:
        return bound
    largest = 0.0
    for i in range(risk.size):
        largest = max(largest, risk[i])
    return largest * begun
