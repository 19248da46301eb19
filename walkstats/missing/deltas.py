"""How much worse must the missing values have been before the conclusion changes?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_level, check_times
from walkstats.missing.completed import Imputations
from walkstats.missing.pooling import pool
from walkstats.results import Result

Floats = NDArray[np.float64]

MOVED = "Imputed values of"


@dataclass(frozen=True, eq=False)
class TippingPoint(Result):
    """A result over a range of assumptions about what is missing.

    Attributes
    ----------
    results : pandas.DataFrame
        One row per combination of deltas: one column per group (or ``delta``), then estimate,
        std_error, df, p_value, conf_low, conf_high.
    groups : tuple of str
        Columns of ``results`` that hold the deltas.
    tips_at : float
        The delta nearest to no change at which the p-value passes 1 - level: between the values
        tried, where a straight line through the limit of the interval meets the null value; missing
        where it does not within the range, or where deltas of several groups were varied.
    no_change : float
        The delta that changes nothing: 0, or 1 for ratios of hazards.
    term, measure : str
    level : float
    """

    results: pd.DataFrame = field(default_factory=pd.DataFrame)
    groups: tuple[str, ...] = ()
    tips_at: float = np.nan
    no_change: float = 0.0
    term: str = ""
    measure: str = ""
    level: float = 0.95

    def to_frame(self) -> pd.DataFrame:
        """``results``."""
        return self.results


def delta_adjust(
    imputations: Imputations,
    column: str,
    delta: float | Mapping[str, float],
    *,
    limits: tuple[float, float] | None = None,
) -> Imputations:
    """Move the imputed values, as though those who did not answer were worse or better off.

    Parameters
    ----------
    imputations : Imputations
    column : str
        An imputed column of numbers.
    delta : float or mapping of group to float
        Added to every imputed value [unit of the column]; by group of the column ``by`` of the
        imputations (the arm), where groups not named are left as they are.
    limits : (float, float), optional
        Ends of the scale: values moved beyond are set to them, and a note counts them.

    Returns
    -------
    Imputations
        Known values are untouched.

    Raises
    ------
    ValueError
        For a column that was not imputed or holds no numbers, unknown groups, and a delta or
        limits that are no numbers.

    Notes
    -----
    A pattern-mixture model: imputation takes the missing values as missing at random, then delta
    says by how much they differ from that. Values at the ends of a bounded scale cannot move
    further; with `limits` the mean moves by less than delta.

    References
    ----------
    .. [1] Cro S, Morris TP, Kenward MG, Carpenter JR (2020). Sensitivity analysis for clinical
       trials with missing continuous outcome data using controlled multiple imputation: a practical
       guide. *Stat Med* 39:2815-2842. https://doi.org/10.1002/sim.8569

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"pain": [3.0, 4.0, 5.0, 4.0, None]})
    >>> from walkstats.missing import impute
    >>> filled = impute(frame, columns="pain", imputations=2, seed=1)
    >>> worse = delta_adjust(filled, "pain", 1.5)
    >>> (worse.values["pain"] - filled.values["pain"]).ravel().tolist()
    [1.5, 1.5]
    """
    if column in imputations.levels:
        raise ValueError(f"{column} holds levels, and no number can be added to them.")
    moved = imputations.with_values(column, imputations.values.get(column, np.empty(0)))
    if isinstance(delta, Mapping):
        delta = {str(group): _number(each, f"delta of {group}") for group, each in delta.items()}
    else:
        delta = _number(delta, "delta")
    change = _by_row(moved, column, delta)
    values = moved.values[column] + change
    said = _said(column, delta, imputations.by)
    notes = (*moved.notes, f"{MOVED} {said}.")
    if limits is not None:
        low, high = _ends(limits)
        beyond = int(((values < low) | (values > high)).sum())
        values = np.clip(values, low, high)
        if beyond:
            notes += (
                f"{beyond} of {values.size} imputed values of {said} lay beyond {low:g} to "
                f"{high:g} and were set to the end.",
            )
    terms = "; ".join(part for part in (moved.assumption, said) if part)
    return replace(moved, values={**moved.values, column: values}, notes=notes, assumption=terms)


def _number(value: Any, name: str) -> float:
    numbers = check_times(value, name)
    if len(numbers) != 1:
        raise ValueError(f"{name} must be one number, got {value!r}.")
    return float(numbers[0])


def _ends(limits: Any) -> tuple[float, float]:
    """Ends of a scale, of which one may be infinite."""
    try:
        low, high = (float(end) for end in limits)
    except (TypeError, ValueError):
        raise ValueError(f"limits are two numbers, such as (0, 10); got {limits!r}.") from None
    if not low < high:
        raise ValueError(f"limits must be a lower and a higher number, got {limits!r}.")
    return low, high


def _by_row(imputations: Imputations, column: str, delta: float | Mapping[str, float]) -> Floats:
    """What is added to each imputed value of a column."""
    rows = imputations.imputed[column]
    if not isinstance(delta, Mapping):
        return np.full(int(rows.sum()), delta)
    if not imputations.by:
        raise ValueError("These imputations have no groups: give one delta for all.")
    groups = imputations._own("original")[imputations.by].astype(str)
    known = list(dict.fromkeys(groups))
    for name in delta:
        if name not in known:
            raise ValueError(
                f"No group {name!r} of {imputations.by}. There are: {', '.join(known)}."
            )
    return groups[rows].map(lambda group: float(delta.get(group, 0.0))).to_numpy(dtype=float)


def _said(column: str, delta: float | Mapping[str, float], by: str) -> str:
    if isinstance(delta, Mapping):
        each = ", ".join(f"{value:+g} where {by} is {group}" for group, value in delta.items())
        return f"{column} moved by {each}"
    return f"{column} moved by {delta:+g}"


def tipping_point(
    imputations: Imputations | Callable[[Any], Imputations],
    analysis: Callable[[pd.DataFrame], Any],
    *,
    term: str,
    deltas: Sequence[float] | Mapping[str, Sequence[float]],
    column: str | None = None,
    limits: tuple[float, float] | None = None,
    ratio: bool | None = None,
    no_change: float | None = None,
    level: float = 0.95,
) -> TippingPoint:
    """Learn how far the missing values must differ before the conclusion changes.

    Parameters
    ----------
    imputations : Imputations or callable
        Completed data, whose values of `column` are moved by ``delta_adjust``; or a function that
        takes a delta (or a mapping of group to delta) and returns Imputations, such as
        ``lambda ratio: impute_after_drop_out(events, hazard_ratio=ratio, ...)``.
    analysis : callable
        A completed frame -> its fit: ``lambda frame: ols(frame, "pain ~ arm")``.
    term : str
        Term of the fit.
    deltas : sequence of float, or mapping of group to sequence of float
        Deltas to try, for all or for the groups named (arms); of several groups, all combinations.
    column : str, optional
        The imputed column; needed where `imputations` is no function.
    limits : (float, float), optional
        Ends of the scale, as of ``delta_adjust``.
    ratio : bool, optional
        Show the estimate as a ratio; by default where the fit has one.
    no_change : float, optional
        The delta that changes nothing. By default 0 for Imputations, and 1, a ratio of hazards,
        for a function.
    level : float
        Of the intervals; the conclusion changes where the p-value passes 1 - level.

    Returns
    -------
    TippingPoint

    Raises
    ------
    ValueError
        For deltas that are no numbers, an unknown column, group or term.

    Notes
    -----
    Judge whether the delta at which the conclusion changes could be true; the p-value at any delta
    is not evidence for that delta. The same imputations are moved at every delta, so that the line
    is smooth.

    Examples
    --------
    >>> import walkstats as ws
    >>> visits = ws.derive.visits(ws.load_sample("walkback-like"), measures="rmdq")
    >>> at_12 = visits[visits["month"] == 12].drop(columns=["month", "rmdq_change"])
    >>> filled = ws.missing.impute(at_12, columns="rmdq", using=["rmdq_baseline"],
    ...                            imputations=5, seed=7)
    >>> found = tipping_point(
    ...     filled, lambda frame: ws.regression.ols(frame, "rmdq ~ arm + rmdq_baseline"),
    ...     term="arm[walking]", column="rmdq", deltas={"walking": [0, 4, 8, 12]})
    >>> bool(4 < found.tips_at < 12)
    True
    """
    check_level(level)
    if not callable(analysis):
        raise ValueError("analysis must be a function of a frame: lambda frame: ols(frame, ...).")
    make = _maker(imputations, column, limits)
    several = isinstance(deltas, Mapping)
    groups = tuple(str(name) for name in deltas) if isinstance(deltas, Mapping) else ("delta",)
    lists = list(deltas.values()) if isinstance(deltas, Mapping) else [deltas]
    axes = [check_times(values, "deltas") for values in lists]
    rows, first, notes = [], None, list[str]()
    for point in product(*axes):
        given = dict(zip(groups, map(float, point), strict=True)) if several else float(point[0])
        completed = make(given)
        pooled = pool([analysis(frame) for frame in completed.frames], level=level)
        shown = pooled.has_ratio(term) if ratio is None else ratio
        first = first or (pooled.estimate(term, ratio=shown), completed, pooled)
        notes += [note for note in (*pooled.notes, *completed.notes) if note not in notes]
        rows.append(_row(groups, point, pooled.estimate(term, ratio=shown)))
    assert first is not None
    results = pd.DataFrame(rows)
    if no_change is None:
        no_change = 1.0 if callable(imputations) else 0.0
    null = 0.0 if first[0].null is None else float(first[0].null)
    return TippingPoint(
        results=results,
        groups=groups,
        tips_at=_tips_at(results, groups, 1 - level, float(no_change), null),
        no_change=float(no_change),
        term=term,
        measure=first[0].measure,
        level=level,
        method=f"{first[2].method} Repeated over deltas of the missing values.",
        notes=tuple(note for note in notes if not note.startswith(MOVED)),
        counts=first[2].counts,
        source=_without_terms(first[2].source, first[1].assumption),
    )


def _without_terms(source: str, terms: str) -> str:
    """The source without what was assumed at one of the deltas."""
    return source.removesuffix(f" ({terms})") if terms else source


def _maker(
    imputations: Imputations | Callable[[Any], Imputations],
    column: str | None,
    limits: tuple[float, float] | None,
) -> Callable[[Any], Imputations]:
    if isinstance(imputations, Imputations):
        if column is None:
            raise ValueError(f"Name the imputed column: column= {', '.join(imputations.values)}.")
        name = column
        return lambda delta: delta_adjust(imputations, name, delta, limits=limits)
    if not callable(imputations):
        raise ValueError("imputations must be Imputations, or a function that makes them.")
    if column is not None or limits is not None:
        raise ValueError("column and limits are for Imputations, not for a function.")
    return imputations


def _row(groups: tuple[str, ...], point: tuple[float, ...], estimate: Any) -> dict[str, float]:
    kept = ("estimate", "std_error", "df", "p_value", "conf_low", "conf_high")
    return dict(zip(groups, point, strict=True)) | {name: getattr(estimate, name) for name in kept}


def _tips_at(
    results: pd.DataFrame, groups: tuple[str, ...], alpha: float, no_change: float, null: float
) -> float:
    """The crossing of alpha that lies nearest to no change."""
    if len(groups) > 1:
        return np.nan
    ordered = results.sort_values(groups[0])
    x, gap = ordered[groups[0]].to_numpy(), ordered["p_value"].to_numpy() - alpha
    low, high = (ordered[name].to_numpy() - null for name in ("conf_low", "conf_high"))
    at = [float(one) for one in x[gap == 0]]
    for k in range(len(x) - 1):
        if gap[k] * gap[k + 1] < 0:
            # A limit of the interval moves nearly straight with delta, a p-value does not.
            moved = [end for end in (low, high) if end[k] * end[k + 1] < 0]
            line = moved[0] if len(moved) == 1 else gap
            at.append(_crossing(x[k : k + 2], line[k : k + 2]))
        for limit, other in ((low, high), (high, low)):
            # From one side to the other without a delta between: seen by the limits alone.
            if limit[k] * other[k] > 0 > limit[k] * limit[k + 1] and other[k] * other[k + 1] < 0:
                at.append(_crossing(x[k : k + 2], limit[k : k + 2]))
    return min(at, key=lambda one: abs(one - no_change)) if at else np.nan


def _crossing(x: Floats, y: Floats) -> float:
    """Where the straight line between two points is 0."""
    return float(x[0] + (x[1] - x[0]) * y[0] / (y[0] - y[1]))
