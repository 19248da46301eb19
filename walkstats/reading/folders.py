"""What is in a trial folder? Files to text, text to tables, tables to findings, in one pass."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np
import pandas as pd

from walkstats.checks import find_problems
from walkstats.checks.material import Material
from walkstats.errors import DataError, Problem
from walkstats.reading.compressed import file_bytes
from walkstats.reading.declarations import Declared, DeclaredTable
from walkstats.reading.formats import read_text
from walkstats.reading.joining import Joined, join_parts
from walkstats.reading.manifest import MANIFEST, read_manifest
from walkstats.reading.parts import Note, Part, read_part
from walkstats.reading.text_tables import FileFormat, TextTable
from walkstats.reading.toml_text import TomlText, parse_toml
from walkstats.schema import MEASURES, TABLES
from walkstats.trial import LOAD_REPORT_COLUMNS, Trial

ENDINGS = (".csv", ".parquet", ".tsv", ".csv.gz", ".csv.zip", ".zip")
"""Endings that a table's own file may have; the first found counts, two are an error."""

Texts = dict[tuple[str, FileFormat], "TextTable | None"]


@dataclass(frozen=True, eq=False)
class Reading:
    """A folder, read as far as it can be.

    Attributes
    ----------
    trial : Trial or None
        None when trial.toml itself could not be read.
    problems : tuple of Problem
        Errors first.
    """

    trial: Trial | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, eq=False)
class _Folder:
    """The folder, the texts of its files read so far, and what was found."""

    path: Path
    there: tuple[str, ...]
    texts: Texts = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    incomplete: set[str] = field(default_factory=set)
    inputs: dict[str, str] = field(default_factory=dict)


def read_folder(folder: str | os.PathLike[str]) -> Reading:
    """Read a trial folder and check it.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    Reading
    """
    try:
        found = _folder(folder)
        toml = _toml(found)
    except DataError as error:
        return Reading(None, error.findings)
    declared, wrong = read_manifest(toml)
    found.problems.extend(wrong)
    files = _files(found, declared)
    _text_files(found, files)
    tables = _tables(found, files, declared)
    _not_read(found, files)
    material = _material(found, tables, declared)
    found.problems.extend(find_problems(material))
    once = dict.fromkeys(found.problems)  # several parts may read the same cells of one file
    problems = sorted(once, key=lambda one: one.severity != "error")
    return Reading(_trial(found, declared, tables, problems), tuple(problems))


def _folder(folder: str | os.PathLike[str]) -> _Folder:
    try:
        path = Path(folder)
        there = tuple(sorted(one.name for one in path.iterdir()))
    except NotADirectoryError:
        raise DataError.of(
            f"{folder} is a file, not a folder", what_to_do="name the folder that holds trial.toml"
        ) from None
    except (OSError, ValueError) as reason:
        raise DataError.of(
            f"there is no folder {folder} that can be read "
            f"({getattr(reason, 'strerror', None) or reason})",
            what_to_do="check the path",
        ) from None
    return _Folder(path, there)


def _toml(found: _Folder) -> TomlText:
    path = found.path / MANIFEST
    if MANIFEST not in found.there:
        raise DataError.of(
            f"there is no {MANIFEST} in {found.path}; found there: {_listed(found.there)}",
            what_to_do="write one: name, source, arms, and how the tables' columns are called",
            table=MANIFEST,
        )
    try:
        data = path.read_bytes()
    except OSError as reason:
        raise DataError.of(
            f"{path} cannot be opened ({reason.strerror or reason})",
            what_to_do="check that it is a file and that you may read it",
            table=MANIFEST,
        ) from None
    found.inputs[MANIFEST] = hashlib.sha256(data).hexdigest()
    return parse_toml(data, MANIFEST)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:20]) + (" ..." if len(names) > 20 else "") if names else "nothing"


def _files(found: _Folder, declared: Declared) -> list[tuple[DeclaredTable, str]]:
    """The file of every part; all that are missing are reported at once."""
    files = []
    absent = []
    for part in declared.tables:
        file, wrong = _declared_file(found, part) if part.file else _own_file(found, part)
        if wrong is not None:
            found.problems.append(wrong)
        elif file is not None:
            files.append((part, file))
        elif part.table == "participants" or part.line is not None:
            absent.append((part.table, part.file or f"{part.table}.csv"))
        if file is None and (wrong is not None or part.file):
            found.incomplete.add(part.table)
    if absent:
        found.problems.append(_absent_files(found, absent))
        found.incomplete.update(table for table, _ in absent)
    return files


def _declared_file(found: _Folder, part: DeclaredTable) -> tuple[str | None, Problem | None]:
    """The file that trial.toml names, or the same packed."""
    name = str(part.file)
    if _outside(name):
        return None, Problem(
            f"{name!r} lies outside the folder",
            "copy the file into the folder",
            table=part.table,
            row=part.line,
        )
    if _exists(found.path / name):
        return name, None
    for packed in (f"{name}.gz", f"{name}.zip", str(PurePosixPath(name).with_suffix(".zip"))):
        if _exists(found.path / packed):
            found.notes.append((part.table, "", "read", 1, f"{packed} in the place of {name}"))
            return packed, None
    return None, None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long for the disk
        return False


