"""Are the groups alike in what was known before, without weights and with them?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_column, check_frame
from walkstats._variables import as_numbers, is_factor, levels_of, missing
from walkstats.causal.two_arms import check_two_arms, in_second
from walkstats.causal.weighting import effective_size
from walkstats.errors import DataError
from walkstats.results import Counts, Estimates
from walkstats.results.frozen import Result

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

EVERYBODY, UNWEIGHTED, WEIGHTED = "all rows", "without weights", "with weights"
# Differences below a tenth of a standard deviation are commonly called balanced.
BALANCED = 0.1


@dataclass(frozen=True, eq=False)
class Balance(Result):
    """Standardised differences of covariates between two groups.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per covariate (or level) and sample ("all rows", where weights leave some out;
        "without weights", "with weights"): term, sample, mean of each group, difference
        (standardised), variance_ratio (of what is not 0 and 1).
    differences : Estimates
        The same differences as terms; they have no standard error.
    effective : pandas.DataFrame
        One row per group: rows, weight, effective (sample size), largest (weight).
    groups : tuple of str
        The reference first.
    """

    frame: pd.DataFrame
    differences: Estimates
    effective: pd.DataFrame
    groups: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row per covariate and sample."""
        return self.frame

    def worst(self, sample: str = WEIGHTED) -> float:
        """The largest standardised difference, without its sign, in one of the samples."""
        here = self._own("frame")
        return float(here.loc[here["sample"] == sample, "difference"].abs().max())


def balance(
    frame: pd.DataFrame,
    weights: str | None,
    covariates: str | Sequence[str],
    *,
    by: str = "arm",
) -> Balance:
    """Compare covariates between two groups, without weights and with them.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant; ``treatment_weights(...).frame`` has the weights.
    weights : str or None
        Column of weights; rows of weight 0 or without weight are not kept.
    covariates : str or sequence of str
        Columns of numbers, of yes and no, or of levels.
    by : str
        Column of the two groups.

    Returns
    -------
    Balance
        ``frame`` with means, standardised differences and variance ratios; ``effective``.

    Raises
    ------
    ValueError
        For columns that are not there.
    DataError
        For other than two groups, and weights that are negative.

    Notes
    -----
    The standardised difference is that of the means over sqrt((s0^2 + s1^2) / 2), with the standard
    deviations of all rows of each group without weights, so that weights change the numerator
    only [1]_. A level counts as 0 and 1, with s^2 = p (1 - p). A variance ratio is that of the
    second group to the reference, with weights sum(w (x - m)^2) sum(w) / (sum(w)^2 - sum(w^2)).

    There is no test: whether a difference matters does not depend on how many took part, and in
    arms as randomised every difference is by chance. Differences below 0.1 are commonly called
    small. Balance of what was measured says nothing about the rest.

    References
    ----------
    .. [1] Austin PC (2009). Balance diagnostics for comparing the distribution of baseline
       covariates between treatment groups in propensity-score matched samples. *Stat Med*
       28:3083-3107. https://doi.org/10.1002/sim.3697

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"arm": ["control"] * 3 + ["walking"] * 3,
    ...                        "age": [40, 50, 60, 50, 60, 70], "weight": [0, 1, 1, 1, 1, 0]})
    >>> balance(people, "weight", "age").frame[["sample", "difference"]].round(2).values.tolist()
    [['all rows', 1.0], ['without weights', 0.0], ['with weights', 0.0]]
    """
    check_frame(frame)
    arms = check_two_arms(frame, by)
    known = ~missing(frame[by])
    frame = frame.loc[known]
    second = in_second(frame, by, arms)
    weight = _weights(frame, weights)
    kept = weight > 0
    samples: dict[str, Floats] = {}
    if not kept.all():
        samples[EVERYBODY] = np.ones(len(frame))
    samples[UNWEIGHTED] = kept.astype(float)
    if weights is not None:
        samples[WEIGHTED] = np.where(kept, weight, 0.0)
    columns = _columns(frame, as_names(covariates, "covariates"))
    lines = [
        _line(name, values, sample, own, second, arms)
        for name, values in columns.items()
        for sample, own in samples.items()
    ]
    return _pack(frame, pd.DataFrame(lines), weight, second, arms, weights, columns, by)


