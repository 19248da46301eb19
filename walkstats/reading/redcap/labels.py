"""Does an export hold labels in the place of names and codes, and which are they?

REDCap's download "CSV / Microsoft Excel (labels)" heads its columns with the labels of fields and
fills its cells with the labels of choices. Headers are found by their order, which is that of the
dictionary; cells by the choices of their field. Where two readings are possible, neither is taken.
"""

from __future__ import annotations

import bisect
import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from walkstats.errors import IDS_SHOWN, Problem
from walkstats.reading.redcap.declared import EVENT, REPEATED
from walkstats.reading.redcap.dictionary import (
    SPECIAL,
    Dictionary,
    is_dictionary,
    plain_label,
    record_column,
)
from walkstats.reading.text_tables import FileFormat, TextTable

RAW_EXPORT = (
    "better export raw data (Data Exports > CSV / Microsoft Excel (raw data)): labels change "
    "whenever somebody rewords a question"
)
MOSTLY = 0.9
"""Share of the cells of choices, known as labels or as codes, that settles which they are."""


@dataclass(frozen=True, eq=False)
class Headed:
    """A file whose header is in names.

    Attributes
    ----------
    data : bytes
        The file; as it came where nothing had to be done.
    problems : tuple of Problem
    """

    data: bytes
    problems: tuple[Problem, ...] = ()


def with_names(data: bytes, file: str, declared: FileFormat, dictionary: Dictionary) -> Headed:
    """Put the names of fields in the place of their labels in the header.

    Parameters
    ----------
    data : bytes
        The whole file, unpacked.
    file : str
        Its name, for messages.
    declared : FileFormat
    dictionary : Dictionary

    Returns
    -------
    Headed
    """
    found = _first_row(data, declared)
    if found is None:
        return Headed(data)
    header, rest, delimiter = found
    if (
        dictionary.record in header
        or any(one in SPECIAL for one in header)
        or is_dictionary(header)
    ):
        return Headed(data)
    names = names_of(header, dictionary.columns)
    unknown = [one for one, name in zip(header, names, strict=True) if name is None]
    if 2 * len(unknown) >= len(header):
        return Headed(data)
    if unknown:
        return Headed(data, (_headers_unknown(file, header, unknown),))
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, lineterminator="\n").writerow(names)
    warning = Problem(
        f"{file} is headed by the labels of its fields; they were read as the fields' names "
        f"({len(header)} columns)",
        RAW_EXPORT,
        table=file,
        row=1,
        count=len(header),
        severity="warning",
    )
    encoding = declared.encoding or "utf-8"
    return Headed((written.getvalue() + rest).encode(encoding, "replace"), (warning,))


def _first_row(data: bytes, declared: FileFormat) -> tuple[list[str], str, str] | None:
    """The header, the text after it, what separates the cells; None where this cannot be told."""
    encoding = declared.encoding or "utf-8"
    try:
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
        stream = io.StringIO(text, newline="")
        delimiter = declared.delimiter or max(",;\t|", key=stream.readline().count)
        stream.seek(0)
        reader = csv.reader(stream, delimiter=delimiter, strict=True)
        header = next(reader)
    except (csv.Error, UnicodeError, LookupError, StopIteration):
        return None
    padding = "\n" * (reader.line_num - 1)  # so that every row stays on its line
    return header, padding + stream.read(), delimiter


def names_of(header: Sequence[str], columns: Mapping[str, str]) -> list[str | None]:
    """The columns that these labels head; None where there is none, or more than one.

    Parameters
    ----------
    header : sequence of str
    columns : mapping of str to str
        Column -> label, in the order that the header follows.

    Returns
    -------
    list of str or None

    Examples
    --------
    >>> columns = {"a": "Pain", "a_complete": "Complete?", "b": "Age", "b_complete": "Complete?"}
    >>> names_of(["Pain", "Complete?", "Age", "Complete?"], columns)
    ['a', 'a_complete', 'b', 'b_complete']
    >>> names_of(["Pain", "Complete?"], columns)
    ['a', None]
    """
    labels = [(name, _plain(label)) for name, label in columns.items()]
    wanted = [_plain(one) for one in header]
    first = _aligned(wanted, labels)
    last = _aligned(wanted[::-1], labels[::-1])[::-1]
    return [one if one == other else None for one, other in zip(first, last, strict=True)]


