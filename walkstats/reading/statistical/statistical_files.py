"""What does a file of SPSS, Stata or SAS hold, as text with its labels?

Cells become the text that a CSV file would hold: numbers bit for bit, dates by their formats as ISO
dates, values that the file declares missing as missing, each counted. Labels of variables and of
values come along, so that ``codes`` in trial.toml are needed only where the labels do not do.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd

from walkstats.errors import DataError, Problem
from walkstats.reading.cells.numbers_in_text import number_in_words
from walkstats.reading.places.archives import MOST_BYTES
from walkstats.reading.statistical.spss_records import BrokenError, read_records
from walkstats.reading.statistical.statistical_cells import (
    Cells,
    Clock,
    in_text,
    sas_clock,
    sas_count,
    spss_clock,
    spss_count,
    stata_clock,
    stata_count,
)
from walkstats.reading.statistical.xport import BrokenTransportError, read_transport
from walkstats.reading.text_tables import FileFormat, TextTable, unreadable

SPSS_SIGNS = (b"$FL2@(#)", b"$FL3@(#)")
STATA_SIGNS = (
    b"<stata_dta>",
    *(bytes([version, order, 1]) for version in range(104, 116) for order in (1, 2)),
)
SAS_SIGNS = (bytes.fromhex("000000000000000000000000c2ea8160b31411cfbd92080009c7318c181f1011"),)
CPORT_SIGN = b"**COMPRESSED** **COMPRESSED**"
ANY = FileFormat()
MOST_CELLS = 1000
"""Cells that one byte of a compressed SAS file may stand for; more is a damaged header."""


def read_spss(data: bytes, file: str, declared: FileFormat = ANY) -> TextTable:
    """Turn an SPSS system file (.sav, .zsav) into text.

    Parameters
    ----------
    data : bytes
        The whole file.
    file : str
        Its name, for messages.
    declared : FileFormat, optional
        An encoding overrules that of the file.

    Returns
    -------
    TextTable
        Values among those that the file declares missing are None, and noted. Rows count from 1.

    Raises
    ------
    DataError
        When it is damaged.
    """
    try:
        records = read_records(data)
        columns, meta = _opened(
            "read_sav", "an SPSS", records.rest, file, declared, records.most_cases
        )
        told = records.in_words(declared.encoding or meta.file_encoding or "utf-8")
    except BrokenError as reason:
        raise _damaged(file, "an SPSS", str(reason)) from None
    except (UnicodeDecodeError, LookupError):
        raise _foreign_text(file) from None
    meta.variable_value_labels = {
        name: told[name.casefold()] for name in meta.column_names if (name or "").casefold() in told
    }
    return _worded("an SPSS", (spss_clock, spss_count), columns, meta, file)


def read_stata(data: bytes, file: str, declared: FileFormat = ANY) -> TextTable:
    """Turn a Stata file (.dta, of versions 7 to 18) into text.

    Parameters
    ----------
    data : bytes
        The whole file.
    file : str
        Its name, for messages.
    declared : FileFormat, optional
        The encoding of versions before 14, which do not tell it; cp1252 unless declared.

    Returns
    -------
    TextTable
        Extended missing values (.a to .z) are None, and noted. Rows count from 1.

    Raises
    ------
    DataError
        When it is damaged.
    """
    if data.startswith(STATA_SIGNS[0]) and not data.rstrip(b"\r\n\0 ").endswith(b"</stata_dta>"):
        raise _damaged(file, "a Stata", "its end is missing")
    rows = _stata_rows(data)
    if not 0 <= rows <= len(data):
        raise _damaged(file, "a Stata", f"{rows} rows announced, more than it can hold")
    columns, meta = _opened("read_dta", "a Stata", data, file, declared)
    if meta.number_rows != rows:
        raise _damaged(file, "a Stata", f"{rows} rows announced, {meta.number_rows} there")
    return _worded("a Stata", (stata_clock, stata_count), columns, meta, file)


def _stata_rows(data: bytes) -> int:
    """How many rows the header announces; the library reads half of that number only."""
    if not data.startswith(STATA_SIGNS[0]):
        return int.from_bytes(data[6:10], "big" if data[1:2] == b"\1" else "little", signed=True)
    order: Literal["big", "little"] = "big" if b"<byteorder>MSF<" in data[:200] else "little"
    at, size = data.find(b"<N>", 0, 200) + 3, 4 if b"<release>117<" in data[:200] else 8
    return int.from_bytes(data[at : at + size], order)


def read_sas(data: bytes, file: str, declared: FileFormat = ANY) -> TextTable:
    """Turn a SAS data set (.sas7bdat) into text.

    Parameters
    ----------
    data : bytes
        The whole file.
    file : str
        Its name, for messages.
    declared : FileFormat, optional
        An encoding overrules that of the file.

    Returns
    -------
    TextTable
        Special missing values (.A to .Z, ._) are None, and noted. Rows count from 1.

    Raises
    ------
    DataError
        When it is damaged.
    """
    columns, meta = _opened("read_sas7bdat", "a SAS", data, file, declared)
    return _worded("a SAS", (sas_clock, sas_count), columns, meta, file)


def read_sas_transport(data: bytes, file: str, declared: FileFormat = ANY) -> TextTable:
    """Turn a SAS transport file (.xpt, versions 5 and 8) into text.

    Parameters
    ----------
    data : bytes
        The whole file.
    file : str
        Its name, for messages.
    declared : FileFormat, optional
        Its encoding, which the file does not tell.

    Returns
    -------
    TextTable
        Special missing values (.A to .Z, ._) are None, and noted. Rows count from 1.

    Raises
    ------
    DataError
        When it is damaged, holds several data sets, or its text is in another encoding.
    """
    if data.startswith(CPORT_SIGN):
        raise unreadable(
            f"{file} was written by PROC CPORT, which only SAS reads",
            "export it by the XPORT engine: libname out xport 'file.xpt'",
            file=file,
        )
    try:
        found = read_transport(data, declared.encoding or "utf-8")
    except BrokenTransportError as reason:
        raise _damaged(file, "a SAS transport", str(reason)) from None
    except UnicodeDecodeError:
        raise _foreign_text(file) from None
    names = [one.name for one in found.variables]
    _check_names(names, file)
    columns: dict[str, np.ndarray] = {}
    notes: list[str] = []
    for one, values in zip(found.variables, found.columns, strict=True):
        cells = in_text(values.tolist(), None if one.is_text else sas_clock(one.format))
        columns[one.name] = cells.texts
        notes += _counting(one.name, one.format, "" if one.is_text else sas_count(one.format))
        notes += _notes(one.name, Cells(cells.texts, found.special.get(one.name, {}), cells.beyond))
    labels = {one.name: one.label for one in found.variables if one.label}
    return _table(file, columns, tuple(notes), labels, {})


def _worded(
    kind: str,
    formats: tuple[Callable[[str | None], Clock | None], Callable[[str | None], str]],
    columns: Mapping[str, list[Any]],
    meta: Any,
    file: str,
) -> TextTable:
    names = [name or "" for name in meta.column_names]
    _check_names(names, file)
    if len(columns) != len(names):
        raise _damaged(file, kind, f"{len(names)} variables announced, {len(columns)} there")
    clock, counting = formats
    texts: dict[str, np.ndarray] = {}
    notes: list[str] = []
    codes: dict[str, dict[str, str]] = {}
    for name, values in columns.items():
        form = meta.original_variable_types.get(name)
        is_text = meta.readstat_variable_types.get(name) == "string"
        found = _codes(meta.variable_value_labels.get(name, {}))
        is_missing = partial(_declared_missing, is_text, meta.missing_ranges.get(name, []))
        cells = in_text(values, None if is_text else clock(form), is_missing)
        texts[name] = cells.texts
        notes += _notes(name, cells, found, is_text)
        notes += _counting(name, form, "" if is_text else counting(form))
        if found:
            codes[name] = found
    labels = {n: str(t) for n, t in meta.column_names_to_labels.items() if t and t != n}
    return _table(file, texts, tuple(notes), labels, codes)


def _opened(
    reader: str,
    kind: str,
    data: bytes,
    file: str,
    declared: FileFormat,
    most_rows: int | None = None,
) -> tuple[Mapping[str, list[Any]], Any]:
    read = _reader(reader, kind, file, declared.encoding)
    try:
        _, meta = read(io.BytesIO(data), metadataonly=True)
        rows, width = meta.number_rows or 0, max(len(meta.column_names), 1)
        if rows * width > MOST_BYTES // 8:
            raise _too_large(file, rows, width)
        if rows * width > MOST_CELLS * len(data):
            raise _damaged(file, kind, f"{rows} rows announced, more than it can hold")
        limit = 0
        if meta.number_rows is None:  # only SPSS may leave it open
            if most_rows is None:
                raise _damaged(file, kind, "its number of rows is none")
            limit = min(MOST_BYTES // 8 // width, most_rows) + 1
        found: tuple[Mapping[str, list[Any]], Any] = read(io.BytesIO(data), row_limit=limit)
        if limit and found[1].number_rows == limit:  # more than may be, of a number not told
            raise _too_large(file, limit, width)
    except DataError:
        raise
    except Exception as reason:  # a library in C on bytes of strangers: anything may come
        if isinstance(reason, UnicodeDecodeError) or "convert string" in str(reason):
            raise _foreign_text(file) from None
        if "character set" in str(reason):
            raise _foreign_text(file, "cannot be read in the encoding it names") from None
        raise _damaged(file, kind, str(reason).strip() or type(reason).__name__) from None
    return found


def _reader(reader: str, kind: str, file: str, encoding: str | None) -> Callable[..., Any]:
    try:
        import pyreadstat
    except ImportError:
        raise unreadable(
            f"{file} is {kind} file and pyreadstat is not installed",
            "pip install pyreadstat, or save the table as CSV",
            file=file,
        ) from None
    return partial(
        getattr(pyreadstat, reader),
        encoding=codecs.lookup(encoding).name.upper() if encoding else None,
        disable_datetime_conversion=True,
        user_missing=True,
        output_format="dict",
    )


def _too_large(file: str, rows: int, columns: int) -> DataError:
    return unreadable(
        f"{file} has {rows} rows of {columns} columns, more than is read from one such file",
        "export the columns that are needed, or save the table as Parquet",
        file=file,
    )


def _damaged(file: str, kind: str, reason: str) -> DataError:
    return unreadable(
        f"{file} is a damaged {kind.split(' ', 1)[1]} file ({reason[:200]})",
        "export it again, or save the table as CSV",
        file=file,
    )


def _foreign_text(file: str, problem: str = "holds text in another encoding") -> DataError:
    return unreadable(
        f"{file} {problem}",
        'declare its encoding in trial.toml, as in encoding = "cp1252"',
        file=file,
    )


def _check_names(names: list[str], file: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    found = []
    if twice:
        found.append(
            Problem(
                f"{file} has several columns of the same name: {', '.join(map(repr, twice[:5]))}",
                "rename or delete all but one",
                table=file,
            )
        )
    if any(not name.strip() for name in names) or not names:
        problem = "has a column without a name" if names else "has no columns"
        found.append(Problem(f"{file} {problem}", "export it again", table=file))
    if found:
        raise DataError(found)


def _declared_missing(is_text: bool, ranges: list[Any], value: object) -> bool:
    """Whether the file calls a value missing: by its list or range, or by a letter for a number."""
    if isinstance(value, str) != is_text:
        return True
    for one in ranges:
        low, high = (one["lo"], one["hi"]) if isinstance(one, Mapping) else (one, one)
        if isinstance(value, str):
            if isinstance(low, str) and value.rstrip() == low.rstrip():
                return True
        elif not isinstance(low, str) and low <= value <= high:
            return True
    return False


def _codes(labels: Mapping[Any, Any]) -> dict[str, str]:
    """Values as the cells spell them -> words; a letter for a missing number is one of them."""
    found = {}
    for value, words in labels.items():
        key = value.rstrip() if isinstance(value, str) else number_in_words(float(value))
        if str(words).strip():
            found[key] = str(words).strip()
    return found


def _counting(name: str, form: str | None, what: str) -> Iterator[str]:
    """That a column is a time of some kind and still a number."""
    if what:
        yield f"{name} counts {what} ({form}), left as numbers"


def _notes(
    name: str, cells: Cells, codes: Mapping[str, str] | None = None, is_text: bool = False
) -> Iterator[str]:
    for value, count in sorted(cells.missing.items()):
        words = (codes or {}).get(value, "")
        called = f" ({words})" if words else ""
        letter = len(value) == 1 and value.isalpha() and not is_text
        dotted = f".{value}" if letter else value
        yield (
            f"{name}: {dotted!r}{called} is declared missing by the file, in {count} "
            f"cell{'s' if count != 1 else ''}"
        )
    if cells.beyond:
        yield f"{name}: {cells.beyond} dates outside the years 1 to 9999, left as their numbers"


def _table(
    file: str,
    columns: Mapping[str, np.ndarray],
    notes: tuple[str, ...],
    labels: Mapping[str, str],
    codes: Mapping[str, Mapping[str, str]],
) -> TextTable:
    lengths = {len(cells) for cells in columns.values()}
    if len(lengths) > 1:
        raise _damaged(file, "a statistical", "columns of different lengths")
    rows = pd.RangeIndex(1, lengths.pop() + 1, name="line")
    names = pd.Index(list(columns), dtype=object)
    return TextTable(
        file, pd.DataFrame(columns, index=rows, columns=names), (), notes, labels, codes
    )
