"""Which coefficients make these counts most likely, and how far do the counts scatter?

Arrays only. Counts y have means mu = exp(X b + offset); their variance is mu (Poisson), or
mu + mu**2 / theta (negative binomial, theta finite). Covariates come as the orthonormal columns Q
of a factored design, so that neither scale nor origin of a covariate matters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from walkstats.numerics.cluster_robust import hc_covariance
from walkstats.numerics.least_squares import Factor
from walkstats.numerics.newton import Maximum, inverse_information, maximise

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

# Between these values of theta the search goes on; above, the counts do not scatter more than
# Poisson counts do.
SMALLEST, LARGEST = 1e-6, 1e8
CLOSE = 1e-13
# A direction along which no mean moves more than this share where there are counts, and none rises,
# takes means of zero counts to zero without end.
STILL = 1e-6
LONGEST = 25.0
FAR = 500.0


@dataclass(frozen=True, eq=False)
class CountModel:
    """What stays the same while coefficients and theta move.

    Attributes
    ----------
    q : (n, k) orthonormal columns
    offset : (n,)
    y : (n,) counts
    """

    q: Floats
    offset: Floats
    y: Floats


@dataclass(frozen=True, eq=False)
class CountMaximum:
    """The maximum of the likelihood.

    Attributes
    ----------
    g : (k,) coefficients of Q
    mu : (n,) means
    theta : float
        Infinite for Poisson counts.
    log_likelihood : float
    direction : (k,) or None
        Along which the likelihood rises for ever, in the coordinates of Q.
    state : {"converged", "boundary", "infinite", "not converged"}
    """

    g: Floats
    mu: Floats
    theta: float
    log_likelihood: float
    direction: Floats | None
    state: str


def log_likelihood(y: Floats, mu: Floats, theta: float) -> float:
    """Log-likelihood of counts with these means, constants included."""
    if np.isinf(theta):
        return float(np.sum(special.xlogy(y, mu) - mu - special.gammaln(y + 1.0)))
    # log Gamma(y + theta) - log Gamma(theta) - y log(theta), without the difference of large ones
    rising = special.gammaln(y + theta) - special.gammaln(theta) - y * np.log(theta)
    shape = -(theta + y) * np.log1p(mu / theta)
    return float(np.sum(rising - special.gammaln(y + 1.0) + special.xlogy(y, mu) + shape))


def maximum(model: CountModel, theta: float, start: Floats | None = None) -> CountMaximum:
    """Maximise the likelihood at a given theta."""
    y, q = model.y, model.q

    def evaluate(g: Floats) -> tuple[float, Floats, Floats]:
        with np.errstate(over="ignore", invalid="ignore"):
            mu = np.exp(q @ g + model.offset)
            height = log_likelihood(y, mu, theta)
            shrink = 1.0 / (1.0 + mu / theta)
            # The observed information; for Poisson counts also the expected.
            weight = mu * shrink**2 * (1.0 + y / theta)
            return height, q.T @ ((y - mu) * shrink), (q.T * weight) @ q

    found = maximise(
        evaluate,
        _begin(model) if start is None else start,
        unbounded=lambda step: _rises(step, model),
        longest=LONGEST * np.sqrt(len(y)),
    )
    return _packed(found, model, theta)


def _begin(model: CountModel) -> Floats:
    """Coefficients of least squares on the log scale."""
    target = np.log(np.maximum(model.y, 0.5)) - model.offset
    return np.asarray(model.q.T @ target)


def _rises(step: Floats, model: CountModel) -> bool:
    moved = model.q @ step
    far = float(np.abs(moved).max(initial=0.0))
    counted = float(np.abs(moved[model.y > 0]).max(initial=0.0))
    return far > 0.5 and counted <= STILL * far and float(moved.max()) <= STILL * far


def _packed(found: Maximum, model: CountModel, theta: float) -> CountMaximum:
    if found.state == "infinite":
        return _at_infinity(found, model, theta)
    mu = np.exp(model.q @ found.values + model.offset)
    return CountMaximum(found.values, mu, theta, found.log_likelihood, None, found.state)


def _at_infinity(found: Maximum, model: CountModel, theta: float) -> CountMaximum:
    """Follow the direction until its means are zero, and maximise across it."""
    direction = found.step / np.abs(model.q @ found.step).max()
    far = found.values + FAR * direction
    across = np.linalg.svd(direction[None, :])[2][1:].T
    offset = model.offset + model.q @ far
    best = maximum(CountModel(model.q @ across, offset, model.y), theta, np.zeros(far.size - 1))
    g = far + across @ best.g
    return CountMaximum(g, best.mu, theta, best.log_likelihood, direction, "infinite")


def best_theta(model: CountModel) -> CountMaximum:
    """Maximise the likelihood over coefficients and theta of a negative binomial model."""
    from scipy.optimize import brentq

    poisson = maximum(model, np.inf)
    if poisson.state != "converged":
        return poisson
    start = poisson.g

    def slope(log_theta: float) -> float:
        nonlocal start
        theta = float(np.exp(log_theta))
        here = maximum(model, theta, start)
        start = here.g
        return theta_score(model.y, here.mu, theta)

    scatter = float(np.sum((model.y - poisson.mu) ** 2 - model.y))
    low, high = np.log(SMALLEST), np.log(LARGEST)
    if scatter <= 0.0 and slope(np.log(100.0)) >= 0.0:
        return CountMaximum(poisson.g, poisson.mu, np.inf, poisson.log_likelihood, None, "boundary")
    if slope(low) <= 0.0 or slope(high) >= 0.0:
        return maximum(model, float(np.exp(low if slope(low) <= 0.0 else high)), start)
    theta = float(np.exp(brentq(slope, low, high, xtol=CLOSE)))
    return maximum(model, theta, start)


def theta_score(y: Floats, mu: Floats, theta: float) -> float:
    """Slope of the log-likelihood in theta."""
    rising = special.psi(y + theta) - special.psi(theta) - np.log1p(mu / theta)
    return float(np.sum(rising + (mu - y) / (theta + mu)))


def theta_information(y: Floats, mu: Floats, theta: float) -> float:
    """Observed information of theta alone."""
    rising = special.polygamma(1, y + theta) - special.polygamma(1, theta)
    return -float(
        np.sum(rising + 1.0 / theta - 2.0 / (mu + theta) + (y + theta) / (mu + theta) ** 2)
    )


def deviance(y: Floats, mu: Floats, theta: float) -> float:
    """Twice the distance of the log-likelihood from that of means equal to the counts."""
    if np.isinf(theta):
        return float(2.0 * np.sum(special.xlogy(y, y / mu) - (y - mu)))
    shape = (y + theta) * np.log((y + theta) / (mu + theta))
    return float(2.0 * np.sum(special.xlogy(y, y / mu) - shape))


@dataclass(frozen=True, eq=False)
class CountVariance:
    """Pieces of the covariance of the coefficients of Q.

    Attributes
    ----------
    expected : (k, k) inverse of the expected information, theta held
    observed : (k, k) coefficients' block of the inverse of the joint observed information
    scores : (n, k) what each row adds to the score
    pearson : float, sum of squared Pearson residuals
    """

    expected: Floats
    observed: Floats
    scores: Floats
    pearson: float


def variances(model: CountModel, found: CountMaximum) -> CountVariance:
    """What standard errors are made of, at a maximum."""
    y, mu, theta, q = model.y, found.mu, found.theta, model.q
    shrink = 1.0 / (1.0 + mu / theta)
    expected = inverse_information((q.T * (mu * shrink)) @ q)
    observed = expected
    if np.isfinite(theta):
        own = (q.T * (mu * shrink**2 * (1.0 + y / theta))) @ q
        beside = -(q.T @ (mu * (y - mu) / (theta + mu) ** 2))
        alone = theta_information(y, mu, theta)
        observed = inverse_information(own - np.outer(beside, beside) / alone)
    scores = q * ((y - mu) * shrink)[:, None]
    return CountVariance(expected, observed, scores, float(np.sum((y - mu) ** 2 * shrink / mu)))


def told_apart(model: CountModel, found: CountMaximum) -> CountVariance:
    """Pieces of the variance; along an infinite direction there is no information."""
    if found.direction is None:
        return variances(model, found)
    told = np.linalg.svd(found.direction[None, :])[2][1:].T
    inner = variances(CountModel(model.q @ told, model.offset, model.y), found)
    return CountVariance(
        told @ inner.expected @ told.T,
        told @ inner.observed @ told.T,
        inner.scores @ told.T,
        inner.pearson,
    )


def leveraged(model: CountModel, found: CountMaximum, design: Factor, kind: str) -> Floats:
    """Covariance (k, k) by the residuals of the last step, enlarged for their leverage."""
    told = np.eye(model.q.shape[1])
    if found.direction is not None:
        told = np.linalg.svd(found.direction[None, :])[2][1:].T
    mu = found.mu
    root = np.sqrt(mu / (1.0 + mu / found.theta))
    q, r = np.linalg.qr(root[:, None] * (model.q @ told))
    last = Factor(
        model.q, root, q, design.back @ told @ np.linalg.inv(r), q.shape[1], np.nan, (), ()
    )
    residuals = np.where(mu > 0, (model.y - mu) / np.where(mu > 0, mu, 1.0), 0.0)
    return hc_covariance(last, residuals, kind).covariance
