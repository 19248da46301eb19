"""How much time up to a horizon does each outcome take away?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_flag, check_level, check_positive
from walkstats.results import Estimates
from walkstats.results.frozen import Result
from walkstats.survival.against_reference import Contrasts, differences, reference_said
from walkstats.survival.competing_risks.incidence_steps import (
    incidence_influence,
    slopes_of,
)
from walkstats.survival.competing_risks.outcomes import CauseRows, read_causes
from walkstats.survival.people import PERSON
from walkstats.survival.risk_tables import RiskTable

Floats = NDArray[np.float64]

# An error of the mean below this share of the horizon is rounding.
ROUNDING = 1e-10


@dataclass(frozen=True, eq=False)
class TimesLost(Result):
    """Mean times lost to each outcome up to a horizon.

    Attributes
    ----------
    tau : float
        The horizon.
    by_group : Estimates
        Terms are ``group: outcome``.
    difference : Estimates
        Of each group against the first; terms ``arm[walking]: outcome``. Empty with one group.
    event_free : Estimates
        Mean time with none of the outcomes; terms are the groups.
    """

    tau: float
    by_group: Estimates
    difference: Estimates
    event_free: Estimates

    def to_frame(self) -> pd.DataFrame:
        """One row per measure and term."""
        parts = []
        for name in ("by_group", "event_free", "difference"):
            estimates: Estimates = getattr(self, name)
            frame = estimates.to_frame()
            frame.insert(0, "measure", estimates.measure)
            parts.append(frame)
        return pd.concat([part for part in parts if len(part)], ignore_index=True)


def times_lost(
    events: pd.DataFrame,
    by: Any = None,
    *,
    tau: float,
    outcome: str = "outcome",
    censored: object = "censored",
    extend: bool = False,
    time: str | None = None,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    subject: str | None = PERSON,
    cluster: str | None = None,
    level: float = 0.95,
) -> TimesLost:
    """Compare the mean time lost to each outcome up to ``tau`` between groups.

    Parameters
    ----------
    events : pandas.DataFrame
        One row per participant, or per spell of follow-up where there is an entry time.
    by : str or sequence of str, optional
        Column of the groups; the first group is the reference.
    tau : float
        Horizon, in the unit of the time column.
    outcome, censored
        As in `walkstats.survival.cumulative_incidence`.
    extend : bool
        Carry the last value of a curve on to tau where follow-up ends before; refused otherwise.
    time, entry, weights, frequencies, subject, cluster
        As in `walkstats.survival.kaplan_meier`.
    level : float
        Confidence level.

    Returns
    -------
    TimesLost
        ``by_group``, ``difference`` and ``event_free``.

    Raises
    ------
    ValueError
        For a tau that lies beyond somebody's follow-up.
    DataError
        For follow-up that cannot be analysed, and a group of which nobody is at risk.

    Notes
    -----
    The time lost to an outcome is the area under its cumulative incidence from 0 to tau: how much
    of these days the average participant spends after it. Lost times of all outcomes and the mean
    event-free time sum to tau. Standard errors are by the infinitesimal jackknife, summed within
    clusters. Where nobody of a group, or everybody at one time, had an outcome by tau, none can be
    estimated: the zero of the formula is no certainty, and a note says so.

    References
    ----------
    .. [1] Andersen PK. Stat Med 2013;32:5278-5285. https://doi.org/10.1002/sim.5903

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({
    ...     "days": [10, 20, 30, 40],
    ...     "outcome": ["recurrence", "surgery", "recurrence", "censored"]})
    >>> survival.times_lost(frame, tau=40).by_group.values.tolist()  # (30 + 10) / 4, 20 / 4
    [10.0, 5.0]
    """
    check_level(level)
    check_flag(extend, "extend")
    horizon = check_positive(tau, "tau")
    read, _ = read_causes(
        events,
        by,
        outcome=outcome,
        censored=censored,
        time=time,
        entry=entry,
        weights=weights,
        frequencies=frequencies,
        subject=subject,
        cluster=cluster,
        robust=True,
    )
    table = read.rows.table()
    survival = slopes_of(table, read.cause, 0)
    _check_reach(read, survival.n_risk, table, horizon, extend)
    return _pack(read, lost_times(table, read, horizon), horizon, level)


def lost_times(table: RiskTable, read: CauseRows, tau: float) -> Contrasts:
    """Areas (c * g,) under the incidences, cause by cause, and their covariance."""
    groups, causes = len(read.rows.labels), len(read.causes)
    clipped = np.minimum(table.times, tau)
    width = np.append(clipped[1:], tau) - clipped
    gradient = np.tile(width, (groups, 1))
    own = table.group[:, None] == np.arange(groups)
    values, influences = [], []
    for one in range(causes):
        at = slopes_of(table, read.cause, one)
        values.append(at.value @ width)
        moved = incidence_influence(table, read.cause, one, gradient)
        influences.append(moved[:, None] * own)
    return Contrasts(np.concatenate(values), read.rows.covariance(np.hstack(influences)))


def _check_reach(
    read: CauseRows, n_risk: Floats, table: RiskTable, tau: float, extend: bool
) -> None:
    """Refuse a horizon beyond follow-up, unless nobody was left to have an event."""
    read.rows.check_at_risk()
    over = table.all_end.any(axis=1)
    ends = np.where(over, np.inf, read.rows.follow_up_ends())
    if extend or tau <= ends.min():
        return
    shortest = int(np.argmin(ends))
    rows = read.rows
    whose = f" of {rows.by} = {rows.labels[shortest]}" if len(rows.labels) > 1 else ""
    raise ValueError(
        f"tau = {tau:g} lies beyond the follow-up{whose}, which ends at {ends[shortest]:g} "
        f"({rows.time}). The largest tau that can be used is {ends[shortest]:g}; or carry the last "
        "values on with extend=True."
    )


def _pack(read: CauseRows, found: Contrasts, tau: float, level: float) -> TimesLost:
    rows, causes, groups = read.rows, len(read.causes), len(read.rows.labels)
    total = -np.tile(np.eye(groups), (1, causes))
    free = Contrasts(tau + total @ found.values, total @ found.covariance @ total.T)
    terms = [f"{label}: {cause}" for cause in read.causes for label in rows.labels]
    found, unknown = _without_certainty(found, tau, terms)
    free, _ = _without_certainty(free, tau, rows.labels)
    within = ", summed within clusters" if rows.cluster is not None else ""
    direction = reference_said(rows.by, rows.labels) if groups > 1 else ""
    common: dict[str, Any] = {
        "level": level,
        "method": (
            f"Mean times lost to each outcome up to {tau:g} ({rows.time}), the area under the "
            "Aalen-Johansen estimate; standard errors by the infinitesimal jackknife"
            f"{within}. {direction} {rows.said}"
        ).replace("  ", " "),
        "notes": (read.events_said, *rows.notes, *unknown),
        "counts": rows.counts,
        "source": rows.source,
    }
    gaps = [f"{rows.by}[{label}]: {cause}" for cause in read.causes for label in rows.labels[1:]]
    change = differences(found.values, found.covariance, causes)

    def estimates(names: Any, what: Contrasts, measure: str, **more: Any) -> Estimates:
        return Estimates(
            tuple(names), what.values, what.covariance, measure=measure, **more, **common
        )

    return TimesLost(
        tau=tau,
        by_group=estimates(terms, found, "mean time lost", null=None),
        difference=estimates(gaps, change, "difference in mean time lost"),
        event_free=estimates(rows.labels, free, "mean event-free time", null=None),
        method=common["method"],
        notes=common["notes"],
        counts=rows.counts,
        source=rows.source,
    )


def _without_certainty(
    found: Contrasts, tau: float, names: Sequence[str]
) -> tuple[Contrasts, list[str]]:
    """The same without the variances of zero, which are no certainty, and a note on them."""
    sure = np.diag(found.covariance) <= (ROUNDING * tau) ** 2
    if not sure.any():
        return found, []
    listed = ", ".join(names[int(k)] for k in np.flatnonzero(sure))
    note = (
        f"Nobody, or everybody at one time, had the outcome by {tau:g}, so that no variance can be "
        f"estimated: {listed}."
    )
    covariance = np.where(sure[:, None] | sure, np.nan, found.covariance)
    return Contrasts(found.values, covariance), [note]
