"""What does a SAS transport file hold (versions 5 and 8), bit for bit?

The layout is public [1]_: records of 80 bytes, numbers as IBM mainframes write them. It is read
here and not by a library, since a damaged file must not end the program, and special missing values
(.A to .Z and ._) are to be counted and not lost.

References
----------
.. [1] SAS Institute. Record layout of a SAS version 5 or 6 data set in SAS transport (XPORT)
   format (TS-140), and of a SAS version 8 or 9 data set in SAS transport format.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

RECORD = 80
SIGN_V5 = b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!"
SIGN_V8 = b"HEADER RECORD*******LIBV8   HEADER RECORD!!!!!!!"
MEMBERS = (
    b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!",
    b"HEADER RECORD*******MEMBV8  HEADER RECORD!!!!!!!",
)
NAMES = (
    b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!",
    b"HEADER RECORD*******NAMSTV8 HEADER RECORD!!!!!!!",
)
ROWS = (
    b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!",
    b"HEADER RECORD*******OBSV8   HEADER RECORD!!!!!!!",
)
LONG_LABELS = (
    b"HEADER RECORD*******LABELV8 HEADER RECORD!!!!!!!",
    b"HEADER RECORD*******LABELV9 HEADER RECORD!!!!!!!",
)
NAMESTR = struct.Struct(">hhhh8s40s8shhh2s8shhi32sh18s")
NUMBER, TEXT = 1, 2
MISSING = b"._ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class BrokenTransportError(ValueError):
    """A file that no program wrote like this; the message says where."""


@dataclass(frozen=True)
class Variable:
    """One column of a data set.

    Attributes
    ----------
    name, label : str
    format : str
        With its width, as DATE9; empty for none.
    is_text : bool
    length : int
        Bytes of a value.
    place : int
        Of the first of them in a row.
    """

    name: str
    label: str
    format: str
    is_text: bool
    length: int
    place: int = 0


@dataclass(frozen=True, eq=False)
class DataSet:
    """One data set.

    Attributes
    ----------
    name, label : str
    variables : tuple of Variable
    columns : tuple of numpy.ndarray
        Per variable ``str`` (object) or float64, shape (n,); missing numbers are nan.
    special : mapping of str to mapping of str to int
        Variable -> special missing value (".A") -> cells.
    """

    name: str
    label: str
    variables: tuple[Variable, ...]
    columns: tuple[np.ndarray, ...]
    special: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def read_transport(data: bytes, encoding: str = "utf-8") -> DataSet:
    """Read the one data set of a transport file.

    Parameters
    ----------
    data : bytes
        The whole file.
    encoding : str
        Of its texts; the file does not tell.

    Returns
    -------
    DataSet

    Raises
    ------
    BrokenTransportError
        When the file is damaged or holds several data sets.
    UnicodeDecodeError
        When its texts are not in that encoding.
    """
    if not data.startswith((SIGN_V5, SIGN_V8)):
        raise BrokenTransportError("no header of a transport file")
    begin = _find(data, NAMES, 0, "the list of variables")
    head = data[:begin].rfind(b"HEADER RECORD*******DSC")
    if head < 0 or begin - head < 3 * RECORD:
        raise BrokenTransportError("no description of the data set")
    long_names = data.startswith(SIGN_V8)
    name = _word(data[head + RECORD + 8 :][: 32 if long_names else 8], encoding)
    label = _word(data[head + 2 * RECORD + 32 :][:40], encoding)
    variables = _variables(data, begin, encoding)
    rows_at = _find(data, ROWS, begin, "the rows")
    variables = _with_long_labels(data[begin:rows_at], variables, encoding)
    body = data[rows_at + RECORD :]
    if any(body.find(sign) % RECORD == 0 for sign in MEMBERS if sign in body):
        raise BrokenTransportError("several data sets; export each to a file of its own")
    columns, special = _columns(body, variables, encoding)
    return DataSet(name, label, variables, columns, special)


def _find(data: bytes, signs: tuple[bytes, ...], begin: int, what: str) -> int:
    places = [place for sign in signs if (place := data.find(sign, begin)) >= 0]
    if not places:
        raise BrokenTransportError(f"no header of {what}")
    return min(places)


def _word(raw: bytes, encoding: str) -> str:
    return raw.decode(encoding).rstrip(" \0")


def _variables(data: bytes, begin: int, encoding: str) -> tuple[Variable, ...]:
    digits = data[begin + 48 : begin + 58]
    if not digits.isdigit() or int(digits) < 1:
        raise BrokenTransportError("no number of variables")
    count, at = int(digits), begin + RECORD
    if count * NAMESTR.size > len(data) - at:
        raise BrokenTransportError(f"{count} variables announced, more than the file can hold")
    found = []
    for k in range(count):
        parts = NAMESTR.unpack_from(data, at + k * NAMESTR.size)
        kind, length, short, label, form, width = (parts[i] for i in (0, 2, 4, 5, 6, 7))
        place, long = parts[14], parts[15]
        name = _word(long, encoding) if long.strip(b" \0") else _word(short, encoding)
        fits = NUMBER <= kind <= TEXT and 1 <= length <= (32767 if kind == TEXT else 8)
        if not fits or (kind == NUMBER and length < 2) or place < 0:
            raise BrokenTransportError(f"an impossible variable {k + 1}")
        form = _word(form, encoding)
        written = f"{form}{width if width > 0 else ''}" if form else ""
        found.append(Variable(name, _word(label, encoding), written, kind == TEXT, length, place))
    return tuple(found)


def _with_long_labels(
    part: bytes, variables: tuple[Variable, ...], encoding: str
) -> tuple[Variable, ...]:
    """Labels beyond 40 bytes stand in a part of their own in version 8."""
    signs = [sign for sign in LONG_LABELS if sign in part]
    if not signs:
        return variables
    at = part.find(signs[0])
    digits, fields = part[at + 48 : at + 58].strip(), 3 if signs[0] == LONG_LABELS[0] else 5
    named = list(variables)
    at += RECORD
    for _ in range(int(digits) if digits.isdigit() else 0):
        if at + 2 * fields > len(part):
            raise BrokenTransportError("long labels that are longer than the file")
        which, *sizes = struct.unpack_from(f">{fields}H", part, at)
        at += 2 * fields
        label = _word(part[at + sizes[0] : at + sizes[0] + sizes[1]], encoding)
        at += sum(sizes)
        if not 1 <= which <= len(named) or at > len(part):
            raise BrokenTransportError(f"a long label of the variable {which}, which is none")
        old = named[which - 1]
        named[which - 1] = Variable(old.name, label, old.format, old.is_text, old.length, old.place)
    return tuple(named)


def _columns(
    body: bytes, variables: tuple[Variable, ...], encoding: str
) -> tuple[tuple[np.ndarray, ...], dict[str, dict[str, int]]]:
    width = max(one.place + one.length for one in variables)
    if sum(one.length for one in variables) != width:
        raise BrokenTransportError("variables that overlap or leave gaps")
    rows = np.frombuffer(body, np.uint8)[: len(body) // width * width].reshape(-1, width)
    if len(body) % RECORD:
        raise BrokenTransportError("an end in the middle of a record")
    filled = len(rows)
    least = max(len(rows) - (RECORD - 1) // width, 0)  # blanks fill up the last record
    while filled > least and (rows[filled - 1] == ord(" ")).all():
        filled -= 1
    rows = rows[:filled]
    columns, special = [], {}
    for one in variables:
        cells = np.ascontiguousarray(rows[:, one.place : one.place + one.length])
        if one.is_text:
            columns.append(_texts(cells, encoding))
            continue
        numbers, told = _numbers(cells)
        columns.append(numbers)
        if told:
            special[one.name] = told
    return tuple(columns), special


def _texts(cells: np.ndarray, encoding: str) -> np.ndarray:
    out = np.empty(len(cells), dtype=object)
    known: dict[bytes, str] = {}
    for k, raw in enumerate(cells):
        cell = raw.tobytes()
        if cell not in known:
            known[cell] = _word(cell, encoding)
        out[k] = known[cell]
    return out


def _numbers(cells: np.ndarray) -> tuple[np.ndarray, dict[str, int]]:
    """IBM floating point: a sign, a power of 16 less 64, and 56 bits of a fraction."""
    full = np.zeros((len(cells), 8), dtype=np.uint8)
    full[:, : cells.shape[1]] = cells
    gone = np.isin(full[:, 0], np.frombuffer(MISSING, np.uint8)) & ~full[:, 1:].any(axis=1)
    bits = full.view(">u8").ravel().astype(np.uint64)
    fraction = (bits & np.uint64(2**56 - 1)).astype(np.float64)
    power = ((bits >> np.uint64(56)) & np.uint64(127)).astype(np.int64)
    numbers = np.ldexp(fraction, (4 * (power - 64) - 56).astype(np.int32))
    numbers = np.where(bits >> np.uint64(63) == 1, -numbers, numbers)
    numbers[gone] = np.nan
    marks, counts = np.unique(full[gone, 0], return_counts=True)
    told = {f".{chr(m)}": int(n) for m, n in zip(marks, counts, strict=True) if chr(m) != "."}
    return numbers, told
