"""Which rows belong to one person, and at which visit was each measured?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column
from walkstats._variables import as_numbers, is_factor, levels_of, missing
from walkstats.errors import DataError, FitError
from walkstats.regression.count_rows import check_counts, log_exposure, with_exposure
from walkstats.regression.estimating.working_correlations import Panel, Structure
from walkstats.regression.risks.binary_rows import read_binary
from walkstats.regression.rows import Rows, read_rows

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class PanelRows:
    """The rows of a frame that estimating equations use.

    Attributes
    ----------
    rows : Rows
        In the frame's order.
    kept : (n,) positions in the frame given
    offset : (n,) array
    left_out : dict of str to int
        Rows without exposure.
    event : str
        What is modelled, of an outcome that happens or not; else the outcome's name.
    order : (n,) positions that sort the rows by person and visit
    panel : Panel
        In that order.
    visits : tuple of str
        Names of the visits.
    """

    rows: Rows
    kept: NDArray[np.int64]
    offset: Floats
    left_out: dict[str, int]
    event: str
    order: Codes
    panel: Panel
    visits: tuple[str, ...]


def read_panel(
    frame: pd.DataFrame,
    formula: str,
    structure: Structure,
    *,
    family: str,
    subject: str,
    visit: str | None,
    event_value: object,
    exposure: str | None,
    offset: str | None,
    weights: str | None,
) -> PanelRows:
    """Read a frame with several rows per person.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per person and visit.
    formula : str
    structure : Structure
        Of the working correlation; says whether visits are needed.
    family : {"gaussian", "binomial", "poisson"}
    subject, visit, exposure, offset, weights : str or None
        Columns.
    event_value : object

    Returns
    -------
    PanelRows

    Raises
    ------
    ValueError
        For columns that are not there, and visits that the structure needs.
    DataError
        For people or visits that are missing, and visits that a person has twice.
    FitError
        For too few rows or people.
    """
    check_column(frame, subject, "the participant")
    if structure.needs_visits and visit is None:
        raise ValueError(
            f"correlation={structure.name!r} needs visit=, the column that says which rows of a "
            "person are neighbours; the order of rows says nothing."
        )
    followed, given, left_out = with_exposure(frame, formula, exposure)
    event = ""
    if family == "binomial":
        read = read_binary(
            given, formula, event_value=event_value, weights=weights, frequencies=None,
            cluster=None, subject=subject,
        )  # fmt: skip
        rows, event = read.rows, read.event
    else:
        rows = read_rows(given, formula, weights=weights, cluster=None, subject=subject)
    if family == "poisson":
        check_counts(rows)
    shift = log_exposure(given, rows, exposure, offset)
    assert rows.people is not None
    people = int(rows.people.max()) + 1
    if people <= len(rows.design.terms.names):
        raise FitError(
            f"{len(rows.design.terms.names)} coefficients cannot be estimated from {people} "
            f"people of {subject}: the variance is that between people. Use fewer terms."
        )
    order, panel, visits = _panel(given, rows, structure, subject, visit)
    return PanelRows(
        rows, followed[rows.kept], shift, left_out, event or rows.outcome_name, order, panel, visits
    )


def _panel(
    frame: pd.DataFrame, rows: Rows, structure: Structure, subject: str, visit: str | None
) -> tuple[Codes, Panel, tuple[str, ...]]:
    assert rows.people is not None
    position = np.zeros(rows.people.size, dtype=np.intp)
    names: tuple[str, ...] = ("",)
    time = np.full(rows.people.size, np.nan)
    if visit is not None:
        series = check_column(frame, visit, "the visit").iloc[rows.kept]
        position, time, names = _visits(series, rows, structure, visit)
        _check_twice(frame, rows, position, subject, visit, names)
    order = np.lexsort((position, rows.people))
    people = np.unique(rows.people[order], return_inverse=True)[1]
    sizes = np.bincount(people)[people]
    weights = np.ones(people.size) if rows.weights is None else rows.weights[order]
    panel = Panel(people, sizes, position[order], time[order], len(names), weights)
    if structure.name == "unstructured":
        _check_seen_together(panel, names)
    return order, panel, names


def _visits(
    series: pd.Series, rows: Rows, structure: Structure, visit: str
) -> tuple[Codes, Floats, tuple[str, ...]]:
    """Codes, numbers and names of the visits of the rows used."""
    gaps = np.flatnonzero(missing(series))
    if gaps.size:
        raise DataError.of(
            f"{visit} is missing in {gaps.size} of the {len(series)} rows used",
            column=str(visit),
            row=int(rows.kept[gaps[0]]),
            count=int(gaps.size),
            what_to_do="fill the visit in, or leave these rows out on purpose",
        )
    if is_factor(series):
        if structure.name == "ar1":
            raise DataError.of(
                f"{visit} holds names; correlation='ar1' needs to know how far visits lie apart",
                column=str(visit),
                what_to_do="give visits as numbers, such as months",
            )
        names, _ = levels_of(series)
        place = {name: k for k, name in enumerate(names)}
        codes = np.array([place[str(one)] for one in series], dtype=np.intp)
        return codes, np.full(len(series), np.nan), names
    time = as_numbers(series, str(visit))
    distinct, codes = np.unique(time, return_inverse=True)
    return codes.astype(np.intp), time, tuple(f"{one:g}" for one in distinct)


def _check_twice(
    frame: pd.DataFrame,
    rows: Rows,
    position: Codes,
    subject: str,
    visit: str,
    names: tuple[str, ...],
) -> None:
    """Nobody has two rows at one visit."""
    assert rows.people is not None
    both = rows.people * len(names) + position
    again = np.flatnonzero(pd.Series(both).duplicated(keep=False))
    if again.size:
        first = rows.kept[again]
        people = [str(one) for one in pd.unique(frame[subject].iloc[first])]
        here = [int(row) for row in rows.kept[both == both[again[0]]]]
        raise DataError.of(
            f"{people[0]} has {visit} {names[position[again[0]]]} in rows "
            f"{' and '.join(map(str, here))}",
            column=str(visit),
            row=here[0],
            ids=people,
            count=int(again.size),
            what_to_do="keep one row per participant and visit",
        )


def _check_seen_together(panel: Panel, names: tuple[str, ...]) -> None:
    """Every pair of visits is seen in somebody."""
    first, second = panel.pairs
    together = np.zeros((len(names), len(names)), dtype=bool)
    together[panel.position[first], panel.position[second]] = True
    rows, columns = np.triu_indices(len(names), 1)
    apart = np.flatnonzero(~together[rows, columns])
    if apart.size:
        listed = ", ".join(f"{names[rows[k]]} and {names[columns[k]]}" for k in apart[:5])
        raise FitError(
            f"Nobody has both of these visits: {listed}. Their correlation cannot be estimated; "
            "use correlation='exchangeable' or 'ar1'."
        )
