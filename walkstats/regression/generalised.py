"""By what factor does a covariate multiply a rate, when the outcome is a count?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_level
from walkstats._clusters import columns_in_one_cluster, said_of_single_clusters
from walkstats.numerics.least_squares import Factor, factor
from walkstats.numerics.limits import chi2_p
from walkstats.numerics.sandwich import outer_sum, sandwich
from walkstats.regression.count_likelihood import (
    CountMaximum,
    CountModel,
    best_theta,
    deviance,
    leveraged,
    maximum,
    theta_information,
    told_apart,
)
from walkstats.regression.count_rows import (
    ERRORS,
    FAMILIES,
    check_counts,
    check_kind,
    check_rank,
    chosen_clusters,
    log_exposure,
    with_exposure,
)
from walkstats.regression.rows import DEFAULT_SUBJECT, Rows, read_rows
from walkstats.results import Fit, Freedom, HypothesisTest

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class CountFit(Fit):
    """A regression of counts.

    Attributes
    ----------
    family : {"poisson", "negative-binomial"}
    se : str
        Kind of standard error, a key of ``ERRORS``.
    alpha : float
        Extra variance: mu + alpha mu**2. 0 for Poisson counts.
    theta, theta_std_error : float
        1 / alpha, as R's glm.nb has it, and its standard error (infinite, missing for Poisson).
    overdispersion : HypothesisTest or None
        Likelihood-ratio test of alpha = 0 in a negative binomial model.
    deviance, null_deviance, pearson : float
        The null model has the intercept and the offset only.
    df_residual : int
    outcome_name : str
    outcome, fitted : (n,) arrays
        Counts and their means, of the rows used.
    matrix : (n, k) array
    offset : (n,) array
        Log exposure plus offset.
    cluster : (n,) integer codes or None
    kept : (n,) positions of the rows used in the frame given
    index : pandas.Index or None
    """

    link: str = "log"
    measure: str = "rate ratio"
    family: str = "poisson"
    se: str = "HC1"
    alpha: float = 0.0
    theta: float = np.inf
    theta_std_error: float = np.nan
    overdispersion: HypothesisTest | None = None
    deviance: float = np.nan
    null_deviance: float = np.nan
    pearson: float = np.nan
    df_residual: int = 0
    outcome_name: str = ""
    outcome: Floats = field(default_factory=lambda: np.empty(0))
    fitted: Floats = field(default_factory=lambda: np.empty(0))
    matrix: Floats = field(default_factory=lambda: np.empty((0, 0)))
    offset: Floats = field(default_factory=lambda: np.empty(0))
    cluster: NDArray[np.int64] | None = None
    kept: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    index: pd.Index | None = None

    @property
    def aic(self) -> float:
        """Akaike's information criterion; alpha counts as a parameter."""
        extra = 1 if self.family == "negative-binomial" else 0
        return -2.0 * self.log_likelihood + 2.0 * (len(self.terms) + extra)

    @property
    def dispersion(self) -> float:
        """Pearson's statistic per residual degree of freedom; 1 for Poisson counts."""
        return self.pearson / self.df_residual if self.df_residual else np.nan


