"""What do chi-squared tests of several completed data sets say together?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from walkstats._arguments import check_positive
from walkstats.missing.poolable import check_several
from walkstats.missing.pooled_words import source_of
from walkstats.numerics import limits
from walkstats.results import HypothesisTest


def pool_tests(tests: Sequence[HypothesisTest | float], *, df: int | None = None) -> HypothesisTest:
    """Pool chi-squared tests of several completed data sets: D2.

    Parameters
    ----------
    tests : sequence of HypothesisTest or float
        One from each completed data set, at least two: chi-squared tests, or their statistics.
    df : int, optional
        Degrees of freedom of each statistic, where the tests do not say it.

    Returns
    -------
    HypothesisTest
        F. Less powerful than the test of pooled estimates; for tests without estimates.

    Raises
    ------
    ValueError
        For fewer than two tests, tests that are not chi-squared, or differ in degrees of freedom.

    Notes
    -----
    D2 = (w / k - (m + 1) / (m - 1) r) / (1 + r), where w is the mean of the statistics and r is
    (1 + 1/m) times the variance of their roots; on k and k^(-3/m) (m - 1)(1 + 1/r)^2 degrees of
    freedom [1]_.

    References
    ----------
    .. [1] Li KH, Meng XL, Raghunathan TE, Rubin DB (1991). Significance levels from repeated
       p-values with multiply-imputed data. *Stat Sinica* 1:65-92.

    Examples
    --------
    >>> round(pool_tests([4.1, 5.3, 3.6, 4.9, 4.4], df=1).p_value, 3)
    0.038
    """
    several = check_several(tests)
    freedoms = set() if df is None else {check_positive(df, "df")}
    statistics = []
    for number, one in enumerate(several, start=1):
        if isinstance(one, HypothesisTest):
            if one.distribution != "chi2":
                raise ValueError(f"{one.name} is no chi-squared test but {one.distribution}.")
            freedoms.add(one.df)
        statistics.append(_chi_squared(one, number))
    if len(freedoms) != 1:
        said = "nothing says them" if not freedoms else f"got {sorted(freedoms)}"
        raise ValueError(f"All tests need the same degrees of freedom; {said}: give df=.")
    k, m = freedoms.pop(), len(statistics)
    spread = (1 + 1 / m) * float(np.var(np.sqrt(statistics), ddof=1))
    mean = float(np.mean(statistics))
    value = max((mean / k - (m + 1) / (m - 1) * spread) / (1 + spread), 0.0)
    denominator = np.inf if spread == 0 else k ** (-3 / m) * (m - 1) * (1 + 1 / spread) ** 2
    told = next((one for one in several if isinstance(one, HypothesisTest)), None)
    return HypothesisTest(
        name=f"{told.name if told else 'Chi-squared test'}, pooled (D2)",
        null=told.null if told else "The tests' own.",
        statistic=value,
        df=k,
        p_value=float(limits.f_p(value, k, denominator)),
        parts={"statistics": tuple(statistics)},
        df_denominator=denominator,
        distribution="F",
        method=f"D2 of Li and others (1991) from {m} imputations.",
        source=source_of(told.source) if told else "",
    )


def _chi_squared(one: Any, number: int) -> float:
    """A statistic of at least 0."""
    value = one.statistic if isinstance(one, HypothesisTest) else one
    try:
        statistic = float(value)
    except (TypeError, ValueError):
        statistic = np.nan
    if not (np.isfinite(statistic) and statistic >= 0):
        raise ValueError(f"Test {number} has no chi-squared statistic of at least 0: {value!r}.")
    return statistic
