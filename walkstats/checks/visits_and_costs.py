"""Are scores within their scales, visits within their windows, and costs complete?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from walkstats._follow_up import DAYS_PER_MONTH, visited_after
from walkstats.checks.dictionary import nearest
from walkstats.checks.material import Material
from walkstats.checks.rules import Rows, Rule, Told, counted
from walkstats.errors import IDS_SHOWN

MANY, FAR = 20, 10.0
"""Items with so many rows are looked at for values so many times above the other 95%."""


def _scales(material: Material) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest value of the measure of each row."""
    measures = material.tables["outcomes"]["measure"]
    lows = {n: -np.inf if m.low is None else m.low for n, m in material.measures.items()}
    highs = {n: np.inf if m.high is None else m.high for n, m in material.measures.items()}
    low = measures.map(lows).to_numpy(dtype=float)
    high = measures.map(highs).to_numpy(dtype=float)
    return low, high


def _off_scale(material: Material) -> np.ndarray:
    low, high = _scales(material)
    value = material.numbers("outcomes", "value")
    with np.errstate(invalid="ignore"):
        return ((value < low) | (value > high)) & np.isfinite(value)


def _told_off_scale(material: Material, rows: np.ndarray) -> str:
    frame = material.tables["outcomes"]
    told = []
    for k in rows[:IDS_SHOWN]:
        row = frame.iloc[k]
        measure = material.measures[row["measure"]]
        low = "any" if measure.low is None else format(measure.low, "g")
        high = "any" if measure.high is None else format(measure.high, "g")
        told.append(
            f"{row['participant_id']} month {row['month']:g} {row['measure']} {row['value']:g} "
            f"of {low} to {high}{_as_code(material, int(k))}"
        )
    return "; ".join(told)


def _as_code(material: Material, position: int) -> str:
    code = material.almost_missing("outcomes", "value", position)
    cell = material.cell("outcomes", "value", position)
    return f" ({cell!r}: the code for missing {code!r} written otherwise?)" if code else ""


def _unknown_measure(material: Material) -> np.ndarray:
    measures = material.tables["outcomes"]["measure"]
    return (measures.notna() & ~measures.isin(list(material.measures))).to_numpy(dtype=bool)


def _told_measures(material: Material, rows: np.ndarray) -> str:
    told = []
    known = list(material.measures)
    for name in dict.fromkeys(material.tables["outcomes"]["measure"].iloc[rows]):
        near = nearest(name, known)
        told.append(f"{name!r}" + (f" (did you mean {near!r}?)" if near else ""))
    return ", ".join(told[:IDS_SHOWN])


def _month_of(material: Material) -> np.ndarray:
    """When the visit took place [months]: its own day where the table has one, else its month."""
    frame = material.tables["outcomes"]
    if "assessed_days" in frame and frame["assessed_days"].dtype == float:
        return frame["assessed_days"].to_numpy() / DAYS_PER_MONTH
    return material.numbers("outcomes", "month")


def _outside_window(material: Material) -> np.ndarray:
    windows = material.visit_windows
    month = material.numbers("outcomes", "month")
    outside = np.zeros(len(month), dtype=bool)
    if not windows:
        return outside
    when = _month_of(material)
    begin = np.array([windows.get(m, (np.nan, np.nan))[0] for m in month])
    end = np.array([windows.get(m, (np.nan, np.nan))[1] for m in month])
    answered = material.tables["outcomes"]["value"].notna().to_numpy()
    with np.errstate(invalid="ignore"):
        outside = (when < begin) | (when > end)
        no_visit = np.isnan(begin) & (month > 0)
    return answered & (outside | no_visit)


