"""What does trial.toml say, and on which line does it say it?

tomllib parses; it names no lines, and of a key that stands twice only the second place. A light
scan of the lines gives both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from walkstats._toml import TomlError, toml_values
from walkstats.errors import DataError

KEY = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)"""
DOTTED = rf"{KEY}(?:\s*\.\s*{KEY})*"
HEADER = re.compile(rf"\s*(\[\[?)\s*({DOTTED})\s*\]\]?\s*(?:#.*)?$")
ASSIGNMENT = re.compile(rf"\s*({DOTTED})\s*=\s*(.*)$", re.DOTALL)
QUOTED = re.compile(r'"""|\'\'\'|"(?:[^"\\]|\\.)*"|\'[^\']*\'|#.*')

Path = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class TomlText:
    """A parsed TOML file and the first line of each of its keys.

    Attributes
    ----------
    values : dict
        As tomllib gives it.
    lines : mapping of tuple of str to int
        Path of a key (a number counts the entries of an array of tables) -> line.
    """

    values: dict[str, Any]
    lines: Mapping[Path, int]

    def line(self, *path: str) -> int | None:
        """The line of a key, or of the closest thing around it."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[:-1]
        return None


def parse_toml(data: bytes, file: str) -> TomlText:
    """Parse a TOML file.

    Parameters
    ----------
    data : bytes
        The whole file.
    file : str
        Its name, for messages.

    Returns
    -------
    TomlText

    Raises
    ------
    DataError
        When it is not UTF-8 or not TOML; a key that stands twice is named with both lines.
    """
    text = _decoded(data, file)
    lines, twice = _key_lines(text)
    try:
        return TomlText(toml_values(text), lines)
    except TomlError as reason:
        if twice and not reason.what_to_do:
            path, (first, second) = next(iter(twice.items()))
            raise DataError.of(
                f"duplicate key {'.'.join(path)}: it stands on lines {first} and {second}",
                what_to_do="keep one of the two",
                table=file,
                row=second,
                count=len(twice),
            ) from None
        raise _not_toml(reason, file) from None


def _decoded(data: bytes, file: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        line = data[: reason.start].count(b"\n") + 1
        raise DataError.of(
            f"{file} is not UTF-8: byte 0x{data[reason.start]:02x} at offset {reason.start}, "
            f"line {line}",
            what_to_do="save it as UTF-8",
            table=file,
            row=line,
        ) from None
    return text.replace("\r\n", "\n")


def _not_toml(error: TomlError, file: str) -> DataError:
    if error.what_to_do:
        return DataError.of(f"{file}: {error}", what_to_do=error.what_to_do, table=file)
    reason = str(error)
    place = re.search(r"\(at line (\d+), column (\d+)\)", reason)
    said = re.sub(r"\s*\(at .*\)$", "", reason)
    at_end = "(at end of document)" in reason
    where = f" at line {place[1]}, column {place[2]}" if place else " at its end" if at_end else ""
    return DataError.of(
        f"{file} is not valid TOML{where}: {said[:1].lower()}{said[1:]}",
        what_to_do='text goes in quotes, as in name = "My trial"; lists in [ ]; clauses in { }',
        table=file,
        row=int(place[1]) if place else None,
    )


def _key_lines(text: str) -> tuple[dict[Path, int], dict[Path, tuple[int, int]]]:
    """Line of every key that starts a line, and the keys that do so twice."""
    lines: dict[Path, int] = {}
    twice: dict[Path, tuple[int, int]] = {}
    prefix: Path = ()
    arrays: dict[Path, int] = {}
    depth = 0
    string = ""
    for number, line in enumerate(text.split("\n"), 1):
        free = depth == 0 and not string
        header = HEADER.match(line) if free else None
        assignment = ASSIGNMENT.match(line) if free and not header else None
        if header:
            path = _numbered(_split(header[2]), arrays)
            if header[1] == "[[":
                arrays[path] = arrays.get(path, -1) + 1
                path = (*path, str(arrays[path]))
            prefix = path
        elif assignment:
            path = (*prefix, *_split(assignment[1]))
        if header or assignment:
            if path in lines:
                twice.setdefault(path, (lines[path], number))
            lines.setdefault(path, number)
        if not header:
            depth, string = _still_open(line, depth, string)
    return lines, twice


def _split(dotted: str) -> Path:
    return tuple(part.strip("\"'") for part in re.findall(KEY, dotted))


def _numbered(path: Path, arrays: Mapping[Path, int]) -> Path:
    """Inside ``[[recurrences]]`` the path ``recurrences.columns`` is that of the latest entry."""
    for k in range(1, len(path)):
        if path[:k] in arrays:
            return (*path[:k], str(arrays[path[:k]]), *path[k:])
    return path


def _still_open(line: str, depth: int, string: str) -> tuple[int, str]:
    """Whether a bracket or a string of several lines is open at the end of this line."""
    at = 0
    while at < len(line):
        if string:
            end = line.find(string, at)
            if end < 0:
                return depth, string
            at, string = end + 3, ""
            continue
        match = QUOTED.match(line, at)
        if match and match[0] in ('"""', "'''"):
            string = match[0]
        elif not match:
            depth += (line[at] in "[{") - (line[at] in "]}")
        at = match.end() if match else at + 1
    return max(depth, 0), string
