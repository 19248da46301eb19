"""How much less does what comes later count?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from walkstats.economics.answered_periods import MONTHS_PER_YEAR

Floats = NDArray[np.float64]


def check_rate(rate: float) -> float:
    """A discount rate a year, from 0 to below 1."""
    try:
        number = float(rate)
    except (TypeError, ValueError):
        number = np.nan
    if isinstance(rate, bool) or not 0.0 <= number < 1.0:
        hint = f" Write {number / 100:g} for {number:g} %." if 1.0 <= number <= 20.0 else ""
        raise ValueError(
            f"discount_rate must be a share a year, from 0 to below 1; got {rate!r}.{hint}"
        )
    return number


def year_factor(month: Floats, rate: float) -> Floats:
    """Weight of what happens in a month: 1 in the first year, less in each that follows.

    Parameters
    ----------
    month : numpy.ndarray
        Months end at their number, so that month 12 is in the first year [months].
    rate : float
        Discount rate [share/year].

    Examples
    --------
    >>> year_factor(np.array([1.0, 12.0, 13.0, 25.0]), 0.25).tolist()
    [1.0, 1.0, 0.8, 0.64]
    """
    year = np.maximum(np.ceil(np.asarray(month, dtype=float) / MONTHS_PER_YEAR - 1e-9), 1.0)
    return (1.0 + rate) ** (1.0 - year)
