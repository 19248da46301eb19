"""How sure are the coefficients and thresholds of ordered levels?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats._clusters import columns_in_one_cluster
from walkstats.errors import FitError
from walkstats.numerics.newton import inverse_information
from walkstats.numerics.sandwich import outer_sum, sandwich
from walkstats.regression.ranks.cumulative_maximum import CumulativeMaximum
from walkstats.regression.rows import Rows
from walkstats.results import Freedom

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

ORDINAL_ERRORS = {
    "model": "model-based standard errors (observed information)",
    "HC0": "robust standard errors (sandwich)",
    "CR0": "cluster-robust standard errors (CR0)",
    "CR1": "cluster-robust standard errors (CR1)",
}


@dataclass(frozen=True, eq=False)
class LevelErrors:
    """Kind of standard error, name of the clusters and their codes."""

    kind: str
    by: str
    groups: Codes | None


def chosen_level_errors(
    rows: Rows, se: str | None, default: str, cluster: str | None, subject: str
) -> LevelErrors:
    """The kind asked for; else CR1 where rows are clustered, or the default."""
    by, groups = (cluster, rows.groups) if cluster is not None else (subject, rows.people)
    kind = se or ("CR1" if cluster is not None or rows.repeated else default)
    if not kind.startswith("CR"):
        return LevelErrors(kind, "", None)
    if groups is None:
        raise ValueError(f"se={kind!r} needs the column of clusters: cluster=.")
    if groups.max(initial=0) == 0:
        raise FitError(
            f"All rows belong to one cluster of {by}: between-cluster variation cannot be seen. "
            "Cluster by something that has several values, or use se='HC0'."
        )
    return LevelErrors(kind, str(by), groups)


def level_covariances(
    found: CumulativeMaximum, errors: LevelErrors, rows: Rows, turn: Floats
) -> tuple[Floats, Floats, Freedom]:
    """Model-based covariance, the one asked for, and its degrees of freedom."""
    basis = np.eye(len(found.phi)) if found.open is None else found.open.basis
    inner = basis.T @ found.information @ basis
    bread = basis @ inverse_information(inner) @ basis.T if basis.shape[1] else 0.0 * turn
    naive = turn @ bread @ turn.T
    if errors.kind == "model":
        return naive, naive, Freedom()
    scores = found.model.scores(found.phi)
    if found.open is not None:
        raise FitError(
            "The likelihood rises for ever (a covariate sets levels apart), where no robust "
            "variance holds: use se='model', or leave the covariate out."
        )
    meat = outer_sum(scores, errors.groups)
    middle = sandwich(bread, meat)
    if errors.groups is None:
        return naive, turn @ middle @ turn.T, Freedom()
    clusters = int(errors.groups.max()) + 1
    scale = clusters / (clusters - 1) if errors.kind == "CR1" else 1.0
    return naive, scale * (turn @ middle @ turn.T), Freedom("clusters", float(clusters - 1))


def terms_in_one_cluster(rows: Rows, errors: LevelErrors, terms: int) -> NDArray[np.bool_]:
    """Which terms (j,) compare a level that lies wholly in one cluster."""
    alone = np.zeros(terms, dtype=bool)
    if errors.groups is not None:
        matrix, columns_of = rows.design.matrix, rows.design.terms.columns_of
        alone[: matrix.shape[1]] = columns_in_one_cluster(matrix, columns_of, errors.groups)
    return alone
