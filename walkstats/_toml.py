"""What does a TOML file from a stranger say, if it can be read in a time that is no burden?

tomllib is safe, but not in every time: a key of many parts takes it the square of their number, a
whole number of thousands of digits ends in an error that names no file, and deep brackets in
another one.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

MOST_TOML = 2**20
"""Of a file; trial folders, plans and designs have some thousands [bytes]."""

DEEP = re.compile(r"(?<![\w-])(?:(?:[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')[ \t]*+\.[ \t]*+){40}")
"""A key of so many parts."""


class TomlError(ValueError):
    """Why a text cannot be read as TOML, in words; and what to do, where that is not plain."""

    def __init__(self, reason: str, what_to_do: str = "") -> None:
        super().__init__(reason)
        self.what_to_do = what_to_do


def toml_values(data: str | bytes) -> dict[str, Any]:
    """The values of a TOML file.

    Parameters
    ----------
    data : str or bytes
        Bytes are UTF-8, with or without a mark at the start.

    Returns
    -------
    dict

    Raises
    ------
    TomlError
        When it is no TOML, or is such that reading it would take too long.

    Examples
    --------
    >>> toml_values(b"a = [1, 2]")
    {'a': [1, 2]}
    """
    if len(data) > MOST_TOML:
        raise TomlError(f"it has {len(data)} bytes (limit {MOST_TOML})", "keep data in other files")
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
    except UnicodeDecodeError:
        raise TomlError("it is not UTF-8", "save it as UTF-8") from None
    if DEEP.search(text):
        raise TomlError("it is nested too deeply", "write it flat")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as reason:
        raise TomlError(str(reason)) from None
    except RecursionError:
        raise TomlError("it is nested too deeply", "write it flat") from None
    except ValueError:  # Python converts no number of so many digits
        values = {"": 2**64}
    if _has_huge(values):
        raise TomlError("it has a whole number of more than 18 digits", "put codes in quotes")
    return values


def _has_huge(values: object) -> bool:
    """Whether a whole number is beyond those that TOML knows; one in hexadecimals could be."""
    waiting = [values]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, int) and not -(2**63) <= one < 2**63:
            return True
    return False