def rate_regression(
    frame: pd.DataFrame,
    formula: str,
    *,
    family: str = "poisson",
    exposure: str | None = None,
    offset: str | None = None,
    se: str | None = None,
    cluster: str | None = None,
    level: float = 0.95,
    subject: str = DEFAULT_SUBJECT,
) -> CountFit:
    """Estimate by what factor covariates multiply the rate of events, from counts.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant, or per participant and period.
    formula : str
        Count and covariates: ``"recurrences ~ arm + age"``.
    family : {"poisson", "negative-binomial"}
        Variance of the counts: the mean mu, or mu + alpha mu**2.
    exposure : str, optional
        Column of the time observed [days], or of anything counts are proportional to. Without it
        ratios of means are estimated.
    offset : str, optional
        Column added to the linear predictor with coefficient 1.
    se : str, optional
        "model", "observed" (negative binomial), "quasi" (Poisson), "HC0" to "HC3"; "CR0", "CR1"
        for clusters. By default HC1 for Poisson counts, "model" for negative binomial ones, and CR1
        where rows are clustered.
    cluster : str, optional
        Column of clusters. By default the participant, where `subject` repeats.
    level : float
        Confidence level.
    subject : str
        Column of the participant.

    Returns
    -------
    CountFit
        ``fit.estimate("arm[walking]", ratio=True)`` is the rate ratio, ``fit.alpha`` the extra
        variance, ``fit.overdispersion`` its test.

    Raises
    ------
    ValueError
        For a formula or argument that cannot be used.
    DataError
        For counts that are no whole numbers from 0 on, for an exposure that is negative, and events
        without exposure.
    FitError
        For covariates that are combinations of others, more coefficients than rows, a single
        cluster, and no event at all.

    Notes
    -----
    Counts have means mu = exposure exp(x'b). Poisson regression estimates b well whenever that is
    right, whatever the variance; its model-based errors are too small where people differ, so
    robust ones are the default. Negative binomial counts arise when each person's rate has a gamma
    distribution, of variance alpha in relation to its mean. Its expected information takes alpha as
    known (R's glm.nb); "observed" does not (Stata, glmmTMB). Where alpha is estimated as zero,
    ``state`` is "boundary" and the fit is that of Poisson regression. The test of alpha = 0 refers
    to an equal mixture of chi-squared distributions with 0 and 1 degree of freedom.

    Exposure says that somebody followed half as long is expected to have half the events: rates are
    to be constant over follow-up, and its length no consequence of them. Rows without exposure and
    without events are left out and counted. Where a level has no events at all its coefficient is
    minus infinity; ``state`` says "infinite".

    References
    ----------
    .. [1] Lawless JF. Negative binomial and mixed Poisson regression. Can J Stat 1987;15:209-225.
       https://doi.org/10.2307/3314912

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import regression
    >>> counts = pd.DataFrame({
    ...     "arm": ["control"] * 4 + ["walking"] * 4, "days": [365, 365, 180, 365] * 2,
    ...     "recurrences": [4, 1, 2, 3, 2, 0, 1, 2]})
    >>> fit = regression.rate_regression(counts, "recurrences ~ arm", exposure="days")
    >>> round(fit.estimate("arm[walking]", ratio=True).estimate, 2)
    0.5
    """
    check_level(level)
    check_choice(family, FAMILIES, "family")
    kind = check_kind(se, family, cluster)
    followed, given, left_out = with_exposure(frame, formula, exposure)
    rows = read_rows(given, formula, weights=None, cluster=cluster, subject=subject)
    check_counts(rows)
    chosen, by, groups = chosen_clusters(rows, kind, family, cluster, subject)
    design = factor(rows.design.matrix)
    check_rank(design, rows)
    shift = log_exposure(given, rows, exposure, offset)
    model = CountModel(design.q, shift, rows.outcome)
    found = best_theta(model) if family == "negative-binomial" else maximum(model, np.inf)
    setting = _Setting(rows, design, model, family, chosen, by, groups, exposure, offset, level)
    return setting.fit(found, formula, frame, followed, left_out)