def _plain(label: str) -> str:
    return plain_label(label).casefold()


def _aligned(wanted: list[str], labels: list[tuple[str, str]]) -> list[str | None]:
    """Each label's first place after that of the one before it."""
    places: dict[str, list[int]] = {}
    for k, (_, label) in enumerate(labels):
        places.setdefault(label, []).append(k)
    names: list[str | None] = []
    at = 0
    for one in wanted:
        own = places.get(one, [])
        first = bisect.bisect_left(own, at)
        place = own[first] if first < len(own) else None
        names.append(None if place is None else labels[place][0])
        at = at if place is None else place + 1
    return names


def _headers_unknown(file: str, header: list[str], unknown: list[str]) -> Problem:
    told = ", ".join(repr(one[:60]) for one in unknown[:5])
    return Problem(
        f"{file} is headed by labels, and {len(unknown)} of {len(header)} may be several fields "
        f"or none: {told}",
        "export raw data (Data Exports > CSV / Microsoft Excel (raw data))",
        table=file,
        row=1,
        count=len(unknown),
    )


@dataclass(frozen=True, eq=False)
class _Column:
    """One column of choices: its cells, and which of them are codes and which labels."""

    name: str
    codes: Mapping[str, str]
    cells: pd.Series
    inverse: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def counts(self) -> tuple[int, int]:
        """Cells that are codes only, and cells that are labels only."""
        code = self.cells.isin(list(self.codes))
        label = self.cells.isin(list(self.inverse))
        return int((code & ~label).sum()), int((label & ~code).sum())

    @property
    def either(self) -> bool:
        """Whether a cell is a code, and the label of another code."""
        return any(
            cell in self.codes and [cell] != self.inverse.get(cell, [cell])
            for cell in self.cells.unique()
        )


def with_codes(text: TextTable, dictionary: Dictionary, worded: bool = False) -> TextTable:
    """Put the codes of choices in the place of their labels.

    Parameters
    ----------
    text : TextTable
        An export, headed by names.
    dictionary : Dictionary
    worded : bool
        Whether it was headed by labels when it came.

    Returns
    -------
    TextTable
        The same where it holds codes already.
    """
    columns = [_column(text.frame[name], dictionary) for name in text.frame.columns]
    choices = [one for one in columns if one.codes]
    counts = np.array([one.counts for one in choices] or [(0, 0)])
    codes, labels = counts.sum(axis=0)
    if worded and labels + codes == 0:
        either = [one.name for one in choices if one.either]
        found = (_either(text, either),) if either else ()
        return replace(text, problems=(*text.problems, *found))
    if labels == 0 or labels <= (1 - MOSTLY) * (codes + labels):
        return text
    if labels < MOSTLY * (codes + labels):
        mixed = [one.name for one, (_, n) in zip(choices, counts, strict=True) if n]
        return replace(text, problems=(*text.problems, _mixed(text, mixed, labels, codes)))
    frame = text.frame.copy()
    problems = [_labels(text.file, int(labels))]
    for one in choices:
        cells, doubtful = _coded(one)
        frame[one.name] = cells
        if doubtful.any():
            problems.append(_doubtful(text, one, doubtful, dictionary))
    for name in (EVENT, REPEATED):
        if name in frame.columns:
            frame[name] = _unique_names(frame[name], dictionary, name)
    return replace(text, frame=frame, problems=(*text.problems, *problems))