def _told_windows(material: Material, rows: np.ndarray) -> str:
    frame = material.tables["outcomes"]
    when = _month_of(material)
    told = []
    for k in rows[:IDS_SHOWN]:
        month = float(frame["month"].iloc[k])
        window = material.visit_windows.get(month)
        who = frame["participant_id"].iloc[k]
        if window is None:
            told.append(f"{who}: month {month:g} is no visit of this trial")
        else:
            told.append(f"{who}: visit {month:g} at month {when[k]:.3g}, window {_span(window)}")
    return "; ".join(told)


def _span(window: tuple[float, float]) -> str:
    return f"{window[0]:g} to {window[1]:g}"


def _visited_after(end: str) -> Rows:
    """Values from a visit after a day of its participant."""

    def broken(material: Material) -> np.ndarray:
        last = material.of_participants("outcomes", end).to_numpy(dtype=float)
        frame = material.tables["outcomes"]
        late = visited_after(material.numbers("outcomes", "month"), last)
        if "assessed_days" in frame and frame["assessed_days"].dtype == float:
            day = frame["assessed_days"].to_numpy()
            with np.errstate(invalid="ignore"):
                late = np.where(np.isnan(day), late, day > last)
        return late & frame["value"].notna().to_numpy()

    return broken


def _change_without_baseline(material: Material) -> np.ndarray:
    """The first value after month 0 of a participant and measure without a value at month 0."""
    frame = material.tables["outcomes"]
    measures, _ = pd.factorize(frame["measure"])
    people, _ = pd.factorize(frame["participant_id"])
    month = material.numbers("outcomes", "month")
    known = (people >= 0) & ~np.isnan(material.numbers("outcomes", "value")) & ~np.isnan(month)
    pair = people * (measures.max(initial=0) + 2) + measures
    before = known & (month <= 0)
    lacking = known & (month > 0) & (measures >= 0) & ~np.isin(pair, pair[before])
    places = np.flatnonzero(lacking & np.isin(measures, measures[before]))
    places = places[np.argsort(month[places], kind="stable")]
    rows = np.zeros(len(frame), dtype=bool)
    rows[places[np.unique(pair[places], return_index=True)[1]]] = True
    return rows


def _told_by_arm(material: Material, rows: np.ndarray) -> str:
    frame = material.tables["outcomes"]
    people = material.tables["participants"]["participant_id"]
    told = []
    for name, ids in frame.iloc[rows].groupby("measure", sort=False)["participant_id"]:
        told.append(f"{name}{material.arm_counts(people.isin(ids).to_numpy())}")
    return ", ".join(told)


def _partly_missing(column: str) -> Rows:
    def broken(material: Material) -> np.ndarray:
        missing = material.missing("costs", column)
        return missing & (not material.tables["costs"][column].isna().all())

    return broken


