"""How much time free of the event does each group have up to a horizon, how much does it lose?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_flag, check_level
from walkstats.results import Estimates
from walkstats.results.frozen import Result
from walkstats.survival.against_reference import (
    Contrasts,
    contrast_terms,
    differences,
    logarithms,
    reference_said,
)
from walkstats.survival.grouped_rows import GroupedRows, read_grouped_rows
from walkstats.survival.people import PERSON
from walkstats.survival.product_limit import (
    Steps,
    areas,
    influence,
    product_limit,
)
from walkstats.survival.risk_tables import RiskTable

Floats = NDArray[np.float64]

ROUNDING = 1e-12
"""Standard errors below this share of the horizon are 0 but for rounding."""


@dataclass(frozen=True, eq=False)
class RestrictedMeans(Result):
    """Restricted mean times by group and their contrasts with the first group.

    Attributes
    ----------
    tau : float
        The horizon.
    by_group : Estimates
        Mean time free of the event up to tau; terms are the groups.
    difference : Estimates
        Of means; terms ``arm[walking]``. Empty with a single group.
    ratio : Estimates
        Of means, on the log scale.
    time_lost : Estimates
        tau minus the mean; terms are the groups.
    time_lost_ratio : Estimates
        On the log scale.
    """

    tau: float
    by_group: Estimates
    difference: Estimates
    ratio: Estimates
    time_lost: Estimates
    time_lost_ratio: Estimates

    def to_frame(self) -> pd.DataFrame:
        """One row per measure and term; ratios as ratios."""
        parts = []
        for name in ("by_group", "time_lost", "difference", "ratio", "time_lost_ratio"):
            estimates: Estimates = getattr(self, name)
            frame = estimates.to_frame(ratio=estimates.link == "log")
            frame.insert(0, "measure", estimates.measure)
            parts.append(frame)
        return pd.concat([part for part in parts if len(part)], ignore_index=True)


def restricted_means(
    events: pd.DataFrame,
    by: Any = None,
    *,
    tau: float,
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
    level: float = 0.95,
) -> RestrictedMeans:
    """Compare the mean time free of the event up to ``tau`` between groups.

    Parameters
    ----------
    events : pandas.DataFrame
        One row per participant, or per spell of follow-up where there is an entry time.
    by : str or sequence of str, optional
        Column of the groups; the first group is the reference.
    tau : float
        Horizon, in the unit of the time column.
    extend : bool
        Carry the last value of a curve on to tau where follow-up ends before; refused otherwise.
    time, event, event_value, entry, weights, frequencies, subject, cluster, robust
        As in `walkstats.survival.kaplan_meier`.
    start_time : float, optional
        Measure time from here, among those still observed; with late entry from 0 by default.
    level : float
        Confidence level.

    Returns
    -------
    RestrictedMeans
        ``by_group``, ``difference``, ``ratio``, ``time_lost``, ``time_lost_ratio``.

    Raises
    ------
    ValueError
        For a tau that lies beyond somebody's follow-up, with the largest one that can be used.
    DataError
        For follow-up that cannot be analysed, and a group of which nobody is at risk.

    Notes
    -----
    The mean is the area under the Kaplan-Meier curve from the start to tau. Its variance is the sum
    over event times of A(t)**2 d / (n (n - d)), with A(t) the area from t to tau, d events and n at
    risk: the sampling variance of the mean, not the variance of people's times. Ratios are of the
    means (times lost) on the log scale by the delta method, as in R's survRM2. With weights or
    clusters the variance comes from the influence of the rows, so groups that share a cluster
    covary. A curve that has reached 0 stays 0: its follow-up does not limit tau.

    Where nobody of a group had the event before tau, or all of them at one time, the formula gives
    a variance of 0. That is no certainty: the mean and its contrasts then have no standard error
    and no interval, and a note says so.

    References
    ----------
    .. [1] Royston P, Parmar MKB. BMC Med Res Methodol 2013;13:152.
       https://doi.org/10.1186/1471-2288-13-152
    .. [2] Uno H and others. J Clin Oncol 2014;32:2380-2385.
       https://doi.org/10.1200/JCO.2014.55.2208

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({"days": [10, 20, 30, 40], "event": [1, 1, 1, 0]})
    >>> means = survival.restricted_means(frame, tau=40)
    >>> means.by_group.estimate("all").estimate   # (10 + 20 + 30 + 40) / 4
    25.0
    """
    check_level(level)
    check_flag(extend, "extend")
    rows = read_grouped_rows(
        events, by, time=time, event=event, event_value=event_value, entry=entry, weights=weights,
        frequencies=frequencies, subject=subject, cluster=cluster, robust=robust,
        start_time=start_time,
    )  # fmt: skip
    table = rows.table()
    steps = product_limit(table)
    start = min(rows.start_time, float(table.times[0])) if start_time is None else rows.start_time
    horizon = check_tau(tau, start, rows, steps, extend)
    means = mean_times(table, steps, start, horizon, rows)
    return _pack(rows, means, start, horizon, level)


def mean_times(
    table: RiskTable, steps: Steps, start: float, tau: float, rows: GroupedRows
) -> Contrasts:
    """Restricted means (g,) and their covariance (g, g)."""
    found = areas(table, steps.value, start, tau)
    if not rows.robust:
        return Contrasts(found.mean, np.diag(found.variance))
    own = influence(table, found.ahead)
    by_group = own[:, None] * (table.group[:, None] == np.arange(found.mean.size))
    return Contrasts(found.mean, rows.covariance_of_groups(by_group))


def check_tau(tau: float, start: float, rows: GroupedRows, steps: Steps, extend: bool) -> float:
    """A horizon after the start and within everybody's follow-up, unless curves are carried on."""
    try:
        horizon = float(tau)
    except (TypeError, ValueError):
        raise ValueError(f"tau must be a number, got {tau!r}.") from None
    if not (np.isfinite(horizon) and horizon > start):
        raise ValueError(f"tau must be a finite number above {start:g}, got {tau!r}.")
    rows.check_at_risk()
    ends = np.where(steps.value[:, -1] > 0, rows.follow_up_ends(), np.inf)
    if extend or horizon <= ends.min():
        return horizon
    shortest = int(np.argmin(ends))
    whose = "" if len(rows.labels) == 1 else f" of {rows.by} = {rows.labels[shortest]}"
    raise ValueError(
        f"tau = {horizon:g} lies beyond the follow-up{whose}, which ends at {ends[shortest]:g} "
        f"({rows.time}). The largest tau that can be used is {ends[shortest]:g}; or carry the last "
        "value of the curve on with extend=True."
    )


