"""What is a person's own part, and how sure is it? Best linear unbiased predictions.

With D the covariance of the random effects relative to the residual variance, V that of the
outcome, and Phi that of the coefficients, the prediction of a person's effects is
D Z'V^-1 (y - X b), and its error has the covariance D - D Z'V^-1 Z D + D Z'V^-1 X Phi X'V^-1 Z D.
An outer group is one more effect, shared by its people.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.regression.mixed.likelihood import Shape
from walkstats.regression.mixed.person_sums import Sums

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True)
class Reaches:
    """Z'V^-1 [X y Z], before the effect of outer groups, and what is needed to add it.

    Attributes
    ----------
    random : (q, q) array
        D.
    products : (P, q, w) array
        Z'V^-1 W by person.
    squares : (P, q, q) array
        Z'V^-1 Z.
    ones : (G, w) array or None
        1'V^-1 W by outer group.
    outer : float
        Variance of the outer groups, relative to the residual one.
    """

    random: Floats
    products: Floats
    squares: Floats
    ones: Floats | None
    outer: float


def reaches(sums: Sums, shape: Shape, theta: Floats) -> Reaches:
    """What each person's rows say of the random effects.

    Parameters
    ----------
    sums : Sums
    shape : Shape
    theta : (m,) array

    Returns
    -------
    Reaches
    """
    lower = shape.triangle(theta)
    random = lower @ lower.T
    inverse = np.linalg.inv(np.eye(len(random)) + sums.squares @ random)
    products = inverse @ sums.products
    ones, outer = None, 0.0
    if sums.outer is not None and sums.outer_products is not None:
        last = sums.products[:, :, -1]
        less = np.einsum("pq,qr,prw->pw", last, random, products)
        starts = np.flatnonzero(np.r_[True, sums.outer[1:] != sums.outer[:-1]])
        ones = sums.outer_products - np.add.reduceat(less, starts, axis=0)
        outer = float(theta[-1] ** 2)
    return Reaches(random, products, inverse @ sums.squares, ones, outer)


def predicted_effects(
    sums: Sums, found: Reaches, coefficients: Floats
) -> tuple[Floats, Floats | None]:
    """Predicted effects of the people (P, q) and of the outer groups (G,), standardised.

    Parameters
    ----------
    sums : Sums
    found : Reaches
    coefficients : (k,) array
        Standardised, about least squares.

    Returns
    -------
    tuple of arrays
    """
    aim = np.append(-coefficients, 1.0)
    k = len(aim)
    pull = found.products[:, :, :k] @ aim
    if found.ones is None or sums.outer is None:
        return pull @ found.random, None
    group = found.ones[:, :k] @ aim
    size = found.ones[:, -1]
    outer = found.outer * group / (1.0 + found.outer * size)
    pull = pull - found.products[:, :, -1] * outer[sums.outer][:, None]
    return pull @ found.random, outer


def error_covariance(sums: Sums, found: Reaches, information: Floats, people: Codes) -> Floats:
    """Covariance of what is wrong with coefficients and effects of people (n, d, d), standardised.

    In the order of the k coefficients, the person's q effects, and the effect of the outer group
    where there is one; relative to the residual variance.

    Parameters
    ----------
    sums : Sums
    found : Reaches
    information : (k, k) array
    people : (n,) positions among the people of `sums`

    Returns
    -------
    (n, d, d) array
    """
    k = len(information)
    fixed = np.linalg.inv(information)
    prior = found.random
    seen = found.squares[people]
    along = found.products[people][:, :, :k]
    if found.ones is not None and sums.outer is not None:
        group = found.ones[sums.outer[people]]
        size = group[:, -1]
        grown = 1.0 + found.outer * size
        mine = found.products[people][:, :, -1]
        share = (found.outer / grown)[:, None, None]
        top = seen - share * mine[:, :, None] * mine[:, None, :]
        side = (mine / grown[:, None])[:, :, None]
        corner = (size / grown)[:, None, None]
        seen = np.block([[top, side], [side.transpose(0, 2, 1), corner]])
        along = np.concatenate(
            [
                along - share * mine[:, :, None] * group[:, None, :k],
                (group[:, :k] / grown[:, None])[:, None, :],
            ],
            axis=1,
        )
        prior = np.block(
            [
                [prior, np.zeros((len(prior), 1))],
                [np.zeros((1, len(prior))), np.full((1, 1), found.outer)],
            ]
        )
    turned = prior @ along
    cross = -turned @ fixed
    own = prior - prior @ seen @ prior + turned @ fixed @ turned.transpose(0, 2, 1)
    both = np.broadcast_to(fixed, (len(own), k, k))
    return np.block([[both, cross.transpose(0, 2, 1)], [cross, own]])
