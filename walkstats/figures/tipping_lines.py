"""At which assumption does the conclusion change? The estimate over deltas of missing values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from walkstats._labels import capitalised, percent_level
from walkstats.figures.canvas import StyledFigure, add_note, canvas, literal
from walkstats.figures.palette import BAND_ALPHA, INK, MUTED, PAPER, SMALL, arm_style
from walkstats.figures.time_axis import set_ratio_ticks, set_y_label

if TYPE_CHECKING:
    from walkstats.missing import TippingPoint

NEEDED = "This figure needs a TippingPoint of missing.tipping_point"


def plot_tipping_point(
    found: TippingPoint,
    *,
    title: str = "",
    xlabel: str | None = None,
    ylabel: str | None = None,
    width: float = 6.0,
) -> StyledFigure:
    """Plot an estimate over what is assumed of the missing values, and where it tips.

    Parameters
    ----------
    found : TippingPoint
        From ``missing.tipping_point``, over deltas of one group or of two.
    title : str
    xlabel, ylabel : str, optional
        By default what is known of the deltas and of the estimate.
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed. Over one group a line with its band, and the tipping point; over two a tile per
        combination with the estimate, filled where its p-value is above 1 - level.

    Raises
    ------
    ValueError
        For another result, or deltas of three groups and more.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.missing import TippingPoint
    >>> rows = pd.DataFrame({"walking": [0.0, 2.0], "estimate": [-1.0, -0.4],
    ...                      "p_value": [0.01, 0.2], "conf_low": [-1.6, -1.0],
    ...                      "conf_high": [-0.4, 0.2]})
    >>> found = TippingPoint(rows, ("walking",), tips_at=0.42, term="arm[walking]")
    >>> plot_tipping_point(found).axes[0].get_xlabel()
    'Delta of the missing values, walking'
    """
    _check(found)
    alt = f"{found.term} over deltas of the missing values of {', '.join(found.groups)}."
    level = percent_level(found.level)
    with canvas(width, 3.4 + 0.25 * bool(title), alt) as figure:
        ax = figure.add_subplot(label="tipping point")
        draw_tipping_point(ax, found, xlabel=xlabel, ylabel=ylabel)
        if title:
            ax.set_title(literal(title), loc="left", pad=14.0)
        alone = len(found.groups) == 1
        tiles = f"Filled: p above {1 - found.level:g}; dark: p below it for the opposite effect."
        said = f"Band: {level}% interval." if alone else tiles
        add_note(figure, found.source, said)
    return figure


def draw_tipping_point(
    ax: Axes, found: TippingPoint, *, xlabel: str | None = None, ylabel: str | None = None
) -> list[Line2D]:
    """Draw an estimate over deltas on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    found, xlabel, ylabel
        As for ``plot_tipping_point``.

    Returns
    -------
    list of matplotlib.lines.Line2D
        The line, where the deltas of one group were varied.

    Raises
    ------
    ValueError
        As ``plot_tipping_point``.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.missing import TippingPoint
    >>> rows = pd.DataFrame({"walking": [0.0, 2.0], "estimate": [-1.0, -0.4],
    ...                      "p_value": [0.01, 0.2], "conf_low": [-1.6, -1.0],
    ...                      "conf_high": [-0.4, 0.2]})
    >>> (line,) = draw_tipping_point(Figure().subplots(), TippingPoint(rows, ("walking",)))
    >>> line.get_ydata().tolist()
    [-1.0, -0.4]
    """
    _check(found)
    of = "hazard ratio after drop-out" if found.no_change == 1 else "delta of the missing values"
    names = [of if group == "delta" else f"{of}, {group}" for group in found.groups]
    measure = ylabel or capitalised(found.measure or found.term)
    ax.set_xlabel(literal(xlabel or capitalised(names[0])))
    if len(found.groups) == 2:
        _draw_tiles(ax, found)
        set_y_label(ax, literal(ylabel or capitalised(names[1])))
        return []
    rows = found.results.sort_values(found.groups[0])
    x, style = rows[found.groups[0]], arm_style(0)
    ratio = bool(found.measure.endswith("ratio"))
    null = 1.0 if ratio else 0.0
    if ratio:
        ax.set_yscale("log")
        set_ratio_ticks(ax.yaxis, float(rows["conf_low"].min()), float(rows["conf_high"].max()))
    ax.axhline(null, color=INK, linewidth=0.8, label="_null")
    ax.fill_between(
        x, rows["conf_low"], rows["conf_high"], color=style.colour, alpha=BAND_ALPHA, linewidth=0
    )
    lines = ax.plot(x, rows["estimate"], color=style.colour, label=literal(found.term))
    if np.isfinite(found.tips_at):
        ax.axvline(found.tips_at, color=MUTED, linewidth=0.9, linestyle=(0, (2, 2)), label="_tips")
        ax.annotate(
            f"tips at {found.tips_at:.3g}", (found.tips_at, 1.0), (0, 2), ha="center",
            va="bottom", xycoords=ax.get_xaxis_transform(), textcoords="offset points",
            fontsize=SMALL, color=INK,
        )  # fmt: skip
    ax.set_xlim(float(x.min()), float(x.max()))
    set_y_label(ax, literal(measure))
    return lines


def _draw_tiles(ax: Axes, found: TippingPoint) -> None:
    """A tile per combination: its estimate, filled where the conclusion has changed."""
    first, second = found.groups
    table = found.results.pivot(index=second, columns=first)
    doubtful = table["p_value"].to_numpy() > 1 - found.level
    null = 1.0 if found.measure.endswith("ratio") else 0.0
    distance = (found.results[[first, second]] - found.no_change).abs().sum(axis=1)
    began = found.results["estimate"].to_numpy()[int(distance.to_numpy().argmin())] > null
    turned = (table["estimate"].to_numpy() > null) != began
    wide, high = len(table["p_value"].columns), len(table.index)
    for (y, x), estimate in np.ndenumerate(table["estimate"].to_numpy()):
        colour = arm_style(1).colour if doubtful[y, x] or turned[y, x] else PAPER
        alpha = 0.45 if doubtful[y, x] else 1.0
        ax.add_patch(Rectangle((x, y), 1, 1, facecolor=colour, alpha=alpha, edgecolor=MUTED))
        ax.text(x + 0.5, y + 0.5, f"{estimate:.2f}", ha="center", va="center", fontsize=SMALL)
    ax.set_xlim(0, wide)
    ax.set_ylim(0, high)
    ax.set_xticks(np.arange(wide) + 0.5, [f"{v:g}" for v in table["estimate"].columns])
    ax.set_yticks(np.arange(high) + 0.5, [f"{v:g}" for v in table.index])
    ax.tick_params(length=0)


def _check(found: object) -> None:
    if not (hasattr(found, "tips_at") and hasattr(found, "groups")):
        raise ValueError(f"{NEEDED}, got {type(found).__name__}.")
    if len(found.groups) > 2:
        raise ValueError(f"A figure shows deltas of one or two groups, got {len(found.groups)}.")