def _pack(
    rows: GroupedRows, means: Contrasts, start: float, tau: float, level: float
) -> RestrictedMeans:
    # Where nobody, or everybody at one time, had the event, the formula's zero is no certainty.
    sure = np.diag(means.covariance) <= (ROUNDING * (tau - start)) ** 2
    unknown = np.where(sure[:, None] | sure, np.nan, means.covariance)
    eventless = sure & (means.values >= tau - start)
    means = Contrasts(means.values, unknown)
    common: dict[str, Any] = {
        "method": _method(rows, start, tau, level),
        "notes": (*_notes(rows, tau), *_said_of_certainty(rows, sure, eventless, tau)),
        "counts": rows.counts,
        "source": rows.source,
    }
    terms = contrast_terms(rows.by, rows.labels)

    def estimates(what: Contrasts, names: tuple[str, ...], measure: str, **more: Any) -> Estimates:
        return Estimates(
            names, what.values, what.covariance, level=level, measure=measure, **more, **common
        )

    def ratio(of: Floats, measure: str) -> Estimates:
        logs = logarithms(of, means.covariance)
        return estimates(differences(logs.values, logs.covariance), terms, measure, link="log")

    lost = Contrasts(tau - start - means.values, means.covariance)
    change = differences(means.values, means.covariance)
    return RestrictedMeans(
        tau=tau,
        by_group=estimates(means, rows.labels, "restricted mean", null=None),
        difference=estimates(change, terms, "difference in restricted means"),
        ratio=ratio(means.values, "ratio of restricted means"),
        time_lost=estimates(lost, rows.labels, "mean time lost", null=None),
        time_lost_ratio=ratio(lost.values, "ratio of mean times lost"),
        **common,
    )


def _method(rows: GroupedRows, start: float, tau: float, level: float) -> str:
    span = f"from {start:g} to {tau:g}" if start else f"to {tau:g}"
    said = (
        f"Restricted mean times {span} ({rows.time}), the area under the Kaplan-Meier curve; "
        f"{100 * level:g} % intervals from the normal distribution, ratios on the log scale.",
        reference_said(rows.by, rows.labels) if len(rows.labels) > 1 else "",
        rows.errors_said,
        rows.said,
    )
    return " ".join(part for part in said if part)


def _notes(rows: GroupedRows, tau: float) -> tuple[str, ...]:
    ends = zip(rows.labels, rows.follow_up_ends(), strict=True)
    short = [label for label, end in ends if end < tau]
    notes = [rows.order_note] if len(rows.labels) > 1 else []
    if short:
        notes.append(f"Follow-up ends before {tau:g} in: {', '.join(short)}.")
    return (*rows.notes, *(note for note in notes if note))


def _said_of_certainty(
    rows: GroupedRows, sure: NDArray[np.bool_], eventless: NDArray[np.bool_], tau: float
) -> list[str]:
    """Notes on the groups whose variance cannot be estimated."""
    notes = []
    for g in np.flatnonzero(sure):
        group = f"{rows.by} = {rows.labels[g]}" if len(rows.labels) > 1 else str(rows.labels[g])
        why = f"no event before {tau:g}" if eventless[g] else "all its events at one time"
        notes.append(f"{group}: {why}; its variance cannot be estimated.")
    return notes
