"""How much do Cox coefficients vary when rows hang together, or the model is not quite true?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics.quadratic_forms import quadratic_form
from walkstats.numerics.sandwich import outer_sum, sandwich
from walkstats.survival.partial_likelihood import score_residuals_sorted
from walkstats.survival.partial_maximum import PartialMaximum

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def robust_covariance(fitted: PartialMaximum, cluster: Indices | None = None) -> Floats:
    """Sandwich of the score residuals between model-based covariances (Lin and Wei).

    Parameters
    ----------
    fitted : PartialMaximum
    cluster : (n,), optional
        Codes 0, 1, ... in the order given to `sort_risk_sets`. Without, every row is a unit of its
        own, and every copy of one where there are frequencies.

    Returns
    -------
    (k, k) array
        nan where a coefficient is infinite.

    References
    ----------
    Lin DY, Wei LJ. The robust inference for the Cox proportional hazards model. J Am Stat Assoc
    1989;84:1074-1078. https://doi.org/10.1080/01621459.1989.10478874
    """
    rows, codes, copies = _scores(fitted, fitted.reached, cluster)
    inner = sandwich(fitted.reached_covariance, outer_sum(rows, codes, copies))
    covariance = fitted.basis @ inner @ fitted.basis.T
    return np.where(np.isnan(fitted.covariance), np.nan, covariance)


def robust_score_test(fitted: PartialMaximum, cluster: Indices | None = None) -> float:
    """Score statistic at zero with the scatter of the score residuals as its variance."""
    rows, codes, copies = _scores(fitted, np.zeros_like(fitted.reached), cluster)
    score = rows.sum(axis=0) if copies is None else rows.T @ copies
    return quadratic_form(score, outer_sum(rows, codes, copies))[0]


def _scores(
    fitted: PartialMaximum, at: Floats, cluster: Indices | None
) -> tuple[Floats, Indices | None, Floats | None]:
    """Weighted score residuals (n, k) in sorted order, with their clusters and copies."""
    sets = fitted.model.risk_sets
    rows = score_residuals_sorted(at, fitted.model).T
    if sets.weights is not None:
        rows = rows * sets.weights[sets.order][:, np.newaxis]
    codes = None if cluster is None else cluster[sets.order]
    copies = None
    if sets.frequencies is not None:
        copies = sets.frequencies[sets.order].astype(np.float64)
    return rows, codes, copies
