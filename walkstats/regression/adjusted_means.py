"""What mean has each level of a factor, others being equal, and how do the levels differ?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from walkstats._arguments import as_names, check_choice, check_level
from walkstats.regression.combinations import combined, design_of, rows_of_fit
from walkstats.regression.level_contrasts import ADJUSTMENTS, adjusted, level_contrasts, plain
from walkstats.regression.reference_grid import WEIGHTS, Grid, reference_grid
from walkstats.results import Estimates, Fit, Result

Floats = NDArray[np.float64]

# Scale of the outcome: value, and its change with the scale of the model.
RESPONSES: dict[str, tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]] = {
    "identity": (lambda x: x, np.ones_like),
    "log": (np.exp, np.exp),
    "logit": (special.expit, lambda x: special.expit(x) * special.expit(-x)),
}
MEASURES = {
    "rate ratio": "rate",
    "risk ratio": "risk",
    "risk difference": "risk",
    "odds ratio": "odds",
}


@dataclass(frozen=True, eq=False)
class MarginalMeans(Result):
    """Means by level of a factor, others being equal, and their differences.

    Attributes
    ----------
    factor : str
    by : tuple of str
        Columns within whose levels the means stand.
    cells : pandas.DataFrame
        One row per mean: its levels.
    means : Estimates or None
        On the scale of the model. None where the model has no intercept (Cox).
    contrasts : Estimates or None
        Differences on the scale of the model, with adjusted limits and p-values.
    adjust : str
        A key of ``ADJUSTMENTS``.
    held : mapping of str to value
        Where the other covariates are held.
    """

    factor: str
    by: tuple[str, ...]
    cells: pd.DataFrame
    means: Estimates | None
    contrasts: Estimates | None = None
    adjust: str = "none"
    held: Mapping[str, Any] = field(default_factory=dict)

    def to_frame(self, *, response: bool = False) -> pd.DataFrame:
        """The means, and below them the contrasts.

        Parameters
        ----------
        response : bool
            Means on the scale of the outcome (probabilities, rates) with the delta method's
            standard errors, and contrasts as ratios, where the model is on a log scale.

        Returns
        -------
        pandas.DataFrame
            Columns kind ("mean" or "contrast"), term, estimate, std_error, statistic, df, p_value,
            conf_low, conf_high.
        """
        parts = []
        if self.means is not None:
            parts.append(_on_response(self.means) if response else self.means.to_frame())
        if self.contrasts is not None:
            ratio = response and self.contrasts.link != "identity"
            parts.append(self.contrasts.to_frame(ratio=ratio))
        kinds = ["mean"] * (self.means is not None) + ["contrast"] * (self.contrasts is not None)
        return pd.concat(
            [
                part.assign(kind=kind)[["kind", *part]]
                for part, kind in zip(parts, kinds, strict=True)
            ],
            ignore_index=True,
        )


def marginal_means(
    fit: Fit,
    factor: str,
    *,
    by: str | Sequence[str] | None = None,
    contrast: str | Mapping[str, Mapping[str, float]] | None = None,
    reference: str | None = None,
    adjust: str = "none",
    weights: str = "equal",
    at: Mapping[str, Any] | None = None,
    level: float = 0.95,
) -> MarginalMeans:
    r"""Estimate the mean of each level of a factor, others being equal, and compare them.

    Parameters
    ----------
    fit : Fit
        Of any kind: it needs a design, coefficients and their covariance only.
    factor : str
        Column whose levels are told apart, e.g. ``"arm"``; a number with its values in `at`.
    by : str or sequence of str, optional
        Columns within whose levels the means stand, e.g. ``"month"``.
    contrast : {"pairwise", "reference"} or mapping, optional
        Every level less each one before it; every level less the reference; or name -> mapping of
        level to weight, e.g. ``{"either kind of exercise": {"walking": 0.5, "strengthening": 0.5,
        "control": -1}}``. Within each level of `by`.
    reference : str, optional
        For "reference"; by default the first level.
    adjust : {"none", "holm", "bonferroni", "simultaneous"}
        How p-values and limits take the number of contrasts into account: of all contrasts of the
        answer, those in different levels of `by` together.
    weights : {"equal", "proportional"}
        How factors that are not asked for are averaged over: each combination of their levels
        alike, or as often as it occurs in the rows used.
    at : mapping, optional
        Column -> value at which a number is held (its mean otherwise), or values where it stands in
        `factor` or `by`; column -> level or levels of a factor to stay with.
    level : float
        Confidence level.

    Returns
    -------
    MarginalMeans
        ``means``, ``contrasts`` (both Estimates, on the scale of the model) and ``to_frame``;
        ``contrasts.to_frame(ratio=True)`` for ratios.

    Raises
    ------
    ValueError
        For columns, levels, contrasts or adjustments that are not known; weights of a contrast that
        do not add up to 0; a number in `factor` or `by` without its values.

    Notes
    -----
    A mean is x'b with x the average row of the design matrix over the grid of levels, so that its
    standard error is the fit's. Numbers are held at their mean over the rows used, also those of
    two values, which R's emmeans takes as factors of equal weight. On a log or logit scale the
    average is taken before the mean is transformed: the result is a rate or risk of somebody with
    average covariates, not the average risk of the people (that is `standardised_risks`).

    Where the factor interacts with what is averaged over, the mean hides that, and a note says so.

    "simultaneous" takes the distribution of the largest of all statistics, which are multivariate t
    with the correlation of the contrasts [1]_; it is Tukey's for all pairs of groups of equal
    size, Dunnett's for comparisons with one of them, and never wider than either needs to be.
    Contrasts with other degrees of freedom than the rest take their own.

    References
    ----------
    .. [1] Hothorn T, Bretz F, Westfall P (2008). Simultaneous inference in general parametric
       models. *Biom J* 50:346-363. https://doi.org/10.1002/bimj.200810425
    .. [2] Searle SR, Speed FM, Milliken GA (1980). Population marginal means in the linear model.
       *Am Stat* 34:216-221. https://doi.org/10.1080/00031305.1980.10483031

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.regression import ols
    >>> trial = pd.DataFrame({
    ...     "arm": ["control"] * 4 + ["walking"] * 4,
    ...     "baseline": [4, 5, 6, 7, 5, 6, 7, 8],
    ...     "pain": [4, 4.5, 6, 6.5, 3, 4, 4.5, 5.5],
    ... })
    >>> answer = marginal_means(ols(trial, "pain ~ arm + baseline"), "arm", contrast="reference")
    >>> answer.to_frame()[["term", "estimate"]].round(3).to_numpy().tolist()
    [['arm[control]', 5.675], ['arm[walking]', 3.825], ['walking - control', -1.85]]
    """
    check_choice(adjust, ADJUSTMENTS, "adjust")
    check_choice(weights, WEIGHTS, "weights")
    check_level(level)
    terms = design_of(fit, "marginal_means")
    if at is not None and not isinstance(at, Mapping):
        raise ValueError(f"at must map columns to values, got {at!r}.")
    if contrast is None and (adjust != "none" or reference is not None):
        raise ValueError("adjust and reference are for contrasts: say contrast='reference'.")
    within = tuple(str(name) for name in as_names(by, "by"))
    asked = (str(factor), *within)
    if len(set(asked)) < len(asked):
        raise ValueError(f"factor and by name the same column twice: {', '.join(asked)}.")
    grid = reference_grid(terms, asked, dict(at or {}), weights)
    compared = level_contrasts(fit, grid, contrast, reference)
    means = _means(fit, grid, level) if terms.intercept else None
    if means is None and compared is None:
        raise ValueError("This model has no intercept, so no means: ask for a contrast.")
    what = "Levels" if means is None else "Marginal means"
    method = f"{fit.method} {what} of {_said(grid, asked, weights)}"
    if compared is not None:
        compared = adjusted(replace(compared, level=level), adjust)
        first = plain(grid.cells[asked[0]].iloc[0])
        method += f" {_contrasts_said(contrast, reference or first, compared, adjust)}"
    notes = (*fit.notes, *_notes(fit, grid, asked, means is None))
    common: dict[str, Any] = {"method": method, "notes": notes}
    return MarginalMeans(
        factor=asked[0],
        by=within,
        cells=grid.cells,
        means=None if means is None else replace(means, **common),
        contrasts=None if compared is None else replace(compared, **common),
        adjust=adjust,
        held=grid.held,
        counts=fit.counts,
        source=fit.source,
        **common,
    )


def _means(fit: Fit, grid: Grid, level: float) -> Estimates:
    names = [
        ", ".join(f"{name}[{plain(value)}]" for name, value in row.items())
        for row in grid.cells.to_dict("records")
    ]
    measure = MEASURES.get(fit.measure, "")
    if fit.measure.startswith("difference in "):
        measure = f"mean {fit.measure.removeprefix('difference in ')}"
    rows = rows_of_fit(fit, grid.rows)
    return combined(fit, names, rows, level=level, null=None, measure=measure)


# --- words -----------------------------------------------------------------------------------


def _said(grid: Grid, asked: Sequence[str], weights: str) -> str:
    text = asked[0]
    if len(asked) > 1:
        text += f" within {' and '.join(asked[1:])}"
    if grid.held:
        text += f" at {', '.join(f'{name} {_rounded(v)}' for name, v in grid.held.items())}"
    if grid.averaged:
        text += f", {WEIGHTS[weights].format(', '.join(grid.averaged))}"
    return f"{text}."


def _rounded(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _contrasts_said(contrast: Any, reference: str | None, contrasts: Estimates, adjust: str) -> str:
    what = "Ratios" if contrasts.link != "identity" else "Differences"
    text = f"{what} as given"
    if contrast == "pairwise":
        text = f"{what} between every two levels"
    elif contrast == "reference":
        text = f"{what} from {reference}"
    m = len(contrasts.terms)
    if adjust == "none":
        return f"{text}, not adjusted for their number ({m})." if m > 1 else f"{text}."
    return f"{text}; {m} p-values and intervals {ADJUSTMENTS[adjust]}."


def _notes(fit: Fit, grid: Grid, asked: Sequence[str], no_means: bool) -> list[str]:
    terms = fit.design
    assert terms is not None
    column = {label: str(v.column) for label, v in terms.variables.items()}
    beside: dict[str, None] = {}
    for piece in terms.pieces:
        names = [column[label] for label in piece.variables]
        if asked[0] in names:
            beside |= dict.fromkeys(name for name in names if name not in asked)
    notes = []
    for name in beside:
        if isinstance(grid.held.get(name), str):
            continue  # a level that the analyst chose
        where = "averages over it" if name in grid.averaged else f"holds at {grid.held[name]:.4g}"
        notes.append(
            f"{asked[0]} interacts with {name}, so that its levels differ by another amount at "
            f"each {name}: what stands here {where}. Ask by={name!r} for the others."
        )
    if grid.unseen:
        notes.append(
            f"{grid.unseen} of the combinations of {', '.join(grid.averaged)} averaged over occur "
            "in no row: their means are the model's word only."
        )
    if no_means:
        notes.append("The model has no intercept, so no means; levels are compared only.")
    elif np.any(np.asarray(getattr(fit, "offset", 0.0)) != 0.0):
        notes.append("Rates are per one unit of exposure (offset 0).")
    outside = [
        name
        for name, value in grid.held.items()
        if isinstance(value, float) and not _inside(terms.ranges, name, value)
    ]
    if outside:
        notes.append(f"Held outside of what was observed: {', '.join(outside)}.")
    return notes


def _inside(ranges: Mapping[Any, tuple[float, float]], name: str, value: float) -> bool:
    low, high = next(limits for column, limits in ranges.items() if str(column) == name)
    return low <= value <= high


def _on_response(means: Estimates) -> pd.DataFrame:
    """Means with back-transformed limits, as probabilities or rates."""
    value, slope = RESPONSES[means.link]
    frame = means.to_frame()
    frame["std_error"] = slope(frame["estimate"].to_numpy()) * frame["std_error"]
    for name in ("estimate", "conf_low", "conf_high"):
        frame[name] = value(frame[name].to_numpy())
    return frame
