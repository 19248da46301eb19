"""How does the outcome at each dose compare with that at a reference dose?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from walkstats._arguments import check_level, check_times
from walkstats.numerics import limits
from walkstats.regression.bands import band_quantile, path_length
from walkstats.regression.combinations import combined
from walkstats.regression.dose_contrasts import (
    FINE,
    Dose,
    Shape,
    find_dose,
    freedoms,
    shape_of,
    weights_of,
)
from walkstats.results import Curve, Fit, HypothesisTest

Floats = NDArray[np.float64]

# Doses of the curve when the caller names none.
POINTS = 101


@dataclass(frozen=True, eq=False)
class DoseResponse(Curve):
    """The outcome at each dose beside that at a reference dose: a curve, with its tests.

    Attributes
    ----------
    reference : float
        The dose to which the others are compared.
    overall : HypothesisTest or None
        Of the hypothesis that the dose does not matter.
    nonlinear : HypothesisTest or None
        Of the hypothesis that the outcome changes with the dose along a straight line (on the scale
        of the model); None where the fit has no other shape, or no straight line, to offer.
    ratio : bool
        Whether the curve shows ratios. ``std_error`` is then that of the logarithm.
    simultaneous : bool
        Whether the limits hold for the whole curve at once.
    given : mapping of str to object
        Values of the covariates that modify the effect of the dose.
    """

    reference: float = np.nan
    overall: HypothesisTest | None = None
    nonlinear: HypothesisTest | None = None
    ratio: bool = False
    simultaneous: bool = False
    given: Mapping[str, Any] = field(default_factory=dict)


def dose_response(
    fit: Fit,
    x: str,
    *,
    reference: float,
    at: ArrayLike | None = None,
    given: Mapping[str, Any] | None = None,
    level: float = 0.95,
    simultaneous: bool = False,
) -> DoseResponse:
    r"""Compare the outcome at each dose with that at a reference dose.

    Parameters
    ----------
    fit : Fit
        Of any kind, with `x` among its covariates: as a number, a transform or a spline.
    x : str
        Column of the dose, e.g. ``"walking_minutes"``.
    reference : float
        The dose to compare with [unit of `x`]. Must lie within the range observed.
    at : array_like of float, optional
        Doses [unit of `x`]; by default 101 over the range observed, and the reference.
    given : mapping of str to object, optional
        Values of the covariates that the dose interacts with; needed for those, and for no others.
    level : float
        Confidence level.
    simultaneous : bool
        Limits that cover the whole curve, between the lowest and the highest dose shown, at once.

    Returns
    -------
    DoseResponse
        A curve whose frame has the columns group, `x`, estimate, std_error, conf_low, conf_high,
        sorted by dose: differences in the outcome, or ratios for models on a log scale. With
        ``overall``, the test that the dose does not matter, and ``nonlinear``, the test of a
        straight line.

    Raises
    ------
    ValueError
        For an `x` that the fit does not hold as a number, a reference outside the range observed,
        or modifiers that are not given.

    Notes
    -----
    With b(x) the row of the design matrix, the curve is (b(x) - b(reference))'beta with the
    variance (b(x) - b(reference))' V (b(x) - b(reference)); covariates that do not interact with
    the dose cancel. At the reference the interval has no width. What differs is compared between
    people who walk different doses: it is the effect of a dose only if nothing else differs between
    them.

    Doses beyond those observed are missing: the data say nothing there.

    The test of a straight line is a Wald test of the coefficients that bend the curve, found from
    the columns themselves, so that it holds for any spline or transform whose columns contain the
    line.

    Simultaneous limits use the critical value c that solves kappa / pi (1 + c² / df)^(-df / 2) +
    P(\|t\| > c) = 1 - level, with kappa the length of the path that the standardised contrast draws
    on the unit sphere [1]_; or Scheffé's, where that is smaller.

    References
    ----------
    .. [1] Naiman DQ (1986). Conservative confidence bands in curvilinear regression. *Ann Stat*
       14:896-906. https://doi.org/10.1214/aos/1176350040
    .. [2] Desquilbet L, Mariotti F (2010). Dose-response analyses using restricted cubic spline
       functions in public health research. *Stat Med* 29:1037-1057.
       https://doi.org/10.1002/sim.3841

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.regression import ols
    >>> steps = pd.DataFrame({"minutes": range(0, 200, 10)})
    >>> steps["pain"] = 5 - 0.01 * steps["minutes"] + [0.1, -0.1] * 10
    >>> curve = dose_response(ols(steps, "pain ~ minutes"), "minutes", reference=30, at=[30, 130])
    >>> curve.to_frame()["estimate"].round(2).tolist()
    [0.0, -1.02]
    >>> curve.nonlinear is None
    True
    """
    level = check_level(level)
    dose = find_dose(fit, x, given or {})
    low, high = dose.range
    if not isinstance(reference, (int, float, np.integer, np.floating)):
        raise ValueError(f"reference must be a number, a value of {x}; got {reference!r}.")
    if not low <= reference <= high:
        raise ValueError(
            f"reference={reference:g} lies outside the observed range of {x}, {low:g} to {high:g}."
        )
    doses = check_times(np.linspace(low, high, POINTS) if at is None else at)
    doses = np.unique(np.append(doses, reference) if at is None else doses)
    inside = (doses >= low) & (doses <= high)
    contrasts = dose.rows(doses[inside]) - dose.rows([reference])
    shape = shape_of(dose)
    critical = limits.t_quantile(level, freedoms(dose, contrasts))
    if simultaneous:
        critical = _simultaneous(dose, doses[inside], reference, len(shape.any_change), level)
    table = np.full((len(doses), 4), np.nan)
    table[inside] = _limits(dose, contrasts, critical)
    return _pack(dose, doses, table, shape, level, float(reference), simultaneous)


def _limits(dose: Dose, contrasts: Floats, critical: Floats | float) -> Floats:
    """Estimate, standard error and limits of each contrast (m, 4), as ratios on a log scale."""
    found = combined(dose.fit, [""] * len(contrasts), weights_of(dose, contrasts))
    estimate, error = found.values, found.std_errors
    nothing = ~contrasts.any(axis=1)
    half = np.where(nothing, 0.0, critical * error)
    shown = np.column_stack([estimate, error, estimate - half, estimate + half])
    if dose.fit.link != "identity":
        shown[:, [0, 2, 3]] = np.exp(shown[:, [0, 2, 3]])
    return shown


def _simultaneous(dose: Dose, doses: Floats, reference: float, rank: int, level: float) -> float:
    """Critical value for all doses between the first and the last, with their smallest df."""
    if len(doses) == 0:
        return np.nan
    steps = dose.rows(np.linspace(doses[0], doses[-1], FINE)) - dose.rows([reference])
    moved = steps.any(axis=0)
    covariance = dose.covariance[np.ix_(moved, moved)]
    if not np.all(np.isfinite(covariance)):
        return np.nan
    coarse = steps[:: FINE // POINTS]
    known = freedoms(dose, coarse[coarse.any(axis=1)])
    df = float(known.min()) if len(known) else np.inf
    return band_quantile(path_length(steps[:, moved], covariance), rank, df, level)


def _test(dose: Dose, contrasts: Floats, name: str, null: str) -> HypothesisTest:
    """Wald test that all contrasts are zero."""
    fit = dose.fit
    names = tuple(f"contrast {k}" for k in range(1, len(contrasts) + 1))
    found = combined(fit, names, weights_of(dose, contrasts)).test(names)
    parts = {"terms": tuple(fit.terms[j] for j in dose.positions)}
    return replace(found, name=name, null=null, parts=parts)


def _tests(
    dose: Dose, shape: Shape, held: str
) -> tuple[HypothesisTest | None, HypothesisTest | None]:
    """Does the dose matter at all, and is its line bent?"""
    x = dose.name
    null = f"The outcome does not change with {x}{held}."
    overall = _test(dose, shape.any_change, f"Effect of {x}", null)
    if not (shape.holds_line and len(shape.bend)):
        return overall, None
    null = f"The outcome changes with {x} along a straight line{held}."
    return overall, _test(dose, shape.bend, f"Non-linearity of {x}", null)


def _pack(
    dose: Dose,
    doses: Floats,
    table: Floats,
    shape: Shape,
    level: float,
    reference: float,
    simultaneous: bool,
) -> DoseResponse:
    fit, x = dose.fit, dose.name
    group = ", ".join(str(value) for value in dose.given.values()) or "all"
    frame = pd.DataFrame({"group": group, x: doses})
    frame[["estimate", "std_error", "conf_low", "conf_high"]] = table
    ratio = fit.link != "identity"
    held = "".join(f", {name} {value}" for name, value in dose.given.items())
    overall, nonlinear = _tests(dose, shape, held)
    limits_said = "simultaneous" if simultaneous else "pointwise"
    return DoseResponse(
        frame=frame,
        x=x,
        quantity=fit.measure or ("ratio" if ratio else "difference"),
        shape="line",
        last={group: dose.range[1]},
        level=level,
        start=1.0 if ratio else 0.0,
        start_x=reference,
        method=f"{fit.method} Compared with {x} = {reference:g}{held}; {limits_said} limits.",
        notes=(*fit.notes, *_notes(dose, doses, shape)),
        counts=fit.counts,
        source=fit.source,
        reference=reference,
        overall=overall,
        nonlinear=nonlinear,
        ratio=ratio,
        simultaneous=simultaneous,
        given=dose.given,
    )


def _notes(dose: Dose, doses: Floats, shape: Shape) -> list[str]:
    low, high = dose.range
    notes = []
    outside = int(np.sum((doses < low) | (doses > high)))
    if outside:
        notes.append(
            f"{outside} dose{'s' * (outside > 1)} outside the observed range of {dose.name}, "
            f"{low:g} to {high:g}: missing."
        )
    if len(shape.bend) and not shape.holds_line:
        notes.append(f"The terms of {dose.name} hold no straight line to test against.")
    return notes
