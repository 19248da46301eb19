"""What do analyses of several completed data sets say together? Rubin's rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_level, check_positive
from walkstats.missing.poolable import as_estimates, check_alike, check_several
from walkstats.missing.pooled_freedom import RULES, PooledFreedom, joint_df
from walkstats.missing.pooled_words import said_of
from walkstats.numerics import limits
from walkstats.numerics.quadratic_forms import quadratic_form
from walkstats.results import Fit, Freedom, HypothesisTest

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PooledEstimates(Fit):
    """Estimates from several completed data sets, pooled.

    ``formula`` and ``design`` are those of the fits, where they were fits of one model; so marginal
    means and doses can be read off it as off a fit.

    Attributes
    ----------
    imputations : int
        Completed data sets, m.
    within : (k, k) array
        Mean of their covariances.
    between : (k, k) array
        Covariance of their estimates.
    separate : (m, k) array
        Their estimates.
    complete_df : float
        Degrees of freedom that the complete data would have for the terms together; infinite
        without a finite reference, and where the degrees of freedom are those of 1987.
    """

    imputations: int = 0
    within: Floats = field(default_factory=lambda: np.empty((0, 0)))
    between: Floats = field(default_factory=lambda: np.empty((0, 0)))
    separate: Floats = field(default_factory=lambda: np.empty((0, 0)))
    complete_df: float = np.inf

    def information(self) -> pd.DataFrame:
        """How much do the missing values cost?

        Returns
        -------
        pandas.DataFrame
            One row per term: term, within, between, total (variances), increase (relative increase
            of the variance), share (of the variance that is due to the missing values) and
            fraction_missing (of the information about the term, with its degrees of freedom).
        """
        within, between = np.diag(self.within), np.diag(self.between)
        extra = (1 + 1 / self.imputations) * between
        with np.errstate(divide="ignore", invalid="ignore"):
            increase = np.where(extra == 0, 0.0, extra / within)
        df = np.array([self.freedom.of(row) for row in np.eye(len(self.terms))])
        return pd.DataFrame(
            {
                "term": self.terms,
                "within": within,
                "between": between,
                "total": within + extra,
                "increase": increase,
                "share": np.where(np.isinf(increase), 1.0, increase / (1 + increase)),
                "fraction_missing": (increase + 2 / (df + 3)) / (1 + increase),
            }
        )

    def test(self, terms: str | Sequence[str]) -> HypothesisTest:
        """Test that all of ``terms`` are zero: D1 of Li, Raghunathan and Rubin.

        Parameters
        ----------
        terms : str or sequence of str

        Returns
        -------
        HypothesisTest
            F. The relative increase of the variance is taken as the same for all of the terms.

        Raises
        ------
        ValueError
            For unknown terms.
        """
        names = (terms,) if isinstance(terms, str) else tuple(terms)
        chosen = np.array([k for name in names for k in self.positions(name)], dtype=int)
        null = 0.0 if self.null is None else self.null
        block = np.ix_(chosen, chosen)
        wald, rank = quadratic_form(self.values[chosen] - null, self.within[block])
        extra = (1 + 1 / self.imputations) * self.between[block]
        increase = float(np.trace(np.linalg.solve(self.within[block], extra))) / rank
        statistic = wald / (rank * (1 + increase))
        rows = np.eye(len(self.terms))[chosen]
        assert isinstance(self.freedom.pieces, PooledFreedom)
        complete = self.freedom.pieces.complete_for(rows)
        df = joint_df(rank, self.imputations, increase, complete)
        if df is None:
            df = min(self.freedom.of(row) for row in rows)
        named = ", ".join(names)
        return HypothesisTest(
            name=f"Wald test of {named} (D1)",
            null=f"All coefficients of {named} are zero.",
            statistic=statistic,
            df=float(rank),
            p_value=float(limits.f_p(statistic, rank, df)),
            parts={"terms": tuple(self.terms[k] for k in chosen), "increase": increase},
            df_denominator=df,
            distribution="F",
            method=self.method,
            notes=self.notes,
            counts=self.counts,
            source=self.source,
        )


def pool(
    fits: Sequence[Any],
    *,
    df: str = "barnard-rubin",
    complete_df: float | None = None,
    level: float = 0.95,
) -> PooledEstimates:
    """Pool the analyses of several completed data sets.

    Parameters
    ----------
    fits : sequence of Fit, Estimates or Estimate
        One from each completed data set, at least two, with the same terms.
    df : {"barnard-rubin", "rubin"}
        Degrees of freedom: those that never exceed the complete data's, or those of 1987, as
        though the complete data were without end.
    complete_df : float, optional
        Degrees of freedom that the analysis would have with complete data. By default those of
        the fits: residual, Satterthwaite's or clusters'; none where their reference is normal.
    level : float
        Confidence level.

    Returns
    -------
    PooledEstimates
        Means of the estimates, on the scale of the model; ``estimate``, ``contrast`` and ``test``
        as of a fit; ``information()`` says what the missing values cost.

    Raises
    ------
    ValueError
        For fewer than two fits, or fits of different terms, knots or scales.
    FitError
        Where a fit has no finite estimate or standard error.

    Notes
    -----
    With estimates Q_l and covariances U_l of m data sets the pooled estimate is their mean, and its
    covariance T = U + (1 + 1/m) B, where U is the mean of the U_l and B the covariance of the Q_l
    [1]_. With r = (1 + 1/m) b / u the degrees of freedom of 1987 are (m - 1)(1 + 1/r)^2; Barnard
    and Rubin's [2]_ join them with those of the complete data, nu (nu + 1) / (nu + 3) / (1 + r).
    Joint tests are D1 [3]_, with the degrees of freedom of [4]_ where those of the complete data
    are finite (the least of the terms' own, where it does not hold for few degrees of freedom), and
    of [3]_ where not.

    Ratios are pooled on the log scale. Where nothing was missing B is 0, and the degrees of freedom
    are those of the limit; R's mice keeps a share of 1e-4 missing there.

    References
    ----------
    .. [1] Rubin DB (1987). *Multiple Imputation for Nonresponse in Surveys*. Wiley.
       https://doi.org/10.1002/9780470316696
    .. [2] Barnard J, Rubin DB (1999). Small-sample degrees of freedom with multiple imputation.
       *Biometrika* 86:948-955. https://doi.org/10.1093/biomet/86.4.948
    .. [3] Li KH, Raghunathan TE, Rubin DB (1991). Large-sample significance levels from multiply
       imputed data using moment-based statistics and an F reference distribution.
       *J Am Stat Assoc* 86:1065-1073. https://doi.org/10.1080/01621459.1991.10475152
    .. [4] Reiter JP (2007). Small-sample degrees of freedom for multi-component significance tests
       with multiple imputation for missing data. *Biometrika* 94:502-508.
       https://doi.org/10.1093/biomet/asm028

    Examples
    --------
    >>> import numpy as np
    >>> from walkstats.results import Estimates
    >>> five = [Estimates(("b",), np.array([q]), np.array([[u]])) for q, u in
    ...         zip([0.42, 0.47, 0.39, 0.51, 0.44], [0.021, 0.019, 0.022, 0.020, 0.0215])]
    >>> pooled = pool(five).estimate("b")
    >>> round(pooled.estimate, 3), round(pooled.std_error, 4)
    (0.446, 0.1525)
    """
    check_choice(df, RULES, "df")
    if complete_df is not None:
        check_positive(complete_df, "complete_df")
    several = [as_estimates(fit) for fit in check_several(fits)]
    first = several[0]
    check_alike(several)
    separate = np.array([one.values for one in several])
    within = np.mean([one.covariance for one in several], axis=0)
    between = np.atleast_2d(np.cov(separate, rowvar=False))
    m = len(several)
    pieces = PooledFreedom(
        within, between, m, tuple(one.freedom for one in several), complete_df, df
    )
    freedom = Freedom(df, np.nan, pieces)
    return PooledEstimates(
        terms=first.terms,
        values=separate.mean(axis=0),
        covariance=within + (1 + 1 / m) * between,
        freedom=freedom,
        link=first.link,
        level=check_level(level),
        null=first.null,
        measure=first.measure,
        aside=first.aside,
        formula=first.formula if isinstance(first, Fit) else "",
        design=first.design if isinstance(first, Fit) else None,
        imputations=m,
        within=within,
        between=between,
        separate=separate,
        complete_df=pieces.complete_for(np.eye(len(first.terms))),
        **said_of(several, df),
    )
