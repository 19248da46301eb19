"""By what factor does a covariate multiply the hazard? Cox's proportional hazards model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_flag, check_frame, check_level
from walkstats._clusters import columns_in_one_cluster, said_of_single_clusters
from walkstats.errors import FitError
from walkstats.numerics.limits import chi2_p
from walkstats.numerics.quadratic_forms import quadratic_form
from walkstats.results import CoxFit, HypothesisTest
from walkstats.survival.clusters import check_clusters
from walkstats.survival.cox_rows import CoxRows, read_cox_rows
from walkstats.survival.cox_wording import method_of, notes_of, said_of_infinity
from walkstats.survival.partial_maximum import PartialMaximum, maximum
from walkstats.survival.profile_likelihood import profile_limit_pair, profile_limits, profile_tests
from walkstats.survival.risk_sets import RiskSets, sort_risk_sets
from walkstats.survival.robust_variance import robust_covariance, robust_score_test

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

TIES = {
    "efron": "Efron's approximation for tied events",
    "breslow": "Breslow's approximation for tied events",
    "exact": "the discrete likelihood for tied events",
}
PENALTIES = {"firth": "Firth's penalised likelihood"}


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
    penalty: str | None = None,
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
    event_value : object or sequence, optional
        The value of ``event`` that means the event (or several), where it is coded otherwise.
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
    penalty : {"firth"}, optional
        Firth's penalty: finite estimates with less bias where events are few or a likelihood is
        monotone, with profile intervals and tests of their own. Model-based; no case weights.

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
    of covariates separates, those in it are infinite together and have no interval. Firth's
    penalty, half the log determinant of the information, keeps all of them finite [4].

    References
    ----------
    .. [1] Cox DR. Regression models and life-tables. J R Stat Soc B 1972;34:187-220.
       https://doi.org/10.1111/j.2517-6161.1972.tb00899.x
    .. [2] Efron B. The efficiency of Cox's likelihood function for censored data. J Am Stat Assoc
       1977;72:557-565. https://doi.org/10.1080/01621459.1977.10480613
    .. [3] Lin DY, Wei LJ. The robust inference for the Cox proportional hazards model. J Am Stat
       Assoc 1989;84:1074-1078. https://doi.org/10.1080/01621459.1989.10478874
    .. [4] Heinze G, Schemper M. A solution to the problem of monotone likelihood in Cox regression.
       Biometrics 2001;57:114-119. https://doi.org/10.1111/j.0006-341X.2001.00114.x

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
    if penalty is not None:
        check_choice(penalty, PENALTIES, "penalty")
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
    return fit_rows(rows, formula, ties=ties, robust=robust, level=level, penalty=penalty)


def fit_rows(
    rows: CoxRows,
    formula: str,
    *,
    ties: str,
    robust: bool | None,
    level: float,
    penalty: str | None = None,
) -> CoxFit:
    """Fit rows that were read from a frame, whether or not they were cut since."""
    wanted = _robust(rows, robust, ties) if penalty is None else _penalised(rows, robust, ties)
    risk_sets = sort_risk_sets(
        rows.start, rows.stop, rows.event, rows.strata, rows.weights, rows.frequencies
    )
    if not risk_sets.tied.any():
        people = rows.counts.participants
        raise FitError(f"No events among {people} participants: a Cox model cannot be fitted.")
    _refuse_too_many(rows, wanted)
    fitted = maximum(rows.matrix, risk_sets, rows.offset, ties, penalised=penalty is not None)
    _refuse_inestimable(fitted, rows)
    return _pack(
        fitted, rows, risk_sets, ties=ties, robust=wanted, formula=formula, level=level,
        penalty=penalty,
    )  # fmt: skip


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


def _penalised(rows: CoxRows, robust: bool | None, ties: str) -> bool:
    """False: Firth's likelihood is model-based; what cannot be combined with it is refused."""
    if ties == "exact":
        raise ValueError('penalty="firth" goes with ties="efron" or "breslow", not with "exact".')
    if robust or rows.weights is not None or (rows.cluster is not None and robust is None):
        raise ValueError(
            'penalty="firth" has no case weights and no robust or clustered variance; leave them '
            "out, or say robust=False where rows of one participant repeat."
        )
    return False


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
            f"estimated. {_advice(names, rows.stratum_names)}",
        }[fitted.problem]
    )


