"""By what factor does a covariate multiply the hazard? Cox's proportional hazards model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_flag, check_frame, check_level
from walkstats.errors import FitError
from walkstats.numerics.limits import chi2_p
from walkstats.numerics.quadratic_forms import quadratic_form
from walkstats.results import CoxFit, HypothesisTest
from walkstats.survival.clusters import check_clusters, said_of_clusters
from walkstats.survival.cox_rows import CoxRows, read_cox_rows
from walkstats.survival.partial_maximum import (
    PartialMaximum,
    maximum,
    profile_limits,
    separating_alone,
)
from walkstats.survival.risk_sets import RiskSets, sort_risk_sets
from walkstats.survival.robust_variance import robust_covariance, robust_score_test

Floats = NDArray[np.float64]

TIES = {
    "efron": "Efron's approximation for tied events",
    "breslow": "Breslow's approximation for tied events",
    "exact": "the discrete likelihood for tied events",
}


def cox(
    events: pd.DataFrame,
    formula: str,
    *,
    strata: Any = None,
    cluster: str | None = None,
    offset: str | None = None,
    ties: str = "efron",
    robust: bool | None = None,
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    level: float = 0.95,
    subject: str | None = "participant_id",
) -> CoxFit:
    """Estimate hazard ratios by Cox's proportional hazards model.

    Parameters
    ----------
    events : pandas.DataFrame
        One row per participant, or per (start, stop] spell of one.
    formula : str
        Covariates, such as ``"arm + age"``; no left side, no intercept.
    strata : str or sequence of str, optional
        Columns whose combinations have baseline hazards of their own.
    cluster : str, optional
        Column of units that are independent of each other; the variance is then robust. By default
        the participant, where rows of one repeat.
    offset : str, optional
        Column added to the linear predictor with coefficient 1.
    ties : {"efron", "breslow", "exact"}
        Treatment of events at the same time. "exact" is the discrete likelihood; it has neither
        weights nor a robust variance.
    robust : bool, optional
        Whether standard errors come from the sandwich. By default with clusters and with
        fractional weights.
    time : str, optional
        Column of the time of event or censoring; ``days``, or ``start_days`` and ``stop_days``, by
        default.
    event : str
        Column that says whether the row ends with the event: bool or 0 and 1.
    event_value : object, optional
        The value of ``event`` that means the event, where it is coded otherwise.
    entry : str, optional
        Column of the time from which a row is at risk.
    weights : str, optional
        Column of case weights.
    frequencies : str, optional
        Column of the number of copies of each row.
    level : float
        Confidence level.
    subject : str or None
        Column that identifies the person. None where the rows are different people.

    Returns
    -------
    CoxFit
        Log hazard ratios; ``fit.estimate("arm[walking]", ratio=True)`` is the hazard ratio with
        its interval, ``fit.tests`` holds the likelihood-ratio, score and Wald test (and the robust
        score test), ``fit.state`` how the search ended.

    Raises
    ------
    ValueError
        For unknown columns and choices, and combinations that do not exist.
    DataError
        For follow-up, covariates or clusters that cannot be analysed, and a single arm.
    FitError
        Without events; for constant or collinear covariates.

    Notes
    -----
    The hazard of a row with covariates x is h0(t) exp(b'x), with h0 free in each stratum; b
    maximises the partial likelihood. A row is at risk at t when start < t <= stop. What must hold:
    ratios of hazards do not change with time, and censoring tells nothing about the event to come.

    Case weights multiply a row's part in the likelihood; under Efron's ties tied events share
    their mean weight, so a weight of k is not k copies: for copies use ``frequencies``. The robust
    variance (Lin and Wei 1989) sums score residuals, Efron's under Efron's ties, within clusters;
    likelihood-ratio and score test remain model-based. The null hypothesis of all tests keeps the
    offset (R's robust score test drops it). Times closer than 1e-9 of the range tie (R
    merges below 1.5e-8 of the unit). Rows with a missing value are left out and counted.

    Where nobody at risk ever has a higher value than those with events the coefficient is infinite.
    It is given as such, ``state`` says "infinite", and its interval is that of the profile
    likelihood; R stops at some large value with a larger standard error. Where only a combination
    of covariates separates, those in it are infinite together and have no interval.

    References
    ----------
    .. [1] Cox DR. Regression models and life-tables. J R Stat Soc B 1972;34:187-220.
       https://doi.org/10.1111/j.2517-6161.1972.tb00899.x
    .. [2] Efron B. The efficiency of Cox's likelihood function for censored data. J Am Stat Assoc
       1977;72:557-565. https://doi.org/10.1080/01621459.1977.10480613
    .. [3] Lin DY, Wei LJ. The robust inference for the Cox proportional hazards model. J Am Stat
       Assoc 1989;84:1074-1078. https://doi.org/10.1080/01621459.1989.10478874

    Examples
    --------
    Remission of leukaemia [weeks], the data of [1]:

    >>> import pandas as pd
    >>> from walkstats import survival
    >>> drug = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    >>> placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    >>> relapse = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0] + 21 * [1]
    >>> weeks = pd.DataFrame({"arm": 21 * ["6-MP"] + 21 * ["placebo"],
    ...                       "weeks": drug + placebo, "relapse": relapse})
    >>> fit = survival.cox(weeks, "arm", time="weeks", event="relapse")
    >>> fit.to_frame()[["term", "estimate", "std_error"]].round(4)
               term  estimate  std_error
    0  arm[placebo]    1.5721     0.4124
    >>> round(fit.estimate("arm[placebo]", ratio=True).estimate, 2)
    4.82
    """
    check_frame(events)
    check_level(level)
    check_choice(ties, TIES, "ties")
    check_flag(robust, "robust", optional=True)
    if cluster is not None and robust is False:
        raise ValueError("cluster= asks for a robust variance; leave robust=False out.")
    follow_up = {
        "time": time,
        "event": event,
        "event_value": event_value,
        "entry": entry,
        "weights": weights,
        "frequencies": frequencies,
    }
    rows = read_cox_rows(
        events,
        formula,
        strata=strata,
        cluster=cluster,
        offset=offset,
        subject=subject,
        follow_up=follow_up,
    )
    wanted = _robust(rows, robust, ties)
    risk_sets = sort_risk_sets(
        rows.start, rows.stop, rows.event, rows.strata, rows.weights, rows.frequencies
    )
    if not risk_sets.tied.any():
        people = rows.counts.participants
        raise FitError(f"No events among {people} participants: a Cox model cannot be fitted.")
    _refuse_too_many(rows, wanted)
    fitted = maximum(rows.matrix, risk_sets, rows.offset, ties)
    _refuse_inestimable(fitted, rows)
    return _pack(fitted, rows, risk_sets, ties=ties, robust=wanted, formula=formula, level=level)


def _robust(rows: CoxRows, robust: bool | None, ties: str) -> bool:
    """Whether the variance is the sandwich; refused with the discrete likelihood."""
    fractional = rows.weights is not None and bool(np.any(rows.weights % 1))
    wanted = (rows.cluster is not None or fractional) if robust is None else bool(robust)
    if ties == "exact" and rows.weights is not None:
        raise ValueError('ties="exact" has no case weights; use ties="efron".')
    if ties == "exact" and wanted:
        raise ValueError(
            'ties="exact" has no robust or clustered variance; use ties="efron", or say '
            "robust=False for the model-based variance."
        )
    return wanted


def _refuse_too_many(rows: CoxRows, robust: bool) -> None:
    """Refuse more coefficients than the events, or the clusters, can tell apart."""
    coefficients, events = rows.matrix.shape[1], rows.counts.events or 0
    # A single event with a single coefficient is left to the note that says so.
    if coefficients >= max(events, 2):
        wide = {term: where.stop - where.start for term, where in rows.design.columns_of.items()}
        widest = max(wide, key=lambda term: wide[term])
        raise FitError(
            f"The formula has {coefficients} coefficients ({wide[widest]} of them of {widest}) and "
            f"the data {events} events: fewer coefficients than events are needed. Leave terms "
            "out, or merge their levels."
        )
    if robust and rows.cluster is not None:
        name = rows.columns.get("cluster", rows.columns.get("subject", ""))
        check_clusters(rows.cluster, name, coefficients)


def _refuse_inestimable(fitted: PartialMaximum, rows: CoxRows) -> None:
    if not fitted.problem:
        return
    names = [rows.design.names[k] for k in fitted.columns]
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    verb = "are" if len(names) > 1 else "is"
    used = f"the {rows.stop.size} rows used"
    raise FitError(
        {
            "constant": f"{listed} {verb} constant among those at risk in {used}: no effect can be "
            "estimated. Leave out what does not vary.",
            "collinear": f"{listed} {verb} collinear in {used}: one is a linear combination of the "
            "others. Leave one of them out.",
            "unvarying": f"{listed}: at no event time do those at risk"
            f"{' in a stratum' if rows.stratum_names else ''} differ in this, so no effect can be "
            "estimated. Leave it out, or out of the strata.",
        }[fitted.problem]
    )


def _pack(
    fitted: PartialMaximum,
    rows: CoxRows,
    risk_sets: RiskSets,
    *,
    ties: str,
    robust: bool,
    formula: str,
    level: float,
) -> CoxFit:
    covariance = robust_covariance(fitted, rows.cluster) if robust else fitted.covariance
    infinite = fitted.state == "infinite"
    limits = profile_limits(fitted, level) if infinite else None
    method = _method(rows, ties, robust, limits)
    for array in (rows.matrix, covariance, fitted.covariance):
        array.setflags(write=False)
    return CoxFit(
        terms=rows.design.names,
        values=fitted.values,
        covariance=covariance,
        level=level,
        limits=limits,
        formula=formula,
        design=rows.design,
        log_likelihood=fitted.log_likelihood,
        log_likelihood_null=fitted.log_likelihood_null,
        state=fitted.state,
        ties=ties,
        risk_sets=risk_sets,
        matrix=rows.matrix,
        centre=fitted.centre,
        naive_covariance=fitted.covariance,
        tests=_tests(fitted, rows, covariance, robust, method),
        offset=rows.offset,
        cluster=rows.cluster,
        kept=rows.kept,
        index=rows.index,
        strata=rows.stratum_names,
        stratum_values=rows.stratum_values,
        subjects=rows.subjects,
        columns=rows.columns,
        method=method,
        notes=_notes(fitted, rows, risk_sets, robust, limits, level),
        counts=rows.counts,
        source=rows.source,
    )


def _tests(
    fitted: PartialMaximum, rows: CoxRows, covariance: Floats, robust: bool, method: str
) -> dict[str, HypothesisTest]:
    k = len(fitted.values)
    if k == 0:
        return {}
    ratio = 2.0 * (fitted.log_likelihood - fitted.log_likelihood_null)
    statistics = {
        "likelihood_ratio": ("likelihood-ratio test", ratio),
        "score": ("score test", fitted.score_test),
        "wald": ("Wald test", quadratic_form(fitted.values, covariance)[0]),
    }
    if robust:
        statistics["robust_score"] = (
            "robust score test",
            robust_score_test(fitted, rows.cluster),
        )
    return {
        key: HypothesisTest(
            name=name,
            null="All coefficients are zero.",
            statistic=statistic,
            df=float(k),
            p_value=float(chi2_p(statistic, k)),
            method=method,
            counts=rows.counts,
            source=rows.source,
        )
        for key, (name, statistic) in statistics.items()
    }


def _method(rows: CoxRows, ties: str, robust: bool, limits: Floats | None) -> str:
    text = f"Cox proportional hazards model, {TIES[ties]}"
    if rows.stratum_names:
        text += f", stratified by {' and '.join(rows.stratum_names)}"
    if rows.weights is not None:
        text += f", weighted by {rows.columns['weights']}"
    if rows.frequencies is not None:
        text += f", rows counted {rows.columns['frequencies']} times"
    if rows.offset is not None:
        text += f", offset {rows.columns['offset']}"
    return f"{text}. {_variance_said(rows, robust)} {_intervals_said(rows, limits)} {rows.said}"


def _intervals_said(rows: CoxRows, limits: Floats | None) -> str:
    if limits is None or np.isnan(limits).all():
        return "Wald intervals."
    names = [rows.design.names[k] for k in np.flatnonzero(~np.isnan(limits).any(axis=1))]
    by_profile = f"rofile-likelihood interval of {' and '.join(names)}"
    return f"P{by_profile}." if len(names) == len(limits) else f"Wald intervals; p{by_profile}."


def _variance_said(rows: CoxRows, robust: bool) -> str:
    if not robust:
        return "Model-based variance."
    if rows.cluster is None:
        why = "" if rows.weights is None or not np.any(rows.weights % 1) else ", weights fractional"
        return f"Robust (sandwich) variance{why}."
    name = rows.columns.get("cluster", rows.columns.get("subject", ""))
    units = f"{int(rows.cluster.max()) + 1} clusters"
    pieces = ", whose rows are pieces of one follow-up" if rows.pieces else ""
    return f"Robust (sandwich) variance clustered by {name} ({units}){pieces}."


def _notes(
    fitted: PartialMaximum,
    rows: CoxRows,
    risk_sets: RiskSets,
    robust: bool,
    limits: Floats | None,
    level: float,
) -> tuple[str, ...]:
    notes = list(rows.notes)
    if risk_sets.merged:
        notes.append(f"{risk_sets.merged} times differed from another by rounding only: merged.")
    if risk_sets.tied.sum() == 1:
        notes.append("There is one event only: estimates and tests rest on it alone.")
    if fitted.involved:
        names = " and ".join(rows.design.names[k] for k in fitted.involved)
        notes.append(
            f"{names} are nearly collinear (condition number {fitted.condition:.2g}): their "
            "separate effects are hardly determined."
        )
    if robust and rows.cluster is not None:
        notes.extend(said_of_clusters(rows.cluster))
    if not robust and rows.subject is not None and rows.counts.participants < rows.stop.size:
        notes.append("Rows of one participant are taken as independent (robust=False).")
    if fitted.state == "not converged":
        notes.append(
            f"The search did not converge in {fitted.iterations} steps: do not use these numbers."
        )
    if limits is not None:
        notes.extend(_said_of_infinity(fitted, rows, limits, level))
    return tuple(notes)


def _said_of_infinity(
    fitted: PartialMaximum, rows: CoxRows, limits: Floats, level: float
) -> list[str]:
    notes = [
        f"{rows.design.names[k]} cannot be estimated: given the infinite ones, nothing tells it."
        for k in np.flatnonzero(np.isnan(fitted.values))
    ]
    alone = separating_alone(fitted)
    infinite = np.flatnonzero(np.isinf(fitted.values))
    combined = [rows.design.names[k] for k in infinite if k not in alone]
    if combined:
        everybody = " and ".join(rows.design.names[k] for k in infinite)
        notes.append(
            f"{everybody} together have no finite coefficients: at no event does anybody at risk "
            "lie beyond those who have it in a combination of them, so the likelihood rises for "
            "ever. They have no intervals of their own; the likelihood-ratio and the score test "
            "hold."
        )
    notes.extend(
        _said_of_one(rows.design.names[k], fitted.values[k] > 0, limits[k], level) for k in alone
    )
    return notes


def _said_of_one(name: str, rising: bool, limits: Floats, level: float) -> str:
    bound = limits[0] if rising else limits[1]
    text = (
        f"The hazard ratio of {name} is {'infinite' if rising else 'zero'}: at no event does "
        f"anybody at risk lie {'above' if rising else 'below'} those who have it, so the "
        "likelihood rises for ever. The likelihood-ratio and the score test hold"
    )
    if np.isfinite(bound):
        text += (
            f"; by the profile likelihood the ratio lies {'above' if rising else 'below'} "
            f"{np.exp(bound):.3g} ({100 * level:g} % interval)"
        )
    return f"{text}."
