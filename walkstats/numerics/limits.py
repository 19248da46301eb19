"""How far may an estimate reach? Quantiles, p-values and the forms of confidence intervals.

Everything rests on ``scipy.special``; tails are taken directly, never as ``1 - cdf``, which is 0
from z = 8.3 on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]


def normal_quantile(level: float) -> float:
    """z such that a normal deviate lies within +/- z with probability ``level``."""
    return float(-special.ndtri((1.0 - level) / 2.0))


def t_quantile(level: float, df: ArrayLike) -> Any:
    """t such that a Student deviate lies within +/- t with probability ``level``.

    An infinite df gives the normal quantile; a missing or non-positive df gives nan.
    """
    df = np.asarray(df, dtype=float)
    with np.errstate(invalid="ignore"):
        finite = np.isfinite(df) & (df > 0)
        quantile = -special.stdtrit(np.where(finite, df, 1.0), (1.0 - level) / 2.0)
    out = np.where(finite, quantile, np.where(np.isposinf(df), normal_quantile(level), np.nan))
    return out[()]


def normal_p(z: ArrayLike) -> Any:
    """Two-sided p-value of a normal deviate."""
    return (2.0 * special.ndtr(-np.abs(np.asarray(z, dtype=float))))[()]


def t_p(t: ArrayLike, df: ArrayLike) -> Any:
    """Two-sided p-value of a Student deviate; an infinite df is the normal case."""
    t, df = np.broadcast_arrays(np.asarray(t, dtype=float), np.asarray(df, dtype=float))
    finite = np.isfinite(df) & (df > 0)
    with np.errstate(invalid="ignore"):
        student = 2.0 * special.stdtr(np.where(finite, df, 1.0), -np.abs(t))
    return np.where(finite, student, np.where(np.isposinf(df), normal_p(t), np.nan))[()]


def chi2_p(statistic: ArrayLike, df: ArrayLike) -> Any:
    """Upper tail of the chi-squared distribution; nan where df is 0."""
    statistic, df = np.broadcast_arrays(
        np.asarray(statistic, dtype=float), np.asarray(df, dtype=float)
    )
    positive = df > 0
    return np.where(positive, special.chdtrc(np.where(positive, df, 1.0), statistic), np.nan)[()]


def f_p(statistic: ArrayLike, df_numerator: ArrayLike, df_denominator: ArrayLike) -> Any:
    """Upper tail of the F distribution; an infinite denominator is chi-squared over its df."""
    statistic = np.asarray(statistic, dtype=float)
    if np.all(np.isposinf(np.asarray(df_denominator, dtype=float))):
        return chi2_p(statistic * np.asarray(df_numerator, dtype=float), df_numerator)
    return special.fdtrc(df_numerator, df_denominator, statistic)


@dataclass(frozen=True)
class IntervalForm:
    """A scale on which an interval for a probability is symmetric.

    Attributes
    ----------
    name : str
        As the argument ``interval`` takes it.
    described : str
        As a methods section says it.
    """

    name: str
    described: str


INTERVAL_FORMS = {
    form.name: form
    for form in (
        IntervalForm("log-log", "complementary log-log transformation"),
        IntervalForm("log", "log transformation"),
        IntervalForm("plain", "no transformation"),
        IntervalForm("logit", "logit transformation"),
        IntervalForm("arcsin", "arcsine square-root transformation"),
    )
}


def probability_limits(
    estimate: ArrayLike, std_error: ArrayLike, form: str, level: float
) -> tuple[Floats, Floats]:
    """Confidence limits of a probability by one of ``INTERVAL_FORMS``.

    Parameters
    ----------
    estimate, std_error : array_like, same shape
        The probability and its standard error, both on the probability scale.
    form : str
        A key of ``INTERVAL_FORMS``.
    level : float

    Returns
    -------
    low, high : ndarray
        Within [0, 1]. At probability 0 both are nan, since its variance cannot be estimated. At
        probability 1 with no variance both are 1 for "log" and "plain", and nan on the scales that
        cannot place it, as in R.

    References
    ----------
    Kalbfleisch JD, Prentice RL. The Statistical Analysis of Failure Time Data. 2nd ed. Wiley 2002,
    section 1.4.
    """
    p = np.asarray(estimate, dtype=float)
    se = np.asarray(std_error, dtype=float)
    z = normal_quantile(level)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        low, high = _TRANSFORMED[form](p, se, z)
    return np.where(p <= 0.0, np.nan, low), np.where(p <= 0.0, np.nan, high)


def _plain(p: Floats, se: Floats, z: float) -> tuple[Floats, Floats]:
    return np.maximum(p - z * se, 0.0), np.minimum(p + z * se, 1.0)


def _log(p: Floats, se: Floats, z: float) -> tuple[Floats, Floats]:
    half = z * se / p
    return p * np.exp(-half), np.minimum(p * np.exp(half), 1.0)


def _log_log(p: Floats, se: Floats, z: float) -> tuple[Floats, Floats]:
    log_p = np.log(p)
    half = z * se / (p * np.abs(log_p))
    return np.exp(log_p * np.exp(half)), np.exp(log_p * np.exp(-half))


def _logit(p: Floats, se: Floats, z: float) -> tuple[Floats, Floats]:
    half = z * se / (p * (1.0 - p))
    centre = special.logit(p)
    return special.expit(centre - half), special.expit(centre + half)


def _arcsin(p: Floats, se: Floats, z: float) -> tuple[Floats, Floats]:
    half = 0.5 * z * se / np.sqrt(p * (1.0 - p))
    angle = np.arcsin(np.sqrt(p))
    low = np.sin(np.maximum(0.0, angle - half)) ** 2
    high = np.sin(np.minimum(np.pi / 2.0, angle + half)) ** 2
    return low, high


_TRANSFORMED = {
    "plain": _plain,
    "log": _log,
    "log-log": _log_log,
    "logit": _logit,
    "arcsin": _arcsin,
}
