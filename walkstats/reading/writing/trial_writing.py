"""How is a trial put into a folder so that it reads back as the same trial?"""

from __future__ import annotations

import dataclasses
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from walkstats._arguments import check_choice
from walkstats.checks import find_problems, material_of
from walkstats.checks.conforming import conform_beyond, kind_of
from walkstats.errors import DataError, Problem
from walkstats.reading.declared.manifest import MANIFEST
from walkstats.reading.folders import read_folder
from walkstats.reading.writing.csv_writing import csv_text, missing_codes, to_be_guarded
from walkstats.reading.writing.toml_writing import manifest_text
from walkstats.schema import TABLES, empty_table
from walkstats.trial import Trial

FORMATS = ("csv", "parquet")


def write_trial(trial: Trial, folder: str | os.PathLike[str], *, format: str = "csv") -> None:
    """Write a trial to a folder, from which ``read_trial`` gives the same trial.

    Parameters
    ----------
    trial : Trial
    folder : path-like
        Made if need be. A folder that holds something already is refused.
    format : {"csv", "parquet"}
        Of the tables. Parquet needs pyarrow.

    Raises
    ------
    DataError
        When the trial has errors that reading would refuse, holds what the format cannot, or the
        folder cannot be written. Nothing is left behind then.
    ValueError
        For an unknown format, or when ``trial`` is no Trial.

    Notes
    -----
    ``trial.toml`` and one file per table that has rows, in the dictionary's names, units and codes;
    dates stay ISO dates. Numbers are written by ``repr``, so every bit comes back. Text that a
    spreadsheet would run has an apostrophe before it, and ``guarded = true`` for its table takes it
    away when the folder is read. Before the
    folder gets its name it is read back and compared. Tables come back with the dictionary's
    dtypes: a trial built in memory is compared after it was brought there without loss. The load
    report is not written.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import walkstats as ws
    >>> trial = ws.load_sample("bladder")
    >>> with tempfile.TemporaryDirectory() as place:
    ...     ws.write_trial(trial, pathlib.Path(place) / "copy")
    ...     ws.read_trial(pathlib.Path(place) / "copy").equals(trial)
    True
    """
    check_choice(format, FORMATS, "format")
    if not isinstance(trial, Trial):
        raise ValueError(f"trial must be a Trial, got {type(trial).__name__}.")
    target = Path(folder)
    ready = _ready(trial)
    _refuse_filled(target)
    place = _beside(target)
    try:
        _write(ready, place, format)
        _compare(ready, place)
        if target.exists():
            target.rmdir()
        place.rename(target)
    except UnicodeEncodeError as reason:
        around = reason.object[max(reason.start - 8, 0) : reason.end]
        raise DataError.of(
            f"a text holds half a character: {around!a}",
            what_to_do="mend the text where it was read: its encoding was another",
        ) from None
    except OSError as reason:
        raise _unwritable(target, reason) from None
    finally:
        if place.exists():
            shutil.rmtree(place, ignore_errors=True)


def _ready(trial: Trial) -> Trial:
    """The trial as reading would give it; errors that reading would refuse are raised here."""
    material, problems = material_of(trial)
    problems += [one for one in find_problems(material) if one.severity == "error"]
    tables: dict[str, Any] = {}
    for name, frame in material.tables.items():
        known = {column.name for column in TABLES[name].columns}
        for column in [c for c in frame.columns if c not in known]:
            values, lost = conform_beyond(frame[column])
            if not isinstance(column, str) or lost.any():
                problems.append(_no_text_form(name, column, frame, lost))
            else:
                frame = frame.assign(**{column: values})
        tables[name] = frame
    if problems:
        raise DataError(problems)
    return dataclasses.replace(trial, **tables)


def _no_text_form(table: str, column: object, frame: pd.DataFrame, lost: np.ndarray) -> Problem:
    return Problem(
        f"the column {column} holds {frame[column].dtype} that cannot be written without loss",
        "make it text, numbers, true and false, or days without time and time zone",
        table=table,
        column=str(column),
        count=max(int(lost.sum()), 1),
    )


def _refuse_filled(target: Path) -> None:
    try:
        filled = target.exists() and (not target.is_dir() or any(target.iterdir()))
    except OSError as reason:
        raise _unwritable(target, reason) from None
    if filled:
        raise DataError.of(
            f"{target} is there already and not an empty folder",
            what_to_do="name a new folder, or empty that one yourself",
        )


def _beside(target: Path) -> Path:
    """A temporary folder on the same disk, so that giving it its name is one step."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{target.name[:40]}-", dir=target.parent))
    except (OSError, ValueError) as reason:
        raise _unwritable(target, reason) from None


def _unwritable(target: Path, reason: OSError | ValueError) -> DataError:
    said = getattr(reason, "strerror", None) or reason
    return DataError.of(
        f"{target} cannot be written ({said})",
        what_to_do="choose a folder in which you may write; nothing was left behind",
    )


def _write(trial: Trial, place: Path, format: str) -> None:
    place.chmod(0o755)
    missing: dict[str, dict[str, str]] = {}
    guarded: set[str] = set()
    for name in TABLES:
        frame = trial.table(name)
        declared = bool(trial.inputs) and trial.recorded(name)
        if len(frame) or declared or list(frame.columns) != list(empty_table(name).columns):
            missing[name] = missing_codes(frame)
            if format == "csv":
                guard = to_be_guarded(frame)
                guarded |= {name} if guard else set()
                data = csv_text(frame, missing[name], guard=guard).encode("utf-8")
                (place / f"{name}.csv").write_bytes(data)
            else:
                _write_parquet(frame, missing[name], place / f"{name}.parquet")
    text = manifest_text(trial, missing, format, guarded)
    (place / MANIFEST).write_bytes(text.encode("utf-8"))


def _write_parquet(frame: pd.DataFrame, missing: dict[str, str], path: Path) -> None:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise DataError.of(
            "writing Parquet needs pyarrow", what_to_do='pip install pyarrow, or format="csv"'
        ) from None
    kinds = {
        "number": pa.float64(),
        "integer": pa.int64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "text": pa.string(),
    }
    arrays = []
    for name in frame.columns:
        kind = kind_of(frame[name].dtype)
        cells = [None if pd.isna(one) else one for one in frame[name].astype(object)]
        if kind == "date":
            cells = [None if one is None else one.date() for one in cells]
        arrays.append(pa.array(cells, type=kinds[kind]))
    pq.write_table(pa.table(arrays, names=list(frame.columns)), path)


def _compare(trial: Trial, place: Path) -> None:
    """Read it back before it counts as written."""
    reading = read_folder(place)
    errors = [one for one in reading.problems if one.severity == "error"]
    if errors or reading.trial is None:
        raise DataError(
            [
                dataclasses.replace(one, problem=f"cannot be written: {one.problem}")
                for one in errors
            ]
        )
    if not reading.trial.equals(trial):
        differing = [n for n in TABLES if not trial.table(n).equals(reading.trial.table(n))]
        raise DataError.of(
            f"{', '.join(differing) or 'the facts of the trial'} would not read back as they are",
            what_to_do="look for texts with characters that no file can hold, and rename columns "
            "whose names differ in case or spaces only",
        )
