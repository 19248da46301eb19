"""Does the larger of two models describe the data better? Likelihood-ratio tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics.limits import chi2_p
from walkstats.regression.linear import LinearFit
from walkstats.regression.mixed.mixed_fits import LinearMixedFit, pieces_of
from walkstats.results import HypothesisTest

Floats = NDArray[np.float64]

# Columns of the smaller fixed part that are no combination of the larger's leave more than this.
SPANNED = 1e-8


def compare_mixed(smaller: LinearMixedFit | LinearFit, larger: LinearMixedFit) -> HypothesisTest:
    """Learn whether the terms or variances that the larger model adds are needed.

    Parameters
    ----------
    smaller : LinearMixedFit or LinearFit
        A special case of `larger`, fitted to the same rows; an ``ols`` fit where the question is
        whether people differ at all.
    larger : LinearMixedFit

    Returns
    -------
    HypothesisTest
        ``parts`` has both log-likelihoods, the reference distribution in words, and ``p_plain``,
        the p-value of a plain chi-squared reference.

    Raises
    ------
    ValueError
        For fits to other rows, one by REML and one by ML, models that are not nested, or fits by
        REML whose fixed parts differ.

    Notes
    -----
    The statistic is twice the difference in log-likelihood. A variance cannot be below 0, so that
    where it is truly 0 its estimate is 0 half of the time. One more variance, with c covariances,
    has the reference 0.5 chi2(c) + 0.5 chi2(c + 1) [1]_ [2]_; a plain chi-squared on c + 1 is too
    cautious. For several variances at once no simple mixture holds, and the plain reference is
    taken: the p-value is then too large, and a note says so.

    Restricted likelihoods of different fixed parts are of different data and are not compared:
    fit both with ``reml=False``. Tests of fixed effects by ML reject too often in few people;
    ``fit.test`` with Satterthwaite's degrees of freedom is to be preferred.

    References
    ----------
    .. [1] Self SG, Liang KY (1987). Asymptotic properties of maximum likelihood estimators and
       likelihood ratio tests under nonstandard conditions. *J Am Stat Assoc* 82:605-610.
       https://doi.org/10.1080/01621459.1987.10478472
    .. [2] Stram DO, Lee JW (1994). Variance components testing in the longitudinal mixed effects
       model. *Biometrics* 50:1171-1177. https://doi.org/10.2307/2533455

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.regression import linear_mixed, ols
    >>> frame = pd.DataFrame({
    ...     "participant_id": ["a", "a", "b", "b", "c", "c", "d", "d"],
    ...     "week": [1, 2, 1, 2, 1, 2, 1, 2],
    ...     "pain": [5.0, 4.0, 7.0, 6.5, 3.0, 2.5, 6.0, 4.5],
    ... })
    >>> test = compare_mixed(ols(frame, "pain ~ week"), linear_mixed(frame, "pain ~ week"))
    >>> round(test.statistic, 3), round(test.p_value, 4), test.parts["reference"]
    (7.595, 0.0029, '0.5 chi2(0) + 0.5 chi2(1)')
    """
    pieces_of(larger)
    more = _difference(smaller, larger)
    low = _log_likelihood(smaller, larger.reml)
    statistic = max(0.0, 2.0 * (larger.log_likelihood - low))
    plain = float(chi2_p(statistic, more.parameters))
    p_value, reference = plain, f"chi2({more.parameters})"
    if more.variances == 1:
        c = more.parameters - 1
        tail = float(chi2_p(statistic, c)) if c else float(statistic == 0.0)
        p_value = 0.5 * (plain + tail) if statistic > 0 else 1.0
        reference = f"0.5 chi2({c}) + 0.5 chi2({c + 1})"
    kind = "restricted likelihoods" if larger.reml else "likelihoods"
    return HypothesisTest(
        name=f"likelihood-ratio test of {more.described}",
        null=f"The smaller model holds: nothing is added by {more.described}.",
        statistic=statistic,
        df=float(more.parameters),
        p_value=p_value,
        parts={
            "log_likelihood_smaller": low,
            "log_likelihood_larger": larger.log_likelihood,
            "reference": reference,
            "p_plain": plain,
        },
        method=f"Ratio of {kind} with the reference distribution {reference}.",
        notes=_notes(smaller, larger, more),
        counts=larger.counts,
        source=larger.source,
    )


@dataclass(frozen=True)
class _More:
    """What the larger model adds: parameters in all, variances among them, and in words."""

    parameters: int
    variances: int
    described: str


def _difference(smaller: LinearMixedFit | LinearFit, larger: LinearMixedFit) -> _More:
    if not isinstance(smaller, (LinearMixedFit, LinearFit)):
        raise ValueError(
            f"smaller must be a fit of linear_mixed or ols, got {type(smaller).__name__}."
        )
    _check_rows(smaller, larger)
    fixed = _check_fixed(smaller, larger)
    if isinstance(smaller, LinearFit):
        before: tuple[int, set[str], str | None] = (0, set(), None)
    else:
        if smaller.reml != larger.reml:
            raise ValueError("One fit is by REML and one by ML: fit both in the same way.")
        before = _random_part(smaller)
    after = _random_part(larger)
    _check_nested(smaller, before, larger, after)
    added = [n for n in _names(larger) if n not in before[1]]
    groups = [larger.nested] if larger.nested and not before[2] else []
    random = after[0] - before[0]
    if fixed + random == 0:
        raise ValueError("Both models are the same: there is nothing to compare.")
    variances = len(added) + len(groups)
    parts = [f"{fixed} coefficient(s)"] if fixed else []
    parts += [f"the variance of {name}" for name in [*added, *groups]]
    covariances = random - variances
    parts += [f"{covariances} covariance(s)"] if covariances else []
    return _More(fixed + random, variances, ", ".join(parts))


def _names(fit: LinearMixedFit) -> tuple[str, ...]:
    assert fit.random_design is not None
    return fit.random_design.names


def _random_part(fit: LinearMixedFit) -> tuple[int, set[str], str | None]:
    """Variances and covariances, names of the random effects, outer group."""
    return pieces_of(fit).shape.parameters, set(_names(fit)), fit.nested


def _check_rows(smaller: LinearMixedFit | LinearFit, larger: LinearMixedFit) -> None:
    if isinstance(smaller, LinearFit) and smaller.weights is not None:
        raise ValueError("The ols fit is weighted; linear_mixed has no weights.")
    if not np.array_equal(smaller.outcome, larger.outcome):
        raise ValueError(
            f"The fits are of other rows ({len(smaller.outcome)} and {len(larger.outcome)}). Fit "
            "both to the rows that have all columns of both."
        )


def _check_fixed(smaller: LinearMixedFit | LinearFit, larger: LinearMixedFit) -> int:
    """Coefficients that the larger model adds."""
    one, other = smaller.matrix, larger.matrix
    if np.array_equal(one, other):
        return 0
    left = one - other @ np.linalg.lstsq(other, one, rcond=None)[0]
    if np.any(np.linalg.norm(left, axis=0) > SPANNED * np.linalg.norm(one, axis=0)):
        raise ValueError(
            f"The models are not nested: {smaller.formula!r} has columns that {larger.formula!r} "
            "has not."
        )
    if larger.reml:
        raise ValueError(
            "Restricted likelihoods of different fixed parts cannot be compared: fit both with "
            "reml=False."
        )
    return other.shape[1] - one.shape[1]


def _check_nested(
    smaller: LinearMixedFit | LinearFit,
    before: tuple[int, set[str], str | None],
    larger: LinearMixedFit,
    after: tuple[int, set[str], str | None],
) -> None:
    extra = before[1] - after[1]
    if before[2] is not None and before[2] != after[2]:
        extra.add(before[2])
    if extra:
        raise ValueError(
            f"The models are not nested: {', '.join(sorted(extra))} is random in the smaller one "
            "only."
        )
    if isinstance(smaller, LinearMixedFit):
        if smaller.subject != larger.subject:
            raise ValueError("The fits have different columns of the person.")
        if smaller.correlated and len(before[1]) > 1 and not larger.correlated:
            raise ValueError(
                "The models are not nested: random effects correlate in the smaller one only."
            )


def _log_likelihood(fit: LinearMixedFit | LinearFit, reml: bool) -> float:
    if isinstance(fit, LinearMixedFit) or not reml:
        return fit.log_likelihood
    n, k = fit.matrix.shape
    rss = float(fit.residuals @ fit.residuals)
    volume = float(np.linalg.slogdet(fit.matrix.T @ fit.matrix)[1])
    free = n - k
    return -0.5 * (free * (1.0 + float(np.log(2.0 * np.pi * rss / free))) + volume)


def _notes(
    smaller: LinearMixedFit | LinearFit, larger: LinearMixedFit, more: _More
) -> tuple[str, ...]:
    notes = []
    if more.variances > 1:
        notes.append(
            f"{more.variances} variances are tested at once: the reference is that of parameters "
            "that may go either way, and the p-value too large."
        )
    states: Mapping[str, Any] = {"smaller": smaller, "larger": larger}
    for name, fit in states.items():
        if fit.state == "not converged":
            notes.append(f"The search of the {name} model did not converge.")
    if smaller.state == "boundary":
        notes.append("A variance of the smaller model is at its boundary already.")
    return tuple(notes)
