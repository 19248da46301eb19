"""Which assumption moves the net benefit most? One bar per assumption, the longest on top."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from walkstats._digits import count
from walkstats.figures.canvas import StyledFigure, add_note, canvas, literal
from walkstats.figures.cost_effect_points import cost_label
from walkstats.figures.palette import INK, SMALL, arm_style
from walkstats.figures.time_axis import NumberFormatter

if TYPE_CHECKING:
    from walkstats.economics import OneWay

Floats = NDArray[np.float64]

NEEDED = "A tornado needs a OneWay of economics.one_way"
HEIGHT = 0.6  # of a bar


def plot_tornado(
    found: OneWay,
    *,
    names: Mapping[str, str] | None = None,
    title: str = "",
    xlabel: str | None = None,
    width: float = 6.5,
) -> StyledFigure:
    """Plot how far the net benefit moves with one assumption at a time.

    Parameters
    ----------
    found : OneWay
        From ``economics.one_way``.
    names : mapping of assumption to printed name, optional
    title : str
    xlabel : str, optional
        By default the net benefit with its currency and threshold.
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed. A bar from the net benefit at the low value to that at the high value, the longest
        on top; a line at the base value.

    Raises
    ------
    ValueError
        For another result.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.economics import cost_effectiveness, one_way
    >>> people = pd.DataFrame({"participant_id": range(8), "arm": 4 * ["control"] + 4 * ["walking"],
    ...     "cost": [900, 150, 400, 0, 700, 650, 300, 350],
    ...     "qaly": [0.70, 0.72, 0.78, 0.80, 0.79, 0.83, 0.88, 0.86]})
    >>> at = {price: cost_effectiveness(people.assign(
    ...           cost=people["cost"] + price * (people["arm"] == "walking")), people,
    ...           effect="qaly", replicates=50, seed=1) for price in (0, 250, 500)}
    >>> found = one_way(at[250], {"a session": (at[0], at[500])}, threshold=28_000)
    >>> [label.get_text() for label in plot_tornado(found).axes[0].get_yticklabels()]
    ['a session']
    """
    _check(found)
    rows = len(found.table)
    alt = f"Net benefit with {rows} assumptions at their low and high values, one at a time."
    with canvas(width, 1.3 + 0.36 * rows + 0.25 * bool(title), alt) as figure:
        ax = figure.add_subplot(label="tornado")
        draw_tornado(ax, found, names=names, xlabel=xlabel)
        if title:
            ax.set_title(literal(title), loc="left", pad=14.0)
        said = "Dark: at the low value; light: at the high value; line: at the base values."
        add_note(figure, found.source, said)
    return figure


def draw_tornado(
    ax: Axes,
    found: OneWay,
    *,
    names: Mapping[str, str] | None = None,
    xlabel: str | None = None,
) -> list[Rectangle]:
    """Draw the bars on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    found, names, xlabel
        As for ``plot_tornado``.

    Returns
    -------
    list of matplotlib.patches.Rectangle
        Two for each assumption, from the top: at the low and at the high value.

    Raises
    ------
    ValueError
        As ``plot_tornado``.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.economics import cost_effectiveness, one_way
    >>> people = pd.DataFrame({"participant_id": range(8), "arm": 4 * ["control"] + 4 * ["walking"],
    ...     "cost": [900, 150, 400, 0, 700, 650, 300, 350],
    ...     "qaly": [0.70, 0.72, 0.78, 0.80, 0.79, 0.83, 0.88, 0.86]})
    >>> at = {price: cost_effectiveness(people.assign(
    ...           cost=people["cost"] + price * (people["arm"] == "walking")), people,
    ...           effect="qaly", replicates=50, seed=1) for price in (0, 250, 500)}
    >>> found = one_way(at[250], {"a session": (at[0], at[500])}, threshold=28_000)
    >>> [round(bar.get_width()) for bar in draw_tornado(Figure().subplots(), found)]
    [250, -250]
    """
    _check(found)
    table, base = found.table, float(found.base.estimate)
    assumptions = [str(one) for one in table["assumption"]]
    ends = table[["low", "high"]].to_numpy(dtype=float)
    told = table[["low_value", "high_value"]].to_numpy(dtype=float)
    bars = []
    for place, assumption in enumerate(assumptions):
        bars += _pair_of_bars(ax, place, assumption, ends[place], base)
        _write_values(ax, place, ends[place], told[place])
    reach = np.append(ends.ravel(), [base, 0.0])
    room = 0.12 * (float(np.ptp(reach)) or 1.0)
    ax.set_xlim(float(reach.min()) - room, float(reach.max()) + room)
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.axvline(base, color=INK, linewidth=1.0, label="_base")
    ax.axvline(0.0, color=INK, linewidth=0.8, linestyle=(0, (2, 2)), label="_zero")
    printed = dict(names or {})
    labels = [literal(str(printed.get(one, one))) for one in assumptions]
    ax.set_yticks(range(len(table)), labels)
    ax.tick_params(axis="y", length=0)
    worth = f"Net benefit at {found.currency} {count(found.threshold)}".replace("  ", " ")
    per = found.unit.rpartition(" ")[0] or found.unit
    ax.set_xlabel(literal(xlabel or cost_label(f"{worth} per {per}", found.currency)))
    ax.xaxis.set_major_formatter(NumberFormatter())
    return bars


def _pair_of_bars(
    ax: Axes, place: int, assumption: str, ends: Floats, base: float
) -> list[Rectangle]:
    """From the base to the net benefit at the low and at the high value."""
    same_side = np.sign(ends[0] - base) == np.sign(ends[1] - base)
    # Where both lie on one side of the base, the bars would hide each other.
    height = HEIGHT / 2 if same_side else HEIGHT
    bars = []
    for k, word in enumerate(("low", "high")):
        bottom = place - HEIGHT / 2 + (k * HEIGHT / 2 if same_side else 0.0)
        bar = Rectangle(
            (base, bottom), float(ends[k]) - base, height, facecolor=arm_style(k).colour,
            label=f"_{assumption} {word}",
        )  # fmt: skip
        ax.add_patch(bar)
        bars.append(bar)
    return bars


def _write_values(ax: Axes, place: int, ends: Floats, values: Floats) -> None:
    """The low and the high value of an assumption at the ends of its bars."""
    for k, value in enumerate(values):
        if np.isnan(value):
            continue
        left = ends[k] < ends[1 - k]
        ax.annotate(
            literal(f"{value:g}"), (float(ends[k]), place), (-3 if left else 3, 0),
            textcoords="offset points", ha="right" if left else "left", va="center",
            fontsize=SMALL, color=INK,
        )  # fmt: skip


def _check(found: object) -> None:
    if not all(hasattr(found, name) for name in ("base", "low", "high", "table")):
        raise ValueError(f"{NEEDED}, got {type(found).__name__}.")
