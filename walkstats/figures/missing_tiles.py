"""What is missing together, and in whom? One line of tiles per pattern, with its participants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from walkstats.figures.canvas import StyledFigure, add_note, canvas, check_names, literal
from walkstats.figures.palette import INK, MUTED, NORMAL, PAPER, RULE, SMALL, arm_style

if TYPE_CHECKING:
    from walkstats.missing import MissingPattern

NEEDED = "This figure needs a MissingPattern of missing.missing_pattern"
KNOWN, GAP = "x", "."
GAP_COLOUR = arm_style(1).colour
ROW = 0.26  # inches
NUMBERS = 0.17  # width of a column of counts, of that of all tiles
MOST_LETTERS = 60  # of the items' names together, before they are turned
MOST = 15  # patterns drawn; the rest are counted in the note


def plot_missing_pattern(
    pattern: MissingPattern,
    *,
    names: Mapping[str, str] | None = None,
    title: str = "",
    width: float = 6.4,
) -> StyledFigure:
    """Plot which values are missing together, and how many participants share each pattern.

    Parameters
    ----------
    pattern : MissingPattern
        From ``missing.missing_pattern``.
    names : mapping of str to str, optional
        Group -> printed name.
    title : str
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed. Patterns with the most participants come first; the last line names the source.

    Raises
    ------
    ValueError
        For another result, or unknown groups.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.missing import missing_pattern
    >>> frame = pd.DataFrame({"arm": ["control", "walking"], "pain": [3.0, None]})
    >>> len(plot_missing_pattern(missing_pattern(frame)).axes[0].patches)
    2
    """
    _check(pattern)
    rows = min(len(pattern.patterns), MOST)
    alt = f"Patterns of missing values: {', '.join(pattern.items)}."
    height = 1.3 + ROW * (rows + 1) + 0.25 * bool(title)
    with canvas(width, height, alt) as figure:
        ax = figure.add_subplot(label="missing pattern")
        draw_missing_pattern(ax, pattern, names=names)
        if title:
            ax.set_title(literal(title), loc="left")
        beyond = pattern.patterns["all"].iloc[rows:]
        remarks = ["Filled: missing."]
        if len(beyond):
            remarks.append(f"{len(beyond)} further patterns of {beyond.sum()} are not drawn.")
        add_note(figure, pattern.source, *remarks)
    return figure


def draw_missing_pattern(
    ax: Axes, pattern: MissingPattern, *, names: Mapping[str, str] | None = None
) -> list[Rectangle]:
    """Draw patterns of missing values on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    pattern : MissingPattern
    names : mapping of str to str, optional
        As for ``plot_missing_pattern``.

    Returns
    -------
    list of matplotlib.patches.Rectangle
        One tile per pattern and item, row by row.

    Raises
    ------
    ValueError
        As ``plot_missing_pattern``.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.missing import missing_pattern
    >>> frame = pd.DataFrame({"arm": ["control", "walking"], "pain": [3.0, None]})
    >>> len(draw_missing_pattern(Figure().subplots(), missing_pattern(frame)))
    2
    """
    _check(pattern)
    table = pattern.patterns.head(MOST)
    items, groups = (
        len(pattern.items),
        [c for c in table.columns if c not in ("pattern", "percent")],
    )
    printed = check_names(names, tuple(groups))
    tiles = []
    for y, row in enumerate(table["pattern"]):
        for x, letter in enumerate(row):
            colour = GAP_COLOUR if letter == GAP else PAPER
            tile = Rectangle((x + 0.06, y + 0.1), 0.88, 0.8, facecolor=colour, edgecolor=RULE)
            ax.add_patch(tile)
            tiles.append(tile)
    ax.set_ylim(len(table) + 0.8, 0)
    ax.set_xticks(np.arange(items) + 0.5, [literal(item) for item in pattern.items])
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    if max(map(len, pattern.items)) * items > MOST_LETTERS:
        ax.tick_params(axis="x", labelrotation=45)
        for label in ax.get_xticklabels():
            label.set_horizontalalignment("left")
    _write_counts(ax, table, groups, printed, items)
    _write_missing(ax, pattern, len(table))
    return tiles


def _write_counts(
    ax: Axes, table: Any, groups: list[str], printed: Mapping[str, str], items: int
) -> None:
    """Participants by group at the right of each pattern, in columns of the same axes."""
    apart = NUMBERS * items
    for k, group in enumerate(groups):
        at = items + apart * (k + 1)
        common: dict[str, Any] = {"ha": "right", "fontsize": NORMAL - 0.5, "color": INK}
        ax.text(at, -0.15, literal(printed[group]), va="bottom", **common)
        for y, count in enumerate(table[group]):
            ax.text(at, y + 0.5, f"{count:,}", va="center", **common)
    ax.set_xlim(0, items + apart * (len(groups) + 0.1))


def _write_missing(ax: Axes, pattern: MissingPattern, rows: int) -> None:
    """Missing of each item below its column, over all groups."""
    table = pattern.by_item
    every = "all" if (table["group"] == "all").any() else table["group"].iloc[0]
    whole = table[table["group"] == every]
    for x, (count, percent) in enumerate(zip(whole["missing"], whole["percent"], strict=True)):
        ax.text(
            x + 0.5, rows + 0.15, f"{count} ({percent:.0f}%)", ha="center", va="top",
            fontsize=SMALL, color=MUTED, clip_on=False,
        )  # fmt: skip


def _check(pattern: object) -> None:
    if not (hasattr(pattern, "patterns") and hasattr(pattern, "by_item")):
        raise ValueError(f"{NEEDED}, got {type(pattern).__name__}.")
