"""What does a report hold? Sections of paragraphs, tables and figures, before any format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from walkstats.figures.canvas import StyledFigure
    from walkstats.tables import Table


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; ``role`` is "result", "text", "caution" or "small"."""

    text: str
    role: str = "text"


@dataclass(frozen=True)
class TableBlock:
    """A table under the name of the analysis that it shows; ``folded`` where a figure shows it."""

    name: str
    table: Table
    folded: bool = False


@dataclass(frozen=True, eq=False)
class FigureBlock:
    """A figure and its caption; the figure's ``alt_text`` says what it shows."""

    name: str
    figure: StyledFigure
    caption: str


Block = Paragraph | TableBlock | FigureBlock


@dataclass(frozen=True, eq=False)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, eq=False)
class Report:
    """A results section.

    Attributes
    ----------
    title : str
    source : str
        Where the data come from.
    synthetic : bool
        Whether the data were simulated; the report says so at its head.
    sections : tuple of Section
    numbers : pandas.DataFrame
        All numbers of the report with the analysis that gave them.
    provenance : mapping
        Versions, seed, plan and the hash of each input.
    """

    title: str
    source: str
    synthetic: bool
    sections: tuple[Section, ...]
    numbers: pd.DataFrame
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def tables(self) -> Iterator[TableBlock]:
        """All tables, in order."""
        return (b for s in self.sections for b in s.blocks if isinstance(b, TableBlock))

    def figures(self) -> Iterator[FigureBlock]:
        """All figures, in order."""
        return (b for s in self.sections for b in s.blocks if isinstance(b, FigureBlock))
