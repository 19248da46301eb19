"""What does a curve say at chosen times? Numbers at risk, medians and estimates by group."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from walkstats._labels import capitalised, percent_level
from walkstats.results import Curve, Estimate, Result
from walkstats.results.curves import PROBABILITIES
from walkstats.results.incidences import Incidence
from walkstats.tables.cells import Cell
from walkstats.tables.description import Column, Row, Table


def curve_table(curve: Curve, at: Sequence[float], labels: Mapping[str, str]) -> Table:
    """Groups as columns; events, medians and the curve at chosen times as rows."""
    counted = "n_risk" in curve.frame
    rows = _event_rows(curve) if counted else []
    if curve.shape == "step" and curve.quantity in PROBABILITIES:
        rows.append(_median_row(curve))
    if len(at):
        rows += _rows_at(curve, at, counted)
    starting = curve.at([curve.start_x])["n_risk"] if counted else [None] * len(curve.groups)
    return Table(
        title="",
        stub="",
        columns=tuple(
            Column(labels.get(group, group), n=None if n is None else round(n))
            for group, n in zip(curve.groups, starting, strict=True)
        ),
        rows=tuple(rows),
        notes=(*remarks(curve), *_said_before_steps(curve, at)),
        source=curve.source,
    )


def incidence_table(incidence: Incidence, at: Sequence[float], labels: Mapping[str, str]) -> Table:
    """The same of outcomes that compete, under a heading for each."""
    tables = {one: curve_table(incidence.of(one), at, labels) for one in incidence.outcomes}
    rows = [
        row
        for one, table in tables.items()
        for row in (
            Row(capitalised(labels.get(one, one))),
            *(replace(row, indent=row.indent + 1) for row in table.rows),
        )
    ]
    first = next(iter(tables.values()))
    curves = (incidence.of(one) for one in incidence.outcomes)
    before = dict.fromkeys(note for curve in curves for note in _said_before_steps(curve, at))
    notes = (*remarks(incidence), *before)
    return replace(first, rows=tuple(rows), notes=notes, source=incidence.source)


def remarks(result: Result) -> tuple[str, ...]:
    """Method, counts and notes of a result, as footnotes."""
    counts = () if result.counts is None else (f"{capitalised(str(result.counts))}.",)
    return tuple(text for text in (result.method, *counts, *result.notes) if text)


def _said_before_steps(curve: Curve, at: Sequence[float]) -> tuple[str, ...]:
    """A note on limits that equal the estimate since nobody has had the event yet."""
    if curve.shape != "step" or not len(at):
        return ()
    read = curve.at([x for x in at if x > curve.start_x] or [curve.start_x])
    columns = ["estimate", "conf_low", "conf_high"]
    if not (read.loc[read[curve.x] > curve.start_x, columns] == curve.start).all(axis=1).any():
        return ()
    return (
        f"Where both limits are {curve.start:g}, nobody has had the event yet: no interval is "
        "meant.",
    )


def _event_rows(curve: Curve) -> list[Row]:
    ends = curve.at([max(curve.frame[curve.x].max(), curve.start_x)])
    # The reverse curve counts the end of follow-up as its event, and events as censorings.
    column = "n_censor" if curve.quantity == "follow-up" else "n_event"
    return [Row("Events", _by_group(curve, ends, _count_of(column)))]


def _median_row(curve: Curve) -> Row:
    medians = curve.quantile(0.5)
    cells = tuple(_time_cell(medians.estimate(group)) for group in curve.groups)
    return Row(f"Median, {_unit(curve)} ({percent_level(curve.level)}% CI)", cells)


def _unit(curve: Curve) -> str:
    """What time is counted in: days, where the column is called stop_days."""
    return curve.x.removeprefix("stop_")


def _rows_at(curve: Curve, at: Sequence[float], counted: bool) -> list[Row]:
    read = curve.at(list(at))
    rows = []
    for x in at:
        here = read[read[curve.x] == float(x)]
        what = f"{capitalised(curve.quantity)} at {x:g} {_unit(curve)}"
        cells = _by_group(curve, here, _value_cell)
        rows.append(Row(f"{what} ({percent_level(curve.level)}% CI)", cells))
        if counted:
            rows.append(Row("at risk", _by_group(curve, here, _count_of("n_risk")), indent=1))
    return rows


def _by_group(
    curve: Curve, frame: pd.DataFrame, cell: Callable[[pd.Series], Cell]
) -> tuple[Cell, ...]:
    found = dict(zip(frame["group"], (row for _, row in frame.iterrows()), strict=True))
    return tuple(cell(found[group]) for group in curve.groups)


def _count_of(name: str) -> Callable[[pd.Series], Cell]:
    return lambda row: Cell("count", (float(row[name]),))


def _value_cell(row: pd.Series) -> Cell:
    return Cell("estimate", (row["estimate"], row["conf_low"], row["conf_high"]), 3)


def _time_cell(one: Estimate) -> Cell:
    known = [x for x in (one.estimate, one.conf_low, one.conf_high) if x == x]
    decimals = 0 if any(abs(x) >= 10 for x in known) else 1
    return Cell("time", (one.estimate, one.conf_low, one.conf_high), decimals)
