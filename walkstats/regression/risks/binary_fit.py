"""How is a regression of an event fitted and handed over?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.numerics.least_squares import factor
from walkstats.numerics.limits import chi2_p
from walkstats.regression.risks.binary_errors import (
    BinaryVariance,
    binary_variance,
)
from walkstats.regression.risks.binary_likelihood import (
    BinaryMaximum,
    BinaryModel,
    deviance,
    deviance_rows,
    working_design,
)
from walkstats.regression.risks.binary_links import LINKS
from walkstats.regression.risks.binary_rows import BinaryRows, check_columns
from walkstats.regression.risks.binary_wording import (
    method_of,
    notes_of,
    notes_of_errors,
    refuse_boundary,
)
from walkstats.regression.risks.likelihood_search import Asked, Fitting
from walkstats.results import Fit, HypothesisTest

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class BinaryFit(Fit):
    """A regression of an event that happens or does not.

    Attributes
    ----------
    family : str
        Scale on which covariates move the risk, and what is maximised: "logit", "probit",
        "cloglog", "log", "identity", "poisson" (modified Poisson), "squares".
    event : str
        What is modelled, e.g. "low = 1".
    se : str
        Kind of standard error.
    penalty : "firth" or None
    deviance, null_deviance, pearson : float
        The null model has the intercept only.
    df_residual : int
    outcome_name : str
    outcome, fitted : (n,) arrays
        Events (0 or 1) and their risks, of the rows used.
    matrix : (n, k) array
    weights : (n,) array or None
    naive_covariance : (k, k) array
        Model-based, also where ``covariance`` is robust.
    cluster : (n,) integer codes or None
    kept : (n,) positions of the rows used in the frame given
    index : pandas.Index or None
    """

    link: str = "logit"
    measure: str = "odds ratio"
    family: str = "logit"
    event: str = ""
    se: str = "model"
    penalty: str | None = None
    deviance: float = np.nan
    null_deviance: float = np.nan
    pearson: float = np.nan
    df_residual: int = 0
    outcome_name: str = ""
    outcome: Floats = field(default_factory=lambda: np.empty(0))
    fitted: Floats = field(default_factory=lambda: np.empty(0))
    matrix: Floats = field(default_factory=lambda: np.empty((0, 0)))
    weights: Floats | None = None
    naive_covariance: Floats = field(default_factory=lambda: np.empty((0, 0)))
    cluster: NDArray[np.int64] | None = None
    kept: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    index: pd.Index | None = None

    @property
    def aic(self) -> float:
        """Akaike's information criterion; meaningless for a working likelihood or a penalised."""
        if self.family in ("poisson", "squares") or self.penalty:
            return np.nan
        return -2.0 * self.log_likelihood + 2.0 * len(self.terms)

    @property
    def concordance(self) -> float:
        """Share of pairs, one with the event and one without, in which its risk is the higher."""
        ranks = pd.Series(self.fitted).rank().to_numpy()
        events = self.outcome > 0
        n, without = int(events.sum()), int((~events).sum())
        return float((ranks[events].sum() - n * (n + 1) / 2.0) / (n * without))

    @property
    def likelihood_ratio(self) -> HypothesisTest:
        """Test that no covariate matters, by the likelihood (penalised, where the fit is)."""
        statistic = 2.0 * (self.log_likelihood - self.log_likelihood_null)
        df = float(len([name for name in self.terms if name != "intercept"]))
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

    def residuals(self, kind: str = "pearson") -> Floats:
        """Residuals of the rows used: "pearson", "deviance" or "response" (n,)."""
        raw = self.outcome - self.fitted
        if kind == "response":
            return raw
        if kind == "pearson":
            return raw / np.sqrt(_variance(self.family, self.fitted))
        if kind != "deviance":
            raise ValueError(f"kind must be 'pearson', 'deviance' or 'response'; got {kind!r}.")
        ones = np.ones_like(raw)
        model = BinaryModel(np.empty((len(raw), 0)), self.outcome, ones, LINKS[self.family])
        return np.sign(raw) * np.sqrt(np.maximum(deviance_rows(model, self.fitted), 0.0))


def _variance(family: str, risk: Floats) -> Floats:
    """Variance of an outcome, as the working likelihood has it."""
    if family == "squares":
        return np.ones_like(risk)
    return risk if family == "poisson" else risk * (1.0 - risk)


def fit_binary(read: BinaryRows, asked: Asked) -> BinaryFit:
    """Fit and pack.

    Parameters
    ----------
    read : BinaryRows
    asked : Asked

    Returns
    -------
    BinaryFit

    Raises
    ------
    FitError
        For covariates that are combinations of others, more coefficients than rows, and a
        likelihood that is largest at the limits of what a risk can be.
    """
    rows = read.rows
    design = factor(rows.design.matrix)
    check_columns(design, rows)
    weights = np.ones(rows.outcome.size) if rows.weights is None else rows.weights
    model = BinaryModel(design.q, rows.outcome, weights, asked.link)
    fitting = Fitting(model, design, asked)
    found = fitting.maximum()
    if found.state == "boundary":
        refuse_boundary(read, asked.link, found)
    working, residuals, fitted = working_design(model, found, design.back)
    naive = working.back @ working.back.T
    variance = binary_variance(working, residuals, naive, asked.chosen, found.rows)
    return _pack(read, fitting, found, fitted, (naive, variance))


def _pack(
    read: BinaryRows,
    fitting: Fitting,
    found: BinaryMaximum,
    fitted: Floats,
    errors: tuple[Floats, BinaryVariance],
) -> BinaryFit:
    rows, asked, model = read.rows, fitting.asked, fitting.model
    infinite = np.zeros(len(found.g), dtype=bool) if found.open is None else found.open.infinite
    values = fitting.values(found)
    unknown = infinite | infinite[:, None]
    naive, variance = errors
    limits, statistics = fitting.profiles(found, values, naive)
    null, null_deviance = fitting.null()
    chosen, names = asked.chosen, rows.design.terms.names
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = model.weights * (model.y - fitted) ** 2 / _variance(asked.link.name, fitted)
    return BinaryFit(
        terms=names,
        aside=tuple(name for name in names if name == "intercept"),
        values=values,
        covariance=np.where(unknown, np.nan, variance.covariance),
        freedom=variance.freedom,
        link=asked.link.scale,
        measure=asked.link.measure,
        level=asked.level,
        limits=limits,
        statistics=statistics,
        formula=asked.formula,
        design=rows.design.terms,
        log_likelihood=found.log_likelihood,
        log_likelihood_null=null,
        state=found.state,
        family=asked.link.name,
        event=read.event,
        se=chosen.kind.name,
        penalty=asked.penalty,
        deviance=deviance(model, fitted),
        null_deviance=null_deviance,
        pearson=float(np.nansum(apart)),
        df_residual=model.y.size - len(names),
        outcome_name=rows.outcome_name,
        outcome=model.y,
        fitted=fitted,
        matrix=rows.design.matrix,
        weights=rows.weights,
        naive_covariance=np.where(unknown, np.nan, naive),
        cluster=chosen.groups,
        kept=rows.kept,
        index=rows.index,
        method=method_of(read, asked, variance),
        notes=(
            *rows.design.notes,
            *notes_of(read, fitting, found, limits),
            *notes_of_errors(read, chosen, variance),
        ),
        counts=rows.counts,
        source=rows.source,
    )
