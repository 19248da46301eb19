"""Which column of the team's file is which column of the trial?"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from walkstats.errors import Problem
from walkstats.reading.declared.declarations import DeclaredColumn, DeclaredTable
from walkstats.reading.declared.manifest import MANIFEST
from walkstats.schema import table_of


@dataclass(frozen=True)
class Matched:
    """The columns of one table in one file.

    Attributes
    ----------
    sources : mapping of str to str
        Column of the trial -> column of the file; without those that the file does not have.
    carried : mapping of str to str
        The same for columns that are carried along as text.
    left : tuple of str
        Columns of the file that are not read.
    problems : tuple of Problem
    """

    sources: Mapping[str, str]
    carried: Mapping[str, str]
    left: tuple[str, ...]
    problems: tuple[Problem, ...]


COLUMNS_TOLD = 40
"""Columns of a file that a message lists."""


@functools.lru_cache(maxsize=20_000)
def plain(name: str) -> str:
    """A header without case, outer spaces, and with one kind of joint.

    Examples
    --------
    >>> plain(" Participant ID ")
    'participant_id'
    """
    return re.sub(r"[\s\-]+", "_", name.strip().casefold())


def find_header(name: str, header: Sequence[str]) -> list[str]:
    """The headers that are this name: itself, or else all that differ in case and spaces only."""
    if name in header:
        return [name]
    return list(_by_plain(tuple(header)).get(plain(name), ()))


@functools.lru_cache(maxsize=8)
def _by_plain(header: tuple[str, ...]) -> dict[str, list[str]]:
    alike: dict[str, list[str]] = {}
    for one in header:
        alike.setdefault(plain(one), []).append(one)
    return alike


def not_found(name: str, header: Sequence[str], file: str) -> tuple[str, str]:
    """The sentence for a column that the file does not have, and what may help."""
    spelled = {plain(one): one for one in header}
    near = difflib.get_close_matches(plain(name), spelled, n=1)
    hint = f"did you mean {spelled[near[0]]!r}? " if near else ""
    first = [one if one == one.strip() else repr(one) for one in header[:COLUMNS_TOLD]]
    beyond = len(header) - len(first)
    shown = ", ".join(first) + (f" and {beyond} more" if beyond else "")
    return (
        f"there is no column {name!r} in {file}; its columns are: {shown}",
        f"{hint}name the file's own column in trial.toml",
    )


def match_headers(declared: DeclaredTable, header: Sequence[str], file: str) -> Matched:
    """Find the column of the file for every column of the table.

    Parameters
    ----------
    declared : DeclaredTable
    header : sequence of str
    file : str

    Returns
    -------
    Matched
    """
    sources: dict[str, str] = {}
    problems: list[Problem] = []
    for column in declared.columns:
        if column.value is not None:
            continue
        found = find_header(column.source, header)
        if len(found) == 1:
            sources[column.target] = found[0]
        elif found:
            problems.append(_collision(declared.table, column.target, found, file))
        elif column.declared or _required(declared, column):
            problems.append(_absent(declared, column, header, file))
    taken = set(sources.values())
    free = [one for one in header if one not in taken]
    asked = _asked(declared, free, header, file, problems)
    targets = {plain(column.target): column.target for column in declared.columns}
    alike: dict[str, str] = {}
    carried: dict[str, str] = {}
    for one in asked:
        name = one.strip()
        twin = alike.get(plain(name), targets.get(plain(name)))
        if twin is not None:
            other = carried.get(twin, sources.get(twin, "a constant"))
            problems.append(_collision(declared.table, twin, [other, one], file))
        else:
            carried[name] = one
            alike[plain(name)] = name
    carry = set(asked)
    left = tuple(one for one in free if one not in carry)
    return Matched(sources, carried, left, tuple(problems))


def _required(declared: DeclaredTable, column: DeclaredColumn) -> bool:
    known = table_of(declared.table).column(column.target)
    if declared.daily and column.target in ("week", "day"):
        return column.target == "day"
    return known is not None and known.required


def _absent(
    declared: DeclaredTable, column: DeclaredColumn, header: Sequence[str], file: str
) -> Problem:
    problem, what_to_do = not_found(column.source, header, file)
    if not column.declared:
        what_to_do = (
            f"name the file's own column under [{declared.table}.columns], as in "
            f'{column.target} = "{next(iter(header), "id")}"'
        )
    return Problem(
        problem,
        what_to_do,
        table=declared.table,
        column=column.target,
        row=column.line,
        file=MANIFEST,
    )


def _collision(table: str, target: str, found: Sequence[str], file: str) -> Problem:
    return Problem(
        f"several columns of {file} are called {target} once case and spaces are set aside: "
        f"{', '.join(repr(one) for one in found)}",
        "rename all but one, or name in trial.toml which one is meant and set carry for the rest",
        table=table,
        column=target,
        row=1,
        count=len(found),
    )


def _asked(
    declared: DeclaredTable,
    free: Sequence[str],
    header: Sequence[str],
    file: str,
    problems: list[Problem],
) -> list[str]:
    """The undeclared columns that are to be carried along."""
    if isinstance(declared.carry, bool):
        return list(free) if declared.carry else []
    asked = []
    unread = set(free)
    for name in declared.carry:
        found = find_header(name, header)
        if not found:
            problem, what_to_do = not_found(name, header, file)
            problems.append(
                Problem(
                    problem,
                    what_to_do,
                    table=declared.table,
                    column=name,
                    row=declared.line,
                    file=MANIFEST,
                )
            )
        asked += [one for one in found if one in unread]
    return asked
