"""What share of the same people would have the event in one arm, and in the other?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_frame, check_level
from walkstats.errors import DataError
from walkstats.numerics.limits import probability_limits
from walkstats.numerics.sandwich import cluster_sums
from walkstats.regression.risks.predicted import check_usable, checked_matrix, link_of
from walkstats.results import Counts, Estimates, Fit
from walkstats.results.frozen import Result

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StandardisedRisks(Result):
    """Average risk of the same people under each value of a covariate.

    Attributes
    ----------
    by_group : Estimates
        Risks, one term per value.
    risk_difference, risk_ratio, odds_ratio : Estimates
        Contrasts with the first value; the odds ratio is that of the average risks (marginal).
    """

    by_group: Estimates
    risk_difference: Estimates
    risk_ratio: Estimates
    odds_ratio: Estimates

    def to_frame(self) -> pd.DataFrame:
        """One row per measure and term; ratios as ratios."""
        parts = []
        for estimates in (self.by_group, self.risk_difference, self.risk_ratio, self.odds_ratio):
            frame = estimates.to_frame(ratio=estimates.link != "identity")
            frame.insert(0, "measure", estimates.measure)
            parts.append(frame)
        return pd.concat(parts, ignore_index=True)


def standardised_risks(
    fit: Fit,
    people: pd.DataFrame,
    by: str,
    *,
    at: Sequence[Any] | None = None,
    sampled: bool = True,
    level: float = 0.95,
) -> StandardisedRisks:
    """Average the predicted risk of people, once as if all were in each arm.

    Parameters
    ----------
    fit : BinaryFit or GeeFit
        Of `logistic`, of another model of the risk, or of `gee` with ``family="binomial"``.
    people : pandas.DataFrame
        One row per person to average over, with the columns of the formula: the participants of
        the trial, as a rule.
    by : str
        Column of the formula whose values are set for everybody.
    at : sequence, optional
        The values to set; the first is compared with. By default the levels of a factor, and 0 and
        1 for a number that lies between these.
    sampled : bool
        People are a sample of those to whom the answer applies, and others would have other
        covariates. False: the answer is for these people.
    level : float
        Confidence level.

    Returns
    -------
    StandardisedRisks
        ``risk_difference.estimate("arm[walking]")`` is the standardised risk difference.

    Raises
    ------
    ValueError
        For a column that the model does not have, values that are not said, and a fit of something
        else than an event.
    DataError
        For missing columns or values, and levels that the model has not seen.
    FitError
        For a fit with infinite coefficients, or one that did not converge.

    Notes
    -----
    The risk under a value is the mean over people of the predicted risk with that value set
    (g-computation). In a randomised trial the difference has the meaning of the unadjusted one, and
    is more precise where the covariates foretell the outcome; other than the odds ratio of the
    model it does not change its meaning with the covariates. The variance is that of the
    coefficients by the delta method (robust where the fit's is) and, when ``sampled``, that of the
    mean over people; rows of one cluster of the fit count together where ``people`` are the rows
    of the fit.

    References
    ----------
    .. [1] Localio AR, Margolis DJ, Berlin JA (2007). Relative risks and confidence intervals were
       easily computed indirectly from multivariable logistic regression. *J Clin Epidemiol*
       60:874-882. https://doi.org/10.1016/j.jclinepi.2006.12.001
    .. [2] Ye T, Bannick M, Yi Y, Shao J (2023). Robust variance estimation for covariate-adjusted
       unconditional treatment effect in randomized clinical trials with binary outcomes. *Stat
       Theory Relat Fields* 7:159-163. https://doi.org/10.1080/24754269.2023.2205802

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.regression import logistic
    >>> table = pd.DataFrame({"arm": ["control"] * 4 + ["walking"] * 4, "better": [1, 0, 0, 0] * 2})
    >>> table.loc[5, "better"] = 1
    >>> found = standardised_risks(logistic(table, "better ~ arm"), table, "arm")
    >>> round(found.risk_difference.estimate("arm[walking]").estimate, 2)
    0.25
    """
    level = check_level(level)
    check_frame(people, "people")
    check_usable(fit)
    values = _values_of(fit, by, at)
    if by not in people.columns:
        raise DataError.of(f"the people lack the column {by}", column=by)
    averages = _averages(fit, people, by, values)
    covariance = averages.gradient @ fit.covariance @ averages.gradient.T
    clusters, said = _clusters(fit, len(people)), ""
    if sampled:
        covariance = covariance + _of_people(averages.each, clusters)
        said = ", and of the mean over people as a sample"
    known: dict[str, Any] = {
        "level": level,
        "method": f"{fit.method} Risks averaged over {len(people)} people with {by} set "
        f"(g-computation); delta-method variance of the coefficients{said}.",
        "notes": fit.notes,
        "source": fit.source,
        "counts": Counts(len(people), len(people), len(people)),
    }
    names = tuple(str(value) for value in values)
    terms = tuple(f"{by}[{name}]" for name in names[1:])
    return _contrasts(fit, names, terms, averages.means, covariance, known)


def _values_of(fit: Fit, by: str, at: Sequence[Any] | None) -> list[Any]:
    assert fit.design is not None
    terms = fit.design
    if by not in [str(column) for column in terms.columns]:
        known = ", ".join(str(column) for column in terms.columns) or "none"
        raise ValueError(f"The model has no covariate {by!r}. It has: {known}.")
    if at is not None:
        values = list(at)
        if len(values) < 2:
            raise ValueError(f"at must give two or more values of {by}; got {values!r}.")
        return values
    if by in terms.levels:
        return list(terms.levels[by])
    if terms.ranges.get(by) == (0.0, 1.0):
        return [0, 1]
    low, high = terms.ranges[by]
    raise ValueError(f"{by} runs from {low:g} to {high:g}: say which values to compare, at=(...).")


@dataclass(frozen=True, eq=False)
class _Averages:
    """Mean risks (g,), their gradients (g, k), and the risks of each person (n, g)."""

    means: Floats
    gradient: Floats
    each: Floats


def _averages(fit: Fit, people: pd.DataFrame, by: str, values: list[Any]) -> _Averages:
    each, gradients = [], []
    numeric = fit.design is not None and by not in fit.design.levels
    for value in values:
        # A factor is spelled as the fit read it: its levels are texts, whatever the column holds.
        same = np.full(len(people), value) if numeric else pd.Series([str(value)] * len(people))
        given = people.copy(deep=False)
        given[by] = np.asarray(same)
        matrix = checked_matrix(fit, given)
        risk, slope, _ = link_of(fit).working(matrix @ fit.values)
        each.append(risk)
        gradients.append((slope[:, None] * matrix).mean(axis=0))
    risks = np.column_stack(each)
    return _Averages(risks.mean(axis=0), np.array(gradients), risks)


def _clusters(fit: Fit, rows: int) -> NDArray[np.int64]:
    clusters: NDArray[np.int64] | None = getattr(fit, "cluster", None)
    if clusters is not None and len(clusters) == rows:
        return clusters
    return np.arange(rows)


def _of_people(each: Floats, clusters: NDArray[np.int64]) -> Floats:
    """Covariance (g, g) of mean risks over people, of whom there could have been others."""
    sums = cluster_sums(each - each.mean(axis=0), clusters)
    many = len(sums)
    return sums.T @ sums / len(each) ** 2 * many / (many - 1)


def _contrasts(
    fit: Fit,
    names: tuple[str, ...],
    terms: tuple[str, ...],
    means: Floats,
    covariance: Floats,
    known: dict[str, Any],
) -> StandardisedRisks:
    rest = 1.0 - means
    errors = np.sqrt(np.diag(covariance))
    limits = np.column_stack(probability_limits(means, errors, "logit", known["level"]))
    groups = Estimates(
        names,
        means,
        covariance,
        null=None,
        limits=limits,
        measure=f"risk of {getattr(fit, 'event', '')}",
        **known,
    )

    def compared(values: Floats, slopes: Floats, link: str, measure: str) -> Estimates:
        turn = np.column_stack([-np.full(len(terms), slopes[0]), np.diag(slopes[1:])])
        return Estimates(
            terms,
            values[1:] - values[0],
            turn @ covariance @ turn.T,
            link=link,
            measure=measure,
            **known,
        )

    odds = np.log(means / rest)
    return StandardisedRisks(
        by_group=groups,
        risk_difference=compared(means, np.ones_like(means), "identity", "risk difference"),
        risk_ratio=compared(np.log(means), 1.0 / means, "log", "risk ratio"),
        odds_ratio=compared(odds, 1.0 / (means * rest), "logit", "marginal odds ratio"),
        **{name: known[name] for name in ("method", "notes", "counts", "source")},
    )
