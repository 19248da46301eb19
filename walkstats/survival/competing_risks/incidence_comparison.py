"""Does the incidence of one outcome differ between groups? Gray's test."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.errors import DataError
from walkstats.numerics.limits import chi2_p
from walkstats.numerics.quadratic_forms import quadratic_form
from walkstats.results import HypothesisTest
from walkstats.survival.competing_risks.incidence_steps import slopes_of
from walkstats.survival.competing_risks.outcomes import CauseRows, read_causes
from walkstats.survival.people import PERSON
from walkstats.survival.risk_sets import merge_times

Floats = NDArray[np.float64]

NOBODY = 1e-12


def gray_test(
    events: pd.DataFrame,
    by: Any,
    *,
    of: object,
    strata: Any = None,
    rho: float = 0.0,
    outcome: str = "outcome",
    censored: object = "censored",
    time: str | None = None,
    frequencies: str | None = None,
    subject: str | None = PERSON,
) -> HypothesisTest:
    """Test whether the cumulative incidence of an outcome is the same in all groups.

    Parameters
    ----------
    events : pandas.DataFrame
        One row per participant.
    by : str or sequence of str
        Column of the groups.
    of : object
        The value of ``outcome`` whose incidence is compared.
    strata : str or sequence of str, optional
        Columns within whose combinations groups are compared.
    rho : float
        Weights (1 - F)^rho of the pooled incidence F: above 0 stresses early, below 0 late
        differences.
    outcome, censored
        As in `walkstats.survival.cumulative_incidence`.
    time, frequencies, subject
        As in `walkstats.survival.kaplan_meier`.

    Returns
    -------
    HypothesisTest
        ``parts["groups"]`` has, per group, n, events of the outcome and of others, observed and
        expected; ``parts["score"]`` and ``parts["covariance"]`` what the statistic is made of.

    Raises
    ------
    ValueError
        For unknown columns, an outcome that is not there, and late entry, for which the test is
        not defined.
    DataError
        For follow-up that cannot be analysed, and fewer than two groups.

    Notes
    -----
    Who has another outcome stays at risk in the sense of the subdistribution: group i counts
    R_i(t) = Y_i(t) (1 - F_i(t-)) / S_i(t-), with Y at risk, F the incidence and S the event-free
    share. The score is the sum over times of (1 - F(t-))^rho [d_i - d R_i / R]; with a single
    outcome and rho 0 it is that of the log-rank test, its variance is not. The variance is Gray's,
    with his factors for ties. Censoring must not depend on the outcome to come; it may differ
    between groups.

    References
    ----------
    .. [1] Gray RJ. Ann Stat 1988;16:1141-1154. https://doi.org/10.1214/aos/1176350951

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({
    ...     "days": [10, 20, 30, 40, 15, 25, 50, 60],
    ...     "arm": ["control"] * 4 + ["walking"] * 4,
    ...     "outcome": ["recurrence", "recurrence", "surgery", "recurrence",
    ...                 "surgery", "recurrence", "censored", "recurrence"]})
    >>> test = survival.gray_test(frame, "arm", of="recurrence")
    >>> test.parts["groups"]["events"].tolist()
    [3, 2]
    """
    if isinstance(rho, bool) or not np.isfinite(float(rho)):
        raise ValueError(f"rho must be a finite number, got {rho!r}.")
    read, ends = read_causes(
        events,
        by,
        outcome=outcome,
        censored=censored,
        strata=strata,
        time=time,
        frequencies=frequencies,
        subject=subject,
    )
    if read.rows.start is not None:
        raise ValueError(
            "Gray's test is not defined for late entry or several rows per person. Name the time "
            "column with time=, or compare subdistribution hazards with fine_gray."
        )
    read.rows.check_comparison()
    one = ends.place(of)
    if not np.any(read.cause == one):
        raise DataError.of(f"no row with follow-up has {outcome} = {of!r}", column=str(outcome))
    return _pack(read, [_score(part, one, float(rho)) for part in _strata(read)], one, float(rho))


@dataclass(frozen=True, eq=False)
class GrayScore:
    """Weighted observed and expected events (g,), covariance (g, g) of their difference."""

    observed: Floats
    expected: Floats
    covariance: Floats


def gray_score(
    n_risk: Floats, own: Floats, other: Floats, before: Floats, after: Floats, rho: float
) -> GrayScore:
    """Gray's score and its covariance.

    Parameters
    ----------
    n_risk, own, other : (g, q) at risk, events of the outcome, events of others
    before, after : (g, q) event-free share before and after each time
    rho : float

    Notes
    -----
    The covariance sums over groups i and times t the products of a_ji + u_i W_ji: a is the weight
    of group i's martingale in score j, W what remains after t of its weight through the estimated
    incidence of group i, u_i = 1 - (1 - F) / S_i for events of the outcome, (1 - F) / S_i for
    others.
    """
    share = np.divide(own, n_risk, out=np.zeros(own.shape), where=n_risk > 0)
    incidence = np.cumsum(before * share, axis=1)
    incidence_before = incidence - before * share
    size = np.divide(n_risk, before, out=np.zeros(own.shape), where=(n_risk > 0) & (before > 0))
    at_risk = size * (1.0 - incidence_before)
    total, total_risk, events = size.sum(axis=0), at_risk.sum(axis=0), own.sum(axis=0)
    jump = np.divide(events, total, out=np.zeros(events.shape), where=total > 0)
    pooled = np.cumsum(jump)
    # Rounding may leave a trace of those who have had none when everybody has had the outcome.
    rest_before = np.where(pooled - jump < 1.0 - NOBODY, 1.0 - (pooled - jump), 0.0)
    safe = np.where(rest_before > 0, rest_before, 1.0)
    weight = np.where(rest_before > 0, safe**rho, 0.0)
    per_risk = np.divide(events, total_risk, out=np.zeros(events.shape), where=total_risk > 0)
    groups = np.eye(len(own))
    part = np.divide(size, total, out=np.zeros(own.shape), where=total > 0)
    a = weight * size[:, None] * (groups[:, :, None] - part[None])
    # Summed with the hazard of the pooled incidence; what remains after each time.
    flow = np.cumsum(a * jump / safe, axis=2)
    rest = flow[:, :, -1:] - flow
    left = np.divide(1.0 - pooled, after, out=np.zeros(own.shape), where=after > 0)
    scale = np.divide(before * jump, n_risk, out=np.zeros(own.shape), where=n_risk > 0)
    scale = scale * _tie_factor(events, total * before)
    of_own = a + np.where(after > 0, 1.0 - left, 1.0) * rest
    spread = np.divide(before**2 * other, n_risk**2, out=np.zeros(own.shape), where=n_risk > 0)
    spread = np.where(after > 0, spread * _tie_factor(other, n_risk), 0.0)
    of_other = left * rest
    covariance = np.einsum("jiq,kiq,iq->jk", of_own, of_own, scale)
    covariance += np.einsum("jiq,kiq,iq->jk", of_other, of_other, spread)
    return GrayScore(
        (weight * own).sum(axis=1), (weight * at_risk * per_risk).sum(axis=1), covariance
    )


def _tie_factor(events: Floats, at_risk: Floats) -> Floats:
    """1 - (d - 1) / (n - 1) where several events tie."""
    several = (events > 1.0) & (at_risk > 1.0)
    ratio = np.divide(events - 1.0, at_risk - 1.0, out=np.zeros(several.shape), where=several)
    return 1.0 - ratio


def _score(part: CauseRows, one: int, rho: float) -> GrayScore:
    table = part.rows.table()
    at = slopes_of(table, part.cause, one)
    after = at.before * np.where(table.all_end, 0.0, 1.0 - at.h - at.k)
    return gray_score(table.n_risk, at.events, table.n_event - at.events, at.before, after, rho)


def _strata(read: CauseRows) -> list[CauseRows]:
    """The rows of each stratum, ties settled among all rows first."""
    rows = read.rows
    tied = replace(read, rows=replace(rows, stop=merge_times(rows.stop).stop))
    found = (np.flatnonzero(rows.stratum == k) for k in range(len(rows.stratum_labels)))
    return [tied.only(positions) for positions in found if positions.size]


def _pack(read: CauseRows, scores: list[GrayScore], one: int, rho: float) -> HypothesisTest:
    rows, name = read.rows, read.causes[one]
    observed = np.sum([score.observed for score in scores], axis=0)
    expected = np.sum([score.expected for score in scores], axis=0)
    covariance = np.sum([score.covariance for score in scores], axis=0)
    statistic, df = quadratic_form(observed - expected, covariance)
    groups = _by_group(read, one, observed, expected)
    notes = [read.events_said, *rows.notes, *rows.absent_said]
    if df == 0:
        notes.append("Variance zero: the groups cannot be told apart, the test is not defined.")
    elif df < len(rows.labels) - 1:
        notes.append(
            f"{df} instead of {len(rows.labels) - 1} degrees of freedom: some groups are never at "
            "risk together when the outcome happens."
        )
    weighting = f", weights (1 - F)^{rho:g}" if rho else ""
    several = len(rows.stratum_labels)
    within = f", stratified ({several} strata)" if several > 1 else ""
    return HypothesisTest(
        name="Gray's test",
        null=f"The cumulative incidence of {name} is the same in all groups of {rows.by}.",
        statistic=statistic if df else np.nan,
        df=float(df) if df else float(len(rows.labels) - 1),
        p_value=float(chi2_p(statistic, df)) if df else np.nan,
        parts={"groups": groups, "score": observed - expected, "covariance": covariance},
        method=f"Gray's test of the cumulative incidence of {name}{weighting}{within}. {rows.said}",
        notes=tuple(notes),
        counts=rows.counts,
        source=rows.source,
    )


def _by_group(read: CauseRows, one: int, observed: Floats, expected: Floats) -> pd.DataFrame:
    rows = read.rows
    copies = np.ones(rows.stop.size) if rows.frequencies is None else rows.frequencies

    def count(which: NDArray[np.bool_]) -> NDArray[np.int64]:
        number = np.bincount(rows.group[which], copies[which], len(rows.labels))
        return np.round(number).astype(np.int64)

    return pd.DataFrame(
        {
            "group": rows.labels,
            "n": rows.group_sizes(),
            "events": count(read.cause == one),
            "other_events": count((read.cause >= 0) & (read.cause != one)),
            "observed": observed,
            "expected": expected,
        }
    )
