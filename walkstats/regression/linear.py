"""How does the mean of an outcome depend on the covariates? Linear regression by least squares."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_level
from walkstats._labels import in_sentence
from walkstats.errors import FitError
from walkstats.numerics.least_squares import Factor, Solution, factor, leverages, solve
from walkstats.regression.rows import DEFAULT_SUBJECT, MISSING_CLUSTER, Rows, read_rows
from walkstats.regression.standard_errors import (
    STANDARD_ERRORS,
    Variance,
    choose_clusters,
    clusters_said,
    variance_notes,
    variance_of,
)
from walkstats.results import Fit, HypothesisTest

Floats = NDArray[np.float64]

# Above this condition number (centred, scaled columns) a note is due. A restricted cubic spline of
# 7 knots reaches 5e3, and 1.3e4 where it differs by arm.
NEARLY_COLLINEAR = 1e5
# A residual sum of squares this small beside the total is rounding.
EXACT_FIT = 1e-24


@dataclass(frozen=True, eq=False)
class LinearFit(Fit):
    """A linear regression.

    Attributes
    ----------
    outcome_name : str
        Left side of the formula.
    se : str
        Kind of standard error, a key of ``STANDARD_ERRORS``.
    sigma : float
        Residual standard deviation, on the scale of the outcome at weight 1.
    df_residual : int
        Rows used less coefficients.
    r_squared : float
        Share of the (weighted) variance about the mean that the covariates explain.
    condition : float
        Condition number of the centred and scaled covariates; 1 is best.
    outcome, fitted, residuals, leverage : (n,) arrays
        Of the rows used, in the order of the frame. Residuals are not weighted.
    matrix : (n, k) array
        The design matrix.
    weights : (n,) array or None
    naive_covariance : (k, k) array
        Model-based: sigma² (X'WX)^-1, also where ``covariance`` is robust.
    cluster : (n,) integer codes or None
    kept : (n,) positions of the rows used in the frame given
    index : pandas.Index or None
        Labels of the rows used.
    """

    outcome_name: str = ""
    se: str = "HC3"
    sigma: float = np.nan
    df_residual: int = 0
    r_squared: float = np.nan
    condition: float = np.nan
    outcome: Floats = field(default_factory=lambda: np.empty(0))
    fitted: Floats = field(default_factory=lambda: np.empty(0))
    residuals: Floats = field(default_factory=lambda: np.empty(0))
    leverage: Floats = field(default_factory=lambda: np.empty(0))
    matrix: Floats = field(default_factory=lambda: np.empty((0, 0)))
    weights: Floats | None = None
    naive_covariance: Floats = field(default_factory=lambda: np.empty((0, 0)))
    cluster: NDArray[np.int64] | None = None
    kept: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    index: pd.Index | None = None

    @property
    def adjusted_r_squared(self) -> float:
        """R² with the residual and total degrees of freedom taken into account."""
        n = len(self.residuals)
        return 1.0 - (1.0 - self.r_squared) * (n - 1) / self.df_residual

    @property
    def aic(self) -> float:
        """Akaike's information criterion; sigma counts as a parameter, as in R."""
        return -2.0 * self.log_likelihood + 2.0 * (len(self.terms) + 1)

    @property
    def bic(self) -> float:
        """Bayesian information criterion; sigma counts as a parameter, as in R."""
        return -2.0 * self.log_likelihood + np.log(len(self.residuals)) * (len(self.terms) + 1)

    @property
    def overall(self) -> HypothesisTest:
        """Test that no covariate matters: all coefficients but the intercept are zero."""
        return self.test([name for name in self.terms if name != "intercept"])


def ols(
    frame: pd.DataFrame,
    formula: str,
    *,
    se: str | None = None,
    cluster: str | None = None,
    missing_cluster: str = "refuse",
    weights: str | None = None,
    level: float = 0.95,
    subject: str = DEFAULT_SUBJECT,
) -> LinearFit:
    """Learn how the mean of an outcome differs with the covariates.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant, or per participant and visit.
    formula : str
        Outcome and covariates: ``"pain ~ rcs(walking_minutes, 4) + arm + pain_baseline"``.
        Covariates are column names, ``+ : *``, and transforms (log, sqrt, rcs, ns, bs, factor,
        piecewise ...).
    se : str, optional
        "classical", "HC0" to "HC4" for rows that are independent, "CR0" to "CR3" for clusters. By
        default HC3, or CR2 where rows are clustered.
    cluster : str, optional
        Column of clusters (a clinic, a therapist, the participant). By default the participant,
        where `subject` repeats.
    missing_cluster : {"refuse", "own"}
        Whether a row without a cluster is a gap in the data, or somebody who belongs to none and
        is a cluster of its own (its participant is, where one has several rows).
    weights : str, optional
        Column of weights, inverse variances up to a constant. Rows of weight 0 are left out.
    level : float
        Confidence level.
    subject : str
        Column of the participant.

    Returns
    -------
    LinearFit
        Estimates by term with the covariance chosen; ``fit.estimate("arm[walking]")``,
        ``fit.contrast``, ``fit.test("rcs(walking_minutes, 4)")``; ``fitted``, ``residuals``,
        ``sigma``, ``r_squared``, ``aic``.

    Raises
    ------
    ValueError
        For a formula or argument that cannot be used.
    DataError
        For an outcome that is not a number, infinite values, negative weights, or a missing
        cluster.
    FitError
        For covariates that are combinations of others (named), more coefficients than rows, or a
        single cluster.

    Notes
    -----
    The outcome is X b + e, where e has mean zero; b minimises the (weighted) sum of squares, by QR
    of the centred and scaled columns. Nothing is assumed about the variance of e with HC and CR
    standard errors, and nothing about its dependence within a cluster with CR; the classical ones
    need equal, independent errors.

    The reference distribution is t: with n - k degrees of freedom for classical and HC standard
    errors, with G - 1 for CR0 and CR1 of G clusters, and with Satterthwaite's for each contrast for
    CR2 and CR3 [2]_; their joint tests take Hotelling's T² with an approximate Wishart. CR1 has
    Stata's factor G / (G - 1) (n - 1) / (n - k). HC, CR2 and CR3 of a weighted fit are those of the
    rows multiplied by the root of their weight; the working model of CR2 is then an error variance
    proportional to 1 / weight. HC so equal R's sandwich for the weighted fit; CR2 equals
    clubSandwich for ``lm(sqrt(w) * y ~ 0 + sqrt(w) * X)``, in general not for ``lm(weights = w)``,
    whose default takes equal error variances.

    Clusters in one arm only: where 25 clinics deliver the walking arm and the controls go nowhere,
    ``cluster="clinic", missing_cluster="own"`` makes each control a cluster [3]_. A number for the
    controls in the column of clinics would make them one cluster, from which nothing is learnt.

    A coefficient that rests on one row alone (leverage 1), or with clusters on one cluster alone,
    has no residual that says how sure it is: its robust standard error is missing and a note says
    so. R gives a number near zero, or NaN.

    Rows with a missing outcome or covariate are left out and counted by column.

    References
    ----------
    .. [1] Long JS, Ervin LH (2000). Using heteroscedasticity consistent standard errors in the
       linear regression model. *Am Stat* 54:217-224.
       https://doi.org/10.1080/00031305.2000.10474549
    .. [2] Pustejovsky JE, Tipton E (2018). Small-sample methods for cluster-robust variance
       estimation and hypothesis testing in fixed effects models. *J Bus Econ Stat* 36:672-683.
       https://doi.org/10.1080/07350015.2016.1247004
    .. [3] Roberts C, Roberts SA (2005). Design and analysis of clinical trials with clustering
       effects due to treatment. *Clin Trials* 2:152-162. https://doi.org/10.1191/1740774505cn076oa

    Examples
    --------
    The first of Anscombe's data sets (1973), with its published line y = 3.00 + 0.500 x:

    >>> import pandas as pd
    >>> anscombe = pd.DataFrame({
    ...     "x": [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5],
    ...     "y": [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68],
    ... })
    >>> fit = ols(anscombe, "y ~ x", se="classical")
    >>> fit.values.round(2).tolist(), round(fit.r_squared, 3)
    ([3.0, 0.5], 0.667)
    >>> slope = fit.estimate("x")
    >>> round(slope.std_error, 3), slope.df
    (0.118, 9.0)
    """
    check_level(level)
    kind = None if se is None else check_choice(se, STANDARD_ERRORS, "se")
    check_choice(missing_cluster, MISSING_CLUSTER, "missing_cluster")
    if missing_cluster == "own" and cluster is None:
        raise ValueError("missing_cluster='own' needs the column of clusters: cluster=.")
    rows = read_rows(
        frame,
        formula,
        weights=weights,
        cluster=cluster,
        subject=subject,
        missing_cluster=missing_cluster,
    )
    chosen, by, groups = choose_clusters(rows, kind, cluster, subject)
    names = rows.design.terms.names
    if len(rows.outcome) <= len(names):
        raise FitError(
            f"{len(names)} coefficients ({', '.join(names)}) cannot be estimated from "
            f"{len(rows.outcome)} rows. Use fewer terms."
        )
    design = factor(rows.design.matrix, rows.weights)
    _check_rank(design, names)
    solution = solve(design, rows.outcome)
    variance = variance_of(design, solution, STANDARD_ERRORS[chosen], groups)
    fit = _pack(rows, design, solution, variance, formula, level)
    notes = (*rows.design.notes, *_notes(rows, design, solution, variance, by))
    return replace(fit, method=_method(rows, variance, by, weights), notes=notes)


def _check_rank(design: Factor, names: tuple[str, ...]) -> None:
    if not design.dependent:
        return
    said = []
    for own, *others in design.dependent:
        if others:
            said.append(f"{names[own]} is a combination of {', '.join(names[j] for j in others)}")
        else:
            said.append(f"{names[own]} is constant")
    raise FitError(
        f"The data cannot tell these covariates apart: {'; '.join(said)}. Leave one of them out."
    )


def _pack(
    rows: Rows,
    design: Factor,
    solution: Solution,
    variance: Variance,
    formula: str,
    level: float,
) -> LinearFit:
    likelihood, null, r_squared = _likelihoods(rows, solution)
    n, k = design.q.shape
    return LinearFit(
        terms=rows.design.terms.names,
        values=solution.coefficients,
        covariance=variance.covariance,
        freedom=variance.freedom,
        level=level,
        aside=tuple(term for term in rows.design.terms.names if term == "intercept"),
        measure=f"difference in {in_sentence(rows.outcome_name)}",
        formula=formula,
        design=rows.design.terms,
        log_likelihood=likelihood,
        log_likelihood_null=null,
        counts=rows.counts,
        source=rows.source,
        outcome_name=rows.outcome_name,
        se=variance.kind.name,
        sigma=variance.sigma,
        df_residual=n - k,
        r_squared=r_squared,
        condition=design.condition,
        outcome=rows.outcome,
        fitted=solution.fitted,
        residuals=solution.residuals,
        leverage=leverages(design),
        matrix=rows.design.matrix,
        weights=rows.weights,
        naive_covariance=variance.naive,
        cluster=variance.groups,
        kept=rows.kept,
        index=rows.index,
    )


def _likelihoods(rows: Rows, solution: Solution) -> tuple[float, float, float]:
    """Log-likelihood with normal errors, that of the mean alone, and R²."""
    n = len(rows.outcome)
    mean = np.average(rows.outcome, weights=rows.weights)
    about = (rows.outcome - mean) ** 2
    total = float(np.sum(about if rows.weights is None else about * rows.weights))
    logs = 0.0 if rows.weights is None else float(np.sum(np.log(rows.weights)))

    def likelihood(squares: float) -> float:
        if squares <= 0:
            return np.inf
        return 0.5 * (logs - n * (np.log(2 * np.pi) + np.log(squares / n) + 1))

    r_squared = 1.0 - solution.rss / total if total > 0 else np.nan
    return likelihood(solution.rss), likelihood(total), r_squared


def _method(rows: Rows, variance: Variance, by: str, weights: str | None) -> str:
    terms = rows.design.terms
    n, k = rows.design.matrix.shape
    text = f"Linear regression by least squares of {rows.outcome_name} on "
    text += ", ".join(term for term in terms.columns_of if term != "intercept") or "a constant"
    if weights is not None:
        text += f", weighted by {weights} (inverse variances)"
    text += f"; {variance.kind.described}"
    if variance.clusters:
        text += f", {clusters_said(rows, variance, by)}"
    if variance.freedom.rule == "satterthwaite":
        return f"{text}; t with Bell and McCaffrey's Satterthwaite degrees of freedom."
    named = "clusters less one" if variance.freedom.rule == "clusters" else f"{n} rows less {k}"
    return f"{text}; t with {variance.freedom.value:g} degrees of freedom ({named})."


def _notes(
    rows: Rows, design: Factor, solution: Solution, variance: Variance, by: str
) -> list[str]:
    names = rows.design.terms.names
    notes = []
    if design.condition > NEARLY_COLLINEAR:
        notes.append(
            f"Nearly collinear covariates (condition number {design.condition:.3g}): "
            f"{', '.join(names[j] for j in design.nearly)}. The data hardly tell them apart."
        )
    total = float(np.sum(rows.outcome**2))
    if solution.rss <= EXACT_FIT * total * (1.0 if rows.weights is None else rows.weights.max()):
        notes.append(
            f"{rows.outcome_name} is fitted exactly: standard errors and tests mean nothing."
        )
    return [*notes, *variance_notes(rows, variance, by)]
