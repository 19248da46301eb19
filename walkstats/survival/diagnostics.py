"""Does the Cox model hold? Residuals of every kind, and the test of proportional hazards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from walkstats._arguments import check_choice, check_flag
from walkstats.numerics.limits import chi2_p
from walkstats.results import CoxFit, HypothesisTest, Result
from walkstats.survival.changing_effects import (
    AddedScore,
    event_rows,
    scaled_residuals,
    schoenfeld_residuals,
    score_of_change,
    score_statistic,
    transformed_times,
)
from walkstats.survival.new_rows import check_finite
from walkstats.survival.partial_likelihood import score_residuals
from walkstats.survival.predicted_steps import centred, expected_events
from walkstats.survival.risk_sets import RiskSets

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True)
class ResidualKind:
    """A kind of residual: what it is, one per row or one per event, one column or one per term."""

    name: str
    described: str
    per: str = "row"
    by_term: bool = True


RESIDUAL_KINDS = {
    kind.name: kind
    for kind in (
        ResidualKind("martingale", "events observed less expected", by_term=False),
        ResidualKind("deviance", "martingale residual made symmetric", by_term=False),
        ResidualKind("cox_snell", "cumulative hazard over the row's follow-up", by_term=False),
        ResidualKind("score", "share of the row in the score"),
        ResidualKind("dfbeta", "approximate change of each coefficient due to the row"),
        ResidualKind("dfbetas", "the same in standard errors"),
        ResidualKind("schoenfeld", "covariates at the event less those expected", per="event"),
        ResidualKind("scaled_schoenfeld", "the same as a coefficient at that time", per="event"),
    )
}


def residuals(
    fit: CoxFit,
    kind: str,
    *,
    collapse: str | Sequence[Any] | pd.Series | NDArray[Any] | None = None,
    weighted: bool | None = None,
) -> pd.DataFrame:
    """Show where a Cox model and its data part: which rows, which people, which times.

    Parameters
    ----------
    fit : CoxFit
    kind : {"martingale", "deviance", "cox_snell", "score", "dfbeta", "dfbetas", "schoenfeld", \
"scaled_schoenfeld"}
        See Notes.
    collapse : str, series or array, optional
        Sum over the rows of a person: the subject column of the fit (``"participant_id"``), or one
        value per row used (a series is matched by its index).
    weighted : bool, optional
        Times the row's weight. By default for dfbeta and dfbetas only.

    Returns
    -------
    pandas.DataFrame
        One row per row used, with its index (per person, in order of their values, with
        ``collapse``). Column named after the kind, or one per term. The two Schoenfeld kinds have
        one row per event, in order of stratum and time, with that time in the first column.

    Raises
    ------
    ValueError
        For an unknown kind, a ``weighted`` that is no flag, a ``collapse`` that does not fit the
        rows, or a kind that is not defined for ``ties="exact"``.
    FitError
        If a coefficient is infinite.

    Notes
    -----
    martingale is the number of events of the row less that expected by the model over its time at
    risk; cox_snell is that expected number, deviance is sign(m) sqrt(2 (N log(N / E) - m)) for N
    observed and E expected (R leaves out N log N, which matters when a person has several events).
    A score residual is the integral of (x - mean of those at risk) against the martingale; the sum
    over rows times weights is the score, zero at the estimate. dfbeta is the score residual times
    the model-based covariance C, dfbetas that over the standard error. schoenfeld is x less its
    mean among those at risk at the event; scaled_schoenfeld is (number of events) C times it plus
    the coefficient, whose trend in time shows how a coefficient changes.

    With Efron's ties the mean and the hazard at a tied time are those of his steps, and a row with
    an event there has in each step the share of the hazard that is left to it. So are the robust
    variances of R and of this package: crossproducts of dfbeta.

    References
    ----------
    Therneau TM, Grambsch PM, Fleming TR. Martingale-based residuals for survival models.
    Biometrika 1990;77:147-160. https://doi.org/10.1093/biomet/77.1.147

    Schoenfeld D. Partial residuals for the proportional hazards regression model. Biometrika
    1982;69:239-241. https://doi.org/10.1093/biomet/69.1.239

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.survival import cox
    >>> frame = pd.DataFrame(
    ...     {"days": [5, 8, 8, 12, 15], "event": [1, 1, 0, 1, 0], "age": [40, 50, 35, 60, 45]}
    ... )
    >>> left = residuals(cox(frame, "age"), "martingale")
    >>> round(abs(float(left["martingale"].sum())), 10)
    0.0
    """
    check_choice(kind, RESIDUAL_KINDS, "kind")
    check_flag(weighted, "weighted", optional=True)
    _check(fit, kind)
    if weighted is None:
        weighted = kind in ("dfbeta", "dfbetas")
    if RESIDUAL_KINDS[kind].per == "event":
        if collapse is not None:
            raise ValueError(f"{kind} residuals belong to events; they have no sum by person.")
        return _schoenfeld_frame(fit, kind, weighted)
    if kind in ("martingale", "deviance", "cox_snell"):
        values = _martingale_pair(fit)
    else:
        values = _score_kind(fit, kind)
    if weighted:
        values = values * _weights(fit.risk_sets)[:, None]
    index = fit.index if fit.index is not None else pd.RangeIndex(len(values))
    if collapse is not None:
        values, index = _summed(values, _people(fit, collapse))
    if not RESIDUAL_KINDS[kind].by_term:
        return pd.DataFrame({kind: _of_martingale(kind, values)}, index=index)
    return pd.DataFrame(values, index=index, columns=list(fit.terms))


def check_proportional_hazards(
    fit: CoxFit,
    *,
    transform: str | Callable[[Floats], ArrayLike] = "km",
    by: str = "term",
) -> ProportionalHazards:
    """Test whether hazard ratios stay the same over time.

    Parameters
    ----------
    fit : CoxFit
    transform : {"km", "rank", "identity", "log"} or callable
        How time enters, g(t): 1 - S(t-) of the Kaplan-Meier curve of all rows together, the rank
        among all times, time itself, its logarithm, or a function of an array of event times.
    by : {"term", "coefficient"}
        Test the columns of a term (a factor, a spline) together or one by one.

    Returns
    -------
    ProportionalHazards
        A test of each term, one of all, and the scaled Schoenfeld residuals to be drawn against
        transformed time.

    Raises
    ------
    ValueError
        For an unknown transform, one that is not finite, a fit with ``ties="exact"`` or without
        covariates.
    FitError
        If a coefficient is infinite.

    Notes
    -----
    The score test of adding x g(t) to the model, as in R's survival from version 3.0 on. With r(t)
    the Schoenfeld residuals and V(t) the information at each event time, and g centred at its mean
    over events, U = sum of g r has the variance of its score given the coefficients: the inverse
    of the block of [[sum V, sum g V], [sum g V, sum g^2 V]]. It needs no fit of the larger model
    and, unlike the older correlation test, does not take V(t) as constant. Variances are
    model-based, also where the fit's are robust. A small p-value says that the ratio changes; with
    many events it may change too little to matter: look at the residuals.

    ``rank`` ranks all rows, so it, and it alone, changes when follow-up is split into spells.

    References
    ----------
    Grambsch PM, Therneau TM. Proportional hazards tests and diagnostics based on weighted
    residuals. Biometrika 1994;81:515-526. https://doi.org/10.1093/biomet/81.3.515

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.survival import cox
    >>> frame = pd.DataFrame(
    ...     {"days": [5, 8, 8, 12, 15], "event": [1, 1, 0, 1, 0], "age": [40, 50, 35, 60, 45]}
    ... )
    >>> check_proportional_hazards(cox(frame, "age")).to_frame()["term"].tolist()
    ['age', 'global']
    """
    check_choice(by, ("term", "coefficient"), "by")
    _check(fit, "the test of proportional hazards")
    if not fit.terms:
        raise ValueError("A model without covariates has no hazard ratio to test.")
    sets = fit.risk_sets
    g, described = transformed_times(sets, transform)
    added = score_of_change(fit, g)
    groups = _groups(fit, by)
    events, scaled = event_rows(sets), scaled_residuals(fit, added, groups)
    frame = pd.DataFrame(scaled.values, columns=list(groups), index=_index(fit)[events])
    frame.insert(0, "transformed", g[sets.last[events]], allow_duplicates=True)
    frame.insert(0, "time", sets.times[sets.last[events]], allow_duplicates=True)
    shared: dict[str, Any] = {
        "method": f"Score test of proportional hazards with g(t) {described}; "
        "model-based variance.",
        "counts": fit.counts,
        "source": fit.source,
    }
    by_term = {
        term: _test(f"proportional hazards of {term}", term, added, columns, shared)
        for term, columns in groups.items()
    }
    everything = np.arange(len(fit.terms))
    overall = _test("proportional hazards", "every term", added, everything, shared)
    return ProportionalHazards(
        by_term, overall, frame, described,
        coefficients=dict(zip(groups, scaled.coefficients.tolist(), strict=True)),
        variances=dict(zip(groups, scaled.variances.tolist(), strict=True)),
        time=fit.columns.get("time", "days"), **shared,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class ProportionalHazards(Result):
    """Tests of proportional hazards, and what to draw.

    Attributes
    ----------
    by_term : mapping of str to HypothesisTest
    overall : HypothesisTest
    residuals : pandas.DataFrame
        One row per event, in order of stratum and time: time, transformed, and for each term the
        scaled Schoenfeld residual, which estimates the coefficient at that time (1 for a term of
        several columns, whose combination by the fit is then the covariate). Missing where the
        term does not vary within the stratum.
    transform : str
        g(t) in words.
    coefficients, variances : mapping of str to float
        Of each term: its coefficient (1 for a term of several columns), about which the residuals
        lie if the effect does not change, and the model's variance of one of them.
    time : str
        Name of the column of time, which tells its unit.
    """

    by_term: Mapping[str, HypothesisTest] = field(default_factory=dict)
    overall: HypothesisTest | None = None
    residuals: pd.DataFrame = field(default_factory=pd.DataFrame)
    transform: str = ""
    coefficients: Mapping[str, float] = field(default_factory=dict)
    variances: Mapping[str, float] = field(default_factory=dict)
    time: str = "days"

    def to_frame(self) -> pd.DataFrame:
        """One row per term and one named global: term, statistic, df, p_value."""
        tests = dict(self.by_term)
        if self.overall is not None:
            tests["global"] = self.overall
        return pd.DataFrame(
            [
                {"term": term, "statistic": one.statistic, "df": one.df, "p_value": one.p_value}
                for term, one in tests.items()
            ]
        )


def _check(fit: CoxFit, what: str) -> None:
    check_finite(fit)
    if fit.ties == "exact" and what not in ("martingale", "deviance", "cox_snell"):
        raise ValueError(f"{what}: not defined for ties='exact'. Fit with ties='efron'.")


def _index(fit: CoxFit) -> pd.Index:
    return fit.index if fit.index is not None else pd.RangeIndex(fit.risk_sets.n_rows)


def _weights(sets: RiskSets) -> Floats:
    return np.ones(sets.n_rows) if sets.weights is None else sets.weights


def _martingale_pair(fit: CoxFit) -> Floats:
    """(n, 2): events observed and expected."""
    sets = fit.risk_sets
    observed = np.where(sets.from_index <= sets.last, sets.event, False).astype(float)
    return np.column_stack([observed, expected_events(fit)])


def _of_martingale(kind: str, pair: Floats) -> Floats:
    observed, expected = pair.T
    martingale = observed - expected
    if kind == "martingale":
        return martingale
    if kind == "cox_snell":
        return expected
    with np.errstate(divide="ignore", invalid="ignore"):
        logged = np.where(observed > 0, observed * np.log(expected / observed), 0.0)
    spread = np.clip(-2.0 * (martingale + logged), 0.0, None)
    return np.sign(martingale) * np.sqrt(spread)


def _score_kind(fit: CoxFit, kind: str) -> Floats:
    score = score_residuals(fit.values, centred(fit), fit.risk_sets, fit.offset, fit.ties)
    if kind == "score":
        return score
    dfbeta = score @ fit.naive_covariance
    return dfbeta if kind == "dfbeta" else dfbeta / np.sqrt(np.diag(fit.naive_covariance))


def _schoenfeld_frame(fit: CoxFit, kind: str, weighted: bool) -> pd.DataFrame:
    sets = fit.risk_sets
    values, rows = schoenfeld_residuals(fit), event_rows(sets)
    if weighted:
        values = values * _weights(sets)[rows, None]
    if kind == "scaled_schoenfeld":
        values = float(sets.tied.sum()) * values @ fit.naive_covariance + fit.values
    frame = pd.DataFrame(values, index=_index(fit)[rows], columns=list(fit.terms))
    frame.insert(0, "time", sets.times[sets.last[rows]], allow_duplicates=True)
    return frame


def _people(fit: CoxFit, collapse: Any) -> NDArray[Any]:
    """One value per row used."""
    n = fit.risk_sets.n_rows
    if isinstance(collapse, str):
        if fit.subjects is None or collapse != fit.columns.get("subject", collapse):
            raise ValueError(
                f"The fit does not know {collapse!r}: give the column, frame[{collapse!r}]."
            )
        return np.asarray(fit.subjects)
    if isinstance(collapse, pd.Series) and fit.index is not None and fit.index.is_unique:
        absent = fit.index.difference(collapse.index)
        if len(absent) or not collapse.index.is_unique:
            raise ValueError("collapse must have one value for each row used, by its index.")
        return collapse.loc[fit.index].to_numpy()
    values = np.asarray(collapse)
    if values.shape != (n,):
        raise ValueError(f"collapse must have {n} values, one for each row used.")
    return values


def _summed(values: Floats, people: NDArray[Any]) -> tuple[Floats, pd.Index]:
    codes, uniques = pd.factorize(people, sort=True)
    if np.any(codes < 0):
        raise ValueError("collapse has missing values: say whose rows these are.")
    summed = [np.bincount(codes, column, len(uniques)) for column in values.T]
    return np.column_stack(summed).astype(np.float64), pd.Index(uniques)


# --- proportional hazards ------------------------------------------------------------------------


def _test(
    name: str, what: str, added: AddedScore, columns: Indices, shared: Mapping[str, Any]
) -> HypothesisTest:
    statistic, df = score_statistic(added, columns), float(len(columns))
    return HypothesisTest(
        name=name,
        null=f"The hazard ratio of {what} is the same at all times.",
        statistic=statistic,
        df=df,
        p_value=float(chi2_p(statistic, df)),
        **shared,
    )


def _groups(fit: CoxFit, by: str) -> dict[str, Indices]:
    """Columns that are tested together."""
    if by == "coefficient" or fit.design is None:
        return {term: np.array([k]) for k, term in enumerate(fit.terms)}
    return {
        term: np.arange(columns.start, columns.stop)
        for term, columns in fit.design.columns_of.items()
    }
