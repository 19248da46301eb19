"""How are estimates and tests handed over, with their covariance and degrees of freedom?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_level
from walkstats.numerics import limits
from walkstats.numerics.quadratic_forms import quadratic_form
from walkstats.results.frozen import Frozen, Result

Floats = NDArray[np.float64]
ESTIMATE_COLUMNS = (
    "term",
    "estimate",
    "std_error",
    "statistic",
    "df",
    "p_value",
    "conf_low",
    "conf_high",
)
# What rounding leaves of a direction in which a covariance is flat, per coefficient.
ROUNDING = 16.0 * float(np.finfo(float).eps)


@dataclass(frozen=True, eq=False)
class Estimate(Result):
    """One number with its uncertainty.

    Attributes
    ----------
    term : str
    estimate : float
    std_error : float
        On the scale of the model, also where ``scale`` is "ratio" (the log scale then).
    statistic, df, p_value : float
        df is infinite for a normal reference. All nan where no null value makes sense.
    conf_low, conf_high, level : float
    null : float or None
        On the scale shown.
    scale : {"identity", "ratio"}
    measure : str
        What the number is, e.g. "hazard ratio"; empty where the term says it.
    """

    term: str
    estimate: float
    std_error: float
    statistic: float
    df: float
    p_value: float
    conf_low: float
    conf_high: float
    level: float = 0.95
    null: float | None = 0.0
    scale: str = "identity"
    measure: str = ""

    @property
    def std_error_of(self) -> str:
        """What the standard error is of where it is not the estimate itself: the log of a ratio."""
        return f"log {self.measure or 'ratio'}" if self.scale == "ratio" else ""

    def to_frame(self) -> pd.DataFrame:
        """One row: term, estimate, std_error, statistic, df, p_value, conf_low, conf_high.

        Of a ratio also std_error_of, which says that the standard error is that of its log.
        """
        return _estimates_frame([self], self.scale == "ratio")


@dataclass(frozen=True, eq=False)
class HypothesisTest(Result):
    """A test of a hypothesis.

    Attributes
    ----------
    name : str
    null : str
        The hypothesis, as a sentence.
    statistic, df, p_value : float
    parts : mapping
        What the statistic is made of, by name.
    df_denominator : float or None
        Of an F statistic.
    distribution : {"chi2", "F", "t", "normal"}
    """

    name: str
    null: str
    statistic: float
    df: float
    p_value: float
    parts: Mapping[str, Any] = field(default_factory=dict)
    df_denominator: float | None = None
    distribution: str = "chi2"

    def to_frame(self) -> pd.DataFrame:
        """One row: test, statistic, df (and df_denominator), p_value."""
        row: dict[str, Any] = {"test": self.name, "statistic": self.statistic, "df": self.df}
        if self.df_denominator is not None:
            row["df_denominator"] = self.df_denominator
        return pd.DataFrame([{**row, "p_value": self.p_value}])


class _DegreesOfFreedom(Protocol):
    def of(self, weights: Floats) -> float: ...


@dataclass(frozen=True)
class Freedom(Frozen):
    """Degrees of freedom of a linear combination of the estimates.

    Attributes
    ----------
    rule : {"normal", "residual", "clusters", "satterthwaite", "kenward-roger", "barnard-rubin"}
    value : float
        The same for every combination, where the rule says so.
    pieces : object or None
        Gives ``of(weights)`` where degrees of freedom differ between combinations.
    """

    rule: str = "normal"
    value: float = np.inf
    pieces: _DegreesOfFreedom | None = None

    def of(self, weights: Floats) -> float:
        """Degrees of freedom of ``weights @ values``."""
        return self.value if self.pieces is None else float(self.pieces.of(weights))

    def joint(self, contrasts: Floats) -> tuple[float, float]:
        """Denominator degrees of freedom of a joint test, and the factor of its F statistic.

        Where the pieces know (``joint``), theirs; otherwise the smallest over the contrasts (the
        rows), and 1.
        """
        own = getattr(self.pieces, "joint", None)
        if own is not None:
            denominator, factor = own(contrasts)
            return float(denominator), float(factor)
        return min(self.of(row) for row in contrasts), 1.0


@dataclass(frozen=True, eq=False)
class Estimates(Result):
    """Several estimates with their covariance.

    Attributes
    ----------
    terms : tuple of str, length k
    values : (k,) array
        On the scale of the model.
    covariance : (k, k) array
    freedom : Freedom
    link : {"identity", "log", "logit"}
        With "log" and "logit" the exponential of a value is a ratio.
    level : float
    limits : (k, 2) array or None
        Confidence limits that are not Wald's, at ``level``, on the scale of ``values``.
    statistics : (k,) array or None
        Test statistics that are not Wald's (signed roots of likelihood ratios), with the same
        reference distribution.
    p_values : (k,) array or None
        P-values that are not those of the statistics alone, such as adjusted ones.
    null : float or None
        Null value of every term on the scale of the model; None where none makes sense.
    measure : str
        What an estimate is, as a ratio where there is one, e.g. "hazard ratio"; empty where the
        terms say it.
    aside : tuple of str
        Terms that are no effects, such as an intercept or the log of a scale. They have no ratio
        and are not what ``measure`` says.
    """

    terms: tuple[str, ...]
    values: Floats
    covariance: Floats
    freedom: Freedom = field(default_factory=Freedom)
    link: str = "identity"
    level: float = 0.95
    limits: Floats | None = None
    statistics: Floats | None = None
    p_values: Floats | None = None
    null: float | None = 0.0
    measure: str = ""
    aside: tuple[str, ...] = ()

    @property
    def std_errors(self) -> Floats:
        """Standard errors (k,), on the scale of the model."""
        with np.errstate(invalid="ignore"):
            return np.sqrt(np.diag(self.covariance))

    def has_ratio(self, term: str) -> bool:
        """Whether the exponential of a term is a ratio: on a log scale, and an effect."""
        return self.link != "identity" and term not in self.aside

    def _position(self, term: str) -> int:
        if term not in self.terms:
            raise ValueError(f"No term {term!r}. The terms are: {', '.join(self.terms)}.")
        return self.terms.index(term)

    def _pack(
        self, term: str, weights: Floats, *, ratio: bool, level: float | None, own: int | None
    ) -> Estimate:
        if ratio and self.link == "identity":
            raise ValueError("ratio=True needs estimates on a log or logit scale.")
        if ratio and term in self.aside:
            raise ValueError(f"{term} is no effect, so its exponential is no {self.measure}.")
        level = self.level if level is None else check_level(level)
        used = np.flatnonzero(weights)
        value = float(weights[used] @ self.values[used])
        block = self.covariance[np.ix_(used, used)]
        with np.errstate(invalid="ignore"):
            std_error = float(np.sqrt(weights[used] @ block @ weights[used]))
        df = self.freedom.of(weights)
        low, high = self._interval(value, std_error, df, level, own)
        null = self.null
        statistic = np.nan
        if null is not None and std_error > 0:
            statistic = (value - null) / std_error
        if self.statistics is not None and own is not None:
            statistic = self.statistics[own]
        p_value = limits.t_p(statistic, df)
        if self.p_values is not None and own is not None:
            p_value = self.p_values[own]
        show = np.exp if ratio else float
        return Estimate(
            term=term,
            estimate=float(show(value)),
            std_error=std_error,
            statistic=float(statistic),
            df=float(df),
            p_value=float(p_value),
            conf_low=float(show(low)),
            conf_high=float(show(high)),
            level=level,
            null=None if null is None else float(show(null)),
            scale="ratio" if ratio else "identity",
            measure="" if term in self.aside else self._measured(ratio),
            method=self.method,
            notes=self.notes,
            counts=self.counts,
            source=self.source,
        )

    def _measured(self, ratio: bool) -> str:
        on_the_log = self.measure and self.link != "identity" and not ratio
        return f"log {self.measure}" if on_the_log else self.measure

    def _interval(
        self, value: float, std_error: float, df: float, level: float, own: int | None
    ) -> tuple[float, float]:
        if self.limits is not None and own is not None and np.any(~np.isnan(self.limits[own])):
            if not np.isclose(level, self.level):
                raise ValueError(
                    f"These limits were computed at level {self.level:g}; "
                    f"ask the method for level={level:g} instead."
                )
            return float(self.limits[own, 0]), float(self.limits[own, 1])
        half = float(limits.t_quantile(level, df)) * std_error
        return value - half, value + half

    def estimate(self, term: str, *, ratio: bool = False, level: float | None = None) -> Estimate:
        """The estimate of one term.

        Parameters
        ----------
        term : str
            One of ``terms``.
        ratio : bool
            On the ratio scale (exponential), where the link allows it.
        level : float, optional
            Confidence level; the result's own by default.

        Returns
        -------
        Estimate

        Raises
        ------
        ValueError
            For an unknown term, or a ratio of estimates that are not on a log scale.
        """
        k = self._position(term)
        weights = np.zeros(len(self.terms))
        weights[k] = 1.0
        return self._pack(term, weights, ratio=ratio, level=level, own=k)

    def contrast(
        self,
        weights: Mapping[str, float] | Sequence[float] | Floats,
        *,
        ratio: bool = False,
        level: float | None = None,
        name: str | None = None,
    ) -> Estimate:
        """A linear combination of the estimates.

        Parameters
        ----------
        weights : mapping of term to weight, or (k,) array
        ratio : bool
        level : float, optional
        name : str, optional
            What to call it; spelled from the weights by default.

        Returns
        -------
        Estimate

        Raises
        ------
        ValueError
            For unknown terms or a wrong number of weights.
        """
        array = self._weights(weights)
        if name is None:
            name = " + ".join(
                term if weight == 1 else f"{weight:g} {term}"
                for term, weight in zip(self.terms, array, strict=True)
                if weight != 0
            ).replace("+ -", "- ")
        return self._pack(name or "0", array, ratio=ratio, level=level, own=None)

    def _weights(self, weights: Mapping[str, float] | Sequence[float] | Floats) -> Floats:
        if isinstance(weights, Mapping):
            array = np.zeros(len(self.terms))
            for term, weight in weights.items():
                array[self._position(term)] = weight
            return array
        array = np.asarray(weights, dtype=float)
        if array.shape != (len(self.terms),):
            raise ValueError(
                f"weights must name terms or be {len(self.terms)} numbers, one for each term."
            )
        return array

    def test(self, terms: str | Sequence[str]) -> HypothesisTest:
        """Wald test that all of ``terms`` are zero.

        A term of the formula with several columns (a factor, a spline) may be named as in the
        formula.

        Parameters
        ----------
        terms : str or sequence of str

        Returns
        -------
        HypothesisTest
            Chi-squared with a normal reference; F with finite degrees of freedom.

        Raises
        ------
        ValueError
            For unknown terms.
        """
        names = (terms,) if isinstance(terms, str) else tuple(terms)
        positions = np.array([k for name in names for k in self.positions(name)], dtype=int)
        null = 0.0 if self.null is None else self.null
        values = self.values[positions] - null
        block = self.covariance[np.ix_(positions, positions)]
        statistic, rank = quadratic_form(values, block, flat=len(values) * ROUNDING)
        df = float(rank)
        denominator, factor = self.freedom.joint(np.eye(len(self.terms))[positions])
        named = ", ".join(names)
        common: dict[str, Any] = {
            "name": f"Wald test of {named}",
            "null": f"All coefficients of {named} are zero.",
            "parts": {"terms": tuple(self.terms[k] for k in positions)},
            "method": self.method,
            "notes": self.notes,
            "counts": self.counts,
            "source": self.source,
        }
        if np.isinf(denominator):
            return HypothesisTest(
                statistic=statistic, df=df, p_value=float(limits.chi2_p(statistic, df)), **common
            )
        f_value = factor * statistic / df if df else np.nan
        return HypothesisTest(
            statistic=f_value,
            df=df,
            p_value=float(limits.f_p(f_value, df, denominator)),
            df_denominator=denominator,
            distribution="F",
            **common,
        )

    def positions(self, name: str) -> list[int]:
        """Positions of a term among the estimates."""
        return [self._position(name)]

    def to_frame(self, *, ratio: bool = False) -> pd.DataFrame:
        """One row per term.

        Parameters
        ----------
        ratio : bool
            Estimates and limits on the ratio scale; terms in ``aside`` stay as they are.

        Returns
        -------
        pandas.DataFrame
            Columns term, estimate, std_error, statistic, df, p_value, conf_low, conf_high; with
            ``ratio`` also std_error_of, which says that standard errors are those of the logs.
        """
        rows = [self.estimate(term, ratio=ratio and term not in self.aside) for term in self.terms]
        return _estimates_frame(rows, ratio)


def _estimates_frame(rows: Sequence[Estimate], ratio: bool) -> pd.DataFrame:
    frame = pd.DataFrame(
        [{name: getattr(row, name) for name in ESTIMATE_COLUMNS} for row in rows],
        columns=list(ESTIMATE_COLUMNS),
    )
    # Beside a ratio a standard error looks like its own, which it is not.
    return frame.assign(std_error_of=[row.std_error_of for row in rows]) if ratio else frame
