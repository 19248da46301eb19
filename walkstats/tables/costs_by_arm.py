"""What was used, what it costs, and what it came to, laid out by arm?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from walkstats._labels import capitalised, percent_level
from walkstats.results import Estimate, Estimates
from walkstats.tables.cells import EMPTY, Cell, words
from walkstats.tables.description import Column, Row, Table

Labels = Mapping[str, str]

USED = {"category", "item", "arm", "randomised", "using", "mean_quantity", "sd_quantity"}
PRICED = {"category", "item", "unit_cost", "lowest", "highest", "given_by"}
SUMMED = {"category", "arm", "randomised", "known", "with_costs", "mean", "sd", "median"}
EFFECTS = {"qaly": "QALYs"}
DECIMALS = (0, 3)  # of money, and of effects


def holds_costs(result: Any) -> bool:
    """Whether something is a frame of costs, or compares costs and effects."""
    if isinstance(result, pd.DataFrame):
        return any(needed <= set(result.columns) for needed in (USED, PRICED, SUMMED))
    names = ("means", "increments", "icer", "quadrants", "verdict")
    return all(hasattr(result, name) for name in names)


def cost_table(
    costs: Any,
    *,
    labels: Mapping[str, str] | None = None,
    title: str = "",
) -> Table:
    """Show resource use, unit costs, costs by category, or costs beside effects.

    Parameters
    ----------
    costs : pandas.DataFrame or CostEffectiveness
        From ``economics.resource_use``, ``unit_prices`` or ``costs_by_category``; or from
        ``cost_effectiveness``.
    labels : mapping of str to str, optional
        Arm, category, item or effect -> what to call it.
    title : str

    Returns
    -------
    Table
        By arm: participants who used an item and the mean quantity; or those with costs and the
        mean and median cost; or means, their difference, and the cost of one more of the effect.

    Raises
    ------
    ValueError
        For something else.

    Examples
    --------
    >>> import walkstats as ws
    >>> trial = ws.load_sample("walkback-like")
    >>> table = cost_table(ws.economics.resource_use(trial, perspective="payer"))
    >>> table.texts()[-1]
    ['0 (0.0%)', '0.00 (0.00)', '351 (100.0%)', '4.73 (1.09)']
    """
    names = labels or {}
    made: Callable[[Any, Labels], Table]
    if not holds_costs(costs):
        raise ValueError(
            "A table of costs needs a frame of resource_use, unit_prices or costs_by_category, or "
            f"a CostEffectiveness; got {type(costs).__name__}."
        )
    if not isinstance(costs, pd.DataFrame):
        made = _evaluated
    elif set(costs.columns) >= USED:
        made = _used
    else:
        made = _priced if set(costs.columns) >= PRICED else _summed
    table = made(costs, names)
    return table.titled(title) if title else table


def _used(frame: pd.DataFrame, labels: Labels) -> Table:
    arms = _arms(frame)
    columns = [
        Column(head, over=_over(frame, arm, labels))
        for arm in arms
        for head in ("Participants using", "Mean (SD)")
    ]
    rows: list[Row] = []
    for (category, item), each in frame.groupby(["category", "item"], sort=False):
        _under(rows, str(category), labels)
        cells: list[Cell] = []
        for arm in arms:
            one = each[each["arm"] == arm].iloc[0]
            cells += [
                Cell("share", (float(one["using"]), float(one["randomised"]))),
                _spread(one["mean_quantity"], one["sd_quantity"], 2),
            ]
        rows.append(Row(labels.get(str(item), capitalised(str(item))), tuple(cells), 1))
    note = "Means are those of participants of whom the whole period is known."
    return _table(frame, columns, rows, "Item", note)


def _priced(frame: pd.DataFrame, labels: Labels) -> Table:
    money = _money(frame.attrs)
    differ = bool((frame["highest"] > frame["lowest"]).any())
    columns = [Column(f"Unit cost{money}")]
    columns += [Column("Lowest"), Column("Highest")] * differ
    columns.append(Column("Given by"))
    rows: list[Row] = []
    for one in frame.to_dict("records"):
        _under(rows, str(one["category"]), labels)
        keys = ("unit_cost", "lowest", "highest") if differ else ("unit_cost",)
        cells = [Cell("number", (float(one[key]),), 2) for key in keys]
        name = str(one["item"])
        rows.append(
            Row(labels.get(name, capitalised(name)), (*cells, words(str(one["given_by"]))), 1)
        )
    return _table(frame, columns, rows, "Item")


def _summed(frame: pd.DataFrame, labels: Labels) -> Table:
    arms = _arms(frame)
    heads = ("Known", "With costs", f"Mean (SD){_money(frame.attrs)}", "Median (quartiles)")
    columns = [Column(head, over=_over(frame, arm, labels)) for arm in arms for head in heads]
    rows = []
    for category, each in frame.groupby("category", sort=False):
        cells: list[Cell] = []
        for arm in arms:
            one = each[each["arm"] == arm].iloc[0]
            quartiles = [float(one[key]) for key in ("median", "lower_quartile", "upper_quartile")]
            cells += [
                Cell("count", (float(one["known"]),)),
                Cell("share", (float(one["with_costs"]), float(one["known"]))),
                _spread(one["mean"], one["sd"], 0),
                EMPTY if math.isnan(quartiles[0]) else Cell("median_iqr", tuple(quartiles), 0),
            ]
        name = str(category)
        rows.append(Row(labels.get(name, capitalised(name)), tuple(cells)))
    note = "Of participants of whom the whole period is known; missing costs are not taken as 0."
    return _table(frame, columns, rows, "Category", note)


def _evaluated(result: Any, labels: Labels) -> Table:
    """Means by arm, the difference, the ratio, and the difference by other means."""
    level = percent_level(result.level)
    columns = [
        Column(f"{labels.get(str(arm), str(arm))}, mean ({level}% CI)") for arm in result.arms
    ]
    columns.append(Column(f"Difference ({level}% CI)"))
    money = " ".join(str(one) for one in (result.currency, result.price_year) if one)
    event = result.increments.terms[1].startswith("prevented")
    effect = "Risk of the event" if event else EFFECTS.get(result.effect, result.effect)
    named = (
        f"{labels.get(result.cost, capitalised(result.cost))}{f' ({money})' if money else ''}",
        labels.get(result.effect, capitalised(effect)),
    )
    said = f"{capitalised(result.verdict).rstrip('.')}."
    reduced = ("The difference in risk is the risk of the first arm less that of the second.",)
    return Table(
        title="",
        stub="",
        columns=tuple(columns),
        rows=tuple(_evaluated_rows(result, named)),
        notes=(said, *(reduced if event else ()), result.method, *result.notes),
        source=result.source,
    )


def _evaluated_rows(result: Any, named: tuple[str, str]) -> list[Row]:
    means = [result.means.estimate(term) for term in result.means.terms]
    rows = [
        Row(
            name,
            (
                *(_estimate(one, places) for one in means[2 * k : 2 * k + 2]),
                _estimate(_of(result.increments, k), places),
            ),
        )
        for k, (name, places) in enumerate(zip(named, DECIMALS, strict=True))
    ]
    rows.append(
        Row(f"{capitalised(result.cost)} per {result.unit}", (EMPTY, EMPTY, _ratio(result)))
    )
    for head, other in (
        ("Difference by the regressions", result.regressions),
        ("Difference among complete cases", result.complete_cases),
    ):
        if other is not None:
            rows.append(Row(head))
            rows += [
                Row(name, (EMPTY, EMPTY, _estimate(_of(other, k), places)), 1)
                for k, (name, places) in enumerate(zip(named, DECIMALS, strict=True))
            ]
    return rows


def _of(estimates: Estimates, place: int) -> Estimate:
    return estimates.estimate(estimates.terms[place])


def _ratio(result: Any) -> Cell:
    """The ratio with Fieller's limits; where no ratio has a meaning, a word for what holds."""
    one = result.icer
    if math.isnan(one.estimate):
        word = "dominant" if "dominant" in result.verdict else "dominated"
        return words(word if "domina" in result.verdict else "no ratio")
    low, high = one.conf_low, one.conf_high
    whole = math.isfinite(low) and math.isfinite(high)
    ends = (low, high) if whole else (math.nan, math.nan)
    return Cell("estimate", (one.estimate, *ends), 0)


