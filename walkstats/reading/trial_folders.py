"""Is this folder a trial that can be analysed, and which trial is it?"""

from __future__ import annotations

import os

import pandas as pd

from walkstats.checks import find_notes, find_problems, material_of, with_topics
from walkstats.errors import DataError, problems_frame
from walkstats.reading.carried import carried_along
from walkstats.reading.folders import read_folder
from walkstats.trial import Trial


def read_trial(folder: str | os.PathLike[str]) -> Trial:
    """Read a trial from its folder.

    Parameters
    ----------
    folder : path-like
        Holds ``trial.toml`` and one file per table. A zip archive of such a folder is read without
        unpacking it to the disk; of a workbook (.xlsx, .ods) the sheets are the tables, and one
        called ``trial`` holds the lines of ``trial.toml``.

    Returns
    -------
    Trial
        Every table with all columns of the dictionary and those beyond it, in the order of the
        file; columns that the file does not have stand at the end. Its ``load_report`` tells what
        was renamed, converted, carried along, and warned of.

    Raises
    ------
    DataError
        With every problem of the folder at once: table, row (line of the file), column, up to five
        ids, count, what to do.
    ValueError
        When ``folder`` is not a path.

    Notes
    -----
    Cells are read as text and converted by the dictionary and by what ``trial.toml`` declares;
    nothing is guessed from the values. Ids are text for ever. Numbers are exact. A cell is missing
    when it is empty or holds a declared code. Dates other than that of randomisation become days
    from it.

    Examples
    --------
    >>> import walkstats as ws
    >>> from walkstats.reading.samples import sample_folder
    >>> trial = ws.read_trial(sample_folder("bladder"))
    >>> trial.arms
    ('placebo', 'pyridoxine', 'thiotepa')
    """
    reading = read_folder(_path(folder))
    if reading.trial is None or any(one.severity == "error" for one in reading.problems):
        raise DataError(reading.problems)
    return reading.trial


def check_trial(source: str | os.PathLike[str] | Trial) -> pd.DataFrame:
    """Everything that is wrong or unlikely in a trial.

    Parameters
    ----------
    source : path-like or Trial
        A trial folder (or archive, or workbook), or a trial in memory.

    Returns
    -------
    pandas.DataFrame
        One row per finding, errors first: severity ("error", "warning"), table, row, column, ids
        (up to five), count, problem, what_to_do, topic, file. Without rows when nothing was found.
        ``row`` is the line of the file, or for a trial in memory the place of the row from 1.
        ``attrs["notes"]`` tells what is no finding: columns of participants that are carried along
        undeclared, numbers that people round, randomisations at weekends.

    Raises
    ------
    ValueError
        When ``source`` is neither a path nor a Trial.

    Notes
    -----
    Data never make it raise, however bad they are. The folder is not changed.

    Examples
    --------
    >>> import walkstats as ws
    >>> found = ws.check_trial(ws.load_sample("bladder"))
    >>> found[["severity", "count", "ids"]].values.tolist()
    [['warning', 2, '1, 49']]
    """
    return checked(source)[0]


def checked(source: str | os.PathLike[str] | Trial) -> tuple[pd.DataFrame, Trial | None]:
    """The findings of ``check_trial``, and the trial as far as it could be read.

    Parameters
    ----------
    source : path-like or Trial

    Returns
    -------
    tuple
        The frame, and the trial: None where trial.toml itself could not be read.
    """
    if isinstance(source, Trial):
        material, problems = material_of(source)
        found = with_topics([*problems, *find_problems(material)])
        found.sort(key=lambda one: one.severity != "error")
        return _with_notes(problems_frame(found), source, find_notes(material)), source
    reading = read_folder(_path(source))
    findings = problems_frame(reading.problems)
    return _with_notes(findings, reading.trial, reading.notes), reading.trial


def _with_notes(
    findings: pd.DataFrame, trial: Trial | None, notes: tuple[str, ...]
) -> pd.DataFrame:
    carried = carried_along(trial, "participants") if trial is not None else ()
    if carried:
        told = (
            f"participants: carried along as text and not described in the report: "
            f"{', '.join(carried)}. To describe one, name it under [participants.columns]; if they "
            "say who somebody is, remove them from the file, or say carry = false."
        )
        notes = (told, *notes)
    if notes:
        findings.attrs["notes"] = notes
    return findings


def _path(source: object) -> str | os.PathLike[str]:
    if not isinstance(source, str | os.PathLike):
        raise ValueError(f"A trial folder is named by its path, got {type(source).__name__}.")
    return source
