"""What do analyses of several completed data sets say together? Rubin's rules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_level, check_positive
from walkstats.errors import FitError
from walkstats.numerics import limits
from walkstats.numerics.quadratic_forms import quadratic_form
from walkstats.results import Estimate, Estimates, Fit, Freedom, HypothesisTest

Floats = NDArray[np.float64]

RULES = {
    "barnard-rubin": "Barnard and Rubin's degrees of freedom",
    "rubin": "Rubin's degrees of freedom of 1987",
}
# How a completed frame says in its source that it is one of several.
ONE_OF_SEVERAL = re.compile(r"(^|; )imputation \d+ of (\d+): ")
NUMBER = re.compile(r"(?<![\w.])\d+(\.\d+)?")  # but not that of CR2
CLAUSE_END = re.compile(r"(?<=;) |(?<=\.) (?=[A-Z])")
UNSAID = (
    "How many values were imputed, and where, is not known here: the analysed frames do not say it "
    "(a merge loses what a completed frame says in its attrs)."
)


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
        without a finite reference.
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
        complete = np.inf if self.freedom.rule == "rubin" else self.complete_df
        df = _joint_df(rank, self.imputations, increase, complete)
        if df is None:
            df = min(self.freedom.of(row) for row in np.eye(len(self.terms))[chosen])
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


@dataclass(frozen=True)
class _PooledFreedom:
    """Degrees of freedom of any combination of pooled estimates."""

    within: Floats
    between: Floats
    imputations: int
    complete: tuple[Freedom, ...]
    given: float | None
    rule: str

    def of(self, weights: Floats) -> float:
        used = np.flatnonzero(weights)
        block, some = np.ix_(used, used), weights[used]
        inside = float(some @ self.within[block] @ some)
        extra = (1 + 1 / self.imputations) * float(some @ self.between[block] @ some)
        complete = np.inf
        if self.rule == "barnard-rubin":
            own = [one.of(weights) for one in self.complete] if self.given is None else [self.given]
            complete = float(np.mean(own))
        return pooled_df(inside, extra, self.imputations, complete)


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
    several = [_as_estimates(fit) for fit in _check_several(fits)]
    first = several[0]
    _check_alike(several)
    separate = np.array([one.values for one in several])
    within = np.mean([one.covariance for one in several], axis=0)
    between = np.atleast_2d(np.cov(separate, rowvar=False))
    m = len(several)
    pieces = _PooledFreedom(
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
        complete_df=_least_df(several, complete_df),
        **_said(several, df),
    )


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
    several = _check_several(tests)
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
        source=_source(told.source) if told else "",
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


def pooled_df(within: float, extra: float, imputations: int, complete: float) -> float:
    """Degrees of freedom of one pooled estimate; ``extra`` is (1 + 1/m) times between."""
    total = within + extra
    if total <= 0:
        return np.nan
    share = extra / total
    known = complete * (complete + 1) / (complete + 3) * (1 - share) if complete < np.inf else None
    if share == 0:
        return np.inf if known is None else known
    old = (imputations - 1) / share**2
    return old if known is None else 1 / (1 / old + (1 / known if known > 0 else np.inf))


def _joint_df(rank: int, m: int, increase: float, complete: float) -> float | None:
    """Denominator degrees of freedom of D1; None where Reiter's expansion does not hold."""
    t = rank * (m - 1)
    if increase == 0:
        return complete
    if not np.isfinite(complete):
        if t > 4:
            return 4 + (t - 4) * (1 + (1 - 2 / t) / increase) ** 2
        return t * (1 + 1 / rank) * (1 + 1 / increase) ** 2 / 2
    # Reiter (2007), with his letters.
    nu = complete * (complete + 1) / (complete + 3)
    a = increase * t / (t - 2) if t > 2 else np.inf
    c1, c2 = nu - 2 * (1 + a), nu - 4 * (1 + a)
    if t <= 4 or c2 <= 0:
        return None
    c0 = 1 / (t - 4)
    z = 1 / c2 + c0 * (a**2 * c1 / ((1 + a) ** 2 * c2))
    z += c0 * (8 * a**2 * c1 / ((1 + a) * c2**2) + 4 * a**2 / ((1 + a) * c2))
    z += c0 * (4 * a**2 / (c2 * c1) + 16 * a**2 * c1 / c2**3) + c0 * 8 * a**2 / c2**2
    return 4 + 1 / z


def _check_several(fits: Any) -> list[Any]:
    if isinstance(fits, (Estimates, Estimate, HypothesisTest, str)) or not hasattr(
        fits, "__iter__"
    ):
        raise ValueError("Give a list with one result of each completed data set.")
    several = list(fits)
    if len(several) < 2:
        raise ValueError(f"Pooling needs at least 2 completed data sets, got {len(several)}.")
    return several