def _far_above(column: str) -> Rows:
    """Ten times as much as 95% of the rows of the same item have, of items with many rows."""

    def broken(material: Material) -> np.ndarray:
        frame = material.tables["costs"]
        values = material.numbers("costs", column)
        if len(values) < MANY:
            return np.zeros(len(values), dtype=bool)
        named = frame["category"].notna() & frame["item"].notna()
        rows = np.flatnonzero(named.to_numpy(dtype=bool) & (values > 0))
        found = np.zeros(len(values), dtype=bool)
        if not len(rows):
            return found
        codes = frame.iloc[rows].groupby(["category", "item"], sort=False).ngroup().to_numpy()
        order = np.lexsort((values[rows], codes))
        ends = np.append(np.flatnonzero(np.diff(codes[order])), len(order) - 1)
        sizes = np.diff(ends, prepend=-1)
        for end, size in zip(ends[sizes >= MANY], sizes[sizes >= MANY], strict=True):
            top = rows[order[end - size + 1 : end + 1]]
            limit = FAR * values[top][: -(size // 20 + 1)].max()
            found[top[values[top] > limit]] = True
        return found

    return broken


def _several_currencies(material: Material) -> np.ndarray:
    """Rows in another currency than most, where costs have such a column."""
    named = material.carried("costs", ("currency",))
    if named is None:
        return np.zeros(len(material.tables["costs"]), dtype=bool)
    plain = named.astype(object).map(lambda one: str(one).strip().casefold())
    plain = plain.where(named.notna().to_numpy(dtype=bool))
    usual = plain.mode()
    return (plain.notna() & ~plain.isin(usual.head(1))).to_numpy(dtype=bool)


def _told_currencies(material: Material, rows: np.ndarray) -> str:
    named = material.carried("costs", ("currency",))
    if named is None:
        return ""
    counts = named.value_counts().head(IDS_SHOWN)
    return ", ".join(f"{one} in {counted(int(n), 'row')}" for one, n in counts.items())


def _told_items(column: str) -> Told:
    def told(material: Material, rows: np.ndarray) -> str:
        frame = material.tables["costs"].iloc[rows[:IDS_SHOWN]]
        return "; ".join(
            f"{one['participant_id']} {one['item']} {one[column]:g}"
            for one in frame.to_dict("records")
        )

    return told


VISIT_RULES = (
    Rule(
        "outcomes",
        "value",
        "error",
        "scores outside their scale: {told}",
        "correct them, or declare the code for missing; trial.toml can declare the scale of a "
        "measure under measures",
        _off_scale,
        _told_off_scale,
        topic="values",
    ),
    Rule(
        "outcomes",
        "measure",
        "warning",
        "the dictionary does not know {told}: its scale is not checked, and nothing says whether "
        "higher is better or worse",
        "spell it as the dictionary does, or declare it: measures.name = "
        '{ low = 0, high = 100, better = "lower" }',
        _unknown_measure,
        _told_measures,
        topic="values",
        looks_for="outcome measures that the dictionary does not know",
    ),
    Rule(
        "outcomes",
        "month",
        "warning",
        "visits outside their windows: {told}",
        "they are kept; correct the day or the windows in trial.toml if they are wrong",
        _outside_window,
        _told_windows,
        topic="time",
    ),
    Rule(
        "outcomes",
        "month",
        "warning",
        "values from visits after withdrawal",
        "they are kept in the table and out of analyses, which say how many",
        _visited_after("withdrawn_days"),
        topic="time",
    ),
    Rule(
        "outcomes",
        "month",
        "warning",
        "values from visits after the planned end of follow-up",
        "they are kept in the table and out of analyses, which say how many",
        _visited_after("planned_end_days"),
        topic="time",
    ),
    Rule(
        "outcomes",
        "value",
        "warning",
        "there are later values and none at month 0, so no change and no adjustment: {told}",
        "enter the baseline if it is known; analyses that need it leave them out and say so",
        _change_without_baseline,
        _told_by_arm,
        topic="completeness",
        looks_for="measures with later values and none at month 0",
    ),
    Rule(
        "costs",
        "currency",
        "error",
        "costs in several currencies: {told}",
        "turn all into the one that trial.toml names, at the rate that the paper reports",
        _several_currencies,
        _told_currencies,
        topic="units",
        looks_for="several currencies, where costs have a column currency",
    ),
    Rule(
        "costs",
        "quantity",
        "warning",
        "some quantities are missing: they stay missing and are not 0",
        "enter them; totals say how many of them rest on missing items",
        _partly_missing("quantity"),
        topic="completeness",
    ),
    *(
        Rule(
            "costs",
            column,
            "warning",
            f"{column} ten times above those of nearly all rows of the same item: {{told}}",
            hint,
            _far_above(column),
            _told_items(column),
            topic="plausibility",
        )
        for column, hint in (
            ("quantity", "is it minutes for hours, or a digit too many? it is kept as it is"),
            ("unit_cost", "is it in cents, or in another currency? it is kept as it is"),
        )
    ),
    Rule(
        "costs",
        "unit_cost",
        "warning",
        "some unit costs are missing: they stay missing and are not 0",
        "enter them; totals say how many of them rest on missing items",
        _partly_missing("unit_cost"),
        topic="completeness",
    ),
)
