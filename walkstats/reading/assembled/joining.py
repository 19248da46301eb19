"""How do the parts of a table become one table, in days from randomisation?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from walkstats.errors import IDS_SHOWN, Problem
from walkstats.reading.assembled.daily import weeks_of_days
from walkstats.reading.assembled.overlapping import settle_overlaps
from walkstats.reading.assembled.parts import Note, Part
from walkstats.reading.assembled.schedules import NO_LINE, keep_schedule
from walkstats.reading.assembled.starts import starts_of
from walkstats.reading.declared.declarations import DeclaredTable
from walkstats.schema import empty_table

DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, eq=False)
class Joined:
    """One table of the trial.

    Attributes
    ----------
    frame : pandas.DataFrame
        Every column of the dictionary and those beyond it, index 0 to n - 1.
    lines : numpy.ndarray
        Line of its file of each row, shape (n,).
    refused : mapping of str to numpy.ndarray
        Column -> bool, shape (n,): cells already reported.
    problems : tuple of Problem
    notes : tuple of Note
    written : mapping of str to numpy.ndarray
        Column of numbers -> its cells as the file has them, shape (n,); without those that were
        put together from several cells.
    missing : mapping of str to tuple of str
        Column -> its cells that mean missing.
    files : numpy.ndarray or None
        File of each row, shape (n,), where the table has several.
    """

    frame: pd.DataFrame
    lines: np.ndarray
    refused: Mapping[str, np.ndarray]
    problems: tuple[Problem, ...] = ()
    notes: tuple[Note, ...] = field(default=())
    written: Mapping[str, np.ndarray] = field(default_factory=dict)
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: np.ndarray | None = None


def join_parts(
    table: str, parts: list[tuple[DeclaredTable, Part]], people: Joined | None
) -> Joined:
    """Turn dates into days, days of walking into weeks, and put the parts together.

    Parameters
    ----------
    table : str
    parts : list of (DeclaredTable, Part)
    people : Joined or None
        The participants, unless it is they who are being read.

    Returns
    -------
    Joined
    """
    if not parts:
        return Joined(empty_table(table), np.zeros(0, dtype=np.int64), {})
    pieces = [
        _of_file(_in_days(table, declared, part, people), part.file) for declared, part in parts
    ]
    joined = pieces[0] if len(pieces) == 1 else stacked(table, pieces)
    joined = _scheduled(joined, parts, people)
    rule = next((d.overlapping for d, _ in parts if d.overlapping), None)
    if rule is None:
        return joined
    kept, stay, note = settle_overlaps(joined.frame, np.arange(len(joined.frame)), rule)
    refused = {c: np.zeros(len(kept), dtype=bool) for c in joined.refused}
    notes = (*joined.notes, (table, "", "left out", *note)) if note[0] else joined.notes
    files = None if joined.files is None else joined.files[stay]
    return Joined(kept, joined.lines[stay], refused, joined.problems, notes, files=files)


def _of_file(piece: Joined, file: str) -> Joined:
    """With the file of each row and finding, where the table has several."""
    if not file:
        return piece
    told = tuple(replace(one, file=file) for one in piece.problems)
    return replace(piece, problems=told, files=np.full(len(piece.frame), file, dtype=object))


def _scheduled(
    joined: Joined, parts: list[tuple[DeclaredTable, Part]], people: Joined | None
) -> Joined:
    """The check-ins with those that were due and have no row, where a schedule is declared."""
    declared = next((d for d, _ in parts if d.schedule), None)
    if declared is None or "check_in" not in joined.frame:  # the file was refused, or is another
        return joined
    whole = keep_schedule(
        joined.frame,
        joined.lines,
        None if people is None else people.frame,
        declared.schedule,
        declared.due_until,
    )
    return Joined(
        whole.frame,
        whole.following(joined.lines, NO_LINE),
        {name: whole.following(mask, False) for name, mask in joined.refused.items()},
        (*joined.problems, *whole.problems),
        (*joined.notes, *whole.notes),
        {name: whole.following(cells, "") for name, cells in joined.written.items()},
        joined.missing,
        None if joined.files is None else whole.following(joined.files, ""),
    )


def _in_days(table: str, declared: DeclaredTable, part: Part, joined: Joined | None) -> Joined:
    frame = part.frame
    people = None if joined is None else joined.frame
    refused = dict(part.refused)
    problems: list[Problem] = []
    if part.dated:
        start = starts_of(frame, people)
        told = _told_elsewhere(part, joined)
        for column in part.dated:
            days = (frame[column].to_numpy() - start) / DAY
            unknown = np.isnat(start) & frame[column].notna().to_numpy()
            problems += _without_start(table, column, frame, unknown & ~told, part.lines)
            refused[column] = refused[column] | unknown
            frame = frame.assign(**{column: days.astype(float)})
    if declared.daily:
        weekly = weeks_of_days(frame, part.lines, declared, people)
        none = {c: np.zeros(len(weekly.frame), dtype=bool) for c in refused}
        return Joined(weekly.frame, weekly.lines, none, (*problems, *weekly.problems), weekly.notes)
    return Joined(
        frame,
        part.lines,
        refused,
        tuple(problems),
        written=part.written,
        missing=part.missing,
    )


def _told_elsewhere(part: Part, people: Joined | None) -> np.ndarray:
    """Rows whose day 0 is lacking for a reason of its own: an unknown id, or a refused date."""
    if people is None:
        return part.refused.get("randomised_on", np.zeros(len(part.frame), dtype=bool))
    refused = people.refused.get("randomised_on", np.zeros(len(people.frame), dtype=bool))
    accepted = people.frame["participant_id"][~refused].dropna()
    return (~part.frame["participant_id"].isin(accepted)).to_numpy(dtype=bool)


def _without_start(
    table: str, column: str, frame: pd.DataFrame, unknown: np.ndarray, lines: np.ndarray
) -> list[Problem]:
    if not unknown.any():
        return []
    ids = dict.fromkeys(str(one) for one in frame["participant_id"][unknown] if one is not None)
    return [
        Problem(
            f"{column} is given as a date, and the date of randomisation is not known",
            "give randomised_on in participants; every date becomes a day from randomisation",
            table=table,
            column=column,
            row=int(lines[np.flatnonzero(unknown)[0]]),
            ids=tuple(ids)[:IDS_SHOWN],
            count=int(unknown.sum()),
        )
    ]


def stacked(table: str, pieces: list[Joined]) -> Joined:
    """One below the other; a column that only some parts have is missing in the others."""
    filled = [one for one in pieces if len(one.frame)] or pieces[:1]
    columns = list(dict.fromkeys(name for one in pieces for name in one.frame.columns))
    dtypes = {name: one.frame[name].dtype for one in pieces for name in one.frame.columns}
    frames = [one.frame.reindex(columns=columns).astype(dtypes) for one in filled]
    refused = {
        name: np.concatenate(
            [one.refused.get(name, np.zeros(len(one.frame), dtype=bool)) for one in filled]
        )
        for name in columns
    }
    return Joined(
        pd.concat(frames, ignore_index=True),
        np.concatenate([one.lines for one in filled]),
        refused,
        tuple(problem for one in pieces for problem in one.problems),
        tuple(note for one in pieces for note in one.notes),
        {
            name: np.concatenate([one.written[name] for one in filled])
            for name in columns
            if all(name in one.written for one in filled)
        },
        {name: codes for one in pieces for name, codes in one.missing.items()},
        _files(filled),
    )


def _files(pieces: list[Joined]) -> np.ndarray | None:
    """The file of each row of all pieces; None where none of them has several."""
    if all(one.files is None for one in pieces):
        return None
    none = [np.full(len(one.frame), "", dtype=object) for one in pieces]
    return np.concatenate(
        [empty if one.files is None else one.files for one, empty in zip(pieces, none, strict=True)]
    )
