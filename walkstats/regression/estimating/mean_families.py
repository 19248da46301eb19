"""How do the mean of an outcome and its variance follow from the linear predictor?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Family:
    """A mean and a variance, up to a scale.

    Attributes
    ----------
    name : str
    described : str
        As a methods section says it.
    link : {"identity", "logit", "log"}
    mean : callable
        Linear predictor -> mean, its slope, the variance at scale 1.
    """

    name: str
    described: str
    link: str
    mean: Callable[[Floats], tuple[Floats, Floats, Floats]]


def _gaussian(eta: Floats) -> tuple[Floats, Floats, Floats]:
    return eta, np.ones_like(eta), np.ones_like(eta)


def _binomial(eta: Floats) -> tuple[Floats, Floats, Floats]:
    p, rest = special.expit(eta), special.expit(-eta)
    return p, p * rest, p * rest


def _poisson(eta: Floats) -> tuple[Floats, Floats, Floats]:
    mean = np.exp(eta)
    return mean, mean, mean


FAMILIES = {
    family.name: family
    for family in (
        Family("gaussian", "identity link, constant variance", "identity", _gaussian),
        Family("binomial", "logit link, binomial variance", "logit", _binomial),
        Family("poisson", "log link, Poisson variance", "log", _poisson),
    )
}
