"""How do findings look in a terminal?"""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator

import pandas as pd

from walkstats.report.findings_grouped import Finding, TableFindings, grouped, rows_of, said_count
from walkstats.schema import LISTS, TABLES
from walkstats.tables.safe_text import one_line
from walkstats.trial import Trial

WIDEST, NARROWEST = 110, 40
"""Characters of a line: no terminal is so wide that longer lines are easy to read."""

MARGIN = "    "


def findings_in_text(findings: pd.DataFrame, trial: Trial | None, width: int | None = None) -> str:
    """Findings by table and topic, worst first, and a line for every table.

    Parameters
    ----------
    findings : pandas.DataFrame
        As ``check_trial`` gives them.
    trial : Trial or None
    width : int, optional
        Characters of a line; those of the terminal by default.

    Returns
    -------
    str

    Examples
    --------
    >>> import walkstats as ws
    >>> trial = ws.load_sample("bladder")
    >>> print(findings_in_text(ws.check_trial(trial), trial, 80).splitlines()[0])
    participants: no errors, 1 warning
    """
    columns = width or shutil.get_terminal_size((100, 24)).columns
    width = min(max(columns, NARROWEST), WIDEST)
    tables = grouped(findings, trial)
    lines = [line for table in tables for line in _table(table, width)]
    for note in findings.attrs.get("notes", ()):
        lines += _wrapped(f"note: {note}", "", "      ", width)
    if findings.attrs.get("notes"):
        lines.append("")
    return "\n".join([*lines, *_summary(tables, trial)])


def _table(table: TableFindings, width: int) -> Iterator[str]:
    yield f"{table.name}: {table.said}"
    for heading, findings in table.topics:
        yield f"  {heading}"
        for one in findings:
            yield from _finding(one, width)
    yield ""


def _finding(one: Finding, width: int) -> Iterator[str]:
    often = f" ({one.count} times)" if one.count > 1 else ""
    yield from _wrapped(f"{one.severity}: {one.problem}{often}", MARGIN, MARGIN * 2, width)
    place = "; ".join(part for part in (one.where, one.ids) if part)
    if place:
        word = "in column " if one.column else "at "
        yield from _wrapped(f"{word}{place}", MARGIN * 2, MARGIN * 2, width)
    if one.what_to_do:
        yield from _wrapped(f"-> {one.what_to_do}", MARGIN * 2, MARGIN * 2 + "   ", width)


def _wrapped(text: str, first: str, others: str, width: int) -> list[str]:
    return textwrap.wrap(
        one_line(text),
        width,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _summary(tables: tuple[TableFindings, ...], trial: Trial | None) -> Iterator[str]:
    """A line for every table, also for those without findings: they were looked at."""
    found = {table.name: table for table in tables}
    shown = [name for name in (*TABLES, *LISTS) if rows_of(name, trial)]
    shown = [*(one for one in found if one not in shown), *shown]
    widest = max((len(name) for name in shown), default=0)
    for name in shown:
        n = rows_of(name, trial)
        rows = "" if n is None else f"{n:>7} rows"
        errors, warnings = (found[name].errors, found[name].warnings) if name in found else (0, 0)
        told = f"{said_count(errors, 'error')}, {said_count(warnings, 'warning')}"
        told = told if errors or warnings else "nothing found"
        yield f"{name:<{widest}}  {rows:>12}  {told}"
