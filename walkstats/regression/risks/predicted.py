"""How likely is the event in new people?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_frame, check_level
from walkstats._variables import missing
from walkstats.errors import DataError, FitError
from walkstats.numerics.limits import t_quantile
from walkstats.regression.risks.binary_fit import BinaryFit
from walkstats.regression.risks.binary_links import LINKS, Link
from walkstats.results import Fit

Floats = NDArray[np.float64]


def predict_risks(fit: Fit, people: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """Predict the risk of the event for people, with intervals.

    Parameters
    ----------
    fit : BinaryFit or GeeFit
        Of `logistic`, `relative_risk`, `risk_difference`, or `gee` with ``family="binomial"``.
    people : pandas.DataFrame
        One row per person, with the columns of the formula.
    level : float
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        One row per person, with the index of ``people``: linear_predictor, std_error (of the
        linear predictor), risk, conf_low, conf_high. Rows with a missing covariate are missing.

    Raises
    ------
    ValueError
        For a fit of something else than an event.
    FitError
        For a fit with infinite coefficients, or one that did not converge.
    DataError
        For missing columns and levels that the fit has not seen.

    Notes
    -----
    Limits are those of the linear predictor, carried over to the risk; they hold for the mean risk
    of such people. On the scale of risks themselves (`risk_difference`) they may lie outside 0 to
    1.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.regression import logistic
    >>> table = pd.DataFrame({"arm": ["control"] * 4 + ["walking"] * 4, "better": [1, 0, 0, 0] * 2})
    >>> table.loc[5, "better"] = 1
    >>> fit = logistic(table, "better ~ arm")
    >>> predict_risks(fit, pd.DataFrame({"arm": ["walking"]}))["risk"].round(2).tolist()
    [0.5]
    """
    check_frame(people, "people")
    check_usable(fit)
    level = check_level(level)
    assert fit.design is not None
    matrix = fit.design.matrix(people)
    eta = matrix @ fit.values
    error = np.sqrt(np.einsum("ij,jk,ik->i", matrix, fit.covariance, matrix))
    known = np.asarray(~np.isnan(matrix).any(axis=1))
    df = np.array(
        [fit.freedom.of(row) if here else np.nan for row, here in zip(matrix, known, strict=True)]
    )
    half = t_quantile(level, df) * error
    mean = link_of(fit).working
    return pd.DataFrame(
        {
            "linear_predictor": eta,
            "std_error": error,
            "risk": mean(eta)[0],
            "conf_low": mean(eta - half)[0],
            "conf_high": mean(eta + half)[0],
        },
        index=people.index,
    )


def link_of(fit: Fit) -> Link:
    """The scale on which a fit of an event has its coefficients."""
    if isinstance(fit, BinaryFit):
        return LINKS[fit.family]
    if getattr(fit, "family", "") == "binomial" and getattr(fit, "event", ""):
        return LINKS["logit"]
    raise ValueError(
        f"{type(fit).__name__} is no fit of an event: give one of logistic, relative_risk, "
        "risk_difference, or gee with family='binomial'."
    )


def check_usable(fit: Fit) -> None:
    """Refuse a fit whose coefficients give no risks with an interval."""
    link_of(fit)
    if fit.state != "converged":
        why = "has infinite coefficients" if fit.state == "infinite" else "did not converge"
        raise FitError(f"The fit {why}: no risk has an interval. Use penalty='firth'.")


def checked_matrix(fit: Fit, people: pd.DataFrame) -> Floats:
    """The design matrix of people without gaps."""
    assert fit.design is not None
    matrix = fit.design.matrix(people)
    gaps = np.flatnonzero(np.isnan(matrix).any(axis=1))
    if gaps.size:
        lacking = [str(one) for one in fit.design.columns if missing(people[one]).any()]
        raise DataError.of(
            f"a covariate is missing in {gaps.size} of {len(people)} rows"
            + (f": {', '.join(lacking)}" if lacking else ""),
            row=int(gaps[0]),
            count=int(gaps.size),
            what_to_do="leave these rows out, or fill them in",
        )
    return matrix
