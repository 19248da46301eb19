"""What does a covariate contribute to the fitted line, and do the rows follow it?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_frame, check_level
from walkstats._labels import in_sentence
from walkstats._variables import as_numbers
from walkstats.numerics.limits import t_quantile
from walkstats.numerics.local_lines import local_line
from walkstats.regression.dose_contrasts import Dose, find_dose, freedoms
from walkstats.regression.linear import LinearFit
from walkstats.results import Curve, Result

Floats = NDArray[np.float64]

POINTS = 101
FEWEST = 10  # below, a local line runs through two or three points, and anywhere beside them


@dataclass(frozen=True, eq=False)
class PartialResiduals(Result):
    """What a covariate contributes, beside what is left of each row.

    Attributes
    ----------
    x : str
    curve : Curve
        The fitted contribution of `x` about its mean, with its pointwise band; one group, or one
        per level of the factor that `x` interacts with.
    points : pandas.DataFrame
        One row per row used: group, the column `x`, component (contribution), partial (with the
        residual added).
    trend : pandas.DataFrame
        A local line through the points of each group: group, the column `x`, partial; missing
        where a group has fewer than 10.
    """

    x: str
    curve: Curve
    points: pd.DataFrame
    trend: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """One row per row used."""
        return self.points


def partial_residuals(
    fit: LinearFit, x: str, frame: pd.DataFrame, *, level: float = 0.95
) -> PartialResiduals:
    """Show the fitted contribution of a covariate with the residuals about it.

    Parameters
    ----------
    fit : LinearFit
    x : str
        A numeric column of the formula: as it is, as a spline, or interacting with one factor.
    frame : pandas.DataFrame
        The frame of the fit.
    level : float
        Of the band.

    Returns
    -------
    PartialResiduals
        For ``figures.plot_partial_residuals``.

    Raises
    ------
    ValueError
        For something that is no linear regression, another frame than that of the fit, an `x` that
        is no number there, or one that interacts with a number or with several factors.

    Notes
    -----
    The contribution is the part of x'b whose columns `x` changes, less its mean over the rows; the
    residual of the row is added. Where the points bend away from the curve, the form of `x` is
    wrong. For a covariate that others predict by a curve the points can mislead.

    References
    ----------
    .. [1] Larsen WA, McCleary SJ (1972). The use of partial residual plots in regression analysis.
       *Technometrics* 14:781-790. https://doi.org/10.1080/00401706.1972.10488966
    .. [2] Cook RD (1993). Exploring partial residual plots. *Technometrics* 35:351-362.
       https://doi.org/10.1080/00401706.1993.10485350

    Examples
    --------
    >>> from walkstats.regression import ols
    >>> frame = pd.DataFrame({"y": [1.0, 3, 2, 5, 4, 6], "x": range(6), "z": [0, 1, 0, 1, 1, 0]})
    >>> found = partial_residuals(ols(frame, "y ~ x + z"), "x", frame)
    >>> found.points["partial"].round(2).tolist()
    [-2.14, -0.86, -1.14, 1.14, 0.14, 2.86]
    """
    if not isinstance(fit, LinearFit):
        raise ValueError(f"Partial residuals are those of a LinearFit, got {type(fit).__name__}.")
    level, x = check_level(level), str(x)
    used = _same_rows(fit, frame)
    groups, by_name = _by_group(fit, x, used)
    names, doses = list(by_name), list(by_name.values())
    columns = fit.matrix[:, doses[0].columns]
    centre = columns.mean(axis=0)
    points = pd.DataFrame({"group": groups, x: as_numbers(used[doses[0].column], x)})
    points["component"] = (columns - centre) @ doses[0].values
    points["partial"] = points["component"] + fit.residuals
    points.index = used.index
    curves = [
        _curve(name, dose, centre, points.loc[groups == name, x].to_numpy(), level)
        for name, dose in zip(names, doses, strict=True)
    ]
    return PartialResiduals(
        x=x,
        curve=Curve(
            frame=pd.concat(curves, ignore_index=True),
            x=x,
            quantity=f"partial {in_sentence(fit.outcome_name)}",
            shape="line",
            last={
                name: float(curve[x].iloc[-1]) for name, curve in zip(names, curves, strict=True)
            },
            level=level,
            source=fit.source,
        ),
        points=points,
        trend=pd.concat([_trend(own, x) for _, own in points.groupby("group", sort=False)]),
        method=fit.method,
        notes=fit.notes,
        counts=fit.counts,
        source=fit.source,
    )


def _same_rows(fit: LinearFit, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows used of the frame of the fit, and of no other."""
    check_frame(frame)
    assert fit.design is not None
    if fit.counts is not None and len(frame) == fit.counts.rows:
        used = frame.iloc[fit.kept]
        if np.allclose(fit.design.matrix(used), fit.matrix, rtol=1e-9, atol=1e-9, equal_nan=True):
            return used
    raise ValueError("Give the frame that the model was fitted to: these rows are not those.")


def _by_group(
    fit: LinearFit, x: str, used: pd.DataFrame
) -> tuple[NDArray[np.object_], dict[str, Dose]]:
    """Group of each row, in the order of the levels, and what the covariate does in each group."""
    assert fit.design is not None
    terms = fit.design
    own = {label for label, v in terms.variables.items() if str(v.column) == x}
    beside = [label for p in terms.pieces if own & set(p.variables) for label in p.variables]
    modifiers = list(dict.fromkeys(label for label in beside if label not in own))
    if not modifiers:
        return np.full(len(used), "all", dtype=object), {"all": find_dose(fit, x, {})}
    variable = terms.variables[modifiers[0]]
    if len(modifiers) > 1 or variable.levels is None:
        named = ", ".join(str(terms.variables[label].column) for label in modifiers)
        raise ValueError(
            f"The effect of {x} differs with {named}: a figure shows one factor that it differs "
            "with. See dose_response(..., given=...)."
        )
    levels = np.array(variable.levels, dtype=object)
    groups = levels[variable.columns(used).argmax(axis=1)]
    # In the order of the levels, so that each has the colour that it has in other figures.
    present = [level for level in levels if level in set(groups)]
    return groups, {level: find_dose(fit, x, {str(variable.column): level}) for level in present}


def _curve(name: str, dose: Dose, centre: Floats, values: Floats, level: float) -> pd.DataFrame:
    """The contribution along the doses of a group, with its pointwise band."""
    grid = np.linspace(values.min(), values.max(), POINTS)
    contrasts = dose.rows(grid) - centre
    estimate = contrasts @ dose.values
    error = np.sqrt(
        np.maximum(np.einsum("ij,jk,ik->i", contrasts, dose.covariance, contrasts), 0.0)
    )
    half = t_quantile(level, freedoms(dose, contrasts)) * error
    return pd.DataFrame(
        {
            "group": name,
            dose.name: grid,
            "estimate": estimate,
            "std_error": error,
            "conf_low": estimate - half,
            "conf_high": estimate + half,
        }
    )


def _trend(points: pd.DataFrame, x: str) -> pd.DataFrame:
    """A local line through the points of one group."""
    values, partial = points[x].to_numpy(), points["partial"].to_numpy()
    grid = np.linspace(values.min(), values.max(), POINTS)
    enough = len(values) >= FEWEST and np.ptp(values) > 0
    line = local_line(values, partial, grid) if enough else np.full(POINTS, np.nan)
    return pd.DataFrame({"group": points["group"].iloc[0], x: grid, "partial": line})
