"""What does one file contribute to one table: which rows, which columns, converted how?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from walkstats.checks.identifying import named_marks
from walkstats.errors import IDS_SHOWN, Problem
from walkstats.reading.assembled.headers import Matched, find_header, match_headers, not_found
from walkstats.reading.assembled.scored_parts import with_scores
from walkstats.reading.cells.codes_of_files import FileCodes
from walkstats.reading.cells.conversion import Converted, Meaning, convert
from walkstats.reading.cells.units import scale
from walkstats.reading.declared.declarations import (
    DEFAULT_DATES,
    Conditions,
    Declared,
    DeclaredColumn,
    DeclaredTable,
)
from walkstats.reading.declared.manifest import DAILY, MANIFEST
from walkstats.reading.text_tables import TextTable
from walkstats.reading.writing.guarded_text import unguarded_table
from walkstats.schema import table_of

SHOULD_AGREE = ("age_years", "sex")
"""Columns of a person that do not change; age may be that at each visit."""

MUST_AGREE = ("arm", "randomised_on")
"""Columns that all rows of a participant must agree on, whichever of them is kept."""

NUMBERS = ("integer", "number", "days")
"""Kinds whose cells are kept beside the values, for messages about values outside their range."""

Note = tuple[str, str, str, int, str]
"""A row of the load report: table, column, action, count, detail."""


@dataclass(frozen=True, eq=False)
class Part:
    """The contribution of one file to one table.

    Attributes
    ----------
    frame : pandas.DataFrame
        Typed; columns in the order of the file, then those of the dictionary that it does not have.
        Columns of days that were given as dates still hold dates.
    lines : numpy.ndarray
        Line of the file of each row, shape (n,).
    refused : mapping of str to numpy.ndarray
        Column -> bool, shape (n,): cells already reported.
    dated : tuple of str
        Columns of days that still hold dates.
    problems : tuple of Problem
    notes : tuple of Note
    written : mapping of str to numpy.ndarray
        Column of numbers -> its cells as the file has them, shape (n,).
    missing : mapping of str to tuple of str
        Column -> its cells that mean missing.
    file : str
        Where the table has several files; otherwise empty.
    """

    frame: pd.DataFrame
    lines: np.ndarray
    refused: Mapping[str, np.ndarray]
    dated: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[Note, ...] = field(default=())
    written: Mapping[str, np.ndarray] = field(default_factory=dict)
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    file: str = ""


def read_part(text: TextTable, declared: DeclaredTable, trial: Declared) -> Part:
    """Take rows and columns from a text table, and convert them.

    Parameters
    ----------
    text : TextTable
    declared : DeclaredTable
    trial : Declared

    Returns
    -------
    Part
    """
    table = declared.table
    text = unguarded_table(text, guard=declared.guarded)
    problems: list[Problem] = []
    notes: list[Note] = []
    rows = _rows_that_meet(text, declared, problems, notes)
    sign = text.decimal or declared.decimal
    rows = with_scores(rows, declared, text.file, sign, problems, notes)
    matched = match_headers(declared, list(rows.columns), text.file)
    problems += matched.problems
    if declared.one_row_per is not None:
        rows, matched = _one_row_per(rows, declared, matched, problems, notes, text.file)
    notes += _header_notes(table, matched, text)
    frame: dict[str, object] = {}
    refused: dict[str, np.ndarray] = {}
    dated: list[str] = []
    lines = rows.index.to_numpy(dtype=np.int64)
    ids = _ids(rows, matched)
    for column in _in_order(declared, matched, list(rows.columns)):
        done = _converted(rows, lines, column, matched, declared, trial, text)
        frame[column.target] = pd.Series(done.values, dtype=done.values.dtype)
        refused[column.target] = done.refused
        problems += _refusal_problems(done, table, column.target, lines, ids, text.file)
        problems += _undecided(column, matched, declared, text)
        notes += [(table, column.target, "converted", n, w) for w, n in done.done.items() if n]
        if done.is_date and _kind(column, declared) == "days":
            dated.append(column.target)
    for name in _absent(declared, matched):
        refused[name] = np.ones(len(rows), dtype=bool)
    notes.append((table, "", "read", len(rows), f"rows of {text.file}"))
    typed = pd.DataFrame(frame, index=pd.RangeIndex(len(rows)))
    written = _written(rows, declared, matched)
    missing = {c.target: _missing(c, declared) for c in declared.columns}
    return Part(
        typed, lines, refused, tuple(dated), tuple(problems), tuple(notes), written, missing
    )


def _undecided(
    column: DeclaredColumn, matched: Matched, declared: DeclaredTable, text: TextTable
) -> list[Problem]:
    """The error that a column's numbers can be read in two ways, where they are read as numbers."""
    doubtful = text.undecided.get(matched.sources.get(column.target, ""))
    if doubtful is None or _kind(column, declared) not in NUMBERS or column.codes:
        return []
    return [replace(doubtful, table=declared.table, column=column.target)]


