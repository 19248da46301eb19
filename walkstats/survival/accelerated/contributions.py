"""What does a row add to the log-likelihood? Functions of its index at the ends of what was seen.

The index is (log time - x'b) / scale in accelerated models, and the log cumulative hazard in
Royston and Parmar's; either way P(T > t) is the survival of a standard distribution at the index.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.survival.accelerated.families import Distribution

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]

# How a time was seen, with R's codes.
RIGHT, EXACT, LEFT, INTERVAL = 0, 1, 2, 3


@dataclass(frozen=True, eq=False)
class Contributions:
    """Log-likelihood of each row and its derivatives by its indices a and b.

    Attributes
    ----------
    value : (n,)
        Of an exact row the log density of the index; what the slope of the index adds is the
        model's affair.
    first : (n, 2)
        By a (the time, or the lower end) and by b (the upper end; 0 but for intervals).
    second : (n, 3)
        By a and a, a and b, b and b.
    """

    value: Floats
    first: Floats
    second: Floats


def contributions(family: Distribution, seen: Codes, a: Floats, b: Floats) -> Contributions:
    """What rows add, given how they were seen.

    Parameters
    ----------
    family : Distribution
    seen : (n,)
        RIGHT, EXACT, LEFT or INTERVAL.
    a, b : (n,)
        Index at the time, or at the lower end; at the upper end (read for intervals only).

    Returns
    -------
    Contributions
    """
    n = a.size
    value, first, second = np.empty(n), np.zeros((n, 2)), np.zeros((n, 3))
    rows = np.flatnonzero(seen == EXACT)
    z = a[rows]
    value[rows], first[rows, 0] = family.log_density(z), family.slope(z)
    second[rows, 0] = family.bend(z)
    for code, sign in ((RIGHT, -1.0), (LEFT, 1.0)):
        rows = np.flatnonzero(seen == code)
        if not rows.size:
            continue
        value[rows], first[rows, 0], second[rows, 0] = _tail(family, a[rows], sign)
    rows = np.flatnonzero(seen == INTERVAL)
    if rows.size:
        value[rows], first[rows], second[rows] = _between(family, a[rows], b[rows])
    return Contributions(value, first, second)


def late_entry(family: Distribution, index: Floats) -> tuple[Floats, Floats, Floats]:
    """Log survival to the time of entry, and its derivatives by the index (n,) each.

    Subtracted from a row's contribution: what was seen was seen given no event before entry.
    """
    return _tail(family, index, -1.0)


def _tail(family: Distribution, z: Floats, sign: float) -> tuple[Floats, Floats, Floats]:
    """Log probability above (sign -1) or below (sign 1) z, and its derivatives."""
    log_share = family.log_survival(z) if sign < 0 else family.log_distribution(z)
    ratio = sign * np.exp(np.minimum(family.log_density(z) - log_share, 700.0))
    return log_share, ratio, ratio * (family.slope(z) - ratio)


def _between(family: Distribution, low: Floats, high: Floats) -> tuple[Floats, Floats, Floats]:
    """Log probability of (low, high], from the tail in which it keeps its digits."""
    upper = low > 0.0
    near = np.where(upper, family.log_survival(low), family.log_distribution(high))
    far = np.where(upper, family.log_survival(high), family.log_distribution(low))
    value = near + np.log(-np.expm1(np.minimum(far - near, -1e-300)))
    at_low = np.exp(np.minimum(family.log_density(low) - value, 700.0))
    at_high = np.exp(np.minimum(family.log_density(high) - value, 700.0))
    second = np.column_stack(
        [
            -at_low * (family.slope(low) + at_low),
            at_low * at_high,
            at_high * (family.slope(high) - at_high),
        ]
    )
    return value, np.column_stack([-at_low, at_high]), second


def best_contributions(family: Distribution, seen: Codes, width: Floats) -> tuple[Floats, Floats]:
    """What rows would add at most with their own location, and the index a at which they would.

    Parameters
    ----------
    family : Distribution
    seen : (n,)
    width : (n,)
        Difference of the indices of an interval; read there only.

    Returns
    -------
    value, index : (n,)
        Censored rows would add nothing, with an index without bound: 0 is given.
    """
    value, index = np.zeros(seen.size), np.zeros(seen.size)
    exact, within = seen == EXACT, np.flatnonzero(seen == INTERVAL)
    index[exact] = family.mode
    value[exact] = family.log_density(np.array([family.mode]))[0]
    index[within] = family.widest(width[within])
    value[within] = _between(family, index[within], index[within] + width[within])[0]
    return value, index
