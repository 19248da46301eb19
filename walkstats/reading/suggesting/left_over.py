"""What may a file be that is no table by its columns?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from walkstats.reading.assembled.headers import plain
from walkstats.reading.suggesting.tables_found import TableFound
from walkstats.reading.text_tables import TextTable

FEWEST_ITEMS = 5
MANY_ROWS = 2_000
TIME = re.compile(r"\d[/.-].*\d\d:\d\d|\d{4}-\d\d-\d\dT")
LIST = re.compile(r"randomi[sz]|allocation|zuteilung")
"""What the name of a list by which arms were dealt has in it."""


def left_over(other: TableFound) -> list[str]:
    """Comments on a file that no table was found for.

    Parameters
    ----------
    other : TableFound

    Returns
    -------
    list of str
        Its columns, how it is written, and which clause may read it.
    """
    called = f"{other.file}, sheet {other.sheet}" if other.sheet else other.file
    if other.text is None:
        return [f"# {called} could not be read: {one_line(other.problem)}"]
    names = [str(name) for name in other.text.frame.columns]
    lines = [f"# {called} is no table that is known by its columns: {', '.join(names)}"]
    clauses = {name: one for name, one in (other.clauses or {}).items() if name != "sheet"}
    if clauses:
        told = ", ".join(
            f"{k} = {v if isinstance(v, int) else repr(v)}" for k, v in clauses.items()
        )
        lines.append(f"# It is written with {told}.")
    return [one_line(line) for line in [*lines, *_may_be(other, other.text, names)]]


def _may_be(other: TableFound, text: TextTable, names: list[str]) -> Iterator[str]:
    known = {plain(name) for name in names}
    if any("___" in name or name == "redcap_event_name" for name in names):
        yield "# It looks like an export of REDCap: [redcap] reads those."
    if {"usubjid", "paramcd"} <= known:
        yield "# It looks like a data set of CDISC: [cdisc] reads those (docs/guide/cdisc.md)."
    if {"profile", "utility"} <= known:
        yield "# It looks like utilities of EQ-5D profiles: value_set of a score names it."
    if LIST.search(plain(other.called)):
        yield "# It may be the list by which arms were dealt: [randomisation] checks against it."
    stem = _items(names)
    if stem:
        yield f"# It looks like the items of a questionnaire, {stem}1, {stem}2 ...: outcomes with"
        yield f'# score = {{ questionnaire = "rmdq", items = "{stem}{{}}" }} read those.'
    if len(text.frame) > MANY_ROWS and any(_times(text, name) for name in names):
        yield "# It looks like the minutes of a device: walking with minutes = { ... } reads those,"
        yield "# and no other clause but from (docs/methods/wearables.md)."


def _items(names: list[str]) -> str:
    """What the names of the items begin with; nothing where no names are numbered from 1 on."""
    numbers: dict[str, set[int]] = {}
    for name in names:
        match = re.fullmatch(r"(.*?)(\d{1,2})", name)
        if match:
            numbers.setdefault(match[1], set()).add(int(match[2]))
    runs = [stem for stem, found in numbers.items() if set(range(1, FEWEST_ITEMS + 1)) <= found]
    return runs[0] if len(runs) == 1 else ""


def _times(text: TextTable, name: str) -> bool:
    cells = [cell for cell in text.frame[name].iloc[:20] if cell]
    return bool(cells) and all(TIME.search(cell) for cell in cells)


def one_line(text: str) -> str:
    """A text without line breaks."""
    return " ".join(text.split())
