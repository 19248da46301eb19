"""Is a linear regression right about its form and its variance, and does it hang on a few rows?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.numerics import limits
from walkstats.numerics.least_squares import factor, solve
from walkstats.regression.linear import LinearFit
from walkstats.regression.standard_errors import wald_of_columns
from walkstats.results import HypothesisTest

Floats = NDArray[np.float64]


def breusch_pagan(fit: LinearFit) -> HypothesisTest:
    """Test whether the residual variance changes with the covariates.

    Parameters
    ----------
    fit : LinearFit

    Returns
    -------
    HypothesisTest
        Chi-squared, Koenker's studentised form.

    Notes
    -----
    The statistic is n times R² of the squared residuals (times the weights) on the covariates. It
    does not need normal errors, but independent ones. HC standard errors, the default of `ols`, are
    right whatever its answer.

    References
    ----------
    .. [1] Koenker R (1981). A note on studentizing a test for heteroscedasticity. *J Econometrics*
       17:107-112. https://doi.org/10.1016/0304-4076(81)90062-2

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.regression import ols
    >>> anscombe = pd.DataFrame({
    ...     "x": [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5],
    ...     "y": [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68],
    ... })
    >>> round(breusch_pagan(ols(anscombe, "y ~ x")).statistic, 5)
    0.65531
    """
    squared = _weighted_residuals(fit) ** 2
    about = squared - squared.mean()
    left = solve(factor(fit.matrix), squared).rss
    total = float(about @ about)
    n, k = fit.matrix.shape
    statistic = n * (1.0 - left / total) if total > 0 else np.nan
    return HypothesisTest(
        name="Breusch-Pagan test",
        null="The residual variance does not change with the covariates.",
        statistic=float(statistic),
        df=float(k - 1),
        p_value=float(limits.chi2_p(statistic, k - 1)),
        method="Breusch-Pagan test in Koenker's studentised form.",
        counts=fit.counts,
        source=fit.source,
    )


def reset_test(fit: LinearFit, *, powers: Sequence[int] = (2, 3)) -> HypothesisTest:
    """Test whether powers of the fitted values still explain something (Ramsey's RESET).

    Parameters
    ----------
    fit : LinearFit
    powers : sequence of int
        Powers of the fitted values, each at least 2.

    Returns
    -------
    HypothesisTest
        F, with the kind of standard error of the fit.

    Raises
    ------
    ValueError
        For powers below 2.
    FitError
        When the powers are combinations of the covariates (a model of factors only).

    References
    ----------
    .. [1] Ramsey JB (1969). Tests for specification errors in classical linear least-squares
       regression analysis. *J R Stat Soc B* 31:350-371.
       https://doi.org/10.1111/j.2517-6161.1969.tb00796.x

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.regression import ols
    >>> anscombe = pd.DataFrame({
    ...     "x": [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5],
    ...     "y": [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68],
    ... })
    >>> round(reset_test(ols(anscombe, "y ~ x", se="classical")).statistic, 5)
    0.24912
    """
    chosen = [int(power) for power in powers]
    if not chosen or min(chosen) < 2:
        raise ValueError(f"powers must be whole numbers of at least 2, got {list(powers)!r}.")
    # Standardised first: high powers of large numbers would lose the covariates among them.
    spread = float(np.std(fit.fitted)) or 1.0
    # With all powers from 2 up the origin does not matter; otherwise it must stay.
    origin = fit.fitted.mean() if sorted(chosen) == [*range(2, max(chosen) + 1)] else 0.0
    scaled = (fit.fitted - origin) / spread
    wider = np.column_stack([fit.matrix, *(scaled**power for power in chosen)])
    tested = np.arange(fit.matrix.shape[1], wider.shape[1])
    found = wald_of_columns(wider, fit.outcome, fit.weights, fit.cluster, fit.se, tested)
    named = ", ".join(str(power) for power in chosen)
    return replace(
        found,
        name="RESET",
        null=f"Powers {named} of the fitted values explain nothing more.",
        parts={"powers": tuple(chosen)},
        method=f"Ramsey's RESET with powers {named} of the fitted values.",
        counts=fit.counts,
        source=fit.source,
    )


def variance_inflation(fit: LinearFit) -> pd.DataFrame:
    """Say how much each term's variance is inflated by the other terms.

    Parameters
    ----------
    fit : LinearFit
        With at least two terms.

    Returns
    -------
    pandas.DataFrame
        One row per term: term, gvif, df, gvif_root. For a term of one column gvif is the usual
        variance inflation factor; gvif_root = gvif^(1 / (2 df)) compares terms of different df, on
        the scale of a standard error.

    Raises
    ------
    ValueError
        For a model with a single term.

    References
    ----------
    .. [1] Fox J, Monette G (1992). Generalized collinearity diagnostics. *J Am Stat Assoc*
       87:178-183. https://doi.org/10.1080/01621459.1992.10475190

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.regression import ols
    >>> frame = pd.DataFrame({"y": [1, 3, 2, 5, 4, 6], "x": range(6), "z": [0, 1, 0, 1, 1, 0]})
    >>> variance_inflation(ols(frame, "y ~ x + z"))["gvif"].round(3).tolist()
    [1.01, 1.01]
    """
    assert fit.design is not None
    terms = {name: place for name, place in fit.design.columns_of.items() if name != "intercept"}
    if len(terms) < 2:
        raise ValueError("Variance inflation compares at least two terms.")
    scale = np.sqrt(np.diag(fit.naive_covariance))
    correlation = fit.naive_covariance / np.outer(scale, scale)
    places = np.arange(len(fit.terms))
    whole = _log_determinant(correlation, places[1:])
    rows = []
    for name, place in terms.items():
        own = places[place]
        others = np.setdiff1d(places[1:], own)
        logarithm = (
            _log_determinant(correlation, own) + _log_determinant(correlation, others) - whole
        )
        rows.append(
            {
                "term": name,
                "gvif": float(np.exp(logarithm)),
                "df": len(own),
                "gvif_root": float(np.exp(logarithm / (2 * len(own)))),
            }
        )
    return pd.DataFrame(rows)


def influence(fit: LinearFit) -> pd.DataFrame:
    """Show how far each row lies from the fit, and how much it pulls.

    Parameters
    ----------
    fit : LinearFit

    Returns
    -------
    pandas.DataFrame
        One row per row used, with the frame's index: outcome, fitted, residual, leverage (0 to 1;
        mean k / n), standardised (residual over its standard error), studentised (the same with
        sigma of the other rows: t with n - k - 1 degrees of freedom), cooks_distance. Missing where
        the leverage is 1.

    Notes
    -----
    Residuals of a weighted fit are multiplied by the root of the weight before they are
    standardised.

    References
    ----------
    .. [1] Cook RD, Weisberg S (1982). *Residuals and Influence in Regression*. Chapman and Hall.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.regression import ols
    >>> anscombe = pd.DataFrame({
    ...     "x": [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5],
    ...     "y": [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68],
    ... })
    >>> distance = influence(ols(anscombe, "y ~ x"))["cooks_distance"]
    >>> int(distance.idxmax()), round(float(distance.max()), 4)
    (2, 0.4892)
    """
    n, k = fit.matrix.shape
    residual = _weighted_residuals(fit)
    left = 1.0 - fit.leverage
    left[left < 1e-10] = np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        standardised = residual / (fit.sigma * np.sqrt(left))
        others = (fit.sigma**2 * (n - k) - residual**2 / left) / (n - k - 1)
        studentised = residual / np.sqrt(others * left)
        cooks = standardised**2 * fit.leverage / (left * k)
    return pd.DataFrame(
        {
            "outcome": fit.outcome,
            "fitted": fit.fitted,
            "residual": fit.residuals,
            "leverage": fit.leverage,
            "standardised": standardised,
            "studentised": studentised,
            "cooks_distance": cooks,
        },
        index=fit.index,
    )


def _weighted_residuals(fit: LinearFit) -> Floats:
    return fit.residuals if fit.weights is None else fit.residuals * np.sqrt(fit.weights)


def _log_determinant(matrix: Floats, places: NDArray[np.intp]) -> float:
    return float(np.linalg.slogdet(matrix[np.ix_(places, places)])[1])
