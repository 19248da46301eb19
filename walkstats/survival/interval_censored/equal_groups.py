"""Is an event that is only known to lie between two visits as soon in one group as in another?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_choice
from walkstats.errors import DataError, FitError
from walkstats.numerics.limits import chi2_p
from walkstats.numerics.quadratic_forms import quadratic_form
from walkstats.results import HypothesisTest
from walkstats.survival.grouped_rows import combined_groups, said_of_groups
from walkstats.survival.interval_censored.between_visits import Intervals, read_intervals
from walkstats.survival.interval_censored.discrete_hazards import (
    GroupScore,
    permutation_covariance,
    score_groups,
)
from walkstats.survival.interval_censored.places_of_mass import places_of_mass

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

VARIANCES = {
    "information": "observed information, the null hazards estimated",
    "permutation": "permutation of people between groups",
}


def interval_log_rank(
    intervals: pd.DataFrame,
    by: Any,
    *,
    strata: Any = None,
    variance: str = "information",
    low: str = "low_days",
    high: str = "high_days",
    entry: str | None = None,
    frequencies: str | None = None,
    subject: str | None = "participant_id",
) -> HypothesisTest:
    """Test whether events that lie between two visits come as soon in all groups.

    Parameters
    ----------
    intervals : pandas.DataFrame
        One row per participant.
    by : str or sequence of str
        Column of the groups; several columns make a group of each combination.
    strata : str or sequence of str, optional
        Columns within whose combinations the groups are compared.
    variance : {"information", "permutation"}
        Whose variance the score is measured by: that of the likelihood, or that under dealing
        people to the groups anew.
    low, high, entry, frequencies, subject
        As in `walkstats.survival.turnbull`.

    Returns
    -------
    HypothesisTest
        Chi-squared. ``parts``: ``groups`` (a frame: group, n, events, score; a score above zero
        means more events than under equal hazards), ``score`` and ``covariance``.

    Raises
    ------
    ValueError
        For unknown columns and choices.
    DataError
        For fewer than two groups, and intervals that cannot be analysed.
    FitError
        Where no event was seen.

    Notes
    -----
    The null hypothesis is one distribution of the time to the event for all groups (within a
    stratum), estimated by Turnbull's method. A row's score is the mean, over the places where its
    event may lie, of 1 - H there, H being the cumulative null hazard; a row whose event was not
    seen has -H [1]_. For right-censored data these are the martingale residuals, the score is
    observed minus expected, and the statistic is that of `log_rank`.

    ``variance="information"`` is the observed information of a shift of the log odds of the hazard
    common to all times, the null hazards eliminated, with the factor n / (n - 1) of the
    hypergeometric variance. It holds also where groups are seen on different days. For
    ``"permutation"`` the visits must follow the same plan in all groups [2]_: check-ins missed
    more often in one arm are a difference between arms as well. Finkelstein's score test of
    proportional hazards is the score test of `interval_cox`.

    References
    ----------
    .. [1] Sun J. Stat Med 1996;15:1387-1395.
       https://doi.org/10.1002/(SICI)1097-0258(19960715)15:13<1387::AID-SIM268>3.0.CO;2-R
    .. [2] Fay MP, Shaw PA. J Stat Softw 2010;36(2). https://doi.org/10.18637/jss.v036.i02

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> seen = pd.DataFrame({"low_days": [0, 0, 30, 30, 0, 60, 60, 60],
    ...                      "high_days": [30, 30, 60, 90, 60, 90, np.inf, np.inf],
    ...                      "arm": ["control"] * 4 + ["walking"] * 4})
    >>> test = survival.interval_log_rank(seen, "arm")
    >>> test.parts["groups"][["group", "n", "events"]].values.tolist()
    [['control', 4, 4], ['walking', 4, 2]]
    """
    check_choice(variance, VARIANCES, "variance")
    by_names, strata_names = as_names(by, "by"), as_names(strata, "strata")
    if not by_names:
        raise ValueError("by must name the column of the groups.")
    rows = read_intervals(
        intervals,
        low=low,
        high=high,
        entry=entry,
        frequencies=frequencies,
        subject=subject,
        groups=(*by_names, *strata_names),
    )
    used = np.flatnonzero(rows.kept)
    group, labels, _ = combined_groups(intervals, by_names, used)
    stratum, _, _ = combined_groups(intervals, strata_names, used)
    rows = rows.with_notes(said_of_groups(intervals, (*by_names, *strata_names), used, False))
    named = ", ".join(str(name) for name in by_names)
    _check_comparison(rows, labels, named)
    parts = [
        _score(rows, np.flatnonzero(stratum == code), group, len(labels), variance)
        for code in range(int(stratum.max()) + 1)
    ]
    said = " and ".join(str(name) for name in strata_names)
    return _pack(rows, group, labels, parts, named, said, variance)


def _check_comparison(rows: Intervals, labels: Sequence[str], named: str) -> None:
    if len(labels) < 2:
        raise DataError.of(
            f"comparison needs 2 groups, found 1 ({labels[0]}, n={rows.counts().used})",
            column=named,
            what_to_do="check the filters and the column of the groups",
        )
    if not rows.counts().events:
        raise FitError(
            f"No events among {rows.counts().participants} participants: all are right-censored, "
            "and there is nothing to compare."
        )


def _score(
    rows: Intervals, chosen: Indices, group: Indices, groups: int, variance: str
) -> tuple[GroupScore, Floats]:
    chosen = chosen[rows.weight[chosen] > 0]
    weight, own = rows.weight[chosen], group[chosen]
    if not chosen.size:
        nothing = np.zeros(groups)
        return GroupScore(nothing, nothing, np.diag(nothing), 0.0), np.diag(nothing)
    places = places_of_mass(rows.low[chosen], rows.high[chosen])
    found = score_groups(places, weight, own, groups)
    if variance == "permutation":
        return found, permutation_covariance(found.rows, weight, own, groups)
    return found, found.information


def _pack(
    rows: Intervals,
    group: Indices,
    labels: tuple[str, ...],
    parts: Sequence[tuple[GroupScore, Floats]],
    named: str,
    strata: str,
    variance: str,
) -> HypothesisTest:
    score = np.sum([part.score for part, _ in parts], axis=0)
    covariance = np.sum([each for _, each in parts], axis=0)
    statistic, df = quadratic_form(score, covariance)
    copies = np.ones(group.size) if rows.frequencies is None else rows.frequencies
    count = np.bincount(group, copies, len(labels))
    seen = np.bincount(group, copies * rows.seen, len(labels))
    table = {"group": labels, "n": count.astype(int), "events": seen.astype(int), "score": score}
    within = f", stratified by {strata}" if strata else ""
    gap = max(part.gap for part, _ in parts)
    notes = list(rows.notes)
    if 0 < df < len(labels) - 1:
        notes.append(f"{df} instead of {len(labels) - 1} degrees of freedom: some groups are never "
                     "at risk together.")  # fmt: skip
    if df == 0:
        notes.append("Variance zero: the groups cannot be told apart on these days.")
    return HypothesisTest(
        name="Log-rank test for interval-censored data",
        null=f"The time to the event has the same distribution in all groups of {named}.",
        statistic=statistic if df else np.nan,
        df=float(df) if df else float(len(labels) - 1),
        p_value=float(chi2_p(statistic, df)) if df else np.nan,
        parts={"groups": pd.DataFrame(table), "score": score, "covariance": covariance},
        method=(
            f"Log-rank test for interval-censored data with Sun's scores{within} "
            f"({rows.kinds_said()}); variance: {VARIANCES[variance]}. Null distribution: "
            f"Turnbull's estimate, gap {max(gap, 1e-16):.0e}. {rows.said}"
        ),
        notes=tuple(notes),
        counts=rows.counts(),
        source=rows.source,
    )
