"""Which values of a frame stand side by side when one is to predict another?

With one row per participant, the columns. With one row per visit, the columns at every visit, so
that a participant's other visits tell something about the missing one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_column
from walkstats._variables import missing, said_of_words
from walkstats.errors import DataError
from walkstats.missing.completed import is_change
from walkstats.missing.incomplete_columns import IncompleteColumn, read_column
from walkstats.missing.patterns import check_one_group, placed, shown_visit

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

# By kind of numpy's types, what holds their values and missing ones.
HOLDS_MISSING = {"i": "Int64", "u": "UInt64", "b": "boolean"}


@dataclass(frozen=True)
class Layout:
    """What is imputed together.

    Attributes
    ----------
    frame : pandas.DataFrame
        The frame, with a row for every visit.
    columns : list of IncompleteColumn
        Imputed columns and predictors, n values each; over visits one per column and visit.
    groups : (n,) array
        Group of each value.
    places : mapping of name to (column, (n,) or (n, rows) positions)
        Column and row of the frame that each value stands in; several rows, over visits, for what
        is the same at all of them.
    notes : list of str
    """

    frame: pd.DataFrame
    columns: list[IncompleteColumn]
    groups: NDArray[Any]
    places: Mapping[str, tuple[str, NDArray[np.intp]]]
    notes: list[str] = field(default_factory=list)

    def column_of(self, name: str) -> str:
        """Column of the frame behind one of ``columns``."""
        return self.places[name][0]

    def only_predict(self) -> list[str]:
        """Columns without gaps."""
        gaps = {self.column_of(one.name) for one in self.columns if one.gaps.any()}
        every = dict.fromkeys(self.column_of(one.name) for one in self.columns)
        return [column for column in every if column not in gaps]

    def back(self, values: Mapping[str, Floats]) -> tuple[dict[str, Booleans], dict[str, Floats]]:
        """Rows of the frame whose value was imputed, and the values (m, rows), by column."""
        imputed: dict[str, Booleans] = {}
        stacked: dict[str, Floats] = {}
        by_name = {one.name: one for one in self.columns}
        for column in dict.fromkeys(self.column_of(name) for name in values):
            names = [name for name in values if self.column_of(name) == column]
            places = [self.places[n][1].reshape(len(self.groups), -1) for n in names]
            placed_at = [p[by_name[n].gaps] for n, p in zip(names, places, strict=True)]
            rows = np.concatenate([each.ravel() for each in placed_at])
            spread = [
                np.repeat(values[n], each.shape[1], axis=1)
                for n, each in zip(names, placed_at, strict=True)
            ]
            order = np.argsort(rows, kind="stable")
            imputed[column] = np.zeros(len(self.frame), dtype=bool)
            imputed[column][rows] = True
            stacked[column] = np.concatenate(spread, axis=1)[:, order]
        return imputed, stacked


def rows_as_they_are(
    frame: pd.DataFrame, columns: Any, using: Any, by: str | None, subject: str
) -> Layout:
    """One row per participant."""
    if subject in frame.columns and frame[subject].duplicated().any():
        ids = frame.loc[frame[subject].duplicated(), subject].astype(str).unique()
        raise DataError.of(
            f"{len(ids)} participant(s) have several rows: {', '.join(ids[:5])}",
            column=str(subject),
            ids=tuple(ids[:5]),
            count=len(ids),
            what_to_do="name the column of the visit (visit=), or give one row per participant",
        )
    asked = _named(frame, columns, "columns")
    helpers = _named(frame, using, "using")
    notes: list[str] = []
    rest = [c for c in frame.columns if c not in (subject, by) and c not in (*asked, *helpers)]
    wanted = [*asked, *helpers]
    read = {str(name): read_column(frame[name], str(name)) for name in wanted}
    unused = []
    for name in rest if using is None else ():
        if is_change(frame, name):
            continue
        if asked and missing(frame[name]).any():
            unused.append(str(name))
            continue
        one, refusal = _try(frame, name)
        notes += [refusal] if refusal else []
        read.update({str(name): one} if one else {})
    if unused:
        notes.append(
            f"Not used to predict, since they have gaps of their own: {', '.join(unused)}. Name "
            "them in using= to use and fill them."
        )
    places = {name: (name, np.arange(len(frame))) for name in read}
    groups = groups_of(frame, by)
    return Layout(frame.copy(), list(read.values()), groups, places, notes)


def _try(frame: pd.DataFrame, name: Any) -> tuple[IncompleteColumn | None, str]:
    """A column that nobody named: read, or left out with a note."""
    try:
        return read_column(frame[name], str(name)), ""
    except DataError as error:
        why = error.problems["problem"].iloc[0]
        return None, f"{name} was neither imputed nor used: {why}."


def people_side_by_side(
    frame: pd.DataFrame, columns: Any, using: Any, by: str | None, subject: str, visit: str
) -> Layout:
    """One row per participant and visit: the visits of a participant side by side."""
    asked = _named(frame, columns, "columns")
    if not asked:
        raise ValueError("With visit= name the columns to impute: columns=.")
    helpers = [name for name in _named(frame, using, "using") if name not in asked]
    check_one_group(frame, by, placed(frame, subject, visit)[0], subject)
    steady = [name for name in asked if _stays(frame, name, placed(frame, subject, visit)[0])]
    varying = [name for name in asked if name not in steady]
    full, added = _with_every_visit(frame, subject, visit, varying)
    person, visits, place = placed(full, subject, visit)
    people = int(person.max()) + 1
    rows = np.empty((people, len(visits)), dtype=np.intp)
    rows[person, place] = np.arange(len(full))
    read: list[IncompleteColumn] = []
    places: dict[str, tuple[str, NDArray[np.intp]]] = {}
    for name in (*helpers, *asked):
        one = read_column(full[name], str(name))
        if name not in varying and _same_within(one.values[rows]):
            places[str(name)] = (str(name), rows)
            read.append(one.rows(rows[:, 0]))
            continue
        for k, value in enumerate(visits):
            called = f"{name} {visit} {shown_visit(value)}"
            at = IncompleteColumn(called, one.kind, one.values[rows[:, k]], one.levels)
            if at.gaps.all():
                raise DataError.of(
                    f"{name} has no known value at {visit} {value}",
                    column=str(name),
                    what_to_do="leave this visit out",
                )
            places[at.name] = (str(name), rows[:, k])
            read.append(at)
    notes = [f"{added} row(s) added for visits without one."] if added else []
    notes += said_of_words(frame[visit], visits)
    notes += [f"{name} stays the same at all visits: imputed once a person." for name in steady]
    return Layout(full, read, groups_of(full, by)[rows[:, 0]], places, notes)


def _stays(frame: pd.DataFrame, name: Any, person: NDArray[np.intp]) -> bool:
    """Whether a column says the same in all rows of each person, and of some in several rows."""
    of_person = frame.groupby(person)[name]
    return bool(of_person.nunique(dropna=False).max() == 1 and of_person.count().max() > 1)


def _same_within(values: Floats) -> bool:
    """Whether a column (people, visits) has one known value, or none, for each person."""
    return bool(np.all((values == values[:, :1]) | (np.isnan(values) & np.isnan(values[:, :1]))))


def _with_every_visit(
    frame: pd.DataFrame, subject: str, visit: str, asked: Sequence[Any]
) -> tuple[pd.DataFrame, int]:
    """The frame with a row for each participant and visit, and how many were added.

    What is the same in all rows of a participant is so in the rows added too.
    """
    person, visits, place = placed(frame, subject, visit)
    seen = np.zeros((int(person.max()) + 1, len(visits)), dtype=bool)
    seen[person, place] = True
    if seen.all():
        return frame.copy(), 0
    who, which = np.nonzero(~seen)
    first = np.unique(person, return_index=True)[1]
    extra = frame.iloc[first[who]].copy()
    for name in frame.columns:
        constant = frame.groupby(person)[name].nunique(dropna=False).max() == 1
        if name == visit:
            extra[name] = pd.Series(np.array(visits, dtype=object)[which], extra.index).astype(
                frame[visit].dtype
            )
        elif name in asked or not constant:
            extra[name] = pd.Series([None] * len(extra), extra.index, dtype=object)
            if frame[name].dtype != object:
                kind: Any = frame[name].dtype
                extra[name] = extra[name].astype(HOLDS_MISSING.get(kind.kind, kind))
    full = pd.concat([frame, extra], ignore_index=True)
    full.attrs = dict(frame.attrs)
    return full, len(extra)


def _named(frame: pd.DataFrame, names: Any, role: str) -> list[Any]:
    listed = list(as_names(names, role))
    for name in listed:
        check_column(frame, name, role)
    return listed


def groups_of(frame: pd.DataFrame, by: str | None) -> NDArray[Any]:
    """Group of each row, as text; "all" without groups."""
    if by is None:
        return np.full(len(frame), "all", dtype=object)
    series = check_column(frame, by, "by")
    if missing(series).any():
        count = int(missing(series).sum())
        raise DataError.of(
            f"{by} is missing in {count} row(s)",
            column=str(by),
            count=count,
            what_to_do="fill it in, or impute all groups as one (by=None)",
        )
    return series.astype(str).to_numpy(dtype=object)
