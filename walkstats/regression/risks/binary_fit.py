"""How is a regression of an event fitted and handed over?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.errors import FitError
from walkstats.numerics.least_squares import Factor, factor
from walkstats.numerics.limits import chi2_p
from walkstats.numerics.newton import maximise
from walkstats.numerics.profiles import Profile, limit_pair, limit_towards, signed_root
from walkstats.regression.linear import NEARLY_COLLINEAR
from walkstats.regression.risks.binary_errors import (
    BinaryVariance,
    Chosen,
    binary_variance,
)
from walkstats.regression.risks.binary_likelihood import (
    BinaryMaximum,
    BinaryModel,
    Evaluate,
    deviance,
    deviance_rows,
    evaluation,
    maximum,
    start,
    working_design,
)
from walkstats.regression.risks.binary_links import LINKS, Link
from walkstats.regression.risks.binary_rows import BinaryRows, check_columns
from walkstats.regression.risks.penalised_likelihood import penalised_evaluation
from walkstats.regression.standard_errors import FEW_CLUSTERS
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


@dataclass(frozen=True, eq=False)
class Asked:
    """What is to be fitted.

    Attributes
    ----------
    formula : str
    link : Link
    chosen : Chosen
    penalty : "firth" or None
    profile : bool
        Whether intervals and tests are those of the profile likelihood.
    weighted : str
        Name of the case weights; empty without.
    level : float
    """

    formula: str
    link: Link
    chosen: Chosen
    penalty: str | None = None
    profile: bool = False
    weighted: str = ""
    level: float = 0.95


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
    fitting = _Fitting(model, design, asked)
    found = fitting.maximum()
    if found.state == "boundary":
        _refuse_boundary(read, asked.link, found)
    working, residuals, fitted = working_design(model, found, design.back)
    naive = working.back @ working.back.T
    variance = binary_variance(working, residuals, naive, asked.chosen, found.rows)
    return _pack(read, fitting, found, fitted, (naive, variance))


def _refuse_boundary(read: BinaryRows, link: Link, found: BinaryMaximum) -> None:
    ways = "model='poisson'" if link.name == "log" else "model='least-squares'"
    raise FitError(
        f"The likelihood is largest where risks of {read.event} are 0 or 1 (those fitted reach "
        f"from {link.working(found.eta)[0].min():.3g} to "
        f"{link.working(found.eta)[0].max():.3g}), where no standard error holds. Use {ways}, or "
        "standardised_risks after logistic."
    )


def _pack(
    read: BinaryRows,
    fitting: _Fitting,
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
        method=_method(read, asked, variance),
        notes=(
            *rows.design.notes,
            *_notes(read, fitting, found, limits),
            *_notes_of_errors(read, chosen, variance),
        ),
        counts=rows.counts,
        source=rows.source,
    )


@dataclass(frozen=True, eq=False)
class _Fitting:
    """A model, its covariates as factored, and what is asked of it."""

    model: BinaryModel
    design: Factor
    asked: Asked

    @property
    def shift(self) -> float:
        """From the penalised likelihood of Q's coefficients to that of the covariates'."""
        return -float(np.linalg.slogdet(self.design.back)[1]) if self.asked.penalty else 0.0

    def evaluate(self, model: BinaryModel) -> Evaluate:
        return penalised_evaluation(model) if self.asked.penalty else evaluation(model)

    def maximum(self) -> BinaryMaximum:
        model = self.model
        if self.asked.penalty is None:
            return maximum(model, self.design.back)
        found = maximise(self.evaluate(model), start(model), longest=model.longest)
        every = np.ones(len(model.y), dtype=bool)
        height = found.log_likelihood + self.shift
        return BinaryMaximum(found.values, model.q @ found.values, height, found.state, every)

    def values(self, found: BinaryMaximum) -> Floats:
        """Coefficients of the covariates, infinite where the likelihood says so."""
        values = self.design.back @ found.g
        if found.open is None:
            return values
        values[found.open.infinite] = found.open.signs[found.open.infinite] * np.inf
        return values

    def null(self) -> tuple[float, float]:
        """Log-likelihood and deviance with the intercept only."""
        model, n = self.model, self.model.y.size
        mean = float(np.average(model.y, weights=model.weights))
        eta = np.full(n, model.link.eta(mean))
        height = float(model.weights @ model.link.rows(eta, model.y)[0])
        flat = deviance(model, np.full(n, mean))
        if self.asked.penalty:
            constant = np.ptp(self.design.matrix, axis=0) == 0.0
            if not constant.all():
                held = Profile(self.evaluate(model), self.design.back[~constant], start(model))
                height = held.at(np.zeros(int((~constant).sum()))) + self.shift
        return height, flat

    def profiles(
        self, found: BinaryMaximum, values: Floats, naive: Floats
    ) -> tuple[Floats | None, Floats | None]:
        """Limits and signed roots of the profile likelihood, where they are asked for or due."""
        if self.asked.chosen.kind.name != "model" or found.state == "not converged":
            return None, None
        if not self.asked.profile and found.open is None:
            return None, None
        limits, roots = np.full((len(values), 2), np.nan), np.full(len(values), np.nan)
        errors = np.sqrt(np.diag(naive))
        for k, value in enumerate(values):
            if np.isfinite(value) and not self.asked.profile:
                limits[k] = np.nan
                continue
            profile = self._profile(found, k, bool(np.isfinite(value)))
            if profile is None:
                continue
            height, level = found.log_likelihood - self.shift, self.asked.level
            if np.isfinite(value):
                limits[k] = limit_pair(profile, value, errors[k], height, level)
            else:
                scale = float(np.linalg.norm(self.design.back[k])) / np.sqrt(len(self.model.y))
                limits[k] = limit_towards(profile, np.sign(value), scale, height, level)
            roots[k] = signed_root(profile, value, height)
        if not self.asked.profile:
            known = ~np.isfinite(values)
            wald = np.where(errors > 0, values / np.where(errors > 0, errors, 1.0), np.nan)
            roots = np.where(known, roots, wald)
        return limits, roots

    def _profile(self, found: BinaryMaximum, k: int, finite: bool) -> Profile | None:
        """The profile of coefficient k; None where others stay infinite when it is held."""
        model, row = self.model, self.design.back[k]
        if found.open is None:
            return Profile(self.evaluate(model), row, found.g, model.longest)
        basis = found.open.basis
        if finite:
            inner = model.kept(found.rows, basis)
            begin = basis.T @ found.g
            return Profile(self.evaluate(inner), row @ basis, begin, model.longest)
        if basis.shape[1] < len(row) - 1:
            return None
        return Profile(self.evaluate(model), row, start(model), model.longest)


def _method(read: BinaryRows, asked: Asked, variance: BinaryVariance) -> str:
    terms = [term for term in read.rows.design.terms.columns_of if term != "intercept"]
    text = f"{asked.link.described} of {read.event} on {', '.join(terms) or 'a constant'}"
    if asked.penalty:
        text += ", Firth's penalised likelihood"
    if asked.weighted:
        text += f", weighted by {asked.weighted}"
    text += f"; {asked.chosen.kind.described}"
    if asked.chosen.clusters:
        text += f", {asked.chosen.clusters} clusters of {asked.chosen.by}"
    if asked.profile:
        return f"{text}; profile-likelihood intervals and likelihood-ratio tests of single terms."
    if variance.freedom.rule == "normal":
        return f"{text}; Wald intervals."
    if variance.freedom.rule == "satterthwaite":
        return f"{text}; t with Bell and McCaffrey's Satterthwaite degrees of freedom."
    return f"{text}; t with {variance.freedom.value:g} degrees of freedom (clusters less one)."


def _notes(
    read: BinaryRows, fitting: _Fitting, found: BinaryMaximum, limits: Floats | None
) -> list[str]:
    names, notes, design = read.rows.design.terms.names, [], fitting.design
    if design.condition > NEARLY_COLLINEAR:
        notes.append(
            f"Nearly collinear covariates (condition number {design.condition:.3g}): "
            f"{', '.join(names[j] for j in design.nearly)}. The data hardly tell them apart."
        )
    if found.state == "not converged":
        notes.append("The search did not converge: do not use these numbers.")
    if found.open is not None:
        notes.append(_said_of_infinity(names, found.open.infinite, read.event, fitting, limits))
    if fitting.asked.link.name in ("poisson", "squares"):
        beyond = (found.eta > (0.0 if fitting.asked.link.name == "poisson" else 1.0)).sum()
        below = (found.eta < 0.0).sum() if fitting.asked.link.name == "squares" else 0
        if beyond + below:
            notes.append(f"{beyond + below} fitted risk(s) lie outside 0 to 1.")
    return notes


def _said_of_infinity(
    names: tuple[str, ...], infinite: Booleans, event: str, fitting: _Fitting, limits: Floats | None
) -> str:
    listed = " and ".join(names[k] for k in np.flatnonzero(infinite))
    why = f"the covariates set apart rows with {event} from rows without (separation)"
    if fitting.asked.link.rises != "towards the outcome":
        why = f"where it sets rows apart none has {event}"
    text = f"{listed}: no finite coefficient, since {why}. "
    if limits is not None and not np.isnan(limits[infinite]).all():
        return text + "The limits are those of the profile likelihood; penalty='firth' is finite."
    if fitting.asked.link.name == "logit":
        return text + "It has no standard error; penalty='firth' gives a finite one."
    return text + "It has no standard error; merge levels, or leave it out."


def _notes_of_errors(read: BinaryRows, chosen: Chosen, variance: BinaryVariance) -> list[str]:
    notes, rows = [], read.rows
    if chosen.groups is None and rows.repeated:
        notes.append(f"{rows.repeated} participants have several rows, taken as independent.")
    if chosen.kind.name in ("CR0", "CR1") and 0 < chosen.clusters < FEW_CLUSTERS:
        notes.append(
            f"{chosen.kind.name} standard errors are too small with {chosen.clusters} clusters; "
            "CR2 is not."
        )
    if variance.unknown:
        named = ", ".join(rows.design.terms.names[j] for j in variance.unknown)
        what = f"one cluster of {chosen.by}" if chosen.clusters else "one row"
        notes.append(f"No standard error for {named}, which rests on {what} alone.")
    return notes
