"""Which columns has a spline model of the hazard, where are its knots, and where does it begin?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walkstats.errors import DataError
from walkstats.formulas import Terms
from walkstats.survival.accelerated.contributions import EXACT, INTERVAL
from walkstats.survival.accelerated.fits import FlexibleFit
from walkstats.survival.accelerated.observed_times import TimedRows
from walkstats.survival.accelerated.spline_hazard import (
    LinearIndex,
    SplineHazard,
    spline_columns,
    spline_hazard,
)

Floats = NDArray[np.float64]


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


def shape_for(rows: TimedRows, df: int, varying: tuple[Any, ...], varying_df: int) -> Shape:
    """The shape for some rows; refused where event times are too few for its knots."""
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


def fit_shape(rows: TimedRows, shape: Shape) -> tuple[SplineHazard, SplineHazard]:
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