def _written(
    rows: pd.DataFrame, declared: DeclaredTable, matched: Matched
) -> dict[str, np.ndarray]:
    return {
        column.target: rows[matched.sources[column.target]].to_numpy(dtype=object)
        for column in declared.columns
        if column.target in matched.sources and _kind(column, declared) in NUMBERS
    }


def _missing(column: DeclaredColumn, declared: DeclaredTable) -> tuple[str, ...]:
    return declared.missing if column.missing is None else column.missing


def meeting(frame: pd.DataFrame, where: Conditions) -> np.ndarray:
    """Which rows have the values asked for, in columns that are there; an empty cell is ""."""
    met = np.ones(len(frame), dtype=bool)
    for name, values in where.items():
        cells = frame[find_header(name, list(frame.columns))[0]]
        met &= cells.fillna("").str.strip().isin(values).to_numpy(dtype=bool)
    return met


def _rows_that_meet(
    text: TextTable, declared: DeclaredTable, problems: list[Problem], notes: list[Note]
) -> pd.DataFrame:
    where = _usable(text, declared.where, declared, problems)
    for column in declared.columns:
        _usable(text, column.where, declared, problems)
    met = meeting(text.frame, where)
    if where and len(met) and not met.any():
        problems.append(_nothing_met(declared, text, where))
    if where and not met.all():
        told = " and ".join(f"{name} = {' or '.join(v)}" for name, v in where.items())
        notes.append((declared.table, "", "left out", int((~met).sum()), f"rows without {told}"))
    return text.frame[met]


def _usable(
    text: TextTable, where: Conditions, declared: DeclaredTable, problems: list[Problem]
) -> dict[str, tuple[str, ...]]:
    """The conditions that the file can answer; the others, and values never met, are reported."""
    header = list(text.frame.columns)
    usable = {}
    for name, values in where.items():
        found = find_header(name, header)
        if len(found) != 1:
            problem, what_to_do = not_found(name, header, text.file)
            problems.append(
                Problem(problem, what_to_do, table=declared.table, row=declared.line, file=MANIFEST)
            )
            continue
        usable[name] = values
        there = set(text.frame[found[0]].fillna("").str.strip())
        never = [value for value in values if value not in there]
        if never and len(text.frame):
            problems.append(_never_met(name, never, there, declared, text.file))
    return usable


def _nothing_met(
    declared: DeclaredTable, text: TextTable, where: Mapping[str, tuple[str, ...]]
) -> Problem:
    told = []
    for name in where:
        cells = text.frame[find_header(name, list(text.frame.columns))[0]].fillna("").str.strip()
        told.append(f"{name} holds {', '.join(map(repr, sorted(set(cells))[:8]))}")
    asked = " and ".join(f"{name} = {' or '.join(v)}" for name, v in where.items())
    return Problem(
        f"where: none of the {len(cells)} rows of {text.file} has {asked}; {'; '.join(told)}",
        "correct the values in trial.toml; if there is no such row, leave the table out",
        table=declared.table,
        row=declared.line,
        file=MANIFEST,
        count=len(text.frame),
    )


def _never_met(
    name: str, never: list[str], there: set[str], declared: DeclaredTable, file: str
) -> Problem:
    listed = ", ".join(repr(one) for one in sorted(there)[:8])
    return Problem(
        f"where: no row of {file} has {name} = {', '.join(map(repr, never))}; it holds {listed}",
        "correct the value in trial.toml, or leave it out if there is none in this trial",
        table=declared.table,
        column=name,
        row=declared.line,
        file=MANIFEST,
        severity="warning",
    )


def _one_row_per(
    rows: pd.DataFrame,
    declared: DeclaredTable,
    matched: Matched,
    problems: list[Problem],
    notes: list[Note],
    file: str,
) -> tuple[pd.DataFrame, Matched]:
    found = find_header(str(declared.one_row_per), list(rows.columns))
    if len(found) != 1:
        problem, what_to_do = not_found(str(declared.one_row_per), list(rows.columns), file)
        problems.append(
            Problem(problem, what_to_do, table=declared.table, row=declared.line, file=MANIFEST)
        )
        return rows, matched
    groups = rows[found[0]].fillna("")
    differing = rows.fillna("").groupby(groups.to_numpy(), sort=False).nunique() > 1
    looked_at = (*MUST_AGREE, *SHOULD_AGREE) if declared.keep else tuple(matched.sources)
    for target in [one for one in matched.sources if one in looked_at]:
        source = matched.sources[target]
        if source != found[0] and differing[source].any():
            ids = [str(one) for one in differing.index[differing[source]]]
            problems.append(
                Problem(
                    f"{source} differs between the rows of the same {found[0]}",
                    _remedy(target, declared),
                    table=declared.table,
                    column=target,
                    ids=tuple(ids[:IDS_SHOWN]),
                    count=len(ids),
                    severity="warning" if declared.keep and target in SHOULD_AGREE else "error",
                )
            )
    varying = [name for name, source in matched.carried.items() if differing[source].any()]
    carried = {name: s for name, s in matched.carried.items() if name not in varying}
    kept = rows[~groups.duplicated(keep="last" if declared.keep == "last" else "first")]
    if len(kept) < len(rows):
        detail = f"rows: one row per {found[0]}, the {declared.keep or 'first'}"
        notes.append((declared.table, "", "left out", len(rows) - len(kept), detail))
    return kept, Matched(matched.sources, carried, (*matched.left, *varying), matched.problems)


