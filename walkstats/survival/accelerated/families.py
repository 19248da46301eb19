"""Which distributions may a survival time have? Each as data: its functions and its scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Function = Callable[[Floats], Floats]

# exp() of more than this overflows; the log-likelihood there is as low as numbers go.
HIGHEST = 700.0


@dataclass(frozen=True)
class Distribution:
    """A standard distribution of the index z, on the whole line.

    Attributes
    ----------
    log_density, slope, bend : callable
        Logarithm of the density, and its first and second derivative.
    log_survival, log_distribution : callable
        Logarithms of P(Z > z) and P(Z <= z), each exact in its own tail.
    quantile : callable
        z below which a share p lies.
    mode : float
        Where the density is highest.
    widest : callable
        For an interval of length w (n,): where it must begin to hold the largest probability.
    """

    log_density: Function
    slope: Function
    bend: Function
    log_survival: Function
    log_distribution: Function
    quantile: Function
    mode: float
    widest: Function


@dataclass(frozen=True)
class Family:
    """A family of models for the time.

    Attributes
    ----------
    name : str
        As the argument ``family`` takes it.
    described : str
        As a methods section says it.
    distribution : Distribution
        Of the index z = (y - x'b) / scale.
    log_time : bool
        Whether y is the logarithm of the time, or the time itself.
    scale : float or None
        Where the family fixes it.
    """

    name: str
    described: str
    distribution: Distribution
    log_time: bool = True
    scale: float | None = None

    @property
    def proportional(self) -> bool:
        """Whether ratios of hazards do not depend on time."""
        return self.distribution is EXTREME and self.log_time


def _exp(z: Floats) -> Floats:
    return np.exp(np.minimum(z, HIGHEST))


def _extreme_distribution(z: Floats) -> Floats:
    """log(1 - exp(-exp(z))); z itself far out on the left, where that is all that is left of it."""
    small = z < -37.0
    return np.where(small, z, np.log(-np.expm1(-_exp(np.maximum(z, -37.0)))))


def _extreme_widest(width: Floats) -> Floats:
    # w / (exp(w) - 1) is the rate at which exp(-r) - exp(-r exp(w)) is largest.
    return np.log(width) - width - np.log(-np.expm1(-width))


def _logistic_density(z: Floats) -> Floats:
    return -np.abs(z) - 2.0 * np.log1p(np.exp(-np.abs(z)))


EXTREME = Distribution(
    log_density=lambda z: z - _exp(z),
    slope=lambda z: 1.0 - _exp(z),
    bend=lambda z: -_exp(z),
    log_survival=lambda z: -_exp(z),
    log_distribution=_extreme_distribution,
    quantile=lambda p: np.log(-np.log1p(-p)),
    mode=0.0,
    widest=_extreme_widest,
)
NORMAL = Distribution(
    log_density=lambda z: -0.5 * z * z - 0.5 * np.log(2.0 * np.pi),
    slope=lambda z: -z,
    bend=lambda z: np.full_like(z, -1.0),
    log_survival=lambda z: special.log_ndtr(-z),
    log_distribution=special.log_ndtr,
    quantile=special.ndtri,
    mode=0.0,
    widest=lambda width: -0.5 * width,
)
LOGISTIC = Distribution(
    log_density=_logistic_density,
    slope=lambda z: -np.tanh(0.5 * z),
    bend=lambda z: -2.0 * np.exp(_logistic_density(z)),
    log_survival=lambda z: -np.logaddexp(0.0, z),
    log_distribution=lambda z: -np.logaddexp(0.0, -z),
    quantile=special.logit,
    mode=0.0,
    widest=lambda width: -0.5 * width,
)

FAMILIES = {
    one.name: one
    for one in (
        Family("exponential", "exponential", EXTREME, scale=1.0),
        Family("weibull", "Weibull", EXTREME),
        Family("log-normal", "log-normal", NORMAL),
        Family("log-logistic", "log-logistic", LOGISTIC),
        Family("rayleigh", "Rayleigh", EXTREME, scale=0.5),
        Family("gaussian", "Gaussian", NORMAL, log_time=False),
        Family("logistic", "logistic", LOGISTIC, log_time=False),
    )
}
