"""How is a data set written as a SAS transport file of version 5, bit for bit?"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from walkstats.reading.statistical.xport import (
    NAMESTR,
    NUMBER,
    RECORD,
    SIGN_V5,
    TEXT,
    DataSet,
    Variable,
)

LONGEST_TEXT = 200
LONGEST_NAME = 8
LONGEST_LABEL = 40
NEVER = b"01JAN60:00:00:00"
"""The time of writing: the same data give the same file."""


class UnwritableError(ValueError):
    """Something that a transport file of version 5 cannot hold; the message says what."""


def transport_bytes(found: DataSet) -> bytes:
    """A transport file of version 5.

    Parameters
    ----------
    found : DataSet
        Lengths and places of its variables are not read: texts take what they need.

    Returns
    -------
    bytes

    Raises
    ------
    UnwritableError
        For names beyond 8 bytes, labels beyond 40, texts beyond 200, and infinite numbers.
    """
    blocks, variables, place = [], [], 0
    for one, values in zip(found.variables, found.columns, strict=True):
        _check_words(one)
        cells = _texts(one, values) if one.is_text else _numbers(one, values)
        length = cells.shape[1]
        variables.append(Variable(one.name, one.label, one.format, one.is_text, length, place))
        blocks.append(cells)
        place += length
    rows = np.concatenate(blocks, axis=1).tobytes()
    names = b"".join(_namestr(k, one) for k, one in enumerate(variables, 1))
    parts = [*_heads(found, len(variables)), _filled(names), _head("OBS", "0" * 30), _filled(rows)]
    return b"".join(parts)


def _check_words(one: Variable) -> None:
    if not one.name or len(one.name.encode()) > LONGEST_NAME:
        raise UnwritableError(f"the name {one.name!r} has not 1 to {LONGEST_NAME} characters")
    if len(one.label.encode()) > LONGEST_LABEL:
        raise UnwritableError(f"the label {one.label!r} has more than {LONGEST_LABEL} characters")


def _texts(one: Variable, values: Iterable[str | None]) -> np.ndarray:
    raw = [(text or "").encode("utf-8") for text in values]
    length = max([1, *map(len, raw)])
    if length > LONGEST_TEXT:
        longest = max(raw, key=len)[:40].decode("utf-8", "ignore")
        raise UnwritableError(
            f"{one.name} holds a text of {length} bytes, beyond {LONGEST_TEXT}: {longest!r}..."
        )
    padded = b"".join(text.ljust(length) for text in raw)
    return np.frombuffer(padded, np.uint8).reshape(len(raw), length)


def _numbers(one: Variable, values: np.ndarray) -> np.ndarray:
    coded = [_ibm(float(value), one.name) for value in np.asarray(values, dtype=float).tolist()]
    return np.frombuffer(b"".join(coded), np.uint8).reshape(len(coded), 8)


def _ibm(value: float, name: str) -> bytes:
    """A sign, a power of 16 with 64 added, and 56 bits of a fraction between 1/16 and 1."""
    if math.isnan(value):
        return b"." + bytes(7)
    if value == 0:
        return bytes(8)
    fraction, twos = math.frexp(abs(value))
    power = -(-twos // 4)
    if not math.isfinite(value) or not -64 <= power <= 63:
        raise UnwritableError(f"{name} holds {value!r}, which SAS cannot")
    bits = int(math.ldexp(fraction, 56 + twos - 4 * power))
    sign = 128 if value < 0 else 0
    return bytes([sign | (power + 64)]) + bits.to_bytes(7, "big")


def _namestr(number: int, one: Variable) -> bytes:
    form = one.format.rstrip("0123456789")
    width = one.format[len(form) :]
    return NAMESTR.pack(
        TEXT if one.is_text else NUMBER,
        0,
        one.length,
        number,
        one.name.encode().ljust(8),
        one.label.encode().ljust(40),
        form.encode().ljust(8),
        int(width or 0),
        0,
        0,
        bytes(2),
        b" " * 8,
        0,
        0,
        one.place,
        bytes(32),
        0,
        bytes(18),
    )


def _head(what: str, digits: str) -> bytes:
    return f"HEADER RECORD*******{what:<8}HEADER RECORD!!!!!!!{digits}".encode().ljust(RECORD)


def _heads(found: DataSet, variables: int) -> list[bytes]:
    if not found.name or len(found.name.encode()) > LONGEST_NAME:
        raise UnwritableError(f"the name {found.name!r} has not 1 to {LONGEST_NAME} characters")
    if len(found.label.encode()) > LONGEST_LABEL:
        raise UnwritableError(f"the label {found.label!r} has more than {LONGEST_LABEL} characters")
    version = b"9.4".ljust(8) + b"ANY".ljust(8)
    name = found.name.encode().ljust(8)
    return [
        SIGN_V5 + b"0" * 30 + b"  ",
        b"SAS     SAS     SASLIB  " + version + b" " * 24 + NEVER,
        NEVER.ljust(RECORD),
        _head("MEMBER", f"{'0' * 16}016{'0' * 8}{NAMESTR.size}"),
        _head("DSCRPTR", "0" * 30),
        b"SAS     " + name + b"SASDATA " + version + b" " * 24 + NEVER,
        NEVER + b" " * 16 + found.label.encode().ljust(40) + b" " * 8,
        _head("NAMESTR", f"000000{variables:04d}{'0' * 20}"),
    ]


def _filled(data: bytes) -> bytes:
    return data + b" " * (-len(data) % RECORD)
