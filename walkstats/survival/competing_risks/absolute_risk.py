"""What share of people like these will have each outcome? Incidences from Cox models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_frame, check_level, check_times
from walkstats.errors import DataError
from walkstats.numerics.limits import probability_limits
from walkstats.results import CoxFit, Curve
from walkstats.results.incidences import Incidence
from walkstats.survival.competing_risks.incidence import INTERVALS, limits_of
from walkstats.survival.competing_risks.new_people import frame_of, people_of, times_of
from walkstats.survival.new_rows import check_finite
from walkstats.survival.predicted_steps import exponential_baseline

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RiskForm:
    """How hazards of several outcomes become incidences.

    Attributes
    ----------
    described : str
    keep : callable
        Total hazard h (q,) -> share (q,) that stays free at each time.
    share : callable
        Total hazard -> share of those free that has an event, per unit of hazard (q,).
    slope : callable
        Derivative of `share` by the total hazard (q,).
    lost : callable
        Minus the derivative of log `keep` (q,).
    """

    described: str
    keep: Callable[[Floats], Floats]
    share: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    lost: Callable[[Floats], Floats]


def _mean_share(h: Floats) -> Floats:
    """(1 - exp(-h)) / h."""
    small = h < 1e-8
    return np.where(small, 1.0 - h / 2.0, -np.expm1(-h) / np.where(small, 1.0, h))


def _mean_slope(h: Floats) -> Floats:
    small = h < 1e-4
    safe = np.where(small, 1.0, h)
    exact = (np.exp(-safe) - _mean_share(safe)) / safe
    return np.where(small, -0.5 + h / 3.0 - h**2 / 8.0, exact)


FORMS = {
    "matrix-exponential": RiskForm(
        "the matrix exponential of the hazards at each time",
        lambda h: np.exp(-h), _mean_share, _mean_slope, np.ones_like,
    ),
    "exponential": RiskForm(
        "sums of exp(-H) dH",
        lambda h: np.exp(-h), np.ones_like, np.zeros_like, np.ones_like,
    ),
    "product-limit": RiskForm(
        "sums of the product of 1 - dH times dH",
        lambda h: np.maximum(1.0 - h, 0.0), np.ones_like, np.zeros_like,
        lambda h: np.where(h < 1.0, 1.0 / np.where(h < 1.0, 1.0 - h, 1.0), 0.0),
    ),
}  # fmt: skip


def absolute_risks(
    fits: Mapping[str, CoxFit],
    new: pd.DataFrame,
    *,
    times: float | Sequence[float] | Floats | None = None,
    form: str = "matrix-exponential",
    interval: str = "log-log",
    extend: bool = False,
    level: float = 0.95,
) -> Incidence:
    """Predict the incidence of each outcome in new people from models of all their hazards.

    Parameters
    ----------
    fits : mapping of str to CoxFit
        Outcome -> its cause-specific model, for every outcome that there is.
    new : pandas.DataFrame
        One row per person, with all columns of the formulas (and of strata); the index names them.
    times : float or sequence of float, optional
        Give the incidences at these times only.
    form : {"matrix-exponential", "exponential", "product-limit"}
        How hazard increments become probabilities; they differ where many events tie. With the
        first, incidences and the event-free share sum to 1.
    interval
        As in `walkstats.survival.cumulative_incidence`.
    extend : bool
        Carry the last value beyond follow-up instead of giving it as missing.
    level : float
        Confidence level.

    Returns
    -------
    Incidence
        One group per person, one curve per outcome.

    Raises
    ------
    ValueError
        For what is no mapping of Cox fits, and unknown choices.
    DataError
        For missing columns or values, and levels or strata that a model has not seen.
    FitError
        If a coefficient is infinite.

    Notes
    -----
    With h_c = exp(b_c'x) dH_c the hazard of outcome c at each event time, F_c is the sum of S(u-)
    h_c w(h), h the sum over outcomes and w near 1. The variance is the delta method over all
    hazards, those of different outcomes taken as independent: for each, the variance of its
    increments for known coefficients plus d'Cd, where d is the derivative of F by its coefficients
    and C their covariance (Cheng, Fine and Wei).

    References
    ----------
    .. [1] Cheng SC, Fine JP, Wei LJ. Biometrics 1998;54:219-228.
       https://doi.org/10.2307/2534009

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({
    ...     "days": [10, 20, 30, 40, 15, 25, 50, 60], "age": [40, 55, 60, 35, 50, 45, 30, 52],
    ...     "outcome": ["recurrence", "recurrence", "surgery", "recurrence",
    ...                 "surgery", "recurrence", "censored", "recurrence"]})
    >>> fits = {name: survival.cause_specific_cox(frame, "age", of=name)
    ...         for name in ("recurrence", "surgery")}
    >>> risks = survival.absolute_risks(fits, pd.DataFrame({"age": [50]}, index=["50 years"]))
    >>> risks.at(30)[["outcome", "estimate"]].round(3).values.tolist()
    [['recurrence', 0.354], ['surgery', 0.214]]
    """
    chosen = FORMS[check_choice(form, FORMS, "form")]
    check_choice(interval, INTERVALS, "interval")
    check_frame(new, "new")
    level = check_level(level)
    fits = _checked(fits)
    people = _people(fits, new)
    found = {name: _risks_of(hazards, chosen) for name, hazards in people.items()}
    first = next(iter(fits.values()))
    last = dict.fromkeys(found, np.inf) if extend else {
        name: one.last for name, one in found.items()}  # fmt: skip
    frames, free = [], []
    x = first.columns.get("time", "days")
    for name, one in found.items():
        for c, outcome in enumerate(fits):
            limits = limits_of(one.value[c], one.error[c], interval, level)
            frame = frame_of(name, x, one.times, one.value[c], one.error[c], limits)
            frame.insert(1, "outcome", outcome)
            frames.append(frame)
        scale = "log-log" if INTERVALS[interval][1] else interval
        limits = probability_limits(one.free, one.free_error, scale, level)
        free.append(frame_of(name, x, one.times, one.free, one.free_error, limits))
    method = (
        f"Incidences of new people from cause-specific Cox models ({first.formula}) by "
        f"{chosen.described}; intervals on the scale of {INTERVALS[interval][2]}."
    )
    whole = Curve(
        frame=pd.concat(free, ignore_index=True), x=x, quantity="survival", last=last, level=level,
        method=method, counts=first.counts, source=first.source,
    )  # fmt: skip
    incidence = Incidence(
        frame=pd.concat(frames, ignore_index=True), x=x, last=last, level=level,
        outcomes=tuple(fits), event_free=whole, method=method, counts=first.counts,
        source=first.source,
    )  # fmt: skip
    if times is None:
        return incidence
    points = check_times(times, "times")
    whole = replace(whole, frame=whole.at(points), shape="line")
    return replace(incidence, frame=incidence.at(points), event_free=whole, shape="line")


@dataclass(frozen=True, eq=False)
class _Hazards:
    """Hazards of one person at q times, for each outcome: increments, variances and slopes.

    Attributes
    ----------
    times : (q,)
    hazard, variance : (c, q)
    slope : one (q, k) array per outcome, derivative of the increments by the coefficients
    covariance : one (k, k) array per outcome
    last : float
    """

    times: Floats
    hazard: Floats
    variance: Floats
    slope: list[Floats]
    covariance: list[Floats]
    last: float


@dataclass(frozen=True, eq=False)
class _Risks:
    """Incidences (c, q) and the event-free share (q,) of one person, with standard errors."""

    times: Floats
    value: Floats
    error: Floats
    free: Floats
    free_error: Floats
    last: float


def _risks_of(person: _Hazards, form: RiskForm) -> _Risks:
    total = person.hazard.sum(axis=0)
    keep = form.keep(total)
    free = np.asarray(np.cumprod(keep), dtype=np.float64)
    before = np.append(1.0, free[:-1])
    share, lost = form.share(total), form.lost(total)
    value = np.cumsum(before * person.hazard * share, axis=1)
    causes = len(value)
    error = np.empty(value.shape)
    for c in range(causes):
        through = before * person.hazard[c] * form.slope(total) + value[c] * lost
        variance = np.zeros(value.shape[1])
        for k in range(causes):
            own = through + (before * share if c == k else 0.0)
            variance += _variance(person, k, own, lost, value[c])
        error[c] = np.sqrt(np.maximum(variance, 0.0))
    nothing = np.zeros(free.size)
    parts = [_variance(person, k, nothing, lost, np.ones(free.size)) for k in range(causes)]
    spread = np.maximum(np.sum(parts, axis=0), 0.0)
    return _Risks(person.times, value, error, free, free * np.sqrt(spread), person.last)


def _variance(person: _Hazards, k: int, own: Floats, lost: Floats, value: Floats) -> Floats:
    """Variance (q,) through outcome k, where increments at u count own(u) - value(t) lost(u)."""
    weights = np.stack([own, -lost])
    v = person.variance[k]
    first = np.cumsum(own**2 * v)
    cross = np.cumsum(-own * lost * v)
    second = np.cumsum(lost**2 * v)
    moved = np.cumsum(weights[:, :, None] * person.slope[k], axis=1)
    along = moved[0] + value[:, None] * moved[1]
    known = first + value * (2.0 * cross + value * second)
    return known + np.einsum("qj,jk,qk->q", along, person.covariance[k], along)


def _checked(fits: object) -> dict[str, CoxFit]:
    if not isinstance(fits, Mapping) or not fits:
        raise ValueError("fits must map each outcome to its cause-specific Cox fit.")
    for fit in fits.values():
        check_finite(fit)
        if fit.measure == "subdistribution hazard ratio":
            raise ValueError("fits must be cause-specific; for fine_gray use predict_incidence.")
    return {str(name): fit for name, fit in fits.items()}


def _people(fits: Mapping[str, CoxFit], new: pd.DataFrame) -> dict[str, _Hazards]:
    bases = [exponential_baseline(fit) for fit in fits.values()]
    rows = [people_of(fit, new) for fit in fits.values()]
    names = [name for name, *_ in rows[0]]
    if any([name for name, *_ in own] != names for own in rows):
        raise DataError.of(
            "the models differ in their strata, and the new data do not name them",
            what_to_do="give the columns of the strata",
        )
    found = {}
    for k, name in enumerate(names):
        inside = [times_of(base, own[k][1]) for base, own in zip(bases, rows, strict=True)]
        each = [base.sets.times[at] for base, at in zip(bases, inside, strict=True)]
        times = np.unique(np.concatenate(each))
        hazard, variance = np.zeros((len(bases), times.size)), np.zeros((len(bases), times.size))
        slope = []
        for c, (base, own, at) in enumerate(zip(bases, rows, inside, strict=True)):
            _, _, x, log_risk = own[k]
            place, risk = np.searchsorted(times, each[c]), np.exp(log_risk)
            hazard[c, place] = risk * base.hazard[at]
            variance[c, place] = risk**2 * base.variance[at]
            moved = np.zeros((times.size, x.size))
            moved[place] = risk * (base.hazard[at][:, None] * x - base.mean[at])
            slope.append(moved)
        last = float(min(one[-1] for one in each))
        covariance = [fit.covariance for fit in fits.values()]
        found[name] = _Hazards(times, hazard, variance, slope, covariance, last)
    return found
