"""Which columns are put together from several cells, and how are REDCap's times written?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from walkstats.reading.assembled.headers import find_header
from walkstats.reading.cells.refusals import TRUTH
from walkstats.reading.declared.declarations import DeclaredColumn, DeclaredTable
from walkstats.reading.redcap.dictionary import Dictionary
from walkstats.reading.text_tables import TextTable
from walkstats.schema import table_of

NOT_COMPLETED = "[not completed]"
"""What REDCap writes as the time of a survey that was begun and not ended."""

SECONDS = "%Y-%m-%d %H:%M:%S"
MINUTES = "%Y-%m-%d %H:%M"


def with_any_of(text: TextTable, part: DeclaredTable) -> tuple[TextTable, DeclaredTable]:
    """Add a column for each that is true where any of several is.

    Parameters
    ----------
    text : TextTable
    part : DeclaredTable

    Returns
    -------
    tuple
        The text with these columns, and the part that takes them as sources. True where any is;
        false where all that hold something are; missing where none does. A cell that is neither
        stands as it is, and is refused like any other.
    """
    columns = list(part.columns)
    header = [str(one) for one in text.frame.columns]
    frame = text.frame
    for k, one in enumerate(columns):
        found = [find_header(name, header) for name in one.any_of]
        if not found:
            continue
        absent = [n for n, names in zip(one.any_of, found, strict=True) if len(names) != 1]
        if absent:
            columns[k] = replace(one, source=absent[0], any_of=())
            continue
        names = [name for (name,) in found]
        source = " or ".join(names)
        frame = frame.assign(**{source: _any_of(frame[names], part, one)})
        columns[k] = replace(one, source=source, any_of=(), codes={})
    return replace(text, frame=frame), replace(part, columns=tuple(columns))


def _any_of(cells: pd.DataFrame, part: DeclaredTable, column: DeclaredColumn) -> np.ndarray:
    missing = part.missing if column.missing is None else column.missing
    codes = column.codes or {}
    out = np.full(len(cells), "", dtype=object)
    for name in cells.columns:
        plain = cells[name].fillna("").str.strip()
        word = plain.map(lambda cell: codes.get(cell, cell)).str.casefold()
        empty = plain.isin([*missing, ""]).to_numpy(dtype=bool)
        truth = word.map(TRUTH)
        yes = (truth == True).to_numpy(dtype=bool) & ~empty  # noqa: E712
        no = (truth == False).to_numpy(dtype=bool) & ~empty  # noqa: E712
        odd = ~yes & ~no & ~empty
        out[no & (out == "")] = "no"
        out[odd & (out != "yes")] = plain.to_numpy(dtype=object)[odd & (out != "yes")]
        out[yes] = "yes"
    return out


def with_datetimes(
    text: TextTable, part: DeclaredTable, dictionary: Dictionary | None
) -> DeclaredTable:
    """Say how times are written, where trial.toml does not.

    Parameters
    ----------
    text : TextTable
        An export: its times begin with the year, however they were entered.
    part : DeclaredTable
    dictionary : Dictionary or None

    Returns
    -------
    DeclaredTable
    """
    columns = []
    for one in part.columns:
        known = table_of(part.table).column(one.target)
        kind = known.kind if known else one.kind
        form = None
        if kind in ("date", "days") and one.dates is None and one.value is None:
            form = _time_form(text, one.source, dictionary)
        if form is not None:
            missing = part.missing if one.missing is None else one.missing
            one = replace(one, dates=form, missing=(*missing, NOT_COMPLETED))
        columns.append(one)
    return replace(part, columns=tuple(columns))


def _time_form(text: TextTable, source: str, dictionary: Dictionary | None) -> str | None:
    found = find_header(source, list(text.frame.columns))
    if len(found) != 1:
        return None
    field = None if dictionary is None else dictionary.field_of(found[0])
    validation = "" if field is None else field.validation
    if not validation.startswith("datetime") and not found[0].endswith("_timestamp"):
        return None
    cells = text.frame[found[0]].fillna("").str.strip()
    seconds = cells.str.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d").any()
    return SECONDS if seconds else MINUTES