def _advice(terms: Sequence[str], strata: Sequence[str]) -> str:
    """What to do about terms that do not vary within the strata."""
    if {term.partition("[")[0] for term in terms} & set(strata):
        return "Leave it out, or out of the strata."
    if strata:
        return f"Within the strata ({', '.join(strata)}) it is fixed: use fewer or other strata."
    return "Leave it out."


def _pack(
    fitted: PartialMaximum,
    rows: CoxRows,
    risk_sets: RiskSets,
    *,
    ties: str,
    robust: bool,
    formula: str,
    level: float,
    penalty: str | None,
) -> CoxFit:
    covariance, alone = fitted.covariance, np.zeros(len(fitted.values), dtype=bool)
    if robust:
        covariance = robust_covariance(fitted, rows.cluster)
    if robust and "cluster" in rows.columns:
        alone = _alone(rows)
        covariance = np.where(alone[:, None] | alone, np.nan, covariance)
    limits, statistics = None, None
    if penalty is not None:
        limits = np.array([profile_limit_pair(fitted, k, level) for k in range(len(alone))])
        statistics = profile_tests(fitted, range(len(alone)))
    elif fitted.state == "infinite":
        limits = profile_limits(fitted, level)
    method = method_of(rows, TIES[ties], robust, limits, PENALTIES.get(penalty or ""))
    for array in (rows.matrix, covariance, fitted.covariance):
        array.setflags(write=False)
    return CoxFit(
        terms=rows.design.names,
        values=fitted.values,
        covariance=covariance,
        level=level,
        limits=limits,
        statistics=statistics,
        penalty=penalty,
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
        tests=_tests(fitted, rows, covariance, robust, not alone.any(), method),
        offset=rows.offset,
        cluster=rows.cluster,
        kept=rows.kept,
        index=rows.index,
        strata=rows.stratum_names,
        stratum_values=rows.stratum_values,
        subjects=rows.subjects,
        columns=rows.columns,
        method=method,
        notes=(
            *notes_of(fitted, rows, risk_sets, robust),
            *said_of_single_clusters(rows.design.names, alone),
            *said_of_infinity(fitted, rows.design.names, limits, level),
        ),
        counts=rows.counts,
        source=rows.source,
    )


def _alone(rows: CoxRows) -> Booleans:
    """Columns (k,) whose levels do not vary between the clusters of those at risk at events."""
    assert rows.cluster is not None
    times = rows.stop[rows.event]
    seen = rows.stop >= times.min()
    if rows.start is not None:
        seen &= rows.start < times.max()
    return columns_in_one_cluster(rows.matrix[seen], rows.design.columns_of, rows.cluster[seen])


def _tests(
    fitted: PartialMaximum,
    rows: CoxRows,
    covariance: Floats,
    robust: bool,
    seen: bool,
    method: str,
) -> dict[str, HypothesisTest]:
    """Tests of all coefficients; ``seen`` is whether each level varies between clusters."""
    k = len(fitted.values)
    if k == 0:
        return {}
    ratio = 2.0 * (fitted.log_likelihood - fitted.log_likelihood_null)
    statistics = {
        "likelihood_ratio": ("likelihood-ratio test", ratio),
        "score": ("score test", fitted.score_test),
        "wald": ("Wald test", quadratic_form(fitted.values, covariance)[0]),
    }
    if fitted.penalised:
        statistics = {"likelihood_ratio": ("penalised likelihood-ratio test", ratio)} | {
            "wald": statistics["wald"]
        }
    if robust:
        found = robust_score_test(fitted, rows.cluster) if seen else np.nan
        statistics["robust_score"] = ("robust score test", found)
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