def _column(cells: pd.Series, dictionary: Dictionary) -> _Column:
    codes = dictionary.codes_of(str(cells.name))
    if not codes:
        return _Column(str(cells.name), codes, cells)
    filled = cells.fillna("")
    plain = filled.map({cell: plain_label(cell) for cell in filled.unique()})
    inverse: dict[str, list[str]] = {}
    for code, label in codes.items():
        inverse.setdefault(label, []).append(code)
    return _Column(str(cells.name), codes, plain, inverse)


def _coded(one: _Column) -> tuple[pd.Series, np.ndarray]:
    """Codes for labels; which cells hold a label that two choices share."""
    single = {label: codes[0] for label, codes in one.inverse.items() if len(codes) == 1}
    shared = [label for label, codes in one.inverse.items() if len(codes) > 1]
    return one.cells.map(lambda cell: single.get(cell, cell)), one.cells.isin(shared).to_numpy()


def _labels(file: str, cells: int) -> Problem:
    return Problem(
        f"{file} is an export of labels: {cells} cells hold the label of a choice in the place of "
        "its code; they were read as the codes of the data dictionary",
        RAW_EXPORT,
        table=file,
        count=cells,
        severity="warning",
    )


def _mixed(text: TextTable, columns: list[str], labels: int, codes: int) -> Problem:
    return Problem(
        f"{text.file} holds labels in {labels} cells of choices and codes in {codes}: "
        f"labels are in {', '.join(columns[:5])}",
        "export all of it as raw data (Data Exports > CSV / Microsoft Excel (raw data))",
        table=text.file,
        count=int(labels),
    )


def _either(text: TextTable, columns: list[str]) -> Problem:
    return Problem(
        f"{text.file} is headed by labels, and whether its cells are labels or codes cannot be "
        f"told: the labels of {', '.join(columns[:5])} are codes of other choices",
        "export raw data (Data Exports > CSV / Microsoft Excel (raw data))",
        table=text.file,
        column=columns[0],
        count=len(columns),
    )


def _doubtful(text: TextTable, one: _Column, rows: np.ndarray, dictionary: Dictionary) -> Problem:
    record = record_column(text.frame.columns, dictionary)
    ids = text.frame[record].fillna("").to_numpy()[rows]
    shared = sorted(set(one.cells[rows]))
    codes = "; ".join(f"{label!r} is {' and '.join(one.inverse[label])}" for label in shared[:5])
    return Problem(
        f"{one.name}: two choices of the data dictionary share a label ({codes}), so that the "
        "label does not say which was chosen",
        "export raw data (Data Exports > CSV / Microsoft Excel (raw data))",
        table=text.file,
        column=one.name,
        row=int(text.frame.index[np.flatnonzero(rows)[0]]),
        ids=tuple(dict.fromkeys(map(str, ids)))[:IDS_SHOWN],
        count=int(rows.sum()),
    )


def _unique_names(cells: pd.Series, dictionary: Dictionary, column: str) -> pd.Series:
    """The names that REDCap makes of the labels of events and instruments."""
    forms = dictionary.forms

    def name(cell: str) -> str:
        if column == REPEATED:
            slug = _slug(cell)
            return slug if slug in forms else cell
        return event_name(cell) if cell else cell

    return cells.fillna("").map(name)


def _slug(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", plain_label(label).casefold()).strip("_")


def event_name(label: str) -> str:
    """The unique name that REDCap makes of the label of an event.

    Examples
    --------
    >>> event_name("Month 3"), event_name("Deadline to opt out of study (Arm 2: Drug B)")
    ('month_3_arm_1', 'deadline_to_opt_ou_arm_2')
    """
    arm = re.search(r"\s*\(Arm (\d+):.*\)\s*$", label)
    slug = _slug(label[: arm.start()] if arm else label)[:18].strip("_")
    return f"{slug}_arm_{arm.group(1) if arm else 1}"
