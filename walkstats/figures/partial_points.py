"""Does the fitted curve of a covariate run through its partial residuals?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from walkstats._labels import capitalised, described, percent_level
from walkstats.figures.canvas import (
    StyledFigure,
    add_note,
    canvas,
    check_names,
    literal,
)
from walkstats.figures.end_labels import label_ends
from walkstats.figures.palette import BAND_ALPHA, INK, arm_style
from walkstats.figures.time_axis import NumberFormatter, set_y_label

if TYPE_CHECKING:
    from walkstats.regression import PartialResiduals

NEEDED = "A figure of partial residuals needs what partial_residuals gives"


def plot_partial_residuals(
    partial: PartialResiduals,
    *,
    names: Mapping[str, str] | None = None,
    title: str = "",
    xlabel: str | None = None,
    ylabel: str | None = None,
    width: float = 6.0,
) -> StyledFigure:
    """Plot the fitted contribution of a covariate with its partial residuals.

    Parameters
    ----------
    partial : PartialResiduals
        From ``regression.partial_residuals``.
    names : mapping of str to str, optional
        Group -> printed name.
    title : str
    xlabel, ylabel : str, optional
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed. Points are rows; the line is the model's with its pointwise band, the dotted line a
        local one through the points.

    Raises
    ------
    ValueError
        For something else, or names of unknown groups.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.regression import ols, partial_residuals
    >>> frame = pd.DataFrame({"y": [1.0, 3, 2, 5, 4, 6], "x": range(6), "z": [0, 1, 0, 1, 1, 0]})
    >>> figure = plot_partial_residuals(partial_residuals(ols(frame, "y ~ x + z"), "x", frame))
    >>> figure.axes[0].get_ylabel()
    'Partial y'
    """
    _check(partial)
    alt = f"{capitalised(partial.curve.quantity)} against {described(partial.x)}."
    with canvas(width, 4.2 + 0.25 * bool(title), alt) as figure:
        ax = figure.add_subplot(label="partial residuals")
        draw_partial_residuals(ax, partial, names=names, xlabel=xlabel, ylabel=ylabel)
        if title:
            ax.set_title(literal(title), loc="left")
        level = percent_level(partial.curve.level)
        said = f"Line: the model, pointwise {level}% band; dotted: a local line through the points."
        add_note(figure, partial.source, said)
    return figure


def draw_partial_residuals(
    ax: Axes,
    partial: PartialResiduals,
    *,
    names: Mapping[str, str] | None = None,
    xlabel: str | None = None,
    ylabel: str | None = None,
) -> list[Line2D]:
    """Draw partial residuals on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    partial, names, xlabel, ylabel
        As for ``plot_partial_residuals``.

    Returns
    -------
    list of matplotlib.lines.Line2D
        The model's line of each group.

    Raises
    ------
    ValueError
        As ``plot_partial_residuals``.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.regression import ols, partial_residuals
    >>> frame = pd.DataFrame({"y": [1.0, 3, 2, 5, 4, 6], "x": range(6), "z": [0, 1, 0, 1, 1, 0]})
    >>> found = partial_residuals(ols(frame, "y ~ x + z"), "x", frame)
    >>> len(draw_partial_residuals(Figure().subplots(), found))
    1
    """
    _check(partial)
    curve, x = partial.curve, partial.x
    printed = check_names(names, curve.groups)
    lines = []
    for place, group in enumerate(curve.groups):
        style = arm_style(place)
        of_group, rows, trend = (
            one[one["group"] == group] for one in (curve.frame, partial.points, partial.trend)
        )
        ax.plot(
            rows[x], rows["partial"], linestyle="none", marker=style.marker, markersize=3.0,
            markerfacecolor="none", markeredgewidth=0.7, color=style.colour, alpha=0.6,
            label="_rows",
        )  # fmt: skip
        ax.fill_between(
            of_group[x], of_group["conf_low"], of_group["conf_high"], color=style.colour,
            alpha=BAND_ALPHA, linewidth=0,
        )  # fmt: skip
        (line,) = ax.plot(
            of_group[x], of_group["estimate"], color=style.colour, linestyle=style.dash,
            label=literal(printed[group]),
        )  # fmt: skip
        ax.plot(trend[x], trend["partial"], color=INK, linestyle=":", linewidth=1.1, label="_local")
        lines.append(line)
    ax.set_xlabel(literal(xlabel or described(x)))
    set_y_label(ax, ylabel or capitalised(curve.quantity))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(NumberFormatter())
    if len(lines) > 1:
        label_ends(ax, lines)
    return lines


def _check(partial: PartialResiduals) -> None:
    if not all(hasattr(partial, name) for name in ("curve", "points", "trend")):
        raise ValueError(f"{NEEDED}, got {type(partial).__name__}.")
