"""What shape has the hazard, and what changes it? The flexible model of Royston and Parmar."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_flag, check_frame, check_level
from walkstats.survival.accelerated.centred_columns import Columns, centred
from walkstats.survival.accelerated.fits import (
    FlexibleFit,
    Found,
    of_exact_times,
    packed,
    read_as,
    seen_as,
    variance_said,
    wants_robust,
)
from walkstats.survival.accelerated.observed_times import (
    TimedRows,
    read_timed_rows,
    refuse_too_many,
)
from walkstats.survival.accelerated.spline_hazard import SplineHazard
from walkstats.survival.accelerated.spline_shape import Shape, fit_shape, shape_for

Floats = NDArray[np.float64]

MOST_DF = 5


def flexible_parametric(
    frame: pd.DataFrame,
    formula: str,
    *,
    df: int = 3,
    varying: str | Sequence[str] | None = None,
    varying_df: int = 1,
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
) -> FlexibleFit:
    """Estimate hazard ratios with a smooth baseline hazard.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant, or per (start, stop] spell of one.
    formula : str
        Covariates, such as ``"arm + age"``; ``"1"`` for none.
    df : int
        Degrees of freedom of the baseline, 1 to 5; 1 is the Weibull model.
    varying : str or sequence of str, optional
        Terms of the formula whose hazard ratio changes with time.
    varying_df : int
        Degrees of freedom of those changes, 1 to 5; with 1 the effect on the log cumulative hazard
        is linear in log time.
    cluster : str, optional
        Column of units that are independent of each other; the variance is then robust. By default
        the participant, where rows of one repeat.
    offset : str, optional
        Column added to the log cumulative hazard.
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
        Columns between which the event lies, in place of ``time`` and ``event``, as for
        :func:`parametric`.
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
    FlexibleFit
        Log hazard ratios under the terms of the formula, then ``spline[0]`` ... of the baseline
        and, for varying effects, ``term:spline[1]`` and so on. ``fit.knots`` are in log time. For
        curves see :func:`predict_parametric` and :func:`hazard_ratio_over_time`.

    Raises
    ------
    ValueError
        For unknown columns and choices, and combinations that do not exist.
    DataError
        For follow-up, covariates or clusters that cannot be analysed, for events at time 0, and
        where too few different event times are there for the knots.
    FitError
        Without events; for constant or collinear covariates.

    Notes
    -----
    log H(t | x) = s(log t) + x'b, with H the cumulative hazard and s a natural cubic spline: linear
    outside its boundary knots, the first and last event time; the inner knots are equally spaced
    quantiles of the logarithms of the event times (the middles of intervals where only those are
    known), weights not regarded. exp(b) is a hazard ratio as in Cox's model, with nearly the
    same estimate. A term in ``varying`` adds x (r(log t) - constant) with a spline of its own, and
    its hazard ratio is read with :func:`hazard_ratio_over_time`.

    The likelihood is that of :func:`parametric`, entry included; the hazard at an event is the
    slope of H there. The model does not force H to rise where nobody has an event; a note says
    where it falls. What must hold besides proportional hazards: the times are not so heavily tied
    that a smooth hazard is no description (give intervals then), and censoring tells nothing about
    the event to come. Strata are not offered: take the term into ``varying``.

    References
    ----------
    .. [1] Royston P, Parmar MKB. Flexible parametric proportional-hazards and proportional-odds
       models for censored survival data. Stat Med 2002;21:2175-2197.
       https://doi.org/10.1002/sim.1203

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> drug = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    >>> placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    >>> relapse = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0] + 21 * [1]
    >>> weeks = pd.DataFrame({"arm": 21 * ["6-MP"] + 21 * ["placebo"],
    ...                       "weeks": drug + placebo, "relapse": relapse})
    >>> fit = survival.flexible_parametric(weeks, "arm", df=2, time="weeks", event="relapse")
    >>> round(fit.estimate("arm[placebo]", ratio=True).estimate, 2)
    5.41
    """
    check_frame(frame)
    check_level(level)
    check_flag(robust, "robust", optional=True)
    _check_df(df, "df")
    _check_df(varying_df, "varying_df")
    rows = read_timed_rows(
        frame,
        formula,
        low=low,
        high=high,
        positive=True,
        reading={"strata": None, "cluster": cluster, "offset": offset, "subject": subject},
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
    shape = shape_for(rows, df, as_names(varying, "varying"), varying_df)
    # Refuses what is constant or collinear, in the covariates' own names.
    columns = centred(rows.read.matrix, rows.weight * rows.followed, rows.read.design.names)
    null, fitted = fit_shape(rows, shape)
    wanted = wants_robust(rows.read, robust, cluster, fitted.values.size)
    return _pack(fitted, null, rows, shape, columns, robust=wanted, formula=formula, level=level)


def _check_df(df: object, name: str) -> None:
    if isinstance(df, bool) or not isinstance(df, (int, np.integer)) or not 1 <= df <= MOST_DF:
        raise ValueError(f"{name} must be a whole number from 1 to {MOST_DF}, got {df!r}.")


def _pack(
    fitted: SplineHazard,
    null: SplineHazard,
    rows: TimedRows,
    shape: Shape,
    columns: Columns,
    *,
    robust: bool,
    formula: str,
    level: float,
) -> FlexibleFit:
    read, k, jacobian = rows.read, rows.read.matrix.shape[1], of_exact_times(rows)
    terms = shape.terms(read.design)
    found = Found(
        terms=terms,
        values=fitted.values,
        covariance=fitted.covariance,
        scores=fitted.rows,
        log_likelihood=fitted.log_likelihood - jacobian,
        log_likelihood_null=null.log_likelihood - jacobian,
        state=fitted.state,
        effects=np.r_[:k, k + shape.knots.size : len(terms)],
        condition=columns.condition,
        nearly=tuple(read.design.names[j] for j in columns.involved),
    )
    method, notes = _method(rows, shape, robust), _falling(fitted.values, rows, shape)
    return FlexibleFit(
        **packed(found, rows, robust=robust, method=method, notes=notes),
        link="log",
        measure="hazard ratio",
        level=level,
        formula=formula,
        design=read.design,
        df=shape.knots.size - 1,
        knots=shape.knots,
        varying=shape.varying,
        varying_knots=shape.varying_knots,
    )


def _method(rows: TimedRows, shape: Shape, robust: bool) -> str:
    read, df = rows.read, shape.knots.size - 1
    text = (
        "Flexible parametric model of the log cumulative hazard (Royston and Parmar), "
        f"{df} degree{'' if df == 1 else 's'} of freedom for the baseline"
    )
    if shape.varying:
        text += (
            f", effect of {' and '.join(shape.varying)} changing with time "
            f"({shape.varying_knots.size - 1} df)"
        )
    said = f"{variance_said(read, robust)} Wald intervals. {read.said}{seen_as(rows)}"
    return f"{text}{read_as(read)}. {said}"


def _falling(values: Floats, rows: TimedRows, shape: Shape) -> list[str]:
    """Say where the cumulative hazard of somebody falls, within the times seen."""
    if not np.all(np.isfinite(values)):
        return []
    times = rows.time[rows.followed]
    grid = np.exp(np.linspace(np.log(times.min()), np.log(times.max()), 101))
    X = rows.read.matrix
    people = np.unique(X, axis=0) if shape.positions.size else X[:1]
    if people.shape[0] > 200:
        people = people[:: people.shape[0] // 200 + 1]
    who, when = np.repeat(np.arange(len(people)), grid.size), np.tile(np.log(grid), len(people))
    slope = shape.columns(people[who], when)[1] @ values
    low = np.exp(when[slope <= 0.0])
    if not low.size:
        return []
    return [
        f"The cumulative hazard falls between {low.min():.3g} and {low.max():.3g}, where there are "
        "few events: its hazard is missing there. Take a smaller df."
    ]
