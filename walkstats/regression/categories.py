"""How does the outcome differ between categories of a dose, and does it follow a trend?"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from walkstats._arguments import check_column, check_frame, check_positive, check_times
from walkstats._variables import Variable, as_numbers, is_factor
from walkstats.errors import DataError
from walkstats.regression.combinations import combined, design_of
from walkstats.results import Estimates, Fit, HypothesisTest, Result

Floats = NDArray[np.float64]

# Of the time walked in a week [minutes/week].
EDGES = (0.0, 30.0, 75.0, 130.0)
FEW = 10  # rows of a category below which a note is due


@dataclass(frozen=True, eq=False)
class DoseTrend(Result):
    """The outcome by category of a dose, and the straight line through the categories.

    Attributes
    ----------
    factor : str
        Column of the categories.
    dose : str
        Column of the dose.
    reference : str
        Category that the others are compared with.
    categories : pandas.DataFrame
        One row per category, by dose: category, n, dose (its median), low, high (smallest and
        largest), estimate, std_error, conf_low, conf_high; differences, or ratios where `ratio`.
    compared : Estimates
        The categories beside the reference.
    slope : Estimates
        Change of the outcome with the dose along the line: one term; its p-value is the test for
        trend.
    departure : HypothesisTest or None
        Of the hypothesis that the categories lie on the line; None with two categories.
    quantity : str
    ratio : bool
        Whether estimates are ratios. ``std_error`` is then that of the logarithm.
    """

    factor: str
    dose: str
    reference: str
    categories: pd.DataFrame
    compared: Estimates
    slope: Estimates
    departure: HypothesisTest | None = None
    quantity: str = ""
    ratio: bool = False

    def to_frame(self) -> pd.DataFrame:
        """One row per category."""
        return self.categories


def dose_categories(doses: ArrayLike, edges: Sequence[float] = EDGES) -> pd.Series:
    """Put doses into categories, the lowest as the reference.

    Parameters
    ----------
    doses : array_like or pandas.Series
        Such as the minutes walked in a week [minutes/week]. Missing ones stay missing.
    edges : sequence of float
        Lowest dose of each category, increasing [unit of the dose]; the last has no upper end.

    Returns
    -------
    pandas.Series
        Categorical, in the order of the doses, with the index of `doses`. Names are ``0-29``,
        ``30-74``, ..., ``130+`` for whole numbers, and ``0 to <30`` otherwise.

    Raises
    ------
    ValueError
        For edges that do not increase, or fewer than two.
    DataError
        For doses below the first edge, infinite ones, and text.

    Notes
    -----
    Categories suppose that the outcome jumps at their edges and is flat between. They show what a
    table needs; `dose_response` with a spline wastes less of the data. Edges are to be chosen
    before the outcome is seen.

    Examples
    --------
    >>> dose_categories([0, 29, 30, 200, None]).tolist()
    ['0-29', '0-29', '30-74', '130+', nan]
    >>> dose_categories([0.5, 40.0], edges=(0, 30)).tolist()
    ['0 to <30', '30+']
    """
    bounds = check_times(edges, "edges")
    if bounds.size < 2 or not np.all(np.diff(bounds) > 0):
        raise ValueError(f"edges must be two or more increasing numbers, got {list(edges)!r}.")
    series = doses if isinstance(doses, pd.Series) else pd.Series(doses)
    name = str(series.name) if series.name is not None else "the dose"
    if is_factor(series):
        raise DataError.of(f"{name} holds words", column=name, what_to_do="give numbers")
    values = as_numbers(series, name)
    known = values[~np.isnan(values)]
    low = np.flatnonzero(values < bounds[0])
    if low.size:
        raise DataError.of(
            f"{name} is below the first edge, {bounds[0]:g}, in {low.size} row(s)",
            column=name,
            row=int(low[0]),
            count=int(low.size),
            what_to_do="start the edges lower, or correct these values",
        )
    whole = bool(np.all(known == np.round(known)) and np.all(bounds == np.round(bounds)))
    codes = np.where(np.isnan(values), -1, np.searchsorted(bounds, values, side="right") - 1)
    made = pd.Categorical.from_codes(codes.tolist(), pd.Index(_labels(bounds, whole)))
    return pd.Series(made, index=series.index, name=series.name)


def _labels(bounds: Floats, whole: bool) -> list[str]:
    pairs = itertools.pairwise(bounds)
    if whole:
        named = [f"{a:g}-{b - 1:g}" if b - 1 > a else f"{a:g}" for a, b in pairs]
    else:
        named = [f"{a:g} to <{b:g}" for a, b in pairs]
    return [*named, f"{bounds[-1]:g}+"]


def dose_trend(
    fit: Fit,
    factor: str,
    frame: pd.DataFrame,
    *,
    dose: str,
    per: float = 1.0,
) -> DoseTrend:
    r"""Test for a trend across categories of a dose, each at its median.

    Parameters
    ----------
    fit : Fit
        Of any kind, with the categories as a factor that interacts with nothing.
    factor : str
        Column of the categories, e.g. made by `dose_categories`.
    frame : pandas.DataFrame
        The rows of the fit, with the dose itself.
    dose : str
        Column of the dose.
    per : float
        Number of units of the dose to which the slope refers [unit of the dose].

    Returns
    -------
    DoseTrend
        ``categories``, each beside the first; ``slope``, whose p-value is the test for trend; and
        ``departure``, the test that the categories lie on a line.

    Raises
    ------
    ValueError
        For a column that is no factor of the fit, or one that interacts; a dose that is no column.
    DataError
        For a category without a known dose, and categories with the same median.

    Notes
    -----
    With b the estimates beside the first category, d the distances of the medians from the first,
    and W the model-based covariance of b (where the fit keeps one besides its robust covariance V,
    else V), the slope is w'b with w = W^-1 d / (d'W^-1 d), and has the variance w'Vw. In a linear
    regression this is exactly the coefficient that replacing each category by its median would
    give; the departure from the line is a Wald test with V.

    Medians are taken of the rows used, where the fit knows them, else of all rows.

    References
    ----------
    .. [1] Greenland S, Longnecker MP (1992). Methods for trend estimation from summarized
       dose-response data. *Am J Epidemiol* 135:1301-1309.
       https://doi.org/10.1093/oxfordjournals.aje.a116237

    Examples
    --------
    >>> from walkstats.regression import ols
    >>> weeks = pd.DataFrame({"minutes": range(0, 200, 10)})
    >>> weeks["pain"] = 5 - 0.01 * weeks["minutes"] + [0.1, -0.1] * 10
    >>> weeks["walked"] = dose_categories(weeks["minutes"])
    >>> trend = dose_trend(ols(weeks, "pain ~ walked"), "walked", weeks, dose="minutes", per=30)
    >>> trend.slope.to_frame()[["term", "estimate"]].round(2).to_numpy().tolist()
    [['minutes (per 30)', -0.3]]
    """
    per = check_positive(per, "per")
    variable, levels = _factor_of(fit, factor)
    table = _doses_of(fit, check_frame(frame), variable, levels, dose)
    positions = [fit.terms.index(f"{variable.label}[{one}]") for one in levels[1:]]
    rows = np.eye(len(fit.terms))[positions]
    beside = combined(fit, levels[1:], rows)
    distance = table["dose"].to_numpy()[1:] - table["dose"].iloc[0]
    weights = _line(fit, rows, beside, distance)
    slope = combined(fit, [f"{dose} (per {per:g})"], per * weights[None, :] @ rows)
    reference = f"Compared with {levels[0]}; line through the medians of {dose}."
    notes = (*fit.notes, *_said_of_few(table))
    common: dict[str, Any] = {"method": f"{fit.method} {reference}", "notes": notes}
    return DoseTrend(
        factor=str(factor),
        dose=str(dose),
        reference=levels[0],
        categories=_beside(table, beside).sort_values("dose", ignore_index=True),
        compared=replace(beside, **common),
        slope=replace(slope, **common),
        departure=_departure(fit, rows, distance, str(factor), str(dose)),
        quantity=fit.measure or ("ratio" if fit.link != "identity" else "difference"),
        ratio=fit.link != "identity",
        counts=fit.counts,
        source=fit.source,
        **common,
    )


def _factor_of(fit: Fit, factor: str) -> tuple[Variable, tuple[str, ...]]:
    """The factor among the variables of the fit, where it stands alone, and its levels."""
    terms = design_of(fit, "dose_trend")
    known = {str(v.column): k for k, v in terms.variables.items() if v.levels is not None}
    if factor not in known:
        raise ValueError(
            f"No factor {factor!r} in {terms.formula!r}. Factors there: "
            f"{', '.join(known) or 'none'}."
        )
    for piece in terms.pieces:
        if known[factor] in piece.variables and len(piece.variables) > 1:
            raise ValueError(
                f"{factor} interacts with others ({piece.term}), so that there are several trends: "
                "fit each part of the data, or take marginal_means(..., by=...)."
            )
    variable = terms.variables[known[factor]]
    return variable, variable.levels or ()


def _doses_of(
    fit: Fit, frame: pd.DataFrame, variable: Variable, levels: tuple[str, ...], dose: str
) -> pd.DataFrame:
    """Number, median and range of the doses of each category."""
    check_column(frame, variable.column, "factor")
    if is_factor(check_column(frame, dose, "dose")):
        raise ValueError(f"{dose} holds levels; the dose itself must be a number.")
    kept, counts = np.asarray(getattr(fit, "kept", ())), fit.counts
    if counts is not None and (counts.rows, counts.used) == (len(frame), kept.size):
        frame = frame.iloc[kept]
    values, inside = as_numbers(frame[dose], str(dose)), variable.columns(frame) == 1.0
    rows = []
    for place, level in enumerate(levels):
        own = values[inside[:, place] & ~np.isnan(values)]
        if not own.size:
            raise DataError.of(
                f"no row of {variable.column} {level} has a known {dose}",
                column=str(dose),
                what_to_do="give the frame of the fit",
            )
        rows.append((level, own.size, float(np.median(own)), float(own.min()), float(own.max())))
    table = pd.DataFrame(rows, columns=["category", "n", "dose", "low", "high"])
    if table["dose"].duplicated().any():
        raise DataError.of(
            f"two categories of {variable.column} have the same median {dose}",
            column=str(dose),
            what_to_do="merge them, or check that the categories are those of the dose",
        )
    return table


def _said_of_few(table: pd.DataFrame) -> list[str]:
    few = table[table["n"] < FEW]
    return [f"{row.category} holds {row.n} rows only." for row in few.itertuples()]


def _line(fit: Fit, rows: Floats, beside: Estimates, distance: Floats) -> Floats:
    """Weights of the categories in the slope of the line through the first."""
    naive = np.asarray(getattr(fit, "naive_covariance", np.empty((0, 0))))
    spread = beside.covariance
    if naive.shape == fit.covariance.shape and np.isfinite(naive).all():
        spread = rows @ naive @ rows.T
    if not np.isfinite(spread).all():
        return np.full(len(distance), np.nan)
    pull = np.linalg.solve(spread, distance)
    return np.asarray(pull / (distance @ pull))


def _departure(
    fit: Fit, rows: Floats, distance: Floats, factor: str, dose: str
) -> HypothesisTest | None:
    """Wald test of the contrasts that are zero when the categories lie on a line."""
    if len(distance) < 2:
        return None
    across = np.linalg.svd(distance[None, :])[2][1:]
    names = tuple(f"contrast {k}" for k in range(1, len(across) + 1))
    found = combined(fit, names, across @ rows).test(names)
    null = f"The outcome changes with {dose} along a straight line through the medians of {factor}."
    return replace(found, name=f"Departure from a trend over {factor}", null=null, parts={})


def _beside(table: pd.DataFrame, beside: Estimates) -> pd.DataFrame:
    """The categories with their estimates; of the reference no difference, without width."""
    ratio = beside.link != "identity"
    shown = beside.to_frame(ratio=ratio)[["estimate", "std_error", "conf_low", "conf_high"]]
    null = 1.0 if ratio else 0.0
    first = pd.DataFrame([[null, 0.0, null, null]], columns=shown.columns)
    return table.join(pd.concat([first, shown], ignore_index=True))
