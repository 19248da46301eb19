"""Do the arms differ at each visit, and over all of them?"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_choice, check_level
from walkstats._labels import in_sentence
from walkstats._variables import _text
from walkstats.regression.repeated_measures.repeated_fits import RepeatedFit
from walkstats.regression.repeated_measures.visit_rows import ordered_codes
from walkstats.results import Curve, Estimates, Freedom, HypothesisTest
from walkstats.results.estimates import ESTIMATE_COLUMNS
from walkstats.results.frozen import Frozen, Result

Floats = NDArray[np.float64]

# How the other factors of the formula are averaged over.
WEIGHTS = {
    "equal": "levels of other factors weigh the same",
    "observed": "averages over the participants",
}
MOST_CELLS = 200_000


@dataclass(frozen=True)
class _Turned(Frozen):
    """Degrees of freedom of combinations of linear combinations of coefficients.

    Attributes
    ----------
    freedom : Freedom
        Of the coefficients.
    rows : (m, k) array
        The combinations.
    """

    freedom: Freedom
    rows: Floats

    def of(self, weights: Floats) -> float:
        return self.freedom.of(np.asarray(weights, dtype=float) @ self.rows)

    def joint(self, contrasts: Floats) -> tuple[float, float]:
        return self.freedom.joint(contrasts @ self.rows)


@dataclass(frozen=True, eq=False)
class VisitDifferences(Result):
    """Groups at each visit, as a model of repeated measures sees them.

    Attributes
    ----------
    means : Estimates
        Adjusted mean of each group at each visit; terms such as "walking, month 6".
    differences : Estimates
        From the first group; terms such as "walking - control, month 6".
    overall : Estimates
        Differences averaged over the visits, each counting the same; terms such as
        "walking - control".
    n : pandas.DataFrame
        Columns group, the visit, n: participants with an outcome.
    factor, visit : str
    times : mapping of visit to number
        Where visits are numbers; otherwise their places in order.
    """

    means: Estimates
    differences: Estimates
    overall: Estimates
    n: pd.DataFrame
    factor: str
    visit: str
    outcome_name: str
    times: Mapping[str, float]

    def to_frame(self) -> pd.DataFrame:
        """One row per mean and difference.

        Returns
        -------
        pandas.DataFrame
            Columns quantity ("mean", "difference", "difference over visits") and those of
            estimates.
        """
        parts = {
            "mean": self.means,
            "difference": self.differences,
            "difference over visits": self.overall,
        }
        frames = []
        for name, part in parts.items():
            frame = part.to_frame()
            frame.insert(0, "quantity", name)
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)[["quantity", *ESTIMATE_COLUMNS]]

    def any_difference(self) -> HypothesisTest:
        """Test that no group differs from the first at any visit.

        Returns
        -------
        HypothesisTest
            F with the degrees of freedom of the fit, or chi-squared.
        """
        found = self.differences.test(self.differences.terms)
        return replace(
            found,
            name=f"test of {self.factor} at all visits",
            null=f"Means do not differ by {self.factor} at any {self.visit}.",
        )

    def curve(self) -> Curve:
        """The means over time, for ``figures.plot_outcomes_over_time``.

        Returns
        -------
        Curve
            Of shape "line"; columns group, the visit, estimate, std_error, conf_low, conf_high, n,
            label.
        """
        means = self.means.to_frame()
        columns = ["estimate", "std_error", "conf_low", "conf_high"]
        frame = pd.concat([self.n.reset_index(drop=True), means[columns]], axis=1)
        frame["label"] = frame[self.visit]
        frame[self.visit] = [self.times[one] for one in frame[self.visit]]
        return Curve(
            frame[["group", self.visit, *columns, "n", "label"]],
            self.visit,
            f"adjusted mean of {in_sentence(self.outcome_name)}",
            "line",
            last={group: max(self.times.values()) for group in dict.fromkeys(frame["group"])},
            level=self.means.level,
            method=self.method,
            notes=self.notes,
            counts=self.counts,
            source=self.source,
        )


def visit_differences(
    fit: RepeatedFit,
    factor: str = "arm",
    *,
    visits: Sequence[Any] | None = None,
    at: Mapping[str, Any] | None = None,
    weights: str = "equal",
    level: float = 0.95,
) -> VisitDifferences:
    """Compare the arms at each visit and on average over the visits.

    Parameters
    ----------
    fit : RepeatedFit
        From `mmrm`.
    factor : str
        Column of the groups; the first is the reference.
    visits : sequence, optional
        Visits over which the average is taken; by default all, but for a baseline at which the
        arms are held equal.
    at : mapping of column to value, optional
        Where covariates are held. By default numbers at their mean over the participants used.
    weights : {"equal", "observed"}
        Other factors of the formula: each level counts the same, as in SAS's LSMEANS and emmeans,
        or means are averaged over the participants with their own covariates.
    level : float
        Confidence level.

    Returns
    -------
    VisitDifferences
        ``means``, ``differences`` and ``overall``, each Estimates with the fit's degrees of
        freedom.

    Raises
    ------
    ValueError
        For a factor that the formula does not hold, unknown visits, and a formula that reads the
        visit from another column.

    Notes
    -----
    Differences do not depend on where covariates are held unless the factor interacts with them.
    Each participant counts once in the mean of a covariate; SAS and emmeans average over rows, so
    that who was seen more often counts more.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import regression
    >>> visits = pd.DataFrame({
    ...     "participant_id": ["a", "b", "c", "d", "e", "f"] * 2,
    ...     "arm": ["control", "control", "control", "walking", "walking", "walking"] * 2,
    ...     "month": [3] * 6 + [6] * 6,
    ...     "pain": [6, 5, 4, 5, 3, 4, 5, 5, 4, 4, 2, 1]})
    >>> fit = regression.mmrm(visits, "pain ~ arm * factor(month)", visit="month")
    >>> found = visit_differences(fit)
    >>> found.means.values.round(2).tolist()
    [5.0, 4.67, 4.0, 2.33]
    >>> round(found.overall.estimate("walking - control").estimate, 2)
    -1.67
    """
    if not isinstance(fit, RepeatedFit):
        raise ValueError(f"visit_differences needs a fit from mmrm, got {type(fit).__name__}.")
    check_choice(weights, WEIGHTS, "weights")
    check_level(level)
    cells = _cells(fit, factor, dict(at or {}), weights)
    averaged = _chosen(fit, visits)
    names = [f"{group}, {fit.visit} {one}" for group in cells.groups for one in fit.visits]
    each, over = _contrasts(fit, cells, averaged)
    chosen = ", ".join(fit.visits[j] for j in averaged)
    method = f"{fit.method}{cells.described}"
    said = f" Differences over {fit.visit} {chosen}, each counting the same."
    return VisitDifferences(
        means=_estimates(fit, dict(zip(names, cells.rows, strict=True)), level, method, mean=True),
        differences=_estimates(fit, each, level, method),
        overall=_estimates(fit, over, level, method + said),
        n=fit.people_by_visit(factor),
        factor=factor,
        visit=fit.visit,
        outcome_name=fit.outcome_name,
        times=cells.times,
        method=method + said,
        notes=fit.notes,
        counts=fit.counts,
        source=fit.source,
    )


def _contrasts(
    fit: RepeatedFit, cells: _Cells, averaged: list[int]
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Rows of the differences at each visit at which there can be one, and over the visits."""
    count = len(fit.visits)
    later = [j for j, one in enumerate(fit.visits) if one != fit.baseline]
    each: dict[str, Floats] = {}
    over: dict[str, Floats] = {}
    for g, group in enumerate(cells.groups[1:], 1):
        apart = cells.rows[g * count : (g + 1) * count] - cells.rows[:count]
        pair = f"{group} - {cells.groups[0]}"
        each |= {f"{pair}, {fit.visit} {fit.visits[j]}": apart[j] for j in later}
        over[pair] = apart[averaged].mean(axis=0)
    return each, over


