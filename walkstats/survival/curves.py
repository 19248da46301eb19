"""What share stays free of the event, with what hazard, and how long were people followed?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_flag, check_level
from walkstats.numerics.limits import INTERVAL_FORMS, normal_quantile, probability_limits
from walkstats.results import Curve
from walkstats.survival.curve_forms import ESTIMATORS, HAZARD_LIMITS, LOWER_LIMITS, TIED
from walkstats.survival.grouped_rows import GroupedRows, read_grouped_rows
from walkstats.survival.people import PERSON
from walkstats.survival.product_limit import Steps, cumulative_hazard, jackknife_variance
from walkstats.survival.risk_tables import RiskTable

Floats = NDArray[np.float64]


def kaplan_meier(
    events: pd.DataFrame,
    by: Any = None,
    *,
    interval: str = "log-log",
    extend: bool = False,
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    subject: str | None = PERSON,
    cluster: str | None = None,
    robust: bool | None = None,
    start_time: float | None = None,
    estimator: str = "product-limit",
    lower: str = "usual",
    level: float = 0.95,
) -> Curve:
    """Estimate the share that is still free of the event at each time, by group.

    Parameters
    ----------
    events : pandas.DataFrame
        One row per participant, or per spell of follow-up where there is an entry time.
    by : str or sequence of str, optional
        Column of the groups; several columns make a group of each combination.
    interval : {"log-log", "log", "plain", "logit", "arcsin"}
        Scale on which the pointwise interval is symmetric.
    extend : bool
        Carry the last value on beyond follow-up, as R's ``summary(fit, extend = TRUE)``; otherwise
        the curve is missing there.
    time : str, optional
        Column of the time of event or censoring; ``days``, or ``start_days`` and ``stop_days``, by
        default.
    event : str
        Column that says whether the row ends in the event: bool or 0 and 1.
    event_value : object or sequence, optional
        The value of ``event`` that means the event (or several), where it is coded otherwise.
    entry : str, optional
        Column of the time from which a row is at risk.
    weights : str, optional
        Column of case weights; with fractional weights the standard errors are robust.
    frequencies : str, optional
        Column of the number of copies of each row.
    subject : str or None
        Column that identifies the person. None where the rows are different people.
    cluster : str, optional
        Column of clusters; standard errors are then robust.
    robust : bool, optional
        Standard errors by the infinitesimal jackknife. By default with clusters, fractional
        weights, or several events of one person.
    start_time : float, optional
        Start the curve here, among those still observed: survival given survival to this time.
    estimator : {"product-limit", "nelson-aalen", "fleming-harrington"}
        Kaplan-Meier's product, or exp(-H) with H the Nelson-Aalen sum, tied events at once or one
        after another.
    lower : {"usual", "modified", "peto"}
        Error of the lower limit: the same as above; that of the last event time, widened as the
        number at risk falls; or Peto's, from the number at risk alone.
    level : float
        Confidence level.

    Returns
    -------
    Curve
        One row per group and time at which somebody has the event or is censored: group, the time
        column, estimate, std_error, conf_low, conf_high, n_risk, n_event, n_censor. ``at(x)`` reads
        it, ``quantile(0.5)`` gives the medians.

    Raises
    ------
    ValueError
        For unknown columns and choices.
    DataError
        For times, events, entries or weights that cannot be analysed; for a person with several
        rows and no entry time.

    Notes
    -----
    S(t) is the product of 1 - d/n over the times up to t, with d events among n at risk; a row is
    at risk at t when entry < t <= time, and at a tied time events come before censorings. The
    standard error on the survival scale is Greenwood's, S(t) times the root of the sum of
    d / (n (n - d)). Where S is 0 it is missing, and so are the limits; where S is 1 the limits are
    missing on scales that cannot place it (log-log, logit, arcsin). People censored at time 0 count
    at risk at time 0 only. Censoring is assumed to say nothing about the event to come.

    A row that another row of the same person carries on in the same group is no censoring, so
    splitting follow-up changes nothing. Times that differ by rounding only (1e-9 of the range) tie.

    References
    ----------
    .. [1] Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481. https://doi.org/10.2307/2281868
    .. [2] Fleming TR, Harrington DP. Commun Stat Theory Methods 1984;13:2469-2486.
       https://doi.org/10.1080/03610928408828837

    Examples
    --------
    Remission of leukaemia [weeks], maintenance arm of the trial in Miller (1981):

    >>> import pandas as pd
    >>> from walkstats import survival
    >>> weeks = pd.DataFrame({
    ...     "weeks": [9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161],
    ...     "relapse": [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0]})
    >>> curve = survival.kaplan_meier(weeks, time="weeks", event="relapse")
    >>> curve.at([13, 31])[["weeks", "estimate", "std_error", "n_risk"]].round(3)
       weeks  estimate  std_error  n_risk
    0   13.0     0.818      0.116    10.0
    1   31.0     0.491      0.164     5.0
    >>> curve.quantile(0.5).estimate("all").estimate
    31.0
    """
    check_level(level)
    check_flag(extend, "extend")
    check_choice(interval, INTERVAL_FORMS, "interval")
    chosen = ESTIMATORS[check_choice(estimator, ESTIMATORS, "estimator")]
    check_choice(lower, LOWER_LIMITS, "lower")
    rows = read_grouped_rows(
        events, by, time=time, event=event, event_value=event_value, entry=entry, weights=weights,
        frequencies=frequencies, subject=subject, cluster=cluster, robust=robust,
        start_time=start_time,
    )  # fmt: skip
    table = rows.table()
    steps = survival_steps(rows, table, estimator)
    error = _survival_error(steps, rows.robust)
    below = error * LOWER_LIMITS[lower].factor(table, steps)
    low, _ = probability_limits(steps.value, below, interval, level)
    _, high = probability_limits(steps.value, error, interval, level)
    method = (
        f"{chosen.described} with pointwise {100 * level:g} % intervals "
        f"({INTERVAL_FORMS[interval].described}{LOWER_LIMITS[lower].described})."
    )
    return _pack(rows, table, (steps.value, error, low, high), "survival", method, extend, level)


def nelson_aalen(
    events: pd.DataFrame,
    by: Any = None,
    *,
    interval: str = "log",
    extend: bool = False,
    tied: str = "together",
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    subject: str | None = PERSON,
    cluster: str | None = None,
    robust: bool | None = None,
    start_time: float | None = None,
    level: float = 0.95,
) -> Curve:
    """Estimate the cumulative hazard of the event at each time, by group.

    Parameters
    ----------
    events, by, extend, time, event, event_value, entry, weights, frequencies
        As in `kaplan_meier`.
    subject, cluster, robust, start_time, level
        As in `kaplan_meier`.
    interval : {"log", "plain"}
        Scale on which the pointwise interval is symmetric.
    tied : {"together", "one by one"}
        d tied events among n at risk add d/n, or 1/n + 1/(n-1) + ... + 1/(n-d+1).

    Returns
    -------
    Curve
        As `kaplan_meier`, with the cumulative hazard as estimate.

    Raises
    ------
    ValueError, DataError
        As `kaplan_meier`.

    Notes
    -----
    The variance is the sum of d / n**2 (tied one by one: of 1/n**2 and so on). It differs from
    Greenwood's, which belongs to the logarithm of the Kaplan-Meier estimate.

    References
    ----------
    .. [1] Aalen O. Ann Stat 1978;6:701-726. https://doi.org/10.1214/aos/1176344247

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({"days": [2, 2, 5, 8], "event": [1, 1, 1, 0]})
    >>> survival.nelson_aalen(frame).at(5)["estimate"].item()
    1.0
    """
    check_level(level)
    check_flag(extend, "extend")
    limits = HAZARD_LIMITS[check_choice(interval, HAZARD_LIMITS, "interval")]
    untied = check_choice(tied, TIED, "tied") == "one by one"
    rows = read_grouped_rows(
        events, by, time=time, event=event, event_value=event_value, entry=entry, weights=weights,
        frequencies=frequencies, subject=subject, cluster=cluster, robust=robust,
        start_time=start_time,
    )  # fmt: skip
    table = rows.table()
    steps = cumulative_hazard(table, untied=untied)
    error = np.sqrt(_robust_variance(rows, table, hazard=True) if rows.robust else steps.variance)
    low, high = limits(steps.value, error, normal_quantile(level))
    method = (
        f"Nelson-Aalen estimate of the cumulative hazard{TIED[tied]} with pointwise "
        f"{100 * level:g} % intervals ({interval} scale)."
    )
    columns = (steps.value, error, low, high)
    return _pack(rows, table, columns, "cumulative hazard", method, extend, level)


def follow_up(
    events: pd.DataFrame,
    by: Any = None,
    *,
    interval: str = "log-log",
    extend: bool = False,
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    subject: str | None = PERSON,
    level: float = 0.95,
) -> Curve:
    """Estimate how long people were followed, had nobody had the event: the reverse Kaplan-Meier.

    Parameters
    ----------
    events, by, interval, extend, time, event, event_value, entry, weights, frequencies
        As in `kaplan_meier`.
    subject, level
        As in `kaplan_meier`.

    Returns
    -------
    Curve
        As `kaplan_meier`, the estimate being the share still followed. ``quantile(0.5)`` is the
        median follow-up. ``n_event`` counts the end of follow-up and ``n_censor`` the events.

    Raises
    ------
    ValueError, DataError
        As `kaplan_meier`.

    Notes
    -----
    Events and censorings change places; where both fall on one day, those with the event still
    count at risk for the end of follow-up there, as in R's ``survfit(Surv(time, 1 - event) ~ 1)``.

    References
    ----------
    .. [1] Schemper M, Smith TL. Control Clin Trials 1996;17:343-346.
       https://doi.org/10.1016/0197-2456(96)00075-X

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({"days": [30, 90, 180, 365, 365], "event": [1, 0, 1, 0, 0]})
    >>> survival.follow_up(frame).quantile(0.5).estimate("all").estimate
    365.0
    """
    check_level(level)
    check_flag(extend, "extend")
    check_choice(interval, INTERVAL_FORMS, "interval")
    rows = read_grouped_rows(
        events, by, time=time, event=event, event_value=event_value, entry=entry, weights=weights,
        frequencies=frequencies, subject=subject,
    )  # fmt: skip
    table = rows.reversed().table()
    steps = survival_steps(rows, table)
    error = _survival_error(steps, rows.robust)
    low, high = probability_limits(steps.value, error, interval, level)
    method = (
        f"Follow-up by the reverse Kaplan-Meier estimate with pointwise {100 * level:g} % "
        f"intervals ({INTERVAL_FORMS[interval].described})."
    )
    return _pack(rows, table, (steps.value, error, low, high), "follow-up", method, extend, level)


def survival_steps(rows: GroupedRows, table: RiskTable, estimator: str = "product-limit") -> Steps:
    """Survival and the variance of its logarithm (g, q), robust where the rows ask for it."""
    chosen = ESTIMATORS[estimator]
    steps = chosen.steps(table)
    if not rows.robust:
        return steps
    return Steps(steps.value, _robust_variance(rows, table, hazard=chosen.from_hazard))


def _robust_variance(rows: GroupedRows, table: RiskTable, *, hazard: bool) -> Floats:
    """Jackknife variance (g, q), missing where a group is one cluster and its zero no certainty."""
    variance = jackknife_variance(table, rows.cluster, hazard=hazard)
    return np.where(rows.single_units[:, None], np.nan, variance)


def _survival_error(steps: Steps, robust: bool) -> Floats:
    """On the survival scale; Greenwood's is missing where the curve has reached 0."""
    with np.errstate(invalid="ignore"):
        error = steps.value * np.sqrt(steps.variance)
    return error if robust else np.where(steps.value > 0, error, np.nan)


