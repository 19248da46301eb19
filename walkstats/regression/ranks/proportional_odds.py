"""By what factor does a covariate multiply the odds of a higher level, wherever one cuts?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_level
from walkstats._clusters import said_of_single_clusters
from walkstats._labels import in_sentence
from walkstats.numerics.least_squares import Factor, factor
from walkstats.numerics.limits import chi2_p
from walkstats.regression.linear import NEARLY_COLLINEAR
from walkstats.regression.ranks.cumulative_links import CUMULATIVE_LINKS, CumulativeLink
from walkstats.regression.ranks.cumulative_maximum import (
    CumulativeMaximum,
    centred,
    cumulative_maximum,
    cumulative_model,
    start_of,
)
from walkstats.regression.ranks.level_errors import (
    ORDINAL_ERRORS,
    LevelErrors,
    chosen_level_errors,
    level_covariances,
    terms_in_one_cluster,
)
from walkstats.regression.ranks.ordered_rows import OrderedRows, read_ordered
from walkstats.regression.risks.binary_rows import check_columns
from walkstats.regression.rows import DEFAULT_SUBJECT
from walkstats.regression.standard_errors import FEW_CLUSTERS
from walkstats.results import Fit, Freedom, HypothesisTest

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class OrdinalFit(Fit):
    """A regression of ordered levels.

    The terms are those of the covariates, then the thresholds (``mild|severe``), which are no
    effects.

    Attributes
    ----------
    family : {"logit", "probit", "cloglog"}
    levels : tuple of str
        Lowest first.
    se : str
        Kind of standard error.
    outcome_name : str
    outcome : (n,) integer codes of the levels
    matrix : (n, k) array
        Covariates, without a constant.
    weights : (n,) array or None
    naive_covariance : (j, j) array
        Model-based, also where ``covariance`` is robust.
    cluster : (n,) integer codes or None
    kept : (n,) positions of the rows used in the frame given
    index : pandas.Index or None
    """

    link: str = "logit"
    family: str = "logit"
    levels: tuple[str, ...] = ()
    se: str = "model"
    outcome_name: str = ""
    outcome: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    matrix: Floats = field(default_factory=lambda: np.empty((0, 0)))
    weights: Floats | None = None
    naive_covariance: Floats = field(default_factory=lambda: np.empty((0, 0)))
    cluster: NDArray[np.int64] | None = None
    kept: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    index: pd.Index | None = None

    @property
    def coefficients(self) -> Floats:
        """Of the covariates, (k,)."""
        return self.values[: len(self.terms) - len(self.levels) + 1]

    @property
    def thresholds(self) -> Floats:
        """Between neighbouring levels, ascending."""
        return self.values[len(self.terms) - len(self.levels) + 1 :]

    @property
    def aic(self) -> float:
        """Akaike's information criterion; thresholds count as parameters."""
        return -2.0 * self.log_likelihood + 2.0 * len(self.terms)

    @property
    def likelihood_ratio(self) -> HypothesisTest:
        """Test that no covariate matters, by the likelihood."""
        statistic = 2.0 * (self.log_likelihood - self.log_likelihood_null)
        df = float(len(self.coefficients))
        return HypothesisTest(
            name="likelihood-ratio test of all covariates",
            null="No covariate matters.",
            statistic=statistic,
            df=df,
            p_value=float(chi2_p(statistic, df)),
            method=self.method,
            notes=self.notes,
            counts=self.counts,
            source=self.source,
        )


