"""How is any other result laid out as a table? Estimates, tests, and answers made of them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from functools import singledispatch
from typing import Any

import pandas as pd

from walkstats import _digits
from walkstats._labels import capitalised, percent_level
from walkstats.results import Curve, Estimate, Estimates, Fit, HypothesisTest, Result
from walkstats.results.incidences import Incidence
from walkstats.tables.agreement_by_group import agreement_table, holds_agreement
from walkstats.tables.cells import EMPTY, Cell, words
from walkstats.tables.costs_by_arm import cost_table, holds_costs
from walkstats.tables.curves_read import curve_table, incidence_table, remarks
from walkstats.tables.description import Column, Row, Table
from walkstats.tables.effect_values import effect_values_table, holds_effect_curve
from walkstats.tables.fitted import fit_table
from walkstats.tables.harms_by_arm import events_table, holds_harms
from walkstats.tables.margins_met import holds_margins, margins_table
from walkstats.tables.missing_counts import holds_missing, missing_table
from walkstats.tables.models_beside import holds_models, models_table
from walkstats.tables.subgroup_levels import holds_subgroups, subgroup_table
from walkstats.tables.tests_beside import holds_tests, tests_table
from walkstats.tables.walked import walked_table


def table_of(
    result: Any,
    *,
    at: Sequence[float] = (),
    labels: Mapping[str, str] | None = None,
    title: str = "",
) -> Table:
    """Lay out a result as a table.

    Parameters
    ----------
    result : Curve, Estimate, Estimates, HypothesisTest, an answer made of them, mapping or frame
        A mapping is label -> Estimate, or label -> test against margins. Of an answer with several
        parts (restricted means, ...) each part becomes rows under its own heading. What is
        missing or was imputed is counted by group.
    at : sequence of float
        Of a curve: times at which it is read, in the unit of its x.
    labels : mapping of str to str, optional
        Term, part or group -> what to call it.
    title : str

    Returns
    -------
    Table
        Method and notes of the result are footnotes.

    Raises
    ------
    ValueError
        For something that is no result.

    Examples
    --------
    >>> from walkstats.results import HypothesisTest
    >>> test = HypothesisTest("log-rank test", "The curves are equal.", 13.37, 1, 0.000256)
    >>> print(table_of(test).to_csv(), end="")
    Test,Statistic,Degrees of freedom,p
    Log-rank test,13.37,1,<0.001
    """
    names = labels or {}
    if isinstance(result, Incidence):
        table = incidence_table(result, at, names)
    elif isinstance(result, Curve):
        table = curve_table(result, at, names)
    elif holds_margins(result):
        table = margins_table(result, names)
    elif holds_harms(result):
        table = events_table(result, labels=names, title="")
    elif holds_subgroups(result):
        table = subgroup_table(result, labels=names, title="")
    elif holds_effect_curve(result):
        table = effect_values_table(result, names)
    elif holds_costs(result):
        table = cost_table(result, labels=names)
    elif holds_agreement(result):
        table = agreement_table(result, labels=names)
    elif holds_missing(result):
        table = missing_table(result, names)
    else:
        table = walked_table(result, names) or _lay_out(result, names)
    return table.titled(title) if title else table


@singledispatch
def _lay_out(result: Any, labels: Mapping[str, str]) -> Table:
    if holds_models(result):
        return models_table(result, labels)
    if holds_tests(result):
        return tests_table(result, labels)
    parts = _parts(result)
    if not parts:
        more = (
            " table_of(result.to_frame()) has its numbers." if hasattr(result, "to_frame") else ""
        )
        raise ValueError(f"No table is known for a {type(result).__name__}.{more}")
    tables = {name: _lay_out(part, labels) for name, part in parts.items()}
    level = percent_level(next(iter(parts.values())).level)
    width = max(len(table.columns) for table in tables.values())
    columns = (Column(f"Estimate ({level}% CI)"), Column("p"))[:width]
    rows: list[Row] = []
    measures = [part.measure for part in parts.values()]
    for name, table in tables.items():
        said = PARTS.get(name, name.replace("_", " "))
        measured = parts[name].measure or said
        # Of several parts with one measure each says which it is.
        measured = f"{measured}: {said}" if measures.count(measured) > 1 else measured
        rows.append(Row(labels.get(name, capitalised(measured))))
        rows += [_under(row, width) for row in table.rows]
    notes = [note for table in tables.values() for note in table.notes]
    own = [getattr(result, "method", ""), *getattr(result, "notes", ())]
    every = list(dict.fromkeys([*own, *notes]))
    # The method of a part is often the first half of the whole's.
    told = [one for one in every if one and not any(one in o for o in every if o != one)]
    return Table(
        title="",
        stub="",
        columns=columns,
        rows=tuple(rows),
        notes=tuple(told),
        source=getattr(result, "source", "") or next(iter(tables.values())).source,
    )


def _parts(result: Any) -> dict[str, Estimates | Estimate]:
    if not dataclasses.is_dataclass(result) or isinstance(result, type):
        return {}
    named = {item.name: getattr(result, item.name) for item in dataclasses.fields(result)}
    return {
        name: part
        for name, part in named.items()
        if isinstance(part, Estimate) or (isinstance(part, Estimates) and part.terms)
    }


def _under(row: Row, width: int) -> Row:
    cells = row.cells + (EMPTY,) * (width - len(row.cells)) if row.cells else ()
    return Row(row.label, cells, row.indent + 1)


@_lay_out.register
def _fit(result: Fit, labels: Mapping[str, str]) -> Table:
    return fit_table(result, labels=labels)


@_lay_out.register
def _estimates(result: Estimates, labels: Mapping[str, str]) -> Table:
    named = {
        labels.get(term, term): result.estimate(term, ratio=result.has_ratio(term))
        for term in result.terms
    }
    return _rows_of(named, result)


@_lay_out.register
def _estimate(result: Estimate, labels: Mapping[str, str]) -> Table:
    return _rows_of({labels.get(result.term, result.term): result}, result)


@_lay_out.register
def _mapping(result: dict, labels: Mapping[str, str]) -> Table:
    if not result or not all(isinstance(one, Estimate) for one in result.values()):
        raise ValueError("A mapping must be label -> Estimate.")
    first = next(iter(result.values()))
    notes = tuple(dict.fromkeys(n for one in result.values() for n in remarks(one)))
    return dataclasses.replace(_rows_of(result, first), notes=notes)


def _rows_of(named: Mapping[str, Estimate], carrier: Result) -> Table:
    first = next(iter(named.values()))
    same = len({one.measure for one in named.values()}) == 1
    measure = capitalised(first.measure) if same and first.measure else "Estimate"
    tested = any(not math.isnan(one.p_value) for one in named.values())
    columns = [Column(f"{measure} ({percent_level(first.level)}% CI)")]
    # Estimates of one measure are compared with each other, so they share their decimals; those
    # of which nobody says what they measure (the paths of a mediation) may be of different units.
    shared: dict[str, int] = {}
    for label, one in named.items():
        own = _digits.decimals_for(_half_width(one))
        shared[one.measure or label] = max(own, shared.get(one.measure or label, 0))
    rows = []
    for label, one in named.items():
        timed = not tested and not one.measure.startswith(SHARES)
        kind = "ratio" if one.scale == "ratio" else "time" if timed else "estimate"
        decimals = None if kind == "ratio" else shared[one.measure or label]
        cell = Cell(kind, (one.estimate, one.conf_low, one.conf_high), decimals)
        p = EMPTY if math.isnan(one.p_value) else Cell("p", (one.p_value,))
        rows.append(Row(label, (cell, p) if tested else (cell,)))
    return Table(
        title="",
        stub="",
        columns=(*columns, Column("p")) if tested else tuple(columns),
        rows=tuple(rows),
        notes=remarks(carrier),
        source=carrier.source,
    )


# Untested estimates are times until so many had an event, which may not be reached; shares are not.
SHARES = ("proportion", "share", "probability")


def _half_width(one: Estimate) -> float:
    width = (one.conf_high - one.conf_low) / 2.0
    return width if math.isfinite(width) else abs(one.estimate) / 10.0


@_lay_out.register
def _test(result: HypothesisTest, labels: Mapping[str, str]) -> Table:
    cells: list[Cell] = [Cell("number", (result.statistic,), 2), Cell("count", (result.df,))]
    heads = ["Statistic", "Degrees of freedom"]
    if result.df_denominator is not None:
        cells.append(Cell("count", (result.df_denominator,)))
        heads.append("of the denominator")
    groups = result.parts.get("groups")
    told = groups if isinstance(groups, pd.DataFrame) and set(COMPARED) <= set(groups) else None
    before = [] if told is None else ["n", "Observed", "Expected"]
    beside = (EMPTY,) * (len(heads) + 1)
    named = Row(
        labels.get(result.name, capitalised(result.name)),
        (*(EMPTY,) * len(before), *cells, Cell("p", (result.p_value,))),
    )
    rows = [] if told is None else _observed_expected(told, labels, beside)
    return Table(
        title="",
        stub="Test" if told is None else "Group",
        columns=tuple(Column(head) for head in (*before, *heads, "p")),
        rows=(*rows, named),
        notes=(*remarks(result), *([_said_of_expected(result)] if rows else [])),
        source=result.source,
    )


# What parts of one measure are called beside it.
PARTS = {"differences": "at each visit", "overall": "over all visits"}
COMPARED = ("group", "n", "observed", "expected")


def _said_of_expected(result: HypothesisTest) -> str:
    """What is expected; Gray's test keeps those with another outcome among those at risk."""
    hazard = "subdistribution hazard" if result.name.startswith("Gray") else "hazard"
    return (
        f"Observed: events of the group; expected: those it would have had if the {hazard} were "
        "the same in all groups (both weighted as the test is)."
    )