def _pack(
    rows: GroupedRows,
    table: RiskTable,
    columns: tuple[Floats, Floats, Floats, Floats],
    quantity: str,
    method: str,
    extend: bool,
    level: float,
) -> Curve:
    """Lay the curve out, one row per group and time at which a row of the group ends."""
    group, index = np.nonzero((table.n_event + table.n_censor) > 0)
    names = ("estimate", "std_error", "conf_low", "conf_high")
    counted = ("n_risk", "n_event", "n_censor")
    kind = np.int64 if rows.weights is None else np.float64
    frame = pd.DataFrame(
        {
            "group": np.array(rows.labels, dtype=object)[group],
            rows.time: table.times[index],
            **{name: column[group, index] for name, column in zip(names, columns, strict=True)},
            **{name: getattr(table, name)[group, index].astype(kind) for name in counted},
        }
    )
    ends = rows.follow_up_ends()
    last = {
        label: np.inf if extend else float(end)
        for label, end in zip(rows.labels, ends, strict=True)
    }
    merged = f"{table.merged} distinct times tied with a neighbour (they differ by rounding)."
    return Curve(
        frame=frame,
        x=rows.time,
        quantity=quantity,
        last=last,
        level=level,
        start=0.0 if quantity == "cumulative hazard" else 1.0,
        start_x=rows.begins,
        method=" ".join(part for part in (method, rows.errors_said, rows.said) if part),
        notes=(*rows.notes, merged) if table.merged else rows.notes,
        counts=rows.counts,
        source=rows.source,
    )
