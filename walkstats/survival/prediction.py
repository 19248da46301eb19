"""What does a Cox model predict? Baseline hazards, and survival curves of new people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_flag, check_frame, check_level, check_times
from walkstats.errors import DataError
from walkstats.numerics.limits import INTERVAL_FORMS, normal_quantile, probability_limits
from walkstats.results import CoxFit, Curve
from walkstats.survival.curve_forms import log_limits
from walkstats.survival.new_rows import (
    check_finite,
    paths_of_rows,
    paths_of_spells,
    repeats,
    stratum_labels,
)
from walkstats.survival.predicted_steps import (
    Path,
    PredictedSteps,
    exponential_baseline,
    follow,
    product_limit_baseline,
)
from walkstats.survival.risk_sets import RiskSets

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CurveForm:
    """How a predicted survival curve follows from the hazard."""

    name: str
    described: str


CURVE_FORMS = {
    form.name: form
    for form in (
        CurveForm("exponential", "exp(-cumulative hazard)"),
        CurveForm("product-limit", "Kalbfleisch and Prentice's product-limit form"),
    )
}


def baseline_hazard(fit: CoxFit, *, centred: bool = False, level: float = 0.95) -> Curve:
    """Estimate the cumulative hazard of somebody whose covariates are all zero, or average.

    Parameters
    ----------
    fit : CoxFit
    centred : bool
        At the means of the covariates (``fit.centre``) instead of zero. A factor is then at a
        mixture of its levels, which nobody is: use :func:`predict_survival` for a person.
    level : float
        Confidence level.

    Returns
    -------
    Curve
        Cumulative hazard, one group per stratum; the interval is symmetric on the log scale.

    Raises
    ------
    FitError
        If a coefficient is infinite.

    Notes
    -----
    At each event time the hazard increases by Efron's sum of D/d / (S0 - (l/d) E0), l = 0 ... d -
    1, for a fit with Efron's ties, and by Breslow's D / S0 otherwise (D weighted events of d tied,
    S0 and E0 weighted risks of those at risk and of the events). The variance includes that of the
    coefficients, see :func:`predict_survival`. An offset counts as 0.

    References
    ----------
    Tsiatis AA. A large sample study of Cox's regression model. Ann Stat 1981;9:93-108.
    https://doi.org/10.1214/aos/1176345335

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.survival import cox
    >>> frame = pd.DataFrame(
    ...     {"days": [5, 8, 8, 12, 15], "event": [1, 1, 0, 1, 0], "age": [40, 50, 35, 60, 45]}
    ... )
    >>> baseline_hazard(cox(frame, "age"), centred=True).frame["n_risk"].tolist()
    [5.0, 4.0, 2.0, 1.0]
    """
    level = check_level(level)
    check_flag(centred, "centred")
    check_finite(fit)
    base = exponential_baseline(fit)
    x = (np.zeros_like(fit.centre) if centred else -fit.centre)[None, :]
    frames = []
    for code, label in enumerate(stratum_labels(fit)):
        steps = follow(base, fit.covariance, Path.constant(code, x, x @ fit.values))
        low, high = _hazard_limits(steps, level)
        frames.append(_frame(fit, label, steps, steps.hazard, np.sqrt(steps.variance), low, high))
    where = "the means of the covariates" if centred else "covariates of zero"
    return _curve(
        fit, frames, quantity="cumulative hazard", start=0.0, level=level,
        last={label: _end(fit.risk_sets, k) for k, label in enumerate(stratum_labels(fit))},
        method=_method(fit, f"Cumulative hazard at {where}", "log transformation"),
    )  # fmt: skip


def predict_survival(
    fit: CoxFit,
    new: pd.DataFrame,
    *,
    times: float | Sequence[float] | Floats | None = None,
    interval: str = "log-log",
    form: str = "exponential",
    subject: str | None = None,
    entry: str | None = None,
    time: str | None = None,
    extend: bool = False,
    level: float = 0.95,
) -> Curve:
    """Predict the survival curve of new people under a Cox model, with its confidence interval.

    Parameters
    ----------
    fit : CoxFit
    new : pandas.DataFrame
        One row per person, with all columns of the formula in any order; the index names the
        curves. With the columns of the strata each person has the curve of that stratum, without
        them one in every stratum.
    times : float or sequence of float, optional
        Give the curve at these times only [days].
    interval : {"log-log", "log", "plain", "logit", "arcsin"}
        Scale on which the interval is symmetric.
    form : {"exponential", "product-limit"}
        exp(-cumulative hazard), or Kalbfleisch and Prentice's product.
    subject : str, optional
        Column of ``new`` that names people whose covariates change: one row per spell.
    entry, time : str, optional
        With ``subject``: columns of the beginning and end of a spell [days]; by default those of
        the fit.
    extend : bool
        Carry the last value beyond the end of follow-up, as R does, instead of giving it as
        missing.
    level : float
        Confidence level.

    Returns
    -------
    Curve
        Survival, one group per person (and stratum). ``n_risk``, ``n_event`` and ``n_censor`` are
        those of the stratum from which the curve comes.

    Raises
    ------
    ValueError
        For choices that do not exist, and for ``entry`` or ``time`` without ``subject``.
    DataError
        For missing columns or values, levels or strata that the model has not seen, and spells
        that overlap or leave gaps.
    FitError
        If a coefficient is infinite.

    Notes
    -----
    With eta = x'b, the cumulative hazard is H(t) = sum of exp(eta) dH0 over the event times up to
    t, and S = exp(-H). Its variance is sum of exp(2 eta) dV0 + d'Cd, where dV0 is the variance of
    the increment for known b, d = sum of exp(eta) (x - m) dH0 with m the mean covariate of those
    at risk, and C the covariance of b (robust where the fit's is). It assumes proportional hazards
    and that censoring tells nothing beyond the covariates.

    For covariates that change, the sums run over the person's own spells; somebody whose first
    spell begins late is followed from then on, given that no event came before. R (survival 3.5)
    evaluates d as if the latest covariates had held from the beginning; before the first change
    both agree.

    References
    ----------
    Tsiatis AA. A large sample study of Cox's regression model. Ann Stat 1981;9:93-108.
    https://doi.org/10.1214/aos/1176345335

    Therneau TM, Grambsch PM. Modeling Survival Data. Springer 2000, chapter 10.
    https://doi.org/10.1007/978-1-4757-3294-8

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.survival import cox
    >>> frame = pd.DataFrame(
    ...     {"days": [5, 8, 8, 12, 15], "event": [1, 1, 0, 1, 0], "age": [40, 50, 35, 60, 45]}
    ... )
    >>> new = pd.DataFrame({"age": [40, 60]}, index=["younger", "older"])
    >>> predict_survival(cox(frame, "age"), new, times=10).groups
    ('younger', 'older')
    """
    check_choice(interval, INTERVAL_FORMS, "interval")
    check_choice(form, CURVE_FORMS, "form")
    check_flag(extend, "extend")
    if subject is None and (entry is not None or time is not None):
        raise ValueError("entry= and time= are those of the spells of subject=; give subject= too.")
    level = check_level(level)
    check_frame(new, "new")
    check_finite(fit)
    base = exponential_baseline(fit) if form == "exponential" else product_limit_baseline(fit)
    if subject is None:
        paths = paths_of_rows(fit, new)
    else:
        paths = paths_of_spells(fit, new, subject, entry, time)
    frames, last = [], {}
    for label, path in paths.items():
        steps = follow(base, fit.covariance, path)
        if not steps.index.size:
            raise DataError.of(
                "nobody of the model's data is followed to a time within these spells",
                ids=[label],
                what_to_do="give spells that reach the follow-up of the model's data",
            )
        estimate = np.exp(steps.log_survival)
        std_error = estimate * np.sqrt(steps.variance)
        low, high = probability_limits(estimate, std_error, interval, level)
        frames.append(_frame(fit, label, steps, estimate, std_error, low, high))
        end = min(_end(fit.risk_sets, path.stratum[-1]), path.high[-1])
        last[label] = np.inf if extend else float(end)
    scale = INTERVAL_FORMS[interval].described
    said = f"Survival of new people as {CURVE_FORMS[form].described}"
    curve = _curve(
        fit, frames, quantity="survival", start=1.0, level=level, last=last,
        method=_method(fit, said, scale),
    )  # fmt: skip
    if subject is None and repeats(new):
        renamed = "Labels of the new rows repeat: curves are named by position, 0, 1 and so on."
        curve = replace(curve, notes=(*curve.notes, renamed))
    if times is None:
        return curve
    return replace(curve, frame=curve.at(check_times(times, "times")), shape="line")


def _hazard_limits(steps: PredictedSteps, level: float) -> tuple[Floats, Floats]:
    """Limits of the cumulative hazard, symmetric on the log scale, and 0 where it is 0."""
    limits = log_limits(steps.hazard, np.sqrt(steps.variance), normal_quantile(level))
    low, high = (np.where(steps.hazard > 0, limit, 0.0) for limit in limits)
    return low, high


def _frame(
    fit: CoxFit,
    label: str,
    steps: PredictedSteps,
    estimate: Floats,
    std_error: Floats,
    low: Floats,
    high: Floats,
) -> pd.DataFrame:
    sets, index = fit.risk_sets, steps.index
    return pd.DataFrame(
        {
            "group": label,
            _time_name(fit): sets.times[index],
            "estimate": estimate,
            "std_error": std_error,
            "conf_low": low,
            "conf_high": high,
            "n_risk": sets.n_risk[index],
            "n_event": sets.n_event[index],
            "n_censor": sets.n_censor[index],
        }
    )


def _curve(
    fit: CoxFit,
    frames: list[pd.DataFrame],
    *,
    quantity: str,
    start: float,
    level: float,
    last: dict[str, float],
    method: str,
) -> Curve:
    entries = fit.risk_sets.start
    return Curve(
        frame=pd.concat(frames, ignore_index=True),
        x=_time_name(fit),
        quantity=quantity,
        last=last,
        level=level,
        start=start,
        start_x=0.0 if entries is None else float(entries.min()),
        method=method,
        notes=fit.notes,
        counts=fit.counts,
        source=fit.source,
    )


def _time_name(fit: CoxFit) -> str:
    return fit.columns.get("time", "days")


def _end(sets: RiskSets, stratum: int) -> float:
    """Last time of event or censoring in the stratum."""
    return float(sets.times[sets.stratum_bounds[stratum + 1] - 1])


def _method(fit: CoxFit, what: str, scale: str) -> str:
    ties = "Efron" if fit.ties == "efron" else "Breslow"
    return (
        f"{what}, from a Cox model ({fit.formula}) with {ties} increments of the hazard; "
        f"the variance holds that of the coefficients; intervals by {scale}."
    )
