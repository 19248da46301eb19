"""Which values does the dictionary not foresee, and which fields say who somebody is?"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from walkstats.errors import IDS_SHOWN, Problem
from walkstats.reading.cells.dates_in_text import is_iso_date
from walkstats.reading.redcap.dictionary import NUMBERS, SPECIAL, Dictionary, Field, record_column
from walkstats.reading.text_tables import TextTable

SHOWN = 5
STATES = re.compile(r".+_(complete|timestamp)")


def fields_unknown(text: TextTable, dictionary: Dictionary) -> list[Problem]:
    """Columns of an export that its dictionary does not have.

    Parameters
    ----------
    text : TextTable
    dictionary : Dictionary

    Returns
    -------
    list of Problem
        One warning, or nothing; an error when hardly a column is known.
    """
    header = [str(one) for one in text.frame.columns]
    strange = [one for one in header if not _is_known(one, dictionary)]
    if not strange:
        return []
    told = ", ".join(strange[:SHOWN]) + (" ..." if len(strange) > SHOWN else "")
    known = len(header) - len(strange)
    apart = dictionary.record not in header or 2 * known < len(header)
    return [
        Problem(
            f"{len(strange)} of {len(header)} columns of {text.file} are not in the data "
            f"dictionary {dictionary.file}: {told}",
            "name the export and the dictionary of the same project in [redcap]"
            if apart
            else "download the data dictionary on the day of the export, so that they agree",
            table=text.file,
            row=1,
            count=len(strange),
            severity="error" if apart else "warning",
        )
    ]


def _is_known(column: str, dictionary: Dictionary) -> bool:
    if column in dictionary.columns or column in SPECIAL:
        return True
    if dictionary.field_of(column) is not None:
        return True
    form = STATES.fullmatch(column)
    return form is not None and column.removesuffix(f"_{form.group(1)}") in dictionary.forms


def identifying(text: TextTable, dictionary: Dictionary) -> list[Problem]:
    """Fields that the project itself marks as identifying people, where the export holds them.

    Parameters
    ----------
    text : TextTable
    dictionary : Dictionary

    Returns
    -------
    list of Problem
    """
    marked = [
        name
        for name in text.frame.columns
        if _identifies(str(name), dictionary) and (text.frame[name].fillna("") != "").any()
    ]
    if not marked:
        return []
    return [
        Problem(
            f"{text.file} holds fields that the data dictionary marks as identifiers: "
            f"{', '.join(map(str, marked))}",
            "an export for analysis needs none of them: export again with the identifier fields "
            "removed (De-identification Options); walkstats carries none of them along unasked",
            table=text.file,
            count=len(marked),
            severity="warning",
        )
    ]


def _identifies(column: str, dictionary: Dictionary) -> bool:
    known = dictionary.field_of(column)
    return column == "redcap_survey_identifier" or (known is not None and known.identifier)


def values_unforeseen(
    text: TextTable, dictionary: Dictionary, missing: tuple[str, ...]
) -> list[Problem]:
    """Cells that are no choice of their field, or outside the limits of its validation.

    Parameters
    ----------
    text : TextTable
        Holding codes.
    dictionary : Dictionary
    missing : tuple of str
        Cells that mean missing.

    Returns
    -------
    list of Problem
        A warning per field: REDCap itself lets such values stand.
    """
    problems = []
    for name in map(str, text.frame.columns):
        distinct = [
            cell
            for cell in text.frame[name].dropna().unique()
            if cell.strip() and cell.strip() not in missing
        ]
        codes = dictionary.codes_of(name)
        known = dictionary.field_of(name)
        if codes:
            wrong = [cell for cell in distinct if cell.strip() not in codes]
            listed = ", ".join(f"{code} = {label}" for code, label in list(codes.items())[:12])
            problem = f"{name} holds values that are not among its choices ({listed})"
        elif known is not None and (known.low or known.high):
            wrong = _outside(distinct, known)
            limits = f"{known.low or 'any'} to {known.high or 'any'}"
            problem = f"{name} holds values outside the limits of its validation ({limits})"
        else:
            continue
        if wrong:
            problems.append(_unforeseen(text, name, wrong, problem, dictionary))
    return problems


def _outside(cells: list[str], known: Field) -> list[str]:
    """Cells beyond limits that are numbers or days; other limits (today, [a_field]) say nothing."""
    read = _limit_reader(known)
    if read is None:
        return []
    low, high = read(known.low), read(known.high)
    outside = []
    for cell in cells:
        value = read(cell)
        if value is None:
            continue
        below = low is not None and value < low  # type: ignore[operator]
        above = high is not None and value > high  # type: ignore[operator]
        outside += [cell] if below or above else []
    return outside


def _limit_reader(known: Field) -> Callable[[str], float | str | None] | None:
    if known.kind == "slider" or known.validation.startswith(NUMBERS):
        return _number
    return _day if known.validation.startswith("date") else None


def _number(text: str) -> float | None:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


def _day(text: str) -> str | None:
    day = text.strip()[:10]
    return day if is_iso_date(day) else None


def _unforeseen(
    text: TextTable, name: str, wrong: list[str], problem: str, dictionary: Dictionary
) -> Problem:
    rows = text.frame[name].isin(wrong).to_numpy(dtype=bool)
    record = record_column(text.frame.columns, dictionary)
    ids = text.frame[record].fillna("").to_numpy(dtype=object)[rows]
    shown = ", ".join(repr(one[:40]) for one in wrong[:SHOWN])
    return Problem(
        f"{problem}: {shown}{' ...' if len(wrong) > SHOWN else ''}",
        "correct them in REDCap; a code for missing belongs to missing under [redcap]",
        table=text.file,
        column=name,
        row=int(text.frame.index[np.flatnonzero(rows)[0]]),
        ids=tuple(dict.fromkeys(map(str, ids)))[:IDS_SHOWN],
        count=int(rows.sum()),
        severity="warning",
    )


def decimal_points(text: TextTable, dictionary: Dictionary) -> tuple[pd.DataFrame, list[str]]:
    """Decimal points in the place of the commas of fields that are validated as having them.

    Parameters
    ----------
    text : TextTable
    dictionary : Dictionary

    Returns
    -------
    tuple
        The frame, and what was done.
    """
    frame = text.frame
    notes = []
    for name in map(str, frame.columns):
        known = dictionary.field_of(name)
        if known is None or not known.validation.endswith("comma_decimal"):
            continue
        comma = frame[name].fillna("").str.fullmatch(r"\s*[+-]?\d*,\d+\s*").to_numpy(dtype=bool)
        if comma.any():
            frame = frame.assign(
                **{name: frame[name].str.replace(",", ".").where(comma, frame[name])}
            )
            notes.append(f"{int(comma.sum())} decimal commas of {name} ({known.validation})")
    return frame, notes
