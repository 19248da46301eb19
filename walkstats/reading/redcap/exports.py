"""What does an export hold, once the data dictionary has said what its names and codes mean?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from walkstats.errors import Problem
from walkstats.reading.redcap.dictionary import Dictionary, is_dictionary
from walkstats.reading.redcap.labels import with_codes
from walkstats.reading.redcap.values import (
    decimal_points,
    fields_unknown,
    identifying,
    values_unforeseen,
)
from walkstats.reading.text_tables import TextTable, unreadable


def understand(text: TextTable, dictionary: Dictionary | None, worded: bool = False) -> TextTable:
    """Add what the data dictionary says of an export.

    Parameters
    ----------
    text : TextTable
        Headed by names.
    dictionary : Dictionary or None
        None where trial.toml names none.
    worded : bool
        Whether it was headed by labels when it came.

    Returns
    -------
    TextTable
        Holding codes, with labels and the meaning of codes.

    Raises
    ------
    DataError
        When it is a data dictionary itself.
    """
    if is_dictionary(text.frame.columns):
        raise unreadable(
            f"{text.file} is a data dictionary, not a data export",
            "name it under dictionary in [redcap], and the data export under export",
            file=text.file,
        )
    if dictionary is None:
        return text
    text = with_codes(text, dictionary, worded)
    frame, notes = decimal_points(text, dictionary)
    columns = [str(one) for one in frame.columns]
    return replace(
        text,
        frame=frame,
        notes=(*text.notes, *notes, *_absent(columns, dictionary)),
        labels={one: dictionary.columns[one] for one in columns if one in dictionary.columns},
        codes={one: _meanings(one, dictionary) for one in columns if dictionary.codes_of(one)},
    )


def _meanings(column: str, dictionary: Dictionary) -> Mapping[str, str]:
    known = dictionary.field_of(column)
    if known is not None and known.kind == "checkbox":
        return {"0": "no", "1": "yes"}
    return dictionary.codes_of(column)


def _absent(columns: list[str], dictionary: Dictionary) -> list[str]:
    held = {known.name for one in columns if (known := dictionary.field_of(one)) is not None}
    lacking = [one.name for one in dictionary.fields if one.columns and one.name not in held]
    if not lacking:
        return []
    told = ", ".join(lacking[:5]) + (" ..." if len(lacking) > 5 else "")
    return [f"fields of {dictionary.file} that are not in the export ({len(lacking)}): {told}"]


def problems_of(text: TextTable, dictionary: Dictionary, missing: tuple[str, ...]) -> list[Problem]:
    """What is wrong with an export by its data dictionary.

    Parameters
    ----------
    text : TextTable
        As ``read_export`` gives it.
    dictionary : Dictionary
    missing : tuple of str
        Cells that mean missing.

    Returns
    -------
    list of Problem
    """
    strange = fields_unknown(text, dictionary)
    if any(one.severity == "error" for one in strange):
        return strange
    return [
        *strange,
        *identifying(text, dictionary),
        *values_unforeseen(text, dictionary, missing),
    ]
