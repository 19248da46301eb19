"""What do several studies say together, and how much do their effects differ?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from walkstats._arguments import check_choice, check_column, check_flag, check_frame, check_level
from walkstats._variables import as_numbers
from walkstats.errors import DataError
from walkstats.evidence import between_studies as between
from walkstats.numerics import limits
from walkstats.results import Counts, Estimate, Estimates, Freedom, HypothesisTest
from walkstats.results.frozen import Result

Floats = NDArray[np.float64]
Said = dict[str, Any]

POOLED, PREDICTION = "pooled", "a new study"


@dataclass(frozen=True)
class Estimator:
    """A way to estimate tau squared: as a methods section says it, and its kernel."""

    described: str
    tau2: Callable[[Floats, Floats], float] | None


ESTIMATORS = {
    "reml": Estimator("restricted maximum likelihood", between.restricted_likelihood),
    "ml": Estimator("maximum likelihood", between.maximum_likelihood),
    "dersimonian-laird": Estimator("DerSimonian and Laird", between.dersimonian_laird),
    "paule-mandel": Estimator("Paule and Mandel (empirical Bayes)", between.paule_mandel),
    "hedges": Estimator("Hedges and Olkin", between.hedges),
    "sidik-jonkman": Estimator("Sidik and Jonkman", between.sidik_jonkman),
    "hunter-schmidt": Estimator("Hunter and Schmidt", between.hunter_schmidt),
    "common": Estimator("a common effect", None),
}
INTERVALS = ("knapp-hartung", "knapp-hartung-at-least-normal", "normal")


@dataclass(frozen=True, eq=False)
class MetaAnalysis(Result):
    """Studies pooled, and how far their effects lie apart.

    Attributes
    ----------
    pooled : Estimates
        The mean effect, term "pooled".
    prediction : Estimates
        The effect in a new study, term "a new study": its limits hold the effects of studies
        like these. Empty with a common effect or a single study.
    tau2 : Estimate
        Variance of the effects between studies, with limits from the profile of Q. Missing with
        a single study.
    i2 : Estimate
        Share of the variance that is between studies beside a typical one within [%].
    heterogeneity : HypothesisTest
        Cochran's Q.
    studies : pandas.DataFrame
        One row per study: study, estimate, std_error, conf_low, conf_high, weight [%], shrunken
        (the effect of the study drawn towards the mean).
    """

    pooled: Estimates
    prediction: Estimates
    tau2: Estimate
    i2: Estimate
    heterogeneity: HypothesisTest
    studies: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """One row each for the mean and a new study; ratios as ratios."""
        parts = [
            one.to_frame(ratio=one.link == "log")
            for one in (self.pooled, self.prediction)
            if one.terms
        ]
        return pd.concat(parts, ignore_index=True)

    def rows(self) -> dict[str, Estimate]:
        """The rows of a forest plot: every study, the mean, and a new study; ratios as ratios."""
        ratio = self.pooled.link == "log"
        each = Estimates(
            tuple(str(name) for name in self.studies["study"]),
            self.studies["estimate"].to_numpy(),
            np.diag(self.studies["std_error"].to_numpy() ** 2),
            link=self.pooled.link,
            level=self.pooled.level,
            measure=self.pooled.measure,
            method=self.method,
            source=self.source,
        )
        found = {name: each.estimate(name, ratio=ratio) for name in each.terms}
        for one in (self.pooled, self.prediction):
            found |= {term.capitalize(): one.estimate(term, ratio=ratio) for term in one.terms}
        return found


def meta_analysis(
    studies: pd.DataFrame,
    *,
    estimate: str = "estimate",
    std_error: str = "std_error",
    study: str = "study",
    method: str = "reml",
    interval: str = "knapp-hartung",
    ratio: bool = False,
    measure: str = "",
    level: float = 0.95,
) -> MetaAnalysis:
    """Pool the effects of studies, weighted by how well each is known.

    Parameters
    ----------
    studies : pandas.DataFrame
        One row per study.
    estimate, std_error, study : str
        Columns: the effect, its standard error, and the name of the study. Effects that are ratios
        as their logarithms.
    method : {"reml", "ml", "dersimonian-laird", "paule-mandel", "hedges", "sidik-jonkman", \
"hunter-schmidt", "common"}
        How the variance between studies is estimated; "common" takes it for 0.
    interval : {"knapp-hartung", "knapp-hartung-at-least-normal", "normal"}
        Student's t with the spread of the studies as they are; the same, never narrower than the
        normal one; or the normal one, which is too narrow with few studies. With a common effect
        always the normal one.
    ratio : bool
        Whether the effects are logarithms of ratios.
    measure : str
        What an effect is, e.g. "hazard ratio".
    level : float

    Returns
    -------
    MetaAnalysis

    Raises
    ------
    ValueError
        For an unknown column, method or interval.
    DataError
        For no study, an effect that is missing, a standard error that is missing, 0 or negative
        (the study is named), or a study named twice.

    Notes
    -----
    Effects y_i with variances v_i, weights w_i = 1 / (v_i + tau2), mean m = sum(w y) / sum(w),
    variance 1 / sum(w), times sum(w (y - m)^2) / (k - 1) with t on k - 1 degrees of freedom after
    Knapp and Hartung. Prediction: m +/- t sqrt(tau2 + variance). I2 = tau2 / (tau2 + s2), s2 the
    typical variance within a study; it equals (Q - df) / Q for DerSimonian and Laird only. Limits
    of tau2: where the generalised Q meets quantiles of chi-squared. It is assumed that studies are
    independent, that their standard errors are known, and that effects are spread normally.
    With one study the answer is that study, and tau2 is missing.

    References
    ----------
    Knapp G, Hartung J (2003). doi:10.1002/sim.1482
    Viechtbauer W (2007). doi:10.1002/sim.2514 (limits of tau2)
    Higgins JPT, Thompson SG, Spiegelhalter DJ (2009). doi:10.1111/j.1467-985X.2008.00552.x

    Examples
    --------
    >>> import walkstats as ws
    >>> trials = pd.DataFrame({"study": ["A", "B", "C"], "estimate": [-0.4, 0.1, -0.25],
    ...                        "std_error": [0.2, 0.3, 0.141]})
    >>> found = ws.evidence.meta_analysis(trials, method="dersimonian-laird", ratio=True)
    >>> round(found.pooled.estimate("pooled", ratio=True).estimate, 2), round(found.tau2.estimate)
    (0.78, 0)
    """
    chosen = ESTIMATORS[check_choice(method, ESTIMATORS, "method")]
    check_choice(interval, INTERVALS, "interval")
    check_flag(ratio, "ratio")
    level = check_level(level)
    names, y, v = _read(studies, estimate, std_error, study)
    spread_out = chosen.tau2 is not None and y.size > 1
    tau2 = chosen.tau2(y, v) if chosen.tau2 is not None and spread_out else 0.0
    found = _pool(y, v, tau2, interval if spread_out else "normal")
    notes = _notes(y.size, chosen, found)
    said: Said = {
        "method": _said(chosen, interval, y.size),
        "notes": notes,
        "counts": Counts(rows=len(studies), used=y.size, participants=y.size),
        "source": str(studies.attrs.get("source", "")),
    }
    shared: Said = {"link": "log" if ratio else "identity", "level": level, "measure": measure}
    pooled = Estimates(
        (POOLED,), np.array([found.mean]), np.array([[found.variance]]), found.freedom,
        **shared, **said,
    )  # fmt: skip
    return MetaAnalysis(
        pooled=pooled,
        prediction=_predicted(found, tau2, spread_out, shared, said),
        tau2=_tau2(y, v, tau2, level, said),
        i2=_i2(y, v, tau2, chosen.tau2 is None, level, said),
        heterogeneity=_heterogeneity(y, v, said),
        studies=_each(names, y, v, tau2, found, level),
        **said,
    )


@dataclass(frozen=True)
class _Pooled:
    """The mean (scalar), its variance, the freedom of its interval, and the weights (k,)."""

    mean: float
    variance: float
    freedom: Freedom
    weights: Floats
    narrower: bool


def _pool(y: Floats, v: Floats, tau2: float, interval: str) -> _Pooled:
    mean, weights = between.weighted_mean(y, v, tau2)
    variance = 1.0 / float(weights.sum())
    if interval == "normal":
        return _Pooled(mean, variance, Freedom(), weights, False)
    factor = between.spread(y, v, tau2) / (y.size - 1)
    narrower = factor < 1.0
    if interval == "knapp-hartung-at-least-normal":
        factor = max(factor, 1.0)
    return _Pooled(mean, variance * factor, Freedom("residual", y.size - 1), weights, narrower)


def _predicted(
    found: _Pooled,
    tau2: float,
    spread_out: bool,
    shared: Said,
    said: Said,
) -> Estimates:
    if not spread_out:
        return Estimates((), np.empty(0), np.empty((0, 0)), **shared, **said)
    covariance = np.array([[tau2 + found.variance]])
    return Estimates(
        (PREDICTION,), np.array([found.mean]), covariance, found.freedom, null=None,
        **shared, **said,
    )  # fmt: skip


def _tau2(y: Floats, v: Floats, tau2: float, level: float, said: Said) -> Estimate:
    """With the values of tau squared that Q does not contradict."""
    low = high = np.nan
    if y.size > 1:
        low, high = _profile(y, v, level)
    else:
        tau2 = np.nan
    return _described("tau squared", "variance between studies", tau2, low, high, level, said)


def _i2(y: Floats, v: Floats, tau2: float, common: bool, level: float, said: Said) -> Estimate:
    """From tau squared; with a common effect from Q, since tau squared was not asked for."""
    if y.size < 2:
        return _described("I squared", "%", np.nan, np.nan, np.nan, level, said)
    typical = between.typical_variance(v)
    asked = between.dersimonian_laird(y, v) if common else tau2
    share, low, high = (100.0 * t / (t + typical) for t in (asked, *_profile(y, v, level)))
    return _described("I squared", "%", share, low, high, level, said)


def _profile(y: Floats, v: Floats, level: float) -> tuple[float, float]:
    outside = (1.0 - level) / 2.0
    most, least = (float(special.chdtri(y.size - 1, p)) for p in (outside, 1.0 - outside))
    return between.where_spread_is(y, v, most), between.where_spread_is(y, v, least)


def _described(
    term: str, measure: str, value: float, low: float, high: float, level: float,
    said: Said,
) -> Estimate:  # fmt: skip
    return Estimate(
        term, value, np.nan, np.nan, np.nan, np.nan, low, high, level, None, measure=measure,
        **said,
    )  # fmt: skip


def _heterogeneity(y: Floats, v: Floats, said: Said) -> HypothesisTest:
    q, df = between.spread(y, v), y.size - 1
    p_value = float(limits.chi2_p(q, df)) if df else np.nan
    null = "All studies have the same effect."
    return HypothesisTest("Cochran's Q", null, q, df, p_value, **said)


def _each(
    names: list[str], y: Floats, v: Floats, tau2: float, found: _Pooled, level: float
) -> pd.DataFrame:
    half = limits.normal_quantile(level) * np.sqrt(v)
    return pd.DataFrame(
        {
            "study": names,
            "estimate": y,
            "std_error": np.sqrt(v),
            "conf_low": y - half,
            "conf_high": y + half,
            "weight": 100.0 * found.weights / found.weights.sum(),
            "shrunken": (tau2 * y + v * found.mean) / (tau2 + v),
        }
    )


def _read(
    studies: pd.DataFrame, estimate: str, std_error: str, study: str
) -> tuple[list[str], Floats, Floats]:
    """Names, effects and variances; what cannot be pooled is refused with the study's name."""
    check_frame(studies, "studies")
    named = [str(one) for one in check_column(studies, study, "study")]
    y = as_numbers(check_column(studies, estimate, "estimate"), estimate)
    error = as_numbers(check_column(studies, std_error, "std_error"), std_error)
    if not named:
        raise DataError.of("0 studies", table="studies", what_to_do="give one row per study")
    with np.errstate(invalid="ignore"):
        wrong = {
            "the effect is missing": (~np.isfinite(y), estimate),
            "the standard error is missing": (~np.isfinite(error), std_error),
            "the standard error is 0": (error == 0.0, std_error),
            "the standard error is negative": (error < 0.0, std_error),
        }
    twice = pd.Series(named).duplicated(keep=False).to_numpy()
    wrong["several rows of one study, which are not independent"] = (twice, study)
    for problem, (bad, column) in wrong.items():
        if bad.any():
            raise DataError.of(
                problem, table="studies", column=str(column), row=int(np.argmax(bad)),
                ids=[named[k] for k in np.flatnonzero(bad)],
                what_to_do="correct the study, or leave it out and say so",
            )  # fmt: skip
    return named, y, error**2


