"""What share of each group has had each outcome, when any of them ends the wait for the others?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_flag, check_level
from walkstats.numerics.limits import INTERVAL_FORMS, probability_limits
from walkstats.results import Curve
from walkstats.results.incidences import Incidence
from walkstats.survival.competing_risks.incidence_steps import (
    VARIANCES,
    IncidenceSteps,
    incidence_steps,
    jackknife_incidence,
)
from walkstats.survival.competing_risks.outcomes import CauseRows, read_causes
from walkstats.survival.curves import kaplan_meier
from walkstats.survival.people import PERSON
from walkstats.survival.risk_tables import RiskTable

Floats = NDArray[np.float64]

# Scale on which the interval is symmetric, and whether the probability is first turned round.
INTERVALS = {
    "log-log": ("log-log", False, "log(-log F)"),
    "log": ("log", False, "log F"),
    "plain": ("plain", False, "no transformation"),
    "logit": ("logit", False, "logit F"),
    "arcsin": ("arcsin", False, INTERVAL_FORMS["arcsin"].described),
    "complementary log-log": ("log-log", True, "log(-log(1 - F))"),
}
ROUNDING = 1e-15
ERRORS = {
    "greenwood": "Greenwood's form of the variance",
    "aalen": "Aalen's delta-method variance, as in Gray (1988)",
}


def cumulative_incidence(
    events: pd.DataFrame,
    by: Any = None,
    *,
    outcome: str = "outcome",
    censored: object = "censored",
    interval: str = "log-log",
    extend: bool = False,
    variance: str = "greenwood",
    time: str | None = None,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    subject: str | None = PERSON,
    cluster: str | None = None,
    robust: bool | None = None,
    level: float = 0.95,
) -> Incidence:
    """Estimate the share that has had each outcome at each time, by group.

    Parameters
    ----------
    events : pandas.DataFrame
        One row per participant, or per spell of follow-up where there is an entry time.
    by : str or sequence of str, optional
        Column of the groups; several columns make a group of each combination.
    outcome : str
        Column that says what ended the row.
    censored : object
        The value of ``outcome`` that means that nothing had happened; None where every row ends in
        an outcome.
    interval : {"log-log", "log", "plain", "logit", "arcsin", "complementary log-log"}
        Scale on which the pointwise interval of the incidence F is symmetric; "log-log" is
        log(-log F), "complementary log-log" is log(-log(1 - F)).
    extend : bool
        Carry the last value on beyond follow-up; otherwise the curve is missing there.
    variance : {"greenwood", "aalen"}
        Greenwood's form (that of R's survfit), or the delta method of R's cuminc.
    time, entry, weights, frequencies, subject, cluster, robust
        As in `walkstats.survival.kaplan_meier`.
    level : float
        Confidence level.

    Returns
    -------
    Incidence
        A `Curve` with one row per group, outcome and time at which anybody stops: group, outcome,
        the time column, estimate, std_error, conf_low, conf_high, n_risk, n_event (of this
        outcome), n_censor. ``at(x)`` reads it, ``of("death")`` is the curve of one outcome,
        ``event_free`` the share with none.

    Raises
    ------
    ValueError
        For unknown columns and choices.
    DataError
        For follow-up that cannot be analysed, and where no row is censored though a value for it
        is given.

    Notes
    -----
    F(t) of an outcome is the sum of S(u-) d(u) / n(u) over the times u up to t, with d events of
    this outcome among n at risk and S the share with no event at all (Aalen and Johansen). Events
    that tie, of the same outcome or of others, happen together, and before censorings, so
    incidences and the event-free share sum to 1 at every time. One minus a Kaplan-Meier curve that
    censors the other outcomes is larger: it answers what would happen in a world without them.

    The variance is the sum over u of [a^2 h + b^2 k - (a h + b k)^2] / n with h and k the shares
    with this outcome and with another, a = S(u-) + b, b = (F(u) - F(t)) / (1 - h - k). With
    fractional weights or clusters it is the infinitesimal jackknife, which is the same without
    weights and late entry. Limits at F = 0 are missing. R transforms F as here; etm's "cloglog" is
    "complementary log-log", with which a single outcome has the interval of 1 - Kaplan-Meier.

    References
    ----------
    .. [1] Aalen OO, Johansen S. Scand J Stat 1978;5:141-150. https://www.jstor.org/stable/4615704
    .. [2] Gray RJ. Ann Stat 1988;16:1141-1154. https://doi.org/10.1214/aos/1176350951

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({
    ...     "days": [10, 20, 20, 30, 40],
    ...     "outcome": ["recurrence", "surgery", "recurrence", "censored", "recurrence"]})
    >>> found = survival.cumulative_incidence(frame)
    >>> found.at(20)[["outcome", "estimate", "n_event"]].round(3)
          outcome  estimate  n_event
    0  recurrence       0.4      2.0
    1     surgery       0.2      1.0
    >>> round(found.event_free.at(20)["estimate"].item(), 3)
    0.4
    """
    check_level(level)
    check_flag(extend, "extend")
    check_choice(interval, INTERVALS, "interval")
    check_choice(variance, VARIANCES, "variance")
    columns: dict[str, Any] = {
        "time": time,
        "entry": entry,
        "weights": weights,
        "frequencies": frequencies,
        "subject": subject,
        "cluster": cluster,
        "robust": robust,
    }
    read, ends = read_causes(events, by, outcome=outcome, censored=censored, **columns)
    if read.rows.robust and variance != "greenwood":
        raise ValueError(
            f'variance="{variance}" has no robust form; leave it out with weights or clusters.'
        )
    table = read.rows.table()
    steps = incidence_steps(
        table, read.cause, len(read.causes), None if read.rows.robust else VARIANCES[variance]
    )
    turned = INTERVALS[interval][1]
    free = kaplan_meier(
        ends.frame,
        by,
        event=outcome,
        interval="log-log" if turned else interval,
        extend=extend,
        level=level,
        **columns,
    )
    error = _error(read, table, steps)
    return _pack(read, table, steps, error, free, interval, variance, level)


def limits_of(value: Floats, error: Floats, interval: str, level: float) -> tuple[Floats, Floats]:
    """Limits of an incidence by one of ``INTERVALS``; missing where it is 0."""
    form, turned, _ = INTERVALS[interval]
    if not turned:
        return probability_limits(value, error, form, level)
    low, high = probability_limits(1.0 - value, error, form, level)
    return 1.0 - high, 1.0 - low


def _error(read: CauseRows, table: RiskTable, steps: IncidenceSteps) -> Floats:
    if not read.rows.robust:
        return np.sqrt(steps.variance)
    each = [
        jackknife_incidence(table, read.cause, one, read.rows.cluster)
        for one in range(len(read.causes))
    ]
    # What rounding leaves where the influences cancel is no variance.
    return np.sqrt(np.where(np.stack(each) > ROUNDING, np.stack(each), 0.0))


def _pack(
    read: CauseRows,
    table: RiskTable,
    steps: IncidenceSteps,
    error: Floats,
    free: Curve,
    interval: str,
    variance: str,
    level: float,
) -> Incidence:
    rows = read.rows
    low, high = limits_of(steps.value, error, interval, level)
    kind = np.int64 if rows.weights is None else np.float64
    parts = []
    for g, label in enumerate(rows.labels):
        at = np.flatnonzero((table.n_event + table.n_censor)[g] > 0)
        for c, cause in enumerate(read.causes):
            columns = {
                "group": label,
                "outcome": cause,
                rows.time: table.times[at],
                "estimate": steps.value[c, g, at],
                "std_error": error[c, g, at],
                "conf_low": low[c, g, at],
                "conf_high": high[c, g, at],
                "n_risk": table.n_risk[g, at].astype(kind),
                "n_event": steps.events[c, g, at].astype(kind),
                "n_censor": table.n_censor[g, at].astype(kind),
            }
            parts.append(pd.DataFrame(columns, index=np.arange(at.size)))
    errors = rows.errors_said if rows.robust else f"{ERRORS[variance]}. {rows.errors_said}".strip()
    return Incidence(
        frame=pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True),
        x=rows.time,
        last=free.last,
        level=level,
        start_x=rows.begins,
        outcomes=read.causes,
        event_free=free,
        method=(
            "Cumulative incidence of each outcome by the Aalen-Johansen estimate, with pointwise "
            f"{100 * level:g} % intervals ({INTERVALS[interval][2]}). {errors} {rows.said}"
        ),
        notes=(read.events_said, *dict.fromkeys((*rows.notes, *free.notes))),
        counts=rows.counts,
        source=rows.source,
    )
