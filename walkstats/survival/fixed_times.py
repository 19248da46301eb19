"""How many more are free of the event at a given time, and how many must be treated for one?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_flag, check_level, check_times
from walkstats.numerics.limits import INTERVAL_FORMS, chi2_p, probability_limits
from walkstats.numerics.number_needed import number_needed_to_treat, said_of_infinity
from walkstats.results import Estimates
from walkstats.results.frozen import Result
from walkstats.survival.against_reference import (
    Contrasts,
    contrast_terms,
    differences,
    logarithms,
    reference_said,
    transformed,
)
from walkstats.survival.grouped_rows import GroupedRows, read_grouped_rows
from walkstats.survival.people import PERSON
from walkstats.survival.product_limit import influence, product_limit
from walkstats.survival.risk_tables import RiskTable

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class FixedTimeComparison(Result):
    """Survival of groups at given times and their contrasts with the first group.

    With one time the terms are the groups, and ``arm[walking]`` in contrasts; with several they end
    in the time, ``arm[walking] at 180``.

    Attributes
    ----------
    at : (t,) array
    by_group : Estimates
        Survival probabilities, with the limits of the Kaplan-Meier curve.
    survival_difference, risk_difference : Estimates
        Group minus reference; risk is 1 minus survival.
    survival_ratio, risk_ratio, cumulative_hazard_ratio : Estimates
        Group over reference, on the log scale; the last is of -log survival.
    number_needed : pandas.DataFrame
        One row per term: term, at, estimate (1 over the absolute risk difference), direction
        ("benefit" where the group has fewer events, "harm" where it has more), benefit_low,
        benefit_high, harm_low, harm_high. An interval that holds no difference runs from
        benefit_low over infinity to harm_low.
    tests : pandas.DataFrame
        One row per time and scale (plain, log, log-log): at, scale, statistic, df, p_value for no
        difference between any groups.
    """

    at: Floats
    by_group: Estimates
    survival_difference: Estimates
    risk_difference: Estimates
    survival_ratio: Estimates
    risk_ratio: Estimates
    cumulative_hazard_ratio: Estimates
    number_needed: pd.DataFrame
    tests: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """One row per measure and term; ratios as ratios."""
        parts = []
        for name in ("by_group", "risk_difference", "risk_ratio", "survival_ratio"):
            estimates: Estimates = getattr(self, name)
            frame = estimates.to_frame(ratio=estimates.link == "log")
            frame.insert(0, "measure", estimates.measure)
            parts.append(frame)
        return pd.concat(parts, ignore_index=True)


def compare_at(
    events: pd.DataFrame,
    by: Any,
    *,
    at: float | Sequence[float],
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
    level: float = 0.95,
) -> FixedTimeComparison:
    """Compare the share with and without the event at given times between groups.

    Parameters
    ----------
    events : pandas.DataFrame
        One row per participant, or per spell of follow-up where there is an entry time.
    by : str or sequence of str
        Column of the groups; the first group is the reference.
    at : float or sequence of float
        Times, in the unit of the time column.
    interval : {"log-log", "log", "plain", "logit", "arcsin"}
        Scale of the intervals of each group's survival.
    extend : bool
        Carry the last value of a curve on beyond its follow-up; missing there otherwise.
    time, event, event_value, entry, weights, frequencies, subject, cluster, robust, start_time
        As in `walkstats.survival.kaplan_meier`.
    level : float
        Confidence level.

    Returns
    -------
    FixedTimeComparison

    Raises
    ------
    ValueError
        For unknown columns and choices, or times that are no finite numbers.
    DataError
        For fewer than two groups, and for follow-up that cannot be analysed.

    Notes
    -----
    Differences have Wald intervals from Greenwood's errors; ratios are on the log scale by the
    delta method. The tests compare survival, log survival or log(-log) survival at one time [1]_;
    the last holds its level best in small groups. The number needed to treat is 1 over the risk
    difference; where the interval of the difference holds 0, that of the number runs from a benefit
    over infinity to a harm [2]_, [3]_. Benefit means fewer events: where the event is a good one,
    read it the other way round. Beyond a group's follow-up nothing is estimated. The variance of a
    group without an event by that time cannot be estimated: its contrasts have no error.

    References
    ----------
    .. [1] Klein JP and others. Stat Med 2007;26:4505-4519. https://doi.org/10.1002/sim.2864
    .. [2] Altman DG. BMJ 1998;317:1309-1312. https://doi.org/10.1136/bmj.317.7168.1309
    .. [3] Altman DG, Andersen PK. BMJ 1999;319:1492-1495.
       https://doi.org/10.1136/bmj.319.7223.1492

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({
    ...     "days": [10, 20, 30, 400, 400, 15, 25, 35, 45, 400],
    ...     "event": [1, 1, 1, 0, 0, 1, 1, 1, 1, 0],
    ...     "arm": ["walking"] * 5 + ["control"] * 5})
    >>> found = survival.compare_at(frame, "arm", at=365)
    >>> round(found.risk_difference.estimate("arm[walking]").estimate, 3)
    -0.2
    >>> found.number_needed[["estimate", "direction"]].round(1).values.tolist()
    [[5.0, 'benefit']]
    """
    check_level(level)
    check_flag(extend, "extend")
    check_choice(interval, INTERVAL_FORMS, "interval")
    times = check_times(at)
    rows = read_grouped_rows(
        events, by, time=time, event=event, event_value=event_value, entry=entry, weights=weights,
        frequencies=frequencies, subject=subject, cluster=cluster, robust=robust,
        start_time=start_time,
    )  # fmt: skip
    rows.check_comparison()
    ends = rows.follow_up_ends()
    ends = np.where(np.isfinite(ends), np.inf, ends) if extend else ends
    beyond = times[:, None] > ends[None, :]
    found = survival_at(rows.table(), times, rows)
    known = np.where(beyond.ravel(), np.nan, found.values)
    spread = _without_certainty(known, found.covariance)
    with np.errstate(invalid="ignore"):
        error = np.sqrt(np.diag(found.covariance))
    limits = np.column_stack(probability_limits(known, error, interval, level))
    parts = _Parts(rows, times, np.ndim(at) > 0, known, spread, limits, interval, level)
    needed = _numbers_needed(parts)
    said = (
        rows.order_note,
        *_remarks(rows, times, beyond, found.values),
        *said_of_infinity(needed),
    )
    notes = (*rows.notes, *(note for note in said if note))
    return _pack(replace(parts, notes=notes), needed)


def survival_at(table: RiskTable, times: Floats, rows: GroupedRows) -> Contrasts:
    """Survival (t * g,), time by time, and its covariance."""
    groups, q = table.shape
    steps = product_limit(table)
    index = np.searchsorted(table.times, times, side="right")
    survival = np.hstack([np.ones((groups, 1)), steps.value])[:, index]
    values = survival.T.ravel()
    if rows.robust:
        before = np.arange(q)[None, :, None] < index[None, None, :]
        own = influence(table, np.where(before, survival[:, None, :], 0.0))
        member = table.group[:, None] == np.arange(groups)
        wide = (own[:, :, None] * member[:, None, :]).reshape(own.shape[0], -1)
        return Contrasts(values, rows.covariance_of_groups(wide))
    variance = np.hstack([np.zeros((groups, 1)), steps.variance])
    earlier = np.minimum(index[:, None], index[None, :])
    covariance = np.zeros((times.size, groups, times.size, groups))
    with np.errstate(invalid="ignore"):
        for g in range(groups):
            s = survival[g]
            covariance[:, g, :, g] = s[:, None] * s[None, :] * variance[g][earlier]
    return Contrasts(values, covariance.reshape(values.size, values.size))


def _without_certainty(survival: Floats, covariance: Floats) -> Floats:
    """The covariance, missing where a group had no event (a zero is no certainty) or is unknown."""
    none = (survival == 1) | np.isnan(survival)
    return np.where(none[:, None] | none, np.nan, covariance)


@dataclass(frozen=True, eq=False)
class _Parts:
    """Survival (t * g,) with its covariance and limits (t * g, 2), and the setting."""

    rows: GroupedRows
    times: Floats
    several: bool
    survival: Floats
    covariance: Floats
    limits: Floats
    interval: str
    level: float
    notes: tuple[str, ...] = ()

    def terms(self, names: Sequence[str]) -> tuple[str, ...]:
        """Names of groups or contrasts, with the time where there are several."""
        if not self.several:
            return tuple(names)
        return tuple(f"{name} at {moment:g}" for moment in self.times for name in names)

    def contrasts(self) -> tuple[str, ...]:
        """Terms of contrasts."""
        return self.terms(contrast_terms(self.rows.by, self.rows.labels))

    def against_first(self, of: Contrasts) -> Contrasts:
        """Differences from the first group at each time."""
        return differences(of.values, of.covariance, self.times.size)

    def common(self) -> dict[str, Any]:
        """What every result carries."""
        rows = self.rows
        listed = ", ".join(f"{moment:g}" for moment in self.times)
        said = (
            f"Kaplan-Meier survival at {listed} ({rows.time}) with {100 * self.level:g} % "
            f"intervals ({INTERVAL_FORMS[self.interval].described}; differences untransformed, "
            "ratios on the log scale).",
            reference_said(rows.by, rows.labels),
            rows.errors_said,
            rows.said,
        )
        return {
            "method": " ".join(part for part in said if part),
            "notes": self.notes,
            "counts": rows.counts,
            "source": rows.source,
        }


# Scale -> what is compared on it. log(-log S) is what a hazard ratio would shift.
SCALES: dict[str, Callable[[Floats, Floats], Contrasts]] = {
    "plain": Contrasts,
    "log": logarithms,
    "log-log": lambda s, v: _log_minus_log(s, v),
}


def _log_minus_log(survival: Floats, covariance: Floats) -> Contrasts:
    inside = np.where((survival > 0) & (survival < 1), survival, np.nan)
    log_survival = np.log(inside)
    return transformed(np.log(-log_survival), 1.0 / (inside * log_survival), covariance)


def _pack(parts: _Parts, needed: list[dict[str, Any]]) -> FixedTimeComparison:
    s, v, common = parts.survival, parts.covariance, parts.common()
    contrasts = parts.contrasts()

    def estimates(of: Contrasts, measure: str, link: str = "identity") -> Estimates:
        change = parts.against_first(of)
        return Estimates(
            contrasts, change.values, change.covariance, link=link, level=parts.level,
            measure=measure, **common,
        )  # fmt: skip

    return FixedTimeComparison(
        at=parts.times,
        by_group=_by_group(parts, common),
        survival_difference=estimates(Contrasts(s, v), "difference in survival"),
        risk_difference=estimates(Contrasts(1.0 - s, v), "risk difference"),
        survival_ratio=estimates(logarithms(s, v), "survival ratio", "log"),
        risk_ratio=estimates(logarithms(1.0 - s, v), "risk ratio", "log"),
        cumulative_hazard_ratio=estimates(_log_minus_log(s, v), "cumulative hazard ratio", "log"),
        number_needed=pd.DataFrame({name: [row[name] for row in needed] for name in needed[0]}),
        tests=_tests(parts),
        **common,
    )


def _by_group(parts: _Parts, common: dict[str, Any]) -> Estimates:
    """Survival of each group with the limits of its curve."""
    return Estimates(
        parts.terms(parts.rows.labels), parts.survival, parts.covariance, level=parts.level,
        limits=parts.limits, null=None, measure="survival", **common,
    )  # fmt: skip


def _numbers_needed(parts: _Parts) -> list[dict[str, Any]]:
    """One row per contrast, from the risk difference and its interval."""
    terms = parts.contrasts()
    change = parts.against_first(Contrasts(1.0 - parts.survival, parts.covariance))
    made = Estimates(terms, change.values, change.covariance, level=parts.level)
    moments = np.repeat(parts.times, len(parts.rows.labels) - 1)
    found = []
    for term, moment in zip(terms, moments, strict=True):
        one = made.estimate(term)
        numbers = number_needed_to_treat(one.estimate, one.conf_low, one.conf_high)
        found.append({"term": term, "at": moment, **numbers})
    return found


def _tests(parts: _Parts) -> pd.DataFrame:
    groups = len(parts.rows.labels)
    found = []
    for scale, change in SCALES.items():
        shifted = parts.against_first(change(parts.survival, parts.covariance))
        for k, moment in enumerate(parts.times):
            own = slice(k * (groups - 1), (k + 1) * (groups - 1))
            statistic = _wald(shifted.values[own], shifted.covariance[own, own])
            found.append(
                (moment, scale, statistic, groups - 1, float(chi2_p(statistic, groups - 1)))
            )
    names = ("at", "scale", "statistic", "df", "p_value")
    return pd.DataFrame(dict(zip(names, zip(*found, strict=True), strict=True)))


def _wald(gap: Floats, spread: Floats) -> float:
    """Chi-squared statistic; missing where a value is, or where nothing varies."""
    if not np.isfinite(spread).all():
        return np.nan
    try:
        return float(gap @ np.linalg.solve(spread, gap))
    except np.linalg.LinAlgError:
        return np.nan


def _remarks(rows: GroupedRows, times: Floats, beyond: Booleans, survival: Floats) -> list[str]:
    ends = rows.follow_up_ends()
    survival = survival.reshape(beyond.shape)
    gone = (survival == 0) & ~beyond & (not rows.robust)
    notes = []
    for k, moment in enumerate(times):
        for g, label in enumerate(rows.labels):
            group = f"{rows.by} = {label}"
            if np.isneginf(ends[g]):
                continue  # the rows' own note says so
            if beyond[k, g]:
                notes.append(
                    f"{group} is followed to {ends[g]:g}: nothing is estimated at {moment:g}."
                )
            elif gone[k, g]:
                notes.append(f"Nobody of {group} is left at {moment:g}: no standard error there.")
            elif survival[k, g] == 1:
                notes.append(f"{group}: no event by {moment:g}; its variance cannot be estimated.")
    return notes
