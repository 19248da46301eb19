"""How likely is each level in new people?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from walkstats._arguments import check_frame, check_level
from walkstats.errors import FitError
from walkstats.numerics.limits import probability_limits
from walkstats.regression.ranks.cumulative_links import CUMULATIVE_LINKS
from walkstats.regression.ranks.proportional_odds import OrdinalFit, check_ordinal


def predict_levels(fit: OrdinalFit, people: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """Predict how likely each level is for people, with intervals.

    Parameters
    ----------
    fit : OrdinalFit
    people : pandas.DataFrame
        One row per person, with the columns of the formula.
    level : float
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        One row per person and level, levels ascending: row (label in the index of ``people``),
        level, probability, std_error, conf_low, conf_high. Missing where a covariate is.

    Raises
    ------
    ValueError
        For a fit of another kind.
    FitError
        For a fit with infinite coefficients, or one that did not converge.
    DataError
        For missing columns and levels that the fit has not seen.

    Notes
    -----
    Standard errors by the delta method; limits symmetric on the logit scale.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.regression import ordinal
    >>> table = pd.DataFrame({
    ...     "arm": ["control"] * 3 + ["walking"] * 3, "pain": [0, 1, 2] * 2,
    ...     "n": [10, 20, 20, 20, 20, 10]})
    >>> fit = ordinal(table, "pain ~ arm", frequencies="n")
    >>> predict_levels(fit, pd.DataFrame({"arm": ["walking"]}))["probability"].round(2).tolist()
    [0.4, 0.4, 0.2]
    """
    check_ordinal(fit)
    check_frame(people, "people")
    check_level(level)
    if fit.state != "converged":
        why = "has infinite coefficients" if fit.state == "infinite" else "did not converge"
        raise FitError(f"The fit {why}: no probability has an interval.")
    assert fit.design is not None
    matrix = fit.design.matrix(people)
    n, cuts, k = len(matrix), len(fit.levels) - 1, matrix.shape[1]
    link = CUMULATIVE_LINKS[fit.family]
    at = fit.thresholds[None, :] - (matrix @ fit.coefficients)[:, None]
    below = np.column_stack([np.zeros(n), link.cumulative(at), np.ones(n)])
    slope = np.exp(link.log_density(at))
    gradient = np.zeros((n, cuts + 2, k + cuts))
    gradient[:, 1:-1, :k] = -slope[:, :, None] * matrix[:, None, :]
    gradient[:, 1:-1, k:] = slope[:, :, None] * np.eye(cuts)
    each = np.diff(gradient, axis=1)
    share = np.diff(below, axis=1)
    error = np.sqrt(np.einsum("nij,jk,nik->ni", each, fit.covariance, each))
    low, high = probability_limits(share, error, "logit", level)
    return pd.DataFrame(
        {
            "row": np.repeat(np.asarray(people.index), cuts + 1),
            "level": list(fit.levels) * n,
            "probability": share.ravel(),
            "std_error": error.ravel(),
            "conf_low": low.ravel(),
            "conf_high": high.ravel(),
        }
    )
