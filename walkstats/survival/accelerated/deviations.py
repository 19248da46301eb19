"""Whom does an accelerated failure time model not describe, and who moves its estimates?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice
from walkstats.survival.accelerated.contributions import (
    EXACT,
    INTERVAL,
    RIGHT,
    best_contributions,
)
from walkstats.survival.accelerated.families import FAMILIES
from walkstats.survival.accelerated.fits import ParametricFit
from walkstats.survival.accelerated.index import check_fit
from walkstats.survival.accelerated.location_scale import RowDerivatives, row_derivatives
from walkstats.survival.accelerated.models import times_of

Floats = NDArray[np.float64]


def parametric_residuals(fit: ParametricFit, kind: str = "deviance") -> pd.DataFrame:
    """Compute residuals of an accelerated failure time model, one row per row used.

    Parameters
    ----------
    fit : ParametricFit
    kind : {"deviance", "response", "working", "cox_snell", "martingale", "score", "dfbeta", \
"dfbetas", "ldcase"}
        deviance
            Signed root of twice what the row's log-likelihood lacks to its best.
        response
            Time minus predicted time exp(x'b) [days].
        working
            Newton step of the row's linear predictor.
        cox_snell
            Cumulative hazard at the row's time, from its entry on: a censored sample of a unit
            exponential where the model is true.
        martingale
            Events minus that cumulative hazard.
        score
            Derivatives of the log-likelihood by all terms.
        dfbeta, dfbetas
            Approximate change of each estimate by leaving the row out, negated; in standard errors.
        ldcase
            Approximate change of the log-likelihood displacement by leaving the row out.

    Returns
    -------
    pandas.DataFrame
        Indexed as the rows used: one column named as the kind, or one per term.

    Raises
    ------
    ValueError
        For other fits and kinds, and for "cox_snell" and "martingale" with left or interval
        censoring, where the time is not known.
    FitError
        Where the model has no finite estimate.

    Notes
    -----
    Residuals are those of one copy of weight 1, with the model-based covariance, as in R's
    survreg. For interval-censored rows "deviance" uses the location that gives the interval its
    largest probability; R 4.2 (survival 3.5) has another one for the Weibull there.

    References
    ----------
    Escobar LA, Meeker WQ. Assessing influence in regression analysis with censored data. Biometrics
    1992;48:507-528. https://doi.org/10.2307/2532306

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({"arm": list("aaaabbbb"), "days": [5, 9, 13, 20, 12, 22, 30, 41],
    ...                       "event": [1, 1, 1, 1, 1, 1, 0, 1]})
    >>> fit = survival.parametric(frame, "arm", family="exponential")
    >>> survival.parametric_residuals(fit, "cox_snell")["cox_snell"].round(2).tolist()
    [0.43, 0.77, 1.11, 1.7, 0.34, 0.63, 0.86, 1.17]
    """
    if not isinstance(fit, ParametricFit):
        raise ValueError(f"fit must come from parametric(), got {type(fit).__name__}.")
    check_choice(kind, KINDS, "kind")
    check_fit(fit)
    values = KINDS[kind](fit)
    columns = [kind] if values.ndim == 1 else list(fit.terms)
    return pd.DataFrame(values, index=fit.index, columns=columns)


def _location(fit: ParametricFit) -> tuple[Floats, Floats]:
    """Linear predictor without offset (n,), and log scale (n,)."""
    X = np.column_stack([np.ones(fit.rows.time.size), fit.rows.read.matrix])
    codes = fit.rows.read.strata
    scales = np.log(np.array(list(fit.scale.values())))
    return X @ fit.values[: X.shape[1]], scales[np.zeros(len(X), int) if codes is None else codes]


def _derivatives(fit: ParametricFit) -> RowDerivatives:
    location, log_scale = _location(fit)
    return row_derivatives(location, log_scale, times_of(fit.rows, FAMILIES[fit.family], None))


def _working(fit: ParametricFit) -> Floats:
    found = _derivatives(fit)
    with np.errstate(divide="ignore", invalid="ignore"):
        return -found.first[:, 0] / found.second[:, 0]


def _best(fit: ParametricFit) -> tuple[Floats, Floats]:
    """What each row would add at its own best location, and the time it would then predict."""
    family, rows = FAMILIES[fit.family], fit.rows
    log_scale = _location(fit)[1]
    times = times_of(rows, family, None)
    width = np.where(rows.seen == INTERVAL, (times.upper - times.y) / np.exp(log_scale), 1.0)
    value, at = best_contributions(family.distribution, rows.seen, width)
    value = value - np.where(rows.seen == EXACT, log_scale, 0.0)
    centre = times.y - at * np.exp(log_scale)
    if rows.read.offset is not None:
        centre = centre + rows.read.offset
    return value, np.exp(centre) if family.log_time else centre


def _deviance(fit: ParametricFit) -> Floats:
    lack = 2.0 * (_best(fit)[0] - _derivatives(fit).value)
    return np.sign(_working(fit)) * np.sqrt(np.maximum(lack, 0.0))


def _response(fit: ParametricFit) -> Floats:
    location = _location(fit)[0]
    if fit.rows.read.offset is not None:
        location = location + fit.rows.read.offset
    return _best(fit)[1] - (np.exp(location) if FAMILIES[fit.family].log_time else location)


def _cox_snell(fit: ParametricFit) -> Floats:
    family, rows = FAMILIES[fit.family], fit.rows
    if not np.isin(rows.seen, (RIGHT, EXACT)).all():
        raise ValueError(
            "Left- and interval-censored rows have no time at which to take the cumulative "
            'hazard; take kind="deviance".'
        )
    location, log_scale = _location(fit)
    times = times_of(rows, family, None)
    hazard = -family.distribution.log_survival((times.y - location) / np.exp(log_scale))
    if times.entry is None:
        return hazard
    late = np.isfinite(times.entry)
    before = np.where(late, times.entry, times.y)
    entered = -family.distribution.log_survival((before - location) / np.exp(log_scale))
    return hazard - np.where(late, entered, 0.0)


def _martingale(fit: ParametricFit) -> Floats:
    return (fit.rows.seen == EXACT) - _cox_snell(fit)


def _dfbeta(fit: ParametricFit) -> Floats:
    return fit.scores @ fit.naive_covariance


def _dfbetas(fit: ParametricFit) -> Floats:
    return _dfbeta(fit) / np.sqrt(np.diag(fit.naive_covariance))


def _ldcase(fit: ParametricFit) -> Floats:
    return np.sum(_dfbeta(fit) * fit.scores, axis=1)


KINDS: dict[str, Callable[[ParametricFit], Floats]] = {
    "deviance": _deviance,
    "response": _response,
    "working": _working,
    "cox_snell": _cox_snell,
    "martingale": _martingale,
    "score": lambda fit: np.array(fit.scores),
    "dfbeta": _dfbeta,
    "dfbetas": _dfbetas,
    "ldcase": _ldcase,
}
