"""By what factor does a covariate multiply the hazard of an event that lies between two visits?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_flag, check_level
from walkstats._time_zero import immortal_time
from walkstats._variables import codes_of
from walkstats.errors import FitError
from walkstats.formulas import Design, build, left_out_by_arm, variables_in
from walkstats.numerics.limits import chi2_p
from walkstats.numerics.quadratic_forms import quadratic_form
from walkstats.results import Fit, HypothesisTest
from walkstats.survival.clusters import check_clusters, said_of_clusters
from walkstats.survival.cox_rows import MOST_LEVELS, said_of_events_left_out
from walkstats.survival.grouped_rows import combined_groups, said_of_groups
from walkstats.survival.interval_censored.baseline_steps import Stratum, stratum_of
from walkstats.survival.interval_censored.between_visits import Intervals, read_intervals
from walkstats.survival.interval_censored.mass import PROMISED
from walkstats.survival.interval_censored.places_of_mass import places_of_mass
from walkstats.survival.interval_censored.scaled_coefficients import Coefficients, coefficients

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

TESTS = {
    "likelihood_ratio": "likelihood-ratio test",
    "score": "score test",
    "wald": "Wald test",
}


@dataclass(frozen=True, eq=False)
class IntervalCoxFit(Fit):
    """A proportional hazards model fitted to interval-censored events.

    Attributes
    ----------
    tests : mapping of str to HypothesisTest
        likelihood_ratio, score, wald: all coefficients are zero. The score test is Finkelstein's.
    naive_covariance : (k, k) array
        From the observed information, also where ``covariance`` is the sandwich.
    baseline : pandas.DataFrame
        Where the baseline hazard lies: stratum, low, high, cumulative_hazard and survival after
        high, at covariates of zero. In the last place of a stratum the hazard is infinite.
    strata : tuple of str
    gap : float
        Largest departure of the baseline from the conditions of the maximum, per unit of weight.
    """

    link: str = "log"
    measure: str = "hazard ratio"
    tests: Mapping[str, HypothesisTest] = field(default_factory=dict)
    naive_covariance: Floats = field(default_factory=lambda: np.empty((0, 0)))
    baseline: pd.DataFrame = field(default_factory=pd.DataFrame)
    strata: tuple[str, ...] = ()
    gap: float = np.nan


@dataclass(frozen=True, eq=False)
class _Rows:
    """What the model reads: intervals, covariates, and codes of strata and clusters."""

    seen: Intervals
    design: Design
    stratum: Indices
    stratum_labels: tuple[str, ...]
    strata: tuple[str, ...]
    cluster: Indices | None
    cluster_name: str
    events_left_out: int


def interval_cox(
    intervals: pd.DataFrame,
    formula: str,
    *,
    strata: Any = None,
    cluster: str | None = None,
    robust: bool | None = None,
    low: str = "low_days",
    high: str = "high_days",
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    subject: str | None = "participant_id",
    level: float = 0.95,
) -> IntervalCoxFit:
    """Estimate hazard ratios of an event that is only known to lie between two visits.

    Parameters
    ----------
    intervals : pandas.DataFrame
        One row per participant.
    formula : str
        Covariates, such as ``"arm + age"``; no left side, no intercept.
    strata : str or sequence of str, optional
        Columns whose combinations have baseline hazards of their own.
    cluster : str, optional
        Column of units that are independent of each other; the variance is then robust.
    robust : bool, optional
        Whether standard errors come from the sandwich. By default with clusters and with
        fractional weights.
    low : str
        Column of the last day known to be free of the event [days]; 0 where the event was there at
        the first look.
    high : str
        Column of the first day by which the event had happened [days]; infinite where it was not
        seen, equal to ``low`` where the day itself is known.
    entry : str, optional
        Late entry is not offered and is refused.
    weights : str, optional
        Column of case weights.
    frequencies : str, optional
        Column of the number of copies of each row.
    subject : str or None
        Column that identifies the person. None where the rows are different people.
    level : float
        Confidence level.

    Returns
    -------
    IntervalCoxFit
        Log hazard ratios; ``fit.estimate("arm[walking]", ratio=True)`` is the hazard ratio with
        its interval. ``tests``, ``baseline`` and ``gap`` as described there.

    Raises
    ------
    ValueError
        For unknown columns and choices, late entry, and covariates that are the interval itself.
    DataError
        For intervals and covariates that cannot be analysed.
    FitError
        Without events; for constant or collinear covariates; for too few clusters.

    Notes
    -----
    The survival of a row with covariates x is exp(-H(t) exp(b'x)), with H free in each stratum. The
    likelihood is the product of S(low) - S(high), and of S(just before) - S(on the day) for an
    exact day; H rises only in Turnbull's places, where it maximises the likelihood at each b
    (Newton's method under bounds, to 1e-9 per row). Standard errors come from the observed
    information of b and of all positive steps of H, the steps eliminated: the curvature of the
    profile likelihood. When everybody is seen on the same days without gaps it is a
    binomial model with complementary log-log link and a term per visit [1]_. With exact days only
    it is the grouped-time model and neither Breslow's nor Efron's likelihood; with few ties the
    three are close.

    What must hold: ratios of hazards do not change with time, and when people are seen says nothing
    about the event. Visits missed at random may differ between arms.

    A coefficient along which the likelihood rises for ever is given as infinite, ``state`` says so,
    and its interval is that of the profile likelihood.

    References
    ----------
    .. [1] Prentice RL, Gloeckler LA. Biometrics 1978;34:57-67. https://doi.org/10.2307/2529588
    .. [2] Finkelstein DM. Biometrics 1986;42:845-854. https://doi.org/10.2307/2530698
    .. [3] Zeng D, Mao L, Lin DY. Biometrika 2016;103:253-271.
       https://doi.org/10.1093/biomet/asw013

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> seen = pd.DataFrame({
    ...     "low_days": [0, 0, 30, 30, 60, 0, 30, 60, 90, 90],
    ...     "high_days": [30, 30, 60, 90, np.inf, 60, 60, 90, np.inf, np.inf],
    ...     "arm": pd.Categorical(["control"] * 5 + ["walking"] * 5)})
    >>> fit = survival.interval_cox(seen, "arm")
    >>> round(fit.estimate("arm[walking]", ratio=True).estimate, 2)
    0.31
    """
    check_level(level)
    check_flag(robust, "robust", optional=True)
    if cluster is not None and robust is False:
        raise ValueError("cluster= asks for a robust variance; leave robust=False out.")
    columns = {"low": low, "high": high, "entry": entry, "weights": weights}
    columns |= {"frequencies": frequencies, "subject": subject}
    rows = _read(intervals, formula, strata, cluster, columns)
    wanted = bool(robust) if robust is not None else (cluster is not None or rows.seen.fractional)
    _refuse_too_many(rows, wanted)
    parts = _strata(rows)
    seen = rows.seen
    found = coefficients(
        rows.design.matrix,
        parts,
        level=level,
        names=rows.design.terms.names,
        within=rows.stratum,
        unit=(seen.weights, seen.frequencies, rows.cluster) if wanted else None,
    )
    return _pack(found, rows, parts, formula, wanted, level)


def _read(
    frame: pd.DataFrame, formula: str, strata: Any, cluster: str | None, columns: Mapping[str, Any]
) -> _Rows:
    names = as_names(strata, "strata")
    seen = read_intervals(frame, **columns, groups=names)
    taken = {columns["low"], columns["high"], columns["subject"]}
    for name in variables_in(formula):
        if name in taken:
            raise ValueError(
                f"{name!r} is the interval or the person of these data and cannot be a covariate "
                "as well. Name the covariates one by one."
            )
    _refuse_labels(frame, formula, seen)
    design = build(formula, frame, intercept=False, keep=seen.kept)
    if not design.terms.names:
        raise ValueError(
            f"The formula '{formula}' names no covariate, so there is no hazard ratio to estimate. "
            "The curve without covariates is survival.turnbull."
        )
    used = np.flatnonzero(design.kept)
    codes, labels, _ = combined_groups(frame, names, used)
    clusters = None
    if cluster is not None:
        clusters = codes_of(frame, cluster, used, "the cluster")
    lost = np.flatnonzero(seen.kept)[seen.seen & ~design.kept[seen.kept]]
    said = (
        *said_of_groups(frame, names, used, False),
        *immortal_time(variables_in(formula), spells=False),
        *left_out_by_arm(frame, design),
        *said_of_events_left_out(frame, lost),
    )
    return _Rows(
        seen=seen.only(design.kept[seen.kept]).with_notes(said),
        design=design,
        stratum=codes,
        stratum_labels=labels,
        strata=tuple(str(name) for name in names),
        cluster=clusters,
        cluster_name=str(cluster or ""),
        events_left_out=lost.size,
    )


def _refuse_labels(frame: pd.DataFrame, formula: str, seen: Intervals) -> None:
    """Refuse text with a level for nearly everybody before its columns are built."""
    for name in variables_in(formula):
        if name not in frame.columns or pd.api.types.is_numeric_dtype(frame[name].dtype):
            continue
        levels = frame[name].loc[seen.kept].nunique()
        if levels > MOST_LEVELS and not isinstance(frame[name].dtype, pd.CategoricalDtype):
            raise FitError(
                f"{name} is text with {levels} levels: {levels - 1} coefficients for "
                f"{seen.counts().events} events. If it labels people or places, use it as strata= "
                "or cluster=; if such a factor is meant, make it a categorical column."
            )


def _refuse_too_many(rows: _Rows, robust: bool) -> None:
    counts = rows.seen.counts()
    if not counts.events:
        raise FitError(
            f"No events among {counts.participants} participants: all are right-censored, and "
            "hazard ratios cannot be estimated."
        )
    k = rows.design.matrix.shape[1]
    if k >= max(counts.events, 2):
        raise FitError(
            f"The formula has {k} coefficients and the data {counts.events} events: fewer "
            "coefficients than events are needed. Leave terms out, or merge their levels."
        )
    if robust and rows.cluster is not None:
        check_clusters(rows.cluster, rows.cluster_name, k)


def _strata(rows: _Rows) -> list[Stratum]:
    parts = []
    weight = rows.seen.weight
    for code in range(len(rows.stratum_labels)):
        mine = np.flatnonzero((rows.stratum == code) & (weight > 0))
        if mine.size:
            places = places_of_mass(rows.seen.low[mine], rows.seen.high[mine])
            parts.append(stratum_of(places, mine, weight[mine]))
    return parts


def _pack(
    found: Coefficients,
    rows: _Rows,
    parts: list[Stratum],
    formula: str,
    robust: bool,
    level: float,
) -> IntervalCoxFit:
    counts = rows.seen.counts(rows.design.left_out)
    counts = replace(counts, events_left_out=rows.events_left_out)
    method = _method(rows, found, robust)
    statistics = {
        "likelihood_ratio": 2.0 * (found.log_likelihood - found.log_likelihood_null),
        "score": found.score_test,
        "wald": quadratic_form(found.values, found.covariance)[0],
    }
    k = len(found.values)
    tests = {
        key: HypothesisTest(
            name=name,
            null="All coefficients are zero.",
            statistic=statistics[key],
            df=float(k),
            p_value=float(chi2_p(statistics[key], k)),
            method=method,
            counts=counts,
            source=rows.seen.source,
        )
        for key, name in TESTS.items()
    }
    return IntervalCoxFit(
        terms=rows.design.terms.names,
        values=found.values,
        covariance=found.covariance,
        level=level,
        limits=found.limits,
        formula=formula,
        design=rows.design.terms,
        log_likelihood=found.log_likelihood,
        log_likelihood_null=found.log_likelihood_null,
        state=found.state,
        tests=tests,
        naive_covariance=found.naive_covariance,
        baseline=_baseline(found, rows, parts),
        strata=rows.strata,
        gap=found.gap,
        method=method,
        notes=(*rows.seen.notes, *rows.design.notes, *_notes(found, rows, parts, robust)),
        counts=counts,
        source=rows.seen.source,
    )


def _baseline(found: Coefficients, rows: _Rows, parts: list[Stratum]) -> pd.DataFrame:
    frames = []
    for part, steps in zip(parts, found.steps, strict=True):
        held = np.append(steps > 0, True)
        hazard = np.append(np.cumsum(steps), np.inf)[held]
        frames.append(
            pd.DataFrame(
                {
                    "stratum": rows.stratum_labels[int(rows.stratum[part.rows[0]])],
                    "low": part.places.low[held],
                    "high": part.places.high[held],
                    "cumulative_hazard": hazard,
                    "survival": np.exp(-hazard),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _method(rows: _Rows, found: Coefficients, robust: bool) -> str:
    text = "Proportional hazards model for interval-censored data"
    if rows.strata:
        text += f", stratified by {' and '.join(rows.strata)}"
    variance = "Variance: observed information, the baseline hazard eliminated."
    if robust:
        by = f" clustered by {rows.cluster_name}" if rows.cluster is not None else ""
        variance = f"Robust (sandwich) variance{by} of the efficient scores."
    weighted = "" if rows.seen.weights is None else " Rows are weighted."
    return (
        f"{text} ({rows.seen.kinds_said()}); nonparametric maximum likelihood, the baseline hazard "
        f"converged to a gap of {max(found.gap, 1e-16):.0e}. {variance} "
        f"{_intervals_said(rows, found)}{weighted} {rows.seen.said}"
    )


def _intervals_said(rows: _Rows, found: Coefficients) -> str:
    if found.limits is None:
        return "Wald intervals."
    known = np.flatnonzero(~np.isnan(found.limits).any(axis=1))
    named = " and ".join(rows.design.terms.names[k] for k in known)
    return f"Wald intervals; profile-likelihood interval of {named}."


def _notes(found: Coefficients, rows: _Rows, parts: list[Stratum], robust: bool) -> list[str]:
    notes = list(found.notes)
    merged = sum(part.places.merged for part in parts)
    if merged:
        notes.append(f"{merged} times differed from another by rounding only: merged.")
    if robust and rows.cluster is not None:
        notes += said_of_clusters(rows.cluster)
    if rows.seen.counts().events == 1:
        notes.append("There is one event only: estimates and tests rest on it alone.")
    if found.state == "not converged" or (found.state == "converged" and found.gap >= PROMISED):
        notes.append("The search did not converge: do not use these numbers.")
    return notes
