"""Which participants and events does each kind of harm have?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column
from walkstats._variables import as_numbers, levels_of
from walkstats.errors import DataError
from walkstats.regression.groups.group_rows import GroupRows, read_groups

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class KindRows:
    """The rows of a frame of harms: one per participant and kind.

    Attributes
    ----------
    rows : GroupRows
    kinds : tuple of str
    codes : (n,) integer codes
        Kind of each row used.
    events : (n,) array
        Events of each row.
    timed : (n,) array or None
        Events within the exposure.
    exposure : (n,) array or None
        Time under observation.
    people : int
        Distinct participants.
    """

    rows: GroupRows
    kinds: tuple[str, ...]
    codes: NDArray[np.intp]
    events: Floats
    timed: Floats | None
    exposure: Floats | None
    people: int

    def each(self) -> Iterator[tuple[str, NDArray[np.intp]]]:
        """Name and positions of the rows of each kind."""
        for k, kind in enumerate(self.kinds):
            yield kind, np.flatnonzero(self.codes == k)

    def table(self, kind: str, here: NDArray[np.intp]) -> pd.DataFrame:
        """One row per group: kind, group, n, participants, percent, events, exposure."""
        size = len(self.rows.levels)
        group = self.rows.codes[here]
        n = np.bincount(group, minlength=size)
        had = np.bincount(group, self.events[here] > 0, minlength=size).astype(int)
        total = np.bincount(group, self.events[here], minlength=size)
        with np.errstate(divide="ignore", invalid="ignore"):
            percent = 100.0 * had / n
        table = pd.DataFrame(
            {
                "kind": kind, "group": list(self.rows.levels), "n": n, "participants": had,
                "percent": percent, "events": total.round().astype(int),
            }
        )  # fmt: skip
        if self.exposure is not None:
            table["exposure"] = np.bincount(group, self.exposure[here], minlength=size)
        return table


def read_kinds(
    frame: pd.DataFrame,
    by: str,
    kind: str | None,
    events: str,
    exposure: str | None,
    timed: str | None,
    subject: str,
) -> KindRows:
    """Find the rows of each kind, checked.

    Raises
    ------
    ValueError
        For columns that are not there.
    DataError
        For counts that are no whole numbers from 0 on, an exposure that is negative, several rows
        of a participant for one kind, and a single group.
    """
    needed = [(events, "the numbers of events")]
    needed += [(kind, "the kinds")] if kind is not None else []
    rows = read_groups(frame, by, needed, subject=None)
    used = frame.iloc[rows.kept]
    kinds, codes = _kinds(frame, used, kind)
    people = _people(used, subject, codes, kinds)
    counts = _counts(used, events, rows)
    days = inside = None
    if exposure is not None:
        days = _exposed(used, exposure, rows)
        inside = counts if timed is None else _counts(used, timed, rows)
        _refuse(
            (inside > 0) & ~(days > 0), rows, timed or events, f"has events where {exposure} is 0"
        )
    return KindRows(rows, kinds, codes, counts, inside, days, people)


def _kinds(
    frame: pd.DataFrame, used: pd.DataFrame, kind: str | None
) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    if kind is None:
        return ("any",), np.zeros(len(used), dtype=np.intp)
    kinds, _ = levels_of(frame[kind])
    if not isinstance(frame[kind].dtype, pd.CategoricalDtype):
        kinds = tuple(str(one) for one in pd.unique(used[kind]))
    place = {name: k for k, name in enumerate(kinds)}
    codes = np.array([place[str(one)] for one in used[kind]], dtype=np.intp)
    return kinds, codes


def _people(
    used: pd.DataFrame, subject: str, codes: NDArray[np.intp], kinds: tuple[str, ...]
) -> int:
    if subject not in used.columns:
        return int(np.bincount(codes).max(initial=0))
    own = used[subject].to_numpy(dtype=object)
    twice = pd.DataFrame({"person": own, "kind": codes}).duplicated().to_numpy()
    if twice.any():
        raise DataError.of(
            f"{int(twice.sum())} row(s) repeat a participant for one kind "
            f"({kinds[codes[np.argmax(twice)]]})",
            column=subject,
            ids=list(dict.fromkeys(own[twice])),
            count=int(twice.sum()),
            what_to_do="add the events of a participant up: one row per participant and kind",
        )
    return len(pd.unique(own))


def _counts(used: pd.DataFrame, column: str, rows: GroupRows) -> Floats:
    counts = as_numbers(check_column(used, column, "the numbers of events"), column)
    _refuse(
        ~((counts >= 0) & (counts == np.round(counts))), rows, column,
        "is no whole number from 0 on",
    )  # fmt: skip
    return counts


def _exposed(used: pd.DataFrame, column: str, rows: GroupRows) -> Floats:
    """Time under observation; a missing one counts as none."""
    days = as_numbers(check_column(used, column, "the time under observation"), column)
    _refuse(days < 0, rows, column, "is negative")
    return np.nan_to_num(days, nan=0.0)


def _refuse(bad: NDArray[np.bool_], rows: GroupRows, column: str, problem: str) -> None:
    if not bad.any():
        return
    where: Any = rows.kept[bad]
    raise DataError.of(
        f"{column} {problem} in {where.size} row(s)",
        column=column,
        row=int(where[0]),
        count=int(where.size),
        what_to_do="correct these rows",
    )
