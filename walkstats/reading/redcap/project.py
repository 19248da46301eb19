"""Which files of a trial are exports of REDCap, and where in REDCap does a finding stand?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from walkstats.errors import IDS_SHOWN, DataError, Problem
from walkstats.reading.declared.declarations import DeclaredTable, RedcapProject
from walkstats.reading.formats import read_text
from walkstats.reading.redcap.declared import EVENT, INSTANCE, REPEATED
from walkstats.reading.redcap.dictionary import (
    Dictionary,
    checkbox_column,
    dictionary_format,
    read_dictionary,
    record_column,
)
from walkstats.reading.redcap.exports import problems_of, understand
from walkstats.reading.redcap.labels import with_names
from walkstats.reading.redcap.records import rows_of_nothing
from walkstats.reading.text_tables import FileFormat, TextTable

NUMBERS = re.compile(r"\d+")
SHOWN = 12

BytesOf = Callable[[str], bytes]
"""Name of a file in the folder -> what it holds, unpacked; a DataError where it is not there."""


@dataclass(frozen=True, eq=False)
class Project:
    """A REDCap project, as far as the folder has it.

    Attributes
    ----------
    declared : RedcapProject
    dictionary : Dictionary or None
        None where trial.toml names none, or it cannot be read.
    problems : tuple of Problem
    rows : dict of str to list of pandas.DataFrame
        Table -> the exports that it was read from.
    taken : dict of str to tuple
        Export -> its text, and which of its rows a table was read from.
    kept, left : set of str
        Records that a part of participants keeps, and that one leaves out by its ``where``.
    """

    declared: RedcapProject
    dictionary: Dictionary | None = None
    problems: tuple[Problem, ...] = ()
    rows: dict[str, list[pd.DataFrame]] = field(default_factory=dict)
    taken: dict[str, tuple[TextTable, np.ndarray]] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)

    @property
    def broken(self) -> bool:
        """Whether the data dictionary cannot be read, so that no export can be understood."""
        return self.declared.dictionary is not None and self.dictionary is None

    @property
    def left_out(self) -> set[str]:
        """Records that are no participants, so that no table has rows of them."""
        return self.left - self.kept

    @property
    def files(self) -> list[tuple[DeclaredTable, str]]:
        """The files beside the tables."""
        name = self.declared.dictionary
        return [] if name is None else [(DeclaredTable("", file=name), name)]

    def exports(self, part: DeclaredTable) -> bool:
        """Whether a part of a table is read from an export."""
        if part.event or part.instrument:
            return True
        if self.declared.export is None:
            return part.file is not None and self.declared.dictionary is not None
        return part.file == self.declared.export

    def read(self, data: bytes, file: str, declared: FileFormat) -> TextTable:
        """Read an export, with what is wrong with it."""
        if self.dictionary is None:
            return self.understood(read_text(data, file, declared))
        headed = with_names(data, file, declared, self.dictionary)
        if any(one.severity == "error" for one in headed.problems):
            raise DataError(headed.problems)
        text = read_text(headed.data, file, declared)
        text = replace(text, problems=(*text.problems, *headed.problems))
        return self.understood(text, worded=bool(headed.problems))

    def understood(self, text: TextTable, worded: bool = False) -> TextTable:
        """An export of any format, with the meaning of its codes, and what is wrong with it."""
        text = understand(text, self.dictionary, worded)
        found = rows_of_nothing(text, self.dictionary)
        if self.dictionary is not None:
            found += problems_of(text, self.dictionary, ("", *self.declared.missing))
        return replace(text, problems=(*text.problems, *found))

    def remember(self, table: str, text: TextTable, taken: np.ndarray) -> None:
        """Keep the export of a table and the rows that it took, for findings about them."""
        _, before = self.taken.get(text.file, (text, np.zeros(len(taken), dtype=bool)))
        if len(before) == len(taken):
            self.taken[text.file] = (text, before | taken)
        there = [name for name in (EVENT, REPEATED, INSTANCE) if name in text.frame.columns]
        if there:
            record = record_column(text.frame.columns, self.dictionary)
            rows = text.frame[[record, *there]]
            self.rows.setdefault(table, []).append(rows)
            self.rows.setdefault(text.file, [rows])

    def unread(self) -> list[Problem]:
        """Events without a table whose name is but for its number that of one with a table."""
        return [
            one
            for text, taken in self.taken.values()
            for one in _unread(text, taken, record_column(text.frame.columns, self.dictionary))
        ]

    def located(self, problems: Iterable[Problem]) -> list[Problem]:
        """Findings, each with the event and the repeat of its first row."""
        return [_located(one, self.rows.get(one.table, [])) for one in problems]


def open_project(declared: RedcapProject | None, bytes_of: BytesOf) -> Project:
    """Read the data dictionary of a project.

    Parameters
    ----------
    declared : RedcapProject or None
        None where trial.toml has no such clauses.
    bytes_of : callable

    Returns
    -------
    Project
    """
    if declared is None:
        return Project(RedcapProject())
    if declared.dictionary is None:
        return Project(declared)
    try:
        data = bytes_of(declared.dictionary)
        text = read_text(data, declared.dictionary, dictionary_format(data))
        return Project(declared, read_dictionary(text), text.problems)
    except DataError as error:
        told = (replace(one, table=one.table or declared.dictionary) for one in error.findings)
        return Project(declared, None, tuple(told))


def _unread(text: TextTable, taken: np.ndarray, record: str) -> list[Problem]:
    if EVENT not in text.frame.columns:
        return []
    events = text.frame[EVENT].fillna("").str.strip().to_numpy(dtype=object)
    used = set(events[taken])
    read = {NUMBERS.sub("#", name) for name in used}
    left = [name for name in dict.fromkeys(events[~taken]) if name not in used]
    strange = [name for name in left if NUMBERS.sub("#", name) in read]
    rows = np.isin(events, strange) & ~taken
    if not strange:
        return []
    return [
        Problem(
            f"no table is read from {', '.join(strange[:SHOWN])}, though one is from events of "
            "like names",
            "say under [redcap.events] what they are, or name them in event of a table",
            table=text.file,
            column=EVENT,
            row=int(text.frame.index[np.flatnonzero(rows)[0]]),
            ids=tuple(dict.fromkeys(map(str, text.frame[record][rows])))[:IDS_SHOWN],
            count=int(rows.sum()),
            severity="warning",
        )
    ]


def _located(problem: Problem, exports: list[pd.DataFrame]) -> Problem:
    """Only where the first row is surely this one: lines of several files may be the same."""
    if problem.row is None or not problem.ids:
        return problem
    for rows in exports:
        if problem.row not in rows.index:
            continue
        record, *where = rows.loc[problem.row].fillna("").astype(str)
        names = [str(name) for name in rows.columns[1:]]
        told = _in_words(dict(zip(names, map(str, where), strict=True)))
        if told and record == problem.ids[0]:
            first = "first " if problem.count > 1 else ""
            place = f"[{first}in REDCap: record {record}, {told}]"
            return replace(problem, problem=f"{problem.problem} {place}")
    return problem


def _in_words(where: Mapping[str, str]) -> str:
    repeat = " ".join(filter(None, (where.get(REPEATED, ""), where.get(INSTANCE, ""))))
    return ", ".join(filter(None, (where.get(EVENT, ""), repeat)))


def better_said(
    problems: Iterable[Problem], part: DeclaredTable, dictionary: Dictionary | None
) -> list[Problem]:
    """Findings about columns that an export does not have, with what the dictionary knows of them.

    Parameters
    ----------
    problems : iterable of Problem
    part : DeclaredTable
    dictionary : Dictionary or None

    Returns
    -------
    list of Problem
    """
    if dictionary is None:
        return list(problems)
    sources = {one.target: one.source for one in part.columns if one.declared}
    said = []
    for one in problems:
        hint = ""
        if one.problem.startswith("there is no column") and one.column in sources:
            hint = _hint(sources[one.column], dictionary)
        said.append(replace(one, what_to_do=hint) if hint else one)
    return said


def _hint(source: str, dictionary: Dictionary) -> str:
    known = next((one for one in dictionary.fields if one.name == source), None)
    if known is not None and known.kind == "checkbox":
        columns = ", ".join(
            f"{checkbox_column(known.name, code)} ({label})"
            for code, label in known.choices.items()
        )
        return (
            f"{source} is a field of checkboxes, with a column for each choice: {columns}; "
            "name one, or several in any_of"
        )
    if source in dictionary.columns:
        return f"{source} is in the data dictionary, but not in the export: export it as well"
    near = dictionary.nearest(source)
    return f"did you mean {near!r}, a field of the data dictionary?" if near else ""
