"""How often does the event happen in each period of follow-up? The piecewise exponential model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_flag, check_frame, check_level, check_times
from walkstats.errors import DataError
from walkstats.survival.accelerated.fits import (
    Found,
    RateFit,
    packed,
    read_as,
    variance_said,
    wants_robust,
)
from walkstats.survival.accelerated.observed_times import (
    TimedRows,
    read_timed_rows,
    refuse_too_many,
)
from walkstats.survival.accelerated.period_rates import PeriodRates, Periods, period_rates

Floats = NDArray[np.float64]


def piecewise_exponential(
    events: pd.DataFrame,
    formula: str,
    *,
    cuts: float | Sequence[float] | Floats = (),
    cluster: str | None = None,
    offset: str | None = None,
    robust: bool | None = None,
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    level: float = 0.95,
    subject: str | None = "participant_id",
) -> RateFit:
    """Estimate event rates by period of follow-up, and rate ratios.

    Parameters
    ----------
    events : pandas.DataFrame
        One row per participant, or per (start, stop] spell of one.
    formula : str
        Covariates, such as ``"arm + age"``; ``"1"`` for none.
    cuts : float or sequence of float
        Times at which the rate changes [days]; without, it is constant.
    cluster : str, optional
        Column of units that are independent of each other; the variance is then robust. By default
        the participant, where rows of one repeat.
    offset : str, optional
        Column added to the log rate, beside the time at risk.
    robust : bool, optional
        Whether standard errors come from the sandwich. By default with clusters and with
        fractional weights.
    time : str, optional
        Column of the time of event or censoring; ``days``, or ``start_days`` and ``stop_days``, by
        default.
    event : str
        Column that says whether the row ends with the event: bool or 0 and 1.
    event_value : object or sequence, optional
        The value of ``event`` that means the event (or several), where it is coded otherwise.
    entry : str, optional
        Column of the time from which a row is at risk.
    weights : str, optional
        Column of case weights.
    frequencies : str, optional
        Column of the number of copies of each row.
    level : float
        Confidence level.
    subject : str or None
        Column that identifies the person. None where the rows are different people.

    Returns
    -------
    RateFit
        Log rate ratios under the terms of the formula, then ``log(rate)(low, high]`` of each
        period at covariates of zero [per day]. ``fit.rates`` has events, time at risk and crude
        rate by period.

    Raises
    ------
    ValueError
        For unknown columns and choices, and cuts that do not increase.
    DataError
        For follow-up, covariates or clusters that cannot be analysed, and a period without time at
        risk.
    FitError
        Without events; for constant or collinear covariates.

    Notes
    -----
    The hazard of a row is exp(a_j + x'b) within period j, (low, high]. The log-likelihood, sum of
    d log h - H, is that of a Poisson regression of events on periods with the logarithm of the time
    at risk as offset, up to a constant; estimates and standard errors are the same. A period
    without events has a rate of 0, and its ``log(rate)`` is given as -inf.

    References
    ----------
    Holford TR. The analysis of rates and of survivorship using log-linear models. Biometrics
    1980;36:299-305. https://doi.org/10.2307/2529982

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({"days": [2, 4, 5, 8, 9, 10], "event": [1, 1, 0, 1, 0, 1]})
    >>> survival.piecewise_exponential(frame, "1", cuts=5).rates.round(3)
       low  high  events  person_time   rate
    0  0.0   5.0     2.0         26.0  0.077
    1  5.0   inf     2.0         12.0  0.167
    """
    check_frame(events)
    check_level(level)
    check_flag(robust, "robust", optional=True)
    at = _cuts(cuts)
    rows = read_timed_rows(
        events,
        formula,
        low=None,
        high=None,
        positive=False,
        reading={"strata": None, "cluster": cluster, "offset": offset, "subject": subject},
        follow_up={
            "time": time,
            "event": event,
            "event_value": event_value,
            "entry": entry,
            "weights": weights,
            "frequencies": frequencies,
        },
    )
    refuse_too_many(rows, rows.read.design)
    periods, X = _periods(rows, at), rows.read.matrix
    fitted = period_rates(X, periods, rows.read.design.names)
    null = period_rates(X[:, :0], periods, ())
    wanted = wants_robust(rows.read, robust, cluster, fitted.values.size)
    return _pack(fitted, null, rows, at, periods, robust=wanted, formula=formula, level=level)


def _cuts(cuts: float | Sequence[float] | Floats) -> Floats:
    if np.size(cuts) == 0:
        return np.empty(0)
    at = check_times(cuts, "cuts")
    if np.any(at <= 0.0) or np.any(np.diff(at) <= 0.0):
        raise ValueError(f"cuts must be above 0 and increase, got {list(at)}.")
    return at


def _periods(rows: TimedRows, cuts: Floats) -> Periods:
    """Time at risk and events of each row in each period."""
    low, high = np.append(0.0, cuts), np.append(cuts, np.inf)
    start = np.zeros(rows.time.size) if rows.entry is None else np.maximum(rows.entry, 0.0)
    # A row without follow-up has its end before any entry.
    stop = np.maximum(rows.time, start)[:, np.newaxis]
    spent = np.maximum(np.minimum(stop, high) - np.maximum(start[:, np.newaxis], low), 0.0)
    within = (rows.time[:, np.newaxis] > low) & (rows.time[:, np.newaxis] <= high)
    happened = within & (rows.seen == 1)[:, np.newaxis]
    empty = np.flatnonzero(rows.weight @ spent <= 0.0)
    if empty.size:
        raise DataError.of(
            f"nobody is at risk between {low[empty[0]]:g} and {high[empty[0]]:g}",
            column=rows.read.columns["time"],
            what_to_do="take cuts within the follow-up",
        )
    if np.any((rows.seen == 1) & (rows.time <= 0.0)):
        raise DataError.of(
            "events at time 0 happen without time at risk",
            column=rows.read.columns["time"],
            what_to_do="correct these rows, or model these data with cox",
        )
    offset = np.zeros(rows.time.size) if rows.read.offset is None else rows.read.offset
    return Periods(spent, happened.astype(float), offset, rows.weight)


def _pack(
    fitted: PeriodRates,
    null: PeriodRates,
    rows: TimedRows,
    cuts: Floats,
    periods: Periods,
    *,
    robust: bool,
    formula: str,
    level: float,
) -> RateFit:
    read, k = rows.read, rows.read.matrix.shape[1]
    low, high = np.append(0.0, cuts), np.append(cuts, np.inf)
    names = [f"log(rate)({a:g}, {b:g}]" for a, b in zip(low, high, strict=True)]
    found = Found(
        terms=(*read.design.names, *(names if len(names) > 1 else ["log(rate)"])),
        values=fitted.values,
        covariance=fitted.covariance,
        scores=fitted.scores,
        log_likelihood=fitted.log_likelihood,
        log_likelihood_null=null.log_likelihood,
        state=fitted.state,
        effects=np.arange(k),
        condition=fitted.columns.condition,
        nearly=tuple(read.design.names[j] for j in fitted.columns.involved),
    )
    method = (
        f"Piecewise exponential model, {len(names)} period{'' if len(names) == 1 else 's'}"
        f"{read_as(read)}. {variance_said(read, robust)} Wald intervals. {read.said}"
    )
    number, total = rows.weight @ periods.happened, rows.weight @ periods.spent
    without = [name for name, n in zip(names, number, strict=True) if n == 0]
    notes = [f"No events: {', '.join(without)}, whose rate is 0."] if without else []
    table = {"low": low, "high": high, "events": number, "person_time": total}
    return RateFit(
        **packed(found, rows, robust=robust, method=method, notes=notes),
        link="log",
        measure="rate ratio",
        level=level,
        formula=formula,
        design=read.design,
        cuts=cuts,
        rates=pd.DataFrame({**table, "rate": number / total}),
    )
