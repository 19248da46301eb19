"""How do the minutes of a step counter, named in trial.toml, become weeks of the table walking?

Files of minutes are too large for text: they are read out of core, and only their weeks come back.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from walkstats.errors import DataError, Problem
from walkstats.reading.assembled.joining import Joined, stacked
from walkstats.reading.assembled.parts import Note
from walkstats.reading.assembled.schedules import NO_LINE
from walkstats.reading.declared.declarations import DeclaredTable
from walkstats.reading.declared.manifest import MANIFEST
from walkstats.reading.declared.minutes_declared import MINUTES_CLAUSES
from walkstats.reading.places.compressed import refuse_no_file
from walkstats.reading.places.opened import Place
from walkstats.schema import TABLES

WALKING = "walking"
PIECE = 2**20
MOST_BYTES = 2**34
"""A file of minutes that is larger is none of a trial: 10 billion minutes as Parquet [bytes]."""
REQUIRED = {clause.name for clause in MINUTES_CLAUSES if clause.required}


def with_minutes(
    walking: Joined,
    people: Joined,
    parts: list[tuple[DeclaredTable, str]],
    place: Place,
    inputs: dict[str, str],
) -> Joined:
    """The table walking with the weeks of the files of minutes.

    Parameters
    ----------
    walking : Joined
        What other files say; its findings and notes are told already.
    people : Joined
        Participants, for their dates of randomisation.
    parts : list of (DeclaredTable, str)
        Each with ``minutes``, and its file.
    place : Place
    inputs : dict
        Checksums are added to it.

    Returns
    -------
    Joined
        With findings and notes.
    """
    pieces = [replace(walking, problems=(), notes=())]
    for part, file in parts:
        if not set(part.minutes or ()) >= REQUIRED:
            continue  # told of trial.toml
        try:
            pieces.append(_weeks(part, people.frame, file, place, inputs))
        except DataError as error:
            found = [
                replace(one, table=WALKING, problem=f"{file}: {one.problem}")
                for one in error.findings
            ]
            pieces.append(replace(_nothing(walking), problems=tuple(found)))
        except ValueError as error:
            wrong = Problem(f"minutes of {file}: {error}", table=MANIFEST, row=part.line)
            pieces.append(replace(_nothing(walking), problems=(wrong,)))
    return stacked(WALKING, pieces)


def _nothing(like: Joined) -> Joined:
    return Joined(like.frame.iloc[:0], np.zeros(0, dtype=np.int64), {})


def _weeks(
    part: DeclaredTable, people: pd.DataFrame, file: str, place: Place, inputs: dict[str, str]
) -> Joined:
    from walkstats.wearables import weekly_minutes_at_cadence

    declared: Mapping[str, Any] = part.minutes or {}
    with tempfile.TemporaryDirectory(prefix="walkstats-") as folder:
        path = _on_disk(place, file, Path(folder))
        inputs.update([place.on_disk(file, _checksum(path))])
        weeks = weekly_minutes_at_cadence(path, people, **declared)
    columns = [column.name for column in TABLES[WALKING].columns]
    frame = weeks.reindex(columns=columns)
    told = [*weeks.attrs["notes"], weeks.attrs["method"]]
    notes: list[Note] = [
        (WALKING, "", "read", weeks.attrs["counts"]["minutes"], f"minutes of {file}")
    ]
    notes += [(WALKING, "walking_minutes", "converted", len(frame), said) for said in told]
    return Joined(frame, np.full(len(frame), NO_LINE, dtype=np.int64), {}, (), tuple(notes))


def _on_disk(place: Place, file: str, folder: Path) -> Path:
    """The file itself; out of an archive it is laid down first."""
    path = place.path_of(file)
    if path is not None:
        try:
            refuse_no_file(os.stat(path), file, MOST_BYTES)
        except OSError as reason:
            raise DataError.of(
                f"{file} cannot be opened ({reason.strerror or reason})",
                what_to_do="check that it is a file and that you may read it",
            ) from None
        return path
    laid = folder / Path(file).name
    laid.write_bytes(place.packed(file))
    return laid


def _checksum(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as opened:
        while piece := opened.read(PIECE):
            found.update(piece)
    return found.hexdigest()
