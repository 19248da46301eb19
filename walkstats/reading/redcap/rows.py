"""Which rows of an export belong to a table, and which of its columns come from elsewhere?

An export has a row for each record, event and repeat. A table takes the rows of its events that
hold its instrument; a column may be taken from another event's row of the same record.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from walkstats.errors import IDS_SHOWN, Problem
from walkstats.reading.assembled.headers import find_header
from walkstats.reading.assembled.parts import meeting
from walkstats.reading.declared.declarations import DeclaredColumn, DeclaredTable
from walkstats.reading.redcap.columns import with_any_of, with_datetimes
from walkstats.reading.redcap.declared import EVENT, REPEATED
from walkstats.reading.redcap.dictionary import Dictionary, record_column
from walkstats.reading.redcap.lost_answers import answered_elsewhere, never_seen, unscheduled
from walkstats.reading.redcap.records import records_chosen
from walkstats.reading.text_tables import TextTable

Note = tuple[str, str, str, int, str]

NONE: frozenset[str] = frozenset()

UNTOUCHED = ("", "0")
"""Cells that say nothing of whether an instrument was filled in: of checkboxes and of its state."""


@dataclass(frozen=True, eq=False)
class Selected:
    """What one table takes from one export.

    Attributes
    ----------
    text : TextTable
        The rows, with the columns that were put together.
    part : DeclaredTable
        With those columns as sources.
    problems : tuple of Problem
    notes : tuple of Note
        Rows of the load report.
    taken : numpy.ndarray
        bool, a row of the export each: those that the table or one of its columns comes from.
    kept, left : frozenset of str
        Of participants: records that ``where`` keeps and leaves out.
    """

    text: TextTable
    part: DeclaredTable
    problems: tuple[Problem, ...] = ()
    notes: tuple[Note, ...] = field(default=())
    taken: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    kept: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()


def select(
    text: TextTable,
    part: DeclaredTable,
    dictionary: Dictionary | None,
    exported: bool,
    events: Collection[str] = (),
    left_out: Collection[str] = (),
) -> Selected:
    """Take the rows and columns that a table declares of an export.

    Parameters
    ----------
    text : TextTable
    part : DeclaredTable
    dictionary : Dictionary or None
    exported : bool
        Whether the file is an export of REDCap.
    events : collection of str
        Those that trial.toml lists; a column may wait for one that nobody has had so far.
    left_out : collection of str
        Records that are no participants.

    Returns
    -------
    Selected
        As it came, but for ``any_of``, where it is no such export.
    """
    text, part = with_any_of(text, part)
    if not (exported or part.event or part.instrument or any(c.event for c in part.columns)):
        return Selected(text, part)
    part = with_datetimes(text, _with_record(text, part, dictionary), dictionary)
    problems: list[Problem] = []
    notes: list[Note] = []
    timely = _of_event(text, part, problems)
    answered = _of_instrument(text, part, dictionary, problems)
    taken = timely & answered
    people = part.table == "participants"
    kept, left = records_chosen(text, part, taken, dictionary) if people else (NONE, NONE)
    known = _participants(text, part, taken, dictionary, left_out, notes)
    taken &= known
    if part.table == "check_ins" and part.instrument and EVENT in text.frame.columns:
        problems += answered_elsewhere(text, part, answered & ~timely & known, dictionary)
    problems += _unchosen(text, part, taken)
    problems += never_seen(text, part, dictionary)
    if part.table == "check_ins" and not part.schedule:
        problems.append(unscheduled(part, text))
    if part.table == "outcomes":
        taken &= _asked(text, part, taken, notes)
    columns = part.columns
    joined, part = _from_other_events(text, part, dictionary, events, problems)
    frame = joined.frame[taken]
    if not taken.any() and not problems and len(taken):
        problems.append(_nothing(part, text))
    if len(frame) < len(taken):
        told = _told(part)
        others = int((~taken & known).sum())
        notes.append((part.table, "", "left out", others, f"rows of others than {told}"))
    frame, unnamed = _needed(frame, part)
    if unnamed:
        detail = f"columns of {text.file} that no clause names"
        notes.append((part.table, "", "not read", unnamed, detail))
    for name in {name for one in columns for name in one.event}:
        taken = taken | ((EVENT in text.frame) and (_cells(text, EVENT) == name).to_numpy())
    text = replace(joined, frame=frame)
    return Selected(text, part, tuple(problems), tuple(notes), taken, kept, left)


def _participants(
    text: TextTable,
    part: DeclaredTable,
    taken: np.ndarray,
    dictionary: Dictionary | None,
    left_out: Collection[str],
    notes: list[Note],
) -> np.ndarray:
    """Rows of records that [participants] does not leave out."""
    records = text.frame[record_column(text.frame.columns, dictionary)].fillna("").str.strip()
    known = ~records.isin(left_out).to_numpy(dtype=bool)
    if (taken & ~known).any():
        detail = "rows of records that [participants] leaves out"
        notes.append((part.table, "", "left out", int((taken & ~known).sum()), detail))
    return known


def _with_record(
    text: TextTable, part: DeclaredTable, dictionary: Dictionary | None
) -> DeclaredTable:
    """Participants are the records, unless trial.toml says otherwise."""
    header = [str(one) for one in text.frame.columns]
    if dictionary is None or dictionary.record not in header:
        return part
    columns = [
        replace(one, source=dictionary.record, declared=True)
        if one.target == "participant_id"
        and not one.declared
        and not find_header(one.source, header)
        else one
        for one in part.columns
    ]
    return replace(part, columns=tuple(columns))


def _told(part: DeclaredTable) -> str:
    told = [" and ".join(part.event)] if part.event else []
    told.append(part.instrument or "rows without a repeating instrument")
    return ", ".join(told)


def _cells(text: TextTable, name: str) -> pd.Series:
    return text.frame[name].fillna("").str.strip()


def _of_event(text: TextTable, part: DeclaredTable, problems: list[Problem]) -> np.ndarray:
    all_rows = np.ones(len(text.frame), dtype=bool)
    if not part.event:
        return all_rows
    if EVENT not in text.frame.columns:
        problems.append(
            Problem(
                f"{text.file} has no column {EVENT}, and [{part.table}] asks for "
                f"{', '.join(part.event)}",
                "export with all REDCap's own columns; leave event out if there are no events",
                table=part.table,
                row=part.line,
            )
        )
        return all_rows
    cells = _cells(text, EVENT)
    there = list(cells.unique())
    problems += _never(EVENT, [one for one in part.event if one not in there], there, text, part)
    return cells.isin(part.event).to_numpy(dtype=bool)


def _never(
    column: str, names: Sequence[str], there: list[str], text: TextTable, part: DeclaredTable
) -> list[Problem]:
    """Names that no row has."""
    listed = ", ".join(sorted(filter(None, there))[:12])
    waits = column == EVENT and any(name in one.event for one in part.columns for name in names)
    all_of_them = not set(part.event) & set(there) if column == EVENT else True
    problems = []
    for name in names:
        near = difflib.get_close_matches(name, there, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        problems.append(
            Problem(
                f"no row of {text.file} has {column} = {name!r}; it holds {listed}",
                f"{hint}correct the name in trial.toml, or leave it out if nobody has come so far"
                + (f" (a column may wait: list {name} = {{}} under [redcap.events])" * waits),
                table=part.table,
                column=column,
                row=part.line,
                severity="error" if all_of_them else "warning",
            )
        )
    return problems


def _of_instrument(
    text: TextTable,
    part: DeclaredTable,
    dictionary: Dictionary | None,
    problems: list[Problem],
) -> np.ndarray:
    """Rows that repeat the instrument, and those without repeats that hold something of it."""
    header = [str(one) for one in text.frame.columns]
    repeated = (
        _cells(text, REPEATED)
        if REPEATED in header
        else pd.Series("", index=text.frame.index, dtype=object)
    )
    plain = (repeated == "").to_numpy(dtype=bool)
    if part.instrument is None:
        return plain if REPEATED not in part.where else np.ones(len(plain), dtype=bool)
    repeats = (repeated == part.instrument).to_numpy(dtype=bool)
    state = f"{part.instrument}_complete"
    known = dictionary.forms if dictionary is not None else ()
    if part.instrument not in known and state not in header and not repeats.any():
        forms = [one.removesuffix("_complete") for one in header if one.endswith("_complete")]
        there = [*known, *forms, *repeated.unique()]
        problems += _never(REPEATED, [part.instrument], list(dict.fromkeys(there)), text, part)
        return repeats
    own = _columns_of(part.instrument, header, dictionary)
    filled = np.zeros(len(plain), dtype=bool)
    for name in own:
        idle = UNTOUCHED if "___" in name or name == state else ("",)
        filled |= ~_cells(text, name).isin(idle).to_numpy(dtype=bool)
    return repeats | (plain & (filled if own else True))


def _columns_of(instrument: str, header: list[str], dictionary: Dictionary | None) -> list[str]:
    """The columns that an instrument fills."""
    state = [f"{instrument}_complete"] if f"{instrument}_complete" in header else []
    if dictionary is None:
        return state
    own = [
        name
        for name in header
        if (known := dictionary.field_of(name)) is not None
        and known.form == instrument
        and known.name != dictionary.record
    ]
    return own + state


def _asked(
    text: TextTable, part: DeclaredTable, taken: np.ndarray, notes: list[Note]
) -> np.ndarray:
    """Rows of events in which somebody has the value: in the others it was not asked for."""
    value = next(one for one in part.columns if one.target == "value")
    found = find_header(value.source, list(text.frame.columns))
    if EVENT not in text.frame.columns or len(found) != 1:
        return np.ones(len(taken), dtype=bool)
    given = pd.Series((_cells(text, found[0]) != "").to_numpy() & taken)
    asked = given.groupby(_cells(text, EVENT).to_numpy()).transform("any").to_numpy(dtype=bool)
    without = sorted(set(_cells(text, EVENT)[taken & ~asked]))
    if without:
        detail = f"rows of events in which nobody has {value.source}: {', '.join(without)}"
        notes.append((part.table, "", "left out", int((taken & ~asked).sum()), detail))
    return asked


def _nothing(part: DeclaredTable, text: TextTable) -> Problem:
    return Problem(
        f"no row of {text.file} is of {_told(part)}",
        "correct event and instrument in trial.toml; leave the table out if there is nothing yet",
        table=part.table,
        row=part.line,
    )


def _unchosen(text: TextTable, part: DeclaredTable, taken: np.ndarray) -> list[Problem]:
    """A table that takes the rows of all events has most likely forgotten to say which."""
    header = text.frame.columns
    told = part.event or part.instrument or part.where or part.one_row_per
    if told or EVENT not in header:
        return []
    events = list(dict.fromkeys(_cells(text, EVENT)[taken]))
    if len(events) < 2:
        return []
    forms = sorted(filter(None, set(_cells(text, REPEATED)))) if REPEATED in header else []
    repeats = f"; instruments that repeat are {', '.join(forms[:12])}" if forms else ""
    return [
        Problem(
            f"[{part.table}] takes the rows of {len(events)} events ({', '.join(events[:12])})",
            f'say which: event = "{events[0]}", or instrument = "..."{repeats}',
            table=part.table,
            row=part.line,
            count=len(events),
        )
    ]


def _from_other_events(
    text: TextTable,
    part: DeclaredTable,
    dictionary: Dictionary | None,
    events: Collection[str],
    problems: list[Problem],
) -> tuple[TextTable, DeclaredTable]:
    """A further column for each that is taken from another event's row of the same record."""
    elsewhere = [one for one in part.columns if one.event and one.value is None]
    if not elsewhere or EVENT not in text.frame.columns:
        return text, part
    header = list(text.frame.columns)
    frame = text.frame.copy()
    moved: dict[str, DeclaredColumn] = {}
    record = frame[record_column(header, dictionary)].fillna("").str.strip()
    for one in elsewhere:
        found = find_header(one.source, header)
        there = list(_cells(text, EVENT).unique())
        absent = [name for name in one.event if name not in there]
        told = _never(EVENT, absent, there, text, replace(part, event=one.event))
        listed = set(absent) <= set(events)
        problems += [replace(x, severity="warning") for x in told] if listed else told
        if len(found) != 1:
            continue
        cells = _cells(text, found[0])
        rows = _cells(text, EVENT).isin(one.event) & (cells != "")
        if all(find_header(name, header) for name in one.where):
            rows &= meeting(frame, one.where)
        if REPEATED in header:
            rows &= _cells(text, REPEATED) == ""
        given = cells[rows].groupby(record[rows]).agg(["first", "nunique"])
        several = given.index[given["nunique"] > 1]
        if len(several):
            problems.append(_several(one, part, several))
        name = f"{found[0]} [{', '.join(one.event)}]"
        frame[name] = record.map(given["first"]).fillna("")
        moved[one.target] = replace(one, source=name, where={})
    columns = tuple(moved.get(one.target, one) for one in part.columns)
    labels = dict(text.labels)
    codes = dict(text.codes)
    for one in moved.values():
        source = one.source.split(" [")[0]
        labels[one.source] = labels.get(source, "")
        codes.update({one.source: codes[source]} if source in codes else {})
    text = replace(text, frame=frame, labels=labels, codes=codes)
    return text, replace(part, columns=columns)


def _several(column: DeclaredColumn, part: DeclaredTable, records: pd.Index) -> Problem:
    return Problem(
        f"{column.source} has several values in {' and '.join(column.event)} for one record",
        "name the one event that counts",
        table=part.table,
        column=column.target,
        ids=tuple(map(str, records[:IDS_SHOWN])),
        count=len(records),
    )


def _needed(frame: pd.DataFrame, part: DeclaredTable) -> tuple[pd.DataFrame, int]:
    """The columns that a clause names; how many others there are."""
    if part.carry is True:
        return frame, 0
    header = [str(one) for one in frame.columns]
    asked = [one.source for one in part.columns if one.value is None]
    asked += [*part.where, *(name for one in part.columns for name in one.where)]
    asked += [part.one_row_per] if part.one_row_per else []
    asked += list(part.carry) if part.carry else []
    found = [find_header(name, header) for name in asked]
    declared = [one.source for one in part.columns if one.declared and one.value is None]
    if any(not find_header(name, header) for name in declared):
        return frame, 0  # a name is not found: the message is to list what there is
    named = {one for names in found for one in names}
    kept = [one for one in header if one in named]
    return frame[kept], len(header) - len(kept)
