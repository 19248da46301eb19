"""What do means, standard deviations and numbers say about the difference of means?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from walkstats.errors import DataError
from walkstats.numerics.limits import f_p, t_p, t_quantile
from walkstats.numerics.quadratic_forms import quadratic_form
from walkstats.regression.groups.pairs import Question, contrasts_of
from walkstats.results import Estimates, Freedom, HypothesisTest

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """Means, standard deviations and numbers of groups (k,)."""

    means: Floats
    sds: Floats
    sizes: Floats

    @classmethod
    def of(cls, groups: list[Floats]) -> Moments:
        """From the values of each group."""
        sds = [float(np.std(one, ddof=1)) if one.size > 1 else np.nan for one in groups]
        return cls(
            np.array([one.mean() for one in groups]),
            np.array(sds),
            np.array([float(one.size) for one in groups]),
        )

    def check(self, outcome: str, by: str, levels: tuple[str, ...], *, pooled: bool) -> None:
        """Refuse groups without spread, of which nothing can be said."""
        single = [name for name, n in zip(levels, self.sizes, strict=True) if n < 2]
        if single and not (pooled and len(single) < len(levels)):
            raise DataError.of(
                f"{by} = {single[0]} has 1 value of {outcome}: how much it varies is not known",
                column=str(by),
                count=len(single),
                what_to_do="leave the group out or join it with another",
            )
        if not np.nanmax(self.sds) > 1e-12 * np.abs(self.means).max():
            raise DataError.of(
                f"{outcome} is constant in every group, so that nothing can be tested",
                column=str(outcome),
                what_to_do="check the column of the outcome",
            )

    @property
    def variances(self) -> Floats:
        """Of the means, each with the spread of its own group (k,)."""
        return self.sds**2 / self.sizes

    @property
    def pooled(self) -> tuple[float, float]:
        """Variance within groups, and its degrees of freedom."""
        df = float(np.sum(self.sizes - 1.0))
        squares = np.where(self.sizes > 1, (self.sizes - 1.0) * np.nan_to_num(self.sds) ** 2, 0.0)
        return float(np.sum(squares)) / df, df


@dataclass(frozen=True)
class Satterthwaite:
    """Degrees of freedom of combinations of means whose variances differ (Welch).

    ``variances`` and ``df`` (k,) are those of the means, ``contrasts`` (c, k) what the estimates
    are made of.
    """

    variances: Floats
    df: Floats
    contrasts: Floats

    def of(self, weights: Floats) -> float:
        """Of one combination of the estimates."""
        parts = (np.asarray(weights) @ self.contrasts) ** 2 * self.variances
        with np.errstate(invalid="ignore", divide="ignore"):
            return float(parts.sum() ** 2 / np.sum(parts**2 / self.df))

    def joint(self, contrasts: Floats) -> tuple[float, float]:
        """Of a joint test: Welch's, where it is that all groups involved have equal means."""
        weights = np.atleast_2d(contrasts) @ self.contrasts
        groups = np.flatnonzero(np.any(weights != 0, axis=0))
        if np.linalg.matrix_rank(weights) != groups.size - 1:
            return min(self.of(row) for row in np.atleast_2d(contrasts)), 1.0
        return _welch_joint(self.variances[groups], self.df[groups])


def _welch_joint(variances: Floats, df: Floats) -> tuple[float, float]:
    """Denominator degrees of freedom of Welch's F of k means, and its factor."""
    k = variances.size
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = 1.0 / variances
        lost = float(np.sum((1.0 - weights / weights.sum()) ** 2 / df))
    return (k**2 - 1.0) / (3.0 * lost), 1.0 / (1.0 + 2.0 * (k - 2.0) / (k**2 - 1.0) * lost)


def means_by_group(moments: Moments, asked: Question, common: dict[str, Any]) -> Estimates:
    """Each mean with the limits of its own group."""
    half = t_quantile(asked.level, moments.sizes - 1.0) * np.sqrt(moments.variances)
    freedom = Freedom(
        "satterthwaite",
        pieces=Satterthwaite(moments.variances, moments.sizes - 1.0, np.eye(len(asked.levels))),
    )
    return Estimates(
        asked.levels, moments.means, np.diag(moments.variances), freedom, level=asked.level,
        null=None,
        limits=np.column_stack([moments.means - half, moments.means + half]), measure="mean",
        **common,
    )  # fmt: skip