@dataclass(frozen=True, eq=False)
class _Setting:
    """The setting of a fit, and how its parts are laid out."""

    rows: Rows
    design: Factor
    model: CountModel
    family: str
    se: str
    by: str
    groups: Codes | None
    exposure: str | None
    offset: str | None
    level: float

    def fit(
        self,
        found: CountMaximum,
        formula: str,
        frame: pd.DataFrame,
        followed: NDArray[np.intp],
        left_out: dict[str, int],
    ) -> CountFit:
        """The result."""
        rows, y = self.rows, self.model.y
        infinite = self._infinite(found)
        covariance, freedom, pearson = self._covariance(found, infinite)
        null = self._null(found)
        finite = np.isfinite(found.theta)
        counts = replace(
            rows.counts,
            rows=len(frame),
            events=round(float(y.sum())),
            left_out={**left_out, **rows.counts.left_out},
        )
        values = self._values(found, infinite)
        common: dict[str, Any] = {
            "method": self._method(freedom),
            "notes": (*rows.design.notes, *self._notes(found, infinite)),
            "counts": counts,
            "source": rows.source,
        }
        return CountFit(
            terms=rows.design.terms.names,
            aside=tuple(name for name in rows.design.terms.names if name == "intercept"),
            values=values,
            covariance=covariance,
            freedom=freedom,
            level=self.level,
            formula=formula,
            design=rows.design.terms,
            log_likelihood=found.log_likelihood,
            log_likelihood_null=null.log_likelihood,
            state=found.state,
            family=self.family,
            se=self.se,
            alpha=1.0 / found.theta if finite else 0.0,
            theta=found.theta,
            theta_std_error=self._theta_error(found),
            overdispersion=self._overdispersion(found, common),
            deviance=deviance(y, found.mu, found.theta),
            null_deviance=deviance(y, null.mu, null.theta),
            pearson=pearson,
            df_residual=y.size - len(values),
            outcome_name=rows.outcome_name,
            outcome=y,
            fitted=found.mu,
            matrix=rows.design.matrix,
            offset=self.model.offset,
            cluster=self.groups,
            kept=followed[rows.kept],
            index=rows.index,
            **common,
        )

    def _values(self, found: CountMaximum, infinite: NDArray[np.bool_]) -> Floats:
        values = self.design.back @ found.g
        if found.direction is None:
            return values
        return np.where(infinite, np.copysign(np.inf, self.design.back @ found.direction), values)

    def _theta_error(self, found: CountMaximum) -> float:
        if not np.isfinite(found.theta):
            return np.nan
        return float(1.0 / np.sqrt(theta_information(self.model.y, found.mu, found.theta)))

    def _infinite(self, found: CountMaximum) -> NDArray[np.bool_]:
        """(k,) coefficients that run off."""
        if found.direction is None:
            return np.zeros(found.g.size, dtype=bool)
        moved = np.abs(self.design.back @ found.direction)
        spread = np.ptp(self.rows.design.matrix, axis=0)
        reach = moved * np.where(spread > 0, spread, 1.0)
        return reach > 1e-4 * reach.max()

    def _covariance(
        self, found: CountMaximum, infinite: NDArray[np.bool_]
    ) -> tuple[Floats, Freedom, float]:
        pieces = told_apart(self.model, found)
        lost = infinite | self._alone()
        unknown = lost | lost[:, None]
        if self.se in ("HC2", "HC3"):
            robust = leveraged(self.model, found, self.design, self.se)
            return np.where(unknown, np.nan, robust), Freedom(), pieces.pearson
        freedom, scale = Freedom(), 1.0
        n, k = self.model.q.shape
        middle = pieces.expected
        if self.se == "observed":
            middle = pieces.observed
        elif self.se == "quasi":
            scale = pieces.pearson / (n - k)
            freedom = Freedom("residual", float(n - k))
        elif self.se != "model":
            middle = sandwich(pieces.expected, outer_sum(pieces.scores, self.groups))
            scale, freedom = self._small_sample(n, k)
        covariance = scale * (self.design.back @ middle @ self.design.back.T)
        covariance = (covariance + covariance.T) / 2.0
        return np.where(unknown, np.nan, covariance), freedom, pieces.pearson

    def _alone(self) -> NDArray[np.bool_]:
        """(k,) coefficients that compare a level which lies in one cluster."""
        design = self.rows.design
        if self.groups is None:
            return np.zeros(design.matrix.shape[1], dtype=bool)
        return columns_in_one_cluster(design.matrix, design.terms.columns_of, self.groups)

    def _small_sample(self, n: int, k: int) -> tuple[float, Freedom]:
        """Factor of the sandwich, and its degrees of freedom."""
        if self.groups is None:
            return (n / (n - k) if self.se == "HC1" else 1.0), Freedom()
        clusters = int(self.groups.max()) + 1
        factor_ = clusters / (clusters - 1) if self.se == "CR1" else 1.0
        return factor_, Freedom("clusters", float(clusters - 1))

    def _null(self, found: CountMaximum) -> CountMaximum:
        """The model of intercept and offset; for a negative binomial model with theta held."""
        n = self.model.y.size
        alone = CountModel(np.full((n, 1), n**-0.5), self.model.offset, self.model.y)
        return maximum(alone, found.theta)

    def _overdispersion(self, found: CountMaximum, common: dict[str, Any]) -> HypothesisTest | None:
        if self.family != "negative-binomial" or found.state == "infinite":
            return None
        poisson = maximum(self.model, np.inf)
        statistic = max(0.0, 2.0 * (found.log_likelihood - poisson.log_likelihood))
        return HypothesisTest(
            name="likelihood-ratio test of overdispersion",
            null="alpha is 0: counts scatter as Poisson counts do.",
            statistic=statistic,
            df=1.0,
            # Half the weight lies on zero, where alpha is at the edge of what it can be.
            p_value=1.0 if statistic == 0.0 else 0.5 * float(chi2_p(statistic, 1.0)),
            parts={"log_likelihood_poisson": poisson.log_likelihood},
            **common,
        )

    def _method(self, freedom: Freedom) -> str:
        terms = [term for term in self.rows.design.terms.columns_of if term != "intercept"]
        text = f"{FAMILIES[self.family]} of {self.rows.outcome_name} on "
        text += ", ".join(terms) or "a constant"
        if self.exposure is not None:
            text += f", per {self.exposure} (log offset)"
        if self.offset is not None:
            text += f", offset {self.offset}"
        text += f"; {ERRORS[self.se].described}"
        if self.groups is not None:
            text += f", {int(self.groups.max()) + 1} clusters of {self.by}"
        if freedom.rule == "normal":
            return f"{text}; Wald intervals."
        return f"{text}; t with {freedom.value:g} degrees of freedom."

    def _notes(self, found: CountMaximum, infinite: NDArray[np.bool_]) -> list[str]:
        notes = said_of_single_clusters(self.rows.design.terms.names, self._alone())
        if found.state == "boundary":
            notes.append(
                "Counts scatter no more than Poisson counts: alpha is 0 and the model that of "
                "Poisson regression."
            )
        if found.state == "not converged":
            notes.append("The search did not converge: do not use these numbers.")
        if infinite.any():
            names = self.rows.design.terms.names
            listed = " and ".join(names[k] for k in np.flatnonzero(infinite))
            notes.append(
                f"{listed}: no finite coefficient, since where it sets rows apart there are no "
                "events. It has no standard error; merge levels, or leave it out."
            )
        if self.groups is None and self.rows.repeated:
            notes.append(
                f"{self.rows.repeated} participants have several rows, taken as independent."
            )
        return notes