def _estimates(
    fit: RepeatedFit, named: dict[str, Floats], level: float, method: str, mean: bool = False
) -> Estimates:
    rows = np.array(list(named.values()))
    covariance = rows @ fit.covariance @ rows.T
    freedom = fit.freedom
    if freedom.pieces is not None:
        freedom = Freedom(freedom.rule, freedom.value, _Turned(freedom, rows))
    outcome = in_sentence(fit.outcome_name)
    return Estimates(
        terms=tuple(named),
        values=rows @ fit.values,
        covariance=(covariance + covariance.T) / 2.0,
        freedom=freedom,
        level=level,
        null=None if mean else 0.0,
        measure=f"adjusted mean of {outcome}" if mean else f"difference in {outcome}",
        method=method,
        notes=fit.notes,
        counts=fit.counts,
        source=fit.source,
    )


@dataclass(frozen=True)
class _Cells:
    """Rows of the design for the mean of each group at each visit.

    Attributes
    ----------
    rows : (G T, k) array
        Visits within groups.
    groups : tuple of str
    times : mapping of visit to number
    described : str
        Where covariates are held, as a sentence or nothing.
    """

    rows: Floats
    groups: tuple[str, ...]
    times: Mapping[str, float]
    described: str


def _cells(fit: RepeatedFit, factor: str, at: dict[str, Any], weights: str) -> _Cells:
    data: pd.DataFrame = fit._own("data")
    assert fit.design is not None
    _check_columns(fit, data, factor, at)
    positions = np.arange(len(data))
    group, groups, _ = ordered_codes(data, factor, positions)
    _, _, times = ordered_codes(data, fit.visit, positions, counted=True)
    values = data[factor].to_numpy(dtype=object)[np.unique(group, return_index=True)[1]]
    of_visits = data[fit.visit].to_numpy(dtype=object)
    seen = of_visits[np.unique(fit.visit_codes, return_index=True)[1]]
    others, described = _others(fit, data, factor, at, weights)
    cells = [*itertools.product(values, seen)]
    if len(cells) * len(others) > MOST_CELLS:
        raise ValueError(
            "Too many combinations of the levels of other factors: use weights='observed', or "
            "hold some with at=."
        )
    frame = others.iloc[np.tile(np.arange(len(others)), len(cells))].reset_index(drop=True)
    each = len(others)
    frame[factor] = np.repeat(np.array([one for one, _ in cells], dtype=object), each)
    frame[fit.visit] = np.repeat(np.array([one for _, one in cells], dtype=object), each)
    rows = fit.design.matrix(frame).reshape(len(cells), each, -1).mean(axis=1)
    known = np.isfinite(times).all()
    placed = times if known else np.arange(len(times), dtype=float)
    return _Cells(rows, groups, dict(zip(fit.visits, placed, strict=True)), described)


