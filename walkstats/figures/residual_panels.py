"""Are the residuals of a linear regression as they should be? Four ways to look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from walkstats._arguments import check_choice
from walkstats._labels import percent_level
from walkstats.figures.canvas import StyledFigure, add_note, canvas, literal
from walkstats.figures.palette import ARM_STYLES, BAND_ALPHA, INK, MUTED, SMALL
from walkstats.figures.time_axis import NumberFormatter, set_y_label

if TYPE_CHECKING:
    import pandas as pd

    from walkstats.regression import ResidualCheck

NEEDED = "A figure of residuals needs what check_residuals gives"
PANELS = {
    "fitted": "Form: residuals and fitted values",
    "quantiles": "Tails: ordered residuals",
    "spread": "Spread: size and fitted values",
    "leverage": "Influence: residuals and leverage",
}
NAMED = 3  # rows of the largest Cook's distance that are named


def plot_residuals(check: ResidualCheck, *, title: str = "", width: float = 6.8) -> StyledFigure:
    """Plot residuals in four panels: form, tails, spread and influence.

    Parameters
    ----------
    check : ResidualCheck
        From ``regression.check_residuals``.
    title : str
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed. Lines through the points are local; the band of the ordered residuals is pointwise.
        The rows of the largest influence are named by their index.

    Raises
    ------
    ValueError
        For something else.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.regression import check_residuals, ols
    >>> frame = pd.DataFrame({"y": [1.0, 3, 2, 5, 4, 6], "x": range(6)})
    >>> figure = plot_residuals(check_residuals(ols(frame, "y ~ x")))
    >>> [axes.get_label() for axes in figure.axes]
    ['fitted', 'quantiles', 'spread', 'leverage']
    """
    _check(check)
    alt = "Residuals beside fitted values, their quantiles, their size, and leverage."
    with canvas(width, 0.82 * width + (0.25 if title else 0.0), alt) as figure:
        for place, panel in enumerate(PANELS):
            ax = figure.add_subplot(2, 2, place + 1, label=panel)
            draw_residuals(ax, check, panel)
        if title:
            figure.suptitle(literal(title), x=0.01, ha="left", fontweight="bold")
        band = f"Band: pointwise {percent_level(check.level)}% limits of each ordered residual."
        curves = "Dotted: Cook's distances of 0.5 and 1."
        add_note(figure, check.source, f"Lines: local, to guide the eye. {band} {curves}")
    return figure


def draw_residuals(ax: Axes, check: ResidualCheck, panel: str) -> list[Line2D]:
    """Draw one way to look at residuals on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    check : ResidualCheck
        From ``regression.check_residuals``.
    panel : {"fitted", "quantiles", "spread", "leverage"}

    Returns
    -------
    list of matplotlib.lines.Line2D
        The points first.

    Raises
    ------
    ValueError
        For something else, or an unknown panel.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.regression import check_residuals, ols
    >>> frame = pd.DataFrame({"y": [1.0, 3, 2, 5, 4, 6], "x": range(6)})
    >>> lines = draw_residuals(
    ...     Figure().subplots(), check_residuals(ols(frame, "y ~ x")), "quantiles"
    ... )
    >>> len(lines[0].get_xdata())
    6
    """
    _check(check)
    check_choice(panel, PANELS, "panel")
    rows = check.rows
    draw = {
        "fitted": _draw_fitted,
        "quantiles": _draw_quantiles,
        "spread": _draw_spread,
        "leverage": _draw_leverage,
    }[panel]
    lines = draw(ax, check, rows)
    ax.set_title(PANELS[panel], loc="left", fontweight="normal")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(NumberFormatter())
    return lines


def _check(check: ResidualCheck) -> None:
    if not all(hasattr(check, name) for name in ("rows", "trend", "envelope", "contours")):
        raise ValueError(f"{NEEDED}, got {type(check).__name__}.")


def _points(ax: Axes, rows: pd.DataFrame, x: str, y: str) -> Line2D:
    (points,) = ax.plot(
        rows[x], rows[y], linestyle="none", marker="o", markersize=3.0, markerfacecolor="none",
        markeredgewidth=0.7, color=MUTED, label="_rows",
    )  # fmt: skip
    worst = rows["cooks_distance"].nlargest(NAMED).index
    for name, row in rows.loc[rows.index.isin(worst)].iterrows():
        if np.isfinite(row[x]) and np.isfinite(row[y]):
            ax.annotate(
                literal(str(name)), (row[x], row[y]), (3.0, 2.0), textcoords="offset points",
                fontsize=SMALL, color=INK,
            )  # fmt: skip
    return points


def _draw_fitted(ax: Axes, check: ResidualCheck, rows: pd.DataFrame) -> list[Line2D]:
    ax.axhline(0.0, color=MUTED, linewidth=0.9, zorder=1)
    points = _points(ax, rows, "fitted", "residual")
    trend = check.trend
    (line,) = ax.plot(trend["fitted"], trend["residual"], color=ARM_STYLES[0].colour)
    ax.set_xlabel("Fitted value")
    set_y_label(ax, "Residual")
    return [points, line]


def _draw_quantiles(ax: Axes, check: ResidualCheck, rows: pd.DataFrame) -> list[Line2D]:
    band, colour = check.envelope, ARM_STYLES[0].colour
    ax.fill_between(
        band["expected"], band["low"], band["high"], color=colour, alpha=BAND_ALPHA, linewidth=0
    )
    (line,) = ax.plot(band["expected"], band["expected"], color=colour, linewidth=1.0)
    points = _points(ax, rows, "expected", "studentised")
    ax.set_xlabel("Quantile of t expected")
    set_y_label(ax, "Studentised residual")
    return [points, line]


def _draw_spread(ax: Axes, check: ResidualCheck, rows: pd.DataFrame) -> list[Line2D]:
    points = _points(ax, rows, "fitted", "root_size")
    trend = check.trend
    (line,) = ax.plot(trend["fitted"], trend["root_size"], color=ARM_STYLES[0].colour)
    ax.set_ylim(bottom=0.0)
    ax.set_xlabel("Fitted value")
    set_y_label(ax, "√ |standardised residual|")
    return [points, line]


def _draw_leverage(ax: Axes, check: ResidualCheck, rows: pd.DataFrame) -> list[Line2D]:
    ax.axhline(0.0, color=MUTED, linewidth=0.9, zorder=1)
    points = _points(ax, rows, "leverage", "standardised")
    low, high = ax.get_ylim()
    lines = [points]
    for value, own in check.contours.groupby("cooks_distance"):
        for side in (1.0, -1.0):
            (line,) = ax.plot(
                own["leverage"], side * own["standardised"], color=INK, linewidth=0.8,
                linestyle=":", label=f"_{value:g}",
            )  # fmt: skip
            lines.append(line)
    # The contours must not squeeze the points, which may lie far within them.
    ax.set_ylim(low, high)
    ax.set_xlim(left=0.0)
    ax.set_xlabel("Leverage")
    ax.xaxis.set_major_locator(MaxNLocator(4))
    set_y_label(ax, "Standardised residual")
    return lines
