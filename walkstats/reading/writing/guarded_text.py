"""How is text written to CSV so that no spreadsheet runs it, and read back as it was?

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, whoever
wrote it. An apostrophe before it makes it text. It is put before cells that already have one as
well, so that taking one away again gives every cell back; ``guarded = true`` in trial.toml says
that it is to be taken away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from walkstats.reading.text_tables import TextTable

RUN = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
"""How a cell begins that a spreadsheet may run: the signs also in their wide forms."""

NUMBER = re.compile(r"\s*[+-]?(?:\d{1,40}(?:[.,]\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,4})?\s*")
"""A number stays one."""


def guarded(text: str) -> str:
    """The text with an apostrophe before it, where a spreadsheet could run it.

    Examples
    --------
    >>> guarded("=1+1"), guarded("'=1+1"), guarded("-3.5"), guarded("it's")
    ("'=1+1", "''=1+1", '-3.5', "it's")
    """
    return f"'{text}" if _runs(text.lstrip("'")) else text


def unguarded(text: str) -> str:
    """The text as it was before ``guarded``.

    Examples
    --------
    >>> unguarded("'=1+1"), unguarded("''=1+1"), unguarded("'quoted'")
    ('=1+1', "'=1+1", "'quoted'")
    """
    return text[1:] if text.startswith("'") and _runs(text.lstrip("'")) else text


def needs_guard(texts: Iterable[object]) -> bool:
    """Whether any of these texts would be written otherwise than it is."""
    return any(isinstance(text, str) and guarded(text) != text for text in texts)


def unguarded_table(table: TextTable, *, guard: bool) -> TextTable:
    """The table as it was before its cells and headings were guarded; itself where none were."""
    if not guard:
        return table
    frame = table.frame.map(lambda cell: unguarded(cell) if isinstance(cell, str) else cell)
    frame.columns = pd.Index([unguarded(str(name)) for name in frame.columns], dtype=object)
    return replace(table, frame=frame)


def _runs(text: str) -> bool:
    return RUN.match(text) is not None and NUMBER.fullmatch(text) is None
