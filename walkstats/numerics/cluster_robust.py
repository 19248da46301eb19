"""How sure are least-squares coefficients when errors differ in size or belong together?

Everything happens in the coordinates of the factored design (``sqrt(W) X back = Q``): with Q_g the
rows of cluster g and u_g its residuals (times the root weights), all that is needed of a cluster is
the score ``s_g = Q_g' u_g`` and the Gram matrix ``C_g = Q_g' Q_g``, both of the size of the
coefficients. No hat matrix is formed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics.least_squares import Factor, leverages

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

# A leverage this close to 1 is 1: the rows are fitted exactly whatever the outcome was.
EXACT = 1e-10
# A coefficient depends on an exactly fitted direction when its share of it is larger than this.
SHARE = 1e-7


@dataclass(frozen=True)
class RobustCovariance:
    """A covariance that does not trust the errors to be alike.

    Attributes
    ----------
    covariance : (k, k) array
        Rows and columns of coefficients in `unknown` are nan.
    exact : tuple of int
        Rows (clusters) with a leverage of 1.
    unknown : tuple of int
        Coefficients that rest on exactly fitted rows (clusters): no residual says how sure they
        are.
    """

    covariance: Floats
    exact: tuple[int, ...]
    unknown: tuple[int, ...]


def hc_covariance(design: Factor, residuals: Floats, kind: str) -> RobustCovariance:
    """Heteroscedasticity-consistent covariance of the coefficients.

    Parameters
    ----------
    design : Factor
        Of full rank.
    residuals : (n,) array
        Not weighted.
    kind : {"HC0", "HC1", "HC2", "HC3", "HC4"}

    Returns
    -------
    RobustCovariance

    Notes
    -----
    With leverage h and n rows, k coefficients, a squared residual is multiplied by 1 (HC0), n / (n
    - k) (HC1), 1 / (1 - h) (HC2), 1 / (1 - h)² (HC3), or (1 - h) to the power -min(4, n h / k)
    (HC4).

    References
    ----------
    .. [1] MacKinnon JG, White H (1985). *J Econometrics* 29:305-325.
       https://doi.org/10.1016/0304-4076(85)90158-7
    .. [2] Cribari-Neto F (2004). *Comput Stat Data Anal* 45:215-233.
       https://doi.org/10.1016/S0167-9473(02)00366-3

    Examples
    --------
    >>> import numpy as np
    >>> from walkstats.numerics.least_squares import factor
    >>> mean = factor(np.ones((4, 1)))
    >>> float(hc_covariance(mean, np.array([1.0, -1.0, 2.0, -2.0]), "HC1").covariance[0, 0])
    0.8333333333333333
    """
    n, k = design.q.shape
    leverage = leverages(design)
    left = 1.0 - leverage
    exact = np.flatnonzero(left < EXACT)
    left[exact] = 1.0
    weight = HC_WEIGHTS[kind](left, n, k)
    weight[exact] = 0.0
    scores = design.q * (_weighted(design, residuals) * np.sqrt(weight))[:, None]
    covariance = _outward(design, scores.T @ scores)
    return _marked(design, covariance, exact, design.q[exact])


HC_WEIGHTS: dict[str, Callable[[Floats, int, int], Floats]] = {
    "HC0": lambda left, n, k: np.ones_like(left),
    "HC1": lambda left, n, k: np.full_like(left, n / (n - k)),
    "HC2": lambda left, n, k: 1.0 / left,
    "HC3": lambda left, n, k: 1.0 / left**2,
    "HC4": lambda left, n, k: left ** -np.minimum(4.0, (1.0 - left) * n / k),
}


def cr_covariance(
    design: Factor, residuals: Floats, codes: Codes, kind: str
) -> tuple[RobustCovariance, BellMcCaffrey]:
    """Cluster-robust covariance of the coefficients, with its degrees of freedom.

    Parameters
    ----------
    design : Factor
        Of full rank.
    residuals : (n,) array
        Not weighted.
    codes : (n,) integer array
        Cluster of each row, 0 to G - 1, every one used.
    kind : {"CR0", "CR1", "CR2", "CR3"}

    Returns
    -------
    covariance : RobustCovariance
    freedom : BellMcCaffrey
        Satterthwaite degrees of freedom of the same kind of variance.

    Notes
    -----
    CR0 adds up the squared scores of the clusters. CR1 multiplies by G / (G - 1) (n - 1) / (n - k).
    CR2 takes the residuals of a cluster times the inverse symmetric root of I - H_gg, so that the
    variance is unbiased when errors are independent with equal (weighted) variance [1]_; CR3 takes
    the inverse and is close to leaving one cluster out. In the coordinates of Q these are functions
    of the eigenvalues of C_g. Directions that a cluster fits exactly (eigenvalue 1) hold no
    residual; they are left out, as by a generalised inverse [2]_.

    References
    ----------
    .. [1] Bell RM, McCaffrey DF (2002). Bias reduction in standard errors for linear regression
       with multi-stage samples. *Survey Methodology* 28(2):169-181.
    .. [2] Pustejovsky JE, Tipton E (2018). *J Bus Econ Stat* 36:672-683.
       https://doi.org/10.1080/07350015.2016.1247004
    """
    n, k = design.q.shape
    scores, grams = _by_cluster(design.q, _weighted(design, residuals), codes)
    roots, vectors = np.linalg.eigh(grams)
    exact = roots > 1.0 - EXACT
    clusters = len(grams)
    factors = CR_FACTORS[kind](np.where(exact, 0.0, roots))
    factors = np.where(exact, 0.0, factors)
    adjusted = (vectors * factors[:, None, :]) @ vectors.transpose(0, 2, 1)
    scores = (adjusted @ scores[:, :, None])[:, :, 0]
    scale = clusters / (clusters - 1) * (n - 1) / (n - k) if kind == "CR1" else 1.0
    covariance = _outward(design, scale * (scores.T @ scores))
    where, which = np.nonzero(exact)
    marked = _marked(design, covariance, np.unique(where), vectors[where, :, which])
    return marked, BellMcCaffrey(design.back, adjusted, grams @ adjusted)


CR_FACTORS: dict[str, Callable[[Floats], Floats]] = {
    "CR0": np.ones_like,
    "CR1": np.ones_like,
    "CR2": lambda roots: 1.0 / np.sqrt(1.0 - roots),
    "CR3": lambda roots: 1.0 / (1.0 - roots),
}


@dataclass(frozen=True)
class BellMcCaffrey:
    """Satterthwaite degrees of freedom of a cluster-robust variance, for any contrast.

    Attributes
    ----------
    back : (k, k) array
        From the coordinates of Q to coefficients.
    adjusted : (G, k, k) array
        The adjustment A_g of each cluster, as it acts on scores.
    carried : (G, k, k) array
        C_g A_g.

    Notes
    -----
    For the contrast l in the coordinates of Q, let a_g = A_g l and z_g = C_g a_g. With independent
    errors of equal variance the variance estimate is a quadratic form whose matrix, over clusters,
    is P = diag(a_g'z_g) - (z_g'z_h); the degrees of freedom are (trace P)² / sum of squares of P.

    References
    ----------
    .. [1] Bell RM, McCaffrey DF (2002). *Survey Methodology* 28(2):169-181.
    """

    back: Floats
    adjusted: Floats
    carried: Floats

    def of(self, weights: Floats) -> float:
        """Degrees of freedom of ``weights @ coefficients``.

        Parameters
        ----------
        weights : (k,) array

        Returns
        -------
        float
            nan for a contrast without variance.
        """
        contrast = np.asarray(weights, dtype=float) @ self.back
        # One long matrix times a vector: many small products would take ten times as long.
        k = len(contrast)
        a = (self.adjusted.reshape(-1, k) @ contrast).reshape(-1, k)
        z = (self.carried.reshape(-1, k) @ contrast).reshape(-1, k)
        own = np.einsum("gi,gi->g", a, z)
        lost = np.einsum("gi,gi->g", z, z)
        shared = z.T @ z
        trace = own.sum() - lost.sum()
        squares = own @ own - 2.0 * (own @ lost) + np.sum(shared**2)
        return float(trace**2 / squares) if squares > 0 else np.nan

    def joint(self, contrasts: Floats) -> tuple[float, float]:
        """Degrees of freedom of a joint test, after Hotelling's T² with an approximate Wishart.

        Parameters
        ----------
        contrasts : (q, k) array
            Rows that are zero under the hypothesis; none depends on the others.

        Returns
        -------
        denominator : float
            eta - q + 1; nan where there are too few clusters for a test of q contrasts.
        factor : float
            (eta - q + 1) / eta, by which the Wald statistic over q is multiplied.

        Notes
        -----
        With independent errors of equal variance, and the contrasts scaled so that their estimated
        covariance D has the unit matrix as expectation, eta = q (q + 1) / sum of Var(D_st) [1]_.
        For q = 1 it is `of`.

        References
        ----------
        .. [1] Tipton E, Pustejovsky JE (2015). Small-sample adjustments for tests of moderators and
           model fit using robust variance estimation in meta-regression. *J Educ Behav Stat*
           40:604-634. https://doi.org/10.3102/1076998615606099
        """
        along = np.atleast_2d(np.asarray(contrasts, dtype=float)) @ self.back
        q, k = along.shape
        a = (self.adjusted.reshape(-1, k) @ along.T).reshape(-1, k, q).transpose(2, 0, 1)
        z = (self.carried.reshape(-1, k) @ along.T).reshape(-1, k, q).transpose(2, 0, 1)
        expected = np.einsum("sgi,tgi->st", a - z, z)
        roots, vectors = np.linalg.eigh((expected + expected.T) / 2.0)
        if not roots[0] > EXACT * roots[-1]:
            return np.nan, np.nan
        unit = (vectors / np.sqrt(roots)).T
        a, z = np.tensordot(unit, a, axes=1), np.tensordot(unit, z, axes=1)
        variance = sum(_variance_of_product(a, z, s, t) for s in range(q) for t in range(q))
        eta = q * (q + 1) / variance if variance > 0 else np.nan
        if not eta - q + 1 > 0:
            return np.nan, np.nan
        return float(eta - q + 1), float((eta - q + 1) / eta)


def _variance_of_product(a: Floats, z: Floats, s: int, t: int) -> float:
    """Variance of entry (s, t) of the estimated covariance of unit contrasts, (q, G, k) each."""
    own = {(i, j): np.einsum("gi,gi->g", a[i], z[j]) for i, j in ((s, s), (t, t), (s, t))}
    lost = {(i, j): np.einsum("gi,gi->g", z[i], z[j]) for i, j in ((s, s), (t, t), (s, t))}
    shared = z[s].T @ z[t]
    direct = own[s, s] @ own[t, t] - own[s, s] @ lost[t, t] - own[t, t] @ lost[s, s]
    crossed = own[s, t] @ own[s, t] - 2.0 * (own[s, t] @ lost[s, t])
    return float(direct + np.sum(shared**2) + crossed + np.sum(shared * shared.T))


def _weighted(design: Factor, residuals: Floats) -> Floats:
    return residuals if design.root_weights is None else residuals * design.root_weights


def _outward(design: Factor, middle: Floats) -> Floats:
    """From the coordinates of Q to those of the coefficients; symmetric to the last bit."""
    covariance = design.back @ middle @ design.back.T
    return np.asarray((covariance + covariance.T) / 2.0)


def _by_cluster(q: Floats, residuals: Floats, codes: Codes) -> tuple[Floats, Floats]:
    """Scores (G, k) and Gram matrices (G, k, k) of the clusters."""
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    rows = q[order]
    scores = np.add.reduceat(rows * residuals[order][:, None], starts, axis=0)
    # One column at a time: all products at once would hold n x k x k numbers.
    grams = np.stack(
        [np.add.reduceat(rows * rows[:, [j]], starts, axis=0) for j in range(q.shape[1])], axis=1
    )
    return scores, grams


def _marked(
    design: Factor, covariance: Floats, exact: NDArray[np.intp], directions: Floats
) -> RobustCovariance:
    """Take away the variance of coefficients that rest on exactly fitted directions (m, k)."""
    share = np.abs(design.back @ directions.T)
    size = np.linalg.norm(design.back, axis=1)
    unknown = np.flatnonzero((share > SHARE * size[:, None]).any(axis=1))
    covariance[unknown, :] = np.nan
    covariance[:, unknown] = np.nan
    return RobustCovariance(
        covariance, tuple(int(i) for i in exact), tuple(int(j) for j in unknown)
    )