def _weights(frame: pd.DataFrame, name: str | None) -> Floats:
    if name is None:
        return np.ones(len(frame))
    values = as_numbers(check_column(frame, name, "the weights"), name)
    if np.any(values < 0):
        raise DataError.of(
            f"{name} is negative in {int(np.sum(values < 0))} row(s)",
            column=name,
            what_to_do="a weight cannot be negative: correct these rows",
        )
    return np.nan_to_num(values, nan=0.0)


def _columns(frame: pd.DataFrame, names: Sequence[Any]) -> dict[str, Floats]:
    """Each covariate as numbers, each level but the first of two as 0 and 1."""
    found: dict[str, Floats] = {}
    for name in names:
        series = check_column(frame, name, "a covariate")
        if not is_factor(series):
            found[str(name)] = as_numbers(series, str(name))
            continue
        levels, _ = levels_of(series)
        gaps = missing(series)
        for level in levels[1:] if len(levels) == 2 else levels:
            here = np.where(series.astype(str).to_numpy() == level, 1.0, 0.0)
            found[f"{name}[{level}]"] = np.where(gaps, np.nan, here)
    if not found:
        raise ValueError("covariates must name at least one column.")
    return found


def _line(
    name: str, values: Floats, sample: str, own: Floats, second: Booleans, arms: tuple[str, str]
) -> dict[str, Any]:
    known = ~np.isnan(values)
    binary = bool(np.all((values[known] == 0) | (values[known] == 1)))
    everybody = np.ones(len(values))
    moments = [moments_of(values, own, side & known, binary) for side in (~second, second)]
    before = [moments_of(values, everybody, side & known, binary) for side in (~second, second)]
    spread = np.sqrt((before[0][1] + before[1][1]) / 2.0)
    gap = moments[1][0] - moments[0][0]
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = 0.0 if gap == 0 else float(np.divide(gap, spread))
        ratio = np.nan if binary else float(np.divide(moments[1][1], moments[0][1]))
    return {
        "term": name,
        "sample": sample,
        f"mean_{arms[0]}": moments[0][0],
        f"mean_{arms[1]}": moments[1][0],
        "difference": difference,
        "variance_ratio": ratio,
    }


def moments_of(
    values: Floats, weights: Floats, rows: Booleans, binary: bool
) -> tuple[float, float]:
    """Weighted mean and variance of some rows; with equal weights the usual ones."""
    x, w = values[rows], weights[rows]
    total = float(w.sum())
    if total <= 0:
        return np.nan, np.nan
    mean = float(w @ x / total)
    if binary:
        return mean, mean * (1.0 - mean)
    left = total**2 - float(w @ w)
    variance = float(w @ (x - mean) ** 2) * total / left if left > 0 else np.nan
    return mean, variance


def _pack(
    frame: pd.DataFrame,
    table: pd.DataFrame,
    weight: Floats,
    second: Booleans,
    arms: tuple[str, str],
    weights: str | None,
    columns: dict[str, Floats],
    by: str,
) -> Balance:
    kept = weight > 0
    sides = {arms[0]: kept & ~second, arms[1]: kept & second}
    effective = pd.DataFrame([
        {"group": arm, "rows": int(rows.sum()), "weight": float(weight[rows].sum()),
         "effective": effective_size(weight[rows]),
         "largest": float(weight[rows].max(initial=0.0))}
        for arm, rows in sides.items()
    ])  # fmt: skip
    notes = [
        f"{name}: missing in {int(np.isnan(values).sum())} row(s), which are left out of it."
        for name, values in columns.items()
        if np.isnan(values).any()
    ]
    common: dict[str, Any] = {
        "method": "Differences of means in standard deviations of all rows without weights"
        + (f"; weights: {weights}." if weights else "."),
        "notes": tuple(notes),
        "counts": Counts(
            len(frame), int(kept.sum()), int(kept.sum()),
            left_out={} if kept.all() else {"no weight": int((~kept).sum())},
        ),
        "source": str(frame.attrs.get("source", "")),
    }  # fmt: skip
    terms = tuple(f"{one.term}, {one.sample}" for one in table.itertuples())
    return Balance(
        frame=table,
        differences=Estimates(
            terms=terms, values=table["difference"].to_numpy(dtype=float), null=None,
            covariance=np.full((len(terms), len(terms)), np.nan),
            measure="standardised difference", **common,
        ),
        effective=effective,
        groups=arms,
        **common,
    )  # fmt: skip
