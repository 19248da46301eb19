"""How sure are the coefficients of a regression of an event? Its kinds of standard error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats._arguments import check_choice
from walkstats.errors import FitError
from walkstats.numerics.cluster_robust import cr_covariance, hc_covariance
from walkstats.numerics.least_squares import Factor
from walkstats.regression.rows import Rows
from walkstats.regression.standard_errors import STANDARD_ERRORS, StandardErrors
from walkstats.results import Freedom

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

BINARY_ERRORS = {
    "model": StandardErrors("model", "model-based standard errors"),
    **{
        name: StandardErrors(name, f"robust standard errors (sandwich, {name})")
        for name in ("HC0", "HC1", "HC2", "HC3")
    },
    **{name: STANDARD_ERRORS[name] for name in ("CR0", "CR1", "CR2", "CR3")},
}


@dataclass(frozen=True, eq=False)
class Chosen:
    """The kind of standard error and the clusters it needs.

    Attributes
    ----------
    kind : StandardErrors
    by : str
        Name of the clusters; empty without.
    groups : (n,) integer codes or None
    """

    kind: StandardErrors
    by: str
    groups: Codes | None

    @property
    def clusters(self) -> int:
        """How many; 0 without."""
        return 0 if self.groups is None else int(self.groups.max()) + 1


def check_errors(se: str | None, cluster: str | None) -> None:
    """A kind of standard error that the clusters allow."""
    if se is None:
        return
    check_choice(se, BINARY_ERRORS, "se")
    if cluster is not None and not BINARY_ERRORS[se].clustered:
        raise ValueError(
            f"se={se!r} takes rows as independent; with cluster={cluster!r} use 'CR0', 'CR1', "
            "'CR2' or 'CR3'."
        )


def chosen_errors(
    rows: Rows, se: str | None, default: str, cluster: str | None, subject: str
) -> Chosen:
    """The kind asked for; else CR2 where rows are clustered, or the default."""
    by, groups = (cluster, rows.groups) if cluster is not None else (subject, rows.people)
    if se is None:
        se = "CR2" if cluster is not None or rows.repeated else default
    kind = BINARY_ERRORS[se]
    if not kind.clustered:
        return Chosen(kind, "", None)
    if groups is None:
        raise ValueError(f"se={se!r} needs the column of clusters: cluster=.")
    if groups.max(initial=0) == 0:
        raise FitError(
            f"All rows belong to one cluster of {by}: between-cluster variation cannot be seen. "
            "Cluster by something that has several values, or use se='HC0'."
        )
    return Chosen(kind, str(by), groups)


@dataclass(frozen=True, eq=False)
class BinaryVariance:
    """Covariance of the coefficients, their degrees of freedom, and what rests on one cluster."""

    covariance: Floats
    freedom: Freedom
    unknown: tuple[int, ...] = ()


def binary_variance(
    design: Factor, residuals: Floats, naive: Floats, chosen: Chosen, rows: NDArray[np.bool_]
) -> BinaryVariance:
    """Estimate the covariance of the coefficients from the last step of a fit.

    Parameters
    ----------
    design : Factor
        Of the rows that determine the coefficients, weighted by their expected information.
    residuals : (r,) array
        Working residuals.
    naive : (k, k) array
        The model-based covariance.
    chosen : Chosen
    rows : (n,) bool
        Which rows these are.

    Returns
    -------
    BinaryVariance
    """
    name = chosen.kind.name
    if chosen.groups is None:
        if name == "model":
            return BinaryVariance(naive, Freedom())
        robust = hc_covariance(design, residuals, name)
        return BinaryVariance(robust.covariance, Freedom(), robust.unknown)
    codes = np.unique(chosen.groups[rows], return_inverse=True)[1]
    kind = "CR0" if name == "CR1" else name
    robust, pieces = cr_covariance(design, residuals, codes, kind)
    clusters = chosen.clusters
    if name in ("CR2", "CR3"):
        freedom = Freedom("satterthwaite", np.nan, pieces)
        return BinaryVariance(robust.covariance, freedom, robust.unknown)
    scale = clusters / (clusters - 1) if name == "CR1" else 1.0
    freedom = Freedom("clusters", float(clusters - 1))
    return BinaryVariance(scale * robust.covariance, freedom, robust.unknown)
