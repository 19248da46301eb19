"""How do columns of words stand beside the rows of a figure?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from walkstats.figures.canvas import literal
from walkstats.figures.palette import INK, MUTED, NORMAL, RULE
from walkstats.figures.text_width import text_inches

GAP = 11.0  # points between columns
INDENT = 10.0  # points


@dataclass(frozen=True)
class Words:
    """A column of words, one for each row.

    Attributes
    ----------
    heading : str
        Over the column; lines are told apart by line breaks.
    texts : tuple of str
    align : {"left", "right"}
    bold : tuple of int
        Rows in bold.
    indents : tuple of int
        Steps by which each row is moved in; none by default.
    """

    heading: str
    texts: tuple[str, ...]
    align: str = "left"
    bold: tuple[int, ...] = ()
    indents: tuple[int, ...] = ()

    @property
    def width(self) -> float:
        """Width of the widest text [points]."""
        indents = self.indents or (0,) * len(self.texts)
        own = [
            text_inches(text, NORMAL, "bold" if k in self.bold else "normal") * 72 + INDENT * step
            for k, (text, step) in enumerate(zip(self.texts, indents, strict=True))
        ]
        heads = [text_inches(line, NORMAL, "bold") * 72 for line in self.heading.split("\n")]
        return max([*own, *heads, 0.0])


def prepare_rows(ax: Axes, rows: int) -> None:
    """Room for so many rows from top to bottom, with a rule above them and no axis at the left."""
    ax.set_ylim(rows - 0.5, -0.5)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.axhline(-0.5, color=RULE, linewidth=0.8)


def write_columns(ax: Axes, columns: Sequence[Words], *, right: bool) -> None:
    """Write columns at the left or the right of axes, in their order from left to right."""
    start = GAP if right else -sum(column.width + GAP for column in columns)
    for column in columns:
        _write(ax, column, start, 1.0 if right else 0.0)
        start += column.width + GAP


def _write(ax: Axes, column: Words, start: float, side: float) -> None:
    at = start if column.align == "left" else start + column.width
    indents = column.indents or (0,) * len(column.texts)
    for place, (text, step) in enumerate(zip(column.texts, indents, strict=True)):
        if text:
            ax.annotate(
                literal(text), (side, place), (at + INDENT * step, 0.0),
                ("axes fraction", "data"), "offset points", ha=column.align, va="center",
                fontsize=NORMAL, fontweight="bold" if place in column.bold else "normal",
                color=INK, annotation_clip=False,
            )  # fmt: skip
    ax.annotate(
        literal(column.heading), (side, 1.0), (at, 4.0), "axes fraction", "offset points",
        ha=column.align, va="bottom", fontsize=NORMAL, fontweight="bold", annotation_clip=False,
        multialignment=column.align,
    )  # fmt: skip


def mark_null(ax: Axes, value: float) -> None:
    """The line of no difference."""
    ax.axvline(value, color=MUTED, linewidth=0.9, zorder=1)
