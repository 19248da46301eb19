"""What means, spreads and numbers does a paper print?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_frame, check_level
from walkstats._variables import as_numbers, levels_of
from walkstats.errors import DataError
from walkstats.numerics.limits import t_quantile
from walkstats.regression.groups.mean_differences import Moments

Floats = NDArray[np.float64]

# A printed mean this far from the centre of its limits, in half-widths, is worth a word.
OFF_CENTRE = 0.005


@dataclass(frozen=True)
class Summaries:
    """Groups in their order, with what is known of them."""

    levels: tuple[str, ...]
    moments: Moments
    notes: tuple[str, ...]


def read_summaries(
    frame: pd.DataFrame,
    by: str,
    mean: str,
    n: str,
    sd: str | None,
    std_error: str | None,
    limits: tuple[str, str] | None,
    limits_level: float,
) -> Summaries:
    """Read one row per group; a spread may be given in one of three ways."""
    check_frame(frame, "summaries")
    given = [one for one in (sd, std_error, limits) if one is not None]
    if len(given) > 1:
        raise ValueError("Give one of sd=, std_error= and limits=: they say the same.")
    labels, order, notes = group_order(frame, by)
    ordered = frame.iloc[order]
    means = numbers_of(ordered, mean, "the means")
    sizes = numbers_of(ordered, n, "the numbers of people")
    refuse_rows(
        (sizes < 1) | (sizes != np.round(sizes)), ordered, n, "is no whole number from 1 on"
    )
    if limits is not None:
        sds, more = _from_limits(ordered, limits, limits_level, means, sizes)
        notes = (*notes, *more)
    elif std_error is not None:
        sds = numbers_of(ordered, std_error, "the standard errors") * np.sqrt(sizes)
    elif sd is None and "sd" not in ordered.columns:
        raise ValueError(
            "Say how much the values vary: name the column of standard deviations (sd=), of "
            "standard errors (std_error=), or the two of limits (limits=)."
        )
    else:
        sds = numbers_of(ordered, "sd" if sd is None else sd, "the standard deviations")
    refuse_rows(sds < 0, ordered, sd or std_error or "sd", "is negative")
    return Summaries(labels, Moments(means, sds, sizes), notes)


def group_order(
    frame: pd.DataFrame, by: str
) -> tuple[tuple[str, ...], NDArray[np.intp], tuple[str, ...]]:
    """Groups and the rows in their order: that of a Categorical, else of the rows."""
    series = check_column(frame, by, "the groups")
    if series.isna().any() or series.duplicated().any():
        raise DataError.of(
            f"{by} must name a group in every row, each once",
            column=str(by),
            what_to_do="give one row per group",
        )
    if len(series) < 2:
        raise DataError.of(
            f"comparison needs 2 groups, found {len(series)}",
            column=str(by),
            what_to_do="give one row per group",
        )
    if isinstance(series.dtype, pd.CategoricalDtype):
        levels, note = levels_of(series)
        order = np.argsort(series.cat.codes.to_numpy(), kind="stable")
        return levels, order, (note,) if note else ()
    levels = tuple(str(one) for one in series)
    return levels, np.arange(len(series)), (f"Reference of {by}: {levels[0]} (the first row).",)


def numbers_of(frame: pd.DataFrame, name: str, role: str) -> Floats:
    """A column of numbers without gaps."""
    values = as_numbers(check_column(frame, name, role), str(name))
    refuse_rows(np.isnan(values), frame, name, "is missing")
    return values


def refuse_rows(bad: NDArray[np.bool_], frame: pd.DataFrame, name: str, problem: str) -> None:
    """Refuse rows, the first by its position."""
    if bad.any():
        raise DataError.of(
            f"{name} {problem} in {int(bad.sum())} row(s)",
            column=str(name),
            row=int(np.flatnonzero(bad)[0]),
            count=int(bad.sum()),
            what_to_do="correct these rows",
        )


def _from_limits(
    frame: pd.DataFrame, limits: tuple[str, str], level: float, means: Floats, sizes: Floats
) -> tuple[Floats, tuple[str, ...]]:
    """Standard deviations behind printed t limits, and a word on limits that are off centre."""
    check_level(level)
    low, high = (numbers_of(frame, name, "the limits") for name in limits)
    refuse_rows(~(low < high), frame, limits[0], f"is not below {limits[1]}")
    refuse_rows(sizes < 2, frame, limits[0], "cannot be the limit of a mean of one value")
    half = (high - low) / 2.0
    sds = half / t_quantile(level, sizes - 1.0) * np.sqrt(sizes)
    notes = ["Standard deviations are found from printed limits, with their rounding."]
    off = np.flatnonzero(np.abs((low + high) / 2.0 - means) > OFF_CENTRE * half)
    notes += [
        f"The centre of the limits of row {k} is {(low[k] + high[k]) / 2:g}, the mean {means[k]:g}."
        for k in off
    ]
    return sds, tuple(notes)