def _observed_expected(
    groups: pd.DataFrame, labels: Mapping[str, str], beside: tuple[Cell, ...]
) -> list[Row]:
    """What a log-rank test compares, group by group."""
    return [
        Row(
            labels.get(str(one["group"]), str(one["group"])),
            (
                Cell("count", (float(one["n"]),)),
                Cell("count", (round(float(one["observed"]), 1),)),
                Cell("number", (float(one["expected"]),), 1),
                *beside,
            ),
        )
        for one in groups.to_dict("records")
    ]


@_lay_out.register
def _frame(result: pd.DataFrame, labels: Mapping[str, str]) -> Table:
    """The first column names the rows; numbers of a column share their decimals."""
    if result.shape[1] < 2:
        raise ValueError("A frame needs a column of labels and at least one other.")
    first, *others = result.columns
    cells = {name: _column_cells(result[name], str(name)) for name in others}
    return Table(
        title="",
        stub=labels.get(str(first), str(first)),
        columns=tuple(Column(labels.get(str(name), str(name))) for name in others),
        rows=tuple(
            Row(str(label), tuple(cells[name][k] for name in others))
            for k, label in enumerate(result[first])
        ),
        notes=tuple(result.attrs.get("notes", ())),
        source=str(result.attrs.get("source", "")),
    )


# Percentages of trials and test statistics are not read more finely than this.
DECIMALS = {"percent": 1, "statistic": 2}


def _column_cells(series: pd.Series, name: str) -> list[Cell]:
    if pd.api.types.is_bool_dtype(series.dtype) or not pd.api.types.is_numeric_dtype(series.dtype):
        return [EMPTY if pd.isna(value) else words(str(value)) for value in series]
    values = [float("nan") if pd.isna(value) else float(value) for value in series]
    if name == "p_value":
        return [Cell("p", (value,)) for value in values]
    known = [abs(value) for value in values if math.isfinite(value)]
    whole = all(value.is_integer() for value in known)
    needed = max((_digits.ratio_decimals(value) for value in known if value), default=0)
    decimals = DECIMALS.get(name, 0 if whole else needed)
    return [EMPTY if math.isnan(value) else Cell("number", (value,), decimals) for value in values]
