"""By how much do levels of a factor differ, and how sure is that when there are several?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walkstats._arguments import check_choice
from walkstats.numerics.adjusted_p import adjusted_p
from walkstats.numerics.joint_limits import joint_p, joint_quantile
from walkstats.numerics.limits import t_quantile
from walkstats.regression.combinations import combined, rows_of_fit
from walkstats.regression.reference_grid import Grid
from walkstats.results import Estimates, Fit

Floats = NDArray[np.float64]

ADJUSTMENTS = {
    "none": "",
    "holm": "adjusted by Holm's method (limits by Bonferroni's)",
    "bonferroni": "adjusted by Bonferroni's method",
    "simultaneous": "adjusted by the distribution of the largest of them (single-step max t)",
}
CONTRASTS = ("pairwise", "reference")


def level_contrasts(
    fit: Fit,
    grid: Grid,
    contrast: str | Mapping[str, Mapping[str, float]] | None,
    reference: str | None,
) -> Estimates | None:
    """Contrasts of the levels, within each cell of the other columns."""
    if contrast is None:
        return None
    factor, *within = grid.cells.columns
    levels = list(dict.fromkeys(plain(value) for value in grid.cells[factor]))
    table = _weights(levels, contrast, reference, "/" if fit.link != "identity" else "-")
    groups = len(grid.cells) // len(levels)
    rows = grid.rows.reshape(groups, len(levels), -1)
    found = np.einsum("cl,glp->gcp", np.array(list(table.values())), rows)
    cells = grid.cells.iloc[:: len(levels)][within].to_dict("records")
    ends = ["".join(f", {name}[{plain(value)}]" for name, value in row.items()) for row in cells]
    names = [f"{name}{end}" for end in ends or [""] for name in table]
    return combined(fit, names, rows_of_fit(fit, found.reshape(len(names), -1)))


def _weights(
    levels: list[str],
    contrast: str | Mapping[str, Mapping[str, float]],
    reference: str | None,
    sign: str,
) -> dict[str, Floats]:
    """Contrast -> weights of the levels."""
    unit = dict(zip(levels, np.eye(len(levels)), strict=True))
    if isinstance(contrast, Mapping):
        return {str(name): _given(str(name), own, unit) for name, own in contrast.items()}
    check_choice(contrast, CONTRASTS, "contrast")
    if len(levels) < 2:
        raise ValueError(f"A contrast needs two levels at least; there is {levels[0]}.")
    if contrast == "pairwise":
        pairs = [(later, one) for k, later in enumerate(levels) for one in levels[:k]]
    else:
        first = levels[0] if reference is None else check_choice(reference, levels, "reference")
        pairs = [(one, first) for one in levels if one != first]
    return {f"{a} {sign} {b}": unit[a] - unit[b] for a, b in pairs}


def _given(name: str, own: Mapping[str, float], unit: Mapping[str, Floats]) -> Floats:
    if not isinstance(own, Mapping):
        raise ValueError(f"Contrast {name!r} must map levels to weights, got {own!r}.")
    total = np.zeros(len(unit))
    for one, weight in own.items():
        total += float(weight) * unit[check_choice(str(one), unit, f"a level in {name!r}")]
    if abs(total.sum()) > 1e-8 * max(1.0, float(np.abs(total).max())):
        raise ValueError(f"The weights of contrast {name!r} add up to {total.sum():g}, not to 0.")
    if not total.any():
        raise ValueError(f"The weights of contrast {name!r} are all 0.")
    return total


def adjusted(contrasts: Estimates, adjust: str) -> Estimates:
    """The contrasts with limits and p-values for their number."""
    m = len(contrasts.terms)
    if adjust == "none" or m == 1:
        return contrasts
    errors = contrasts.std_errors
    df = np.array([contrasts.freedom.of(row) for row in np.eye(m)])
    if adjust == "simultaneous":
        with np.errstate(divide="ignore", invalid="ignore"):
            correlation = contrasts.covariance / np.outer(errors, errors)
            p_values = joint_p(contrasts.values / errors, correlation, df)
        each = {one: joint_quantile(correlation, one, contrasts.level) for one in set(df.tolist())}
        reach = np.array([each[one] for one in df.tolist()])
    else:
        alone = np.array([contrasts.estimate(term).p_value for term in contrasts.terms])
        known = np.isfinite(alone)
        p_values = np.full(m, np.nan)
        p_values[known] = adjusted_p(alone[known], adjust)
        reach = t_quantile(1.0 - (1.0 - contrasts.level) / max(int(known.sum()), 1), df)
    half = reach * errors
    limits = np.column_stack([contrasts.values - half, contrasts.values + half])
    return replace(contrasts, limits=limits, p_values=p_values)


def plain(value: Any) -> str:
    """A level or value as the names of terms write it."""
    return f"{value:g}" if isinstance(value, float) else str(value)
