"""How does the outcome change with the dose? A line with its band, and where the doses lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from walkstats._labels import capitalised, described
from walkstats.figures.canvas import (
    StyledFigure,
    add_note,
    canvas,
    check_names,
    check_result,
    literal,
)
from walkstats.figures.end_labels import label_ends
from walkstats.figures.palette import BAND_ALPHA, INK, MUTED, NORMAL, arm_style
from walkstats.figures.time_axis import NumberFormatter, number_labels, set_ratio_ticks, set_y_label
from walkstats.results import Curve

if TYPE_CHECKING:
    from walkstats.regression import DoseTrend

BARS = 40
BARS_HEIGHT = 0.45  # inches
ABOVE = 2.0  # points from the axes to the word above them
NEEDED = "A dose-response figure needs a Curve, for example from dose_response"


def plot_dose_response(
    curve: Curve,
    *,
    observed: ArrayLike | None = None,
    categories: DoseTrend | None = None,
    null: float | None = None,
    names: Mapping[str, str] | None = None,
    title: str = "",
    xlabel: str | None = None,
    ylabel: str | None = None,
    width: float = 6.0,
) -> StyledFigure:
    """Plot an outcome against a dose with its confidence band.

    Parameters
    ----------
    curve : Curve
        From ``regression.dose_response``: shape "line", one row per dose.
    observed : array_like, optional
        Doses observed; drawn as bars below, since a line says little where nobody was.
    categories : DoseTrend, optional
        From ``regression.dose_trend``: categories of the dose beside the curve, each a point at its
        median with its interval, and as wide as its doses. They compare with their own reference,
        which the note names; choose the curve's reference inside it.
    null : float, optional
        A horizontal line at "no difference"; by default 0, of ratios 1, where the curve knows its
        reference dose, else the value at which every band closes.
    names : mapping of str to str, optional
        Group -> printed name.
    title : str
    xlabel, ylabel : str, optional
        By default what the dictionary of tables calls the dose, and the curve its quantity.
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed. A dotted line marks the reference dose; the last line names the source of the data.

    Raises
    ------
    ValueError
        For a curve of steps, and ratios beside differences.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.results import Curve
    >>> frame = pd.DataFrame(
    ...     {"group": "all", "walking_minutes": [0.0, 90.0], "estimate": [0.0, -0.4],
    ...      "conf_low": [0.0, -0.7], "conf_high": [0.0, -0.1]}
    ... )
    >>> figure = plot_dose_response(Curve(frame, "walking_minutes", "difference", "line"))
    >>> figure.axes[0].get_xlabel()
    'Time walked in the week, minutes/week'
    """
    check_result(curve, Curve, NEEDED)
    bars = BARS_HEIGHT if observed is not None else 0.0
    alt = f"{capitalised(curve.quantity)} against {described(curve.x)}."
    with canvas(width, 3.5 + bars + 0.25 * bool(title), alt) as figure:
        if observed is None:
            ax = figure.add_subplot(label="dose-response")
        else:
            grid = figure.add_gridspec(2, 1, height_ratios=[3.0, bars])
            ax = figure.add_subplot(grid[0], label="dose-response")
            low = figure.add_subplot(grid[1], sharex=ax, label="observed doses")
        draw_dose_response(
            ax, curve, categories=categories, null=null, names=names, xlabel=xlabel, ylabel=ylabel
        )
        if observed is not None:
            ax.tick_params(labelbottom=False)
            ax.set_xlabel("")
            draw_doses(low, observed)
            low.set_xlabel(literal(xlabel or described(curve.x)))
        if title:
            # Clear of the word above the reference dose.
            ax.set_title(literal(title), loc="left", pad=2.0 * ABOVE + 1.3 * NORMAL)
        said = ""
        if categories is not None:
            said = f"Points: categories at their median, compared with {categories.reference}"
            if np.isfinite(_reference(curve)):
                said += f"; line: compared with {number_labels([_reference(curve)])[0]}"
            said += "."
        add_note(figure, curve.source, said)
    return figure


def draw_dose_response(
    ax: Axes,
    curve: Curve,
    *,
    categories: DoseTrend | None = None,
    null: float | None = None,
    names: Mapping[str, str] | None = None,
    xlabel: str | None = None,
    ylabel: str | None = None,
) -> list[Line2D]:
    """Draw an outcome against a dose on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    curve, categories, null, names, xlabel, ylabel
        As for ``plot_dose_response``.

    Returns
    -------
    list of matplotlib.lines.Line2D
        One line per group.

    Raises
    ------
    ValueError
        As ``plot_dose_response``.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.results import Curve
    >>> frame = pd.DataFrame(
    ...     {"group": "all", "dose": [0.0, 9.0], "estimate": [0.0, -0.4],
    ...      "conf_low": [0.0, -0.7], "conf_high": [0.0, -0.1]}
    ... )
    >>> ax = Figure().subplots()
    >>> (line,) = draw_dose_response(ax, Curve(frame, "dose", "difference in pain", "line"))
    >>> ax.get_ylabel()
    'Difference in pain'
    """
    check_result(curve, Curve, NEEDED)
    if curve.shape != "line":
        raise ValueError("A dose-response curve is a line; this one has steps.")
    printed = check_names(names, curve.groups)
    level = _no_difference(curve) if null is None else null
    if level is not None:
        ax.axhline(level, color=MUTED, linewidth=0.9, zorder=1)
    lines = []
    for place, group in enumerate(curve.groups):
        rows = curve.frame[curve.frame["group"] == group]
        style = arm_style(place)
        x, y, low, high = (
            rows[name].to_numpy(dtype=float)
            for name in (curve.x, "estimate", "conf_low", "conf_high")
        )
        ax.fill_between(x, low, high, color=style.colour, alpha=BAND_ALPHA, linewidth=0)
        (line,) = ax.plot(
            x, y, color=style.colour, linestyle=style.dash, label=literal(printed[group])
        )
        lines.append(line)
    xs = curve.frame[curve.x].to_numpy(dtype=float)
    ax.set_xlim(float(xs.min()), float(xs.max()))
    _set_axes(ax, xlabel or described(curve.x), ylabel or capitalised(curve.quantity))
    if categories is not None:
        _draw_categories(ax, curve, categories)
    if getattr(curve, "ratio", False):
        _on_log_scale(ax, curve, categories)
    _mark_reference(ax, _reference(curve))
    if len(lines) > 1:
        label_ends(ax, lines)
    return lines


def _reference(curve: Curve) -> float:
    """The reference dose, where the curve knows it; else missing."""
    return float(getattr(curve, "reference", np.nan))


def _mark_reference(ax: Axes, dose: float) -> None:
    low, high = ax.get_xlim()
    if not low <= dose <= high:
        return
    ax.axvline(dose, color=MUTED, linewidth=0.9, linestyle=":", zorder=1, label="_reference")
    # At the edges the word stays over the axes.
    place = (dose - low) / (high - low) if high > low else 0.5
    ax.annotate(
        f"reference {number_labels([dose])[0]}", (dose, 1.0), (0.0, ABOVE),
        ax.get_xaxis_transform(), "offset points", va="bottom", fontsize=NORMAL - 1, color=MUTED,
        ha="left" if place < 0.1 else "right" if place > 0.9 else "center", annotation_clip=False,
    )  # fmt: skip


def _no_difference(curve: Curve) -> float | None:
    if np.isfinite(_reference(curve)):
        return 1.0 if getattr(curve, "ratio", False) else 0.0
    return _closing(curve)


def _closing(curve: Curve) -> float | None:
    """The common value at which the bands have no width: the reference dose."""
    frame = curve.frame
    width = (frame["conf_high"] - frame["conf_low"]).to_numpy(dtype=float)
    values = np.unique(frame["estimate"].to_numpy(dtype=float)[width <= 1e-12])
    return float(values[0]) if len(values) == 1 else None


def _set_axes(ax: Axes, xlabel: str, ylabel: str) -> None:
    ax.set_xlabel(literal(xlabel))
    set_y_label(ax, ylabel)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(NumberFormatter())


def _draw_categories(ax: Axes, curve: Curve, categories: DoseTrend) -> None:
    """A point for each category, across its doses, with its interval."""
    if not hasattr(categories, "categories") or not hasattr(categories, "ratio"):
        raise ValueError(
            f"categories needs what dose_trend gives, got {type(categories).__name__}."
        )
    if categories.ratio != bool(getattr(curve, "ratio", False)):
        raise ValueError("Categories and curve must both be ratios, or both be differences.")
    table = categories.categories
    low, high = ax.get_xlim()
    across = (table["low"].clip(lower=low), table["high"].clip(upper=high))
    ax.hlines(table["estimate"], *across, color=INK, linewidth=0.9, zorder=3)
    ax.vlines(table["dose"], table["conf_low"], table["conf_high"], color=INK, linewidth=1.2)
    ax.plot(
        table["dose"], table["estimate"], linestyle="none", marker="s", markersize=4.5, color=INK,
        label="_categories",
    )  # fmt: skip


def _on_log_scale(ax: Axes, curve: Curve, categories: DoseTrend | None) -> None:
    """Ratios: twice and half are equally far from 1."""
    frames = [curve.frame] + ([] if categories is None else [categories.categories])
    low = min(frame["conf_low"].min() for frame in frames)
    high = max(frame["conf_high"].max() for frame in frames)
    ax.set_yscale("log")
    set_ratio_ticks(ax.yaxis, float(low), float(high))


def draw_doses(ax: Axes, observed: ArrayLike) -> NDArray[np.float64]:
    """Draw the doses observed as bars, on axes below those of the curve.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Shares its x with the axes of the curve.
    observed : array_like
        In the unit of the dose; missing ones are left out, those outside the axes not drawn.

    Returns
    -------
    numpy.ndarray
        How many doses each bar stands for.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> int(draw_doses(Figure().subplots(), [0.1, 0.2, 0.9, None]).sum())
    3
    """
    doses = np.asarray(observed, dtype=float)
    low, high = ax.get_xlim()
    known = doses[np.isfinite(doses)]
    counts, _, _ = ax.hist(known, bins=BARS, range=(low, high), color=MUTED, alpha=0.7)
    ax.spines["left"].set_visible(False)
    ax.set_yticks([])
    ax.set_ylabel("Observed", rotation=0, ha="right", va="center", fontsize=NORMAL - 1, color=INK)
    return np.asarray(counts)