def ordinal(
    frame: pd.DataFrame,
    formula: str,
    *,
    link: str = "logit",
    order: Sequence[Any] | None = None,
    se: str | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    level: float = 0.95,
    subject: str = DEFAULT_SUBJECT,
) -> OrdinalFit:
    """Estimate by what factor covariates multiply the odds of a higher level.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant.
    formula : str
        Levels and covariates: ``"global_change ~ arm + age"``. The levels are an ordered
        Categorical or numbers.
    link : {"logit", "probit", "cloglog"}
        Distribution behind the levels; "logit" is the proportional odds model.
    order : sequence, optional
        All levels, lowest first, where the column does not know their order.
    se : {"model", "HC0", "CR0", "CR1"}, optional
        Kind of standard error. By default "model"; HC0 with weights, and CR1 where rows are
        clustered.
    cluster : str, optional
        Column of clusters. By default the participant, where `subject` repeats.
    weights : str, optional
        Column of case weights, such as inverse probabilities. Rows of weight 0 are left out.
    frequencies : str, optional
        Column that says how many participants a row stands for.
    level : float
        Confidence level.
    subject : str
        Column of the participant.

    Returns
    -------
    OrdinalFit
        ``fit.estimate("arm[walking]", ratio=True)`` is the ratio of the odds of being above any
        level; ``fit.thresholds``.

    Raises
    ------
    ValueError
        For a formula or argument that cannot be used.
    DataError
        For an outcome whose order is not known, and numbers that are no levels.
    FitError
        For covariates that are combinations of others, more coefficients than rows, a single
        cluster, and an outcome of one level.

    Notes
    -----
    P(Y <= j) = F(threshold_j - x'b), so that a positive coefficient means higher levels (as in R's
    polr and clm). With the logit link exp(b) is the ratio of the odds of Y > j, the same for every
    j: `check_proportional_odds` tests that. The errors are those of the observed information.
    Levels without a row are left out of the model, and a note says so. Where the covariates set
    levels apart the likelihood rises for ever; ``state`` is "infinite".

    With two groups and no covariate the score of the proportional odds model is Wilcoxon's rank
    sum.

    References
    ----------
    .. [1] McCullagh P (1980). Regression models for ordinal data. *J R Stat Soc B* 42:109-142.
       https://doi.org/10.1111/j.2517-6161.1980.tb01109.x

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "arm": ["control"] * 3 + ["walking"] * 3, "pain": ["none", "mild", "severe"] * 2,
    ...     "n": [10, 20, 20, 20, 20, 10]})
    >>> fit = ordinal(table, "pain ~ arm", order=["none", "mild", "severe"], frequencies="n")
    >>> round(fit.estimate("arm[walking]", ratio=True).estimate, 2)
    0.38
    """
    check_level(level)
    chosen = CUMULATIVE_LINKS[check_choice(link, CUMULATIVE_LINKS, "link")]
    if se is not None:
        check_choice(se, ORDINAL_ERRORS, "se")
        if cluster is not None and not se.startswith("CR"):
            raise ValueError(
                f"se={se!r} takes rows as independent; with cluster={cluster!r} use 'CR0' or 'CR1'."
            )
    read = read_ordered(
        frame,
        formula,
        order=order,
        weights=weights,
        frequencies=frequencies,
        cluster=cluster,
        subject=subject,
    )
    default = "model" if weights is None else "HC0"
    errors = chosen_level_errors(read.rows, se, default, cluster, subject)
    columns, centre = centred(read.rows.design.matrix)
    design = factor(columns)
    check_columns(design, read.rows)
    return _fitted(read, chosen, design, centre, errors, _Said(formula, weights or "", level))


def check_ordinal(fit: object) -> None:
    """Refuse a fit of another kind."""
    if not isinstance(fit, OrdinalFit):
        raise ValueError(f"{type(fit).__name__} is no fit of ordinal().")


@dataclass(frozen=True)
class _Said:
    """What the user wrote."""

    formula: str
    weighted: str
    level: float


def _outward(design: Factor, centre: Floats, cuts: int) -> Floats:
    """From the parameters of the search to coefficients, then thresholds."""
    k = len(centre)
    turn = np.zeros((k + cuts, cuts + k))
    turn[:k, cuts:] = design.back
    turn[k:, :cuts] = np.eye(cuts)
    turn[k:, cuts:] = centre @ design.back
    return turn


