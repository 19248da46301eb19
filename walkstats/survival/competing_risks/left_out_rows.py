"""What does each participant add to an incidence? Pseudo-values for regression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_times
from walkstats.survival.competing_risks.outcomes import read_causes
from walkstats.survival.people import PERSON
from walkstats.survival.risk_tables import RiskTable

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

# Leaving rows out builds a curve for each; so many cells at once keep memory near 80 MB.
CELLS_AT_ONCE = 2_000_000


def pseudo_incidences(
    events: pd.DataFrame,
    by: Any = None,
    *,
    of: object,
    at: float | Sequence[float],
    outcome: str = "outcome",
    censored: object = "censored",
    time: str | None = None,
    subject: str | None = PERSON,
) -> pd.DataFrame:
    """Give each participant's pseudo-value of the cumulative incidence of an outcome.

    Parameters
    ----------
    events : pandas.DataFrame
        One row per participant.
    by : str or sequence of str, optional
        Columns of groups within which the values are made (where censoring depends on them).
    of : object
        The value of ``outcome`` that is meant.
    at : float or sequence of float
        Times at which the incidence is wanted.
    outcome, censored
        As in `walkstats.survival.cumulative_incidence`.
    time, subject
        As in `walkstats.survival.kaplan_meier`.

    Returns
    -------
    pandas.DataFrame
        Rows and index as in ``events``, one column for each time; missing for rows left out.

    Raises
    ------
    ValueError
        For times past the end of follow-up, late entry, and an outcome that is not there.
    DataError
        For follow-up that cannot be analysed.

    Notes
    -----
    The pseudo-value of row i is n F - (n - 1) F_i with F the Aalen-Johansen estimate from the n
    rows of the group and F_i the one without row i. A regression on them with robust standard
    errors, with a complementary log-log link for instance, estimates the effect of covariates on
    the incidence at that time, if censoring does not depend on them.

    References
    ----------
    .. [1] Klein JP, Andersen PK. Biometrics 2005;61:223-229.
       https://doi.org/10.1111/j.0006-341X.2005.031209.x

    Examples
    --------
    Without censoring the values are the observations themselves:

    >>> import pandas as pd
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({"days": [10, 20, 40], "outcome": ["a", "b", "a"]})
    >>> values = survival.pseudo_incidences(frame, of="a", at=30, censored=None)
    >>> values.round(6)[30.0].tolist()
    [1.0, 0.0, 0.0]
    """
    times = check_times(at)
    read, ends = read_causes(
        events, by, outcome=outcome, censored=censored, time=time, subject=subject
    )
    rows = read.rows
    if rows.start is not None:
        raise ValueError("Pseudo-values are not defined for late entry; name one time with time=.")
    one = ends.place(of)
    table = rows.table()
    reach = np.where(table.all_end.any(axis=1), np.inf, rows.follow_up_ends())
    if times.max() > reach.min():
        raise ValueError(
            f"at = {times.max():g} lies beyond the follow-up, which ends at {reach.min():g} "
            f"({rows.time})."
        )
    values = np.full((len(events), times.size), np.nan)
    for k, moment in enumerate(times):
        values[rows.kept, k] = left_out(table, read.cause == one, float(moment))
    return pd.DataFrame(values, index=events.index, columns=times)


def left_out(table: RiskTable, happened: NDArray[np.bool_], moment: float) -> Floats:
    """n F - (n - 1) F_i (n,) at a moment, the curve without row i built for many rows at once."""
    upto = int(np.searchsorted(table.times, moment, side="right"))
    size = np.bincount(table.group, minlength=table.shape[0])[table.group]
    if not upto:
        return np.zeros(table.last.size)
    groups, q = table.shape
    key = (table.group * q + table.last)[happened]
    counted = np.bincount(key, minlength=groups * q).reshape(groups, q)
    own = counted[:, :upto].astype(np.float64)
    n_risk, n_event = table.n_risk[:, :upto], table.n_event[:, :upto]
    whole = _incidence(n_risk, n_event, own)[table.group]
    without = np.empty(table.last.size)
    index = np.arange(upto)
    step = max(1, CELLS_AT_ONCE // upto)
    for begin in range(0, without.size, step):
        part = slice(begin, begin + step)
        group, last = table.group[part], table.last[part, None]
        here = index == last
        without[part] = _incidence(
            n_risk[group] - (index <= last),
            n_event[group] - (here & table.event[part, None]),
            own[group] - (here & happened[part, None]),
        )
    return np.asarray(size * whole - (size - 1) * without)


def _incidence(n_risk: Floats, n_event: Floats, own: Floats) -> Floats:
    """The incidence (rows,) after the last of the times, from counts (rows, q)."""
    at_risk = np.where(n_risk > 0, n_risk, 1.0)
    survival = np.cumprod(1.0 - n_event / at_risk, axis=1)
    before = np.hstack([np.ones((len(survival), 1)), survival[:, :-1]])
    return np.asarray((before * own / at_risk).sum(axis=1))
