"""Which file is which table of the trial?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from walkstats.reading.assembled.headers import plain
from walkstats.reading.suggesting.columns_meant import Columns, columns_of
from walkstats.reading.suggesting.measures_meant import Score, scores_in_columns
from walkstats.reading.suggesting.other_names import TABLE_WORDS
from walkstats.reading.suggesting.tables_found import TableFound
from walkstats.reading.text_tables import TextTable
from walkstats.schema import TABLES

OF_A_LIST = {"block", "block_no", "blocknr", "sequence", "sequence_no"}
"""Columns of the list by which arms were dealt, which is no table of the trial."""

BY_MISTAKE = 0.1
"""Up to this share of rows an id that comes again is a mistake, which the check has to tell."""

NAMED, UNIQUE = 10, 5
"""What the name of a file counts, and one row per person (for participants), in columns."""


BESIDE = {
    "recurrences": ("resolved_days", "activity_limiting", "worst_pain_nrs"),
    "costs": ("quantity", "unit_cost"),
    "adverse_events": ("onset_days", "serious", "related"),
}
"""Tables whose required columns many files have: one of these must be there too, or the name."""


@dataclass(frozen=True, eq=False)
class TableMeant:
    """A file, taken for a table.

    Attributes
    ----------
    table : str
    found : TableFound
    text : TextTable
    columns : Columns
    scores : tuple of Score
        Of outcomes in columns; empty where they stand in rows.
    repeated : bool
        Whether participants have several rows.
    """

    table: str
    found: TableFound
    text: TextTable
    columns: Columns
    scores: tuple[Score, ...] = ()
    repeated: bool = False


def tables_meant(found: Sequence[TableFound]) -> tuple[list[TableMeant], list[TableFound]]:
    """Take files for tables, the best file for each.

    Parameters
    ----------
    found : sequence of TableFound

    Returns
    -------
    tuple
        The tables in the order of the dictionary, and the files that are none of them.
    """
    candidates = []
    for one in found:
        for table in TABLES:
            meant = _taken_for(table, one)
            if meant is not None:
                candidates.append((_weight(meant), meant))
    candidates.sort(key=lambda each: -each[0])
    chosen: list[TableMeant] = []
    for _, meant in candidates:
        others = [one for one in chosen if one.found is meant.found]
        once = meant.table not in [one.table for one in chosen] or bool(meant.scores)
        if once and all(_go_together(meant, one) for one in others):
            chosen.append(meant)
    taken = [one.found for one in chosen]
    order = list(TABLES)
    chosen.sort(key=lambda one: order.index(one.table))
    return chosen, [one for one in found if one not in taken]


def _taken_for(table: str, found: TableFound) -> TableMeant | None:
    """The file as this table; None when a column that the table needs is not there."""
    if found.text is None:
        return None
    columns = columns_of(table, found.text)
    needed = {column.name for column in TABLES[table].columns if column.required}
    if table == "walking" and "day" in columns.meant:
        needed.discard("week")
    scores: tuple[Score, ...] = ()
    if table == "outcomes" and not needed <= set(columns.meant):
        scores = tuple(scores_in_columns(found.text))
        needed = {"participant_id"}
        if not scores:
            return None
    if not needed <= set(columns.meant):
        return None
    beside = BESIDE.get(table, ())
    if beside and not _named(table, found) and not any(one in columns.meant for one in beside):
        return None
    repeated = False
    if table == "participants":
        ids = found.text.frame[columns.meant["participant_id"].source]
        repeated = bool(ids.duplicated().mean() > BY_MISTAKE)
    return TableMeant(table, found, found.text, columns, scores, repeated)


def _go_together(one: TableMeant, other: TableMeant) -> bool:
    """Whether a file may be both: people with their scores, or with events in several rows."""
    if one.table == other.table:
        return False
    return bool(one.scores or other.scores or one.repeated or other.repeated)


def _weight(meant: TableMeant) -> float:
    """How much speaks for a file being a table."""
    same = sum(one.same for one in meant.columns.meant.values())
    weight = len(meant.columns.meant) + same
    weight += NAMED if _named(meant.table, meant.found) else 0
    if meant.table == "participants":
        weight += -UNIQUE if meant.repeated else UNIQUE
        dealt = {plain(str(name)) for name in meant.text.frame.columns} & OF_A_LIST
        weight -= NAMED if dealt else 0
    return weight - (NAMED if meant.scores else 0)


def _named(table: str, found: TableFound) -> bool:
    """Whether the name of the file, or of the sheet, says the table."""
    stem = re.sub(r"\..*", "", plain(found.called))
    words = set(re.split(r"[\W\d_]+", stem))
    return table in stem or bool(words & set(TABLE_WORDS[table]))