def _fitted(
    read: OrderedRows,
    link: CumulativeLink,
    design: Factor,
    centre: Floats,
    errors: LevelErrors,
    said: _Said,
) -> OrdinalFit:
    rows, codes = read.rows, read.rows.outcome.astype(np.int64)
    weights = np.ones(codes.size) if rows.weights is None else rows.weights
    model = cumulative_model(codes, design.q, weights, link)
    start = start_of(codes, weights, link, len(centre))
    turn = _outward(design, centre, len(read.levels) - 1)
    found = cumulative_maximum(model, start, turn)
    naive, covariance, freedom = level_covariances(found, errors, rows, turn)
    values = turn @ found.phi
    infinite = np.zeros(len(values), dtype=bool)
    if found.open is not None:
        infinite = found.open.infinite
        values[infinite] = found.open.signs[infinite] * np.inf
    alone = terms_in_one_cluster(rows, errors, len(values))
    unknown = infinite | infinite[:, None]
    covariance = np.where(alone | alone[:, None], np.nan, covariance)
    cuts = tuple(f"{a}|{b}" for a, b in zip(read.levels[:-1], read.levels[1:], strict=True))
    names = rows.design.terms.names
    return OrdinalFit(
        terms=(*names, *cuts),
        aside=cuts,
        values=values,
        covariance=np.where(unknown, np.nan, covariance),
        freedom=freedom,
        link=link.scale,
        measure=link.measure,
        level=said.level,
        formula=said.formula,
        design=rows.design.terms,
        log_likelihood=found.log_likelihood,
        log_likelihood_null=_null(codes, weights),
        state=found.state,
        family=link.name,
        levels=read.levels,
        se=errors.kind,
        outcome_name=rows.outcome_name,
        outcome=codes,
        matrix=rows.design.matrix,
        weights=rows.weights,
        naive_covariance=np.where(unknown, np.nan, naive),
        cluster=errors.groups,
        kept=rows.kept,
        index=rows.index,
        method=_method(read, link, errors, freedom, said),
        notes=(
            *rows.design.notes,
            *_notes(read, design, found, infinite, errors, (*names, *cuts)),
            *said_of_single_clusters((*names, *cuts), alone),
        ),
        counts=rows.counts,
        source=rows.source,
    )


def _null(codes: NDArray[np.int64], weights: Floats) -> float:
    """Log-likelihood of the shares of the levels."""
    each = np.bincount(codes, weights)
    return float(each @ np.log(each / each.sum()))


def _method(
    read: OrderedRows, link: CumulativeLink, errors: LevelErrors, freedom: Freedom, said: _Said
) -> str:
    rows = read.rows
    text = f"{link.described} of {in_sentence(rows.outcome_name)} ({' < '.join(read.levels)}) on "
    text += ", ".join(rows.design.terms.columns_of)
    if said.weighted:
        text += f", weighted by {said.weighted}"
    text += f"; positive coefficients mean higher levels; {ORDINAL_ERRORS[errors.kind]}"
    if errors.groups is not None:
        text += f", {int(errors.groups.max()) + 1} clusters of {errors.by}"
        return f"{text}; t with {freedom.value:g} degrees of freedom (clusters less one)."
    return f"{text}; Wald intervals."


def _notes(
    read: OrderedRows,
    design: Factor,
    found: CumulativeMaximum,
    infinite: NDArray[np.bool_],
    errors: LevelErrors,
    names: tuple[str, ...],
) -> list[str]:
    notes, rows = [], read.rows
    if design.condition > NEARLY_COLLINEAR:
        notes.append(
            f"Nearly collinear covariates (condition number {design.condition:.3g}): "
            f"{', '.join(names[j] for j in design.nearly)}. The data hardly tell them apart."
        )
    if found.state == "not converged":
        notes.append("The search did not converge: do not use these numbers.")
    if infinite.any():
        listed = " and ".join(names[k] for k in np.flatnonzero(infinite))
        notes.append(
            f"{listed}: no finite value, since the covariates set levels of {rows.outcome_name} "
            "apart. It has no standard error; merge levels, or leave it out."
        )
    if errors.groups is None and rows.repeated:
        notes.append(f"{rows.repeated} participants have several rows, taken as independent.")
    if errors.groups is not None and errors.groups.max() + 1 < FEW_CLUSTERS:
        notes.append(
            f"{errors.kind} standard errors are too small with {errors.groups.max() + 1} clusters."
        )
    return notes
