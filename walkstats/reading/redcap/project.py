"""Which files of a trial are exports of REDCap, and where in REDCap does a finding stand?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from walkstats.errors import DataError, Problem
from walkstats.reading.declarations import DeclaredTable, RedcapProject
from walkstats.reading.formats import read_text
from walkstats.reading.redcap.declared import EVENT, INSTANCE, REPEATED
from walkstats.reading.redcap.dictionary import Dictionary, read_dictionary
from walkstats.reading.redcap.exports import problems_of, understand
from walkstats.reading.redcap.labels import with_names
from walkstats.reading.text_tables import FileFormat, TextTable

Read = Callable[[str], TextTable]
"""Name of a file in the folder -> its text."""

Place = tuple[str, str]
"""The record of a row of an export, and where in REDCap it stands, in words."""


@dataclass(frozen=True, eq=False)
class Project:
    """A REDCap project, as far as the folder has it.

    Attributes
    ----------
    declared : RedcapProject
    dictionary : Dictionary or None
        None where trial.toml names none, or it cannot be read.
    problems : tuple of Problem
    places : dict of str to dict of int to Place
        Table -> line of its export -> where in REDCap it stands.
    """

    declared: RedcapProject
    dictionary: Dictionary | None = None
    problems: tuple[Problem, ...] = ()
    places: dict[str, dict[int, Place]] = field(default_factory=dict)

    @property
    def files(self) -> list[tuple[DeclaredTable, str]]:
        """The files beside the tables."""
        name = self.declared.dictionary
        return [] if name is None else [(DeclaredTable("", file=name), name)]

    def exports(self, part: DeclaredTable) -> bool:
        """Whether a part of a table is read from an export."""
        own = part.file is not None and part.file == self.declared.export
        return own or bool(part.event or part.instrument)

    def read(self, data: bytes, file: str, declared: FileFormat) -> TextTable:
        """Read an export, with what is wrong with it."""
        if self.dictionary is None:
            return self.understood(read_text(data, file, declared))
        headed = with_names(data, file, declared, self.dictionary)
        if any(one.severity == "error" for one in headed.problems):
            raise DataError(headed.problems)
        text = read_text(headed.data, file, declared)
        return self.understood(replace(text, problems=(*text.problems, *headed.problems)))

    def understood(self, text: TextTable) -> TextTable:
        """An export of any format, with the meaning of its codes, and what is wrong with it."""
        text = understand(text, self.dictionary)
        if self.dictionary is None:
            return text
        found = problems_of(text, self.dictionary, ("", *self.declared.missing))
        return replace(text, problems=(*text.problems, *found))

    def remember(self, table: str, text: TextTable) -> None:
        """Note where in REDCap the rows of a table stand."""
        self.places.setdefault(table, {}).update(places_of(text.frame))

    def located(self, problems: Iterable[Problem]) -> list[Problem]:
        """Findings, each with the event and the repeat of its first row."""
        return [_located(one, self.places.get(one.table, {})) for one in problems]


def open_project(declared: RedcapProject | None, read: Read) -> Project:
    """Read the data dictionary of a project.

    Parameters
    ----------
    declared : RedcapProject or None
        None where trial.toml has no such clauses.
    read : callable

    Returns
    -------
    Project
    """
    if declared is None:
        return Project(RedcapProject())
    if declared.dictionary is None:
        return Project(declared)
    try:
        text = read(declared.dictionary)
        return Project(declared, read_dictionary(text), text.problems)
    except DataError as error:
        told = (replace(one, table=one.table or declared.dictionary) for one in error.findings)
        return Project(declared, None, tuple(told))


def places_of(frame: pd.DataFrame) -> dict[int, Place]:
    """Where in REDCap the rows of an export stand.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of an export, the record first; index ``line``.

    Returns
    -------
    dict of int to Place
        Empty where an export has neither events nor repeats: the record says it all.
    """
    there = [name for name in (EVENT, REPEATED, INSTANCE) if name in frame.columns]
    if not there:
        return {}
    cells = frame[[frame.columns[0], *there]].fillna("")
    return {
        int(line): (str(record), _in_words(dict(zip(there, map(str, where), strict=True))))
        for line, record, *where in cells.itertuples(name=None)
    }


def _in_words(where: Mapping[str, str]) -> str:
    repeat = " ".join(filter(None, (where.get(REPEATED, ""), where.get(INSTANCE, ""))))
    return ", ".join(filter(None, (where.get(EVENT, ""), repeat)))


def _located(problem: Problem, places: Mapping[int, Place]) -> Problem:
    """Only where the first row is surely this one: lines of several files may be the same."""
    record, where = places.get(problem.row or 0, ("", ""))
    if not where or not problem.ids or problem.ids[0] != record:
        return problem
    return replace(problem, problem=f"{problem.problem} [in REDCap: record {record}, {where}]")


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
            f"{column} ({label})"
            for column, label in zip(known.columns, known.choices.values(), strict=True)
        )
        return (
            f"{source} is a field of checkboxes, with a column for each choice: {columns}; "
            "name one, or several in any_of"
        )
    if source in dictionary.columns:
        return f"{source} is in the data dictionary, but not in the export: export it as well"
    near = dictionary.nearest(source)
    return f"did you mean {near!r}, a field of the data dictionary?" if near else ""
