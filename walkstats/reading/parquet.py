"""What does a Parquet file say, cell by cell, as text that converts back without loss?"""

from __future__ import annotations

import datetime as dt
import decimal
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from walkstats.errors import DataError
from walkstats.reading.text_tables import FileFormat, TextTable, unreadable

MAGIC = b"PAR1"
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
        When the file is damaged, or a column holds lists, structures or bytes.
    """
    pa, table = _arrow_table(data, file)
    names = [str(name) for name in table.column_names]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise unreadable(
            f"{file} has several columns of the same name: {', '.join(twice)}",
            "rename or delete all but one",
            file=file,
        )
    kept = [name for name in names if not name.startswith(ROW_INDEX)]
    cells = {name: _as_text(table.column(names.index(name)), name, file, pa) for name in kept}
    rows = pd.RangeIndex(1, table.num_rows + 1, name="line")
    frame = pd.DataFrame(cells, index=rows, columns=pd.Index(kept, dtype=object))
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
        return pa, pq.read_table(io.BytesIO(data))
    except (pa.ArrowException, OSError, ValueError) as reason:
        raise unreadable(
            f"{file} is a damaged Parquet file ({str(reason).splitlines()[0]})",
            "write it again",
            file=file,
        ) from None


def _as_text(column: Any, name: str, file: str, pa: Any) -> np.ndarray:
    """Each distinct value is turned into text once."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = kind.value_type
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
    except (ValueError, OverflowError, pa.ArrowException):
        raise DataError.of(
            f"column {name} holds values that are no {kind}",
            what_to_do="store dates between the years 1 and 9999 as dates or text",
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
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return str
    if types.is_boolean(kind):
        return _truth
    if types.is_integer(kind):
        return str
    if types.is_floating(kind):
        return _number
    if types.is_decimal(kind):
        return _decimal
    if types.is_date(kind) or types.is_timestamp(kind):
        return _day
    return str if types.is_null(kind) else None


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _number(value: float) -> str:
    """``repr`` gives the shortest text that reads back as the same number; 12.0 is written 12."""
    if value.is_integer() and abs(value) < 2**53 and not (value == 0 and str(value)[0] == "-"):
        return str(int(value))
    return repr(value)


def _decimal(value: decimal.Decimal) -> str:
    return str(value)


def _day(value: dt.date | dt.datetime) -> str:
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time() and value.tzinfo is None
        return value.date().isoformat() if midnight else value.isoformat()
    return value.isoformat()
