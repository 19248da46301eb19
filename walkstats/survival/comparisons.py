"""Do groups differ in how soon the event happens? The log-rank family."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice
from walkstats.numerics.adjusted_p import ADJUSTMENTS, adjusted_p
from walkstats.numerics.limits import chi2_p
from walkstats.results import Estimates, HypothesisTest
from walkstats.survival.against_reference import contrast_terms, reference_said
from walkstats.survival.grouped_rows import GroupedRows, read_grouped_rows
from walkstats.survival.log_rank_scores import (
    WEIGHTINGS,
    Weighting,
    fleming_harrington,
    group_statistic,
)
from walkstats.survival.people import PERSON
from walkstats.survival.stratified_scores import (
    StratumScore,
    score_by_stratum,
    total_score,
)

Floats = NDArray[np.float64]


def log_rank(
    events: pd.DataFrame,
    by: Any,
    *,
    strata: Any = None,
    rho: float = 0.0,
    gamma: float = 0.0,
    weighting: str | None = None,
    scores: Sequence[float] | Mapping[Any, float] | None = None,
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    subject: str | None = PERSON,
    cluster: str | None = None,
    robust: bool | None = None,
) -> HypothesisTest:
    """Test whether the hazard of the event is the same in all groups.

    Parameters
    ----------
    events : pandas.DataFrame
        One row per participant, or per spell of follow-up where there is an entry time.
    by : str or sequence of str
        Column of the groups; several columns make a group of each combination.
    strata : str or sequence of str, optional
        Columns within whose combinations the groups are compared.
    rho, gamma : float
        Fleming-Harrington weights S(t-)**rho (1 - S(t-))**gamma, S the curve of all groups together
        within the stratum. rho=1 weighs early differences, gamma=1 late ones.
    weighting : {"gehan", "tarone-ware", "peto-peto", "modified-peto-peto"}, optional
        Other weights, instead of rho and gamma.
    scores : sequence of float, or mapping of group to float, optional
        Test for a trend along these scores (in the order of the groups) instead of any difference.
    time, event, event_value, entry, weights, frequencies, subject, cluster, robust
        As in `walkstats.survival.kaplan_meier`.

    Returns
    -------
    HypothesisTest
        Chi-squared. ``parts``: ``groups`` (a frame: group, n, events, observed, expected; the last
        two weighted as the test is), ``by_stratum`` (stratum, group, observed, expected), ``score``
        and ``covariance`` of observed minus expected, and where all event times weigh the same
        ``hazard_ratios``, one-step estimates (Peto's) against the first group as `Estimates`. With
        ``scores`` also ``z``, ``trend`` and ``trend_variance``, and ``overall``, the test without
        scores.

    Raises
    ------
    ValueError
        For unknown columns and choices, or weights given twice.
    DataError
        For fewer than two groups, and for follow-up that cannot be analysed.

    Notes
    -----
    At each event time the events of a group are compared with their expectation under equal
    hazards, given the numbers at risk; the variance is hypergeometric, d (n - d) / (n - 1) times
    the spread of group membership among the n at risk. Scores and variances add over strata. With
    fractional weights, clusters or several events of one person the variance is that of the rows'
    influence (the robust score test of a Cox model with Breslow ties), and the one-step estimate is
    the score over that model's information, with the robust variance. Where every event happens at
    one time to everybody at risk there is no variance and the statistic is missing.

    References
    ----------
    .. [1] Peto R, Peto J. J R Stat Soc A 1972;135:185-207. https://doi.org/10.2307/2344317
    .. [2] Harrington DP, Fleming TR. Biometrika 1982;69:553-566.
       https://doi.org/10.1093/biomet/69.3.553

    Examples
    --------
    Remission of leukaemia, with and without maintenance (Miller 1981; R's survdiff gives 3.4):

    >>> import pandas as pd
    >>> from walkstats import survival
    >>> aml = pd.DataFrame({
    ...     "weeks": [9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161,
    ...               5, 5, 8, 8, 12, 16, 23, 27, 30, 33, 43, 45],
    ...     "relapse": [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0] + [1] * 5 + [0] + [1] * 6,
    ...     "arm": ["maintained"] * 11 + ["not"] * 12})
    >>> test = survival.log_rank(aml, "arm", time="weeks", event="relapse")
    >>> round(test.statistic, 2), round(test.p_value, 4)
    (3.4, 0.0653)
    """
    chosen = _weighting(weighting, rho, gamma)
    rows = read_grouped_rows(
        events, by, strata=strata, time=time, event=event, event_value=event_value, entry=entry,
        weights=weights, frequencies=frequencies, subject=subject, cluster=cluster, robust=robust,
    )  # fmt: skip
    rows.check_comparison()
    strata_scores, covariance = score_by_stratum(rows, chosen)
    overall = _pack(rows, strata_scores, _seen(rows, covariance), chosen)
    return overall if scores is None else _trend(overall, rows, _scores(scores, rows.labels))


def log_rank_pairs(
    events: pd.DataFrame,
    by: Any,
    *,
    adjust: str = "holm",
    strata: Any = None,
    rho: float = 0.0,
    gamma: float = 0.0,
    weighting: str | None = None,
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    subject: str | None = PERSON,
    cluster: str | None = None,
    robust: bool | None = None,
) -> pd.DataFrame:
    """Compare every pair of groups, with p-values adjusted for their number.

    Parameters
    ----------
    events, by, strata, rho, gamma, weighting
        As in `log_rank`.
    adjust : {"holm", "bonferroni", "BH", "none"}
        BH controls the false discovery rate, holm and bonferroni the chance of any false positive.
    time, event, event_value, entry, weights, frequencies, subject, cluster, robust
        As in `walkstats.survival.kaplan_meier`.

    Returns
    -------
    pandas.DataFrame
        One row per pair: group, reference, statistic, df, p_value, p_adjusted.

    Raises
    ------
    ValueError, DataError
        As `log_rank`.

    Notes
    -----
    Each pair is tested among its own rows. A pair that cannot be tested (no event) has missing
    values and does not count in the adjustment.

    References
    ----------
    .. [1] Holm S. Scand J Stat 1979;6:65-70. https://www.jstor.org/stable/4615733

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({"days": range(1, 10), "event": 1, "arm": list("abcabcabc")})
    >>> survival.log_rank_pairs(frame, "arm")[["group", "reference"]].values.tolist()
    [['b', 'a'], ['c', 'a'], ['c', 'b']]
    """
    check_choice(adjust, ADJUSTMENTS, "adjust")
    chosen = _weighting(weighting, rho, gamma)
    rows = read_grouped_rows(
        events, by, strata=strata, time=time, event=event, event_value=event_value, entry=entry,
        weights=weights, frequencies=frequencies, subject=subject, cluster=cluster, robust=robust,
    )  # fmt: skip
    rows.check_comparison()
    found = []
    for first, second in itertools.combinations(range(len(rows.labels)), 2):
        pair = rows.only((rows.group == first) | (rows.group == second))
        each, covariance = score_by_stratum(pair, chosen)
        statistic, df = group_statistic(total_score(each), _seen(pair, covariance))
        p_value = float(chi2_p(statistic, df))
        found.append((rows.labels[second], rows.labels[first], statistic, df, p_value))
    columns = ["group", "reference", "statistic", "df", "p_value"]
    frame = pd.DataFrame(found, columns=columns)
    known = frame["p_value"].notna().to_numpy()
    adjusted = np.full(len(frame), np.nan)
    adjusted[known] = adjusted_p(frame["p_value"].to_numpy()[known], adjust)
    frame["p_adjusted"] = adjusted
    frame.attrs["method"] = f"{_said(chosen, rows)} p-values of pairs adjusted: {adjust}."
    return frame


def _seen(rows: GroupedRows, covariance: Floats) -> Floats:
    """The covariance, missing where a group is one cluster."""
    return np.full_like(covariance, np.nan) if rows.single_units.any() else covariance


def _weighting(name: str | None, rho: float, gamma: float) -> Weighting:
    if name is None:
        if not (np.isfinite(rho) and np.isfinite(gamma) and rho >= 0 and gamma >= 0):
            raise ValueError(f"rho and gamma must be at least 0, got {rho!r} and {gamma!r}.")
        return fleming_harrington(float(rho), float(gamma))
    if rho or gamma:
        raise ValueError("Give either weighting= or rho= and gamma=, not both.")
    return WEIGHTINGS[check_choice(name, WEIGHTINGS, "weighting")]


def _scores(scores: Sequence[float] | Mapping[Any, float], labels: tuple[str, ...]) -> Floats:
    if isinstance(scores, Mapping):
        named = {str(label): value for label, value in scores.items()}
        if set(named) != set(labels):
            raise ValueError(f"scores must name each group once: {', '.join(labels)}.")
        values = np.array([named[label] for label in labels], dtype=float)
    else:
        values = np.asarray(scores, dtype=float)
        if values.shape != (len(labels),):
            raise ValueError(f"scores must be {len(labels)} numbers, one for each group.")
    if not np.all(np.isfinite(values)) or np.ptp(values) == 0:
        raise ValueError("scores must be finite numbers that are not all the same.")
    return values


def _said(weighting: Weighting, rows: GroupedRows) -> str:
    name = f"Log-rank test ({weighting.described})" if weighting.described else "Log-rank test"
    variance = "robust variance" if rows.robust else "hypergeometric variance"
    within = "" if len(rows.stratum_labels) == 1 else (
        f", stratified ({len(rows.stratum_labels)} strata)")  # fmt: skip
    return f"{name}{within}, {variance}. {rows.said}"


def _pack(
    rows: GroupedRows, parts: list[StratumScore], covariance: Floats, weighting: Weighting
) -> HypothesisTest:
    score = total_score(parts)
    statistic, df = group_statistic(score, covariance)
    events = np.bincount(
        rows.group[rows.event],
        None if rows.frequencies is None else rows.frequencies[rows.event],
        len(rows.labels),
    )
    groups = pd.DataFrame(
        {
            "group": rows.labels,
            "n": rows.group_sizes(),
            "events": np.round(events).astype(np.int64),
            "observed": np.sum([part.score.observed for part in parts], axis=0),
            "expected": np.sum([part.score.expected for part in parts], axis=0),
        }
    )
    known: dict[str, Any] = {
        "groups": groups,
        "by_stratum": _by_stratum(rows, parts),
        "score": score,
        "covariance": covariance,
    }
    if not weighting.described and df == len(rows.labels) - 1:
        known["hazard_ratios"] = _one_step(rows, parts, covariance)
    return HypothesisTest(
        name="Log-rank test" if not weighting.described else "Weighted log-rank test",
        null=f"The hazard is the same in all groups of {rows.by}.",
        statistic=statistic,
        df=float(df) if df else float(len(rows.labels) - 1),
        p_value=float(chi2_p(statistic, df)),
        parts=known,
        method=_said(weighting, rows),
        notes=(*rows.notes, *rows.absent_said, *_remarks(rows, groups, df)),
        counts=rows.counts,
        source=rows.source,
    )


def _by_stratum(rows: GroupedRows, parts: list[StratumScore]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "stratum": np.repeat([part.label for part in parts], len(rows.labels)),
            "group": np.tile(np.array(rows.labels, dtype=object), len(parts)),
            "observed": np.concatenate([part.score.observed for part in parts]),
            "expected": np.concatenate([part.score.expected for part in parts]),
        }
    )


def _remarks(rows: GroupedRows, groups: pd.DataFrame, df: int) -> list[str]:
    notes: list[str] = []
    if rows.single_units.any():
        notes.append("The test is not defined: it needs several clusters in each group.")
    elif df == 0 and not groups["events"].any():
        notes.append("No events: nothing to test.")
    elif df == 0 and len(np.unique(rows.stop[rows.event])) == 1:
        notes.append("All events happen at one time: variance zero, the test is not defined.")
    elif df == 0:
        notes.append("Variance zero: nobody of another group is at risk when an event happens.")
    elif df < len(rows.labels) - 1:
        never = groups.loc[groups["expected"] == 0, "group"].tolist()
        why = f"never at risk at an event: {', '.join(never)}" if never else (
            "some groups are never at risk together")  # fmt: skip
        notes.append(f"{df} instead of {len(rows.labels) - 1} degrees of freedom: {why}.")
    return notes


def _one_step(rows: GroupedRows, parts: list[StratumScore], covariance: Floats) -> Estimates:
    """Log hazard ratios against the first group: score over information (Peto)."""
    known = np.sum([part.information for part in parts], axis=0)
    inverse = np.asarray(np.linalg.inv(known[1:, 1:]))
    variance = inverse @ covariance[1:, 1:] @ inverse if rows.robust else inverse
    name = "One-step estimate with robust variance" if rows.robust else "Peto's one-step estimate"
    return Estimates(
        terms=contrast_terms(rows.by, rows.labels),
        values=inverse @ total_score(parts)[1:],
        covariance=variance,
        link="log",
        measure="hazard ratio",
        method=f"{name}. {reference_said(rows.by, rows.labels)}",
        notes=(*rows.notes, *([rows.order_note] if rows.order_note else [])),
        counts=rows.counts,
        source=rows.source,
    )


def _trend(overall: HypothesisTest, rows: GroupedRows, scores: Floats) -> HypothesisTest:
    along = float(scores @ overall.parts["score"])
    variance = float(scores @ overall.parts["covariance"] @ scores)
    z = along / np.sqrt(variance) if variance > 0 else np.nan
    pairs = zip(rows.labels, scores, strict=True)
    listed = ", ".join(f"{label} {score:g}" for label, score in pairs)
    return HypothesisTest(
        name=f"{overall.name} for trend",
        null=f"The hazard does not rise or fall along the groups of {rows.by}.",
        statistic=float(z**2),
        df=1.0,
        p_value=float(chi2_p(z**2, 1)),
        parts={
            **overall.parts,
            "scores": scores,
            "trend": along,
            "trend_variance": variance,
            "z": float(z),
            "overall": overall,
        },
        method=f"{overall.method} Trend with scores {listed}.",
        notes=overall.notes,
        counts=overall.counts,
        source=overall.source,
    )