def _said(chosen: Estimator, interval: str, k: int) -> str:
    if chosen.tau2 is None or k == 1:
        studies = "1 study" if k == 1 else f"{k} studies"
        return (
            f"Meta-analysis of {studies} with a common effect, inverse variance weights, normal "
            "interval."
        )
    words = {
        "knapp-hartung": "interval of Knapp and Hartung",
        "knapp-hartung-at-least-normal": "interval of Knapp and Hartung, never below the normal",
        "normal": "normal interval",
    }
    return (
        f"Meta-analysis of {k} studies with effects that differ, variance between studies by "
        f"{chosen.described}, {words[interval]}."
    )


def _notes(k: int, chosen: Estimator, found: _Pooled) -> tuple[str, ...]:
    notes = []
    if k == 1:
        notes.append("One study only: the result is that of the study, tau squared is missing.")
    elif chosen.tau2 is None:
        notes.append("A common effect is assumed: differences between studies widen no interval.")
    elif found.narrower:
        notes.append(
            "The studies lie closer together than their standard errors let expect: the interval "
            "of Knapp and Hartung by itself is based on less than the normal variance."
        )
    if 1 < k < 5 and chosen.tau2 is not None:
        notes.append(f"With {k} studies the variance between studies is hardly known.")
    return tuple(notes)
