"""What did walking itself do, in whom, and how alike are those compared? Answers laid out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from walkstats import _digits
from walkstats._labels import capitalised, described, percent_level
from walkstats.results import Estimate, Estimates
from walkstats.tables.cells import EMPTY, Cell
from walkstats.tables.curves_read import remarks
from walkstats.tables.description import Column, Row, Table

NEEDED = ("arm", "item", "known", "of", "mean", "std_dev", "median")
ITEMS = {
    "sessions_attended": ("Sessions attended", 1),
    "weeks_known": ("Weeks with a diary", 0),
    "walking_minutes": ("Minutes walked in a week", 0),
    "prescribed_minutes": ("Minutes prescribed for a week", 0),
    "share_of_prescribed": ("Minutes walked of those prescribed", 2),
    "share_at_goal": ("Share of known weeks at the goal", 2),
}
ADHERED = "Adhered"


def adherence_table(
    frame: pd.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    title: str = "Adherence and dose received",
) -> Table:
    """Show how much each arm came and walked, and of how many participants that is known.

    Parameters
    ----------
    frame : pandas.DataFrame
        From ``derive.adherence_by_arm``.
    labels : mapping of str to str, optional
        Arm or item -> what to call it.
    title : str

    Returns
    -------
    Table
        Per arm: of how many participants an item is known, mean with standard deviation, median
        with quartiles; of ``adhered`` the number and share of those known.

    Raises
    ------
    ValueError
        For a frame of something else.

    Examples
    --------
    >>> import walkstats as ws
    >>> frame = ws.derive.adherence_by_arm(ws.load_sample("walkback-like"), last_week=12)
    >>> table = ws.tables.adherence_table(frame)
    >>> [row.label for row in table.rows][-2:]
    ['Share of known weeks at the goal', 'Adhered']
    """
    lacking = [name for name in NEEDED if name not in frame]
    if lacking:
        raise ValueError(
            f"The frame lacks {', '.join(lacking)}; it must be one of derive.adherence_by_arm."
        )
    names = labels or {}
    arms = [str(arm) for arm in dict.fromkeys(frame["arm"].astype(str))]
    rows = []
    for item, own in frame.groupby("item", sort=False, observed=True):
        if (own["known"] == 0).all():
            continue
        label = names.get(str(item), ITEMS.get(str(item), (ADHERED, 0))[0])
        by_arm: dict[str, Any] = {str(one["arm"]): one for one in own.to_dict("records")}
        rows.append(Row(label, tuple(c for arm in arms for c in _item(item, by_arm.get(arm)))))
    heads = ("Known", "Mean (SD)", "Median (quartiles)")
    return Table(
        title=title,
        stub="",
        columns=tuple(Column(head, over=names.get(arm, arm)) for arm in arms for head in heads),
        rows=tuple(rows),
        notes=(str(frame.attrs.get("method", "")), *frame.attrs.get("notes", ())),
        source=str(frame.attrs.get("source", "")),
    )


def _item(item: Any, one: Mapping[str, Any] | None) -> tuple[Cell, ...]:
    if one is None or not one["known"]:
        return (EMPTY,) * 3
    known = Cell("share_of", (float(one["known"]), float(one["of"])))
    if item == "adhered":
        count = round(float(one["mean"]) * float(one["known"]))
        return known, Cell("share_of", (float(count), float(one["known"]))), EMPTY
    decimals = ITEMS[item][1]
    spread = Cell("mean_sd", (one["mean"], one["std_dev"]), decimals)
    quartiles = (one["median"], one["lower_quartile"], one["upper_quartile"])
    return known, spread, Cell("median_iqr", quartiles, decimals)


def walked_table(result: Any, labels: Mapping[str, str]) -> Table | None:
    """The table of a complier effect, of weights, a balance, a per-protocol effect or an E-value.

    Parameters
    ----------
    result : object
    labels : mapping of str to str
        Term, covariate or group -> what to call it.

    Returns
    -------
    Table or None
        None for anything else.
    """
    for needed, lay_out in LAYOUTS:
        if all(hasattr(result, name) for name in needed):
            return lay_out(result, labels)
    return None


def _table(
    result: Any, columns: Sequence[Column], rows: Sequence[Row], notes: Sequence[str] = ()
) -> Table:
    told = dict.fromkeys([*remarks(result), *notes])
    return Table("", "", tuple(columns), tuple(rows), tuple(one for one in told if one),
                 result.source)  # fmt: skip


def _columns(level: float) -> tuple[Column, Column]:
    return Column(f"Estimate ({percent_level(level)}% CI)"), Column("p")


def _effect(label: str, one: Estimate, indent: int = 0) -> Row:
    half = (one.conf_high - one.conf_low) / 2.0
    decimals = _digits.decimals_for(half) if math.isfinite(half) else 2
    limits = (one.estimate, one.conf_low, one.conf_high)
    cell = Cell("ratio", limits) if one.scale == "ratio" else Cell("estimate", limits, decimals)
    p = EMPTY if math.isnan(one.p_value) else Cell("p", (one.p_value,))
    return Row(label, (cell, p), indent)


def _only(estimates: Estimates) -> Estimate:
    (term,) = estimates.terms
    return estimates.estimate(term, ratio=estimates.has_ratio(term))


def _complier(result: Any, labels: Mapping[str, str]) -> Table:
    """Effect, the arms as randomised, what was received, and the effect by the cut."""
    effect = _only(result.effect)
    rows = [Row(labels.get("effect", capitalised(effect.measure)))]
    rows.append(_effect(f"{effect.term} (Anderson and Rubin)", effect, 1))
    rows.append(_effect(f"{effect.term} (by the standard error)", _only(result.wald), 1))
    whole = _only(result.intention_to_treat)
    rows.append(_effect(f"As randomised, {labels.get(whole.term, whole.term)}", whole, 1))
    if result.by_cut is not None:
        rows.append(Row("By the cut"))
        rows += [_effect(labels.get(t, t), result.by_cut.estimate(t), 1)
                 for t in result.by_cut.terms]  # fmt: skip
    rows.append(Row(capitalised(result.received.measure)))
    rows += [_effect(labels.get(arm, arm), result.received.estimate(arm), 1)
             for arm in result.received.terms]  # fmt: skip
    rows.append(_effect(f"Difference: {result.compliers.measure}", _only(result.compliers), 1))
    test = result.first_stage
    strong = Cell("number", (test.statistic,), 1)
    rows.append(Row("F of the first stage", (strong, Cell("p", (test.p_value,))), 1))
    return _table(result, _columns(effect.level), rows)


def _per_protocol(result: Any, labels: Mapping[str, str]) -> Table:
    """The arms as randomised, and among those who followed, without and with weights."""
    drawn = result.draws.estimate(result.draws.names[0])
    rows = [
        Row(labels.get("effect", capitalised(drawn.measure))),
        _effect("As randomised", _only(result.as_randomised), 1),
        _effect("Followed, without weights", _only(result.unweighted), 1),
        _effect("Followed, weighted (weights as known)", _only(result.effect), 1),
        _effect("Followed, weighted (bootstrap)", drawn, 1),
    ]
    return _table(result, _columns(drawn.level), rows)


def _weights(result: Any, labels: Mapping[str, str]) -> Table:
    """How many are kept, what they count, and how far weights reach."""
    heads = ("Rows", "Kept", "Effective", "Mean weight (SD)", "Largest", "Lowest probability")
    rows = [
        Row(labels.get(str(one["group"]), str(one["group"])), (
            Cell("count", (float(one["rows"]),)),
            Cell("count", (float(one["kept"]),)),
            Cell("number", (one["effective"],), 0),
            Cell("mean_sd", (one["mean"], one["std_dev"]), 2),
            Cell("number", (one["largest"],), 2),
            Cell("number", (one["lowest_probability"],), 2),
        ))
        for one in result.summary.to_dict("records")
    ]  # fmt: skip
    return _table(result, [Column(head) for head in heads], rows)


def _balance(result: Any, labels: Mapping[str, str]) -> Table:
    """Standardised differences and ratios of variances, sample by sample."""
    frame = result.frame
    samples = list(dict.fromkeys(frame["sample"]))
    rows = []
    for term, own in frame.groupby("term", sort=False):
        by_sample = {one["sample"]: one for one in own.to_dict("records")}
        cells = []
        for name in ("difference", "variance_ratio"):
            values = [float(by_sample[sample][name]) for sample in samples]
            cells += [EMPTY if math.isnan(v) else Cell("number", (v,), 2) for v in values]
        rows.append(Row(labels.get(str(term), _printed(str(term))), tuple(cells)))
    first, second = result.groups
    columns = [
        Column(capitalised(sample), over=over)
        for over in (f"Standardised difference, {second} less {first}", "Ratio of variances")
        for sample in samples
    ]
    sizes = [
        f"{one['group']} {one['effective']:.0f}" for one in result.effective.to_dict("records")
    ]
    return _table(result, columns, rows, [f"Effective sample size: {', '.join(sizes)}."])


def _printed(term: str) -> str:
    name, bracket, level = term.partition("[")
    return f"{described(name)}: {level.removesuffix(']')}" if bracket else described(term)


def _e_value(result: Any, labels: Mapping[str, str]) -> Table:
    """What was given, as a risk ratio, and the E-values of estimate and limit."""
    kind = "estimate" if result.measure == "difference" else "ratio"
    rows = [
        Row(capitalised(labels.get(result.measure, result.measure)), (Cell(kind, result.given),)),
        Row("As a risk ratio", (Cell("ratio", result.ratio),)),
        Row("E-value of the estimate", (Cell("number", (result.point,), 2),)),
    ]
    if not math.isnan(result.limit):
        rows.append(Row("E-value of the limit", (Cell("number", (result.limit,), 2),)))
    return _table(result, [Column("Estimate (CI)")], rows)


Layout = Callable[[Any, Mapping[str, str]], Table]
# What tells a result apart -> how it is laid out.
LAYOUTS: tuple[tuple[tuple[str, ...], Layout], ...] = (
    (("intention_to_treat", "compliers", "by_cut"), _complier),
    (("as_randomised", "unweighted", "draws"), _per_protocol),
    (("summary", "models", "truncated"), _weights),
    (("differences", "effective", "groups"), _balance),
    (("point", "limit", "e_values"), _e_value),
)