def _remedy(target: str, declared: DeclaredTable) -> str:
    """What to do where the rows of a participant disagree."""
    if target in MUST_AGREE:
        return "correct it"
    if declared.keep is None:
        return 'say which row counts: keep = "last"'
    return f"correct it, unless it was asked at each visit: the {declared.keep} row counts"


def _header_notes(table: str, matched: Matched, text: TextTable) -> list[Note]:
    file = text.file
    notes = [
        (table, target, "renamed", 1, f"from {source!r} of {file}")
        for target, source in matched.sources.items()
        if target != source
    ]
    notes += [
        (table, name, "carried along", 1, f"as text, from {source!r} of {file}")
        for name, source in matched.carried.items()
    ]
    notes += [
        (table, target, "described", 1, f"as {text.labels[source]!r} in {file}")
        for target, source in {**matched.sources, **matched.carried}.items()
        if text.labels.get(source, "").strip()
    ]
    notes += [(table, name, "not read", 1, f"column of {file}") for name in matched.left]
    return notes


def _ids(rows: pd.DataFrame, matched: Matched) -> np.ndarray:
    source = matched.sources.get("participant_id")
    if source is None:
        return np.full(len(rows), "", dtype=object)
    return rows[source].fillna("").to_numpy(dtype=object)


def _in_order(declared: DeclaredTable, matched: Matched, header: list[str]) -> list[DeclaredColumn]:
    """Columns in the order of the file, then constants, then those that the file does not have."""
    carried = [DeclaredColumn(name, source) for name, source in matched.carried.items()]
    sources = {**matched.sources, **matched.carried}

    def place(column: DeclaredColumn) -> int:
        if column.target in sources:
            return header.index(sources[column.target])
        return len(header) + (column.value is None)

    return sorted([*declared.columns, *carried], key=place)


def _kind(column: DeclaredColumn, declared: DeclaredTable) -> str:
    if declared.daily and column.target == DAILY.name:
        return DAILY.kind
    known = table_of(declared.table).column(column.target)
    return known.kind if known else column.kind or "text"


def _converted(
    rows: pd.DataFrame,
    lines: np.ndarray,
    column: DeclaredColumn,
    matched: Matched,
    declared: DeclaredTable,
    trial: Declared,
    text: TextTable,
) -> Converted:
    cells = np.full(len(rows), None, dtype=object)
    source = matched.sources.get(column.target, matched.carried.get(column.target))
    if column.value is not None:
        cells[:] = column.value
    elif source is not None:
        cells = rows[source].to_numpy(dtype=object)
    if column.where and all(find_header(name, list(rows.columns)) for name in column.where):
        cells = cells.copy()
        cells[~meeting(rows, column.where)] = None
    known = table_of(declared.table).column(column.target)
    kind = _kind(column, declared)
    wanted = known.unit if known else "days" if kind == "days" else ""
    names = (column.target, str(source)) if known is None else ()
    birth = any("dates of birth" in named_marks(name) for name in names)  # long before the trial
    times, over = scale(column.unit, wanted, column.factor)
    meaning = Meaning(
        kind,
        _missing(column, declared),
        column.codes or {},
        text.decimal or declared.decimal,
        times,
        over,
        column.dates,
        DEFAULT_DATES if birth else trial.dates_between,
        _file_codes(column, source, declared.table, trial, text),
        text.thousands or declared.thousands,
    )
    return convert(cells, lines, meaning)


def _file_codes(
    column: DeclaredColumn, source: str | None, table: str, trial: Declared, text: TextTable
) -> FileCodes | None:
    """What the file says its codes stand for, unless trial.toml says something about them."""
    if column.codes is not None or column.value is not None or source is None:
        return None
    if source not in text.codes:
        return None
    known = table_of(table).column(column.target)
    closed = trial.arms if column.target == "arm" else known.allowed if known else ()
    return FileCodes(text.codes[source], closed)


def _absent(declared: DeclaredTable, matched: Matched) -> list[str]:
    """Columns of which it was reported that the file does not have them."""
    constant = {column.target for column in declared.columns if column.value is not None}
    required = [column.name for column in table_of(declared.table).columns if column.required]
    named = [column.target for column in declared.columns if column.declared]
    return [
        name
        for name in dict.fromkeys([*required, *named])
        if name not in matched.sources and name not in constant
    ]


def _refusal_problems(
    done: Converted, table: str, column: str, lines: np.ndarray, ids: np.ndarray, file: str
) -> list[Problem]:
    return [
        Problem(
            one.reason,
            one.what_to_do,
            table=table,
            column=column,
            row=int(lines[one.rows[0]]),
            ids=tuple(dict.fromkeys(str(i) for i in ids[one.rows] if i))[:IDS_SHOWN],
            count=len(one.rows),
        )
        for one in done.refusals
    ]
