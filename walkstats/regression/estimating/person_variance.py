"""How sure are the coefficients, when people are many or few?

Arrays only. In the whitened coordinates of the last step the estimating equations are a linear
regression with people as clusters: Liang and Zeger's sandwich is CR0, the correction of Kauermann
and Carroll (2001) CR2, that of Mancl and DeRouen (2001) CR3. Fay and Graubard's (2001) enlarges
scores instead of residuals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics.cluster_robust import cr_covariance
from walkstats.numerics.least_squares import Factor
from walkstats.numerics.sandwich import cluster_sums
from walkstats.results import Freedom

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

# No score is enlarged as if a person had more than this share of the information.
MOST_SHARE = 0.75


@dataclass(frozen=True)
class Correction:
    """A correction of the sandwich.

    Attributes
    ----------
    described : str
        As a methods section says it.
    kind : str
        The same of a linear regression; empty where there is none.
    """

    described: str
    kind: str


CORRECTIONS = {
    "none": Correction("robust standard errors (Liang and Zeger)", "CR0"),
    "kauermann-carroll": Correction(
        "robust standard errors with Kauermann and Carroll's correction", "CR2"
    ),
    "mancl-derouen": Correction(
        "robust standard errors with Mancl and DeRouen's correction", "CR3"
    ),
    "fay-graubard": Correction("robust standard errors with Fay and Graubard's correction", ""),
    "jackknife": Correction("approximate jackknife standard errors", "CR3"),
}
FREEDOMS = ("normal", "clusters", "satterthwaite")


def person_covariance(
    design: Factor,
    residuals: Floats,
    people: Codes,
    correction: str,
    freedom: str,
    parameters: int,
) -> tuple[Floats, Freedom, tuple[int, ...]]:
    """Covariance of the coefficients, their degrees of freedom, and those that rest on one person.

    Parameters
    ----------
    design : Factor
        Of the last step, whitened.
    residuals : (n,) array
        Whitened.
    people : (n,) codes
    correction : str
        A key of ``CORRECTIONS``.
    freedom : {"normal", "clusters", "satterthwaite"}
    parameters : int
        Coefficients, correlations and scale, which the jackknife's factor counts.

    Returns
    -------
    covariance : (k, k) array
    freedom : Freedom
    unknown : tuple of int
    """
    clusters, k = int(people.max()) + 1, design.q.shape[1]
    kind = CORRECTIONS[correction].kind
    robust, pieces = cr_covariance(design, residuals, people, kind or "CR0")
    covariance = robust.covariance
    if correction == "fay-graubard":
        covariance = _fay_graubard(design, residuals, people)
        covariance[list(robust.unknown), :] = covariance[:, list(robust.unknown)] = np.nan
    if correction == "jackknife":
        covariance = (clusters - parameters) / clusters * covariance
    if freedom == "satterthwaite":
        return covariance, Freedom("satterthwaite", np.nan, pieces), robust.unknown
    if freedom == "clusters":
        return covariance, Freedom("clusters", float(clusters - k)), robust.unknown
    return covariance, Freedom(), robust.unknown


def _fay_graubard(design: Factor, residuals: Floats, people: Codes) -> Floats:
    """Scores of each person over the root of 1 less their share of the information."""
    scores = cluster_sums(design.q * residuals[:, None], people)
    inward = np.linalg.inv(design.back)
    grams = np.stack(
        [cluster_sums(design.q * design.q[:, [j]], people) for j in range(design.q.shape[1])],
        axis=1,
    )
    # Diagonal of the person's information times the inverse of that of all.
    share = np.einsum("ji,gjl,il->gi", inward, grams, design.back)
    enlarged = (scores @ inward) / np.sqrt(1.0 - np.minimum(MOST_SHARE, share))
    bread = design.back @ design.back.T
    covariance = bread @ (enlarged.T @ enlarged) @ bread
    return np.asarray((covariance + covariance.T) / 2.0)
