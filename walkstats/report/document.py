"""What does a report hold? Sections of paragraphs, tables and figures, before any format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from walkstats.figures.canvas import StyledFigure
    from walkstats.plan import PlanResults
    from walkstats.report.tracing import Trace
    from walkstats.tables import Table


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; ``role`` is "result", "text", "caution" or "small".

    ``analysis`` is the name of the analysis that it speaks of, empty for none.
    """

    text: str
    role: str = "text"
    analysis: str = ""


@dataclass(frozen=True)
class TableBlock:
    """A table under a name of its own; ``folded`` where a figure shows it.

    ``analysis`` is the analysis that it belongs to, ``target`` what its numbers estimate.
    """

    name: str
    table: Table
    folded: bool = False
    analysis: str = ""
    target: Target | None = None


@dataclass(frozen=True, eq=False)
class FigureBlock:
    """A figure and its caption; the figure's ``alt_text`` says what it shows."""

    name: str
    figure: StyledFigure
    caption: str
    analysis: str = ""


@dataclass(frozen=True)
class Target:
    """What the numbers of a table estimate.

    Attributes
    ----------
    outcome : str
        Title of the outcome.
    stands : tuple of str
        How the analyses shown stand to its estimand, one sentence each.
    attributes : tuple of (name, text)
        The five of ICH E9(R1). They stand under the first table of the outcome; later ones refer
        to it and have none here.
    """

    outcome: str
    stands: tuple[str, ...]
    attributes: tuple[tuple[str, str], ...] = ()


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
    style : str
        In the habits of which journal its numbers are written.
    results : PlanResults or None
        What it was composed of: ``trace`` and the folder that makes it again need it.
    """

    title: str
    source: str
    synthetic: bool
    sections: tuple[Section, ...]
    numbers: pd.DataFrame
    provenance: Mapping[str, Any] = field(default_factory=dict)
    style: str = "plain"
    results: PlanResults | None = field(default=None, repr=False)

    def tables(self) -> Iterator[TableBlock]:
        """All tables, in order."""
        return (b for s in self.sections for b in s.blocks if isinstance(b, TableBlock))

    def figures(self) -> Iterator[FigureBlock]:
        """All figures, in order."""
        return (b for s in self.sections for b in s.blocks if isinstance(b, FigureBlock))

    def trace(self, number: str) -> Trace:
        """Tell where a number comes from: its analysis, its frame, its people, its files.

        Parameters
        ----------
        number : str
            An ``id`` of ``numbers`` ("analysis/part/term"), as the page and numbers.csv give it, or
            the name of an analysis.

        Returns
        -------
        Trace

        Raises
        ------
        ValueError
            For an id that the report does not have; the message names near ones.

        Examples
        --------
        >>> import walkstats as ws
        >>> from walkstats.plan import Analysis, AnalysisPlan, Frame, run_plan
        >>> first = Frame("first_recurrence", {"kind": "any"})
        >>> cox = Analysis("cox", "Cox", "S", "survival.cox", first, arguments={"formula": "arm"})
        >>> plan = AnalysisPlan("Small", descriptions=(cox,))
        >>> report = ws.report.compose(run_plan(ws.load_sample("bladder"), plan, seed=1))
        >>> found = report.trace("cox/arm[thiotepa]")
        >>> found.call, found.counts.participants, len(found.source_rows("recurrences"))
        ("walkstats.survival.cox(frame, 'arm', level=0.95)", 118, 189)
        """
        from walkstats.report.tracing import traced

        return traced(self, number)
