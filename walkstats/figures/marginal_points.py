"""What mean has each level, others being equal? Points with their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from numpy.typing import NDArray

from walkstats._labels import capitalised, described, percent_level
from walkstats.figures.canvas import StyledFigure, add_note, canvas, check_names, literal
from walkstats.figures.end_labels import label_ends
from walkstats.figures.palette import arm_style
from walkstats.figures.time_axis import NumberFormatter, set_y_label

if TYPE_CHECKING:
    import pandas as pd

    from walkstats.regression import MarginalMeans

NEEDED = "A figure of marginal means needs what marginal_means gives"
BETWEEN = 0.12  # of the distance of two places: how far groups stand apart


def plot_marginal_means(
    means: MarginalMeans,
    *,
    response: bool = True,
    names: Mapping[str, str] | None = None,
    title: str = "",
    xlabel: str | None = None,
    ylabel: str | None = None,
    width: float = 5.6,
) -> StyledFigure:
    """Plot the mean of each level with its interval.

    Parameters
    ----------
    means : MarginalMeans
        From ``regression.marginal_means``; with ``by`` that stands on the x axis, and the levels
        are joined by lines.
    response : bool
        On the scale of the outcome: probabilities or rates where the model is on a log scale.
    names : mapping of str to str, optional
        Level -> printed name.
    title : str
    xlabel, ylabel : str, optional
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed. Intervals are those of each mean; that two of them overlap does not say that the
        means do not differ, which the contrasts do.

    Raises
    ------
    ValueError
        For something else, or a model without means.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.regression import marginal_means, ols
    >>> frame = pd.DataFrame(
    ...     {"pain": [4, 5, 6, 3, 4, 4.5], "arm": ["control"] * 3 + ["walking"] * 3}
    ... )
    >>> figure = plot_marginal_means(marginal_means(ols(frame, "pain ~ arm"), "arm"))
    >>> [label.get_text() for label in figure.axes[0].get_xticklabels()]
    ['control', 'walking']
    """
    _check(means)
    alt = f"Means by {' and '.join(described(name) for name in (means.factor, *means.by))}."
    with canvas(width, 3.4 + 0.25 * bool(title), alt) as figure:
        ax = figure.add_subplot(label="marginal means")
        draw_marginal_means(ax, means, response=response, names=names, xlabel=xlabel, ylabel=ylabel)
        if title:
            ax.set_title(literal(title), loc="left")
        assert means.means is not None
        said = f"Bars: {percent_level(means.means.level)}% confidence intervals of each mean."
        add_note(figure, means.source, said)
    return figure


def draw_marginal_means(
    ax: Axes,
    means: MarginalMeans,
    *,
    response: bool = True,
    names: Mapping[str, str] | None = None,
    xlabel: str | None = None,
    ylabel: str | None = None,
) -> list[ErrorbarContainer]:
    """Draw marginal means on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    means, response, names, xlabel, ylabel
        As for ``plot_marginal_means``.

    Returns
    -------
    list of matplotlib.container.ErrorbarContainer
        One per level.

    Raises
    ------
    ValueError
        As ``plot_marginal_means``.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.regression import marginal_means, ols
    >>> frame = pd.DataFrame(
    ...     {"pain": [4, 5, 6, 3, 4, 4.5], "arm": ["control"] * 3 + ["walking"] * 3}
    ... )
    >>> found = marginal_means(ols(frame, "pain ~ arm"), "arm")
    >>> len(draw_marginal_means(Figure().subplots(), found))
    2
    """
    _check(means)
    table = means.to_frame(response=response)
    table = table[table["kind"] == "mean"].reset_index(drop=True)
    groups = tuple(dict.fromkeys(str(level) for level in means.cells[means.factor]))
    printed = check_names(names, groups)
    places, labels = _places(means.cells, means.by)
    apart = BETWEEN * (np.diff(np.unique(places)).min() if len(set(places)) > 1 else 1.0)
    bars = []
    for k, group in enumerate(groups):
        own = (means.cells[means.factor].astype(str) == group).to_numpy()
        shift = apart * (k - (len(groups) - 1) / 2.0) if means.by else float(k)
        bars.append(_draw_level(ax, places[own] + shift, table[own], k, joined=bool(means.by)))
        bars[-1].lines[0].set_label(literal(printed[group]))
    if means.by:
        ax.set_xticks(list(labels), [literal(label) for label in labels.values()])
        label_ends(ax, [bar.lines[0] for bar in bars])
    else:
        ax.set_xticks(range(len(groups)), [literal(printed[group]) for group in groups])
        ax.set_xlim(-0.5, len(groups) - 0.5)
    ax.set_xlabel(literal(xlabel or described(means.by[0] if means.by else means.factor)))
    ax.yaxis.set_major_formatter(NumberFormatter())
    set_y_label(ax, ylabel or _quantity(means, response))
    return bars


def _draw_level(
    ax: Axes, x: NDArray[np.float64], rows: pd.DataFrame, place: int, *, joined: bool
) -> ErrorbarContainer:
    """Points of one level with their intervals, joined along the x axis where it has an order."""
    style = arm_style(place)
    y = rows["estimate"].to_numpy()
    reach = np.vstack([y - rows["conf_low"], rows["conf_high"] - y])
    return ax.errorbar(
        x, y, yerr=reach, color=style.colour, marker=style.marker, markersize=5.0, elinewidth=1.3,
        linestyle=style.dash if joined else "none",
    )  # fmt: skip


def _places(
    cells: pd.DataFrame, by: tuple[str, ...]
) -> tuple[NDArray[np.float64], dict[float, str]]:
    """Where each mean stands, and the labels of the places: numbers where levels are numbers."""
    if not by:
        return np.zeros(len(cells)), {}
    words = cells[list(by)].astype(str).agg(", ".join, axis=1)
    order = list(dict.fromkeys(words))
    try:
        at = {word: float(word) for word in order}
    except ValueError:
        at = {word: float(k) for k, word in enumerate(order)}
    labels = {at[word]: word.removesuffix(".0") for word in order}
    return words.map(at).to_numpy(dtype=float), labels


def _quantity(means: MarginalMeans, response: bool) -> str:
    assert means.means is not None
    measure, link = means.means.measure, means.means.link
    if response and measure == "odds":
        return "Risk"
    return capitalised(measure if response or link == "identity" else f"log {measure}") or "Mean"


def _check(means: MarginalMeans) -> None:
    if not all(hasattr(means, name) for name in ("means", "cells", "factor", "by")):
        raise ValueError(f"{NEEDED}, got {type(means).__name__}.")
    if means.means is None:
        raise ValueError("This model has no means, only contrasts: show those with plot_forest.")
