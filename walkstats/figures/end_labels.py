"""Which curve is which? Names beside the ends of the curves, kept apart from each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Text
from numpy.typing import NDArray

from walkstats.figures.palette import NORMAL, arm_style

Floats = NDArray[np.float64]

# Of the text size: the distance that two names need.
APART = 1.35
SAMPLE = (1.015, 1.055)  # the piece of line beside the axes, in fractions of their width


def label_ends(ax: Axes, lines: Sequence[Line2D]) -> list[Text]:
    """Write each line's label at the right of the axes, level with the line's end.

    A short piece of the line stands before the name, so that the dash tells them apart in grey.
    """
    ends = np.array([_height_of_end(ax, line) for line in lines])
    needed = APART * NORMAL / (ax.get_window_extent().height * 72.0 / ax.figure.dpi)
    heights = spread(ends, needed)
    texts = []
    for place, (line, height) in enumerate(zip(lines, heights, strict=True)):
        style = arm_style(place)
        ax.plot(
            SAMPLE, (height, height), transform=ax.transAxes, clip_on=False, label="_sample",
            color=style.colour, linestyle=style.dash,
        )  # fmt: skip
        texts.append(
            ax.text(
                SAMPLE[1] + 0.012,
                height,
                str(line.get_label()),
                transform=ax.transAxes,
                va="center",
                ha="left",
                color=style.text,
                fontsize=NORMAL,
            )
        )
    return texts


def _height_of_end(ax: Axes, line: Line2D) -> float:
    y = np.asarray(line.get_ydata(), dtype=float)
    known = y[~np.isnan(y)]
    value = float(known[-1]) if len(known) else 0.0
    on_axes = ax.transAxes.inverted().transform(ax.transData.transform((0.0, value)))
    return float(np.clip(on_axes[1], 0.0, 1.0))


def spread(heights: Floats, apart: float, low: float = 0.0, high: float = 1.0) -> Floats:
    """Move heights as little as needed to keep any two ``apart``, inside [low, high] if they fit.

    Examples
    --------
    >>> spread(np.array([0.5, 0.5, 0.9]), 0.1).round(3).tolist()
    [0.45, 0.55, 0.9]
    """
    order = np.argsort(heights, kind="stable")
    wanted = heights[order]
    blocks: list[list[float]] = []  # centre and number of labels of each run that touches
    for height in wanted:
        blocks.append([float(height), 1.0])
        while len(blocks) > 1 and _touch(blocks[-2], blocks[-1], apart):
            (first, n), (second, m) = blocks[-2:]
            blocks[-2:] = [[(n * first + m * second) / (n + m), n + m]]
    placed: list[float] = []
    for centre, n in blocks:
        half = (n - 1) * apart / 2.0
        centre = min(max(centre, low + half), max(high - half, low + half))
        placed += [centre - half + k * apart for k in range(int(n))]
    out = np.empty(len(heights))
    out[order] = _pushed(np.array(placed), apart)
    return out


def _touch(below: list[float], above: list[float], apart: float) -> bool:
    return above[0] - below[0] < apart * (below[1] + above[1]) / 2.0 - 1e-12


def _pushed(placed: Floats, apart: float) -> Floats:
    """Runs that were pushed back into the axes may touch again; the lower one gives way upwards."""
    for k in range(1, len(placed)):
        placed[k] = max(placed[k], placed[k - 1] + apart)
    return placed
