"""What do the residuals of a linear regression show: bends, uneven spread, tails, a few rows?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from walkstats._arguments import check_level
from walkstats.numerics.local_lines import local_line
from walkstats.regression.assumptions import influence
from walkstats.regression.linear import LinearFit
from walkstats.results import Result

Floats = NDArray[np.float64]

POINTS = 101
# Cook's distances that are drawn as lines.
CONTOURS = (0.5, 1.0)


@dataclass(frozen=True, eq=False)
class ResidualCheck(Result):
    """Residuals as they are looked at.

    Attributes
    ----------
    rows : pandas.DataFrame
        One row per row used: what ``influence`` gives, with expected (the quantile of t that the
        studentised residual would have by its rank) and root_size (square root of the absolute
        standardised residual).
    trend : pandas.DataFrame
        Lines through the points: fitted, residual, root_size.
    envelope : pandas.DataFrame
        Expected quantile, with pointwise limits of the ordered studentised residual: expected, low,
        high.
    contours : pandas.DataFrame
        Standardised residual at which Cook's distance has a value: leverage, cooks_distance,
        standardised.
    outcome_name : str
    level : float
        Of the envelope.
    """

    rows: pd.DataFrame
    trend: pd.DataFrame
    envelope: pd.DataFrame
    contours: pd.DataFrame
    outcome_name: str = ""
    level: float = 0.95

    def to_frame(self) -> pd.DataFrame:
        """One row per row used."""
        return self.rows


def check_residuals(fit: LinearFit, *, level: float = 0.95) -> ResidualCheck:
    """Lay out residuals for looking at form, spread, tails and influence.

    Parameters
    ----------
    fit : LinearFit
    level : float
        Of the limits of the ordered residuals.

    Returns
    -------
    ResidualCheck
        For ``figures.plot_residuals``; ``to_frame()`` has one row per row used, with the frame's
        index.

    Raises
    ------
    ValueError
        For something that is no linear regression.

    Notes
    -----
    With normal errors a studentised residual has a t distribution with n - k - 1 degrees of
    freedom; its i-th smallest of n lies within the quantiles of that distribution at the beta
    quantiles (i, n - i + 1) with the probability asked for, each i alone: of 100 points some 5 lie
    outside by chance. That residuals are slightly correlated is left out of account.

    The lines through the points are local straight lines. They are to guide the eye and no test:
    see `reset_test` and `breusch_pagan`. Neither tails nor uneven spread harm the standard errors
    that `ols` has by default; a bend means that the model is not what was meant.

    References
    ----------
    .. [1] Cook RD, Weisberg S (1982). *Residuals and Influence in Regression*. Chapman and Hall.

    Examples
    --------
    >>> from walkstats.regression import ols
    >>> anscombe = pd.DataFrame({
    ...     "x": [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5],
    ...     "y": [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68],
    ... })
    >>> rows = check_residuals(ols(anscombe, "y ~ x")).to_frame()
    >>> rows["cooks_distance"].nlargest(2).round(2).tolist()
    [0.49, 0.28]
    """
    if not isinstance(fit, LinearFit):
        raise ValueError(f"Residuals are checked of a LinearFit, got {type(fit).__name__}.")
    level = check_level(level)
    rows = influence(fit)
    envelope, expected = _ordered(rows["studentised"].to_numpy(), fit.df_residual - 1.0, level)
    rows["expected"] = expected
    rows["root_size"] = np.sqrt(np.abs(rows["standardised"]))
    return ResidualCheck(
        rows=rows,
        trend=_trend(rows),
        envelope=envelope,
        contours=_contours(rows["leverage"].to_numpy(), len(fit.terms)),
        outcome_name=fit.outcome_name,
        level=level,
        method=fit.method,
        notes=fit.notes,
        counts=fit.counts,
        source=fit.source,
    )


def _ordered(studentised: Floats, df: float, level: float) -> tuple[pd.DataFrame, Floats]:
    """Limits of the ordered residuals, and the quantile expected of each row."""
    known = np.flatnonzero(np.isfinite(studentised))
    n = known.size
    place = np.arange(1, n + 1)
    tail = (1.0 - level) / 2.0
    shares = {
        "expected": (place - 0.5) / n if n else np.empty(0),
        "low": special.betaincinv(place, n - place + 1, tail),
        "high": special.betaincinv(place, n - place + 1, 1.0 - tail),
    }
    usable = max(df, 1.0)
    envelope = pd.DataFrame({name: special.stdtrit(usable, p) for name, p in shares.items()})
    expected = np.full(studentised.shape, np.nan)
    order = known[np.argsort(studentised[known], kind="stable")]
    expected[order] = envelope["expected"].to_numpy()
    return envelope, expected


def _trend(rows: pd.DataFrame) -> pd.DataFrame:
    """Lines through residuals and their size along the fitted values."""
    fitted = rows["fitted"].to_numpy()
    grid = np.linspace(fitted.min(), fitted.max(), POINTS)
    lines = {"fitted": grid}
    for name in ("residual", "root_size"):
        values = rows[name].to_numpy()
        known = np.isfinite(values)
        enough = known.sum() > 2 and np.ptp(fitted[known]) > 0
        lines[name] = local_line(fitted[known], values[known], grid) if enough else grid * np.nan
    return pd.DataFrame(lines)


def _contours(leverage: Floats, k: int) -> pd.DataFrame:
    """D = r² h / ((1 - h) k), solved for r; the negative side mirrors it."""
    usable = leverage[leverage < 1.0 - 1e-10]
    high = usable.max() if usable.size else 0.5
    h = np.linspace(high / POINTS, min(1.15 * high, 0.999), POINTS)
    parts = [
        pd.DataFrame(
            {
                "leverage": h,
                "cooks_distance": value,
                "standardised": np.sqrt(value * k * (1.0 - h) / h),
            }
        )
        for value in CONTOURS
    ]
    return pd.concat(parts, ignore_index=True)
