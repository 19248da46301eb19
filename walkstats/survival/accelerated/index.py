"""What is the index of new people at given times, and how does it move with the parameters?

P(T > t) is the survival of a standard distribution at the index: z in accelerated models, the log
cumulative hazard in the others. Curves, hazards and quantiles follow from it alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_frame
from walkstats._variables import as_numbers, missing
from walkstats.errors import DataError, FitError
from walkstats.survival.accelerated.families import EXTREME, FAMILIES, Distribution
from walkstats.survival.accelerated.fits import FlexibleFit, ParametricFit, RateFit, TimeFit
from walkstats.survival.accelerated.spline_shape import shape_of

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Index:
    """The index at m pairs of person and time.

    Attributes
    ----------
    distribution : Distribution
    value : (m,)
    gradient : (m, p)
        By the parameters.
    log_rate : (m,)
        Logarithm of the derivative of the index by time; nan where it does not rise.
    log_rate_gradient : (m, p)
    """

    distribution: Distribution
    value: Floats
    gradient: Floats
    log_rate: Floats
    log_rate_gradient: Floats

    def log_hazard(self) -> tuple[Floats, Floats]:
        """Log hazard (m,) and its gradient (m, p)."""
        own = self.distribution
        ratio = np.exp(own.log_density(self.value) - own.log_survival(self.value))
        log_hazard = np.log(ratio) + self.log_rate
        bend = (own.slope(self.value) + ratio)[:, np.newaxis]
        return log_hazard, bend * self.gradient + self.log_rate_gradient


@dataclass(frozen=True, eq=False)
class People:
    """New rows: names, covariates (r, k), offsets (r,) and codes of strata (r,)."""

    names: tuple[str, ...]
    matrix: Floats
    offset: Floats
    stratum: Indices

    def at(self, rows: Indices) -> People:
        """Some of them, also repeatedly."""
        names = tuple(self.names[j] for j in rows)
        return People(names, self.matrix[rows], self.offset[rows], self.stratum[rows])


def check_fit(fit: object) -> TimeFit:
    """A fit of this package with all its values finite."""
    if not isinstance(fit, TimeFit):
        raise ValueError(
            "fit must come from parametric(), flexible_parametric() or piecewise_exponential(), "
            f"got {type(fit).__name__}."
        )
    # A period without events has a rate of 0, which predicts well.
    rates = isinstance(fit, RateFit) and fit.state == "converged"
    wild = [term for term, b in zip(fit.terms, fit.values, strict=True) if not np.isfinite(b)]
    if (wild and not rates) or fit.state not in ("converged",):
        raise FitError(
            f"The model has no finite estimate of {', '.join(wild) or 'all terms'} (state "
            f"{fit.state}), so it predicts nothing. Leave the term out or merge its levels."
        )
    return fit


def read_people(fit: TimeFit, new: pd.DataFrame) -> People:
    """Read new rows by the names of columns, in any order.

    Raises
    ------
    DataError
        For missing columns or values, and levels and strata that the model has not seen.
    """
    check_frame(new, "new")
    if fit.design is None:
        raise ValueError("This fit carries no design, so it cannot read new data.")
    if len(new) == 0:
        raise DataError.of("the new data have no rows", what_to_do="give one row per person")
    matrix = fit.design.matrix(new)
    offset = np.zeros(len(new))
    if "offset" in fit.columns:
        name = fit.columns["offset"]
        offset = as_numbers(check_column(new, name, "the offset"), name)
    unknown = np.isnan(matrix).any(axis=1) | np.isnan(offset)
    if unknown.any():
        gaps = [str(c) for c in fit.design.columns if missing(new[c]).any()]
        raise DataError.of(
            "the new data have missing values",
            column=", ".join(gaps) or fit.columns.get("offset", ""),
            row=int(np.flatnonzero(unknown)[0]),
            count=int(unknown.sum()),
            what_to_do="leave these rows out, or fill them in",
        )
    names = [str(label) for label in new.index]
    if len(set(names)) < len(names):
        names = [str(k) for k in range(len(names))]
    return People(tuple(names), matrix, offset, _strata(fit, new))


def _strata(fit: TimeFit, new: pd.DataFrame) -> Indices:
    if not fit.strata:
        return np.zeros(len(new), dtype=np.intp)
    known = {tuple(map(str, values)): code for code, values in enumerate(fit.stratum_values)}
    spelled = []
    for j, name in enumerate(fit.strata):
        same = {values[j]: str(values[j]) for values in fit.stratum_values}
        spelled.append([same.get(x, str(x)) for x in check_column(new, name, "strata")])
    keys = list(zip(*spelled, strict=True))
    codes = np.array([known.get(key, -1) for key in keys], dtype=np.intp)
    if np.any(codes < 0):
        row = int(np.flatnonzero(codes < 0)[0])
        raise DataError.of(
            f"no stratum {', '.join(keys[row])} in the model",
            column=", ".join(fit.strata),
            row=row,
            count=int(np.sum(codes < 0)),
            what_to_do=f"the strata are: {'; '.join(', '.join(one) for one in known)}",
        )
    return codes


def index_at(fit: TimeFit, people: People, times: Floats) -> Index:
    """The index of each person (m,) at the time beside it (m,)."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if isinstance(fit, ParametricFit):
            return _of_location(fit, people, times)
        if isinstance(fit, FlexibleFit):
            return _of_spline(fit, people, times)
        assert isinstance(fit, RateFit)
        return _of_rates(fit, people, times)


