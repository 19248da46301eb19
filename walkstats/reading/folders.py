"""What is in a trial folder? Files to text, text to tables, tables to findings, in one pass.

The folder may as well be a zip archive or a workbook: see ``places``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from walkstats.checks import find_notes, find_problems, with_topics
from walkstats.checks.material import Material
from walkstats.errors import DataError, Problem
from walkstats.reading.assembled.joining import Joined, join_parts
from walkstats.reading.assembled.minute_files import with_minutes
from walkstats.reading.assembled.parts import Note, Part, read_part
from walkstats.reading.assembled.scored_parts import with_questionnaires
from walkstats.reading.cdisc.submitted import Submission, submitted
from walkstats.reading.declared.declarations import Declared, DeclaredTable
from walkstats.reading.declared.manifest import MANIFEST, read_manifest
from walkstats.reading.formats import read_text
from walkstats.reading.places.archives import leads_out
from walkstats.reading.places.opened import open_place
from walkstats.reading.places.table_files import (
    Found,
    Source,
    find_files,
    find_manifest,
    tell_unread,
)
from walkstats.reading.redcap.project import Project, better_said, open_project
from walkstats.reading.redcap.rows import select
from walkstats.reading.spreadsheets.workbooks import chosen_sheet, read_sheet
from walkstats.reading.text_tables import TextTable
from walkstats.schema import LISTS, MEASURES, TABLES
from walkstats.trial import LOAD_REPORT_COLUMNS, Trial


@dataclass(frozen=True, eq=False)
class Reading:
    """A folder, read as far as it can be.

    Attributes
    ----------
    trial : Trial or None
        None when trial.toml itself could not be read.
    problems : tuple of Problem
        Errors first.
    notes : tuple of str
        What is worth knowing and no finding.
    """

    trial: Trial | None
    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()


def read_folder(folder: str | os.PathLike[str]) -> Reading:
    """Read a trial folder and check it.

    Parameters
    ----------
    folder : path-like
        Or a zip archive, or a workbook.

    Returns
    -------
    Reading
    """
    try:
        found = Found(open_place(folder))
        toml = find_manifest(found)
    except DataError as error:
        return Reading(None, tuple(with_topics(error.findings)))
    if found.place.told:
        found.notes.append(("", "", "read", 1, found.place.told))
    declared, wrong = read_manifest(toml)
    found.problems.extend(wrong)
    project = _redcap(found, declared)
    declared, submission = submitted(found, declared)
    declared, scored_by = _scored(found, declared)
    files = find_files(found, declared)
    minutes = [one for one in files if one[0].minutes is not None]
    files = [one for one in files if one[0].minutes is None]
    _text_files(found, files, project)
    tables = _tables(found, files, declared, project, submission)
    _add_minutes(found, tables, minutes)
    tell_unread(found, [*files, *minutes, *project.files, *scored_by, *submission.files])
    material = _material(found, tables, declared)
    found.problems.extend(submission.meant(find_problems(material)))
    found.problems.extend(project.unread())
    # once each, though several parts may read the same cells of one file
    once = dict.fromkeys(project.located(found.problems))
    problems = sorted(with_topics(once), key=lambda one: one.severity != "error")
    trial = _trial(found, declared, tables, problems)
    return Reading(trial, tuple(problems), find_notes(material))


def _redcap(found: Found, declared: Declared) -> Project:
    """The REDCap project, once its data dictionary is read."""
    line = None if declared.redcap is None else declared.redcap.line

    def bytes_of(name: str) -> bytes:
        if not found.place.has(name):
            raise DataError.of(
                f"{name} is not in {found.place.described}",
                what_to_do="put the data dictionary there, or leave dictionary out of [redcap]",
                table=MANIFEST,
                row=line,
            )
        return found.content(name, "").data

    project = open_project(declared.redcap, bytes_of)
    found.problems.extend(project.problems)
    return project


def _scored(found: Found, declared: Declared) -> tuple[Declared, list[Source]]:
    """What is declared with the questionnaires that it names, and their files."""
    read: list[Source] = []
    outcomes = DeclaredTable("outcomes")

    def bytes_of(name: str) -> bytes:
        if leads_out(name) or not found.place.has(name):
            raise DataError.of(
                f"{name!r} is not in {found.place.described}",
                what_to_do="put the questionnaire or the value set there",
                table=MANIFEST,
            )
        read.append((outcomes, name))
        return found.content(name, outcomes.table).data

    declared, problems, failed = with_questionnaires(declared, bytes_of)
    found.problems.extend(problems)
    found.incomplete.update(part.table for part in failed)
    return declared, [*read, *((part, part.file or "") for part in failed)]


def _text_files(found: Found, files: list[tuple[DeclaredTable, str]], project: Project) -> None:
    """Read every file once, whichever tables it feeds."""
    for part, file in files:
        key = (file, part.format)
        if key in found.texts:
            if found.texts[key] is None or not found.texts[key].complete:  # type: ignore[union-attr]
                found.incomplete.add(part.table)
            continue
        exported = project.exports(part)
        try:
            text = None if exported and project.broken else _text(found, file, part, project)
        except DataError as error:
            text = None
            found.problems.extend([replace(one, table=part.table) for one in error.findings])
        found.texts[key] = text
        if text is None:
            found.incomplete.add(part.table)
            continue
        table = file if exported else part.table  # one export feeds many tables
        name = text.file if sum(one.table == table for one, _ in files) > 1 else ""
        found.problems.extend([replace(one, table=table, file=name) for one in text.problems])
        found.notes.extend([(part.table, "", "read", 1, note) for note in text.notes])
        if not text.complete:
            found.incomplete.add(part.table)


def _text(found: Found, file: str, part: DeclaredTable, project: Project) -> TextTable:
    book = found.books.get(file)
    if book is not None:
        sheet = chosen_sheet(book, part.format.sheet, part.table)
        text = read_sheet(book, sheet, part.format)
        return project.understood(text) if project.exports(part) else text
    content = found.content(file, part.table)
    read = project.read if project.exports(part) else read_text
    return read(content.data, file, part.format)


def _tables(
    found: Found,
    files: list[tuple[DeclaredTable, str]],
    declared: Declared,
    project: Project,
    submission: Submission,
) -> dict[str, Joined]:
    """Every table of the dictionary; participants come first, since days count from their dates."""
    joined: dict[str, Joined] = {}
    declared_lists = [name for name in LISTS if any(part.table == name for part, _ in files)]
    for name in (*TABLES, *declared_lists):
        if name in submission.tables:
            joined[name] = submission.tables[name]
            continue
        texts = [
            (part, text)
            for part, file in files
            if part.table == name and (text := found.texts[(file, part.format)]) is not None
        ]
        several = len({text.file for _, text in texts}) > 1
        parts: list[tuple[DeclaredTable, Part]] = []
        for part, text in texts:
            file = text.file if several else ""
            parts.append(_part(found, text, part, declared, project, file))
        joined[name] = join_parts(name, parts, joined.get("participants"))
        found.problems.extend(joined[name].problems)
        found.notes.extend(joined[name].notes)
    return joined


def _add_minutes(found: Found, tables: dict[str, Joined], minutes: list[Source]) -> None:
    """The weeks of files of minutes, which are read out of core."""
    if not minutes:
        return
    people = tables["participants"]
    joined = with_minutes(tables["walking"], people, minutes, found.place, found.inputs)
    found.problems.extend(joined.problems)
    found.notes.extend(joined.notes)
    if joined.problems:
        found.incomplete.add("walking")
    tables["walking"] = joined


def _part(
    found: Found,
    text: TextTable,
    part: DeclaredTable,
    declared: Declared,
    project: Project,
    file: str,
) -> tuple[DeclaredTable, Part]:
    """What one file gives to one table; its name goes along where the table has several."""
    exported = project.exports(part)
    dictionary = project.dictionary if exported else None
    events = tuple(project.declared.events)
    chosen = select(text, part, dictionary, exported, events, project.left_out)
    project.kept.update(chosen.kept)
    project.left.update(chosen.left)
    read = read_part(chosen.text, chosen.part, declared)
    if exported:
        project.remember(part.table, text, chosen.taken)
    if any(one.severity == "error" for one in chosen.problems):
        found.incomplete.add(part.table)
    found.problems.extend(chosen.problems)
    told = better_said(read.problems, chosen.part, dictionary)
    found.problems.extend(one if one.file else replace(one, file=file) for one in told)
    found.notes.extend((*chosen.notes, *read.notes))
    return chosen.part, replace(read, file=file)


def _material(found: Found, tables: Mapping[str, Joined], declared: Declared) -> Material:
    refused: dict[tuple[str, str], np.ndarray] = {}
    for name, one in tables.items():
        refused.update({(name, column): mask for column, mask in one.refused.items()})
    return Material(
        tables={name: one.frame for name, one in tables.items()},
        arms=declared.arms,
        strata=declared.strata,
        lines={name: one.lines for name, one in tables.items()},
        files={name: one.files for name, one in tables.items() if one.files is not None},
        refused=refused,
        incomplete=frozenset(found.incomplete),
        written={(n, c): cells for n, one in tables.items() for c, cells in one.written.items()},
        missing_codes={(n, c): x for n, one in tables.items() for c, x in one.missing.items()},
        visit_windows=declared.visit_windows,
        measures={**MEASURES, **declared.measures},
        ages=declared.ages,
    )


def _read_nowhere(notes: list[Note]) -> list[Note]:
    """The notes without "not read" where another part of the table reads the column; each once."""
    taken = {(table, detail) for table, _, action, _, detail in notes if action == "renamed"}
    kept: list[Note] = []
    for note in notes:
        table, column, action, _, detail = note
        source = f"from {column!r} of {detail.removeprefix('column of ')}"
        if action != "not read" or ((table, source) not in taken and note not in kept):
            kept.append(note)
    return kept


def _trial(
    found: Found, declared: Declared, tables: Mapping[str, Joined], problems: list[Problem]
) -> Trial:
    notes = _read_nowhere(found.notes)
    notes += [
        (one.table, one.column, one.severity, one.count, f"{one.problem} -> {one.what_to_do}")
        for one in problems
    ]
    return Trial(
        name=declared.name,
        source=declared.source,
        arms=declared.arms,
        strata=declared.strata,
        currency=declared.currency,
        price_year=declared.price_year,
        licence=declared.licence,
        published=declared.published,
        visit_windows=dict(declared.visit_windows),
        measures=dict(declared.measures),
        inputs=dict(found.inputs),
        load_report=pd.DataFrame(notes, columns=list(LOAD_REPORT_COLUMNS)),
        **{name: one.frame for name, one in tables.items() if name in TABLES},
    )