def differences(
    moments: Moments, asked: Question, pooled: bool, common: dict[str, Any]
) -> tuple[Estimates, dict[str, HypothesisTest]]:
    """Differences of means with Welch's or the pooled variance, and their t tests."""
    contrasts = contrasts_of(asked.chosen, len(asked.levels))
    if pooled:
        variance, df = moments.pooled
        spread = variance / moments.sizes
        freedom = Freedom("residual", df)
    else:
        spread = moments.variances
        freedom = Freedom(
            "satterthwaite", pieces=Satterthwaite(spread, moments.sizes - 1.0, contrasts)
        )
    estimates = Estimates(
        asked.terms, contrasts @ moments.means,
        contrasts @ np.diag(spread) @ contrasts.T, freedom, level=asked.level,
        measure=f"difference in {asked.what}", **common,
    )  # fmt: skip
    return estimates, t_tests(estimates, "Student's" if pooled else "Welch's", common)


def paired_differences(
    changes: Floats, asked: Question, common: dict[str, Any]
) -> tuple[Estimates, dict[str, HypothesisTest]]:
    """Mean of the differences within pairs (n,), and its t test."""
    n = changes.size
    spread = float(np.std(changes, ddof=1))
    if not spread > 1e-12 * max(float(np.abs(changes).max()), 1e-300):
        raise DataError.of(
            f"the difference is {changes[0]:g} in all {n} pairs, so that nothing can be tested",
            column=asked.by,
            what_to_do="check the columns of the outcome and of the pairs",
        )
    estimates = Estimates(
        asked.terms, np.array([changes.mean()]), np.array([[spread**2 / n]]),
        Freedom("residual", n - 1.0), level=asked.level,
        measure=f"difference in {asked.what} within pairs", **common,
    )  # fmt: skip
    return estimates, t_tests(estimates, "paired", common)


def t_tests(estimates: Estimates, kind: str, common: dict[str, Any]) -> dict[str, HypothesisTest]:
    """The t test of each difference."""
    tests = {}
    for term in estimates.terms:
        one = estimates.estimate(term)
        two_sided = float(t_p(one.statistic, one.df))
        less = two_sided / 2.0 if one.statistic < 0 else 1.0 - two_sided / 2.0
        tests[term] = HypothesisTest(
            f"{kind} t test of {term}", f"The difference of means {term} is zero.",
            one.statistic, one.df, two_sided,
            parts={"p_less": less, "p_greater": 1.0 - less}, distribution="t", **common,
        )  # fmt: skip
    return tests


def same_means(moments: Moments, by: str, pooled: bool, common: dict[str, Any]) -> HypothesisTest:
    """F test that all means are equal: Welch's, or the one of equal variances."""
    k = moments.means.size
    contrasts = np.column_stack([-np.ones(k - 1), np.eye(k - 1)])
    if pooled:
        variance, denominator = moments.pooled
        spread, factor = variance / moments.sizes, 1.0
    else:
        spread = moments.variances
        denominator, factor = _welch_joint(spread, moments.sizes - 1.0)
    statistic, _ = quadratic_form(contrasts @ moments.means, contrasts * spread @ contrasts.T)
    f_value = factor * statistic / (k - 1)
    return HypothesisTest(
        f"{'F' if pooled else 'Welch F'} test of {by}",
        f"The means of all groups of {by} are equal.",
        f_value, k - 1.0, float(f_p(f_value, k - 1.0, denominator)), df_denominator=denominator,
        distribution="F", **common,
    )  # fmt: skip


def hedges_g(moments: Moments, asked: Question, common: dict[str, Any]) -> Estimates | None:
    """Differences in standard deviations pooled over the two groups, corrected for small numbers.

    References
    ----------
    Hedges LV. J Educ Stat 1981;6:107-128. doi:10.3102/10769986006002107
    """
    chosen = asked.chosen
    values, variances = np.empty(len(chosen)), np.empty(len(chosen))
    for row, (own, other) in enumerate(chosen):
        two = Moments(*(part[[own, other]] for part in (moments.means, moments.sds, moments.sizes)))
        pooled, df = two.pooled
        if not pooled > 0:
            return None
        correction = np.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / np.sqrt(
            df / 2
        )
        values[row] = correction * (two.means[0] - two.means[1]) / np.sqrt(pooled)
        variances[row] = np.sum(1.0 / two.sizes) + values[row] ** 2 / (2.0 * two.sizes.sum())
    return Estimates(
        asked.terms, values, np.diag(variances), level=asked.level,
        measure="standardised mean difference (Hedges' g)", **common,
    )  # fmt: skip


def summary_frame(levels: tuple[str, ...], moments: Moments) -> pd.DataFrame:
    """One row per group: group, n, mean, sd."""
    return pd.DataFrame(
        {
            "group": list(levels),
            "n": moments.sizes.astype(int),
            "mean": moments.means,
            "sd": moments.sds,
        }
    )
