"""Which rows does a Cox model need in which the effect of a term changes over time?

Arrays of ``effects_over_time``: rows are cut, and the columns of the term made for each period, or
beside a function of time.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._formula_columns import Piece, assemble, columns_by_variable
from walkstats._variables import Variable
from walkstats.errors import DataError
from walkstats.formulas import Terms
from walkstats.numerics.cutting import Pieces, cut_everywhere, merged
from walkstats.survival.cox_rows import CoxRows

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

PERIOD = "period"
# Rows at risk between two events, at most: 20 million take some 2 GB with five covariates.
MOST_ROWS = 20_000_000


@dataclass(frozen=True, eq=False)
class CutRows:
    """Rows cut, with the columns of the changing term.

    ``columns`` (q, c) are places of the c columns of the term among those of the new design, for
    each of q periods (or the effect at g = 0, and its change with g); ``of`` is g, ``times`` the
    distinct times of events.
    """

    rows: CoxRows
    columns: Indices
    said: str
    times: Floats
    of: Callable[[Floats], Floats] | None = None
    notes: tuple[str, ...] = ()


def spells_of_rows(rows: CoxRows) -> CoxRows:
    """The rows with a start each, and with events at time 0 inside their rows."""
    start = rows.start
    if start is None:
        low = min(float(rows.stop.min()), 0.0)
        start = np.full(rows.stop.size, low - 1.0 if rows.stop.min() <= low else low)
    alone = rows.subject is None or rows.counts.participants == rows.stop.size
    # Pieces of one row are no rows of one person that are taken as independent.
    return replace(rows, start=start, subject=None if alone else rows.subject)


def _taken(rows: CoxRows, pieces: Pieces, matrix: Floats, design: Terms) -> CoxRows:
    """The rows with one row per piece."""
    at = pieces.row

    def each(values: Any) -> Any:
        return None if values is None else values[at]

    cluster = rows.cluster
    if cluster is None:
        cluster = np.arange(rows.stop.size)
    return replace(
        rows, start=pieces.start, stop=pieces.stop, event=rows.event[at] & pieces.last,
        weights=each(rows.weights), frequencies=each(rows.frequencies), offset=each(rows.offset),
        matrix=matrix, design=design, strata=each(rows.strata), subjects=each(rows.subjects),
        subject=each(rows.subject), cluster=cluster[at], kept=rows.kept[at],
        index=rows.index[at],
    )  # fmt: skip


def by_period(rows: CoxRows, frame: pd.DataFrame, term: str, cuts: Floats) -> CutRows:
    """Rows cut at the cuts that have events on both sides, with columns for each period.

    Raises
    ------
    ValueError
        If no cut has.
    DataError
        For a period without events.
    """
    assert rows.start is not None
    times = np.unique(rows.stop[rows.event & (rows.stop > rows.start)])
    wanted = np.unique(cuts)
    inside = wanted[(wanted >= times[0]) & (wanted < times[-1])]
    if not inside.size:
        raise ValueError(
            f"No cut lies between the first and the last event, at {times[0]:g} and {times[-1]:g}."
        )
    (start, stop, at), _ = merged(rows.start, rows.stop, inside)
    pieces = cut_everywhere(start, stop, np.unique(at))
    period = np.searchsorted(np.unique(at), pieces.start, side="right")
    labels = _labels(inside)
    happened = rows.event[pieces.row] & pieces.last & (pieces.stop > pieces.start)
    copies = None if rows.frequencies is None else rows.frequencies[pieces.row][happened]
    number = np.bincount(period[happened], copies, minlength=len(labels))
    empty = [labels[k] for k in np.flatnonzero(number == 0)]
    if empty:
        raise DataError.of(
            f"no event in the period {', '.join(empty)}: no effect can be estimated there",
            column=rows.columns["time"],
            what_to_do="leave a cut out",
        )
    used = frame.iloc[rows.kept]
    design = _with(rows.design, used[:1], term, Variable(PERIOD, PERIOD, levels=labels))
    matrix = np.empty((pieces.row.size, len(design.names)))
    for k, label in enumerate(labels):
        here = period == k
        matrix[here] = design.matrix(used.assign(**{PERIOD: label}))[pieces.row[here]]
    counted = ", ".join(f"{label} {n:g}" for label, n in zip(labels, number, strict=True))
    notes = [f"Events by period: {counted}."]
    if inside.size < wanted.size:
        left = ", ".join(f"{cut:g}" for cut in wanted if cut not in inside)
        notes.append(f"No event lies before or after the cut(s) at {left}: not used.")
    return CutRows(
        rows=_taken(rows, pieces, matrix, design),
        columns=np.array([_ending(design, f":{PERIOD}[{label}]") for label in labels]),
        said=f"period (cut at {', '.join(f'{cut:g}' for cut in inside)})",
        times=times,
        notes=tuple(notes),
    )


def by_function(rows: CoxRows, frame: pd.DataFrame, term: str, by: Any) -> CutRows:
    """Rows cut at every time of an event, with columns of the term times a function of that time.

    Raises
    ------
    ValueError
        For a function that is not finite there, and for too many rows.
    """
    assert rows.start is not None
    (start, stop), _ = merged(rows.start, rows.stop)
    times = np.unique(stop[rows.event & (stop > start)])
    name, of = _function(by, rows.columns["time"])
    values = of(times)
    if not np.all(np.isfinite(values)):
        raise ValueError(f"{name} is not finite at every time of an event.")
    reached = np.searchsorted(times, stop, side="left") - np.searchsorted(times, start, "right")
    size = int(np.maximum(reached, 0).sum()) + stop.size
    if size > MOST_ROWS:
        raise ValueError(
            f"Cut at {times.size} times of events the {stop.size} rows would be {size}: use "
            'by="period", or round the times.'
        )
    pieces = cut_everywhere(start, stop, times)
    # A piece holds one time of an event at most: its end. Others are at risk at none.
    g = values[np.minimum(np.searchsorted(times, pieces.stop, side="left"), times.size - 1)]
    used = frame.iloc[rows.kept]
    design = _with(rows.design, used[:1], term, Variable(name, name))
    at_zero, at_one = (design.matrix(used.assign(**{name: value})) for value in (0.0, 1.0))
    matrix = at_zero[pieces.row] + g[:, None] * (at_one - at_zero)[pieces.row]
    first = np.arange(design.columns_of[term].start, design.columns_of[term].stop)
    second = design.columns_of[f"{term}:{name}"]
    return CutRows(
        rows=_taken(rows, pieces, matrix, design),
        columns=np.array([first, np.arange(second.start, second.stop)]),
        said=name,
        times=times,
        of=of,
    )


def _ending(design: Terms, ending: str) -> list[int]:
    return [k for k, name in enumerate(design.names) if name.endswith(ending)]


def _labels(cuts: Floats) -> tuple[str, ...]:
    ends = [f"{cut:g}" for cut in cuts]
    between = [f"{low} to {high}" for low, high in itertools.pairwise(ends)]
    return (f"up to {ends[0]}", *between, f"after {ends[-1]}")


def _function(by: Any, time: str) -> tuple[str, Callable[[Floats], Floats]]:
    """What the function of time is called, and the function, held to one number for each time."""
    name = "log" if by == "log" else getattr(by, "__name__", "")
    name = f"{name}({time})" if name.isidentifier() else f"g({time})"
    chosen = np.log if by == "log" else by

    def of(times: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.asarray(chosen(times), dtype=float)
        if values.shape != times.shape:
            raise ValueError("by must give one number for each time.")
        return values

    return name, of


def _with(design: Terms, row: pd.DataFrame, term: str, variable: Variable) -> Terms:
    """The design with the term times a variable: for each of its levels, or beside the term."""
    own = [piece for piece in design.pieces if piece.term == term]
    label = variable.label
    also = (label,) if variable.levels else ()
    products = [
        Piece(f"{term}:{label}", (*piece.variables, label), (*piece.full, *also)) for piece in own
    ]
    first = design.pieces.index(own[0])
    others = [piece for piece in design.pieces if piece.term != term]
    pieces = (*others[:first], *([] if variable.levels else own), *products, *others[first:])
    variables = {**design.variables, label: variable}
    value = variable.levels[0] if variable.levels else 0.0
    made = columns_by_variable(variables, row.assign(**{label: value}))
    _, names, columns_of = assemble(pieces, variables, made, len(row), False)
    levels = {**design.levels, **({label: variable.levels} if variable.levels else {})}
    return replace(
        design, names=tuple(names), columns_of=columns_of, pieces=pieces, levels=levels,
        variables=variables,
    )  # fmt: skip
