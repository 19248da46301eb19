"""By what factor does a covariate stretch the time to an event? Accelerated failure time models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import (
    check_choice,
    check_flag,
    check_frame,
    check_level,
    check_positive,
)
from walkstats.survival.accelerated.families import FAMILIES, Family
from walkstats.survival.accelerated.fits import (
    Found,
    ParametricFit,
    of_exact_times,
    packed,
    read_as,
    seen_as,
    variance_said,
    wants_robust,
)
from walkstats.survival.accelerated.location_scale import LocationScale, Times, location_scale
from walkstats.survival.accelerated.observed_times import (
    TimedRows,
    read_timed_rows,
    refuse_too_many,
    with_intercept,
)
from walkstats.survival.accelerated.profiles import profile_limits

Floats = NDArray[np.float64]


def parametric(
    frame: pd.DataFrame,
    formula: str,
    *,
    family: str,
    strata: Any = None,
    scale: float | None = None,
    cluster: str | None = None,
    offset: str | None = None,
    robust: bool | None = None,
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    low: str | None = None,
    high: str | None = None,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    level: float = 0.95,
    subject: str | None = "participant_id",
) -> ParametricFit:
    """Estimate by what factor covariates stretch the time to an event.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant, or per (start, stop] spell of one.
    formula : str
        Covariates, such as ``"arm + age"``; ``"1"`` for none.
    family : {"exponential", "weibull", "log-normal", "log-logistic", "rayleigh", "gaussian", \
"logistic"}
        Distribution of the time; "gaussian" and "logistic" model the time itself, the others its
        logarithm.
    strata : str or sequence of str, optional
        Columns whose combinations have a scale of their own.
    scale : float, optional
        Fix the scale at this value instead of estimating it.
    cluster : str, optional
        Column of units that are independent of each other; the variance is then robust. By default
        the participant, where rows of one repeat.
    offset : str, optional
        Column added to the linear predictor with coefficient 1.
    robust : bool, optional
        Whether standard errors come from the sandwich. By default with clusters and with
        fractional weights.
    time : str, optional
        Column of the time of event or censoring; ``days``, or ``start_days`` and ``stop_days``, by
        default.
    event : str
        Column that says whether the row ends with the event: bool or 0 and 1.
    event_value : object or sequence, optional
        The value of ``event`` that means the event (or several), where it is coded otherwise.
    low, high : str, optional
        Columns between which the event lies, in place of ``time`` and ``event``: (low, high]. Equal
        ends mean the event at that time, high ``inf`` not seen, low 0 (for "gaussian" and
        "logistic" ``-inf``) before high. ``low_days`` and ``high_days`` by default where the frame
        has them and no other times.
    entry : str, optional
        Column of the time from which a row is under observation (left truncation).
    weights : str, optional
        Column of case weights.
    frequencies : str, optional
        Column of the number of copies of each row.
    level : float
        Confidence level.
    subject : str or None
        Column that identifies the person. None where the rows are different people.

    Returns
    -------
    ParametricFit
        Terms ``intercept``, those of the formula, and ``log(scale)`` where the scale is estimated
        (``log(scale)[stratum]`` for each stratum). ``fit.estimate("arm[walking]", ratio=True)`` is
        the time ratio with its interval; ``fit.aic``, ``fit.bic``, ``fit.tests``; ``fit.state``
        says how the search ended.

    Raises
    ------
    ValueError
        For unknown columns and choices, and combinations that do not exist.
    DataError
        For follow-up, covariates or clusters that cannot be analysed, and for events at time 0.
    FitError
        Without events; for constant or collinear covariates; where every event is described
        exactly, so that the likelihood has no bound.

    Notes
    -----
    log T = x'b + s W, with T the time, s the scale and W of the smallest extreme value (Weibull;
    exponential: s = 1; Rayleigh: s = 1/2), normal or logistic distribution. Everybody's time is
    multiplied by exp(b) for each unit of a covariate. The Weibull's shape is 1 / s, and its
    hazard ratio exp(-b / s), see :func:`hazard_ratios`.

    An event at t adds the log density of t to the log-likelihood, a time beyond t log S(t), one
    within (l, u] log(S(l) - S(u)); with entry at e, log S(e) is subtracted. The variance is the
    inverse of the observed information. What must hold: the family describes the times (compare
    ``aic`` between families on the same rows), and censoring tells nothing about the event to come.

    ``bic`` counts participants, as R's does for survreg where each has one row. Fractional weights
    give a robust variance; R's survreg needs to be asked, and then leaves the weights out of the
    sandwich (the cross product of unweighted dfbetas), where its coxph and this function have them
    in. Rows without follow-up say nothing and are counted in a note.
    Where one group has no events its coefficient is infinite: it is given as such, ``state`` says
    "infinite", and its interval is that of the profile likelihood.

    References
    ----------
    .. [1] Kalbfleisch JD, Prentice RL. The Statistical Analysis of Failure Time Data. 2nd ed.
       Wiley 2002, chapter 3. https://doi.org/10.1002/9781118032985
    .. [2] Wei LJ. The accelerated failure time model: a useful alternative to the Cox regression
       model in survival analysis. Stat Med 1992;11:1871-1879.
       https://doi.org/10.1002/sim.4780111409

    Examples
    --------
    Remission of leukaemia [weeks], 6-mercaptopurine against placebo:

    >>> import pandas as pd
    >>> from walkstats import survival
    >>> drug = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    >>> placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    >>> relapse = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0] + 21 * [1]
    >>> weeks = pd.DataFrame({"arm": 21 * ["6-MP"] + 21 * ["placebo"],
    ...                       "weeks": drug + placebo, "relapse": relapse})
    >>> fit = survival.parametric(weeks, "arm", family="weibull", time="weeks", event="relapse")
    >>> fit.to_frame()[["term", "estimate", "std_error"]].round(4)
               term  estimate  std_error
    0     intercept    3.5157     0.2518
    1  arm[placebo]   -1.2673     0.3106
    2    log(scale)   -0.3117     0.1473
    >>> round(fit.estimate("arm[placebo]", ratio=True).estimate, 2)
    0.28
    """
    check_frame(frame)
    check_level(level)
    check_choice(family, FAMILIES, "family")
    check_flag(robust, "robust", optional=True)
    chosen = FAMILIES[family]
    fixed = _fixed(chosen, scale, strata)
    rows = read_timed_rows(
        frame,
        formula,
        low=low,
        high=high,
        positive=chosen.log_time,
        reading={"strata": strata, "cluster": cluster, "offset": offset, "subject": subject},
        follow_up={
            "time": time,
            "event": event,
            "event_value": event_value,
            "entry": entry,
            "weights": weights,
            "frequencies": frequencies,
        },
    )
    refuse_too_many(rows, rows.read.design)
    times = times_of(rows, chosen, fixed)
    fitted = location_scale(rows.read.matrix, times, rows.read.design.names)
    wanted = wants_robust(rows.read, robust, cluster, fitted.values.size)
    limits = profile_limits(fitted, rows.read.matrix, times, level)
    return _pack(fitted, rows, chosen, fixed, limits, robust=wanted, formula=formula, level=level)


def _fixed(family: Family, scale: float | None, strata: Any) -> float | None:
    if scale is None:
        fixed = family.scale
    elif family.scale is not None:
        raise ValueError(
            f"The {family.described} family has its scale fixed at {family.scale:g}; "
            'leave scale= out, or take family="weibull".'
        )
    else:
        fixed = check_positive(scale, "scale")
    if fixed is not None and strata is not None:
        raise ValueError("strata= have scales of their own, and here the scale is fixed.")
    return fixed


def times_of(rows: TimedRows, family: Family, fixed: float | None) -> Times:
    """Times as the kernel takes them: in logarithms where those are modelled, without offset."""
    read = rows.read
    offset = np.zeros(rows.time.size) if read.offset is None else read.offset

    def on_scale(times: Floats) -> Floats:
        known = np.where(np.isfinite(times), times, 1.0)
        moved = (np.log(known) if family.log_time else known) - offset
        return np.where(np.isfinite(times), moved, times)

    return Times(
        family=family.distribution,
        seen=rows.seen,
        y=on_scale(rows.time),
        upper=on_scale(rows.upper),
        entry=None if rows.entry is None else on_scale(rows.entry),
        weight=rows.weight,
        followed=rows.followed,
        stratum=np.zeros(rows.time.size, dtype=np.intp) if read.strata is None else read.strata,
        log_scale=None if fixed is None else float(np.log(fixed)),
    )


def _pack(
    fitted: LocationScale,
    rows: TimedRows,
    family: Family,
    fixed: float | None,
    limits: Floats | None,
    *,
    robust: bool,
    formula: str,
    level: float,
) -> ParametricFit:
    read, k = rows.read, rows.read.matrix.shape[1]
    design = with_intercept(read.design)
    labels = [", ".join(map(str, values)) for values in read.stratum_values] or ["all"]
    names = [f"log(scale)[{label}]" if read.stratum_names else "log(scale)" for label in labels]
    terms = (*design.names, *(names if fixed is None else ()))
    jacobian = of_exact_times(rows) if family.log_time else 0.0
    scales = np.exp(fitted.values[1 + k :]) if fixed is None else np.full(len(labels), fixed)
    found = Found(
        terms=terms,
        values=fitted.values,
        covariance=fitted.covariance,
        scores=fitted.rows,
        log_likelihood=fitted.log_likelihood - jacobian,
        log_likelihood_null=fitted.log_likelihood_null - jacobian,
        state=fitted.state,
        effects=np.arange(1, 1 + k),
        condition=fitted.columns.condition,
        nearly=tuple(read.design.names[j] for j in fitted.columns.involved),
    )
    method, notes = _method(rows, family, fixed, robust), _of_limits(limits, terms, level)
    return ParametricFit(
        **packed(found, rows, robust=robust, method=method, notes=notes),
        link="log" if family.log_time else "identity",
        measure="time ratio" if family.log_time else "",
        level=level,
        limits=limits,
        formula=formula,
        design=design,
        family=family.name,
        scale=dict(zip(labels, map(float, scales), strict=True)),
        scale_fixed=fixed is not None,
    )


def _method(rows: TimedRows, family: Family, fixed: float | None, robust: bool) -> str:
    read = rows.read
    kind = "Accelerated failure time model" if family.log_time else "Regression of censored times"
    text = f"{kind}, {family.described} distribution"
    if fixed is not None and family.scale is None:
        text += f" with its scale fixed at {fixed:g}"
    if read.stratum_names:
        text += f" with a scale for each {' and '.join(read.stratum_names)}"
    said = f"{variance_said(read, robust)} Wald intervals. {read.said}{seen_as(rows)}"
    return f"{text}{read_as(read)}. {said}"


def _of_limits(limits: Floats | None, terms: tuple[str, ...], level: float) -> list[str]:
    if limits is None:
        return []
    shown = [terms[k] for k in np.flatnonzero(~np.isnan(limits).any(axis=1))]
    if not shown:
        return []
    return [f"{' and '.join(shown)}: profile-likelihood interval at level {level:g}."]