def _of_location(fit: ParametricFit, people: People, times: Floats) -> Index:
    family, k = FAMILIES[fit.family], people.matrix.shape[1]
    log_scale, codes = log_scale_of(fit, people)
    scale = np.exp(log_scale)
    y = np.log(times) if family.log_time else times
    z = (y - people.offset - people.matrix @ fit.values[:k]) / scale
    gradient = np.zeros((times.size, len(fit.terms)))
    gradient[:, :k] = -people.matrix / scale[:, np.newaxis]
    rate = np.zeros_like(gradient)
    if not fit.scale_fixed:
        gradient[np.arange(times.size), k + codes] = -z
        rate[np.arange(times.size), k + codes] = -1.0
    log_rate = -log_scale - (np.log(times) if family.log_time else 0.0)
    return Index(family.distribution, z, gradient, log_rate, rate)


def log_scale_of(fit: ParametricFit, people: People) -> tuple[Floats, Indices]:
    """Log scale (m,) of each person, and the position (m,) of it among the scales."""
    scales = np.log(np.array(list(fit.scale.values())))
    return scales[people.stratum], people.stratum


def _of_spline(fit: FlexibleFit, people: People, times: Floats) -> Index:
    columns, slopes = shape_of(fit).columns(people.matrix, np.log(times))
    slope = slopes @ fit.values
    slope = np.where(slope > 0.0, slope, np.nan)
    return Index(
        EXTREME,
        columns @ fit.values + people.offset,
        columns,
        np.log(slope) - np.log(times),
        slopes / slope[:, np.newaxis],
    )


def _of_rates(fit: RateFit, people: People, times: Floats) -> Index:
    k = people.matrix.shape[1]
    low, high = np.append(0.0, fit.cuts), np.append(fit.cuts, np.inf)
    spent = np.clip(times[:, np.newaxis] - low, 0.0, high - low)
    rates = np.exp(fit.values[k:])
    total = spent @ rates
    share = spent * rates / total[:, np.newaxis]
    now = np.searchsorted(high, times, side="left")
    here = np.zeros_like(share)
    here[np.arange(times.size), now] = 1.0
    unmoved = np.zeros_like(people.matrix)
    eta = people.matrix @ fit.values[:k] + people.offset
    return Index(
        EXTREME,
        eta + np.log(total),
        np.column_stack([people.matrix, share]),
        fit.values[k:][now] - np.log(total),
        np.column_stack([unmoved, here - share]),
    )
