"""How likely is a level that lies between two thresholds?

Arrays only. The probability of a level is F(a) - F(b), with a the upper and b the lower linear
argument (infinite for the highest and the lowest level). Everything is computed on the log scale,
so that levels of tiny probability keep their digits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CumulativeLink:
    """A distribution function F.

    Attributes
    ----------
    name, described, measure : str
    scale : {"logit", "identity"}
        Scale of the estimates.
    log_between : callable
        a, b -> log(F(a) - F(b)); nan or minus infinity where a is not above b.
    log_density : callable
        x -> log F'(x), minus infinity at both ends.
    bend : callable
        x -> F''(x) / F'(x), 0 at both ends.
    quantile : callable
        Share -> x.
    cumulative : callable
        x -> F(x).
    """

    name: str
    described: str
    measure: str
    scale: str
    log_between: Callable[[Floats, Floats], Floats]
    log_density: Callable[[Floats], Floats]
    bend: Callable[[Floats], Floats]
    quantile: Callable[[Floats], Floats]
    cumulative: Callable[[Floats], Floats]


def _logit_between(a: Floats, b: Floats) -> Floats:
    return special.log_expit(a) + special.log_expit(-b) + np.log1p(-np.exp(b - a))


def _logit_density(x: Floats) -> Floats:
    return np.asarray(special.log_expit(x) + special.log_expit(-x))


def _logit_bend(x: Floats) -> Floats:
    return np.asarray(special.expit(-x) - special.expit(x))


def _probit_between(a: Floats, b: Floats) -> Floats:
    # In the upper half the difference of the upper tails keeps the digits.
    high, low = np.where(a + b > 0, -b, a), np.where(a + b > 0, -a, b)
    top = special.log_ndtr(high)
    return np.asarray(top + np.log1p(-np.exp(special.log_ndtr(low) - top)))


def _probit_density(x: Floats) -> Floats:
    return -0.5 * x**2 - 0.5 * np.log(2.0 * np.pi)


def _probit_bend(x: Floats) -> Floats:
    return np.where(np.isfinite(x), -x, 0.0)


def _cloglog_between(a: Floats, b: Floats) -> Floats:
    high, low = np.exp(a), np.exp(b)
    return np.asarray(-low + np.log(-np.expm1(low - high)))


def _cloglog_density(x: Floats) -> Floats:
    return np.where(np.isfinite(x), x - np.exp(x), -np.inf)


def _cloglog_bend(x: Floats) -> Floats:
    return np.where(np.isfinite(x), 1.0 - np.exp(x), 0.0)


CUMULATIVE_LINKS = {
    link.name: link
    for link in (
        CumulativeLink(
            "logit", "Proportional odds regression", "cumulative odds ratio", "logit",
            _logit_between, _logit_density, _logit_bend, special.logit, special.expit,
        ),
        CumulativeLink(
            "probit", "Ordered probit regression", "difference in probits", "identity",
            _probit_between, _probit_density, _probit_bend, special.ndtri, special.ndtr,
        ),
        CumulativeLink(
            "cloglog", "Ordered complementary log-log regression",
            "difference in complementary log-log", "identity",
            _cloglog_between, _cloglog_density, _cloglog_bend,
            lambda share: np.log(-np.log1p(-share)), lambda x: -np.expm1(-np.exp(x)),
        ),
    )
}  # fmt: skip


def between(
    link: CumulativeLink, a: Floats, b: Floats
) -> tuple[Floats, tuple[Floats, Floats], tuple[Floats, Floats, Floats]]:
    """Log probability of the levels between two arguments, and its derivatives.

    Parameters
    ----------
    link : CumulativeLink
    a, b : (n,) arrays
        Upper and lower argument.

    Returns
    -------
    log_probability : (n,)
    slopes : along a and along b, (n,) each
    curvatures : (aa, bb, ab), (n,) each
    """
    log_p = link.log_between(a, b)
    upper = np.exp(link.log_density(a) - log_p)
    lower = -np.exp(link.log_density(b) - log_p)
    aa = upper * link.bend(a) - upper**2
    bb = lower * link.bend(b) - lower**2
    return log_p, (upper, lower), (aa, bb, -upper * lower)
