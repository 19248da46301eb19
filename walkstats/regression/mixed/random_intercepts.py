"""How does an outcome depend on covariates, where the same people are measured again?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_flag, check_level
from walkstats._labels import in_sentence
from walkstats.errors import FitError
from walkstats.numerics.contrast_freedom import Satterthwaite
from walkstats.numerics.least_squares import Factor
from walkstats.regression.count_rows import check_rank
from walkstats.regression.linear import NEARLY_COLLINEAR
from walkstats.regression.mixed.components import (
    Component,
    Scale,
    at_boundary,
    components_of,
    variance_estimates,
)
from walkstats.regression.mixed.contrast_freedom import freedom_of
from walkstats.regression.mixed.enlarged_covariance import enlarge
from walkstats.regression.mixed.likelihood import Shape, begin, height
from walkstats.regression.mixed.mixed_fits import LinearMixedFit, Pieces
from walkstats.regression.mixed.person_effects import predicted_effects, reaches
from walkstats.regression.mixed.person_rows import PersonRows, read_people
from walkstats.regression.mixed.person_sums import (
    Standardised,
    Sums,
    standardise,
    sum_by_person,
)
from walkstats.regression.mixed.valleys import Valley, descend
from walkstats.regression.mixed.wording import method_of, notes_of
from walkstats.regression.rows import DEFAULT_SUBJECT
from walkstats.results import Freedom

Floats = NDArray[np.float64]

FREEDOMS = ("satterthwaite", "kenward-roger", "normal")
# Residuals this small beside the outcome are rounding.
EXACT = 1e-12
# A standardised standard deviation (1: as large as the error of a person's own estimate) below
# this is 0.
NIL = 1e-5


def linear_mixed(
    frame: pd.DataFrame,
    formula: str,
    *,
    subject: str = DEFAULT_SUBJECT,
    random: str = "1",
    nested: str | None = None,
    correlated: bool = True,
    reml: bool = True,
    df: str = "satterthwaite",
    level: float = 0.95,
) -> LinearMixedFit:
    """Learn how an outcome changes with covariates, and how people differ in that.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per person and occasion.
    formula : str
        Outcome and covariates: ``"pain ~ arm * week + pain_baseline"``.
    subject : str
        Column of the person.
    random : str
        What differs between people beyond the covariates: ``"1"`` an intercept, ``"week"`` (or
        ``"1 + week"``) also a slope, ``"0 + week"`` a slope alone.
    nested : str, optional
        Column of groups within which people are (a clinic, a therapist): each adds a random
        intercept that its people share.
    correlated : bool
        Whether intercept and slopes of a person may correlate.
    reml : bool
        Restricted maximum likelihood; False for maximum likelihood, which a comparison of fixed
        parts needs.
    df : {"satterthwaite", "kenward-roger", "normal"}
        Degrees of freedom of the coefficients. Kenward and Roger's also enlarge the covariance, for
        variances that are estimated; they need REML.
    level : float
        Confidence level.

    Returns
    -------
    LinearMixedFit
        Estimates by term, ``variance`` (variances and correlations), ``random_effects`` (one row
        per person), ``sigma``, ``fitted_person``, ``aic``, ``bic``.

    Raises
    ------
    ValueError
        For a formula or argument that cannot be used.
    DataError
        For an outcome that is not a number, infinite values, or a person in several groups.
    FitError
        For covariates that are combinations of others (named), or people with too few rows.

    Notes
    -----
    For person i, y = X b + Z u + e with u ~ N(0, G) and e ~ N(0, s² I); a group in `nested` adds an
    intercept of its own. Errors are taken as independent given u: for answers that are more alike
    the closer in time they are, ``mmrm`` has other covariances. Coefficients are unbiased
    whichever holds, their standard errors are not.

    Missing answers may depend on what was observed (answers before, arm, covariates), not on what
    was not. Rows with a missing outcome, covariate, person or group are left out and counted.

    The deviance is minimised by Newton's method with exact derivatives, from sums of products by
    person; estimates are those of R's lme4 with its optimiser at full precision. Degrees of freedom
    are Satterthwaite's, as in lmerTest: 2 v² / (g'A g), with v the variance of a contrast, g its
    derivative by the variance parameters and A their covariance from the exact Hessian. Kenward
    and Roger's, as in pbkrtest, differ with few people and unbalanced data.

    A variance estimated as 0, or a correlation as 1 or -1, is at its boundary (``state``), and a
    note names it.

    References
    ----------
    .. [1] Laird NM, Ware JH (1982). Random-effects models for longitudinal data. *Biometrics*
       38:963-974. https://doi.org/10.2307/2529876
    .. [2] Bates D, Mächler M, Bolker B, Walker S (2015). Fitting linear mixed-effects models using
       lme4. *J Stat Softw* 67(1). https://doi.org/10.18637/jss.v067.i01
    .. [3] Kuznetsova A, Brockhoff PB, Christensen RHB (2017). lmerTest package: tests in linear
       mixed effects models. *J Stat Softw* 82(13). https://doi.org/10.18637/jss.v082.i13

    Examples
    --------
    Two measures of four people; balanced, so that the mean is that of all:

    >>> import pandas as pd
    >>> frame = pd.DataFrame({
    ...     "participant_id": ["a", "a", "b", "b", "c", "c", "d", "d"],
    ...     "week": [1, 2, 1, 2, 1, 2, 1, 2],
    ...     "pain": [5.0, 4.0, 7.0, 6.5, 3.0, 2.5, 6.0, 4.5],
    ... })
    >>> fit = linear_mixed(frame, "pain ~ week")
    >>> fit.values.round(3).tolist(), fit.estimate("week").df.__round__(6)
    ([6.125, -0.875], 3.0)
    >>> fit.variance.to_frame()[["term", "estimate"]].round(4).to_numpy().tolist()
    [['variance[intercept]', 2.7083], ['variance[residual]', 0.1146]]
    """
    check_level(level)
    check_choice(df, FREEDOMS, "df")
    if df == "kenward-roger" and not reml:
        raise ValueError("Kenward and Roger's degrees of freedom are those of REML: reml=True.")
    for value, name in ((correlated, "correlated"), (reml, "reml")):
        check_flag(value, name)
    read = read_people(frame, formula, subject=subject, random=random, nested=nested)
    fixed = _standardised(read)
    outer = None if read.home is None else read.home[read.people]
    sums = sum_by_person(fixed, read.random, read.people, outer, correlated)
    shape = Shape(sums.random, correlated or sums.random == 1, outer is not None)
    valley = settle(
        descend(lambda t: height(sums, shape, t, reml), begin(sums, shape)), sums, shape, reml
    )
    return _Packing(read, fixed, sums, shape, valley, reml, df, level).fit(formula, random)


def _standardised(read: PersonRows) -> Standardised:
    names = read.rows.design.terms.names
    n = len(read.rows.outcome)
    if n <= len(names):
        raise FitError(
            f"{len(names)} coefficients ({', '.join(names)}) cannot be estimated from {n} rows. "
            "Use fewer terms."
        )
    found = standardise(read.rows.design.matrix, read.rows.outcome)
    if isinstance(found, Factor):
        check_rank(found, read.rows)
        raise FitError("The data cannot tell the covariates apart.")
    if found.spread <= EXACT * float(np.linalg.norm(read.rows.outcome)):
        raise FitError(
            f"{read.rows.outcome_name} is fitted exactly by the covariates: nothing is left to "
            "vary between people."
        )
    return found


def settle(valley: Valley, sums: Sums, shape: Shape, reml: bool) -> Valley:
    """The same minimum with a variance that is as good as 0 at 0, and no negative diagonal."""
    values = np.array(valley.values)
    rows, columns = shape.cells
    for place in np.flatnonzero(rows == columns):
        if values[place] < 0:
            values[: len(rows)][columns == columns[place]] *= -1.0
    if shape.outer:
        values[-1] = abs(values[-1])
    diagonal = np.append(rows == columns, np.ones(int(shape.outer), dtype=bool))
    values[diagonal & (np.abs(values) < NIL)] = 0.0
    at = height(sums, shape, values, reml)
    if not at.deviance <= valley.at.deviance + 1e-7:
        return valley
    return Valley(values, at, valley.decrement, valley.converged, valley.steps)


@dataclass(frozen=True)
class _Packing:
    """Everything that the result is made of."""

    read: PersonRows
    fixed: Standardised
    sums: Sums
    shape: Shape
    valley: Valley
    reml: bool
    df: str
    level: float

    def fit(self, formula: str, random: str) -> LinearMixedFit:
        """The result."""
        read, at, shape = self.read, self.valley.at, self.shape
        freedom = freedom_of(at, shape.parameters, self.fixed.back, self.fixed.spread)
        scale = Scale(
            self.valley.values, at.variance, self.fixed.spread, self.sums.turn, freedom.uncertainty
        )
        found = components_of(scale, shape, read.random_terms.names, read.nested)
        edge = self._edge(found)
        method = method_of(read, correlated=shape.correlated, reml=self.reml, df=self.df)
        deviance = at.deviance + self._constant()
        return LinearMixedFit(
            formula=formula,
            random=random,
            level=self.level,
            reml=self.reml,
            deviance=deviance,
            log_likelihood=-deviance / 2.0,
            parameters=len(read.rows.design.terms.names) + shape.parameters + 1,
            scaled_gradient=float(np.sqrt(max(self.valley.decrement, 0.0))),
            sigma=float(np.sqrt(scale.residual)),
            state=self._state(edge),
            method=method,
            notes=(
                *read.notes,
                *self._nearly(),
                *notes_of(read, converged=self.valley.converged, edge=edge),
            ),
            variance=variance_estimates(found, scale.uncertainty, self.level, method),
            covariance_by_group=self._covariances(scale),
            pieces=self._pieces(scale),
            **self._coefficients(freedom, scale),
            **self._people(),
            **self._rows(),
        )

    def _coefficients(self, freedom: Satterthwaite, scale: Scale) -> dict[str, Any]:
        """What the result has as estimates of the fixed part."""
        terms = self.read.rows.design.terms
        covariance, chosen = self._covariance(freedom, scale)
        return {
            "terms": terms.names,
            "values": self._values(),
            "covariance": covariance,
            "freedom": chosen,
            "aside": tuple(name for name in terms.names if name == "intercept"),
            "measure": f"difference in {in_sentence(self.read.rows.outcome_name)}",
            "design": terms,
        }

    def _values(self) -> Floats:
        at = self.valley.at
        return self.fixed.start + self.fixed.spread * (self.fixed.back @ at.coefficients)

    def _people(self) -> dict[str, Any]:
        """What the result has by person, and by outer group."""
        read = self.read
        effects, groups = self._effects(self.valley.at.coefficients)
        fitted = read.rows.design.matrix @ self._values()
        return {
            "subject": read.subject,
            "nested": read.nested,
            "correlated": self.shape.correlated,
            "random_design": read.random_terms,
            "random_effects": self._table(effects, read.names, read.subject),
            "group_effects": self._group_table(groups),
            "subjects": read.names[read.people],
            "fitted": fitted,
            "fitted_person": fitted + self._own_part(effects, groups),
        }

    def _rows(self) -> dict[str, Any]:
        """What the result has by row, and where the rows come from."""
        rows = self.read.rows
        return {
            "outcome_name": rows.outcome_name,
            "outcome": rows.outcome,
            "matrix": rows.design.matrix,
            "kept": rows.kept,
            "index": rows.index,
            "counts": rows.counts,
            "source": rows.source,
        }

    def _covariance(self, freedom: Satterthwaite, scale: Scale) -> tuple[Floats, Freedom]:
        """Covariance of the coefficients and their degrees of freedom, as asked for."""
        if self.df == "normal":
            return freedom.covariance, Freedom()
        if self.df == "satterthwaite":
            return freedom.covariance, Freedom(self.df, np.nan, freedom)
        found = reaches(self.sums, self.shape, self.valley.values)
        covariance, pieces = enlarge(
            self.sums,
            self.shape,
            found,
            self.valley.at.information[0],
            scale.residual,
            self.fixed.back,
        )
        return covariance, Freedom(self.df, np.nan, pieces)

    def _nearly(self) -> list[str]:
        if self.fixed.condition <= NEARLY_COLLINEAR:
            return []
        names = self.read.rows.design.terms.names
        return [
            f"Nearly collinear covariates (condition number {self.fixed.condition:.3g}): "
            f"{', '.join(names[j] for j in self.fixed.nearly)}. The data hardly tell them apart."
        ]

    def _constant(self) -> float:
        free = self.valley.at.free
        volume = 2.0 * self.fixed.log_volume if self.reml else 0.0
        return 2.0 * free * float(np.log(self.fixed.spread)) - volume

    def _state(self, edge: list[str]) -> str:
        if not self.valley.converged:
            return "not converged"
        return "boundary" if edge else "converged"

    def _edge(self, found: list[Component]) -> list[str]:
        """What is at its boundary, in words."""
        said = [
            f"{one.name} is {one.value:.0f}"
            for one in found
            if at_boundary(one) and not np.isnan(one.value)
        ]
        lower = self.shape.triangle(self.valley.values)
        singular = np.linalg.svd(lower, compute_uv=False)[-1] <= NIL
        if not said and singular:
            said = ["the covariance of the random effects is singular"]
        return said

    def _covariances(self, scale: Scale) -> dict[str, Floats]:
        found = {"all": scale.covariance(self.shape)[0]}
        if self.read.nested is not None:
            found[self.read.nested] = scale.outer(self.shape)[:1, None]
        return found

    def _ranks(self) -> NDArray[np.intp]:
        """Place of each person in the sums, which are sorted by outer group and person."""
        people = len(self.read.names)
        if self.read.home is None:
            return np.arange(people)
        ranks = np.empty(people, dtype=np.intp)
        ranks[np.lexsort((np.arange(people), self.read.home))] = np.arange(people)
        return ranks

    def _effects(self, coefficients: Floats) -> tuple[Floats, Floats | None]:
        """Effects of people and groups, on the scale of the outcome."""
        found = reaches(self.sums, self.shape, self.valley.values)
        effects, groups = predicted_effects(self.sums, found, coefficients)
        spread = self.fixed.spread
        effects = spread * (effects @ self.sums.turn.T)[self._ranks()]
        return effects, None if groups is None else spread * groups

    def _own_part(self, effects: Floats, groups: Floats | None) -> Floats:
        own = np.einsum("nq,nq->n", self.read.random, effects[self.read.people])
        if groups is not None and self.read.home is not None:
            own = own + groups[self.read.home[self.read.people]]
        return np.asarray(own)

    def _table(self, effects: Floats, names: NDArray[np.object_], column: str) -> pd.DataFrame:
        table = pd.DataFrame(effects, columns=list(self.read.random_terms.names))
        table.insert(0, column, names)
        return table

    def _group_table(self, groups: Floats | None) -> pd.DataFrame | None:
        if groups is None:
            return None
        return pd.DataFrame({self.read.nested: self.read.outer_names, "intercept": groups})

    def _pieces(self, scale: Scale) -> Pieces:
        return Pieces(
            sums=self.sums,
            shape=self.shape,
            scale=scale,
            back=self.fixed.back,
            information=self.valley.at.information[0],
            coefficients=self.valley.at.coefficients,
            constant=self._constant(),
            people=self.read.people,
            names=self.read.names,
            ranks=self._ranks(),
            home=self.read.home,
            outer_names=self.read.outer_names,
        )
