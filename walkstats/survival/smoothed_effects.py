"""How does a coefficient of a Cox model run over time? A smooth curve through its residuals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_level
from walkstats._splines import ns_basis, ns_knots
from walkstats.numerics.limits import normal_quantile
from walkstats.results import Curve, Result
from walkstats.survival.diagnostics import ProportionalHazards

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SmoothedEffect(Result):
    """Coefficients over time, with what they were drawn through.

    Attributes
    ----------
    curve : Curve
        One line per term over transformed time: ``transformed``, the ``time`` there, and the
        coefficient with its interval.
    check : ProportionalHazards
        Tests, residuals and the constant coefficients.
    """

    curve: Curve
    check: ProportionalHazards

    def to_frame(self) -> pd.DataFrame:
        """One row per term and point of the curve."""
        return self.curve.to_frame()


def smooth_effect(
    check: ProportionalHazards, *, df: int = 4, points: int = 40, level: float = 0.95
) -> SmoothedEffect:
    """Draw a smooth curve through scaled Schoenfeld residuals: the coefficient over time.

    Parameters
    ----------
    check : ProportionalHazards
        From ``check_proportional_hazards``, whose function of time is used.
    df : int
        Degrees of freedom of the natural cubic spline, 2 or more.
    points : int
        Number of points of the curve, equally spaced in transformed time.
    level : float
        Confidence level of the pointwise band.

    Returns
    -------
    SmoothedEffect
        ``plot_schoenfeld`` draws it.

    Raises
    ------
    ValueError
        For something that is no check, fewer than 2 degrees of freedom, or fewer different times
        of events than the spline needs.

    Notes
    -----
    Least squares of the residuals on a natural spline of g(t), with knots at equally spaced
    quantiles of points and residuals together, as R's ``plot.cox.zph``. The band is v p (X'X)^-1
    p' for points p and the model's mean variance v of one residual; it shows the coefficient at
    each time, not a region in which the whole curve lies. A straight line at the coefficient within
    the band is what proportional hazards look like; the ends rest on few events. A term of several
    columns (a factor) counts as its combination by the fit, with coefficient 1. R draws two
    standard errors where ``level`` asks for 1.96.

    References
    ----------
    Grambsch PM, Therneau TM. Proportional hazards tests and diagnostics based on weighted
    residuals. Biometrika 1994;81:515-526. https://doi.org/10.1093/biomet/81.3.515

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.survival import check_proportional_hazards, cox
    >>> frame = pd.DataFrame(
    ...     {"days": [5, 8, 9, 12, 15, 20, 22, 30], "event": 7 * [1] + [0],
    ...      "age": [40, 50, 35, 60, 45, 52, 41, 38]}
    ... )
    >>> check = check_proportional_hazards(cox(frame, "age"))
    >>> smooth_effect(check, df=2, points=5).to_frame()["time"].round(1).tolist()
    [5.0, 8.5, 12.0, 17.5, 22.0]
    """
    _check(check, df, points)
    level = check_level(level)
    g = check.residuals["transformed"].to_numpy(dtype=float)
    grid = np.linspace(g.min(), g.max(), points)
    shown, seen = _bases(grid, g, df)
    times = _times_of(grid, g, check.residuals["time"].to_numpy(dtype=float))
    z, frames, notes = normal_quantile(level), [], []
    for term, variance in check.variances.items():
        y = check.residuals[term].to_numpy(dtype=float)
        known = ~np.isnan(y)
        line, spread = _smooth(seen[known], y[known], shown)
        if np.isnan(line).any():
            notes.append(f"{term}: too few times of events for a spline with {df} degrees.")
        error = np.sqrt(variance * spread)
        frames.append(
            pd.DataFrame(
                {
                    "group": term,
                    "transformed": grid,
                    "time": times,
                    "estimate": line,
                    "std_error": error,
                    "conf_low": line - z * error,
                    "conf_high": line + z * error,
                }
            )
        )
    said = (
        f"Scaled Schoenfeld residuals smoothed by a natural spline ({df} degrees of freedom) over "
        f"{check.transform}; pointwise intervals, model-based."
    )
    curve = Curve(
        pd.concat(frames, ignore_index=True), "transformed", "log hazard ratio", shape="line",
        level=level, start=np.nan, start_x=float(grid[0]), method=said, notes=tuple(notes),
        counts=check.counts, source=check.source,
    )  # fmt: skip
    return SmoothedEffect(
        curve, check, method=said, notes=curve.notes, counts=check.counts, source=check.source
    )


def _check(check: object, df: object, points: object) -> None:
    if not isinstance(check, ProportionalHazards):
        raise ValueError(
            f"check must come from check_proportional_hazards, got {type(check).__name__}."
        )
    for name, number in (("df", df), ("points", points)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 2:
            raise ValueError(f"{name} must be a whole number of at least 2, got {number!r}.")


def _bases(grid: Floats, g: Floats, df: int) -> tuple[Floats, Floats]:
    """Natural splines with a constant, (points, df) and (d, df), on knots from both together."""
    try:
        interior, boundary = ns_knots(np.concatenate([grid, g]), df - 1)
    except ValueError as problem:
        raise ValueError(
            f"Too many events share a time for a spline with {df} degrees of freedom. Ask for "
            "fewer (df=), or for another function of time."
        ) from problem
    columns = [ns_basis(x, interior, boundary) for x in (grid, g)]
    shown, seen = (np.column_stack([np.ones(len(one)), one]) for one in columns)
    return shown, seen


def _smooth(seen: Floats, y: Floats, shown: Floats) -> tuple[Floats, Floats]:
    """Fitted line (points,) and p (X'X)^-1 p' (points,); nan where the spline is not determined."""
    nothing = np.full(len(shown), np.nan)
    if len(y) < seen.shape[1]:
        return nothing, nothing
    q, r = np.linalg.qr(seen)
    if np.linalg.matrix_rank(r) < r.shape[0]:
        return nothing, nothing
    back = np.linalg.solve(r.T, shown.T)
    return back.T @ (q.T @ y), np.sum(back**2, axis=0)


def _times_of(grid: Floats, g: Floats, times: Floats) -> Floats:
    """Time at each point of transformed time, along straight lines between times of events."""
    order = np.lexsort((times, g))
    steps, first = np.unique(g[order], return_index=True)
    return np.interp(grid, steps, times[order][first])
