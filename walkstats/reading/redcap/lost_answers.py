"""Which answers would a table lose, and which would it make of nothing?"""

from __future__ import annotations

import numpy as np

from walkstats.errors import IDS_SHOWN, Problem
from walkstats.reading.assembled.scored_parts import PartScore
from walkstats.reading.declared.declarations import DeclaredTable
from walkstats.reading.redcap.declared import EVENT
from walkstats.reading.redcap.dictionary import Dictionary, record_column
from walkstats.reading.text_tables import TextTable


def unscheduled(part: DeclaredTable, text: TextTable) -> Problem:
    """A warning that check-ins without a row will not be known.

    Parameters
    ----------
    part : DeclaredTable
        check_ins, without a schedule.
    text : TextTable

    Returns
    -------
    Problem
    """
    return Problem(
        f"which check-ins were due is not declared, and {text.file} has no row for one that nobody "
        "answered: it would not count as missed",
        "say under [redcap.events] what each event is, as in "
        "check_in_1_arm_1 = { check_in = 1, covers = [0, 30] }, or in schedule",
        table=part.table,
        row=part.line,
        severity="warning",
    )


def never_seen(
    text: TextTable, part: DeclaredTable, dictionary: Dictionary | None
) -> list[Problem]:
    """Checkboxes are 0 in every row of an export: as items they would make a score of nothing.

    Parameters
    ----------
    text : TextTable
    part : DeclaredTable
    dictionary : Dictionary or None

    Returns
    -------
    list of Problem
        An error where items are checkboxes and nothing says which rows have them.
    """
    if not isinstance(part.score, PartScore) or part.instrument or part.where:
        return []
    fields = [dictionary.field_of(name) for name in part.score.columns] if dictionary else []
    boxes = [one for one in fields if one is not None and one.kind == "checkbox"]
    if not boxes:
        return []
    return [
        Problem(
            f"{boxes[0].name} is a field of checkboxes, which are 0 in {text.file} also where "
            "nobody saw them: rows of people who did not answer would have a score",
            f'add instrument = "{boxes[0].form}"',
            table=part.table,
            column=part.score.measure,
            row=part.line,
        )
    ]


def answered_elsewhere(
    text: TextTable, part: DeclaredTable, rows: np.ndarray, dictionary: Dictionary | None
) -> list[Problem]:
    """Check-ins in rows of events that are none: left out, they would count as missed.

    Parameters
    ----------
    text : TextTable
    part : DeclaredTable
        check_ins.
    rows : numpy.ndarray
        bool, a row of the export each: those that hold the instrument in such an event.
    dictionary : Dictionary or None

    Returns
    -------
    list of Problem
        One warning, or nothing.
    """
    if not rows.any():
        return []
    events = list(dict.fromkeys(text.frame[EVENT].fillna("").str.strip()[rows]))
    records = text.frame[record_column(text.frame.columns, dictionary)][rows]
    return [
        Problem(
            f"{part.instrument} was filled in in {', '.join(events[:12])}, which "
            f"{'is' if len(events) == 1 else 'are'} no check-in: these answers are left out, and "
            "what they answered counts as missed",
            "say under [redcap.events] which check-in it is, or correct the event in REDCap",
            table=part.table,
            column=EVENT,
            row=int(text.frame.index[np.flatnonzero(rows)[0]]),
            ids=tuple(dict.fromkeys(map(str, records)))[:IDS_SHOWN],
            count=int(rows.sum()),
            severity="warning",
        )
    ]
