"""Which values are missing, in which arm, at which visit, and together with which others?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_column, check_frame
from walkstats._variables import in_natural_order, is_factor, missing
from walkstats.errors import DataError
from walkstats.results import Counts, Result

Booleans = NDArray[np.bool_]

KNOWN, GAP = "x", "."
ALL = "all"


@dataclass(frozen=True, eq=False)
class MissingPattern(Result):
    """What is missing.

    Attributes
    ----------
    by_item : pandas.DataFrame
        One row per group and item (a column, or a column at a visit), then the groups together:
        group, column, visit (where there are visits), expected, known, missing (participants or
        rows), percent (missing of expected) [%].
    patterns : pandas.DataFrame
        One row per pattern that occurs, the most frequent first: pattern (one letter per item, x
        for known and . for missing), one column of counts per group, all, percent [%].
    items : tuple of str
        What the letters of a pattern stand for, in order.
    monotone : bool
        Whether nobody is known again after a gap.
    by : str
        Column of the groups; empty without.
    """

    by_item: pd.DataFrame = field(default_factory=pd.DataFrame)
    patterns: pd.DataFrame = field(default_factory=pd.DataFrame)
    items: tuple[str, ...] = ()
    monotone: bool = True
    by: str = ""

    def to_frame(self) -> pd.DataFrame:
        """``by_item``."""
        return self.by_item


def missing_pattern(
    frame: pd.DataFrame,
    columns: str | Sequence[str] | None = None,
    *,
    by: str | None = "arm",
    visit: str | None = None,
    subject: str = "participant_id",
) -> MissingPattern:
    """Learn what is missing, by arm and by visit, and what is missing together.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant; with `visit` one row per participant and visit. A participant
        without a row at a visit counts as missing there.
    columns : str or sequence of str, optional
        Columns asked about. By default all that have gaps; with `visit` they must be named.
    by : str or None
        Column of the groups: the arm, where the frame has one. None: all together.
    visit : str, optional
        Column of the visit (a month), for frames with several rows a participant.
    subject : str
        Column of the participant; needed with `visit`.

    Returns
    -------
    MissingPattern

    Raises
    ------
    ValueError
        For columns that are not there.
    DataError
        For a frame without rows, missing participants or visits, several rows of a participant at
        a visit, and a participant in several groups.

    Notes
    -----
    A pattern is monotone when whoever is missing once stays so: only drop-out, no gaps between.
    Whether values are missing at random cannot be learnt from the pattern.

    Examples
    --------
    >>> import walkstats as ws
    >>> frame = ws.derive.visits(ws.load_sample("walkback-like"), measures="rmdq")
    >>> found = missing_pattern(frame, "rmdq", visit="month")
    >>> found.items
    ('month 3', 'month 6', 'month 9', 'month 12')
    >>> found.patterns[["pattern", "all"]].head(2).to_numpy().tolist()
    [['xxxx', 594], ['....', 24]]
    """
    check_rows(frame)
    by = None if by == "arm" and "arm" not in frame.columns else by
    if visit is None:
        names = _columns_asked(frame, columns)
        gaps = np.column_stack([missing(frame[name]) for name in names])
        items = tuple(str(name) for name in names)
        where = [(item, None) for item in items]
        groups = _groups(frame, by)
    else:
        gaps, where, groups = _over_visits(frame, columns, by, visit, subject)
        several = len({column for column, _ in where}) > 1
        at = [(f"{c} " if several else "") + f"{visit} {shown_visit(v)}" for c, v in where]
        items = tuple(at)
    return MissingPattern(
        by_item=_by_item(gaps, where, groups),
        patterns=_patterns(gaps, groups),
        items=items,
        monotone=_only_drop_out(gaps, where),
        by="" if by is None else str(by),
        method="Values known and missing, counted"
        + (f" by {by}" if by is not None else "")
        + (f" and {visit}." if visit is not None else "."),
        counts=Counts(len(frame), len(frame), len(gaps)),
        source=str(frame.attrs.get("source", "")),
    )


def _columns_asked(frame: pd.DataFrame, columns: Any) -> list[Any]:
    names = list(as_names(columns, "columns"))
    for name in names:
        check_column(frame, name, "columns")
    if not names:
        names = [name for name in frame.columns if missing(frame[name]).any()]
    if not names:
        raise ValueError("No column has a missing value. Name columns to see them all the same.")
    return names


def _groups(frame: pd.DataFrame, by: str | None) -> pd.Categorical:
    """Group of each row; one group where none are asked for."""
    if by is None:
        return pd.Categorical([ALL] * len(frame))
    series = check_column(frame, by, "by")
    if missing(series).any():
        count = int(missing(series).sum())
        raise DataError.of(
            f"{by} is missing in {count} row(s)",
            column=str(by),
            count=count,
            what_to_do="fill it in, or take all together (by=None)",
        )
    found = pd.Categorical(series)
    return found.remove_unused_categories()


def _over_visits(
    frame: pd.DataFrame, columns: Any, by: str | None, visit: str, subject: str
) -> tuple[Booleans, list[tuple[str, Any]], pd.Categorical]:
    """Gaps by participant and item, the items in the order of the visits, groups by participant."""
    names = list(as_names(columns, "columns"))
    if not names:
        raise ValueError("Name the columns that are asked about: columns=.")
    for name in names:
        check_column(frame, name, "columns")
    person, visits, place = placed(frame, subject, visit)
    where, gaps = [], []
    for name in names:
        lacking = missing(frame[name])
        for k, value in enumerate(visits):
            gap = np.ones(person.max() + 1, dtype=bool)
            here = place == k
            gap[person[here]] = lacking[here]
            where.append((str(name), value))
            gaps.append(gap)
    groups = _groups(frame, by)
    check_one_group(frame, by, person, subject)
    first = np.unique(person, return_index=True)[1]
    return np.column_stack(gaps), where, groups[first]


def check_rows(frame: pd.DataFrame) -> None:
    """Refuse what is no frame, and a frame without rows.

    Raises
    ------
    ValueError
    DataError
    """
    if not len(check_frame(frame)):
        raise DataError.of("the frame has no rows", what_to_do="check the filters")


def check_one_group(
    frame: pd.DataFrame, by: str | None, person: NDArray[np.intp], subject: str
) -> None:
    """Refuse participants who are in several groups.

    Raises
    ------
    DataError
    """
    codes = np.asarray(_groups(frame, by).codes)
    changed = codes != codes[np.unique(person, return_index=True)[1]][person]
    if changed.any():
        ids = frame[subject].iloc[np.flatnonzero(changed)].astype(str).unique()
        raise DataError.of(
            f"{len(ids)} participant(s) are in several groups of {by}: {', '.join(ids[:5])}",
            column=str(by),
            ids=tuple(ids[:5]),
            count=len(ids),
            what_to_do="a participant has one arm: that of randomisation",
        )


def placed(
    frame: pd.DataFrame, subject: str, visit: str
) -> tuple[NDArray[np.intp], list[Any], NDArray[np.intp]]:
    """Participant and visit of each row as codes, and the visits in order.

    Raises
    ------
    DataError
        For missing participants or visits, and several rows of a participant at a visit.
    """
    for name, role in ((subject, "the participant"), (visit, "the visit")):
        gap = missing(check_column(frame, name, role))
        if gap.any():
            raise DataError.of(
                f"{name} is missing in {int(gap.sum())} row(s)",
                column=str(name),
                row=int(np.flatnonzero(gap)[0]),
                count=int(gap.sum()),
                what_to_do="fill it in, or leave these rows out on purpose",
            )
    person = pd.factorize(frame[subject])[0]
    order = _visits_in_order(frame[visit])
    place = np.asarray(order.codes, dtype=np.intp)
    twice = pd.Series(person * len(order.categories) + place).duplicated().to_numpy()
    if twice.any():
        ids = frame[subject].iloc[np.flatnonzero(twice)].astype(str).unique()
        raise DataError.of(
            f"{len(ids)} participant(s) have several rows at one {visit}: {', '.join(ids[:5])}",
            column=str(visit),
            ids=tuple(ids[:5]),
            count=len(ids),
            what_to_do="keep one row per participant and visit",
        )
    return person.astype(np.intp), list(order.categories), place


def _visits_in_order(series: pd.Series) -> pd.Categorical:
    """Visits as categories: words in the order in which a reader counts, not sorted."""
    if isinstance(series.dtype, pd.CategoricalDtype) or not is_factor(series):
        return pd.Categorical(series).remove_unused_categories()
    return pd.Categorical(series, categories=in_natural_order(series.unique()), ordered=True)


def shown_visit(visit: Any) -> str:
    """A visit in print: month 3, not 3.0."""
    return f"{visit:g}" if isinstance(visit, (float, np.floating)) else str(visit)


def _only_drop_out(gaps: Booleans, where: list[tuple[str, Any]]) -> bool:
    """Whether nothing is known after a gap; over visits each column by itself."""
    columns = [column if visit is not None else "" for column, visit in where]
    parts = [gaps[:, [c == column for c in columns]] for column in dict.fromkeys(columns)]
    return all(bool(np.all(part[:, 1:] >= part[:, :-1])) for part in parts)


def _by_item(gaps: Booleans, where: list[tuple[str, Any]], groups: pd.Categorical) -> pd.DataFrame:
    levels = [str(level) for level in groups.categories]
    codes = np.asarray(groups.codes)
    sets = [(level, codes == k) for k, level in enumerate(levels)]
    if len(levels) > 1:
        sets.append((ALL, np.ones(len(codes), dtype=bool)))
    rows = []
    for group, inside in sets:
        for k, (column, value) in enumerate(where):
            expected, lacking = int(inside.sum()), int(gaps[inside, k].sum())
            rows.append((group, column, value, expected, expected - lacking, lacking))
    names = ["group", "column", "visit", "expected", "known", "missing"]
    out = pd.DataFrame(rows, columns=names)
    out["percent"] = 100 * out["missing"] / out["expected"]
    return out if out["visit"].notna().any() else out.drop(columns="visit")


def _patterns(gaps: Booleans, groups: pd.Categorical) -> pd.DataFrame:
    found, which = np.unique(gaps, axis=0, return_inverse=True)
    which = np.asarray(which).ravel()
    letters = ["".join(np.where(row, GAP, KNOWN)) for row in found]
    counts = {
        str(level): np.bincount(which[np.asarray(groups.codes) == k], minlength=len(found))
        for k, level in enumerate(groups.categories)
    }
    total = np.bincount(which, minlength=len(found))
    out = pd.DataFrame({"pattern": letters, **counts})
    out[ALL] = total
    out["percent"] = 100 * total / total.sum()
    return out.sort_values([ALL, "pattern"], ascending=[False, False], ignore_index=True)
