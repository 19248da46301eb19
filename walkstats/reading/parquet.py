"""What does a Parquet file say, cell by cell, as text that converts back without loss?"""

from __future__ import annotations

import datetime as dt
import decimal
import io
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from walkstats.errors import DataError
from walkstats.reading.cells.numbers_in_text import number_in_words
from walkstats.reading.places.archives import MOST_BYTES
from walkstats.reading.text_tables import FileFormat, TextTable, unreadable

MAGIC = b"PAR1"
MOST_CELLS = 50_000_000
"""A file that says it holds more is refused before it is read: each cell becomes text."""

LONGEST_CELL = 2**17
"""Of a text [bytes]; CSV files have the same limit."""
ROW_INDEX = "__index_level_"
ANY = FileFormat()


def read_parquet_text(data: bytes, file: str, declared: FileFormat = ANY) -> TextTable:
    """Turn the columns of a Parquet file into text, as a CSV file would hold them.

    Parameters
    ----------
    data : bytes
        The whole file.
    file : str
        Its name, for messages.
    declared : FileFormat, optional
        Nothing of it concerns a Parquet file.

    Returns
    -------
    TextTable
        A null (and a NaN) is None. Rows are counted from 1.

    Raises
    ------
    DataError
        When the file is damaged, would unpack to too much, or a column holds lists, structures or
        bytes.

    Notes
    -----
    Rows, columns and unpacked sizes stand in the file's footer, and are looked at before anything
    is unpacked. Text is kept as a dictionary with a place in it for each row, as Parquet has it: a
    long text that a small file repeats a million times stays one.
    """
    pa, table = _arrow_table(data, file)
    names = [str(name) for name in table.column_names]
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        raise unreadable(
            f"{file} has several columns of the same name: {', '.join(twice)}",
            "rename or delete all but one",
            file=file,
        )
    kept = [name for name in names if not name.startswith(ROW_INDEX)]
    cells = {name: _as_text(table.column(names.index(name)), name, file, pa) for name in kept}
    rows = pd.RangeIndex(1, table.num_rows + 1, name="line")
    frame = pd.DataFrame(cells, index=rows, columns=pd.Index(kept, dtype=object), dtype=object)
    notes = ("row index written by pandas passed over",) if len(kept) < len(names) else ()
    return TextTable(file, frame, notes=notes)


def _arrow_table(data: bytes, file: str) -> tuple[Any, Any]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise unreadable(
            f"{file} is a Parquet file and pyarrow is not installed",
            "pip install pyarrow, or save the table as CSV",
            file=file,
        ) from None
    try:
        opened = pq.ParquetFile(io.BytesIO(data))
        _refuse_too_much(opened.metadata, file)
        texts = [one.name for one in opened.schema_arrow if _holds_text(one.type, pa)]
        return pa, pq.read_table(io.BytesIO(data), read_dictionary=texts)
    except (pa.ArrowException, OSError, ValueError, MemoryError) as reason:
        raise unreadable(
            f"{file} is a damaged Parquet file ({next(iter(str(reason).splitlines()), '')})",
            "write it again",
            file=file,
        ) from None


def _refuse_too_much(footer: Any, file: str) -> None:
    cells = footer.num_rows * footer.num_columns
    size = sum(footer.row_group(k).total_byte_size for k in range(footer.num_row_groups))
    if cells > MOST_CELLS or size > MOST_BYTES:
        raise unreadable(
            f"{file} says that it holds {footer.num_rows} rows of {footer.num_columns} columns, "
            f"{size} bytes unpacked (limits: {MOST_CELLS} cells, {MOST_BYTES} bytes)",
            "write only the columns and rows of the trial",
            file=file,
        )


def _refuse_long_cells(column: Any, name: str, file: str) -> None:
    """A cell longer than one of a CSV file may be is none of a table."""
    import pyarrow as pa
    from pyarrow import compute

    try:
        lengths = compute.binary_length(column.cast(pa.large_string()))
        longest = compute.max(lengths).as_py() or 0
    except pa.ArrowException:  # what is damaged is told where it is turned into text
        return
    if longest > LONGEST_CELL:
        raise unreadable(
            f"{file} has a cell of {longest} bytes in column {name} (limit {LONGEST_CELL})",
            "check that the file is a table",
            file=file,
        )


def _holds_text(kind: Any, pa: Any) -> bool:
    types = pa.types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _as_text(column: Any, name: str, file: str, pa: Any) -> np.ndarray:
    """Each distinct value is turned into text once."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        pieces = [_by_dictionary(one, name, file, pa) for one in column.chunks]
        return np.concatenate(pieces) if pieces else np.empty(0, dtype=object)
    return _cells(column, name, file, pa)


def _by_dictionary(chunk: Any, name: str, file: str, pa: Any) -> np.ndarray:
    """Look the text of each row up; what is null looks up the last place, which holds None."""
    texts = np.append(_cells(chunk.dictionary, name, file, pa), [None])
    filled = chunk.indices.cast(pa.int64()).fill_null(len(texts) - 1)
    places = filled.to_numpy(zero_copy_only=False)
    if len(places) and (places.min() < 0 or places.max() >= len(texts)):
        raise unreadable(
            f"{file} is a damaged Parquet file (column {name} refers to texts that are not there)",
            "write it again",
            file=file,
        )
    found: np.ndarray = texts[places]
    return found


def _cells(column: Any, name: str, file: str, pa: Any) -> np.ndarray:
    kind = column.type
    if _holds_text(kind, pa):
        _refuse_long_cells(column, name, file)
    writer = _writer(kind, pa)
    if writer is None:
        raise DataError.of(
            f"column {name} holds {kind}",
            what_to_do="store text, numbers, dates or true and false",
            table=file,
            column=name,
        )
    try:
        values = column.to_pylist()
    except (ValueError, OverflowError, LookupError, OSError, pa.ArrowException):
        raise DataError.of(
            f"column {name} holds values that are no {kind}",
            what_to_do="store dates between the years 1 and 9999, and moments in a known time "
            "zone, as dates or text",
            table=file,
            column=name,
        ) from None
    text = {one: writer(one) for one in set(values) if one is not None}
    if pa.types.is_floating(kind):  # -0.0 equals 0.0 and NaN nothing: no lookup for them
        cells = [None if one is None or one != one else writer(one) for one in values]
    else:
        cells = [None if one is None else text[one] for one in values]
    out = np.empty(len(cells), dtype=object)
    out[:] = cells
    return out


def _writer(kind: Any, pa: Any) -> Callable[[Any], str] | None:
    types = pa.types
    if _holds_text(kind, pa):
        return str
    if types.is_boolean(kind):
        return _truth
    if types.is_integer(kind):
        return str
    if types.is_floating(kind):
        return number_in_words
    if types.is_decimal(kind):
        return _decimal
    if types.is_date(kind) or types.is_timestamp(kind):
        return _day
    return str if types.is_null(kind) else None


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _decimal(value: decimal.Decimal) -> str:
    return str(value)


def _day(value: dt.date | dt.datetime) -> str:
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time() and value.tzinfo is None
        return value.date().isoformat() if midnight else value.isoformat()
    return value.isoformat()