def _own_file(found: _Folder, part: DeclaredTable) -> tuple[str | None, Problem | None]:
    """The file that is called like its table; two of them are an error."""
    own = [part.table + ending for ending in ENDINGS if part.table + ending in found.there]
    if len(own) < 2:
        return (own[0] if own else None), None
    return None, Problem(
        f"several files may be {part.table}: {', '.join(own)}",
        f'say which one under [{part.table}]: from = "{own[0]}"',
        table=part.table,
        count=len(own),
    )


def _outside(file: str) -> bool:
    for kind in (PurePosixPath(file), PureWindowsPath(file)):
        if kind.is_absolute() or kind.drive or ".." in kind.parts:
            return True
    return "\0" in file or not file.strip()


def _absent_files(found: _Folder, absent: list[tuple[str, str]]) -> Problem:
    names = list(dict.fromkeys(file for _, file in absent))
    return Problem(
        f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} not in the folder {found.path}; "
        f"found there: {_listed(found.there)}",
        f'put the file there, or name it in {MANIFEST}, as in [{absent[0][0]}] from = "..."',
        table=absent[0][0] if len(absent) == 1 else "",
        count=len(names),
    )


def _text_files(found: _Folder, files: list[tuple[DeclaredTable, str]]) -> None:
    """Read every file once, whichever tables it feeds."""
    for part, file in files:
        key = (file, part.format)
        if key in found.texts:
            if found.texts[key] is None or not found.texts[key].complete:  # type: ignore[union-attr]
                found.incomplete.add(part.table)
            continue
        try:
            text = _text(found, file, part.format, part.table)
        except DataError as error:
            found.texts[key] = None
            found.problems.extend([replace(one, table=part.table) for one in error.findings])
            found.incomplete.add(part.table)
            continue
        found.texts[key] = text
        found.problems.extend([replace(one, table=part.table) for one in text.problems])
        found.notes.extend([(part.table, "", "read", 1, note) for note in text.notes])
        if not text.complete:
            found.incomplete.add(part.table)


def _text(found: _Folder, file: str, declared: FileFormat, table: str) -> TextTable:
    content = file_bytes(found.path / file)
    found.inputs[file] = content.sha256
    if content.note:
        found.notes.append((table, "", "unpacked", 1, content.note))
    return read_text(content.data, file, declared)


def _tables(
    found: _Folder, files: list[tuple[DeclaredTable, str]], declared: Declared
) -> dict[str, Joined]:
    """Every table of the dictionary; participants come first, since days count from their dates."""
    joined: dict[str, Joined] = {}
    for name in TABLES:
        parts: list[tuple[DeclaredTable, Part]] = []
        for part, file in files:
            text = found.texts[(file, part.format)]
            if part.table != name or text is None:
                continue
            read = read_part(text, part, declared)
            found.problems.extend(read.problems)
            found.notes.extend(read.notes)
            parts.append((part, read))
        joined[name] = join_parts(name, parts, joined.get("participants"))
        found.problems.extend(joined[name].problems)
        found.notes.extend(joined[name].notes)
    return joined


def _not_read(found: _Folder, files: list[tuple[DeclaredTable, str]]) -> None:
    """A table that nothing reads is most often a misspelt name."""
    used = {file for _, file in files}
    data = (".csv", ".tsv", ".parquet", ".xlsx", ".xls", ".sav", ".dta", ".sas7bdat", ".txt.gz")
    for name in found.there:
        if name not in used and name.lower().endswith(data):
            found.problems.append(
                Problem(
                    f"{name} is in the folder, and no table is read from it",
                    f"name it in {MANIFEST} if it belongs to the trial (the tables are "
                    f"{', '.join(TABLES)})",
                    severity="warning",
                )
            )


def _material(found: _Folder, tables: Mapping[str, Joined], declared: Declared) -> Material:
    refused: dict[tuple[str, str], np.ndarray] = {}
    for name, one in tables.items():
        refused.update({(name, column): mask for column, mask in one.refused.items()})
    return Material(
        tables={name: one.frame for name, one in tables.items()},
        arms=declared.arms,
        strata=declared.strata,
        lines={name: one.lines for name, one in tables.items()},
        refused=refused,
        incomplete=frozenset(found.incomplete),
        written={(n, c): cells for n, one in tables.items() for c, cells in one.written.items()},
        missing_codes={(n, c): x for n, one in tables.items() for c, x in one.missing.items()},
        visit_windows=declared.visit_windows,
        measures={**MEASURES, **declared.measures},
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
    found: _Folder, declared: Declared, tables: Mapping[str, Joined], problems: list[Problem]
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
        **{name: one.frame for name, one in tables.items()},
    )
