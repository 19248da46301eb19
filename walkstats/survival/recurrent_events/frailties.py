"""By what factor does a covariate multiply the hazard within people who are more or less prone?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_column, check_level, check_positive
from walkstats._variables import without_blanks
from walkstats.errors import DataError, FitError
from walkstats.numerics.limits import chi2_p
from walkstats.results import Counts, CoxFit, Estimates, Fit, HypothesisTest
from walkstats.survival.people import PERSON
from walkstats.survival.proportional import TIES, cox
from walkstats.survival.recurrent_events.frailty_errors import FrailtyCovariance, covariances
from walkstats.survival.recurrent_events.frailty_likelihood import (
    FrailtyData,
    FrailtySolution,
    evaluate,
    solve,
)
from walkstats.survival.recurrent_events.frailty_variances import (
    FrailtyVariance,
    gamma_variance,
    gaussian_variance,
    integrated_log_likelihood,
)

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

DISTRIBUTIONS = {
    "gamma": "gamma frailties of mean 1, their variance by maximum integrated likelihood",
    "gaussian": "normal log frailties, their variance by approximate REML",
}
INFORMATION = ("diagonal", "full")


@dataclass(frozen=True, eq=False)
class FrailtyFit(Fit):
    """A Cox model with a frailty shared by the rows of a person.

    ``values`` are log hazard ratios between people of equal frailty; ``covariance`` holds the
    variance of the frailties as known.

    Attributes
    ----------
    distribution : {"gamma", "gaussian"}
    frailty_variance : Estimates
        The variance, with profile-likelihood limits for gamma frailties; no standard error.
    variance_test : HypothesisTest or None
        Likelihood-ratio test that the variance is zero; None for normal frailties and where the
        variance was given.
    frailties : pandas.DataFrame
        One row per person: the person, events, expected (given covariates and frailty),
        log_frailty, std_error, frailty.
    log_likelihood_partial : float
        The partial log-likelihood at the solution, frailties included, without the penalty.
    narrow_covariance : (k, k) array
        The unpenalised information between two of ``covariance``: R's ``var2``.
    degrees_of_freedom : mapping
        By term, and for "frailties": effective numbers.
    ties : str
    """

    link: str = "log"
    measure: str = "hazard ratio"
    distribution: str = "gamma"
    frailty_variance: Estimates | None = None
    variance_test: HypothesisTest | None = None
    frailties: pd.DataFrame = field(default_factory=pd.DataFrame)
    log_likelihood_partial: float = np.nan
    narrow_covariance: Floats = field(default_factory=lambda: np.empty((0, 0)))
    degrees_of_freedom: Mapping[str, float] = field(default_factory=dict)
    ties: str = "efron"


def shared_frailty(
    frame: pd.DataFrame,
    formula: str,
    *,
    subject: str = "participant_id",
    distribution: str = "gamma",
    variance: float | None = None,
    information: str = "diagonal",
    strata: Any = None,
    offset: str | None = None,
    ties: str = "efron",
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    level: float = 0.95,
) -> FrailtyFit:
    """Estimate hazard ratios between people who are equally prone to the event.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per spell of a participant, or per member of a group.
    formula : str
        Covariates, such as ``"arm + age"``; no left side, no intercept.
    subject : str
        Column of the person, or group, whose rows share a frailty.
    distribution : {"gamma", "gaussian"}
        Of the frailties (gamma), or of their logarithms (normal).
    variance : float, optional
        Hold the variance of the frailties at this value instead of estimating it.
    information : {"diagonal", "full"}
        Whether standard errors take the frailties' block of the information as diagonal, as R does
        with more than five groups, or in full.
    strata, offset, ties, time, event, event_value, entry, weights, frequencies, level
        As in `cox`; ties are "efron" or "breslow".

    Returns
    -------
    FrailtyFit
        ``fit.estimate("arm[walking]", ratio=True)``, ``fit.frailty_variance``,
        ``fit.variance_test``, ``fit.frailties``. ``state`` is "boundary" where the variance is
        zero.

    Raises
    ------
    ValueError
        For unknown columns and choices.
    DataError
        For follow-up or covariates that cannot be analysed, and a subject that is missing.
    FitError
        As `cox`, for a coefficient that is infinite without frailties, and where every row has its
        own subject.

    Notes
    -----
    The hazard in a row of person i with covariates x is u_i h0(t) exp(b'x). With v the variance of
    the frailties u, b and w = log u maximise the partial likelihood less a penalty: sum(u - w) / v
    for gamma frailties (of mean 1), sum(w**2) / (2 v) for normal log frailties [1]_. The variance
    of gamma frailties maximises the likelihood integrated over them; it is the solution that the EM
    algorithm reaches [2]_. It can be zero: the test of that refers twice the difference of
    log-likelihoods to an equal mixture of chi-squared distributions with 0 and 1 degree of freedom
    [3]_. The variance of normal log frailties solves v = w'w / (G - trace / v) with the trace of
    their block of the inverse information (McGilchrist 1993).

    The hazard ratios hold between people of equal frailty. Where the model is right they are the
    ratios of rates (`andersen_gill`) too, and lie further from 1 than the hazard ratio of the first
    event among all, whose more prone people leave the risk set sooner. Frailties are taken to be
    independent of the covariates at the start. Standard errors take the variance as known.

    References
    ----------
    .. [1] Therneau TM, Grambsch PM, Pankratz VS. Penalized survival models and frailty. J Comput
       Graph Stat 2003;12:156-175. https://doi.org/10.1198/1061860031365
    .. [2] Nielsen GG, Gill RD, Andersen PK, Sorensen TI. A counting process approach to maximum
       likelihood estimation in frailty models. Scand J Stat 1992;19:25-43.
    .. [3] Self SG, Liang KY. J Am Stat Assoc 1987;82:605-610.
       https://doi.org/10.1080/01621459.1987.10478472

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> spells = pd.DataFrame({
    ...     "participant_id": [1, 1, 1, 2, 3, 3, 3, 4, 5, 5, 6],
    ...     "arm": ["control"] * 6 + ["control"] + ["walking"] * 4,
    ...     "start_days": [0, 30, 60, 0, 0, 90, 120, 0, 0, 200, 0],
    ...     "stop_days": [30, 60, 365, 365, 90, 120, 150, 365, 200, 365, 365],
    ...     "event": [1, 1, 0, 0, 1, 1, 1, 0, 1, 0, 0]})
    >>> fit = survival.shared_frailty(spells, "arm", variance=0.5)
    >>> round(fit.estimate("arm[walking]", ratio=True).estimate, 2)
    0.18
    """
    check_level(level)
    check_choice(distribution, DISTRIBUTIONS, "distribution")
    check_choice(information, INFORMATION, "information")
    check_choice(ties, ("efron", "breslow"), "ties")
    held = None if variance is None else check_positive(variance, "variance")
    check_column(frame, subject, "the subject")
    plain = cox(
        frame, formula, strata=strata, offset=offset, ties=ties, robust=False, time=time,
        event=event, event_value=event_value, entry=entry, weights=weights,
        frequencies=frequencies, level=level, subject=None,
    )  # fmt: skip
    if plain.state != "converged":
        raise FitError(
            f"Without frailties the model is {plain.state}: {' '.join(plain.notes)} Leave the term "
            "out that separates those with events from those without."
        )
    person, names = _people(frame, subject, plain)
    data, scale = _data(plain, person, len(names))
    b = plain.values * scale
    found = _variance(data, distribution, b, plain.log_likelihood, held, level)
    plain = replace(plain, counts=_counted(frame, subject, plain, len(names)))
    packed = _Packed(plain, data, scale, distribution, held is None, information, subject, names)
    return packed.fit(found)


def _counted(frame: pd.DataFrame, subject: str, plain: CoxFit, groups: int) -> Counts | None:
    """The groups are the participants, unless the frame names these and they are more."""
    if plain.counts is None:
        return None
    known = frame[PERSON].iloc[plain.kept].nunique() if PERSON in frame.columns else 0
    if subject == PERSON or known <= groups:
        return replace(plain.counts, participants=groups)
    return replace(plain.counts, participants=known, clusters=groups)


def _people(frame: pd.DataFrame, subject: str, plain: CoxFit) -> tuple[Indices, pd.Index]:
    labels = frame[subject].iloc[plain.kept]
    codes, names = pd.factorize(labels)
    codes = without_blanks(codes, names)
    missing = np.flatnonzero(codes < 0)
    if missing.size:
        raise DataError.of(
            f"{subject} is missing in {missing.size} row{'' if missing.size == 1 else 's'}",
            column=subject,
            row=int(plain.kept[missing[0]]),
            count=int(missing.size),
            what_to_do="say whose these rows are, or leave them out on purpose",
        )
    if len(names) == codes.size:
        raise FitError(
            f"Every row has its own {subject}: a shared frailty needs people with several rows. "
            "Use cox."
        )
    if len(names) < 2:
        raise FitError(f"All rows belong to one {subject}: frailties cannot be told apart.")
    return codes.astype(np.intp), pd.Index(names)


def _data(plain: CoxFit, person: Indices, people: int) -> tuple[FrailtyData, Floats]:
    """The covariates centred and scaled, and the scale (k,) that coefficients gain by it."""
    sets = plain.risk_sets
    centred = plain.matrix - plain.matrix.mean(axis=0)
    scale = np.sqrt(np.mean(centred**2, axis=0))
    happened = np.where(sets.event & (sets.from_index <= sets.last), sets.mass, 0.0)
    events = np.bincount(person, happened, people).astype(np.float64)
    X = centred / scale
    return FrailtyData(X, person, people, events, sets, plain.offset, plain.ties == "efron"), scale


def _variance(
    data: FrailtyData,
    distribution: str,
    b: Floats,
    null: float,
    held: float | None,
    level: float,
) -> FrailtyVariance:
    if held is not None:
        found = solve(data, distribution, held, b, np.zeros(data.groups))
        return FrailtyVariance(found, "converged" if found.converged else "not converged")
    if distribution == "gaussian":
        return gaussian_variance(data, b)
    residuals = evaluate(b, np.zeros(data.groups), data).frailty_score
    return gamma_variance(data, b, residuals, null, level)


@dataclass(frozen=True, eq=False)
class _Packed:
    """The setting of a fit, and how its parts are laid out."""

    plain: CoxFit
    data: FrailtyData
    scale: Floats
    distribution: str
    estimated: bool
    information: str
    subject: str
    names: pd.Index

    def fit(self, found: FrailtyVariance) -> FrailtyFit:
        """The result."""
        plain, solution = self.plain, found.solution
        spread = self._spread(solution)
        values = plain.values if solution is None else solution.b / self.scale
        turn = np.outer(self.scale, self.scale)
        common: dict[str, Any] = {
            "method": self._method(),
            "notes": (*plain.notes, *self._notes(found)),
            "counts": plain.counts,
            "source": plain.source,
        }
        partial = plain.log_likelihood if solution is None else solution.here.log_likelihood
        return FrailtyFit(
            terms=plain.terms,
            values=values,
            covariance=plain.covariance if spread is None else spread.covariance / turn,
            level=plain.level,
            formula=plain.formula,
            design=plain.design,
            log_likelihood=self._log_likelihood(solution),
            log_likelihood_null=plain.log_likelihood,
            state=found.state,
            distribution=self.distribution,
            frailty_variance=self._of_variance(found, common),
            variance_test=self._test(solution, common),
            frailties=self._frailties(solution, spread),
            log_likelihood_partial=partial,
            narrow_covariance=plain.covariance if spread is None else spread.narrow / turn,
            degrees_of_freedom=self._freedom(spread),
            ties=plain.ties,
            **common,
        )

    def _said_of_variance(self, found: FrailtyVariance) -> list[str]:
        """The variance with its limits, where it was estimated and is not zero."""
        if not self.estimated or found.solution is None:
            return []
        text = f"Variance of the frailties {found.solution.variance:.3g}"
        if not np.isnan(found.high):
            level = 100 * self.plain.level
            text += f" ({level:g} % profile interval {found.low:.3g} to {found.high:.3g})"
        return [f"{text}."]

    def _spread(self, solution: FrailtySolution | None) -> FrailtyCovariance | None:
        if solution is None:
            return None
        return covariances(solution, whole=self.information == "full")

    def _freedom(self, spread: FrailtyCovariance | None) -> dict[str, float]:
        """Effective numbers of coefficients of each term, and of frailties."""
        assert self.plain.design is not None
        found = {}
        for term, at in self.plain.design.columns_of.items():
            found[term] = float(at.stop - at.start)
            if spread is not None:
                own = np.linalg.solve(spread.covariance[at, at], spread.narrow[at, at])
                found[term] = float(np.trace(own))
        return {**found, "frailties": 0.0 if spread is None else spread.frailty_freedom}

    def _log_likelihood(self, solution: FrailtySolution | None) -> float:
        if solution is None:
            return self.plain.log_likelihood
        if self.distribution != "gamma":
            return np.nan
        return integrated_log_likelihood(solution, self.data.events)

    def _of_variance(self, found: FrailtyVariance, common: dict[str, Any]) -> Estimates:
        value = 0.0 if found.solution is None else found.solution.variance
        return Estimates(
            terms=("frailty variance",),
            values=np.array([value]),
            covariance=np.full((1, 1), np.nan),
            level=self.plain.level,
            limits=np.array([[found.low, found.high]]),
            null=None,
            measure="variance of the frailties",
            **common,
        )

    def _test(
        self, solution: FrailtySolution | None, common: dict[str, Any]
    ) -> HypothesisTest | None:
        if self.distribution != "gamma" or not self.estimated:
            return None
        gain = self._log_likelihood(solution) - self.plain.log_likelihood
        statistic = max(0.0, 2.0 * gain)
        return HypothesisTest(
            name="likelihood-ratio test of the frailty variance",
            null="The variance of the frailties is zero: nobody is more prone than covariates say.",
            statistic=statistic,
            df=1.0,
            # Half the weight lies on zero, where the variance is at the edge of what it can be.
            p_value=1.0 if statistic == 0.0 else 0.5 * float(chi2_p(statistic, 1.0)),
            parts={"reference": "equal mixture of chi-squared with 0 and 1 degree of freedom"},
            **common,
        )

    def _frailties(
        self, solution: FrailtySolution | None, spread: FrailtyCovariance | None
    ) -> pd.DataFrame:
        people = self.data.groups
        if solution is None or spread is None:
            w, error = np.zeros(people), np.zeros(people)
            expected = evaluate(self.plain.values * self.scale, w, self.data).expected
        else:
            w, error = solution.w, np.sqrt(spread.frailty_variances)
            expected = solution.here.expected
        return pd.DataFrame(
            {
                self.subject: self.names,
                "events": self.data.events,
                "expected": expected,
                "log_frailty": w,
                "std_error": error,
                "frailty": np.exp(w),
            }
        )

    def _method(self) -> str:
        known = DISTRIBUTIONS[self.distribution]
        if not self.estimated:
            known = f"{known.partition(',')[0]}, their variance given"
        block = (
            "the information between frailties left out (as R does)"
            if self.information == "diagonal"
            else "the whole information"
        )
        strata = self.plain.strata
        text = (
            f"Cox proportional hazards model with a frailty shared within {self.subject}: {known}"
        )
        text += f"; {TIES[self.plain.ties]}"
        text += f"; stratified by {' and '.join(strata)}" if strata else ""
        said = self.plain.method.rpartition("Time ")
        when = f" {said[1]}{said[2]}" if said[1] else ""
        return (
            f"{text}. Hazard ratios between people of equal frailty; standard errors from {block}, "
            f"the variance of the frailties taken as known. Wald intervals.{when}"
        )

    def _notes(self, found: FrailtyVariance) -> list[str]:
        notes = self._said_of_variance(found)
        if found.state == "boundary":
            notes.append(
                "The variance of the frailties is estimated as zero: the model is the Cox model "
                "without frailties."
            )
        if found.state == "not converged":
            notes.append("The search did not converge: do not use these numbers.")
        if self.distribution == "gaussian" and self.estimated:
            notes.append("Normal log frailties have no test of their variance here; gamma ones do.")
        few = len(self.names)
        if few < 10:
            notes.append(f"{few} groups say little about the variance of their frailties.")
        return notes
