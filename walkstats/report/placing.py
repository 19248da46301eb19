"""Where in a report does each analysis stand? Every table, figure and text with its place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from walkstats.report.document import Block, Paragraph, Report, Section
from walkstats.report.numbered import numbered
from walkstats.report.wording import listed


@dataclass(frozen=True, eq=False)
class Piece:
    """A block, and whose it is.

    Attributes
    ----------
    owner : str
        Name of an analysis, or the topic of a block that belongs to none ("main results").
    block : Paragraph, TableBlock or FigureBlock
    """

    owner: str
    block: Block


@dataclass(frozen=True, eq=False)
class Part:
    """A section while it is composed.

    Attributes
    ----------
    title : str
    pieces : tuple of Piece
    """

    title: str
    pieces: tuple[Piece, ...]

    def section(self) -> Section:
        """The section as the report holds it."""
        return Section(self.title, tuple(piece.block for piece in self.pieces))


@dataclass(frozen=True)
class Place:
    """Where something stands.

    Attributes
    ----------
    owner, section : str
    label : str
        "Table 3", "Figure 1"; empty for text.
    lead : str
        The first words of a text that begins with a heading of its own.
    anchor : str
        Of the table or figure.
    """

    owner: str
    section: str
    label: str = ""
    lead: str = ""
    anchor: str = ""


def owned(owner: str, blocks: Iterable[Block]) -> Iterator[Piece]:
    """Blocks of one owner."""
    return (Piece(owner, block) for block in blocks)


def placed(parts: Sequence[Part]) -> tuple[Place, ...]:
    """Places of all blocks, tables and figures numbered as a reader meets them.

    Parameters
    ----------
    parts : sequence of Part

    Returns
    -------
    tuple of Place

    Examples
    --------
    >>> text = Paragraph("Missing data. Nothing was filled in.", "method")
    >>> placed([Part("Methods", (Piece("methods_missing", text),))])[0].lead
    'Missing data'
    """
    sections = tuple(part.section() for part in parts)
    headings = numbered(Report("", "", False, sections, pd.DataFrame()))
    return tuple(
        Place(piece.owner, part.title, item.label, _lead(piece.block), item.anchor)
        for part, heading in zip(parts, headings, strict=True)
        for piece, item in zip(part.pieces, heading.items, strict=True)
    )


def _lead(block: Block) -> str:
    """The heading with which a paragraph of methods begins."""
    if isinstance(block, Paragraph) and block.role == METHOD:
        return block.text.partition(".")[0]
    return ""


METHOD = "method"
"""Role of a paragraph that begins with a heading of its own, up to the first full stop."""


def said_where(places: Iterable[Place]) -> str:
    """Places as a reader looks them up: "Participants: Tables 2 and 3, Figure 1".

    Examples
    --------
    >>> said_where([Place("a", "People", "Table 1"), Place("a", "People", "Figure 1"),
    ...             Place("b", "Methods", "", "Missing data")])
    'People: Table 1, Figure 1; Methods: Missing data'
    """
    by_section: dict[str, list[Place]] = {}
    for place in places:
        by_section.setdefault(place.section, []).append(place)
    return "; ".join(_in_section(section, inside) for section, inside in by_section.items())


def _in_section(section: str, inside: Sequence[Place]) -> str:
    labels = [
        said
        for kind in ("Table", "Figure")
        if (said := _numbered(kind, [one.label for one in inside if one.label.startswith(kind)]))
    ]
    if labels:
        return f"{section}: {', '.join(labels)}"
    leads = dict.fromkeys(one.lead for one in inside if one.lead)
    return f"{section}: {', '.join(leads)}" if leads else f"{section}: text"


def _numbered(kind: str, labels: Collection[str]) -> str:
    """Numbers of tables or figures, three and more in a row as a range."""
    numbers = sorted({int(label.removeprefix(f"{kind} ")) for label in labels})
    if len(numbers) < 2:
        return f"{kind} {numbers[0]}" if numbers else ""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    said = [
        text
        for run in runs
        for text in ([f"{run[0]} to {run[-1]}"] if len(run) > 2 else map(str, run))
    ]
    return f"{kind}s {listed(said)}"
