"""How sure are the coefficients? The kinds of standard error of a linear regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats._clusters import columns_in_one_cluster, said_of_single_clusters
from walkstats.errors import FitError
from walkstats.numerics.cluster_robust import cr_covariance, hc_covariance
from walkstats.numerics.least_squares import Factor, Solution, factor, solve
from walkstats.regression.rows import Rows
from walkstats.results import Estimates, Freedom, HypothesisTest

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

FEW_CLUSTERS = 30


@dataclass(frozen=True)
class StandardErrors:
    """A kind of standard error.

    Attributes
    ----------
    name : str
        As the argument ``se`` takes it.
    described : str
        As a methods section says it.
    clustered : bool
    """

    name: str
    described: str
    clustered: bool = False


STANDARD_ERRORS = {
    kind.name: kind
    for kind in (
        StandardErrors("classical", "classical standard errors (equal variances)"),
        StandardErrors("HC0", "heteroscedasticity-consistent standard errors (HC0)"),
        StandardErrors("HC1", "heteroscedasticity-consistent standard errors (HC1)"),
        StandardErrors("HC2", "heteroscedasticity-consistent standard errors (HC2)"),
        StandardErrors("HC3", "heteroscedasticity-consistent standard errors (HC3)"),
        StandardErrors("HC4", "heteroscedasticity-consistent standard errors (HC4)"),
        StandardErrors("CR0", "cluster-robust standard errors (CR0)", True),
        StandardErrors("CR1", "cluster-robust standard errors (CR1)", True),
        StandardErrors("CR2", "bias-reduced cluster-robust standard errors (CR2)", True),
        StandardErrors("CR3", "jackknife-like cluster-robust standard errors (CR3)", True),
    )
}


@dataclass(frozen=True)
class Variance:
    """Covariance of the coefficients, and what could not be estimated.

    Attributes
    ----------
    kind : StandardErrors
    covariance, naive : (k, k) arrays
        As chosen, and the model-based one.
    freedom : Freedom
    sigma : float
        Residual standard deviation.
    clusters : int
        0 where rows are independent.
    groups : (n,) integer codes or None
    exact : tuple of int
        Rows (clusters) that are fitted exactly.
    unknown : tuple of int
        Coefficients that rest on them.
    """

    kind: StandardErrors
    covariance: Floats
    naive: Floats
    freedom: Freedom
    sigma: float
    clusters: int = 0
    groups: NDArray[np.intp] | None = None
    exact: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()


def choose_clusters(
    rows: Rows, kind: str | None, cluster: str | None, subject: str
) -> tuple[str, str, Codes | None]:
    """Choose the kind of standard error and the clusters it needs.

    Parameters
    ----------
    rows : Rows
    kind : str or None
        As asked for; None for HC3, or CR2 where rows are clustered.
    cluster : str or None
    subject : str

    Returns
    -------
    kind : str
    by : str
        Name of the clusters; empty without.
    groups : (n,) integer codes or None

    Raises
    ------
    ValueError
        When `kind` and `cluster` contradict each other.
    FitError
        For a single cluster.
    """
    if cluster is not None:
        if kind is not None and not STANDARD_ERRORS[kind].clustered:
            raise ValueError(
                f"se={kind!r} takes rows as independent; with cluster={cluster!r} use "
                "'CR0', 'CR1', 'CR2' or 'CR3'."
            )
        return _several(kind or "CR2", cluster, rows.groups)
    if kind is None:
        return ("CR2", subject, rows.people) if rows.repeated else ("HC3", "", None)
    if not STANDARD_ERRORS[kind].clustered:
        return kind, "", None
    if rows.people is None:
        raise ValueError(f"se={kind!r} needs the column of clusters: cluster=.")
    return _several(kind, subject, rows.people)


def _several(kind: str, by: str, groups: Codes | None) -> tuple[str, str, Codes | None]:
    if groups is not None and groups.max(initial=0) == 0:
        raise FitError(
            f"All rows belong to one cluster of {by}: between-cluster variation cannot be seen. "
            "Cluster by something that has several values, or use se='HC3'."
        )
    return kind, by, groups


def variance_of(
    design: Factor,
    solution: Solution,
    kind: StandardErrors,
    groups: Codes | None,
) -> Variance:
    """Estimate the covariance of the coefficients.

    Parameters
    ----------
    design : Factor
    solution : Solution
    kind : StandardErrors
    groups : (n,) integer codes or None

    Returns
    -------
    Variance
    """
    n, k = design.q.shape
    sigma = float(np.sqrt(solution.rss / (n - k)))
    naive = sigma**2 * (design.back @ design.back.T)
    residual = Freedom("residual", float(n - k))
    if groups is None:
        if kind.name == "classical":
            return Variance(kind, naive, naive, residual, sigma)
        robust = hc_covariance(design, solution.residuals, kind.name)
        return Variance(
            kind, robust.covariance, naive, residual, sigma, 0, None, robust.exact, robust.unknown
        )
    robust, pieces = cr_covariance(design, solution.residuals, groups, kind.name)
    clusters = int(groups.max()) + 1
    freedom = Freedom("clusters", float(clusters - 1))
    if kind.name in ("CR2", "CR3"):
        freedom = Freedom("satterthwaite", np.nan, pieces)
    return Variance(
        kind,
        robust.covariance,
        naive,
        freedom,
        sigma,
        clusters,
        groups,
        robust.exact,
        robust.unknown,
    )


def variance_notes(rows: Rows, variance: Variance, by: str) -> list[str]:
    """Say what a reader must know about these standard errors.

    Parameters
    ----------
    rows : Rows
    variance : Variance
    by : str
        Name of the clusters.

    Returns
    -------
    list of str
    """
    names = rows.design.terms.names
    name = variance.kind.name
    notes = []
    if rows.repeated and not variance.clusters:
        notes.append(
            f"{rows.repeated} participants have more than one row; {name} standard errors take "
            "rows as independent."
        )
    if name in ("CR0", "CR1") and variance.clusters < FEW_CLUSTERS:
        notes.append(
            f"{name} standard errors are too small with {variance.clusters} clusters; CR2 is not."
        )
    alone = in_one_cluster(rows, variance)
    notes += said_of_single_clusters(names, alone)
    # Where the reference lies in one cluster the intercept shares its fate, and needs no words.
    told = alone | (alone.any() & (np.array(names) == "intercept"))
    unknown = [names[j] for j in variance.unknown if not told[j]]
    if unknown:
        many = len(variance.exact)
        what = (
            f"cluster{'s' * (many > 1)} of {by}" if variance.clusters else f"row{'s' * (many > 1)}"
        )
        notes.append(
            f"No standard error for {', '.join(unknown)}: {many} {what} "
            f"{'are' if many > 1 else 'is'} fitted exactly, so that nothing is left to say how "
            "sure this is."
        )
    return notes


def clusters_said(rows: Rows, variance: Variance, by: str) -> str:
    """How many clusters there are, and of what.

    Parameters
    ----------
    rows : Rows
    variance : Variance
    by : str
        Name of the clusters.

    Returns
    -------
    str
    """
    if not rows.unclustered or rows.groups is not variance.groups:
        return f"{variance.clusters} clusters of {by}"
    who = "rows" if rows.people is None else "participants"
    return (
        f"{variance.clusters} clusters ({variance.clusters - rows.unclustered} of {by}, and "
        f"{rows.unclustered} {who} that belong to none, each for itself)"
    )


def in_one_cluster(rows: Rows, variance: Variance) -> NDArray[np.bool_]:
    """Which coefficients (k,) without standard error compare a level that lies in one cluster.

    Parameters
    ----------
    rows : Rows
    variance : Variance

    Returns
    -------
    (k,) bool array
    """
    alone = np.zeros(len(rows.design.terms.names), dtype=bool)
    if variance.groups is None or not variance.unknown:
        return alone
    alone[list(variance.unknown)] = True
    design = rows.design
    return alone & columns_in_one_cluster(design.matrix, design.terms.columns_of, variance.groups)


def wald_of_columns(
    matrix: Floats,
    outcome: Floats,
    weights: Floats | None,
    groups: Codes | None,
    kind: str,
    tested: NDArray[np.intp],
) -> HypothesisTest:
    """Regress on a matrix and test some of its columns.

    Parameters
    ----------
    matrix : (n, k) array
    outcome : (n,) array
    weights : (n,) array or None
    groups : (n,) integer codes or None
    kind : str
        A key of ``STANDARD_ERRORS``.
    tested : integer array
        Columns whose coefficients are zero under the hypothesis.

    Returns
    -------
    HypothesisTest
        F.

    Raises
    ------
    FitError
        When the columns cannot be told apart.
    """
    design = factor(matrix, weights)
    if design.dependent:
        raise FitError("The columns to be tested are combinations of the others.")
    solution = solve(design, outcome)
    variance = variance_of(design, solution, STANDARD_ERRORS[kind], groups)
    names = tuple(str(j) for j in range(matrix.shape[1]))
    fit = Estimates(
        terms=names,
        values=solution.coefficients,
        covariance=variance.covariance,
        freedom=variance.freedom,
    )
    return fit.test([names[j] for j in tested])
