"""What fields does a REDCap project have, and which columns does an export have for them?

A data dictionary is a CSV file with a row for each field, as REDCap's page "Data Dictionary" or its
API writes it.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from walkstats.reading.redcap.declared import EVENT, INSTANCE, REPEATED
from walkstats.reading.text_tables import FileFormat, TextTable, unreadable

HEADERS = {
    "name": ("variable / field name", "field_name"),
    "form": ("form name", "form_name"),
    "kind": ("field type", "field_type"),
    "label": ("field label", "field_label"),
    "choices": ("choices, calculations, or slider labels", "select_choices_or_calculations"),
    "validation": (
        "text validation type or show slider number",
        "text_validation_type_or_show_slider_number",
    ),
    "low": ("text validation min", "text_validation_min"),
    "high": ("text validation max", "text_validation_max"),
    "identifier": ("identifier?", "identifier"),
}
"""What is read -> how the page and the API of REDCap head it, in small letters."""

NEEDED = ("name", "form", "kind")

SPECIAL = {
    EVENT: "Event Name",
    REPEATED: "Repeat Instrument",
    INSTANCE: "Repeat Instance",
    "redcap_data_access_group": "Data Access Group",
    "redcap_survey_identifier": "Survey Identifier",
}
"""Columns that REDCap adds to an export -> how a labels export heads them."""

FORM_STATES = {"0": "Incomplete", "1": "Unverified", "2": "Complete"}
CHECKED = {"0": "Unchecked", "1": "Checked"}
YES_NO = {"1": "Yes", "0": "No"}
TRUE_FALSE = {"1": "True", "0": "False"}
LISTED = ("radio", "dropdown", "checkbox")
NUMBERS = ("integer", "number")


@dataclass(frozen=True)
class Field:
    """One field of a REDCap project.

    Attributes
    ----------
    name, form, kind, label, validation : str
        As the dictionary has them.
    choices : mapping of str to str
        Code -> label; empty where the field is no choice.
    low, high : str
        Limits that REDCap warns of at entry.
    identifier : bool
        Whether it is marked as identifying people.
    """

    name: str
    form: str
    kind: str
    label: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    validation: str = ""
    low: str = ""
    high: str = ""
    identifier: bool = False

    @property
    def columns(self) -> dict[str, str]:
        """The columns of an export that hold it -> how a labels export heads them."""
        if self.kind == "descriptive":
            return {}
        if self.kind != "checkbox":
            return {self.name: self.label}
        return {
            checkbox_column(self.name, code): f"{self.label} (choice={label})"
            for code, label in self.choices.items()
        }


@dataclass(frozen=True, eq=False)
class Dictionary:
    """The fields of a project, in their order.

    Attributes
    ----------
    file : str
    fields : tuple of Field
    """

    file: str
    fields: tuple[Field, ...]

    @property
    def record(self) -> str:
        """The field that identifies a record: the first."""
        return self.fields[0].name

    @cached_property
    def forms(self) -> tuple[str, ...]:
        """The instruments, in their order."""
        return tuple(dict.fromkeys(one.form for one in self.fields))

    @cached_property
    def columns(self) -> dict[str, str]:
        """Every column that an export may have, in its order -> how a labels export heads it."""
        first, *others = self.fields
        headed = {**first.columns, **SPECIAL}
        for form in self.forms:
            headed[f"{form}_timestamp"] = "Survey Timestamp"
            for one in others:
                headed.update(one.columns if one.form == form else {})
            headed[f"{form}_complete"] = "Complete?"
        return headed

    @cached_property
    def fields_of(self) -> dict[str, Field]:
        """Column of an export -> the field that it holds."""
        return {column: one for one in self.fields for column in one.columns}

    @cached_property
    def checkboxes(self) -> dict[str, Field]:
        """Fields of checkboxes, by their names."""
        return {one.name: one for one in self.fields if one.kind == "checkbox"}

    def field_of(self, column: str) -> Field | None:
        """The field of a column; also of a checkbox for a missing data code."""
        found = self.fields_of.get(column)
        if found is None and "___" in column:
            found = self.checkboxes.get(column.split("___")[0])
        return found

    def codes_of(self, column: str) -> dict[str, str]:
        """What the cells of a column stand for; empty where they stand for themselves."""
        known = self.field_of(column)
        if known is not None:
            return dict(CHECKED if known.kind == "checkbox" else known.choices)
        form = column.removesuffix("_complete")
        return dict(FORM_STATES) if form != column and form in self.forms else {}

    def nearest(self, name: str) -> str:
        """The column that is most like a name; empty when none is."""
        near = difflib.get_close_matches(name.casefold(), list(self.columns), n=1)
        return near[0] if near else ""


def checkbox_column(name: str, code: str) -> str:
    """The column of one choice of a checkbox field.

    Examples
    --------
    >>> checkbox_column("care", "GP"), checkbox_column("care", "-1")
    ('care___gp', 'care____1')
    """
    return f"{name}___{re.sub(r'[^a-z0-9_]', '_', code.casefold())}"


def read_choices(text: str) -> dict[str, str]:
    """The codes and labels of a list of choices.

    Examples
    --------
    >>> read_choices("1, Walking, at home | 2, Usual care")
    {'1': 'Walking, at home', '2': 'Usual care'}
    """
    pairs = [one.partition(",") for one in text.split("|") if one.strip()]
    return {code.strip(): plain_label(label) or code.strip() for code, _, label in pairs}


def plain_label(text: str) -> str:
    """A label without markup, on one line.

    Examples
    --------
    >>> plain_label("Pain  <b>now</b>")
    'Pain now'
    """
    return re.sub(r"\s+", " ", re.sub(r"</?[A-Za-z][^<>]{0,500}>", "", text)).strip()


def record_column(header: Iterable[object], dictionary: Dictionary | None) -> str:
    """The column that says which record a row is of: that of the dictionary, else the first."""
    names = [str(one) for one in header]
    if dictionary is not None and dictionary.record in names:
        return dictionary.record
    return next((one for one in names if one not in SPECIAL), names[0])


def is_dictionary(header: Iterable[str]) -> bool:
    """Whether these are the headers of a data dictionary."""
    return all(name in _places(header) for name in NEEDED)


def is_export(header: Iterable[str]) -> bool:
    """Whether these look like the headers of a data export."""
    names = list(header)
    return any(one in SPECIAL or one.endswith("_complete") or "___" in one for one in names)


def _places(header: Iterable[str]) -> dict[str, str]:
    """What is read -> the header of the file under which it stands."""
    plain = {" ".join(one.split()).casefold(): one for one in header}
    return {
        name: plain[spelled]
        for name, known in HEADERS.items()
        for spelled in known
        if spelled in plain
    }


def dictionary_format(data: bytes) -> FileFormat:
    """How a data dictionary is written: its header, which is known, has 18 columns.

    Examples
    --------
    >>> dictionary_format(b"field_name;form_name;field_type").delimiter
    ';'
    """
    first = data[:10_000].splitlines()[0] if data.strip() else b""
    return FileFormat(delimiter=chr(max(b",;\t|^", key=lambda sign: first.count(bytes([sign])))))


def read_dictionary(text: TextTable) -> Dictionary:
    """Read a data dictionary.

    Parameters
    ----------
    text : TextTable

    Returns
    -------
    Dictionary

    Raises
    ------
    DataError
        When the file is none, or names a field twice.
    """
    places = _places(text.frame.columns)
    absent = [name for name in NEEDED if name not in places]
    if absent:
        raise _no_dictionary(text, absent)
    rows = [row for row in _rows(text.frame, places) if row["name"]]
    if not rows:
        raise unreadable(
            f"{text.file} names no field", "download the data dictionary again", file=text.file
        )
    names = [row["name"] for row in rows]
    twice = sorted(one for one, times in Counter(names).items() if times > 1)
    if twice:
        raise unreadable(
            f"{text.file} has several fields of the same name: {', '.join(twice[:12])}",
            "download the data dictionary again",
            file=text.file,
        )
    return Dictionary(text.file, tuple(_field(row) for row in rows))


def _rows(frame: pd.DataFrame, places: Mapping[str, str]) -> list[dict[str, str]]:
    """The cells that are read, empty where the file has no such column."""
    nothing = [""] * len(frame)
    cells = {
        name: frame[places[name]].fillna("").str.strip() if name in places else nothing
        for name in HEADERS
    }
    return [dict(zip(HEADERS, row, strict=True)) for row in zip(*cells.values(), strict=True)]


def _no_dictionary(text: TextTable, absent: list[str]) -> Exception:
    other = "it looks like a data export" if is_export(text.frame.columns) else ""
    lacking = ", ".join(repr(HEADERS[name][0]) for name in absent)
    return unreadable(
        f"{text.file} is no data dictionary of REDCap: it has no column {lacking}"
        + (f"; {other}" if other else ""),
        "name the file that Project Setup > Data Dictionary downloads"
        + (", and the export under export" if other else ""),
        file=text.file,
    )


def _field(row: Mapping[str, str]) -> Field:
    kind = row["kind"].casefold()
    choices = {"yesno": YES_NO, "truefalse": TRUE_FALSE}.get(kind)
    if choices is None:
        choices = read_choices(row["choices"]) if kind in LISTED else {}
    return Field(
        row["name"],
        row["form"],
        kind,
        plain_label(row["label"]),
        choices,
        row["validation"].casefold(),
        row["low"],
        row["high"],
        row["identifier"].casefold() in ("y", "yes"),
    )