def _estimate(one: Estimate, decimals: int) -> Cell:
    return Cell("estimate", (one.estimate, one.conf_low, one.conf_high), decimals)


def _spread(mean: float, sd: float, decimals: int) -> Cell:
    if math.isnan(mean):
        return EMPTY
    if math.isnan(sd):
        return Cell("number", (float(mean),), decimals)
    return Cell("mean_sd", (float(mean), float(sd)), decimals)


def _arms(frame: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(str(arm) for arm in frame["arm"]))


def _over(frame: pd.DataFrame, arm: str, labels: Labels) -> str:
    size = int(frame.loc[frame["arm"] == arm, "randomised"].iloc[0])
    return f"{labels.get(arm, arm)} (n = {size})"


def _money(attrs: Mapping[Any, Any]) -> str:
    told = " ".join(str(attrs[key]) for key in ("currency", "price_year") if attrs.get(key))
    return f", {told}" if told else ""


def _under(rows: list[Row], category: str, labels: Labels) -> None:
    """A heading for each new category."""
    head = labels.get(category, capitalised(category))
    if not any(row.label == head and not row.indent for row in rows):
        rows.append(Row(head))


def _table(
    frame: pd.DataFrame, columns: list[Column], rows: list[Row], stub: str, *notes: str
) -> Table:
    own = (frame.attrs.get("method", ""), *notes, *frame.attrs.get("notes", ()))
    return Table(
        title="",
        stub=stub,
        columns=tuple(columns),
        rows=tuple(rows),
        notes=tuple(one for one in own if one),
        source=str(frame.attrs.get("source", "")),
    )
