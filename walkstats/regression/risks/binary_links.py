"""On which scale do covariates move a risk? Links, as rows of the log-likelihood.

Arrays only. Each link gives, at linear predictors eta and outcomes y of 0 and 1, the rows'
log-likelihood with its slope and curvature in eta, and what standard errors are made of. Tails are
taken directly, so that risks near 0 and 1 keep their digits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Three = tuple[Floats, Floats, Floats]


@dataclass(frozen=True)
class Link:
    """How a risk follows from the linear predictor, and what is maximised.

    Attributes
    ----------
    name : str
    described : str
        The model, as a methods section calls it.
    measure : str
        What a coefficient is, as a ratio where there is one.
    scale : {"logit", "log", "identity"}
        Scale of the estimates (``Estimates.link``).
    rows : callable
        eta, y -> log-likelihood, its slope, its curvature (all (n,), the curvature not negative).
    working : callable
        eta -> mean, its slope in eta, the expected curvature.
    eta : callable
        Mean -> eta.
    rises : {"towards the outcome", "where there is no event", ""}
        Along which directions the likelihood may rise for ever.
    bounded : bool
        Whether eta must stay within limits for the risk to be one.
    """

    name: str
    described: str
    measure: str
    scale: str
    rows: Callable[[Floats, Floats], Three]
    working: Callable[[Floats], Three]
    eta: Callable[[float], float]
    rises: str = "towards the outcome"
    bounded: bool = False


def _logit_rows(eta: Floats, y: Floats) -> Three:
    p, q = special.expit(eta), special.expit(-eta)
    return special.log_expit(np.where(y > 0, eta, -eta)), np.where(y > 0, q, -p), p * q


def _logit_working(eta: Floats) -> Three:
    p, q = special.expit(eta), special.expit(-eta)
    return p, p * q, p * q


def _mills(eta: Floats) -> Floats:
    """Normal density over its distribution function."""
    return np.exp(-0.5 * eta**2 - special.log_ndtr(eta)) / np.sqrt(2.0 * np.pi)


def _probit_rows(eta: Floats, y: Floats) -> Three:
    side = np.where(y > 0, 1.0, -1.0)
    towards = side * eta
    mills = _mills(towards)
    return special.log_ndtr(towards), side * mills, mills * (towards + mills)


def _probit_working(eta: Floats) -> Three:
    density = np.exp(-0.5 * eta**2) / np.sqrt(2.0 * np.pi)
    return special.ndtr(eta), density, _mills(eta) * _mills(-eta)


def _cloglog_rows(eta: Floats, y: Floats) -> Three:
    hazard = np.exp(eta)
    with np.errstate(over="ignore", divide="ignore"):
        share = np.where(hazard > 0, hazard / np.expm1(hazard), 1.0)
        height = np.where(y > 0, np.log(-np.expm1(-hazard)), -hazard)
    slope = np.where(y > 0, share, -hazard)
    return height, slope, np.where(y > 0, share * (hazard + share - 1.0), hazard)


def _cloglog_working(eta: Floats) -> Three:
    hazard = np.exp(eta)
    with np.errstate(over="ignore"):
        weight = np.where(hazard > 0, hazard**2 / np.expm1(hazard), 0.0)
    return -np.expm1(-hazard), hazard * np.exp(-hazard), weight


def _log_rows(eta: Floats, y: Floats) -> Three:
    p, q = np.exp(eta), -np.expm1(eta)
    height = np.where(y > 0, np.where(eta <= 0, eta, -np.inf), np.log(q))
    return height, np.where(y > 0, 1.0, -p / q), np.where(y > 0, 0.0, p / q**2)


def _log_working(eta: Floats) -> Three:
    p = np.exp(eta)
    return p, p, p / -np.expm1(eta)


def _identity_rows(eta: Floats, y: Floats) -> Three:
    inside = (eta >= 0.0) & (eta <= 1.0)
    height = np.where(inside, np.where(y > 0, np.log(eta), np.log1p(-eta)), -np.inf)
    near = np.where(y > 0, eta, eta - 1.0)
    return height, 1.0 / near, 1.0 / near**2


def _identity_working(eta: Floats) -> Three:
    return eta, np.ones_like(eta), 1.0 / (eta * (1.0 - eta))


def _poisson_rows(eta: Floats, y: Floats) -> Three:
    mean = np.exp(eta)
    return y * eta - mean, y - mean, mean


def _poisson_working(eta: Floats) -> Three:
    mean = np.exp(eta)
    return mean, mean, mean


def _squares_rows(eta: Floats, y: Floats) -> Three:
    return -0.5 * (y - eta) ** 2, y - eta, np.ones_like(eta)


def _squares_working(eta: Floats) -> Three:
    return eta, np.ones_like(eta), np.ones_like(eta)


LINKS = {
    link.name: link
    for link in (
        Link(
            "logit", "Logistic regression", "odds ratio", "logit",
            _logit_rows, _logit_working, lambda p: float(special.logit(p)),
        ),
        Link(
            "probit", "Probit regression", "difference in probits", "identity",
            _probit_rows, _probit_working, lambda p: float(special.ndtri(p)),
        ),
        Link(
            "cloglog", "Complementary log-log regression", "ratio of cumulative hazards", "log",
            _cloglog_rows, _cloglog_working, lambda p: float(np.log(-np.log1p(-p))),
        ),
        Link(
            "log", "Log-binomial regression", "risk ratio", "log",
            _log_rows, _log_working, lambda p: float(np.log(p)),
            rises="where there is no event", bounded=True,
        ),
        Link(
            "identity", "Binomial regression with identity link", "risk difference", "identity",
            _identity_rows, _identity_working, float, rises="", bounded=True,
        ),
        Link(
            "poisson", "Modified Poisson regression", "risk ratio", "log",
            _poisson_rows, _poisson_working, lambda p: float(np.log(p)),
            rises="where there is no event",
        ),
        Link(
            "squares", "Least squares", "risk difference", "identity",
            _squares_rows, _squares_working, float, rises="",
        ),
    )
}  # fmt: skip
