"""What risk has each row: relative to a reference, or over its own follow-up?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_frame
from walkstats.errors import DataError
from walkstats.results import CoxFit
from walkstats.survival.new_rows import NewRows, check_finite, read_new_rows, spell_times
from walkstats.survival.predicted_steps import (
    between,
    centred,
    expected_events,
    exponential_baseline,
    log_risks,
)
from walkstats.survival.risk_sets import RiskSets

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True)
class RiskKind:
    """A prediction for a single row."""

    name: str
    described: str


RISK_KINDS = {
    kind.name: kind
    for kind in (
        RiskKind("log_risk", "log hazard ratio to the reference; its standard error"),
        RiskKind("relative_risk", "hazard ratio to the reference; standard error of its logarithm"),
        RiskKind("expected", "expected number of events over the follow-up; its standard error"),
        RiskKind("survival", "exp(-expected); its standard error"),
    )
}


def predict_risk(
    fit: CoxFit,
    new: pd.DataFrame | None = None,
    *,
    kind: str = "log_risk",
    reference: str | None = None,
) -> pd.DataFrame:
    """Predict the risk of single rows: relative to a reference, or over their own follow-up.

    Parameters
    ----------
    fit : CoxFit
    new : pandas.DataFrame, optional
        One row per person or spell, with all columns of the formula; for ``expected`` and
        ``survival`` also the columns of time (and entry) that the fit was read from. By default
        the rows of the fit.
    kind : {"log_risk", "relative_risk", "expected", "survival"}
    reference : {"mean", "zero", "stratum"}, optional
        Of the first two kinds: covariates at their means (the default), at zero, or at the means of
        the row's stratum.

    Returns
    -------
    pandas.DataFrame
        Columns estimate and std_error, one row per row of ``new`` (or of the fit). The standard
        error of ``relative_risk`` is that of its logarithm.

    Raises
    ------
    ValueError
        For choices that do not exist, and for a reference of the last two kinds, which have none.
    DataError
        For missing columns or values, and levels or strata that the model has not seen.
    FitError
        If a coefficient is infinite.

    Notes
    -----
    Expected events of rows of the fit are those of the martingale residuals (observed less
    residual). An offset counts in every kind; for "mean" and "stratum" less its own mean. The
    standard error of expected events is that of a cumulative hazard, see :func:`predict_survival`.
    R gives for ``relative_risk`` the standard error of the logarithm times the square root of the
    ratio, which is the standard error of nothing.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.survival import cox
    >>> frame = pd.DataFrame(
    ...     {"days": [5, 8, 8, 12, 15], "event": [1, 1, 0, 1, 0], "age": [40, 50, 35, 60, 45]}
    ... )
    >>> round(float(predict_risk(cox(frame, "age"), kind="expected")["estimate"].sum()), 10)
    3.0
    """
    check_choice(kind, RISK_KINDS, "kind")
    relative = kind in ("log_risk", "relative_risk")
    if reference is not None:
        check_choice(reference, ("mean", "zero", "stratum"), "reference")
        if not relative:
            raise ValueError(f"kind={kind!r} has no reference; leave reference= out.")
    check_finite(fit)
    if new is not None:
        check_frame(new, "new")
    if relative:
        estimate, std_error = _relative(fit, new, reference or "mean")
        estimate = np.exp(estimate) if kind == "relative_risk" else estimate
    else:
        estimate, std_error = _expected(fit, new)
        if kind == "survival":
            estimate = np.exp(-estimate)
            std_error = std_error * estimate
    index = fit.index if new is None else new.index
    return pd.DataFrame({"estimate": estimate, "std_error": std_error}, index=index)


def _relative(fit: CoxFit, new: pd.DataFrame | None, reference: str) -> tuple[Floats, Floats]:
    """Log risk and its standard error."""
    own, own_strata = centred(fit), _own_strata(fit)
    rows = NewRows(own, log_risks(fit), own_strata) if new is None else read_new_rows(fit, new)
    x, log_risk = rows.x, rows.log_risk
    if reference == "zero":
        x, log_risk = x + fit.centre, log_risk + fit.centre @ fit.values
    else:
        groups = own_strata if reference == "stratum" else np.zeros(len(own), dtype=np.intp)
        codes = rows.stratum if reference == "stratum" else np.zeros(len(x), dtype=np.intp)
        if codes is None:
            raise DataError.of(
                "the rows do not say their stratum", column=", ".join(fit.strata),
                what_to_do="add the columns of the strata, or use reference='mean'",
            )  # fmt: skip
        mass = fit.risk_sets.mass
        means = _group_means(np.column_stack([own, log_risks(fit)]), mass, groups)[codes]
        x, log_risk = x - means[:, :-1], log_risk - means[:, -1]
    return log_risk, np.sqrt(np.einsum("nj,jk,nk->n", x, fit.covariance, x))


def _own_strata(fit: CoxFit) -> Indices:
    codes = fit.risk_sets.strata
    return np.zeros(fit.risk_sets.n_rows, dtype=np.intp) if codes is None else codes


def _group_means(values: Floats, mass: Floats, codes: Indices) -> Floats:
    size = int(codes.max()) + 1
    total = np.bincount(codes, mass, size)
    return np.column_stack([np.bincount(codes, mass * v, size) / total for v in values.T])


def _expected(fit: CoxFit, new: pd.DataFrame | None) -> tuple[Floats, Floats]:
    """Expected events and their standard error."""
    base = exponential_baseline(fit)
    sets = fit.risk_sets
    if new is None:
        begin = np.minimum(sets.from_index, sets.last + 1)
        _, variance = between(
            base, fit.covariance, centred(fit), log_risks(fit), begin, sets.last + 1
        )
        return expected_events(fit), np.sqrt(variance)
    rows = read_new_rows(fit, new)
    if rows.stratum is None:
        raise DataError.of(
            "the rows do not say their stratum", column=", ".join(fit.strata),
            what_to_do=f"add the column(s) {', '.join(fit.strata)}",
        )  # fmt: skip
    high = spell_times(new, fit.columns.get("time", "days"), "the time")
    low = np.full(len(new), -np.inf)
    if "entry" in fit.columns:
        low = spell_times(new, fit.columns["entry"], "the entry time")
    begin, end = _places(sets, rows.stratum, low), _places(sets, rows.stratum, high)
    beyond = high > sets.times[sets.stratum_bounds[rows.stratum + 1] - 1]
    hazard, variance = between(base, fit.covariance, rows.x, rows.log_risk, begin, end)
    return np.where(beyond, np.nan, hazard), np.where(beyond, np.nan, np.sqrt(variance))


def _places(sets: RiskSets, stratum: Indices, time: Floats) -> Indices:
    """Index after the last time of the stratum that is not beyond ``time``."""
    places = np.empty(len(time), dtype=np.intp)
    for code in np.unique(stratum):
        begin, end = sets.stratum_bounds[code], sets.stratum_bounds[code + 1]
        rows = stratum == code
        places[rows] = begin + np.searchsorted(sets.times[begin:end], time[rows], side="right")
    return places
