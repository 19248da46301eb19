"""Which number and which anchor does each table and figure of a report have, in every format?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from walkstats.report.document import Block, FigureBlock, Report, TableBlock, Target
from walkstats.tables.slugs import file_names


@dataclass(frozen=True, eq=False)
class Item:
    """A block as a format lays it out.

    Attributes
    ----------
    block : Paragraph, TableBlock or FigureBlock
    number : int
        Of a table or figure, from 1; 0 for a paragraph.
    label : str
        "Table 3"; empty for a paragraph.
    anchor : str
        Unique in the report, and the same when other tables come before it.
    """

    block: Block
    number: int = 0
    label: str = ""
    anchor: str = ""


@dataclass(frozen=True, eq=False)
class Heading:
    """A section with its items, its place from 1 and its anchor."""

    title: str
    place: int
    anchor: str
    items: tuple[Item, ...]


def numbered(report: Report) -> list[Heading]:
    """Sections of a report with their tables and figures numbered as a reader meets them.

    Parameters
    ----------
    report : Report

    Returns
    -------
    list of Heading

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.report.document import Paragraph, Section
    >>> report = Report("R", "", False, (Section("S", (Paragraph("a"),)),), pd.DataFrame())
    >>> [(one.place, one.anchor, len(one.items)) for one in numbered(report)]
    [(1, 's1', 1)]
    """
    tables = file_names(one.name for one in report.tables())
    figures = file_names(one.name for one in report.figures())
    counts = {"Table": 0, "Figure": 0}
    taken: dict[str, int] = {}

    def item(block: Block) -> Item:
        if isinstance(block, TableBlock):
            kind, anchor = "Table", f"table-{tables[block.name]}"
        elif isinstance(block, FigureBlock):
            kind, anchor = "Figure", f"figure-{figures[block.name]}"
        else:
            return Item(block)
        counts[kind] += 1
        taken[anchor] = taken.get(anchor, 0) + 1
        again = f"-{taken[anchor]}" if taken[anchor] > 1 else ""
        return Item(block, counts[kind], f"{kind} {counts[kind]}", f"{anchor}{again}")

    return [
        Heading(one.title, place, f"s{place}", tuple(map(item, one.blocks)))
        for place, one in enumerate(report.sections, 1)
    ]


def target_lines(target: Target, tables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Name and text of each line that says what a table estimates.

    Parameters
    ----------
    target : Target
    tables : mapping of str to str
        Outcome -> label of the table under which its estimand stands, of ``first_tables``.
    """
    said = " ".join(target.stands)
    elsewhere = "" if target.attributes else tables.get(target.outcome, "")
    yield "", f"{said} Estimand: {elsewhere}." if elsewhere else said
    yield from target.attributes


def first_tables(headings: list[Heading]) -> dict[str, str]:
    """Outcome -> label of the table under which its estimand stands in full."""
    return {
        item.block.target.outcome: item.label
        for one in headings
        for item in one.items
        if isinstance(item.block, TableBlock)
        and item.block.target is not None
        and item.block.target.attributes
    }


def origin(source: str) -> str:
    """Where data come from, without the word that a format says before it.

    Examples
    --------
    >>> origin("synthetic: simulated with seed 1."), origin("a trial")
    ('simulated with seed 1', 'a trial')
    """
    return (source.partition(":")[2].strip() or source).rstrip(".")
