"""Which rows enter a model of repeated measures: whose are they, and of which visit?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_frame
from walkstats._variables import in_natural_order, is_factor, levels_of, missing, said_of_words
from walkstats.errors import DataError, FitError
from walkstats.regression.repeated_measures.structures import Structure
from walkstats.regression.rows import Rows, read_rows

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

# Of the residuals of a visit, so many degrees of freedom are none.
NOTHING_LEFT = 1e-6
# Steps between visits that differ by a larger factor are uneven.
EVEN = 1.05


@dataclass(frozen=True)
class VisitRows:
    """Rows of a model of repeated measures, as arrays.

    Attributes
    ----------
    rows : Rows
    people : (n,) integer codes
    ids : (N,) array
        The participant of each code.
    visit : (n,) integer codes
    visits : tuple of str
        In order.
    times : (T,) array
        The visits as numbers, missing where they are words.
    group : (N,) integer codes
        Of each person: groups have covariances of their own.
    groups : tuple of str
        ("all",) where they have not.
    notes : tuple of str
    """

    rows: Rows
    people: Codes
    ids: NDArray[Any]
    visit: Codes
    visits: tuple[str, ...]
    times: Floats
    group: Codes
    groups: tuple[str, ...]
    notes: tuple[str, ...]


def read_visits(
    frame: pd.DataFrame,
    design_frame: pd.DataFrame,
    formula: str,
    *,
    subject: str,
    visit: str,
    by: str | None,
) -> VisitRows:
    """Read a frame for a model of repeated measures.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant and visit.
    design_frame : pandas.DataFrame
        The same rows, as the formula is to read them.
    formula : str
    subject, visit : str
    by : str or None
        Column of the groups that have covariances of their own.

    Returns
    -------
    VisitRows

    Raises
    ------
    ValueError
        For a formula or column that cannot be used.
    DataError
        For rows without participant or visit, and two rows of one visit of a participant.
    """
    check_frame(frame)
    roles = ((subject, "the participant"), (visit, "the visit"), (by, "groups of covariance"))
    for name, role in roles:
        if name is not None:
            check_column(frame, name, role)
    rows = read_rows(design_frame, formula, weights=None, cluster=None, subject=subject)
    assert rows.people is not None
    used = frame.iloc[rows.kept]
    first = np.unique(rows.people, return_index=True)[1]
    ids = used[subject].to_numpy()[first]
    codes, visits, times = ordered_codes(used, visit, rows.kept, counted=True)
    refuse_twice(used, rows.people, codes, visits, subject, visit)
    group: Codes = np.zeros(first.size, dtype=np.intp)
    groups: tuple[str, ...] = ("all",)
    if by is not None:
        of_rows, groups, _ = ordered_codes(used, by, rows.kept)
        group = of_rows[first]
        _refuse_moves(used, of_rows != group[rows.people], subject, by)
    notes = (*said_of_words(used[visit], visits), *_without_rows(frame, ids, subject))
    return VisitRows(rows, rows.people, ids, codes, visits, times, group, groups, notes)


def ordered_codes(
    used: pd.DataFrame, name: str, kept: NDArray[np.int64], *, counted: bool = False
) -> tuple[Codes, tuple[str, ...], Floats]:
    """Codes of a column in the order of its categories, or sorted; its labels, and as numbers.

    Parameters
    ----------
    used : pandas.DataFrame
    name : str
    kept : (n,) positions of the rows in the frame given
    counted : bool
        Words in the order in which a reader counts, "month 3" before "month 12", and not sorted.

    Returns
    -------
    codes : (n,) array
    labels : tuple of str
    numbers : (m,) array
        Missing where a label is no number.

    Raises
    ------
    DataError
        Where it is missing, for dates, and for numbers as text.
    """
    series = used[name]
    gaps = np.flatnonzero(missing(series))
    if gaps.size:
        raise DataError.of(
            f"{name} is missing in {gaps.size} of the {len(series)} rows used",
            column=str(name),
            row=int(kept[gaps[0]]),
            count=int(gaps.size),
            what_to_do="fill it in, or leave these rows out on purpose",
        )
    if not isinstance(series.dtype, pd.CategoricalDtype):
        is_factor(series)
    labels, _ = levels_of(series)
    if isinstance(series.dtype, pd.CategoricalDtype):
        values, codes = np.unique(series.cat.codes.to_numpy(), return_inverse=True)
        levels = series.cat.categories.to_numpy()[values]
    else:
        levels, codes = np.unique(series.to_numpy(), return_inverse=True)
        if counted and levels.dtype.kind not in "fiub" and is_factor(series):
            order = in_natural_order(levels)
            place = {level: k for k, level in enumerate(order)}
            codes = np.array([place[level] for level in levels], dtype=np.intp)[codes]
            labels, levels = tuple(map(str, order)), np.array(order, dtype=object)
    numbers = pd.to_numeric(pd.Series(levels).astype(object), errors="coerce").to_numpy(dtype=float)
    return codes.astype(np.intp).ravel(), labels, numbers


def check_repeats(read: VisitRows, structure: Structure) -> None:
    """Refuse data in which nothing is repeated, or a visit has one person only.

    Parameters
    ----------
    read : VisitRows
    structure : Structure

    Raises
    ------
    FitError
    """
    if len(read.visits) < 2:
        raise FitError(
            f"All rows are of one visit, {read.visits[0]}: nothing is repeated. Use ols."
        )
    if np.bincount(read.people).max() < 2:
        raise FitError(
            "No participant has two visits: how visits hang together cannot be seen. Use ols."
        )
    counts = np.bincount(read.visit)
    if structure.heterogeneous and counts.min() < 2:
        raise FitError(
            f"Too few people: 1 participant was seen at visit {read.visits[counts.argmin()]}, so "
            "that no variance can be told. Leave the visit out, or use "
            "covariance='compound-symmetry'."
        )


def check_enough(read: VisitRows, structure: Structure, leverage: Floats) -> None:
    """Refuse data that cannot tell the covariance of the visits.

    Parameters
    ----------
    read : VisitRows
    structure : Structure
    leverage : (n,) array
        Of the rows, by least squares.

    Raises
    ------
    FitError
        For visits seen too rarely, and pairs of visits nobody was seen at.
    """
    for g, name in enumerate(read.groups):
        seen = np.zeros((len(read.ids), len(read.visits)), dtype=bool)
        seen[read.people, read.visit] = True
        of = read.group == g
        mine = of[read.people]
        left = np.bincount(read.visit[mine], 1.0 - leverage[mine], minlength=len(read.visits))
        where = "" if len(read.groups) == 1 else f" of {name}"
        if structure.heterogeneous:
            _refuse_few(read, seen[of].sum(axis=0), left, where)
        if structure.name == "unstructured":
            _refuse_apart(read, seen[of], where)
        elif "toeplitz" in structure.name:
            _refuse_lags(seen[of], where)


def _refuse_few(read: VisitRows, people: NDArray[Any], left: NDArray[Any], where: str) -> None:
    for visit, count, free in zip(read.visits, people, left, strict=True):
        if count < 2 or free < NOTHING_LEFT:
            who = f"{count} participant{'' if count == 1 else 's'}{where}"
            raise FitError(
                f"Too few people at visit {visit}: {who} {'is' if count == 1 else 'are'} fitted "
                "exactly, so that no variance can be told. Leave the visit out, or use "
                "covariance='compound-symmetry'."
            )


def _refuse_apart(read: VisitRows, seen: NDArray[np.bool_], where: str) -> None:
    both = seen.T.astype(int) @ seen
    rows, columns = np.nonzero(np.triu(both == 0, 1))
    if rows.size:
        pair = f"{read.visits[rows[0]]} and {read.visits[columns[0]]}"
        more = f" (and {rows.size - 1} more pairs)" if rows.size > 1 else ""
        raise FitError(
            f"Nobody{where} was seen at both of the visits {pair}{more}: their covariance cannot "
            "be told. Use a covariance with fewer parameters, such as 'compound-symmetry'."
        )


def _refuse_lags(seen: NDArray[np.bool_], where: str) -> None:
    for lag in range(1, seen.shape[1]):
        if not np.any(seen[:, :-lag] & seen[:, lag:]):
            raise FitError(
                f"Nobody{where} was seen at two visits {lag} apart: their correlation cannot be "
                "told. Use a covariance with fewer parameters, such as 'ar1'."
            )


def refuse_twice(
    used: pd.DataFrame,
    people: Codes,
    codes: Codes,
    visits: tuple[str, ...],
    subject: str,
    visit: str,
) -> None:
    """Refuse two rows of one visit of a participant, with their ids."""
    cell = people * len(visits) + codes
    order = np.argsort(cell, kind="stable")
    again = np.sort(order[1:][np.diff(cell[order]) == 0])
    if again.size:
        who = list(dict.fromkeys(used[subject].iloc[again].astype(str)))
        raise DataError.of(
            f"{len(who)} participant{'s have' if len(who) > 1 else ' has'} two rows of one visit, "
            f"the first at {visit} {visits[codes[again[0]]]}",
            column=str(visit),
            ids=who,
            count=int(again.size),
            what_to_do="keep one row per participant and visit",
        )


def _refuse_moves(used: pd.DataFrame, moved: NDArray[np.bool_], subject: str, by: str) -> None:
    if moved.any():
        who = list(dict.fromkeys(used[subject].iloc[np.flatnonzero(moved)].astype(str)))
        raise DataError.of(
            f"{by} changes within {len(who)} participant{'s' if len(who) > 1 else ''}",
            column=str(by),
            ids=who,
            what_to_do="groups with covariances of their own are groups of people",
        )


def _without_rows(frame: pd.DataFrame, ids: NDArray[Any], subject: str) -> list[str]:
    """Say how many people have no row that could be used, by arm where there is one."""
    everybody = frame[subject].dropna()
    lost = everybody[~everybody.isin(ids)].drop_duplicates()
    if lost.empty:
        return []
    each = ""
    if "arm" in frame.columns:
        arms = frame.loc[lost.index, "arm"] if frame.index.is_unique else lost.iloc[:0]
        counts = arms.value_counts(sort=False).sort_index()
        each = ", ".join(f"{arm} {count}" for arm, count in counts.items() if count)
    noun = "participant has" if len(lost) == 1 else "participants have"
    return [
        f"{len(lost)} {noun} no visit with an outcome (and all covariates) and cannot be used"
        f"{f': {each}' if each else ''}."
    ]


def notes_on_visits(
    read: VisitRows, structure: Structure, visit: str, design_columns: tuple[Any, ...]
) -> list[str]:
    """What a reader must know of the visits.

    Parameters
    ----------
    read : VisitRows
    structure : Structure
    visit : str
    design_columns : tuple
        Columns that the formula reads.

    Returns
    -------
    list of str
    """
    notes = list(read.notes)
    if visit not in design_columns:
        notes.append(
            f"The formula does not hold {visit}: the mean is taken to be the same at all visits "
            "but for the covariates."
        )
    steps = np.diff(read.times)
    if structure.ordered and np.all(np.isfinite(steps)) and steps.max() > EVEN * steps.min():
        notes.append(
            f"{structure.name} counts visits ({', '.join(read.visits)}), not the time between "
            "them, which is not even."
        )
    return notes