def _check_columns(fit: RepeatedFit, data: pd.DataFrame, factor: str, at: dict[str, Any]) -> None:
    assert fit.design is not None
    columns = fit.design.columns
    if factor not in columns:
        raise ValueError(
            f"{factor!r} is not in the formula, which reads: {', '.join(map(str, columns))}."
        )
    if factor == fit.visit:
        raise ValueError(f"{factor!r} is the visit; name the column of the groups.")
    for name in at:
        if name not in columns or name in (factor, fit.visit):
            raise ValueError(f"at= holds {name!r}, which is no covariate of the formula.")
    for name in columns:
        if name in (factor, fit.visit):
            continue
        by_visit = data.groupby(fit.visit, observed=True)[name].nunique()
        if int(by_visit.max()) == 1 and data[name].nunique() > 1:
            raise ValueError(
                f"{name} is the same for everybody at a visit: it is another name of the visit. "
                f"Write the formula with {fit.visit}, or give visit={name!r} to mmrm."
            )


def _others(
    fit: RepeatedFit, data: pd.DataFrame, factor: str, at: dict[str, Any], weights: str
) -> tuple[pd.DataFrame, str]:
    """Values of the other columns, one row for each that is averaged over."""
    assert fit.design is not None
    levelled = {one.column for one in fit.design.variables.values() if one.levels is not None}
    names = [c for c in fit.design.columns if c not in (factor, fit.visit)]
    if not names:
        return pd.DataFrame(index=range(1)), ""
    people = data.groupby(fit.subject, observed=True, sort=False)
    table = {
        name: people[name].first().to_numpy(dtype=object)
        if name in levelled
        else people[name].mean().to_numpy(dtype=float)
        for name in names
    }
    if weights == "observed":
        held = {name: at[name] for name in names if name in at}
        return pd.DataFrame(table).assign(**held), _said(_held(held), WEIGHTS[weights])
    choices: list[Any] = []
    for name in names:
        if name in at:
            choices.append([at[name]])
        elif name in levelled:
            choices.append(list(pd.unique(data[name].dropna().astype(object))))
        else:
            choices.append([float(np.mean(table[name].astype(float)))])
    grid = pd.DataFrame(list(itertools.product(*choices)), columns=names)
    shown = {n: c[0] for n, c in zip(names, choices, strict=True) if n in at or n not in levelled}
    others = WEIGHTS[weights] if any(n in levelled and n not in at for n in names) else ""
    return grid, _said(_held(shown), others)


def _said(held: str, averaged: str) -> str:
    parts = [f"covariates at {held}" if held else "", averaged]
    return f" Adjusted means: {'; '.join(part for part in parts if part)}."


def _held(values: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in values.items()
    )


def _chosen(fit: RepeatedFit, visits: Sequence[Any] | None) -> list[int]:
    """Places of the visits that the average is over."""
    if visits is None:
        return [j for j, one in enumerate(fit.visits) if one != fit.baseline]
    names = [_text(one) for one in as_names(visits, "visits")]
    for name in names:
        check_choice(name, fit.visits, "visits")
    if not names:
        raise ValueError("visits= names no visit.")
    return [fit.visits.index(name) for name in names]
