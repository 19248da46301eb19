"""What shape has the hazard, and what changes it? The flexible model of Royston and Parmar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_flag, check_frame, check_level
from walkstats.errors import DataError
from walkstats.formulas import Terms
from walkstats.survival.accelerated.centred_columns import Columns, centred
from walkstats.survival.accelerated.contributions import EXACT, INTERVAL
from walkstats.survival.accelerated.fits import (
    FlexibleFit,
    criteria,
    notes_on_state,
    read_as,
    robust_covariance,
    seen_as,
    tests_of_covariates,
    variance_said,
    wants_robust,
)
from walkstats.survival.accelerated.observed_times import (
    TimedRows,
    read_timed_rows,
    refuse_too_many,
)
from walkstats.survival.accelerated.spline_hazard import (
    LinearIndex,
    SplineHazard,
    spline_columns,
    spline_hazard,
)

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
    event_value : object, optional
        The value of ``event`` that means the event, where it is coded otherwise.
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
    shape = _shape(rows, df, as_names(varying, "varying"), varying_df)
    # Refuses what is constant or collinear, in the covariates' own names.
    columns = centred(rows.read.matrix, rows.weight * rows.followed, rows.read.design.names)
    null, fitted = _fitted(rows, shape)
    wanted = wants_robust(rows.read, robust, cluster, fitted.values.size)
    return _pack(fitted, null, rows, shape, columns, robust=wanted, formula=formula, level=level)


def _check_df(df: object, name: str) -> None:
    if isinstance(df, bool) or not isinstance(df, (int, np.integer)) or not 1 <= df <= MOST_DF:
        raise ValueError(f"{name} must be a whole number from 1 to {MOST_DF}, got {df!r}.")


@dataclass(frozen=True, eq=False)
class Shape:
    """Which columns the index has: covariates, the baseline, and changes of effects.

    Attributes
    ----------
    knots, varying_knots : arrays
        In log time.
    positions : (v,)
        Columns of the covariates whose effect changes.
    varying : tuple of str
        Their terms.
    """

    knots: Floats
    varying_knots: Floats
    positions: NDArray[np.intp]
    varying: tuple[str, ...]

    def columns(self, X: Floats, log_time: Floats) -> tuple[Floats, Floats]:
        """Design (n, p) of the index, and of its slope, for covariates (n, k) at times (n,)."""
        base, slopes = spline_columns(log_time, self.knots)
        parts, rises = [X, base], [np.zeros_like(X), slopes]
        if self.positions.size:
            own, own_slopes = spline_columns(log_time, self.varying_knots)
            for j in self.positions:
                parts.append(X[:, [j]] * own[:, 1:])
                rises.append(X[:, [j]] * own_slopes[:, 1:])
        return np.column_stack(parts), np.column_stack(rises)

    def terms(self, design: Terms) -> tuple[str, ...]:
        """Names of the columns."""
        names = [*design.names, *(f"spline[{j}]" for j in range(self.knots.size))]
        for j in self.positions:
            names += [f"{design.names[j]}:spline[{i}]" for i in range(1, self.varying_knots.size)]
        return tuple(names)


def shape_of(fit: FlexibleFit) -> Shape:
    """The shape with which a fit was made."""
    assert fit.design is not None
    return Shape(fit.knots, fit.varying_knots, _positions(fit.design, fit.varying), fit.varying)


def _positions(design: Terms, varying: tuple[Any, ...]) -> NDArray[np.intp]:
    places: list[int] = []
    for term in varying:
        if term not in design.columns_of:
            known = ", ".join(design.columns_of)
            raise ValueError(f"No term {term!r} for varying=. The formula has: {known}.")
        where = design.columns_of[str(term)]
        places += range(where.start, where.stop)
    return np.array(places, dtype=np.intp)


def _shape(rows: TimedRows, df: int, varying: tuple[Any, ...], varying_df: int) -> Shape:
    seen, copies = rows.seen, rows.read.frequencies
    middle = np.where(seen == INTERVAL, 0.5 * (rows.time + rows.upper), rows.time)
    told = ((seen == EXACT) | (seen == INTERVAL)) & (rows.weight > 0)
    times = np.log(middle[told])
    if copies is not None:
        times = np.repeat(times, copies[told].astype(int))
    positions = _positions(rows.read.design, varying)
    own = _knots(times, varying_df) if positions.size else np.empty(0)
    return Shape(_knots(times, df), own, positions, tuple(map(str, varying)))


def _knots(times: Floats, df: int) -> Floats:
    """Boundary and inner knots, refused where they coincide."""
    knots = np.quantile(times, np.linspace(0.0, 1.0, df + 1)) if times.size else np.empty(0)
    if df > 1 and (knots.size == 0 or np.any(np.diff(knots) <= 1e-9 * max(np.ptp(knots), 1e-9))):
        distinct = np.unique(times).size
        raise DataError.of(
            f"{distinct} different event times are too few, or too unevenly spread, for "
            f"{df + 1} knots",
            what_to_do="take a smaller df",
        )
    # The line of df=1 has no knots; two places keep the form.
    return np.array([0.0, 1.0]) if df == 1 else np.asarray(knots, dtype=float)


def _linear(rows: TimedRows, shape: Shape, *, without: bool = False) -> LinearIndex:
    """Designs at all times of the rows; ``without`` covariates for the null model."""
    X, n = rows.read.matrix, rows.time.size
    if without:
        X, shape = X[:, :0], Shape(shape.knots, shape.varying_knots, shape.positions[:0], ())
    at, slope = shape.columns(X, np.log(rows.time))
    upper = np.zeros_like(at)
    within = rows.seen == INTERVAL
    upper[within] = shape.columns(X[within], np.log(rows.upper[within]))[0]
    late, entered = np.empty(0, dtype=np.intp), np.empty(0)
    if rows.entry is not None:
        late = np.flatnonzero(np.isfinite(rows.entry))
        entered = np.log(rows.entry[late])
    return LinearIndex(
        seen=rows.seen,
        at=at,
        upper=upper,
        slope=slope,
        entry=shape.columns(X[late], entered)[0],
        late=late,
        weight=rows.weight,
        offset=np.zeros(n) if rows.read.offset is None else rows.read.offset,
    )


def _fitted(rows: TimedRows, shape: Shape) -> tuple[SplineHazard, SplineHazard]:
    """The model without covariates and with them, each begun where a simpler one ended."""
    k, base = rows.read.matrix.shape[1], shape.knots.size
    line = Shape(np.array([0.0, 1.0]), np.empty(0), np.empty(0, dtype=np.intp), ())
    straight = spline_hazard(_linear(rows, line, without=True), _constant(rows))
    start = np.append(straight.values, np.zeros(base - 2))
    null = spline_hazard(_linear(rows, shape, without=True), start) if base > 2 else straight
    if k == 0:
        return null, null
    own = shape.positions.size * max(shape.varying_knots.size - 1, 0)
    start = np.concatenate([np.zeros(k), null.values, np.zeros(own)])
    return null, spline_hazard(_linear(rows, shape), start)


def _constant(rows: TimedRows) -> Floats:
    """A constant hazard, events over time at risk: its index rises everywhere."""
    entry = np.zeros(rows.time.size) if rows.entry is None else np.maximum(rows.entry, 0.0)
    at_risk = float(rows.weight @ np.maximum(rows.time - entry, 0.0))
    events = float(rows.weight @ (rows.seen != 0))
    offset = 0.0 if rows.read.offset is None else float(rows.read.offset.mean())
    return np.array([np.log(events / at_risk) - offset, 1.0])


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
    read = rows.read
    covariance = fitted.covariance
    if robust:
        covariance = robust_covariance(fitted.rows, fitted.covariance, read)
    exact = rows.seen == EXACT
    jacobian = float(rows.weight[exact] @ np.log(rows.time[exact]))
    log_likelihood, log_null = (one.log_likelihood - jacobian for one in (fitted, null))
    terms = shape.terms(read.design)
    aic, bic = criteria(log_likelihood, len(terms), read.counts.participants)
    method = _method(rows, shape, robust)
    effects = np.r_[: read.matrix.shape[1], read.matrix.shape[1] + shape.knots.size : len(terms)]
    nearly = tuple(read.design.names[j] for j in columns.involved)
    notes = notes_on_state(
        read.counts.events, fitted.state, terms, fitted.values, nearly, columns.condition
    )
    return FlexibleFit(
        terms=terms,
        values=fitted.values,
        covariance=covariance,
        link="log",
        measure="hazard ratio",
        level=level,
        formula=formula,
        design=read.design,
        log_likelihood=log_likelihood,
        log_likelihood_null=log_null,
        state=fitted.state,
        aic=aic,
        bic=bic,
        naive_covariance=fitted.covariance,
        tests=tests_of_covariates(
            fitted.values[effects],
            covariance[np.ix_(effects, effects)],
            log_likelihood - log_null,
            method,
            read.counts,
            read.source,
        ),
        rows=rows,
        scores=fitted.rows,
        columns=read.columns,
        df=shape.knots.size - 1,
        knots=shape.knots,
        varying=shape.varying,
        varying_knots=shape.varying_knots,
        method=method,
        notes=(*rows.notes, *notes, *_falling(fitted, rows, shape)),
        counts=read.counts,
        source=read.source,
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


def _falling(fitted: SplineHazard, rows: TimedRows, shape: Shape) -> list[str]:
    """Say where the cumulative hazard of somebody falls, within the times seen."""
    if not np.all(np.isfinite(fitted.values)):
        return []
    times = rows.time[rows.followed]
    grid = np.exp(np.linspace(np.log(times.min()), np.log(times.max()), 101))
    X = rows.read.matrix
    people = np.unique(X, axis=0) if shape.positions.size else X[:1]
    if people.shape[0] > 200:
        people = people[:: people.shape[0] // 200 + 1]
    who, when = np.repeat(np.arange(len(people)), grid.size), np.tile(np.log(grid), len(people))
    slope = shape.columns(people[who], when)[1] @ fitted.values
    low = np.exp(when[slope <= 0.0])
    if not low.size:
        return []
    return [
        f"The cumulative hazard falls between {low.min():.3g} and {low.max():.3g}, where there are "
        "few events: its hazard is missing there. Take a smaller df."
    ]
