"""Which rows of an export are of no event or instrument, and which records were entered twice?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from walkstats.errors import IDS_SHOWN, Problem
from walkstats.reading.assembled.headers import find_header
from walkstats.reading.assembled.parts import meeting
from walkstats.reading.declared.declarations import DeclaredTable
from walkstats.reading.redcap.declared import EVENT, REPEATED
from walkstats.reading.redcap.dictionary import Dictionary, record_column
from walkstats.reading.text_tables import TextTable

SECOND_ENTRY = r"(?s).+--[12]"
"""How REDCap names what the first and the second person entered of a record."""


def records_chosen(
    text: TextTable, part: DeclaredTable, rows: np.ndarray, dictionary: Dictionary | None
) -> tuple[frozenset[str], frozenset[str]]:
    """Records that [participants] takes, and those that its ``where`` leaves out.

    Parameters
    ----------
    text : TextTable
        An export, headed by names.
    part : DeclaredTable
        participants.
    rows : numpy.ndarray
        bool, a row of the export each: those of its events and instrument.
    dictionary : Dictionary or None

    Returns
    -------
    tuple of frozenset of str
        Both empty where nothing is left out by ``where``.
    """
    header = [str(one) for one in text.frame.columns]
    if not part.where or any(len(find_header(name, header)) != 1 for name in part.where):
        return frozenset(), frozenset()
    records = text.frame[record_column(header, dictionary)].fillna("").str.strip()
    kept = frozenset(records[rows & meeting(text.frame, part.where)])
    return kept, frozenset(records[rows]) - kept


def rows_of_nothing(text: TextTable, dictionary: Dictionary | None) -> list[Problem]:
    """Rows of no event or instrument, and entries of double data entry that were not merged.

    Parameters
    ----------
    text : TextTable
        An export, headed by names.
    dictionary : Dictionary or None

    Returns
    -------
    list of Problem
    """
    if not len(text.frame.columns):
        return []
    records = text.frame[record_column(text.frame.columns, dictionary)].fillna("").str.strip()
    found = [
        _of_no_event(text, records),
        _of_no_instrument(text, records, dictionary),
        _entered_twice(text, records),
    ]
    return [one for one in found if one is not None]


def _of_no_event(text: TextTable, records: pd.Series) -> Problem | None:
    if EVENT not in text.frame.columns:
        return None
    rows = (text.frame[EVENT].fillna("").str.strip() == "").to_numpy(dtype=bool)
    if not rows.any():
        return None
    return Problem(
        f"rows of {text.file} say no {EVENT}, so that no table would have them",
        "export again; in a project with events REDCap writes one in every row",
        table=text.file,
        column=EVENT,
        row=_first(text, rows),
        ids=tuple(dict.fromkeys(map(str, records[rows])))[:IDS_SHOWN],
        count=int(rows.sum()),
    )


def _of_no_instrument(
    text: TextTable, records: pd.Series, dictionary: Dictionary | None
) -> Problem | None:
    if REPEATED not in text.frame.columns or dictionary is None:
        return None
    repeated = text.frame[REPEATED].fillna("").str.strip()
    rows = ~repeated.isin(["", *dictionary.forms]).to_numpy(dtype=bool)
    if not rows.any():
        return None
    named = ", ".join(repr(one[:40]) for one in repeated[rows].unique()[:5])
    return Problem(
        f"rows of {text.file} repeat instruments that the data dictionary {dictionary.file} does "
        f"not have: {named}",
        f"no table takes them unless it names one as instrument; it has "
        f"{', '.join(dictionary.forms[:12])}",
        table=text.file,
        column=REPEATED,
        row=_first(text, rows),
        ids=tuple(dict.fromkeys(map(str, records[rows])))[:IDS_SHOWN],
        count=int(rows.sum()),
        severity="warning",
    )


def _entered_twice(text: TextTable, records: pd.Series) -> Problem | None:
    rows = records.str.fullmatch(SECOND_ENTRY).to_numpy(dtype=bool)
    if not rows.any():
        return None
    entries = set(records[rows])
    merged = {one[:-3] for one in entries}
    several = len(merged) < len(entries) or not merged.isdisjoint(records)
    return Problem(
        f"records of {text.file} end in --1 or --2, as REDCap names the two entries of double "
        "data entry" + (": somebody would be several participants" if several else ""),
        "export the merged records only, by a report that leaves out ids with --",
        table=text.file,
        column=str(records.name),
        row=_first(text, rows),
        ids=tuple(dict.fromkeys(map(str, records[rows])))[:IDS_SHOWN],
        count=int(rows.sum()),
        severity="error" if several else "warning",
    )


def _first(text: TextTable, rows: np.ndarray) -> int:
    return int(text.frame.index[np.flatnonzero(rows)[0]])