def _as_estimates(fit: Any) -> Estimates:
    if isinstance(fit, Estimates):
        return fit
    if isinstance(fit, Estimate):
        ratio = fit.scale == "ratio"
        value = np.log(fit.estimate) if ratio else fit.estimate
        null = None if fit.null is None else np.log(fit.null) if ratio else fit.null
        return Estimates(
            terms=(fit.term,),
            values=np.array([value]),
            covariance=np.array([[fit.std_error**2]]),
            freedom=Freedom("normal" if np.isinf(fit.df) else "residual", fit.df),
            link="log" if ratio else "identity",
            level=fit.level,
            null=null,
            measure=fit.measure,
            method=fit.method,
            notes=fit.notes,
            counts=fit.counts,
            source=fit.source,
        )
    fields = getattr(fit, "__dict__", {})
    parts = [f".{name}" for name, part in fields.items() if isinstance(part, Estimates)]
    hint = f" Give a part of each instead: {', '.join(parts)}." if parts else ""
    raise ValueError(f"A {type(fit).__name__} has no estimates that could be pooled.{hint}")


def _check_alike(several: list[Estimates]) -> None:
    first = several[0]
    for k, one in enumerate(several[1:], start=2):
        if one.terms != first.terms:
            apart = sorted(set(one.terms) ^ set(first.terms)) or ["their order"]
            raise ValueError(f"Fits 1 and {k} differ in terms: {', '.join(apart)}.")
        if one.link != first.link or one.measure != first.measure:
            raise ValueError(f"Fits 1 and {k} are on different scales.")
        _check_same_columns(first, one, k)
    for k, one in enumerate(several, start=1):
        bad = ~np.isfinite(one.values) | ~np.isfinite(np.diag(one.covariance))
        state = one.state if isinstance(one, Fit) else "converged"
        if bad.any() or state in ("infinite", "not converged"):
            names = [term for term, is_bad in zip(one.terms, bad, strict=True) if is_bad]
            raise FitError(
                f"Fit {k} of {len(several)} cannot be pooled: "
                + (f"its state is {state}." if not names else f"no number for {', '.join(names)}.")
            )


def _check_same_columns(first: Estimates, other: Estimates, k: int) -> None:
    """Splines whose knots were found in each data set have coefficients of different meaning."""
    if not (isinstance(first, Fit) and isinstance(other, Fit)):
        return
    if first.design is None or other.design is None:
        return
    for label, variable in first.design.variables.items():
        learnt, again = variable.learnt, other.design.variables[label].learnt
        for name, value in learnt.items():
            if not np.array_equal(np.asarray(value), np.asarray(again[name])):
                raise ValueError(
                    f"Fits 1 and {k} differ in the {name} of {label}, so its coefficients do not "
                    "mean the same. Give the knots in the formula, or make the column before "
                    "imputing."
                )


def _least_df(several: list[Estimates], given: float | None) -> float:
    """The complete data's degrees of freedom for joint tests: the least of the terms', averaged."""
    if given is not None:
        return float(given)
    each = [min(one.freedom.of(row) for row in np.eye(len(one.terms))) for one in several]
    return float(np.mean(each))


def _said(several: list[Estimates], rule: str) -> dict[str, Any]:
    """Method, notes, counts and source of what was pooled."""
    first, m = several[0], len(several)
    notes = [note for note in first.notes if all(note in one.notes for one in several)]
    some = {note for one in several for note in one.notes} - set(notes)
    if some:
        notes.append(f"{len(some)} note(s) hold for some of the data sets only: {min(some)}")
    used = [one.counts.used for one in several if one.counts is not None]
    if used and min(used) < max(used):
        notes.append(
            f"The data sets differ in how many rows were analysed: {min(used)} to {max(used)}."
        )
    if isinstance(first, Fit) and not ONE_OF_SEVERAL.search(first.source):
        notes.append(UNSAID)
    events = [one.counts.events for one in several if one.counts is not None]
    known = [each for each in events if each is not None]
    if known and min(known) < max(known):
        notes.append(
            f"Events are imputed: {min(known)} to {max(known)} in a data set, {known[0]} in the "
            "first."
        )
    if len({NUMBER.sub("", one.method) for one in several}) > 1:
        notes.append("The data sets were not all analysed alike; see the methods of the fits.")
        method = ""
    else:
        method = _shared([one.method for one in several])
    said = f"{method}Pooled over {m} imputations by Rubin's rules, with {RULES[rule]}."
    return {
        "method": said,
        "notes": tuple(notes),
        "counts": first.counts,
        "source": _source(first.source),
    }


def _shared(methods: list[str]) -> str:
    """What the methods have in common, without the clauses whose numbers differ."""
    each = [CLAUSE_END.split(method) for method in methods]
    kept = [one for one in each[0] if one and all(one in other for other in each)]
    if not kept:
        return ""
    ended = [
        f"{one[:-1]}." if one.endswith(";") and (after == "" or after[0].isupper()) else one
        for one, after in zip(kept, [*kept[1:], ""], strict=True)
    ]
    return "".join(f"{one} " for one in ended)


def _source(text: str) -> str:
    """The source of one completed frame, as said of all of them."""
    return ONE_OF_SEVERAL.sub(r"\1\2 imputations: ", text)
