"""What would each person add to the curve, as a number that any regression can take?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_times
from walkstats.survival.grouped_rows import read_grouped_rows
from walkstats.survival.people import PERSON
from walkstats.survival.product_limit import Steps, areas, influence, product_limit
from walkstats.survival.risk_tables import RiskTable

Floats = NDArray[np.float64]

QUANTITIES = ("survival", "restricted mean")
METHODS = ("jackknife", "infinitesimal jackknife")
# Leaving each row out makes rows x times numbers; this many at once keep memory near 80 MB.
CELLS_AT_ONCE = 2_000_000


def pseudo_observations(
    events: pd.DataFrame,
    by: Any = None,
    *,
    at: float | Sequence[float],
    quantity: str = "restricted mean",
    method: str = "jackknife",
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    subject: str | None = PERSON,
) -> pd.DataFrame:
    """Give each participant's pseudo-value of survival or of the restricted mean.

    Parameters
    ----------
    events : pandas.DataFrame
        One row per participant.
    by : str or sequence of str, optional
        Columns of groups within which the values are made (where censoring depends on them).
    at : float or sequence of float
        Times at which survival is wanted, or horizons of the restricted mean.
    quantity : {"restricted mean", "survival"}
    method : {"jackknife", "infinitesimal jackknife"}
        Leave each row out in turn; or its linear approximation, which is quicker and smoother.
    time, event, event_value, subject
        As in `walkstats.survival.kaplan_meier`.

    Returns
    -------
    pandas.DataFrame
        Rows and index as in ``events``, one column for each time; missing for rows left out.

    Raises
    ------
    ValueError
        For times past the end of follow-up and unknown choices.
    DataError
        For follow-up that cannot be analysed.

    Notes
    -----
    The pseudo-value of row i is n theta - (n - 1) theta_i with theta the estimate from all n rows
    of the group and theta_i the one without row i. Their mean is close to theta, and a regression
    on them with robust standard errors estimates the effect of covariates on survival at a time or
    on the restricted mean, if censoring does not depend on the covariates.

    References
    ----------
    .. [1] Andersen PK, Hansen MG, Klein JP. Lifetime Data Anal 2004;10:335-350.
       https://doi.org/10.1007/s10985-004-4771-0

    Examples
    --------
    Without censoring the values are the observations themselves:

    >>> import pandas as pd
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({"days": [10, 20, 40], "event": [1, 1, 1]})
    >>> survival.pseudo_observations(frame, at=30).round(6)[30.0].tolist()
    [10.0, 20.0, 30.0]
    """
    check_choice(quantity, QUANTITIES, "quantity")
    check_choice(method, METHODS, "method")
    times = check_times(at)
    rows = read_grouped_rows(
        events, by, time=time, event=event, event_value=event_value, subject=subject
    )
    table = rows.table()
    steps = product_limit(table)
    ends = np.where(steps.value[:, -1] > 0, rows.follow_up_ends(), np.inf)
    if times.max() > ends.min():
        raise ValueError(
            f"at = {times.max():g} lies beyond the follow-up, which ends at {ends.min():g} "
            f"({rows.time})."
        )
    values = np.full((len(events), times.size), np.nan)
    kernel = _left_out if method == "jackknife" else _linear
    for k, moment in enumerate(times):
        values[rows.kept, k] = kernel(table, steps, float(moment), quantity)
    return pd.DataFrame(values, index=events.index, columns=times)


def _estimate(
    table: RiskTable, steps: Steps, moment: float, quantity: str
) -> tuple[Floats, Floats]:
    """(g,) the estimate, and (g, q) its loss when log survival falls at each time."""
    if quantity == "restricted mean":
        found = areas(table, steps.value, min(0.0, float(table.times[0])), moment)
        return found.mean, found.ahead
    upto = np.searchsorted(table.times, moment, side="right")
    survival = steps.value[:, upto - 1] if upto else np.ones(table.shape[0])
    before = np.arange(table.times.size) < upto
    return survival, survival[:, None] * before


def _linear(table: RiskTable, steps: Steps, moment: float, quantity: str) -> Floats:
    estimate, loss = _estimate(table, steps, moment, quantity)
    size = np.bincount(table.group, minlength=table.shape[0])
    return estimate[table.group] + size[table.group] * influence(table, loss)


def _left_out(table: RiskTable, steps: Steps, moment: float, quantity: str) -> Floats:
    """n theta - (n - 1) theta_i, the curve without row i built for many rows at once."""
    estimate, _ = _estimate(table, steps, moment, quantity)
    size = np.bincount(table.group, minlength=table.shape[0])
    upto = int(np.searchsorted(table.times, moment, side="right"))
    width = np.diff(np.minimum(table.times[:upto], moment), append=moment)
    begins = min(0.0, float(table.times[0]))
    first = min(float(table.times[0]), moment) - begins
    without = np.empty(table.last.size)
    step = max(1, CELLS_AT_ONCE // max(1, upto))
    for begin in range(0, without.size, step):
        part = slice(begin, begin + step)
        curve = _curves_without(table, part, upto)
        if quantity == "restricted mean":
            without[part] = first + curve @ width
        else:
            without[part] = curve[:, -1] if upto else 1.0
    n = size[table.group]
    return n * estimate[table.group] - (n - 1) * without


def _curves_without(table: RiskTable, rows: slice, upto: int) -> Floats:
    """(rows, upto) Kaplan-Meier curves of each row's group without that row."""
    index = np.arange(upto)
    group, last = table.group[rows], table.last[rows, None]
    at_risk = table.n_risk[group, :upto] - (index <= last)
    happens = table.n_event[group, :upto] - ((index == last) & table.event[rows, None])
    share = 1.0 - np.divide(happens, at_risk, out=np.zeros(happens.shape), where=at_risk > 0)
    return np.cumprod(share, axis=1)
