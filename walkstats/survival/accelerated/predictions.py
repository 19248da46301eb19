"""What does a parametric model predict? Curves, quantiles and hazard ratios of new people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_level, check_times
from walkstats.errors import DataError
from walkstats.numerics.limits import normal_quantile
from walkstats.results import Curve, Estimates
from walkstats.survival.accelerated.families import FAMILIES
from walkstats.survival.accelerated.fits import ParametricFit, TimeFit
from walkstats.survival.accelerated.index import People, check_fit, index_at, read_people
from walkstats.survival.accelerated.quantities import QUANTITIES, Quantity, spread

Floats = NDArray[np.float64]


HALVINGS = 200


def predict_parametric(
    fit: TimeFit,
    new: pd.DataFrame,
    *,
    times: float | Sequence[float] | Floats | None = None,
    quantity: str = "survival",
    level: float = 0.95,
) -> Curve:
    """Predict survival or hazard of new people under a parametric model, with intervals.

    Parameters
    ----------
    fit : ParametricFit, FlexibleFit or RateFit
    new : pandas.DataFrame
        One row per person, with all columns of the formula (and of strata and offset) in any order;
        the index names the curves.
    times : float or sequence of float, optional
        Where to compute the curves [days]; by default 100 places up to the last time of the data,
        and 0 where survival or the cumulative hazard is asked for.
    quantity : {"survival", "cumulative hazard", "hazard"}
    level : float
        Confidence level.

    Returns
    -------
    Curve
        A line for each person: group, time, estimate, std_error (delta method, on the scale of the
        estimate), conf_low, conf_high. Missing where a spline's cumulative hazard falls.

    Raises
    ------
    ValueError
        For other fits, quantities and times.
    DataError
        For missing columns or values, and levels or strata that the model has not seen.
    FitError
        Where the model has no finite estimate.

    Notes
    -----
    Survival is S0(z) at the index z, which is (log t - x'b) / s in accelerated models and the log
    cumulative hazard in the others (S0 = exp(-exp z)). Limits of survival and cumulative hazard are
    those of z, carried over: for a Weibull or flexible model that is symmetric on the log(-log)
    scale. Limits of a hazard are symmetric on the log scale. The covariance is that of the fit,
    robust where that is. A model predicts at any time; beyond the last time of the data nothing
    supports it, and a note says so.

    References
    ----------
    Royston P, Parmar MKB. Stat Med 2002;21:2175-2197. https://doi.org/10.1002/sim.1203

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({"arm": list("aaaabbbb"), "days": [5, 9, 13, 20, 12, 22, 30, 41],
    ...                       "event": [1, 1, 1, 1, 1, 1, 0, 1]})
    >>> fit = survival.parametric(frame, "arm", family="weibull")
    >>> new = pd.DataFrame({"arm": ["a", "b"]}, index=["arm a", "arm b"])
    >>> curve = survival.predict_parametric(fit, new, times=14)
    >>> curve.frame[["group", "days", "estimate"]].round(3)
       group  days  estimate
    0  arm a  14.0     0.328
    1  arm b  14.0     0.872
    """
    check_fit(fit)
    check_choice(quantity, QUANTITIES, "quantity")
    check_level(level)
    people = read_people(fit, new)
    at = _times(fit, times)
    if times is None and _positive(fit) and quantity != "hazard":
        at = np.append(0.0, at)
    who, when = np.repeat(np.arange(len(people.names)), at.size), np.tile(at, len(people.names))
    index = index_at(fit, people.at(who), when)
    chosen = QUANTITIES[quantity]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        columns = chosen.read(index, _covariance(fit), normal_quantile(level))
    if _positive(fit):
        columns = tuple(_at_zero(c, when, k, chosen) for k, c in enumerate(columns))  # type: ignore
    frame = _frame(fit, [people.names[j] for j in who], when, columns)
    said = f"{chosen.described} of new people from: {fit.method}"
    return _curve(fit, people, frame, quantity, said, chosen.start, at, level)


def hazard_ratio_over_time(
    fit: TimeFit,
    new: pd.DataFrame,
    *,
    reference: pd.DataFrame,
    times: float | Sequence[float] | Floats | None = None,
    level: float = 0.95,
) -> Curve:
    """Predict the ratio of two people's hazards at each time, with its interval.

    Parameters
    ----------
    fit : ParametricFit, FlexibleFit or RateFit
    new : pandas.DataFrame
        One row per person; the index names the curves.
    reference : pandas.DataFrame
        One row: whose hazard the others are divided by.
    times : float or sequence of float, optional
        Where to compute the ratio [days]; by default 100 places up to the last time of the data.
    level : float
        Confidence level.

    Returns
    -------
    Curve
        A line for each row of ``new``; std_error is that of the ratio, and limits are symmetric on
        the log scale.

    Raises
    ------
    ValueError
        For other fits, and a reference that is not one row.
    DataError
        For missing columns or values, and levels or strata that the model has not seen.
    FitError
        Where the model has no finite estimate.

    Notes
    -----
    In a model with proportional hazards the line is flat. It is not for log-normal and log-logistic
    times, scales by stratum, and flexible models with varying effects. The variance takes the
    covariance of both hazards into account (delta method on the log scale).

    References
    ----------
    Royston P, Parmar MKB. Stat Med 2002;21:2175-2197. https://doi.org/10.1002/sim.1203

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({"arm": list("aaaabbbb"), "days": [5, 9, 13, 20, 12, 22, 30, 41],
    ...                       "event": [1, 1, 1, 1, 1, 1, 0, 1]})
    >>> fit = survival.parametric(frame, "arm", family="log-logistic")
    >>> a, b = pd.DataFrame({"arm": ["a"]}), pd.DataFrame({"arm": ["b"]}, index=["b to a"])
    >>> ratio = survival.hazard_ratio_over_time(fit, b, reference=a, times=[5, 20])
    >>> ratio.frame["estimate"].round(2).tolist()
    [0.06, 0.32]
    """
    check_fit(fit)
    check_level(level)
    people, other = read_people(fit, new), read_people(fit, reference)
    if len(other.names) != 1:
        raise ValueError(f"reference must be one row, got {len(other.names)}.")
    at = _times(fit, times)
    if _positive(fit):
        at = at[at > 0.0]
    who, when = np.repeat(np.arange(len(people.names)), at.size), np.tile(at, len(people.names))
    value, gradient = index_at(fit, people.at(who), when).log_hazard()
    below, other_gradient = index_at(fit, other.at(np.zeros_like(who)), when).log_hazard()
    log_ratio, half = value - below, spread(gradient - other_gradient, _covariance(fit))
    z, ratio = normal_quantile(level), np.exp(log_ratio)
    columns = (ratio, ratio * half, np.exp(log_ratio - z * half), np.exp(log_ratio + z * half))
    frame = _frame(fit, [people.names[j] for j in who], when, columns)
    said = f"Hazard ratio over time, against {other.names[0]}, from: {fit.method}"
    return _curve(fit, people, frame, "hazard ratio", said, np.nan, at, level)


def predict_quantiles(
    fit: TimeFit,
    new: pd.DataFrame,
    *,
    p: float | Sequence[float] | Floats = 0.5,
    level: float = 0.95,
) -> Estimates:
    """Predict by which time a share of people have had the event.

    Parameters
    ----------
    fit : ParametricFit, FlexibleFit or RateFit
    new : pandas.DataFrame
        One row per person; the index names them.
    p : float or sequence of float
        Shares between 0 and 1; 0.5 is the median.
    level : float
        Confidence level.

    Returns
    -------
    Estimates
        Times [days] under the names of the rows, ``name[p]`` with several shares, person by person.
        Standard errors are those of the times; limits are symmetric on the log scale (on the scale
        of the times for "gaussian" and "logistic").

    Raises
    ------
    ValueError
        For other fits, and shares outside (0, 1).
    DataError
        For missing columns or values, and levels or strata that the model has not seen.
    FitError
        Where the model has no finite estimate.

    Notes
    -----
    log t = x'b + s z with z the p-quantile of the standard distribution; in a flexible or piecewise
    exponential model the time at which the log cumulative hazard is z, found by bisection. Its
    derivatives are minus those of the index divided by its slope. Missing (``inf``) where a
    share is reached at no time.

    References
    ----------
    Kalbfleisch JD, Prentice RL. The Statistical Analysis of Failure Time Data. 2nd ed. Wiley 2002,
    chapter 3. https://doi.org/10.1002/9781118032985

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({"arm": list("aaaabbbb"), "days": [5, 9, 13, 20, 12, 22, 30, 41],
    ...                       "event": [1, 1, 1, 1, 1, 1, 0, 1]})
    >>> fit = survival.parametric(frame, "arm", family="log-normal")
    >>> new = pd.DataFrame({"arm": ["a", "b"]}, index=["arm a", "arm b"])
    >>> survival.predict_quantiles(fit, new).values.round(1).tolist()
    [10.4, 26.2]
    """
    check_fit(fit)
    check_level(level)
    shares = np.atleast_1d(np.asarray(p, dtype=float))
    if shares.ndim != 1 or not np.all((shares > 0.0) & (shares < 1.0)):
        raise ValueError(f"p must lie between 0 and 1, got {p!r}.")
    people = read_people(fit, new)
    who = np.repeat(np.arange(len(people.names)), shares.size)
    several = np.ndim(p) > 0
    terms = [
        f"{people.names[j]}[{share:g}]" if several else people.names[j]
        for j, share in zip(who, np.tile(shares, len(people.names)), strict=True)
    ]
    chosen = people.at(who)
    times = _times_of(fit, chosen, np.tile(shares, len(people.names)))
    index = index_at(fit, chosen, times)
    with np.errstate(invalid="ignore", over="ignore"):
        gradient = -index.gradient / np.exp(index.log_rate)[:, np.newaxis]
        covariance = gradient @ _covariance(fit) @ gradient.T
    z, error = normal_quantile(level), np.sqrt(np.diag(covariance))
    if _positive(fit):
        factor = np.exp(z * error / times)
        limits = np.column_stack([times / factor, times * factor])
    else:
        limits = np.column_stack([times - z * error, times + z * error])
    return Estimates(
        terms=tuple(terms),
        values=times,
        covariance=covariance,
        level=level,
        limits=limits,
        null=None,
        method=f"Predicted quantiles of the time from: {fit.method}",
        notes=(*fit.notes, *_beyond(fit, times)),
        counts=fit.counts,
        source=fit.source,
    )


def _times_of(fit: TimeFit, people: People, shares: Floats) -> Floats:
    """Times (m,) at which each person's share is reached."""
    if isinstance(fit, ParametricFit):
        z = FAMILIES[fit.family].distribution.quantile(shares)
        here = index_at(fit, people, np.ones(shares.size))
        rate = np.exp(here.log_rate)  # at 1 the derivatives by time and by log time are the same
        y = 1.0 + (z - here.value) / rate
        return np.exp(y - 1.0) if _positive(fit) else y
    z = np.log(-np.log1p(-shares))
    centre = float(np.log(np.median(fit.rows.time[fit.rows.followed])))
    low, high = np.full(shares.size, centre - 40.0), np.full(shares.size, centre + 40.0)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        below = index_at(fit, people, np.exp(middle)).value < z
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    found = np.exp(0.5 * (low + high))
    return np.where(high >= centre + 40.0, np.inf, found)


def _covariance(fit: TimeFit) -> Floats:
    """Covariance with 0 for the rates that are 0: they have no influence."""
    return np.where(np.isnan(fit.covariance), 0.0, fit.covariance)


def _positive(fit: TimeFit) -> bool:
    return not isinstance(fit, ParametricFit) or FAMILIES[fit.family].log_time


def _last(fit: TimeFit) -> float:
    rows = fit.rows
    ends = np.where(np.isnan(rows.upper), rows.time, rows.upper)
    return float(ends[rows.followed].max())


def _times(fit: TimeFit, times: float | Sequence[float] | Floats | None) -> Floats:
    if times is None:
        last = _last(fit)
        return np.linspace(last / 100.0, last, 100)
    at = check_times(times, "times")
    if _positive(fit) and np.any(at < 0.0):
        raise ValueError(f"times must be at least 0, got {float(at.min()):g}.")
    return at


def _at_zero(column: Floats, when: Floats, place: int, quantity: Quantity) -> Floats:
    """At time 0 nobody has had the event: survival 1, without error."""
    if np.isnan(quantity.start):
        return np.where(when == 0.0, np.nan, column)
    return np.where(when == 0.0, 0.0 if place == 1 else quantity.start, column)


def _frame(
    fit: TimeFit, groups: list[str], when: Floats, columns: tuple[Floats, ...]
) -> pd.DataFrame:
    names = ("estimate", "std_error", "conf_low", "conf_high")
    return pd.DataFrame(
        {"group": groups, _time_name(fit): when, **dict(zip(names, columns, strict=True))}
    )


def _time_name(fit: TimeFit) -> str:
    return fit.columns.get("time", "days")


def _beyond(fit: TimeFit, times: Floats) -> list[str]:
    last = _last(fit)
    known = times[np.isfinite(times)]
    if not known.size or known.max() <= last * (1.0 + 1e-9):
        return []
    return [f"Beyond {last:g}, the last time of the data, nothing but the model supports this."]


def _curve(
    fit: TimeFit,
    people: People,
    frame: pd.DataFrame,
    quantity: str,
    method: str,
    start: float,
    at: Floats,
    level: float,
) -> Curve:
    if not len(frame):
        raise DataError.of("no time is left above 0", what_to_do="give times above 0")
    return Curve(
        frame=frame,
        x=_time_name(fit),
        quantity=quantity,
        shape="line",
        last=dict.fromkeys(people.names, float(at.max())),
        level=level,
        start=start,
        method=method,
        notes=(*fit.notes, *_beyond(fit, at)),
        counts=fit.counts,
        source=fit.source,
    )
