"""What share of people like these will have the outcome, by a Fine-Gray model?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_frame, check_level, check_times
from walkstats.numerics.sandwich import cluster_sums
from walkstats.results import CoxFit, Curve
from walkstats.survival.competing_risks.incidence import INTERVALS, limits_of
from walkstats.survival.competing_risks.new_people import frame_of, people_of, times_of
from walkstats.survival.new_rows import check_finite
from walkstats.survival.partial_likelihood import score_residuals
from walkstats.survival.predicted_steps import Baseline, centred, exponential_baseline, log_risks

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def predict_incidence(
    fit: CoxFit,
    new: pd.DataFrame,
    *,
    times: float | Sequence[float] | Floats | None = None,
    interval: str = "log-log",
    extend: bool = False,
    level: float = 0.95,
) -> Curve:
    """Predict the incidence of an outcome in new people from a Fine-Gray model.

    Parameters
    ----------
    fit : CoxFit
        From `walkstats.survival.fine_gray`.
    new, times, interval, extend, level
        As in `walkstats.survival.absolute_risks`.

    Returns
    -------
    Curve
        Cumulative incidence, one group per person (and stratum, where ``new`` does not say it).

    Raises
    ------
    ValueError
        For what is no Fine-Gray model, and unknown choices.
    DataError
        For missing columns or values, and levels or strata that the model has not seen.
    FitError
        If a coefficient is infinite.

    Notes
    -----
    F(t | x) = 1 - exp(-exp(b'x) H0(t)), with H0 the sum of weighted Breslow increments, as in R's
    ``predict.crr``. The standard error sums the influence of each participant on H0 and b; it
    takes the censoring weights as known.

    References
    ----------
    .. [1] Fine JP, Gray RJ. J Am Stat Assoc 1999;94:496-509.
       https://doi.org/10.1080/01621459.1999.10474144

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({
    ...     "days": [10, 20, 30, 40, 15, 25, 50, 60], "age": [40, 55, 60, 35, 50, 45, 30, 52],
    ...     "outcome": ["recurrence", "recurrence", "surgery", "recurrence",
    ...                 "surgery", "recurrence", "censored", "recurrence"]})
    >>> fit = survival.fine_gray(frame, "age", of="recurrence")
    >>> new = pd.DataFrame({"age": [50]}, index=["50 years"])
    >>> survival.predict_incidence(fit, new, times=30).groups
    ('50 years',)
    """
    check_choice(interval, INTERVALS, "interval")
    check_frame(new, "new")
    level = check_level(level)
    check_finite(fit)
    if fit.measure != "subdistribution hazard ratio":
        raise ValueError("fit must come from fine_gray; for other models use absolute_risks.")
    base = exponential_baseline(fit)
    x = fit.columns.get("time", "days")
    frames, last = [], {}
    for name, code, row, log_risk in people_of(fit, new):
        inside = times_of(base, code)
        inside = inside[base.hazard[inside] > 0]
        hazard = np.cumsum(base.hazard[inside]) * np.exp(log_risk)
        influence = _hazard_influence(fit, base, inside, row, log_risk)
        error = np.exp(-hazard) * np.sqrt((influence**2).sum(axis=0))
        value = -np.expm1(-hazard)
        limits = limits_of(value, error, interval, level)
        frames.append(frame_of(name, x, base.sets.times[inside], value, error, limits))
        last[name] = np.inf if extend else float(base.sets.times[times_of(base, code)[-1]])
    curve = Curve(
        frame=pd.concat(frames, ignore_index=True), x=x, quantity="cumulative incidence",
        last=last, level=level, start=0.0, counts=fit.counts, source=fit.source,
        method=f"Incidence of new people, 1 - exp(-exp(b'x) H0). {fit.method} Standard errors of "
        "the incidence take the censoring weights as known.",
        notes=fit.notes,
    )  # fmt: skip
    if times is None:
        return curve
    return replace(curve, frame=curve.at(check_times(times, "times")), shape="line")


def _hazard_influence(
    fit: CoxFit, base: Baseline, inside: Indices, x: Floats, log_risk: float
) -> Floats:
    """What each independent unit adds to the cumulative hazard of a person: (units, q)."""
    sets = base.sets
    risk = np.exp(log_risks(fit))
    s0 = sets.at_risk(sets.mass * risk)[inside]
    jump = base.hazard[inside] / s0
    weight = np.ones(sets.n_rows) if sets.weights is None else sets.weights
    # From the end of each row on, its sum stays as it is.
    at = np.searchsorted(inside, sets.last, side="left")
    since = np.searchsorted(inside, sets.from_index, side="left")
    total = np.append(0.0, np.cumsum(jump))
    places = np.arange(1, inside.size + 1)
    upto = total[np.clip(places[None, :], since[:, None], (at + 1)[:, None].clip(max=inside.size))]
    own = -risk[:, None] * (upto - total[since][:, None])
    here = sets.event & np.isin(sets.last, inside)
    own += here[:, None] * (places[None, :] > at[:, None]) / np.append(s0, 1.0)[at][:, None]
    mean = np.cumsum(base.mean[inside], axis=0)
    slope = np.cumsum(base.hazard[inside])[:, None] * x - mean
    scores = score_residuals(fit.values, centred(fit), sets, fit.offset, fit.ties)
    moved = (own + scores @ fit.naive_covariance @ slope.T) * weight[:, None]
    copies = 1.0 if sets.frequencies is None else sets.frequencies[:, None]
    units = np.arange(sets.n_rows) if fit.cluster is None else fit.cluster
    return cluster_sums(moved * copies, units) * np.exp(log_risk)
