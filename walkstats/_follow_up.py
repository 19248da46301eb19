"""Until which day can anything be analysed? The rule that checks and analyses share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DAYS_PER_MONTH = 365.25 / 12
EARLY_DAYS = DAYS_PER_MONTH / 2
"""A visit named by its month may have taken place so long before the day of that month [days]."""


def follow_up_ends(withdrawn: Floats, planned: Floats) -> Floats:
    """Last day of follow-up: withdrawal or the planned end, whichever comes first.

    Parameters
    ----------
    withdrawn, planned : numpy.ndarray
        Days of withdrawal and of the planned end, missing where there is none [days].

    Returns
    -------
    numpy.ndarray
        Days, inf where follow-up has no end [days].

    Examples
    --------
    >>> follow_up_ends(np.array([100.0, np.nan, np.nan]), np.array([365.0, 365.0, np.nan])).tolist()
    [100.0, 365.0, inf]
    """
    ends = np.fmin(withdrawn, planned)
    return np.where(np.isnan(ends), np.inf, ends)


def asked_until(covers_to: Floats) -> float:
    """Last day about which any check-in asks.

    Parameters
    ----------
    covers_to : numpy.ndarray
        Last day of the period of each check-in, answered or not [days].

    Returns
    -------
    float
        Inf where no check-in says which days it asks about [days].

    Notes
    -----
    Where check-ins of 30 days end on day 360, nobody can answer for the rest of a year. Whoever
    answered the last one answered for the year, as if it were planned to end there.

    Examples
    --------
    >>> asked_until(np.array([30.0, np.nan, 360.0]))
    360.0
    """
    known = covers_to[~np.isnan(covers_to)]
    return float(known.max()) if len(known) else np.inf


def visited_after(month: Floats, end: Floats) -> NDArray[np.bool_]:
    """Which visits, known by their month, must have taken place after a day.

    Parameters
    ----------
    month : numpy.ndarray
        When the visits were due [months].
    end : numpy.ndarray
        A day for each of them, missing or inf for none [days].

    Returns
    -------
    numpy.ndarray
        bool, shape (n,). A visit may be half a month early, so one that was due up to half a month
        after the day may have taken place by then.

    Examples
    --------
    >>> visited_after(np.array([3.0, 12.0, 12.0]), np.array([100.0, 100.0, 360.0])).tolist()
    [False, True, False]
    """
    with np.errstate(invalid="ignore"):
        return month * DAYS_PER_MONTH - EARLY_DAYS > end
