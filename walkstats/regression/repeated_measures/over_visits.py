"""How does an outcome develop over the visits, when answers are missing? The model MMRM."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_flag, check_frame, check_level
from walkstats._labels import in_sentence
from walkstats.errors import FitError
from walkstats.numerics.least_squares import Factor, Solution, factor, leverages, solve
from walkstats.regression.count_rows import check_rank
from walkstats.regression.repeated_measures.constrained_baseline import (
    Constraint,
    constrain,
    constraint_of,
)
from walkstats.regression.repeated_measures.patterns import Patterns, sum_patterns
from walkstats.regression.repeated_measures.repeated_fits import RepeatedFit
from walkstats.regression.repeated_measures.search import Found, find_covariance
from walkstats.regression.repeated_measures.small_samples import (
    kenward_roger,
    satterthwaite,
    uncertainty_of,
)
from walkstats.regression.repeated_measures.structures import STRUCTURES, Structure
from walkstats.regression.repeated_measures.variances import variance_estimates
from walkstats.regression.repeated_measures.visit_rows import (
    VisitRows,
    check_enough,
    check_repeats,
    notes_on_visits,
    read_visits,
)
from walkstats.regression.rows import DEFAULT_SUBJECT, Rows
from walkstats.results import Freedom

Floats = NDArray[np.float64]

# How t gets its degrees of freedom, as a methods section says it.
FREEDOMS = {
    "satterthwaite": "t with Satterthwaite degrees of freedom",
    "kenward-roger": "standard errors and degrees of freedom of Kenward and Roger",
    "residual": "t with residual degrees of freedom",
    "normal": "Wald intervals",
}
# A residual sum of squares this small beside the total is rounding.
EXACT_FIT = 1e-20


def mmrm(
    frame: pd.DataFrame,
    formula: str,
    *,
    subject: str = DEFAULT_SUBJECT,
    visit: str,
    covariance: str = "unstructured",
    by: str | None = None,
    df: str = "satterthwaite",
    reml: bool = True,
    baseline: Any = None,
    arm: str = "arm",
    level: float = 0.95,
) -> RepeatedFit:
    """Learn how an outcome develops over planned visits, with people who miss some of them.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant and visit, answered or not.
    formula : str
        Outcome and covariates, the visit among them:
        ``"pain ~ arm * factor(month) + pain_baseline * factor(month)"``.
    subject : str
        Column of the participant.
    visit : str
        Column of the visit: numbers, or categories in order.
    covariance : str
        How the visits of one person vary together: "unstructured", "compound-symmetry", "ar1",
        "toeplitz", or "heterogeneous-" before one of the last three.
    by : str, optional
        Column of groups, such as the arm, that get a covariance each.
    df : {"satterthwaite", "kenward-roger", "residual", "normal"}
        Reference distribution. Kenward and Roger's needs ``reml`` and a covariance that is linear
        in its parameters: "unstructured", "compound-symmetry" or "toeplitz".
    reml : bool
        Restricted maximum likelihood, or maximum likelihood.
    baseline : object, optional
        The visit before randomisation, whose outcome is the baseline value: there the arms are held
        to have one mean. `walkstats.regression.baseline_as_visit` makes its rows.
    arm : str
        Column of the arm, for ``baseline``.
    level : float
        Confidence level.

    Returns
    -------
    RepeatedFit
        Estimates by term; ``fit.variance`` and ``fit.covariance_by_group`` of the visits;
        ``fit.state`` says how the search ended. ``visit_differences(fit)`` has what a trial
        reports: the arms at each visit.

    Raises
    ------
    ValueError
        For a formula or argument that cannot be used.
    DataError
        For an outcome that is not a number, rows without participant or visit, two rows of one
        visit of a participant.
    FitError
        For covariates that are combinations of others, one visit only, a visit of too few people,
        and pairs of visits at which nobody was seen.

    Notes
    -----
    The outcomes of one person are normal with mean X b and the covariance S of the visits at which
    they were seen; people are independent. Cholesky parameters of S (of "unstructured";
    otherwise log standard deviations and correlations) are found by Newton's method with exact
    derivatives, and b by generalised least squares. Satterthwaite's degrees of freedom take the
    covariance of the parameters from the observed information, as SAS and the R package mmrm do;
    they do not depend on how S is parametrised. Kenward and Roger's are in the linear form, again
    with the observed information (pbkrtest in R takes the expected one).

    What is missing may depend on outcomes that were seen and on covariates, and on nothing else
    (missing at random). A participant who was seen at some visits tells what is known from these;
    those without any outcome are left out and counted. ``df="residual"`` is rows less coefficients,
    which is too many: rows of one person are not independent.

    ``state`` is "boundary" where the covariance of the visits is singular, for instance because one
    visit repeats another or too few people were seen at all visits; there are then no degrees of
    freedom and no intervals.

    References
    ----------
    .. [1] Mallinckrodt CH, Lane PW, Schnell D, Peng Y, Mancuso JP (2008). Recommendations for the
       primary analysis of continuous endpoints in longitudinal clinical trials. *Drug Inf J*
       42:303-319. https://doi.org/10.1177/009286150804200402
    .. [2] Kenward MG, Roger JH (1997). Small sample inference for fixed effects from restricted
       maximum likelihood. *Biometrics* 53:983-997. https://doi.org/10.2307/2533558

    Examples
    --------
    Without missing answers, differences between two groups at a visit are those of a t test:

    >>> import pandas as pd
    >>> from walkstats import regression
    >>> visits = pd.DataFrame({
    ...     "participant_id": ["a", "b", "c", "d", "e", "f"] * 2,
    ...     "arm": ["control", "control", "control", "walking", "walking", "walking"] * 2,
    ...     "month": [3] * 6 + [6] * 6,
    ...     "pain": [6, 5, 4, 5, 3, 4, 5, 5, 4, 4, 2, 1]})
    >>> fit = regression.mmrm(visits, "pain ~ arm * factor(month)", visit="month")
    >>> found = regression.visit_differences(fit).differences.estimate("walking - control, month 6")
    >>> round(found.estimate, 3), round(found.df, 6)
    (-2.333, 4.0)
    """
    check_level(level)
    check_flag(reml, "reml")
    structure = STRUCTURES[check_choice(covariance, STRUCTURES, "covariance")]
    _check_freedom(check_choice(df, FREEDOMS, "df"), structure, reml)
    constraint = None if baseline is None else constraint_of(frame, arm, visit, baseline)
    shown = check_frame(frame) if constraint is None else constraint.held(frame)
    read = read_visits(frame, shown, formula, subject=subject, visit=visit, by=by)
    if constraint is not None:
        design = constrain(read.rows.design, constraint)
        read = replace(read, rows=replace(read.rows, design=design))
    problem = _pose(read, structure)
    found = find_covariance(structure, problem.patterns, problem.residuals, read.group, bool(reml))
    setting = _Setting(read, structure, problem, found, formula, df, bool(reml), level)
    return setting.fit(frame, subject, visit, by, constraint)


def _check_freedom(df: str, structure: Structure, reml: bool) -> None:
    if df != "kenward-roger":
        return
    if structure.linear is None:
        linear = ", ".join(repr(one.name) for one in STRUCTURES.values() if one.linear is not None)
        raise ValueError(
            "df='kenward-roger' is for covariances that are linear in their parameters "
            f"({linear}), not {structure.name!r}. Use df='satterthwaite'."
        )
    if not reml:
        raise ValueError("df='kenward-roger' rests on restricted maximum likelihood: reml=True.")


@dataclass(frozen=True, eq=False)
class _Problem:
    """The data, standardised: orthonormal columns, residuals of least squares of size 1.

    Attributes
    ----------
    design : Factor
    solution : Solution
        By least squares.
    scale : float
        Outcomes are divided by it.
    patterns : Patterns
    residuals : (N, T) array
        One row per person, missing where not seen.
    """

    design: Factor
    solution: Solution
    scale: float
    patterns: Patterns
    residuals: Floats


def _pose(read: VisitRows, structure: Structure) -> _Problem:
    rows, matrix = read.rows, read.rows.design.matrix
    n, k = matrix.shape
    if n <= k:
        raise FitError(
            f"{k} coefficients ({', '.join(rows.design.terms.names)}) cannot be estimated from {n} "
            "rows. Use fewer terms."
        )
    check_repeats(read, structure)
    design = factor(matrix)
    _check_cells(design, rows)
    check_rank(design, rows)
    solution = solve(design, rows.outcome)
    if solution.rss <= EXACT_FIT * float(np.sum(rows.outcome**2)):
        raise FitError(
            f"{rows.outcome_name} is fitted exactly: nothing is left to tell a variance from."
        )
    check_enough(read, structure, leverages(design))
    scale = float(np.sqrt(solution.rss / n))
    left = solution.residuals / scale
    visits = len(read.visits)
    patterns = sum_patterns(design.q, left, read.people, read.visit, read.group, visits)
    residuals = np.full((len(read.ids), visits), np.nan)
    residuals[read.people, read.visit] = left
    return _Problem(design, solution, scale, patterns, residuals)


def _check_cells(design: Factor, rows: Rows) -> None:
    """Say of a column without any row that nobody is there; to say it is constant helps less."""
    own = [one[0] for one in design.dependent]
    empty = [rows.design.terms.names[j] for j in own if not rows.design.matrix[:, j].any()]
    if empty:
        raise FitError(
            f"No row that can be used has {', '.join(empty)}: nobody was seen there. Leave out the "
            "level or the visit, or the interaction."
        )


@dataclass(frozen=True, eq=False)
class _Setting:
    """The setting of a fit, and how its parts are laid out."""

    read: VisitRows
    structure: Structure
    problem: _Problem
    found: Found
    formula: str
    df: str
    reml: bool
    level: float

    def fit(
        self,
        frame: pd.DataFrame,
        subject: str,
        visit: str,
        by: str | None,
        constraint: Constraint | None,
    ) -> RepeatedFit:
        """The result."""
        read, rows, here = self.read, self.read.rows, self.found.profile
        back = self.problem.design.back * self.problem.scale
        values = self.problem.solution.coefficients + back @ here.coefficients
        covariance, freedom = self._freedom(back)
        covariances = here.covariances * self.problem.scale**2
        columns = [subject, visit, *rows.design.terms.columns, *([by] if by else [])]
        if constraint is not None:
            columns.append(constraint.arm)
        names = rows.design.terms.names
        return RepeatedFit(
            terms=names,
            values=values,
            covariance=(covariance + covariance.T) / 2.0,
            freedom=freedom,
            level=self.level,
            measure=f"difference in {in_sentence(rows.outcome_name)}",
            aside=tuple(name for name in names if name == "intercept"),
            formula=self.formula,
            design=rows.design.terms,
            log_likelihood=-0.5 * self._deviance(),
            state=self.found.state,
            outcome_name=rows.outcome_name,
            variance=self._variance(covariances),
            covariance_by_group=dict(zip(read.groups, covariances, strict=True)),
            reml=self.reml,
            matrix=rows.design.matrix,
            outcome=rows.outcome,
            fitted=rows.design.matrix @ values,
            subjects=read.ids[read.people],
            kept=rows.kept,
            index=rows.index,
            structure=self.structure.name,
            subject=subject,
            visit=visit,
            by=by,
            visits=read.visits,
            visit_codes=read.visit,
            baseline=None if constraint is None else constraint.baseline,
            parameters=len(self.found.values),
            scaled_gradient=self.found.scaled_gradient,
            iterations=self.found.iterations,
            data=frame.iloc[rows.kept][list(dict.fromkeys(columns))],
            method=self._method(by, visit, constraint),
            notes=(*rows.design.notes, *self._notes(visit)),
            counts=rows.counts,
            source=rows.source,
        )

    def _freedom(self, back: Floats) -> tuple[Floats, Freedom]:
        """Covariance of the coefficients, and their degrees of freedom."""
        here = self.found.profile
        plain = back @ here.inverse @ back.T
        n, k = self.problem.design.q.shape
        if self.df == "normal":
            return plain, Freedom()
        if self.df == "residual":
            return plain, Freedom("residual", float(n - k))
        if self.found.state != "converged":
            return plain, Freedom(self.df, np.nan)
        if self.df == "satterthwaite":
            return plain, Freedom(self.df, np.nan, satterthwaite(here, back))
        pieces, larger = kenward_roger(here, self.structure, self.problem.patterns, back)
        return larger, Freedom(self.df, np.nan, pieces)

    def _deviance(self) -> float:
        """Minus twice the log-likelihood, on the scale of the outcome."""
        n, k = self.problem.design.q.shape
        free = n - k if self.reml else n
        deviance = self.found.profile.deviance
        deviance += free * (np.log(2.0 * np.pi) + 2.0 * np.log(self.problem.scale))
        if self.reml:
            deviance -= 2.0 * float(np.linalg.slogdet(self.problem.design.back)[1])
        return float(deviance)

    def _variance(self, covariances: Floats) -> Any:
        here, size = self.found.profile, self.problem.scale**2
        count = len(self.found.values)
        uncertainty = np.full((count, count), np.nan)
        if self.found.state == "converged":
            uncertainty = uncertainty_of(here.hessian)
        first = tuple(size * one for one in here.first)
        return variance_estimates(
            self.structure,
            covariances,
            first,
            uncertainty,
            self.read.visits,
            self.read.groups,
            self.level,
        )

    def _method(self, by: str | None, visit: str, constraint: Constraint | None) -> str:
        rows = self.read.rows
        terms = [term for term in rows.design.terms.columns_of if term != "intercept"]
        text = f"Linear model for repeated measures (MMRM) of {rows.outcome_name} on "
        text += f"{', '.join(terms) or 'a constant'}; {self.structure.described}"
        text += f" of the {len(self.read.visits)} visits ({visit})"
        if by is not None:
            text += f", by {by}"
        if constraint is not None:
            text += f"; arms held equal at baseline ({visit} {constraint.baseline})"
        text += "; restricted maximum likelihood" if self.reml else "; maximum likelihood"
        return f"{text}; {FREEDOMS[self.df]}."

    def _notes(self, visit: str) -> list[str]:
        read = self.read
        notes = notes_on_visits(read, self.structure, visit, read.rows.design.terms.columns)
        if self.found.state == "boundary":
            whole = int(np.sum(np.bincount(read.people) == len(read.visits)))
            notes.append(
                "The covariance of the visits is singular: a combination of visits does not vary, "
                f"because visits repeat one another or too few people ({whole}) were seen at all "
                f"{len(read.visits)}. There are no degrees of freedom and no intervals; use fewer "
                "visits or a covariance with fewer parameters."
            )
        if self.found.state == "not converged":
            notes.append("The search did not converge: do not use these numbers.")
        return notes
